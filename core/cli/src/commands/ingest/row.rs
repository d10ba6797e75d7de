//! One row of the table as events, or why it is none. Of a row only the cells are read that the map names.

use std::collections::BTreeMap;

use csv::StringRecord;
use jiff::Timestamp;
use maple_insight::life::Happening;
use maple_seal::ReferenceKey;
use maple_wire::{AHEAD_SECONDS_MAX, EventMessage, ID_BYTES_MAX, Registration, looks_personal, nearest};

use super::map::{Map, Outcome, Reference, Said, Words};

/// Columns of a table.
const COLUMNS_COUNT_MAX: usize = 1_000;
/// Between the cells that name one thing together.
const BETWEEN: char = '\u{1f}';
/// What stands where the encoding of the table has no letter for some bytes.
const NO_LETTER: char = '\u{fffd}';

/// What is wrong with a cell; what stands in it is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) column: String,
    pub(super) why: String,
}

/// What became of a row.
#[derive(Debug)]
pub(super) enum Became {
    /// What happened.
    Events(Vec<EventMessage>),
    /// The map passes it over.
    Skipped,
    /// It cannot be taken.
    Refused(Vec<Flaw>),
}

/// Which cell is what.
pub(super) struct Layout<'m> {
    map: &'m Map,
    places: BTreeMap<&'m str, usize>,
    width: usize,
    key: Option<&'m ReferenceKey>,
}

impl<'m> Layout<'m> {
    /// Finds the columns of the map in the first row; everything that is wrong with it, if something is.
    pub(super) fn new(map: &'m Map, head: &StringRecord, key: Option<&'m ReferenceKey>) -> Result<Self, Vec<String>> {
        if head.len() > COLUMNS_COUNT_MAX {
            return Err(vec![format!("the table has {} columns; it may have {COLUMNS_COUNT_MAX}", head.len())]);
        }
        let (mut places, mut faults) = (BTreeMap::new(), Vec::new());
        for column in map.columns() {
            let mut found = head.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(column.trim()));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => drop(places.insert(column, at)),
                (Some(_), Some(_)) => {
                    faults.push(format!("the column `{column}` stands there twice; rename one of them"));
                }
                (None, _) => {
                    // A name that is near is told; whatever else the first row holds may be what nobody should read.
                    let near = nearest(column, head.iter()).map_or_else(
                        || "the first row must name the columns".to_owned(),
                        |near| format!("did the map mean `{near}`?"),
                    );
                    faults.push(format!("there is no column `{column}`; {near}"));
                }
            }
        }
        if faults.is_empty() { Ok(Self { map, places, width: head.len(), key }) } else { Err(faults) }
    }

    /// What a row says. `unnamed` is told of each value that no table names.
    pub(super) fn row(&self, row: &StringRecord, now: Timestamp, unnamed: &mut dyn FnMut(&str, &str)) -> Became {
        if row.iter().all(str::is_empty) {
            return Became::Skipped;
        }
        if row.len() != self.width {
            let why = format!(
                "the row has {} cells, the first row names {}; put a cell with commas or line ends in quotes",
                row.len(),
                self.width
            );
            return Became::Refused(vec![Flaw { column: String::new(), why }]);
        }
        let mut read = Reading { layout: self, row, now, unnamed, flaws: Vec::new(), skipped: false };
        let events = read.events();
        match (read.skipped, events) {
            (true, _) => Became::Skipped,
            (false, Some(events)) if read.flaws.is_empty() => Became::Events(events),
            _ => Became::Refused(read.flaws),
        }
    }
}

struct Reading<'r, 'm> {
    layout: &'r Layout<'m>,
    row: &'r StringRecord,
    now: Timestamp,
    unnamed: &'r mut dyn FnMut(&str, &str),
    flaws: Vec<Flaw>,
    skipped: bool,
}

