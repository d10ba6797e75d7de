//! What was refused: counted, told to the log, and written into the audit log as far as a flood of it allows.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use maple_store::{Event, Store};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};
use tracing::{error, info, warn};

use crate::{
    clock::{self, Clock},
    records::chain,
};

/// Refusals of one minute that the audit log names; of the others it has the number.
pub const REFUSALS_LOGGED_PER_MINUTE: u64 = 60;
/// Refusals that wait to be written; more are only counted.
const REFUSALS_WAITING_MAX: usize = 256;

const MINUTE: Duration = Duration::from_secs(60);

/// Why somebody was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// There is no token.
    Missing,
    /// What is there is no token.
    Malformed,
    /// Nobody has such a token.
    Unknown,
    /// It no longer holds.
    Expired,
    /// It was taken back.
    Revoked,
    /// It is signed by an algorithm that is not taken, or that the key is not for.
    Algorithm,
    /// Its issuer has no such key.
    Key,
    /// The signature does not hold.
    Signature,
    /// It holds from later on.
    Early,
    /// It would never end.
    Endless,
    /// Another issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It names nobody.
    Subject,
    /// The role is missing.
    Role,
    /// The place is another's.
    Scope,
    /// Another person has to do it.
    FourEyes,
    /// Somebody above said it.
    Above,
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Early => "early",
            Self::Endless => "endless",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::Role => "role",
            Self::Scope => "scope",
            Self::FourEyes => "four-eyes",
            Self::Above => "above",
        }
    }
}

/// One refusal, without a fact and without the token.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) route: &'static str,
    pub(crate) trace: String,
    pub(crate) who: Option<String>,
    /// Which token it was, where that is known.
    pub(crate) token: Option<String>,
}

/// The label of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Why {
    reason: &'static str,
}

/// Counts and keeps refusals. Who refuses never waits.
pub(crate) struct Refusals {
    counts: Family<Why, Counter>,
    missed: Arc<AtomicU64>,
    /* None once it is closed, which is when this is dropped. */
    sender: Option<SyncSender<Refusal>>,
    writer: Option<JoinHandle<()>>,
}

impl Refusals {
    pub(crate) fn start(store: Arc<Store>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(REFUSALS_WAITING_MAX);
        let missed = Arc::new(AtomicU64::new(0));
        let uncounted = Arc::clone(&missed);
        let write = move |line: &Line| line.write(&store, &*clock);
        let writer = thread::Builder::new().name("maple-refusals".to_owned());
        let writer = writer.spawn(move || write_down(&receiver, &uncounted, MINUTE, write))?;
        Ok(Self { counts: Family::default(), missed, sender: Some(sender), writer: Some(writer) })
    }

    /// The figures, which live on in whoever shows them.
    pub(crate) fn counts(&self) -> Family<Why, Counter> {
        self.counts.clone()
    }

    pub(crate) fn note(&self, refusal: Refusal) {
        self.counts.get_or_create(&Why { reason: refusal.reason.as_str() }).inc();
        if self.sender.as_ref().is_none_or(|sender| sender.try_send(refusal).is_err()) {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Refusals {
    /// Writes what waits.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").finish_non_exhaustive()
    }
}

/// A line of the audit log.
#[derive(Debug)]
enum Line {
    One(Refusal),
    /// So many more than could be named.
    More(u64),
}

impl Line {
    /// Into the log and the audit log, both bounded: one batch may hold a great many lines of another's place.
    fn write(&self, store: &Store, clock: &dyn Clock) {
        match self {
            Self::One(Refusal { reason, route, trace, who, token }) => {
                info!(reason = reason.as_str(), route, trace, who, token, "Access refused.");
            }
            Self::More(count) => warn!(count, "Access refused more often than is told one by one."),
        }
        let time = clock::timestamp(clock);
        let detail = match self {
            Self::One(Refusal { reason, token, trace, .. }) => {
                let token = token.as_deref().map_or_else(String::new, |token| format!(", token {token}"));
                format!("{}{token}, trace {trace}", reason.as_str())
            }
            Self::More(count) => format!("{count} more within a minute"),
        };
        let (actor, subject) = match self {
            Self::One(refusal) => (refusal.who.as_deref().unwrap_or("unknown"), refusal.route),
            Self::More(_) => ("unknown", "any"),
        };
        let event = Event { time, actor, action: "refuse", subject, detail: &detail };
        if let Err(why) = store.audit_append(&event) {
            error!(why = %chain(&why), "A refusal cannot be written into the audit log.");
        }
    }
}

/// Writes refusals as they come, in each window at most [`REFUSALS_LOGGED_PER_MINUTE`] and then the number of the others.
fn write_down(receiver: &Receiver<Refusal>, missed: &AtomicU64, window: Duration, mut write: impl FnMut(&Line)) {
    while let Ok(first) = receiver.recv() {
        let until = Instant::now() + window;
        let (mut written, mut more) = (1, 0);
        write(&Line::One(first));
        let ended = loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break false;
            }
            match receiver.recv_timeout(left) {
                Ok(refusal) if written < REFUSALS_LOGGED_PER_MINUTE => {
                    written += 1;
                    write(&Line::One(refusal));
                }
                Ok(_) => more += 1,
                Err(RecvTimeoutError::Timeout) => break false,
                Err(RecvTimeoutError::Disconnected) => break true,
            }
        };
        more += missed.swap(0, Ordering::Relaxed);
        if more > 0 {
            write(&Line::More(more));
        }
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Refusal {
        Refusal { reason: Reason::Unknown, route: "/v1/evaluate", trace: "t".to_owned(), who: None, token: None }
    }

    /// What is written of so many refusals in one window, of which some never found a place.
    fn written(count: u64, missed: u64) -> (usize, Vec<u64>) {
        let (sender, receiver) = sync_channel(1_000);
        (0..count).for_each(|_| sender.send(refusal()).unwrap());
        drop(sender);
        let (mut ones, mut rest) = (0, Vec::new());
        write_down(&receiver, &AtomicU64::new(missed), MINUTE, |line| match line {
            Line::One(_) => ones += 1,
            Line::More(more) => rest.push(*more),
        });
        (ones, rest)
    }

    #[test]
    fn a_flood_is_written_to_its_edge_and_then_counted_in_one_line() {
        let most = REFUSALS_LOGGED_PER_MINUTE;
        assert_eq!(written(0, 0), (0, vec![]));
        assert_eq!(written(most, 0), (60, vec![]));
        assert_eq!(written(most + 1, 0), (60, vec![1]));
        assert_eq!(written(most + 300, 7), (60, vec![307]));
        assert_eq!(written(1, 7), (1, vec![7]));
    }

    #[test]
    fn a_new_window_begins_anew() {
        let (sender, receiver) = sync_channel(1_000);
        let sending = thread::spawn(move || {
            for _ in 0..2 {
                (0..100).for_each(|_| sender.send(refusal()).unwrap());
                thread::sleep(Duration::from_millis(300));
            }
        });
        let (mut ones, mut rest) = (0, Vec::new());
        write_down(&receiver, &AtomicU64::new(0), Duration::from_millis(200), |line| match line {
            Line::One(_) => ones += 1,
            Line::More(more) => rest.push(*more),
        });
        sending.join().unwrap();
        assert_eq!((ones, rest.iter().sum::<u64>(), rest.len()), (120, 80, 2), "{rest:?}");
    }
}
