//! What others are told: CloudEvents 1.0 in structured mode, with ids, places and words, and no fact of a case.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

/// Length of what says who tells it.
pub const OUTGOING_SOURCE_BYTES_MAX: usize = 256;
/// The type of the content of an event.
pub const CLOUDEVENT: &str = "application/cloudevents+json";

/// What sort of event it is; the words are the CloudEvents types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutgoingType {
    /// A decision was made and kept.
    DecisionMade,
    /// A signal was raised.
    SignalRaised,
    /// Something became of a signal: more disputes, acknowledged, handled, a false alarm, more urgent.
    SignalChanged,
    /// Something else serves, or is planned to.
    ActivationChanged,
}

impl OutgoingType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DecisionMade, Self::SignalRaised, Self::SignalChanged, Self::ActivationChanged];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DecisionMade => "decision.made",
            Self::SignalRaised => "signal.raised",
            Self::SignalChanged => "signal.changed",
            Self::ActivationChanged => "activation.changed",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

impl fmt::Display for OutgoingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event that others are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing<'a> {
    /// Its id, the same however often it is sent; a full stop never stands in it.
    pub id: &'a str,
    /// Who tells it.
    pub source: &'a str,
    /// What sort it is.
    pub kind: OutgoingType,
    /// When it happened.
    pub at: Timestamp,
    /// What it is about: a decision, a signal, a generation.
    pub subject: &'a str,
    /// What there is to say.
    pub data: Value,
}

/// An event in structured mode.
#[must_use]
pub fn outgoing_json(event: &Outgoing<'_>) -> Value {
    json!({
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.kind.as_str(),
        "time": event.at.to_string(),
        "subject": event.subject,
        "datacontenttype": "application/json",
        "data": event.data,
    })
}
