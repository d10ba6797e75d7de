//! Stations and mediators come in, and plans are made of them: proposed, accepted by a person, done once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::sync::atomic::Ordering;

use axum::body::Body;
use fixture::{
    desk::{Desk, calm, desk_of, token},
    fits,
    planning::{
        BATCH, accept, assigned, consented, event, get, get_as, given, mediator, plan, roster, send, stage, tell,
    },
};
use maple_server::{Governance, PLAN_AGE_HOURS_MAX};
use maple_wire::ROSTER_BYTES_MAX;
use serde_json::{Value, json};

const CITY: &str = "cn/zhejiang/jinhua";
const HOUR_MILLIS: u64 = 3_600_000;

/// A desk whose policies know skills and a city below the province.
fn desk_with(guarded: bool) -> Desk {
    let words = format!(
        "{}\n[skill.evaluation]\ntitle = {{ zh = \"评估\", en = \"evaluation\" }}\n\
         [skill.\"lang_*\"]\ntitle = {{ zh = \"语言\", en = \"language\" }}\n",
        include_str!("fixture/policies/words.toml")
    );
    let localities = format!(
        "{}\n[[locality]]\nid = \"{CITY}\"\ntitle = {{ zh = \"金华\", en = \"Jinhua\" }}\ncode = \"330700\"\n",
        include_str!("fixture/policies/localities.toml")
    );
    desk_of(calm(&[("words.toml", &words), ("localities.toml", &localities)]), Governance::default(), guarded)
}

#[tokio::test]
async fn rosters_come_as_json_and_as_sheets_in_each_encoding() {
    let desk = desk_with(false);
    let whole = json!({
        "skills": ["evaluation", "lang_fr"], "languages": ["en"], "kinds": ["labour.*"], "plan_max": 2,
        "leave": [{ "from": "2026-12-01", "to": "2026-12-10" }], "conflicts": ["org-7"]
    });
    roster(&desk, &[("st-1", "330000"), ("st-2", CITY)], &[mediator("m-1", "st-1", whole)]).await;
    let sheet = "站点,地区,调解员编号,容量,结案间隔天数,技能\r\nst-2,330700,m-2,4,7,evaluation；lang_ar\r\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(sheet);
    let marked = format!("\u{feff}{}", sheet.replace("m-2", "m-3"));
    let named = sheet.replace("m-2", "m-4");
    for (kind, bytes) in [
        ("text/csv", gb.to_vec()),
        ("text/csv", marked.into_bytes()),
        ("text/csv; charset=gb18030", encoding_rs::GB18030.encode(&named).0.to_vec()),
    ] {
        let answer = desk.send("/v1/stations", kind, None, bytes).await;
        assert_eq!(answer.json(), json!({ "stations": 1, "mediators": 1, "refused": [] }), "{}", answer.text());
    }
    let listed = get(&desk, "/v1/stations?locality=330000").await.json();
    fits("Stations", &listed);
    let stations = listed["stations"].as_array().unwrap();
    assert_eq!((&stations[0]["id"], &stations[0]["locality"]), (&json!("st-1"), &json!("cn/zhejiang")));
    let first = &stations[0]["mediators"][0];
    assert_eq!((&first["skills"], &first["languages"]), (&json!(["evaluation"]), &json!(["en", "fr"])));
    assert_eq!((&first["has_conflicts"], &first["plan_max"]), (&json!(true), &json!(2)));
    assert!(!listed.to_string().contains("org-7"));
    let ids: Vec<_> = stations[1]["mediators"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, ["m-2", "m-3", "m-4"]);
    assert_eq!(get(&desk, &format!("/v1/stations?locality={CITY}")).await.json()["stations"][0]["id"], "st-2");
    // A row takes the place of the one before.
    roster(&desk, &[], &[mediator("m-1", "st-2", json!({}))]).await;
    let page = get(&desk, "/v1/stations?count=1").await.json();
    assert_eq!((&page["stations"][0]["mediators"], &page["next"]), (&json!([]), &json!("st-1")));
    get(&desk, "/v1/stations?locality=cn/zhejian").await.is_problem(400, "invalid-query");
    get(&desk, "/v1/stations?place=cn").await.is_problem(400, "invalid-query");
}

