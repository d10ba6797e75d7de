//! What the columns of a table of cases are, and a row of it as a question.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{Code, FactType, Scope, Text, Vocabulary, WordList};
use serde_json::{Map, Value, json};

/// Between the words of one cell.
pub(super) const BETWEEN_WORDS: char = ';';
/// Columns that every table may have.
const PLAIN: [&str; 6] = ["locality", "kind", "source", "filed", "as_of", "id"];
/// What stands before the name of a fact of the case.
const FACTS: &str = "facts";
/// What stands after a role for the type of the party.
const TYPE: &str = "type";
/// Columns of a table.
const COLUMNS_COUNT_MAX: usize = 1_000;

/// What `maple decisions export --format csv` writes.
const LISTED: [&[u8]; 9] =
    [b"id", b"time", b"locality", b"kind", b"outcome", b"generation", b"ruleset", b"engine", b"policies"];

/// Where the cells of a column go.
enum Place {
    /// Into the case itself.
    Case(&'static str),
    /// The day that is asked about.
    AsOf,
    /// A fact of the case.
    Fact(String, FactType),
    /// The type of the party in a role.
    PartyType(String),
    /// A fact of the party in a role.
    PartyFact(String, String, FactType),
}

/// The columns in their order.
pub(super) struct Columns(Vec<(String, Place)>);

impl Columns {
    /// Reads the row with the names.
    pub(super) fn read(head: &[&[u8]], known: [&Vocabulary; 2]) -> Result<Self, String> {
        let (mut columns, mut seen) = (Vec::new(), BTreeSet::new());
        if head == LISTED {
            let why = "these are decisions without what was asked; export them with --format ndjson or parquet";
            return Err(why.to_owned());
        }
        if head.len() > COLUMNS_COUNT_MAX {
            return Err(format!("the table has {} columns; it may have {COLUMNS_COUNT_MAX}", head.len()));
        }
        for (at, name) in head.iter().enumerate() {
            let name = std::str::from_utf8(name)
                .map_err(|_| format!("the name of column {} is not UTF-8; save the table as UTF-8", at + 1))?;
            let name = name.trim_start_matches('\u{feff}').trim();
            if !seen.insert(name.to_owned()) {
                return Err(format!("the column {} stands there twice; leave one out", shown(name, at)));
            }
            let place = place(name, known).ok_or_else(|| strange(name, at, known))?;
            columns.push((name.to_owned(), place));
        }
        let missing = ["locality", "kind"].into_iter().find(|name| !seen.contains(*name));
        match missing {
            Some(_) if columns.is_empty() => Err("there is no row with the names of the columns".to_owned()),
            Some(name) => Err(format!("there is no column `{name}`; every case needs one")),
            None => Ok(Self(columns)),
        }
    }

    /// A row as a question.
    pub(super) fn question<'c>(&self, cells: impl Iterator<Item = &'c [u8]>) -> Result<Vec<u8>, Text> {
        let (mut question, mut case, mut facts) = (Map::new(), Map::new(), Map::new());
        let mut parties: BTreeMap<&str, Party> = BTreeMap::new();
        for ((name, place), cell) in self.0.iter().zip(cells) {
            let cell = std::str::from_utf8(cell)
                .map_err(|_| Text::new(&format!("{name}列不是UTF-8文本"), &format!("`{name}` is not UTF-8")))?
                .trim();
            if cell.is_empty() {
                continue;
            }
            match place {
                Place::Case(field) => drop(case.insert((*field).to_owned(), json!(cell))),
                Place::AsOf => drop(question.insert("as_of".to_owned(), json!(cell))),
                Place::Fact(key, kind) => drop(facts.insert(key.clone(), value(name, cell, kind)?)),
                Place::PartyType(role) => {
                    parties.entry(role).or_default().fields.insert(TYPE.to_owned(), json!(cell));
                }
                Place::PartyFact(role, key, kind) => {
                    let value = value(name, cell, kind)?;
                    parties.entry(role).or_default().facts.insert(key.clone(), value);
                }
            }
        }
        let parties: Vec<Value> = parties.into_iter().map(|(role, party)| party.whole(role)).collect();
        case.insert("parties".to_owned(), Value::Array(parties));
        case.insert(FACTS.to_owned(), Value::Object(facts));
        question.insert("case".to_owned(), Value::Object(case));
        Ok(Value::Object(question).to_string().into_bytes())
    }
}

