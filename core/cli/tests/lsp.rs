//! The language server as an editor meets it: the binary, over standard input and output.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::{Value, json};
use support::{maple, root};

/// How long an answer may take on a machine that does other things too; then the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

const PACK: &str = "id = \"cn/zhejiang/jinhua/yongkang\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\n\
                    in-force-from = 2024-01-01\ntitle = { zh = \"永康\", en = \"Yongkang\" }\n";
const WAGES: &str = r#"[[rule]]
id = "W1"
summary = { zh = "十人以上欠薪𝄞", en = "Wages of more than ten workers" }
when = { kind = ["labour.*"], people = { above = 10 } }
then = [ { offer = "labour_mediation", body = "county", due = "7 days", from = "acceptance" } ]
basis = ["cn.labour_mediation_arbitration.14"]

[[case]]
name = "fourteen workers"
covers = ["W1"]
case = { kind = "labour.wage", facts = { people = 14 } }
expect = { has-rules = ["W1"] }

[[case]]
name = "two workers"
case = { kind = "labour.wage", facts = { people = 2 } }
expect = { lacks-rules = ["W1"] }
"#;

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    waiting: Vec<Value>,
    id: i64,
}

impl Client {
    fn start(words: &[&str]) -> Self {
        let mut all = vec!["lsp"];
        all.extend(words);
        let mut child = maple(&all).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, mut output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { child, input, messages, waiting: Vec::new(), id: 0 }
    }

    /// A client that has introduced itself.
    fn ready(words: &[&str]) -> Self {
        let mut client = Self::start(words);
        let told = client.ask("initialize", json!({ "processId": std::process::id(), "capabilities": {} }));
        assert_eq!(told["result"]["serverInfo"]["name"], "maple", "{told}");
        client.tell("initialized", json!({}));
        client
    }

    fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).and_then(|()| input.flush()).unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(at) = self.waiting.iter().position(&wanted) {
                return self.waiting.remove(at);
            }
            let message = self.messages.recv_timeout(PATIENCE);
            let message =
                message.unwrap_or_else(|_| panic!("the server says nothing more; it said {:#?}", self.waiting));
            self.waiting.push(message);
        }
    }

    /// The problems of a version of a file.
    fn problems(&mut self, file: &Path, version: i64) -> Vec<Value> {
        let uri = uri(file);
        let of_file = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        };
        self.wait(of_file)["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn open(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "languageId": "toml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, file: &Path, version: i64, text: &str) {
        let document = json!({ "uri": uri(file), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    fn at(&mut self, method: &str, file: &Path, (line, character): (usize, usize)) -> Value {
        let params = json!({
            "textDocument": { "uri": uri(file) }, "position": { "line": line, "character": character },
        });
        self.ask(method, params)["result"].take()
    }

    /// The exit code, once it ends by itself.
    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.ended()
    }

    fn ended(&mut self) -> Option<i32> {
        let began = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn uri(file: &Path) -> String {
    format!("file://{}", file.display())
}

/// A folder with one pack on the policies that ship; the rule file is not written.
fn project() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().canonicalize().unwrap().join("policies/cn/zhejiang/jinhua/yongkang");
    fs::create_dir_all(&pack).unwrap();
    fs::write(pack.join("pack.toml"), PACK).unwrap();
    (folder, pack.join("wages.toml"))
}

/// Line and column, in units of UTF-16, of the first place of a text.
fn place(text: &str, of: &str) -> (usize, usize) {
    let at = text.find(of).unwrap();
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    (line, text[start..at].encode_utf16().count())
}

#[test]
fn problems_come_as_one_types_and_go_when_mended() {
    let (_folder, file) = project();
    let mut client = Client::ready(&[]);
    let wrong = WAGES.replace(
        "summary = { zh = \"十人以上欠薪𝄞\", en",
        "why = { zh = \"𝄞𝄞{poeple}\", en = \"a\" }\nsummary = { zh = \"十人以上欠薪𝄞\", in",
    );
    client.open(&file, &wrong);
    let problems = client.problems(&file, 1);
    let code = |code: &str| {
        let found = problems.iter().find(|p| p["code"] == code);
        found.unwrap_or_else(|| panic!("no `{code}` in {problems:#?}")).clone()
    };
    let key = code("unknown-key");
    let (line, column) = place(&wrong, "in = \"Wages");
    assert_eq!(key["range"]["start"], json!({ "line": line, "character": column }), "{key}");
    assert_eq!(key["range"]["end"], json!({ "line": line, "character": column + 2 }), "{key}");
    assert_eq!((key["severity"].as_i64(), key["source"].as_str()), (Some(1), Some("maple")));
    let fact = code("unknown-fact");
    assert!(fact["message"].as_str().unwrap().contains("did you mean `people`?"), "{fact}");
    client.change(&file, 2, WAGES);
    assert_eq!(client.problems(&file, 2), Vec::<Value>::new());
    // TOML that is none: told where it is, and still helped with.
    let broken = WAGES.replace("kind = [\"labour.*\"]", "kind = [\"lab");
    client.change(&file, 3, &broken);
    let problems = client.problems(&file, 3);
    assert!(problems.iter().any(|p| p["code"] == "syntax" && p["range"]["start"]["line"] == 3), "{problems:#?}");
    let (line, column) = place(&broken, "[\"lab");
    let found = client.at("textDocument/completion", &file, (line, column + 5));
    let labels: Vec<&str> = found.as_array().unwrap().iter().map(|c| c["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"labour.*") && labels.contains(&"labour.wage"), "{labels:?}");
    assert!(client.ask("shutdown", Value::Null)["error"].is_null());
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn an_editor_is_helped_with_names() {
    let (_folder, file) = project();
    let mut client = Client::ready(&[]);
    let (file, text) = (file.as_path(), WAGES);
    client.open(file, text);
    let (line, column) = place(text, "labour_mediation\"");
    let found = client.at("textDocument/completion", file, (line, column + 3));
    let one = found.as_array().unwrap().iter().find(|c| c["label"] == "labour_mediation").unwrap();
    assert_eq!(one["textEdit"]["newText"], "\"labour_mediation\"");
    assert_eq!(one["textEdit"]["range"]["start"], json!({ "line": line, "character": column - 1 }));
    assert!(one["detail"].as_str().unwrap().contains("Labour mediation"), "{one}");
    assert!(one["documentation"]["value"].as_str().unwrap().contains("facilitative"), "{one}");
    // Behind Chinese and a character of two units.
    let (line, column) = place(text, "en = \"Wages");
    let hover = client.at("textDocument/hover", file, (line, 1));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("What the rule does"), "{hover}");
    assert_eq!(client.at("textDocument/hover", file, (line, column + 12)), Value::Null);
    let (line, column) = place(text, "cn.labour_mediation");
    let hover = client.at("textDocument/hover", file, (line, column + 2));
    let told = hover["contents"]["value"].as_str().unwrap();
    assert!(told.contains("劳动争议调解仲裁法") && told.contains("2008-05-01"), "{told}");
    assert_eq!(hover["range"]["start"], json!({ "line": line, "character": column - 1 }));
    let symbols = client.ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri(file) } }));
    let names: Vec<_> = symbols["result"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["W1", "fourteen workers", "two workers"]);
    let (line, column) = place(text, "\"W1\"]");
    let found = client.at("textDocument/definition", file, (line, column + 1));
    assert_eq!(found["range"]["start"], json!({ "line": 1, "character": 5 }), "{found}");
    // What comes with the binary has no file to go to.
    let (line, column) = place(text, "cn.labour_mediation");
    assert_eq!(client.at("textDocument/definition", file, (line, column + 1)), Value::Null);
}

/// Every name that is offered says what it is, in both languages.
#[test]
fn names_are_offered_with_their_labels() {
    let (_folder, file) = project();
    let mut client = Client::ready(&[]);
    let text = WAGES.replace("when = { kind", "when = { locality = \"cn/zhejiang\", kind");
    client.open(&file, &text);
    for (at, label, zh, en) in [
        ("labour.*\"", "labour.wage", "拖欠工资", "Wage arrears"),
        ("labour_mediation\"", "labour_mediation", "劳动", "Labour mediation"),
        ("cn.labour_mediation", "cn.labour_mediation_arbitration.14", "劳动争议调解仲裁法", "Labour Dispute Mediation"),
        ("cn/zhejiang\"", "cn/zhejiang/jinhua/yongkang", "永康", "Yongkang"),
        ("people =", "people", "人", "People"),
    ] {
        let (line, column) = place(&text, at);
        let found = client.at("textDocument/completion", &file, (line, column + 1));
        let found = found.as_array().unwrap_or_else(|| panic!("nothing is offered at `{at}`"));
        let one = found.iter().find(|c| c["label"] == label).unwrap_or_else(|| panic!("no `{label}` in {found:#?}"));
        let told = format!("{} {}", one["detail"], one["documentation"]["value"]);
        assert!(told.contains(zh) && told.contains(en), "{label}: {told}");
    }
}

