//! What an expression can be: the values of FEEL, how they compare, and what type they can be taken as.

use std::{cmp::Ordering, str::FromStr, sync::Arc};

use rust_decimal::Decimal;

use super::{
    java,
    time::{self, DateTime, Time},
};

/// A value. What makes no sense is `Null`, as FEEL has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Number(Decimal),
    Text(Arc<str>),
    /// Days since 1970-01-01.
    Date(i32),
    Time(Time),
    DateTime(DateTime),
    /// Nanoseconds.
    Days(i64),
    Months(i64),
    List(Arc<[Value]>),
    /* INVARIANT: sorted by name, no name twice. */
    Context(Arc<[Field]>),
    Range(Arc<Range>),
}

/// A field of a context.
pub(crate) type Field = (Arc<str>, Value);

/// An interval. An end that is null is open to that side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) from: Value,
    pub(crate) from_included: bool,
    pub(crate) to: Value,
    pub(crate) to_included: bool,
}

/// The types that a column may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    Date,
    Time,
    DateTime,
    Duration,
}

impl Kind {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::Text,
            "number" => Self::Number,
            "boolean" => Self::Flag,
            "date" => Self::Date,
            "time" => Self::Time,
            "date-time" => Self::DateTime,
            "duration" => Self::Duration,
            _ => return None,
        })
    }
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(items.into())
    }

    pub(crate) fn whole(number: i64) -> Self {
        Self::Number(Decimal::from(number))
    }

    pub(crate) fn flag(known: Option<bool>) -> Self {
        known.map_or(Self::Null, Self::Flag)
    }

    /// Fields in any order; of two with one name the later stays.
    pub(crate) fn context(mut fields: Vec<Field>) -> Self {
        if !fields.is_sorted_by(|(a, _), (b, _)| a < b) {
            fields.reverse();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            fields.dedup_by(|(a, _), (b, _)| a == b);
        }
        Self::Context(fields.into())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(crate) fn as_flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(*flag) } else { None }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_number(&self) -> Option<Decimal> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A whole number.
    pub(crate) fn as_whole(&self) -> Option<i64> {
        let number = self.as_number()?;
        if number.fract().is_zero() { i64::try_from(number.trunc()).ok() } else { None }
    }

    /// The items of a list; anything else is a list of itself, and null is none at all.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Null => None,
            Self::List(items) => Some(items),
            other => Some(std::slice::from_ref(other)),
        }
    }

    /// A field of a context, of each item of a list, or a part of a time.
    pub(crate) fn field(&self, name: &str) -> Self {
        match self {
            Self::Context(_) => self.own_field(name).cloned().unwrap_or(Self::Null),
            Self::List(items) => Self::list(items.iter().map(|item| item.field(name)).collect()),
            Self::Range(range) => match name {
                "start" => range.from.clone(),
                "end" => range.to.clone(),
                "start included" => Self::Flag(range.from_included),
                "end included" => Self::Flag(range.to_included),
                _ => Self::Null,
            },
            other => time::part(other, name),
        }
    }

    /// The field, if this is a context that has it.
    pub(crate) fn own_field(&self, name: &str) -> Option<&Self> {
        let Self::Context(fields) = self else { return None };
        let at = fields.binary_search_by(|(key, _)| (**key).cmp(name)).ok()?;
        fields.get(at).map(|(_, value)| value)
    }

    /// This value as one of a type; null where it cannot be. In a column of texts lists and contexts are texts, too; in
    /// others they stay as they are, and intervals stay everywhere.
    pub(crate) fn taken_as(self, kind: Option<Kind>) -> Self {
        let Some(kind) = kind else { return self };
        match (kind, &self) {
            (_, Self::Null | Self::Range(_))
            | (Kind::Text, Self::Text(_))
            | (Kind::Number, Self::Number(_))
            | (Kind::Flag, Self::Flag(_)) => self,
            (Kind::Text, other) => Self::text(&java::text(other)),
            (_, Self::List(_) | Self::Context(_)) => self,
            (Kind::Number, Self::Text(text)) => number(text).map_or(Self::Null, Self::Number),
            (Kind::Flag, Self::Text(text)) if text.eq_ignore_ascii_case("true") => Self::Flag(true),
            (Kind::Flag, Self::Text(text)) if text.eq_ignore_ascii_case("false") => Self::Flag(false),
            (Kind::Date, Self::Text(text)) => time::parse_date(text)
                .map(Self::Date)
                .or_else(|| time::parse_date_time(text).map(Self::DateTime))
                .unwrap_or(Self::Null),
            (Kind::DateTime, Self::Text(text)) => time::parse_date_time(text).map_or(Self::Null, Self::DateTime),
            (Kind::Time, Self::Text(text)) => time::parse_time(text).map_or(Self::Null, Self::Time),
            (Kind::Duration, Self::Text(text)) => time::parse_duration(text).unwrap_or(Self::Null),
            (Kind::Date | Kind::DateTime, Self::Date(_) | Self::DateTime(_))
            | (Kind::Time, Self::Time(_))
            | (Kind::Duration, Self::Days(_) | Self::Months(_)) => self,
            _ => Self::Null,
        }
    }
}

