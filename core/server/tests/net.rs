//! The doors on a real socket: slow, broken, greedy and impatient callers, and the way out.
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
    sync::Arc,
    time::{Duration, Instant},
};

use fixture::{app, fits, of_kind, question, quick};
use maple_server::{App, Config, HEAD_BYTES_MAX, serve};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

struct Server {
    address: SocketAddr,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

async fn server(config: Config) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app(config);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let served = tokio::spawn(serve(Arc::clone(&app), listener, shutdown));
    Server { address, app, stop, served }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) -> io::Result<()> {
        let _ = self.stop.send(());
        timeout(Duration::from_secs(10), self.served).await.expect("an end").unwrap()
    }
}

fn request(body: &str) -> String {
    format!(
        "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Everything until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let end = timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await;
    assert!(end.is_ok(), "no end after {:?}", String::from_utf8_lossy(&heard));
    String::from_utf8_lossy(&heard).into_owned()
}

/// One answer with an announced length: its status and its body.
async fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map(|l| l.parse::<usize>().unwrap());
            if length.is_none_or(|length| body.len() >= length) {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned());
            }
        }
        let mut piece = [0; 4096];
        let read = timeout(Duration::from_secs(10), stream.read(&mut piece)).await.expect("an answer").unwrap();
        assert!(read > 0, "closed after {text:?}");
        heard.extend_from_slice(&piece[..read]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_connection_serves_many_requests_also_at_once() {
    let server = server(quick()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(request(&question().to_string()).as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.0, 200);
    }
    let three =
        request(&question().to_string()).repeat(2) + &request("{}").replace("host: x", "host: x\r\nconnection: close");
    stream.write_all(three.as_bytes()).await.unwrap();
    let heard = rest(&mut stream).await;
    let statuses: Vec<&str> = heard.matches("HTTP/1.1 200").chain(heard.matches("HTTP/1.1 422")).collect();
    assert_eq!(statuses, ["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 422"]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_megabytes_are_refused_and_the_caller_hears_it() {
    let server = server(quick()).await;
    let megabyte = "x".repeat(1 << 20);
    for head in ["content-length: 20971520", "transfer-encoding: chunked"] {
        let mut stream = server.connect().await;
        let start = format!(
            "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{head}\r\n\r\n"
        );
        stream.write_all(start.as_bytes()).await.unwrap();
        for _ in 0..20 {
            let piece = if head.starts_with('t') { format!("100000\r\n{megabyte}\r\n") } else { megabyte.clone() };
            stream.write_all(piece.as_bytes()).await.expect("the server reads on");
        }
        if head.starts_with('t') {
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
        let heard = rest(&mut stream).await;
        assert!(heard.starts_with("HTTP/1.1 413") && heard.contains("/problems/too-large"), "{heard}");
    }
    // A caller that waits for leave is told at once.
    let mut stream = server.connect().await;
    let head = "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20971520\r\nexpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 413);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_and_broken_callers_are_let_go() {
    let brief = Duration::from_millis(200);
    let server = server(Config { head_wait: brief, deadline: brief, ..quick() }).await;
    // A head that never ends, and a connection that stands idle.
    for start in ["POST /v1/evaluate HTTP/1.1\r\nhost:", ""] {
        let mut stream = server.connect().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        let began = Instant::now();
        let heard = rest(&mut stream).await;
        assert!(began.elapsed() < Duration::from_secs(5) && !heard.contains("200 OK"), "{start:?}: {heard}");
    }
    // A body that never ends.
    let mut stream = server.connect().await;
    let text = request(&question().to_string());
    stream.write_all(&text.as_bytes()[..text.len() - 10]).await.unwrap();
    let (status, body) = answer(&mut stream).await;
    assert!(status == 408 && body.contains("/problems/request-timeout"), "{body}");
    // A body that breaks off, malformed chunks, no HTTP at all, two lengths.
    for broken in [
        &text[..text.len() - 10],
        "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    ] {
        let mut stream = server.connect().await;
        stream.write_all(broken.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let heard = rest(&mut stream).await;
        assert!(!heard.contains("200 OK"), "{heard}");
    }
    let mut stream = server.connect().await;
    stream.write_all(request(&question().to_string()).as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heads_are_bounded() {
    let server = server(quick()).await;
    let long = format!("filler: {}\r\n", "x".repeat(4 * HEAD_BYTES_MAX));
    for fields in [long, "a: b\r\n".repeat(1_000)] {
        let mut stream = server.connect().await;
        let head = format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        let _ = stream.write_all(head.as_bytes()).await;
        // Whoever is still writing may be cut off before the answer comes through.
        let heard = rest(&mut stream).await;
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 431"), "{heard}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_bounded_and_the_next_is_told() {
    let server = server(Config { connections: 2, ..quick() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream.write_all(request(&question().to_string()).as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.0, 200);
        held.push(stream);
    }
    let mut third = server.connect().await;
    third.write_all(request(&question().to_string()).as_bytes()).await.unwrap();
    let heard = rest(&mut third).await;
    assert!(heard.starts_with("HTTP/1.1 503") && heard.contains("retry-after: 1"), "{heard}");
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{heard}");
    fits("Problem", &serde_json::from_str::<Value>(body).unwrap());
    drop(held.pop());
    sleep(Duration::from_millis(100)).await;
    let mut stream = server.connect().await;
    stream.write_all(request(&question().to_string()).as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.0, 200);
    drop(held);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_ends_what_is_under_way_and_nothing_else() {
    let server = server(quick()).await;
    let mut busy = server.connect().await;
    let idle = server.connect().await;
    busy.write_all(request(&of_kind("test.slow").to_string()).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let (address, app) = (server.address, Arc::clone(&server.app));
    let stopping = tokio::spawn(server.stop());
    assert_eq!(answer(&mut busy).await.0, 200, "a request under way is answered");
    stopping.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
    drop(idle);
    let ready = fixture::Answer::of(
        tower::ServiceExt::oneshot(
            maple_server::router(app),
            axum::http::Request::get("/health/ready").body(axum::body::Body::empty()).unwrap(),
        )
        .await
        .unwrap(),
    )
    .await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &serde_json::json!("draining")));
    fits("Ready", &ready.json());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_lets_go_of_whoever_listens() {
    let server = server(quick()).await;
    let mut listeners = Vec::new();
    for head in ["GET /v1/signals HTTP/1.1\r\naccept: text/event-stream", "GET /risk/live HTTP/1.1"] {
        let mut stream = server.connect().await;
        stream.write_all(format!("{head}\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut heard = [0; 4096];
        let read = timeout(Duration::from_secs(5), stream.read(&mut heard)).await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&heard[..read]).starts_with("HTTP/1.1 200"));
        listeners.push(stream);
    }
    timeout(Duration::from_secs(5), server.stop()).await.expect("a stop waits for nobody who listens").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_does_not_wait_for_ever() {
    let server = server(Config { drain: Duration::from_millis(200), ..quick() }).await;
    let mut stuck = server.connect().await;
    let text = request(&question().to_string());
    stuck.write_all(&text.as_bytes()[..text.len() - 10]).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let error = server.stop().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_batch_whose_caller_leaves_makes_room() {
    let server = server(Config { batches: 1, ..quick() }).await;
    let head = "POST /v1/evaluate/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let line = format!("{}\n", question());
    let chunk = format!("{:x}\r\n{line}\r\n", line.len());
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(chunk.as_bytes()).await.unwrap();
        let mut heard = [0; 4096];
        let read = timeout(Duration::from_secs(5), stream.read(&mut heard)).await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&heard[..read]).starts_with("HTTP/1.1 200"));
        drop(stream);
        sleep(Duration::from_millis(200)).await;
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_writes_and_never_reads_is_let_go() {
    let server = server(Config { stall: Duration::from_millis(500), ..quick() }).await;
    let mut stream = server.connect().await;
    let head = "POST /v1/evaluate/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let line = format!("{}\n", question());
    let chunk = format!("{:x}\r\n{line}\r\n", line.len()).repeat(100);
    let flood = async {
        for _ in 0..10_000 {
            if stream.write_all(chunk.as_bytes()).await.is_err() {
                return true;
            }
        }
        false
    };
    assert!(
        timeout(Duration::from_secs(20), flood).await.expect("the server lets go"),
        "hundreds of megabytes were taken"
    );
    server.stop().await.unwrap();
}
