//! The notation in which values pass the border where a fact or an answer has no form for them.
//!
//! `z` null, `t` true, `f` false, `n12.5;` a number, `s3:abc` text, `d10:2024-01-31` a time, `l2:…` a list of so many,
//! `c1:s1:a…` a context of so many fields, `r6:[1..5]t…f…` an interval: as FEEL writes it, then for each end whether it
//! belongs to it, and the end. `u` is a time as `d` is, but one that its text does not say whole: it is for people and is
//! not read. In answers a byte that is no letter, digit, `-` or `.` is `_` and its two hexadecimal digits, since answers
//! hold codes.

use std::sync::Arc;

use super::{
    time,
    value::{Range, Value, number, string},
};

/// How deep a value may be nested.
const DEPTH_MAX: usize = 65;

/// Reads a value; what is not in the notation is none.
pub(crate) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    reader.value(0)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        let (tag, rest) = self.rest.split_at_checked(1)?;
        self.rest = rest;
        Some(match tag {
            "z" => Value::Null,
            "t" => Value::Flag(true),
            "f" => Value::Flag(false),
            "n" => Value::Number(number(self.until(b';')?)?),
            "s" => Value::text(self.text()?),
            "d" => Some(time::parse_any(self.text()?)).filter(|time| !time.is_null())?,
            "r" => {
                self.text()?;
                let (from_included, from) = (self.flag()?, self.value(depth + 1)?);
                let (to_included, to) = (self.flag()?, self.value(depth + 1)?);
                Value::Range(Arc::new(Range { from, from_included, to, to_included }))
            }
            "l" => {
                let count: usize = self.until(b':')?.parse().ok()?;
                Value::List((0..count).map(|_| self.value(depth + 1)).collect::<Option<Arc<[_]>>>()?)
            }
            "c" => {
                let count: usize = self.until(b':')?.parse().ok()?;
                let mut fields = Vec::with_capacity(count.min(self.rest.len()));
                for _ in 0..count {
                    self.rest = self.rest.strip_prefix('s')?;
                    let name: Arc<str> = self.text()?.into();
                    fields.push((name, self.value(depth + 1)?));
                }
                Value::context(fields)
            }
            _ => return None,
        })
    }

    fn flag(&mut self) -> Option<bool> {
        let (tag, rest) = self.rest.split_at_checked(1)?;
        self.rest = rest;
        matches!(tag, "t" | "f").then_some(tag == "t")
    }

    fn until(&mut self, end: u8) -> Option<&'a str> {
        let at = self.rest.bytes().position(|byte| byte == end)?;
        let part = self.rest.get(..at)?;
        self.rest = self.rest.get(at + 1..)?;
        Some(part)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length: usize = self.until(b':')?.parse().ok()?;
        let (part, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(part)
    }
}

/// Writes a value for an answer.
pub(crate) fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push('z'),
        Value::Flag(flag) => out.push(if *flag { 't' } else { 'f' }),
        Value::Number(number) => escape(out, &format!("n{};", number.normalize())),
        Value::Text(text) => write_text(out, 's', text),
        Value::List(items) => {
            head(out, 'l', items.len());
            items.iter().for_each(|item| write(out, item));
        }
        Value::Context(fields) => {
            head(out, 'c', fields.len());
            for (name, field) in &**fields {
                write_text(out, 's', name);
                write(out, field);
            }
        }
        Value::Range(range) => {
            write_text(out, 'r', &string(value).unwrap_or_default());
            write(out, &Value::Flag(range.from_included));
            write(out, &range.from);
            write(out, &Value::Flag(range.to_included));
            write(out, &range.to);
        }
        Value::Date(_) | Value::Time(_) | Value::DateTime(_) | Value::Days(_) | Value::Months(_) => {
            let text = string(value).unwrap_or_default();
            write_text(out, if time::parse_any(&text) == *value { 'd' } else { 'u' }, &text);
        }
    }
}

/// Writes a text with its length before it.
pub(crate) fn write_text(out: &mut String, tag: char, text: &str) {
    head(out, tag, text.len());
    escape(out, text);
}

/// Writes a tag and how many letters, items or fields follow.
pub(crate) fn head(out: &mut String, tag: char, count: usize) {
    out.push(tag);
    out.push_str(itoa::Buffer::new().format(count));
    out.push_str("_3A"); // a colon
}

/// Writes text in the letters that an answer may have.
pub(crate) fn escape(out: &mut String, text: &str) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let hex = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or('0');
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (run, others) = rest.split_at(rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len()));
        out.push_str(str::from_utf8(run).unwrap_or_default());
        rest = others;
        while let Some((byte, others)) = rest.split_first().filter(|(byte, _)| !plain(byte)) {
            out.extend(['_', hex(byte >> 4), hex(byte & 15)]);
            rest = others;
        }
    }
}
