//! Changes of what serves: published, activated, put back, stopped, planned, tried on a share of cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use fixture::{Answer, Native, Service, begun, bundle_with, fits, of_kind, packed, question, quick};
use maple_bundle::{ARCHIVE_BYTES_MAX, Bundle};
use maple_seal::{Digest, Signer};
use maple_server::{
    Access, App, Clock, Config, Control, Followed, Governance, QUARANTINE_FAILURES, Records, TokenRequest, token_create,
};
use maple_store::{Mode, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A clock that stands until it is put forward.
struct Moved(AtomicU64);

const START: u64 = 1_795_404_000_000;

impl Clock for Moved {
    fn unix_millis(&self) -> u64 {
        START + self.0.load(Ordering::Relaxed)
    }
}

struct Desk {
    service: Service,
    store: Arc<Store>,
    clock: Arc<Moved>,
    _followed: Followed,
    _dir: TempDir,
}

const KINDS: &str = "[[kind]]\nid = \"labour.wage\"\ntitle = { zh = \"工资\", en = \"wages\" }\n";

/// Policies of which no plain case fails.
fn calm(more: &[(&str, &str)]) -> Bundle {
    let all: Vec<(&str, &str)> = [("kinds.toml", KINDS)].into_iter().chain(more.iter().copied()).collect();
    bundle_with(&all)
}

/// One more rule of Zhejiang.
fn offering(channel: &str) -> String {
    format!(
        "[[rule]]\nid = \"Z1\"\nsummary = {{ zh = \"浙江\", en = \"Zhejiang\" }}\nthen = [{{ offer = \"{channel}\" }}]\n\
         basis = [\"cn.labour.5\"]\n"
    )
}

fn mediating() -> Vec<u8> {
    packed(&calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), b"component")
}

fn version(text: &str) -> String {
    format!(
        "id = \"cn/zhejiang\"\nversion = \"{text}\"\ncontract = \"^0.1\"\nin-force-from = 2024-01-01\n\
         title = {{ zh = \"浙江\", en = \"Zhejiang\" }}\n"
    )
}

fn desk() -> Desk {
    desk_of(calm(&[]), Governance::default(), false)
}

fn desk_of(bundle: Bundle, governance: Governance, guarded: bool) -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    let clock = Arc::new(Moved(AtomicU64::new(0)));
    let signer = Arc::new(Signer::generate().unwrap());
    let records = Records::start(Arc::clone(&store), "test", Mode::Durable, signer, clock.clone(), None).unwrap();
    let control = Control::new(Arc::clone(&store), Arc::new(Native), "node-1", governance);
    let serving = begun(&control, bundle, b"component");
    let access = guarded.then(|| Arc::new(Access::new(Arc::clone(&store), clock.clone()).unwrap()));
    let config = Config { access, ..quick() };
    let app = App::keeping(config, clock.clone(), Arc::new(Native), serving, Some(records), Some(control));
    let followed = Followed::start(&app).unwrap();
    Desk { service: Service::of(app), store, clock, _followed: followed, _dir: dir }
}

impl Desk {
    async fn send(&self, path: &str, content_type: &str, token: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = Request::post(path).header("content-type", content_type);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Answer::of(self.service.call(request.body(body.into()).unwrap()).await).await
    }

    async fn publish(&self, bytes: &[u8]) -> Answer {
        self.send("/v1/bundles", "application/gzip", None, bytes.to_vec()).await
    }

