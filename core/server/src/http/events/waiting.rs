//! Events that were told before what must have come before them: which they are, and what they wait for.

use maple_insight::life::{EventType, History, LifeEvent, Stage, Standing};
use maple_store::EventRecord;
use serde_json::{Value, json};

/// The events of a case that wait: where the case stood when each happened, as far as is known, what may be told of that
/// moment, and at which stages the event counts.
pub(super) fn told(events: &[EventRecord]) -> Vec<Value> {
    let waits = |record: &&EventRecord| record.standing == Standing::Waiting;
    if !events.iter().any(|record| waits(&record)) {
        return Vec::new();
    }
    let known = events.iter().map(|record| {
        let EventRecord { event, standing, .. } = record;
        (LifeEvent { at: event.at, what: event.what.clone() }, *standing)
    });
    // Whether parties may refuse does not change what is known of them.
    let history = History::new(known.collect(), true);
    let row = |record: &EventRecord| {
        let (event, kind) = (&record.event, record.event.what.kind());
        let stage = history.until(event.at).life().stage;
        let may = stage.map_or_else(|| vec![EventType::Registered], Stage::allowed);
        let counts_at = Stage::ALL.iter().filter(|stage| stage.allowed().contains(&kind));
        json!({
            "source": event.source,
            "id": event.id,
            "type": kind.as_str(),
            "time": event.at.to_string(),
            "received": record.received.to_string(),
            "stage": stage.map(Stage::as_str),
            "allowed": may.into_iter().map(EventType::as_str).collect::<Vec<_>>(),
            "counts_at": counts_at.map(|stage| stage.as_str()).collect::<Vec<_>>(),
        })
    };
    events.iter().filter(waits).map(row).collect()
}
