//! The file that says which column is what.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::{strtime::BrokenDownTime, temporal::DateTimeParser},
    tz::TimeZone,
};
use maple_insight::life::{EventType, Happening, Level};
use maple_wire::{EVENT_SOURCE_BYTES_MAX, ID_BYTES_MAX, SOURCE_UNSTATED, nearest};
use serde::Deserialize;

use crate::{
    Failure,
    commands::{located, read_bounded},
};

/// Bytes of a map.
pub(super) const MAP_BYTES_MAX: usize = 1 << 20;
/// Ways to write a moment that one column may have.
pub(super) const FORMATS_COUNT_MAX: usize = 16;
/// Columns that name one organisation, place or project together.
pub(super) const COLUMNS_COUNT_MAX: usize = 8;
/// Values of one column that a map may name.
const VALUES_COUNT_MAX: usize = 10_000;

/// What `otherwise` says of values that are not named.
pub(super) const REFUSE: &str = "refuse";
pub(super) const SKIP: &str = "skip";
/// The outcome of a dispute that goes on.
pub(super) const OPEN: &str = "open";

/// The words that a map may use: those of the policies.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) kinds: BTreeSet<String>,
    pub(super) localities: BTreeSet<String>,
    pub(super) origins: BTreeSet<String>,
}

/// A map, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: String,
    zone: Option<String>,
    id: WrittenId,
    registered: WrittenWhen,
    kind: WrittenWords,
    locality: WrittenWords,
    origin: Option<WrittenWords>,
    organisation: Option<WrittenReference>,
    place: Option<WrittenReference>,
    project: Option<WrittenReference>,
    closed: Option<WrittenEnd>,
    outcome: Option<WrittenWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenId {
    column: String,
    #[serde(default)]
    prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWhen {
    column: String,
    formats: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEnd {
    column: String,
    formats: Vec<String>,
    level: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenReference {
    columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWords {
    is: Option<String>,
    column: Option<String>,
    values: Option<BTreeMap<String, String>>,
    otherwise: Option<String>,
}

/// What becomes of a row by one of its cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'m, W> {
    /// This.
    Word(&'m W),
    /// The row is none of those that are wanted.
    Skip,
    /// The value is not named.
    Unnamed,
}

/// A word by the value of a column.
#[derive(Debug)]
pub(super) enum Words<W> {
    /// The same for every row.
    Always(W),
    /// By the value; nothing skips the row.
    By {
        column: String,
        /* INVARIANT: keys are folded. */
        values: BTreeMap<String, Option<W>>,
        /// What every other value stands for; nothing refuses the row.
        otherwise: Option<Option<W>>,
    },
}

impl<W> Words<W> {
    pub(super) fn column(&self) -> Option<&str> {
        match self {
            Self::Always(_) => None,
            Self::By { column, .. } => Some(column),
        }
    }

    /// What a value stands for.
    pub(super) fn of(&self, value: &str) -> Said<'_, W> {
        let (values, otherwise) = match self {
            Self::Always(word) => return Said::Word(word),
            Self::By { values, otherwise, .. } => (values, otherwise),
        };
        match values.get(&folded(value)).or(otherwise.as_ref()) {
            Some(Some(word)) => Said::Word(word),
            Some(None) => Said::Skip,
            None => Said::Unnamed,
        }
    }
}

/// A value without what tells nothing: the case of letters and runs of blanks.
pub(super) fn folded(value: &str) -> String {
    let mut folded = String::with_capacity(value.len());
    for word in value.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// A column with a moment.
#[derive(Debug)]
pub(super) struct When {
    pub(super) column: String,
    formats: Vec<String>,
}

impl When {
    /// The moment that a cell writes; one without a time of the day is its beginning.
    pub(super) fn read(&self, cell: &str, zone: &TimeZone) -> Option<Timestamp> {
        self.formats.iter().find_map(|format| {
            let read = BrokenDownTime::parse(format, cell).ok()?;
            if read.offset().is_some() {
                return read.to_timestamp().ok();
            }
            let at = read.to_datetime().ok().or_else(|| read.to_date().ok().map(beginning))?;
            zone.to_timestamp(at).ok()
        })
    }
}

fn beginning(day: Date) -> DateTime {
    day.to_datetime(jiff::civil::Time::midnight())
}

/// How a dispute ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It goes on.
    Open,
    /// With this event, on the day of its end.
    With(Happening),
}

/// The end of a dispute: its column, the level at which it was closed, and how it ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) when: When,
    pub(super) level: Level,
    /// None where a row with a day is closed and one without is not.
    pub(super) outcome: Option<Words<Outcome>>,
}

/// What a row says of an organisation, a place or a project.
#[derive(Debug)]
pub(super) struct Reference {
    /// The word for it in hashes.
    pub(super) sort: &'static str,
    pub(super) columns: Vec<String>,
}

/// A map that holds together.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) source: String,
    pub(super) zone: TimeZone,
    pub(super) id: String,
    pub(super) prefix: String,
    pub(super) registered: When,
    pub(super) kind: Words<String>,
    pub(super) locality: Words<String>,
    pub(super) origin: Words<String>,
    pub(super) references: Vec<Reference>,
    pub(super) end: Option<End>,
}

impl Map {
    /// Reads a file.
    pub(super) fn read(path: &Path, known: &Known) -> Result<Self, Failure> {
        let bytes = read_bounded(path, "map", MAP_BYTES_MAX)?;
        Self::parse(&bytes, known).map_err(|faults| {
            let told = faults.join("\n  ");
            Failure::Input(format!("the map `{}`:\n  {told}", path.display()))
        })
    }

    /// Every column that is read, each once.
    pub(super) fn columns(&self) -> Vec<&str> {
        let mut columns = vec![self.id.as_str(), self.registered.column.as_str()];
        columns.extend([&self.kind, &self.locality, &self.origin].into_iter().filter_map(Words::column));
        columns.extend(self.references.iter().flat_map(|one| &one.columns).map(String::as_str));
        if let Some(end) = &self.end {
            columns.push(&end.when.column);
            columns.extend(end.outcome.as_ref().and_then(Words::column));
        }
        let mut seen = BTreeSet::new();
        columns.retain(|column| seen.insert(*column));
        columns
    }

    /// Reads a text; everything that is wrong with it, if something is.
    pub(super) fn parse(bytes: &[u8], known: &Known) -> Result<Self, Vec<String>> {
        if bytes.len() > MAP_BYTES_MAX {
            return Err(vec![format!("the file has more than {MAP_BYTES_MAX} bytes")]);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| vec!["the file is not UTF-8".to_owned()])?;
        let text = text.trim_start_matches('\u{feff}');
        let written: Written = toml::from_str(text).map_err(|error| vec![located(&error, text)])?;
        let mut faults = Faults(Vec::new());
        let map = faults.map(written, known);
        match map {
            Some(map) if faults.0.is_empty() => Ok(map),
            _ => Err(faults.0),
        }
    }
}

/// What is wrong so far.
struct Faults(Vec<String>);

impl Faults {
    fn add<T>(&mut self, fault: String) -> Option<T> {
        self.0.push(fault);
        None
    }

    fn map(&mut self, written: Written, known: &Known) -> Option<Map> {
        let Written { source, zone, id, registered, kind, locality, origin, closed, outcome, .. } = written;
        let named = (1..=EVENT_SOURCE_BYTES_MAX).contains(&source.len());
        if !named || !source.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.0.push(format!(
                "`source` names the table in 1 to {EVENT_SOURCE_BYTES_MAX} printable ASCII characters, such as `/city/complaints`"
            ));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        if id.prefix.len() >= ID_BYTES_MAX || !id.prefix.bytes().all(allowed) {
            self.0.push("`id.prefix` is made of letters, digits, `.`, `_`, `:` and `-`".to_owned());
        }
        let zone = self.zone(zone.as_deref());
        let registered = self.when("registered", registered.column, registered.formats);
        let of = |all: &BTreeSet<String>, word: &str| all.contains(word).then(|| word.to_owned());
        let kind = self.words("kind", kind, &known.kinds, |word| of(&known.kinds, word));
        let locality = self.words("locality", locality, &known.localities, |word| of(&known.localities, word));
        let origin = match origin {
            Some(origin) => self.words("origin", origin, &known.origins, |word| of(&known.origins, word)),
            None => Some(Words::Always(SOURCE_UNSTATED.to_owned())),
        };
        let references =
            [("organisation", written.organisation), ("place", written.place), ("project", written.project)];
        let references = references.into_iter().filter_map(|(sort, one)| self.reference(sort, one?)).collect();
        let end = self.end(closed, outcome);
        Some(Map {
            source,
            zone: zone?,
            id: id.column,
            prefix: id.prefix,
            registered: registered?,
            kind: kind?,
            locality: locality?,
            origin: origin?,
            references,
            end: end?,
        })
    }

    fn zone(&mut self, zone: Option<&str>) -> Option<TimeZone> {
        let Some(zone) = zone else {
            return self.add(
                "`zone` is missing: the clock that the table is written by, such as \"+08:00\" or \
                 \"EST5EDT,M3.2.0,M11.1.0\""
                    .to_owned(),
            );
        };
        match DateTimeParser::new().parse_time_zone(zone) {
            Ok(zone) => Some(zone),
            Err(_) => self.add(format!(
                "`zone` is no clock: {zone:?}; write its distance from UTC, such as \"+08:00\", or with summer time a \
                 rule of POSIX, such as \"EST5EDT,M3.2.0,M11.1.0\" for New York"
            )),
        }
    }

    fn when(&mut self, of: &str, column: String, formats: Vec<String>) -> Option<When> {
        if formats.is_empty() || formats.len() > FORMATS_COUNT_MAX {
            return self.add(format!(
                "`{of}.formats` has from 1 to {FORMATS_COUNT_MAX} entries, such as \"%m/%d/%Y %I:%M:%S %p\""
            ));
        }
        // A format that cannot write a moment cannot read one.
        let noon = Timestamp::from_second(1_796_043_845).ok()?.to_zoned_datetime(TimeZone::UTC);
        let mut whole = true;
        for format in &formats {
            let written = BrokenDownTime::from(&noon).to_string(format);
            let again = written.ok().and_then(|text| BrokenDownTime::parse(format, &text).ok());
            if again.and_then(|read| read.to_date().ok()).is_none() {
                whole = false;
                self.0.push(format!(
                    "`{of}.formats`: {format:?} is no way to write a day; it is made of %Y, %m, %d, %H, %M, %S and the \
                     like (strftime)"
                ));
            }
        }
        whole.then_some(When { column, formats })
    }

    fn words<W: Clone>(
        &mut self,
        of: &str,
        written: WrittenWords,
        all: &BTreeSet<String>,
        word: impl Fn(&str) -> Option<W>,
    ) -> Option<Words<W>> {
        let (column, values) = match written {
            WrittenWords { is: Some(is), column: None, values: None, otherwise: None } => {
                return match word(&is) {
                    Some(word) => Some(Words::Always(word)),
                    None => self.add(unknown(&format!("{of}.is"), &is, all)),
                };
            }
            WrittenWords { is: None, column: Some(column), values: Some(values), .. } => (column, values),
            _ => {
                return self.add(format!(
                    "`{of}` has either `is`, one word for every row, or `column` and `values`, a table from what stands \
                     in the column to words, and perhaps `otherwise`"
                ));
            }
        };
        if values.len() > VALUES_COUNT_MAX {
            return self.add(format!("`{of}.values` has at most {VALUES_COUNT_MAX} entries, not {}", values.len()));
        }
        let before = self.0.len();
        let mut table = BTreeMap::new();
        for (value, to) in values {
            let meant = if to == SKIP { Some(None) } else { word(&to).map(Some) };
            match meant {
                Some(meant) => {
                    if table.insert(folded(&value), meant).is_some() {
                        self.0.push(format!("`{of}.values` names {value:?} twice; the case of letters does not count"));
                    }
                }
                None => self.0.push(unknown(&format!("{of}.values.{value:?}"), &to, all)),
            }
        }
        let otherwise = match written.otherwise.as_deref() {
            None | Some(REFUSE) => None,
            Some(SKIP) => Some(None),
            Some(to) => match word(to) {
                Some(word) => Some(Some(word)),
                None => return self.add(unknown(&format!("{of}.otherwise"), to, all)),
            },
        };
        (self.0.len() == before).then_some(Words::By { column, values: table, otherwise })
    }

    fn reference(&mut self, sort: &'static str, written: WrittenReference) -> Option<Reference> {
        if written.columns.is_empty() || written.columns.len() > COLUMNS_COUNT_MAX {
            return self.add(format!("`{sort}.columns` names from 1 to {COLUMNS_COUNT_MAX} columns"));
        }
        Some(Reference { sort, columns: written.columns })
    }

    #[expect(clippy::option_option, reason = "nothing where something is wrong, or where nothing ends")]
    fn end(&mut self, closed: Option<WrittenEnd>, outcome: Option<WrittenWords>) -> Option<Option<End>> {
        let Some(closed) = closed else {
            if outcome.is_some() {
                return self.add("`outcome` needs `closed`: what happened has a day on which it did".to_owned());
            }
            return Some(None);
        };
        let when = self.when("closed", closed.column, closed.formats);
        let levels: BTreeSet<String> = Level::ALL.iter().map(|level| level.as_str().to_owned()).collect();
        let level = match Level::of(&closed.level) {
            Some(level) => Some(level),
            None => self.add(unknown("closed.level", &closed.level, &levels)),
        };
        let outcome = match outcome {
            Some(outcome) => {
                let words =
                    self.words("outcome", outcome, &outcomes(), |word| ended(word, level.unwrap_or(Level::County)));
                Some(words?)
            }
            None => None,
        };
        Some(Some(End { when: when?, level: level?, outcome }))
    }
}

fn unknown(at: &str, given: &str, all: &BTreeSet<String>) -> String {
    match nearest(given, all.iter().map(String::as_str)) {
        Some(near) => format!("`{at}` is {given:?}, which is not known; did you mean `{near}`?"),
        None if all.len() <= 30 => {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            format!("`{at}` is {given:?}, which is not known; it is one of {}", all.join(", "))
        }
        None => format!("`{at}` is {given:?}, which is not known; GET /v1/vocabulary lists the words"),
    }
}

/// The words of outcomes.
fn outcomes() -> BTreeSet<String> {
    use maple_insight::life::{Arbitration, Referral};
    let fixed = [OPEN, "closed", "court", SKIP].map(str::to_owned);
    let arbitration = Arbitration::ALL.iter().map(|before| format!("arbitration {}", before.as_str()));
    let referred = Referral::ALL.iter().map(|to| format!("referred {}", to.as_str()));
    fixed.into_iter().chain(arbitration).chain(referred).collect()
}

/// What a word for an outcome means.
fn ended(word: &str, level: Level) -> Option<Outcome> {
    let happened = |kind: EventType, rest: &str| Happening::of_code(&format!("{} {rest}", kind.as_str()));
    Some(match word.split_once(' ').unwrap_or((word, "")) {
        (OPEN, "") => Outcome::Open,
        ("closed", "") => Outcome::With(Happening::Closed { level, limit: None }),
        ("court", "") => Outcome::With(Happening::FiledInCourt),
        ("arbitration", before) => Outcome::With(happened(EventType::ArbitrationStarted, before)?),
        ("referred", to) => Outcome::With(happened(EventType::Referred, to)?),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "map_tests.rs"]
pub(super) mod tests;

#[cfg(test)]
#[path = "format_tests.rs"]
mod format_tests;
