//! From the kernel to the guest: the case file, and the settings.

use maple_kernel::{Calendar, CaseFile, Complaint, Day, FactKey, PartyType, Setting, Value};

use super::types;
use crate::limits::{SETTINGS_BYTES_MAX, SETTINGS_NODES_MAX};

type Fact<'a> = (&'a FactKey, &'a Value);

/// Calls `call` with the file in the contract's types, which borrow from the kernel's.
pub(crate) fn with_file<R>(file: &CaseFile<'_>, call: impl FnOnce(types::CaseFile<'_>) -> R) -> R {
    let words = words(file);
    let mut words = words.iter().map(Vec::as_slice);
    let facts: Vec<_> = file.facts.iter().map(|fact| lower(*fact, &mut words)).collect();
    let of_parties: Vec<Vec<_>> =
        file.parties.iter().map(|party| party.facts.iter().map(|fact| lower(*fact, &mut words)).collect()).collect();
    let parties: Vec<_> = file
        .parties
        .iter()
        .zip(&of_parties)
        .map(|(party, facts)| types::Party { role: party.role.as_str(), party_type: party_type(party.kind), facts })
        .collect();
    call(types::CaseFile {
        purposes: purposes(file.purposes),
        locality: file.locality.as_str(),
        kind: file.kind.as_str(),
        source: file.source.as_str(),
        day: day(file.day),
        filed: day(file.filed),
        facts: &facts,
        parties: &parties,
    })
}

/// The words of every fact that has some, in the order in which facts are lowered.
fn words<'a>(file: &CaseFile<'a>) -> Vec<Vec<&'a str>> {
    let facts = file.facts.iter().chain(file.parties.iter().flat_map(|party| &party.facts));
    facts
        .filter_map(|(_, value)| match value {
            Value::Words(words) => Some(words.iter().map(AsRef::as_ref).collect()),
            _ => None,
        })
        .collect()
}

fn lower<'a>((key, value): Fact<'a>, words: &mut impl Iterator<Item = &'a [&'a str]>) -> types::FactParam<'a> {
    let value = match value {
        Value::Text(text) => types::ValueParam::Text(text),
        Value::Number(number) => types::ValueParam::Number(*number),
        Value::Flag(flag) => types::ValueParam::Flag(*flag),
        Value::Day(value) => types::ValueParam::Day(day(*value)),
        Value::Words(_) => types::ValueParam::Words(words.next().unwrap_or_default()),
        Value::Money(minor) => types::ValueParam::Money(*minor),
    };
    types::FactParam { key: key.as_str(), value }
}

fn party_type(kind: PartyType) -> types::PartyType {
    match kind {
        PartyType::Natural => types::PartyType::Natural,
        PartyType::Organisation => types::PartyType::Organisation,
        PartyType::PublicAuthority => types::PartyType::PublicAuthority,
    }
}

fn purposes(asked: maple_kernel::Purposes) -> types::Purposes {
    let when = |asked, purpose| if asked { purpose } else { types::Purposes::empty() };
    when(asked.routing, types::Purposes::ROUTING) | when(asked.prevention, types::Purposes::PREVENTION)
}

/// Days of the kernel are of the years 1900 to 2199: every part is positive.
fn day(day: Day) -> types::Day {
    types::Day { year: day.year().unsigned_abs(), month: day.month().unsigned_abs(), day: day.day().unsigned_abs() }
}

/// Settings and calendar, flattened and checked, ready to be handed to a guest.
pub(crate) struct Lowered<'a> {
    nodes: Vec<&'a Setting>,
    /// For each node its children: their indices.
    links: Vec<Vec<u32>>,
    weekend: Vec<u8>,
    days_off: Vec<types::Day>,
    days_on: Vec<types::Day>,
}

impl<'a> Lowered<'a> {
    /// Flattens the tree level by level, so that nodes point to later nodes, without recursion.
    pub(crate) fn new(root: &'a Setting, calendar: &Calendar) -> Result<Self, Vec<Complaint>> {
        let (mut nodes, mut links, mut bytes) = (vec![root], Vec::new(), 0_usize);
        while let Some(&node) = nodes.get(links.len()) {
            bytes = bytes.saturating_add(text_bytes(node)?);
            let first = nodes.len();
            match node {
                Setting::Items(items) => nodes.extend(items),
                Setting::Table(table) => nodes.extend(table.iter().map(|(_, child)| child)),
                _ => {}
            }
            if nodes.len() > SETTINGS_NODES_MAX {
                return Err(refuse(format!("the settings have more than {SETTINGS_NODES_MAX} values")));
            }
            if bytes > SETTINGS_BYTES_MAX {
                return Err(refuse(format!("the settings have more than {SETTINGS_BYTES_MAX} bytes of text")));
            }
            links.push((first..nodes.len()).filter_map(|at| u32::try_from(at).ok()).collect());
        }
        Ok(Self {
            nodes,
            links,
            weekend: calendar.weekend().map(i8::unsigned_abs).collect(),
            days_off: calendar.off().map(day).collect(),
            days_on: calendar.on().map(day).collect(),
        })
    }

