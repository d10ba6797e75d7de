//! `maple backtest` as its users type it, on the worked example of combining levels.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

mod support;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use parquet::{
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type},
    file::writer::{SerializedFileWriter, SerializedRowGroupWriter},
    schema::parser::parse_message_type,
};
use serde_json::{Value, json};
use support::{check, copy_of, err, maple, out, replace, text};
use tempfile::TempDir;

/// A folder with cases, and the policies of the example.
struct Trial {
    folder: TempDir,
    baseline: TempDir,
    candidate: TempDir,
}

/// Two people and fourteen in each of the three towns: the example decides each otherwise.
fn six() -> String {
    let case = |town: &str, people: u32| {
        let party = |role: &str, kind: &str| json!({ "role": role, "type": kind });
        json!({
            "case": {
                "id": format!("{town}-{people}"), "locality": format!("land/{town}"), "kind": "work.wages",
                "source": "counter", "filed": "2026-11-20", "facts": { "people": people },
                "parties": [party("applicant", "natural"), party("respondent", "organisation")],
            },
            "as_of": "2026-11-23",
        })
    };
    let towns = ["east", "west", "south"];
    towns.into_iter().flat_map(|town| [2, 14].map(|people| format!("{}\n", case(town, people)))).collect()
}

impl Trial {
    fn new() -> Self {
        let (baseline, candidate) = (copy_of("combining"), copy_of("combining"));
        let trial = Self { folder: tempfile::tempdir().unwrap(), baseline, candidate };
        fs::write(trial.path("cases.ndjson"), six()).unwrap();
        trial
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn words(&self, cases: &Path, more: &[&str]) -> Vec<String> {
        let (cases, old, new) = (text(cases), text(self.baseline.path()), text(self.candidate.path()));
        let words = ["backtest", "--cases", &cases, "--baseline", &old, "--candidate", &new];
        words.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(&self, cases: &Path, more: &[&str], code: i32) -> (String, String) {
        let words = self.words(cases, more);
        check(&words.iter().map(String::as_str).collect::<Vec<_>>(), code)
    }

    /// The figures of the six cases.
    #[track_caller]
    fn figures(&self, more: &[&str], code: i32) -> Value {
        let more: Vec<&str> = ["--json"].iter().chain(more).copied().collect();
        let (said, _) = self.check(&self.path("cases.ndjson"), &more, code);
        serde_json::from_str(&said).unwrap()
    }

    /// The figures of a file with this text.
    #[track_caller]
    fn of(&self, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Value {
        fs::write(self.path(name), content).unwrap();
        let more: Vec<&str> = ["--json"].iter().chain(more).copied().collect();
        let (said, _) = self.check(&self.path(name), &more, 0);
        serde_json::from_str(&said).unwrap()
    }

    /// What is said of a file with this text when it ends with code 2.
    #[track_caller]
    fn refuses(&self, name: &str, content: impl AsRef<[u8]>, said: &str) {
        fs::write(self.path(name), content).unwrap();
        let (_, side) = self.check(&self.path(name), &[], 2);
        assert!(side.contains(said), "{side}");
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        replace(&self.candidate.path().join(file), from, to);
    }
}

fn cell(from: &str, to: &str, cases: u64) -> Value {
    json!({ "baseline": from, "candidate": to, "cases": cases })
}

#[test]
fn the_same_policies_change_nothing() {
    let trial = Trial::new();
    let figures = trial.figures(&[], 0);
    assert_eq!(
        figures["cases"],
        json!({ "compared": 6, "changed": 0, "unchanged": 6, "refused": 0, "about_not_counted": 0 })
    );
    let matrix = json!([cell("town_mediation", "town_mediation", 4), cell("trade_mediation", "trade_mediation", 2)]);
    assert_eq!(figures["matrix"], matrix);
    assert_eq!((&figures["fuel_ratio"], &figures["sample"]), (&json!(1.0), &json!([])));
    assert_eq!((&figures["baseline"]["digest"], &figures["holds"]), (&figures["candidate"]["digest"], &json!(true)));
    assert!(figures["changed"]["high"].as_f64().unwrap() > 0.3 && figures["few_cases"] == true, "{figures:#}");
    assert_eq!(figures["localities"]["land/east"]["cases"], 2);
    assert_eq!(figures["load"][0]["candidate"], 4);
}

#[test]
fn another_preference_moves_exactly_the_cases_of_its_town() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
    let figures = trial.figures(&[], 0);
    let matrix = json!([cell("town_mediation", "town_mediation", 4), cell("trade_mediation", "town_mediation", 2)]);
    assert_eq!(figures["matrix"], matrix);
    assert_eq!(figures["cases"]["changed"], 2);
    for (aspect, cases) in [("outcome", 0), ("first_step", 2), ("steps", 0), ("details_of_steps", 2), ("duties", 0)] {
        assert_eq!(figures["aspects"][aspect]["cases"], cases, "{aspect}");
    }
    assert_eq!(figures["localities"]["land/east"]["changed"]["cases"], 2);
    assert_eq!(figures["localities"]["land/west"]["changed"]["cases"], 0);
    let sample = figures["sample"].as_array().unwrap();
    let seen: Vec<_> = sample.iter().map(|one| (&one["row"], &one["id"], &one["candidate"]["rule"])).collect();
    assert_eq!(seen, [(&1.into(), &"east-2".into(), &"F1".into()), (&2.into(), &"east-14".into(), &"F1".into())]);
    assert_eq!(
        (&sample[0]["baseline"]["first"], &sample[0]["baseline"]["policy"]),
        (&"trade_mediation".into(), &"land/work".into())
    );
    let (said, _) = trial.check(&trial.path("cases.ndjson"), &["--lang", "en"], 0);
    for part in ["Trade mediation (trade_mediation)  →  Town mediation", "east-14", "Unpaid wages may go to mediation"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let (said, _) = trial.check(&trial.path("cases.ndjson"), &["--lang", "zh"], 0);
    assert!(said.contains("行业调解 (trade_mediation)") && said.contains("欠薪可以在镇里调解"), "{said}");
}

#[test]
fn a_rule_that_is_lost_is_told_by_what_it_did() {
    let trial = Trial::new();
    fs::remove_file(trial.candidate.path().join("land/south/costs.toml")).unwrap();
    let east = trial.candidate.path().join("land/east/trade.toml");
    let rules = fs::read_to_string(&east).unwrap();
    fs::write(&east, rules.split("\n[[rule]]\nid = \"E2\"").next().unwrap()).unwrap();
    let figures = trial.figures(&[], 0);
    let duties = json!({ "tell_costs": { "new": 2, "lost": 0 }, "tell_costs_in_writing": { "new": 0, "lost": 2 } });
    assert_eq!(figures["duties"], duties);
    let changed: Vec<_> =
        figures["sample"].as_array().unwrap().iter().map(|one| (&one["id"], &one["aspects"])).collect();
    let (details, duties) = (json!(["details_of_steps"]), json!(["duties"]));
    let (many, few, most) = (json!("east-14"), json!("south-2"), json!("south-14"));
    assert_eq!(changed, [(&many, &details), (&few, &duties), (&most, &duties)]);
    assert_eq!(figures["cases"]["changed"], 3);
    // What is new and lost is told of each case, here and on the terminal.
    let south = &figures["sample"][1];
    assert_eq!(south["duties"], json!({ "new": ["tell_costs"], "lost": ["tell_costs_in_writing"] }), "{south:#}");
    assert_eq!((&south["rights"], &south["clocks"]["later"]), (&json!({ "new": [], "lost": [] }), &json!([])));
    let (said, _) = trial.check(&trial.path("cases.ndjson"), &["--lang", "en"], 0);
    assert!(
        said.contains("new and lost: duty lost: ") && said.contains("(tell_costs_in_writing); duty new: "),
        "{said}"
    );
    // Nothing moves: every first step is what it was.
    assert_eq!(figures["aspects"]["first_step"]["cases"], 0);
}

/// The sample is a few; the file has every case that changes, in the order of the rows, and is whole or not there.
#[test]
fn every_case_that_changes_is_written() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
    fs::remove_file(trial.candidate.path().join("land/south/costs.toml")).unwrap();
    let cases = six().repeat(500);
    let changed = trial.path("changed.ndjson");
    let figures = trial.of("many.ndjson", cases, &["--changed", &text(&changed)]);
    assert_eq!((&figures["cases"]["compared"], &figures["cases"]["changed"]), (&json!(3_000), &json!(2_000)));
    let lines: Vec<Value> =
        fs::read_to_string(&changed).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows: Vec<u64> = lines.iter().map(|line| line["row"].as_u64().unwrap()).collect();
    let wanted: Vec<u64> = (0..500).flat_map(|each| [1, 2, 5, 6].map(|row| each * 6 + row)).collect();
    assert_eq!(rows, wanted);
    // A line is what the sample has.
    for one in figures["sample"].as_array().unwrap() {
        assert!(lines.contains(one), "{one}");
    }
    let (east, south) = (&lines[1996], &lines[1999]);
    assert_eq!((&east["id"], &east["candidate"]["first"]), (&json!("east-2"), &json!("town_mediation")), "{east}");
    assert!(east["baseline"]["why"]["en"].as_str().unwrap().contains("trade"), "{east}");
    assert_eq!(south["duties"]["lost"], json!(["tell_costs_in_writing"]), "{south}");
    // What fails leaves the older file as it was.
    let before = fs::read(&changed).unwrap();
    trial.refuses("bad.ndjson", "no case\n", "none of the 1 rows");
    trial.check(&trial.path("bad.ndjson"), &["--changed", &text(&changed)], 2);
    assert_eq!(fs::read(&changed).unwrap(), before);
    let (_, side) = trial.check(&trial.path("many.ndjson"), &["--changed", &text(trial.folder.path())], 3);
    assert!(side.contains("cannot write the cases that change to `"), "{side}");
}

#[test]
fn a_policy_that_fails_is_told_and_its_cases_go_to_a_person() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "[target]", "[limits]\nfuel = 100\n\n[target]");
    let figures = trial.figures(&[], 0);
    let fault = json!([{ "policy": "land/east/trade", "fault": "out_of_fuel", "baseline": 0, "candidate": 2 }]);
    assert_eq!((&figures["faults"], &figures["to_refer"]["cases"]), (&fault, &json!(2)));
    assert_eq!(figures["matrix"][1], cell("trade_mediation", "refer", 2));
    assert_eq!(figures["new_interventions"].as_u64().unwrap(), 2);
    assert_eq!(figures["guardrails"]["H13"], json!({ "baseline": 0, "candidate": 2 }));
    let sample = &figures["sample"][0]["candidate"];
    assert_eq!((&sample["first"], &sample["policy"]), (&json!("refer"), &json!("host")));
    let budget = trial.path("budget.toml");
    fs::write(&budget, "faults = 0\nto-refer-share = 0.2\nnew-interventions = 1\nchanged-share = 1\n").unwrap();
    let figures = trial.figures(&["--budget", &text(&budget)], 1);
    let broken = figures["budget"].as_array().unwrap().iter().filter(|asked| asked["holds"] == false);
    let broken: Vec<_> = broken.map(|asked| asked["figure"].as_str().unwrap()).collect();
    assert_eq!(broken, ["to-refer-share", "faults", "new-interventions"]);
    let (said, _) = trial.check(&trial.path("cases.ndjson"), &["--lang", "en", "--budget", &text(&budget)], 1);
    assert!(
        said.contains("to-refer-share is 33.33 %, asked was at most 20.00 %; faults is 2, asked was at most 0"),
        "{said}"
    );
}

