//! Slips of writing that make a file no TOML: what an author meant, and how it is written.

use std::ops::Range;

use maple_kernel::Day;

/// What the parser says of a key that stands twice.
pub(crate) const TWICE: &str = "duplicate key";

/// Words that begin an effect, of which a rule may have several.
const EFFECTS: [&str; 10] =
    ["offer", "prefer", "require-first", "forbid", "forbid-class", "duty", "clock", "signal", "derive", "refer"];

/// A slip in plain words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    /// The bytes that are wrong.
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) advice: String,
}

impl Slip {
    fn new(at: Range<usize>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { at, message: message.into(), advice: advice.into() }
    }
}

/// What the author of a text did who meets this fault of the parser; nothing where that cannot be told.
pub(crate) fn slip(text: &str, span: &Range<usize>, said: &str) -> Option<Slip> {
    let at = floor(text, span.start.min(text.len()));
    let line = Line::around(text, at);
    if said == TWICE {
        return twice(text, span, &line);
    }
    line.head()
        .or_else(|| unclosed(text, &line, at))
        .or_else(|| line.open_quote(said))
        .or_else(|| line.foreign(at))
        .or_else(|| line.day(at))
        .or_else(|| line.compared(at))
        .or_else(|| line.colon(at))
        .or_else(|| line.braces(at))
        .or_else(|| line.bare(at, said))
        .or_else(|| comma(span, said))
}

/// A comma too few or too many.
fn comma(span: &Range<usize>, said: &str) -> Option<Slip> {
    let (message, advice) = if said.starts_with("missing comma") {
        ("a comma is missing before this", "write `,` between the two")
    } else if said.starts_with("extra comma") {
        ("this comma stands before nothing or after nothing", "take it out")
    } else {
        return None;
    };
    Some(Slip::new(span.clone(), message, advice))
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The characters of a text that stand in no quotes and no remark, with their places. Single quotes end with their line.
fn bare(text: &str) -> Vec<(usize, char)> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some((rest, c)) = text.get(at..).and_then(|rest| Some((rest, rest.chars().next()?))) {
        at += match c {
            '"' | '\'' => quoted(rest, c).0,
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                out.push((at, c));
                c.len_utf8()
            }
        };
    }
    out
}

/// How many bytes a text in quotes has, with them, and whether it is closed; it begins with one.
fn quoted(text: &str, quote: char) -> (usize, bool) {
    let three: String = [quote; 3].iter().collect();
    if let Some(inner) = text.strip_prefix(&three) {
        return inner.find(&three).map_or((text.len(), false), |end| (end + 2 * three.len(), true));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return (at, false),
            c if c == quote && !escaped => return (at + 1, true),
            c => escaped = quote == '"' && c == '\\' && !escaped,
        }
    }
    (text.len(), false)
}

