//! A ruleset of one policy, and cases that it meets and misses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeMap, sync::Arc};

use maple_bundle::{Expect, ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, RuleRef, TestCase};
use maple_kernel::{
    Assess, Assessment, Case, CaseFile, Channel, Claim, Class, Court, Day, Due, Facts, Finding, Floor, Guardrails,
    Level, Locality, Mode, Outcome, Pattern, Policy, Purposes, Question, RuleInfo, Ruleset, Span, StepDue, Subject,
    Target, Term, Text, Unit, Value, Vocabulary, Word, WordList,
};

use super::{Report, run};

/// Offers the court for wages and does nothing else; of an injury it says all that can be said.
struct Wages;

impl Assess for Wages {
    fn assess(&self, file: &CaseFile<'_>) -> Assessment {
        let bare = Claim::Offer {
            channel: "court".into(),
            body: None,
            skills: Vec::new(),
            due: None,
            weight: 0,
            chargeable: false,
        };
        let claims = match file.kind.as_str() {
            "labour.wage" => vec![bare],
            "labour.injury" => full(file.day),
            _ => Vec::new(),
        };
        let findings = claims.into_iter().map(finding).collect();
        Assessment { answer: Ok(findings), fuel: 0, diary: Vec::new() }
    }
}

fn finding(claim: Claim) -> Finding {
    let (reason, params, basis, evidence) = (None, Vec::new(), Vec::new(), Vec::new());
    Finding { rule: "R1".into(), claim, reason, params, basis, evidence }
}

/// The court at two levels, a duty of two, a clock and a signal.
fn full(day: Day) -> Vec<Claim> {
    let within = |event: &str| Due::Within(Term { span: days(15), start: event.into() });
    let offer = |body: &str, skills: &[&str], due| Claim::Offer {
        channel: "court".into(),
        body: Some(body.into()),
        skills: skills.iter().map(|skill| (*skill).into()).collect(),
        due: Some(due),
        weight: 0,
        chargeable: false,
    };
    let duty = |bearer: &str, count| Claim::Duty {
        code: "inform".into(),
        bearer: Some(bearer.into()),
        params: vec![("count".into(), Value::Number(count))],
    };
    vec![
        offer("town", &["land", "police"], within("filing")),
        offer("county", &[], within("acceptance")),
        duty("intake", 3.0),
        duty("judge", 5.0),
        Claim::Clock { code: "limitation".into(), start: day, span: days(30), warn: vec![10, 3] },
        Claim::Signal {
            code: "cluster".into(),
            level: Level::Orange,
            subject: Subject::Kind,
            measures: Vec::new(),
            responsible: None,
            handle_within: None,
        },
    ]
}

const fn days(count: u16) -> Span {
    Span { count, unit: Unit::Day }
}

