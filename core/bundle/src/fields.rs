//! Reading the keys of one table: each asked for by name, what nobody asked for is a mistake.

use std::sync::Arc;

use maple_kernel::{Day, SPAN_COUNT_MAX, Span, Text, Unit};

use crate::{
    near,
    sink::{Place, Sink},
    tree::{Entry, Node, Raw},
};

/// How many bytes one text may have.
pub const TEXT_BYTES_MAX: usize = 4_096;
/// How many bytes a name may have.
pub const NAME_BYTES_MAX: usize = 128;
/// Lists whose entries have a head of their own.
const TABLES: [&str; 9] = ["rule", "policy", "case", "fact", "kind", "provision", "channel", "locality", "aggregate"];
/// How many letters that do not fit into a name are told.
const ODD_LETTERS_MAX: usize = 8;
/// How many entries a list of names may have.
pub const LIST_ITEMS_MAX: usize = 1_000;

/// The keys of one table.
pub(crate) struct Fields<'t, 'a> {
    sink: &'t Sink<'t>,
    place: Place,
    what: &'static str,
    entries: &'t [Entry<'a>],
    asked: Vec<&'static str>,
}

impl<'t, 'a> Fields<'t, 'a> {
    /// The keys of `node`, which is `what`: "a rule", "a channel".
    pub(crate) fn of(node: &'t Node<'a>, what: &'static str, sink: &'t Sink<'t>) -> Option<Self> {
        match &node.value {
            Raw::Table(entries) => Some(Self { sink, place: node.place, what, entries, asked: Vec::with_capacity(12) }),
            Raw::Bad => None,
            other => {
                sink.error(node.place, "wrong-type", format!("{what} is a table, this is {}", other.name()));
                None
            }
        }
    }

    /// Where the table stands.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// The key and value of that name, if it is there.
    pub(crate) fn entry(&mut self, key: &'static str) -> Option<&'t Entry<'a>> {
        self.asked.push(key);
        self.entries.iter().find(|e| e.key == key)
    }

    /// The value of that name, if it is there.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'t Node<'a>> {
        self.entry(key).map(|e| &e.node)
    }

    /// The value of that name; a complaint without it.
    pub(crate) fn need(&mut self, key: &'static str) -> Option<&'t Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.sink.error(self.place, "missing-key", format!("{} needs `{key}`", self.what));
        }
        found
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<&'t str> {
        let node = self.get(key)?;
        text(node, key, self.sink)
    }

    pub(crate) fn need_text(&mut self, key: &'static str) -> Option<&'t str> {
        let node = self.need(key)?;
        text(node, key, self.sink)
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        match node.value {
            Raw::Flag(flag) => Some(flag),
            _ => wrong(node, key, "true or false", self.sink),
        }
    }

    pub(crate) fn day(&mut self, key: &'static str) -> Option<Day> {
        let node = self.get(key)?;
        day(node, key, self.sink)
    }

    /// First and last day; without the last, and told, when they stand the wrong way round.
    pub(crate) fn days(&mut self, from: &'static str, to: &'static str) -> (Option<Day>, Option<Day>) {
        let (first, last) = (self.day(from), self.day(to));
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            let place = self.entries.iter().find(|e| e.key == to).map_or(self.place, |e| e.node.place);
            let message = format!("`{to}` {last} lies before `{from}` {first}");
            self.sink.error_help(place, "dates-inverted", message, "both days are in force; exchange or correct them");
            return (Some(first), None);
        }
        (first, last)
    }

    /// A whole number within bounds.
    pub(crate) fn number(&mut self, key: &'static str, min: i64, max: i64) -> Option<i64> {
        let node = self.get(key)?;
        number(node, key, min, max, self.sink)
    }

    /// The texts of a list; a single text counts as a list of one.
    pub(crate) fn names(&mut self, key: &'static str) -> Vec<(&'t str, Place)> {
        self.get(key).map(|node| names(node, key, self.sink)).unwrap_or_default()
    }

    /// A text in both languages.
    pub(crate) fn need_both(&mut self, key: &'static str) -> Option<Text> {
        let node = self.need(key)?;
        both(node, key, self.sink)
    }

    pub(crate) fn span(&mut self, key: &'static str, min: u16) -> Option<Span> {
        let node = self.get(key)?;
        span(node, key, min, self.sink)
    }

    /// Complains of every key that nobody asked for.
    pub(crate) fn finish(self) {
        #[cfg(test)]
        asked::note(self.what, &self.asked);
        for entry in self.entries.iter().filter(|e| !self.asked.contains(&&*e.key)) {
            let advice = if self.sink.full() { None } else { near::advice_of_keys(&entry.key, &self.asked) };
            let message = format!("{} has no key `{}`", self.what, entry.key);
            self.sink.error_maybe(entry.place, "unknown-key", message, advice);
        }
    }
}

