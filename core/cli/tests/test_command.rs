//! `maple test` as its users type it: what differs, what is covered, files for other systems, rewriting, watching.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::Value;
use support::{check, copy_of, example, maple, replace, text};

/// How long a watcher may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A copy of the worked example in which East town no longer prefers the trade: two of its cases fail.
fn spoilt() -> tempfile::TempDir {
    let folder = copy_of("combining");
    replace(&folder.path().join("land/east/trade.toml"), "weight = 50", "weight = 5");
    folder
}

#[test]
fn a_failing_case_shows_what_differs_and_where() {
    let folder = spoilt();
    let (said, _) = check(&["test", &text(folder.path())], 1);
    let place = format!("{}:18", folder.path().join("land/east/trade.toml").display());
    for line in [
        "FAILED land/east: fourteen workers: the trade first, the town in seven days",
        &place,
        "    expected `trade_mediation`",
        "    actual   `town_mediation`",
        "  the decision: route; steps: 1 town_mediation, 2 trade_mediation, 3 court",
        "  rules at work: land/east/trade E1, E2\n  rules at work elsewhere: 5, named by --json\n",
        "7 passed, 2 failed",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "no colours where no terminal is");
    let (json, _) = check(&["test", &text(folder.path()), "--json"], 1);
    let failed: Vec<Value> =
        json.lines().map(|l| serde_json::from_str(l).unwrap()).filter(|case: &Value| case["passed"] == false).collect();
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0]["differences"][0]["expected"], "`trade_mediation`");
    assert_eq!(failed[0]["steps"][0], "town_mediation");
    assert_eq!((&failed[0]["file"], &failed[0]["line"]), (&"land/east/trade.toml".into(), &18.into()));
    assert!(failed[0]["rules"].as_array().unwrap().contains(&"land/work#F1".into()));
}

