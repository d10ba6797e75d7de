use super::*;

fn look(text: &str) -> Result<Inspected, LoadError> {
    inspect(&wat::parse_str(text).unwrap())
}

#[track_caller]
fn refused(text: &str, part: &str) {
    let error = look(text).unwrap_err().to_string();
    assert!(error.contains(part), "`{error}` does not say `{part}`");
}

/// A component that exports an empty instance under the contract's name, with more text before.
fn exporting(name: &str, before: &str) -> String {
    format!(r#"(component {before} (instance $contract) (export "{name}" (instance $contract)))"#)
}

#[test]
fn files_that_are_no_component_are_told_apart() {
    assert!(matches!(inspect(b""), Err(LoadError::NotComponent)));
    assert!(matches!(inspect(b"\0asm"), Err(LoadError::NotComponent)));
    assert!(matches!(inspect(b"#!/bin/sh\n"), Err(LoadError::NotComponent)));
    assert!(matches!(look("(module)"), Err(LoadError::CoreModule)));
}

#[test]
fn a_file_is_taken_up_to_its_limit() {
    // Not a component either way: what is tested is which of the two is found.
    assert!(matches!(inspect(&vec![0; COMPONENT_BYTES_MAX]), Err(LoadError::NotComponent)));
    assert!(matches!(inspect(&vec![0; COMPONENT_BYTES_MAX + 1]), Err(LoadError::TooLarge { .. })));
}

#[test]
fn every_patch_of_the_contract_is_served_and_no_other_version() {
    for name in ["maple:policy/policy@0.1.0", "maple:policy/policy@0.1.7"] {
        assert_eq!(look(&exporting(name, "")).unwrap().export, name);
    }
    for name in
        ["maple:policy/policy@0.2.0", "maple:policy/policy@1.0.0", "maple:policy/policy", "other:policy/policy@0.1.0"]
    {
        refused(
            &exporting(name, ""),
            &format!("does not export `maple:policy/policy@0.1.0` (any 0.1.x), it exports `{name}`"),
        );
    }
    refused("(component)", "it exports nothing");
}

#[test]
fn imports_are_refused_by_name() {
    let with = |import: &str| exporting(v1::EXPORT, import);
    look(&with(r#"(import "maple:policy/diary@0.1.0" (instance))"#)).unwrap();
    look(&with(r#"(import "maple:policy/types@0.1.0" (instance (type $u u8) (export "day" (type (eq $u)))))"#))
        .unwrap();
    for name in [
        "wasi:clocks/wall-clock@0.2.0",
        "maple:policy/diary@0.2.0",
        "maple:policy/diary@0.1.1",
        "maple:policy/policy@0.1.0",
    ] {
        refused(&with(&format!(r#"(import "{name}" (instance))"#)), &format!("the component imports `{name}`"));
    }
    refused(&with(r#"(import "now" (func (result u64)))"#), "imports `now`");
    refused(&with(r#"(import "maple:policy/diary@0.1.0" (func))"#), "imports `maple:policy/diary@0.1.0`");
    refused(
        &with(r#"(import "maple:policy/types@0.1.0" (instance (export "now" (func))))"#),
        "imports `maple:policy/types@0.1.0`",
    );
}

#[test]
fn features_that_plugins_do_not_have_are_refused() {
    for (module, word) in [
        ("(memory i64 1)", "memory64"),
        ("(memory 1 1 shared)", "threads"),
        ("(func (result v128) (i16x8.relaxed_q15mulr_s (v128.const i64x2 0 0) (v128.const i64x2 0 0)))", "relaxed"),
        ("(tag)", "exceptions"),
        ("(type (struct))", "gc"),
    ] {
        refused(&exporting(v1::EXPORT, &format!("(core module {module})")), word);
    }
}

/// Components that each make `factor` instances of the one before.
fn tower(levels: usize, factor: usize) -> String {
    let mut text = "(component $c0)".to_owned();
    for level in 1..=levels {
        let below = level - 1;
        let made = format!("(instance (instantiate $c{below}))").repeat(factor);
        text += &format!("(component $c{level} (alias outer 1 $c{below} (component $c{below})) {made})");
    }
    exporting(v1::EXPORT, &format!("{text} (instance (instantiate $c{levels}))"))
}

#[test]
fn what_a_component_makes_of_itself_is_counted_with_everything_within() {
    look(&tower(5, 2)).unwrap();
    refused(&tower(7, 2), "makes more than 128 instances");
    refused(&tower(60, 2), "makes more than 128 instances");
    let flat = |count: u64| {
        let made = "(instance (instantiate $c))".repeat(usize::try_from(count).unwrap());
        exporting(v1::EXPORT, &format!("(component $c) {made}"))
    };
    look(&flat(COMPONENT_INSTANCES_MAX)).unwrap();
    refused(&flat(COMPONENT_INSTANCES_MAX + 1), "makes more than 128 instances of itself, it makes 129");
}

/// As many instances as `count` of a module with these fields, `within` components deep.
fn made_of(fields: &str, count: u32, within: usize) -> String {
    let made = "(core instance (instantiate $m))".repeat(count as usize);
    let inner = (0..within).fold(format!("(core module $m {fields}) {made}"), |inner, _| {
        format!("(component $c {inner}) (instance (instantiate $c))")
    });
    exporting(v1::EXPORT, &inner)
}

#[test]
fn what_a_sandbox_holds_is_counted_in_every_instance_however_deep() {
    let rows = [
        ("", CORE_INSTANCES_COUNT_MAX, "makes more than 64 core instances, it makes 65"),
        ("(memory 1)", MEMORIES_COUNT_MAX, "makes more than 4 memories, it makes 5"),
        ("(table 1 funcref)", TABLES_COUNT_MAX, "makes more than 16 tables, it makes 17"),
    ];
    for (fields, max, says) in rows {
        for within in [0, 1, 3] {
            look(&made_of(fields, max, within)).unwrap();
            refused(&made_of(fields, max + 1, within), says);
        }
    }
    // All in one module, and of a module that lies further out or is exported before.
    look(&made_of(&"(memory 1)".repeat(4), 1, 0)).unwrap();
    refused(&made_of(&"(memory 1)".repeat(5), 1, 0), "makes more than 4 memories, it makes 5");
    refused(&made_of(&"(table 1 funcref)".repeat(17), 1, 0), "makes more than 16 tables, it makes 17");
    let five = "(core instance (instantiate $n))".repeat(5);
    let outer = format!(
        "(core module $m (memory 1)) (component $c (alias outer 1 $m (core module $n)) {five}) (instance (instantiate $c))"
    );
    refused(&exporting(v1::EXPORT, &outer), "makes more than 4 memories, it makes 5");
    let exported = format!("(core module $m (memory 1)) (export $n \"m\" (core module $m)) {five}");
    refused(&exporting(v1::EXPORT, &exported), "makes more than 4 memories, it makes 5");
    // What is imported belongs to another module, and is counted there.
    let borrowed = r#"(core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))
        (core module $b (import "i" "m" (memory 1)))"#;
    let made = r#"(core instance (instantiate $b (with "i" (instance $i))))"#.repeat(9);
    look(&exporting(v1::EXPORT, &format!("{borrowed} {made}"))).unwrap();
}

#[test]
fn memories_and_tables_begin_within_their_limits() {
    let pages = MEMORY_BYTES_MAX / PAGE_BYTES;
    let holding = |field: String| exporting(v1::EXPORT, &format!("(core module {field})"));
    look(&holding(format!("(memory {pages})"))).unwrap();
    refused(&holding(format!("(memory {})", pages + 1)), "has a memory of 268500992 bytes, a sandbox has 268435456");
    look(&holding(format!("(table {TABLE_ELEMENTS_MAX} funcref)"))).unwrap();
    refused(
        &holding(format!("(table {} funcref)", TABLE_ELEMENTS_MAX + 1)),
        "has a table of 65537 elements, a table may have 65536",
    );
}

#[test]
fn components_are_nested_up_to_a_depth() {
    let nested = |depth: usize| exporting(v1::EXPORT, &format!("{}{}", "(component ".repeat(depth), ")".repeat(depth)));
    look(&nested(COMPONENT_DEPTH_MAX)).unwrap();
    refused(&nested(COMPONENT_DEPTH_MAX + 1), "deeper than 8 levels");
}

#[test]
fn components_given_from_outside_are_not_instantiated() {
    let text = "(component $c (import \"given\" (component $g)) (instance (instantiate $g)))";
    refused(&exporting(v1::EXPORT, text), "components that it is given");
}

#[test]
fn every_beginning_of_a_component_is_refused() {
    // Without names, so that its export is the last thing in it.
    let text = r#"(component (core module (memory 1) (func (export "f"))) (instance)
        (export "maple:policy/policy@0.1.0" (instance 0)))"#;
    let whole = wat::parse_str(text).unwrap();
    inspect(&whole).unwrap();
    for end in 0..whole.len() {
        assert!(inspect(&whole[..end]).is_err(), "{end} of {} bytes", whole.len());
    }
}
