//! Which rules were at work in which cases.

use std::collections::{BTreeMap, HashMap};

use maple_kernel::{LocalityId, Mode, PolicyId, RuleId, Ruleset};

use super::CaseResult;

/// One rule and the cases in which it was at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCoverage {
    /// The pack of its policy.
    pub pack: LocalityId,
    /// Its policy.
    pub policy: PolicyId,
    /// The rule.
    pub rule: RuleId,
    /// False when its policy only shadows or is switched off: no decision can rest on it, so it is not counted.
    pub counts: bool,
    /// The cases, by their place among the results.
    pub cases: Vec<usize>,
}

/// How many rules were at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rules that were at work in some case.
    pub fired: usize,
    /// All rules that can be.
    pub rules: usize,
}

impl Tally {
    /// Whole percent, rounded down; 100 where there are no rules.
    #[must_use]
    pub const fn percent(self) -> usize {
        match (self.fired * 100).checked_div(self.rules) {
            Some(percent) => percent,
            None => 100,
        }
    }

    /// True when at least so many percent of the rules were at work.
    #[must_use]
    pub const fn reaches(self, percent: u8) -> bool {
        self.fired * 100 >= percent as usize * self.rules
    }

    fn count(&mut self, rule: &RuleCoverage) {
        if rule.counts {
            self.rules += 1;
            self.fired += usize::from(!rule.cases.is_empty());
        }
    }
}

/// Which rules were at work in which cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /* INVARIANT: sorted by pack, policy and rule. */
    rules: Vec<RuleCoverage>,
}

impl Coverage {
    pub(super) fn new(ruleset: &Ruleset, results: &[CaseResult]) -> Self {
        let mut cases: HashMap<(&PolicyId, &RuleId), Vec<usize>> = HashMap::new();
        for (at, result) in results.iter().enumerate() {
            for (policy, rule) in &result.fired {
                cases.entry((policy, rule)).or_default().push(at);
            }
        }
        let mut rules = Vec::new();
        for (pack, _) in ruleset.localities() {
            for policy in ruleset.policies_of(pack) {
                rules.extend(policy.rules.keys().map(|rule| RuleCoverage {
                    pack: pack.clone(),
                    policy: policy.id.clone(),
                    rule: rule.clone(),
                    counts: policy.mode == Mode::Enforce,
                    cases: cases.remove(&(&policy.id, rule)).unwrap_or_default(),
                }));
            }
        }
        Self { rules }
    }

    /// Leaves out the rules of other packs.
    pub fn keep(&mut self, pack: impl Fn(&LocalityId) -> bool) {
        self.rules.retain(|rule| pack(&rule.pack));
    }

    /// Every rule, by pack, policy and rule.
    #[must_use]
    pub fn rules(&self) -> &[RuleCoverage] {
        &self.rules
    }

    /// The rules of all packs.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut tally = Tally::default();
        self.rules.iter().for_each(|rule| tally.count(rule));
        tally
    }

    /// The rules of each pack.
    #[must_use]
    pub fn by_pack(&self) -> BTreeMap<&LocalityId, Tally> {
        let mut packs: BTreeMap<&LocalityId, Tally> = BTreeMap::new();
        self.rules.iter().for_each(|rule| packs.entry(&rule.pack).or_default().count(rule));
        packs
    }
}
