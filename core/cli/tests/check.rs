//! `maple check` by everything that it promises to tell: code, file, line, message and advice, as text and as JSON.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;
use support::{check, copy, err, maple, out, root, run, text};

/// What is wrong on one line, and how it is told: the line, what is in it that the mistake is about, the code, words of
/// the message and of the advice.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const NO_BASIS: &str = "basis = [\"cn.peoples_mediation.17\"]";

/// A rule with one line that is wrong.
fn rule(at: usize, wrong: &str) -> String {
    let with = |key: &str, usual: &str| if wrong.starts_with(key) { wrong.to_owned() } else { usual.to_owned() };
    let lines = [
        "[[rule]]".to_owned(),
        format!("id = \"X{at}\""),
        with("summary", "summary = { zh = \"规则\", en = \"rule\" }"),
        with("when", "when = { urgent = true }"),
        with("then", "then = [{ prefer = \"peoples_mediation\", weight = 1 }]"),
        with("basis", NO_BASIS),
    ];
    let known = ["summary", "when", "then", "basis"].iter().any(|key| wrong.starts_with(key));
    lines.join("\n") + "\n" + &if known { String::new() } else { format!("{wrong}\n") }
}

/// A copy of the shipped policies with these files written over it.
fn policies(files: &[(&str, &str)]) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    copy(&root().join("policies"), &copied.path().join("policies"));
    for (path, text) in files {
        fs::write(copied.path().join("policies").join(path), text).unwrap();
    }
    copied
}

