//! The members of a small JSON object, every bad one named.

use maple_wire::{Flaw, FlawCode, Problem, ProblemKind, nearest};
use serde_json::{Map, Value};

/// Reads the members of an object; what is wrong with them is told together at the end.
pub(super) struct Fields {
    given: Map<String, Value>,
    known: &'static [&'static str],
    flaws: Vec<Flaw>,
}

impl Fields {
    /// The members of a body, all of which have one of these names.
    pub(super) fn read(body: &[u8], known: &'static [&'static str]) -> Result<Self, Problem> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let en = format!("the body is no JSON: line {line}, column {column}");
            Problem::new(ProblemKind::InvalidJson, en, format!("正文不是JSON：第{line}行第{column}列"))
        })?;
        let Value::Object(given) = value else {
            let flaw = Flaw::new(
                String::new(),
                FlawCode::WrongType,
                "the body is an object in braces".to_owned(),
                "正文应为花括号括起的对象".to_owned(),
            );
            return Err(Problem::with_errors(ProblemKind::InvalidRequest, vec![flaw], 1));
        };
        let mut fields = Self { given, known, flaws: Vec::new() };
        let strange: Vec<String> =
            fields.given.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        for name in strange {
            let all = known.join(", ");
            let hint = nearest(&name, known.iter().copied())
                .map_or_else(|| format!("the fields are {all}"), |hint| format!("did you mean `{hint}`?"));
            let shown: String = name.chars().take(64).collect();
            fields.flaw(
                &shown,
                FlawCode::UnknownField,
                format!("there is no field `{}` here; {hint}", shown.escape_debug()),
                format!("此处没有这一字段；可用字段：{all}"),
            );
        }
        Ok(fields)
    }

    pub(super) fn flaw(&mut self, name: &str, code: FlawCode, en: String, zh: String) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.flaws.push(Flaw::new(pointer, code, en, zh));
    }

    fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(self.known.contains(&name));
        self.given.get(name).filter(|value| !value.is_null())
    }

    /// True when the member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text of at most so many bytes.
    pub(super) fn text(&mut self, name: &str, max: usize) -> Option<String> {
        match self.get(name)? {
            Value::String(text) if text.len() <= max => return Some(text.clone()),
            Value::String(text) => {
                let bytes = text.len();
                let en = format!("`{name}` has {bytes} bytes, at most {max}");
                self.flaw(name, FlawCode::TooLong, en, format!("{name}有{bytes}字节，最多{max}字节"));
            }
            _ => self.wrong(name, "a text", "文本"),
        }
        None
    }

    /// A text that must be there and hold something.
    pub(super) fn needed(&mut self, name: &str, max: usize) -> String {
        if !self.has(name) {
            self.flaw(name, FlawCode::Missing, format!("`{name}` is missing"), format!("缺少{name}"));
            return String::new();
        }
        let before = self.flaws.len();
        let text = self.text(name, max).unwrap_or_default();
        if text.trim().is_empty() && self.flaws.len() == before {
            self.flaw(name, FlawCode::BadFormat, format!("`{name}` is empty"), format!("{name}为空"));
        }
        text
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(name, "true or false", "true或false");
                false
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, name: &str, min: u64, max: u64) -> Option<u64> {
        match self.get(name)?.as_u64().filter(|number| (min..=max).contains(number)) {
            Some(number) => Some(number),
            None => {
                let en = format!("`{name}` is a whole number from {min} to {max}");
                self.flaw(name, FlawCode::OutOfRange, en, format!("{name}应为{min}至{max}的整数"));
                None
            }
        }
    }

    /// A number that is not negative.
    pub(super) fn share(&mut self, name: &str, max: f64) -> Option<f64> {
        match self.get(name)?.as_f64().filter(|number| (0.0..=max).contains(number)) {
            Some(number) => Some(number),
            None => {
                let en = format!("`{name}` is a number from 0 to {max}");
                self.flaw(name, FlawCode::OutOfRange, en, format!("{name}应为0至{max}的数"));
                None
            }
        }
    }

    /// The members of an object within, with its own names.
    pub(super) fn within(&mut self, name: &str, known: &'static [&'static str]) -> Option<Self> {
        let value = self.get(name)?.clone();
        match Self::read(value.to_string().as_bytes(), known) {
            Ok(fields) => Some(fields),
            Err(_) => {
                self.wrong(name, "an object in braces", "花括号括起的对象");
                None
            }
        }
    }

    /// Takes over what was wrong within a member.
    pub(super) fn take(&mut self, name: &str, inner: Self) {
        for flaw in inner.flaws {
            self.flaws.push(Flaw { pointer: format!("/{name}{}", flaw.pointer), ..flaw });
        }
    }

    fn wrong(&mut self, name: &str, en: &str, zh: &str) {
        self.flaw(name, FlawCode::WrongType, format!("`{name}` is {en}"), format!("{name}应为{zh}"));
    }

    /// What was wrong, if anything was.
    pub(super) fn end(self) -> Result<(), Problem> {
        let count = self.flaws.len();
        if count == 0 { Ok(()) } else { Err(Problem::with_errors(ProblemKind::InvalidRequest, self.flaws, count)) }
    }
}
