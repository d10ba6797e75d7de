//! How far disputes come: counted at each level, in any order, and for what an earlier version kept.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use jiff::tz::Offset;
use maple_insight::{
    figures::{Mark, Milestone, Month},
    life::{Form, Happening as H, Level, Side},
};
use maple_store::{CaseEvent, Store, Walked};

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
