//! The doors, knocked at in process: every answer, and every way a request can be wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request},
};
use fixture::{Answer, Service, TODAY, bundle_with, fits, of_kind, padded, question, quick, serving};
use maple_server::{Config, LARGE_BODIES_COUNT_MAX, SMALL_BYTES_MAX};
use maple_wire::{BODY_BYTES_MAX, ProblemKind};
use serde_json::{Value, json};

fn service() -> Service {
    Service::new(quick())
}

#[tokio::test]
async fn a_question_is_decided() {
    let service = service();
    let answer = service.evaluate(&question()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.text());
    let reply = answer.json();
    fits("Reply", &reply);
    let decision = &reply["decision"];
    assert!(decision["id"].as_str().unwrap().starts_with("d-0"));
    assert_eq!((&decision["case"], &decision["generation"]), (&json!("c-1"), &json!(17)));
    assert_eq!((&decision["as_of"], &decision["outcome"]), (&json!(TODAY), &json!("route")));
    assert_eq!(decision["ruleset"], json!(service.app.serving().ruleset().digest().to_string()));
    assert_eq!(decision["steps"][0]["channel"], "labour_inspection");
    assert!(decision.get("explain").is_none());

    let mut asked = question();
    asked["explain"] = json!(true);
    let reply = service.evaluate(&asked).await.json();
    fits("Reply", &reply);
    assert_eq!(reply["decision"]["explain"]["chain"], json!(["cn", "cn/zhejiang"]));
}

