//! What a plan knows of cases from their decisions, and what of it holds when the world moves: another plan, somebody
//! who falls ill, an event under a borrowed name, more mediators than are listed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Instant};

use fixture::{
    desk::{Desk, calm, desk_of},
    fits,
    pages::{form, held},
    planning::{accept, event, get, given, mediator, plan, roster, send, stage, tell},
    question,
};
use jiff::{Timestamp, civil::date};
use maple_server::{Governance, MEDIATORS_COUNT_MAX, STAFF_ROWS_COUNT_MAX};
use maple_store::{Mediator, Roster, Station};
use serde_json::{Value, json};

const CITY: &str = "cn/zhejiang/jinhua";
const OWN: [(&str, &str); 3] = [("host", "maple:1"), ("origin", "http://maple:1"), ("accept-language", "en")];
/// Twenty days from the day on which a case came.
const RULES: &str = "[[rule]]\nid = \"Z1\"\nsummary = { zh = \"浙江\", en = \"Zhejiang\" }\n\
    then = [{ offer = \"labour_mediation\", skills = [\"evaluation\", \"lang_ar\"] }, \
    { clock = \"mediation_limit\", from = \"filed\", span = \"20 days\" }]\nbasis = [\"cn.labour.5\"]\n\
    [[rule]]\nid = \"Z2\"\nsummary = { zh = \"时效\", en = \"limitation\" }\n\
    then = [{ clock = \"limitation\", from = \"filed\", span = \"2 days\" }]\nbasis = [\"cn.labour.5\"]\n";

/// A desk at which decisions ask for a skill and a language, and say by when.
fn desk() -> Desk {
    let words = format!(
        "{}\n[skill.evaluation]\ntitle = {{ zh = \"评估\", en = \"evaluation\" }}\n\
         [skill.\"lang_*\"]\ntitle = {{ zh = \"语言\", en = \"language\" }}\n\
         [clock.mediation_limit]\ntitle = {{ zh = \"调解期限\", en = \"limit of mediation\" }}\nkind = \"service\"\n\
         [clock.limitation]\ntitle = {{ zh = \"时效\", en = \"limitation\" }}\nkind = \"limitation\"\n",
        include_str!("fixture/policies/words.toml")
    );
    let localities = format!(
        "{}\n[[locality]]\nid = \"{CITY}\"\ntitle = {{ zh = \"金华\", en = \"Jinhua\" }}\ncode = \"330700\"\n",
        include_str!("fixture/policies/localities.toml")
    );
    let files = [("words.toml", &*words), ("localities.toml", &localities), ("cn/more.toml", RULES)];
    desk_of(calm(&files), Governance::default(), false)
}

/// Decides a case that came on a day; the id of the decision.
async fn decided(desk: &Desk, filed: &str) -> String {
    let mut question = question();
    question["case"]["locality"] = json!(CITY);
    question["case"]["filed"] = json!(filed);
    let answer = desk.service.evaluate(&question).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = answer.json()["decision"].clone();
    assert_eq!(decision["clocks"].as_array().unwrap().len(), 2, "{decision}");
    decision["id"].as_str().unwrap().to_owned()
}

/// Cases to whose mediation everybody agreed, each routed by a decision or by none.
async fn waiting(desk: &Desk, cases: &[(String, Option<&str>)]) {
    let yes = json!({ "party": "respondent", "consent": "yes" });
    for some in cases.chunks(400) {
        let events = some.iter().flat_map(|(case, decision)| {
            let data = json!({ "locality": CITY, "kind": "labour.wage", "decision": decision });
            let data = data.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
            let data: serde_json::Map<_, _> = data.map(|(name, value)| (name.clone(), value.clone())).collect();
            let first = event("0", case, "case.registered", 0, Value::Object(data));
            [first, event("1", case, "consent.recorded", 1, yes.clone())]
        });
        tell(desk, &events.collect::<Vec<_>>()).await;
    }
}

async fn waits(desk: &Desk, case: &str, decision: Option<&str>) {
    waiting(desk, &[(case.to_owned(), decision)]).await;
}

