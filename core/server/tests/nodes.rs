//! Several nodes on one database, in one process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::{Duration, Instant},
};

use fixture::{Native, Service, begun, desk::*, packed, question, quick};
use maple_seal::Digest;
use maple_server::{
    App, Control, FORGET_NODE_SECONDS, Followed, Governance, HEARTBEAT_SECONDS, RULESETS_KEPT_MAX, STALE_NODE_SECONDS,
};
use serde_json::json;

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
    governed(desk, name, plugins, ahead, Governance::default())
}

fn governed(
    desk: &Desk,
    name: &str,
    plugins: Arc<dyn maple_kernel::Plugins + Send + Sync>,
    ahead: u64,
    governance: Governance,
) -> (Service, Followed) {
    let clock = Arc::new(Moved(AtomicU64::new(ahead)));
    let control = Control::new(Arc::clone(&desk.store), Arc::clone(&plugins), name, governance);
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
    // Whoever's clock is an hour ahead does not take the others for dead.
    let seen = second.get("/v1/status").await.json()["nodes"].clone();
    let statuses = |nodes: &serde_json::Value| {
        nodes.as_array().unwrap().iter().map(|node| node["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&seen), ["ready", "ready", "degraded"], "{seen}");
    let decision = second.evaluate(&question()).await.json();
    assert_eq!(decision["decision"]["generation"], 2, "a clock that is an hour ahead changes nothing");
    assert_eq!(older.evaluate(&question()).await.json()["decision"]["generation"], 1, "it serves what it has");
    let ready = older.get("/health/ready").await.json();
    assert!(ready["status"] == "degraded" && ready.to_string().contains("generation 2 cannot serve here"), "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_neither_delays_a_brake_nor_undoes_one() {
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), Governance::default(), false);
    // This desk's clock is an hour ahead of the other node's.
    desk.clock.0.store(3_600_000, std::sync::atomic::Ordering::Relaxed);
    let clock = Arc::new(Moved(AtomicU64::new(0)));
    let control = Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-2", Governance::default());
    let bundle = calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]);
    let app =
        App::keeping(quick(), clock, Arc::new(Native), begun(&control, bundle, b"component"), None, Some(control));
    let _followed = Followed::start(&app).unwrap();
    let behind = Service::of(Arc::clone(&app));
    let stop = |policy: &str| json!({ "policy": policy, "how": "stopped", "why": "a test" });
    assert_eq!(desk.state(stop("cn/zhejiang/more")).await.status, 201);
    let until = Instant::now() + Duration::from_secs(5);
    while app.serving().activation().generation < 2 {
        assert!(Instant::now() < until, "the brake of a node ahead acts at once");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(behind.post("/v1/states", stop("cn/labour").to_string()).await.status, 201);
    desk.serves(3).await;
    let states = desk.service.get("/v1/states").await.json();
    let names: Vec<&str> = states["states"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cn/labour", "cn/zhejiang/more"], "one brake does not lift the other");
    assert_eq!(desk.store.history().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_edits_a_folder_back_means_it_where_the_database_is_not_shared() {
    let desk = desk();
    let newer = calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]);
    let control = || Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-2", Governance::default());
    assert_eq!(begun(&control(), newer, b"component").activation().generation, 2);
    assert_eq!(begun(&control(), calm(&[]), b"component").activation().generation, 3);
    assert_eq!(begun(&control(), calm(&[]), b"component").activation().generation, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_deleted_by_themselves_when_they_need_not_be_kept_any_longer() {
    const DAY: u64 = 86_400_000;
    let desk = desk();
    let decided = desk.service.evaluate(&question()).await.json();
    let id = decided["decision"]["id"].as_str().unwrap();
    assert_eq!(desk.service.get(&format!("/v1/decisions/{id}/receipt")).await.status, 200, "which signs it");
    let keep = |days| Governance { retention_days: Some(days), ..Governance::default() };
    // A day later it is not older than two days; three days later it is.
    let (_, _young) = governed(&desk, "node-2", Arc::new(Native), DAY, keep(2));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let path = format!("/v1/decisions/{id}");
    assert_eq!(desk.service.get(&path).await.status, 200);
    let (_, _old) = governed(&desk, "node-3", Arc::new(Native), 3 * DAY, keep(2));
    let until = Instant::now() + Duration::from_secs(10);
    while desk.service.get(&path).await.status != 404 {
        assert!(Instant::now() < until, "it is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let events = desk.service.get("/v1/audit?count=1000").await.json();
    let event = events["events"].as_array().unwrap().iter().find(|event| event["action"] == "retire").unwrap();
    assert_eq!(event["actor"], "maple serve");
    assert!(event["detail"].as_str().unwrap().starts_with("records 1 to 1 of log test-"), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_page_by_page_and_bad_words_are_told() {
    let desk = desk();
    desk.swap(&mediating()).await;
    let all = desk.service.get("/v1/audit").await.json();
    let all = all["events"].as_array().unwrap().clone();
    assert!(all.len() >= 2, "{all:?}");
    let (mut before, mut seen) = (String::new(), Vec::new());
    loop {
        let page = desk.service.get(&format!("/v1/audit?count=1{before}")).await.json();
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= 1);
        seen.extend(events.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
    let wrong = desk.service.get("/v1/audit?count=0&before=x&befor=1").await;
    assert_eq!(wrong.status, 400);
    let told = wrong.text();
    for part in ["from 1 to 1000", "`before` is the number of an event", "did you mean `before`?"] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_for_a_day_is_forgotten() {
    let desk = desk();
    let now = jiff::Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap();
    let day = jiff::SignedDuration::from_secs(i64::try_from(FORGET_NODE_SECONDS).unwrap());
    let long = now.checked_sub(day).unwrap();
    let (engine, health) = ("0".to_owned(), "{\"status\":\"ready\"}".to_owned());
    for (id, seen) in
        [("long-gone", long.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap()), ("a-day-gone", long)]
    {
        let node = maple_store::Node {
            id: id.to_owned(),
            generation: 1,
            engine: engine.clone(),
            health: health.clone(),
            seen,
        };
        desk.store.node_put(&node).unwrap();
    }
    let until = Instant::now() + Duration::from_secs(STALE_NODE_SECONDS + 3 * HEARTBEAT_SECONDS + 5);
    loop {
        let nodes = desk.store.nodes().unwrap();
        let names: Vec<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        assert!(names.contains(&"a-day-gone"), "{names:?}");
        if names == ["a-day-gone", "node-1"] {
            break;
        }
        assert!(Instant::now() < until, "{names:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // One that is away for less is told as such; whoever speaks by a clock that stands is not.
    loop {
        let nodes = desk.status().await["nodes"].clone();
        assert_eq!(nodes[1]["status"], "ready", "{nodes}");
        if nodes[0]["status"] == "away" {
            break;
        }
        assert!(Instant::now() < until, "{nodes}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Once a plan has begun anywhere, no clock takes it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_has_begun_is_not_taken_back_by_a_clock() {
    let desk = desk();
    let (behind, _followed) = beside(&desk, "node-2", Arc::new(Native), 0);
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let at = jiff::Timestamp::from_millisecond(i64::try_from(START + 3_600_000).unwrap()).unwrap().to_string();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a plan", "effective_at": at });
    assert_eq!(desk.activate(&order).await.status, 201);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!((desk.generation(), behind.app.serving().activation().generation), (1, 1));
    desk.clock.0.store(3_600_000, std::sync::atomic::Ordering::Relaxed);
    desk.serves(2).await;
    let until = Instant::now() + Duration::from_secs(10);
    while behind.app.serving().activation().generation < 2 {
        assert!(Instant::now() < until, "a node whose clock is behind follows");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The clock is put back and the process begins anew.
    desk.clock.0.store(0, std::sync::atomic::Ordering::Relaxed);
    let control = Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-3", Governance::default());
    assert_eq!(begun(&control, calm(&[]), b"component").activation().generation, 2);
    let told = desk.service.get("/v1/audit?count=100").await.json();
    let begins = told["events"].as_array().unwrap().iter().filter(|event| event["action"] == "begin");
    assert_eq!(begins.map(|event| event["subject"].clone()).collect::<Vec<_>>(), ["2"]);
    assert_eq!(desk.status().await["planned"], json!(null));
}

/// Plugins of which each component is another.
#[derive(Default)]
struct Many(Mutex<BTreeSet<Arc<str>>>);

impl maple_kernel::Plugins for Many {
    fn list(&self) -> Vec<maple_kernel::PluginInfo> {
        let known = self.0.lock().unwrap();
        let info = |digest: &Arc<str>| maple_kernel::PluginInfo {
            id: "decision-table".to_owned(),
            version: "1.0.0".to_owned(),
            digest: Arc::clone(digest),
        };
        known.iter().map(info).collect()
    }

    fn admit(&self, component: &[u8]) -> Result<maple_kernel::PluginInfo, String> {
        let digest: Arc<str> = Digest::of(component).to_string().into();
        self.0.lock().unwrap().insert(Arc::clone(&digest));
        self.list().into_iter().find(|info| info.digest == digest).ok_or_else(String::new)
    }

    fn dismiss(&self, digest: &str) {
        self.0.lock().unwrap().remove(digest);
    }

    fn configure(
        &self,
        setups: &[maple_kernel::Setup<'_>],
    ) -> Vec<Result<maple_kernel::Configured, maple_kernel::SetupError>> {
        Native.configure(setups)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_that_nothing_uses_any_more_are_let_go() {
    let desk = desk();
    let many = Arc::new(Many::default());
    let (service, _followed) = beside(&desk, "node-2", Arc::clone(&many) as _, 0);
    let publish = async |number: usize, how: &str| {
        let bytes = packed(&calm(&[]), format!("component {number}").as_bytes());
        let request = axum::http::Request::post(format!("/v1/bundles{how}")).header("content-type", "application/gzip");
        let answer =
            fixture::Answer::of(service.call(request.body(axum::body::Body::from(bytes)).unwrap()).await).await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
    };
    let left = async |most: usize| {
        let until = Instant::now() + Duration::from_secs(3 * HEARTBEAT_SECONDS + 5);
        while many.0.lock().unwrap().len() > most {
            assert!(Instant::now() < until, "{:?}", many.0.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let at_first = many.0.lock().unwrap().len();
    publish(0, "?dry_run=true").await;
    left(at_first).await;
    for number in 1..=3 * RULESETS_KEPT_MAX {
        publish(number, "").await;
    }
    left(RULESETS_KEPT_MAX + 2).await;
    let last: Arc<str> = Digest::of(format!("component {}", 3 * RULESETS_KEPT_MAX).as_bytes()).to_string().into();
    assert!(many.0.lock().unwrap().contains(&last), "what is at hand stays");
}
