//! One evaluation against the same rules by hand; one whole decision against its evaluations; JSON in and out.
//!
//! Criterion shows each figure; the ratios in the table at the end come from races, in which all contestants take turns.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot run says why and stops"
)]

#[path = "support/recorded.rs"]
mod recorded;
mod support;
mod thirty;
#[path = "support/threads.rs"]
mod threads;

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use maple_guest::Policy as _;
use maple_kernel::{Assess as _, Question, Ruleset, evaluate};
use maple_sandbox::{Isolation, Sandbox, SandboxConfig};
use maple_tests::{fresh_house, house, sandbox, state, today};
use maple_wire::{Reply, parse_question, write_decision};

use crate::{
    recorded::Recorded,
    support::{Contestant, Summary, race},
    thirty::{Thirty, guest, native, ordered},
};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Three policies in British Columbia.
const THREE: &[u8] = include_bytes!("three-policies.json");
/// The case of `maple bench`: unpaid wages of fourteen builders in Yongkang.
const EXAMPLE: &[u8] = include_bytes!("../../core/cli/src/example.json");

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut summary = Summary::default();
    evaluation(&mut criterion, &mut summary);
    decision(&mut criterion, &mut summary);
    json(&mut criterion, &mut summary);
    side_by_side(&mut summary);
    criterion.final_summary();
    summary.print("One evaluation, one decision, JSON");
}

/// A sandbox as in production, and one that keeps no instance.
fn sandboxes() -> [Sandbox; 2] {
    [Isolation::Warm, Isolation::Fresh].map(|isolation| {
        sandbox(SandboxConfig { cache: Some(state().join("bench-cache")), isolation, ..SandboxConfig::default() })
    })
}

fn evaluation(criterion: &mut Criterion, summary: &mut Summary) {
    let [warm, fresh] = sandboxes();
    let Thirty { policy: kept, .. } = Thirty::new(&warm);
    let Thirty { policy, settings, question } = Thirty::new(&fresh);
    assert!(kept.info().warm && !policy.info().warm);
    let Question { case, purposes, as_of, .. } = &question;
    let mut reads = policy.descriptor().reads.clone();
    reads.sort();
    let file = case.file(*purposes, *as_of, &case.facts, &reads);

    let (table, guest_case) = (guest::table(&settings), guest::case(&file));
    let mut reused = policy.reuse_for_bench().unwrap_or_else(|failed| panic!("{:?}", failed.answer));
    let by_hand = ordered(native::assess(&file));
    assert_eq!(by_hand.len(), 2, "{by_hand:?}");
    assert_eq!(ordered(guest::findings(&table.assess(&guest_case).unwrap())), by_hand);
    assert_eq!(reused.assess(&file).answer.map(ordered).as_ref(), Ok(&by_hand));
    let fresh = policy.assess(&file);
    assert_eq!(kept.assess(&file), fresh);
    assert_eq!(fresh.answer.map(ordered).as_ref(), Ok(&by_hand));

    let mut group = criterion.benchmark_group("one evaluation of a 30-rule table");
    group.bench_function("native function", |bench| bench.iter(|| native::assess(&file)));
    group.bench_function("plugin's code, native", |bench| bench.iter(|| table.assess(&guest_case)));
    group.bench_function("reused sandbox", |bench| bench.iter(|| reused.assess(&file)));
    group.bench_function("fresh sandbox", |bench| bench.iter(|| policy.assess(&file)));
    group.bench_function("warm sandbox, put back", |bench| bench.iter(|| kept.assess(&file)));
    group.finish();

    let took = race([
        Contestant::new("30 rules, native function", || native::assess(&file)),
        Contestant::new("30 rules, plugin's code, native", || table.assess(&guest_case)),
        Contestant::new("30 rules, reused sandbox", || reused.assess(&file)),
        Contestant::new("30 rules, fresh sandbox", || policy.assess(&file)),
        Contestant::new("30 rules, warm sandbox, put back", || kept.assess(&file)),
    ]);
    let [hand, code, again, once, warm] = took.each_ref().map(|took| took.micros);
    summary.at_most("fresh sandbox / native function", once / hand, 40.0, " ×");
    summary.at_most("fresh sandbox / reused sandbox", once / again, 3.5, " ×");
    summary.note("warm sandbox / native function", format!("{:.1} ×", warm / hand));
    summary.note("warm sandbox / fresh sandbox", format!("{:.2} ×", warm / once));
    summary.note("plugin's code, native / native function", format!("{:.1} ×", code / hand));
    summary.race(&took);
    summary.note("fuel of the evaluation", fresh.fuel.to_string());
    for (what, policy) in [("fresh", &policy), ("warm", &kept)] {
        let [take, assess, give_back] = laps(|| policy.assess_timed(&file).1);
        let laps = format!("{take:.1}, {assess:.1}, {give_back:.1} µs");
        summary.note(&format!("{what}: taking, asking, giving back"), laps);
    }
}

