//! What belongs to an activation beside its bundle, as it is kept with it.

use maple_gate::States;
use maple_store::Activation;
use serde::{Deserialize, Serialize};

use super::Unmade;

/// Cases after which a canary is judged, where nobody says.
pub const CANARY_CASES_MIN: u64 = 100;
/// Of a hundred cases, how many a canary may fail on, where nobody says.
pub const CANARY_FAILED_PERCENT_MAX: f64 = 1.0;
/// Of a hundred cases, how many a canary may decide otherwise, where nobody says.
pub const CANARY_CHANGED_PERCENT_MAX: f64 = 20.0;
/// Of a hundred cases, how many may be corrected by a guardrail only under a canary, where nobody says.
pub const CANARY_CORRECTED_PERCENT_MAX: f64 = 1.0;
/// How many times as long a canary may take, where nobody says.
pub const CANARY_SLOWER_MAX: f64 = 2.0;

/// What belongs to an activation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ActivationTerms {
    /// Digest of the ruleset before the states of policies, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// The states of policies.
    #[serde(default, skip_serializing_if = "States::is_empty")]
    pub(crate) states: States,
    /// A ruleset that decides a share of cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) canary: Option<CanaryTerms>,
}

/// A ruleset that decides a share of cases, and when it no longer may.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CanaryTerms {
    /// Digest of its bundle.
    pub(crate) bundle: String,
    /// Digest of its ruleset.
    pub(crate) ruleset: String,
    /// The same before the states of policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// Of a hundred cases, how many it decides.
    pub(crate) percent: u8,
    /// What it may do.
    #[serde(default)]
    pub(crate) limits: CanaryLimits,
}

/// What a canary may do before it is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CanaryLimits {
    /// Cases after which it is judged.
    pub(crate) cases_min: u64,
    /// Of a hundred cases, how many a policy of it may fail on.
    pub(crate) failed_percent_max: f64,
    /// Of a hundred cases, how many may come out otherwise.
    pub(crate) changed_percent_max: f64,
    /// Of a hundred cases, how many a guardrail may correct that it does not correct without it.
    pub(crate) corrected_percent_max: f64,
    /// How many times as long it may take.
    pub(crate) slower_max: f64,
}

impl Default for CanaryLimits {
    fn default() -> Self {
        Self {
            cases_min: CANARY_CASES_MIN,
            failed_percent_max: CANARY_FAILED_PERCENT_MAX,
            changed_percent_max: CANARY_CHANGED_PERCENT_MAX,
            corrected_percent_max: CANARY_CORRECTED_PERCENT_MAX,
            slower_max: CANARY_SLOWER_MAX,
        }
    }
}

impl ActivationTerms {
    /// Those of an activation.
    pub(crate) fn of(activation: &Activation) -> Result<Self, serde_json::Error> {
        activation.terms.as_deref().map_or_else(|| Ok(Self::default()), serde_json::from_str)
    }

    /// The same, for whoever is about to change what serves: what cannot be read must not be lost.
    pub(crate) fn read(activation: &Activation) -> Result<Self, Unmade> {
        let generation = activation.generation;
        Self::of(activation).map_err(|error| Unmade::Terms { generation, detail: error.to_string() })
    }

    /// As they are kept; nothing where there is nothing to say.
    pub(crate) fn written(&self) -> Option<String> {
        if *self == Self::default() { None } else { serde_json::to_string(self).ok() }
    }
}
