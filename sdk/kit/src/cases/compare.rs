//! What was expected against what was decided.

use std::{collections::BTreeSet, fmt};

use maple_bundle::{Expect, RuleRef, TestCase};
use maple_kernel::{Decision, Outcome, PolicyId, RuleId};

/// One thing that a decision says otherwise than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key of `expect`, or `covers`.
    pub field: &'static str,
    /// What was expected.
    pub expected: String,
    /// What the decision says.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.field, self.expected, self.actual)
    }
}

type Fired = BTreeSet<(PolicyId, RuleId)>;

pub(super) fn compare(case: &TestCase, decision: &Decision, fired: &Fired) -> Vec<Difference> {
    let mut found = Found::default();
    found.outcome(&case.expect, decision);
    found.channels(&case.expect, decision);
    found.rules(case, fired);
    found.codes(&case.expect, decision);
    found.clocks(&case.expect, decision);
    found.0
}

#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn differs(&mut self, field: &'static str, expected: impl fmt::Display, actual: impl fmt::Display) {
        self.0.push(Difference { field, expected: expected.to_string(), actual: actual.to_string() });
    }

    /// Each of `wanted` is there; an empty list means that nothing is.
    fn all_of(&mut self, field: &'static str, wanted: Option<&[String]>, actual: &[String]) {
        let Some(wanted) = wanted else { return };
        if wanted.is_empty() {
            if !actual.is_empty() {
                self.differs(field, "none", list(actual));
            }
        } else {
            self.has(field, wanted, actual);
        }
    }

    fn has(&mut self, field: &'static str, wanted: &[String], actual: &[String]) {
        for one in wanted.iter().filter(|one| !actual.contains(one)) {
            self.differs(field, format!("`{one}`"), list(actual));
        }
    }

    fn lacks(&mut self, field: &'static str, unwanted: &[String], actual: &[String]) {
        for one in unwanted.iter().filter(|one| actual.contains(one)) {
            self.differs(field, format!("no `{one}`"), list(actual));
        }
    }

    fn outcome(&mut self, expect: &Expect, decision: &Decision) {
        let referral = decision.referral.as_ref().map(|referral| referral.code.as_str());
        if let Some(outcome) = expect.outcome.filter(|outcome| *outcome != decision.outcome) {
            let why = referral.map_or_else(String::new, |code| format!(" (`{code}`)"));
            self.differs("outcome", word(outcome), format!("{}{why}", word(decision.outcome)));
        }
        let wanted = expect.referral.as_ref().map(|code| code.as_str());
        if wanted.is_some() && wanted != referral {
            self.differs("referral", named(wanted), named(referral));
        }
        let first = decision.steps.first().map(|step| step.channel.as_str());
        let wanted = expect.first.as_ref().map(|channel| channel.as_str());
        if wanted.is_some() && wanted != first {
            self.differs("first", named(wanted), named(first));
        }
    }

    fn channels(&mut self, expect: &Expect, decision: &Decision) {
        let steps = names(decision.steps.iter().map(|step| &step.channel));
        self.has("has-channels", &names(&expect.has_channels), &steps);
        self.lacks("lacks-channels", &names(&expect.lacks_channels), &steps);
        let excluded = names(decision.excluded.iter().map(|excluded| &excluded.channel));
        self.all_of("excluded", expect.excluded.as_deref().map(names).as_deref(), &excluded);
        let pairs = |pairs: &Vec<_>| names(pairs.iter().map(|(first, before)| format!("{first}>{before}")));
        let wanted = expect.preconditions.as_ref().map(pairs);
        let actual: Vec<_> = decision.preconditions.iter().map(|p| format!("{}>{}", p.first, p.before)).collect();
        self.all_of("preconditions", wanted.as_deref(), &actual);
    }

    fn rules(&mut self, case: &TestCase, fired: &Fired) {
        let expect = &case.expect;
        let there = |rule: &RuleRef| fired.iter().any(|(policy, id)| rule.means(policy, id));
        let actual = || list(&fired.iter().map(|(policy, rule)| format!("{policy}#{rule}")).collect::<Vec<_>>());
        for rule in expect.has_rules.iter().filter(|rule| !there(rule)) {
            self.differs("has-rules", format!("`{rule}`"), actual());
        }
        for rule in expect.lacks_rules.iter().filter(|rule| there(rule)) {
            self.differs("lacks-rules", format!("no `{rule}`"), actual());
        }
        for rule in case.covers.iter().filter(|rule| !there(rule) && !expect.has_rules.contains(rule)) {
            self.differs("covers", format!("`{rule}`"), actual());
        }
    }

    fn codes(&mut self, expect: &Expect, decision: &Decision) {
        let duties = names(decision.duties.iter().map(|duty| &duty.code));
        self.has("has-duties", &names(&expect.has_duties), &duties);
        self.lacks("lacks-duties", &names(&expect.lacks_duties), &duties);
        let signals = names(decision.signals.iter().map(|signal| &signal.code));
        self.all_of("signals", expect.signals.as_deref().map(names).as_deref(), &signals);
        self.lacks("lacks-signals", &names(&expect.lacks_signals), &signals);
        let acted = names(decision.corrections.iter().map(|correction| correction.guardrail));
        self.all_of("guardrails", expect.guardrails.as_deref().map(names).as_deref(), &acted);
        self.has("rights", &names(&expect.rights), &names(decision.rights));
    }

    fn clocks(&mut self, expect: &Expect, decision: &Decision) {
        let actual: Vec<_> = decision.clocks.iter().map(|clock| format!("{} {}", clock.code, clock.ends)).collect();
        for (code, ends) in &expect.clocks {
            if !decision.clocks.iter().any(|clock| clock.code == *code && clock.ends == *ends) {
                self.differs("clocks", format!("`{code}` {ends}"), list(&actual));
            }
        }
    }
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Route => "route",
        Outcome::Refer => "refer",
    }
}

fn named(name: Option<&str>) -> String {
    name.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"))
}

fn names<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let items: Vec<_> = items.iter().map(|item| format!("`{item}`")).collect();
    items.join(", ")
}
