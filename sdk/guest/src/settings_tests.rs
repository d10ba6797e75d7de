use super::*;
use crate::testing::{Tree, settings};

fn complaints(tree: Tree, read: impl FnOnce(&Table<'_>)) -> Vec<(String, String, Option<String>)> {
    let settings = Settings::new(tree.into_nodes());
    read(&settings.root());
    let complaints = settings.finish().err().unwrap_or_default();
    complaints.into_iter().map(|c| (c.path, c.message, c.advice)).collect()
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let tree = settings!({
        "rules": [{ "id": "R1" }, { "id": 5, "when": { "amuont": 3 } }],
        "count": 11, "span": "soon", "money": "1.234", "channel": "Court!", "level": "pink"
    });
    let found = complaints(tree, |root| {
        for rule in root.need("rules").tables() {
            let _ = rule.need("id").text();
            if let Some(when) = rule.get("when").table() {
                assert_eq!(when.get("amount").money(), None);
            }
        }
        assert_eq!(root.get("count").count(1..=10), None);
        assert_eq!(root.get("span").span(), None);
        assert_eq!(root.get("money").money(), None);
        assert_eq!(root.need("channel").code(), None);
        assert_eq!(root.need("level").word("level", crate::Level::parse), None);
        assert!(!root.need("title").is_present());
    });
    let told: Vec<_> = found.iter().map(|(path, message, _)| (path.as_str(), message.as_str())).collect();
    assert_eq!(
        told,
        [
            ("rules[1].id", "`id` must be a text, not this number"),
            ("rules[1].when.amuont", "`amuont` is not a setting here"),
            ("count", "`count` must be a whole number from 1 to 10, not `11`"),
            ("span", "`span` must be a length of time such as `15 days`, not this text"),
            ("money", "`money` must be an amount such as `500.00`, not this text"),
            ("channel", "`channel` is not a word of the vocabulary: `Court!`"),
            ("level", "`level` is not a level: `pink`"),
            ("title", "`title` is missing"),
        ]
    );
    assert_eq!(found[1].2.as_deref(), Some("did you mean `amount`?"));
}

#[test]
fn right_settings_are_read_as_they_are_meant() {
    let tree = settings!({
        "day": (Day::new(2026, 1, 1).unwrap()), "a": "12.5", "b": { "money": 7 }, "c": "7 working days",
        "d": { "count": 2, "unit": "month" }, "e": ["x", "y"], "f": "x", "g": true, "h": { "n": 1, "m": "w" }
    });
    let found = complaints(tree, |root| {
        assert_eq!(root.get("day").day(), Day::new(2026, 1, 1));
        assert_eq!((root.get("a").money(), root.get("b").money()), (Some(1250), Some(7)));
        assert_eq!(root.get("c").span(), Some(Span::working_days(7)));
        assert_eq!(root.get("d").span(), Some(Span::months(2)));
        assert_eq!((root.get("e").codes(), root.get("f").codes()), (vec!["x", "y"], vec!["x"]));
        assert_eq!(root.get("g").value(), Some(Value::Flag(true)));
        assert_eq!(root.get("h").facts(), [Fact::new("n", 1), Fact::new("m", "w")]);
        assert_eq!((root.get("none").text(), root.get("none").items().is_none()), (None, true));
    });
    assert_eq!(found, []);
}

fn nested(depth: usize) -> Vec<Setting> {
    let inner = (1..depth).map(|at| Setting::Items(vec![at as u32 + 1]));
    let root = Setting::Table(vec![("x".into(), 1)]);
    std::iter::once(root).chain(inner).chain([Setting::Items(vec![])]).take(depth).collect()
}

#[test]
fn nodes_that_are_no_tree_are_refused() {
    let table = |entries: &[(&str, u32)]| Setting::Table(entries.iter().map(|&(k, v)| (k.into(), v)).collect());
    for (nodes, fine) in [
        (vec![], false),
        (vec![Setting::Flag(true)], false),
        (vec![table(&[("x", 1)])], false),
        (vec![table(&[("x", 0)])], false),
        (vec![table(&[("x", 1)]), Setting::Items(vec![1])], false),
        (vec![table(&[("x", 1), ("y", 1)]), Setting::Flag(true)], false),
        (vec![table(&[("x", u32::MAX)])], false),
        (vec![table(&[("x", 1), ("y", 2)]), Setting::Flag(true), Setting::Flag(true)], true),
        (closed(nested(SETTINGS_DEPTH_MAX)), true),
        (closed(nested(SETTINGS_DEPTH_MAX + 1)), false),
        (wide(SETTINGS_NODES_MAX), true),
        (wide(SETTINGS_NODES_MAX + 1), false),
    ] {
        let shown = format!("{:?}", nodes.iter().take(3).collect::<Vec<_>>());
        let settings = Settings::new(nodes);
        settings.root().ignore_rest();
        assert_eq!(settings.finish().is_ok(), fine, "{shown}");
    }
}

fn closed(mut nodes: Vec<Setting>) -> Vec<Setting> {
    *nodes.last_mut().unwrap() = Setting::Items(vec![]);
    nodes
}

fn wide(nodes: usize) -> Vec<Setting> {
    let items = Setting::Items((2..nodes as u32).collect());
    [Setting::Table(vec![("x".into(), 1)]), items].into_iter().chain((2..nodes).map(|_| Setting::Flag(true))).collect()
}

#[test]
fn complaints_have_an_end() {
    let many = |count: usize| Tree::Table((0..count).map(|i| (format!("k{i}"), Tree::from(true))).collect());
    assert_eq!(complaints(many(COMPLAINTS_MAX), |_| ()).len(), COMPLAINTS_MAX);
    let over = complaints(many(COMPLAINTS_MAX + 2), |_| ());
    assert_eq!(over.len(), COMPLAINTS_MAX + 1);
    assert_eq!(over.last().unwrap().1, "2 more problems are not shown");
}

#[test]
fn money_is_exact() {
    for (text, minor) in [
        ("0", Some(0)),
        ("48000.00", Some(4_800_000)),
        ("-0.5", Some(-50)),
        ("0.05", Some(5)),
        ("1.", None),
        (".5", None),
        ("1e3", None),
        ("", None),
        ("99999999999999999999", None),
    ] {
        assert_eq!(parse_money(text), minor, "{text}");
    }
}

#[test]
fn codes_have_an_edge() {
    for (length, fine) in [(CODE_BYTES_MAX, true), (CODE_BYTES_MAX + 1, false)] {
        let found = complaints(settings!({ "x": ("a".repeat(length)) }), |root| {
            assert_eq!(root.get("x").code().is_some(), fine);
        });
        assert_eq!(found.is_empty(), fine);
    }
}
