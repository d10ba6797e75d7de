//! Who gets in, with the binary as an operator runs it: addresses, tokens, places.

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
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ED25519, PublicKeyData, SigningKey,
};
use serde_json::{Value, json};
use support::{err, maple, out, root, text};
use tempfile::TempDir;

/// A folder with a database and a configuration, and the server on it.
struct Place {
    dir: TempDir,
}

struct Server {
    child: Child,
    /// With its scheme.
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Place {
    /// A place with these lines of configuration.
    fn new(lines: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key.pem");
        let lines = format!("signing-key = {:?}\naudit = \"durable\"\n{lines}\n", text(&key));
        fs::write(dir.path().join("maple.toml"), lines).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn database(&self) -> String {
        format!("sqlite://{}", text(&self.path("maple.sqlite")))
    }

    fn command(&self, listen: &str) -> Command {
        let (config, database) = (text(&self.path("maple.toml")), self.database());
        maple(&["serve", "--listen", listen, "--config", &config, "--database", &database])
    }

    fn serve(&self, listen: &str) -> Server {
        let mut command = self.command(listen);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the server ended before it served").unwrap();
            if let Some(url) = line.strip_prefix("serving on ") {
                break url.replace("0.0.0.0", "127.0.0.1");
            }
        };
        // What it prints afterwards is read, so that it does not wait.
        thread::spawn(move || lines.for_each(drop));
        Server { child, url }
    }

    /// `maple tokens` with these words.
    fn tokens(&self, words: &[&str]) -> Output {
        let database = self.database();
        let words = [&["tokens"], words, &["--database", &database]].concat();
        maple(&words).output().unwrap()
    }

    /// A new token, and its id.
    fn token(&self, role: &str, scope: &str) -> (String, String) {
        let made = self.tokens(&["create", "--name", "desk", "--role", role, "--scope", scope, "--json"]);
        assert!(made.status.success(), "{}", err(&made));
        let made: Value = serde_json::from_str(&out(&made)).unwrap();
        (made["token"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
    }
}

impl Server {
    fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// Status and body.
    fn ask(&self, head: &str, token: Option<&str>, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let authorization = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        let length = body.len();
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{authorization}connection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn evaluate(&self, token: Option<&str>, locality: &str) -> (u16, String) {
        let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
        let mut question: Value = serde_json::from_str(&example).unwrap();
        question["case"]["locality"] = json!(locality);
        self.ask("POST /v1/evaluate", token, &question.to_string())
    }

    /// `maple` with these words, this server and this token.
    fn maple(&self, words: &[&str], token: Option<&str>) -> Output {
        let words = [words, &["--server", &self.url]].concat();
        let mut command = maple(&words);
        if let Some(token) = token {
            command.env("MAPLE_TOKEN", token);
        }
        command.output().unwrap()
    }
}

#[test]
fn a_public_address_without_authentication_refuses_to_start() {
    let place = Place::new("authentication = \"off\"");
    for listen in ["0.0.0.0:0", "[::]:0", "10.1.2.3:0"] {
        let output = place.command(listen).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{listen}");
        let said = err(&output);
        assert!(said.contains("authentication = \"off\"") && said.contains("would let everybody in"), "{said}");
        assert!(said.contains("maple tokens create") && said.contains("127.0.0.1:8080"), "{said}");
        assert!(!place.path("maple.sqlite").exists(), "nothing was begun");
    }
    let server = place.serve("127.0.0.1:0");
    assert_eq!(server.evaluate(None, "cn").0, 200, "on loopback it may be off");
}

#[test]
fn a_public_address_asks_who_may_sign_or_hears_that_nobody_must() {
    let place = Place::new("");
    let output = place.command("0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    assert!(said.contains("nothing says who may sign policies") && said.contains("unsigned = true"), "{said}");
    assert!(!place.path("maple.sqlite").exists(), "nothing was begun");
    let shared = ["serve", "--listen", "127.0.0.1:0", "--database", "postgres://nobody@127.0.0.1:9/none"];
    let output = maple(&shared).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("the database is shared, and nothing says"), "{}", err(&output));
    let key = place.path("sign.pem");
    assert!(maple(&["keys", "new", &text(&key)]).output().unwrap().status.success());
    let public = maple(&["keys", "public", &text(&key)]).output().unwrap();
    fs::write(place.path("sign.pub"), public.stdout).unwrap();
    let trust = format!(
        "unsigned = true\n[[trust]]\nkey = {:?}\nlocalities = [\"**\"]\nfrom = 2026-01-01T00:00:00Z",
        text(&place.path("sign.pub"))
    );
    let both = Place::new(&trust);
    let output = both.command("0.0.0.0:0").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("contradict each other"), "{}", err(&output));
}

#[test]
fn a_public_address_asks_for_tokens_and_says_what_is_missing() {
    let place = Place::new("unsigned = true");
    let mut command = place.command("0.0.0.0:0");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next().expect("the server ended before it served").unwrap();
        if let Some(url) = line.strip_prefix("serving on ") {
            break url.replace("0.0.0.0", "127.0.0.1");
        }
    };
    assert!(lines.any(|line| line.unwrap().contains("authorization: Bearer $MAPLE_TOKEN")), "the line to try has it");
    let mut server = Server { child, url };
    let (status, body) = server.evaluate(None, "cn");
    assert!(status == 401 && body.contains("/problems/unauthenticated"), "{body}");
    assert_eq!(server.ask("GET /health/ready", None, "").0, 200);
    let (token, _) = place.token("evaluate", "**");
    assert_eq!(server.evaluate(Some(&token), "cn").0, 200, "made while it serves");
    server.child.kill().unwrap();
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("nobody has a token yet"), "{said}");
    assert!(said.contains("without TLS"), "{said}");
    assert!(said.contains("bundles are taken without a signature"), "{said}");
    assert!(!said.contains(&token), "no token is logged");
}

#[test]
fn a_token_is_shown_once_used_revoked_and_turned_away() {
    let place = Place::new("authentication = \"required\"");
    let server = place.serve("127.0.0.1:0");
    let made =
        place.tokens(&["create", "--name", "the desk", "--role", "evaluate,auditor", "--scope", "**", "--days", "3"]);
    assert!(made.status.success(), "{}", err(&made));
    let token = out(&made).trim().to_owned();
    let id = token.split('_').nth(1).unwrap().to_owned();
    assert!(err(&made).contains("shown once") && err(&made).contains(&id) && !err(&made).contains(&token));

    let (status, reply) = server.evaluate(Some(&token), "cn/zhejiang");
    assert_eq!(status, 200, "{reply}");
    let listed = server.maple(&["decisions", "list"], Some(&token));
    assert!(listed.status.success() && out(&listed).contains("cn/zhejiang"), "{}", err(&listed));
    let file = place.path("token");
    fs::write(&file, format!("{token}\n")).unwrap();
    let file = text(&file);
    let listed = server.maple(&["decisions", "list", "--json", "--token-file", &file], None);
    let page: Value = serde_json::from_str(&out(&listed)).unwrap();
    let decision = page["decisions"][0]["id"].as_str().unwrap();
    assert!(server.maple(&["replay", decision], Some(&token)).status.success());
    assert!(server.maple(&["receipt", "get", decision, "--token-file", &file], None).status.success());

    let refused = server.maple(&["decisions", "list"], None);
    let said = err(&refused);
    assert!(
        refused.status.code() == Some(2) && said.contains("MAPLE_TOKEN") && said.contains("--token-file"),
        "{said}"
    );
    let refused = server.maple(&["decisions", "list"], Some("not a token"));
    assert!(err(&refused).contains("holds no token") && !err(&refused).contains("not a token"));

    let listed = out(&place.tokens(&["list"]));
    assert!(listed.contains(&id) && listed.contains("active") && !listed.contains(&token[24..]), "{listed}");
    let revoked = place.tokens(&["revoke", &id, "--json"]);
    let revoked: Value = serde_json::from_slice(&revoked.stdout).unwrap();
    assert_eq!((&revoked["id"], &revoked["state"]), (&id.clone().into(), &"revoked".into()));
    let revoked = Instant::now();
    loop {
        let (status, body) = server.evaluate(Some(&token), "cn");
        if status == 401 {
            assert!(body.contains("was revoked"), "{body}");
            break;
        }
        assert!(revoked.elapsed() < Duration::from_secs(6), "it still holds: {status}");
        thread::sleep(Duration::from_millis(100));
    }
    let listed: Value = serde_json::from_str(&out(&place.tokens(&["list", "--json"]))).unwrap();
    assert_eq!((&listed["state"], &listed["roles"]), (&json!("revoked"), &json!(["evaluate", "auditor"])));
    drop(server);
    let database = place.database();
    let verified = maple(&["audit", "verify", "--database", &database]).output().unwrap();
    assert!(verified.status.success(), "the audit log is whole: {}", out(&verified));
}

#[test]
fn a_county_touches_no_other() {
    let place = Place::new("authentication = \"required\"");
    let server = place.serve("127.0.0.1:0");
    let county = "cn/zhejiang/jinhua/yongkang";
    let (token, _) = place.token("evaluate,auditor,admin", &format!("{county}/**"));
    let (everywhere, _) = place.token("evaluate", "**");
    assert_eq!(server.evaluate(Some(&everywhere), "cn/shanghai").0, 200);
    assert_eq!(server.evaluate(Some(&token), county).0, 200);
    for other in ["cn/zhejiang/jinhua", "cn/shanghai", "cn"] {
        let (status, body) = server.evaluate(Some(&token), other);
        assert!(status == 403 && body.contains("/problems/forbidden"), "{other}: {body}");
    }
    let listed = server.maple(&["decisions", "list", "--locality", county], Some(&token));
    assert!(listed.status.success() && !out(&listed).contains("cn/shanghai"), "{}", err(&listed));
    let refused = server.maple(&["decisions", "list"], Some(&token));
    assert!(err(&refused).contains(&format!("`?locality={county}`")), "{}", err(&refused));
    let refused = server.maple(&["decisions", "list", "--locality", "cn/zhejiang"], Some(&token));
    assert!(err(&refused).contains("is outside of where your token holds"), "{}", err(&refused));
}

#[test]
fn words_that_make_no_token_say_the_way_out() {
    let place = Place::new("");
    let create = |name: &str, role: &str, scope: &str, days: &str| {
        let made = place.tokens(&["create", "--name", name, "--role", role, "--scope", scope, "--days", days]);
        (made.status.code(), err(&made))
    };
    let (code, said) = create("desk", "evaluate", "**", "1");
    assert!(code == Some(3) && said.contains("there is no database"), "{said}");
    drop(place.serve("127.0.0.1:0"));
    assert_eq!(create("desk", "evaluate", "**", "366").0, Some(0));
    for (name, role, scope, days, said) in [
        ("desk", "root", "**", "1", "`root` is no role"),
        ("desk", "evaluate", "cn/*", "1", "`cn/*` is no subtree of localities"),
        ("desk", "evaluate", "**", "367", "1 to 366 days, not 367"),
        ("desk", "evaluate", "**", "0", "1 to 366 days, not 0"),
        ("", "evaluate", "**", "1", "name who or what it is for"),
    ] {
        let (code, told) = create(name, role, scope, days);
        assert!(code == Some(2) && told.contains(said), "{told}");
    }
    let refused = place.tokens(&["revoke", "nobody"]);
    assert!(err(&refused).contains("no token `nobody`") && err(&refused).contains("maple tokens list"));
}

/// An authority of one's own, and a certificate of this machine that it signed.
fn certificates(place: &Place, authority: &str) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, authority);
    fs::write(place.path(authority), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let signed = own.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    fs::write(place.path("key.tls.pem"), key.serialize_pem()).unwrap();
    fs::write(place.path("certificate.pem"), signed.pem()).unwrap();
}

