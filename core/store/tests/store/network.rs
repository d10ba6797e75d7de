//! The way to a server: one that falls silent, and one that is encrypted.

use std::{
    fs,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use maple_store::{BRIEF_MILLIS_MAX, Mode, RECONNECT_MILLIS_MAX, Recorder, RecorderConfig, Store};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{
    support::{Cluster, chain, prepared, request},
    wire::Wire,
};

#[test]
fn a_server_that_falls_silent_is_not_waited_for() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.run("CREATE DATABASE far");
    let (wire, dir) = (Wire::to(&cluster.socket()), tempfile::tempdir().unwrap());
    let (store, near) = (Arc::new(Store::open_url(&wire.url("far")).unwrap()), Store::open_url(&cluster.url("far")));
    let near = near.unwrap();
    let (log, spool) = ("node-1".to_owned(), Some(dir.path().join("spool.sqlite")));
    let config = RecorderConfig { log, mode: Mode::Durable, queue: 100, signing: None, spool };
    let recorder = Recorder::start(Arc::clone(&store), config).unwrap();
    let mut watch = store.watch().unwrap();
    store.activate(&request("sha256:a")).unwrap();
    let record = |number: i64| recorder.record_and_wait(prepared(number)).unwrap().unwrap().sequence;
    assert_eq!((0..5).map(record).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);

    wire.cut();
    let brief = Duration::from_millis(BRIEF_MILLIS_MAX);
    let began = Instant::now();
    assert_eq!(record(5), 6, "kept on this node");
    assert!((brief..3 * brief).contains(&began.elapsed()), "{:?}", began.elapsed());
    let began = Instant::now();
    assert_eq!((6..60).map(record).collect::<Vec<_>>(), (7..61).collect::<Vec<u64>>());
    assert!(began.elapsed() < brief, "those behind it wait for nothing: {:?}", began.elapsed());
    let told = chain(&store.current().unwrap_err());
    assert!(told.contains("the server does not answer") && told.contains("check that the server runs"), "{told}");
    assert!(watch.wait_for_change(Duration::from_millis(10)).is_err());
    // Others reach it, and what they change is seen later.
    near.activate(&request("sha256:b")).unwrap();
    assert_eq!(near.log_end("node-1").unwrap(), 5);

    wire.mend();
    let began = Instant::now();
    while near.log_end("node-1").unwrap() < 60 {
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", recorder.statistics());
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(record(60), 61);
    assert_eq!(store.current().unwrap().unwrap().generation, 2);
    assert!(watch.wait_for_change(Duration::from_secs(10)).unwrap());
    assert_eq!(recorder.close().lost, 0);
    let there: Vec<String> =
        near.decisions_after("node-1", 0, 100).unwrap().iter().map(|r| r.id().to_owned()).collect();
    assert_eq!(there, (0..61).map(|number| format!("decision-{number}")).collect::<Vec<_>>());
    assert_eq!(near.verify("node-1", None, None).unwrap().faults.len(), 0);
}

#[test]
fn the_next_host_is_asked_where_the_first_swallows_everything() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.run("CREATE DATABASE twin");
    let (first, second) = (Wire::to(&cluster.socket()), Wire::to(&cluster.socket()));
    let (one, other) = (first.url(""), second.url("twin"));
    let url = format!("{},{}", one.trim_end_matches('/'), other.trim_start_matches("postgres://postgres@"));
    first.cut();
    let store = Store::open_url(&url).unwrap();
    assert_eq!(store.activate(&request("sha256:a")).unwrap().generation, 1);
    second.cut();
    assert!(store.current().is_err());
    first.mend();
    assert_eq!(store.current().unwrap().unwrap().generation, 1, "whichever of them answers");
}

/// A server's certificate and key for a name, and the certificate of who signed it.
fn certificate(name: &str) -> (String, String, String) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let signer = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let signed = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    (signed.pem(), own.serialize_pem(), signer.pem())
}

#[test]
fn a_server_is_spoken_to_in_secret_and_must_be_who_it_should() {
    let Some(mut cluster) = Cluster::start() else { return };
    let ((own, key, authority), (_, _, stranger)) = (certificate("localhost"), certificate("localhost"));
    let port = cluster.encrypt(&own, &key);
    cluster.run("CREATE DATABASE secret");
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (known, other) = (file("a b.pem", &authority).replace(' ', "%20"), file("other.pem", &stranger));
    let base = format!("postgres://postgres@localhost:{port}/secret");

    for words in ["sslmode=require", "sslmode=verify-full", "application_name=x&sslmode=verify-ca", "connect_timeout=3"]
    {
        let store = Store::open_url(&format!("{base}?{words}&sslrootcert={known}"));
        let store = store.unwrap_or_else(|error| panic!("{words}: {}", chain(&error)));
        assert!(!store.is_readable_on_the_way());
        let one = store.activate(&request("sha256:a")).unwrap().generation;
        assert_eq!(store.current().unwrap().unwrap().generation, one);
    }
    for (url, told) in [
        (format!("{base}?sslmode=require&sslrootcert={other}"), "certificate"),
        (format!("{}?sslrootcert={known}", base.replace("localhost", "127.0.0.1")), "certificate not valid for name"),
        // The system does not know who signed it.
        (format!("{base}?sslmode=require"), "certificate"),
        // What is not encrypted this server does not take.
        (base.clone(), "no encryption"),
        (format!("{base}?sslmode=prefer"), "no encryption"),
        (format!("{base}?sslmode=loud"), "names no database"),
        (format!("{base}?sslrootcert=/nowhere.pem"), "`sslrootcert` in `MAPLE_DATABASE` names a file"),
        (format!("{base}?sslrootcert={}", file("empty.pem", "")), "holds no certificate in PEM"),
    ] {
        let began = Instant::now();
        let error = chain(&Store::open_url(&url).unwrap_err());
        assert!(error.contains(told), "{url}: {error}");
        assert_eq!(error.contains("invalid peer certificate"), error.contains("must be for the name in"), "{error}");
        // It is not asked again and again: what is not trusted now is not trusted in a second either.
        assert!(began.elapsed() < Duration::from_millis(RECONNECT_MILLIS_MAX - 100), "{url}: {:?}", began.elapsed());
    }
    // A name that is this machine's own leaves nothing to read on the way; any other does, as far as it is not encrypted.
    assert!(!Store::open_url(&cluster.url("secret")).unwrap().is_readable_on_the_way());
}
