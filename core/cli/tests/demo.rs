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
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;
use support::{Server, asked, check, maple, replace, root, started, text};

impl Server {
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, "")
    }

    /// With more in its configuration.
    fn start_with(folder: &Path, more: &str) -> Self {
        let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
        let config = folder.join("maple.toml");
        let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
        fs::write(&config, keys.concat() + more).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
        started(maple(&words))
    }

    fn optimise(&self, query: &str) -> Value {
        let (status, told) = asked(&self.address, "", &format!("GET /v1/insight/optimise?{query}"), "").unwrap();
        assert_eq!(status, 200, "{told}");
        told
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
        held_to(&counted["ways"], &server.optimise(&format!("locality={place}&from={from}&to={to}")), place);
        let (mut shown, mut covered) = (0, 0);
        for (indicator, counts) in counted.as_object().unwrap().iter().filter(|(name, _)| *name != "ways") {
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
            // No share is of more than all.
            assert!(whole.is_none_or(|whole| part <= Some(whole)), "{place} {indicator}: {counts}");
            let few = |count: Option<i64>| count.is_some_and(|count| count < 10);
            let rest = whole.zip(part).map(|(whole, part)| whole - part);
            let hides = few(part) || few(whole) || few(rest);
            let suppressed = figure.get("suppressed").is_some();
            assert!(suppressed || !hides, "{place} {indicator}: {figure} {counts}");
            // Hidden since it would give something else away.
            covered += usize::from(suppressed && !hides);
        }
        assert!(covered <= 4, "{place}: {covered} figures are hidden for others\n{map}");
        assert!(shown >= 8, "{map}");
    }
}

