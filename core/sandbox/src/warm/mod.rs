//! Warm slots: one core instance of a policy that is kept, and put back after every evaluation.
//!
//! A fresh component instance costs more than most evaluations do. Where a component is one core module ([`shape`])
//! whose code can be made to mark what it writes ([`marks`]), an instance of that module takes its place. It may be thrown
//! away after the evaluation, too; usually it is kept. Then, after each
//! evaluation everything that could have changed is put back: the marked blocks of memory, what the host wrote for the
//! case, and every global. Nothing else can change, or the module is not taken. What did not end well, or grew, is
//! thrown away whole. Every [`VERIFY_EVERY`] evaluations the whole state is compared with that of an instance that was
//! never asked; if it ever differs, the policy gets fresh instances from then on and the log says so.

pub(crate) mod marks;
pub(crate) mod shape;
mod shim;
mod slot;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use maple_kernel::Fault;
use tracing::error;
use wasmtime::{InstancePre, Linker, Module};

use crate::{
    cell::{instance, store},
    host::Host,
    limits::{Bounds, WARM_SLOTS_MAX},
};
use marks::MARKS_BYTES;
use shape::Names;
use shim::SHIM_FUEL;
use slot::Exports;
pub(crate) use slot::{Pristine, Slot};

/// Evaluations of one slot between two comparisons of its whole state; the first is one, too.
pub const VERIFY_EVERY: u32 = 1_024;

/// The slots of one policy.
pub(crate) struct Shelf {
    pre: InstancePre<Host>,
    names: Names,
    exports: Exports,
    /// What its slots are counted by; none where slots are thrown away.
    rack: Option<Arc<Rack>>,
    state: Mutex<State>,
    /// Taken from since the rack last looked.
    used: AtomicBool,
    /// A slot was found to differ after it was put back.
    distrusted: AtomicBool,
}

#[derive(Default)]
#[expect(clippy::vec_box, reason = "a slot is large and moves from here to who asks and back for every case")]
struct State {
    idle: Vec<Box<Slot>>,
    /// What every slot is put back to.
    pristine: Option<Arc<Pristine>>,
}

impl Shelf {
    /// Links the module of a policy, which was made to mark what it writes where slots are kept: where there is a rack.
    pub(crate) fn new(
        linker: &Linker<Host>,
        module: &Module,
        names: Names,
        rack: Option<&Arc<Rack>>,
    ) -> wasmtime::Result<Arc<Self>> {
        let (pre, exports) = (linker.instantiate_pre(module)?, Exports::find(module, &names, rack.is_some())?);
        let (state, used, distrusted) = Default::default();
        let shelf = Arc::new(Self { pre, names, exports, rack: rack.cloned(), state, used, distrusted });
        if let Some(rack) = rack {
            rack.add(&shelf);
        }
        Ok(shelf)
    }

    /// True when slots are kept and put back.
    pub(crate) fn keeps(&self) -> bool {
        self.rack.is_some()
    }

    /// Bytes of memory that are the host's own in each of its slots.
    pub(crate) fn hidden_bytes(&self) -> u64 {
        if self.keeps() { MARKS_BYTES } else { 0 }
    }

    /// The code of its slots.
    pub(crate) fn module(&self) -> &Module {
        self.pre.module()
    }

    /// What the parts of the module are called.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// A slot in which nobody's case was.
    pub(crate) fn take(&self, bounds: &Bounds, keeps_diary: bool) -> Result<Box<Slot>, Fault> {
        let Some(rack) = &self.rack else {
            return self.slot(bounds, keeps_diary, None);
        };
        self.used.store(true, Ordering::Relaxed);
        let (idle, pristine) = {
            let mut state = self.state();
            (state.idle.pop().filter(|_| !self.distrusted.load(Ordering::Relaxed)), state.pristine.clone())
        };
        if let Some(slot) = idle {
            return Ok(slot);
        }
        let pristine = match pristine {
            Some(pristine) => pristine,
            None => {
                let made = Arc::new(Pristine::new(self.make(rack, bounds, keeps_diary)?));
                Arc::clone(self.state().pristine.get_or_insert(made))
            }
        };
        let mut slot = self.make(rack, bounds, keeps_diary)?;
        slot.pristine = Some(pristine);
        Ok(slot)
    }

