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
use support::{Server, asked, check, copy, copy_of, maple, replace, root, started, text};
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
    // What nothing can be said of breaks no budget and is named, unless the budget says that it fails.
    let budget = trial.file("budget.toml", "agreements-lost-share = 0.0");
    let (said, _) = trial.check(&["--history", &told, "--budget", &budget, "--lang", "en"], 0);
    let verdict = "what could be worked out is within the budget; not worked out: agreements-lost-share";
    assert!(said.contains(verdict) && said.contains("UNKNOWN"), "{said}");
    let page = text(&trial.path("report.html"));
    let figures = trial.figures(&["--history", &told, "--budget", &budget, "--lang", "en", "--html", &page], 0);
    assert_eq!((&figures["budget"][2]["verdict"], &figures["holds"]), (&json!("unknown"), &json!(true)), "{figures:#}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains(&format!("<p class=\"verdict unsure\">{verdict}</p>")), "{page}");
    let budget = trial.file("budget.toml", "agreements-lost-share = 0.0\nunknown = \"fail\"");
    let (said, _) = trial.check(&["--history", &told, "--budget", &budget, "--lang", "en"], 1);
    assert!(said.contains("the change breaks the budget: agreements-lost-share could not be worked out"), "{said}");
    // Where nobody goes elsewhere everything is known.
    let old = text(trial.baseline.path());
    let words = ["backtest", "--cases", &text(&trial.path("cases.ndjson")), "--baseline", &old, "--candidate", &old];
    check(&[&words[..], &["--history", &told, "--budget", &budget]].concat(), 0);
    for (content, said) in [
        ("", "holds no events of cases"),
        ("{\"type\": \"case.registered\"}\n", "line 1 is no event of a case; `maple events export` writes them"),
        ("\n{\"case\": {}}\n", "line 2 is no event"),
        ("no json", "line 1 is no event"),
        (
            "{\"event\": {\"type\": \"case.registered\", \"subject\": \"a\", \"time\": \"2026-01-01T00:00:00Z\"}}\n",
            "line 1 is no event",
        ),
        (
            "{\"event\": {\"type\": \"case.registered\", \"subject\": \"a\", \"time\": \"2026-01-01T00:00:00Z\"}, \"standing\": \"waiting\"}\n",
            "holds no events of cases: 1 did not count",
        ),
    ] {
        let wrong = trial.file("wrong.ndjson", content);
        let (_, err) = trial.check(&["--history", &wrong], 2);
        assert!(err.contains(said), "{content}: {err}");
    }
    let (_, err) = trial.check(&["--history", "no-such.ndjson"], 3);
    assert!(err.contains("no-such.ndjson"), "{err}");
}

