//! One decision, printed and explained: what `maple eval` and `maple run` share.

use std::{
    cell::RefCell,
    io::{ErrorKind, IsTerminal, Write},
    time::Instant,
};

use maple_bundle::table::Table;
use maple_kernel::{Decision, Question, Ruleset, evaluate, walk};
use maple_wire::{Explained, Reply};

use crate::{Failure, args::Lang};

/// How an answer is wanted.
pub(crate) struct Manner {
    /// Tell how the decision came about.
    pub(crate) explain: bool,
    /// JSON instead of text; in a pipe, JSON unless a language is named or an explanation is asked for.
    pub(crate) json: bool,
    /// The language, if it was named.
    pub(crate) lang: Option<Lang>,
}

/// What decides: a ruleset, and those of its policies that are rule tables.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// What decides.
    pub(crate) ruleset: &'a Ruleset,
    /// The tables in it, as data; without them it is not told why their rules keep silent.
    pub(crate) tables: &'a [Table],
}

/// Decides a case and prints the answer.
pub(crate) fn decide(rules: Rules<'_>, mut question: Question, manner: &Manner) -> Result<(), Failure> {
    let ruleset = rules.ruleset;
    question.explain |= manner.explain;
    let decision = evaluate(ruleset, &question);
    let mut out = std::io::stdout().lock();
    let text = !manner.json && (out.is_terminal() || manner.explain || manner.lang.is_some());
    let written = match (text, manner.explain) {
        (true, explain) => out.write_all(words(rules, &question, decision, manner.lang, explain).as_bytes()),
        (false, false) => {
            let reply = Reply { id: "d-local", generation: 0, case: &question.case, decision: &decision };
            out.write_all(&maple_wire::write_decision(&reply)).and_then(|()| writeln!(out))
        }
        (false, true) => writeln!(out, "{}", data(rules, &question, &decision)?),
    };
    finished(written, "the decision")
}

/// Whoever reads no further, such as `head`, has what it wanted.
pub(crate) fn finished(written: std::io::Result<()>, what: &str) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::Unreachable(format!("cannot write {what}: {error}"))),
    }
}

/// Asks every policy of the chain once more and keeps everything, with the time each took.
pub(crate) fn explained<'a>(rules: Rules<'a>, question: &'a Question, decision: &'a Decision) -> Explained<'a> {
    let Rules { ruleset, tables } = rules;
    let times = RefCell::new(Vec::new());
    let walked = walk(ruleset, question, |policy, file| {
        let began = Instant::now();
        let assessment = policy.assessor.assess(file);
        times.borrow_mut().push(began.elapsed());
        assessment
    });
    let mut times = times.into_inner().into_iter();
    let timed = |asking: maple_kernel::Asking<'a>| {
        let took = asking.answer.is_some().then(|| times.next()).flatten();
        (asking, took)
    };
    Explained { ruleset, question, decision, askings: walked.into_iter().map(timed).collect(), tables }
}

fn words(rules: Rules<'_>, question: &Question, decision: Decision, lang: Option<Lang>, explain: bool) -> String {
    let ruleset = rules.ruleset;
    let language = Lang::resolve(lang);
    if !explain {
        return maple_wire::text(&decision, ruleset, language);
    }
    let story = maple_wire::explain_text(&explained(rules, question, &decision), language);
    maple_wire::text(&Decision { explanation: None, ..decision }, ruleset, language) + &story
}

/// The API's reply, and beside the decision its explanation.
fn data(rules: Rules<'_>, question: &Question, decision: &Decision) -> Result<serde_json::Value, Failure> {
    let reply = Reply { id: "d-local", generation: 0, case: &question.case, decision };
    let unreadable = |error: serde_json::Error| Failure::Unreachable(format!("cannot write the decision: {error}"));
    let mut out: serde_json::Value = serde_json::from_slice(&maple_wire::write_decision(&reply)).map_err(unreadable)?;
    if let Some(fields) = out.as_object_mut() {
        let explanation = maple_wire::explain_json(&explained(rules, question, decision));
        fields.insert("explanation".to_owned(), explanation);
    }
    Ok(out)
}
