//! `maple bench`: time and fuel, policy by policy and for the whole decision.

use std::time::{Duration, Instant};

use maple_kernel::{Mode, Policy, Question, Ruleset, evaluate};
use serde_json::json;

use crate::{
    Failure,
    args::Bench,
    commands::{EXAMPLE, question, read_case, refused},
    load,
};

/// Evaluations before measuring starts.
const WARM_UP: u32 = 200;

struct Figures {
    name: String,
    fuel: u64,
    median: Duration,
    p99: Duration,
}

/// Measures one case.
pub(crate) fn run(args: &Bench) -> Result<(), Failure> {
    let bytes = args.case.as_deref().map(read_case).transpose()?;
    let from = load::From {
        policies: &args.policies,
        plugins: args.places.plugins.as_deref(),
        state: args.places.state.as_deref(),
        keep_going: false,
        diary: false,
        tables: false,
    };
    let loaded = load::load(&from).map_err(refused)?;
    let ruleset = &loaded.compiled.ruleset;
    let question = question(bytes.as_deref().unwrap_or(EXAMPLE.as_bytes()), ruleset)?;
    let decision = evaluate(ruleset, &question);
    let asked: Vec<(&Policy, u64)> = decision
        .asked
        .iter()
        .filter_map(|asked| Some((find(ruleset, asked.policy.as_str()).filter(|p| p.mode != Mode::Off)?, asked.fuel)))
        .collect();
    let policies = in_turn(args.rounds, &asked, &question);
    let (median, p99) = percentiles(
        (0..WARM_UP + args.rounds)
            .map(|_| timed(|| drop(evaluate(ruleset, &question))))
            .skip(WARM_UP as usize)
            .collect(),
    );
    let whole = Figures { name: "whole decision".to_owned(), fuel: policies.iter().map(|p| p.fuel).sum(), median, p99 };
    if args.json {
        print_json(&policies, &whole, args.rounds)
    } else {
        print(&policies, &whole)
    }
    Ok(())
}

fn find<'a>(ruleset: &'a Ruleset, id: &str) -> Option<&'a Policy> {
    ruleset.localities().flat_map(|(locality, _)| ruleset.policies_of(locality)).find(|p| p.id.as_str() == id)
}

fn ask(policy: &Policy, question: &Question) {
    let Question { case, purposes, as_of, .. } = question;
    drop(policy.assessor.assess(&case.file(*purposes, *as_of, &case.facts, &policy.reads)));
}

/// Each policy's figures, asked in turn as a decision asks them, so that none finds the caches warm from itself.
fn in_turn(rounds: u32, asked: &[(&Policy, u64)], question: &Question) -> Vec<Figures> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::with_capacity(rounds as usize); asked.len()];
    for round in 0..WARM_UP + rounds {
        for ((policy, _), times) in asked.iter().zip(&mut times) {
            let took = timed(|| ask(policy, question));
            if round >= WARM_UP {
                times.push(took);
            }
        }
    }
    let figures = |((policy, fuel), times): (&(&Policy, u64), Vec<Duration>)| {
        let (median, p99) = percentiles(times);
        Figures { name: policy.id.to_string(), fuel: *fuel, median, p99 }
    };
    asked.iter().zip(times).map(figures).collect()
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Median and 99th percentile.
fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
    (at(50), at(99))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn print(policies: &[Figures], whole: &Figures) {
    let width = policies.iter().map(|p| p.name.len()).max().unwrap_or(0).max(whole.name.len());
    anstream::println!("{:width$}  {:>10}  {:>10}  {:>10}  {:>6}", "policy", "median µs", "p99 µs", "fuel", "share");
    for row in policies.iter().chain([whole]) {
        let share = 100.0 * micros(row.median) / micros(whole.median);
        let Figures { name, fuel, .. } = row;
        anstream::println!(
            "{name:width$}  {:>10.1}  {:>10.1}  {fuel:>10}  {share:>5.0}%",
            micros(row.median),
            micros(row.p99)
        );
    }
    let asked: f64 = policies.iter().map(|p| micros(p.median)).sum();
    anstream::println!("\nthe whole costs {:.2} × the sum of its policies", micros(whole.median) / asked);
}

fn print_json(policies: &[Figures], whole: &Figures, rounds: u32) {
    let row = |f: &Figures| json!({ "policy": f.name, "median_us": micros(f.median), "p99_us": micros(f.p99), "fuel": f.fuel });
    let rows: Vec<_> = policies.iter().map(row).collect();
    println!("{}", json!({ "rounds": rounds, "policies": rows, "whole": row(whole) }));
}