#[test]
fn a_right_that_is_lost_is_loud_and_breaks_every_budget() {
    let trial = Trial::new();
    let (words, guardrails) = (trial.baseline.path().join("words.toml"), trial.baseline.path().join("guardrails.toml"));
    replace(
        &words,
        "[right.court_open]",
        "[right.refuse]\ntitle = { zh = \"可以拒绝\", en = \"May refuse\" }\n\n[right.court_open]",
    );
    replace(&guardrails, "rights = [\"court_open\"]", "rights = [\"court_open\", \"refuse\"]");
    let figures = trial.figures(&[], 1);
    assert_eq!(
        (&figures["rights_lost"], &figures["rights"]),
        (&6.into(), &json!({ "refuse": { "new": 0, "lost": 6 } }))
    );
    let (said, _) = trial.check(&trial.path("cases.ndjson"), &["--lang", "en"], 1);
    assert!(said.contains("RIGHTS ARE LOST in 6 cases: May refuse (refuse)"), "{said}");
    assert!(said.contains("the change breaks the budget: rights-lost is 6, asked was at most 0"), "{said}");
    let budget = trial.path("budget.toml");
    fs::write(&budget, "rights-lost = 6\n").unwrap();
    trial.figures(&["--budget", &text(&budget)], 0);
}

