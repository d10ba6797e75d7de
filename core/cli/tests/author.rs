//! An author's way from nothing to a tested policy, with the binary alone: no checkout, and no toolchain for a table.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod folder;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// `maple` with these words in a folder, without this machine's configuration.
fn maple(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maple"));
    for key in ["MAPLE_POLICIES", "MAPLE_PLUGINS", "LC_ALL", "LC_MESSAGES", "LANG", "CARGO", "RUSTC"] {
        command.env_remove(key);
    }
    // What projects in Rust have in common is compiled once, and so are the plugins that all projects have.
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/author");
    command.args(words).current_dir(folder).env("RUST_LOG", "error");
    command.env("MAPLE_STATE", shared.join("state")).env("CARGO_TARGET_DIR", shared);
    command
}

/// Runs it and gives its exit code with everything that it said.
fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    said(&maple(folder, words).output().unwrap())
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code(), text.concat())
}

fn good(folder: &Path, words: &[&str]) -> String {
    let (code, text) = run(folder, words);
    assert_eq!(code, Some(0), "maple {words:?}: {text}");
    text
}

/// A new project in a new folder.
fn project(language: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    good(folder.path(), &["new", "many-wages", "--lang", language]);
    let path = folder.path().join("many-wages");
    (folder, path)
}

