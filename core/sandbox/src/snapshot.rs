//! Memory as `configure` left it, written back into the component, so that every evaluation starts from there.
//!
//! Not every component can be snapshotted: tables that change, modules made twice, modules within nested components,
//! references in globals. Those are configured at the start of every evaluation instead, with the same result.

use std::{
    collections::HashMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use wasmparser::{Encoding, Parser, Payload};
use wasmtime::{
    Store,
    component::{ComponentNamedList, Instance, Lift, WasmList},
};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

use crate::{engine::SNAPSHOT_SPARE_BYTES, host::Host, limits::MEMORIES_COUNT_MAX};

/// Why a component cannot be snapshotted.
pub(crate) type Obstacle = String;

/// A component with doors into its memories and globals.
pub(crate) struct Instrumented<'a> {
    context: ComponentContext<'a>,
    /// The component to run.
    pub(crate) bytes: Vec<u8>,
}

/// Adds the doors.
pub(crate) fn instrument(component: &[u8]) -> Result<Instrumented<'_>, Obstacle> {
    if hides_state(component) {
        return Err("a module has memory or globals that nothing reaches from outside".into());
    }
    let instrumented = guarded(|| Wizer::new().instrument_component(component))?;
    let (context, bytes) = instrumented.map_err(|error| error.root_cause().to_string())?;
    Ok(Instrumented { context, bytes })
}

impl Instrumented<'_> {
    /// The component as it stands in `store`, configured.
    pub(crate) fn snapshot(&self, store: &mut Store<Host>, instance: Instance) -> Result<Vec<u8>, Obstacle> {
        store.set_hostcall_fuel(usize::MAX);
        store.data_mut().allow(SNAPSHOT_SPARE_BYTES * u64::from(MEMORIES_COUNT_MAX));
        let mut doors = Doors { store, instance, memories: HashMap::new(), failed: None };
        let mut wizer = Wizer::new();
        wizer.keep_init_func(true);
        let written = guarded(|| at_once(wizer.snapshot_component(&self.context, &mut doors)));
        match doors.failed {
            Some(obstacle) => Err(obstacle),
            None => written?.ok_or("the snapshot waits for something")?.map_err(|error| error.root_cause().to_string()),
        }
    }
}

/// Runs code that panics on components it does not foresee: such a component is not snapshotted, no more.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Obstacle> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| "the snapshot does not know this kind of component".into())
}

/// The value of a future that never waits: ours only calls the guest, and that is done when it returns.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// A module without an export section gets no doors, so its state would be lost in silence.
fn hides_state(component: &[u8]) -> bool {
    let (mut state, mut exports) = (false, false);
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::Version { encoding: Encoding::Module, .. }) => (state, exports) = (false, false),
            Ok(Payload::MemorySection(memories)) => state |= memories.count() > 0,
            Ok(Payload::GlobalSection(globals)) => state |= globals.into_iter().flatten().any(|g| g.ty.mutable),
            Ok(Payload::ExportSection(_)) => exports = true,
            Ok(Payload::End(_)) if state && !exports => return true,
            Ok(Payload::End(_)) => state = false,
            _ => {}
        }
    }
    false
}

/// Reads state through the doors. Each memory is read once: reading grows it.
struct Doors<'a> {
    store: &'a mut Store<Host>,
    instance: Instance,
    memories: HashMap<String, Vec<u8>>,
    failed: Option<Obstacle>,
}

impl Doors<'_> {
    fn call<R>(&mut self, instance: &str, func: &str) -> Option<R>
    where
        R: Lift + Send + Sync + 'static,
        (R,): ComponentNamedList + Lift,
    {
        let called = self.try_call::<R>(instance, func);
        if let Err(error) = &called {
            self.failed.get_or_insert_with(|| error.root_cause().to_string());
        }
        called.ok()
    }

    fn try_call<R>(&mut self, instance: &str, func: &str) -> wasmtime::Result<R>
    where
        R: Lift + Send + Sync + 'static,
        (R,): ComponentNamedList + Lift,
    {
        let missing = || wasmtime::Error::msg("a door is missing");
        let at = self.instance.get_export_index(&mut *self.store, None, instance).ok_or_else(missing)?;
        let at = self.instance.get_export_index(&mut *self.store, Some(&at), func).ok_or_else(missing)?;
        let func = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, at)?;
        Ok(func.call(&mut *self.store, ())?.0)
    }

    fn memory(&mut self, instance: &str, func: &str) -> Vec<u8> {
        let list = self.call::<WasmList<u8>>(instance, func);
        list.map(|list| list.as_le_slice(&*self.store).to_vec()).unwrap_or_default()
    }
}

impl ComponentInstanceState for Doors<'_> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        if !self.memories.contains_key(func) {
            let memory = self.memory(instance, func);
            self.memories.insert(func.to_owned(), memory);
        }
        contents(self.memories.get(func).map(Vec::as_slice).unwrap_or_default());
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.call(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.call(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.call::<f32>(instance, func).map(f32::to_bits).unwrap_or_default()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.call::<f64>(instance, func).map(f64::to_bits).unwrap_or_default()
    }
}
