//! Who may do what: tokens that hold and tokens that do not, roles, places, and what is written down of a refusal.
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
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    body::Body,
    http::{Method, Request},
};
use fixture::{Answer, Native, Service, bundle, fits, question, quick, serving};
use maple_seal::Signer;
use maple_server::{
    ACCESS_CACHE_SECONDS, Access, App, Clock, Config, NewToken, Records, TOKEN_BYTES_MAX, TokenRequest, token_create,
    token_revoke,
};
use maple_store::{Mode, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A clock that is put forward by hand.
struct Forward(AtomicU64);

impl Clock for Forward {
    fn unix_millis(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap() + self.0.load(Ordering::Relaxed)
    }
}

/// A service that must know who is asking.
struct Guarded {
    service: Service,
    store: Arc<Store>,
    clock: Arc<Forward>,
    _dir: TempDir,
}

fn guarded() -> Guarded {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    let clock = Arc::new(Forward(AtomicU64::new(0)));
    let access = Access::new(Arc::clone(&store), clock.clone()).unwrap();
    let config = Config { access: Some(Arc::new(access)), ..quick() };
    let signer = Arc::new(Signer::generate().unwrap());
    let records = Records::start(Arc::clone(&store), "test", Mode::Durable, signer, clock.clone(), None, None).unwrap();
    let app = App::keeping(config, clock.clone(), Arc::new(Native), serving(bundle(), 17), Some(records), None);
    Guarded { service: Service::of(app), store, clock, _dir: dir }
}

impl Guarded {
    fn token(&self, roles: &[&str], scope: &str) -> NewToken {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let request = TokenRequest { name: "the desk", roles: &words(roles), scope: &words(&[scope]), days: 90 };
        token_create(&self.store, &request, "test").unwrap()
    }

    async fn ask(&self, method: Method, path: &str, authorization: Option<&str>, body: &str) -> Answer {
        let content_type = if path.ends_with("batch") { "application/x-ndjson" } else { "application/json" };
        let mut request = Request::builder().method(method).uri(path).header("content-type", content_type);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        Answer::of(self.service.call(request.body(Body::from(body.to_owned())).unwrap()).await).await
    }

    async fn get(&self, token: &NewToken, path: &str) -> Answer {
        self.ask(Method::GET, path, Some(&format!("Bearer {}", token.text)), "").await
    }

    async fn post(&self, token: &NewToken, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, Some(&format!("Bearer {}", token.text)), body).await
    }

    async fn evaluate(&self, token: &NewToken, locality: &str) -> Answer {
        self.post(token, "/v1/evaluate", &of_place(locality).to_string()).await
    }

    /// The refusals of the audit log so far, once there are so many.
    async fn refusals(&self, count: usize) -> Vec<(String, String, String)> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let events = self.store.audit_before(1_000_000, 1_000).unwrap();
            let refused: Vec<_> = events.into_iter().rev().filter(|event| event.action == "refuse").collect();
            if refused.len() >= count || Instant::now() > until {
                return refused.into_iter().map(|event| (event.actor, event.subject, event.detail)).collect();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn of_place(locality: &str) -> Value {
    let mut question = question();
    question["case"]["locality"] = json!(locality);
    question
}

const OPEN: [&str; 8] = [
    "/playground",
    "/playground/{file}",
    "/session",
    "/console/{file}",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/problems/{name}",
];

/// The pages of the console, which say it as pages.
const PAGES: [&str; 24] = [
    "/",
    "/overview.csv",
    "/cases",
    "/cases/{id}",
    "/decisions",
    "/decisions/{id}",
    "/decisions/{id}/replay",
    "/decisions/{id}/receipt",
    "/optimise",
    "/optimise.csv",
    "/policies",
    "/policies/compare",
    "/policies/backtest",
    "/policies/activate",
    "/risk",
    "/risk.csv",
    "/risk/live",
    "/risk/{id}",
    "/station",
    "/station.csv",
    "/station/intake",
    "/station/plan",
    "/station/plan/{id}",
    "/station/plan/{id}/accept",
];

#[tokio::test]
async fn no_door_but_those_for_everybody_opens_without_a_token_and_none_without_a_role() {
    let guarded = guarded();
    let stranger = guarded.token(&["approver"], "nowhere");
    let document = guarded.service.get("/openapi.json").await.json();
    for path in maple_server::paths() {
        let real = path
            .replace("{id}", "cn.labour.5")
            .replace("{digest}", "none")
            .replace("{name}", "internal")
            .replace("{file}", if path.starts_with("/console") { "console.css" } else { "main.js" });
        let methods = document["paths"][path].as_object().unwrap();
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::HEAD] {
            let answer = guarded.ask(method.clone(), &real, None, "{}").await;
            let page = PAGES.contains(path);
            // A form that does not say where it comes from is not even asked whose it is.
            if (page || *path == "/session") && method == Method::POST {
                assert_eq!(answer.status, 403, "{method} {path}");
                continue;
            }
            if OPEN.contains(path) {
                assert!([200, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
                continue;
            }
            assert_eq!(answer.status, 401, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"maple\"");
            if page {
                assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{method} {path}");
            } else if method != Method::HEAD {
                answer.is_problem(401, "unauthenticated");
            }
            let tells = |method: &Value| method["responses"]["401"].is_object() && method["security"].is_array();
            assert!(methods.values().all(tells), "the document tells of tokens at {path}");
            // An approver of nowhere changes and reads nothing of a locality.
            let answer = guarded.ask(method.clone(), &real, Some(&format!("Bearer {}", stranger.text)), "{}").await;
            let views = path.starts_with("/metrics")
                || [
                    "/",
                    "/overview.csv",
                    "/optimise",
                    "/optimise.csv",
                    "/policies",
                    "/policies/compare",
                    "/policies/activate",
                ]
                .contains(path)
                || path.starts_with("/station")
                || [
                    "packs",
                    "rulesets",
                    "localities",
                    "provisions",
                    "vocabulary",
                    "bundles",
                    "reports",
                    "activations",
                    "states",
                    "status",
                    "keys",
                    "events",
                    "insight",
                    "signals",
                    "stations",
                    "plan",
                ]
                .iter()
                .any(|view| path.starts_with(&format!("/v1/{view}")));
            assert!(answer.status == 403 || (views && [200, 404, 405].contains(&answer.status)), "{method} {path}");
        }
    }
    guarded.service.get("/nowhere").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_token_opens_what_its_roles_say() {
    let guarded = guarded();
    let preview = json!({ "case": question()["case"], "bundle": { "files": {} } }).to_string();
    for (role, evaluate, author, auditor) in [
        ("evaluate", 200, 403, 403),
        ("author", 403, 200, 403),
        ("auditor", 403, 403, 200),
        ("admin", 403, 403, 403),
        ("approver", 403, 403, 403),
    ] {
        let token = guarded.token(&[role], "**");
        let answer = guarded.evaluate(&token, "cn/zhejiang").await;
        assert_eq!(answer.status, evaluate, "{role}: {}", answer.text());
        if evaluate == 403 {
            let problem = answer.is_problem(403, "forbidden");
            let said = format!("this needs the role `evaluate`, and your token has {role}");
            assert!(problem["detail"].as_str().unwrap().contains(&said), "{problem}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"maple\", error=\"insufficient_scope\"");
        }
        let answer = guarded.post(&token, "/v1/preview", &preview).await;
        assert_eq!(answer.status, author, "{role}: {}", answer.text());
        assert_eq!(guarded.get(&token, "/v1/decisions").await.status, auditor, "{role}");
        for view in ["/v1/packs", "/v1/localities", "/v1/vocabulary", "/v1/rulesets/current", "/metrics"] {
            assert_eq!(guarded.get(&token, view).await.status, 200, "{role} {view}");
        }
    }
    let both = guarded.token(&["evaluate", "auditor"], "**");
    assert_eq!(guarded.evaluate(&both, "cn/zhejiang").await.status, 200);
    assert_eq!(guarded.get(&both, "/v1/decisions").await.status, 200);
}

#[tokio::test]
async fn a_token_of_one_place_touches_no_other() {
    let guarded = guarded();
    let everywhere = guarded.token(&["evaluate", "auditor", "author"], "**");
    let mut ids = Vec::new();
    for place in ["cn", "cn/zhejiang"] {
        let answer = guarded.evaluate(&everywhere, place).await;
        ids.push(answer.json()["decision"]["id"].as_str().unwrap().to_owned());
    }
    let (above, within) = (&ids[0], &ids[1]);
    let token = guarded.token(&["evaluate", "auditor", "author"], "cn/zhejiang/**");
    assert_eq!(guarded.evaluate(&token, "cn/zhejiang").await.status, 200);
    let problem = guarded.evaluate(&token, "cn").await.is_problem(403, "forbidden");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("`cn` is outside of where your token holds as `evaluate`, which is `cn/zhejiang/**`"),
        "{detail}"
    );

    let (ours, theirs) = (of_place("cn/zhejiang").to_string(), of_place("cn").to_string());
    let answer = guarded.post(&token, "/v1/evaluate/batch", &format!("{ours}\n{theirs}\n{ours}\n")).await;
    assert_eq!(answer.status, 200);
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[1]["type"], &lines[1]["line"]), (&json!("/problems/forbidden"), &json!(2)));
    assert!(lines[0]["decision"]["id"].is_string() && lines[2]["decision"]["id"].is_string());

    let preview = |place: &str| json!({ "case": of_place(place)["case"], "bundle": { "files": {} } }).to_string();
    assert_eq!(guarded.post(&token, "/v1/preview", &preview("cn/zhejiang")).await.status, 200);
    guarded.post(&token, "/v1/preview", &preview("cn")).await.is_problem(403, "forbidden");

    for (path, method) in [("", Method::GET), ("/replay", Method::POST), ("/receipt", Method::GET)] {
        let bearer = format!("Bearer {}", token.text);
        let (inside, outside) = (format!("/v1/decisions/{within}{path}"), format!("/v1/decisions/{above}{path}"));
        let answer = guarded.ask(method.clone(), &inside, Some(&bearer), "").await;
        assert!(answer.status == 200 || path == "/replay", "{inside}: {}", answer.text());
        guarded.ask(method.clone(), &outside, Some(&bearer), "").await.is_problem(403, "forbidden");
    }

    let listed = guarded.get(&token, "/v1/decisions?locality=cn/zhejiang").await;
    assert!(listed.json()["decisions"].as_array().unwrap().iter().all(|one| one["locality"] == "cn/zhejiang"));
    for outside in ["?locality=cn", "?locality=cn/zhejian", "?locality=", "?locality=**", ""] {
        let problem = guarded.get(&token, &format!("/v1/decisions{outside}")).await.is_problem(403, "forbidden");
        let hint = outside.is_empty();
        assert_eq!(problem["detail"].as_str().unwrap().contains("`?locality=cn/zhejiang`"), hint, "{problem}");
    }
    // One place alone is not what lies below it.
    let alone = guarded.token(&["auditor"], "cn");
    guarded.get(&alone, "/v1/decisions?locality=cn").await.is_problem(403, "forbidden");
    assert_eq!(guarded.get(&alone, &format!("/v1/decisions/{above}")).await.status, 200);
    guarded.get(&alone, &format!("/v1/decisions/{within}")).await.is_problem(403, "forbidden");
}

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused_with_the_reason() {
    let guarded = guarded();
    let good = guarded.token(&["evaluate"], "**");
    let body = question().to_string();
    let ask = async |authorization: &str| guarded.ask(Method::POST, "/v1/evaluate", Some(authorization), &body).await;
    assert_eq!(ask(&format!("Bearer {}", good.text)).await.status, 200);
    let mut forged = good.text.clone().into_bytes();
    let last = forged.len() - 1;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for (authorization, said) in [
        (format!("Bearer {forged}"), "does not know the token"),
        (format!("Bearer {}", good.token.hash), "no token of this service"),
        (format!("Bearer {}", &good.text[..good.text.len() - 1]), "no token of this service"),
        (format!("Basic {}", good.text), "no token of this service"),
        (good.text.clone(), "no token of this service"),
        (format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1)), "no token of this service"),
    ] {
        let answer = ask(&authorization).await;
        let problem = answer.is_problem(401, "invalid-token");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"maple\", error=\"invalid_token\"");
        assert!(!answer.text().contains(&good.text[24..]), "the token is repeated nowhere");
    }

    // The last millisecond holds, and the first after it does not, also for who is known already.
    let expires = good.token.expires.unwrap();
    let day = 24 * 3_600_000;
    guarded.clock.0.store(89 * day, Ordering::Relaxed);
    assert_eq!(ask(&format!("Bearer {}", good.text)).await.status, 200);
    guarded.clock.0.store(90 * day, Ordering::Relaxed);
    assert!(guarded.clock.unix_millis() >= u64::try_from(expires.as_millisecond()).unwrap());
    let problem = ask(&format!("Bearer {}", good.text)).await.is_problem(401, "invalid-token");
    assert!(problem["detail"].as_str().unwrap().contains("has expired"), "{problem}");
}

