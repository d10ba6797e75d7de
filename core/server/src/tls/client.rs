//! TLS towards other servers: whom to trust.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::rustls::{
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject},
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{PEM_BYTES_MAX, read_bounded};

/// Why nobody can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ClientTlsFault {
    /// The file cannot be read.
    #[error("cannot read the certificates to trust in `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no certificate in the file.
    #[error("`{}` holds no certificate in PEM; name the file of the authority that signed the server's", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The system trusts nobody.
    #[error("this system has no certificates to trust; install them (`ca-certificates`), or name a file with them")]
    NoSystem,
}

/// What a client needs for https: the authorities of a file, else those of the system.
///
/// # Errors
///
/// When there is no certificate to trust.
pub fn client_tls(ca: Option<&Path>) -> Result<TlsConfig, ClientTlsFault> {
    let roots: Vec<CertificateDer<'static>> = match ca {
        Some(path) => {
            let pem = read_bounded(path, PEM_BYTES_MAX)
                .map_err(|source| ClientTlsFault::Read { path: path.to_owned(), source })?;
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    if roots.is_empty() {
        return Err(ca.map_or(ClientTlsFault::NoSystem, |path| ClientTlsFault::NoCertificate { path: path.to_owned() }));
    }
    let roots = roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect::<Vec<_>>();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(provider())
        .build())
}

/// Makes the one provider the process's own, for a client that asks the process for it.
pub fn share_tls_provider() {
    // When it is the process's own already, it is the same one.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// One provider for everything: the one that also proves JWTs.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
