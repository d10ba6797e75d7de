//! A file of this node that takes decisions while the shared database is away, and delivers them in order afterwards.
//!
//! Records get their numbers here as they would have there. To deliver one again changes nothing, so that a node which
//! was killed in between may begin from the front: each arrives once.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use maple_seal::{Head, SEQUENCE_MAX};

use crate::{
    PAGE_COUNT_MAX, Prepared, Store, StoreError,
    decision::{self, chained},
};

/// Bytes that wait on a node at most.
pub const SPOOL_BYTES_MAX: u64 = 8 << 30;
/// How long the database is left alone when it takes nothing.
const AGAIN: Duration = Duration::from_millis(500);
/// Files of one node at most, where processes overlap.
const SPOOLS_COUNT_MAX: u32 = 8;
/// How often one that takes everything is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// What is kept here until it can be delivered.
pub(super) struct Spool {
    path: PathBuf,
    store: Arc<Store>,
    log: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /* Held as long as the file is ours: two processes must not share it. */
    lock: fs::File,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// Number of the last record of this process's log that was delivered.
    delivered: AtomicU64,
    /// Everything of earlier processes was delivered.
    earlier: AtomicBool,
    /// The last failure was a contradiction, which no waiting mends.
    contradicted: AtomicBool,
    /// Something must stay in the file.
    kept: AtomicBool,
    last_error: Mutex<Option<String>>,
}

impl Spool {
    /// Opens the file, and begins to deliver what an earlier process may have left in it.
    pub(super) fn open(path: &Path, main: Arc<Store>, log: &str) -> Result<Self, StoreError> {
        let (path, lock) = free(path)?;
        let store = Arc::new(Store::open(&path)?);
        let shared = Arc::new(Shared::default());
        let deliverer = Deliverer { from: Arc::clone(&store), main, log: log.to_owned(), shared: Arc::clone(&shared) };
        let thread = thread::Builder::new().name("maple-deliver".into()).spawn(move || deliverer.run());
        let thread = Some(thread.map_err(|source| StoreError::Thread { source })?);
        Ok(Self { path, store, log: log.to_owned(), shared, thread, lock })
    }

    /// Keeps decisions behind the head of the log; gives the new head.
    pub(super) fn put(&self, head: Head, decisions: &[Box<Prepared>]) -> Result<Head, StoreError> {
        let log = &self.log;
        let bytes = fs::metadata(&self.path).map_or(0, |data| data.len());
        if bytes > SPOOL_BYTES_MAX {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let max = usize::try_from(SPOOL_BYTES_MAX).unwrap_or(usize::MAX);
            return Err(StoreError::TooLong { what: "what waits on this node", bytes, max });
        }
        self.store.pool().write("record decisions in", |link| {
            let (head, records) = chained(log, head, decisions.iter().map(|decision| &**decision));
            if head.sequence > SEQUENCE_MAX {
                return Err(StoreError::Other { log: log.clone(), sequence: head.sequence }.into());
            }
            decision::put(link, &records)?;
            Ok(head)
        })
    }

    /// How many records up to a number still wait here.
    pub(super) fn waiting(&self, sequence: u64) -> u64 {
        sequence.saturating_sub(self.shared.delivered.load(Ordering::Acquire))
    }

    /// True when everything of earlier processes was delivered.
    pub(super) fn is_over(&self) -> bool {
        self.shared.earlier.load(Ordering::Acquire)
    }

    /// Where delivery begins: what came before stands in the shared database.
    pub(super) fn begins_at(&self, sequence: u64) {
        self.shared.delivered.store(sequence, Ordering::Release);
    }

    /// Why nothing can be delivered.
    pub(super) fn error(&self) -> Option<String> {
        self.shared.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends, and takes the file away where all of it was delivered.
    pub(super) fn close(mut self, delivered: bool) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let Self { path, store, lock, shared, .. } = self;
        drop(store);
        if delivered && !shared.kept.load(Ordering::Acquire) {
            for end in ["", "-wal", "-shm"] {
                let mut file = path.clone().into_os_string();
                file.push(end);
                let _ = fs::remove_file(file);
            }
        }
        // Only now another process may take the file.
        drop(lock);
    }
}

/// The file, or where another process has it, one beside it.
fn free(path: &Path) -> Result<(PathBuf, fs::File), StoreError> {
    let named =
        |number: u32| if number == 0 { path.to_owned() } else { path.with_extension(format!("{number}.sqlite")) };
    for number in 0..SPOOLS_COUNT_MAX {
        let file = named(number);
        let mut lock = file.clone().into_os_string();
        lock.push(".lock");
        let options = fs::File::options().create(true).truncate(false).write(true).open(&lock);
        let held = options.and_then(|lock| lock.try_lock().map(|()| lock).map_err(std::io::Error::from));
        if let Ok(lock) = held {
            return Ok((file, lock));
        }
    }
    Err(StoreError::Missing { what: "free spool beside", name: path.display().to_string() })
}

/// What an earlier process may have left: the file, or one beside it.
pub(super) fn left(path: &Path) -> bool {
    (0..SPOOLS_COUNT_MAX).any(|number| {
        if number == 0 { path.exists() } else { path.with_extension(format!("{number}.sqlite")).exists() }
    })
}

struct Deliverer {
    from: Arc<Store>,
    main: Arc<Store>,
    log: String,
    shared: Arc<Shared>,
}

impl Deliverer {
    fn run(self) {
        while !self.stopped() && !self.earlier() {}
        self.shared.earlier.store(true, Ordering::Release);
        let mut after = self.shared.delivered.load(Ordering::Acquire);
        while !self.stopped() {
            after = after.max(self.shared.delivered.load(Ordering::Acquire));
            match self.page(&self.log, after) {
                Some(last) if last > after => {
                    after = last;
                    self.shared.delivered.store(last, Ordering::Release);
                }
                Some(_) => thread::sleep(LOOK),
                None => {}
            }
        }
    }

    fn stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Acquire)
    }

    /// Delivers what processes before this one left; true when nothing is left.
    fn earlier(&self) -> bool {
        let Ok(logs) = self.from.logs() else {
            thread::sleep(AGAIN);
            return false;
        };
        for log in logs.iter().filter(|log| **log != self.log) {
            let mut after = 0;
            loop {
                match self.page(log, after) {
                    Some(last) if last > after => after = last,
                    Some(_) => break,
                    None if self.stopped() => return false,
                    // Records that contradict the database stay in the file; what comes after them goes on.
                    None if self.shared.contradicted.swap(false, Ordering::AcqRel) => {
                        self.shared.kept.store(true, Ordering::Release);
                        break;
                    }
                    None => {}
                }
            }
        }
        true
    }

    /// Delivers some records after a number; gives the number of the last, or none when it went wrong.
    fn page(&self, log: &str, after: u64) -> Option<u64> {
        let delivered = self.from.decisions_after(log, after, PAGE_COUNT_MAX / 4).and_then(|records| {
            if !records.is_empty() {
                self.main.decisions_deliver(&records)?;
            }
            Ok(records.last().map_or(after, |last| last.sequence))
        });
        let mut told = self.shared.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        match delivered {
            Ok(last) => {
                *told = None;
                Some(last)
            }
            Err(error) => {
                *told = Some(error.to_string());
                drop(told);
                if matches!(error, StoreError::Other { .. } | StoreError::Damaged { .. }) {
                    self.shared.contradicted.store(true, Ordering::Release);
                }
                // Not all at once: whoever ends need not wait for long.
                for _ in 0..10 {
                    if !self.stopped() {
                        thread::sleep(AGAIN / 10);
                    }
                }
                None
            }
        }
    }
}
