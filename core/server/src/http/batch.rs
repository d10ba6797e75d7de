//! `POST /v1/evaluate/batch`: a question a line in, an answer a line out, in the same order, both at once.
//!
//! One task reads lines and hands them out in chunks; the chunks are answered side by side; the answer takes them in
//! order. Between reader and answer stands a queue of a few chunks, so that a batch of any length takes bounded memory.

use std::{convert::Infallible, ops::Range, sync::Arc};

use arc_swap::ArcSwap;
use axum::{
    body::Body,
    extract::{Extension, Request, State as Shared},
    http::StatusCode,
    response::Response,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use maple_gate::{How, State};
use maple_wire::{Problem, ProblemKind};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        mpsc::{Receiver, Sender, channel},
    },
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};

use super::{
    answer, body,
    evaluate::answer_into,
    lines::{Line, Lines},
};
use crate::{
    access::Caller,
    app::{App, Serving},
    config::{CHUNK_LINES_MAX, LINE_BYTES_MAX},
    records::Ticket,
};

/// Chunks between reader and answer.
const CHUNKS_COUNT_MAX: usize = 8;
/// Bytes of lines in one chunk, after which it is handed out although it has room for more lines.
const CHUNK_BYTES_MAX: usize = 256 << 10;

const TYPES: [&str; 4] = [answer::NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"];

pub(crate) async fn batch(
    Shared(app): Shared<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    if let Err(problem) = body::expect_type(request.headers(), &TYPES) {
        return answer::problem(&problem);
    }
    let Ok(place) = Arc::clone(&app.batches).try_acquire_owned() else {
        app.metrics.turned_away("/v1/evaluate/batch");
        return answer::problem(&answer::overloaded());
    };
    let (chunks, answers) = channel(CHUNKS_COUNT_MAX);
    let serving = Arc::new(ArcSwap::new(app.serving()));
    let reader = Reader { app, serving, caller, chunks, pending: Vec::new() };
    tokio::spawn(reader.run(request.into_body(), place));
    answer::of(StatusCode::OK, answer::NDJSON, Body::from_stream(in_order(answers)))
}

/// The answers in the order of their questions.
fn in_order(answers: Receiver<JoinHandle<Bytes>>) -> impl tokio_stream::Stream<Item = Result<Bytes, Infallible>> {
    ReceiverStream::new(answers).then(|chunk| async { Ok(chunk.await.unwrap_or_else(|_| line(&answer::internal()))) })
}

fn line(problem: &Problem) -> Bytes {
    let mut line = problem.to_json();
    line.push(b'\n');
    line.into()
}

/// Nobody waits for the answers any more.
struct Gone;

struct Reader {
    app: Arc<App>,
    /* The one that the batch began with, until something is stopped. */
    serving: Arc<ArcSwap<Serving>>,
    caller: Caller,
    chunks: Sender<JoinHandle<Bytes>>,
    pending: Vec<Line>,
}

impl Reader {
    /// Reads to the end; the place in the count of batches is kept until then.
    async fn run(mut self, body: Body, place: OwnedSemaphorePermit) {
        let _ = self.read(body).await;
        drop(place);
    }

    async fn read(&mut self, mut body: Body) -> Result<(), Gone> {
        let mut lines = Lines::new(LINE_BYTES_MAX);
        // Only a whole line is progress: a caller that drips bytes keeps no place.
        let mut until = Instant::now() + self.app.config.stall;
        loop {
            match timeout_at(until, body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        lines.feed(data, &mut self.pending);
                    }
                    if !self.pending.is_empty() {
                        self.hand_out().await?;
                        until = Instant::now() + self.app.config.stall;
                    }
                }
                Ok(None) => break,
                Ok(Some(Err(_))) => return self.give_up(ProblemKind::InvalidJson).await,
                Err(_) => return self.give_up(ProblemKind::RequestTimeout).await,
            }
        }
        lines.finish(&mut self.pending);
        self.hand_out().await
    }

    /// Hands out every whole line at once: a caller that waits for an answer before it writes on is answered.
    async fn hand_out(&mut self) -> Result<(), Gone> {
        let mut lines = std::mem::take(&mut self.pending).into_iter().peekable();
        while lines.peek().is_some() {
            let mut bytes = 0;
            let mut chunk = Vec::with_capacity(CHUNK_LINES_MAX);
            while let Some(line) = lines.next_if(|_| chunk.len() < CHUNK_LINES_MAX && bytes < CHUNK_BYTES_MAX) {
                bytes += line.bytes.as_ref().map_or(0, Bytes::len);
                chunk.push(line);
            }
            let (app, serving, caller) = (Arc::clone(&self.app), Arc::clone(&self.serving), self.caller.clone());
            self.send(tokio::spawn(answered(app, serving, caller, chunk))).await?;
        }
        Ok(())
    }

    /// Ends the answer with the reason why it ends.
    async fn give_up(&mut self, kind: ProblemKind) -> Result<(), Gone> {
        let problem = match kind {
            ProblemKind::RequestTimeout => {
                let seconds = self.app.config.stall.as_secs_f32();
                let (en, zh) =
                    (format!("no line came for {seconds} seconds"), format!("{seconds}秒内没有收到新的一行"));
                Problem::new(kind, en, zh)
            }
            _ => {
                Problem::new(kind, "the body broke off; the lines before it are answered", "正文中断；此前各行均已答复")
            }
        };
        self.send(tokio::spawn(async move { line(&problem) })).await
    }

    async fn send(&mut self, chunk: JoinHandle<Bytes>) -> Result<(), Gone> {
        let sent = timeout(self.app.config.stall, self.chunks.send(chunk)).await;
        sent.map_err(|_| Gone)?.map_err(|_| Gone)
    }
}