/// Tells that a value is of the wrong kind, unless it was told already.
pub(crate) fn wrong<T>(node: &Node<'_>, key: &str, wanted: &str, sink: &Sink<'_>) -> Option<T> {
    wrong_maybe(node, key, wanted, example(&node.value, key, wanted).as_deref(), sink)
}

/// How a value of the wanted kind is written, where that is known; what was written is kept where it can be.
fn example(value: &Raw<'_>, key: &str, wanted: &str) -> Option<String> {
    Some(match (wanted, value) {
        ("a text", Raw::Integer(number)) => format!("write it in quotes: \"{number}\""),
        ("a text", Raw::Day(day)) => format!("write it in quotes: \"{day}\""),
        ("a text", _) => "write one text, in quotes".to_owned(),
        ("true or false", _) => format!("write `{key} = true` or `{key} = false`, without quotes"),
        ("a whole number", Raw::Text(text)) if text.len() <= 12 && text.parse::<i64>().is_ok() => {
            format!("write it without quotes: {text}")
        }
        ("a whole number", _) => "write a number without quotes and without a point, like 14".to_owned(),
        ("a list", Raw::Table(_)) if TABLES.contains(&key) => {
            format!("write `[[{key}]]`, in double brackets, above each one: there may be several")
        }
        ("a list", Raw::Table(_)) => format!("put it in brackets: `{key} = [{{ … }}]`"),
        ("a list", _) => format!("write `{key} = [ … ]`"),
        ("a list of texts", _) => format!("write `{key} = [\"…\"]`"),
        ("a table", _) => format!("write `{key} = {{ … }}`"),
        _ => return None,
    })
}

/// The same, with what to write.
pub(crate) fn wrong_help<T>(node: &Node<'_>, key: &str, wanted: &str, advice: &str, sink: &Sink<'_>) -> Option<T> {
    wrong_maybe(node, key, wanted, Some(advice), sink)
}

fn wrong_maybe<T>(node: &Node<'_>, key: &str, wanted: &str, advice: Option<&str>, sink: &Sink<'_>) -> Option<T> {
    if !matches!(node.value, Raw::Bad) {
        let message = format!("`{key}` is {wanted}, this is {}", node.value.name());
        sink.error_maybe(node.place, "wrong-type", message, advice.map(ToOwned::to_owned));
    }
    None
}

pub(crate) fn text<'t>(node: &'t Node<'_>, key: &str, sink: &Sink<'_>) -> Option<&'t str> {
    let Raw::Text(text) = &node.value else { return wrong(node, key, "a text", sink) };
    if text.trim().is_empty() {
        sink.error(node.place, "empty-text", format!("`{key}` is empty"));
        return None;
    }
    if text.len() > TEXT_BYTES_MAX {
        sink.error(node.place, "too-long", format!("`{key}` has more than {TEXT_BYTES_MAX} bytes"));
        return None;
    }
    Some(text)
}

pub(crate) fn day(node: &Node<'_>, key: &str, sink: &Sink<'_>) -> Option<Day> {
    match node.value {
        Raw::Day(day) => Some(day),
        _ => wrong(node, key, "a day, written without quotes like 2026-11-23", sink),
    }
}

