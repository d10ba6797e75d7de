//! The risk board and the station desk: their doors, their pages, who may look and who may act.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{sync::atomic::Ordering, time::Duration};

use axum::{body::Body, http::Request, response::Response};
use fixture::{
    Answer,
    desk::{Desk, START, calm, desk_with, token},
    fits,
    pages::{ask, form, get, held},
    quick,
};
use http_body_util::BodyExt;
use jiff::Timestamp;
use maple_kernel::Level;
use maple_server::{
    Config, Governance, LISTENERS_COUNT_MAX, PAGE_LISTENERS_COUNT_MAX, PLAN_AGE_HOURS_MAX, QUEUE_COUNT_MAX,
};
use maple_store::{Look, Looked, Raise, SignalState as S};
use serde_json::{Value, json};

const CITY: &str = "cn/zhejiang/jinhua";
const BATCH: &str = "application/cloudevents-batch+json";
const HOUR_MILLIS: u64 = 3_600_000;
const OWN: [(&str, &str); 3] = [("host", "maple:1"), ("origin", "http://maple:1"), ("accept-language", "en")];

fn desk(guarded: bool) -> Desk {
    let words = format!(
        "{}\n[signal.cluster]\ntitle = {{ zh = \"纠纷集中\", en = \"a cluster\" }}\n\
         [signal.season]\ntitle = {{ zh = \"季节\", en = \"a season\" }}\n\
         [measure.visit]\ntitle = {{ zh = \"走访\", en = \"pay a visit\" }}\n\
         [skill.evaluation]\ntitle = {{ zh = \"评估\", en = \"evaluation\" }}\n\
         [skill.\"lang_*\"]\ntitle = {{ zh = \"语言\", en = \"language\" }}\n",
        include_str!("fixture/policies/words.toml")
    );
    let localities = format!(
        "{}\n[[locality]]\nid = \"{CITY}\"\ntitle = {{ zh = \"金华\", en = \"Jinhua\" }}\ncode = \"330700\"\n",
        include_str!("fixture/policies/localities.toml")
    );
    // Nothing is raised here but what a test raises.
    let config = Config { tick: false, ..quick() };
    let bundle = calm(&[("words.toml", &words), ("localities.toml", &localities)]);
    desk_with(bundle, Governance::default(), guarded, config)
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(START).unwrap() + hours * 3_600_000).unwrap()
}

fn raise(id: &str, level: Level, place: &str, hours: i64) -> Raise {
    Raise {
        id: format!("s-{id}"),
        code: "cluster".to_owned(),
        level,
        sort: "organisation".to_owned(),
        subject: format!("478f25fb805c085dc1de011c2841444a-{id}"),
        locality: place.to_owned(),
        kind: "labour.wage".to_owned(),
        policy: "cn/prevention".to_owned(),
        rule: "S02".to_owned(),
        basis: vec!["cn.labour.5".to_owned()],
        measures: vec!["visit".to_owned()],
        responsible: Some("intake".to_owned()),
        at: at(-1),
        deadline: Some(at(hours)),
        expires: at(500),
        cases: 6,
        rests: None,
    }
}

async fn tell(desk: &Desk, events: &[Value]) {
    let teller = token(desk, "teller", &["evaluate"], "**");
    let answer = desk.send("/v1/events", BATCH, Some(&teller), json!(events).to_string()).await;
    assert_eq!((answer.status, &answer.json()["refused"]), (200, &json!(0)), "{}", answer.text());
}

fn event(id: &str, case: &str, kind: &str, minute: usize, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{case}-{id}"), "source": "/desk/1", "type": kind, "subject": case,
        "time": format!("2026-11-20T08:{minute:02}:00Z"), "data": data
    })
}

