//! Text to tokens.

use super::FeelError;

/// A word, sign or value, and where it begins and ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) at: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    /// A name in backticks: never a keyword.
    Quoted(String),
    Number(String),
    Text(String),
    Sign(&'static str),
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 26] = [
    "..", "**", "!=", "<=", ">=", "->", "(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*", "/", "=", "<", ">",
    "?", "@", "|", ";",
];

/// Names of functions that hold a keyword.
const JOINED: [(&str, &str); 4] = [
    ("date", "date and time"),
    ("days", "days and time duration"),
    ("get", "get or else"),
    ("years", "years and months duration"),
];

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, FeelError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = blank(rest, at)?;
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let (token, length) = token(rest, at)?;
        tokens.push(Spanned { token, at, end: at + length });
        at += length;
    }
    Ok(tokens)
}

/// Bytes of white space or of a comment.
fn blank(rest: &str, at: usize) -> Result<usize, FeelError> {
    if rest.starts_with("//") {
        return Ok(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        let end = rest.find("*/").ok_or_else(|| FeelError::new(at, "a comment has no end"))?;
        return Ok(end + 2);
    }
    Ok(rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len())
}

fn token(rest: &str, at: usize) -> Result<(Token, usize), FeelError> {
    let first = rest.chars().next().unwrap_or_default();
    let second = rest.chars().nth(1).unwrap_or_default();
    match first {
        '"' => text(rest, at),
        '`' => quoted(rest, at),
        '0'..='9' => Ok(number(rest)),
        '.' if second.is_ascii_digit() => Ok(number(rest)),
        first if starts_name(first) => Ok(word(rest)),
        _ => SIGNS
            .iter()
            .find(|sign| rest.starts_with(**sign))
            .map(|sign| (Token::Sign(sign), sign.len()))
            .ok_or_else(|| FeelError::new(at, format!("`{first}` has no meaning in FEEL"))),
    }
}

/// Whether a name may begin with this.
pub(in crate::dmn) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

/// Whether a word of a name may hold this.
pub(in crate::dmn) fn in_name(c: char) -> bool {
    starts_name(c) || c.is_numeric()
}

fn word(rest: &str) -> (Token, usize) {
    let end = rest.find(|c: char| !in_name(c)).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    for (first, name) in JOINED {
        if let Some(length) = (word == first).then(|| joined(rest, name)).flatten() {
            return (Token::Word(name.into()), length);
        }
    }
    (Token::Word(word.into()), end)
}

/// The bytes of `name` at the beginning of `rest`, whatever white space stands between its words.
fn joined(rest: &str, name: &str) -> Option<usize> {
    let mut left = rest;
    for part in name.split(' ') {
        left = left.trim_start().strip_prefix(part)?;
    }
    let ends = !left.starts_with(in_name);
    ends.then_some(rest.len() - left.len())
}

fn number(rest: &str) -> (Token, usize) {
    let digits = |from: usize| {
        let tail = rest.get(from..).unwrap_or_default();
        from + tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len())
    };
    let mut end = digits(0);
    let fraction = rest.get(end..).unwrap_or_default().strip_prefix('.');
    if fraction.is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit())) {
        end = digits(end + 1);
    }
    let exponent = rest.get(end..).unwrap_or_default().strip_prefix(['e', 'E']);
    if let Some(tail) = exponent {
        let sign = usize::from(tail.starts_with(['+', '-']));
        if tail.get(sign..).is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit())) {
            end = digits(end + 1 + sign);
        }
    }
    (Token::Number(rest.get(..end).unwrap_or_default().into()), end)
}

fn quoted(rest: &str, at: usize) -> Result<(Token, usize), FeelError> {
    let name = rest.get(1..).and_then(|tail| tail.split_once('`')).map(|(name, _)| name);
    let name = name.ok_or_else(|| FeelError::new(at, "a name in backticks has no end"))?;
    Ok((Token::Quoted(name.into()), name.len() + 2))
}

fn text(rest: &str, at: usize) -> Result<(Token, usize), FeelError> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((here, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Token::Text(text), here + 1)),
            '\\' => escape(&mut letters, &mut text),
            other => text.push(other),
        }
    }
    Err(FeelError::new(at, "a text has no closing `\"`"))
}

/// What follows a backslash; what is no escape stays as it is written.
fn escape(letters: &mut (impl Iterator<Item = (usize, char)> + Clone), text: &mut String) {
    let digits = match letters.clone().next().map(|(_, letter)| letter) {
        Some('u') => 4,
        Some('U') => 6,
        Some(letter) => {
            letters.next();
            match letter {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                '"' | '\\' | '\'' => text.push(letter),
                other => text.extend(['\\', other]),
            }
            return;
        }
        None => return text.push('\\'),
    };
    match code_point(letters.clone().skip(1).take(digits).map(|(_, letter)| letter), digits) {
        Some(letter) => {
            letters.by_ref().take(digits + 1).for_each(drop);
            text.push(letter);
        }
        None => text.push('\\'),
    }
}

fn code_point(letters: impl Iterator<Item = char>, digits: usize) -> Option<char> {
    let hex: String = letters.take_while(char::is_ascii_hexdigit).collect();
    (hex.len() == digits).then(|| u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)).flatten()
}
