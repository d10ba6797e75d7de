//! A loaded component, and how a policy is made of it: configured, snapshotted, compiled.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use maple_kernel::{Calendar, Complaint, Descriptor, Fault, FaultKind, Setting, SetupError};
use wasmtime::{
    Module, Store,
    component::{Component, Instance, Linker},
};

use crate::{
    cell::{instantiate, refill, store},
    contract::v1::{self, Lowered},
    engine::{Engines, NARROW_SLOTS_PER_EVALUATION, SLOTS_PER_EVALUATION, Ticker, slots},
    fault::fault,
    functions::Functions,
    host::Host,
    inspect::{LoadError, Made},
    limits::Bounds,
    prepared::{Code, Kind, Late, Prepared, Runs},
    snapshot::{Obstacle, instrument},
    warm::{
        Rack, Shelf,
        marks::{self, Marks},
        shape::{Names, Shape, Unfit},
    },
};

/// The bytes of a component that was let in.
pub(crate) struct Source {
    pub(crate) bytes: Vec<u8>,
    /// The name under which it exports the contract.
    pub(crate) export: String,
    /// What one instance of it is made of.
    pub(crate) made: Made,
}

/// What policies are cast in: the component, linked, with doors for the snapshot where it can be snapshotted.
pub(crate) struct Mould {
    code: Code,
    obstacle: Option<Obstacle>,
    /// The component that marks what it writes, or why there is none.
    marked: Result<Vec<u8>, String>,
    marks: Marks,
}

impl Mould {
    fn bytes<'a>(&'a self, source: &'a Source) -> &'a [u8] {
        self.marked.as_ref().map_or(&source.bytes, Vec::as_slice)
    }

    fn kind(&self) -> Kind {
        let unfit = self.marked.as_ref().err().cloned();
        Kind { hidden_bytes: if unfit.is_none() { self.marks.bytes() } else { 0 }, unfit }
    }
}

/// For how long a policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// To answer again and again.
    Lasting,
    /// To answer a few cases.
    Brief,
}

/// The fuel of a `configure` that may be repeated for every case, in place of a snapshot: milliseconds.
const SKETCH_FUEL_MAX: u64 = 20_000_000;

/// Where guests are compiled, linked and configured. Nothing here sees a case, so diaries are always read: they hold
/// the message of a panic in `configure`.
pub(crate) struct Forge {
    /// Where everything is compiled and configured, and where policies run that set no smaller stack.
    ground: Arc<Ground>,
    /// Where those run that do, by its bytes.
    narrow: Mutex<BTreeMap<usize, Arc<Ground>>>,
    functions: Arc<Functions>,
    concurrency: usize,
    rack: Arc<Rack>,
    isolation: Isolation,
    ticker: Ticker,
    /// Components and modules compiled so far.
    pub(crate) compiled: AtomicUsize,
}

/// Where code runs on a stack of one size: engines, and what it is linked to. All compile alike.
pub(crate) struct Ground {
    pub(crate) engines: Engines,
    linker: Linker<Host>,
    module_linker: wasmtime::Linker<Host>,
    stack_bytes: usize,
}

impl Ground {
    fn new(slots: u32, isolation: Isolation, stack_bytes: usize, functions: &Arc<Functions>) -> wasmtime::Result<Self> {
        let engines = Engines::new(slots, isolation == Isolation::Warm, stack_bytes, functions)?;
        let (linker, module_linker) = (v1::linker(&engines.components)?, v1::module_linker(&engines.modules)?);
        Ok(Self { engines, linker, module_linker, stack_bytes })
    }
}

/// How one evaluation is kept apart from the next. Whichever it is, a case has the same answer for the same fuel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// In an instance that is kept and put back, where the component allows it.
    #[default]
    Warm,
    /// Always in an instance of its own, which is thrown away: of the component's module where it allows that.
    Fresh,
    /// Always in an instance of its own of the component as it is, with the engine's own way in and out: what the others are
    /// compared with.
    Component,
}

/// Compiled code as it comes back from the cache.
pub(crate) enum Kept {
    /// A component.
    Component(Component),
    /// The module of one, and what its parts are called.
    Module(Module, Names),
}