/// The line that a fault lies on.
struct Line<'t> {
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, at: usize) -> Self {
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let rest = text.get(start..).unwrap_or("");
        Self { start, text: rest.lines().next().unwrap_or("") }
    }

    fn before(&self, at: usize) -> &'t str {
        self.text.get(..at.saturating_sub(self.start)).unwrap_or(self.text)
    }

    fn after(&self, at: usize) -> &'t str {
        self.text.get(at.saturating_sub(self.start)..).unwrap_or("")
    }

    /// The stretch around a place whose characters all fit.
    fn token(&self, at: usize, fits: impl Fn(char) -> bool) -> (Range<usize>, &'t str) {
        let before = self.before(at);
        let start = before.len() - before.chars().rev().take_while(|c| fits(*c)).map(char::len_utf8).sum::<usize>();
        let end = before.len() + self.after(at).chars().take_while(|c| fits(*c)).map(char::len_utf8).sum::<usize>();
        (self.start + start..self.start + end, self.text.get(start..end).unwrap_or(""))
    }

    /// `[[rule]`.
    fn head(&self) -> Option<Slip> {
        let text = self.text.trim();
        let name = text.strip_prefix("[[")?.trim_end_matches(']');
        let fits = !name.is_empty() && name.chars().all(is_key) && !text.ends_with("]]");
        let start = self.start + self.text.find('[')?;
        let message = format!("the line `{text}` has not as many brackets behind the name as before it");
        fits.then(|| Slip::new(start..start + text.len(), message, format!("write `[[{name}]]`")))
    }

    /// A text that begins on this line and does not end.
    fn open_quote(&self, said: &str) -> Option<Slip> {
        if !["invalid basic string", "invalid literal string"].iter().any(|begin| said.starts_with(begin)) {
            return None;
        }
        let mut at = 0;
        while let Some((rest, c)) = self.text.get(at..).and_then(|rest| Some((rest, rest.chars().next()?))) {
            at += match c {
                '"' | '\'' => match quoted(rest, c) {
                    (bytes, true) => bytes,
                    (_, false) => {
                        let place = self.start + at;
                        let message = format!("the text that begins here has no `{c}` at its end");
                        return Some(Slip::new(place..place + 1, message, format!("write `{c}` where it ends")));
                    }
                },
                '#' => return None,
                _ => c.len_utf8(),
            };
        }
        None
    }

    /// Quotes and punctuation of a Chinese keyboard, or of a word processor.
    fn foreign(&self, at: usize) -> Option<Slip> {
        let (offset, odd) = bare(self.text).into_iter().find(|(_, c)| plain(*c).is_some())?;
        let place = self.start + offset;
        let between = self.text.get(at.checked_sub(self.start)?.min(offset)..offset)?;
        let reached = at >= place || between.chars().all(|c| is_key(c) || c == ' ');
        if !reached {
            return None;
        }
        let straight = plain(odd)?;
        if straight != "\"" {
            let message = format!("`{odd}` is a mark of Chinese writing; policy files know only the plain one");
            let name = if straight == " " { "a plain space".to_owned() } else { format!("`{straight}`") };
            let advice = format!("write {name} instead, with the keyboard set to English");
            return Some(Slip::new(place..place + odd.len_utf8(), message, advice));
        }
        let rest = self.text.get(offset + odd.len_utf8()..).unwrap_or("");
        let inner = rest.split(|c| plain(c) == Some("\"") || c == '"').next().unwrap_or("");
        let closed = inner.len() < rest.len() && inner.chars().count() <= 40;
        let example = if closed { inner } else { "…" };
        let message = format!("`{odd}` is a curly quote; a text stands between straight ones");
        Some(Slip::new(place..place + odd.len_utf8(), message, format!("write \"{example}\"")))
    }

    /// A day in another manner: `2024-2-1`, `2024年2月1日`, `01.02.2024`.
    fn day(&self, at: usize) -> Option<Slip> {
        let (range, token) = self.token(at, |c| c.is_ascii_digit() || "-./年月日号".contains(c));
        let numbers: Vec<&str> = token.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
        let [first, middle, last] = numbers[..] else { return None };
        let (year, days) = match (first.len(), last.len()) {
            (4, 1 | 2) => (first, last),
            (1 | 2, 4) => (last, first),
            _ => return None,
        };
        let mut parts = (year.parse::<i16>().ok()?, middle.parse::<i8>().ok()?, days.parse::<i8>().ok()?);
        let swapped = token.contains('/') && last.len() == 4;
        if Day::new(parts.0, parts.1, parts.2).is_none() && last.len() == 4 {
            parts = (parts.0, parts.2, parts.1);
        }
        let message = format!("`{token}` is not a day as policy files write it: year, month and day");
        let advice = match Day::new(parts.0, parts.1, parts.2) {
            Some(day) if !swapped => format!("write {day}, without quotes"),
            Some(_) => format!("write the year first, like {year}-01-31, without quotes"),
            None => format!("the calendar has no such day; write one like {year}-01-31, without quotes"),
        };
        Some(Slip::new(range, message, advice))
    }

    /// `amount > 100`.
    fn compared(&self, at: usize) -> Option<Slip> {
        let sign = |c: char| matches!(c, '<' | '>' | '=' | '!' | '≥' | '≤');
        let (range, found) = self.token(at, sign);
        let key = key_before(self.before(range.start))?;
        let rest = self.after(range.end).trim_start();
        let value = rest.split([',', '}', ' ', '#']).next().unwrap_or("").trim_matches('"');
        let whole = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let value = if whole || value.is_empty() { value.to_owned() } else { format!("\"{value}\"") };
        let value = if value.is_empty() { "…".to_owned() } else { value };
        let word = match found {
            ">" => "above",
            ">=" | "≥" | "=>" => "min",
            "<" => "below",
            "<=" | "≤" | "=<" => "max",
            "==" => {
                let advice = "write one `=`";
                return Some(Slip::new(range, format!("`{key}` is followed by two `=`"), advice));
            }
            "!=" => {
                let advice = format!("write `not = {{ {key} = … }}`");
                return Some(Slip::new(range, "policy files know no sign `!=`", advice));
            }
            _ => return None,
        };
        let message = format!("policy files know no sign `{found}`: a comparison is said in a word");
        Some(Slip::new(range, message, format!("write `{key} = {{ {word} = {value} }}`")))
    }

    /// `basis: [...]`.
    fn colon(&self, at: usize) -> Option<Slip> {
        let (range, found) = self.token(at, |c| c == ':');
        let key = key_before(self.before(range.start)).filter(|_| found == ":")?;
        Some(Slip::new(range, format!("`{key}` is followed by `:`"), format!("write `{key} = …`")))
    }

    /// `then = { { … } }`.
    fn braces(&self, at: usize) -> Option<Slip> {
        let before = self.before(at).trim_end();
        let key = key_before(before.strip_suffix('{')?.trim_end().strip_suffix('=')?)?;
        let inner = self.after(at).starts_with('{') && matches!(key, "then" | "either" | "any" | "warn");
        let message = format!("`{key}` is a list, and lists stand in square brackets");
        let advice = format!("write `{key} = [ {{ … }} ]`");
        inner.then(|| Slip::new(at..at + 1, message, advice))
    }

    /// A text without quotes.
    fn bare(&self, at: usize, said: &str) -> Option<Slip> {
        if !said.contains("must be quoted") && !said.starts_with("invalid boolean") {
            return None;
        }
        let (range, token) = self.token(at, |c| !c.is_whitespace() && !",]}=#\"'[{".contains(c));
        if token.is_empty() || token.chars().count() > 60 {
            return None;
        }
        let small = token.to_lowercase();
        if matches!(&*small, "true" | "false") {
            let message = format!("`{token}` is written in small letters");
            return Some(Slip::new(range, message, format!("write {small}, without quotes")));
        }
        let flag = match small.as_str() {
            "yes" | "是" => Some("true"),
            "no" | "否" => Some("false"),
            _ => None,
        };
        let message = format!("`{token}` stands without quotes");
        let advice = match flag {
            Some(flag) => format!("write {flag} if it is yes or no, or \"{token}\" if it is a word"),
            None => format!("write \"{token}\""),
        };
        Some(Slip::new(range, message, advice))
    }
}

