//! The constants that authors write instead of words are those of the vocabulary, in every language, and current.
//!
//! `MAPLE_UPDATE=1 cargo test -p maple-tests --test vocabulary` writes them anew.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use maple_kernel::{FactDef, FactType, Scope};
use maple_tests::{house, root};

/// A list of constants: its name, what it is, and each word with what it means.
struct List {
    name: &'static str,
    what: &'static str,
    words: Vec<(String, String)>,
}

fn lists() -> [List; 3] {
    let vocabulary = house().compiled.ruleset.vocabulary();
    let facts = vocabulary.facts.iter().map(|(key, def)| (key.to_string(), fact(def)));
    let kinds = vocabulary.kinds.iter().map(|(id, title)| (id.to_string(), title.en.to_string()));
    let channels = vocabulary.channels.iter().map(|(id, channel)| {
        let place = if channel.within.as_str() == "*" { String::new() } else { format!(", in `{}`", channel.within) };
        (id.to_string(), format!("{}: {}{place}", channel.title.en, channel.class.as_str()))
    });
    [
        List { name: "facts", what: "The keys of facts", words: facts.collect() },
        List { name: "kinds", what: "The kinds of disputes", words: kinds.collect() },
        List { name: "channels", what: "The channels of disputes", words: channels.collect() },
    ]
}

fn fact(def: &FactDef) -> String {
    let of = match def.scope {
        Scope::Case => "",
        Scope::Party => ", of a party",
        Scope::Locality => ", of the place",
        Scope::Derived => ", set by policies",
        Scope::Context => ", counted by the service",
    };
    let listed = |kind: &str, words: &[std::sync::Arc<str>]| {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        if words.is_empty() { kind.to_owned() } else { format!("{kind} ({})", words.join(", ")) }
    };
    let kind = match &def.kind {
        FactType::Text(words) => listed("text", words),
        FactType::Words(words) => listed("words", words),
        FactType::Count { .. } => "count".into(),
        FactType::Flag => "flag".into(),
        FactType::Day => "day".into(),
        FactType::Money { .. } => "money".into(),
    };
    format!("{}: {kind}{of}", def.title.en)
}

fn constant(word: &str) -> String {
    word.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

const MADE: &str = "made from `policies/` by the test `vocabulary`";

fn rust(list: &List) -> String {
    let mut text = format!("//! {} that ship; {MADE}. Any other may be written as text.\n", list.what);
    for (word, meaning) in &list.words {
        write!(text, "\n/// {meaning}.\npub const {}: &str = {word:?};\n", constant(word)).unwrap();
    }
    text
}

fn python(list: &List) -> String {
    let what = list.what;
    let mut text = format!("\"\"\"{what} that ship; {MADE}.\"\"\"\n\nfrom typing import Final\n");
    for (word, meaning) in &list.words {
        write!(text, "\n{}: Final = {word:?}\n\"\"\"{meaning}.\"\"\"\n", constant(word)).unwrap();
    }
    text
}

fn javascript(list: &List) -> String {
    let List { name, what, words } = list;
    let mut text = format!(
        "/** {what} that ship; {MADE}. */\nexport const {name} = Object.freeze(\n  /** @type {{const}} */ ({{\n"
    );
    for (word, meaning) in words {
        writeln!(text, "    /** {meaning}. */\n    {}: {word:?},", constant(word)).unwrap();
    }
    text.push_str("  }),\n);\n");
    text
}

#[test]
fn constants_are_current_in_every_language() {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for list in &lists() {
        let name = list.name;
        files.insert(format!("sdk/guest/src/{name}.rs").into(), rust(list));
        files.insert(format!("sdk/templates/python/vendor/maple/{name}.py").into(), python(list));
        files.insert(format!("sdk/templates/javascript/vendor/maple/{name}.js").into(), javascript(list));
    }
    for (path, text) in files {
        let at = root().join(&path);
        if std::env::var_os("MAPLE_UPDATE").is_some() {
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, &text).unwrap();
        }
        let found = fs::read_to_string(&at).unwrap_or_default();
        assert!(found == text, "{} is not current; run this test with MAPLE_UPDATE=1", path.display());
    }
}

#[test]
fn no_two_words_share_a_constant() {
    for list in lists() {
        let mut seen = BTreeMap::new();
        for (word, _) in &list.words {
            let before = seen.insert(constant(word), word);
            assert_eq!(before, None, "{word}");
        }
    }
}
