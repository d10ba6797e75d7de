//! Reading settings so that every mistake is told at once, with its place.
//!
//! A reader returns `None` both for what is absent and for what is wrong; what is wrong is noted with its path, such as
//! `rules[2].when.amount`, and so is every key of a table that nobody asked for. The policy carries on with any value:
//! with one complaint or more, the host throws the result away and shows them all.

use std::{
    cell::{Cell, RefCell},
    ops::RangeInclusive,
};

use crate::{Complaint, Day, Fact, Setting, Span, Text, Unit, Value};

/// How many nodes settings may have.
pub const SETTINGS_NODES_MAX: usize = 1_000_000;
/// How deep settings may be nested.
pub const SETTINGS_DEPTH_MAX: usize = 64;
/// How many complaints are kept; the rest is counted in a last one.
pub const COMPLAINTS_MAX: usize = 100;
/// How long a code or a key may be.
pub const CODE_BYTES_MAX: usize = 64;

/// The settings of a policy and the complaints about them.
pub struct Settings {
    nodes: Vec<Setting>,
    /* INVARIANT: one for each node; a parent comes before its children. */
    parents: Vec<u32>,
    complaints: RefCell<Vec<Complaint>>,
    left_out: Cell<usize>,
}

impl Settings {
    /// Takes the nodes as they come over the border: node 0 is the root table, each other node has one parent, before it.
    /// Nodes of any other shape are complained about as a whole.
    #[must_use]
    pub fn new(nodes: Vec<Setting>) -> Self {
        let checked = check_shape(&nodes);
        let (nodes, parents, complaint) = match checked {
            Ok(parents) => (nodes, parents, None),
            Err(message) => (vec![Setting::Table(Vec::new())], vec![0], Some(message)),
        };
        let settings = Self { nodes, parents, complaints: RefCell::default(), left_out: Cell::new(0) };
        if let Some(message) = complaint {
            settings.note(String::new(), message.into(), None);
        }
        settings
    }

    /// The root table.
    #[must_use]
    pub fn root(&self) -> Table<'_> {
        self.table(0).unwrap_or_else(|| Table::new(self, 0, &[]))
    }

    /// Nothing, or every complaint in the order of discovery.
    ///
    /// # Errors
    ///
    /// The complaints.
    pub fn finish(self) -> Result<(), Vec<Complaint>> {
        let mut complaints = self.complaints.into_inner();
        if let more @ 1.. = self.left_out.get() {
            let message = format!("{more} more problems are not shown");
            complaints.push(Complaint { path: String::new(), message, advice: None });
        }
        if complaints.is_empty() { Ok(()) } else { Err(complaints) }
    }

    fn table(&self, at: u32) -> Option<Table<'_>> {
        match self.node(at)? {
            Setting::Table(entries) => Some(Table::new(self, at, entries)),
            _ => None,
        }
    }

    fn node(&self, at: u32) -> Option<&Setting> {
        self.nodes.get(at as usize)
    }

    fn note(&self, path: String, message: String, advice: Option<String>) {
        let mut complaints = self.complaints.borrow_mut();
        if complaints.len() < COMPLAINTS_MAX {
            complaints.push(Complaint { path, message, advice });
        } else {
            self.left_out.set(self.left_out.get() + 1);
        }
    }

    fn path(&self, at: u32) -> String {
        let mut steps = Vec::new();
        let mut child = at;
        while child != 0 {
            let parent = self.parents.get(child as usize).copied().unwrap_or(0);
            steps.push(self.step(parent, child));
            child = parent;
        }
        steps.iter().rev().fold(String::new(), |path, step| join(path, step))
    }

    fn step(&self, parent: u32, child: u32) -> String {
        match self.node(parent) {
            Some(Setting::Items(items)) => {
                items.iter().position(|&item| item == child).map_or_else(String::new, |index| format!("[{index}]"))
            }
            Some(Setting::Table(entries)) => {
                entries.iter().find(|(_, value)| *value == child).map_or_else(String::new, |(key, _)| key.clone())
            }
            _ => String::new(),
        }
    }
}

