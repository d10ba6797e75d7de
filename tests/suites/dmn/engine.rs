//! What the engine that such tables are written for makes of values: text as Java writes it, yes or no, values by name.

use super::*;

/// The value of an expression in an output of texts.
fn text(expression: &str, input: &Json) -> Json {
    ask(&Dmn::new("COLLECT", &[], &["v:string"], &[&[expression]]), input)[0]["v"].clone()
}

#[test]
fn what_stands_in_a_column_of_texts_is_text() {
    let input = json!({
        "list": ["a", "b"], "nested": [["a"], [], [null, true, 1, 1.5]], "nothing": null,
        "object": { "k": 1, "b": { "c": null, "d": ["x"] } }, "empty": {},
    });
    for (expression, expected) in [
        ("list", "[a, b]"),
        ("nested", "[[a], [], [null, true, 1, 1.5]]"),
        ("object", "{b={c=null, d=[x]}, k=1}"),
        ("empty", "{}"),
        ("[]", "[]"),
        ("[\"a, b\", \"\"]", "[a, b, ]"),
        ("true", "true"),
        ("1.0", "1"),
        ("0.5 * 3", "1.5"),
        ("0.001", "0.001"),
        ("-0.0005", "-5.0E-4"),
        ("9999999.5", "9999999.5"),
        ("10000000.5", "1.00000005E7"),
        ("10000000", "10000000"),
        ("9223372036854775807 + 0", "9223372036854775807"),
        ("9223372036854775807 + 1", "9.223372036854776E18"),
        ("10 ** 20", "1.0E20"),
        ("date(\"2024-05-01\")", "2024-05-01"),
        ("time(\"16:00:00\")", "16:00"),
        ("time(\"16:00:05\")", "16:00:05"),
        ("time(\"16:00:00.5\")", "16:00:00.500"),
        ("time(\"16:00:00.000001\")", "16:00:00.000001"),
        ("time(\"16:00:00.000000001\")", "16:00:00.000000001"),
        ("date and time(\"2024-05-01T18:00:00\")", "2024-05-01T18:00"),
        ("date and time(\"2024-05-01T18:00:09\")", "2024-05-01T18:00:09"),
        ("date and time(\"2024-05-01T18:00:00Z\")", "2024-05-01T18:00Z"),
        ("date and time(\"2024-05-01T18:00:00-03:30\")", "2024-05-01T18:00-03:30"),
        ("duration(\"P1DT2H\")", "PT26H"),
        ("duration(\"PT0S\")", "PT0S"),
        ("duration(\"PT1H1S\")", "PT1H1S"),
        ("duration(\"-PT1M0.5S\")", "PT-1M-0.5S"),
        ("duration(\"P14M\")", "P1Y2M"),
        ("duration(\"-P14M\")", "P-1Y-2M"),
        ("duration(\"P0M\")", "P0D"),
        ("[time(\"16:00:00\"), duration(\"P1D\")]", "[16:00, PT24H]"),
        // What FEEL's own function makes of it stays.
        ("string(time(\"16:00:00\"))", "16:00:00"),
        ("string(list)", "[\"a\", \"b\"]"),
        ("string(duration(\"P1D\"))", "P1D"),
    ] {
        assert_eq!(text(expression, &input), json!(expected), "{expression}");
    }
    assert_eq!(text("nothing", &input), Json::Null);
    assert_eq!(value("list", &input), json!(["a", "b"]), "without a type a list stays one");
}

#[test]
fn a_list_in_a_column_of_texts_is_tested_as_text() {
    for (expected, cell, kind, input) in [
        (true, "contains(?, \"scan\")", "string", json!(["scan", "form"])),
        (true, "contains(?, \"can, f\")", "string", json!(["scan", "form"])),
        (false, "contains(?, \"scan\")", "", json!(["scan", "form"])),
        (true, "\"[scan, form]\"", "string", json!(["scan", "form"])),
        (true, "\"{a=1}\"", "string", json!({ "a": 1 })),
        (true, "null", "string", json!(null)),
        (true, "list contains(?, 1)", "number", json!([1])),
    ] {
        assert_eq!(holds(cell, kind, &input), expected, "`{cell}` for {input} as `{kind}`");
    }
    let time = Dmn::new("COLLECT", &["time(x):string"], &["v"], &[&["\"16:00\"", "1"], &["\"16:00:00\"", "2"]]);
    assert_eq!(ask(&time, &json!({ "x": "16:00:00" })), json!([{ "v": 1 }]));
}

/// The engine gives up on such a text; here it is null, as what cannot be converted is elsewhere.
#[test]
fn only_true_and_false_are_yes_or_no() {
    for (expected, cell, input) in [
        (true, "true", "TRUE"),
        (true, "false", "False"),
        (false, "false", "Yes"),
        (false, "true", "Yes"),
        (false, "false", "no"),
        (false, "false", ""),
        (true, "null", "Yes"),
        (false, "not(null)", "no"),
    ] {
        assert_eq!(holds(cell, "boolean", &json!(input)), expected, "`{cell}` for `{input}`");
    }
    let given = Dmn::new("COLLECT", &[], &["v:boolean", "w:boolean"], &[&["\"Yes\"", "\"FALSE\""]]);
    assert_eq!(ask(&given, &json!({})), json!([{ "v": null, "w": false }]));
}

