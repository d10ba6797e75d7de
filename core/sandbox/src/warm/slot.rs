//! One instance that is kept: asked, put back, compared.

use std::sync::Arc;

use maple_kernel::{Assessment, CaseFile, Fault, FaultKind};
use wasmtime::{Extern, Global, Instance, InstancePre, Memory, Store, TypedFunc, Val};

use super::{
    Place,
    marks::{BLOCK_BYTES, GLOBAL, MARKS, MARKS_BYTES, STORE_BYTES_MAX},
    shape::Names,
    shim::SHIM_FUEL,
};
use crate::{
    cell::{place_for, refill, store},
    contract::v1::{self, Room, Unread},
    fault::{During, explain, fault},
    host::{Excess, Host, too_many_elements},
    limits::{Bounds, RESTORED_BYTES_MAX},
};

type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// One kept instance.
pub(crate) struct Slot {
    store: Store<Host>,
    memory: Memory,
    marks: Memory,
    /// Every global that changes, and how it began.
    globals: Vec<(Global, Val)>,
    realloc: Realloc,
    assess: TypedFunc<u32, u32>,
    post_return: Option<TypedFunc<u32, ()>>,
    /// Room for the numbers of the blocks that are marked.
    written: Vec<usize>,
    /// Nothing went wrong since it was put back.
    sound: bool,
    /// Evaluations so far.
    pub(super) rounds: u32,
    pub(super) pristine: Option<Arc<Pristine>>,
    _place: Place,
}

/// An instance that is never asked: what every other is put back to. Its memory is the compiled file's own pages, so
/// it takes next to none itself.
pub(crate) struct Pristine(Box<Slot>);

impl Pristine {
    pub(super) fn new(slot: Box<Slot>) -> Self {
        Self(slot)
    }

    fn memory(&self) -> &[u8] {
        self.0.memory.data(&self.0.store)
    }
}

impl Slot {
    pub(super) fn new(
        pre: &InstancePre<Host>,
        names: &Names,
        bounds: &Bounds,
        keeps_diary: bool,
        place: Place,
    ) -> Result<Self, Fault> {
        let mut store = store(pre.module().engine(), bounds, MARKS_BYTES, keeps_diary);
        let instance = place_for(&mut store, bounds.wall, |store| pre.instantiate(store))?;
        let found = Parts::find(&instance, &mut store, names);
        let parts = found.map_err(|error| explain(&error, store.data(), During::Start))?;
        store.data_mut().memory = Some(parts.memory);
        store.data_mut().line_fuel = if names.shim { SHIM_FUEL } else { 0 };
        let mut slot = Self {
            store,
            memory: parts.memory,
            marks: parts.marks,
            globals: parts.globals,
            realloc: parts.realloc,
            assess: parts.assess,
            post_return: parts.post_return,
            written: Vec::new(),
            sound: true,
            rounds: 0,
            pristine: None,
            _place: place,
        };
        // What a start function wrote, and what `configure` wrote before the snapshot, is how it begins.
        if !slot.collect() {
            return Err(fault(FaultKind::OutOfMemory, "its memory is larger than there are marks for"));
        }
        slot.written = Vec::new();
        Ok(slot)
    }

    /// Answers one case.
    pub(crate) fn assess(&mut self, file: &CaseFile<'_>, bounds: &Bounds, for_author: bool) -> Assessment {
        self.sound = false;
        self.rounds = self.rounds.wrapping_add(1);
        refill(&mut self.store, bounds);
        let answer = match self.store.data_mut().hold_to(bounds) {
            Ok(()) => self.ask(file, bounds, for_author),
            Err(excess) => {
                // Nothing of the guest ran.
                self.sound = true;
                let detail = match excess {
                    Excess::Memory => {
                        let pages = self.memory.size(&self.store);
                        format!("memory minimum size of {pages} pages exceeds memory limits")
                    }
                    Excess::Table(elements) => too_many_elements(elements, bounds.table_elements),
                };
                Err(fault(FaultKind::OutOfMemory, &detail))
            }
        };
        let fuel = bounds.fuel.saturating_sub(self.store.get_fuel().unwrap_or_default());
        Assessment { answer, fuel, diary: self.store.data_mut().take_diary() }
    }

    fn ask(
        &mut self,
        file: &CaseFile<'_>,
        bounds: &Bounds,
        for_author: bool,
    ) -> Result<Vec<maple_kernel::Finding>, Fault> {
        match self.try_ask(file, bounds, for_author) {
            Ok(read) => {
                // The guest returned, and so did its clean-up: whatever the answer is worth, this can be put back.
                self.sound = true;
                read
            }
            Err(error) => Err(explain(&error, self.store.data(), During::Call)),
        }
    }

    fn try_ask(
        &mut self,
        file: &CaseFile<'_>,
        bounds: &Bounds,
        for_author: bool,
    ) -> wasmtime::Result<Result<Vec<maple_kernel::Finding>, Fault>> {
        // While the host writes and while the guest cleans up, it may not ask for anything.
        self.store.data_mut().may_leave = false;
        let at = v1::lower(file, self)?;
        self.store.data_mut().may_leave = true;
        let at = self.assess.call(&mut self.store, at)?;
        let read = match v1::lift(self.memory.data(&self.store), at, bounds, for_author) {
            Ok(findings) => Ok(findings),
            Err(Unread::Fault(fault)) => Err(fault),
            Err(Unread::Abi(why)) => return Err(wasmtime::Error::msg(why)),
        };
        if let Some(post_return) = &self.post_return {
            self.store.data_mut().may_leave = false;
            post_return.call(&mut self.store, at)?;
        }
        self.store.data_mut().may_leave = true;
        Ok(read)
    }