fn built(project: &Path) -> Value {
    let output = maple(project, &["build", ".", "--json"]).output().unwrap();
    assert!(output.status.success(), "{:?}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn table_file(project: &Path) -> PathBuf {
    project.join("policies/cn/zhejiang/jinhua/yongkang/many-wages.toml")
}

#[test]
fn a_table_needs_nothing_but_the_binary() {
    let (_folder, project) = project("table");
    types_what_its_readme_says(&project);
    let run = |words: &[&str]| said(&maple(&project, words).env("PATH", "").output().unwrap());
    for (words, told) in [
        (&["check", "."][..], "0 errors, 0 warnings"),
        (&["test", "."], "2 passed, 0 failed"),
        (&["check", "policies"], "0 errors"),
        (&["eval", "--case", "case.json", "--lang", "en"], "[cn/zhejiang/jinhua/yongkang/many-wages W1]"),
        (&["bench", "--rounds", "3"], "cn/zhejiang/jinhua/yongkang/many-wages"),
        (&["build", "."], "contract   0.1.0"),
    ] {
        let (code, text) = run(words);
        assert_eq!(code, Some(0), "{words:?}: {text}");
        assert!(text.contains(told), "{words:?}: {text}");
    }
    let table = fs::read_to_string(table_file(&project)).unwrap();
    fs::write(table_file(&project), table.replace("min = 10", "min = 15")).unwrap();
    let (code, text) = run(&["test", "."]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("fourteen workers are offered the county"), "{text}");
    fs::write(table_file(&project), table.replace("people =", "poeple =")).unwrap();
    let (code, text) = run(&["build", "."]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("did you mean `people`?"), "{text}");
}

#[test]
fn a_table_has_the_same_bytes_wherever_it_lies() {
    let both = [project("table"), project("table")].map(|(folder, project)| (folder, built(&project)));
    let [(_, one), (_, other)] = &both;
    for part in ["/digest", "/packs/0/files"] {
        let digest = one.pointer(part).and_then(Value::as_str).unwrap();
        assert!(digest.starts_with("sha256:"), "{digest}");
        assert_eq!(one.pointer(part), other.pointer(part), "{part}");
    }
}

#[test]
fn a_project_keeps_its_own_law_and_words_beside_those_that_ship() {
    let (_folder, project) = project("table");
    let policies = project.join("policies");
    fs::create_dir(policies.join("localities")).unwrap();
    let place = "[[locality]]\nid = \"cn/zhejiang/jinhua/yongkang/own\"\ntitle = { zh = \"自\", en = \"Own\" }\n";
    fs::write(policies.join("localities/own.toml"), place).unwrap();
    fs::rename(policies.join("cn/zhejiang/jinhua/yongkang"), policies.join("own")).unwrap();
    let to = policies.join("cn/zhejiang/jinhua/yongkang/own");
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(policies.join("own"), &to).unwrap();
    let pack = fs::read_to_string(to.join("pack.toml")).unwrap().replace("yongkang\"", "yongkang/own\"");
    fs::write(to.join("pack.toml"), pack).unwrap();
    assert!(good(&project, &["check", "."]).contains("0 errors"));
    let text = good(&project, &["test", "."]);
    assert!(text.contains("2 passed"), "the cases of the packs above are not the author's: {text}");
    let case = fs::read_to_string(project.join("case.json")).unwrap().replace("yongkang\"", "yongkang/own\"");
    fs::write(project.join("case.json"), case).unwrap();
    let text = good(&project, &["eval", "--case", "case.json", "--lang", "en", "--explain"]);
    assert!(text.contains("yongkang/own/many-wages") && text.contains("longshan"), "{text}");
}

#[test]
fn a_rust_project_is_green_and_has_the_same_bytes_wherever_it_lies() {
    let (_one, here) = project("rust");
    let first = built(&here);
    assert_eq!(first.get("contract").and_then(|version| version.as_str()), Some("0.1.0"));
    assert_eq!(first["imports"], serde_json::json!(["maple:policy/diary@0.1.0", "maple:policy/types@0.1.0"]));
    assert!(good(&here, &["check", "."]).contains("0 errors, 0 warnings"));
    assert!(good(&here, &["test", "."]).contains("2 passed, 0 failed"));
    types_what_its_readme_says(&here);

    let (_other, there) = project("rust");
    assert_eq!(built(&there)["digest"], first["digest"]);
    let source = there.join("src/lib.rs");
    let rule = fs::read_to_string(&source).unwrap();
    fs::write(&source, rule.replace("people >= self", "people >= = self")).unwrap();
    let (code, text) = run(&there, &["build", "."]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("src/lib.rs:"), "{text}");
    broken(&there, "bad-plugin", "src/lib.rs", "do not compile");
    let clock =
        "#[link(wasm_import_module = \"wasi:clocks/wall-clock@0.2.0\")]\nunsafe extern \"C\" { fn now(at: i32); }\n";
    let reading = rule.replace("let many =", "unsafe { now(0) }\n        let many =");
    fs::write(&source, format!("{clock}{}", reading.replace("//! ", "// "))).unwrap();
    let (code, text) = run(&there, &["build", "."]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("wasi:clocks/wall-clock"), "{text}");
    broken(&there, "foreign-import", "", "wasi:clocks/wall-clock");
    let kept = fs::read(there.join("dist/many-wages.wasm")).unwrap();
    assert_eq!(kept, fs::read(here.join("dist/many-wages.wasm")).unwrap(), "a failed build leaves what was there");
}

#[test]
fn a_toolchain_that_is_missing_is_named_with_the_way_to_get_it() {
    for (language, program, way) in [
        ("rust", "`cargo`", "https://rustup.rs"),
        ("javascript", "`node`", "https://nodejs.org"),
        ("python", "`python3`", "apt install python3 python3-venv python3-pip"),
    ] {
        let (_folder, project) = project(language);
        for words in [&["build", "."], &["check", "."]] {
            let (code, text) = said(&maple(&project, words).env("PATH", "").output().unwrap());
            assert_eq!(code, Some(3), "{language}: {text}");
            assert!(text.contains(program) && text.contains(way), "{language}: {text}");
        }
        assert!(!project.join("dist").join("many-wages.wasm").exists());
    }
}

/// The project of a language in a place that outlives the test, as `maple new` makes it: what it fetches and builds is
/// fetched and built once. None, and aloud, where this machine or its registry cannot build it.
fn kept(language: &str) -> Option<(PathBuf, Value)> {
    let (_folder, made) = project(language);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/author").join(language).join("many-wages");
    for folder in ["src", "vendor", "policies"] {
        let _ = fs::remove_dir_all(kept.join(folder));
    }
    folder::copy(&made, &kept);
    let output = maple(&kept, &["build", ".", "--json"]).output().unwrap();
    let (code, text) = said(&output);
    if code == Some(3) && (text.contains("cannot use `") || text.contains("cannot install what")) {
        assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{text}");
        eprintln!("SKIPPED: {language} cannot be built here: {text}");
        return None;
    }
    assert_eq!(code, Some(0), "{text}");
    Some((kept, serde_json::from_slice(&output.stdout).unwrap()))
}

/// What a project's README says to type next, typed into a shell.
#[track_caller]
fn types_what_its_readme_says(project: &Path) {
    let readme = fs::read_to_string(project.join("README.md")).unwrap();
    let block = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    assert!(block.lines().count() >= 3 && block.lines().all(|line| line.starts_with("maple ")), "{block}");
    let binary = Path::new(env!("CARGO_BIN_EXE_maple")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    for (key, value) in maple(project, &[]).get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    let output = shell.args(["-e", "-c", block]).current_dir(project).env("PATH", path).output().unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(0), "{block}\n{text}");
    assert!(text.contains("0 errors, 0 warnings") && text.contains("2 passed, 0 failed"), "{text}");
}

/// What holds of a project in either language.
fn is_green(language: &str, source: &str, odd: &str) {
    let Some((here, first)) = kept(language) else { return };
    types_what_its_readme_says(&here);
    assert_eq!(first.get("contract").and_then(|version| version.as_str()), Some("0.1.0"));
    let ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("maple:policy/"));
    let imports = first.get("imports").and_then(|imports| imports.as_array());
    assert!(imports.is_some_and(|all| all.iter().all(ours)), "{first}");
    assert!(good(&here, &["check", "."]).contains("0 errors, 0 warnings"));
    assert!(good(&here, &["test", "."]).contains("2 passed, 0 failed"));
    let table = good(&here, &["bench", ".", "--rounds", "5"]);
    let own = table.lines().find(|line| line.contains("yongkang/many-wages"));
    assert!(table.contains("sandbox µs") && own.is_some(), "{table}");
    assert_eq!(built(&here).get("digest"), first.get("digest"), "nothing has changed");

    let policies = here.join("policies/cn/zhejiang/jinhua/yongkang/pack.toml");
    let pack = fs::read_to_string(&policies).unwrap();
    fs::write(&policies, pack.replace("people-min = 10", "people-min = 0\npeople = 10")).unwrap();
    let (code, text) = run(&here, &["check", "."]);
    fs::write(&policies, &pack).unwrap();
    assert_eq!(code, Some(1), "{text}");
    for told in ["must be a whole number from 1 to 10000, not `0`", "`people` is not a setting here", "pack.toml:"] {
        assert!(text.contains(told), "{told}: {text}");
    }

    let component = here.join("dist/many-wages.wasm");
    let before = fs::read(&component).unwrap();
    let rule = fs::read_to_string(here.join(source)).unwrap();
    fs::write(here.join(source), format!("{odd}\n{rule}")).unwrap();
    let (code, text) = run(&here, &["build", "."]);
    fs::write(here.join(source), rule).unwrap();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("`many-wages` does not build") && text.contains("policy"), "{text}");
    assert_eq!(fs::read(&component).unwrap(), before, "a failed build leaves what was there");
    let left = |entry: fs::DirEntry| entry.file_name().to_string_lossy().ends_with(".part");
    assert!(!fs::read_dir(here.join("dist")).unwrap().any(|entry| left(entry.unwrap())), "half-written files are left");
}