#[test]
fn an_unknown_key_of_a_budget_is_refused_with_the_nearest() {
    let trial = Trial::new();
    let budget = trial.path("budget.toml");
    fs::write(&budget, "right-lost = 0\n").unwrap();
    let (_, side) = trial.check(&trial.path("cases.ndjson"), &["--budget", &text(&budget)], 2);
    assert!(side.contains("there is no key `right-lost`; did you mean `rights-lost`?"), "{side}");
    trial.check(&trial.path("cases.ndjson"), &["--budget", "no/such/budget.toml"], 3);
}

#[test]
fn rows_that_are_no_case_are_counted_and_told_by_their_line() {
    let trial = Trial::new();
    let mut cases = six();
    cases.insert_str(0, "{ \"case\": ");
    let broken = cases.split_once('\n').unwrap().1.to_owned();
    let wrong = "not JSON\n\n{\"case\":{\"locality\":\"land/nord\",\"kind\":\"work.wages\",\"parties\":[]}}\n";
    let cases = format!("{wrong}{broken}{{\"id\":\"d-1\",\"input\":null,\"output\":null}}\n");
    trial.refuses("bad.ndjson", &cases, "3 of 8 rows of `");
    let figures = trial.of("bad.ndjson", &cases, &["--max-bad", "3"]);
    assert_eq!(
        figures["cases"],
        json!({ "compared": 5, "changed": 0, "unchanged": 5, "refused": 3, "about_not_counted": 0 })
    );
    let refused = figures["refused"].as_array().unwrap();
    let told: Vec<_> =
        refused.iter().map(|one| (one["row"].as_u64().unwrap(), one["why"]["en"].as_str().unwrap())).collect();
    assert!(told[0].0 == 1 && told[0].1.contains("line 1, column 1"), "{told:?}");
    assert!(told[1].0 == 3 && told[1].1.contains("/case/locality: there is no locality `land/nord`"), "{told:?}");
    assert!(told[2].0 == 9, "{told:?}");
    assert!(refused[1]["why"]["zh"].as_str().unwrap().contains("没有`land/nord`这一地区"), "{told:?}");
    let (_, side) = trial.check(&trial.path("bad.ndjson"), &["--max-bad", "2"], 2);
    assert!(side.contains("row 3: /case/locality"), "{side}");
}

