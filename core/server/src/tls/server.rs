//! How this service proves who it is: a certificate and its key, taken anew when their files change.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use maple_seal::Digest;
use tokio::{net::TcpStream, time::interval};
use tokio_rustls::{
    Accept, TlsAcceptor,
    rustls::{
        self, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tracing::{error, info};

use super::{PEM_BYTES_MAX, client::provider, read_bounded};
use crate::records::chain;

/// Seconds between two looks at the files of certificate and key.
pub const TLS_POLL_SECONDS: u64 = 2;
/// Certificates of one chain.
pub const CHAIN_COUNT_MAX: usize = 16;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error("cannot read the {what} `{}`", path.display())]
    Read {
        /// Certificate or key.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate in the file, or a broken one, or too many.
    #[error(
        "`{}` holds no chain of 1 to {CHAIN_COUNT_MAX} certificates in PEM; write the server's own first, then those \
         that signed it", path.display()
    )]
    Certificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error("`{}` holds no private key in PEM (PKCS#8, PKCS#1 or SEC1), without a passphrase", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// They do not go together.
    #[error("the key `{}` and the certificate `{}` cannot be used together; take those of one server", key.display(), certificate.display())]
    Pair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// A certificate and its key. Never edited; replaced whole.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: ArcSwap<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /* What the files held when it was made. */
    digest: Digest,
}

impl Tls {
    /// Takes certificate and key from their files.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read, is none, or they do not go together.
    pub fn load(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsFault> {
        let current = ArcSwap::from_pointee(Files::read(&certificate, &key)?.current(&certificate, &key)?);
        Ok(Self { certificate, key, current })
    }

    /// Begins a handshake with the certificate of this moment.
    pub(crate) fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(Arc::clone(&self.current.load().config)).accept(stream)
    }

    /// Looks at the files again and again; what cannot be used is told once and changes nothing.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut ticks = interval(Duration::from_secs(TLS_POLL_SECONDS));
        let mut told = None;
        loop {
            ticks.tick().await;
            let this = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || this.look()).await;
            match looked {
                Ok(Ok(false)) => told = None,
                Ok(Ok(true)) => {
                    told = None;
                    info!(certificate = %self.certificate.display(), "A new certificate serves.");
                }
                Ok(Err(fault)) => {
                    let why = chain(&fault);
                    if told.as_ref() != Some(&why) {
                        error!(why, "The new certificate cannot be used; the one before serves on.");
                        told = Some(why);
                    }
                }
                Err(_) => return,
            }
        }
    }

    /// Takes the files when they changed; true when they did.
    fn look(&self) -> Result<bool, TlsFault> {
        let files = Files::read(&self.certificate, &self.key)?;
        if files.digest() == self.current.load().digest {
            return Ok(false);
        }
        self.current.store(Arc::new(files.current(&self.certificate, &self.key)?));
        Ok(true)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What the files hold.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsFault> {
        let read = |what, path: &Path| {
            read_bounded(path, PEM_BYTES_MAX).map_err(|source| TlsFault::Read { what, path: path.to_owned(), source })
        };
        Ok(Self { certificate: read("certificate", certificate)?, key: read("key", key)? })
    }

    fn digest(&self) -> Digest {
        let parts = [Digest::of(&self.certificate), Digest::of(&self.key)];
        Digest::of(parts.map(|part| *part.as_bytes()).as_flattened())
    }

    fn current(&self, certificate: &Path, key: &Path) -> Result<Current, TlsFault> {
        let no_chain = || TlsFault::Certificate { path: certificate.to_owned() };
        let parsed = CertificateDer::pem_slice_iter(&self.certificate).take(CHAIN_COUNT_MAX + 1);
        let chain: Vec<CertificateDer<'static>> = parsed.collect::<Result<_, _>>().map_err(|_| no_chain())?;
        if !(1..=CHAIN_COUNT_MAX).contains(&chain.len()) {
            return Err(no_chain());
        }
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsFault::Key { path: key.to_owned() })?;
        let pair = |source| TlsFault::Pair { certificate: certificate.to_owned(), key: key.to_owned(), source };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(pair)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Current { config: Arc::new(config), digest: self.digest() })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn made() -> (String, String) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn a_broken_file_keeps_the_old_certificate_and_a_whole_one_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("c.pem"), dir.path().join("k.pem"));
        let put = |pem: &str, private: &str| {
            fs::write(&certificate, pem).unwrap();
            fs::write(&key, private).unwrap();
        };
        let said = |fault: TlsFault| chain(&fault);
        let load = || Tls::load(certificate.clone(), key.clone());
        assert!(said(load().unwrap_err()).contains("cannot read the certificate"));
        let ((pem, private), (other, other_private)) = (made(), made());
        put(&pem, &private);
        let tls = load().unwrap();
        let first = tls.current.load().digest;
        assert!(!tls.look().unwrap());
        for (pem, private, why) in [
            (&*other, &*private, "cannot be used together"),
            ("", &*private, "holds no chain"),
            (&pem[..pem.len() / 2], &*private, "holds no chain"),
            (&*pem, "", "holds no private key"),
            (&*pem.repeat(CHAIN_COUNT_MAX + 1), &*private, "holds no chain"),
            (&*"x".repeat(PEM_BYTES_MAX + 1), &*private, "more than 1048576 bytes"),
        ] {
            put(pem, private);
            let fault = said(tls.look().unwrap_err());
            assert!(fault.contains(why), "{fault}");
            assert_eq!(tls.current.load().digest, first);
        }
        put(&pem.repeat(CHAIN_COUNT_MAX), &private);
        assert!(tls.look().unwrap());
        put(&format!("{}{pem}", "\n".repeat(PEM_BYTES_MAX - pem.len())), &private);
        assert!(tls.look().unwrap());
        put(&other, &other_private);
        assert!(tls.look().unwrap() && !tls.look().unwrap());
        assert_ne!(tls.current.load().digest, first);
    }
}
