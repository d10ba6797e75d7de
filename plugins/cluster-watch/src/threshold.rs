//! Warning lines: from which count on a level is reached.

use maple_guest::{CaseFile, Field, Level, Setting};

/// Largest count that a line may ask for.
const COUNT_MAX: i64 = 1_000_000;

/// The lines of one counted fact.
pub(crate) struct Lines {
    pub(crate) fact: String,
    /* INVARIANT: most urgent first. */
    lines: Vec<(Level, Line)>,
}

enum Line {
    Count(i64),
    /// The line is itself a fact, such as a mean with three deviations.
    Fact(String),
}

/// A line that a case has reached.
pub(crate) struct Reached<'a> {
    pub(crate) level: Level,
    /// None for a season.
    pub(crate) fact: Option<&'a str>,
    /// The count and the line; none for a flag or a season.
    pub(crate) counted: Option<(i64, i64)>,
}

impl Lines {
    pub(crate) fn read(fact: &str, field: Field<'_>) -> Option<Self> {
        let table = field.table()?;
        let line = |level: &Level| Some((*level, Line::read(table.get(level.as_str()))?));
        let lines: Vec<_> = Level::ALL.iter().rev().filter_map(line).collect();
        if lines.is_empty() {
            field.complain("has no warning line", "give a count for blue, yellow, orange or red");
        }
        let counts: Vec<i64> = lines.iter().filter_map(|(_, line)| line.fixed()).collect();
        if counts.windows(2).any(|pair| matches!(pair, [upper, lower] if upper <= lower)) {
            field.complain("does not rise with the level", "a more urgent level needs a higher count");
        }
        Some(Self { fact: fact.into(), lines })
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        let of_lines = self.lines.iter().filter_map(|(_, line)| match line {
            Line::Fact(fact) => Some(fact.as_str()),
            Line::Count(_) => None,
        });
        std::iter::once(self.fact.as_str()).chain(of_lines)
    }

    /// The most urgent line that the case has reached.
    pub(crate) fn reached(&self, case: &CaseFile) -> Option<Reached<'_>> {
        let count = case.count(&self.fact)?;
        let lines = self.lines.iter().filter_map(|(level, line)| Some((*level, line.count(case)?)));
        let (level, line) = lines.into_iter().find(|(_, line)| count >= *line)?;
        Some(Reached { level, fact: Some(&self.fact), counted: Some((count, line)) })
    }
}

impl Line {
    fn read(field: Field<'_>) -> Option<Self> {
        if let Some(Setting::Table(_)) = field.raw() {
            return field.table()?.need("fact").code().map(|fact| Self::Fact(fact.into()));
        }
        field.count(1..=COUNT_MAX).map(Self::Count)
    }

    const fn fixed(&self) -> Option<i64> {
        if let Self::Count(count) = self { Some(*count) } else { None }
    }

    fn count(&self, case: &CaseFile) -> Option<i64> {
        match self {
            Self::Count(count) => Some(*count),
            Self::Fact(fact) => case.count(fact),
        }
    }
}
