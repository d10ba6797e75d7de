use super::*;
use crate::limits::{BASIS_COUNT_MAX, PROVISION_BYTES_MAX};

fn text_of(zh: &str, en: &str) -> types::Text {
    types::Text { zh: zh.into(), en: en.into() }
}

fn rule_of(id: &str) -> types::Rule {
    types::Rule { id: id.into(), summary: text_of("一", "one"), basis: Vec::new() }
}

fn reason_of(code: &str) -> types::ReasonText {
    types::ReasonText { code: code.into(), text: text_of("一", "one") }
}

fn plain() -> types::Descriptor {
    types::Descriptor {
        id: "decision-table".into(),
        version: "1.2.0".into(),
        summary: text_of("表", "a table"),
        reads: vec!["amount".into()],
        rules: vec![rule_of("R1")],
        reasons: vec![reason_of("because")],
    }
}

/// What is wrong with a descriptor; nothing, when it is taken.
fn wrong(change: impl FnOnce(&mut types::Descriptor)) -> Option<String> {
    let mut given = plain();
    change(&mut given);
    descriptor(given).err().map(|wrong| wrong.to_string())
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|at| format!("n{at}"))
}

#[test]
fn every_count_is_taken_at_its_limit_and_one_more_is_told() {
    type Row<'a> = (&'a str, usize, &'a dyn Fn(usize) -> Option<String>);
    let rows: [Row<'_>; 4] = [
        ("reads", READS_COUNT_MAX, &|n| wrong(|d| d.reads = numbered(n).collect())),
        ("rules", RULES_COUNT_MAX, &|n| wrong(|d| d.rules = numbered(n).map(|id| rule_of(&id)).collect())),
        ("reasons", REASONS_COUNT_MAX, &|n| wrong(|d| d.reasons = numbered(n).map(|c| reason_of(&c)).collect())),
        ("rules.basis", BASIS_COUNT_MAX, &|n| wrong(|d| d.rules[0].basis = numbered(n).collect())),
    ];
    for (field, max, wrong_at) in rows {
        assert_eq!(wrong_at(max), None, "{field}");
        let more = max + 1;
        assert_eq!(wrong_at(more), Some(format!("`{field}`: {more} entries, at most {max} are taken")));
    }
}

#[test]
fn every_length_is_taken_at_its_limit_and_one_more_is_told() {
    let x = |bytes: usize| "x".repeat(bytes);
    // A version of so many bytes: `1.2.0-x…`.
    let version = |bytes: usize| format!("1.2.0-{}", x(bytes - 6));
    type Row<'a> = (&'a str, usize, &'a dyn Fn(usize) -> Option<String>);
    let rows: [Row<'_>; 12] = [
        ("id", CODE_BYTES_MAX, &|n| wrong(|d| d.id = x(n))),
        ("version", VERSION_BYTES_MAX, &|n| wrong(|d| d.version = version(n))),
        ("summary", TEXT_BYTES_MAX, &|n| wrong(|d| d.summary.zh = x(n))),
        ("summary", TEXT_BYTES_MAX, &|n| wrong(|d| d.summary.en = x(n))),
        ("reads", CODE_BYTES_MAX, &|n| wrong(|d| d.reads = vec![x(n)])),
        ("rules.id", CODE_BYTES_MAX, &|n| wrong(|d| d.rules[0].id = x(n))),
        ("rules.summary", TEXT_BYTES_MAX, &|n| wrong(|d| d.rules[0].summary.zh = x(n))),
        ("rules.summary", TEXT_BYTES_MAX, &|n| wrong(|d| d.rules[0].summary.en = x(n))),
        ("rules.basis", PROVISION_BYTES_MAX, &|n| wrong(|d| d.rules[0].basis = vec![x(n)])),
        ("reasons.code", CODE_BYTES_MAX, &|n| wrong(|d| d.reasons[0].code = x(n))),
        ("reasons.text", TEXT_BYTES_MAX, &|n| wrong(|d| d.reasons[0].text.zh = x(n))),
        ("reasons.text", TEXT_BYTES_MAX, &|n| wrong(|d| d.reasons[0].text.en = x(n))),
    ];
    for (field, max, wrong_at) in rows {
        assert_eq!(wrong_at(max), None, "{field}");
        let more = max + 1;
        assert_eq!(wrong_at(more), Some(format!("`{field}`: {more} bytes, at most {max} are taken")));
    }
}

#[test]
fn a_descriptor_comes_through_whole_and_its_reads_are_sorted() {
    let mut given = plain();
    given.reads = ["people", "amount", "people"].map(Into::into).to_vec();
    given.rules[0].basis = vec!["cn.civil_code.188".into()];
    let taken = descriptor(given).unwrap();
    assert_eq!((taken.id.as_str(), taken.version.as_str()), ("decision-table", "1.2.0"));
    assert_eq!(taken.summary, Text::new("表", "a table"));
    assert_eq!(taken.reads, ["amount".into(), "people".into()]);
    let [(id, rule)] = &taken.rules[..] else { panic!("{:?}", taken.rules) };
    assert_eq!((id.as_str(), &rule.summary), ("R1", &Text::new("一", "one")));
    assert_eq!(rule.basis, ["cn.civil_code.188".into()]);
    assert_eq!(taken.reasons, [("because".into(), Text::new("一", "one"))]);
}