    /// The most linear memory that the guest had.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.store.data().memory_bytes()
    }

    /// Puts back everything that may have changed; false when it cannot be.
    pub(super) fn put_back(&mut self) -> bool {
        let Some(pristine) = self.pristine.clone() else { return false };
        let image = pristine.memory();
        if !self.sound || self.memory.data_size(&self.store) != image.len() {
            return false;
        }
        if !self.collect() || self.written.len() > RESTORED_BYTES_MAX / BLOCK_BYTES {
            return false;
        }
        let memory = self.memory.data_mut(&mut self.store);
        for run in self.written.chunk_by(|block, next| block + 1 == *next) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let end = ((last + 1) * BLOCK_BYTES + STORE_BYTES_MAX).min(image.len());
            let run = first * BLOCK_BYTES..end;
            let (Some(now), Some(then)) = (memory.get_mut(run.clone()), image.get(run)) else { return false };
            now.copy_from_slice(then);
        }
        self.written.clear();
        self.globals.iter().all(|(global, value)| global.set(&mut self.store, *value).is_ok())
    }

    /// Changes its memory behind the back of its marks.
    pub(super) fn spoil(&mut self) {
        if let Some(last) = self.memory.data_mut(&mut self.store).last_mut() {
            *last ^= 1;
        }
    }

    /// Takes the numbers of the blocks that are marked, and the marks off; false when there are not marks for all.
    fn collect(&mut self) -> bool {
        let blocks = self.memory.data_size(&self.store).div_ceil(BLOCK_BYTES);
        self.written.clear();
        let Some(marks) = self.marks.data_mut(&mut self.store).get_mut(..blocks) else { return false };
        collect(marks, &mut self.written);
        true
    }

    /// True when it cannot be told from one that was never asked.
    pub(super) fn is_pristine(&mut self) -> bool {
        let Some(pristine) = self.pristine.clone() else { return false };
        self.memory.data(&self.store) == pristine.memory()
            && self.marks.data(&self.store).iter().all(|mark| *mark == 0)
            && self.globals.iter().all(|(global, value)| same(global.get(&mut self.store), *value))
    }
}

/// Marks that are looked at in one step; most steps find none.
const STEP: usize = 64;

/// Takes the numbers of the blocks that are marked, in their order, and the marks off.
fn collect(marks: &mut [u8], into: &mut Vec<usize>) {
    for (at, step) in (0..).step_by(STEP).zip(marks.chunks_mut(STEP)) {
        if any(step) {
            into.extend(step.iter().enumerate().filter(|(_, mark)| **mark != 0).map(|(bit, _)| at + bit));
            step.fill(0);
        }
    }
}

/// True when a byte is not zero; without a branch for each, so that many are looked at at once.
fn any(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |any, byte| any | byte) != 0
}

fn same(a: Val, b: Val) -> bool {
    match (a, b) {
        (Val::I32(a), Val::I32(b)) => a == b,
        (Val::I64(a), Val::I64(b)) => a == b,
        (Val::F32(a), Val::F32(b)) => a == b,
        (Val::F64(a), Val::F64(b)) => a == b,
        (Val::V128(a), Val::V128(b)) => a == b,
        _ => false,
    }
}

impl Room for Slot {
    fn get(&mut self, size: u32, align: u32) -> wasmtime::Result<u32> {
        let at = self.realloc.call(&mut self.store, (0, 0, align, size))?;
        if !at.is_multiple_of(align) {
            return Err(wasmtime::Error::msg("realloc return: result not aligned"));
        }
        let end = (at as usize).checked_add(size as usize);
        if end.is_none_or(|end| end > self.memory.data_size(&self.store)) {
            return Err(wasmtime::Error::msg("realloc return: beyond end of memory"));
        }
        Ok(at)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        let (at, Some(last)) = (at as usize, bytes.len().checked_sub(1)) else { return };
        if let Some(to) = self.memory.data_mut(&mut self.store).get_mut(at..=at + last) {
            to.copy_from_slice(bytes);
        }
        let blocks = at / BLOCK_BYTES..=(at + last) / BLOCK_BYTES;
        // There are marks for the largest memory that a guest may have; `collect` looks at that.
        if let Some(marks) = self.marks.data_mut(&mut self.store).get_mut(blocks) {
            marks.fill(1);
        }
    }
}

/// What a slot needs of its instance.
struct Parts {
    memory: Memory,
    marks: Memory,
    globals: Vec<(Global, Val)>,
    realloc: Realloc,
    assess: TypedFunc<u32, u32>,
    post_return: Option<TypedFunc<u32, ()>>,
}

impl Parts {
    fn find(instance: &Instance, store: &mut Store<Host>, names: &Names) -> wasmtime::Result<Self> {
        let missing = |name: &str| wasmtime::Error::msg(format!("no memory `{name}`"));
        let memory = instance.get_memory(&mut *store, &names.memory).ok_or_else(|| missing(&names.memory))?;
        let marks = instance.get_memory(&mut *store, MARKS).ok_or_else(|| missing(MARKS))?;
        let exports = instance.exports(&mut *store);
        let globals = exports.filter(|export| export.name().starts_with(GLOBAL)).map(wasmtime::Export::into_extern);
        let globals: Vec<Global> = globals.filter_map(Extern::into_global).collect();
        let globals = globals.into_iter().map(|global| (global, global.get(&mut *store))).collect();
        let realloc = instance.get_typed_func(&mut *store, &names.realloc)?;
        let assess = instance.get_typed_func(&mut *store, &names.assess)?;
        let post_return =
            names.post_return.as_ref().map(|name| instance.get_typed_func(&mut *store, name)).transpose()?;
        Ok(Self { memory, marks, globals, realloc, assess, post_return })
    }
}
