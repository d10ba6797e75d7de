//! Where the database is. The URL may hold a password, so nothing but the place is ever shown.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    OPERATION_MILLIS_MAX, RECONNECT_MILLIS_MAX, StoreError,
    error::not_trusted,
    sql::{
        Fault, Link,
        postgres::{self, Postgres},
        sqlite::Sqlite,
    },
    tls,
};

/// Addresses of one host that are reached although the others swallow everything.
const ADDRESSES_PER_HOST: u32 = 2;
/// How long to wait before a server is asked again.
const RECONNECT_WAIT: Duration = Duration::from_millis(50);

/// Where the database is.
pub(crate) enum Place {
    Sqlite { path: PathBuf },
    Postgres { hosts: Vec<tokio_postgres::Config>, tls: Option<MakeRustlsConnect>, shown: String },
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
        let config: tokio_postgres::Config = plain.parse().map_err(|_| StoreError::Url { url: without_secret(url) })?;
        let host = config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        });
        let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
        let shown = format!("postgres://{}/{name}", host.unwrap_or_default());
        // A connection that is encrypted where it happens to be possible says nothing of whom it speaks to.
        let encrypted = encrypted || config.get_ssl_mode() == SslMode::Require;
        let mut hosts = one_by_one(&plain, config);
        for host in &mut hosts {
            host.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
            postgres::bound(host);
        }
        let tls = encrypted.then(|| tls::connector(roots.as_deref())).transpose()?;
        Ok(Self::Postgres { hosts, tls, shown })
    }

    /// Whether what goes to the server leaves this machine readable by others.
    pub(crate) fn is_readable_on_the_way(&self) -> bool {
        let Self::Postgres { hosts, tls: None, .. } = self else { return false };
        hosts.iter().any(|config| {
            let addresses = config.get_hostaddrs();
            if !addresses.is_empty() {
                // Where it says both, the names are not looked up.
                return addresses.iter().any(|address| !address.is_loopback());
            }
            config.get_hosts().iter().any(|host| match host {
                Host::Tcp(name) => {
                    name != "localhost" && !name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
                }
                #[cfg(unix)]
                Host::Unix(_) => false,
            })
        })
    }

    /// A connection; a server that does not answer is asked again for a while, `patience` at most.
    pub(crate) fn connect(&self, patience: Duration) -> Result<Box<dyn Link>, Fault> {
        match self {
            Self::Sqlite { path } => {
                let link = Sqlite::open(path, OPERATION_MILLIS_MAX)?;
                Ok(Box::new(link))
            }
            Self::Postgres { hosts, tls, .. } => {
                let until = Instant::now() + patience.min(Duration::from_millis(RECONNECT_MILLIS_MAX));
                loop {
                    let fault = match reach(hosts, tls.as_ref(), until) {
                        Ok(link) => return Ok(Box::new(link)),
                        Err(fault) => fault,
                    };
                    if !matches!(&fault, Fault::Postgres(error) if away(error)) || Instant::now() >= until {
                        return Err(fault);
                    }
                    thread::sleep(RECONNECT_WAIT);
                }
            }
        }
    }
}

/// Asks each host in turn. Each has its part of the time that is left, so that the next is reached although one swallows
/// everything. What one says of why tells more than another's silence.
fn reach(hosts: &[tokio_postgres::Config], tls: Option<&MakeRustlsConnect>, until: Instant) -> Result<Postgres, Fault> {
    let mut said = Fault::Silent;
    for (asked, host) in hosts.iter().enumerate() {
        let left = until.saturating_duration_since(Instant::now());
        let part = left / u32::try_from(hosts.len() - asked).unwrap_or(u32::MAX);
        match Postgres::open(&hurried(host, part), tls, part) {
            Ok(link) => return Ok(link),
            Err(Fault::Silent) => {}
            Err(fault) => said = fault,
        }
    }
    Err(said)
}

/// With so little time for an address that the host's next one is reached, such as that of the internet's other protocol.
fn hurried(host: &tokio_postgres::Config, part: Duration) -> tokio_postgres::Config {
    let mut host = host.clone();
    let each = part / ADDRESSES_PER_HOST;
    host.connect_timeout(host.get_connect_timeout().map_or(each, |own| each.min(*own)));
    host
}

/// The hosts of a URL one by one. One that the library must choose among, or whose hosts do not stand where the user's name
/// does, is left as it is.
fn one_by_one(url: &str, whole: tokio_postgres::Config) -> Vec<tokio_postgres::Config> {
    let count = whole.get_hosts().len();
    let apart = || {
        let (scheme, rest) = url.split_once("://")?;
        let (place, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, names) = place.rsplit_once('@').map_or(("", place), |(user, names)| (user, names));
        let at = if place.contains('@') { "@" } else { "" };
        let url = |name: &str| format!("{scheme}://{user}{at}{name}{path}");
        names.split(',').map(|name| url(name).parse().ok()).collect::<Option<Vec<tokio_postgres::Config>>>()
    };
    let chosen = whole.get_load_balance_hosts() != LoadBalanceHosts::Disable || !whole.get_hostaddrs().is_empty();
    match apart() {
        Some(hosts) if count > 1 && hosts.len() == count && !chosen => hosts,
        _ => vec![whole],
    }
}

/// Whether the server may be back soon: it does not answer, or is starting or stopping.
fn away(error: &tokio_postgres::Error) -> bool {
    if not_trusted(error).is_some() {
        return false;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_read_on_the_way_is_known_by_the_address_that_is_spoken_to() {
        for (url, readable) in [
            ("maple.sqlite", false),
            ("postgres://ana@localhost/maple", false),
            ("postgres://ana@127.0.0.1,[::1]/maple", false),
            ("postgres://ana@%2Frun%2Fpostgresql/maple", false),
            ("postgres://ana@db.example/maple", true),
            ("postgres://ana@192.0.2.1:5433/maple", true),
            ("postgres://ana@localhost,db.example/maple", true),
            ("postgres://ana@localhost/maple?hostaddr=192.0.2.1", true),
            ("postgres://ana@db.example/maple?hostaddr=127.0.0.1", false),
            ("postgres://ana@db.example/maple?sslmode=prefer", true),
        ] {
            assert_eq!(Place::url(url).unwrap().is_readable_on_the_way(), readable, "{url}");
        }
    }

    #[test]
    fn hosts_are_asked_one_by_one() {
        let count = |url: &str| match Place::url(url).unwrap() {
            Place::Postgres { hosts, .. } => hosts.len(),
            Place::Sqlite { .. } => 0,
        };
        for (url, hosts) in [
            ("postgres://a.example/maple", 1),
            ("postgres://ana:p,w@a.example:1,b.example:2,c.example/maple?application_name=x", 3),
            ("postgres://a.example,b.example?connect_timeout=1", 2),
            ("postgres://a.example,b.example/maple?load_balance_hosts=random", 1),
            ("postgres:///maple?host=a.example,b.example", 1),
        ] {
            assert_eq!(count(url), hosts, "{url}");
        }
    }
}