#[test]
fn a_javascript_project_is_green() {
    is_green("javascript", "src/policy.js", "this is no JavaScript;");
}

/// The same sources on the other engine, with a mistake that is told with the author's own line.
#[test]
fn a_javascript_project_runs_on_spidermonkey() {
    for program in ["node", "npm"] {
        if Command::new(program).arg("--version").output().is_err() {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "`{program}` is missing");
            eprintln!("SKIPPED: `{program}` is missing");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    good(folder.path(), &["new", "many-wages", "--lang", "javascript", "--engine", "spidermonkey"]);
    let here = folder.path().join("many-wages");
    let source = here.join("src/policy.js");
    let rule = fs::read_to_string(&source).unwrap();
    // It reads the case, and breaks where thirteen people are concerned.
    let odd = "if (file.count(facts.PEOPLE) === 13) return file.count(facts.CALLS_7D).toFixed();\n";
    let first = "  assess(file) {\n";
    let at = rule.find(first).unwrap() + first.len();
    fs::write(&source, format!("{}{odd}{}", &rule[..at], &rule[at..])).unwrap();
    let imports = built(&here).get("imports").cloned().unwrap();
    assert_eq!(imports, serde_json::json!(["maple:policy/diary@0.1.0", "maple:policy/types@0.1.0"]));

    let case = fs::read_to_string(here.join("case.json")).unwrap();
    let mut case: Value = serde_json::from_str(&case).unwrap();
    *case.pointer_mut("/case/facts/people").unwrap() = 13.into();
    fs::write(here.join("thirteen.json"), case.to_string()).unwrap();
    let text = good(&here, &["run", ".", "--case", "thirteen.json", "--explain", "--lang", "en"]);
    let line = rule[..at].lines().count() + 1;
    assert!(
        text.contains("its code broke down: `TypeError") && text.contains(&format!("at src/policy.js, line {line}")),
        "{text}"
    );
}

#[test]
fn a_python_project_is_green() {
    is_green("python", "src/policy.py", "this is no Python");
}

#[test]
fn the_rules_of_scripts_are_tried_without_a_sandbox() {
    for (language, program, words) in
        [("javascript", "node", &["--test", "test/"][..]), ("python", "python3", &["-m", "unittest"])]
    {
        let (_folder, project) = project(language);
        let Ok(output) = Command::new(program).args(words).current_dir(&project).output() else {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "`{program}` is missing");
            eprintln!("SKIPPED: `{program}` is missing");
            continue;
        };
        assert!(output.status.success(), "{language}: {}", said(&output).1);
    }
}

