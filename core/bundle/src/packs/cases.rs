//! `[[case]]`: a dispute and what the decision must say of it.

use std::sync::Arc;

use maple_kernel::{
    Case, Code, Day, FactDef, FactKey, FactType, Facts, LocalityId, Party, PartyType, Purposes, Question, Scope, Value,
    WordList,
};

use super::{
    Context, PARTY_TYPES,
    expect::{self, Expect, RuleRef},
    rules::Window,
};
use crate::{
    fields::{self, Fields},
    registries::one_of,
    sink::Place,
    tree::{Entry, Node},
    values,
};

/// How many cases one pack may have.
pub const PACK_CASES_MAX: usize = 10_000;
/// How many parties a case may have.
pub const CASE_PARTIES_MAX: usize = 64;

/// The day of a case that gives none (a Wednesday without a holiday near).
const DAY_DEFAULT: (i16, i8, i8) = (2026, 6, 10);
/// The door of a case that gives none.
const SOURCE_DEFAULT: &str = "counter";

/// One case of a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// The pack it belongs to.
    pub pack: LocalityId,
    /// Its name, once in the pack.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// The line it begins at.
    pub line: u32,
    /// The question it asks.
    pub question: Question,
    /// The pack's rules that it shows at work.
    pub covers: Vec<RuleRef>,
    /// What the decision must say.
    pub expect: Expect,
}

/// A case on its way, with the places of the rules it names.
pub(crate) struct CaseDraft {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) question: Question,
    pub(crate) covers: Vec<(RuleRef, Place)>,
    pub(crate) expect: Expect,
    has_places: Vec<Place>,
    lacks_places: Vec<Place>,
}

impl CaseDraft {
    pub(crate) fn finish(self, pack: &LocalityId, file: &str, line: u32) -> TestCase {
        TestCase {
            pack: pack.clone(),
            name: self.name,
            file: file.to_owned(),
            line,
            question: self.question,
            covers: self.covers.into_iter().map(|(rule, _)| rule).collect(),
            expect: self.expect,
        }
    }

    /// Rules that must be at work, with where they are named.
    pub(crate) fn has_rules(&self) -> impl Iterator<Item = (&RuleRef, Place)> {
        self.expect.has_rules.iter().map(|rule| &rule.rule).zip(self.has_places.iter().copied())
    }

    /// Rules that must not be at work, with where they are named.
    pub(crate) fn lacks_rules(&self) -> impl Iterator<Item = (&RuleRef, Place)> {
        self.expect.lacks_rules.iter().zip(self.lacks_places.iter().copied())
    }
}

/// Reads one `[[case]]` of a pack in force during `window`.
pub(crate) fn read(node: &Node<'_>, window: Window, context: &Context<'_>) -> Option<CaseDraft> {
    let mut fields = Fields::of(node, "a case", context.sink)?;
    let name = fields.need("name").and_then(|n| Some((fields::text(n, "name", context.sink)?, n.place)));
    let covers = rule_refs(fields.names("covers"));
    let as_of = fields.day("as-of");
    let question = fields.need("case").and_then(|n| question(n, as_of, window, context));
    let expected = fields.need("expect").and_then(|n| expect::read(n, context));
    fields.finish();
    let (name, place) = name?;
    let (expect, has_places, lacks_places) = expected?;
    Some(CaseDraft { name: name.to_owned(), place, question: question?, covers, expect, has_places, lacks_places })
}

fn rule_refs(names: Vec<(&str, Place)>) -> Vec<(RuleRef, Place)> {
    names.into_iter().map(|(name, place)| (RuleRef::parse(name), place)).collect()
}

fn question(node: &Node<'_>, as_of: Option<Day>, window: Window, context: &Context<'_>) -> Option<Question> {
    let mut fields = Fields::of(node, "`case`", context.sink)?;
    let (year, month, day) = DAY_DEFAULT;
    let filed = fields.day("filed").or(as_of).or_else(|| Day::new(year, month, day).max(window.from));
    let kind = fields.need("kind").and_then(|n| {
        let name = fields::text(n, "kind", context.sink)?;
        context.lexicon.kind(name, n.place, context.sink)
    });
    let source = match fields.get("source") {
        Some(n) => fields::text(n, "source", context.sink)
            .and_then(|name| context.lexicon.word(WordList::Source, name, n.place, context.sink)),
        None => default_source(context),
    };
    let locality = match fields.get("locality") {
        Some(n) => fields::text(n, "locality", context.sink)
            .and_then(|name| context.lexicon.locality(name, n.place, context.sink).map(|(id, _)| id)),
        None => Some(context.locality.into()),
    };
    let parties = match fields.get("parties") {
        Some(n) => parties(n, context),
        None => default_parties(context),
    };
    let day = as_of.or(filed);
    let told = fields.get("facts").map(|n| facts(n, Scope::Case, None, day, context)).unwrap_or_default();
    let counted = fields.get("context").map(|n| facts(n, Scope::Context, None, day, context)).unwrap_or_default();
    fields.finish();
    let filed = filed?;
    let case = Case::new(None, locality?, kind?, source?, filed, parties, told);
    let as_of = as_of.unwrap_or(filed);
    Some(Question { case, purposes: Purposes::BOTH, as_of, explain: false, context: counted })
}

