//! What an entry says beside the compiled code.

use maple_kernel::{Descriptor, RuleInfo, Text};
use serde::{Deserialize, Serialize};

use crate::{
    prepared::{Kind, Prepared, Runs},
    warm::shape::Names,
};

/// One entry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    /// What the plugin says of itself.
    descriptor: Described,
    /// Why the policy is not snapshotted, if it is not.
    pub(crate) obstacle: Option<String>,
    /// Of what kind the code is.
    pub(crate) kind: Option<Kind>,
    /// What the parts of the module are called, where the code is a module and not a component.
    pub(crate) names: Option<Names>,
    /// The hash of the compiled code, its file's name.
    pub(crate) code: Option<String>,
    /// Bytes of the compiled code.
    pub(crate) code_bytes: u64,
}

type Both = (String, String);

#[derive(Serialize, Deserialize)]
struct Described {
    id: String,
    version: String,
    summary: Both,
    reads: Vec<String>,
    rules: Vec<(String, Both, Vec<String>)>,
    reasons: Vec<(String, Both)>,
}

impl Record {
    /// A record of a policy.
    pub(crate) fn of(policy: &Prepared, code_bytes: u64) -> Self {
        let names = match policy.runs() {
            Runs::Module(shelf) => Some(shelf.names().clone()),
            Runs::Component(_) => None,
        };
        let (obstacle, kind) = (policy.obstacle.clone(), Some(policy.kind.clone()));
        Self { obstacle, kind, names, code_bytes, ..Self::new(&policy.descriptor) }
    }

    /// A record of a plugin that says this of itself.
    pub(crate) fn new(descriptor: &Descriptor) -> Self {
        let described = Described {
            id: descriptor.id.clone(),
            version: descriptor.version.clone(),
            summary: both(&descriptor.summary),
            reads: descriptor.reads.iter().map(ToString::to_string).collect(),
            rules: descriptor
                .rules
                .iter()
                .map(|(id, rule)| {
                    (id.to_string(), both(&rule.summary), rule.basis.iter().map(ToString::to_string).collect())
                })
                .collect(),
            reasons: descriptor.reasons.iter().map(|(code, text)| (code.to_string(), both(text))).collect(),
        };
        Self { descriptor: described, obstacle: None, kind: None, names: None, code: None, code_bytes: 0 }
    }

    /// What the plugin or policy says of itself.
    pub(crate) fn descriptor(&self) -> Descriptor {
        let given = &self.descriptor;
        Descriptor {
            id: given.id.clone(),
            version: given.version.clone(),
            summary: text(&given.summary),
            reads: given.reads.iter().map(|key| key.as_str().into()).collect(),
            rules: given.rules.iter().map(|(id, summary, basis)| (id.as_str().into(), rule(summary, basis))).collect(),
            reasons: given.reasons.iter().map(|(code, given)| (code.as_str().into(), text(given))).collect(),
        }
    }
}

fn rule(summary: &Both, basis: &[String]) -> RuleInfo {
    RuleInfo { summary: text(summary), basis: basis.iter().map(|id| id.as_str().into()).collect(), reads: Vec::new() }
}

fn both(text: &Text) -> Both {
    (text.zh.to_string(), text.en.to_string())
}

fn text((zh, en): &Both) -> Text {
    Text::new(zh, en)
}
