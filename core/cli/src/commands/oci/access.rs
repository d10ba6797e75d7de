//! Who asks a registry, by which way, and whom it trusts.

use std::time::Duration;

use oci_client::{
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    secrets::RegistryAuth,
};

use super::super::read_bounded;
use crate::{Failure, args::Access, load::chain};

/// Where the password stands that no file holds.
pub(super) const PASSWORD: &str = "MAPLE_REGISTRY_PASSWORD";
/// Bytes of a password; some clouds give keys of some kilobytes.
const PASSWORD_BYTES_MAX: usize = 16 << 10;
/// How long a connection may take to come about.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// How long a registry may say nothing while something is fetched, and may take for a manifest altogether.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// How long a layer may take to be sent.
pub(super) const UPLOAD_WAIT: Duration = Duration::from_secs(600);
/// Where nothing listens: what would go out without TLS is sent there.
const NOWHERE: &str = "http://127.0.0.1:0";
/// Every name and every address.
const ANY_HOST: &str = "*,0.0.0.0/0,::/0";

/// What is mostly waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// Something that is fetched: silence is a fault.
    Fetch,
    /// Something that is sent: the registry is silent meanwhile.
    Send,
}

pub(super) fn config(host: &str, plain: bool, access: &Access, wait: Wait) -> Result<ClientConfig, Failure> {
    // `oci-client` makes a client that trusts the system even where it is told of another, and panics without.
    maple_server::client_tls(None).map_err(|_| {
        Failure::Unreachable(
            "this system has no certificates to trust, without which no registry is asked, also where `--ca` names \
             others or there is no TLS; install `ca-certificates`, or name a file with some by SSL_CERT_FILE"
                .to_owned(),
        )
    })?;
    let mut trusted = Vec::new();
    if let Some(file) = access.ca.as_deref().filter(|_| !plain) {
        maple_server::client_tls(Some(file)).map_err(|error| Failure::Unreachable(chain(&error)))?;
        let data = read_bounded(file, "file of certificates", maple_server::PEM_BYTES_MAX)?;
        trusted.push(Certificate { encoding: CertificateEncoding::Pem, data });
    }
    // What has no TLS stays on its way to the registry that was named; with TLS, nothing leaves without it, neither to
    // a sign-in nor to where a registry points.
    let (https_proxy, no_proxy) = if plain { (None, Some(ANY_HOST.to_owned())) } else { (proxy(host), None) };
    Ok(ClientConfig {
        protocol: if plain { ClientProtocol::Http } else { ClientProtocol::Https },
        use_monolithic_push: true,
        tls_certs_only: trusted,
        platform_resolver: None,
        read_timeout: Some(match wait {
            Wait::Fetch => ANSWER_WAIT,
            Wait::Send => UPLOAD_WAIT,
        }),
        connect_timeout: Some(CONNECT_WAIT),
        user_agent: concat!("maple/", env!("CARGO_PKG_VERSION")),
        http_proxy: Some(NOWHERE.to_owned()),
        https_proxy,
        no_proxy,
        ..ClientConfig::default()
    })
}

/// The environment's proxy, as other commands take it.
fn proxy(host: &str) -> Option<String> {
    let proxy = ureq::Proxy::try_from_env()?;
    let registry: ureq::http::Uri = format!("https://{host}/").parse().ok()?;
    (!proxy.is_no_proxy(&registry)).then(|| proxy.uri().to_string())
}

/// Who asks.
pub(super) fn authentication(access: &Access) -> Result<RegistryAuth, Failure> {
    let (password, place) = match &access.password_file {
        Some(file) => {
            let bytes = read_bounded(file, "password file", PASSWORD_BYTES_MAX)?;
            (Some(String::from_utf8(bytes).unwrap_or_default()), format!("the password file `{}`", file.display()))
        }
        None => (std::env::var(PASSWORD).ok().filter(|text| !text.is_empty()), format!("the environment's {PASSWORD}")),
    };
    let user = access.user.as_deref().filter(|user| !user.is_empty());
    let (user, password) = match (user, password) {
        (None, None) => return Ok(RegistryAuth::Anonymous),
        (Some(user), Some(password)) => (user, password),
        (None, Some(_)) => {
            return Err(Failure::Input(format!(
                "{place} has a password and nobody it is of; name the user by MAPLE_REGISTRY_USER or `--user`"
            )));
        }
        (Some(user), None) => {
            return Err(Failure::Input(format!(
                "`{user}` has no password; set {PASSWORD}, or name a file by `--password-file`"
            )));
        }
    };
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::Input(format!(
            "{place} holds no password; one is text of 1 to {PASSWORD_BYTES_MAX} bytes, and nothing else is in it"
        )));
    }
    if user.contains(':') {
        return Err(Failure::Input(format!("the user `{user}` has a `:`, which registries cannot take")));
    }
    Ok(RegistryAuth::Basic(user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_up_to_its_limit_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        for (length, taken) in [(0, false), (1, true), (PASSWORD_BYTES_MAX, true), (PASSWORD_BYTES_MAX + 1, false)] {
            std::fs::write(&file, "p".repeat(length)).unwrap();
            let access =
                Access { user: Some("me".into()), password_file: Some(file.clone()), ca: None, insecure_http: false };
            assert_eq!(authentication(&access).is_ok(), taken, "{length}");
        }
    }
}
