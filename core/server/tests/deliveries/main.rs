//! Others are told what happens: by webhook and by NATS, whatever becomes of them meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

#[path = "../fixture/mod.rs"]
mod fixture;
mod nats;
mod refused;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use fixture::{Native, Service, begun, desk::calm, fits, question, quick};
use maple_seal::{Signer, WebhookKey};
use maple_server::{
    App, Config, Control, Deliveries, Followed, Governance, Records, SystemClock, Target, Terms, Way, Webhook,
    WebhookConfig,
};
use maple_store::{Mode, Store};
use maple_wire::OutgoingType;
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What arrived: the head by names, and the body.
type Message = (BTreeMap<String, String>, String);

/// Somebody who is told by HTTP.
struct Receiver {
    url: String,
    told: Arc<Mutex<Vec<Message>>>,
    answers: Arc<Mutex<String>>,
}

impl Receiver {
    /// One that answers so from now on.
    fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answer.to_owned()));
        let (heard, said) = (Arc::clone(&told), Arc::clone(&answers));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, said) = (Arc::clone(&heard), Arc::clone(&said));
                thread::spawn(move || hear(&stream, &heard, &said));
            }
        });
        Self { url, told, answers }
    }

    fn answer(&self, answer: &str) {
        *self.answers.lock().unwrap() = answer.to_owned();
    }

    fn told(&self) -> Vec<Message> {
        self.told.lock().unwrap().clone()
    }

    /// The ids of what arrived, in any order, as often as it did.
    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.told().into_iter().map(|(head, _)| head["webhook-id"].clone()).collect();
        ids.sort();
        ids
    }

    /// Waits until so many have arrived.
    #[track_caller]
    fn wait(&self, count: usize) -> Vec<Message> {
        wait(|| self.told().len() >= count, || format!("{} of {count} arrived", self.told().len()));
        self.told()
    }
}

#[track_caller]
fn wait(is: impl Fn() -> bool, say: impl Fn() -> String) {
    let until = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < until, "{}", say());
        thread::sleep(Duration::from_millis(20));
    }
}

fn hear(stream: &TcpStream, told: &Mutex<Vec<Message>>, answers: &Mutex<String>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut line) = (BTreeMap::new(), String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) => drop(head.insert(name.to_lowercase(), value.to_owned())),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; head["content-length"].parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let refused = is_tenth(&head["webhook-id"]);
        told.lock().unwrap().push((head, String::from_utf8(body).unwrap()));
        let answer = answers.lock().unwrap().clone();
        match answer.as_str() {
            "tenth" => {
                let (mut stream, status) = (stream, if refused { "422 Unprocessable Content" } else { "200 OK" });
                let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            }
            "hang" => thread::sleep(Duration::from_secs(60)),
            // An answer without an end.
            "flood" => {
                let mut stream = stream;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
                return;
            }
            // A head without an end.
            "heads" => {
                let mut stream = stream;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                while stream.write_all(&b"x-more: x\r\n".repeat(1_000)).is_ok() {}
                return;
            }
            status => {
                let mut stream = stream;
                let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            }
        }
    }
}

/// Some events, one of ten or so, by their ids.
fn is_tenth(id: &str) -> bool {
    id.bytes().map(u32::from).sum::<u32>().is_multiple_of(10)
}

fn to(name: &str, url: &str) -> Target {
    to_trusted(name, url, None)
}

fn to_trusted(name: &str, url: &str, ca: Option<&Path>) -> Target {
    let key = WebhookKey::parse(SECRET).unwrap();
    let way = Webhook::new(WebhookConfig { url, key, ca }).unwrap();
    let terms = Terms { attempts: 2, timeout: Duration::from_secs(1), retry: Duration::from_secs(1) };
    let events = vec![OutgoingType::DecisionMade, OutgoingType::ActivationChanged];
    Target { name: name.to_owned(), events, locality: None, terms, way: Way::Webhook(Box::new(way)) }
}

/// A node that serves and tells.
struct Node {
    service: Service,
    _followed: Followed,
}

fn node(store: &Arc<Store>, name: &str, targets: Vec<Target>) -> Node {
    let clock = Arc::new(SystemClock);
    let signer = Arc::new(Signer::generate().unwrap());
    let records = Records::start(Arc::clone(store), name, Mode::Durable, signer, clock.clone(), None, None).unwrap();
    let control = Control::new(Arc::clone(store), Arc::new(Native), name, Governance::default());
    let serving = begun(&control, calm(&[]), b"component");
    let deliveries = Some(Arc::new(Deliveries::new("/maple".to_owned(), targets)));
    let config = Config { deliveries, ..quick() };
    let app = App::keeping(config, clock, Arc::new(Native), serving, Some(records), Some(control));
    let followed = Followed::start(&app).unwrap();
    Node { service: Service::of(app), _followed: followed }
}