/// The plain mark that was meant by one of another keyboard.
fn plain(odd: char) -> Option<&'static str> {
    Some(match odd {
        '“' | '”' | '„' | '‟' | '‘' | '’' | '「' | '」' | '『' | '』' | '《' | '》' | '«' | '»' | '＂' | '＇' => {
            "\""
        }
        '，' | '、' | '；' => ",",
        '＝' | '：' => "=",
        '。' | '．' => ".",
        '［' | '【' | '〔' => "[",
        '］' | '】' | '〕' => "]",
        '｛' => "{",
        '｝' => "}",
        '（' => "(",
        '）' => ")",
        '＃' => "#",
        '－' | '—' | '–' => "-",
        '＿' => "_",
        '\u{3000}' | '\u{a0}' => " ",
        _ => return None,
    })
}

const fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The key that a text ends with.
fn key_before(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let quoted = text.strip_suffix('"').and_then(|rest| rest.rsplit('"').next());
    let key = quoted.unwrap_or_else(|| text.rsplit(|c| !is_key(c)).next().unwrap_or(""));
    (!key.is_empty()).then_some(key)
}

/// A key that stands twice, named.
fn twice(text: &str, span: &Range<usize>, line: &Line<'_>) -> Option<Slip> {
    let key = text.get(span.clone())?.trim_matches(['"', '\'']);
    let alone = line.before(span.start).trim().is_empty();
    let advice = if EFFECTS.contains(&key) {
        format!("an effect does one thing; write two: `[ {{ {key} = … }}, {{ {key} = … }} ]`")
    } else if line.before(span.start).trim_start().starts_with('[') {
        "write what belongs to it under the first one".to_owned()
    } else if alone {
        "keep one of the two; where a new entry begins, its line in double brackets, like `[[rule]]`, is missing above"
            .to_owned()
    } else {
        format!("keep one of the two; if either will do, write a list: `{key} = [ …, … ]`")
    };
    Some(Slip::new(span.clone(), format!("`{key}` is written twice in one table"), advice))
}