/// What serves by now, where a policy was stopped since what is given began to serve; nothing otherwise. A batch keeps the
/// ruleset that it began with, but a stop acts on every question that comes after it.
fn stopped(app: &App, serving: &Serving) -> Option<Arc<Serving>> {
    let now = app.serving();
    let stops = |state: &&State| matches!(state.how, How::Stopped | How::Quarantined);
    let known = |state: &State| {
        let same = |other: &State| (other.subject, &other.name, other.how) == (state.subject, &state.name, state.how);
        serving.terms.states.iter().any(same)
    };
    let more = now.terms.states.iter().filter(stops).any(|state| !known(state));
    more.then_some(now)
}

async fn answered(app: Arc<App>, held: Arc<ArcSwap<Serving>>, caller: Caller, chunk: Vec<Line>) -> Bytes {
    let mut out = Vec::with_capacity(chunk.len() * (8 << 10));
    let mut lines = Vec::with_capacity(chunk.len());
    let Ok(place) = app.admission.enter_patiently().await else { return line(&answer::internal()) };
    let mut serving = held.load_full();
    let mut looked = serving.activation.generation;
    for Line { number, bytes } in chunk {
        let start = out.len();
        let now = app.generation();
        if now != looked {
            looked = now;
            if let Some(now) = stopped(&app, &held.load()) {
                held.store(now);
            }
            serving = held.load_full();
        }
        let result = match bytes {
            Some(bytes) => answer_into(&mut out, &app, &serving, &caller, app.unique(), &bytes),
            None => Err(body::too_large(LINE_BYTES_MAX)),
        };
        let ticket = match result {
            Ok(record) => record.zip(app.records.as_ref()).map(|(record, records)| records.hand_over(record)),
            Err(problem) => {
                out.extend_from_slice(&told(problem, number));
                None
            }
        };
        out.push(b'\n');
        lines.push((start..out.len(), number, ticket));
    }
    drop(place);
    recorded(out, lines).await
}

/// The answers, once each is recorded; one that could not be is replaced by why.
async fn recorded(out: Vec<u8>, lines: Vec<(Range<usize>, u64, Option<Ticket>)>) -> Bytes {
    let mut refused = Vec::new();
    for (range, number, ticket) in lines {
        if let Some(ticket) = ticket
            && let Err(problem) = ticket.kept().await
        {
            refused.push((range, told(problem, number)));
        }
    }
    if refused.is_empty() {
        return out.into();
    }
    let (mut given, mut from) = (Vec::with_capacity(out.len()), 0);
    for (range, problem) in refused {
        given.extend_from_slice(out.get(from..range.start).unwrap_or_default());
        given.extend_from_slice(&problem);
        given.push(b'\n');
        from = range.end;
    }
    given.extend_from_slice(out.get(from..).unwrap_or_default());
    given.into()
}

fn told(mut problem: Problem, line: u64) -> Vec<u8> {
    problem.line = Some(line);
    problem.to_json()
}
