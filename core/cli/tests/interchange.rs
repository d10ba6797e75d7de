//! What other systems are told and give: webhooks as the page says, the month's return, events as Parquet, outlines of places.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{Server, asked, check, maple, root, started, text};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn server(folder: &Path, config: &str, environment: &[(&str, &str)]) -> Server {
    let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
    let file = folder.join("maple.toml");
    let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
    fs::write(&file, format!("{}{config}", keys.concat())).unwrap();
    let mut command = maple(&["serve", "--listen", "127.0.0.1:0", "--config", &text(&file), "--database", &database]);
    command.envs(environment.iter().copied());
    started(command)
}

/// The receiver of the page, as it stands there.
struct Page {
    child: Child,
    port: u16,
    lines: Receiver<String>,
}

impl Page {
    fn start(folder: &Path) -> Self {
        let page = fs::read_to_string(root().join("sdk/docs/receivers.md")).unwrap();
        let code = page.split("```python\n").nth(1).unwrap().split("\n```").next().unwrap();
        let script = folder.join("receiver.py");
        fs::write(&script, code).unwrap();
        let mut child = Command::new("python3")
            .args([&text(&script), "0"])
            .env("WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs the receiver; install it");
        let mut read = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = read.next().unwrap().unwrap();
        let port = first.strip_prefix("listening on ").unwrap().parse().unwrap();
        let (tell, lines) = channel();
        thread::spawn(move || read.map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        Self { child, port, lines }
    }

    /// The next event: type, subject, data.
    fn next(&self) -> (String, String, Value) {
        let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("nobody was told");
        let mut parts = line.splitn(3, ' ');
        let (kind, subject) = (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned());
        (kind, subject, serde_json::from_str(parts.next().unwrap()).unwrap())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_receiver_of_the_page_hears_of_decisions_signals_and_changes() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Page::start(folder.path());
    let config = format!(
        "event-source = \"/yongkang\"\n[[webhook]]\nname = \"desk\"\nurl = \"http://127.0.0.1:{}/\"\nsecret-env = \"HOOK\"\n",
        receiver.port
    );
    let server = server(folder.path(), &config, &[("HOOK", SECRET)]);
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    while ask("GET /v1/deliveries", "").1["targets"][0]["node"].is_null() {
        thread::sleep(Duration::from_millis(50));
    }
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let (status, reply) = ask("POST /v1/evaluate", &example);
    assert_eq!(status, 200, "{reply}");
    let (kind, subject, data) = receiver.next();
    assert_eq!((kind.as_str(), &subject), ("decision.made", &reply["decision"]["id"].as_str().unwrap().to_owned()));
    let channels: Vec<&Value> =
        reply["decision"]["steps"].as_array().unwrap().iter().map(|step| &step["channel"]).collect();
    assert_eq!(data["channels"].as_array().unwrap().iter().collect::<Vec<_>>(), channels);

    // Five with one organisation within ninety days are a signal.
    let now = reply["decision"]["as_of"].as_str().unwrap().to_owned();
    let days = ["T00:01:00+08:00", "T00:02:00+08:00", "T00:03:00+08:00", "T00:04:00+08:00", "T00:05:00+08:00"];
    for (number, moment) in days.iter().enumerate() {
        let event = serde_json::json!({
            "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk", "type": "case.registered",
            "subject": format!("c-{number}"), "time": format!("{now}{moment}"),
            "data": { "locality": "cn/zhejiang/jinhua/yongkang", "kind": "consumer.prepaid", "organisation": "gym-1" }
        });
        let (status, told) = ask("POST /v1/events", &event.to_string());
        assert_eq!(status, 200, "{told}");
    }
    let (raised, id, signal) = loop {
        let (kind, id, data) = receiver.next();
        if kind == "signal.raised" && data["rule"] == "S02" {
            break (kind, id, data);
        }
    };
    assert_eq!((raised.as_str(), &signal["subject"]["type"]), ("signal.raised", &"organisation".into()));
    assert!(signal.get("by").is_none() && !signal.to_string().contains("gym-1"), "{signal}");
    assert_eq!(ask(&format!("POST /v1/signals/{id}"), r#"{ "state": "acknowledged" }"#).0, 200);
    loop {
        let (kind, about, data) = receiver.next();
        if kind == "signal.changed" && about == id && data["state"] == "acknowledged" {
            break;
        }
    }
    let brake = r#"{ "locality": "cn/zhejiang/jinhua/yongkang", "how": "shadow", "why": "to be looked at" }"#;
    let (status, said) = ask("POST /v1/states", brake);
    assert_eq!(status, 201, "{said}");
    loop {
        let (kind, _, data) = receiver.next();
        if kind == "activation.changed" {
            assert_eq!((&data["generation"], &data["kind"]), (&2.into(), &"brake".into()));
            break;
        }
    }
    let (said, _) = check(&["deliveries", "list", "--server", &server.url()], 0);
    assert!(said.contains("desk") && said.contains("behind"), "{said}");
    let (_, said) = check(&["deliveries", "retry", "desk", "--server", &server.url()], 2);
    assert!(said.contains("there is no such dead delivery"), "{said}");
    // Whoever does not know the secret is turned away.
    let forged = "webhook-id: x\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,AAAA\r\n";
    let answer = std::panic::catch_unwind(|| asked(&format!("127.0.0.1:{}", receiver.port), forged, "POST /", "{}"));
    assert!(answer.is_err() || answer.unwrap().is_err(), "an error page is no JSON, and says 401");
}

/// What the page writes into a configuration, with recipients of this machine that nobody is.
fn written_on_the_page(folder: &Path) -> String {
    let page = fs::read_to_string(root().join("sdk/docs/receivers.md")).unwrap();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    let (secret, login) = (folder.join("court.secret"), folder.join("nats.token"));
    fs::write(&secret, format!("{SECRET}\n")).unwrap();
    fs::write(&login, "a token\n").unwrap();
    let mut written = blocks.join("\n\n");
    for (from, to) in [
        ("https://court.example.org/maple", "http://127.0.0.1:9/"),
        ("/etc/maple/court.secret", &text(&secret)),
        ("attempts = 10", "attempts = 1"),
        ("tls://nats.example.org:4222", "nats://127.0.0.1:9"),
        ("credentials = \"/etc/maple/nats.creds\"", &format!("token-file = {:?}", text(&login))),
    ] {
        assert!(written.contains(from), "{from} is not on the page");
        written = written.replace(from, to);
    }
    written
}

#[test]
fn what_the_page_configures_is_taken_and_what_nobody_took_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), &written_on_the_page(folder.path()), &[]);
    let ask = |head: &str, body: &str| asked(&server.address, "", head, body).unwrap();
    // Both that the page configures: at the very start there is none yet.
    let served = |targets: &Value| {
        let targets = targets.as_array().unwrap();
        targets.len() == 2 && targets.iter().all(|target| !target["node"].is_null())
    };
    while !served(&ask("GET /v1/deliveries", "").1["targets"]) {
        thread::sleep(Duration::from_millis(50));
    }
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    assert_eq!(ask("POST /v1/evaluate", &example).0, 200);
    let words = |line: &str| -> Vec<String> {
        let words = line.strip_prefix("maple ").unwrap().split(' ').map(str::to_owned);
        words.chain(["--server".to_owned(), server.url()]).collect()
    };
    let run = |line: &str| {
        let words = words(line);
        check(&words.iter().map(String::as_str).collect::<Vec<_>>(), 0).0
    };
    let page = fs::read_to_string(root().join("sdk/docs/receivers.md")).unwrap();
    let lines: Vec<&str> = page.split("```sh\n").nth(1).unwrap().split("\n```").next().unwrap().lines().collect();
    let until = Instant::now() + Duration::from_secs(60);
    while !run(lines[0]).contains("decision.made") {
        assert!(Instant::now() < until, "it is never dead: {}", run(lines[0]));
        thread::sleep(Duration::from_millis(100));
    }
    run(lines[1]);
}

#[test]
fn what_is_wrong_with_recipients_is_said_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "hunter2\n").unwrap();
    let hook = |more: &str| format!("[[webhook]]\nname = \"desk\"\nurl = \"https://example.org/\"\n{more}");
    let good = folder.path().join("good");
    fs::write(&good, format!("{SECRET}\n")).unwrap();
    let signed = format!("secret-file = {:?}\n", text(&good));
    for (config, said) in [
        (hook(""), "webhook `desk`: write either `secret-file` or `secret-env`"),
        (hook("secret-env = \"NO_SUCH_THING\""), "the environment has no `NO_SUCH_THING`"),
        (hook(&format!("secret-file = {:?}", text(&secret))), "line 1 is no secret: write `whsec_`"),
        (hook(&format!("{signed}events = []")), "`events` names nothing"),
        (hook(&format!("{signed}events = [\"decision.mode\"]")), "did you mean `decision.made`?"),
        (hook(&format!("{signed}attempts = 21")), "webhook `desk`: `attempts = 21`; write a number from 1 to 20"),
        (hook(&format!("{signed}timeout-seconds = 31")), "write a number from 1 to 30"),
        (hook(&format!("{signed}retry-seconds = 0")), "write a number from 1 to 3600"),
        (hook(&signed).replace("https://example.org/", "https://a:b@example.org/"), "without a name and a password"),
        (hook(&signed).replace("\"desk\"", "\"The Desk\""), "small letters, digits and `-`"),
        (hook(&signed).replace("\"desk\"", "\"nats\""), "and not `nats`"),
        (format!("{0}{0}", hook(&signed)), "there are two called `desk`"),
        ((0..17).map(|n| hook(&signed).replace("desk", &format!("d{n}"))).collect(), "17 are to be told, at most 16"),
        (format!("event-source = \"a b\"\n{}", hook(&signed)), "`event-source`: write an address such as /maple"),
        ("[nats]\nurl = \"http://x\"".to_owned(), "`url` is no address of a server; write one like nats://"),
        ("[nats]\nurl = \"nats://a:b@x\"".to_owned(), "`credentials` or `token-file` say who this is"),
        ("[nats]\nurl = \"nats://x\"\nstream = \"a b\"".to_owned(), "`stream` has at most 64 letters"),
        ("[nats]\nurl = \"nats://x\"\nprefix = \"a..b\"".to_owned(), "`prefix` has at most 64 letters"),
        ("[nats]\nurl = \"nats://x\"\nsubject = \"a\"".to_owned(), "unknown field `subject`"),
    ] {
        let file = folder.path().join("maple.toml");
        fs::write(&file, &config).unwrap();
        let (_, error) = check(&["serve", "--listen", "127.0.0.1:0", "--config", &text(&file)], 2);
        assert!(error.contains(said), "{config}\n{error}");
        assert!(!error.contains("hunter2") && !error.contains(SECRET), "{error}");
    }
}

