//! Decisions that a serving binary keeps: through a kill, a full disk, and the commands that read them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{Server, check, copy, maple, replace, root, started, text};
use tempfile::TempDir;

/// A folder with a database, a key and a configuration, and the server on it.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        fs::write(dir.path().join("maple.toml"), format!("signing-key = {:?}\nnode = \"test\"\n", text(&key))).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn database(&self) -> String {
        format!("sqlite://{}", text(&self.path("maple.sqlite")))
    }

    fn words(&self, audit: &str) -> Vec<String> {
        let config = text(&self.path("maple.toml"));
        let database = self.database();
        ["serve", "--listen", "127.0.0.1:0", "--config", &config, "--database", &database, "--audit", audit]
            .map(str::to_owned)
            .to_vec()
    }

    fn serve(&self) -> Server {
        let words = self.words("durable");
        started(maple(&words.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    fn public_key(&self) -> String {
        let (pem, _) = check(&["keys", "public", &text(&self.path("key.pem"))], 0);
        fs::write(self.path("key.pub.pem"), pem).unwrap();
        text(&self.path("key.pub.pem"))
    }
}

impl Server {
    /// Status and body.
    fn ask(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (address, length) = (&self.address, body.len());
        let kind = if head.starts_with("POST") { "content-type: application/json\r\n" } else { "" };
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: {address}\r\n{kind}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn decide(&self) -> (u16, Value, String) {
        let case = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
        let (status, body) = self.ask("POST /v1/evaluate", &case);
        (status, serde_json::from_str(&body).unwrap(), body)
    }

    fn decided(&self) -> (String, String) {
        let (status, reply, body) = self.decide();
        assert_eq!(status, 200, "{body}");
        (reply["decision"]["id"].as_str().unwrap().to_owned(), body)
    }
}

#[test]
fn what_was_answered_outlives_a_kill_and_is_listed_replayed_and_proved() {
    let place = Place::new();
    let mut server = place.serve();
    let (first, reply) = server.decided();
    let (second, _) = server.decided();
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    drop(server);

    let server = place.serve();
    let url = server.url();
    let (listed, _) = check(&["decisions", "list", "--server", &url], 0);
    assert!(listed.contains(&first) && listed.contains(&second), "{listed}");
    assert!(listed.contains("cn/zhejiang/jinhua/yongkang") && listed.contains("route"), "{listed}");
    let (nothing, _) = check(&["decisions", "list", "--server", &url, "--locality", "gb"], 0);
    assert!(nothing.contains("no decision is kept that fits"), "{nothing}");
    let (shown, _) = check(&["decisions", "show", &first, "--server", &url], 0);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["output"], serde_json::from_str::<Value>(&reply).unwrap());
    let (said, _) = check(&["replay", &first, "--server", &url], 0);
    assert!(said.contains("the same, byte for byte"), "{said}");

    let (receipt, given, key) =
        (text(&place.path("receipt.json")), text(&place.path("reply.json")), place.public_key());
    check(&["receipt", "get", &first, "--server", &url, "--out", &receipt], 0);
    fs::write(&given, &reply).unwrap();
    let (said, _) = check(&["receipt", "verify", &receipt, "--key", &key, "--reply", &given], 0);
    assert!(said.contains(&first) && said.contains("the receipt is genuine"), "{said}");
    fs::write(&given, reply.replace("route", "refer")).unwrap();
    let (said, _) = check(&["receipt", "verify", &receipt, "--key", &key, "--reply", &given], 1);
    assert!(said.contains("the reply is another"), "{said}");
    let forged = fs::read_to_string(&receipt).unwrap().replacen("\"statement\":\"ey", "\"statement\":\"eY", 1);
    fs::write(&receipt, forged).unwrap();
    check(&["receipt", "verify", &receipt, "--key", &key], 1);

    let (csv, ndjson) = (text(&place.path("all.csv")), text(&place.path("all.ndjson")));
    check(&["decisions", "export", "--format", "csv", "--server", &url, "--out", &csv], 0);
    check(&["decisions", "export", "--server", &url, "--out", &ndjson], 0);
    let rows = fs::read_to_string(&csv).unwrap();
    assert!(rows.starts_with("id,time,locality,kind,outcome,generation,ruleset,engine,policies\n"), "{rows}");
    assert_eq!((rows.lines().count(), fs::read_to_string(&ndjson).unwrap().lines().count()), (3, 2));

    let parquet = text(&place.path("all.parquet"));
    check(&["decisions", "export", "--format", "parquet", "--server", &url, "--out", &parquet], 0);
    // What was decided is what is decided again: the same policies change nothing, however it was exported.
    for file in [&ndjson, &parquet] {
        let (said, _) = check(&["backtest", "--cases", file, "--candidate", "policies", "--json"], 0);
        let said: Value = serde_json::from_str(&said).unwrap();
        let cases = &said["cases"];
        assert_eq!((&cases["compared"], &cases["changed"], &cases["refused"]), (&2.into(), &0.into(), &0.into()));
    }
    let bytes = fs::read(&parquet).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1") && bytes.len() > 5_000, "{} bytes", bytes.len());

    let database = place.database();
    let (said, _) = check(&["audit", "verify", "--database", &database, "--key", &key], 0);
    assert!(said.contains("logs are whole; every signature is proved"), "{said}");
    let stranger = text(&place.path("other.pem"));
    let other = Place::new();
    drop(other.serve());
    fs::copy(other.public_key(), &stranger).unwrap();
    let (said, _) = check(&["audit", "verify", "--database", &database, "--key", &stranger], 1);
    assert!(said.contains("does not hold"), "{said}");
}

#[test]
fn what_holds_cases_and_keys_is_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let server = place.serve();
    server.decided();
    for name in ["maple.sqlite", "maple.sqlite-wal", "key.pem"] {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_server_that_cannot_listen_records_nothing() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut words = place.words("durable");
    words[2] = address;
    let output = maple(&words.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot listen"));
    assert!(!place.path("maple.sqlite").exists());
}

#[test]
fn a_key_that_is_none_is_told() {
    let place = Place::new();
    fs::write(place.path("key.pem"), "").unwrap();
    let words = place.words("durable");
    let output = maple(&words.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("is no private key") && said.contains("key.pem"), "{said}");
}

#[test]
fn what_cannot_be_recorded_is_not_given_and_what_was_given_is_recorded() {
    let place = Place::new();
    // The bundle is kept at the first start; from then on no file may grow much.
    drop(place.serve());
    let words = place.words("durable").join("' '");
    let mut shell = Command::new("sh");
    let binary = env!("CARGO_BIN_EXE_maple");
    // A process that ignores the signal sees the write fail, as on a full disk. The unit is 512 bytes.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f 400; exec {binary} '{words}'")]);
    shell.current_dir(root()).env("MAPLE_STATE", "target/maple").env("RUST_LOG", "warn");
    let server = started(shell);
    let (mut given, mut refused) = (Vec::new(), 0);
    let until = Instant::now() + Duration::from_secs(120);
    while refused < 3 {
        assert!(Instant::now() < until, "the disk is never full: {} given", given.len());
        let (status, reply, body) = server.decide();
        match status {
            200 => given.push(reply["decision"]["id"].as_str().unwrap().to_owned()),
            503 => {
                assert_eq!(reply["type"], "/problems/not-recorded", "{body}");
                refused += 1;
            }
            other => panic!("{other}: {body}"),
        }
    }
    let (status, ready) = server.ask("GET /health/ready", "");
    assert!(status == 200 && ready.contains("degraded") && ready.contains("cannot be recorded"), "{ready}");
    // Nor is a bundle taken that cannot be kept; what serves is untouched.
    let edited = place.path("policies");
    copy(&root().join("policies"), &edited);
    replace(&edited.join("cn/zhejiang/jinhua/yongkang/pack.toml"), "\ntitle", "\n# changed\ntitle");
    let publish = |server: &Server| {
        let words = ["publish", &text(&edited), "--server", &server.url()];
        maple(&words).env("MAPLE_PLUGINS", "plugins").output().unwrap()
    };
    let output = publish(&server);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("out of reach or full; nothing was changed"), "{said}");
    let (_, status) = server.ask("GET /v1/status", "");
    assert_eq!(serde_json::from_str::<Value>(&status).unwrap()["serving"]["generation"], 1, "{status}");
    drop(server);

    let server = place.serve();
    assert!(publish(&server).status.success(), "with room it is taken");
    for id in &given {
        assert_eq!(server.ask(&format!("GET /v1/decisions/{id}"), "").0, 200, "{id} was given and is not recorded");
    }
    check(&["audit", "verify", "--database", &place.database()], 0);
    assert_eq!(server.decide().0, 200, "with room it goes on");
}

#[test]
fn a_stop_writes_what_waits_and_signs_it() {
    for audit in ["durable", "buffered"] {
        let place = Place::new();
        let words = place.words(audit);
        let mut server = started(maple(&words.iter().map(String::as_str).collect::<Vec<_>>()));
        let given: Vec<String> = (0..20).map(|_| server.decided().0).collect();
        let killed = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
        assert!(killed.success() && server.child.wait().unwrap().success());
        drop(server);
        let (key, database) = (place.public_key(), place.database());
        let (found, _) = check(&["audit", "verify", "--json", "--database", &database, "--key", &key], 0);
        let logs: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let log = logs.iter().find(|log| log["log"].as_str().unwrap().starts_with("test-")).unwrap();
        assert_eq!((&log["records"], &log["unsealed"]), (&20.into(), &0.into()), "{audit}: {log}");
        let server = place.serve();
        for id in &given {
            assert_eq!(server.ask(&format!("GET /v1/decisions/{id}"), "").0, 200, "{audit}: {id}");
        }
    }
}

#[test]
fn a_log_that_was_tampered_with_is_found() {
    let place = Place::new();
    let server = place.serve();
    (0..3).for_each(|_| drop(server.decided()));
    drop(server);
    check(&["audit", "verify", "--database", &place.database()], 0);
    // Bytes of a record, wherever they lie in the file.
    let file = place.path("maple.sqlite");
    let (wal, mut changed) = (place.path("maple.sqlite-wal"), 0);
    for path in [&file, &wal] {
        let Ok(mut bytes) = fs::read(path) else { continue };
        let word = b"labour.wage_migrant";
        let places: Vec<usize> =
            bytes.windows(word.len()).enumerate().filter(|(_, w)| w == word).map(|(at, _)| at).collect();
        for at in places {
            bytes[at..at + word.len()].copy_from_slice(b"labour.wage_arrears");
            changed += 1;
        }
        fs::write(path, bytes).unwrap();
    }
    assert!(changed > 0);
    let output = maple(&["audit", "verify", "--database", &place.database()]).output().unwrap();
    // SQLite may see it first, by the sums of its own log; what it takes is found by ours.
    assert_ne!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn what_is_retired_is_gone_and_what_proves_the_rest_stays() {
    let place = Place::new();
    let server = place.serve();
    let ids: Vec<String> = (0..3).map(|_| server.decided().0).collect();
    // A receipt needs a checkpoint, so from here on there is one.
    assert_eq!(server.ask(&format!("GET /v1/decisions/{}/receipt", ids[2]), "").0, 200);
    drop(server);
    let database = place.database();
    let (told, _) = check(&["decisions", "retire", "--before", "2000-01-01T00:00:00Z", "--database", &database], 0);
    assert!(told.starts_with("0 decisions"), "{told}");
    let (told, _) =
        check(&["decisions", "retire", "--before", "2199-01-01T00:00:00Z", "--json", "--database", &database], 0);
    let records: u64 =
        told.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["records"].as_u64().unwrap()).sum();
    assert_eq!(records, 3, "{told}");
    check(&["audit", "verify", "--database", &database], 0);
    let server = place.serve();
    assert_eq!(server.ask(&format!("GET /v1/decisions/{}", ids[0]), "").0, 404);
    assert_eq!(server.decide().0, 200);
}

#[test]
fn a_key_is_replaced_while_it_serves_and_what_it_signed_stays_proved() {
    let place = Place::new();
    let server = place.serve();
    let (url, key) = (server.url(), text(&place.path("key.pem")));
    let receipt = |server: &Server, name: &str| {
        let (id, _) = server.decided();
        let file = text(&place.path(name));
        check(&["receipt", "get", &id, "--server", &server.url(), "--out", &file], 0);
        file
    };
    let first = receipt(&server, "first.json");
    let old = text(&place.path("old.pem"));
    fs::copy(place.public_key(), &old).unwrap();
    let (said, _) = check(&["keys", "rotate", &key], 0);
    assert!(said.contains("signs in the place of") && said.contains("Keep the public half of the old one"), "{said}");
    let keys = || serde_json::from_str::<Value>(&server.ask("GET /v1/keys", "").1).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while keys()["keys"].as_array().unwrap().iter().filter(|key| key["to"].is_string()).count() != 1 {
        assert!(Instant::now() < until, "the new key is never taken: {}", keys());
        thread::sleep(Duration::from_millis(100));
    }
    assert!(!place.path("key.pem.old").exists(), "the private key that was replaced is gone");
    let second = receipt(&server, "second.json");
    let (new, all) = (place.public_key(), text(&place.path("keys.json")));
    fs::write(&all, keys().to_string()).unwrap();
    for (file, keys, code) in [
        (&first, vec![&old], 0),
        (&first, vec![&new], 1),
        (&second, vec![&old], 1),
        (&second, vec![&new], 0),
        (&first, vec![&old, &new], 0),
        (&first, vec![&all], 0),
        (&second, vec![&all], 0),
    ] {
        let mut words = vec!["receipt", "verify", file.as_str()];
        keys.iter().for_each(|key| words.extend(["--key", key.as_str()]));
        check(&words, code);
    }
    let database = place.database();
    check(&["audit", "verify", "--database", &database, "--key", &all], 0);
    let (events, _) = check(&["audit", "list", "--server", &url], 0);
    assert!(events.contains("key-rotate") && events.contains("maple serve"), "{events}");

    // Of a key that somebody else may have, nothing is proved from then on.
    let id = |pem: &str| {
        let wanted = fs::read_to_string(pem).unwrap();
        let keys = keys();
        let key =
            keys["keys"].as_array().unwrap().iter().find(|key| key["pem"].as_str().unwrap().trim() == wanted.trim());
        key.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let words = ["keys", "revoke", &id(&new), "--why", "a laptop was lost", "--since", "2020-01-01T00:00:00Z"];
    check(&[&words[..], &["--database", &database]].concat(), 0);
    fs::write(&all, keys().to_string()).unwrap();
    let (said, _) = check(&["receipt", "verify", &second, "--key", &all], 1);
    assert!(said.contains("revoked"), "{said}");
    check(&["receipt", "verify", &first, "--key", &all], 0);
    let (said, _) = check(&["audit", "verify", "--database", &database, "--key", &all], 1);
    assert!(said.contains("revoked"), "{said}");
    // Whoever looks after the service sees that it signs in vain; it does not start so, and another key mends it.
    let until = Instant::now() + Duration::from_secs(20);
    let ready = || server.ask("GET /health/ready", "").1;
    while !ready().contains("is revoked since 2020") {
        assert!(Instant::now() < until, "nobody is told: {}", ready());
        thread::sleep(Duration::from_millis(100));
    }
    let words = place.words("durable");
    let (_, told) = check(&words.iter().map(String::as_str).collect::<Vec<_>>(), 3);
    assert!(told.contains("is revoked since 2020") && told.contains("`maple keys rotate`"), "{told}");
    check(&["keys", "rotate", &key], 0);
    while ready().contains("revoked") {
        assert!(Instant::now() < until, "the new key is never taken: {}", ready());
        thread::sleep(Duration::from_millis(100));
    }
    check(&["keys", "retire", &id(&old), "--at", "2020-01-01T00:00:00Z", "--database", &database], 0);
    fs::write(&all, keys().to_string()).unwrap();
    check(&["receipt", "verify", &first, "--key", &all], 1);
    // An id may begin like a flag.
    for words in
        [["keys", "retire", "-J4lVpw", "--database", &database], ["keys", "retire", "--database", &database, "-hx"]]
    {
        assert!(check(&words, 2).1.contains("there is no key `-"), "{words:?}");
    }
    let (_, told) = check(&["keys", "retire", "nobody", "--database", &database], 2);
    assert!(told.contains("maple keys list"), "{told}");
    let (_, told) = check(&["keys", "retire", "nobody", "--at", "soon", "--database", &database], 2);
    assert!(told.contains("`--at soon` is no moment"), "{told}");
    let (events, _) = check(&["audit", "list", "--json", "--count", "3", "--server", &url], 0);
    let events: Value = serde_json::from_str(&events).unwrap();
    let actions: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key-retire", "key-rotate", "key-revoke"]);
}

#[test]
fn a_program_reads_what_becomes_of_keys_receipts_and_signatures() {
    let place = Place::new();
    let server = place.serve();
    let (id, reply) = server.decided();
    let (receipt, other, database) =
        (text(&place.path("receipt.json")), text(&place.path("reply.json")), place.database());
    check(&["receipt", "get", &id, "--server", &server.url(), "--out", &receipt], 0);
    fs::write(&other, reply).unwrap();
    let public = place.public_key();
    let read = |words: &[&str], code: i32| -> Value { serde_json::from_str(&check(words, code).0).unwrap() };
    let verify = ["receipt", "verify", &receipt, "--key", &public, "--json"];
    let proved = read(&verify, 0);
    assert_eq!((&proved["genuine"], &proved["decision"]), (&true.into(), &id.clone().into()), "{proved}");
    assert_eq!(read(&[&verify[..], &["--reply", &other]].concat(), 0)["sequence"], 1);
    let refuted = read(&[&verify[..], &["--reply", &receipt]].concat(), 1);
    assert_eq!(refuted["genuine"], false);
    assert!(refuted["why"].as_str().unwrap().contains("the reply is another"), "{refuted}");
    drop(server);

    let (key, made) = (text(&place.path("key.pem")), text(&place.path("packs.pem")));
    let new = read(&["keys", "new", &made, "--json"], 0);
    let public = read(&["keys", "public", &made, "--json"], 0);
    assert_eq!(new["id"], public["id"]);
    assert!(public["pem"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
    let before = read(&["keys", "public", &key, "--json"], 0);
    let rotated = read(&["keys", "rotate", &key, "--json"], 0);
    assert_eq!((&rotated["replaces"], &rotated["file"]), (&before["id"], &key.clone().into()), "{rotated}");
    let old = before["id"].as_str().unwrap();
    let at = "2030-01-01T00:00:00Z";
    let retired = read(&["keys", "retire", old, "--at", at, "--json", "--database", &database], 0);
    assert_eq!((&retired["id"], &retired["to"]), (&old.into(), &at.into()));
    let words = ["keys", "revoke", old, "--since", at, "--why", "a laptop was lost", "--json", "--database", &database];
    assert_eq!(read(&words, 0)["revoked"], at);
}

#[test]
fn a_key_that_is_replaced_while_nothing_serves_is_ended_at_the_next_start() {
    let place = Place::new();
    let server = place.serve();
    server.decided();
    drop(server);
    let key = text(&place.path("key.pem"));
    check(&["keys", "rotate", &key], 0);
    let (_, told) = check(&["keys", "rotate", &key], 2);
    assert!(told.contains("no service has taken it yet"), "{told}");
    // A rotation that was cut short between its two steps: both files hold the same key, and both steps are done again.
    fs::copy(&key, place.path("key.pem.old")).unwrap();
    // What a link leads to is replaced, not the link.
    let link = place.path("link.pem");
    std::os::unix::fs::symlink(&key, &link).unwrap();
    check(&["keys", "rotate", &text(&link)], 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let server = place.serve();
    server.decided();
    assert!(!place.path("key.pem.old").exists());
    drop(server);
    let (listed, _) = check(&["keys", "list", "--json", "--database", &place.database()], 0);
    let keys: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The one in the middle never signed anything.
    assert_eq!(keys.len(), 2, "{listed}");
    // What lists them is taken where a key is asked for, as far as it is no longer than such a file may be.
    let file = text(&place.path("keys.ndjson"));
    let verify = ["audit", "verify", "--database", &place.database(), "--key", &file];
    fs::write(&file, &listed).unwrap();
    check(&verify, 0);
    fs::write(&file, format!("{listed}{{}}")).unwrap();
    assert!(check(&verify, 2).1.contains("missing field `pem`"));
    let room = (1 << 20) - listed.len();
    fs::write(&file, format!("{listed}{}", " ".repeat(room))).unwrap();
    check(&verify, 0);
    fs::write(&file, format!("{listed}{}", " ".repeat(room + 1))).unwrap();
    assert!(check(&verify, 2).1.contains("has at most 1048576 bytes"));
    let (_, told) = check(&["keys", "rotate", "Cargo.toml"], 3);
    assert!(told.contains("is no private key"), "{told}");
}

#[test]
fn a_log_that_was_cut_with_its_checkpoints_is_found_by_what_is_kept_elsewhere() {
    let place = Place::new();
    let stopped = |decisions: usize| {
        let mut server = place.serve();
        (0..decisions).for_each(|_| drop(server.decided()));
        assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
        assert!(server.child.wait().unwrap().success());
    };
    stopped(2);
    let (database, file) = (place.database(), place.path("maple.sqlite"));
    let earlier = fs::read(&file).unwrap();
    stopped(3);
    let kept = text(&place.path("checkpoints.ndjson"));
    check(&["audit", "checkpoints", "--database", &database, "--out", &kept], 0);
    check(&["audit", "verify", "--database", &database, "--checkpoints", &kept], 0);
    // Whoever puts an old copy back takes the proof away with the records.
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", file.display()));
    }
    fs::write(&file, earlier).unwrap();
    check(&["audit", "verify", "--database", &database], 0);
    let (said, _) = check(&["audit", "verify", "--database", &database, "--checkpoints", &kept], 1);
    assert!(said.contains("the log was cut"), "{said}");
    fs::write(&kept, "{\"log\":\"x\"}\n").unwrap();
    let (_, told) = check(&["audit", "verify", "--database", &database, "--checkpoints", &kept], 2);
    assert!(told.contains("line 1 is no line of `maple audit checkpoints`"), "{told}");
}

#[test]
fn bad_words_say_the_way_out() {
    for (words, code, said) in [
        (vec!["decisions", "list", "--server", "ftp://x"], 2, "is no address of a server"),
        (vec!["decisions", "list", "--server", "http://127.0.0.1:9"], 3, "is `maple serve` running?"),
        (vec!["decisions", "list", "--count", "0"], 2, "0"),
        (vec!["decisions", "list", "--count", "1001"], 2, "1001"),
        (vec!["decisions", "export", "--format", "xml"], 2, "ndjson"),
        (vec!["decisions", "export", "--format", "parquet"], 2, "name it with `--out`"),
        (vec!["keys", "rotate", "nowhere.pem"], 3, "cannot read the signing key"),
        (vec!["keys", "revoke", "x"], 2, "--why"),
        (vec!["audit", "list", "--count", "0"], 2, "0"),
        (vec!["receipt", "verify", "Cargo.toml", "--key", "Cargo.toml"], 2, "is no public key"),
        (vec!["receipt", "verify", "Cargo.toml"], 2, "--key"),
        (vec!["receipt", "verify", "nowhere.json", "--key", "nowhere.pem"], 3, "cannot read the public key"),
        (vec!["keys", "public", "Cargo.toml"], 2, "is no private key"),
        (vec!["audit", "verify", "--state", "tests/nowhere"], 3, "there is no database"),
        (vec!["audit", "verify", "--database", "sqlite://Cargo.toml"], 3, "Cargo.toml"),
        (vec!["audit", "verify", "--database", "sqlite://tests/nowhere.sqlite"], 3, "there is no database"),
        (vec!["audit", "verify", "--database", "mysql://u:secret@h/d"], 2, "is not known"),
        (vec!["replay"], 2, "<ID>"),
        (vec!["decisions", "retire", "--before", "yesterday"], 2, "is no moment"),
        (
            vec!["decisions", "retire", "--before", "2026-01-01T00:00:00Z", "--state", "tests/nowhere"],
            3,
            "there is no database",
        ),
        (vec!["publish", "tests/nowhere", "--server", "http://127.0.0.1:9"], 3, "tests/nowhere"),
        (vec!["activate", "sha256:x", "--why", "w", "--server", "http://127.0.0.1:9"], 3, "is `maple serve` running?"),
        (vec!["activate", "sha256:x", "--why", "w", "--canary", "100"], 2, "100"),
        (vec!["brake", "--why", "w"], 2, "--policy"),
        (vec!["sign", "policies", "--key", "Cargo.toml"], 2, "is no private key"),
        (vec!["sign", "policies", "--key", "nowhere.pem"], 3, "cannot read the private key"),
        (vec!["keys", "new", "Cargo.toml"], 2, "is there already"),
    ] {
        let (_, told) = check(&words, code);
        assert!(told.contains(said), "{words:?}: {told}");
    }
}
