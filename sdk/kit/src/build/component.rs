//! From a core module to a component that asks for nothing but the diary.

use std::ops::Range;

use wasm_encoder::{Encode, RawSection, Section};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

use maple_bundle::CONTRACT_VERSION;

use super::{BuildError, COMPONENT_BYTES_MAX};

/// The interface that a plugin exports, without its version.
const EXPORT: &str = "maple:policy/policy@";
/// What a plugin may import, without versions. The types hold no function.
const IMPORTS: [&str; 2] = ["maple:policy/diary@", "maple:policy/types@"];
/// The only custom sections that mean anything here: the contract, as the guest crate wrote it down. The others tell
/// how a module was made.
const CONTRACT: &str = "component-type";

/// The component of a core module, checked.
pub(crate) fn from_core(id: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let not_a_plugin = |why: String| BuildError::NotAPlugin { id: id.into(), why };
    let encode = |module: &[u8]| ComponentEncoder::default().module(module)?.validate(true).encode();
    let module = strip(module).map_err(|e| not_a_plugin(e.to_string()))?;
    // What the contract does not give cannot be encoded; that is told by its name.
    let component = encode(&module).map_err(|e| match foreign(&module) {
        Some(import) => BuildError::Import { id: id.into(), import },
        None => not_a_plugin(format!("{e:#}")),
    })?;
    let component = strip(&component).map_err(|e| not_a_plugin(e.to_string()))?;
    outline(id, &component)?;
    Ok(component)
}

/// The first interface that a core module asks for and a plugin does not get.
fn foreign(module: &[u8]) -> Option<String> {
    let payloads = Parser::new(0).parse_all(module).filter_map(Result::ok);
    let imports = payloads.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section.into_imports().filter_map(Result::ok)),
        _ => None,
    });
    // An interface has a package and a name; what else a module may import is the linker's own.
    let given = |name: &str| name.starts_with('[') || IMPORTS.iter().any(|known| name.starts_with(known));
    let mut names = imports.flatten().map(|import| import.module);
    names.find(|name| name.contains(':') && !given(name)).map(ToOwned::to_owned)
}

/// A ready component, checked, without what only tells how it was made.
pub(super) fn from_component(id: &str, component: &[u8]) -> Result<Vec<u8>, BuildError> {
    outline(id, component)?;
    strip(component).map_err(|error| BuildError::NotAPlugin { id: id.into(), why: error.to_string() })
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

/// What a component asks for and which version of the contract it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The names of its imports, sorted.
    pub imports: Vec<String>,
    /// The version of the contract.
    pub contract: String,
}

/// Looks at a component: it exports the contract in a version that is served, imports the diary at most, and is not too
/// large.
pub(super) fn outline(id: &str, component: &[u8]) -> Result<Outline, BuildError> {
    if component.len() > COMPONENT_BYTES_MAX {
        return Err(BuildError::TooLarge { id: id.into(), bytes: component.len() });
    }
    let not_a_plugin = |why: String| BuildError::NotAPlugin { id: id.into(), why };
    if !Parser::is_component(component) {
        return Err(not_a_plugin("it is no WebAssembly component".into()));
    }
    let (mut imports, exports) = names(component).map_err(|error| not_a_plugin(error.to_string()))?;
    let foreign = imports.iter().find(|name| !IMPORTS.iter().any(|known| name.starts_with(known)));
    if let Some(import) = foreign {
        return Err(BuildError::Import { id: id.into(), import: import.clone() });
    }
    let contract = exports.iter().find_map(|name| name.strip_prefix(EXPORT));
    let contract = contract.ok_or_else(|| not_a_plugin("it does not export the policy contract".into()))?;
    if !served(contract) {
        let (found, expected) = (format!("{EXPORT}{contract}"), format!("{EXPORT}{CONTRACT_VERSION}"));
        return Err(BuildError::Contract { id: id.into(), found, expected });
    }
    imports.sort();
    Ok(Outline { imports, contract: contract.to_owned() })
}

/// A version is served when it differs from the host's in the last part at most.
fn served(version: &str) -> bool {
    let family = |version: &str| version.rsplit_once('.').map(|(family, _)| family.to_owned());
    family(version).is_some() && family(version) == family(CONTRACT_VERSION)
}

