//! What a person sees on the terminal. Colours go away by themselves when the output is no terminal.

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use maple_bundle::{Diagnostic, Severity};

use crate::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();

/// Why the command ends here.
pub(crate) fn failure(failure: &Failure) {
    eprintln!("{ERROR}error{ERROR:#}: {failure}");
}

/// Something a person should know.
pub(crate) fn warning(text: &str) {
    eprintln!("{WARNING}warning{WARNING:#}: {text}");
}

/// What is being done now.
pub(crate) fn progress(text: &str) {
    eprintln!("{QUIET}{text}{QUIET:#}");
}

/// Problems of a bundle, as text on standard output.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let (style, word) = match diagnostic.severity {
            Severity::Error => (ERROR, "error"),
            Severity::Warning => (WARNING, "warning"),
            Severity::Note => (QUIET, "note"),
        };
        let Diagnostic { code, file, line, column, message, .. } = diagnostic;
        let place = match (file.as_str(), line) {
            ("", _) => String::new(),
            (file, 0) => format!("{file}: "),
            (file, line) => format!("{file}:{line}:{column}: "),
        };
        println!("{place}{style}{word}[{code}]{style:#}: {message}");
        if let Some(advice) = &diagnostic.advice {
            println!("  {QUIET}help:{QUIET:#} {advice}");
        }
    }
}

/// Problems that do not stand in the way, on standard error.
pub(crate) fn warnings(diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(|diagnostic| warning(&diagnostic.to_string()));
}

/// How many problems of each severity, in words.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let noun = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", noun(errors, "error"), noun(warnings, "warning"))
}

/// A line that ends well or badly.
pub(crate) fn verdict(good: bool, text: &str) {
    let style = if good { GOOD } else { ERROR };
    println!("{style}{text}{style:#}");
}

/// How a command ended whose result is on standard output.
pub(crate) fn said(good: bool, text: &str) {
    let style = if good { GOOD } else { ERROR };
    eprintln!("{style}{text}{style:#}");
}

/// A line for programs, beside the result.
pub(crate) fn plain(text: &str) {
    eprintln!("{text}");
}

/// What is not as it should be, within a line.
pub(crate) fn bad(text: &str) -> String {
    format!("{BAD}{text}{BAD:#}")
}

/// What is, within a line.
pub(crate) fn good(text: &str) -> String {
    format!("{GOOD}{text}{GOOD:#}")
}

/// What matters less, within a line.
pub(crate) fn quiet(text: &str) -> String {
    format!("{QUIET}{text}{QUIET:#}")
}
