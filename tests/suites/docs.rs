//! Pages made from what is: the vocabulary from the registries, the limits from their constants.

use std::{fmt::Write, fs, path::PathBuf};

use maple_kernel::{Channel, FactDef, FactType, Scope, Text, WordList};
use maple_sandbox as sandbox;
use maple_tests::{house, root};

/// Set, the vocabulary page is written instead of compared.
const WRITE: &str = "MAPLE_WRITE_DOCS";

fn page(name: &str) -> PathBuf {
    root().join("sdk/docs").join(name)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn row(out: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    writeln!(out, "| {} |", cells.join(" | ")).unwrap();
}

fn values(def: &FactDef) -> String {
    match &def.kind {
        FactType::Text(words) if words.is_empty() => "a code of a-z 0-9 _".to_owned(),
        FactType::Text(words) => format!("one of `{}`", words.join("` `")),
        FactType::Words(words) if words.is_empty() => "several codes of a-z 0-9 _".to_owned(),
        FactType::Words(words) => format!("some of `{}`", words.join("` `")),
        FactType::Count { min, max } => {
            let listed = def.counted.as_ref().map_or("", |_| "; at least so many as the case lists among its parties");
            format!("a whole number, {min} to {max}{listed}")
        }
        FactType::Flag => "`true` or `false`".to_owned(),
        FactType::Day => "a day".to_owned(),
        FactType::Money { .. } => "an amount, such as `\"48000.00\"`".to_owned(),
    }
}

fn titled<'t>(out: &mut String, entries: impl Iterator<Item = (&'t str, &'t Text)>) {
    for (id, title) in entries {
        row(out, &[&format!("`{id}`"), &title.zh, &title.en]);
    }
}

/// The vocabulary of the shipped policies as a page.
fn vocabulary() -> String {
    let words = house().compiled.ruleset.vocabulary();
    let mut out = String::from(
        "# The vocabulary\n\n<!-- Made from the registries in `policies/`; `MAPLE_WRITE_DOCS=1 cargo test -p maple-tests \
         --test docs` writes it anew. -->\n\nThe words that cases, policies and decisions are made of. They stand in \
         the registries of [`policies/`](../../policies/README.md#registries); a locality adds its own there.\n",
    );
    let scopes = [
        (Scope::Case, "Facts of a case", "Beside `kind` in `when`, and in `facts` of a case."),
        (Scope::Party, "Facts of a party", "Inside `any` and `all` in `when`, and in `facts` of a party."),
        (Scope::Locality, "Figures of a place", "Set in `localities.toml`; never sent by a caller."),
        (Scope::Derived, "Derived facts", "Set by policies for those asked later; never sent by a caller."),
    ];
    for (scope, title, what) in scopes {
        writeln!(out, "\n## {title}\n\n{what}\n\n| fact | 中文 | English | values |\n|---|---|---|---|").unwrap();
        for (key, def) in words.facts.iter().filter(|(_, def)| def.scope == scope) {
            row(&mut out, &[&format!("`{key}`"), &def.title.zh, &def.title.en, &values(def)]);
        }
    }
    out.push_str("\n## Kinds of dispute\n\n| kind | 中文 | English |\n|---|---|---|\n");
    titled(&mut out, words.kinds.iter().map(|(id, title)| (id.as_str(), title)));
    out.push_str(
        "\n## Channels\n\n| channel | 中文 | English | class | in | free by law |\n|---|---|---|---|---|---|\n",
    );
    for (id, channel) in &words.channels {
        let Channel { class, title, within, free, .. } = channel;
        let free = if *free { "yes" } else { "" };
        row(&mut out, &[&format!("`{id}`"), &title.zh, &title.en, class.as_str(), within.as_str(), free]);
    }
    let lists = [
        (WordList::Duty, "Duties"),
        (WordList::Bearer, "Who bears a duty or answers for a warning"),
        (WordList::Clock, "Clocks"),
        (WordList::Signal, "Warnings"),
        (WordList::Measure, "Measures"),
        (WordList::Skill, "Skills"),
        (WordList::Body, "Bodies"),
        (WordList::Event, "Events that a term runs from"),
        (WordList::Referral, "Reasons for calling a person"),
        (WordList::Param, "Parameters"),
        (WordList::Source, "Doors a case comes through"),
        (WordList::Role, "Roles"),
        (WordList::Right, "Rights"),
    ];
    for (list, title) in lists {
        let Some(entries) = words.words.get(&list) else { continue };
        writeln!(out, "\n## {title}\n\n| {} | 中文 | English |\n|---|---|---|", list.as_str()).unwrap();
        titled(&mut out, entries.iter().map(|(code, word)| (code.as_str(), &word.title)));
    }
    out
}

#[test]
fn the_vocabulary_page_is_current() {
    let (path, wanted) = (page("vocabulary.md"), vocabulary());
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(wanted.lines()).find(|(is, should)| is != should);
    assert!(written == wanted, "vocabulary.md is not current; write it with {WRITE}=1. First difference: {differs:?}");
}

