//! A plugin by itself on the command line: built, asked, measured; and files that are no plugin.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

mod support;

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::{check, text};

const CASE: &str = "core/cli/src/example.json";
const CRATE: &str = "plugins/leaders-day";
const SETTINGS: &str = "basis = [\"cn.petitions.31\"]\nday-of-month = 15\ntriggers = { pending-days-over = 30 }\n";

/// The component of the crate, built into a folder of the caller's choice.
fn built(folder: &Path) -> String {
    let out = folder.join("made/here");
    let (said, _) = check(&["build", CRATE, "--out", &text(&out), "--json"], 0);
    let built: Value = serde_json::from_str(&said).unwrap();
    let component = out.join("leaders-day.wasm");
    assert_eq!(built["component"], text(&component));
    assert_eq!(built["size"], fs::metadata(&component).unwrap().len());
    assert!(!Path::new(CRATE).join("dist").exists(), "nothing is left in the sources");
    text(&component)
}

/// A case in which the plugin has something to say.
fn pending(folder: &Path) -> String {
    let mut case: Value = serde_json::from_str(&fs::read_to_string(support::root().join(CASE)).unwrap()).unwrap();
    case["case"]["facts"]["pending_days"] = json!(45);
    let path = folder.join("case.json");
    fs::write(&path, case.to_string()).unwrap();
    text(&path)
}

#[test]
fn a_component_and_its_crate_are_asked_and_measured_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (component, case) = (built(folder.path()), pending(folder.path()));
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, SETTINGS).unwrap();
    let settings = text(&settings);
    let mut answers = Vec::new();
    for what in [component.as_str(), CRATE] {
        let (said, _) = check(&["run", what, "--case", &case, "--settings", &settings, "--json"], 0);
        let decision: Value = serde_json::from_str(&said).unwrap();
        let verdicts = decision["decision"]["verdicts"].as_array().unwrap();
        assert_eq!((verdicts.len(), &verdicts[0]["verdict"]), (1, &json!("applies")), "{said}");
        let steps = decision["decision"]["steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["channel"] == "leaders_reception"), "{said}");
        answers.push(decision);

        let (said, _) = check(&["bench", what, "--case", &case, "--settings", &settings, "--rounds", "5", "--json"], 0);
        let figures: Value = serde_json::from_str(&said).unwrap();
        let policies = figures["policies"].as_array().unwrap();
        assert_eq!(policies.len(), 1, "{said}");
        assert!(policies[0]["policy"].as_str().unwrap().ends_with("/leaders-day"), "{said}");
        assert!(policies[0]["fuel"].as_u64().unwrap() > 0, "{said}");
    }
    assert_eq!(answers[0], answers[1], "the crate and its component decide the same");
    // Without the settings that it needs, the plugin says which.
    for command in ["run", "bench"] {
        let (said, _) = check(&[command, &component, "--case", &case], 1);
        assert!(said.contains("error[refused-setting]") && said.contains("day-of-month"), "{said}");
    }
    let (said, _) =
        check(&["run", &component, "--case", &case, "--settings", &settings, "--explain", "--lang", "en"], 0);
    assert!(said.contains("leaders-day: "), "{said}");
}

#[test]
fn files_that_are_no_plugin_of_ours_are_refused_by_run_and_bench() {
    let folder = tempfile::tempdir().unwrap();
    let other = "(component (instance $i) (export \"maple:policy/policy@0.2.0\" (instance $i)))";
    let clock = "(component (import \"wasi:clocks/wall-clock@0.2.0\" (instance)))";
    let put = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    put("other.wasm", wat::parse_str(other).unwrap());
    put("clock.wasm", wat::parse_str(clock).unwrap());
    put("module.wasm", wat::parse_str("(module)").unwrap());
    put("none.wasm", b"no component".to_vec());
    fs::File::create(folder.path().join("huge.wasm")).unwrap().set_len(100 << 20).unwrap();
    for (name, says) in [
        ("other.wasm", "it exports `maple:policy/policy@0.2.0`"),
        ("clock.wasm", "imports `wasi:clocks/wall-clock@0.2.0`"),
        ("module.wasm", "is a core WebAssembly module"),
        ("none.wasm", "is not a WebAssembly component"),
        ("huge.wasm", "the file has 104857600 bytes, a plugin may have 67108864"),
    ] {
        let path = text(&folder.path().join(name));
        for command in ["run", "bench"] {
            let (_, side) = check(&[command, &path, "--case", CASE], 2);
            assert!(side.contains(says) && side.contains(&path), "{command} {name}: {side}");
        }
    }
}
