//! A ruleset of one policy, and cases that it meets and misses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeMap, sync::Arc};

use maple_bundle::{Expect, RuleRef, TestCase};
use maple_kernel::{
    Assess, Assessment, Case, CaseFile, Channel, Claim, Class, Day, Facts, Finding, Floor, Guardrails, Locality, Mode,
    Outcome, Pattern, Policy, Purposes, Question, RuleInfo, Ruleset, Target, Text, Vocabulary, Word, WordList,
};

use super::{Report, run};

/// Offers the court for wages and does nothing else.
struct Wages;

impl Assess for Wages {
    fn assess(&self, file: &CaseFile<'_>) -> Assessment {
        let claim = Claim::Offer {
            channel: "court".into(),
            body: None,
            skills: Vec::new(),
            due: None,
            weight: 0,
            chargeable: false,
        };
        let finding = Finding {
            rule: "R1".into(),
            claim,
            reason: None,
            params: Vec::new(),
            basis: Vec::new(),
            evidence: Vec::new(),
        };
        let findings = if file.kind.as_str() == "labour.wage" { vec![finding] } else { Vec::new() };
        Assessment { answer: Ok(findings), fuel: 0, diary: Vec::new() }
    }
}

fn ruleset() -> Ruleset {
    let text = Text::new("甲", "a");
    let channel = |class| Channel {
        class,
        title: text.clone(),
        within: "*".into(),
        free: false,
        attendance: false,
        max: None,
        basis: vec!["cn.law.1".into()],
    };
    let provision = maple_kernel::Provision {
        law: text.clone(),
        article: "1".into(),
        from: Day::new(2000, 1, 1).unwrap(),
        to: None,
        summary: text.clone(),
        source: "text".into(),
        verified: true,
    };
    let word = Word { title: text.clone(), adverse: false, clock: None, max: None };
    let vocabulary = Vocabulary {
        kinds: ["labour.wage", "family.divorce"].map(|kind| (kind.into(), text.clone())).into(),
        channels: BTreeMap::from([
            ("court".into(), channel(Class::Adjudicative)),
            ("mediation".into(), channel(Class::Facilitative)),
        ]),
        words: BTreeMap::from([(WordList::Right, BTreeMap::from([("court_open".into(), word)]))]),
        provisions: BTreeMap::from([("cn.law.1".into(), provision)]),
        ..Vocabulary::default()
    };
    let guardrails = Guardrails {
        courts: vec![(Pattern::new("*"), "court".into())],
        rights: vec!["court_open".into()],
        basis: vec!["cn.law.1".into()],
        ..Guardrails::default()
    };
    let locality = Locality {
        chain: vec!["cn".into()],
        title: text.clone(),
        guardrails: Arc::new(guardrails),
        ..Locality::default()
    };
    let rule = RuleInfo { summary: text, basis: vec!["cn.law.1".into()], reads: Vec::new() };
    let policy = Policy {
        id: "cn/labour".into(),
        locality: "cn".into(),
        plugin: "wages@1.0.0".into(),
        digest: "sha256:0".into(),
        mode: Mode::Enforce,
        purposes: Purposes::BOTH,
        target: Target::default(),
        from: None,
        to: None,
        trusted: true,
        floor: Floor::None,
        replaces: Vec::new(),
        reads: Vec::new(),
        rules: BTreeMap::from([("R1".into(), rule.clone()), ("R2".into(), rule)]),
        reasons: BTreeMap::new(),
        assessor: Arc::new(Wages),
    };
    Ruleset::new("sha256:1".into(), vocabulary, BTreeMap::from([("cn".into(), locality)]), vec![policy])
}

fn case(name: &str, kind: &str, covers: &[&str], expect: Expect) -> TestCase {
    let day = Day::new(2026, 6, 10).unwrap();
    let case = Case::new(None, "cn".into(), kind.into(), "counter".into(), day, Vec::new(), Facts::default());
    TestCase {
        pack: "cn".into(),
        name: name.to_owned(),
        file: "cn/labour.toml".to_owned(),
        line: 7,
        question: Question { case, purposes: Purposes::BOTH, as_of: day, explain: false },
        covers: covers.iter().map(|rule| bare(rule)).collect(),
        expect,
    }
}

