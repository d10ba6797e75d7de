//! Records, their chain, what is done to them, and what proves them.

use std::sync::Arc;

use maple_seal::{Checkpoint, verify_receipt};
use maple_store::{
    Cursor, DICTIONARY_BYTES_MAX, Decision, Dictionary, FAULTS_COUNT_MAX, Filter, LABEL_BYTES_MAX, Mode,
    PAGE_COUNT_MAX, PAYLOAD_BYTES_MAX, POLICIES_COUNT_MAX, Record, Recorder, RecorderConfig, Retired, Store,
    StoreError, Summary,
};

use crate::support::{Base, at, both, chain, decision, prepared, signer};

/// Records decisions in the order of their numbers.
fn filled(base: &Base, numbers: std::ops::Range<i64>) -> Store {
    let store = Arc::new(base.open());
    let config =
        RecorderConfig { log: "node-1".to_owned(), mode: Mode::Durable, queue: 10_000, signing: None, spool: None };
    let recorder = Recorder::start(store, config).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    for number in numbers {
        let sender = sender.clone();
        recorder.record(prepared(number), move |written| sender.send(written).unwrap());
    }
    drop(sender);
    assert!(receiver.iter().all(|written| written.is_ok()));
    let done = recorder.close();
    assert_eq!(done.lost, 0);
    base.open()
}

#[test]
fn a_decision_is_read_as_it_was_recorded() {
    both(|base| {
        let store = filled(base, 0..3);
        let record = store.decision("decision-1").unwrap().unwrap();
        assert_eq!((record.id(), record.log.as_str(), record.sequence), ("decision-1", "node-1", 2));
        assert_eq!(record.decision().unwrap(), decision(1));
        assert_eq!(store.decision("decision-9").unwrap(), None);
        assert_eq!((store.log_end("node-1").unwrap(), store.log_end("node-2").unwrap()), (3, 0));
        assert_eq!(store.logs().unwrap(), ["node-1"]);
    });
}

/// Whether a decision is asked for.
type Wanted = Box<dyn Fn(&Decision) -> bool>;

#[test]
fn decisions_are_listed_by_what_they_are_about() {
    both(|base| {
        let store = filled(base, 0..120);
        let all: Vec<Decision> = (0..120).rev().map(decision).collect();
        let ids = |listed: &[Summary]| listed.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        let text = |text: &str| Some(text.to_owned());
        let below = |top: &str, one: &Decision| one.locality == top || one.locality.starts_with(&format!("{top}/"));
        let rows: Vec<(Filter, Wanted)> = vec![
            (Filter::default(), Box::new(|_| true)),
            (
                Filter { from: Some(at(10)), to: Some(at(20)), ..Filter::default() },
                Box::new(|d| d.time >= at(10) && d.time < at(20)),
            ),
            (Filter { locality: text("cn/zhejiang"), ..Filter::default() }, Box::new(move |d| below("cn/zhejiang", d))),
            (
                Filter { locality: text("cn/zhejiang/jinhua"), ..Filter::default() },
                Box::new(move |d| below("cn/zhejiang/jinhua", d)),
            ),
            (Filter { locality: text("cn"), ..Filter::default() }, Box::new(move |d| below("cn", d))),
            (Filter { locality: text("cn/zhe"), ..Filter::default() }, Box::new(|_| false)),
            (Filter { kind: text("wage"), ..Filter::default() }, Box::new(|d| d.kind == "wage")),
            (Filter { outcome: text("refer"), ..Filter::default() }, Box::new(|d| d.outcome == "refer")),
            (Filter { policy: text("policy-3"), ..Filter::default() }, Box::new(|d| d.policies[0] == "policy-3")),
            (Filter { policy: text("policy-"), ..Filter::default() }, Box::new(|_| false)),
            (Filter { policy: text("%"), ..Filter::default() }, Box::new(|_| false)),
            (Filter { ruleset: text("sha256:1"), ..Filter::default() }, Box::new(|d| d.ruleset == "sha256:1")),
            (
                Filter {
                    from: Some(at(30)),
                    locality: text("cn"),
                    kind: text("noise"),
                    outcome: text("route"),
                    policy: text("floor"),
                    ..Filter::default()
                },
                Box::new(move |d| d.time >= at(30) && below("cn", d) && d.kind == "noise" && d.outcome == "route"),
            ),
        ];
        for (filter, wanted) in rows {
            let expected: Vec<String> = all.iter().filter(|one| wanted(one)).map(|one| one.id.clone()).collect();
            assert_eq!(ids(&store.decisions(&filter, 1_000).unwrap()), expected, "{filter:?}");
            // Page by page it is the same.
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = store.decisions(&Filter { after: after.clone(), ..filter.clone() }, 7).unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.cursor.clone());
                paged.extend(ids(&page));
            }
            assert_eq!(paged, expected, "{filter:?}");
        }
        let one = store.decisions(&Filter::default(), 1).unwrap().remove(0);
        assert_eq!(one.cursor, Cursor { time: at(119), log: "node-1".to_owned(), sequence: 120 });
        assert_eq!(one.policies, decision(119).policies);
    });
}

