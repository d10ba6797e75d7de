//! A small jurisdiction with native policies, so that a test row shows only what it is about.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses its own part")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use maple_kernel::*;

/// A policy that always says the same.
pub struct Says(pub Result<Vec<Finding>, Fault>);

impl Assess for Says {
    fn assess(&self, _: &CaseFile<'_>) -> Assessment {
        Assessment { answer: self.0.clone(), fuel: 7, diary: Vec::new() }
    }
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub fn span(count: u16, unit: Unit) -> Span {
    Span { count, unit }
}

pub fn finding(rule: &str, claim: Claim) -> Finding {
    Finding {
        rule: rule.into(),
        claim,
        reason: None,
        params: Vec::new(),
        basis: vec!["law.1".into()],
        evidence: Vec::new(),
    }
}

pub fn offer(channel: &str) -> Claim {
    Claim::Offer { channel: channel.into(), body: None, skills: Vec::new(), due: None, weight: 0, chargeable: false }
}

pub fn offer_within(channel: &str, body: Option<&str>, count: u16, unit: Unit) -> Claim {
    Claim::Offer {
        channel: channel.into(),
        body: body.map(Into::into),
        skills: Vec::new(),
        due: Some(Due::Within(Term { span: span(count, unit), start: "acceptance".into() })),
        weight: 0,
        chargeable: false,
    }
}

pub fn forbid(channel: &str) -> Claim {
    Claim::Forbid(Selector::Channel(channel.into()))
}

pub fn first(first: &str, before: &str) -> Claim {
    Claim::RequireFirst { first: first.into(), before: before.into() }
}

pub fn duty(code: &str) -> Claim {
    Claim::Duty { code: code.into(), bearer: None, params: Vec::new() }
}

pub fn clock(code: &str, start: &str, count: u16, unit: Unit) -> Claim {
    Claim::Clock { code: code.into(), start: day(start), span: span(count, unit), warn: vec![30, 7] }
}

pub fn signal(code: &str, level: Level, subject: Subject) -> Claim {
    Claim::Signal { code: code.into(), level, subject, measures: Vec::new(), responsible: None, handle_within: None }
}

/// The rule ids every test policy describes.
pub const RULES: [&str; 6] = ["N1", "N2", "N3", "L1", "L2", "L3"];

pub fn policy(id: &str, locality: &str, findings: Vec<Finding>) -> Policy {
    let trusted = locality == "xx";
    let info = RuleInfo { summary: Text::new("理由", "because"), basis: vec!["law.1".into()], reads: Vec::new() };
    Policy {
        id: id.into(),
        locality: locality.into(),
        plugin: "test@1.0.0".into(),
        digest: "sha256:00".into(),
        mode: Mode::Enforce,
        stopped: None,
        purposes: Purposes::BOTH,
        target: Target::default(),
        from: None,
        to: None,
        trusted,
        floor: if trusted { Floor::All } else { Floor::None },
        replaces: Vec::new(),
        reads: Vec::new(),
        rules: RULES.iter().map(|rule| (RuleId::from(*rule), info.clone())).collect(),
        reasons: BTreeMap::new(),
        assessor: Arc::new(Says(Ok(findings))),
    }
}

pub fn national(findings: Vec<Finding>) -> Policy {
    policy("xx/base", "xx", findings)
}

pub fn local(findings: Vec<Finding>) -> Policy {
    policy("xx/town/own", "xx/town", findings)
}

fn channel(class: Class, free: bool, max: Option<Span>) -> Channel {
    Channel {
        class,
        title: Text::new("渠道", "channel"),
        within: "xx".into(),
        free,
        attendance: false,
        decides: true,
        max,
        basis: Vec::new(),
    }
}

/// Who gives `ended_on` in a dispute of trade says that it `ended`.
fn implied() -> Implied {
    Implied { days: vec!["ended_on".into()], kinds: vec![Pattern::new("trade.*")] }
}

pub fn vocabulary() -> Vocabulary {
    use Class::*;
    let month = Some(span(30, Unit::Day));
    let channels = [
        ("mediation", channel(Facilitative, true, month)),
        ("bound_mediation", Channel { attendance: true, ..channel(Facilitative, true, None) }),
        ("trade_mediation", channel(Facilitative, false, None)),
        ("inspection", channel(Parallel, true, Some(span(60, Unit::WorkingDay)))),
        ("arbitration", channel(Adjudicative, true, Some(span(45, Unit::Day)))),
        ("court", Channel { within: "*".into(), ..channel(Adjudicative, false, None) }),
        ("authority_court", channel(Adjudicative, false, None)),
        ("order", channel(Protective, true, Some(span(72, Unit::Hour)))),
        ("aid", channel(Informative, true, None)),
        ("reception", channel(Parallel, true, None)),
        ("confirmation", Channel { decides: false, ..channel(Adjudicative, true, None) }),
        ("elsewhere", Channel { within: "yy".into(), ..channel(Facilitative, true, None) }),
    ];
    let word = |clock, max, adverse| Word { title: Text::new("词", "word"), adverse, attendance: false, clock, max };
    let plain = || word(None, None, false);
    let words = [
        (
            WordList::Duty,
            vec![
                ("inform", plain()),
                ("report", word(None, None, true)),
                ("help", plain()),
                ("attend", Word { attendance: true, ..plain() }),
            ],
        ),
        (WordList::Bearer, vec![("intake", plain())]),
        (WordList::Signal, vec![("cluster", plain())]),
        (WordList::Measure, vec![("visit", plain())]),
        (
            WordList::Clock,
            vec![
                ("limitation", word(Some(ClockKind::Limitation), Some(span(3, Unit::Year)), false)),
                ("service", word(Some(ClockKind::Service), Some(span(60, Unit::Day)), false)),
            ],
        ),
        (WordList::Skill, vec![("labour", plain()), ("lang_*", plain())]),
        (WordList::Body, vec![("village", plain()), ("town", plain())]),
        (WordList::Referral, vec![("serious", plain())]),
        (WordList::Param, vec![("count", plain())]),
        (WordList::Role, vec![("applicant", plain()), ("respondent", plain())]),
    ];
    let fact = |kind, scope| FactDef::plain(kind, scope, Text::default());
    let facts = [
        ("danger", fact(FactType::Flag, Scope::Case)),
        ("collusion", fact(FactType::Flag, Scope::Case)),
        ("authority_act", fact(FactType::Flag, Scope::Case)),
        ("private", fact(FactType::Flag, Scope::Case)),
        ("act", fact(FactType::Flag, Scope::Derived)),
        ("ended_on", fact(FactType::Day, Scope::Case)),
        ("ended", FactDef { implied: Some(implied()), ..fact(FactType::Flag, Scope::Case) }),
        ("amount", fact(FactType::Money { max: 1_000_000 }, Scope::Case)),
        ("age_band", fact(FactType::Text(Vec::new()), Scope::Party)),
        ("consent", fact(FactType::Text(Vec::new()), Scope::Party)),
        ("cap", fact(FactType::Money { max: 1_000_000 }, Scope::Locality)),
        ("band", fact(FactType::Text(vec!["low".into(), "high".into()]), Scope::Derived)),
    ];
    let law = |from: &str, to: Option<&str>| Provision {
        law: Text::new("法", "law"),
        article: "1".into(),
        from: day(from),
        to: to.map(day),
        summary: Text::new("摘要", "summary"),
        source: "test".into(),
        verified: true,
    };
    Vocabulary {
        facts: facts.into_iter().map(|(k, v)| (k.into(), v)).collect(),
        kinds: [("trade.sale".into(), Text::default()), ("family.violence".into(), Text::default())].into(),
        channels: channels.into_iter().map(|(k, v)| (k.into(), v)).collect(),
        words: words
            .into_iter()
            .map(|(list, words)| (list, words.into_iter().map(|(k, v)| (k.into(), v)).collect()))
            .collect(),
        provisions: [
            ("law.1".into(), law("2000-01-01", None)),
            ("old.1".into(), law("2000-01-01", Some("2025-12-31"))),
            ("new.1".into(), law("2026-01-01", None)),
        ]
        .into(),
        ..Vocabulary::default()
    }
}

fn court(kinds: &str, channel: &str) -> Court {
    Court { kinds: Pattern::new(kinds), unless: Vec::new(), channel: channel.into() }
}

pub fn guardrails() -> Guardrails {
    Guardrails {
        courts: vec![court("*", "court")],
        authority: Some((
            vec!["authority_act".into(), "act".into()],
            Court { unless: vec![("private".into(), Value::Flag(true))], ..court("*", "authority_court") },
        )),
        safety: vec![Safety {
            flags: vec!["danger".into()],
            kinds: vec![Pattern::new("family.violence")],
            offers: vec!["order".into()],
            duties: vec!["help".into()],
            closes_mediation: true,
            closes: vec!["reception".into()],
            basis: vec!["law.1".into()],
            why: Text::new("安全第一", "safety first"),
        }],
        person_only: vec!["collusion".into()],
        rights: ["may_refuse", "free", "human_review", "court_open"].map(Code::from).to_vec(),
        duties: vec![("H16", "help".into())],
        basis: vec!["law.1".into()],
    }
}

pub fn calendar() -> Calendar {
    Calendar::new(
        BTreeSet::from([6, 7]),
        ["2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"].map(day).into(),
        BTreeSet::from([day("2026-10-10")]),
        (2020..=2026).collect(),
        true,
    )
}

/// A ruleset that lives as long as the tests, so that a decision may outlive the call it came from.
pub fn ruleset_of(participation: Participation, policies: Vec<Policy>) -> &'static Ruleset {
    let guardrails = Arc::new(guardrails());
    let locality = |chain: &[&str]| Locality {
        code: (chain.len() == 2).then(|| "330784".into()),
        title: Text::new("地方", "place"),
        chain: chain.iter().map(|id| LocalityId::from(*id)).collect(),
        participation,
        currency: "CNY".into(),
        calendar: Arc::new(calendar()),
        figures: Facts::new(vec![("cap".into(), Value::Money(5_000))]),
        guardrails: Arc::clone(&guardrails),
        population: None,
        tile: None,
    };
    let localities =
        [("xx".into(), locality(&["xx"])), ("xx/town".into(), locality(&["xx", "xx/town"]))].into_iter().collect();
    Box::leak(Box::new(Ruleset::new("sha256:test".into(), vocabulary(), localities, policies)))
}

