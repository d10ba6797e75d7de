//! From a core module to a component that asks for nothing but the diary.

use std::ops::Range;

use wasm_encoder::{Encode, RawSection, Section};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use super::{BuildError, COMPONENT_BYTES_MAX};

/// The interface that a plugin exports, without its version.
const EXPORT: &str = "maple:policy/policy@";
/// What a plugin may import, without versions. The types hold no function.
const IMPORTS: [&str; 2] = ["maple:policy/diary@", "maple:policy/types@"];
/// The only custom sections that mean anything here: the contract, as the guest crate wrote it down. The others tell
/// how a module was made.
const CONTRACT: &str = "component-type";

/// The component of a core module, checked.
pub(super) fn from_core(id: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let not_a_plugin = |why: String| BuildError::NotAPlugin { id: id.into(), why };
    let encode = |module: &[u8]| ComponentEncoder::default().module(module)?.validate(true).encode();
    let module = strip(module).map_err(|e| not_a_plugin(e.to_string()))?;
    let component = encode(&module).map_err(|e| not_a_plugin(format!("{e:#}")))?;
    let component = strip(&component).map_err(|e| not_a_plugin(e.to_string()))?;
    if component.len() > COMPONENT_BYTES_MAX {
        return Err(BuildError::TooLarge { id: id.into(), bytes: component.len() });
    }
    check(id, &component)?;
    Ok(component)
}

/// The same module or component without the sections that only tell how it was made.
fn strip(wasm: &[u8]) -> wasmparser::Result<Vec<u8>> {
    let mut out = wasm.get(..8).unwrap_or_default().to_vec();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                let inner = strip(slice(wasm, unchecked_range.clone()))?;
                if depth == 0 {
                    push(&mut out, section_id(&payload), &inner);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if !section.name().starts_with(CONTRACT) => {}
            _ if depth == 0 => {
                if let Some((id, range)) = payload.as_section() {
                    push(&mut out, id, slice(wasm, range));
                }
            }
            _ => {}
        }
    }
    Ok(out)
}

fn slice(wasm: &[u8], range: Range<u64>) -> &[u8] {
    let at = |end| usize::try_from(end).unwrap_or(usize::MAX);
    wasm.get(at(range.start)..at(range.end)).unwrap_or_default()
}

fn section_id(payload: &Payload<'_>) -> u8 {
    payload.as_section().map_or(0, |(id, _)| id)
}

fn push(out: &mut Vec<u8>, id: u8, data: &[u8]) {
    let section = RawSection { id, data };
    out.push(section.id());
    section.encode(out);
}

/// A component that exports the contract and imports the diary at most.
fn check(id: &str, component: &[u8]) -> Result<(), BuildError> {
    let not_a_plugin = |why: String| BuildError::NotAPlugin { id: id.into(), why };
    let mut exports = false;
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|e| not_a_plugin(e.to_string()))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let name = import.map_err(|e| not_a_plugin(e.to_string()))?.name.name;
                    if !IMPORTS.iter().any(|known| name.starts_with(known)) {
                        return Err(BuildError::Import { id: id.into(), import: name.into() });
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                let mut names = section.into_iter().map_while(Result::ok).map(|export| export.name.name);
                exports |= names.any(|name| name.starts_with(EXPORT));
            }
            _ => {}
        }
    }
    if exports { Ok(()) } else { Err(not_a_plugin("it does not export the policy contract".into())) }
}