/// A bracket that is still open where the next rule or key begins, or the file ends: told where it was opened.
fn unclosed(text: &str, line: &Line<'_>, at: usize) -> Option<Slip> {
    let begun = line.text.trim_start();
    let key = begun.find(|c| !is_key(c)).and_then(|end| begun.split_at_checked(end));
    let next_key = key.is_some_and(|(key, rest)| !key.is_empty() && rest.trim_start().starts_with('='));
    let head = begun.starts_with("[[") || begun.strip_prefix('[').is_some_and(|rest| rest.starts_with(is_key));
    let ends = text.get(at..).unwrap_or("").trim().is_empty();
    let mut open: Vec<(usize, char)> = Vec::new();
    let until = if ends { text.len() } else { line.start };
    for (place, c) in bare(text.get(..until)?) {
        match c {
            '[' | '{' => open.push((place, c)),
            ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    let (place, bracket) = open.last().copied()?;
    if !(ends || head || next_key && bracket == '[') {
        return None;
    }
    let close = if bracket == '[' { ']' } else { '}' };
    let message = format!("the `{bracket}` here is not closed");
    Some(Slip::new(place..place + 1, message, format!("write `{close}` where it ends")))
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    fn told(text: &str) -> (String, String, String) {
        let (_, errors) = DeTable::parse_recoverable(text);
        let end = text.len();
        let first = errors.iter().min_by_key(|e| e.span().map_or(end, |span| span.start)).expect("a fault");
        let span = first.span().unwrap_or(end..end);
        match slip(text, &span, first.message()) {
            Some(slip) => (text[slip.at].to_owned(), slip.message, slip.advice),
            None => (String::new(), format!("unknown: {} at {span:?}", first.message()), String::new()),
        }
    }

    #[test]
    fn each_slip_is_told_where_it_is_with_the_way_out() {
        let rows = [
            ("kind = “contract.sale”\n", "“", "curly quote", "write \"contract.sale\""),
            ("kind = ‘买卖’\n", "‘", "curly quote", "write \"买卖\""),
            ("when = { kind = \"a\"，amount = 1 }\n", "，", "`，` is a mark", "write `,` instead"),
            ("id ＝ \"a\"\n", "＝", "`＝` is a mark", "write `=` instead"),
            ("then =【1】\n", "【", "`【` is a mark", "write `[` instead"),
            ("id = \"a\nsummary = 1\n", "\"", "has no `\"` at its end", "write `\"`"),
            ("id = \"a”\nsummary = 1\n", "\"", "has no `\"` at its end", "write `\"`"),
            ("then = [{ a = 1 } { b = 2 }]\n", "", "a comma is missing before", "write `,`"),
            ("then = [{ , a = 1 }]\n", "", "this comma", "take it out"),
            ("[[rule]\nid = 1\n", "[[rule]", "not as many brackets", "write `[[rule]]`"),
            ("basis: [\"a\"]\n", ":", "`basis` is followed by `:`", "write `basis = …`"),
            ("when = { kind: \"a\" }\n", ":", "`kind` is followed by `:`", "write `kind = …`"),
            ("from = 2024-2-1\n", "2024-2-1", "`2024-2-1` is not a day", "write 2024-02-01, without"),
            ("from = 2024年2月1日\n", "2024年2月1日", "is not a day", "write 2024-02-01"),
            ("from = 01.02.2024\n", "01.02.2024", "is not a day", "write 2024-02-01"),
            ("from = 2024/2/1\n", "2024/2/1", "is not a day", "write 2024-02-01"),
            ("from = 2/1/2024\n", "2/1/2024", "is not a day", "write the year first, like 2024-01-31"),
            ("from = 2024-2-30\n", "2024-2-30", "is not a day", "no such day"),
            ("when = { amount > 100 }\n", ">", "no sign `>`", "`amount = { above = 100 }`"),
            ("when = { amount >= 100.50 }\n", ">=", "no sign `>=`", "`amount = { min = \"100.50\" }`"),
            ("when = { amount <= 9 }\n", "<=", "no sign `<=`", "`amount = { max = 9 }`"),
            ("when = { kind == \"a\" }\n", "==", "two `=`", "write one `=`"),
            ("then = { { offer = \"a\" } }\n", "{", "`then` is a list", "`then = [ { … } ]`"),
            ("kind = contract.sale\n", "contract.sale", "without quotes", "write \"contract.sale\""),
            ("floor = True\n", "True", "small letters", "write true, without"),
            ("floor = 是\n", "是", "without quotes", "write true if it is yes or no"),
            ("id = \"a\"\nid = \"b\"\n", "id", "`id` is written twice", "`[[rule]]`, is missing"),
            ("when = { kind = 1, kind = 2 }\n", "kind", "`kind` is written twice", "`kind = [ …, … ]`"),
            ("then = [{ offer = 1, offer = 2 }]\n", "offer", "`offer` is written twice", "write two"),
            ("then = [ { a = 1 },\n\n[[rule]]\nid = 1\n", "[", "the `[` here is not closed", "write `]`"),
            ("basis = [\"a\"\nfloor = true\n", "[", "the `[` here is not closed", "write `]`"),
            ("basis = [\"a\", ", "[", "the `[` here is not closed", "write `]`"),
        ];
        let wrong: Vec<_> = rows
            .iter()
            .filter_map(|(text, at, message, advice)| {
                let told = told(text);
                let right = told.0 == *at && told.1.contains(message) && told.2.contains(advice);
                (!right).then(|| format!("{text}    {told:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn marks_inside_texts_and_remarks_are_no_slips() {
        let text = "title = \"买，卖“x”\" # 好，的\nid 1\n";
        assert_eq!(told(text).0, "");
        assert_eq!(told("a = \"\"\"\n[ “ \n\"\"\"\n[b]\nid 1\n").0, "", "texts of several lines are left alone");
        assert_eq!(told("title = { { zh = 1 } }\n").0, "", "only what is a list is told to be one");
        assert_eq!(bare("a \"b\\\"c\" d # e").iter().map(|(_, c)| c).collect::<String>(), "a  d ");
    }
}
