//! Why nothing was changed.

use std::sync::Arc;

use maple_gate::{Report, StateFault};
use maple_store::{Activation, StoreError};
use maple_wire::Problem;

use super::Unmade;
use crate::records::chain;

/// Why nothing was changed.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nothing is changed here while it serves.
    NotControlled(Problem),
    /// The bundle was not admitted; its report is kept under the id.
    Rejected(Box<Report>, Option<String>),
    /// Something else serves than the caller knows.
    Conflict(Option<Box<Activation>>),
    /// There is no such bundle, or it makes no ruleset here.
    Unmade(Unmade),
    /// The caller may not change this place.
    Forbidden(String),
    /// Whoever set a state may act further than the caller.
    Above(String),
    /// Whoever published the bundle may not activate it.
    FourEyes(String),
    /// A folder that is kept, and that somebody who is known must put in force.
    Waits {
        /// A place that is guarded by four eyes.
        place: String,
        /// The bundle under which it is kept.
        bundle: String,
        /// The ruleset that it becomes.
        ruleset: Arc<str>,
    },
    /// Versions go back, and no rollback was asked for.
    Downgrade(String),
    /// A plan for a moment that is over.
    Past(jiff::Timestamp),
    /// A state that cannot be.
    State(StateFault),
    /// There is nothing to go back to.
    NothingBefore,
    /// The host failed while it examined a bundle.
    Broken,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { current } => Self::Conflict(current),
            other => Self::Store(other),
        }
    }
}

impl From<Unmade> for Refusal {
    fn from(why: Unmade) -> Self {
        Self::Unmade(why)
    }
}

impl From<StateFault> for Refusal {
    fn from(why: StateFault) -> Self {
        Self::State(why)
    }
}

impl Refusal {
    /// In words, for a terminal and the log.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Rejected(report, _) => {
                let problems = report.stages.iter().flat_map(|one| one.problems.iter().map(move |p| (one.stage, p)));
                let told = problems.filter(|(_, problem)| problem.error).map(|(stage, problem)| {
                    let place = if problem.file.is_empty() { String::new() } else { format!("{}: ", problem.file) };
                    let advice = problem.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
                    format!("\n  {}: {place}{}{advice}", stage.word(), problem.message)
                });
                format!("the policies may not serve:{}", told.collect::<String>())
            }
            Self::NotControlled(problem) => problem.detail.clone(),
            Self::Conflict(Some(current)) => {
                format!("generation {} came first; look at it and try again", current.generation)
            }
            Self::Conflict(None) => "nothing serves yet that could be replaced".to_owned(),
            Self::Unmade(why) => chain(why),
            Self::Forbidden(place) if place.is_empty() => "only who may act for all places may change this".to_owned(),
            Self::Forbidden(place) => format!("you may not change `{place}`"),
            Self::Above(reach) => {
                format!("somebody who acts for `{reach}` said so; only who acts as far may say otherwise")
            }
            Self::FourEyes(place) => {
                format!("for `{place}` one person publishes and another activates; you published this bundle")
            }
            Self::Waits { place, bundle, .. } => {
                format!(
                    "for `{place}` one person publishes and another activates: the folder is kept as bundle {bundle}, and \
                     `maple activate {bundle}` puts it in force"
                )
            }
            Self::Downgrade(what) => format!("{what}; say `rollback` if that is meant"),
            Self::Past(moment) => format!("{moment} is over; leave it out to begin at once"),
            Self::State(why) => why.to_string(),
            Self::NothingBefore => "no other bundle served before; there is nothing to go back to".to_owned(),
            Self::Broken => "the host failed while it examined the bundle; its log says where".to_owned(),
            Self::Store(why) => chain(why),
        }
    }
}