#[test]
fn the_limits_of_the_sandbox_are_the_real_ones() {
    let usual = [
        ("FUEL_MAX", sandbox::FUEL_DEFAULT),
        ("MEMORY_BYTES_MAX", sandbox::MEMORY_BYTES_DEFAULT),
        ("WALL_MS_MAX", sandbox::WALL_MS_DEFAULT),
        ("FINDINGS_COUNT_MAX", sandbox::FINDINGS_COUNT_DEFAULT.into()),
        ("ANSWER_BYTES_MAX", sandbox::ANSWER_BYTES_DEFAULT),
        ("CASE_BYTES_MAX", sandbox::CASE_BYTES_DEFAULT),
        ("TABLE_ELEMENTS_MAX", u64::try_from(sandbox::TABLE_ELEMENTS_MAX).unwrap()),
        ("TABLES_COUNT_MAX", sandbox::TABLES_COUNT_MAX.into()),
        ("MEMORIES_COUNT_MAX", sandbox::MEMORIES_COUNT_MAX.into()),
        ("CORE_INSTANCES_COUNT_MAX", sandbox::CORE_INSTANCES_COUNT_MAX.into()),
        ("STACK_BYTES_MAX", u64::try_from(sandbox::STACK_BYTES_MAX).unwrap()),
        ("DIARY_LINES_MAX", u64::try_from(sandbox::DIARY_LINES_DEFAULT).unwrap()),
    ];
    let size = |bytes: usize| u64::try_from(bytes).unwrap();
    let most = [
        ("FUEL_MAX", sandbox::FUEL_MAX),
        ("MEMORY_BYTES_MAX", sandbox::MEMORY_BYTES_MAX),
        ("WALL_MS_MAX", sandbox::WALL_MS_MAX),
        ("FINDINGS_COUNT_MAX", sandbox::FINDINGS_COUNT_MAX.into()),
        ("ANSWER_BYTES_MAX", sandbox::ANSWER_BYTES_MAX),
        ("CASE_BYTES_MAX", sandbox::CASE_BYTES_MAX),
        ("CONFIGURE_FUEL_MAX", sandbox::CONFIGURE_FUEL_MAX),
        ("CONFIGURE_WALL_MS_MAX", sandbox::CONFIGURE_WALL_MS_MAX),
        ("STACK_BYTES_MAX", size(sandbox::STACK_BYTES_MAX)),
        ("MEMORIES_COUNT_MAX", sandbox::MEMORIES_COUNT_MAX.into()),
        ("TABLES_COUNT_MAX", sandbox::TABLES_COUNT_MAX.into()),
        ("CORE_INSTANCES_COUNT_MAX", sandbox::CORE_INSTANCES_COUNT_MAX.into()),
        ("TABLE_ELEMENTS_MAX", size(sandbox::TABLE_ELEMENTS_MAX)),
        ("COMPONENT_BYTES_MAX", size(sandbox::COMPONENT_BYTES_MAX)),
        ("COMPONENT_INSTANCES_MAX", sandbox::COMPONENT_INSTANCES_MAX),
        ("SETTINGS_NODES_MAX", size(sandbox::SETTINGS_NODES_MAX)),
        ("SETTINGS_BYTES_MAX", size(sandbox::SETTINGS_BYTES_MAX)),
        ("RULES_COUNT_MAX", size(sandbox::RULES_COUNT_MAX)),
        ("READS_COUNT_MAX", size(sandbox::READS_COUNT_MAX)),
        ("PARAMS_COUNT_MAX", size(sandbox::PARAMS_COUNT_MAX)),
        ("BASIS_COUNT_MAX", size(sandbox::BASIS_COUNT_MAX)),
        ("EVIDENCE_COUNT_MAX", size(sandbox::EVIDENCE_COUNT_MAX)),
        ("DIARY_LINES_MAX", size(sandbox::DIARY_LINES_MAX)),
        ("DIARY_LINE_BYTES_MAX", size(sandbox::DIARY_LINE_BYTES_MAX)),
    ];
    let text = fs::read_to_string(page("sandbox.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.ends_with("_MAX` |"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), most.len());
    for cells in rows {
        let [_, _, its_usual, its_most, name] = cells[..] else { panic!("{cells:?}") };
        let find =
            |list: &[(&str, u64)]| list.iter().find(|(n, _)| *n == name.trim_matches('`')).map(|(_, n)| n.to_string());
        assert_eq!(Some(its_most), find(&most).as_deref(), "{name}");
        assert_eq!(its_usual, find(&usual).unwrap_or_default(), "{name}");
    }
}

#[test]
fn every_kind_of_fault_is_on_the_page() {
    let text = fs::read_to_string(page("sandbox.md")).unwrap();
    for kind in maple_kernel::FaultKind::ALL {
        assert!(text.contains(&format!("| `{}` |", kind.as_str())), "{}", kind.as_str());
    }
}
