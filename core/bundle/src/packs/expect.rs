//! `expect` of a case: what the decision must say, every word checked.

use std::fmt;

use maple_kernel::{
    ChannelId, Code, Day, Level, Outcome, Param, PolicyId, ProvisionId, RuleId, StepDue, Term, Value, WordList,
};

use super::{
    Context, rules,
    then::{self, CLOCK_WARN_DAYS_MAX, CLOCK_WARNS_MAX},
};
use crate::{
    fields::{self, Fields},
    registries::{guardrail, one_of},
    sink::Place,
    tree::{Entry, Node, Raw},
};

/// A rule as a case names it: `R19`, or `cn/labour#R19` where several policies have one of that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleRef {
    /// The policy, when it is named.
    pub policy: Option<PolicyId>,
    /// The rule.
    pub rule: RuleId,
}

impl RuleRef {
    pub(super) fn parse(text: &str) -> Self {
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

/// A rule that something rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectRule {
    /// The rule.
    pub rule: RuleRef,
    /// Provisions that what it decided rests on.
    pub basis: Vec<ProvisionId>,
}

/// A step, as far as a case tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectStep {
    /// Its channel.
    pub channel: ChannelId,
    /// Who within the channel.
    pub body: Option<Code>,
    /// What the people there can do; an empty list means that nothing is asked of them.
    pub skills: Option<Vec<Code>>,
    /// By when: the day, or the term, or both.
    pub due: Option<StepDue>,
    /// Provisions that it rests on.
    pub basis: Vec<ProvisionId>,
}

/// A duty, as far as a case tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectDuty {
    /// Its code.
    pub code: Code,
    /// Who bears it.
    pub bearer: Option<Code>,
    /// Parameters that it has.
    pub with: Vec<Param>,
    /// Provisions that it rests on.
    pub basis: Vec<ProvisionId>,
}

/// A clock and its last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectClock {
    /// Its code.
    pub code: Code,
    /// Its last day.
    pub ends: Day,
    /// Days before the end on which it warns; an empty list means never.
    pub warn: Option<Vec<u16>>,
    /// Provisions that it rests on.
    pub basis: Vec<ProvisionId>,
}

/// A signal, as far as a case tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectSignal {
    /// Its code.
    pub code: Code,
    /// How urgent it is.
    pub level: Option<Level>,
    /// Provisions that it rests on.
    pub basis: Vec<ProvisionId>,
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
    /// Steps, each with what it says.
    pub steps: Vec<ExpectStep>,
    /// Rules that something in the decision rests on.
    pub has_rules: Vec<ExpectRule>,
    /// Rules that nothing in the decision rests on.
    pub lacks_rules: Vec<RuleRef>,
    /// Channels closed.
    pub excluded: Option<Vec<ChannelId>>,
    /// What must come before what.
    pub preconditions: Option<Vec<(ChannelId, ChannelId)>>,
    /// Duties imposed.
    pub has_duties: Vec<ExpectDuty>,
    /// Duties not imposed.
    pub lacks_duties: Vec<Code>,
    /// Clocks and their last days.
    pub clocks: Vec<ExpectClock>,
    /// Clocks that do not run.
    pub lacks_clocks: Vec<Code>,
    /// Signals raised.
    pub signals: Option<Vec<ExpectSignal>>,
    /// Signals not raised.
    pub lacks_signals: Vec<Code>,
    /// Guardrails that acted.
    pub guardrails: Option<Vec<&'static str>>,
    /// Rights told.
    pub rights: Vec<Code>,
    /// Provisions that something in the decision rests on.
    pub basis: Vec<ProvisionId>,
}

/// What a case expects, and where the rules stand that it names: those of `has-rules` and of `lacks-rules`, in order.
pub(super) type Expected = (Expect, Vec<Place>, Vec<Place>);

