//! Inputs as facts of a case file, and findings as rows: what goes to the plugin and what comes back.
//!
//! What a fact can say goes as it is: text, yes or no, a whole number. Everything else goes as one word in the plugin's
//! own notation. What comes back is in the same notation, written with the letters that an answer may have.

use maple_kernel::{Claim, FactKey, Facts, Finding, Value};
use serde_json::{Map, Number, Value as Json};

use super::{Results, chain::Written, lower::Program, uses::Uses};

/// Numbers stay below this, either way: 28 digits.
pub(super) const NUMBER_MAX: f64 = 7.9e28;
/// Whole numbers below this are the same as floating-point numbers.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
/// How deep an input may be nested.
pub const INPUT_DEPTH_MAX: usize = 64;
/// Letters of a fact's key.
const KEY_BYTES_MAX: usize = 64;

/// What a table says about an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The rows that matched, in the order that the hit policy gives; at most one, where it gives only one.
    Rows(Vec<Row>),
    /// What was made of the values.
    Value(Json),
}

/// One row of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The rule that gave it; nothing for the defaults.
    pub rule: Option<String>,
    /// The values, by the id of the output; an empty cell gives none.
    pub values: Map<String, Json>,
}

/// The key of the fact that carries an input.
pub(super) fn key(at: usize, name: &str) -> String {
    let key = format!("in.{name}");
    let fits = key.len() <= KEY_BYTES_MAX && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { key } else { format!("v{at}") }
}

impl Program {
    /// The facts that carry an input, an object with a member for each variable of the table.
    ///
    /// # Errors
    /// What is wrong with the input.
    pub fn facts(&self, input: &Json) -> Result<Facts, String> {
        self.facts_with(input, &Results::default())
    }

    /// The facts that carry an input and what other tables gave, which goes before it.
    pub(super) fn facts_with(&self, input: &Json, results: &Results) -> Result<Facts, String> {
        let Json::Object(input) = input else {
            return Err("the input is no object; write one such as {\"event\": \"A\"}".into());
        };
        let mut facts = Vec::new();
        for (at, (name, uses)) in self.variables.iter().enumerate() {
            let given = input.get(name).unwrap_or(&Json::Null);
            let fact = match results.written(name) {
                Some(written) => Some(Value::Words([written.into()].into())),
                None => fact(given, uses).map_err(|wrong| format!("the input `{name}` {wrong}"))?,
            };
            facts.extend(fact.map(|value| (FactKey::from(key(at, name)), value)));
        }
        Ok(Facts::new(facts))
    }

    /// The inputs that the table reads.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// The functions of the table that ask what time it is, `now` and `today`; each reads the input of its name.
    pub fn clock(&self) -> impl Iterator<Item = &'static str> {
        self.clock.iter().copied()
    }

    /// True when at most one row, or one value, comes back.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.single
    }

    /// What the findings of the plugin say.
    ///
    /// # Errors
    /// When they are not in the plugin's notation.
    pub fn outcome(&self, findings: &[Finding]) -> Result<Outcome, String> {
        let rows = told(findings)?.into_iter().map(|(key, text)| self.row(key, &text));
        let rows = rows.collect::<Result<Vec<Row>, String>>()?;
        if self.aggregated {
            let value = rows.into_iter().next().and_then(|row| row.values.into_iter().next());
            return Ok(Outcome::Value(value.map_or(Json::Null, |(_, value)| value)));
        }
        Ok(Outcome::Rows(rows))
    }

    fn row(&self, key: &str, text: &str) -> Result<Row, String> {
        let at = number(key);
        let mut values = Map::new();
        if let Some(at) = at {
            let known = self.outputs.iter().filter_map(|output| Some((output.id.clone(), output.known(at)?.clone())));
            values.extend(known);
        }
        if !text.is_empty() {
            let bytes = unescape(text).ok_or_else(unreadable)?;
            let mut reader = Reader { rest: &bytes };
            reader
                .cells(|reader, column| {
                    let output = self.outputs.get(column);
                    values.insert(
                        output.map_or_else(|| column.to_string(), |output| output.id.clone()),
                        reader.value(1)?,
                    );
                    Some(())
                })
                .ok_or_else(unreadable)?;
        }
        Ok(Row { rule: at.and_then(|at| self.rules.get(at)).cloned(), values })
    }
}

