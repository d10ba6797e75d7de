//! Every limit of the sandbox at its edge: what just fits is answered, and one more ends as a fault or a refusal that
//! names the limit. Both ways of running a policy are asked, and must say the same.
//!
//! What can be counted without a guest stands beside its code: the fields of answers, descriptors and settings in
//! `core/sandbox/src/contract/v1`, files in `inspect_tests.rs`, diaries in `host.rs`. Guests that misbehave are in
//! `hostile.rs`.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use maple_kernel::{
    Assess, Assessment, Calendar, Case, CaseFile, Day, Facts, Fault, FaultKind, Limits, PolicyId, Purposes, Setting,
    Setup, SetupError, Value,
};
use maple_sandbox::{
    ANSWER_BYTES_DEFAULT, ANSWER_BYTES_MAX, BASIS_COUNT_MAX, CODE_BYTES_MAX, CONFIGURE_FUEL_MAX, CONFIGURE_WALL_MS_MAX,
    CORE_INSTANCES_COUNT_MAX, ConfiguredPolicy, DESCRIPTOR_BYTES_MAX, EVIDENCE_COUNT_MAX, FINDINGS_COUNT_DEFAULT,
    FINDINGS_COUNT_MAX, Isolation, LoadError, MEASURES_COUNT_MAX, MEMORIES_COUNT_MAX, MEMORY_BYTES_DEFAULT,
    MEMORY_BYTES_MAX, PARAMS_COUNT_MAX, PROVISION_BYTES_MAX, SKILLS_COUNT_MAX, SLOTS_COUNT_MAX, STACK_BYTES_MAX,
    Sandbox, SandboxConfig, TABLE_ELEMENTS_MAX, TABLES_COUNT_MAX, WARM_SLOTS_MAX, WARN_COUNT_MAX, WEIGHT_MAX,
    WORDS_COUNT_MAX,
};
use maple_tests::guests::{Guest, constant, with_instances, words, write};

/// What ends at a clock ends so long after it at the latest, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 65_536;

fn sandbox(isolation: Isolation) -> Sandbox {
    Sandbox::new(SandboxConfig { isolation, ..SandboxConfig::default() }).unwrap()
}

/// A sandbox that keeps instances, and one that makes one for each case.
static BOTH: LazyLock<[Sandbox; 2]> = LazyLock::new(|| [Isolation::Warm, Isolation::Fresh].map(sandbox));

