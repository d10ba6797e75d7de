//! Where the database is. The URL may hold a password, so nothing but the place is ever shown.

use std::{
    fmt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::{
    OPERATION_MILLIS_MAX, RECONNECT_MILLIS_MAX, StoreError,
    sql::{
        Fault, Link,
        postgres::{self, Postgres},
        sqlite::Sqlite,
    },
};

/// How long to wait before a server is asked again.
const RECONNECT_WAIT: Duration = Duration::from_millis(50);

/// Where the database is.
pub(crate) enum Place {
    Sqlite { path: PathBuf },
    Postgres { config: Box<::postgres::Config>, shown: String },
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
        // What the parser says may hold a part of the URL.
        let config: ::postgres::Config = url.parse().map_err(|_| StoreError::Url { url: without_secret(url) })?;
        let host = config.get_hosts().first().map(|host| match host {
            ::postgres::config::Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            ::postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
        let shown = format!("postgres://{}/{name}", host.unwrap_or_default());
        Ok(Self::Postgres { config: Box::new(postgres::bounded(config)), shown })
    }

    /// A connection; a server that does not answer is asked again for a while.
    pub(crate) fn connect(&self) -> Result<Box<dyn Link>, Fault> {
        match self {
            Self::Sqlite { path } => {
                let link = Sqlite::open(path, OPERATION_MILLIS_MAX)?;
                Ok(Box::new(link))
            }
            Self::Postgres { config, .. } => {
                let began = Instant::now();
                loop {
                    match Postgres::open(config) {
                        Ok(link) => return Ok(Box::new(link)),
                        Err(Fault::Postgres(error)) if away(&error) && lasts(began) => thread::sleep(RECONNECT_WAIT),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
}

fn lasts(began: Instant) -> bool {
    began.elapsed() < Duration::from_millis(RECONNECT_MILLIS_MAX)
}

/// Whether the server may be back soon: it does not answer, or is starting or stopping.
fn away(error: &::postgres::Error) -> bool {
    let class = error.code().map(|code| code.code().to_owned());
    class.is_none_or(|code| code.starts_with("57P"))
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
