//! The figures as a table and as JSON.

use std::{io::Write, time::Duration};

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use super::{
    Ready,
    measure::{Figures, Measured, Spread},
};
use crate::{Failure, report};

const HEADER: [&str; 10] = [
    "policy",
    "median µs",
    "99th µs",
    "sandbox µs",
    "asking µs",
    "giving back µs",
    "fuel",
    "memory KiB",
    "code KiB",
    "share",
];

/// A row for each policy and one for the whole.
pub(super) fn table(measured: &Measured, ready: &Ready) {
    let case = &ready.question.case;
    if let Some(chosen) = &ready.chosen {
        anstream::println!("case: {chosen}");
    }
    anstream::println!("{} in {}, {} evaluations after warming up\n", case.kind, case.locality, measured.rounds);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(HEADER);
    table.add_rows(measured.policies.iter().map(|figures| row(figures, measured.whole)));
    let Spread { median, p99 } = measured.whole;
    let mut whole = vec!["the whole decision".to_owned(), tenths(median), tenths(p99)];
    whole.extend([String::new(), String::new(), String::new(), measured.fuel.to_string()]);
    whole.extend([String::new(), String::new(), "100%".to_owned()]);
    table.add_row(whole);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        anstream::println!("{}", line.trim_end());
    }
    for figures in &measured.policies {
        remarks(figures);
    }
    let asked: f64 = measured.policies.iter().map(|figures| micros(figures.whole.median)).sum();
    if asked > 0.0 {
        anstream::println!("\nthe whole costs {:.2} × the sum of its policies", micros(median) / asked);
    }
}

fn row(figures: &Figures, whole: Spread) -> Vec<String> {
    vec![
        figures.policy.to_string(),
        tenths(figures.whole.median),
        tenths(figures.whole.p99),
        tenths(figures.take.median),
        tenths(figures.assess.median),
        tenths(figures.give_back.median),
        figures.fuel.to_string(),
        figures.memory.div_ceil(1024).to_string(),
        figures.info.code_bytes.div_ceil(1024).to_string(),
        format!("{:.0}%", share(figures, whole)),
    ]
}

/// What the figures alone do not say.
fn remarks(figures: &Figures) {
    let policy = &figures.policy;
    if let (Some(unfit), None) = (&figures.info.unfit, &figures.info.obstacle) {
        report::warning(&format!("`{policy}` gets a fresh sandbox for every case: {unfit}"));
    }
    if let Some(obstacle) = &figures.info.obstacle {
        report::warning(&format!("`{policy}` is configured anew for every case, so a sandbox is dear: {obstacle}"));
    }
    if let Some(fault) = figures.fault {
        report::warning(&format!("`{}` gives no usable answer to this case ({fault})", figures.policy));
    }
}

fn share(figures: &Figures, whole: Spread) -> f64 {
    100.0 * micros(figures.whole.median) / micros(whole.median).max(f64::MIN_POSITIVE)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn tenths(time: Duration) -> String {
    format!("{:.1}", micros(time))
}

/// The same as data.
pub(super) fn json(measured: &Measured, ready: &Ready) -> Result<(), Failure> {
    let spread = |spread: Spread| json!({ "median_us": micros(spread.median), "p99_us": micros(spread.p99) });
    let policy = |figures: &Figures| {
        json!({
            "policy": figures.policy.as_str(), "plugin": figures.plugin,
            "median_us": micros(figures.whole.median), "p99_us": micros(figures.whole.p99),
            "sandbox": spread(figures.take), "asking": spread(figures.assess), "giving_back": spread(figures.give_back),
            "fuel": figures.fuel, "memory_bytes": figures.memory, "code_bytes": figures.info.code_bytes,
            "snapshotted": figures.info.snapshotted, "obstacle": figures.info.obstacle,
            "warm": figures.info.warm, "unfit": figures.info.unfit, "fault": figures.fault,
            "share": share(figures, measured.whole) / 100.0,
        })
    };
    let whole = json!({
        "policy": "whole decision", "fuel": measured.fuel,
        "median_us": micros(measured.whole.median), "p99_us": micros(measured.whole.p99),
    });
    let policies: Vec<_> = measured.policies.iter().map(policy).collect();
    let case = json!({
        "kind": ready.question.case.kind.as_str(), "locality": ready.question.case.locality.as_str(),
        "chosen": ready.chosen,
    });
    let out = json!({ "rounds": measured.rounds, "case": case, "policies": policies, "whole": whole });
    writeln!(std::io::stdout().lock(), "{out}")
        .map_err(|error| Failure::Unreachable(format!("cannot write the figures: {error}")))
}
