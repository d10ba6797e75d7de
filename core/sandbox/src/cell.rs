//! One evaluation's place: take a configured sandbox, let it assess, give it back.
//!
//! This is the whole interface between what is above and how isolation is done. A cell is an instance of the component's
//! one module (see [`crate::warm`]) where the component allows it, kept or made for the case, else a fresh store and a fresh
//! component instance from the pool. All give the same answers for the same fuel; tests compare them.

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
    fault::{During, explain, fault, out_of_fuel, with_limit},
    host::Host,
    limits::Bounds,
    prepared::{Code, Prepared, Runs},
    warm::{Shelf, Slot},
};

/// How long to wait before looking for a free slot again.
const SLOT_WAIT: Duration = Duration::from_micros(200);

/// A sandbox for one evaluation.
pub(crate) enum Cell<'p> {
    /// A component instance that is made for it and thrown away.
    Component(Fresh<'p>),
    /// A core instance that is kept and put back, or thrown away.
    Module {
        /// Where it comes from.
        shelf: &'p Shelf,
        /// The instance.
        slot: Box<Slot>,
        /// What the evaluation may use.
        bounds: Bounds,
        /// True where faults may hold the guest's own words.
        for_author: bool,
    },
}

impl<'p> Cell<'p> {
    /// Takes a sandbox in which the policy is configured. What goes wrong here is already the assessment.
    pub(crate) fn take(prepared: &'p Prepared, bounds: Bounds, for_author: bool) -> Result<Self, Assessment> {
        let taken = match prepared.runs() {
            Runs::Component(code) => Fresh::take(prepared, code, bounds, for_author).map(Self::Component),
            Runs::Module(shelf) => match shelf.take(&bounds, for_author) {
                Ok(slot) => Ok(Self::Module { shelf, slot, bounds, for_author }),
                Err(fault) => Err(Assessment { answer: Err(fault), fuel: 0, diary: Vec::new() }),
            },
        };
        taken.map_err(|failed| within(failed, &bounds))
    }

    /// Answers one case.
    pub(crate) fn assess(&mut self, file: &CaseFile<'_>) -> Assessment {
        match self {
            Self::Component(fresh) => within(fresh.assess(file), &fresh.bounds),
            Self::Module { slot, bounds, for_author, .. } => {
                within(slot.assess(file, &bounds.spared(), *for_author), bounds)
            }
        }
    }

    /// The most linear memory that the guest had.
    pub(crate) fn memory_bytes(&self) -> u64 {
        match self {
            Self::Component(fresh) => fresh.store.data().memory_bytes(),
            Self::Module { slot, .. } => slot.memory_bytes(),
        }
    }

    /// Gives the sandbox back. A fresh one is thrown away, with everything the guest did to it; one that is kept is put back.
    pub(crate) fn give_back(self) {
        match self {
            Self::Component(fresh) => drop(fresh),
            Self::Module { shelf, slot, .. } => shelf.give_back(slot),
        }
    }

    /// Fills up what an evaluation uses up; for measuring a fresh sandbox that is used again.
    pub(crate) fn refill(&mut self) {
        match self {
            Self::Component(fresh) => refill(&mut fresh.store, &fresh.bounds.spared()),
            Self::Module { slot, bounds, .. } => slot.refill(&bounds.spared()),
        }
    }
}

/// A fresh store and component instance from the pool.
pub(crate) struct Fresh<'p> {
    prepared: &'p Prepared,
    code: &'p Code,
    store: Store<Host>,
    instance: Instance,
    bounds: Bounds,
    for_author: bool,
}

impl<'p> Fresh<'p> {
    fn take(prepared: &'p Prepared, code: &'p Code, bounds: Bounds, for_author: bool) -> Result<Self, Assessment> {
        let mut store = store(code.engine(), &bounds.spared(), prepared.kind.hidden_bytes, for_author);
        match prepared.start(code, &mut store, &bounds) {
            Ok(instance) => Ok(Self { prepared, code, store, instance, bounds, for_author }),
            Err(fault) => {
                let fuel = burnt(&store, &bounds);
                Err(Assessment { answer: Err(fault), fuel, diary: store.data_mut().take_diary() })
            }
        }
    }

