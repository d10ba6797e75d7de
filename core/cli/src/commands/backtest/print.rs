//! The report on a terminal.

use std::io::Write;

use comfy_table::{Cell as Drawn, CellAlignment, ContentArrangement, Table as Drawing, presets};
use maple_wire::Language;

use super::{
    Outcome,
    page::{CameOut, Cell, Table},
    tables,
};
use crate::{Failure, commands::decide::finished, report};

/// Rows of a table that are shown; the data and the page have all.
const ROWS_SHOWN_MAX: usize = 20;

/// Prints the report.
pub(super) fn print(outcome: &Outcome<'_>) -> Result<(), Failure> {
    let page = tables::page(outcome);
    let mut out = anstream::stdout().lock();
    let mut write = || -> std::io::Result<()> {
        for (name, value) in &page.about {
            writeln!(out, "{name}: {value}")?;
        }
        for alert in &page.alerts {
            writeln!(out, "{}", report::bad(alert))?;
        }
        for remark in &page.remarks {
            writeln!(out, "{}", report::quiet(remark))?;
        }
        draw(&tables::moves(outcome), outcome.language, &mut out)?;
        for table in &page.tables {
            draw(table, outcome.language, &mut out)?;
        }
        let verdict = match page.came_out {
            CameOut::Good => report::good(&page.verdict),
            CameOut::Unsure => page.verdict.clone(),
            CameOut::Bad => report::bad(&page.verdict),
        };
        writeln!(out, "\n{verdict}")
    };
    finished(write(), "the report")
}

fn draw(table: &Table, language: Language, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "\n{}", table.title)?;
    if table.sentences > 0 {
        table.rows.iter().take(ROWS_SHOWN_MAX).try_for_each(|row| sentences(table, row, out))?;
    } else {
        grid(table, out)?;
    }
    if let Some(more) = table.rows.len().checked_sub(ROWS_SHOWN_MAX).filter(|more| *more > 0) {
        let told = match language {
            Language::Zh => format!("另有{more}行，见--json或--html"),
            Language::En => format!("and {more} more rows, which --json and --html have"),
        };
        writeln!(out, "{}", report::quiet(&told))?;
    }
    Ok(())
}

fn grid(table: &Table, out: &mut impl Write) -> std::io::Result<()> {
    let mut drawing = Drawing::new();
    drawing.load_style(presets::NOTHING);
    drawing.set_content_arrangement(ContentArrangement::Dynamic);
    drawing.set_header(table.head.iter().map(|head| aligned(Drawn::new(head.text), head.number)));
    for row in table.rows.iter().take(ROWS_SHOWN_MAX) {
        drawing.add_row(row.iter().map(|cell| aligned(Drawn::new(shown(cell)), cell.number)));
    }
    drawing.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// A row whose last cells stand below it.
fn sentences(table: &Table, row: &[Cell], out: &mut impl Write) -> std::io::Result<()> {
    let (short, long) = row.split_at(row.len().saturating_sub(table.sentences));
    let short: Vec<String> = short.iter().map(shown).collect();
    writeln!(out, " {}", short.join("  "))?;
    let heads = table.head.iter().skip(short.len());
    heads
        .zip(long)
        .filter(|(_, cell)| !cell.text.is_empty())
        .try_for_each(|(head, cell)| writeln!(out, "   {}: {}", head.text, cell.text))
}

/// What should not be is marked without colour, too: columns are as wide as what is seen.
fn shown(cell: &Cell) -> String {
    if cell.bad { format!("! {}", cell.text) } else { cell.text.clone() }
}

fn aligned(cell: Drawn, number: bool) -> Drawn {
    if number { cell.set_alignment(CellAlignment::Right) } else { cell }
}
