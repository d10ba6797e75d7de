//! One question to a table, through whatever runs its policy.

use maple_kernel::{Assess, CaseFile, Code, Day, Facts, Fault, FaultKind, KindId, LocalityId, Purposes};
use serde_json::Value as Json;

use super::{Outcome, Program, Results};

/// Why a table gives no result.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The input is wrong.
    #[error("{0}")]
    Input(String),
    /// Several rules match where one may.
    #[error("the hit policy is `unique`, but rules {0} match")]
    Several(String),
    /// Rules match that say different things where they may not.
    #[error("the hit policy is `any`, but rules {0} match and say different things")]
    Different(String),
    /// The plugin gives no answer.
    #[error("the table gives no answer: {}: {}", .0.kind.as_str(), .0.detail)]
    Fault(Fault),
    /// The plugin's answer cannot be read.
    #[error("{0}")]
    Answer(String),
}

impl Program {
    /// Asks the table.
    ///
    /// # Errors
    /// Why there is no result.
    pub fn ask(&self, policy: &dyn Assess, input: &Json) -> Result<Outcome, AskError> {
        self.ask_after(policy, input, &Results::default())
    }

    /// A general table sees its inputs and nothing else: the rest of the case file is the same for every question.
    pub(super) fn assess(&self, policy: &dyn Assess, facts: &Facts) -> Result<Vec<maple_kernel::Finding>, AskError> {
        let Some(day) = Day::new(1970, 1, 1) else {
            return Err(AskError::Fault(Fault { kind: FaultKind::BadAnswer, detail: "1970 is not known".into() }));
        };
        let file = CaseFile {
            purposes: Purposes::BOTH,
            locality: &LocalityId::from("table"),
            kind: &KindId::from("table"),
            source: &Code::from("table"),
            day,
            filed: day,
            facts: facts.iter().map(|(key, value)| (key, value)).collect(),
            parties: Vec::new(),
        };
        policy.assess(&file).answer.map_err(|fault| self.refused(fault))
    }

    /// What a refusal of the plugin means.
    fn refused(&self, fault: Fault) -> AskError {
        let rules = |code: &str| Some(self.named(fault.detail.strip_prefix(code)?.strip_prefix(": ")?));
        if let Some(rules) = rules("several_rules_match") {
            AskError::Several(rules)
        } else if let Some(rules) = rules("rules_say_different_things") {
            AskError::Different(rules)
        } else {
            AskError::Fault(fault)
        }
    }

    /// Rules by their numbers, each with its id.
    fn named(&self, numbers: &str) -> String {
        let named = numbers.split(", ").map(|number| {
            let id = number.parse::<usize>().ok().and_then(|number| self.rules.get(number.checked_sub(1)?));
            id.map_or_else(|| number.to_owned(), |id| format!("{number} (`{id}`)"))
        });
        named.collect::<Vec<_>>().join(", ")
    }
}
