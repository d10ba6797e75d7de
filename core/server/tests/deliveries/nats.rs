//! A stream of NATS JetStream, told by a private server.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use maple_server::{Nats, NatsConfig, NatsLogin, Target, Terms, Way};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;

use super::{fixture::fits, node, store, to, wait};

/// A private server, which ends with the test.
struct Broker {
    child: Child,
    port: u16,
    dir: tempfile::TempDir,
    words: Vec<String>,
}

impl Broker {
    fn start() -> Option<Self> {
        Self::start_with(vec!["--auth".to_owned(), "only-for-the-test".to_owned()])
    }

    fn start_with(words: Vec<String>) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let Some(child) = Self::run(port, &dir, &words) else {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "there is no nats-server; install it");
            eprintln!("skipped: there is no nats-server here");
            return None;
        };
        let broker = Self { child, port, dir, words };
        broker.wait();
        Some(broker)
    }

    fn run(port: u16, dir: &tempfile::TempDir, words: &[String]) -> Option<Child> {
        let mut command = Command::new("nats-server");
        command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(dir.path());
        command.args(words).stderr(Stdio::null()).stdout(Stdio::null()).spawn().ok()
    }

    fn wait(&self) {
        wait(|| TcpStream::connect(("127.0.0.1", self.port)).is_ok(), || "the server does not start".to_owned());
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn again(&mut self) {
        self.child = Self::run(self.port, &self.dir, &self.words).unwrap();
        self.wait();
    }

    /// What the stream holds: ids and bodies, as another client sees them.
    async fn kept(&self) -> Vec<(String, String, Value)> {
        let options = async_nats::ConnectOptions::new().token("only-for-the-test".to_owned());
        let client = options.connect(format!("127.0.0.1:{}", self.port)).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let Ok(mut stream) = context.get_stream("MAPLE").await else { return Vec::new() };
        let state = stream.info().await.unwrap().state.clone();
        let mut kept = Vec::new();
        for number in state.first_sequence..=state.last_sequence {
            let message = stream.get_raw_message(number).await.unwrap();
            let id = message.headers.get("Nats-Msg-Id").unwrap().to_string();
            kept.push((id, message.subject.to_string(), serde_json::from_slice(&message.payload).unwrap()));
        }
        kept
    }

    async fn wait_for(&self, count: usize) -> Vec<(String, String, Value)> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let kept = self.kept().await;
            if kept.len() >= count {
                return kept;
            }
            assert!(Instant::now() < until, "{} of {count}", kept.len());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_nats_is_told_once_and_over_its_restart() {
    let Some(mut broker) = Broker::start() else { return };
    let (_dir, store) = store();
    let target = |port: u16| {
        let config = NatsConfig {
            url: format!("nats://127.0.0.1:{port}"),
            stream: "MAPLE".to_owned(),
            prefix: "maple".to_owned(),
            login: NatsLogin::Token("only-for-the-test".to_owned()),
            ca: None,
        };
        let way = Way::Nats(Box::new(Nats::new(config).unwrap()));
        let terms = Terms { attempts: 20, timeout: Duration::from_secs(2), retry: Duration::from_secs(1) };
        Target { name: "nats".to_owned(), way, terms, ..to("x", "http://127.0.0.1:9/") }
    };
    let first = node(&store, "node-1", vec![target(broker.port)]);
    first.ready(1).await;
    let mut decided = first.decide(100).await;
    let kept = broker.wait_for(100).await;
    assert!(kept.iter().all(|(_, subject, _)| subject == "maple.decision.made"));
    kept.iter().for_each(|(_, _, event)| fits("Outgoing", event));
    // Away, with what is decided meanwhile.
    broker.stop();
    decided.extend(first.decide(5).await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    broker.again();
    decided.extend(first.decide(5).await);
    broker.wait_for(110).await;
    drop(first);
    // What is sent again, as after a crash between sending and noting, stands in the stream once.
    let dead = |event: &str| maple_store::Delivery {
        target: "nats".to_owned(),
        event: event.to_owned(),
        what: "decision.made".to_owned(),
        at: maple_server::now(),
        body: "{}".to_owned(),
        attempts: 1,
        due: maple_server::now(),
        state: maple_store::DeliveryState::Waiting,
        why: String::new(),
    };
    let now = maple_server::now();
    assert!(store.recipient_claim("nats", &[maple_store::Stream::Decisions], "node-1", now, now).unwrap());
    let failed = vec![dead(&decided[0])];
    assert!(store.deliveries_note("nats", "node-1", &maple_store::Outcome { failed, ..Default::default() }).unwrap());
    let last = node(&store, "node-1", vec![target(broker.port)]);
    last.nothing_waits().await;
    let mut ids: Vec<String> = broker.kept().await.into_iter().map(|(id, ..)| id).collect();
    ids.sort();
    decided.sort();
    assert_eq!(ids, decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_refuses_says_why() {
    let Some(broker) = Broker::start() else { return };
    let (_dir, store) = store();
    let config = NatsConfig {
        url: format!("nats://127.0.0.1:{}", broker.port),
        stream: "MAPLE".to_owned(),
        prefix: "maple".to_owned(),
        login: NatsLogin::Nobody,
        ca: None,
    };
    let way = Way::Nats(Box::new(Nats::new(config).unwrap()));
    let node = node(&store, "node-1", vec![Target { name: "nats".to_owned(), way, ..to("x", "http://127.0.0.1:9/") }]);
    node.ready(1).await;
    node.decide(1).await;
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let why = loop {
        let listed = node.deliveries("").await;
        if let Some(why) = listed["deliveries"][0]["why"].as_str() {
            break why.to_owned();
        }
        assert!(LOOKS.fetch_add(1, Ordering::Relaxed) < 200, "{listed}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(why.contains("authorization"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_behind_tls_lets_in_who_has_credentials() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let kept = |name: &str, text: &str| {
        fs::write(path(name), text).unwrap();
        path(name).display().to_string()
    };
    let (certificate, key) = (kept("certificate.pem", &cert.pem()), kept("key.pem", &signing_key.serialize_pem()));
    let config = kept("nats.conf", include_str!("nats.conf"));
    let words = ["--tls", "--tlscert", &certificate, "--tlskey", &key, "-c", &config].map(str::to_owned);
    let Some(broker) = Broker::start_with(words.to_vec()) else { return };
    let (_dir, store) = store();
    let target = |name: &str, login: NatsLogin, ca: Option<PathBuf>| {
        let url = format!("tls://localhost:{}", broker.port);
        let config = NatsConfig { url, stream: "MAPLE".to_owned(), prefix: "maple".to_owned(), login, ca };
        let way = Way::Nats(Box::new(Nats::new(config).unwrap()));
        let terms = Terms { attempts: 2, timeout: Duration::from_secs(5), retry: Duration::from_secs(1) };
        Target { name: name.to_owned(), way, terms, ..to("x", "http://127.0.0.1:9/") }
    };
    let login = || NatsLogin::Credentials(include_str!("nats.creds").to_owned());
    let ca = Some(path("certificate.pem"));
    let targets = vec![
        target("known", login(), ca.clone()),
        target("nobody", NatsLogin::Nobody, ca),
        target("untrusting", login(), None),
    ];
    let node = node(&store, "node-1", targets);
    node.ready(3).await;
    node.decide(3).await;
    let until = Instant::now() + Duration::from_secs(30);
    // An event counts as told when the stream has acknowledged it.
    while !node.metric("maple_deliveries_total{target=\"known\"} 3").await {
        assert!(Instant::now() < until, "{}", node.deliveries("").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The others are told nothing, and nothing is lost.
    loop {
        let listed = node.deliveries("").await;
        let all = listed["deliveries"].as_array().unwrap();
        let why = |target: &str| {
            let mut of = all.iter().filter(|one| one["target"] == target);
            of.next().map(|one| one["why"].as_str().unwrap().to_owned())
        };
        if let (Some(nobody), Some(untrusting)) = (why("nobody"), why("untrusting")) {
            assert!(nobody.contains("authorization"), "{nobody}");
            assert!(untrusting.contains("cannot be reached"), "{untrusting}");
            assert!(why("known").is_none(), "{listed}");
            return;
        }
        assert!(Instant::now() < until, "{listed}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