fn bare(rule: &str) -> RuleRef {
    RuleRef { policy: None, rule: rule.into() }
}

fn of(report: &Report) -> Vec<String> {
    report.results.iter().flat_map(|result| result.differences.iter().map(ToString::to_string)).collect()
}

#[test]
fn what_is_met_passes() {
    let full = RuleRef { policy: Some("cn/labour".into()), rule: "R1".into() };
    let wages = Expect {
        outcome: Some(Outcome::Route),
        first: Some("court".into()),
        has_channels: vec!["court".into()],
        lacks_channels: vec!["mediation".into()],
        has_rules: vec![bare("R1"), full],
        lacks_rules: vec![bare("R2")],
        excluded: Some(Vec::new()),
        preconditions: Some(Vec::new()),
        signals: Some(Vec::new()),
        rights: vec!["court_open".into()],
        ..Expect::default()
    };
    let divorce = Expect { lacks_rules: vec![bare("R1")], ..Expect::default() };
    let cases = [case("wages", "labour.wage", &["R1"], wages), case("divorce", "family.divorce", &[], divorce)];
    let report = run(&ruleset(), &cases, None);
    assert_eq!(of(&report), [""; 0]);
    assert!(report.passed());
    let cases: Vec<_> = report.coverage.rules().iter().map(|rule| (rule.rule.as_str(), rule.cases.clone())).collect();
    assert_eq!(cases, [("R1", vec![0]), ("R2", vec![])]);
    let total = report.coverage.total();
    assert_eq!((total.fired, total.rules, total.percent()), (1, 2, 50));
    assert!(total.reaches(50) && !total.reaches(51));
}

#[test]
fn what_is_missed_is_named() {
    let rows: [(&str, Expect); 11] = [
        ("outcome: expected refer, got route", Expect { outcome: Some(Outcome::Refer), ..Expect::default() }),
        ("referral: expected `unclear`, got none", Expect { referral: Some("unclear".into()), ..Expect::default() }),
        ("first: expected `mediation`, got `court`", Expect { first: Some("mediation".into()), ..Expect::default() }),
        (
            "has-channels: expected `mediation`, got `court`",
            Expect { has_channels: vec!["mediation".into()], ..Expect::default() },
        ),
        (
            "lacks-channels: expected no `court`, got `court`",
            Expect { lacks_channels: vec!["court".into()], ..Expect::default() },
        ),
        ("has-rules: expected `R2`, got `cn/labour#R1`", Expect { has_rules: vec![bare("R2")], ..Expect::default() }),
        (
            "lacks-rules: expected no `R1`, got `cn/labour#R1`",
            Expect { lacks_rules: vec![bare("R1")], ..Expect::default() },
        ),
        (
            "excluded: expected `mediation`, got none",
            Expect { excluded: Some(vec!["mediation".into()]), ..Expect::default() },
        ),
        (
            "preconditions: expected `mediation>court`, got none",
            Expect { preconditions: Some(vec![("mediation".into(), "court".into())]), ..Expect::default() },
        ),
        (
            "clocks: expected `limitation` 2027-01-01, got none",
            Expect { clocks: vec![("limitation".into(), Day::new(2027, 1, 1).unwrap())], ..Expect::default() },
        ),
        ("rights: expected `free`, got `court_open`", Expect { rights: vec!["free".into()], ..Expect::default() }),
    ];
    for (want, expect) in rows {
        let report = run(&ruleset(), &[case("wages", "labour.wage", &[], expect)], None);
        assert_eq!(of(&report), [want]);
        assert!(!report.passed());
    }
    let report = run(&ruleset(), &[case("divorce", "family.divorce", &["R1"], Expect::default())], None);
    assert!(of(&report).iter().any(|d| d.starts_with("covers: expected `R1`")), "{report:?}");
}

#[test]
fn a_filter_chooses_by_pack_name_or_file() {
    let cases = [case("wages", "labour.wage", &[], Expect::default())];
    for (filter, count) in [(None, 1), (Some("wag"), 1), (Some("cn"), 1), (Some("labour.toml"), 1), (Some("gb"), 0)] {
        assert_eq!(run(&ruleset(), &cases, filter).results.len(), count, "{filter:?}");
    }
}
