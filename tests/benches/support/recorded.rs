//! What every policy was asked and answered for one question, so that the kernel can be measured without the sandbox.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use maple_kernel::{
    Assess, Assessment, CaseFile, FactKey, PartyFile, Policy, PolicyId, Question, Ruleset, Value, evaluate,
};

type Shared = Vec<(FactKey, Value)>;

/// One policy's part in a decision.
struct Heard {
    assessor: Arc<dyn Assess>,
    facts: Shared,
    parties: Vec<Shared>,
    answer: Assessment,
}

/// Every policy's part in one decision.
pub(crate) struct Recorded(BTreeMap<PolicyId, Heard>);

impl Recorded {
    /// Decides once and listens.
    ///
    /// # Panics
    ///
    /// When somebody panicked before.
    #[must_use]
    pub(crate) fn new(ruleset: &Ruleset, question: &Question) -> Self {
        let heard: Arc<Mutex<BTreeMap<PolicyId, Heard>>> = Arc::default();
        let listening = with_assessors(ruleset, |policy| {
            let (inner, heard) = (Arc::clone(&policy.assessor), Arc::clone(&heard));
            Arc::new(Listener { id: policy.id.clone(), inner, heard })
        });
        let _ = evaluate(&listening, question);
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        Self(heard)
    }

    /// The ruleset with assessors that only repeat what was answered.
    #[must_use]
    pub(crate) fn replayed(&self, ruleset: &Ruleset) -> Ruleset {
        with_assessors(ruleset, |policy| match self.0.get(&policy.id) {
            Some(heard) => Arc::new(Replay(heard.answer.clone())),
            None => Arc::clone(&policy.assessor),
        })
    }

    /// What [`Recorded::replayed`] costs without the kernel.
    #[must_use]
    pub(crate) fn replay_alone(&self) -> Vec<Assessment> {
        self.0.values().map(|heard| heard.answer.clone()).collect()
    }

    /// Each policy with the case file that it was shown.
    #[must_use]
    pub(crate) fn files<'a>(&'a self, question: &'a Question) -> Vec<(&'a dyn Assess, CaseFile<'a>)> {
        self.0.values().map(|heard| (&*heard.assessor, file(heard, question))).collect()
    }
}

fn file<'a>(heard: &'a Heard, question: &'a Question) -> CaseFile<'a> {
    let mut file = question.case.file(question.purposes, question.as_of, &question.case.facts, &[]);
    file.facts = borrowed(&heard.facts);
    file.parties = question
        .case
        .parties()
        .iter()
        .zip(&heard.parties)
        .map(|(party, facts)| PartyFile { role: &party.role, kind: party.kind, facts: borrowed(facts) })
        .collect();
    file
}

fn borrowed(facts: &Shared) -> Vec<(&FactKey, &Value)> {
    facts.iter().map(|(key, value)| (key, value)).collect()
}

fn owned(facts: &[(&FactKey, &Value)]) -> Shared {
    facts.iter().map(|&(key, value)| (key.clone(), value.clone())).collect()
}

struct Listener {
    id: PolicyId,
    inner: Arc<dyn Assess>,
    heard: Arc<Mutex<BTreeMap<PolicyId, Heard>>>,
}

impl Assess for Listener {
    fn assess(&self, file: &CaseFile<'_>) -> Assessment {
        let answer = self.inner.assess(file);
        let heard = Heard {
            assessor: Arc::clone(&self.inner),
            facts: owned(&file.facts),
            parties: file.parties.iter().map(|party| owned(&party.facts)).collect(),
            answer: answer.clone(),
        };
        self.heard.lock().unwrap().insert(self.id.clone(), heard);
        answer
    }
}

struct Replay(Assessment);

impl Assess for Replay {
    fn assess(&self, _: &CaseFile<'_>) -> Assessment {
        self.0.clone()
    }
}

fn with_assessors(ruleset: &Ruleset, assessor: impl Fn(&Policy) -> Arc<dyn Assess>) -> Ruleset {
    let localities: BTreeMap<_, _> = ruleset.localities().map(|(id, place)| (id.clone(), place.clone())).collect();
    let policies = localities.keys().flat_map(|locality| ruleset.policies_of(locality));
    let policies = policies.map(|policy| Policy { assessor: assessor(policy), ..policy.clone() }).collect();
    Ruleset::new(ruleset.digest().clone(), ruleset.vocabulary().clone(), localities, policies)
}
