//! What a backtest tells beyond decisions: stations, what a history lets expect, rules that were never at work.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use support::{check, copy_of, replace, text};
use tempfile::TempDir;

/// Where the trade's mediators are not preferred any more: cases of the east go to the town.
struct Trial {
    folder: TempDir,
    baseline: TempDir,
    candidate: TempDir,
}

impl Trial {
    fn new() -> Self {
        let (baseline, candidate) = (copy_of("combining"), copy_of("combining"));
        let (from, to) = ("prefer = \"trade_mediation\"", "prefer = \"town_mediation\"");
        replace(&candidate.path().join("land/east/trade.toml"), from, to);
        let trial = Self { folder: tempfile::tempdir().unwrap(), baseline, candidate };
        let mut cases = String::new();
        for number in 0..40 {
            let party = |role: &str, kind: &str| json!({ "role": role, "type": kind });
            let case = json!({
                "case": {
                    "id": format!("c-{number}"), "locality": "land/east", "kind": "work.wages", "source": "counter",
                    "filed": "2026-11-20", "facts": { "people": 2 },
                    "parties": [party("applicant", "natural"), party("respondent", "organisation")],
                },
                "as_of": "2026-11-23",
            });
            writeln!(cases, "{case}").unwrap();
        }
        fs::write(trial.path("cases.ndjson"), cases).unwrap();
        trial
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        text(&self.path(name))
    }

    #[track_caller]
    fn check(&self, more: &[&str], code: i32) -> (String, String) {
        let paths: [&Path; 3] = [&self.path("cases.ndjson"), self.baseline.path(), self.candidate.path()];
        let [cases, old, new] = paths.map(text);
        let words = ["backtest", "--cases", &cases, "--baseline", &old, "--candidate", &new];
        check(&[&words, more].concat(), code)
    }

    #[track_caller]
    fn figures(&self, more: &[&str], code: i32) -> Value {
        serde_json::from_str(&self.check(&[&["--json"], more].concat(), code).0).unwrap()
    }
}

/// Lives of so many disputes in a channel, of which so many end with an agreement.
fn history(channel: &str, from: usize, count: usize, agreed: usize) -> String {
    let mut all = String::new();
    for number in from..from + count {
        let end = if number - from < agreed { "agreement.recorded" } else { "mediation.failed" };
        let events = [
            ("case.registered", json!({ "kind": "work.wages", "locality": "land/east" })),
            ("mediation.started", json!({ "channel": channel, "station": "s" })),
            (end, json!({})),
        ];
        for (at, (kind, data)) in events.into_iter().enumerate() {
            let event = json!({
                "specversion": "1.0", "id": format!("{channel}-{number}-{at}"), "source": "/t", "type": kind,
                "subject": format!("{channel}-{number}"), "time": format!("2026-01-0{}T08:00:00Z", at + 1), "data": data,
            });
            writeln!(all, "{event}").unwrap();
        }
    }
    all
}

