//! Sets of rows.

use maple_guest::{Field, Setting};

/// A set of rows, a bit for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows(Vec<u64>);

impl Rows {
    /// Rows 0 up to `count`.
    pub(crate) fn all(count: usize) -> Self {
        let mut words = vec![u64::MAX; count.div_ceil(64)];
        if let (Some(last), 1..) = (words.last_mut(), count % 64) {
            *last = (1 << (count % 64)) - 1;
        }
        Self(words)
    }

    /// These rows of so many.
    pub(crate) fn of(rows: &[u32], count: usize) -> Self {
        let mut set = Self(vec![0; count.div_ceil(64)]);
        rows.iter().for_each(|row| set.insert(*row));
        set
    }

    pub(crate) fn insert(&mut self, row: u32) {
        if let Some(word) = self.0.get_mut(row as usize / 64) {
            *word |= 1 << (row % 64);
        }
    }

    pub(crate) fn remove(&mut self, row: u32) {
        if let Some(word) = self.0.get_mut(row as usize / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    pub(crate) fn has(&self, row: u32) -> bool {
        self.0.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Keeps only rows that `other` has, too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
    }

    /// True when `other` has every row of this set.
    pub(crate) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(word, other)| word & !other == 0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

/// Rows below `count`, written as `0 3-7 9`.
pub(crate) fn list(field: Field<'_>, count: usize) -> Vec<u32> {
    let Some(Setting::Text(text)) = field.raw() else {
        field.complain("must be rows such as `0 3-7`", "");
        return Vec::new();
    };
    let row = |text: &str| text.parse::<u32>().ok().filter(|row| (*row as usize) < count);
    let mut rows = Vec::new();
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (row(first), row(last)) {
            (Some(first), Some(last)) => rows.extend(first..=last),
            _ => field.complain(&format!("names no rows: `{part}`"), ""),
        }
    }
    rows
}
