//! Signals to whoever listens, what events say became of them, and the tick.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use fixture::{desk::*, fits, quick};
use jiff::{SignedDuration, Timestamp};
use maple_kernel::Level;
use maple_server::{Config, Governance, LISTENERS_COUNT_MAX, SIGNALS_BEHIND_MAX, TICK_LOOKS_COUNT_MAX, serve};
use maple_store::{Looked, Raise};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{sleep, timeout},
};

fn now(desk: &Desk) -> Timestamp {
    Timestamp::from_millisecond(i64::try_from(START + desk.clock.0.load(Ordering::Relaxed)).unwrap()).unwrap()
}

/// A desk whose clock brings nothing by itself, with one signal in Zhejiang.
async fn raised(config: Config, guarded: bool) -> Desk {
    let desk = desk_with(calm(&[]), Governance::default(), guarded, Config { tick: false, ..config });
    let event = json!({
        "specversion": "1.0", "id": "e-1", "source": "/desk/1", "type": "case.registered", "subject": "c-1",
        "time": now(&desk).to_string(), "data": { "locality": "cn/zhejiang", "kind": "labour.wage" }
    });
    let token = guarded.then(|| token(&desk, "desk", &["evaluate"], "**"));
    let answer = desk.send("/v1/events", "application/json", token.as_deref(), event.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let look = desk.store.looks(now(&desk), 10).unwrap().remove(0);
    let at = now(&desk);
    let day = SignedDuration::from_hours(24);
    let raise = Raise {
        id: "s-1".to_owned(),
        code: "overload".to_owned(),
        level: Level::Yellow,
        sort: "station".to_owned(),
        subject: "st-1".to_owned(),
        locality: "cn/zhejiang".to_owned(),
        kind: "labour.wage".to_owned(),
        policy: "cn/prevention".to_owned(),
        rule: "S16".to_owned(),
        basis: vec!["cn.labour.5".to_owned()],
        measures: vec!["reassign".to_owned()],
        responsible: Some("intake".to_owned()),
        at,
        deadline: Some(at.checked_add(day).unwrap()),
        expires: at.checked_add(day * 90).unwrap(),
        cases: 1,
        rests: None,
    };
    let looked = Looked { look, raises: vec![raise], running: Vec::new(), again: None, later: Vec::new() };
    assert_eq!(desk.store.raise(&[looked], at).unwrap().len(), 1);
    desk
}

/// A real socket to the desk.
async fn served(desk: &Desk) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(Arc::clone(&desk.service.app), listener, std::future::pending()));
    address
}

async fn listen(address: SocketAddr) -> io::Result<TcpStream> {
    listen_to(address, "").await
}

