//! What others are told: each recipient has its place, and nothing is lost and nothing told twice.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use maple_kernel::Level;
use maple_store::{
    DEAD_KEPT_DAYS, Delivery, DeliveryFilter, DeliveryState, Happened, Mode, Outcome, Pruned, RECIPIENT_BYTES_MAX,
    RECIPIENT_KEPT_DAYS, Raise, Recorder, RecorderConfig, Said, SentAgain, SignalState, Standing, Store, Stream,
    StreamPlace,
};

use crate::support::{at, both, prepared, raised, request};

const ALL: [Stream; 3] = Stream::ALL;

fn claim(store: &Store, holder: &str, second: i64) -> bool {
    store.recipient_claim("court", &ALL, holder, at(second), at(second + 60)).unwrap()
}

fn raise(id: &str, subject: &str) -> Raise {
    Raise {
        id: id.to_owned(),
        code: "organisation_cluster".to_owned(),
        level: Level::Orange,
        sort: "organisation".to_owned(),
        subject: subject.to_owned(),
        locality: "cn/zhejiang".to_owned(),
        kind: "labour.wage".to_owned(),
        policy: "cn/prevention".to_owned(),
        rule: "S02".to_owned(),
        basis: vec!["cn.labour.5".to_owned()],
        measures: Vec::new(),
        responsible: None,
        at: at(1),
        deadline: Some(at(2)),
        expires: at(1_000_000),
        cases: 3,
        rests: None,
    }
}

fn decide(store: &Arc<Store>, log: &str, numbers: std::ops::Range<i64>) {
    let config = RecorderConfig { log: log.to_owned(), mode: Mode::Durable, queue: 100, signing: None, spool: None };
    let recorder = Recorder::start(Arc::clone(store), config).unwrap();
    numbers.for_each(|number| drop(recorder.record_and_wait(prepared(number)).unwrap()));
}

/// What is new, in words, and the places behind it.
fn fresh(store: &Store, count: u32) -> (Vec<String>, Vec<StreamPlace>) {
    let fresh = store.deliveries_fresh("court", &ALL, count).unwrap();
    let word = |happened: &Happened| match happened {
        Happened::Decision(record) => record.id().to_owned(),
        Happened::Signal { number, new, signal, .. } => {
            format!("{} {number} {new} {}", signal.raised.id, signal.state.as_str())
        }
        Happened::Activation(activation) => format!("generation {}", activation.generation),
    };
    let words = fresh.events.iter().map(|(_, happened)| word(happened)).collect();
    (words, fresh.events.into_iter().map(|(place, _)| place).collect())
}

fn failed(event: &str, attempts: u32, state: DeliveryState) -> Delivery {
    Delivery {
        target: "court".to_owned(),
        event: event.to_owned(),
        what: "decision.made".to_owned(),
        at: at(0),
        body: "{}".to_owned(),
        attempts,
        due: at(100),
        state,
        why: "it answers 500".to_owned(),
    }
}

fn standing(store: &Store, now: Timestamp) -> Standing {
    store.recipients(Some("court"), now).unwrap().pop().unwrap()
}

#[test]
fn a_recipient_hears_what_happens_from_its_first_day_on_and_nothing_twice() {
    both(|base| {
        let store = Arc::new(base.open());
        decide(&store, "node-1", 0..3);
        store.activate(&request("sha256:a")).unwrap();
        assert_eq!(raised(base, &store, "c-1", vec![raise("s-1", "one")], 10), 1);
        assert!(claim(&store, "node-1", 0));
        assert_eq!(fresh(&store, 100).0, [] as [&str; 0], "what was before is not told");

        decide(&store, "node-1", 3..5);
        decide(&store, "node-2", 5..7);
        store.activate(&request("sha256:b")).unwrap();
        assert_eq!(raised(base, &store, "c-2", vec![raise("s-2", "two"), raise("s-3", "one")], 10), 2);
        store.signal_state("s-1", SignalState::Handled, "ana", at(20)).unwrap();
        assert!(store.signal_state("s-9", SignalState::Handled, "ana", at(20)).unwrap() == Said::Unknown);
        assert_eq!(store.escalate(at(30)).unwrap().len(), 1);
        let all = [
            "generation 2",
            "s-2 1 true raised",
            "s-1 2 false raised",
            "s-1 3 false handled",
            "s-2 4 false raised",
            "decision-3",
            "decision-4",
            "decision-5",
            "decision-6",
        ];
        assert_eq!(fresh(&store, 100).0, all);
        assert_eq!(standing(&store, at(1)).behind, 9);

        // Told in parts, and over a restart.
        let (words, places) = fresh(&store, 3);
        assert_eq!(words, all[..3]);
        let passed = Outcome { passed: places, ..Outcome::default() };
        assert!(!store.deliveries_note("court", "node-2", &passed).unwrap(), "another node serves it");
        assert!(store.deliveries_note("court", "node-1", &passed).unwrap());
        drop(store);
        let store = Arc::new(base.open());
        let (words, places) = fresh(&store, 100);
        assert_eq!(words, all[3..]);
        let passed = Outcome { passed: places, ..Outcome::default() };
        assert!(store.deliveries_note("court", "node-1", &passed).unwrap());
        assert_eq!(fresh(&store, 100).0, [] as [&str; 0]);
        assert_eq!(standing(&store, at(1)).behind, 0);

        // A log that begins later is told from its beginning; what is deleted before is missed and counted.
        decide(&store, "node-3", 7..9);
        base.tamper("DELETE FROM decision WHERE id = 'decision-7'");
        let fresh = store.deliveries_fresh("court", &ALL, 100).unwrap();
        assert_eq!((fresh.events.len(), fresh.missed), (1, 1));
    });
}

