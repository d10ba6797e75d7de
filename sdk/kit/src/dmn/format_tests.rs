#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use maple_bundle::format::Table as Format;
use serde_json::Value;

use super::{
    super::{TableFile, map},
    MAP_FORMAT, TABLE_FORMAT,
};
use crate::editor::schema::of_table;

/// Every key of a table file.
const TABLES: &str = r#"
[[table]]
id = "first"
hit-policy = "collect"
aggregate = "sum"
[[table.output]]
id = "n"
[[table]]
id = "second"
name = "第二"
hit-policy = "output-order"
requires = ["first"]
[[table.let]]
name = "MANY"
expression = "people > 10"
type = "boolean"
[[table.input]]
id = "in"
label = "In"
expression = "people"
variable = "v"
type = "number"
values = "1, 2"
left-out = ""
[[table.output]]
id = "way"
label = "Way"
type = "string"
values = '"a", "b"'
default = '"b"'
[[table.rule]]
id = "r"
description = "a rule"
left-out = "by way of trial"
when.in = "MANY"
then.way = '"a"'
lost.way = "x ** "
"#;

/// Every key of a map.
const MAP: &str = r#"
table = "second"
summary = { zh = "按表 {id}", en = "by {id}: {description}" }
[policy]
id = "from-a-table"
mode = "shadow"
purposes = ["routing"]
in-force-from = 2026-01-01
in-force-to = "2027-01-01"
replaces = "cn/labour#R1"
target = { kinds = ["labour.*"] }
limits = { fuel = 1000 }
complete = false
[rule]
why = { zh = "甲", en = "a" }
basis = ["cn.labour_mediation_arbitration.14"]
floor = true
in-force-from = 2026-01-01
in-force-to = 2027-01-01
replaces = ["R1"]
[input.in]
fact = "people"
type = "money"
values = { one = 1, day = 2026-01-01, several = ["a", "b"] }
[output.way]
effect = { refer = "{}", with = { place = "{}" } }
effects.a = [{ offer = "labour_mediation", due = "15 days", from = "acceptance" }]
effects."值" = []
ignore = false
"#;

/// As an editor's JSON Schema sees it.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(day) => Value::String(day.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, inner)| (key, json(inner))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

