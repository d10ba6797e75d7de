//! Figures of a place and a period: what is counted of each dispute, the indicators that come of the counts, and what of
//! them may be shown.

mod course;
mod cover;
mod indicator;
mod monthly;
mod protect;
mod tally;
mod warning;

pub use course::{Cell, Course, Exit, Left, Mark, Milestone, Passed, Stair, Ways, course, successes};
pub use cover::Cover;
pub use indicator::{Counts, Figure, Indicator, Unit};
pub use monthly::{RETURN_KINDS, Return, ReturnCounts, ReturnGroup, ReturnSource};
pub use protect::{SHOWN_COUNT_MIN, hidden};
pub use tally::{BUCKET_HOURS, BUCKETS_COUNT, COUNTS_VERSION, Measure, Month, Tally, contributions};
pub use warning::{Ending, Loop, LoopFigure};