/// What a component imports and exports.
fn names(component: &[u8]) -> wasmparser::Result<(Vec<String>, Vec<String>)> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component that exports `name` and imports `imports`, all of them empty instances.
    fn component(name: &str, imports: &[&str]) -> Vec<u8> {
        let imports: String = imports.iter().map(|import| format!("(import \"{import}\" (instance))")).collect();
        wat::parse_str(format!("(component {imports} (instance $i) (export \"{name}\" (instance $i)))")).unwrap()
    }

    #[test]
    fn only_the_diary_may_be_asked_for() {
        let policy = "maple:policy/policy@0.1.0";
        for (export, imports, expected) in [
            (policy, &[][..], None),
            (policy, &["maple:policy/diary@0.1.0", "maple:policy/types@0.1.0"], None),
            (
                policy,
                &["maple:policy/diary@0.1.0", "wasi:clocks/wall-clock@0.2.0"],
                Some("wasi:clocks/wall-clock@0.2.0"),
            ),
            (policy, &["maple:policy/diaries@0.1.0"], Some("maple:policy/diaries@0.1.0")),
            ("maple:other/policy@0.1.0", &[], Some("does not export the policy contract")),
            ("maple:policy/policy@0.1.7", &[], None),
            ("maple:policy/policy@0.2.0", &[], Some("exports `maple:policy/policy@0.2.0`, this `maple` serves")),
            ("maple:policy/policy@1.1.0", &[], Some("`maple:policy/policy@0.1.0`")),
        ] {
            let told = outline("x", &component(export, imports)).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
    }

    #[test]
    fn a_component_has_an_edge() {
        let small = component("maple:policy/policy@0.1.0", &[]);
        let filled = |bytes: usize| {
            let mut out = small.clone();
            // An id, five bytes of length, and an empty name.
            let data = vec![0; bytes - small.len() - 6];
            push(&mut out, 0, &data);
            out.resize(bytes, 0);
            out
        };
        for (bytes, fine) in [(COMPONENT_BYTES_MAX, true), (COMPONENT_BYTES_MAX + 1, false)] {
            let result = outline("x", &filled(bytes));
            assert_eq!(!matches!(result, Err(BuildError::TooLarge { .. })), fine, "{result:?}");
        }
    }

    #[test]
    fn how_a_module_was_made_is_left_out() {
        let module = wat::parse_str(
            "(module (@custom \"producers\" \"x\") (@custom \"component-type:plugin\" \"y\") (@custom \".debug_info\" \"z\"))",
        )
        .unwrap();
        let names = |wasm: &[u8]| -> Vec<String> {
            let sections = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(section) => Some(section.name().to_owned()),
                _ => None,
            });
            sections.collect()
        };
        assert_eq!(names(&module).len(), 3);
        assert_eq!(names(&strip(&module).unwrap()), ["component-type:plugin"]);
    }

    #[test]
    fn a_module_that_asks_for_more_is_told_by_what_it_asks_for() {
        let module = |imports: &str| wat::parse_str(format!("(module {imports})")).unwrap();
        let clock = r#"(import "wasi:clocks/wall-clock@0.2.0" "now" (func))"#;
        let diary = r#"(import "maple:policy/diary@0.1.0" "write" (func (param i32 i32)))"#;
        assert_eq!(foreign(&module(clock)).as_deref(), Some("wasi:clocks/wall-clock@0.2.0"));
        assert_eq!(foreign(&module(&format!("{diary}{clock}"))).as_deref(), Some("wasi:clocks/wall-clock@0.2.0"));
        assert_eq!(foreign(&module(diary)), None);
        assert_eq!(foreign(&module(r#"(import "env" "f" (func))"#)), None);
        assert!(matches!(from_core("x", &module(clock)), Err(BuildError::Import { .. })));
        assert!(matches!(from_core("x", &module("")), Err(BuildError::NotAPlugin { .. })));
    }

    #[test]
    fn what_is_no_module_is_no_plugin() {
        for bytes in [&b""[..], b"not wasm", b"\0asm\x01\0\0\0"] {
            assert!(matches!(from_core("x", bytes), Err(BuildError::NotAPlugin { .. })));
        }
    }
}