/// Asks about a case with one fact.
fn with_fact<R>(value: Value, ask: impl FnOnce(&CaseFile<'_>) -> R) -> R {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = Facts::new(vec![("amount".into(), value)]);
    let case = Case::new(None, "cn/zhejiang".into(), "labour.wage".into(), "counter".into(), day, vec![], facts);
    ask(&case.file(Purposes::BOTH, day, &case.facts, &["amount".into()]))
}

fn ask(policy: &ConfiguredPolicy, amount: i64) -> Assessment {
    with_fact(Value::Money(amount), |file| policy.assess(file))
}

fn configure(sandbox: &Sandbox, component: &[u8], limits: Limits) -> Result<ConfiguredPolicy, SetupError> {
    let info = sandbox.add_component(component).unwrap_or_else(|error| panic!("{error}"));
    let (policy, settings, calendar) = (PolicyId::from("cn/limits"), Setting::Table(vec![]), Calendar::default());
    let setup = Setup { policy: &policy, plugin: &info.digest, settings: &settings, calendar: &calendar, limits };
    sandbox.configure_policies(&[setup]).remove(0)
}

/// One policy, run in either way.
fn policies(component: &[u8], limits: Limits) -> [ConfiguredPolicy; 2] {
    BOTH.each_ref().map(|sandbox| configure(sandbox, component, limits).unwrap_or_else(|error| panic!("{error:?}")))
}

/// What comes of asking a guest, which is the same in either way of running it.
#[track_caller]
fn assess(guest: &Guest, limits: Limits) -> Assessment {
    let [warm, fresh] = policies(&guest.component(), limits).map(|policy| ask(&policy, 1));
    let said = |of: &Assessment| (of.answer.clone().map_err(|fault| fault.kind), of.fuel);
    assert_eq!(said(&warm), said(&fresh));
    warm
}

/// Both say it, in the same words.
#[track_caller]
fn told(guest: &Guest, limits: Limits, kind: FaultKind, part: &str) {
    for policy in policies(&guest.component(), limits) {
        let fault = ask(&policy, 1).answer.expect_err("it is answered");
        assert_eq!(fault.kind, kind, "{}", fault.detail);
        assert!(fault.detail.contains(part), "`{}` does not say `{part}`", fault.detail);
    }
}

#[track_caller]
fn answered(guest: &Guest, limits: Limits) {
    assert!(assess(guest, limits).answer.is_ok(), "{:?}", assess(guest, limits).answer);
}

/// A guest whose `assess` first runs this.
fn first(body: &str, extra: &str) -> Guest {
    let guest = Guest::default();
    Guest { assess: format!("{body} {}", guest.assess), extra: extra.into(), ..guest }
}

/// A guest that answers one finding whose bytes were changed.
fn answers(change: impl FnOnce(&mut Guest, &mut [u8])) -> Guest {
    let mut guest = Guest::default();
    let mut finding = guest.finding();
    change(&mut guest, &mut finding);
    guest.assess = guest.answer(&[finding]);
    guest
}

/// The least number that is taken, of a range whose end is.
fn least(mut from: u64, mut end: u64, taken: impl Fn(u64) -> bool) -> u64 {
    assert!(taken(end) && !taken(from));
    while end - from > 1 {
        let middle = from.midpoint(end);
        *(if taken(middle) { &mut end } else { &mut from }) = middle;
    }
    end
}

const UNREACHABLE_TABLE: &str = "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))";

// ---- fuel ----

/// Bytes of one round of [`burning`].
const FILL_BYTES: u64 = 50_000;

/// A fill costs about a unit of fuel for a byte.
fn fill(bytes: u64) -> String {
    format!("(memory.fill (i32.const 65536) (i32.const 0) (i32.const {bytes}))")
}

/// So many rounds that burn fuel, quickly.
fn burning(rounds: u64) -> String {
    format!(
        "(local $left i32) (local.set $left (i32.const {rounds}))
         (block $done (loop $more (br_if $done (i32.eqz (local.get $left))) {}
             (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br $more)))",
        fill(FILL_BYTES)
    )
}

/// Each costs one unit.
fn constants(count: u64) -> String {
    "(drop (i32.const 0))".repeat(usize::try_from(count).unwrap())
}

#[test]
fn fuel_is_enough_to_the_unit_and_one_less_is_not() {
    let straight = constants(1_000);
    let looping = "(local $i i32) (loop $more (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i)
        (i32.const 1))) (i32.const 1000))))";
    let deep = "(func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))";
    let mut findings = Guest::default();
    let finding = findings.finding();
    findings.assess = findings.answer(&vec![finding; 20]);
    let mut tidy = Guest::default();
    tidy.extra =
        format!("(func (export \"cabi_post_maple:policy/policy@0.1.0#assess\") (param i32) {})", constants(50));
    let rows = [
        ("nothing", Guest::default()),
        ("a straight line", first(&straight, "")),
        ("a straight line after a loop", first(&format!("{looping} {straight}"), "")),
        ("a loop", first(looping, "")),
        ("calls", first("(call $down (i32.const 100))", deep)),
        ("a fill", first("(memory.fill (i32.const 65536) (i32.const 0) (i32.const 5000))", "")),
        ("findings", findings),
        ("a clean-up", tidy),
        ("configured for every case", first(&straight, UNREACHABLE_TABLE)),
    ];
    for (what, guest) in rows {
        let with = |fuel: u64| assess(&guest, Limits { fuel: Some(fuel), ..Limits::default() });
        let plenty = assess(&guest, Limits::default());
        assert!(plenty.answer.is_ok() && plenty.fuel > 0, "{what}: {plenty:?}");
        assert_eq!(with(plenty.fuel), plenty, "{what}");
        assert_eq!(with(plenty.fuel + 1), plenty, "{what}");
        for less in [1, 2, plenty.fuel / 2, plenty.fuel] {
            let given = plenty.fuel - less;
            let short = with(given);
            let fault = short.answer.expect_err(what);
            let said = (fault.kind, &*fault.detail, short.fuel);
            assert_eq!(said, (FaultKind::OutOfFuel, &*format!("all fuel is used up, {given} of it"), given), "{what}");
        }
    }
}

#[test]
fn a_policy_that_ran_short_harms_no_other_of_the_same_plugin() {
    let guest = first("(i32.store (i32.const 65536) (i32.const 7))", "");
    let plenty = assess(&guest, Limits::default());
    let short = Limits { fuel: Some(plenty.fuel - 1), ..Limits::default() };
    for _ in 0..3 {
        assert_eq!(assess(&guest, short).answer.map_err(|fault| fault.kind), Err(FaultKind::OutOfFuel));
        assert_eq!(assess(&guest, Limits::default()), plenty);
    }
}

