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
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use fixture::{Native, Service, begun, desk::*, question, quick};
use maple_server::{App, Control, Followed, Governance};
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
