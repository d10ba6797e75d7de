//! One evaluation's place: take a configured sandbox, let it assess, give it back.
//!
//! This is the whole interface between what is above and how isolation is done. Today a cell is a fresh store and a
//! fresh component instance from the pool, and giving it back throws it away. A warm slot whose full reset is
//! verified can take its place behind the same three calls, with the fresh cell as the oracle it is compared with.

use std::{
    thread,
    time::{Duration, Instant},
};

use maple_kernel::{Assessment, CaseFile, Fault, FaultKind};
use wasmtime::{
    Engine, PoolConcurrencyLimitError, Store,
    component::{Instance, InstancePre},
};

use crate::{
    contract::v1::{self, types},
    fault::{During, explain, fault},
    host::Host,
    limits::Bounds,
    prepared::Prepared,
};

/// How long to wait before looking for a free slot again.
const SLOT_WAIT: Duration = Duration::from_micros(200);

/// A sandbox for one evaluation.
pub(crate) struct Cell<'p> {
    prepared: &'p Prepared,
    store: Store<Host>,
    instance: Instance,
    bounds: Bounds,
    for_author: bool,
}

impl<'p> Cell<'p> {
    /// Takes a sandbox in which the policy is configured. What goes wrong here is already the assessment.
    pub(crate) fn take(prepared: &'p Prepared, bounds: Bounds, for_author: bool) -> Result<Self, Assessment> {
        let mut store = store(prepared.engine(), &bounds, for_author);
        match prepared.start(&mut store, &bounds) {
            Ok(instance) => Ok(Self { prepared, store, instance, bounds, for_author }),
            Err(fault) => {
                let fuel = burnt(&store, &bounds);
                Err(Assessment { answer: Err(fault), fuel, diary: store.data_mut().take_diary() })
            }
        }
    }

    /// Answers one case.
    pub(crate) fn assess(&mut self, file: &CaseFile<'_>) -> Assessment {
        let answer = match v1::with_file(file, |file| self.call(file)) {
            Ok(Ok(findings)) => v1::findings(findings, &self.bounds),
            Ok(Err(refusal)) => Err(v1::refusal(refusal, self.for_author)),
            Err(error) => Err(explain(&error, self.store.data(), During::Call)),
        };
        let fuel = burnt(&self.store, &self.bounds);
        Assessment { answer, fuel, diary: self.store.data_mut().take_diary() }
    }

    fn call(&mut self, file: types::CaseFile<'_>) -> wasmtime::Result<v1::Assessed> {
        let assess = self.prepared.assess(&mut self.store, &self.instance)?;
        Ok(assess.call(&mut self.store, (file,))?.0)
    }

    /// The most linear memory that the guest had.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.store.data().memory_bytes()
    }

    /// Gives the sandbox back. A fresh one is thrown away, with everything the guest did to it.
    pub(crate) fn give_back(self) {
        drop(self);
    }

    /// Fills up what an evaluation uses up; for measuring a sandbox that is used again.
    pub(crate) fn refill(&mut self) {
        refill(&mut self.store, &self.bounds);
    }
}

/// A store with everything that bounds a call.
pub(crate) fn store(engine: &Engine, bounds: &Bounds, keeps_diary: bool) -> Store<Host> {
    let mut store = Store::new(engine, Host::new(bounds.memory_bytes, keeps_diary));
    store.limiter(|host| host);
    store.set_hostcall_fuel(usize::try_from(bounds.answer_bytes).unwrap_or(usize::MAX));
    refill(&mut store, bounds);
    store
}

/// Sets fuel and backstop anew.
pub(crate) fn refill(store: &mut Store<Host>, bounds: &Bounds) {
    // It only fails on an engine without fuel, and ours has it; without fuel set there is none, so nothing would run.
    let _ = store.set_fuel(bounds.fuel);
    store.set_epoch_deadline(bounds.ticks());
}

/// Makes an instance, waiting within `wall` for a free slot: the server admits fewer evaluations than there are slots,
/// so a wait is short or something is wrong with the host.
pub(crate) fn instantiate(pre: &InstancePre<Host>, store: &mut Store<Host>, wall: Duration) -> Result<Instance, Fault> {
    let began = Instant::now();
    loop {
        match pre.instantiate(&mut *store) {
            Err(error) if error.is::<PoolConcurrencyLimitError>() => {
                if began.elapsed() >= wall {
                    return Err(fault(FaultKind::Timeout, "no free sandbox"));
                }
                thread::sleep(SLOT_WAIT);
            }
            made => return made.map_err(|error| explain(&error, store.data(), During::Start)),
        }
    }
}

fn burnt(store: &Store<Host>, bounds: &Bounds) -> u64 {
    bounds.fuel.saturating_sub(store.get_fuel().unwrap_or_default())
}