/// What a script throws ends the diary as a panic of Rust does, with the author's own file and line; the runtime's lines
/// come before it.
#[test]
fn what_a_script_throws_is_told_with_its_own_line() {
    let javascript = "import P from './src/policy.js'; import { ask } from './vendor/maple/testing.js'; \
                      ask(P, {}, { kind: 'labour.wage', facts: { people: 12 } });";
    let python = "import tests; from maple.testing import ask; from policy import ManyWorkers; \
                  ask(ManyWorkers, {}, 'labour.wage', {'people': 12})";
    for (language, program, words, source, rule, broken) in [
        (
            "javascript",
            "node",
            &["--input-type=module", "-e", javascript][..],
            "src/policy.js",
            "(file.count(facts.PEOPLE) ?? 0) >=",
            "file.count(facts.CALLS_7D).toFixed() >=",
        ),
        (
            "python",
            "python3",
            &["-c", python],
            "src/policy.py",
            "(case.count(facts.PEOPLE) or 0) >=",
            "case.nothing >=",
        ),
    ] {
        let (_folder, project) = project(language);
        let text = fs::read_to_string(project.join(source)).unwrap();
        let line = text.lines().position(|line| line.contains(rule)).unwrap() + 1;
        fs::write(project.join(source), text.replace(rule, broken)).unwrap();
        let Ok(output) = Command::new(program).args(words).current_dir(&project).output() else {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "`{program}` is missing");
            eprintln!("SKIPPED: `{program}` is missing");
            continue;
        };
        let (code, text) = said(&output);
        assert_ne!(code, Some(0), "{text}");
        let diary: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("diary: ")).collect();
        let (last, before) = diary.split_last().unwrap_or_else(|| panic!("no diary: {text}"));
        assert!(last.starts_with("panic: ") && last.ends_with(&format!(" at {source}:{line}")), "{last}");
        assert!(before.iter().any(|line| line.contains(source)) && before.len() <= 16, "{before:?}");
    }
}

#[test]
fn a_registry_out_of_reach_is_named_and_nothing_is_left() {
    for (language, program) in [("javascript", "npm"), ("python", "pip")] {
        let (_folder, project) = project(language);
        let mut build = maple(&project, &["build", "."]);
        let nowhere = "http://127.0.0.1:9";
        let cache = project.join("cache");
        for key in ["npm_config_registry", "PIP_INDEX_URL"] {
            build.env(key, nowhere);
        }
        for key in ["npm_config_fetch_retries", "PIP_RETRIES"] {
            build.env(key, "0");
        }
        build.env("npm_config_cache", &cache).env("PIP_CACHE_DIR", &cache).env("PIP_FIND_LINKS", &cache);
        let (code, text) = said(&build.output().unwrap());
        assert_eq!(code, Some(3), "{language}: {text}");
        if text.contains("cannot use `") {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{text}");
            eprintln!("SKIPPED: {text}");
            continue;
        }
        assert!(text.contains(&format!("`{program}` cannot install what `")), "{language}: {text}");
        assert!(text.contains("is the registry within reach?"), "{language}: {text}");
        assert!(!project.join("dist/many-wages.wasm").exists());
    }
}