#[tokio::test]
async fn bad_rows_are_all_told_and_none_or_the_others_taken() {
    let desk = desk_with(false);
    let sheet = "station,locality,mediator,skills,capacity,cadence_days\n\
                 st-1,cn/zhejiang,m-1,evaluation,4,7\n\
                 st-1,cn/zhejiang,m-2,evaluatoin,4,7\n\
                 st-1,cn/zhejiang,m-3,,four,0\n\
                 st-9,,m-4,,4,7\n";
    let answer = desk.send("/v1/stations", "text/csv", None, sheet).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    let problem = answer.json();
    fits("RosterRefused", &problem);
    let rows: Vec<_> = problem["rows"].as_array().unwrap().iter().map(|row| (&row["line"], &row["column"])).collect();
    let expected = [(3, "skills"), (4, "capacity"), (4, "cadence_days"), (5, "station")];
    let expected = expected.map(|(line, column)| (json!(line), json!(column)));
    assert_eq!(rows, expected.iter().map(|(line, column)| (line, column)).collect::<Vec<_>>());
    assert!(problem["rows"][0]["detail"].as_str().unwrap().contains("`evaluation`"), "{problem}");
    assert_eq!(get(&desk, "/v1/stations").await.json()["stations"], json!([]));
    let partly = desk.send("/v1/stations?partial=true", "text/csv", None, sheet).await.json();
    assert_eq!((&partly["mediators"], partly["refused"].as_array().unwrap().len()), (&json!(1), 4), "{partly}");
    assert_eq!(get(&desk, "/v1/stations").await.json()["stations"][0]["mediators"][0]["id"], "m-1");
    // In JSON a pointer says where.
    let rows = json!({ "mediators": [mediator("m-5", "st-1", json!({ "kinds": ["labor.*"] }))] });
    let problem = send(&desk, "/v1/stations?partial=true", &rows).await;
    assert_eq!((problem.status, &problem.json()["rows"][0]["pointer"]), (422, &json!("/mediators/0/kinds/0")));
    // What would tell who somebody is has no place.
    for column in ["姓名", "name", "电话", "phone", "id_number"] {
        let sheet = format!("station,locality,mediator,capacity,cadence_days,{column}\nst-1,cn,m-1,4,7,x\n");
        let (gb, _, _) = encoding_rs::GB18030.encode(&sheet);
        let answer = desk.send("/v1/stations?partial=true", "text/csv", None, gb.to_vec()).await;
        let problem = answer.is_problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["code"], "forbidden", "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{column}"));
    }
    desk.send("/v1/stations", "text/csv; charset=none", None, sheet).await.is_problem(422, "invalid-request");
    desk.send("/v1/stations", "text/plain", None, sheet).await.is_problem(415, "unsupported-media-type");
    desk.send("/v1/stations?partial=x", "text/csv", None, sheet).await.is_problem(400, "invalid-query");
    let long = " ".repeat(ROSTER_BYTES_MAX + 1);
    desk.send("/v1/stations", "text/csv", None, long).await.is_problem(413, "too-large");
}

#[tokio::test]
async fn an_admin_of_a_county_writes_and_reads_what_lies_there() {
    let desk = desk_with(true);
    let city = token(&desk, "city", &["admin"], &format!("{CITY}/**"));
    let all = token(&desk, "all", &["admin", "evaluate", "auditor"], "**");
    let reader = token(&desk, "reader", &["auditor"], &format!("{CITY}/**"));
    let clerk = token(&desk, "clerk", &["evaluate"], "**");
    let put = async |token: &str, station: &str, place: &str, who: &str| {
        let body = json!({
            "stations": [{ "id": station, "locality": place }], "mediators": [mediator(who, station, json!({}))]
        });
        desk.send("/v1/stations", "application/json", Some(token), body.to_string()).await
    };
    assert_eq!(put(&city, "st-1", CITY, "m-1").await.status, 200);
    assert_eq!(put(&all, "st-2", "cn/zhejiang", "m-2").await.status, 200);
    put(&clerk, "st-1", CITY, "m-1").await.is_problem(403, "forbidden");
    for (station, place, who) in [("st-3", "cn/zhejiang", "m-3"), ("st-2", CITY, "m-1"), ("st-1", CITY, "m-2")] {
        let refused = put(&city, station, place, who).await;
        assert_eq!(refused.status, 403, "{station} {}", refused.text());
        fits("RosterRefused", &refused.json());
    }
    // A person of another place's station is not taken over, nor put there.
    let body = json!({ "mediators": [mediator("m-9", "st-2", json!({}))] }).to_string();
    let refused = desk.send("/v1/stations", "application/json", Some(&city), body).await;
    assert_eq!((refused.status, &refused.json()["rows"][0]["pointer"]), (403, &json!("/mediators/0/station")));
    let seen = async |token: &str| {
        let listed = get_as(&desk, Some(token), "/v1/stations").await.json();
        let rows = listed["stations"].as_array().unwrap().clone();
        rows.iter().map(|row| row["mediators"].is_array()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&all).await, [true, true]);
    assert_eq!(seen(&city).await, [true, false]);
    assert_eq!(seen(&reader).await, [true, false]);
    assert_eq!(seen(&clerk).await, [false, false]);
}

