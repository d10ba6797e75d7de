//! Which index each hot query reads: of a full database, before and after SQLite looked at it.

use jiff::Timestamp;
use maple_insight::{figures::Month, life::Stage};

use crate::{
    BoardFilter, Common, Counting, DisputeFilter, Later, MapAsked, Store, StoreError,
    dispute::{COUNTED_COUNT_MAX, recount},
    sql::sqlite::PLANS,
};

const DISPUTES: u32 = 20_000;

/// Fills a database with disputes of a hundred towns, of which one in fifty is open, and with signals.
fn filled() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("a.sqlite")).unwrap();
    let fill = format!(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {DISPUTES})
         INSERT INTO dispute (id, locality, kind, origin, organisation, place, project, station, mediator, stage, since,
             registered, closed, look_at, filed, counted, first_closed)
         SELECT 'c-' || x, 'cn/p/t' || (x % 100), 'labour.k' || (x % 7), 'counter', 'o' || (x % 3), 'p' || (x % 9),
             'j' || (x % 5), 's' || (x % 40), 'm' || (x % 200),
             CASE WHEN x % 50 > 0 THEN 'closed' WHEN x % 100 = 0 THEN 'assigned' ELSE 'consented' END, x, x * 1000,
             CASE WHEN x % 50 > 0 THEN x * 1000 + 500 END, CASE WHEN x % 90 = 0 THEN x * 1000 END,
             CASE WHEN x % 8 = 0 THEN x * 1000 + 9 END, 2, CASE WHEN x % 50 > 0 THEN x * 1000 + 500 END FROM n;
         INSERT INTO event (source, id, dispute, at, received, what, refs, standing)
         SELECT 'a', id || '-e', id, registered + 7, registered, 'agreement.recorded oral whole -', '', 0 FROM dispute;
         INSERT INTO event (source, id, dispute, at, received, what, refs, standing)
         SELECT 'a', id || '-c', id, registered + 8, registered, 'case.called', '', 0 FROM dispute;
         INSERT INTO signal (id, code, level, sort, subject, locality, kind, policy, rule, basis, measures, cases, raised,
             latest, deadline, expires, state, changed, issued, ended)
         SELECT 'w' || id, 'S01', 1, 'organisation', id, locality, kind, 'p', 'r', '', '', 1, registered, registered,
             registered + 5, registered + 900000, CASE WHEN closed IS NULL THEN 'raised' ELSE 'handled' END, registered,
             registered, closed FROM dispute;
         INSERT INTO tally SELECT DISTINCT locality, '', 24000 + x.value, 'registered', 0, 1 FROM dispute, json_each('[1,2,3]') AS x"
    );
    store.pool().write("fill", |link| Ok(link.batch(&fill)?)).unwrap();
    (dir, store)
}

