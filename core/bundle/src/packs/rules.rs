//! Rule tables: rows of `when`, `then` and the law behind them.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{Day, Floor, PolicyId, Provision, ProvisionId, Replaces, RuleId, Scope};

use super::{Context, lowered::Lowered, policy, then, then::RULE_EFFECTS_MAX, when};
use crate::{
    fields::{self, Fields},
    sink::Place,
    tree::Node,
};

/// How many rows one rule table may have.
pub const TABLE_RULES_MAX: usize = 10_000;
/// How many provisions one rule may cite, its rows together.
pub const RULE_BASIS_MAX: usize = 64;

/// First and last day of something in force; open where `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Option<Day>,
    pub(crate) to: Option<Day>,
}

impl Window {
    pub(crate) fn new((from, to): (Option<Day>, Option<Day>)) -> Self {
        Self { from, to }
    }

    /// The days in both.
    pub(crate) fn within(self, outer: Self) -> Self {
        let to = match (self.to, outer.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { from: self.from.max(outer.from), to }
    }

    pub(crate) fn is_empty(self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if from > to)
    }

    fn meets(self, provision: &Provision) -> bool {
        self.to.is_none_or(|to| provision.from <= to) && self.from.zip(provision.to).is_none_or(|(from, to)| from <= to)
    }
}

/// What is known of a rule before any plugin has seen it.
#[derive(Debug)]
pub(crate) struct RuleMeta {
    pub(crate) place: Place,
    pub(crate) floor: bool,
}

/// A rule table.
pub(crate) struct Table {
    pub(crate) settings: Lowered,
    pub(crate) rules: BTreeMap<RuleId, RuleMeta>,
    pub(crate) replaces: Vec<(Replaces, Place)>,
    /// True when there are rows whose rule is not known.
    pub(crate) partial: bool,
}

impl Table {
    /// The rules that are floor.
    pub(crate) fn floor(&self) -> Floor {
        let rules: BTreeSet<_> = self.rules.iter().filter(|(_, meta)| meta.floor).map(|(id, _)| id.clone()).collect();
        if rules.is_empty() { Floor::None } else { Floor::Rules(rules) }
    }
}

/// The rules met so far.
type Firsts = BTreeMap<String, First>;

/// What is remembered of a rule.
struct First {
    /// Whether its first row cites any law.
    cites: bool,
    /// What its rows cite.
    basis: BTreeSet<ProvisionId>,
}

/// Reads the rows of `[[rule]]` of one policy in force during `window`.
pub(crate) fn table(node: &Node<'_>, window: Window, context: &Context<'_>) -> Table {
    let rows = fields::items(node, "rule", context.sink);
    if rows.len() > TABLE_RULES_MAX {
        let message = format!("a rule table has at most {TABLE_RULES_MAX} rows, this one has {}", rows.len());
        context.sink.error_help(node.place, "too-many", message, "divide it into several files");
    }
    let mut table = Table {
        settings: Lowered::table(node.place),
        rules: BTreeMap::new(),
        replaces: Vec::new(),
        partial: rows.len() > TABLE_RULES_MAX,
    };
    let mut firsts = Firsts::new();
    let lowered: Vec<_> =
        rows.iter().take(TABLE_RULES_MAX).filter_map(|n| row(n, window, &mut table, &mut firsts, context)).collect();
    table.settings.put("rules", Lowered::items(lowered, node.place));
    table
}

