//! Names of things, one type for each kind of thing, cheap to clone.

use std::{borrow::Borrow, fmt, sync::Arc};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same name in memory of its own. A clone shares a count with every other, and threads that count at
            /// the same time wait for each other; what is made for one case is made apart.
            #[must_use]
            pub fn apart(&self) -> Self {
                Self::from(self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`{}`", self.0)
            }
        }
    )+};
}

names! {
    /// Path in the tree of jurisdictions, such as `cn/zhejiang/jinhua/yongkang`.
    LocalityId,
    /// A dispute kind of `policies/kinds.toml`, such as `labour.wage`.
    KindId,
    /// A place a dispute can go, of `policies/channels.toml`, such as `peoples_mediation`.
    ChannelId,
    /// The key of a fact in the vocabulary, `policies/facts.toml`.
    FactKey,
    /// A policy: its pack's locality and its own id, such as `cn/labour`.
    PolicyId,
    /// A rule within a policy, such as `R19`.
    RuleId,
    /// An article of law in `policies/provisions.toml`, such as `cn.civil_code.188`.
    ProvisionId,
    /// Any other word of the vocabulary: a duty, signal, clock, body, skill, measure, role, source, reason.
    Code,
}
