//! Guests written by hand, in WebAssembly text: one that behaves, and whatever a test makes of it.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract with plugins.
pub const CONTRACT: &str = include_str!("../../sdk/wit/policy.wit");
/// Where the bytes begin that a guest's answers are made of.
const IMAGE_AT: u32 = 4_096;
/// Bytes of a page, and of the room that a guest's own allocator has.
const PAGE_BYTES: u32 = 65_536;
/// Bytes of one finding in memory.
const FINDING_BYTES: usize = 104;
/// The rule of every finding that [`Guest::finding`] makes.
pub const RULE: &str = "R1";

/// A place in a guest's memory and a length.
pub type Slice = (u32, u32);

/// A guest: the bodies of its functions, and the bytes in its memory. As it comes, it takes any settings and answers
/// every case with no findings.
#[derive(Clone)]
pub struct Guest {
    /// Body of `configure`; parameters 0 and 1 are the settings' place and count; gives a result's place.
    pub configure: String,
    /// Body of `describe`; gives a descriptor's place.
    pub describe: String,
    /// Body of `assess`; parameter 0 is the file's place; gives a result's place.
    pub assess: String,
    /// Body of `cabi_realloc`; parameter 3 is the size wanted; gives a place.
    pub realloc: String,
    /// The memory's size in pages, and its maximum if it has one; as much as is needed, two pages mostly, if empty.
    pub memory: String,
    /// Further fields of the module.
    pub extra: String,
    /// What lies in its memory; put there by [`Guest::put`].
    pub image: Vec<u8>,
}

impl Default for Guest {
    fn default() -> Self {
        let mut guest = Self {
            configure: String::new(),
            describe: String::new(),
            assess: String::new(),
            realloc: "(local.set 4 (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get 4) (local.get 3)))
                (local.get 4)"
                .into(),
            memory: String::new(),
            extra: String::new(),
            image: Vec::new(),
        };
        guest.configure = constant(guest.put(&[0; 12]));
        guest.describe = constant(guest.descriptor("hand-written", "1.2.3"));
        guest.assess = guest.answer(&[]);
        guest
    }
}

/// A function body that gives one number.
#[must_use]
pub fn constant(value: u32) -> String {
    format!("(i32.const {value})")
}

impl Guest {
    /// Puts bytes into the guest's memory, aligned to 8.
    pub fn put(&mut self, bytes: &[u8]) -> u32 {
        self.image.resize(self.image.len().next_multiple_of(8), 0);
        let at = IMAGE_AT + size(self.image.len());
        self.image.extend_from_slice(bytes);
        at
    }

    /// Puts text into the guest's memory.
    pub fn text(&mut self, text: &str) -> Slice {
        (self.put(text.as_bytes()), size(text.len()))
    }

    /// A descriptor with this id and version and one rule.
    pub fn descriptor(&mut self, id: &str, version: &str) -> u32 {
        let (id, version, says) = (self.text(id), self.text(version), self.text("says"));
        let rule = self.text(RULE);
        let rules = words(&[rule, says, says, (0, 0)]);
        let rules = (self.put(&rules), 1);
        let reads = self.text("amount");
        let reads = (self.put(&words(&[reads])), 1);
        self.put(&words(&[id, version, says, says, reads, rules, (0, 0)]))
    }

    /// A finding that refers to a person; its fields can be overwritten at their places.
    pub fn finding(&mut self) -> [u8; FINDING_BYTES] {
        let (rule, code) = (self.text(RULE), self.text("a_person_decides"));
        let mut finding = [0; FINDING_BYTES];
        write(&mut finding, 0, &words(&[rule]));
        finding[8] = 8;
        write(&mut finding, 16, &words(&[code]));
        finding
    }

    /// The body of an `assess` that answers these findings.
    pub fn answer(&mut self, findings: &[[u8; FINDING_BYTES]]) -> String {
        let list = (self.put(&findings.concat()), size(findings.len()));
        self.answer_list(list)
    }

    /// The body of an `assess` that answers a list of findings at this place and of this length.
    pub fn answer_list(&mut self, list: Slice) -> String {
        let mut result = vec![0; 4];
        result.extend(words(&[list]));
        constant(self.put(&result))
    }

