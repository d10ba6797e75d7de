//! What is typed to try things out on a made-up county, and to take out what happened to cases.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Remote;

/// `maple demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// How many disputes
    #[arg(long, value_name = "COUNT", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) cases: u32,
    /// Which county: the same number gives the same one
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    pub(crate) seed: u64,
    /// The last day of its year, such as 2026-11-30 [default: yesterday]
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// Write the events to a file as lines of JSON, and send nothing; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple events`.
#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// Write all events as lines of JSON or as Parquet, in the order in which they came
    Export(ExportEvents),
}

/// `maple events export`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExportEvents {
    /// How it is written
    #[arg(long, value_enum, default_value_t = EventFormat::Ndjson)]
    pub(crate) format: EventFormat,
    /// Write to a file, which appears when it is whole [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// How events are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventFormat {
    /// One event a line, as it was sent, with when it was received and what became of it
    Ndjson,
    /// A Parquet file, one row an event, with its data as JSON; needs `--out`
    Parquet,
}
