//! Changes what cases expect in the text of a policy file, and nothing else: comments, order and layout stay.

use maple_kernel::Day;
use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, TableLike, Value};

/// What stands in for an expectation that is not written yet, so that the case can be decided at all.
const STAND_IN: (&str, &str) = ("outcome", "route");

/// A value of `expect` as it is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// One word.
    Word(String),
    /// A list of words; one that stood alone without brackets stays so.
    Words(Vec<String>),
    /// Clocks with their last days.
    Days(Vec<(String, Day)>),
}

/// What one case is to expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The name of the case.
    pub case: String,
    /// The keys of `expect` that change: their new value, or `None` for a key that goes.
    pub keys: Vec<(&'static str, Option<Written>)>,
}

/// Why a text cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The text is not TOML.
    #[error("the file is not TOML: {0}")]
    Syntax(String),
    /// A case is not there.
    #[error("there is no case `{0}` in the file")]
    NoCase(String),
}

/// The text with other expectations.
///
/// # Errors
/// When the text is not TOML, or has no case of a name.
pub fn rewrite(text: &str, changes: &[Rewrite]) -> Result<String, RewriteError> {
    let mut document = parse(text)?;
    for change in changes {
        let mut found = false;
        each_case(&mut document, |name, case| {
            if name == change.case {
                found = true;
                rewrite_case(case, &change.keys);
            }
        });
        if !found {
            return Err(RewriteError::NoCase(change.case.clone()));
        }
    }
    Ok(document.to_string())
}

/// The text with something to expect in every case that expects nothing, and the names of those cases.
///
/// # Errors
/// When the text is not TOML.
pub fn fill_blanks(text: &str) -> Result<(String, Vec<String>), RewriteError> {
    let mut document = parse(text)?;
    let mut blank = Vec::new();
    each_case(&mut document, |name, case| {
        let expects = case.get("expect").and_then(Item::as_table_like).is_some_and(|expect| !expect.is_empty());
        let other = case.get("expect").is_some_and(|expect| expect.as_table_like().is_none());
        if !expects && !other {
            let stand_in = Written::Word(STAND_IN.1.to_owned());
            rewrite_case(case, &[(STAND_IN.0, Some(stand_in))]);
            blank.push(name.to_owned());
        }
    });
    Ok((document.to_string(), blank))
}

fn parse(text: &str) -> Result<DocumentMut, RewriteError> {
    text.parse().map_err(|error: toml_edit::TomlError| RewriteError::Syntax(error.message().trim().to_owned()))
}

/// Every case that has a name, written as `[[case]]` or in a list.
fn each_case(document: &mut DocumentMut, mut visit: impl FnMut(&str, &mut dyn TableLike)) {
    let mut one = |case: &mut dyn TableLike| {
        let name = case.get("name").and_then(Item::as_str).map(str::to_owned);
        if let Some(name) = name {
            visit(&name, case);
        }
    };
    match document.get_mut("case") {
        Some(Item::ArrayOfTables(cases)) => cases.iter_mut().for_each(|case| one(case)),
        Some(Item::Value(Value::Array(cases))) => {
            cases.iter_mut().filter_map(Value::as_inline_table_mut).for_each(|case| one(case));
        }
        _ => {}
    }
}