pub(super) fn read(node: &Node<'_>, context: &Context<'_>) -> Option<Expected> {
    let mut fields = Fields::of(node, "`expect`", context.sink)?;
    if node.entries().is_empty() {
        context.sink.error(node.place, "empty-condition", "the case expects nothing, so it shows nothing");
    }
    let outcomes = [("route", Outcome::Route), ("refer", Outcome::Refer)];
    let channel = |(name, place): (&str, Place)| context.lexicon.channel(name, place, context.sink).map(|(id, _)| id);
    let channels = |names: Vec<(&str, Place)>| names.into_iter().filter_map(&channel).collect();
    let words = |list, names| context.lexicon.words(list, names, context.sink);
    let (has, has_places) = each(fields.get("has-rules"), "has-rules", context, rule).into_iter().unzip();
    let names = fields.names("lacks-rules").into_iter();
    let (lacks, lacks_places) = names.map(|(name, place)| (RuleRef::parse(name), place)).unzip();
    let expect = Expect {
        outcome: fields.get("outcome").and_then(|n| one_of(n, "outcome", &outcomes, context.sink)),
        referral: words(WordList::Referral, fields.names("referral")).pop(),
        first: fields.names("first").into_iter().find_map(channel),
        has_channels: channels(fields.names("has-channels")),
        lacks_channels: channels(fields.names("lacks-channels")),
        steps: each(fields.get("steps"), "steps", context, step),
        has_rules: has,
        lacks_rules: lacks,
        excluded: given(&mut fields, "excluded").map(channels),
        preconditions: given(&mut fields, "preconditions").map(|names| preconditions(names, context)),
        has_duties: each(fields.get("has-duties"), "has-duties", context, duty),
        lacks_duties: words(WordList::Duty, fields.names("lacks-duties")),
        clocks: fields.get("clocks").map(|n| clocks(n, context)).unwrap_or_default(),
        lacks_clocks: words(WordList::Clock, fields.names("lacks-clocks")),
        signals: fields.get("signals").map(|n| each(Some(n), "signals", context, signal)),
        lacks_signals: words(WordList::Signal, fields.names("lacks-signals")),
        guardrails: given(&mut fields, "guardrails")
            .map(|names| names.into_iter().filter_map(|(name, place)| guardrail(name, place, context.sink)).collect()),
        rights: words(WordList::Right, fields.names("rights")),
        basis: basis(&mut fields, context),
    };
    fields.finish();
    Some((expect, has_places, lacks_places))
}

/// The names of a list, when it is written at all.
fn given<'t>(fields: &mut Fields<'t, '_>, key: &'static str) -> Option<Vec<(&'t str, Place)>> {
    fields.get(key)?;
    Some(fields.names(key))
}

