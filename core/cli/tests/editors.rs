//! What `sdk/docs/editors.md` promises: schemas, completions of shells, manual pages, and settings that are sound.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{check, err, maple, out, root, text};

fn page() -> String {
    fs::read_to_string(root().join("sdk/docs/editors.md")).unwrap()
}

fn blocks(language: &str) -> Vec<String> {
    let (page, open) = (page(), format!("```{language}\n"));
    page.split(open.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn commands_of_the_page_run() {
    let folder = tempfile::tempdir().unwrap();
    let commands: Vec<String> =
        blocks("sh").iter().flat_map(|b| b.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.strip_prefix("maple ").unwrap().split_whitespace().collect();
        let output = maple(&words).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {}", err(&output));
        assert!(words.contains(&"--dir") || !output.stdout.is_empty(), "{command}");
    }
    assert!(folder.path().join("man/maple-check.1").is_file());
    assert!(folder.path().join("man/maple-import-dmn.1").is_file());
    // The sample names files that are there now.
    let sample = blocks("toml").into_iter().find(|block| block.contains("[[rule]]\ninclude")).unwrap();
    let sample: toml::Table = sample.parse().unwrap();
    let rules = sample["rule"].as_array().unwrap();
    assert_eq!(rules.len(), 15);
    for rule in rules {
        let schema = folder.path().join(rule["schema"]["path"].as_str().unwrap());
        assert!(schema.is_file(), "{}", schema.display());
    }
}

#[test]
fn settings_of_the_page_are_sound() {
    let settings: Value = serde_json::from_str(&blocks("json")[0]).unwrap();
    assert_eq!(settings["glspc.server.command"], "maple");
    for block in blocks("toml") {
        assert!(block.parse::<toml::Table>().is_ok(), "{block}");
    }
    for block in blocks("lua").iter().chain(&blocks("elisp")) {
        let count = |c: char| block.matches(c).count();
        assert!(count('(') == count(')') && count('{') == count('}') && block.contains("\"lsp\""), "{block}");
    }
}

#[test]
fn schemas_are_those_of_the_sdk() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a/schemas");
    check(&["schema", "--dir", &text(&target)], 0);
    let kept = root().join("sdk/schemas");
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&target), names(&kept), "write them anew: maple schema --dir sdk/schemas");
    for name in names(&kept) {
        let same = fs::read(target.join(&name)).unwrap() == fs::read(kept.join(&name)).unwrap();
        assert!(same, "{} is not current: maple schema --dir sdk/schemas", name.display());
    }
    let (printed, _) = check(&["schema", "server"], 0);
    let schema: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["properties"]["keep-going"]["type"], "boolean");
    let (_, said) = check(&["schema", "rule"], 2);
    assert!(said.contains("there is no schema `rule`") && said.contains("`rules`"), "{said}");
    check(&["schema"], 2);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (_, said) = check(&["schema", "--dir", &text(&file)], 3);
    assert!(said.contains("cannot write"), "{said}");
    let (_, said) = check(&["man", "--dir", &text(&file)], 3);
    assert!(said.contains("cannot write manual pages"), "{said}");
}

#[test]
fn examples_of_the_pages_point_to_their_schemas() {
    for (name, schema) in [("ingest/cfpb", "ingest-map"), ("ingest/nyc-311", "ingest-map")] {
        let path = root().join(format!("sdk/docs/examples/{name}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        let pointed = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let meant = root().join(format!("sdk/schemas/{schema}.json"));
        assert_eq!(path.parent().unwrap().join(pointed).canonicalize().unwrap(), meant.canonicalize().unwrap());
    }
}

#[test]
fn shells_complete_every_command() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef maple"),
        ("fish", "complete -c maple"),
        ("powershell", "Register-"),
        ("elvish", "edit:"),
    ] {
        let (script, _) = check(&["completions", shell], 0);
        assert!(script.contains(mark), "{shell}");
        for command in ["check", "test", "lsp", "completions", "schema"] {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
    }
    check(&["completions", "tcsh"], 2);
    let output = maple(&["man"]).output().unwrap();
    assert!(out(&output).starts_with(".ie") || out(&output).contains(".TH maple 1"), "{}", out(&output));
}

#[test]
fn a_new_project_points_to_its_schemas() {
    for language in ["table", "rust", "javascript", "python"] {
        let folder = tempfile::tempdir().unwrap();
        check(&["new", "pointed", "--lang", language, "--dir", &text(folder.path())], 0);
        let project = folder.path().join("pointed");
        let mut pointed = 0;
        let mut waiting = vec![project.join("policies")];
        while let Some(dir) = waiting.pop() {
            for entry in fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else if path.extension().is_some_and(|e| e == "toml") {
                    let policy = fs::read_to_string(&path).unwrap();
                    let schema = policy.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
                    assert!(dir.join(schema).is_file(), "{}: {schema}", path.display());
                    pointed += 1;
                }
            }
        }
        assert_eq!(pointed, if language == "table" { 2 } else { 1 }, "{language}");
    }
}
