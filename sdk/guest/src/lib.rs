//! Write a policy in Rust; get a sandboxed plugin.
//!
//! A policy is a value that implements [`Policy`]: it reads its settings once, then answers one case at a time from
//! the facts in front of it. It has no clock, no files, no network and no randomness, so the same case always gets the
//! same answer. [`export!`] turns it into the component that the host loads; compiled for your own machine the same
//! crate is an ordinary library, and [`testing`] asks it questions under plain `cargo test`.
//!
//! ```
//! use maple_guest::{Calendar, CaseFile, Finding, Offer, Policy, Refusal, Rule, Span, Table, Text, facts};
//!
//! /// Wage disputes of many people go to the labour inspection.
//! struct ManyWages {
//!     people_min: i64,
//! }
//!
//! impl Policy for ManyWages {
//!     fn summary() -> Text {
//!         Text::new("多人欠薪先报劳动监察", "Unpaid wages of many people go to the labour inspection")
//!     }
//!
//!     fn configure(settings: &Table<'_>, _: &Calendar) -> Self {
//!         Self { people_min: settings.get("people-min").count(1..=10_000).unwrap_or(10) }
//!     }
//!
//!     fn reads(&self) -> Vec<String> {
//!         vec![facts::PEOPLE.into()]
//!     }
//!
//!     fn rules(&self) -> Vec<Rule> {
//!         vec![Rule::new("W1", Self::summary()).basis("cn.migrant_wages.10")]
//!     }
//!
//!     fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
//!         if case.people().is_none_or(|people| people < self.people_min) {
//!             return Ok(Vec::new());
//!         }
//!         let offer = Offer::to("labour_inspection").body("county").due(Span::working_days(60).after("acceptance"));
//!         Ok(vec![Finding::new("W1", offer).evidence(facts::PEOPLE)])
//!     }
//! }
//!
//! maple_guest::export!(ManyWages);
//!
//! # #[cfg(not(target_arch = "wasm32"))] {
//! use maple_guest::testing::{CaseBuilder, configure, settings};
//!
//! let policy: ManyWages = configure(settings!({ "people-min": 5 })).unwrap();
//! let case = CaseBuilder::new("labour.wage").fact(facts::PEOPLE, 14).build();
//! assert_eq!(policy.assess(&case).unwrap()[0].rule, "W1");
//! # }
//! ```

mod case;
pub mod channels;
mod day;
pub mod facts;
mod finding;
pub mod kinds;
pub mod runtime;
mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

#[doc(hidden)]
pub use case::same;
pub use day::CALENDAR_ROLL_DAYS_MAX;
pub use settings::{CODE_BYTES_MAX, COMPLAINTS_MAX, Field, SETTINGS_DEPTH_MAX, SETTINGS_NODES_MAX, Settings, Table};

pub use bindings::maple::policy::types::{
    Calendar, CaseFile, Claim, Clock, Complaint, Day, Descriptor, Due, Duty, Fact, Finding, Level, Offer, Party,
    PartyType, Precondition, Preference, Purposes, Reason, ReasonText, Refusal, Rule, Selector, Setting, Setup, Signal,
    Span, Subject, Term, Text, Unit, Value,
};

#[doc(hidden)]
#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::restriction,
    reason = "generated from the contract"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "plugin",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "maple_guest::bindings",
        additional_derives: [PartialEq],
        generate_unused_types: true,
    });
}

/// A policy: what an author writes.
pub trait Policy: Sized {
    /// What the plugin is for, in one line.
    fn summary() -> Text;

    /// Takes the settings, once, ahead of time. Whatever is built here (indexes, tables) costs nothing when cases are
    /// assessed. Every wrong, missing or unknown setting is noted by the reader with its path; carry on with any
    /// value, the result is thrown away when there is a complaint.
    fn configure(settings: &Table<'_>, calendar: &Calendar) -> Self;

    /// The keys of the facts that the policy reads, of the case and of its parties. The host shares no others.
    fn reads(&self) -> Vec<String>;

    /// The rules that the policy has. A finding of a rule that is not listed here is refused by the host.
    fn rules(&self) -> Vec<Rule>;

    /// The texts of its reasons, where the summary of the rule does not say enough.
    fn reasons(&self) -> Vec<ReasonText> {
        Vec::new()
    }

    /// Answers one case. No findings: the policy does not apply.
    ///
    /// # Errors
    ///
    /// Refuses when the policy cannot answer this case at all; a person will.
    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal>;
}

/// Writes a line to the diary: seen by the author while testing, dropped in production, never for facts about people.
pub fn diary(line: &str) {
    #[cfg(target_arch = "wasm32")]
    bindings::maple::policy::diary::write(line);
    #[cfg(not(target_arch = "wasm32"))]
    eprintln!("diary: {line}");
}

/// Makes a [`Policy`] the plugin of this crate. The crate's name and version become the plugin's.
///
/// In the sandbox it exports the contract, installs an allocator that fits throw-away memory, and writes the message
/// and place of a panic to the diary. On any other machine it does nothing.
#[macro_export]
macro_rules! export {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "the exports of the contract are functions with fixed addresses")]
        const _: () = {
            use $crate::bindings::exports::maple::policy::policy::Guest;
            use $crate::runtime;

            #[global_allocator]
            static ALLOCATOR: runtime::Bump = runtime::Bump;

            ::std::thread_local! {
                static POLICY: ::std::cell::OnceCell<$policy> = const { ::std::cell::OnceCell::new() };
            }

            struct Component;

            impl Guest for Component {
                fn configure(setup: $crate::Setup) -> Result<(), Vec<$crate::Complaint>> {
                    runtime::report_panics();
                    let policy = $crate::runtime::configure::<$policy>(setup)?;
                    POLICY.with(|cell| drop(cell.set(policy)));
                    runtime::settle();
                    Ok(())
                }

                fn describe() -> $crate::Descriptor {
                    runtime::report_panics();
                    POLICY.with(|cell| {
                        runtime::describe::<$policy>(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), cell.get())
                    })
                }

                fn assess(file: $crate::CaseFile) -> Result<Vec<$crate::Finding>, $crate::Refusal> {
                    POLICY.with(|cell| runtime::assess::<$policy>(cell.get(), &file))
                }
            }

    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
}
