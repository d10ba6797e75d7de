//! What the vocabulary says of every case is known to the proofs: days that have happened, flags that days imply, facts of
//! one type of party.

use maple_kit::analysis::analyse;

use crate::{
    faults::{OFFER, clean, codes, due, one, two},
    place::{compiled, proved, row},
};

#[test]
fn a_day_that_has_happened_moves_the_day_of_the_case() {
    for from in ["2026-06-11", "2026-07-01", "2027-01-01", "2190-01-01"] {
        let late = format!("award_on = {{ from = {from} }}");
        let table = two((&late, &due(9)), ("people = { min = 3 }", &due(8)));
        let problem = one(&table, "contradiction", &["9 days", "8 days"], &["A", "B"]);
        assert!(problem.witness.unwrap().contains(&format!("\"as_of\":\"{from}\"")), "{from}");
    }
    let early = two(("award_on = { to = 2020-01-01 }", &due(9)), ("people = { min = 3 }", &due(8)));
    let problem = one(&early, "contradiction", &["9 days"], &["A", "B"]);
    assert!(problem.witness.unwrap().contains("\"as_of\":\"2026-06-10\""), "no nearer day is needed");
}

#[test]
fn of_two_days_that_have_happened_the_later_one_counts() {
    for (when, day) in [
        ("award_on = { from = 2027-01-01 }, heard_on = { from = 2027-03-01 }", "2027-03-01"),
        ("award_on = { from = 2027-01-01, ago-max = \"9 days\" }, heard_on = { from = 2027-03-01 }", "2027-03-01"),
        ("award_on = { from = 2027-01-01, ago-min = \"9 days\" }, heard_on = { from = 2026-12-01 }", "2027-01-10"),
    ] {
        let table = two((when, &due(9)), ("people = { min = 3 }", &due(8)));
        let problem = one(&table, "contradiction", &["9 days", "8 days"], &["A", "B"]);
        assert!(problem.witness.as_ref().unwrap().contains(&format!("\"as_of\":\"{day}\"")), "{problem:#?}");
    }
}

#[test]
fn a_hole_between_days_that_lie_ahead() {
    let table = two(("award_on = { to = 2026-12-31 }", OFFER), ("award_on = { from = 2027-01-10 }", OFFER));
    one(&table, "gap", &["`award_on` is 2027-01-01 to 2027-01-09"], &[]);
    clean(&two(("award_on = { to = 2026-12-31 }", OFFER), ("award_on = { from = 2027-01-01 }", OFFER)));
}

#[test]
fn a_complete_table_answers_only_what_can_be() {
    let complete = |known: &str, rows: String| format!("complete = [{known}]\n{rows}");
    let ages = |until: &str| {
        two(
            (&format!("award_on = {{ ago-min = \"0 days\", ago-max = \"{until}\" }}"), OFFER),
            ("award_on = { ago-min = \"3 years\" }", OFFER),
        )
    };
    clean(&complete("\"award_on\"", ages("3 years")));
    let problems = proved(&complete("\"award_on\"", ages("2 years")));
    assert!(codes(&problems).contains(&"gap"), "{problems:#?}");
    // Only natural persons have a stage of life.
    let natural = r#"any = { type = "natural" }"#;
    let others = r#"not = { any = { stage = { known = true } } }"#;
    clean(&complete("", two((natural, OFFER), (others, OFFER))));
    // Who has an award has been through the arbitration.
    let rows = two(
        (r#"kind = "labour.*", arbitrated = true"#, OFFER),
        (r#"either = [{ award_on = { known = false } }, { kind = "family.*" }]"#, OFFER),
    );
    clean(&complete("", rows.clone()));
    let wider = rows.replace("kind = \"family.*\"", "kind = \"family.*\", award_on = { from = 2026-01-01 }");
    let problem = one(&complete("", wider), "gap", &["`family.divorce`"], &[]);
    assert!(problem.witness.unwrap().contains("award_on"));
}

#[test]
fn what_the_vocabulary_rules_out_never_speaks() {
    for when in [
        r#"any = { type = "organisation", stage = "minor" }"#,
        r#"all = { type = "public_authority" }, any = { stage = { known = true } }"#,
        r#"kind = "labour.*", award_on = { known = true }, arbitrated = false"#,
        r#"kind = "labour.wage", award_on = { from = 2020-01-01 }, arbitrated = { known = false }"#,
        r#"award_on = { ahead-max = "9 days", from = 2027-01-01 }, not = { award_on = { ago-min = "0 days" } }"#,
    ] {
        let table = row("A", when, OFFER) + &row("B", "urgent = false", OFFER);
        one(&table, "rule-never-speaks", &["`A`"], &[]);
    }
    for when in [
        r#"any = { type = "natural", stage = "minor" }"#,
        r#"any = [{ type = "organisation" }, { stage = "minor" }]"#,
        r#"kind = "family.*", award_on = { known = true }, arbitrated = false"#,
        r#"kind = "labour.*", award_on = { known = false }, arbitrated = false"#,
        r#"award_on = { from = 2027-01-01 }"#,
        r#"award_on = { ahead-max = "9 days" }"#,
    ] {
        clean(&row("A", when, OFFER));
    }
}

#[test]
fn a_day_after_the_last_day_of_the_pack_never_comes() {
    let told = |from: &str| {
        let table = row("A", &format!("award_on = {{ from = {from} }}"), OFFER);
        codes(&analyse(&compiled(&[("cn/table.toml", &table)], "in-force-from = 2020-01-01\nin-force-to = 2026-12-31")))
    };
    assert_eq!(told("2027-01-01"), ["rule-never-speaks"]);
    assert_eq!(told("2026-12-31"), Vec::<&str>::new());
}