fn join(mut path: String, step: &str) -> String {
    if !path.is_empty() && !step.starts_with('[') {
        path.push('.');
    }
    path.push_str(step);
    path
}

/// The parent of each node, or what is wrong with the tree.
fn check_shape(nodes: &[Setting]) -> Result<Vec<u32>, &'static str> {
    if nodes.len() > SETTINGS_NODES_MAX {
        return Err("the settings are too large");
    }
    if !matches!(nodes.first(), Some(Setting::Table(_))) {
        return Err("the settings are not a table");
    }
    let mut parents = vec![u32::MAX; nodes.len()];
    let mut depths = vec![0_usize; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        let depth = depths.get(at).copied().unwrap_or(0) + 1;
        for child in children(node) {
            let child = child as usize;
            let (Some(parent), Some(of_child)) = (parents.get_mut(child), depths.get_mut(child)) else {
                return Err("the settings point outside themselves");
            };
            if child <= at || *parent != u32::MAX {
                return Err("the settings are not a tree");
            }
            if depth >= SETTINGS_DEPTH_MAX {
                return Err("the settings are nested too deeply");
            }
            *parent = u32::try_from(at).unwrap_or(u32::MAX);
            *of_child = depth;
        }
    }
    Ok(parents)
}

fn children(node: &Setting) -> impl Iterator<Item = u32> {
    let (items, entries): (&[u32], &[(String, u32)]) = match node {
        Setting::Items(items) => (items, &[]),
        Setting::Table(entries) => (&[], entries),
        _ => (&[], &[]),
    };
    items.iter().copied().chain(entries.iter().map(|(_, child)| *child))
}

/// One table of the settings. A key that was never asked for is complained about when the table is dropped.
pub struct Table<'a> {
    settings: &'a Settings,
    at: u32,
    entries: &'a [(String, u32)],
    known: RefCell<Vec<&'a str>>,
    open: Cell<bool>,
}

impl<'a> Table<'a> {
    fn new(settings: &'a Settings, at: u32, entries: &'a [(String, u32)]) -> Self {
        Self { settings, at, entries, known: RefCell::default(), open: Cell::new(false) }
    }

    /// A setting that may be absent.
    #[must_use]
    pub fn get(&self, key: &'a str) -> Field<'a> {
        self.known.borrow_mut().push(key);
        let place = match self.entries.iter().find(|(k, _)| k == key) {
            Some((_, at)) => Place::Node(*at),
            None => Place::Absent { table: self.at, key },
        };
        Field { settings: self.settings, place }
    }

    /// A setting that must be there.
    #[must_use]
    pub fn need(&self, key: &'a str) -> Field<'a> {
        let field = self.get(key);
        if !field.is_present() {
            field.complain("is missing", "");
        }
        field
    }

    /// Every key with its setting, for tables whose keys the author of the policy chooses.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        self.open.set(true);
        let settings = self.settings;
        self.entries.iter().map(move |(key, at)| (key.as_str(), Field { settings, place: Place::Node(*at) }))
    }

    /// The table as a field, to complain about it as a whole.
    #[must_use]
    pub fn field(&self) -> Field<'a> {
        Field { settings: self.settings, place: Place::Node(self.at) }
    }

    /// Takes the table as it is: keys that were not asked for are not complained about.
    pub fn ignore_rest(&self) {
        self.open.set(true);
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        if self.open.get() {
            return;
        }
        let known = self.known.borrow();
        for (key, at) in self.entries.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let advice = advise(key, &known);
            self.settings.note(self.settings.path(*at), format!("`{key}` is not a setting here"), advice);
        }
    }
}

/// The nearest word, or all of them.
fn advise(word: &str, known: &[&str]) -> Option<String> {
    let near = known.iter().map(|k| (distance(word, k), k)).min().filter(|(far, k)| *far <= 1 + k.len() / 4);
    match near {
        Some((_, near)) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => None,
        None => Some(format!("known here: `{}`", known.join("`, `"))),
    }
}