fn rewrite_case(case: &mut dyn TableLike, keys: &[(&'static str, Option<Written>)]) {
    if case.get("expect").and_then(Item::as_table_like).is_none() {
        case.insert("expect", Item::Value(Value::InlineTable(InlineTable::new())));
    }
    let Some(expect) = case.get_mut("expect") else { return };
    match expect {
        Item::Value(Value::InlineTable(table)) => {
            in_braces(table, |table| keys.iter().for_each(|(key, written)| rewrite_key(table, key, written.as_ref())));
        }
        other => {
            let Some(table) = other.as_table_like_mut() else { return };
            keys.iter().for_each(|(key, written)| rewrite_key(table, key, written.as_ref()));
        }
    }
}

/// Changes an inline table and leaves the space before its brace as it was.
fn in_braces(table: &mut InlineTable, change: impl FnOnce(&mut InlineTable)) {
    let tail = table.iter().last().map(|(_, last)| text_of(last.decor().suffix()));
    if let Some((_, last)) = table.iter_mut().last() {
        last.decor_mut().set_suffix("");
    }
    change(table);
    if let (Some(tail), Some((_, last))) = (tail, table.iter_mut().last()) {
        last.decor_mut().set_suffix(tail);
    }
}

fn rewrite_key(table: &mut dyn TableLike, key: &str, written: Option<&Written>) {
    let Some(written) = written else {
        table.remove(key);
        return;
    };
    match table.get_mut(key) {
        None => drop(table.insert(key, Item::Value(fresh(written)))),
        Some(Item::Value(old)) => rewrite_value(old, written),
        Some(Item::Table(days)) => rewrite_days(days, written),
        Some(other) => *other = Item::Value(fresh(written)),
    }
}

fn rewrite_value(old: &mut Value, written: &Written) {
    match (&mut *old, written) {
        (Value::Array(array), Written::Words(words)) => rewrite_list(array, words),
        (Value::InlineTable(days), Written::Days(_)) => in_braces(days, |days| rewrite_days(days, written)),
        (Value::String(_), Written::Words(words)) if words.len() == 1 => {
            put(old, words.first().map_or("", String::as_str).into());
        }
        _ => put(old, fresh(written)),
    }
}

/// A value in the place of another, with the other's spaces and comments around it.
fn put(old: &mut Value, new: Value) {
    let around: Decor = old.decor().clone();
    *old = new;
    *old.decor_mut() = around;
}

/// Takes out what is not wanted and adds what is missing; what stays keeps its place and its comments.
fn rewrite_list(array: &mut Array, words: &[String]) {
    let wanted = |value: &Value| value.as_str().is_some_and(|word| words.iter().any(|wanted| wanted == word));
    let prefix = |value: Option<&Value>| text_of(value.and_then(|value| value.decor().prefix()));
    let (head, between) = (prefix(array.get(0)), prefix(array.iter().last()));
    let tail = text_of(array.iter().last().and_then(|value| value.decor().suffix()));
    // A comment behind an element stands in the text before the next one.
    let (mut kept, mut owed): (Vec<Value>, Option<String>) = (Vec::new(), None);
    for value in array.iter() {
        let own = text_of(value.decor().prefix());
        let (line, rest) = first_line(&own);
        let line = owed.take().unwrap_or_else(|| line.to_owned());
        if wanted(value) {
            kept.push(value.clone().decorated(format!("{line}{rest}"), ""));
        } else {
            owed = Some(line);
        }
    }
    if let Some(first) = kept.first_mut().filter(|_| !head.contains('\n')) {
        first.decor_mut().set_prefix(head.as_str());
    }
    for word in words.iter().filter(|word| !array.iter().any(|value| value.as_str() == Some(word.as_str()))) {
        let prefix = if kept.is_empty() { head.clone() } else { owed.take().unwrap_or_default() + &line_of(&between) };
        kept.push(Value::from(word.as_str()).decorated(prefix, ""));
    }
    if let Some(last) = kept.last_mut() {
        last.decor_mut().set_suffix(tail);
    }
    let trailing = text_of(Some(array.trailing()));
    let (line, rest) = first_line(&trailing);
    let trailing = format!("{}{rest}", owed.unwrap_or_else(|| line.to_owned()));
    let comma = array.trailing_comma() && !kept.is_empty();
    array.clear();
    kept.into_iter().for_each(|value| array.push_formatted(value));
    array.set_trailing(trailing);
    array.set_trailing_comma(comma);
}

fn text_of(raw: Option<&toml_edit::RawString>) -> String {
    raw.and_then(toml_edit::RawString::as_str).unwrap_or_default().to_owned()
}

/// What still belongs to the line before, and the rest.
fn first_line(space: &str) -> (&str, &str) {
    space.find('\n').and_then(|end| space.split_at_checked(end)).unwrap_or(("", space))
}

/// The space before another element: on a line of its own where the others are.
fn line_of(prefix: &str) -> String {
    prefix.rsplit_once('\n').map_or_else(|| " ".to_owned(), |(_, indent)| format!("\n{indent}"))
}

fn rewrite_days(days: &mut dyn TableLike, written: &Written) {
    let Written::Days(wanted) = written else { return };
    let gone: Vec<String> =
        days.iter().map(|(key, _)| key.to_owned()).filter(|key| !wanted.iter().any(|(code, _)| code == key)).collect();
    for key in gone {
        days.remove(&key);
    }
    for (code, day) in wanted {
        match days.get_mut(code).and_then(Item::as_value_mut) {
            Some(old) => put(old, date(*day)),
            None => drop(days.insert(code, Item::Value(date(*day)))),
        }
    }
}

fn fresh(written: &Written) -> Value {
    match written {
        Written::Word(word) => word.as_str().into(),
        Written::Words(words) => Value::Array(words.iter().map(String::as_str).collect()),
        Written::Days(days) => {
            let mut table = InlineTable::new();
            days.iter().for_each(|(code, day)| drop(table.insert(code, date(*day))));
            Value::InlineTable(table)
        }
    }
}

fn date(day: Day) -> Value {
    // A day of the kernel is a day of TOML; were it not, its text would be written.
    let text = day.to_string();
    text.parse::<toml_edit::Datetime>().map_or_else(|_| text.as_str().into(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# who wrote this, and why
[[case]]   # the first
name = "one"
case = { kind = "labour.wage" }  # a wage
expect = { outcome = "route",  has-channels = [ "a", "b", "c" ], first = "a" }   # kept

[[case]]
name = "two"
case = { kind = "labour.wage" }
[case.expect]
has-rules = "R1"
clocks = { long = 2027-09-30, short = 2027-01-01 } # days
guardrails = [
    "H01", # because
    "H02",
]

[[case]]
name = "three"
case = { kind = "labour.wage" }
expect = {}
"#;

    fn words(words: &[&str]) -> Option<Written> {
        Some(Written::Words(words.iter().map(|word| (*word).to_owned()).collect()))
    }

    fn word(word: &str) -> Option<Written> {
        Some(Written::Word(word.to_owned()))
    }

    #[track_caller]
    fn check(case: &str, keys: Vec<(&'static str, Option<Written>)>, from: &str, to: &str) {
        assert!(FILE.contains(from), "{from}");
        let text = rewrite(FILE, &[Rewrite { case: case.to_owned(), keys }]).unwrap();
        assert_eq!(text, FILE.replacen(from, to, 1));
        assert!(text.parse::<toml::Table>().is_ok(), "{text}");
    }

    #[test]
    fn only_what_changes_changes() {
        check("one", vec![("outcome", word("refer"))], r#"outcome = "route""#, r#"outcome = "refer""#);
        check("one", vec![("first", None)], r#", first = "a" }"#, " }");
        check("one", vec![("has-channels", words(&["b", "c"]))], r#"[ "a", "b", "c" ]"#, r#"[ "b", "c" ]"#);
        check("one", vec![("has-channels", words(&["a", "b", "c", "d"]))], r#""c" ]"#, r#""c", "d" ]"#);
        check("one", vec![("has-channels", words(&["d"]))], r#"[ "a", "b", "c" ]"#, r#"[ "d" ]"#);
        check("two", vec![("has-rules", words(&["R2"]))], r#""R1""#, r#""R2""#);
        check("two", vec![("has-rules", words(&["R2", "R3"]))], r#""R1""#, r#"["R2", "R3"]"#);
        check("two", vec![("guardrails", words(&["H01"]))], "\n    \"H02\",", "");
        check("two", vec![("guardrails", words(&["H01", "H02", "H10"]))], "\"H02\",", "\"H02\",\n    \"H10\",");
        let days = Written::Days(vec![("long".to_owned(), Day::new(2028, 2, 29).unwrap())]);
        check("two", vec![("clocks", Some(days))], "long = 2027-09-30, short = 2027-01-01 }", "long = 2028-02-29 }");
        check(
            "three",
            vec![("outcome", word("route")), ("has-rules", words(&["R1"]))],
            "expect = {}",
            r#"expect = { outcome = "route", has-rules = ["R1"] }"#,
        );
    }

    #[test]
    fn blanks_are_filled_and_named() {
        let (text, blank) = fill_blanks(FILE).unwrap();
        assert_eq!(blank, ["three"]);
        assert_eq!(text, FILE.replacen("expect = {}", r#"expect = { outcome = "route" }"#, 1));
        let (text, blank) = fill_blanks("[[case]]\nname = \"bare\"\ncase = { kind = \"a\" }\n").unwrap();
        assert_eq!(blank, ["bare"]);
        assert!(text.ends_with("case = { kind = \"a\" }\nexpect = { outcome = \"route\" }\n"), "{text}");
        let (text, blank) = fill_blanks("[[case]]\nname = \"odd\"\nexpect = 3\n").unwrap();
        assert_eq!((text.as_str(), blank.len()), ("[[case]]\nname = \"odd\"\nexpect = 3\n", 0));
    }

    #[test]
    fn cases_in_a_list_are_found() {
        let text = "case = [ { name = \"x\", case = { kind = \"a\" }, expect = { first = \"a\" } } ]\n";
        let keys = vec![("first", word("b"))];
        let changed = rewrite(text, &[Rewrite { case: "x".to_owned(), keys }]).unwrap();
        assert_eq!(changed, text.replace("first = \"a\"", "first = \"b\""));
    }

    #[test]
    fn what_cannot_be_changed_is_told() {
        let none = [Rewrite { case: "nobody".to_owned(), keys: vec![] }];
        assert_eq!(rewrite(FILE, &none).unwrap_err().to_string(), "there is no case `nobody` in the file");
        assert!(rewrite("a = ", &[]).unwrap_err().to_string().starts_with("the file is not TOML: "));
        assert!(fill_blanks("a = ").is_err());
    }
}
