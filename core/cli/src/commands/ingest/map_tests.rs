#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

pub(in super::super) fn known() -> Known {
    let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Known {
        kinds: of(&["neighbour.nuisance", "consumer.goods", "other"]),
        localities: of(&["cn/demo/yuntan", "cn/demo/yuntan/hekou"]),
        origins: of(&["hotline", "online", SOURCE_UNSTATED]),
    }
}

pub(in super::super) const MAP: &str = r#"
source = "/city/complaints"
zone = "+08:00"
id = { column = "编号", prefix = "c-" }
registered = { column = "受理时间", formats = ["%Y-%m-%d %H:%M", "%Y/%m/%d"] }
organisation = { columns = ["单位"] }
place = { columns = ["地址", "区"] }
closed = { column = "办结", formats = ["%Y-%m-%d %H:%M"], level = "county" }

[kind]
column = "类别"
values = { "噪音" = "neighbour.nuisance", "Goods" = "consumer.goods", "咨询" = "skip" }

[locality]
column = "区"
values = { "河口" = "cn/demo/yuntan/hekou" }
otherwise = "cn/demo/yuntan"

[outcome]
column = "结果"
values = { "办结" = "closed", "起诉" = "court", "劳动仲裁" = "arbitration labour", "转公安" = "referred police" }
otherwise = "open"
"#;

#[track_caller]
fn faults(text: &str) -> Vec<String> {
    Map::parse(text.as_bytes(), &known()).unwrap_err()
}

#[test]
fn a_map_says_what_stands_where() {
    let map = Map::parse(MAP.as_bytes(), &known()).unwrap();
    assert_eq!(map.columns(), ["编号", "受理时间", "类别", "区", "单位", "地址", "办结", "结果"]);
    assert_eq!(map.kind.of(" 噪音"), Said::Word(&"neighbour.nuisance".to_owned()));
    assert_eq!(map.kind.of("  GOODS "), Said::Word(&"consumer.goods".to_owned()));
    assert_eq!((map.kind.of("咨询"), map.kind.of("x")), (Said::Skip, Said::Unnamed));
    assert_eq!(map.locality.of("x"), Said::Word(&"cn/demo/yuntan".to_owned()));
    assert_eq!(map.origin.of("x"), Said::Word(&SOURCE_UNSTATED.to_owned()));
    let outcome = map.end.as_ref().unwrap().outcome.as_ref().unwrap();
    assert_eq!(outcome.of("起诉"), Said::Word(&Outcome::With(Happening::FiledInCourt)));
    assert_eq!(outcome.of(""), Said::Word(&Outcome::Open));
    // A mark at the beginning, as editors of offices put it.
    assert!(Map::parse(format!("\u{feff}{MAP}").as_bytes(), &known()).is_ok());
}