    /// Publishes and activates; the generation.
    async fn swap(&self, bytes: &[u8]) -> u64 {
        let published = self.publish(bytes).await;
        assert!([200, 201].contains(&published.status), "{}", published.text());
        fits("GateReport", &published.json());
        let bundle = published.json()["bundle"].as_str().unwrap().to_owned();
        let answer = self.activate(&json!({ "bundle": bundle, "replaces": self.generation(), "why": "a test" })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        fits("Activation", &answer.json());
        answer.json()["generation"].as_u64().unwrap()
    }

    async fn activate(&self, body: &Value) -> Answer {
        self.service.post("/v1/activations", body.to_string()).await
    }

    async fn state(&self, body: Value) -> Answer {
        self.service.post("/v1/states", body.to_string()).await
    }

    fn generation(&self) -> u32 {
        self.service.app.serving().activation().generation
    }

    async fn decide(&self) -> Value {
        let answer = self.service.evaluate(&question()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["decision"].clone()
    }

    async fn status(&self) -> Value {
        let answer = self.service.get("/v1/status").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        fits("Status", &answer.json());
        answer.json()
    }

    /// Waits until another generation serves.
    async fn serves(&self, generation: u32) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.generation() < generation {
            assert!(Instant::now() < until, "generation {generation} does not come, {} serves", self.generation());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn channels(decision: &Value) -> Vec<&str> {
    decision["steps"].as_array().unwrap().iter().map(|step| step["channel"].as_str().unwrap()).collect()
}

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

    let back = desk.activate(&json!({ "rollback": true, "why": "a step is missing" })).await;
    assert_eq!(back.status, 201, "{}", back.text());
    assert_eq!((&back.json()["kind"], &back.json()["generation"]), (&json!("rollback"), &json!(3)));
    let now = desk.decide().await;
    assert_eq!(
        (&now["generation"], channels(&now), &now["ruleset"]),
        (&json!(3), channels(&before), &before["ruleset"])
    );
    let forward = desk.activate(&json!({ "rollback": true, "to": 2, "why": "it was right" })).await;
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
    assert_eq!(refused.json()["report"]["stages"], dry.json()["stages"].clone(), "the same report");
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
async fn bad_requests_are_told_whole() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let rows: Vec<(&str, Value, &[&str])> = vec![
        ("/v1/activations", json!({}), &["/bundle", "/replaces", "/why"]),
        ("/v1/activations", json!({ "bundel": 1, "bundle": bundle, "replaces": 1, "why": "w" }), &["/bundel"]),
        ("/v1/activations", json!({ "bundle": 1, "replaces": "1", "why": true }), &["/bundle", "/replaces", "/why"]),
        ("/v1/activations", json!({ "bundle": bundle, "replaces": 0, "why": " " }), &["/replaces"]),
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
        ("/v1/activations", json!({ "rollback": true, "why": "w", "canary": { "percent": 5 } }), &["/canary"]),
        ("/v1/activations", json!({ "bundle": "sha256:no", "replaces": 1, "why": "w" }), &["/bundle"]),
        ("/v1/activations", json!({ "rollback": true, "why": "w", "to": 7 }), &["/to"]),
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
    let nothing = desk.activate(&json!({ "rollback": true, "why": "w" })).await;
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
    let bytes = mediating();
    let waiting = desk.service.post("/v1/evaluate", asking("min_generation", json!(2)));
    let swapping = desk.swap(&bytes);
    let (_, _) = tokio::join!(waiting, swapping);
    let answer = desk.service.post("/v1/evaluate", asking("min_generation", json!(2))).await;
    assert_eq!(answer.json()["decision"]["generation"], 2);
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
async fn a_canary_that_changes_too_much_is_taken_back() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a trial",
        "canary": { "percent": 50, "cases_min": 20, "changed_percent_max": 50.0, "slower_max": 1000.0 } });
    let begun = desk.activate(&order).await;
    assert_eq!((begun.status, &begun.json()["kind"]), (201, &json!("canary")), "{}", begun.text());
    let (mut canaried, mut plain) = (0, 0);
    let until = Instant::now() + Duration::from_secs(20);
    for case in 0.. {
        let mut question = question();
        question["case"]["id"] = json!(format!("c-{case}"));
        let one = desk.service.evaluate(&question).await.json()["decision"].clone();
        let two = desk.service.evaluate(&question).await.json()["decision"].clone();
        if desk.generation() > 2 {
            break;
        }
        assert_eq!((&one["generation"], &one["ruleset"]), (&json!(2), &two["ruleset"]), "the same case, the same side");
        if channels(&one).contains(&"labour_mediation") {
            canaried += 1
        } else {
            plain += 1
        }
        assert!(Instant::now() < until, "the canary is not taken back");
    }
    assert!(canaried >= 8 && plain >= 3, "{canaried} {plain}");
    let latest = desk.store.current().unwrap().unwrap();
    assert_eq!((latest.generation, latest.by.as_str()), (3, "canary"));
    assert!(latest.why.contains("came out otherwise"), "{}", latest.why);
    assert_eq!(channels(&desk.decide().await), ["labour_inspection", "court"]);
    assert_eq!(desk.status().await["canary"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_does_well_stays_and_may_be_promoted() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a trial",
        "canary": { "percent": 99, "cases_min": 5, "changed_percent_max": 100, "slower_max": 1000 } });
    desk.activate(&order).await;
    let mut ids = Vec::new();
    for case in 0..40 {
        let mut question = question();
        question["case"]["id"] = json!(format!("c-{case}"));
        let decision = desk.service.evaluate(&question).await.json()["decision"].clone();
        ids.push(decision["id"].as_str().unwrap().to_owned());
    }
    let status = desk.status().await;
    assert_eq!(status["serving"]["generation"], 2);
    assert!(status["canary"]["so_far"]["cases"].as_u64().unwrap() >= 30, "{status}");
    for id in ids {
        let replayed = desk.service.post(&format!("/v1/decisions/{id}/replay"), "").await;
        assert_eq!(replayed.json()["same"], true, "either side is made again: {}", replayed.text());
    }
    let order = json!({ "bundle": bundle, "replaces": 2, "why": "it did well" });
    assert_eq!(desk.activate(&order).await.status, 201);
    assert!(channels(&desk.decide().await).contains(&"labour_mediation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_keeps_failing_is_put_into_quarantine() {
    let kinds = format!("{KINDS}\n{}", KINDS.replace("labour.wage", "test.trap"));
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    // One success in between, and the count begins anew.
    for _ in 0..QUARANTINE_FAILURES - 1 {
        assert_eq!(desk.service.evaluate(&of_kind("test.trap")).await.json()["decision"]["outcome"], "refer");
    }
    desk.decide().await;
    for _ in 0..QUARANTINE_FAILURES - 1 {
        desk.service.evaluate(&of_kind("test.trap")).await;
    }
    assert_eq!(desk.generation(), 1);
    desk.service.evaluate(&of_kind("test.trap")).await;
    desk.serves(2).await;
    let latest = desk.store.current().unwrap().unwrap();
    assert_eq!(latest.by, "circuit breaker");
    let decision = desk.decide().await;
    assert_eq!(decision["outcome"], "refer", "its cases go to the floor and a person");
    assert!(channels(&decision).contains(&"court"));
    assert_eq!(decision["verdicts"][0]["fault"], "stopped");
    let ready = desk.service.get("/health/ready").await.json();
    assert!(ready["status"] == "degraded" && ready.to_string().contains("quarantine"), "{ready}");
    desk.state(json!({ "policy": "cn/labour", "how": "as_filed", "why": "mended" })).await;
    assert_eq!(desk.decide().await["outcome"], "route");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_in_the_shadow_would_change_is_counted_and_listed() {
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), Governance::default(), false);
    desk.state(json!({ "policy": "cn/zhejiang/more", "how": "shadow", "why": "a trial" })).await;
    let decision = desk.decide().await;
    desk.decide().await;
    assert_eq!(channels(&decision), ["labour_inspection", "court"]);
    let shadow = desk.status().await["shadow"].clone();
    assert_eq!(shadow["policies"], json!([{ "policy": "cn/zhejiang/more", "cases": 2, "changed": 2 }]));
    let listed = &shadow["differences"][1];
    assert_eq!(listed["decision"], decision["id"]);
    assert_eq!(listed["otherwise"], "route: labour_inspection, labour_mediation, court");
    let metrics = desk.service.get("/metrics").await.text();
    assert!(metrics.contains("maple_shadow_cases_total{policy=\"cn/zhejiang/more\",changed=\"yes\"} 2"), "{metrics}");
}

fn token(desk: &Desk, name: &str, roles: &[&str], scope: &str) -> String {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let request = TokenRequest { name, roles: &words(roles), scope: &words(&[scope]), days: 90 };
    token_create(&desk.store, &request, "test").unwrap().text
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_touches_the_place_of_another() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let roles = ["author", "approver", "admin", "auditor"];
    let (province, city) =
        (token(&desk, "zhejiang", &roles, "cn/zhejiang/**"), token(&desk, "shanghai", &roles, "cn/shanghai/**"));
    let reader = token(&desk, "reader", &["auditor"], "**");
    let bytes = mediating();
    let publish = async |token: &str| desk.send("/v1/bundles", "application/gzip", Some(token), bytes.clone()).await;
    publish(&reader).await.is_problem(403, "forbidden");
    let problem = publish(&city).await.is_problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("`cn/zhejiang`"), "{problem}");
    let published = publish(&province).await;
    assert_eq!(published.status, 201, "{}", published.text());
    let order = json!({ "bundle": published.json()["bundle"], "replaces": 1, "why": "ours" }).to_string();
    let activate =
        async |token: &str| desk.send("/v1/activations", "application/json", Some(token), order.clone()).await;
    activate(&reader).await.is_problem(403, "forbidden");
    activate(&city).await.is_problem(403, "forbidden");
    assert_eq!(activate(&province).await.status, 201);
    assert_eq!(desk.store.current().unwrap().unwrap().by, "zhejiang");
    let stop = |name: &str| json!({ "policy": name, "how": "stopped", "why": "w" }).to_string();
    for (who, policy, status) in
        [(&city, "cn/zhejiang/more", 403), (&province, "cn/labour", 403), (&province, "cn/zhejiang/more", 201)]
    {
        let answer = desk.send("/v1/states", "application/json", Some(who), stop(policy)).await;
        assert_eq!(answer.status, status, "{policy}: {}", answer.text());
    }
    // The words of all are for who may act everywhere.
    let words = packed(
        &calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation")), ("kinds.toml", &format!("# more\n{KINDS}"))]),
        b"component",
    );
    let answer = desk.send("/v1/bundles", "application/gzip", Some(&province), words).await;
    answer.is_problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_four_eyes_look_one_person_does_not_do_both() {
    let governance = Governance { four_eyes: vec!["cn/zhejiang/**".parse().unwrap()], ..Governance::default() };
    let desk = desk_of(calm(&[]), governance, true);
    let roles = ["author", "approver"];
    let (one, two) = (token(&desk, "one", &roles, "**"), token(&desk, "two", &roles, "**"));
    let published = desk.send("/v1/bundles", "application/gzip", Some(&one), mediating()).await;
    let order = json!({ "bundle": published.json()["bundle"], "replaces": 1, "why": "ours" }).to_string();
    let activate =
        async |token: &str| desk.send("/v1/activations", "application/json", Some(token), order.clone()).await;
    let problem = activate(&one).await.is_problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("you published"), "{problem}");
    assert_eq!(activate(&two).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn swaps_under_load_fail_no_request_and_generations_never_go_back() {
    let desk = Arc::new(desk());
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (desk, stop) = (Arc::clone(&desk), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut last, mut count) = (0, 0_u32);
                while !stop.load(Ordering::Relaxed) {
                    let decision = desk.decide().await;
                    let generation = decision["generation"].as_u64().unwrap();
                    assert!(generation >= last, "{generation} after {last}");
                    let mediates = channels(&decision).contains(&"labour_mediation");
                    assert_eq!(mediates, generation % 2 == 0, "a decision is of one ruleset");
                    (last, count) = (generation, count + 1);
                }
                count
            })
        })
        .collect();
    let bundles = [packed(&calm(&[]), b"component"), mediating()];
    for swap in 1..=30 {
        desk.swap(&bundles[swap % 2]).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert!(answered > 30, "{answered}");
    // Everything that was answered is on record, and every record is made again.
    let kept = desk.store.decisions(&maple_store::Filter::default(), 1_000).unwrap();
    assert!(kept.len() as u32 >= answered.min(1_000), "{} of {answered}", kept.len());
}

/// Plugins of an engine that takes none of those that bundles bring.
struct Older;

impl maple_kernel::Plugins for Older {
    fn list(&self) -> Vec<maple_kernel::PluginInfo> {
        Native.list()
    }