#[tokio::test]
async fn a_revoked_token_ends_within_the_time_that_is_named() {
    let guarded = guarded();
    let token = guarded.token(&["evaluate"], "**");
    assert_eq!(guarded.evaluate(&token, "cn").await.status, 200);
    token_revoke(&guarded.store, &token.token.id, "test").unwrap();
    let revoked = Instant::now();
    let problem = loop {
        let answer = guarded.evaluate(&token, "cn").await;
        if answer.status != 200 {
            break answer.is_problem(401, "invalid-token");
        }
        assert!(revoked.elapsed() < Duration::from_secs(ACCESS_CACHE_SECONDS + 1), "it still holds");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(problem["detail"].as_str().unwrap().contains("was revoked"), "{problem}");
    let refusals = guarded.refusals(1).await;
    assert!(refusals[0].2.starts_with(&format!("revoked, token {}, trace ", token.token.id)), "{refusals:?}");
}

#[tokio::test]
async fn what_is_refused_is_counted_and_written_down_without_the_token() {
    let guarded = guarded();
    let token = guarded.token(&["evaluate"], "cn/zhejiang/**");
    guarded.ask(Method::POST, "/v1/evaluate", None, "{}").await.is_problem(401, "unauthenticated");
    let forged = format!("Bearer maple_0123456789abcdef_{}", "A".repeat(43));
    guarded.ask(Method::GET, "/v1/packs", Some(&forged), "").await.is_problem(401, "invalid-token");
    guarded.get(&token, "/v1/decisions").await.is_problem(403, "forbidden");
    guarded.evaluate(&token, "cn").await.is_problem(403, "forbidden");
    let refusals = guarded.refusals(4).await;
    let id = &token.token.id;
    let told: Vec<(&str, &str, &str)> = refusals
        .iter()
        .map(|(actor, subject, detail)| (&**actor, &**subject, detail.split(", trace ").next().unwrap()))
        .collect();
    let (role, scope) = (format!("role, token {id}"), format!("scope, token {id}"));
    assert_eq!(
        told,
        [
            ("unknown", "/v1/evaluate", "missing"),
            ("unknown", "/v1/packs", "unknown"),
            ("the desk", "/v1/decisions", &*role),
            ("the desk", "/v1/evaluate", &*scope),
        ]
    );
    assert!(refusals.iter().all(|(.., detail)| !detail.contains(&token.text[24..]) && !detail.contains("AAAA")));
    let text = guarded.get(&token, "/metrics").await.text();
    for reason in ["missing", "unknown", "role", "scope"] {
        let line = format!("maple_access_refused_total{{reason=\"{reason}\"}} 1");
        assert!(text.contains(&line), "`{line}` is not in\n{text}");
    }
}

#[tokio::test]
async fn who_is_refused_hears_it_although_the_body_is_large() {
    let guarded = guarded();
    let large = " ".repeat(900 << 10);
    guarded.ask(Method::POST, "/v1/evaluate", None, &large).await.is_problem(401, "unauthenticated");
    fits("Problem", &guarded.ask(Method::POST, "/v1/evaluate/batch", None, &large).await.json());
}

#[tokio::test]
async fn where_nobody_has_to_say_who_they_are_a_token_changes_nothing() {
    let service = Service::new(quick());
    let request = Request::post("/v1/evaluate")
        .header("authorization", "Bearer nonsense")
        .body(Body::from(question().to_string()))
        .unwrap();
    assert_eq!(service.call(request).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_made_up_tokens_lets_no_known_one_end() {
    let guarded = Arc::new(guarded());
    let token = guarded.token(&["evaluate"], "**");
    assert_eq!(guarded.evaluate(&token, "cn").await.status, 200);
    let until = Instant::now() + Duration::from_secs(ACCESS_CACHE_SECONDS + 2);
    let flood: Vec<_> = (0..16)
        .map(|n| {
            let guarded = Arc::clone(&guarded);
            tokio::spawn(async move {
                let mut count = 0;
                while Instant::now() < until {
                    count += 1;
                    let forged = format!("Bearer maple_0123456789abcdef_{n:03}{count:040}");
                    let status = guarded.ask(Method::GET, "/v1/packs", Some(&forged), "").await.status;
                    assert!([401, 503].contains(&status), "{status}");
                }
            })
        })
        .collect();
    while Instant::now() < until {
        assert_eq!(guarded.evaluate(&token, "cn").await.status, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for task in flood {
        task.await.unwrap();
    }
    // Of all of them the audit log names some.
    let events = guarded.store.audit_before(1_000_000, 1_000).unwrap();
    let refused = events.iter().filter(|event| event.action == "refuse").count();
    assert!(refused <= 61, "{refused}");
}
