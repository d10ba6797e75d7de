//! Asks every policy of the chain, from the root down, and hands the answers on.

use std::sync::Arc;

use crate::{
    Asked, Assessment, Decision, Explanation, FactKey, Facts, Fault, FaultKind, Finding, Locality, Mode, Policy,
    PolicyId, Question, RuleId, RuleInfo, Ruleset, Skipped, Stop, Value, check, combine, index::Reads,
};

/// Why a policy was passed over.
const NO_TIME_LEFT: &str = "the policies before it took all the time of the request";

/// What one enforcing policy said.
pub(crate) struct Voice<'a> {
    pub(crate) policy: &'a Policy,
    /// Levels below the root.
    pub(crate) depth: usize,
    pub(crate) said: Vec<Said<'a>>,
}

/// One finding in words that the ruleset has.
#[derive(Clone)]
pub(crate) struct Said<'a> {
    pub(crate) finding: Finding,
    pub(crate) rule: Rule<'a>,
    /// The facts that it names itself.
    pub(crate) evidence: Vec<&'a FactKey>,
}

/// A rule as its policy holds it.
#[derive(Clone, Copy)]
pub(crate) struct Rule<'a> {
    pub(crate) id: &'a RuleId,
    pub(crate) info: &'a RuleInfo,
    /// No lower level may weaken it.
    pub(crate) floor: bool,
}

impl<'a> Rule<'a> {
    fn of(policy: &'a Policy, id: &RuleId) -> Option<Self> {
        let (id, info) = policy.rules.get_key_value(id)?;
        Some(Self { id, info, floor: policy.trusted && policy.floor.holds(id.as_str()) })
    }
}

/// The numbers of facts in the vocabulary.
type Numbers = Vec<Option<u32>>;

fn numbers(ruleset: &Ruleset, facts: &Facts) -> Numbers {
    facts.iter().map(|(key, _)| ruleset.index().fact_number(key)).collect()
}

/// The facts that a policy reads.
fn share<'f>(facts: &'f Facts, numbers: &Numbers, reads: &Reads) -> Vec<(&'f FactKey, &'f Value)> {
    let read = |number: &Option<u32>| number.is_some_and(|number| reads.contains(number));
    facts.iter().zip(numbers).filter(|(_, number)| read(number)).map(|((key, value), _)| (key, value)).collect()
}

/// Everything that was said, before anything is combined.
pub(crate) struct Hearing<'a> {
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) question: &'a Question,
    pub(crate) locality: &'a Locality,
    /// The case's facts with the locality's figures and what policies derived.
    pub(crate) facts: Facts,
    /* The number of each of these facts, and of each party's, in their order. */
    numbers: Numbers,
    party_numbers: Vec<Numbers>,
    pub(crate) voices: Vec<Voice<'a>>,
    /// Enforcing policies that gave no usable answer.
    pub(crate) failed: Vec<(&'a Policy, Fault)>,
    pub(crate) asked: Vec<Asked<'a>>,
    pub(crate) explanation: Option<Explanation<'a>>,
}

/// Decides one case.
///
/// The same question and ruleset always give the same decision, in whatever order the ruleset was loaded. A case of a
/// locality that the ruleset does not know goes to a person.
#[must_use]
pub fn evaluate<'a>(ruleset: &'a Ruleset, question: &'a Question) -> Decision<'a> {
    evaluate_heard(ruleset, question, &mut |_, _| {})
}

/// What listens to every policy's own answer, before anything is combined.
pub type Listener<'l> = dyn FnMut(&Policy, &Result<Vec<Finding>, Fault>) + 'l;

/// [`evaluate`], and `listener` hears what each policy says in its own words.
#[must_use]
pub fn evaluate_heard<'a>(ruleset: &'a Ruleset, question: &'a Question, listener: &mut Listener<'_>) -> Decision<'a> {
    evaluate_within(ruleset, question, listener, &mut || false)
}

/// [`evaluate_heard`] for as long as there is time: once `is_late` says so, the policies that were not asked yet are not
/// asked any more, each as if it had taken too long. So a person decides, and the floor that was heard stands.
#[must_use]
pub fn evaluate_within<'a>(
    ruleset: &'a Ruleset,
    question: &'a Question,
    listener: &mut Listener<'_>,
    is_late: &mut dyn FnMut() -> bool,
) -> Decision<'a> {
    let place = ruleset.locality(question.case.locality.as_str());
    let locality = place.map_or_else(|| ruleset.nowhere(), |(_, locality)| locality);
    let facts = known(ruleset, locality, question);
    let mut hearing = Hearing {
        ruleset,
        question,
        locality,
        numbers: numbers(ruleset, &facts),
        party_numbers: question.case.parties().iter().map(|party| numbers(ruleset, &party.facts)).collect(),
        facts,
        voices: Vec::new(),
        failed: Vec::new(),
        asked: Vec::new(),
        explanation: question.explain.then(|| Explanation { chain: &locality.chain, ..Explanation::default() }),
    };
    for (depth, level) in locality.chain.iter().enumerate() {
        for (policy, reads) in ruleset.shelf(level) {
            match hearing.skips(policy) {
                Some(why) => hearing.skip(&policy.id, why),
                None => match &policy.stopped {
                    Some(stop) => hearing.stop(policy, stop),
                    None if is_late() => hearing.pass_over(policy, listener),
                    None => hearing.ask(policy, reads, depth, listener),
                },
            }
        }
    }
    combine::combine(hearing)
}

