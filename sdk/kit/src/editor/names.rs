//! Names: which fit, what they mean, where they are introduced.

use std::{collections::BTreeSet, ops::Range};

use maple_bundle::format::{File, Names, SUBJECTS, Shape};
use maple_kernel::{FactDef, FactKey, FactType, Scope, WordList};

use super::{
    Desk, describe,
    scan::{ROOT, Scan},
    slot::text_of,
};

/// A name that fits.
#[derive(Clone, Debug)]
pub(super) struct Fitting {
    pub(super) name: String,
    /// In a few words, both languages.
    pub(super) detail: String,
    /// In full, Markdown.
    pub(super) text: String,
}

/// What kind of name a definition introduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Fact,
    Kind,
    Channel,
    Provision,
    Locality,
    Word(WordList),
    Guardrails,
    Calendar,
    /// `policy#rule`.
    Rule,
    Policy,
}

/// Where a name is introduced.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) sort: Sort,
    pub(super) name: String,
    pub(super) range: Range<usize>,
    /// What it is called or does, in English, where its own entry says it.
    pub(super) says: Option<String>,
}

const LISTS: [WordList; 13] = [
    WordList::Duty,
    WordList::Bearer,
    WordList::Signal,
    WordList::Measure,
    WordList::Clock,
    WordList::Skill,
    WordList::Body,
    WordList::Event,
    WordList::Referral,
    WordList::Param,
    WordList::Source,
    WordList::Role,
    WordList::Right,
];

/// The names that a file introduces.
pub(super) fn definitions(file: File, path: &str, text: &str, scan: &Scan) -> Vec<Definition> {
    match file {
        File::Facts => listed(text, scan, "fact", "key", Sort::Fact),
        File::Kinds => listed(text, scan, "kind", "id", Sort::Kind),
        File::Aggregates => listed(text, scan, "aggregate", "key", Sort::Fact),
        File::Channels => listed(text, scan, "channel", "id", Sort::Channel),
        File::Provisions => listed(text, scan, "provision", "id", Sort::Provision),
        File::Localities => listed(text, scan, "locality", "id", Sort::Locality),
        File::Words => LISTS.into_iter().flat_map(|list| words(text, scan, list)).collect(),
        File::Guardrails => tables(scan),
        File::Holidays => calendar(text, scan).into_iter().collect(),
        File::Pack | File::Rules => rules(path, text, scan),
    }
}

/// The entries of `[[list]]`, named by a key of theirs.
fn listed(text: &str, scan: &Scan, list: &str, key: &str, sort: Sort) -> Vec<Definition> {
    let Some((list, _)) = scan.child(ROOT, list) else { return Vec::new() };
    let one = |item: usize| {
        let (_, node) = scan.child(item, key)?;
        Some(Definition {
            sort,
            name: text_of(text, scan, item, key)?,
            range: node.span.clone(),
            says: says(text, scan, item),
        })
    };
    scan.children(list).filter_map(|(item, _)| one(item)).collect()
}

/// The English title or summary of an entry.
fn says(text: &str, scan: &Scan, item: usize) -> Option<String> {
    let (told, _) = scan.child(item, "summary").or_else(|| scan.child(item, "title"))?;
    text_of(text, scan, told, "en")
}

fn words(text: &str, scan: &Scan, list: WordList) -> Vec<Definition> {
    let Some((table, _)) = scan.child(ROOT, list.as_str()) else { return Vec::new() };
    let entries = scan.children(table).filter_map(|(id, node)| Some((id, node.key.clone()?)));
    let one = |(id, (name, range))| Definition { sort: Sort::Word(list), name, range, says: says(text, scan, id) };
    entries.map(one).collect()
}

fn tables(scan: &Scan) -> Vec<Definition> {
    let keys = scan.children(ROOT).filter_map(|(_, node)| node.key.clone());
    keys.filter(|(name, _)| name != "trust")
        .map(|(name, range)| Definition { sort: Sort::Guardrails, name, range, says: None })
        .collect()
}

fn calendar(text: &str, scan: &Scan) -> Option<Definition> {
    let (_, node) = scan.child(ROOT, "calendar")?;
    let name = text_of(text, scan, ROOT, "calendar")?;
    Some(Definition { sort: Sort::Calendar, name, range: node.span.clone(), says: None })
}

