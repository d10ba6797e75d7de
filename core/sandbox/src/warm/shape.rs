//! Whether a component is one core module and the threads that tie it to the contract, and what its parts are called.
//!
//! That is what the usual tools make of one module. Anything else is left to fresh component instances.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentOuterAliasKind, ExternalKind, Instance, Parser,
    Payload,
};

use crate::contract::v1;

/// Why a component does not get warm slots.
pub(crate) type Unfit = &'static str;

/// What the parts of the module are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    /// The function that answers.
    pub(crate) assess: String,
    /// The memory that the contract's values lie in.
    pub(crate) memory: String,
    /// The function that gives room for them.
    pub(crate) realloc: String,
    /// The function that is called when the answer is read.
    pub(crate) post_return: Option<String>,
}

/// One core module with its names.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Where the module's bytes are in the component.
    pub(crate) module: Range<usize>,
    /// Its parts.
    pub(crate) names: Names,
}

/// An export of a core instance.
#[derive(Clone)]
struct Export {
    instance: u32,
    name: String,
}

/// What was read of a component so far, each index space by itself.
#[derive(Default)]
struct Reader {
    modules: Vec<Range<usize>>,
    /// The module behind each core instance, if it is one's.
    instances: Vec<Option<u32>>,
    funcs: Vec<Option<Export>>,
    memories: Vec<Option<Export>>,
    assess: Option<(Export, Box<[CanonicalOption]>)>,
}

impl Shape {
    /// Reads a component that was let in; `export` is the name under which it exports the contract.
    pub(crate) fn read(component: &[u8], export: &str) -> Result<Self, Unfit> {
        let mut reader = Reader::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.map_err(|_| "it cannot be read")?;
            match &payload {
                Payload::ModuleSection { .. } if depth > 0 => return Err("a component within it holds a module"),
                Payload::ModuleSection { unchecked_range, .. } => {
                    let at = |end: u64| usize::try_from(end).unwrap_or(usize::MAX);
                    reader.modules.push(at(unchecked_range.start)..at(unchecked_range.end));
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ if depth == 0 => reader.add(payload, export)?,
                _ => {}
            }
        }
        reader.finish()
    }
}

impl Reader {
    fn add(&mut self, payload: Payload<'_>, export: &str) -> Result<(), Unfit> {
        const UNREADABLE: Unfit = "it cannot be read";
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    self.instances.push(match instance.map_err(|_| UNREADABLE)? {
                        Instance::Instantiate { module_index, .. } => Some(module_index),
                        Instance::FromExports(_) => None,
                    });
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(&alias.map_err(|_| UNREADABLE)?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function.map_err(|_| UNREADABLE)?, export)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), Unfit> {
        match *alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let export = Some(Export { instance: instance_index, name: name.to_owned() });
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => self.funcs.push(export),
                    ExternalKind::Memory => self.memories.push(export),
                    _ => {}
                }
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. } => {
                return Err("it takes a module from outside");
            }
            _ => {}
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction, export: &str) -> Result<(), Unfit> {
        match function {
            CanonicalFunction::Lower { .. } => self.funcs.push(None),
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let lifted = self.funcs.get(core_func_index as usize).cloned().flatten();
                if let Some(lifted) = lifted.filter(|l| l.name.strip_prefix(export) == Some("#assess"))
                    && self.assess.replace((lifted, options)).is_some()
                {
                    return Err("it has two functions that answer");
                }
            }
            _ => return Err("it uses more of the component model than functions"),
        }
        Ok(())
    }

    fn finish(self) -> Result<Shape, Unfit> {
        let (assess, options) = self.assess.as_ref().ok_or("its functions are not called as usual")?;
        let of_assess = |export: &Export| export.instance == assess.instance;
        let module = self.instances.get(assess.instance as usize).copied().flatten();
        let module = module.ok_or("its functions come from no module")?;
        if self.instances.iter().filter(|made| **made == Some(module)).count() != 1 {
            return Err("its module is made more than once");
        }
        let func = |at: u32| self.funcs.get(at as usize).cloned().flatten().filter(of_assess).map(|export| export.name);
        let memory = |at: u32| {
            let export = self.memories.get(at as usize).cloned().flatten();
            export.filter(of_assess).map(|export| export.name)
        };
        let (mut utf8, mut names) = (true, (None, None, None));
        for option in options {
            match *option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::Memory(at) => names.0 = memory(at),
                CanonicalOption::Realloc(at) => names.1 = func(at),
                CanonicalOption::PostReturn(at) => {
                    names.2 = Some(func(at).ok_or("its clean-up comes from elsewhere")?);
                }
                _ => utf8 = false,
            }
        }
        let (Some(memory), Some(realloc), post_return) = names else {
            return Err("its memory comes from elsewhere");
        };
        if !utf8 {
            return Err("it does not take text as UTF-8");
        }
        let range = self.modules.get(module as usize).cloned().ok_or("its module comes from elsewhere")?;
        Ok(Shape { module: range, names: Names { assess: assess.name.clone(), memory, realloc, post_return } })
    }
}

/// The name of the function through which a module asks for the diary.
pub(crate) const DIARY_FUNC: (&str, &str) = (v1::DIARY, "write");
