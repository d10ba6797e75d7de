//! Whether a component is one core module and the threads that tie it to the contract, and what its parts are called.
//!
//! That is what the usual tools make of one module. Anything else is left to fresh component instances: what is kept must
//! be all there is, and must be asked as the component would ask it.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ExternalKind,
    Instance, Parser, Payload,
};

use super::shim::Thread;
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
    /// True when lines for the diary are passed on by a function between the module and the host.
    pub(crate) shim: bool,
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

/// Where a core function comes from.
#[derive(Clone)]
enum Func {
    /// The host's diary, in a form for core modules.
    Diary,
    Of(Export),
}

/// How a core instance is made.
enum Made {
    /// Of a module, with instances under these names.
    Of(u32, Vec<(String, u32)>),
    /// Of functions and tables that there are, each with its name.
    From(Vec<(String, ExternalKind, u32)>),
}

type Options = Box<[CanonicalOption]>;

/// What was read of a component so far, each index space by itself.
#[derive(Default)]
struct Reader {
    modules: Vec<Range<usize>>,
    instances: Vec<Made>,
    funcs: Vec<Func>,
    memories: Vec<Export>,
    tables: Vec<Export>,
    /* For each instance and function of components, whether it is the host's diary. */
    outer_instances: Vec<bool>,
    outer_funcs: Vec<bool>,
    lifts: Vec<(Export, Options)>,
    lowers: Vec<Options>,
}

const UNREADABLE: Unfit = "it cannot be read";

impl Shape {
    /// Reads a component that was let in; `export` is the name under which it exports the contract.
    pub(crate) fn read(component: &[u8], export: &str) -> Result<Self, Unfit> {
        let mut reader = Reader::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.map_err(|_| UNREADABLE)?;
            match &payload {
                Payload::ModuleSection { .. } if depth > 0 => return Err("a component within it holds a module"),
                Payload::ModuleSection { unchecked_range, .. } => {
                    let at = |end: u64| usize::try_from(end).unwrap_or(usize::MAX);
                    reader.modules.push(at(unchecked_range.start)..at(unchecked_range.end));
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ if depth == 0 => reader.add(payload)?,
                // Within a module these do not occur; a component within may only name what it is given.
                Payload::InstanceSection(_)
                | Payload::ComponentInstanceSection(_)
                | Payload::ComponentCanonicalSection(_) => return Err("a component within it does more than name"),
                _ => {}
            }
        }
        reader.finish(component, export)
    }
}

impl Reader {
    fn add(&mut self, payload: Payload<'_>) -> Result<(), Unfit> {
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    self.instances.push(match instance.map_err(|_| UNREADABLE)? {
                        Instance::Instantiate { module_index, args } => {
                            Made::Of(module_index, args.iter().map(|arg| (arg.name.to_owned(), arg.index)).collect())
                        }
                        Instance::FromExports(exports) => {
                            Made::From(exports.iter().map(|e| (e.name.to_owned(), e.kind, e.index)).collect())
                        }
                    });
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import.map_err(|_| UNREADABLE)?;
                    self.outer(import.ty.kind(), import.name.name == v1::DIARY, false);
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                self.outer_instances.resize(self.outer_instances.len() + instances.count() as usize, false);
            }
            Payload::ComponentExportSection(exports) => {
                // An export is a new name within the component, too; nobody passes calls on through one.
                for export in exports {
                    self.outer(export.map_err(|_| UNREADABLE)?.kind, false, false);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(&alias.map_err(|_| UNREADABLE)?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function.map_err(|_| UNREADABLE)?)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// One more instance or function of components.
    fn outer(&mut self, kind: ComponentExternalKind, is_diary: bool, is_write: bool) {
        match kind {
            ComponentExternalKind::Instance => self.outer_instances.push(is_diary),
            ComponentExternalKind::Func => self.outer_funcs.push(is_write),
            _ => {}
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), Unfit> {
        match *alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let export = Export { instance: instance_index, name: name.to_owned() };
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => self.funcs.push(Func::Of(export)),
                    ExternalKind::Memory => self.memories.push(export),
                    ExternalKind::Table => self.tables.push(export),
                    _ => return Err("it passes more on than functions, a table and a memory"),
                }
            }
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let of_diary = self.outer_instances.get(instance_index as usize) == Some(&true);
                self.outer(kind, false, of_diary && name == DIARY_FUNC.1);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. } => {
                return Err("it takes a module from outside");
            }
            ComponentAlias::Outer { .. } => {}
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), Unfit> {
        match function {
            CanonicalFunction::Lower { func_index, options } => {
                if self.outer_funcs.get(func_index as usize) != Some(&true) {
                    return Err("it asks for more than the diary");
                }
                self.funcs.push(Func::Diary);
                self.lowers.push(options);
            }
            CanonicalFunction::Lift { core_func_index, options, .. } => match self.func(core_func_index) {
                Some(Func::Of(lifted)) => {
                    self.lifts.push((lifted, options));
                    self.outer_funcs.push(false);
                }
                _ => return Err("its functions come from no module"),
            },
            _ => return Err("it uses more of the component model than functions"),
        }
        Ok(())
    }

    fn func(&self, at: u32) -> Option<Func> {
        self.funcs.get(at as usize).cloned()
    }