/// A server with a database of its own.
fn serve(folder: &Path) -> Server {
    let config = folder.join("maple.toml");
    let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
    fs::write(&config, keys.concat()).unwrap();
    let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
    started(maple(&["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database]))
}

/// What a server keeps and exports is the history that was sent to it; what did not count there is left out.
#[test]
fn a_history_is_read_as_it_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| text(&folder.path().join(name));
    let server = serve(folder.path());
    let [sent, kept, cases] = ["sent.ndjson", "kept.ndjson", "cases.ndjson"].map(file);
    let county = ["demo", "--cases", "800", "--seed", "3", "--to", "2026-10-31"];
    check(&[&county[..], &["--out", &sent]].concat(), 0);
    check(&[&county[..], &["--server", &server.url()]].concat(), 0);
    check(&[&county[..], &["--questions", &cases, "--locality", "cn/zhejiang/jinhua/yongkang"]].concat(), 0);
    // Of a case that nobody registered: kept, and not counted.
    for (at, kind) in ["mediation.started", "mediation.failed"].into_iter().enumerate() {
        let event = json!({
            "specversion": "1.0", "id": format!("b-{at}"), "source": "/t", "type": kind, "subject": "early",
            "time": format!("2026-09-01T0{}:00:00Z", at + 1),
            "data": if at == 0 { json!({ "channel": "peoples_mediation" }) } else { json!({ "reason": "too_far_apart" }) },
        });
        let (status, said) = asked(&server.address, "", "POST /v1/events", &event.to_string()).unwrap();
        assert_eq!((status, &said["status"]), (202, &json!("waiting")), "{said}");
    }
    check(&["events", "export", "--out", &kept, "--server", &server.url()], 0);
    let lines = fs::read_to_string(&kept).unwrap();
    assert!(lines.lines().next().unwrap().starts_with("{\"event\":"), "{lines}");
    let applied = "\"standing\":\"applied\"";
    let uncounted = lines.lines().filter(|line| !line.contains(applied)).count();
    // The county has some of its own: mediation that went on after a party refused it.
    assert!(uncounted >= 2, "{uncounted}");
    let outcomes = |history: &str| {
        let words = ["backtest", "--cases", &cases, "--history", history, "--candidate", "policies", "--json"];
        let figures: Value = serde_json::from_str(&check(&words, 0).0).unwrap();
        figures["outcomes"].clone()
    };
    // An agreement that did not count is none.
    let (mut fewer, mut taken) = (String::new(), false);
    for line in lines.lines() {
        let this = !taken && line.contains("\"type\":\"agreement.recorded\"");
        taken |= this;
        let line = if this { line.replace(applied, "\"standing\":\"waiting\"") } else { line.to_owned() };
        writeln!(fewer, "{line}").unwrap();
    }
    fs::write(file("fewer.ndjson"), fewer).unwrap();
    let (sent, kept, fewer) = (outcomes(&sent), outcomes(&kept), outcomes(&file("fewer.ndjson")));
    let agreed = |of: &Value| of["history"]["agreed"].as_u64().unwrap();
    assert_eq!((agreed(&fewer) + 1, &fewer["events_not_counted"]), (agreed(&kept), &json!(uncounted + 1)));
    assert_eq!((&sent["shares"], &sent["history"]), (&kept["shares"], &kept["history"]));
    assert!(sent["history"]["ended"].as_u64().unwrap() > 400, "{sent:#}");
    assert_eq!((&sent["events_not_counted"], &kept["events_not_counted"]), (&json!(0), &json!(uncounted)));
    let words = ["backtest", "--cases", &cases, "--history", &file("kept.ndjson"), "--candidate", "policies"];
    let (said, _) = check(&[&words[..], &["--lang", "en"]].concat(), 0);
    assert!(said.contains(&format!("{uncounted} events of the history did not count")), "{said}");
}

/// What was counted when a decision was made is part of what was asked, and is given to both sides again.
#[test]
fn decisions_that_rest_on_what_was_counted_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let ask = |head: &str, body: &Value| asked(&server.address, "", head, &body.to_string()).unwrap();
    for day in 1..=4 {
        let event = json!({
            "specversion": "1.0", "id": format!("e-{day}"), "source": "/desk", "type": "case.registered",
            "subject": format!("c-{day}"), "time": format!("2026-10-0{day}T08:00:00+08:00"),
            "data": { "locality": "cn/zhejiang/jinhua/yongkang", "kind": "consumer.prepaid", "organisation": "gym-1" },
        });
        assert_eq!(ask("POST /v1/events", &event).0, 200);
    }
    let party = |role: &str, kind: &str| json!({ "role": role, "type": kind });
    let question = json!({
        "case": {
            "id": "c-9", "locality": "cn/zhejiang/jinhua/yongkang", "kind": "consumer.prepaid",
            "parties": [party("applicant", "natural"), party("respondent", "organisation")],
        },
        "as_of": "2026-10-20", "about": { "organisation": "gym-1" },
    });
    let (status, reply) = ask("POST /v1/evaluate", &question);
    let warned = |said: &Value| said["decision"]["signals"].to_string().contains("organisation_cluster");
    assert!(status == 200 && warned(&reply), "{reply}");
    // Six and not five: the warning goes.
    let candidate = folder.path().join("policies");
    copy(&root().join("policies"), &candidate);
    let (from, to) = ("complaints_org_90d = { min = 5 }", "complaints_org_90d = { min = 6 }");
    replace(&candidate.join("cn/prevention.toml"), from, to);
    let candidate = text(&candidate);
    let figures = |cases: &str, candidate: &str| -> Value {
        let words = ["backtest", "--cases", cases, "--candidate", candidate, "--json"];
        serde_json::from_str(&check(&words, 0).0).unwrap()
    };
    for format in ["ndjson", "parquet"] {
        let cases = text(&folder.path().join(format!("decisions.{format}")));
        check(&["decisions", "export", "--format", format, "--server", &server.url(), "--out", &cases], 0);
        let same = figures(&cases, "policies");
        let (compared, changed) = (&same["cases"]["compared"], &same["cases"]["changed"]);
        assert_eq!((compared, changed, &same["cases"]["refused"]), (&json!(1), &json!(0), &json!(0)), "{same:#}");
        assert_eq!(same["cases"]["about_not_counted"], 0);
        let other = figures(&cases, &candidate);
        assert_eq!(other["aspects"]["signals"]["cases"], 1, "{format}: {other:#}");
    }
    // Asked anew, nothing is counted over it, and that is said.
    let cases = text(&folder.path().join("cases.ndjson"));
    fs::write(&cases, format!("{question}\n")).unwrap();
    let other = figures(&cases, &candidate);
    assert_eq!((&other["cases"]["changed"], &other["cases"]["about_not_counted"]), (&json!(0), &json!(1)), "{other:#}");
    let (said, _) = check(&["backtest", "--cases", &cases, "--candidate", &candidate, "--lang", "en"], 0);
    assert!(
        said.contains("what a case is about (`about`) is said of 1 case: nothing is counted over it here"),
        "{said}"
    );
    // What was counted is claimed by a record alone.
    let mut claimed = question;
    claimed["context"] = json!({ "complaints_org_90d": 50 });
    fs::write(&cases, format!("{claimed}\n")).unwrap();
    let (_, said) = check(&["backtest", "--cases", &cases, "--candidate", "policies"], 2);
    assert!(said.contains("there is no field `context` here"), "{said}");
}

#[test]
fn mediation_falls_to_the_stations_that_are_given() {
    let trial = Trial::new();
    let sheet =
        "station,locality,mediator,capacity,cadence_days,kinds\ns-east,land/east,m-1,4,1,\ns-land,land,m-2,9,1,\n";
    let roster = trial.file("roster.csv", sheet);
    let both = ["--stations", &roster, "--station-channels", "trade_mediation,town_mediation"];
    let load = |old: u64, new: u64| json!([{ "station": "s-east", "baseline": old, "candidate": new, "capacity": 4 }]);
    assert_eq!(trial.figures(&both, 0)["stations"], load(40, 40));
    assert_eq!(trial.figures(&[], 0)["stations"], Value::Null);
    let (said, _) = trial.check(&[&both[..], &["--lang", "en"]].concat(), 0);
    assert!(said.contains("Mediation by station") && said.contains("s-east"), "{said}");
    let budget = trial.file("budget.toml", "station-load-ratio = 1.0");
    trial.check(&[&both[..], &["--budget", &budget]].concat(), 0);
    let budget = trial.file("budget.toml", "station-load-ratio = 0.9");
    trial.check(&[&both[..], &["--budget", &budget]].concat(), 1);
    let (_, said) = trial.check(&["--budget", &budget], 2);
    assert!(said.contains("the budget bounds `station-load-ratio`, which needs --stations FILE"), "{said}");
    for (content, said) in [
        ("station,locality\n", "the column `mediator` is missing"),
        (&*sheet.replace("land/east", "nowhere"), "line 2: "),
        ("station,locality,mediator,capacity,cadence_days\ns,,m-1,4,1\n", "says of no station where it is"),
    ] {
        let wrong = trial.file("wrong.csv", content);
        let (_, err) = trial.check(&["--stations", &wrong, "--station-channels", "town_mediation"], 2);
        assert!(err.contains(said), "{content}: {err}");
    }
}

/// The candidate sends the cases of the east to the town: where only one of the two channels is the stations', it takes all
/// of them away from the stations, or brings them there.
#[test]
fn what_falls_to_stations_depends_on_where_the_candidate_sends_cases() {
    let trial = Trial::new();
    let sheet = "station,locality,mediator,capacity,cadence_days,kinds\ns-east,land/east,m-1,4,1,\n";
    let roster = trial.file("roster.csv", sheet);
    let with = |channels: &str, more: &[&str], code: i32| {
        trial.check(&[&["--stations", &roster, "--station-channels", channels, "--lang", "en"], more].concat(), code).0
    };
    for (channel, old, new) in [("trade_mediation", 40, 0), ("town_mediation", 0, 40)] {
        let figures: Value = serde_json::from_str(&with(channel, &["--json"], 0)).unwrap();
        let load = json!([{ "station": "s-east", "baseline": old, "candidate": new, "capacity": 4 }]);
        assert_eq!(figures["stations"], load, "{channel}");
    }
    // From nothing to forty is more than any number of times as much.
    let budget = trial.file("budget.toml", "station-load-ratio = 1000000.0");
    with("trade_mediation", &["--budget", &budget], 0);
    let said = with("town_mediation", &["--budget", &budget], 1);
    assert!(said.contains("station-load-ratio is ∞, asked was at most 1000000.000"), "{said}");
    let figures: Value = serde_json::from_str(&with("town_mediation", &["--budget", &budget, "--json"], 1)).unwrap();
    let asked = figures["budget"].as_array().unwrap().iter().find(|one| one["figure"] == "station-load-ratio").unwrap();
    assert_eq!((&asked["verdict"], &asked["found"], &asked["holds"]), (&json!("broken"), &Value::Null, &json!(false)));
    for (more, said) in [
        (&[][..], "--stations needs --station-channels CHANNELS"),
        (&[], "mediation is town_mediation, trade_mediation"),
        (&["--station-channels", "court"], "`court` is no channel of mediation"),
        (&["--station-channels", "twn_mediation"], "did you mean `town_mediation`?"),
    ] {
        let (_, err) = trial.check(&[&["--stations", &roster], more].concat(), 2);
        assert!(err.contains(said), "{more:?}: {err}");
    }
    trial.check(&["--station-channels", "town_mediation"], 2);
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
    let cases = json!({ "compared": 3000, "changed": 0, "unchanged": 3000, "refused": 0, "about_not_counted": 0 });
    assert_eq!(figures["cases"], cases);
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
