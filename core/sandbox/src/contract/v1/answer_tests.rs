use super::*;
use crate::limits::{ANSWER_BYTES_MAX, FINDINGS_COUNT_MAX};

fn finding_of(claim: types::Claim) -> types::Finding {
    types::Finding {
        rule: "R1".into(),
        claim,
        reason: types::Reason { code: String::new(), params: Vec::new() },
        basis: Vec::new(),
        evidence: Vec::new(),
    }
}

fn refer() -> types::Finding {
    finding_of(types::Claim::Refer("a_person_decides".into()))
}

fn offer_of() -> types::Offer {
    types::Offer { channel: "court".into(), body: None, skills: Vec::new(), due: None, weight: 0, chargeable: false }
}

fn clock_of() -> types::Clock {
    let span = types::Span { count: 1, unit: types::Unit::Year };
    types::Clock { code: "limitation".into(), start: types::Day { year: 2024, month: 2, day: 29 }, span, warn: vec![] }
}

fn param(key: &str, value: types::ValueResult) -> types::FactResult {
    types::FactResult { key: key.into(), value }
}

/// What is wrong with one finding; nothing, when it is taken.
fn wrong(change: impl FnOnce(&mut types::Finding)) -> Option<String> {
    let mut given = refer();
    change(&mut given);
    finding(given).err().map(|wrong| wrong.to_string())
}

fn wrong_claim(claim: types::Claim) -> Option<String> {
    finding(finding_of(claim)).err().map(|wrong| wrong.to_string())
}

fn wrong_offer(change: impl FnOnce(&mut types::Offer)) -> Option<String> {
    let mut given = offer_of();
    change(&mut given);
    wrong_claim(types::Claim::Offer(given))
}

fn wrong_clock(change: impl FnOnce(&mut types::Clock)) -> Option<String> {
    let mut given = clock_of();
    change(&mut given);
    wrong_claim(types::Claim::Clock(given))
}

fn wrong_value(value: types::ValueResult) -> Option<String> {
    wrong_claim(types::Claim::Derive(param("k", value)))
}

#[track_caller]
fn says(wrong: Option<String>, part: &str) {
    let wrong = wrong.expect("it is taken");
    assert!(wrong.contains(part), "`{wrong}` does not say `{part}`");
}

#[test]
fn every_count_is_taken_at_its_limit_and_not_beyond() {
    let codes = |count: usize| vec!["a".to_owned(); count];
    let params = |count: usize| vec![param("k", types::ValueResult::Flag(true)); count];
    type Row<'a> = (&'a str, usize, &'a dyn Fn(usize) -> Option<String>);
    let rows: [Row<'_>; 8] = [
        ("offer.skills", SKILLS_COUNT_MAX, &|n| wrong_offer(|o| o.skills = codes(n))),
        ("clock.warn", WARN_COUNT_MAX, &|n| wrong_clock(|c| c.warn = vec![1; n])),
        ("clock.span", usize::from(maple_kernel::SPAN_COUNT_MAX), &|n| {
            wrong_clock(|c| c.span.count = n.try_into().unwrap())
        }),
        ("reason.params", PARAMS_COUNT_MAX, &|n| wrong(|f| f.reason.params = params(n))),
        ("basis", BASIS_COUNT_MAX, &|n| wrong(|f| f.basis = codes(n))),
        ("evidence", EVIDENCE_COUNT_MAX, &|n| wrong(|f| f.evidence = codes(n))),
        ("derive.value", WORDS_COUNT_MAX, &|n| wrong_value(types::ValueResult::Words(codes(n)))),
        ("signal.measures", MEASURES_COUNT_MAX, &|n| {
            let (level, subject) = (types::Level::Red, types::Subject::Place);
            let code = "s".to_owned();
            let (responsible, handle_within) = (None, None);
            let measures = codes(n);
            wrong_claim(types::Claim::Signal(types::Signal {
                code,
                level,
                subject,
                measures,
                responsible,
                handle_within,
            }))
        }),
    ];
    for (field, max, wrong_at) in rows {
        assert_eq!(wrong_at(max), None, "{field}");
        says(wrong_at(max + 1), field);
    }
}

