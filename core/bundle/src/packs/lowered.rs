//! Settings on their way to a plugin, with the place of every part, so that a plugin's complaint finds its line.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use maple_kernel::{Day, Setting, Span, Unit, Value};

use crate::{
    sink::{Place, Sink},
    tree::{Node, Raw},
};

/// A setting that knows where it was written.
#[derive(Debug)]
pub(crate) struct Lowered {
    pub(crate) place: Place,
    value: Part,
}

#[derive(Debug)]
enum Part {
    Flag(bool),
    Number(f64),
    Text(Arc<str>),
    Day(Day),
    Items(Vec<Lowered>),
    Table(Vec<(Key, Lowered)>),
}

/// A key of a table: one of the format's own, or an author's.
#[derive(Debug)]
enum Key {
    Fixed(&'static str),
    Own(Arc<str>),
}

impl Key {
    fn as_str(&self) -> &str {
        match self {
            Self::Fixed(key) => key,
            Self::Own(key) => key,
        }
    }
}

/// The format's own keys, each allocated once for all settings.
#[derive(Default)]
pub(crate) struct Keys(HashMap<&'static str, Arc<str>>);

impl Keys {
    fn shared(&mut self, key: &Key) -> Arc<str> {
        match key {
            Key::Fixed(key) => Arc::clone(self.0.entry(key).or_insert_with(|| Arc::from(*key))),
            Key::Own(key) => Arc::clone(key),
        }
    }
}

impl Lowered {
    /// The days on which what they say begins or has ended: a day `from` begins, behind a day `to` it has ended; of any
    /// other both may be.
    pub(crate) fn turns(&self, turns: &mut BTreeSet<Day>) {
        self.turns_under("", turns);
    }

    fn turns_under(&self, key: &str, turns: &mut BTreeSet<Day>) {
        match &self.value {
            Part::Day(day) => {
                turns.extend((key != "to").then_some(*day));
                turns.extend((key != "from").then(|| day.plus_days(1)));
            }
            Part::Items(items) => items.iter().for_each(|item| item.turns_under(key, turns)),
            Part::Table(entries) => entries.iter().for_each(|(key, part)| part.turns_under(key.as_str(), turns)),
            Part::Flag(_) | Part::Number(_) | Part::Text(_) => {}
        }
    }

    pub(crate) fn text(text: &str, place: Place) -> Self {
        Self { place, value: Part::Text(text.into()) }
    }

    pub(crate) fn number(number: impl Into<f64>, place: Place) -> Self {
        Self { place, value: Part::Number(number.into()) }
    }

    pub(crate) fn flag(flag: bool, place: Place) -> Self {
        Self { place, value: Part::Flag(flag) }
    }

    pub(crate) fn day(day: Day, place: Place) -> Self {
        Self { place, value: Part::Day(day) }
    }

    pub(crate) fn items(items: Vec<Self>, place: Place) -> Self {
        Self { place, value: Part::Items(items) }
    }

    pub(crate) fn texts<'n>(names: impl IntoIterator<Item = (&'n str, Place)>, place: Place) -> Self {
        Self::items(names.into_iter().map(|(name, at)| Self::text(name, at)).collect(), place)
    }

    pub(crate) fn table(place: Place) -> Self {
        Self { place, value: Part::Table(Vec::new()) }
    }

    /// `{ count, unit }`.
    pub(crate) fn span(span: Span, place: Place) -> Self {
        let unit = match span.unit {
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::WorkingDay => "working-day",
            Unit::Month => "month",
            Unit::Year => "year",
        };
        Self::table(place).with("count", Self::number(span.count, place)).with("unit", Self::text(unit, place))
    }

    /// A value of a fact; money as `{ money = minor units }`.
    pub(crate) fn value(value: &Value, place: Place) -> Self {
        match value {
            Value::Text(text) => Self::text(text, place),
            Value::Number(number) => Self::number(*number, place),
            Value::Flag(flag) => Self::flag(*flag, place),
            Value::Day(day) => Self::day(*day, place),
            Value::Words(words) => Self::texts(words.iter().map(|w| (&**w, place)), place),
            #[expect(clippy::cast_precision_loss, reason = "amounts are at most 10^13 minor units, below 2^53")]
            Value::Money(minor) => Self::table(place).with("money", Self::number(*minor as f64, place)),
        }
    }

    /// This table with one key more.
    pub(crate) fn with(mut self, key: &'static str, value: Self) -> Self {
        self.put(key, value);
        self
    }