fn rules(path: &str, text: &str, scan: &Scan) -> Vec<Definition> {
    let stem = path.strip_suffix(".toml").unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    let mut found = listed(text, scan, "policy", "id", Sort::Policy);
    let rules = listed(text, scan, "rule", "id", Sort::Rule);
    let own = text_of(text, scan, ROOT, "id").unwrap_or_else(|| name.to_owned());
    for policy in &mut found {
        policy.name = format!("{folder}/{}", policy.name);
    }
    if scan.child(ROOT, "rule").is_some() {
        found.push(Definition { sort: Sort::Policy, name: format!("{folder}/{own}"), range: 0..0, says: None });
    }
    let full = |rule: Definition| Definition { name: format!("{folder}/{own}#{}", rule.name), ..rule };
    found.extend(rules.into_iter().map(full));
    found
}

/// Where a name is introduced.
pub(super) fn find<'d>(desk: &'d Desk, path: &str, names: Names, name: &str) -> Option<(&'d str, Range<usize>)> {
    let sort = match names {
        Names::Facts(_) | Names::Flags | Names::Starts => Sort::Fact,
        Names::Kinds | Names::KindFamilies => Sort::Kind,
        Names::Channels => Sort::Channel,
        Names::Words(list) | Names::WordsOrAll(list) => Sort::Word(list),
        Names::Provisions => Sort::Provision,
        Names::Localities | Names::LocalityFamilies | Names::Trees => Sort::Locality,
        Names::Guardrails => Sort::Guardrails,
        Names::Calendars => Sort::Calendar,
        Names::Replaced if !name.contains('#') => Sort::Policy,
        Names::Rules | Names::Replaced => Sort::Rule,
        Names::Preconditions | Names::Subjects => return None,
    };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own_rule = sort == Sort::Rule && !name.contains('#');
    let means = |of: &str, definition: &Definition| {
        if own_rule {
            let in_pack = of.rsplit_once('/').is_some_and(|(of, _)| of == folder);
            return in_pack && definition.name.rsplit_once('#').is_some_and(|(_, rule)| rule == name);
        }
        definition.name == name
    };
    desk.pages.iter().find_map(|(of, page)| {
        let found = page.definitions.iter().find(|d| d.sort == sort && means(of, d))?;
        Some((of.as_str(), found.range.clone()))
    })
}

/// A name in words.
pub(super) fn describe(desk: &Desk, names: Names, name: &str) -> Option<String> {
    let words = &desk.words.vocabulary;
    match names {
        Names::Facts(_) | Names::Flags | Names::Starts => Some(describe::fact(name, words.facts.get(name)?)),
        Names::Kinds | Names::KindFamilies => Some(describe::titled(name, words.kinds.get(name)?)),
        Names::Channels => Some(describe::channel(name, words.channels.get(name)?)),
        Names::Words(list) | Names::WordsOrAll(list) => {
            Some(describe::word(list.as_str(), name, words.word(list, name)?))
        }
        Names::Provisions => Some(describe::provision(name, words.provisions.get(name)?)),
        Names::Localities | Names::LocalityFamilies | Names::Trees => {
            Some(describe::locality(name, desk.words.localities.get(name)?))
        }
        Names::Preconditions => {
            let (first, before) = name.split_once('>')?;
            let one = |name: &str| Some(describe::channel(name.trim(), words.channels.get(name.trim())?));
            Some(format!("{}\n\n---\n\n{}", one(first)?, one(before)?))
        }
        Names::Subjects | Names::Rules | Names::Replaced | Names::Guardrails | Names::Calendars => None,
    }
}

/// A value in words.
pub(super) fn of_value(desk: &Desk, shape: &Shape, value: &str) -> Option<String> {
    match shape {
        Shape::Name(names) => describe(desk, *names, value),
        Shape::Choice(words) => words.iter().find(|word| word.word == value).map(describe::choice),
        _ => None,
    }
}

