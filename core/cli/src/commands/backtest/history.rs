//! What happened to cases, as it is exported: of each event only what tells how mediation ended.

use std::{borrow::Cow, path::Path};

use jiff::Timestamp;
use maple_insight::{
    backtest::{Chronicle, History, Told, TooMany},
    life::EventType,
};
use serde::Deserialize;

use super::rows::{self, Rows as _};
use crate::{Failure, commands::progress::Progress};

/// What is read, as it is named in errors.
const HISTORY: &str = "history";
/// Events after which the bar is told.
const EVENTS_TOLD: u64 = 1_024;

/// What became of an event that counts, in the words of the server.
const APPLIED: &str = "applied";

/// A line: an event as it was sent, or one as the server keeps it, with what became of it.
#[derive(Deserialize)]
struct Line<'e> {
    #[serde(borrow)]
    event: Option<Event<'e>>,
    #[serde(borrow)]
    standing: Option<Cow<'e, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'e, str>>,
    #[serde(borrow)]
    subject: Option<Cow<'e, str>>,
    time: Option<Timestamp>,
    #[serde(borrow, default)]
    data: Data<'e>,
}

impl<'e> Line<'e> {
    /// The event, and whether it counts; nothing where it is none.
    fn event(self) -> Option<(Event<'e>, bool)> {
        match (self.event, self.standing) {
            (Some(event), Some(standing)) => Some((event, standing == APPLIED)),
            (Some(_), None) => None,
            (None, _) => {
                let event = Event { kind: self.kind?, subject: self.subject?, time: self.time?, data: self.data };
                Some((event, true))
            }
        }
    }
}

/// What of an event is read.
#[derive(Deserialize)]
struct Event<'e> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'e, str>,
    #[serde(borrow)]
    subject: Cow<'e, str>,
    time: Timestamp,
    #[serde(borrow, default)]
    data: Data<'e>,
}

#[derive(Default, Deserialize)]
struct Data<'e> {
    #[serde(borrow)]
    kind: Option<Cow<'e, str>>,
    #[serde(borrow)]
    channel: Option<Cow<'e, str>>,
}

/// What was read.
pub(super) struct Read {
    pub(super) history: History,
    /// Events that the server did not let count, which are left out.
    pub(super) not_counted: u64,
}

/// Reads a file of events.
pub(super) fn read(path: &Path) -> Result<Read, Failure> {
    let mut lines = rows::lines(path, HISTORY)?;
    let progress = Progress::begin("events", lines.total(), None);
    let (mut chronicle, mut not_counted, mut untold) = (Chronicle::default(), 0, 0);
    while let Some(row) = lines.next()? {
        let named = || format!("history `{}`, line {}", path.display(), row.number);
        let line = row.text.as_ref().ok().and_then(|line| serde_json::from_slice::<Line<'_>>(line).ok());
        let (event, counts) = line.and_then(Line::event).ok_or_else(|| {
            Failure::Input(format!("{} is no event of a case; `maple events export` writes them", named()))
        })?;
        if counts {
            tell(&mut chronicle, &event).map_err(|error| Failure::Input(format!("{}: {error}", named())))?;
        } else {
            not_counted += 1;
        }
        untold += 1;
        if untold == EVENTS_TOLD {
            progress.advance(std::mem::take(&mut untold), lines.done());
        }
    }
    progress.end();
    if chronicle.is_empty() {
        let left = if not_counted > 0 { format!(": {not_counted} did not count") } else { String::new() };
        return Err(Failure::Input(format!("the history `{}` holds no events of cases{left}", path.display())));
    }
    Ok(Read { history: chronicle.history(), not_counted })
}

fn tell(chronicle: &mut Chronicle, event: &Event<'_>) -> Result<(), TooMany> {
    // What happens to mediators and signals is about no case.
    let Some(kind) = EventType::of(&event.kind) else { return Ok(()) };
    let mut tell = |told| chronicle.tell(&event.subject, event.time, told);
    if let (EventType::Registered, Some(kind)) = (kind, &event.data.kind) {
        tell(Told::Kind(kind))?;
    }
    if let Some(channel) = &event.data.channel {
        tell(Told::Channel(channel))?;
    }
    match kind {
        EventType::Agreed => tell(Told::Ended { agreed: true }),
        EventType::Failed => tell(Told::Ended { agreed: false }),
        _ => Ok(()),
    }
}
