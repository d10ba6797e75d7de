//! Changes what cases expect in the text of a policy file, and nothing else: comments, order and layout stay.

use maple_kernel::Day;
use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// What stands in for an expectation that is not written yet, so that the case can be decided at all.
const STAND_IN: (&str, &str) = ("outcome", "route");

/// A value of `expect` as it is to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// One word.
    Word(String),
    /// A list of words; one that stood alone without brackets stays so.
    Words(Vec<String>),
    /// A day.
    Day(Day),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A list of whole numbers.
    Numbers(Vec<u16>),
    /// A table: keys that are not among these go.
    Table(Vec<(String, Written)>),
    /// A list whose entries are words or tables, each with the place of the entry that it was, if it was there.
    Entries(Vec<(Option<usize>, Written)>),
}

/// What one case is to expect.
#[derive(Clone, Debug, PartialEq)]
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
        Some(Item::Value(old)) => rewrite_value(old, written),
        Some(Item::Table(old)) if matches!(written, Written::Table(_)) => rewrite_table(old, written),
        Some(Item::ArrayOfTables(old)) if are_tables(written) => rewrite_tables(old, written),
        _ => {
            table.remove(key);
            table.insert(key, Item::Value(fresh(written)));
        }
    }
}

fn rewrite_value(old: &mut Value, written: &Written) {
    match (&mut *old, written) {
        (old, written) if says(old, written) => {}
        (Value::Array(array), Written::Words(_) | Written::Entries(_)) => rewrite_list(array, &plan(array, written)),
        (Value::InlineTable(table), Written::Table(_)) => in_braces(table, |table| rewrite_table(table, written)),
        (Value::String(_), Written::Words(words)) if words.len() == 1 => {
            put(old, words.first().map_or("", String::as_str).into());
        }
        (Value::String(_) | Value::InlineTable(_), Written::Entries(entries)) if entries.len() == 1 => {
            entries.iter().for_each(|(_, one)| rewrite_value(old, one));
        }
        _ => put(old, fresh(written)),
    }
}

/// True when a value says already what is to be written, in whatever way it is written.
fn says(old: &Value, written: &Written) -> bool {
    match written {
        Written::Word(word) => old.as_str() == Some(word),
        Written::Flag(flag) => old.as_bool() == Some(*flag),
        Written::Day(day) => old.as_datetime().is_some_and(|old| old.to_string() == day.to_string()),
        Written::Numbers(numbers) => old.as_array().is_some_and(|old| {
            old.iter().map(Value::as_integer).eq(numbers.iter().map(|number| Some(i64::from(*number))))
        }),
        Written::Number(_) | Written::Words(_) | Written::Table(_) | Written::Entries(_) => false,
    }
}

fn rewrite_table(table: &mut dyn TableLike, written: &Written) {
    let Written::Table(wanted) = written else { return };
    let gone: Vec<String> =
        table.iter().map(|(key, _)| key.to_owned()).filter(|key| !wanted.iter().any(|(own, _)| own == key)).collect();
    for key in gone {
        table.remove(&key);
    }
    wanted.iter().for_each(|(key, value)| rewrite_key(table, key, Some(value)));
}

/// True when what is new in a list is tables, so that it can stand under headers.
fn are_tables(written: &Written) -> bool {
    let new_word = |(was, one): &(Option<usize>, Written)| was.is_none() && !matches!(one, Written::Table(_));
    matches!(written, Written::Entries(entries) if !entries.iter().any(new_word))
}

