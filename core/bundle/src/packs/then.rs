//! The `then` of a rule: what it claims, every word checked.

use maple_kernel::{Channel, Class, Level, Span, Unit, WordList};

use super::{Context, lowered::Lowered};
use crate::{
    fields::{self, Fields},
    lexicon::list_name,
    near,
    registries::one_of,
    sink::Place,
    tree::{Entry, Node, Raw},
    values,
};

/// How many effects one rule may have.
pub const RULE_EFFECTS_MAX: usize = 64;
/// How strongly a step may be preferred or put back.
pub const WEIGHT_MAX: i64 = 100;
/// How many days before the end of a clock a warning may stand.
pub const CLOCK_WARN_DAYS_MAX: i64 = 3_650;
/// How many warnings a clock may have.
pub const CLOCK_WARNS_MAX: usize = 16;

const VERBS: [&str; 10] =
    ["offer", "prefer", "require-first", "forbid", "forbid-class", "duty", "clock", "signal", "derive", "refer"];
const SUBJECTS: [&str; 5] = ["place", "project", "kind", "station", "own-case"];
/// How urgent a signal is.
pub(super) const LEVELS: [(&str, Level); 4] =
    [("blue", Level::Blue), ("yellow", Level::Yellow), ("orange", Level::Orange), ("red", Level::Red)];

/// One effect, lowered, and whether it must name the law behind it.
pub(super) struct Effect {
    pub(super) lowered: Lowered,
    pub(super) needs_basis: bool,
}

/// One effect of a rule.
pub(super) fn effect(node: &Node<'_>, context: &Context<'_>) -> Option<Effect> {
    let mut table = Fields::of(node, "an effect", context.sink)?;
    let mut verbs = VERBS.into_iter().filter_map(|verb| table.entry(verb).map(|entry| (verb, entry)));
    let (first, second) = (verbs.next(), verbs.next());
    drop(verbs);
    let Some((verb, entry)) = first else {
        let near = node.entries().iter().find_map(|e| near::advice(&e.key, VERBS).filter(|a| a.starts_with("did")));
        let advice = near.unwrap_or_else(|| format!("say what happens with one of {}", VERBS.join(", ")));
        context.sink.error_help(node.place, "no-effect", "this effect does nothing", advice);
        return None;
    };
    if let Some((other, entry)) = second {
        let message = format!("one effect cannot both `{verb}` and `{other}`");
        context.sink.error_help(entry.place, "two-effects", message, "write two effects: `then = [{ … }, { … }]`");
        return None;
    }
    // A fresh look at the keys: what is asked for below is what this verb knows.
    let mut table = Fields::of(node, "an effect", context.sink)?;
    table.entry(verb);
    let start = Lowered::table(node.place).with("do", Lowered::text(verb, entry.place));
    let lowered = match verb {
        "offer" => offer(start, entry, &mut table, context),
        "prefer" => prefer(start, entry, &mut table, context),
        "require-first" => require_first(start, entry, &mut table, context),
        "forbid" => forbid(start, entry, context),
        "forbid-class" => forbid_class(start, entry, context),
        "duty" => duty(start, entry, &mut table, context),
        "clock" => clock(start, entry, &mut table, context),
        "signal" => signal(start, entry, &mut table, context),
        "derive" => derive(start, entry, &mut table, context),
        _ => word(start, "refer", &entry.node, WordList::Referral, context),
    };
    table.finish();
    Some(Effect { lowered: lowered?, needs_basis: !matches!(verb, "prefer" | "derive") })
}

fn channel<'c>(node: &Node<'_>, key: &str, context: &'c Context<'_>) -> Option<(Lowered, &'c Channel)> {
    let name = fields::text(node, key, context.sink)?;
    let (_, channel) = context.lexicon.channel_in(name, node.place, context.locality, context.sink)?;
    Some((Lowered::text(name, node.place), channel))
}

/// Puts one word of a list under a key.
fn word(out: Lowered, key: &'static str, node: &Node<'_>, list: WordList, context: &Context<'_>) -> Option<Lowered> {
    let name = fields::text(node, key, context.sink)?;
    context.lexicon.word(list, name, node.place, context.sink)?;
    Some(out.with(key, Lowered::text(name, node.place)))
}

