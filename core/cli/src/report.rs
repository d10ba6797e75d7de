//! What a person sees on the terminal. Colours go away by themselves when the output is no terminal.

use std::{collections::BTreeMap, io::Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};
use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use maple_bundle::{Bundle, Diagnostic, Severity};

use crate::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const QUIET: Style = Style::new().dimmed();
/// Columns of a line of policies that are shown.
const TERM_COLUMNS: usize = 140;

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

/// Problems of a bundle, as text on standard output, each with the lines that it is about where the files are at hand.
/// `eval` is the command that a case which shows a problem can be given to.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], files: Option<&Bundle>, eval: Option<&str>) {
    draw(diagnostics, files, eval, &mut anstream::stdout().lock());
}

fn draw(diagnostics: &[Diagnostic], files: Option<&Bundle>, eval: Option<&str>, out: &mut dyn Write) {
    let files: BTreeMap<&str, Vec<&str>> = files.into_iter().flat_map(Bundle::files).filter_map(read).collect();
    for diagnostic in diagnostics {
        // A reader that has seen enough closes the pipe.
        let _ = writeln!(out, "{}\n", drawn(diagnostic, &files, eval));
    }
}

/// A file by its lines.
fn read<'b>((path, bytes): (&'b str, &'b [u8])) -> Option<(&'b str, Vec<&'b str>)> {
    Some((path, std::str::from_utf8(bytes).ok()?.lines().collect()))
}

/// A problem as it is drawn: message, line, advice, the other places, and the case that shows it.
fn drawn(diagnostic: &Diagnostic, files: &BTreeMap<&str, Vec<&str>>, eval: Option<&str>) -> String {
    let Diagnostic { code, file, line, column, end_line, end_column, message, .. } = diagnostic;
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let at = At { file, line: *line, column: *column, end: (*end_line == *line).then_some(*end_column) };
    let mut first = at.show(level.primary_title(message).id(*code), AnnotationKind::Primary, files);
    if let Some(advice) = &diagnostic.advice {
        first = first.element(Level::HELP.message(advice));
    }
    let others = diagnostic.related.iter().map(|related| {
        let spot = &related.spot;
        let end = (spot.end_line == spot.line).then_some(spot.end_column);
        let at = At { file: &spot.file, line: spot.line, column: spot.column, end };
        at.show(Level::NOTE.secondary_title(&related.label), AnnotationKind::Context, files)
    });
    let groups: Vec<Group<'_>> = std::iter::once(first).chain(others).collect();
    let mut text = Renderer::styled().term_width(TERM_COLUMNS).render(&groups);
    if let Some(witness) = &diagnostic.witness {
        let eval = eval.map_or_else(String::new, |eval| format!(", for `{eval}`"));
        text.push_str(&format!("\n{QUIET}a case that shows it{eval}:{QUIET:#}\n{witness}"));
    }
    text
}

/// A place in a file: `end` is the column just past it, where it ends on its line.
struct At<'d> {
    file: &'d str,
    line: u32,
    column: u32,
    end: Option<u32>,
}

impl<'d> At<'d> {
    /// The place with its line, below a title.
    fn show(&self, title: Title<'d>, kind: AnnotationKind, files: &BTreeMap<&'d str, Vec<&'d str>>) -> Group<'d> {
        let number = usize::try_from(self.line).unwrap_or(usize::MAX);
        let line = number.checked_sub(1).and_then(|at| files.get(self.file)?.get(at).copied());
        match (self.file, line) {
            ("", _) => title.elements(Vec::<Origin<'d>>::new()),
            (file, Some(text)) => {
                let start = byte_of(text, self.column);
                let end = self.end.map_or(text.len(), |end| byte_of(text, end)).max(start);
                title.element(Snippet::source(text).line_start(number).path(file).annotation(kind.span(start..end)))
            }
            (file, None) if self.line == 0 => title.element(Origin::path(file)),
            (file, None) => {
                let column = usize::try_from(self.column).unwrap_or(0);
                title.element(Origin::path(file).line(number).char_column(column))
            }
        }
    }
}

/// Where a column, from 1 and in characters, begins in a line.
fn byte_of(line: &str, column: u32) -> usize {
    let before = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    line.char_indices().nth(before).map_or(line.len(), |(at, _)| at)
}

/// Problems that do not stand in the way, on standard error.
pub(crate) fn warnings(diagnostics: &[Diagnostic], files: &Bundle) {
    draw(diagnostics, Some(files), None, &mut anstream::stderr().lock());
}

/// How many problems of each severity, in words.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let noun = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let mut text = format!("{}, {}", noun(count(Severity::Error), "error"), noun(count(Severity::Warning), "warning"));
    match count(Severity::Note) {
        0 => {}
        notes => text.push_str(&format!(", {}", noun(notes, "note"))),
    }
    text
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