/// The objects of `--json`, one a line.
fn told(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

const YONGKANG: &str = "cn/zhejiang/jinhua/yongkang";
const YIWU: &str = "cn/zhejiang/jinhua/yiwu";
const PUJIANG: &str = "cn/zhejiang/jinhua/pujiang";

/// Holds that a problem is told at the line of `wrong` within its file, in JSON and, with the line, in text.
#[track_caller]
fn holds(file: &str, content: &str, row: &Row, json: &[Value], shown: &str) {
    let (wrong, about, code, message, advice) = row;
    let line = content.lines().position(|line| line == *wrong).unwrap_or_else(|| panic!("{wrong}")) + 1;
    let said = |value: &Value, words: &str| value.as_str().unwrap_or("").contains(words);
    let found = json.iter().find(|problem| {
        problem["code"] == *code
            && problem["file"] == file
            && problem["line"] == line
            && said(&problem["message"], message)
    });
    let all = || json.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let Some(problem) = found else { panic!("{code} of `{wrong}`, line {line} of {file}, is not among\n{}", all()) };
    assert!(said(&problem["advice"], advice), "{advice}: {problem}");
    let column = problem["column"].as_u64().unwrap();
    let at = wrong.chars().skip(usize::try_from(column).unwrap() - 1).collect::<String>();
    assert!(at.starts_with(about), "column {column} of `{wrong}` is `{at}`, not `{about}`");
    let place = format!("{file}:{line}:{column}\n");
    let text = shown.split("\n\n").find(|text| text.contains(&format!("[{code}]: ")) && text.contains(&place));
    let text = text.unwrap_or_else(|| panic!("{code} at {place} is not shown in\n{shown}"));
    let the_line = text.lines().find(|shown| shown.trim_start().starts_with(&format!("{line} ")));
    assert!(the_line.is_some_and(|shown| shown.contains(about)), "the line is not shown:\n{text}");
    assert!(text.contains('^') && (problem["advice"].is_null() || text.contains("help: ")), "{text}");
}

#[test]
fn every_problem_of_the_files_is_told_at_once() {
    let rows: &[Row] = &[
        ("sumary = { zh = \"一\", en = \"one\" }", "sumary", "unknown-key", "`sumary`", "`summary`"),
        ("when = { poeple = { above = 10 } }", "poeple", "unknown-fact", "`poeple`", "`people`"),
        ("when = { kind = [\"labor.*\"] }", "\"labor.*\"", "unknown-kind", "`labor.*`", "`labour.*`"),
        (
            "then = [{ offer = \"labour_mediaton\" }]",
            "\"labour_mediaton\"",
            "unknown-channel",
            "`labour_mediaton`",
            "`labour_mediation`",
        ),
        ("then = [{ duty = \"explian_what\", weight = 1 }]", "\"explian_what\"", "unknown-word", "`explian_what`", ""),
        ("when = { locality = \"cn/zhejang\" }", "\"cn/zhejang\"", "unknown-locality", "`cn/zhejang`", "`cn/zhejiang`"),
        ("basis = [\"cn.peoples_mediation.999\"]", "\"cn.peoples_mediation.999\"", "unknown-provision", "999", ""),
        (
            "basis = [\"cn.civil_procedure_2012.194\"]",
            "\"cn.civil_procedure_2012.194\"",
            "basis-not-in-force",
            "not in force",
            "in-force-to",
        ),
        ("summary = { en = \"rule\" }", "{ en", "missing-language", "`zh`", "zh ="),
        ("summary = { zh = \"规则\" }", "{ zh", "missing-language", "`en`", "en ="),
        ("when = { people = { min = 9, max = 3 } }", "{ min", "never-true", "never applies", "bounds"),
    ];
    let rules: String = rows.iter().enumerate().map(|(at, row)| rule(at, row.0)).collect();
    let pack = fs::read_to_string(root().join("policies").join(YIWU).join("pack.toml")).unwrap();
    let ladder: &[Row] =
        &[("plugin = { id = \"leaders-day\", version = \"^9\" }", "", "plugin-version", "leaders-day", "")];
    let contract = ("contract = \"^9\"", "\"^9\"", "contract-version", "`^9`", "^0.1");
    let yongkang = fs::read_to_string(root().join("policies").join(YONGKANG).join("pack.toml")).unwrap();
    let yongkang = yongkang.replace("contract = \"^0.1\"", "contract = \"^9\"");
    let yongkang_pack = format!("{YONGKANG}/pack.toml");
    let pujiang = fs::read_to_string(root().join("policies").join(PUJIANG).join("pack.toml")).unwrap();
    let pujiang = pujiang.replace("version = \"^1\" }", "version = \"^9\" }");
    let yiwu: &[Row] = &[
        ("weight = \"forty\"", "\"forty\"", "refused-setting", "weight", ""),
        ("replaces = [\"cn/labour#R19\"]", "\"cn/labour#R19\"", "weakens-floor", "is floor", "add to it"),
    ];
    let pack = pack.replace("weight = 40", "weight = \"forty\"").replacen(
        "purposes = [\"routing\"]",
        "purposes = [\"routing\"]\nreplaces = [\"cn/labour#R19\"]",
        1,
    );
    let tight = format!("[limits]\ninstances = 1\nstack-bytes = 65535\n{}", rule(0, NO_BASIS));
    let limits: &[Row] = &[
        ("instances = 1", "1", "limit-too-small", "is made of 3, 1 are given", "give 3"),
        ("stack-bytes = 65535", "65535", "limit-too-small", "smallest stack", "give 65536"),
    ];
    let (broken, wrong) = (format!("{YONGKANG}/broken.toml"), format!("{YONGKANG}/wrong.toml"));
    let tight_path = "cn/zhejiang/jinhua/tight.toml".to_owned();
    let (yiwu_pack, pujiang_pack) = (format!("{YIWU}/pack.toml"), format!("{PUJIANG}/pack.toml"));
    let folder = policies(&[
        (&broken, "[[rule]\nid = \"Y\"\n"),
        (&wrong, &rules),
        (&tight_path, &tight),
        (&yiwu_pack, &pack),
        (&pujiang_pack, &pujiang),
        (&yongkang_pack, &yongkang),
    ]);
    let dir = text(&folder.path().join("policies"));
    let output = run(&["check", "--json", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let json = told(&output);
    let (shown, _) = check(&["check", &dir], 1);
    holds(&broken, "[[rule]\nid = \"Y\"\n", &("[[rule]", "", "syntax", "", ""), &json, &shown);
    for row in rows {
        holds(&wrong, &rules, row, &json, &shown);
    }
    for row in limits {
        holds(&tight_path, &tight, row, &json, &shown);
    }
    for row in yiwu {
        holds(&yiwu_pack, &pack, row, &json, &shown);
    }
    holds(&yongkang_pack, &yongkang, &contract, &json, &shown);
    for row in ladder {
        holds(&pujiang_pack, &pujiang, row, &json, &shown);
    }
}

#[test]
fn a_rule_without_a_case_is_told() {
    let file = format!("{YONGKANG}/more.toml");
    let rules = rule(1, NO_BASIS);
    let folder = policies(&[(&file, &rules)]);
    let dir = text(&folder.path().join("policies"));
    let (json, _) = check(&["check", "--json", &dir], 0);
    let json: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (shown, _) = check(&["check", &dir], 0);
    let row = ("id = \"X1\"", "\"X1\"", "rule-without-case", "X1", "covers = [\"X1\"]");
    holds(&file, &rules, &row, &json, &shown);
    assert!(json.iter().all(|problem| problem["severity"] != "error"));
}

/// What is proved of tables, each with a case that `maple eval` answers.
#[test]
fn what_is_proved_of_a_table_is_told_with_a_case_to_try() {
    let banded = |at: usize, when: &str, then: &str| {
        rule(at, &format!("when = {{ {when} }}")).replace("{ prefer = \"peoples_mediation\", weight = 1 }", then)
    };
    let (prefer, more) =
        ("{ prefer = \"industry_mediation\", weight = 5 }", "{ prefer = \"industry_mediation\", weight = 9 }");
    let duty = "{ duty = \"inform_confirmation_window\", bearer = \"mediation_committee\" }";
    let sale = "kind = \"contract.sale\"";
    let rules = banded(1, &format!("{sale}, people = {{ min = 9 }}, not = {{ people = {{ min = 5 }} }}"), duty)
        + &banded(2, &format!("{sale}, amount = {{ max = \"100.00\" }}"), prefer)
        + &banded(3, &format!("{sale}, amount = {{ min = \"90.00\", max = \"200.00\" }}"), more)
        + &banded(4, &format!("{sale}, amount = {{ min = \"300.00\", max = \"400.00\" }}"), prefer)
        + &banded(5, &format!("{sale}, amount = {{ min = \"300.00\", max = \"400.00\" }}"), prefer);
    let file = format!("{YONGKANG}/more.toml");
    let folder = policies(&[(&file, &rules)]);
    let dir = text(&folder.path().join("policies"));
    let output = run(&["check", "--json", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}{}", out(&output), err(&output));
    let (shown, _) = check(&["check", &dir], 1);
    let json = told(&output);
    for code in ["rule-never-speaks", "contradiction", "duplicate-rule", "gap"] {
        let problem = json.iter().find(|problem| problem["code"] == code && problem["file"] == *file);
        let Some(problem) = problem else { panic!("{code} is not told:\n{}", out(&output)) };
        assert!(problem["line"].as_u64().unwrap() > 0 && problem["advice"].is_string(), "{problem}");
        let case = problem["witness"].to_string();
        let paired = code == "contradiction" || code == "duplicate-rule";
        assert!(!paired || !problem["related"].as_array().unwrap().is_empty(), "{problem}");
        let pasted =
            shown.lines().find(|line| serde_json::from_str::<Value>(line).ok().as_ref() == Some(&problem["witness"]));
        assert!(pasted.is_some(), "the case is not shown: {case}\n{shown}");
        let command =
            shown.lines().find_map(|line| line.strip_prefix("a case that shows it, for `")?.strip_suffix("`:"));
        answered(command.unwrap(), pasted.unwrap());
    }
}

/// Two rules that contradict each other.
fn contradiction() -> String {
    let prefer = |weight: usize| format!("{{ prefer = \"industry_mediation\", weight = {weight} }}");
    let band = |at: usize, amount: &str, then: &str| {
        rule(at, &format!("when = {{ kind = \"contract.sale\", amount = {{ {amount} }} }}"))
            .replace("{ prefer = \"peoples_mediation\", weight = 1 }", then)
    };
    band(1, "max = \"100.00\"", &prefer(5)) + &band(2, "min = \"90.00\"", &prefer(9))
}

/// A file of the same pack that is none hides nothing of the others, and a note says what is not looked at.
#[test]
fn a_mistake_hides_no_proof_of_another_file() {
    let (file, broken) = (format!("{YONGKANG}/more.toml"), format!("{YONGKANG}/broken.toml"));
    let folder = policies(&[(&file, &contradiction()), (&broken, "[[rule]\nid = \"Y\"\n")]);
    let dir = text(&folder.path().join("policies"));
    let output = run(&["check", "--json", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let json = told(&output);
    let of = |code: &str, file: &str| json.iter().filter(|p| p["code"] == code && p["file"] == file).count();
    assert_eq!(
        (of("syntax", &broken), of("not-analysed", &broken), of("contradiction", &file)),
        (1, 1, 1),
        "{json:#?}"
    );
    // Without sound registries nothing is proved, and that is said.
    fs::write(folder.path().join("policies/kinds.toml"), "[[kind]\n").unwrap();
    let json = told(&run(&["check", "--json", &dir]));
    let notes = json.iter().filter(|p| p["code"] == "not-analysed" && p["file"] == "");
    assert_eq!(notes.count(), 1, "{json:#?}");
}

/// What `--json` tells of a project with this table, in the order in which it is told.
fn of_a_table(table: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let made = maple(&["new", "q", "--lang", "table", "--dir", &text(folder.path())]).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    let project = folder.path().join("q");
    fs::write(project.join("policies").join(YONGKANG).join("q.toml"), table).unwrap();
    let output = run(&["check", "--json", &text(&project)]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    told(&output)
}

/// Codes of one severity, each with its line.
fn lines(problems: &[Value], severity: &str) -> Vec<String> {
    let of = problems.iter().filter(|problem| problem["severity"] == severity);
    of.map(|problem| format!("{} {}", problem["code"].as_str().unwrap(), problem["line"])).collect()
}

/// A rule with an error hides nothing of the other rules of its file, and nothing is told that it may set right.
#[test]
fn a_rule_with_an_error_hides_nothing_of_the_others() {
    let when = |at: usize, when: &str, then: &str| {
        rule(at, &format!("when = {{ {when} }}")).replace("{ prefer = \"peoples_mediation\", weight = 1 }", then)
    };
    let offer =
        |days: usize| format!("{{ offer = \"industry_mediation\", due = \"{days} days\", from = \"acceptance\" }}");
    let sale = |amount: &str| format!("kind = \"contract.sale\", amount = {{ {amount} }}");
    let duty = "{ duty = \"inform_confirmation_window\", bearer = \"mediation_committee\" }";
    let sound = when(2, &sale("max = \"100.00\""), &offer(7))
        + &when(3, &sale("min = \"90.00\", max = \"200.00\""), &offer(9))
        + &when(4, &sale("min = \"300.00\""), &offer(9))
        + &when(5, "people = { min = 9 }, not = { people = { min = 5 } }", duty);
    let case = "[[case]]\nname = \"one\"\ncovers = [\"X1\"]\ncase = { kind = \"labour.wage\" }\nexpect = { has-rules = [\"X1\"] }\n";
    let mended = of_a_table(&format!("{}{sound}{case}", rule(1, NO_BASIS)));
    let proved = ["contradiction 14", "rule-never-speaks 28"];
    for line in proved {
        assert!(lines(&mended, "error").contains(&line.to_owned()), "{line}: {mended:#?}");
    }
    assert!(lines(&mended, "warning").iter().any(|line| line.starts_with("gap ")), "{mended:#?}");
    for (wrong, also) in [
        ("when = { poeple = 3 }", "unknown-fact 4"),
        ("basis = []", "missing-basis 6"),
        ("basis = [\"cn.peoples_mediation.999\"]", "unknown-provision 6"),
        ("wen = { people = 3 }", "unknown-key 7"),
    ] {
        let first = match wrong {
            "basis = []" => rule(1, wrong).replace("{ prefer = \"peoples_mediation\", weight = 1 }", duty),
            _ => rule(1, wrong),
        };
        // A line more, where the wrong one stands beside the others.
        let moved = u32::from(wrong.starts_with("wen"));
        let found = of_a_table(&format!("{first}{sound}{case}"));
        let errors = lines(&found, "error");
        let mut wanted =
            vec![also.to_owned(), format!("contradiction {}", 14 + moved), format!("rule-never-speaks {}", 28 + moved)];
        wanted.sort();
        let mut sorted = errors.clone();
        sorted.sort();
        assert_eq!(sorted, wanted, "{found:#?}");
        // What no case shows is told, and of the gap that it may answer itself no more than that it is there.
        let warnings = lines(&found, "warning");
        assert!(warnings.iter().all(|line| line.starts_with("rule-without-")), "{warnings:?}");
        let of = |code: &str| warnings.iter().filter(|line| line.starts_with(&format!("{code} "))).count();
        assert_eq!((of("rule-without-case"), of("rule-without-negative-case")), (4, 5), "{warnings:?}");
        let notes: Vec<String> = lines(&found, "note");
        assert!(notes.iter().any(|line| line == "not-analysed 0") && notes.iter().any(|line| line.starts_with("gap ")));
        let named =
            |problem: &&Value| problem["code"] == "not-analysed" && problem["file"] == format!("{YONGKANG}/q.toml");
        assert_eq!(found.iter().filter(named).count(), 1, "{found:#?}");
        let mut once: Vec<String> = found.iter().map(ToString::to_string).collect();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), found.len(), "something is told twice: {found:#?}");
    }
    // A text that is no TOML in one rule: what is wrong in the others is told, too.
    let odd = rule(1, "when = { people = }") + &rule(6, "when = { poeple = 3 }") + &sound;
    let found = of_a_table(&odd);
    let mut errors = lines(&found, "error");
    errors.sort();
    let wanted = ["contradiction 20", "rule-never-speaks 34", "syntax 4", "unknown-fact 10"];
    assert_eq!(errors, wanted, "{found:#?}");
}

/// Where only a case has an error, or a key that nobody knows stands too much, every table is proved, and no note says
/// otherwise.
#[test]
fn a_case_with_an_error_keeps_no_rule_from_being_proved() {
    let found = of_a_table(&format!("colour = 1\n{}", contradiction()));
    let mut errors = lines(&found, "error");
    errors.sort();
    assert_eq!(errors, ["contradiction 9", "unknown-key 1"], "{found:#?}");
    assert!(lines(&found, "note").is_empty(), "{found:#?}");
    let case = "[[case]]\nname = \"one\"\ncovers = [\"X1\"]\ncase = { kind = \"labour.wage\", facts = { poeple = 3 } }\nexpect = {}\n";
    let found = of_a_table(&format!("{}{case}", contradiction()));
    let errors = lines(&found, "error");
    assert!(errors.contains(&"contradiction 8".to_owned()), "{found:#?}");
    assert!(errors.iter().any(|line| line.starts_with("unknown-fact ")), "{found:#?}");
    assert!(
        found
            .iter()
            .all(|problem| problem["code"] != "not-analysed" || problem["file"] != format!("{YONGKANG}/q.toml")),
        "{found:#?}"
    );
}

/// What is proved as an error keeps a table from being called built.
#[test]
fn a_build_of_tables_proves_them() {
    let folder = policies(&[(&format!("{YONGKANG}/more.toml"), &contradiction())]);
    let dir = text(&folder.path().join("policies"));
    let output = run(&["build", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}{}", out(&output), err(&output));
    for said in ["error[contradiction]", "`X1` and `X2`", "1 error", &format!("`maple check {dir}` shows a case")] {
        assert!(err(&output).contains(said), "{said}: {}", err(&output));
    }
    assert!(!folder.path().join("dist").exists(), "nothing is written");
}

#[test]
fn an_empty_folder_is_told_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let dir = text(folder.path());
    for words in [["check", &dir], ["test", &dir]] {
        let output = run(&words);
        let said = format!("{}{}", out(&output), err(&output));
        assert_ne!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("`maple new NAME --lang table` makes"), "{words:?}: {said}");
    }
}

/// Holds that the command that is shown takes the case as it was shown.
fn answered(command: &str, case: &str) {
    let words: Vec<&str> = command.strip_prefix("maple ").unwrap().split(' ').collect();
    let mut eval = maple(&words);
    let mut child = eval.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(case.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{case}: {}", err(&output));
}

/// Files that belong to no bundle are told beside every other problem, and nothing untrue follows from them.
#[test]
fn files_that_cannot_be_read_are_told_beside_the_rest() {
    let wrong = format!("{YONGKANG}/more.toml");
    let folder = policies(&[(&wrong, &rule(1, "when = { poeple = 3 }")), ("notes.txt", "call back")]);
    let dir = folder.path().join("policies");
    fs::File::create(dir.join("facts.toml")).unwrap().set_len(8 * 1024 * 1024 + 1).unwrap();
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        fs::write(dir.join(std::ffi::OsStr::from_bytes(b"na\xffme.toml")), "").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.join(YONGKANG).join("link.toml")).unwrap();
    }
    let dir = text(&dir);
    let output = run(&["check", "--json", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let json = told(&output);
    let of = |code: &str, file: &str| {
        json.iter()
            .any(|p| p["code"] == code && p["file"].as_str().unwrap().starts_with(file) && p["advice"].is_string())
    };
    assert!(of("stray-file", "notes.txt") && of("too-large", "facts.toml"), "{json:#?}");
    assert!(cfg!(not(target_os = "linux")) || of("bad-path", "na") && of("link-outside", YONGKANG), "{json:#?}");
    // What cannot be read is not said to be missing, and of the words that it would have held nothing is told.
    assert!(json.iter().all(|p| p["code"] != "missing-registry" && p["code"] != "unknown-fact"), "{json:#?}");
    let (shown, _) = check(&["check", &dir], 1);
    for said in ["error[stray-file]", "notes.txt", "error[too-large]", "help: divide it into several files"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    fs::remove_file(Path::new(&dir).join("facts.toml")).unwrap();
    fs::copy(root().join("policies/facts.toml"), Path::new(&dir).join("facts.toml")).unwrap();
    let json = told(&run(&["check", "--json", &dir]));
    assert!(json.iter().any(|p| p["code"] == "unknown-fact") && json.iter().any(|p| p["code"] == "stray-file"));
}

/// A plugin alone: a component, or its sources.
#[test]
fn a_plugin_is_checked_alone() {
    let (shown, _) = check(&["check", "plugins/leaders-day"], 0);
    assert!(shown.contains("0 errors, 0 warnings; its settings are checked where a policy names it"), "{shown}");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    fs::write(path("clock.wasm"), wat::parse_str(CLOCK).unwrap()).unwrap();
    fs::write(path("none.wasm"), "no component").unwrap();
    fs::File::create(path("huge.wasm")).unwrap().set_len(100 << 20).unwrap();
    for (name, code) in [("clock.wasm", "foreign-import"), ("none.wasm", "bad-plugin"), ("huge.wasm", "bad-plugin")] {
        let json = told(&run(&["check", "--json", &path(name)]));
        assert_eq!(json.len(), 1, "{json:#?}");
        assert!(json[0]["code"] == code && json[0]["file"] == path(name).as_str() && json[0]["advice"].is_string());
        let (shown, _) = check(&["check", &path(name)], 1);
        assert!(shown.contains(&format!("error[{code}]")) && shown.contains("1 error, 0 warnings"), "{shown}");
    }
    let (_, said) = check(&["check", "policies/cn/labour.toml"], 2);
    assert!(said.contains("name the folder of policies"), "{said}");
    check(&["check", &path("nothing.wasm")], 3);
}

/// What keeps `eval` and `test` from deciding is drawn as `check` draws it, with the line.
#[test]
fn eval_and_test_show_the_line_of_a_problem() {
    let file = format!("{YONGKANG}/more.toml");
    let folder = policies(&[(&file, &rule(1, "when = { poeple = 3 }"))]);
    let dir = text(&folder.path().join("policies"));
    let (drawn, _) = check(&["check", &dir], 1);
    let drawn = drawn.split("\n\n").find(|text| text.contains("error[unknown-fact]")).unwrap().to_owned();
    assert!(drawn.contains("when = { poeple = 3 }") && drawn.contains("^^^^^^"), "{drawn}");
    for words in [&["eval", "--case", "core/cli/src/example.json", "--policies", &dir][..], &["test", &dir]] {
        let (shown, _) = check(words, 1);
        assert!(shown.contains(&drawn), "{words:?}: {shown}");
    }
}

/// A component that asks for the clock.
const CLOCK: &str = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;

#[test]
fn a_plugin_that_asks_for_more_than_the_diary_is_told_beside_the_rest() {
    let file = format!("{YONGKANG}/more.toml");
    let folder = policies(&[(&file, &rule(1, "when = { poeple = 3 }"))]);
    let plugins = folder.path().join("plugins");
    fs::create_dir_all(&plugins).unwrap();
    fs::write(plugins.join("clock.wasm"), wat::parse_str(CLOCK).unwrap()).unwrap();
    let dir = text(&folder.path().join("policies"));
    let output = run(&["check", "--json", &dir]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let json = told(&output);
    let foreign =
        json.iter().find(|problem| problem["code"] == "foreign-import").unwrap_or_else(|| panic!("{json:#?}"));
    assert!(foreign["message"].as_str().unwrap().contains("wasi:clocks/wall-clock"), "{foreign}");
    assert!(foreign["file"].as_str().unwrap().ends_with("clock.wasm") && foreign["advice"].is_string());
    assert!(json.iter().any(|problem| problem["code"] == "unknown-fact"), "{json:#?}");
    let (shown, _) = check(&["check", &dir], 1);
    let plugin = Path::new("plugins").join("clock.wasm");
    assert!(shown.contains("error[foreign-import]") && shown.contains(&text(&plugin)), "{shown}");
}
