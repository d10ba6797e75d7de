//! A server that goes away, a disk that is full, a file that somebody holds.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use maple_store::{BUSY_MILLIS_MAX, Mode, Recorder, RecorderConfig, SCHEMA_VERSION, Store};

use crate::{
    files::refused,
    support::{Base, Cluster, chain, decision, prepared, request, shared},
};

fn durable(store: &Arc<Store>) -> Recorder {
    let config =
        RecorderConfig { log: "node-1".to_owned(), mode: Mode::Durable, queue: 100, signing: None, spool: None };
    Recorder::start(Arc::clone(store), config).unwrap()
}

#[test]
fn a_server_that_was_killed_is_found_again() {
    let Some(mut cluster) = Cluster::start() else { return };
    let base = Base::server(&cluster);
    let store = Arc::new(base.open());
    let (recorder, mut watch) = (durable(&store), store.watch().unwrap());
    store.activate(&request("sha256:a")).unwrap();
    let mut kept = Vec::new();
    let mut record = |number: i64| {
        let written = recorder.record_and_wait(prepared(number));
        if written.is_ok() {
            kept.push(number);
        }
        written
    };
    (0..5).for_each(|number| drop(record(number).unwrap()));

    cluster.kill();
    let began = Instant::now();
    let refused = record(5).unwrap_err();
    assert!(chain(&refused).contains("check that the server runs"), "{}", chain(&refused));
    assert!(store.current().is_err() && watch.wait_for_change(Duration::from_millis(10)).is_err());
    assert!(began.elapsed() < Duration::from_secs(30), "every wait has an end: {:?}", began.elapsed());
    assert!(!chain(&refused).contains("%2F"));

    // Back while somebody asks: the question waits for it.
    thread::scope(|scope| {
        let asked = scope.spawn(|| store.current());
        thread::sleep(Duration::from_millis(100));
        cluster.resume();
        assert_eq!(asked.join().unwrap().unwrap().unwrap().generation, 1);
    });
    (6..12).for_each(|number| drop(record(number).unwrap()));
    store.activate(&request("sha256:b")).unwrap();
    assert!(watch.wait_for_change(Duration::from_secs(10)).unwrap(), "nothing in between is missed");
    assert_eq!(recorder.close().lost, 1);
    let there: Vec<String> =
        store.decisions_after("node-1", 0, 100).unwrap().iter().map(|r| r.id().to_owned()).collect();
    assert_eq!(there, kept.iter().map(|number| format!("decision-{number}")).collect::<Vec<_>>());
    assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), 0);
}

#[test]
fn killed_under_load_nothing_is_lost_or_twice() {
    let Some(mut cluster) = Cluster::start() else { return };
    let base = Base::server(&cluster);
    let store = Arc::new(base.open());
    let recorder = durable(&store);
    let kept = std::sync::Mutex::new(Vec::new());
    let stop = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for caller in 0..8 {
            let (recorder, kept, stop) = (&recorder, &kept, &stop);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let id = caller * 1_000_000 + number;
                    match recorder.record_and_wait(prepared(id)) {
                        Ok(written) => kept.lock().unwrap().push((written.unwrap().sequence, format!("decision-{id}"))),
                        Err(_) => thread::sleep(Duration::from_millis(5)),
                    }
                }
            });
        }
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(300));
            cluster.kill();
            cluster.resume();
        }
        thread::sleep(Duration::from_millis(500));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let done = recorder.close();
    let kept = kept.into_inner().unwrap();
    assert!(kept.len() as u64 == done.committed && done.committed > 100, "{done:?}");
    for (sequence, id) in &kept {
        assert_eq!(store.decision(id).unwrap().map(|found| found.sequence), Some(*sequence), "{id}");
    }
    let found = store.verify("node-1", None, None).unwrap();
    assert_eq!(found.faults.len(), 0, "{:?}", found.faults);
    // What was told to have failed may have been kept in the moment of the kill, but only that.
    assert!(found.records >= done.committed && found.records <= done.committed + done.lost);
}

