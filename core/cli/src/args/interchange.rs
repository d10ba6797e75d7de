//! What is typed about what others are told and given: deliveries, reports.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Remote;

/// `maple deliveries`.
#[derive(Debug, Subcommand)]
pub(crate) enum Deliveries {
    /// List who is told what happens, and the events that they did not take
    List(ListDeliveries),
    /// Send dead events again, as if they were new
    Retry(RetryDeliveries),
}

/// What became of an event that was not taken at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeliveryWord {
    /// It is tried again
    Waiting,
    /// It is not tried any more
    Dead,
}

/// `maple deliveries list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ListDeliveries {
    /// Only events in this state
    #[arg(long, value_enum)]
    pub(crate) state: Option<DeliveryWord>,
    /// Only events for this recipient
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Option<String>,
    /// Events at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) count: u32,
    /// Print the API's JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple deliveries retry`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RetryDeliveries {
    /// The recipient
    #[arg(value_name = "NAME")]
    pub(crate) target: String,
    /// Only the event of this id [default: all that are dead]
    #[arg(long, value_name = "ID")]
    pub(crate) event: Option<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// `maple report`.
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// The month's return of people's mediation as a sheet (CSV), for the authority that it is due to
    Monthly(MonthlyReport),
}

/// `maple report monthly`.
#[derive(Debug, ClapArgs)]
pub(crate) struct MonthlyReport {
    /// The month, such as 2026-10
    #[arg(long, value_name = "MONTH")]
    pub(crate) month: String,
    /// The place, with all below, such as cn/zhejiang/jinhua
    #[arg(long, value_name = "ID")]
    pub(crate) locality: String,
    /// Write to a file, which appears when it is whole [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}
