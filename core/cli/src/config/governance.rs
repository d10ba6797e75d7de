//! The part of the configuration that says how what serves may be changed.

use std::path::{Path, PathBuf};

use maple_bundle::format::{Form, Shape, Table, label, may, need};
use maple_seal::{Key, PEM_BYTES_MAX, PublicKey, Subtree, Trust, Trusted};
use maple_server::Governance;
use serde::Deserialize;

use super::Bounded;
use crate::{Failure, load::chain};

/// A hundred years.
pub(super) const STALENESS: Bounded = Bounded { key: "max-staleness-seconds", min: 1, max: 3_153_600_000 };
pub(super) const CHANGED: Bounded = Bounded { key: "changed-percent-max", min: 0, max: 100 };

/// A hundred years.
pub(super) const RETENTION: Bounded = Bounded { key: "retention-days", min: 1, max: 36_500 };

/// A key that may sign packs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TrustedKey {
    key: PathBuf,
    localities: Vec<String>,
    from: toml::value::Datetime,
    to: Option<toml::value::Datetime>,
    revoked: Option<toml::value::Datetime>,
}

/// The keys of an entry of `trust`, for its schema.
pub(super) static TRUST: Table = Table::new(
    "trust",
    "a trusted key",
    label("可为某些地域的规则包签名的密钥", "A key that may sign the packs of some places"),
    &[
        need("key", Shape::Text, "公钥文件（PEM）", "File with the public key (PEM)"),
        need(
            "localities",
            Shape::List(&Shape::Form(&SUBTREE)),
            "可签署的地域：cn/zhejiang/**含其下各地，cn/zhejiang仅本级，**为全部",
            "Places: `cn/zhejiang/**` with all below, `cn/zhejiang` alone, `**` for all",
        ),
        need("from", Shape::Any, "启用时刻", "From when it may sign, such as 2026-01-01T00:00:00Z"),
        may("to", Shape::Any, "停用时刻", "Until when it may sign"),
        may("revoked", Shape::Any, "吊销时刻：自此其全部签名失效", "Since when nothing that it signed holds any more"),
    ],
);
pub(super) static SUBTREE: Form = Form {
    pattern: "^(\\*\\*|[a-z0-9-]+(/[a-z0-9-]+)*(/\\*\\*)?)$",
    examples: &["cn/zhejiang/**", "cn/zhejiang", "**"],
};

/// What the file says of it.
pub(super) struct Said {
    pub(super) trust: Option<Vec<TrustedKey>>,
    pub(super) four_eyes: Option<Vec<String>>,
    pub(super) changed_percent_max: Option<i64>,
    pub(super) max_staleness_seconds: Option<i64>,
    pub(super) retention_days: Option<i64>,
}

/// How what serves may be changed.
pub(super) fn governance(said: Said) -> Result<Governance, Failure> {
    let optional = |bounded: &Bounded, given: Option<i64>| given.map(|_| bounded.read(given, 0_i64)).transpose();
    let changed = optional(&CHANGED, said.changed_percent_max)?;
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
    let changed_percent_max = changed.map(|percent| percent as f64);
    let staleness = optional(&STALENESS, said.max_staleness_seconds)?;
    let retention = optional(&RETENTION, said.retention_days)?;
    Ok(Governance {
        retention_days: retention.and_then(|days| u32::try_from(days).ok()),
        trust: said.trust.map(trust).transpose()?,
        four_eyes: subtrees("four-eyes", &said.four_eyes.unwrap_or_default())?,
        changed_percent_max,
        staleness_seconds_max: staleness.and_then(|seconds| u64::try_from(seconds).ok()),
    })
}

fn trust(keys: Vec<TrustedKey>) -> Result<Trust, Failure> {
    let mut trust = Trust::new();
    for TrustedKey { key, localities, from, to, revoked } in keys {
        let public = public(&key)?;
        let moment = |name: &str, given: toml::value::Datetime| {
            given.to_string().parse().map_err(|_| {
                Failure::Input(format!(
                    "configuration: `trust`, key `{}`: `{name} = {given}` is no moment with an offset; write one such as \
                     2026-01-01T00:00:00Z",
                    key.display()
                ))
            })
        };
        let from = moment("from", from)?;
        let to = to.map(|to| moment("to", to)).transpose()?;
        let revoked = revoked.map(|revoked| moment("revoked", revoked)).transpose()?;
        let localities = subtrees("localities", &localities)?;
        trust
            .insert(Trusted { key: Key { public, from, to, revoked }, localities })
            .map_err(|error| Failure::Input(format!("configuration: `trust`: {error}")))?;
    }
    Ok(trust)
}

fn public(file: &Path) -> Result<PublicKey, Failure> {
    let unread = |error: &dyn std::fmt::Display| {
        Failure::Input(format!("configuration: `trust`: `{}` is no public key (Ed25519, PEM): {error}", file.display()))
    };
    let bytes = crate::commands::read_bounded(file, "public key", PEM_BYTES_MAX)?;
    let pem = String::from_utf8(bytes).map_err(|error| unread(&error))?;
    PublicKey::from_pem(&pem).map_err(|error| unread(&chain(&error)))
}

fn subtrees(name: &str, texts: &[String]) -> Result<Vec<Subtree>, Failure> {
    let read =
        |text: &String| text.parse().map_err(|error| Failure::Input(format!("configuration: `{name}`: {error}")));
    texts.iter().map(read).collect()
}
