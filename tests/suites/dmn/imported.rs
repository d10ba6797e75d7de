//! What an import says of a file: nothing is lost without a word.

use super::*;

/// What became of a file: column and reason of each part that is lost.
fn lost(xml: &str) -> Vec<(String, String)> {
    let imported = import(xml.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    imported.lost.into_iter().map(|lost| (lost.column.unwrap_or(lost.decision), lost.why)).collect()
}

/// A file with more beside the decision.
fn beside(dmn: &Dmn, more: &str) -> String {
    dmn.xml().replacen("</definitions>", &format!("{more}</definitions>"), 1)
}

#[test]
fn a_rule_has_a_cell_for_each_column_or_is_told() {
    let dmn = Dmn::new("COLLECT", &["a", "b"], &["v", "w"], &[&["1", "2", "3", "4"]]);
    let (test, value) = ("<inputEntry><text>2</text></inputEntry>", "<outputEntry><text>4</text></outputEntry>");
    let tests = "the rule has 1 tests for 2 inputs; there is none for `b`";
    let five = "the rule has 5 cells for 4 columns";
    let missing = "the rule has no cell for this output";
    for (from, to, told, out) in [
        (test, "", ("made-up", tests), true),
        (test, &*test.repeat(2), ("made-up", five), true),
        (value, "", ("w", missing), false),
        (value, &*value.repeat(2), ("made-up", five), true),
    ] {
        let xml = dmn.xml().replacen(from, to, 1);
        assert_eq!(lost(&xml), [(told.0.to_owned(), told.1.to_owned())], "{to}");
        let table = import(xml.as_bytes()).unwrap().file.tables.remove(0);
        assert_eq!(table.rules[0].left_out.is_some(), out, "{to}");
    }
}

#[test]
fn names_with_signs_that_the_file_declares_are_names() {
    let dmn = Dmn::new(
        "COLLECT",
        &["case-type:string", "a/b:number", "person.date-of-birth:date", "terms and conditions", "due - date"],
        &["v"],
        &[&["not(\"case-type\")", "> a-b", "-", "true", "-", "string(a/b) + \"-\" + case-type // a/b"]],
    );
    let declared = beside(
        &dmn,
        "<inputData name=\"a/b\"><variable name=\"a/b\"/></inputData><inputData name=\"a\"/><inputData name=\"b\"/>\
         <inputData name=\"i\"><variable name=\"case-type\"/></inputData><inputData name=\"person\"/>\
         <inputData name=\"terms  and\nconditions\"/><inputData name=\"due\"/><inputData name=\"date\"/>\
         <itemDefinition name=\"p-t\"><itemComponent name=\"x\"><itemComponent name=\"date-of-birth\"/></itemComponent>\
         </itemDefinition>",
    );
    let imported = import(declared.as_bytes()).unwrap();
    assert_eq!((&imported.lost[..], &imported.notes[..]), (&[][..], &[][..]));
    let table = &imported.file.tables[0];
    let columns: Vec<_> = table.inputs.iter().map(|input| (&*input.id, input.expression.as_deref().unwrap())).collect();
    assert_eq!(columns[0], ("case-type", "`case-type`"));
    assert_eq!(columns[1].1, "`a/b`");
    assert_eq!(columns[2], ("date-of-birth", "person.`date-of-birth`"));
    assert_eq!(columns[3].1, "`terms and conditions`");
    assert_eq!(columns[4].1, "due - date", "a calculation with two names stays one");
    assert_eq!(table.rules[0].then["v"], "string(`a/b`) + \"-\" + `case-type` // a/b");
    let input = json!({ "case-type": "wages", "a/b": 7, "a": 3, "b": 1, "terms and conditions": true });
    let answer = Native::new(program(&imported.file)).ask(&input);
    assert_eq!(rows(answer.unwrap()), json!([{ "v": "7-wages" }]));
}

#[test]
fn names_with_signs_that_nothing_declares_are_told() {
    let dmn = Dmn::new(
        "COLLECT",
        &["case-type:string", "income - cost", "n-1", "\"a-b\""],
        &["v"],
        &[&["", "< a/b", "", "", "date-of-birth"]],
    );
    let told = |xml: &str| -> Vec<String> {
        let imported = import(xml.as_bytes()).unwrap();
        assert_eq!(imported.lost, []);
        imported.notes.iter().map(|note| note.split('`').nth(3).unwrap().to_owned()).collect()
    };
    assert_eq!(told(&dmn.xml()), ["case-type", "< a/b", "date-of-birth"]);
    // Where names are declared, a calculation with others is told too, however it is spaced.
    let cost = beside(&dmn, "<inputData name=\"cost\"/><inputData name=\"a\"/><inputData name=\"b\"/>");
    assert_eq!(told(&cost), ["case-type", "income - cost", "date-of-birth"]);
}

/// What is null in every case is told; the plugin's own reading, of a text that is put together, says what that is.
#[test]
fn times_that_are_none_are_told() {
    let said = |function: &str, text: &str| {
        let literal = if function == "@" { format!("@\"{text}\"") } else { format!("{function}(\"{text}\")") };
        let told = !lost(&Dmn::new("COLLECT", &[], &["v"], &[&[&literal]]).xml()).is_empty();
        let tested = !lost(&Dmn::new("COLLECT", &["x"], &["v"], &[&[&format!("< {literal}"), "1"]]).xml()).is_empty();
        assert_eq!(told, tested, "{literal} as a value and as a test");
        told
    };
    let texts = [
        "2024-02-29",
        "2023-02-29",
        "2024-02-30",
        "1900-02-29",
        "2000-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-1-1",
        "-0004-02-29",
        "12024-01-01",
        "2024-01-31T18:30:00",
        "2024-01-31t18:30",
        "2024-01-31T24:00:00",
        "2024-02-30T10:00:00",
        "2024-01-31T10",
        "2024-01-31T10:00:00Z",
        "2024-01-31T10:00:00ZZ",
        "2024-01-31T10:00:00+08:00",
        "2024-01-31T10:00:00+0830",
        "2024-01-31T10:00:00+19:00",
        "2024-01-31T10:00:00+08",
        "2024-01-31T10:00:00+8",
        "2024-01-31T10:00:00.123456789012",
        "2024-01-31T10:00:00.x",
        "2024-01-31T10:00:00@Asia/Shanghai",
        "2024-01-31T10:00:00+08:00[Asia/Shanghai]",
        "18:30:00",
        "18:30",
        "18",
        "24:00:00",
        "18:60:00",
        "18:30:60",
        "18:30:00.5Z",
        "18:30:00-18:00",
        "P1D",
        "P1Y2M",
        "P1Y2D",
        "P1W",
        "PT1H30M",
        "PT1.5S",
        "PT1.5H",
        "P1.5D",
        "P",
        "PT",
        "P1DT",
        "P1YT",
        "P1YT1H",
        "-P3D",
        "P-3D",
        "1D",
        "P1",
        "PD",
        "P1H",
        "PT1D",
        "P106751D",
        "P106752D",
        "P99999999999999999999D",
        "PT9223372036S",
        "P768614336404564650Y",
        "P768614336404564651Y",
        "nonsense",
        "",
        "2024-01-31 10:00",
        "欠薪",
        "P1\u{e9}",
    ];
    for function in ["@", "date", "time", "date and time", "duration"] {
        let mut found = [0, 0];
        for text in texts {
            // The type of a column reads texts as the functions do; `@` takes any of them.
            let (head, tail) = text.split_at(text.char_indices().nth(1).map_or(0, |(at, _)| at));
            let put_together = format!("\"{head}\" + \"{tail}\"");
            let any = ["date", "date and time", "time", "duration"];
            let of = if function == "@" { &any[..] } else { &[function][..] };
            let null = of.iter().all(|of| value(&format!("{of}({put_together})"), &json!({})).is_null());
            assert_eq!(said(function, text), null, "{function} of `{text}`");
            found[usize::from(null)] += 1;
        }
        assert!(found.iter().all(|count| *count > 8), "{function}: {found:?}");
    }
    for (expression, told) in [
        ("date(2024, 2, 29)", false),
        ("date(2024, 2, 30)", true),
        ("date(year, 2, 30)", false),
        ("time(23, 59, 59)", false),
        ("time(24, 0, 0)", true),
        ("date and time(date(\"2024-02-30\"), time(\"10:00:00\"))", true),
    ] {
        assert_eq!(!lost(&Dmn::new("COLLECT", &[], &["v"], &[&[expression]]).xml()).is_empty(), told, "{expression}");
    }
    // The same in a table file that somebody has written.
    let text = "[[table]]\nid = \"t\"\nhit-policy = \"collect\"\n[[table.output]]\nid = \"v\"\n[[table.rule]]\nid = \"r\"\n\
                then.v = '@\"2024-02-30\"'\n";
    let errors = lower(&TableFile::read(text.as_bytes()).unwrap().tables[0]).unwrap_err();
    assert!(errors[0].why.to_string().contains("`2024-02-30` is no date"), "{errors:?}");
}

#[test]
fn what_has_no_place_in_a_table_is_told() {
    let dmn = Dmn::new("COLLECT", &["x"], &["v"], &[&["1", "2"]]);
    let more = "<businessKnowledgeModel id=\"b\" name=\"Fee of\"><encapsulatedLogic><decisionTable/></encapsulatedLogic>\
                </businessKnowledgeModel><decisionService id=\"s\" name=\"All\"/>\
                <itemDefinition name=\"Way\"><typeRef>string</typeRef><allowedValues><text>\"a\", \"b\"</text></allowedValues>\
                </itemDefinition><itemDefinition name=\"P\"><itemComponent name=\"Kids\" isCollection=\"true\"/></itemDefinition>";
    let imported = import(beside(&dmn, more).as_bytes()).unwrap();
    assert_eq!(imported.lost.len(), 1);
    assert_eq!(imported.lost[0].decision, "Fee of");
    for (note, part) in imported.notes.iter().zip(["`All`", "`Way` allows only \"a\", \"b\"", "`Kids` is a list"]) {
        assert!(note.contains(part), "{note}");
    }
    assert_eq!(imported.notes.len(), 3);
    let functions = beside(&Dmn::new("COLLECT", &[], &[], &[]), more).replace("decision id", "other id");
    let functions = functions.replacen("</decision>", "</other>", 1);
    let error = import(functions.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("only 0 other decisions and 1 functions"), "{error}");
}

#[test]
fn a_table_that_is_not_carried_over_is_told_with_the_reason() {
    for (policy, outputs, says) in [
        (
            "COLLECT",
            &[] as &[&str],
            "has the decision table `made-up`, which cannot be carried over: outputs: the table has no",
        ),
        ("SOMETIMES", &["v"], "which cannot be carried over: hit policy `SOMETIMES`: UNIQUE, FIRST, PRIORITY"),
    ] {
        let error = import(Dmn::new(policy, &["x"], outputs, &[]).xml().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn annotations_stand_in_the_description() {
    let dmn = Dmn::new("COLLECT", &["x"], &["v"], &[&["1", "2"], &["2", "3"]]);
    let xml = dmn.xml().replacen("<rule ", "<annotation name=\"Why\"/><annotation/><rule ", 1);
    let notes = "<description>First</description><annotationEntry><text>art. 14</text></annotationEntry>\
                 <annotationEntry><text>see there</text></annotationEntry><inputEntry>";
    let imported = import(xml.replacen("<inputEntry>", notes, 1).as_bytes()).unwrap();
    let described: Vec<_> = imported.file.tables[0].rules.iter().map(|rule| rule.description.as_deref()).collect();
    assert_eq!(described, [Some("First; Why: art. 14; see there"), None]);
    assert_eq!((imported.lost.len(), imported.notes.len()), (0, 0));
}

/// Brackets that open and never close are refused by their depth, whichever way they point.
#[test]
fn brackets_without_end_are_refused() {
    for open in ["[1..", "]", "[", "(", "(1..", "-[1..", "x[", "{ a: ", "not("] {
        let cell = open.repeat(5_000);
        let xml = Dmn::new("COLLECT", &["x"], &["v"], &[&[&cell, "1"], &["1", &cell]]).xml();
        assert_eq!(lost(&xml).len(), 2, "{open}");
    }
}