/// Tables under headers of their own. A word stays the table that names it, and nothing else in it.
fn rewrite_tables(old: &mut ArrayOfTables, written: &Written) {
    let Written::Entries(entries) = written else { return };
    let wanted = |place: usize| entries.iter().find(|(was, _)| *was == Some(place)).map(|(_, one)| one);
    for place in (0..old.len()).rev() {
        match (wanted(place), old.get_mut(place)) {
            (None, _) => drop(old.remove(place)),
            (Some(Written::Word(word)), Some(table)) => table.retain(|_, item| item.as_str() == Some(word)),
            (Some(one), Some(table)) => rewrite_table(table, one),
            _ => {}
        }
    }
    for (_, one) in entries.iter().filter(|(was, _)| was.is_none()) {
        let mut table = Table::new();
        rewrite_table(&mut table, one);
        old.push(table);
    }
}

/// A value in the place of another, with the other's spaces and comments around it.
fn put(old: &mut Value, new: Value) {
    let around: Decor = old.decor().clone();
    *old = new;
    *old.decor_mut() = around;
}

/// Which element of a list becomes what; what is new has no place.
fn plan(array: &Array, written: &Written) -> Vec<(Option<usize>, Written)> {
    let Written::Words(words) = written else {
        return if let Written::Entries(entries) = written { entries.clone() } else { Vec::new() };
    };
    let old: Vec<&str> = array.iter().map(|value| value.as_str().unwrap_or_default()).collect();
    let kept = old.iter().enumerate().filter(|(_, word)| words.iter().any(|wanted| wanted == *word));
    let kept = kept.map(|(place, word)| (Some(place), Written::Word((*word).to_owned())));
    let new = words.iter().filter(|word| !old.contains(&word.as_str()));
    kept.chain(new.map(|word| (None, Written::Word(word.clone())))).collect()
}

