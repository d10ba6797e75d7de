use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use maple_kernel::{Configured, PluginInfo, Plugins, Setup, SetupError};

use super::{File, Key, Shape, Table, conditions, effects};
use crate::{Bundle, Diagnostic, Options, compile, fields::asked};

/// A host without any plugin: everything is read, nothing is asked.
struct None;

impl Plugins for None {
    fn list(&self) -> Vec<PluginInfo> {
        Vec::new()
    }

    fn configure(&self, _: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        Vec::new()
    }
}

fn problems(bundle: &Bundle) -> Vec<Diagnostic> {
    compile(bundle, &None, &Options::default()).err().unwrap_or_default()
}

fn shipped() -> Bundle {
    Bundle::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")).unwrap()
}

/// What the shipped policies happen not to write.
const MORE: &str = r#"
id = "more"
complete = true
[[rule]]
id = "M1"
summary = { zh = "甲", en = "a" }
when = { people = { min = 1 }, knew_on = { from = 2024-01-01 }, amount = { max = { fact = "small_claims_cap" } } }
then = [
    { offer = "court" }, { prefer = "court", weight = 1 }, { require-first = "court", before = "court" },
    { forbid = "court" }, { forbid-class = "facilitative" }, { duty = "explain_how_to_refuse" },
    { clock = "limitation_labour", from = "filed", span = "1 year" },
    { signal = "wage_arrears_cluster", level = "red", subject = "place" },
    { derive = "employment_relation", value = true }, { refer = "unclear" },
]
[limits]
fuel = 1
[[policy]]
id = "code"
plugin = { id = "none", version = "^1" }
limits = { fuel = 1 }
target = {}
[[case]]
name = "more"
case = { kind = "labour.wage" }
expect = { steps = { channel = "court" }, has-rules = { rule = "M1" }, has-duties = { duty = "explain_how_to_refuse" }, signals = { signal = "wage_arrears_cluster", level = "red" }, clocks = { limitation_labour = { ends = 2026-01-05 } } }
"#;

/// Every table of the format.
fn tables() -> Vec<&'static Table> {
    let mut found = Vec::new();
    File::ALL.into_iter().for_each(|file| add_table(file.table(), &mut found));
    found
}

fn add_table(table: &'static Table, found: &mut Vec<&'static Table>) {
    if found.iter().any(|known| std::ptr::eq(*known, table)) {
        return;
    }
    found.push(table);
    let others = table.others.as_ref().map(|others| &others.shape);
    table.keys.iter().map(|key| &key.shape).chain(others).for_each(|inner| add_shape(inner, found));
}

fn add_shape(shape: &'static Shape, found: &mut Vec<&'static Table>) {
    match shape {
        Shape::Several(inner) | Shape::List(inner) => add_shape(inner, found),
        Shape::Table(inner) => add_table(inner, found),
        Shape::Verbs(inner) => inner.iter().for_each(|inner| add_table(inner, found)),
        Shape::Either(inner) => inner.iter().for_each(|inner| add_shape(inner, found)),
        _ => {}
    }
}

fn names(keys: &'static [Key]) -> BTreeSet<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

#[test]
fn ids_are_names_of_one_table_each_and_keys_stand_once() {
    let (mut ids, tables) = (BTreeSet::new(), tables());
    assert!(tables.len() > 40, "{}", tables.len());
    for table in tables {
        assert!(ids.insert(table.id), "`{}` is two tables", table.id);
        assert_eq!(names(table.keys).len(), table.keys.len(), "{}", table.id);
        assert!(!table.label.zh.is_empty() && !table.label.en.is_empty());
    }
}

#[test]
fn readers_ask_for_these_keys_and_no_others() {
    asked::forget();
    let more = BTreeMap::from([("cn/more.toml".to_owned(), MORE.as_bytes().to_vec())]);
    let bundle = shipped().with_files(more).unwrap();
    let unreadable: Vec<_> = problems(&bundle).into_iter().filter(|p| p.code == "unknown-key").collect();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let asked = asked::all();
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut by_reader = |what: &'static str, table: &Table| {
        known.entry(what).or_default().extend(table.keys.iter().map(|key| key.name));
    };
    for table in tables() {
        let by_hand = matches!(table.what, "a registry" | "a condition" | "a list of words" | "a table of laws");
        let empty = table.keys.is_empty();
        if !by_hand && !empty {
            by_reader(table.what, table);
        }
    }
    // `pack.toml` is asked for rules only to say that it holds none.
    let mut read = asked.clone();
    if let Some(pack) = read.get_mut("`pack.toml`") {
        pack.remove("rule");
    }
    assert_eq!(read, known);
    let verbs: BTreeSet<&str> = effects::EFFECTS.iter().map(|effect| effect.id).collect();
    assert_eq!(asked::verbs(), verbs.iter().map(|verb| (*verb, effect_keys(verb))).collect());
}