#[test]
fn a_case_that_one_side_alone_knows_is_told_as_such() {
    let trial = Trial::new();
    trial.change("facts.toml", "key = \"people\"", "key = \"persons\"");
    trial.change("land/east/trade.toml", "people = { above = 10 }", "persons = { above = 10 }");
    trial.change("land/east/trade.toml", "facts = { people = 14 }", "facts = { persons = 14 }");
    trial.change("land/east/trade.toml", "facts = { people = 2 }", "facts = { persons = 2 }");
    let plain = six().lines().next().unwrap().replace("\"people\":2", "");
    let figures = trial.of("one.ndjson", format!("{plain}\n{}", six()), &["--max-bad", "9"]);
    assert_eq!(figures["refused"].as_array().unwrap().len(), 6);
    assert_eq!(figures["refused"][0]["by"], "candidate");
    assert!(figures["refused"][0]["why"]["en"].as_str().unwrap().contains("there is no fact `people`"));
}

const TABLE: &str = "locality,kind,source,filed,as_of,id,\
    facts.people,facts.amount,applicant.type,applicant.consent,respondent.type\n\
    land/east,work.wages,counter,2026-11-20,2026-11-23,one,14,48000.00,natural,yes,organisation\n\
    land/west,work.wages,,2026-11-20,2026-11-23,two,,,natural,,\n";