fn plans<T>(run: impl FnOnce() -> Result<T, StoreError>) -> String {
    PLANS.set(Some(Vec::new()));
    run().unwrap();
    PLANS.take().unwrap_or_default().join("\n")
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

fn counting(common: Common, suits: bool, open: bool) -> Counting {
    let kinds = if open { Vec::new() } else { vec!["labour.k1".to_owned()] };
    Counting { common, after: at(5_000), to: at(9_000_000), suits, kinds, open, but: Some("c-9".to_owned()) }
}

/// A name, what is asked, and the indices of which the first must be read; nothing else of a large table is.
type Hot = (&'static str, fn(&Store) -> String, &'static [&'static str]);

/// What is done when one becomes known that came before others.
fn later(store: &Store, common: Common) -> String {
    let later = Later { common, after: at(5_000), to: at(9_000_000) };
    plans(|| store.pool().write("ask anew", |link| Ok(recount(link, &later)?)))
}

const HOT: [Hot; 24] = [
    ("queue", |store| plans(|| store.queue("cn/p")), &["dispute_waiting"]),
    ("queue, first", |store| plans(|| store.queue_first("cn/p", 9)), &["dispute_waiting"]),
    ("waiting", |store| plans(|| store.waiting("cn/p/t7", 9)), &["dispute_waiting"]),
    ("open by mediator", |store| plans(|| store.open_by_mediator()), &["dispute_at_mediator"]),
    ("open by station", |store| plans(|| store.open_by_station()), &["dispute_at_station"]),
    ("station", |store| plans(|| store.station_load("s7")), &["dispute_desk"]),
    ("unanswered", |store| plans(|| store.unanswered("s7", at(900))), &["dispute_desk"]),
    ("looks", |store| plans(|| store.looks(at(900_000), 9)), &["dispute_look"]),
    (
        "a stage",
        |store| {
            let filter = DisputeFilter { stage: Some(Stage::Consented), ..DisputeFilter::default() };
            plans(|| store.disputes(&filter, 9))
        },
        &["dispute_stage"],
    ),
    (
        "the month's return",
        |store| plans(|| store.month_return("cn/p", at(50_000), at(90_000))),
        &["dispute_registered", "event_concluded", "sqlite_autoindex_dispute_1"],
    ),
    (
        "an organisation",
        |store| plans(|| store.count_disputes(&[counting(Common::Organisation("o1".into()), false, false)])),
        &["COVERING INDEX dispute_organisation", "sqlite_autoindex_dispute_1"],
    ),
    (
        "a place",
        |store| plans(|| store.count_disputes(&[counting(Common::Place("p1".into()), false, false)])),
        &["COVERING INDEX dispute_place", "sqlite_autoindex_dispute_1"],
    ),
    (
        "a project",
        |store| plans(|| store.count_disputes(&[counting(Common::Project("j1".into()), false, false)])),
        &["COVERING INDEX dispute_project", "sqlite_autoindex_dispute_1"],
    ),
    (
        "suits",
        |store| plans(|| store.count_disputes(&[counting(Common::Organisation("o1".into()), true, false)])),
        &["COVERING INDEX dispute_suit", "sqlite_autoindex_dispute_1"],
    ),
    (
        "a station's open ones",
        |store| plans(|| store.count_disputes(&[counting(Common::Station("s1".into()), false, true)])),
        &["COVERING INDEX dispute_station", "dispute_station", "event_dispute", "sqlite_autoindex_dispute_1"],
    ),
    (
        "a kind",
        |store| {
            let common = Common::Kind("labour.k1".into(), "cn/p/t1".into());
            plans(|| store.count_disputes(&[counting(common, false, false)]))
        },
        &["dispute_kind", "sqlite_autoindex_dispute_1"],
    ),
    (
        "the latest of a kind",
        |store| later(store, Common::Kind("labour.k1".into(), "cn/p".into())),
        // The last step is one dispute of one moment, which several find.
        &[
            "COVERING INDEX dispute_kind",
            "dispute_kind",
            "dispute_locality",
            "dispute_registered",
            "sqlite_autoindex_dispute_1",
        ],
    ),
    (
        "later ones of an organisation",
        |store| later(store, Common::Organisation("o1".into())),
        &["dispute_organisation", "sqlite_autoindex_dispute_1"],
    ),
    (
        "later ones of a place",
        |store| later(store, Common::Place("p1".into())),
        &["dispute_place", "sqlite_autoindex_dispute_1"],
    ),
    (
        "later ones of a project",
        |store| later(store, Common::Project("j1".into())),
        &["dispute_project", "sqlite_autoindex_dispute_1"],
    ),
    (
        "later ones of a station",
        |store| later(store, Common::Station("s1".into())),
        &["dispute_came", "sqlite_autoindex_dispute_1"],
    ),
    ("escalate", |store| plans(|| store.escalate(at(9_000))), &["signal_open", "sqlite_autoindex_signal_1"]),
    ("the board", |store| plans(|| store.board(&BoardFilter::default(), at(9_000), None, 9)), &["signal_open"]),
    (
        "figures",
        |store| {
            let months = (Month::of_number(24_001).unwrap(), Month::of_number(24_002).unwrap());
            let places = ["cn/p/t1", "cn/p/t2"];
            let before = Some((&places[..], months));
            plans(|| {
                store.map_tallies(&MapAsked { place: "cn/p/t1", kind: None, period: months, places: &places, before })
            })
        },
        &["sqlite_autoindex_tally_1"],
    ),
];

#[test]
fn hot_queries_read_their_index_whatever_sqlite_knows_of_the_tables() {
    let (_dir, store) = filled();
    for tended in [false, true] {
        if tended {
            store.tend().unwrap();
            let known = "SELECT count(*) FROM sqlite_stat1 WHERE tbl IN ('dispute', 'signal', 'event')";
            let known = store.pool().read("look", |link| Ok(link.first(known, &[])?.unwrap().int()?)).unwrap();
            assert!(known > 10, "{known}");
        }
        for (name, ask, indices) in HOT {
            let plan = ask(&store);
            let reads: Vec<&str> = plan
                .lines()
                .filter(|step| step.contains("SEARCH") || step.contains("SCAN"))
                .filter(|step| {
                    ["dispute", "event", "signal", "tally"].iter().any(|table| step.contains(&format!(" {table} ")))
                })
                .collect();
            assert!(!reads.is_empty(), "{name}: {plan}");
            for step in reads {
                let fine = indices.iter().any(|index| step.contains(&format!("{index} (")) || step.ends_with(index));
                assert!(fine, "{name}, {tended}: {step}\n{plan}");
            }
            // What is sorted was all read before.
            let sorted = name.starts_with("later") && plan.contains("TEMP B-TREE");
            // The latest is one of a place, not any of its kind.
            let of_kind = plan.lines().any(|step| step.contains("SEARCH one ") && !step.contains("registered=?"));
            assert!(!of_kind, "{name}, {tended}: {plan}");
            assert!(!sorted, "{name}, {tended}: {plan}");
            let first = indices.first().unwrap();
            assert!(plan.contains(first), "{name}, {tended}: {first}\n{plan}");
        }
    }
}

#[test]
fn of_more_than_are_looked_at_the_latest_are_counted() {
    let (_dir, store) = filled();
    let one = "UPDATE dispute SET organisation = 'o'";
    store.pool().write("fill", |link| Ok(link.batch(one)?)).unwrap();
    let all = |kinds: &[&str], to: i64, but: Option<&str>| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let common = Common::Organisation("o".into());
        let counting = Counting {
            common,
            after: at(0),
            to: at(to),
            suits: false,
            kinds,
            open: false,
            but: but.map(str::to_owned),
        };
        store.count_disputes(&[counting]).unwrap()[0]
    };
    let most = i64::from(COUNTED_COUNT_MAX);
    assert_eq!(all(&[], i64::MAX / 1_000_000, None), most);
    // Exactly as many as are looked at, and one less without one of them.
    assert_eq!(all(&[], most * 1_000, None), most);
    assert_eq!(all(&[], most * 1_000 - 1, None), most - 1);
    assert_eq!(all(&[], most * 1_000, Some("c-5")), most - 1);
    assert_eq!(all(&["labour.k1"], 70_000, None), 10);
    assert_eq!(all(&["labour.k1"], 70_000, Some("c-8")), 9);
    assert_eq!(all(&["labour.k1"], 70_000, Some("c-9")), 10, "of another kind");
    assert_eq!(all(&["labour.*"], 70_000, None), 70);
}