#[test]
fn commands_ask_over_tls_and_a_new_certificate_serves_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = (text(&dir.path().join("certificate.pem")), text(&dir.path().join("key.tls.pem")));
    let place = Place { dir };
    let lines = format!(
        "authentication = \"required\"\naudit = \"durable\"\n[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n"
    );
    fs::write(place.path("maple.toml"), format!("signing-key = {:?}\n{lines}", text(&place.path("key.pem")))).unwrap();
    let output = place.command("127.0.0.1:0").output().unwrap();
    assert!(
        output.status.code() == Some(3) && err(&output).contains("cannot read the certificate"),
        "{}",
        err(&output)
    );

    certificates(&place, "first.pem");
    let server = place.serve("127.0.0.1:0");
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let (token, _) = place.token("auditor", "**");
    let list = |authority: &str| {
        let authority = text(&place.path(authority));
        server.maple(&["decisions", "list", "--ca", &authority], Some(&token))
    };
    let listed = list("first.pem");
    assert!(listed.status.success() && out(&listed).contains("no decision is kept"), "{}", err(&listed));
    let untrusted = server.maple(&["decisions", "list"], Some(&token));
    assert!(untrusted.status.code() == Some(3) && !err(&untrusted).contains(&token), "{}", err(&untrusted));
    assert!(err(&list("nowhere.pem")).contains("cannot read the certificates to trust"));
    assert!(err(&list("maple.toml")).contains("holds no certificate"));

    certificates(&place, "second.pem");
    let until = Instant::now() + Duration::from_secs(15);
    while !list("second.pem").status.success() {
        assert!(Instant::now() < until, "the new certificate never serves");
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(list("first.pem").status.code(), Some(3), "the old authority signed no more");
}

