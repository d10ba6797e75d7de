//! The state in which policies serve, beside what their files say: stopped, in the shadow, handed to a person.

use std::{collections::BTreeSet, sync::Arc};

use maple_kernel::{Mode, Policy, Ruleset, Stop};
use maple_seal::{CanonicalFault, Digest, canonical};
use serde::{Deserialize, Serialize};

/// States of one ruleset.
pub const STATES_COUNT_MAX: usize = 1_000;
/// Length of the reason for a state; each decision it touches repeats it.
pub const WHY_BYTES_MAX: usize = 256;
const NAME_BYTES_MAX: usize = 256;

/// What a state is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Every policy of a locality and of all places below it.
    Locality,
    /// One policy.
    Policy,
}

/// How a policy serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It counts, whatever its file says.
    Enforce,
    /// It is asked and noted, and changes nothing.
    Shadow,
    /// It is not asked.
    Off,
    /// Brake: it is not asked and each decision says so; in the place of one that sets the floor a person decides.
    Stopped,
    /// It kept failing: it is not asked, each decision says so, and a person decides.
    Quarantined,
}

/// The state of a policy, or of all policies of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What it is of.
    pub subject: Subject,
    /// The locality or the policy.
    pub name: String,
    /// How it serves.
    pub how: How,
    /// Why.
    pub why: String,
    /// Who said so.
    pub by: String,
    /// Since when, RFC 3339.
    pub at: String,
    /// How far whoever said so may act, as a subtree such as `cn/zhejiang/**`; who may act less far does not undo it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reach: String,
}

impl State {
    fn covers(&self, policy: &Policy) -> bool {
        match self.subject {
            Subject::Policy => policy.id.as_str() == self.name,
            Subject::Locality => {
                let below = policy.locality.as_str().strip_prefix(&*self.name);
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

/// Why a state cannot be.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// Nothing is called so.
    #[error("there is no {what} `{name}` in the ruleset that serves")]
    Unknown {
        /// What is looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Too many.
    #[error("{STATES_COUNT_MAX} states are the most; lift some first")]
    TooMany,
    /// The reason is missing or too long.
    #[error("`why` has {bytes} bytes; write 1 to {WHY_BYTES_MAX}, without names or facts of a case")]
    Why {
        /// Its length.
        bytes: usize,
    },
    /// It cannot be written.
    #[error("the states cannot be written")]
    Canonical(#[from] CanonicalFault),
}

/// The states of a ruleset; at most one of each subject and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct States(/* INVARIANT: sorted by subject and name. */ Vec<State>);

/// What of a state a decision depends on.
#[derive(Serialize)]
struct Essence<'a> {
    how: How,
    name: &'a str,
    subject: Subject,
    why: &'a str,
}

impl States {
    /// True when every policy serves as its file says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each state.
    pub fn iter(&self) -> impl Iterator<Item = &State> {
        self.0.iter()
    }

    /// The state of a subject.
    #[must_use]
    pub fn get(&self, subject: Subject, name: &str) -> Option<&State> {
        self.0.iter().find(|state| state.subject == subject && state.name == name)
    }

    /// These states with one more, in the place of what was said of its subject before.
    ///
    /// # Errors
    ///
    /// When it is of nothing in the ruleset, gives no reason, or is one too many.
    pub fn with(&self, state: State, ruleset: &Ruleset) -> Result<Self, StateFault> {
        let bytes = state.why.len();
        if state.why.trim().is_empty() || bytes > WHY_BYTES_MAX {
            return Err(StateFault::Why { bytes });
        }
        let what = match state.subject {
            Subject::Locality => "locality",
            Subject::Policy => "policy",
        };
        if !known(&state, ruleset) {
            return Err(StateFault::Unknown { what, name: state.name.chars().take(NAME_BYTES_MAX).collect() });
        }
        let mut all: Vec<State> = self.without(state.subject, &state.name).0;
        all.push(state);
        all.sort_by(|one, two| (one.subject, &one.name).cmp(&(two.subject, &two.name)));
        if all.len() > STATES_COUNT_MAX { Err(StateFault::TooMany) } else { Ok(Self(all)) }
    }

    /// These states without that of a subject.
    #[must_use]
    pub fn without(&self, subject: Subject, name: &str) -> Self {
        let other = |state: &&State| state.subject != subject || state.name != name;
        Self(self.0.iter().filter(other).cloned().collect())
    }

    /// Those that are of something in a ruleset: others end when what they are of is gone.
    #[must_use]
    pub fn within(&self, ruleset: &Ruleset) -> Self {
        Self(self.0.iter().filter(|state| known(state, ruleset)).cloned().collect())
    }

    /// These states once every stop is lifted.
    #[must_use]
    pub fn unstopped(&self) -> Self {
        let stays = |state: &&State| !matches!(state.how, How::Stopped | How::Quarantined);
        Self(self.0.iter().filter(stays).cloned().collect())
    }

    /// The ruleset as it serves in these states. It has a digest of its own, over its parent's and the states.
    ///
    /// # Errors
    ///
    /// Never for states that can be written as JSON.
    pub fn over(&self, ruleset: &Arc<Ruleset>) -> Result<Arc<Ruleset>, StateFault> {
        if self.is_empty() {
            return Ok(Arc::clone(ruleset));
        }
        let text = canonical(&self.essence())?;
        let mut whole = ruleset.digest().as_bytes().to_vec();
        whole.push(0);
        whole.extend(text);
        let digest = Digest::of(&whole).to_string();
        Ok(Arc::new(ruleset.with_states(digest.into(), |policy| self.of(policy))))
    }

    /// What of them decisions depend on.
    fn essence(&self) -> Vec<Essence<'_>> {
        let mut all = Vec::with_capacity(self.0.len());
        for State { subject, name, how, why, .. } in &self.0 {
            all.push(Essence { how: *how, name, subject: *subject, why });
        }
        all
    }

    /// How a policy serves, if otherwise than its file says. A stop counts before every other state, and what is said of
    /// the policy itself before what is said of its place.
    fn of(&self, policy: &Policy) -> Option<(Mode, Option<Stop>)> {
        let covering: Vec<&State> = self.0.iter().filter(|state| state.covers(policy)).collect();
        let stops = |state: &&&State| matches!(state.how, How::Stopped | How::Quarantined);
        let chosen = covering.iter().rfind(stops).or_else(|| covering.last())?;
        let stop = |hand_over| Some(Stop { why: chosen.why.as_str().into(), hand_over });
        Some(match chosen.how {
            How::Enforce => (Mode::Enforce, None),
            How::Shadow => (Mode::Shadow, None),
            How::Off => (Mode::Off, None),
            How::Stopped => (policy.mode, stop(policy.trusted)),
            How::Quarantined => (policy.mode, stop(true)),
        })
    }

    /// The names of what these states and others say differently.
    #[must_use]
    pub fn differing<'s>(&'s self, other: &'s Self) -> BTreeSet<&'s str> {
        let only = |of: &'s Self, in_other: &'s Self| {
            of.0.iter().filter(|state| !in_other.0.contains(state)).map(|state| state.name.as_str())
        };
        only(self, other).chain(only(other, self)).collect()
    }
}

fn known(state: &State, ruleset: &Ruleset) -> bool {
    match state.subject {
        Subject::Locality => ruleset.localities().any(|(id, _)| id.as_str() == state.name),
        Subject::Policy => ruleset.policy_ids().any(|id| id.as_str() == state.name),
    }
}
