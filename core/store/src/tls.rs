//! TLS towards a PostgreSQL server: whom to trust.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// Makes connections that trust the authorities of a file, else those of the system.
pub(crate) fn connector(roots: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let failed = |why: String| StoreError::Certificates { why };
    let certificates: Vec<CertificateDer<'static>> = match roots {
        Some(path) => {
            let pem = fs::read(path).map_err(|error| failed(format!("cannot read `{}`: {error}", path.display())))?;
            CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect()
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut store = RootCertStore::empty();
    let (taken, _) = store.add_parsable_certificates(certificates);
    if taken == 0 {
        return Err(failed(match roots {
            Some(path) => format!("`{}` holds no certificate in PEM", path.display()),
            None => "this system has no certificates to trust".to_owned(),
        }));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(store).with_no_client_auth()))
}
