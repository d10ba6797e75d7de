//! What happened to cases comes in as CloudEvents, once, in any order, and is counted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use axum::{body::Body, http::Request};
use fixture::{
    Answer,
    desk::{Desk, calm, desk, desk_of, token},
    fits,
};
use maple_server::{Governance, PLAN_SOURCE};
use maple_wire::{EVENTS_BYTES_MAX, EVENTS_COUNT_MAX};
use serde_json::{Value, json};

const ONE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

fn event(id: &str, case: &str, kind: &str, minute: u32, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/desk/1", "type": kind, "subject": case,
        "time": format!("2026-11-20T08:{minute:02}:00Z"), "data": data
    })
}

fn registered(id: &str, case: &str, place: &str) -> Value {
    event(id, case, "case.registered", 0, json!({ "locality": place, "kind": "labour.wage", "organisation": "org-7" }))
}

async fn tell(desk: &Desk, event: &Value) -> Answer {
    desk.send("/v1/events", ONE, None, event.to_string()).await
}

async fn tell_all(desk: &Desk, events: &[Value]) -> Value {
    let answer = desk.send("/v1/events", BATCH, None, json!(events).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    fits("EventsTaken", &answer.json());
    answer.json()
}

async fn get(desk: &Desk, path: &str) -> Answer {
    Answer::of(desk.service.call(Request::get(path).body(Body::empty()).unwrap()).await).await
}

#[tokio::test]
async fn an_event_is_taken_in_each_mode_and_counts_once() {
    let desk = desk();
    let first = tell(&desk, &registered("e-1", "c-1", "cn/zhejiang")).await;
    assert_eq!((first.status, first.json()), (200, json!({ "status": "applied", "stage": "registered" })));
    let again = tell(&desk, &registered("e-1", "c-1", "cn/zhejiang")).await;
    assert_eq!((again.status, again.json()), (200, json!({ "status": "duplicate" })));
    let apart = Request::post("/v1/events")
        .header("content-type", "application/json")
        .header("ce-specversion", "1.0")
        .header("ce-id", "e%2D2")
        .header("ce-source", "/desk/1")
        .header("ce-type", "consent.recorded")
        .header("ce-subject", "c-1")
        .header("ce-time", "2026-11-20T08:01:00Z")
        .body(Body::from(r#"{ "party": "respondent", "consent": "yes" }"#))
        .unwrap();
    let answer = Answer::of(desk.service.call(apart).await).await;
    assert_eq!((answer.status, &answer.json()["stage"]), (200, &json!("consented")), "{}", answer.text());
    let all = tell_all(
        &desk,
        &[
            event("e-3", "c-1", "case.assigned", 2, json!({ "station": "s-1", "mediator": "m-1" })),
            event("e-4", "c-1", "mediation.started", 3, json!({})),
            event("e-5", "c-1", "weather", 4, json!({})),
        ],
    )
    .await;
    assert_eq!(all["refused"], 1);
    let stages: Vec<_> = all["events"].as_array().unwrap().iter().map(|event| &event["stage"]).collect();
    assert_eq!(stages, [&json!("assigned"), &json!("in_mediation"), &Value::Null]);
    assert_eq!(all["events"][2]["problem"]["errors"][0]["pointer"], "/type");

    let case = get(&desk, "/v1/cases/c-1").await.json();
    fits("CaseState", &case["case"]);
    assert_eq!((&case["case"]["stage"], &case["case"]["mediator"]), (&json!("in_mediation"), &json!("m-1")));
    case["events"].as_array().unwrap().iter().for_each(|event| fits("KeptEvent", event));
    // References are kept as hashes.
    assert_eq!(case["case"]["organisation"].as_str().unwrap().len(), 32);
    assert!(!case.to_string().contains("org-7"));
    let listed = get(&desk, "/v1/cases?locality=cn/zhejiang&stage=in_mediation").await.json();
    assert_eq!(listed["cases"].as_array().unwrap().len(), 1);
    assert_eq!(get(&desk, "/v1/cases?stage=registered").await.json()["cases"], json!([]));
}

#[tokio::test]
async fn pages_of_events_hold_each_once() {
    let desk = desk();
    for n in 0..5 {
        tell(&desk, &registered(&format!("e-{n}"), &format!("c-{n}"), "cn/zhejiang")).await;
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = get(&desk, &format!("/v1/events?count=2{next}")).await.json();
        seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["event"]["id"].clone()));
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    assert_eq!(seen, ["e-0", "e-1", "e-2", "e-3", "e-4"]);
    get(&desk, "/v1/events?after=x").await.is_problem(400, "invalid-query");
    get(&desk, "/v1/cases?stage=regist").await.is_problem(400, "invalid-query");
    get(&desk, "/v1/cases/none").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn what_lacks_something_waits_and_what_cannot_be_is_refused() {
    let desk = desk();
    let early = tell(&desk, &event("e-9", "c-1", "agreement.performed", 9, json!({}))).await;
    assert_eq!(early.status, 202, "{}", early.text());
    assert_eq!(early.json(), json!({ "status": "waiting", "stage": null, "allowed": ["case.registered"] }));
    tell(&desk, &registered("e-1", "c-1", "cn/zhejiang")).await;
    let no = event("e-2", "c-1", "consent.recorded", 1, json!({ "party": "applicant", "consent": "no" }));
    assert_eq!(tell(&desk, &no).await.json()["stage"], "refused");
    let broken = tell(&desk, &event("e-3", "c-1", "mediation.started", 2, json!({}))).await;
    assert_eq!(broken.status, 409);
    let problem = broken.json();
    assert_eq!((&problem["type"], &problem["stage"]), (&json!("/problems/impossible-event"), &json!("refused")));
    assert!(problem["allowed"].as_array().unwrap().contains(&json!("case.filed_in_court")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("refused mediation"), "{problem}");
    fits("Impossible", &problem);
    let kept = get(&desk, "/v1/cases/c-1").await.json();
    assert_eq!(kept["events"].as_array().unwrap().len(), 4);
    // Another event with a known id.
    let other = event("e-2", "c-1", "case.filed_in_court", 5, json!({}));
    tell(&desk, &other).await.is_problem(409, "conflict");
    tell(&desk, &registered("e-4", "c-1", "cn/shanghai")).await;
    let twice = tell(&desk, &registered("e-5", "c-1", "cn/shanghai")).await;
    assert_eq!(twice.status, 409, "{}", twice.text());
}

#[tokio::test]
async fn bad_bodies_are_refused_with_the_way_out() {
    let desk = desk();
    let send = |kind: &'static str, body: String| desk.send("/v1/events", kind, None, body);
    send("text/plain", "x".to_owned()).await.is_problem(415, "unsupported-media-type");
    send(ONE, "{".to_owned()).await.is_problem(400, "invalid-json");
    send(ONE, "[]".to_owned()).await.is_problem(422, "invalid-request");
    send(BATCH, "{}".to_owned()).await.is_problem(422, "invalid-request");
    send(ONE, " ".repeat(EVENTS_BYTES_MAX + 1)).await.is_problem(413, "too-large");
    send("application/json", "{}".to_owned()).await.is_problem(422, "invalid-request");
    let many: Vec<Value> = (0..=EVENTS_COUNT_MAX).map(|n| json!({ "id": n })).collect();
    send(BATCH, json!(many).to_string()).await.is_problem(422, "invalid-request");
    // One ahead of the clock among good ones: the others are taken.
    let mut ahead = registered("e-2", "c-2", "cn/zhejiang");
    ahead["time"] = json!("2027-01-01T00:00:00Z");
    let all = tell_all(&desk, &[registered("e-1", "c-1", "cn/zhejiang"), ahead]).await;
    assert_eq!((&all["refused"], &all["events"][0]["status"]), (&json!(1), &json!("applied")));
    assert!(all["events"][1]["problem"]["detail"].as_str().unwrap().contains("look at the clocks"), "{all}");
}

#[tokio::test]
async fn a_county_tells_of_its_own_cases_only() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let zhejiang = token(&desk, "desk", &["evaluate"], "cn/zhejiang/**");
    let everywhere = token(&desk, "centre", &["evaluate", "auditor"], "**");
    let reader = token(&desk, "reader", &["auditor"], "cn/zhejiang/**");
    let send = |token: &str, event: &Value| {
        let (token, body) = (token.to_owned(), event.to_string());
        let desk = &desk;
        async move { desk.send("/v1/events", ONE, Some(&token), body).await }
    };
    assert_eq!(send(&zhejiang, &registered("e-1", "c-1", "cn/zhejiang")).await.status, 200);
    send(&zhejiang, &registered("e-2", "c-2", "cn/shanghai")).await.is_problem(403, "forbidden");
    assert_eq!(send(&everywhere, &registered("e-2", "c-2", "cn/shanghai")).await.status, 200);
    let of_others = event("e-3", "c-2", "offer.made", 1, json!({}));
    send(&zhejiang, &of_others).await.is_problem(403, "forbidden");
    // Registering it again elsewhere does not make it one's own.
    send(&zhejiang, &registered("e-4", "c-2", "cn/zhejiang")).await.is_problem(403, "forbidden");
    send(&zhejiang, &event("e-5", "unknown", "offer.made", 1, json!({}))).await.is_problem(403, "forbidden");
    send(&reader, &registered("e-6", "c-3", "cn/zhejiang")).await.is_problem(403, "forbidden");
    let read = async |path: &str, token: &str| {
        let request = Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty());
        Answer::of(desk.service.call(request.unwrap()).await).await.status
    };
    assert_eq!(read("/v1/cases/c-1", &reader).await, 200);
    assert_eq!(read("/v1/cases/c-2", &reader).await, 403);
    assert_eq!(read("/v1/cases", &reader).await, 403);
    assert_eq!(read("/v1/cases?locality=cn/zhejiang", &reader).await, 200);
    assert_eq!(read("/v1/events", &reader).await, 403);
    assert_eq!(read("/v1/events", &everywhere).await, 200);
    assert_eq!(read("/v1/cases", &zhejiang).await, 403);
}

/// As many cases of a place as are wanted, each with an agreement or without.
async fn cases(desk: &Desk, place: &str, agreed: usize, failed: usize) {
    let mut all = Vec::new();
    for n in 0..agreed + failed {
        let case = format!("{}-{n}", place.replace('/', "-"));
        let id = |step: u32| format!("{case}-{step}");
        all.push(registered(&id(0), &case, place));
        all.push(event(&id(1), &case, "case.assigned", 1, json!({ "station": "s-1" })));
        all.push(event(&id(2), &case, "mediation.started", 2, json!({})));
        all.push(if n < agreed {
            event(&id(3), &case, "agreement.recorded", 3, json!({ "form": "written" }))
        } else {
            event(&id(3), &case, "mediation.failed", 3, json!({ "reason": "too_far_apart" }))
        });
    }
    for some in all.chunks(400) {
        assert_eq!(tell_all(desk, some).await["refused"], 0);
    }
}

#[tokio::test]
async fn the_map_counts_what_happened_and_hides_what_counts_few() {
    let desk = desk_of(calm(&[]), Governance::default(), false);
    cases(&desk, "cn/zhejiang", 30, 20).await;
    cases(&desk, "cn/shanghai", 12, 28).await;
    cases(&desk, "cn", 3, 0).await;
    let answer = get(&desk, "/v1/insight/map?locality=cn&from=2026-11&to=2026-11").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let map = answer.json();
    fits("Map", &map);
    let of = |row: &Value, id: &str| row["figures"][id].clone();
    assert_eq!(of(&map, "REGISTERED"), json!({ "value": 93.0, "part": 93 }));
    let success = of(&map, "MED_SUCC");
    assert_eq!((success["part"].as_i64(), success["whole"].as_i64()), (Some(45), Some(93)));
    let child = |id: &str| {
        let children = map["children"].as_array().unwrap();
        children.iter().find(|child| child["locality"]["id"] == id).unwrap().clone()
    };
    // Three of the country's own would be what the others leave of the whole, so the smaller of them is hidden.
    assert_eq!(of(&child("cn/shanghai"), "REGISTERED"), json!({ "value": null, "suppressed": true }));
    assert_eq!(of(&child("cn/zhejiang"), "REGISTERED")["value"], 50.0);
    assert_eq!(map["trend"].as_array().unwrap().len(), 1);
    assert_eq!(map["kinds"][0]["registered"], 93);
    // Suits are never shown without what belongs to them.
    let suits = map["indicators"].as_array().unwrap().iter().find(|one| one["id"] == "LIT_PER_10K").unwrap();
    assert!(suits["never_without"].as_array().unwrap().contains(&json!("REFUSAL_HONOURED")));
    let below = get(&desk, "/v1/insight/map?locality=330000&from=2026-10&to=2026-11").await.json();
    assert_eq!(below["parent"]["locality"]["id"], "cn");
    assert_eq!(of(&below, "MED_SUCC")["value"], 0.6);
    // What is hidden beside its siblings is hidden on its own page, too; what is shown there is shown here.
    let own = async |place: &str, query: &str| {
        get(&desk, &format!("/v1/insight/map?locality={place}&from=2026-11&to=2026-11{query}")).await.json()
    };
    assert_eq!(of(&own("cn/shanghai", "").await, "REGISTERED"), json!({ "value": null, "suppressed": true }));
    assert_eq!(of(&own("cn/zhejiang", "").await, "REGISTERED")["value"], 50.0);
    assert_eq!(own("cn/shanghai", "").await["kinds"][0]["registered"], Value::Null, "kinds would add up to it");
    // A month without cases and one with all of them: no month tells what the period does not.
    assert_eq!(below["trend"][0]["figures"]["REGISTERED"]["suppressed"], true);
    let none = get(&desk, "/v1/insight/map?locality=cn/zhejiang&from=2025-01&to=2025-12").await.json();
    assert_eq!(of(&none, "MED_SUCC"), json!({ "value": null, "suppressed": true }));
    // The year before is that of the months asked about.
    let later = get(&desk, "/v1/insight/map?locality=cn/zhejiang&from=2027-11&to=2027-11").await.json();
    assert_eq!(later["year_before"]["REGISTERED"]["value"], 50.0);
}

#[tokio::test]
async fn questions_about_the_map_are_checked() {
    let desk = desk();
    for (query, said) in [
        ("locality=cn/zhejian", "cn/zhejiang"),
        ("kind=labour.wages", "labour.wage"),
        ("from=2026-13", "2026-11"),
        ("from=2026-12&to=2026-11", "lies after"),
        ("from=2020-01&to=2025-01", "60 months"),
        ("place=cn", "locality"),
    ] {
        let problem = get(&desk, &format!("/v1/insight/map?{query}")).await.is_problem(400, "invalid-query");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    // The year before a period that is longer than a year would be a part of it.
    for (from, told) in [("2020-02", false), ("2024-01", false), ("2024-02", true)] {
        let map = get(&desk, &format!("/v1/insight/map?from={from}&to=2025-01")).await;
        assert_eq!((map.status, map.json()["year_before"].is_object()), (200, told), "{from}");
        fits("Map", &map.json());
        let page = get(&desk, &format!("/?from={from}&to=2025-01&lang=en")).await;
        assert_eq!((page.status, page.text().contains("The year before")), (200, told), "{from}");
    }
    assert_eq!(get(&desk, "/v1/insight/map").await.json()["locality"]["id"], "cn");
}

#[tokio::test]
async fn a_service_without_a_key_for_references_says_so() {
    let service = fixture::Service::new(maple_server::Config::default());
    let answer = service.post("/v1/events", registered("e", "c", "cn").to_string()).await;
    answer.is_problem(404, "not-found");
}

#[tokio::test]
async fn nobody_speaks_by_the_name_of_an_accepted_plan() {
    let desk = desk();
    let mut borrowed = registered("e-1", "c-1", "cn/zhejiang");
    borrowed["source"] = json!(PLAN_SOURCE);
    let problem = tell(&desk, &borrowed).await.is_problem(422, "invalid-request");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&"/source".into(), &"forbidden".into())
    );
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("`/maple/plan`"), "{problem}");
    let notice = json!({
        "specversion": "1.0", "id": "n-1", "source": PLAN_SOURCE, "type": "capacity.changed", "subject": "m-1",
        "time": "2026-11-20T08:00:00Z", "data": { "capacity": 3 }
    });
    tell(&desk, &notice).await.is_problem(422, "invalid-request");
    // In a batch the others are taken; a name that only begins so is another's.
    let mut near = registered("e-2", "c-2", "cn/zhejiang");
    near["source"] = json!(format!("{PLAN_SOURCE}/2"));
    let told = tell_all(&desk, &[borrowed, near]).await;
    let statuses: Vec<_> = told["events"].as_array().unwrap().iter().map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, [Some("refused"), Some("applied")], "{told}");
    get(&desk, "/v1/cases/c-1").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_case_shows_what_waits_and_for_what() {
    let desk = desk();
    tell_all(&desk, &[registered("e-1", "c-1", "cn/zhejiang")]).await;
    tell(&desk, &event("e-9", "c-1", "agreement.performed", 40, json!({}))).await;
    let shown = get(&desk, "/v1/cases/c-1").await.json();
    let waiting = shown["waiting"].as_array().unwrap();
    assert_eq!(waiting.len(), 1, "{shown}");
    fits("WaitingEvent", &waiting[0]);
    let one = &waiting[0];
    assert_eq!(
        (&one["id"], &one["type"], &one["stage"]),
        (&"e-9".into(), &"agreement.performed".into(), &"registered".into())
    );
    assert!(one["allowed"].as_array().unwrap().contains(&json!("consent.recorded")), "{one}");
    assert!(one["counts_at"].as_array().unwrap().contains(&json!("agreed_written")), "{one}");
    // Before the case is registered, that is what it waits for.
    tell(&desk, &event("e-10", "c-2", "agreement.performed", 40, json!({}))).await;
    let unknown = get(&desk, "/v1/cases/c-2").await.json()["waiting"][0].clone();
    assert_eq!((&unknown["stage"], &unknown["allowed"]), (&Value::Null, &json!(["case.registered"])));
    // Once what was missing has come, nothing waits.
    let yes = json!({ "party": "respondent", "consent": "yes" });
    let agreed = json!({ "form": "written", "scope": "whole" });
    let missing = [
        event("e-2", "c-1", "consent.recorded", 10, yes),
        event("e-3", "c-1", "mediation.started", 20, json!({})),
        event("e-4", "c-1", "agreement.recorded", 30, agreed),
    ];
    assert_eq!(tell_all(&desk, &missing).await["refused"], 0);
    let shown = get(&desk, "/v1/cases/c-1").await.json();
    assert_eq!((&shown["waiting"], &shown["case"]["stage"]), (&json!([]), &json!("performed")), "{shown}");
}
