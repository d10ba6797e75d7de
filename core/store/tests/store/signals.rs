//! Looking at disputes and what comes of it: told once, ended, made more urgent, handled; on both databases.

use jiff::{SignedDuration, Timestamp};
use maple_insight::life::Happening as H;
use maple_kernel::Level;
use maple_store::{Look, Looked, Opined, Raise, Rests, Said, Signal, SignalFilter, SignalState, Store, Verdict};

use super::{
    disputes::{docket, event, take},
    support::{Base, at, both},
};

const DAY: i64 = 86_400;

fn raise(id: &str, code: &str, subject: &str, second: i64, rests: Option<Rests>) -> Raise {
    Raise {
        id: id.to_owned(),
        code: code.to_owned(),
        level: Level::Yellow,
        sort: "case".to_owned(),
        subject: subject.to_owned(),
        locality: "cn/zhejiang".to_owned(),
        kind: "labour.wage".to_owned(),
        policy: "cn/prevention".to_owned(),
        rule: "S08".to_owned(),
        basis: vec!["cn.labour.5".to_owned()],
        measures: vec!["extend_or_hand_over".to_owned()],
        responsible: Some("intake".to_owned()),
        at: at(second),
        deadline: Some(at(second + 5 * DAY)),
        expires: at(second + 90 * DAY),
        cases: 1,
        rests,
    }
}

fn clock(second: i64) -> Option<Rests> {
    Some(Rests { since: at(second), clock: true, adds: false })
}

fn look(store: &Store, now: i64) -> Option<Look> {
    let mut looks = store.looks(at(now), 10).unwrap();
    assert!(looks.len() < 2, "{looks:?}");
    looks.pop()
}

fn note(store: &Store, look: Look, raises: Vec<Raise>, again: Option<i64>, now: i64) -> Vec<Signal> {
    let running = raises.iter().map(|raise| raise.code.clone()).collect();
    let looked = Looked { look, raises, running, again: again.map(at) };
    store.raise(&[looked], at(now)).unwrap()
}

fn signals(store: &Store) -> Vec<Signal> {
    store.signals(&SignalFilter::default(), 100).unwrap()
}

#[test]
fn a_dispute_is_looked_at_when_it_changes_and_when_its_day_comes() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        take(&desk, vec![event("e-1", "c-1", 0, H::Registered)]).unwrap();
        let first = look(&store, 1).unwrap();
        assert!(first.first && first.is_stirred());
        // It changes while it is looked at: then it is looked at again.
        take(&desk, vec![event("e-2", "c-1", 10, H::Assigned)]).unwrap();
        assert_eq!(note(&store, first, vec![raise("s-1", "a", "c-1", 0, None)], None, 11), []);
        let second = look(&store, 11).unwrap();
        assert!(second.first && second.is_stirred());
        assert_eq!(note(&store, second.clone(), Vec::new(), Some(DAY), 12), []);
        // Another node that looked at it at the same time is too late.
        assert_eq!(note(&store, second, vec![raise("s-2", "a", "c-1", 0, None)], None, 12), []);
        assert_eq!(look(&store, DAY - 1), None);
        let third = look(&store, DAY).unwrap();
        assert!(!third.first && !third.is_stirred());
        note(&store, third, Vec::new(), None, DAY);
        assert_eq!(look(&store, 1_000 * DAY), None);
        assert_eq!(signals(&store), []);
        // What was known changes nothing.
        take(&desk, vec![event("e-2", "c-1", 10, H::Assigned)]).unwrap();
        assert_eq!(look(&store, 1_000 * DAY), None);
    });
}

#[test]
fn what_rests_on_a_time_is_told_once_and_ends_with_it() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        take(&desk, vec![event("e-1", "c-1", 0, H::Registered)]).unwrap();
        let mut now = 0;
        let mut tell = |raises: Vec<Raise>| {
            now += DAY;
            let look = look(&store, now).unwrap();
            note(&store, look, raises, Some(now + DAY), now)
        };
        assert_eq!(tell(vec![raise("s-1", "near", "c-1", DAY, clock(7))]).len(), 1);
        assert_eq!(tell(vec![raise("s-2", "near", "c-1", 2 * DAY, clock(7))]), []);
        // More urgent: who is to do what by when is what is said now.
        let urgent = Raise {
            level: Level::Orange,
            measures: vec!["tell_holder".to_owned()],
            deadline: Some(at(9 * DAY)),
            ..raise("s-3", "near", "c-1", 3 * DAY, clock(7))
        };
        let told = tell(vec![urgent.clone()]);
        assert_eq!((told.len(), told[0].raised.id.as_str(), told[0].raised.level), (1, "s-1", Level::Orange));
        assert_eq!((&told[0].raised.measures, told[0].raised.deadline), (&urgent.measures, urgent.deadline));
        let Said::Changed(handled) = store.signal_state("s-1", SignalState::Handled, "me", at(4 * DAY)).unwrap() else {
            panic!("it is not handled")
        };
        assert_eq!(handled.actor.as_deref(), Some("me"));
        assert_eq!(tell(vec![urgent]), [], "what somebody handled is not told again");
        // Another time of the same sort is another signal; when it does not run any more, that ends by itself.
        assert_eq!(tell(vec![raise("s-4", "near", "c-1", 5 * DAY, clock(4 * DAY))])[0].raised.id, "s-4");
        let ended = tell(Vec::new());
        assert_eq!((ended.len(), ended[0].raised.id.as_str(), ended[0].raised.expires), (1, "s-4", at(6 * DAY)));
        assert_eq!(tell(Vec::new()), []);
        // What rests on how the dispute came does not end so.
        assert_eq!(tell(vec![raise("s-5", "many", "c-1", 8 * DAY, None)]).len(), 1);
        assert_eq!(tell(Vec::new()), []);
    });
}