fn row(
    node: &Node<'_>,
    window: Window,
    table: &mut Table,
    firsts: &mut Firsts,
    context: &Context<'_>,
) -> Option<Lowered> {
    let Some(mut fields) = Fields::of(node, "a rule", context.sink) else {
        table.partial = true;
        return None;
    };
    let named = fields.need("id").and_then(|n| Some((fields::text(n, "id", context.sink)?, n.place)));
    let fits = named.is_some_and(|(id, place)| fields::rule_name(id, place, context.sink).is_some());
    table.partial |= !fits;
    // What else is wrong with the row is told all the same; of one without a name nobody knows whether it is a first.
    let (id, place) = named.unwrap_or(("", node.place));
    let is_first = !firsts.contains_key(id);
    let mut out = Lowered::table(node.place).with("id", Lowered::text(id, place));
    // A second summary is as a rule that of another rule, whose name nobody knows.
    table.partial |= !is_first && fields.get("summary").is_some();
    if fields.get("summary").is_some() || named.is_some() {
        summary(&mut out, &mut fields, is_first, context);
    }
    why(&mut out, &mut fields, context);
    let days = Window::new(fields.days("in-force-from", "in-force-to"));
    for (key, day) in [("from", days.from), ("to", days.to)] {
        if let Some(day) = day {
            out.put(key, Lowered::day(day, node.place));
        }
    }
    if let Some(node) = fields.get("when") {
        out.put("when", when::condition(node, context));
    }
    let needs_basis = effects(&mut out, &mut fields, context);
    let cites = if named.is_some() { firsts.get(id).map(|first| first.cites) } else { Some(true) };
    let basis = basis(&mut out, &mut fields, cites, needs_basis, context);
    if named.is_some() {
        in_force(id, &basis, days, window, place, context);
    }
    let floor = floor(&mut fields, context);
    let rule = RuleId::from(id);
    table.replaces.extend(policy::replaces(&mut fields, Some(&rule), context));
    fields.finish();
    named?;
    let first = firsts.entry(id.to_owned());
    let first = first.or_insert_with(|| First { cites: !basis.is_empty(), basis: BTreeSet::new() });
    let before = first.basis.len();
    first.basis.extend(basis.into_iter().map(|(id, _)| id));
    if before <= RULE_BASIS_MAX && first.basis.len() > RULE_BASIS_MAX {
        let message = format!("the rows of rule `{id}` cite more than {RULE_BASIS_MAX} provisions together");
        context.sink.error_help(place, "too-many", message, "give some of the rows an id of their own");
    }
    table.rules.entry(rule).or_insert(RuleMeta { place, floor: false }).floor |= floor;
    fits.then_some(out)
}

fn summary(out: &mut Lowered, fields: &mut Fields<'_, '_>, is_first: bool, context: &Context<'_>) {
    let node = if is_first { fields.need("summary") } else { fields.get("summary") };
    let Some(node) = node else { return };
    if !is_first {
        let message = "only the first row of a rule has a summary";
        context.sink.error_help(node.place, "second-summary", message, "take it out, or say what differs in `why`");
        return;
    }
    if let Some(text) = fields::both(node, "summary", context.sink) {
        out.put("summary-zh", Lowered::text(&text.zh, node.place));
        out.put("summary-en", Lowered::text(&text.en, node.place));
    }
}

fn why(out: &mut Lowered, fields: &mut Fields<'_, '_>, context: &Context<'_>) {
    let Some(node) = fields.get("why") else { return };
    let Some(text) = fields::both(node, "why", context.sink) else { return };
    for (key, text) in [("why-zh", &text.zh), ("why-en", &text.en)] {
        for hole in holes(text) {
            let scopes = [Scope::Case, Scope::Derived, Scope::Locality, Scope::Context];
            context.lexicon.fact(hole, node.place, &scopes, context.sink);
        }
        out.put(key, Lowered::text(text, node.place));
    }
}