/// Puts words of a list under a key, when it is there.
fn words(out: &mut Lowered, key: &'static str, table: &mut Fields<'_, '_>, list: WordList, context: &Context<'_>) {
    let Some(node) = table.get(key) else { return };
    let names = fields::names(node, key, context.sink);
    for (name, place) in &names {
        context.lexicon.word(list, name, *place, context.sink);
    }
    out.put(key, Lowered::texts(names, node.place));
}

/// Puts an optional word of a list under a key.
fn maybe(
    out: Lowered,
    key: &'static str,
    table: &mut Fields<'_, '_>,
    list: WordList,
    context: &Context<'_>,
) -> Lowered {
    let Some(node) = table.get(key) else { return out };
    let mut out = out;
    if let Some(name) = fields::text(node, key, context.sink)
        && context.lexicon.word(list, name, node.place, context.sink).is_some()
    {
        out.put(key, Lowered::text(name, node.place));
    }
    out
}

fn weight(out: &mut Lowered, node: Option<&Node<'_>>, context: &Context<'_>) {
    let Some(node) = node else { return };
    if let Some(weight) = fields::number(node, "weight", -WEIGHT_MAX, WEIGHT_MAX, context.sink)
        && let Ok(weight) = i16::try_from(weight)
    {
        out.put("weight", Lowered::number(weight, node.place));
    }
}

fn offer(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let found = channel(&entry.node, "offer", context);
    let mut out = maybe(out, "body", table, WordList::Body, context);
    words(&mut out, "skills", table, WordList::Skill, context);
    skills_from(&mut out, table, context);
    weight(&mut out, table.get("weight"), context);
    if let Some(chargeable) = table.get("chargeable") {
        match chargeable.value {
            Raw::Flag(flag) => out.put("chargeable", Lowered::flag(flag, chargeable.place)),
            _ => fields::wrong(chargeable, "chargeable", "true or false", context.sink).unwrap_or_default(),
        }
    }
    let (due, from) = (table.get("due"), table.get("from"));
    match (due, from) {
        (Some(due), Some(from)) => {
            let limit = found.as_ref().and_then(|(_, channel)| channel.max);
            if let Some(span) = fields::span(due, "due", 1, context.sink) {
                longest(span, limit, due.place, "this channel", context);
                out.put("due", Lowered::span(span, due.place));
            }
            out = word(out, "from", from, WordList::Event, context)?;
        }
        (Some(due), None) => {
            let advice = r#"add the event it counts from, like from = "acceptance""#;
            context.sink.error_help(due.place, "missing-key", "`due` does not say from when", advice);
        }
        (None, Some(from)) => {
            context.sink.error(from.place, "missing-key", "`from` means nothing without `due`");
        }
        (None, None) => {}
    }
    Some(out.with("offer", found?.0))
}

fn skills_from(out: &mut Lowered, table: &mut Fields<'_, '_>, context: &Context<'_>) {
    let Some(node) = table.get("skills-from") else { return };
    let Some(key) = fields::text(node, "skills-from", context.sink) else { return };
    let scopes = [maple_kernel::Scope::Party];
    if context.lexicon.fact(key, node.place, &scopes, context.sink).is_some() {
        out.put("skills-from", Lowered::text(key, node.place));
    }
}

fn prefer(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let found = channel(&entry.node, "prefer", context);
    let mut out = out;
    weight(&mut out, table.need("weight"), context);
    Some(out.with("prefer", found?.0))
}

fn require_first(
    out: Lowered,
    entry: &Entry<'_>,
    table: &mut Fields<'_, '_>,
    context: &Context<'_>,
) -> Option<Lowered> {
    let first = channel(&entry.node, "require-first", context);
    let before = table.need("before");
    let (node, (before, channel)) = before.and_then(|n| Some((n, channel(n, "before", context)?)))?;
    if channel.class == Class::Adjudicative && !context.trusted {
        weakens(node.place, "puts a step before the road to a decision (H01)", context);
    }
    Some(out.with("require-first", first?.0).with("before", before))
}

