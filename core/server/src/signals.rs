//! Signals in words, and to whoever listens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use maple_kernel::{Code, Ground, Level, WordList};
use maple_store::{Raise, Signal, SignalState};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tracing::warn;

use crate::{app::App, clock::timestamp, control::Control, records::chain};

/// Signals that a listener may be behind; the ones before are lost to it, and it hears how many.
pub const SIGNALS_BEHIND_MAX: usize = 1_024;
/// Who may listen at a time.
pub const LISTENERS_COUNT_MAX: usize = 64;

/// Of these, pages of the console: the rest is for other systems.
pub const PAGE_LISTENERS_COUNT_MAX: usize = 48;

/// How long other nodes are listened to before it is looked whether this one stops.
const HEAR: Duration = Duration::from_millis(250);
/// How long a database that is away is left alone.
const AWAY: Duration = Duration::from_secs(1);

/// What is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// A signal that is new or changed, and how it is shown.
    Signal(Box<Signal>, String),
    /// Other nodes may have changed signals, and it is not known which.
    Lost,
}

/// Tells signals to whoever listens.
pub(crate) struct Signals(Sender<Arc<Told>>);

impl Default for Signals {
    fn default() -> Self {
        Self(channel(SIGNALS_BEHIND_MAX).0)
    }
}

impl Signals {
    /// Tells everybody.
    pub(crate) fn tell(&self, app: &App, signal: &Signal) {
        if self.0.receiver_count() > 0 {
            let told = Told::Signal(Box::new(signal.clone()), shown(app, signal).to_string());
            // Nobody may be there any more.
            let _ = self.0.send(Arc::new(told));
        }
    }

    /// Tells everybody that something may be lost.
    fn lose(&self) {
        let _ = self.0.send(Arc::new(Told::Lost));
    }

    /// Hears what is told from now on.
    pub(crate) fn hear(&self) -> Receiver<Arc<Told>> {
        self.0.subscribe()
    }
}

/// Tells whoever listens here what other nodes that share the database do to signals.
pub(crate) fn hear_others(app: &App, control: &Control, stop: &AtomicBool) {
    let Some(mut watch) = control.store.watch_signals() else { return };
    let mut away = false;
    while !stop.load(Ordering::Relaxed) {
        let heard = watch.wait(HEAR).and_then(|heard| {
            if heard.lost {
                app.signals.lose();
            }
            for id in heard.ids.iter().filter(|_| app.signals.0.receiver_count() > 0) {
                control.store.signal(id)?.iter().for_each(|signal| app.signals.tell(app, signal));
            }
            Ok(())
        });
        match heard {
            Ok(()) => away = false,
            Err(why) => {
                if !away {
                    warn!(why = %chain(&why), "What other nodes do to signals is not heard now; it is tried again.");
                    // What was heard and not read is lost; once all is heard again, it is said once more.
                    app.signals.lose();
                }
                away = true;
                thread::sleep(AWAY);
            }
        }
    }
}

/// The law behind a signal.
pub(crate) fn basis(ground: &Ground<'_>) -> Vec<String> {
    ground.basis.iter().map(ToString::to_string).collect()
}

pub(crate) const fn level(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Orange => "orange",
        Level::Red => "red",
    }
}

/// How a signal stands, in Chinese and in English.
pub(crate) const fn state_text(state: SignalState) -> (&'static str, &'static str) {
    match state {
        SignalState::Raised => ("尚无人认领", "nobody is at it"),
        SignalState::Acknowledged => ("已认领", "somebody is at it"),
        SignalState::Handled => ("已处置", "handled"),
        SignalState::FalseAlarm => ("已认定为误报", "a false alarm"),
    }
}

/// A signal in JSON.
pub(crate) fn shown(app: &App, signal: &Signal) -> Value {
    let serving = app.serving();
    let vocabulary = serving.ruleset().vocabulary();
    let word = |list: WordList, code: &str| {
        let title = vocabulary.word(list, code).map(|word| json!({ "zh": &*word.title.zh, "en": &*word.title.en }));
        json!({ "code": code, "title": title })
    };
    let Signal { raised, latest, state, changed, actor, escalated, issued, acknowledged, ended } = signal;
    let Raise { id, code, sort, subject, locality, kind, policy, rule, basis, .. } = raised;
    let now = timestamp(app.clock());
    let open = !state.is_over() && raised.expires > now;
    json!({
        "id": id,
        "signal": word(WordList::Signal, code),
        "level": level(raised.level),
        "subject": { "type": sort, "ref": subject },
        "locality": locality,
        "kind": kind,
        "cases": raised.cases,
        "policy": policy,
        "rule": rule,
        "basis": basis,
        "measures": raised.measures.iter().map(|measure| word(WordList::Measure, measure)).collect::<Vec<_>>(),
        "responsible": raised.responsible.as_ref().map(|who| word(WordList::Bearer, Code::from(who.as_str()).as_str())),
        "raised": raised.at.to_string(),
        "latest": latest.to_string(),
        "handle_by": raised.deadline.map(|at| at.to_string()),
        "overdue": open && raised.deadline.is_some_and(|at| at < now),
        "expires": raised.expires.to_string(),
        "state": if raised.expires <= now && !state.is_over() { "expired" } else { state.as_str() },
        "changed": changed.to_string(),
        "by": actor,
        "escalated": escalated.map(|at| at.to_string()),
        "issued": issued.to_string(),
        "acknowledged": acknowledged.map(|at| at.to_string()),
        "ended": ended.map(|at| at.to_string()),
    })
}