/// What is proved comes with the other rules that it has to do with, and with the case that shows it.
#[test]
fn proofs_come_with_their_places_and_their_case() {
    let (_folder, file) = project();
    let mut client = Client::ready(&[]);
    let rule = |id: &str, when: &str, weight: u8| {
        format!(
            "[[rule]]\nid = \"{id}\"\nsummary = {{ zh = \"𝄞甲\", en = \"a\" }}\nwhen = {{ kind = \"contract.sale\", {when} }}\n\
             then = [{{ prefer = \"industry_mediation\", weight = {weight} }}]\n"
        )
    };
    let text = rule("A", "amount = { max = \"100.00\" }", 1)
        + &rule("B", "amount = { min = \"90.00\", max = \"200.00\" }", 2)
        + &rule("C", "amount = { min = \"300.00\" }", 3);
    client.open(&file, &text);
    let problems = client.problems(&file, 1);
    let of = |code: &str| {
        let found = problems.iter().find(|problem| problem["code"] == code);
        found.unwrap_or_else(|| panic!("no `{code}` in {problems:#?}")).clone()
    };
    let line = |of: &str| place(&text, of).0;
    let told = |problem: &Value| {
        let related = problem["relatedInformation"].as_array().unwrap_or_else(|| panic!("{problem:#?}")).clone();
        assert!(
            related.iter().all(|one| one["location"]["uri"] == uri(&file) && !one["message"].is_null()),
            "{problem:#?}"
        );
        related.iter().map(|one| one["location"]["range"]["start"]["line"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let contradiction = of("contradiction");
    assert_eq!(contradiction["severity"], 1);
    assert_eq!(contradiction["range"]["start"]["line"], line("id = \"B\""));
    assert_eq!(told(&contradiction), [line("id = \"A\"") as u64]);
    let gap = of("gap");
    assert_eq!(
        (gap["severity"].as_i64(), gap["range"]["start"]["line"].as_u64()),
        (Some(2), Some(line("100.00") as u64))
    );
    assert!(told(&gap).contains(&(line("id = \"C\"") as u64)), "{gap:#?}");
    for (problem, amounts) in [(&contradiction, 90.0..=100.0), (&gap, 200.01..=299.99)] {
        let case = &problem["data"]["case"];
        let amount: f64 = case["facts"]["amount"].as_str().unwrap_or_else(|| panic!("{problem:#?}")).parse().unwrap();
        assert!(case["kind"] == "contract.sale" && amounts.contains(&amount), "{problem:#?}");
    }
}

#[test]
fn the_checkout_leads_from_a_rule_to_the_law() {
    let file = root().canonicalize().unwrap().join("policies/cn/labour.toml");
    let text = fs::read_to_string(&file).unwrap();
    let mut client = Client::ready(&["policies", "--stdio"]);
    client.open(&file, &text);
    let (line, column) = place(&text, "\"cn.labour_mediation_arbitration.5\"");
    let found = client.at("textDocument/definition", &file, (line, column + 3));
    assert!(found["uri"].as_str().unwrap().contains("/policies/provisions"), "{found}");
    assert!(found["range"]["start"]["line"].as_u64().unwrap() > 0, "{found}");
}

#[test]
fn a_file_on_the_disk_counts_once_it_is_closed() {
    let (_folder, file) = project();
    let mut client = Client::ready(&[]);
    let pack = file.with_file_name("pack.toml");
    client.open(&pack, &PACK.replace("1.0.0", "one"));
    assert!(client.problems(&pack, 1).iter().any(|p| p["code"] == "bad-version"));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri(&pack) } }));
    let mended = client
        .wait(|m| m["params"]["uri"] == uri(&pack) && m["params"]["diagnostics"].as_array().is_some_and(Vec::is_empty));
    assert_eq!(mended["method"], "textDocument/publishDiagnostics");
    // Changed by somebody else.
    client.open(&file, WAGES);
    assert!(client.problems(&file, 1).is_empty());
    fs::write(&pack, PACK.replace("永康\", en", "永康\", fr")).unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri(&pack), "type": 2 }] }));
    client.wait(|m| {
        m["params"]["uri"] == uri(&pack) && m["params"]["diagnostics"].to_string().contains("missing-language")
    });
}