/// The facts that a text names in braces.
fn holes(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

/// Lowers `then`; true when an effect must name the law behind it.
fn effects(out: &mut Lowered, fields: &mut Fields<'_, '_>, context: &Context<'_>) -> bool {
    let Some(node) = fields.need("then") else { return false };
    let items = fields::items(node, "then", context.sink);
    if items.is_empty() || items.len() > RULE_EFFECTS_MAX {
        let message = format!("a rule has 1 to {RULE_EFFECTS_MAX} effects, this one has {}", items.len());
        context.sink.error(node.place, "out-of-range", message);
    }
    let (mut lowered, mut needs_basis) = (Vec::new(), false);
    for effect in items.iter().take(RULE_EFFECTS_MAX).filter_map(|n| then::effect(n, context)) {
        needs_basis |= effect.needs_basis;
        lowered.push(effect.lowered);
    }
    out.put("then", Lowered::items(lowered, node.place));
    needs_basis
}

fn basis(
    out: &mut Lowered,
    fields: &mut Fields<'_, '_>,
    first: Option<bool>,
    needs_basis: bool,
    context: &Context<'_>,
) -> Vec<(ProvisionId, Place)> {
    let node = fields.get("basis");
    let names = node.map(|n| fields::names(n, "basis", context.sink)).unwrap_or_default();
    if names.len() > RULE_BASIS_MAX {
        let place = node.map_or(fields.place(), |n| n.place);
        context.sink.error(place, "too-many", format!("a rule cites at most {RULE_BASIS_MAX} provisions"));
    }
    if names.is_empty() && needs_basis && first != Some(true) {
        let message = "the rule names no law behind it";
        let advice = "add `basis = [\"…\"]` with provisions of `provisions.toml`; without one nothing of it counts";
        context.sink.error_help(node.map_or(fields.place(), |n| n.place), "missing-basis", message, advice);
    }
    if let Some(node) = node {
        out.put("basis", Lowered::texts(names.iter().copied(), node.place));
    } else if first.is_none() {
        out.put("basis", Lowered::items(Vec::new(), fields.place()));
    }
    let known = |(name, place)| Some((context.lexicon.provision(name, place, context.sink)?, place));
    names.into_iter().take(RULE_BASIS_MAX).filter_map(known).collect()
}

/// Law that is never in force with the rule is a mistake; days of the rule without any law deserve a look.
fn in_force(
    id: &str,
    basis: &[(ProvisionId, Place)],
    days: Window,
    window: Window,
    place: Place,
    context: &Context<'_>,
) {
    let days = days.within(window);
    if days.is_empty() {
        let message = format!("rule `{id}` is in force on no day, because its pack or policy is not");
        context.sink.error(place, "dates-inverted", message);
        return;
    }
    let mut spans = Vec::new();
    for (provision, place) in basis {
        let Some(law) = context.lexicon.vocabulary.provisions.get(provision) else { continue };
        if days.meets(law) {
            spans.push((law.from, law.to));
            continue;
        }
        let message = format!("`{}` is not in force on any day that rule `{id}` is", provision.as_str());
        let advice = match law.to {
            Some(to) => {
                format!("it was law from {} to {to}; give the rule `in-force-to`, or cite what came after", law.from)
            }
            None => format!("it is law from {}; give the rule `in-force-from`, or cite what came before", law.from),
        };
        context.sink.error_help(*place, "basis-not-in-force", message, advice);
    }
    spans.sort();
    if let Some(day) = gap(&spans, days) {
        let message = format!("rule `{id}` has no law in force behind it on {day}");
        let advice = "give it `in-force-from` or `in-force-to`, or cite the law of that day too";
        context.sink.warn(place, "basis-gap", message, advice);
    }
}

/// The first day of `days` that none of the spans covers; spans are sorted by their first day.
fn gap(spans: &[(Day, Option<Day>)], days: Window) -> Option<Day> {
    let mut next = days.from?;
    for (from, to) in spans {
        match to {
            _ if *from > next => break,
            Some(to) => next = next.max(to.plus_days(1)),
            None => return None,
        }
    }
    (!spans.is_empty() && days.to.is_none_or(|to| next <= to)).then_some(next)
}

fn floor(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> bool {
    let Some(entry) = fields.entry("floor") else { return false };
    let floor = match entry.node.value {
        crate::tree::Raw::Flag(flag) => flag,
        _ => fields::wrong(&entry.node, "floor", "true or false", context.sink).unwrap_or(false),
    };
    if floor {
        policy::heard(entry.place, context);
    }
    floor
}

/// `policy#rule`, or a policy.
pub(crate) fn split(text: &str) -> (PolicyId, Option<RuleId>) {
    match text.split_once('#') {
        Some((policy, rule)) => (policy.into(), Some(rule.into())),
        None => (text.into(), None),
    }
}
