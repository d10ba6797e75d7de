//! A made-up county fills a server, and what the server counts of it is counted anew from what it exports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;
use support::{Server, asked, check, maple, root, started, text};

impl Server {
    fn start(folder: &Path) -> Self {
        let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
        let config = folder.join("maple.toml");
        let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
        fs::write(&config, keys.concat()).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
        started(maple(&words))
    }

    fn map(&self, query: &str) -> Value {
        let (status, map) = asked(&self.address, "", &format!("GET /v1/insight/map?{query}"), "").unwrap();
        assert_eq!(status, 200, "{map}");
        map
    }
}

#[test]
fn a_county_is_counted_as_anybody_can_count_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url();
    let words = ["demo", "--cases", "6000", "--seed", "3", "--to", "2026-10-31", "--server", &url];
    let (said, _) = check(&words, 0);
    assert!(said.contains("a made-up county where nobody lives: 6000 disputes"), "{said}");
    // Told again, everything is known.
    let (again, _) = check(&words, 0);
    assert!(again.contains("0 events taken"), "{again}");

    let file = text(&folder.path().join("events.ndjson"));
    check(&["events", "export", "--out", &file, "--server", &url], 0);
    let periods = [("cn", "2025-11", "2026-10"), ("cn/demo/yuntan/chengdong", "2026-03", "2026-08")];
    for (place, from, to) in periods {
        let map = server.map(&format!("locality={place}&from={from}&to={to}"));
        let counted = recounted(&file, place, from, to);
        let mut shown = 0;
        for (indicator, counts) in counted.as_object().unwrap() {
            let figure = &map["figures"][indicator];
            let told = |name: &str| figure.get(name).and_then(Value::as_i64);
            let [part, whole] = [counts[0].as_i64(), counts[1].as_i64()];
            // What counts few is not told; what is told is right.
            if let Some(told) = told("part") {
                assert_eq!(Some(told), part, "{place} {indicator}: {figure}");
                shown += 1;
            }
            if let Some(told) = told("whole") {
                assert_eq!(Some(told), whole, "{place} {indicator}: {figure}");
            }
            let few = |count: Option<i64>| count.is_some_and(|count| count < 10);
            let rest = whole.zip(part).map(|(whole, part)| whole - part);
            let hides = few(part) || few(whole) || few(rest);
            assert_eq!(figure.get("suppressed").is_some(), hides, "{place} {indicator}: {figure} {counts}");
        }
        assert!(shown >= 8, "{map}");
    }
}

/// What a script of another language counts.
fn recounted(file: &str, place: &str, from: &str, to: &str) -> Value {
    let script = root().join("core/cli/tests/recount.py");
    let output = Command::new("python3").arg(script).args([file, place, from, to]).output();
    let output = output.expect("python3 counts the figures anew; install it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_server_that_is_killed_meanwhile_loses_nothing_that_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let whole = {
        let server = Server::start(folder.path());
        let url = server.url();
        let words = ["demo", "--cases", "4000", "--seed", "5", "--to", "2026-10-31", "--server", &url];
        let mut sending = maple(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Killed as soon as something was taken.
        loop {
            let (status, page) = asked(&server.address, "", "GET /v1/events?count=1", "").unwrap();
            assert_eq!(status, 200, "{page}");
            if page["events"].as_array().is_some_and(|events| !events.is_empty()) {
                break;
            }
        }
        drop(server);
        assert_ne!(sending.wait().unwrap().code(), Some(0));
        let server = Server::start(folder.path());
        let url = server.url();
        check(&["demo", "--cases", "4000", "--seed", "5", "--to", "2026-10-31", "--server", &url], 0);
        server.map("locality=cn/demo/yuntan&from=2025-11&to=2026-10")
    };
    let other = tempfile::tempdir().unwrap();
    let server = Server::start(other.path());
    let url = server.url();
    check(&["demo", "--cases", "4000", "--seed", "5", "--to", "2026-10-31", "--server", &url], 0);
    assert_eq!(server.map("locality=cn/demo/yuntan&from=2025-11&to=2026-10"), whole);
}

/// Asks until it is so.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = ask() {
            return found;
        }
        thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it did not become so in a minute");
}