    /// The core module, as text.
    #[must_use]
    pub fn text_of_module(&self) -> String {
        let Self { configure, describe, assess, realloc, extra, image, .. } = self;
        let heap = (IMAGE_AT + size(image.len())).next_multiple_of(PAGE_BYTES);
        let needed = (heap / PAGE_BYTES + 1).to_string();
        let memory = if self.memory.is_empty() { &needed } else { &self.memory };
        let image = image.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\{byte:02x}");
            text
        });
        format!(
            r#"(module
                (import "maple:policy/diary@0.1.0" "write" (func $write (param i32 i32)))
                (memory (export "memory") {memory})
                (global $heap (mut i32) (i32.const {heap}))
                (data (i32.const {IMAGE_AT}) "{image}")
                (func (export "maple:policy/policy@0.1.0#configure")
                    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {configure})
                (func (export "maple:policy/policy@0.1.0#describe") (result i32) {describe})
                (func $assess (export "maple:policy/policy@0.1.0#assess") (param i32) (result i32) {assess})
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local i32) {realloc})
                {extra})"#
        )
    }

    /// The component.
    #[must_use]
    pub fn component(&self) -> Vec<u8> {
        component(&self.text_of_module())
    }
}

/// Overwrites bytes of a finding, or of anything else.
pub fn write(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes[at..at + with.len()].copy_from_slice(with);
}

/// Places and lengths as they lie in memory.
#[must_use]
pub fn words(slices: &[Slice]) -> Vec<u8> {
    slices.iter().flat_map(|(at, len)| [at.to_le_bytes(), len.to_le_bytes()]).flatten().collect()
}

/// A core module, as text, made a component of the contract's world.
#[must_use]
pub fn component(core: &str) -> Vec<u8> {
    of_world(core, CONTRACT, "plugin")
}

/// A core module, as text, made a component of any world.
#[must_use]
pub fn of_world(core: &str, wit: &str, world: &str) -> Vec<u8> {
    let module = wat::parse_str(core).unwrap_or_else(|error| panic!("{error}"));
    encode(module, wit, world).unwrap_or_else(|error| panic!("{error}\n{core}"))
}

/// A core module, as bytes, made a component of the contract's world.
///
/// # Errors
///
/// When the module does not fit the world.
pub fn component_of(module: Vec<u8>) -> Result<Vec<u8>, String> {
    encode(module, CONTRACT, "plugin")
}

/// A component with so many more instances in it of one more core module, which has these fields.
#[must_use]
pub fn with_instances(mut component: Vec<u8>, fields: &str, count: usize) -> Vec<u8> {
    const HEADER_BYTES: usize = 8;
    const MODULE: u8 = 1;
    const INSTANCES: u8 = 2;
    let mut modules = 0;
    let mut at = HEADER_BYTES;
    while let Some(kind) = component.get(at) {
        modules += usize::from(*kind == MODULE);
        let (bytes, length) = number_at(&component[at + 1..]);
        at += 1 + bytes + length;
    }
    let module = wat::parse_str(format!("(module {fields})")).unwrap_or_else(|error| panic!("{error}"));
    // Each: made of a module, which, with no arguments.
    let one = [vec![0], number(modules), vec![0]].concat();
    let instances = [number(count), one.repeat(count)].concat();
    for (kind, section) in [(MODULE, module), (INSTANCES, instances)] {
        component.push(kind);
        component.extend(number(section.len()));
        component.extend(section);
    }
    component
}

/// A number as WebAssembly writes it (LEB128).
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).expect("seven bits"));
    bytes
}

/// How many bytes a number has that stands at the beginning, and which it is.
fn number_at(bytes: &[u8]) -> (usize, usize) {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
    let value = bytes[..=end].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (end + 1, value)
}

fn encode(mut module: Vec<u8>, wit: &str, world: &str) -> Result<Vec<u8>, String> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", wit).unwrap_or_else(|error| panic!("{error:#}"));
    let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("it can be embedded");
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.validate(true).module(&module).and_then(ComponentEncoder::encode);
    encoded.map_err(|error| format!("{error:#}"))
}

fn size(len: usize) -> u32 {
    u32::try_from(len).expect("small")
}