#[test]
fn pages_have_an_end() {
    both(|base| {
        let store = filled(base, 0..i64::from(PAGE_COUNT_MAX) + 1);
        assert_eq!(store.decisions(&Filter::default(), u32::MAX).unwrap().len() as u32, PAGE_COUNT_MAX);
        assert_eq!(store.decisions_after("node-1", 0, u32::MAX).unwrap().len() as u32, PAGE_COUNT_MAX);
        assert_eq!(store.decisions_after("node-1", 1_000, u32::MAX).unwrap().len(), 1);
    });
}

#[test]
fn limits_of_a_decision_hold_at_their_edges() {
    #[track_caller]
    fn edge(edit: impl Fn(&mut Decision, usize), most: usize) {
        for (length, fits) in [(most, true), (most + 1, false)] {
            let mut decision = decision(1);
            edit(&mut decision, length);
            assert_eq!(decision.prepare().is_ok(), fits, "{length}");
        }
    }
    edge(|d, length| d.id = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.locality = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.kind = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.outcome = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.ruleset = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.engine = "x".repeat(length), LABEL_BYTES_MAX);
    edge(|d, length| d.policies = vec!["x".repeat(length)], LABEL_BYTES_MAX);
    edge(|d, length| d.policies = vec!["x".to_owned(); length], POLICIES_COUNT_MAX);
    let rest = decision(1).context.len() + decision(1).output.len();
    edge(|d, length| d.input = vec![b'x'; length - rest], PAYLOAD_BYTES_MAX);
    let comma = Decision { policies: vec!["a,b".to_owned()], ..decision(1) };
    assert!(comma.prepare().unwrap_err().to_string().contains("`a,b`"));
}

#[test]
fn records_are_delivered_once() {
    both(|base| {
        let records = filled(&Base::file(), 0..20).decisions_after("node-1", 0, 100).unwrap();
        let store = base.open();
        store.decisions_deliver(&records[..5]).unwrap();
        store.decisions_deliver(&records[..5]).unwrap();
        store.decisions_deliver(&records[3..10]).unwrap();
        let gap = store.decisions_deliver(&records[11..]).unwrap_err();
        assert!(gap.to_string().contains("another record 12"), "{gap}");
        let mut other: Record = records[11].clone();
        other.sequence = 11;
        assert!(store.decisions_deliver(&[other]).is_err());
        let half = [records[10].clone(), records[12].clone()];
        assert!(store.decisions_deliver(&half).is_err());
        assert_eq!(store.log_end("node-1").unwrap(), 10, "wholly or not at all");
        store.decisions_deliver(&records[10..]).unwrap();
        assert_eq!(store.decisions_after("node-1", 0, 100).unwrap(), records);
        let found = store.verify("node-1", None, None).unwrap();
        assert_eq!((found.records, found.faults.len()), (20, 0));
        // The same place with another record.
        let others = filled(&Base::file(), 50..51).decisions_after("node-1", 0, 1).unwrap();
        let refused = store.decisions_deliver(&others).unwrap_err().to_string();
        assert!(refused.contains("log `node-1` has another record 1") && refused.contains("one writer"), "{refused}");
    });
}