    /// One key more in this table.
    pub(crate) fn put(&mut self, key: &'static str, value: Self) {
        if let Part::Table(entries) = &mut self.value {
            entries.push((Key::Fixed(key), value));
        }
    }

    /// This table with the keys of another.
    pub(crate) fn and(mut self, more: Self) -> Self {
        if let (Part::Table(entries), Part::Table(more)) = (&mut self.value, more.value) {
            entries.extend(more);
        }
        self
    }

    /// Settings as an author wrote them for a plugin of code.
    pub(crate) fn raw(node: &Node<'_>, sink: &Sink<'_>) -> Self {
        let value = match &node.value {
            Raw::Text(text) => Part::Text(text.as_ref().into()),
            Raw::Integer(number) => {
                if number.unsigned_abs() > 1 << 53 {
                    sink.error(node.place, "bad-number", "the number is too large to be exact");
                }
                #[expect(clippy::cast_precision_loss, reason = "checked above")]
                Part::Number(*number as f64)
            }
            Raw::Float(number) => Part::Number(*number),
            Raw::Flag(flag) => Part::Flag(*flag),
            Raw::Day(day) => Part::Day(*day),
            Raw::Items(items) => Part::Items(items.iter().map(|n| Self::raw(n, sink)).collect()),
            Raw::Table(entries) => Part::Table(
                entries.iter().map(|e| (Key::Own(e.key.as_ref().into()), Self::raw(&e.node, sink))).collect(),
            ),
            Raw::Bad => Part::Table(Vec::new()),
        };
        Self { place: node.place, value }
    }

    /// The value under a key of this table.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Part::Table(entries) => entries.iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Where a text stands in it.
    pub(crate) fn written(&self, text: &str) -> Option<Place> {
        match &self.value {
            Part::Text(own) => (&**own == text).then_some(self.place),
            Part::Items(items) => items.iter().find_map(|item| item.written(text)),
            Part::Table(entries) => entries.iter().find_map(|(_, part)| part.written(text)),
            Part::Flag(_) | Part::Number(_) | Part::Day(_) => None,
        }
    }

    /// The entries of this list; none when it is something else.
    pub(crate) fn list(&self) -> &[Self] {
        match &self.value {
            Part::Items(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Part::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match &self.value {
            Part::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn as_flag(&self) -> Option<bool> {
        match &self.value {
            Part::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(crate) fn as_day(&self) -> Option<Day> {
        match &self.value {
            Part::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// A value of a fact, as [`Lowered::value`] wrote it.
    pub(crate) fn as_value(&self) -> Option<Value> {
        match &self.value {
            Part::Flag(flag) => Some(Value::Flag(*flag)),
            Part::Number(number) => Some(Value::Number(*number)),
            Part::Text(text) => Some(Value::Text(Arc::clone(text))),
            Part::Day(day) => Some(Value::Day(*day)),
            Part::Items(items) => {
                let words: Option<Vec<Arc<str>>> = items.iter().map(|item| item.as_text().map(Arc::from)).collect();
                words.map(|words| Value::Words(words.into()))
            }
            #[expect(clippy::cast_possible_truncation, reason = "written from whole minor units below 2^53")]
            Part::Table(_) => self.get("money")?.as_number().map(|minor| Value::Money(minor as i64)),
        }
    }

    /// What the plugin gets.
    pub(crate) fn setting(&self, keys: &mut Keys) -> Setting {
        match &self.value {
            Part::Flag(flag) => Setting::Flag(*flag),
            Part::Number(number) => Setting::Number(*number),
            Part::Text(text) => Setting::Text(Arc::clone(text)),
            Part::Day(day) => Setting::Day(*day),
            Part::Items(items) => Setting::Items(items.iter().map(|item| item.setting(keys)).collect()),
            Part::Table(entries) => {
                Setting::Table(entries.iter().map(|(k, v)| (keys.shared(k), v.setting(keys))).collect())
            }
        }
    }

    /// The place that a complaint's path leads to, such as `rules[2].when.amount`; as far as the path can be followed.
    pub(crate) fn find(&self, path: &str) -> Place {
        let mut at = self;
        for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty()) {
            let next = match &at.value {
                Part::Items(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                Part::Table(entries) => entries.iter().find(|(key, _)| key.as_str() == step).map(|(_, value)| value),
                _ => None,
            };
            let Some(next) = next else { break };
            at = next;
        }
        at.place
    }
}