fn ruleset() -> Ruleset {
    let text = Text::new("甲", "a");
    let channel = |class| Channel {
        class,
        title: text.clone(),
        within: "*".into(),
        free: false,
        attendance: false,
        decides: true,
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
    let word = Word { title: text.clone(), adverse: false, attendance: false, clock: None, max: None };
    let words: [(WordList, &[&str]); 8] = [
        (WordList::Right, &["court_open"]),
        (WordList::Body, &["town", "county"]),
        (WordList::Skill, &["land", "police"]),
        (WordList::Event, &["filing", "acceptance"]),
        (WordList::Duty, &["inform"]),
        (WordList::Bearer, &["intake", "judge"]),
        (WordList::Param, &["count"]),
        (WordList::Signal, &["cluster"]),
    ];
    let clocks = BTreeMap::from([("limitation".into(), word.clone())]);
    let words = words
        .into_iter()
        .map(|(list, names)| (list, names.iter().map(|name| ((*name).into(), word.clone())).collect()));
    let vocabulary = Vocabulary {
        kinds: ["labour.wage", "labour.injury", "family.divorce"].map(|kind| (kind.into(), text.clone())).into(),
        channels: BTreeMap::from([
            ("court".into(), channel(Class::Adjudicative)),
            ("mediation".into(), channel(Class::Facilitative)),
        ]),
        words: words.chain([(WordList::Clock, clocks)]).collect(),
        provisions: BTreeMap::from([("cn.law.1".into(), provision)]),
        ..Vocabulary::default()
    };
    let guardrails = Guardrails {
        courts: vec![Court { kinds: Pattern::new("*"), unless: Vec::new(), channel: "court".into() }],
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
        stopped: None,
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
        question: Question { case, purposes: Purposes::BOTH, as_of: day, explain: false, context: Facts::default() },
        covers: covers.iter().map(|rule| bare(rule)).collect(),
        expect,
    }
}

fn bare(rule: &str) -> RuleRef {
    RuleRef { policy: None, rule: rule.into() }
}

fn has(rule: &str) -> ExpectRule {
    ExpectRule { rule: bare(rule), basis: Vec::new() }
}

fn clock(code: &str, warn: Option<Vec<u16>>) -> ExpectClock {
    ExpectClock { code: code.into(), ends: Day::new(2027, 1, 1).unwrap(), warn, basis: Vec::new() }
}

fn step(body: &str) -> ExpectStep {
    ExpectStep { channel: "court".into(), body: Some(body.into()), skills: None, due: None, basis: Vec::new() }
}

fn on(year: i16, month: i8, day: i8) -> StepDue {
    StepDue { term: None, on: Some(Day::new(year, month, day).unwrap()) }
}

fn within(count: u16, event: &str) -> StepDue {
    StepDue { term: Some(Term { span: days(count), start: event.into() }), on: None }
}

fn duty(bearer: &str, count: f64) -> ExpectDuty {
    let with = vec![("count".into(), Value::Number(count))];
    ExpectDuty { code: "inform".into(), bearer: Some(bearer.into()), with, basis: Vec::new() }
}

fn signal(level: Option<Level>) -> ExpectSignal {
    ExpectSignal { code: "cluster".into(), level, basis: Vec::new() }
}

fn limitation(ends: Day, warn: &[u16]) -> ExpectClock {
    ExpectClock { code: "limitation".into(), ends, warn: Some(warn.to_vec()), basis: Vec::new() }
}

fn law(id: &str) -> Vec<maple_kernel::ProvisionId> {
    vec![id.into()]
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
        has_rules: vec![has("R1"), ExpectRule { rule: full, basis: Vec::new() }],
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
        ("has-rules: expected `R2`, got `cn/labour#R1`", Expect { has_rules: vec![has("R2")], ..Expect::default() }),
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
            Expect { clocks: vec![clock("limitation", None)], ..Expect::default() },
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

fn met(expect: Expect) -> Vec<String> {
    of(&run(&ruleset(), &[case("injury", "labour.injury", &[], expect)], None))
}

#[test]
fn parts_that_say_what_they_must_pass() {
    let ends = Day::new(2026, 7, 10).unwrap();
    let one = "cn.law.1";
    let full = Expect {
        steps: vec![
            ExpectStep {
                skills: Some(vec!["police".into()]),
                due: Some(on(2026, 6, 25)),
                basis: law(one),
                ..step("town")
            },
            ExpectStep { due: Some(within(15, "filing")), ..step("town") },
            ExpectStep { skills: Some(Vec::new()), due: Some(within(15, "acceptance")), ..step("county") },
        ],
        has_rules: vec![ExpectRule { basis: law(one), ..has("R1") }],
        has_duties: vec![ExpectDuty { basis: law(one), ..duty("intake", 3.0) }, duty("judge", 5.0)],
        clocks: vec![ExpectClock { basis: law(one), ..limitation(ends, &[10, 3]) }],
        signals: Some(vec![ExpectSignal { basis: law(one), ..signal(Some(Level::Orange)) }, signal(None)]),
        basis: law(one),
        ..Expect::default()
    };
    assert_eq!(met(full), [""; 0]);
}

#[test]
fn parts_that_say_otherwise_are_told_with_what_they_say() {
    let ends = Day::new(2026, 7, 10).unwrap();
    let (town, two) = (|| step("town"), || law("cn.law.2"));
    let steps = |step| Expect { steps: vec![step], ..Expect::default() };
    let duties = |duty| Expect { has_duties: vec![duty], ..Expect::default() };
    let clocks = |clock| Expect { clocks: vec![clock], ..Expect::default() };
    let signals = |signals| Expect { signals: Some(signals), ..Expect::default() };
    let rows: [(&str, Expect); 19] = [
        (
            "steps: expected `court`, body `village`, got `court`, body `town`; `court`, body `county`",
            steps(step("village")),
        ),
        (
            "steps: expected `mediation`, body `town`, got `court`, `court`",
            steps(ExpectStep { channel: "mediation".into(), ..town() }),
        ),
        (
            "steps: expected `court`, body `county`, skills `land`, got `court`, body `town`, skills `land`, `police`; \
             `court`, body `county`, skills none",
            steps(ExpectStep { skills: Some(vec!["land".into()]), ..step("county") }),
        ),
        (
            "steps: expected `court`, skills none, due 2026-06-25, got `court`, skills `land`, `police`, due 2026-06-25; \
             `court`, skills none, due 15 days from `acceptance`",
            steps(ExpectStep { body: None, skills: Some(Vec::new()), due: Some(on(2026, 6, 25)), ..town() }),
        ),
        (
            "steps: expected `court`, body `town`, due 2026-06-26, got `court`, body `town`, due 2026-06-25; \
             `court`, body `county`, due 15 days from `acceptance`",
            steps(ExpectStep { due: Some(on(2026, 6, 26)), ..town() }),
        ),
        (
            "steps: expected `court`, due 1 day from `filing`, got `court`, due 15 days from `filing`; \
             `court`, due 15 days from `acceptance`",
            steps(ExpectStep { body: None, due: Some(within(1, "filing")), ..town() }),
        ),
        (
            "steps: expected `court`, body `county`, due 15 days from `filing`, got \
             `court`, body `town`, due 15 days from `filing`; `court`, body `county`, due 15 days from `acceptance`",
            steps(ExpectStep { due: Some(within(15, "filing")), ..step("county") }),
        ),
        (
            "steps: expected `court`, basis `cn.law.2`, got `court`, basis `cn.law.1`; `court`, basis `cn.law.1`",
            steps(ExpectStep { body: None, basis: two(), ..town() }),
        ),
        (
            "has-rules: expected `R1`, basis `cn.law.2`, got `cn/labour#R1`, basis `cn.law.1`",
            Expect { has_rules: vec![ExpectRule { basis: two(), ..has("R1") }], ..Expect::default() },
        ),
        (
            "has-duties: expected `inform`, bearer `guardian`, got `inform`, bearer `intake`; `inform`, bearer `judge`",
            duties(ExpectDuty { with: Vec::new(), ..duty("guardian", 0.0) }),
        ),
        (
            "has-duties: expected `inform`, bearer `judge`, count 3, got `inform`, bearer `intake`, count 3; \
             `inform`, bearer `judge`, count 5",
            duties(duty("judge", 3.0)),
        ),
        (
            "has-duties: expected `inform`, days 3, got `inform`, no days; `inform`, no days",
            duties(ExpectDuty { bearer: None, with: vec![("days".into(), Value::Number(3.0))], ..duty("", 0.0) }),
        ),
        (
            "has-duties: expected `inform`, basis `cn.law.2`, got `inform`, basis `cn.law.1`; `inform`, basis `cn.law.1`",
            duties(ExpectDuty { bearer: None, with: Vec::new(), basis: two(), ..duty("", 0.0) }),
        ),
        (
            "clocks: expected `limitation` 2026-07-10, warn 7, got `limitation` 2026-07-10, warn 10, 3",
            clocks(limitation(ends, &[7])),
        ),
        (
            "clocks: expected `limitation` 2026-07-10, warn never, got `limitation` 2026-07-10, warn 10, 3",
            clocks(limitation(ends, &[])),
        ),
        (
            "clocks: expected `limitation` 2026-07-10, basis `cn.law.2`, got `limitation` 2026-07-10, basis `cn.law.1`",
            clocks(ExpectClock { warn: None, basis: two(), ..limitation(ends, &[]) }),
        ),
        (
            "signals: expected `cluster`, level `red`, got `cluster`, level `orange`",
            signals(vec![signal(Some(Level::Red))]),
        ),
        (
            "signals: expected `cluster`, basis `cn.law.2`, got `cluster`, basis `cn.law.1`",
            signals(vec![ExpectSignal { basis: two(), ..signal(None) }]),
        ),
        ("basis: expected `cn.law.2`, got `cn.law.1`", Expect { basis: two(), ..Expect::default() }),
    ];
    for (want, expect) in rows {
        assert_eq!(met(expect), [want]);
    }
    assert_eq!(met(signals(Vec::new())), ["signals: expected none, got `cluster`"]);
    let lacks = |code: &str| met(Expect { lacks_clocks: vec![code.into()], ..Expect::default() });
    assert_eq!(lacks("limitation"), ["lacks-clocks: expected no `limitation`, got `limitation`"]);
    assert_eq!(lacks("service"), [""; 0]);
}

#[test]
fn a_filter_chooses_by_pack_name_or_file() {
    let cases = [case("wages", "labour.wage", &[], Expect::default())];
    for (filter, count) in [(None, 1), (Some("wag"), 1), (Some("cn"), 1), (Some("labour.toml"), 1), (Some("gb"), 0)] {
        assert_eq!(run(&ruleset(), &cases, filter).results.len(), count, "{filter:?}");
    }
}

#[test]
fn parts_are_rewritten_as_the_decision_says_them() {
    let steps =
        |town, county| format!("steps = [\n    {{ channel = \"court\", body = \"county\", {county} }},{town}\n]");
    let text = |parts: &str| {
        format!("[[case]]\nname = \"injury\"\ncase = {{ kind = \"labour.injury\" }}\nexpect = {{ {parts} }}\n")
    };
    let before = text(&format!(
        "{}, has-duties = [{{ duty = \"inform\", bearer = \"judge\", with = {{ count = 3 }} }}], \
         clocks = {{ limitation = {{ ends = 2027-01-01, warn = [7] }} }}, signals = [\"other\"], basis = \"cn.law.2\"",
        steps(
            "\n    { channel = \"mediation\", body = \"town\" }, # never there",
            "skills = [\"land\"], due = 2026-06-26"
        )
    ));
    let after = text(&format!(
        "{}, has-duties = [{{ duty = \"inform\", bearer = \"judge\", with = {{ count = 5 }} }}], \
         clocks = {{ limitation = {{ ends = 2026-07-10, warn = [10, 3] }} }}, signals = [\"cluster\"], basis = \"cn.law.1\"",
        steps("", "skills = [], due = \"15 days\", from = \"acceptance\"")
    ));
    let expect = Expect {
        steps: vec![
            ExpectStep { skills: Some(vec!["land".into()]), due: Some(on(2026, 6, 26)), ..step("county") },
            ExpectStep { channel: "mediation".into(), ..step("town") },
        ],
        has_duties: vec![duty("judge", 3.0)],
        clocks: vec![clock("limitation", Some(vec![7]))],
        signals: Some(vec![ExpectSignal { code: "other".into(), ..signal(None) }]),
        basis: law("cn.law.2"),
        ..Expect::default()
    };
    let files = BTreeMap::from([("cn/labour.toml".to_owned(), before.into_bytes())]);
    let bundle = maple_bundle::Bundle::from_files(files).unwrap();
    let report = run(&ruleset(), &[case("injury", "labour.injury", &[], expect)], None);
    let plan = super::plan(&bundle, &report, &std::collections::BTreeSet::new()).unwrap();
    assert_eq!(plan.untouched, []);
    assert_eq!(plan.files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>(), [after.as_str()]);
}
