//! Compare and swap, generations, and who hears of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use maple_store::{
    ActivationKind, BundleFault, HISTORY_COUNT_MAX, Request, StoreError, Swap, TERMS_BYTES_MAX, TEXT_BYTES_MAX,
};

use crate::support::{at, both, request};

fn swap(ruleset: &str, replaces: Option<u32>) -> Swap<'_> {
    let kind = ActivationKind::Activate;
    Swap { request: request(ruleset), replaces, bundle: None, kind, effective: None, terms: None }
}

#[test]
fn a_ruleset_keeps_its_generation_and_another_takes_the_next() {
    both(|base| {
        let store = base.open();
        assert_eq!(store.current().unwrap(), None);
        let first = store.activate(&request("sha256:a")).unwrap();
        assert_eq!((first.generation, first.by.as_str(), first.at.as_str()), (1, "start", "2026-11-23T08:00:00Z"));
        drop(store);

        let store = base.open();
        let later = Request { at: "2027-01-01T00:00:00Z", ..request("sha256:a") };
        assert_eq!(store.activate(&later).unwrap(), first);
        assert_eq!(store.activate(&request("sha256:b")).unwrap().generation, 2);
        assert_eq!(store.activate(&request("sha256:a")).unwrap().generation, 3, "going back is an activation, too");
        assert_eq!(store.current().unwrap().unwrap().generation, 3);
        let generations: Vec<u32> = store.history().unwrap().iter().map(|a| a.generation).collect();
        assert_eq!(generations, [3, 2, 1]);
        assert_eq!(store.activation(2).unwrap().unwrap().ruleset, "sha256:b");
        assert_eq!(store.activation(4).unwrap(), None);
    });
}

#[test]
fn only_what_the_caller_knows_is_replaced() {
    both(|base| {
        let store = base.open();
        let bundle = Swap { bundle: Some("sha256:bundle"), kind: ActivationKind::Rollback, ..swap("sha256:a", None) };
        let first = store.activation_swap(&bundle).unwrap();
        assert_eq!((first.generation, first.bundle.as_deref(), first.replaces), (1, Some("sha256:bundle"), None));
        assert_eq!(store.current().unwrap().as_ref(), Some(&first));
        for known in [None, Some(2), Some(0)] {
            match store.activation_swap(&swap("sha256:b", known)).unwrap_err() {
                StoreError::Conflict { current } => assert_eq!(current.as_deref(), Some(&first)),
                other => panic!("{other}"),
            }
        }
        assert_eq!(
            store.activation_swap(&swap("sha256:a", Some(1))).unwrap().generation,
            2,
            "said again, it is another"
        );
        let audit = store.audit_before(u64::MAX, 10).unwrap();
        let said: Vec<_> = audit.iter().map(|event| (event.action.as_str(), event.subject.as_str())).collect();
        assert_eq!(said, [("activate", "2"), ("rollback", "1")]);
    });
}