#[test]
fn a_table_is_read_with_and_without_a_byte_order_mark() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
    for table in [TABLE.to_owned(), format!("\u{feff}{TABLE}"), TABLE.replace('\n', "\r\n")] {
        let figures = trial.of("cases.csv", table, &[]);
        assert_eq!(figures["cases"]["compared"], 2);
        let matrix = json!([cell("town_mediation", "town_mediation", 1), cell("trade_mediation", "town_mediation", 1)]);
        assert_eq!((&figures["matrix"], &figures["sample"][0]["id"]), (&matrix, &json!("one")));
    }
    let bad = format!("{TABLE}land/east,work.wages,counter\nland/east,work.wages,,,,three,many,,natural,,\n");
    let figures = trial.of("cases.csv", bad, &["--max-bad", "2"]);
    let refused: Vec<_> =
        figures["refused"].as_array().unwrap().iter().map(|one| (&one["row"], &one["why"]["en"])).collect();
    let (cells, number) = (
        json!("the row has 3 cells, the row with the names has 11"),
        json!("`facts.people` is a whole number in digits"),
    );
    assert_eq!(refused, [(&json!(4), &cells), (&json!(5), &number)]);
}

/// Cases as another program writes them to Parquet: whole numbers, days, yes or no, amounts and what is not known.
fn parquet_of(columns: &str, write: &dyn Fn(&mut Group<'_, '_>)) -> Vec<u8> {
    let schema = parse_message_type(&format!("message cases {{ {columns} }}")).unwrap();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    write(&mut group);
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

type Group<'g, 'b> = SerializedRowGroupWriter<'g, &'b mut Vec<u8>>;

fn column<T: DataType>(group: &mut Group<'_, '_>, values: &[T::T], there: Option<&[i16]>) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, there, None).unwrap();
    column.close().unwrap();
}

