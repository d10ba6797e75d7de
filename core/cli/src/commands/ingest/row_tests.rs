#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::commands::ingest::map::tests::{MAP, known};

const HEAD: [&str; 8] = ["编号", "受理时间", "类别", "区", "单位", "地址", "办结", "结果"];
const ROW: [&str; 8] =
    ["7", "2026-11-01 08:00", "噪音", "河口", "Acme  Ltd.", "1 Some Street", "2026-11-03 09:00", "办结"];

fn record(cells: &[&str]) -> StringRecord {
    StringRecord::from(cells.to_vec())
}

fn key(text: &str) -> ReferenceKey {
    ReferenceKey::parse(&text.repeat(32)).unwrap()
}

/// What becomes of a row with other cells in the place of some.
fn became_of(changes: &[(usize, &str)], key: &ReferenceKey) -> (Became, Vec<(String, String)>) {
    let map = Map::parse(MAP.as_bytes(), &known()).unwrap();
    let layout = Layout::new(&map, &record(&HEAD), Some(key)).unwrap();
    let mut row = ROW;
    for (at, cell) in changes {
        row[*at] = cell;
    }
    let mut unnamed = Vec::new();
    let now = "2026-11-30T00:00:00Z".parse().unwrap();
    let became =
        layout.row(&record(&row), now, &mut |column, value| unnamed.push((column.to_owned(), value.to_owned())));
    (became, unnamed)
}

