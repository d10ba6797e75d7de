//! What is counted for a case: as of its moment, whatever happened since.

use std::sync::Arc;

use maple_insight::life::{Happening as H, Level};
use maple_store::{Common, Counting, Store};

use super::{
    disputes::{docket, event, take},
    support::{at, both},
};

const HOUR: i64 = 3_600;

fn closed() -> H {
    H::Closed { level: Level::Town, limit: None }
}

fn count(store: &Store, common: Common, hour: i64, open: bool, but: Option<&str>) -> i64 {
    let kinds = vec!["labour.*".to_owned()];
    let counting =
        Counting { common, after: at(-1), to: at(hour * HOUR), suits: false, kinds, open, but: but.map(str::to_owned) };
    store.count_disputes(&[counting]).unwrap()[0]
}

#[test]
fn what_is_open_is_what_was_not_closed_at_the_moment() {
    both(|base| {
        let store = Arc::new(base.open());
        let docket = docket(&store);
        let lives = [
            // Closed at 2, taken up again at 5, closed at 8.
            ("twice", vec![(0, H::Registered), (2, closed()), (5, H::Reopened), (8, closed())]),
            // Closed and taken up again, and open now.
            ("again", vec![(1, H::Registered), (3, closed()), (6, H::Reopened)]),
            ("open", vec![(0, H::Registered)]),
            ("over", vec![(0, H::Registered), (4, closed())]),
            ("later", vec![(7, H::Registered)]),
        ];
        for (dispute, events) in lives {
            let told =
                events.into_iter().map(|(hour, what)| event(&format!("{dispute}-{hour}"), dispute, hour * HOUR, what));
            take(&docket, told.collect()).unwrap();
        }
        let organisation = || Common::Organisation("a-hash".to_owned());
        let open = |hour| count(&store, organisation(), hour, true, None);
        let wanted = [3, 4, 3, 2, 1, 2, 3, 4, 3];
        assert_eq!((0..9).map(open).collect::<Vec<_>>(), wanted, "hour by hour");
        let came: Vec<i64> = (0..9).map(|hour| count(&store, organisation(), hour, false, None)).collect();
        assert_eq!(came, [3, 4, 4, 4, 4, 4, 4, 5, 5]);
        // Without itself, where it would be counted.
        for (but, hour, left) in [("twice", 2, 3), ("twice", 5, 1), ("again", 4, 1), ("again", 6, 2), ("none", 0, 3)] {
            assert_eq!(count(&store, organisation(), hour, true, Some(but)), left, "{but} at {hour}");
        }
        let place = Common::Kind("labour.wage".to_owned(), "cn/zhejiang".to_owned());
        assert_eq!((count(&store, place.clone(), 4, true, None), count(&store, place, 4, false, Some("over"))), (1, 3));
    });
}
