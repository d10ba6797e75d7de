//! Rule tables asked natively.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use decision_table::{CONDITION_DEPTH_MAX, EFFECTS_ROW_MAX, ROWS_MAX, RULE_ID_BYTES_MAX, Table};
use maple_guest::{
    CaseFile, Claim, Day, Finding, Policy, Span, Value, facts,
    testing::{CaseBuilder, Tree, ask, complaints, configure, settings},
};

fn table(rules: Tree) -> Table {
    configure(settings!({ "rules": (rules) })).unwrap()
}

fn row(when: Tree, then: Tree) -> Tree {
    settings!({ "id": "R1", "summary-zh": "一", "summary-en": "one", "basis": ["cn.a.1"], "when": (when), "then": (then) })
}

fn duty() -> Tree {
    settings!([{ "do": "duty", "duty": "x" }])
}

fn wage() -> CaseBuilder {
    CaseBuilder::new("labour.wage")
        .locality("cn/zhejiang/jinhua/yongkang")
        .source("hotline")
        .fact(facts::AMOUNT, Value::money(4_800_000))
        .fact(facts::PEOPLE, 14)
        .fact(facts::RELATION, "employment")
        .fact(facts::KNEW_ON, day(2024, 2, 29))
        .fact("needs", Value::Words(vec!["sign".into(), "braille".into()]))
        .fact(facts::WRITTEN_CONTRACT, true)
        .fact("small_claims_cap", Value::money(5_000_000))
        .party("applicant", &[(facts::CONSENT, "yes".into()), (facts::AGE_BAND, "adult".into())])
        .organisation("respondent", &[(facts::CONSENT, "unknown".into()), (facts::LANGUAGE, "ar".into())])
}

fn day(year: u16, month: u8, day: u8) -> Day {
    Day::new(year, month, day).unwrap()
}

fn holds(when: Tree, case: &CaseFile) -> bool {
    !ask(&table(Tree::Items(vec![row(when, duty())])), case).is_empty()
}

#[test]
fn conditions_hold_where_they_should() {
    let case = wage().on(2025, 2, 28).build();
    for (holds_there, when) in [
        (true, settings!({ "op": "is", "at": "kind", "in": ["labour.wage"] })),
        (false, settings!({ "op": "is", "at": "kind", "in": ["labour"] })),
        (true, settings!({ "op": "prefix", "at": "kind", "in": ["family.*", "labour.*"] })),
        (false, settings!({ "op": "prefix", "at": "kind", "in": ["labour."] })),
        (true, settings!({ "op": "prefix", "at": "locality", "in": ["cn/zhejiang/*"] })),
        (false, settings!({ "op": "prefix", "at": "source", "in": ["counter"] })),
        (true, settings!({ "op": "is", "key": "relation", "in": ["trade", "employment"] })),
        (true, settings!({ "op": "is", "at": "fact", "key": "written_contract", "in": [true] })),
        (false, settings!({ "op": "is", "key": "unknown", "in": [true] })),
        (true, settings!({ "op": "not", "of": [{ "op": "is", "key": "unknown", "in": [true] }] })),
        (true, settings!({ "op": "is", "key": "needs", "in": ["braille"] })),
        (false, settings!({ "op": "is", "key": "needs", "in": ["large_print"] })),
        (true, settings!({ "op": "is", "key": "amount", "in": [{ "money": 4800000 }] })),
        (false, settings!({ "op": "is", "key": "amount", "in": [4800000] })),
        (true, settings!({ "op": "range", "key": "people", "min": 14, "max": 14 })),
        (false, settings!({ "op": "range", "key": "people", "above": 14 })),
        (false, settings!({ "op": "range", "key": "people", "below": 14 })),
        (true, settings!({ "op": "range", "key": "amount", "max": { "fact": "small_claims_cap" } })),
        (false, settings!({ "op": "range", "key": "amount", "above": { "fact": "small_claims_cap" } })),
        (false, settings!({ "op": "range", "key": "amount", "max": { "fact": "unknown" } })),
        (false, settings!({ "op": "range", "key": "amount", "min": 1 })),
        (true, settings!({ "op": "range", "key": "knew_on", "min": (day(2024, 2, 29)), "max": (day(2024, 2, 29)) })),
        (true, settings!({ "op": "known", "key": "amount" })),
        (false, settings!({ "op": "known", "key": "amount", "is": false })),
        (true, settings!({ "op": "known", "key": "unknown", "is": false })),
        (true, settings!({ "op": "all", "of": [] })),
        (false, settings!({ "op": "any", "of": [] })),
        (true, settings!({ "op": "some-party", "of": [{ "op": "is", "key": "consent", "in": ["yes"] }] })),
        (false, settings!({ "op": "every-party", "of": [{ "op": "is", "key": "consent", "in": ["yes"] }] })),
        (true, settings!({ "op": "every-party", "of": [{ "op": "known", "key": "consent" }] })),
        (
            false,
            settings!({ "op": "some-party", "of": [{ "op": "is", "at": "role", "in": ["applicant"] },
                                                        { "op": "is", "at": "type", "in": ["organisation"] }] }),
        ),
        (false, settings!({ "op": "is", "at": "role", "in": ["applicant"] })),
    ] {
        assert_eq!(holds(when.clone(), &case), holds_there, "{when:?}");
    }
    let empty = CaseBuilder::new("x").build();
    assert!(!holds(settings!({ "op": "every-party", "of": [] }), &empty), "nobody is not everybody");
}

