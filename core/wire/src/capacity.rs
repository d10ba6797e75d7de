//! `capacity.changed`: an event about what a mediator can take, not about a dispute.

use jiff::Timestamp;
use maple_kernel::Day;

use crate::{
    fields::{Given, fields},
    json::Json,
    problem::{FlawCode, Flaws, Path},
    question::{needed, reference},
    roster::{ROSTER_CAPACITY_MAX, leave, list, whole},
};

/// The type of the event.
pub const CAPACITY_CHANGED: &str = "capacity.changed";

/// What somebody says of a mediator's capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityMessage {
    /// The event's id.
    pub id: String,
    /// Who says so.
    pub source: String,
    /// The mediator.
    pub mediator: String,
    /// The station, where that is the subject.
    pub station: Option<String>,
    /// From when on.
    pub at: Timestamp,
    /// Cases open at a time; 0 takes none.
    pub capacity: u16,
    /// Days of leave, in the place of those before; where it is left out these stay.
    pub leave: Option<Vec<(Day, Day)>>,
}

/// What the data of such an event say.
pub(crate) struct Told {
    pub(crate) mediator: Option<String>,
    pub(crate) capacity: u16,
    pub(crate) leave: Option<Vec<(Day, Day)>>,
}

pub(crate) fn told(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Told> {
    let [who, capacity, days]: [Given<'_, '_>; 3] = fields(json, path, ["mediator", "capacity", "leave"], flaws)?;
    let who = who.map_or(Some(None), |json| reference(json, &path.member("mediator"), flaws).map(Some));
    let capacity = needed(capacity, &path.member("capacity"), flaws)
        .and_then(|(json, at)| whole(json, &at, 0, ROSTER_CAPACITY_MAX, flaws));
    let days = days.map_or(Some(None), |json| list(Some(json), &path.member("leave"), flaws, leave).map(Some));
    Some(Told { mediator: who?, capacity: capacity?, leave: days? })
}

/// Whose it is: the subject is the mediator, or the station of the one that the data name.
pub(crate) fn whose(subject: String, told: Option<String>) -> (String, Option<String>) {
    match told {
        Some(mediator) if mediator != subject => (mediator, Some(subject)),
        _ => (subject, None),
    }
}

/// There is no such mediator at that station.
#[must_use]
pub fn unknown_mediator(message: &CapacityMessage) -> (FlawCode, String, String) {
    let at = message.station.as_ref().map_or_else(String::new, |station| format!(" at the station `{station}`"));
    let who = &message.mediator;
    (
        FlawCode::UnknownValue,
        format!("there is no mediator `{who}`{at}; send the roster first, or name the mediator in `data`"),
        format!("名册中没有调解员{who}或其不在该站点；请先导入名册，或在data中写明mediator"),
    )
}
