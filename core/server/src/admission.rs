//! Who may evaluate, who may wait, and who is told to come back.

use std::time::Duration;

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// Seconds after which a caller without a place should come back.
pub(crate) const RETRY_AFTER_SECONDS: &str = "1";

/// Nobody can be let in now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoPlace;

/// A bounded number of places with a bounded queue before them; nobody waits longer than the wait.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Semaphore,
    queue: Semaphore,
    wait: Duration,
}

impl Admission {
    pub(crate) fn new(places: usize, waiting: usize, wait: Duration) -> Self {
        Self { places: Semaphore::new(places.max(1)), queue: Semaphore::new(waiting), wait }
    }

    /// A place, at once or after a bounded wait.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, NoPlace> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waiting = self.queue.try_acquire().map_err(|_| NoPlace)?;
        let place = timeout(self.wait, self.places.acquire()).await;
        place.ok().and_then(Result::ok).ok_or(NoPlace)
    }

    /// A place after a wait of any length, for work that is itself bounded.
    pub(crate) async fn enter_patiently(&self) -> Result<SemaphorePermit<'_>, NoPlace> {
        self.places.acquire().await.map_err(|_| NoPlace)
    }

    /// How many wait.
    pub(crate) fn free_to_wait(&self) -> usize {
        self.queue.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn places_and_queue_are_bounded_and_the_wait_ends() {
        let admission = std::sync::Arc::new(Admission::new(1, 1, Duration::from_secs(1)));
        let first = admission.enter().await.unwrap();
        let waiting = tokio::spawn({
            let admission = std::sync::Arc::clone(&admission);
            async move { admission.enter().await.is_ok() }
        });
        tokio::task::yield_now().await;
        assert_eq!(admission.free_to_wait(), 0);
        assert_eq!(admission.enter().await.unwrap_err(), NoPlace);
        drop(first);
        assert!(waiting.await.unwrap());

        let held = admission.enter().await.unwrap();
        assert_eq!(admission.enter().await.unwrap_err(), NoPlace);
        drop(held);
        assert!(admission.enter().await.is_ok());
    }
}
