//! Tables that need the results of others, and tables that ask what time it is.

use super::*;

/// A decision with a table. Inputs, outputs and cells stand between bars.
struct Decision<'a> {
    id: &'a str,
    needs: &'a [&'a str],
    policy: &'a str,
    inputs: &'a str,
    outputs: &'a str,
    rules: &'a [&'a str],
}

fn parts(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('|').map(str::trim).collect() }
}

impl Decision<'_> {
    fn xml(&self) -> String {
        let escaped = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
        let needs: String = self
            .needs
            .iter()
            .map(|id| format!("<informationRequirement><requiredDecision href=\"#{id}\"/></informationRequirement>"))
            .collect();
        let column = |text: &str| {
            let typed = text.rsplit_once(':').filter(|(_, kind)| kind.bytes().all(|b| b.is_ascii_alphabetic()));
            let (name, kind) = typed.unwrap_or((text, ""));
            (name.to_owned(), if kind.is_empty() { String::new() } else { format!(" typeRef=\"{kind}\"") })
        };
        let mut xml = format!("<decision id=\"{}\" name=\"About {0}\">{needs}<decisionTable hitPolicy={}>", self.id, {
            match self.policy.split_once('+') {
                Some((policy, how)) => format!("\"{policy}\" aggregation=\"{how}\""),
                None => format!("\"{}\"", self.policy),
            }
        });
        for (text, kind) in parts(self.inputs).into_iter().map(column) {
            xml += &format!("<input><inputExpression{kind}><text>{}</text></inputExpression></input>", escaped(&text));
        }
        for (name, kind) in parts(self.outputs).into_iter().map(column) {
            xml += &format!("<output name=\"{name}\"{kind}/>");
        }
        for cells in self.rules {
            xml += "<rule>";
            for (at, cell) in cells.split('|').map(str::trim).enumerate() {
                let entry = if at < parts(self.inputs).len() { "inputEntry" } else { "outputEntry" };
                xml += &format!("<{entry}><text>{}</text></{entry}>", escaped(cell));
            }
            xml += "</rule>";
        }
        xml + "</decisionTable></decision>"
    }
}

