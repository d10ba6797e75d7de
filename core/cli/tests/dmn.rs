//! Decision tables of other systems, as a user brings them in and asks them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

#[path = "dmn/map.rs"]
mod map;

#[path = "dmn/required.rs"]
mod required;

mod folder;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use maple_kit::dmn::{DMN_BYTES_MAX, MAP_BYTES_MAX, TABLE_BYTES_MAX};
use serde_json::{Value, json};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn maple(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maple"));
    for key in ["MAPLE_POLICIES", "MAPLE_PLUGINS", "LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(key);
    }
    command.args(words).current_dir(root()).env("MAPLE_STATE", "target/maple").env("RUST_LOG", "warn");
    command
}

fn run(words: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = maple(words).stdin(Stdio::null()).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder with files, and their paths.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

const HEAD: &str =
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"d\" name=\"d\" namespace=\"n\">";

/// A table of kind, people and sum that says which way.
fn routing(policy: &str, rules: &[[&str; 5]]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{HEAD}<decision id=\"routing\" name=\"Routing\">\
         <decisionTable hitPolicy=\"{policy}\">"
    );
    for (text, kind) in [("kind", "string"), ("people", "integer"), ("sum", "double")] {
        xml += &format!(
            "<input label=\"The {text}\"><inputExpression typeRef=\"{kind}\"><text>{text}</text></inputExpression></input>"
        );
    }
    xml += "<output name=\"way\" typeRef=\"string\"/><output name=\"note\"/>";
    for (at, cells) in rules.iter().enumerate() {
        xml += &format!("<rule id=\"r{}\"><description>Rule {0}</description>", at + 1);
        for (column, cell) in cells.iter().enumerate() {
            let entry = if column < 3 { "inputEntry" } else { "outputEntry" };
            let cell = cell.replace('<', "&lt;");
            xml += &format!("<{entry}><text>{cell}</text></{entry}>");
        }
        xml += "</rule>";
    }
    xml + "</decisionTable></decision></definitions>"
}

fn example() -> String {
    routing(
        "COLLECT",
        &[
            ["\"wages\", \"tools\"", "> 10", "", "\"inspection\"", "\"for \" + string(people) + \" people\""],
            ["not(\"wages\")", "", "[100..5000)", "\"mediation\"", ""],
            ["\"wages\"", "null", "-", "\"person\"", "null"],
        ],
    )
}

