//! Sandboxes that are kept, against module and component instances that are made for every case: the same answers for the same
//! fuel, whatever a guest writes to, and nothing of one case in the next.

use maple_kernel::{
    Assess, Assessment, Calendar, Case, CaseFile, Day, Facts, FaultKind, Limits, Party, PartyType, PolicyId, Purposes,
    Setting, Setup, Value, evaluate,
};
use maple_sandbox::{
    ANSWER_BYTES_DEFAULT, ConfiguredPolicy, Isolation, RESTORED_BYTES_MAX, Sandbox, SandboxConfig, VERIFY_EVERY,
};
use maple_tests::{
    component_house, fresh_house,
    guests::{Guest, component, words},
    house,
};

const PAGE: u32 = 65_536;
const ALL: [Isolation; 3] = [Isolation::Warm, Isolation::Fresh, Isolation::Component];

fn sandbox(isolation: Isolation) -> Sandbox {
    Sandbox::new(SandboxConfig { isolation, ..SandboxConfig::default() }).unwrap()
}

fn file<R>(amount: i64, ask: impl FnOnce(&CaseFile<'_>) -> R) -> R {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = Facts::new(vec![("amount".into(), Value::Money(amount))]);
    let case = Case::new(None, "cn/zhejiang".into(), "labour.wage".into(), "counter".into(), day, vec![], facts);
    ask(&case.file(Purposes::BOTH, day, &case.facts, &["amount".into()]))
}

fn policy(sandbox: &Sandbox, component: &[u8], limits: Limits) -> ConfiguredPolicy {
    let info = sandbox.add_component(component).unwrap_or_else(|error| panic!("{error}"));
    let (policy, calendar, settings) = (PolicyId::from("cn/test"), Calendar::default(), Setting::Table(vec![]));
    let setup = Setup { policy: &policy, plugin: &info.digest, settings: &settings, calendar: &calendar, limits };
    sandbox.configure_policies(&[setup]).remove(0).unwrap_or_else(|error| panic!("{error:?}"))
}

fn ask(policy: &ConfiguredPolicy, amount: i64) -> Assessment {
    file(amount, |file| policy.assess(file))
}

/// A guest that answers as many findings as `count` gives, an expression; `before` runs first.
fn counting(count: &str, before: &str, extra: &str) -> Guest {
    let mut guest = Guest::default();
    let finding = guest.finding();
    let list = guest.put(&[finding; 12].concat());
    let mut result = vec![0; 4];
    result.extend(words(&[(list, 0)]));
    let result = guest.put(&result);
    guest.assess = format!("{before} (i32.store (i32.const {}) {count}) (i32.const {result})", result + 8);
    guest.extra = extra.into();
    guest
}

/// Findings that a guest answers to cases in turn, kept and fresh; both must burn the same.
#[track_caller]
fn both(guest: &Guest) -> Vec<usize> {
    let (kept, fresh) = (sandbox(Isolation::Warm), [Isolation::Fresh, Isolation::Component].map(sandbox));
    let ours = policy(&kept, &guest.component(), Limits::default());
    let theirs = fresh.each_ref().map(|fresh| policy(fresh, &guest.component(), Limits::default()));
    assert!(ours.info().warm, "{:?}", ours.info().unfit);
    assert!(theirs.iter().all(|theirs| !theirs.info().warm));
    let each = (1..6).map(|amount| {
        let (ours, theirs) = (ask(&ours, amount), theirs.each_ref().map(|theirs| ask(theirs, amount)));
        assert_eq!(theirs, [ours.clone(), ours.clone()], "case {amount}");
        ours.answer.unwrap().len()
    });
    let counts = each.collect();
    assert!(kept.warm_slots() > 0 && fresh.iter().all(|fresh| fresh.warm_slots() == 0));
    counts
}

#[test]
fn a_kept_sandbox_that_differs_is_found_and_none_is_kept_from_then_on() {
    let kept = sandbox(Isolation::Warm);
    let guest = counting("(i32.const 1)", "", "");
    let policy = policy(&kept, &guest.component(), Limits::default());
    let asked = |amount| ask(&policy, amount).answer.unwrap().len();
    assert_eq!(asked(1), 1);
    assert_eq!(kept.warm_slots(), 2, "one to be asked and one to compare with");

    policy.spoil_for_test();
    for round in 1..i64::from(VERIFY_EVERY) - 1 {
        assert_eq!(asked(round), 1);
    }
    assert_eq!(kept.warm_slots(), 2);
    assert_eq!(asked(1), 1);
    assert_eq!(kept.warm_slots(), 0, "the comparison finds it");
    // The others still answer, each in an instance that is made for it.
    for round in 1..9 {
        assert_eq!(asked(round), 1);
    }
    assert!(kept.warm_slots() <= 1, "{}", kept.warm_slots());
}

#[test]
fn whatever_a_guest_writes_is_put_back() {
    // The allocator's room begins with the second page; this is behind it.
    let (at, end) = (2 * PAGE, 3 * PAGE);
    // Each writes somewhere and answers by what it found there before; a sandbox that remembers answers more.
    let rows = [
        ("a byte", format!("(i32.load8_u (i32.const {at}))"), format!("(i32.store8 (i32.const {at}) (i32.const 5))")),
        (
            "over the edge of a block",
            format!("(i32.load8_u (i32.const {}))", at + 1_024),
            format!("(i64.store (i32.const {}) (i64.const -1))", at + 1_020),
        ),
        (
            "over the edge of a block by an offset",
            format!("(i32.load8_u (i32.const {}))", at + 2_048),
            format!("(i64.store offset=2041 (i32.const {at}) (i64.const -1))"),
        ),
        (
            "the widest value over an edge",
            format!("(i32.load8_u (i32.const {}))", at + 1_038),
            format!("(v128.store (i32.const {}) (v128.const i64x2 -1 -1))", at + 1_023),
        ),
        (
            "one lane",
            format!("(i32.load8_u (i32.const {}))", at + 7),
            format!("(v128.store64_lane 1 (i32.const {at}) (v128.const i64x2 0 -1))"),
        ),
        (
            "the last byte",
            format!("(i32.load8_u (i32.const {}))", end - 1),
            format!("(i32.store8 (i32.const {}) (i32.const 5))", end - 1),
        ),
        (
            "a long fill",
            format!("(i32.load8_u (i32.const {}))", at + 30_000),
            format!("(memory.fill (i32.const {}) (i32.const 7) (i32.const 60000))", at + 100),
        ),
        (
            "a fill to the very end",
            format!("(i32.load8_u (i32.const {}))", end - 1),
            format!("(memory.fill (i32.const {}) (i32.const 7) (i32.const 3000))", end - 3_000),
        ),
        (
            "a fill of nothing at the very end",
            format!("(i32.load8_u (i32.const {at}))"),
            format!("(memory.fill (i32.const {end}) (i32.const 7) (i32.const 0))"),
        ),
        (
            "a copy",
            format!("(i32.load8_u (i32.const {}))", at + 40_000),
            format!("(memory.copy (i32.const {}) (i32.const 4096) (i32.const 8000))", at + 36_000),
        ),
        (
            "floating point",
            format!("(i32.load8_u (i32.const {}))", at + 1_027),
            format!("(f32.store (i32.const {}) (f32.const -1)) (f64.store (i32.const {at}) (f64.const 1))", at + 1_023),
        ),
        ("a global", "(global.get $g)".into(), "(global.set $g (i32.const 4))".into()),
        (
            "a wide global",
            "(i32.wrap_i64 (global.get $w))".into(),
            "(global.set $w (i64.add (global.get $w) (i64.const 3)))".into(),
        ),
    ];
    let extra = "(global $g (mut i32) (i32.const 0)) (global $w (mut i64) (i64.const 0)) (global $c i32 (i32.const 9))";
    for (what, found, write) in rows {
        // What was found is kept in a local through the writing.
        let mut guest = counting("(local.get $found)", "", extra);
        let body = guest.assess.clone();
        guest.assess = format!("(local $found i32) (local.set $found (i32.and {found} (i32.const 7))) {write} {body}");
        guest.memory = "3".into();
        assert_eq!(both(&guest), [0; 5], "{what}");
    }
}

#[test]
fn a_guest_that_grows_is_not_kept_and_never_finds_more() {
    let guest = counting("(i32.sub (memory.size) (i32.const 2))", "(drop (memory.grow (i32.const 3)))", "");
    assert_eq!(both(&guest), [3; 5]);
}

#[test]
fn a_case_leaves_nothing_behind_not_even_what_the_host_wrote() {
    // The first byte of room that the allocator gives, before anything is put there, is asked for on the way in.
    let mut guest =
        counting("(i32.and (global.get $seen) (i32.const 7))", "", "(global $seen (mut i32) (i32.const 0))");
    guest.realloc = "(local.set 4 (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
         (global.set $seen (i32.or (global.get $seen) (i32.load8_u (local.get 4))))
         (global.set $heap (i32.add (local.get 4) (local.get 3))) (local.get 4)"
        .into();
    assert_eq!(both(&guest), [0; 5]);
}

/// A case with facts of every kind and with parties, and each policy's answer to it.
fn answers_to_a_rich_case(policies: [&ConfiguredPolicy; 3]) -> [Assessment; 3] {
    let day = Day::new(2026, 11, 23).unwrap();
    let facts = |money| {
        Facts::new(vec![
            ("amount".into(), Value::Money(money)),
            ("flag".into(), Value::Flag(true)),
            ("number".into(), Value::Number(0.5)),
            ("since".into(), Value::Day(day)),
            ("text".into(), Value::Text("none".into())),
            ("words".into(), Value::Words(["a".into(), "b_c".into()].into_iter().collect())),
        ])
    };
    let party = |role: &str, kind, money| Party { role: role.into(), kind, facts: facts(money) };
    let parties = vec![party("applicant", PartyType::Natural, 7), party("respondent", PartyType::Organisation, -1)];
    let kind = "labour.wage".into();
    let case = Case::new(None, "cn/zhejiang".into(), kind, "counter".into(), day, parties, facts(12_345));
    let reads = ["amount", "flag", "number", "since", "text", "words"].map(Into::into);
    let file = case.file(Purposes::BOTH, day, &case.facts, &reads);
    policies.map(|policy| policy.assess(&file))
}

#[test]
fn a_case_is_written_in_the_order_of_the_contract_and_gaps_are_left_alone() {
    // What is in the allocator's room is summed up each time room is asked for, and the room is filled with ones, so that
    // both the order of writing and what is written between fields tell.
    let sum = "(local.set $at (i32.const 65536))
        (block $done (loop $next
            (br_if $done (i32.ge_u (local.get $at) (global.get $heap)))
            (global.set $sum (i32.add (i32.mul (global.get $sum) (i32.const 31)) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))";
    for bit in 0..8 {
        let found = format!("(i32.and (i32.shr_u (global.get $sum) (i32.const {})) (i32.const 7))", bit * 4);
        let mut guest = counting(&found, "", "(global $sum (mut i32) (i32.const 0))");
        guest.assess = format!("(local $at i32) {sum} {}", guest.assess);
        guest.realloc = format!(
            "(local $at i32) (local.set 4 (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
             {sum} (global.set $heap (i32.add (local.get 4) (local.get 3)))
             (memory.fill (local.get 4) (i32.const 255) (local.get 3)) (local.get 4)"
        );
        let sandboxes = ALL.map(sandbox);
        let policies = sandboxes.each_ref().map(|sandbox| policy(sandbox, &guest.component(), Limits::default()));
        assert_eq!(policies.each_ref().map(|policy| policy.info().warm), [true, false, false]);
        let [warm, fresh, component] = answers_to_a_rich_case(policies.each_ref());
        assert_eq!([warm, fresh], [component.clone(), component], "bits {}", bit * 4);
    }
}

#[test]
fn lines_of_the_diary_cost_the_same_and_are_as_long_as_they_may_be() {
    // Behind what the guest and the host put into memory there are zeros, which are text.
    let line = |length: u32| format!("(call $write (i32.const {}) (i32.const {length}))", 2 * PAGE);
    let mut guest = Guest { memory: "7".into(), ..counting("(i32.const 1)", &line(8).repeat(9), "") };
    assert_eq!(both(&guest), [1; 5]);

    let sandboxes = ALL.map(|isolation| {
        [false, true]
            .map(|diaries| Sandbox::new(SandboxConfig { isolation, diaries, ..SandboxConfig::default() }).unwrap())
    });
    let ask_all = |guest: &Guest, fuel| {
        let limits = Limits { fuel, ..Limits::default() };
        let ask = |sandbox| ask(&policy(sandbox, &guest.component(), limits), 1);
        let [warm, fresh, component] = sandboxes.each_ref().map(|of| of.each_ref().map(ask));
        assert_eq!([&warm, &fresh], [&component, &component]);
        warm
    };
    let longest = u32::try_from(ANSWER_BYTES_DEFAULT).unwrap();
    for (lines, fits) in [(vec![longest; 3], true), (vec![5, longest + 1], false)] {
        let said: String = lines.into_iter().map(line).collect();
        guest = Guest { memory: "7".into(), ..counting("(i32.const 1)", &said, "") };
        for answer in ask_all(&guest, None) {
            assert_eq!(answer.answer.is_ok(), fits, "{answer:?}");
        }
    }
    // With the fuel that it burnt it ends well, and with one less it does not.
    guest = Guest { memory: "7".into(), ..counting("(i32.const 1)", "", "") };
    guest.assess =
        format!("(local $result i32) (local.set $result {}) {} (local.get $result)", block(&guest.assess), line(1));
    let burnt = ask_all(&guest, None)[0].fuel;
    assert!(ask_all(&guest, Some(burnt))[0].answer.is_ok());
    assert_eq!(ask_all(&guest, Some(burnt - 1))[0].answer.as_ref().unwrap_err().kind, FaultKind::OutOfFuel);
}

/// A body as one expression.
fn block(body: &str) -> String {
    format!("(block (result i32) {body})")
}

#[test]
fn a_guest_that_writes_more_than_is_put_back_is_not_kept() {
    let kept = sandbox(Isolation::Warm);
    // The answer and the case take some blocks, too.
    let max = u32::try_from(RESTORED_BYTES_MAX).unwrap();
    for (bytes, slots) in [(max - PAGE, 2), (max + 1, 1)] {
        let fill = format!("(memory.fill (i32.const {}) (i32.const 7) (i32.const {bytes}))", 2 * PAGE);
        let guest = Guest { memory: "80".into(), ..counting("(i32.const 1)", &fill, "") };
        let policy = policy(&kept, &guest.component(), Limits::default());
        let before = kept.warm_slots();
        let first = ask(&policy, 1);
        assert_eq!(first.answer.as_ref().unwrap().len(), 1);
        assert_eq!(kept.warm_slots() - before, slots, "{bytes}");
        assert_eq!(ask(&policy, 1), first);
    }
}

#[test]
fn a_guest_that_refuses_or_answers_nonsense_in_good_order_is_kept() {
    let kept = sandbox(Isolation::Warm);
    let mut refuses = Guest::default();
    let code = refuses.text("no_opinion");
    let result = refuses.put(&[vec![1, 0, 0, 0], words(&[code, code])].concat());
    refuses.assess = format!("(i32.const {result})");
    let mut nonsense = Guest::default();
    let finding = [0; 104];
    nonsense.assess = nonsense.answer(&[finding]);
    for (guest, kind) in [(refuses, FaultKind::Refused), (nonsense, FaultKind::BadAnswer)] {
        let policy = policy(&kept, &guest.component(), Limits::default());
        let before = kept.warm_slots();
        for _ in 0..3 {
            assert_eq!(ask(&policy, 1).answer.unwrap_err().kind, kind);
            assert_eq!(kept.warm_slots() - before, 2);
        }
    }
}

#[test]
fn what_ends_badly_is_thrown_away() {
    let kept = sandbox(Isolation::Warm);
    let amount_at = "(i32.load (i32.const 0))";
    for (body, kind) in [
        ("(i32.store8 (i32.const 65536) (i32.const 1)) unreachable", FaultKind::Trap),
        ("(loop $l (br $l)) unreachable", FaultKind::OutOfFuel),
        ("(i32.const 3)", FaultKind::BadAnswer),
        ("(i32.const -4)", FaultKind::BadAnswer),
    ] {
        let guest = Guest { assess: format!("(drop {amount_at}) {body}"), ..Guest::default() };
        let limits = Limits { fuel: Some(1_000_000), ..Limits::default() };
        let policy = policy(&kept, &guest.component(), limits);
        assert!(policy.info().warm);
        let first = ask(&policy, 1);
        assert_eq!(first.answer.as_ref().unwrap_err().kind, kind);
        assert_eq!(first, ask(&policy, 1));
    }
}

#[test]
fn limits_are_those_of_the_policy_that_asks_not_of_the_one_before() {
    let kept = sandbox(Isolation::Warm);
    let guest = Guest {
        memory: "2".into(),
        ..counting("(i32.const 1)", "(if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))", "")
    };
    let with = |pages: u32| {
        let limits = Limits { memory_bytes: Some(u64::from(pages * PAGE)), ..Limits::default() };
        ask(&policy(&kept, &guest.component(), limits), 1)
            .answer
            .map(|findings| findings.len())
            .map_err(|fault| fault.kind)
    };
    assert_eq!(with(3), Ok(1));
    assert_eq!(with(2), Err(FaultKind::OutOfMemory));
    assert_eq!(with(1), Err(FaultKind::OutOfMemory));
    assert_eq!(with(3), Ok(1));
}

#[test]
fn thousands_of_rounds_on_several_threads_find_the_same() {
    let kept = sandbox(Isolation::Warm);
    // Scatters by the amount, and answers by what it found there before.
    let body = "(local $at i32) (local $found i32)
        (local.set $at (i32.add (i32.const 65536) (i32.and (i32.mul (i32.load (i32.const 66000)) (i32.const 2654435)) (i32.const 32767))))
        (local.set $found (i32.load8_u (local.get $at)))
        (i64.store (local.get $at) (i64.const -1)) (memory.fill (local.get $at) (i32.const 1) (i32.const 5000))";
    let mut guest = counting("(local.get $found)", "", "");
    guest.assess = format!("{body} {}", guest.assess);
    guest.memory = "3".into();
    let policy = policy(&kept, &guest.component(), Limits::default());
    let expected = ask(&policy, 1);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (policy, expected) = (&policy, &expected);
            scope.spawn(move || {
                for round in 0..3_000 {
                    let found = ask(policy, thread * 10_000 + round);
                    assert_eq!((found.answer, found.fuel), (expected.answer.clone(), expected.fuel));
                }
            });
        }
    });
    assert!(kept.warm_slots() <= 5, "a slot for each thread and one to compare with, not {}", kept.warm_slots());
}