fn forbid(out: Lowered, entry: &Entry<'_>, context: &Context<'_>) -> Option<Lowered> {
    let (name, channel) = channel(&entry.node, "forbid", context)?;
    keeps_open(channel.class, entry.node.place, context);
    Some(out.with("forbid", name))
}

fn forbid_class(out: Lowered, entry: &Entry<'_>, context: &Context<'_>) -> Option<Lowered> {
    let name = fields::text(&entry.node, "forbid-class", context.sink)?;
    let class = context.lexicon.class(name, entry.node.place, context.sink)?;
    keeps_open(class, entry.node.place, context);
    Some(out.with("forbid-class", Lowered::text(name, entry.node.place)))
}

fn keeps_open(class: Class, place: Place, context: &Context<'_>) {
    if !context.trusted && matches!(class, Class::Protective | Class::Adjudicative) {
        let number = if class == Class::Protective { "H04" } else { "H01" };
        weakens(place, &format!("closes a road that the floor keeps open ({number})"), context);
    }
}

fn weakens(place: Place, how: &str, context: &Context<'_>) {
    let message = format!("`{}` {how}", context.locality);
    let advice = "only a pack under `[trust] floor` in `guardrails.toml` may do so; here, prefer another step instead";
    context.sink.error_help(place, "weakens-floor", message, advice);
}

fn duty(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let found = word(out, "duty", &entry.node, WordList::Duty, context);
    let mut more = maybe(Lowered::table(entry.place), "bearer", table, WordList::Bearer, context);
    if let Some(node) = table.get("with") {
        if !matches!(node.value, Raw::Table(_)) {
            fields::wrong::<()>(node, "with", "a table of parameters", context.sink);
        }
        let params = node.entries().iter().filter_map(|entry| param(entry, context)).collect();
        more.put("with", Lowered::items(params, node.place));
    }
    Some(found?.and(more))
}

fn param(entry: &Entry<'_>, context: &Context<'_>) -> Option<Lowered> {
    context.lexicon.word(WordList::Param, &entry.key, entry.place, context.sink)?;
    if matches!(entry.node.value, Raw::Items(_) | Raw::Table(_)) {
        fields::wrong::<()>(&entry.node, &entry.key, "a single value", context.sink);
        return None;
    }
    let out = Lowered::table(entry.place).with("key", Lowered::text(&entry.key, entry.place));
    Some(out.with("value", Lowered::raw(&entry.node, context.sink)))
}

fn clock(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let found = word(out, "clock", &entry.node, WordList::Clock, context);
    let from = table.need("from").and_then(|node| start(node, context));
    let span = table.need("span").and_then(|n| Some((fields::span(n, "span", 1, context.sink)?, n.place)));
    let (warn, counts) = (table.get("warn"), table.flag("first-day-counts"));
    let (mut out, from, (span, place)) = (found?, from?, span?);
    if let Raw::Text(code) = &entry.node.value {
        let limit = context.lexicon.vocabulary.word(WordList::Clock, code).and_then(|word| word.max);
        longest(span, limit, place, &format!("{} `{code}`", list_name(WordList::Clock)), context);
    }
    out.put("from", from);
    out.put("span", Lowered::span(span, place));
    if let Some(node) = warn {
        out.put("warn", warnings(node, context));
    }
    if let Some(counts) = counts {
        out.put("first-day-counts", Lowered::flag(counts, place));
    }
    Some(out)
}

/// A day fact of the case, `filed` or `today`.
fn start(node: &Node<'_>, context: &Context<'_>) -> Option<Lowered> {
    let name = fields::text(node, "from", context.sink)?;
    if !matches!(name, "filed" | "today") {
        let scopes = [maple_kernel::Scope::Case, maple_kernel::Scope::Derived];
        let (_, def) = context.lexicon.fact(name, node.place, &scopes, context.sink)?;
        if def.kind != maple_kernel::FactType::Day {
            let message = format!("a clock runs from a day, `{name}` is none");
            context.sink.error_help(node.place, "wrong-type", message, "name a fact of type `day`, `filed` or `today`");
            return None;
        }
    }
    Some(Lowered::text(name, node.place))
}

