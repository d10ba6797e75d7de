//! The front door: what a file is, what it asks for and how much it would make of itself, before anything runs.

use maple_kernel::Fault;
use thiserror::Error;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Instance, Parser, Payload,
    Validator, WasmFeatures,
    component_types::{ComponentEntityType, ComponentInstanceTypeId},
};

use crate::{
    contract::v1,
    limits::{
        Bounds, COMPONENT_BYTES_MAX, COMPONENT_DEPTH_MAX, COMPONENT_INSTANCES_MAX, CORE_INSTANCES_COUNT_MAX,
        MEMORIES_COUNT_MAX, MEMORY_BYTES_MAX, TABLE_ELEMENTS_MAX, TABLES_COUNT_MAX,
    },
};

/// Why a file is not taken as a plugin.
#[derive(Debug, Error)]
pub enum LoadError {
    /// More bytes than [`COMPONENT_BYTES_MAX`].
    #[error("the file has {bytes} bytes, a plugin may have {COMPONENT_BYTES_MAX} ({} MiB)", COMPONENT_BYTES_MAX >> 20)]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Not WebAssembly at all, or cut off within the first eight bytes.
    #[error("the file is not a WebAssembly component; `maple build` makes one")]
    NotComponent,
    /// A core module.
    #[error("the file is a core WebAssembly module, not a component; `maple build` makes a component of it")]
    CoreModule,
    /// Truncated, changed, or in need of something the engine does not offer.
    #[error("the component is damaged or needs a WebAssembly feature that plugins do not have: {detail}")]
    Malformed {
        /// What the validator or the compiler found, and where.
        detail: String,
    },
    /// Wants something of the host that plugins do not get.
    #[error("the component imports `{name}`; a plugin may import `{}` and nothing else", v1::DIARY)]
    Import {
        /// The import's name.
        name: String,
    },
    /// Exports no version of the contract that the host serves.
    #[error(
        "the component does not export `{}` (any 0.1.x), it exports {found}; `maple build` of this version makes one",
        v1::EXPORT
    )]
    Export {
        /// What it exports, each in backticks, or `nothing`.
        found: String,
    },
    /// Uses the contract's names with other types than the contract has.
    #[error("the component does not fit the contract `maple:policy@0.1`: {detail}")]
    Contract {
        /// The first difference.
        detail: String,
    },
    /// Would make more of itself than a sandbox holds.
    #[error("the component {detail}")]
    Shape {
        /// What it would do, and the limit.
        detail: String,
    },
    /// Failed while it was asked what it is.
    #[error("the plugin failed to describe itself: {}: {}", .0.kind.as_str(), .0.detail)]
    Describe(Fault),
}

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 65_536;

/// What the front door learnt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// The name under which the contract is exported.
    pub(crate) export: String,
    /// What one instance of it is made of.
    pub(crate) made: Made,
}

/// Looks at a file without running any of it.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspected, LoadError> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(LoadError::TooLarge { bytes: bytes.len() });
    }
    match bytes.get(..8) {
        Some([b'\0', b'a', b's', b'm', _, _, 0, 0]) => return Err(LoadError::CoreModule),
        Some([b'\0', b'a', b's', b'm', ..]) => {}
        _ => return Err(LoadError::NotComponent),
    }
    let types = Validator::new_with_features(features()).validate_all(bytes).map_err(malformed)?;
    let outline = Outline::read(bytes)?;
    let export = outline.exports.iter().find(|name| served(name));
    let unserved = || LoadError::Export { found: list(&outline.exports) };
    if export.is_none() && outline.exports.iter().any(|name| name.starts_with(v1::EXPORT_ANY)) {
        // Another version imports other names too; that it is another version is what helps.
        return Err(unserved());
    }
    for name in &outline.imports {
        let types_only = |id: ComponentInstanceTypeId| {
            let exports = types.as_ref().get(id).map(|instance| &instance.exports);
            exports.is_some_and(|all| all.values().all(|e| matches!(e.ty, ComponentEntityType::Type { .. })))
        };
        match types.component_item_for_import(name).map(|item| item.ty) {
            Some(ComponentEntityType::Instance(_)) if name == v1::DIARY => {}
            Some(ComponentEntityType::Instance(id)) if name == v1::TYPES && types_only(id) => {}
            _ => return Err(LoadError::Import { name: name.clone() }),
        }
    }
    export.map(|name| Inspected { export: name.clone(), made: outline.made }).ok_or_else(unserved)
}

fn served(name: &str) -> bool {
    name.strip_prefix(v1::EXPORT_FAMILY).is_some_and(|patch| patch.parse::<u32>().is_ok())
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".into(),
        some => some.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

fn malformed(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Malformed { detail: format!("{} (at byte {})", error.message(), error.offset()) }
}

/// What a plugin may be made of: WebAssembly 2.0, tail calls, extended constants and several memories; no threads, no
/// garbage collection, no exceptions, no 64-bit memories, nothing whose result depends on the machine.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::COMPONENT_MODEL
}

/// The names of a component, and a count of what it would instantiate: components within components can double
/// themselves at every level, and the compiler would follow them.
#[derive(Default)]
struct Outline {
    imports: Vec<String>,
    exports: Vec<String>,
    scopes: Vec<Scope>,
    made: Made,
}

/// One component, or a core module within one.
#[derive(Default)]
struct Scope {
    /// What each component that is known here makes; nothing for one that comes from outside.
    components: Vec<Option<Made>>,
    /// What each instance of a core module that is known here has.
    modules: Vec<Option<Made>>,
    made: Made,
    is_module: bool,
}

/// What a component or a core module makes when one instance is made of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// Core and component instances.
    instances: u64,
    core_instances: u64,
    memories: u64,
    tables: u64,
}

