//! What was expected against what was decided.

use std::fmt;

use maple_bundle::{Expect, ExpectRule, RuleRef, TestCase};
use maple_kernel::Outcome;

use super::parts::Part;

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

/// Where the decision, told in the terms of a case, says otherwise than the case expects.
pub(super) fn compare(case: &TestCase, actual: &Expect) -> Vec<Difference> {
    let mut found = Found::default();
    found.outcome(&case.expect, actual);
    found.channels(&case.expect, actual);
    found.rules(case, actual);
    found.codes(&case.expect, actual);
    found.parts("clocks", &case.expect.clocks, &actual.clocks);
    let clocks = names(actual.clocks.iter().map(|clock| &clock.code));
    found.lacks("lacks-clocks", &names(&case.expect.lacks_clocks), &clocks);
    found.has("basis", &names(&case.expect.basis), &names(&actual.basis));
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

    /// Each of `wanted` is there and says what it must. Of one that is there and says otherwise the difference tells
    /// what it says; of one that is not, what there is instead.
    fn parts<P: Part>(&mut self, field: &'static str, wanted: &[P], actual: &[P]) {
        for one in wanted.iter().filter(|one| !actual.iter().any(|part| one.meets(part))) {
            let same: Vec<_> = actual.iter().filter(|part| one.same(part)).map(|part| part.text(one)).collect();
            let instead = || list(&actual.iter().map(P::name).collect::<Vec<_>>());
            let says = if same.is_empty() { instead() } else { same.join("; ") };
            self.differs(field, one.text(one), says);
        }
    }

    fn outcome(&mut self, expect: &Expect, actual: &Expect) {
        let referral = actual.referral.as_ref().map(|code| code.as_str());
        if let (Some(wanted), Some(outcome)) = (expect.outcome, actual.outcome)
            && wanted != outcome
        {
            let why = referral.map_or_else(String::new, |code| format!(" (`{code}`)"));
            self.differs("outcome", word(wanted), format!("{}{why}", word(outcome)));
        }
        let wanted = expect.referral.as_ref().map(|code| code.as_str());
        if wanted.is_some() && wanted != referral {
            self.differs("referral", named(wanted), named(referral));
        }
        let first = actual.first.as_ref().map(|channel| channel.as_str());
        let wanted = expect.first.as_ref().map(|channel| channel.as_str());
        if wanted.is_some() && wanted != first {
            self.differs("first", named(wanted), named(first));
        }
    }

    fn channels(&mut self, expect: &Expect, actual: &Expect) {
        let steps = names(&actual.has_channels);
        self.has("has-channels", &names(&expect.has_channels), &steps);
        self.lacks("lacks-channels", &names(&expect.lacks_channels), &steps);
        self.parts("steps", &expect.steps, &actual.steps);
        let closed = |expect: &Expect| expect.excluded.as_ref().map(names);
        self.all_of("excluded", closed(expect).as_deref(), &closed(actual).unwrap_or_default());
        let pairs = |expect: &Expect| {
            let pairs = expect.preconditions.as_ref()?;
            Some(names(pairs.iter().map(|(first, before)| format!("{first}>{before}"))))
        };
        self.all_of("preconditions", pairs(expect).as_deref(), &pairs(actual).unwrap_or_default());
    }

    fn rules(&mut self, case: &TestCase, actual: &Expect) {
        let expect = &case.expect;
        self.parts("has-rules", &expect.has_rules, &actual.has_rules);
        let bare = |rule: &RuleRef| ExpectRule { rule: rule.clone(), basis: Vec::new() };
        let there = |rule: &RuleRef| actual.has_rules.iter().any(|fired| bare(rule).same(fired));
        let all = || list(&actual.has_rules.iter().map(Part::name).collect::<Vec<_>>());
        for rule in expect.lacks_rules.iter().filter(|rule| there(rule)) {
            self.differs("lacks-rules", format!("no `{rule}`"), all());
        }
        // Also where `has-rules` names it: what the case is there for is never rewritten.
        for rule in case.covers.iter().filter(|rule| !there(rule)) {
            self.differs("covers", format!("`{rule}`"), all());
        }
    }

    fn codes(&mut self, expect: &Expect, actual: &Expect) {
        self.parts("has-duties", &expect.has_duties, &actual.has_duties);
        let duties = names(actual.has_duties.iter().map(|duty| &duty.code));
        self.lacks("lacks-duties", &names(&expect.lacks_duties), &duties);
        let raised = actual.signals.as_deref().unwrap_or_default();
        let signals = names(raised.iter().map(|signal| &signal.code));
        match expect.signals.as_deref() {
            Some([]) if !signals.is_empty() => self.differs("signals", "none", list(&signals)),
            wanted => self.parts("signals", wanted.unwrap_or_default(), raised),
        }
        self.lacks("lacks-signals", &names(&expect.lacks_signals), &signals);
        let acted = |expect: &Expect| expect.guardrails.as_ref().map(names);
        self.all_of("guardrails", acted(expect).as_deref(), &acted(actual).unwrap_or_default());
        self.has("rights", &names(&expect.rights), &names(&actual.rights));
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