fn warnings(node: &Node<'_>, context: &Context<'_>) -> Lowered {
    let items = fields::items(node, "warn", context.sink);
    if items.len() > CLOCK_WARNS_MAX {
        context.sink.error(node.place, "too-many", format!("a clock has at most {CLOCK_WARNS_MAX} warnings"));
    }
    let day = |n: &Node<'_>| {
        let days = fields::number(n, "warn", 0, CLOCK_WARN_DAYS_MAX, context.sink)?;
        Some(Lowered::number(u16::try_from(days).ok()?, n.place))
    };
    Lowered::items(items.iter().filter_map(day).collect(), node.place)
}

fn signal(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let found = word(out, "signal", &entry.node, WordList::Signal, context);
    let level = table.need("level").and_then(|n| {
        one_of(n, "level", &LEVELS, context.sink)?;
        Some(Lowered::text(fields::text(n, "level", context.sink)?, n.place))
    });
    let subject = table.need("subject").and_then(|node| subject(node, context));
    let mut more = Lowered::table(entry.place);
    words(&mut more, "measures", table, WordList::Measure, context);
    more = maybe(more, "responsible", table, WordList::Bearer, context);
    if let Some(node) = table.get("handle-within")
        && let Some(span) = fields::span(node, "handle-within", 1, context.sink)
    {
        more.put("handle-within", Lowered::span(span, node.place));
    }
    Some(found?.with("level", level?).with("subject", subject?).and(more))
}

fn subject(node: &Node<'_>, context: &Context<'_>) -> Option<Lowered> {
    let text = fields::text(node, "subject", context.sink)?;
    let known = match text.strip_prefix("organisation:") {
        Some(role) => context.lexicon.word(WordList::Role, role, node.place, context.sink).is_some(),
        None => SUBJECTS.contains(&text) || unknown_subject(text, node.place, context),
    };
    known.then(|| Lowered::text(text, node.place))
}

fn unknown_subject(text: &str, place: Place, context: &Context<'_>) -> bool {
    let known = SUBJECTS.into_iter().chain(["organisation:respondent"]);
    let message = format!("a signal cannot be about `{text}`");
    context.sink.error_maybe(place, "unknown-subject", message, near::advice(text, known));
    false
}

fn derive(out: Lowered, entry: &Entry<'_>, table: &mut Fields<'_, '_>, context: &Context<'_>) -> Option<Lowered> {
    let value = table.need("value");
    let key = fields::text(&entry.node, "derive", context.sink)?;
    let scopes = [maple_kernel::Scope::Derived];
    let (_, def) = context.lexicon.fact(key, entry.node.place, &scopes, context.sink)?;
    let node = value?;
    let value = values::value(node, key, def, "value", context.sink)?;
    Some(out.with("derive", Lowered::text(key, entry.node.place)).with("value", Lowered::value(&value, node.place)))
}

/// Complains of a span that is surely longer than the law's.
fn longest(span: Span, limit: Option<Span>, place: Place, whose: &str, context: &Context<'_>) {
    let Some(limit) = limit else { return };
    let longer = if span.unit == limit.unit { span.count > limit.count } else { fewest_days(span) > most_days(limit) };
    if longer {
        let words = words_of(limit);
        let message = format!("{} is longer than the law allows for {whose}: {words}", words_of(span));
        context.sink.error_help(place, "over-maximum", message, format!("write at most \"{words}\""));
    }
}

fn fewest_days(span: Span) -> u32 {
    let count = u32::from(span.count);
    match span.unit {
        Unit::Hour => count / 24,
        Unit::Day | Unit::WorkingDay => count,
        Unit::Month => count * 28,
        Unit::Year => count * 365,
    }
}

/// Generous for working days: a fortnight of holidays on top of the weekends.
fn most_days(span: Span) -> u32 {
    let count = u32::from(span.count);
    match span.unit {
        Unit::Hour => count.div_ceil(24),
        Unit::Day => count,
        Unit::WorkingDay => count * 2 + 14,
        Unit::Month => count * 31,
        Unit::Year => count * 366,
    }
}

fn words_of(span: Span) -> String {
    let unit = match span.unit {
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::WorkingDay => "working day",
        Unit::Month => "month",
        Unit::Year => "year",
    };
    format!("{} {unit}{}", span.count, if span.count == 1 { "" } else { "s" })
}
