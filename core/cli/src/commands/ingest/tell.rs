//! What came of a table.

use std::{collections::BTreeMap, io::Write, path::Path};

use maple_insight::{backtest::Earliest, figures::SHOWN_COUNT_MIN};

use super::row::Flaw;
use crate::{Failure, args::IngestCsv as Args, report};

/// Rows that are told one by one.
pub(super) const ROWS_LISTED_MAX: usize = 20;
/// Values that no table of the map names and that are counted.
pub(super) const VALUES_COUNTED_MAX: usize = 1_000;
/// Of these, how many are told.
const VALUES_LISTED_MAX: usize = 20;
/// Bytes of a value that is counted: a longer one is no word for a sort of complaint.
const VALUE_BYTES_MAX: usize = 100;

/// Values that the map does not name, by their column.
#[derive(Default)]
pub(super) struct Unnamed {
    counts: BTreeMap<(String, String), i64>,
}

impl Unnamed {
    pub(super) fn see(&mut self, column: &str, value: &str) {
        let key = (column.to_owned(), value.to_owned());
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
        } else if self.counts.len() < VALUES_COUNTED_MAX && value.len() <= VALUE_BYTES_MAX {
            self.counts.insert(key, 1);
        }
    }

    /// The most frequent. What stands in few rows may be what nobody should read, and is not told.
    pub(super) fn frequent(&self) -> Vec<(&str, &str, i64)> {
        let shown = self
            .counts
            .iter()
            .filter(|((_, value), count)| **count >= SHOWN_COUNT_MIN && !maple_wire::looks_personal(value));
        let mut shown: Vec<_> =
            shown.map(|((column, value), count)| (column.as_str(), value.as_str(), *count)).collect();
        shown.sort_by_key(|(column, value, count)| (std::cmp::Reverse(*count), *column, *value));
        shown.truncate(VALUES_LISTED_MAX);
        shown
    }
}

/// What was read, and what became of it.
pub(super) struct Account {
    /// Rows below the first.
    pub(super) rows: u64,
    /// Rows that the map passes over, or that are empty.
    pub(super) skipped: u64,
    /// Rows that were taken.
    pub(super) disputes: u64,
    /// Events that were sent, written or would be.
    pub(super) events: u64,
    /// Events that were there before.
    pub(super) known: u64,
    pub(super) unnamed: Unnamed,
    refused: Earliest<String>,
    /// The last row that was taken first and refused later.
    later: Option<u64>,
}

impl Default for Account {
    fn default() -> Self {
        let (unnamed, refused) = (Unnamed::default(), Earliest::new(ROWS_LISTED_MAX));
        Self { rows: 0, skipped: 0, disputes: 0, events: 0, known: 0, unnamed, refused, later: None }
    }
}

impl Account {
    pub(super) fn refuse(&mut self, line: u64, flaws: &[Flaw]) {
        self.refused.offer(line, || {
            let told = flaws.iter().map(|Flaw { column, why }| match column.as_str() {
                "" => why.clone(),
                column => format!("`{column}` {why}"),
            });
            told.collect::<Vec<_>>().join("; ")
        });
    }

    /// Refuses a row that was taken before; once, whatever is said of its events.
    pub(super) fn refuse_later(&mut self, line: u64, why: &str) {
        if self.later.replace(line) != Some(line) {
            self.disputes = self.disputes.saturating_sub(1);
            self.refuse(line, &[Flaw { column: String::new(), why: why.to_owned() }]);
        }
    }

    /// Tells it all, and fails when a row was refused.
    pub(super) fn tell(&self, args: &Args) -> Result<(), Failure> {
        let mut lines = Vec::new();
        lines.extend(self.refused.iter().map(|(line, why)| format!("line {line}: {why}")));
        if let Some(more) = self.refused.count().checked_sub(ROWS_LISTED_MAX as u64).filter(|more| *more > 0) {
            lines.push(format!("and {more} more rows"));
        }
        let frequent = self.unnamed.frequent();
        if !frequent.is_empty() {
            lines.push("values that the map does not name:".to_owned());
            lines
                .extend(frequent.iter().map(|(column, value, count)| format!("  {column}: {value:?} in {count} rows")));
        }
        let refused = self.refused.count();
        let Self { rows, skipped, disputes, events, known, .. } = self;
        let became = match (&args.out, args.dry_run) {
            (None, false) if *known > 0 => format!("{events} events taken, {known} were there before and count once"),
            (None, false) => format!("{events} events taken"),
            (Some(_), _) => format!("{events} events written"),
            (None, true) => format!("{events} events; nothing was sent"),
        };
        let verdict = format!("{rows} rows: {disputes} taken, {skipped} passed over, {refused} refused; {became}");
        let good = refused == 0;
        let verdict = if good { report::good(&verdict) } else { report::bad(&verdict) };
        // Where the events themselves go to standard output, this does not.
        let mut out: Box<dyn Write> = if args.out.as_deref() == Some(Path::new("-")) {
            Box::new(anstream::stderr())
        } else {
            Box::new(anstream::stdout())
        };
        let written = lines.iter().chain([&verdict]).try_for_each(|line| writeln!(out, "{line}"));
        crate::commands::decide::finished(written, "what became of the rows")?;
        if good { Ok(()) } else { Err(Failure::Wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_values_are_told_and_rare_or_long_ones_are_not() {
        let mut seen = Unnamed::default();
        let mut see = |value: &str, times: i64| (0..times).for_each(|_| seen.see("Type", value));
        let (fits, long) = ("x".repeat(VALUE_BYTES_MAX), "y".repeat(VALUE_BYTES_MAX + 1));
        see("Rodent", SHOWN_COUNT_MIN);
        see("Zhang San", SHOWN_COUNT_MIN - 1);
        see("13800000000", SHOWN_COUNT_MIN);
        see(&fits, SHOWN_COUNT_MIN + 1);
        see(&long, SHOWN_COUNT_MIN + 1);
        assert_eq!(
            seen.frequent(),
            [("Type", fits.as_str(), SHOWN_COUNT_MIN + 1), ("Type", "Rodent", SHOWN_COUNT_MIN)]
        );
    }

    #[test]
    fn many_values_take_bounded_memory_and_are_told_in_part() {
        let mut seen = Unnamed::default();
        for _ in 0..SHOWN_COUNT_MIN {
            (0..=VALUES_COUNTED_MAX).for_each(|number| seen.see("Type", &format!("v{number:04}")));
        }
        assert_eq!(seen.counts.len(), VALUES_COUNTED_MAX);
        assert!(!seen.counts.contains_key(&("Type".to_owned(), format!("v{VALUES_COUNTED_MAX:04}"))));
        let told = seen.frequent();
        assert_eq!((told.len(), told.first().map(|(_, value, _)| *value)), (VALUES_LISTED_MAX, Some("v0000")));
    }

    #[test]
    fn a_row_is_refused_once_whatever_is_said_of_its_events() {
        let mut account = Account { disputes: 3, ..Account::default() };
        for (line, why) in [(2, "a"), (2, "b"), (4, "c")] {
            account.refuse_later(line, why);
        }
        let told: Vec<_> = account.refused.iter().map(|(line, why)| (line, why.as_str())).collect();
        assert_eq!((account.disputes, account.refused.count(), told), (1, 2, vec![(2, "a"), (4, "c")]));
    }
}
