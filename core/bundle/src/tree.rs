//! TOML text as a tree that knows where each of its parts stands.

use std::borrow::Cow;

use maple_kernel::Day;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    sink::{Place, Sink, Source},
    slips::{self, TWICE},
};

/// How deep tables and lists may be nested in each other.
pub const TOML_DEPTH_MAX: usize = 32;

/// One value with its place.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) place: Place,
    pub(crate) value: Raw<'a>,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Raw<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Float(f64),
    Flag(bool),
    Day(Day),
    Items(Vec<Node<'a>>),
    Table(Vec<Entry<'a>>),
    /// Cannot be used; told already.
    Bad,
}

/// One key of a table with its value; tables keep the order of the file.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) place: Place,
    pub(crate) node: Node<'a>,
}

impl<'a> Raw<'a> {
    /// What to call such a value in a message.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number with a point",
            Self::Flag(_) => "true or false",
            Self::Day(_) => "a day",
            Self::Items(_) => "a list",
            Self::Table(_) => "a table",
            Self::Bad => "unreadable",
        }
    }
}

impl<'a> Node<'a> {
    /// The entries of a table; nothing for anything else.
    pub(crate) fn entries(&self) -> &[Entry<'a>] {
        match &self.value {
            Raw::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value under a key of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }
}

/// Reads one file; the root table, and whether its text is sound. Of a text that is none, the first fault is told: what
/// comes after it is read out of step, and one bracket too many would be told on every line to the end. Keys that stand
/// twice are told one by one where there is no other fault.
pub(crate) fn parse<'a>(file: u32, source: &Source<'a>, sink: &Sink<'_>) -> (Node<'a>, bool) {
    let (root, errors) = DeTable::parse_recoverable(source.text);
    let end = source.text.len();
    let span = |error: &toml::de::Error| error.span().unwrap_or(end..end);
    let first = errors.iter().filter(|error| error.message() != TWICE).min_by_key(|error| span(error).start);
    for error in errors.iter().filter(|error| first.is_none_or(|first| std::ptr::eq(first, *error))) {
        match slips::slip(source.text, &span(error), error.message()) {
            Some(slip) => sink.error_help(place(file, &slip.at), "syntax", slip.message, slip.advice),
            None => sink.error(place(file, &span(error)), "syntax", plain(error.message())),
        }
    }
    let reader = Reader { file, sink };
    let sound = errors.is_empty();
    let node = sink.muted(!sound, || reader.table(root.into_inner(), Place { file, start: 0, end: 0 }, 0));
    (node, sound)
}

/// The parser's words, in the manner of all other messages.
fn plain(message: &str) -> String {
    message.trim().trim_end_matches('.').to_owned()
}

fn place(file: u32, span: &std::ops::Range<usize>) -> Place {
    let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX - 1);
    Place { file, start: cut(span.start), end: cut(span.end) }
}

struct Reader<'s, 'k> {
    file: u32,
    sink: &'s Sink<'k>,
}

impl Reader<'_, '_> {
    fn table<'a>(&self, table: DeTable<'a>, at: Place, depth: usize) -> Node<'a> {
        if depth > TOML_DEPTH_MAX {
            return self.too_deep(at);
        }
        let mut entries: Vec<Entry<'a>> = table
            .into_iter()
            .map(|(key, value)| Entry {
                place: place(self.file, &key.span()),
                key: key.into_inner(),
                node: self.node(value, depth + 1),
            })
            .collect();
        entries.sort_by_key(|e| (e.node.place.start, e.place.start));
        Node { place: at, value: Raw::Table(entries) }
    }

    fn node<'a>(&self, value: Spanned<DeValue<'a>>, depth: usize) -> Node<'a> {
        let at = place(self.file, &value.span());
        let raw = match value.into_inner() {
            DeValue::String(text) => Raw::Text(text),
            DeValue::Boolean(flag) => Raw::Flag(flag),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Raw::Integer(number),
                Err(_) => self.bad(at, "bad-number", "the number is too large to be counted"),
            },
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() => Raw::Float(number),
                _ => self.bad(at, "bad-number", "the number is not finite"),
            },
            DeValue::Datetime(when) => self.day(when, at),
            DeValue::Array(_) | DeValue::Table(_) if depth > TOML_DEPTH_MAX => return self.too_deep(at),
            DeValue::Array(items) => Raw::Items(items.into_iter().map(|item| self.node(item, depth + 1)).collect()),
            DeValue::Table(table) => return self.table(table, at, depth),
        };
        Node { place: at, value: raw }
    }

    fn day<'a>(&self, when: toml::value::Datetime, at: Place) -> Raw<'a> {
        let (Some(date), None, None) = (when.date, when.time, when.offset) else {
            return self.bad(at, "bad-day", "a time of day is of no use here; write the day alone, like 2026-11-23");
        };
        let day = i16::try_from(date.year)
            .ok()
            .zip(i8::try_from(date.month).ok())
            .zip(i8::try_from(date.day).ok())
            .and_then(|((year, month), day)| Day::new(year, month, day));
        match day {
            Some(day) => Raw::Day(day),
            None => self.bad(at, "bad-day", "the calendar has no such day between 1900 and 2199"),
        }
    }

    fn bad<'a>(&self, at: Place, code: &'static str, message: &str) -> Raw<'a> {
        self.sink.error(at, code, message);
        Raw::Bad
    }

    fn too_deep<'a>(&self, at: Place) -> Node<'a> {
        let message = format!("tables and lists are nested more than {TOML_DEPTH_MAX} deep");
        Node { place: at, value: self.bad(at, "too-deep", &message) }
    }
}