/// The case's facts with what the host knows beside them: the figures of the place, what it counted, at least so many people and
/// parties as the case lists, and the flags that its days make known. Of a number that is given and one that is counted the larger
/// holds. The question stays as it was asked.
pub(crate) fn known(ruleset: &Ruleset, locality: &Locality, question: &Question) -> Facts {
    let case = &question.case;
    let mut facts = case.facts.clone();
    for (key, value) in locality.figures.iter() {
        facts.set(key.apart(), value.clone());
    }
    for (key, value) in question.context.iter() {
        // Of a number that the caller gives and one that the host counted the larger holds.
        let less = matches!((facts.get(key.as_str()), value), (Some(Value::Number(a)), Value::Number(b)) if a >= b);
        if !less {
            facts.set(key.apart(), value.clone());
        }
    }
    for (key, counted) in ruleset.index().counted() {
        let listed = counted.among(case.parties());
        let given = match facts.get(key.as_str()) {
            Some(Value::Number(given)) => *given,
            _ => 1.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "nobody lists 2^53 parties")]
        let listed = listed as f64;
        if listed > given {
            facts.set(key.apart(), Value::Number(listed));
        }
    }
    for (key, implied) in ruleset.index().implied() {
        if implied.holds(case.kind.as_str(), &facts) && !facts.flag(key.as_str()) {
            facts.set(key.apart(), Value::Flag(true));
        }
    }
    facts
}

impl<'a> Hearing<'a> {
    fn skips(&self, policy: &Policy) -> Option<Skipped> {
        let day = self.question.as_of;
        if policy.mode == Mode::Off {
            Some(Skipped::Off)
        } else if !policy.purposes.meet(self.question.purposes) {
            Some(Skipped::Purpose)
        } else if policy.from.is_some_and(|from| day < from) || policy.to.is_some_and(|to| to < day) {
            Some(Skipped::Validity)
        } else if !policy.target.covers(&self.question.case, &self.facts) {
            Some(Skipped::Target)
        } else {
            None
        }
    }

    fn skip(&mut self, policy: &'a PolicyId, why: Skipped) {
        if let Some(explanation) = &mut self.explanation {
            explanation.skipped.push((policy, why));
        }
    }

    /// A policy that is stopped is not asked, and the decision says so.
    fn stop(&mut self, policy: &'a Policy, stop: &Stop) {
        let fault = Fault { kind: FaultKind::Stopped, detail: Arc::clone(&stop.why) };
        let Policy { id, plugin, digest, mode, .. } = policy;
        self.asked.push(Asked { policy: id, plugin, digest, mode: *mode, answer: Err(fault.clone()), fuel: 0 });
        if stop.hand_over && policy.mode == Mode::Enforce {
            self.failed.push((policy, fault));
        }
    }

    /// There is no time left to ask a policy.
    fn pass_over(&mut self, policy: &'a Policy, listener: &mut Listener<'_>) {
        let fault = Fault { kind: FaultKind::Timeout, detail: NO_TIME_LEFT.into() };
        let answer = Err(fault.clone());
        listener(policy, &answer);
        let Policy { id, plugin, digest, mode, .. } = policy;
        self.asked.push(Asked { policy: id, plugin, digest, mode: *mode, answer: Err(fault.clone()), fuel: 0 });
        if policy.mode == Mode::Enforce {
            self.failed.push((policy, fault));
        }
    }

    fn ask(&mut self, policy: &'a Policy, reads: &Reads, depth: usize, listener: &mut Listener<'_>) {
        let Question { case, purposes, as_of, .. } = self.question;
        let parties = case.parties().iter().zip(&self.party_numbers);
        let parties = parties.map(|(party, numbers)| share(&party.facts, numbers, reads)).collect();
        let file = case.shared(*purposes, *as_of, share(&self.facts, &self.numbers, reads), parties);
        let Assessment { answer, fuel, diary } = policy.assessor.assess(&file);
        listener(policy, &answer);
        let answer = answer.and_then(|findings| read(self.ruleset, self.locality, policy, findings));
        self.asked.push(Asked {
            policy: &policy.id,
            plugin: &policy.plugin,
            digest: &policy.digest,
            mode: policy.mode,
            answer: answer.as_ref().map(Vec::len).map_err(Clone::clone),
            fuel,
        });
        if let Some(explanation) = self.explanation.as_mut().filter(|_| !diary.is_empty()) {
            explanation.diary.push((&policy.id, diary));
        }
        if policy.mode != Mode::Enforce {
            return;
        }
        match answer {
            Ok(said) => {
                self.voices.push(Voice { policy, depth, said });
                let (index, guardrails) = (self.ruleset.index(), &self.locality.guardrails);
                if check::derive(index, guardrails, &self.voices, &mut self.facts) {
                    self.numbers = numbers(self.ruleset, &self.facts);
                }
            }
            Err(fault) => self.failed.push((policy, fault)),
        }
    }
}

/// An answer in words that the ruleset does not have is no answer.
pub(crate) fn read<'a>(
    ruleset: &'a Ruleset,
    locality: &'a Locality,
    policy: &'a Policy,
    findings: Vec<Finding>,
) -> Result<Vec<Said<'a>>, Fault> {
    let reader = check::Reader { index: ruleset.index(), root: locality.chain.first() };
    let mut said: Vec<Said<'a>> = Vec::with_capacity(findings.len());
    for finding in findings {
        // A rule mostly says several things in a row.
        let again = said.last().map(|said| said.rule).filter(|rule| *rule.id == finding.rule);
        let read = match again.or_else(|| Rule::of(policy, &finding.rule)) {
            Some(rule) => reader.read(policy, rule, finding),
            None => Err(format!("rule `{}` is not among those that the plugin describes", finding.rule)),
        };
        said.push(read.map_err(|detail| Fault { kind: FaultKind::BadAnswer, detail: detail.into() })?);
    }
    Ok(said)
}