impl Program {
    /// The outputs of each row as the plugin writes them.
    ///
    /// # Errors
    /// When they are not in the plugin's notation.
    pub(super) fn written(&self, findings: &[Finding]) -> Result<Vec<Written>, String> {
        told(findings)?.into_iter().map(|(key, text)| self.written_row(key, &text)).collect()
    }

    fn written_row(&self, key: &str, text: &str) -> Result<Written, String> {
        let mut cells = Written::new();
        for (column, output) in self.outputs.iter().enumerate() {
            if let Some(known) = number(key).and_then(|at| output.known(at)) {
                let mut written = String::new();
                write(&mut written, known, None, 0)?;
                cells.insert(column, written);
            }
        }
        if !text.is_empty() {
            let bytes = unescape(text).ok_or_else(unreadable)?;
            let mut reader = Reader { rest: &bytes };
            reader
                .cells(|reader, column| {
                    let before = reader.rest;
                    reader.value(1)?;
                    let cell = before.get(..before.len().checked_sub(reader.rest.len())?)?;
                    cells.insert(column, std::str::from_utf8(cell).ok()?.to_owned());
                    Some(())
                })
                .ok_or_else(unreadable)?;
        }
        Ok(cells)
    }
}

/// Findings as rows: the key of each and its cells as they are written.
fn told(findings: &[Finding]) -> Result<Vec<(&str, String)>, String> {
    let mut rows: Vec<(&str, String)> = Vec::new();
    for finding in findings {
        let Claim::Derive { key, value: Value::Words(words) } = &finding.claim else {
            return Err(unreadable());
        };
        match (key.as_str(), rows.last_mut()) {
            // Rows of which nothing is to be told that is not known here.
            ("rows", _) => rows.extend(words.iter().map(|row| (&**row, String::new()))),
            ("more", Some((_, so_far))) => so_far.extend(words.iter().map(AsRef::as_ref)),
            (key, _) => rows.push((key, words.iter().map(AsRef::as_ref).collect())),
        }
    }
    Ok(rows)
}

/// The number of a row.
fn number(key: &str) -> Option<usize> {
    key.strip_prefix('r')?.parse().ok()
}

fn unreadable() -> String {
    "the plugin `decision-table` answers in a notation that this version does not know".into()
}

fn fact(given: &Json, uses: &Uses) -> Result<Option<Value>, String> {
    Ok(Some(match given {
        Json::Null => return Ok(None),
        Json::Bool(flag) => Value::Flag(*flag),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Number(number) => match number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < WHOLE_MAX) {
            Some(whole) => Value::Number(whole),
            None => Value::Words([encode(given, uses)?.into()].into()),
        },
        Json::Array(_) | Json::Object(_) => Value::Words([encode(given, uses)?.into()].into()),
    }))
}

fn encode(given: &Json, uses: &Uses) -> Result<String, String> {
    let mut out = String::new();
    write(&mut out, given, Some(uses), 0)?;
    Ok(out)
}

/// Writes a value; of an object only the fields that are used, unless all of it is.
fn write(out: &mut String, value: &Json, uses: Option<&Uses>, depth: usize) -> Result<(), String> {
    if depth > INPUT_DEPTH_MAX {
        return Err(format!("is nested more than {INPUT_DEPTH_MAX} deep"));
    }
    let uses = uses.filter(|uses| !uses.whole);
    match value {
        Json::Null => out.push('z'),
        Json::Bool(flag) => out.push(if *flag { 't' } else { 'f' }),
        Json::Number(number) => write_number(out, number)?,
        Json::String(text) => write_text(out, 's', text),
        Json::Array(items) => {
            write_head(out, 'l', items.len());
            items.iter().try_for_each(|item| write(out, item, uses, depth + 1))?;
        }
        Json::Object(fields) => {
            let used = |name: &str| match uses {
                Some(uses) => uses.fields.get(name).map(Some),
                None => Some(None),
            };
            let used: Vec<_> = fields.iter().filter_map(|(name, field)| Some((name, field, used(name)?))).collect();
            write_head(out, 'c', used.len());
            for (name, field, uses) in used {
                write_text(out, 's', name);
                write(out, field, uses, depth + 1)?;
            }
        }
    }
    Ok(())
}

