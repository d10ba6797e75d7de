//! Components nobody thought of: each ends as a named error or an answer within its limits, never as a panic.
//!
//! The same seed gives the same components. More of them: `MAPLE_FUZZ_ROUNDS=20000 cargo test --test fuzz`.

use std::{
    env,
    time::{Duration, Instant},
};

use arbitrary::Unstructured;
use maple_kernel::{
    Assess, Calendar, Case, CaseFile, Day, Facts, Limits, PolicyId, Purposes, Setting, Setup, SetupError, Value,
};
use maple_sandbox::{Sandbox, SandboxConfig};
use maple_tests::guests::{Guest, component_of};
use wasm_smith::{Config, Module};

/// Components of each sort when nobody asks for more.
const ROUNDS: usize = 60;
/// Where the random numbers begin.
const SEED: u64 = 0x6d61_706c_6520_6272;
/// Bytes of chance that one component is made of.
const CHANCE_BYTES: usize = 2_000;
/// One round may take so long, compilation included, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn rounds() -> usize {
    env::var("MAPLE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// SplitMix64: small, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..CHANCE_BYTES / 8).flat_map(|_| self.next().to_le_bytes()).collect()
    }
}

fn with_file<R>(ask: impl FnOnce(&CaseFile<'_>) -> R) -> R {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = Facts::new(vec![("amount".into(), Value::Money(4_800_000))]);
    let case = Case::new(None, "cn".into(), "labour.wage".into(), "counter".into(), day, vec![], facts);
    ask(&case.file(Purposes::BOTH, day, &case.facts, &["amount".into()]))
}

/// How far the components came.
#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    not_configured: usize,
    faults: usize,
    answers: usize,
}

impl Tally {
    fn run(&mut self, sandbox: &Sandbox, bytes: &[u8]) {
        let began = Instant::now();
        let limits = Limits { fuel: Some(1_000_000), ..Limits::default() };
        match sandbox.add_component(bytes) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                self.refused += 1;
            }
            Ok(info) => self.evaluate(sandbox, &info.digest, limits),
        }
        assert!(began.elapsed() < PATIENCE, "it took {:?}", began.elapsed());
    }

    fn evaluate(&mut self, sandbox: &Sandbox, plugin: &str, limits: Limits) {
        let (policy, settings, calendar) = (PolicyId::from("cn/fuzz"), Setting::Table(vec![]), Calendar::default());
        let setup = Setup { policy: &policy, plugin, settings: &settings, calendar: &calendar, limits };
        match sandbox.configure_policies(&[setup]).remove(0) {
            Err(SetupError::Settings(complaints) | SetupError::Limits(complaints)) => {
                assert!(!complaints.is_empty());
                self.not_configured += 1;
            }
            Err(SetupError::Fault(_)) => self.not_configured += 1,
            Ok(policy) => {
                let first = with_file(|file| policy.assess(file));
                let second = with_file(|file| policy.assess(file));
                assert_eq!(first, second, "the same case, another answer");
                assert!(first.fuel <= 1_000_000);
                *(if first.answer.is_ok() { &mut self.answers } else { &mut self.faults }) += 1;
            }
        }
    }
}

fn sandbox() -> Sandbox {
    Sandbox::new(SandboxConfig::default()).unwrap()
}

/// What plugins may be made of, so that most of what is made up is not refused at the door.
fn config() -> Config {
    Config {
        max_imports: 0,
        allow_start_export: true,
        threads_enabled: false,
        memory64_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        relaxed_simd_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        shared_everything_threads_enabled: false,
        custom_descriptors_enabled: false,
        allow_invalid_funcs: false,
        max_memory32_bytes: 16 << 20,
        ..Config::default()
    }
}

#[test]
fn whatever_modules_are_refused() {
    let (sandbox, mut chance, mut tally) = (sandbox(), Chance(SEED), Tally::default());
    for _ in 0..rounds() {
        let bytes = chance.bytes();
        if let Ok(module) = Module::new(config(), &mut Unstructured::new(&bytes)) {
            tally.run(&sandbox, &module.to_bytes());
        }
    }
    assert_eq!(tally.refused, rounds(), "{tally:?}");
}

