//! What it costs to have many localities and policies loaded: for a decision, at the start, and in memory.
//!
//! `MAPLE_BENCH_POLICIES` sets how many policies are configured (1,000); the first run compiles them all, minutes on
//! two cores, into `target/maple/bench-cache`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot run says why and stops"
)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::Criterion;
use maple_kernel::{
    Assess, Calendar, Case, Code, Facts, Floor, Locality, LocalityId, Mode, Party, PartyType, Policy, PolicyId,
    Purposes, Question, Ruleset, Setting, Setup, Target, Value, evaluate,
};
use maple_sandbox::{ConfiguredPolicy, Sandbox, SandboxConfig};
use maple_tests::{house, sandbox, state, today};

use crate::support::{Contestant, Summary, plain, race};

/// Policies that differ in their settings, when `MAPLE_BENCH_POLICIES` says nothing.
const POLICIES: usize = 1_000;
/// Localities of the rulesets that are compared; each has one policy.
const LOCALITIES: [usize; 4] = [1, 100, 1_000, 3_000];
/// Policies configured between two lines of progress.
const PROGRESS: usize = 50;
/// Set for the child process that fills the cache.
const WARM: &str = "MAPLE_BENCH_WARM";

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if std::env::var_os(WARM).is_some() {
        return fill_cache();
    }
    let warmed = Command::new(std::env::current_exe().unwrap()).env(WARM, "1").status().unwrap();
    assert!(warmed.success(), "the cache could not be filled");

    let mut criterion = Criterion::default().configure_from_args();
    let mut summary = Summary::default();
    let (_sandbox, policies) = load(&mut summary);
    decisions(&policies, &mut criterion, &mut summary);
    criterion.final_summary();
    summary.print("Many policies");
}

fn wanted() -> usize {
    std::env::var("MAPLE_BENCH_POLICIES").ok().map_or(POLICIES, |text| text.parse().unwrap())
}

fn production() -> Sandbox {
    sandbox(SandboxConfig { cache: Some(state().join("bench-cache")), ..SandboxConfig::default() })
}

/// Compiles what is not in the cache, in a process of its own, so that the figures of memory are those of loading.
fn fill_cache() {
    let (sandbox, orders) = (production(), orders(wanted()));
    let mut done = 0;
    for chunk in orders.chunks(PROGRESS) {
        let start = Instant::now();
        done += configure(&sandbox, chunk).len();
        if start.elapsed() > Duration::from_secs(1) {
            eprintln!("configured {done} of {} policies", orders.len());
        }
    }
}

/// A small rule table that no other policy has.
fn orders(count: usize) -> Vec<(PolicyId, Setting)> {
    (0..count).map(|number| (format!("cn/bench/p{number}").into(), settings(number))).collect()
}

fn settings(number: usize) -> Setting {
    let threshold = number as f64;
    let offer = |channel: &str| table([("do", text("offer")), ("offer", text(channel))]);
    let rule = |id: &str, when: Setting, then: Setting| {
        table([
            ("id", text(id)),
            ("summary-zh", text("测量用规则")),
            ("summary-en", text("A rule for measuring")),
            ("basis", Setting::Items(vec![text("cn.civil_code.509")])),
            ("when", when),
            ("then", Setting::Items(vec![then])),
        ])
    };
    let labour = table([("op", text("prefix")), ("at", text("kind")), ("in", Setting::Items(vec![text("labour.*")]))]);
    let people = table([("op", text("range")), ("key", text("people")), ("min", Setting::Number(threshold))]);
    let village =
        table([("op", text("is")), ("key", text("same_village")), ("in", Setting::Items(vec![Setting::Flag(true)]))]);
    table([(
        "rules",
        Setting::Items(vec![
            rule("B1", labour, offer("labour_mediation")),
            rule("B2", people, offer("joint_conference")),
            rule("B3", village, offer("peoples_mediation")),
        ]),
    )])
}

fn text(text: &str) -> Setting {
    Setting::Text(text.into())
}