fn model(decisions: &[Decision<'_>]) -> String {
    let decisions: String = decisions.iter().map(Decision::xml).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{HEAD}{decisions}</definitions>")
}

/// A table of risks, one of marks, and one that needs both.
fn three(risk: &str, marks: &str) -> String {
    model(&[
        Decision {
            id: "way",
            needs: &["risk", "marks"],
            policy: "COLLECT",
            inputs: "",
            outputs: "level | since | mark | weight",
            rules: &["level | since | mark | weight"],
        },
        Decision {
            id: "risk",
            needs: &[],
            policy: risk,
            inputs: "sum",
            outputs: "level:string | since:date",
            rules: &[
                "> 100 | \"high\" | date(\"2024-05-01\")",
                "[50..100] | \"middle\" | ",
                "> 500 | \"very high\" | date(\"2024-06-01\")",
            ],
        },
        Decision {
            id: "marks",
            needs: &["risk"],
            policy: marks,
            inputs: "level",
            outputs: if marks.contains('+') { "weight" } else { "mark | weight" },
            rules: if marks.contains('+') {
                &["\"high\" | 0.25", "not(null) | 0.5"]
            } else {
                &["\"high\" | \"a\" | 1", "not(null) | \"b\" | "]
            },
        },
    ])
}

/// Imports a file; it is all there.
fn imported(desk: &Desk, xml: &str) -> String {
    let (file, out) = (desk.put("t.dmn", xml), desk.path("t.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &out, "--force"]);
    assert!(code == 0 && stderr.contains("everything was carried over"), "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
    out
}

/// What a table says, and what is told beside.
fn asked(table: &str, id: &str, input: &Value) -> (Value, String) {
    let (code, stdout, stderr) = run(&["table", "eval", table, "--table", id, "--input", &input.to_string(), "--json"]);
    assert_eq!(code, 0, "{stderr}");
    (serde_json::from_str::<Value>(&stdout).unwrap()["result"].clone(), stderr)
}

#[test]
fn tables_that_are_needed_are_asked_before_and_their_outputs_are_inputs() {
    let desk = Desk::new();
    for (risk, marks, input, expected) in [
        // One row: its values, of which an empty cell is none. A list of those that a collecting table gives.
        (
            "FIRST",
            "COLLECT",
            json!({ "sum": 200 }),
            json!({ "level": "high", "since": "2024-05-01", "mark": ["a", "b"], "weight": [1] }),
        ),
        (
            "UNIQUE",
            "RULE ORDER",
            json!({ "sum": 60 }),
            json!({ "level": "middle", "since": null, "mark": ["b"], "weight": null }),
        ),
        // No row sets nothing.
        (
            "FIRST",
            "COLLECT",
            json!({ "sum": 1 }),
            json!({ "level": null, "since": null, "mark": null, "weight": null }),
        ),
        (
            "COLLECT",
            "FIRST",
            json!({ "sum": 600 }),
            json!({ "level": ["high", "very high"], "since": ["2024-05-01", "2024-06-01"], "mark": "b", "weight": null }),
        ),
        // What is made of the values stands under the output's name.
        (
            "FIRST",
            "COLLECT+SUM",
            json!({ "sum": 200 }),
            json!({ "level": "high", "since": "2024-05-01", "mark": null, "weight": 0.75 }),
        ),
        (
            "FIRST",
            "COLLECT+COUNT",
            json!({ "sum": 200 }),
            json!({ "level": "high", "since": "2024-05-01", "mark": null, "weight": 2 }),
        ),
        (
            "FIRST",
            "COLLECT+MAX",
            json!({ "sum": 1 }),
            json!({ "level": null, "since": null, "mark": null, "weight": null }),
        ),
    ] {
        let table = imported(&desk, &three(risk, marks));
        assert!(fs::read_to_string(&table).unwrap().contains("requires = [\"risk\", \"marks\"]"));
        let (result, stderr) = asked(&table, "way", &input);
        assert_eq!(result, json!([expected]), "{risk}, {marks}, {input}");
        assert_eq!(stderr, "", "{risk}, {marks}, {input}");
    }
}

#[test]
fn what_a_table_gives_goes_before_what_the_input_says() {
    let desk = Desk::new();
    let table = imported(&desk, &three("FIRST", "COLLECT"));
    let (result, stderr) = asked(&table, "way", &json!({ "sum": 200, "level": "low", "summ": 1 }));
    assert_eq!(result[0]["level"], json!("high"));
    assert!(stderr.contains("`level` comes from the table `risk`, which `way` needs"), "{stderr}");
    assert!(stderr.contains("no column of the table asks for `summ`; did you mean `sum`?"), "{stderr}");
    assert_eq!(stderr.matches("warning").count(), 2, "{stderr}");
    let (alone, stderr) = asked(&table, "marks", &json!({ "sum": 1, "level": "low" }));
    assert_eq!(alone, json!([{ "mark": "b" }]));
    assert!(stderr.contains("gives no `level` here") && stderr.matches("warning").count() == 1, "{stderr}");
}

/// What no table gives, the input may say; that it came from there is told.
#[test]
fn what_a_table_does_not_give_and_the_input_says_is_told() {
    let desk = Desk::new();
    for (marks, input, told, expected) in [
        ("COLLECT", json!({ "sum": 1, "mark": 7 }), &[("marks", "mark")] as &[_], json!({ "mark": 7 })),
        ("COLLECT+COUNT", json!({ "sum": 1, "weight": 5 }), &[("marks", "weight")], json!({ "weight": 5 })),
        ("COLLECT+MAX", json!({ "sum": 1, "weight": 5 }), &[("marks", "weight")], json!({ "weight": 5 })),
        // The row has a level, and an empty cell beside it.
        (
            "COLLECT",
            json!({ "sum": 60, "since": "2001-02-03" }),
            &[("risk", "since")],
            json!({ "level": "middle", "since": "2001-02-03", "mark": ["b"] }),
        ),
        ("COLLECT", json!({ "sum": 1, "mark": null, "level": null }), &[], json!({})),
    ] {
        let table = imported(&desk, &three("FIRST", marks));
        let (result, stderr) = asked(&table, "way", &input);
        let given: serde_json::Map<String, Value> =
            result[0].as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        assert_eq!(Value::Object(given), expected, "{marks}, {input}");
        assert_eq!(stderr.matches("warning").count(), told.len(), "{marks}, {input}: {stderr}");
        for (by, name) in told {
            let told = format!(
                "the table `{by}`, which `way` needs, gives no `{name}` here, so what the input says of it counts"
            );
            assert!(stderr.contains(&told), "{marks}, {input}: {stderr}");
        }
    }
}

/// What comes from a table keeps its type: a day is no text, and a number keeps its digits.
#[test]
fn values_that_pass_between_tables_stay_what_they_are() {
    let desk = Desk::new();
    let of = |needed: &str, test: &str| {
        let xml = model(&[
            Decision { id: "top", needs: &["low"], policy: "UNIQUE", inputs: test, outputs: "v", rules: &["true | 1"] },
            Decision { id: "low", needs: &[], policy: "UNIQUE", inputs: "", outputs: "x", rules: &[needed] },
        ]);
        asked(&imported(&desk, &xml), "top", &json!({})).0
    };
    for (needed, test) in [
        ("date(\"2024-05-01\")", "x + duration(\"P1D\") = date(\"2024-05-02\")"),
        ("time(\"16:00:00\")", "x instance of time"),
        ("date and time(\"2024-05-01T16:00:00Z\")", "x = date and time(\"2024-05-01T16:00:00Z\")"),
        ("duration(\"P1DT1H\")", "x > duration(\"P1D\")"),
        ("\"2024-05-01\"", "x instance of string"),
        ("1234567890123456789.12345678", "x = 1234567890123456789.12345678"),
        ("[1, [null, \"欠\"], { a: true }]", "x[2][2] = \"欠\" and x[3].a and count(x) = 3"),
        ("null", "x = null"),
        // Intervals, each end closed or open, of all that has an order.
        ("[1..5]", "x = [1..5] and 1 in x and 3 in x and 5 in x and not(5.01 in x)"),
        ("(1..5)", "x = (1..5) and not(1 in x) and 3 in x and not(5 in x)"),
        ("(1..5]", "x = (1..5] and not(1 in x) and 5 in x"),
        ("[1..5)", "x = [1..5) and 1 in x and not(5 in x)"),
        ("[-1234567890123456789.12345678..0]", "x.start = -1234567890123456789.12345678 and x.start included"),
        (
            "[date(\"2024-05-01\")..date(\"2024-06-01\"))",
            "date(\"2024-05-31\") in x and not(date(\"2024-06-01\") in x)",
        ),
        ("[time(\"08:00:00\")..time(\"16:00:00.5\")]", "time(\"16:00:00.5\") in x and not(time(\"16:00:01\") in x)"),
        (
            "(date and time(\"2024-05-01T00:00:00Z\")..date and time(\"2024-05-02T00:00:00+02:00\")]",
            "date and time(\"2024-05-01T22:00:00Z\") in x and x.start instance of date and time",
        ),
        ("[duration(\"P1D\")..duration(\"P2DT1S\")]", "duration(\"P2DT1S\") in x and not(duration(\"P3D\") in x)"),
        ("[duration(\"P1M\")..duration(\"P1Y\")]", "duration(\"P12M\") in x and not(duration(\"P13M\") in x)"),
        ("[\"a..]\"..\"欠\"]", "\"b\" in x and x.start = \"a..]\" and x.end = \"欠\""),
        ("[1, [2..3], { r: (4..5) }]", "2 in x[2] and x[3].r = (4..5) and count(x) = 3"),
    ] {
        assert_eq!(of(needed, test), json!({ "v": 1 }), "{needed}: {test}");
    }
}

/// The cell of the table that comes after, through an interval that another gives; who asks sees it as it is written.
#[test]
fn an_interval_of_a_table_that_is_needed_is_one() {
    let desk = Desk::new();
    let low = |policy, rules| Decision { id: "low", needs: &[], policy, inputs: "", outputs: "r", rules };
    let top = Decision {
        id: "top",
        needs: &["low"],
        policy: "COLLECT",
        inputs: "",
        outputs: "within | whole",
        rules: &["3 in r | r"],
    };
    let table = imported(&desk, &model(&[top, low("UNIQUE", &["[1..5)"])]));
    assert_eq!(asked(&table, "top", &json!({})).0, json!([{ "within": true, "whole": "[1..5)" }]));
    assert_eq!(asked(&table, "low", &json!({})).0, json!({ "r": "[1..5)" }));
    let top = Decision {
        id: "top",
        needs: &["low"],
        policy: "UNIQUE",
        inputs: "",
        outputs: "v",
        rules: &["[3 in r[1], 3 in r[2], r]"],
    };
    let table = imported(&desk, &model(&[top, low("RULE ORDER", &["[1..5]", "(3..4)"])]));
    assert_eq!(asked(&table, "top", &json!({})).0, json!({ "v": [true, false, ["[1..5]", "(3..4)"]] }));
}

/// Its text does not say it whole, so that it would be another value, or none, where it is read.
#[test]
fn a_time_that_cannot_be_passed_on_is_an_error_where_it_is_read() {
    let desk = Desk::new();
    for time in ["time(1, 2, 3, duration(\"PT20H\"))", "time(1, 2, 3, duration(\"PT1H5S\"))"] {
        for needed in [time.to_owned(), format!("[{time}..{time}]")] {
            let decisions = |reads: &str| {
                model(&[
                    Decision {
                        id: "top",
                        needs: &["low"],
                        policy: "UNIQUE",
                        inputs: "",
                        outputs: "v",
                        rules: &[reads],
                    },
                    Decision { id: "low", needs: &[], policy: "UNIQUE", inputs: "", outputs: "x", rules: &[&needed] },
                ])
            };
            let table = imported(&desk, &decisions("x"));
            let (code, _, stderr) = run(&["table", "eval", &table, "--table", "top", "--input", "{}"]);
            assert_eq!(code, 2, "{needed}: {stderr}");
            assert!(stderr.contains("the input `x` is a value that cannot be passed on"), "{needed}: {stderr}");
            assert_eq!(asked(&imported(&desk, &decisions("1")), "top", &json!({})).0, json!({ "v": 1 }), "{needed}");
        }
    }
}

#[test]
fn a_table_that_is_needed_and_gives_no_answer_is_named() {
    let desk = Desk::new();
    let table = imported(&desk, &three("UNIQUE", "COLLECT"));
    let (code, _, stderr) = run(&["table", "eval", &table, "--table", "way", "--input", r#"{ "sum": 600 }"#]);
    assert_eq!(code, 1, "{stderr}");
    let told =
        "the table `risk`, which `way` needs: the hit policy is `unique`, but rules 1 (`rule-1`), 3 (`rule-3`) match";
    assert!(stderr.contains(told), "{stderr}");
    let text = fs::read_to_string(&table).unwrap();
    let broken = desk.put("broken.toml", text.replacen("> 100", "> (", 1));
    let (code, _, stderr) = run(&["table", "eval", &broken, "--table", "way", "--input", "{}"]);
    assert!(code == 2 && stderr.contains("table `risk`, rule `rule-1`, input `sum`"), "{code}: {stderr}");
    let ring = desk.put("ring.toml", text.replacen("id = \"risk\"", "id = \"risk\"\nrequires = [\"way\"]", 1));
    let (code, _, stderr) = run(&["table", "eval", &ring, "--table", "way", "--input", "{}"]);
    assert!(code == 2 && stderr.contains("it needs its own result: `way` → `risk` → `way`"), "{code}: {stderr}");
}

#[test]
fn an_import_says_that_all_is_there_only_where_it_is() {
    let desk = Desk::new();
    let said = |xml: &str| {
        let (code, _, stderr) = run(&["import", "dmn", &desk.put("t.dmn", xml)]);
        assert_eq!(code, 0, "{stderr}");
        stderr
    };
    let all = said(&three("FIRST", "COLLECT"));
    assert!(all.contains("3 tables with 6 rules and 10 columns; everything was carried over"), "{all}");
    let without = said(&three("FIRST", "COLLECT").replace("#marks", "#elsewhere"));
    assert!(without.contains("`way` needs the decision `elsewhere`, which is not in the file"), "{without}");
    assert!(!without.contains("everything was carried over"), "{without}");
    assert!(without.contains("every cell was carried over; the warnings say what else"), "{without}");
}

#[test]
fn a_policy_asks_no_other_tables() {
    let desk = Desk::new();
    let needed = "<informationRequirement><requiredDecision href=\"#level\"/></informationRequirement><decisionTable";
    let other = Decision { id: "level", needs: &[], policy: "UNIQUE", inputs: "", outputs: "people", rules: &["3"] };
    let xml = routing("COLLECT", &[["\"wages\"", "> 10", "", "\"mediation\"", ""]])
        .replace("<decisionTable", needed)
        .replace("</definitions>", &(other.xml() + "</definitions>"));
    let map = desk.put("map.toml", format!("table = \"routing\"\n{MAP}"));
    let (code, _, stderr) = run(&["import", "dmn", &desk.put("t.dmn", xml), "--map", &map]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("the table needs the tables `level`, which no policy asks"), "{stderr}");
    assert!(!stderr.contains("everything was carried over"), "{stderr}");
}

#[test]
fn tables_that_cannot_be_carried_over_are_not_said_to_be_none() {
    let desk = Desk::new();
    let file = desk.put("t.dmn", routing("PRIORITY", &[["", "", "", "\"a\"", ""]]));
    let (code, _, stderr) = run(&["import", "dmn", &file]);
    assert_eq!(code, 2, "{stderr}");
    assert!(!stderr.contains("has no decision table"), "{stderr}");
    let told = "has the decision table `routing`, which cannot be carried over: hit policy `PRIORITY`: no output has";
    assert!(stderr.contains(told), "{stderr}");
    let two = |policy| Decision { id: policy, needs: &[], policy, inputs: "", outputs: "v", rules: &["1"] };
    let (code, _, stderr) = run(&["import", "dmn", &desk.put("t.dmn", model(&[two("PRIORITY"), two("OUTPUT ORDER")]))]);
    assert!(code == 2 && stderr.contains("has 2 decision tables, of which none can be carried over"), "{stderr}");
}

#[test]
fn the_clock_answers_where_the_input_does_not() {
    let desk = Desk::new();
    let xml = model(&[
        Decision {
            id: "top",
            needs: &["low"],
            policy: "UNIQUE",
            inputs: "",
            outputs: "day",
            rules: &["string(today())"],
        },
        Decision {
            id: "low",
            needs: &[],
            policy: "UNIQUE",
            inputs: "",
            outputs: "time:string",
            rules: &["string(now())"],
        },
        Decision { id: "name", needs: &[], policy: "UNIQUE", inputs: "", outputs: "v", rules: &["now"] },
    ]);
    let (file, out) = (desk.put("t.dmn", xml), desk.path("t.toml"));
    let (code, _, stderr) = run(&["import", "dmn", &file, "-o", &out]);
    assert!(code == 0 && stderr.contains("everything was carried over"), "{stderr}");
    assert!(
        stderr.contains("`top` asks for `today()`: `maple table eval` takes the clock of its system, in UTC"),
        "{stderr}"
    );
    assert!(stderr.contains("does not give `today`; of a given `now` it takes the day as `today`"), "{stderr}");
    assert!(stderr.contains("`low` asks for `now()`") && !stderr.contains("`name` asks"), "{stderr}");
    let (code, _, stderr) = run(&["import", "dmn", &file, "--json"]);
    let notes =
        stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["note"].is_string());
    assert_eq!((code, notes.count()), (0, 2), "{stderr}");

    // What is said to be the time is the time that the table has.
    let said = |stderr: &str, name: &str| -> String {
        let line =
            stderr.lines().find(|line| line.contains(&format!("`{name}()` is "))).unwrap_or_else(|| panic!("{stderr}"));
        assert!(line.contains(&format!("in UTC; the input may give another as `{name}`")), "{line}");
        line.split(" is ").nth(1).unwrap().split(',').next().unwrap().to_owned()
    };
    let (result, stderr) = asked(&out, "low", &json!({}));
    assert_eq!(result, json!({ "time": said(&stderr, "now") }));
    assert!(said(&stderr, "now").parse::<jiff::Timestamp>().is_ok() && stderr.lines().count() == 1, "{stderr}");
    let (result, stderr) = asked(&out, "top", &json!({}));
    assert_eq!(result, json!({ "day": said(&stderr, "today") }));
    assert!(said(&stderr, "now").starts_with(&said(&stderr, "today")), "{stderr}");

    // A time that is given is the time, and a name is no call.
    let given = json!({ "now": "2001-02-03T04:05:06Z", "today": "2001-02-03" });
    assert_eq!(asked(&out, "low", &given).0, json!({ "time": "2001-02-03T04:05:06Z" }));
    let (result, stderr) = asked(&out, "top", &given);
    assert_eq!((result, stderr.as_str()), (json!({ "day": "2001-02-03" }), ""));
    assert_eq!(asked(&out, "name", &json!({})), (json!({ "v": null }), String::new()));
    let unknown = json!({ "now": null });
    assert_eq!(asked(&out, "low", &unknown), (json!({ "time": null }), String::new()));
}

/// A day and a time that a table asks for do not contradict each other where one of them is given.
#[test]
fn today_is_the_day_of_a_given_now() {
    let desk = Desk::new();
    let alone = |id, rule| Decision { id, needs: &[], policy: "UNIQUE", inputs: "", outputs: "v", rules: rule };
    let table = imported(
        &desk,
        &model(&[
            alone("day", &["string(today())"]),
            alone("time", &["string(now())"]),
            alone("both", &["date(now()) = today()"]),
            alone("none", &["1"]),
        ]),
    );
    for (now, today) in [
        ("2001-02-03T04:05:06Z", "2001-02-03"),
        ("2001-02-03T23:30:00-05:00", "2001-02-04"),
        ("2001-02-03T00:30:00+02:00", "2001-02-02"),
        ("2001-02-03T23:30:00", "2001-02-03"),
        ("2001-02-03", "2001-02-03"),
    ] {
        let (result, stderr) = asked(&table, "day", &json!({ "now": now }));
        assert_eq!(result, json!({ "v": today }), "{now}");
        let told = format!("`today()` is {today}, the day of the input's `now`, in UTC; the input may give another");
        assert!(stderr.contains(&told) && stderr.lines().count() == 1, "{now}: {stderr}");
        assert!(!stderr.contains("no column") && !stderr.contains("warning"), "{now}: {stderr}");
    }
    assert_eq!(asked(&table, "both", &json!({ "now": "2001-02-03T04:05:06Z" })).0, json!({ "v": true }));
    assert_eq!(asked(&table, "day", &json!({ "now": null })).0, json!({ "v": null }));
    for wrong in [json!("soon"), json!(3)] {
        let input = json!({ "now": wrong }).to_string();
        let (code, _, stderr) = run(&["table", "eval", &table, "--table", "day", "--input", &input]);
        assert!(code == 2 && stderr.contains("so `today()` cannot be its day; give `today`, too"), "{code}: {stderr}");
    }

    // What is given and is no time has no value, and that is said.
    for (asks, name, given) in
        [("day", "today", json!("yesterday")), ("day", "today", json!(7)), ("time", "now", json!("soon"))]
    {
        let (result, stderr) = asked(&table, asks, &json!({ (name): given }));
        assert_eq!(result, json!({ "v": null }), "{name} {given}");
        assert!(stderr.contains(&format!("the input `{name}` is {given}, which is no day or time")), "{stderr}");
    }
    let (_, stderr) = asked(&table, "day", &json!({ "today": null }));
    assert!(!stderr.contains("no day or time"), "{stderr}");

    // A day says no time: that is the clock's.
    let (result, stderr) = asked(&table, "time", &json!({ "today": "2001-02-03" }));
    assert!(!result["v"].as_str().unwrap().starts_with("2001"), "{result}");
    assert!(stderr.contains(", since `today` says no time of day, by the clock of this system, in UTC"), "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");

    // Both may be given where only one is asked; where none is, the name is a slip as any other.
    let given = json!({ "now": "2001-02-03T04:05:06Z", "today": "2001-02-05" });
    assert_eq!(asked(&table, "day", &given), (json!({ "v": "2001-02-05" }), String::new()));
    let (_, stderr) = asked(&table, "none", &json!({ "now": "2001-02-03T04:05:06Z" }));
    assert!(stderr.contains("no column of the table asks for `now`"), "{stderr}");
}
