#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use maple_bundle::format::Choice;
use maple_insight::life::Level;
use maple_kit::editor::schema::of_table;
use serde_json::Value;

use super::{
    super::format::{ENDS, LEVELS, MAP as FORMAT},
    tests::{MAP, known},
    *,
};

/// Every key, each way that words can be said.
const EVERY: &str = r#"
source = "/city/complaints"
zone = "EST5EDT,M3.2.0,M11.1.0"
id = { column = "编号", prefix = "" }
registered = { column = "受理时间", formats = ["%Y-%m-%d %H:%M"] }
kind = { is = "other" }
locality = { column = "区", values = { "" = "skip" }, otherwise = "skip" }
origin = { column = "渠道", values = { "电话" = "hotline" }, otherwise = "refuse" }
organisation = { columns = ["单位"] }
place = { columns = [""] }
project = { columns = ["项目"] }
closed = { column = "办结", formats = ["%Y/%m/%d"], level = "court" }
outcome = { column = "结果", values = { "劳动仲裁" = "arbitration labour", "重复" = "skip" }, otherwise = "refuse" }
"#;

fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

fn meets(text: &str) -> bool {
    jsonschema::validator_for(&of_table("ingest-map", &FORMAT)).unwrap().is_valid(&json(text))
}

fn reads(text: &str) -> bool {
    Map::parse(text.as_bytes(), &known()).is_ok()
}

/// The keys that the reader names where it meets one that it does not know.
#[track_caller]
fn told(text: &str) -> BTreeSet<String> {
    let faults = Map::parse(text.as_bytes(), &known()).unwrap_err().concat();
    let (_, told) = faults.split_once("expected ").unwrap();
    told.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schema_names_the_keys_that_are_read() {
    let schema = of_table("ingest-map", &FORMAT);
    let keys = |of: &str| -> BTreeSet<String> {
        let table = if of.is_empty() { &schema } else { &schema["definitions"][of] };
        table["properties"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(told("zzz = 1"), keys(""));
    assert_eq!(told("id = { zzz = 1 }"), keys("id"));
    assert_eq!(told("registered = { zzz = 1 }"), keys("when"));
    assert_eq!(told("closed = { zzz = 1 }"), keys("end"));
    // The only key of a table is told without a list.
    assert_eq!(told("place = { zzz = 1 }"), keys("reference"));
    for of in ["kind", "locality", "origin", "outcome"] {
        let both = keys(&format!("{of}-always")).into_iter().chain(keys(&format!("{of}-by-value"))).collect();
        assert_eq!(told(&format!("{of} = {{ zzz = 1 }}")), both, "{of}");
    }
}

#[test]
fn words_of_the_schema_are_those_of_the_reader() {
    let words = |of: &[Choice]| of.iter().map(|one| one.word.to_owned()).collect::<BTreeSet<_>>();
    let mut ends = words(&ENDS);
    assert!(ends.iter().all(|word| ended(word, Level::County).is_some()), "{ends:?}");
    ends.insert(SKIP.to_owned());
    assert_eq!(ends, outcomes());
    assert_eq!(words(&LEVELS), Level::ALL.iter().map(|level| level.as_str().to_owned()).collect());
}

#[test]
fn schema_and_reader_take_and_refuse_the_same_maps() {
    for text in [MAP, EVERY] {
        assert!(reads(text) && meets(text), "{text}");
    }
    for name in ["cfpb", "nyc-311"] {
        let path = format!("{}/../../sdk/docs/examples/ingest/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        assert!(meets(&std::fs::read_to_string(path).unwrap()), "{name}");
    }
    let page = include_str!("../../../../../sdk/docs/ingest.md");
    assert!(meets(page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap()));
    for (from, to) in [
        ("project =", "projects ="),
        ("prefix =", "prefixes ="),
        ("{ columns = [\"项目\"] }", "{ column = \"项目\" }"),
        ("[\"项目\"]", "[]"),
        ("[\"项目\"]", "\"项目\""),
        ("[\"%Y/%m/%d\"]", "[]"),
        ("[\"%Y/%m/%d\"]", "[\"day\"]"),
        ("level = \"court\"", "level = \"country\""),
        (", level = \"court\"", ""),
        ("\"/city/complaints\"", "\"a b\""),
        ("\"/city/complaints\"", "1"),
        ("prefix = \"\"", "prefix = \"a b\""),
        ("is = \"other\"", "is = \"other\", column = \"x\""),
        ("is = \"other\"", "column = \"x\""),
        ("is = \"other\"", ""),
        ("is = \"other\"", "is = 1"),
        ("\"arbitration labour\"", "\"arbitration\""),
        ("closed =", "#"),
        ("zone =", "#"),
        ("source =", "#"),
        ("id =", "#"),
        ("registered =", "#"),
        ("kind =", "#"),
        ("locality =", "#"),
    ] {
        let text = EVERY.replacen(&format!("\n{from}"), &format!("\n{to}"), 1);
        let text = if text == EVERY { EVERY.replacen(from, to, 1) } else { text };
        assert_ne!(text, EVERY, "{from}");
        assert!(!reads(&text), "the reader takes {from} -> {to}");
        assert!(!meets(&text), "the schema takes {from} -> {to}");
    }
    // Of each key: neither takes it as another type.
    for key in FORMAT.keys {
        let line = EVERY.lines().find(|line| line.starts_with(&format!("{} =", key.name))).unwrap();
        let text = EVERY.replacen(line, &format!("{} = 1", key.name), 1);
        assert!(!reads(&text) && !meets(&text), "{}", key.name);
    }
}
