//! What a bundle must pass before it may serve, and the state in which its policies serve.
//!
//! [`admit`] takes the bytes of a bundle through every stage and gives what may serve, or a [`Report`] with every problem
//! of every stage that could be reached. It changes nothing that serves: who calls makes the swap.

mod admit;
pub mod cases;
mod changes;
mod compare;
mod conformance;
mod pieces;
mod report;
mod signatures;
mod states;

pub use admit::{Admitted, Budget, Current, Terms, WARM_UP_PLACES_MAX, admit, conforms};
pub use changes::{Changes, PackChange, latest};
pub use conformance::{CONFORMANCE_QUESTIONS_MAX, TURNING_DAYS_COUNT_MAX};
pub use pieces::{Became, PIECE_BYTES_MAX, PIECES_SHOWN_MAX, PieceChange, PieceChanges};
pub use report::{Ending, MESSAGE_BYTES_MAX, PROBLEMS_SHOWN_MAX, Problem, Report, Stage, StageReport};
pub use signatures::{SignFault, Signatures, Signed, sign, signatures_hold};
pub use states::{How, STATES_COUNT_MAX, State, StateFault, States, Subject, WHY_BYTES_MAX};
