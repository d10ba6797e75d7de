//! Every way an event can be wrong, one row each, and every limit at its edge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use fixture::ruleset;
use jiff::Timestamp;
use maple_insight::life::{
    Arbitration, Committee, EventType, FailureReason, Form, Happening as H, Level, Referral, Side,
};
use maple_kernel::Value;
use maple_wire::{
    AHEAD_SECONDS_MAX, EVENT_SOURCE_BYTES_MAX, EVENTS_COUNT_MAX, EventMessage, Handling, ID_BYTES_MAX, Message,
    Problem, event_json, parse_event, parse_event_apart, parse_events, registered_facts,
};
use serde_json::{Value as Json, json};

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn read(event: &Json) -> Result<EventMessage, Box<Problem>> {
    parse_event(event.to_string().as_bytes(), &ruleset(), now()).map(|read| read.case().unwrap())
}

fn event(kind: &str, data: Json) -> Json {
    json!({
        "specversion": "1.0", "id": "e-1", "source": "/desk/1", "type": kind, "subject": "c-2026-1",
        "time": "2026-11-23T15:59:59+08:00", "data": data
    })
}

fn registered() -> Json {
    event(
        "case.registered",
        json!({ "locality": "330784", "kind": "labour.wage_migrant", "source": "hotline", "organisation": "org-7",
                "place": "site-3", "project": "p-1", "decision": "d-1" }),
    )
}

/// The event with a member replaced or added.
fn with(mut event: Json, pointer: &str, value: Json) -> Json {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    event
}

fn without(mut event: Json, pointer: &str) -> Json {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    event
}

#[track_caller]
fn check(event: &Json, pointer: &str, code: &str, said: &str) {
    let problem = read(event).expect_err("a problem");
    assert_eq!(problem.kind.status(), 422, "{problem:?}");
    let found = problem.errors.iter().find(|e| e.pointer == pointer && e.code.as_str() == code);
    let found = found.unwrap_or_else(|| panic!("no {code} at {pointer}: {problem:?}"));
    assert!(found.detail.contains(said), "`{}` does not say `{said}`", found.detail);
    assert!(!found.detail_zh.is_empty());
}

#[test]
fn a_registration_says_what_the_dispute_is_about() {
    let read = read(&registered()).unwrap();
    assert_eq!((read.id.as_str(), read.source.as_str(), read.dispute.as_str()), ("e-1", "/desk/1", "c-2026-1"));
    assert_eq!((read.at, &read.what), ("2026-11-23T07:59:59Z".parse().unwrap(), &H::Registered));
    assert_eq!(self::read(&event_json(&read)).unwrap(), read);
    let told = read.registration.unwrap();
    // The official code is the path's.
    assert_eq!((told.locality.as_str(), told.kind.as_str()), ("cn/zhejiang/jinhua/yongkang", "labour.wage_migrant"));
    assert_eq!((told.origin.as_str(), told.organisation.as_deref()), ("hotline", Some("org-7")));
    let bare = super_bare();
    assert_eq!(read_registration(&bare).origin, "unstated");
}

fn super_bare() -> Json {
    event("case.registered", json!({ "locality": "cn", "kind": "labour.wage_migrant" }))
}

fn read_registration(event: &Json) -> maple_wire::Registration {
    read(event).unwrap().registration.unwrap()
}

