//! The plugin `decision-table` as an ordinary library: what crosses the border is carried over by hand.

use std::sync::Arc;

use maple_guest as guest;
use maple_guest::Policy as _;
use maple_kernel as kernel;
use maple_kernel::{Assess, Assessment, Configured, Descriptor, PluginInfo, Plugins, RuleInfo, Setup, SetupError};

/// The one plugin of these tests.
pub(crate) struct Native;

impl Plugins for Native {
    fn list(&self) -> Vec<PluginInfo> {
        let digest = "sha256:native".into();
        vec![PluginInfo { id: "decision-table".to_owned(), version: "1.0.0".to_owned(), digest }]
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        setups.iter().map(|setup| Ok(configured(setup))).collect()
    }
}

/// The plugin as it is set up for a policy.
fn table(setup: &Setup<'_>) -> decision_table::Table {
    let mut nodes = Vec::new();
    flatten(setup.settings, &mut nodes);
    let calendar = guest::Calendar {
        weekend: setup.calendar.weekend().map(|weekday| u8::try_from(weekday).unwrap()).collect(),
        days_off: setup.calendar.off().map(day).collect(),
        days_on: setup.calendar.on().map(day).collect(),
    };
    let setup = guest::Setup { settings: nodes, calendar };
    guest::runtime::configure(setup).unwrap_or_else(|complaints| panic!("the table is refused: {complaints:?}"))
}

struct Answers(decision_table::Table);

impl Assess for Answers {
    fn assess(&self, file: &kernel::CaseFile<'_>) -> Assessment {
        let answer = self.0.assess(&case(file)).unwrap();
        Assessment { answer: Ok(answer.iter().map(finding).collect()), fuel: 0, diary: Vec::new() }
    }
}

fn configured(setup: &Setup<'_>) -> Configured {
    let table = table(setup);
    let rule = |rule: guest::Rule| {
        let summary = kernel::Text::new(&rule.summary.zh, &rule.summary.en);
        let basis = rule.basis.iter().map(|id| id.as_str().into()).collect();
        (rule.id.as_str().into(), RuleInfo { summary, basis, reads: Vec::new() })
    };
    let reason =
        |given: guest::ReasonText| (given.code.as_str().into(), kernel::Text::new(&given.text.zh, &given.text.en));
    let descriptor = Descriptor {
        rules: table.rules().into_iter().map(rule).collect(),
        reads: table.reads().iter().map(|key| key.as_str().into()).collect(),
        reasons: table.reasons().into_iter().map(reason).collect(),
        ..Descriptor::default()
    };
    Configured { assessor: Arc::new(Answers(table)), descriptor }
}

fn flatten(setting: &kernel::Setting, nodes: &mut Vec<guest::Setting>) -> u32 {
    let at = nodes.len();
    nodes.push(guest::Setting::Flag(false));
    nodes[at] = match setting {
        kernel::Setting::Flag(flag) => guest::Setting::Flag(*flag),
        kernel::Setting::Number(number) => guest::Setting::Number(*number),
        kernel::Setting::Text(text) => guest::Setting::Text(text.to_string()),
        kernel::Setting::Day(given) => guest::Setting::Day(day(*given)),
        kernel::Setting::Items(items) => guest::Setting::Items(items.iter().map(|item| flatten(item, nodes)).collect()),
        kernel::Setting::Table(entries) => {
            guest::Setting::Table(entries.iter().map(|(key, value)| (key.to_string(), flatten(value, nodes))).collect())
        }
    };
    u32::try_from(at).unwrap()
}

fn case(file: &kernel::CaseFile<'_>) -> guest::CaseFile {
    let party = |party: &kernel::PartyFile<'_>| guest::Party {
        role: party.role.to_string(),
        party_type: match party.kind {
            kernel::PartyType::Natural => guest::PartyType::Natural,
            kernel::PartyType::Organisation => guest::PartyType::Organisation,
            kernel::PartyType::PublicAuthority => guest::PartyType::PublicAuthority,
        },
        facts: facts(&party.facts),
    };
    let mut purposes = guest::Purposes::empty();
    purposes.set(guest::Purposes::ROUTING, file.purposes.routing);
    purposes.set(guest::Purposes::PREVENTION, file.purposes.prevention);
    guest::CaseFile {
        purposes,
        locality: file.locality.to_string(),
        kind: file.kind.to_string(),
        source: file.source.to_string(),
        day: day(file.day),
        filed: day(file.filed),
        facts: facts(&file.facts),
        parties: file.parties.iter().map(party).collect(),
    }
}

fn facts(facts: &[(&kernel::FactKey, &kernel::Value)]) -> Vec<guest::Fact> {
    facts.iter().map(|(key, given)| guest::Fact { key: key.to_string(), value: value(given) }).collect()
}

