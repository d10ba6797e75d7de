//! The life of a dispute: what happened to it, where it stands, what may happen next.
//!
//! Events come late, twice and in any order. So nothing is kept but the events themselves; where a dispute stands is
//! what comes of them in the order of their own times. An event that only lacks what must have come before waits for it;
//! one that contradicts what is known is refused.

mod code;
mod course;
mod event;
mod history;
mod stage;

pub use code::CODE_BYTES_MAX;
pub use course::{
    DAILY_DAYS, Known, LIMITATION_AFTER_DAYS, LIMITATION_DAILY_DAYS, LIMITATION_YEARS, MOMENTS_COUNT_MAX,
    WATCHED_DAYS_MAX, WEEKLY_DAYS,
};
pub use event::{Arbitration, Committee, EventType, FailureReason, Form, Happening, Level, LifeEvent, Referral, Side};
pub use history::{Admission, Agreement, Closing, Conclusion, History, Life, Standing};
pub use stage::Stage;

pub(crate) use event::words;