#[test]
fn records_are_kept_as_what_differs_from_a_dictionary() {
    let typical = |number: i64| {
        let Decision { context, output, .. } = decision(number);
        Arc::new(Dictionary::new([context, output].concat()))
    };
    let with = |number: i64| Decision { output: b"[7]".repeat(200), ..decision(number) };
    let (one, other) = (typical(1), Arc::new(Dictionary::new(b"[7]".repeat(50))));
    let record = |base: &Base, numbers: std::ops::Range<i64>| {
        let config =
            RecorderConfig { log: "node-1".to_owned(), mode: Mode::Durable, queue: 100, signing: None, spool: None };
        let recorder = Recorder::start(Arc::new(base.open()), config).unwrap();
        for number in numbers {
            let dictionary = [None, Some(&one), Some(&other)][number as usize % 3].map(Arc::clone);
            recorder.record_and_wait(with(number).prepare_with(dictionary).unwrap()).unwrap();
        }
        assert_eq!(recorder.close().lost, 0);
    };
    both(|base| {
        record(base, 0..9);
        record(base, 9..12);
        let store = base.open();
        let records = store.decisions_after("node-1", 0, 100).unwrap();
        for (number, record) in (0..).zip(&records) {
            assert_eq!(record.decision().unwrap(), with(number));
            assert_eq!(store.decision(record.id()).unwrap().as_ref(), Some(record));
        }
        assert_eq!((records.len(), store.verify("node-1", None, None).unwrap().faults.len()), (12, 0));
        // What is delivered elsewhere takes its dictionary along.
        let there = Base::file();
        there.open().decisions_deliver(&records).unwrap();
        assert_eq!(there.open().decisions_after("node-1", 0, 100).unwrap(), records);
        // Nobody changes it, and where somebody does all the same, what was packed with it is damaged, not misread.
        let on = if base.is_file() { "" } else { " ON dictionary" };
        for guarded in ["UPDATE dictionary SET bytes = bytes", "DELETE FROM dictionary"] {
            assert!(base.meddle(guarded).unwrap_err().contains("a dictionary is never"));
        }
        let drop = |guard: &str| format!("DROP TRIGGER dictionary_{guard}{on};");
        let spoil = if base.is_file() { "x'00'" } else { "'\\x00'" };
        for meddling in [
            format!("{} UPDATE dictionary SET bytes = {spoil}", drop("unchanged")),
            format!("{} DELETE FROM dictionary", drop("kept")),
        ] {
            base.meddle(&meddling).unwrap();
            assert!(matches!(
                store.decision("decision-1").unwrap().unwrap().decision(),
                Err(StoreError::Damaged { .. })
            ));
            assert_eq!(store.decision("decision-3").unwrap().unwrap().decision().unwrap(), with(3), "it needs none");
            let found = store.verify("node-1", None, None).unwrap();
            let faults: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
            assert_eq!((faults.len(), faults[0].as_str()), (8, "record 2 was changed"), "{faults:?}");
        }
    });
}

#[test]
fn a_dictionary_has_an_end() {
    let long: Vec<u8> = (0..=DICTIONARY_BYTES_MAX).map(|n| (n % 251) as u8).collect();
    assert_eq!(Dictionary::new(long[1..].to_vec()), Dictionary::new(long.clone()), "its end is what is taken");
    assert_ne!(Dictionary::new(long[2..].to_vec()), Dictionary::new(long));
    // One that says nothing changes nothing.
    let packed = decision(1).prepare_with(Some(Arc::new(Dictionary::new(Vec::new())))).unwrap();
    assert!(packed.bytes() < decision(1).output.len());
}

/// A log of 30 records, with checkpoints over 10 and 20 and none over the rest.
fn sealed(base: &Base) -> (Store, maple_seal::Signer, maple_seal::KeySet) {
    let (signer, keys) = signer();
    for (first, last) in [(0, 10), (10, 20)] {
        let store = filled(base, first..last);
        let sealed = store.checkpoint("node-1", &signer, at(last)).unwrap().unwrap();
        assert_eq!((sealed.first, sealed.last), (first as u64 + 1, last as u64));
        assert!(store.checkpoint("node-1", &signer, at(last)).unwrap().is_none(), "nothing is signed twice");
    }
    (filled(base, 20..30), signer, keys)
}

