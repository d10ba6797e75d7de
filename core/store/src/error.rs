//! What can go wrong with the database, and the way out.

use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

pub use crate::sql::Fault;
use crate::{Activation, place::Place};

/// Why the store cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened, read or written.
    #[error("cannot {step} `{place}`; {advice}")]
    Database {
        /// What was tried.
        step: &'static str,
        /// The database, without secrets.
        place: String,
        /// The way out.
        advice: &'static str,
        /// What the database said.
        source: Fault,
    },
    /// The database is not one of this service.
    #[error("`{place}` is a database of another program; name another one with `MAPLE_DATABASE`")]
    Foreign {
        /// The database.
        place: String,
    },
    /// A later version of the service wrote the database.
    #[error(
        "`{place}` was written by a later version (schema {found}, this one knows {known}); start that version, or name \
         another database with `MAPLE_DATABASE`"
    )]
    Newer {
        /// The database.
        place: String,
        /// Its schema.
        found: i64,
        /// The schema of this version.
        known: i64,
    },
    /// The URL names no database.
    #[error("`{url}` names no database; write `sqlite://maple.sqlite` or `postgres://user@host/name`")]
    Url {
        /// The URL, without secrets.
        url: String,
    },
    /// There is nobody to trust.
    #[error("{why}; `sslrootcert` in `MAPLE_DATABASE` names a file with the certificate of who signed the server's")]
    Certificates {
        /// Why.
        why: String,
    },
    /// Something is too long.
    #[error("{what} of {bytes} bytes is too long; it has at most {max}")]
    TooLong {
        /// What.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The most.
        max: usize,
    },
    /// A word cannot be kept.
    #[error("{what} `{word}` cannot be kept; {help}")]
    Word {
        /// What it is.
        what: &'static str,
        /// The word.
        word: String,
        /// The way out.
        help: &'static str,
    },
    /// Somebody was first.
    #[error("the ruleset in force is not the one to be replaced; look at it and try again")]
    Conflict {
        /// The activation in force.
        current: Option<Box<Activation>>,
    },
    /// Another record stands there.
    #[error("log `{log}` has another record {sequence}; a log has one writer, so give each node an id of its own")]
    Other {
        /// The log.
        log: String,
        /// The number.
        sequence: u64,
    },
    /// A version of a pack is there with other bytes.
    #[error("pack `{unit}` was published before with other files; give the changed pack a new version")]
    Version {
        /// The pack and its version.
        unit: String,
    },
    /// Something is not there.
    #[error("there is no {what} `{name}`")]
    Missing {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The system gives no thread.
    #[error("cannot start the thread that records decisions; a limit on processes is the usual cause (`ulimit -u`)")]
    Thread {
        /// What the system said.
        source: std::io::Error,
    },
    /// A record has no checkpoint yet.
    #[error("record {sequence} of log `{log}` has no checkpoint yet; ask again after the next one")]
    Unsealed {
        /// The log.
        log: String,
        /// The number.
        sequence: u64,
    },
    /// A record is damaged.
    #[error("record {sequence} of log `{log}` is damaged; `maple audit verify` finds all that are")]
    Damaged {
        /// The log.
        log: String,
        /// The number.
        sequence: u64,
    },
    /// Something cannot be signed or proved.
    #[error("cannot seal the records of log `{log}`")]
    Seal {
        /// The log.
        log: String,
        /// Why.
        source: maple_seal::CanonicalFault,
    },
}

impl StoreError {
    pub(crate) fn new(step: &'static str, place: &Place, source: Fault) -> Self {
        let advice = match &source {
            Fault::Sqlite(error) => file_advice(error),
            Fault::Postgres(error) => server_advice(error),
            Fault::Silent => "check that the server runs and can be reached",
            Fault::Runtime(_) => "a limit of the system is the usual cause (`ulimit -n`)",
            Fault::Busy => "too much is under way; try again",
            Fault::Shape => "it is damaged; put back a copy",
        };
        Self::Database { step, place: place.to_string(), advice, source }
    }
}

fn file_advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen) => "check that its folder exists and may be written to",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "check that the file and its folder may be written to"
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "it is not a database or is damaged; put back a copy, or move it away and start afresh"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process holds it; stop that process, or name another file with `MAPLE_DATABASE`"
        }
        Some(ErrorCode::DiskFull) => "the disk is full; make room",
        Some(ErrorCode::OperationInterrupted) => "it took too long; ask for less at once",
        _ => "the cause follows",
    }
}

/// Why a connection is not encrypted with somebody whom this side trusts.
pub(crate) fn not_trusted(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An error of the system keeps another's inside, and names only what is behind that one as its cause.
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = inside.map(|inside| inside as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    }
    None
}

fn server_advice(error: &tokio_postgres::Error) -> &'static str {
    if not_trusted(error).is_some() {
        return "the server's certificate must be for the name in `MAPLE_DATABASE`, and signed by whom `sslrootcert` or \
                the system trusts";
    }
    let Some(code) = error.code() else {
        return "check that the server runs and can be reached";
    };
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check the user and the password of `MAPLE_DATABASE`"
        }
        SqlState::INVALID_CATALOG_NAME => "make the database first, such as with `createdb`",
        SqlState::INSUFFICIENT_PRIVILEGE => "the user may not do this; let it own the database",
        SqlState::READ_ONLY_SQL_TRANSACTION => "the server only reads; name the one that writes with `MAPLE_DATABASE`",
        SqlState::DISK_FULL => "the disk of the server is full; make room",
        SqlState::TOO_MANY_CONNECTIONS => "the server has too many connections; raise `max_connections`",
        SqlState::LOCK_NOT_AVAILABLE => "another process holds it; try again",
        SqlState::QUERY_CANCELED => "it took too long; ask for less at once",
        _ => "the cause follows",
    }
}