#[test]
fn a_history_says_what_to_expect_and_claims_no_cause() {
    let trial = Trial::new();
    let told = [history("trade_mediation", 0, 50, 40), history("town_mediation", 0, 100, 50)].concat();
    let told = trial.file("history.ndjson", told);
    let figures = trial.figures(&["--history", &told], 0);
    let outcomes = &figures["outcomes"];
    assert_eq!((&outcomes["disputes"], &outcomes["cases_estimated"]), (&json!(150), &json!(40)), "{outcomes:#}");
    assert_eq!(outcomes["claims_a_cause"], false);
    let near = |value: &Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 1e-9;
    assert!(near(&outcomes["agreements"]["baseline"]["expected"], 32.0), "{outcomes:#}");
    assert!(near(&outcomes["agreements"]["candidate"]["expected"], 20.0), "{outcomes:#}");
    assert!(near(&outcomes["agreements_lost_share"], 0.375), "{outcomes:#}");
    // 40 of 50: the Wilson interval, worked out by hand, times the forty cases.
    let low = outcomes["agreements"]["baseline"]["low"].as_f64().unwrap() / 40.0;
    assert!((low - 0.6696).abs() < 5e-5, "{low}");
    let row = &outcomes["moves"][0];
    assert_eq!(
        (&row["from"], &row["to"], &row["cases"]),
        (&json!("trade_mediation"), &json!("town_mediation"), &json!(40))
    );
    assert_eq!((&row["baseline"]["matched_by"], &row["band"]), (&json!("kind_channel"), &json!("unsaid")));

    let (said, _) = trial.check(&["--history", &told, "--lang", "en"], 0);
    for line in ["Agreements to expect", "32.0", "this claims no cause", "Past mediation"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let page = text(&trial.path("report.html"));
    let (said, _) = trial.check(&["--history", &told, "--lang", "zh", "--html", &page], 0);
    let page = fs::read_to_string(page).unwrap();
    for line in ["预计达成的协议", "不说明因果", "历史上的调解成功率", "从未起作用的规则"]
    {
        assert!(said.contains(line) && page.contains(line), "{line}: {said}");
    }
    // Fewer than may be lost, and more.
    let budget = trial.file("budget.toml", "agreements-lost-share = 0.4");
    trial.check(&["--history", &told, "--budget", &budget], 0);
    let budget = trial.file("budget.toml", "agreements-lost-share = 0.3");
    let (said, _) = trial.check(&["--history", &told, "--budget", &budget, "--lang", "en"], 1);
    assert!(said.contains("agreements-lost-share is 37.50 %, asked was at most 30.00 %"), "{said}");
    let (_, said) = trial.check(&["--budget", &budget], 2);
    assert!(said.contains("the budget bounds `agreements-lost-share`, which needs --history EVENTS"), "{said}");
}

#[test]
fn of_too_little_nothing_is_estimated_and_that_is_said() {
    let trial = Trial::new();
    let told = [history("trade_mediation", 0, 29, 29), history("town_mediation", 0, 100, 50)].concat();
    let told = trial.file("history.ndjson", told);
    let figures = trial.figures(&["--history", &told], 0);
    let outcomes = &figures["outcomes"];
    assert_eq!((&outcomes["cases_estimated"], &outcomes["cases_with_too_little_data"]), (&json!(0), &json!(40)));
    assert_eq!(outcomes["moves"][0]["baseline"], Value::Null);
    let (said, _) = trial.check(&["--history", &told, "--lang", "en"], 0);
    assert!(said.contains("TOO LITTLE DATA for 40 of the cases that go elsewhere"), "{said}");
    // What nothing can be said of breaks no budget.
    let budget = trial.file("budget.toml", "agreements-lost-share = 0.0");
    trial.check(&["--history", &told, "--budget", &budget], 0);
    for (content, said) in [
        ("", "holds no events of cases"),
        ("{\"type\": \"case.registered\"}\n", "line 1 is no event of a case; `maple events export` writes them"),
        ("\n{\"case\": {}}\n", "line 2 is no event"),
        ("no json", "line 1 is no event"),
    ] {
        let wrong = trial.file("wrong.ndjson", content);
        let (_, err) = trial.check(&["--history", &wrong], 2);
        assert!(err.contains(said), "{content}: {err}");
    }
    let (_, err) = trial.check(&["--history", "no-such.ndjson"], 3);
    assert!(err.contains("no-such.ndjson"), "{err}");
}

#[test]
fn mediation_falls_to_the_stations_that_are_given() {
    let trial = Trial::new();
    let sheet =
        "station,locality,mediator,capacity,cadence_days,kinds\ns-east,land/east,m-1,4,1,\ns-land,land,m-2,9,1,\n";
    let roster = trial.file("roster.csv", sheet);
    let figures = trial.figures(&["--stations", &roster], 0);
    let load = json!([{ "station": "s-east", "baseline": 40, "candidate": 40, "capacity": 4 }]);
    assert_eq!(figures["stations"], load);
    assert_eq!(trial.figures(&[], 0)["stations"], Value::Null);
    let (said, _) = trial.check(&["--stations", &roster, "--lang", "en"], 0);
    assert!(said.contains("Mediation by station") && said.contains("s-east"), "{said}");
    let budget = trial.file("budget.toml", "station-load-ratio = 1.0");
    trial.check(&["--stations", &roster, "--budget", &budget], 0);
    let budget = trial.file("budget.toml", "station-load-ratio = 0.9");
    trial.check(&["--stations", &roster, "--budget", &budget], 1);
    let (_, said) = trial.check(&["--budget", &budget], 2);
    assert!(said.contains("the budget bounds `station-load-ratio`, which needs --stations FILE"), "{said}");
    for (content, said) in [
        ("station,locality\n", "the column `mediator` is missing"),
        (&*sheet.replace("land/east", "nowhere"), "line 2: "),
        ("station,locality,mediator,capacity,cadence_days\ns,,m-1,4,1\n", "says of no station where it is"),
    ] {
        let wrong = trial.file("wrong.csv", content);
        let (_, err) = trial.check(&["--stations", &wrong], 2);
        assert!(err.contains(said), "{content}: {err}");
    }
}

#[test]
fn rules_that_are_never_at_work_are_told_by_side() {
    let trial = Trial::new();
    // All cases are of two people: the rule for groups is at work where a group begins at two.
    let file = trial.candidate.path().join("land/east/trade.toml");
    replace(&file, "when = { people = { above = 10 } }", "when = { people = { above = 1 } }");
    let figures = trial.figures(&[], 0);
    let named = |side: &str| -> Vec<String> {
        let rules = figures["rules_silent"][side]["rules"].as_array().unwrap();
        rules.iter().map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert!(named("baseline").contains(&"E2".to_owned()), "{figures:#}");
    assert!(!named("candidate").contains(&"E2".to_owned()), "{figures:#}");
    // What decides where all of them go is at work under both.
    assert!(!named("baseline").contains(&"E1".to_owned()) && !named("candidate").contains(&"E1".to_owned()));
    let asked = figures["rules_silent"]["candidate"]["policies_never_asked"].as_array().unwrap();
    assert!(asked.iter().any(|policy| policy.as_str().unwrap().starts_with("land/west")), "{figures:#}");
    // A budget bounds those of the candidate.
    let rule = "\n[[rule]]\nid = \"E9\"\nsummary = { zh = \"无\", en = \"Never\" }\nwhen = { people = { above = 1000 } }\n\
                then = [ { prefer = \"trade_mediation\", weight = 1 } ]\n";
    fs::write(&file, fs::read_to_string(&file).unwrap().replacen("\n[[case]]", &format!("{rule}\n[[case]]"), 1))
        .unwrap();
    let silent = trial.figures(&[], 0)["rules_silent"]["candidate"]["rules"].as_array().unwrap().len();
    let budget = trial.file("budget.toml", format!("rules-silent = {silent}"));
    trial.check(&["--budget", &budget], 0);
    let budget = trial.file("budget.toml", format!("rules-silent = {}", silent - 1));
    trial.check(&["--budget", &budget], 1);
}

/// The questions of the made-up county lie where they are told to, and its events are their history.
#[test]
fn the_made_up_county_asks_questions_and_knows_what_came_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let [questions, events] = ["questions.ndjson", "events.ndjson"].map(|name| text(&folder.path().join(name)));
    let county = ["demo", "--cases", "3000", "--seed", "3", "--to", "2026-10-31"];
    check(&[&county[..], &["--questions", &questions, "--locality", "cn/zhejiang/jinhua/yongkang"]].concat(), 0);
    check(&[&county[..], &["--out", &events]].concat(), 0);
    let words = ["backtest", "--cases", &questions, "--history", &events, "--candidate", "policies", "--json"];
    let (said, _) = check(&words, 0);
    let figures: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(figures["cases"], json!({ "compared": 3000, "changed": 0, "unchanged": 3000, "refused": 0 }));
    assert_eq!(figures["localities"]["cn/zhejiang/jinhua/yongkang"]["cases"], 3000);
    let outcomes = &figures["outcomes"];
    assert_eq!(outcomes["disputes"], 3000);
    let share = outcomes["history"]["agreed"].as_f64().unwrap() / outcomes["history"]["ended"].as_f64().unwrap();
    assert!((0.72..0.84).contains(&share), "the county agrees in 78 of a hundred: {share}");
    let shares = outcomes["shares"].as_array().unwrap();
    assert!(shares.iter().any(|one| one["band"] == "to_50000"), "{outcomes:#}");
    assert!(shares.iter().all(|one| one["ended"].as_u64().unwrap() >= 30));
    // The same county again is the same file.
    let again = text(&folder.path().join("again.ndjson"));
    check(&[&county[..], &["--questions", &again, "--locality", "cn/zhejiang/jinhua/yongkang"]].concat(), 0);
    assert_eq!(fs::read(&questions).unwrap(), fs::read(&again).unwrap());
    let (_, said) = check(&["demo", "--locality", "cn"], 2);
    assert!(said.contains("--questions"), "{said}");
}
