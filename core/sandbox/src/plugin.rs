//! A loaded component, and how a policy is made of it: configured, snapshotted, compiled.

use std::sync::atomic::{AtomicUsize, Ordering};

use maple_kernel::{Calendar, Complaint, Descriptor, Fault, FaultKind, Setting, SetupError};
use wasmtime::{
    Engine, Store,
    component::{Component, Instance, Linker},
};

use crate::{
    cell::{instantiate, refill, store},
    contract::v1::{self, Lowered},
    fault::fault,
    host::Host,
    inspect::LoadError,
    limits::Bounds,
    prepared::{Code, Late, Prepared},
    snapshot::{Obstacle, instrument},
};

/// The bytes of a component that was let in.
pub(crate) struct Source {
    pub(crate) bytes: Vec<u8>,
    /// The name under which it exports the contract.
    pub(crate) export: String,
}

/// What policies are cast in: the component, linked, with doors for the snapshot where it can be snapshotted.
pub(crate) struct Mould {
    code: Code,
    obstacle: Option<Obstacle>,
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
    pub(crate) engine: Engine,
    linker: Linker<Host>,
    /// Components compiled so far.
    pub(crate) compiled: AtomicUsize,
}

impl Forge {
    pub(crate) fn new(engine: Engine) -> wasmtime::Result<Self> {
        let linker = v1::linker(&engine)?;
        Ok(Self { engine, linker, compiled: AtomicUsize::new(0) })
    }

    /// Compiles a component, with doors if it can have them.
    pub(crate) fn mould(&self, source: &Source) -> Result<Mould, LoadError> {
        let obstacle = match instrument(&source.bytes) {
            Ok(instrumented) => match self.compile(&instrumented.bytes, &source.export) {
                Ok(code) => return Ok(Mould { code, obstacle: None }),
                Err(error) => error.to_string(),
            },
            Err(obstacle) => obstacle,
        };
        Ok(Mould { code: self.compile(&source.bytes, &source.export)?, obstacle: Some(obstacle) })
    }

    /// Asks a component what it is.
    pub(crate) fn describe(&self, mould: &Mould) -> Result<Descriptor, LoadError> {
        let mut store = self.store();
        let instance = instantiate(&mould.code.pre, &mut store, Bounds::AHEAD.wall).map_err(LoadError::Describe)?;
        mould.code.check_types(&mut store, &instance).map_err(|error| misfit(&error))?;
        mould.code.describe(&mut store, &instance).map_err(LoadError::Describe)
    }

    /// Configures a policy and makes it ready.
    pub(crate) fn cast(
        &self,
        source: &Source,
        mould: &Mould,
        settings: &Setting,
        calendar: &Calendar,
        purpose: Use,
    ) -> Result<Prepared, SetupError> {
        let lowered = Lowered::new(settings, calendar).map_err(SetupError::Settings)?;
        let mut store = self.store();
        let instance = instantiate(&mould.code.pre, &mut store, Bounds::AHEAD.wall).map_err(SetupError::Fault)?;
        let configured = mould.code.configure(&mut store, &instance, &lowered).map_err(SetupError::Fault)?;
        configured.map_err(|given| SetupError::Settings(or_silent(v1::complaints(given))))?;

        let late = || Late { settings: settings.clone(), calendar: calendar.clone() };
        let burnt = Bounds::AHEAD.fuel.saturating_sub(store.get_fuel().unwrap_or_default());
        if purpose == Use::Brief && burnt <= SKETCH_FUEL_MAX {
            return sketch(mould, &mut store, &instance, late()).map_err(SetupError::Fault);
        }
        let frozen = match &mould.obstacle {
            Some(obstacle) => Err(obstacle.clone()),
            None => self.freeze(source, &mut store, instance),
        };
        match frozen {
            Ok(prepared) => Ok(prepared),
            Err(obstacle) => {
                self.defer(source, mould, &mut store, &instance, late(), obstacle).map_err(SetupError::Fault)
            }
        }
    }

    /// A policy as it comes back from the cache.
    pub(crate) fn revive(
        &self,
        source: &Source,
        component: &Component,
        descriptor: Descriptor,
        late: Option<Late>,
        obstacle: Option<Obstacle>,
    ) -> wasmtime::Result<Prepared> {
        let code = Code::link(&self.linker, component, &source.export)?;
        Ok(Prepared::new(code, descriptor, late, obstacle))
    }

    /// Writes the configured memory into the component. The descriptor is asked of the result: it proves that it runs.
    fn freeze(&self, source: &Source, store: &mut Store<Host>, instance: Instance) -> Result<Prepared, Obstacle> {
        let snapshot = instrument(&source.bytes)?.snapshot(store, instance)?;
        let code = self.compile(&snapshot, &source.export).map_err(|error| error.to_string())?;
        let mut store = self.store();
        let told = |fault: Fault| format!("{}: {}", fault.kind.as_str(), fault.detail);
        let instance = instantiate(&code.pre, &mut store, Bounds::AHEAD.wall).map_err(told)?;
        let descriptor = code.describe(&mut store, &instance).map_err(told)?;
        Ok(Prepared::new(code, descriptor, None, None))
    }

    /// Leaves the component as it is, to be configured at the start of every evaluation.
    fn defer(
        &self,
        source: &Source,
        mould: &Mould,
        store: &mut Store<Host>,
        instance: &Instance,
        late: Late,
        obstacle: Obstacle,
    ) -> Result<Prepared, Fault> {
        refill(store, &Bounds::AHEAD);
        let descriptor = mould.code.describe(store, instance)?;
        let code = if mould.obstacle.is_some() {
            mould.code.clone()
        } else {
            let plain = self.compile(&source.bytes, &source.export);
            plain.map_err(|error| fault(FaultKind::Trap, &error.to_string()))?
        };
        Ok(Prepared::new(code, descriptor, Some(late), Some(obstacle)))
    }

    fn compile(&self, bytes: &[u8], export: &str) -> Result<Code, LoadError> {
        self.compiled.fetch_add(1, Ordering::Relaxed);
        let malformed = |error: wasmtime::Error| LoadError::Malformed { detail: error.root_cause().to_string() };
        let component = Component::new(&self.engine, bytes).map_err(malformed)?;
        Code::link(&self.linker, &component, export).map_err(|error| misfit(&error))
    }

    fn store(&self) -> Store<Host> {
        store(&self.engine, &Bounds::AHEAD, true)
    }
}

/// Leaves the mould as it is, to be configured at the start of every evaluation.
fn sketch(mould: &Mould, store: &mut Store<Host>, instance: &Instance, late: Late) -> Result<Prepared, Fault> {
    refill(store, &Bounds::AHEAD);
    let descriptor = mould.code.describe(store, instance)?;
    let obstacle = "it was made for a few cases".into();
    Ok(Prepared::new(mould.code.clone(), descriptor, Some(late), Some(obstacle)).sketched())
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
