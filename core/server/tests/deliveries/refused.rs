//! Recipients that refuse some, that nobody vouches for, and what cannot be told as it stands.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use maple_server::{Config, Target, Terms, Tls, serve};
use maple_store::{Delivery, DeliveryState, Outcome, Stream};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;

use super::{
    Receiver,
    fixture::{app, quick},
    is_tenth, node, store, to, to_trusted,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_refuses_some_is_told_all_others_at_once() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("tenth");
    let court = to("court", &receiver.url);
    // What is refused is not tried again: nothing but the refusals themselves could keep the rest from being told.
    let terms = Terms { attempts: 1, ..court.terms };
    let node = node(&store, "node-1", vec![Target { terms, ..court }]);
    node.ready(1).await;
    let began = Instant::now();
    let decided = node.decide(400).await;
    let (refused, taken): (Vec<String>, Vec<String>) = decided.into_iter().partition(|id| is_tenth(id));
    assert!(refused.len() > 10, "{}", refused.len());
    let count = i32::try_from(taken.len()).unwrap();
    let metric = format!("maple_deliveries_total{{target=\"court\"}} {count}");
    let until = Instant::now() + Duration::from_secs(30);
    while !node.metric(&metric).await {
        assert!(Instant::now() < until, "{} of {count} and what is refused", receiver.told().len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // One pause for each refusal would be a minute and more.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let until = Instant::now() + Duration::from_secs(30);
    let dead = loop {
        let listed = node.deliveries("?state=dead&count=1000").await["deliveries"].as_array().unwrap().clone();
        if listed.len() == refused.len() {
            break listed;
        }
        assert!(Instant::now() < until, "{} of {}", listed.len(), refused.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let ids: Vec<&str> = dead.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(ids, refused, "and no other");
    assert!(dead.iter().all(|one| one["why"] == "it answers 422" && one["attempts"] == 1), "{dead:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_as_it_stands_is_dead_and_says_why() {
    let (_dir, store) = store();
    let receiver = Receiver::answering("200 OK");
    let first = node(&store, "node-1", vec![to("court", &receiver.url)]);
    first.ready(1).await;
    drop(first);
    // An event of a type that only a later version knows.
    let now = maple_server::now();
    assert!(store.recipient_claim("court", &Stream::ALL[..1], "node-1", now, now).unwrap());
    let strange = Delivery {
        target: "court".to_owned(),
        event: "later-1".to_owned(),
        what: "case.told".to_owned(),
        at: now,
        body: "{}".to_owned(),
        attempts: 1,
        due: now,
        state: DeliveryState::Waiting,
        why: String::new(),
    };
    assert!(
        store.deliveries_note("court", "node-1", &Outcome { failed: vec![strange], ..Outcome::default() }).unwrap()
    );
    let last = node(&store, "node-1", vec![to("court", &receiver.url)]);
    let until = Instant::now() + Duration::from_secs(20);
    let dead = loop {
        let listed = last.deliveries("?state=dead").await["deliveries"].as_array().unwrap().clone();
        if listed.len() == 1 {
            break listed;
        }
        assert!(Instant::now() < until, "{listed:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(dead[0]["why"], "this version knows no events of this type");
    assert!(receiver.told().is_empty(), "{:?}", receiver.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing_and_all_is_kept() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (dir, store) = store();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| dir.path().join(name));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/hook", listener.local_addr().unwrap().port());
    let tls = Some(Arc::new(Tls::load(certificate.clone(), key).unwrap()));
    tokio::spawn(serve(app(Config { tls, ..quick() }), listener, std::future::pending()));
    let node = node(&store, "node-1", vec![to("strange", &url), to_trusted("known", &url, Some(&certificate))]);
    node.ready(2).await;
    let decided = node.decide(1).await;
    let until = Instant::now() + Duration::from_secs(20);
    let dead = loop {
        let listed = node.deliveries("?state=dead").await["deliveries"].as_array().unwrap().clone();
        if listed.len() == 2 {
            break listed;
        }
        assert!(Instant::now() < until, "{listed:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let said = |at: usize| (&dead[at]["target"], &dead[at]["event"], &dead[at]["attempts"], &dead[at]["why"]);
    let (event, two) = (json!(decided[0]), json!(2));
    // Where an authority is named, there is an answer: that nobody is told there.
    assert_eq!(said(0), (&json!("known"), &event, &two, &json!("it answers 404")));
    let why = json!("its certificate cannot be trusted, or TLS failed; `ca` names an authority of your own");
    assert_eq!(said(1), (&json!("strange"), &event, &two, &why));
}

/// How many events a second one receiver is told; printed where `MAPLE_MEASURE` asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn so_many_are_told_a_second() {
    if std::env::var_os("MAPLE_MEASURE").is_none() {
        return;
    }
    let (_dir, store) = store();
    let receiver = Receiver::answering("200 OK");
    let first = node(&store, "node-1", vec![to("court", &receiver.url)]);
    first.ready(1).await;
    drop(first);
    let untold = node(&store, "node-1", Vec::new());
    let count = 5_000;
    untold.decide(count).await;
    drop(untold);
    let began = Instant::now();
    let _node = node(&store, "node-1", vec![to("court", &receiver.url)]);
    receiver.wait(count);
    let took = began.elapsed();
    let rate = f64::from(u32::try_from(count).unwrap()) / took.as_secs_f64();
    eprintln!("{count} events told in {took:?}: {rate:.0} a second");
}
