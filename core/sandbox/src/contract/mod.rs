//! The contract with plugins, one module for each major version that the host serves.
//!
//! Everything that comes back from a guest is bounded and checked here; behind this door it is trusted in shape, and
//! the kernel judges what it means.

pub(crate) mod v1;

use std::fmt;

/// Why something a guest gave is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    field: &'static str,
    what: String,
}

impl Wrong {
    pub(crate) fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }

    fn many(field: &'static str, count: usize, max: usize) -> Self {
        Self::new(field, format!("{count} entries, at most {max} are taken"))
    }

    fn long(field: &'static str, bytes: usize, max: usize) -> Self {
        Self::new(field, format!("{bytes} bytes, at most {max} are taken"))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.what)
    }
}
