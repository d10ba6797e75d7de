//! What the benches share: contestants measured in turn, and the table that each bench ends with.

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

/// How long one turn of a contestant takes, about: long enough that the caches which the others left cold do not count.
const TURN: Duration = Duration::from_millis(5);
/// Seconds of one race when `MAPLE_BENCH_SECONDS` says nothing.
const RACE_SECONDS: f64 = 4.0;

/// Something that is measured against others.
pub(crate) struct Contestant<'a> {
    name: String,
    work: Box<dyn FnMut() + 'a>,
    calls: u32,
    turns: Vec<f64>,
}

impl<'a> Contestant<'a> {
    /// A contestant; what its work gives is kept from being optimised away.
    pub(crate) fn new<T>(name: impl Into<String>, mut work: impl FnMut() -> T + 'a) -> Self {
        let work = Box::new(move || drop(black_box(work())));
        Self { name: name.into(), work, calls: 1, turns: Vec::new() }
    }

    fn turn(&mut self) -> Duration {
        let start = Instant::now();
        for _ in 0..self.calls {
            (self.work)();
        }
        start.elapsed()
    }

    /// Finds out how many calls make a turn.
    fn warm_up(&mut self) {
        loop {
            let took = self.turn();
            if took >= TURN || self.calls >= 1 << 20 {
                return;
            }
            self.calls *= 2;
        }
    }
}

/// What one contestant took for a call.
#[derive(Clone, Debug)]
pub(crate) struct Took {
    /// Its name.
    pub(crate) name: String,
    /// The median turn, in microseconds a call.
    pub(crate) micros: f64,
}

/// Lets the contestants take turns, so that whatever else the machine does falls on all of them alike.
#[must_use]
pub(crate) fn race<const N: usize>(mut contestants: [Contestant<'_>; N]) -> [Took; N] {
    contestants.iter_mut().for_each(Contestant::warm_up);
    let (start, length) = (Instant::now(), seconds());
    while start.elapsed() < length {
        for contestant in &mut contestants {
            let micros = contestant.turn().as_secs_f64() * 1e6 / f64::from(contestant.calls);
            contestant.turns.push(micros);
        }
    }
    contestants.map(|contestant| Took { micros: median(contestant.turns), name: contestant.name })
}

fn seconds() -> Duration {
    let said = std::env::var("MAPLE_BENCH_SECONDS").ok().and_then(|text| text.parse().ok());
    let short = std::env::args().any(|arg| arg == "--test");
    Duration::from_secs_f64(if short { 0.05 } else { said.unwrap_or(RACE_SECONDS) })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The figures of one bench and what is wanted of them.
#[derive(Default)]
pub(crate) struct Summary {
    rows: Vec<[String; 3]>,
}

impl Summary {
    /// A figure that nothing is wanted of.
    pub(crate) fn note(&mut self, figure: &str, measured: impl Into<String>) {
        self.rows.push([figure.to_owned(), measured.into(), String::new()]);
    }

    /// A figure that should be at most so much.
    pub(crate) fn at_most(&mut self, figure: &str, measured: f64, wanted: f64, unit: &str) {
        let verdict = if measured <= wanted { "" } else { ", MISSED" };
        let wanted = format!("≤ {}{unit}{verdict}", plain(wanted));
        self.rows.push([figure.to_owned(), format!("{}{unit}", plain(measured)), wanted]);
    }

    /// What the contestants of a race took.
    pub(crate) fn race(&mut self, took: &[Took]) {
        for Took { name, micros } in took {
            self.note(name, format!("{} µs", plain(*micros)));
        }
    }

    /// Prints the table in Markdown.
    pub(crate) fn print(&self, title: &str) {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(8);
        let widths: [usize; 3] = std::array::from_fn(width);
        let line = |cells: [&str; 3]| {
            let mut line = String::from("|");
            for (cell, width) in cells.iter().zip(widths) {
                write!(line, " {cell:width$} |").unwrap();
            }
            line
        };
        println!("\n{title}\n\n{}", line(["figure", "measured", "wanted"]));
        println!("|{}|", widths.map(|width| "-".repeat(width + 2)).join("|"));
        self.rows.iter().for_each(|row| println!("{}", line([&row[0], &row[1], &row[2]])));
        println!();
    }
}

/// A figure with as many digits as mean something.
#[must_use]
pub(crate) fn plain(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