impl Node {
    /// Decides so many; their ids, sorted.
    async fn decide(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let answer = self.service.evaluate(&question()).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            ids.push(answer.json()["decision"]["id"].as_str().unwrap().to_owned());
        }
        ids.sort();
        ids
    }

    async fn deliveries(&self, query: &str) -> Value {
        let answer = self.service.get(&format!("/v1/deliveries{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        fits("Deliveries", &answer.json());
        answer.json()
    }

    /// Waits until recipients are known, from when on they are told.
    async fn ready(&self, targets: usize) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.deliveries("").await["targets"].as_array().unwrap().len() < targets {
            assert!(Instant::now() < until);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing waits to be told again.
    async fn nothing_waits(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.deliveries("").await["deliveries"] != json!([]) {
            assert!(Instant::now() < until, "{}", self.deliveries("").await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn metric(&self, line: &str) -> bool {
        self.service.get("/metrics").await.text().lines().any(|one| one == line)
    }
}

fn store() -> (tempfile::TempDir, Arc<Store>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    (dir, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_and_activations_are_told_signed_and_without_a_fact() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("204 No Content");
    let node = node(&store, "node-1", vec![to("court", &receiver.url)]);
    node.ready(1).await;
    let decided = node.decide(3).await;
    let stopped = json!({ "policy": "cn/labour", "how": "shadow", "why": "to be looked at" });
    let answer = node.service.post("/v1/states", stopped.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = receiver.wait(4);
    let key = WebhookKey::parse(SECRET).unwrap();
    let mut kinds = BTreeMap::new();
    for (head, body) in &told {
        assert_eq!(head["content-type"], "application/cloudevents+json");
        let second: i64 = head["webhook-timestamp"].parse().unwrap();
        assert!((maple_server::now().as_second() - second).abs() < 30);
        assert_eq!(head["webhook-signature"], key.sign(&head["webhook-id"], second, body.as_bytes()));
        let event: Value = serde_json::from_str(body).unwrap();
        fits("Outgoing", &event);
        assert_eq!((&event["id"], &event["source"]), (&json!(head["webhook-id"]), &json!("/maple")));
        for secret in ["48000", "people", "applicant", "to be looked at", "amount"] {
            assert!(!body.contains(secret), "{body}");
        }
        *kinds.entry(event["type"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("activation.changed".to_owned(), 1), ("decision.made".to_owned(), 3)]));
    let made: Value = told
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap())
        .find(|event| event["id"] == decided[0])
        .unwrap();
    assert_eq!(made["data"]["locality"], "cn/zhejiang");
    assert_eq!(made["data"]["case"], "c-1");
    assert_eq!(made["data"]["generation"], 1);
    assert!(made["data"]["channels"].as_array().is_some_and(|channels| !channels.is_empty()), "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_receiver_or_this_service_is_away() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("500 Internal Server Error");
    let first = node(&store, "node-1", vec![to("court", &receiver.url)]);
    first.ready(1).await;
    let mut all = first.decide(2).await;
    receiver.wait(1);
    drop(first);
    // Another process of the node: it decides while nobody is told.
    let untold = node(&store, "node-1", Vec::new());
    all.extend(untold.decide(3).await);
    drop(untold);
    receiver.answer("200 OK");
    receiver.told.lock().unwrap().clear();
    let last = node(&store, "node-1", vec![to("court", &receiver.url)]);
    all.extend(last.decide(2).await);
    all.sort();
    receiver.wait(7);
    assert_eq!(receiver.ids(), all, "each once, under the id that it had before");
    last.nothing_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_taken_is_kept_and_sent_again_by_a_person() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("503 Unavailable\r\nretry-after: 1");
    let node = node(&store, "node-1", vec![to("court", &receiver.url)]);
    node.ready(1).await;
    let decided = node.decide(1).await;
    receiver.wait(2);
    let until = Instant::now() + Duration::from_secs(10);
    let dead = loop {
        let dead = node.deliveries("?state=dead").await;
        if dead["deliveries"].as_array().unwrap().len() == 1 {
            break dead["deliveries"][0].clone();
        }
        assert!(Instant::now() < until, "{dead}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&dead["event"], &dead["attempts"]), (&json!(decided[0]), &json!(2)));
    assert_eq!((&dead["why"], &dead["due"]), (&json!("it answers 503"), &json!(null)));
    assert_eq!(receiver.ids(), [decided[0].clone(), decided[0].clone()], "the same id each time");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(
        node.metric("maple_deliveries_dead{target=\"court\"} 1").await,
        "{}",
        node.service.get("/metrics").await.text()
    );
    assert!(node.metric("maple_deliveries_failed_total{target=\"court\"} 2").await);
    assert_eq!(receiver.told().len(), 2, "it is not tried any more");

    for (body, pointer) in [
        (json!({ "target": "court" }), "/event"),
        (json!({ "target": "court", "event": "x", "all": true }), "/event"),
        (json!({ "all": true }), "/target"),
        (json!({ "target": "court", "evnt": "x" }), "/evnt"),
    ] {
        let problem = node.service.post("/v1/deliveries", body.to_string()).await.is_problem(422, "invalid-request");
        assert!(problem["errors"].as_array().unwrap().iter().any(|error| error["pointer"] == pointer), "{problem}");
    }
    let none = json!({ "target": "nobody", "all": true }).to_string();
    node.service.post("/v1/deliveries", none).await.is_problem(404, "not-found");
    node.service.get("/v1/deliveries?state=lost").await.is_problem(400, "invalid-query");
    receiver.answer("200 OK");
    let again = json!({ "target": "court", "event": decided[0] }).to_string();
    let answer = node.service.post("/v1/deliveries", again).await;
    assert_eq!((answer.status, &answer.json()), (200, &json!({ "sent_again": 1 })));
    receiver.wait(3);
    let said = store.audit_before(u64::MAX >> 1, 1).unwrap().remove(0);
    assert_eq!((said.action.as_str(), said.subject.as_str()), ("send-again", "court"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_floods_or_leads_elsewhere_delays_nobody_else() {
    let (_dir, store) = store();
    let elsewhere = Receiver::answering("200 OK");
    let bad = [
        ("hang", "hang".to_owned()),
        ("heads", "heads".to_owned()),
        ("leads", format!("302 Found\r\nlocation: {}", elsewhere.url)),
    ]
    .map(|(name, answer)| (name, Receiver::answering(&answer)));
    let (flood, good) = (Receiver::answering("flood"), Receiver::answering("200 OK"));
    let mut targets: Vec<Target> = bad.iter().map(|(name, receiver)| to(name, &receiver.url)).collect();
    // What speaks no TLS, and a door that nobody opens.
    targets.push(to("tls", &good.url.replace("http://", "https://")));
    targets.push(to("closed", "http://127.0.0.1:9/"));
    targets.extend([to("flood", &flood.url), to("good", &good.url)]);
    let node = node(&store, "node-1", targets);
    node.ready(7).await;
    let began = Instant::now();
    let decided = node.decide(20).await;
    good.wait(20);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(good.ids(), decided);
    flood.wait(20);
    assert_eq!(flood.ids(), decided, "what counts is the status");
    let until = Instant::now() + Duration::from_secs(20);
    let reasons = loop {
        let listed = node.deliveries("").await;
        let reasons: BTreeMap<String, String> = listed["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["target"].as_str().unwrap().to_owned(), one["why"].as_str().unwrap().to_owned()))
            .collect();
        if reasons.len() == 5 {
            break reasons;
        }
        assert!(Instant::now() < until, "{reasons:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for (name, why) in [
        ("hang", "it did not answer in time"),
        ("heads", "it does not answer as HTTP says"),
        ("leads", "it answers 302 and leads elsewhere"),
        ("tls", "the connection failed"),
        ("closed", "the connection failed"),
    ] {
        assert!(reasons[name].contains(why), "{name}: {}", reasons[name]);
        assert!(!reasons[name].contains("127.0.0.1"));
    }
    assert_eq!(elsewhere.told().len(), 0, "nobody is followed elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_database_tell_each_event_once() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("200 OK");
    let first = node(&store, "node-1", vec![to("court", &receiver.url)]);
    let second = node(&store, "node-2", vec![to("court", &receiver.url)]);
    first.ready(1).await;
    let mut decided = first.decide(30).await;
    decided.extend(second.decide(30).await);
    receiver.wait(60);
    // The one that tells stops; the other goes on.
    drop(first);
    decided.extend(second.decide(20).await);
    receiver.wait(80);
    tokio::time::sleep(Duration::from_millis(500)).await;
    decided.sort();
    assert_eq!(receiver.ids(), decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_hears_only_of_its_place() {
    let (_dir, store) = store();
    let (near, far) = (Receiver::answering("200 OK"), Receiver::answering("200 OK"));
    let place = |name, receiver: &Receiver, locality: &str| {
        let locality = Some(locality.to_owned());
        Target { locality, events: vec![OutgoingType::DecisionMade], ..to(name, &receiver.url) }
    };
    let targets = vec![place("near", &near, "cn/zhejiang"), place("far", &far, "cn/zhe")];
    let node = node(&store, "node-1", targets);
    node.ready(2).await;
    node.decide(3).await;
    near.wait(3);
    let until = Instant::now() + Duration::from_secs(10);
    while node.deliveries("").await["targets"].as_array().unwrap().iter().any(|one| one["behind"] != 0) {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(far.told().len(), 0);
}
