//! Looking at disputes and what comes of it: told once, ended, made more urgent, handled; on both databases.

use jiff::{SignedDuration, Timestamp};
use maple_insight::life::Happening as H;
use maple_kernel::Level;
use maple_store::{
    Common, LATER_COUNT_MAX, LATER_SUITS_DAYS, Later, Look, Looked, Opined, Raise, Rests, Said, Signal, SignalFilter,
    SignalState, Store, Verdict,
};

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
    let looked = Looked { look, raises, running, again: again.map(at), later: Vec::new() };
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

/// Looks at what there is to be looked at, without a word; which it was, and which of it was counted too low.
fn looked(store: &Store, later: impl Fn(&Look) -> Vec<Later>) -> Vec<(String, bool)> {
    let looks = store.looks(at(1_000 * DAY), 1_000).unwrap();
    let names = looks.iter().map(|look| (look.id.clone(), look.recounted)).collect();
    let all: Vec<Looked> = looks
        .into_iter()
        .map(|look| {
            let later = later(&look);
            Looked { look, raises: Vec::new(), running: Vec::new(), again: None, later }
        })
        .collect();
    store.raise(&all, at(1)).unwrap();
    names
}

fn names(all: &[(String, bool)]) -> Vec<&str> {
    all.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn what_came_after_one_that_is_told_late_is_looked_at_again_once() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        let tell =
            |n: i64, day: i64| take(&desk, vec![event(&format!("e-{n}"), &format!("c-{n}"), day * DAY, H::Registered)]);
        let later = |look: &Look| {
            let to = look.registered.checked_add(SignedDuration::from_hours(24 * 30)).unwrap();
            vec![Later { common: Common::Organisation("a-hash".to_owned()), after: look.registered, to }]
        };
        for (n, day) in [(1, 1), (3, 3), (4, 32), (5, 33)] {
            tell(n, day).unwrap();
        }
        assert_eq!(names(&looked(&store, later)), ["c-1", "c-3", "c-4", "c-5"]);
        assert_eq!(looked(&store, later), [], "in their order nothing is counted anew");
        tell(2, 2).unwrap();
        assert_eq!(looked(&store, later), [("c-2".to_owned(), false)]);
        // Those within the window; and they pass it on to nobody.
        assert_eq!(looked(&store, later), [("c-3".to_owned(), true), ("c-4".to_owned(), true)]);
        assert_eq!(looked(&store, later), []);

        // Of a kind the last one tells of all.
        let kind = |look: &Look| {
            let kind = Common::Kind("labour.wage".to_owned(), "cn/zhejiang/jinhua".to_owned());
            vec![Later { common: kind, after: look.registered, to: at(32 * DAY) }]
        };
        tell(6, 0).unwrap();
        assert_eq!(looked(&store, kind), [("c-6".to_owned(), false)]);
        assert_eq!(looked(&store, kind), [("c-4".to_owned(), true)]);
    });
}