/// The names that fit in a file.
pub(super) fn fitting(desk: &Desk, path: &str, names: Names) -> Vec<Fitting> {
    match names {
        Names::Facts(scopes) => facts(desk, |_, def| scopes.contains(&def.scope)),
        Names::Flags => facts(desk, |_, def| def.kind == FactType::Flag && of_a_case(def)),
        Names::Starts => {
            let mut found =
                vec![plain("filed", "立案日 · the day it was filed"), plain("today", "案件之日 · the day of the case")];
            found.extend(facts(desk, |_, def| def.kind == FactType::Day && of_a_case(def)));
            found
        }
        Names::Kinds => kinds(desk),
        Names::KindFamilies => families(kinds(desk), '.'),
        Names::Channels => channels(desk, path),
        Names::Preconditions => preconditions(desk, path),
        Names::Trees => {
            let mut found = vec![plain("*", "各处 · everywhere")];
            found.extend(localities(desk).into_iter().filter(|l| !l.name.contains('/')));
            found
        }
        Names::Words(list) => words_of(desk, list),
        Names::WordsOrAll(list) => words_of(desk, list),
        Names::Subjects => subjects(desk),
        Names::Provisions => provisions(desk),
        Names::Localities => localities(desk),
        Names::LocalityFamilies => families(localities(desk), '/'),
        Names::Rules => rules_of(desk, path),
        Names::Replaced => replaced(desk, path),
        Names::Guardrails => defined(desk, Sort::Guardrails),
        Names::Calendars => defined(desk, Sort::Calendar),
    }
}

fn plain(name: &str, detail: &str) -> Fitting {
    Fitting { name: name.to_owned(), detail: detail.to_owned(), text: detail.to_owned() }
}

const fn of_a_case(def: &FactDef) -> bool {
    matches!(def.scope, Scope::Case | Scope::Derived)
}

fn facts(desk: &Desk, fits: impl Fn(&FactKey, &FactDef) -> bool) -> Vec<Fitting> {
    let facts = desk.words.vocabulary.facts.iter().filter(|(key, def)| fits(key, def));
    let one = |(key, def): (&FactKey, &FactDef)| Fitting {
        name: key.as_str().to_owned(),
        detail: describe::both(&def.title),
        text: describe::fact(key.as_str(), def),
    };
    facts.map(one).collect()
}

fn kinds(desk: &Desk) -> Vec<Fitting> {
    let one = |(id, title): (&maple_kernel::KindId, &maple_kernel::Text)| Fitting {
        name: id.as_str().to_owned(),
        detail: describe::both(title),
        text: describe::titled(id.as_str(), title),
    };
    desk.words.vocabulary.kinds.iter().map(one).collect()
}

/// The names, and before them each beginning that several share.
fn families(names: Vec<Fitting>, between: char) -> Vec<Fitting> {
    let prefixes: BTreeSet<String> = names
        .iter()
        .flat_map(|f| {
            f.name.match_indices(between).map(|(at, _)| format!("{}{between}*", f.name.get(..at).unwrap_or_default()))
        })
        .collect();
    let mut found: Vec<Fitting> = prefixes.iter().map(|name| plain(name, "一族 · a family")).collect();
    found.extend(names);
    found
}

/// The channels that exist where the pack speaks.
fn channels(desk: &Desk, path: &str) -> Vec<Fitting> {
    let root = path.split_once('/').map_or("", |(root, _)| root);
    let place = desk.words.localities.keys().find(|id| id.as_str() == root);
    let here = |within: &str| {
        within == "*" || place.is_none() || path.strip_prefix(within).is_some_and(|rest| rest.starts_with('/'))
    };
    let channels = desk.words.vocabulary.channels.iter().filter(|(_, channel)| here(channel.within.as_str()));
    let one = |(id, channel): (&maple_kernel::ChannelId, &maple_kernel::Channel)| Fitting {
        name: id.as_str().to_owned(),
        detail: describe::both(&channel.title),
        text: describe::channel(id.as_str(), channel),
    };
    channels.map(one).collect()
}

