//! The part of the configuration that says who gets in, and how.

use std::path::PathBuf;

use maple_bundle::format::{Shape, Table, label, may, need};
use maple_server::{Authentication, JwtConfig};
use serde::Deserialize;

use crate::Failure;

/// The claim of a JWT with the roles when nobody says.
pub(super) const ROLES: &str = "roles";
/// The claim of a JWT with the subtrees of localities when nobody says.
pub(super) const LOCALITIES: &str = "localities";

pub(super) static TLS: Table = Table::new(
    "tls",
    "the table `tls`",
    label("服务证书及其私钥", "Certificate of the server, and its key"),
    &[
        need(
            "certificate",
            Shape::Text,
            "证书链文件（PEM），自身证书在前",
            "File with the chain of certificates (PEM), its own first",
        ),
        need("key", Shape::Text, "私钥文件（PEM），不设口令", "File with the private key (PEM), without a passphrase"),
    ],
);
pub(super) static JWT: Table = Table::new(
    "jwt",
    "the table `jwt`",
    label("接受哪些JWT", "Which JWTs are taken"),
    &[
        need("issuer", Shape::Text, "签发方，与iss一致", "Who issues them, as `iss` says"),
        need("audience", Shape::Text, "受众，与aud一致", "Whom they are for, as `aud` says"),
        need(
            "jwks",
            Shape::Text,
            "签发方公钥集（JWKS）的文件或https地址",
            "File with the issuer's keys (JWKS), or their https address",
        ),
        may(
            "ca",
            Shape::Text,
            "访问该地址时信任的证书文件（PEM），代替系统证书",
            "File with certificates (PEM) to trust for that address in place of the system's",
        ),
        may(
            "roles",
            Shape::Text,
            "载明角色的声明，默认 roles；以/开头则为JSON指针",
            "The claim with the roles [default: roles]; a JSON pointer where it begins with `/`",
        ),
        may(
            "localities",
            Shape::Text,
            "载明地区范围的声明，默认 localities；以/开头则为JSON指针",
            "The claim with the subtrees of localities [default: localities]; a JSON pointer where it begins with `/`",
        ),
    ],
);

/// Certificate and key of the server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsFile {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// Which JWTs are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtFile {
    issuer: String,
    audience: String,
    jwks: String,
    ca: Option<PathBuf>,
    roles: Option<String>,
    localities: Option<String>,
}

/// Bytes of a text of the table `jwt`.
pub(super) const JWT_TEXT_BYTES_MAX: usize = 1_024;

impl JwtFile {
    pub(super) fn read(self) -> Result<JwtConfig, Failure> {
        let Self { issuer, audience, jwks, ca, roles, localities } = self;
        let (roles, localities) =
            (roles.unwrap_or_else(|| ROLES.into()), localities.unwrap_or_else(|| LOCALITIES.into()));
        let texts = [
            ("issuer", &issuer),
            ("audience", &audience),
            ("jwks", &jwks),
            ("roles", &roles),
            ("localities", &localities),
        ];
        for (key, text) in texts {
            if !(1..=JWT_TEXT_BYTES_MAX).contains(&text.len()) {
                let bytes = text.len();
                return Err(Failure::Input(format!(
                    "configuration: `{key}` of `[jwt]` has {bytes} bytes; write 1 to {JWT_TEXT_BYTES_MAX}"
                )));
            }
        }
        Ok(JwtConfig { issuer, audience, jwks, ca, roles, localities })
    }
}

/// Whether callers have to say who they are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Asking {
    Required,
    Off,
}

impl From<Asking> for Authentication {
    fn from(said: Asking) -> Self {
        match said {
            Asking::Required => Self::Required,
            Asking::Off => Self::Off,
        }
    }
}