#[tokio::test]
async fn a_plan_keeps_what_cases_need_and_people_can() {
    let desk = desk_with(false);
    let stations = [("st-1", CITY), ("st-2", "cn/zhejiang"), ("st-3", "cn/shanghai")];
    consented(&desk, "c-1", CITY).await;
    for (name, row, need, bar) in [
        ("free", json!({}), json!({}), None),
        ("skill", json!({}), json!({ "skills": ["evaluation"] }), Some("skill")),
        ("skilled", json!({ "skills": ["evaluation"] }), json!({ "skills": ["evaluation"] }), None),
        ("language", json!({}), json!({ "languages": ["ar"] }), Some("language")),
        ("speaks", json!({ "languages": ["ar"] }), json!({ "skills": ["lang_ar"] }), None),
        ("kind", json!({ "kinds": ["labour.wage"] }), json!({}), None),
        ("case", json!({ "conflicts": ["c-1"] }), json!({}), Some("conflict")),
        ("organisation", json!({ "conflicts": ["org-7"] }), json!({}), Some("conflict")),
        ("other", json!({ "conflicts": ["org-8"] }), json!({}), None),
        ("leave", json!({ "leave": [{ "from": "2026-11-01", "to": "2027-12-31" }] }), json!({}), Some("leave")),
        ("full", json!({ "capacity": 0 }), json!({}), Some("full")),
        ("plan_max", json!({ "plan_max": 0 }), json!({}), Some("full")),
    ] {
        roster(&desk, &stations, &[mediator("m-1", "st-1", row)]).await;
        let made = plan(&desk, &json!({ "locality": "cn/zhejiang", "needs": { "c-1": need } })).await;
        match bar {
            None => assert_eq!(given(&made), [("c-1", "m-1")], "{name}"),
            Some(bar) => {
                assert_eq!(given(&made), [], "{name}");
                assert_eq!(made["unplaced"][0]["bars"][0]["code"], bar, "{name}: {made}");
                assert_eq!(made["objective"]["unplaced"], 1);
            }
        }
    }
    // A station above serves what lies below, one elsewhere does not; nearer is better.
    roster(&desk, &stations, &[mediator("m-1", "st-3", json!({})), mediator("m-2", "st-2", json!({}))]).await;
    let made = plan(&desk, &json!({ "locality": CITY, "needs": { "c-1": { "due": "2026-11-20" } } })).await;
    assert_eq!(given(&made), [("c-1", "m-2")]);
    let codes: Vec<_> = made["placements"][0]["reasons"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["only_one", "late", "levels_up", "new"]);
    // Leave puts the day off; another day and another horizon are taken at their word.
    let away = json!({ "leave": [{ "from": "2026-11-23", "to": "2026-11-30" }] });
    roster(&desk, &stations, &[mediator("m-2", "st-1", away)]).await;
    let made = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!(made["placements"][0]["day"], "2026-12-01");
    assert_eq!(given(&plan(&desk, &json!({ "locality": CITY, "horizon_days": 5 })).await), []);
    let made = plan(&desk, &json!({ "locality": CITY, "as_of": "2026-12-03" })).await;
    assert_eq!(made["placements"][0]["day"], "2026-12-03");
}

