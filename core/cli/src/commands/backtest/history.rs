//! What happened to cases, as it is exported: of each event only what tells how mediation ended.

use std::path::Path;

use jiff::Timestamp;
use maple_insight::{
    backtest::{History, Told},
    life::EventType,
};
use serde::Deserialize;

use super::rows::{self, Rows as _};
use crate::{Failure, commands::progress::Progress};

/// What is read, as it is named in errors.
const HISTORY: &str = "history";
/// Events after which the bar is told.
const EVENTS_TOLD: u64 = 1_024;

/// What of an event is read.
#[derive(Deserialize)]
struct Event<'e> {
    #[serde(borrow, rename = "type")]
    kind: std::borrow::Cow<'e, str>,
    #[serde(borrow)]
    subject: std::borrow::Cow<'e, str>,
    time: Timestamp,
    #[serde(borrow, default)]
    data: Data<'e>,
}

#[derive(Default, Deserialize)]
struct Data<'e> {
    #[serde(borrow)]
    kind: Option<std::borrow::Cow<'e, str>>,
    #[serde(borrow)]
    channel: Option<std::borrow::Cow<'e, str>>,
}

/// Reads a file of events.
pub(super) fn read(path: &Path) -> Result<History, Failure> {
    let mut lines = rows::lines(path, HISTORY)?;
    let progress = Progress::begin("events", lines.total(), None);
    let (mut history, mut untold) = (History::default(), 0);
    while let Some(row) = lines.next()? {
        let named = || format!("history `{}`, line {}", path.display(), row.number);
        let event = row.question.as_ref().ok().and_then(|line| serde_json::from_slice::<Event<'_>>(line).ok());
        let event = event.ok_or_else(|| {
            Failure::Input(format!("{} is no event of a case; `maple events export` writes them", named()))
        })?;
        tell(&mut history, &event).map_err(|error| Failure::Input(format!("{}: {error}", named())))?;
        untold += 1;
        if untold == EVENTS_TOLD {
            progress.advance(std::mem::take(&mut untold), lines.done());
        }
    }
    progress.end();
    if history.is_empty() {
        return Err(Failure::Input(format!("the history `{}` holds no events of cases", path.display())));
    }
    Ok(history)
}

fn tell(history: &mut History, event: &Event<'_>) -> Result<(), maple_insight::backtest::TooMany> {
    // What happens to mediators and signals is about no case.
    let Some(kind) = EventType::of(&event.kind) else { return Ok(()) };
    let mut tell = |told| history.tell(&event.subject, event.time, told);
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