/// Every figure of the ways that is told is the one that the script counts; enough of them are told.
fn held_to(counted: &Value, told: &Value, place: &str) {
    let mut shown = 0;
    let mut same = |name: &str, told: &Value, counted: &Value| {
        if let Some(told) = told.as_i64() {
            assert_eq!(Some(told), counted.as_i64(), "{place} {name}");
            shown += 1;
        }
    };
    for step in told["funnel"]["steps"].as_array().unwrap() {
        let name = step["step"].as_str().unwrap();
        same(name, &step["count"], &counted["steps"][name]);
        let bounds = [(&step["at_least"], true), (&step["at_most"], false)];
        for (bound, least) in bounds.into_iter().filter_map(|(bound, least)| Some((bound.as_i64()?, least))) {
            let count = counted["steps"][name].as_i64().unwrap_or_default();
            assert!(if least { bound <= count } else { count <= bound }, "{place} {name}: {step} {count}");
        }
        if let Some(days) = step["days_median"].as_f64() {
            let counted = counted["days"][name].as_f64().unwrap();
            assert!((days - counted).abs() < 1e-9, "{place} {name}: {days} {counted}");
        }
    }
    for exit in told["funnel"]["exits"].as_array().unwrap() {
        let name = exit["exit"].as_str().unwrap();
        same(name, &exit["figure"]["part"], &counted["exits"][name]);
        for after in exit["after"].as_array().unwrap() {
            let name = format!("{name} {}", after["step"].as_str().unwrap());
            same(&name, &after["count"], &counted["exits_after"][&name]);
        }
    }
    for cell in told["success"].as_array().unwrap() {
        let name = format!("{} {}", cell["kind"].as_str().unwrap(), cell["channel"].as_str().unwrap());
        same(&name, &cell["figure"]["part"], &counted["success"][&name][0]);
        same(&name, &cell["figure"]["whole"], &counted["success"][&name][1]);
    }
    assert_eq!(told["success"].as_array().unwrap().len(), counted["success"].as_object().unwrap().len(), "{place}");
    assert!(shown >= 30, "{place}: only {shown} figures are told\n{told}");
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
    // What a station has at the moment is what it has once everything is told: until then nobody looks.
    let server = Server::start_with(folder.path(), "tick = false\n");
    let url = server.url();
    // Up to yesterday, so that the last cluster is not over by itself.
    check(&["demo", "--cases", "5000", "--seed", "11", "--server", &url], 0);
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    let signals = || {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = ask(&format!("GET /v1/signals?all=true&count=1000{after}"), "").1;
            all.extend(page["signals"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    };
    let looked = || serde_json::from_str::<Value>(&check(&["tick", "--json", "--server", &url], 0).0).unwrap();
    until(|| (looked()["looked"] == 0).then_some(()));
    // That a season has come is told by the calendar, more urgently where five came in a month.
    let (season, found): (Vec<Value>, Vec<Value>) = signals().into_iter().partition(|signal| signal["rule"] == "S10");
    // What one case says of its own times, and what is said of a station, are no clusters: they are found anew from the
    // events. A cluster is what several cases have in common.
    let (single, found): (Vec<Value>, Vec<Value>) = found
        .into_iter()
        .partition(|signal| ["case", "station"].contains(&signal["subject"]["type"].as_str().unwrap()));
    own_clocks(folder.path(), &server, &single, &season);
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
    let open = ask("GET /v1/signals?all=true&count=1000&state=raised&locality=cn/demo/yuntan/beiping", "").1;
    let shared = |signal: &Value| ["organisation", "place"].contains(&signal["subject"]["type"].as_str().unwrap());
    let open = open["signals"].as_array().unwrap();
    assert!(!open.is_empty() && !open.iter().any(shared), "{open:?}");
    assert_eq!(ask("GET /v1/signals?state=open", "").0, 400);
}

/// Holds signals of single cases and of stations against what another program finds in the exported events.
fn own_clocks(folder: &Path, server: &Server, told: &[Value], season: &[Value]) {
    let file = text(&folder.join("events.ndjson"));
    check(&["events", "export", "--out", &file, "--server", &server.url()], 0);
    let today = jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).date().to_string();
    let script = root().join("core/cli/tests/clocks.py");
    let output = Command::new("python3").arg(script).args([&file, &today]).output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let wanted: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = |value: &Value| -> BTreeSet<String> {
        value.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let of = |rule: &str| told.iter().filter(|signal| signal["rule"] == rule).collect::<Vec<_>>();
    let subject = |signal: &Value, part: &str| signal["subject"][part].as_str().unwrap().to_owned();
    for rule in ["S05", "S06", "S08"] {
        let found: BTreeSet<String> = of(rule).iter().map(|signal| subject(signal, "ref")).collect();
        let (must, may) = (words(&wanted["must"][rule]), words(&wanted["may"][rule]));
        assert!(must.is_subset(&found), "{rule}: {must:?} {found:?}");
        assert!(
            found.iter().all(|case| must.contains(case) || may.contains(case)),
            "{rule}: {must:?} {may:?} {found:?}"
        );
        assert!(of(rule).iter().all(|signal| signal["subject"]["type"] == "case"), "{rule}");
        assert!(!found.is_empty(), "{rule}");
    }
    let urgent = of("S06").into_iter().filter(|signal| signal["level"] != "blue");
    assert_eq!(urgent.map(|signal| subject(signal, "ref")).collect::<BTreeSet<_>>(), words(&wanted["yellow"]));
    let failed: BTreeSet<(String, String)> =
        of("S17").iter().map(|signal| (subject(signal, "type"), subject(signal, "ref"))).collect();
    let pairs = wanted["failed"].as_array().unwrap().iter();
    let pairs = pairs.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()));
    assert_eq!(failed, pairs.collect::<BTreeSet<_>>());
    let mut loaded = words(&wanted["waiting"]);
    let (_, stations) = asked(&server.address, "", "GET /v1/stations?count=1000", "").unwrap();
    for station in stations["stations"].as_array().unwrap() {
        let id = station["id"].as_str().unwrap();
        let capacities = station["mediators"].as_array().unwrap().iter();
        let capacities: BTreeMap<&str, u64> =
            capacities.map(|who| (who["id"].as_str().unwrap(), who["capacity"].as_u64().unwrap())).collect();
        let open = |who: &str| wanted["open"][id][who].as_u64().unwrap_or_default();
        let over = capacities.iter().any(|(who, capacity)| open(who) > *capacity);
        if over || station["open"].as_u64().unwrap() > capacities.values().sum() {
            loaded.insert(id.to_owned());
        }
    }
    assert_eq!(of("S16").iter().map(|signal| subject(signal, "ref")).collect::<BTreeSet<_>>(), loaded);
    let busy = season.iter().filter(|signal| signal["level"] != "blue").map(|signal| subject(signal, "ref"));
    assert_eq!(busy.collect::<BTreeSet<_>>(), words(&wanted["season"]));
    let known = ["S05", "S06", "S08", "S16", "S17"];
    let strange: Vec<_> = told.iter().filter(|signal| !known.contains(&signal["rule"].as_str().unwrap())).collect();
    assert!(strange.is_empty(), "{strange:?}");
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

/// Each suggestion of a place: its sort, what it rests on, its draft.
fn suggested(server: &Server, place: &str) -> Vec<(String, Value, Option<String>)> {
    // From the first month of the county to this one, in which the decisions were made.
    let now = jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).date().to_string();
    let told = server.optimise(&format!("locality={place}&from=2025-11&to={}", &now[..7]));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let all = told["suggestions"].as_array().unwrap().iter();
    all.map(|one| (text(&one["sort"]).unwrap(), one["evidence"].clone(), text(&one["draft"]["table"]))).collect()
}