#[tokio::test]
async fn a_decision_comes_in_plain_words_when_only_those_are_accepted() {
    let service = service();
    for (accept, language, kind, said) in [
        ("text/plain", "en", "text/plain; charset=utf-8", "The way, in this order:"),
        ("text/plain", "zh-CN,zh;q=0.9", "text/plain; charset=utf-8", "可以走的路，按先后："),
        ("application/json, text/plain, */*", "zh", "application/json", "{\"decision\":"),
        ("*/*", "zh", "application/json", "{\"decision\":"),
    ] {
        let request = Request::post("/v1/evaluate")
            .header("content-type", "application/json")
            .header("accept", accept)
            .header("accept-language", language)
            .body(Body::from(question().to_string()))
            .unwrap();
        let answer = Answer::of(service.call(request).await).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{accept}");
        assert!(answer.text().starts_with(said), "{accept} {language}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_same_question_gives_the_same_answer_but_for_its_id() {
    let service = service();
    let told = |answer: Answer| {
        let mut reply = answer.json();
        reply["decision"].as_object_mut().unwrap().remove("id").unwrap();
        reply
    };
    let first = told(service.evaluate(&question()).await);
    assert_eq!(first, told(service.evaluate(&question()).await));
}

#[tokio::test]
async fn bad_input_is_a_problem_that_names_the_field() {
    let service = service();
    let with = |pointer: &str, value: Value| {
        let mut question = question();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        question.pointer_mut(parent).unwrap()[name] = value;
        question.to_string()
    };
    let good = question().to_string();
    let doubled = good.replacen("\"people\":14", "\"people\":14,\"people\":14", 1);
    let rows: [(String, u16, &str, &str); 20] = [
        (String::new(), 400, "", "not_json"),
        ("hello".into(), 400, "", "not_json"),
        (good.replacen("14", "NaN", 1), 400, "", "not_json"),
        ("[".repeat(100_000), 400, "", "too_deep"),
        ("[]".into(), 422, "", "wrong_type"),
        ("{}".into(), 422, "/case", "missing"),
        (with("/case/colour", json!(1)), 422, "/case/colour", "unknown_field"),
        (with("/case/facts/weather", json!(1)), 422, "/case/facts/weather", "unknown_fact"),
        (with("/case/facts/name", json!("x")), 422, "/case/facts/name", "forbidden"),
        (with("/case/facts/phone", json!("x")), 422, "/case/facts/phone", "forbidden"),
        (with("/case/facts/consent", json!("yes")), 422, "/case/facts/consent", "wrong_place"),
        (doubled, 422, "/case/facts/people", "duplicate"),
        (with("/case/facts/people", json!("14")), 422, "/case/facts/people", "wrong_type"),
        (with("/case/facts/people", json!(0)), 422, "/case/facts/people", "out_of_range"),
        (good.replacen("\"48000.00\"", "1e400", 1), 422, "/case/facts/amount", "out_of_range"),
        (with("/case/facts/knew_on", json!("2026-02-30")), 422, "/case/facts/knew_on", "not_a_day"),
        (with("/case/locality", json!("cn/zhejian")), 422, "/case/locality", "unknown_value"),
        (with("/case/kind", json!("labour.wages")), 422, "/case/kind", "unknown_value"),
        (with("/case/id", json!("13800000000")), 422, "/case/id", "personal_data"),
        (with("/case/parties", json!([])), 422, "/case/parties", "too_few"),
    ];
    for (body, status, pointer, code) in rows {
        let answer = service.post("/v1/evaluate", body).await;
        let problem = answer.is_problem(status, if status == 400 { "invalid-json" } else { "invalid-case" });
        let errors = problem["errors"].as_array().unwrap();
        let found = errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code);
        assert!(found, "no {code} at {pointer}: {problem}");
    }
    let answer = service.post("/v1/evaluate", b"{\"\xff\":1}".to_vec()).await;
    assert_eq!(answer.is_problem(400, "invalid-json")["errors"][0]["code"], "invalid_utf8");
}

#[tokio::test]
async fn the_body_is_bounded_at_its_edge() {
    let service = service();
    let padded = |length| padded(&question().to_string(), length);
    assert_eq!(service.post("/v1/evaluate", padded(BODY_BYTES_MAX)).await.status, 200);
    service.post("/v1/evaluate", padded(BODY_BYTES_MAX + 1)).await.is_problem(413, "too-large");
    // In pieces, without an announced length.
    for (length, status) in [(BODY_BYTES_MAX, 200), (BODY_BYTES_MAX + 1, 413)] {
        let text = padded(length).into_bytes();
        let pieces: Vec<Result<Vec<u8>, std::io::Error>> = text.chunks(1000).map(|part| Ok(part.to_vec())).collect();
        let body = Body::from_stream(tokio_stream::iter(pieces));
        assert_eq!(service.post("/v1/evaluate", body).await.status, status);
    }
    service.post("/v1/evaluate", vec![b' '; 20 << 20]).await.is_problem(413, "too-large");
}

#[tokio::test]
async fn other_media_types_are_refused_with_the_right_one() {
    let service = service();
    let send = async |path: &str, name: &str, value: &str| {
        let request = Request::post(path).header(name, value).body(Body::from(question().to_string())).unwrap();
        Answer::of(service.call(request).await).await
    };
    for given in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(send("/v1/evaluate", "content-type", given).await.status, 200, "{given}");
    }
    for given in ["text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", "", "é"] {
        let problem = send("/v1/evaluate", "content-type", given).await.is_problem(415, "unsupported-media-type");
        assert!(problem["detail"].as_str().unwrap().contains("content-type: application/json"));
    }
    send("/v1/evaluate", "content-encoding", "gzip").await.is_problem(415, "unsupported-media-type");
    let problem = send("/v1/evaluate/batch", "content-type", "application/json").await;
    let problem = problem.is_problem(415, "unsupported-media-type");
    assert!(problem["detail"].as_str().unwrap().contains("application/x-ndjson"));
    send("/v1/preview", "content-type", "text/plain").await.is_problem(415, "unsupported-media-type");
    let bare = Request::post("/v1/evaluate").body(Body::from(question().to_string())).unwrap();
    assert_eq!(service.call(bare).await.status(), 200);
}