#[test]
fn a_registration_says_some_facts_of_the_case_and_no_others() {
    let told = |facts: Json| with(registered(), "/data/facts", facts);
    let facts = json!({ "people": 12, "knew_on": "2025-03-01" });
    let read = read(&told(facts.clone())).unwrap();
    assert_eq!(json!(read.registration.as_ref().unwrap().facts), facts);
    assert_eq!(self::read(&event_json(&read)).unwrap(), read);
    let vocabulary = ruleset();
    let kept = |text: &str| registered_facts(text, vocabulary.vocabulary());
    let known = kept(&facts.to_string());
    assert_eq!(known.get("people"), Some(&Value::Number(12.0)));
    assert!(matches!(known.get("knew_on"), Some(Value::Day(day)) if day.to_string() == "2025-03-01"));
    // What later policies do not know any more is left out, and the rest is known.
    assert_eq!(kept(r#"{ "people": "many", "gone": 1, "violence_now": true }"#).iter().count(), 1);
    assert!(kept("[").is_empty());
    for (facts, pointer, code, said) in [
        (json!({ "amount": "1.00" }), "/data/facts/amount", "unknown_fact", "is not taken with a registration"),
        (json!({ "violence_now": true }), "/data/facts/violence_now", "unknown_fact", "are: people, knew_on"),
        // One of the list that these policies do not know.
        (json!({ "project_event": "closure" }), "/data/facts/project_event", "unknown_fact", "is not taken"),
        (json!({ "age_band": "adult" }), "/data/facts/age_band", "unknown_fact", "is not taken"),
        (json!({ "lucky_number": 1 }), "/data/facts/lucky_number", "forbidden", "is refused"),
        (json!({ "people": 1_000_001 }), "/data/facts/people", "out_of_range", "from 0 to 1000000"),
        (json!({ "knew_on": "soon" }), "/data/facts/knew_on", "bad_format", ""),
        (json!([]), "/data/facts", "wrong_type", "an object"),
    ] {
        check(&told(facts), pointer, code, said);
    }
}

#[test]
fn each_type_says_what_happened() {
    let due = Some(jiff::civil::date(2026, 12, 31));
    let rows = [
        ("offer.made", json!({ "channel": "court" }), H::Offered),
        ("consent.recorded", json!({ "party": "respondent", "consent": "no" }), {
            H::Consent { side: Side::Respondent, given: false }
        }),
        ("case.assigned", json!({ "station": "s-1", "mediator": "m-1" }), H::Assigned),
        ("mediator.accepted", json!({ "mediator": "m-1" }), H::Accepted),
        ("mediator.declined", json!({}), H::Declined),
        ("mediation.started", json!({ "station": "s-1" }), H::Started),
        (
            "agreement.recorded",
            json!({ "form": "oral", "scope": "part", "due_on": "2026-12-31" }),
            H::Agreed { form: Form::Oral, partly: true, due },
        ),
        ("agreement.recorded", json!({ "form": "written" }), {
            H::Agreed { form: Form::Written, partly: false, due: None }
        }),
        ("agreement.performed", Json::Null, H::Performed),
        ("mediation.failed", json!({ "reason": "too_far_apart" }), H::Failed(FailureReason::Apart)),
        ("confirmation.filed", json!({}), H::ConfirmationFiled),
        ("confirmation.decided", json!({ "granted": false }), H::ConfirmationDecided { granted: false }),
        ("case.filed_in_court", json!({}), H::FiledInCourt),
        ("arbitration.started", json!({ "tribunal": "labour" }), H::ArbitrationStarted(Arbitration::Labour)),
        ("case.referred", json!({ "to": "police" }), H::Referred(Referral::Police)),
        (
            "case.closed",
            json!({ "level": "town", "limit_on": "2026-12-31" }),
            H::Closed { level: Level::Town, limit: due },
        ),
        ("case.followed_up", json!({ "resolved": true }), H::FollowedUp { resolved: Some(true), satisfied: None }),
        ("case.reopened", json!({}), H::Reopened),
        ("case.called", json!({}), H::Called),
    ];
    let mut types: Vec<&str> = rows.iter().map(|(kind, ..)| *kind).chain(["case.registered"]).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), EventType::ALL.len());
    for (kind, data, what) in rows {
        let told = read(&event(kind, data)).unwrap();
        assert_eq!(told.what, what, "{kind}");
        assert_eq!(read(&event_json(&told)).unwrap(), told, "{kind}");
    }
    let assigned = read(&event("case.assigned", json!({ "station": "s-1", "mediator": "m-1", "channel": "court" })));
    let assigned = assigned.unwrap();
    assert_eq!(
        (assigned.station.as_deref(), assigned.mediator.as_deref(), assigned.channel.as_deref()),
        (Some("s-1"), Some("m-1"), Some("court"))
    );
}

