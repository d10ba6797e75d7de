//! What a change of rules would do: two decisions of the same case compared, and the differences of many counted.
//!
//! [`compare`] holds two decisions against each other, [`Tally`] counts what came of it and adds up with tallies of
//! other threads in any order to the same figures, [`Budget`] says which of them are too large. Reasons are not
//! compared: a rule that says the same in other words changes nothing.

mod budget;
mod change;
mod earliest;
mod outcome;
mod tally;

pub use budget::{Asked, Budget, Figure, OutOfBounds, Verdict};
pub use change::{Aspect, Change, ClockChange, First, compare};
pub use earliest::{Earliest, Sample};
pub use outcome::{
    Band, Chronicle, Estimate, Expected, HISTORY_DISPUTES_MAX, HISTORY_STEPS_MAX, HISTORY_WORD_BYTES_MAX,
    HISTORY_WORDS_MAX, History, Matched, MatchedBy, Moves, Outcomes, Row, Told, TooMany,
};
pub use tally::{Both, Clocks, Costs, Gained, Group, Seen, Spread, Tally};

#[cfg(test)]
mod tests;
