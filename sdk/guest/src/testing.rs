//! Asking a policy questions under plain `cargo test`, without a sandbox.
//!
//! ```
//! use maple_guest::testing::{CaseBuilder, calendar, settings};
//! let case = CaseBuilder::new("labour.wage").on(2026, 11, 23).fact("people", 14).party("applicant", &[]).build();
//! assert_eq!(case.people(), Some(14));
//! assert!(calendar(&[], &[]).works(case.day));
//! let tree = settings!({ "levels": ["village", "town"], "days": { "village": 7 } });
//! ```

use crate::{
    Calendar, CaseFile, Claim, Complaint, Day, Fact, Finding, Party, PartyType, Policy, Purposes, Setting, Setup,
    Value, runtime,
};

pub use crate::settings_literal as settings;

/// Settings as one writes them; see [`settings!`](crate::testing::settings).
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A day.
    Day(Day),
    /// A list.
    Items(Vec<Tree>),
    /// A table.
    Table(Vec<(String, Tree)>),
}

impl Tree {
    /// The tree as nodes, the root first, each parent before its children.
    #[must_use]
    pub fn into_nodes(self) -> Vec<Setting> {
        let mut nodes = Vec::new();
        self.push(&mut nodes);
        nodes
    }

    fn push(self, nodes: &mut Vec<Setting>) -> u32 {
        let at = nodes.len();
        nodes.push(Setting::Flag(false));
        let node = match self {
            Self::Flag(flag) => Setting::Flag(flag),
            Self::Number(number) => Setting::Number(number),
            Self::Text(text) => Setting::Text(text),
            Self::Day(day) => Setting::Day(day),
            Self::Items(items) => Setting::Items(items.into_iter().map(|item| item.push(nodes)).collect()),
            Self::Table(entries) => {
                Setting::Table(entries.into_iter().map(|(key, value)| (key, value.push(nodes))).collect())
            }
        };
        if let Some(slot) = nodes.get_mut(at) {
            *slot = node;
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

macro_rules! tree_from {
    ($($source:ty => $make:expr),+ $(,)?) => {$(
        impl From<$source> for Tree {
            fn from(value: $source) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "one row of a table")]
                ($make)(value)
            }
        }
    )+};
}

tree_from! {
    bool => Tree::Flag,
    i32 => |number| Tree::Number(f64::from(number)),
    f64 => Tree::Number,
    &str => |text: &str| Tree::Text(text.into()),
    String => Tree::Text,
    Day => Tree::Day,
    Vec<Tree> => Tree::Items,
}

/// Settings as a literal, written like JSON; any other expression goes in parentheses.
#[macro_export]
macro_rules! settings_literal {
    ({ $($key:literal : $value:tt),* $(,)? }) => {
        $crate::testing::Tree::Table(vec![$((::std::string::String::from($key), $crate::settings_literal!($value))),*])
    };
    ([ $($value:tt),* $(,)? ]) => {
        $crate::testing::Tree::Items(vec![$($crate::settings_literal!($value)),*])
    };
    ($value:expr) => { $crate::testing::Tree::from($value) };
}

/// A calendar with rest on Saturday and Sunday, these days off, and these days of rest that are worked.
#[must_use]
pub fn calendar(off: &[Day], on: &[Day]) -> Calendar {
    Calendar { weekend: vec![6, 7], days_off: off.into(), days_on: on.into() }
}

/// Configures a policy as the host would, with a plain calendar.
///
/// # Errors
///
/// Every complaint about the settings.
pub fn configure<P: Policy>(settings: Tree) -> Result<P, Vec<Complaint>> {
    configure_with(settings, calendar(&[], &[]))
}

/// Configures a policy as the host would.
///
/// # Errors
///
/// Every complaint about the settings.
pub fn configure_with<P: Policy>(settings: Tree, calendar: Calendar) -> Result<P, Vec<Complaint>> {
    runtime::configure(Setup { settings: settings.into_nodes(), calendar })
}

/// The complaints about settings as `path: message`, none when they are fine.
#[must_use]
pub fn complaints<P: Policy>(settings: Tree) -> Vec<String> {
    let complaints = configure::<P>(settings).err().unwrap_or_default();
    complaints.into_iter().map(|c| format!("{}: {}", c.path, c.message)).collect()
}