/// The entries of a list, each a word or a table; one alone may stand without the brackets.
fn each<T>(
    node: Option<&Node<'_>>,
    key: &'static str,
    context: &Context<'_>,
    one: impl Fn(&Node<'_>, &'static str, &Context<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(node) = node else { return Vec::new() };
    match &node.value {
        Raw::Items(items) if items.len() > fields::LIST_ITEMS_MAX => {
            let message = format!("`{key}` has more than {} entries", fields::LIST_ITEMS_MAX);
            context.sink.error(node.place, "too-many", message);
            Vec::new()
        }
        Raw::Items(items) => items.iter().filter_map(|item| one(item, key, context)).collect(),
        Raw::Text(_) | Raw::Table(_) => one(node, key, context).into_iter().collect(),
        _ => fields::wrong(node, key, "a list", context.sink).unwrap_or_default(),
    }
}

/// What an entry names: the text that it is, or the text under the first key of the table that it is.
enum Named<'t, 'a> {
    Bare(&'t str, Place),
    Table(Option<(&'t str, Place)>, Fields<'t, 'a>),
}

impl<'t, 'a> Named<'t, 'a> {
    /// An entry of the list `key`; `what` its table is, and `example` how one is written.
    fn of(
        node: &'t Node<'a>,
        (key, first): (&'static str, &'static str),
        what: &'static str,
        example: &str,
        context: &'t Context<'_>,
    ) -> Option<Self> {
        match &node.value {
            Raw::Text(_) => fields::text(node, key, context.sink).map(|text| Self::Bare(text, node.place)),
            Raw::Table(_) => {
                let mut fields = Fields::of(node, what, context.sink)?;
                let named =
                    fields.need(first).and_then(|n| fields::text(n, first, context.sink).map(|text| (text, n.place)));
                Some(Self::Table(named, fields))
            }
            Raw::Bad => None,
            other => {
                let message = format!("an entry of `{key}` is a word or a table, this is {}", other.name());
                context.sink.error_help(node.place, "wrong-type", message, format!("write it like {example}"));
                None
            }
        }
    }
}

fn rule(node: &Node<'_>, key: &'static str, context: &Context<'_>) -> Option<(ExpectRule, Place)> {
    let example = r#""R19" or { rule = "R19", basis = "…" }"#;
    match Named::of(node, (key, "rule"), "an expected rule", example, context)? {
        Named::Bare(name, place) => Some((ExpectRule { rule: RuleRef::parse(name), basis: Vec::new() }, place)),
        Named::Table(named, mut fields) => {
            let basis = basis(&mut fields, context);
            fields.finish();
            let (name, place) = named?;
            Some((ExpectRule { rule: RuleRef::parse(name), basis }, place))
        }
    }
}

fn step(node: &Node<'_>, _: &'static str, context: &Context<'_>) -> Option<ExpectStep> {
    if let Raw::Text(name) = &node.value {
        let advice = format!("write it like {{ channel = \"{name}\", due = 2026-07-10 }}, or use `has-channels`");
        context.sink.error_help(node.place, "wrong-type", "an entry of `steps` is a table, this is a text", advice);
        return None;
    }
    let mut fields = Fields::of(node, "an expected step", context.sink)?;
    let channel = fields.need("channel").and_then(|n| {
        let name = fields::text(n, "channel", context.sink)?;
        context.lexicon.channel(name, n.place, context.sink).map(|(id, _)| id)
    });
    let body = word(&mut fields, "body", WordList::Body, context);
    let skills = given(&mut fields, "skills").map(|names| context.lexicon.words(WordList::Skill, names, context.sink));
    let due = due(&mut fields, context);
    let basis = basis(&mut fields, context);
    fields.finish();
    Some(ExpectStep { channel: channel?, body, skills, due, basis })
}

/// A day, or a term with the event that it counts from, as an offer says it.
fn due(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<StepDue> {
    let (due, from) = (fields.get("due"), fields.get("from"));
    let Some(node) = due else {
        if let Some(from) = from {
            let advice = r#"add the length that counts from it, like due = "15 days""#;
            context.sink.error_help(from.place, "missing-key", "`from` means nothing without `due`", advice);
        }
        return None;
    };
    match (&node.value, from) {
        (Raw::Day(day), None) => Some(StepDue { term: None, on: Some(*day) }),
        (Raw::Day(_), Some(from)) => {
            let advice = "leave `from` out, or write `due` as the length that counts from it, like \"15 days\"";
            context.sink.error_help(from.place, "wrong-type", "`due` is a day, which counts from nothing", advice);
            None
        }
        (Raw::Text(_), Some(from)) => {
            let span = fields::span(node, "due", 1, context.sink);
            let start = fields::text(from, "from", context.sink)
                .and_then(|name| context.lexicon.word(WordList::Event, name, from.place, context.sink));
            Some(StepDue { term: Some(Term { span: span?, start: start? }), on: None })
        }
        (Raw::Text(_), None) => {
            if fields::span(node, "due", 1, context.sink).is_some() {
                let advice = r#"add the event it counts from, like from = "acceptance", or write the day"#;
                context.sink.error_help(node.place, "missing-key", "`due` does not say from when", advice);
            }
            None
        }
        _ => {
            let wanted = r#"a day, written without quotes like 2026-11-23, or a length of time like "15 days""#;
            fields::wrong(node, "due", wanted, context.sink)
        }
    }
}

fn duty(node: &Node<'_>, key: &'static str, context: &Context<'_>) -> Option<ExpectDuty> {
    let example = r#""explain" or { duty = "explain", bearer = "intake" }"#;
    let code = |(name, place)| context.lexicon.word(WordList::Duty, name, place, context.sink);
    match Named::of(node, (key, "duty"), "an expected duty", example, context)? {
        Named::Bare(name, place) => {
            Some(ExpectDuty { code: code((name, place))?, bearer: None, with: Vec::new(), basis: Vec::new() })
        }
        Named::Table(named, mut fields) => {
            let code = named.and_then(code);
            let bearer = word(&mut fields, "bearer", WordList::Bearer, context);
            let with = fields.get("with").map(|n| params(n, context)).unwrap_or_default();
            let basis = basis(&mut fields, context);
            fields.finish();
            Some(ExpectDuty { code: code?, bearer, with, basis })
        }
    }
}

fn params(node: &Node<'_>, context: &Context<'_>) -> Vec<Param> {
    if !matches!(node.value, Raw::Table(_)) {
        return fields::wrong(node, "with", "a table of parameters like { days = 30 }", context.sink)
            .unwrap_or_default();
    }
    let one = |entry: &Entry<'_>| {
        let code = context.lexicon.word(WordList::Param, &entry.key, entry.place, context.sink);
        let value = match &entry.node.value {
            Raw::Text(text) => Some(Value::Text(text.as_ref().into())),
            #[expect(clippy::cast_precision_loss, reason = "the bounds keep it exact")]
            Raw::Integer(_) => fields::number(&entry.node, &entry.key, -(1 << 53), 1 << 53, context.sink)
                .map(|n| Value::Number(n as f64)),
            Raw::Float(number) => Some(Value::Number(*number)),
            Raw::Flag(flag) => Some(Value::Flag(*flag)),
            Raw::Day(day) => Some(Value::Day(*day)),
            _ => fields::wrong(&entry.node, &entry.key, "a single value", context.sink),
        };
        code.zip(value)
    };
    node.entries().iter().filter_map(one).collect()
}

fn signal(node: &Node<'_>, key: &'static str, context: &Context<'_>) -> Option<ExpectSignal> {
    let example = r#""wage_arrears_cluster" or { signal = "wage_arrears_cluster", level = "orange" }"#;
    let code = |(name, place)| context.lexicon.word(WordList::Signal, name, place, context.sink);
    match Named::of(node, (key, "signal"), "an expected signal", example, context)? {
        Named::Bare(name, place) => Some(ExpectSignal { code: code((name, place))?, level: None, basis: Vec::new() }),
        Named::Table(named, mut fields) => {
            let code = named.and_then(code);
            let level = fields.get("level").and_then(|n| one_of(n, "level", &then::LEVELS, context.sink));
            let basis = basis(&mut fields, context);
            fields.finish();
            Some(ExpectSignal { code: code?, level, basis })
        }
    }
}

fn clocks(node: &Node<'_>, context: &Context<'_>) -> Vec<ExpectClock> {
    if Fields::of(node, "`clocks`", context.sink).is_none() {
        return Vec::new();
    }
    node.entries().iter().filter_map(|entry| clock(entry, context)).collect()
}

fn clock(entry: &Entry<'_>, context: &Context<'_>) -> Option<ExpectClock> {
    let code = context.lexicon.word(WordList::Clock, &entry.key, entry.place, context.sink);
    if !matches!(entry.node.value, Raw::Table(_)) {
        let wanted =
            "its last day, written without quotes like 2026-11-23, or a table like { ends = 2026-11-23, warn = [7] }";
        let ends = match entry.node.value {
            Raw::Day(day) => Some(day),
            _ => fields::wrong(&entry.node, &entry.key, wanted, context.sink),
        };
        return Some(ExpectClock { code: code?, ends: ends?, warn: None, basis: Vec::new() });
    }
    let mut fields = Fields::of(&entry.node, "an expected clock", context.sink)?;
    let ends = fields.need("ends").and_then(|n| fields::day(n, "ends", context.sink));
    let warn = fields.get("warn").map(|n| warnings(n, context));
    let basis = basis(&mut fields, context);
    fields.finish();
    Some(ExpectClock { code: code?, ends: ends?, warn, basis })
}

fn warnings(node: &Node<'_>, context: &Context<'_>) -> Vec<u16> {
    let Raw::Items(items) = &node.value else {
        let wanted = "a list of days before the end, like [30, 7]";
        return fields::wrong(node, "warn", wanted, context.sink).unwrap_or_default();
    };
    if items.len() > CLOCK_WARNS_MAX {
        context.sink.error(node.place, "too-many", format!("a clock has at most {CLOCK_WARNS_MAX} warnings"));
    }
    let days = |n: &Node<'_>| u16::try_from(fields::number(n, "warn", 0, CLOCK_WARN_DAYS_MAX, context.sink)?).ok();
    items.iter().filter_map(days).collect()
}

fn word(fields: &mut Fields<'_, '_>, key: &'static str, list: WordList, context: &Context<'_>) -> Option<Code> {
    let node = fields.get(key)?;
    let name = fields::text(node, key, context.sink)?;
    context.lexicon.word(list, name, node.place, context.sink)
}

fn basis(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> Vec<ProvisionId> {
    context.lexicon.provisions(fields.names("basis"), context.sink)
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