pub(crate) fn number(node: &Node<'_>, key: &str, min: i64, max: i64, sink: &Sink<'_>) -> Option<i64> {
    match node.value {
        Raw::Integer(number) if (min..=max).contains(&number) => Some(number),
        Raw::Integer(number) => {
            let range = if max == i64::MAX {
                format!("it is {min} or more")
            } else {
                format!("it lies between {min} and {max}")
            };
            sink.error(node.place, "out-of-range", format!("`{key}` is {number}, {range}"));
            None
        }
        _ => wrong(node, key, "a whole number", sink),
    }
}

pub(crate) fn items<'t, 'a>(node: &'t Node<'a>, key: &str, sink: &Sink<'_>) -> &'t [Node<'a>] {
    match &node.value {
        Raw::Items(items) => items,
        _ => wrong(node, key, "a list", sink).unwrap_or(&[]),
    }
}

pub(crate) fn names<'t>(node: &'t Node<'_>, key: &str, sink: &Sink<'_>) -> Vec<(&'t str, Place)> {
    match &node.value {
        Raw::Text(_) => text(node, key, sink).map(|t| (t, node.place)).into_iter().collect(),
        Raw::Items(items) if items.len() > LIST_ITEMS_MAX => {
            sink.error(node.place, "too-many", format!("`{key}` has more than {LIST_ITEMS_MAX} entries"));
            Vec::new()
        }
        Raw::Items(items) => items.iter().filter_map(|n| text(n, key, sink).map(|t| (t, n.place))).collect(),
        _ => wrong(node, key, "a list of texts", sink).unwrap_or_default(),
    }
}

pub(crate) fn both(node: &Node<'_>, key: &'static str, sink: &Sink<'_>) -> Option<Text> {
    let help = r#"write it as { zh = "…", en = "…" }"#;
    let Raw::Table(entries) = &node.value else {
        if !matches!(node.value, Raw::Bad) {
            let message = format!("`{key}` is a text in two languages, this is {}", node.value.name());
            sink.error_help(node.place, "wrong-type", message, help);
        }
        return None;
    };
    let side = |language: &str| {
        let Some(node) = entries.iter().find(|e| e.key == language).map(|e| &e.node) else {
            sink.error_help(node.place, "missing-language", format!("`{key}` has no `{language}`"), help);
            return None;
        };
        text(node, language, sink)
    };
    let (zh, en) = (side("zh"), side("en"));
    for entry in entries.iter().filter(|e| e.key != "zh" && e.key != "en") {
        sink.error_help(entry.place, "unknown-key", format!("a text has no key `{}`", entry.key), help);
    }
    Some(Text { zh: Arc::from(zh?), en: Arc::from(en?) })
}

pub(crate) fn span(node: &Node<'_>, key: &str, min: u16, sink: &Sink<'_>) -> Option<Span> {
    if let Raw::Integer(count) = node.value {
        let advice = format!("write it with its unit, in quotes: \"{count} days\" or \"{count} working days\"");
        return wrong_help(node, key, "a length of time", &advice, sink);
    }
    let text = text(node, key, sink)?;
    let help = r#"write it like "15 days", "7 working days", "72 hours", "3 months" or "1 year""#;
    let Some((count, unit)) = text.split_once(' ').and_then(|(count, unit)| Some((number_of(count)?, unit_of(unit)?)))
    else {
        let meant = meant_span(text).map(|span| format!("write \"{span}\""));
        let help = meant.as_deref().unwrap_or(help);
        sink.error_help(node.place, "bad-span", format!("`{text}` is not a length of time"), help);
        return None;
    };
    match u16::try_from(count) {
        Ok(count) if (min..=SPAN_COUNT_MAX).contains(&count) => Some(Span { count, unit }),
        _ => {
            let message = format!("`{key}` counts {count}, it lies between {min} and {SPAN_COUNT_MAX}");
            sink.error(node.place, "out-of-range", message);
            None
        }
    }
}

/// A length of time in another manner: `7`, `7天`, `7d`, `7days`.
fn meant_span(text: &str) -> Option<String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = number_of(text.strip_suffix(unit)?)?;
    let unit = match unit.trim().to_lowercase().as_str() {
        "" | "天" | "日" | "d" | "day" | "days" => "days",
        "工作日" | "个工作日" | "working days" | "working day" | "workdays" => "working days",
        "小时" | "个小时" | "h" | "hour" | "hours" => "hours",
        "月" | "个月" | "month" | "months" => "months",
        "年" | "year" | "years" => "years",
        _ => return None,
    };
    Some(format!("{count} {unit}"))
}

