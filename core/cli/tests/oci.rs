//! `maple push` and `maple pull` with a real registry: what is kept is what comes back, and nothing else is taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod registry;
mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
    thread,
};

use maple_bundle::{ARCHIVE_BYTES_MAX, Archive, Bundle};
use maple_seal::Digest;
use registry::{Manner, Registry, free_port};
use serde_json::{Value, json};
use support::{check, copy, err, maple, out, replace, root, run, text};
use tempfile::TempDir;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// As the command has it.
const MANIFEST_BYTES_MAX: usize = 1 << 20;
/// As the command has it.
const REFERRERS_COUNT_MAX: usize = 1_000;
const BUNDLE: &str = "application/vnd.maple-bridge.bundle.v1";
const LAYER: &str = "application/vnd.maple-bridge.bundle.v1.tar+gzip";
const SIGNATURES: &str = "application/vnd.maple-bridge.signatures.v1+json";

/// A small archive in a folder; nothing looks at what its file says.
fn small(dir: &Path, signed: bool) -> (PathBuf, Vec<u8>) {
    let files = BTreeMap::from([("cn/pack.toml".to_owned(), b"id = \"cn\"\n".to_vec())]);
    let signatures = signed.then(|| b"{\"signatures\":[]}".to_vec());
    let archive = Archive { bundle: Bundle::from_files(files).unwrap(), components: BTreeMap::new(), signatures };
    let (file, bytes) = (dir.join("small.tar.gz"), archive.write().unwrap());
    fs::write(&file, &bytes).unwrap();
    (file, bytes)
}

/// Pushes a file; what was said of it.
#[track_caller]
fn push(address: &str, file: &Path) -> Value {
    let (printed, _) = check(&["push", address, &text(file), "--json"], 0);
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn what_is_pushed_comes_back_byte_for_byte_by_tag_and_by_digest() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes) = small(dir.path(), true);
    let address = registry.at("rules/zhejiang:1.4.0");
    let first = push(&address, &file);
    assert_eq!(first["bundle"], Digest::of(&bytes).to_string(), "as `maple publish` names it");
    let by_digest = first["by_digest"].as_str().unwrap();
    for from in [&*address, by_digest] {
        let back = dir.path().join("back.tar.gz");
        let (printed, _) = check(&["pull", from, "--out", &text(&back), "--json"], 0);
        let told: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(fs::read(&back).unwrap(), bytes, "{from}");
        assert_eq!((&told["bundle"], &told["signed"]), (&first["bundle"], &json!(true)));
        assert_eq!(told["by_digest"], by_digest);
    }
    let again = push(&address, &file);
    assert_eq!((&first["new"], &again["new"]), (&json!(true), &json!(false)));
    for key in ["bundle", "by_digest", "signatures"] {
        assert_eq!(first[key], again[key], "pushing again changes nothing: {key}");
    }

    // What others see: an artifact, and its signatures by the list that stands for referrers.
    let (_, manifest) = registry.get("/v2/rules/zhejiang/manifests/1.4.0");
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!((&manifest["artifactType"], &manifest["layers"][0]["mediaType"]), (&json!(BUNDLE), &json!(LAYER)));
    assert_eq!(manifest["layers"][0]["digest"], first["bundle"]);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
    assert!(!manifest.to_string().contains("created"), "no moment is in it: {manifest}");
    let list = by_digest.split_once('@').unwrap().1.replace(':', "-");
    let (_, list) = registry.get(&format!("/v2/rules/zhejiang/manifests/{list}"));
    let list: Value = serde_json::from_str(&list).unwrap();
    let [listed] = &**list["manifests"].as_array().unwrap() else { panic!("one, also after two pushes: {list}") };
    assert_eq!(listed["artifactType"], SIGNATURES);
    let (_, attached) = registry.get(&format!("/v2/rules/zhejiang/manifests/{}", listed["digest"].as_str().unwrap()));
    let attached: Value = serde_json::from_str(&attached).unwrap();
    assert_eq!(attached["subject"]["digest"], by_digest.split_once('@').unwrap().1);
    let layer = attached["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(registry.get(&format!("/v2/rules/zhejiang/blobs/{layer}")), (200, "{\"signatures\":[]}".to_owned()));
}