    fn finish(self, component: &[u8], export: &str) -> Result<Shape, Unfit> {
        let (assess, options) = self.contract(export)?;
        let main = assess.instance;
        let Some(Made::Of(module, args)) = self.instances.get(main as usize) else {
            return Err("its functions come from no module");
        };
        if self.instances.iter().filter(|made| matches!(made, Made::Of(of, _) if of == module)).count() != 1 {
            return Err("its module is made more than once");
        }
        let func = |at: u32| match self.func(at) {
            Some(Func::Of(export)) if export.instance == main => Some(export.name),
            _ => None,
        };
        let memory = |at: u32| {
            let export = self.memories.get(at as usize).filter(|export| export.instance == main);
            export.map(|export| export.name.clone())
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
        let (Some(memory_name), Some(realloc), post_return) = names else {
            return Err("its memory comes from elsewhere");
        };
        if !utf8 {
            return Err("it does not take text as UTF-8");
        }
        let in_main_as_utf8 = |option: &CanonicalOption| match *option {
            CanonicalOption::UTF8 => true,
            CanonicalOption::Memory(at) => memory(at).as_ref() == Some(&memory_name),
            _ => false,
        };
        if !self.lowers.iter().flatten().all(in_main_as_utf8) {
            return Err("its diary does not lie in its memory as UTF-8");
        }
        let shim = self.threads(component, main, args)?;
        let range = self.modules.get(*module as usize).cloned().ok_or("its module comes from elsewhere")?;
        let names = Names { assess: assess.name.clone(), memory: memory_name, realloc, post_return, shim };
        Ok(Shape { module: range, names })
    }

    /// The function that answers, and its options: there are the contract's three and no other, all of one instance.
    /// They take and give different core types, so that none can stand for another.
    fn contract(&self, export: &str) -> Result<&(Export, Options), Unfit> {
        let named = |name: &str| {
            let mut found = self.lifts.iter().filter(|(lifted, _)| lifted.name.strip_prefix(export) == Some(name));
            found.next().filter(|_| found.next().is_none()).ok_or("its functions are not called as usual")
        };
        let (configure, describe, assess) = (named("#configure")?, named("#describe")?, named("#assess")?);
        if self.lifts.len() != 3 {
            return Err("it has more functions than the contract");
        }
        if [configure, describe].iter().any(|(lifted, _)| lifted.instance != assess.0.instance) {
            return Err("its functions come from several modules");
        }
        Ok(assess)
    }

    /// True when these are the host's diary and the table of what passes calls on, and nothing else.
    fn fills(&self, args: &[(String, u32)], passes: &[u32]) -> bool {
        let [(_, one), (_, other)] = args else { return false };
        let is_diary = |at: &u32| match self.instances.get(*at as usize) {
            Some(Made::From(given)) => match given.as_slice() {
                [(_, ExternalKind::Func, func)] => matches!(self.func(*func), Some(Func::Diary)),
                _ => false,
            },
            _ => false,
        };
        [(one, other), (other, one)].iter().any(|(diary, table)| is_diary(diary) && passes.contains(table))
    }

    /// Looks at all that ties the main instance to the host; true when its lines for the diary are passed on.
    fn threads(&self, component: &[u8], main: u32, args: &[(String, u32)]) -> Result<bool, Unfit> {
        const UNUSUAL: Unfit = "there is more beside its module than passes calls on";
        let of_main = |export: &Export| export.instance == main;
        let (mut passes, mut fills) = (Vec::new(), 0);
        for (at, made) in (0_u32..).zip(&self.instances) {
            match made {
                _ if at == main => {}
                Made::Of(module, args) => {
                    let range = self.modules.get(*module as usize).cloned().unwrap_or_default();
                    match Thread::read(component.get(range).unwrap_or_default()).ok_or(UNUSUAL)? {
                        Thread::Passes if args.is_empty() => passes.push(at),
                        Thread::Fills if self.fills(args, &passes) => fills += 1,
                        _ => return Err(UNUSUAL),
                    }
                }
                Made::From(exports) => {
                    for (_, kind, index) in exports {
                        let index = *index as usize;
                        let foreign = match kind {
                            ExternalKind::Func => match self.funcs.get(index) {
                                Some(Func::Of(export)) => !of_main(export),
                                found => found.is_some(),
                            },
                            ExternalKind::Table => self.tables.get(index).is_some_and(|export| !of_main(export)),
                            _ => false,
                        };
                        if !foreign {
                            return Err(UNUSUAL);
                        }
                    }
                }
            }
        }
        let [(name, from)] = args else {
            return if args.is_empty() && passes.is_empty() && fills == 0 { Ok(false) } else { Err(UNUSUAL) };
        };
        let Some(Made::From(given)) = self.instances.get(*from as usize).filter(|_| name == v1::DIARY) else {
            return Err(UNUSUAL);
        };
        let [(write, ExternalKind::Func, func)] = given.as_slice() else { return Err(UNUSUAL) };
        match self.func(*func) {
            _ if write != DIARY_FUNC.1 => Err(UNUSUAL),
            Some(Func::Diary) if passes.is_empty() && fills == 0 => Ok(false),
            Some(Func::Of(export)) if passes == [export.instance] && fills == 1 => Ok(true),
            _ => Err(UNUSUAL),
        }
    }
}

/// The name of the function through which a module asks for the diary.
pub(crate) const DIARY_FUNC: (&str, &str) = (v1::DIARY, "write");
