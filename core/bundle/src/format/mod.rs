//! The format of policy files as data: every table with its keys, what each takes and what it is for, in both languages.
//!
//! The readers of this room decide what is right; this is what they know, written down for schemas and editors. A test
//! holds the two together: each key a reader asks for stands here, and no other.

mod conditions;
mod effects;
mod packs;
mod registries;
#[cfg(test)]
mod tests;

use maple_kernel::{Scope, WordList};

pub use conditions::{CASE_CONDITION, PARTY_CONDITION};
pub use effects::SUBJECTS;
pub use packs::{EVERY_RULE, HEAD, THEN};

/// A description in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// A table of a policy file.
#[derive(Debug)]
pub struct Table {
    /// Its name among all tables, such as `rule`.
    pub id: &'static str,
    /// What messages call it, such as "a rule".
    pub what: &'static str,
    /// What it is.
    pub label: Label,
    /// Its keys.
    pub keys: &'static [Key],
    /// What every other key may be; none is allowed without.
    pub others: Option<Others>,
    /// At least one key must be there.
    pub some: bool,
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// It must be there.
    pub need: bool,
    /// What it takes.
    pub shape: Shape,
    /// What it is for.
    pub label: Label,
    /// It is known only where another key has one of these words.
    pub only: Option<(&'static str, &'static [&'static str])>,
    /// It means nothing without this other key.
    pub with: Option<&'static str>,
}

/// Keys that are names of their own.
#[derive(Clone, Copy, Debug)]
pub struct Others {
    /// The names.
    pub names: Keyed,
    /// What each takes.
    pub shape: Shape,
}

/// Where the names of keys come from.
#[derive(Clone, Copy, Debug)]
pub enum Keyed {
    /// Names that stand in a registry.
    Known(Names),
    /// New names of this form.
    New(&'static Form),
}

/// The form of a text.
#[derive(Debug)]
pub struct Form {
    /// A regular expression that the whole text meets.
    pub pattern: &'static str,
    /// Two or three texts of that form.
    pub examples: &'static [&'static str],
}

/// One word of a closed list.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// What it means.
    pub label: Label,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A single value of any kind.
    Scalar,
    /// A text.
    Text,
    /// A text of this form.
    Form(&'static Form),
    /// Any text, also a blank one.
    Free {
        /// Least letters.
        min: usize,
        /// Most letters.
        max: usize,
    },
    /// A text in both languages: `{ zh = "…", en = "…" }`.
    Both,
    /// A day.
    Day,
    /// A length of time.
    Span,
    /// A length of time in days, months or years.
    Age,
    /// A whole number.
    Number {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A number that need not be whole.
    Real {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// An exact amount.
    Amount,
    /// True or false.
    Flag,
    /// One of these words.
    Choice(&'static [Choice]),
    /// A name of a registry.
    Name(Names),
    /// A value of the fact that the key names; for a fact of several words, one of them.
    Value,
    /// A value of the fact that the key names; for a fact of several words, a list of them.
    Values,
    /// A list, or one alone.
    Several(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A list with bounds.
    Bounded {
        /// What each entry is.
        of: &'static Shape,
        /// Least entries.
        min: usize,
        /// Most entries.
        max: usize,
    },
    /// A table.
    Table(&'static Table),
    /// A table of one of these kinds, told apart by the first key of each.
    Verbs(&'static [&'static Table]),
    /// One of these, told apart by their type.
    Either(&'static [Shape]),
}

/// Which names of the registries fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Facts of these scopes.
    Facts(&'static [Scope]),
    /// Facts of the case that are true or false.
    Flags,
    /// Facts that are days, `filed` and `today`.
    Starts,
    /// Dispute kinds.
    Kinds,
    /// Dispute kinds, families of them such as `labour.*`, and `*`.
    KindFamilies,
    /// Channels.
    Channels,
    /// A channel, `>` and the channel it comes before.
    Preconditions,
    /// A channel's tree of localities, or `*`.
    Trees,
    /// Words of a list.
    Words(WordList),
    /// Words of a list, and `*`.
    WordsOrAll(WordList),
    /// What a signal is about.
    Subjects,
    /// Provisions.
    Provisions,
    /// Localities.
    Localities,
    /// Localities, families of them such as `cn/zhejiang/*`, and `*`.
    LocalityFamilies,
    /// Rules of the pack, or `policy#rule`.
    Rules,
    /// Policies of other packs, or `policy#rule`.
    Replaced,
    /// Tables of `guardrails.toml`.
    Guardrails,
    /// Calendars of `holidays/`.
    Calendars,
}

/// A kind of policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// `pack.toml`.
    Pack,
    /// Any other file of a pack.
    Rules,
    /// `facts.toml`.
    Facts,
    /// `kinds.toml`.
    Kinds,
    /// `aggregates.toml`.
    Aggregates,
    /// `channels.toml`.
    Channels,
    /// `words.toml`.
    Words,
    /// `provisions.toml`.
    Provisions,
    /// `localities.toml`.
    Localities,
    /// `guardrails.toml`.
    Guardrails,
    /// `holidays/*.toml`.
    Holidays,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Pack,
        Self::Rules,
        Self::Facts,
        Self::Kinds,
        Self::Aggregates,
        Self::Channels,
        Self::Words,
        Self::Provisions,
        Self::Localities,
        Self::Guardrails,
        Self::Holidays,
    ];

    /// What the file at this path of a bundle is.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        use crate::lexicon::Registry;
        let stem = path.strip_suffix(".toml")?;
        Some(match Registry::of(stem) {
            Some(Registry::Facts) => Self::Facts,
            Some(Registry::Kinds) => Self::Kinds,
            Some(Registry::Aggregates) => Self::Aggregates,
            Some(Registry::Channels) => Self::Channels,
            Some(Registry::Words) => Self::Words,
            Some(Registry::Provisions) => Self::Provisions,
            Some(Registry::Localities) => Self::Localities,
            Some(Registry::Guardrails) => Self::Guardrails,
            Some(Registry::Holidays) => Self::Holidays,
            None => match stem.rsplit_once('/') {
                Some((_, "pack")) => Self::Pack,
                Some(_) => Self::Rules,
                None => return None,
            },
        })
    }

    /// Its name, such as `rules`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Rules => "rules",
            Self::Facts => "facts",
            Self::Kinds => "kinds",
            Self::Aggregates => "aggregates",
            Self::Channels => "channels",
            Self::Words => "words",
            Self::Provisions => "provisions",
            Self::Localities => "localities",
            Self::Guardrails => "guardrails",
            Self::Holidays => "holidays",
        }
    }

    /// Its keys.
    #[must_use]
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Pack => &packs::PACK,
            Self::Rules => &packs::RULES,
            Self::Facts => &registries::FACTS,
            Self::Kinds => &registries::KINDS,
            Self::Aggregates => &registries::AGGREGATES,
            Self::Channels => &registries::CHANNELS,
            Self::Words => &registries::WORDS,
            Self::Provisions => &registries::PROVISIONS,
            Self::Localities => &registries::LOCALITIES,
            Self::Guardrails => &registries::GUARDRAILS,
            Self::Holidays => &registries::HOLIDAYS,
        }
    }
}

