//! The same tables through the sandbox.

use maple_kit::dmn::INPUT_DEPTH_MAX;

use super::*;

fn configured(sandbox: &Sandbox, settings: &maple_kernel::Setting) -> ConfiguredPolicy {
    let plugins = sandbox.list();
    let plugin = plugins.iter().find(|plugin| plugin.id == "decision-table").unwrap();
    let (policy, calendar) = (PolicyId::from("table"), Calendar::default());
    let setup =
        Setup { policy: &policy, plugin: &plugin.digest, settings, calendar: &calendar, limits: Limits::default() };
    sandbox.configure_policies(&[setup]).remove(0).unwrap_or_else(|error| panic!("{error:?}"))
}

fn house() -> Sandbox {
    sandbox(SandboxConfig { cache: Some(state().join("cache")), diaries: true, ..SandboxConfig::default() })
}

#[test]
fn the_sandbox_answers_like_the_library() {
    let imported = import(large_xml().as_bytes()).unwrap();
    assert_eq!(imported.lost, []);
    let program = program(&imported.file);
    let policy = configured(&house(), &program.settings);
    let info = policy.info();
    assert!(info.snapshotted, "{:?}", info.obstacle);
    let native = Native::new(program.clone());
    let mut input = large_input();
    for task in 0..40 {
        input["taskType"] = json!(format!("task{task}"));
        let there = program.ask(&policy, &input).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Ok(&there), native.ask(&input).as_ref());
        let Outcome::Rows(rows) = there else { panic!("not rows") };
        assert!(rows.len() > 3, "task{task}: {}", rows.len());
    }
    assert_eq!(program.ask(&policy, &json!({})).map(rows).ok(), native.ask(&json!({})).map(rows).ok());
}

#[test]
fn the_deepest_expression_fits_into_the_sandbox_s_stack() {
    let sandbox = house();
    for (before, after) in [
        ("abs(", ")"),
        ("[", "]"),
        ("[n..", "]"),
        ("[", "][item > 0][1]"),
        ("{ a: ", " }.a"),
        ("(if n > 0 then ", " else 0)"),
        ("(for i in [", "] return i)[1]"),
        ("(some i in [", "] satisfies i = i)"),
        ("sort([", "], function(x, y) x < y)[1]"),
        ("(n in (", "))"),
    ] {
        let nested = |depth: usize| {
            let source = format!("{}n{}", before.repeat(depth), after.repeat(depth));
            import(Dmn::new("COLLECT", &[], &["v"], &[&[&source]]).xml().as_bytes()).unwrap()
        };
        let deepest = (1..=FEEL_DEPTH_MAX).rev().find(|depth| nested(*depth).lost.is_empty()).unwrap();
        let program = program(&nested(deepest).file);
        let answer = program.ask(&configured(&sandbox, &program.settings), &json!({ "n": 3 }));
        assert!(answer.is_ok(), "{deepest} times `{before}{after}`: {answer:?}");
    }
}

/// The deepest input within the deepest expression, as text.
#[test]
fn the_deepest_list_becomes_text_in_the_sandbox() {
    let around = FEEL_DEPTH_MAX - 2;
    let source = format!("{}x{}", "[".repeat(around), "]".repeat(around));
    let imported = import(Dmn::new("COLLECT", &[], &["v:string"], &[&[&source]]).xml().as_bytes()).unwrap();
    assert_eq!(imported.lost, []);
    let program = program(&imported.file);
    let mut deep = json!(1);
    for _ in 0..INPUT_DEPTH_MAX {
        deep = json!([deep]);
    }
    let answer = program.ask(&configured(&house(), &program.settings), &json!({ "x": deep })).map(rows).unwrap();
    let levels = around + INPUT_DEPTH_MAX;
    assert_eq!(answer, json!([{ "v": format!("{}1{}", "[".repeat(levels), "]".repeat(levels)) }]));
}

#[test]
fn rules_in_each_other_s_way_are_told_by_number_and_id() {
    let dmn = Dmn::new("UNIQUE", &["n:number"], &["v"], &[&["> 1", "1"], &["1", "2"], &["> 2", "3"]]);
    let program = program(&import(dmn.xml().as_bytes()).unwrap().file);
    let policy = configured(&house(), &program.settings);
    let Err(AskError::Several(rules)) = program.ask(&policy, &json!({ "n": 5 })) else { panic!("an answer") };
    assert_eq!(rules, "1 (`rule_1`), 3 (`rule_3`)");
}

#[test]
fn ten_thousand_rules_work() {
    let mut dmn = Dmn::new("FIRST", &["key:string", "n:number"], &["v:string", "w"], &[]);
    dmn.rules = (0..10_000)
        .map(|at| vec![format!("\"k{at}\""), format!("[{at}..{}]", at + 5), format!("\"value {at}\""), at.to_string()])
        .collect();
    let imported = import(dmn.xml().as_bytes()).unwrap();
    assert_eq!(imported.lost, []);
    let program = program(&TableFile::read(imported.file.to_toml("").as_bytes()).unwrap());
    let policy = configured(&house(), &program.settings);
    let of = |key: &str, n: i32| program.ask(&policy, &json!({ "key": key, "n": n })).map(rows);
    assert_eq!(of("k9999", 10_000).ok(), Some(json!([{ "v": "value 9999", "w": 9999 }])));
    assert_eq!(of("k9999", 1).ok(), Some(json!([])));
}

#[test]
fn inputs_that_are_no_inputs_are_told() {
    let dmn = Dmn::new("COLLECT", &["x"], &["v"], &[&["1", "x"]]);
    let program = lower(&import(dmn.xml().as_bytes()).unwrap().file.tables[0]).unwrap();
    let native = Native::new(program);
    assert!(native.ask(&json!([1])).unwrap_err().contains("no object"));
    assert!(native.ask(&json!({ "x": 1e300 })).unwrap_err().contains("`x`"));
    let mut deep = json!(1);
    for _ in 0..INPUT_DEPTH_MAX {
        deep = json!([deep]);
    }
    assert!(native.ask(&json!({ "x": deep })).is_ok());
    assert!(native.ask(&json!({ "x": [deep] })).unwrap_err().contains("deep"));
}