#[test]
fn of_a_kind_the_latest_of_a_place_and_all_below_it_is_looked_at_again() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        let tell = |name: &str, place: &str, day: i64| {
            let mut told = event(&format!("e-{name}"), name, day * DAY, H::Registered);
            told.about.as_mut().unwrap().locality = place.to_owned();
            take(&desk, vec![told]).unwrap();
        };
        // The place itself, places below it, and what only begins with its name.
        for (name, place, day) in [
            ("itself", "cn/zhejiang/jinhua", 4),
            ("below", "cn/zhejiang/jinhua/yongkang", 5),
            ("below-1", "cn/zhejiang/jinhua/yongkang", 6),
            ("below-2", "cn/zhejiang/jinhua/yiwu", 6),
            ("later", "cn/zhejiang/jinhua/pujiang", 40),
            ("like-it", "cn/zhejiang/jinhua-new", 7),
            ("beside", "cn/zhejiang/jinhuan", 7),
            ("elsewhere", "cn/zhejiang/hangzhou", 8),
        ] {
            tell(name, place, day);
        }
        let within = |place: &'static str| {
            move |look: &Look| {
                let common = Common::Kind("labour.wage".to_owned(), place.to_owned());
                vec![Later { common, after: look.registered, to: at(32 * DAY) }]
            }
        };
        looked(&store, |_| Vec::new());
        let late = |name: &str, place: &'static str, day: i64| {
            tell(name, place, day);
            assert_eq!(looked(&store, within(place)), [(name.to_owned(), false)]);
            looked(&store, |_| Vec::new())
        };
        // Of two of one moment one, the same each time.
        assert_eq!(late("late-1", "cn/zhejiang/jinhua", 1), [("below-2".to_owned(), true)]);
        assert_eq!(late("late-2", "cn/zhejiang/hangzhou", 1), [("elsewhere".to_owned(), true)]);
        assert_eq!(late("late-3", "cn/zhejiang/jinhua/pujiang", 1), [], "there is none within the window");
        assert_eq!(late("late-4", "cn/zhejiang/jinhua", 5), [("below-2".to_owned(), true)]);
        assert_eq!(late("late-5", "cn/zhejiang/jinhua", 31), [], "nobody came after it");
    });
}

#[test]
fn so_many_are_looked_at_again_and_no_more() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        let most = i64::from(LATER_COUNT_MAX);
        let told = |n: i64| event(&format!("e-{n}"), &format!("c-{n}"), n, H::Registered);
        take(&desk, (1..=most + 1).map(told).collect()).unwrap();
        let later = |look: &Look| {
            let common = Common::Organisation("a-hash".to_owned());
            vec![Later { common, after: look.registered, to: at(DAY) }]
        };
        looked(&store, later);
        take(&desk, vec![told(0)]).unwrap();
        assert_eq!(looked(&store, later).len(), 1);
        let again = looked(&store, later);
        assert_eq!((again.len(), again.last().unwrap().0.as_str()), (64, format!("c-{most}").as_str()));

        // Suits that came after one that is told late, within so many days.
        let sue = |n: i64, second: i64| event(&format!("f-{n}"), &format!("c-{n}"), second, H::FiledInCourt);
        let last = 100 + LATER_SUITS_DAYS * DAY;
        take(&desk, vec![sue(2, 200), sue(3, last), sue(4, last + 1)]).unwrap();
        looked(&store, |_| Vec::new());
        take(&desk, vec![sue(1, 100)]).unwrap();
        assert_eq!(names(&looked(&store, |_| Vec::new())), ["c-1", "c-2", "c-3"]);
        assert_eq!(looked(&store, |_| Vec::new()), []);
    });
}

