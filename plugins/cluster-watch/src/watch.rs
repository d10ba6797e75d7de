//! One watch: what it counts, and what it says when a line is reached.

use maple_guest::{CaseFile, Field, Finding, Level, Setting, Signal, Span, Subject, Table};

use crate::{
    REACHED,
    threshold::{Lines, Reached},
};

/// How many measures a signal may name.
pub const MEASURES_MAX: usize = 16;

const SUBJECTS: &str = "subject (organisation:ROLE, place, project, kind, station, own-case)";

/// Lines, and the signal they raise.
pub(crate) struct Watch {
    rule: String,
    basis: Vec<String>,
    counts: Vec<Lines>,
    flags: Vec<(String, Level)>,
    /// Reached by the months alone.
    season: Option<Level>,
    months: Vec<u8>,
    kinds: Vec<String>,
    /// Level by level, the whole signal put together ahead of time.
    signals: Vec<Signal>,
}

impl Watch {
    pub(crate) fn read(table: &Table<'_>, rule: &str, basis: &[String]) -> Option<Self> {
        let counts = table.get("counts").table();
        let counts = counts.iter().flat_map(Table::entries).filter_map(|(fact, field)| Lines::read(fact, field));
        let flags = table.get("flags").table();
        let flags =
            flags.iter().flat_map(Table::entries).filter_map(|(fact, field)| Some((fact.into(), level(field)?)));
        let months = table.get("months").items().unwrap_or_default().into_iter();
        let watch = Self {
            rule: rule.into(),
            basis: basis.to_vec(),
            counts: counts.collect(),
            flags: flags.collect(),
            season: level(table.get("season")),
            months: months.filter_map(|month| month.count(1..=12)).map(|month| month as u8).collect(),
            kinds: table.get("kinds").texts().into_iter().map(Into::into).collect(),
            signals: signals(table)?,
        };
        if watch.counts.is_empty() && watch.flags.is_empty() && watch.season.is_none() {
            table.field().complain("watches nothing", "give `counts`, `flags` or `season`");
        }
        if watch.season.is_some() && watch.months.is_empty() {
            table.get("season").complain("has no months", "name the `months` in which it is on");
        }
        Some(watch)
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        self.counts.iter().flat_map(Lines::reads).chain(self.flags.iter().map(|(fact, _)| fact.as_str()))
    }

    /// The signal for the most urgent line that the case has reached.
    pub(crate) fn finding(&self, case: &CaseFile) -> Option<Finding> {
        if !self.watches(case) {
            return None;
        }
        let counted = self.counts.iter().filter_map(|lines| lines.reached(case));
        let flagged = self.flags.iter().filter(|(fact, _)| case.flag(fact));
        let flagged = flagged.map(|(fact, level)| Reached { level: *level, fact: Some(fact), counted: None });
        let season = self.season.map(|level| Reached { level, fact: None, counted: None });
        // Of lines that are equally urgent the one named first speaks.
        let reached =
            counted.chain(flagged).chain(season).reduce(|a, b| if b.level as u8 > a.level as u8 { b } else { a })?;
        let signal = self.signals.iter().find(|signal| signal.level == reached.level)?.clone();
        // The watches of a rule may rest on different law: each cites its own.
        let finding = self.basis.iter().fold(Finding::new(&self.rule, signal), |finding, law| finding.basis(law));
        let finding = reached.fact.into_iter().fold(finding, Finding::evidence);
        Some(match reached.counted {
            Some((count, line)) => {
                finding.because(REACHED).param("count", count as f64).param("threshold", line as f64)
            }
            None => finding,
        })
    }

    fn watches(&self, case: &CaseFile) -> bool {
        (self.months.is_empty() || self.months.contains(&case.day.month))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| case.is_kind(kind)))
    }
}

fn level(field: Field<'_>) -> Option<Level> {
    field.word("level (blue, yellow, orange, red)", Level::parse)
}

/// The signal at each level.
fn signals(table: &Table<'_>) -> Option<Vec<Signal>> {
    let code = table.need("signal").code();
    let subject = table.need("subject").word(SUBJECTS, Subject::parse);
    let measures = measures(table.get("measures"));
    let more = table.get("measures-from").table();
    let more: Vec<(Level, Vec<String>)> =
        more.iter().flat_map(by_level).map(|(l, field)| (l, self::measures(field))).collect();
    let responsible: Option<String> = table.get("responsible").code().map(Into::into);
    let within = handle_within(table.get("handle-within"));
    let (code, subject) = (code?, subject?);
    let signal = |level: Level| {
        let added =
            more.iter().filter(|(from, _)| *from as u8 <= level as u8).flat_map(|(_, measures)| measures.clone());
        Signal {
            measures: measures.iter().cloned().chain(added).collect(),
            responsible: responsible.clone(),
            handle_within: within.iter().find(|(of, _)| *of == level).map(|(_, span)| *span),
            ..Signal::of(code, level, subject.clone())
        }
    };
    Some(Level::ALL.into_iter().map(signal).collect())
}

fn measures(field: Field<'_>) -> Vec<String> {
    let codes = field.codes();
    if codes.len() > MEASURES_MAX {
        field.complain(&format!("has more than {MEASURES_MAX} measures"), "");
    }
    codes.into_iter().map(Into::into).collect()
}

/// One length of time for every level, or one for each.
fn handle_within(field: Field<'_>) -> Vec<(Level, Span)> {
    if let Some(Setting::Text(_)) = field.raw() {
        return field.span().map(|span| Level::ALL.map(|level| (level, span)).into()).unwrap_or_default();
    }
    let table = field.table();
    table.iter().flat_map(by_level).filter_map(|(level, field)| Some((level, field.span()?))).collect()
}

fn by_level<'a>(table: &Table<'a>) -> Vec<(Level, Field<'a>)> {
    let fields = Level::ALL.into_iter().map(|level| (level, table.get(level.as_str())));
    fields.filter(|(_, field)| field.is_present()).collect()
}