#[tokio::test]
async fn other_paths_and_methods_are_problems_too() {
    let service = service();
    for path in ["/none", "/v1", "/v1/evaluate/", "/v2/evaluate", "/v1/provisions/", "/%ff"] {
        service.get(path).await.is_problem(404, "not-found");
    }
    for (method, path, allowed) in [
        (Method::GET, "/v1/evaluate", "POST"),
        (Method::DELETE, "/v1/packs", "GET,HEAD"),
        (Method::OPTIONS, "/v1/evaluate/batch", "POST"),
        (Method::POST, "/metrics", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = Answer::of(service.call(request).await).await;
        answer.is_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn what_is_in_force_is_told() {
    let service = service();
    for (path, schema) in [
        ("/v1/packs", "Packs"),
        ("/v1/rulesets/current", "Ruleset"),
        ("/v1/localities", "Localities"),
        ("/v1/provisions/cn.labour.5", "Provision"),
        ("/health/live", "Live"),
        ("/health/ready", "Ready"),
        ("/problems/invalid-case", "ProblemKind"),
    ] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        fits(schema, &answer.json());
    }
    let packs = service.get("/v1/packs").await.json();
    assert_eq!(packs["packs"][0]["policies"][0]["rules"][0]["id"], "R25");
    assert_eq!(service.get("/v1/rulesets/current").await.json()["generation"], 17);
    let problem = service.get("/v1/provisions/cn.labour.6").await.is_problem(404, "not-found");
    assert!(problem["detail"].as_str().unwrap().contains("did you mean `cn.labour.5`?"));
    service.get("/v1/provisions/%ff").await.is_problem(404, "not-found");
    service.get("/problems/none").await.is_problem(404, "not-found");
    for kind in ProblemKind::ALL {
        assert_eq!(service.get(kind.uri()).await.json()["status"], kind.status());
    }
}

#[tokio::test]
async fn the_document_names_every_path_and_no_other() {
    let service = service();
    let document = service.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let told: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(told, maple_server::paths().iter().copied().collect());
    for (path, methods) in document["paths"].as_object().unwrap() {
        let real = path.replace("{id}", "cn.labour.5").replace("{name}", "internal").replace("{file}", "main.js");
        let right = match (methods.get("get"), methods.get("post")) {
            (Some(_), Some(_)) => "GET,HEAD,POST",
            (None, _) => "POST",
            (_, None) => "GET,HEAD",
        };
        let wrong = "DELETE";
        let request = Request::builder().method(wrong).uri(&real).body(Body::empty()).unwrap();
        let answer = Answer::of(service.call(request).await).await;
        assert_eq!((answer.status, answer.header("allow")), (405, right), "{path}");
    }
}

#[tokio::test]
async fn a_trace_goes_on_and_one_begins() {
    let service = service();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = Request::get("/health/live")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .body(Body::empty())
        .unwrap();
    let answer = Answer::of(service.call(request).await).await;
    let told = answer.header("traceparent");
    assert!(told.starts_with(&format!("00-{trace}-")) && told.ends_with("-01"), "{told}");
    assert!(!told.contains("00f067aa0ba902b7"), "the span is a new one: {told}");
    let (one, two) = (service.get("/health/live").await, service.get("/nowhere").await);
    assert_eq!(one.header("traceparent").len(), 55);
    assert_ne!(one.header("traceparent"), two.header("traceparent"));
}

#[tokio::test]
async fn figures_count_and_hold_no_fact() {
    let service = service();
    service.evaluate(&question()).await;
    service.evaluate(&of_kind("test.trap")).await;
    service.evaluate(&json!({})).await;
    service.get("/nowhere/c-1").await;
    let answer = service.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.text();
    for line in [
        "maple_requests_total{route=\"/v1/evaluate\",status=\"200\"} 2",
        "maple_requests_total{route=\"/v1/evaluate\",status=\"422\"} 1",
        "maple_requests_total{route=\"none\",status=\"404\"} 1",
        "maple_request_duration_seconds_count{route=\"/v1/evaluate\"} 3",
        "maple_decisions_total{outcome=\"route\"} 1",
        "maple_decisions_total{outcome=\"refer\"} 1",
        "maple_policy_faults_total{policy=\"cn/labour\",kind=\"trap\"} 1",
        "maple_fuel_total 2000",
        "maple_generation 17",
        "maple_requests_in_flight 1",
        "# EOF",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
    for fact in ["c-1", "48000", "amount", "zhejiang", "wage"] {
        assert!(!text.contains(fact), "{fact}");
    }
}

#[tokio::test]
async fn a_failed_policy_hands_the_case_to_a_person() {
    let reply = service().evaluate(&of_kind("test.trap")).await.json();
    fits("Reply", &reply);
    assert_eq!(reply["decision"]["outcome"], "refer");
    assert_eq!(reply["decision"]["verdicts"][0]["fault"], "trap");
}

#[tokio::test]
async fn a_failing_host_says_so_and_goes_on() {
    let service = service();
    let answer = service.evaluate(&of_kind("test.panic")).await;
    answer.is_problem(500, "internal");
    assert!(!answer.text().contains("on purpose"));
    assert_eq!(service.evaluate(&question()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_finds_no_place_in_time_is_told_when_to_come_back() {
    let service = Arc::new(Service::new(Config { evaluations: 1, waiting: 1, ..quick() }));
    let slow = |service: &Arc<Service>| {
        let service = Arc::clone(service);
        tokio::spawn(async move { service.evaluate(&of_kind("test.slow")).await })
    };
    let calls: Vec<_> = (0..6).map(|_| slow(&service)).collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let turned_away: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count() + turned_away.len(), 6);
    assert!(!turned_away.is_empty());
    for answer in turned_away {
        answer.is_problem(503, "overloaded");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(service.evaluate(&question()).await.status, 200, "the place is free again");
    assert!(service.get("/metrics").await.text().contains("maple_refused_total{route=\"/v1/evaluate\"}"));
}

#[tokio::test]
async fn policies_that_no_time_is_left_for_are_not_asked_and_a_person_decides() {
    let second = "[[rule]]\nid = \"Z1\"\nsummary = { zh = \"浙江\", en = \"Zhejiang\" }\n\
                  then = [{ offer = \"labour_mediation\" }]\nbasis = [\"cn.labour.5\"]\n";
    let two = || serving(bundle_with(&[("cn/zhejiang/more.toml", second)]), 18);
    let service = Service::new(Config { deadline: Duration::from_millis(100), ..quick() });
    service.app.replace(two());
    // The first takes 300 milliseconds.
    let answer = service.evaluate(&of_kind("test.slow")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decision = &answer.json()["decision"];
    assert_eq!((&decision["outcome"], &decision["referral"]["code"]), (&"refer".into(), &"policy_failed".into()));
    let faults: Vec<_> = decision["verdicts"].as_array().unwrap().iter().map(|one| one["fault"].clone()).collect();
    assert_eq!(faults, [json!(null), json!("timeout")], "{decision}");
    // Where there is time all are asked.
    let service = Service::new(quick());
    service.app.replace(two());
    let answer = service.evaluate(&of_kind("test.slow")).await;
    assert!(!answer.text().contains("timeout"), "{}", answer.text());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let service = Service::new(Config { deadline: Duration::from_millis(50), ..quick() });
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    sender.send(Ok(b"{\"case\":".to_vec())).await.unwrap();
    service.post("/v1/evaluate", body).await.is_problem(408, "request-timeout");
    drop(sender);
}

#[tokio::test]
async fn large_bodies_have_bounded_room_and_small_ones_need_none() {
    let service = Service::new(Config { deadline: Duration::from_secs(5), ..quick() });
    let open = |_| service.open("/v1/evaluate", SMALL_BYTES_MAX + 1);
    let (senders, calls): (Vec<_>, Vec<_>) = (0..LARGE_BODIES_COUNT_MAX).map(open).unzip();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let padded = |length| padded(&question().to_string(), length);
    service.post("/v1/evaluate", padded(SMALL_BYTES_MAX + 1)).await.is_problem(503, "overloaded");
    assert_eq!(service.post("/v1/evaluate", padded(SMALL_BYTES_MAX)).await.status, 200);
    drop(senders);
    for call in calls {
        assert_eq!(call.await.unwrap().status(), 400);
    }
    assert_eq!(service.post("/v1/evaluate", padded(SMALL_BYTES_MAX + 1)).await.status, 200);
}

#[tokio::test]
async fn packs_left_out_are_told() {
    let service = service();
    let broken = bundle_with(&[("cn/zhejiang/broken.toml", "[[rule]]\nid = \"Z1\"\nthn = []\n")]);
    service.app.replace(serving(broken, 18));
    let ready = service.get("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")));
    fits("Ready", &ready.json());
    let reason = ready.json()["reasons"][0].as_str().unwrap().to_owned();
    assert!(reason.contains("pack `cn/zhejiang` is left out: cn/zhejiang/broken.toml"), "{reason}");
    let packs = service.get("/v1/packs").await.json();
    fits("Packs", &packs);
    assert_eq!(packs["left_out"][0]["id"], "cn/zhejiang");
    assert_eq!(service.evaluate(&question()).await.json()["decision"]["generation"], 18);
    assert!(service.get("/metrics").await.text().contains("maple_packs_left_out 1"));
}
