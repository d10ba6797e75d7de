//! What a new project is written in.

use clap::ValueEnum;

/// What a rule is written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Written {
    /// Rust
    Rust,
    /// A rule table
    Table,
    /// JavaScript
    Javascript,
    /// Python
    Python,
}

/// What JavaScript runs on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum JsEngine {
    /// QuickJS by `componentize-qjs`: small, soon built and compiled
    Quickjs,
    /// SpiderMonkey, the engine of Firefox, by `componentize-js`: twelve megabytes
    Spidermonkey,
}
