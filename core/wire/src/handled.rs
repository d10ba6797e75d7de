//! `signal.handled`: an event about what became of a signal, not about a dispute.

use jiff::Timestamp;

use crate::{
    event::one_of,
    fields::{Given, fields},
    json::Json,
    problem::{Flaws, Path},
};

/// The type of the event.
pub const SIGNAL_HANDLED: &str = "signal.handled";

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Somebody is at it.
    Acknowledged,
    /// What was to be done was done.
    Handled,
    /// There was nothing behind it.
    FalseAlarm,
}

impl Handling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Acknowledged, Self::Handled, Self::FalseAlarm];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Handled => "handled",
            Self::FalseAlarm => "false_alarm",
        }
    }
}

/// What somebody says became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandledMessage {
    /// The event's id.
    pub id: String,
    /// Who says so.
    pub source: String,
    /// The signal, by its id.
    pub signal: String,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub state: Handling,
}

/// What the data of such an event say; without data it was handled.
pub(crate) fn told(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Handling> {
    let [state]: [Given<'_, '_>; 1] = fields(json, path, ["state"], flaws)?;
    let read = |json| one_of(json, &path.member("state"), &Handling::ALL, Handling::as_str, flaws);
    state.map_or(Some(Handling::Handled), read)
}
