//! Guests that attack: each ends as its named fault within its limit, and neither the host nor a neighbour notices.

use std::{
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use maple_kernel::{
    Assess, Assessment, Calendar, Case, CaseFile, Day, Facts, Fault, FaultKind, Limits, PolicyId, Purposes, Setting,
    Setup, SetupError, Value,
};
use maple_sandbox::{
    ANSWER_BYTES_DEFAULT, CODE_BYTES_MAX, COMPONENT_BYTES_MAX, ConfiguredPolicy, FINDINGS_COUNT_DEFAULT, Isolation,
    LoadError, MEMORY_BYTES_DEFAULT, Sandbox, SandboxConfig, TABLE_ELEMENTS_MAX,
};
use maple_tests::guests::{CONTRACT, Guest, constant, of_world, words, write};

/// No attack may take longer than this, on a busy machine and with its compilation.
const PATIENCE: Duration = Duration::from_secs(60);
/// Fuel for guests that burn whatever they get.
const LITTLE_FUEL: u64 = 5_000_000;

struct Arena {
    sandbox: Sandbox,
    neighbour: ConfiguredPolicy,
    expected: Assessment,
}

/// One sandbox for all attacks: whatever one of them breaks, the next ones and the neighbour feel.
static ARENA: LazyLock<Arena> = LazyLock::new(|| {
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
    let mut guest = Guest::default();
    let finding = guest.finding();
    guest.assess = guest.answer(&[finding]);
    let neighbour = configure(&sandbox, &guest, Limits::default()).unwrap();
    let expected = with_file(|file| neighbour.assess(file));
    assert_eq!(expected.answer.as_ref().map(Vec::len), Ok(1));
    Arena { sandbox, neighbour, expected }
});

fn with_file<R>(ask: impl FnOnce(&CaseFile<'_>) -> R) -> R {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = Facts::new(vec![("amount".into(), Value::Money(4_800_000))]);
    let case = Case::new(None, "cn/zhejiang".into(), "labour.wage".into(), "counter".into(), day, vec![], facts);
    ask(&case.file(Purposes::BOTH, day, &case.facts, &["amount".into()]))
}

#[derive(Debug)]
enum Failed {
    Load(LoadError),
    Setup(SetupError),
}

fn configure(sandbox: &Sandbox, guest: &Guest, limits: Limits) -> Result<ConfiguredPolicy, Failed> {
    let info = sandbox.add_component(&guest.component()).map_err(Failed::Load)?;
    let (policy, settings, calendar) = (PolicyId::from("cn/hostile"), Setting::Table(vec![]), Calendar::default());
    let setup = Setup { policy: &policy, plugin: &info.digest, settings: &settings, calendar: &calendar, limits };
    sandbox.configure_policies(&[setup]).remove(0).map_err(Failed::Setup)
}

/// Waits its turn, attacks, and looks after the neighbour.
fn attack<R>(strike: impl FnOnce(&Sandbox) -> R) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let arena = &*ARENA;
    let began = Instant::now();
    let result = strike(&arena.sandbox);
    assert!(began.elapsed() < PATIENCE, "it took {:?}", began.elapsed());
    let again = with_file(|file| arena.neighbour.assess(file));
    assert_eq!(again, arena.expected, "the neighbour is harmed");
    result
}

/// Sandboxes that keep nothing, to compare with.
static FRESH: LazyLock<[Sandbox; 2]> = LazyLock::new(|| {
    [Isolation::Fresh, Isolation::Component]
        .map(|isolation| Sandbox::new(SandboxConfig { isolation, ..SandboxConfig::default() }).unwrap())
});

/// What comes of asking a guest, twice, because an attack may leave something behind for the next instance. Where
/// instances are kept and where they are not, it comes to the same.
fn assess(guest: &Guest, limits: Limits) -> Assessment {
    attack(|sandbox| {
        let policy = configure(sandbox, guest, limits).unwrap();
        let first = with_file(|file| policy.assess(file));
        let second = with_file(|file| policy.assess(file));
        assert_eq!(first.answer, second.answer);
        let kind = |of: &Assessment| of.answer.as_ref().map(Vec::len).map_err(|fault| fault.kind);
        for fresh in &*FRESH {
            let fresh = configure(fresh, guest, limits).unwrap();
            assert_eq!(kind(&first), kind(&with_file(|file| fresh.assess(file))));
        }
        first
    })
}

#[track_caller]
fn check(guest: &Guest, limits: Limits, kind: FaultKind, part: &str) {
    let fault = assess(guest, limits).answer.expect_err("the attack succeeds");
    assert_eq!(fault.kind, kind, "{}", fault.detail);
    assert!(fault.detail.contains(part), "`{}` does not say `{part}`", fault.detail);
}

/// A guest whose `assess` is this body.
fn asked(body: &str) -> Guest {
    Guest { assess: body.into(), ..Guest::default() }
}

fn with_extra(body: &str, extra: &str) -> Guest {
    Guest { extra: extra.into(), ..asked(body) }
}

/// A guest that answers one finding whose bytes were tampered with.
fn answers(change: impl FnOnce(&mut Guest, &mut [u8])) -> Guest {
    let mut guest = Guest::default();
    let mut finding = guest.finding();
    change(&mut guest, &mut finding);
    guest.assess = guest.answer(&[finding]);
    guest
}

const LOOP: &str = "(loop $again (br $again)) (unreachable)";

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let limits = Limits { fuel: Some(LITTLE_FUEL), ..Limits::default() };
    let assessment = assess(&asked(LOOP), limits);
    assert_eq!(assessment.answer.unwrap_err().kind, FaultKind::OutOfFuel);
    assert_eq!(assessment.fuel, LITTLE_FUEL);
}

