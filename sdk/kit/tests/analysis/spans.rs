//! Gaps beside rules that span what others divide, and between bands that answer one question in several ways; each with its
//! neighbours that are none.

use maple_bundle::{Compiled, Diagnostic, Severity};
use maple_kit::analysis::analyse;

use crate::{
    faults::{OFFER, clean, codes, due, one, two},
    place::{DAYS, compiled, decided, proved, row, rules},
};

const ELDERS: &str = r#"{ offer = "elders" }"#;
const INFORM: &str = r#"{ duty = "inform" }"#;
const FEW: &str = "people = { max = 2 }, urgent = true";
const MANY: &str = "people = { min = 3 }";

/// The one gap of a table, and that none of its rules answers the case that shows it.
#[track_caller]
fn gap(text: &str, said: &[&str]) -> Diagnostic {
    let problem = one(text, "gap", said, &[]);
    assert_eq!(problem.severity, Severity::Warning);
    assert!(problem.advice.as_ref().is_some_and(|advice| advice.contains("`complete = false`")), "{problem:#?}");
    problem
}

#[test]
fn a_rule_that_spans_a_grid_fills_all_its_cells() {
    let problem = gap(&two((FEW, OFFER), (MANY, ELDERS)), &["`people` is 0 to 2 and `urgent` is false", "`A`", "`B`"]);
    assert!(problem.witness.is_some_and(|case| case.contains("\"urgent\":false")));
    // Cut in two, the same rule shows the same.
    let cut = row("A", FEW, OFFER)
        + &row("B", "people = { min = 3 }, urgent = true", ELDERS)
        + &row("C", "people = { min = 3 }, urgent = false", ELDERS);
    assert_eq!(codes(&proved(&cut)), ["gap"]);
    gap(
        &two(("people = { max = 2 }, amount = { max = \"0.03\" }", OFFER), (MANY, OFFER)),
        &["`amount` is 0.04 to 0.06"],
    );
    gap(&two(("urgent = false, amount = { max = \"0.03\" }", OFFER), ("urgent = true", OFFER)), &["`urgent` is false"]);
    let labour = |when: &str| format!("kind = \"labour.*\", {when}");
    gap(&two((&labour(FEW), OFFER), (&labour(MANY), ELDERS)), &["`urgent` is false"]);
    // The case that is shown is one that any row would have answered.
    let found = compiled(&[("cn/table.toml", &two((FEW, OFFER), (MANY, ELDERS)))], DAYS);
    let witness = analyse(&found).remove(0).witness.unwrap();
    assert_eq!(rules(&decided(&witness, &found.ruleset)), Vec::<String>::new());
}

#[test]
fn what_only_looks_like_a_grid_is_none() {
    for (few, many) in [
        ("urgent = true", MANY),                       // they overlap: two rules of their own
        ("people = { max = 1 }, urgent = true", MANY), // numbers are left out
        ("people = { max = 2 }, amount = { min = \"0.04\" }", MANY), // what begins at a threshold is meant to
        ("urgent = false, people = { min = 3 }", "urgent = true"),
        ("urgent = true, relation = \"trade\"", "urgent = false"), // one word is no list
        ("people = { max = 2 }, kind = \"labour.*\"", MANY),       // nobody said that it is about the other kinds
    ] {
        clean(&two((few, OFFER), (many, ELDERS)));
    }
    // Duties and preferences are added where they are wanted, and any answer of the table is one.
    let prefer = r#"{ prefer = "mediation", weight = 5 }"#;
    for then in [INFORM, prefer] {
        clean(&two((FEW, then), (MANY, then)));
    }
    let both = two((FEW, OFFER), (MANY, ELDERS));
    clean(&(both.clone() + &row("C", "people = { max = 2 }, not = { urgent = true }", INFORM)));
    clean(&format!("complete = false\n{both}"));
    clean(&(two((FEW, OFFER), (MANY, ELDERS)) + &row("C", "people = { max = 2 }, relation = \"trade\"", OFFER)));
}

#[test]
fn a_kind_that_is_answered_in_part_beside_kinds_that_are_answered() {
    let (divorce, wage) = ("kind = \"family.divorce\"", "kind = \"labour.wage\", amount = { max = \"0.03\" }");
    let rows = two((divorce, OFFER), (wage, OFFER));
    let said = ["`kind` is labour.wage and `amount` is 0.04 to 0.06"];
    let problem = gap(&rows, &said);
    assert!(problem.witness.is_some_and(|case| case.contains("labour.wage") && case.contains("\"0.04\"")));
    // Another way for a part of another kind is added to what the packs above offer.
    clean(&two((divorce, OFFER), (wage, ELDERS)));
    // Beside other rules only when the target says which kinds the table is about.
    let more = rows.clone() + &row("C", "people = { min = 4 }", INFORM);
    clean(&more);
    let target = |kinds: &str| format!("[target]\nkinds = [{kinds}]\n{more}");
    gap(&target("\"labour.wage\", \"family.*\""), &said);
    clean(&target("\"*\""));
    // What begins at a threshold, or asks for a flag, is meant to; and so is what holds of several kinds.
    for when in ["amount = { min = \"0.04\" }", "urgent = true", "people = { min = 1, max = 3 }"] {
        clean(&two((divorce, OFFER), (&format!("kind = \"labour.wage\", {when}"), OFFER)));
    }
    clean(&(rows + &row("C", "kind = \"labour.injury\", amount = { max = \"0.03\" }", OFFER)));
}