fn value(given: &kernel::Value) -> guest::Value {
    match given {
        kernel::Value::Text(text) => guest::Value::Text(text.to_string()),
        kernel::Value::Number(number) => guest::Value::Number(*number),
        kernel::Value::Flag(flag) => guest::Value::Flag(*flag),
        kernel::Value::Day(given) => guest::Value::Day(day(*given)),
        kernel::Value::Words(words) => guest::Value::Words(words.iter().map(ToString::to_string).collect()),
        kernel::Value::Money(minor) => guest::Value::Money(*minor),
    }
}

fn day(day: kernel::Day) -> guest::Day {
    let part = |part: i8| u8::try_from(part).unwrap();
    guest::Day { year: u16::try_from(day.year()).unwrap(), month: part(day.month()), day: part(day.day()) }
}

fn host_day(day: guest::Day) -> kernel::Day {
    kernel::Day::new(i16::try_from(day.year).unwrap(), day.month as i8, day.day as i8).unwrap()
}

fn host_value(given: &guest::Value) -> kernel::Value {
    match given {
        guest::Value::Text(text) => kernel::Value::Text(text.as_str().into()),
        guest::Value::Number(number) => kernel::Value::Number(*number),
        guest::Value::Flag(flag) => kernel::Value::Flag(*flag),
        guest::Value::Day(given) => kernel::Value::Day(host_day(*given)),
        guest::Value::Words(words) => kernel::Value::Words(words.iter().map(|word| word.as_str().into()).collect()),
        guest::Value::Money(minor) => kernel::Value::Money(*minor),
    }
}

fn finding(given: &guest::Finding) -> kernel::Finding {
    kernel::Finding {
        rule: given.rule.as_str().into(),
        claim: claim(&given.claim),
        reason: Some(given.reason.code.as_str()).filter(|code| !code.is_empty()).map(Into::into),
        params: given.reason.params.iter().map(|p| (p.key.as_str().into(), host_value(&p.value))).collect(),
        basis: given.basis.iter().map(|id| id.as_str().into()).collect(),
        evidence: given.evidence.iter().map(|key| key.as_str().into()).collect(),
    }
}

fn claim(given: &guest::Claim) -> kernel::Claim {
    match given {
        guest::Claim::Offer(given) => kernel::Claim::Offer {
            channel: given.channel.as_str().into(),
            body: given.body.as_deref().map(Into::into),
            skills: given.skills.iter().map(|skill| skill.as_str().into()).collect(),
            due: given.due.as_ref().map(|due| match due {
                guest::Due::Within(term) => {
                    kernel::Due::Within(kernel::Term { span: span(term.span), start: term.start.as_str().into() })
                }
                guest::Due::On(day) => kernel::Due::On(host_day(*day)),
            }),
            weight: given.weight,
            chargeable: given.chargeable,
        },
        guest::Claim::Prefer(given) => {
            kernel::Claim::Prefer { channel: given.channel.as_str().into(), weight: given.weight }
        }
        guest::Claim::RequireFirst(given) => {
            kernel::Claim::RequireFirst { first: given.first.as_str().into(), before: given.before.as_str().into() }
        }
        guest::Claim::Forbid(guest::Selector::Channel(channel)) => {
            kernel::Claim::Forbid(kernel::Selector::Channel(channel.as_str().into()))
        }
        guest::Claim::Forbid(guest::Selector::Class(class)) => {
            kernel::Claim::Forbid(kernel::Selector::Class(kernel::Class::parse(class).unwrap()))
        }
        guest::Claim::Duty(given) => kernel::Claim::Duty {
            code: given.code.as_str().into(),
            bearer: given.bearer.as_deref().map(Into::into),
            params: given.params.iter().map(|p| (p.key.as_str().into(), host_value(&p.value))).collect(),
        },
        guest::Claim::Clock(given) => kernel::Claim::Clock {
            code: given.code.as_str().into(),
            start: host_day(given.start),
            span: span(given.span),
            warn: given.warn.clone(),
        },
        guest::Claim::Derive(given) => {
            kernel::Claim::Derive { key: given.key.as_str().into(), value: host_value(&given.value) }
        }
        guest::Claim::Refer(code) => kernel::Claim::Refer(code.as_str().into()),
        guest::Claim::Signal(_) => panic!("no table of these tests raises signals"),
    }
}

fn span(given: guest::Span) -> kernel::Span {
    let unit = match given.unit {
        guest::Unit::Hour => kernel::Unit::Hour,
        guest::Unit::Day => kernel::Unit::Day,
        guest::Unit::WorkingDay => kernel::Unit::WorkingDay,
        guest::Unit::Month => kernel::Unit::Month,
        guest::Unit::Year => kernel::Unit::Year,
    };
    kernel::Span { count: given.count, unit }
}