#[test]
fn planted_clusters_are_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url();
    // Up to yesterday, so that the last cluster is not over by itself.
    check(&["demo", "--cases", "5000", "--seed", "11", "--server", &url], 0);
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    let signals = || ask("GET /v1/signals?all=true&count=1000", "").1["signals"].as_array().unwrap().clone();
    // Disputes are looked at in the order in which they came: the last cluster is found last.
    until(|| signals().iter().any(|signal| signal["rule"] == "S15").then_some(()));
    until(|| {
        let before = signals();
        thread::sleep(std::time::Duration::from_secs(2));
        (signals() == before).then_some(())
    });
    // That a season has come is told by the calendar.
    let (season, found): (Vec<Value>, Vec<Value>) = signals().into_iter().partition(|signal| signal["rule"] == "S10");
    assert!(season.iter().all(|signal| signal["level"] == "blue"), "{season:?}");
    let mut told: Vec<(String, String, String)> = found
        .iter()
        .map(|signal| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&signal["rule"]), text(&signal["subject"]["type"]), text(&signal["locality"]))
        })
        .collect();
    told.sort();
    told.dedup();
    let of = |rule: &str, sort: &str, town: &str| (rule.into(), sort.into(), format!("cn/demo/yuntan/{town}"));
    let wanted = [
        of("S01", "organisation", "nanling"),
        of("S02", "organisation", "chengdong"),
        of("S02", "organisation", "chengxi"),
        of("S02", "organisation", "nanling"),
        of("S15", "place", "beiping"),
    ];
    assert_eq!(told, wanted);
    let gym = found.iter().find(|signal| signal["locality"] == "cn/demo/yuntan/chengxi").unwrap();
    assert_eq!((&gym["level"], &gym["kind"]), (&"orange".into(), &"consumer.prepaid".into()));
    assert!(gym["cases"].as_i64().is_some_and(|cases| cases >= 25), "{gym}");
    assert!(gym["measures"].as_array().unwrap().iter().all(|measure| measure["title"]["zh"].is_string()), "{gym}");

    // What is over by itself is nobody's any more.
    let expired = format!("POST /v1/signals/{}", gym["id"].as_str().unwrap());
    assert_eq!((&gym["state"], ask(&expired, r#"{ "state": "handled" }"#).0), (&"expired".into(), 409));
    // Somebody is at it, somebody has done it; then it is over.
    let road = found.iter().find(|signal| signal["rule"] == "S15").unwrap();
    let id = road["id"].as_str().unwrap();
    let head = format!("POST /v1/signals/{id}");
    let (status, now) = ask(&head, r#"{ "state": "acknowledged" }"#);
    assert_eq!((status, &now["state"]), (200, &"acknowledged".into()));
    assert_eq!(ask(&head, r#"{ "state": "handled" }"#).0, 200);
    assert_eq!(ask(&head, r#"{ "state": "false_alarm" }"#).0, 409);
    assert_eq!(ask(&head, r#"{ "state": "done" }"#).0, 422);
    assert_eq!(ask("POST /v1/signals/none", r#"{ "state": "handled" }"#).0, 404);
    assert_eq!(ask(&format!("GET /v1/signals/{id}"), "").1["state"], "handled");
    let open = ask("GET /v1/signals?all=true&state=raised&locality=cn/demo/yuntan/beiping", "").1;
    assert!(open["signals"].as_array().unwrap().iter().all(|signal| signal["rule"] == "S10"), "{open}");
    assert_eq!(ask("GET /v1/signals?state=open", "").0, 400);
}

/// How the loop was closed, counted anew by a script of another language from what the service tells of its signals.
#[test]
fn the_loop_is_counted_as_anybody_can_count_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    let hour_ago = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() - 3_600).unwrap().to_string();
    let mut events = Vec::new();
    let mut tell = |case: String, town: &str, kind: &str, about: (&str, String)| {
        let data =
            serde_json::json!({ "locality": format!("cn/zhejiang/jinhua/{town}"), "kind": kind, about.0: about.1 });
        events.push(serde_json::json!({
            "specversion": "1.0", "id": case, "source": "/desk", "type": "case.registered", "subject": case,
            "time": hour_ago, "data": data
        }));
    };
    for n in 0..24 {
        let town = if n < 13 { "yiwu" } else { "yongkang" };
        (0..5)
            .for_each(|c| tell(format!("o-{n}-{c}"), town, "consumer.prepaid", ("organisation", format!("shop-{n}"))));
    }
    for n in 0..12 {
        (0..2).for_each(|c| tell(format!("p-{n}-{c}"), "yiwu", "neighbour.nuisance", ("place", format!("yard-{n}"))));
    }
    for event in events {
        assert!([200, 202].contains(&ask("POST /v1/events", &event.to_string()).0));
    }
    let list = || ask("GET /v1/signals?all=true&count=1000", "").1["signals"].as_array().unwrap().clone();
    let of = |signals: &[Value], code: &str| -> Vec<String> {
        let some = signals.iter().filter(|signal| signal["signal"]["code"] == code);
        some.map(|signal| signal["id"].as_str().unwrap().to_owned()).collect()
    };
    until(|| {
        let now = list();
        (of(&now, "organisation_cluster").len() == 24 && of(&now, "repeat_dispute").len() == 12).then_some(())
    });
    // The last disputes are looked at, too, before anything is ended.
    until(|| {
        let before = list();
        thread::sleep(std::time::Duration::from_secs(2));
        (list() == before).then_some(())
    });
    let say = |id: &String, state: &str| {
        let (status, now) = ask(&format!("POST /v1/signals/{id}"), &format!("{{\"state\":\"{state}\"}}"));
        assert_eq!(status, 200, "{now}");
    };
    let raised = list();
    of(&raised, "organisation_cluster").iter().take(22).for_each(|id| say(id, "acknowledged"));
    of(&raised, "organisation_cluster").iter().take(12).for_each(|id| say(id, "handled"));
    of(&raised, "repeat_dispute").iter().take(10).for_each(|id| say(id, "false_alarm"));
    let file = folder.path().join("signals.ndjson");
    fs::write(&file, list().iter().map(|signal| format!("{signal}\n")).collect::<String>()).unwrap();
    let (status, board) = ask("GET /v1/insight/risk?locality=cn/zhejiang", "");
    assert_eq!(status, 200, "{board}");
    let (from, to) = (board["period"]["from"].as_str().unwrap(), board["period"]["to"].as_str().unwrap());
    let script = root().join("core/cli/tests/recount.py");
    let words = ["--signals", &text(&file), "cn/zhejiang", from, to];
    let output = Command::new("python3").arg(script).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(counted[""]["WARN_HANDLED"][0], 22, "{counted}");
    let rates = &board["rates"];
    let rows = rates["signals"].as_array().unwrap();
    let rows = rows.iter().map(|row| (row["signal"]["code"].as_str().unwrap(), &row["figures"]));
    let (mut shown, mut codes) = (0, 0);
    for (code, figures) in rows.chain([("", &rates["all"])]) {
        codes += 1;
        for (id, counts) in counted[code].as_object().unwrap() {
            let figure = &figures[id];
            let [part, whole] = [&counts[0], &counts[1]];
            if id.starts_with("WARN_TIME") {
                if let Some(value) = figure["value"].as_f64() {
                    assert!((value - part.as_f64().unwrap()).abs() < 1e-9, "{code} {id}: {figure} {counts}");
                    shown += 1;
                }
            } else if let Some(value) = figure["part"].as_i64() {
                assert_eq!(Some(value), part.as_i64(), "{code} {id}");
                shown += 1;
            }
            if let Some(value) = figure["whole"].as_i64() {
                assert_eq!(Some(value), whole.as_i64(), "{code} {id}");
            }
        }
    }
    assert_eq!(codes, counted.as_object().unwrap().len(), "{counted}");
    assert!(shown >= 5, "{rates}");
}

/// What the service counted over what happened reaches policies, is recorded, and a replay finds it.
#[test]
fn what_was_counted_decides_and_is_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    let tell = |number: u32, day: &str| {
        let event = serde_json::json!({
            "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk", "type": "case.registered",
            "subject": format!("c-{number}"), "time": format!("{day}T08:00:00+08:00"),
            "data": { "locality": "cn/zhejiang/jinhua/yongkang", "kind": "consumer.prepaid", "organisation": "gym-1" }
        });
        let (status, told) = ask("POST /v1/events", &event.to_string());
        assert_eq!(status, 200, "{told}");
    };
    let question = |about: &str| {
        format!(
            r#"{{ "case": {{ "id": "c-9", "locality": "cn/zhejiang/jinhua/yongkang", "kind": "consumer.prepaid",
               "parties": [ {{ "role": "applicant", "type": "natural" }}, {{ "role": "respondent", "type": "organisation" }} ] }},
               "as_of": "2026-10-20" {about} }}"#
        )
    };
    let rules = |about: &str| {
        let (status, reply) = ask("POST /v1/evaluate", &question(about));
        assert_eq!(status, 200, "{reply}");
        let signals = reply["decision"]["signals"].as_array().unwrap().clone();
        let rules: Vec<String> = signals.iter().map(|signal| signal["rule"].as_str().unwrap().to_owned()).collect();
        (rules, reply["decision"]["id"].as_str().unwrap().to_owned())
    };
    let about = r#", "about": { "organisation": "gym-1" }"#;
    for (number, day) in [(1, "2026-09-01"), (2, "2026-09-20"), (3, "2026-10-01"), (4, "2026-10-19")] {
        assert!(!rules(about).0.contains(&"S02".to_owned()));
        tell(number, day);
    }
    // Four before it and itself are five; what happened after that day and what is too old does not count.
    let (counted, id) = rules(about);
    assert!(counted.contains(&"S02".to_owned()), "{counted:?}");
    assert!(!rules("").0.contains(&"S02".to_owned()));
    assert!(!rules(r#", "about": { "organisation": "gym-2" }"#).0.contains(&"S02".to_owned()));
    tell(5, "2026-10-21");
    tell(6, "2026-06-01");
    let (_, record) = ask(&format!("GET /v1/decisions/{id}"), "");
    assert_eq!(record["input"]["context"]["complaints_org_90d"], 5, "{record}");
    assert!(!record.to_string().contains("gym-1"));
    let (status, again) = ask(&format!("POST /v1/decisions/{id}/replay"), "");
    assert_eq!((status, &again["same"]), (200, &true.into()), "{again}");
    // What was counted cannot be claimed.
    let (status, refused) = ask("POST /v1/evaluate", &question(r#", "context": { "complaints_org_90d": 50 }"#));
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &"/context".into()), "{refused}");
    let (status, refused) = ask("POST /v1/evaluate", &question(r#", "about": { "person": "x" }"#));
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &"/about/person".into()), "{refused}");
}

#[test]
fn the_same_county_is_written_to_a_file() {
    let write =
        |seed: &str| check(&["demo", "--cases", "200", "--seed", seed, "--to", "2026-10-31", "--out", "-"], 0).0;
    let lines = write("4");
    assert_eq!(lines, write("4"));
    assert_ne!(lines, write("5"));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["specversion"], &first["type"]), (&"1.0".into(), &"case.registered".into()));
}

#[test]
fn what_cannot_be_told_is_refused() {
    let (_, wrong) = check(&["demo", "--to", "2026-02-30", "--out", "-"], 2);
    assert!(wrong.contains("`--to 2026-02-30` is no day of the calendar"), "{wrong}");
    let (_, ahead) = check(&["demo", "--to", "2999-01-01", "--out", "-"], 2);
    assert!(ahead.contains("is not over yet"), "{ahead}");
    check(&["demo", "--cases", "0"], 2);
    let (_, nobody) = check(&["demo", "--cases", "100", "--server", "http://127.0.0.1:9"], 3);
    assert!(nobody.contains("cannot reach the server"), "{nobody}");
}

#[test]
fn the_county_has_people_and_what_waits_is_given_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url();
    let run = |words: &[&str], code| check(&[words, &["--server", &url]].concat(), code).0;
    let said = run(&["demo", "--cases", "3000", "--seed", "3", "--to", "2026-10-31"], 0);
    assert!(said.contains("78 mediators, by numbers"), "{said}");
    let listed = run(&["stations", "list", "--locality", "cn/demo/yuntan"], 0);
    assert_eq!(listed.lines().count(), 14, "{listed}");
    assert!(listed.contains("st-labour"), "{listed}");
    let plan = run(&["plan", "--locality", "cn/demo/yuntan"], 0);
    assert!(plan.contains("nothing is assigned yet") && plan.contains("m-st-"), "{plan}");
    let id = plan.split_whitespace().nth(1).unwrap();
    let done = run(&["plan", "--accept", id], 0);
    assert!(done.contains("0 left out"), "{done}");
    assert_eq!(run(&["plan", "--accept", id], 0), done);
    let again: Value = serde_json::from_str(&run(&["plan", "--accept", "--json"], 0)).unwrap();
    assert_eq!(again["assigned"], 0, "who was given a case keeps it: {again}");

    // A sheet as offices save it, with a line that is wrong.
    let sheet =
        "站点,地区,调解员编号,容量,结案间隔天数\nst-new,cn/demo/yuntan,m-1,5,7\nst-new,cn/demo/yuntan,m-2,5,0\n";
    let file = folder.path().join("名册.csv");
    fs::write(&file, encoding_rs::GB18030.encode(sheet).0).unwrap();
    let file = text(&file);
    let refused = run(&["stations", "import", &file], 2);
    assert!(refused.contains("line 3, cadence_days: `cadence_days` is a whole number from 1 to 365"), "{refused}");
    let partly = check(&["stations", "import", &file, "--partial", "--server", &url], 1);
    assert!(format!("{}{}", partly.0, partly.1).contains("1 stations and 1 mediators taken"), "{partly:?}");
    let listed: Value = serde_json::from_str(&run(&["stations", "list", "--json"], 0)).unwrap();
    assert_eq!(listed["stations"].as_array().unwrap().len(), 14);
}