impl Made {
    fn and(self, more: Self) -> Self {
        Self {
            instances: self.instances.saturating_add(more.instances),
            core_instances: self.core_instances.saturating_add(more.core_instances),
            memories: self.memories.saturating_add(more.memories),
            tables: self.tables.saturating_add(more.tables),
        }
    }

    /// What a policy has too little room for: the key of the limit, how many there are and how many it gives.
    pub(crate) fn beyond(self, bounds: &Bounds) -> impl Iterator<Item = (&'static str, u64, u32)> {
        let limits = [
            ("instances", self.core_instances, bounds.instances),
            ("memories", self.memories, bounds.memories),
            ("tables", self.tables, bounds.tables),
        ];
        limits.into_iter().filter(|(_, made, max)| *made > u64::from(*max))
    }

    fn fits(self) -> Result<(), LoadError> {
        for (what, count, max) in [
            ("instances of itself", self.instances, COMPONENT_INSTANCES_MAX),
            ("core instances", self.core_instances, CORE_INSTANCES_COUNT_MAX.into()),
            ("memories", self.memories, MEMORIES_COUNT_MAX.into()),
            ("tables", self.tables, TABLES_COUNT_MAX.into()),
        ] {
            if count > max {
                return Err(shape(format!("makes more than {max} {what}, it makes {count}")));
            }
        }
        Ok(())
    }
}

impl Outline {
    fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        let mut outline = Self { scopes: vec![Scope::default()], ..Self::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            outline.add(payload.map_err(malformed)?)?;
        }
        Ok(outline)
    }

    fn add(&mut self, payload: Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::ModuleSection { .. } => self.enter(true)?,
            Payload::ComponentSection { .. } => self.enter(false)?,
            Payload::End(_) => self.leave()?,
            Payload::ComponentStartSection { .. } => return Err(shape("has a start function of its own")),
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    if let Instance::Instantiate { module_index, .. } = instance.map_err(malformed)? {
                        // Of a module from outside nothing is known here; the engine counts what it has.
                        let has = self.module(0, module_index).unwrap_or_default();
                        self.count(has.and(Made { instances: 1, core_instances: 1, ..Made::default() }));
                    }
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance.map_err(malformed)? {
                        let made = self.known(0, component_index);
                        self.count(made.ok_or_else(|| shape("makes instances of components that it is given"))?);
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let bytes = memory.map_err(malformed)?.initial.saturating_mul(PAGE_BYTES);
                    if bytes > MEMORY_BYTES_MAX {
                        return Err(shape(format!("has a memory of {bytes} bytes, a sandbox has {MEMORY_BYTES_MAX}")));
                    }
                    self.count(Made { memories: 1, ..Made::default() });
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let elements = table.map_err(malformed)?.ty.initial;
                    if elements > TABLE_ELEMENTS_MAX as u64 {
                        let has = format!("has a table of {elements} elements, a table may have {TABLE_ELEMENTS_MAX}");
                        return Err(shape(has));
                    }
                    self.count(Made { tables: 1, ..Made::default() });
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(&alias.map_err(malformed)?);
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import.map_err(malformed)?;
                    if self.scopes.len() == 1 {
                        self.imports.push(import.name.name.to_owned());
                    }
                    self.learn(import.ty.kind(), None);
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(malformed)?;
                    if self.scopes.len() == 1 {
                        self.exports.push(export.name.name.to_owned());
                    }
                    let made = match export.kind {
                        ComponentExternalKind::Module => self.module(0, export.index),
                        _ => self.known(0, export.index),
                    };
                    self.learn(export.kind, made);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, is_module: bool) -> Result<(), LoadError> {
        if self.scopes.len() > COMPONENT_DEPTH_MAX {
            return Err(shape(format!("holds components deeper than {COMPONENT_DEPTH_MAX} levels")));
        }
        self.scopes.push(Scope { is_module, ..Scope::default() });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), LoadError> {
        let Some(left) = self.scopes.pop() else { return Ok(()) };
        if self.scopes.is_empty() {
            self.made = left.made;
            return left.made.fits();
        }
        if left.is_module {
            self.learn(ComponentExternalKind::Module, Some(left.made));
        } else {
            let itself = Made { instances: 1, ..Made::default() };
            self.learn(ComponentExternalKind::Component, Some(left.made.and(itself)));
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match *alias {
            ComponentAlias::InstanceExport { kind, .. } => self.learn(kind, None),
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                self.learn(ComponentExternalKind::Component, self.known(count as usize, index));
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                self.learn(ComponentExternalKind::Module, self.module(count as usize, index));
            }
            _ => {}
        }
    }

    /// What a component makes that is known `outward` scopes from here.
    fn known(&self, outward: usize, index: u32) -> Option<Made> {
        self.scopes.iter().rev().nth(outward)?.components.get(index as usize).copied().flatten()
    }

    /// What an instance has of a core module that is known `outward` scopes from here.
    fn module(&self, outward: usize, index: u32) -> Option<Made> {
        self.scopes.iter().rev().nth(outward)?.modules.get(index as usize).copied().flatten()
    }

    /// Takes note of a component or a core module; of nothing else.
    fn learn(&mut self, kind: ComponentExternalKind, made: Option<Made>) {
        let Some(scope) = self.scopes.last_mut() else { return };
        match kind {
            ComponentExternalKind::Component => scope.components.push(made),
            ComponentExternalKind::Module => scope.modules.push(made),
            _ => {}
        }
    }

    fn count(&mut self, made: Made) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.made = scope.made.and(made);
        }
    }
}

fn shape(detail: impl Into<String>) -> LoadError {
    LoadError::Shape { detail: detail.into() }
}

#[cfg(test)]
#[path = "inspect_tests.rs"]
mod tests;
