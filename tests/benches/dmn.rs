//! A decision table of another system, 272 rules by 62 inputs: from XML to a table file, and one evaluation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run says why and stops")]

use criterion::Criterion;
use maple_kernel::{Calendar, Limits, Plugins as _, PolicyId, Setup};
use maple_kit::dmn::{Outcome, TableFile, import};
use maple_sandbox::SandboxConfig;
use maple_tests::{
    sandbox, state,
    tables::{Native, large_input, large_xml, program},
};
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let xml = large_xml();
    println!("{} bytes of XML", xml.len());
    let file = import(xml.as_bytes()).unwrap().file;
    let text = file.to_toml("");
    println!("{} bytes of TOML", text.len());

    let mut group = criterion.benchmark_group("a table of 272 rules by 62 inputs");
    group
        .bench_function("import, XML to TOML", |bench| bench.iter(|| import(xml.as_bytes()).unwrap().file.to_toml("")));
    group.bench_function("read and compile, TOML to settings", |bench| {
        bench.iter(|| program(&TableFile::read(text.as_bytes()).unwrap()))
    });

    let program = program(&file);
    let sandbox = sandbox(SandboxConfig { cache: Some(state().join("bench-cache")), ..SandboxConfig::default() });
    let plugins = sandbox.list();
    let plugin = plugins.iter().find(|plugin| plugin.id == "decision-table").unwrap();
    let (policy, calendar) = (PolicyId::from("table"), Calendar::default());
    let settings = &program.settings;
    let setup =
        Setup { policy: &policy, plugin: &plugin.digest, settings, calendar: &calendar, limits: Limits::default() };
    let policy = sandbox.configure_policies(&[setup]).remove(0).unwrap();
    assert!(policy.info().snapshotted);
    let native = Native::new(program.clone());
    let full = large_input();
    let bare = json!({ "taskType": "task7" });
    for (name, input) in [("every input given", &full), ("one input given", &bare)] {
        let Ok(Outcome::Rows(rows)) = program.ask(&policy, input) else { panic!("no rows") };
        println!("{name}: {} rows match", rows.len());
        group.bench_function(format!("evaluate in a fresh sandbox, {name}"), |bench| {
            bench.iter(|| program.ask(&policy, input).unwrap())
        });
        group.bench_function(format!("evaluate natively, {name}"), |bench| bench.iter(|| native.ask(input).unwrap()));
    }
    group.finish();
    criterion.final_summary();
}
