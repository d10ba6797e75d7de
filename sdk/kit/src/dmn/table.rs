//! A general decision table: arbitrary inputs and outputs, cells in FEEL, as a TOML file.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

/// Bytes of a table file.
pub const TABLE_BYTES_MAX: usize = 32 << 20;
/// Tables of one file.
pub const TABLES_MAX: usize = 1_000;
/// Rules of one table.
pub const TABLE_RULES_MAX: usize = 20_000;
/// Columns of one table, inputs and outputs together.
pub const TABLE_COLUMNS_MAX: usize = 500;

/// Everything in one file.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TableFile {
    /// The tables.
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
}

/// One decision table.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Table {
    /// Its id, once in the file.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// What happens when several rules match.
    pub hit_policy: HitPolicy,
    /// For `collect`: what is made of the values.
    pub aggregate: Option<Aggregate>,
    /// The ids of the tables that are asked before: their outputs are inputs of those names.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Named expressions that cells may use.
    #[serde(default, rename = "let")]
    pub lets: Vec<Let>,
    /// The columns that are tested.
    #[serde(default, rename = "input")]
    pub inputs: Vec<Input>,
    /// The columns that are given.
    #[serde(default, rename = "output")]
    pub outputs: Vec<Output>,
    /// The rows, in order.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// What happens when several rules match.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum HitPolicy {
    /// At most one rule may match.
    Unique,
    /// The first that matches.
    First,
    /// The one whose output stands first in the list of values.
    Priority,
    /// Several may match when they say the same.
    Any,
    /// All, in no order that matters.
    Collect,
    /// All, in the order of the rules.
    RuleOrder,
    /// All, in the order of the lists of values.
    OutputOrder,
}

/// What `collect` makes of the values.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// The sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// How many there are, equal ones counted each.
    Count,
}

/// A named expression.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Let {
    /// Its name.
    pub name: String,
    /// The expression.
    pub expression: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
}

/// A column that is tested.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Input {
    /// The key of its cells.
    pub id: String,
    /// Its heading.
    pub label: Option<String>,
    /// What is tested; nothing gives null.
    pub expression: Option<String>,
    /// The name that its cells may use for the value, beside `?`.
    pub variable: Option<String>,
    /// Its type: what is of another is converted, where that can be.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// The values that are meant, for readers.
    pub values: Option<String>,
    /// Why the column is left out.
    pub left_out: Option<String>,
}

/// A column that is given.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Output {
    /// The key of its cells, and of the value in a row of the result.
    pub id: String,
    /// Its heading.
    pub label: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// The values, the most important first.
    pub values: Option<String>,
    /// The value when no rule matches.
    pub default: Option<String>,
}

/// One row.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Its id, once in the table.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// Why the rule is left out.
    pub left_out: Option<String>,
    /// The tests, by the id of the input; an input that is not named here is not tested.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// The values, by the id of the output; an output that is not named here does not appear in the row.
    #[serde(default)]
    pub then: BTreeMap<String, String>,
    /// Values that could not be carried over, as they were written.
    #[serde(default)]
    pub lost: BTreeMap<String, String>,
}

/// A type.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Text.
    String,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time.
    DateTime,
    /// A length of time.
    Duration,
}

