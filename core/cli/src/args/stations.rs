//! What is typed about stations, mediators and plans.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::Remote;

/// `maple stations`.
#[derive(Debug, Subcommand)]
pub(crate) enum Stations {
    /// Send stations and mediators from a sheet (CSV, UTF-8 or GB 18030) or from JSON
    Import(ImportStations),
    /// List stations, with how many cases each has open
    List(ListStations),
}

/// `maple stations import`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ImportStations {
    /// The file: JSON if its name ends so, else a sheet
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Take the rows that are right, though others are wrong
    #[arg(long)]
    pub(crate) partial: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple stations list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListStations {
    /// Of this locality and all below, such as cn/zhejiang/jinhua
    #[arg(long, value_name = "PATH")]
    pub(crate) locality: Option<String>,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple plan`.
#[derive(Debug, ClapArgs)]
pub(crate) struct MakePlan {
    /// Cases of this locality and all below [default: the whole country]
    #[arg(long, value_name = "PATH")]
    pub(crate) locality: Option<String>,
    /// Days after today on which a case may still be taken up
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(0..=365))]
    pub(crate) horizon: Option<u16>,
    /// Cases above capacity that each person may be given
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(0..=10))]
    pub(crate) overload: Option<u16>,
    /// Have it done: the plan of this id, or the one that is made now
    #[arg(long, value_name = "ID", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "left out, alone, or with an id")]
    pub(crate) accept: Option<Option<String>>,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}