#[test]
fn values_are_given_by_name() {
    let input = json!({ "people": [{ "age": 30 }, { "age": 10 }] });
    for (expression, expected) in [
        ("sort(list: people, precedes: function(x, y) x.age < y.age).age", json!([10, 30])),
        ("sort(precedes: function(x, y) x > y, list: [3, 1, 2])", json!([3, 2, 1])),
        ("contains(string: \"abc\", match: \"b\")", json!(true)),
        ("contains(match: \"abc\", string: \"b\")", json!(false)),
        ("substring(string: \"foobar\", start position: 3)", json!("obar")),
        ("substring(length: 1, `start position`: 3, string: \"foobar\")", json!("o")),
        ("string join(list: [\"a\", \"b\"], delimiter: \"-\")", json!("a-b")),
        ("number(from: \"1 000,5\", grouping separator: \" \", decimal separator: \",\")", json!(1000.5)),
        ("number(from: \"1000,5\", decimal separator: \",\")", value("number(\"1000,5\", null, \",\")", &input)),
        ("string(date(year: 2024, month: 2, day: 29))", json!("2024-02-29")),
        ("string(date(from: \"2024-02-29\"))", json!("2024-02-29")),
        ("replace(input: \"a_b\", pattern: \"_\", replacement: \" \")", json!("a b")),
        ("insert before(list: [1, 3], newItem: 2, position: 2)", json!([1, 2, 3])),
        ("abs(n: -1) + abs(number: -2) + count(list: [7]) + max(list: [1, 5])", json!(9)),
        ("get value(m: { a: 1 }, key: \"a\") + get value(context: { a: 1 }, key: \"a\")", json!(2)),
        ("before(range: [1..2], point: 3) and before(point1: 1, point2: 2)", json!(true)),
        ("before(point: 3, range: [1..2])", json!(false)),
        ("get or else(default: 2, value: null)", json!(2)),
        ("not(negand: false)", json!(true)),
        ("modulo(divisor: 3, dividend: -5)", json!(1)),
    ] {
        assert_eq!(value(expression, &input), expected, "{expression}");
    }
    assert!(holds("contains(string: ?, match: \"b\")", "string", &json!("abc")));
}

/// Each function, by the names of its values.
#[test]
fn every_function_that_takes_names_knows_its_own() {
    for (names, functions) in [
        (
            "list",
            "all any count max mean median min mode product sum distinct_values flatten reverse is_empty sort string_join",
        ),
        ("string", "is_blank trim lower_case upper_case string_length"),
        ("string match", "contains starts_with ends_with substring_after substring_before"),
        ("date", "day_of_week day_of_year month_of_year week_of_year"),
        ("n scale", "decimal round_down round_half_down round_half_up round_up floor ceiling"),
        ("from", "date date_and_time time duration string number"),
        ("number", "abs even odd"),
        ("n", "abs floor ceiling"),
        ("range1 range2", "before after includes"),
        ("range point", "before after includes"),
        ("point range", "before after"),
        ("point1 point2", "before after"),
        ("date time", "date_and_time"),
        ("hour minute second", "time"),
        ("hour minute second offset", "time"),
        ("context", "get_entries"),
        ("m", "get_entries"),
        ("value", "is_defined"),
        ("value default", "get_or_else"),
        ("list match", "index_of"),
        ("list element", "list_contains"),
        ("list position", "remove"),
        ("list start length", "sublist"),
        ("from to", "years_and_months_duration"),
        ("negand", "not"),
    ] {
        for function in functions.split(' ').map(|name| name.replace('_', " ")) {
            let named: Vec<String> = names.split(' ').map(|name| format!("{name}: x")).collect();
            let call = format!("{function}({})", named.join(", "));
            assert_eq!(wrong(&call), None, "{call}");
        }
    }
    for call in ["matches(flags: \"\", input: x, pattern: \"a\")", "split(string: x, delimiter: \";\")"] {
        assert_eq!(wrong(call), None, "{call}");
    }
}

/// Why an expression is not carried over.
fn wrong(expression: &str) -> Option<String> {
    let imported = import(Dmn::new("COLLECT", &[], &["v"], &[&[expression]]).xml().as_bytes());
    imported.unwrap_or_else(|error| panic!("{error}")).lost.first().map(|lost| lost.why.clone())
}

#[test]
fn names_that_a_function_does_not_have_are_told() {
    for (expression, says) in [
        ("contains(text: \"a\", match: \"b\")", "`contains` has no parameter `text`; it takes `string`, `match`"),
        ("contains(match: \"a\", match: \"b\")", "`contains` is given `match` twice"),
        ("contains(match: \"a\")", "`contains` needs `string`, too; it takes `string`, `match`"),
        (
            "date(from: \"2024-01-01\", year: 2024)",
            "`date` takes `from`, or `year`, `month`, `day`; these cannot be mixed",
        ),
        ("date(year: 2024, month: 1)", "`date` needs `day`, too"),
        ("append(list: [1], items: 2)", "`append` takes no values by name"),
        ("now(zone: 1)", "`now` takes no values by name"),
        ("contains(\"a\", match: \"b\")", "a value by name stands here; only a function takes"),
        ("contains(string: \"a\", \"b\")", "a value without a name stands among others"),
        ("contains(string: , match: \"b\")", "where a value is needed"),
        ("date(from: \"2024-02-30\")", "`2024-02-30` is no day"),
        ("matches(input: x, pattern: \"a+\")", "`matches` takes plain text here"),
        ("[1, a: 1]", "a value by name stands here"),
    ] {
        let told = wrong(expression).unwrap_or_else(|| panic!("{expression} is carried over"));
        assert!(told.contains(says), "{expression}: {told}");
    }
}