#[test]
fn writers_at_the_same_time_agree() {
    both(|base| {
        base.open();
        let swapped = |writer: usize| {
            let store = base.open();
            let mut won = 0;
            while won < 10 {
                let known = store.current().unwrap().map(|current| current.generation);
                match store.activation_swap(&swap(&format!("sha256:{writer}-{won}"), known)) {
                    Ok(done) => {
                        assert_eq!(done.generation, known.unwrap_or(0) + 1);
                        won += 1;
                    }
                    Err(StoreError::Conflict { current }) => {
                        assert!(current.map(|current| current.generation) > known, "generations never go back");
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        };
        thread::scope(|scope| (0..4).for_each(|writer| drop(scope.spawn(move || swapped(writer)))));
        let store = base.open();
        let generations: Vec<u32> = store.history().unwrap().iter().rev().map(|a| a.generation).collect();
        assert_eq!(generations, (1..=40).collect::<Vec<u32>>());
        let audit = store.verify("audit", None, None).unwrap();
        assert_eq!((audit.records, audit.faults.len()), (40, 0), "{:?}", audit.faults);
    });
}

#[test]
fn openers_at_the_same_time_agree() {
    both(|base| {
        let opened = |at: usize| {
            let store = base.open();
            (0..10).for_each(|round| drop(store.activate(&request(&format!("sha256:{at}-{round}"))).unwrap()));
        };
        thread::scope(|scope| (0..4).for_each(|at| drop(scope.spawn(move || opened(at)))));
        let generations: Vec<u32> = base.open().history().unwrap().iter().rev().map(|a| a.generation).collect();
        assert_eq!(generations, (1..=40).collect::<Vec<u32>>());
    });
}

#[test]
fn what_is_planned_serves_from_its_moment_unless_something_came_later() {
    both(|base| {
        let store = base.open();
        let first = Request { at: "2027-01-10T00:00:00Z", ..request("sha256:a") };
        let moment = |text: &str| text.parse().unwrap();
        store.activate(&first).unwrap();
        let planned = Swap { effective: Some(moment("2027-02-01T00:00:00Z")), ..swap("sha256:b", Some(1)) };
        store.activation_swap(&planned).unwrap();
        let serves = |text: &str| store.serving(moment(text)).unwrap().map(|serving| serving.generation);
        assert_eq!(serves("2027-01-09T23:59:59Z"), None);
        assert_eq!(serves("2027-01-10T00:00:00Z"), Some(1));
        assert_eq!(serves("2027-01-31T23:59:59Z"), Some(1));
        assert_eq!(serves("2027-02-01T00:00:00Z"), Some(2));
        let now = Request { at: "2027-01-20T00:00:00Z", ..request("sha256:c") };
        store.activation_swap(&Swap { request: now, ..swap("", Some(2)) }).unwrap();
        assert_eq!(serves("2027-02-01T00:00:00Z"), Some(3));
    });
}

#[test]
fn an_activation_is_never_changed() {
    both(|base| {
        base.open().activate(&request("sha256:a")).unwrap();
        for change in ["UPDATE activation SET why = ''", "DELETE FROM activation"] {
            assert!(base.meddle(change).unwrap_err().contains("an activation is never"));
        }
    });
}

/// Somebody with the database's password; the guards are taken off where they are in the way.
#[test]
fn activations_are_held_against_the_audit_log() {
    both(|base| {
        let store = base.open();
        for (ruleset, replaces) in [("sha256:a", None), ("sha256:b", Some(1)), ("sha256:c", Some(2))] {
            store.activation_swap(&Swap { bundle: Some("sha256:0"), ..swap(ruleset, replaces) }).unwrap();
        }
        let told = || {
            let (count, faults) = store.verify_activations().unwrap();
            (count, faults.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(told(), (3, vec![]));
        let forged = "INSERT INTO activation (generation, ruleset, at, actor, why, bundle, replaces, kind) VALUES
                      (4, 'sha256:a', '2026-11-23T08:00:00Z', 'ana', 'w', 'sha256:0', 3, 'activate')";
        base.meddle(forged).unwrap();
        assert!(told().1[0].contains("generation 4 is there, and the audit log does not say"), "{:?}", told());
        let on = if base.is_file() { "" } else { " ON activation" };
        let free = format!("DROP TRIGGER activation_unchanged{on}; DROP TRIGGER activation_kept{on};");
        base.meddle(&format!("{free} DELETE FROM activation WHERE generation IN (2, 4)")).unwrap();
        assert!(told().1[0].contains("generation 2 was put in force, and it is not there"), "{:?}", told());
        for column in ["ruleset", "bundle", "why", "terms", "kind", "actor", "at"] {
            let value = if column == "kind" { "brake" } else { "2026-11-23T09:00:00Z" };
            base.meddle(&format!("UPDATE activation SET {column} = '{value}' WHERE generation = 3")).unwrap();
            assert!(told().1.iter().any(|one| one.contains("generation 3 is not what")), "{column}: {:?}", told());
        }
    });
}

/// Bytes that were exchanged, and a bundle that served and is gone.
#[test]
fn bundles_are_hashed_anew() {
    both(|base| {
        let store = base.open();
        let (one, two) = (
            store.bundle_put(b"one", "2026-11-23T08:00:00Z", "ana").unwrap(),
            store.bundle_put(b"two", "2026-11-23T08:00:00Z", "ana").unwrap(),
        );
        let digest = one.to_string();
        store.activation_swap(&Swap { bundle: Some(&digest), ..swap("sha256:a", None) }).unwrap();
        assert_eq!(store.verify_bundles().unwrap(), (2, vec![]));
        let on = if base.is_file() { "" } else { " ON bundle" };
        base.meddle(&format!("DROP TRIGGER bundle_unchanged{on}")).unwrap();
        let bytes = if base.is_file() { "X'00'" } else { "'\\x00'" };
        base.meddle(&format!("UPDATE bundle SET bytes = {bytes} WHERE digest = '{two}'")).unwrap();
        let changed = BundleFault::Changed { digest: two.to_string() };
        assert_eq!(store.verify_bundles().unwrap(), (2, vec![changed.clone()]));
        base.meddle(&format!("DELETE FROM bundle WHERE digest = '{one}'")).unwrap();
        let gone = BundleFault::Gone { digest, generation: 1 };
        assert_eq!(store.verify_bundles().unwrap(), (1, vec![changed, gone]));
    });
}

/// Whatever stands in the history, what serves is read without it.
#[test]
fn what_serves_is_one_row() {
    both(|base| {
        let store = base.open();
        let row = |generation: u32, kind: &str| {
            format!(
                "INSERT INTO activation (generation, ruleset, at, actor, why, kind) \
                 VALUES ({generation}, 'sha256:a', '2026-11-23T08:00:00Z', 'ana', 'w', '{kind}')"
            )
        };
        base.meddle(&row(1, "of-a-later-version")).unwrap();
        base.meddle(&row(2, "activate")).unwrap();
        assert_eq!(store.in_force(at(0)).unwrap().unwrap().generation, 2);
        assert!(store.history().is_err(), "the history cannot be read");
    });
}

#[test]
fn a_plan_that_has_begun_serves_whatever_a_clock_says() {
    both(|base| {
        let store = base.open();
        store.activation_swap(&swap("sha256:a", None)).unwrap();
        let later = "2026-12-01T00:00:00Z".parse().unwrap();
        store.activation_swap(&Swap { effective: Some(later), ..swap("sha256:b", Some(1)) }).unwrap();
        let before = "2026-11-30T00:00:00Z".parse().unwrap();
        let generation = |now| store.in_force(now).unwrap().unwrap().generation;
        assert_eq!((generation(before), generation(later), store.begun().unwrap()), (1, 2, 0));
        let events = store.audit_before(u64::MAX, 10).unwrap().len();
        for _ in 0..2 {
            store.begin(2, "node-1", later).unwrap();
        }
        assert_eq!((generation(before), store.begun().unwrap()), (2, 2));
        assert_eq!(store.audit_before(u64::MAX, 10).unwrap().len(), events + 1, "told once");
        assert_eq!(store.verify_activations().unwrap(), (2, vec![]));
    });
}

#[test]
fn limits_hold_at_their_edges() {
    both(|base| {
        let store = base.open();
        let why = "w".repeat(TEXT_BYTES_MAX);
        assert!(store.activate(&Request { why: &why, ..request("sha256:a") }).is_ok());
        let why = "w".repeat(TEXT_BYTES_MAX + 1);
        let error = store.activate(&Request { why: &why, ..request("sha256:b") }).unwrap_err();
        assert!(error.to_string().contains("at most 1024"));
        let terms = "t".repeat(TERMS_BYTES_MAX + 1);
        let error = store.activation_swap(&Swap { terms: Some(&terms), ..swap("sha256:b", Some(1)) }).unwrap_err();
        assert!(error.to_string().contains("the terms of an activation"), "{error}");
        let most = Swap { terms: terms.get(1..), ..swap("sha256:b", Some(1)) };
        assert_eq!(store.activation_swap(&most).unwrap().terms.map(|terms| terms.len()), Some(TERMS_BYTES_MAX));
        let error = store.activate(&Request { at: "yesterday", ..request("sha256:b") }).unwrap_err();
        assert!(error.to_string().contains("`yesterday`") && error.to_string().contains("2026-11-23T08:00:00Z"));

        let rows: Vec<String> = (3..=HISTORY_COUNT_MAX + 1).map(|n| format!("({n}, 'r', 'a', 'b', 'w')")).collect();
        let columns = "generation, ruleset, at, actor, why";
        base.meddle(&format!("INSERT INTO activation ({columns}) VALUES {}", rows.join(", "))).unwrap();
        let history = store.history().unwrap();
        assert_eq!((history.len() as u32, history.last().map(|a| a.generation)), (HISTORY_COUNT_MAX, Some(2)));
    });
}

#[test]
fn others_hear_of_activations() {
    both(|base| {
        let (here, there) = (base.open(), base.open());
        let mut watch = here.watch().unwrap();
        assert!(!watch.wait_for_change(Duration::from_millis(60)).unwrap());
        let change = |change: &(dyn Fn() + Sync)| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(50));
                    change();
                });
                let began = Instant::now();
                assert!(watch.wait_for_change(Duration::from_secs(10)).unwrap());
                assert!(began.elapsed() < Duration::from_millis(900), "heard, not found by asking");
            });
            assert!(!watch.wait_for_change(Duration::ZERO).unwrap());
        };
        let mut change = change;
        change(&|| drop(there.activate(&request("sha256:a")).unwrap()));
        let state = Swap { kind: ActivationKind::Brake, terms: Some("{}"), ..swap("sha256:a", Some(1)) };
        change(&|| drop(there.activation_swap(&state).unwrap()));
        let current = here.current().unwrap().unwrap();
        assert_eq!((current.kind, current.terms.as_deref()), (ActivationKind::Brake, Some("{}")));
        // What was written to the log is nothing that changes what serves.
        let event = maple_store::Event { time: at(4), actor: "a", action: "look", subject: "b", detail: "" };
        there.audit_append(&event).unwrap();
        assert!(!watch.wait_for_change(Duration::from_millis(100)).unwrap());
    });
}
