//! Facts that rows derive, and who hears of them.

use maple_bundle::Severity;
use maple_kit::analysis::{DERIVED_PARTS_MAX, analyse};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    faults::{OFFER, clock, codes, national, two},
    place::{DAYS, compiled, compiled_with, decided, row, rules, sound},
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
    assert!(
        problems[0].message.contains("`grave`, which no rule derives") && problems[0].severity == Severity::Warning
    );
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

fn derive(id: &str, when: &str, value: bool) -> String {
    row(id, when, &format!("{{ derive = \"grave\", value = {value} }}"))
}

#[test]
fn why_nobody_hears_is_said() {
    let told = |first: &str, second: &str| {
        let problems = analyse(&national(&[("cn/a.toml", first), ("cn/b.toml", second)]));
        assert_eq!(codes(&problems), ["rule-never-speaks"], "{problems:#?}");
        problems[0].message.clone()
    };
    let asks = |when: &str| row("A", when, OFFER);
    let urgent = derive("D", "urgent = true", true);
    let not_so = "what earlier rules derive of `grave` never meets its condition";
    assert!(told(&urgent, &asks("grave = true, urgent = false")).contains(not_so));
    assert!(told(&derive("D", "", true), &asks("grave = { known = false }")).contains(not_so));
    assert!(
        told(&asks("urgent = true").replace("\"A\"", "\"U\""), &asks("grave = true"))
            .contains("which no rule derives before")
    );
}

#[test]
fn a_policy_that_may_not_be_asked_is_not_relied_on() {
    let head = |purpose: &str, rows: &str| format!("purposes = [\"{purpose}\"]\n{rows}");
    let asks = row("A", "not = [{ grave = { known = true } }]", OFFER);
    let of = |first: &str, second: &str| {
        codes(&analyse(&national(&[
            ("cn/a.toml", &head(first, &derive("D", "", true))),
            ("cn/b.toml", &head(second, &asks)),
        ])))
        .into_iter()
        .filter(|code| *code == "rule-never-speaks")
        .count()
    };
    assert_eq!(of("routing", "routing"), 1);
    assert_eq!(of("prevention", "routing"), 0, "who asks for routing alone asks only the second");
}

#[test]
fn what_is_not_heard_in_some_places_is_not_relied_on_there() {
    // Of the place that the deriving pack is for, and of none that lies beside it.
    let kept = compiled_with(
        "person-only = [\"grave\"]",
        &[
            ("cn/town/a.toml", &derive("D", "", true)),
            ("cn/town/b.toml", &row("A", "not = [{ grave = { known = true } }]", OFFER)),
        ],
    );
    assert_eq!(codes(&analyse(&kept)), ["overruled"], "the host does not hear it, so the rule speaks");
}

#[test]
fn what_nobody_could_read_may_derive_anything() {
    let broken = format!("{}{}", derive("D", "", true), row("X", "urgnet = true", OFFER));
    let problems = analyse(&sound(&[("cn/a.toml", &broken), ("cn/b.toml", &row("A", "grave = true", OFFER))]));
    assert!(!codes(&problems).contains(&"rule-never-speaks"), "{problems:#?}");
}

#[test]
fn bands_are_bands_under_a_derived_fact() {
    let both = derive("D", "urgent = true", true) + &derive("E", "people = 2", true);
    let bands =
        two(("grave = true, amount = { max = \"0.02\" }", OFFER), ("grave = true, amount = { min = \"0.04\" }", OFFER));
    let problems = analyse(&national(&[("cn/a.toml", &both), ("cn/b.toml", &bands)]));
    assert_eq!(codes(&problems), ["gap"], "{problems:#?}");
    assert!(problems[0].message.contains("0.03"), "{}", problems[0].message);
}