#[test]
fn a_list_of_signatures_that_is_full_takes_no_more() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = small(dir.path(), true);
    let address = registry.at("rules:1");
    let pushed = push(&address, &file);
    let digest = pushed["by_digest"].as_str().unwrap().split_once('@').unwrap().1.to_owned();
    let list = digest.replace(':', "-");
    let size = fs::metadata(registry.file(&digest)).unwrap().len();
    let index = "application/vnd.oci.image.index.v1+json";
    for (count, code) in [(REFERRERS_COUNT_MAX, 2), (REFERRERS_COUNT_MAX - 1, 0)] {
        let entry = json!({ "mediaType": MANIFEST, "digest": digest, "size": size });
        let full = json!({ "schemaVersion": 2, "mediaType": index, "manifests": vec![entry; count] });
        registry.keep_manifest("rules", &list, index, &full.to_string());
        let (_, said) = check(&["push", &address, &text(&file)], code);
        assert_eq!(said.contains("at most 1000 are kept"), code == 2, "{said}");
    }
    let (_, listed) = registry.get(&format!("/v2/rules/manifests/{list}"));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["manifests"].as_array().unwrap().len(), REFERRERS_COUNT_MAX, "others' entries stay");
}

#[test]
fn a_tag_that_moves_shows_itself_and_digests_stay() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let address = registry.at("rules");
    let (file, one) = small(dir.path(), false);
    let first = push(&address, &file);
    assert_eq!(first["signatures"], Value::Null);
    let (file, two) = small(dir.path(), true);
    let second = push(&address, &file);
    assert_ne!(first["by_digest"], second["by_digest"]);
    let mut pull = maple(&["pull", &address]);
    let output = pull.current_dir(dir.path()).output().unwrap();
    let said = out(&output);
    assert!(output.status.success(), "{}", err(&output));
    let digest = second["bundle"].as_str().unwrap();
    assert!(said.contains(digest) && said.contains(second["by_digest"].as_str().unwrap()), "{said}");
    let name = format!("rules-{}.tar.gz", &digest[7..19]);
    assert!(said.contains(&format!("maple publish {name}")), "{said}");
    assert_eq!(fs::read(dir.path().join(name)).unwrap(), two);
    let back = dir.path().join("back.tar.gz");
    check(&["pull", first["by_digest"].as_str().unwrap(), "--out", &text(&back)], 0);
    assert_eq!(fs::read(&back).unwrap(), one, "what was there before is there by digest");
}

#[test]
fn what_was_changed_on_the_registrys_disk_is_found() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes) = small(dir.path(), true);
    let pushed = push(&registry.at("rules:1"), &file);
    let back = dir.path().join("back.tar.gz");
    let refused = |from: &str, why: &str| {
        let (_, said) = check(&["pull", from, "--out", &text(&back)], 1);
        assert!(said.contains(why), "{said}");
        assert!(!back.exists(), "nothing is written");
    };
    let blob = registry.file(pushed["bundle"].as_str().unwrap());
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    let by_digest = pushed["by_digest"].as_str().unwrap();
    for (kept, why) in [
        (changed, "changed or cut"),
        (bytes[..bytes.len() - 1].to_vec(), "changed or cut"),
        ([&*bytes, &[0]].concat(), "more than"),
    ] {
        fs::write(&blob, kept).unwrap();
        refused(by_digest, why);
        refused(&registry.at("rules:1"), why);
    }
    fs::write(&blob, &bytes).unwrap();
    let manifest = registry.file(by_digest.split_once('@').unwrap().1);
    let said = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, said.replace("Maple", "Mapel")).unwrap();
    let (_, said) = check(&["pull", by_digest, "--out", &text(&back)], 1);
    assert!(said.contains("digest") && !back.exists(), "{said}");
}

