//! The plugin's own code as an ordinary library: case files and findings carried over by hand, outside what is timed.

use maple_guest as guest;
use maple_kernel as kernel;

/// The plugin with these settings, compiled for this machine.
///
/// # Panics
///
/// When it refuses the settings.
#[must_use]
pub(crate) fn table(settings: &kernel::Setting) -> decision_table::Table {
    let mut nodes = Vec::new();
    flatten(settings, &mut nodes);
    let calendar = guest::Calendar { weekend: vec![6, 7], days_off: Vec::new(), days_on: Vec::new() };
    let setup = guest::Setup { settings: nodes, calendar };
    guest::runtime::configure(setup).unwrap_or_else(|complaints| panic!("the table is refused: {complaints:?}"))
}

/// The settings as the contract has them: a list of nodes, parents before children.
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

/// A case file as a guest gets it.
#[must_use]
pub(crate) fn case(file: &kernel::CaseFile<'_>) -> guest::CaseFile {
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

/// A guest's findings in the kernel's types, for the claims that the case of this bench brings out.
///
/// # Panics
///
/// On any other claim.
#[must_use]
pub(crate) fn findings(given: &[guest::Finding]) -> Vec<kernel::Finding> {
    let finding = |given: &guest::Finding| kernel::Finding {
        rule: given.rule.as_str().into(),
        claim: match &given.claim {
            guest::Claim::Offer(given) => offer(given),
            other => panic!("the case of this bench brings out offers only, not {other:?}"),
        },
        reason: Some(given.reason.code.as_str()).filter(|code| !code.is_empty()).map(Into::into),
        params: given.reason.params.iter().map(|_| panic!("no reason of this bench has parameters")).collect(),
        basis: given.basis.iter().map(|id| id.as_str().into()).collect(),
        evidence: given.evidence.iter().map(|key| key.as_str().into()).collect(),
    };
    given.iter().map(finding).collect()
}

fn offer(given: &guest::Offer) -> kernel::Claim {
    kernel::Claim::Offer {
        channel: given.channel.as_str().into(),
        body: given.body.as_deref().map(Into::into),
        skills: given.skills.iter().map(|skill| skill.as_str().into()).collect(),
        due: given.due.as_ref().map(|due| match due {
            guest::Due::Within(term) => kernel::Due::Within(kernel::Term {
                span: kernel::Span { count: term.span.count, unit: unit(term.span.unit) },
                start: term.start.as_str().into(),
            }),
            guest::Due::On(day) => panic!("no offer of this bench is due on a day, not {day:?}"),
        }),
        weight: given.weight,
        chargeable: given.chargeable,
    }
}

fn unit(unit: guest::Unit) -> kernel::Unit {
    match unit {
        guest::Unit::Hour => kernel::Unit::Hour,
        guest::Unit::Day => kernel::Unit::Day,
        guest::Unit::WorkingDay => kernel::Unit::WorkingDay,
        guest::Unit::Month => kernel::Unit::Month,
        guest::Unit::Year => kernel::Unit::Year,
    }
}