    fn admit(&self, _: &[u8]) -> Result<maple_kernel::PluginInfo, String> {
        Err("this engine is too old for it".to_owned())
    }

    fn configure(
        &self,
        setups: &[maple_kernel::Setup<'_>],
    ) -> Vec<Result<maple_kernel::Configured, maple_kernel::SetupError>> {
        Native.configure(setups)
    }
}


/// Another node on the same database, whose clock is so far ahead.
fn beside(
    desk: &Desk,
    name: &str,
    plugins: Arc<dyn maple_kernel::Plugins + Send + Sync>,
    ahead: u64,
) -> (Service, Followed) {
    let clock = Arc::new(Moved(AtomicU64::new(ahead)));
    let control = Control::new(Arc::clone(&desk.store), Arc::clone(&plugins), name, Governance::default());
    let serving = begun(&control, calm(&[]), b"component");
    let app = App::keeping(quick(), clock, plugins, serving, None, Some(control));
    let followed = Followed::start(&app).unwrap();
    (Service::of(app), followed)
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_follow_and_one_that_cannot_keeps_what_it_has_and_says_so() {
    let desk = desk();
    let (second, _followed) = beside(&desk, "node-2", Arc::new(Native), 3_600_000);
    let (older, _too) = beside(&desk, "node-3", Arc::new(Older), 0);
    desk.swap(&mediating()).await;
    let until = Instant::now() + Duration::from_secs(10);
    let nodes = loop {
        let status = desk.status().await;
        let nodes = status["nodes"].clone();
        let of = |node: usize, field: &str| nodes[node][field].clone();
        if of(1, "generation") == 2 && !of(2, "cannot").is_null() {
            break nodes;
        }
        assert!(Instant::now() < until, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(nodes.as_array().unwrap().len(), 3);
    assert_eq!(
        (&nodes[0]["generation"], &nodes[0]["lag"], &nodes[0]["status"]),
        (&json!(2), &json!(0), &json!("ready"))
    );
    assert_eq!(
        (&nodes[2]["generation"], &nodes[2]["lag"], &nodes[2]["status"]),
        (&json!(1), &json!(1), &json!("degraded"))
    );
    assert!(nodes[2]["cannot"]["why"].as_str().unwrap().contains("too old"), "{nodes}");
    let decision = second.evaluate(&question()).await.json();
    assert_eq!(decision["decision"]["generation"], 2, "a clock that is an hour ahead changes nothing");
    assert_eq!(older.evaluate(&question()).await.json()["decision"]["generation"], 1, "it serves what it has");
    let ready = older.get("/health/ready").await.json();
    assert!(ready["status"] == "degraded" && ready.to_string().contains("generation 2 cannot serve here"), "{ready}");
}
