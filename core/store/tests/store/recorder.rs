//! The recorder: what it promises in each mode.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use maple_store::{
    BATCH_COUNT_MAX, CHECKPOINT_RECORDS_MAX, Mode, QUEUE_COUNT_MAX, Recorder, RecorderConfig, Signing, Statistics,
    Store, Unwritten,
};

use crate::support::{Base, always, at, both, prepared, request, signer};

fn config(mode: Mode, queue: usize) -> RecorderConfig {
    RecorderConfig { log: "node-1".to_owned(), mode, queue, signing: None, spool: None }
}

fn started(base: &Base, config: RecorderConfig) -> (Arc<Store>, Recorder) {
    let store = Arc::new(base.open());
    (Arc::clone(&store), Recorder::start(store, config).unwrap())
}

#[test]
fn what_was_told_is_there() {
    both(|base| {
        let (store, recorder) = started(base, config(Mode::Durable, 1_000));
        let told = Mutex::new(Vec::new());
        let caller = |caller: i64| {
            for number in 0..25 {
                let written = recorder.record_and_wait(prepared(caller * 100 + number)).unwrap().unwrap();
                let found = store.decision(&format!("decision-{}", caller * 100 + number)).unwrap().unwrap();
                assert_eq!(found.sequence, written.sequence);
                told.lock().unwrap().push(written.sequence);
            }
        };
        thread::scope(|scope| {
            let caller = &caller;
            (0..8).for_each(|at| drop(scope.spawn(move || caller(at))));
        });
        let told: BTreeSet<u64> = told.into_inner().unwrap().into_iter().collect();
        assert_eq!(told, (1..=200).collect());
        let done = recorder.close();
        assert_eq!((done.committed, done.lost, done.queued, done.last_error), (200, 0, 0, None));
        assert!(done.batches < 200, "several share one wait: {}", done.batches);
        assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), 0);
    });
}

#[test]
fn a_log_goes_on_after_a_restart() {
    both(|base| {
        for round in 0..3 {
            let (_, recorder) = started(base, config(Mode::Durable, 10));
            for number in 0..5 {
                let written = recorder.record_and_wait(prepared(round * 5 + number)).unwrap().unwrap();
                assert_eq!(written.sequence as i64, round * 5 + number + 1);
            }
        }
        assert_eq!(base.open().verify("node-1", None, None).unwrap().records, 15);
    });
}

#[test]
fn buffered_decisions_are_written_before_the_end() {
    both(|base| {
        let (store, recorder) = started(base, config(Mode::Buffered, 1_000));
        for number in 0..500 {
            assert_eq!(recorder.record_and_wait(prepared(number)).unwrap(), None);
        }
        let done = recorder.close();
        assert_eq!((done.committed, done.lost), (500, 0));
        assert_eq!(store.log_end("node-1").unwrap(), 500);
    });
}

#[test]
fn off_writes_nothing() {
    both(|base| {
        let (store, recorder) = started(base, config(Mode::Off, 0));
        assert_eq!(recorder.record_and_wait(prepared(1)).unwrap(), None);
        assert_eq!(recorder.close(), Statistics::default());
        assert_eq!(store.log_end("node-1").unwrap(), 0);
    });
}

#[test]
fn a_full_queue_refuses_and_counts() {
    both(|base| {
        for mode in [Mode::Durable, Mode::Buffered] {
            let (_, recorder) = started(base, config(mode, 0));
            assert!(matches!(recorder.record_and_wait(prepared(1)), Err(Unwritten::Full)));
            assert_eq!(recorder.close().lost, 1);
        }
    });
}

#[test]
fn limits_of_a_recorder_hold_at_their_edges() {
    let base = Base::file();
    let signer = Arc::new(signer().0);
    let signing = |records| Signing {
        signer: always(&signer),
        records,
        interval: Duration::from_secs(1),
        now: Arc::new(|| at(0)),
    };
    let start = |config| Recorder::start(Arc::new(base.open()), config).map(|_| ());
    assert!(start(config(Mode::Durable, QUEUE_COUNT_MAX)).is_ok());
    assert!(start(config(Mode::Durable, QUEUE_COUNT_MAX + 1)).is_err());
    for (records, fits) in [(CHECKPOINT_RECORDS_MAX, true), (CHECKPOINT_RECORDS_MAX + 1, false)] {
        let config = RecorderConfig { signing: Some(signing(records)), ..config(Mode::Durable, 1) };
        assert_eq!(start(config).is_ok(), fits);
    }
    for (log, fits) in
        [("audit", false), ("", false), ("a b", false), (&"x".repeat(128), true), (&"x".repeat(129), false)]
    {
        let config = RecorderConfig { log: log.to_owned(), ..config(Mode::Durable, 1) };
        assert_eq!(start(config).is_ok(), fits, "{log}");
    }
}