#[test]
fn what_cannot_be_made_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("there")).unwrap();
    for (words, code, told) in [
        (&["new", "x", "--lang", "rusty"][..], 2, "a similar value exists: 'rust'"),
        (&["new", "x"], 2, "--lang"),
        (&["new", "x", "--lang", "rust", "--engine", "spidermonkey"], 2, "write `--lang javascript`"),
        (&["new", "x", "--lang", "javascript", "--engine", "v8"], 2, "quickjs, spidermonkey"),
        (&["new", "Many Wages", "--lang", "table"], 2, "such as `many-wages`"),
        (&["new", "../up", "--lang", "table"], 2, "such as `up`"),
        (&["new", "there", "--lang", "rust"], 2, "`there` is there already"),
        (&["new", "x", "--lang", "rust", "--dir", "/proc/nowhere"], 3, "cannot write `/proc/nowhere/x`"),
        (&["build", "there"], 2, "maple new NAME"),
        (&["build", "nowhere"], 3, "cannot read `nowhere`"),
    ] {
        let (found, text) = run(folder.path(), words);
        assert_eq!(found, Some(code), "{words:?}: {text}");
        assert!(text.contains(told), "{words:?}: {text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    assert_eq!(fs::read_dir(folder.path().join("there")).unwrap().count(), 0);
}

#[test]
fn components_that_are_none_of_ours_are_refused() {
    let (_folder, project) = project("table");
    let plugins = project.join("plugins");
    fs::create_dir(&plugins).unwrap();
    let odd = plugins.join("odd.wasm");
    let component = |text: &str| wat::parse_str(format!("(component {text})")).unwrap();
    let exports = |name: &str| component(&format!("(instance $i) (export \"{name}\" (instance $i))"));
    let rows: [(Vec<u8>, &str); 5] = [
        (b"not wasm at all".to_vec(), "is not a WebAssembly component"),
        (wat::parse_str("(module)").unwrap(), "is a core WebAssembly module"),
        (exports("maple:policy/policy@0.2.0"), "it exports `maple:policy/policy@0.2.0`"),
        (exports("other:thing/policy@0.1.0"), "does not export"),
        (
            component(
                "(import \"wasi:clocks/wall-clock@0.2.0\" (instance $i)) (export \"maple:policy/policy@0.1.0\" (instance $i))",
            ),
            "imports `wasi:clocks/wall-clock@0.2.0`",
        ),
    ];
    for (bytes, told) in rows {
        fs::write(&odd, bytes).unwrap();
        let (code, text) = run(&project, &["check", "."]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("odd.wasm") && text.contains(told), "{text}");
    }
    let huge = fs::File::create(&odd).unwrap();
    huge.set_len(100 << 20).unwrap();
    let table = fs::read_to_string(table_file(&project)).unwrap();
    fs::write(table_file(&project), table.replace("people = {", "poeple = {")).unwrap();
    let problems = told(&project, &["check", ".", "--json"]);
    let codes: Vec<&str> = problems.iter().filter_map(|problem| problem["code"].as_str()).collect();
    assert_eq!(codes, ["bad-plugin", "unknown-fact", "not-analysed"], "{problems:#?}");
    let large = problems[0]["message"].as_str().unwrap();
    assert!(large.contains("104857600 bytes, a plugin may have 67108864"), "{large}");
}

/// What `maple check --json` tells, when something is wrong.
fn told(project: &Path, words: &[&str]) -> Vec<Value> {
    let output = maple(project, words).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A plugin that cannot be built is told beside every other problem, at its line, and nothing untrue follows from it.
#[track_caller]
fn broken(project: &Path, code: &str, file: &str, message: &str) {
    let pack = project.join("policies/cn/zhejiang/jinhua/yongkang/pack.toml");
    let kept = fs::read_to_string(&pack).unwrap();
    fs::write(&pack, kept.replace("lacks-rules", "lacks-rulez")).unwrap();
    let problems = told(project, &["check", ".", "--json"]);
    fs::write(&pack, kept).unwrap();
    let codes: Vec<&str> = problems.iter().filter_map(|problem| problem["code"].as_str()).collect();
    assert_eq!(codes, [code, "unknown-key"], "{problems:#?}");
    let text = |key: &str| problems[0][key].as_str().unwrap_or_default();
    assert!(text("file").ends_with(file) && text("message").contains(message), "{problems:#?}");
    assert!(!text("advice").is_empty(), "{problems:#?}");
    assert_eq!(problems[0]["line"].as_u64().is_some_and(|line| line > 0), file.contains('.'), "{problems:#?}");
}
