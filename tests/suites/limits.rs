//! Every limit of the sandbox at its edge: what just fits is answered, and one more ends as a fault or a refusal that
//! names the limit. Every way of running a policy is asked, and must say the same.
//!
//! What can be counted without a guest stands beside its code: the fields of answers, descriptors and settings in
//! `core/sandbox/src/contract/v1`, files in `inspect_tests.rs`, diaries in `host.rs`. Guests that misbehave are in
//! `hostile.rs`.

#[path = "limits/answers.rs"]
mod answers;

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
    ANSWER_BYTES_DEFAULT, ANSWER_BYTES_MAX, BASIS_COUNT_MAX, CASE_BYTES_DEFAULT, CASE_BYTES_MAX, CODE_BYTES_MAX,
    CONFIGURE_FUEL_MAX, CONFIGURE_WALL_MS_MAX, CORE_INSTANCES_COUNT_MAX, ConfiguredPolicy, DESCRIPTOR_BYTES_MAX,
    EVIDENCE_COUNT_MAX, FINDINGS_COUNT_DEFAULT, FINDINGS_COUNT_MAX, Isolation, LoadError, MEASURES_COUNT_MAX,
    MEMORIES_COUNT_MAX, MEMORY_BYTES_DEFAULT, MEMORY_BYTES_MAX, PARAMS_COUNT_MAX, PROVISION_BYTES_MAX,
    SKILLS_COUNT_MAX, SLOTS_COUNT_MAX, STACK_BYTES_MAX, STACK_BYTES_MIN, Sandbox, SandboxConfig, TABLE_ELEMENTS_MAX,
    TABLES_COUNT_MAX, WARM_SLOTS_MAX, WARN_COUNT_MAX, WEIGHT_MAX, WORDS_COUNT_MAX,
};
use maple_tests::guests::{Guest, constant, with_instances, words, write};

/// What ends at a clock ends so long after it at the latest, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 65_536;

fn sandbox(isolation: Isolation) -> Sandbox {
    Sandbox::new(SandboxConfig { isolation, ..SandboxConfig::default() }).unwrap()
}

/// A sandbox that keeps instances, one that makes one for each case, and one that makes one of the whole component.
static ALL: LazyLock<[Sandbox; 3]> =
    LazyLock::new(|| [Isolation::Warm, Isolation::Fresh, Isolation::Component].map(sandbox));

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

/// One policy, run in every way.
fn policies(component: &[u8], limits: Limits) -> [ConfiguredPolicy; 3] {
    ALL.each_ref().map(|sandbox| configure(sandbox, component, limits).unwrap_or_else(|error| panic!("{error:?}")))
}

/// What comes of asking a guest, which is the same in every way of running it.
#[track_caller]
fn assess(guest: &Guest, limits: Limits) -> Assessment {
    let [warm, fresh, component] = policies(&guest.component(), limits).map(|policy| ask(&policy, 1));
    let said = |of: &Assessment| (of.answer.clone().map_err(|fault| fault.kind), of.fuel);
    assert_eq!([said(&warm), said(&fresh)], [said(&component), said(&component)]);
    warm
}

/// All say it, in the same words.
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
    let clean_up =
        format!("(func (export \"cabi_post_maple:policy/policy@0.1.0#assess\") (param i32) {})", constants(50));
    let tidy = Guest { extra: clean_up, ..Guest::default() };
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
        ALL[0].add_component(&guest.component()).map(|_| ())
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
        ALL.each_ref().map(|sandbox| configure(sandbox, &guest.component(), Limits::default()).map(|_| ()))
    };
    // What is left over is for the allocator, which gives room for the settings.
    let less = costing(CONFIGURE_FUEL_MAX - 1_000);
    assert_eq!(with(&format!("{less} {}", constants(800))).map(|made| made.is_ok()), [true; 3]);
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
    let Err(SetupError::Fault(fault)) = configure(&ALL[0], &guest.component(), Limits::default()) else {
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
    let Err(SetupError::Fault(fault)) = configure(&ALL[0], &with(pages + 1).component(), Limits::default()) else {
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
    let refused = ALL[0].add_component(&begins_with(TABLE_ELEMENTS_MAX + 1).component()).unwrap_err().to_string();
    assert_eq!(refused, "the component has a table of 65537 elements, a table may have 65536");
}

#[test]
fn a_policy_may_have_smaller_tables() {
    let with = |elements: u32| Limits { table_elements: Some(elements), ..Limits::default() };
    let grow = "(if (i32.eq (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1)) (then (unreachable)))";
    let grows = first(grow, "(table $t 9 funcref)");
    answered(&grows, with(10));
    told(&grows, with(9), FaultKind::OutOfMemory, "a table of 10 elements is wanted, at most 9 are given");
    // Where an instance is kept the table stands already.
    let stands = first("", "(table 9 funcref)");
    answered(&stands, with(9));
    told(&stands, with(8), FaultKind::OutOfMemory, "a table of 9 elements is wanted, at most 8 are given");
    answered(&first("", &format!("(table {TABLE_ELEMENTS_MAX} funcref)")), with(u32::MAX));
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
        let refused = ALL[0].add_component(&of(max + 1)).unwrap_err().to_string();
        assert_eq!(refused, format!("the component makes more than {max} {what}, it makes {}", max + 1));
    }
}