#[test]
fn a_receipt_holds_offline() {
    both(|base| {
        let (store, signer, keys) = sealed(base);
        let receipt = store.receipt("decision-13", &signer, at(100)).unwrap().to_bytes().unwrap();
        let (statement, checkpoint) = verify_receipt(&receipt, &keys).unwrap();
        assert_eq!((statement.id.as_str(), statement.sequence, checkpoint.number), ("decision-13", 14, 2));
        assert_eq!(statement.output, maple_seal::Digest::of(&decision(13).output));
        let unsealed = store.receipt("decision-25", &signer, at(100)).unwrap_err();
        assert!(matches!(unsealed, StoreError::Unsealed { sequence: 26, .. }), "{unsealed}");
        assert!(store.receipt("nothing", &signer, at(100)).unwrap_err().to_string().contains("no decision `nothing`"));
    });
}

/// What a walk says after somebody did something.
#[track_caller]
fn told(meddling: impl Fn(&Base), expected: &[&str]) {
    both(|base| {
        let (store, _, keys) = sealed(base);
        let last = Checkpoint::read(&store.checkpoint_last("node-1").unwrap().unwrap()).unwrap();
        assert_eq!(store.verify("node-1", Some(&keys), None).unwrap().faults.len(), 0);
        meddling(base);
        let found = store.verify("node-1", Some(&keys), Some(&last)).unwrap();
        let faults: Vec<String> = found.faults.iter().map(|fault| chain(fault)).collect();
        assert!(expected.iter().all(|said| faults.iter().any(|fault| fault.contains(said))), "{faults:#?}");
        assert_eq!(faults.is_empty(), expected.is_empty(), "{faults:#?}");
    });
}

#[test]
fn whatever_is_done_to_a_log_is_found() {
    let bytes = |base: &Base, hex: &str| if base.is_file() { format!("x'{hex}'") } else { format!("'\\x{hex}'") };
    told(|_| (), &[]);
    told(|base| base.tamper("UPDATE decision SET outcome = 'none' WHERE sequence = 7"), &["record 7 was changed"]);
    told(|base| base.tamper("UPDATE decision SET at = at + 1 WHERE sequence = 25"), &["record 25 was changed"]);
    told(
        |base| base.tamper(&format!("UPDATE decision SET payload = {} WHERE sequence = 3", bytes(base, "00"))),
        &["record 3 was changed"],
    );
    told(
        |base| {
            base.tamper(&format!("UPDATE decision SET output = {} WHERE sequence = 4", bytes(base, &"00".repeat(32))))
        },
        &["record 4 was changed"],
    );
    told(
        |base| base.tamper("DELETE FROM decision WHERE sequence BETWEEN 5 AND 6"),
        &["records 5 to 6 are missing", "checkpoint 1"],
    );
    told(|base| base.tamper("DELETE FROM decision WHERE sequence = 1"), &["records 1 to 1 are missing"]);
    told(|base| base.tamper("DELETE FROM decision WHERE sequence = 25"), &["records 25 to 25 are missing"]);
    told(
        |base| {
            base.tamper(
                "UPDATE decision SET sequence = 900 WHERE sequence = 12; \
                 UPDATE decision SET sequence = 12 WHERE sequence = 13; \
                 UPDATE decision SET sequence = 13 WHERE sequence = 900;",
            );
        },
        &[
            "record 12 is the one that was recorded as 13",
            "record 13 is the one that was recorded as 12",
            "checkpoint 2",
        ],
    );
    told(
        |base| base.tamper("DELETE FROM decision WHERE sequence > 15"),
        &["records 16 to 20 are missing", "ends at 15, its checkpoint 2 at 20"],
    );
    told(
        |base| base.tamper("DELETE FROM decision WHERE sequence > 10; DELETE FROM checkpoint WHERE number = 2"),
        &["the log was cut: it ends at 10, its checkpoint 2 at 20"],
    );
    told(
        |base| base.tamper("DELETE FROM checkpoint WHERE number = 1"),
        &["checkpoint 2 does not hold", "does not follow checkpoint 0"],
    );
    // Another log, written with care, in the place of this one: only the signed checkpoints tell.
    told(
        |base| {
            let other = Base::file();
            let records = filled(&other, 100..130).decisions_after("node-1", 0, 100).unwrap();
            base.tamper("DELETE FROM decision; CREATE TABLE aside AS SELECT * FROM checkpoint; DELETE FROM checkpoint");
            base.open().decisions_deliver(&records).unwrap();
            base.meddle("INSERT INTO checkpoint SELECT * FROM aside").unwrap();
        },
        &[
            "records 1 to 10 are not those that checkpoint 1 was signed over",
            "records 11 to 20",
            "record 11 does not hang",
        ],
    );
    // A checkpoint by a key that nobody knows.
    told(
        |base| {
            let store = base.open();
            base.tamper("DELETE FROM checkpoint WHERE number = 2");
            store.checkpoint("node-1", &signer().0, at(20)).unwrap();
        },
        &["checkpoint 2 does not hold", "not known"],
    );
}