fn default_source(context: &Context<'_>) -> Option<Code> {
    let words = &context.lexicon.vocabulary;
    if words.word(WordList::Source, SOURCE_DEFAULT).is_some() {
        return Some(SOURCE_DEFAULT.into());
    }
    words.words.get(&WordList::Source).and_then(|sources| sources.keys().next().cloned())
}

/// An adult against an organisation, neither of whom has said yes or no.
fn default_parties(context: &Context<'_>) -> Vec<Party> {
    let known = |key: &str, word: &str| {
        let def = context.lexicon.vocabulary.facts.get(key)?;
        let FactType::Text(words) = &def.kind else { return None };
        let fits = def.scope == Scope::Party && (words.is_empty() || words.iter().any(|w| &**w == word));
        fits.then(|| (FactKey::from(key), Value::Text(Arc::from(word))))
    };
    let adult = known("age_band", "adult").into_iter().chain(known("consent", "unknown")).collect();
    let other = known("consent", "unknown").into_iter().collect();
    vec![
        Party { role: "applicant".into(), kind: PartyType::Natural, facts: Facts::new(adult) },
        Party { role: "respondent".into(), kind: PartyType::Organisation, facts: Facts::new(other) },
    ]
}

fn parties(node: &Node<'_>, context: &Context<'_>) -> Vec<Party> {
    let items = fields::items(node, "parties", context.sink);
    if items.len() > CASE_PARTIES_MAX {
        context.sink.error(node.place, "too-many", format!("a case has at most {CASE_PARTIES_MAX} parties"));
    }
    items.iter().take(CASE_PARTIES_MAX).filter_map(|n| party(n, context)).collect()
}

fn party(node: &Node<'_>, context: &Context<'_>) -> Option<Party> {
    let mut fields = Fields::of(node, "a party", context.sink)?;
    let role = fields.need("role").and_then(|n| {
        let name = fields::text(n, "role", context.sink)?;
        context.lexicon.word(WordList::Role, name, n.place, context.sink)
    });
    let kind = fields.need("type").and_then(|n| one_of(n, "type", &PARTY_TYPES, context.sink));
    let facts = fields.get("facts").map(|n| facts(n, Scope::Party, kind, None, context)).unwrap_or_default();
    fields.finish();
    Some(Party { role: role?, kind: kind?, facts })
}

/// Facts of a case that is decided on `day`, or of a party of a type; what no caller could say is told.
fn facts(node: &Node<'_>, scope: Scope, of: Option<PartyType>, day: Option<Day>, context: &Context<'_>) -> Facts {
    if Fields::of(node, "`facts`", context.sink).is_none() {
        return Facts::default();
    }
    let one = |entry: &Entry<'_>| {
        let (key, def): (FactKey, &FactDef) = context.lexicon.fact(&entry.key, entry.place, &[scope], context.sink)?;
        let value = values::value(&entry.node, &entry.key, def, &entry.key, context.sink)?;
        if def.only.zip(of).is_some_and(|(only, of)| only != of) {
            let message = format!("`{key}` is no fact of such a party");
            context.sink.error_help(entry.place, "wrong-scope", message, "leave it out, or correct the party's `type`");
        }
        if let (true, Value::Day(happened), Some(day)) = (def.past, &value, day)
            && *happened > day
        {
            let message = format!("`{key}` tells what happened, but {happened} lies after the day of the case, {day}");
            context.sink.error_help(
                entry.place,
                "out-of-range",
                message,
                "give a later `filed` or `as-of`, or correct it",
            );
        }
        Some((key, value))
    };
    Facts::new(node.entries().iter().filter_map(one).collect())
}