/// What a row says of the party in one role.
#[derive(Default)]
struct Party {
    fields: Map<String, Value>,
    facts: Map<String, Value>,
}

impl Party {
    fn whole(self, role: &str) -> Value {
        let mut party = self.fields;
        party.insert("role".to_owned(), json!(role));
        party.insert(FACTS.to_owned(), Value::Object(self.facts));
        Value::Object(party)
    }
}

fn place(name: &str, known: [&Vocabulary; 2]) -> Option<Place> {
    if let Some(plain) = PLAIN.into_iter().find(|plain| *plain == name) {
        return Some(if plain == "as_of" { Place::AsOf } else { Place::Case(plain) });
    }
    let (owner, key) = name.split_once('.')?;
    match owner {
        FACTS => fact(key, Scope::Case, known).map(|kind| Place::Fact(key.to_owned(), kind)),
        role if !is_role(role, known) => None,
        role if key == TYPE => Some(Place::PartyType(role.to_owned())),
        role => fact(key, Scope::Party, known).map(|kind| Place::PartyFact(role.to_owned(), key.to_owned(), kind)),
    }
}

/// Why a column is none of a case.
fn strange(name: &str, at: usize, known: [&Vocabulary; 2]) -> String {
    let all = every_column(known);
    let hint = maple_wire::nearest(name, all.iter().map(String::as_str)).map_or_else(
        || {
            let plain = PLAIN.map(|plain| format!("`{plain}`")).join(", ");
            format!("columns are {plain}, `facts.KEY`, `ROLE.type` and `ROLE.KEY`")
        },
        |near| format!("did you mean `{near}`?"),
    );
    format!("there is no column {} in cases; {hint}", shown(name, at))
}

/// The name of a column. Where the row with the names is missing it is a value, which may be what nobody should read.
fn shown(name: &str, at: usize) -> String {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
    if !name.is_empty() && name.len() <= maple_wire::NAME_BYTES_MAX && name.bytes().all(is_name) {
        format!("`{name}`")
    } else {
        format!("number {}", at + 1)
    }
}

fn fact(key: &str, scope: Scope, known: [&Vocabulary; 2]) -> Option<FactType> {
    let mut found = known.into_iter().filter_map(|words| words.facts.get(key));
    found.find(|fact| fact.scope == scope).map(|fact| fact.kind.clone())
}

fn is_role(role: &str, known: [&Vocabulary; 2]) -> bool {
    known.into_iter().any(|words| words.word(WordList::Role, role).is_some())
}

fn every_column(known: [&Vocabulary; 2]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = PLAIN.map(str::to_owned).into();
    for words in known {
        let keys = |scope| words.facts.iter().filter(move |(_, fact)| fact.scope == scope).map(|(key, _)| key.as_str());
        all.extend(keys(Scope::Case).map(|key| format!("{FACTS}.{key}")));
        for role in words.words.get(&WordList::Role).into_iter().flat_map(|roles| roles.keys()).map(Code::as_str) {
            all.insert(format!("{role}.{TYPE}"));
            all.extend(keys(Scope::Party).map(|key| format!("{role}.{key}")));
        }
    }
    all
}

/// A cell as JSON. What stands in it is not repeated: it may be what nobody should read.
fn value(column: &str, cell: &str, kind: &FactType) -> Result<Value, Text> {
    match kind {
        FactType::Flag => match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "是" => Ok(json!(true)),
            "false" | "no" | "0" | "否" => Ok(json!(false)),
            _ => Err(Text::new(&format!("{column}应为true或false"), &format!("`{column}` is `true` or `false`"))),
        },
        FactType::Count { .. } => cell
            .parse::<i64>()
            .map(|count| json!(count))
            .map_err(|_| Text::new(&format!("{column}应为整数"), &format!("`{column}` is a whole number in digits"))),
        FactType::Words(_) => Ok(cell.split(BETWEEN_WORDS).map(str::trim).filter(|word| !word.is_empty()).collect()),
        FactType::Text(_) | FactType::Day | FactType::Money { .. } => Ok(json!(cell)),
    }
}