#[test]
fn checkpoints_are_signed_by_number_by_time_on_demand_and_at_the_end() {
    both(|base| {
        let (signer, keys) = signer();
        let signer = Arc::new(signer);
        let signing =
            |records, interval| Some(Signing { signer: always(&signer), records, interval, now: Arc::new(|| at(7)) });
        let last = |store: &Store| store.checkpoint_last("node-1").unwrap();
        let until = |what: &str, done: &dyn Fn() -> bool| {
            let began = Instant::now();
            while !done() {
                assert!(began.elapsed() < Duration::from_secs(10), "{what}");
                thread::sleep(Duration::from_millis(10));
            }
        };
        let long = Duration::from_secs(3_600);
        let (store, recorder) =
            started(base, RecorderConfig { signing: signing(10, long), ..config(Mode::Durable, 100) });
        (0..9).for_each(|number| drop(recorder.record_and_wait(prepared(number)).unwrap()));
        assert_eq!(last(&store), None);
        recorder.record_and_wait(prepared(9)).unwrap();
        until("by number", &|| last(&store).is_some());
        recorder.record_and_wait(prepared(10)).unwrap();
        recorder.checkpoint();
        until("on demand", &|| recorder.statistics().checkpoints == 2);
        recorder.record_and_wait(prepared(11)).unwrap();
        assert_eq!(recorder.close().checkpoints, 3, "at the end");

        let short = Duration::from_millis(30);
        let (store, recorder) =
            started(base, RecorderConfig { signing: signing(1_000, short), ..config(Mode::Durable, 100) });
        recorder.record_and_wait(prepared(12)).unwrap();
        until("by time", &|| recorder.statistics().checkpoints == 1);
        thread::sleep(Duration::from_millis(100));
        assert_eq!(recorder.close().checkpoints, 1, "where there is nothing new nothing is signed");
        let found = store.verify("node-1", Some(&keys), None).unwrap();
        assert_eq!(
            (found.checkpoints, found.records, found.unsealed, found.faults.len()),
            (4, 13, 0, 0),
            "{:?}",
            found.faults
        );
    });
}

#[test]
fn others_write_while_decisions_are_recorded() {
    both(|base| {
        let (store, recorder) = started(base, config(Mode::Buffered, 100_000));
        (0..5_000).for_each(|number| recorder.record(prepared(number), |_| ()));
        let began = Instant::now();
        let mut rounds = 0;
        while recorder.statistics().queued > 0 {
            store.activate(&request(&format!("sha256:{rounds}"))).unwrap();
            rounds += 1;
        }
        assert!(rounds > 0 && began.elapsed() < Duration::from_secs(60));
        assert_eq!(recorder.close().committed, 5_000);
    });
}

/// Breaks the table, records, mends it, records.
fn broken_and_mended(base: &Base, mode: Mode) -> (Arc<Store>, Recorder, mpsc::Receiver<bool>) {
    let (store, recorder) = started(base, config(mode, 1_000));
    recorder.record_and_wait(prepared(0)).unwrap();
    let began = Instant::now();
    while recorder.statistics().committed < 1 && began.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(5));
    }
    base.meddle("ALTER TABLE decision RENAME TO away").unwrap();
    let (sender, told) = mpsc::channel();
    for number in 1..=20 {
        let sender = sender.clone();
        recorder.record(prepared(number), move |written| sender.send(written.is_ok()).unwrap());
    }
    let began = Instant::now();
    while recorder.statistics().last_error.is_none() {
        assert!(began.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(5));
    }
    if mode == Mode::Durable {
        while recorder.statistics().lost < 20 && began.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
        }
    }
    base.meddle("ALTER TABLE away RENAME TO decision").unwrap();
    (store, recorder, told)
}

#[test]
fn a_failed_write_is_told_to_each_and_the_next_goes_well() {
    both(|base| {
        let (store, recorder, told) = broken_and_mended(base, Mode::Durable);
        let written = recorder.record_and_wait(prepared(100)).unwrap().unwrap();
        assert_eq!(written.sequence, 2);
        assert_eq!(told.iter().take(20).filter(|ok| *ok).count(), 0);
        let done = recorder.close();
        assert_eq!((done.committed, done.lost, done.last_error), (2, 20, None));
        let found = store.verify("node-1", None, None).unwrap();
        assert_eq!((found.records, found.faults.len()), (2, 0));
    });
}

#[test]
fn a_recorder_ends_although_the_database_takes_nothing() {
    both(|base| {
        for mode in [Mode::Durable, Mode::Buffered] {
            // More than one transaction takes: there is always something left to write.
            let many = BATCH_COUNT_MAX as i64 + 1;
            let (_, recorder) = started(base, config(mode, 2_000));
            base.meddle("ALTER TABLE decision RENAME TO away").unwrap();
            let (sender, told) = mpsc::channel();
            for number in 1..=many {
                let sender = sender.clone();
                recorder.record(prepared(number), move |written| sender.send(written.is_ok()).unwrap());
            }
            let done = recorder.close();
            assert_eq!((done.committed, done.lost, done.queued), (0, many as u64, 0), "{mode:?}");
            let kept = told.iter().take(many as usize).filter(|ok| *ok).count() as i64;
            assert_eq!(kept, if mode == Mode::Durable { 0 } else { many });
            base.meddle("ALTER TABLE away RENAME TO decision").unwrap();
        }
    });
}

#[test]
fn buffered_decisions_wait_for_the_database() {
    both(|base| {
        let (store, recorder, _told) = broken_and_mended(base, Mode::Buffered);
        recorder.record_and_wait(prepared(100)).unwrap();
        let done = recorder.close();
        assert_eq!((done.committed, done.lost), (22, 0), "{done:?}");
        let found = store.verify("node-1", None, None).unwrap();
        assert_eq!((found.records, found.faults.len()), (22, 0));
    });
}

#[test]
fn two_writers_of_one_log_are_told() {
    both(|base| {
        let (_, first) = started(base, config(Mode::Durable, 10));
        first.record_and_wait(prepared(1)).unwrap();
        let (_, second) = started(base, config(Mode::Durable, 10));
        second.record_and_wait(prepared(2)).unwrap();
        let refused = first.record_and_wait(prepared(3)).unwrap_err();
        assert!(crate::support::chain(&refused).contains("a log has one writer"), "{refused}");
        assert_eq!(first.record_and_wait(prepared(4)).unwrap().unwrap().sequence, 3, "it looks at the end again");
        assert_eq!(base.open().verify("node-1", None, None).unwrap().faults.len(), 0);
    });
}
