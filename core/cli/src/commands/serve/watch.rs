//! `maple serve --watch`: a changed folder of policies is put in force, through the gate.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use maple_seal::Digest;
use maple_server::{App, NotTaken};

use crate::{
    Failure,
    config::Settings,
    load::{self, Refusal},
    report,
};

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// After how many looks what stands in the files is looked at, too: a file may be written in place under an old time.
const LOOKS_UNTIL_READ: u32 = 10;
/// Bytes of one file that are looked at; none that is taken in is longer.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// How long a folder that could not be taken in is left alone.
const AGAIN: Duration = Duration::from_secs(5);

/// A thread that watches; it ends when this is dropped.
pub(super) struct Watching {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is known of the files without reading them. Links are followed, so a link to another folder is another file.
type Stamp = BTreeMap<PathBuf, (u64, Option<SystemTime>, u64)>;

/// What is to be watched, as it is before it is read: what changes while it is read is noticed, too.
pub(super) struct Watched {
    folder: Folder,
    seen: Stamp,
    held: Digest,
}

impl Watched {
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { policies, plugins, state, keep_going, .. } = settings;
        let folder = Folder {
            policies: policies.clone(),
            plugins: plugins.clone(),
            state: state.clone(),
            keep_going: *keep_going,
        };
        let seen = folder.stamp();
        let held = content(&seen);
        Self { folder, seen, held }
    }
}

/// Begins to watch.
pub(super) fn start(Watched { folder, seen, held }: Watched, app: &Arc<App>) -> Result<Watching, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = Watcher { folder, app: Arc::clone(app), stop: Arc::clone(&stop) };
    let thread = thread::Builder::new().name("watch-folder".to_owned()).spawn(move || watcher.run(seen, held));
    let thread = thread.map_err(|error| Failure::Unreachable(format!("cannot watch the policies: {error}")))?;
    Ok(Watching { stop, thread: Some(thread) })
}

struct Folder {
    policies: PathBuf,
    plugins: Option<PathBuf>,
    state: PathBuf,
    keep_going: bool,
}

struct Watcher {
    folder: Folder,
    app: Arc<App>,
    stop: Arc<AtomicBool>,
}

impl Folder {
    fn from(&self) -> load::From<'_> {
        load::From {
            policies: &self.policies,
            plugins: self.plugins.as_deref(),
            state: Some(&self.state),
            keep_going: self.keep_going,
            diary: false,
            tables: false,
        }
    }

    fn stamp(&self) -> Stamp {
        let mut stamp = Stamp::new();
        let plugins = load::plugins_folder(&self.from());
        for folder in [Some(self.policies.clone()), plugins].into_iter().flatten() {
            walk(&folder, &mut stamp);
        }
        note(load::policies_folder(&self.policies).join(load::SIGNATURES), &mut stamp);
        stamp
    }
}

impl Watcher {
    fn run(self, mut seen: Stamp, mut held: Digest) {
        let (mut moving, mut again, mut looks) = (false, None::<Instant>, 0);
        while !self.stop.load(Ordering::Relaxed) {
            thread::sleep(LOOK);
            let now = self.folder.stamp();
            if now != seen {
                // Whoever writes may not be done: it is read when two looks see the same.
                (seen, moving) = (now, true);
                continue;
            }
            looks += 1;
            if looks % LOOKS_UNTIL_READ == 0 && !moving {
                let now = content(&seen);
                // Whoever writes may not be done.
                moving = std::mem::replace(&mut held, now) != now;
                if moving {
                    continue;
                }
            }
            let due = again.is_some_and(|at| at <= Instant::now());
            if std::mem::take(&mut moving) || due {
                held = content(&seen);
                again = self.take().then(|| Instant::now() + AGAIN);
            }
        }
    }

    /// Puts what the folder holds now in force, or tells why not; true when it may go better later.
    fn take(&self) -> bool {
        let told = match load::load(&self.folder.from()) {
            Ok(loaded) => loaded.archive_of(&self.folder.policies).map_err(|failure| failure.to_string()),
            Err(Refusal::Problems(problems, files)) => {
                report::diagnostics(&problems, Some(&files), None);
                Err(report::count(&problems))
            }
            Err(Refusal::Failure(failure)) => Err(failure.to_string()),
        };
        match self.app.refresh(told) {
            Ok(Some(generation)) => {
                report::said(true, &format!("the changed policies serve as generation {generation}"));
                false
            }
            Ok(None) => false,
            Err(NotTaken { why, again }) => {
                report::said(false, &format!("the changed policies do not serve: {why}"));
                again
            }
        }
    }
}

fn walk(folder: &Path, stamp: &mut Stamp) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let Ok(data) = std::fs::metadata(&path) else { continue };
        if data.is_dir() && !hidden && entry.file_name() != "target" {
            walk(&path, stamp);
        } else if data.is_file() && !hidden {
            note(path, stamp);
        }
    }
}

/// What stands in the files.
fn content(stamp: &Stamp) -> Digest {
    let mut all = Vec::with_capacity(stamp.len() * 64);
    for path in stamp.keys() {
        let mut bytes = Vec::new();
        // What cannot be read is told by whoever takes it in.
        let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes));
        all.extend(read.is_ok().then(|| *Digest::of(&bytes).as_bytes()).into_iter().flatten());
        all.push(0);
    }
    Digest::of(&all)
}

fn note(path: PathBuf, stamp: &mut Stamp) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(data) = std::fs::metadata(&path) {
        stamp.insert(path, (data.len(), data.modified().ok(), data.ino()));
    }
}