fn events(changes: &[(usize, &str)]) -> Vec<EventMessage> {
    match became_of(changes, &key("0b")).0 {
        Became::Events(events) => events,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_row_is_what_happened() {
    let all = events(&[]);
    let told: Vec<_> = all.iter().map(|event| (event.id.as_str(), event.at.to_string(), event.what.code())).collect();
    assert_eq!(
        told,
        [
            ("c-7-case.registered", "2026-11-01T00:00:00Z".to_owned(), "case.registered".to_owned()),
            ("c-7-case.closed", "2026-11-03T01:00:00Z".to_owned(), "case.closed county -".to_owned()),
        ]
    );
    let about = all[0].registration.as_ref().unwrap();
    assert_eq!((about.kind.as_str(), about.locality.as_str()), ("neighbour.nuisance", "cn/demo/yuntan/hekou"));
    assert_eq!(all[0].source, "/city/complaints");
    let ends = |outcome| events(&[(7, outcome)]).get(1).map(|event| event.what.code());
    assert_eq!(ends("起诉").as_deref(), Some("case.filed_in_court"));
    assert_eq!(ends("劳动仲裁").as_deref(), Some("arbitration.started labour"));
    assert_eq!(ends("转公安").as_deref(), Some("case.referred police"));
    // What goes on has no end, whatever the day says.
    assert_eq!(ends("处理中"), None);
}

#[test]
fn references_are_hashes_that_tell_the_same_again_and_nothing_else() {
    let of = |changes: &[(usize, &str)]| {
        let about = events(changes)[0].registration.clone().unwrap();
        (about.organisation, about.place, about.project)
    };
    let (organisation, place, project) = of(&[]);
    assert_eq!(of(&[(4, " ACME ltd. "), (5, "1 SOME  street")]), (organisation.clone(), place.clone(), None));
    assert_eq!(organisation, Some(key("0b").hash("organisation", "acme ltd.")));
    assert_ne!(of(&[(4, "Acme Inc.")]).0, organisation);
    // The same street of another part of the town is another place; without a street there is none.
    assert_ne!(of(&[(3, "城东")]).1, place);
    assert_eq!(of(&[(5, "")]).1, None);
    assert_eq!(project, None);
    let Became::Events(other) = became_of(&[], &key("0c")).0 else { panic!() };
    assert_ne!(other[0].registration.clone().unwrap().organisation, organisation);
    let whole = format!("{:?}", events(&[]));
    assert!(!whole.contains("Acme") && !whole.contains("acme") && !whole.contains("Street"), "{whole}");
}

#[test]
fn bad_cells_are_told_by_their_column_and_never_by_what_they_hold() {
    for (at, cell, column, said) in [
        (0, "", "编号", "is empty; every row needs its own number"),
        (0, "Zhang San", "编号", "is no id"),
        (0, "110101199003070000", "编号", "looks like an identity or telephone number"),
        (0, &*"9".repeat(63), "编号", "at most 64 letters"),
        (1, "", "受理时间", "is empty; it says when that happened"),
        (1, "yesterday", "受理时间", "no moment since 1970 in any of the formats"),
        (1, "1969-01-01 00:00", "受理时间", "no moment since 1970"),
        (1, "2026-12-24 18:00", "受理时间", "lies ahead of the clock here"),
        (2, "", "类别", "is empty; fill it in"),
        (2, "Zhang San", "类别", "holds a value that the map does not name"),
        (2, "x\u{fffd}", "类别", "bytes that are no letters"),
        (4, "13800000000", "单位", "people are never counted"),
        (6, "", "办结", "is empty; it says when that happened"),
        (6, "2026-10-31 09:00", "办结", "lies before the day of registration"),
    ] {
        let Became::Refused(flaws) = became_of(&[(at, cell)], &key("0b")).0 else { panic!("{cell}") };
        assert_eq!((flaws.len(), flaws[0].column.as_str()), (1, column), "{cell}: {flaws:?}");
        assert!(flaws[0].why.contains(said), "{cell}: {flaws:?}");
        assert!(cell.is_empty() || !flaws[0].why.contains(cell), "{flaws:?}");
    }
    assert_eq!(events(&[(0, &"9".repeat(62))])[0].dispute.len(), 64);
    // All of a row at once.
    let Became::Refused(flaws) = became_of(&[(0, ""), (1, ""), (2, "x")], &key("0b")).0 else { panic!() };
    assert_eq!(flaws.len(), 3);
    let (_, unnamed) = became_of(&[(2, "Rodent")], &key("0b"));
    assert_eq!(unnamed, [("类别".to_owned(), "Rodent".to_owned())]);
}

#[test]
fn rows_that_nobody_wants_are_passed_over_and_ragged_ones_are_told() {
    // Whatever else is wrong with them.
    assert!(matches!(became_of(&[(2, "咨询"), (0, "")], &key("0b")).0, Became::Skipped));
    let map = Map::parse(MAP.as_bytes(), &known()).unwrap();
    let layout = Layout::new(&map, &record(&HEAD), None).unwrap();
    let row = |cells: &[&str]| layout.row(&record(cells), "2026-11-30T00:00:00Z".parse().unwrap(), &mut |_, _| {});
    assert!(matches!(row(&["", "", ""]), Became::Skipped));
    for cells in [&ROW[..7], &[&ROW[..], &["more"]].concat()] {
        let Became::Refused(flaws) = row(cells) else { panic!() };
        assert!(flaws[0].why.contains(&format!("has {} cells, the first row names 8", cells.len())), "{flaws:?}");
    }
}

#[test]
fn the_first_row_must_name_what_the_map_reads_once() {
    let map = Map::parse(MAP.as_bytes(), &known()).unwrap();
    let faults = |head: &[&str]| Layout::new(&map, &record(head), None).err().unwrap_or_default().join("\n");
    assert_eq!(faults(&HEAD), "");
    // In any order, with others beside, which may come twice.
    let mut more: Vec<&str> = HEAD.into_iter().rev().collect();
    more.extend(["narrative", "narrative"]);
    assert_eq!(faults(&more), "");
    assert!(faults(&[&HEAD[..], &["类别"]].concat()).contains("`类别` stands there twice"));
    let told = faults(&["编号", "张三", "13800000000"]);
    assert_eq!(told.lines().count(), 7, "{told}");
    assert!(told.contains("there is no column `类别`; the first row must name the columns"), "{told}");
    assert!(!told.contains("张三") && !told.contains("138"), "{told}");
    let near = Map::parse(MAP.replace("类别", "Complaint Type").as_bytes(), &known()).unwrap();
    let told = Layout::new(&near, &record(&["Complaint Typ"]), None).err().unwrap().join("\n");
    assert!(told.contains("there is no column `Complaint Type`; did the map mean `Complaint Typ`?"), "{told}");
    let wide = |count| [&HEAD[..], &vec!["x"; count - HEAD.len()]].concat();
    assert_eq!(faults(&wide(COLUMNS_COUNT_MAX)), "");
    assert!(faults(&wide(COLUMNS_COUNT_MAX + 1)).contains("has 1001 columns"));
}