impl<'r> Reading<'r, '_> {
    fn flaw<T>(&mut self, column: &str, why: impl Into<String>) -> Option<T> {
        self.flaws.push(Flaw { column: column.to_owned(), why: why.into() });
        None
    }

    fn cell(&mut self, column: &str) -> Option<&'r str> {
        let cell = self.layout.places.get(column).and_then(|at| self.row.get(*at)).unwrap_or_default();
        if cell.contains(NO_LETTER) {
            return self.flaw(
                column,
                "holds bytes that are no letters in the encoding of the table; save it as UTF-8, or name what it is \
                 written in with --encoding",
            );
        }
        Some(cell)
    }

    fn events(&mut self) -> Option<Vec<EventMessage>> {
        let map = self.layout.map;
        // Whether a row is wanted comes first: of one that is not, nothing else is looked at.
        let kind = self.word(&map.kind);
        let locality = self.word(&map.locality);
        let origin = self.word(&map.origin);
        let outcome = map.end.as_ref().and_then(|end| end.outcome.as_ref()).map(|words| self.word(words));
        if self.skipped {
            return None;
        }
        let id = self.id();
        let at = self.moment(&map.registered);
        let references: Vec<_> = map.references.iter().map(|one| (one.sort, self.reference(one))).collect();
        let end = self.end(at, outcome.map(|word| word.cloned()));
        let named = |sort: &str| {
            let found = references.iter().find(|(known, _)| *known == sort);
            found.and_then(|(_, reference)| reference.clone())
        };
        let registration = Registration {
            locality: locality?.clone(),
            kind: kind?.clone(),
            origin: origin?.clone(),
            organisation: named("organisation"),
            place: named("place"),
            project: named("project"),
            decision: None,
            facts: BTreeMap::new(),
        };
        let dispute = id?;
        let event = |at: Timestamp, what: Happening, registration: Option<Registration>| EventMessage {
            id: format!("{dispute}-{}", what.kind().as_str()),
            source: map.source.clone(),
            dispute: dispute.clone(),
            at,
            what,
            registration,
            station: None,
            mediator: None,
            committee: None,
            channel: None,
        };
        let mut events = vec![event(at?, Happening::Registered, Some(registration))];
        events.extend(end?.map(|(at, what)| event(at, what, None)));
        Some(events)
    }

    fn word<'w, W>(&mut self, words: &'w Words<W>) -> Option<&'w W> {
        let cell = match words.column() {
            Some(column) => self.cell(column)?,
            None => "",
        };
        match words.of(cell) {
            Said::Word(word) => Some(word),
            Said::Skip => {
                self.skipped = true;
                None
            }
            Said::Unnamed => {
                let column = words.column().unwrap_or_default();
                if cell.is_empty() {
                    return self.flaw(column, "is empty; fill it in, or name \"\" among the values of the map");
                }
                (self.unnamed)(column, cell);
                self.flaw(column, "holds a value that the map does not name; add it there, or say `otherwise`")
            }
        }
    }

    fn id(&mut self) -> Option<String> {
        let map = self.layout.map;
        let cell = self.cell(&map.id)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let id = format!("{}{cell}", map.prefix);
        if cell.is_empty() {
            self.flaw(&map.id, "is empty; every row needs its own number")
        } else if id.len() > ID_BYTES_MAX || !id.bytes().all(allowed) {
            self.flaw(
                &map.id,
                format!(
                    "is no id: with the prefix at most {ID_BYTES_MAX} letters, digits, `.`, `_`, `:` and `-`, never a name"
                ),
            )
        } else if looks_personal(cell) {
            self.flaw(&map.id, "looks like an identity or telephone number; take the case's own number")
        } else {
            Some(id)
        }
    }

    fn moment(&mut self, when: &super::map::When) -> Option<Timestamp> {
        let cell = self.cell(&when.column)?;
        if cell.is_empty() {
            return self.flaw(&when.column, "is empty; it says when that happened");
        }
        let Some(at) = when.read(cell, &self.layout.map.zone).filter(|at| at.as_second() >= 0) else {
            return self.flaw(
                &when.column,
                "is no moment since 1970 in any of the formats of the map; add its format, or correct it",
            );
        };
        if at.as_second() - self.now.as_second() > AHEAD_SECONDS_MAX {
            return self.flaw(&when.column, "lies ahead of the clock here; look at the day, and at `zone` of the map");
        }
        Some(at)
    }

    /// The hash of what the cells name. It is the first cell that must be there; others only tell it apart.
    fn reference(&mut self, of: &Reference) -> Option<String> {
        let mut whole = String::new();
        for (at, column) in of.columns.iter().enumerate() {
            let cell = self.cell(column)?;
            if at == 0 && cell.is_empty() {
                return None;
            }
            if looks_personal(cell) {
                return self.flaw(column, "looks like an identity or telephone number; people are never counted");
            }
            if at > 0 {
                whole.push(BETWEEN);
            }
            whole.push_str(&super::map::folded(cell));
        }
        // Without a key nothing leaves here, and nothing stands for it.
        self.layout.key.map(|key| key.hash(of.sort, &whole))
    }

    /// How it ended, if it did; nothing where that cannot be read.
    #[expect(clippy::option_option, reason = "nothing where something is wrong, or where it goes on")]
    fn end(
        &mut self,
        registered: Option<Timestamp>,
        outcome: Option<Option<Outcome>>,
    ) -> Option<Option<(Timestamp, Happening)>> {
        let Some(end) = &self.layout.map.end else { return Some(None) };
        let what = match outcome {
            Some(outcome) => match outcome? {
                Outcome::Open => return Some(None),
                Outcome::With(what) => what,
            },
            None if self.cell(&end.when.column)?.is_empty() => return Some(None),
            None => Happening::Closed { level: end.level, limit: None },
        };
        let at = self.moment(&end.when)?;
        if registered.is_some_and(|registered| at < registered) {
            return self.flaw(&end.when.column, "lies before the day of registration; correct one of them");
        }
        Some(Some((at, what)))
    }
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
