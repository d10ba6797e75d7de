//! Every way a row of the roster can be wrong, in JSON and on a sheet, and every limit at its edge.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use fixture::{day, ruleset};
use maple_wire::{
    MediatorMessage, Problem, ROSTER_LIST_MAX, ROSTER_ROWS_MAX, RosterMessage, parse_plan, parse_roster,
    parse_roster_sheet,
};
use serde_json::{Value as Json, json};

const HEAD: &str = "station,locality,mediator,skills,languages,kinds,capacity,cadence_days,leave,conflicts";

fn read(roster: &Json) -> RosterMessage {
    parse_roster(roster.to_string().as_bytes(), &ruleset()).unwrap()
}

fn sheet(lines: &[&str]) -> Result<RosterMessage, Box<Problem>> {
    let text = [&[HEAD], lines].concat().join("\r\n");
    parse_roster_sheet(text.as_bytes(), None, &ruleset())
}

fn mediator() -> Json {
    json!({
        "id": "m-1", "station": "st-1", "skills": ["evaluation", "lang_fr"], "languages": ["en"],
        "kinds": ["labour.*", "contract.work"], "capacity": 8, "plan_max": 3, "cadence_days": 7,
        "leave": [{ "from": "2026-12-01", "to": "2026-12-10" }], "conflicts": ["c-7", "org-1"]
    })
}

fn words<const N: usize>(words: [&str; N]) -> std::collections::BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn whole() -> MediatorMessage {
    MediatorMessage {
        id: "m-1".to_owned(),
        station: "st-1".to_owned(),
        skills: words(["evaluation"]),
        languages: words(["en", "fr"]),
        kinds: vec!["labour.*".to_owned(), "contract.work".to_owned()],
        capacity: 8,
        plan_max: Some(3),
        cadence_days: 7,
        leave: vec![(day("2026-12-01"), day("2026-12-10"))],
        conflicts: words(["c-7", "org-1"]),
    }
}

#[test]
fn a_roster_is_read_whole() {
    let told = read(&json!({ "stations": [{ "id": "st-1", "locality": "330784" }], "mediators": [mediator()] }));
    assert_eq!(told.refused, []);
    assert_eq!(told.stations[0].1.locality, "cn/zhejiang/jinhua/yongkang");
    assert_eq!(told.mediators[0].1, whole());
    let line = "st-1,330784,m-1,evaluation|lang_fr,en,labour.*;contract.work,8,7,2026-12-01..2026-12-10,c-7；org-1";
    let told = sheet(&[line, "st-1,330784,m-2,,,,5,7,2026-12-24,", "", "st-2,330784,,,,,,,,"]).unwrap();
    assert_eq!(told.refused, []);
    assert_eq!(told.stations.iter().map(|(_, one)| one.id.as_str()).collect::<Vec<_>>(), ["st-1", "st-2"]);
    assert_eq!(told.mediators[0].1, MediatorMessage { plan_max: None, ..whole() });
    assert_eq!(told.mediators[1].1.leave, [(day("2026-12-24"), day("2026-12-24"))]);
}

