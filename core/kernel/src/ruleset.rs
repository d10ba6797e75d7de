//! The immutable snapshot that decisions are made with.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    Assess, Calendar, Case, ChannelId, Code, Day, FactKey, Facts, KindId, LocalityId, PolicyId, ProvisionId, Purposes,
    RuleId, RuleInfo, Text, Value, Vocabulary,
    index::{Index, Reads},
};

/// How many levels a tree of localities may have.
pub const LOCALITY_DEPTH_MAX: usize = 8;

/// Whether parties must take part in mediation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Participation {
    /// Only with consent.
    #[default]
    Voluntary,
    /// Parties may be bound to attend, never to settle.
    AttendanceRequired,
    /// A tribunal stands before the court.
    TribunalFirst,
}

/// A kind, or every kind below a prefix (`labour.*`), or every kind (`*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// A pattern as written in a policy file.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when it covers the kind.
    #[must_use]
    pub fn covers(&self, kind: &str) -> bool {
        self.0.strip_suffix('*').map_or(&*self.0 == kind, |prefix| kind.starts_with(prefix))
    }
}

/// What the host does when somebody may be in danger (H04).
#[derive(Clone, Debug, PartialEq)]
pub struct Safety {
    /// Any of these flags of the case switches it on.
    pub flags: Vec<FactKey>,
    /// Any of these kinds does, too.
    pub kinds: Vec<Pattern>,
    /// Protective channels put on the way.
    pub offers: Vec<ChannelId>,
    /// Duties added.
    pub duties: Vec<Code>,
    /// No mediation while it is on.
    pub closes_mediation: bool,
    /// Other channels that are closed while it is on, such as a reception that brings the sides face to face.
    pub closes: Vec<ChannelId>,
    /// The law behind it; the articles not in force on the day are left out.
    pub basis: Vec<ProvisionId>,
    /// Why, for the parties.
    pub why: Text,
}

/// A deciding channel, and for which disputes.
#[derive(Clone, Debug, PartialEq)]
pub struct Court {
    /// Kinds that it decides.
    pub kinds: Pattern,
    /// Unless one of these facts has this value.
    pub unless: Vec<(FactKey, Value)>,
    /// The channel.
    pub channel: ChannelId,
}

impl Court {
    /// True when it decides a dispute of this kind with these facts.
    #[must_use]
    pub fn decides(&self, kind: &str, facts: &Facts) -> bool {
        self.kinds.covers(kind) && !self.unless.iter().any(|(key, value)| facts.get(key.as_str()) == Some(value))
    }
}

/// What no policy may break, with the words of one jurisdiction.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Guardrails {
    /// The deciding channels that must be reachable; the first that decides the dispute wins (H01).
    pub courts: Vec<Court>,
    /// The deciding channel against an authority's act, with the flags of which any tells one (H01).
    pub authority: Option<(Vec<FactKey>, Court)>,
    /// Protection first (H04).
    pub safety: Vec<Safety>,
    /// Flags with which a case goes to a person only (H22).
    pub person_only: Vec<FactKey>,
    /// Rights that every decision carries.
    pub rights: Vec<Code>,
    /// Duties that every decision carries: access (H16), how to refuse and how to object (H10).
    pub duties: Vec<(&'static str, Code)>,
    /// The law behind H01 and the rights.
    pub basis: Vec<ProvisionId>,
}

impl Guardrails {
    /// True when the host itself looks at the fact to keep the floor, so that only the floor may say it.
    #[must_use]
    pub fn look_at(&self, key: &FactKey) -> bool {
        let flags = self.authority.iter().flat_map(|(flags, _)| flags);
        let unless = self.courts.iter().chain(self.authority.iter().map(|(_, court)| court));
        flags
            .chain(self.safety.iter().flat_map(|safety| &safety.flags))
            .chain(&self.person_only)
            .chain(unless.flat_map(|court| court.unless.iter().map(|(key, _)| key)))
            .any(|own| own == key)
    }
}

/// A place in the tree of jurisdictions, with all it inherits.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Locality {
    /// Official code, such as `330784`.
    pub code: Option<Arc<str>>,
    /// Its name.
    pub title: Text,
    /// Itself and every level above it, from the root down.
    pub chain: Vec<LocalityId>,
    /// Whether parties must take part in mediation.
    pub participation: Participation,
    /// ISO 4217 code.
    pub currency: Arc<str>,
    /// Days of rest and work.
    pub calendar: Arc<Calendar>,
    /// Figures of the place, such as a money threshold.
    pub figures: Facts,
    /// What the host keeps there.
    pub guardrails: Arc<Guardrails>,
    /// People who live there, if that is told.
    pub population: Option<u64>,
    /// Its column and row on a map of tiles, if it has a place there.
    pub tile: Option<(u16, u16)>,
}

