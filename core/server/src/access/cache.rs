//! Who was known a moment ago, so that not every request asks the database.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use maple_seal::Digest;

use super::caller::Who;

/// Seconds for which somebody stays known without a look into the database: a revoked token ends within them.
pub const ACCESS_CACHE_SECONDS: u64 = 5;
/// Seconds for which somebody stays known while the database is away. When it answers, it is asked.
pub const ACCESS_OUTAGE_SECONDS: u64 = 3_600;
/// Tokens that are known at a time.
pub const ACCESS_CACHE_COUNT_MAX: usize = 10_000;

const LIFE: Duration = Duration::from_secs(ACCESS_CACHE_SECONDS);
const OUTAGE: Duration = Duration::from_secs(ACCESS_OUTAGE_SECONDS);

struct Known {
    who: Arc<Who>,
    since: Instant,
    /* When it was last proved; `since` goes on while nothing can be proved. */
    proved: Instant,
    renewing: AtomicBool,
}

/// Who is known by the hash of their token.
#[derive(Default)]
pub(crate) struct Cache(RwLock<HashMap<Digest, Known>>);

/// What is known of a token.
pub(crate) enum Found {
    /// Who it is.
    Fresh(Arc<Who>),
    /// Who it was. The one request that hears this looks again; the others go on, so that a busy token never waits.
    Aging(Arc<Who>),
    /// Who it was some time ago: it holds only where nobody can be asked.
    Lapsed(Arc<Who>),
    /// Nothing.
    Nobody,
}

impl Cache {
    pub(crate) fn get(&self, hash: &Digest) -> Found {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(one) = known.get(hash) else { return Found::Nobody };
        let age = one.since.elapsed();
        let who = Arc::clone(&one.who);
        match age {
            age if age >= LIFE && one.proved.elapsed() < OUTAGE => Found::Lapsed(who),
            age if age >= LIFE => Found::Nobody,
            age if age >= LIFE / 2 && !one.renewing.swap(true, Ordering::Relaxed) => Found::Aging(who),
            _ => Found::Fresh(who),
        }
    }

    /// Keeps who was found by a look that began then.
    pub(crate) fn put(&self, hash: Digest, who: Arc<Who>, since: Instant) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ACCESS_CACHE_COUNT_MAX && !known.contains_key(&hash) {
            // First those that are not in use, then all: whoever comes is proved again.
            known.retain(|_, one| one.since.elapsed() < LIFE);
            if known.len() >= ACCESS_CACHE_COUNT_MAX {
                known.clear();
            }
        }
        known.insert(hash, Known { who, since, proved: since, renewing: AtomicBool::new(false) });
    }

    /// Nobody could be asked: who is known stays so for a while.
    pub(crate) fn hold(&self, hash: &Digest) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = known.get_mut(hash) {
            one.since = Instant::now();
            one.renewing = AtomicBool::new(false);
        }
    }

    pub(crate) fn forget(&self, hash: &Digest) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::role::Roles;

    #[test]
    fn it_is_bounded_at_its_edge() {
        let cache = Cache::default();
        let who = Arc::new(Who {
            name: "n".to_owned(),
            token: "t".to_owned(),
            roles: Roles::default(),
            scope: Vec::new(),
            expires: None,
        });
        let hash = |n: usize| Digest::of(&n.to_le_bytes());
        let knows = |n: usize| matches!(cache.get(&hash(n)), Found::Fresh(_));
        (0..ACCESS_CACHE_COUNT_MAX).for_each(|n| cache.put(hash(n), Arc::clone(&who), Instant::now()));
        cache.put(hash(0), Arc::clone(&who), Instant::now());
        assert!(knows(0) && knows(ACCESS_CACHE_COUNT_MAX - 1));
        cache.put(hash(ACCESS_CACHE_COUNT_MAX), Arc::clone(&who), Instant::now());
        assert!(knows(ACCESS_CACHE_COUNT_MAX) && !knows(0), "one more begins anew");
        cache.forget(&hash(ACCESS_CACHE_COUNT_MAX));
        assert!(!knows(ACCESS_CACHE_COUNT_MAX));
    }
    #[test]
    fn who_is_known_ages_once_and_is_then_forgotten() {
        let cache = Cache::default();
        let who = Arc::new(Who {
            name: "n".to_owned(),
            token: "t".to_owned(),
            roles: Roles::default(),
            scope: Vec::new(),
            expires: None,
        });
        let hash = Digest::of(b"t");
        let found = |age: Duration| {
            cache.put(hash, Arc::clone(&who), Instant::now().checked_sub(age).unwrap());
            [cache.get(&hash), cache.get(&hash)].map(|found| match found {
                Found::Fresh(_) => "fresh",
                Found::Aging(_) => "aging",
                Found::Lapsed(_) => "lapsed",
                Found::Nobody => "nobody",
            })
        };
        assert_eq!(found(Duration::ZERO), ["fresh", "fresh"]);
        assert_eq!(found(LIFE / 2), ["aging", "fresh"], "one looks again, the others go on");
        assert_eq!(found(LIFE), ["lapsed", "lapsed"], "it holds only where nobody can be asked");
        cache.hold(&hash);
        assert!(matches!(cache.get(&hash), Found::Fresh(_)), "and is then not asked about for a while");
        // A machine that has just started knows no moment so long ago.
        if Instant::now().checked_sub(OUTAGE).is_some() {
            assert_eq!(found(OUTAGE), ["nobody", "nobody"]);
        }
    }
}