#[test]
fn who_sends_slowly_or_too_much_is_let_go_and_others_are_served() {
    let place = Place::new("authentication = \"required\"\ndeadline-seconds = 1");
    let server = place.serve("127.0.0.1:0");
    let (token, _) = place.token("evaluate", "**");
    let head = format!(
        "POST /v1/evaluate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: 1000\r\n\r\n"
    );
    let mut slow: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        // Some never end their head, others their body.
        stream.write_all(if n % 2 == 0 { b"POST /v1/evaluate HTTP/1.1\r\nhost:" } else { head.as_bytes() }).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    let began = Instant::now();
    assert_eq!(server.evaluate(Some(&token), "cn").0, 200);
    assert!(began.elapsed() < Duration::from_secs(1), "others wait");
    let mut heard = String::new();
    let mut buffer = [0; 4096];
    while !heard.contains("/problems/request-timeout") {
        let read = slow[1].read(&mut buffer).unwrap();
        assert!(read > 0, "{heard}");
        heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let (status, body) = server.ask("POST /v1/evaluate", Some(&token), &" ".repeat((1 << 20) + 1));
    assert!(status == 413 && body.contains("/problems/too-large"), "{body}");
    let (status, body) = server.ask("POST /v1/evaluate", None, &" ".repeat(900 << 10));
    assert!(status == 401 && body.contains("/problems/unauthenticated"), "{body}");
}

#[test]
fn a_jwt_of_the_issuer_that_is_configured_is_taken_and_of_no_other_use_than_it_says() {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let place = Place::new("");
    let jwks = place.path("jwks.json");
    let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": b64(key.der_bytes()) }] });
    fs::write(&jwks, set.to_string()).unwrap();
    let table = format!("[jwt]\nissuer = \"https://id.example\"\naudience = \"maple\"\njwks = {:?}\n", text(&jwks));
    let configure = |first: &str| {
        let lines = format!("signing-key = {:?}\naudit = \"durable\"\n{first}\n{table}", text(&place.path("key.pem")));
        fs::write(place.path("maple.toml"), lines).unwrap();
    };
    configure("");
    let output = place.command("127.0.0.1:0").output().unwrap();
    assert!(output.status.code() == Some(2) && err(&output).contains("`[jwt]` is of no use"), "{}", err(&output));
    configure("authentication = \"required\"");
    let server = place.serve("127.0.0.1:0");

    let sign = |audience: &str, seconds: i64| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": "https://id.example", "aud": audience, "sub": "ana", "exp": i64::try_from(now).unwrap() + seconds,
            "roles": ["evaluate", "auditor"], "localities": "cn/zhejiang/**",
        });
        let head = b64(json!({ "alg": "EdDSA", "kid": "k1" }).to_string().as_bytes());
        let message = format!("{head}.{}", b64(claims.to_string().as_bytes()));
        let signature = b64(&key.sign(message.as_bytes()).unwrap());
        format!("{message}.{signature}")
    };
    let token = sign("maple", 60);
    assert_eq!(server.evaluate(Some(&token), "cn/zhejiang/jinhua/yongkang").0, 200);
    assert_eq!(server.evaluate(Some(&token), "cn/shanghai").0, 403);
    let listed = server.maple(&["decisions", "list", "--locality", "cn/zhejiang"], Some(&token));
    assert!(listed.status.success() && out(&listed).contains("yongkang"), "{}", err(&listed));
    for (token, said) in [(sign("other", 60), "for somebody else"), (sign("maple", -61), "has expired")] {
        let (status, body) = server.evaluate(Some(&token), "cn/zhejiang");
        assert!(status == 401 && body.contains(said), "{body}");
    }
    drop(server);
    fs::write(&jwks, "{}").unwrap();
    let output = place.command("127.0.0.1:0").output().unwrap();
    assert!(output.status.code() == Some(3) && err(&output).contains("no JSON Web Key Set"), "{}", err(&output));
}