/// Whether a policy's answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It counts.
    Enforce,
    /// It is asked and noted, and changes nothing.
    Shadow,
    /// It is not asked.
    Off,
}

impl Mode {
    /// The word used in JSON and TOML.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }
}

/// Which cases a policy covers, decided without running anything. Empty lists cover everything.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Target {
    /// Kinds covered.
    pub kinds: Vec<Pattern>,
    /// Kinds left out again.
    pub except: Vec<Pattern>,
    /// Doors covered.
    pub sources: Vec<Code>,
    /// Facts of the case that must have these values.
    pub facts: Vec<(FactKey, Value)>,
}

impl Target {
    /// True when it covers the kind, whatever else it asks of a case.
    #[must_use]
    pub fn covers_kind(&self, kind: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.covers(kind));
        (self.kinds.is_empty() || any(&self.kinds)) && !any(&self.except)
    }

    /// True when it covers the kind because it names it, alone or with its family: not because it names none.
    #[must_use]
    pub fn names_kind(&self, kind: &str) -> bool {
        !self.kinds.is_empty() && self.covers_kind(kind)
    }

    /// True when the policy covers the case.
    #[must_use]
    pub fn covers(&self, case: &Case, facts: &Facts) -> bool {
        self.covers_kind(case.kind.as_str())
            && (self.sources.is_empty() || self.sources.contains(&case.source))
            && self.facts.iter().all(|(key, value)| facts.get(key.as_str()) == Some(value))
    }
}

/// Which of a policy's rules no lower level may weaken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Floor {
    /// None.
    None,
    /// Every rule.
    All,
    /// These rules.
    Rules(BTreeSet<RuleId>),
}

impl Floor {
    /// True when the rule is floor.
    #[must_use]
    pub fn holds(&self, rule: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Rules(rules) => rules.contains(rule),
        }
    }
}

/// A rule of an upper level that gives way when this policy speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// Only when this rule of the replacing policy speaks; else when any does.
    pub when: Option<RuleId>,
    /// The policy that gives way.
    pub policy: PolicyId,
    /// The rule that gives way; without one, all of the policy's.
    pub rule: Option<RuleId>,
}

/// That whoever runs the host stopped a policy, beside its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why, for an operator; holds no facts.
    pub why: Arc<str>,
    /// True when a person decides in the policy's place.
    pub hand_over: bool,
}

/// One policy, ready to be asked.
#[derive(Clone)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// The locality of its pack.
    pub locality: LocalityId,
    /// `id@version` of its plugin.
    pub plugin: Arc<str>,
    /// Digest of the plugin's component.
    pub digest: Arc<str>,
    /// Whether its answer counts.
    pub mode: Mode,
    /// That it is stopped: where it would be asked, each decision says so instead.
    pub stopped: Option<Stop>,
    /// What it is for.
    pub purposes: Purposes,
    /// Which cases it covers.
    pub target: Target,
    /// First day in force.
    pub from: Option<Day>,
    /// Last day in force.
    pub to: Option<Day>,
    /// True when the host's configuration trusts the pack to set the floor.
    pub trusted: bool,
    /// Which of its rules are floor.
    pub floor: Floor,
    /// What gives way to it.
    pub replaces: Vec<Replaces>,
    /// INVARIANT: sorted. The facts it reads.
    pub reads: Vec<FactKey>,
    /// Its rules.
    pub rules: BTreeMap<RuleId, RuleInfo>,
    /// The texts of its reasons.
    pub reasons: BTreeMap<Code, Text>,
    /// Answers cases.
    pub assessor: Arc<dyn Assess>,
}

/// Everything a decision is made with. Never edited; replaced whole.
pub struct Ruleset {
    digest: Arc<str>,
    world: Arc<World>,
    policies: HashMap<LocalityId, Arc<Shelf>>,
}

/// What rulesets that differ in the state of their policies only have in common.
struct World {
    vocabulary: Vocabulary,
    /* INVARIANT: over `vocabulary`. */ index: Index,
    localities: BTreeMap<LocalityId, Locality>,
    codes: BTreeMap<Arc<str>, LocalityId>,
    by_id: BTreeSet<PolicyId>,
    /* Stands for a place that is not known. */ nowhere: Locality,
}

