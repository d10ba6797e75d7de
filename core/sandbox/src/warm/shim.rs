//! Modules that only pass calls on.
//!
//! What a component's function needs memory for cannot be given to the module that has that memory: it is not made yet.
//! So the usual tools put a module before it whose functions call through a table, and one behind it that fills the
//! table. Both do nothing else, and that is looked at here.

use wasmparser::{ElementItems, ElementKind, Operator as Op, Parser, Payload, TypeRef};

/// Fuel that passing a call on burns: entering, two parameters, a place and the call.
pub(crate) const SHIM_FUEL: u64 = 5;

/// What a module beside the one that answers does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thread {
    /// Its function passes two parameters on to what stands first in its own table.
    Passes,
    /// It puts one function first in a table that it is given.
    Fills,
}

impl Thread {
    /// Reads a module; none when it does anything else.
    pub(crate) fn read(module: &[u8]) -> Option<Self> {
        let (mut bodies, mut fills, mut tables) = (0, 0, 0);
        for payload in Parser::new(0).parse_all(module) {
            match payload.ok()? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        matches!(import.ok()?.ty, TypeRef::Func(_) | TypeRef::Table(_)).then_some(())?;
                    }
                }
                Payload::TableSection(section) => tables += section.count(),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        let element = element.ok()?;
                        let ElementKind::Active { table_index: None | Some(0), offset_expr } = element.kind else {
                            return None;
                        };
                        let mut offset = offset_expr.get_operators_reader();
                        matches!(offset.read().ok()?, Op::I32Const { value: 0 }).then_some(())?;
                        matches!(offset.read().ok()?, Op::End).then_some(())?;
                        let ElementItems::Functions(items) = element.items else { return None };
                        (items.count() == 1).then_some(())?;
                        fills += 1;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut ops = body.get_operators_reader().ok()?;
                    let mut next = || ops.read().ok();
                    (matches!(next()?, Op::LocalGet { local_index: 0 })
                        && matches!(next()?, Op::LocalGet { local_index: 1 })
                        && matches!(next()?, Op::I32Const { value: 0 })
                        && matches!(next()?, Op::CallIndirect { table_index: 0, .. })
                        && matches!(next()?, Op::End))
                    .then_some(())?;
                    bodies += 1;
                }
                Payload::Version { .. }
                | Payload::TypeSection(_)
                | Payload::FunctionSection(_)
                | Payload::ExportSection(_)
                | Payload::CodeSectionStart { .. }
                | Payload::CustomSection(_)
                | Payload::End(_) => {}
                // A snapshot has every section, be it empty.
                Payload::MemorySection(section) if section.count() == 0 => {}
                Payload::GlobalSection(section) if section.count() == 0 => {}
                Payload::DataSection(section) if section.count() == 0 => {}
                Payload::DataCountSection { count: 0, .. } => {}
                _ => return None,
            }
        }
        match (bodies, fills, tables) {
            (1, 0, 1) => Some(Self::Passes),
            (0, 1, 0) => Some(Self::Fills),
            _ => None,
        }
    }
}