#[test]
fn what_is_no_server_of_ours_is_refused_with_the_way_out() {
    refused(Store::open_url("postgres://me:secret@host:port/db"), &["`postgres://…@host:port/db`"]);
    refused(Store::open_url("postgres://host/db?password=secret&x=y"), &["`postgres://host/db`"]);
    let nobody = Store::open_url("postgres://me:secret@127.0.0.1:1/db?connect_timeout=1").unwrap_err();
    assert!(chain(&nobody).contains("`postgres://127.0.0.1/db`; check that the server runs"), "{}", chain(&nobody));
    assert!(!format!("{nobody:?} {}", chain(&nobody)).contains("secret"));
    let Some(cluster) = shared() else { return };
    refused(Store::open_url(&cluster.url("nothing")), &["createdb"]);
    refused(
        Store::open_url(&cluster.url("postgres").replace("postgres@", "nobody:secret@")),
        &["the user and the password"],
    );

    let foreign = Base::server(cluster);
    foreign.meddle("CREATE TABLE photos (id BIGINT)").unwrap();
    refused(Store::open_url(foreign.url()), &["a database of another program", "MAPLE_DATABASE"]);
    let later = Base::server(cluster);
    drop(later.open());
    later.meddle(&format!("UPDATE maple_schema SET version = {}", SCHEMA_VERSION + 1)).unwrap();
    refused(Store::open_url(later.url()), &["a later version"]);
    let shown = format!("{:?}", Base::server(cluster).open());
    assert!(shown.starts_with("Store(\"postgres://") && !shown.contains('@'), "{shown}");
}

#[test]
fn an_older_server_is_brought_up_to_date_by_one_of_many() {
    let Some(cluster) = shared() else { return };
    let at_once = |base: &Base| thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(|| drop(base.open())))));
    // From nothing, from the first version, and from the one before this, each with what was kept then.
    let empty = Base::server(cluster);
    at_once(&empty);
    assert_eq!(empty.open().activate(&request("sha256:a")).unwrap().generation, 1);

    let first = Base::server(cluster);
    first
        .meddle(
            "CREATE TABLE activation (generation BIGINT PRIMARY KEY CHECK (generation > 0),
                 ruleset TEXT COLLATE \"C\" NOT NULL, at TEXT COLLATE \"C\" NOT NULL, actor TEXT COLLATE \"C\" NOT NULL,
                 why TEXT COLLATE \"C\" NOT NULL);
             CREATE FUNCTION maple_refuse() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
             INSERT INTO activation VALUES (1, 'sha256:a', '2026-11-23T08:00:00Z', 'start', 'why');
             CREATE TABLE maple_schema (one BIGINT PRIMARY KEY, version BIGINT NOT NULL);
             INSERT INTO maple_schema VALUES (1, 1)",
        )
        .unwrap();
    at_once(&first);
    let kept = first.open().current().unwrap().unwrap();
    assert_eq!((kept.generation, kept.ruleset.as_str(), kept.bundle, kept.replaces), (1, "sha256:a", None, None));

    // What takes back each step, from the last on.
    let undo = [
        "DROP INDEX dispute_came;",
        "DROP TRIGGER event_unchanged ON event; ALTER TABLE event DROP COLUMN facts;
         CREATE TRIGGER event_unchanged BEFORE UPDATE OF source, id, dispute, at, received, what, refs ON event
         FOR EACH ROW EXECUTE FUNCTION maple_refuse('an event is never changed');",
        "DROP INDEX dispute_registered, dispute_station; ALTER TABLE dispute DROP COLUMN first_closed;
         CREATE INDEX dispute_station ON dispute (station, registered) WHERE station IS NOT NULL;",
        "DROP TABLE recipient, progress, outbox, delivery; DROP INDEX event_concluded;
         ALTER TABLE dispute DROP COLUMN committee;",
        "DROP INDEX signal_open, signal_ended, signal_issued, dispute_waiting, dispute_at_station, dispute_at_mediator,
         plan_locality; ALTER TABLE signal DROP COLUMN issued, DROP COLUMN acknowledged, DROP COLUMN ended;",
        "DROP TABLE course; DROP INDEX dispute_uncounted; ALTER TABLE dispute DROP COLUMN counted;",
        "DROP TABLE told, verdict; DROP INDEX dispute_look, dispute_suit, dispute_kind, dispute_desk, signal_clock;
         ALTER TABLE dispute DROP COLUMN turn, DROP COLUMN look_at, DROP COLUMN filed;
         ALTER TABLE signal DROP COLUMN clock;
         CREATE INDEX dispute_unlooked ON dispute (registered) WHERE looked = 0 AND registered IS NOT NULL;
         CREATE INDEX dispute_kind ON dispute (kind, registered);",
        "DROP TABLE station, mediator, notice, plan, acceptance;",
        "DROP TABLE event, dispute, tally, signal;",
        "DROP TABLE dictionary;",
    ];
    for steps in 1..=undo.len() {
        let version = SCHEMA_VERSION - i64::try_from(steps).unwrap();
        let undo = undo[..steps].concat();
        let before = Base::server(cluster);
        let store = Arc::new(before.open());
        let recorder = durable(&store);
        recorder.record_and_wait(prepared(1)).unwrap();
        assert_eq!(recorder.close().lost, 0);
        let back = format!("{undo} UPDATE maple_schema SET version = {version}");
        before.meddle(&back).unwrap();
        at_once(&before);
        let store = before.open();
        assert_eq!(store.decision("decision-1").unwrap().unwrap().decision().unwrap(), decision(1));
        assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), 0);
        assert_eq!(store.events(None, 1).unwrap(), []);
        assert_eq!(store.stations(None, "", 1).unwrap(), []);
    }
}

