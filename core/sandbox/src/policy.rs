//! A configured policy, as the kernel asks it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use maple_kernel::{Assess, Assessment, CaseFile, Descriptor, FaultKind};

use crate::{
    cell::Cell,
    contract::v1,
    fault::fault,
    limits::Bounds,
    prepared::{Prepared, Runs},
};

/// A policy that answers cases, each in a sandbox of its own.
#[derive(Clone)]
pub struct ConfiguredPolicy {
    prepared: Arc<Prepared>,
    bounds: Bounds,
    for_author: bool,
}

/// What is known of a configured policy beside what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInfo {
    /// True when evaluations start from configured memory; else each one configures first.
    pub snapshotted: bool,
    /// Why there is no snapshot.
    pub obstacle: Option<String>,
    /// True when evaluations run in sandboxes that are kept and put back.
    pub warm: bool,
    /// Why they do not.
    pub unfit: Option<String>,
    /// Bytes of compiled code and data, shared with every policy of the same plugin, settings and calendar.
    pub code_bytes: u64,
    /// What one evaluation may use.
    pub bounds: Bounds,
}

/// Where the time of one evaluation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Taking a sandbox.
    pub take: Duration,
    /// Asking it.
    pub assess: Duration,
    /// Giving it back.
    pub give_back: Duration,
}

impl ConfiguredPolicy {
    pub(crate) fn new(prepared: Arc<Prepared>, bounds: Bounds, for_author: bool) -> Self {
        Self { prepared, bounds, for_author }
    }

    /// What the policy says of itself.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.prepared.descriptor
    }

    /// What is known of it.
    #[must_use]
    pub fn info(&self) -> PolicyInfo {
        PolicyInfo {
            snapshotted: self.prepared.obstacle.is_none(),
            obstacle: self.prepared.obstacle.clone(),
            warm: matches!(self.prepared.runs(), Runs::Module(shelf) if shelf.keeps()),
            unfit: self.prepared.kind.unfit.clone(),
            code_bytes: self.prepared.code_bytes,
            bounds: self.bounds,
        }
    }

    /// True when both run the same code from the same memory.
    #[must_use]
    pub fn shares_code_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.prepared, &other.prepared)
    }

    /// Answers one case and says where the time went; for benches.
    #[must_use]
    pub fn assess_timed(&self, file: &CaseFile<'_>) -> (Assessment, Timing) {
        let (assessment, timing, _) = self.assess_measured(file);
        (assessment, timing)
    }

    /// Answers one case and says where the time went and how much linear memory there was at most; for benches.
    #[must_use]
    pub fn assess_measured(&self, file: &CaseFile<'_>) -> (Assessment, Timing, u64) {
        let mut timing = Timing::default();
        let mut clock = Instant::now();
        let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();
        let taken = self.take(file);
        timing.take = lap();
        let mut cell = match taken {
            Ok(cell) => cell,
            Err(failed) => return (failed, timing, 0),
        };
        let assessment = cell.assess(file);
        timing.assess = lap();
        let memory = cell.memory_bytes();
        cell.give_back();
        timing.give_back = lap();
        (assessment, timing, memory)
    }

    /// Takes a sandbox for a case that is not too large for the policy.
    fn take(&self, file: &CaseFile<'_>) -> Result<Cell<'_>, Assessment> {
        let (bytes, max) = (v1::case_bytes(file), self.bounds.case_bytes);
        if bytes > max {
            let detail = format!("the case takes {bytes} bytes, at most {max} are given");
            return Err(Assessment { answer: Err(fault(FaultKind::OutOfMemory, &detail)), fuel: 0, diary: Vec::new() });
        }
        Cell::take(&self.prepared, self.bounds, self.for_author)
    }

    /// Makes the sandboxes that are kept for it differ from what they are put back to; for tests of what then happens.
    #[doc(hidden)]
    pub fn spoil_for_test(&self) {
        if let Runs::Module(shelf) = self.prepared.runs() {
            shelf.spoil();
        }
    }

    /// One sandbox to be asked again and again, without isolation between cases; for benches only, never for cases.
    ///
    /// # Errors
    /// The failed assessment, when there is no sandbox to be had.
    #[doc(hidden)]
    pub fn reuse_for_bench(&self) -> Result<ReusedSession<'_>, Assessment> {
        Cell::take(&self.prepared, self.bounds, self.for_author).map(ReusedSession)
    }
}

impl Assess for ConfiguredPolicy {
    fn assess(&self, file: &CaseFile<'_>) -> Assessment {
        match self.take(file) {
            Ok(mut cell) => {
                let assessment = cell.assess(file);
                cell.give_back();
                assessment
            }
            Err(failed) => failed,
        }
    }
}

/// One sandbox that keeps its memory from case to case.
#[doc(hidden)]
pub struct ReusedSession<'p>(Cell<'p>);

impl ReusedSession<'_> {
    /// Answers one case in the same sandbox as the one before.
    pub fn assess(&mut self, file: &CaseFile<'_>) -> Assessment {
        self.0.refill();
        self.0.assess(file)
    }
}
