//! A case as a question, or everything that is wrong with it.

use std::io::Write;

use maple_kernel::{Question, Ruleset};
use maple_wire::{Flaw, Language, Problem};

use super::decide::finished;
use crate::{Failure, args::Lang};

/// How it is told what is wrong with a case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Voice {
    /// As the service would tell it, on standard output.
    pub(crate) json: bool,
    /// The language, if it was named.
    pub(crate) lang: Option<Lang>,
}

/// Turns a case file into a question, or says every field that is wrong.
pub(crate) fn question(bytes: &[u8], ruleset: &Ruleset, voice: Voice) -> Result<Question, Failure> {
    maple_wire::parse_question(bytes, ruleset, maple_server::today()).map_err(|problem| {
        let told = Failure::Input(text(&problem, Lang::resolve(voice.lang)));
        if !voice.json {
            return told;
        }
        let mut out = std::io::stdout().lock();
        let written = out.write_all(&problem.to_json()).and_then(|()| writeln!(out));
        finished(written, "the problem").map_or_else(|failure| failure, |()| Failure::Told(Box::new(told)))
    })
}

/// What is wrong, and below it every field.
fn text(problem: &Problem, language: Language) -> String {
    let detail = |flaw: &Flaw| match language {
        Language::Zh => flaw.detail_zh.clone(),
        Language::En => flaw.detail.clone(),
    };
    let told = |flaw: &Flaw| match flaw.pointer.as_str() {
        "" => detail(flaw),
        pointer => format!("{pointer}: {}", detail(flaw)),
    };
    // One flaw alone is the problem's own text, too; its place is told all the same.
    if let [flaw] = &problem.errors[..]
        && flaw.detail == problem.detail
    {
        return told(flaw);
    }
    problem.errors.iter().fold(head(problem, language), |text, flaw| format!("{text}\n  {}", told(flaw)))
}

/// The line above the fields. The API's own speaks of its member `errors`, which nobody sees here.
fn head(problem: &Problem, language: Language) -> String {
    let listed = problem.errors.len();
    match (language, count(problem)) {
        (Language::En, Some(count)) if listed < count => {
            format!("{count} problems, of which these are the first {listed}:")
        }
        (Language::En, Some(count)) => format!("{count} problems:"),
        (Language::Zh, Some(count)) if listed < count => format!("共{count}处问题，前{listed}处为："),
        (Language::Zh, Some(count)) => format!("共{count}处问题："),
        (Language::En, None) => problem.detail.clone(),
        (Language::Zh, None) => problem.detail_zh.clone(),
    }
}

/// How many fields are wrong, where the problem says no more than that.
fn count(problem: &Problem) -> Option<usize> {
    let count = problem.detail.split_whitespace().next()?.parse().ok()?;
    let counted = Problem::with_errors(problem.kind, problem.errors.clone(), count);
    (counted.detail == problem.detail).then_some(count)
}

#[cfg(test)]
mod tests {
    use maple_wire::{FlawCode, ProblemKind};

    use super::*;

    #[test]
    fn the_head_says_how_many_there_are_and_how_many_are_listed() {
        let flaw = |at: usize| Flaw::new(format!("/{at}"), FlawCode::Missing, format!("e{at}"), format!("z{at}"));
        let problem =
            |count: usize| Problem::with_errors(ProblemKind::InvalidCase, (0..count).map(flaw).collect(), count);
        for (problem, language, said) in [
            (problem(1), Language::En, "/0: e0"),
            (problem(1), Language::Zh, "/0: z0"),
            (problem(2), Language::En, "2 problems:\n  /0: e0\n  /1: e1"),
            (problem(2), Language::Zh, "共2处问题：\n  /0: z0\n  /1: z1"),
            (Problem::new(ProblemKind::InvalidCase, "e", "z"), Language::Zh, "z"),
        ] {
            assert_eq!(text(&problem, language), said);
        }
        let many = maple_wire::ERRORS_COUNT_MAX;
        let said = text(&problem(many + 1), Language::En);
        assert!(said.starts_with(&format!("{} problems, of which these are the first {many}:\n", many + 1)), "{said}");
    }
}