#[test]
fn what_is_no_code_is_named_by_its_field() {
    type Change<'a> = (&'a str, &'a dyn Fn(&mut types::Descriptor, String));
    let rows: [Change<'_>; 5] = [
        ("`id`", &|d, code| d.id = code),
        ("`reads`", &|d, code| d.reads.push(code)),
        ("`rules.id`", &|d, code| d.rules[0].id = code),
        ("`rules.basis`", &|d, code| d.rules[0].basis.push(code)),
        ("`reasons.code`", &|d, code| d.reasons[0].code = code),
    ];
    for (field, change) in rows {
        assert_eq!(wrong(|d| change(d, String::new())), Some(format!("{field}: empty")));
        for code in ["two words", "王", "a/b", "a\n"] {
            let wrong = wrong(|d| change(d, code.into())).expect("it is taken");
            assert!(wrong.starts_with(field) && wrong.contains("not a code"), "`{wrong}`");
        }
    }
}

#[test]
fn rules_and_reasons_stand_there_once() {
    assert_eq!(wrong(|d| d.rules.push(rule_of("R1"))), Some("`rules`: `R1` stands there twice".into()));
    assert_eq!(wrong(|d| d.reasons.push(reason_of("because"))), Some("`reasons`: `because` stands there twice".into()));
}

#[test]
fn versions_are_semantic() {
    for version in ["0.0.0", "1.2.0", "1.2.0-rc.1+build.5"] {
        assert_eq!(wrong(|d| d.version = version.into()), None);
    }
    for version in ["", "1", "1.2", "v1.2.0", "1.2.0 ", "one"] {
        let says = "`version`: not a semantic version such as `1.2.0`";
        assert_eq!(wrong(|d| d.version = version.into()), Some(says.into()), "{version}");
    }
}

#[test]
fn texts_have_no_control_characters() {
    for bad in ["a\nb", "\u{7}", "\u{1b}[31m", "\u{85}"] {
        let rows = [
            wrong(|d| d.summary.en = bad.into()),
            wrong(|d| d.rules[0].summary.zh = bad.into()),
            wrong(|d| d.reasons[0].text.en = bad.into()),
        ];
        for (wrong, field) in rows.into_iter().zip(["summary", "rules.summary", "reasons.text"]) {
            assert_eq!(wrong, Some(format!("`{field}`: has a control character")), "{bad:?}");
        }
    }
}

fn complaint_of(message: &str) -> types::Complaint {
    types::Complaint { path: "rules[2].when".into(), message: message.into(), advice: None }
}

#[test]
fn complaints_are_taken_up_to_their_limit_and_the_last_one_tells_of_the_rest() {
    let taken = |count: usize| complaints(numbered(count).map(|message| complaint_of(&message)).collect());
    let at = taken(COMPLAINTS_COUNT_MAX);
    assert_eq!(at.len(), COMPLAINTS_COUNT_MAX);
    assert!(at.iter().zip(numbered(COMPLAINTS_COUNT_MAX)).all(|(complaint, message)| complaint.message == message));
    for (over, left_out) in [(1, 2), (500, 501)] {
        let all = taken(COMPLAINTS_COUNT_MAX + over);
        assert_eq!(all.len(), COMPLAINTS_COUNT_MAX);
        assert_eq!(all[..COMPLAINTS_COUNT_MAX - 1], at[..COMPLAINTS_COUNT_MAX - 1]);
        let said = format!("{left_out} more complaints are left out, at most {COMPLAINTS_COUNT_MAX} are told");
        assert_eq!(all[COMPLAINTS_COUNT_MAX - 1].message, said);
    }
}

#[test]
fn a_complaint_is_cut_to_what_a_person_reads() {
    let long = |bytes: usize| types::Complaint {
        path: "p".repeat(bytes),
        message: "m".repeat(bytes),
        advice: Some("a".repeat(bytes)),
    };
    for bytes in [TEXT_BYTES_MAX, TEXT_BYTES_MAX + 1] {
        let taken = complaints(vec![long(bytes)]).remove(0);
        let advice = taken.advice.unwrap_or_default();
        assert_eq!([taken.path.len(), taken.message.len(), advice.len()], [TEXT_BYTES_MAX; 3]);
    }
    let taken = complaints(vec![complaint_of(&"村".repeat(TEXT_BYTES_MAX))]).remove(0);
    assert_eq!(taken.message.chars().count(), TEXT_BYTES_MAX / 3, "never within a character");
}
