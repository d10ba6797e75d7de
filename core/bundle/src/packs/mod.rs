//! Packs: one locality's policies and cases, read and checked word by word.

mod cases;
mod expect;
mod lowered;
mod pack;
mod policy;
mod rules;
mod table;
mod then;
mod when;

pub use cases::{CASE_PARTIES_MAX, PACK_CASES_MAX, TestCase};
pub use expect::{Expect, ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, RuleRef};
pub(crate) use lowered::{Keys, Lowered};
pub use pack::PACK_POLICIES_MAX;
pub(crate) use pack::{Pack, read};
pub(crate) use policy::{Draft, FloorDraft, LimitsDraft, TABLE_PLUGIN};
pub(crate) use rules::Window;
pub use rules::{RULE_BASIS_MAX, TABLE_RULES_MAX};
pub(crate) use table::table;
pub use then::{CLOCK_WARN_DAYS_MAX, CLOCK_WARNS_MAX, RULE_EFFECTS_MAX, WEIGHT_MAX};
pub use when::{CONDITION_DEPTH_MAX, CONDITION_ITEMS_MAX};

use maple_kernel::PartyType;

use crate::{lexicon::Lexicon, sink::Sink};

/// Types of parties by the word that files use.
pub(crate) const PARTY_TYPES: [(&str, PartyType); 3] = [
    ("natural", PartyType::Natural),
    ("organisation", PartyType::Organisation),
    ("public_authority", PartyType::PublicAuthority),
];

/// What the reader of a pack leans on.
pub(crate) struct Context<'c> {
    pub(crate) lexicon: &'c Lexicon,
    pub(crate) sink: &'c Sink<'c>,
    /// The pack's own locality.
    pub(crate) locality: &'c str,
    /// True when the pack may set the floor.
    pub(crate) trusted: bool,
}