/// A number as it is written.
pub(crate) fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    (plain && !text.is_empty()).then(|| Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok())?
}

/// A value as FEEL's `string` gives it; null has none.
pub(crate) fn string(value: &Value) -> Option<String> {
    let inner = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        other => string(other).unwrap_or_default(),
    };
    Some(match value {
        Value::Null => return None,
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", ")),
        Value::Context(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", inner(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Range(range) => {
            let (open, close) =
                (if range.from_included { '[' } else { '(' }, if range.to_included { ']' } else { ')' });
            format!("{open}{}..{}{close}", inner(&range.from), inner(&range.to))
        }
        other => time::string(other)?,
    })
}

/// Equality: null only equals null; values of different types are neither equal nor different.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    Some(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| equal(a, b) == Some(true))
        }
        (Value::Context(a), Value::Context(b)) => {
            let same = |(a, b): (&Field, &Field)| a.0 == b.0 && equal(&a.1, &b.1) == Some(true);
            a.len() == b.len() && a.iter().zip(&**b).all(same)
        }
        (Value::Range(a), Value::Range(b)) => a == b,
        // Two flags have no order, and are equal or not all the same.
        (Value::Flag(a), Value::Flag(b)) => a == b,
        _ => order(a, b)? == Ordering::Equal,
    })
}

/// The order of two values of one type that has one.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Flag(a), Value::Flag(b)) => (a == b).then_some(Ordering::Equal),
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => a.order(*b),
        (Value::DateTime(a), Value::DateTime(b)) => a.order(*b),
        (Value::Days(a), Value::Days(b)) | (Value::Months(a), Value::Months(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// A comparison by its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Compare {
    pub(crate) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "!=" => Self::Differs,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    /// True, false, or not known.
    pub(crate) fn holds(self, a: &Value, b: &Value) -> Option<bool> {
        match self {
            Self::Equal => equal(a, b),
            Self::Differs => equal(a, b).map(|same| !same),
            _ if matches!(a, Value::Flag(_)) => None,
            Self::Less => order(a, b).map(Ordering::is_lt),
            Self::AtMost => order(a, b).map(Ordering::is_le),
            Self::More => order(a, b).map(Ordering::is_gt),
            Self::AtLeast => order(a, b).map(Ordering::is_ge),
        }
    }
}

impl Range {
    /// Whether a value lies within.
    pub(crate) fn holds(&self, value: &Value) -> Option<bool> {
        let above = if self.from_included { Compare::AtLeast } else { Compare::More };
        let below = if self.to_included { Compare::AtMost } else { Compare::Less };
        let from = if self.from.is_null() { Some(true) } else { above.holds(value, &self.from) };
        let to = if self.to.is_null() { Some(true) } else { below.holds(value, &self.to) };
        and([from, to])
    }
}

/// False when one is false, true when all are true, else not known.
pub(crate) fn and(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = None,
        }
    }
    known
}

/// True when one is true, false when all are false, else not known.
pub(crate) fn or(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    and(parts.into_iter().map(|part| part.map(|flag| !flag))).map(|flag| !flag)
}
