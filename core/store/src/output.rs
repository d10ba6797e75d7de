//! What many decisions said, read without the rest of their records.

use std::collections::BTreeMap;

use crate::{
    Store, StoreError,
    decision::{packed_with, unpack},
    dictionary,
    log::digest,
    together::{parts, rows_of},
};
use maple_seal::Digest;

impl Store {
    /// Hands over the output of each of these decisions that is there and is still what was recorded; some are read at
    /// a time, so that many do not fill the memory.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn outputs(&self, ids: &[&str], mut told: impl FnMut(&str, &[u8])) -> Result<(), StoreError> {
        for some in parts(ids) {
            let found = self.pool().read("read the decisions from", |link| {
                let rows = rows_of(link, "SELECT id, output, payload FROM decision WHERE id IN", some)?;
                let (mut known, mut found) = (BTreeMap::new(), Vec::with_capacity(rows.len()));
                for mut row in rows {
                    let (id, recorded, payload) = (row.text()?, digest(row.bytes()?)?, row.bytes()?);
                    let dictionary = match packed_with(&payload) {
                        None => None,
                        Some(packed) => match known.get(&packed) {
                            Some(dictionary) => Option::clone(dictionary),
                            None => known.entry(packed).or_insert(dictionary::find(link, packed)?).clone(),
                        },
                    };
                    let output = unpack(&payload, dictionary.as_deref()).map(|[_, _, output]| output);
                    found.extend(output.filter(|output| Digest::of(output) == recorded).map(|output| (id, output)));
                }
                Ok(found)
            })?;
            found.iter().for_each(|(id, output)| told(id, output));
        }
        Ok(())
    }
}
