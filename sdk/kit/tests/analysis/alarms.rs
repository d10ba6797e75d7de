//! False alarms, each with its neighbour that is none; and what stays to be told when something else is wrong.

use maple_bundle::{Diagnostic, Severity};
use maple_kit::analysis::analyse;

use crate::{
    faults::{FORBID, OFFER, clean, clock, codes, due, one, two},
    place::{DAYS, compiled, decided, proved, row, rules, sound},
};

const REFER: &str = r#"{ refer = "unclear" }"#;
const INFORM: &str = r#"{ duty = "inform" }"#;

fn three(effects: [&str; 3], bands: [&str; 3]) -> String {
    ["A", "B", "C"].iter().zip(bands).zip(effects).map(|((id, when), then)| row(id, when, then)).collect()
}

#[test]
fn a_band_with_another_answer_is_no_gap() {
    let prefer = r#"{ prefer = "mediation", weight = 5 }"#;
    let bands = ["max = \"0.02\"", "above = \"0.02\", max = \"0.04\"", "above = \"0.04\""];
    for effects in [[OFFER, REFER, OFFER], [INFORM, prefer, INFORM], [OFFER, FORBID, OFFER]] {
        clean(&three(effects, bands.map(|band| format!("amount = {{ {band} }}")).each_ref().map(String::as_str)));
        let beside = bands.map(|band| format!("kind = \"labour.*\", amount = {{ {band} }}"));
        clean(&three(effects, beside.each_ref().map(String::as_str)));
    }
    // A row that looks at something else is none of the bands, unless it says the same.
    let urgent = ["amount = { max = \"0.02\" }", "urgent = true", "amount = { above = \"0.04\" }"];
    let problems = proved(&three([OFFER, INFORM, OFFER], urgent));
    assert_eq!(codes(&problems), ["gap"], "{problems:#?}");
}

#[test]
fn a_band_that_another_table_of_the_pack_answers_is_no_gap() {
    let bands = two(("amount = { max = \"0.02\" }", OFFER), ("amount = { above = \"0.04\" }", OFFER));
    let told = |other: &str| {
        let compiled = compiled(&[("cn/one.toml", &bands), ("cn/two.toml", other)], DAYS);
        codes(&analyse(&compiled))
    };
    let between = "amount = { above = \"0.02\", max = \"0.04\" }";
    assert_eq!(told(&row("Z", between, REFER)), Vec::<&str>::new());
    assert_eq!(told(&row("Z", "amount = { above = \"0.02\", max = \"0.03\" }", REFER)), ["gap"], "a part is left");
    assert_eq!(told(&row("Z", "urgent = true", OFFER)), ["gap"], "it looks at something else");
    assert_eq!(told(&format!("mode = \"shadow\"\n{}", row("Z", between, REFER))), ["gap"], "it only tries");
}

#[test]
fn each_band_with_a_hole_is_told_once() {
    let rows = |relation: &str, at: usize| {
        let band = |id: usize, people: &str| {
            row(&format!("R{id}"), &format!("relation = \"{relation}\", people = {{ {people} }}"), OFFER)
        };
        band(at, "max = 1") + &band(at + 1, "min = 3")
    };
    let problems = proved(&(rows("family", 1) + &rows("trade", 3)));
    let holes: Vec<&Diagnostic> = problems.iter().filter(|p| p.message.contains("`people` is 2")).collect();
    assert_eq!(holes.len(), 2, "{problems:#?}");
    let shown: Vec<&str> = holes.iter().map(|p| p.witness.as_deref().unwrap()).collect();
    assert!(shown[0].contains("family") && shown[1].contains("trade"), "{shown:?}");
    // In a grid the same cell is the hole of its row, too.
    let full = |relation: &str, at: usize| {
        rows(relation, at) + &row(&format!("R{}", at + 2), &format!("relation = \"{relation}\", people = 2"), OFFER)
    };
    let problems = proved(&(full("family", 1) + &rows("neighbour", 4) + &full("trade", 7)));
    let told: Vec<&str> = problems.iter().map(|p| &*p.message).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("`people` is 2") && problems[0].witness.as_ref().unwrap().contains("neighbour"));
}

