//! How many disputes have something in common, as of a moment.

use jiff::Timestamp;

use super::and;
use crate::{
    Store, StoreError,
    sql::{Fault, Link, Value},
};

/// Disputes of one window that are looked at, the latest: who has had more is counted by these. So what is counted for a case
/// costs the same for whoever it is about.
pub const COUNTED_COUNT_MAX: u32 = 5_000;

/// What disputes have in common that are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    /// The organisation, by its hash.
    Organisation(String),
    /// The place, by its hash.
    Place(String),
    /// The project, by its hash.
    Project(String),
    /// The station.
    Station(String),
    /// The kind, in a locality and below.
    Kind(String, String),
}

/// Which disputes are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// What they have in common.
    pub common: Common,
    /// Registered after this moment; first in court after it, where suits are counted.
    pub after: Timestamp,
    /// Registered, or first in court, at this moment or before.
    pub to: Timestamp,
    /// Counts suits.
    pub suits: bool,
    /// Of these kinds: each is one, or the beginning of some with `*` at its end; all where none is named.
    pub kinds: Vec<String>,
    /// Only those that were not closed at that moment.
    pub open: bool,
    /// Not this one.
    pub but: Option<String>,
}

impl Store {
    /// How many disputes there are of each as of its moment, by what is known now; of more than [`COUNTED_COUNT_MAX`] in a
    /// window the latest are looked at. Who has a dispute is known of now alone.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn count_disputes(&self, countings: &[Counting]) -> Result<Vec<i64>, StoreError> {
        self.pool().read_soon("count the disputes of", |link| {
            let counted = countings.iter().map(|counting| counting.count(link));
            Ok(counted.collect::<Result<_, _>>()?)
        })
    }
}

/// What is not closed at the moment that is the second value, as far as the last end tells; each is one run of an index.
const NOT_CLOSED: [&str; 2] = ["closed IS NULL", "closed > $2"];
/// Of these, what was closed at that moment, and taken up again or closed once more later.
const CLOSED_THEN: &str = "first_closed <= $2 AND (SELECT what FROM event WHERE event.dispute = dispute.id AND standing = 0 \
                           AND at <= $2 AND (what = 'case.reopened' OR what >= 'case.closed ' AND what < 'case.closed~') \
                           ORDER BY at DESC, what DESC LIMIT 1) <> 'case.reopened'";

/// Conditions and what is filled in.
struct Wanted<'c> {
    /// The table, and which index of it is read where one is better than another that would do.
    table: String,
    /// What is had in common, and the window.
    common: String,
    /// Of which kinds; nothing for all.
    kinds: Option<String>,
    values: Vec<Value<'c>>,
}

impl Wanted<'_> {
    fn number(&self, link: &mut dyn Link, query: &str, values: usize) -> Result<i64, Fault> {
        let values = self.values.get(..values).unwrap_or(&self.values);
        link.first(query, values)?.ok_or(Fault::Shape)?.int()
    }

    /// How many there are of which more is true; so many of the values are filled in.
    fn such(&self, link: &mut dyn Link, more: &[&str], values: usize) -> Result<i64, Fault> {
        let all: Vec<&str> =
            [self.common.as_str()].into_iter().chain(self.kinds.as_deref()).chain(more.iter().copied()).collect();
        self.number(link, &format!("SELECT count(*) FROM {} WHERE {}", self.table, all.join(" AND ")), values)
    }

    fn open(&self, link: &mut dyn Link, more: &[&str], values: usize) -> Result<i64, Fault> {
        let mut open = 0;
        for state in NOT_CLOSED {
            let last = [more, &[state]].concat();
            open += self.such(link, &last, values)?;
            open -= self.such(link, &[&last[..], &[CLOSED_THEN]].concat(), values)?;
        }
        Ok(open)
    }
}