#[test]
fn a_file_that_another_holds_is_told_after_a_while() {
    let base = Base::file();
    let store = base.open();
    let holder = rusqlite::Connection::open(base.url().strip_prefix("sqlite://").unwrap()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let error = store.activate(&request("sha256:a")).unwrap_err();
    assert!(error.to_string().contains("another process holds it"), "{error}");
    assert!(began.elapsed() < Duration::from_millis(3 * BUSY_MILLIS_MAX));
    assert_eq!(store.current().unwrap(), None, "reading goes on");
    holder.execute_batch("ROLLBACK").unwrap();
    assert!(store.activate(&request("sha256:a")).is_ok());
}

fn spooling(store: &Arc<Store>, file: &std::path::Path, log: &str) -> Recorder {
    let config = RecorderConfig {
        log: log.to_owned(),
        mode: Mode::Durable,
        queue: 10_000,
        signing: None,
        spool: Some(file.to_owned()),
    };
    Recorder::start(Arc::clone(store), config).unwrap()
}

fn arrived(store: &Store, log: &str) -> Vec<String> {
    store.decisions_after(log, 0, 1_000).unwrap().iter().map(|record| record.id().to_owned()).collect()
}

#[test]
fn while_the_database_is_away_decisions_wait_on_the_node_and_arrive_once_and_in_order() {
    let Some(mut cluster) = Cluster::start() else { return };
    let base = Base::server(&cluster);
    let store = Arc::new(base.open());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("spool.sqlite");
    let recorder = spooling(&store, &file, "node-1");
    let record = |from: i64, to: i64| {
        for number in from..to {
            let written = recorder.record_and_wait(prepared(number)).unwrap().unwrap();
            assert_eq!(written.sequence, u64::try_from(number).unwrap() + 1);
        }
    };
    record(0, 5);
    assert!(!file.exists(), "nothing waits while the database takes it");
    cluster.kill();
    record(5, 25);
    let until = Instant::now() + Duration::from_secs(5);
    while recorder.statistics().spooled < 20 {
        assert!(Instant::now() < until, "{:?}", recorder.statistics());
        thread::sleep(Duration::from_millis(10));
    }
    let so_far = recorder.statistics();
    assert!(file.exists() && so_far.committed == 25, "{so_far:?}");
    assert!(so_far.last_error.is_some(), "somebody is told");
    cluster.resume();
    record(25, 30);
    let until = Instant::now() + Duration::from_secs(20);
    while recorder.statistics().last_error.is_some() || recorder.statistics().spooled > 0 {
        assert!(Instant::now() < until, "{:?}", recorder.statistics());
        thread::sleep(Duration::from_millis(20));
    }
    record(30, 35);
    assert!(!file.exists(), "what was delivered is not kept twice");
    let done = recorder.close();
    assert_eq!((done.committed, done.lost, done.spooled), (35, 0, 0));
    assert_eq!(arrived(&store, "node-1"), (0..35).map(|number| format!("decision-{number}")).collect::<Vec<_>>());
    assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), 0);
}

