//! Why a rule that a case expects is not at work in it.

use maple_bundle::{ExpectRule, RuleRef};
use maple_gate::cases::{CaseResult, Difference};
use maple_kernel::{LocalityId, PolicyId, Question, RuleId, Ruleset, evaluate};
use maple_wire::{Language, why_absent};

use crate::{
    commands::decide::{Rules, explained},
    load::Loaded,
};

/// A rule that a case expects and that is not at work in it.
pub(super) struct Absent {
    /// The rule, as the case names it.
    pub(super) rule: String,
    /// The keys of the case that name it.
    pub(super) fields: Vec<&'static str>,
    /// Why, a line for each policy that has it.
    pub(super) why: Vec<String>,
}

impl Absent {
    /// True when the difference says nothing but that the rule is not at work.
    pub(super) fn says(&self, difference: &Difference) -> bool {
        let rest = difference.expected.strip_prefix('`').and_then(|text| text.strip_prefix(&self.rule));
        self.fields.contains(&difference.field) && rest.is_some_and(|rest| rest.starts_with('`'))
    }
}

/// The rules that a case expects and that are not at work in it; none of a case that passed.
pub(super) fn absent(result: &CaseResult, loaded: &Loaded) -> Vec<Absent> {
    let same = |case: &&maple_bundle::TestCase| {
        (&case.pack, &case.file, case.line, &case.name) == (&result.pack, &result.file, result.line, &result.name)
    };
    let Some(case) = loaded.compiled.cases.iter().find(same).filter(|_| !result.passed) else { return Vec::new() };
    let expected = case.expect.has_rules.iter().map(|ExpectRule { rule, .. }| ("has-rules", rule));
    let wanted = expected.chain(case.covers.iter().map(|rule| ("covers", rule)));
    let mut found: Vec<(&RuleRef, Vec<&'static str>)> = Vec::new();
    for (field, rule) in wanted.filter(|(_, rule)| !result.fired.iter().any(|(policy, own)| rule.means(policy, own))) {
        match found.iter_mut().find(|(other, _)| *other == rule) {
            Some((_, fields)) if fields.contains(&field) => {}
            Some((_, fields)) => fields.push(field),
            None => found.push((rule, vec![field])),
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let rules = Rules { ruleset: &loaded.compiled.ruleset, tables: &loaded.compiled.tables };
    let question = Question { explain: true, ..case.question.clone() };
    let decision = evaluate(rules.ruleset, &question);
    let explained = explained(rules, &question, &decision);
    let why = |rule: &RuleRef| {
        let own = own(rule, &result.pack, rules.ruleset);
        let means =
            |policy: &PolicyId, id: &RuleId| rule.means(policy, id) && (own.is_empty() || own.contains(&policy));
        let why = why_absent(&explained, means, Language::En);
        if why.is_empty() { vec!["no policy that is asked in this place has such a rule".to_owned()] } else { why }
    };
    found.into_iter().map(|(rule, fields)| Absent { rule: rule.to_string(), fields, why: why(rule) }).collect()
}

/// The policies of the pack itself that have the rule: these are meant before those of other packs.
fn own<'r>(rule: &RuleRef, pack: &LocalityId, ruleset: &'r Ruleset) -> Vec<&'r PolicyId> {
    let has = |policy: &&maple_kernel::Policy| policy.rules.keys().any(|id| rule.means(&policy.id, id));
    ruleset.policies_of(pack).iter().filter(has).map(|policy| &policy.id).collect()
}
