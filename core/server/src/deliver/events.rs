//! What happened, as others are told it.

use jiff::Timestamp;
use maple_store::{Activation, Happened, Record, Signal};
use maple_wire::{Outgoing, OutgoingType, outgoing_json};
use serde_json::{Value, json};
use tracing::warn;

use super::pump::Event;
use crate::{app::App, records::chain, signals};

/// What happened at a time that nobody can read is told by a person or not at all.
const NO_TIME: &str = "the record does not say when it happened";

/// What happened as an event, and where.
pub(super) fn told(app: &App, source: &str, happened: &Happened) -> (Event, Option<String>) {
    match happened {
        Happened::Decision(record) => decision(source, record),
        Happened::Signal { number, at, new, signal } => {
            let kind = if *new { OutgoingType::SignalRaised } else { OutgoingType::SignalChanged };
            let id = format!("{}-{number}", signal.raised.id);
            let event =
                Outgoing { id: &id, source, kind, at: *at, subject: &signal.raised.id, data: data(app, signal) };
            (Event::of(&event), Some(signal.raised.locality.clone()))
        }
        Happened::Activation(activation) => (changed(source, activation), None),
    }
}

/// A signal without who changed it: that is for those who may read the log.
fn data(app: &App, signal: &Signal) -> Value {
    let mut data = signals::shown(app, signal);
    if let Some(members) = data.as_object_mut() {
        members.remove("by");
    }
    data
}

fn decision(source: &str, record: &Record) -> (Event, Option<String>) {
    let labels = record.summary();
    let reply: Option<Value> = match record.decision() {
        Ok(decision) => serde_json::from_slice(&decision.output).ok(),
        Err(why) => {
            warn!(why = %chain(&why), "A record is damaged; others are told of it without its channels.");
            None
        }
    };
    let of = |name: &str| reply.as_ref().and_then(|reply| reply.get("decision")?.get(name));
    let steps = of("steps").and_then(Value::as_array);
    let channels = steps.map(|steps| steps.iter().filter_map(|step| step.get("channel").cloned()).collect::<Vec<_>>());
    let mut data = json!({
        "decision": record.id(),
        "locality": labels.locality,
        "kind": labels.kind,
        "outcome": labels.outcome,
        "generation": labels.generation,
        "ruleset": labels.ruleset,
    });
    for (name, value) in [("case", of("case").cloned()), ("channels", channels.map(Value::from))] {
        if let (Some(members), Some(value)) = (data.as_object_mut(), value.filter(|value| !value.is_null())) {
            members.insert(name.to_owned(), value);
        }
    }
    let (kind, at) = (OutgoingType::DecisionMade, labels.cursor.time);
    let event = Outgoing { id: record.id(), source, kind, at, subject: record.id(), data };
    (Event::of(&event), Some(labels.locality))
}

fn changed(source: &str, activation: &Activation) -> Event {
    let Activation { generation, ruleset, at, bundle, replaces, kind, effective, .. } = activation;
    let data = json!({
        "generation": generation,
        "replaces": replaces,
        "kind": kind.word(),
        "ruleset": ruleset,
        "bundle": bundle,
        "effective_at": effective.map(|at| at.to_string()),
    });
    let (id, subject) = (format!("activation-{generation}"), generation.to_string());
    let kind = OutgoingType::ActivationChanged;
    let moment: Option<Timestamp> = at.parse().ok();
    let at = moment.unwrap_or(Timestamp::UNIX_EPOCH);
    let event = Event::of(&Outgoing { id: &id, source, kind, at, subject: &subject, data });
    if moment.is_none() { Event { fault: Some(NO_TIME), ..event.timeless() } } else { event }
}

impl Event {
    /// An event, as it is sent.
    pub(super) fn of(event: &Outgoing<'_>) -> Self {
        let body = outgoing_json(event).to_string();
        Self { id: event.id.to_owned(), kind: event.kind, at: event.at, body, fault: None }
    }

    /// The same without a time, which an event may leave out.
    fn timeless(mut self) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        if let Some(members) = body.as_object_mut() {
            members.remove("time");
        }
        self.body = body.to_string();
        self
    }
}