    /// One more slot that is kept.
    fn make(&self, rack: &Arc<Rack>, bounds: &Bounds, keeps_diary: bool) -> Result<Box<Slot>, Fault> {
        rack.make_room();
        // Whoever asks may have less of these; that is looked at when it asks.
        let Bounds { memory_bytes, table_elements, .. } = Bounds::MAX;
        let bounds = &Bounds { memory_bytes, table_elements, ..*bounds };
        self.slot(bounds, keeps_diary, Some(Place::new(rack)))
    }

    fn slot(&self, bounds: &Bounds, keeps_diary: bool, place: Option<Place>) -> Result<Box<Slot>, Fault> {
        let mut store = store(self.pre.module().engine(), &bounds.spared(), self.hidden_bytes(), keeps_diary);
        store.data_mut().line_fuel = if self.names.shim { SHIM_FUEL } else { 0 };
        let instance = instance(&mut store, bounds, |store| self.pre.instantiate(store))?;
        Slot::new(store, instance, &self.exports, place).map(Box::new)
    }

    /// Makes a slot and throws it away: it proves that the code runs.
    pub(crate) fn prove(&self) -> Result<(), Fault> {
        match &self.rack {
            Some(rack) => self.make(rack, &Bounds::AHEAD, false).map(drop),
            None => self.slot(&Bounds::AHEAD, false, None).map(drop),
        }
    }

    /// Puts a slot back as it was and keeps it. One that cannot be put back, or that nobody keeps, is thrown away.
    pub(crate) fn give_back(&self, mut slot: Box<Slot>) {
        let Some(rack) = &self.rack else { return };
        if self.distrusted.load(Ordering::Relaxed) || rack.is_over() || !slot.put_back() {
            return;
        }
        if (slot.rounds == 1 || slot.rounds.is_multiple_of(VERIFY_EVERY)) && !slot.is_pristine() {
            self.distrusted.store(true, Ordering::Relaxed);
            self.clear();
            error!("A sandbox was not as it should be after it was put back; its policy gets fresh ones from now on.");
            return;
        }
        let mut state = self.state();
        // Another one may have been found to differ in the meantime; the flag is set before shelves are cleared.
        if !self.distrusted.load(Ordering::Relaxed) {
            state.idle.push(slot);
        }
    }

    /// Makes every idle slot differ in a way that putting back does not see.
    pub(crate) fn spoil(&self) {
        self.state().idle.iter_mut().for_each(|slot| slot.spoil());
    }

    /// Throws away what is idle.
    fn clear(&self) {
        let state = std::mem::take(&mut *self.state());
        drop(state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All shelves of a sandbox: together they keep at most so many slots, and never more than [`WARM_SLOTS_MAX`].
pub(crate) struct Rack {
    max: usize,
    slots: AtomicUsize,
    shelves: Mutex<VecDeque<Weak<Shelf>>>,
}

impl Rack {
    /// A rack for so many slots.
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.min(WARM_SLOTS_MAX), slots: AtomicUsize::default(), shelves: Mutex::default() }
    }

    /// True when there are more slots than are kept: those in use are not counted off.
    fn is_over(&self) -> bool {
        self.slots() > self.max
    }

    fn add(&self, shelf: &Arc<Shelf>) {
        let mut shelves = self.shelves();
        if shelves.len() >= 2 * WARM_SLOTS_MAX {
            shelves.retain(|shelf| shelf.strong_count() > 0);
        }
        shelves.push_back(Arc::downgrade(shelf));
    }

    /// Slots there are, idle or not.
    pub(crate) fn slots(&self) -> usize {
        self.slots.load(Ordering::Relaxed)
    }

    /// Clears shelves, those first that nobody took from since the last look, until there is room for one more slot.
    fn make_room(&self) {
        if self.slots() < self.max {
            return;
        }
        let mut looks = 2 * self.shelves().len();
        while self.slots() >= self.max && looks > 0 {
            looks -= 1;
            let Some(weak) = self.shelves().pop_front() else { return };
            let Some(shelf) = weak.upgrade() else { continue };
            if !shelf.used.swap(false, Ordering::Relaxed) {
                shelf.clear();
            }
            self.shelves().push_back(weak);
        }
    }

    fn shelves(&self) -> MutexGuard<'_, VecDeque<Weak<Shelf>>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One slot's place in the rack, for as long as it lives.
pub(crate) struct Place(Arc<Rack>);

impl Place {
    fn new(rack: &Arc<Rack>) -> Self {
        rack.slots.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(rack))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.slots.fetch_sub(1, Ordering::Relaxed);
    }
}