#[tokio::test]
async fn open_cases_count_and_who_declined_is_not_asked_again() {
    let desk = desk_with(false);
    roster(&desk, &[("st-1", CITY)], &[mediator("m-1", "st-1", json!({ "capacity": 2, "cadence_days": 60 }))]).await;
    for case in ["c-1", "c-2", "c-3", "c-4"] {
        consented(&desk, case, CITY).await;
    }
    assigned(&desk, "c-1", "m-1").await;
    tell(&desk, &[event("3", "c-1", "mediation.started", 3, json!({}))]).await;
    // One is open, so one more is given; who has a case keeps it.
    assigned(&desk, "c-4", "m-1").await;
    let made = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!(given(&made), [("c-4", "m-1")]);
    assert_eq!(made["placements"][0]["reasons"].as_array().unwrap().last().unwrap()["code"], "kept");
    assert_eq!(made["unplaced"].as_array().unwrap().len(), 2);
    assert_eq!(get(&desk, "/v1/stations").await.json()["stations"][0]["open"], 2);
    let above = plan(&desk, &json!({ "locality": CITY, "overload_max": 1 })).await;
    assert_eq!(above["placements"].as_array().unwrap().len(), 2);
    let one = plan(&desk, &json!({ "locality": CITY, "cases": ["c-2"] })).await;
    assert_eq!((given(&one).len(), one["unplaced"].as_array().unwrap().len()), (0, 1));
    tell(&desk, &[event("3", "c-4", "mediator.declined", 3, json!({ "mediator": "m-1" }))]).await;
    let made = plan(&desk, &json!({ "locality": CITY, "cases": ["c-4"] })).await;
    assert_eq!(made["unplaced"][0]["bars"][0]["code"], "conflict", "{made}");
    // What does not wait is told, and where it stands.
    tell(&desk, &[event("0", "c-9", "case.registered", 0, json!({ "locality": CITY, "kind": "labour.wage" }))]).await;
    for (question, pointer, said) in [
        (json!({ "locality": CITY, "cases": ["c-2", "c-1"] }), "/cases/1", "`in_mediation`"),
        (json!({ "locality": CITY, "cases": ["c-9"] }), "/cases/0", "`registered`"),
        (json!({ "locality": CITY, "cases": ["c-8"] }), "/cases/0", "no case"),
        (json!({ "locality": "cn/shanghai", "cases": ["c-2"] }), "/cases/0", "no case"),
        (json!({ "locality": CITY, "needs": { "c-9": {} } }), "/needs/c-9", "leave its needs out"),
        (json!({ "locality": CITY, "as_of": "2028-11-30" }), "/as_of", "365 days"),
        (json!({ "locality": "cn/zhejian" }), "/locality", "`cn/zhejiang`"),
        (json!({ "locality": CITY, "needs": { "c-2": { "due": "2010-01-01" } } }), "/needs/c-2/due", "correct"),
    ] {
        let problem = send(&desk, "/v1/plan", &question).await.is_problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(said), "{problem}");
    }
}

#[tokio::test]
async fn nothing_is_assigned_before_a_plan_is_accepted_and_then_once() {
    let desk = desk_with(false);
    roster(&desk, &[("st-1", CITY)], &[mediator("m-1", "st-1", json!({}))]).await;
    for case in ["c-1", "c-2", "c-3"] {
        consented(&desk, case, CITY).await;
    }
    assigned(&desk, "c-3", "m-1").await;
    let made = plan(&desk, &json!({ "locality": CITY })).await;
    assert_eq!(given(&made).len(), 3);
    assert_eq!(stage(&desk, "c-1").await, ("consented".to_owned(), Value::Null));
    // One goes to court meanwhile.
    tell(&desk, &[event("5", "c-2", "case.filed_in_court", 5, json!({}))]).await;
    let first = accept(&desk, &made).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    fits("PlanAccepted", &first);
    let became: Vec<_> = first["cases"].as_array().unwrap().iter().map(|row| &row["status"]).collect();
    assert_eq!(became, ["assigned", "left_out", "kept"]);
    assert_eq!(first["cases"][1]["reason"]["code"], "moved_on");
    assert_eq!(stage(&desk, "c-1").await, ("assigned".to_owned(), json!("m-1")));
    assert_eq!(stage(&desk, "c-2").await.0, "to_court");
    let events = get(&desk, "/v1/cases/c-1").await.json()["events"].clone();
    let last = &events.as_array().unwrap().last().unwrap()["event"];
    let id = format!("{}.c-1", made["id"].as_str().unwrap());
    assert_eq!((&last["source"], &last["id"]), (&json!("/maple/plan"), &json!(id)));
    // Again, and after the case moved on: the same answer, and nothing changes.
    tell(
        &desk,
        &[json!({
            "specversion": "1.0", "id": "later", "source": "/desk/1", "type": "mediation.started", "subject": "c-1",
            "time": "2026-11-23T03:20:30Z", "data": {}
        })],
    )
    .await;
    assert_eq!(accept(&desk, &made).await.json(), first);
    assert_eq!(stage(&desk, "c-1").await.0, "in_mediation");
    let shown = get(&desk, &format!("/v1/plan/{}", made["id"].as_str().unwrap())).await.json();
    fits("Plan", &shown);
    assert_eq!((&shown["accepted"]["by"], &shown["placements"]), (&json!("local"), &made["placements"]));
}

