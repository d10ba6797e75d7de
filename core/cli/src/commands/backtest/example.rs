//! Cases that change, told with what either side says first and why.

use std::sync::Arc;

use maple_insight::backtest::{Aspect, Change, ClockChange, First};
use maple_kernel::{Case, Code, Decision, Text};
use serde_json::{Map, Value, json};

/// A case that changes.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) id: Option<Arc<str>>,
    pub(super) locality: String,
    pub(super) kind: String,
    pub(super) change: Change,
    pub(super) baseline: Told,
    pub(super) candidate: Told,
}

/// What one side says first, and why.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) body: Option<Code>,
    pub(super) why: Text,
    pub(super) policy: String,
    pub(super) rule: String,
}

impl Example {
    pub(super) fn of(case: &Case, old: &Decision<'_>, new: &Decision<'_>, change: Change) -> Self {
        Self {
            id: case.id.clone(),
            locality: case.locality.to_string(),
            kind: case.kind.to_string(),
            baseline: Told::of(old, &change.from),
            candidate: Told::of(new, &change.to),
            change,
        }
    }

    /// As it stands among the figures and in the file of all of them.
    pub(super) fn data(&self, row: u64) -> Value {
        let change = &self.change;
        let codes = |codes: &[Code]| codes.iter().map(Code::as_str).collect::<Value>();
        let clocks: Map<String, Value> = ClockChange::ALL
            .into_iter()
            .map(|became| (became.as_str().to_owned(), change.clocks_that(became).map(Code::as_str).collect()))
            .collect();
        json!({
            "row": row, "id": self.id.as_deref(), "locality": self.locality, "kind": self.kind,
            "aspects": change.aspects.iter().map(|aspect| Aspect::as_str(*aspect)).collect::<Value>(),
            "duties": { "new": codes(&change.duties_new), "lost": codes(&change.duties_lost) },
            "clocks": clocks,
            "rights": { "new": codes(&change.rights_new), "lost": codes(&change.rights_lost) },
            "baseline": self.baseline.data(&change.from),
            "candidate": self.candidate.data(&change.to),
        })
    }
}

impl Told {
    fn of(decision: &Decision<'_>, first: &First) -> Self {
        let (body, why, by) = match (first, decision.steps.first(), &decision.referral) {
            (First::Refer, _, Some(referral)) => (None, &referral.text, referral.by),
            (First::Channel(_), Some(step), _) => (step.body.as_ref(), &step.ground.why, step.ground.by),
            _ => return Self::default(),
        };
        let why = Text::new(&why.zh, &why.en);
        Self { body: body.map(Code::apart), why, policy: by.policy.to_owned(), rule: by.rule.to_owned() }
    }

    fn data(&self, first: &First) -> Value {
        json!({
            "first": first.as_str(), "body": self.body.as_ref().map(Code::as_str),
            "why": { "zh": &*self.why.zh, "en": &*self.why.en }, "policy": self.policy, "rule": self.rule,
        })
    }
}
