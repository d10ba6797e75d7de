//! Where problems are gathered, with the places they were found at.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeSet,
    fmt::Display,
};

use crate::{Diagnostic, Severity, diagnostic::Spot};

/// How many problems are told at once; the rest is counted.
pub const PROBLEMS_MAX: usize = 1_000;

/// One file as text.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    lines: OnceCell<Vec<usize>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text, lines: OnceCell::new() }
    }

    /// Line and column of a byte, both from 1.
    fn position(&self, at: usize) -> (u32, u32) {
        let lines = self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let line = lines.partition_point(|start| *start <= at);
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let chars = self.text.bytes().take(at).skip(start).filter(|b| b & 0xC0 != 0x80).count();
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(chars + 1).unwrap_or(u32::MAX))
    }
}

/// A stretch of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Place {
    /// No file in particular.
    pub(crate) const NOWHERE: Self = Self { file: u32::MAX, start: 0, end: 0 };

    /// A file as a whole.
    pub(crate) const fn whole(file: u32) -> Self {
        Self { file, start: u32::MAX, end: u32::MAX }
    }
}

struct Found {
    place: Place,
    code: &'static str,
    severity: Severity,
    message: String,
    advice: Option<String>,
}

/// Gathers problems.
pub(crate) struct Sink<'a> {
    sources: &'a [Source<'a>],
    found: RefCell<Vec<Found>>,
    /* Also the files whose errors came after the last that is told. */
    broken: RefCell<BTreeSet<u32>>,
    beyond: Cell<usize>,
    muted: Cell<bool>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(sources: &'a [Source<'a>]) -> Self {
        Self {
            sources,
            found: RefCell::default(),
            broken: RefCell::default(),
            beyond: Cell::default(),
            muted: Cell::default(),
        }
    }

    pub(crate) fn error(&self, place: Place, code: &'static str, message: impl Display) {
        self.push(place, code, Severity::Error, message.to_string(), None);
    }

    pub(crate) fn error_help(&self, place: Place, code: &'static str, message: impl Display, advice: impl Display) {
        self.push(place, code, Severity::Error, message.to_string(), Some(advice.to_string()));
    }

    pub(crate) fn warn(&self, place: Place, code: &'static str, message: impl Display, advice: impl Display) {
        self.push(place, code, Severity::Warning, message.to_string(), Some(advice.to_string()));
    }

    pub(crate) fn note(&self, place: Place, code: &'static str, message: impl Display, advice: impl Display) {
        self.push(place, code, Severity::Note, message.to_string(), Some(advice.to_string()));
    }

    /// An error whose advice may be missing.
    pub(crate) fn error_maybe(&self, place: Place, code: &'static str, message: String, advice: Option<String>) {
        self.push(place, code, Severity::Error, message, advice);
    }

    fn push(&self, place: Place, code: &'static str, severity: Severity, message: String, advice: Option<String>) {
        if self.muted.get() {
            return;
        }
        if severity == Severity::Error {
            self.broken.borrow_mut().insert(place.file);
        }
        let mut found = self.found.borrow_mut();
        if found.len() < PROBLEMS_MAX {
            found.push(Found { place, code, severity, message, advice });
        } else {
            self.beyond.set(self.beyond.get() + 1);
        }
    }

    /// Notes a file whose problem is told by whoever could not read it.
    pub(crate) fn spoilt(&self, file: u32) {
        self.broken.borrow_mut().insert(file);
    }

    /// Runs something whose problems are already told in another way.
    pub(crate) fn muted<T>(&self, muted: bool, run: impl FnOnce() -> T) -> T {
        let before = self.muted.replace(self.muted.get() || muted);
        let out = run();
        self.muted.set(before);
        out
    }

    /// True when it makes no sense to search for advice any more.
    pub(crate) fn full(&self) -> bool {
        self.muted.get() || self.found.borrow().len() >= PROBLEMS_MAX
    }

    /// The files with errors, each once.
    pub(crate) fn broken_files(&self) -> BTreeSet<u32> {
        self.broken.borrow().clone()
    }

    /// True when one of these codes was told of one of these files.
    pub(crate) fn told(&self, codes: &[&str], file: impl Fn(u32) -> bool) -> bool {
        self.found.borrow().iter().any(|f| codes.contains(&f.code) && file(f.place.file))
    }

    /// `file:line:column` of a place.
    pub(crate) fn at(&self, place: Place) -> String {
        match self.source(place) {
            Some(source) => {
                let (line, column) = source.position(place.start as usize);
                format!("{}:{line}:{column}", source.path)
            }
            None => String::new(),
        }
    }

    /// Line of a place, from 1.
    pub(crate) fn line(&self, place: Place) -> u32 {
        self.source(place).map_or(0, |source| source.position(place.start as usize).0)
    }

    /// Path of a file.
    pub(crate) fn path(&self, file: u32) -> &'a str {
        self.sources.get(file as usize).map_or("", |source| source.path)
    }

    /// Text of a file.
    pub(crate) fn text(&self, file: u32) -> &'a str {
        self.sources.get(file as usize).map_or("", |source| source.text)
    }

    /// True when of this file no other errors were told than these, and one of them was.
    pub(crate) fn told_only(&self, codes: &[&str], file: u32) -> bool {
        let found = self.found.borrow();
        let mut errors = found.iter().filter(|f| f.place.file == file && f.severity == Severity::Error).peekable();
        self.beyond.get() == 0 && errors.peek().is_some() && errors.all(|f| codes.contains(&f.code))
    }

    /// True when there is a file of that path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.sources.iter().any(|source| source.path == path)
    }

    fn source(&self, place: Place) -> Option<&Source<'a>> {
        self.sources.get(place.file as usize)
    }

    /// All problems, by file and place, with a last line for those that are not told.
    pub(crate) fn finish(&self) -> Vec<Diagnostic> {
        let mut found = self.found.take();
        found.sort_by_key(|f| (f.place.file != u32::MAX, f.place.file, f.place.start.wrapping_add(1), f.severity));
        let mut out: Vec<_> = found.into_iter().map(|f| self.diagnostic(f)).collect();
        if self.beyond.get() > 0 {
            let message = format!("{} further problems are not shown", self.beyond.get());
            out.push(self.diagnostic(Found {
                place: Place::NOWHERE,
                code: "too-many-problems",
                severity: Severity::Warning,
                message,
                advice: Some("mend the ones above first".to_owned()),
            }));
        }
        out
    }

    fn diagnostic(&self, found: Found) -> Diagnostic {
        let Found { place, code, severity, message, advice } = found;
        Diagnostic { advice, ..Diagnostic::new(code, severity, &self.spot(place), message) }
    }

    /// A place as an author counts.
    pub(crate) fn spot(&self, place: Place) -> Spot {
        let ((line, column), (end_line, end_column)) = match self.source(place) {
            Some(source) if place.start != u32::MAX => {
                (source.position(place.start as usize), source.position(place.end as usize))
            }
            _ => ((0, 0), (0, 0)),
        };
        Spot { file: self.path(place.file).into(), line, column, end_line, end_column }
    }
}
