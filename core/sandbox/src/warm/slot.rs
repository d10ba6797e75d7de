//! One instance of a policy's module: asked, put back, compared.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use maple_kernel::{Assessment, CaseFile, Fault, FaultKind};
use wasmtime::{
    Extern, Global, Instance, Memory, Module, ModuleExport, Store, TypedFunc, Val, WasmParams, WasmResults,
};

use super::{
    Place,
    marks::{BLOCK_BYTES, GLOBAL, MARKS, STORE_BYTES_MAX},
    shape::Names,
};
use crate::{
    cell::refill,
    contract::v1::{self, Room, Unread},
    fault::{During, explain, fault},
    host::{Excess, Host, too_many_elements},
    limits::{Bounds, RESTORED_BYTES_MAX},
};

type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// One instance, kept or not.
pub(crate) struct Slot {
    store: Store<Host>,
    memory: Memory,
    /// Where it is marked what was written, if that is put back.
    marks: Option<Memory>,
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
    place: Option<Place>,
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
    /// A slot of an instance whose exports these are. One that has no place is thrown away after its case.
    pub(super) fn new(
        mut store: Store<Host>,
        instance: Instance,
        exports: &Exports,
        place: Option<Place>,
    ) -> Result<Self, Fault> {
        let found = exports.of(&instance, &mut store);
        let parts = found.map_err(|error| explain(&error, store.data(), During::Start))?;
        store.data_mut().memory = Some(parts.memory);
        let kept = place.is_some();
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
            place,
        };
        // What a start function wrote, and what `configure` wrote before the snapshot, is how it begins.
        if kept && !slot.collect() {
            return Err(fault(FaultKind::OutOfMemory, "its memory is larger than there are marks for"));
        }
        slot.written = Vec::new();
        Ok(slot)
    }

    /// Answers one case.
    pub(crate) fn assess(&mut self, file: &CaseFile<'_>, bounds: &Bounds, for_author: bool) -> Assessment {
        self.sound = false;
        self.rounds = self.rounds.wrapping_add(1);
        if self.place.is_some() {
            refill(&mut self.store, bounds);
        } else {
            // Its clock runs since it was made, or since it waited for its place.
            let _ = self.store.set_fuel(bounds.fuel);
        }
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

    /// Fills up what an evaluation uses up; for measuring one that is used again.
    pub(crate) fn refill(&mut self, bounds: &Bounds) {
        refill(&mut self.store, bounds);
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
        let Some(marks) = self.marks else { return false };
        let Some(marks) = marks.data_mut(&mut self.store).get_mut(..blocks) else { return false };
        collect(marks, &mut self.written);
        true
    }

    /// True when it cannot be told from one that was never asked.
    pub(super) fn is_pristine(&mut self) -> bool {
        let Some(pristine) = self.pristine.clone() else { return false };
        self.memory.data(&self.store) == pristine.memory()
            && self.marks.is_some_and(|marks| marks.data(&self.store).iter().all(|mark| *mark == 0))
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
        let Some(marks) = self.marks else { return };
        let blocks = at / BLOCK_BYTES..=(at + last) / BLOCK_BYTES;
        // There are marks for the largest memory that a guest may have; `collect` looks at that.
        if let Some(marks) = marks.data_mut(&mut self.store).get_mut(blocks) {
            marks.fill(1);
        }
    }
}

/// Where in a module is what a slot needs of its instances.
pub(super) struct Exports {
    memory: ModuleExport,
    /// The memory of marks, where they are kept.
    marks: Option<ModuleExport>,
    /// Every global that changes, where they are put back.
    globals: Vec<ModuleExport>,
    realloc: ModuleExport,
    assess: ModuleExport,
    post_return: Option<ModuleExport>,
    /// True once the types of the functions were compared in this very code.
    compared: AtomicBool,
}

/// What a slot needs of its instance.
struct Parts {
    memory: Memory,
    marks: Option<Memory>,
    globals: Vec<(Global, Val)>,
    realloc: Realloc,
    assess: TypedFunc<u32, u32>,
    post_return: Option<TypedFunc<u32, ()>>,
}

impl Exports {
    /// Finds them by their names; `kept` says that instances are put back.
    pub(super) fn find(module: &Module, names: &Names, kept: bool) -> wasmtime::Result<Self> {
        let find = |name: &str| {
            module.get_export_index(name).ok_or_else(|| wasmtime::Error::msg(format!("no export `{name}`")))
        };
        let globals = module.exports().map(|export| export.name()).filter(|name| kept && name.starts_with(GLOBAL));
        Ok(Self {
            memory: find(&names.memory)?,
            marks: kept.then(|| find(MARKS)).transpose()?,
            globals: globals.map(find).collect::<Result<_, _>>()?,
            realloc: find(&names.realloc)?,
            assess: find(&names.assess)?,
            post_return: names.post_return.as_deref().map(find).transpose()?,
            compared: AtomicBool::new(false),
        })
    }

    fn of(&self, instance: &Instance, store: &mut Store<Host>) -> wasmtime::Result<Parts> {
        let globals = self.globals.iter().filter_map(|at| instance.get_module_export(&mut *store, at)?.into_global());
        let globals: Vec<Global> = globals.collect();
        let parts = Parts {
            memory: memory(instance, store, &self.memory)?,
            marks: self.marks.as_ref().map(|at| memory(instance, store, at)).transpose()?,
            globals: globals.into_iter().map(|global| (global, global.get(&mut *store))).collect(),
            realloc: self.function(instance, store, &self.realloc)?,
            assess: self.function(instance, store, &self.assess)?,
            post_return: self.post_return.as_ref().map(|at| self.function(instance, store, at)).transpose()?,
        };
        self.compared.store(true, Ordering::Relaxed);
        Ok(parts)
    }

    /// A function of an instance. Its type is looked at once and not for every case: all instances are of the same code.
    #[expect(unsafe_code, reason = "the type was compared before `compared` was set, and code never changes")]
    fn function<P, R>(
        &self,
        instance: &Instance,
        store: &mut Store<Host>,
        at: &ModuleExport,
    ) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: WasmParams,
        R: WasmResults,
    {
        let found = instance.get_module_export(&mut *store, at).and_then(Extern::into_func);
        let function = found.ok_or_else(|| wasmtime::Error::msg("an export is not a function"))?;
        if self.compared.load(Ordering::Relaxed) {
            // SAFETY: `typed` found this export of this module to be of this type: each has the same type at every call.
            return Ok(unsafe { TypedFunc::new_unchecked(&*store, function) });
        }
        function.typed(&*store)
    }
}

fn memory(instance: &Instance, store: &mut Store<Host>, at: &ModuleExport) -> wasmtime::Result<Memory> {
    let found = instance.get_module_export(&mut *store, at).and_then(Extern::into_memory);
    found.ok_or_else(|| wasmtime::Error::msg("an export is not a memory"))
}
