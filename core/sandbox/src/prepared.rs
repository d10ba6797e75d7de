//! A policy compiled and configured, ready to be given a sandbox as often as wanted.

use maple_kernel::{Calendar, Descriptor, Fault, FaultKind, Setting};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};
use wasmtime::{
    Engine, Store,
    component::{Component, ComponentExportIndex, Instance, InstancePre, Linker, TypedFunc},
};

use crate::{
    cell::{instantiate, refill},
    contract::v1::{self, Lowered, types},
    fault::{During, explain, fault, out_of_fuel, with_limit},
    host::Host,
    limits::Bounds,
    snapshot::Obstacle,
    warm::Shelf,
};

/// Where the functions of the contract are in one component.
#[derive(Clone, Copy)]
struct Exports {
    configure: ComponentExportIndex,
    describe: ComponentExportIndex,
    assess: ComponentExportIndex,
}

/// Code that is linked and whose exports are known.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) pre: InstancePre<Host>,
    exports: Exports,
}

/// Settings and calendar that every evaluation is configured with, where a snapshot is impossible.
pub(crate) struct Late {
    pub(crate) settings: Setting,
    pub(crate) calendar: Calendar,
}

/// Of what kind its code is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kind {
    /// Bytes of memory that are the host's own: code that marks what it writes has some.
    pub(crate) hidden_bytes: u64,
    /// Why it cannot be kept from one evaluation to the next, if it cannot.
    pub(crate) unfit: Option<String>,
}

/// How a policy runs.
pub(crate) enum Runs {
    /// In instances of the component.
    Component(Code),
    /// In instances of its one module, kept or not.
    Module(Arc<Shelf>),
}

/// One configured policy, shared by all that have the same plugin, settings and calendar.
pub(crate) struct Prepared {
    runs: Runs,
    late: Option<Late>,
    pub(crate) kind: Kind,
    pub(crate) descriptor: Descriptor,
    /// Why every evaluation configures anew, if it does.
    pub(crate) obstacle: Option<Obstacle>,
    /// True when it was made for a few cases and is not kept.
    pub(crate) sketched: bool,
    /// Bytes of compiled code and data.
    pub(crate) code_bytes: u64,
    /// True once the type of `assess` was compared with the contract's in this very code.
    compared: AtomicBool,
}

/// The function that answers a case.
pub(crate) type AssessFn<'a> = TypedFunc<(types::CaseFile<'a>,), (v1::Assessed,)>;

impl Code {
    pub(crate) fn engine(&self) -> &Engine {
        self.pre.engine()
    }

    /// Links a component, which [`crate::inspect`] let in, to the host.
    pub(crate) fn link(linker: &Linker<Host>, component: &Component, export: &str) -> wasmtime::Result<Self> {
        let missing = |name: &str| wasmtime::Error::msg(format!("no function `{name}`"));
        let interface = component.get_export_index(None, export).ok_or_else(|| missing(export))?;
        let find = |name| component.get_export_index(Some(&interface), name).ok_or_else(|| missing(name));
        let exports = Exports { configure: find("configure")?, describe: find("describe")?, assess: find("assess")? };
        Ok(Self { pre: linker.instantiate_pre(component)?, exports })
    }

    /// Compares the types of the functions with the contract's.
    pub(crate) fn check_types(&self, store: &mut Store<Host>, instance: &Instance) -> wasmtime::Result<()> {
        instance.get_typed_func::<(types::Setup<'_>,), (Result<(), Vec<types::Complaint>>,)>(
            &mut *store,
            self.exports.configure,
        )?;
        instance.get_typed_func::<(), (types::Descriptor,)>(&mut *store, self.exports.describe)?;
        instance.get_typed_func::<(types::CaseFile<'_>,), (v1::Assessed,)>(&mut *store, self.exports.assess)?;
        Ok(())
    }

    /// Calls `configure`: the guest's complaints, if it has any.
    pub(crate) fn configure(
        &self,
        store: &mut Store<Host>,
        instance: &Instance,
        lowered: &Lowered<'_>,
        bounds: &Bounds,
    ) -> Result<Result<(), Vec<types::Complaint>>, Fault> {
        let called = lowered.with(|setup| -> wasmtime::Result<_> {
            let configure = instance.get_typed_func::<(types::Setup<'_>,), (Result<(), Vec<types::Complaint>>,)>(
                &mut *store,
                self.exports.configure,
            )?;
            Ok(configure.call(&mut *store, (setup,))?.0)
        });
        called_within(called, store, bounds)
    }

    /// Calls `describe` and checks what comes back.
    pub(crate) fn describe(&self, store: &mut Store<Host>, instance: &Instance) -> Result<Descriptor, Fault> {
        let described = instance
            .get_typed_func::<(), (types::Descriptor,)>(&mut *store, self.exports.describe)
            .and_then(|describe| describe.call(&mut *store, ()));
        let (given,) = called_within(described, store, &Bounds::AHEAD)?;
        v1::descriptor(given).map_err(|wrong| fault(FaultKind::BadAnswer, &format!("descriptor: {wrong}")))
    }
}

impl Prepared {
    pub(crate) fn of_component(
        code: Code,
        (descriptor, late): (Descriptor, Option<Late>),
        obstacle: Option<Obstacle>,
        kind: Kind,
    ) -> Self {
        let image = code.pre.component().image_range();
        Self {
            runs: Runs::Component(code),
            late,
            kind,
            descriptor,
            obstacle,
            sketched: false,
            code_bytes: image.end.addr().saturating_sub(image.start.addr()) as u64,
            compared: AtomicBool::new(false),
        }
    }

