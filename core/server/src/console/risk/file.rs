//! What the board shows, as files.

use axum::{extract::Extension, response::Response};
use csv::Writer;
use maple_insight::figures::LoopFigure;
use maple_wire::Problem;
use serde_json::Value;

use super::{
    KEPT, asked,
    told::{Board, Signal, Worded},
};
use crate::{
    access::Caller,
    console::{
        cases::{only, place_of},
        figures::Both,
        visit::Visit,
    },
    http::answer,
};

/// The table of how the loop was closed.
const RATES: &str = "rates";
/// Signals of one page of a file.
const CSV_PAGE_COUNT: &str = "1000";
/// Signals of one file. A last row says that there are more.
pub(super) const CSV_ROWS_COUNT_MAX: usize = 10_000;

/// What is shown, as a file: the signals of the filters, or with `table=rates` how the loop was closed.
pub(crate) async fn risk_csv(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let name = if visit.given("table") == Some(RATES) { "maple-risk-rates.csv" } else { "maple-risk.csv" };
    let text = file(&visit, &caller).await;
    visit.file(name, text)
}

async fn file(v: &Visit, caller: &Caller) -> Result<Vec<u8>, Problem> {
    only(v, &[&KEPT[..], &["table"]].concat())?;
    let place = place_of(v, caller, &v.ruleset())?;
    if v.given("table") == Some(RATES) {
        return rate_rows(&asked(v, caller, place.as_deref(), None, "1").await?);
    }
    let (mut rows, mut after): (Vec<Signal>, Option<String>) = (Vec::new(), None);
    loop {
        let page = asked(v, caller, place.as_deref(), after.as_deref(), CSV_PAGE_COUNT).await?;
        rows.extend(page.signals);
        after = page.next;
        if after.is_none() || rows.len() >= CSV_ROWS_COUNT_MAX {
            break;
        }
    }
    signal_rows(&rows, after.is_some())
}

const SIGNAL_HEAD: [&str; 24] = [
    "id",
    "level",
    "state",
    "signal",
    "signal_zh",
    "signal_en",
    "locality",
    "kind",
    "about",
    "ref",
    "cases",
    "policy",
    "rule",
    "basis",
    "measures",
    "responsible",
    "raised",
    "latest",
    "issued",
    "handle_by",
    "overdue",
    "acknowledged",
    "ended",
    "changed",
];

/// The signals one a line, and one more that says so where there are more signals than these.
fn signal_rows(rows: &[Signal], more: bool) -> Result<Vec<u8>, Problem> {
    let mut out = Writer::from_writer(Vec::new());
    out.write_record(SIGNAL_HEAD).map_err(|_| answer::internal())?;
    for one in rows {
        let (zh, en) = one.signal.title.as_ref().map(Both::both).unwrap_or_default();
        let (cases, overdue) = (one.cases.to_string(), one.overdue.to_string());
        let (basis, measures) = (one.basis.join(" "), one.measures.iter().map(|one| &*one.code).collect::<Vec<_>>());
        let measures = measures.join(" ");
        let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
        let [handle_by, acknowledged, ended] = [&one.handle_by, &one.acknowledged, &one.ended].map(maybe);
        let responsible = one.responsible.as_ref().map_or("", |who| &who.code);
        let row: [&str; 24] = [
            &one.id,
            &one.level,
            &one.state,
            &one.signal.code,
            zh,
            en,
            &one.locality,
            &one.kind,
            &one.subject.r#type,
            &one.subject.r#ref,
            &cases,
            &one.policy,
            &one.rule,
            &basis,
            &measures,
            responsible,
            &one.raised,
            &one.latest,
            &one.issued,
            &handle_by,
            &overdue,
            &acknowledged,
            &ended,
            &one.changed,
        ];
        out.write_record(row).map_err(|_| answer::internal())?;
    }
    if more {
        let zh = format!("文件至多列{CSV_ROWS_COUNT_MAX}条，尚有未列出的；请缩小范围，或用GET /v1/signals逐页读取");
        let en = format!(
            "a file lists {CSV_ROWS_COUNT_MAX} signals at most and there are more; choose fewer, or read GET /v1/signals page by page"
        );
        let mut row = [""; SIGNAL_HEAD.len()];
        for (cell, text) in row.iter_mut().zip(["more", "", "", "", &zh, &en]) {
            *cell = text;
        }
        out.write_record(row).map_err(|_| answer::internal())?;
    }
    out.into_inner().map_err(|_| answer::internal())
}

const RATE_HEAD: [&str; 10] =
    ["signal", "signal_zh", "signal_en", "from", "to", "figure", "unit", "value", "part", "whole_or_bound"];

fn rate_rows(board: &Board) -> Result<Vec<u8>, Problem> {
    let mut out = Writer::from_writer(Vec::new());
    out.write_record(RATE_HEAD).map_err(|_| answer::internal())?;
    let all = Worded { code: String::new(), title: None };
    let rows = [(&all, &board.rates.all)].into_iter();
    let rows = rows.chain(board.rates.signals.iter().map(|one| (&one.signal, &one.figures)));
    for (signal, figures) in rows {
        let (zh, en) = signal.title.as_ref().map(Both::both).unwrap_or_default();
        for one in LoopFigure::ALL {
            let figure = figures.get(one.as_str()).copied().unwrap_or_default();
            let text = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
            let (value, part) = (text(figure.value.map(Value::from)), text(figure.part.map(Value::from)));
            let bound = match (figure.value, figure.whole, figure.at_least, figure.at_most) {
                (Some(_), Some(whole), ..) => whole.to_string(),
                (_, Some(whole), Some(least), _) => format!("{whole} >={least}"),
                (_, Some(whole), _, Some(most)) => format!("{whole} <={most}"),
                _ if figure.suppressed => "suppressed".to_owned(),
                _ => String::new(),
            };
            let (from, to) = (board.period.from.as_str(), board.period.to.as_str());
            let row = [&*signal.code, zh, en, from, to, one.as_str(), one.unit().as_str(), &value, &part, &bound];
            out.write_record(row).map_err(|_| answer::internal())?;
        }
    }
    out.into_inner().map_err(|_| answer::internal())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_file_that_is_cut_says_so_in_its_last_row() {
        let rows = |more| String::from_utf8(signal_rows(&[], more).unwrap()).unwrap();
        assert_eq!(rows(false).lines().count(), 1);
        let cut = rows(true);
        let last = cut.lines().last().unwrap();
        assert!(last.starts_with("more,,,,") && last.contains("10000 signals at most"), "{last}");
        let cells = csv::Reader::from_reader(cut.as_bytes()).records().map(|row| row.unwrap().len()).max();
        assert_eq!(cells, Some(SIGNAL_HEAD.len()));
    }
}
