//! The share of cases that a canary decides.

use std::{sync::Arc, time::Instant};

use maple_kernel::{Decision, Question, Ruleset, evaluate};
use maple_seal::Digest;

use super::{Parse, is_now};
use crate::{
    app::{App, Serving},
    control::{Sample, broken, differs},
};

/// The canary's ruleset and the question in its words, where the canary decides this case. The same case is always
/// decided by the same side. A case that the canary cannot read counts as one that it failed on.
pub(super) fn chosen(
    app: &App,
    serving: &Serving,
    question: &Question,
    body: &[u8],
    parse: Parse,
) -> Option<(Arc<Ruleset>, Question)> {
    let canary = serving.canary.as_ref()?;
    let percent = serving.terms.canary.as_ref()?.percent;
    // Only what serves now is tried.
    let generation = serving.activation.generation;
    if !is_now(app, serving) || app.control.as_ref().is_some_and(|control| control.watched.has_ended(generation)) {
        return None;
    }
    let key = question.case.id.as_deref().map_or(body, str::as_bytes);
    if share(key) >= percent {
        return None;
    }
    match parse(body, canary, app.today()) {
        Ok(question) => Some((Arc::clone(canary), question)),
        Err(_) => {
            let none = std::time::Duration::ZERO;
            let sample = Sample { failed: true, changed: true, corrected: false, took: none, took_without: none };
            count(app, serving, sample);
            None
        }
    }
}

/// A number from 0 to 99 that is always the same for the same bytes.
fn share(key: &[u8]) -> u8 {
    let digest = Digest::of(key);
    let number = digest.as_bytes().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u8::try_from(number % 100).unwrap_or(99)
}

/// Compares what a canary decided with what would have been decided without it.
pub(super) fn compare(app: &App, serving: &Serving, question: &Question, decision: &Decision<'_>) {
    let Some(canary) = &serving.canary else { return };
    let timed = |ruleset: &Ruleset| {
        let began = Instant::now();
        drop(evaluate(ruleset, question));
        began.elapsed()
    };
    let without = evaluate(&serving.ruleset, question);
    // Both once more, so that both are measured alike.
    let (took, took_without) = (timed(canary), timed(&serving.ruleset));
    let failures = |decision: &Decision<'_>| {
        decision.asked.iter().filter(|asked| asked.answer.as_ref().is_err_and(|fault| broken(fault.kind))).count()
    };
    let sample = Sample {
        failed: failures(decision) > failures(&without),
        changed: differs(&without, decision),
        corrected: decision.corrections.len() > without.corrections.len(),
        took,
        took_without,
    };
    count(app, serving, sample);
}

fn count(app: &App, serving: &Serving, sample: Sample) {
    let (Some(control), Some(terms)) = (&app.control, &serving.terms.canary) else { return };
    let alarm = control.watched.canary(serving.activation.generation, &terms.limits, sample);
    if let Some(alarm) = alarm {
        control.alarm(alarm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_cases_is_about_what_it_says() {
        let below = (0..10_000_u32).filter(|n| share(&n.to_le_bytes()) < 10).count();
        assert!((900..1_100).contains(&below), "{below}");
        assert_eq!(share(b"c-1"), share(b"c-1"));
    }
}