/// The fuel that this body costs, with a constant at its end: what it costs more than a body of one constant, and the
/// two units that such a body costs.
fn cost(body: &str) -> u64 {
    let with = |body: &str| {
        let limits = Limits { fuel: Some(u64::MAX), wall_ms: Some(u64::MAX), ..Limits::default() };
        let assessment = assess(&first(body, ""), limits);
        assert!(assessment.answer.is_ok(), "{:?}", assessment.answer);
        assessment.fuel
    };
    with(body) - with("") + 2
}

/// A body that costs just so much, with a constant at its end.
fn costing(fuel: u64) -> String {
    let round = (cost(&burning(20)) - cost(&burning(10))) / 10;
    let mut body = burning(fuel / round - 1);
    let rest = fuel - cost(&body);
    // Less than two rounds are left; a fill costs a little more than its bytes.
    body += &fill((rest - rest / 100 - 100) / 2).repeat(2);
    let rest = fuel - cost(&body);
    body += &constants(rest);
    assert_eq!(cost(&body), fuel);
    body
}

#[test]
fn describe_gets_its_fuel_to_the_unit() {
    let with = |body: &str| {
        let guest = Guest::default();
        let guest = Guest { describe: format!("{body} {}", guest.describe), ..guest };
        BOTH[0].add_component(&guest.component()).map(|_| ())
    };
    // What costs as much as `describe` may is more than an answer may, so a little less is what is measured. What it costs
    // to call is not told of `describe`: the edge is looked for, and is one unit wide.
    let less = costing(CONFIGURE_FUEL_MAX - 1_000);
    let with_more = |units: u64| with(&format!("{less} {}", constants(units)));
    let most = (990..=1_000).rev().find(|units| with_more(*units).is_ok()).expect("an edge near what was measured");
    match with_more(most + 1) {
        Err(LoadError::Describe(fault)) => {
            assert_eq!((fault.kind, &*fault.detail), (FaultKind::OutOfFuel, "all fuel is used up, 1000000000 of it"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn configure_gets_its_fuel_and_no_more() {
    let with = |body: &str| {
        let guest = Guest::default();
        let guest = Guest { configure: format!("{body} {}", guest.configure), ..guest };
        BOTH.each_ref().map(|sandbox| configure(sandbox, &guest.component(), Limits::default()).map(|_| ()))
    };
    // What is left over is for the allocator, which gives room for the settings.
    let less = costing(CONFIGURE_FUEL_MAX - 1_000);
    assert_eq!(with(&format!("{less} {}", constants(800))).map(|made| made.is_ok()), [true; 2]);
    for made in with(&(less + &constants(1_000))) {
        let Err(SetupError::Fault(fault)) = made else { panic!("{made:?}") };
        assert_eq!((fault.kind, &*fault.detail), (FaultKind::OutOfFuel, "all fuel is used up, 1000000000 of it"));
    }
}

// ---- time ----

const LOOP: &str = "(loop $again (br $again))";

#[test]
fn the_clock_strikes_when_the_time_is_up_and_not_before() {
    for ms in [1, 60, 250] {
        let limits = Limits { fuel: Some(u64::MAX), wall_ms: Some(ms), ..Limits::default() };
        let wall = Duration::from_millis(ms);
        for policy in policies(&first(LOOP, "").component(), limits) {
            let began = Instant::now();
            let fault = ask(&policy, 1).answer.expect_err("it ends by itself");
            let took = began.elapsed();
            assert_eq!((fault.kind, &*fault.detail), (FaultKind::Timeout, &*format!("interrupted after {ms} ms")));
            assert!(took >= wall && took < wall + PATIENCE, "{took:?} of {wall:?}");
        }
        // The same clock for who is done in time.
        answered(&first(&burning(2), ""), Limits { wall_ms: Some(ms.max(60)), ..Limits::default() });
    }
}

#[test]
fn the_clock_strikes_for_configure_too() {
    // Lines for the diary cost the guest little fuel and the host some time.
    let guest = Guest::default();
    let endless = "(loop $again (call $write (i32.const 131072) (i32.const 131072)) (br $again))";
    let guest = Guest { configure: format!("{endless} {}", guest.configure), memory: "4".into(), ..guest };
    let (began, wall) = (Instant::now(), Duration::from_millis(CONFIGURE_WALL_MS_MAX));
    let Err(SetupError::Fault(fault)) = configure(&BOTH[0], &guest.component(), Limits::default()) else {
        panic!("it ends by itself")
    };
    assert_eq!(fault.kind, FaultKind::Timeout, "{}", fault.detail);
    assert!(fault.detail.contains("interrupted after 10000 ms"), "{}", fault.detail);
    assert!(began.elapsed() >= wall && began.elapsed() < wall + PATIENCE, "{:?}", began.elapsed());
}

// ---- memory, tables, instances ----

/// A guest of two pages that wants so many pages in all, or fails.
fn grown_to(pages: u64) -> Guest {
    first(&growing_by(pages - 2), "")
}

fn growing_by(pages: u64) -> String {
    format!("(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then (unreachable)))")
}

#[test]
fn memory_is_given_up_to_the_limit_of_the_policy_and_of_the_host() {
    for (set, bytes) in [
        (None, MEMORY_BYTES_DEFAULT),
        (Some(5 * PAGE_BYTES), 5 * PAGE_BYTES),
        // A part of a page is none.
        (Some(6 * PAGE_BYTES - 1), 5 * PAGE_BYTES),
        (Some(MEMORY_BYTES_MAX), MEMORY_BYTES_MAX),
        (Some(u64::MAX), MEMORY_BYTES_MAX),
    ] {
        let limits = Limits { memory_bytes: set, ..Limits::default() };
        answered(&grown_to(bytes / PAGE_BYTES), limits);
        let limit = set.unwrap_or(bytes).min(MEMORY_BYTES_MAX);
        let says = format!("more memory is wanted than the {limit} bytes that are given");
        told(&grown_to(bytes / PAGE_BYTES + 1), limits, FaultKind::OutOfMemory, &says);
    }
}

#[test]
fn memory_is_given_for_all_memories_together() {
    let limits = Limits { memory_bytes: Some(10 * PAGE_BYTES), ..Limits::default() };
    let with = |pages: u64| first(&growing_by(pages), &format!("(memory {})", 10 - 2 - 3));
    answered(&with(3), limits);
    told(&with(4), limits, FaultKind::OutOfMemory, "more memory is wanted than the 655360 bytes");
}

#[test]
fn a_memory_that_begins_larger_than_the_policy_s_limit_is_told_with_the_limit() {
    let with = |bytes: u64| Limits { memory_bytes: Some(bytes), ..Limits::default() };
    answered(&Guest::default(), with(2 * PAGE_BYTES));
    for policy in policies(&Guest::default().component(), with(2 * PAGE_BYTES - 1)) {
        let fault = ask(&policy, 1).answer.expect_err("it starts");
        assert_eq!(fault.kind, FaultKind::OutOfMemory);
        assert!(fault.detail.contains("131071 bytes"), "{}", fault.detail);
    }
}

#[test]
fn configure_gets_memory_up_to_the_host_s_limit() {
    let with = |pages: u64| {
        let guest = Guest::default();
        Guest { configure: format!("{} {}", growing_by(pages - 2), guest.configure), ..guest }
    };
    let pages = MEMORY_BYTES_MAX / PAGE_BYTES;
    answered(&with(pages), Limits { memory_bytes: Some(MEMORY_BYTES_MAX), ..Limits::default() });
    let Err(SetupError::Fault(fault)) = configure(&BOTH[0], &with(pages + 1).component(), Limits::default()) else {
        panic!("it is configured")
    };
    assert_eq!(fault.kind, FaultKind::OutOfMemory);
    assert!(fault.detail.starts_with("more memory is wanted than the 268435456 bytes"), "{}", fault.detail);
}

#[test]
fn a_table_grows_to_its_limit_and_may_begin_there() {
    let grows_to = |elements: usize| {
        let grow = format!("(table.grow $t (ref.null func) (i32.const {}))", elements - 9);
        first(&format!("(if (i32.eq {grow} (i32.const -1)) (then (unreachable)))"), "(table $t 9 funcref)")
    };
    answered(&grows_to(TABLE_ELEMENTS_MAX), Limits::default());
    let says = "a table of 65537 elements is wanted, at most 65536 are given";
    told(&grows_to(TABLE_ELEMENTS_MAX + 1), Limits::default(), FaultKind::OutOfMemory, says);
    let begins_with = |elements: usize| first("", &format!("(table {elements} funcref)"));
    answered(&begins_with(TABLE_ELEMENTS_MAX), Limits::default());
    let refused = BOTH[0].add_component(&begins_with(TABLE_ELEMENTS_MAX + 1).component()).unwrap_err().to_string();
    assert_eq!(refused, "the component has a table of 65537 elements, a table may have 65536");
}

#[test]
fn a_sandbox_holds_so_many_instances_memories_and_tables() {
    // The tools add two instances and a table to a module that writes a diary.
    let plain = Guest::default().component();
    let more = |fields: &'static str, own: u32| {
        let plain = plain.clone();
        move |count: u32| with_instances(plain.clone(), fields, (count - own) as usize)
    };
    let within =
        |field: &'static str, own: u32| move |count: u32| first("", &field.repeat((count - own) as usize)).component();
    type Row<'a> = (&'a str, u32, &'a dyn Fn(u32) -> Vec<u8>);
    let rows: [Row<'_>; 5] = [
        ("core instances", CORE_INSTANCES_COUNT_MAX, &more("", 3)),
        ("memories", MEMORIES_COUNT_MAX, &within("(memory 1)", 1)),
        ("memories", MEMORIES_COUNT_MAX, &more("(memory 1)", 1)),
        ("tables", TABLES_COUNT_MAX, &within("(table 1 funcref)", 1)),
        ("tables", TABLES_COUNT_MAX, &more("(table 1 funcref)", 1)),
    ];
    for (what, max, of) in rows {
        for policy in policies(&of(max), Limits::default()) {
            assert_eq!([ask(&policy, 1).answer, ask(&policy, 2).answer], [Ok(vec![]), Ok(vec![])], "{what}");
        }
        let refused = BOTH[0].add_component(&of(max + 1)).unwrap_err().to_string();
        assert_eq!(refused, format!("the component makes more than {max} {what}, it makes {}", max + 1));
    }
}

#[test]
fn the_stack_is_as_deep_as_it_may_be_and_deeper_is_a_trap() {
    let down = "(func $down (param i64) (result i64) (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
        (else (i64.add (i64.const 1) (call $down (i64.sub (local.get 0) (i64.const 1)))))))";
    // The depth is the amount of the case: the first of its facts.
    let guest = first("(drop (call $down (i64.load offset=16 (i32.load offset=36 (local.get 0)))))", down);
    for policy in policies(&guest.component(), Limits::default()) {
        let fits = |depth: u64| match ask(&policy, depth.try_into().unwrap()).answer {
            Ok(_) => true,
            Err(fault) => {
                let said = (fault.kind, &*fault.detail);
                assert_eq!(said, (FaultKind::Trap, "call stack exhausted, it has 524288 bytes"));
                false
            }
        };
        // A call takes no less than where to return to and whose frame it was, and one like this no more than 128.
        let stack = u64::try_from(STACK_BYTES_MAX).unwrap();
        let too_deep = least(stack / 128, stack / 16 + 1, |depth| !fits(depth));
        assert!(fits(too_deep - 1) && !fits(too_deep) && fits(too_deep - 1), "the next case has the whole stack again");
    }
}

// ---- answers ----

#[test]
fn findings_are_counted_up_to_the_limit_of_the_policy_and_of_the_host() {
    let many = |count: u32| {
        let mut guest = Guest::default();
        let finding = guest.finding();
        guest.assess = guest.answer(&vec![finding; count as usize]);
        guest
    };
    for (set, max) in [
        (None, FINDINGS_COUNT_DEFAULT),
        (Some(0), 0),
        (Some(3), 3),
        (Some(FINDINGS_COUNT_MAX), FINDINGS_COUNT_MAX),
        (Some(u32::MAX), FINDINGS_COUNT_MAX),
    ] {
        let limits = Limits { findings: set, answer_bytes: Some(ANSWER_BYTES_MAX), ..Limits::default() };
        assert_eq!(assess(&many(max), limits).answer.map(|findings| findings.len()), Ok(max as usize));
        let says = format!("`findings`: {} entries, at most {max} are taken", max + 1);
        told(&many(max + 1), limits, FaultKind::BadAnswer, &says);
    }
}

#[test]
fn an_answer_is_read_up_to_its_bytes_and_not_one_more() {
    let with = |bytes: u64| Limits { answer_bytes: Some(bytes), ..Limits::default() };
    // What is read last differs in length: one word of evidence.
    let small = answers(|guest, finding| one_code(guest, finding, 96, 1));
    let large = |bytes: u64| {
        let mut guest = answers(|guest, finding| {
            let list = (guest.put(&words(&[(131_072, u32::try_from(bytes).unwrap())])), 1);
            write(finding, 96, &words(&[list]));
        });
        guest.memory = "80".into();
        guest
    };
    let component = small.component();
    let least = least(0, ANSWER_BYTES_DEFAULT, |bytes| {
        let read = policies(&component, with(bytes)).map(|policy| ask(&policy, 1).answer.is_ok());
        assert_eq!(read[0], read[1], "{bytes}");
        read[0]
    });
    let says = |bytes: u64| format!("too much data, at most {bytes} bytes are read");
    told(&small, with(least - 1), FaultKind::BadAnswer, &says(least - 1));
    // Beside a word of one byte, such an answer takes so much:
    let beside = least - 1;
    for (set, max) in [
        (None, ANSWER_BYTES_DEFAULT),
        (Some(1_000), 1_000),
        (Some(ANSWER_BYTES_MAX), ANSWER_BYTES_MAX),
        (Some(u64::MAX), ANSWER_BYTES_MAX),
    ] {
        let limits = Limits { answer_bytes: set, ..Limits::default() };
        let fits = max - beside;
        // Read, and then found to be too long for a word.
        told(&large(fits), limits, FaultKind::BadAnswer, &format!("`evidence`: {fits} bytes"));
        told(&large(fits + 1), limits, FaultKind::BadAnswer, &says(max));
    }
}

#[test]
fn every_field_of_an_answer_holds_its_limit_in_either_way_of_reading_it() {
    type Change = fn(&mut Guest, &mut [u8], usize);
    let rows: [(&str, usize, Change); 16] = [
        ("rule", CODE_BYTES_MAX, |guest, finding, n| text(guest, finding, 0, n)),
        ("reason.code", CODE_BYTES_MAX, |guest, finding, n| text(guest, finding, 72, n)),
        ("reason.params", PARAMS_COUNT_MAX, |guest, finding, n| flags(guest, finding, 80, n)),
        ("basis", BASIS_COUNT_MAX, |guest, finding, n| codes(guest, finding, 88, n)),
        ("basis", PROVISION_BYTES_MAX, |guest, finding, n| one_code(guest, finding, 88, n)),
        ("evidence", EVIDENCE_COUNT_MAX, |guest, finding, n| codes(guest, finding, 96, n)),
        ("evidence", CODE_BYTES_MAX, |guest, finding, n| one_code(guest, finding, 96, n)),
        ("offer.channel", CODE_BYTES_MAX, |guest, finding, n| {
            finding[8] = 0;
            text(guest, finding, 16, n);
        }),
        ("offer.skills", SKILLS_COUNT_MAX, |guest, finding, n| {
            finding[8] = 0;
            codes(guest, finding, 36, n);
        }),
        ("offer.weight", usize::try_from(WEIGHT_MAX).unwrap_or_default(), |_, finding, n| {
            finding[8] = 0;
            write(finding, 64, &i16::try_from(n).unwrap().to_le_bytes());
        }),
        ("duty.params", PARAMS_COUNT_MAX, |guest, finding, n| {
            finding[8] = 4;
            flags(guest, finding, 36, n);
        }),
        ("clock.warn", WARN_COUNT_MAX, |guest, finding, n| {
            clock(finding, 1);
            let list = (guest.put(&vec![0; 2 * n]), u32::try_from(n).unwrap());
            write(finding, 32, &words(&[list]));
        }),
        ("clock.span", maple_kernel::SPAN_COUNT_MAX as usize, |_, finding, n| clock(finding, n)),
        ("signal.measures", MEASURES_COUNT_MAX, |guest, finding, n| {
            // About a place.
            (finding[8], finding[28]) = (6, 1);
            codes(guest, finding, 40, n);
        }),
        ("derive.value", WORDS_COUNT_MAX, |guest, finding, n| {
            (finding[8], finding[24]) = (7, 4);
            codes(guest, finding, 32, n);
        }),
        ("derive.value", CODE_BYTES_MAX, |guest, finding, n| {
            (finding[8], finding[24]) = (7, 0);
            text(guest, finding, 32, n);
        }),
    ];
    for (field, max, change) in rows {
        let with = |n: usize| answers(|guest, finding| change(guest, finding, n));
        assert_eq!(assess(&with(max), Limits::default()).answer.map(|findings| findings.len()), Ok(1), "{field}");
        let more = max + 1;
        for policy in policies(&with(more).component(), Limits::default()) {
            let fault = ask(&policy, 1).answer.expect_err(field);
            assert_eq!(fault.kind, FaultKind::BadAnswer);
            let said = &*fault.detail;
            assert!(said.starts_with(&format!("finding 1: `{field}`: ")), "{said}");
            assert!(said.contains(&more.to_string()) && said.contains(&max.to_string()), "{said}");
        }
    }
}

fn text(guest: &mut Guest, finding: &mut [u8], at: usize, bytes: usize) {
    let text = guest.text(&"x".repeat(bytes));
    write(finding, at, &words(&[text]));
}

fn codes(guest: &mut Guest, finding: &mut [u8], at: usize, count: usize) {
    let code = guest.text("a");
    let list = (guest.put(&words(&vec![code; count])), u32::try_from(count).unwrap());
    write(finding, at, &words(&[list]));
}

fn one_code(guest: &mut Guest, finding: &mut [u8], at: usize, bytes: usize) {
    let code = guest.text(&"x".repeat(bytes));
    let list = (guest.put(&words(&[code])), 1);
    write(finding, at, &words(&[list]));
}

/// So many parameters that are flags.
fn flags(guest: &mut Guest, finding: &mut [u8], at: usize, count: usize) {
    let key = guest.text("k");
    let mut flag = [words(&[key]), vec![0; 16]].concat();
    (flag[8], flag[16]) = (2, 1);
    let list = (guest.put(&flag.repeat(count)), u32::try_from(count).unwrap());
    write(finding, at, &words(&[list]));
}

/// A clock of so many days, without warnings.
fn clock(finding: &mut [u8], days: usize) {
    finding[8] = 5;
    write(finding, 24, &[0xe8, 0x07, 2, 29]);
    write(finding, 28, &u16::try_from(days).unwrap().to_le_bytes());
    write(finding, 30, &[1]);
}

#[test]
fn a_descriptor_is_read_up_to_its_bytes_and_not_one_more() {
    // The id and a text of so many bytes that are zeros.
    let refused = |id: &str, bytes: u64| -> Fault {
        let mut guest = Guest { memory: "300".into(), ..Guest::default() };
        let descriptor = guest.descriptor(id, "1.2.3");
        let at = usize::try_from(descriptor - 4_096).unwrap();
        write(&mut guest.image, at + 16, &words(&[(131_072, u32::try_from(bytes).unwrap())]));
        guest.describe = constant(descriptor);
        match BOTH[0].add_component(&guest.component()) {
            Err(LoadError::Describe(fault)) => fault,
            other => panic!("{other:?}"),
        }
    };
    let too_much = format!("too much data, at most {DESCRIPTOR_BYTES_MAX} bytes are read");
    let edge = |id: &str| {
        least(DESCRIPTOR_BYTES_MAX - 2_000, DESCRIPTOR_BYTES_MAX, |bytes| *refused(id, bytes).detail == *too_much)
    };
    let first = edge("hand");
    let fault = refused("hand", first - 1);
    assert_eq!(fault.kind, FaultKind::BadAnswer);
    let says = format!("descriptor: `summary`: {} bytes, at most 2000 are taken", first - 1);
    assert_eq!(&*fault.detail, says, "it is read, and then found to be too long for a text");
    assert_eq!(edge("hands"), first - 1, "what the id takes is not there for the text");
}

// ---- the case ----

/// A guest whose allocator asks for memory when it needs some.
fn roomy() -> Guest {
    let realloc = "(local.set 4 (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
        (global.set $heap (i32.add (local.get 4) (local.get 3)))
        (loop $more (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
            (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) (br $more))))
        (local.get 4)";
    Guest { realloc: realloc.into(), ..Guest::default() }
}

#[test]
fn a_case_of_any_size_is_paid_for_by_the_guest() {
    const MIB: usize = 1 << 20;
    let text = |mib: usize| Value::Text("x".repeat(mib * MIB).into());
    let list = |count: usize| Value::Words(vec![Arc::from("word"); count].into());
    let out_of_memory = Some((FaultKind::OutOfMemory, "more memory is wanted than the 67108864 bytes"));
    let out_of_fuel = Some((FaultKind::OutOfFuel, "all fuel is used up, 1000000 of it"));
    let no_room = Some((FaultKind::BadAnswer, "realloc return: beyond end of memory"));
    let rows = [
        ("a long text", roomy(), text(8), None),
        ("a longer one than its memory", roomy(), text(80), out_of_memory),
        ("a longer one than it makes room for", Guest::default(), text(1), no_room),
        ("many words", roomy(), list(10_000), None),
        ("more words than its fuel lasts for", roomy(), list(200_000), out_of_fuel),
    ];
    for (what, guest, fact, ends) in rows {
        for policy in policies(&guest.component(), Limits { fuel: Some(1_000_000), ..Limits::default() }) {
            let before = ask(&policy, 1);
            assert_eq!(before.answer, Ok(vec![]), "{what}");
            let answer = with_fact(fact.clone(), |file| policy.assess(file)).answer;
            match (answer, ends) {
                (Ok(_), None) => {}
                (Err(fault), Some((kind, part))) => {
                    assert_eq!(fault.kind, kind, "{what}: {}", fault.detail);
                    assert!(fault.detail.contains(part), "{what}: {}", fault.detail);
                }
                (answer, _) => panic!("{what}: {answer:?}"),
            }
            assert_eq!(ask(&policy, 1), before, "the next case finds nothing of it");
        }
    }
}

// ---- sandboxes ----

#[test]
fn a_full_pool_is_waited_for_and_then_it_is_a_timeout() {
    let (isolation, wall) = (Isolation::Fresh, Duration::from_millis(50));
    let sandbox = Sandbox::new(SandboxConfig { isolation, concurrency: 1, ..SandboxConfig::default() }).unwrap();
    let component = Guest::default().component();
    let with = |ms: u64| configure(&sandbox, &component, Limits { wall_ms: Some(ms), ..Limits::default() }).unwrap();
    let (hasty, patient) = (with(50), with(5_000));
    let expected = ask(&hasty, 1);
    assert_eq!(expected.answer, Ok(vec![]));

    let mut held = Vec::new();
    let full = loop {
        assert!(held.len() < SLOTS_COUNT_MAX as usize, "the pool has no end");
        match hasty.reuse_for_bench() {
            Ok(session) => held.push(session),
            Err(failed) => break failed,
        }
    };
    assert!(held.len() > 100, "there are many more than the evaluations that are asked for, not {}", held.len());
    let no_place = Err(Fault { kind: FaultKind::Timeout, detail: "no free sandbox within 50 ms".into() });
    assert_eq!((full.answer, full.fuel), (no_place.clone(), 0));
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(ask(&hasty, 1).answer, no_place);
        assert!(began.elapsed() >= wall && began.elapsed() < wall + PATIENCE, "{:?}", began.elapsed());
    }
    let answer = with_fact(Value::Money(1), |file| held[0].assess(file)).answer;
    assert_eq!(answer, Ok(vec![]), "who has a place is answered");

    // Who waits longer than it takes until a place is free, gets it.
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let answer = ask(&patient, 1);
            done.store(true, Ordering::SeqCst);
            answer
        });
        thread::sleep(2 * wall);
        assert!(!done.load(Ordering::SeqCst), "there is no place yet");
        held.pop();
        assert_eq!(waiting.join().unwrap(), expected);
    });
    // It gave its place back, and there is just that one.
    assert_eq!(ask(&hasty, 1), expected);
    let last = hasty.reuse_for_bench().unwrap_or_else(|failed| panic!("{failed:?}"));
    assert_eq!(ask(&hasty, 1).answer, no_place);
    drop((last, held));
    assert_eq!([(); 3].map(|()| ask(&hasty, 1)), [(); 3].map(|()| expected.clone()));
}

