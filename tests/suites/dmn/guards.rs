//! Questions whether something is there are asked once: what comes out is what it would be if each were asked.

use super::*;

/// Every shape that an object within an object can have, and what is no object at all.
fn inputs() -> Vec<Json> {
    let leaves = [
        json!(null),
        json!(7),
        json!("text"),
        json!(false),
        json!([]),
        json!([1, null]),
        json!({}),
        json!({ "c": null }),
    ];
    let mut inner = leaves.to_vec();
    inner.extend(leaves.iter().map(|leaf| json!({ "c": leaf })));
    inner.extend(leaves.iter().map(|leaf| json!([{ "c": leaf }, { "d": 1 }])));
    let mut outer = inner.clone();
    outer.extend(inner.iter().map(|of| json!({ "b": of })));
    outer.extend(inner.iter().map(|of| json!([{ "b": of }, null])));
    let others = [json!(true), json!(false), json!(null)];
    let given = |of: &Json| others.iter().map(|other| json!({ "a": of, "other": other })).collect::<Vec<_>>();
    let mut inputs: Vec<Json> = outer.iter().flat_map(given).collect();
    inputs.push(json!({}));
    inputs
}

#[test]
fn a_question_that_another_answers_is_not_asked_and_changes_nothing() {
    let expressions = [
        "if a != null then a else null",
        "if a != null and a.b != null then a.b else null",
        "if (a != null and a.b != null and a.b.c != null) then a.b.c else null",
        "if a.b.c != null and a != null then a.b.c else null",
        "if null != a.b then a.b else null",
        // What is given is not what was asked for, or something else is given where it is not there.
        "if a != null and a.b != null then a else null",
        "if a != null then a.b else null",
        "if a != null and a.b != null then a.b else \"none\"",
        "if a != null and a.b != null then string(a.b) else null",
        "if a.b != null and other != null then a.b else null",
        "if a != null or a.b != null then a.b else null",
        // Questions with others between, and one by itself.
        "a != null and a.b != null and a.b.c != null",
        "a != null and other and a.b != null",
        "other and a.b.c != null and a.b != null and a.b.c = 7",
        "(a != null and other) and (a.b != null and a.b = 7)",
        "a.b != null and a.b != null",
        "not(a != null and a.b.c != null)",
        "a != null",
        "if a != null and a.b != null then 1 else if a != null then 2 else 3",
    ];
    let inputs = inputs();
    for expression in expressions {
        // The same, in words that nobody takes for such a question.
        let mut plain = expression.replace("null != a.b", "not(a.b = null)");
        for place in ["a.b.c", "a.b", "other", "a"] {
            plain = plain.replace(&format!("{place} != null"), &format!("not({place} = null)"));
        }
        assert!(!plain.contains("!="), "{plain}");
        let table = native(&Dmn::new("COLLECT", &[], &["v", "plain"], &[&[expression, &plain]]));
        let mut seen = Vec::new();
        for input in &inputs {
            let rows = rows(table.ask(input).unwrap_or_else(|wrong| panic!("{wrong}")));
            assert_eq!(rows[0]["v"], rows[0]["plain"], "{expression} of {input}");
            seen.push(rows[0]["v"].clone());
        }
        assert!(seen.iter().any(|value| *value != seen[0]), "{expression} is always {}", seen[0]);
    }
}
