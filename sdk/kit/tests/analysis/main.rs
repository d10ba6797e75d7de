//! What the analysis proves of rule tables: each fault by hand, and random tables against every case there is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod alarms;
mod derived;
mod faults;
mod laws;
mod native;
mod oracle;
mod place;
mod random;
mod size;
mod spans;