#[test]
fn the_county_has_decisions_and_suggestions_of_each_sort_whose_drafts_hold() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let url = server.url();
    let words = ["demo", "--cases", "8000", "--seed", "7", "--to", "2026-10-31", "--server", &url];
    let (said, _) = check(&words, 0);
    assert!(said.contains("1000 of the disputes decided and recorded"), "{said}");
    let (again, _) = check(&words, 0);
    assert!(!again.contains("decided and recorded"), "what is known is not decided again: {again}");

    // The decision explorer has something to look into, and each decision leads to its case.
    let ask = |head: &str| asked(&server.address, "", head, "").unwrap();
    let listed = ask("GET /v1/decisions?locality=cn/demo/yuntan&count=1000").1;
    let decisions = listed["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 1_000);
    let kinds: BTreeSet<&str> = decisions.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.len() >= 20, "{kinds:?}");
    for one in decisions.iter().step_by(97) {
        let record = ask(&format!("GET /v1/decisions/{}", one["id"].as_str().unwrap())).1;
        let case = record["input"]["case"]["id"].as_str().unwrap();
        assert!(case.starts_with("demo-7-"), "{case}");
        assert_eq!(ask(&format!("GET /v1/cases/{case}")).0, 200, "{case}");
    }

    let of = |place: &str, sort: &str| {
        let all = suggested(&server, place).into_iter().filter(|one| one.0 == sort);
        all.map(|(_, evidence, _)| evidence).collect::<Vec<_>>()
    };
    assert!(!of("cn", "rule_never_spoke").is_empty());
    let better = of("cn/demo/yuntan", "channel_better");
    let traffic = better.iter().find(|one| one["kind"] == "traffic.injury").expect("a channel that is better");
    assert_eq!(traffic["channel"], "industry_mediation");
    assert!(better.iter().all(|one| one["kind"] != "consumer.goods"), "no difference is planted there: {better:?}");
    let behind = of("cn/demo/yuntan/chengxi", "kind_behind");
    assert_eq!(behind.iter().map(|one| &one["kind"]).collect::<Vec<_>>(), ["neighbour.boundary"]);
    assert!(of("cn/demo/yuntan/chengdong", "kind_behind").is_empty());

    // Each draft is a table that a project of its own may hold.
    let project = folder.path().join("tried");
    check(&["new", "tried", "--lang", "table", "--dir", &text(folder.path())], 0);
    // In force as long as the pack that rules of the country are from: they cite the law of each year.
    let pack = project.join("policies/cn/zhejiang/jinhua/yongkang/pack.toml");
    replace(&pack, "in-force-from = 2026-01-01", "in-force-from = 2013-01-01");
    let mut count = 0;
    for place in ["cn", "cn/demo/yuntan", "cn/demo/yuntan/chengxi"] {
        for (_, _, draft) in suggested(&server, place) {
            let file = project.join(format!("policies/cn/zhejiang/jinhua/yongkang/draft-{count}.toml"));
            fs::write(file, draft.expect("a draft")).unwrap();
            count += 1;
        }
    }
    assert!(count >= 3, "{count}");
    let (said, _) = check(&["check", &text(&project)], 0);
    assert!(said.contains("0 errors"), "{said}");
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

/// Folders of counties that have a server of their own.
fn own_folders() -> BTreeSet<String> {
    let all = fs::read_dir(root().join("target/maple")).unwrap().map(|entry| entry.unwrap().file_name());
    all.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.starts_with("demo-")).collect()
}

#[test]
fn without_a_server_the_county_has_one_of_its_own_and_leaves_nothing() {
    let before = own_folders();
    let mut server = started(maple(&["demo", "--cases", "400", "--to", "2026-10-31", "--listen", "127.0.0.1:0"]));
    // The last dispute comes last.
    let taken = (0..600).any(|_| {
        thread::sleep(std::time::Duration::from_millis(100));
        asked(&server.address, "", "GET /v1/cases/demo-7-0000400", "").unwrap().0 == 200
    });
    assert!(taken, "the county is not filled after a minute");
    assert!(own_folders().difference(&before).count() == 1);
    // Another cannot have the same address, and says so.
    let (_, said) = check(&["demo", "--cases", "400", "--listen", &server.address], 3);
    assert!(said.contains("cannot listen on"), "{said}");
    let asked = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
    assert!(asked.success() && server.child.wait().unwrap().success());
    assert_eq!(own_folders().difference(&before).count(), 0);
}