fn table<const N: usize>(entries: [(&str, Setting); N]) -> Setting {
    Setting::Table(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

fn configure(sandbox: &Sandbox, orders: &[(PolicyId, Setting)]) -> Vec<ConfiguredPolicy> {
    use maple_kernel::Plugins as _;
    let plugins = sandbox.list();
    let plugin = plugins.iter().find(|plugin| plugin.id == "decision-table").unwrap();
    let calendar = Calendar::default();
    let setup = |(policy, settings)| Setup {
        policy,
        plugin: &plugin.digest,
        settings,
        calendar: &calendar,
        limits: maple_kernel::Limits::default(),
    };
    let setups: Vec<Setup<'_>> = orders.iter().map(|(policy, settings)| setup((policy, settings))).collect();
    let configured = sandbox.configure_policies(&setups).into_iter();
    configured.map(|policy| policy.unwrap_or_else(|error| panic!("{error:?}"))).collect()
}

/// Loads all policies from the warm cache and says what that took.
fn load(summary: &mut Summary) -> (Sandbox, Vec<ConfiguredPolicy>) {
    let (sandbox, orders) = (production(), orders(wanted()));
    let before = Memory::now();
    let start = Instant::now();
    let policies = configure(&sandbox, &orders);
    let took = start.elapsed().as_secs_f64();
    let loaded = Memory::now().since(before);
    let question = question();
    for policy in &policies {
        assert!(ask(policy, &question).answer.is_ok());
    }
    let asked = Memory::now().since(before);

    let count = policies.len() as f64;
    let each = |mebibytes: f64| format!("{:.3} MiB", mebibytes / count);
    let figure = |text: &str| format!("{} policies of one plugin, warm cache: {text}", policies.len());
    summary.at_most(&figure("load"), took, 1.0, " s");
    summary.at_most(&figure("resident, each, loaded"), loaded.resident / count, 1.0, " MiB");
    // Most of it are pages of code in files, which the system drops when it needs the room.
    summary.note(&figure("resident, each, all asked once"), each(asked.resident));
    summary.note("of it not shared with the page cache, loaded", each(loaded.anonymous));
    summary.note("of it not shared with the page cache, all asked once", each(asked.anonymous));
    summary.note("compiled code of one policy", format!("{} KiB", policies[0].info().code_bytes >> 10));
    summary.note("open files after loading", fs::read_dir("/proc/self/fd").unwrap().count().to_string());
    (sandbox, policies)
}

/// What `/proc/self/smaps_rollup` says, in MiB.
#[derive(Clone, Copy)]
struct Memory {
    resident: f64,
    anonymous: f64,
}

impl Memory {
    fn now() -> Self {
        let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = |name: &str| {
            let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        Self { resident: line("Rss:"), anonymous: line("Anonymous:") }
    }

    fn since(self, before: Self) -> Self {
        Self { resident: self.resident - before.resident, anonymous: self.anonymous - before.anonymous }
    }
}

fn question() -> Question {
    let party = |role: &str, kind| Party {
        role: role.into(),
        kind,
        facts: Facts::new(vec![("consent".into(), Value::Text("unknown".into()))]),
    };
    let parties = vec![party("applicant", PartyType::Natural), party("respondent", PartyType::Organisation)];
    let facts = Facts::new(vec![("people".into(), Value::Number(14.0)), ("same_village".into(), Value::Flag(false))]);
    let case = Case::new(None, place(0), "labour.wage".into(), Code::from("counter"), today(), parties, facts);
    Question { case, purposes: Purposes::BOTH, as_of: today(), explain: false, context: Facts::default() }
}

fn place(number: usize) -> LocalityId {
    format!("cn/p{number}").into()
}

fn ask(policy: &ConfiguredPolicy, question: &Question) -> maple_kernel::Assessment {
    let Question { case, purposes, as_of, .. } = question;
    policy.assess(&case.file(*purposes, *as_of, &case.facts, &policy.descriptor().reads))
}

/// A ruleset of so many localities with one policy each.
fn ruleset(count: usize, policies: &[ConfiguredPolicy]) -> Ruleset {
    let shipped = &house().compiled.ruleset;
    let (root, china) = shipped.locality("cn").unwrap();
    let locality = |number| Locality { code: None, chain: vec![root.clone(), place(number)], ..china.clone() };
    let localities: BTreeMap<LocalityId, Locality> =
        (0..count).map(|number| (place(number), locality(number))).collect();
    let all = (0..count).map(|number| policy(number, &policies[number % policies.len()])).collect();
    Ruleset::new("sha256:bench".into(), shipped.vocabulary().clone(), localities, all)
}

fn policy(number: usize, configured: &ConfiguredPolicy) -> Policy {
    let descriptor = configured.descriptor().clone();
    Policy {
        id: format!("cn/p{number}/table").into(),
        locality: place(number),
        plugin: format!("{}@{}", descriptor.id, descriptor.version).into(),
        digest: "sha256:bench".into(),
        mode: Mode::Enforce,
        stopped: None,
        purposes: Purposes::BOTH,
        target: Target::default(),
        from: None,
        to: None,
        trusted: false,
        floor: Floor::None,
        replaces: Vec::new(),
        reads: descriptor.reads,
        rules: descriptor.rules.into_iter().collect(),
        reasons: BTreeMap::new(),
        assessor: Arc::new(configured.clone()),
    }
}

fn decisions(policies: &[ConfiguredPolicy], criterion: &mut Criterion, summary: &mut Summary) {
    let rulesets = LOCALITIES.map(|count| ruleset(count, policies));
    let question = question();
    let decided = evaluate(&rulesets[3], &question);
    assert!(decided.asked.len() == 1 && decided.asked[0].answer == Ok(2), "{:?}", decided.asked);
    let mut group = criterion.benchmark_group("a decision of one locality");
    for (count, ruleset) in LOCALITIES.iter().zip(&rulesets) {
        group.bench_function(format!("{count} loaded"), |bench| bench.iter(|| evaluate(ruleset, &question)));
    }
    group.finish();

    let took = race(std::array::from_fn::<_, 4, _>(|at| {
        let (ruleset, question) = (&rulesets[at], &question);
        Contestant::new(format!("a decision, {} localities loaded", LOCALITIES[at]), || evaluate(ruleset, question))
    }));
    let everywhere: Vec<Question> = (0..LOCALITIES[3]).map(|number| elsewhere(&question, number)).collect();
    let mut round = everywhere.iter().cycle();
    let [in_turn] = race([Contestant::new("a decision, 3000 localities asked in turn", || {
        evaluate(&rulesets[3], round.next().unwrap())
    })]);
    summary.at_most("a decision, 3000 localities loaded / 1", took[3].micros / took[0].micros, 1.1, " ×");
    summary.race(&took);
    summary.note(&in_turn.name, format!("{} µs", plain(in_turn.micros)));
}

fn elsewhere(question: &Question, number: usize) -> Question {
    let mut question = question.clone();
    question.case.locality = place(number);
    question
}