#[test]
fn what_cannot_be_put_back_is_not_kept() {
    let kept = sandbox(Isolation::Warm);
    let table = "(table $t 2 funcref) (elem (i32.const 0) $assess)";
    for (extra, part) in [
        (format!("{table} (func (table.set $t (i32.const 0) (ref.null func)))"), "changes tables"),
        (format!("{table} (func (table.copy (i32.const 0) (i32.const 1) (i32.const 1)))"), "changes tables"),
        ("(data $d \"x\") (func (data.drop $d))".into(), "drops segments"),
        ("(data $d \"x\") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))".into(), "drops segments"),
        ("(global (mut funcref) (ref.null func))".into(), "holds a reference"),
        ("(memory 1)".into(), "not just one memory"),
        ("(global (export \"maple:global-0\") i32 (i32.const 0))".into(), "a name that is the host's"),
    ] {
        let guest = Guest { extra, ..Guest::default() };
        let policy = policy(&kept, &guest.component(), Limits::default());
        let unfit = policy.info().unfit.unwrap_or_default();
        assert!(!policy.info().warm && unfit.contains(part), "`{unfit}` does not say `{part}`");
        assert_eq!(ask(&policy, 1).answer, Ok(vec![]));
    }
}

/// The text of the component that the usual tools make of a guest, and what numbers and names it gives to its parts.
fn usual(guest: &Guest) -> String {
    wasmprinter::print_bytes(guest.component()).unwrap()
}