pub fn ruleset(policies: Vec<Policy>) -> &'static Ruleset {
    ruleset_of(Participation::Voluntary, policies)
}

pub fn party(role: &str, kind: PartyType, facts: &[(&str, &str)]) -> Party {
    let facts = facts.iter().map(|(k, v)| (FactKey::from(*k), Value::Text((*v).into()))).collect();
    Party { role: role.into(), kind, facts: Facts::new(facts) }
}

pub fn question_with(parties: Vec<Party>, flags: &[&str]) -> Question {
    let facts = flags.iter().map(|flag| (FactKey::from(*flag), Value::Flag(true))).collect();
    Question {
        case: Case::new(
            Some("c-1".into()),
            "xx/town".into(),
            "trade.sale".into(),
            "counter".into(),
            day("2026-09-01"),
            parties,
            Facts::new(facts),
        ),
        purposes: Purposes::BOTH,
        as_of: day("2026-09-01"),
        explain: true,
        context: Facts::default(),
    }
}

pub fn question(flags: &[&str]) -> Question {
    question_with(parties("unknown"), flags)
}

pub fn parties(consent: &str) -> Vec<Party> {
    vec![
        party("applicant", PartyType::Natural, &[("consent", consent)]),
        party("respondent", PartyType::Organisation, &[("consent", "yes")]),
    ]
}

pub fn decide(ruleset: &'static Ruleset, question: &Question) -> Decision<'static> {
    evaluate(ruleset, Box::leak(Box::new(question.clone())))
}

pub fn channels(decision: &Decision<'_>) -> Vec<String> {
    decision
        .steps
        .iter()
        .map(|step| match &step.body {
            Some(body) => format!("{}@{body}", step.channel),
            None => step.channel.to_string(),
        })
        .collect()
}

pub fn corrections(decision: &Decision) -> Vec<String> {
    decision.corrections.iter().map(|c| format!("{} {} {}", c.guardrail, c.action.as_str(), c.what)).collect()
}
