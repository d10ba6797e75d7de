//! `maple test --watch`: the cases again whenever a file changes.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use maple_kernel::Plugins;
use maple_kit::project::Files;
use maple_sandbox::Sandbox;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::{from, try_cases};
use crate::{
    Failure,
    args::Test,
    commands,
    load::{self, Loaded, Refusal, chain},
    report,
};

/// How long no file may change before the cases run: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(40);
/// How long to wait for quiet at most.
const QUIET_MAX: Duration = Duration::from_millis(400);
/// How often to see whether the folder is still there.
const LOOK: Duration = Duration::from_millis(500);

/// The plugin that most authors change.
const TABLES: &str = "decision-table";

/// What wakes the watcher.
enum News {
    /// A policy file changed.
    Policies,
    /// Something of a plugin changed.
    Plugins,
    /// The user wants to go.
    Stop,
}

/// Runs the cases now and whenever something changes, until Ctrl-C, which ends it well.
pub(super) fn run(args: &Test) -> Result<(), Failure> {
    let (sender, news) = mpsc::channel();
    stop_on_signal(sender.clone());
    let _watchers = watch_all(args, &sender)?;
    let mut kept = Kept::default();
    kept.again(args, true)?;
    kept.ahead();
    loop {
        match next(&news, &args.policies)? {
            News::Stop => return Ok(()),
            News::Policies => kept.again(args, false)?,
            News::Plugins => {
                kept.again(args, true)?;
                kept.ahead();
            }
        }
    }
}

/// What stays from one run to the next, so that only what changed is made again.
#[derive(Default)]
struct Kept {
    sandbox: Option<Arc<Sandbox>>,
    /// The policies of the last bundle that compiled: they stay in use while the next is made.
    loaded: Option<Loaded>,
    digest: Option<Arc<str>>,
}

impl Kept {
    /// Reads and runs everything that changed. Broken files are told and waited for.
    fn again(&mut self, args: &Test, plugins: bool) -> Result<(), Failure> {
        let began = Instant::now();
        let files = match load::files(&from(args)) {
            Ok(files) => files,
            Err(error) if args.policies.is_dir() => {
                self.digest = None;
                report::failure(&Failure::Input(chain(&error)));
                waiting(began);
                return Ok(());
            }
            Err(error) => return Err(Failure::Unreachable(chain(&error))),
        };
        if !plugins && self.digest.as_ref() == Some(&files.digest) {
            return Ok(());
        }
        self.digest = Some(Arc::clone(&files.digest));
        match self.compile(args, files, plugins) {
            Ok(loaded) => {
                let tried = try_cases(args, &loaded);
                self.loaded = Some(loaded);
                if let Err(failure @ (Failure::Input(_) | Failure::Unreachable(_))) = tried {
                    report::failure(&failure);
                }
            }
            Err(refusal) => {
                if let failure @ (Failure::Input(_) | Failure::Unreachable(_)) = commands::refused(refusal) {
                    report::failure(&failure);
                }
            }
        }
        waiting(began);
        Ok(())
    }

    /// While the author reads, compiles what the first change would have to wait for: until then all of it came from the
    /// cache.
    fn ahead(&self) {
        let Some(sandbox) = self.sandbox.clone() else { return };
        let mut plugins = sandbox.list();
        plugins.sort_by_key(|plugin| plugin.id != TABLES);
        // Without a thread the first change waits, as it would without this.
        let _ = thread::Builder::new().spawn(move || {
            plugins.iter().for_each(|plugin| sandbox.compile_ahead(&plugin.digest));
        });
    }

    fn compile(&mut self, args: &Test, files: Files, plugins: bool) -> Result<Loaded, Refusal> {
        let sandbox = match &self.sandbox {
            Some(sandbox) if !plugins => Arc::clone(sandbox),
            _ => Arc::new(load::sandbox(&from(args))?),
        };
        self.sandbox = Some(Arc::clone(&sandbox));
        load::compile(&from(args), files, sandbox)
    }
}

fn waiting(began: Instant) {
    report::progress(&format!("{} ms; waiting for changes, Ctrl-C ends", began.elapsed().as_millis()));
}

