//! TLS on a real socket: certificates that change, and callers that shake hands slowly or never.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use fixture::{app, question, quick};
use maple_server::{Config, TLS_POLL_SECONDS, Tls, serve};
use maple_wire::BODY_BYTES_MAX;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName, version::TLS12},
};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
    dir: TempDir,
    trusted: RootCertStore,
}

/// Writes a new certificate with its key; gives who trusts it.
fn certificate(dir: &Path) -> RootCertStore {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(dir.join("key.pem"), signing_key.serialize_pem()).unwrap();
    fs::write(dir.join("certificate.pem"), cert.pem()).unwrap();
    let mut trusted = RootCertStore::empty();
    trusted.add(cert.der().clone()).unwrap();
    trusted
}

async fn server(config: Config) -> Server {
    let dir = tempfile::tempdir().unwrap();
    let trusted = certificate(dir.path());
    let tls = Tls::load(dir.path().join("certificate.pem"), dir.path().join("key.pem")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let app = app(Config { tls: Some(Arc::new(tls)), ..config });
    let served = tokio::spawn(serve(app, listener, async move { drop(stopped.await) }));
    Server { address, stop, served, dir, trusted }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn shake(&self, trusted: &RootCertStore) -> io::Result<TlsStream<TcpStream>> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(trusted.clone()).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.connect().await).await
    }

    async fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.shake(&self.trusted).await.unwrap();
        stream.write_all(request).await.unwrap();
        rest(&mut stream).await
    }

    async fn stop(self) -> io::Result<()> {
        let _ = self.stop.send(());
        timeout(Duration::from_secs(10), self.served).await.expect("an end").unwrap()
    }
}

/// Everything until the other side closes.
async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut heard = Vec::new();
    let end = timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await;
    assert!(end.is_ok(), "no end after {:?}", String::from_utf8_lossy(&heard));
    String::from_utf8_lossy(&heard).into_owned()
}

fn post(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_question_is_decided_over_tls_and_in_the_open_nobody_is_heard() {
    let server = server(quick()).await;
    let heard = server.ask(post(&question().to_string()).as_bytes()).await;
    assert!(heard.starts_with("HTTP/1.1 200") && heard.contains("labour_inspection"), "{heard}");
    let mut plain = server.connect().await;
    plain.write_all(post(&question().to_string()).as_bytes()).await.unwrap();
    assert!(!rest(&mut plain).await.contains("HTTP/1.1"), "no answer in the open");
    server.shake(&RootCertStore { roots: certificate(tempfile::tempdir().unwrap().path()).roots }).await.unwrap_err();

    // TLS 1.2 is taken, too.
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_protocol_versions(&[&TLS12]).unwrap();
    let config = config.with_root_certificates(server.trusted.clone()).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_oversized_body_is_refused_over_tls_and_the_caller_hears_it() {
    let server = server(quick()).await;
    let fits = fixture::padded(&question().to_string(), BODY_BYTES_MAX);
    assert!(server.ask(post(&fits).as_bytes()).await.starts_with("HTTP/1.1 200"));
    for bytes in [BODY_BYTES_MAX + 1, 20 << 20] {
        let heard = server.ask(post(&" ".repeat(bytes)).as_bytes()).await;
        assert!(heard.starts_with("HTTP/1.1 413") && heard.contains("/problems/too-large"), "{bytes}: {heard}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_handshake_and_a_slow_head_are_let_go_and_keep_nobody_waiting() {
    let brief = Duration::from_millis(500);
    let server = Arc::new(server(Config { head_wait: brief, connections: 16, ..quick() }).await);
    // The first bytes of a handshake (a record of 512 bytes that holds a ClientHello), then a byte now and then.
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let slow: Vec<JoinHandle<Duration>> = (0..12)
        .map(|n| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let began = Instant::now();
                let end = async {
                    if n % 3 == 0 {
                        // A head that never ends, after a handshake in good order.
                        let mut stream = server.shake(&server.trusted).await.unwrap();
                        while stream.write_all(b"G").await.is_ok() && stream.flush().await.is_ok() {
                            sleep(Duration::from_millis(20)).await;
                        }
                    } else {
                        let mut stream = server.connect().await;
                        let _ = stream.write_all(&hello).await;
                        while n % 3 == 1 && stream.write_all(&[0]).await.is_ok() {
                            sleep(Duration::from_millis(20)).await;
                        }
                        let _ = stream.read_to_end(&mut Vec::new()).await;
                    }
                };
                timeout(Duration::from_secs(10), end).await.expect("it is let go");
                began.elapsed()
            })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    let heard = server.ask(post(&question().to_string()).as_bytes()).await;
    assert!(heard.starts_with("HTTP/1.1 200") && began.elapsed() < brief, "{:?}: {heard}", began.elapsed());
    for slow in slow {
        let took = slow.await.unwrap();
        assert!(took >= brief - Duration::from_millis(50) && took < Duration::from_secs(5), "{took:?}");
    }
    Arc::into_inner(server).unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_does_not_wait_for_who_never_shakes_hands() {
    let server = server(quick()).await;
    let idle = server.connect().await;
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_certificate_serves_and_a_broken_one_does_not() {
    let server = server(quick()).await;
    let mut kept = server.shake(&server.trusted).await.unwrap();
    let pause = Duration::from_millis(TLS_POLL_SECONDS * 1_000 + 500);
    fs::write(server.dir.path().join("certificate.pem"), "-----BEGIN CERTIFICATE-----\nbroken").unwrap();
    sleep(pause).await;
    server.shake(&server.trusted).await.unwrap();
    let new = certificate(server.dir.path());
    sleep(pause).await;
    server.shake(&new).await.unwrap();
    server.shake(&server.trusted).await.unwrap_err();
    // A connection that stands goes on.
    kept.write_all(post(&question().to_string()).as_bytes()).await.unwrap();
    assert!(rest(&mut kept).await.starts_with("HTTP/1.1 200"));
    server.stop().await.unwrap();
}