#[test]
fn what_is_wrong_is_named() {
    for name in ["specversion", "id", "source", "type", "subject", "time"] {
        check(&without(registered(), &format!("/{name}")), &format!("/{name}"), "missing", "is missing");
    }
    check(&with(registered(), "/specversion", json!("0.3")), "/specversion", "unknown_value", "version 1.0");
    check(&with(registered(), "/type", json!("case.registred")), "/type", "unknown_value", "`case.registered`");
    check(&with(registered(), "/type", json!("weather")), "/type", "unknown_value", "agreement.recorded");
    check(&with(registered(), "/type", json!(7)), "/type", "wrong_type", "");
    check(&with(registered(), "/subject", json!("张三")), "/subject", "bad_format", "never a name");
    check(&with(registered(), "/subject", json!("11010519491231002X")), "/subject", "personal_data", "identity");
    check(&with(registered(), "/source", json!("一号窗口")), "/source", "bad_format", "ASCII");
    check(&with(registered(), "/id", json!("")), "/id", "too_long", "from 1");
    check(&with(registered(), "/time", json!("2026-02-30T00:00:00Z")), "/time", "bad_format", "RFC 3339");
    check(&with(registered(), "/time", json!("2026-11-23 08:00:00Z")), "/time", "bad_format", "RFC 3339");
    check(&with(registered(), "/time", json!("2026-11-23T08:00:00")), "/time", "bad_format", "RFC 3339");
    check(&with(registered(), "/time", json!("1969-12-31T23:59:59Z")), "/time", "bad_format", "1970");
    check(&with(registered(), "/data_base64", json!("e30=")), "/data_base64", "unknown_field", "`data`");
    check(&with(registered(), "/name", json!("x")), "/name", "forbidden", "");
    check(
        &with(registered(), "/data/locality", json!("yongkang")),
        "/data/locality",
        "unknown_value",
        "cn/zhejiang/jinhua/yongkang",
    );
    check(&with(registered(), "/data/kind", json!("labour")), "/data/kind", "unknown_value", "labour.");
    check(&with(registered(), "/data/source", json!("hotlin")), "/data/source", "unknown_value", "hotline");
    check(&with(registered(), "/data/address", json!("x")), "/data/address", "forbidden", "");
    check(&with(registered(), "/data/story", json!("x")), "/data/story", "forbidden", "");
    check(&with(registered(), "/data/station", json!("s")), "/data/station", "unknown_field", "`locality`");
    check(&with(registered(), "/data", json!([])), "/data", "wrong_type", "object");
    check(&without(registered(), "/data"), "/data/locality", "missing", "");
    let consent = || event("consent.recorded", json!({ "party": "respondent", "consent": "maybe" }));
    check(&consent(), "/data/consent", "unknown_value", "yes, no");
    check(&event("case.assigned", json!({})), "/data/station", "missing", "");
    let of = |class: &str| json!({ "station": "s-1", "committee": class });
    check(&event("case.assigned", of("vilage")), "/data/committee", "unknown_value", "did you mean `village`?");
    check(&event("mediation.started", of("李四")), "/data/committee", "unknown_value", "industry");
    check(&event("mediator.accepted", json!({ "committee": "village" })), "/data/committee", "unknown_field", "");
    let started = read(&event("mediation.started", of("street"))).unwrap();
    assert_eq!(started.committee, Some(Committee::Street));
    assert_eq!(read(&event_json(&started)).unwrap(), started);
    check(&event("case.assigned", json!({ "station": "李四" })), "/data/station", "bad_format", "never a name");
    check(&event("offer.made", json!({ "channel": "cuort" })), "/data/channel", "unknown_value", "`court`");
    check(&event("case.closed", json!({ "level": "moon" })), "/data/level", "unknown_value", "village");
    check(
        &event("agreement.recorded", json!({ "form": "oral", "due_on": "2026-02-30" })),
        "/data/due_on",
        "not_a_day",
        "",
    );
    check(&event("confirmation.decided", json!({ "granted": "yes" })), "/data/granted", "wrong_type", "");
    check(&event("case.reopened", json!({ "why": "x" })), "/data/why", "unknown_field", "");
    // Everything at once.
    let all = json!({ "specversion": "2", "id": "", "type": "case.closed", "data": { "level": 1 } });
    assert_eq!(read(&all).unwrap_err().errors.len(), 6, "{:?}", read(&all));
}

#[test]
fn limits_hold_at_their_edges() {
    let source = |length: usize| with(registered(), "/source", json!("s".repeat(length)));
    assert!(read(&source(EVENT_SOURCE_BYTES_MAX)).is_ok());
    check(&source(EVENT_SOURCE_BYTES_MAX + 1), "/source", "too_long", "256");
    let subject = |length: usize| with(registered(), "/subject", json!("s".repeat(length)));
    assert!(read(&subject(ID_BYTES_MAX)).is_ok());
    check(&subject(ID_BYTES_MAX + 1), "/subject", "too_long", "64");
    let ahead = |seconds: i64| {
        let at = Timestamp::from_second(now().as_second() + seconds).unwrap();
        with(registered(), "/time", json!(at.to_string()))
    };
    assert!(read(&ahead(AHEAD_SECONDS_MAX)).is_ok());
    check(&ahead(AHEAD_SECONDS_MAX + 1), "/time", "out_of_range", "look at the clocks");
}