impl Counting {
    fn count(&self, link: &mut dyn Link) -> Result<i64, Fault> {
        // Below `cn/zhejiang` is what lies between `cn/zhejiang/` and `cn/zhejiang0`.
        let ends = match &self.common {
            Common::Kind(_, top) => crate::sql::below(top),
            _ => Default::default(),
        };
        // Every letter of a kind stands before `~`.
        let family = |kind: &String| {
            kind.strip_suffix('*').map_or((kind.clone(), None), |from| (from.to_owned(), Some(format!("{from}~"))))
        };
        let families: Vec<(String, Option<String>)> = self.kinds.iter().map(family).collect();
        let mut wanted = self.wanted(&ends, &families);
        // By the last ends: few disputes of a station are open, however many came.
        if self.open && matches!(self.common, Common::Station(_)) {
            wanted.table = format!("dispute {}", link.dialect().by("dispute_station"));
        }
        let others = wanted.values.len();
        let own = self.but.as_deref().map(|but| {
            wanted.values.push(Value::Text(but));
            format!("id = ${}", others + 1)
        });
        let mut counted = if self.open { wanted.open(link, &[], others)? } else { self.latest(link, &wanted, others)? };
        wanted.table = "dispute".to_owned();
        if let Some(own) = &own {
            let own = [own.as_str()];
            counted -=
                if self.open { wanted.open(link, &own, others + 1)? } else { wanted.such(link, &own, others + 1)? };
        }
        Ok(counted.max(0))
    }

    /// How many there are of the latest of the window.
    fn latest(&self, link: &mut dyn Link, wanted: &Wanted<'_>, values: usize) -> Result<i64, Fault> {
        // What is of a kind lies in the order of its places.
        let of_kind = matches!(self.common, Common::Kind(..));
        let order = if of_kind { String::new() } else { format!("ORDER BY {} DESC ", self.when()) };
        let kinds = wanted.kinds.as_deref().map_or_else(String::new, |kinds| format!(" WHERE {kinds}"));
        let latest = format!(
            "SELECT count(*) FROM (SELECT kind FROM dispute WHERE {} {order}LIMIT {COUNTED_COUNT_MAX}) AS latest{kinds}",
            wanted.common
        );
        wanted.number(link, &latest, values)
    }

    fn wanted<'c>(&'c self, ends: &'c [String; 2], families: &'c [(String, Option<String>)]) -> Wanted<'c> {
        let micros = |at: Timestamp| Value::Int(at.as_microsecond());
        let (mut common, mut values) = (Vec::new(), vec![micros(self.after), micros(self.to)]);
        match &self.common {
            Common::Organisation(hash) => and(&mut common, &mut values, "organisation = ?", &[hash]),
            Common::Place(hash) => and(&mut common, &mut values, "place = ?", &[hash]),
            Common::Project(hash) => and(&mut common, &mut values, "project = ?", &[hash]),
            Common::Station(id) => and(&mut common, &mut values, "station = ?", &[id]),
            Common::Kind(kind, top) => {
                // One run of an index.
                let [first, end] = ends;
                let within = "kind = ? AND locality >= ? AND locality < ? AND (locality = ? OR locality >= ?)";
                and(&mut common, &mut values, within, &[kind, top, end, top, first]);
            }
        }
        let when = self.when();
        common.push(format!("{when} > $1 AND {when} <= $2"));
        let mut kinds = Vec::new();
        for (from, to) in families {
            match to {
                None => and(&mut kinds, &mut values, "kind = ?", &[from]),
                Some(to) => and(&mut kinds, &mut values, "(kind >= ? AND kind < ?)", &[from, to]),
            }
        }
        let kinds = (!kinds.is_empty()).then(|| format!("({})", kinds.join(" OR ")));
        Wanted { table: "dispute".to_owned(), common: common.join(" AND "), kinds, values }
    }

    fn when(&self) -> &'static str {
        if self.suits { "filed" } else { "registered" }
    }
}
