//! The binary as a user types it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod folder;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `maple` with these words, in the project's folder, without this machine's configuration.
fn maple(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maple"));
    for key in ["MAPLE_LISTEN", "MAPLE_DATABASE", "MAPLE_POLICIES", "MAPLE_PLUGINS", "LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(key);
    }
    command.args(words).current_dir(root()).env("MAPLE_STATE", "target/maple").env("RUST_LOG", "warn");
    command
}

fn run(words: &[&str]) -> Output {
    maple(words).stdin(Stdio::null()).output().unwrap()
}

fn run_with(words: &[&str], input: &str) -> Output {
    let mut child = maple(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A copy of the shipped policies to spoil.
fn copy_of_policies() -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    folder::copy(&root().join("policies"), copied.path());
    copied
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn eval_answers_in_json_in_a_pipe_and_in_words_when_asked() {
    let example = "core/cli/src/example.json";
    let json = run(&["eval", "--case", example]);
    assert_eq!(json.status.code(), Some(0), "{}", err(&json));
    let reply: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(reply["decision"]["outcome"], "route");
    assert_eq!(reply["decision"]["steps"][0]["order"], 1);
    assert!(reply["decision"]["ruleset"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(run(&["eval", "--case", example, "--json"]).stdout, json.stdout);
    let chinese = out(&run(&["eval", "--case", example, "--lang", "zh"]));
    assert!(chinese.contains("劳动仲裁") && !chinese.contains('\u{1b}'), "{chinese}");
    let english = out(&run(&["eval", "--case", example, "--lang", "en", "--explain"]));
    assert!(
        english.contains("How it came about") && english.contains("China (cn) → Zhejiang (cn/zhejiang)"),
        "{english}"
    );
    let piped = run_with(&["eval", "--case", "-"], &fs::read_to_string(root().join(example)).unwrap());
    assert_eq!(piped.stdout, json.stdout);
}

#[test]
fn the_readme_shows_a_real_answer() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let answer = out(&run(&["eval", "--case", "core/cli/src/example.json", "--lang", "en"]));
    for line in shown.lines().filter(|line| line.trim() != "…") {
        assert!(answer.lines().any(|real| real == line), "the README shows `{line}`:\n{answer}");
    }
    let (_, typed) = readme.split_once("-d '").unwrap();
    let body: Value = serde_json::from_str(typed.split_once("'\n").unwrap().0).unwrap();
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(&example).unwrap());
}

#[test]
fn a_bad_case_names_every_field() {
    let bad = r#"{"case":{"locality":"330784","kind":"labour.wages","source":"counter","parties":[{"role":"applicant","type":"natural","facts":{"consent":"maybe"}}],"facts":{"amount":"1.234"}}}"#;
    let output = run_with(&["eval", "--case", "-"], bad);
    assert_eq!(output.status.code(), Some(2));
    for said in ["/case/kind", "labour.wage", "/case/parties/0/facts/consent", "/case/facts/amount"] {
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
    }
    assert!(out(&output).is_empty());
    assert!(err(&output).contains("3 problems:\n  /case/"), "{}", err(&output));

    let output = run_with(&["eval", "--case", "-", "--lang", "zh"], bad);
    assert_eq!(output.status.code(), Some(2));
    for said in ["共3处问题", "没有`labour.wages`这一纠纷类型"] {
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
    }
    let output = run_with(&["eval", "--case", "-", "--json"], bad);
    assert_eq!((output.status.code(), err(&output)), (Some(2), String::new()));
    let problem: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(3), "{problem}");
}

#[test]
fn one_problem_alone_is_told_with_its_place() {
    let case = |party: &str, facts: &str| {
        format!(
            r#"{{"case":{{"locality":"330784","kind":"labour.wage","parties":[{{"role":"applicant","type":"natural"}},{party}],"facts":{facts}}}}}"#
        )
    };
    let other = r#"{"role":"respondent","type":"organisation"}"#;
    for (body, said) in [
        (case(other, r#"{"knew_on":"2026-02-30"}"#), "/case/facts/knew_on: there is no day `2026-02-30`"),
        (case(r#"{"role":"respondent"}"#, "{}"), "/case/parties/1/type: `type` is missing"),
    ] {
        let output = run_with(&["eval", "--case", "-"], &body);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
    }
}

#[test]
fn a_case_that_is_too_large_is_refused_and_never_cut() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("case.json");
    let good = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let name = file.display().to_string();
    // A body of just so many bytes is read, one more is not, and neither are twenty megabytes.
    for (bytes, fits) in [(1 << 20, true), ((1 << 20) + 1, false), (20 << 20, false)] {
        let text = format!("{good}{}", " ".repeat(bytes - good.len()));
        fs::write(&file, &text).unwrap();
        let output = run(&["eval", "--case", &name]);
        assert_eq!(output.status.success(), fits, "{bytes}: {}", err(&output));
        assert!(fits || err(&output).contains("is larger than 1024 KiB"), "{bytes}: {}", err(&output));
    }
    let mut child = maple(&["eval", "--case", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It stops reading where it is too much.
    let _ = child.stdin.take().unwrap().write_all(" ".repeat(2 << 20).as_bytes());
    assert!(err(&child.wait_with_output().unwrap()).contains("is larger than 1024 KiB"));
}

#[test]
fn a_time_limit_that_is_over_is_written_so() {
    let case = |as_of: &str| {
        let body = r#"{"as_of":"DAY","case":{"locality":"cn","kind":"contract.sale","filed":"2026-03-02","parties":[{"role":"applicant","type":"natural"},{"role":"respondent","type":"organisation"}],"facts":{"knew_on":"2023-03-15"}}}"#;
        body.replace("DAY", as_of)
    };
    let told = |as_of: &str, lang: &str| out(&run_with(&["eval", "--case", "-", "--lang", lang], &case(as_of)));
    assert!(told("2026-03-16", "en").contains(": ends 2026-03-16"), "the last day is not over");
    assert!(told("2026-03-17", "en").contains(": has passed: ended 2026-03-16"));
    assert!(told("2026-03-17", "zh").contains("：已于2026-03-16 届满"));
}

#[test]
fn exit_codes_say_what_kind_of_trouble() {
    for (words, code, said) in [
        (&["evaluate"][..], 2, "unrecognized subcommand"),
        (&["eval"], 2, "--case"),
        (&["eval", "--case", "no/such/file.json"], 3, "no/such/file.json"),
        (&["eval", "--case", "Cargo.toml"], 2, "line 1, column 1"),
        (&["check", "no/such/folder"], 3, "no/such/folder"),
        (&["test", "--filter", "no case is called so"], 2, "no case is called so"),
        (&["bench", "--rounds", "0"], 2, "rounds"),
        (&["serve", "--database", "mysql://x"], 2, "sqlite://"),
        (&["serve", "--listen", "nowhere"], 2, "nowhere"),
        (&["serve", "--policies", "no/such/folder"], 3, "no/such/folder"),
    ] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}{}", out(&output), err(&output));
        assert!(err(&output).contains(said), "{words:?}: {}", err(&output));
    }
}

#[test]
fn a_folder_without_policies_is_told_in_words_and_without_colours() {
    let empty = tempfile::tempdir().unwrap();
    let empty = text(empty.path());
    for words in
        [&["check", &empty][..], &["serve", "--policies", &empty], &["serve", "--keep-going", "--policies", &empty]]
    {
        let output = run(words);
        let said = out(&output) + &err(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("there are no policy files here") && !said.contains('\u{1b}'), "{words:?}: {said}");
    }
}

#[test]
fn flags_go_over_the_environment_and_the_environment_over_the_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"listen = \"in-the-file\"\n").unwrap();
    let config = text(file.path());
    let refused = |environment: bool, words: &[&str]| {
        let mut command = maple(&[&["serve", "--config", &config][..], words].concat());
        if environment {
            command.env("MAPLE_LISTEN", "in-the-environment");
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", err(&output));
        err(&output)
    };
    assert!(refused(false, &[]).contains("`in-the-file`"));
    assert!(refused(true, &[]).contains("`in-the-environment`"));
    assert!(refused(true, &["--listen", "in-the-flag"]).contains("`in-the-flag`"));
}

#[test]
fn check_shows_every_problem_with_its_place() {
    let good = run(&["check"]);
    assert_eq!(good.status.code(), Some(0), "{}{}", out(&good), err(&good));
    assert!(out(&good).contains("0 errors"), "{}", out(&good));

    let spoilt = copy_of_policies();
    let town = spoilt.path().join("cn/zhejiang/jinhua/yongkang/pack.toml");
    let pujiang = spoilt.path().join("cn/zhejiang/jinhua/pujiang/pack.toml");
    fs::write(&town, fs::read_to_string(&town).unwrap().replacen("version =", "versoin =", 1)).unwrap();
    fs::write(&pujiang, "id = \n").unwrap();
    let bad = run(&["check", &text(spoilt.path())]);
    assert_eq!(bad.status.code(), Some(1));
    for said in
        ["cn/zhejiang/jinhua/yongkang/pack.toml:", "versoin", "version", "cn/zhejiang/jinhua/pujiang/pack.toml:1:"]
    {
        assert!(out(&bad).contains(said), "{said}: {}", out(&bad));
    }
    let json = run(&["check", "--json", &text(spoilt.path())]);
    assert_eq!(json.status.code(), Some(1));
    for line in out(&json).lines() {
        let problem: Value = serde_json::from_str(line).unwrap();
        assert!(problem["file"].is_string() && problem["line"].is_u64() && problem["message"].is_string());
    }
}

#[test]
fn test_runs_the_packs_cases_and_shows_what_differs() {
    let good = run(&["test", "--filter", "cn/zhejiang/jinhua/yongkang"]);
    assert_eq!(good.status.code(), Some(0), "{}{}", out(&good), err(&good));
    assert!(out(&good).contains(" passed, 0 failed"));

    let spoilt = copy_of_policies();
    let pack = spoilt.path().join("cn/zhejiang/jinhua/yongkang/pack.toml");
    let mut file = fs::OpenOptions::new().append(true).open(&pack).unwrap();
    write!(file, "\n[[case]]\nname = \"made to fail\"\ncase = {{ kind = \"contract.sale\", source = \"counter\", filed = 2026-11-20 }}\nexpect = {{ outcome = \"refer\" }}\n").unwrap();
    let bad = run(&["test", &text(spoilt.path()), "--filter", "made to fail"]);
    assert_eq!(bad.status.code(), Some(1), "{}", err(&bad));
    for said in ["made to fail", "outcome", "expected", "refer", "actual", "route", "0 passed, 1 failed"] {
        assert!(out(&bad).contains(said), "{said}: {}", out(&bad));
    }
}

#[test]
fn bench_measures_each_policy_and_the_whole() {
    let output = run(&["bench", "--rounds", "20", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(figures["policies"].as_array().unwrap().len() >= 3);
    assert!(figures["whole"]["median_us"].as_f64().unwrap() > 0.0);
    assert!(out(&run(&["bench", "--rounds", "20"])).contains("whole decision"));
}

/// A served instance that is stopped when the test ends.
struct Server {
    child: Child,
    address: String,
    said: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(words: &[&str], database: &Path) -> Server {
    let database = format!("sqlite://{}", database.display());
    let mut words = [&["serve", "--listen", "127.0.0.1:0", "--database", &database], words].concat();
    words.dedup();
    let mut child = maple(&words).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let address = loop {
        let line = lines.next().unwrap_or_else(|| panic!("ended after: {said}")).unwrap();
        said.push_str(&line);
        said.push('\n');
        if let Some(at) = line.find("http://") {
            break line[at + 7..].split('/').next().unwrap().trim().to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    Server { child, address, said }
}

fn http(address: &str, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let status = reply[9..12].parse().unwrap();
    (status, reply.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[test]
fn serve_answers_and_drains_and_keeps_its_generation() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("maple.sqlite");
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let mut generations = Vec::new();
    for _ in 0..2 {
        let mut server = serve(&[], &database);
        let (status, body) = http(&server.address, "POST /v1/evaluate", &example);
        assert_eq!(status, 200, "{body}");
        let reply: Value = serde_json::from_str(&body).unwrap();
        generations.push(reply["decision"]["generation"].as_u64().unwrap());
        assert_eq!(http(&server.address, "GET /health/ready", "").0, 200);
        let killed = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{}", server.said);
    }
    assert_eq!(generations, [1, 1], "the same ruleset is the same generation");
    assert!(database.is_file());
}

#[test]
fn the_printed_line_can_be_typed_and_its_answer_understood() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = maple(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &format!("sqlite://{}", folder.path().join("a.db").display()),
    ])
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !line.trim_start().starts_with("curl ") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "no curl line");
    }
    let mut more = String::new();
    while line.trim_end().ends_with('\\') {
        more.clear();
        assert!(lines.read_line(&mut more).unwrap() > 0);
        line.push_str(&more);
    }
    if Command::new("curl").arg("--version").output().is_ok_and(|o| o.status.success()) {
        let answer = Command::new("sh").args(["-c", line.trim()]).output().unwrap();
        let answer = out(&answer);
        assert!(answer.contains("The way, in this order:") && answer.contains("labour_arbitration"), "{answer}");
    } else {
        assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "curl is missing");
        println!("skipped: curl is not installed");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_broken_pack_stops_the_start_unless_told_to_keep_going() {
    let folder = tempfile::tempdir().unwrap();
    let spoilt = copy_of_policies();
    let pack = spoilt.path().join("cn/zhejiang/jinhua/yongkang/pack.toml");
    fs::write(&pack, "id = \n[").unwrap();
    let policies = text(spoilt.path());
    let refused = run(&["serve", "--policies", &policies, "--plugins", "plugins", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
    let shown = out(&refused) + &err(&refused);
    assert!(shown.contains("cn/zhejiang/jinhua/yongkang/pack.toml:1:"), "{shown}");

    let server =
        serve(&["--policies", &policies, "--plugins", "plugins", "--keep-going"], &folder.path().join("maple.sqlite"));
    let (status, body) = http(&server.address, "GET /health/ready", "");
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("cn/zhejiang/jinhua/yongkang"), "{body}");
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let (status, body) = http(&server.address, "POST /v1/evaluate", &example);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("labour_arbitration"), "the upper levels still answer");
}
