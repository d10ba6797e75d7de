//! Decision tables of other systems: what FEEL means, what hit policies give, and how a large table fares.

#[path = "dmn/sandboxed.rs"]
mod sandboxed;

#[path = "dmn/imported.rs"]
mod imported;

#[path = "dmn/patterns.rs"]
mod patterns;

#[path = "dmn/guards.rs"]
mod guards;

#[path = "dmn/engine.rs"]
mod engine;

#[path = "dmn/required.rs"]
mod required;

use decision_table::COMBINATIONS_MAX;
use maple_kernel::{Calendar, Limits, Plugins, PolicyId, Setup};
use maple_kit::dmn::{
    AskError, DMN_BYTES_MAX, DMN_NODES_MAX, FEEL_BYTES_MAX, FEEL_DEPTH_MAX, ImportError, Outcome, TABLE_COLUMNS_MAX,
    TABLE_RULES_MAX, TABLE_VARIABLES_MAX, TableFile, import, lower,
};
use maple_sandbox::{ConfiguredPolicy, Sandbox, SandboxConfig};
use maple_tests::{
    sandbox, state,
    tables::{Dmn, Native, large_input, large_xml, program},
};
use serde_json::{Value as Json, json};

fn native(dmn: &Dmn) -> Native {
    let imported = import(dmn.xml().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(imported.lost, [], "everything is carried over");
    // Through the file, as an author would.
    let file = TableFile::read(imported.file.to_toml("head").as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(file, imported.file);
    Native::new(program(&file))
}

fn rows(outcome: Outcome) -> Json {
    match outcome {
        Outcome::Rows(rows) => rows.into_iter().map(|row| Json::Object(row.values)).collect(),
        Outcome::Value(value) => value,
    }
}

fn ask(dmn: &Dmn, input: &Json) -> Json {
    rows(native(dmn).ask(input).unwrap_or_else(|wrong| panic!("{wrong}")))
}

/// The value of an expression.
fn value(expression: &str, input: &Json) -> Json {
    let dmn = Dmn::new("COLLECT", &[], &["v"], &[&[expression]]);
    ask(&dmn, input)[0]["v"].clone()
}

/// Whether a cell holds for an input of this type.
fn holds(cell: &str, kind: &str, input: &Json) -> bool {
    let dmn = Dmn::new("COLLECT", &[&format!("x:{kind}")], &["v"], &[&[cell, "1"]]);
    ask(&dmn, &json!({ "x": input })) != json!([])
}

#[test]
fn expressions_mean_what_feel_means() {
    let input = json!({
        "n": 5, "half": 0.5, "s": "abc", "yes": true, "nothing": null, "first name": "Ann",
        "c": { "a": { "b": 7 }, "list": [1, 2, 3] },
        "people": [ { "name": "x", "age": 30, "tags": ["p"] }, { "name": "y", "age": 10, "tags": ["q", "r"] } ],
        "now": "2026-11-23T10:00:00Z", "today": "2026-11-23",
    });
    for (expression, expected) in [
        ("1 + 2 * 3", json!(7)),
        ("(1 + 2) * 3", json!(9)),
        ("2 ** 3", json!(8)),
        ("2 ** -1", json!(0.5)),
        ("-n", json!(-5)),
        ("0.1 + 0.2 = 0.3", json!(true)),
        ("half * 2", json!(1)),
        ("1 / 0", json!(null)),
        ("\"a\" + s", json!("aabc")),
        ("\"a\" + nothing", json!(null)),
        ("\"a\" + 1", json!(null)),
        ("\"a\\\"b\\u0041\\n\"", json!("a\"bA\n")),
        ("first name", json!("Ann")),
        ("`first name`", json!("Ann")),
        ("c.a.b", json!(7)),
        ("c.a.none.deeper", json!(null)),
        ("nothing.a", json!(null)),
        ("unheard of", json!(null)),
        ("c", json!({ "a": { "b": 7 }, "list": [1, 2, 3] })),
        // Three values.
        ("nothing = null", json!(true)),
        ("c.none != null", json!(false)),
        ("nothing = 1", json!(false)),
        ("nothing < 1", json!(null)),
        ("\"1\" = 1", json!(null)),
        ("true and nothing", json!(null)),
        ("false and nothing", json!(false)),
        ("true = false", json!(false)),
        ("yes != false", json!(true)),
        ("not(yes = false)", json!(true)),
        ("[true, false] = [true, true]", json!(false)),
        ("true or nothing", json!(true)),
        ("false or nothing", json!(null)),
        ("not(nothing)", json!(null)),
        ("not(yes)", json!(false)),
        ("if nothing then 1 else 2", json!(2)),
        ("if \"true\" then 1 else 2", json!(2)),
        ("if n > 3 and c.a.b = 7 then \"big\" else if n > 1 then \"middle\" else \"small\"", json!("big")),
        ("if n > 30 then 1 else if n > 4 then 2 else 3", json!(2)),
        ("if(c != null and c.a != null and c.a.b != null) then c.a.b else null", json!(7)),
        // Between and in.
        ("n between 1 and 5 and yes", json!(true)),
        ("n in (1, 5)", json!(true)),
        ("n in [1..5)", json!(false)),
        ("n in ]4..5]", json!(true)),
        ("n in (< 3, > 4)", json!(true)),
        ("n in ]4..5[ or n in [5..6[", json!(true)),
        ("n in (5..6[ or n in [1..5[", json!(false)),
        ("[n in [1..c.list[3] * 2], n in [1..people[1].age[, n in [1..-c.list[1]]]", json!([true, true, false])),
        ("count([[1..2[, ]3..4[])", json!(2)),
        ("before(1, [2..3])", json!(true)),
        ("before([1..2], 2)", json!(false)),
        ("before([1..2[, 2)", json!(true)),
        ("before([1..2], [2..3])", json!(false)),
        ("before([1..2], ]2..3])", json!(true)),
        ("after(n, [1..5[)", json!(true)),
        ("after([6..7], n)", json!(true)),
        ("after(n, s)", json!(null)),
        ("before(date(\"2024-01-01\"), ]date(\"2024-01-01\")..date(\"2024-02-01\")])", json!(true)),
        ("includes([1..5], ]1..5[) and includes([1..5], n)", json!(true)),
        ("includes(]1..5], [1..5])", json!(false)),
        ("s in (\"x\", \"abc\")", json!(true)),
        // Lists and contexts.
        ("c.list[1]", json!(1)),
        ("c.list[-1]", json!(3)),
        ("c.list[4]", json!(null)),
        ("c.list[item > 1]", json!([2, 3])),
        ("people[age > 20].name", json!(["x"])),
        ("people[age > 20][1].name", json!("x")),
        ("people.name", json!(["x", "y"])),
        ("people[name = s]", json!([])),
        ("count(people[tags != null])", json!(2)),
        ("flatten(people.tags)", json!(["p", "q", "r"])),
        ("sort(people, function(a, b) a.age < b.age).name", json!(["y", "x"])),
        ("sort(people, function(x,y) number(x.age) > number(y.age)).name[1]", json!("x")),
        ("sort([3, 1, 2])", json!([1, 2, 3])),
        ("some p in people satisfies p.age > 20", json!(true)),
        ("every p in people satisfies p.age > 20", json!(false)),
        ("some p in nothing satisfies p.age > 20", json!(null)),
        ("every p in [] satisfies false", json!(true)),
        ("for i in 1..3 return i * i", json!([1, 4, 9])),
        ("for i in [1, 2], j in [10, 20] return i + j", json!([11, 21, 12, 22])),
        ("{ a: 1, b: a + 1 }", json!({ "a": 1, "b": 2 })),
        ("{ a: 1 }.a", json!(1)),
        ("[1, \"a\", null]", json!([1, "a", null])),
        ("list contains(c.list, 2)", json!(true)),
        ("list contains(nothing, 2)", json!(null)),
        ("count(nothing)", json!(null)),
        ("count(nothing) > 0", json!(null)),
        ("sum(c.list)", json!(6)),
        ("max(1, 5, 2)", json!(5)),
        ("min([])", json!(null)),
        ("mean([1, 2])", json!(1.5)),
        ("median([8, 2, 5, 3, 4])", json!(4)),
        ("median(6, 1, 2, 3)", json!(2.5)),
        ("median([])", json!(null)),
        ("median([1, \"a\"])", json!(null)),
        ("median([1, nothing])", json!(null)),
        ("mode(6, 3, 9, 6, 6)", json!([6])),
        ("mode([6, 1, 9, 6, 1.0])", json!([1, 6])),
        ("mode([])", json!([])),
        ("mode(nothing)", json!(null)),
        ("append(c.list, 4)", json!([1, 2, 3, 4])),
        ("concatenate([1], [2])", json!([1, 2])),
        ("union([1, 2], [2, 3])", json!([1, 2, 3])),
        ("distinct values([1, 1, 2])", json!([1, 2])),
        ("insert before([1, 3], 2, 2)", json!([1, 2, 3])),
        ("remove([1, 2, 3], 2)", json!([1, 3])),
        ("sublist([1, 2, 3], 2)", json!([2, 3])),
        ("sublist([1, 2, 3], -2, 1)", json!([2])),
        ("index of([1, 2, 1], 1)", json!([1, 3])),
        ("reverse([1, 2])", json!([2, 1])),
        ("string join([\"a\", \"b\"], \"-\")", json!("a-b")),
        ("get value(c.a, \"b\")", json!(7)),
        ("get entries({ a: 1 })", json!([{ "key": "a", "value": 1 }])),
        ("is defined(c.none)", json!(false)),
        // Texts and numbers.
        ("contains(s, \"bc\")", json!(true)),
        ("contains(nothing, \"bc\")", json!(null)),
        ("starts with(s, \"ab\") and ends with(s, \"c\")", json!(true)),
        ("substring(\"foobar\", 3)", json!("obar")),
        ("substring(\"foobar\", -2, 1)", json!("a")),
        ("substring before(\"a-b\", \"-\") + substring after(\"a-b\", \"-\")", json!("ab")),
        ("string length(\"欠薪\")", json!(2)),
        ("upper case(s)", json!("ABC")),
        ("split(\"a;b\", \";\")", json!(["a", "b"])),
        ("string(1.50)", json!("1.5")),
        ("string(nothing)", json!(null)),
        ("string(date(\"2026-01-31\"))", json!("2026-01-31")),
        ("number(\"12.5\")", json!(12.5)),
        ("number(\"1 000,5\", \" \", \",\")", json!(1000.5)),
        ("number(\"x\")", json!(null)),
        ("floor(-1.5)", json!(-2)),
        ("ceiling(1.2)", json!(2)),
        ("decimal(1.125, 2)", json!(1.12)),
        ("round half up(1.125, 2)", json!(1.13)),
        ("modulo(-5, 3)", json!(1)),
        ("abs(-3)", json!(3)),
        ("odd(3)", json!(true)),
        // Times.
        ("date(\"2024-02-\" + \"30\")", json!(null)),
        ("date(2024, 2, 29)", json!("2024-02-29")),
        ("date(\"2024-01-31\") + duration(\"P1M\")", json!("2024-02-29")),
        ("date(\"2024-03-31\") - duration(\"P1M\")", json!("2024-02-29")),
        ("date(\"2024-03-01\") - date(\"2024-02-28\") = duration(\"P2D\")", json!(true)),
        ("date(\"2026-11-23\") > date(\"2026-11-22\")", json!(true)),
        ("date and time(\"2026-01-01T12:00:00\") < date and time(\"2026-01-01T12:00:00.5\")", json!(true)),
        ("date and time(\"2026-01-01T12:00:00+01:00\") = date and time(\"2026-01-01T11:00:00Z\")", json!(true)),
        ("date and time(\"2026-01-01T12:00:00Z\") = date and time(\"2026-01-01T12:00:00\")", json!(null)),
        ("date and time(\"2026-01-01T23:30:00\") + duration(\"PT1H\")", json!("2026-01-02T00:30:00")),
        ("date(date and time(\"2026-01-01T23:30:00\"))", json!("2026-01-01")),
        ("time(\"23:30:00\") > time(\"01:00:00\")", json!(true)),
        ("date(\"2026-11-23\").year", json!(2026)),
        ("day of week(date(\"2026-11-23\"))", json!("Monday")),
        ("month of year(date(\"2026-11-23\"))", json!("November")),
        ("day of year(date(\"2024-03-01\"))", json!(61)),
        ("week of year(date(\"2027-01-01\"))", json!(53)),
        ("years and months duration(date(\"2024-01-31\"), date(\"2025-03-30\"))", json!("P1Y1M")),
        ("duration(\"P1DT2H\") + duration(\"PT22H\")", json!("P2D")),
        ("@\"2026-11-23\" = date(\"2026-11-23\")", json!(true)),
        ("now() > date and time(\"2026-11-23T09:00:00Z\")", json!(true)),
        ("today() + duration(\"P1D\")", json!("2026-11-24")),
        ("n instance of number", json!(true)),
        ("duration(\"P1D\") instance of days and time duration", json!(true)),
        ("get or else(nothing, get or else(n, 1))", json!(5)),
        ("/* why */ 1 // because", json!(1)),
    ] {
        assert_eq!(value(expression, &input), expected, "{expression}");
    }
}

#[test]
fn cells_hold_where_they_should() {
    for (expected, cell, kind, input) in [
        (true, "\"A\"", "string", json!("A")),
        (false, "\"A\"", "string", json!("a")),
        (true, "\"A\",\"B\"", "string", json!("B")),
        (true, " \"A\" , \n \"B\" ", "string", json!("B")),
        (false, "\"A\"", "string", json!(null)),
        (true, "not(\"A\",\"B\")", "string", json!("C")),
        (false, "not(\"A\",\"B\")", "string", json!("B")),
        (true, "not(\"A\")", "string", json!(null)),
        (true, "\"\"", "string", json!("")),
        (false, "\"\"", "string", json!(null)),
        (true, "null", "string", json!(null)),
        (false, "null", "string", json!("")),
        (true, "not(null)", "string", json!("x")),
        (false, "not(null)", "string", json!(null)),
        (true, "null, \"A\"", "string", json!(null)),
        (true, "-", "string", json!("x")),
        (true, "", "string", json!(null)),
        (true, "\"5\"", "string", json!(5)),
        (true, "\"true\"", "string", json!(true)),
        (true, "5", "integer", json!("5")),
        (true, "5", "integer", json!(5.0)),
        (false, "5", "", json!("5")),
        (true, "5, 7", "integer", json!(7)),
        (true, "-5", "integer", json!(-5)),
        (true, "< 5", "number", json!(4.99)),
        (false, "< 5", "number", json!(null)),
        (false, "not(< 5)", "number", json!(null)),
        (true, "not(< 5)", "number", json!(5)),
        (true, "[1..5]", "number", json!(5)),
        (false, "[1..5)", "number", json!(5)),
        (false, "]1..5]", "number", json!(1)),
        (true, "(1..5]", "number", json!(1.1)),
        (true, "[1..5[", "number", json!(1)),
        (false, "[1..5[", "number", json!(5)),
        (false, "(1..5[", "number", json!(1)),
        (true, "]1..5[, > 100", "number", json!(4.9)),
        (true, "not(]1..5[)", "number", json!(5)),
        (true, "[1..2], > 100", "number", json!(101)),
        (true, "[\"a\"..\"m\"]", "string", json!("dog")),
        (true, "true", "boolean", json!(true)),
        (true, "false", "boolean", json!(false)),
        (false, "false", "boolean", json!(true)),
        (false, "false", "boolean", json!(null)),
        (true, "true", "boolean", json!("TRUE")),
        (true, "not(true)", "boolean", json!(null)),
        (true, "not(true)", "boolean", json!(false)),
        (false, "not(true)", "boolean", json!(true)),
        (true, "not(false)", "boolean", json!(true)),
        (false, "not(false)", "boolean", json!(false)),
        (true, "!= true", "boolean", json!(false)),
        (true, "!= false", "boolean", json!(true)),
        (false, "!= true", "boolean", json!(true)),
        (true, "? != true", "boolean", json!(false)),
        (true, "not(? = true)", "boolean", json!(false)),
        (true, "date(\"2026-01-01\")", "date", json!("2026-01-01")),
        (true, "> date(\"2026-01-01\")", "date", json!("2026-01-02")),
        (true, "[date(\"2026-01-01\")..date(\"2026-12-31\")]", "date", json!("2026-12-31")),
        (true, "> date and time(\"2026-01-01T00:00:00\")", "dateTime", json!("2026-01-01T00:00:01")),
        (false, "> date and time(\"2026-01-01T00:00:00\")", "dateTime", json!("no day")),
        (true, "contains(?, \"b\")", "string", json!("abc")),
        (false, "contains(?, \"z\")", "string", json!("abc")),
        (true, "not(contains(?, \"z\"))", "string", json!("abc")),
        (false, "not(contains(?, \"z\"))", "string", json!(null)),
        (true, "list contains(?, \"b\")", "", json!(["a", "b"])),
        (true, "list contains([\"a\", \"b\"], ?)", "string", json!("a")),
        (true, "list contains([\"a\", \"b\"], cellInput)", "string", json!("a")),
        (true, "count(?) > 1", "", json!([1, 2])),
        (true, "? != null and string length(?) > 2", "string", json!("abc")),
        (true, "[\"a\", \"b\"]", "", json!("b")),
        (true, "[\"a\", \"b\"]", "", json!(["a", "b"])),
        (true, "1 + 1", "number", json!(2)),
        (true, "x", "number", json!(2)),
    ] {
        assert_eq!(holds(cell, kind, &input), expected, "`{cell}` for {input} as `{kind}`");
    }
}

#[test]
fn hit_policies_choose() {
    let table = |policy: &str, outputs: &[&str]| {
        Dmn::new(policy, &["n:number"], outputs, &[&["> 1", "10"], &["> 2", "30"], &["> 3", "20"], &["> 4", "20"]])
    };
    let of = |policy: &str, n: i32| ask(&table(policy, &["v:number"]), &json!({ "n": n }));
    let row = |values: &[i32]| values.iter().map(|v| json!({ "v": v })).collect::<Json>();
    assert_eq!(of("FIRST", 5), row(&[10]));
    assert_eq!(of("COLLECT", 5), row(&[10, 30, 20, 20]));
    assert_eq!(of("RULE ORDER", 3), row(&[10, 30]));
    assert_eq!(of("UNIQUE", 2), row(&[10]));
    assert_eq!(of("UNIQUE", 1), row(&[]));
    assert_eq!(of("COLLECT+SUM", 5), json!(80));
    assert_eq!(of("COLLECT+MIN", 5), json!(10));
    assert_eq!(of("COLLECT+MAX", 5), json!(30));
    assert_eq!(of("COLLECT+COUNT", 5), json!(4));
    assert_eq!(of("COLLECT+COUNT", 0), json!(0));
    assert_eq!(of("COLLECT+SUM", 0), json!(null));

    // What the first row does not take goes to the next.
    let first = Dmn::new("FIRST", &["b:boolean"], &["v"], &[&["not(true)", "1"], &["not(false)", "2"], &["-", "3"]]);
    let of_flag = |flag: Json| ask(&first, &json!({ "b": flag }));
    assert_eq!([json!(false), json!(true)].map(of_flag), [row(&[1]), row(&[2])]);

    let refused = |policy: &str| native(&table(policy, &["v:number"])).ask(&json!({ "n": 5 })).unwrap_err();
    assert_eq!(refused("UNIQUE"), "several_rules_match: 1, 2, 3, 4");
    assert_eq!(refused("ANY"), "rules_say_different_things: 1, 2, 3, 4");
    let same =
        Dmn::new("ANY", &["n:number"], &["v"], &[&["> 1", "\"a\""], &["> 2", "lower case(\"A\")"], &["> 9", "\"b\""]]);
    assert_eq!(ask(&same, &json!({ "n": 5 })), json!([{ "v": "a" }]));
}

#[test]
fn priorities_come_from_the_lists_of_values() {
    let with_values = |policy: &str| {
        let dmn = Dmn::new(
            policy,
            &["n:number"],
            &["v:string", "w:number"],
            &[
                &["> 1", "\"low\"", "1"],
                &["> 2", "\"high\"", "2"],
                &["> 3", "\"high\"", "3"],
                &["> 4", "\"unheard\"", "4"],
            ],
        );
        let values =
            "<output name=\"v\" typeRef=\"string\"><outputValues><text>\"high\",\"low\"</text></outputValues></output>";
        dmn.xml().replace("<output name=\"v\" typeRef=\"string\"/>", values)
    };
    let of = |policy: &str| {
        let imported = import(with_values(policy).as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let outcome = Native::new(program(&imported.file)).ask(&json!({ "n": 5 }));
        rows(outcome.unwrap()).as_array().unwrap().iter().map(|row| row["w"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("PRIORITY"), [2]);
    assert_eq!(of("OUTPUT ORDER"), [2, 3, 1, 4]);
    let without = Dmn::new("PRIORITY", &["n"], &["v"], &[&["1", "1"]]);
    let error = import(without.xml().as_bytes()).unwrap_err();
    let told =
        "has the decision table `made-up`, which cannot be carried over: hit policy `PRIORITY`: no output has a list";
    assert!(error.to_string().starts_with(told), "{error}");
    let ImportError::NothingLeft { tables, lost } = error else { panic!("{error}") };
    assert_eq!((tables, lost.len(), lost[0].column.as_deref()), (1, 1, Some("hit policy")));
}

#[test]
fn empty_outputs_do_not_appear_and_types_are_kept() {
    let dmn = Dmn::new(
        "COLLECT",
        &["x"],
        &["a:string", "b:integer", "c:boolean", "d", "e:string"],
        &[
            &["", "\"t\"", "5", "true", "", "5"],
            &["", "-", "\"7\"", "\"true\"", "null", "if x = 1 then \"one\" else null"],
        ],
    );
    let expected = json!([
        { "a": "t", "b": 5, "c": true, "e": "5" },
        { "b": 7, "c": true, "d": null, "e": null },
    ]);
    assert_eq!(ask(&dmn, &json!({ "x": 2 })), expected);
}

#[test]
fn defaults_answer_when_no_rule_does() {
    let dmn = Dmn::new("UNIQUE", &["n:number"], &["v:string", "w"], &[&["1", "\"one\"", "1"]]);
    let default =
        "<output name=\"v\" typeRef=\"string\"><defaultOutputEntry><text>\"none\"</text></defaultOutputEntry></output>";
    let xml = dmn.xml().replace("<output name=\"v\" typeRef=\"string\"/>", default);
    let table = Native::new(program(&import(xml.as_bytes()).unwrap().file));
    assert_eq!(rows(table.ask(&json!({ "n": 1 })).unwrap()), json!([{ "v": "one", "w": 1 }]));
    let Ok(Outcome::Rows(given)) = table.ask(&json!({ "n": 2 })) else { panic!("no rows") };
    assert_eq!((given[0].rule.as_deref(), &given[0].values["v"]), (None, &json!("none")));
}

#[test]
fn long_and_foreign_texts_come_back_whole() {
    let long = "欠薪 \"ünï\" \\ ".repeat(900);
    assert_eq!(value("s + \"!\"", &json!({ "s": long })), json!(format!("{long}!")));
    assert_eq!(value("{ `a b`: s }", &json!({ "s": "x" })), json!({ "a b": "x" }));
    assert_eq!(
        value("x.欠薪", &json!({ "x": { "欠薪": [0.25, -3, 12345678901234567890_u64] } })),
        json!([0.25, -3, 12345678901234567890_u64])
    );
}

#[test]
fn a_variable_of_an_input_is_known_in_its_cells_and_stands_for_a_missing_expression() {
    let dmn = Dmn::new(
        "COLLECT",
        &["eventX", "if a != null then a else null"],
        &["v"],
        &[&["\"go\"", "starts with(kind, \"b\")", "1"], &["\"go\"", "kind in (\"c\", \"d\")", "2"]],
    );
    let xml = dmn
        .xml()
        .replacen(
            "<input><inputExpression><text>eventX</text>",
            "<input xmlns:c=\"v\" c:inputVariable=\"event\"><inputExpression><text></text>",
            1,
        )
        .replacen(
            "<input><inputExpression><text>if",
            "<input xmlns:c=\"v\" c:inputVariable=\"kind\"><inputExpression><text>if",
            1,
        );
    let table = Native::new(program(&import(xml.as_bytes()).unwrap().file));
    let of = |event: &str, a: &str| rows(table.ask(&json!({ "event": event, "a": a })).unwrap());
    assert_eq!(of("go", "bee"), json!([{ "v": 1 }]));
    assert_eq!(of("go", "d"), json!([{ "v": 2 }]));
    assert_eq!(of("stay", "bee"), json!([]));
}

#[test]
fn expressions_of_other_decisions_are_named() {
    let dmn = Dmn::new("COLLECT", &["OLD and WISE"], &["v"], &[&["true", "GREETING + \"!\""]]);
    let extra = "<informationRequirement><requiredDecision href=\"#g\"/></informationRequirement>\
                 <informationRequirement><requiredDecision href=\"#o\"/></informationRequirement><decisionTable";
    let others = "</decision>\
        <decision id=\"o\" name=\"OLD\"><variable name=\"OLD\"/><literalExpression><text>age > LIMIT</text></literalExpression>\
        <informationRequirement><requiredDecision href=\"#l\"/></informationRequirement></decision>\
        <decision id=\"l\" name=\"LIMIT\"><literalExpression><text>60</text></literalExpression></decision>\
        <decision id=\"g\" name=\"GREETING\"><literalExpression><text>if OLD then \"good day\" else \"hi\"</text></literalExpression></decision>\
        </definitions>";
    let xml = dmn
        .xml()
        .replace("<decisionTable", extra)
        .replace("</decision></definitions>", others)
        .replace("age > ", "age &gt; ");
    let imported = import(xml.as_bytes()).unwrap();
    assert_eq!(imported.lost, []);
    let table = Native::new(program(&imported.file));
    assert_eq!(rows(table.ask(&json!({ "age": 61, "WISE": true })).unwrap()), json!([{ "v": "good day!" }]));
    assert_eq!(rows(table.ask(&json!({ "age": 59, "WISE": true })).unwrap()), json!([]));
}

#[test]
fn an_expression_that_needs_itself_is_null() {
    let text = "[[table]]\nid = \"t\"\nhit-policy = \"collect\"\n[[table.let]]\nname = \"A\"\nexpression = \"A\"\n\
                [[table.output]]\nid = \"v\"\n[[table.rule]]\nid = \"r\"\nthen.v = \"A\"\n";
    let table = Native::new(program(&TableFile::read(text.as_bytes()).unwrap()));
    assert_eq!(rows(table.ask(&json!({})).unwrap()), json!([{ "v": null }]));
}

#[test]
fn what_cannot_be_carried_over_is_listed_by_cell_and_the_rest_stays() {
    let dmn = Dmn::new(
        "COLLECT",
        &["x", "Array.isArray(y)", "z"],
        &["v", "w"],
        &[
            &["matches(?, \"a.*\")", "", "", "1", "1"],
            &["\"a\"", "true", "", "2", "2"],
            &["\"a\"", "", "", "3", "y.get(0)"],
            &["\"a\"", "", "[1..", "4", "4"],
            &["\"a\"", "", "", "replace(\"a\", \"[b]\", \"c\")", "?"],
        ],
    );
    let imported = import(dmn.xml().as_bytes()).unwrap();
    let places: Vec<(Option<usize>, &str, &str)> = imported
        .lost
        .iter()
        .map(|lost| (lost.rule.as_ref().map(|(at, _)| *at), lost.column.as_deref().unwrap(), lost.text.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (None, "input-2", "Array.isArray(y)"),
            (Some(1), "x", "matches(?, \"a.*\")"),
            (Some(3), "w", "y.get(0)"),
            (Some(4), "z", "[1.."),
            (Some(5), "v", "replace(\"a\", \"[b]\", \"c\")"),
            (Some(5), "w", "?"),
        ]
    );
    let rules = &imported.file.tables[0].rules;
    let out: Vec<bool> = rules.iter().map(|rule| rule.left_out.is_some()).collect();
    assert_eq!(out, [true, true, false, true, false]);
    assert_eq!(rules[2].lost["w"], "y.get(0)");
    let table = Native::new(program(&TableFile::read(imported.file.to_toml("").as_bytes()).unwrap()));
    assert_eq!(rows(table.ask(&json!({ "x": "a" })).unwrap()), json!([{ "v": 3 }, {}]));
}

/// Comments count as nodes, so they fill a file up to its limit.
#[test]
fn a_file_has_so_many_nodes_and_no_more() {
    let small = Dmn::new("COLLECT", &["n:number"], &["v"], &[&["1", "2"]]).xml();
    let nodes = |text: &str| roxmltree::Document::parse(text).unwrap().descendants().count();
    let filled = |count: usize| {
        let more = count - nodes(&small);
        small.replacen("</definitions>", &format!("{}</definitions>", "<a/>".repeat(more)), 1)
    };
    let most = usize::try_from(DMN_NODES_MAX).unwrap();
    assert!(filled(most + 1).len() <= DMN_BYTES_MAX, "the other limit is not met first");
    assert!(import(filled(most).as_bytes()).is_ok());
    assert!(matches!(import(filled(most + 1).as_bytes()), Err(ImportError::Large)));
}

#[test]
fn limits_hold_at_their_edges() {
    let with_rules = |count: usize| {
        let mut dmn = Dmn::new("COLLECT", &["n:number"], &["v"], &[]);
        dmn.rules = (0..count).map(|at| vec![at.to_string(), format!("\"{at}\"")]).collect();
        dmn
    };
    assert!(import(with_rules(TABLE_RULES_MAX).xml().as_bytes()).is_ok());
    assert!(matches!(import(with_rules(TABLE_RULES_MAX + 1).xml().as_bytes()), Err(ImportError::NothingLeft { .. })));

    let with_columns = |count: usize| {
        let mut dmn = Dmn::new("COLLECT", &[], &["v"], &[]);
        dmn.inputs = (1..count).map(|at| (format!("x{at}"), String::new())).collect();
        dmn
    };
    assert!(import(with_columns(TABLE_COLUMNS_MAX).xml().as_bytes()).is_ok());
    assert!(matches!(
        import(with_columns(TABLE_COLUMNS_MAX + 1).xml().as_bytes()),
        Err(ImportError::NothingLeft { .. })
    ));

    let reading = |count: usize| {
        let of = |at: usize| (format!("x{at}"), String::new());
        let inputs: Vec<_> = (0..count).map(of).collect();
        let rule = std::iter::repeat_n("1".to_owned(), count).chain(["\"v\"".to_owned()]).collect();
        Dmn { inputs, rules: vec![rule], ..Dmn::new("COLLECT", &[], &["v"], &[]) }
    };
    let lowered = |dmn: Dmn| lower(&import(dmn.xml().as_bytes()).unwrap().file.tables[0]);
    assert!(lowered(reading(TABLE_VARIABLES_MAX)).is_ok());
    let errors = lowered(reading(TABLE_VARIABLES_MAX + 1)).err().unwrap();
    assert!(errors[0].why.to_string().contains(&format!("more than {TABLE_VARIABLES_MAX} inputs")), "{errors:?}");

    let long = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
    let said = |bytes: usize| {
        let cell = long(bytes);
        import(Dmn::new("COLLECT", &[], &["v"], &[&[&cell]]).xml().as_bytes()).unwrap().lost.len()
    };
    assert_eq!((said(FEEL_BYTES_MAX), said(FEEL_BYTES_MAX + 1)), (0, 1));

    let count = |through: &str| value(&format!("count(for {through} return 1)"), &json!({}));
    assert_eq!(count(&format!("x in 1..{COMBINATIONS_MAX}")), json!(COMBINATIONS_MAX));
    assert_eq!(count(&format!("x in 1..{}", COMBINATIONS_MAX + 1)), Json::Null);
    let (a, b) = (400, COMBINATIONS_MAX / 400);
    assert_eq!(count(&format!("x in 1..{a}, y in 1..{b}")), json!(a * b));
    assert_eq!(count(&format!("x in 1..{}, y in 1..{b}", a + 1)), Json::Null);

    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(value(&nested(FEEL_DEPTH_MAX - 1), &json!({})), json!(1));
    let deep = Dmn::new("COLLECT", &[], &["v"], &[&[&nested(FEEL_DEPTH_MAX)]]);
    assert_eq!(import(deep.xml().as_bytes()).unwrap().lost.len(), 1);
}