#[test]
fn ages_count_from_the_day_of_the_case() {
    let year = settings!({ "count": 1, "unit": "year" });
    let ten = settings!({ "count": 10, "unit": "day" });
    for (key, span, fact, today, expected) in [
        ("ago-min", &year, day(2024, 2, 29), day(2025, 2, 28), true),
        ("ago-min", &year, day(2024, 3, 1), day(2025, 2, 28), false),
        ("ago-max", &year, day(2024, 2, 28), day(2025, 2, 28), true),
        ("ago-max", &year, day(2024, 2, 27), day(2025, 2, 28), false),
        ("ago-max", &ten, day(2026, 2, 28), day(2025, 2, 28), true),
        ("running", &ten, day(2025, 2, 18), day(2025, 2, 28), true),
        ("running", &ten, day(2025, 2, 17), day(2025, 2, 28), false),
        ("running", &ten, day(2025, 2, 19), day(2025, 3, 3), true),
        ("running", &ten, day(2025, 2, 20), day(2025, 3, 3), true),
        ("running", &ten, day(2025, 2, 20), day(2025, 3, 4), false),
        ("running", &ten, day(2026, 2, 28), day(2025, 2, 28), true),
        ("ago-min", &ten, day(2026, 2, 28), day(2025, 2, 28), false),
        ("ahead-max", &ten, day(2025, 3, 10), day(2025, 2, 28), true),
        ("ahead-max", &ten, day(2025, 3, 11), day(2025, 2, 28), false),
        ("ahead-max", &ten, day(2025, 2, 28), day(2025, 2, 28), true),
        ("ahead-max", &ten, day(2025, 2, 27), day(2025, 2, 28), false),
    ] {
        let when = Tree::Table(vec![
            ("op".into(), "age".into()),
            ("key".into(), "knew_on".into()),
            (key.into(), span.clone()),
        ]);
        let case = CaseBuilder::new("x").on(today.year, today.month, today.day).fact("knew_on", fact).build();
        assert_eq!(holds(when, &case), expected, "{key} {span:?} {fact:?} {today:?}");
    }
}

#[test]
fn a_row_speaks_only_while_it_is_in_force() {
    let rules = settings!([{ "id": "R1", "summary-zh": "一", "summary-en": "one", "from": (day(2024, 1, 1)),
        "to": (day(2024, 12, 31)), "then": [{ "do": "refer", "refer": "x" }] }]);
    let table = table(rules);
    for (today, speaks) in
        [(day(2023, 12, 31), false), (day(2024, 1, 1), true), (day(2024, 12, 31), true), (day(2025, 1, 1), false)]
    {
        let case = CaseBuilder::new("x").on(today.year, today.month, today.day).build();
        assert_eq!(ask(&table, &case).len(), usize::from(speaks), "{today:?}");
    }
}

