//! `[[case]]`: a dispute and what the decision must say of it.

use std::{fmt, sync::Arc};

use maple_kernel::{
    Case, ChannelId, Code, Day, FactDef, FactKey, FactType, Facts, LocalityId, Outcome, Party, PartyType, PolicyId,
    Purposes, Question, RuleId, Scope, Value, WordList,
};

use super::{
    Context, PARTY_TYPES,
    rules::{self, Window},
};
use crate::{
    fields::{self, Fields},
    registries::{guardrail, one_of},
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

/// A rule as a case names it: `R19`, or `cn/labour#R19` where several policies have one of that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleRef {
    /// The policy, when it is named.
    pub policy: Option<PolicyId>,
    /// The rule.
    pub rule: RuleId,
}

impl RuleRef {
    fn parse(text: &str) -> Self {
        match rules::split(text) {
            (policy, Some(rule)) => Self { policy: Some(policy), rule },
            (rule, None) => Self { policy: None, rule: rule.as_str().into() },
        }
    }

    /// True when it means this rule of this policy.
    #[must_use]
    pub fn means(&self, policy: &PolicyId, rule: &RuleId) -> bool {
        self.rule == *rule && self.policy.as_ref().is_none_or(|named| named == policy)
    }
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.policy {
            Some(policy) => write!(f, "{policy}#{}", self.rule),
            None => write!(f, "{}", self.rule),
        }
    }
}

/// What a decision must say. What is not written is not compared; an empty list written out means "none".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// Whether a way is shown or a person decides.
    pub outcome: Option<Outcome>,
    /// The code of the referral.
    pub referral: Option<Code>,
    /// The channel of the first step.
    pub first: Option<ChannelId>,
    /// Channels among the steps.
    pub has_channels: Vec<ChannelId>,
    /// Channels not among the steps.
    pub lacks_channels: Vec<ChannelId>,
    /// Rules that something in the decision rests on.
    pub has_rules: Vec<RuleRef>,
    /// Rules that nothing in the decision rests on.
    pub lacks_rules: Vec<RuleRef>,
    /// Channels closed.
    pub excluded: Option<Vec<ChannelId>>,
    /// What must come before what.
    pub preconditions: Option<Vec<(ChannelId, ChannelId)>>,
    /// Duties imposed.
    pub has_duties: Vec<Code>,
    /// Duties not imposed.
    pub lacks_duties: Vec<Code>,
    /// Clocks and their last days.
    pub clocks: Vec<(Code, Day)>,
    /// Signals raised.
    pub signals: Option<Vec<Code>>,
    /// Signals not raised.
    pub lacks_signals: Vec<Code>,
    /// Guardrails that acted.
    pub guardrails: Option<Vec<&'static str>>,
    /// Rights told.
    pub rights: Vec<Code>,
}

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
    pub(crate) has_rules: Vec<(RuleRef, Place)>,
    pub(crate) lacks_rules: Vec<(RuleRef, Place)>,
    pub(crate) expect: Expect,
}

impl CaseDraft {
    pub(crate) fn finish(self, pack: &LocalityId, file: &str, line: u32) -> TestCase {
        let bare = |rules: Vec<(RuleRef, Place)>| rules.into_iter().map(|(rule, _)| rule).collect();
        TestCase {
            pack: pack.clone(),
            name: self.name,
            file: file.to_owned(),
            line,
            question: self.question,
            covers: bare(self.covers),
            expect: Expect { has_rules: bare(self.has_rules), lacks_rules: bare(self.lacks_rules), ..self.expect },
        }
    }
}

/// Reads one `[[case]]` of a pack in force during `window`.
pub(crate) fn read(node: &Node<'_>, window: Window, context: &Context<'_>) -> Option<CaseDraft> {
    let mut fields = Fields::of(node, "a case", context.sink)?;
    let name = fields.need("name").and_then(|n| Some((fields::text(n, "name", context.sink)?, n.place)));
    let covers = rule_refs(fields.names("covers"));
    let as_of = fields.day("as-of");
    let question = fields.need("case").and_then(|n| question(n, as_of, window, context));
    let expected = fields.need("expect").and_then(|n| expect(n, context));
    fields.finish();
    let (name, place) = name?;
    let (expect, has_rules, lacks_rules) = expected?;
    Some(CaseDraft { name: name.to_owned(), place, question: question?, covers, has_rules, lacks_rules, expect })
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
    let facts = fields.get("facts").map(|n| facts(n, Scope::Case, context)).unwrap_or_default();
    fields.finish();
    let filed = filed?;
    let case = Case::new(None, locality?, kind?, source?, filed, parties, facts);
    Some(Question { case, purposes: Purposes::BOTH, as_of: as_of.unwrap_or(filed), explain: false })
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
    let facts = fields.get("facts").map(|n| facts(n, Scope::Party, context)).unwrap_or_default();
    fields.finish();
    Some(Party { role: role?, kind: kind?, facts })
}