/// The policies of one locality.
#[derive(Clone, Default)]
struct Shelf {
    /* INVARIANT: sorted by id. */ policies: Vec<Policy>,
    /* INVARIANT: what each of them reads, in the same order. */ reads: Vec<Reads>,
}

impl Ruleset {
    /// Puts a ruleset together. The order in which policies and localities are given means nothing.
    #[must_use]
    pub fn new(
        digest: Arc<str>,
        vocabulary: Vocabulary,
        localities: BTreeMap<LocalityId, Locality>,
        policies: Vec<Policy>,
    ) -> Self {
        let codes = localities.iter().filter_map(|(id, l)| Some((Arc::clone(l.code.as_ref()?), id.clone()))).collect();
        let by_id = policies.iter().map(|p| p.id.clone()).collect();
        let mut by_locality: HashMap<LocalityId, Shelf> = HashMap::new();
        for mut policy in policies {
            policy.reads.sort();
            by_locality.entry(policy.locality.clone()).or_default().policies.push(policy);
        }
        let index = Index::new(&vocabulary);
        for shelf in by_locality.values_mut() {
            shelf.policies.sort_by(|a, b| a.id.cmp(&b.id));
            shelf.reads = shelf.policies.iter().map(|policy| index.reads(&policy.reads)).collect();
        }
        let world = World { vocabulary, index, localities, codes, by_id, nowhere: Locality::default() };
        let policies = by_locality.into_iter().map(|(locality, shelf)| (locality, Arc::new(shelf))).collect();
        Self { digest, world: Arc::new(world), policies }
    }

    /// This ruleset with the state of some policies changed: their mode, or that they are stopped. Everything else is
    /// shared with this one.
    #[must_use]
    pub fn with_states(&self, digest: Arc<str>, state: impl Fn(&Policy) -> Option<(Mode, Option<Stop>)>) -> Self {
        let shelf = |shelf: &Arc<Shelf>| {
            let mut changed = None;
            for (at, policy) in shelf.policies.iter().enumerate() {
                let Some((mode, stopped)) = state(policy) else { continue };
                let own = changed.get_or_insert_with(|| Shelf::clone(shelf));
                if let Some(policy) = own.policies.get_mut(at) {
                    (policy.mode, policy.stopped) = (mode, stopped);
                }
            }
            changed.map_or_else(|| Arc::clone(shelf), Arc::new)
        };
        let policies = self.policies.iter().map(|(locality, own)| (locality.clone(), shelf(own))).collect();
        Self { digest, world: Arc::clone(&self.world), policies }
    }

    /// `sha256:…` over everything the ruleset was made from.
    #[must_use]
    pub fn digest(&self) -> &Arc<str> {
        &self.digest
    }

    /// The words.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.world.vocabulary
    }

    pub(crate) fn index(&self) -> &Index {
        &self.world.index
    }

    /// A locality by path or by official code.
    #[must_use]
    pub fn locality(&self, path_or_code: &str) -> Option<(&LocalityId, &Locality)> {
        let path = self.world.codes.get(path_or_code).map_or(path_or_code, LocalityId::as_str);
        self.world.localities.get_key_value(path)
    }

    /// A locality without policies, calendar or guardrails.
    pub(crate) fn nowhere(&self) -> &Locality {
        &self.world.nowhere
    }

    /// All localities by path.
    pub fn localities(&self) -> impl Iterator<Item = (&LocalityId, &Locality)> {
        self.world.localities.iter()
    }

    /// The policies of one locality itself, sorted by id.
    #[must_use]
    pub fn policies_of(&self, locality: &LocalityId) -> &[Policy] {
        self.policies.get(locality).map_or(&[], |shelf| shelf.policies.as_slice())
    }

    /// The policies of one locality itself, sorted by id, each with the facts that it reads.
    pub(crate) fn shelf(&self, locality: &LocalityId) -> impl Iterator<Item = (&Policy, &Reads)> {
        self.policies.get(locality).into_iter().flat_map(|shelf| shelf.policies.iter().zip(&shelf.reads))
    }

    /// The ids of all policies.
    pub fn policy_ids(&self) -> impl Iterator<Item = &PolicyId> {
        self.world.by_id.iter()
    }

    /// True when the kind is known.
    #[must_use]
    pub fn knows_kind(&self, kind: &KindId) -> bool {
        self.world.vocabulary.kinds.contains_key(kind)
    }
}
