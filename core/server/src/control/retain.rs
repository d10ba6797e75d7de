//! Letting go of decisions that need not be kept any longer.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use maple_store::{Store, StoreError};
use tracing::{error, info, warn};

use super::Control;
use crate::{app::App, clock, records::chain};

/// How often, in seconds, a node looks for decisions that are too old.
pub const RETIRE_EVERY_SECONDS: u64 = 3_600;
/// How long it leaves the database to others after each of its steps.
const PAUSE: Duration = Duration::from_millis(20);
/// How long it waits before it looks whether it is to end.
const WAIT: Duration = Duration::from_millis(250);

/// Deletes what is older than it has to be kept, as long as the node serves.
pub(super) fn retain(app: &App, control: &Control, stop: &AtomicBool) {
    let Some(days) = control.governance.retention_days else { return };
    let age = SignedDuration::from_hours(24 * i64::from(days));
    while !stop.load(Ordering::Relaxed) {
        let now = clock::timestamp(app.clock());
        if let Ok(before) = now.checked_sub(age) {
            match retire(&control.store, before, now, stop) {
                Ok(0) => {}
                Ok(records) => info!(records, %before, "Decisions that need not be kept any longer were deleted."),
                Err(why) => warn!(why = %chain(&why), "Old decisions cannot be deleted now; it is tried again."),
            }
        }
        let until = Instant::now() + Duration::from_secs(RETIRE_EVERY_SECONDS);
        while !stop.load(Ordering::Relaxed) && Instant::now() < until {
            thread::sleep(WAIT);
        }
    }
}

/// A log that is damaged is told, and keeps the others from nothing.
fn retire(store: &Store, before: Timestamp, now: Timestamp, stop: &AtomicBool) -> Result<u64, StoreError> {
    let go_on = || {
        thread::sleep(PAUSE);
        !stop.load(Ordering::Relaxed)
    };
    let mut records = 0;
    for log in store.logs_to_retire()? {
        match store.decisions_retire(&log, before, "maple serve", now, go_on) {
            Ok(retired) => records += retired.records,
            Err(why @ StoreError::Damaged { .. }) => error!(log, why = %chain(&why), "Nothing of this log is deleted."),
            Err(why) => return Err(why),
        }
    }
    Ok(records)
}
