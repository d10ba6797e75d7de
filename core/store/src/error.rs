//! What can go wrong with the file, and the way out.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("cannot {step} `{path}`; {advice}")]
    File {
        /// What was tried.
        step: &'static str,
        /// The file.
        path: PathBuf,
        /// The way out.
        advice: &'static str,
        /// What the database said.
        source: rusqlite::Error,
    },
    /// The file is a database, but not one of this service.
    #[error("`{path}` is a database of another program; name another file with `MAPLE_DATABASE`")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later version of the service wrote the file.
    #[error(
        "`{path}` was written by a later version (schema {found}, this one knows {known}); start that version, or name \
         another file with `MAPLE_DATABASE`"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The schema of this version.
        known: i64,
    },
    /// The URL names no file.
    #[error("`{url}` names no database file; write `sqlite://maple.sqlite`")]
    Url {
        /// The URL, without secrets.
        url: String,
    },
    /// A text of an activation is too long.
    #[error("a text of {bytes} bytes is too long for an activation; it has at most {max}", max = crate::TEXT_BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl StoreError {
    pub(crate) fn new(step: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let advice = match source.sqlite_error_code() {
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
            _ => "the cause follows",
        };
        Self::File { step, path: path.to_owned(), advice, source }
    }
}
