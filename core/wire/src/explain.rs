//! How a decision came about, told to a person and as data: every policy of the chain in order, why it was asked or
//! not, what it said, and what became of each claim.

mod absent;
mod became;
mod json;
mod misses;
mod page;
mod phrases;
mod silent;
mod target;

use std::time::Duration;

use maple_bundle::table::Table;
use maple_kernel::{Asking, Decision, PolicyId, Question, Ruleset};

pub use absent::why_absent;
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
    /// The rule tables, so that why a rule kept silent can be told; of a table that is not here nothing is said.
    pub tables: &'a [Table],
}

impl Explained<'_> {
    /// The table that the policy is.
    fn table(&self, policy: &PolicyId) -> Option<&Table> {
        self.tables.iter().find(|table| table.policy == *policy)
    }

    /// How many policies of other places the ruleset has.
    fn elsewhere(&self) -> usize {
        self.ruleset.policy_ids().count().saturating_sub(self.askings.len())
    }
}