#[test]
fn moments_are_read_in_the_formats_and_the_clock_of_the_map() {
    let when = |format: &str| When { column: String::new(), formats: vec![format.to_owned()] };
    let read = |format: &str, cell: &str, zone: &str| {
        let zone = DateTimeParser::new().parse_time_zone(zone).unwrap();
        when(format).read(cell, &zone).map(|at| at.to_string())
    };
    let new_york = "EST5EDT,M3.2.0,M11.1.0";
    for (format, cell, zone, at) in [
        ("%Y-%m-%d %H:%M", "2026-11-30 08:30", "+08:00", Some("2026-11-30T00:30:00Z")),
        ("%m/%d/%Y %I:%M:%S %p", "07/04/2026 11:05:00 PM", new_york, Some("2026-07-05T03:05:00Z")),
        ("%m/%d/%Y %I:%M:%S %p", "11/30/2026 12:05:00 AM", new_york, Some("2026-11-30T05:05:00Z")),
        // The hour that comes twice is the first one.
        ("%m/%d/%Y %I:%M %p", "11/01/2026 01:30 AM", new_york, Some("2026-11-01T05:30:00Z")),
        // A day begins at midnight; what says its own distance from UTC means it.
        ("%m/%d/%y", "02/01/26", "-05:00", Some("2026-02-01T05:00:00Z")),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-02-01T00:00:00+0100", "+08:00", Some("2026-01-31T23:00:00Z")),
        ("%m/%d/%y", "02/30/26", "-05:00", None),
        ("%m/%d/%y", "02/01/2026", "-05:00", None),
        ("%Y年%m月%d日", "2026年11月30日", "+08:00", Some("2026-11-29T16:00:00Z")),
    ] {
        assert_eq!(read(format, cell, zone).as_deref(), at, "{cell}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_map_is_told() {
    for (from, to, said) in [
        ("\"/city/complaints\"", "\"\"", "`source` names the table in 1 to 256"),
        ("\"/city/complaints\"", "\"a b\"", "`source` names the table"),
        ("prefix = \"c-\"", "prefix = \"c 1\"", "`id.prefix` is made of letters"),
        ("zone = \"+08:00\"\n", "", "`zone` is missing"),
        ("\"+08:00\"", "\"Peking\"", "`zone` is no clock: \"Peking\""),
        ("\"%Y/%m/%d\"", "\"%H\"", "`registered.formats`: \"%H\" is no way to write a day"),
        ("[\"%Y-%m-%d %H:%M\", \"%Y/%m/%d\"]", "[]", "`registered.formats` has from 1 to 16 entries"),
        ("\"neighbour.nuisance\"", "\"neighbour.nuisanc\"", "did you mean `neighbour.nuisance`?"),
        ("\"cn/demo/yuntan/hekou\"", "\"nowhere\"", "`locality.values.\"河口\"` is \"nowhere\", which is not known"),
        ("otherwise = \"cn/demo/yuntan\"", "otherwise = \"cn/dem/yuntan\"", "`locality.otherwise`"),
        (
            "level = \"county\"",
            "level = \"country\"",
            "`closed.level` is \"country\", which is not known; did you mean `county`?",
        ),
        ("\"court\"", "\"courts\"", "did you mean `court`?"),
        ("\"arbitration labour\"", "\"arbitration\"", "`outcome.values.\"劳动仲裁\"` is \"arbitration\""),
        ("\"咨询\" = \"skip\"", "\"goods\" = \"other\"", "twice; the case of letters does not count"),
        ("columns = [\"单位\"]", "columns = []", "`organisation.columns` names from 1 to 8 columns"),
        (
            "column = \"类别\"",
            "is = \"other\"",
            "`kind` has either `is`, one word for every row, or `column` and `values`",
        ),
        ("source =", "sources =", "line 2: unknown field `sources`"),
    ] {
        assert!(MAP.contains(from), "{from}");
        let told = faults(&MAP.replacen(from, to, 1)).join("\n");
        assert!(told.contains(said), "{to}: {told}");
    }
    let two = faults(&MAP.replacen("\"court\"", "\"x\"", 1).replacen("\"+08:00\"", "\"x\"", 1));
    assert_eq!(two.len(), 2, "{two:?}");
    let closed = MAP.lines().find(|line| line.starts_with("closed")).unwrap();
    assert!(faults(&MAP.replace(closed, "")).join("").contains("`outcome` needs `closed`"));
}

#[test]
fn limits_hold_at_their_edges() {
    let many = |formats: usize, columns: usize| {
        let formats = vec!["\"%Y/%m/%d\""; formats].join(", ");
        let columns = vec!["\"单位\""; columns].join(", ");
        let text = MAP.replacen("[\"%Y-%m-%d %H:%M\", \"%Y/%m/%d\"]", &format!("[{formats}]"), 1);
        Map::parse(text.replacen("[\"单位\"]", &format!("[{columns}]"), 1).as_bytes(), &known()).is_ok()
    };
    assert!(many(FORMATS_COUNT_MAX, COLUMNS_COUNT_MAX));
    assert!(!many(FORMATS_COUNT_MAX + 1, 1) && !many(1, COLUMNS_COUNT_MAX + 1));
    let values = |count: usize| {
        let all: Vec<String> = (0..count).map(|at| format!("\"v{at}\" = \"other\"")).collect();
        MAP.replacen("\"咨询\" = \"skip\"", &all.join(", "), 1)
    };
    assert!(Map::parse(values(VALUES_COUNT_MAX - 2).as_bytes(), &known()).is_ok());
    assert!(faults(&values(VALUES_COUNT_MAX - 1)).join("").contains("at most 10000 entries, not 10001"));
    let long = format!("{MAP}#{}", "x".repeat(MAP_BYTES_MAX));
    assert_eq!(faults(&long), [format!("the file has more than {MAP_BYTES_MAX} bytes")]);
    assert_eq!(Map::parse(b"\xff", &known()).unwrap_err(), ["the file is not UTF-8"]);
}
