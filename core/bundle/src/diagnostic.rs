//! One problem in a bundle, as its author sees it.

use std::fmt;

/// Whether a problem keeps the bundle from serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The bundle (or the pack, when packs may be left out) does not serve.
    Error,
    /// The bundle serves; somebody should look.
    Warning,
}

impl Severity {
    /// The word used on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
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
