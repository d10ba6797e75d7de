use super::*;

/// The path of a node, for people: `rule[].when.kind`.
fn path(scan: &Scan, id: usize) -> String {
    let Some(node) = scan.node(id).filter(|_| id != ROOT) else { return String::new() };
    let before = path(scan, node.parent);
    match &node.key {
        None => format!("{before}[]"),
        Some((name, _)) if before.is_empty() => name.clone(),
        Some((name, _)) => format!("{before}.{name}"),
    }
}

/// What fits at `|`, and what would be replaced.
fn at(text: &str) -> (String, String) {
    let offset = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    let cursor = Scan::cursor(&text, offset);
    let scan = Scan::new(&text);
    let fits = match cursor.fits {
        Fits::Key(table, keys) => format!("key {} {}", path(&scan, table), keys.join(".")),
        Fits::Header(keys, double) => format!("header {} {double}", keys.join(".")),
        Fits::Value(node) => format!("value {}", path(&scan, node)),
        Fits::Item(list) => format!("item {}", path(&scan, list)),
        Fits::Nothing => "nothing".to_owned(),
    };
    (fits.trim().to_owned(), text[cursor.word].to_owned())
}

#[test]
fn what_fits_where() {
    for (text, fits, word) in [
        ("|", "key", ""),
        ("mo|", "key", "mo"),
        ("mode |= 1", "nothing", ""),
        ("mode = |", "value mode", ""),
        ("mode = \"en|", "value mode", "\"en"),
        ("mode = \"en|\"", "value mode", "\"en\""),
        ("mode = \"en\"|", "nothing", ""),
        ("[|", "header  false", ""),
        ("[[ru|]]", "header  true", "ru"),
        ("[[policy]]\n[policy.ta|]", "header policy false", "ta"),
        ("[[rule]]\n|", "key rule[]", ""),
        ("[[rule]]\nid = \"R\"\n[[rule]]\nwh|\nthen = []", "key rule[]", "wh"),
        ("[target]\nkinds = [\"a\", \"|\"]", "item target.kinds", "\"\""),
        ("[[rule]]\nwhen = { |", "key rule[].when", ""),
        ("[[rule]]\nwhen = { kind = \"x\", pe| }", "key rule[].when", "pe"),
        ("[[rule]]\nwhen = { kind = [\"lab|, \"x\"] }", "item rule[].when.kind", "\"lab"),
        ("[[rule]]\nthen = [ { offer = \"|\" } ]", "value rule[].then[].offer", "\"\""),
        ("[[rule]]\nthen = [\n  { duty = \"a\" },\n  { | },\n]", "key rule[].then[]", ""),
        ("[[rule]]\nwhen = { any = { role = |", "value rule[].when.any.role", ""),
        ("# mo|", "nothing", ""),
        ("x = \"\"\"a|b\"\"\"", "nothing", ""),
        ("[duty.x]\ntitle = { zh = \"甲乙\", |}", "key duty.x.title", ""),
        ("law.\"cn.civil\".|", "key  law.cn.civil", ""),
        ("a = 2026-01-01\nb = 1.5\n|", "key", ""),
    ] {
        let (found, typed) = at(text);
        assert_eq!((found.as_str(), typed.as_str()), (fits, word), "{text}");
    }
}

#[test]
fn a_bracket_left_open_spoils_its_own_lines_only() {
    for (text, fits) in [
        ("[[rule]]\nwhen = { kind = \"a\n|", "nothing"),
        ("[[rule]]\nwhen = { kind = [\"a\"\nthen = [ { | } ]", "key rule[].then[]"),
        ("[[rule]]\nwhen = { a = [\n[[rule]]\nid = |", "value rule[].id"),
        ("[[rule]]\nwhen = { a = [ }\n|", "key rule[]"),
        ("[[rule\n|", "key rule[]"),
        ("= = ] } , .\nmode = |", "value mode"),
    ] {
        assert_eq!(at(text).0, fits, "{text}");
    }
}

#[test]
fn values_are_found_by_their_place() {
    let text = "[[rule]]\nid = \"R1\"\nwhen = { kind = [\"劳动\", \"b\"], amount = { max = 1.5 } }\n";
    let scan = Scan::new(text);
    for (word, wanted, key) in [
        ("R1", "rule[].id", false),
        ("id", "rule[].id", true),
        ("动", "rule[].when.kind[]", false),
        ("1.5", "rule[].when.amount.max", false),
        ("amount", "rule[].when.amount", true),
    ] {
        let (node, is_key) = scan.at(text.find(word).unwrap() + 1).unwrap();
        assert_eq!((path(&scan, node).as_str(), is_key), (wanted, key), "{word}");
    }
    assert_eq!(scan.at(text.find("when").unwrap() + 5), None);
}

#[test]
fn any_text_is_read_without_harm() {
    let piece = ["[", "]", "{", "}", "=", ",", ".", "\"", "'", "\n", "a", " ", "#", "[[r]]\n", "甲", "\"\"\""];
    let mut seed = 7_u32;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..24 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(piece[(seed >> 24) as usize % piece.len()]);
        }
        let scan = Scan::new(&text);
        assert!(scan.nodes.iter().enumerate().skip(1).all(|(id, node)| node.parent < id), "{text}");
        for offset in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let cursor = Scan::cursor(&text, offset);
            assert!(text.get(cursor.word).is_some(), "{text}");
        }
    }
}

#[test]
fn a_table_of_ten_thousand_rows_is_read_in_one_go() {
    let text = "[[rule]]\nid = \"R1\"\n[rule.target]\nkinds = [\"a\"]\n".repeat(10_000);
    let scan = Scan::new(&text);
    let (list, _) = scan.child(ROOT, "rule").unwrap();
    assert_eq!(scan.children(list).filter(|(item, _)| scan.child(*item, "target").is_some()).count(), 10_000);
}

#[test]
fn brackets_are_followed_to_a_depth() {
    let text = format!("a = {}", "[".repeat(DEPTH_MAX * 100));
    assert!(Scan::new(&text).nodes.len() <= DEPTH_MAX + 3);
}