#[test]
fn what_is_no_bundle_is_refused_and_says_why() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let back = dir.path().join("back.tar.gz");
    let empty = registry.keep_blob("x", b"{}");
    let noise = registry.keep_blob("x", b"no archive");
    let made = |kind: &str, layers: Value| {
        let config = json!({ "mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2 });
        json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": config, "layers": layers })
    };
    let layer = |size: usize| json!([{ "mediaType": LAYER, "digest": noise, "size": size }]);
    let index = "application/vnd.oci.image.index.v1+json";
    let manifests = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [] });
    for (tag, kind, manifest, why) in [
        ("image", MANIFEST, made("application/vnd.example.image", layer(10)), "`application/vnd.example.image`"),
        ("index", index, manifests, index),
        ("many", MANIFEST, made(BUNDLE, json!([layer(10)[0], layer(10)[0]])), "names 2"),
        ("large", MANIFEST, made(BUNDLE, layer(ARCHIVE_BYTES_MAX + 1)), "a bundle has 1 to"),
        // At the limit it is fetched, and found to be short.
        ("edge", MANIFEST, made(BUNDLE, layer(ARCHIVE_BYTES_MAX)), "fewer than"),
        ("short", MANIFEST, made(BUNDLE, layer(9)), "more than the 9 bytes"),
        ("noise", MANIFEST, made(BUNDLE, layer(10)), "is no bundle"),
    ] {
        registry.keep_manifest("x", tag, kind, &manifest.to_string());
        let (_, said) = check(&["pull", &registry.at(&format!("x:{tag}")), "--out", &text(&back)], 1);
        assert!(said.contains(why) && !back.exists(), "{tag}: {said}");
    }
    let padded = |bytes: usize| {
        let manifest = made("text/plain", layer(10)).to_string();
        let blanks = " ".repeat(bytes - manifest.len());
        manifest + &blanks
    };
    for (tag, bytes, why) in [
        ("most", MANIFEST_BYTES_MAX, "`text/plain` and no bundle"),
        ("beyond", MANIFEST_BYTES_MAX + 1, "more than 1048576 bytes"),
    ] {
        registry.keep_manifest("x", tag, MANIFEST, &padded(bytes));
        let (_, said) = check(&["pull", &registry.at(&format!("x:{tag}")), "--out", &text(&back)], 1);
        assert!(said.contains(why) && !back.exists(), "{tag}: {said}");
    }
    let nothing = format!("x@sha256:{}", "0".repeat(64));
    for absent in ["x:none", "nowhere:1", &nothing] {
        let (_, said) = check(&["pull", &registry.at(absent), "--out", &text(&back)], 2);
        assert!(said.contains(absent) && said.contains("has no") && said.contains("maple push"), "{said}");
    }
    let file = dir.path().join("noise");
    fs::write(&file, "no archive").unwrap();
    let (_, said) = check(&["push", &registry.at("x:mine"), &text(&file)], 2);
    assert!(said.contains("damaged"), "{said}");
    assert_eq!(registry.get("/v2/x/manifests/mine").0, 404);
}

#[test]
fn bad_addresses_and_a_registry_that_is_away_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = small(dir.path(), false);
    let back = dir.path().join("back.tar.gz");
    for (address, why) in [
        ("rules:1", "begins with `oci://`"),
        ("http://registry.example/rules", "`--insecure-http`"),
        ("oci://registry.example", "repository is missing"),
        ("oci://me:hush@registry.example/rules", "MAPLE_REGISTRY_PASSWORD"),
        ("oci://registry.example/Rules", "small letters"),
        ("oci://registry.example/rules@sha256:12", "no digest"),
    ] {
        for words in [&["pull", address][..], &["push", address, &text(&file)]] {
            let (_, said) = check(words, 2);
            assert!(said.contains(why) && said.contains("write it like oci://") && !said.contains("hush"), "{said}");
        }
    }
    let (_, said) = check(&["push", &format!("oci://r.example/a@sha256:{}", "0".repeat(64)), &text(&file)], 2);
    assert!(said.contains("name a tag"), "{said}");
    let away = format!("oci://127.0.0.1:{}/rules", free_port());
    for words in [&["pull", &away, "--out", &text(&back)][..], &["push", &away, &text(&file)]] {
        let (_, said) = check(words, 3);
        assert!(said.contains("cannot reach the registry at 127.0.0.1") && said.contains("is it running"), "{said}");
    }
    assert!(!back.exists());
    let mut bare = maple(&["pull", &away]);
    let output = bare.env("SSL_CERT_FILE", "nowhere").env("SSL_CERT_DIR", "nowhere").output().unwrap();
    let said = err(&output);
    assert!(output.status.code() == Some(3) && said.contains("no certificates to trust"), "{said}");
}

/// Runs with a user and a password in the environment.
fn signed_in(words: &[&str], password: &str) -> Output {
    let mut command = maple(words);
    command.env("MAPLE_REGISTRY_USER", "me").env("MAPLE_REGISTRY_PASSWORD", password).env("RUST_LOG", "trace");
    command.output().unwrap()
}