fn write_number(out: &mut String, number: &Number) -> Result<(), String> {
    if number.as_f64().is_none_or(|n| n.abs() >= NUMBER_MAX) {
        return Err(format!("holds a number that is too large: `{number}`"));
    }
    out.push_str(&format!("n{number};"));
    Ok(())
}

fn write_text(out: &mut String, tag: char, text: &str) {
    write_head(out, tag, text.len());
    out.push_str(text);
}

/// A tag, and how many letters, items or fields follow.
fn write_head(out: &mut String, tag: char, count: usize) {
    out.push(tag);
    out.push_str(itoa::Buffer::new().format(count));
    out.push(':');
}

/// Letters, digits, `-` and `.` stand for themselves, `_` begins a byte in two hexadecimal digits.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('_');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (byte, plain) = part.split_at_checked(2)?;
        let digit = |letter: Option<char>| letter?.to_digit(16);
        let mut digits = byte.chars();
        bytes.push(u8::try_from(digit(digits.next())? * 16 + digit(digits.next())?).ok()?);
        bytes.extend_from_slice(plain.as_bytes());
    }
    Some(bytes)
}

/// Reads the plugin's notation.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > INPUT_DEPTH_MAX {
            return None;
        }
        Some(match self.byte()? {
            b'z' => Json::Null,
            b't' => Json::Bool(true),
            b'f' => Json::Bool(false),
            b'n' => Json::Number(json_number(self.until(b';')?)?),
            // Dates, times and durations: JSON has none, so they are told as FEEL writes them.
            b's' | b'd' | b'u' => Json::String(self.text()?.to_owned()),
            // Intervals are told as FEEL writes them, too; their ends are for the plugin.
            b'r' => {
                let text = self.text()?.to_owned();
                for _ in 0..2 {
                    self.byte().filter(|tag| matches!(tag, b't' | b'f'))?;
                    self.value(depth + 1)?;
                }
                Json::String(text)
            }
            b'l' => {
                let count: usize = self.until(b':')?.parse().ok()?;
                Json::Array((0..count).map(|_| self.value(depth + 1)).collect::<Option<_>>()?)
            }
            b'c' => {
                let count: usize = self.until(b':')?.parse().ok()?;
                let mut fields = Map::new();
                for _ in 0..count {
                    self.byte().filter(|tag| *tag == b's')?;
                    let name = self.text()?.to_owned();
                    fields.insert(name, self.value(depth + 1)?);
                }
                Json::Object(fields)
            }
            _ => return None,
        })
    }

    /// The cells of a row, by the number of their column: `cell` reads each.
    fn cells(&mut self, mut cell: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.byte().filter(|tag| *tag == b'c')?;
        let count: usize = self.until(b':')?.parse().ok()?;
        for _ in 0..count {
            self.byte().filter(|tag| *tag == b's')?;
            let column = self.text()?.parse().ok()?;
            cell(self, column)?;
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn until(&mut self, end: u8) -> Option<&'a str> {
        let at = self.rest.iter().position(|byte| *byte == end)?;
        let (part, rest) = self.rest.split_at_checked(at)?;
        self.rest = rest.get(1..)?;
        std::str::from_utf8(part).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length: usize = self.until(b':')?.parse().ok()?;
        let (part, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(part).ok()
    }
}

fn json_number(digits: &str) -> Option<Number> {
    match digits.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => digits.parse().ok(),
    }
}