#[test]
fn a_guest_with_fuel_left_meets_the_clock() {
    let limits = Limits { fuel: Some(u64::MAX), wall_ms: Some(40), ..Limits::default() };
    check(&asked(LOOP), limits, FaultKind::Timeout, "interrupt");
}

#[test]
fn deep_recursion_exhausts_its_own_stack() {
    check(&asked("(call $assess (local.get 0)) (drop) (unreachable)"), Limits::default(), FaultKind::Trap, "stack");
}

#[test]
fn traps_are_traps() {
    for (body, part) in [
        ("(unreachable)", "unreachable"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "divide by zero"),
        ("(i32.load (i32.const -1))", "out of bounds memory access"),
        ("(i32.trunc_f32_s (f32.const nan))", "invalid conversion"),
    ] {
        check(&asked(body), Limits::default(), FaultKind::Trap, part);
    }
}

/// Which of the many numbers that are none comes of 0/0 depends on the processor; a guest sees one and the same everywhere.
#[test]
fn what_is_no_number_has_the_same_bits_everywhere() {
    // Loaded, so that nothing is worked out ahead of time. The last page of the guest's memory is all zeros.
    let zero = |size: u32| format!("(f{size}.load (i32.const 131064))");
    for (size, bits) in [(32, "0x7fc00000"), (64, "0x7ff8000000000000")] {
        let mut guest = Guest::default();
        let answer = guest.assess.clone();
        let none = format!("(f{size}.div {0} {0})", zero(size));
        guest.assess = format!(
            "(if (i{size}.ne (i{size}.reinterpret_f{size} {none}) (i{size}.const {bits})) (then (unreachable))) {answer}"
        );
        assert_eq!(assess(&guest, Limits::default()).answer, Ok(vec![]), "f{size}");
    }
}

#[test]
fn memory_hunger_is_refused() {
    let page_by_page = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)";
    check(&asked(page_by_page), Limits::default(), FaultKind::OutOfMemory, "");
    let at_once = "(if (i32.eq (memory.grow (i32.const 65000)) (i32.const -1)) (then (unreachable))) (unreachable)";
    check(&asked(at_once), Limits::default(), FaultKind::OutOfMemory, "");
}

#[test]
fn memory_is_given_up_to_its_limit() {
    let pages = u32::try_from(MEMORY_BYTES_DEFAULT >> 16).unwrap();
    let grow_to = |pages: u32| {
        let mut guest = Guest::default();
        let answer = guest.assess.clone();
        let by = pages - 2;
        guest.assess =
            format!("(if (i32.eq (memory.grow (i32.const {by})) (i32.const -1)) (then (unreachable))) {answer}");
        guest
    };
    assert_eq!(assess(&grow_to(pages), Limits::default()).answer, Ok(vec![]));
    check(&grow_to(pages + 1), Limits::default(), FaultKind::OutOfMemory, "");
    let less = Limits { memory_bytes: Some(3 << 16), ..Limits::default() };
    assert_eq!(assess(&grow_to(3), less).answer, Ok(vec![]));
    check(&grow_to(4), less, FaultKind::OutOfMemory, "");
}

#[test]
fn a_memory_larger_than_the_policy_s_limit_never_starts() {
    let limits = Limits { memory_bytes: Some(1 << 16), ..Limits::default() };
    check(&Guest::default(), limits, FaultKind::OutOfMemory, "");
}