#[test]
fn a_password_lets_in_and_is_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    // bcrypt of the password, as `htpasswd -B` writes it.
    let entry = "me:$2b$05$abcdefghijklmnopqrstuu5yuBBWOeS2YRAyqENggD9Sl.rOQSIHm\n";
    fs::write(dir.path().join("htpasswd"), entry).unwrap();
    let auth = format!("auth:\n  htpasswd:\n    realm: r\n    path: {}\n", dir.path().join("htpasswd").display());
    let Some(registry) = Registry::start(&Manner { auth, ..Manner::default() }) else { return };
    let (file, bytes) = small(dir.path(), true);
    let address = registry.at("rules:1");
    let (push, back) = (["push", &*address, &*text(&file)], dir.path().join("back.tar.gz"));
    for output in [run(&push), signed_in(&push, "another"), run(&["pull", &address, "--out", &text(&back)])] {
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("MAPLE_REGISTRY_USER") && said.contains("--password-file"), "{said}");
    }
    let output = signed_in(&push, "a long secret");
    let said = out(&output) + &err(&output);
    assert!(output.status.success() && !said.contains("a long secret"), "{said}");
    let password = dir.path().join("password");
    fs::write(&password, "a long secret\n").unwrap();
    let named = ["--user", "me", "--password-file", &text(&password)];
    check(&[&["pull", &*address, "--out", &*text(&back)], &named[..]].concat(), 0);
    assert_eq!(fs::read(&back).unwrap(), bytes);
    for (words, why) in [
        (&["--user", "me"][..], "`me` has no password"),
        (&["--password-file", &text(&password)], "nobody it is of"),
        (&["--user", "m:e", "--password-file", &text(&password)], "has a `:`"),
    ] {
        let (_, said) = check(&[&["pull", &*address], words].concat(), 2);
        assert!(said.contains(why) && !said.contains("a long secret"), "{said}");
    }
}

/// A certificate of its own authority for 127.0.0.1: both files, certificate and key.
fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (dir.join("tls.pem"), dir.join("tls.key"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[test]
fn tls_is_proved_by_the_named_authority_and_no_password_leaves_it() {
    let dir = tempfile::tempdir().unwrap();
    let tls = certificate(dir.path());
    let (file, bytes) = small(dir.path(), true);
    let back = dir.path().join("back.tar.gz");
    let Some(registry) = Registry::start(&Manner { tls: Some(tls.clone()), ..Manner::default() }) else { return };
    let address = registry.at("rules:1");
    check(&["push", &address, &text(&file), "--ca", &text(&tls.0)], 0);
    check(&["pull", &address, "--out", &text(&back), "--ca", &text(&tls.0)], 0);
    assert_eq!(fs::read(&back).unwrap(), bytes);
    fs::create_dir(dir.path().join("other")).unwrap();
    let other = certificate(&dir.path().join("other")).0;
    let (_, said) = check(&["pull", &address, "--ca", &text(&other)], 3);
    assert!(said.contains("--ca FILE"), "{said}");
    let (_, said) = check(&["pull", &address, "--ca", &text(&file)], 3);
    assert!(said.contains("holds no certificate"), "{said}");

    // One that sends its callers away from TLS.
    let believed = Some("http://127.0.0.1:9");
    let manner = Manner { tls: Some(tls.clone()), believed, ..Manner::default() };
    let Some(registry) = Registry::start(&manner) else { return };
    let (_, said) = check(&["push", &registry.at("rules:1"), &text(&file), "--ca", &text(&tls.0)], 3);
    assert!(said.contains("points to `http://127.0.0.1`"), "{said}");

    // A registry with TLS whose sign-in has none: the password does not go there.
    let sign_in = TcpListener::bind("127.0.0.1:0").unwrap();
    let auth = format!(
        "auth:\n  token:\n    realm: http://127.0.0.1:{}/token\n    service: s\n    issuer: i\n    rootcertbundle: {}\n",
        sign_in.local_addr().unwrap().port(),
        tls.0.display()
    );
    let Some(registry) = Registry::start(&Manner { auth, tls: Some(tls.clone()), ..Manner::default() }) else { return };
    let output = signed_in(&["pull", &registry.at("rules:1"), "--ca", &text(&tls.0)], "a long secret");
    let said = err(&output);
    assert!(output.status.code() == Some(2) && said.contains("whose sign-in has no TLS"), "{said}");
    sign_in.set_nonblocking(true).unwrap();
    assert!(sign_in.accept().is_err(), "nobody came");
}

#[test]
fn a_registry_elsewhere_is_not_spoken_to_without_tls_unless_asked() {
    let Some(registry) = Registry::start(&Manner { open: true, ..Manner::default() }) else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes) = small(dir.path(), true);
    // An address of this machine that is not loopback; nothing is sent to find it out.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()).ok().map(|address| address.ip());
    let Some(own) = own.filter(|own| !own.is_loopback()) else {
        return eprintln!("SKIPPED: this machine has no address but loopback");
    };
    let address = format!("oci://{own}:{}/rules:1", registry.port);
    let (_, said) = check(&["push", &address, &text(&file)], 3);
    assert!(said.contains("One without TLS needs `--insecure-http`"), "{said}");
    assert_eq!(registry.get("/v2/rules/manifests/1").0, 404);
    let (_, said) = check(&["push", &address, &text(&file), "--insecure-http"], 0);
    assert!(said.contains("in the open"), "{said}");
    let back = dir.path().join("back.tar.gz");
    let output = signed_in(&["pull", &address, "--insecure-http", "--out", &text(&back)], "a long secret");
    assert!(output.status.success() && err(&output).contains("the password, too"), "{}", err(&output));
    assert_eq!(fs::read(&back).unwrap(), bytes);
}

/// A server that trusts one key.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(dir: &TempDir, key: &Path, policies: &Path) -> Server {
    let config = dir.path().join("maple.toml");
    let lines = format!("[[trust]]\nkey = {:?}\nlocalities = [\"**\"]\nfrom = 2026-01-01T00:00:00Z\n", text(key));
    fs::write(&config, lines).unwrap();
    let database = format!("sqlite://{}", text(&dir.path().join("maple.sqlite")));
    let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
    let policies = text(policies);
    let words = [&words[..], &["--policies", &policies, "--plugins", "plugins"]].concat();
    let mut child = maple(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next().expect("the server ended before it served").unwrap();
        if let Some(url) = line.strip_prefix("serving on ") {
            break url.to_owned();
        }
    };
    thread::spawn(move || lines.for_each(drop));
    Server { child, url }
}