/// What the author wants to know: which rule is missing, once, and which of its conditions does not hold.
#[test]
fn a_rule_that_is_not_at_work_is_told_once_and_why() {
    let folder = copy_of("combining");
    let (east, south) = (folder.path().join("land/east/trade.toml"), folder.path().join("land/south/costs.toml"));
    replace(&east, "people = { above = 10 }", "people = { above = 20 }");
    replace(&east, "lacks-rules = [\"E2\"]", "lacks-rules = [\"E1\", \"E2\"]");
    replace(&south, "then = [ { duty", "when = { kind = [\"home.*\"] }\nthen = [ { duty");
    let (said, _) = check(&["test", &text(folder.path())], 1);
    for told in [
        "  has-rules, covers\n    `E2` is not at work\n    land/east/trade E2: it asks that \"People with the same claim\" be \
         more than 20; here: 14\n",
        "  lacks-rules\n    `E1` is at work\n",
        "    `S1` is not at work\n    land/south/costs S1: it is for ",
        "  rules at work: land/east/trade E1\n  rules at work elsewhere: 5, named by --json\n",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
    assert_eq!(said.matches("`E2` is not at work").count(), 1, "{said}");
    assert!(!said.contains("land/work#F1") && !said.contains("expected `E2`"), "{said}");
    let (json, _) = check(&["test", &text(folder.path()), "--json", "--filter", "fourteen"], 1);
    let case: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(case["absent"][0]["rule"], "E2");
    assert_eq!(case["absent"][0]["fields"], serde_json::json!(["has-rules", "covers"]));
    assert!(case["absent"][0]["why"][0].as_str().unwrap().ends_with("here: 14"), "{case}");

    // A rule that spoke and came to nothing, and one of a policy that was not asked.
    let folder = copy_of("combining");
    let west = folder.path().join("land/west/closed.toml");
    let covers = "expect = { lacks-rules = [\"E1\", \"E2\"] }";
    replace(&folder.path().join("land/east/trade.toml"), covers, "expect = { has-rules = [\"E1\"] }");
    let file = fs::read_to_string(&west).unwrap();
    fs::write(&west, format!("{file}\n[[case]]\nname = \"kept out\"\ncase = {{ kind = \"work.wages\" }}\nexpect = {{ has-rules = [\"W1\"] }}\n")).unwrap();
    let (said, _) = check(&["test", &text(folder.path())], 1);
    for told in [
        "    `E1` is not at work\n    land/east/trade E1: its policy was not asked: it is for ",
        "    `W1` is not at work\n    land/west/closed W1: closes Town mediation → not heard, guardrail H09: ",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
}

#[test]
fn coverage_names_the_rules_and_holds_the_threshold() {
    let folder = text(&example("combining"));
    let (said, _) = check(&["test", &folder, "--coverage"], 0);
    for line in [
        "land/west: 1 of 2 rules at work, 50%",
        "  ✗ land/west/closed#W1  in no case",
        "  ✓ land/west/closed#W2  `what the floor offers stays open`",
        "7 of 8 rules at work, 87%",
    ] {
        assert!(said.lines().any(|l| l == line), "{line}\n{said}");
    }
    check(&["test", &folder, "--threshold", "87"], 0);
    let (said, _) = check(&["test", &folder, "--threshold", "88"], 1);
    assert!(said.contains("7 of 8 rules at work, 87%; 88% are asked for"), "{said}");
    let (json, _) = check(&["test", &folder, "--coverage", "--threshold", "88", "--json"], 1);
    let last: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(last["coverage"]["total"]["fired"], 7);
    assert_eq!(last["coverage"]["packs"]["land/west"]["percent"], 50);
    let rules = last["coverage"]["rules"].as_array().unwrap();
    let silent: Vec<&Value> = rules.iter().filter(|rule| rule["cases"].as_array().unwrap().is_empty()).collect();
    assert_eq!((silent.len(), &silent[0]["rule"]), (1, &"W1".into()));
    let (said, _) = check(&["test", &folder, "--coverage", "--filter", "land/south"], 0);
    assert!(said.contains("(only some cases were run)"), "{said}");
    for out_of_range in ["101", "-1", "half"] {
        let (_, said) = check(&["test", &folder, &format!("--threshold={out_of_range}")], 2);
        assert!(said.contains("--threshold"), "{said}");
    }
}

#[test]
fn a_policy_that_only_shadows_is_not_counted() {
    let folder = copy_of("combining");
    let costs = folder.path().join("land/south/costs.toml");
    replace(&costs, "replaces =", "mode = \"shadow\"\nreplaces =");
    let (said, _) = check(&["test", &text(folder.path()), "--coverage", "--filter", "land/work.toml"], 0);
    assert!(said.contains("- land/south/costs#S1  not counted"), "{said}");
    assert!(said.contains("land/south: 0 of 0 rules at work, 100%"), "{said}");
}

#[test]
fn a_project_is_measured_and_covered_by_its_own_rules_alone() {
    let folder = tempfile::tempdir().unwrap();
    let project = text(&folder.path().join("wages"));
    let made = maple(&["new", "wages", "--lang", "table"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", support::err(&made));
    let (said, _) = check(&["test", &project, "--coverage", "--threshold", "100"], 0);
    assert!(said.contains("1 of 1 rules at work, 100%") && !said.contains("cn/labour"), "{said}");
    let (said, _) = check(&["bench", &project, "--rounds", "5"], 0);
    assert!(said.contains("/wages ") && said.contains("cn/labour "), "{said}");
    let case = format!("{project}/case.json");
    let (said, _) = check(&["run", &project, "--case", &case, "--explain", "--lang", "en"], 0);
    assert!(said.contains("Not asked:") && said.contains("/wages: one claim"), "{said}");
}

#[test]
fn a_filter_that_meets_nothing_is_bad_input() {
    let folder = text(&example("combining"));
    let (_, said) = check(&["test", &folder, "--filter", "no such case"], 2);
    assert!(said.contains("no case's pack, name or file holds `no such case`"), "{said}");
    check(&["test", &folder, "--filter", "no such case", "--update"], 2);
    let (said, _) = check(&["test", &folder, "--filter", "land/south/costs.toml"], 0);
    assert!(said.contains("2 passed, 0 failed"), "{said}");
}

#[test]
fn junit_is_read_by_its_own_reader() {
    let folder = spoilt();
    let file = folder.path().join("../junit-of-a-test.xml");
    check(&["test", &text(folder.path()), "--junit", &text(&file)], 1);
    let report = quick_junit::Report::deserialize_from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!((report.tests, report.failures), (9, 2));
    let suites: Vec<String> = report.test_suites.iter().map(|suite| suite.name.to_string()).collect();
    assert_eq!(suites, ["land", "land/east", "land/south", "land/west"]);
    let case = &report.test_suites[1].test_cases[0];
    assert_eq!(case.classname.as_ref().unwrap().as_str(), "land/east");
    let quick_junit::TestCaseStatus::NonSuccess { message, description, .. } = &case.status else {
        panic!("the case passed: {case:?}")
    };
    assert_eq!(message.as_ref().unwrap().as_str(), "first: expected `trade_mediation`, got `town_mediation`");
    assert!(description.as_ref().unwrap().as_str().contains("land/east/trade.toml:18\n"));

    for nowhere in ["no/such/folder/junit.xml", "core"] {
        let (_, said) = check(&["test", &text(&example("combining")), "--junit", nowhere], 3);
        assert!(said.contains(&format!("cannot write `{nowhere}`")), "{said}");
    }
}

#[test]
fn update_rewrites_what_differs_and_nothing_else() {
    let folder = spoilt();
    let path = folder.path().join("land/east/trade.toml");
    let before = fs::read_to_string(&path).unwrap();
    let (said, _) = check(&["test", &text(folder.path()), "--update"], 0);
    assert!(said.contains(&format!("changed {}", path.display())), "{said}");
    assert!(said.contains("2 cases changed in 1 file"), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before.replace("first = \"trade_", "first = \"town_"));
    check(&["test", &text(folder.path())], 0);
    let (said, _) = check(&["test", &text(folder.path()), "--update"], 0);
    assert!(said.contains("nothing to change"), "{said}");
}

#[test]
fn update_touches_only_the_cases_that_were_chosen() {
    let folder = spoilt();
    let path = folder.path().join("land/east/trade.toml");
    let (json, _) = check(&["test", &text(folder.path()), "--update", "--json", "--filter", "two workers"], 0);
    let line: Value = serde_json::from_str(json.trim()).unwrap();
    assert_eq!(line["updated"], "land/east/trade.toml");
    assert_eq!(line["cases"], serde_json::json!(["two workers wait thirty days"]));
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(after.matches("first = \"trade_mediation\"").count(), 1);
}

#[test]
fn update_fills_a_case_that_expects_nothing() {
    let folder = copy_of("combining");
    let path = folder.path().join("land/south/costs.toml");
    let mut file = fs::read_to_string(&path).unwrap();
    file.push_str("\n[[case]] # new\nname = \"new\"\ncase = { kind = \"work.wages\" }\nexpect = {}\n");
    file.push_str("\n[[case]]\nname = \"bare\"\ncase = { kind = \"home.noise\" }\n");
    fs::write(&path, &file).unwrap();
    let (said, _) = check(&["test", &text(folder.path())], 1);
    assert!(said.contains("expects nothing"), "{said}");
    check(&["test", &text(folder.path()), "--update"], 0);
    let wages = "expect = { outcome = \"route\", first = \"town_mediation\", has-rules = [\"S1\"] }\n";
    let noise =
        "case = { kind = \"home.noise\" }\nexpect = { outcome = \"refer\", referral = \"no_policy_answered\" }\n";
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.contains(wages) && after.ends_with(noise), "{after}");
    assert!(after.starts_with(file.split("expect = {}").next().unwrap()), "{after}");
}

#[test]
fn parts_that_differ_are_told_and_rewritten_where_they_stand() {
    let folder = copy_of("combining");
    let path = folder.path().join("land/south/costs.toml");
    let before = fs::read_to_string(&path).unwrap();
    let case = "\n[[case]]\nname = \"parts\"\ncase = { kind = \"work.wages\" }\nexpect = { steps = [\n    \
        { channel = \"town_mediation\", due = \"7 days\", from = \"acceptance\" }, # by and by\n    \
        { channel = \"trade_mediation\", skills = [] },\n], has-rules = [{ rule = \"S1\", basis = [\"land.mediation.1\"] }], \
        has-duties = [{ duty = \"tell_costs_in_writing\", bearer = \"intake\", basis = \"land.mediation.1\" }], \
        basis = [\"land.mediation.1\"] }\n";
    fs::write(&path, format!("{before}{case}")).unwrap();
    let (said, _) = check(&["test", &text(folder.path())], 1);
    for (key, expected, actual) in [
        ("steps", "`town_mediation`, due 7 days from `acceptance`", "`town_mediation`, due 30 days from `acceptance`"),
        ("has-rules", "`S1`, basis `land.mediation.1`", "`land/south/costs#S1`, basis `land.mediation.2`"),
        (
            "has-duties",
            "`tell_costs_in_writing`, bearer `intake`, basis `land.mediation.1`",
            "`tell_costs_in_writing`, bearer `intake`, basis `land.mediation.2`",
        ),
    ] {
        let told = format!("  {key}\n    expected {expected}\n    actual   {actual}\n");
        assert!(said.contains(&told), "{told}\n{said}");
    }
    check(&["test", &text(folder.path()), "--update"], 0);
    let case = case
        .replace("7 days", "30 days")
        .replace("\"S1\", basis = [\"land.mediation.1\"]", "\"S1\", basis = [\"land.mediation.2\"]")
        .replace("\"intake\", basis = \"land.mediation.1\"", "\"intake\", basis = \"land.mediation.2\"");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}{case}"));
    check(&["test", &text(folder.path())], 0);
}

#[test]
fn update_leaves_alone_what_it_cannot_put_right() {
    let folder = spoilt();
    let east = folder.path().join("land/east/trade.toml");
    replace(&east, "[target]", "[limits]\nfuel = 1\n\n[target]");
    let before = fs::read_to_string(&east).unwrap();
    let (_, said) = check(&["test", &text(folder.path()), "--update"], 1);
    assert!(said.contains("policy `land/east/trade` gave no usable answer (out_of_fuel)"), "{said}");
    assert_eq!(fs::read_to_string(&east).unwrap(), before);

    let folder = copy_of("combining");
    let south = folder.path().join("land/south/costs.toml");
    replace(&south, "then = [ { duty", "when = { people = { above = 900 } }\nthen = [ { duty");
    let (_, said) = check(&["test", &text(folder.path()), "--update"], 1);
    assert!(said.contains("it covers `S1`, which is not at work in it"), "{said}");

    // Also where the case expects the rule that it covers: what it expects is rewritten, what it is there for is not.
    let folder = copy_of("combining");
    let south = folder.path().join("land/south/costs.toml");
    replace(&south, "then = [ { duty", "when = { people = { above = 900 } }\nthen = [ { duty");
    replace(&south, "expect = { ", "expect = { has-rules = [\"S1\"], ");
    let (_, said) = check(&["test", &text(folder.path()), "--update"], 1);
    assert!(said.contains("it covers `S1`, which is not at work in it"), "{said}");
}

#[test]
fn update_changes_nothing_when_something_is_in_the_way() {
    let folder = spoilt();
    let (east, south) = (folder.path().join("land/east/trade.toml"), folder.path().join("land/south/costs.toml"));
    replace(&south, "has-duties = [\"tell_costs_in_writing\"]", "has-duties = [\"explain_refusal\"]");
    replace(&south, "lacks-duties = [\"tell_costs\"]", "lacks-duties = [\"tell_costs_in_writing\"]");
    let before = [&east, &south].map(|path| fs::read_to_string(path).unwrap());
    fs::set_permissions(&south, fs::Permissions::from_mode(0o444)).unwrap();
    let (_, said) = check(&["test", &text(folder.path()), "--update"], 3);
    assert!(said.contains("costs.toml`: the file is read-only; nothing was changed"), "{said}");
    assert_eq!([&east, &south].map(|path| fs::read_to_string(path).unwrap()), before);

    fs::set_permissions(&south, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path().join("land/west/closed.toml"), "[[rule]\n").unwrap();
    let (said, _) = check(&["test", &text(folder.path()), "--update"], 1);
    assert!(said.contains("land/west/closed.toml:1:"), "{said}");
    assert_eq!([&east, &south].map(|path| fs::read_to_string(path).unwrap()), before);
    check(&["test", &text(folder.path()), "--update", "--watch"], 2);
}

/// `maple test --watch` under way, and what it says line by line.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let mut command = maple(&["test", &text(folder), "--watch", "--plugins", "plugins"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let other = sender.clone();
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|l| sender.send(l)));
        std::thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).try_for_each(|l| other.send(l)));
        Self { child, lines }
    }

    /// Waits until it has said both, in any order, and is waiting again.
    #[track_caller]
    fn says(&self, wanted: &str) {
        let mut said = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no `{wanted}` in {said:#?}"));
            said.push(line);
            let has = |wanted: &str| said.iter().any(|line| line.contains(wanted));
            if has(wanted) && has("waiting for changes") {
                return;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn watching_runs_again_survives_broken_files_and_ends_well() {
    let folder = copy_of("combining");
    let path = folder.path().join("land/east/trade.toml");
    let good = fs::read_to_string(&path).unwrap();
    let mut watch = Watch::start(folder.path());
    watch.says("9 passed, 0 failed");
    replace(&path, "weight = 50", "weight = 5");
    watch.says("7 passed, 2 failed");
    fs::write(&path, good.replace("[target]", "[target")).unwrap();
    watch.says("land/east/trade.toml:2:");
    fs::write(&path, good.replace("[[case]]", "[[cas]]")).unwrap();
    watch.says("did you mean `case`");
    fs::write(&path, &good).unwrap();
    watch.says("9 passed, 0 failed");
    fs::write(folder.path().join("land/east/notes.txt"), "not a policy file").unwrap();
    watch.says("land/east/notes.txt");
    fs::remove_file(folder.path().join("land/east/notes.txt")).unwrap();
    watch.says("9 passed, 0 failed");
    assert!(Command::new("kill").args(["-INT", &watch.child.id().to_string()]).status().unwrap().success());
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
}

#[test]
fn watching_a_folder_that_vanishes_or_is_not_there_ends() {
    let folder = copy_of("combining");
    let mut watch = Watch::start(folder.path());
    watch.says("9 passed, 0 failed");
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(watch.child.wait().unwrap().code(), Some(3));
    let (_, said) = check(&["test", "no/such/folder", "--watch"], 3);
    assert!(said.contains("no/such/folder"), "{said}");
}
