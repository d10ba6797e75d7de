//! `replace`, `matches` and `split`: patterns that are plain text are carried over, all others are told.

use decision_table::TEXT_BYTES_MAX;

use super::*;

#[test]
fn plain_patterns_do_what_the_standard_says() {
    let input =
        json!({ "s": "SMALL_CLAIM", "n": 5, "nothing": null, "names": ["a_b", "c_d_e"], "空": "工伤，欠薪，工伤" });
    for (expression, expected) in [
        (r#"replace(s, "_", " ")"#, json!("SMALL CLAIM")),
        (r#""About " + lower case(replace(s, "_"," "))"#, json!("About small claim")),
        (r#"replace(s, "L", "")"#, json!("SMA_CAIM")),
        (r#"replace(s, "SMALL_CLAIM", "x")"#, json!("x")),
        (r#"replace(s, "small", "x")"#, json!("SMALL_CLAIM")),
        (r#"replace("", "a", "b")"#, json!("")),
        (r#"replace(s, "_", " ", "")"#, json!("SMALL CLAIM")),
        // From the left, without overlap, and what comes in is not searched again.
        (r#"replace("aaa", "aa", "b")"#, json!("ba")),
        (r#"replace("aaaa", "aa", "a")"#, json!("aa")),
        (r#"replace("ababa", "aba", "-")"#, json!("-ba")),
        (r#"replace("ab", "a", "aa")"#, json!("aab")),
        (r#"replace(空, "工伤", "伤")"#, json!("伤，欠薪，伤")),
        (r#"replace(空, "，", "\u4e0e")"#, json!("工伤与欠薪与工伤")),
        (r#"replace("e\u0301", "e", "o")"#, json!("o\u{301}")),
        (r#"replace("\U01F600x", "\U01F600", "")"#, json!("x")),
        (r#"for name in names return replace(name, "_", "-")"#, json!(["a-b", "c-d-e"])),
        (r#"names[matches(item, "d_")]"#, json!(["c_d_e"])),
        // An escaped sign is that sign, with one backslash or, as FEEL escapes it, with two.
        (r#"replace("a.b.c", "\.", "-")"#, json!("a-b-c")),
        (r#"replace("a.b.c", "\\.", "-")"#, json!("a-b-c")),
        (r#"replace("a|b\\c", "\|b\\\\", "")"#, json!("ac")),
        (r#"replace("(1)[2]{3}", "\(1\)\[2\]\{3\}", "")"#, json!("")),
        (r#"replace("2^3$+*?-", "\^3\$\+\*\?\-", "")"#, json!("2")),
        // Null, and what is no text.
        (r#"replace(nothing, "a", "b")"#, json!(null)),
        (r#"replace(s, null, "b")"#, json!(null)),
        (r#"replace(s, "a", null)"#, json!(null)),
        (r#"replace(n, "5", "b")"#, json!(null)),
        (r#"replace(names, "a", "b")"#, json!(null)),
        (r#"replace(s, "", "b")"#, json!(null)),
        (r#"matches(s, "_")"#, json!(true)),
        (r#"matches(s, "small")"#, json!(false)),
        (r#"matches(s, "L_C", "")"#, json!(true)),
        (r#"matches(s, "")"#, json!(true)),
        (r#"matches("", "a")"#, json!(false)),
        (r#"matches("1.5", "1\.5") and not(matches("105", "1\.5"))"#, json!(true)),
        (r#"matches(空, "欠薪")"#, json!(true)),
        (r#"matches(nothing, "a")"#, json!(null)),
        (r#"matches(s, null)"#, json!(null)),
        (r#"matches(n, "5")"#, json!(null)),
        (r#"split("a.b.c", "\.")"#, json!(["a", "b", "c"])),
        (r#"split("a, b", ", ")"#, json!(["a", "b"])),
        (r#"split(nothing, ",")"#, json!(null)),
        (r#"split(s, "")"#, json!(null)),
    ] {
        assert_eq!(value(expression, &input), expected, "{expression}");
    }
    for (expected, cell, input) in [
        (true, r#"matches(?, "b")"#, json!("abc")),
        (false, r#"matches(?, "z")"#, json!("abc")),
        (false, r#"not(matches(?, "z"))"#, json!(null)),
        (true, r#"replace(?, "_", "") = "ab""#, json!("a_b")),
    ] {
        assert_eq!(holds(cell, "string", &input), expected, "`{cell}` for {input}");
    }
}

#[test]
fn patterns_that_are_no_plain_text_are_told() {
    let computed = "has to be written out";
    for (expression, why) in [
        (r#"replace(s, "a.", "b")"#, "`.` has a meaning"),
        (r#"replace(s, "^a", "b")"#, "`^` has a meaning"),
        (r#"replace(s, "a$", "b")"#, "`$` has a meaning"),
        (r#"replace(s, "a*", "b")"#, "`*` has a meaning"),
        (r#"replace(s, "a+", "b")"#, "`+` has a meaning"),
        (r#"replace(s, "a?", "b")"#, "`?` has a meaning"),
        (r#"replace(s, "(a)", "b")"#, "`(` has a meaning"),
        (r#"replace(s, "a)", "b")"#, "`)` has a meaning"),
        (r#"replace(s, "[ab]", "b")"#, "`[` has a meaning"),
        (r#"replace(s, "a]", "b")"#, "`]` has a meaning"),
        (r#"replace(s, "a{2}", "b")"#, "`{` has a meaning"),
        (r#"replace(s, "a}", "b")"#, "`}` has a meaning"),
        (r#"replace(s, "a|b", "b")"#, "`|` has a meaning"),
        (r#"replace(s, "\d", "b")"#, "`\\d` has a meaning"),
        (r#"replace(s, "a\\", "b")"#, "`\\` has a meaning"),
        (r#"replace(s, "\\\\.", "b")"#, "`.` has a meaning"),
        (r#"replace(s, "a", "$0")"#, "`$` stands in the replacement"),
        (r#"replace(s, "a", "\\")"#, "`\\` stands in the replacement"),
        (r#"replace(s, "a", "b", "i")"#, "`replace` takes no flags"),
        (r#"replace(s, "a", "b", null)"#, "`replace` takes no flags"),
        (r#"replace(s, "a", "b", f)"#, "`replace` takes no flags"),
        (r#"replace(s, p, "b")"#, computed),
        (r#"replace(s, "a" + "b", "b")"#, computed),
        (r#"replace(s, 1, "b")"#, computed),
        (r#"replace(s, "a", r)"#, computed),
        (r#"replace(s, "a", string(n))"#, computed),
        (r#"replace(s, "a")"#, "does not take 2 values"),
        (r#"upper case(replace(s, ".", "b"))"#, "`.` has a meaning"),
        (r#"matches(s, "a.*")"#, "`matches` takes plain text here"),
        (r#"matches(s, p)"#, computed),
        (r#"matches(s, "a", "i")"#, "`matches` takes no flags"),
        (r#"split(s, "\s")"#, "`split` takes plain text here"),
        (r#"split(s, p)"#, computed),
    ] {
        let dmn = Dmn::new("COLLECT", &["x"], &["v", "w"], &[&["1", "1", "1"], &["2", expression, "2"]]);
        let imported = import(dmn.xml().as_bytes()).unwrap();
        let [lost] = &imported.lost[..] else { panic!("{expression}: {:?}", imported.lost) };
        let place = (lost.rule.as_ref().map(|(at, _)| *at), lost.column.as_deref(), lost.text.as_str());
        assert_eq!(place, (Some(2), Some("v"), expression));
        assert!(lost.why.contains(why), "{expression}: {}", lost.why);
        assert_eq!(imported.file.tables[0].rules[1].lost["v"], expression);
    }
    // A test that is not understood takes its rule along, and a column that is not, its tests.
    let dmn = Dmn::new("COLLECT", &["x", "replace(x, p, \"\")"], &["v"], &[&["matches(?, \"a.\")", "\"b\"", "1"]]);
    let imported = import(dmn.xml().as_bytes()).unwrap();
    let columns: Vec<_> = imported.lost.iter().map(|lost| lost.column.as_deref().unwrap()).collect();
    assert_eq!(columns, ["input-2", "x"]);
    assert!(imported.file.tables[0].rules[0].left_out.is_some());
}

#[test]
fn a_text_grows_so_far_and_no_further() {
    let thousand = "b".repeat(1 << 10);
    let of = |expression: &str, text: &str| {
        native(&Dmn::new("COLLECT", &[], &["v"], &[&[expression]])).ask(&json!({ "s": text }))
    };
    let length = format!("string length(replace(s, \"a\", \"{thousand}\"))");
    let letters = |count: usize| "a".repeat(count);
    assert_eq!(of(&length, &letters(1 << 10)).map(rows), Ok(json!([{ "v": TEXT_BYTES_MAX }])));
    let refused = of(&length, &letters((1 << 10) + 1)).unwrap_err();
    assert_eq!(refused, format!("text_too_long: `replace` would make a text of more than {TEXT_BYTES_MAX} bytes"));
    // What a table makes of what is refused does not count, be it a cell, a condition or what is written out.
    let constant = format!("replace(\"{}\", \"a\", \"{thousand}\")", letters(2_000));
    for expression in [&format!("if {length} > 0 then 1 else 2"), &format!("{length} = null"), &constant] {
        assert!(of(expression, &letters(2_000)).unwrap_err().starts_with("text_too_long"), "{expression:.40}");
    }
    let cell = format!("string length(replace(?, \"a\", \"{thousand}\")) > 0");
    let tested = native(&Dmn::new("COLLECT+COUNT", &["s:string"], &["v"], &[&[&cell, "1"], &["-", "2"]]));
    assert!(tested.ask(&json!({ "s": letters(2_000) })).unwrap_err().starts_with("text_too_long"));
    assert_eq!(tested.ask(&json!({ "s": "a" })).map(rows), Ok(json!(2)));
    // Grown in turns, it ends at the same length.
    let turns = (0..6).fold("s".to_owned(), |inner, _| format!("replace({inner}, \"a\", \"{}\")", letters(100)));
    assert!(of(&turns, "a").unwrap_err().starts_with("text_too_long"));
    // A long text may be made shorter.
    let shorter = of("string length(replace(s, \"aa\", \"a\"))", &letters(2 * TEXT_BYTES_MAX + 2));
    assert_eq!(shorter.map(rows), Ok(json!([{ "v": TEXT_BYTES_MAX + 1 }])));
}