#[test]
fn what_is_counted_anew_joins_its_signal_and_brings_back_none_that_is_over() {
    both(|base| {
        let store = std::sync::Arc::new(base.open());
        let desk = docket(&store);
        let told = |n: i64| event(&format!("e-{n}"), &format!("c-{n}"), n * DAY, H::Registered);
        let many = |id: &str, day: i64, cases: i64| Raise {
            cases,
            sort: "organisation".to_owned(),
            ..raise(id, "cluster", "a-hash", day * DAY, None)
        };
        let tell = |n: i64, raises: Vec<Raise>| {
            take(&desk, vec![told(n)]).unwrap();
            let look = look(&store, 100 * DAY).unwrap();
            note(&store, look, raises, None, 100 * DAY)
        };
        let of = |all: &[Signal]| {
            let one = |signal: &Signal| {
                let Raise { id, at, cases, .. } = signal.raised.clone();
                (id, at, signal.latest, cases)
            };
            all.iter().map(one).collect::<Vec<_>>()
        };
        let s1 = |first: i64, last: i64, cases| ("s-1".to_owned(), at(first * DAY), at(last * DAY), cases);
        assert_eq!(of(&tell(20, vec![many("s-1", 20, 3)])), [s1(20, 20, 3)]);
        // What is told late and reaches the line, too, belongs to the same.
        assert_eq!(of(&tell(10, vec![many("s-2", 10, 3)])), [s1(10, 20, 3)]);
        // The one that was told before says how many there are now; and that they are no more is no news.
        let stir = |n: i64, raises: Vec<Raise>| {
            take(&desk, vec![event(&format!("c-{n}"), &format!("c-{n}"), n * DAY + 1, H::Called)]).unwrap();
            let look = look(&store, 100 * DAY).unwrap();
            note(&store, look, raises, None, 100 * DAY)
        };
        assert_eq!(of(&stir(20, vec![many("s-3", 20, 4)])), [s1(10, 20, 4)]);
        assert_eq!(stir(10, vec![many("s-4", 10, 4)]), []);
        let said = store.signal_state("s-1", SignalState::Handled, "me", at(101 * DAY)).unwrap();
        assert!(matches!(said, Said::Changed(_)));
        take(&desk, vec![event("more", "c-20", 21 * DAY, H::Called)]).unwrap();
        let again = look(&store, 100 * DAY).unwrap();
        assert_eq!(note(&store, again, vec![many("s-5", 20, 5)], None, 102 * DAY), [], "somebody handled it");
        // A new one raises another.
        assert_eq!(tell(30, vec![many("s-6", 30, 5)])[0].raised.id, "s-6");
    });
}

#[test]
fn two_nodes_make_a_signal_more_urgent_once() {
    both(|base| {
        raised(base);
        let stores = [base.open(), base.open()];
        let late = |store: &Store, now: i64| store.escalate(at(now)).unwrap().len();
        let told: usize = std::thread::scope(|scope| {
            let both = stores
                .each_ref()
                .map(|store| scope.spawn(move || (0..20).map(|n| late(store, 6 * DAY + n)).sum::<usize>()));
            both.map(|one| one.join().unwrap()).into_iter().sum()
        });
        assert_eq!(told, 1);
        let one = |level: Level| {
            let found = stores[0].signal("s-1").unwrap().unwrap();
            assert_eq!(found.raised.level, level);
            found
        };
        assert!(one(Level::Orange).escalated.is_some());
        // More urgent by what happened, with a day of its own: when that has passed, too, it is made more urgent once more.
        let desk = docket(&std::sync::Arc::new(base.open()));
        take(&desk, vec![event("e-2", "c-1", 7, H::Called)]).unwrap();
        let look = look(&stores[0], 8 * DAY).unwrap();
        let urgent =
            Raise { level: Level::Red, deadline: Some(at(9 * DAY)), ..raise("s-2", "near", "c-1", DAY, clock(0)) };
        assert_eq!(note(&stores[0], look, vec![urgent], None, 8 * DAY).len(), 1);
        assert_eq!(one(Level::Red).escalated, None);
        assert_eq!(
            (late(&stores[0], 9 * DAY), late(&stores[1], 9 * DAY + 1), late(&stores[0], 9 * DAY + 2)),
            (0, 1, 0)
        );
    });
}