#[test]
fn findings_are_counted_by_the_policy_s_bounds() {
    let bounds = Bounds { findings: 2, ..Bounds::MAX };
    assert_eq!(findings(vec![refer(), refer()], &bounds).map(|f| f.len()), Ok(2));
    let fault = findings(vec![refer(), refer(), refer()], &bounds).unwrap_err();
    assert_eq!((fault.kind, &*fault.detail), (FaultKind::BadAnswer, "`findings`: 3 entries, at most 2 are taken"));
    assert!(u64::from(FINDINGS_COUNT_MAX) < ANSWER_BYTES_MAX);
}

#[test]
fn a_fault_names_the_finding_and_the_field() {
    let bad = finding_of(types::Claim::Refer(String::new()));
    let fault = findings(vec![refer(), bad], &Bounds::MAX).unwrap_err();
    assert_eq!(&*fault.detail, "finding 2: `refer`: empty");
}

#[test]
fn words_are_codes_and_nothing_else() {
    let word = |text: &str| wrong(|f| f.rule = text.into());
    for good in ["R1", "cn.civil_code.188", "a-b", "x".repeat(CODE_BYTES_MAX).as_str()] {
        assert_eq!(word(good), None, "{good}");
    }
    for bad in ["", "two words", "王", "a/b", "a\n", "\u{202e}", "<b>", "x".repeat(CODE_BYTES_MAX + 1).as_str()] {
        says(word(bad), "`rule`");
    }
    let secret = word("Zhang San 13800000000").unwrap();
    assert!(!secret.contains("Zhang"), "what a guest writes is not repeated: {secret}");
}

#[test]
fn only_the_reason_s_code_may_be_empty() {
    assert_eq!(wrong(|f| f.reason.code.clear()), None);
    says(wrong(|f| f.reason.code = "a b".into()), "`reason.code`");
    says(wrong_offer(|o| o.body = Some(String::new())), "`offer.body`");
}

#[test]
fn provisions_may_be_longer_than_codes() {
    assert_eq!(wrong(|f| f.basis = vec!["p".repeat(PROVISION_BYTES_MAX)]), None);
    says(wrong(|f| f.basis = vec!["p".repeat(PROVISION_BYTES_MAX + 1)]), "`basis`");
}

#[test]
fn weights_stay_within_theirs() {
    for weight in [-WEIGHT_MAX, 0, WEIGHT_MAX] {
        assert_eq!(wrong_offer(|o| o.weight = weight), None);
    }
    for weight in [i16::MIN, -WEIGHT_MAX - 1, WEIGHT_MAX + 1, i16::MAX] {
        says(wrong_offer(|o| o.weight = weight), "`offer.weight`");
        says(
            wrong_claim(types::Claim::Prefer(types::Preference { channel: "court".into(), weight })),
            "`prefer.weight`",
        );
    }
}

#[test]
fn numbers_are_finite() {
    assert_eq!(wrong_value(types::ValueResult::Number(f64::MAX)), None);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        says(wrong_value(types::ValueResult::Number(number)), "not a finite number");
    }
}

#[test]
fn days_exist() {
    let day = |year, month, day| wrong_clock(|c| c.start = types::Day { year, month, day });
    for (y, m, d) in [(1900, 1, 1), (2024, 2, 29), (2199, 12, 31)] {
        assert_eq!(day(y, m, d), None);
    }
    for (y, m, d) in [(1899, 12, 31), (2200, 1, 1), (2025, 2, 29), (2026, 0, 1), (2026, 13, 1), (2026, 4, 31)] {
        says(day(y, m, d), "`clock.start`");
    }
    for (y, m, d) in [(u16::MAX, 1, 1), (2026, u8::MAX, 1), (2026, 1, u8::MAX)] {
        says(day(y, m, d), "is no day the engine knows");
    }
}

#[test]
fn classes_are_the_six() {
    let class = |word: &str| wrong_claim(types::Claim::Forbid(types::Selector::Class(word.into())));
    for known in Class::ALL {
        assert_eq!(class(known.as_str()), None);
    }
    says(class("judicial"), "facilitative");
}

#[test]
fn a_refusal_s_own_words_are_for_the_author() {
    let given = || types::Refusal { code: "no_table".into(), detail: "the table of 王 is missing".into() };
    assert_eq!(&*refusal(given(), false).detail, "no_table");
    assert_eq!(&*refusal(given(), true).detail, "no_table: the table of 王 is missing");
    let nameless = types::Refusal { code: "free text".into(), detail: String::new() };
    assert_eq!(refusal(nameless, false).kind, FaultKind::BadAnswer);
}
