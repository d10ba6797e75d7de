//! One suite for both databases, and what is particular to each.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected fails"
)]

mod activations;
mod board;
mod counted;
mod disputes;
mod faults;
mod files;
mod kept;
mod logs;
mod measure;
mod network;
mod outbox;
mod recorder;
mod roster;
mod signals;
mod support;
mod ways;
mod wire;