#[track_caller]
fn faults(format: &'static Format, text: &str) -> Vec<String> {
    let schema = jsonschema::validator_for(&of_table("x", format)).unwrap();
    let value = json(toml::Value::Table(text.parse().unwrap()));
    schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What the reader says; nothing where it takes the file.
fn said(format: &'static Format, text: &str) -> Option<String> {
    if std::ptr::eq(format, &TABLE_FORMAT) {
        TableFile::read(text.as_bytes()).err().map(|error| error.to_string())
    } else {
        map(&TableFile::read(TABLES.as_bytes()).unwrap(), text.as_bytes(), "").err()
    }
}

#[track_caller]
fn both_take(format: &'static Format, text: &str) {
    assert_eq!((faults(format, text), said(format, text)), (Vec::new(), None), "{text}");
}

#[track_caller]
fn both_refuse(format: &'static Format, text: &str) {
    assert!(!faults(format, text).is_empty(), "the schema takes\n{text}");
    assert!(said(format, text).is_some(), "the reader takes\n{text}");
}

/// What the reader names where it meets something that it does not know.
#[track_caller]
fn told(format: &'static Format, text: &str) -> BTreeSet<String> {
    let said = said(format, text).unwrap();
    let (_, told) = said.split_once("expected ").unwrap_or_else(|| panic!("{text}: {said}"));
    let told = told.split("\ndid you mean").next().unwrap();
    told.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn keys(format: &'static Format, of: &str) -> BTreeSet<String> {
    let schema = of_table("x", format);
    let table = if of.is_empty() { &schema } else { &schema["definitions"][of] };
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

fn words(format: &'static Format, of: &str, key: &str) -> BTreeSet<String> {
    let words = &of_table("x", format)["definitions"][of]["properties"][key]["enum"];
    words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn schemas_name_the_keys_and_words_that_are_read() {
    let table = |inner: &str| told(&TABLE_FORMAT, &format!("[[table]]\n{inner}"));
    assert_eq!(told(&TABLE_FORMAT, "zzz = 1"), keys(&TABLE_FORMAT, ""));
    for (text, of) in [
        ("zzz = 1", "decision-table"),
        ("let = [{ zzz = 1 }]", "let"),
        ("input = [{ zzz = 1 }]", "input"),
        ("output = [{ zzz = 1 }]", "output"),
        ("rule = [{ zzz = 1 }]", "table-rule"),
    ] {
        assert_eq!(table(text), keys(&TABLE_FORMAT, of), "{of}");
    }
    for (text, of, key) in [
        ("hit-policy = \"zzz\"", "decision-table", "hit-policy"),
        ("aggregate = \"zzz\"", "decision-table", "aggregate"),
        ("let = [{ type = \"zzz\" }]", "let", "type"),
        ("input = [{ type = \"zzz\" }]", "input", "type"),
        ("output = [{ type = \"zzz\" }]", "output", "type"),
    ] {
        assert_eq!(table(text), words(&TABLE_FORMAT, of, key), "{of} {key}");
    }
    assert_eq!(told(&MAP_FORMAT, "zzz = 1"), keys(&MAP_FORMAT, ""));
    assert_eq!(told(&MAP_FORMAT, "input.x.zzz = 1"), keys(&MAP_FORMAT, "map-input"));
    assert_eq!(told(&MAP_FORMAT, "output.x.zzz = 1"), keys(&MAP_FORMAT, "map-output"));
    assert_eq!(told(&MAP_FORMAT, "input.x.type = \"zzz\""), words(&MAP_FORMAT, "map-input", "type"));
}

#[test]
fn a_file_with_every_key_is_taken_by_both() {
    both_take(&TABLE_FORMAT, TABLES);
    both_take(&MAP_FORMAT, MAP);
    // Every key stands in it: what is in the schema and not here is not tried.
    for (format, text) in [(&TABLE_FORMAT, TABLES), (&MAP_FORMAT, MAP)] {
        let mut named = of_table("x", format)["definitions"].clone();
        let tables = named.as_object_mut().unwrap();
        let own =
            ["decision-table", "let", "input", "output", "table-rule", "head", "every-rule", "map-input", "map-output"];
        tables.retain(|id, _| own.contains(&id.as_str()));
        for (id, table) in tables {
            for key in table["properties"].as_object().unwrap().keys() {
                let code = id == "head" && matches!(key.as_str(), "policy" | "case");
                assert!(code || text.contains(key), "{id} {key}");
            }
        }
    }
    // What is written meets it, too.
    let written = TableFile::read(TABLES.as_bytes()).unwrap().to_toml("by hand");
    both_take(&TABLE_FORMAT, &written);
}

#[test]
fn what_is_wrong_is_refused_by_both() {
    for (from, to) in [
        ("name = \"第二\"", "title = \"第二\""),
        ("name = \"第二\"", "name = 2"),
        ("id = \"first\"\n", ""),
        ("\"first\"\nhit", "\"\"\nhit"),
        ("hit-policy = \"collect\"\n", ""),
        ("\"collect\"", "\"COLLECT\""),
        ("\"collect\"", "\"first\""),
        ("\"sum\"", "\"median\""),
        ("[\"first\"]", "\"first\""),
        ("[\"first\"]", "[1]"),
        ("[[table.output]]\nid = \"n\"\n", ""),
        ("[[table.output]]\nid = \"n\"", "[table.output]\nid = \"n\""),
        ("expression = \"people > 10\"\n", ""),
        ("name = \"MANY\"\n", ""),
        ("id = \"in\"\n", ""),
        ("id = \"r\"\n", ""),
        ("type = \"number\"", "type = \"integer\""),
        ("variable", "variabel"),
        ("default", "defaults"),
        ("left-out = \"by", "left_out = \"by"),
        ("when.in = \"MANY\"", "when.in = true"),
        ("when.in = \"MANY\"", "when = \"MANY\""),
        ("then.way = '\"a\"'", "then.way = [\"a\"]"),
        ("lost.way = \"x ** \"", "lost.way = 1"),
    ] {
        assert!(TABLES.contains(from), "{from}");
        both_refuse(&TABLE_FORMAT, &TABLES.replacen(from, to, 1));
    }
    both_refuse(&TABLE_FORMAT, "");
    both_refuse(&TABLE_FORMAT, "table = []");
    both_refuse(&TABLE_FORMAT, &format!("tables = []{TABLES}"));
    for (from, to) in [
        ("table = \"second\"", "tables = \"second\""),
        ("table = \"second\"", "table = 2"),
        ("summary = {", "sumary = {"),
        ("summary = { zh = \"按表 {id}\", ", "summary = { "),
        ("summary = { zh = \"按表 {id}\", ", "summary = { zh = \"甲\", fr = \"a\", "),
        ("[policy]\n", "policy = 1\n[input.b]\nfact = \"people\"\n"),
        ("fact = \"people\"\n", ""),
        ("fact = \"people\"", "facts = \"people\""),
        ("\"money\"", "\"days\""),
        ("{ one = 1, day = 2026-01-01, several = [\"a\", \"b\"] }", "[1]"),
        ("effect = { refer = \"{}\", with = { place = \"{}\" } }", "effect = \"refer\""),
        (
            "effects.a = [{ offer = \"labour_mediation\", due = \"15 days\", from = \"acceptance\" }]",
            "effects.a = { offer = \"x\" }",
        ),
        ("ignore = false", "ignore = \"no\""),
        ("ignore = false", "ignored = false"),
    ] {
        assert!(MAP.contains(from), "{from}");
        both_refuse(&MAP_FORMAT, &MAP.replacen(from, to, 1));
    }
    // What the policy would be refused for, the schema of its map says at once.
    for (from, to) in
        [("mode = \"shadow\"", "mode = \"on\""), ("floor = true", "flor = true"), ("{ offer =", "{ ofer =")]
    {
        assert!(!faults(&MAP_FORMAT, &MAP.replacen(from, to, 1)).is_empty(), "{to}");
    }
}

#[test]
fn what_is_documented_and_tried_elsewhere_meets_the_schemas() {
    let house = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(house.join(path)).unwrap();
    let (mut tables, mut maps) = (0, 0);
    let mut look = |text: &str, from: &str| {
        let (format, seen) = if text.contains("[[table]]") && !text.contains("[[rule]]\ninclude") {
            (&TABLE_FORMAT, &mut tables)
        } else if text.contains("[output.") {
            (&MAP_FORMAT, &mut maps)
        } else {
            return;
        };
        assert_eq!(faults(format, text), Vec::<String>::new(), "{from}:\n{text}");
        *seen += 1;
    };
    for path in ["sdk/docs/dmn.md", "sdk/kit/README.md"] {
        let page = read(path);
        page.split("```toml\n").skip(1).for_each(|block| look(block.split("```").next().unwrap(), path));
    }
    for path in ["core/cli/tests/dmn.rs", "core/cli/tests/dmn/map.rs"] {
        let source = read(path);
        source.split("r#\"\n").skip(1).for_each(|block| look(block.split("\"#").next().unwrap(), path));
    }
    assert!(tables >= 1 && maps >= 3, "{tables} tables, {maps} maps");
}
