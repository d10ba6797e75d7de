//! What records mostly say, kept once beside them: a record is packed as what differs.
//!
//! A dictionary holds no fact of a case, whoever makes it sees to that: it stays when the records that were packed with it
//! are deleted. It is found by its digest, and a record that was packed with another is damaged, not misread.

use std::{collections::BTreeMap, sync::Arc};

use maple_seal::Digest;

use crate::{
    DICTIONARY_BYTES_MAX,
    pool::Done,
    sql::{Insert, Link, Value},
};

const INSERT: Insert = Insert { table: "dictionary", columns: "id, bytes", count: 2 };

/// What records mostly say.
#[derive(Debug, PartialEq, Eq)]
pub struct Dictionary {
    /// The first half of its digest's bytes: short, since every record names it.
    id: i64,
    bytes: Vec<u8>,
}

impl Dictionary {
    /// A dictionary of some bytes, of which the last [`DICTIONARY_BYTES_MAX`] are taken.
    #[must_use]
    pub fn new(mut bytes: Vec<u8>) -> Self {
        bytes.drain(..bytes.len().saturating_sub(DICTIONARY_BYTES_MAX));
        Self { id: id_of(&bytes), bytes }
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// What it says.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn id_of(bytes: &[u8]) -> i64 {
    Digest::of(bytes).as_bytes().first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}

/// Keeps those that are not kept yet.
pub(crate) fn keep<'a>(link: &mut dyn Link, wanted: impl Iterator<Item = &'a Arc<Dictionary>>) -> Done<()> {
    let wanted: BTreeMap<i64, &Arc<Dictionary>> = wanted.map(|one| (one.id, one)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Value<'_>>> =
        wanted.values().map(|one| vec![Value::Int(one.id), one.bytes.as_slice().into()]).collect();
    link.insert(&INSERT, &rows)?;
    Ok(())
}

/// The dictionary of an id, if it is there and is the one that was kept.
pub(crate) fn find(link: &mut dyn Link, id: i64) -> Done<Option<Arc<Dictionary>>> {
    let found = link.first("SELECT bytes FROM dictionary WHERE id = $1", &[Value::Int(id)])?;
    let bytes = found.map(|mut row| row.bytes()).transpose()?;
    Ok(bytes.filter(|bytes| id_of(bytes) == id).map(|bytes| Arc::new(Dictionary { id, bytes })))
}