/// `text` with `from`, which it must have, replaced by `to`.
#[track_caller]
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in\n{text}");
    text.replacen(from, to, 1)
}

#[test]
fn what_is_kept_is_all_there_is_and_asked_as_the_component_would() {
    let kept = sandbox(Isolation::Warm);
    let extra = "(func (export \"good\") (param i32) (result i32) unreachable)
        (func (export \"aside\") (param i32 i32) nop) (table (export \"table\") 1 funcref)";
    let says = "(call $write (i32.const 4096) (i32.const 8))";
    let guest = Guest { extra: extra.into(), ..counting("(i32.const 1)", says, "") };
    let usual = usual(&guest);
    assert!(policy(&kept, &wat::parse_str(&usual).unwrap(), Limits::default()).info().warm);

    let end = usual.rfind(')').unwrap();
    let at_the_end = |more: &str| format!("{}{more})", &usual[..end]);
    let lift = "(memory $memory) (realloc $cabi_realloc) string-encoding=utf8";
    let good = "(alias core export $main \"good\" (core func $good))";
    let aside = "(alias core export $main \"aside\" (core func $aside))";
    let assess = usual.lines().find(|line| line.contains("(func $assess ") && line.contains("canon lift")).unwrap();
    let diary = "(core instance $maple:policy/diary@0.1.0 (;1;)";
    let lower = "(canon lower (func $write) (memory $memory) string-encoding=utf8)";
    let beside = "(core module $beside (memory 1))(core instance (instantiate $beside))";
    let shim = "local.get 0\n      local.get 1\n      i32.const 0\n      call_indirect (type 0)";
    for (text, part) in [
        (
            at_the_end(&format!("{good}(func $unused (type 14) (canon lift (core func $good) {lift}))")),
            "more functions than the contract",
        ),
        (with(&usual, assess, &format!("{good}{}", with(assess, "#assess) ", "#assess) ").replace(
            "(core func $maple:policy/policy@0.1.0#assess) (memory", "(core func $good) (memory",
        ))), "not called as usual"),
        (with(&usual, lower, "(canon lower (func $write) (memory $memory) string-encoding=utf16)"), "as UTF-8"),
        (at_the_end(beside), "beside its module"),
        (with(&usual, shim, &shim.replace("get 0", "get 1")), "beside its module"),
        (with(&usual, shim, &shim.replace("call_indirect", "nop call_indirect")), "beside its module"),
        (
            with(&usual, "(core instance $actual (;3;)", &format!("{aside}(core instance $actual (;3;)"))
                .replace("(export \"0\" (func $\"#core-func1 indirect-maple:policy/diary@0.1.0-write\"))", "(export \"0\" (func $aside))"),
            "beside its module",
        ),
        (
            at_the_end("(alias core export $main \"table\" (core table $t)) (core instance (export \"t\" (table $t)))"),
            "beside its module",
        ),
        (
            with(&usual, diary, &format!("(core module $silent (func (export \"write\") (param i32 i32)))
                (core instance $silent (instantiate $silent)) (alias core export $silent \"write\" (core func $silence)) {diary}"))
                .replacen("(export \"write\" (func $indirect-maple:policy/diary@0.1.0-write))", "(export \"write\" (func $silence))", 1),
            "beside its module",
        ),
    ] {
        // Numbers in comments are for the reader; names hold where something is put between.
        let component = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let policy = policy(&kept, &component, Limits::default());
        let unfit = policy.info().unfit.unwrap_or_default();
        assert!(!policy.info().warm && unfit.contains(part), "`{unfit}` does not say `{part}`");
    }
}

#[test]
fn a_guest_that_looks_for_the_marks_finds_nothing() {
    // Index 1 is no memory of the guest's, so a module that names it never gets in.
    let guest = Guest { assess: "(drop (i32.load 1 (i32.const 0))) (i32.const 0)".into(), ..Guest::default() };
    let made = std::panic::catch_unwind(|| component(&guest.text_of_module()));
    assert!(made.is_err());
}

#[test]
fn a_kept_policy_comes_back_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        Sandbox::new(SandboxConfig { cache: Some(folder.path().join("cache")), ..SandboxConfig::default() }).unwrap()
    };
    let guest = counting("(i32.const 2)", "", "");
    let (first, second) = (open(), open());
    let made = ask(&policy(&first, &guest.component(), Limits::default()), 1);
    let revived = policy(&second, &guest.component(), Limits::default());
    assert!(revived.info().warm && second.compiled() == 0);
    assert_eq!(ask(&revived, 1), made);
}

#[test]
fn the_shipped_policies_decide_the_same_for_the_same_fuel() {
    let [kept, fresh, oracle] = [house(), fresh_house(), component_house()].map(|house| &house.compiled);
    assert!(kept.cases.len() > 400, "{}", kept.cases.len());
    for case in &kept.cases {
        let [ours, fresh, theirs] = [kept, fresh, oracle].map(|house| evaluate(&house.ruleset, &case.question));
        assert_eq!(ours, theirs, "{}: {}", case.file, case.name);
        assert_eq!(fresh, theirs, "{}: {}", case.file, case.name);
    }
    assert!(house().sandbox.warm_slots() > 0);
    assert_eq!([fresh_house(), component_house()].map(|house| house.sandbox.warm_slots()), [0, 0]);
}

#[test]
fn no_more_are_kept_than_there_is_room_for() {
    for max in [0, 1, 2, 5] {
        let kept = Sandbox::new(SandboxConfig { warm_slots: max, ..SandboxConfig::default() }).unwrap();
        let policies: Vec<_> = (1..7)
            .map(|count| {
                let guest = counting(&format!("(i32.const {count})"), "", "");
                (count, policy(&kept, &guest.component(), Limits::default()))
            })
            .collect();
        for (count, policy) in policies.iter().cycle().take(20) {
            assert_eq!(ask(policy, 1).answer.unwrap().len(), *count);
            assert!(kept.warm_slots() <= max.max(1), "{} of {max}", kept.warm_slots());
        }
    }
}
