//! What is typed after `maple decisions`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Database, Remote};

/// `maple decisions`.
#[derive(Debug, Subcommand)]
pub(crate) enum Decisions {
    /// List decisions, the newest first
    List(ListDecisions),
    /// Show one decision with everything that was recorded
    Show(ShowDecision),
    /// Write decisions to a file, the newest first
    Export(ExportDecisions),
    /// Delete old decisions from a database; what proves the rest stays
    Retire(RetireDecisions),
}

/// Which decisions are meant.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Which {
    /// From this moment on, such as 2026-11-23T00:00:00Z
    #[arg(long, value_name = "MOMENT")]
    pub(crate) from: Option<String>,
    /// Before this moment
    #[arg(long, value_name = "MOMENT")]
    pub(crate) to: Option<String>,
    /// Of this locality and all below
    #[arg(long, value_name = "ID")]
    pub(crate) locality: Option<String>,
    /// Of this kind of dispute
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// `route` or `refer`
    #[arg(long, value_name = "WORD")]
    pub(crate) outcome: Option<String>,
    /// In which this policy was asked
    #[arg(long, value_name = "ID")]
    pub(crate) policy: Option<String>,
    /// By the ruleset of this digest
    #[arg(long, value_name = "DIGEST")]
    pub(crate) ruleset: Option<String>,
}

/// `maple decisions list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListDecisions {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) count: u32,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple decisions show`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ShowDecision {
    /// The decision, such as d-019abf5e-…
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple decisions export`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExportDecisions {
    /// How it is written
    #[arg(long, value_enum, default_value_t = ExportFormat::Ndjson)]
    pub(crate) format: ExportFormat,
    /// The file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// How decisions are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One record a line, with question, findings and reply
    Ndjson,
    /// One row a decision, without its parts
    Csv,
    /// A Parquet file, one row a decision, with question, context and reply as JSON; needs `--out`
    Parquet,
}

/// `maple decisions retire`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RetireDecisions {
    /// Decisions that were made before this moment, such as 2026-01-01T00:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub(crate) before: String,
    /// Print one JSON object a log
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) database: Database,
}