fn facts(node: &Node<'_>, scope: Scope, context: &Context<'_>) -> Facts {
    if Fields::of(node, "`facts`", context.sink).is_none() {
        return Facts::default();
    }
    let one = |entry: &Entry<'_>| {
        let (key, def): (FactKey, &FactDef) = context.lexicon.fact(&entry.key, entry.place, &[scope], context.sink)?;
        Some((key, values::value(&entry.node, &entry.key, def, context.sink)?))
    };
    Facts::new(node.entries().iter().filter_map(one).collect())
}

type Expected = (Expect, Vec<(RuleRef, Place)>, Vec<(RuleRef, Place)>);

fn expect(node: &Node<'_>, context: &Context<'_>) -> Option<Expected> {
    let mut fields = Fields::of(node, "`expect`", context.sink)?;
    if node.entries().is_empty() {
        context.sink.error(node.place, "empty-condition", "the case expects nothing, so it shows nothing");
    }
    let outcomes = [("route", Outcome::Route), ("refer", Outcome::Refer)];
    let channel = |(name, place): (&str, Place)| context.lexicon.channel(name, place, context.sink).map(|(id, _)| id);
    let channels = |names: Vec<(&str, Place)>| names.into_iter().filter_map(&channel).collect();
    let words = |list, names| context.lexicon.words(list, names, context.sink);
    let expect = Expect {
        outcome: fields.get("outcome").and_then(|n| one_of(n, "outcome", &outcomes, context.sink)),
        referral: words(WordList::Referral, fields.names("referral")).pop(),
        first: fields.names("first").into_iter().find_map(channel),
        has_channels: channels(fields.names("has-channels")),
        lacks_channels: channels(fields.names("lacks-channels")),
        has_rules: Vec::new(),
        lacks_rules: Vec::new(),
        excluded: given(&mut fields, "excluded").map(channels),
        preconditions: given(&mut fields, "preconditions").map(|names| preconditions(names, context)),
        has_duties: words(WordList::Duty, fields.names("has-duties")),
        lacks_duties: words(WordList::Duty, fields.names("lacks-duties")),
        clocks: fields.get("clocks").map(|n| clocks(n, context)).unwrap_or_default(),
        signals: given(&mut fields, "signals").map(|names| words(WordList::Signal, names)),
        lacks_signals: words(WordList::Signal, fields.names("lacks-signals")),
        guardrails: given(&mut fields, "guardrails")
            .map(|names| names.into_iter().filter_map(|(name, place)| guardrail(name, place, context.sink)).collect()),
        rights: words(WordList::Right, fields.names("rights")),
    };
    let (has, lacks) = (rule_refs(fields.names("has-rules")), rule_refs(fields.names("lacks-rules")));
    fields.finish();
    Some((expect, has, lacks))
}

/// The names of a list, when it is written at all.
fn given<'t>(fields: &mut Fields<'t, '_>, key: &'static str) -> Option<Vec<(&'t str, Place)>> {
    fields.get(key)?;
    Some(fields.names(key))
}

fn preconditions(names: Vec<(&str, Place)>, context: &Context<'_>) -> Vec<(ChannelId, ChannelId)> {
    let one = |(text, place): (&str, Place)| {
        let Some((first, before)) = text.split_once('>') else {
            let message = format!("`{text}` does not say what comes before what");
            let advice = "write it like \"labour_arbitration>court\"";
            context.sink.error_help(place, "bad-precondition", message, advice);
            return None;
        };
        let known = |name: &str| context.lexicon.channel(name.trim(), place, context.sink).map(|(id, _)| id);
        known(first).zip(known(before))
    };
    names.into_iter().filter_map(one).collect()
}

fn clocks(node: &Node<'_>, context: &Context<'_>) -> Vec<(Code, Day)> {
    if Fields::of(node, "`clocks`", context.sink).is_none() {
        return Vec::new();
    }
    let one = |entry: &Entry<'_>| {
        let code = context.lexicon.word(WordList::Clock, &entry.key, entry.place, context.sink);
        let day = fields::day(&entry.node, &entry.key, context.sink);
        code.zip(day)
    };
    node.entries().iter().filter_map(one).collect()
}