#[tokio::test]
async fn a_plan_whose_world_changed_is_not_done() {
    let desk = desk_with(false);
    let stations = [("st-1", CITY)];
    let rows = [mediator("m-1", "st-1", json!({ "capacity": 1 })), mediator("m-2", "st-1", json!({ "capacity": 1 }))];
    roster(&desk, &stations, &rows).await;
    consented(&desk, "c-1", CITY).await;
    consented(&desk, "c-2", CITY).await;
    let made = plan(&desk, &json!({ "locality": CITY, "horizon_days": 0 })).await;
    let of = |who: &str| given(&made).iter().find(|(_, taker)| *taker == who).unwrap().0.to_owned();
    let (first, second) = (of("m-1"), of("m-2"));
    // One goes on leave, the other is given a case by somebody else.
    desk.clock.0.fetch_add(1_000, Ordering::Relaxed);
    let away = json!({ "capacity": 1, "leave": [{ "from": "2026-11-23", "to": "2026-12-23" }] });
    roster(&desk, &[], &[mediator("m-1", "st-1", away)]).await;
    consented(&desk, "c-3", CITY).await;
    assigned(&desk, "c-3", "m-2").await;
    let became = accept(&desk, &made).await.json();
    let reason = |case: &str| {
        let row = became["cases"].as_array().unwrap().iter().find(|row| row["case"] == case).unwrap();
        row["reason"]["code"].clone()
    };
    assert_eq!((reason(&first), reason(&second)), (json!("roster_changed"), json!("busier")));
    assert_eq!((&became["assigned"], &became["left_out"]), (&json!(0), &json!(2)));
    // What is a day old is made again.
    let old = plan(&desk, &json!({ "locality": CITY })).await;
    desk.clock.0.fetch_add(u64::try_from(PLAN_AGE_HOURS_MAX).unwrap() * HOUR_MILLIS, Ordering::Relaxed);
    let at_the_edge = plan(&desk, &json!({ "locality": CITY })).await;
    desk.clock.0.fetch_add(1, Ordering::Relaxed);
    accept(&desk, &old).await.is_problem(409, "conflict");
    desk.clock.0.fetch_sub(1, Ordering::Relaxed);
    assert_eq!(accept(&desk, &old).await.status, 200);
    assert_eq!(accept(&desk, &at_the_edge).await.status, 200);
}

#[tokio::test]
async fn plans_are_for_whoever_approves_for_a_place() {
    let desk = desk_with(true);
    let all = token(&desk, "all", &["admin", "evaluate", "auditor"], "**");
    let city = token(&desk, "city", &["approver"], &format!("{CITY}/**"));
    let reader = token(&desk, "reader", &["auditor"], &format!("{CITY}/**"));
    let clerk = token(&desk, "clerk", &["evaluate"], "**");
    let ask = async |token: &str, place: &str| {
        let body = json!({ "locality": place }).to_string();
        desk.send("/v1/plan", "application/json", Some(token), body).await
    };
    for (who, place) in [(&city, "cn/zhejiang"), (&reader, CITY), (&clerk, CITY)] {
        ask(who, place).await.is_problem(403, "forbidden");
    }
    let made = ask(&city, CITY).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["by"], &made["placements"]), (&json!("city"), &json!([])));
    let path = format!("/v1/plan/{}", made["id"].as_str().unwrap());
    for (who, reads) in [(&all, 200), (&city, 200), (&reader, 200), (&clerk, 403)] {
        assert_eq!(get_as(&desk, Some(who), &path).await.status, reads);
    }
    let doing =
        async |token: &str| desk.send(&format!("{path}/accept"), "application/json", Some(token), Body::empty()).await;
    doing(&reader).await.is_problem(403, "forbidden");
    doing(&clerk).await.is_problem(403, "forbidden");
    assert_eq!(doing(&city).await.status, 200);
    let whole = ask(&all, "cn").await.json();
    assert_eq!(get_as(&desk, Some(&city), &format!("/v1/plan/{}", whole["id"].as_str().unwrap())).await.status, 403);
    get_as(&desk, Some(&all), "/v1/plan/none").await.is_problem(404, "not-found");
    get_as(&desk, Some(&city), "/v1/plan/none").await.is_problem(403, "forbidden");
    let audit = get_as(&desk, Some(&all), "/v1/audit").await.json();
    assert!(audit.to_string().contains("\"plan\""), "{audit}");
}

