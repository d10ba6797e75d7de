//! `maple run` and `--explain` as their users type them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use support::{check, copy_of, example, maple, replace, root, text};

const WAGES: &str = "sdk/docs/examples/wages.json";

/// The worked example's case in another place, in a file of its own.
fn in_place(place: &str, folder: &Path) -> PathBuf {
    let file = folder.join("case.json");
    fs::copy(root().join(WAGES), &file).unwrap();
    replace(&file, "land/east", place);
    file
}

fn explain(place: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let case = in_place(place, folder.path());
    let folder = text(&example("combining"));
    check(&["run", &folder, "--case", &text(&case), "--explain", "--lang", "en"], 0).0
}

#[track_caller]
fn holds(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

#[test]
fn an_upper_offer_is_preferred_and_shortened_below() {
    let said = explain("land/east");
    holds(
        &said,
        &[
            "  places asked: Example land (land) → East town (land/east)\n",
            "    F1 Unpaid wages may go to mediation in the town, within thirty days. [floor]\n",
            "      • offers Town mediation, within 30 days of acceptance → step 2\n",
            "      • would have Trade mediation first among its like (50) → puts it in place 1\n",
            "      facts: People with the same claim: 14\n",
            "      law: Example Act on Mediation 1\n",
            "      • offers Town mediation, within 7 days of acceptance → refines step 2 of land/work F1: its time limit\n",
            "\n2 policies of other places have no say here.\n",
        ],
    );
}

#[test]
fn a_guardrail_keeps_what_the_floor_offers() {
    let said = explain("land/west");
    holds(
        &said,
        &[
            "      • closes Town mediation → not heard, guardrail H09: a lower level takes nothing away\n",
            "      • closes Trade mediation → stands\n",
            "      • offers Trade mediation → replaced by the lower policy land/west/closed\n",
            "  H09, a lower level takes nothing away: did not hear the claim: forbid Town mediation (town_mediation) (claimed by land/west/closed W1)",
        ],
    );
}

#[test]
fn a_replaced_rule_says_by_whom() {
    let said = explain("land/south");
    holds(&said, &["Tell what it costs → replaced by the lower policy land/south/costs\n"]);
    assert!(!said.contains("  Tell what it costs — "), "{said}");
}

#[test]
fn eval_explains_as_run_does_and_json_is_the_same_as_data() {
    let folder = text(&example("combining"));
    let plain = |said: String| said.lines().filter(|line| !line.contains("µs")).map(str::to_owned).collect::<Vec<_>>();
    let run = check(&["run", &folder, "--case", WAGES, "--explain", "--lang", "zh"], 0).0;
    let eval = check(&["eval", "--policies", &folder, "--case", WAGES, "--explain", "--lang", "zh"], 0).0;
    assert_eq!(plain(run.clone()), plain(eval));
    holds(&run, &["  依次询问：示例国 (land) → 东镇 (land/east)\n", "细化 land/work F1 的第2步：期限\n"]);

    // An explanation is for people, in a pipe too, unless data are asked for.
    assert!(check(&["run", &folder, "--case", WAGES, "--explain"], 0).0.contains("land/work F1"));
    let data = check(&["run", &folder, "--case", WAGES, "--explain", "--json"], 0).0;
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["decision"]["steps"][0]["channel"], "trade_mediation");
    let told = &data["explanation"]["policies"];
    assert_eq!((&told[0]["policy"], &told[0]["asked"]), (&"land/work".into(), &true.into()));
    assert!(told[1]["micros"].as_f64().unwrap() > 0.0 && told[1]["fuel"].as_u64().unwrap() > 0);
    let refined = &told[1]["claims"][1];
    assert_eq!(refined["became"]["code"], "refines");
    assert_eq!(refined["became"]["by"], json!({ "policy": "land/work", "rule": "F1" }));
    assert_eq!(refined["became"]["fields"], json!(["due"]));
    assert_eq!(
        refined["evidence"][0]["values"],
        json!([{ "role": null, "value": 14.0, "says": { "zh": "14", "en": "14" } }])
    );
    let bare: Value = serde_json::from_str(&check(&["run", &folder, "--case", WAGES], 0).0).unwrap();
    assert_eq!(bare["explanation"], Value::Null);
}