#[test]
fn a_policy_may_set_fewer_instances_memories_and_tables() {
    // What the tools make of a module that writes a diary: three instances, a memory of its own, a table of theirs.
    let guest = first("", "(memory $second 1)(table 1 funcref)").component();
    let with = |instances, memories, tables| Limits {
        instances: Some(instances),
        memories: Some(memories),
        tables: Some(tables),
        ..Limits::default()
    };
    for policy in policies(&guest, with(3, 2, 2)) {
        assert_eq!(ask(&policy, 1).answer, Ok(vec![]));
    }
    let refused = |limits| match configure(&ALL[0], &guest, limits) {
        Err(SetupError::Limits(complaints)) => {
            complaints.into_iter().map(|one| format!("{}: {}", one.path, one.message)).collect::<Vec<_>>()
        }
        other => panic!("{:?}", other.map(|policy| policy.info())),
    };
    assert_eq!(refused(with(2, 2, 2)), ["instances: the plugin is made of 3, 2 are given"]);
    assert_eq!(refused(with(3, 1, 2)), ["memories: the plugin is made of 2, 1 are given"]);
    assert_eq!(refused(with(3, 2, 1)), ["tables: the plugin is made of 2, 1 are given"]);
    assert_eq!(refused(with(1, 1, 1)).len(), 3, "all at once");
}

#[test]
fn the_stack_is_as_deep_as_it_may_be_and_deeper_is_a_trap() {
    let depth = |set: Option<usize>, size| {
        as_deep_as(size, Limits { stack_bytes: set.map(|bytes| bytes as u64), ..Limits::default() })
    };
    let whole = depth(None, STACK_BYTES_MAX);
    assert_eq!(depth(Some(usize::MAX), STACK_BYTES_MAX), whole);
    for (set, size) in [
        (STACK_BYTES_MAX - 1, STACK_BYTES_MAX / 2),
        (STACK_BYTES_MIN, STACK_BYTES_MIN),
        (STACK_BYTES_MIN + 1, STACK_BYTES_MIN),
    ] {
        for (less, whole) in depth(Some(set), size).into_iter().zip(&whole) {
            let share = less * STACK_BYTES_MAX as u64 / size as u64;
            assert!(share.abs_diff(*whole) < whole / 10, "{less} calls on {size} bytes, {whole} on {STACK_BYTES_MAX}");
        }
    }
    let below = Limits { stack_bytes: Some(STACK_BYTES_MIN as u64 - 1), ..Limits::default() };
    match configure(&ALL[0], &first("", "").component(), below) {
        Err(SetupError::Limits(complaints)) => {
            let said: Vec<_> = complaints.iter().map(|one| (one.path.as_str(), one.message.as_str())).collect();
            assert_eq!(said, [("stack-bytes", "65535 bytes are less than the smallest stack")]);
        }
        other => panic!("{:?}", other.map(|policy| policy.info())),
    }
}

/// How many calls are too many on a stack of this size, each way of running.
fn as_deep_as(size: usize, limits: Limits) -> Vec<u64> {
    let down = "(func $down (param i64) (result i64) (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
        (else (i64.add (i64.const 1) (call $down (i64.sub (local.get 0) (i64.const 1)))))))";
    // The depth is the amount of the case: the first of its facts.
    let guest = first("(drop (call $down (i64.load offset=16 (i32.load offset=36 (local.get 0)))))", down);
    let deep = policies(&guest.component(), limits).into_iter().map(|policy| {
        let fits = |depth: u64| match ask(&policy, depth.try_into().unwrap()).answer {
            Ok(_) => true,
            Err(fault) => {
                let said = (fault.kind, &*fault.detail);
                assert_eq!(said, (FaultKind::Trap, &*format!("call stack exhausted, it has {size} bytes")));
                false
            }
        };
        // A call takes no less than where to return to and whose frame it was, and one like this no more than 128.
        let stack = u64::try_from(size).unwrap();
        let too_deep = least(stack / 128, stack / 16 + 1, |depth| !fits(depth));
        assert!(fits(too_deep - 1) && !fits(too_deep) && fits(too_deep - 1), "the next case has the whole stack again");
        too_deep
    });
    deep.collect()
}

// ---- answers ----