#[test]
fn table_hunger_is_refused() {
    let grow_to = |elements: usize| {
        let mut guest = Guest::default();
        let answer = guest.assess.clone();
        guest.assess = format!(
            "(if (i32.eq (table.grow $t (ref.null func) (i32.const {elements})) (i32.const -1)) (then (unreachable)))
             {answer}"
        );
        guest.extra = "(table $t 0 funcref)".into();
        guest
    };
    assert_eq!(assess(&grow_to(TABLE_ELEMENTS_MAX), Limits::default()).answer, Ok(vec![]));
    check(&grow_to(TABLE_ELEMENTS_MAX + 1), Limits::default(), FaultKind::OutOfMemory, "");
    let greedy = "(loop $more (br_if $more
        (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) (unreachable)";
    check(&with_extra(greedy, "(table $t 0 funcref)"), Limits::default(), FaultKind::OutOfMemory, "");
}

#[test]
fn findings_are_counted() {
    let many = |count: u32| {
        let mut guest = Guest::default();
        let finding = guest.finding();
        guest.assess = guest.answer(&vec![finding; count as usize]);
        guest
    };
    let at = assess(&many(FINDINGS_COUNT_DEFAULT), Limits::default());
    assert_eq!(at.answer.map(|findings| findings.len()), Ok(FINDINGS_COUNT_DEFAULT as usize));
    check(&many(FINDINGS_COUNT_DEFAULT + 1), Limits::default(), FaultKind::BadAnswer, "`findings`: 257 entries");
    let two = Limits { findings: Some(2), ..Limits::default() };
    assert!(assess(&many(2), two).answer.is_ok());
    check(&many(3), two, FaultKind::BadAnswer, "at most 2");
}

#[test]
fn a_huge_answer_is_not_read() {
    let mut guest = Guest { memory: "400".into(), ..Guest::default() };
    guest.assess = guest.answer_list((4_096, 200_000));
    check(&guest, Limits::default(), FaultKind::BadAnswer, "too much data");
}

#[test]
fn one_large_text_handed_over_many_times_is_not_copied_many_times() {
    let guest = answers(|guest, finding| {
        let text = guest.put(&vec![b'a'; 64 << 10]);
        let evidence = guest.put(&words(&vec![(text, 64 << 10); 4_000]));
        write(finding, 96, &words(&[(evidence, 4_000)]));
    });
    check(&guest, Limits::default(), FaultKind::BadAnswer, "4000 entries, at most");
}

#[test]
fn an_answer_is_read_up_to_its_bytes() {
    let of = |bytes: u64| {
        answers(move |guest, finding| {
            let bytes = usize::try_from(bytes).unwrap();
            let text = guest.put(&vec![b'a'; bytes]);
            write(finding, 0, &words(&[(text, u32::try_from(bytes).unwrap())]));
        })
    };
    // Read, then found to be too long for a rule's id; or not read at all.
    check(&of(ANSWER_BYTES_DEFAULT / 2), Limits::default(), FaultKind::BadAnswer, "`rule`: 131072 bytes");
    check(&of(ANSWER_BYTES_DEFAULT), Limits::default(), FaultKind::BadAnswer, "too much data");
    let less = Limits { answer_bytes: Some(1_000), ..Limits::default() };
    check(&of(ANSWER_BYTES_DEFAULT / 2), less, FaultKind::BadAnswer, "too much data");
}

#[test]
fn malformed_answers_are_bad_answers() {
    type Change = fn(&mut Guest, &mut [u8]);
    let rows: [(&str, Change); 8] = [
        ("utf-8", |guest, finding| {
            let at = guest.put(&[0xff, 0xfe, 0xfd]);
            write(finding, 0, &words(&[(at, 3)]));
        }),
        ("utf-8", |guest, finding| {
            let at = guest.put(&[0xed, 0xa0, 0x80]);
            write(finding, 16, &words(&[(at, 3)]));
        }),
        ("out of bounds", |_, finding| write(finding, 0, &words(&[(u32::MAX - 2, 2)]))),
        ("out of bounds", |_, finding| write(finding, 0, &words(&[(4_096, u32::MAX)]))),
        ("out of bounds", |_, finding| write(finding, 88, &words(&[(4_096, u32::MAX)]))),
        ("not aligned", |_, finding| write(finding, 88, &words(&[(4_097, 1)]))),
        ("discriminant", |_, finding| finding[8] = 9),
        ("discriminant", |_, finding| finding[8] = 255),
    ];
    for (part, change) in rows {
        check(&answers(change), Limits::default(), FaultKind::BadAnswer, part);
    }
}

