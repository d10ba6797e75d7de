//! The risk board and the station desk: what is open in order of urgency, how the loop was closed, what waits.

use std::{collections::BTreeMap, env, time::Instant};

use jiff::{Timestamp, ToSpan};
use maple_kernel::Level;
use maple_store::{
    BoardCursor, BoardFilter, GROUP_ROWS_COUNT_MAX, Mediator, OpenBy, PlanRecord, Raise, Roster, Said,
    SignalState as S, Station, Store,
};

use super::support::{self, Base, at, both};

const COUNTY: &str = "cn/zhejiang/jinhua/yongkang";
const HOUR: i64 = 3_600;

fn raise(number: i64, level: Level, deadline: Option<i64>) -> Raise {
    Raise {
        id: format!("s-{number:03}"),
        code: "organisation_cluster".to_owned(),
        level,
        sort: "organisation".to_owned(),
        subject: format!("hash-{number}"),
        locality: COUNTY.to_owned(),
        kind: "labour.wage".to_owned(),
        policy: "cn/prevention".to_owned(),
        rule: "S02".to_owned(),
        basis: Vec::new(),
        measures: Vec::new(),
        responsible: Some("county_centre".to_owned()),
        at: at(-HOUR),
        deadline: deadline.map(|hours| at(hours * HOUR)),
        expires: at(1_000 * HOUR),
        cases: 3,
        rests: None,
    }
}

/// Raises signals, each of a dispute of its own, at the moment 0.
fn raised(base: &Base, store: &Store, raises: &[Raise]) {
    for raise in raises {
        let dispute = format!("c-{}", raise.id);
        assert_eq!(support::raised(base, store, &dispute, vec![raise.clone()], 0), 1);
    }
}