#[test]
fn a_narrower_rule_in_working_days_is_an_exception() {
    let working = |days: u8| due(days).replace(" days", " working days");
    let (wide, narrow) = ("kind = \"labour.*\"", "kind = \"labour.wage\"");
    for days in [1, 3, 5] {
        clean(&two((wide, &due(15)), (narrow, &working(days))));
    }
    clean(&two((wide, &working(15)), (narrow, &due(15))));
    // Which of these ends first depends on the day.
    for (a, b) in [(due(7), working(5)), (due(15), working(6)), (working(14), due(15))] {
        let problem = one(&two((wide, &a), (narrow, &b)), "contradiction", &["from the same event"], &["A", "B"]);
        assert_eq!(problem.severity, Severity::Error);
    }
    one(&two((wide, &working(3)), (narrow, &due(15))), "contradiction", &["15 days"], &["A", "B"]);
    let months = due(1).replace("1 days", "1 month");
    clean(&two((wide, &due(31)), (narrow, &months)));
    one(&two((wide, &due(30)), (narrow, &months)), "contradiction", &["1 month"], &["A", "B"]);
}

#[test]
fn what_the_host_does_not_hear_contradicts_nothing() {
    let upper = row("F", "kind = \"labour.*\"", OFFER).replace("basis", "floor = true\nbasis");
    let lower = |closed: &str| {
        let text = row("A", "people = { max = 3 }", OFFER) + &row("B", closed, FORBID);
        let compiled = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", &text)], DAYS);
        analyse(&compiled)
    };
    let problems = lower("kind = \"labour.*\", people = { min = 3 }");
    assert_eq!(codes(&problems), ["overruled"], "{problems:#?}");
    // Where no floor keeps it open it is closed, and the case that is shown lies there.
    let problems = lower("people = { min = 3 }");
    let told: Vec<&str> = problems.iter().map(|p| p.code).collect();
    assert!(told.contains(&"contradiction") && told.contains(&"overruled"), "{problems:#?}");
    let problem = problems.iter().find(|p| p.code == "contradiction").unwrap();
    assert!(problem.witness.as_ref().unwrap().contains("family.divorce"), "{problem:#?}");
}

#[test]
fn what_any_upper_pack_offers_is_closed_only_by_who_replaces_it() {
    let upper = row("F", "kind = \"labour.*\"", OFFER);
    let told = |closed: &str| {
        let compiled = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", closed)], DAYS);
        analyse(&compiled)
    };
    let closed = row("B", "kind = \"labour.wage\"", FORBID);
    let problems = told(&closed);
    assert_eq!(codes(&problems), ["overruled"], "{problems:#?}");
    assert!(problems[0].message.contains("which `cn/table#F` offers") && problems[0].advice.is_some());
    assert_eq!(codes(&told(&closed.replace("basis", "replaces = [\"cn/table#F\"]\nbasis"))), Vec::<&str>::new());
}

#[test]
fn the_same_rule_in_two_tables_of_a_pack() {
    let told = |first: &str, second: &str| {
        let compiled = compiled(&[("cn/one.toml", first), ("cn/two.toml", second)], DAYS);
        analyse(&compiled)
    };
    let (wide, narrow) =
        (row("A", "people = { min = 3 }", OFFER), row("B", "people = { min = 3 }, urgent = true", OFFER));
    let problems = told(&wide, &row("B", "people = { above = 2 }", OFFER));
    assert_eq!(codes(&problems), ["duplicate-rule"], "{problems:#?}");
    assert_eq!(problems[0].file, "cn/two.toml");
    assert!(problems[0].message.contains("`cn/one#A` speaks on the same cases"), "{}", problems[0].message);
    assert_eq!(problems[0].related[0].spot.file.as_ref(), "cn/one.toml");
    for (first, second, file) in [(&wide, &narrow, "cn/two.toml"), (&narrow, &wide, "cn/one.toml")] {
        let problems = told(first, second);
        assert_eq!(codes(&problems), ["redundant-rule"], "{problems:#?}");
        assert_eq!(problems[0].file, file);
    }
    // A table that only tries, or that is asked about something else, doubles nothing.
    for head in ["mode = \"shadow\"\n", "purposes = [\"prevention\"]\n"] {
        let problems = told(&wide, &format!("{head}{wide}"));
        assert_eq!(codes(&problems), Vec::<&str>::new(), "{head}{problems:#?}");
    }
}

#[test]
fn a_clock_that_stands_twice_is_shown_where_it_runs() {
    let wide = "people = { min = 3 }";
    let problem =
        one(&two((wide, &clock("1 year")), (wide, &clock("1 year"))), "duplicate-rule", &["`B`"], &["A", "B"]);
    assert!(problem.witness.unwrap().contains("knew_on"));
    let narrow = "people = { min = 4 }";
    one(&two((wide, &clock("1 year")), (narrow, &clock("1 year"))), "redundant-rule", &["`B`"], &["A", "B"]);
}