#[test]
fn a_pulled_bundle_is_admitted_when_it_was_signed_and_refused_when_not() {
    let Some(registry) = Registry::plain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let policies = dir.path().join("policies");
    copy(&root().join("policies"), &policies);
    let (key, public) = (dir.path().join("key.pem"), dir.path().join("public.pem"));
    check(&["keys", "new", &text(&key)], 0);
    fs::write(&public, check(&["keys", "public", &text(&key)], 0).0).unwrap();
    let folder = ["--plugins", "plugins"];
    let (_, said) = check(&[&["push", &*registry.at("all:unsigned"), &*text(&policies)], &folder[..]].concat(), 0);
    assert!(said.contains("it is not signed") && said.contains("kB go to 127.0.0.1"), "{said}");
    let (said, _) = check(&[&["sign", &*text(&policies), "--key", &*text(&key), "--json"], &folder[..]].concat(), 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(said["signatures"].as_u64() > Some(0) && said["key"].is_string(), "{said}");
    let words = ["push", &*registry.at("all:signed"), &*text(&policies), "--json"];
    let (printed, _) = check(&[&words[..], &folder].concat(), 0);
    let pushed: Value = serde_json::from_str(&printed).unwrap();

    let server = serve(&dir, &public, &policies);
    let pulled = dir.path().join("pulled.tar.gz");
    let publish = |address: &str| {
        check(&["pull", address, "--out", &text(&pulled)], 0);
        let output = run(&["publish", &text(&pulled), "--server", &server.url, "--json"]);
        let report: Value = serde_json::from_str(&out(&output)).unwrap_or_else(|_| panic!("{}", err(&output)));
        (output.status.code(), report)
    };
    let refused = |address: &str, code: &str| {
        let (exit, report) = publish(address);
        let stage = report["stages"].as_array().unwrap().iter().find(|stage| stage["result"] == "failed").unwrap();
        assert_eq!((exit, &stage["stage"]), (Some(1), &json!("signature")), "{stage}");
        assert!(stage["problems"].as_array().unwrap().iter().any(|problem| problem["code"] == code), "{stage}");
    };
    refused(&registry.at("all:unsigned"), "unsigned");
    let (exit, report) = publish(pushed["by_digest"].as_str().unwrap());
    assert_eq!((exit, &report["admitted"], &report["bundle"]), (Some(0), &json!(true), &pushed["bundle"]), "{report}");

    // Changed after it was signed: pulled as it is, and refused by the server.
    let pack = policies.join("cn/zhejiang/jinhua/yongkang/pack.toml");
    replace(&pack, "\ntitle", "\n# changed\ntitle");
    check(&[&["push", &*registry.at("all:changed"), &*text(&policies)], &folder[..]].concat(), 0);
    refused(&registry.at("all:changed"), "bad-signature");
}