/// Takes out what is not wanted and adds what is missing; what stays keeps its place and its comments.
fn rewrite_list(array: &mut Array, plan: &[(Option<usize>, Written)]) {
    let wanted = |place: usize| plan.iter().find(|(was, _)| *was == Some(place)).map(|(_, written)| written);
    let prefix = |value: Option<&Value>| text_of(value.and_then(|value| value.decor().prefix()));
    let (head, between) = (prefix(array.get(0)), prefix(array.iter().last()));
    let tail = text_of(array.iter().last().and_then(|value| value.decor().suffix()));
    // A comment behind an element stands in the text before the next one.
    let (mut kept, mut owed): (Vec<Value>, Option<String>) = (Vec::new(), None);
    for (place, value) in array.iter().enumerate() {
        let own = text_of(value.decor().prefix());
        let (line, rest) = first_line(&own);
        let line = owed.take().unwrap_or_else(|| line.to_owned());
        if let Some(written) = wanted(place) {
            let mut value = value.clone();
            rewrite_value(&mut value, written);
            kept.push(value.decorated(format!("{line}{rest}"), ""));
        } else {
            owed = Some(line);
        }
    }
    if let Some(first) = kept.first_mut().filter(|_| !head.contains('\n')) {
        first.decor_mut().set_prefix(head.as_str());
    }
    for (_, written) in plan.iter().filter(|(was, _)| was.is_none()) {
        let prefix = if kept.is_empty() { head.clone() } else { owed.take().unwrap_or_default() + &line_of(&between) };
        kept.push(fresh(written).decorated(prefix, ""));
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

fn fresh(written: &Written) -> Value {
    match written {
        Written::Word(word) => word.as_str().into(),
        Written::Words(words) => Value::Array(words.iter().map(String::as_str).collect()),
        Written::Day(day) => date(*day),
        Written::Number(number) => figure(*number),
        Written::Flag(flag) => (*flag).into(),
        Written::Numbers(numbers) => Value::Array(numbers.iter().map(|number| i64::from(*number)).collect()),
        Written::Table(keys) => {
            let mut table = InlineTable::new();
            keys.iter().for_each(|(key, value)| drop(table.insert(key, fresh(value))));
            Value::InlineTable(table)
        }
        Written::Entries(entries) => Value::Array(entries.iter().map(|(_, written)| fresh(written)).collect()),
    }
}

/// A whole number is written without a point.
fn figure(number: f64) -> Value {
    number.to_string().parse::<i64>().map_or_else(|_| number.into(), Value::from)
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
        let days = Written::Table(vec![("long".to_owned(), Written::Day(Day::new(2028, 2, 29).unwrap()))]);
        check("two", vec![("clocks", Some(days))], "long = 2027-09-30, short = 2027-01-01 }", "long = 2028-02-29 }");
        check(
            "three",
            vec![("outcome", word("route")), ("has-rules", words(&["R1"]))],
            "expect = {}",
            r#"expect = { outcome = "route", has-rules = ["R1"] }"#,
        );
    }

    const PARTS: &str = r#"[[case]]
name = "one"
expect = { steps = [
    { channel = "court", due = 2026-07-10, skills = ["land", "police"] },   # the judge
    { channel = "mediation", due = "15 days", from = "acceptance" }, # the village
], has-duties = [ "inform", { duty = "warn", with = { days = 3, early = false }, bearer = 'intake' } ] }

[[case]]
name = "two"
[case.expect]
signals = { signal = "cluster", level = "red" } # one alone
has-duties = "inform"
[case.expect.clocks]
long = { ends = 2027-09-30, warn = [30, 7] } # days
[case.expect.clocks.short]
ends = 2027-01-01
warn = []
[[case.expect.steps]]
channel = "court" # the judge
body = "town"
[[case.expect.steps]]
channel = "mediation"
"#;

    fn table(keys: &[(&str, Written)]) -> Written {
        Written::Table(keys.iter().map(|(key, written)| ((*key).to_owned(), written.clone())).collect())
    }

    fn name(word: &str) -> Written {
        Written::Word(word.to_owned())
    }

    #[track_caller]
    fn check_parts(case: &str, key: &'static str, written: Written, from: &str, to: &str) {
        assert!(PARTS.contains(from), "{from}");
        let text = rewrite(PARTS, &[Rewrite { case: case.to_owned(), keys: vec![(key, Some(written))] }]).unwrap();
        assert_eq!(text, PARTS.replacen(from, to, 1));
        assert!(text.parse::<toml::Table>().is_ok(), "{text}");
    }

    #[test]
    fn parts_change_where_they_stand() {
        let day = |year, month, day| Written::Day(Day::new(year, month, day).unwrap());
        let skills = |skills: &[&str]| Written::Words(skills.iter().map(|skill| (*skill).to_owned()).collect());
        let court = |due, own: &[&str]| table(&[("channel", name("court")), ("due", due), ("skills", skills(own))]);
        let term =
            |span: &str| table(&[("channel", name("mediation")), ("due", name(span)), ("from", name("acceptance"))]);
        let both = ["land", "police"];
        check_parts(
            "one",
            "steps",
            Written::Entries(vec![(Some(0), court(day(2026, 7, 11), &both)), (Some(1), term("15 days"))]),
            "due = 2026-07-10",
            "due = 2026-07-11",
        );
        check_parts(
            "one",
            "steps",
            Written::Entries(vec![(Some(0), court(day(2026, 7, 10), &["police"])), (Some(1), term("7 days"))]),
            "[\"land\", \"police\"] },   # the judge\n    { channel = \"mediation\", due = \"15 days\"",
            "[\"police\"] },   # the judge\n    { channel = \"mediation\", due = \"7 days\"",
        );
        check_parts(
            "one",
            "steps",
            Written::Entries(vec![(Some(1), table(&[("channel", name("mediation"))]))]),
            "{ channel = \"court\", due = 2026-07-10, skills = [\"land\", \"police\"] },   # the judge\n    \
             { channel = \"mediation\", due = \"15 days\", from = \"acceptance\" }, # the village",
            "{ channel = \"mediation\" }, # the village",
        );
        let warn = |days, early| {
            let with = table(&[("days", Written::Number(days)), ("early", Written::Flag(early))]);
            table(&[("duty", name("warn")), ("with", with), ("bearer", name("intake"))])
        };
        let duties = |days, early| Written::Entries(vec![(Some(0), name("inform")), (Some(1), warn(days, early))]);
        check_parts("one", "has-duties", duties(4.0, false), "days = 3", "days = 4");
        check_parts("one", "has-duties", duties(3.0, true), "early = false", "early = true");
        check_parts("one", "has-duties", duties(2.5, false), "days = 3", "days = 2.5");
        let more = vec![(Some(0), name("inform")), (Some(1), warn(3.0, false)), (None, name("tell"))];
        check_parts("one", "has-duties", Written::Entries(more), "'intake' } ]", "'intake' }, \"tell\" ]");
    }

    #[test]
    fn parts_under_headers_change_where_they_stand() {
        let cluster = |level: &str| table(&[("signal", name("cluster")), ("level", name(level))]);
        check_parts("two", "signals", Written::Entries(vec![(Some(0), cluster("blue"))]), "\"red\"", "\"blue\"");
        check_parts(
            "two",
            "signals",
            Written::Entries(vec![(Some(0), cluster("red")), (None, name("mass"))]),
            "{ signal = \"cluster\", level = \"red\" } #",
            "[{ signal = \"cluster\", level = \"red\" }, \"mass\"] #",
        );
        let tell = Written::Entries(vec![(Some(0), name("tell"))]);
        check_parts("two", "has-duties", tell, "has-duties = \"inform\"", "has-duties = \"tell\"");
        let clock = |year, warn: &[u16]| {
            let ends = Written::Day(Day::new(year, 1, 1).unwrap());
            table(&[("ends", ends), ("warn", Written::Numbers(warn.to_vec()))])
        };
        let long = |warn: &[u16]| {
            let ends = Written::Day(Day::new(2027, 9, 30).unwrap());
            table(&[("ends", ends), ("warn", Written::Numbers(warn.to_vec()))])
        };
        let clocks = |own: &[u16], short| table(&[("long", long(own)), ("short", short)]);
        check_parts("two", "clocks", clocks(&[30], clock(2027, &[])), "[30, 7]", "[30]");
        check_parts("two", "clocks", clocks(&[30, 7], clock(2028, &[])), "2027-01-01", "2028-01-01");
        check_parts("two", "clocks", clocks(&[30, 7], clock(2027, &[5])), "warn = []", "warn = [5]");
        let town = |body: &str| table(&[("channel", name("court")), ("body", name(body))]);
        let steps = Written::Entries(vec![(Some(0), town("county")), (Some(1), name("mediation"))]);
        check_parts("two", "steps", steps, "\"town\"", "\"county\"");
        let bare = Written::Entries(vec![(Some(0), name("court")), (Some(1), name("mediation"))]);
        check_parts("two", "steps", bare, "# the judge\nbody = \"town\"\n", "# the judge\n");
        let more = |one| Written::Entries(vec![(Some(0), town("town")), (Some(1), name("mediation")), (None, one)]);
        let talks = table(&[("channel", name("talks"))]);
        let (last, talks_there) =
            ("channel = \"mediation\"\n", "channel = \"mediation\"\n\n[[case.expect.steps]]\nchannel = \"talks\"\n");
        check_parts("two", "steps", more(talks), last, talks_there);
        let rewritten =
            rewrite(PARTS, &[Rewrite { case: "two".to_owned(), keys: vec![("steps", Some(more(name("talks"))))] }]);
        let steps = "steps = [{ channel = \"court\", body = \"town\" }, \"mediation\", \"talks\"]";
        let rewritten = rewritten.unwrap();
        assert!(rewritten.contains(steps), "words have no header to stand under: {rewritten}");
        check_parts(
            "two",
            "steps",
            Written::Entries(vec![(Some(0), town("town"))]),
            "[[case.expect.steps]]\nchannel = \"mediation\"\n",
            "",
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