#[test]
fn bad_messages_are_answered_and_do_not_end_it() {
    let mut client = Client::ready(&[]);
    let mut unreadable = |bytes: &[u8]| {
        client.raw(bytes);
        let answer = client.wait(|message| message["id"].is_null() && message.get("error").is_some());
        assert_eq!(answer["error"]["code"], -32700, "{answer}");
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    assert!(unreadable(b"Content-Length: 1\r\n\r\n{").contains("not JSON"));
    assert!(unreadable(b"Content-Length: 2\r\n\r\n[]").contains("neither a request"));
    assert!(unreadable(b"Content-Length: x\r\n\r\n").contains("Content-Length"));
    assert!(unreadable(b"what is this\r\n\r\n").contains("Content-Length"));
    assert!(unreadable("Content-Length: 3\r\n\r\n甲".as_bytes()).contains("not JSON"));
    let unknown = client.ask("textDocument/dance", json!({}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    let odd = client.ask("textDocument/hover", json!({ "textDocument": 5 }));
    assert_eq!(odd["error"]["code"], -32602, "{odd}");
    client.tell("textDocument/didOpen", json!([1]));
    client.tell("nobody/knows", json!({}));
    let place =
        json!({ "textDocument": { "uri": "file:///no/such/file.toml" }, "position": { "line": 9, "character": 9 } });
    assert_eq!(client.ask("textDocument/hover", place.clone())["result"], Value::Null);
    let elsewhere =
        json!({ "textDocument": { "uri": "untitled:Untitled-1" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(client.ask("textDocument/completion", elsewhere)["result"], Value::Null);
    assert!(client.ask("shutdown", Value::Null)["error"].is_null());
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn a_folder_without_policies_is_left_alone_and_a_huge_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().canonicalize().unwrap().join("Cargo.toml");
    let mut client = Client::ready(&[]);
    client.open(&elsewhere, "[package]\nname = 5\n");
    assert_eq!(client.at("textDocument/completion", &elsewhere, (1, 0)), Value::Null);
    assert_eq!(client.at("textDocument/hover", &elsewhere, (1, 1)), Value::Null);
    let (_project, file) = project();
    let comment = "# 0123456789\n".repeat((8 << 20) / 13 + 1);
    client.open(&file, &comment);
    let problems = client.problems(&file, 1);
    assert!(problems[0]["message"].as_str().unwrap().contains("divide it into several files"), "{problems:?}");
    client.change(&file, 2, WAGES);
    assert!(client.problems(&file, 2).is_empty());
    // A folder of policies without any is told what it lacks.
    let empty = folder.path().canonicalize().unwrap().join("policies/facts.toml");
    fs::create_dir_all(empty.parent().unwrap()).unwrap();
    client.open(&empty, "never = []\n");
    let problems = client.problems(&empty, 1);
    assert!(problems.iter().any(|p| p["code"] == "missing-registry"), "{problems:?}");
    assert!(problems.iter().any(|p| p["code"] == "no-packs"), "{problems:?}");
}

#[test]
fn it_ends_when_the_client_is_gone() {
    assert_eq!(Client::start(&[]).end(), Some(0), "before it said anything");
    assert_eq!(Client::ready(&[]).end(), Some(0), "its input is closed");
    let mut rude = Client::ready(&[]);
    rude.tell("exit", Value::Null);
    assert_eq!(rude.end(), Some(1), "exit without shutdown");
    // Its process is gone, and the pipe is still open.
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let mut left = Client::start(&[]);
    left.ask("initialize", json!({ "processId": other.id(), "capabilities": {} }));
    other.kill().and_then(|()| other.wait()).unwrap();
    assert_eq!(left.ended(), Some(0));
}