/// How many letters differ (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (slot, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let here = (corner + usize::from(from != to)).min(left + 1).min(*slot + 1);
            corner = std::mem::replace(slot, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Node(u32),
    Absent { table: u32, key: &'a str },
}

/// One setting, present or not.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    settings: &'a Settings,
    place: Place<'a>,
}

impl<'a> Field<'a> {
    /// True when the setting is there, right or wrong.
    #[must_use]
    pub fn is_present(self) -> bool {
        matches!(self.place, Place::Node(_))
    }

    /// The setting as it came.
    #[must_use]
    pub fn raw(self) -> Option<&'a Setting> {
        match self.place {
            Place::Node(at) => self.settings.node(at),
            Place::Absent { .. } => None,
        }
    }

    /// Notes a problem with this setting. `message` follows the setting's name ("is missing"); `advice` may be empty.
    pub fn complain(self, message: &str, advice: &str) {
        let path = self.path();
        let name = path.rsplit('.').next().unwrap_or_default();
        let message = if name.is_empty() { message.into() } else { format!("`{name}` {message}") };
        self.settings.note(path, message, (!advice.is_empty()).then(|| advice.into()));
    }

    /// Where the setting is, such as `rules[2].when.amount`.
    #[must_use]
    pub fn path(self) -> String {
        match self.place {
            Place::Node(at) => self.settings.path(at),
            Place::Absent { table, key } => join(self.settings.path(table), key),
        }
    }

    fn read<T>(self, expected: &str, take: impl FnOnce(&'a Setting) -> Option<T>) -> Option<T> {
        let setting = self.raw()?;
        let value = take(setting);
        if value.is_none() {
            self.complain(&format!("must be {expected}, not {}", shape(setting)), "");
        }
        value
    }

    /// A text, not empty.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        self.read("a text", |setting| match setting {
            Setting::Text(text) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }

    /// A word of the vocabulary: small letters, digits and `_`, with `.`, `-` and `/` between them.
    #[must_use]
    pub fn code(self) -> Option<&'a str> {
        let text = self.text()?;
        let fits = text.len() <= CODE_BYTES_MAX
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-/".contains(&b));
        if !fits {
            self.complain(&format!("is not a word of the vocabulary: `{text}`"), "small letters, digits and `_` only");
        }
        fits.then_some(text)
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        self.read("true or false", |setting| if let Setting::Flag(flag) = setting { Some(*flag) } else { None })
    }

    /// A finite number.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        self.read("a number", |setting| match setting {
            Setting::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        })
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn count(self, bounds: RangeInclusive<i64>) -> Option<i64> {
        let number = self.number()?;
        let count = number as i64;
        let whole = number.fract() == 0.0 && bounds.contains(&count);
        if !whole {
            let message = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
            self.complain(&format!("{message}, not `{number}`"), "");
        }
        whole.then_some(count)
    }

    /// A day.
    #[must_use]
    pub fn day(self) -> Option<Day> {
        self.read("a day", |setting| if let Setting::Day(day) = setting { Some(*day) } else { None })
    }

    /// A length of time: `"15 days"`, or a table of `count` and `unit`.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        if let Some(Setting::Table(_)) = self.raw() {
            let table = self.table()?;
            let count = table.need("count").count(0..=i64::from(u16::MAX));
            let unit = table.need("unit").word("unit", Unit::parse);
            return Some(Span { count: u16::try_from(count?).ok()?, unit: unit? });
        }
        self.read("a length of time such as `15 days`", |setting| match setting {
            Setting::Text(text) => Span::parse(text),
            _ => None,
        })
    }

    /// An amount in minor units: `"500.00"`, or a table of `money`.
    #[must_use]
    pub fn money(self) -> Option<i64> {
        if let Some(Setting::Table(_)) = self.raw() {
            return self.table()?.need("money").count(-(1 << 53)..=1 << 53);
        }
        self.read("an amount such as `500.00`", |setting| match setting {
            Setting::Text(text) => parse_money(text),
            _ => None,
        })
    }

    /// A text in both languages: a table of `zh` and `en`.
    #[must_use]
    pub fn both(self) -> Option<Text> {
        let table = self.table()?;
        let (zh, en) = (table.need("zh").text(), table.need("en").text());
        Some(Text::new(zh?, en?))
    }

    /// A word that `parse` knows; `what` names the kind of word in the complaint.
    #[must_use]
    pub fn word<T>(self, what: &str, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let text = self.text()?;
        let word = parse(text);
        if word.is_none() {
            self.complain(&format!("is not a {what}: `{text}`"), "");
        }
        word
    }

    /// A table.
    #[must_use]
    pub fn table(self) -> Option<Table<'a>> {
        let settings = self.settings;
        let at = if let Place::Node(at) = self.place { at } else { 0 };
        self.read("a table", |_| settings.table(at))
    }

    /// A list.
    #[must_use]
    pub fn items(self) -> Option<Vec<Self>> {
        let settings = self.settings;
        self.read("a list", |setting| match setting {
            Setting::Items(items) => Some(items.iter().map(|&at| Self { settings, place: Place::Node(at) }).collect()),
            _ => None,
        })
    }

    /// The tables of a list.
    #[must_use]
    pub fn tables(self) -> Vec<Table<'a>> {
        self.items().unwrap_or_default().into_iter().filter_map(Self::table).collect()
    }

    /// The words of a list, or a single word as a list of one.
    #[must_use]
    pub fn codes(self) -> Vec<&'a str> {
        if let Some(Setting::Text(_)) = self.raw() {
            return self.code().into_iter().collect();
        }
        self.items().unwrap_or_default().into_iter().filter_map(Self::code).collect()
    }

    /// The texts of a list, or a single text as a list of one.
    #[must_use]
    pub fn texts(self) -> Vec<&'a str> {
        if let Some(Setting::Text(_)) = self.raw() {
            return self.text().into_iter().collect();
        }
        self.items().unwrap_or_default().into_iter().filter_map(Self::text).collect()
    }

    /// The value of a fact: text, number, yes or no, day, list of words, or a table of `money`.
    #[must_use]
    pub fn value(self) -> Option<Value> {
        match self.raw()? {
            Setting::Flag(flag) => Some(Value::Flag(*flag)),
            Setting::Number(_) => self.number().map(Value::Number),
            Setting::Text(text) => Some(Value::Text(text.clone())),
            Setting::Day(day) => Some(Value::Day(*day)),
            Setting::Items(_) => Some(Value::Words(self.codes().into_iter().map(Into::into).collect())),
            Setting::Table(_) => self.money().map(Value::Money),
        }
    }

    /// Facts written as a list of tables of `key` and `value`, or as one table.
    #[must_use]
    pub fn facts(self) -> Vec<Fact> {
        if let Some(Setting::Table(_)) = self.raw() {
            let table = self.table();
            let entries = table.iter().flat_map(Table::entries);
            return entries.filter_map(|(key, field)| Some(Fact { key: key.into(), value: field.value()? })).collect();
        }
        let fact = |table: Table<'a>| {
            let (key, value) = (table.need("key").code(), table.need("value").value());
            Some(Fact { key: key?.into(), value: value? })
        };
        self.tables().into_iter().filter_map(fact).collect()
    }
}

/// Reads a decimal with at most two places as minor units.
fn parse_money(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?;
    let part = match part.len() {
        1 => number(part)? * 10,
        2 => number(part)?,
        _ => return None,
    };
    number(whole)?.checked_mul(100)?.checked_add(part)?.checked_mul(sign)
}

const fn shape(setting: &Setting) -> &'static str {
    match setting {
        Setting::Flag(_) => "true or false",
        Setting::Number(_) => "this number",
        Setting::Text(_) => "this text",
        Setting::Day(_) => "a day",
        Setting::Items(_) => "a list",
        Setting::Table(_) => "a table",
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