#[test]
fn the_months_return_adds_up_and_is_counted_anew_from_what_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path(), "", &[]);
    let url = server.url();
    check(&["demo", "--cases", "3000", "--seed", "7", "--to", "2026-10-31", "--server", &url], 0);
    let file = text(&folder.path().join("events.ndjson"));
    check(&["events", "export", "--out", &file, "--server", &url], 0);
    for (place, month) in [("cn", "2026-09"), ("cn/demo/yuntan/chengdong", "2026-03")] {
        let (sheet, _) = check(&["report", "monthly", "--month", month, "--locality", place, "--server", &url], 0);
        let sheet = sheet.strip_prefix('\u{feff}').expect("spreadsheets know UTF-8 by its mark");
        let rows: Vec<Vec<&str>> = sheet.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows[0][0], "月份 month");
        // The head, the total, six classes, eight sources, eighteen kinds, and what is not stated of each.
        assert_eq!(rows.len(), 1 + 1 + 7 + 9 + 19, "{sheet}");
        let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut sums: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for row in &rows[1..] {
            assert_eq!((row[0], row[1], row.len()), (month, place, 9));
            let counts: Vec<i64> = row[5..].iter().map(|count| count.parse().unwrap()).collect();
            let section = row[2].split(' ').nth(1).unwrap();
            let sum = sums.entry(section).or_insert_with(|| vec![0; 4]);
            sum.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
            told.insert(format!("{section} {}", row[3]), counts);
        }
        let total = &told["total total"];
        assert!(total[0] > 0 && total[1] >= total[2] + total[3] && total[3] > 0, "{sheet}");
        assert!(sums.values().all(|sum| sum == total), "{sums:?}");
        assert!(place != "cn" || told["committee not_stated"][0] > 0 && told["committee village"][0] > 0, "{sheet}");
        let script = root().join("core/cli/tests/recount.py");
        let mut count = Command::new("python3");
        count.arg(script).args([&file, place, month, month]).arg(root().join("policies"));
        let output = count.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let counted: BTreeMap<String, Vec<i64>> = serde_json::from_slice(&output.stdout).unwrap();
        for (row, counts) in &told {
            assert_eq!(Some(counts), counted.get(row).or(Some(&vec![0; 4])), "{place} {month} {row}");
        }
        assert!(counted.keys().all(|row| told.contains_key(row)), "{counted:?}");
    }
    for (query, pointer) in [
        ("month=2026-9&locality=cn", "?month"),
        ("month=2999-01&locality=cn", "?month"),
        ("locality=cn", "?month"),
        ("month=2026-09", "?locality"),
        ("month=2026-09&locality=cn/demoo", "?locality"),
        ("month=2026-09&locality=cn&kind=x", "?kind"),
    ] {
        let (status, problem) = asked(&server.address, "", &format!("GET /v1/insight/return?{query}"), "").unwrap();
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &pointer.into()), "{problem}");
    }

    // The same events as a table.
    let (_, said) = check(&["events", "export", "--format", "parquet", "--server", &url], 2);
    assert!(said.contains("name a file with `--out`"), "{said}");
    let table = folder.path().join("events.parquet");
    check(&["events", "export", "--format", "parquet", "--out", &text(&table), "--server", &url], 0);
    let lines = fs::read_to_string(&file).unwrap().lines().count();
    let reader = {
        use parquet::file::reader::{FileReader, SerializedFileReader};
        SerializedFileReader::new(fs::File::open(&table).unwrap())
            .map(|file| file.metadata().file_metadata().num_rows())
    };
    assert_eq!(reader.unwrap(), i64::try_from(lines).unwrap());
}

