//! Code that marks what it writes.
//!
//! To put a memory back, one must know where it was written to. So each store of a guest is followed by one that the
//! guest neither sees nor can leave out: into a memory of its own, one byte for each [`BLOCK_BYTES`] of the guest's. It
//! is done to the module before anything else, so that every way of running it burns the same fuel. Where instances are
//! thrown away nobody reads marks: there [`Marks::Blank`] leaves instructions that cost the same and do nothing, which
//! the compiler drops, and there is no second memory to clear.
//!
//! What is refused: state beside one memory and plain globals. Tables that change, segments that are dropped.

use std::ops::Range;

use wasm_encoder::{
    BlockType, CodeSection, Encode, ExportKind, ExportSection, Instruction as I, MemArg, MemArgTarget, MemorySection,
    MemoryType, RawSection, Section, ValType,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmparser::{FunctionBody, Operator as Op, Parser, Payload, TypeRef};

use super::shape::{DIARY_FUNC, Shape, Unfit};
use crate::limits::COMPONENT_BYTES_MAX;

/// log2 of [`BLOCK_BYTES`].
pub(crate) const BLOCK_SHIFT: i32 = 8;
/// Bytes of memory that share a mark.
pub(crate) const BLOCK_BYTES: usize = 1 << BLOCK_SHIFT;
/// Bytes that the widest store writes: a store is marked where it begins, and may end in the next block.
pub(crate) const STORE_BYTES_MAX: usize = 16;
/// Pages of the memory of marks: a byte for each block of the largest memory that a guest may have.
pub(crate) const MARKS_PAGES: u64 = crate::limits::MEMORY_BYTES_MAX >> BLOCK_SHIFT >> 16;
/// Bytes of the memory of marks.
pub(crate) const MARKS_BYTES: u64 = MARKS_PAGES << 16;
/// The export that is the memory of marks.
pub(crate) const MARKS: &str = "maple:marks";
/// What the export of a global begins with, which changes while the guest runs.
pub(crate) const GLOBAL: &str = "maple:global-";

const UNREADABLE: Unfit = "it cannot be read";

/// What becomes of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// They are written, for whoever puts the memory back.
    Kept,
    /// They only burn the fuel of marks.
    Blank,
}

impl Marks {
    /// Bytes of memory that they take beside the guest's.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Kept => MARKS_BYTES,
            Self::Blank => 0,
        }
    }
}

/// The component with its module made to mark what it writes.
pub(crate) fn mark(component: &[u8], shape: &Shape, marks: Marks) -> Result<Vec<u8>, Unfit> {
    let module = component.get(shape.module.clone()).ok_or(UNREADABLE)?;
    let marked = Marker::read(module, marks)?.write(module)?;
    let mut out = Vec::with_capacity(component.len() + marked.len() / 2);
    // The section's head is its id and its length; the length is as short as can be, or written out in five bytes.
    let head = section_head(component, shape.module.start).ok_or(UNREADABLE)?;
    out.extend_from_slice(component.get(..head).ok_or(UNREADABLE)?);
    let section = RawSection { id: wasm_encoder::ComponentSectionId::CoreModule as u8, data: &marked };
    out.push(section.id);
    section.encode(&mut out);
    out.extend_from_slice(component.get(shape.module.end..).ok_or(UNREADABLE)?);
    Ok(out)
}

/// Where the section begins whose contents begin at `at`.
fn section_head(component: &[u8], at: usize) -> Option<usize> {
    let mut end = 8;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.ok()?;
        if let Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } =
            &payload
            && usize::try_from(unchecked_range.start).ok()? == at
        {
            return Some(end);
        }
        if let Some((_, range)) = payload.as_section() {
            end = usize::try_from(range.end).ok()?;
        }
    }
    None
}

/// What is known of a module before it is written anew.
struct Marker {
    marks: Marks,
    /// Parameters of each type that is a function's.
    types: Vec<u32>,
    /// The type of each function that has a body.
    functions: Vec<u32>,
    memories: u32,
    /// The globals that change.
    globals: Vec<u32>,
    exports: bool,
}

