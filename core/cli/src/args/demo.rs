//! What is typed to try things out on a made-up county, and to take out what happened to cases.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Places, Remote};

/// `maple demo`.
#[derive(Clone, Debug, ClapArgs)]
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
    /// Fill the server that runs there [default: start one with a database of its own, which is gone when it stops]
    #[arg(long, value_name = "URL", env = "MAPLE_SERVER")]
    pub(crate) server: Option<String>,
    /// File with the token to show to that server [default: the environment's MAPLE_TOKEN, if there is one]
    #[arg(long, value_name = "FILE", requires = "server")]
    pub(crate) token_file: Option<PathBuf>,
    /// File with certificates (PEM) to trust in place of the system's, for an https address
    #[arg(long, value_name = "FILE", env = "MAPLE_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Write the events to a file as lines of JSON, and send nothing; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write the disputes as questions for `maple backtest`, and send nothing; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) questions: Option<PathBuf>,
    /// Where the questions lie, such as cn/zhejiang/jinhua/yongkang [default: each in its town of the county]
    #[arg(long, value_name = "PATH", requires = "questions")]
    pub(crate) locality: Option<String>,
    /// Address and port of the county's own server
    #[arg(long, value_name = "ADDRESS", env = "MAPLE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Folder with the policies of the county's own server [default: policies]
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES")]
    pub(crate) policies: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) places: Places,
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
