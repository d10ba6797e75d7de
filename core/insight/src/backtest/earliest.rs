//! A few of many, the same few however the work was divided: those of the lowest rows.

use std::collections::BTreeMap;

use super::{Change, First};

/// The first things by their row, at most so many, and how many there were.
#[derive(Clone, Debug)]
pub struct Earliest<T> {
    /* INVARIANT: at most `max`. */
    kept: BTreeMap<u64, T>,
    max: usize,
    count: u64,
}

impl<T> Earliest<T> {
    /// Nothing yet; at most `max` will be kept.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { kept: BTreeMap::new(), max, count: 0 }
    }

    /// Counts a thing, and keeps it if it is among the first.
    pub fn offer(&mut self, row: u64, thing: impl FnOnce() -> T) {
        self.count += 1;
        let late = self.kept.last_key_value().is_some_and(|(last, _)| row > *last);
        if self.kept.len() < self.max || !late {
            self.kept.insert(row, thing());
            self.trim();
        }
    }

    /// Takes in what another has seen.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.kept.extend(other.kept);
        self.trim();
    }

    fn trim(&mut self) {
        while self.kept.len() > self.max {
            self.kept.pop_last();
        }
    }

    /// How many there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Those that are kept, by their row.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.kept.iter().map(|(row, thing)| (*row, thing))
    }
}

/// A case that loses a right comes first; then by where it went and goes.
type Move = (bool, First, First);

/// A few changed cases of each move from one first step to another; cases that lose a right apart.
#[derive(Clone, Debug)]
pub struct Sample<T> {
    moves: BTreeMap<Move, Earliest<T>>,
    each_max: usize,
}

impl<T> Sample<T> {
    /// Nothing yet; at most `each_max` of each move will be kept.
    #[must_use]
    pub const fn new(each_max: usize) -> Self {
        Self { moves: BTreeMap::new(), each_max }
    }

    /// Keeps a case if it is among the first of its move.
    pub fn offer(&mut self, row: u64, change: &Change, thing: impl FnOnce() -> T) {
        let key = (change.rights_lost.is_empty(), change.from.clone(), change.to.clone());
        self.moves.entry(key).or_insert_with(|| Earliest::new(self.each_max)).offer(row, thing);
    }

    /// Takes in what another has seen.
    pub fn merge(&mut self, other: Self) {
        for (key, seen) in other.moves {
            self.moves.entry(key).or_insert_with(|| Earliest::new(self.each_max)).merge(seen);
        }
    }

    /// At most `max` cases by their row: one of each move before a second of any, those that lose a right first.
    pub fn pick(&self, max: usize) -> Vec<(u64, &T)> {
        let each = self.moves.iter();
        let mut ranked: Vec<_> = each
            .flat_map(|((keeps_rights, ..), seen)| {
                seen.iter().enumerate().map(move |(rank, (row, thing))| (*keeps_rights, rank, row, thing))
            })
            .collect();
        ranked.sort_by_key(|(keeps_rights, rank, row, _)| (*keeps_rights, *rank, *row));
        ranked.truncate(max);
        ranked.sort_by_key(|(keeps_rights, _, row, _)| (*keeps_rights, *row));
        ranked.into_iter().map(|(_, _, row, thing)| (row, thing)).collect()
    }
}