#[test]
fn bands_that_answer_one_question_leave_nothing_between_them() {
    let table = |first: &str, last: &str| {
        row("A", "amount = { max = \"0.01\" }", first)
            + &row("B", "amount = { min = \"0.04\", max = \"0.05\" }", INFORM)
            + &row("C", "amount = { above = \"0.05\" }", last)
    };
    let refer = table(OFFER, r#"{ refer = "unclear" }"#);
    let problem = one(&refer, "gap", &["no rule speaks when `amount` is 0.02 to 0.03"], &[]);
    assert_eq!(problem.severity, Severity::Warning);
    one(&table(OFFER, OFFER), "gap", &["no rule says `offer`"], &[]);
    // Nothing shows that the offer for few and the duties for many have to do with each other.
    clean(&table(OFFER, r#"{ duty = "explain" }"#));
    clean(&two(("amount = { max = \"0.01\" }", OFFER), ("amount = { min = \"0.04\" }", INFORM)));
    clean(&(refer + &row("D", "amount = { min = \"0.02\", max = \"0.03\" }", INFORM)));
}

/// A table as it is compiled without some of its rules, because they have errors.
fn in_part(text: &str) -> Compiled {
    let mut compiled = compiled(&[("cn/table.toml", text)], DAYS);
    compiled.files_out.push("cn/table.toml".to_owned());
    compiled
}

#[test]
fn what_a_missing_rule_may_answer_is_no_warning() {
    let told = |text: &str| {
        let problems = analyse(&in_part(text)).into_iter();
        problems.map(|p| (p.code, p.severity, p.message)).collect::<Vec<_>>()
    };
    let bands = two(("people = { max = 1 }", OFFER), ("people = { min = 3 }", OFFER));
    let problems = told(&bands);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems.iter().all(|(_, severity, _)| *severity == Severity::Note), "{problems:#?}");
    assert!(problems[0].2.contains("the rules of this file that have errors are not analysed"), "{problems:#?}");
    assert!(problems[1].0 == "gap" && problems[1].2.ends_with("; a rule that is not analysed may answer it"));
    // A promise cannot be refuted, nor is a kind of the target unanswered, nor a derived fact known never to be there.
    for text in [
        format!("complete = true\n{}", row("A", "urgent = true", OFFER)),
        format!("[target]\nkinds = [\"labour.*\"]\n{}", row("A", "kind = \"labour.wage\"", OFFER)),
        row("A", "grave = true", OFFER),
    ] {
        let problems = told(&text);
        assert!(problems.iter().all(|(code, severity, _)| *code == "not-analysed" && *severity == Severity::Note));
        assert!(!problems.is_empty(), "{text}");
    }
    // What holds whatever the missing rule says is told as ever.
    let sound = two(("people = { max = 3 }", &due(9)), ("urgent = true", &due(8)))
        + &row("N", "people = { min = 4 }, not = { people = { min = 2 } }", OFFER);
    let codes: Vec<_> = told(&sound).iter().map(|(code, severity, _)| (*code, *severity)).collect();
    let wanted =
        [("not-analysed", Severity::Note), ("contradiction", Severity::Error), ("rule-never-speaks", Severity::Error)];
    assert_eq!(codes.iter().filter(|told| wanted.contains(told)).count(), wanted.len(), "{codes:#?}");
}

/// What is missing of one place may derive something for those below it, and says nothing of the others.
#[test]
fn a_missing_rule_of_one_place_leaves_the_tables_above_as_they_are() {
    let reads = row("R", "grave = true", OFFER);
    let told = |upper: &str, lower: &str, out: &str| {
        let mut found = compiled(&[("cn/table.toml", upper), ("cn/town/local.toml", lower)], DAYS);
        found.files_out.push(out.to_owned());
        codes(&analyse(&found))
    };
    let other = row("A", "urgent = true", OFFER);
    assert_eq!(told(&reads, &other, "cn/town/local.toml"), ["rule-never-speaks", "not-analysed"]);
    assert_eq!(told(&other, &reads, "cn/table.toml"), ["not-analysed"]);
    // A hole of the upper table is not what the lower one answers.
    let bands = two(("people = { max = 1 }", OFFER), ("people = { min = 3 }", OFFER));
    let mut found = compiled(&[("cn/table.toml", &bands), ("cn/town/local.toml", &other)], DAYS);
    found.files_out.push("cn/town/local.toml".to_owned());
    let problems = analyse(&found);
    let gap = problems.iter().find(|problem| problem.code == "gap").unwrap();
    assert_eq!(gap.severity, Severity::Warning, "{problems:#?}");
}
