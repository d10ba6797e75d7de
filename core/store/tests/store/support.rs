//! Databases to test on: files, and a private PostgreSQL server that ends with the tests.

#[path = "cluster.rs"]
mod cluster;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use jiff::Timestamp;
use maple_seal::{Key, KeySet, Signer};
use maple_store::{Decision, Looked, Prepared, Raise, Request, Store};
use tempfile::TempDir;

pub(crate) use cluster::Cluster;

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

/// The same key, whenever one is asked for.
pub(crate) fn always(signer: &Arc<Signer>) -> Arc<dyn Fn() -> Arc<Signer> + Send + Sync> {
    let signer = Arc::clone(signer);
    Arc::new(move || Arc::clone(&signer))
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

/// Raises signals of a dispute that nobody looked at; how many are new or changed.
pub(crate) fn raised(base: &Base, store: &Store, dispute: &str, raises: Vec<Raise>, now: i64) -> usize {
    base.meddle(&format!("INSERT INTO dispute (id, registered, look_at) VALUES ('{dispute}', 1, 1)")).unwrap();
    let look = store.looks(at(now), 100).unwrap().into_iter().find(|look| look.id == dispute).unwrap();
    let looked = Looked { look, raises, running: Vec::new(), again: None, later: Vec::new() };
    store.raise(&[looked], at(now)).unwrap().len()
}