#[test]
fn cases_are_read_from_the_columns_of_parquet() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
    let columns = "required binary locality (STRING); required binary kind (STRING); optional binary source (STRING);
        required int32 filed (DATE); required int64 as_of (TIMESTAMP(MICROS, true)); required binary id (STRING);
        optional int64 facts.people; optional double facts.amount; required binary applicant.type (STRING);
        optional binary applicant.consent (STRING); optional binary respondent.type (STRING);";
    let texts = |group: &mut Group<'_, '_>, values: &[&str], there: Option<&[i16]>| {
        let values: Vec<ByteArray> = values.iter().map(|value| ByteArray::from(*value)).collect();
        column::<ByteArrayType>(group, &values, there);
    };
    let cases = parquet_of(columns, &|group| {
        texts(group, &["land/east", "land/west"], None);
        texts(group, &["work.wages", "work.wages"], None);
        texts(group, &["counter"], Some(&[1, 0]));
        // 2026-11-20, and the 23rd as a moment.
        column::<Int32Type>(group, &[20_777, 20_777], None);
        column::<Int64Type>(group, &[20_780 * 86_400_000_000; 2], None);
        texts(group, &["one", "two"], None);
        column::<Int64Type>(group, &[14], Some(&[1, 0]));
        column::<DoubleType>(group, &[48_000.5], Some(&[1, 0]));
        texts(group, &["natural", "natural"], None);
        texts(group, &["yes"], Some(&[1, 0]));
        texts(group, &["organisation"], Some(&[1, 0]));
    });
    // The very cases of the table.
    let (table, figures) = (trial.of("cases.csv", TABLE, &[]), trial.of("cases.parquet", cases, &[]));
    assert_eq!(figures["cases"]["compared"], 2, "{figures:#}");
    for same in ["cases", "matrix", "duties", "kinds", "localities"] {
        assert_eq!(figures[same], table[same], "{same}");
    }
    assert_eq!((&figures["sample"][0]["id"], &figures["sample"][0]["row"]), (&json!("one"), &json!(1)));
    // What no case has is refused by its name, and a cell that is none by its row.
    let two = |columns: &str, last: &dyn Fn(&mut Group<'_, '_>)| {
        parquet_of(&format!("required binary locality (STRING); required binary kind (STRING); {columns}"), &|group| {
            texts(group, &["land/east"], None);
            texts(group, &["work.wages"], None);
            last(group);
        })
    };
    let people = two("required int64 peple;", &|group| column::<Int64Type>(group, &[3], None));
    trial.refuses("wrong.parquet", people, "nor cases: there is no column `peple` in cases");
    let filed = two("required int64 filed (TIMESTAMP(MILLIS, true));", &|group| {
        column::<Int64Type>(group, &[20_777 * 86_400_000 + 1], None);
    });
    trial.refuses("wrong.parquet", filed, "/case/filed");
}

#[test]
fn a_column_that_no_case_has_is_refused() {
    let trial = Trial::new();
    for (head, said) in [
        ("locality,kind,facts.peple", "there is no column `facts.peple` in cases; did you mean `facts.people`?"),
        ("locality,kind,facts.consent", "there is no column `facts.consent` in cases"),
        ("locality,kind,applicant.amount", "there is no column `applicant.amount` in cases"),
        // What may be a value is not repeated.
        ("locality,kind,13800138000", "there is no column number 3 in cases; columns are `locality`"),
        ("locality,kind,kind", "line 1: the column `kind` stands there twice"),
        ("locality,source", "there is no column `kind`; every case needs one"),
        (
            "id,time,locality,kind,outcome,generation,ruleset,engine,policies",
            "export them with --format ndjson or parquet",
        ),
        ("", "there is no row with the names of the columns"),
    ] {
        trial.refuses("cases.csv", format!("{head}\n"), said);
    }
    trial.refuses("cases.csv", "locality,kind\n", "holds no cases; write one a row");
    trial.refuses("cases.csv", b"locality,kind,\xff\n", "the name of column 3 is not UTF-8");
}

#[test]
fn what_is_too_long_is_refused_and_the_rest_is_read() {
    let trial = Trial::new();
    let cases = format!("{}{}\n{}", six(), "x".repeat((2 << 20) + 1), six());
    let figures = trial.of("long.ndjson", cases, &["--max-bad", "1"]);
    assert_eq!(figures["cases"]["compared"], 12);
    assert_eq!(figures["refused"][0]["row"], 7);
    assert_eq!(figures["refused"][0]["why"]["en"], "the row has more than 2097152 bytes; write one case a row");
    trial.refuses(
        "long.csv",
        format!("{TABLE}\"{}", "x\n".repeat(2 << 20)),
        "line 4: a row has more than 2097152 bytes",
    );
}

