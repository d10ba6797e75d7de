//! Policies of prevention are asked about each dispute once it is registered, as of the moment when it came, and again when
//! its events change or a day has come on which one of its times may come near its end. What they say becomes signals.
//! Signals that nobody handles in time become more urgent.

mod raises;

use std::{
    sync::{
        TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use maple_kernel::{Decision, FaultKind, Question, Ruleset};
use maple_store::StoreError;
use tracing::{info, warn};

use super::Control;
use crate::{app::App, clock, records::chain};

/// How often, in seconds, signals are looked at that nobody handled in time.
pub const TICK_SECONDS: u64 = 60;
/// Disputes that one tick which somebody asks for looks at; what is left waits for the next.
pub const TICK_LOOKS_COUNT_MAX: usize = 2_000;
/// How long, in seconds, such a tick goes on.
pub const TICK_RUN_SECONDS_MAX: u64 = 10;
/// How long the thread waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(250);
/// Disputes that are looked at together.
const TOGETHER_COUNT_MAX: u32 = 200;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ticked {
    /// Disputes that were looked at.
    pub(crate) looked: usize,
    /// Signals that are new or changed.
    pub(crate) signals: usize,
    /// Signals that became more urgent.
    pub(crate) escalated: usize,
    /// True when more is to be done.
    pub(crate) more: bool,
}

/// Asks about disputes as long as the node serves.
pub(super) fn prevent(app: &App, control: &Control, stop: &AtomicBool) {
    if app.docket.get().is_none() || !app.config.tick {
        return;
    }
    let mut ticked: Option<Instant> = None;
    let mut failed = false;
    while !stop.load(Ordering::Relaxed) {
        let due = ticked.is_none_or(|at| at.elapsed() >= Duration::from_secs(TICK_SECONDS));
        let done = look(app, control).and_then(|(count, _)| {
            if due {
                escalate(app, control)?;
                ticked = Some(Instant::now());
            }
            Ok(count)
        });
        match done {
            Ok(0) => thread::sleep(IDLE),
            Ok(_) => {}
            Err(why) => {
                if !failed {
                    warn!(why = %chain(&why), "Disputes cannot be watched now; it is tried again.");
                }
                thread::sleep(4 * IDLE);
                failed = true;
                continue;
            }
        }
        failed = false;
    }
}

/// Does at once what the clock would do by and by; nothing when a tick is under way.
pub(crate) fn tick(app: &App, control: &Control) -> Result<Option<Ticked>, StoreError> {
    let _one = match app.ticking.try_lock() {
        Ok(one) => one,
        Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
        Err(TryLockError::WouldBlock) => return Ok(None),
    };
    let (began, mut done) = (Instant::now(), Ticked::default());
    let is_over = |done: &Ticked| {
        done.looked >= TICK_LOOKS_COUNT_MAX || began.elapsed() >= Duration::from_secs(TICK_RUN_SECONDS_MAX)
    };
    loop {
        let (looked, signals) = look(app, control)?;
        (done.looked, done.signals) = (done.looked + looked, done.signals + signals);
        if looked == 0 {
            break;
        }
        if is_over(&done) {
            done.more = true;
            return Ok(Some(done));
        }
    }
    loop {
        let escalated = escalate(app, control)?;
        done.escalated += escalated;
        if escalated == 0 || is_over(&done) {
            done.more = escalated > 0;
            return Ok(Some(done));
        }
    }
}

/// Makes signals more urgent that nobody handled in time; how many.
fn escalate(app: &App, control: &Control) -> Result<usize, StoreError> {
    let changed = control.store.escalate(clock::timestamp(app.clock()))?;
    if !changed.is_empty() {
        info!(signals = changed.len(), "Signals were not handled in time and are more urgent now.");
    }
    changed.iter().for_each(|signal| app.signals.tell(app, signal));
    Ok(changed.len())
}

/// Notes the policies of prevention that gave no usable answer: in the log, in the figures, and for the quarantine. Where one
/// fails no signal comes, and nobody must take that for a no.
fn heard(app: &App, control: &Control, ruleset: &Ruleset, question: &Question, decision: &Decision<'_>) {
    app.metrics.failed(decision);
    for asked in &decision.asked {
        // That a policy is stopped was told when it was.
        if let Some(fault) = asked.answer.as_ref().err().filter(|fault| fault.kind != FaultKind::Stopped) {
            let (policy, kind, mode) = (asked.policy.as_str(), fault.kind.as_str(), asked.mode.as_str());
            warn!(policy, kind, mode, detail = %fault.detail, "Policy gave no usable answer about a dispute that is watched.");
        }
    }
    // Only what serves now is watched over.
    let serving = app.serving();
    if std::ptr::eq(ruleset, &raw const **serving.ruleset())
        && let Some(alarm) = control.watched.answered(decision, question, serving.activation().generation)
    {
        control.alarm(alarm);
    }
}

/// Asks about some disputes; how many there were, and how many signals came of it.
fn look(app: &App, control: &Control) -> Result<(usize, usize), StoreError> {
    let now = clock::timestamp(app.clock());
    let looks = control.store.looks(now, TOGETHER_COUNT_MAX)?;
    if looks.is_empty() {
        return Ok((0, 0));
    }
    let serving = app.serving();
    let mut looked = Vec::with_capacity(looks.len());
    for look in looks {
        looked.push(raises::looked(app, control, serving.ruleset(), look, now)?);
    }
    let changed = control.store.raise(&looked, now)?;
    changed.iter().for_each(|signal| app.signals.tell(app, signal));
    Ok((looked.len(), changed.len()))
}
