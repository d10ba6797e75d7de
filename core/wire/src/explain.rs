//! How a decision came about, told to a person and as data: every policy of the chain in order, why it was asked or
//! not, what it said, and what became of each claim.

mod became;
mod json;
mod page;
mod phrases;

use std::time::Duration;

use maple_kernel::{Asking, Decision, Question, Ruleset};

pub use json::explain_json;
pub use page::explain_text;

/// A decision with everything that led to it.
pub struct Explained<'a> {
    /// What decided.
    pub ruleset: &'a Ruleset,
    /// What was asked. The decision was made with an explanation.
    pub question: &'a Question,
    /// What was decided.
    pub decision: &'a Decision<'a>,
    /// Every policy of the chain, in the order in which they were asked, each with the time it took, when it was asked
    /// and somebody measured it.
    pub askings: Vec<(Asking<'a>, Option<Duration>)>,
}

impl Explained<'_> {
    /// How many policies of other places the ruleset has.
    fn elsewhere(&self) -> usize {
        self.ruleset.policy_ids().count().saturating_sub(self.askings.len())
    }
}