async fn listen_to(address: SocketAddr, query: &str) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // Little stands between the service and who does not read.
    socket.set_recv_buffer_size(4_096)?;
    let mut stream = socket.connect(address).await?;
    let head = format!("GET /v1/signals{query} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// The status line of what a listener is told first.
async fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    timeout(Duration::from_secs(10), stream.read_exact(&mut head)).await.expect("a status").unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

async fn say(desk: &Desk, state: &str) {
    let answer = desk.service.post("/v1/signals/s-1", json!({ "state": state }).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Reads until a text has come.
async fn heard(stream: &mut TcpStream, what: &str) -> String {
    let (mut all, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let read = timeout(Duration::from_secs(20), stream.read(&mut piece)).await.expect("something").unwrap();
        assert!(read > 0, "closed before `{what}`: {} bytes", all.len());
        all.extend_from_slice(&piece[..read]);
        let end = all.len().saturating_sub(read + what.len());
        if String::from_utf8_lossy(&all[end..]).contains(what) {
            return String::from_utf8(all).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_what_becomes_of_a_signal() {
    let desk = raised(quick(), false).await;
    let address = served(&desk).await;
    let mut listener = listen(address).await.unwrap();
    heard(&mut listener, "\r\n\r\n").await;
    say(&desk, "acknowledged").await;
    let told = heard(&mut listener, "\n\n").await;
    let data = told.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let signal: Value = serde_json::from_str(data).unwrap();
    assert!(told.contains("event: signal\n"), "{told}");
    assert_eq!((&signal["id"], &signal["state"]), (&json!("s-1"), &json!("acknowledged")));
    fits("RaisedSignal", &signal);
    // A signal that nobody handled in time is told by the tick.
    desk.clock.0.store(25 * 3_600_000, Ordering::Relaxed);
    let ticked = desk.service.post("/v1/tick", "").await;
    assert_eq!(ticked.status, 200, "{}", ticked.text());
    assert_eq!(ticked.json(), json!({ "looked": 0, "signals": 0, "escalated": 1, "more": false }));
    fits("Ticked", &ticked.json());
    let told = heard(&mut listener, "\n\n").await;
    assert!(told.contains("\"level\":\"orange\"") && told.contains("\"overdue\":true"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_the_state_and_the_level_that_it_asks_for() {
    let desk = raised(quick(), false).await;
    let address = served(&desk).await;
    let mut handled = listen_to(address, "?state=handled&locality=cn/zhejiang").await.unwrap();
    let mut orange = listen_to(address, "?level=orange").await.unwrap();
    let mut elsewhere = listen_to(address, "?locality=cn/zhejiang/jinhua").await.unwrap();
    for listener in [&mut handled, &mut orange, &mut elsewhere] {
        heard(listener, "\r\n\r\n").await;
    }
    say(&desk, "acknowledged").await;
    desk.clock.0.store(25 * 3_600_000, Ordering::Relaxed);
    assert_eq!(desk.service.post("/v1/tick", "").await.json()["escalated"], 1);
    say(&desk, "handled").await;
    // The first that each hears: others came before.
    let first = heard(&mut handled, "\n\n").await;
    assert!(first.contains("\"state\":\"handled\"") && !first.contains("\"state\":\"acknowledged\""), "{first}");
    let first = heard(&mut orange, "\n\n").await;
    assert!(first.contains("\"level\":\"orange\"") && first.contains("\"state\":\"acknowledged\""), "{first}");
    let nothing = timeout(Duration::from_millis(300), elsewhere.read(&mut [0; 16])).await;
    assert!(nothing.is_err(), "{nothing:?}");
    // Pages are for who asks for them.
    for query in ["?after=1.s-1", "?count=10", "?state=lost", "?level=green"] {
        assert_eq!(status(&mut listen_to(address, query).await.unwrap()).await, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_behind_hears_how_many_were_lost() {
    let desk = raised(quick(), false).await;
    let address = served(&desk).await;
    let mut slow = listen(address).await.unwrap();
    heard(&mut slow, "\r\n\r\n").await;
    let told = 20_000;
    for _ in 0..told {
        say(&desk, "acknowledged").await;
    }
    say(&desk, "handled").await;
    let all = heard(&mut slow, "\"state\":\"handled\"").await;
    let lost: usize = all
        .lines()
        .filter_map(|line| line.strip_prefix("data: {\"lost\":"))
        .map(|count| count.trim_end_matches('}').parse::<usize>().unwrap())
        .sum();
    let heard = all.matches("event: signal\n").count();
    assert_eq!(heard + lost, told + 1, "every one is heard or counted");
    assert!(lost > 0 && told - lost >= SIGNALS_BEHIND_MAX, "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_listen_and_who_stops_reading_makes_room() {
    let desk = raised(Config { stall: Duration::from_millis(500), ..quick() }, false).await;
    let address = served(&desk).await;
    let mut stuck = listen(address).await.unwrap();
    assert_eq!(status(&mut stuck).await, 200);
    let mut others = Vec::new();
    for _ in 1..LISTENERS_COUNT_MAX {
        let mut one = listen(address).await.unwrap();
        assert_eq!(status(&mut one).await, 200);
        others.push(one);
    }
    assert_eq!(status(&mut listen(address).await.unwrap()).await, 503);
    drop(others);
    // It reads nothing while much is told; its place is free again.
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        for _ in 0..1_000 {
            say(&desk, "acknowledged").await;
        }
        sleep(Duration::from_millis(600)).await;
        let mut all = Vec::new();
        for _ in 0..LISTENERS_COUNT_MAX {
            let mut one = listen(address).await.unwrap();
            if status(&mut one).await == 200 {
                all.push(one);
            }
        }
        if all.len() == LISTENERS_COUNT_MAX {
            break;
        }
        assert!(
            all.len() + 1 >= LISTENERS_COUNT_MAX && Instant::now() < until,
            "{} of {LISTENERS_COUNT_MAX}",
            all.len()
        );
    }
}

#[tokio::test]
async fn an_event_says_what_became_of_a_signal() {
    let desk = raised(quick(), true).await;
    let here = token(&desk, "here", &["evaluate"], "cn/zhejiang/**");
    let there = token(&desk, "there", &["evaluate"], "cn/shanghai/**");
    let reader = token(&desk, "reader", &["auditor"], "**");
    let event = |id: &str, signal: &str, data: Value| {
        json!({
            "specversion": "1.0", "id": id, "source": "/desk/1", "type": "signal.handled", "subject": signal,
            "time": now(&desk).to_string(), "data": data
        })
    };
    let send = async |token: &str, event: Value| {
        let answer = desk.send("/v1/events", "application/json", Some(token), event.to_string()).await;
        (answer.status, answer.json())
    };
    let acknowledged = event("h-1", "s-1", json!({ "state": "acknowledged" }));
    assert_eq!(send(&there, acknowledged.clone()).await.0, 403);
    assert_eq!(send(&reader, acknowledged.clone()).await.0, 403);
    let state = || desk.store.signal("s-1").unwrap().unwrap();
    assert_eq!(state().state.as_str(), "raised");
    assert_eq!(send(&here, acknowledged.clone()).await, (200, json!({ "status": "applied" })));
    assert_eq!((state().state.as_str(), state().actor.as_deref()), ("acknowledged", Some("here")));
    assert_eq!(send(&here, acknowledged).await, (200, json!({ "status": "duplicate" })));
    assert_eq!(send(&here, event("h-1", "s-1", json!({}))).await.0, 409);
    // Wrong in three ways, each told at its place.
    let (status, problem) = send(&here, event("h-2", "s-1", json!({ "state": "done" }))).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/data/state")), "{problem}");
    let (status, problem) = send(&here, event("h-2", "s-1", json!({ "why": "x" }))).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/data/why")), "{problem}");
    assert_eq!(send(&here, event("h-2", "s-9", json!({}))).await.0, 404);
    // Without data it was handled; then nothing else can be said of it.
    assert_eq!(send(&here, event("h-2", "s-1", Value::Null)).await.0, 200);
    assert_eq!(state().state.as_str(), "handled");
    let (status, problem) = send(&here, event("h-3", "s-1", json!({ "state": "false_alarm" }))).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/conflict")), "{problem}");
    // In a batch, beside others.
    let batch = json!([event("h-2", "s-1", Value::Null), event("h-4", "s-1", json!({ "state": "false_alarm" }))]);
    let answer =
        desk.send("/v1/events", "application/cloudevents-batch+json", Some(&here), batch.to_string()).await.json();
    fits("EventsTaken", &answer);
    assert_eq!((&answer["refused"], &answer["events"][0]["status"]), (&json!(1), &json!("duplicate")), "{answer}");
}

#[tokio::test]
async fn the_tick_is_for_who_may_tell_of_all_cases() {
    let desk = raised(quick(), true).await;
    let tick = async |roles: &[&str], scope: &str| {
        let token = token(&desk, "one", roles, scope);
        desk.send("/v1/tick", "application/json", Some(&token), String::new()).await.status
    };
    assert_eq!(tick(&["evaluate"], "**").await, 200);
    assert_eq!(tick(&["evaluate"], "cn/zhejiang/**").await, 403);
    assert_eq!(tick(&["admin"], "**").await, 403);
    let service = fixture::Service::new(Config::default());
    service.post("/v1/tick", "").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn one_tick_looks_at_so_many_cases_and_says_that_more_are_left() {
    let desk = desk_with(calm(&[]), Governance::default(), false, Config { tick: false, ..quick() });
    let most = TICK_LOOKS_COUNT_MAX;
    let event = |n: usize| {
        json!({
            "specversion": "1.0", "id": format!("e-{n}"), "source": "/desk/1", "type": "case.registered",
            "subject": format!("c-{n}"), "time": now(&desk).to_string(),
            "data": { "locality": "cn/zhejiang", "kind": "labour.wage" }
        })
    };
    let all: Vec<Value> = (0..=most).map(event).collect();
    for some in all.chunks(1_000) {
        let batch = json!(some).to_string();
        let answer = desk.send("/v1/events", "application/cloudevents-batch+json", None, batch).await;
        assert_eq!((answer.status, &answer.json()["refused"]), (200, &json!(0)), "{}", answer.text());
    }
    let tick = async || {
        let ticked = desk.service.post("/v1/tick", "").await.json();
        (ticked["looked"].as_u64().unwrap(), ticked["more"].as_bool().unwrap())
    };
    assert_eq!(tick().await, (u64::try_from(most).unwrap(), true));
    assert_eq!(tick().await, (1, false));
    assert_eq!(tick().await, (0, false));
    // Tomorrow they are looked at again, since they are open.
    desk.clock.0.store(24 * 3_600_000, Ordering::Relaxed);
    assert_eq!(tick().await, (u64::try_from(most).unwrap(), true));
}
