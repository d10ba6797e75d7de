//! What is typed after `maple backtest`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use maple_kernel::Day;

use super::{Lang, Places};

/// `maple backtest`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Backtest {
    /// The cases: questions as POST /v1/evaluate/batch takes them, or decisions as `maple decisions export` writes
    /// them; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) cases: PathBuf,
    /// Folder with the policies to try
    #[arg(long, value_name = "DIR")]
    pub(crate) candidate: PathBuf,
    /// Folder with the policies to compare with
    #[arg(long, value_name = "DIR", env = "MAPLE_POLICIES", default_value = "policies")]
    pub(crate) baseline: PathBuf,
    /// How the cases are written [default: by the file's ending; ndjson for standard input]
    #[arg(long, value_enum)]
    pub(crate) format: Option<CaseFormat>,
    /// How much may change (TOML) [default: no right lost, no clock longer]
    #[arg(long, value_name = "FILE")]
    pub(crate) budget: Option<PathBuf>,
    /// What happened to cases, as `maple events export` writes it: what that lets expect of those that go elsewhere
    #[arg(long, value_name = "EVENTS")]
    pub(crate) history: Option<PathBuf>,
    /// Stations and mediators, as `maple stations import` takes them: what falls to each
    #[arg(long, value_name = "FILE")]
    pub(crate) stations: Option<PathBuf>,
    /// The channels whose cases these stations take, such as peoples_mediation,industry_mediation
    #[arg(long, value_name = "CHANNELS", value_delimiter = ',', requires = "stations")]
    pub(crate) station_channels: Vec<String>,
    /// Write every case that changes to a file, a JSON object a line, with both explanations
    #[arg(long, value_name = "FILE")]
    pub(crate) changed: Option<PathBuf>,
    /// Write the report as one HTML file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask about this day in every case, such as 2027-01-01 [default: the day of each case; today where it has none]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) as_of: Option<Day>,
    /// Take only the first rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// How many rows may be no case [default: 5 of a hundred]
    #[arg(long, value_name = "N")]
    pub(crate) max_bad: Option<u64>,
    /// Language of the report [default: from LANG]
    #[arg(long, value_enum)]
    pub(crate) lang: Option<Lang>,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// How cases are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaseFormat {
    /// A question a line, or a kept decision
    Ndjson,
    /// A case a row, below a row with the names of its columns
    Csv,
    /// A kept decision a row, or a case a row in the columns of a table
    Parquet,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "write a day that exists, such as 2027-01-01".to_owned())
}