#[test]
fn rules_that_derive_are_looked_at_up_to_a_limit() {
    let rows =
        |count: usize| (0..count).map(|at| derive(&format!("D{at}"), "urgent = true", at % 2 == 0)).collect::<String>();
    let asks = row("A", "grave = true, urgent = false", OFFER);
    let of = |count: usize| {
        let problems = analyse(&national(&[("cn/a.toml", &rows(count)), ("cn/b.toml", &asks)]));
        let beyond = format!("more than {DERIVED_PARTS_MAX} parts");
        let told = problems.iter().any(|problem| problem.code == "rule-never-speaks");
        let noted = problems.iter().any(|problem| problem.code == "not-analysed" && problem.message.contains(&beyond));
        assert!(told != noted, "one of the two: {count}");
        told
    };
    // Every row has as many parts as the others, so that there is a last number of them.
    let last = (1..DERIVED_PARTS_MAX).find(|count| !of(count * 20)).unwrap() * 20;
    assert!(of(last - 20) && !of(last) && last > 20);
}

/// Every case of these facts.
fn cases() -> Vec<String> {
    let of = |key: &str, values: &[&str]| {
        let told = values.iter().map(|value| format!("\"{key}\":{value}"));
        std::iter::once(String::new()).chain(told).collect::<Vec<_>>()
    };
    let (urgent, people) = (of("urgent", &["true", "false"]), of("people", &["0", "1", "2", "3", "4"]));
    let facts = urgent.iter().flat_map(|a| {
        people
            .iter()
            .map(move |b| [a, b].into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(","))
    });
    let party = r#"{"role":"applicant","type":"natural","facts":{}}"#;
    facts
        .map(|facts| {
            format!(
                r#"{{"case":{{"locality":"cn/town","kind":"labour.wage","source":"counter","filed":"2026-06-10","parties":[{party}],"facts":{{{facts}}}}},"as_of":"2026-06-10"}}"#
            )
        })
        .collect()
}

fn condition() -> impl Strategy<Value = String> {
    let atoms = [
        "urgent = true",
        "urgent = false",
        "urgent = { known = false }",
        "people = { max = 2 }",
        "people = { min = 2 }",
    ];
    let grave = ["", "grave = true", "grave = false", "grave = { known = true }", "grave = { known = false }"];
    (select(atoms.to_vec()), select(grave.to_vec()), any::<[bool; 2]>()).prop_map(|(atom, grave, [bare, not])| {
        let parts: Vec<&str> =
            [if bare { "" } else { atom }, grave].into_iter().filter(|part| !part.is_empty()).collect();
        let whole = parts.join(", ");
        if not && !whole.is_empty() { format!("not = [{{ {whole} }}]") } else { whole }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Three tables, two of the pack and one of the town, each of which derives and asks: the rules that are told never to
    /// speak are those that speak on none of all cases.
    #[test]
    fn who_hears_what_is_derived_is_what_counting_finds(
        tables in vec(vec((condition(), select(vec![OFFER, "true", "false"])), 1..=3), 3)
    ) {
        let names = ["cn/a.toml", "cn/b.toml", "cn/town/c.toml"];
        let text = |(at, rows): (usize, &Vec<(String, &str)>)| -> String {
            rows.iter().enumerate().map(|(n, (when, then))| {
                let id = format!("R{at}{n}");
                if *then == OFFER { row(&id, when, OFFER) } else { derive(&id, when, *then == "true") }
            }).collect()
        };
        let texts: Vec<String> = tables.iter().enumerate().map(text).collect();
        let files: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let compiled = compiled(&files, DAYS);
        let problems = analyse(&compiled);
        let silent = |id: &str| problems.iter().any(|p| p.code == "rule-never-speaks" && p.message.contains(&format!("`{id}`")));
        let spoken: std::collections::BTreeSet<String> =
            cases().iter().flat_map(|case| rules(&decided(case, &compiled.ruleset))).collect();
        for (at, rows) in tables.iter().enumerate() {
            for n in 0..rows.len() {
                let id = format!("R{at}{n}");
                prop_assert_eq!(silent(&id), !spoken.contains(&id), "{}\n{:#?}\n{:#?}", id, texts, problems);
            }
        }
    }
}
