//! Machine code of functions that were compiled before.
//!
//! Policies of one plugin differ by the memory that `configure` left behind, hardly by code. Compiled function by
//! function, each is compiled once; what stands for a function is the hash of all that its code depends on.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use wasmtime::CacheStore;

use crate::limits::FUNCTIONS_BYTES_MAX;

/// Compiled functions of one process.
#[derive(Default)]
pub(crate) struct Functions(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    code: HashMap<Box<[u8]>, Arc<[u8]>>,
    bytes: usize,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Functions").field("count", &kept.code.len()).field("bytes", &kept.bytes).finish()
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.code.get(key).map(|code| Cow::Owned(code.to_vec()))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let bytes = key.len() + value.len();
        if kept.bytes + bytes > FUNCTIONS_BYTES_MAX {
            // Whatever is compiled next is more likely to be like what was compiled last.
            *kept = Kept::default();
        }
        if bytes <= FUNCTIONS_BYTES_MAX && kept.code.insert(key.into(), value.into()).is_none() {
            kept.bytes += bytes;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_stays_within_its_limit() {
        let functions = Functions::default();
        let bytes = |functions: &Functions| functions.0.read().unwrap().bytes;
        assert!(functions.insert(b"a", vec![1; 100]) && functions.insert(b"a", vec![1; 100]));
        assert_eq!((functions.get(b"a").unwrap().len(), bytes(&functions)), (100, 101));
        assert!(functions.get(b"b").is_none());
        let rest = FUNCTIONS_BYTES_MAX - 101;
        functions.insert(b"b", vec![2; rest - 1]);
        assert!(functions.get(b"a").is_some() && bytes(&functions) == FUNCTIONS_BYTES_MAX, "to the last byte");
        functions.insert(b"c", vec![3; 10]);
        assert!(functions.get(b"a").is_none() && functions.get(b"c").is_some(), "then it begins anew");
        assert_eq!(bytes(&functions), 11);
        functions.insert(b"d", vec![4; FUNCTIONS_BYTES_MAX]);
        assert!(functions.get(b"d").is_none() && bytes(&functions) == 0, "one that is too large is not kept");
    }
}