#[test]
fn a_table_is_imported_and_asked() {
    let desk = Desk::new();
    let (file, out) = (desk.put("routing.dmn", example()), desk.path("routing.toml"));
    let (code, stdout, stderr) = run(&["import", "dmn", &file, "-o", &out]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(stderr.contains("1 table with 3 rules and 5 columns; everything was carried over"), "{stderr}");
    let text = fs::read_to_string(&out).unwrap();
    assert!(text.contains("when.kind = '\"wages\", \"tools\"'"), "{text}");

    let of = |input: &str| {
        let (code, stdout, stderr) = run(&["table", "eval", &out, "--input", input, "--json"]);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str::<Value>(&stdout).unwrap()
    };
    let expected = json!({ "result": [{ "way": "inspection", "note": "for 14 people" }], "rules": ["r1"] });
    assert_eq!(of(r#"{ "kind": "wages", "people": 14 }"#), expected);
    assert_eq!(of(r#"{ "kind": "rent", "sum": 4999.99 }"#)["result"], json!([{ "way": "mediation" }]));
    assert_eq!(of(r#"{ "kind": "wages" }"#)["result"], json!([{ "way": "person", "note": null }]));
    assert_eq!(of(r#"{ "kind": "wages", "people": 3 }"#), json!({ "result": [], "rules": [] }));

    let input = desk.put("case.json", r#"{ "kind": "wages", "people": 14 }"#);
    let (code, stdout, _) = run(&["table", "eval", &out, "--input", &input]);
    assert_eq!((code, stdout.as_str()), (0, "r1\n  note = \"for 14 people\"\n  way = \"inspection\"\n"));
    let (code, stdout, _) = run(&["table", "eval", &out, "--input", r#"{ "people": 3 }"#]);
    assert_eq!((code, stdout.as_str()), (0, "no rule matches\n"));
}

#[test]
fn the_input_comes_from_standard_input_too() {
    let desk = Desk::new();
    let file = desk.put("routing.dmn", example());
    let (code, table, _) = run(&["import", "dmn", &file]);
    assert_eq!(code, 0);
    let table = desk.put("routing.toml", table);
    let mut child = maple(&["table", "eval", &table, "--input", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(br#"{ "kind": "tools", "people": 11 }"#).unwrap();
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["rules"], json!(["r1"]));
}

#[test]
fn what_cannot_be_carried_over_is_listed_and_fails_and_the_rest_is_written() {
    let desk = Desk::new();
    let xml = routing(
        "COLLECT",
        &[
            ["matches(?, \"w.*\")", "", "", "\"a\"", ""],
            ["\"wages\"", "", "", "\"b\"", "kind.get(0)"],
            ["\"rent\"", "", "", "\"c\"", ""],
        ],
    );
    let (file, out) = (desk.put("routing.dmn", xml), desk.path("routing.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &out]);
    assert_eq!(code, 1, "{stderr}");
    for part in [
        "not carried over: `routing`, rule 1 (`r1`), `kind`: `matches` takes plain text here, no pattern: `.` has a meaning",
        "cell: matches(?, \"w.*\")",
        "rule 2 (`r2`), `note`",
        "of which 1 rule left out; not carried over: 2 cells or parts",
    ] {
        assert!(stderr.contains(part), "`{part}` is not in\n{stderr}");
    }
    let (code, stdout, stderr) = run(&["table", "eval", &out, "--input", r#"{ "kind": "wages" }"#, "--json"]);
    assert_eq!((code, stdout.trim()), (0, r#"{"result":[{"way":"b"}],"rules":["r2"]}"#));
    assert!(stderr.contains("is asked without its rule `r1`: input kind: `matches` takes plain text"), "{stderr}");
    assert!(stderr.contains("the rule `r2` gives no `note`, which was not carried over: kind.get(0)"), "{stderr}");
    // What a rule lacks that does not match is not told.
    let (code, stdout, stderr) = run(&["table", "eval", &out, "--input", r#"{ "kind": "rent" }"#, "--json"]);
    assert_eq!((code, stdout.trim()), (0, r#"{"result":[{"way":"c"}],"rules":["r3"]}"#));
    assert!(stderr.contains("without its rule `r1`") && !stderr.contains("r2"), "{stderr}");

    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &out, "--json"]);
    let objects = |stderr: &str| -> Vec<Value> {
        stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    };
    let lines = objects(&stderr);
    assert_eq!((code, lines.len()), (1, 3), "{stderr}");
    assert_eq!((&lines[0]["rule"], &lines[0]["column"]), (&json!(1), &json!("kind")));
    assert_eq!((&lines[2]["file"], &lines[2]["not_carried_over"]), (&json!("routing.dmn"), &json!(2)));

    // What was put right by hand stays, unless it is said that it may go.
    let mended = desk.put("routing.toml", "# by hand\n");
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &mended]);
    assert!(code == 2 && stderr.contains("is there already") && stderr.contains("--force"), "{code}: {stderr}");
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &mended, "--json"]);
    let refused = objects(&stderr);
    assert!(
        code == 2 && refused.iter().any(|line| line["error"].as_str().unwrap_or("").contains("--force")),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(&mended).unwrap(), "# by hand\n");
    assert_eq!(run(&["import", "dmn", &file, "-o", &mended, "--force"]).0, 1);
    assert!(fs::read_to_string(&mended).unwrap().contains("[[table]]"));

    let (code, _, stderr) = run(&["table", "eval", &file, "--input", "{}"]);
    assert!(code == 2 && stderr.contains("is XML; when it is DMN, `maple import dmn "), "{code}: {stderr}");
    let (code, _, stderr) = run(&["table", "eval", &mended, "--input", "3"]);
    assert!(code == 3 && stderr.contains("cannot read the input `3`"), "{code}: {stderr}");
}

/// A name made of the code of a paper, as tables have it that name tasks.
#[test]
fn codes_become_words() {
    let desk = Desk::new();
    let note = "\"Look at the \" + lower case(replace(paper.codes[1], \"_\",\" \"))";
    let test = "matches(?, \"_PAY\")";
    let xml =
        routing("COLLECT", &[[test, "", "", "\"desk\"", note], ["\"x\"", "", "", "replace(kind, \"x+\", \"\")", ""]]);
    let (file, out) = (desk.put("papers.dmn", xml), desk.path("papers.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &out]);
    assert_eq!(code, 1, "{stderr}");
    for part in [
        "not carried over: `routing`, rule 2 (`r2`), `way`: `replace` takes plain text here, no pattern: `+`",
        "cell: replace(kind, \"x+\", \"\")",
        "not carried over: 1 cell or part",
    ] {
        assert!(stderr.contains(part), "`{part}` is not in\n{stderr}");
    }
    let of = |input: &str| {
        let (code, stdout, stderr) = run(&["table", "eval", &out, "--input", input, "--json"]);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str::<Value>(&stdout).unwrap()["result"].clone()
    };
    let input = r#"{ "kind": "UNPAID_PAY", "paper": { "codes": ["CLAIM_FOR_PAY", "OTHER"] } }"#;
    assert_eq!(of(input), json!([{ "way": "desk", "note": "Look at the claim for pay" }]));
    assert_eq!(of(r#"{ "kind": "UNPAID_PAY", "paper": null }"#), json!([{ "way": "desk", "note": null }]));
    assert_eq!(of(r#"{ "kind": "PAY" }"#), json!([]));

    let long = format!("{{ \"kind\": \"_PAY\", \"paper\": {{ \"codes\": [\"{}\"] }} }}", "_".repeat(5_000));
    let grows = fs::read_to_string(&out).unwrap().replace("\"_\",\" \"", &format!("\"_\",\"{}\"", "-".repeat(500)));
    let (grows, long) = (desk.put("grows.toml", grows), desk.put("long.json", long));
    let (code, _, stderr) = run(&["table", "eval", &grows, "--input", &long]);
    assert!(code != 0 && stderr.contains("would make a text of more than 1048576 bytes"), "{code}: {stderr}");
}

#[test]
fn files_that_are_no_tables_are_refused_and_nothing_is_written() {
    let desk = Desk::new();
    let bomb = format!(
        "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\">{}]>{HEAD}&j;</definitions>",
        ('b'..='j')
            .map(|c| format!("<!ENTITY {c} \"{}\">", format!("&{};", char::from(c as u8 - 1)).repeat(10)))
            .collect::<String>()
    );
    let deep = format!("{HEAD}{}{}</definitions>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let bad_policy = routing("SOMETIMES", &[["", "", "", "1", ""]]);
    let not_feel = example().replace("decisionTable", "literalThing");
    for (name, text, says) in [
        ("no-xml.dmn", "kind,people\nwages,14".to_owned(), "is not XML"),
        ("empty.dmn", String::new(), "is not XML"),
        ("cut.dmn", example()[..300].to_owned(), "is not XML"),
        ("html.dmn", "<html><body/></html>".to_owned(), "its root is `html`"),
        ("other.dmn", example().replace("https://www.omg.org/spec/DMN/20191111/MODEL/", "urn:x"), "is not DMN"),
        ("bomb.dmn", bomb, "DOCTYPE"),
        ("deep.dmn", deep, "64 deep"),
        ("no-table.dmn", not_feel, "no decision table"),
        ("policy.dmn", bad_policy, "which cannot be carried over"),
    ] {
        let file = desk.put(name, text);
        let (code, stdout, stderr) = run(&["import", "dmn", &file, "-o", &desk.path("out.toml")]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{name}: {stderr}");
        assert!(stderr.contains(says), "{name}: {stderr}");
        fs::remove_file(&file).unwrap();
        assert_eq!(desk.names(), Vec::<String>::new(), "{name}");
    }
    let file = desk.put("latin.dmn", [b"<a>\xe4</a>".as_slice()].concat());
    assert!(run(&["import", "dmn", &file]).2.contains("is not UTF-8"));
    assert_eq!(run(&["import", "dmn", &desk.path("none.dmn")]).0, 3);
}

#[test]
fn the_policy_that_is_not_known_is_named() {
    let desk = Desk::new();
    let file = desk.put("t.dmn", routing("SOMETIMES", &[["", "", "", "1", ""]]));
    let (_, _, stderr) = run(&["import", "dmn", &file]);
    assert!(stderr.contains("`hit policy`: UNIQUE, FIRST, PRIORITY"), "{stderr}");
    assert!(stderr.contains("cell: SOMETIMES"), "{stderr}");
}

#[test]
fn other_versions_look_the_same() {
    let desk = Desk::new();
    for namespace in ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", "https://www.omg.org/spec/DMN/20230324/MODEL/"] {
        let file = desk.put("t.dmn", example().replace("https://www.omg.org/spec/DMN/20191111/MODEL/", namespace));
        assert_eq!(run(&["import", "dmn", &file]).0, 0, "{namespace}");
    }
}

#[test]
fn a_rule_id_that_stands_there_twice_gets_a_number() {
    let desk = Desk::new();
    let file = desk.put("t.dmn", example().replace("id=\"r2\"", "id=\"r1\""));
    let (code, stdout, stderr) = run(&["import", "dmn", &file]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("two rules have the id `r1`: rule 2 is `r1-2` now"), "{stderr}");
    assert!(stdout.contains("id = \"r1-2\""), "{stdout}");
}

#[test]
fn a_table_file_that_is_wrong_is_told_with_its_place() {
    let desk = Desk::new();
    let good = "[[table]]\nid = \"t\"\nhit-policy = \"collect\"\n[[table.input]]\nid = \"x\"\nexpression = \"x\"\n\
                [[table.output]]\nid = \"v\"\n[[table.rule]]\nid = \"r\"\nwhen.x = '1'\nthen.v = '1'\n";
    for (from, to, says) in [
        ("hit-policy = \"collect\"", "hit-policy = \"sometimes\"", "unknown variant `sometimes`"),
        ("expression", "expresion", "unknown field `expresion`"),
        ("expression", "expresion", "did you mean `expression`?"),
        ("hit-policy = \"collect\"", "hit-policy = \"colect\"", "did you mean `collect`?"),
        ("when.x", "when.y", "rule `r`: there is no input `y`; did you mean `x`?"),
        ("then.v = '1'", "then.v = '1 +'", "rule `r`, output `v`: the text ends where a value is needed"),
        ("when.x = '1'", "when.x = '[1..'", "rule `r`, input `x`"),
        ("[[table.output]]\nid = \"v\"\n", "", "has no output"),
        ("\"collect\"", "\"first\"\naggregate = \"sum\"", "`aggregate` is for the hit policy `collect`"),
        ("\"collect\"", "\"priority\"", "needs `values`"),
        (
            "[[table.rule]]\nid = \"r\"",
            "[[table.rule]]\nid = \"r\"\n[[table.rule]]\nid = \"r\"",
            "the rule `r` stands there twice",
        ),
        ("[[table]]", "[table]", "is not a table file"),
    ] {
        assert!(good.contains(from), "{from}");
        let file = desk.put("t.toml", good.replacen(from, to, 1));
        let (code, _, stderr) = run(&["table", "eval", &file, "--input", "{}"]);
        assert_eq!(code, 2, "{to}: {stderr}");
        assert!(stderr.contains(says), "{to}: {stderr}");
    }
    let several = good.replace("when.x", "when.y").replace("then.v", "then.w").replace("\"collect\"", "\"priority\"");
    let (code, _, stderr) = run(&["table", "eval", &desk.put("several.toml", several), "--input", "{}"]);
    assert_eq!(code, 2, "{stderr}");
    for says in ["table `t`: the hit policy", "no input `y`; did you mean `x`?", "no output `w`; did you mean `v`?"] {
        assert!(stderr.contains(says), "all are told at once, {says}: {stderr}");
    }
    let file = desk.put("t.toml", good);
    for (input, says) in [("{", "is not JSON"), ("[1]", "is no object"), ("{\"x\": 1e99}", "too large")] {
        let (code, _, stderr) = run(&["table", "eval", &file, "--input", input]);
        assert_eq!(code, 2, "{input}: {stderr}");
        assert!(stderr.contains(says), "{input}: {stderr}");
    }
    assert_eq!(run(&["table", "eval", &file, "--input", "no-such-file.json"]).0, 3);
    assert_eq!(run(&["table", "eval", "no-such-table.toml", "--input", "{}"]).0, 3);
    let two = desk.put("two.toml", format!("{good}{}", good.replace("\"t\"", "\"u\"")));
    let (code, _, stderr) = run(&["table", "eval", &two, "--input", "{}"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("has 2 tables; name one with --table: `t`, `u`"), "{stderr}");
    let (code, stdout, _) = run(&["table", "eval", &two, "--table", "u", "--input", "{\"x\": 1}", "--json"]);
    assert_eq!((code, stdout.trim()), (0, r#"{"result":[{"v":1}],"rules":["r"]}"#));
}

#[test]
fn rules_in_each_other_s_way_are_wrong() {
    let desk = Desk::new();
    let xml = routing("UNIQUE", &[["\"wages\"", "", "", "\"a\"", ""], ["", "> 1", "", "\"b\"", ""]]);
    let (file, out) = (desk.put("t.dmn", xml), desk.path("t.toml"));
    assert_eq!(run(&["import", "dmn", &file, "-o", &out]).0, 0);
    let (code, _, stderr) = run(&["table", "eval", &out, "--input", r#"{ "kind": "wages", "people": 2 }"#]);
    assert_eq!(code, 1);
    assert!(stderr.contains("the hit policy is `unique`, but rules 1 (`r1`), 2 (`r2`) match"), "{stderr}");
    let (code, stdout, _) = run(&["table", "eval", &out, "--input", r#"{ "people": 2 }"#, "--json"]);
    assert_eq!((code, stdout.trim()), (0, r#"{"result":{"way":"b"},"rules":["r2"]}"#));
}

const MAP: &str = r#"
summary = { zh = "{description}", en = "by the table: {description}" }
[policy]
purposes = ["routing"]
[rule]
basis = ["cn.labour_mediation_arbitration.14"]
[input.kind]
fact = "kind"
values = { wages = "labour.wage", tools = "contract.work", rent = "housing.*" }
[input.people]
fact = "people"
[input.sum]
fact = "amount"
type = "money"
[output.way]
effect = { refer = "{}" }
effects.mediation = [ { offer = "labour_mediation", due = "15 days", from = "acceptance" } ]
[output.note]
ignore = true
"#;

#[test]
fn files_have_an_edge() {
    let desk = Desk::new();
    let padded = |text: &str, open: &str, close: &str, bytes: usize| {
        let room = bytes - text.len() - open.len() - close.len();
        format!("{text}{open}{}{close}", " ".repeat(room))
    };
    let (out, dmn) = (desk.path("t.toml"), example());
    for (more, code) in [(0, 0), (1, 2)] {
        let file = desk.put("t.dmn", padded(&dmn, "<!--", "-->", DMN_BYTES_MAX + more));
        let (found, _, stderr) = run(&["import", "dmn", &file, "-o", &out]);
        assert_eq!(found, code, "{more}: {stderr}");
        assert!(code == 0 || stderr.contains(&DMN_BYTES_MAX.to_string()), "{stderr}");
        let map = desk.put("map.toml", padded(MAP, "#", "", MAP_BYTES_MAX + more));
        let small = desk.put("s.dmn", routing("COLLECT", &[["\"wages\"", "", "", "\"mediation\"", ""]]));
        let (found, _, stderr) = run(&["import", "dmn", &small, "--map", &map]);
        assert_eq!(found, code, "{more}: {stderr}");
        assert!(code == 0 || stderr.contains(&MAP_BYTES_MAX.to_string()), "{stderr}");
    }
    let table = fs::read_to_string(&out).unwrap();
    for (more, code) in [(0, 0), (1, 2)] {
        let file = desk.put("large.toml", padded(&table, "#", "", TABLE_BYTES_MAX + more));
        let (found, _, stderr) = run(&["table", "eval", &file, "--input", "{}"]);
        assert_eq!(found, code, "{more}: {stderr}");
        assert!(code == 0 || stderr.contains(&TABLE_BYTES_MAX.to_string()), "{stderr}");
    }
}

/// The commands of the page are typed into a shell, in a folder with what they name.
#[test]
fn the_page_on_decision_tables_does_what_it_says() {
    let page = fs::read_to_string(root().join("sdk/docs/dmn.md")).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let open = format!("```{language}\n");
        page.split(open.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
    };
    let desk = Desk::new();
    folder::copy(&root().join("policies"), &desk.0.path().join("policies"));
    let shell = |commands: &str| {
        let path = format!("{}:{}", Path::new(env!("CARGO_BIN_EXE_maple")).parent().unwrap().display(), env!("PATH"));
        let mut shell = Command::new("sh");
        for key in ["MAPLE_POLICIES", "MAPLE_PLUGINS", "LC_ALL", "LC_MESSAGES", "LANG"] {
            shell.env_remove(key);
        }
        shell.args(["-e", "-c", commands]).current_dir(desk.0.path()).env("PATH", path);
        let output = shell.env("MAPLE_STATE", root().join("target/maple")).env("RUST_LOG", "warn").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (commands, tables, answers) = (blocks("sh"), blocks("toml"), blocks("json"));
    assert_eq!((commands.len(), tables.len(), answers.len()), (2, 2, 1));
    let ways = |first: &str, note: &str| {
        routing(
            "COLLECT",
            &[["\"wages\", \"tools\"", "> 10", "", first, note], ["not(\"wages\")", "", "", "\"mediation\"", ""]],
        )
    };

    desk.put("routing.dmn", ways("\"inspection\"", "\"for \" + string(people) + \" people\""));
    desk.put("case.json", r#"{ "kind": "wages", "people": 14 }"#);
    let (code, stdout, stderr) = shell(&commands[0]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("inspection") && stdout.contains("for 14 people"), "{stdout}");
    let answer: Value = serde_json::from_str(&answers[0]).unwrap();
    let told: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(told, answer);

    // The table that the page shows is a table, and says the same.
    let shown = desk.put("shown.toml", &tables[0]);
    let (code, stdout, stderr) =
        run(&["table", "eval", &shown, "--input", r#"{ "kind": "wages", "people": 14 }"#, "--json"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap(), answer);

    desk.put("routing.dmn", ways("\"mediation\"", ""));
    desk.put("map.toml", &tables[1]);
    let (code, stdout, stderr) = shell(&commands[1]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains(": 0 errors"), "{stdout}");
    let rules = fs::read_to_string(desk.path("policies/cn/zhejiang/routing.toml")).unwrap();
    assert_eq!(rules.matches("[[rule]]").count(), 2, "{rules}");
}

#[test]
fn the_real_tables_of_a_court_service_hold_what_they_publish() {
    let shared = root().join("../shared/data/hmcts");
    if !shared.is_dir() {
        eprintln!("skipped: there is no folder `{}` with the tables", shared.display());
        return;
    }
    let desk = Desk::new();
    let import = |name: &str| {
        let file = shared.join(format!("wa-task-{name}-civil-civil.dmn"));
        let out = desk.path(&format!("{name}.toml"));
        let (code, _, stderr) = run(&["import", "dmn", file.to_str().unwrap(), "-o", &out]);
        assert_eq!(code, 0, "{stderr}");
        out
    };
    let ask = |table: &str, input: Value| {
        let (code, stdout, stderr) = run(&["table", "eval", table, "--input", &input.to_string(), "--json"]);
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str::<Value>(&stdout).unwrap()["result"].clone()
    };
    let cancellation = import("cancellation");
    let flags = json!({ "fromState": "", "event": "CREATE_CASE_FLAGS", "state": "any state" });
    assert_eq!(ask(&cancellation, flags), json!([{ "action": "ReConfigure" }]));
    assert_eq!(ask(&import("types"), json!({})).as_array().unwrap().len(), 104);
    let completed = ask(&import("completion"), json!({ "eventId": "NotSuitable_SDO" }));
    assert_eq!(completed.as_array().unwrap().len(), 8);
}