fn claims(then: Tree) -> Vec<Claim> {
    let rules = Tree::Items(vec![row(settings!({ "op": "all", "of": [] }), then)]);
    let case = wage().filed(day(2026, 11, 20)).build();
    ask(&table(rules), &case).into_iter().map(|finding| finding.claim).collect()
}

#[test]
fn every_effect_becomes_its_claim() {
    let found = claims(settings!([
        { "do": "offer", "offer": "labour_mediation", "body": "town", "skills": ["labour"], "weight": (-5),
          "due": { "count": 15, "unit": "day" }, "from": "acceptance", "skills-from": "language" },
        { "do": "prefer", "prefer": "court", "weight": 3 },
        { "do": "require-first", "require-first": "labour_arbitration", "before": "court" },
        { "do": "forbid", "forbid": "commercial_arbitration" },
        { "do": "forbid-class", "forbid-class": "facilitative" },
        { "do": "duty", "duty": "notify", "bearer": "intake", "with": [{ "key": "count", "value": 5 }] },
        { "do": "clock", "clock": "limitation", "from": "knew_on", "span": { "count": 3, "unit": "year" }, "warn": [90, 7] },
        { "do": "clock", "clock": "reply", "from": "filed", "span": { "count": 5, "unit": "working-day" } },
        { "do": "clock", "clock": "skipped", "from": "unknown_on", "span": { "count": 5, "unit": "day" } },
        { "do": "signal", "signal": "arrears", "level": "orange", "subject": "organisation:respondent",
          "measures": ["notify"], "responsible": "station", "handle-within": { "count": 3, "unit": "working-day" } },
        { "do": "derive", "derive": "many", "value": true },
        { "do": "refer", "refer": "look" }
    ]));
    assert_eq!(found.len(), 11);
    let Claim::Offer(offer) = &found[0] else { panic!("{:?}", found[0]) };
    assert_eq!(offer.skills, ["labour", "lang_ar"]);
    assert_eq!(offer.due, Some(Span::days(15).after("acceptance")));
    assert_eq!(offer.weight, -5);
    let Claim::Clock(clock) = &found[6] else { panic!("{:?}", found[6]) };
    assert_eq!((clock.start, clock.warn.as_slice()), (day(2024, 2, 29), [90, 7].as_slice()));
    let Claim::Clock(clock) = &found[7] else { panic!("{:?}", found[7]) };
    assert_eq!((clock.start, clock.span), (day(2026, 11, 20), Span::working_days(5)));
    assert_eq!(found[10], Claim::Refer("look".into()));
}

/// Three months beginning with a day end a day before three months from it (Employment Rights Act 1996 s 111).
#[test]
fn a_clock_may_count_its_first_day() {
    for (filed, ends) in [
        (day(2026, 3, 15), day(2026, 6, 14)),
        (day(2026, 3, 1), day(2026, 5, 31)),
        (day(2025, 11, 30), day(2026, 2, 27)),
        (day(2024, 2, 29), day(2024, 5, 28)),
    ] {
        let rules = Tree::Items(vec![row(
            settings!({ "op": "all", "of": [] }),
            settings!([{ "do": "clock", "clock": "claim", "from": "filed", "span": { "count": 3, "unit": "month" },
                "first-day-counts": true }]),
        )]);
        let found = ask(&table(rules), &wage().filed(filed).build());
        let Claim::Clock(clock) = &found[0].claim else { panic!("{:?}", found[0]) };
        assert_eq!((clock.start, clock.start.moved(clock.span, true)), (filed, ends), "{filed:?}");
    }
}