/// The next thing to do. Changes that come close together are one; a folder that is gone ends it.
fn next(news: &Receiver<News>, policies: &Path) -> Result<News, Failure> {
    let gone = || Failure::Unreachable(format!("the folder `{}` is gone", policies.display()));
    let mut first = loop {
        match news.recv_timeout(LOOK) {
            Ok(news) => break news,
            Err(RecvTimeoutError::Timeout) if policies.is_dir() => {}
            Err(_) => return Err(gone()),
        }
    };
    let began = Instant::now();
    while !matches!(first, News::Stop) && began.elapsed() < QUIET_MAX {
        match news.recv_timeout(QUIET) {
            Ok(News::Policies) => {}
            Ok(other) => first = other,
            Err(_) => break,
        }
    }
    Ok(first)
}

fn watch_all(args: &Test, sender: &Sender<News>) -> Result<Vec<RecommendedWatcher>, Failure> {
    let policies = watch(&args.policies, sender.clone(), || News::Policies)?;
    let plugins = load::plugins_folder(&from(args));
    let mut watchers = vec![policies];
    if let Some(plugins) = plugins {
        watchers.push(watch(&plugins, sender.clone(), || News::Plugins)?);
    }
    Ok(watchers)
}

fn watch(
    folder: &Path,
    sender: Sender<News>,
    news: impl Fn() -> News + Send + 'static,
) -> Result<RecommendedWatcher, Failure> {
    let unwatched = |error: notify::Error| {
        Failure::Unreachable(format!("cannot watch the folder `{}`: {}", folder.display(), plain(&error)))
    };
    let root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| matters(&root, &event)) {
            // The other end is gone only when the command ends.
            let _ = sender.send(news());
        }
    })
    .map_err(unwatched)?;
    let watched = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    watcher.watch(&watched, RecursiveMode::Recursive).map_err(unwatched)?;
    Ok(watcher)
}

fn plain(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::PathNotFound => "it is not there".to_owned(),
        notify::ErrorKind::MaxFilesWatch => {
            "the system watches no more files; raise `fs.inotify.max_user_watches`".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Reading changes nothing; what a build leaves behind and hidden files are nobody's policy.
fn matters(root: &Path, event: &Event) -> bool {
    let ours = |path: &std::path::PathBuf| {
        let inside = path.strip_prefix(root).unwrap_or(path);
        !inside.components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            name == "target" || name == "node_modules" || name.starts_with('.')
        })
    };
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(ours)
}

/// Sends the news of Ctrl-C, or of a supervisor's SIGTERM.
fn stop_on_signal(sender: Sender<News>) {
    thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(commands::stop());
        let _ = sender.send(News::Stop);
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;
    use crate::args::Places;

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let (path, to) = (entry.path(), to.join(entry.file_name()));
            if path.is_dir() {
                copy(&path, &to);
            } else {
                fs::copy(&path, &to).unwrap();
            }
        }
    }

    /// A changed table costs no plugin: what was compiled and loaded stays, and only a change of plugins loads anew.
    #[test]
    fn a_changed_table_keeps_the_sandbox_with_all_that_it_holds() {
        let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = tempfile::tempdir().unwrap();
        copy(&house.join("sdk/docs/examples/combining"), folder.path());
        let args = Test {
            policies: folder.path().to_owned(),
            filter: None,
            coverage: false,
            threshold: None,
            junit: None,
            update: false,
            watch: true,
            json: false,
            places: Places { plugins: Some(house.join("plugins")), state: Some(house.join("target/maple")) },
        };
        let mut kept = Kept::default();
        kept.again(&args, true).unwrap();
        let first = kept.sandbox.clone().unwrap();
        let digest = Arc::clone(kept.loaded.as_ref().unwrap().compiled.ruleset.digest());
        let table = folder.path().join("land/east/trade.toml");
        let text = fs::read_to_string(&table).unwrap();
        fs::write(&table, text.replace("weight = 50", "weight = 5")).unwrap();
        kept.again(&args, false).unwrap();
        assert_ne!(*kept.loaded.as_ref().unwrap().compiled.ruleset.digest(), digest, "the change is in use");
        assert!(Arc::ptr_eq(kept.sandbox.as_ref().unwrap(), &first), "the plugins are loaded anew");
        kept.again(&args, true).unwrap();
        assert!(!Arc::ptr_eq(kept.sandbox.as_ref().unwrap(), &first));
    }
}
