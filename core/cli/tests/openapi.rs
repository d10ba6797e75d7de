//! The document of the API is tried by schemathesis: whatever it says may be asked is answered as it says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use support::{asked, check, maple, root, started, text};

/// The version that this was tried with.
const VERSION: &str = "4.32.5";
/// Seconds that the whole of it takes: until they are over it goes on at random.
const SECONDS_MAX: &str = "50";
/// Questions for each door beside its examples and edges.
const EXAMPLES_COUNT: &str = "3";
/// What is held. Two checks are not: what a place, a kind or a word may be says the vocabulary and not the document, so not
/// all that fits the document is accepted; and a null, an unknown `lang` and a batch of nothing are taken on purpose.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method";
/// How it tries: what the document gives as examples, the edges of each value, and what fits at random.
const PHASES: [&str; 3] = ["examples", "coverage", "fuzzing"];
/// Doors whose bodies it cannot make: an archive, and lines of JSON.
const NOT_TRIED: [&str; 2] = ["publish", "evaluateBatch"];

/// The program in a place that outlives the test. None, and aloud, where this machine or the index cannot install it.
fn installed() -> Option<PathBuf> {
    let place = root().join("target/schemathesis").join(VERSION);
    let program = place.join("bin/schemathesis");
    if !program.exists() {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let run = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let made = run(Command::new("python3").args(["-m", "venv"]).arg(&place))
            && run(Command::new(place.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .arg(format!("schemathesis=={VERSION}")));
        if !made {
            let _ = fs::remove_dir_all(&place);
            let said = "schemathesis cannot be installed: python3 with venv and pip, and an index, are needed";
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{said}");
            eprintln!("SKIPPED: {said}");
            return None;
        }
    }
    Some(program)
}

/// Doors of the document; the one that it is read from itself is not among those that are tried.
fn operations() -> u64 {
    let document: Value = serde_json::from_str(maple_wire::OPENAPI).unwrap();
    let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| *path != "/openapi.json");
    let count =
        paths.map(|(_, path)| path.as_object().unwrap().keys().filter(|key| methods.contains(&key.as_str())).count());
    count.sum::<usize>() as u64
}

fn tried(program: &Path, url: &str, report: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["run", &format!("{url}/openapi.json"), "--no-color", "--generation-deterministic"]);
    command.args(["--phases", &PHASES.join(","), "--max-examples", EXAMPLES_COUNT, "--checks", CHECKS]);
    command.args(["--max-time", SECONDS_MAX, "--request-timeout", "20"]);
    command.arg("--report-json-path").arg(report);
    for operation in NOT_TRIED {
        command.args(["--exclude-operation-id", operation]);
    }
    command
}

#[test]
fn whatever_may_be_asked_is_answered_as_the_document_says() {
    let Some(program) = installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("maple.toml");
    let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.path().join(key))));
    fs::write(&config, keys.concat()).unwrap();
    let database = format!("sqlite://{}", text(&folder.path().join("maple.sqlite")));
    let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database];
    let server = started(maple(&words));
    // Something to show.
    check(&["demo", "--cases", "100", "--seed", "3", "--to", "2026-10-31", "--server", &server.url()], 0);
    let example = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    assert_eq!(asked(&server.address, "", "POST /v1/evaluate", &example).unwrap().0, 200);
    let report = folder.path().join("report.json");
    let output = tried(&program, &server.url(), &report).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // A run whose time is over ends well: so what it has tried is looked at.
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let (tried, left_out) = (&report["operations"], NOT_TRIED.len() as u64);
    assert_eq!(tried["total"], operations(), "{report}");
    assert_eq!(
        (&tried["selected"], &tried["tested"]),
        (&json!(operations() - left_out), &tried["selected"]),
        "{report}"
    );
    assert_eq!((&tried["errored"], &tried["skipped"]), (&json!(0), &json!(0)), "{report}");
    for phase in PHASES {
        assert_eq!(report["phases"][phase]["status"], "success", "{report}");
    }
    assert!(report["test_cases"]["generated"].as_u64().is_some_and(|count| count > 500), "{report}");
}