#[test]
fn a_token_goes_only_where_it_is_sent_and_not_unseen_in_the_open() {
    let list = |server: &str| {
        let mut command = maple(&["decisions", "list", "--server", server]);
        command.env("MAPLE_TOKEN", "t0ken-of-somebody").output().unwrap()
    };
    let refused = list("http://somebody:secret@127.0.0.1:9");
    assert!(refused.status.code() == Some(2) && err(&refused).contains("is no address of a server"));
    assert!(!err(&refused).contains("secret"), "{}", err(&refused));
    for (server, warned) in [
        ("http://nowhere.invalid:9", true),
        ("http://127.evil.invalid:9", true),
        ("http://127.0.0.1:9", false),
        ("http://[::1]:9", false),
        ("http://localhost:9", false),
    ] {
        let said = err(&list(server));
        assert_eq!(said.contains("goes to"), warned, "{said}");
        assert!(said.contains("cannot reach the server") && !said.contains("t0ken"), "{said}");
    }
    // Who answers elsewhere gets no token from who was named.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let named = TcpListener::bind("127.0.0.1:0").unwrap();
    let (elsewhere, server) = (other.local_addr().unwrap(), format!("http://{}", named.local_addr().unwrap()));
    let answering = thread::spawn(move || {
        let (mut stream, _) = named.accept().unwrap();
        let mut head = [0; 4096];
        let read = stream.read(&mut head).unwrap();
        write!(
            stream,
            "HTTP/1.1 307 Go\r\nlocation: http://{elsewhere}/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        .unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    assert_eq!(list(&server).status.code(), Some(3));
    assert!(answering.join().unwrap().contains("authorization: Bearer t0ken-of-somebody"));
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err(), "nobody was sent there");
}