#[test]
fn unknown_cases_of_enums_and_options_are_bad_answers() {
    // A signal: code, level at 24, subject at 28; an offer: channel, whether there is a body at 24.
    for (claim, at) in [(6, 24), (6, 28), (0, 24)] {
        let guest = answers(|_, finding| {
            finding[8] = claim;
            finding[at] = 200;
        });
        check(&guest, Limits::default(), FaultKind::BadAnswer, "discriminant");
    }
}

/// A guest that derives the fact `k` with a value of this case and these bytes.
fn derives(case: u8, bytes: &[u8]) -> Guest {
    answers(|guest, finding| {
        let key = guest.text("k");
        write(finding, 8, &[7]);
        write(finding, 16, &words(&[key]));
        write(finding, 24, &[case]);
        write(finding, 32, bytes);
    })
}

#[test]
fn values_that_are_none_are_bad_answers() {
    assert!(assess(&derives(1, &f64::MAX.to_le_bytes()), Limits::default()).answer.is_ok());
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(&derives(1, &number.to_le_bytes()), Limits::default(), FaultKind::BadAnswer, "`derive.value`");
    }
    let day = |year: u16, month, day| [year.to_le_bytes(), [month, day]].concat();
    assert!(assess(&derives(3, &day(2024, 2, 29)), Limits::default()).answer.is_ok());
    for (y, m, d) in [(2025, 2, 29), (2026, 13, 1), (0, 0, 0), (u16::MAX, 1, 1)] {
        check(&derives(3, &day(y, m, d)), Limits::default(), FaultKind::BadAnswer, "no day the engine knows");
    }
}

#[test]
fn free_text_is_a_bad_answer_and_is_not_repeated() {
    let says = |text: &str| {
        let text = text.to_owned();
        answers(move |guest, finding| {
            let at = guest.text(&text);
            write(finding, 0, &words(&[at]));
        })
    };
    assert!(assess(&says(&"x".repeat(CODE_BYTES_MAX)), Limits::default()).answer.is_ok());
    for text in ["", "the applicant is called Wang", "王", &"x".repeat(CODE_BYTES_MAX + 1)] {
        let fault = assess(&says(text), Limits::default()).answer.unwrap_err();
        assert_eq!(fault.kind, FaultKind::BadAnswer);
        assert!(fault.detail.contains("`rule`") && !fault.detail.contains("Wang"), "{}", fault.detail);
    }
}

#[test]
fn results_that_lie_elsewhere_are_bad_answers() {
    for (at, part) in [(u32::MAX - 7, "out of bounds"), (4_097, "aligned"), (2 << 16, "out of bounds")] {
        check(&asked(&constant(at)), Limits::default(), FaultKind::BadAnswer, part);
    }
}

#[test]
fn an_allocator_is_a_guest_s_code_too() {
    let with = |realloc: &str| Guest { realloc: realloc.into(), ..Guest::default() };
    let little = Limits { fuel: Some(LITTLE_FUEL), ..Limits::default() };
    // `configure` allocates nothing when the settings are an empty table's one node: it must be told apart by size.
    let lazy =
        |then: &str| with(&format!("(if (i32.eqz (global.get $armed)) (then (return (i32.const 32768)))) {then}"));
    let armed = |mut guest: Guest| {
        guest.extra = "(global $armed (mut i32) (i32.const 0))".into();
        let done = guest.configure.clone();
        guest.configure = format!("(global.set $armed (i32.const 1)) {done}");
        guest
    };
    check(&armed(lazy(LOOP)), little, FaultKind::OutOfFuel, "");
    check(&armed(lazy("(unreachable)")), little, FaultKind::Trap, "unreachable");
    check(&armed(lazy("(i32.const -8)")), little, FaultKind::BadAnswer, "beyond end of memory");
    check(&armed(lazy("(i32.const 4097)")), little, FaultKind::BadAnswer, "not aligned");
}

#[test]
fn a_refusal_s_own_words_stay_inside() {
    let mut guest = Guest::default();
    let (code, detail) = (guest.text("no_table"), guest.text("Wang owes 48000"));
    let mut result = vec![1, 0, 0, 0];
    result.extend(words(&[code, detail]));
    guest.assess = constant(guest.put(&result));
    let fault = assess(&guest, Limits::default()).answer.unwrap_err();
    assert_eq!((fault.kind, &*fault.detail), (FaultKind::Refused, "no_table"));
}

