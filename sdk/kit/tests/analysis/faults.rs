//! Each fault by hand: what is told, of which rule, and that its case shows it.

use maple_bundle::{Compiled, Diagnostic, Severity};

use crate::place::{DAYS, compiled, decided, proved, row, rules};
use maple_kit::analysis::analyse;

pub(crate) const OFFER: &str = r#"{ offer = "mediation" }"#;
pub(crate) const FORBID: &str = r#"{ forbid = "mediation" }"#;

pub(crate) fn due(days: u8) -> String {
    format!("{{ offer = \"mediation\", due = \"{days} days\", from = \"acceptance\" }}")
}

pub(crate) fn clock(span: &str) -> String {
    format!("{{ clock = \"limitation\", from = \"knew_on\", span = \"{span}\" }}")
}

pub(crate) fn national(tables: &[(&str, &str)]) -> Compiled {
    compiled(tables, DAYS)
}

/// Two rules with these conditions and effects.
pub(crate) fn two(a: (&str, &str), b: (&str, &str)) -> String {
    row("A", a.0, a.1) + &row("B", b.0, b.1)
}

pub(crate) fn codes(problems: &[Diagnostic]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

/// Exactly one problem of this code, whose message says these things; and its case makes these rules speak.
#[track_caller]
pub(crate) fn one(text: &str, code: &str, said: &[&str], speaking: &[&str]) -> Diagnostic {
    let problems = proved(text);
    assert_eq!(codes(&problems), [code], "{text}\n{problems:#?}");
    let problem = problems[0].clone();
    for word in said {
        assert!(problem.message.contains(word), "{word}: {}", problem.message);
    }
    assert!(problem.advice.is_some() && problem.line > 0, "{problem:?}");
    let witness = problem.witness.clone().unwrap_or_else(|| panic!("no witness: {problem:?}"));
    let compiled = compiled(&[("cn/table.toml", text)], DAYS);
    assert_eq!(rules(&decided(&witness, &compiled.ruleset)), speaking, "{witness}");
    problem
}

#[track_caller]
pub(crate) fn clean(text: &str) {
    let problems = proved(text);
    assert!(problems.is_empty(), "{text}\n{problems:#?}");
}

#[test]
fn a_rule_that_never_speaks() {
    for when in [
        r#"kind = "labour.wage", not = { kind = "labour.*" }"#,
        r#"relation = "family", either = [{ relation = "trade" }, { relation = { known = false } }]"#,
        r#"amount = { min = "0.05" }, not = { amount = { above = "0.02" } }"#,
        r#"urgent = true, not = { urgent = { known = true } }"#,
        r#"knew_on = { ago-min = "2 years", ago-max = "1 year" }"#,
        r#"knew_on = { ago-min = "32 days", ago-max = "1 month" }"#,
        r#"knew_on = { ahead-max = "3 days", ago-min = "1 day" }"#,
        r#"knew_on = { from = 2027-01-01, ago-min = "1 day" }, ended_on = { to = 2026-01-01, ago-max = "1 month" }"#,
        r#"any = { consent = "no" }, all = { consent = "yes" }"#,
        r#"all = { role = "applicant" }, any = { role = "respondent" }"#,
        r#"not = [{ any = { age = { min = 2 } } }], all = { age = { min = 2 } }"#,
        r#"amount = { above = { fact = "offered" } }, offered = { min = { fact = "amount" } }"#,
        r#"amount = { above = { fact = "cap" }, max = "0.03" }"#,
        r#"needs = "sign", not = { needs = { known = true } }"#,
        r#"locality = "cn/town", cap = { max = "0.04" }"#,
    ] {
        let table = row("A", when, OFFER) + &row("B", "urgent = false", OFFER);
        let problem = one(&table, "rule-never-speaks", &["`A`"], &[]);
        assert_eq!((problem.severity, problem.line), (Severity::Error, 4), "{when}");
    }
}

#[test]
fn the_advice_tells_where_the_condition_and_the_target_exclude_each_other() {
    let table = "[target]\nkinds = [\"family.*\"]\n".to_owned() + &row("A", "kind = \"labour.*\"", OFFER);
    let problem = one(&table, "rule-never-speaks", &["`A`"], &[]);
    assert!(problem.advice.unwrap().contains("`target`"));
}

#[test]
fn what_only_looks_impossible_is_left_alone() {
    for when in [
        r#"not = [{ urgent = true }, { urgent = false }]"#,
        r#"any = [{ consent = "yes" }, { consent = "no" }]"#,
        r#"knew_on = { ago-min = "31 days", ago-max = "1 month" }"#,
        r#"knew_on = { ago-min = "1 month", ago-max = "28 days" }"#,
        r#"amount = { min = { fact = "offered" } }, offered = { min = { fact = "amount" } }"#,
        r#"amount = { above = { fact = "cap" }, max = "0.04" }"#,
        r#"needs = ["sign"], not = { needs = "braille" }"#,
        r#"grave = { known = false }"#,
    ] {
        clean(&row("A", when, OFFER));
    }
}

#[test]
fn a_clock_of_two_lengths() {
    let table = two(("kind = \"labour.*\"", &clock("1 year")), ("people = { min = 3 }", &clock("6 months")));
    let problem = one(&table, "contradiction", &["`A`", "`B`", "`limitation`", "1 year", "6 months"], &["A", "B"]);
    assert_eq!(problem.severity, Severity::Error);
    assert_eq!(problem.related.len(), 1, "the other rule is shown");
    clean(&two(("kind = \"labour.*\"", &clock("1 year")), ("kind = \"family.*\"", &clock("6 months"))));
    clean(&two(("kind = \"labour.*\"", &clock("1 year")), ("people = { min = 3 }", &clock("1 year"))));
    let other = "{ clock = \"limitation\", from = \"ended_on\", span = \"6 months\" }";
    clean(&two(("kind = \"labour.*\"", &clock("1 year")), ("people = { min = 3 }", other)));
    clean(&two(("kind = \"labour.*\"", &clock("1 year")), ("knew_on = { known = false }", &clock("6 months"))));
}

#[test]
fn first_in_both_directions() {
    let before = |a, b| format!("{{ require-first = \"{a}\", before = \"{b}\" }}");
    let (there, back) = (before("mediation", "arbitration"), before("arbitration", "mediation"));
    let table = two(("urgent = true", &there), ("people = { max = 2 }", &back));
    one(
        &table,
        "contradiction",
        &["`mediation` before `arbitration`", "`arbitration` before `mediation`"],
        &["A", "B"],
    );
    clean(&two(("urgent = true", &there), ("urgent = false", &back)));
}

#[test]
fn a_fact_of_two_values() {
    let derive = |value| format!("{{ derive = \"grave\", value = {value} }}");
    let table = two(("urgent = true", &derive(true)), ("amount = { min = \"0.02\" }", &derive(false)));
    one(&table, "contradiction", &["derive `grave`"], &["A", "B"]);
}

#[test]
fn an_offer_that_is_forbidden_across_one_line() {
    let table = two(("amount = { max = \"0.04\" }", OFFER), ("amount = { min = \"0.03\" }", FORBID));
    let problem = one(&table, "contradiction", &["`A` offers `mediation`", "`B` forbids it"], &["A", "B"]);
    let witness = problem.witness.unwrap();
    assert!(witness.contains("\"amount\":\"0.03\"") || witness.contains("\"amount\":\"0.04\""), "{witness}");
    let class = r#"{ forbid-class = "facilitative" }"#;
    one(
        &two(("kind = \"labour.*\"", OFFER), ("kind = \"labour.*\"", class)),
        "contradiction",
        &["forbids it"],
        &["A", "B"],
    );
    let first = r#"{ require-first = "mediation", before = "court" }"#;
    let table = two(("amount = { max = \"0.04\" }", first), ("amount = { min = \"0.03\" }", FORBID));
    one(&table, "contradiction", &["wants `mediation` before `court`"], &["A", "B"]);
}

#[test]
fn an_exception_is_no_contradiction() {
    clean(&two(("amount = { min = \"0.01\" }", OFFER), ("amount = { min = \"0.05\" }", FORBID)));
    clean(&two(("", OFFER), ("urgent = true", FORBID)));
    clean(&two(("amount = { min = \"0.01\" }", OFFER), ("amount = { min = \"0.01\" }, urgent = true", FORBID)));
}

/// It is meant as a rule, and may be a slip: a note, with a case that shows it.
#[test]
fn an_exclusion_that_asks_for_something_else_is_noted() {
    for (open, closed) in [
        ("amount = { min = \"0.01\" }", "urgent = true"),
        ("amount = { min = \"0.01\" }", "any = { consent = \"no\" }"),
        ("people = { min = 3 }", "amount = { min = \"0.05\" }"),
        ("not = { kind = \"family.*\" }, urgent = true", "kind = \"labour.wage\""),
        ("not = { relation = \"family\" }", "not = { relation = \"trade\" }"),
        ("not = { urgent = true }", "not = { relation = \"trade\" }"),
        ("urgent = { known = false }", "relation = { known = false }"),
    ] {
        let problem = one(&two((open, OFFER), (closed, FORBID)), "contradiction", &["forbids it"], &["A", "B"]);
        assert_eq!(problem.severity, Severity::Note, "{open} / {closed}");
    }
}

#[test]
fn two_times_for_one_step() {
    let table = two(("amount = { max = \"0.04\" }", &due(10)), ("people = { min = 2 }", &due(20)));
    one(&table, "contradiction", &["`mediation`", "10 days", "20 days"], &["A", "B"]);
    let table = two(("kind = \"labour.*\"", &due(10)), ("kind = \"labour.wage\"", &due(20)));
    one(&table, "contradiction", &["20 days"], &["A", "B"]);
    clean(&two(("kind = \"labour.*\"", &due(20)), ("kind = \"labour.wage\"", &due(10))));
}

#[test]
fn two_weights_of_one_preference() {
    let prefer = |weight| format!("{{ prefer = \"mediation\", weight = {weight} }}");
    let offered = |rows: String| rows + &row("O", "", OFFER);
    let table = offered(two(("urgent = true", &prefer(10)), ("people = { min = 2 }", &prefer(20))));
    one(&table, "contradiction", &["by 10 and by 20"], &["A", "B", "O"]);
    let (wide, narrow) = ("kind = \"labour.*\"", "kind = \"labour.wage\"");
    clean(&offered(two((wide, &prefer(10)), (narrow, &prefer(20)))));
    let turned = offered(two((narrow, &prefer(20)), (wide, &prefer(10))));
    one(&turned, "contradiction", &["by 20 and by 10"], &["A", "B", "O"]);
    // A weight of an offer is no stand: a later offer of the same step refines the earlier one.
    let offer = |weight| format!("{{ offer = \"mediation\", weight = {weight} }}");
    clean(&two(("urgent = true", &offer(10)), ("people = { min = 2 }", &offer(50))));
}

#[test]
fn rules_of_one_pack_contradict_across_tables() {
    let (a, b) = (row("A", "urgent = true", &clock("1 year")), row("B", "", &clock("2 years")));
    let compiled = compiled(&[("cn/one.toml", &a), ("cn/two.toml", &b)], DAYS);
    let problems = analyse(&compiled);
    assert_eq!(codes(&problems), ["contradiction"], "{problems:#?}");
    assert!(problems[0].message.contains("`cn/two#B`"), "{}", problems[0].message);
    assert_eq!(problems[0].related[0].spot.file.as_ref(), "cn/one.toml");
}

#[test]
fn an_offer_that_is_always_closed_is_masked() {
    let table = two(("kind = \"labour.wage\"", OFFER), ("kind = \"labour.*\"", FORBID));
    let problem = one(&table, "rule-masked", &["`A`", "`offer mediation`", "rule `B` forbids it"], &["A", "B"]);
    assert_eq!(problem.severity, Severity::Warning);
    let split = row("A", "people = { known = true }", OFFER)
        + &row("B", "people = { max = 2 }", FORBID)
        + &row("C", "people = { min = 3 }", r#"{ forbid-class = "facilitative" }"#);
    let problems = proved(&split);
    assert_eq!(codes(&problems), ["rule-masked"], "two rules that mask one together: {problems:#?}");
    assert!(problems[0].message.contains("rule `B` forbids it, or rule `C` forbids it"), "{}", problems[0].message);
}

#[test]
fn a_rule_that_is_always_replaced_is_masked() {
    let upper = row("A", "locality = \"cn/town\", urgent = true", OFFER);
    let lower = row("Z", "", r#"{ offer = "elders" }"#).replace("basis", "replaces = [\"cn/table#A\"]\nbasis");
    let compiled = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", &lower)], DAYS);
    let problems = analyse(&compiled);
    assert_eq!(codes(&problems), ["rule-masked"], "{problems:#?}");
    assert!(problems[0].message.contains("`cn/town/local#Z` replaces it"), "{}", problems[0].message);
    let witness = problems[0].witness.as_ref().unwrap();
    let fates = decided(witness, &compiled.ruleset).explanation.unwrap().fates;
    assert!(fates.iter().any(|f| f.by.rule == "A" && f.fate.starts_with("replaced by")), "{fates:?}");
    let wide = row("A", "urgent = true", OFFER);
    let elsewhere = analyse(&national(&[("cn/table.toml", &wide), ("cn/town/local.toml", &lower)]));
    assert!(elsewhere.is_empty(), "elsewhere it is heard: {elsewhere:#?}");
}

#[test]
fn the_same_rule_twice() {
    let table = two(("people = { min = 3 }", OFFER), ("people = { above = 2 }", OFFER));
    let problem = one(&table, "duplicate-rule", &["`B`", "`A`", "`offer mediation`"], &["A", "B"]);
    assert_eq!(problem.line, 8, "the later one is told");
    let other = two(
        ("not = { urgent = true }", OFFER),
        ("either = [{ urgent = false }, { urgent = { known = false } }]", OFFER),
    );
    one(&other, "duplicate-rule", &["speaks on the same cases"], &["A", "B"]);
    clean(&two(("people = { min = 3 }", OFFER), ("people = { min = 3 }", r#"{ offer = "elders" }"#)));
}

#[test]
fn a_rule_that_adds_nothing() {
    let (wide, narrow) = ("kind = \"labour.*\"", "kind = \"labour.wage\", urgent = true");
    one(&two((wide, OFFER), (narrow, OFFER)), "redundant-rule", &["`B` adds nothing", "`A`"], &["A", "B"]);
    one(&two((narrow, OFFER), (wide, OFFER)), "redundant-rule", &["`A` adds nothing", "`B`"], &["A", "B"]);
    let worded =
        two((wide, OFFER), (narrow, OFFER)).replace("id = \"B\"", "id = \"B\"\nwhy = { zh = \"甲\", en = \"a\" }");
    clean(&worded);
    let text = two((wide, OFFER), (narrow, OFFER));
    let (first, second) = text.split_at(text.rfind("cn.law.1").unwrap());
    clean(&format!("{first}{}", second.replace("cn.law.1", "cn.law.2")));
}

#[test]
fn a_hole_between_bands() {
    let table =
        two(("amount = { max = \"0.02\" }", OFFER), ("amount = { above = \"0.03\" }", r#"{ offer = "court" }"#));
    let problem = one(&table, "gap", &["`amount` is 0.03", "`A`", "`B`"], &[]);
    assert_eq!(problem.severity, Severity::Warning);
    one(&two(("people = { below = 2 }", OFFER), ("people = { above = 2 }", OFFER)), "gap", &["`people` is 2"], &[]);
    clean(&two(("amount = { max = \"0.02\" }", OFFER), ("amount = { above = \"0.02\" }", r#"{ offer = "court" }"#)));
    // What lies at the edge need not be answered, and neither what another rule of the table answers.
    clean(&two(("people = { min = 1, max = 2 }", OFFER), ("people = { min = 3, max = 4 }", r#"{ offer = "elders" }"#)));
    clean(
        &(two(("people = { below = 2 }", OFFER), ("people = { above = 2 }", OFFER))
            + &row("C", "people = 2", r#"{ offer = "court" }"#)),
    );
    clean(&two(("people = { below = 2 }, urgent = true", OFFER), ("people = { above = 2 }", OFFER)));
}

#[test]
fn a_hole_between_days_and_between_ages() {
    let days = two(("knew_on = { to = 2024-12-31 }", OFFER), ("knew_on = { from = 2025-01-02 }", OFFER));
    one(&days, "gap", &["`knew_on` is 2025-01-01"], &[]);
    let ages = two(("knew_on = { ago-max = \"1 year\" }", OFFER), ("knew_on = { ago-min = \"13 months\" }", OFFER));
    one(&ages, "gap", &["`knew_on` lies between the two ages"], &[]);
    clean(&two(("knew_on = { ago-max = \"1 year\" }", OFFER), ("knew_on = { ago-min = \"12 months\" }", OFFER)));
    let law = |id: &str, key: &str, day: &str| {
        row(id, "urgent = true", OFFER).replace("basis", &format!("in-force-{key} = {day}\nbasis"))
    };
    let problem = one(
        &(law("A", "to", "2023-12-31") + &law("B", "from", "2024-01-02")),
        "gap",
        &["the day of the case is 2024-01-01"],
        &[],
    );
    assert!(problem.witness.unwrap().contains("\"as_of\":\"2024-01-01\""));
    clean(&(law("A", "to", "2023-12-31") + &law("B", "from", "2024-01-01")));
}

#[test]
fn a_hole_in_a_grid() {
    let cell = |id: &str, relation: &str, amount: &str| {
        row(id, &format!("relation = \"{relation}\", amount = {{ {amount} }}"), OFFER)
    };
    // Neighbours are answered in another way.
    let three = row("N", "relation = \"neighbour\"", r#"{ duty = "inform" }"#)
        + &cell("A", "family", "max = \"0.03\"")
        + &cell("B", "family", "above = \"0.03\"")
        + &cell("C", "trade", "max = \"0.03\"");
    let problems = proved(&three);
    assert_eq!(codes(&problems), ["gap"], "{problems:#?}");
    assert!(
        problems[0].message.contains("`amount` is 0.04 to 0.06 and `relation` is trade"),
        "{}",
        problems[0].message
    );
    clean(&(three + &cell("D", "trade", "above = \"0.03\"")));
    // Two cells of four are no grid with holes.
    clean(&(cell("A", "family", "max = \"0.03\"") + &cell("B", "trade", "above = \"0.03\"")));
}

#[test]
fn a_table_that_says_it_is_complete() {
    let table = "complete = true\n".to_owned() + &two(("urgent = true", OFFER), ("urgent = false", FORBID));
    let problems = proved(&table);
    assert_eq!(codes(&problems), ["gap"; 3], "one for each kind: {problems:#?}");
    assert_eq!((problems[0].severity, problems[0].line), (Severity::Error, 1));
    let known = |facts: &str| format!("complete = [{facts}]\n");
    clean(&(known("\"urgent\"") + &two(("urgent = true", OFFER), ("urgent = false", FORBID))));
    clean(&("complete = true\n".to_owned() + &two(("urgent = true", OFFER), ("not = { urgent = true }", FORBID))));
    let target = "complete = true\n[target]\nkinds = [\"family.*\"]\n".to_owned();
    clean(&(target + &row("A", "kind = \"family.divorce\"", OFFER)));
}

/// A table with this target and rules.
fn aimed(target: &str, rows: &str) -> String {
    format!("{target}\n{rows}")
}

#[test]
fn a_kind_or_a_door_of_the_target_that_no_rule_answers() {
    let (wage, divorce) = ("kind = \"labour.wage\"", "kind = \"family.divorce\", urgent = true");
    let kinds = |kinds: &str| format!("[target]\nkinds = [{kinds}]");
    let both = kinds("\"labour.wage\", \"family.divorce\"");
    let problem =
        one(&aimed(&both, &row("A", wage, OFFER)), "gap", &["`family.divorce`", "no rule ever answers it"], &[]);
    assert_eq!((problem.severity, problem.line), (Severity::Warning, 1));
    assert!(problem.witness.unwrap().contains("family.divorce"));
    one(&aimed(&kinds("\"labour.*\""), &row("A", wage, OFFER)), "gap", &["`labour.injury`"], &[]);
    let all = kinds("\"labour.*\", \"family.*\"");
    one(&aimed(&all, &row("A", wage, OFFER)), "gap", &["`family.divorce`, `labour.injury`", "any of them"], &[]);
    // A rule that speaks on some of its cases answers a kind, as far as anybody promised; so does any other effect.
    clean(&aimed(&both, &two((wage, OFFER), (divorce, r#"{ duty = "inform" }"#))));
    clean(&aimed(&both, &row("A", "any = { consent = \"no\" }", OFFER)));
    clean(&aimed(&kinds("\"*\""), &row("A", wage, OFFER)));
    clean(&aimed(&(kinds("\"labour.*\"") + "\nexcept = [\"labour.injury\"]"), &row("A", wage, OFFER)));
    clean(&row("A", wage, OFFER));
    let doors = "[target]\nsources = [\"counter\", \"hotline\"]";
    let problem = one(&aimed(doors, &row("A", "source = \"counter\"", OFFER)), "gap", &["`hotline`"], &[]);
    assert!(problem.witness.unwrap().contains("\"source\":\"hotline\""));
    clean(&aimed(doors, &two(("source = \"counter\"", OFFER), ("source = \"hotline\"", FORBID))));
}

#[test]
fn a_word_that_is_left_out_of_a_list() {
    let (family, trade) = ("relation = \"family\"", "relation = \"trade\"");
    let elders = r#"{ offer = "elders" }"#;
    let problem = one(&two((family, OFFER), (trade, elders)), "gap", &["`relation` is neighbour", "`A`", "`B`"], &[]);
    assert_eq!(problem.severity, Severity::Warning);
    // One of three is not most of them, one rule is no list, and any rule of the table answers.
    clean(&two((family, OFFER), ("relation = \"family\", urgent = true", elders)));
    clean(&row("A", "relation = [\"family\", \"trade\"]", OFFER));
    clean(&(two((family, OFFER), (trade, elders)) + &row("C", "relation = \"neighbour\"", r#"{ duty = "inform" }"#)));
    clean(&two((family, OFFER), (trade, r#"{ duty = "inform" }"#)));
}

#[test]
fn what_lies_beyond_the_last_band() {
    let elders = r#"{ offer = "elders" }"#;
    let upwards = two(("people = { max = 2 }", OFFER), ("people = { min = 3, max = 4 }", elders));
    let problem = one(&upwards, "gap", &["`people` is 5", "`A`", "`B`"], &[]);
    assert!(problem.advice.unwrap().contains("`complete = false`"));
    // What begins at a threshold is meant to.
    clean(&two(("amount = { above = \"0.04\" }", OFFER), ("amount = { min = \"0.02\", max = \"0.04\" }", elders)));
    clean(&two(("people = { min = 2 }", &due(20)), ("people = { min = 4 }", &due(5))));
    let prefer = |weight| format!("{{ prefer = \"mediation\", weight = {weight} }}");
    clean(&two(("people = { min = 2 }", &prefer(5)), ("people = { min = 4 }", &prefer(9))));
    let holed = two(("people = { max = 1 }", OFFER), ("people = { min = 3, max = 4 }", elders));
    assert_eq!(codes(&proved(&holed)), ["gap"; 2], "the hole and the end");
    clean(&(upwards.clone() + &row("C", "people = { min = 5 }", r#"{ refer = "unclear" }"#)));
    // One band is no partition, and law begins and ends.
    clean(&row("A", "people = { max = 2 }", OFFER));
    clean(&two(("knew_on = { to = 2024-12-31 }", OFFER), ("knew_on = { from = 2025-01-01, to = 2025-12-31 }", elders)));
}

#[test]
fn gaps_that_are_meant_are_not_told() {
    let meant = |text: &str| clean(&format!("complete = false\n{text}"));
    meant(&two(("people = { max = 1 }", OFFER), ("people = { min = 3, max = 4 }", OFFER)));
    meant(&two(("relation = \"family\"", OFFER), ("relation = \"trade\"", OFFER)));
    meant(&aimed("[target]\nkinds = [\"labour.*\"]", &row("A", "kind = \"labour.wage\"", OFFER)));
}

#[test]
fn a_promise_is_proved_and_nothing_is_told_twice() {
    let bands = two(("people = { max = 2 }", OFFER), ("people = { min = 3, max = 4 }", OFFER));
    let problems = proved(&format!("complete = [\"people\"]\n{bands}"));
    assert_eq!(codes(&problems), ["gap"; 3], "one for each kind: {problems:#?}");
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error && problem.line == 1));
}

#[test]
fn rules_that_have_no_effect_where_they_meet_contradict_nobody() {
    let prefer = |weight| format!("{{ prefer = \"mediation\", weight = {weight} }}");
    let rows = two(("urgent = true", &prefer(10)), ("people = { min = 2 }", &prefer(20)));
    // Nobody offers what is preferred; then somebody does, and only where one of the two is silent.
    assert_eq!(codes(&proved(&rows)), [""; 0]);
    let offer = |when: &str| row("O", when, OFFER);
    assert_eq!(codes(&proved(&(offer("people = { max = 1 }") + &rows))), [""; 0]);
    assert_eq!(codes(&proved(&(offer("") + &rows))), ["contradiction"]);
    // Closed wherever both speak.
    let closed = row("F", "urgent = true", FORBID);
    let problems = proved(&(offer("") + &closed + &rows));
    assert!(
        !codes(&problems).contains(&"contradiction") || problems.iter().all(|p| !p.message.contains(" move ")),
        "{problems:#?}"
    );
}

#[test]
fn a_single_number_between_two_bands_is_a_gap_whatever_they_say() {
    let duty = r#"{ duty = "inform" }"#;
    let bands = |low: &str, high: &str| two((low, OFFER), (high, duty));
    let problem =
        one(&bands("people = { max = 1 }", "people = { min = 3 }"), "gap", &["no rule speaks when", "2"], &[]);
    assert_eq!(problem.severity, Severity::Warning);
    one(&bands("amount = { below = \"0.02\" }", "amount = { above = \"0.02\" }"), "gap", &["0.02"], &[]);
    // Rules for single numbers are no bands; two numbers may be meant, and so may what another rule answers.
    clean(&bands("people = 1", "people = 3"));
    clean(&bands("people = { max = 1 }", "people = { min = 4 }"));
    clean(
        &(bands("people = { max = 1 }", "people = { min = 3 }")
            + &row("C", "people = 2, urgent = true", FORBID)
            + &row("D", "people = 2, not = [{ urgent = true }]", duty)),
    );
    clean(&format!("complete = false\n{}", bands("people = { max = 1 }", "people = { min = 3 }")));
}

#[test]
fn what_a_lower_pack_says_against_the_floor() {
    let upper =
        (row("F", "urgent = true", &due(10)) + &row("G", "", &clock("1 year"))).replace("basis", "floor = true\nbasis");
    for (then, said) in [
        (FORBID.to_owned(), "floor rule `cn/table#F` offers"),
        (r#"{ forbid-class = "facilitative" }"#.to_owned(), "floor rule `cn/table#F` offers"),
        (due(11), "longer than the 10 days"),
        (clock("2 years"), "keeps the upper rule's"),
        (clock("6 months"), "keeps the upper rule's"),
    ] {
        let lower = row("Z", "people = { min = 2 }", &then);
        let compiled = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", &lower)], DAYS);
        let problems = analyse(&compiled);
        assert_eq!(codes(&problems), ["overruled"], "{then}: {problems:#?}");
        assert!(problems[0].message.contains(said), "{}", problems[0].message);
        let decision = decided(problems[0].witness.as_ref().unwrap(), &compiled.ruleset);
        let by = decision.corrections.iter().filter_map(|c| c.by.as_ref()).map(|by| by.rule);
        assert!(by.collect::<Vec<_>>().contains(&"Z"), "{decision:#?}");
    }
    for then in [due(9), clock("1 year"), r#"{ forbid = "elders" }"#.to_owned()] {
        let lower = row("Z", "people = { min = 2 }", &then);
        let problems = analyse(&national(&[("cn/table.toml", &upper), ("cn/town/local.toml", &lower)]));
        assert!(problems.is_empty(), "{then}: {problems:#?}");
    }
}

#[test]
fn what_cannot_be_decided_is_said_aloud() {
    let three = "amount = { min = { fact = \"offered\" } }, offered = { min = { fact = \"amount\" } }";
    clean(&row("A", three, OFFER));
    let settings = r#"[[policy]]
id = "raw"
plugin = { id = "decision-table", version = "^1" }
[[policy.settings.rules]]
id = "A"
summary-zh = "甲"
summary-en = "a"
basis = ["cn.law.1"]
then = [{ do = "offer", offer = "mediation" }]
when = { op = "prefix", key = "sector", in = ["build*"] }
"#;
    let problems = analyse(&national(&[("cn/raw.toml", settings)]));
    assert_eq!(codes(&problems), ["not-analysed"], "{problems:#?}");
    assert_eq!(problems[0].severity, Severity::Note);
    assert!(problems[0].message.contains("the beginning of a fact"), "{}", problems[0].message);
}

#[test]
fn what_is_shown_of_compared_facts_is_what_was_found() {
    let table = "complete = true\n".to_owned()
        + &row("A", r#"not = [{ offered = { min = "0.00" } }]"#, OFFER)
        + &row(
            "B",
            r#"amount = { below = { fact = "cap" } }, either = [{ amount = { max = { fact = "offered" } } }, { amount = { above = { fact = "cap" } } }]"#,
            OFFER,
        )
        + &row(
            "C",
            r#"either = [{ amount = { below = { fact = "offered" } }, either = [{ offered = { above = "0.00" } }] }, { amount = { above = "0.03" } }]"#,
            OFFER,
        );
    for problem in proved(&table) {
        let witness = problem.witness.clone().unwrap();
        let compiled = compiled(&[("cn/table.toml", &table)], DAYS);
        assert_eq!(rules(&decided(&witness, &compiled.ruleset)), Vec::<String>::new(), "{witness}\n{problem:?}");
    }
}

#[test]
fn an_offer_closed_just_where_it_stands_is_told_whatever_the_two_look_at() {
    for when in ["knew_on = { known = false }", "not = { knew_on = { ago-max = \"1 month\" } }"] {
        one(&two((when, OFFER), (when, FORBID)), "contradiction", &["`A` offers", "`B` forbids it"], &["A", "B"]);
    }
}

#[test]
fn a_time_that_runs_ends_on_the_first_working_day() {
    // 2026-02-28 and 2026-03-01 are a weekend.
    let on = |agreed: &str, today: &str| {
        format!(
            "knew_on = {{ from = 2026-{agreed}, to = 2026-{agreed}, running = \"10 days\" }}, ended_on = {{ from = 2026-{today}, to = 2026-{today}, ago-min = \"0 days\", ago-max = \"0 days\" }}"
        )
    };
    clean(&row("A", &on("02-18", "03-02"), OFFER));
    one(&row("A", &on("02-18", "03-03"), OFFER), "rule-never-speaks", &["`A`"], &[]);
    let longer = r#"knew_on = { running = "10 days" }, not = { knew_on = { ago-max = "10 days" } }"#;
    clean(&row("A", longer, OFFER));
    let shorter = r#"knew_on = { ago-max = "10 days" }, not = { knew_on = { running = "10 days" } }"#;
    one(&row("A", shorter, OFFER), "rule-never-speaks", &["`A`"], &[]);
    // No weekend lasts three days.
    let too_long = r#"knew_on = { running = "10 days", ago-min = "13 days" }"#;
    one(&row("A", too_long, OFFER), "rule-never-speaks", &["`A`"], &[]);
}
