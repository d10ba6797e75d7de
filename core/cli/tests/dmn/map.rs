//! Decision tables that become rules of a policy, with a map.

use super::*;

#[test]
fn with_a_map_a_table_becomes_rules_of_a_policy() {
    let desk = Desk::new();
    let xml = routing(
        "COLLECT",
        &[
            ["\"wages\", \"tools\"", "> 10", "", "\"mediation\"", "1 + 1"],
            ["not(\"wages\")", "", "[100..5000.5)", "\"mediation\"", ""],
            ["\"wages\"", "null", "-", "\"policy_failed\"", ""],
            ["", "not(< 5)", "", "\"policy_failed\"", ""],
            ["", "null, > 7", "", "\"policy_failed\"", ""],
        ],
    );
    let (file, map, out) = (desk.put("t.dmn", xml), desk.put("map.toml", MAP), desk.path("t.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &out]);
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(&out).unwrap();
    let policy: toml::Table = text.parse().unwrap();
    let rules = policy["rule"].as_array().unwrap();
    let when = |at: usize| rules[at]["when"].clone();
    let condition = |text: &str| format!("x = {text}").parse::<toml::Table>().unwrap()["x"].clone();
    assert_eq!(when(0), condition(r#"{ kind = ["labour.wage", "contract.work"], people = { above = 10 } }"#));
    assert_eq!(
        when(1),
        condition(r#"{ amount = { min = "100.00", below = "5000.50" }, not = { kind = "labour.wage" } }"#)
    );
    assert_eq!(when(2), condition(r#"{ kind = "labour.wage", people = { known = false } }"#));
    assert_eq!(when(3), condition("{ people = { known = true }, not = { people = { below = 5 } } }"));
    assert_eq!(when(4), condition("{ either = [ { people = { known = false } }, { people = { above = 7 } } ] }"));
    assert_eq!(
        rules[0]["then"],
        condition(r#"[{ offer = "labour_mediation", due = "15 days", from = "acceptance" }]"#)
    );
    assert_eq!(rules[2]["then"], condition(r#"[{ refer = "policy_failed" }]"#));
    assert_eq!(rules[0]["summary"]["zh"].as_str(), Some("Rule 1"));
    assert_eq!(policy["purposes"], condition(r#"["routing"]"#));
}

#[test]
fn rules_that_say_nothing_in_the_mapped_outputs_are_named() {
    let desk = Desk::new();
    let xml = routing(
        "COLLECT",
        &[
            ["\"wages\"", "", "", "\"mediation\"", ""],
            ["\"wages\"", "> 10", "", "", "\"for the file\""],
            ["\"wages\"", "", "", "null", ""],
        ],
    );
    let (file, map, out) = (desk.put("t.dmn", xml), desk.put("map.toml", MAP), desk.path("t.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &out]);
    assert_eq!(code, 0, "{stderr}");
    let told = "nothing is said by 2 rules: 2 (`r2`), 3 (`r3`); they are not in the policy";
    assert!(stderr.contains(told) && stderr.contains("1 of 3 rules"), "{stderr}");
    assert!(!stderr.contains("everything was carried over"), "{stderr}");
    let policy: toml::Table = fs::read_to_string(&out).unwrap().parse().unwrap();
    assert_eq!(policy["rule"].as_array().unwrap().len(), 1);
    let (_, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &out, "--json"]);
    let warned = stderr.lines().filter(|line| line.contains("\"warning\"")).count();
    assert_eq!(warned, 1, "{stderr}");
}

/// A table of columns with types and one output, `way`.
fn columns(policy: &str, columns: &[(&str, &str)], rules: &[&[&str]]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{HEAD}<decision id=\"d1\" name=\"D\"><decisionTable {policy}>"
    );
    for (text, kind) in columns {
        xml += &format!("<input><inputExpression typeRef=\"{kind}\"><text>{text}</text></inputExpression></input>");
    }
    xml += "<output name=\"way\" typeRef=\"string\"><outputValues><text>\"mediation\",\"policy_failed\"</text></outputValues>\
            </output>";
    for cells in rules {
        xml += "<rule>";
        for (at, cell) in cells.iter().enumerate() {
            let entry = if at < columns.len() { "inputEntry" } else { "outputEntry" };
            xml += &format!("<{entry}><text>{}</text></{entry}>", cell.replace('<', "&lt;"));
        }
        xml += "</rule>";
    }
    xml + "</decisionTable></decision></definitions>"
}

const COLUMNS_MAP: &str = r#"
summary = { zh = "{id}", en = "{id}" }
[rule]
basis = ["cn.labour_mediation_arbitration.14"]
[input.knew]
fact = "knew_on"
[input.done]
fact = "labour_arbitration_done"
[input.door]
fact = "source"
values = { phone = "hotline" }
[input.place]
fact = "locality"
values = { town = "cn/zhejiang/jinhua/yongkang" }
[output.way]
effect = { refer = "{}" }
"#;

const COLUMNS: [(&str, &str); 4] = [("knew", "date"), ("done", "boolean"), ("door", "string"), ("place", "string")];

/// Each cell alone becomes this condition, and the whole passes the check of policies.
#[test]
fn days_flags_doors_and_places_become_conditions() {
    let day = |text: &str| format!("date(\"{text}\")");
    let (first, last) = (day("2024-01-01"), day("2024-12-31"));
    let rows: Vec<(usize, String, &str)> = vec![
        (0, first.clone(), "knew_on = 2024-01-01"),
        (0, "@\"2024-01-01\"".into(), "knew_on = 2024-01-01"),
        (0, format!(">= {first}"), "knew_on = { from = 2024-01-01 }"),
        (0, format!("> {first}"), "knew_on = { from = 2024-01-02 }"),
        (0, format!("< {first}"), "knew_on = { to = 2023-12-31 }"),
        (0, format!("[{first}..{last}]"), "knew_on = { from = 2024-01-01, to = 2024-12-31 }"),
        (0, format!("({first}..{last})"), "knew_on = { from = 2024-01-02, to = 2024-12-30 }"),
        (
            0,
            format!("null, >= {first}"),
            "either = [{ knew_on = { known = false } }, { knew_on = { from = 2024-01-01 } }]",
        ),
        (
            0,
            format!("null, [{first}..{last}], {last}"),
            "either = [{ knew_on = { known = false } }, { knew_on = { from = 2024-01-01, to = 2024-12-31 } }, { knew_on = 2024-12-31 }]",
        ),
        (0, "not(null)".into(), "knew_on = { known = true }"),
        (0, format!("not(< {first})"), "knew_on = { known = true }, not = { knew_on = { to = 2023-12-31 } }"),
        (1, "true".into(), "labour_arbitration_done = true"),
        (1, "false".into(), "labour_arbitration_done = false"),
        (1, "not(true)".into(), "not = { labour_arbitration_done = true }"),
        (
            1,
            "false, null".into(),
            "either = [{ labour_arbitration_done = { known = false } }, { labour_arbitration_done = false }]",
        ),
        (2, "\"phone\"".into(), "source = \"hotline\""),
        (2, "\"phone\", \"counter\"".into(), "source = [\"hotline\", \"counter\"]"),
        (2, "not(\"counter\")".into(), "not = { source = \"counter\" }"),
        (3, "\"town\"".into(), "locality = \"cn/zhejiang/jinhua/yongkang\""),
        (3, "not(\"town\")".into(), "not = { locality = \"cn/zhejiang/jinhua/yongkang\" }"),
    ];
    let cells: Vec<Vec<&str>> = rows
        .iter()
        .map(|(at, cell, _)| {
            (0..4).map(|n| if n == *at { cell.as_str() } else { "" }).chain(["\"policy_failed\""]).collect()
        })
        .collect();
    let rules: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let desk = Desk::new();
    let file = desk.put("t.dmn", columns("hitPolicy=\"RULE ORDER\"", &COLUMNS, &rules));
    let (map, out) = (desk.put("map.toml", COLUMNS_MAP), desk.path("t.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &out]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("the hit policy was `rule-order`") && stderr.contains("their order says nothing"),
        "{stderr}"
    );
    let policy: toml::Table = fs::read_to_string(&out).unwrap().parse().unwrap();
    let made = policy["rule"].as_array().unwrap();
    assert_eq!(made.len(), rows.len());
    for ((_, cell, when), rule) in rows.iter().zip(made) {
        let wanted = format!("x = {{ {when} }}").parse::<toml::Table>().unwrap()["x"].clone();
        assert_eq!(rule["when"], wanted, "{cell}");
    }
    folder::copy(&root().join("policies"), &desk.0.path().join("policies"));
    fs::copy(&out, desk.path("policies/cn/zhejiang/imported.toml")).unwrap();
    let (_, stdout, stderr) = run(&["check", &desk.path("policies"), "--plugins", "plugins", "--json"]);
    let errors = stdout.lines().filter(|line| line.contains("\"error\"") && !line.contains("\"duplicate-rule\""));
    assert_eq!(errors.count(), 0, "{stdout}{stderr}");
}

/// A door and a place are names: they are never unknown and have no bounds.
#[test]
fn what_a_door_and_a_place_cannot_be_is_listed() {
    let desk = Desk::new();
    let rules: [&[&str]; 3] = [
        &["", "", "null", "", "\"policy_failed\""],
        &["", "", "", "\"town\", null", "\"policy_failed\""],
        &["", "true", "", "", "\"policy_failed\""],
    ];
    let file = desk.put("t.dmn", columns("hitPolicy=\"COLLECT\"", &COLUMNS, &rules));
    let (code, stdout, stderr) = run(&["import", "dmn", &file, "--map", &desk.put("map.toml", COLUMNS_MAP)]);
    assert_eq!(code, 1, "{stderr}");
    for column in ["source", "locality"] {
        assert!(stderr.contains(&format!("`{column}` is a name: it is one of several or it is not")), "{stderr}");
    }
    assert_eq!(stdout.matches("[[rule]]").count(), 1, "{stdout}");
}

#[test]
fn hit_policies_that_a_policy_does_not_have_are_refused_or_told() {
    let desk = Desk::new();
    let map = desk.put("map.toml", COLUMNS_MAP);
    let rules: [&[&str]; 1] = [&["", "true", "", "", "\"policy_failed\""]];
    for (policy, code, says) in [
        ("hitPolicy=\"PRIORITY\"", 2, "no order of outputs, which the hit policy `priority` needs"),
        ("hitPolicy=\"COLLECT\" aggregation=\"COUNT\"", 2, "no sums, counts or extremes"),
        ("hitPolicy=\"COLLECT\" aggregation=\"MAX\"", 2, "no sums, counts or extremes"),
        ("hitPolicy=\"UNIQUE\"", 0, "the hit policy was `unique`"),
        ("hitPolicy=\"ANY\"", 0, "nobody looks whether they stand in each other's way"),
        ("hitPolicy=\"OUTPUT ORDER\"", 0, "their order says nothing"),
    ] {
        let file = desk.put("t.dmn", columns(policy, &COLUMNS, &rules));
        let (found, stdout, stderr) = run(&["import", "dmn", &file, "--map", &map]);
        assert_eq!(found, code, "{policy}: {stderr}");
        assert!(stderr.contains(says), "{policy}: {stderr}");
        assert_eq!(stdout.matches("[[rule]]").count(), usize::from(code == 0), "{policy}: {stdout}");
    }
    let file = desk.put("t.dmn", columns("hitPolicy=\"COLLECT\"", &COLUMNS, &rules));
    assert!(!run(&["import", "dmn", &file, "--map", &map]).2.contains("the hit policy was"));
}

#[test]
fn what_a_policy_cannot_say_is_listed_by_cell() {
    let desk = Desk::new();
    let xml = routing(
        "COLLECT",
        &[
            ["contains(?, \"w\")", "", "", "\"mediation\"", ""],
            ["\"wages\"", "", "", "kind + \"x\"", ""],
            ["\"wages\"", "", "> 1.234", "\"mediation\"", ""],
            ["\"wages\"", "people2", "", "\"mediation\"", ""],
            ["\"wages\"", "", "", "\"mediation\"", ""],
        ],
    );
    let (file, map) = (desk.put("t.dmn", xml), desk.put("map.toml", MAP));
    let (code, stdout, stderr) = run(&["import", "dmn", &file, "--map", &map]);
    assert_eq!(code, 1, "{stderr}");
    for part in [
        "rule 1 (`r1`), `kind`",
        "rule 2 (`r2`), `way`",
        "rule 3 (`r3`), `sum`",
        "rule 4 (`r4`), `people`",
        "1 of 5 rules",
    ] {
        assert!(stderr.contains(part), "`{part}` is not in\n{stderr}");
    }
    assert_eq!(stdout.matches("[[rule]]").count(), 1, "{stdout}");
}

#[test]
fn first_excludes_what_came_before() {
    let desk = Desk::new();
    let xml = routing(
        "FIRST",
        &[
            ["\"wages\"", "", "", "\"mediation\"", ""],
            ["", "> 3", "", "\"policy_failed\"", ""],
            ["", "", "", "\"policy_failed\"", ""],
            ["\"rent\"", "", "", "\"policy_failed\"", ""],
        ],
    );
    let (file, map) = (desk.put("t.dmn", xml), desk.put("map.toml", MAP));
    let (code, stdout, stderr) = run(&["import", "dmn", &file, "--map", &map]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("a rule before it takes every case"), "{stderr}");
    let policy: toml::Table = stdout.parse().unwrap();
    let expected =
        r#"x = { not = [ { kind = "labour.wage" }, { people = { above = 3 } } ] }"#.parse::<toml::Table>().unwrap();
    assert_eq!(policy["rule"][2]["when"], expected["x"]);
    assert_eq!(policy["rule"].as_array().unwrap().len(), 3);
}

#[test]
fn a_map_that_does_not_fit_is_refused() {
    let desk = Desk::new();
    let file = desk.put("t.dmn", example());
    for (from, to, says) in [
        ("[input.people]", "[input.folk]", "names the input `folk`"),
        ("[output.note]\nignore = true", "[output.remark]\nignore = true", "names the output `remark`"),
        ("fact = \"people\"", "facts = \"people\"", "unknown field `facts`"),
        ("fact = \"people\"", "facts = \"people\"", "did you mean `fact`?"),
        ("effect = ", "effect == ", "is not a map"),
        ("summary", "summery", "is not a map"),
    ] {
        assert!(MAP.contains(from), "{from}");
        let map = desk.put("map.toml", MAP.replacen(from, to, 1));
        let (code, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &desk.path("out.toml")]);
        assert_eq!(code, 2, "{to}: {stderr}");
        assert!(stderr.contains(says), "{to}: {stderr}");
    }
    let many = ["", "1", "", "\"mediation\"", ""];
    let first = desk.put("f.dmn", routing("FIRST", &vec![many; 51]));
    let map = desk.put("map.toml", MAP);
    let (code, _, stderr) = run(&["import", "dmn", &first, "--map", &map]);
    assert_eq!(code, 2);
    assert!(stderr.contains("up to 50 rules, and the table has 51"), "{stderr}");
    assert_eq!(desk.names().iter().filter(|name| name.contains("out.toml")).count(), 0);
    assert_eq!(run(&["import", "dmn", &file, "--map", &desk.path("none.toml")]).0, 3);
}

#[test]
fn rules_made_with_a_map_pass_the_check() {
    let desk = Desk::new();
    folder::copy(&root().join("policies"), &desk.0.path().join("policies"));
    let xml = routing(
        "FIRST",
        &[["\"wages\"", "[10..20)", "< 5000", "\"mediation\"", ""], ["\"wages\"", "", "", "\"policy_failed\"", ""]],
    );
    let (file, map) = (desk.put("t.dmn", xml), desk.put("map.toml", MAP));
    let out = desk.path("policies/cn/zhejiang/imported.toml");
    let (code, _, stderr) = run(&["import", "dmn", &file, "--map", &map, "-o", &out]);
    assert_eq!(code, 0, "{stderr}");
    let (code, stdout, stderr) = run(&["check", &desk.path("policies"), "--plugins", "plugins"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}
