//! The report as one HTML file that opens without a network and needs no script.

use askama::Template;

use super::{Outcome, page::Page, tables};
use crate::Failure;

/// The file; what stands in it is escaped by the template.
#[derive(Template)]
#[template(path = "backtest.html")]
struct Report {
    page: Page,
}

/// The whole file.
pub(super) fn text(outcome: &Outcome<'_>) -> Result<String, Failure> {
    let report = Report { page: tables::page(outcome) };
    report.render().map_err(|error| Failure::Unreachable(format!("cannot write the report: {error}")))
}
