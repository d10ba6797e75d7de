//! Limits of answers, of cases, and of how many sandboxes there are.

use super::*;

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
        match ALL[0].add_component(&guest.component()) {
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
fn a_case_within_its_limit_is_paid_for_by_the_guest() {
    const MIB: usize = 1 << 20;
    let text = |mib: usize| Value::Text("x".repeat(mib * MIB).into());
    let list = |count: usize| Value::Words(vec![Arc::from("word"); count].into());
    let out_of_memory = Some((FaultKind::OutOfMemory, "more memory is wanted than the 16777216 bytes"));
    let out_of_fuel = Some((FaultKind::OutOfFuel, "all fuel is used up, 1000000 of it"));
    let no_room = Some((FaultKind::BadAnswer, "realloc return: beyond end of memory"));
    let rows = [
        ("a long text", roomy(), text(8), None),
        ("a longer one than its memory", roomy(), text(20), out_of_memory),
        ("a longer one than it makes room for", Guest::default(), text(1), no_room),
        ("many words", roomy(), list(10_000), None),
        ("more words than its fuel lasts for", roomy(), list(200_000), out_of_fuel),
    ];
    let limits = Limits {
        fuel: Some(1_000_000),
        memory_bytes: Some(16 << 20),
        case_bytes: Some(CASE_BYTES_MAX),
        ..Limits::default()
    };
    for (what, guest, fact, ends) in rows {
        for policy in policies(&guest.component(), limits) {
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
    for isolation in [Isolation::Fresh, Isolation::Component] {
        waits_for_a_place(isolation);
    }
}

fn waits_for_a_place(isolation: Isolation) {
    let wall = Duration::from_millis(50);
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

/// Who waited for a place has what is left of its time, and not all of it once more.
#[test]
fn the_time_of_waiting_counts() {
    for isolation in [Isolation::Fresh, Isolation::Component] {
        let sandbox = Sandbox::new(SandboxConfig { isolation, concurrency: 1, ..SandboxConfig::default() }).unwrap();
        let wall = Duration::from_secs(1);
        let limits = Limits { wall_ms: Some(1_000), fuel: Some(maple_sandbox::FUEL_MAX), ..Limits::default() };
        // Its fuel lasts longer than a quarter of the time.
        let endless = configure(&sandbox, &first("(loop $on (br $on))", "").component(), limits).unwrap();
        let holder = configure(&sandbox, &Guest::default().component(), limits).unwrap();
        let mut held = Vec::new();
        while let Ok(session) = holder.reuse_for_bench() {
            held.push(session);
        }
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let began = Instant::now();
                (ask(&endless, 1).answer.unwrap_err().kind, began.elapsed())
            });
            thread::sleep(wall * 3 / 4);
            held.pop();
            let (kind, took) = waiting.join().unwrap();
            assert_eq!(kind, FaultKind::Timeout);
            assert!(took < wall * 17 / 10, "{isolation:?}: {took:?}; all of it once more would be seven quarters");
        });
    }
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

/// What [`ask`]'s case takes beside the words of its fact: the record, three texts, one fact with its key.
const CASE_BYTES: u64 =
    52 + "cn/zhejiang".len() as u64 + "labour.wage".len() as u64 + "counter".len() as u64 + 24 + "amount".len() as u64;

#[test]
fn a_case_is_handed_over_up_to_its_bytes_and_not_one_more() {
    let with = |bytes: u64| Limits { case_bytes: Some(bytes), ..Limits::default() };
    let guest = Guest::default();
    answered(&guest, with(CASE_BYTES));
    let says = |bytes: u64, max: u64| format!("the case takes {bytes} bytes, at most {max} are given");
    told(&guest, with(CASE_BYTES - 1), FaultKind::OutOfMemory, &says(CASE_BYTES, CASE_BYTES - 1));
    assert_eq!(assess(&guest, with(1)).fuel, 0, "nothing of the guest runs");
    // And what the policy sets is held to the host's maximum.
    let roomy = Guest { memory: "1024".into(), ..Guest::default() };
    for (set, max) in
        [(None, CASE_BYTES_DEFAULT), (Some(CASE_BYTES_MAX), CASE_BYTES_MAX), (Some(u64::MAX), CASE_BYTES_MAX)]
    {
        let limits = Limits { case_bytes: set, memory_bytes: Some(MEMORY_BYTES_MAX), ..Limits::default() };
        let text = |bytes: u64| Value::Text("x".repeat(usize::try_from(bytes - CASE_BYTES).unwrap()).into());
        for policy in policies(&roomy.component(), limits) {
            let over = with_fact(text(max + 1), |file| policy.assess(file)).answer.unwrap_err();
            assert_eq!((over.kind, &*over.detail), (FaultKind::OutOfMemory, &*says(max + 1, max)));
            let at = with_fact(text(max), |file| policy.assess(file)).answer;
            assert!(!at.is_err_and(|fault| fault.detail.starts_with("the case takes")), "{max}");
        }
    }
}