#[test]
fn a_full_pool_leaves_those_alone_that_are_kept() {
    let sandbox = Sandbox::new(SandboxConfig { concurrency: 1, ..SandboxConfig::default() }).unwrap();
    let limits = Limits { wall_ms: Some(50), ..Limits::default() };
    let kept = configure(&sandbox, &Guest::default().component(), limits).unwrap();
    let thrown_away = configure(&sandbox, &first("", UNREACHABLE_TABLE).component(), limits).unwrap();
    assert_eq!([kept.info().warm, thrown_away.info().warm], [true, false]);
    let mut held = Vec::new();
    while let Ok(session) = thrown_away.reuse_for_bench() {
        held.push(session);
    }
    assert_eq!(ask(&thrown_away, 1).answer.map_err(|fault| fault.kind), Err(FaultKind::Timeout));
    assert_eq!(ask(&kept, 1).answer, Ok(vec![]));
}

#[test]
fn no_more_sandboxes_are_kept_than_there_may_be_whatever_is_asked_for() {
    let sandbox = Sandbox::new(SandboxConfig { warm_slots: usize::MAX, ..SandboxConfig::default() }).unwrap();
    let policy = configure(&sandbox, &Guest::default().component(), Limits::default()).unwrap();
    let hold = |count: usize| -> Vec<_> {
        (0..count).map(|_| policy.reuse_for_bench().unwrap_or_else(|failed| panic!("{failed:?}"))).collect()
    };
    // Two beside: the one that is asked, and the one that all are compared with.
    let mut held = hold(WARM_SLOTS_MAX - 2);
    assert_eq!(sandbox.warm_slots(), WARM_SLOTS_MAX - 1);
    assert_eq!(ask(&policy, 1).answer, Ok(vec![]));
    assert_eq!(sandbox.warm_slots(), WARM_SLOTS_MAX, "the last that is kept");
    held.extend(hold(1));
    assert_eq!(sandbox.warm_slots(), WARM_SLOTS_MAX);
    assert_eq!(ask(&policy, 1).answer, Ok(vec![]), "it is answered all the same");
    assert_eq!(sandbox.warm_slots(), WARM_SLOTS_MAX, "and not kept");
}
