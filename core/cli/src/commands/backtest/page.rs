//! The report as it is shown, on a terminal and in a browser: the same words and figures in both.

use maple_insight::{backtest::First, share::Share};
use maple_kernel::{ChannelId, Code, KindId, LocalityId, Text, Vocabulary, WordList};
use maple_wire::Language;

use super::Side;

/// A report.
pub(super) struct Page {
    /// Of the document, as browsers name it.
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) came_out: CameOut,
    pub(super) verdict: String,
    /// What must be seen first.
    pub(super) alerts: Vec<String>,
    /// What the figures are worth.
    pub(super) remarks: Vec<String>,
    /// What was compared: names and values.
    pub(super) about: Vec<(&'static str, String)>,
    pub(super) matrix: Matrix,
    pub(super) tables: Vec<Table>,
}

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CameOut {
    /// The budget holds.
    Good,
    /// Nothing is broken, and not everything that is bounded can be worked out.
    Unsure,
    /// The budget is broken.
    Bad,
}

impl CameOut {
    /// The class of the verdict in the page.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unsure => "unsure",
            Self::Bad => "bad",
        }
    }
}

/// Where cases went first, a row each, and go first, a column each.
pub(super) struct Matrix {
    pub(super) title: &'static str,
    pub(super) corner: &'static str,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<(String, Vec<MatrixCell>)>,
}

/// Cases that make one move.
pub(super) struct MatrixCell {
    pub(super) cases: u64,
    /// They go where they went.
    pub(super) stays: bool,
}

/// A table with its title.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) note: Option<&'static str>,
    pub(super) head: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Its last columns hold sentences: on a terminal each has a line of its own.
    pub(super) sentences: usize,
}

/// The name of a column.
pub(super) struct Head {
    pub(super) text: &'static str,
    /// It holds numbers, which stand on the right.
    pub(super) number: bool,
}

/// One cell.
#[derive(Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) number: bool,
    /// Something that should not be.
    pub(super) bad: bool,
    /// Length of its bar in percent, where it has one: of the largest number in the table.
    pub(super) bar: Option<String>,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn number(number: impl ToString) -> Self {
        Self { text: number.to_string(), number: true, ..Self::default() }
    }

    /// A number with a bar, which begins at nothing and ends, for the largest, at the whole width.
    pub(super) fn bar(number: u64, largest: u64) -> Self {
        let percent = Share::new(number, largest).value().unwrap_or(0.0) * 100.0;
        Self { bar: Some(format!("{percent:.1}")), ..Self::number(number) }
    }

    /// A number that should be nothing.
    pub(super) fn wanted_none(number: u64) -> Self {
        Self { bad: number > 0, ..Self::number(number) }
    }
}

/// Words in the language of the report.
pub(super) struct Say<'r> {
    pub(super) language: Language,
    pub(super) sides: [&'r Side<'r>; 2],
}

impl<'r> Say<'r> {
    pub(super) fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    pub(super) fn of<'t>(&self, text: &'t Text) -> &'t str {
        match self.language {
            Language::Zh => &text.zh,
            Language::En => &text.en,
        }
    }

    fn vocabularies(&self) -> impl Iterator<Item = &'r Vocabulary> {
        // What both know is told in the words of the candidate.
        self.sides.iter().rev().map(|side| side.ruleset.vocabulary())
    }

    fn titled(&self, title: Option<&Text>, id: &str) -> String {
        title.map_or_else(|| id.to_owned(), |title| format!("{} ({id})", self.of(title)))
    }

    pub(super) fn channel(&self, id: &ChannelId) -> String {
        self.titled(
            self.vocabularies().find_map(|words| words.channels.get(id)).map(|channel| &channel.title),
            id.as_str(),
        )
    }

    pub(super) fn first(&self, first: &First) -> String {
        match first {
            First::Channel(id) => self.channel(id),
            First::Refer => self.say("由工作人员决定 (refer)", "a person decides (refer)").to_owned(),
            First::Nothing => self.say("没有步骤 (none)", "no step (none)").to_owned(),
        }
    }

    pub(super) fn word(&self, list: WordList, code: &Code) -> String {
        let word = self.vocabularies().find_map(|words| words.word(list, code.as_str()));
        self.titled(word.map(|word| &word.title), code.as_str())
    }

    pub(super) fn kind(&self, id: &KindId) -> String {
        self.titled(self.vocabularies().find_map(|words| words.kinds.get(id)), id.as_str())
    }

    pub(super) fn locality(&self, id: &LocalityId) -> String {
        let found = self.sides.iter().rev().find_map(|side| side.ruleset.locality(id.as_str()));
        self.titled(found.map(|(_, locality)| &locality.title), id.as_str())
    }

    /// Where the true share lies with 95 % confidence, and a word when it is of few cases.
    pub(super) fn interval(&self, share: Share) -> String {
        let Some((low, high)) = share.wilson() else { return "–".to_owned() };
        let few = if share.is_of_few() { self.say("（案件少）", " (few cases)") } else { "" };
        format!("{}–{} %{few}", one(low), one(high))
    }
}

/// A share in percent; what is less than can be shown is not shown as nothing.
pub(super) fn percent(share: Share) -> String {
    share.value().map_or_else(|| "–".to_owned(), |value| tenths(value, share.part() > 0))
}

fn one(value: f64) -> String {
    format!("{:.1}", value * 100.0)
}

fn tenths(value: f64, some: bool) -> String {
    match one(value) {
        text if some && text == "0.0" => "<0.1 %".to_owned(),
        text if value < 1.0 && text == "100.0" => ">99.9 %".to_owned(),
        text => format!("{text} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_shares_are_not_nothing_and_large_ones_not_all() {
        for (part, whole, told) in [
            (0, 10, "0.0 %"),
            (1, 10, "10.0 %"),
            (1, 100_000, "<0.1 %"),
            (99_999, 100_000, ">99.9 %"),
            (10, 10, "100.0 %"),
            (0, 0, "–"),
        ] {
            let share = Share::new(part, whole);
            assert_eq!(percent(share), told);
        }
    }
}