#[test]
fn reasons_basis_and_evidence_are_those_of_the_row() {
    let table = table(settings!([
        { "id": "R1", "summary-zh": "一{people}", "summary-en": "one", "basis": ["cn.a.1"],
          "when": { "op": "known", "key": "people" }, "then": [{ "do": "refer", "refer": "x" }] },
        { "id": "R1", "basis": ["cn.a.1", "cn.b.2"], "why-zh": "二{amount}", "why-en": "two {amount}",
          "when": { "op": "not", "of": [{ "op": "known", "key": "unknown" }] }, "then": [{ "do": "refer", "refer": "y" }] },
        { "id": "R2", "summary-zh": "三", "summary-en": "three", "then": [{ "do": "refer", "refer": "z" }] },
        { "id": "R3", "summary-zh": "四", "summary-en": "four", "when": { "op": "known", "key": "people" },
          "then": [{ "do": "refer", "refer": "u" }] }
    ]));
    assert_eq!(table.reads(), ["amount", "people", "unknown"]);
    let rules = table.rules();
    assert_eq!(rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["R1", "R2", "R3"]);
    assert_eq!(rules[0].basis, ["cn.a.1", "cn.b.2"]);
    assert_eq!(table.reasons()[0].code, "R1-2");
    let findings = ask(&table, &wage().build());
    let shown = |f: &Finding| {
        let params: Vec<_> = f.reason.params.iter().map(|p| p.key.clone()).collect();
        format!("{} {:?} {params:?} {:?} {:?}", f.rule, f.reason.code, f.basis, f.evidence)
    };
    assert_eq!(
        findings.iter().map(shown).collect::<Vec<_>>(),
        [
            r#"R1 "" ["people"] ["cn.a.1"] ["people"]"#,
            r#"R1 "R1-2" ["amount"] [] []"#,
            r#"R2 "" [] [] []"#,
            r#"R3 "" [] [] []"#
        ]
    );
}