/// Raises signals, each of a case of its own.
async fn raised(desk: &Desk, raises: &[Raise]) {
    let case = |raise: &Raise| format!("c-{}", raise.id);
    let registered = |raise: &Raise| {
        event("0", &case(raise), "case.registered", 0, json!({ "locality": raise.locality, "kind": raise.kind }))
    };
    tell(desk, &raises.iter().map(registered).collect::<Vec<_>>()).await;
    let looks = desk.store.looks(at(0), 100).unwrap();
    let of = |look: Look| {
        let raises = raises.iter().filter(|raise| case(raise) == look.id).cloned().collect();
        Looked { look, raises, running: Vec::new(), again: None, later: Vec::new() }
    };
    let looked: Vec<Looked> = looks.into_iter().map(of).collect();
    assert_eq!(desk.store.raise(&looked, at(0)).unwrap().len(), raises.len());
}

async fn four(desk: &Desk) {
    let mut season = raise("4", Level::Blue, "cn/shanghai", 9);
    (season.code, season.sort, season.subject) = ("season".into(), "kind".into(), "labour.wage cn/shanghai".into());
    season.responsible = None;
    let some = [
        raise("1", Level::Yellow, CITY, 50),
        raise("2", Level::Red, CITY, -3),
        raise("3", Level::Red, "cn/zhejiang", 100),
        season,
    ];
    raised(desk, &some).await;
}

fn ids(board: &Value) -> Vec<&str> {
    board["signals"].as_array().unwrap().iter().map(|signal| signal["id"].as_str().unwrap()).collect()
}

