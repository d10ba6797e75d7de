//! `maple:policy@0.1.0`: the generated types, and the way between them and the kernel's.

use wasmtime::{
    Engine, StoreContextMut,
    component::{Linker, WasmStr},
};

use crate::host::Host;

mod answer;
mod ask;
mod describe;

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
            let line = line.to_str(&store)?.into_owned();
            store.data_mut().write(&line);
        }
        Ok(())
    })?;
    Ok(linker)
}