fn ids(store: &Store, filter: &BoardFilter, now: Timestamp) -> Vec<String> {
    let found = store.board(filter, now, None, 100).unwrap();
    // Page by page it is the same.
    let (mut paged, mut after): (Vec<String>, Option<BoardCursor>) = (Vec::new(), None);
    loop {
        let page = store.board(filter, now, after.as_ref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(BoardCursor::of(last));
        paged.extend(page.into_iter().map(|signal| signal.raised.id));
    }
    let found: Vec<String> = found.into_iter().map(|signal| signal.raised.id).collect();
    assert_eq!(found, paged);
    found
}

#[test]
fn the_most_urgent_stands_first_and_what_is_over_is_apart() {
    both(|base| {
        let store = base.open();
        let mut gone = raise(6, Level::Red, Some(-2));
        gone.expires = at(HOUR);
        let mut elsewhere = raise(7, Level::Orange, Some(1));
        (elsewhere.locality, elsewhere.kind) = ("cn/zhejiang/jinhua/yiwu".to_owned(), "consumer".to_owned());
        elsewhere.code = "season".to_owned();
        let some = [
            raise(1, Level::Yellow, None),
            raise(2, Level::Red, Some(48)),
            raise(3, Level::Red, Some(-1)),
            raise(4, Level::Yellow, Some(9)),
            raise(5, Level::Blue, Some(1)),
        ];
        raised(base, &store, &some);
        raised(base, &store, &[gone, elsewhere]);
        let now = at(2 * HOUR);
        let all = BoardFilter::default();
        assert_eq!(ids(&store, &all, now), ["s-003", "s-002", "s-007", "s-004", "s-001", "s-005"]);
        let city = BoardFilter { locality: Some("cn/zhejiang/jinhua".to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &city, now).len(), 6);
        let county = BoardFilter { locality: Some(COUNTY.to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &county, now).len(), 5);
        let none = BoardFilter { locality: Some("cn/zhejiang/jinhua/yong".to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &none, now), Vec::<String>::new());
        let red = BoardFilter { level: Some(Level::Red), ..all.clone() };
        assert_eq!(ids(&store, &red, now), ["s-003", "s-002"]);
        let kind = BoardFilter { kind: Some("consumer".to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &kind, now), ["s-007"]);
        let code = BoardFilter { code: Some("season".to_owned()), ..all.clone() };
        assert_eq!(ids(&store, &code, now), ["s-007"]);

        let told = |id: &str, state, hour| match store.signal_state(id, state, "clerk", at(hour * HOUR)).unwrap() {
            Said::Changed(signal) | Said::Over(signal) => signal,
            other => panic!("{other:?}"),
        };
        let one = told("s-003", S::Acknowledged, 2);
        assert_eq!((one.issued, one.acknowledged, one.ended), (at(0), Some(at(2 * HOUR)), None));
        // Taken up again says nothing new; given back it is nobody's.
        assert_eq!(told("s-003", S::Acknowledged, 3).acknowledged, Some(at(2 * HOUR)));
        assert_eq!(told("s-003", S::Raised, 4).acknowledged, None);
        told("s-003", S::Acknowledged, 5);
        let over = told("s-003", S::Handled, 6);
        assert_eq!((over.acknowledged, over.ended), (Some(at(5 * HOUR)), Some(at(6 * HOUR))));
        // What is over stays as it is.
        let same = told("s-003", S::FalseAlarm, 7);
        assert_eq!((same.state, same.ended), (S::Handled, Some(at(6 * HOUR))));
        told("s-002", S::Handled, 8);
        let straight = told("s-004", S::FalseAlarm, 8);
        assert_eq!(straight.acknowledged, Some(at(8 * HOUR)), "whoever ends it has taken it up");
        told("s-005", S::Acknowledged, 9);
        assert_eq!(ids(&store, &all, now), ["s-007", "s-001", "s-005"]);
        let state = |state| BoardFilter { state: Some(state), ..BoardFilter::default() };
        assert_eq!(ids(&store, &state(S::Raised), now), ["s-007", "s-001"]);
        assert_eq!(ids(&store, &state(S::Acknowledged), now), ["s-005"]);
        assert_eq!(ids(&store, &state(S::Handled), now), ["s-002", "s-003"]);
        assert_eq!(ids(&store, &state(S::FalseAlarm), now), ["s-004"]);
    });
}

#[test]
fn what_is_open_is_counted_in_every_way() {
    both(|base| {
        let store = base.open();
        let mut case = raise(3, Level::Blue, None);
        (case.sort, case.subject, case.responsible) = ("case".to_owned(), "c-9".to_owned(), None);
        let mut same = raise(4, Level::Orange, Some(9));
        (same.subject, same.code) = ("hash-1".to_owned(), "repeat_dispute".to_owned());
        raised(base, &store, &[raise(1, Level::Red, Some(1)), raise(2, Level::Red, Some(9)), case, same]);
        store.signal_state("s-002", S::Acknowledged, "clerk", at(1)).unwrap();
        let filter = BoardFilter { locality: Some("cn".to_owned()), ..BoardFilter::default() };
        let groups = store.open_groups(&filter, at(2 * HOUR)).unwrap();
        let of = |by| groups.iter().filter(|group| group.by == by).collect::<Vec<_>>();
        let all = of(OpenBy::All)[0];
        assert_eq!((all.open, all.overdue, all.acknowledged, all.levels), (4, 1, 1, [1, 0, 1, 2]));
        let told = |by| of(by).iter().map(|g| (g.key.clone(), g.subject.clone(), g.open)).collect::<Vec<_>>();
        let row = |key: &str, subject: &str, open| (key.to_owned(), subject.to_owned(), open);
        assert_eq!(told(OpenBy::Signal), [row("organisation_cluster", "", 3), row("repeat_dispute", "", 1)]);
        assert_eq!(told(OpenBy::Kind), [row("labour.wage", "", 4)]);
        assert_eq!(told(OpenBy::Locality), [row(COUNTY, "", 4)]);
        // A case is nothing that several have in common.
        assert_eq!(told(OpenBy::Subject), [row("organisation", "hash-1", 2), row("organisation", "hash-2", 1)]);
        assert_eq!(told(OpenBy::Responsible), [row("county_centre", "", 3), row("", "", 1)]);
        let nothing = store.open_groups(&BoardFilter { kind: Some("x".to_owned()), ..filter }, at(0)).unwrap();
        assert_eq!((nothing.len(), nothing[0].open), (1, 0));
    });
}

#[test]
fn of_many_groups_the_largest_are_told() {
    let base = Base::file();
    let store = base.open();
    let most = i64::from(GROUP_ROWS_COUNT_MAX);
    raised(&base, &store, &(0..=most).map(|n| raise(n, Level::Blue, None)).collect::<Vec<_>>());
    let groups = store.open_groups(&BoardFilter::default(), at(1)).unwrap();
    assert_eq!(groups.iter().filter(|group| group.by == OpenBy::Subject).count(), 100);
    assert_eq!(groups[0].open, most + 1, "and all are counted");
}

#[test]
fn the_loop_is_counted_by_when_signals_were_issued() {
    both(|base| {
        let store = base.open();
        let mut late = raise(9, Level::Blue, None);
        late.expires = at(-1);
        let lasting = |n| Raise { expires: at(20_000 * HOUR), ..raise(n, Level::Blue, None) };
        raised(base, &store, &(1..=4).map(lasting).collect::<Vec<_>>());
        raised(base, &store, &[late]);
        let told = |id: &str, state, second| {
            store.signal_state(id, state, "clerk", at(second)).unwrap();
        };
        told("s-001", S::Acknowledged, HOUR);
        told("s-001", S::Handled, 100 * HOUR);
        told("s-002", S::FalseAlarm, HOUR + 1);
        told("s-003", S::Acknowledged, 10_000 * HOUR);
        let tallies = store.loop_tallies(Some("cn/zhejiang"), (at(0), at(1))).unwrap();
        let told: Vec<_> = tallies.iter().map(|t| (t.state, t.acknowledged, t.ended, t.count)).collect();
        // An hour is in the bucket that ends with it; a year and more is in the last one.
        let wanted = [
            (S::Acknowledged, Some(20), None, 1),
            (S::FalseAlarm, Some(1), Some(1), 1),
            (S::Handled, Some(0), Some(9), 1),
            (S::Raised, None, None, 1),
        ];
        assert_eq!(told, wanted);
        assert!(store.loop_tallies(None, (at(-10), at(0))).unwrap().is_empty(), "the end is not in the period");
        assert!(store.loop_tallies(Some("cn/fujian"), (at(0), at(1))).unwrap().is_empty());
    });
}

#[test]
fn who_waits_is_counted_from_registration() {
    both(|base| {
        let store = base.open();
        assert_eq!(store.queue("cn").unwrap().waiting, 0);
        let put = |id: &str, place: &str, stage: &str, second: i64| {
            let micros = at(second).as_microsecond();
            base.meddle(&format!(
                "INSERT INTO dispute (id, locality, kind, origin, stage, since, registered) \
                 VALUES ('{id}', '{place}', 'labour.wage', 'counter', '{stage}', {micros}, {micros})"
            ))
            .unwrap();
        };
        put("c-1", COUNTY, "consented", 30);
        put("c-2", COUNTY, "declined", 10);
        put("c-3", "cn/zhejiang", "assigned", 20);
        put("c-4", COUNTY, "in_mediation", 1);
        put("c-5", "cn/zhejiangx", "consented", 2);
        let queue = store.queue("cn/zhejiang").unwrap();
        assert_eq!((queue.waiting, queue.first, queue.middle), (3, Some(at(10)), vec![at(20)]));
        put("c-6", COUNTY, "consented", 40);
        let queue = store.queue("cn/zhejiang").unwrap();
        assert_eq!((queue.waiting, queue.middle), (4, vec![at(20), at(30)]));
        let first: Vec<String> = store.queue_first("cn/zhejiang", 3).unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(first, ["c-2", "c-3", "c-1"]);
        let open: BTreeMap<String, u64> = store.open_by_station().unwrap();
        assert!(open.is_empty(), "nobody has them");
    });
}

#[test]
fn people_are_counted_by_what_they_can() {
    both(|base| {
        let store = base.open();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let row = |id: &str, station: &str, skills: &[&str]| Mediator {
            id: id.to_owned(),
            station: station.to_owned(),
            skills: words(skills),
            languages: Vec::new(),
            kinds: Vec::new(),
            capacity: 5,
            plan_max: None,
            cadence_days: 7,
            leave: Vec::new(),
            conflicts: Vec::new(),
            changed: at(0),
        };
        let at_place = |id: &str, place: &str| Station { id: id.into(), locality: place.into(), changed: at(0) };
        let roster = Roster {
            stations: vec![at_place("st-1", "cn/zhejiang"), at_place("st-2", COUNTY), at_place("st-3", "cn/fujian")],
            mediators: vec![
                row("m-1", "st-1", &["labour"]),
                row("m-2", "st-2", &["labour"]),
                row("m-3", "st-2", &[]),
                row("m-4", "st-3", &[]),
            ],
        };
        store.roster_put(&roster).unwrap();
        let people = store.people("cn/zhejiang").unwrap();
        let told: Vec<_> = people.iter().map(|one| (one.skills.clone(), one.count, one.capacity)).collect();
        assert_eq!(told, [(words(&["labour"]), 2, 10), (Vec::new(), 1, 5)]);
    });
}

#[test]
fn the_latest_plan_of_a_place_is_its_own() {
    both(|base| {
        let store = base.open();
        let put = |id: &str, place: &str, second: i64| {
            let plan = PlanRecord {
                id: id.to_owned(),
                at: at(second),
                actor: "clerk".to_owned(),
                locality: place.to_owned(),
                question: "sha256:0".to_owned(),
                body: b"{}".to_vec(),
            };
            store.plan_put(&plan).unwrap();
        };
        assert_eq!(store.plan_latest("cn").unwrap(), None);
        put("p-1", "cn", 1);
        put("p-2", "cn", 3);
        put("p-3", "cn", 2);
        put("p-4", COUNTY, 9);
        store.plan_accept("p-2", at(4), "approver").unwrap();
        let (plan, accepted) = store.plan_latest("cn").unwrap().unwrap();
        assert_eq!((plan.id.as_str(), accepted.unwrap().actor.as_str()), ("p-2", "approver"));
    });
}

/// Answers with a million disputes and twenty thousand signals: `MAPLE_MEASURE=1 cargo test -p maple-store million --
/// --nocapture`.
#[test]
fn a_million_disputes_slow_nothing_down() {
    if env::var_os("MAPLE_MEASURE").is_none() {
        return;
    }
    both(|base| {
        let store = base.open();
        let numbers = |most: u32| {
            if base.is_file() {
                format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})")
            } else {
                format!("WITH n AS (SELECT generate_series(1::bigint, {most}) AS i)")
            }
        };
        let micros = at(0).as_microsecond();
        base.meddle(&format!(
            "INSERT INTO dispute (id, locality, kind, origin, organisation, station, mediator, stage, since, registered, \
             looked) {} SELECT 'c-' || i, 'cn/zhejiang/city' || (i % 11) || '/county' || (i % 97), 'kind.' || (i % 60), \
             'counter', 'org-' || (i % 50000), 'st-' || (i % 400), 'm-' || (i % 2000), \
             CASE WHEN i % 50 = 0 THEN 'consented' WHEN i % 50 = 1 THEN 'in_mediation' ELSE 'closed' END, \
             {micros} + i, {micros} + i, 1 FROM n",
            numbers(1_000_000)
        ))
        .unwrap();
        base.meddle(&format!(
            "INSERT INTO signal (id, code, level, sort, subject, locality, kind, policy, rule, basis, measures, \
             responsible, cases, raised, latest, deadline, expires, state, changed, issued, acknowledged, ended) \
             {} SELECT 's-' || i, 'code_' || (i % 17), i % 4, 'organisation', 'org-' || (i % 5000), \
             'cn/zhejiang/city' || (i % 11) || '/county' || (i % 97), 'kind.' || (i % 60), 'cn/prevention', 'S02', '', \
             '', 'bearer_' || (i % 9), 3, {micros}, {micros}, {micros} + i * 1000000, \
             CASE WHEN i % 4 = 0 THEN {micros} + 9000000000000 ELSE {micros} - 1 + i END, \
             CASE WHEN i % 2 = 0 THEN 'raised' ELSE 'handled' END, {micros}, {micros}, \
             CASE WHEN i % 2 = 1 THEN {micros} + i * 3600000 END, CASE WHEN i % 2 = 1 THEN {micros} + i * 7200000 END \
             FROM n",
            numbers(20_000)
        ))
        .unwrap();
        base.meddle("ANALYZE").unwrap();
        let filter = BoardFilter { locality: Some("cn".to_owned()), ..BoardFilter::default() };
        let timed = |what: &str, run: &dyn Fn() -> usize| {
            run();
            let began = Instant::now();
            let rows = run();
            let took = began.elapsed();
            println!("{} {what}: {rows} rows in {took:?}", if base.is_file() { "sqlite" } else { "postgres" });
            assert!(!base.is_file() || took.as_millis() < 100, "{what}: {took:?}");
        };
        let year = (at(-1), at(1).checked_add(8_760.hours()).unwrap());
        timed("board", &|| store.board(&filter, at(0), None, 50).unwrap().len());
        timed("groups", &|| store.open_groups(&filter, at(0)).unwrap().len());
        timed("loop", &|| store.loop_tallies(Some("cn"), year).unwrap().len());
        timed("queue", &|| usize::try_from(store.queue("cn").unwrap().waiting).unwrap());
        timed("queue first", &|| store.queue_first("cn", 100).unwrap().len());
        timed("open at stations", &|| store.open_by_station().unwrap().len());
        timed("open at mediators", &|| store.open_by_mediator().unwrap().len());
        timed("people", &|| store.people("cn").unwrap().len());
    });
}