#[test]
fn records_guard_themselves() {
    both(|base| {
        let _log = sealed(base);
        let changed = base.meddle("UPDATE decision SET kind = 'x'").unwrap_err();
        assert!(changed.contains("a record is never changed"));
        assert!(base.meddle("DELETE FROM decision").unwrap_err().contains("keeps its leaf"));
    });
}

#[test]
fn the_audit_log_is_walked_the_same_way() {
    both(|base| {
        let store = base.open();
        for number in 0..10 {
            let event =
                maple_store::Event { time: at(number), actor: "ana", action: "publish", subject: "b", detail: "" };
            store.audit_append(&event).unwrap();
        }
        let (signer, keys) = signer();
        store.checkpoint("audit", &signer, at(10)).unwrap().unwrap();
        let found = store.verify("audit", Some(&keys), None).unwrap();
        assert_eq!((found.records, found.checkpoints, found.faults.len()), (10, 1, 0));
        for guarded in ["UPDATE audit SET actor = 'bo' WHERE sequence = 3", "DELETE FROM audit"] {
            assert!(base.meddle(guarded).unwrap_err().contains("never"));
        }
        let on = if base.is_file() { "" } else { " ON audit" };
        base.meddle(&format!("DROP TRIGGER audit_unchanged{on}; UPDATE audit SET actor = 'bo' WHERE sequence = 3"))
            .unwrap();
        let found = store.verify("audit", Some(&keys), None).unwrap();
        assert_eq!(found.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), ["record 3 was changed"]);
    });
}

/// Somebody with the database's password takes records out as retention does, and leaves the guards where they are.
#[test]
fn records_that_were_taken_out_as_if_retired_are_missed() {
    both(|base| {
        let (store, _, keys) = sealed(base);
        let leaves = |first: u64, count: u32| {
            let records = store.decisions_after("node-1", first - 1, count).unwrap();
            let hex: Vec<String> =
                records.iter().flat_map(|record| record.leaf.as_bytes()).map(|byte| format!("{byte:02x}")).collect();
            if base.is_file() { format!("x'{}'", hex.concat()) } else { format!("'\\x{}'", hex.concat()) }
        };
        let take = format!(
            "UPDATE checkpoint SET leaves = {} WHERE log = 'node-1' AND number = 1;
             DELETE FROM decision WHERE log = 'node-1' AND sequence <= 10",
            leaves(1, 10)
        );
        base.meddle(&take).unwrap();
        let found = store.verify("node-1", Some(&keys), None).unwrap();
        let told: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        let wanted = "records 1 to 10 are gone, and the audit log does not say that anybody deleted them";
        assert_eq!((told, found.retired), (vec![wanted.to_owned()], 10));
        // What is retired in good order is none of it.
        store.decisions_retire("node-1", at(10_000), "clerk", at(1_000), || true).unwrap();
        assert_eq!(store.verify("node-1", Some(&keys), None).unwrap().faults.len(), 1);
    });
}