#[test]
fn a_talkative_guest_fills_no_log() {
    let mut guest = Guest::default();
    let answer = guest.assess.clone();
    guest.assess = format!(
        "(local $i i32) (loop $more (call $write (i32.const 0) (i32.const 65536))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $more (i32.lt_u (local.get $i) (i32.const 10000)))) {answer}"
    );
    let assessment = assess(&guest, Limits::default());
    assert_eq!((assessment.answer, assessment.diary), (Ok(vec![]), vec![]));
}

// ---- before the first case ----

#[track_caller]
fn check_setup(guest: &Guest, kind: FaultKind) -> Fault {
    match attack(|sandbox| configure(sandbox, guest, Limits::default())) {
        Err(Failed::Setup(SetupError::Fault(fault))) => {
            assert_eq!(fault.kind, kind, "{}", fault.detail);
            fault
        }
        Err(Failed::Load(error)) => panic!("{error}"),
        other => panic!("{:?}", other.map(|policy| policy.info())),
    }
}

#[track_caller]
fn check_load(guest: &Guest, kind: FaultKind) {
    match attack(|sandbox| sandbox.add_component(&guest.component())) {
        Err(LoadError::Describe(fault)) => assert_eq!(fault.kind, kind, "{}", fault.detail),
        other => panic!("{other:?}"),
    }
}

const HUNGER: &str = "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)";

#[test]
fn configure_is_bounded_too() {
    let with = |body: &str| Guest { configure: body.into(), ..Guest::default() };
    check_setup(&with(LOOP), FaultKind::OutOfFuel);
    check_setup(&with(HUNGER), FaultKind::OutOfMemory);
    check_setup(&with("(unreachable)"), FaultKind::Trap);
    check_setup(&with(&constant(u32::MAX)), FaultKind::BadAnswer);
    let mut panics = Guest::default();
    let (at, len) = panics.text("no such table");
    panics.configure = format!("(call $write (i32.const {at}) (i32.const {len})) (unreachable)");
    let fault = check_setup(&panics, FaultKind::Trap);
    assert!(fault.detail.contains("no such table"), "the message of a panic reaches who sets it up: {}", fault.detail);
}

#[test]
fn describe_is_bounded_too() {
    let with = |body: &str| Guest { describe: body.into(), ..Guest::default() };
    check_load(&with(LOOP), FaultKind::OutOfFuel);
    check_load(&with(HUNGER), FaultKind::OutOfMemory);
    check_load(&with("(unreachable)"), FaultKind::Trap);
    check_load(&with(&constant(u32::MAX)), FaultKind::BadAnswer);
    for (id, version) in [("an id", "1.0.0"), ("", "1.0.0"), ("id", "one"), ("id", "1.0"), ("id", "")] {
        let mut guest = Guest::default();
        guest.describe = constant(guest.descriptor(id, version));
        check_load(&guest, FaultKind::BadAnswer);
    }
}

#[test]
fn a_guest_that_only_fails_once_it_is_configured_is_found_out() {
    let mut guest = Guest { extra: "(global $armed (mut i32) (i32.const 0))".into(), ..Guest::default() };
    let (described, configured) = (guest.describe.clone(), guest.configure.clone());
    guest.describe = format!("(if (global.get $armed) (then (unreachable))) {described}");
    guest.configure = format!("(global.set $armed (i32.const 1)) {configured}");
    check_setup(&guest, FaultKind::Trap);
}

#[test]
fn start_functions_run_inside_the_sandbox() {
    let starting = |body: &str| Guest { extra: format!("(func $s {body}) (start $s)"), ..Guest::default() };
    check_load(&starting("(loop $again (br $again))"), FaultKind::OutOfFuel);
    check_load(&starting("(unreachable)"), FaultKind::Trap);
    check_load(&starting(HUNGER), FaultKind::OutOfMemory);
    check_load(&starting("(call $s)"), FaultKind::Trap);
}

// ---- files ----

#[track_caller]
fn check_file(bytes: &[u8], part: &str) {
    let error = attack(|sandbox| sandbox.add_component(bytes)).expect_err("it is taken").to_string();
    assert!(error.contains(part), "`{error}` does not say `{part}`");
}

