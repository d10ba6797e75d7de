//! A recorded decision, made again from what was recorded, and compared byte for byte.

use maple_kernel::{Ruleset, evaluate_heard};
use maple_store::Decision as Record;
use maple_wire::{Heard, Reply, append_decision, parse_question};
use serde::Serialize;
use serde_json::Value;

use crate::records::ENGINE;

/// Differences that one replay lists; the rest are counted.
pub const DIFFERENCES_COUNT_MAX: usize = 100;

/// What came of making a decision again.
#[derive(Debug, Serialize)]
pub(crate) struct Replay {
    /// The decision.
    pub(crate) decision: String,
    /// True when every byte is as it was.
    pub(crate) same: bool,
    /// The engine that decided, and the one that decided again.
    engine: Engines,
    /// The ruleset of both.
    ruleset: String,
    /// Where they differ, at most [`DIFFERENCES_COUNT_MAX`].
    differences: Vec<Difference>,
    /// How many differences there are.
    count: usize,
}

#[derive(Debug, Serialize)]
struct Engines {
    recorded: String,
    replayed: &'static str,
}

/// One place where a replay differs.
#[derive(Debug, PartialEq, Serialize)]
struct Difference {
    /// `output`, what was answered, or `context`, what policies said.
    part: &'static str,
    /// Where, as a JSON pointer (RFC 6901).
    pointer: String,
    recorded: Option<Value>,
    replayed: Option<Value>,
}

/// Why a record cannot be made again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreplayed {
    #[error("its recorded question is no longer read: {0}")]
    Question(String),
}

/// Decides a recorded question again with the ruleset that served.
pub(crate) fn replay(record: &Record, ruleset: &Ruleset) -> Result<Replay, Unreplayed> {
    // The canonical question names its day; no other is meant.
    let day = maple_kernel::Day::FIRST;
    let question = parse_question(&record.input, ruleset, day)
        .map_err(|problem| Unreplayed::Question(String::from_utf8_lossy(&problem.to_json()).into_owned()))?;
    let mut heard = Heard::default();
    let decision = evaluate_heard(ruleset, &question, &mut |policy, said| heard.note(policy, said));
    let figures = ruleset.locality(question.case.locality.as_str()).map(|(_, place)| place.figures.clone());
    let context = heard.context(&figures.unwrap_or_default());
    let mut output = Vec::with_capacity(record.output.len());
    let (id, generation) = (record.id.as_str(), record.generation.into());
    append_decision(&mut output, &Reply { id, generation, case: &question.case, decision: &decision });
    let mut found = Found::default();
    found.compare("output", &record.output, &output);
    found.compare("context", &record.context, &context);
    Ok(Replay {
        decision: record.id.clone(),
        same: found.count == 0,
        engine: Engines { recorded: record.engine.clone(), replayed: ENGINE },
        ruleset: record.ruleset.clone(),
        differences: found.differences,
        count: found.count,
    })
}

#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
    count: usize,
}

impl Found {
    fn compare(&mut self, part: &'static str, recorded: &[u8], replayed: &[u8]) {
        if recorded == replayed {
            return;
        }
        let before = self.count;
        let read = |bytes| serde_json::from_slice::<Value>(bytes).ok();
        if let (Some(recorded), Some(replayed)) = (read(recorded), read(replayed)) {
            self.walk(part, &mut String::new(), Some(&recorded), Some(&replayed));
        }
        if self.count == before {
            // The same document in other bytes, or no document.
            self.add(part, "", None, None);
        }
    }

    fn walk(&mut self, part: &'static str, at: &mut String, recorded: Option<&Value>, replayed: Option<&Value>) {
        let here = at.len();
        match (recorded, replayed) {
            (Some(Value::Object(one)), Some(Value::Object(two))) => {
                for (name, value) in one {
                    step(at, name);
                    self.walk(part, at, Some(value), two.get(name));
                    at.truncate(here);
                }
                for (name, value) in two.iter().filter(|(name, _)| !one.contains_key(*name)) {
                    step(at, name);
                    self.walk(part, at, None, Some(value));
                    at.truncate(here);
                }
            }
            (Some(Value::Array(one)), Some(Value::Array(two))) => {
                for index in 0..one.len().max(two.len()) {
                    at.push_str(&format!("/{index}"));
                    self.walk(part, at, one.get(index), two.get(index));
                    at.truncate(here);
                }
            }
            (one, two) if one == two => {}
            (one, two) => self.add(part, at, one, two),
        }
    }

    fn add(&mut self, part: &'static str, at: &str, recorded: Option<&Value>, replayed: Option<&Value>) {
        self.count += 1;
        if self.differences.len() < DIFFERENCES_COUNT_MAX {
            let (recorded, replayed) = (recorded.cloned(), replayed.cloned());
            self.differences.push(Difference { part, pointer: at.to_owned(), recorded, replayed });
        }
    }
}

/// Goes one name deeper (RFC 6901).
fn step(at: &mut String, name: &str) {
    at.push('/');
    at.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(recorded: &str, replayed: &str) -> Vec<(String, Option<Value>, Option<Value>)> {
        let mut found = Found::default();
        found.compare("output", recorded.as_bytes(), replayed.as_bytes());
        assert_eq!(found.count, found.differences.len());
        found.differences.into_iter().map(|one| (one.pointer, one.recorded, one.replayed)).collect()
    }

    #[test]
    fn differences_are_named_where_they_are() {
        let number = |number: u64| Some(Value::from(number));
        for (one, two, wanted) in [
            ("{}", "{}", vec![]),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#, vec![("/b", number(2), number(3))]),
            (r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, vec![("/a/1", number(2), None)]),
            (r#"{"a":{}}"#, r#"{"a":{"x/y":1}}"#, vec![("/a/x~1y", None, number(1))]),
            ("[1]", "{}", vec![("", Some(serde_json::json!([1])), Some(serde_json::json!({})))]),
            ("{}", "{ }", vec![("", None, None)]),
            ("nonsense", "{}", vec![("", None, None)]),
        ] {
            let wanted: Vec<_> = wanted.into_iter().map(|(at, one, two)| (at.to_owned(), one, two)).collect();
            assert_eq!(differences(one, two), wanted, "{one} {two}");
        }
    }

    #[test]
    fn many_differences_are_counted_and_some_are_listed() {
        let list =
            |from: usize| serde_json::to_vec(&(from..from + DIFFERENCES_COUNT_MAX + 1).collect::<Vec<_>>()).unwrap();
        let mut found = Found::default();
        found.compare("context", &list(0), &list(1));
        assert_eq!((found.differences.len(), found.count), (DIFFERENCES_COUNT_MAX, DIFFERENCES_COUNT_MAX + 1));
    }
}
