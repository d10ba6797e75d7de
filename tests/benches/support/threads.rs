//! How well work runs side by side: words that threads share by counting who holds them slow all of them down.

use std::{
    num::NonZeroUsize,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crate::support::Summary;

/// How long one measurement takes.
const TURN: Duration = Duration::from_millis(300);
/// Measurements of each; the best counts, since others may work on the machine.
const TURNS: usize = 5;

/// The throughput of all cores against that of one, as a multiple.
pub(crate) fn side_by_side(summary: &mut Summary, what: &str, work: &(dyn Fn() + Sync)) {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (one, all) = (best(1, work), best(cores, work));
    summary.note(&format!("{what}, {cores} threads / 1"), format!("{:.2} ×", all / one));
}

/// Calls a millisecond of so many threads together.
fn best(threads: usize, work: &(dyn Fn() + Sync)) -> f64 {
    (0..TURNS).map(|_| turn(threads, work)).fold(0.0, f64::max)
}

fn turn(threads: usize, work: &(dyn Fn() + Sync)) -> f64 {
    let (start, stop, calls) = (Barrier::new(threads + 1), AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                start.wait();
                let mut own = 0;
                while !stop.load(Ordering::Relaxed) {
                    work();
                    own += 1;
                }
                calls.fetch_add(own, Ordering::Relaxed);
            });
        }
        start.wait();
        thread::sleep(TURN);
        stop.store(true, Ordering::Relaxed);
    });
    calls.into_inner() as f64 / (TURN.as_secs_f64() * 1e3)
}