    /// Calls `call` with the setup in the contract's types.
    pub(crate) fn with<R>(&self, call: impl FnOnce(types::Setup<'_>) -> R) -> R {
        let tables: Vec<Vec<(&str, u32)>> = self.nodes.iter().zip(&self.links).map(|(n, l)| entries(n, l)).collect();
        let settings: Vec<_> = self
            .nodes
            .iter()
            .zip(&self.links)
            .zip(&tables)
            .map(|((node, links), table)| match node {
                Setting::Flag(flag) => types::Setting::Flag(*flag),
                Setting::Number(number) => types::Setting::Number(*number),
                Setting::Text(text) => types::Setting::Text(text),
                Setting::Day(value) => types::Setting::Day(day(*value)),
                Setting::Items(_) => types::Setting::Items(links),
                Setting::Table(_) => types::Setting::Table(table),
            })
            .collect();
        let calendar = types::Calendar { weekend: &self.weekend, days_off: &self.days_off, days_on: &self.days_on };
        call(types::Setup { settings: &settings, calendar })
    }

    /// Feeds everything a guest would see to `hasher`, unambiguously.
    pub(crate) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (node, links) in self.nodes.iter().zip(&self.links) {
            match node {
                Setting::Flag(flag) => part(hasher, 0, &[u8::from(*flag)]),
                Setting::Number(number) => part(hasher, 1, &number.to_bits().to_le_bytes()),
                Setting::Text(text) => part(hasher, 2, text.as_bytes()),
                Setting::Day(day) => part(hasher, 3, day.to_string().as_bytes()),
                Setting::Items(items) => part(hasher, 4, &(items.len() as u64).to_le_bytes()),
                Setting::Table(_) => {
                    part(hasher, 5, &(links.len() as u64).to_le_bytes());
                    entries(node, links).iter().for_each(|(key, _)| part(hasher, 6, key.as_bytes()));
                }
            }
        }
        part(hasher, 7, &self.weekend);
        for (tag, days) in [(8, &self.days_off), (9, &self.days_on)] {
            days.iter().for_each(|d| part(hasher, tag, format!("{}-{}-{}", d.year, d.month, d.day).as_bytes()));
        }
    }
}

fn part(hasher: &mut blake3::Hasher, tag: u8, bytes: &[u8]) {
    hasher.update(&[tag]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

fn entries<'a>(node: &'a Setting, links: &[u32]) -> Vec<(&'a str, u32)> {
    match node {
        Setting::Table(table) => table.iter().map(|(key, _)| &**key).zip(links.iter().copied()).collect(),
        _ => Vec::new(),
    }
}

fn text_bytes(node: &Setting) -> Result<usize, Vec<Complaint>> {
    match node {
        Setting::Number(number) if !number.is_finite() => Err(refuse("a number is not finite".into())),
        Setting::Text(text) => Ok(text.len()),
        Setting::Table(table) => Ok(table.iter().map(|(key, _)| key.len()).sum()),
        _ => Ok(0),
    }
}

fn refuse(message: String) -> Vec<Complaint> {
    vec![Complaint { path: String::new(), message, advice: Some("split the policy into several".into()) }]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with settings; nothing, when they are taken.
    fn wrong(settings: &Setting) -> Option<String> {
        Lowered::new(settings, &Calendar::default()).err().map(|complaints| {
            assert_eq!(complaints.len(), 1);
            complaints[0].message.clone()
        })
    }

    fn x(bytes: usize) -> String {
        "x".repeat(bytes)
    }

    #[test]
    fn settings_have_as_many_values_as_they_may() {
        // The root is a value too.
        let items = |count: usize| Setting::Items(vec![Setting::Flag(true); count - 1]);
        let table = |count: usize| Setting::Table(vec![("".into(), Setting::Flag(true)); count - 1]);
        // One more level: the two lists, the root, and what is in them.
        let deep = |count: usize| Setting::Items(vec![items(2), items(count - 3)]);
        for of in [&items as &dyn Fn(usize) -> Setting, &table, &deep] {
            assert_eq!(wrong(&of(SETTINGS_NODES_MAX)), None);
            assert_eq!(wrong(&of(SETTINGS_NODES_MAX + 1)), Some("the settings have more than 1000000 values".into()));
        }
    }

    #[test]
    fn settings_have_as_many_bytes_of_text_as_they_may() {
        let text = |bytes: usize| Setting::Text(x(bytes).into());
        let key = |bytes: usize| Setting::Table(vec![(x(bytes).into(), Setting::Flag(true))]);
        let both = |bytes: usize| Setting::Table(vec![(x(1_000).into(), text(bytes - 1_001)), ("k".into(), text(0))]);
        for of in [&text as &dyn Fn(usize) -> Setting, &key, &both] {
            assert_eq!(wrong(&of(SETTINGS_BYTES_MAX)), None);
            let said = "the settings have more than 16777216 bytes of text";
            assert_eq!(wrong(&of(SETTINGS_BYTES_MAX + 1)), Some(said.into()));
        }
    }

    #[test]
    fn numbers_of_settings_are_finite() {
        assert_eq!(wrong(&Setting::Number(f64::MAX)), None);
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(wrong(&Setting::Items(vec![Setting::Number(number)])), Some("a number is not finite".into()));
        }
    }
}