#[test]
fn files_that_hold_nothing_or_are_not_there_are_told_apart() {
    let trial = Trial::new();
    trial.refuses("empty.ndjson", "", "holds no cases; write one a row");
    trial.refuses("empty.parquet", "", "is no whole Parquet file");
    trial.refuses("cases.txt", six(), "name it with --format ndjson, csv or parquet");
    trial.refuses("wrong.ndjson", "{}\n", "none of the 1 rows of");
    let (_, side) = trial.check(&trial.path("none.ndjson"), &[], 3);
    assert!(side.contains("cannot read the cases `") && side.contains("none.ndjson"), "{side}");
    let (_, side) = trial.check(trial.folder.path(), &["--format", "csv"], 3);
    assert!(side.contains("is a directory"), "{side}");
    let (_, side) = trial.check(Path::new("-"), &["--format", "parquet"], 2);
    assert!(side.contains("name a file"), "{side}");
    let cases = text(&trial.path("cases.ndjson"));
    check(&["backtest", "--cases", &cases, "--candidate", "no/such/folder"], 3);
    check(&["backtest", "--cases", &cases], 2);
}

#[test]
fn standard_input_is_read_and_a_limit_holds() {
    let trial = Trial::new();
    let words = trial.words(Path::new("-"), &["--json", "--limit", "3"]);
    let mut command = maple(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(six().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let figures: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(figures["cases"]["compared"], 3);
    // There is no bar where nobody sees it.
    assert_eq!(err(&output), "");
}

#[test]
fn a_day_is_asked_about_in_every_case() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "id = \"E1\"", "id = \"E1\"\nin-force-from = 2027-01-01");
    assert_eq!(trial.figures(&[], 0)["cases"]["changed"], 2);
    assert_eq!(trial.figures(&["--as-of", "2027-01-01"], 0)["cases"]["changed"], 0);
    let (_, side) = trial.check(&trial.path("cases.ndjson"), &["--as-of", "2026-11-19"], 2);
    assert!(side.contains("the case was filed on 2026-11-20, after the day of --as-of, 2026-11-19"), "{side}");
    let (_, side) = trial.check(&trial.path("cases.ndjson"), &["--as-of", "2026-02-30"], 2);
    assert!(side.contains("write a day that exists"), "{side}");
}

#[test]
fn the_page_opens_without_a_network_and_lets_nothing_through() {
    let trial = Trial::new();
    trial.change("land/east/trade.toml", "prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
    let title = "en = \"Town <script>alert(1)</script> & mediation\"";
    trial.change("channels.toml", "en = \"Town mediation\"", title);
    let page = trial.path("report.html");
    fs::write(&page, "an older one").unwrap();
    for (language, lang, heading) in [("zh", "zh-Hans", "第一步的去向"), ("en", "en", "Where cases go first")] {
        trial.check(&trial.path("cases.ndjson"), &["--html", &text(&page), "--lang", language, "--json"], 0);
        let html = fs::read_to_string(&page).unwrap();
        for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "<img", "<iframe"] {
            assert!(!html.contains(outside), "{outside}\n{html}");
        }
        assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"), "{html}");
        assert!(html.contains(&format!("<html lang=\"{lang}\">")) && html.contains(heading), "{html}");
        for part in
            ["default-src 'none'", "prefers-color-scheme: dark", "@media print", "scope=\"row\"", "scope=\"col\""]
        {
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert!(html.contains("east-14"), "{html}");
    }
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("Town &#60;script&#62;alert(1)&#60;/script&#62; &#38; mediation"), "{html}");
    assert!(html.contains("<td class=\"number move\">2</td>"), "{html}");
    let cases = trial.path("cases.ndjson");
    let (_, side) = trial.check(&cases, &["--html", &text(trial.folder.path())], 3);
    assert!(side.contains("cannot write the report `"), "{side}");
}
