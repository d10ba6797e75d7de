//! Bundles in, rulesets or problems out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod aggregates;
mod archive;
mod broken;
mod expectations;
mod faults;
mod implied;
mod limits;
mod mutations;
mod plain;
mod support;
mod whole;
