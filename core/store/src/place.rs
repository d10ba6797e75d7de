//! Where the database is. The URL may hold a password, so nothing but the place is ever shown.

use std::{
    fmt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    OPERATION_MILLIS_MAX, RECONNECT_MILLIS_MAX, StoreError,
    sql::{
        Fault, Link,
        postgres::{self, Postgres},
        sqlite::Sqlite,
    },
    tls,
};

/// How long to wait before a server is asked again.
const RECONNECT_WAIT: Duration = Duration::from_millis(50);

/// Where the database is.
pub(crate) enum Place {
    Sqlite { path: PathBuf },
    Postgres { config: Box<tokio_postgres::Config>, tls: Option<MakeRustlsConnect>, shown: String },
}

impl Place {
    pub(crate) fn file(path: &Path) -> Self {
        Self::Sqlite { path: path.to_owned() }
    }

    pub(crate) fn url(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::server(url);
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.is_empty() || path.contains("://") {
            return Err(StoreError::Url { url: without_secret(url) });
        }
        Ok(Self::file(Path::new(path)))
    }

    fn server(url: &str) -> Result<Self, StoreError> {
        let Asked { url: plain, encrypted, roots } = Asked::of(url);
        // What the parser says may hold a part of the URL.
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|_| StoreError::Url { url: without_secret(url) })?;
        let host = config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
        let shown = format!("postgres://{}/{name}", host.unwrap_or_default());
        // A connection that is encrypted where it happens to be possible says nothing of whom it speaks to.
        let encrypted = encrypted || config.get_ssl_mode() == SslMode::Require;
        config.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        let tls = encrypted.then(|| tls::connector(roots.as_deref())).transpose()?;
        Ok(Self::Postgres { config: Box::new(postgres::bounded(config)), tls, shown })
    }

    /// Whether what goes to the server leaves this machine readable by others.
    pub(crate) fn is_readable_on_the_way(&self) -> bool {
        let Self::Postgres { config, tls: None, .. } = self else { return false };
        config.get_hosts().iter().any(|host| match host {
            Host::Tcp(name) => {
                name != "localhost" && !name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => false,
        })
    }

    /// A connection; a server that does not answer is asked again for a while, `patience` at most.
    pub(crate) fn connect(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        match self {
            Self::Sqlite { path } => {
                let link = Sqlite::open(path, OPERATION_MILLIS_MAX)?;
                Ok(Box::new(link))
            }
            Self::Postgres { config, tls, .. } => {
                let until = Instant::now() + patience.min(Duration::from_millis(RECONNECT_MILLIS_MAX));
                let mut last = None;
                loop {
                    let left = until.saturating_duration_since(Instant::now());
                    match Postgres::open(config, tls.as_ref(), left) {
                        Ok(link) => return Ok(Box::new(link)),
                        Err(Fault::Postgres(error)) if away(&error) && Instant::now() < until => {
                            last = Some(error);
                            thread::sleep(RECONNECT_WAIT);
                        }
                        // What it said before tells more.
                        Err(Fault::Silent) => return Err(last.map_or(Fault::Silent, Fault::Postgres)),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
}

/// Whether the server may be back soon: it does not answer, or is starting or stopping.
fn away(error: &tokio_postgres::Error) -> bool {
    let class = error.code().map(|code| code.code().to_owned());
    class.is_none_or(|code| code.starts_with("57P"))
}

/// What a URL says of encryption in the words of PostgreSQL's own clients, which the library does not know all.
struct Asked {
    /// The URL without these words.
    url: String,
    encrypted: bool,
    roots: Option<PathBuf>,
}

impl Asked {
    fn of(url: &str) -> Self {
        let Some((base, query)) = url.split_once('?') else {
            return Self { url: url.to_owned(), encrypted: false, roots: None };
        };
        let (mut rest, mut encrypted, mut roots) = (Vec::new(), false, None);
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslrootcert", path)) => {
                    encrypted = true;
                    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                    // The word for whom the system trusts.
                    roots = (path != "system").then(|| path.into());
                }
                // A certificate is always held against the name of the host, too.
                Some(("sslmode", "verify-ca" | "verify-full")) => encrypted = true,
                Some(("sslmode", "allow")) => {}
                _ => rest.push(pair),
            }
        }
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        Self { url: format!("{base}{query}"), encrypted, roots }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "{}", path.display()),
            Self::Postgres { shown, .. } => f.write_str(shown),
        }
    }
}

/// The URL without what may stand between `//` and `@`, and without its parameters.
fn without_secret(url: &str) -> String {
    let shown = match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(end)) if start + 3 < end => {
            format!("{}…{}", url.get(..start + 3).unwrap_or_default(), url.get(end..).unwrap_or_default())
        }
        _ => url.to_owned(),
    };
    shown.split('?').next().unwrap_or_default().to_owned()
}