    pub(crate) fn of_module(shelf: Arc<Shelf>, descriptor: Descriptor) -> Self {
        let image = shelf.module().image_range();
        Self {
            late: None,
            kind: Kind { hidden_bytes: shelf.hidden_bytes(), unfit: None },
            descriptor,
            obstacle: None,
            sketched: false,
            code_bytes: image.end.addr().saturating_sub(image.start.addr()) as u64,
            compared: AtomicBool::new(false),
            runs: Runs::Module(shelf),
        }
    }

    /// How it runs.
    pub(crate) fn runs(&self) -> &Runs {
        &self.runs
    }

    /// The same, made for a few cases.
    pub(crate) fn sketched(self) -> Self {
        Self { sketched: true, ..self }
    }

    /// Its compiled code, to be kept.
    pub(crate) fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match &self.runs {
            Runs::Component(code) => code.pre.component().serialize(),
            Runs::Module(shelf) => shelf.module().serialize(),
        }
    }

    /// `assess` of an instance of this policy. Its type is walked through once and not for every case: all instances
    /// are of the same code.
    #[expect(unsafe_code, reason = "the type was compared when `compared` was set, and code never changes")]
    pub(crate) fn assess<'a>(
        &self,
        code: &Code,
        store: &mut Store<Host>,
        instance: &Instance,
    ) -> wasmtime::Result<AssessFn<'a>> {
        let at = code.exports.assess;
        if self.compared.load(Ordering::Relaxed) {
            let func =
                instance.get_func(&mut *store, at).ok_or_else(|| wasmtime::Error::msg("no function `assess`"))?;
            // SAFETY: `get_typed_func` below found this export of this component to be of this type.
            return Ok(unsafe { TypedFunc::new_unchecked(func) });
        }
        let func = instance.get_typed_func(&mut *store, at)?;
        self.compared.store(true, Ordering::Relaxed);
        Ok(func)
    }

    /// A configured instance in `store`, its fuel full: fuel is counted for the answer alone.
    pub(crate) fn start(&self, code: &Code, store: &mut Store<Host>, bounds: &Bounds) -> Result<Instance, Fault> {
        let given = if self.late.is_some() { late_bounds(bounds) } else { *bounds };
        if self.late.is_some() {
            refill(store, &given.spared());
        }
        let instance = instantiate(&code.pre, store, &given)?;
        if let Some(late) = &self.late {
            configure(code, store, &instance, late, &given)?;
        }
        store.set_fuel(bounds.spared().fuel).map_err(|error| explain(&error, store.data(), During::Start))?;
        Ok(instance)
    }
}

/// The same fuel as ahead of time, so that what worked then works now; the wall clock is the evaluation's.
fn late_bounds(bounds: &Bounds) -> Bounds {
    Bounds { fuel: Bounds::AHEAD.fuel, ..*bounds }
}

/// What a call gave that had [`Bounds::spared`].
fn called_within<T>(called: wasmtime::Result<T>, store: &Store<Host>, bounds: &Bounds) -> Result<T, Fault> {
    let called = called.map_err(|error| explain(&error, store.data(), During::Call));
    let called = if store.get_fuel().is_ok_and(|left| left == 0) { Err(out_of_fuel()) } else { called };
    called.map_err(|met| with_limit(met, bounds))
}

fn configure(
    code: &Code,
    store: &mut Store<Host>,
    instance: &Instance,
    late: &Late,
    bounds: &Bounds,
) -> Result<(), Fault> {
    let refused = |_| fault(FaultKind::Refused, "the settings were taken ahead of time and are refused now");
    let lowered = Lowered::new(&late.settings, &late.calendar).map_err(refused)?;
    let configured = code.configure(store, instance, &lowered, bounds)?;
    configured.map_err(|complaints| refused(v1::complaints(complaints)))
}