#[test]
fn a_batch_is_read_event_by_event() {
    let batch = |events: &[Json]| parse_events(json!(events).to_string().as_bytes(), &ruleset(), now());
    let read = batch(&[registered(), event("weather", json!({})), event("case.reopened", json!({}))]).unwrap();
    assert!(matches!(&read[..], [Ok(_), Err(_), Ok(_)]), "{read:?}");
    assert_eq!(batch(&[]).unwrap().len(), 0);
    let most = vec![event("case.reopened", json!({})); EVENTS_COUNT_MAX + 1];
    assert!(batch(&most[1..]).unwrap().iter().all(Result::is_ok));
    assert!(batch(&most).unwrap_err().errors[0].detail.contains("1000 events"));
    let alone = parse_events(registered().to_string().as_bytes(), &ruleset(), now()).unwrap_err();
    assert!(alone.errors[0].detail.contains("a list of events"), "{alone:?}");
    assert_eq!(parse_events(b"[", &ruleset(), now()).unwrap_err().kind.status(), 400);
}

#[test]
fn attributes_apart_say_the_same() {
    let attributes = ["specversion", "id", "source", "type", "subject", "time"].map(|name| {
        let value = registered()[name].as_str().unwrap().to_owned();
        (name.to_owned(), value)
    });
    let data = registered()["data"].to_string();
    let apart = parse_event_apart(&attributes, data.as_bytes(), &ruleset(), now()).unwrap();
    assert_eq!(apart.case(), read(&registered()).ok());
    let extended = [attributes.to_vec(), vec![("traceparent".to_owned(), "00-x".to_owned())]].concat();
    assert!(parse_event_apart(&extended, data.as_bytes(), &ruleset(), now()).is_ok());
    let strange = [attributes.to_vec(), vec![("phone".to_owned(), "1".to_owned())]].concat();
    assert!(parse_event_apart(&strange, data.as_bytes(), &ruleset(), now()).is_err());
    assert_eq!(parse_event_apart(&attributes, b"{", &ruleset(), now()).unwrap_err().kind.status(), 400);
}

#[test]
fn a_change_of_capacity_is_about_a_mediator() {
    let read = |subject: &str, data: Json| {
        let told = with(event("capacity.changed", data), "/subject", json!(subject));
        parse_event(told.to_string().as_bytes(), &ruleset(), now())
    };
    let told = |subject: &str, data: Json| match read(subject, data).unwrap() {
        Message::Capacity(told) => (told.mediator, told.station, told.capacity, told.leave.map(|leave| leave.len())),
        other => panic!("{other:?}"),
    };
    assert_eq!(told("m-1", json!({ "capacity": 0 })), ("m-1".to_owned(), None, 0, None));
    let leave = json!([{ "from": "2026-12-01", "to": "2026-12-02" }]);
    let station = json!({ "mediator": "m-1", "capacity": 3, "leave": leave });
    assert_eq!(told("st-1", station.clone()), ("m-1".to_owned(), Some("st-1".to_owned()), 3, Some(1)));
    assert_eq!(told("m-1", station).1, None);
    for (data, pointer) in [
        (json!({}), "/data/capacity"),
        (json!({ "capacity": 501 }), "/data/capacity"),
        (json!({ "capacity": 5, "leave": [{ "from": "2026-12-02", "to": "2026-12-01" }] }), "/data/leave/0"),
        (json!({ "capacity": 5, "name": "x" }), "/data/name"),
    ] {
        assert_eq!(read("m-1", data).unwrap_err().errors[0].pointer, pointer);
    }
}

#[test]
fn what_became_of_a_signal_is_read() {
    let read = |data: Json| {
        let told = with(event("signal.handled", data), "/subject", json!("s-1"));
        parse_event(told.to_string().as_bytes(), &ruleset(), now())
    };
    for (data, state) in [
        (json!({ "state": "acknowledged" }), Handling::Acknowledged),
        (json!({ "state": "handled" }), Handling::Handled),
        (json!({ "state": "false_alarm" }), Handling::FalseAlarm),
        (json!({}), Handling::Handled),
        (Json::Null, Handling::Handled),
    ] {
        match read(data).unwrap() {
            Message::Handled(told) => assert_eq!((told.signal.as_str(), told.state), ("s-1", state)),
            other => panic!("{other:?}"),
        }
    }
    let problem = |data: Json| String::from_utf8(read(data).unwrap_err().to_json()).unwrap();
    let wrong = problem(json!({ "state": "handeld" }));
    assert!(wrong.contains("/data/state") && wrong.contains("did you mean `handled`"), "{wrong}");
    assert!(problem(json!({ "states": "handled" })).contains("/data/states"));
}
