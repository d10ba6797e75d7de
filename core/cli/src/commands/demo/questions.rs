//! The disputes of the county as questions: all of them for `maple backtest`, some of them for a server that is filled.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{Span, civil::Date};
use maple_insight::synthetic::{County, Told, Wish, known};
use serde_json::{Map, Value, json};

use super::{
    super::remote::{Server, unwritten, write_out},
    bar,
};
use crate::Failure;

/// Disputes that a server decides while it is filled, spread over the year.
const DECIDED_COUNT_MAX: u64 = 1_000;
/// Questions of one request.
const CHUNK_COUNT: usize = 100;
const NDJSON: &str = "application/x-ndjson";

/// Some of the disputes: every so many.
pub(super) struct Spread {
    wish: Wish,
    every: u64,
    seen: u64,
    questions: Vec<String>,
}

/// What came of the questions.
#[derive(Default)]
pub(super) struct Decided {
    /// How many were decided.
    pub(super) count: u64,
    /// Why the first of the others was not.
    pub(super) refused: Option<String>,
}

impl Spread {
    /// Of so many.
    pub(super) fn of(disputes: u64, wish: Wish) -> Self {
        Self { wish, every: disputes.div_ceil(DECIDED_COUNT_MAX).max(1), seen: 0, questions: Vec::new() }
    }

    /// Keeps the question of a dispute, if its turn has come.
    pub(super) fn offer(&mut self, told: &Told) {
        if self.seen.is_multiple_of(self.every) {
            self.questions.push(question(told, self.wish, None).to_string());
        }
        self.seen += 1;
    }

    /// Has them decided.
    pub(super) fn ask(&self, server: &Server<'_>) -> Result<Decided, Failure> {
        let bar = ProgressBar::with_draw_target(Some(self.questions.len() as u64), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} decisions, {per_sec}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let mut decided = Decided::default();
        for chunk in self.questions.chunks(CHUNK_COUNT) {
            match server.send("/v1/evaluate/batch", NDJSON, chunk.join("\n").as_bytes())? {
                Ok(answers) => decided.count(&answers),
                // The token may tell what happened and not ask for decisions.
                Err((403, bytes)) => decided.refuse(&bytes),
                Err((status, bytes)) => return Err(server.failed(status, &bytes)),
            }
            bar.inc(chunk.len() as u64);
        }
        bar.finish_and_clear();
        Ok(decided)
    }
}

impl Decided {
    fn count(&mut self, answers: &[u8]) {
        for line in answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let read: Option<Value> = serde_json::from_slice(line).ok();
            if read.is_some_and(|answer| answer.get("decision").is_some()) {
                self.count += 1;
            } else {
                self.refuse(line);
            }
        }
    }

    fn refuse(&mut self, problem: &[u8]) {
        if self.refused.is_none() {
            let read: Value = serde_json::from_slice(problem).unwrap_or_default();
            let first = read.pointer("/errors/0/detail").or_else(|| read.get("detail")).and_then(Value::as_str);
            self.refused = Some(first.unwrap_or("the server does not say why").to_owned());
        }
    }
}

/// Writes one question a line; where `locality` is given, all of them lie there.
pub(super) fn write(wish: Wish, file: &Path, locality: Option<&str>) -> Result<(), Failure> {
    let county = County::new(wish);
    let bar = bar(county.left() as u64);
    let file = (file != Path::new("-")).then_some(file);
    write_out(file, |into| {
        let mut into = BufWriter::new(into);
        for told in county {
            writeln!(into, "{}", question(&told, wish, locality)).map_err(|error| unwritten(&error))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        into.flush().map_err(|error| unwritten(&error))
    })
}

fn question(told: &Told, wish: Wish, locality: Option<&str>) -> Value {
    let of = known(told);
    let filed = told.events.first().map_or(wish.to, |step| wish.offset.to_datetime(step.event.at).date());
    let knew = filed.checked_sub(Span::new().days(i64::from(of.days_known))).unwrap_or(Date::MIN);
    let mut facts = Map::new();
    facts.extend(of.amount.map(|amount| ("amount".to_owned(), json!(format!("{}.{:02}", amount / 100, amount % 100)))));
    facts.insert("people".to_owned(), json!(of.people));
    facts.insert("relation".to_owned(), json!(of.relation));
    facts.insert("knew_on".to_owned(), json!(knew.to_string()));
    let against = if of.against_organisation { "organisation" } else { "natural" };
    json!({
        "case": {
            "id": told.id,
            "locality": locality.unwrap_or(told.locality),
            "kind": told.kind,
            "source": told.origin,
            "filed": filed.to_string(),
            "parties": [
                { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": "yes" } },
                { "role": "respondent", "type": against, "facts": { "consent": of.consent } },
            ],
            "facts": facts,
        },
        "as_of": filed.to_string(),
    })
}