fn number_of(text: &str) -> Option<u64> {
    (!text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn unit_of(text: &str) -> Option<Unit> {
    Some(match text {
        "hour" | "hours" => Unit::Hour,
        "day" | "days" => Unit::Day,
        "working day" | "working days" => Unit::WorkingDay,
        "month" | "months" => Unit::Month,
        "year" | "years" => Unit::Year,
        _ => return None,
    })
}

/// Checks the shape of a name that a registry or pack introduces.
pub(crate) fn name<'t>(text: &'t str, place: Place, also: &str, what: &str, sink: &Sink<'_>) -> Option<&'t str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || also.contains(c);
    shape((text, place), what, fits, ("a to z", also), sink)
}

/// Checks the shape of the id of a rule: unlike other names it may have capitals, as in `W1`.
pub(crate) fn rule_name<'t>(text: &'t str, place: Place, sink: &Sink<'_>) -> Option<&'t str> {
    let also = "_.-";
    let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    shape((text, place), "the id of a rule", fits, ("A to Z, a to z", also), sink)
}

fn shape<'t>(
    (text, place): (&'t str, Place),
    what: &str,
    fits: impl Fn(char) -> bool,
    (letters, also): (&str, &str),
    sink: &Sink<'_>,
) -> Option<&'t str> {
    let quoted = |letters: &[char]| letters.iter().map(|c| format!("`{}`", c.escape_debug())).collect::<Vec<_>>();
    let mut odd = Vec::new();
    for letter in text.chars().filter(|c| !fits(*c)) {
        if !odd.contains(&letter) && odd.len() < ODD_LETTERS_MAX {
            odd.push(letter);
        }
    }
    let why = match odd[..] {
        [] if text.len() <= NAME_BYTES_MAX => return Some(text),
        [] => format!("it has {} characters", text.len()),
        [' '] => "it has a space".to_owned(),
        _ => format!("it has {}", quoted(&odd).join(", ")),
    };
    let message = format!("`{text}` cannot be {what}: {why}");
    let also = quoted(&also.chars().collect::<Vec<_>>()).join(", ");
    let advice = format!("use {letters}, 0 to 9 and {also}, at most {NAME_BYTES_MAX} characters");
    sink.error_help(place, "bad-name", message, advice);
    None
}

/// The keys that readers asked for, for the test that holds the format's description to them.
#[cfg(test)]
pub(crate) mod asked {
    use std::{
        cell::RefCell,
        collections::{BTreeMap, BTreeSet},
    };

    type Keys = BTreeMap<&'static str, BTreeSet<&'static str>>;
    type Words = BTreeMap<String, BTreeSet<&'static str>>;

    thread_local! {
        static ASKED: RefCell<(Keys, Keys)> = RefCell::default();
        static WORDS: RefCell<Words> = RefCell::default();
    }

    /// The words that a key may have.
    pub(crate) fn note_words(key: &str, words: impl IntoIterator<Item = &'static str>) {
        WORDS.with_borrow_mut(|all| all.entry(key.to_owned()).or_default().extend(words));
    }

    /// By their key.
    pub(crate) fn words() -> Words {
        WORDS.with_borrow(Clone::clone)
    }

    pub(super) fn note(what: &'static str, keys: &[&'static str]) {
        ASKED.with_borrow_mut(|(all, verbs)| {
            all.entry(what).or_default().extend(keys);
            if let ("an effect", Some(verb)) = (what, keys.first()) {
                verbs.entry(verb).or_default().extend(keys);
            }
        });
    }

    pub(crate) fn forget() {
        ASKED.take();
        WORDS.take();
    }

    pub(crate) fn all() -> Keys {
        ASKED.with_borrow(|asked| asked.0.clone())
    }

    /// Of effects, by their verb.
    pub(crate) fn verbs() -> Keys {
        ASKED.with_borrow(|asked| asked.1.clone())
    }
}
