//! Facts that rows derive, and who hears of them.

use maple_bundle::Severity;
use maple_kit::analysis::analyse;

use crate::{
    faults::{OFFER, clock, codes, national, two},
    place::{DAYS, compiled, compiled_with, decided, row, rules},
};

#[test]
fn derived_facts_are_derived_by_some_rule() {
    let derive = row("D", "people = { min = 4 }", r#"{ derive = "grave", value = true }"#);
    let rows = two(("grave = true", &clock("1 year")), ("urgent = true", &clock("2 years")));
    let compiled = compiled(&[("cn/a.toml", &derive), ("cn/b.toml", &rows)], DAYS);
    let problems = analyse(&compiled);
    assert_eq!(codes(&problems), ["contradiction"], "{problems:#?}");
    let witness = problems[0].witness.as_ref().unwrap();
    assert!(witness.contains("\"people\":4") && !witness.contains("grave"), "{witness}");
    assert_eq!(rules(&decided(witness, &compiled.ruleset)), ["A", "B", "D"]);
    let lone = national(&[("cn/b.toml", &rows)]);
    let problems = analyse(&lone);
    assert_eq!(codes(&problems), ["rule-never-speaks"], "nobody derives it: {problems:#?}");
    assert!(problems[0].message.contains("`grave` no rule derives") && problems[0].severity == Severity::Warning);
}

#[test]
fn a_derived_fact_is_known_where_an_earlier_policy_surely_derives_it() {
    let derive = row("D", "people = { min = 4 }", r#"{ derive = "grave", value = true }"#);
    let bounded = |when: &str| row("A", when, &clock("1 year")) + &row("B", "people = { min = 4 }", &clock("2 years"));
    let of =
        |first: &str, second: &str, when: &str| analyse(&compiled(&[(first, &derive), (second, &bounded(when))], DAYS));
    // Asked after it, the two rows never meet; asked before it, nothing is known of the fact yet.
    let unless = "not = [{ grave = true }]";
    assert_eq!(codes(&of("cn/a.toml", "cn/b.toml", unless)), [""; 0]);
    assert_eq!(codes(&of("cn/a.toml", "cn/town/local.toml", unless)), [""; 0]);
    assert_eq!(codes(&of("cn/b.toml", "cn/a.toml", unless)), ["contradiction"]);
    assert_eq!(codes(&of("cn/town/local.toml", "cn/b.toml", unless)), ["contradiction"]);
    // What is derived too late supports nothing.
    assert_eq!(codes(&of("cn/a.toml", "cn/b.toml", "grave = true")), ["contradiction"]);
    assert_eq!(codes(&of("cn/b.toml", "cn/a.toml", "grave = true")), ["rule-never-speaks"]);
}

#[test]
fn what_no_earlier_rule_derives_silences_who_asks_for_it() {
    let derive =
        |id: &str, when: &str, value: &str| row(id, when, &format!("{{ derive = \"grave\", value = {value} }}"));
    let asks = |when: &str| row("A", when, OFFER);
    let of = |first: &str, second: &str| analyse(&national(&[("cn/a.toml", first), ("cn/b.toml", second)]));
    let silent = ["rule-never-speaks"];
    // By the same table, with another value, or only where the rule is not asked.
    let own = derive("D", "", "true") + &asks("grave = true");
    assert_eq!(codes(&analyse(&national(&[("cn/a.toml", &own)]))), silent);
    assert_eq!(codes(&of(&derive("D", "", "true"), &asks("grave = false"))), silent);
    assert_eq!(codes(&of(&derive("D", "urgent = true", "true"), &asks("grave = true, urgent = false"))), silent);
    assert_eq!(codes(&of(&derive("D", "urgent = true", "true"), &asks("grave = true"))), [""; 0]);
    // The last that speaks counts.
    let both = derive("D", "", "true") + &derive("E", "urgent = true", "false");
    assert_eq!(codes(&of(&both, &asks("grave = true, urgent = true"))), ["contradiction", silent[0]]);
    // What it is silent on is a gap, though the fact is derived somewhere.
    let hole = format!("complete = true\n{}", asks("grave = true"));
    let problems = of(&derive("D", "urgent = true", "true"), &hole);
    assert_eq!(codes(&problems), ["gap"; 3], "one for each kind: {problems:#?}");
}

#[test]
fn what_only_the_floor_derives_is_not_heard_of_others() {
    let derive = |id: &str, value: &str| row(id, "", &format!("{{ derive = \"grave\", value = {value} }}"));
    let kept = compiled_with("person-only = [\"grave\"]", &[("cn/town/local.toml", &derive("L", "true"))]);
    let problems = analyse(&kept);
    assert_eq!(codes(&problems), ["overruled"], "{problems:#?}");
    assert!(problems[0].message.contains("`grave`, which only the floor may say"), "{}", problems[0].message);
    // Of other facts a trusted pack's word stands, and where it says nothing anybody may.
    let (upper, lower) = (derive("U", "true"), derive("L", "false"));
    let both = compiled(&[("cn/table.toml", &upper), ("cn/town/local.toml", &lower)], DAYS);
    let problems = analyse(&both);
    assert_eq!(codes(&problems), ["overruled"], "{problems:#?}");
    assert!(problems[0].message.contains("which `cn/table#U` derives"), "{}", problems[0].message);
    assert_eq!(codes(&analyse(&compiled(&[("cn/town/local.toml", &lower)], DAYS))), [""; 0]);
}