#[tokio::test]
async fn a_change_of_capacity_comes_as_an_event() {
    let desk = desk_with(true);
    let all = token(&desk, "all", &["admin", "evaluate", "auditor"], "**");
    let city = token(&desk, "city", &["evaluate"], &format!("{CITY}/**"));
    let elsewhere = token(&desk, "elsewhere", &["evaluate"], "cn/shanghai/**");
    let body = json!({
        "stations": [{ "id": "st-1", "locality": CITY }], "mediators": [mediator("m-1", "st-1", json!({}))]
    });
    assert_eq!(desk.send("/v1/stations", "application/json", Some(&all), body.to_string()).await.status, 200);
    let notice = |id: &str, minute: u32, subject: &str, data: Value| {
        json!({
            "specversion": "1.0", "id": id, "source": "/desk/1", "type": "capacity.changed", "subject": subject,
            "time": format!("2026-11-23T08:{minute:02}:00Z"), "data": data
        })
    };
    desk.clock.0.fetch_add(12 * HOUR_MILLIS, Ordering::Relaxed);
    let send = async |token: &str, event: Value| {
        desk.send("/v1/events", "application/cloudevents+json", Some(token), event.to_string()).await
    };
    let capacity = async || {
        let listed = get_as(&desk, Some(&all), "/v1/stations").await.json();
        listed["stations"][0]["mediators"][0]["capacity"].clone()
    };
    let told = send(&city, notice("n-1", 20, "m-1", json!({ "capacity": 3 }))).await;
    assert_eq!((told.status, told.json()), (200, json!({ "status": "applied" })), "{}", told.text());
    fits("EventOutcome", &told.json());
    assert_eq!(capacity().await, 3);
    let again = send(&city, notice("n-1", 20, "m-1", json!({ "capacity": 3 }))).await;
    assert_eq!(again.json()["status"], "duplicate");
    send(&city, notice("n-1", 20, "m-1", json!({ "capacity": 4 }))).await.is_problem(409, "conflict");
    let late = send(&city, notice("n-2", 10, "m-1", json!({ "capacity": 9 }))).await.json();
    assert_eq!((&late["status"], capacity().await), (&json!("late"), json!(3)));
    let by_station = json!({ "mediator": "m-1", "capacity": 0, "leave": [] });
    assert_eq!(send(&city, notice("n-3", 30, "st-1", by_station.clone())).await.status, 200);
    assert_eq!(capacity().await, 0);
    send(&city, notice("n-4", 40, "st-2", by_station)).await.is_problem(422, "invalid-request");
    send(&all, notice("n-5", 40, "m-9", json!({ "capacity": 1 }))).await.is_problem(422, "invalid-request");
    send(&elsewhere, notice("n-6", 40, "m-1", json!({ "capacity": 1 }))).await.is_problem(403, "forbidden");
    // Among events of cases, each with what became of it.
    let mixed = json!([
        notice("n-7", 50, "m-1", json!({ "capacity": 7 })),
        event("0", "c-1", "case.registered", 0, json!({ "locality": CITY, "kind": "labour.wage" })),
        notice("n-8", 50, "m-1", json!({ "capacity": "7" })),
    ]);
    let told = desk.send("/v1/events", BATCH, Some(&city), mixed.to_string()).await.json();
    fits("EventsTaken", &told);
    let statuses: Vec<_> = told["events"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(
        (statuses, capacity().await),
        (["applied", "applied", "refused"].map(Value::from).iter().collect::<Vec<_>>(), json!(7))
    );
}