#[test]
fn disputes_add_to_a_signal_whose_time_meets_theirs() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        let told = |n: i64| event(&format!("e-{n}"), &format!("c-{n}"), n, H::Registered);
        take(&desk, (0..4).map(told).collect()).unwrap();
        let adds = |second: i64| Some(Rests { since: at(second), clock: false, adds: true });
        // Told late: what happened first is told last.
        let seconds = [40 * DAY, 20 * DAY, 10 * DAY, 200 * DAY];
        let looks = store.looks(at(300 * DAY), 10).unwrap();
        for (n, (look, second)) in looks.into_iter().zip(seconds).enumerate() {
            let one = raise(&format!("s-{n}"), "failure", "st-1", second, adds(second));
            note(&store, look, vec![Raise { sort: "station".to_owned(), ..one }], None, 300 * DAY);
        }
        let mut found: Vec<_> =
            signals(&store).iter().map(|one| (one.raised.at, one.latest, one.raised.cases)).collect();
        found.sort_unstable();
        assert_eq!(found, [(at(10 * DAY), at(40 * DAY), 3), (at(200 * DAY), at(200 * DAY), 1)]);
    });
}

fn raised(base: &Base) -> std::sync::Arc<Store> {
    let store = std::sync::Arc::new(base.open());
    let desk = docket(&store);
    take(&desk, vec![event("e-1", "c-1", 0, H::Registered)]).unwrap();
    let look = look(&store, 1).unwrap();
    assert_eq!(note(&store, look, vec![raise("s-1", "near", "c-1", 0, None)], None, 1).len(), 1);
    store
}

#[test]
fn what_nobody_handles_by_its_day_becomes_more_urgent_once() {
    both(|base| {
        let store = raised(base);
        let deadline = at(5 * DAY);
        let tick = SignedDuration::from_micros(1);
        let moment = |offset: SignedDuration| deadline.checked_add(offset).unwrap();
        assert_eq!(store.escalate(deadline).unwrap(), []);
        let late = store.escalate(moment(tick)).unwrap();
        assert_eq!((late.len(), late[0].raised.level, late[0].escalated), (1, Level::Orange, Some(moment(tick))));
        assert_eq!(store.escalate(at(30 * DAY)).unwrap(), []);
        for (state, over) in [(SignalState::Acknowledged, false), (SignalState::Handled, true)] {
            let other = Base::file();
            let store = raised(&other);
            store.signal_state("s-1", state, "me", at(2)).unwrap();
            assert_eq!(store.escalate(at(6 * DAY)).unwrap().is_empty(), over, "{state:?}");
        }
        // What is over by itself is nobody's any more.
        let other = Base::file();
        let store = raised(&other);
        assert_eq!(store.escalate(at(90 * DAY)).unwrap(), []);
        let living = |now: Timestamp| {
            let filter = SignalFilter { living: Some(now), ..SignalFilter::default() };
            store.signals(&filter, 10).unwrap().len()
        };
        assert_eq!((living(at(90 * DAY - 1)), living(at(90 * DAY))), (1, 0));
        let said = store.signal_state("s-1", SignalState::Handled, "me", at(90 * DAY)).unwrap();
        assert!(matches!(said, Said::Expired(_)), "{said:?}");
    });
}

#[test]
fn what_an_event_says_of_a_signal_is_taken_once() {
    both(|base| {
        let store = raised(base);
        let verdict = |id: &str, state| Verdict {
            source: "/desk".to_owned(),
            id: id.to_owned(),
            signal: "s-1".to_owned(),
            at: at(5),
            state,
        };
        let say = |verdict: Verdict| store.take_verdicts(&[verdict], "desk", at(10)).unwrap().remove(0);
        let changed = |opined: &Opined| matches!(opined, Opined::Said(Said::Changed(_)));
        assert!(changed(&say(verdict("v-1", SignalState::Acknowledged))));
        assert_eq!(say(verdict("v-1", SignalState::Acknowledged)), Opined::Duplicate);
        assert_eq!(say(verdict("v-1", SignalState::Handled)), Opined::Conflict);
        assert!(changed(&say(verdict("v-2", SignalState::FalseAlarm))));
        // It is over; what cannot be is not kept, so that it may be told again.
        assert!(matches!(say(verdict("v-3", SignalState::Handled)), Opined::Said(Said::Over(_))));
        assert!(matches!(say(verdict("v-3", SignalState::Handled)), Opined::Said(Said::Over(_))));
        assert!(changed(&say(verdict("v-3", SignalState::FalseAlarm))), "the same again changes nothing");
        let none = Verdict { signal: "s-9".to_owned(), ..verdict("v-4", SignalState::Handled) };
        assert_eq!(say(none), Opined::Said(Said::Unknown));
        // Many at once, each on its own.
        let two = [verdict("v-5", SignalState::FalseAlarm), verdict("v-5", SignalState::FalseAlarm)];
        assert_eq!(store.take_verdicts(&two, "desk", at(11)).unwrap()[1], Opined::Duplicate);
    });
}