#[test]
fn one_node_at_a_time_serves_a_recipient() {
    both(|base| {
        let (store, other) = (base.open(), base.open());
        assert!(claim(&store, "node-1", 0) && !claim(&other, "node-2", 59));
        assert!(claim(&store, "node-1", 30), "it is taken anew");
        assert!(!claim(&other, "node-2", 89) && claim(&other, "node-2", 90), "after the lease another serves it");
        assert!(!claim(&store, "node-1", 91));
        assert_eq!(standing(&store, at(91)).holder.as_deref(), Some("node-2"));
        store.recipient_release("court", "node-1").unwrap();
        assert!(!claim(&store, "node-1", 92), "it was not that node's to leave");
        other.recipient_release("court", "node-2").unwrap();
        assert!(claim(&store, "node-1", 93));
        assert_eq!(standing(&store, at(200)).holder, None, "the lease is over");
        let name = |letters: usize| store.recipient_claim(&"n".repeat(letters), &ALL, "node-1", at(0), at(1));
        assert!(name(RECIPIENT_BYTES_MAX).unwrap() && name(RECIPIENT_BYTES_MAX + 1).is_err());
        // Who hears of more hears it from then on; who hears of less forgets its place.
        let few = [Stream::Activations];
        assert!(store.recipient_claim("few", &few, "node-1", at(0), at(60)).unwrap());
        raised(base, &store, "c-1", vec![raise("s-1", "one")], 10);
        assert!(store.recipient_claim("few", &ALL, "node-1", at(1), at(60)).unwrap());
        assert!(store.deliveries_fresh("few", &ALL, 10).unwrap().events.is_empty());
        raised(base, &store, "c-2", vec![raise("s-2", "two")], 10);
        assert_eq!(store.deliveries_fresh("few", &ALL, 10).unwrap().events.len(), 1);
        assert!(store.recipient_claim("few", &few, "node-1", at(2), at(60)).unwrap());
        store.activate(&request("sha256:a")).unwrap();
        assert_eq!(store.deliveries_fresh("few", &few, 10).unwrap().events.len(), 1);
    });
}

#[test]
fn what_is_not_taken_waits_dies_and_is_sent_again() {
    both(|base| {
        let store = base.open();
        assert!(claim(&store, "node-1", 0));
        let note = |outcome: &Outcome| assert!(store.deliveries_note("court", "node-1", outcome).unwrap());
        let some = vec![failed("a", 1, DeliveryState::Waiting), failed("b", 1, DeliveryState::Waiting)];
        note(&Outcome { failed: some, ..Outcome::default() });
        let due = |second: i64| store.deliveries_due("court", at(second), 10).unwrap().len();
        assert_eq!((due(99), due(100)), (0, 2));
        let again = vec![failed("a", 2, DeliveryState::Dead)];
        note(&Outcome { taken: vec!["b".to_owned()], failed: again, ..Outcome::default() });
        assert_eq!(due(1_000), 0);
        let of = |state, target: &str| {
            let filter = DeliveryFilter { state, target: Some(target.to_owned()), after: None };
            store.deliveries(&filter, 10).unwrap()
        };
        let dead = of(Some(DeliveryState::Dead), "court");
        assert_eq!((dead.len(), dead[0].attempts, dead[0].why.as_str()), (1, 2, "it answers 500"));
        assert!(of(Some(DeliveryState::Waiting), "court").is_empty() && of(None, "other").is_empty());
        let after = DeliveryFilter { after: Some(("court".into(), "a".into())), ..DeliveryFilter::default() };
        assert!(store.deliveries(&after, 10).unwrap().is_empty());
        assert_eq!((standing(&store, at(1)).waiting, standing(&store, at(1)).dead), (0, 1));
        assert_eq!(store.deliveries_again("court", Some("b"), "ana", at(200)).unwrap(), SentAgain::Waiting(0));
        assert_eq!(store.deliveries_again("nobody", None, "ana", at(200)).unwrap(), SentAgain::Waiting(0));
        assert_eq!(store.deliveries_again("court", None, "ana", at(200)).unwrap(), SentAgain::Waiting(1));
        assert_eq!(due(200), 1);
        let said = store.audit_before(u64::MAX >> 1, 1).unwrap().remove(0);
        assert_eq!((said.action.as_str(), said.subject.as_str(), said.actor.as_str()), ("send-again", "court", "ana"));
    });
}