impl Table {
    /// A table with these keys and no others.
    #[must_use]
    pub const fn new(id: &'static str, what: &'static str, label: Label, keys: &'static [Key]) -> Self {
        Self { id, what, label, keys, others: None, some: false }
    }

    /// The table, with other keys of these names.
    #[must_use]
    pub const fn others(self, names: Keyed, shape: Shape) -> Self {
        Self { others: Some(Others { names, shape }), ..self }
    }

    /// The table, with at least one key.
    #[must_use]
    pub const fn some(self) -> Self {
        Self { some: true, ..self }
    }

    /// The key of that name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Key {
    const fn new(name: &'static str, need: bool, shape: Shape, label: Label) -> Self {
        Self { name, need, shape, label, only: None, with: None }
    }

    /// The key, known only where that other key has one of these words.
    #[must_use]
    pub const fn only(self, key: &'static str, words: &'static [&'static str]) -> Self {
        Self { only: Some((key, words)), ..self }
    }

    /// The key, which means nothing without that other key.
    #[must_use]
    pub const fn with(self, key: &'static str) -> Self {
        Self { with: Some(key), ..self }
    }
}

/// A description.
#[must_use]
pub const fn label(zh: &'static str, en: &'static str) -> Label {
    Label { zh, en }
}

/// A key that must be there.
#[must_use]
pub const fn need(name: &'static str, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    Key::new(name, true, shape, label(zh, en))
}

/// A key that may be there.
#[must_use]
pub const fn may(name: &'static str, shape: Shape, zh: &'static str, en: &'static str) -> Key {
    Key::new(name, false, shape, label(zh, en))
}

/// A word of a closed list.
#[must_use]
pub const fn choice(word: &'static str, zh: &'static str, en: &'static str) -> Choice {
    Choice { word, label: label(zh, en) }
}

const fn form(pattern: &'static str, examples: &'static [&'static str]) -> Form {
    Form { pattern, examples }
}

/// Any name at all.
static ANY_NAME: Form = form("^.+$", &[]);
