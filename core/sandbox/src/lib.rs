//! The only room that knows wasmtime: policies as WebAssembly components, each case in a sandbox of its own.
//!
//! A component goes in ([`Sandbox::add_component`]), is looked at and asked what it is. A policy is that component with
//! settings and a calendar: configured once, ahead of time, its memory snapshotted and compiled, kept in a cache. Each
//! evaluation takes a sandbox that stands as that snapshot left it, bounded in fuel, memory, time and answer, and gives
//! it back. Whatever a guest does ends as an answer or as a named [`maple_kernel::Fault`].

mod inspect;
mod limits;
mod policy;
mod sandbox;

mod cache;
mod cell;
mod contract;
mod engine;
mod fault;
mod functions;
mod host;
mod plugin;
mod prepared;
mod snapshot;
mod warm;

pub use cache::{CACHE_BYTES_MAX, ENTRY_BYTES_MAX};
pub use inspect::LoadError;
pub use limits::*;
pub use plugin::Isolation;
pub use policy::{ConfiguredPolicy, PolicyInfo, ReusedSession, Timing};
pub use sandbox::{Sandbox, SandboxConfig, SandboxError};
pub use warm::VERIFY_EVERY;
