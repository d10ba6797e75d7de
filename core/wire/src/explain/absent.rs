//! Why a rule is not at work in a decision.

use maple_kernel::{Asking, Locality, PolicyId, RuleId};

use super::{
    Explained,
    became::became,
    page::page,
    silent::{View, silent},
};
use crate::text::{Language, Page};

/// Why the rules that `means` tells are not at work: a line for each policy of the chain that has one.
#[must_use]
pub fn why_absent(
    explained: &Explained<'_>,
    means: impl Fn(&PolicyId, &RuleId) -> bool,
    language: Language,
) -> Vec<String> {
    let page = page(explained, language);
    let Some((_, place)) = explained.ruleset.locality(explained.question.case.locality.as_str()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (asking, _) in &explained.askings {
        let policy = asking.policy;
        let rules = policy.rules.keys().filter(|rule| means(&policy.id, rule));
        lines.extend(rules.map(|rule| {
            let colon = page.say("：", ": ");
            format!("{} {rule}{colon}{}", policy.id, page.absent(asking, rule, explained, place))
        }));
    }
    lines
}

impl Page<'_> {
    fn absent(&self, asking: &Asking<'_>, rule: &RuleId, e: &Explained<'_>, place: &Locality) -> String {
        let semi = self.say("；", "; ");
        let Asking { policy, unmet, answer, .. } = asking;
        let told = match answer {
            None => {
                let unmet: Vec<String> =
                    unmet.iter().map(|unmet| self.unmet(unmet, policy, e.question, place)).collect();
                let unmet = unmet.join(semi);
                return self.put(format!("未询问：{unmet}"), format!("its policy was not asked: {unmet}"));
            }
            Some(Err(fault)) => {
                let fault = self.fault(fault.kind);
                return self
                    .put(format!("政策未能作答：{fault}"), format!("its policy gave no usable answer: {fault}"));
            }
            Some(Ok(told)) => told,
        };
        let fates = became(policy.id.as_str(), policy.mode, told, e.decision);
        let claims = told.iter().zip(&fates).filter(|(told, _)| told.finding.rule == *rule);
        let claims: Vec<String> = claims
            .map(|(told, fate)| format!("{} → {}", self.claim(&told.finding.claim, &place.currency), self.became(fate)))
            .collect();
        if !claims.is_empty() {
            return claims.join(semi);
        }
        let nothing = || self.say("问过，未提及此规则", "it was asked and says nothing of it").to_owned();
        let Some(table) = e.table(&policy.id) else { return nothing() };
        let view = View::new(e.ruleset, e.question, place, asking);
        let silent = silent(table, &view, |other| other != rule);
        silent.first().map_or_else(nothing, |silent| self.silent(silent, &view))
    }
}
