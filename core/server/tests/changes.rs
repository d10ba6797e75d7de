//! Changes of what serves: published, activated, put back, stopped, planned.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{body::Body, http::Request};
use fixture::{Answer, Native, Service, begun, desk::*, fits, packed, question, quick};
use maple_bundle::{ARCHIVE_BYTES_MAX, Archive, Bundle};
use maple_seal::{Digest, Key, Signer, Trust, Trusted};
use maple_server::{App, BeginError, Config, Control, Followed, Governance, RULESETS_KEPT_MAX};
use maple_store::{HISTORY_COUNT_MAX, Rejection, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_published_activated_and_put_back() {
    let desk = desk();
    let before = desk.decide().await;
    assert_eq!((&before["generation"], channels(&before)), (&json!(1), vec!["labour_inspection", "court"]));
    let bytes = mediating();
    let first = desk.publish(&bytes).await;
    assert_eq!((first.status, &first.json()["admitted"]), (201, &json!(true)));
    assert_eq!(first.json()["packs"], json!([{ "pack": "cn/zhejiang", "before": "1.2.0", "after": "1.2.0" }]));
    assert_eq!(desk.publish(&bytes).await.status, 200, "it is there already");
    assert_eq!(desk.decide().await["generation"], 1, "what is published does not serve yet");

    assert_eq!(desk.swap(&bytes).await, 2);
    let after = desk.decide().await;
    assert_eq!(after["generation"], 2);
    assert_eq!(channels(&after), ["labour_inspection", "labour_mediation", "court"]);

    // What was decided before is made again from what served then.
    let replay = format!("/v1/decisions/{}/replay", before["id"].as_str().unwrap());
    let replayed = desk.service.post(&replay, "").await;
    assert_eq!((replayed.status, &replayed.json()["same"]), (200, &json!(true)), "{}", replayed.text());

    let back = desk.activate(&json!({ "rollback": true, "replaces": 2, "why": "a step is missing" })).await;
    assert_eq!(back.status, 201, "{}", back.text());
    assert_eq!((&back.json()["kind"], &back.json()["generation"]), (&json!("rollback"), &json!(3)));
    let now = desk.decide().await;
    assert_eq!(
        (&now["generation"], channels(&now), &now["ruleset"]),
        (&json!(3), channels(&before), &before["ruleset"])
    );
    let forward = desk.activate(&json!({ "rollback": true, "replaces": 3, "to": 2, "why": "it was right" })).await;
    assert_eq!((forward.status, desk.generation()), (201, 4));

    let history = desk.service.get("/v1/activations").await.json();
    let kinds: Vec<&str> =
        history["activations"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rollback", "rollback", "activate", "activate"]);
    let page = desk.service.get("/v1/activations?before=3").await.json();
    assert_eq!(page["activations"].as_array().unwrap().len(), 2);
    let listed = desk.service.get("/v1/bundles").await.json();
    assert_eq!(listed["bundles"].as_array().unwrap().len(), 2);
    let digest = Digest::of(&bytes).to_string();
    fits("BundleInfo", &desk.service.get(&format!("/v1/bundles/{digest}")).await.json());
    let request = Request::get(format!("/v1/bundles/{digest}")).header("accept", "application/gzip");
    let whole = Answer::of(desk.service.call(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(whole.body, bytes, "the original bytes");
    let audit = desk.store.audit_before(u64::MAX >> 1, 100).unwrap();
    let said: Vec<&str> = audit.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(said, ["rollback", "rollback", "activate", "publish", "publish", "publish", "activate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_caller_knows_is_replaced() {
    let desk = desk();
    let bytes = mediating();
    let bundle = desk.publish(&bytes).await.json()["bundle"].clone();
    for wrong in [2, 99] {
        let answer = desk.activate(&json!({ "bundle": bundle, "replaces": wrong, "why": "a test" })).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        fits("Conflicting", &answer.json());
        assert_eq!(answer.json()["current"]["generation"], 1);
    }
    assert_eq!((desk.generation(), desk.store.history().unwrap().len()), (1, 1), "nothing was changed");
    // Two administrators at once: one of them wins.
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a race" });
    let (one, two) = tokio::join!(desk.activate(&order), desk.activate(&order));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!((statuses, desk.generation()), ([201, 409], 2));
}

/// Stages without how long each took.
fn untimed(stages: &Value) -> Value {
    let mut stages = stages.clone();
    stages.as_array_mut().unwrap().iter_mut().for_each(|stage| stage["millis"] = json!(0));
    stages
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_pass_the_gate_leaves_a_report_and_changes_nothing() {
    let desk = desk();
    let files = [("cn/zhejiang/more.toml", "[[rule]]\nid = \"Z1\"\nwhen = { kind = [\"no.such\"] }\n")];
    let broken = packed(&calm(&files), b"component");
    let dry = desk.send("/v1/bundles?dry_run=true", "application/gzip", None, broken.clone()).await;
    assert_eq!((dry.status, &dry.json()["admitted"]), (200, &json!(false)));
    fits("GateReport", &dry.json());
    assert_eq!(desk.service.get("/v1/reports").await.json()["reports"], json!([]), "a trial leaves nothing");

    let refused = desk.publish(&broken).await;
    assert_eq!(refused.status, 422);
    fits("Rejected", &refused.json());
    assert_eq!(untimed(&refused.json()["report"]["stages"]), untimed(&dry.json()["stages"]), "the same report");
    assert!(refused.json()["errors"].as_array().unwrap().iter().any(|flaw| flaw["file"] == "cn/zhejiang/more.toml"));
    let id = refused.json()["report_id"].as_str().unwrap().to_owned();
    let kept = desk.service.get(&format!("/v1/reports/{id}")).await.json();
    assert_eq!(kept["report"], refused.json()["report"]);
    assert_eq!(desk.service.get("/v1/reports").await.json()["reports"][0]["id"], json!(id));
    desk.service.get("/v1/reports/r-1").await.is_problem(404, "not-found");
    let digest = Digest::of(&broken).to_string();
    desk.service.get(&format!("/v1/bundles/{digest}")).await.is_problem(404, "not-found");
    let order = json!({ "bundle": digest, "replaces": 1, "why": "by force" });
    desk.activate(&order).await.is_problem(422, "invalid-request");
    assert_eq!(desk.decide().await["generation"], 1);

    // A policy that fails on a plain case, a refused component, and no bundle at all.
    for (bytes, stage) in [
        (
            packed(
                &calm(&[("kinds.toml", &format!("{KINDS}\n{}", KINDS.replace("labour.wage", "test.trap")))]),
                b"component",
            ),
            "warm_up",
        ),
        (packed(&calm(&[]), b"refused"), "imports"),
        (b"nonsense".to_vec(), "digest"),
        (Vec::new(), "digest"),
    ] {
        let answer = desk.publish(&bytes).await;
        assert_eq!(answer.status, 422, "{stage}: {}", answer.text());
        let failed = answer.json()["report"]["stages"].as_array().unwrap().clone();
        let first = failed.iter().find(|one| one["result"] == "failed").unwrap();
        assert_eq!(first["stage"], stage, "{}", answer.text());
    }
    // Bytes that were changed on the way.
    let path = format!("/v1/bundles?digest={digest}");
    let answer = desk.send(&path, "application/gzip", None, mediating()).await;
    assert_eq!(answer.json()["report"]["stages"][0]["problems"][0]["code"], "digest");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stands_still_is_let_go_and_leaves_nothing() {
    let config = Config { upload_deadline: Duration::from_millis(300), ..quick() };
    let desk = desk_with(calm(&[]), Governance::default(), false, config);
    let whole = mediating();
    let (sender, receiver) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(2);
    sender.send(Ok(whole[..whole.len() / 2].to_vec())).await.unwrap();
    let answer = desk.send("/v1/bundles", "application/gzip", None, Body::from_stream(ReceiverStream::new(receiver)));
    answer.await.is_problem(408, "request-timeout");
    drop(sender);
    assert_eq!(
        desk.service.get("/v1/reports").await.json()["reports"],
        json!([]),
        "what did not come was not examined"
    );
    assert_eq!(desk.publish(&whole).await.status, 201, "there is room for the next");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_told_whole() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let rows: Vec<(&str, Value, &[&str])> = vec![
        ("/v1/activations", json!({}), &["/bundle", "/replaces", "/why"]),
        ("/v1/activations", json!({ "bundel": 1, "bundle": bundle, "replaces": 1, "why": "w" }), &["/bundel"]),
        ("/v1/activations", json!({ "bundle": 1, "replaces": "1", "why": true }), &["/bundle", "/replaces", "/why"]),
        ("/v1/activations", json!({ "bundle": bundle, "replaces": 0, "why": " " }), &["/replaces", "/why"]),
        (
            "/v1/activations",
            json!({ "bundle": bundle, "replaces": 1, "why": "w", "effective_at": "soon" }),
            &["/effective_at"],
        ),
        ("/v1/activations", json!({ "bundle": bundle, "replaces": 1, "why": "w".repeat(1_025) }), &["/why"]),
        ("/v1/activations", json!({ "bundle": bundle, "replaces": 1, "why": "w", "to": 1 }), &["/to"]),
        ("/v1/activations", json!({ "bundle": bundle, "replaces": 1, "why": "w", "canary": {} }), &["/canary/percent"]),
        (
            "/v1/activations",
            json!({ "bundle": bundle, "replaces": 1, "why": "w", "canary": { "percent": 100, "slower_max": -1 } }),
            &["/canary/percent", "/canary/slower_max"],
        ),
        (
            "/v1/activations",
            json!({ "rollback": true, "replaces": 1, "why": "w", "canary": { "percent": 5 } }),
            &["/canary"],
        ),
        ("/v1/activations", json!({ "rollback": true, "why": "w" }), &["/replaces"]),
        (
            "/v1/activations",
            json!({ "bundle": bundle, "replaces": 1, "why": "w", "effective_at": "2020-01-01T00:00:00Z" }),
            &["/effective_at"],
        ),
        ("/v1/activations", json!({ "bundle": "sha256:no", "replaces": 1, "why": "w" }), &["/bundle"]),
        ("/v1/activations", json!({ "rollback": true, "replaces": 1, "why": "w", "to": 7 }), &["/to"]),
        ("/v1/states", json!({}), &["/policy", "/how", "/why"]),
        ("/v1/states", json!({ "policy": "a", "locality": "b", "how": "off", "why": "w" }), &["/policy"]),
        ("/v1/states", json!({ "policy": "cn/labour", "how": "loud", "why": "w" }), &["/how"]),
        ("/v1/states", json!({ "policy": "cn/nothing", "how": "off", "why": "w" }), &["/policy"]),
        ("/v1/states", json!({ "locality": "cn/atlantis", "how": "off", "why": "w" }), &["/locality"]),
        ("/v1/states", json!({ "policy": "cn/labour", "how": "off", "why": "w".repeat(257) }), &["/why"]),
    ];
    for (path, body, wanted) in rows {
        let problem = desk.service.post(path, body.to_string()).await.is_problem(422, "invalid-request");
        let found: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|flaw| flaw["pointer"].as_str().unwrap()).collect();
        assert_eq!(found, wanted, "{body}");
    }
    for path in ["/v1/activations", "/v1/states"] {
        desk.service.post(path, "{").await.is_problem(400, "invalid-json");
        desk.service.post(path, "[]").await.is_problem(422, "invalid-request");
        desk.service.post(path, " ".repeat((16 << 10) + 1)).await.is_problem(413, "too-large");
        desk.send(path, "text/plain", None, "{}").await.is_problem(415, "unsupported-media-type");
    }
    desk.send("/v1/bundles", "application/json", None, "{}").await.is_problem(415, "unsupported-media-type");
    for query in ["dry_run=perhaps", "digest=sha256:no", "force=true"] {
        let answer = desk.send(&format!("/v1/bundles?{query}"), "application/gzip", None, mediating()).await;
        answer.is_problem(400, "invalid-query");
    }
    desk.service.get("/v1/activations?after=1").await.is_problem(400, "invalid-query");
    // One byte more than an archive may have is not even read.
    let huge = Request::post("/v1/bundles")
        .header("content-type", "application/gzip")
        .header("expect", "100-continue")
        .body(Body::from(vec![0; ARCHIVE_BYTES_MAX + 1]))
        .unwrap();
    Answer::of(desk.service.call(huge).await).await.is_problem(413, "too-large");
    let nothing = desk.activate(&json!({ "rollback": true, "replaces": 1, "why": "w" })).await;
    nothing.is_problem(409, "conflict");
    assert_eq!((desk.generation(), desk.store.history().unwrap().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_go_back_by_a_rollback_only() {
    let desk = desk();
    let newer = packed(&calm(&[("cn/zhejiang/pack.toml", &version("1.3.0"))]), b"component");
    desk.swap(&newer).await;
    let older = packed(&calm(&[]), b"component");
    let refused = desk.publish(&older).await;
    assert_eq!(refused.json()["report"]["stages"][1]["problems"][0]["code"], "downgrade", "{}", refused.text());
    let first = desk.store.activation(1).unwrap().unwrap().bundle.unwrap();
    let replayed = desk.activate(&json!({ "bundle": first, "replaces": 2, "why": "an old bundle again" })).await;
    let problem = replayed.is_problem(422, "invalid-request");
    assert_eq!(problem["errors"][0]["pointer"], "/rollback");
    let back = desk.activate(&json!({ "bundle": first, "replaces": 2, "why": "meant", "rollback": true })).await;
    assert_eq!((back.status, desk.generation()), (201, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brake_stops_at_once_and_each_decision_says_so() {
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), Governance::default(), false);
    let free = desk.decide().await;
    let stopped = json!({ "locality": "cn/zhejiang", "how": "stopped", "why": "wrong times" });
    let answer = desk.state(stopped).await;
    assert_eq!((answer.status, &answer.json()["kind"]), (201, &json!("brake")), "{}", answer.text());
    assert_eq!(answer.json()["states"][0]["how"], "stopped");
    let braked = desk.decide().await;
    assert_eq!((&braked["generation"], channels(&braked)), (&json!(2), vec!["labour_inspection", "court"]));
    assert_eq!(braked["outcome"], "route");
    assert_ne!(braked["ruleset"], free["ruleset"]);
    let verdict = braked["verdicts"].as_array().unwrap().iter().find(|v| v["policy"] == "cn/zhejiang/more").unwrap();
    assert_eq!((&verdict["fault"], &verdict["detail"]), (&json!("stopped"), &json!("wrong times")));
    fits("Reply", &json!({ "decision": braked }));
    // It stays on while bundles come and go, and a replay finds it.
    let again = desk.swap(&packed(&calm(&[("cn/zhejiang/more.toml", &offering("court"))]), b"component")).await;
    assert_eq!((again, channels(&desk.decide().await)), (3, vec!["labour_inspection", "court"]));
    let replayed = desk.service.post(&format!("/v1/decisions/{}/replay", braked["id"].as_str().unwrap()), "").await;
    assert_eq!(replayed.json()["same"], true, "{}", replayed.text());
    assert_eq!(desk.service.get("/v1/states").await.json()["states"].as_array().unwrap().len(), 1);
    // The floor's own policy: a person decides in its place.
    desk.state(json!({ "policy": "cn/labour", "how": "stopped", "why": "a mistake in the law" })).await;
    assert_eq!(desk.decide().await["outcome"], "refer");
    for name in [json!({ "policy": "cn/labour" }), json!({ "locality": "cn/zhejiang" })] {
        let mut lifted = name.clone();
        lifted["how"] = json!("as_filed");
        lifted["why"] = json!("mended");
        assert_eq!(desk.state(lifted).await.status, 201);
    }
    let after = desk.decide().await;
    assert_eq!((&after["outcome"], after["verdicts"].as_array().unwrap().len()), (&json!("route"), 2));
    assert!(after["verdicts"].as_array().unwrap().iter().all(|verdict| verdict.get("fault").is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_its_generation_and_no_longer() {
    let desk = desk();
    let asking = |name: &str, value: Value| {
        let mut question = question();
        question[name] = value;
        question.to_string()
    };
    assert_eq!(desk.service.post("/v1/evaluate", asking("min_generation", json!(1))).await.status, 200);
    desk.service.post("/v1/evaluate", asking("min_generation", json!(2))).await.is_problem(412, "not-yet");
    for wrong in [json!("2"), json!(-1), json!(1.5), json!(null)] {
        let problem = desk.service.post("/v1/evaluate", asking("min_generation", wrong)).await;
        assert_eq!(problem.is_problem(422, "invalid-case")["errors"][0]["pointer"], "/min_generation");
    }
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a test" });
    let waiting = desk.service.post("/v1/evaluate", asking("min_generation", json!(2)));
    let swapping = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        desk.activate(&order).await
    };
    let (waited, swapped) = tokio::join!(waiting, swapping);
    assert_eq!((waited.status, swapped.status), (200, 201), "{}", waited.text());
    assert_eq!(waited.json()["decision"]["generation"], 2, "it was asked before the generation served");
    // A line of a batch is no request of its own.
    let batch = desk.service.post("/v1/evaluate/batch", asking("min_generation", json!(1))).await;
    assert!(batch.text().contains("min_generation") && batch.text().contains("unknown_field"), "{}", batch.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_then_decides_as_then() {
    let desk = desk();
    desk.clock.0.store(60_000, Ordering::Relaxed);
    desk.swap(&mediating()).await;
    let at = |moment: &str| {
        let mut question = question();
        question["known_at"] = json!(moment);
        question.to_string()
    };
    let started = jiff::Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap();
    let then = desk.service.post("/v1/evaluate", at(&(started + Duration::from_secs(30)).to_string())).await;
    assert_eq!(then.status, 200, "{}", then.text());
    let decision = &then.json()["decision"];
    assert_eq!((&decision["generation"], channels(decision)), (&json!(1), vec!["labour_inspection", "court"]));
    let replayed = desk.service.post(&format!("/v1/decisions/{}/replay", decision["id"].as_str().unwrap()), "").await;
    assert_eq!(replayed.json()["same"], true);
    let now = desk.service.post("/v1/evaluate", at(&(started + Duration::from_secs(60)).to_string())).await;
    assert_eq!(now.json()["decision"]["generation"], 2);
    // Nobody knows yet what will serve then.
    let later = desk.service.post("/v1/evaluate", at(&(started + Duration::from_secs(61)).to_string())).await;
    let problem = later.is_problem(422, "invalid-case");
    let flaw = &problem["errors"][0];
    assert_eq!((&flaw["pointer"], &flaw["code"]), (&json!("/known_at"), &json!("out_of_range")), "{problem}");
    let early = desk.service.post("/v1/evaluate", at("2020-01-01T00:00:00Z")).await;
    early.is_problem(409, "not-replayable");
    for wrong in ["yesterday", "2026-11-23"] {
        let problem = desk.service.post("/v1/evaluate", at(wrong)).await.is_problem(422, "invalid-case");
        assert_eq!(problem["errors"][0]["pointer"], "/known_at");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_serves_from_its_moment() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let from = jiff::Timestamp::from_millisecond(i64::try_from(START + 3_600_000).unwrap()).unwrap().to_string();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "from the new year", "effective_at": from });
    let planned = desk.activate(&order).await;
    assert_eq!((planned.status, &planned.json()["effective_at"]), (201, &json!(from)), "{}", planned.text());
    assert_eq!(desk.decide().await["generation"], 1);
    let status = desk.status().await;
    assert_eq!((&status["serving"]["generation"], &status["planned"]["generation"]), (&json!(1), &json!(2)));
    // A brake acts at once, and the plan goes on behind it.
    desk.state(json!({ "policy": "cn/labour", "how": "shadow", "why": "a doubt" })).await;
    assert_eq!(desk.decide().await["generation"], 3);
    assert_eq!(desk.status().await["planned"]["generation"], 4);
    desk.clock.0.store(3_600_000, Ordering::Relaxed);
    desk.serves(4).await;
    let now = desk.decide().await;
    assert!(channels(&now).contains(&"labour_mediation"));
    assert_eq!(desk.status().await["planned"], json!(null));
    assert_eq!(desk.service.get("/v1/states").await.json()["states"][0]["name"], "cn/labour", "the brake stays on");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rollbacks_do_not_cancel_each_other_and_no_plan_is_gone_back_to() {
    let desk = desk();
    let order = json!({ "rollback": true, "replaces": 3, "why": "it is wrong" });
    let planned = desk.publish(&packed(&calm(&[("cn/zhejiang/more.toml", &offering("court"))]), b"component")).await;
    let from = jiff::Timestamp::from_millisecond(i64::try_from(START + 3_600_000).unwrap()).unwrap().to_string();
    let plan = json!({ "bundle": planned.json()["bundle"], "replaces": 1, "why": "a plan", "effective_at": from });
    assert_eq!(desk.activate(&plan).await.status, 201);
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let now = json!({ "bundle": bundle, "replaces": 2, "why": "in the place of the plan" });
    assert_eq!(desk.activate(&now).await.json()["generation"], 3);
    let back = desk.activate(&order).await;
    assert_eq!(back.status, 201, "{}", back.text());
    assert_eq!(back.json()["bundle"], json!(desk.store.activation(1).unwrap().unwrap().bundle), "not to the plan");
    assert_eq!(desk.activate(&order).await.status, 409, "somebody was first");
    let again = desk.activate(&json!({ "rollback": true, "replaces": 4, "why": "once more" })).await;
    again.is_problem(409, "conflict");
    assert_eq!(channels(&desk.decide().await), ["labour_inspection", "court"], "the wrong one is not put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_served_without_a_pack_is_gone_back_to_after_it_left_the_shelf() {
    let broken = "[[rule]]\nid = \"Z1\"\nwhen = { kind = [\"no.such\"] }\n";
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", broken)]), Governance::default(), false);
    let ready = desk.service.get("/health/ready").await.json();
    assert!(ready.to_string().contains("pack `cn/zhejiang` is left out"), "{ready}");
    for number in 0..=RULESETS_KEPT_MAX {
        let more = format!("# {number}\n{}", offering("labour_mediation"));
        desk.swap(&packed(&calm(&[("cn/zhejiang/more.toml", &more)]), b"component")).await;
    }
    let replaces = desk.generation();
    let order = json!({ "rollback": true, "to": 1, "replaces": replaces, "why": "it was right" });
    let back = desk.activate(&order).await;
    assert_eq!(back.status, 201, "{}", back.text());
    let first = desk.store.activation(1).unwrap().unwrap();
    assert_eq!(desk.store.current().unwrap().unwrap().ruleset, first.ruleset);
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_and_reports_are_listed_page_by_page() {
    let desk = desk();
    let count = HISTORY_COUNT_MAX as usize + 1;
    for number in 0..count {
        let (id, at) = (format!("r-{number:04}"), format!("2026-11-23T04:00:{:02}Z", number % 3));
        let (by, bundle, body) = ("ana".to_owned(), "sha256:0".to_owned(), "{}".to_owned());
        desk.store.rejection_put(&Rejection { id, at, by, bundle, body }).unwrap();
        desk.store
            .bundle_put(format!("{number}").as_bytes(), &format!("2026-11-23T04:00:{:02}Z", number % 3), "ana")
            .unwrap();
    }
    for (path, rows, name, all) in [("reports", "reports", "id", count), ("bundles", "bundles", "bundle", count + 1)] {
        let (mut before, mut seen) = (String::new(), Vec::new());
        loop {
            let page = desk.service.get(&format!("/v1/{path}{before}")).await.json();
            let page_rows = page[rows].as_array().unwrap();
            assert!(page_rows.len() <= HISTORY_COUNT_MAX as usize);
            seen.extend(page_rows.iter().map(|row| (row["at"].to_string(), row[name].to_string())));
            let Some(next) = page["next"].as_str() else { break };
            before = format!("?before={next}");
        }
        let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (all, all), "{path}");
        assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "{path}: the newest first");
        let wrong = desk.service.get(&format!("/v1/{path}?after=1")).await.is_problem(400, "invalid-query");
        assert!(wrong.to_string().contains("`after`"), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brake_stays_on_when_its_policy_goes_and_comes_back() {
    let more = [("cn/zhejiang/more.toml", offering("labour_mediation"))];
    let with: Vec<(&str, &str)> = more.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let desk = desk_of(calm(&with), Governance::default(), false);
    desk.state(json!({ "policy": "cn/zhejiang/more", "how": "stopped", "why": "wrong times" })).await;
    desk.swap(&packed(&calm(&[]), b"component")).await;
    desk.swap(&packed(&calm(&with), b"component")).await;
    assert_eq!(channels(&desk.decide().await), ["labour_inspection", "court"], "it is stopped as before");
    let lifted = json!({ "policy": "cn/zhejiang/more", "how": "as_filed", "why": "mended" });
    assert_eq!(desk.state(lifted).await.status, 201);
    assert!(channels(&desk.decide().await).contains(&"labour_mediation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_trust_only_what_is_signed_serves_and_a_revoked_key_ends_it() {
    let signer = Signer::generate().unwrap();
    let trust = |revoked: Option<&str>| {
        let (from, revoked) = ("2026-01-01T00:00:00Z".parse().unwrap(), revoked.map(|at| at.parse().unwrap()));
        let key = Key { public: signer.public().clone(), from, to: None, revoked };
        let mut trust = Trust::new();
        trust.insert(Trusted { key, localities: vec!["**".parse().unwrap()] }).unwrap();
        Governance { trust: Some(trust), ..Governance::default() }
    };
    let signed = |bundle: &Bundle| {
        let archive = Archive::read(&packed(bundle, b"component")).unwrap();
        let at = jiff::Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap();
        let signatures = maple_gate::sign(&archive, &signer, at, |_| true).unwrap().write().unwrap();
        Archive { signatures: Some(signatures), ..archive }.write().unwrap()
    };
    // What was kept before anybody asked for signatures.
    let desk = desk();
    desk.swap(&mediating()).await;
    let unsigned = desk.store.activation(1).unwrap().unwrap().bundle.unwrap();
    let strict = |governance: Governance| {
        let control = Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-2", governance);
        let more = calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]);
        let serving = begun(&control, more, b"component");
        let app = App::keeping(quick(), Arc::clone(&desk.clock) as _, Arc::new(Native), serving, None, Some(control));
        Service::of(app)
    };
    let service = strict(trust(None));
    let activate = async |service: &Service, bundle: &str, replaces: u32| {
        let order = json!({ "bundle": bundle, "replaces": replaces, "why": "a test", "rollback": true });
        service.post("/v1/activations", order.to_string()).await
    };
    let refused = activate(&service, &unsigned, 2).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("is not signed"), "{}", refused.text());
    let publish = async |service: &Service, bytes: Vec<u8>| {
        let request = Request::post("/v1/bundles").header("content-type", "application/gzip");
        Answer::of(service.call(request.body(Body::from(bytes)).unwrap()).await).await
    };
    assert_eq!(publish(&service, mediating()).await.status, 422);
    let newer = calm(&[("cn/zhejiang/pack.toml", &version("1.3.0"))]);
    let published = publish(&service, signed(&newer)).await;
    assert_eq!(published.status, 201, "{}", published.text());
    let bundle = published.json()["bundle"].as_str().unwrap().to_owned();
    assert_eq!(activate(&service, &bundle, 2).await.status, 201);
    // The same version with other bytes.
    let other = calm(&[("cn/zhejiang/pack.toml", &(version("1.3.0") + "# other\n"))]);
    let answer = publish(&service, signed(&other)).await;
    assert!(answer.text().contains("same-version"), "{}", answer.text());
    // The key is revoked: what it signed serves on, but is not put in force again.
    let control =
        Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-3", trust(Some("2026-06-01T00:00:00Z")));
    let serving = begun(&control, newer, b"component");
    let app = App::keeping(quick(), Arc::clone(&desk.clock) as _, Arc::new(Native), serving, None, Some(control));
    let refused = activate(&Service::of(app), &bundle, 3).await;
    assert!(refused.status == 422 && refused.text().contains("revoked"), "{}", refused.text());
}

/// A plan whose key was revoked before its moment does not begin; what was before goes on, and is what a brake acts on.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_looked_at_again_when_it_begins() {
    let hour = 3_600_000;
    let at = |millis: u64| jiff::Timestamp::from_millisecond(i64::try_from(START + millis).unwrap()).unwrap();
    for ends in [false, true] {
        let (lasting, ending) = (Signer::generate().unwrap(), Signer::generate().unwrap());
        let mut trust = Trust::new();
        for (signer, revoked) in [(&lasting, None), (&ending, ends.then(|| at(hour / 2)))] {
            let from = "2026-01-01T00:00:00Z".parse().unwrap();
            let key = Key { public: signer.public().clone(), from, to: None, revoked };
            trust.insert(Trusted { key, localities: vec!["**".parse().unwrap()] }).unwrap();
        }
        let signed = |bundle: &Bundle, signer: &Signer| {
            let archive = Archive::read(&packed(bundle, b"component")).unwrap();
            let signatures = maple_gate::sign(&archive, signer, at(0), |_| true).unwrap().write().unwrap();
            Archive { signatures: Some(signatures), ..archive }.write().unwrap()
        };
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
        let governance = Governance { trust: Some(trust), ..Governance::default() };
        let control = Control::new(Arc::clone(&store), Arc::new(Native), "node-1", governance);
        let first = calm(&[]);
        let (made, bytes) = (fixture::compiled(&first), signed(&first, &lasting));
        let serving = control.begin::<BeginError>(first, made, false, || Ok(bytes.clone()), &fixture::Still).unwrap();
        let clock = Arc::new(Moved(std::sync::atomic::AtomicU64::new(0)));
        let app = App::keeping(quick(), Arc::clone(&clock) as _, Arc::new(Native), serving, None, Some(control));
        let _followed = Followed::start(&app).unwrap();
        let service = Service::of(Arc::clone(&app));
        let next = calm(&[("cn/zhejiang/pack.toml", &version("1.3.0"))]);
        let request = Request::post("/v1/bundles").header("content-type", "application/gzip");
        let request = request.body(Body::from(signed(&next, &ending))).unwrap();
        let published = Answer::of(service.call(request).await).await;
        assert_eq!(published.status, 201, "{}", published.text());
        let bundle = published.json()["bundle"].clone();
        let order = json!({ "bundle": bundle, "replaces": 1, "why": "later", "effective_at": at(hour).to_string() });
        assert_eq!(service.post("/v1/activations", order.to_string()).await.status, 201);
        clock.0.store(hour, Ordering::Relaxed);
        let until = std::time::Instant::now() + Duration::from_secs(10);
        let told = loop {
            let ready = service.get("/health/ready").await.json().to_string();
            if app.serving().activation().generation == 2 || ready.contains("generation 2 cannot serve here") {
                break ready;
            }
            assert!(std::time::Instant::now() < until, "{ready}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(app.serving().activation().generation, if ends { 1 } else { 2 }, "{told}");
        if ends {
            assert_eq!(store.rejections(10, None).unwrap().len(), 1);
            let stop = json!({ "policy": "cn/labour", "how": "stopped", "why": "a doubt" });
            assert_eq!(service.post("/v1/states", stop.to_string()).await.status, 201);
            let serves = app.serving().activation().clone();
            assert_eq!((serves.generation, &serves.bundle), (3, &store.activation(1).unwrap().unwrap().bundle));
        }
    }
}
