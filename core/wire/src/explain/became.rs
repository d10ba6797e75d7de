//! What became of each claim of a policy in the decision.

use maple_kernel::{By, Claim, Decision, Mode, Selector, Step, Told};

/// Which policy and rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) policy: String,
    pub(super) rule: String,
}

impl Who {
    fn of(by: &By) -> Self {
        Self { policy: by.policy.to_string(), rule: by.rule.to_string() }
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It is this step of the way.
    Step(usize),
    /// It decided these fields of this step of another.
    Refines(usize, Vec<&'static str>, Who),
    /// It moved this step to its place.
    Moves(usize),
    /// It stands in the decision.
    Stands,
    /// Another said it, or more, and stands.
    AddsNothing(Who),
    /// It joined a warning of another.
    Joins(Who),
    /// Policies asked later were told.
    Derived,
    /// It is why a person decides.
    Refers,
    /// A person decides already.
    RefersAlready(Who),
    /// A lower policy took its place.
    Replaced(String),
    /// A guardrail did not let it be heard.
    NotHeard(String),
    /// A guardrail took it back later.
    TakenBack(&'static str),
    /// Another closed the channel.
    Closed(Who),
    /// Nothing of it is on offer.
    NoEffect,
    /// Its purpose was not asked about.
    NotAskedFor,
    /// The policy only shadows.
    Shadow,
}

impl Became {
    /// The word used in JSON.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Step(_) => "step",
            Self::Refines(..) => "refines",
            Self::Moves(_) => "moves",
            Self::Stands => "stands",
            Self::AddsNothing(_) => "adds_nothing",
            Self::Joins(_) => "joins",
            Self::Derived => "derived",
            Self::Refers => "refers",
            Self::RefersAlready(_) => "refers_already",
            Self::Replaced(_) => "replaced",
            Self::NotHeard(_) => "not_heard",
            Self::TakenBack(_) => "taken_back",
            Self::Closed(_) => "closed",
            Self::NoEffect => "no_effect",
            Self::NotAskedFor => "not_asked_for",
            Self::Shadow => "shadow",
        }
    }
}

/// What became of each of a policy's claims, in their order.
pub(super) fn became(policy: &str, mode: Mode, told: &[Told], decision: &Decision) -> Vec<Became> {
    if mode != Mode::Enforce {
        return told.iter().map(|_| Became::Shadow).collect();
    }
    let fates = decision.explanation.iter().flat_map(|explanation| &explanation.fates);
    let mut fates: Vec<(Who, &str, &str)> =
        fates.map(|fate| (Who::of(&fate.by), fate.claim.as_str(), fate.fate.as_str())).collect();
    fates.retain(|(who, ..)| who.policy == policy);
    told.iter()
        .map(|told| {
            let rule = told.finding.rule.as_str();
            let at = fates.iter().position(|(who, claim, _)| who.rule == rule && *claim == told.claim);
            let fate = at.map_or("kept", |at| fates.remove(at).2);
            let me = Who { policy: policy.to_owned(), rule: rule.to_owned() };
            judge(fate, &told.finding.claim, &me, decision)
        })
        .collect()
}

fn judge(fate: &str, claim: &Claim, me: &Who, decision: &Decision) -> Became {
    if let Some(other) = fate.strip_prefix("replaced by ") {
        return Became::Replaced(other.to_owned());
    }
    if let Some(guardrail) = fate.strip_prefix("removed by ") {
        return Became::NotHeard(guardrail.split([':', ' ']).next().unwrap_or(guardrail).to_owned());
    }
    if let Some((policy, rule)) = fate.strip_prefix("closed by ").and_then(|by| by.rsplit_once(' ')) {
        return Became::Closed(Who { policy: policy.to_owned(), rule: rule.to_owned() });
    }
    if fate.starts_with("left out") {
        return Became::NotAskedFor;
    }
    if fate.starts_with("without effect") {
        return Became::NoEffect;
    }
    kept(claim, me, decision)
}

/// What a claim that was heard came to.
fn kept(claim: &Claim, me: &Who, decision: &Decision) -> Became {
    match claim {
        Claim::Offer { channel, body, .. } => {
            offered(channel.as_str(), body.as_ref().map(|b| b.as_str()), me, decision)
        }
        Claim::Prefer { channel, .. } => preferred(channel.as_str(), me, decision),
        Claim::RequireFirst { first, before } => {
            let same = decision
                .preconditions
                .iter()
                .find(|p| p.first.as_str() == first.as_str() && p.before.as_str() == before.as_str());
            stands(same.map(|p| Who::of(&p.ground.by)), me)
        }
        Claim::Forbid(selector) => forbidden(selector, me, decision),
        Claim::Duty { code, bearer, .. } => {
            let same = decision.duties.iter().find(|d| d.code == *code && d.bearer == *bearer);
            stands(same.map(|d| Who::of(&d.ground.by)), me)
        }
        Claim::Clock { code, .. } => {
            stands(decision.clocks.iter().find(|c| c.code == *code).map(|c| Who::of(&c.ground.by)), me)
        }
        Claim::Signal { code, subject, .. } => {
            let same = decision.signals.iter().find(|s| s.code == *code && s.subject == *subject);
            match same.map(|s| Who::of(&s.ground.by)) {
                Some(other) if other != *me => Became::Joins(other),
                _ => Became::Stands,
            }
        }
        Claim::Derive { .. } => Became::Derived,
        Claim::Refer(_) => match decision.referral.as_ref().map(|referral| Who::of(&referral.by)) {
            Some(other) if other != *me => Became::RefersAlready(other),
            _ => Became::Refers,
        },
    }
}

fn stands(holder: Option<Who>, me: &Who) -> Became {
    match holder {
        Some(other) if other != *me => Became::AddsNothing(other),
        _ => Became::Stands,
    }
}

fn offered(channel: &str, body: Option<&str>, me: &Who, decision: &Decision) -> Became {
    let numbered = || (1..).zip(&decision.steps).filter(|(_, step)| step.channel.as_str() == channel);
    let of_body = |step: &Step| body.is_none() || step.body.as_ref().map(|b| b.as_str()) == body;
    let mine = |step: &Step| Who::of(&step.ground.by) == *me;
    if let Some((at, _)) = numbered().find(|(_, step)| mine(step) && of_body(step)) {
        return Became::Step(at);
    }
    for (at, step) in numbered() {
        let fields: Vec<&'static str> =
            step.decided.iter().filter(|(_, by)| Who::of(by) == *me).map(|(field, _)| *field).collect();
        if !fields.is_empty() {
            return Became::Refines(at, once(fields), Who::of(&step.ground.by));
        }
    }
    match numbered().next() {
        Some((_, step)) if !mine(step) => Became::AddsNothing(Who::of(&step.ground.by)),
        Some((at, _)) => Became::Step(at),
        None => match decision.excluded.iter().find(|e| e.channel.as_str() == channel) {
            Some(excluded) => Became::Closed(Who::of(&excluded.ground.by)),
            None => Became::NoEffect,
        },
    }
}

fn once(mut fields: Vec<&'static str>) -> Vec<&'static str> {
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// Of several preferences the last stands.
fn preferred(channel: &str, me: &Who, decision: &Decision) -> Became {
    let step = (1..).zip(&decision.steps).find(|(_, step)| step.channel.as_str() == channel);
    let Some((at, step)) = step else { return Became::NoEffect };
    match step.decided.iter().rev().find(|(field, _)| *field == "weight").map(|(_, by)| Who::of(by)) {
        Some(other) if other != *me => Became::AddsNothing(other),
        _ => Became::Moves(at),
    }
}

/// The host opens again what protects and what decides.
fn forbidden(selector: &Selector, me: &Who, decision: &Decision) -> Became {
    let mine = |by: &By| Who::of(by) == *me;
    if decision.excluded.iter().any(|e| mine(&e.ground.by)) {
        return Became::Stands;
    }
    let Selector::Channel(channel) = selector else { return Became::Stands };
    if let Some(other) = decision.excluded.iter().find(|e| e.channel.as_str() == channel.as_str()) {
        return Became::AddsNothing(Who::of(&other.ground.by));
    }
    let reopened =
        |guardrail| decision.corrections.iter().any(|c| c.guardrail == guardrail && c.what == channel.as_str());
    Became::TakenBack(if reopened("H04") { "H04" } else { "H01" })
}