    fn assess(&mut self, file: &CaseFile<'_>) -> Assessment {
        let answer = match v1::with_file(file, |file| self.call(file)) {
            Ok(Ok(findings)) => v1::findings(findings, &self.bounds),
            Ok(Err(refusal)) => Err(v1::refusal(refusal, self.for_author)),
            Err(error) => Err(explain(&error, self.store.data(), During::Call)),
        };
        let fuel = burnt(&self.store, &self.bounds);
        Assessment { answer, fuel, diary: self.store.data_mut().take_diary() }
    }

    fn call(&mut self, file: types::CaseFile<'_>) -> wasmtime::Result<v1::Assessed> {
        let assess = self.prepared.assess(self.code, &mut self.store, &self.instance)?;
        Ok(assess.call(&mut self.store, (file,))?.0)
    }
}

/// A store with everything that bounds a call; `hidden` bytes of memory are the host's own and not counted.
pub(crate) fn store(engine: &Engine, bounds: &Bounds, hidden: u64, keeps_diary: bool) -> Store<Host> {
    let mut store = Store::new(engine, Host::new(bounds, hidden, keeps_diary));
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

/// Makes a component instance; see [`instance`].
pub(crate) fn instantiate(
    pre: &InstancePre<Host>,
    store: &mut Store<Host>,
    bounds: &Bounds,
) -> Result<Instance, Fault> {
    instance(store, bounds, |store| pre.instantiate(store))
}

/// Makes an instance; see [`place_for`].
pub(crate) fn instance<I>(
    store: &mut Store<Host>,
    bounds: &Bounds,
    mut make: impl FnMut(&mut Store<Host>) -> wasmtime::Result<I>,
) -> Result<I, Fault> {
    let (began, fuel) = (Instant::now(), store.get_fuel().unwrap_or_default());
    let made = place_for(store, bounds.wall, |store| {
        let made = make(&mut *store);
        if made.as_ref().is_err_and(|error| error.is::<PoolConcurrencyLimitError>()) {
            // What a vain attempt made lies in its store, and counts there: the next begins with another.
            let wall = bounds.wall.saturating_sub(began.elapsed());
            *store = renewed(store, &Bounds { fuel, wall, ..*bounds });
        }
        made
    });
    made.map_err(|fault| with_limit(fault, bounds))
}

/// A store as this one was before anything was made in it.
fn renewed(old: &Store<Host>, bounds: &Bounds) -> Store<Host> {
    let mut store = Store::new(old.engine(), old.data().anew());
    store.limiter(|host| host);
    store.set_hostcall_fuel(old.hostcall_fuel());
    refill(&mut store, bounds);
    store
}

/// Makes an instance, waiting within `wall` for a free slot: the server admits fewer evaluations than there are slots,
/// so a wait is short or something is wrong with the host.
fn place_for<I>(
    store: &mut Store<Host>,
    wall: Duration,
    mut make: impl FnMut(&mut Store<Host>) -> wasmtime::Result<I>,
) -> Result<I, Fault> {
    let began = Instant::now();
    loop {
        match make(store) {
            Err(error) if error.is::<PoolConcurrencyLimitError>() => {
                if began.elapsed() >= wall {
                    let waited = format!("no free sandbox within {} ms", wall.as_millis());
                    return Err(fault(FaultKind::Timeout, &waited));
                }
                thread::sleep(SLOT_WAIT);
            }
            made => return made.map_err(|error| explain(&error, store.data(), During::Start)),
        }
    }
}

/// Fuel burnt; one more than the limit when it was more than the limit.
fn burnt(store: &Store<Host>, bounds: &Bounds) -> u64 {
    bounds.spared().fuel.saturating_sub(store.get_fuel().unwrap_or_default())
}

/// What comes of an assessment that had [`Bounds::spared`]: the answer, if it took no more fuel than there was.
fn within(given: Assessment, bounds: &Bounds) -> Assessment {
    let Assessment { answer, fuel, diary } = given;
    let answer = match answer {
        // What ran out before the answer was begun had a limit of its own, and says so.
        Err(met) if met.kind == FaultKind::OutOfFuel => Err(met),
        _ if fuel > bounds.fuel => Err(out_of_fuel()),
        answer => answer,
    };
    Assessment { answer: answer.map_err(|met| with_limit(met, bounds)), fuel: fuel.min(bounds.fuel), diary }
}
