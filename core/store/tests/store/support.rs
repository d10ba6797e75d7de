//! Databases to test on: files, and a private PostgreSQL server that ends with the tests.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use maple_seal::{Key, KeySet, Signer};
use maple_store::{Decision, Prepared, Request, Store};
use tempfile::TempDir;

/// A database of either kind, of its own.
pub(crate) struct Base {
    url: String,
    _dir: Option<TempDir>,
}

impl Base {
    pub(crate) fn file() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("maple.sqlite").display());
        Self { url, _dir: Some(dir) }
    }

    pub(crate) fn server(cluster: &Cluster) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("base{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        cluster.run(&format!("CREATE DATABASE {name}"));
        Self { url: cluster.url(&name), _dir: None }
    }

    pub(crate) fn open(&self) -> Store {
        Store::open_url(&self.url).unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_file(&self) -> bool {
        self.url.starts_with("sqlite")
    }

    /// Whatever a stranger does to the database, past the store.
    pub(crate) fn meddle(&self, statements: &str) -> Result<(), String> {
        match self.url.strip_prefix("sqlite://") {
            Some(path) => {
                rusqlite::Connection::open(path).unwrap().execute_batch(statements).map_err(|e| e.to_string())
            }
            None => postgres::Client::connect(&self.url, postgres::NoTls)
                .unwrap()
                .batch_execute(statements)
                .map_err(|error| error.as_db_error().map_or(error.to_string(), |said| said.message().to_owned())),
        }
    }

    /// As [`Base::meddle`], without what guards the records.
    pub(crate) fn tamper(&self, statements: &str) {
        let guards = ["decision_unchanged", "decision_kept"];
        let on = if self.is_file() { "" } else { " ON decision" };
        let dropped: String = guards.iter().map(|guard| format!("DROP TRIGGER IF EXISTS {guard}{on};")).collect();
        self.meddle(&format!("{dropped} {statements}")).unwrap();
    }
}

/// Runs a test on both databases.
pub(crate) fn both(test: impl Fn(&Base)) {
    test(&Base::file());
    if let Some(cluster) = shared() {
        test(&Base::server(cluster));
    }
}

/// The server that tests share, where there is one to be had.
pub(crate) fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).as_ref()
}

/// A private PostgreSQL server, on a socket in a folder of its own.
pub(crate) struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
    server: Option<(Child, ChildStdin)>,
}

impl Cluster {
    /// Starts a server, or says aloud that there is none; where services are required that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "PostgreSQL is required and not installed");
            eprintln!("SKIPPED: PostgreSQL is not installed (apt-get install postgresql); tested on SQLite alone");
            return None;
        };
        let dir = tempfile::Builder::new().prefix("maple-pg").tempdir().unwrap().keep();
        let mut cluster = Self { dir, programs, server: None };
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(&cluster.dir).status().unwrap().success());
        }
        let data = cluster.dir.join("data");
        let mut made = cluster.as_user("initdb");
        made.args(["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]).arg(&data);
        let made = made.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.resume();
        Some(cluster)
    }

    /// Starts the server, which ends when this process does: its keeper waits on a pipe.
    pub(crate) fn resume(&mut self) {
        let keeper = "\"$@\" & pid=$!; read -r word; kill -${word:-QUIT} $pid 2>/dev/null; wait $pid; \
                      [ -n \"$word\" ] || rm -rf \"$MAPLE_PG_DIR\"";
        let fsync = if env::var_os("MAPLE_MEASURE").is_some() { "fsync=on" } else { "fsync=off" };
        let mut server = self.as_user("postgres");
        server.arg("-D").arg(self.dir.join("data")).arg("-k").arg(&self.dir);
        server.args(["-c", "listen_addresses=", "-c", fsync, "-c", "max_connections=100"]);
        let mut shell = Command::new("sh");
        shell.args(["-c", keeper, "keeper"]).arg(server.get_program()).args(server.get_args());
        shell.env("MAPLE_PG_DIR", &self.dir).stdin(Stdio::piped()).stdout(Stdio::null());
        shell.stderr(fs::File::create(self.dir.join("log")).unwrap());
        let mut child = shell.spawn().unwrap();
        let pipe = child.stdin.take().unwrap();
        self.server = Some((child, pipe));
        let began = Instant::now();
        while let Err(error) = postgres::Client::connect(&self.url("postgres"), postgres::NoTls) {
            let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(60), "{error:?}\n{log}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the server, as a loss of power does.
    pub(crate) fn kill(&mut self) {
        let (mut child, mut pipe) = self.server.take().unwrap();
        pipe.write_all(b"QUIT\n").unwrap();
        child.wait().unwrap();
    }

    pub(crate) fn url(&self, base: &str) -> String {
        let host = self.dir.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{host}/{base}")
    }

    fn run(&self, statement: &str) {
        postgres::Client::connect(&self.url("postgres"), postgres::NoTls).unwrap().batch_execute(statement).unwrap();
    }

    /// PostgreSQL refuses to run as root.
    fn as_user(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut child, pipe)) = self.server.take() {
            drop(pipe);
            let _ = child.wait();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// Where `initdb` and `postgres` are: on the path, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let has = |dir: &Path| dir.join("initdb").exists() && dir.join("postgres").exists();
    let on_path = env::var_os("PATH").and_then(|path| env::split_paths(&path).find(|dir| has(dir)));
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).filter(|dir| has(dir)).collect();
    installed.sort();
    on_path.or(installed.pop())
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(crate) fn request(ruleset: &str) -> Request<'_> {
    Request { ruleset, at: "2026-11-23T08:00:00Z", by: "start", why: "the policies at start" }
}

/// A decision of its own for each number.
pub(crate) fn decision(number: i64) -> Decision {
    let places = ["cn/zhejiang", "cn/zhejiang/jinhua", "cn/zhejiang/jinhua/yongkang", "cn/fujian", "gb/england"];
    let one = usize::try_from(number).unwrap();
    Decision {
        id: format!("decision-{number}"),
        time: at(number),
        locality: places[one % places.len()].to_owned(),
        kind: ["wage", "tenancy", "noise"][one % 3].to_owned(),
        outcome: ["route", "refer"][one % 2].to_owned(),
        policies: vec![format!("policy-{}", one % 4), "floor".to_owned()],
        generation: 1,
        ruleset: format!("sha256:{}", one / 50),
        engine: "0.1.0".to_owned(),
        input: format!("{{\"case\":{number}}}").into_bytes(),
        context: format!("{{\"facts\":{number}}}").into_bytes(),
        output: format!("{{\"steps\":[{number}]}}").repeat(20).into_bytes(),
    }
}

pub(crate) fn prepared(number: i64) -> Prepared {
    decision(number).prepare().unwrap()
}

pub(crate) fn signer() -> (Signer, KeySet) {
    let signer = Signer::generate().unwrap();
    let mut keys = KeySet::new();
    keys.insert(Key { public: signer.public().clone(), from: Timestamp::MIN, to: None, revoked: None }).unwrap();
    (signer, keys)
}

/// The error and its sources, one after the other.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let (mut told, mut source) = (error.to_string(), error.source());
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    told
}