#[test]
fn why_nobody_was_asked_is_said_in_words() {
    let shipped = |case: Value| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("case.json");
        fs::write(&file, case.to_string()).unwrap();
        check(&["eval", "--case", &text(&file), "--explain", "--lang", "en"], 0).0
    };
    let case = |kind: &str, day: &str, purposes: &[&str]| {
        json!({ "case": { "locality": "cn/shanghai", "kind": kind, "source": "hotline", "filed": day,
            "parties": [ { "role": "applicant", "type": "natural" } ] }, "as_of": day, "purposes": purposes })
    };
    let said = shipped(case("family.divorce", "2026-11-23", &["routing"]));
    holds(
        &said,
        &[
            "    cn/labour: it is for Work-injury benefits and 6 more (labour.*); this is Divorce (family.divorce)\n",
            "    cn/procedure: it leaves out Divorce and 6 more (family.*); this is Divorce (family.divorce)\n",
            "    asked because it is for every case in China\n",
            "    asked because it is for Divorce and 6 more (family.*) in China\n",
            "it asks that \"A dispute with public authority\" be yes; here: not known\n",
            "it is for cases that come through Police call 110, Police station; this came through Public hotline 12345\n",
            "asked about routing\n",
        ],
    );
    let early = shipped(case("family.divorce", "2005-03-01", &["prevention"]));
    holds(&early, &["it is in force from ", "; the question is of 2005-03-01", "asked about prevention\n"]);
}

#[test]
fn a_plugin_alone_is_built_asked_and_explained_down_to_its_panic() {
    let folder = tempfile::tempdir().unwrap();
    let house = root().canonicalize().unwrap();
    let manifest = format!(
        "[package]\nname = \"breaks-down\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[lib]\ncrate-type = \
         [\"cdylib\"]\n[dependencies]\nmaple-guest = {{ path = \"{}\" }}\n",
        house.join("sdk/guest").display()
    );
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(house.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), PLUGIN).unwrap();
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "# how many\nabove = 20\n").unwrap();

    let run = |more: &[&str]| {
        let what = text(folder.path());
        let words =
            [&["run", &what, "--case", "core/cli/src/example.json", "--explain", "--lang", "en"], more].concat();
        let output = maple(&words).env("CARGO_TARGET_DIR", house.join("target")).output().unwrap();
        (output.status.code(), support::out(&output), support::err(&output))
    };
    let (code, said, side) = run(&[]);
    assert_eq!(code, Some(0), "{said}{side}");
    holds(
        &said,
        &[
            "A person decides: ",
            "  cn/zhejiang/jinhua/yongkang/breaks-down: gave no usable answer (",
            "    its code broke down: `14 are too many`\n    at src/lib.rs, line 12\n",
            "    its diary:\n      | looking at the people\n",
        ],
    );
    let settings = text(&settings);
    let (code, said, _) = run(&["--settings", &settings]);
    assert_eq!(code, Some(0));
    holds(&said, &["breaks-down: no rule of it applies ("]);
    fs::write(&settings, "# how many\nabov = 20\n").unwrap();
    let (code, said, _) = run(&["--settings", &settings]);
    assert_eq!(code, Some(1));
    holds(&said, &["settings.toml:2:", "`abov` is not a setting here", "did you mean `above`"]);
}

const PLUGIN: &str = r#"use maple_guest::{Calendar, CaseFile, Finding, Policy, Refusal, Rule, Table, Text};
struct BreaksDown { above: i64 }
impl Policy for BreaksDown {
    fn summary() -> Text { Text::new("出错", "Breaks down") }
    fn configure(settings: &Table<'_>, _: &Calendar) -> Self { Self { above: settings.get("above").count(1..=100).unwrap_or(3) } }
    fn reads(&self) -> Vec<String> { vec!["people".into()] }
    fn rules(&self) -> Vec<Rule> { vec![Rule::new("P1", Self::summary())] }
    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        maple_guest::diary("looking at the people");
        let people = case.people().unwrap_or_default();
        if people > self.above {
            panic!("{people} are too many");
        }
        Ok(vec![])
    }
}
maple_guest::export!(BreaksDown);
"#;

#[test]
fn what_cannot_be_asked_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = in_place("land/north", folder.path());
    let combining = text(&example("combining"));
    let empty = tempfile::tempdir().unwrap();
    for (words, code, said) in [
        (&["run", &combining, "--case", &text(&nowhere), "--explain"][..], 2, "land/north"),
        (&["run", &combining, "--case", "no/such/case.json"], 3, "no/such/case.json"),
        (&["run", &combining, "--case", "Cargo.toml"], 2, "line 1, column 1"),
        (&["run", &combining], 2, "--case"),
        (&["run", "no/such/plugin.wasm", "--case", WAGES], 3, "cannot find `no/such/plugin.wasm`"),
        (&["run", "Cargo.toml", "--case", WAGES], 2, "plugin `Cargo.toml`"),
        (&["run", &text(empty.path()), "--case", WAGES], 2, "is no plugin and no folder of policies"),
        (&["run", &combining, "--case", WAGES, "--settings", "x.toml"], 2, "--settings is for a plugin asked alone"),
        (&["run", &combining, "--case", WAGES, "--lang", "fr"], 2, "fr"),
        (&["eval", "--policies", &combining, "--case", &text(&nowhere), "--explain"], 2, "land/north"),
    ] {
        let (_, side) = check(words, code);
        assert!(side.contains(said), "{words:?}: {side}");
    }
}