fn effect_keys(verb: &str) -> BTreeSet<&'static str> {
    let table = effects::EFFECTS.iter().find(|effect| effect.id == verb).unwrap();
    assert_eq!(table.keys.first().unwrap().name, verb, "the verb stands first");
    names(table.keys)
}

#[test]
fn parts_for_files_that_become_rules_are_all_that_is_not_their_own() {
    let but = |table: &'static Table, own: &[&'static str]| -> BTreeSet<&str> {
        names(table.keys).into_iter().filter(|name| !own.contains(name)).collect()
    };
    assert_eq!(names(super::HEAD.keys), but(File::Rules.table(), &["rule"]));
    let Some(Shape::List(Shape::Table(rule))) = File::Rules.table().key("rule").map(|key| &key.shape) else {
        unreachable!()
    };
    assert_eq!(names(super::EVERY_RULE.keys), but(rule, &["id", "summary", "when", "then"]));
}

#[test]
fn words_of_closed_lists_are_the_readers_own() {
    asked::forget();
    let more = BTreeMap::from([("cn/more.toml".to_owned(), format!("mode = \"off\"\n{MORE}").into_bytes())]);
    problems(&shipped().with_files(more).unwrap());
    let read = asked::words();
    let mut known: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for key in tables().iter().flat_map(|table| table.keys) {
        let shape = if let Shape::Several(inner) = key.shape { *inner } else { key.shape };
        let Shape::Choice(words) = shape else { continue };
        known.entry(key.name.to_owned()).or_default().extend(words.iter().map(|choice| choice.word));
    }
    // Classes are words of the kernel.
    for key in ["class", "forbid-class"] {
        let classes = maple_kernel::Class::ALL.map(maple_kernel::Class::as_str);
        assert_eq!(known.remove(key), Some(BTreeSet::from(classes)), "{key}");
    }
    assert_eq!(read, known);
}

/// Tables that are read by hand: each key is fed alone to the reader, and one that is not there.
#[test]
fn keys_of_tables_read_by_hand_are_known_and_others_are_not() {
    let base = shipped();
    let told = |file: &str, text: &str| {
        let over = BTreeMap::from([(file.to_owned(), text.as_bytes().to_vec())]);
        let codes = ["unknown-key", "unknown-fact"];
        problems(&base.with_files(over).unwrap()).iter().any(|p| p.file == file && codes.contains(&p.code))
    };
    for (registry, path) in [
        (File::Facts, "facts/more.toml"),
        (File::Kinds, "kinds/more.toml"),
        (File::Channels, "channels/more.toml"),
        (File::Words, "words/more.toml"),
        (File::Provisions, "provisions/more.toml"),
        (File::Localities, "localities/more.toml"),
    ] {
        for key in registry.table().keys {
            let empty = if matches!(key.shape, Shape::Table(_)) { "{}" } else { "[]" };
            assert!(!told(path, &format!("{} = {empty}\n", key.name)), "{path} {}", key.name);
        }
        assert!(told(path, "zzz = []\n"), "{path}");
    }
    let rule = |when: &str| {
        format!(
            "[[rule]]\nid = \"M1\"\nsummary = {{ zh = \"甲\", en = \"a\" }}\nwhen = {when}\nthen = [{{ refer = \"unclear\" }}]\n"
        )
    };
    for key in conditions::CASE_CONDITION.keys {
        assert!(!told("cn/more.toml", &rule(&format!("{{ {} = {{}} }}", key.name))), "{}", key.name);
    }
    assert!(told("cn/more.toml", &rule("{ zzz = {} }")));
    for key in conditions::PARTY_CONDITION.keys {
        assert!(!told("cn/more.toml", &rule(&format!("{{ any = {{ {} = {{}} }} }}", key.name))), "{}", key.name);
    }
    assert!(told("cn/more.toml", &rule("{ any = { zzz = {} } }")));
}

#[test]
fn tests_of_facts_are_known_by_the_type_of_the_fact() {
    let base = shipped();
    for (fact, kind) in [("people", "count"), ("amount", "money"), ("knew_on", "day"), ("relation", "text")] {
        for key in conditions::TEST.keys {
            let when = format!("[[rule]]\nid = \"M1\"\nwhen = {{ {fact} = {{ {} = 1 }} }}\n", key.name);
            let over = BTreeMap::from([("cn/more.toml".to_owned(), when.into_bytes())]);
            let found = problems(&base.with_files(over).unwrap());
            let unknown = found.iter().any(|p| p.file == "cn/more.toml" && p.code == "unknown-key");
            let wanted = key.only.is_none_or(|(of, kinds)| of == conditions::FACT_TYPE && kinds.contains(&kind));
            assert_eq!(unknown, !wanted, "{fact} {}", key.name);
        }
    }
}