fn able(id: &str) -> Value {
    mediator(id, "st-1", json!({ "skills": ["evaluation"], "languages": ["ar"] }))
}

/// The words for which a case stands where it does.
fn reasons(plan: &Value, case: &str) -> Vec<String> {
    let one = plan["placements"].as_array().unwrap().iter().find(|one| one["case"] == case).unwrap();
    let reasons = one["reasons"].as_array().unwrap().iter();
    reasons.map(|one| one["text"]["en"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_not_said_is_read_from_the_decision_field_by_field() {
    let desk = desk();
    let plain = mediator("m-1", "st-1", json!({}));
    roster(&desk, &[("st-1", CITY)], &[plain, able("m-2")]).await;
    let decision = decided(&desk, "2026-11-20").await;
    waits(&desk, "c-1", Some(&decision)).await;
    let made = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!((given(&made), &made["needs"]), (vec![("c-1", "m-2")], &json!({ "known": 1, "unknown": 0 })));
    // Of the clock of the mediation, and not of the party's, which is over.
    assert!(reasons(&made, "c-1").contains(&"In time; days left: 17".to_owned()), "{made}");
    let alone = |need: Value| json!({ "locality": CITY, "needs": { "c-1": need } });
    for (need, bar, spare) in [
        (json!({ "skills": [] }), Some("language"), 17),
        (json!({ "languages": [] }), Some("skill"), 17),
        (json!({ "skills": [], "languages": [] }), None, 17),
        (json!({ "due": "2026-11-25" }), Some("skill"), 2),
        (json!({ "skills": ["lang_ar"] }), Some("language"), 17),
        (json!({ "languages": ["fr"], "due": "2026-11-25" }), Some("skill"), 2),
    ] {
        let made = plan(&desk, &alone(need.clone())).await;
        if need["languages"] != json!(["fr"]) {
            let left = format!("In time; days left: {spare}");
            assert!(reasons(&made, "c-1").contains(&left), "{need} {made}");
        }
        roster(&desk, &[], &[mediator("m-2", "st-1", json!({ "capacity": 0 }))]).await;
        let made = plan(&desk, &alone(need.clone())).await;
        let code = made["unplaced"][0]["bars"].as_array().map(|bars| bars.iter().map(|bar| bar["code"].clone()));
        match bar {
            Some(bar) => assert!(code.unwrap().any(|code| code == bar), "{need} {made}"),
            None => assert_eq!(given(&made), [("c-1", "m-1")], "{need}"),
        }
        roster(&desk, &[], &[able("m-2")]).await;
    }
    // Of what no decision is known, nothing is known but what is said.
    waits(&desk, "c-2", None).await;
    waits(&desk, "c-3", Some("d-none")).await;
    let whole = json!({ "skills": [], "languages": [], "due": "2026-12-01" });
    let made = plan(&desk, &json!({ "locality": CITY, "needs": { "c-2": whole } })).await;
    assert_eq!(made["needs"], json!({ "known": 2, "unknown": 1 }));
    assert!(reasons(&made, "c-3").contains(&"No statutory day".to_owned()), "{made}");
}

#[tokio::test]
async fn an_overdue_case_goes_first_and_is_not_without_a_clock() {
    let desk = desk();
    let one = json!({ "skills": ["evaluation"], "languages": ["ar"], "capacity": 1 });
    roster(&desk, &[("st-1", CITY)], &[mediator("m-1", "st-1", one)]).await;
    let (over, live) = (decided(&desk, "2026-10-20").await, decided(&desk, "2026-11-20").await);
    waits(&desk, "c-1", Some(&live)).await;
    waits(&desk, "c-2", None).await;
    waits(&desk, "c-3", Some(&over)).await;
    let made = plan(&desk, &json!({ "locality": CITY, "horizon_days": 0 })).await;
    assert_eq!(given(&made), [("c-3", "m-1")]);
    assert!(reasons(&made, "c-3")[1].starts_with("Late by days: 14"), "{made}");
    let queue = get(&desk, &format!("/v1/insight/station?locality={CITY}")).await.json()["queue"].clone();
    assert_eq!(queue["limits"], json!({ "of": 3, "known": 2, "next": "2026-12-10", "passed": 1 }));
    let shown = queue["cases"][0]["limit"].clone();
    assert_eq!((&shown["code"], &shown["for"]), (&json!("mediation_limit"), &json!("taking_up")));
    // Of what lies longer ago than a plan knows, the plan is made all the same.
    let ancient = decided(&desk, "2001-01-01").await;
    waits(&desk, "c-4", Some(&ancient)).await;
    let made = plan(&desk, &json!({ "locality": CITY, "horizon_days": 0, "cases": ["c-4"] })).await;
    assert!(reasons(&made, "c-4")[1].starts_with("Late by days: 3650"), "{made}");
}

#[tokio::test]
async fn every_waiting_case_has_its_day_and_the_page_knows_it_too() {
    let desk = desk();
    let wide = json!({ "skills": ["evaluation"], "languages": ["ar"], "capacity": 500 });
    roster(&desk, &[("st-1", CITY)], &[mediator("m-1", "st-1", wide)]).await;
    let decision = decided(&desk, "2026-11-20").await;
    let mut cases: Vec<_> = (0..300).map(|at| (format!("a-{at:03}"), None)).collect();
    cases.push(("z-1".to_owned(), Some(&*decision)));
    waiting(&desk, &cases).await;
    let made = plan(&desk, &json!({ "locality": CITY })).await;
    assert!(reasons(&made, "z-1").contains(&"In time; days left: 17".to_owned()));
    let sent = form(&desk, "/station/plan", &format!("locality={CITY}"), &OWN).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let path = sent.header("location").to_owned();
    let page = held(&get(&desk, &format!("{path}?lang=en")).await, 200);
    assert!(page.contains("days left: 17") && page.contains("no decision to read"), "{page}");
    let again = get(&desk, &format!("/v1{}", path.strip_prefix("/station").unwrap())).await.json();
    assert_eq!((&again["needs"], &again["objective"]), (&json!({ "known": 1, "unknown": 300 }), &made["objective"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_plans_accepted_at_once_one_has_each_case() {
    let desk = desk();
    let wide = json!({ "capacity": 50 });
    let people = ["m-1", "m-2"].map(|id| mediator(id, "st-1", wide.clone()));
    roster(&desk, &[("st-1", CITY)], &people).await;
    for round in 0..10 {
        let cases: Vec<_> = (0..5).map(|at| (format!("c-{round}-{at}"), None)).collect();
        waiting(&desk, &cases).await;
        let ids: Vec<&String> = cases.iter().map(|(id, _)| id).collect();
        let question = json!({ "locality": CITY, "cases": ids });
        let (first, second) = (plan(&desk, &question).await, plan(&desk, &question).await);
        let (one, other) = tokio::join!(accept(&desk, &first), accept(&desk, &second));
        let (one, other) = (one.json(), other.json());
        let mut assigned: BTreeMap<String, usize> = BTreeMap::new();
        for row in [&one, &other].into_iter().flat_map(|told| told["cases"].as_array().unwrap()) {
            let heard = row["status"] == "assigned";
            *assigned.entry(row["case"].as_str().unwrap().to_owned()).or_default() += usize::from(heard);
            assert!(heard || row["reason"]["code"] == "moved_on", "{row}");
        }
        assert_eq!(assigned.len(), 5, "{one} {other}");
        assert!(assigned.values().all(|times| *times == 1), "{one} {other}");
        // What was heard holds: one event each.
        for id in ids {
            let events = get(&desk, &format!("/v1/cases/{id}")).await.json()["events"].clone();
            let times = events.as_array().unwrap().iter().filter(|one| one["event"]["type"] == "case.assigned").count();
            assert_eq!(times, 1, "{events}");
        }
    }
}

#[tokio::test]
async fn when_one_falls_ill_only_that_ones_cases_move() {
    let desk = desk();
    let row = |id: &str| mediator(id, "st-1", json!({ "capacity": 6 }));
    roster(&desk, &[("st-1", CITY)], &["m-1", "m-2", "m-3", "m-4"].map(row)).await;
    let cases: Vec<_> = (0..12).map(|at| (format!("c-{at:02}"), None)).collect();
    waiting(&desk, &cases).await;
    let first = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!(accept(&desk, &first).await.json()["assigned"], 12);
    let had: BTreeMap<&str, &str> = given(&first).into_iter().collect();
    let ill = *had.values().next().unwrap();
    let theirs: Vec<&str> = had.iter().filter(|(_, who)| **who == ill).map(|(case, _)| *case).collect();
    // Nothing changed: nothing moves.
    let same = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!((given(&same), &same["objective"]["changes"]), (given(&first), &json!(0)));
    desk.clock.0.fetch_add(60_000, Ordering::Relaxed);
    let away = json!({ "capacity": 6, "leave": [{ "from": "2026-11-23", "to": "2027-02-28" }] });
    let notice = json!([{
        "specversion": "1.0", "id": "ill", "source": "/desk/1", "type": "capacity.changed", "subject": ill,
        "time": "2026-11-23T03:20:30Z", "data": away
    }]);
    tell(&desk, notice.as_array().unwrap()).await;
    let second = plan(&desk, &json!({ "locality": CITY })).await;
    let moved: Vec<&str> =
        given(&second).into_iter().filter(|(case, who)| had[case] != *who).map(|(case, _)| case).collect();
    assert_eq!((given(&second).len(), moved), (12, theirs.clone()));
    assert_eq!(second["objective"]["changes"], theirs.len());
    let told = accept(&desk, &second).await.json();
    assert_eq!((&told["assigned"], &told["kept"]), (&json!(theirs.len()), &json!(12 - theirs.len())));
    assert_ne!(stage(&desk, theirs[0]).await.1, ill);
}

/// So many mediators at one station, put there as rows; with a leave of each own where that is wanted.
fn fill(desk: &Desk, count: u32, apart: bool) {
    let changed = Timestamp::from_second(1_795_400_000).unwrap();
    let leave = |at: u32| {
        let first = date(2000, 1, 1).checked_add(jiff::ToSpan::days(i64::from(at))).unwrap();
        (first, first)
    };
    let row = |at: u32| Mediator {
        id: format!("m-{at:05}"),
        station: "st-1".to_owned(),
        skills: vec!["evaluation".to_owned()],
        languages: Vec::new(),
        kinds: Vec::new(),
        capacity: 1,
        plan_max: None,
        cadence_days: 7,
        leave: if apart { vec![leave(at)] } else { Vec::new() },
        conflicts: Vec::new(),
        changed,
    };
    let station = Station { id: "st-1".to_owned(), locality: CITY.to_owned(), changed };
    let roster = Roster { stations: vec![station], mediators: (0..count).map(row).collect() };
    desk.store.roster_put(&roster).unwrap();
}

#[tokio::test]
async fn as_many_mediators_are_listed_as_may_be_and_all_are_counted() {
    let desk = desk();
    fill(&desk, MEDIATORS_COUNT_MAX, false);
    let listed = get(&desk, "/v1/stations").await;
    assert_eq!(listed.status, 200);
    let rows = listed.json()["stations"][0]["mediators"].as_array().unwrap().len();
    assert_eq!(rows, usize::try_from(MEDIATORS_COUNT_MAX).unwrap());
    fill(&desk, MEDIATORS_COUNT_MAX + 1, false);
    let problem = get(&desk, "/v1/stations").await.is_problem(400, "invalid-query");
    assert!(problem["detail"].as_str().unwrap().contains("`count`"), "{problem}");
    // The desk counts them without a list.
    let station = async || {
        let told = get(&desk, &format!("/v1/insight/station?locality={CITY}")).await.json();
        fits("Station", &told);
        (told["stations"][0]["mediators"].clone(), told["more_mediators"].clone(), told["people"]["mediators"].clone())
    };
    let all = json!(MEDIATORS_COUNT_MAX + 1);
    assert_eq!(station().await, (all.clone(), json!(false), all));
    // Where each has a leave of their own, there is an end to it, which is told.
    let most = u32::try_from(STAFF_ROWS_COUNT_MAX).unwrap();
    let desk = self::desk();
    fill(&desk, most, true);
    let told = get(&desk, &format!("/v1/insight/station?locality={CITY}")).await.json();
    assert_eq!((&told["stations"][0]["mediators"], &told["more_mediators"]), (&json!(most), &json!(false)));
    fill(&desk, most + 1, true);
    let told = get(&desk, &format!("/v1/insight/station?locality={CITY}")).await.json();
    assert_eq!((&told["stations"][0]["mediators"], &told["more_mediators"]), (&json!(most), &json!(true)));
    let page = held(&get(&desk, &format!("/station?lang=en&locality={CITY}")).await, 200);
    assert!(page.contains("too many mediators"), "{page}");
}

#[tokio::test]
async fn the_desk_is_a_file_too() {
    let desk = desk();
    let away = json!({ "leave": [{ "from": "2026-11-01", "to": "2026-12-31" }], "languages": ["fr"] });
    roster(&desk, &[("st-1", CITY)], &[able("m-1"), mediator("m-2", "st-1", away)]).await;
    waits(&desk, "c-1", None).await;
    let answer = get(&desk, &format!("/station.csv?locality={CITY}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"maple-station.csv\"");
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("of,locality,code,title_zh,title_en,waiting,"), "{text}");
    let cells = lines[1].split(',').collect::<Vec<_>>();
    assert_eq!(cells[..6], ["queue", CITY, "", "金华", "Jinhua", "1"]);
    // From 08:00 on the twentieth until 03:20 on the twenty-third.
    assert!((cells[6].parse::<f64>().unwrap() - (67.0 + 1.0 / 3.0)).abs() < 1e-9, "{text}");
    assert_eq!(
        lines[2..],
        [
            format!("station,{CITY},st-1,金华,Jinhua,,,,,0,2,1,5,0"),
            format!("people,{CITY},,金华,Jinhua,,,,,,2,1,5,"),
            format!("skill,{CITY},evaluation,评估,evaluation,,,,,,1,1,,"),
            format!("language,{CITY},ar,,,,,,,,1,1,,"),
            format!("language,{CITY},fr,,,,,,,,1,0,,"),
        ]
    );
    assert!(held(&get(&desk, &format!("/station?locality={CITY}")).await, 200).contains("/station.csv?locality="));
    held(&get(&desk, "/station.csv?x=1").await, 400);
}

#[tokio::test]
#[ignore = "a measurement: run by hand"]
async fn time() {
    const CASES: usize = 5_000;
    let desk = desk();
    let row = |at: usize| {
        mediator(
            &format!("m-{at:03}"),
            "st-1",
            json!({ "skills": ["evaluation"], "languages": ["ar"], "capacity": 20 }),
        )
    };
    roster(&desk, &[("st-1", CITY)], &(0..500).map(row).collect::<Vec<_>>()).await;
    let mut ids = Vec::new();
    for _ in 0..CASES {
        ids.push(decided(&desk, "2026-11-20").await);
    }
    let cases: Vec<_> = ids.iter().enumerate().map(|(at, id)| (format!("c-{at:04}"), Some(&**id))).collect();
    waiting(&desk, &cases).await;
    for needs in ["from decisions", "said"] {
        let whole = json!({ "skills": [], "languages": [], "due": "2026-12-10" });
        let said: serde_json::Map<_, _> = cases.iter().map(|(id, _)| (id.clone(), whole.clone())).collect();
        let question = match needs {
            "said" => json!({ "locality": CITY, "needs": said }),
            _ => json!({ "locality": CITY }),
        };
        let begun = Instant::now();
        let answer = send(&desk, "/v1/plan", &question).await;
        println!("needs {needs}: {} in {:?}", answer.status, begun.elapsed());
        if needs == "said" {
            let begun = Instant::now();
            let told = accept(&desk, &answer.json()).await.json();
            println!("accepted: {} in {:?}", told["assigned"], begun.elapsed());
        }
    }
}
