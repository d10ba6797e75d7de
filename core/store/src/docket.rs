//! Takes events of many callers in few transactions: whoever comes while one is under way shares the next.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::Offset};

use crate::{
    Store, StoreError,
    dispute::{CaseEvent, Scene, Sought, Taken, Terms},
};

/// Calls that wait to be taken.
pub const DOCKET_COUNT_MAX: usize = 1_024;
/// Events of one transaction, unless one call brings more.
const TOGETHER_COUNT_MAX: usize = 4_096;

/// How often the database looks at what its tables hold, so that it knows which index to read; the first time at the start.
const TEND_EVERY: Duration = Duration::from_secs(3_600);

/// What becomes of the events of one call.
pub type Told = Box<dyn FnOnce(Result<Vec<Taken>, Arc<StoreError>>) + Send>;

/// The events that follow from what stands. It may be asked more than once; what it said last is taken.
pub type Choose = Box<dyn Fn(&Scene) -> Vec<CaseEvent> + Send>;

/// What stood, and what becomes of the events that followed from it.
pub type Chosen = Box<dyn FnOnce(Result<(Scene, Vec<Taken>), Arc<StoreError>>) + Send>;

enum Call {
    Events(Vec<CaseEvent>, Told),
    Choice(Sought, Choose, Chosen),
}

/// What a docket needs to know.
pub struct DocketConfig {
    /// The clock.
    pub now: Box<dyn Fn() -> Timestamp + Send>,
    /// Whose months are counted.
    pub offset: Offset,
    /// Whether parties may refuse mediation in a locality.
    pub voluntary: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

/// Too much waits to be taken, or nothing is taken any more.
#[derive(Debug, thiserror::Error)]
#[error("too many events wait to be taken")]
pub struct DocketBusy;

/// Takes events, on a thread of its own.
pub struct Docket {
    calls: Mutex<Option<SyncSender<Call>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Docket {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system gives none.
    pub fn start(store: Arc<Store>, config: DocketConfig) -> Result<Self, StoreError> {
        let (calls, waiting) = sync_channel(DOCKET_COUNT_MAX);
        let run = move || run(&store, &waiting, &config);
        let thread = thread::Builder::new().name("maple-docket".into()).spawn(run);
        let thread = thread.map_err(|source| StoreError::Thread { source })?;
        Ok(Self { calls: Mutex::new(Some(calls)), thread: Mutex::new(Some(thread)) })
    }

    /// Takes events; `told` hears what became of each, in their order, once that is durable.
    ///
    /// # Errors
    ///
    /// When [`DOCKET_COUNT_MAX`] calls wait, or it has ended.
    pub fn take(&self, events: Vec<CaseEvent>, told: Told) -> Result<(), DocketBusy> {
        self.call(Call::Events(events, told))
    }

    /// Takes the events that follow from what stands; nothing happens between the look at it and the events. `told` hears
    /// what stood and what became of each event, in their order, once that is durable.
    ///
    /// # Errors
    ///
    /// When [`DOCKET_COUNT_MAX`] calls wait, or it has ended.
    pub fn choose(&self, sought: Sought, choose: Choose, told: Chosen) -> Result<(), DocketBusy> {
        self.call(Call::Choice(sought, choose, told))
    }

    fn call(&self, call: Call) -> Result<(), DocketBusy> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.as_ref().map(|calls| calls.try_send(call)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => Err(DocketBusy),
        }
    }

    /// Ends when everything that waits is taken.
    pub fn close(&self) {
        drop(self.calls.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic there was told to those who waited, by dropping them.
            let _ = thread.join();
        }
    }
}

impl Drop for Docket {
    fn drop(&mut self) {
        self.close();
    }
}

fn terms(config: &DocketConfig) -> Terms<'_> {
    Terms { received: (config.now)(), offset: config.offset, voluntary: &*config.voluntary }
}

/// What is done beside taking events.
struct Chores {
    /// True while there may be disputes that an earlier version counted.
    uncounted: bool,
    /// When the database was tended.
    tended: Option<Instant>,
}

/// The next call. While nobody calls, disputes that an earlier version kept are counted, until none is left.
fn next(store: &Store, waiting: &Receiver<Call>, config: &DocketConfig, chores: &mut Chores) -> Option<Call> {
    loop {
        if chores.tended.is_none_or(|at| at.elapsed() >= TEND_EVERY) {
            // What cannot be looked at now is looked at later; everything works without it.
            let _ = store.tend();
            chores.tended = Some(Instant::now());
        }
        if chores.uncounted {
            match waiting.try_recv() {
                Ok(call) => return Some(call),
                Err(TryRecvError::Disconnected) => return None,
                // One that cannot be written now is counted with its next event, or after the next start.
                Err(TryRecvError::Empty) => {
                    chores.uncounted = store.recount(&terms(config)).is_ok_and(|count| count > 0);
                }
            }
            continue;
        }
        match waiting.recv_timeout(TEND_EVERY) {
            Ok(call) => return Some(call),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn run(store: &Store, waiting: &Receiver<Call>, config: &DocketConfig) {
    let mut chores = Chores { uncounted: true, tended: None };
    // A choice that came while events were gathered is made after them.
    let mut held = None;
    while let Some(first) = held.take().or_else(|| next(store, waiting, config, &mut chores)) {
        let (mut events, mut told) = match first {
            Call::Events(events, told) => (events, vec![told]),
            Call::Choice(sought, choose, told) => {
                told(store.take_chosen(&sought, &*choose, &terms(config)).map_err(Arc::new));
                continue;
            }
        };
        let mut counts = vec![events.len()];
        while events.len() < TOGETHER_COUNT_MAX {
            match waiting.try_recv() {
                Ok(Call::Events(more, tell)) => {
                    counts.push(more.len());
                    events.extend(more);
                    told.push(tell);
                }
                Ok(choice) => {
                    held = Some(choice);
                    break;
                }
                Err(_) => break,
            }
        }
        take(store, &events, counts.into_iter().zip(told), config);
    }
}

/// Takes the events of some calls together.
fn take(store: &Store, events: &[CaseEvent], calls: impl Iterator<Item = (usize, Told)>, config: &DocketConfig) {
    match store.take_events(events, &terms(config)) {
        Ok(taken) => {
            let mut taken = taken.into_iter();
            for (count, told) in calls {
                told(Ok(taken.by_ref().take(count).collect()));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            calls.for_each(|(_, told)| told(Err(Arc::clone(&error))));
        }
    }
}