#[test]
fn each_bad_field_is_told_and_the_others_are_read() {
    let with = |name: &str, value: Json| {
        let mut row = mediator();
        row[name] = value;
        row
    };
    for (name, value, pointer, code, said) in [
        ("id", json!("张三"), "/id", "bad_format", "never a name"),
        ("id", json!("13800000000"), "/id", "personal_data", "telephone"),
        ("name", json!("x"), "/name", "forbidden", "names are never taken"),
        ("phone", json!("x"), "/phone", "forbidden", "telephone"),
        ("skils", json!([]), "/skils", "unknown_field", "`skills`"),
        ("skills", json!(["evaluatoin"]), "/skills/0", "unknown_value", "`evaluation`"),
        ("skills", json!(["lang_*"]), "/skills/0", "unknown_value", "no skill"),
        ("languages", json!(["EN"]), "/languages/0", "unknown_value", "such as `en`"),
        ("kinds", json!(["labour"]), "/kinds/0", "unknown_value", "`labour.*`"),
        ("kinds", json!(["labour*"]), "/kinds/0", "unknown_value", "`labour.*`"),
        ("kinds", json!(["labour.wagee"]), "/kinds/0", "unknown_value", "`labour.wage`"),
        ("capacity", json!(501), "/capacity", "out_of_range", "from 0 to 500"),
        ("capacity", json!("8"), "/capacity", "wrong_type", "a whole number"),
        ("capacity", json!(null), "/capacity", "wrong_type", "a whole number"),
        ("cadence_days", json!(0), "/cadence_days", "out_of_range", "from 1 to 365"),
        (
            "leave",
            json!([{ "from": "2026-12-02", "to": "2026-12-01" }]),
            "/leave/0",
            "inconsistent",
            "before it begins",
        ),
        ("leave", json!([{ "from": "2026-12-32", "to": "2026-12-01" }]), "/leave/0/from", "not_a_day", "no day"),
        ("conflicts", json!(["a b"]), "/conflicts/0", "bad_format", "letters"),
    ] {
        let told = read(&json!({ "mediators": [with(name, value.clone()), with("id", json!("m-2"))] }));
        assert_eq!(told.mediators.len(), 1, "{name} {value}");
        let flaw = told.refused.first().unwrap_or_else(|| panic!("{name} {value}")).json();
        assert_eq!(flaw["pointer"], format!("/mediators/0{pointer}"), "{flaw}");
        assert_eq!(flaw["code"], code, "{flaw}");
        assert!(flaw["detail"].as_str().unwrap().contains(said), "{flaw}");
        assert!(!flaw["detail_zh"].as_str().unwrap().is_empty());
    }
    let twice = json!({ "stations": [{ "id": "st-1", "locality": "cn/zhejiang/jinhua/yongkan" }], "mediators": [
        mediator(), mediator()] });
    let told = read(&twice);
    let flaws: Vec<_> = told.refused.iter().map(|flaw| flaw.json()["pointer"].as_str().unwrap().to_owned()).collect();
    assert_eq!(flaws, ["/stations/0/locality", "/mediators/1/id"]);
    assert!(told.refused[0].flaw.detail.contains("did you mean `cn/zhejiang/jinhua/yongkang`"));
}