#[test]
fn what_a_process_left_on_its_node_is_delivered_by_the_next() {
    let Some(mut cluster) = Cluster::start() else { return };
    let base = Base::server(&cluster);
    let store = Arc::new(base.open());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("spool.sqlite");
    let first = spooling(&store, &file, "node-1-a");
    first.record_and_wait(prepared(0)).unwrap();
    cluster.kill();
    (1..8).for_each(|number| drop(first.record_and_wait(prepared(number)).unwrap()));
    assert_eq!(first.close().lost, 0, "what cannot be delivered at the end stays in the file");
    assert!(file.exists());
    cluster.resume();
    let second = spooling(&store, &file, "node-1-b");
    (8..12).for_each(|number| drop(second.record_and_wait(prepared(number)).unwrap()));
    let until = Instant::now() + Duration::from_secs(20);
    while file.exists() {
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(20));
    }
    // A second time, as after a kill between delivery and the end of the file: nothing is there twice.
    assert_eq!(second.close().lost, 0);
    assert_eq!(arrived(&store, "node-1-a"), (0..8).map(|number| format!("decision-{number}")).collect::<Vec<_>>());
    assert_eq!(arrived(&store, "node-1-b"), (8..12).map(|number| format!("decision-{number}")).collect::<Vec<_>>());
    for log in ["node-1-a", "node-1-b"] {
        assert_eq!(store.verify(log, None, None).unwrap().faults.len(), 0);
    }
}

#[test]
fn killed_again_and_again_under_load_every_decision_that_was_told_arrives_once() {
    let Some(mut cluster) = Cluster::start() else { return };
    let base = Base::server(&cluster);
    let store = Arc::new(base.open());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("spool.sqlite");
    let recorder = Arc::new(spooling(&store, &file, "node-1"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let told = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for writer in 0..4_i64 {
            let (recorder, stop, told) = (Arc::clone(&recorder), &stop, &told);
            scope.spawn(move || {
                let mut number = writer * 1_000_000;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    if recorder.record_and_wait(prepared(number)).is_ok() {
                        told.lock().unwrap().push(format!("decision-{number}"));
                    }
                    number += 1;
                    thread::sleep(Duration::from_millis(3));
                }
            });
        }
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(200));
            cluster.kill();
            thread::sleep(Duration::from_millis(400));
            cluster.resume();
        }
        thread::sleep(Duration::from_millis(300));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let done = Arc::into_inner(recorder).unwrap().close();
    let mut told = told.into_inner().unwrap();
    told.sort();
    let (mut there, mut after) = (Vec::new(), 0);
    loop {
        let page = store.decisions_after("node-1", after, 1_000).unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        there.extend(page.iter().map(|record| record.id().to_owned()));
    }
    there.sort();
    assert_eq!((told.len() as u64, done.lost), (done.committed, 0));
    assert_eq!(there, told);
    assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), 0);
}
