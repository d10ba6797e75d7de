//! JSON as it was written: numbers as text, repeated members kept, depth and size bounded.
//!
//! An amount must never pass through a float, a repeated member must be told and not silently overwritten, and a
//! syntax error must name its line: that is why this room reads JSON itself. A property test holds the reader against
//! `serde_json`.

use std::{borrow::Cow, ops::Range};

use crate::problem::{Flaw, FlawCode};

/// How deep arrays and objects may be nested.
pub const DEPTH_MAX: usize = 16;
/// How many values one document may hold.
pub const VALUES_COUNT_MAX: usize = 20_000;

/// A JSON value that borrows from the text it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Flag(bool),
    /// As written.
    Number(&'a str),
    Text(Cow<'a, str>),
    Items(Vec<Json<'a>>),
    /// As written: in order, repeated names included.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// What it is, in English and Chinese.
    pub(crate) const fn sort(&self) -> (&'static str, &'static str) {
        match self {
            Self::Null => ("null", "null"),
            Self::Flag(_) => ("a yes-or-no value", "布尔值"),
            Self::Number(_) => ("a number", "数字"),
            Self::Text(_) => ("a text", "文本"),
            Self::Items(_) => ("a list", "列表"),
            Self::Object(_) => ("an object", "对象"),
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one document; the flaw says where the text stops being JSON, and why.
pub(crate) fn read(bytes: &[u8]) -> Result<Json<'_>, Box<Flaw>> {
    let text = std::str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(bytes, error.valid_up_to())))?;
    let mut reader = Reader { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, values: 0 };
    let read = reader.value(0).and_then(|json| {
        reader.space();
        match reader.peek() {
            None => Ok(json),
            Some(_) => Err(reader.wrong("the document ends here, but more text follows", "文档到此结束，其后还有内容")),
        }
    });
    read.map_err(|stop| Box::new(stop.flaw(text)))
}

fn not_utf8(bytes: &[u8], at: usize) -> Flaw {
    let (line, column) = place(bytes.get(..at).unwrap_or_default());
    let flaw = Flaw::new(
        String::new(),
        FlawCode::InvalidUtf8,
        format!("line {line}, column {column}: the text is not UTF-8; save or send it as UTF-8"),
        format!("第{line}行第{column}列：文本不是UTF-8编码，请改用UTF-8保存或发送"),
    );
    Flaw { at: counted(line, column), ..flaw }
}

fn counted(line: usize, column: usize) -> Option<(u32, u32)> {
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

/// Line and column of what follows, both from 1, columns in characters.
fn place(before: &[u8]) -> (usize, usize) {
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let starts_character = |b: &&u8| **b & 0xC0 != 0x80;
    (line, before.get(line_start..).unwrap_or_default().iter().filter(starts_character).count() + 1)
}

/// Where reading stopped, and why.
struct Stop {
    at: usize,
    code: FlawCode,
    en: Cow<'static, str>,
    zh: Cow<'static, str>,
}

impl Stop {
    #[cold]
    fn flaw(self, text: &str) -> Flaw {
        let (line, column) = place(text.as_bytes().get(..self.at).unwrap_or_default());
        let (en, zh) = (self.en, self.zh);
        let (en, zh) = (format!("line {line}, column {column}: {en}"), format!("第{line}行第{column}列：{zh}"));
        Flaw { at: counted(line, column), ..Flaw::new(String::new(), self.code, en, zh) }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    #[cold]
    fn wrong(&self, en: &'static str, zh: &'static str) -> Stop {
        Stop { at: self.at, code: FlawCode::NotJson, en: en.into(), zh: zh.into() }
    }

    #[cold]
    fn too_much(&self, code: FlawCode, en: String, zh: String) -> Stop {
        Stop { at: self.at, code, en: en.into(), zh: zh.into() }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, Stop> {
        self.space();
        self.values += 1;
        if self.values > VALUES_COUNT_MAX {
            return Err(self.too_much(
                FlawCode::TooMany,
                format!("the document holds more than {VALUES_COUNT_MAX} values"),
                format!("文档中的值超过{VALUES_COUNT_MAX}个"),
            ));
        }
        match self.peek() {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.items(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn enter(&mut self, depth: usize) -> Result<(), Stop> {
        if depth >= DEPTH_MAX {
            return Err(self.too_much(
                FlawCode::TooDeep,
                format!("brackets are nested deeper than {DEPTH_MAX} levels"),
                format!("括号嵌套超过{DEPTH_MAX}层"),
            ));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, Stop> {
        self.enter(depth)?;
        let mut members = Vec::new();
        if self.took(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a field name in double quotes is needed here", "此处应为双引号括起的字段名"));
            }
            let name = self.string()?;
            self.space();
            if !self.took(b':') {
                return Err(self.wrong("`:` is needed after the field name", "字段名之后应为“:”"));
            }
            let value = self.value(depth + 1)?;
            members.push((name, value));
            self.space();
            if self.took(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.took(b',') {
                return Err(self.wrong("`,` or `}` is needed here", "此处应为“,”或“}”"));
            }
        }
    }

    fn items(&mut self, depth: usize) -> Result<Json<'a>, Stop> {
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.took(b']') {
            return Ok(Json::Items(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.took(b']') {
                return Ok(Json::Items(items));
            }
            if !self.took(b',') {
                return Err(self.wrong("`,` or `]` is needed here", "此处应为“,”或“]”"));
            }
        }
    }

    fn took(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Result<Json<'a>, Stop> {
        let rest = self.slice(self.at..self.text.len());
        let words = [("true", Json::Flag(true)), ("false", Json::Flag(false)), ("null", Json::Null)];
        for (word, json) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(json);
            }
        }
        Err(self.no_value(rest))
    }

    #[cold]
    fn no_value(&self, rest: &str) -> Stop {
        let starts = |words: &[&str]| words.iter().any(|w| rest.starts_with(w));
        if rest.is_empty() {
            self.wrong("the document ends where a value is needed", "文档在需要值的地方结束了")
        } else if starts(&["NaN", "Infinity", "+", "."]) {
            self.wrong(
                "JSON has no such number; leave the field out when it is not known",
                "JSON没有这种数字；未知时请省略该字段",
            )
        } else if starts(&["'"]) {
            self.wrong("texts stand in double quotes", "文本须用双引号括起")
        } else if starts(&["]", "}"]) {
            self.wrong("a value is needed here; is there a comma too many?", "此处缺少值，是否多写了逗号")
        } else if starts(&["True", "False", "None", "undefined"]) {
            self.wrong("write `true`, `false` or `null`", "请写true、false或null")
        } else {
            self.wrong("a value is needed here", "此处应为一个值")
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Json<'a>, Stop> {
        let start = self.at;
        self.took(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 {
            return Err(self.wrong("a digit is needed after `-`", "“-”之后应为数字"));
        }
        if leading_zero && whole > 1 {
            return Err(self.wrong("a number does not begin with 0", "数字不能以0开头"));
        }
        if self.took(b'.') && self.digits() == 0 {
            return Err(self.wrong("a digit is needed after the point", "小数点之后应为数字"));
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if !self.took(b'-') {
                self.took(b'+');
            }
            if self.digits() == 0 {
                return Err(self.wrong("a digit is needed in the exponent", "指数部分应为数字"));
            }
        }
        Ok(Json::Number(self.slice(start..self.at)))
    }

    /// Reads a string from its opening quote; borrows it when it holds no escape.
    fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        self.at += 1;
        let mut owned: Option<String> = None;
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let part = self.slice(start..self.at);
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(part),
                        Some(text) => Cow::Owned(text + part),
                    });
                }
                Some(b'\\') => {
                    let text = owned.get_or_insert_default();
                    text.push_str(self.slice(start..self.at));
                    text.push(self.escape()?);
                    start = self.at;
                }
                Some(0..=0x1F) => {
                    return Err(self.wrong(
                        "a text holds a line break or control character; escape it",
                        "文本中含未转义的控制字符",
                    ));
                }
                Some(_) => self.at += 1,
                None => return Err(self.wrong("the document ends inside a text", "文档在文本中间结束了")),
            }
        }
    }

    /// Reads one escape from its backslash.
    fn escape(&mut self) -> Result<char, Stop> {
        self.at += 1;
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("no such escape", "没有这种转义")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// Reads `uXXXX`, and the second half of a pair where the first is one.
    fn unicode(&mut self) -> Result<char, Stop> {
        let first = self.hex()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            let second = if self.slice(self.at..self.at + 2) == "\\u" {
                self.at += 1;
                self.hex()?
            } else {
                0
            };
            if !(0xDC00..0xE000).contains(&second) {
                return Err(self.wrong("half a character: its second half is missing", "字符转义不完整"));
            }
            0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.wrong("half a character: its first half is missing", "字符转义不完整"))
    }

    fn hex(&mut self) -> Result<u32, Stop> {
        let digits = self.slice(self.at + 1..self.at + 5);
        if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(self.wrong("`\\u` needs four hexadecimal digits", "“\\u”之后应为四位十六进制数字"));
        }
        self.at += 5;
        u32::from_str_radix(digits, 16)
            .map_err(|_| self.wrong("`\\u` needs four hexadecimal digits", "“\\u”之后应为四位十六进制数字"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn value(json: &Json<'_>) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Flag(flag) => Value::Bool(*flag),
            Json::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String((*text).into())),
            Json::Text(text) => Value::String(text.to_string()),
            Json::Items(items) => Value::Array(items.iter().map(value).collect()),
            Json::Object(members) => Value::Object(members.iter().map(|(k, v)| (k.to_string(), value(v))).collect()),
        }
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,6}", inner), 0..6).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(document in document(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
            let text = text.unwrap();
            let theirs: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(value(&read(text.as_bytes()).unwrap()), theirs);
        }

        #[test]
        fn refuses_what_serde_json_refuses(text in r#"[\[\]{}:,"\\u0-9a-fA-F.eE+\- tnl\n]{0,24}"#) {
            let theirs = serde_json::from_str::<Value>(&text);
            match read(text.as_bytes()) {
                // A number beyond a float is JSON; `serde_json` gives up on it.
                Ok(_) => prop_assert!(theirs.is_ok() || theirs.unwrap_err().to_string().contains("out of range")),
                Err(_) => prop_assert!(theirs.is_err()),
            }
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
        }
    }

    #[track_caller]
    fn refused(text: impl AsRef<[u8]>, code: FlawCode, said: &str) {
        let flaw = read(text.as_ref()).unwrap_err();
        assert_eq!(flaw.code, code, "{flaw:?}");
        assert!(flaw.detail.contains(said), "{flaw:?}");
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        use FlawCode::{InvalidUtf8, NotJson, TooDeep, TooMany};
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let many = |count: usize| format!("[{}]", vec!["0"; count - 1].join(","));
        assert!(read(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert!(read(many(VALUES_COUNT_MAX).as_bytes()).is_ok());
        assert!(read("\u{feff}{}".as_bytes()).is_ok());
        for (text, code, said) in [
            (deep(DEPTH_MAX + 1), TooDeep, "deeper than 16"),
            ("[".repeat(100_000), TooDeep, "line 1, column 17"),
            ("{\"a\":".repeat(100_000), TooDeep, "deeper"),
            (many(VALUES_COUNT_MAX + 1), TooMany, "more than 20000 values"),
            (String::new(), NotJson, "ends where a value is needed"),
            ("{\n  \"a\": NaN }".into(), NotJson, "line 2, column 8: JSON has no such number"),
            ("{\"a\": 1,}".into(), NotJson, "a field name in double quotes"),
            ("[1,]".into(), NotJson, "a comma too many"),
            ("{'a': 1}".into(), NotJson, "a field name in double quotes"),
            ("['a']".into(), NotJson, "double quotes"),
            ("{\"a\": True}".into(), NotJson, "`true`"),
            ("{} {}".into(), NotJson, "more text follows"),
            ("01".into(), NotJson, "begin with 0"),
            ("\"\\ud800\"".into(), NotJson, "half a character"),
            ("\"a\nb\"".into(), NotJson, "control character"),
            ("\"调解".into(), NotJson, "line 1, column 4: the document ends inside a text"),
        ] {
            refused(text, code, said);
        }
        refused(b"{\"a\": \"\xff\"}", InvalidUtf8, "column 8: the text is not UTF-8");
    }

    #[test]
    fn keeps_numbers_and_repeats_as_written() {
        let read = read(br#"{"a":0.10,"a":1e400}"#).unwrap();
        assert_eq!(read, Json::Object(vec![("a".into(), Json::Number("0.10")), ("a".into(), Json::Number("1e400"))]));
    }
}
