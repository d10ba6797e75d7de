//! `maple:policy@0.1.0`: the generated types, and the way between them and the kernel's.

use wasmtime::{
    Caller, Engine, StoreContextMut,
    component::{Linker, WasmStr},
};

use crate::{
    fault::TOO_MUCH,
    host::{Host, cut},
    limits::DIARY_LINE_BYTES_MAX,
};

mod answer;
mod ask;
mod describe;
mod flat;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        world: "plugin",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

pub(crate) use answer::{findings, refusal};
pub(crate) use ask::{Lowered, with_file};
pub(crate) use bindings::maple::policy::types;
pub(crate) use describe::{complaints, descriptor};
pub(crate) use flat::{Room, Unread, case_bytes, lift, lower};

/// The interface that a plugin exports.
pub(crate) const EXPORT: &str = "maple:policy/policy@0.1.0";
/// The interface whose versions `0.1.x` all answer the same.
pub(crate) const EXPORT_FAMILY: &str = "maple:policy/policy@0.1.";
/// The interface in any version.
pub(crate) const EXPORT_ANY: &str = "maple:policy/policy@";
/// The only interface with functions that a plugin may import.
pub(crate) const DIARY: &str = "maple:policy/diary@0.1.0";
/// The interface of shared types; it has no functions.
pub(crate) const TYPES: &str = "maple:policy/types@0.1.0";
/// What `assess` gives.
pub(crate) type Assessed = Result<Vec<types::Finding>, types::Refusal>;

/// Everything the host offers to a guest: a diary.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.instance(DIARY)?.func_wrap("write", |mut store: StoreContextMut<'_, Host>, (line,): (WasmStr,)| {
        // Nobody reads a diary in production: then the line is not even copied out of the guest.
        if store.data().writes() {
            let line = cut(&line.to_str(&store)?, DIARY_LINE_BYTES_MAX).to_owned();
            store.data_mut().write(&line);
        }
        Ok(())
    })?;
    Ok(linker)
}

/// The same for a core module, which gives a line as an address and a length.
pub(crate) fn module_linker(engine: &Engine) -> wasmtime::Result<wasmtime::Linker<Host>> {
    let mut linker = wasmtime::Linker::new(engine);
    linker.func_wrap(DIARY, "write", |mut caller: Caller<'_, Host>, at: u32, length: u32| -> wasmtime::Result<()> {
        let fuel = caller.get_fuel()?.checked_sub(caller.data().line_fuel);
        caller.set_fuel(fuel.unwrap_or_default())?;
        if fuel.is_none() {
            return Err(wasmtime::Trap::OutOfFuel.into());
        }
        if !caller.data().may_leave {
            return Err(wasmtime::Trap::CannotLeaveComponent.into());
        }
        let Some(memory) = caller.data().memory else { return Ok(()) };
        let (memory, host) = memory.data_and_store_mut(&mut caller);
        let end = (at as usize).checked_add(length as usize);
        let line = end.and_then(|end| memory.get(at as usize..end));
        let line = line.ok_or_else(|| wasmtime::Error::msg("string pointer/length out of bounds of memory"))?;
        if line.len() > host.line_max {
            return Err(wasmtime::Error::msg(TOO_MUCH));
        }
        if host.writes() {
            let line = str::from_utf8(line).map_err(wasmtime::Error::from)?;
            host.write(line);
        }
        Ok(())
    })?;
    Ok(linker)
}
