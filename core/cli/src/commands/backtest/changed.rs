//! Every case that changes, as a line of a file, in the order of the rows although many threads decide them.

use std::{
    io::{self, Write},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// The file, which the threads write to in turn.
pub(super) struct Changed<'w> {
    state: Mutex<State<'w>>,
    moved: Condvar,
}

struct State<'w> {
    into: &'w mut (dyn Write + Send),
    /// Whose turn it is: the number of a chunk.
    next: u64,
    failed: Option<io::Error>,
}

impl<'w> Changed<'w> {
    pub(super) fn new(into: &'w mut (dyn Write + Send)) -> Self {
        Self { state: Mutex::new(State { into, next: 0, failed: None }), moved: Condvar::new() }
    }

    /// Lines of one chunk, written when it is its turn; chunks are numbered from 0, and each needs one of these.
    pub(super) const fn chunk(&self, number: u64) -> Lines<'_, 'w> {
        Lines { into: self, number, lines: Vec::new() }
    }

    /// True when no more can be written.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed.is_some()
    }

    /// Why not everything could be written.
    pub(super) fn end(self) -> io::Result<()> {
        let State { into, failed, .. } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or_else(|| into.flush(), Err)
    }

    fn state(&self) -> MutexGuard<'_, State<'w>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines of one chunk. They are written when they are dropped, so that a thread that ends early holds up no other.
pub(super) struct Lines<'c, 'w> {
    into: &'c Changed<'w>,
    number: u64,
    lines: Vec<(u64, Vec<u8>)>,
}

impl Lines<'_, '_> {
    pub(super) fn put(&mut self, row: u64, told: &Value) {
        let mut line = told.to_string().into_bytes();
        line.push(b'\n');
        self.lines.push((row, line));
    }
}

impl Drop for Lines<'_, '_> {
    fn drop(&mut self) {
        self.lines.sort_unstable_by_key(|(row, _)| *row);
        // Chunks are taken in the order of their numbers: who has the lowest never waits.
        let state = self.into.state();
        let waits = |state: &mut State<'_>| state.next != self.number;
        let mut state = self.into.moved.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        if state.failed.is_none() {
            let written = self.lines.iter().try_for_each(|(_, line)| state.into.write_all(line));
            state.failed = written.err();
        }
        state.next += 1;
        drop(state);
        self.into.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::thread;

    use serde_json::json;

    use super::*;

    #[test]
    fn lines_stand_in_the_order_of_their_rows() {
        let mut into = Vec::new();
        let changed = Changed::new(&mut into);
        thread::scope(|scope| {
            for number in (0..9).rev() {
                let changed = &changed;
                scope.spawn(move || {
                    let mut lines = changed.chunk(number);
                    [2, 1].iter().for_each(|row| lines.put(number * 2 + row, &json!(number * 2 + row)));
                });
            }
        });
        changed.end().unwrap();
        let wanted: String = (1..=18).map(|row| format!("{row}\n")).collect();
        assert_eq!(String::from_utf8(into).unwrap(), wanted);
    }

    #[test]
    fn a_full_disk_is_told_and_nobody_waits() {
        let mut into = io::Cursor::new([0_u8; 3]);
        let changed = Changed::new(&mut into);
        for number in 0..4 {
            changed.chunk(number).put(number, &json!(number));
        }
        assert!(changed.has_failed());
        assert_eq!(changed.end().unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