#[test]
fn what_is_retired_leaves_the_chain_whole() {
    both(|base| {
        let (store, signer, keys) = sealed(base);
        let retire = |second| store.decisions_retire("node-1", at(second), "clerk", at(1_000), || true).unwrap();
        let whole = |records, retired| {
            let found = store.verify("node-1", Some(&keys), None).unwrap();
            assert_eq!((found.records, found.retired, found.faults.len()), (records, retired, 0), "{:?}", found.faults);
        };
        assert_eq!(retire(9), Retired::default(), "the tenth is younger than the day");
        assert_eq!(retire(15), Retired { checkpoints: 1, records: 10 });
        whole(20, 10);
        assert_eq!(store.decision("decision-5").unwrap(), None);
        assert_eq!(retire(10_000), Retired { checkpoints: 1, records: 10 }, "what has no checkpoint stays");
        whole(10, 20);
        store.checkpoint("node-1", &signer, at(40)).unwrap().unwrap();
        assert_eq!(retire(10_000).records, 10);
        whole(0, 30);
        let store = filled(base, 30..40);
        assert_eq!(store.log_end("node-1").unwrap(), 40, "the log goes on");
        let found = store.verify("node-1", Some(&keys), None).unwrap();
        assert_eq!((found.records, found.retired, found.faults.len()), (10, 30, 0));
        let said: Vec<String> =
            store.audit_before(u64::MAX, 10).unwrap().into_iter().map(|event| event.detail).collect();
        assert!(said.len() == 3 && said[2].contains("records 1 to 10 of log node-1"), "{said:?}");
        assert!(
            store
                .decisions_retire("audit", at(0), "clerk", at(0), || true)
                .unwrap_err()
                .to_string()
                .contains("kept whole")
        );
        // Nothing is begun once it is not to go on, and a log that is retired wholly is not looked at again.
        store.checkpoint("node-1", &signer, at(50)).unwrap().unwrap();
        assert_eq!(store.logs_to_retire().unwrap(), ["node-1"]);
        let stopped = store.decisions_retire("node-1", at(10_000), "clerk", at(1_000), || false).unwrap();
        assert_eq!(stopped, Retired::default());
        assert_eq!(retire(10_000).records, 10);
        assert!(store.logs_to_retire().unwrap().is_empty());
        // What was delivered before it was retired is still known.
        let records = filled(&Base::file(), 0..10).decisions_after("node-1", 0, 100).unwrap();
        store.decisions_deliver(&records).unwrap();
        assert_eq!(store.log_end("node-1").unwrap(), 40);
    });
}

#[test]
fn a_walk_tells_so_many_faults_and_no_more() {
    both(|base| {
        let store = filled(base, 0..i64::try_from(FAULTS_COUNT_MAX).unwrap() + 1);
        base.tamper("UPDATE decision SET outcome = 'none' WHERE sequence > 1");
        assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), FAULTS_COUNT_MAX);
        base.tamper("UPDATE decision SET outcome = 'none' WHERE sequence = 1");
        assert_eq!(store.verify("node-1", None, None).unwrap().faults.len(), FAULTS_COUNT_MAX);
    });
}

#[test]
fn a_log_with_a_gap_is_not_signed() {
    both(|base| {
        let store = filled(base, 0..10);
        base.tamper("DELETE FROM decision WHERE sequence = 4");
        let refused = store.checkpoint("node-1", &signer().0, at(1)).unwrap_err();
        assert!(refused.to_string().contains("record 4 of log `node-1` is damaged"), "{refused}");
    });
}

#[test]
fn a_log_written_anew_without_its_checkpoints_is_known_by_the_one_kept_elsewhere() {
    let (signer, _) = signer();
    let (one, other) = (Base::file(), Base::file());
    let (honest, forged) = (filled(&one, 0..3), filled(&other, 10..13));
    let known = honest.checkpoint("node-1", &signer, at(100)).unwrap().unwrap();
    assert_eq!(honest.verify("node-1", None, Some(&known)).unwrap().faults.len(), 0);
    // As long as the other; first without a checkpoint, then with one of its own.
    for _ in 0..2 {
        let told: Vec<String> =
            forged.verify("node-1", None, Some(&known)).unwrap().faults.iter().map(|f| f.to_string()).collect();
        assert!(told.len() == 1 && told[0].contains("the log was exchanged"), "{told:?}");
        let _ = forged.checkpoint("node-1", &signer, at(100)).unwrap();
    }
}