#[test]
fn each_bad_line_is_told_with_its_column() {
    let told = sheet(&[
        "st-1,330784,m-1,,,,8,7,,",
        "st-1,330784,张三,nothing,,,x,7,,",
        "st-1,cn/nowhere,m-3,,,,8,0,2026-13-01,",
        "st-1,330784,m-1,,,,8,7,,",
        "st-1,330784,m-5,,,,8,7,,,more",
        "",
        ",330784,m-6,,,,8,7,,",
    ])
    .unwrap();
    let rows: Vec<_> = told
        .refused
        .iter()
        .map(|flaw| (flaw.json()["line"].as_u64().unwrap(), flaw.json()["column"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        (3, "mediator"),
        (3, "skills"),
        (3, "capacity"),
        (4, "locality"),
        (4, "cadence_days"),
        (4, "leave"),
        (4, "leave"),
        (5, "mediator"),
        (6, ""),
        (8, "station"),
    ];
    assert_eq!(rows, expected.map(|(line, column)| (line, column.to_owned())));
    assert_eq!(told.mediators.len(), 1);
    assert!(!told.refused.iter().any(|flaw| flaw.flaw.detail.contains("张三")), "{:?}", told.refused);
}

#[test]
fn a_sheet_is_read_in_the_encodings_of_offices() {
    let text = "站点,地区,调解员编号,容量,结案间隔天数,技能\nst-1,330784,m-1,8,7,evaluation；chinese\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    let (wide, _, _) = encoding_rs::GBK.encode(text);
    let marked = format!("\u{feff}{text}").into_bytes();
    for (bytes, charset) in [
        (text.as_bytes(), None),
        (&marked[..], None),
        (&gb[..], None),
        (text.as_bytes(), Some("UTF-8")),
        (&marked[..], Some("utf-8")),
        (&gb[..], Some("gb18030")),
        (&wide[..], Some("gb2312")),
    ] {
        let told = parse_roster_sheet(bytes, charset, &ruleset()).unwrap();
        assert_eq!(told.mediators[0].1.skills, words(["evaluation", "chinese"]), "{charset:?}");
    }
    let check = |bytes: &[u8], charset, said: &str| {
        let problem = parse_roster_sheet(bytes, charset, &ruleset()).unwrap_err();
        assert!(problem.detail.contains(said), "{problem:?}");
    };
    check(&gb, Some("utf-8"), "not written in UTF-8");
    check(text.as_bytes(), Some("klingon"), "no charset `klingon`");
    check(b"station\xff\xff\xff", None, "not written in gb18030");
}

#[test]
fn columns_that_tell_who_somebody_is_are_refused_by_name() {
    for (column, code, said) in [
        ("姓名", "forbidden", "names are never"),
        ("联系电话", "forbidden", "telephone"),
        ("name", "forbidden", "names are never"),
        ("phone", "forbidden", "telephone"),
        ("id_number", "forbidden", "identity"),
        ("身份证号", "forbidden", "identity"),
        ("capcity", "unknown_field", "`capacity`"),
        ("station", "duplicate", "twice"),
    ] {
        let text = format!("{HEAD},{column}\nst-1,330784,m-1,,,,8,7,,,x\n");
        let (gb, _, _) = encoding_rs::GB18030.encode(&text);
        for bytes in [text.as_bytes(), &gb] {
            let problem = parse_roster_sheet(bytes, None, &ruleset()).unwrap_err();
            let flaw = &problem.errors[0];
            assert_eq!((flaw.code.as_str(), flaw.at), (code, Some((1, 11))), "{flaw:?}");
            assert!(flaw.detail.contains(said) && flaw.detail.contains(column), "{flaw:?}");
        }
    }
    let problem = parse_roster_sheet(b"station,mediator\nst-1,m-1\n", None, &ruleset()).unwrap_err();
    assert_eq!(problem.errors.len(), 3, "{problem:?}");
}

#[test]
fn rows_and_lists_are_bounded() {
    let lines = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("st-1,330784,m-{n},,,,8,7,,")).collect();
        sheet(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(lines(ROSTER_ROWS_MAX).unwrap().mediators.len(), ROSTER_ROWS_MAX);
    assert!(lines(ROSTER_ROWS_MAX + 1).unwrap_err().detail.contains("2000 rows"));
    assert!(lines(0).is_err());
    assert!(parse_roster(b"{}", &ruleset()).is_err());
    for (count, refused) in [(ROSTER_LIST_MAX, 0), (ROSTER_LIST_MAX + 1, 1)] {
        let mut row = mediator();
        row["conflicts"] = json!((0..count).map(|n| format!("c-{n}")).collect::<Vec<_>>());
        assert_eq!(read(&json!({ "mediators": [row] })).refused.len(), refused);
    }
}

#[test]
fn a_question_for_a_plan_is_checked() {
    let read = |question: Json| parse_plan(question.to_string().as_bytes(), &ruleset());
    let told = read(json!({
        "locality": "330784", "as_of": "2026-11-30", "cases": ["c-1"],
        "needs": { "c-1": { "skills": ["lang_ar"], "due": "2026-12-30" } }
    }))
    .unwrap();
    assert_eq!((told.horizon_days, told.overload_max), (30, 0));
    assert_eq!(told.needs["c-1"].languages, Some(words(["ar"])));
    // What is not said is not the same as none.
    for (need, said) in [
        (json!({}), (None, None)),
        (json!({ "skills": [], "languages": null }), (Some(words([])), None)),
        (json!({ "languages": [] }), (None, Some(words([])))),
    ] {
        let told = read(json!({ "locality": "330784", "needs": { "c-1": need } })).unwrap();
        assert_eq!((told.needs["c-1"].skills.clone(), told.needs["c-1"].languages.clone()), said);
    }
    for (question, pointer) in [
        (json!({}), "/locality"),
        (json!({ "locality": "330784", "horizon_days": 366 }), "/horizon_days"),
        (json!({ "locality": "330784", "overload_max": 11 }), "/overload_max"),
        (json!({ "locality": "330784", "cases": ["a b"] }), "/cases/0"),
        (json!({ "locality": "330784", "needs": { "c-1": { "skill": [] } } }), "/needs/c-1/skill"),
        (json!({ "locality": "330784", "needs": { "c-1": { "name": "x" } } }), "/needs/c-1/name"),
        (json!({ "locality": "330784", "cases": [], "needs": { "c-1": {} } }), "/needs/c-1"),
    ] {
        let problem = read(question).unwrap_err();
        assert_eq!(problem.errors[0].pointer, pointer, "{problem:?}");
    }
}