#[test]
fn files_that_are_no_plugin_are_refused_by_name() {
    check_file(b"", "not a WebAssembly component");
    check_file(b"MZ\x90\0 not wasm at all", "not a WebAssembly component");
    check_file(&wat::parse_str(Guest::default().text_of_module()).unwrap(), "core WebAssembly module");
    check_file(&vec![0; COMPONENT_BYTES_MAX + 1], "a plugin may have 67108864");
    check_file(&wat::parse_str("(component)").unwrap(), "it exports nothing");
}

#[test]
fn other_worlds_and_versions_are_refused_by_name() {
    let other = of_world(
        r#"(module (func (export "run")))"#,
        "package other:thing@1.0.0; world w { export run: func(); }",
        "w",
    );
    check_file(&other, "it exports `run`");

    let next = CONTRACT.replace("@0.1.0", "@0.2.0");
    let core = Guest::default().text_of_module().replace("@0.1.0", "@0.2.0");
    check_file(&of_world(&core, &next, "plugin"), "it exports `maple:policy/policy@0.2.0`");
}

#[test]
fn the_contract_s_names_with_other_types_are_refused() {
    let changed = CONTRACT.replace("weight: s16", "weight: s32");
    check_file(&of_world(&Guest::default().text_of_module(), &changed, "plugin"), "does not fit the contract");
    let asks = CONTRACT.replace("write: func(line: string);", "write: func(line: string); read: func() -> u32;");
    let core = Guest::default().text_of_module().replacen(
        "(module",
        r#"(module (import "maple:policy/diary@0.1.0" "read" (func (result i32)))"#,
        1,
    );
    check_file(&of_world(&core, &asks, "plugin"), "does not fit the contract");
}

#[test]
fn every_import_but_the_diary_is_refused_by_name() {
    for (import, wit) in [
        ("now", "import now: func() -> u64;"),
        ("clock", "import clock: interface { now: func() -> u64; }"),
        ("wasi:clocks/wall-clock@0.2.0", "import wasi:clocks/wall-clock@0.2.0;"),
    ] {
        let contract = CONTRACT.replace("import diary;", &format!("import diary; {wit}"));
        let wit = format!("{contract}\npackage wasi:clocks@0.2.0 {{ interface wall-clock {{ now: func() -> u64; }} }}");
        let module = if import == "now" { "$root" } else { import };
        let core = Guest::default().text_of_module();
        let core = core.replacen("(module", &format!(r#"(module (import "{module}" "now" (func (result i64)))"#), 1);
        check_file(&of_world(&core, &wit, "plugin"), &format!("imports `{import}`"));
    }
}

#[test]
fn a_truncated_file_is_refused_wherever_it_is_cut() {
    let whole = Guest::default().component();
    attack(|sandbox| {
        for end in (0..whole.len()).step_by(7).chain(whole.len() - 16..whole.len()) {
            // Cut right before the last section, which is only a note on who made it, it is still the same plugin.
            if let Ok(info) = sandbox.add_component(&whole[..end]) {
                assert!(whole[end..].windows(9).any(|w| w == b"producers"), "taken with {end} of {}", whole.len());
                assert_eq!(info.id, "hand-written");
            }
        }
    });
}

#[test]
fn a_file_with_a_flipped_bit_is_refused_or_behaves() {
    let whole = Guest::default().component();
    for at in (0..whole.len() * 8).step_by(89) {
        let mut flipped = whole.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        attack(|sandbox| {
            if let Ok(info) = sandbox.add_component(&flipped) {
                let (policy, settings, calendar) =
                    (PolicyId::from("cn/flipped"), Setting::Table(vec![]), Calendar::default());
                let limits = Limits { fuel: Some(LITTLE_FUEL), ..Limits::default() };
                let setup =
                    Setup { policy: &policy, plugin: &info.digest, settings: &settings, calendar: &calendar, limits };
                if let Ok(policy) = sandbox.configure_policies(&[setup]).remove(0) {
                    let _ = with_file(|file| policy.assess(file));
                }
            }
        });
    }
}

#[test]
fn an_unknown_plugin_is_a_complaint() {
    let (policy, settings, calendar) = (PolicyId::from("cn/none"), Setting::Table(vec![]), Calendar::default());
    let limits = Limits::default();
    let setup = Setup { policy: &policy, plugin: "sha256:00", settings: &settings, calendar: &calendar, limits };
    let result = attack(|sandbox| sandbox.configure_policies(&[setup]).remove(0).map(|policy| policy.info()));
    let Err(SetupError::Settings(complaints)) = result else { panic!("{result:?}") };
    assert_eq!(complaints[0].message, "no plugin `sha256:00` is loaded");
}
