//! Events on their way to a server, in batches.

use maple_wire::{EVENTS_BYTES_MAX, EVENTS_COUNT_MAX};
use serde::Deserialize;
use serde_json::Value;

use super::remote::Server;
use crate::Failure;

const BATCH: &str = "application/cloudevents-batch+json";

#[derive(Deserialize)]
struct Answer {
    events: Vec<Outcome>,
}

/// What became of one event.
#[derive(Deserialize)]
pub(super) struct Outcome {
    /// `accepted`, `waiting`, `duplicate` or `refused`.
    pub(super) status: String,
    problem: Option<Value>,
}

impl Outcome {
    fn of_problem(&self, name: &str) -> &str {
        let problem = self.problem.as_ref();
        problem.and_then(|problem| problem.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    /// Which problem it has.
    pub(super) fn problem(&self) -> &str {
        self.of_problem("type")
    }

    /// Why it was refused: the first field that is wrong, or the whole.
    pub(super) fn detail(&self) -> &str {
        let first = self.problem.as_ref().and_then(|problem| problem.get("errors")?.get(0)?.get("detail")?.as_str());
        first.unwrap_or_else(|| self.of_problem("detail"))
    }
}

/// Events that wait until there are enough for one request.
pub(super) struct Outbox<'a> {
    server: &'a Server<'a>,
    body: String,
    rows: Vec<u64>,
}

impl<'a> Outbox<'a> {
    pub(super) fn new(server: &'a Server<'a>) -> Self {
        Self { server, body: String::new(), rows: Vec::new() }
    }

    /// Adds an event of a row; what became of those before it, where they had to go first.
    pub(super) fn push(&mut self, event: &Value, row: u64) -> Result<Vec<(u64, Outcome)>, Failure> {
        let event = event.to_string();
        let full = self.rows.len() >= EVENTS_COUNT_MAX || self.body.len() + event.len() + 2 > EVENTS_BYTES_MAX;
        let heard = if full { self.flush()? } else { Vec::new() };
        self.body.push(if self.rows.is_empty() { '[' } else { ',' });
        self.body.push_str(&event);
        self.rows.push(row);
        Ok(heard)
    }

    /// Sends what waits; what became of it.
    pub(super) fn flush(&mut self) -> Result<Vec<(u64, Outcome)>, Failure> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        self.body.push(']');
        let body = std::mem::take(&mut self.body);
        let answer: Answer = match self.server.send("/v1/events", BATCH, body.as_bytes())? {
            Ok(bytes) => self.server.read(&bytes)?,
            Err((status, bytes)) => return Err(self.server.failed(status, &bytes)),
        };
        Ok(std::mem::take(&mut self.rows).into_iter().zip(answer.events).collect())
    }
}