#[test]
fn a_map_that_cannot_be_drawn_is_refused_at_the_start_with_feature_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let (config, map) = (folder.path().join("maple.toml"), folder.path().join("places.geojson"));
    let database = format!("sqlite://{}", text(&folder.path().join("maple.sqlite")));
    let line = r#"{ "type": "FeatureCollection", "features": [ { "type": "Feature", "properties": { "name": "x" },
        "geometry": { "type": "LineString", "coordinates": [[1, 2], [3, 4]] } } ] }"#;
    let area = &line.replace("LineString", "Polygon").replace("[[1, 2], [3, 4]]", "[[[1, 2], [3, 4], [3, 2], [1, 2]]]");
    for (text_of_map, more, wanted) in [
        (area.as_str(), "", "feature 1, `properties.locality`: it is missing"),
        (line, "", "none of its 1 features has an area"),
        ("{", "", "after feature 0:"),
    ] {
        fs::write(&map, text_of_map).unwrap();
        fs::write(&config, format!("[map]\ngeojson = {:?}\n{more}", text(&map))).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
        let (_, said) = check(&words, 2);
        assert!(said.contains("`map.geojson`") && said.contains(wanted), "{said}");
    }
    fs::remove_file(&map).unwrap();
    let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
    let (_, said) = check(&words, 3);
    assert!(said.contains("cannot read"), "{said}");
}
