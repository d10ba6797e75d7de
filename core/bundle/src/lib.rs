//! Text to ruleset, or every problem at once: the only room that knows policy files.
//!
//! A [`Bundle`] is a folder of TOML files: registries (the words) and packs (the policies of one locality each).
//! [`compile`] reads them all, checks every word against the registries, asks the plugins once whether they accept
//! their settings, and gives a [`Compiled`] with the ruleset, or every [`Diagnostic`] with file, line and advice.
//!
//! Nothing of TOML leaves this room: plugins get typed settings, the kernel gets its own types.

mod archive;
mod bundle;
mod codes;
mod compile;
mod diagnostic;
mod fields;
pub mod format;
mod lexicon;
mod link;
mod looks;
mod near;
mod packs;
mod pieces;
mod registries;
mod rewrite;
mod sink;
mod slips;
pub mod table;
mod tree;
mod values;

pub use archive::{
    ARCHIVE_BYTES_MAX, ARCHIVE_COMPONENT_BYTES_MAX, ARCHIVE_COMPONENTS_MAX, Archive, ArchiveError, SIGNATURES_BYTES_MAX,
};
pub use bundle::{
    BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX, Bundle, FILE_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX, ReadError,
};
pub use codes::CODES;
pub use compile::{
    Alone, BUNDLE_PACKS_MAX, Compiled, Options, PackInfo, Words, compile, compile_alone, has_errors, words,
};
pub use diagnostic::{Diagnostic, Related, Severity, Spot};
pub use fields::{LIST_ITEMS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
pub use lexicon::Statistics;
pub use link::missing_plugin;
pub use packs::{
    CASE_PARTIES_MAX, CLOCK_WARN_DAYS_MAX, CLOCK_WARNS_MAX, CONDITION_DEPTH_MAX, CONDITION_ITEMS_MAX, Expect,
    ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, PACK_CASES_MAX, PACK_POLICIES_MAX, RULE_BASIS_MAX,
    RULE_EFFECTS_MAX, RuleRef, TABLE_RULES_MAX, TestCase, WEIGHT_MAX,
};
pub use pieces::PieceName;
pub use registries::{
    AGGREGATES_COUNT_MAX, DEVIATIONS_MAX, FACT_COUNT_MAX, FACT_MONEY_MAX, LINE_MONTHS_MAX, WINDOW_DAYS_MAX,
};
pub use rewrite::{Rewrite, RewriteError, Written, fill_blanks, rewrite};
pub use sink::PROBLEMS_MAX;
pub use tree::TOML_DEPTH_MAX;

/// The version of the plugin contract that this host serves.
pub const CONTRACT_VERSION: &str = "0.1.0";