impl Marker {
    fn read(module: &[u8], marks: Marks) -> Result<Self, Unfit> {
        let (types, functions, globals) = (Vec::new(), Vec::new(), Vec::new());
        let mut marker = Self { marks, types, functions, memories: 0, globals, exports: false };
        let mut globals = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(|_| UNREADABLE)? {
                Payload::TypeSection(groups) => {
                    for kind in groups.into_iter_err_on_gc_types() {
                        let params = kind.map_err(|_| UNREADABLE)?.params().len();
                        marker.types.push(u32::try_from(params).map_err(|_| UNREADABLE)?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(|_| UNREADABLE)?;
                        if !matches!(import.ty, TypeRef::Func(_)) || (import.module, import.name) != DIARY_FUNC {
                            return Err("its module asks for more than the diary");
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for kind in functions {
                        marker.functions.push(kind.map_err(|_| UNREADABLE)?);
                    }
                }
                Payload::MemorySection(memories) => marker.memories = memories.count(),
                Payload::GlobalSection(all) => {
                    for global in all {
                        let kind = global.map_err(|_| UNREADABLE)?.ty;
                        if kind.mutable && matches!(kind.content_type, wasmparser::ValType::Ref(_)) {
                            return Err("a global that changes holds a reference");
                        }
                        if kind.mutable {
                            marker.globals.push(globals);
                        }
                        globals += 1;
                    }
                }
                Payload::ExportSection(exports) => {
                    marker.exports = true;
                    for export in exports {
                        let name = export.map_err(|_| UNREADABLE)?.name;
                        if name == MARKS || name.starts_with(GLOBAL) {
                            return Err("it uses a name that is the host's");
                        }
                    }
                }
                _ => {}
            }
        }
        if marker.memories != 1 {
            return Err("it has not just one memory");
        }
        if !marker.exports {
            return Err("it exports nothing");
        }
        Ok(marker)
    }

    fn write(&self, module: &[u8]) -> Result<Vec<u8>, Unfit> {
        let mut out = module.get(..8).ok_or(UNREADABLE)?.to_vec();
        let mut code = CodeSection::new();
        let mut functions = self.functions.iter();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(|_| UNREADABLE)? {
                Payload::MemorySection(section) if self.marks == Marks::Kept => {
                    let mut memories = MemorySection::new();
                    RoundtripReencoder.parse_memory_section(&mut memories, section).map_err(|_| UNREADABLE)?;
                    memories.memory(MemoryType {
                        minimum: MARKS_PAGES,
                        maximum: None,
                        memory64: false,
                        shared: false,
                        page_size_log2: None,
                    });
                    memories.append_to(&mut out);
                }
                Payload::ExportSection(section) if self.marks == Marks::Kept => {
                    let mut exports = ExportSection::new();
                    RoundtripReencoder.parse_export_section(&mut exports, section).map_err(|_| UNREADABLE)?;
                    exports.export(MARKS, ExportKind::Memory, self.memories);
                    for global in &self.globals {
                        exports.export(&format!("{GLOBAL}{global}"), ExportKind::Global, *global);
                    }
                    exports.append_to(&mut out);
                }
                Payload::CodeSectionEntry(body) => {
                    let kind = functions.next().and_then(|kind| self.types.get(*kind as usize)).ok_or(UNREADABLE)?;
                    code.raw(&self.body(&body, *kind, module)?);
                    if code.byte_len() > COMPONENT_BYTES_MAX {
                        return Err("it would be too large with its marks");
                    }
                }
                Payload::CodeSectionStart { .. } => {}
                payload => {
                    // The code ends before the first section behind it, or with the module.
                    if functions.len() == 0 && !code.is_empty() {
                        std::mem::take(&mut code).append_to(&mut out);
                    }
                    if let Some((id, range)) = payload.as_section() {
                        RawSection { id, data: slice(module, range)? }.append_to(&mut out);
                    }
                }
            }
        }
        Ok(out)
    }

    /// A function that marks what it writes.
    fn body(&self, body: &FunctionBody<'_>, params: u32, module: &[u8]) -> Result<Vec<u8>, Unfit> {
        let mut groups = Vec::new();
        let mut next = params;
        for group in body.get_locals_reader().map_err(|_| UNREADABLE)? {
            let (count, kind) = group.map_err(|_| UNREADABLE)?;
            groups.push((count, RoundtripReencoder.val_type(kind).map_err(|_| UNREADABLE)?));
            next = next.checked_add(count).ok_or(UNREADABLE)?;
        }
        let mut temps = Temps { next, used: Vec::new() };
        let mut code = Vec::new();
        let mut reader = body.get_operators_reader().map_err(|_| UNREADABLE)?;
        while !reader.eof() {
            let from = reader.original_position();
            let op = reader.read().map_err(|_| UNREADABLE)?;
            let raw = slice(module, from..reader.original_position())?;
            match writes(&op) {
                Writes::Nothing => code.extend_from_slice(raw),
                Writes::Value(kind, offset) => self.store(&mut code, &mut temps, kind, offset, raw),
                Writes::Range => self.range(&mut code, &mut temps, raw),
                Writes::Elsewhere => return Err("it changes tables or drops segments"),
            }
        }
        groups.extend(temps.used.iter().map(|(kind, _)| (1, *kind)));
        let mut out = Vec::with_capacity(code.len() + 16);
        u32::try_from(groups.len()).map_err(|_| UNREADABLE)?.encode(&mut out);
        for (count, kind) in groups {
            count.encode(&mut out);
            kind.encode(&mut out);
        }
        out.extend(code);
        Ok(out)
    }

    /// `address value store` becomes the same, and a mark.
    fn store(&self, code: &mut Vec<u8>, temps: &mut Temps, kind: ValType, offset: u32, raw: &[u8]) {
        let (address, value) = (temps.get(ValType::I32, 0), temps.get(kind, 1));
        emit(code, &[I::LocalSet(value), I::LocalTee(address), I::LocalGet(value)]);
        code.extend_from_slice(raw);
        // The store did not trap, so its end lies within memory and nothing here runs over.
        emit(code, &[I::LocalGet(address)]);
        if offset != 0 {
            emit(code, &[I::I32Const(offset.cast_signed()), I::I32Add]);
        }
        emit(code, &[I::I32Const(BLOCK_SHIFT), I::I32ShrU, I::I32Const(1)]);
        self.mark(code);
    }

    /// `to from length copy` or `to value length fill` becomes the same, and marks from the first block to the last.
    fn range(&self, code: &mut Vec<u8>, temps: &mut Temps, raw: &[u8]) {
        let (to, what, length) = (temps.get(ValType::I32, 0), temps.get(ValType::I32, 1), temps.get(ValType::I32, 2));
        emit(code, &[I::LocalSet(length), I::LocalSet(what), I::LocalTee(to), I::LocalGet(what), I::LocalGet(length)]);
        code.extend_from_slice(raw);
        let first = what;
        let last = match self.marks {
            Marks::Kept => to,
            Marks::Blank => temps.get(ValType::I32, 3),
        };
        let block = [I::I32Const(BLOCK_SHIFT), I::I32ShrU];
        emit(code, &[I::LocalGet(length), I::If(BlockType::Empty), I::LocalGet(to)]);
        emit(code, &block);
        emit(code, &[I::LocalTee(first), I::I32Const(1)]);
        self.mark(code);
        emit(code, &[I::LocalGet(to), I::LocalGet(length), I::I32Add, I::I32Const(1), I::I32Sub]);
        emit(code, &block);
        emit(code, &[I::LocalTee(last), I::I32Const(1)]);
        self.mark(code);
        let between = [I::LocalGet(last), I::LocalGet(first), I::I32Sub];
        emit(code, &between);
        emit(code, &[I::I32Const(1), I::I32GtU, I::If(BlockType::Empty)]);
        match self.marks {
            Marks::Kept => {
                emit(code, &[I::LocalGet(first), I::I32Const(1)]);
                emit(code, &between);
                emit(code, &[I::MemoryFill(self.memories)]);
            }
            // The engine counts filling and copying by the byte. What was just written is copied to where it is.
            Marks::Blank => {
                emit(code, &[I::LocalGet(to), I::LocalGet(to)]);
                emit(code, &between);
                emit(code, &[I::MemoryCopy { src_mem: 0, dst_mem: 0 }]);
            }
        }
        emit(code, &[I::End, I::End]);
    }

    /// Takes a block and a value from the stack: a store, or what costs as much fuel (dropping costs none).
    fn mark(&self, code: &mut Vec<u8>) {
        let target = MemArgTarget::Memory(self.memories);
        match self.marks {
            Marks::Kept => emit(code, &[I::I32Store8(MemArg { offset: 0, align: 0, target, ordering: None })]),
            Marks::Blank => emit(code, &[I::Drop, I::Drop, I::I32Const(0), I::Drop]),
        }
    }
}

/// What an operator writes.
enum Writes {
    Nothing,
    /// A value of a type, so far from the address.
    Value(ValType, u32),
    /// A range of memory.
    Range,
    /// Something that is not put back.
    Elsewhere,
}

fn writes(op: &Op<'_>) -> Writes {
    // Offsets of 32-bit memories fit.
    let at = |memarg: &wasmparser::MemArg| u32::try_from(memarg.offset).unwrap_or(u32::MAX);
    match op {
        Op::I32Store { memarg } | Op::I32Store8 { memarg } | Op::I32Store16 { memarg } => {
            Writes::Value(ValType::I32, at(memarg))
        }
        Op::I64Store { memarg } | Op::I64Store8 { memarg } | Op::I64Store16 { memarg } | Op::I64Store32 { memarg } => {
            Writes::Value(ValType::I64, at(memarg))
        }
        Op::F32Store { memarg } => Writes::Value(ValType::F32, at(memarg)),
        Op::F64Store { memarg } => Writes::Value(ValType::F64, at(memarg)),
        Op::V128Store { memarg }
        | Op::V128Store8Lane { memarg, .. }
        | Op::V128Store16Lane { memarg, .. }
        | Op::V128Store32Lane { memarg, .. }
        | Op::V128Store64Lane { memarg, .. } => Writes::Value(ValType::V128, at(memarg)),
        Op::MemoryCopy { .. } | Op::MemoryFill { .. } => Writes::Range,
        Op::MemoryInit { .. }
        | Op::DataDrop { .. }
        | Op::ElemDrop { .. }
        | Op::TableInit { .. }
        | Op::TableCopy { .. }
        | Op::TableFill { .. }
        | Op::TableGrow { .. }
        | Op::TableSet { .. } => Writes::Elsewhere,
        _ => Writes::Nothing,
    }
}

/// Locals that a function is given for marking, the same ones for each of its stores.
struct Temps {
    next: u32,
    used: Vec<(ValType, u8)>,
}

impl Temps {
    /// The `nth` local of a type.
    fn get(&mut self, kind: ValType, nth: u8) -> u32 {
        let found = self.used.iter().position(|used| *used == (kind, nth));
        let at = found.unwrap_or_else(|| {
            self.used.push((kind, nth));
            self.used.len() - 1
        });
        self.next.saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    }
}

fn emit(code: &mut Vec<u8>, instructions: &[I<'_>]) {
    for instruction in instructions {
        instruction.encode(code);
    }
}

fn slice(module: &[u8], range: Range<u64>) -> Result<&[u8], Unfit> {
    let at = |end| usize::try_from(end).unwrap_or(usize::MAX);
    module.get(at(range.start)..at(range.end)).ok_or(UNREADABLE)
}