async fn board(desk: &Desk, query: &str) -> Value {
    let answer = get(desk, &format!("/v1/insight/risk{query}"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    fits("Risk", &answer.json());
    answer.json()
}

#[tokio::test]
async fn the_board_shows_what_is_open_in_order_and_in_every_way() {
    let desk = desk(false);
    four(&desk).await;
    let all = board(&desk, "").await;
    assert_eq!(ids(&all), ["s-2", "s-3", "s-1", "s-4"]);
    let counts = json!({ "red": 2, "orange": 0, "yellow": 1, "blue": 1 });
    assert_eq!(
        (&all["open"]["open"], &all["open"]["overdue"], &all["open"]["levels"]),
        (&4.into(), &1.into(), &counts)
    );
    let rows = |board: &Value, way: &str, name: &str| -> Vec<(Value, i64)> {
        let rows = board["groups"][way].as_array().unwrap().iter();
        rows.map(|row| (row[name].clone(), row["open"].as_i64().unwrap())).collect()
    };
    assert_eq!(rows(&all, "locality", "id"), [(json!("cn"), 4)]);
    let country = board(&desk, "?locality=100000").await;
    assert_eq!(rows(&country, "locality", "id"), [(json!("cn/zhejiang"), 3), (json!("cn/shanghai"), 1)]);
    let province = board(&desk, "?locality=cn/zhejiang").await;
    assert_eq!(rows(&province, "locality", "id"), [(json!(CITY), 2), (json!("cn/zhejiang"), 1)]);
    assert_eq!(rows(&all, "signal", "id"), [(json!("cluster"), 3), (json!("season"), 1)]);
    assert_eq!(rows(&all, "responsible", "id"), [(json!("intake"), 3), (json!(null), 1)]);
    assert_eq!(all["groups"]["subject"].as_array().unwrap().len(), 4);
    assert_eq!(rows(&all, "kind", "id"), [(json!("labour.wage"), 4)]);
    for (query, wanted) in [
        ("?level=red", vec!["s-2", "s-3"]),
        ("?level=orange", vec![]),
        ("?signal=season", vec!["s-4"]),
        ("?kind=labour.wage&locality=cn/shanghai", vec!["s-4"]),
        ("?state=acknowledged", vec![]),
        ("?state=raised&locality=330700", vec!["s-2", "s-1"]),
    ] {
        assert_eq!(ids(&board(&desk, query).await), wanted, "{query}");
    }
    let first = board(&desk, "?count=3").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!(ids(&board(&desk, &format!("?count=3&after={next}")).await), ["s-4"]);
    desk.store.signal_state("s-3", S::Handled, "clerk", at(1)).unwrap();
    assert_eq!(ids(&board(&desk, "?state=handled").await), ["s-3"]);
    for (query, field, said) in [
        ("?level=green", "level", "yellow"),
        ("?state=open", "state", "raised"),
        ("?kind=labour.wages", "kind", "labour.wage"),
        ("?locality=cn/zhejian", "locality", "cn/zhejiang"),
        ("?after=x", "after", "next"),
        ("?from=2026-13", "from", "2026-11"),
        ("?from=2026-11&to=2026-10", "from", "lies after"),
        ("?count=1001", "count", "1000"),
        ("?x=1", "x", "no parameter"),
    ] {
        let problem = get(&desk, &format!("/v1/insight/risk{query}"), &[]).await.is_problem(400, "invalid-query");
        assert_eq!(problem["errors"][0]["pointer"], format!("?{field}"), "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    let long = "x".repeat(257);
    get(&desk, &format!("/v1/insight/risk?signal={long}"), &[]).await.is_problem(400, "invalid-query");
    assert_eq!(board(&desk, &format!("?signal={}", &long[1..])).await["open"]["open"], 0);
}

#[tokio::test]
async fn the_loop_is_told_with_what_it_is_counted_of_and_nothing_of_few() {
    let desk = desk(false);
    let mut some: Vec<Raise> = (0..40).map(|n| raise(&format!("a{n}"), Level::Blue, CITY, 90)).collect();
    let mut season: Vec<Raise> = (0..15).map(|n| raise(&format!("b{n}"), Level::Blue, CITY, 90)).collect();
    season.iter_mut().for_each(|one| one.code = "season".into());
    some.extend(season);
    raised(&desk, &some).await;
    // Taken up after five hours and handled after thirty; half as many are false alarms.
    for n in 0..24 {
        let id = format!("s-a{n}");
        desk.store.signal_state(&id, S::Acknowledged, "clerk", at(5)).unwrap();
        let state = if n < 12 { S::Handled } else { S::FalseAlarm };
        desk.store.signal_state(&id, state, "clerk", at(30)).unwrap();
    }
    desk.store.signal_state("s-b0", S::Handled, "clerk", at(2)).unwrap();
    let rates = board(&desk, "?locality=cn").await["rates"].clone();
    let figure = |code: &str, id: &str| {
        let rows = rates["signals"].as_array().unwrap();
        rows.iter().find(|row| row["signal"]["code"] == code).unwrap()["figures"][id].clone()
    };
    assert_eq!(rates["all"]["WARN_HANDLED"], json!({ "value": 25.0 / 55.0, "part": 25, "whole": 55 }));
    // The one of the seasons is what the others leave of the whole.
    assert_eq!(figure("season", "WARN_HANDLED")["suppressed"], true);
    assert_eq!(figure("season", "WARN_HANDLED")["at_most"], json!(9.0 / 15.0));
    assert_eq!(figure("cluster", "WARN_HANDLED"), json!({ "value": null, "suppressed": true }));
    assert_eq!(figure("season", "WARN_FALSE_ALARM"), json!({ "value": null, "suppressed": true }));
    // 25 in buckets: one in (1, 2], 24 in (4, 8]; the middle is 11.5 of 24 into the second.
    let median = 4.0 + 4.0 * 11.5 / 24.0;
    assert_eq!(rates["all"]["WARN_TIME_TO_ACKNOWLEDGE"], json!({ "value": median, "whole": 25 }));
    let handled = 24.0 + 24.0 * 11.5 / 24.0;
    assert_eq!(rates["all"]["WARN_TIME_TO_HANDLE"], json!({ "value": handled, "whole": 25 }));
    let formulas = rates["formulas"].as_array().unwrap();
    assert!(formulas.iter().all(|one| one["formula"]["zh"].is_string()) && formulas.len() == 4);
    // Another period has none.
    let other = board(&desk, "?from=2026-01&to=2026-10").await["rates"].clone();
    assert_eq!((&other["signals"], &other["all"]["WARN_HANDLED"]["suppressed"]), (&json!([]), &json!(true)));
    let page = held(&get(&desk, "/risk?lang=en", &[]).await, 200);
    for text in ["45.5 %", "25 / 55", "≤ 60.0 %", "not shown"] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn the_page_says_how_urgent_what_it_is_about_and_what_the_law_says() {
    let desk = desk(false);
    four(&desk).await;
    let mut own = raise("5", Level::Orange, CITY, 1);
    (own.sort, own.subject) = ("case".into(), "c:1".into());
    raised(&desk, &[own]).await;
    let page = held(&get(&desk, "/risk?lang=en&locality=cn", &[]).await, 200);
    let words = [
        "a cluster",
        "red",
        "3 hours late",
        "4 days left",
        "Jinhua",
        "wages",
        "organisation 478f25fb80…",
        "6 disputes",
        "pay a visit",
        "Labour Law",
        "cn/prevention S02",
        "intake",
        "nobody is at it",
        "I am at it",
        "False alarm",
        "href=\"/cases/c%3A1\"",
        "data-listen=\"/risk/live?locality=cn\"",
        "shape red",
        "a season",
        "By who should act",
        "nobody named",
    ];
    for word in words {
        assert!(page.contains(word), "{word}\n{page}");
    }
    let page = held(&get(&desk, "/risk?locality=cn", &[("accept-language", "zh")]).await, 200);
    for word in
        ["一网监测治理风险", "红色", "已逾期3小时", "还剩4天", "金华", "走访", "劳动法", "待认领", "认领", "误报"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    for path in ["/risk?state=handled", "/risk?level=orange&lang=en", "/risk?locality=cn/shanghai&signal=cluster"] {
        held(&get(&desk, path, &[]).await, 200);
    }
    for path in ["/risk?level=green", "/risk?x=1", "/risk?locality=nowhere", "/risk?after=x", "/risk.csv?table=x&y=1"] {
        held(&get(&desk, path, &[]).await, 400);
    }
    let csv = get(&desk, "/risk.csv?locality=cn&level=red", &[]).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("id,level,state,") && lines[1].starts_with("s-2,red,raised,cluster,"), "{lines:?}");
    assert_eq!(lines.len(), 3);
    let rates = get(&desk, "/risk.csv?table=rates", &[]).await.text();
    assert!(rates.contains(",WARN_HANDLED,share,,,suppressed"), "{rates}");
}

#[tokio::test]
async fn a_form_says_what_became_of_a_signal_once() {
    let desk = desk(false);
    four(&desk).await;
    let to = "to=%2Frisk%3Flocality%3Dcn%26done%3Ds-9";
    let sent = form(&desk, "/risk/s-2", &format!("state=acknowledged&{to}"), &OWN).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/risk?locality=cn&done=s-2"), "{}", sent.text());
    let page = held(&get(&desk, "/risk?locality=cn&done=s-2&lang=en", &[]).await, 200);
    assert!(page.contains("a cluster, Jinhua: somebody is at it") && page.contains("Give it back"), "{page}");
    let one = get(&desk, "/v1/signals/s-2", &[]).await.json();
    fits("RaisedSignal", &one);
    assert_eq!((&one["state"], &one["by"]), (&json!("acknowledged"), &json!("local")));
    assert!(one["acknowledged"].is_string() && one["ended"].is_null());
    assert_eq!(form(&desk, "/risk/s-2", "state=handled", &OWN).await.header("location"), "/risk?done=s-2");
    let refused = held(&form(&desk, "/risk/s-2", "state=false_alarm", &OWN).await, 409);
    assert!(refused.contains("over already (handled)"), "{refused}");
    held(&form(&desk, "/risk/s-2", "state=done", &OWN).await, 400);
    held(&form(&desk, "/risk/s-9", "state=handled", &OWN).await, 404);
    let away = form(&desk, "/risk/s-3", "state=handled&to=%2F%2Fevil.example", &OWN).await;
    assert_eq!(away.header("location"), "/?done=s-3");
    for elsewhere in [vec![("host", "maple:1")], vec![("host", "maple:1"), ("origin", "https://evil.example")]] {
        held(&form(&desk, "/risk/s-1", "state=handled", &elsewhere).await, 403);
    }
    assert_eq!(ids(&board(&desk, "?state=handled").await).len(), 2);
}

#[tokio::test]
async fn whoever_looks_sees_their_part_and_does_what_their_role_says() {
    let desk = desk(true);
    four(&desk).await;
    let session = |roles: &[&str], scope: &str| format!("maple-session={}", token(&desk, "reader", roles, scope));
    let (reader, clerk) = (session(&["auditor"], "cn/zhejiang/**"), session(&["evaluate"], "cn/zhejiang/**"));
    let both = session(&["auditor", "evaluate"], "cn/zhejiang/**");
    let page = held(&get(&desk, "/risk?lang=en", &[("cookie", &reader)]).await, 200);
    assert!(page.contains("id=\"s-2\"") && !page.contains("id=\"s-4\"") && !page.contains("I am at it"), "{page}");
    let page = held(&get(&desk, "/risk?lang=en", &[("cookie", &both)]).await, 200);
    assert!(page.contains("I am at it"));
    held(&get(&desk, "/risk?locality=cn", &[("cookie", &reader)]).await, 403);
    held(&get(&desk, "/risk", &[("cookie", &clerk)]).await, 403);
    held(&get(&desk, "/risk", &[]).await, 401);
    let with = |cookie: &str| -> Vec<(String, String)> {
        let own = OWN.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        own.chain([("cookie".to_owned(), cookie.to_owned())]).collect()
    };
    let post = async |cookie: &str, path: &str, body: &str| {
        let headers = with(cookie);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        form(&desk, path, body, &headers).await
    };
    held(&post(&reader, "/risk/s-2", "state=handled").await, 403);
    assert_eq!(post(&clerk, "/risk/s-2", "state=handled").await.status, 303);
    held(&post(&clerk, "/risk/s-4", "state=handled").await, 403);
    let live = get(&desk, "/risk/live?locality=cn", &[("cookie", &reader)]).await;
    live.is_problem(403, "forbidden");

    // The desk: a clerk takes in, a reader looks, an approver plans.
    let approver = session(&["approver"], "cn/zhejiang/**");
    let shows = async |cookie: &str| {
        let page = held(&get(&desk, "/station?lang=en&locality=cn/zhejiang", &[("cookie", cookie)]).await, 200);
        ["Somebody comes in", "Cases that wait", "Propose a plan"].map(|word| page.contains(word))
    };
    assert_eq!(shows(&clerk).await, [true, false, false]);
    assert_eq!(shows(&reader).await, [false, true, false]);
    assert_eq!(shows(&approver).await, [false, true, true]);
    held(&get(&desk, "/station/intake", &[("cookie", &reader)]).await, 403);
    held(&post(&reader, "/station/plan", "locality=cn/zhejiang").await, 403);
    held(&post(&approver, "/station/plan", "locality=cn/shanghai").await, 403);
    held(&post(&clerk, "/station/intake", "locality=cn/shanghai&kind=labour.wage").await, 403);
    let bearer = |cookie: &str| format!("Bearer {}", cookie.split_once('=').unwrap().1);
    let door = async |cookie: &str, path: &str| get(&desk, path, &[("authorization", &bearer(cookie))]).await.status;
    assert_eq!(door(&approver, "/v1/insight/station?locality=cn/zhejiang").await, 200);
    assert_eq!(door(&clerk, "/v1/insight/station?locality=cn/zhejiang").await, 403);
    assert_eq!(door(&approver, "/v1/insight/station").await, 403);
    assert_eq!(door(&approver, "/v1/insight/risk?locality=cn/zhejiang").await, 403);
    assert_eq!(door(&reader, "/v1/insight/risk?locality=cn/zhejiang").await, 200);
    assert_eq!(door(&reader, "/v1/insight/risk").await, 403);
}

async fn open(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    desk.service.call(request.body(Body::empty()).unwrap()).await
}

/// What a stream says next: the event and its data.
async fn heard(stream: &mut Response) -> (String, Value) {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(10), stream.body_mut().frame()).await.expect("it says");
        let text = String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
        let line =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned());
        if let Some(event) = line("event:") {
            return (event, serde_json::from_str(&line("data:").unwrap()).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_hears_what_it_missed_and_what_comes() {
    let desk = desk(false);
    four(&desk).await;
    let since = at(0).as_microsecond() - 1;
    let mut stream = open(&desk, &format!("/risk/live?locality={CITY}&since={since}"), &[]).await;
    assert_eq!(
        (stream.status().as_u16(), stream.headers()["content-type"].to_str().unwrap()),
        (200, "text/event-stream")
    );
    assert_eq!(heard(&mut stream).await.0, "hello");
    let mut missed = [heard(&mut stream).await, heard(&mut stream).await].map(|(_, data)| data["id"].clone());
    missed.sort_by_key(ToString::to_string);
    assert_eq!(missed, [json!("s-1"), json!("s-2")], "those of the place");
    desk.clock.0.store(HOUR_MILLIS, Ordering::Relaxed);
    // Of another place nothing is heard.
    for id in ["s-3", "s-1"] {
        assert_eq!(form(&desk, &format!("/risk/{id}"), "state=acknowledged", &OWN).await.status, 303);
    }
    let (event, data) = heard(&mut stream).await;
    assert_eq!((event.as_str(), &data["id"], &data["over"]), ("signal", &json!("s-1"), &json!(false)));
    assert!(data["changed"].as_i64() > data["issued"].as_i64());
    // A browser that comes back says where it was.
    let last = (data["changed"].as_i64().unwrap() - 1).to_string();
    let mut again = open(&desk, "/risk/live", &[("last-event-id", &last), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!(heard(&mut again).await.0, "hello");
    let mut told = [heard(&mut again).await, heard(&mut again).await].map(|(_, data)| data["id"].clone());
    told.sort_by_key(ToString::to_string);
    assert_eq!(told, [json!("s-1"), json!("s-3")]);
    let elsewhere = get(&desk, "/risk/live", &[("sec-fetch-site", "cross-site")]).await;
    elsewhere.is_problem(403, "forbidden");
    get(&desk, "/risk/live?since=x", &[]).await.is_problem(400, "invalid-query");
    get(&desk, "/risk/live?level=green", &[]).await.is_problem(400, "invalid-query");
}

#[tokio::test]
async fn pages_that_listen_leave_room_for_other_systems() {
    let desk = desk(false);
    let mut pages = Vec::new();
    for _ in 0..PAGE_LISTENERS_COUNT_MAX {
        let page = open(&desk, "/risk/live", &[]).await;
        assert_eq!(page.status(), 200);
        pages.push(page);
    }
    get(&desk, "/risk/live", &[]).await.is_problem(503, "overloaded");
    held(&get(&desk, "/risk", &[]).await, 200);
    let stream = [("accept", "text/event-stream")];
    let mut systems = Vec::new();
    for _ in PAGE_LISTENERS_COUNT_MAX..LISTENERS_COUNT_MAX {
        let system = open(&desk, "/v1/signals", &stream).await;
        assert_eq!(system.status(), 200);
        systems.push(system);
    }
    get(&desk, "/v1/signals", &stream).await.is_problem(503, "overloaded");
    drop(pages);
    assert_eq!(open(&desk, "/risk/live", &[]).await.status(), 200, "who leaves makes room");
}

async fn roster(desk: &Desk) {
    let row = |id: &str, more: Value| {
        let mut row = json!({ "id": id, "station": "st-1", "capacity": 1, "cadence_days": 7 });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let away = json!({ "leave": [{ "from": "2026-11-01", "to": "2026-12-31" }], "languages": ["en"] });
    let body = json!({
        "stations": [{ "id": "st-1", "locality": CITY }],
        "mediators": [row("m-1", json!({ "skills": ["evaluation"] })), row("m-2", away)],
    });
    let answer = desk.send("/v1/stations", "application/json", None, body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn waiting(desk: &Desk, case: &str, minute: usize, decision: Option<&str>) {
    let mut about = json!({ "locality": CITY, "kind": "labour.wage" });
    if let Some(decision) = decision {
        about["decision"] = json!(decision);
    }
    let yes = json!({ "party": "respondent", "consent": "yes" });
    let events =
        [event("0", case, "case.registered", minute, about), event("1", case, "consent.recorded", minute + 1, yes)];
    tell(desk, &events).await;
}

#[tokio::test]
async fn the_desk_counts_who_waits_and_who_there_is() {
    let desk = desk(false);
    let empty = get(&desk, "/v1/insight/station", &[]).await.json();
    fits("Station", &empty);
    assert_eq!((&empty["queue"]["waiting"], &empty["plan"]), (&json!(0), &json!(null)));
    held(&get(&desk, "/station", &[]).await, 200);
    roster(&desk).await;
    waiting(&desk, "c-2", 20, None).await;
    waiting(&desk, "c-1", 0, Some("d-none")).await;
    let told = get(&desk, &format!("/v1/insight/station?locality={CITY}"), &[]).await.json();
    fits("Station", &told);
    let queue = &told["queue"];
    // From 08:00 and 08:20 on the twentieth until 03:20 on the twenty-third.
    let longest = queue["wait_hours"]["longest"].as_f64().unwrap();
    assert!(queue["waiting"] == 2 && (longest - (67.0 + 1.0 / 3.0)).abs() < 1e-9, "{queue}");
    let median = queue["wait_hours"]["median"].as_f64().unwrap();
    assert!((median - (67.0 + 1.0 / 6.0)).abs() < 1e-9, "{median}");
    assert_eq!(queue["cases"][0]["id"], "c-1");
    assert_eq!(queue["limits"], json!({ "of": 2, "known": 0, "next": null, "passed": 0 }));
    let station = &told["stations"][0];
    assert_eq!((&station["mediators"], &station["at_work"], &station["capacity"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!((&station["open"], &station["load"]), (&json!(0), &json!(0.0)));
    let people = &told["people"];
    assert_eq!((&people["mediators"], &people["at_work"], &people["capacity"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!((&people["skills"][0]["code"], &people["skills"][0]["at_work"]), (&json!("evaluation"), &json!(1)));
    assert_eq!((&people["languages"][0]["code"], &people["languages"][0]["at_work"]), (&json!("en"), &json!(0)));
    assert!(!told.to_string().contains("m-1"), "nobody is listed");
    let most = QUEUE_COUNT_MAX;
    assert_eq!(get(&desk, &format!("/v1/insight/station?count={most}"), &[]).await.status, 200);
    get(&desk, &format!("/v1/insight/station?count={}", most + 1), &[]).await.is_problem(400, "invalid-query");
    get(&desk, "/v1/insight/station?locality=x", &[]).await.is_problem(400, "invalid-query");
    let page = held(&get(&desk, "/station?lang=en&locality=330700", &[]).await, 200);
    for word in ["67.3 h", "67.2 h", "c-1", "st-1", "1 / 2", "evaluation", "2 mediators, 1 at work today", "none known"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    held(&get(&desk, "/station?x=1", &[]).await, 400);
}

#[tokio::test]
async fn a_plan_is_proposed_explained_and_accepted_once_on_the_page() {
    let desk = desk(false);
    roster(&desk).await;
    waiting(&desk, "c-1", 0, None).await;
    waiting(&desk, "c-2", 20, None).await;
    let sent = form(&desk, "/station/plan", &format!("locality={CITY}&horizon_days=0&overload_max=0"), &OWN).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let path = sent.header("location").to_owned();
    let page = held(&get(&desk, &path, &[("accept-language", "en")]).await, 200);
    for word in
        ["waits for a person", "m-1", "Nobody else meets every condition", "Accept and assign", "every slot taken"]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    let told = get(&desk, &format!("/v1/insight/station?locality={CITY}"), &[]).await.json();
    let plan = &told["plan"];
    assert_eq!((&plan["state"], &plan["placed"], &plan["unplaced"]), (&"proposed".into(), &1.into(), &1.into()));
    let accept = format!("{path}/accept");
    for _ in 0..2 {
        let done = form(&desk, &accept, "", &OWN).await;
        assert_eq!((done.status, done.header("location")), (303, &*path));
    }
    let page = held(&get(&desk, &path, &[("accept-language", "zh")]).await, 200);
    for word in ["已批准", "已分派1件，维持0件，未分派0件", "符合全部条件的只有此人"] {
        assert!(page.contains(word), "{word}\n{page}");
    }
    assert!(!page.contains("批准并分派"), "what is accepted is not accepted again");
    let told = get(&desk, &format!("/v1/insight/station?locality={CITY}"), &[]).await.json();
    fits("Station", &told);
    assert_eq!((&told["plan"]["accepted"]["assigned"], &told["stations"][0]["open"]), (&1.into(), &1.into()));
    assert!(held(&get(&desk, "/station?locality=330700", &[]).await, 200).contains("已分派1件"));
    // One that nobody accepts is over.
    let sent = form(&desk, "/station/plan", &format!("locality={CITY}"), &OWN).await;
    desk.clock.0.store((PLAN_AGE_HOURS_MAX.unsigned_abs() + 1) * HOUR_MILLIS, Ordering::Relaxed);
    let late = sent.header("location").to_owned();
    assert!(held(&get(&desk, &late, &[("accept-language", "en")]).await, 200).contains("nobody accepted it in time"));
    held(&form(&desk, &format!("{late}/accept"), "", &OWN).await, 409);
    held(&get(&desk, "/station/plan/none", &[]).await, 404);
    held(&form(&desk, "/station/plan", "locality=nowhere", &OWN).await, 400);
    held(&form(&desk, "/station/plan", &format!("locality={CITY}&horizon_days=many"), &OWN).await, 400);
    held(&form(&desk, "/station/plan", &format!("locality={CITY}&horizon_days=9999"), &OWN).await, 422);
}

#[tokio::test]
async fn whoever_comes_in_hears_which_ways_are_open_and_what_may_be_refused() {
    let desk = desk(false);
    let page = held(&get(&desk, "/station/intake?lang=en", &[]).await, 200);
    assert!(page.contains("Go on to the facts") && !page.contains("fact.amount"));
    let page = held(&get(&desk, "/station/intake?lang=en&kind=labour.wage&locality=cn/zhejiang", &[]).await, 200);
    for name in ["fact.amount", "fact.people", "applicant.consent", "respondent.type", "No names"] {
        assert!(page.contains(name), "{name}\n{page}");
    }
    let told = "locality=cn/zhejiang&kind=labour.wage&source=counter&filed=2026-11-20&fact.amount=48000.00&fact.people=14\
                &applicant.type=natural&applicant.consent=yes&respondent.type=organisation&respondent.consent=";
    let page = held(&form(&desk, "/station/intake", told, &OWN).await, 200);
    for word in ["labour inspection", "court open", "What one may refuse", "Labour Law", "value=\"48000.00\""] {
        assert!(page.contains(word), "{word}\n{page}");
    }
    // It is a decision as any other.
    let listed = get(&desk, "/v1/decisions", &[]).await.json();
    let id = listed["decisions"][0]["id"].as_str().unwrap();
    assert!(page.contains(&format!("href=\"/decisions/{}\"", id.replace('-', "%2D"))), "{page}");
    let wrong = "locality=cn/zhejiang&kind=labour.wage&fact.people=many&applicant.consent=perhaps";
    let page = held(&form(&desk, "/station/intake", wrong, &OWN).await, 200);
    for word in
        ["aria-invalid=\"true\" aria-describedby=\"w-fact-people\"", "href=\"#f-applicant-consent\"", "value=\"many\""]
    {
        assert!(page.contains(word), "{word}\n{page}");
    }
    held(&form(&desk, "/station/intake", "locality=nowhere&kind=labour.wage", &OWN).await, 400);
    held(&form(&desk, "/station/intake", "locality=cn&kind=labour.wages", &OWN).await, 400);
    held(&form(&desk, "/station/intake", "locality=cn&kind=labour.wage", &[("host", "maple:1")]).await, 403);
    held(&get(&desk, "/station/intake?kind=labour.wages", &[]).await, 400);
    let answer: Answer = ask(
        &desk,
        Request::post("/station/intake")
            .header("host", "maple:1")
            .header("origin", "http://maple:1")
            .header("content-type", "application/json")
            .body(Body::from("{}"))
            .unwrap(),
    )
    .await;
    held(&answer, 415);
}