macro_rules! words {
    ($of:ty: $($word:literal = $variant:ident),+ $(,)?) => {
        impl $of {
            /// The word in the file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(HitPolicy: "unique" = Unique, "first" = First, "priority" = Priority, "any" = Any, "collect" = Collect,
    "rule-order" = RuleOrder, "output-order" = OutputOrder);
words!(Aggregate: "sum" = Sum, "min" = Min, "max" = Max, "count" = Count);
words!(Kind: "string" = String, "number" = Number, "boolean" = Boolean, "date" = Date, "time" = Time,
    "date-time" = DateTime, "duration" = Duration);

/// Why a file is no table file.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Too large.
    #[error("is larger than {TABLE_BYTES_MAX} bytes")]
    Large,
    /// Not UTF-8.
    #[error("is not UTF-8 text")]
    Encoding,
    /// Not TOML of this shape; the message shows the line.
    #[error("is not a table file\n{0}")]
    Shape(String),
    /// The parts do not fit together.
    #[error("{0}")]
    Misfit(String),
}

/// How many problems of one file are told; the rest is counted.
pub(super) const PROBLEMS_MAX: usize = 50;

impl TableFile {
    /// Reads a file and checks that its parts fit together.
    ///
    /// # Errors
    /// The first thing that is wrong with its text, or everything that does not fit together.
    pub fn read(bytes: &[u8]) -> Result<Self, TableError> {
        if bytes.len() > TABLE_BYTES_MAX {
            return Err(TableError::Large);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TableError::Encoding)?;
        let file: Self = toml::from_str(text).map_err(|error| TableError::Shape(hinted(&error)))?;
        if file.tables.len() > TABLES_MAX {
            let count = file.tables.len();
            return Err(TableError::Misfit(format!("has {count} tables; at most {TABLES_MAX} are taken in one file")));
        }
        let mut wrong = Vec::new();
        if file.tables.is_empty() {
            wrong.push("there is no table in it; write one that begins with `[[table]]`".to_owned());
        }
        once(file.tables.iter().map(|table| table.id.as_str()), "table", &mut wrong);
        file.check_required(&mut wrong);
        for table in &file.tables {
            let mut own = Vec::new();
            table.check(&mut own);
            wrong.extend(own.into_iter().map(|problem| format!("table `{}`: {problem}", table.id)));
        }
        if wrong.is_empty() { Ok(file) } else { Err(TableError::Misfit(all(wrong))) }
    }

    /// The table of this id; without one, the only table.
    ///
    /// # Errors
    /// Which tables there are.
    pub fn table(&self, id: Option<&str>) -> Result<&Table, String> {
        let known = || self.tables.iter().map(|table| format!("`{}`", table.id)).collect::<Vec<_>>().join(", ");
        match (id, self.tables.as_slice()) {
            (Some(id), tables) => tables
                .iter()
                .find(|table| table.id == id)
                .ok_or_else(|| format!("there is no table `{id}`; the file has {}", known())),
            (None, [table]) => Ok(table),
            (None, _) => Err(format!("the file has {} tables; name one with --table: {}", self.tables.len(), known())),
        }
    }
}

impl Table {
    fn check(&self, wrong: &mut Vec<String>) {
        if self.rules.len() > TABLE_RULES_MAX {
            wrong.push(format!("it has {} rules, at most {TABLE_RULES_MAX} are taken", self.rules.len()));
        }
        let columns = self.inputs.len() + self.outputs.len();
        if columns > TABLE_COLUMNS_MAX {
            wrong.push(format!("it has {columns} columns, at most {TABLE_COLUMNS_MAX} are taken"));
        }
        if self.outputs.is_empty() {
            wrong.push("it has no output; write one that begins with `[[table.output]]`".into());
        }
        once(self.inputs.iter().map(|input| input.id.as_str()), "input", wrong);
        once(self.outputs.iter().map(|output| output.id.as_str()), "output", wrong);
        once(self.lets.iter().map(|named| named.name.as_str()), "let", wrong);
        once(self.rules.iter().map(|rule| rule.id.as_str()), "rule", wrong);
        self.check_policy(wrong);
        self.check_cells(wrong);
    }

    fn check_policy(&self, wrong: &mut Vec<String>) {
        if let Some(aggregate) = self.aggregate {
            if self.hit_policy != HitPolicy::Collect {
                wrong.push(format!("`aggregate` is for the hit policy `collect`, not `{}`", self.hit_policy));
            } else if self.outputs.len() > 1 && aggregate != Aggregate::Count {
                wrong.push(format!("`aggregate = \"{aggregate}\"` needs exactly one output"));
            }
        }
        let ordered = matches!(self.hit_policy, HitPolicy::Priority | HitPolicy::OutputOrder);
        if ordered && self.outputs.iter().all(|output| output.values.is_none()) {
            let policy = self.hit_policy;
            wrong.push(format!("the hit policy `{policy}` needs `values` on an output, the most important first"));
        }
    }

    fn check_cells(&self, wrong: &mut Vec<String>) {
        let inputs: Vec<&str> = self.inputs.iter().map(|input| input.id.as_str()).collect();
        let outputs: Vec<&str> = self.outputs.iter().map(|output| output.id.as_str()).collect();
        for rule in &self.rules {
            for (what, cells, known) in [("input", &rule.when, &inputs), ("output", &rule.then, &outputs)] {
                for stray in cells.keys().filter(|key| !known.contains(&key.as_str())) {
                    let near = maple_wire::nearest(stray, known.iter().copied());
                    let near = near.map_or_else(
                        || format!("; they are {}", known.join(", ")),
                        |near| format!("; did you mean `{near}`?"),
                    );
                    wrong.push(format!("rule `{}`: there is no {what} `{stray}`{near}", rule.id));
                }
            }
        }
    }
}

/// What is wrong with the text of a file, with the nearest word where one is not known.
pub(super) fn hinted(error: &toml::de::Error) -> String {
    let told = error.to_string();
    let mut quoted = error.message().split('`').skip(1).step_by(2);
    let given = quoted.next().filter(|_| error.message().starts_with("unknown "));
    match given.and_then(|given| maple_wire::nearest(given, quoted)) {
        Some(near) => format!("{}\ndid you mean `{near}`?", told.trim_end()),
        None => told,
    }
}

/// All problems of a file, a line each where there are several.
fn all(mut wrong: Vec<String>) -> String {
    if let [one] = wrong.as_slice() {
        return format!("does not fit together: {one}");
    }
    let count = wrong.len();
    wrong.truncate(PROBLEMS_MAX);
    if count > PROBLEMS_MAX {
        wrong.push(format!("and {} more", count - PROBLEMS_MAX));
    }
    format!("does not fit together:\n  {}", wrong.join("\n  "))
}

fn once<'a>(ids: impl Iterator<Item = &'a str>, what: &str, wrong: &mut Vec<String>) {
    let (mut seen, mut told) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for id in ids {
        if (seen.insert(id) && !id.is_empty()) || !told.insert(id) {
            continue;
        }
        if id.is_empty() {
            wrong.push(format!("a {what} has an empty id"));
        } else {
            wrong.push(format!("the {what} `{id}` stands there twice"));
        }
    }
}