#[test]
fn whatever_components_are_refused() {
    let (sandbox, mut chance, mut tally) = (sandbox(), Chance(SEED ^ 1), Tally::default());
    for _ in 0..rounds() {
        let bytes = chance.bytes();
        if let Ok(component) = wasm_smith::Component::new(config(), &mut Unstructured::new(&bytes)) {
            tally.run(&sandbox, &component.to_bytes());
        }
    }
    assert!(tally.refused > 0 && tally.answers == 0, "{tally:?}");
}

/// Modules with the contract's exports: they get through the door, and are asked what they are.
#[test]
fn whatever_modules_with_the_right_exports_end_within_their_limits() {
    let shape = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (func (export "maple:policy/policy@0.1.0#configure")
                (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)
            (func (export "maple:policy/policy@0.1.0#describe") (result i32) unreachable)
            (func (export "maple:policy/policy@0.1.0#assess") (param i32) (result i32) unreachable)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
    );
    let shape = shape.unwrap();
    let (sandbox, mut chance, mut tally) = (sandbox(), Chance(SEED ^ 2), Tally::default());
    for _ in 0..rounds() {
        let bytes = chance.bytes();
        let config = Config { exports: Some(shape.clone()), ..config() };
        if let Ok(module) = Module::new(config, &mut Unstructured::new(&bytes)) {
            tally.run(&sandbox, &component_of(module.to_bytes()).unwrap());
        }
    }
    assert!(tally.refused > 0, "{tally:?}");
}

/// An expression that gives a number, of whatever can be done to memory, stack and host.
fn expression(chance: &mut Chance, depth: usize) -> String {
    let kind = chance.below(if depth == 0 { 4 } else { 15 });
    let mut inner = || expression(chance, depth - 1);
    match kind {
        0 => "(local.get 0)".into(),
        1 => "(global.get $heap)".into(),
        2 => format!("(i32.const {})", 4_096 + 4 * chance.below(200)),
        3 => format!("(i32.const {})", chance.next().cast_signed() as i32),
        4 => format!("(i32.load {})", inner()),
        5 => format!("(i32.add {} {})", inner(), inner()),
        6 => format!("(i32.rem_u {} {})", inner(), inner()),
        7 => format!("(memory.grow {})", inner()),
        8 => format!("(call $assess {})", inner()),
        9 => format!("(block (result i32) (i32.store {} {}) {})", inner(), inner(), inner()),
        10 => format!("(block (result i32) (memory.fill {} {} {}) {})", inner(), inner(), inner(), inner()),
        11 => format!("(block (result i32) (memory.copy {} {} {}) {})", inner(), inner(), inner(), inner()),
        12 => format!("(block (result i32) (call $write {} {}) {})", inner(), inner(), inner()),
        13 => format!("(if (result i32) {} (then {}) (else {}))", inner(), inner(), inner()),
        _ => format!("(loop (result i32) (br_if 0 {}) {})", inner(), inner()),
    }
}

#[test]
fn whatever_bodies_end_within_their_limits() {
    let (sandbox, mut chance, mut tally) = (sandbox(), Chance(SEED ^ 4), Tally::default());
    for _ in 0..rounds() * 3 {
        let mut guest = Guest::default();
        let finding = guest.finding();
        guest.assess = guest.answer(&[finding; 3]);
        let made_up = expression(&mut chance, 5);
        match chance.below(12) {
            0 => guest.configure = format!("(drop {made_up}) {}", guest.configure),
            1 => guest.realloc = made_up,
            2 | 3 => guest.assess = made_up,
            _ => guest.assess = format!("(drop {made_up}) {}", guest.assess),
        }
        tally.run(&sandbox, &guest.component());
    }
    assert!(tally.not_configured > 0 && tally.faults > 0 && tally.answers > 0, "{tally:?}");
}

#[test]
fn guests_with_bytes_changed_end_within_their_limits() {
    let mut guest = Guest::default();
    let finding = guest.finding();
    guest.assess = guest.answer(&[finding; 3]);
    let whole = guest.component();
    let (sandbox, mut chance, mut tally) = (sandbox(), Chance(SEED ^ 3), Tally::default());
    for _ in 0..rounds() * 20 {
        let mut changed = whole.clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(changed.len());
            changed[at] = u8::try_from(chance.below(256)).unwrap();
        }
        tally.run(&sandbox, &changed);
    }
    assert!(tally.refused > 0 && tally.answers > 0, "{tally:?}");
}
