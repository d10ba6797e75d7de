//! One problem in a bundle, as its author sees it.

use std::{fmt, sync::Arc};

/// Whether a problem keeps the bundle from serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The bundle (or the pack, when packs may be left out) does not serve.
    Error,
    /// The bundle serves; somebody should look.
    Warning,
    /// Nothing is wrong; something was not looked at, or only as far as told.
    Note,
}

impl Severity {
    /// The word used on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A stretch of one file, as an author counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The file within the bundle; empty when it is the bundle as a whole.
    pub file: Arc<str>,
    /// Line from 1; 0 for the file as a whole.
    pub line: u32,
    /// Column from 1, in characters; 0 for the file as a whole.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column just past the end.
    pub end_column: u32,
}

/// Another place that a problem has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub spot: Spot,
    /// What is there, in a few words.
    pub label: String,
}

/// One problem in a bundle.
///
/// It is displayed as `file:line:column: error[code]: message`, with the advice on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of problem, such as `unknown-fact`.
    pub code: &'static str,
    /// Whether it keeps the bundle from serving.
    pub severity: Severity,
    /// The file within the bundle; empty when the problem is the bundle's as a whole.
    pub file: String,
    /// Line from 1; 0 when the problem is the file's as a whole.
    pub line: u32,
    /// Column from 1, in characters; 0 when the problem is the file's as a whole.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column just past the end.
    pub end_column: u32,
    /// What is wrong.
    pub message: String,
    /// The way out, where there is one.
    pub advice: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// A case that shows it, as JSON for `POST /v1/evaluate`.
    pub witness: Option<String>,
}

impl Diagnostic {
    /// A problem at a place, without advice. Its code is one of [`CODES`](crate::CODES).
    #[must_use]
    pub fn new(code: &'static str, severity: Severity, spot: &Spot, message: String) -> Self {
        debug_assert!(crate::codes::known(code), "`{code}` is not on the list of codes");
        Self {
            code,
            severity,
            file: spot.file.to_string(),
            line: spot.line,
            column: spot.column,
            end_line: spot.end_line,
            end_column: spot.end_column,
            message,
            advice: None,
            related: Vec::new(),
            witness: None,
        }
    }
}

impl Diagnostic {
    /// Where it stands.
    #[must_use]
    pub fn spot(&self) -> Spot {
        let Self { line, column, end_line, end_column, .. } = *self;
        Spot { file: self.file.as_str().into(), line, column, end_line, end_column }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
            if self.line > 0 {
                write!(f, "{}:{}:", self.line, self.column)?;
            }
            f.write_str(" ")?;
        }
        write!(f, "{}[{}]: {}", self.severity.as_str(), self.code, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n  help: {advice}"),
            None => Ok(()),
        }
    }
}
