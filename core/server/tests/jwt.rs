//! JWTs at the doors, with the keys of an issuer that answers by https, and later does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fixture::{Answer, Service, Still, app, question, quick};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use maple_server::{Access, Clock, Config, JWKS_BYTES_MAX, JWKS_RETRY_SECONDS, Jwt, JwtConfig};
use maple_store::Store;
use rcgen::{CertifiedKey, KeyPair, PublicKeyData, generate_simple_self_signed};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs},
};

/// Who issues tokens: keys by https, as whatever body it is told to give.
struct Issuer {
    body: Arc<Mutex<String>>,
    serving: JoinHandle<()>,
    url: String,
    dir: TempDir,
}

async fn issuer(body: String) -> Issuer {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ca.pem"), cert.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = signing_key.serialize_der().try_into().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
    let body = Arc::new(Mutex::new(body));
    let told = Arc::clone(&body);
    let serving = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = told.lock().unwrap().clone();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Issuer { body, serving, url, dir }
}

/// A key with its id, and its public half.
fn made(id: &str) -> (Header, EncodingKey, Value) {
    let pair = KeyPair::generate().unwrap();
    let (x, y) = pair.der_bytes()[1..].split_at(32);
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "x": b64(x), "y": b64(y) });
    let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::ES256) };
    (header, EncodingKey::from_ec_der(&pair.serialize_der()), jwk)
}

fn claims(roles: &[&str], localities: &[&str]) -> Value {
    let now = Still.unix_millis() / 1_000;
    json!({
        "iss": "https://id.example", "aud": ["account", "maple"], "sub": "ana", "exp": now + 60, "roles": roles,
        "localities": localities,
    })
}

struct Guarded {
    service: Service,
    store: Arc<Store>,
    _dir: TempDir,
}

fn guarded(issuer: &Issuer) -> Guarded {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    let config = JwtConfig {
        issuer: "https://id.example".to_owned(),
        audience: "maple".to_owned(),
        jwks: issuer.url.clone(),
        ca: Some(issuer.dir.path().join("ca.pem")),
        roles: "roles".to_owned(),
        localities: "localities".to_owned(),
    };
    let access = Access::new(Arc::clone(&store), Arc::new(Still)).unwrap().with_jwt(Jwt::start(config).unwrap());
    let service = Service::of(app(Config { access: Some(Arc::new(access)), ..quick() }));
    Guarded { service, store, _dir: dir }
}

impl Guarded {
    async fn evaluate(&self, token: &str, locality: &str) -> Answer {
        let mut question = question();
        question["case"]["locality"] = json!(locality);
        let request = Request::post("/v1/evaluate").header("authorization", format!("Bearer {token}"));
        Answer::of(self.service.call(request.body(Body::from(question.to_string())).unwrap()).await).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_bears_a_jwt_does_what_its_claims_say() {
    let (header, key, jwk) = made("k1");
    let issuer = issuer(json!({ "keys": [jwk] }).to_string()).await;
    let guarded = guarded(&issuer);
    let sign = |claims: &Value| encode(&header, claims, &key).unwrap();
    let token = sign(&claims(&["evaluate"], &["cn/zhejiang/**"]));
    for _ in 0..2 {
        assert_eq!(guarded.evaluate(&token, "cn/zhejiang").await.status, 200);
        guarded.evaluate(&token, "cn").await.is_problem(403, "forbidden");
    }
    let nothing = sign(&claims(&["offline_access"], &["**"]));
    let problem = guarded.evaluate(&nothing, "cn").await.is_problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("needs the role `evaluate`"), "{problem}");
    let request = Request::get("/v1/packs").header("authorization", format!("Bearer {nothing}"));
    let answer = Answer::of(guarded.service.call(request.body(Body::empty()).unwrap()).await).await;
    assert!(answer.is_problem(403, "forbidden")["detail"].as_str().unwrap().contains("none of the roles"));

    for (name, value, said) in [
        ("exp", json!(Still.unix_millis() / 1_000 - 60), "has expired"),
        ("nbf", json!(Still.unix_millis() / 1_000 + 61), "does not hold yet"),
        ("iss", json!("https://evil.example"), "another issuer"),
        ("aud", json!("other"), "for somebody else"),
        ("sub", json!(""), "names nobody"),
    ] {
        let mut claims = claims(&["evaluate"], &["**"]);
        claims[name] = value;
        let problem = guarded.evaluate(&sign(&claims), "cn").await.is_problem(401, "invalid-token");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    let (_, stranger, _) = made("k1");
    let forged = encode(&header, &claims(&["evaluate"], &["**"]), &stranger).unwrap();
    let problem = guarded.evaluate(&forged, "cn").await.is_problem(401, "invalid-token");
    assert!(problem["detail"].as_str().unwrap().contains("signature of the token does not hold"), "{problem}");

    sleep(Duration::from_millis(200)).await;
    let events = guarded.store.audit_before(1_000, 100).unwrap();
    let told = |actor: &str, reason: &str| events.iter().any(|e| e.actor == actor && e.detail.starts_with(reason));
    assert!(told("ana", "scope, token jwt") && told("ana", "role") && told("unknown", "signature"), "{events:?}");
    assert!(events.iter().all(|event| !event.detail.contains(token.rsplit('.').next().unwrap())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_fetched_anew_for_a_new_token_and_kept_when_nobody_answers() {
    let ((old_header, old, old_jwk), (header, key, jwk)) = (made("2025"), made("2026"));
    let issuer = issuer(json!({ "keys": [old_jwk.clone()] }).to_string()).await;
    let guarded = guarded(&issuer);
    let claims = claims(&["evaluate"], &["**"]);
    let (before, after) = (encode(&old_header, &claims, &old).unwrap(), encode(&header, &claims, &key).unwrap());
    assert_eq!(guarded.evaluate(&before, "cn").await.status, 200);
    *issuer.body.lock().unwrap() = json!({ "keys": [old_jwk, jwk] }).to_string();
    let until = Instant::now() + Duration::from_secs(JWKS_RETRY_SECONDS + 5);
    while guarded.evaluate(&after, "cn").await.status != 200 {
        assert!(Instant::now() < until, "the new key is never fetched");
        sleep(Duration::from_millis(100)).await;
    }
    // Too much, and then nobody: what was known holds on.
    *issuer.body.lock().unwrap() = " ".repeat(JWKS_BYTES_MAX + 1);
    let (unknown_header, unknown, _) = made("2027");
    let unknown = encode(&unknown_header, &claims, &unknown).unwrap();
    let until = Instant::now() + Duration::from_secs(JWKS_RETRY_SECONDS + 1);
    while Instant::now() < until {
        guarded.evaluate(&unknown, "cn").await.is_problem(401, "invalid-token");
        sleep(Duration::from_millis(500)).await;
    }
    issuer.serving.abort();
    sleep(Duration::from_secs(JWKS_RETRY_SECONDS + 1)).await;
    for token in [&before, &after] {
        assert_eq!(guarded.evaluate(token, "cn").await.status, 200);
    }
}