/// Asks a policy as the host would: it sees only the facts that it says it reads.
///
/// # Panics
///
/// When the policy refuses, or its answer breaks its own description: a rule or reason that it does not list, evidence
/// that it does not read.
#[must_use]
#[allow(clippy::panic, reason = "an assertion for tests")]
pub fn ask<P: Policy>(policy: &P, case: &CaseFile) -> Vec<Finding> {
    let reads = policy.reads();
    let mut file = case.clone();
    let share = |facts: &mut Vec<Fact>| facts.retain(|fact| reads.contains(&fact.key));
    share(&mut file.facts);
    file.parties.iter_mut().for_each(|party| share(&mut party.facts));
    let findings = policy.assess(&file).unwrap_or_else(|refusal| panic!("the policy refused: {refusal:?}"));
    let (rules, reasons) = (policy.rules(), policy.reasons());
    for finding in &findings {
        let Finding { rule, reason, evidence, .. } = finding;
        assert!(rules.iter().any(|r| r.id == *rule), "`{rule}` is not among the rules");
        let code = &reason.code;
        assert!(code.is_empty() || reasons.iter().any(|r| r.code == *code), "`{code}` is not among the reasons");
        assert!(evidence.iter().all(|key| reads.contains(key)), "the evidence {evidence:?} is not all read");
    }
    findings
}

/// The offers among findings as `channel` or `channel/body`, in their order.
#[must_use]
pub fn offers(findings: &[Finding]) -> Vec<String> {
    let offers = findings.iter().filter_map(|f| if let Claim::Offer(offer) = &f.claim { Some(offer) } else { None });
    offers
        .map(|offer| offer.body.as_ref().map_or(offer.channel.clone(), |body| format!("{}/{body}", offer.channel)))
        .collect()
}

/// The codes of the duties among findings, in their order.
#[must_use]
pub fn duties(findings: &[Finding]) -> Vec<&str> {
    let code = |f: &'_ Finding| matches!(f.claim, Claim::Duty(_));
    let duties = findings.iter().filter(|f| code(f));
    duties.filter_map(|f| if let Claim::Duty(duty) = &f.claim { Some(duty.code.as_str()) } else { None }).collect()
}

/// Builds a case file.
#[derive(Clone, Debug)]
pub struct CaseBuilder(CaseFile);

impl CaseBuilder {
    /// A case of this kind, filed at a counter in `cn` on 2026-11-23, for both purposes, without facts or parties.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let day = Day { year: 2026, month: 11, day: 23 };
        Self(CaseFile {
            purposes: Purposes::ROUTING | Purposes::PREVENTION,
            locality: "cn".into(),
            kind: kind.into(),
            source: "counter".into(),
            day,
            filed: day,
            facts: Vec::new(),
            parties: Vec::new(),
        })
    }

    /// Where.
    #[must_use]
    pub fn locality(mut self, locality: &str) -> Self {
        self.0.locality = locality.into();
        self
    }

    /// Through which door it came.
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.0.source = source.into();
        self
    }

    /// The day the case is judged as of and filed on.
    ///
    /// # Panics
    ///
    /// When there is no such day.
    #[must_use]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub fn on(mut self, year: u16, month: u8, day: u8) -> Self {
        let Some(day) = Day::new(year, month, day) else { panic!("there is no {year}-{month}-{day}") };
        (self.0.day, self.0.filed) = (day, day);
        self
    }

    /// The day the case was filed.
    #[must_use]
    pub fn filed(mut self, day: Day) -> Self {
        self.0.filed = day;
        self
    }

    /// What is asked.
    #[must_use]
    pub fn purposes(mut self, purposes: Purposes) -> Self {
        self.0.purposes = purposes;
        self
    }

    /// A fact of the case.
    #[must_use]
    pub fn fact(mut self, key: &str, value: impl Into<Value>) -> Self {
        insert(&mut self.0.facts, Fact::new(key, value));
        self
    }

    /// A human being with a role, and its facts.
    #[must_use]
    pub fn party(self, role: &str, facts: &[(&str, Value)]) -> Self {
        self.party_of(PartyType::Natural, role, facts)
    }

    /// An organisation with a role, and its facts.
    #[must_use]
    pub fn organisation(self, role: &str, facts: &[(&str, Value)]) -> Self {
        self.party_of(PartyType::Organisation, role, facts)
    }

    /// A party of any type with a role, and its facts.
    #[must_use]
    pub fn party_of(mut self, party_type: PartyType, role: &str, facts: &[(&str, Value)]) -> Self {
        let mut party = Party { role: role.into(), party_type, facts: Vec::new() };
        facts.iter().for_each(|(key, value)| insert(&mut party.facts, Fact::new(key, value.clone())));
        self.0.parties.push(party);
        self
    }

    /// The case file.
    #[must_use]
    pub fn build(self) -> CaseFile {
        self.0
    }
}

/// The host sends facts in the order of their keys.
fn insert(facts: &mut Vec<Fact>, fact: Fact) {
    facts.retain(|f| f.key != fact.key);
    let at = facts.partition_point(|f| f.key < fact.key);
    facts.insert(at, fact);
}