#[test]
fn what_became_of_a_signal_became_so_when_it_is_said_to_have() {
    both(|base| {
        let names = |state| match state {
            SignalState::Acknowledged => "ack",
            SignalState::Handled => "done",
            _ => "false",
        };
        let verdict = |second: i64, state| Verdict {
            source: "/desk".to_owned(),
            id: format!("{}-{second}", names(state)),
            signal: "s-1".to_owned(),
            at: at(second),
            state,
        };
        let (ack, done) = (SignalState::Acknowledged, SignalState::Handled);
        let file = Base::file();
        let now = 100 * DAY;
        // What is said, in the order in which it comes; then since when somebody was at it and when it was over.
        for (said, acknowledged, ended) in [
            // A batch in the wrong order, and what came one by one so.
            (vec![vec![(40, done), (20, ack)]], 20, 40),
            (vec![vec![(40, done)], vec![(20, ack)]], 20, 40),
            (vec![vec![(30, ack)], vec![(20, ack)], vec![(40, done)]], 20, 40),
            (vec![vec![(20, ack)], vec![(30, ack)], vec![(40, done)]], 20, 40),
            // Nobody took it up after it was over.
            (vec![vec![(30, ack)], vec![(20, done)]], 20, 20),
            (vec![vec![(40, done)], vec![(39, ack)], vec![(50, done)]], 39, 40),
            // Before it was issued nobody can have been at it.
            (vec![vec![(-5, ack), (90 * DAY - 1, done)]], 1, 90 * DAY - 1),
        ] {
            let base = if base.is_file() { &file } else { base };
            base.meddle(
                "DELETE FROM signal; DELETE FROM dispute; DELETE FROM event; DELETE FROM told; DELETE FROM verdict",
            )
            .ok();
            let store = raised(base);
            for batch in &said {
                let batch: Vec<Verdict> = batch.iter().map(|(second, state)| verdict(*second, *state)).collect();
                let all = store.take_verdicts(&batch, "desk", at(now)).unwrap();
                let taken = |opined: &Opined| matches!(opined, Opined::Said(Said::Changed(_)));
                assert!(all.iter().all(taken), "{said:?} {all:?}");
            }
            let found = store.signal("s-1").unwrap().unwrap();
            let times = (found.acknowledged, found.ended, found.state, found.changed);
            assert_eq!(times, (Some(at(acknowledged)), Some(at(ended)), done, at(now)), "{said:?}");
        }
        // It was over by itself when somebody says to have been at it; what was said before is answered as before.
        let other = Base::file();
        let store = raised(&other);
        let say = |one: Verdict| store.take_verdicts(&[one], "desk", at(now)).unwrap().remove(0);
        assert!(matches!(say(verdict(90 * DAY, ack)), Opined::Said(Said::Expired(_))));
        assert!(matches!(say(verdict(90 * DAY - 1, ack)), Opined::Said(Said::Changed(_))));
        assert!(matches!(say(verdict(95 * DAY, ack)), Opined::Said(Said::Changed(_))));
        let said = store.signal_state("s-1", ack, "me", at(now)).unwrap();
        assert!(matches!(said, Said::Changed(_)), "{said:?}");
        assert!(matches!(say(verdict(95 * DAY, done)), Opined::Said(Said::Expired(_))));
        // Whoever takes it up after it was handled is told that it is over.
        assert!(matches!(say(verdict(80 * DAY, done)), Opined::Said(Said::Changed(_))));
        assert!(matches!(say(verdict(80 * DAY + 1, ack)), Opined::Said(Said::Over(_))));
    });
}

#[test]
fn what_changed_after_a_moment_is_listed_in_its_order() {
    both(|base| {
        let store = base.open();
        for n in 1..=5 {
            let place = if n == 5 { "cn/zhejiang2" } else { "cn/zhejiang/jinhua" };
            let one =
                Raise { locality: place.to_owned(), ..raise(&format!("s-{n}"), "near", &format!("c-{n}"), -n, None) };
            super::support::raised(base, &store, &format!("c-{n}"), vec![one], n);
        }
        store.signal_state("s-2", SignalState::Handled, "me", at(9)).unwrap();
        let ids = |after: i64, top: Option<&str>, count: u32| {
            let found = store.signals_changed_after(at(after), top, count).unwrap();
            found.into_iter().map(|signal| signal.raised.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(1, None, 10), ["s-3", "s-4", "s-5", "s-2"]);
        assert_eq!(ids(3, Some("cn/zhejiang"), 10), ["s-4", "s-2"]);
        assert_eq!((ids(0, None, 1), ids(9, None, 10)), (vec!["s-1".to_owned()], Vec::new()));
    });
}