/// A mistake in one file hides nothing of the others, and it is said of which tables nothing is said.
#[test]
fn a_broken_file_hides_no_proof_of_another() {
    let bands = two(("people = { max = 1 }", OFFER), ("people = { min = 3 }", OFFER));
    for (broken, head) in [
        ("[[rule]\n".to_owned(), false),
        (row("Z", "people = { min = 4, max = 2 }", OFFER), false),
        (row("Z", "poeple = 3", OFFER), false),
        ("id = \"cn\"\n".to_owned(), true),
    ] {
        let path = if head { "cn/town/pack.toml" } else { "cn/broken.toml" };
        let tables = [("cn/table.toml", &*bands), (path, &*broken), ("cn/town/local.toml", &*bands)];
        let compiled = sound(&tables);
        let problems = analyse(&compiled);
        let told: Vec<(&str, &str)> = problems.iter().map(|p| (p.code, &*p.file)).collect();
        let mut wanted = vec![("not-analysed", path), ("gap", "cn/table.toml")];
        if !head {
            wanted.push(("gap", "cn/town/local.toml"));
        }
        wanted.sort_by_key(|(_, file)| *file);
        assert_eq!(told, wanted, "{problems:#?}");
        let witness = problems.iter().find(|p| p.code == "gap").unwrap().witness.clone().unwrap();
        assert_eq!(rules(&decided(&witness, &compiled.ruleset)), Vec::<String>::new());
    }
}

#[test]
fn what_an_upper_pack_offers_masks_nothing() {
    let upper = row("F", "kind = \"labour.*\"", OFFER);
    let told = |closed: &str, head: &str| {
        let lower = row("A", "kind = \"labour.*\", people = { min = 4 }", &due(5)) + &row("B", closed, FORBID);
        let compiled = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", &format!("{head}{lower}"))], DAYS);
        analyse(&compiled).iter().filter(|p| p.code == "rule-masked").count()
    };
    let wide = "people = { min = 2 }";
    assert_eq!(told(wide, ""), 0, "the host keeps it open");
    assert_eq!(told(wide, "replaces = [\"cn/table#F\"]\n"), 1, "what is replaced keeps nothing open");
}

#[test]
fn a_rule_that_is_replaced_alone_is_needed_beside_its_double() {
    let inform = |id: &str, when: &str| row(id, when, INFORM);
    let text = inform("A", "people = { min = 4 }") + &inform("B", "people = { min = 2 }");
    let told = |text: &str, replaces: &str| {
        let lower = row("Z", "urgent = true", REFER);
        let lower = if replaces.is_empty() { lower } else { format!("replaces = [\"{replaces}\"]\n{lower}") };
        let problems = analyse(&compiled(&[("cn/table.toml", text), ("cn/town/local.toml", &lower)], DAYS));
        problems.iter().filter(|p| ["redundant-rule", "duplicate-rule"].contains(&p.code)).count()
    };
    assert_eq!(told(&text, ""), 1);
    assert_eq!(told(&text, "cn/table#B"), 0, "where the wide one is replaced the narrow one still speaks");
    assert_eq!(told(&text, "cn/table#A"), 1);
    assert_eq!(told(&text, "cn/table"), 1);
    let twice = inform("A", "people = { min = 2 }") + &inform("B", "people = { above = 1 }");
    assert_eq!(told(&twice, ""), 1);
    assert_eq!(told(&twice, "cn/table#B"), 1, "one of them adds nothing");
}

#[test]
fn a_table_that_only_tries_contradicts_nobody() {
    let told = |head: &str| {
        let second = format!("{head}{}", row("B", "people = { min = 2 }", &due(8)));
        let first = row("A", "urgent = true", &due(9));
        codes(&analyse(&compiled(&[("cn/one.toml", &first), ("cn/two.toml", &second)], DAYS)))
    };
    assert_eq!(told(""), ["contradiction"]);
    assert_eq!(told("mode = \"shadow\"\n"), Vec::<&str>::new());
    assert_eq!(told("mode = \"off\"\n"), Vec::<&str>::new());
}

/// What cannot be shown is said, with its rules: people who are listed count, whatever number is given.
#[test]
fn a_case_that_is_decided_in_another_way_is_not_passed_over() {
    let pair = r#"any = [{ role = "applicant", consent = "yes" }, { role = "applicant", consent = "no" }]"#;
    let table = two((&format!("group = {{ max = 1 }}, {pair}"), &due(9)), ("urgent = true", &due(8)));
    let problems = proved(&table);
    assert_eq!(codes(&problems), ["not-analysed"], "{problems:#?}");
    assert!(problems[0].message.contains("rules `A` and `B`") && problems[0].witness.is_some(), "{problems:#?}");
}