/// The median laps of an evaluation.
fn laps(work: impl Fn() -> maple_sandbox::Timing) -> [f64; 3] {
    let timings: Vec<_> = (0..20_000).map(|_| work()).collect();
    let median = |part: fn(&maple_sandbox::Timing) -> Duration| {
        let mut parts: Vec<_> = timings.iter().map(part).collect();
        parts.sort_unstable();
        parts[parts.len() / 2].as_secs_f64() * 1e6
    };
    [median(|t| t.take), median(|t| t.assess), median(|t| t.give_back)]
}

/// The figures that are wanted are about fresh sandboxes. Warm ones make the parts cheaper and the kernel's share larger.
fn decision(criterion: &mut Criterion, summary: &mut Summary) {
    decision_in(&fresh_house().compiled.ruleset, criterion, summary, "fresh");
    decision_in(&house().compiled.ruleset, criterion, summary, "warm");
}

fn decision_in(ruleset: &Ruleset, criterion: &mut Criterion, summary: &mut Summary, isolation: &str) {
    let question = parse_question(EXAMPLE, ruleset, today()).unwrap();
    let recorded = Recorded::new(ruleset, &question);
    let (replayed, files) = (recorded.replayed(ruleset), recorded.files(&question));
    let real = evaluate(ruleset, &question);
    assert_eq!(evaluate(&replayed, &question), real);
    assert!(real.asked.iter().all(|asked| asked.answer.is_ok()), "{:?}", real.asked);

    let parts = || files.iter().map(|(policy, file)| policy.assess(file)).collect::<Vec<_>>();
    let fuel: u64 = parts().iter().map(|part| part.fuel).sum();
    assert_eq!(fuel, real.asked.iter().map(|asked| asked.fuel).sum::<u64>(), "the parts are not those of the whole");
    let mut group = criterion.benchmark_group(format!("whole decision, Yongkang, {isolation} sandboxes"));
    group.bench_function("whole", |bench| bench.iter(|| evaluate(ruleset, &question)));
    group.bench_function("its evaluations", |bench| bench.iter(parts));
    group.bench_function("whole, answers replayed", |bench| bench.iter(|| evaluate(&replayed, &question)));
    group.finish();

    let took = race([
        Contestant::new(format!("whole decision, Yongkang, {isolation}"), || evaluate(ruleset, &question)),
        Contestant::new(format!("the sum of its evaluations, {isolation}"), parts),
        Contestant::new("whole decision, answers replayed", || evaluate(&replayed, &question)),
        Contestant::new("the replay alone", || recorded.replay_alone()),
    ]);
    let [whole, sum, replayed, replay] = took.each_ref().map(|took| took.micros);
    let (ratio, share) = (whole / sum, 100.0 * (replayed - replay) / whole);
    if isolation == "fresh" {
        summary.at_most("whole decision / sum of its evaluations, fresh", ratio, 1.3, " ×");
        summary.at_most("the kernel's own share, answers replayed, fresh", share, 10.0, " %");
    } else {
        summary.note("whole decision / sum of its evaluations, warm", format!("{ratio:.2} ×"));
        summary.note("the kernel's own share, answers replayed, warm", format!("{share:.1} %"));
    }
    summary.race(&took);
    summary.note("policies asked", real.asked.len().to_string());
}

fn json(criterion: &mut Criterion, summary: &mut Summary) {
    let ruleset = &house().compiled.ruleset;
    let question = parse_question(EXAMPLE, ruleset, today()).unwrap();
    let decision = evaluate(ruleset, &question);
    let reply = Reply { id: "d-0", generation: 1, case: &question.case, decision: &decision };
    let (read, write) = (|| parse_question(EXAMPLE, ruleset, today()), || write_decision(&reply));

    let mut group = criterion.benchmark_group("json");
    group.bench_function("question in", |bench| bench.iter(read));
    group.bench_function("decision out", |bench| bench.iter(write));
    group.finish();

    summary.race(&race([Contestant::new("question in", read), Contestant::new("decision out", write)]));
    summary.note("bytes in, bytes out", format!("{}, {}", EXAMPLE.len(), write().len()));
}

/// Threads that decide beside each other must not wait for each other.
fn side_by_side(summary: &mut Summary) {
    let ruleset = &house().compiled.ruleset;
    let question = parse_question(THREE, ruleset, today()).unwrap();
    let recorded = Recorded::new(ruleset, &question);
    let (replayed, files) = (recorded.replayed(ruleset), recorded.files(&question));
    let decision = evaluate(ruleset, &question);
    let reply = Reply { id: "d-0", generation: 1, case: &question.case, decision: &decision };
    let mut row = |what: &str, work: &(dyn Fn() + Sync)| threads::side_by_side(summary, what, work);
    row("question in", &|| drop(black_box(parse_question(THREE, ruleset, today()))));
    row("sandboxed evaluations", &|| files.iter().for_each(|(policy, file)| drop(black_box(policy.assess(file)))));
    row("decision, answers replayed", &|| drop(black_box(evaluate(&replayed, &question))));
    row("whole decision", &|| drop(black_box(evaluate(ruleset, &question))));
    row("decision out", &|| drop(black_box(write_decision(&reply))));
}
