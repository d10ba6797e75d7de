//! What is typed to bring in tables of complaints.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Places, Remote};

/// `maple ingest`.
#[derive(Debug, Subcommand)]
pub(crate) enum Ingest {
    /// A table of complaints (CSV), by a file that says which column is what
    Csv(IngestCsv),
}

/// `maple ingest csv`.
#[derive(Debug, ClapArgs)]
pub(crate) struct IngestCsv {
    /// The table: CSV in UTF-8 or GB 18030, the first row naming the columns
    #[arg(value_name = "TABLE")]
    pub(crate) table: PathBuf,
    /// Says which column is what (TOML); columns that it does not name are not read
    #[arg(long, value_name = "FILE")]
    pub(crate) map: PathBuf,
    /// File with the key that references to organisations, places and projects are hashed with before they go anywhere;
    /// made where there is none. The same key gives the same references
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Read and check everything, and send nothing
    #[arg(long, conflicts_with = "out")]
    pub(crate) dry_run: bool,
    /// Write the events to a file as lines of JSON, and send nothing; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How the table is written, such as utf-8 or gb18030 [default: UTF-8 if it is that, else GB 18030]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// Folder whose kinds and places are used where nothing is sent
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) policies: PathBuf,
    #[command(flatten)]
    pub(crate) places: Places,
    #[command(flatten)]
    pub(crate) remote: Remote,
}