#[test]
fn every_malformed_node_is_told_with_its_path() {
    let told = complaints::<Table>(settings!({ "rules": [
        { "id": "R 1", "then": [] },
        { "id": "R2", "summary-zh": "只有中文", "then": [{ "do": "offr" }, { "do": "offer", "offer": "x", "due": "2 weeks" }] },
        { "id": "R3", "summary-zh": "三", "summary-en": "three", "when": { "op": "is", "in": [] },
          "then": [{ "do": "prefer", "prefer": "court", "weight": 101 }, { "do": "signal", "signal": "s", "level": "pink",
                     "subject": "person:applicant" }], "whne": true },
        { "id": "R4", "then": [{ "do": "refer", "refer": "x", "weight": 3 }],
          "when": { "op": "any", "of": [{ "op": "range", "key": "people" }, { "op": "same" }, 5] } }
    ] }));
    for expected in [
        "rules[0].id: `id` is not a rule id: `R 1`",
        "rules[0].then: `then` has no effect",
        "rules[1].summary-en: `summary-en` is missing",
        "rules[1].then[0].do: `do` is not an effect: `offr`",
        "rules[1].then[1].due: `due` has no event to run from",
        "rules[2].when.key: `key` is missing",
        "rules[2].then[0].weight: `weight` must be a whole number from -100 to 100, not `101`",
        "rules[2].then[1].level: `level` is not a level (blue, yellow, orange, red): `pink`",
        "rules[2].whne: `whne` is not a setting here",
        "rules[3]: `rules[3]` has no summary",
        "rules[3].then[0].weight: `weight` is not a setting here",
        "rules[3].when.of[0]: `of[0]` has no bound",
        "rules[3].when.of[1].op: `op` is not a condition: `same`",
        "rules[3].when.of[2]: `of[2]` must be a table, not this number",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
    assert_eq!(complaints::<Table>(settings!({})), ["rules: `rules` is missing"]);
    assert_eq!(complaints::<Table>(settings!({ "rules": [] })), ["rules: `rules` has no rows"]);
}

fn deep(depth: usize) -> Tree {
    (1..depth).fold(settings!({ "op": "known", "key": "people" }), |inner, _| {
        Tree::Table(vec![("op".into(), "not".into()), ("of".into(), Tree::Items(vec![inner]))])
    })
}

#[test]
fn every_limit_holds_at_its_edge() {
    let fine = |tree: Tree| complaints::<Table>(Tree::Table(vec![("rules".into(), tree)])).is_empty();
    let one = |when: Tree, then: Tree| Tree::Items(vec![row(when, then)]);
    let always = || settings!({ "op": "all", "of": [] });
    let effects = |count| Tree::Items(vec![settings!({ "do": "refer", "refer": "x" }); count]);
    let named = |length: usize| settings!([{ "id": ("R".repeat(length)), "summary-zh": "一", "summary-en": "1", "then": [{ "do": "refer", "refer": "x" }] }]);
    for (tree, expected) in [
        (one(deep(CONDITION_DEPTH_MAX), duty()), true),
        (one(deep(CONDITION_DEPTH_MAX + 1), duty()), false),
        (one(always(), effects(EFFECTS_ROW_MAX)), true),
        (one(always(), effects(EFFECTS_ROW_MAX + 1)), false),
        (Tree::Items(vec![row(always(), duty()); ROWS_MAX]), true),
        (Tree::Items(vec![row(always(), duty()); ROWS_MAX + 1]), false),
        (named(RULE_ID_BYTES_MAX), true),
        (named(RULE_ID_BYTES_MAX + 1), false),
    ] {
        assert_eq!(fine(tree), expected);
    }
}

#[test]
fn facts_out_of_order_are_found_all_the_same() {
    let rules = Tree::Items(vec![row(
        settings!({ "op": "all", "of": [
        { "op": "known", "key": "people" }, { "op": "known", "key": "amount" }, { "op": "known", "key": "relation" }
    ] }),
        duty(),
    )]);
    let table = table(rules);
    let mut case = wage().build();
    for _ in 0..case.facts.len() {
        case.facts.rotate_left(1);
        assert_eq!(table.assess(&case).unwrap().len(), 1);
    }
}

/// The only value of a general table, in the notation of its answers.
fn said(expression: Tree, text: &str) -> Result<String, String> {
    let generic = settings!({ "hit-policy": "collect", "rows": 1, "variables": ["s"], "inputs": [],
        "outputs": [{ "pool": [(expression)], "cells": "0" }] });
    let table: Table = configure(settings!({ "generic": (generic) })).unwrap();
    let findings = table.assess(&CaseBuilder::new("x").fact("s", text).build()).map_err(|refusal| refusal.code)?;
    let Claim::Derive(fact) = &findings[0].claim else { panic!("no fact is derived") };
    let Value::Words(words) = &fact.value else { panic!("no words are derived") };
    Ok(words.concat().replacen("c1_3As1_3A0", "", 1))
}

#[test]
fn a_general_table_takes_patterns_as_plain_text() {
    let replace = |part: Tree, by: Tree| settings!(["call", "replace", ["var", 0], (part), (by)]);
    for (part, by, text, expected) in [
        ("a".into(), "b".into(), "aXa", "s3_3AbXb"),
        ("aa".into(), "b".into(), "aaa", "s2_3Aba"),
        (".".into(), "-".into(), "a.b", "s3_3Aa-b"),
        ("x".into(), "b".into(), "abc", "s3_3Aabc"),
        ("".into(), "b".into(), "abc", "z"),
        (settings!(["null"]), "b".into(), "abc", "z"),
        ("a".into(), settings!(["null"]), "abc", "z"),
        ("a".into(), settings!(1), "abc", "z"),
    ] {
        assert_eq!(said(replace(part, by), text), Ok(expected.to_owned()), "{text}");
    }
    assert_eq!(said(settings!(["call", "matches", ["var", 0], "."]), "abc"), Ok("f".into()));
    assert_eq!(said(replace("a".into(), "b".repeat(1 << 10).into()), &"a".repeat(2_000)), Err("text_too_long".into()));
    let pool = settings!([["call", "replace", "a", "b"]]);
    let generic = settings!({ "hit-policy": "collect", "rows": 1, "variables": [], "inputs": [],
        "outputs": [{ "pool": (pool), "cells": "0" }] });
    let told = complaints::<Table>(settings!({ "generic": (generic) }));
    assert!(told.iter().any(|line| line.contains("is no expression: `call` with 3 parts")), "{told:?}");
}
