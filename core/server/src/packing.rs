//! What decisions of one kind in one place mostly say, so that each record keeps what differs.
//!
//! It is what a plain case without any fact would be answered, so it holds nothing of anybody's case and may stay when
//! records are deleted.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock},
};

use maple_kernel::{Case, Day, Facts, Question, Ruleset, evaluate_heard};
use maple_store::Dictionary;
use maple_wire::{Heard, SOURCE_UNSTATED, canonical_question};
use uuid::Uuid;

use crate::http::evaluate::write_into;

/// How many a node keeps at hand.
pub const DICTIONARIES_COUNT_MAX: usize = 1_024;

/// Those at hand.
#[derive(Default)]
pub(crate) struct Packing {
    hasher: RandomState,
    known: RwLock<HashMap<u64, Option<Arc<Dictionary>>>>,
}

impl Packing {
    /// What decisions like this one mostly say.
    pub(crate) fn of(&self, ruleset: &Ruleset, question: &Question) -> Option<Arc<Dictionary>> {
        let Question { case, explain, .. } = question;
        // Where two have one key, a record is packed less well.
        let key = self.hasher.hash_one((ruleset.digest(), case.locality.as_str(), case.kind.as_str(), explain));
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let made = catch_unwind(AssertUnwindSafe(|| typical(ruleset, question))).ok().map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DICTIONARIES_COUNT_MAX {
            known.clear();
        }
        known.entry(key).or_insert(made).clone()
    }
}

impl fmt::Debug for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Packing").field("known", &known).finish_non_exhaustive()
    }
}

/// What a plain case is answered: the same words, as far as they depend on no fact, no day and no generation, so that the
/// same policies say the same again tomorrow and after any other policy changed.
fn typical(ruleset: &Ruleset, question: &Question) -> Dictionary {
    let Case { locality, kind, .. } = &question.case;
    let day = Day::new(question.as_of.year(), 1, 1).unwrap_or(question.as_of);
    let (locality, kind) = (locality.clone(), kind.clone());
    let case = Case::new(None, locality, kind, SOURCE_UNSTATED.into(), day, Vec::new(), Facts::default());
    let plain = Question { case, as_of: day, ..question.clone() };
    let mut heard = Heard::default();
    let decision = evaluate_heard(ruleset, &plain, &mut |policy, said| heard.note(policy, said));
    let mut bytes = canonical_question(&plain);
    bytes.extend(heard.context(&Facts::default()));
    write_into(&mut bytes, 0, &plain, &decision, Uuid::nil());
    Dictionary::new(without(&bytes, ruleset.digest().as_bytes()))
}

/// Bytes without some others.
fn without(bytes: &[u8], digest: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let mut kept = Vec::with_capacity(bytes.len());
    while let Some(at) = rest.windows(digest.len().max(1)).position(|part| part == digest) {
        let (before, after) = rest.split_at(at);
        kept.extend_from_slice(before);
        rest = after.get(digest.len()..).unwrap_or_default();
    }
    kept.extend_from_slice(rest);
    kept
}