/// A folder with the worked example and one more table in East town.
fn with_table(rules: &str) -> tempfile::TempDir {
    let folder = copy_of("combining");
    fs::write(folder.path().join("land/east/more.toml"), rules).unwrap();
    folder
}

fn told(folder: &Path, lang: &str) -> String {
    check(&["run", &text(folder), "--case", WAGES, "--explain", "--lang", lang], 0).0
}

#[test]
fn a_rule_that_kept_silent_says_what_it_asks_and_what_the_case_says() {
    let rule = |id: &str, when: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nsummary = {{ zh = \"试\", en = \"try\" }}\nwhen = {{ {when} }}\n\
             then = [ {{ duty = \"tell_costs\", bearer = \"intake\" }} ]\nbasis = [\"land.mediation.1\"]\n"
        )
    };
    // What `when` says, and what is told of it; the case has fourteen people and came through the counter.
    for (when, en, zh) in [
        (
            "people = { min = 20 }",
            "it asks that \"People with the same claim\" be 20 or more; here: 14\n",
            "要求“同一方人数”不少于20，本案：14\n",
        ),
        (
            "people = { above = 14, max = 30 }",
            "it asks that \"People with the same claim\" be at most 30 and more than 14; here: 14\n",
            "要求“同一方人数”不超过30且超过14，本案：14\n",
        ),
        (
            "not = { people = { min = 10 } }",
            "it leaves out cases where \"People with the same claim\" is 10 or more; here: 14\n",
            "不适用于此情形：“同一方人数”不少于10；本案：14\n",
        ),
        ("kind = [\"home.noise\"]", "; this is Unpaid wages (work.wages)\n", "，本案是追索工资（work.wages）\n"),
        (
            "any = { type = \"public_authority\" }",
            "it asks that of some party the type be a public authority; here: ",
            "要求有一方主体类型为行政机关，本案：",
        ),
    ] {
        let folder = with_table(&rule("X1", when));
        for (lang, before, wanted) in [("en", "    X1 keeps silent: ", en), ("zh", "    X1 未适用：", zh)] {
            let said = told(folder.path(), lang);
            let line =
                said.lines().find_map(|line| line.strip_prefix(before)).unwrap_or_else(|| panic!("{when}\n{said}"));
            assert!(format!("{line}\n").contains(wanted), "{wanted}\n{line}");
        }
    }
    // A long table tells the nearest and counts the others.
    let near = (20..30).map(|min| rule(&format!("N{min}"), &format!("people = {{ min = {min} }}")));
    let far = (0..7).map(|at| rule(&format!("K{at}"), "kind = [\"home.noise\"], people = { min = 20 }"));
    let folder = with_table(&far.chain(near).collect::<String>());
    let said = told(folder.path(), "en");
    holds(
        &said,
        &[
            "    N20 keeps silent: ",
            "    N22 keeps silent: ",
            "    14 more rules keep silent, 7 of them made for other kinds, doors, places or days\n",
        ],
    );
    assert!(!said.contains("    N23 ") && !said.contains("    K0 "), "{said}");
    assert!(told(folder.path(), "zh").contains("    另有14条规则未适用，其中7条管其他类型、来源、地方或者日期\n"));
    let data = check(&["run", &text(folder.path()), "--case", WAGES, "--explain", "--json"], 0).0;
    let data: Value = serde_json::from_str(&data).unwrap();
    let policies = data["explanation"]["policies"].as_array().unwrap();
    let more = policies.iter().find(|policy| policy["policy"] == "land/east/more").unwrap();
    assert_eq!(more["because"][0]["code"], "every_case");
    let silent = &more["silent"];
    assert_eq!((silent["rules"].as_array().unwrap().len(), &silent["more"]), (17, &0.into()));
    assert_eq!((&silent["rules"][0]["rule"], &silent["rules"][0]["near"]), (&"N20".into(), &true.into()));
    assert_eq!((&silent["rules"][16]["unmet"], &silent["rules"][16]["near"]), (&2.into(), &false.into()));
}

#[test]
fn the_route_cites_in_the_language_that_was_chosen() {
    let said = |lang: &str| check(&["eval", "--case", "core/cli/src/example.json", "--lang", lang], 0).0;
    let (zh, en) = (said("zh"), said("en"));
    assert!(en.contains("Art. 10") && !en.contains("第十条"), "{en}");
    assert!(zh.contains("第十条") && !zh.contains("Art. "), "{zh}");
}
