//! How far disputes come: counted at each level, in any order, and for what an earlier version kept.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use jiff::tz::Offset;
use maple_insight::{
    figures::{COUNTS_VERSION, Mark, Measure, Milestone, Month},
    life::{Form, Happening as H, Level, Side},
};
use maple_store::{CaseEvent, Store, Tallied, Walked};

use super::{
    disputes::{docket, event, take},
    support::{at, both},
};

const PLACE: &str = "cn/zhejiang/jinhua/yongkang";

fn life(dispute: &str) -> Vec<CaseEvent> {
    let yes = H::Consent { side: Side::Respondent, given: true };
    let agreed = H::Agreed { form: Form::Oral, partly: false, due: None };
    let closed = H::Closed { level: Level::Town, limit: None };
    let all = [H::Registered, H::Offered, yes, H::Assigned, H::Started, agreed, closed];
    let mut all: Vec<CaseEvent> =
        all.into_iter().zip(0..).map(|(what, n)| event(&format!("{dispute}-{n}"), dispute, n * 60, what)).collect();
    all[3].desk.channel = Some("mediation".into());
    all
}

fn walked(store: &Store, place: &str) -> Vec<Walked> {
    let now = Month::of(Offset::constant(8).to_datetime(at(0)).date());
    store.walked(place, (now, now)).unwrap()
}

fn count(all: &[Walked], kind: &str, channel: &str, mark: Mark) -> i64 {
    let same = |one: &&Walked| one.kind == kind && one.channel == channel && one.mark == mark;
    all.iter().filter(same).map(|one| one.count).sum()
}

#[test]
fn a_way_is_counted_at_each_level_whatever_the_order() {
    both(|base| {
        let store = Arc::new(base.open());
        let docket = docket(&store);
        take(&docket, life("c-1")).unwrap();
        let once = walked(&store, "cn");
        for event in life("c-2").into_iter().rev() {
            take(&docket, vec![event]).unwrap();
        }
        let twice: Vec<Walked> = once.iter().map(|one| Walked { count: 2 * one.count, ..one.clone() }).collect();
        for place in ["cn", "cn/zhejiang", "cn/zhejiang/jinhua", PLACE] {
            let all = walked(&store, place);
            assert_eq!(all, twice, "{place}");
            assert_eq!(count(&all, "", "", Mark::Reached(Milestone::Agreed)), 2);
            for kind in ["", "labour.wage"] {
                assert_eq!(count(&all, kind, "mediation", Mark::Settled), 2, "{kind}");
            }
        }
        assert!(walked(&store, "cn/zhejiang/jin").is_empty());
    });
}

#[test]
fn what_an_earlier_version_kept_is_counted_once_the_service_runs() {
    both(|base| {
        let whole = {
            let store = Arc::new(base.open());
            let docket = docket(&store);
            // More than are counted in one transaction.
            take(&docket, (0..250).flat_map(|n| life(&format!("c-{n}"))).collect()).unwrap();
            walked(&store, "cn")
        };
        base.meddle("DELETE FROM course; UPDATE dispute SET counted = 0").unwrap();
        let store = Arc::new(base.open());
        assert!(walked(&store, "cn").is_empty());
        let _docket = docket(&store);
        let until = Instant::now() + Duration::from_secs(30);
        while walked(&store, "cn") != whole {
            assert!(Instant::now() < until, "it is never counted");
            thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn counts_whose_meaning_changed_are_counted_anew_and_the_others_stay() {
    let counted = |store: &Store| {
        let now = Month::of(Offset::constant(8).to_datetime(at(0)).date());
        let mut all = store.tallies(&["cn", PLACE], None, (now, now)).unwrap();
        all.sort_by_key(|one| (one.locality.clone(), one.measure, one.bucket));
        all
    };
    both(|base| {
        let ((whole, ways), looks) = {
            let store = Arc::new(base.open());
            let docket = docket(&store);
            take(&docket, (0..250).flat_map(|n| life(&format!("c-{n}"))).collect()).unwrap();
            ((counted(&store), walked(&store, "cn")), store.dispute("c-7").unwrap())
        };
        let of = |all: &[Tallied], measure| {
            all.iter().filter(|one| one.measure == measure).map(|one| one.count).sum::<i64>()
        };
        assert_eq!((of(&whole, Measure::OffersAgreed), of(&whole, Measure::Offers)), (500, 500));
        // As an earlier version left it.
        let old: Vec<String> = Measure::ALL
            .iter()
            .filter(|measure| measure.since() == COUNTS_VERSION)
            .map(|measure| format!("'{}'", measure.as_str()))
            .collect();
        let meddle = format!("DELETE FROM tally WHERE measure IN ({}); UPDATE dispute SET counted = 1", old.join(", "));
        base.meddle(&meddle).unwrap();
        let store = Arc::new(base.open());
        assert_eq!(of(&counted(&store), Measure::OffersAgreed), 0);
        let docket = docket(&store);
        // One changes before it is counted anew: what it adds is added once.
        take(&docket, life("c-new")).unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        let more = |one: &Tallied| Tallied { count: one.count / 250 * 251, ..one.clone() };
        let wanted: Vec<Tallied> = whole.iter().map(more).collect();
        while counted(&store) != wanted {
            assert!(Instant::now() < until, "{:?}\n{wanted:?}", counted(&store));
            thread::sleep(Duration::from_millis(20));
        }
        let twice: Vec<Walked> =
            ways.iter().map(|one| Walked { count: one.count / 250 * 251, ..one.clone() }).collect();
        assert_eq!(walked(&store, "cn"), twice);
        assert_eq!(store.dispute("c-7").unwrap(), looks);
    });
}