impl Forge {
    /// A forge for so many evaluations at a time; policies that set no smaller stack have one of `stack_bytes`.
    pub(crate) fn new(
        concurrency: usize,
        stack_bytes: usize,
        isolation: Isolation,
        warm_slots: usize,
        ticker: Ticker,
    ) -> wasmtime::Result<Self> {
        let functions = Arc::new(Functions::default());
        let slots = slots(concurrency, SLOTS_PER_EVALUATION);
        let ground = Arc::new(Ground::new(slots, isolation, stack_bytes, &functions)?);
        ticker.watch(&ground.engines);
        let (rack, narrow, compiled) = (Arc::new(Rack::new(warm_slots)), Mutex::default(), AtomicUsize::new(0));
        Ok(Self { ground, narrow, functions, concurrency, rack, isolation, ticker, compiled })
    }

    /// Where everything is compiled.
    pub(crate) fn engines(&self) -> &Engines {
        &self.ground.engines
    }

    /// Where a policy runs that has a stack of so many bytes; made when it is first asked for.
    pub(crate) fn ground(&self, stack_bytes: usize) -> wasmtime::Result<Arc<Ground>> {
        if stack_bytes == self.ground.stack_bytes {
            return Ok(Arc::clone(&self.ground));
        }
        let mut narrow = self.narrow.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ground) = narrow.get(&stack_bytes) {
            return Ok(Arc::clone(ground));
        }
        let slots = slots(self.concurrency, NARROW_SLOTS_PER_EVALUATION);
        let ground = Arc::new(Ground::new(slots, self.isolation, stack_bytes, &self.functions)?);
        self.ticker.watch(&ground.engines);
        narrow.insert(stack_bytes, Arc::clone(&ground));
        Ok(ground)
    }

    /// Compiles a component, with marks and doors if it can have them. Marks come first, and however it runs then, so
    /// that it burns the same fuel.
    pub(crate) fn mould(&self, source: &Source) -> Result<Mould, LoadError> {
        let marks = self.marks();
        let marked =
            Shape::read(&source.bytes, &source.export).and_then(|shape| marks::mark(&source.bytes, &shape, marks));
        let doors = |bytes: &[u8]| match instrument(bytes) {
            Ok(instrumented) => {
                self.compile(&self.ground, &instrumented.bytes, &source.export).map_err(|error| error.to_string())
            }
            Err(obstacle) => Err(obstacle),
        };
        let unfit = match marked {
            Ok(bytes) => match doors(&bytes) {
                Ok(code) => return Ok(Mould { code, obstacle: None, marked: Ok(bytes), marks }),
                Err(obstacle) => obstacle,
            },
            Err(unfit) => unfit.to_owned(),
        };
        Ok(match doors(&source.bytes) {
            Ok(code) => Mould { code, obstacle: None, marked: Err(unfit), marks },
            Err(obstacle) => {
                let code = self.compile(&self.ground, &source.bytes, &source.export)?;
                Mould { code, obstacle: Some(obstacle), marked: Err(unfit), marks }
            }
        })
    }

    /// Asks a component what it is.
    pub(crate) fn describe(&self, mould: &Mould) -> Result<Descriptor, LoadError> {
        let mut store = self.store(mould.kind().hidden_bytes);
        let instance = instantiate(&mould.code.pre, &mut store, &Bounds::AHEAD).map_err(LoadError::Describe)?;
        mould.code.check_types(&mut store, &instance).map_err(|error| misfit(&error))?;
        mould.code.describe(&mut store, &instance).map_err(LoadError::Describe)
    }

    /// Configures a policy and makes it ready to run on `ground`.
    pub(crate) fn cast(
        &self,
        source: &Source,
        mould: &Mould,
        ground: &Ground,
        (settings, calendar): (&Setting, &Calendar),
        purpose: Use,
    ) -> Result<Prepared, SetupError> {
        let lowered = Lowered::new(settings, calendar).map_err(SetupError::Settings)?;
        let mut store = self.store(mould.kind().hidden_bytes);
        let instance = instantiate(&mould.code.pre, &mut store, &Bounds::AHEAD).map_err(SetupError::Fault)?;
        let configured =
            mould.code.configure(&mut store, &instance, &lowered, &Bounds::AHEAD).map_err(SetupError::Fault)?;
        configured.map_err(|given| SetupError::Settings(or_silent(v1::complaints(given))))?;

        let late = || Late { settings: settings.clone(), calendar: calendar.clone() };
        let burnt = Bounds::AHEAD.spared().fuel.saturating_sub(store.get_fuel().unwrap_or_default());
        if purpose == Use::Brief && burnt <= SKETCH_FUEL_MAX && ground.stack_bytes == self.ground.stack_bytes {
            return sketch(mould, &mut store, &instance, late()).map_err(SetupError::Fault);
        }
        let frozen = match &mould.obstacle {
            Some(obstacle) => Err(obstacle.clone()),
            None => self.freeze(source, mould, ground, &mut store, instance),
        };
        match frozen {
            Ok(prepared) => Ok(prepared),
            Err(obstacle) => {
                self.defer(source, mould, ground, (&mut store, &instance), late(), obstacle).map_err(SetupError::Fault)
            }
        }
    }

    /// A policy as it comes back from the cache.
    pub(crate) fn revive(
        &self,
        source: &Source,
        ground: &Ground,
        kept: Kept,
        (descriptor, late): (Descriptor, Option<Late>),
        obstacle: Option<Obstacle>,
        kind: Kind,
    ) -> wasmtime::Result<Prepared> {
        match kept {
            Kept::Module(module, names) => Ok(Prepared::of_module(self.shelf(ground, &module, names)?, descriptor)),
            Kept::Component(component) => {
                let code = Code::link(&ground.linker, &component, &source.export)?;
                Ok(Prepared::of_component(code, (descriptor, late), obstacle, kind))
            }
        }
    }

    /// What nobody reads is not written.
    fn marks(&self) -> Marks {
        match self.isolation {
            Isolation::Warm => Marks::Kept,
            Isolation::Fresh | Isolation::Component => Marks::Blank,
        }
    }

    /// What policies are kept for: code for one way of running is of no use for the other.
    pub(crate) fn purpose(&self) -> &'static str {
        match self.isolation {
            Isolation::Warm => "policy",
            Isolation::Fresh => "thrown module",
            Isolation::Component => "thrown component",
        }
    }

    /// Slots that are kept, of all policies together.
    pub(crate) fn slots(&self) -> usize {
        self.rack.slots()
    }

    /// Writes the configured memory into the component. One instance of the result is made: it proves that it runs.
    fn freeze(
        &self,
        source: &Source,
        mould: &Mould,
        ground: &Ground,
        store: &mut Store<Host>,
        instance: Instance,
    ) -> Result<Prepared, Obstacle> {
        let snapshot = instrument(mould.bytes(source))?.snapshot(store, instance)?;
        let mut kind = mould.kind();
        if self.isolation != Isolation::Component && kind.unfit.is_none() {
            match self.shelve(ground, &snapshot, &source.export) {
                Ok(shelf) => {
                    let descriptor = Self::described(mould, store, &instance)?;
                    return Ok(Prepared::of_module(shelf, descriptor));
                }
                Err(unfit) => kind.unfit = Some(unfit),
            }
        }
        let code = self.compile(ground, &snapshot, &source.export).map_err(|error| error.to_string())?;
        let mut proof = store_on(ground, mould.kind().hidden_bytes);
        instantiate(&code.pre, &mut proof, &Bounds::AHEAD).map_err(told)?;
        let descriptor = Self::described(mould, store, &instance)?;
        Ok(Prepared::of_component(code, (descriptor, None), None, kind))
    }

    /// What the configured instance says of itself, whatever stack the policy is given.
    fn described(mould: &Mould, store: &mut Store<Host>, instance: &Instance) -> Result<Descriptor, Obstacle> {
        refill(store, &Bounds::AHEAD.spared());
        store.set_hostcall_fuel(usize::try_from(Bounds::AHEAD.answer_bytes).unwrap_or(usize::MAX));
        mould.code.describe(store, instance).map_err(told)
    }

    /// Where instances of a module come from.
    fn shelf(&self, ground: &Ground, module: &Module, names: Names) -> wasmtime::Result<Arc<Shelf>> {
        let rack = (self.isolation == Isolation::Warm).then_some(&self.rack);
        Shelf::new(&ground.module_linker, module, names, rack)
    }

    /// Takes the configured module out of its component, to be run without it.
    fn shelve(&self, ground: &Ground, snapshot: &[u8], export: &str) -> Result<Arc<Shelf>, String> {
        let Shape { module, names } = Shape::read(snapshot, export)?;
        let bytes = snapshot.get(module).ok_or::<Unfit>("its module is not where it should be")?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        let module = Module::new(&ground.engines.modules, bytes).map_err(|error| error.root_cause().to_string())?;
        let shelf = self.shelf(ground, &module, names).map_err(|error| error.root_cause().to_string())?;
        shelf.prove().map_err(told)?;
        Ok(shelf)
    }

    /// Leaves the component as it is, to be configured at the start of every evaluation.
    fn defer(
        &self,
        source: &Source,
        mould: &Mould,
        ground: &Ground,
        (store, instance): (&mut Store<Host>, &Instance),
        late: Late,
        obstacle: Obstacle,
    ) -> Result<Prepared, Fault> {
        refill(store, &Bounds::AHEAD.spared());
        let descriptor = mould.code.describe(store, instance)?;
        let code = if mould.obstacle.is_some() && ground.stack_bytes == self.ground.stack_bytes {
            mould.code.clone()
        } else {
            let plain = self.compile(ground, mould.bytes(source), &source.export);
            plain.map_err(|error| fault(FaultKind::Trap, &error.to_string()))?
        };
        let prepared = Prepared::of_component(code, (descriptor, Some(late)), Some(obstacle), mould.kind());
        if ground.stack_bytes != self.ground.stack_bytes
            && let Runs::Component(code) = prepared.runs()
        {
            // It took its settings on the usual stack; each case will begin with taking them on this one.
            prepared.start(code, &mut store_on(ground, prepared.kind.hidden_bytes), &Bounds::AHEAD)?;
        }
        Ok(prepared)
    }

    fn compile(&self, ground: &Ground, bytes: &[u8], export: &str) -> Result<Code, LoadError> {
        self.compiled.fetch_add(1, Ordering::Relaxed);
        // It was found valid at the front door: what the engine refuses is more than it makes room for.
        let refused = |error: wasmtime::Error| LoadError::Shape {
            detail: format!("does not fit into a sandbox: {}", error.root_cause()),
        };
        let component = Component::new(&ground.engines.components, bytes).map_err(refused)?;
        Code::link(&ground.linker, &component, export).map_err(|error| misfit(&error))
    }

    fn store(&self, hidden: u64) -> Store<Host> {
        store_on(&self.ground, hidden)
    }
}

fn store_on(ground: &Ground, hidden: u64) -> Store<Host> {
    store(&ground.engines.components, &Bounds::AHEAD.spared(), hidden, true)
}

fn told(fault: Fault) -> String {
    format!("{}: {}", fault.kind.as_str(), fault.detail)
}

/// Leaves the mould as it is, to be configured at the start of every evaluation.
fn sketch(mould: &Mould, store: &mut Store<Host>, instance: &Instance, late: Late) -> Result<Prepared, Fault> {
    refill(store, &Bounds::AHEAD.spared());
    let descriptor = mould.code.describe(store, instance)?;
    let obstacle: Obstacle = "it was made for a few cases".into();
    let code = mould.code.clone();
    Ok(Prepared::of_component(code, (descriptor, Some(late)), Some(obstacle), mould.kind()).sketched())
}

fn misfit(error: &wasmtime::Error) -> LoadError {
    LoadError::Contract { detail: error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ") }
}

/// A refusal without a reason still needs words.
fn or_silent(mut complaints: Vec<Complaint>) -> Vec<Complaint> {
    if complaints.is_empty() {
        let message = "the plugin refuses its settings and does not say why".into();
        complaints.push(Complaint { path: String::new(), message, advice: None });
    }
    complaints
}