/// A channel before each one that decides.
fn preconditions(desk: &Desk, path: &str) -> Vec<Fitting> {
    let channels = channels(desk, path);
    let decides = |f: &&Fitting| {
        let channel = desk.words.vocabulary.channels.get(f.name.as_str());
        channel.is_some_and(|c| c.class == maple_kernel::Class::Adjudicative)
    };
    let last: Vec<&Fitting> = channels.iter().filter(decides).collect();
    let pair = |first: &Fitting, before: &&Fitting| Fitting {
        name: format!("{}>{}", first.name, before.name),
        detail: format!("{} → {}", first.detail, before.detail),
        text: format!("{}\n\n---\n\n{}", first.text, before.text),
    };
    let others =
        |first: &Fitting| last.iter().filter(|b| b.name != first.name).map(|b| pair(first, b)).collect::<Vec<_>>();
    channels.iter().flat_map(others).collect()
}

fn words_of(desk: &Desk, list: WordList) -> Vec<Fitting> {
    let words = desk.words.vocabulary.words.get(&list).into_iter().flatten();
    let one = |(code, word): (&maple_kernel::Code, &maple_kernel::Word)| Fitting {
        name: code.as_str().to_owned(),
        detail: describe::both(&word.title),
        text: describe::word(list.as_str(), code.as_str(), word),
    };
    words.map(one).collect()
}

fn subjects(desk: &Desk) -> Vec<Fitting> {
    let organisations = words_of(desk, WordList::Role).into_iter().map(|role| Fitting {
        name: format!("organisation:{}", role.name),
        detail: role.detail,
        text: role.text,
    });
    organisations.chain(SUBJECTS.iter().map(|subject| plain(subject.word, &describe::label(&subject.label)))).collect()
}

fn provisions(desk: &Desk) -> Vec<Fitting> {
    let one = |(id, p): (&maple_kernel::ProvisionId, &maple_kernel::Provision)| Fitting {
        name: id.as_str().to_owned(),
        detail: format!("{} {} · {}", p.law.zh, p.article, p.summary.zh),
        text: describe::provision(id.as_str(), p),
    };
    desk.words.vocabulary.provisions.iter().map(one).collect()
}

fn localities(desk: &Desk) -> Vec<Fitting> {
    let one = |(id, locality): (&maple_kernel::LocalityId, &maple_kernel::Locality)| Fitting {
        name: id.as_str().to_owned(),
        detail: describe::both(&locality.title),
        text: describe::locality(id.as_str(), locality),
    };
    desk.words.localities.iter().map(one).collect()
}

fn defined(desk: &Desk, sort: Sort) -> Vec<Fitting> {
    let names = desk.pages.values().flat_map(|page| &page.definitions).filter(|d| d.sort == sort);
    let unique: BTreeSet<&str> = names.map(|d| d.name.as_str()).collect();
    unique.into_iter().map(|name| plain(name, "")).collect()
}

/// The rules of the pack that a file belongs to.
fn rules_of(desk: &Desk, path: &str) -> Vec<Fitting> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let of_the_pack = desk.pages.iter().filter(|(of, _)| of.rsplit_once('/').is_some_and(|(of, _)| of == folder));
    let mut seen = BTreeSet::new();
    let rules = of_the_pack.flat_map(|(_, page)| &page.definitions).filter(|d| d.sort == Sort::Rule);
    let short = |d: &Definition| d.name.rsplit_once('#').map_or_else(|| d.name.clone(), |(_, rule)| rule.to_owned());
    rules.filter(|d| seen.insert(short(d))).map(|d| plain(&short(d), d.says.as_deref().unwrap_or_default())).collect()
}

/// The policies and rules of the packs above.
fn replaced(desk: &Desk, path: &str) -> Vec<Fitting> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let above = |of: &str| {
        of.rsplit_once('/').is_some_and(|(of, _)| folder.strip_prefix(of).is_some_and(|r| r.starts_with('/')))
    };
    let pages = desk.pages.iter().filter(|(of, _)| above(of));
    let mut seen = BTreeSet::new();
    pages
        .flat_map(|(_, page)| &page.definitions)
        .filter(|d| matches!(d.sort, Sort::Rule | Sort::Policy) && seen.insert(d.name.clone()))
        .map(|d| plain(&d.name, d.says.as_deref().unwrap_or_default()))
        .collect()
}