#[test]
fn who_is_gone_is_forgotten_and_so_is_what_everybody_was_told() {
    both(|base| {
        let store = base.open();
        assert!(claim(&store, "node-1", 0));
        for number in 1..=3 {
            raised(base, &store, &format!("c-{number}"), vec![raise(&format!("s-{number}"), &number.to_string())], 10);
        }
        let passed = vec![StreamPlace { stream: "signal".to_owned(), position: 2 }];
        let failed = vec![failed("a", 1, DeliveryState::Waiting)];
        let outcome = Outcome { passed, failed, ..Outcome::default() };
        assert!(store.deliveries_note("court", "node-1", &outcome).unwrap());
        assert_eq!(store.recipients_prune(at(1)).unwrap(), Pruned::default());
        assert_eq!(fresh(&store, 10).0, ["s-3 3 true raised"]);
        let later =
            |days: i64, seconds: i64| at(0).checked_add(SignedDuration::from_secs(days * 86_400 + seconds)).unwrap();
        assert_eq!(store.recipients_prune(later(RECIPIENT_KEPT_DAYS, 0)).unwrap(), Pruned::default());
        assert_eq!(store.recipients_prune(later(RECIPIENT_KEPT_DAYS, 1)).unwrap().recipients, ["court"]);
        assert!(store.recipients(None, at(1)).unwrap().is_empty());
        let dead = DeliveryFilter { state: Some(DeliveryState::Dead), ..DeliveryFilter::default() };
        assert_eq!(store.deliveries(&dead, 10).unwrap().len(), 1, "what waited for it is kept");
        let again = store.deliveries_again("court", None, "ana", at(200)).unwrap();
        assert_eq!(again, SentAgain::Forgotten, "nobody would try it");
        // From the day on which it died it is kept so long.
        let gone = RECIPIENT_KEPT_DAYS + DEAD_KEPT_DAYS;
        assert_eq!(store.recipients_prune(later(gone, 1)).unwrap(), Pruned::default());
        assert_eq!(store.recipients_prune(later(gone, 2)).unwrap().dead, [("court".to_owned(), 1)]);
        assert!(store.deliveries(&dead, 10).unwrap().is_empty());
        // Numbers go on: who comes later misses nothing.
        raised(base, &store, "c-4", vec![raise("s-4", "4")], 10);
        assert!(claim(&store, "node-1", 10_000_000));
        raised(base, &store, "c-5", vec![raise("s-5", "5")], 10);
        assert_eq!(fresh(&store, 10).0, ["s-5 4 true raised"]);
    });
}

#[test]
fn what_an_earlier_version_noted_of_a_signal_is_told_without_what_it_did_not_know() {
    both(|base| {
        let store = base.open();
        assert!(claim(&store, "node-1", 0));
        assert_eq!(raised(base, &store, "c-1", vec![raise("s-1", "one")], 10), 1);
        // As it would stand if the last two columns had been added since.
        let shorter = if base.is_file() {
            "INSERT INTO outbox SELECT 2, at, new, json_remove(body, '$[23]', '$[22]') FROM outbox"
        } else {
            "INSERT INTO outbox SELECT 2, at, new, ((body::jsonb - 23) - 22)::text FROM outbox"
        };
        base.meddle(shorter).unwrap();
        let events = store.deliveries_fresh("court", &ALL, 10).unwrap().events;
        let signals: Vec<_> = events
            .iter()
            .map(|(_, happened)| match happened {
                Happened::Signal { signal, .. } => (**signal).clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!((signals.len(), &signals[0], signals[1].ended), (2, &signals[1], None));
    });
}
