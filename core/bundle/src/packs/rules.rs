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
    let mut at = |key| fields.get(key).map_or(place, |node| node.place);
    let places = Places { rule: place, from: at("in-force-from"), to: at("in-force-to"), basis: at("basis") };
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
        in_force(id, &basis, days, window, &places, context);
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

/// Where the days and the law of a row are written, or else its name.
struct Places {
    rule: Place,
    from: Place,
    to: Place,
    basis: Place,
}

/// A rule without a day on which its policy is in force, and why.
fn no_day(id: &str, days: Window, window: Window, places: &Places, context: &Context<'_>) {
    let (place, message) = match (days, window) {
        (_, Window { from: Some(from), to: Some(to) }) if from > to => {
            let message = format!("rule `{id}` is in force on no day: its pack and its table together are so on none");
            (places.rule, message)
        }
        (Window { to: Some(to), .. }, Window { from: Some(from), .. }) if to < from => {
            (places.to, format!("rule `{id}` ends on {to}, before its pack or table begins on {from}"))
        }
        (Window { from: Some(from), .. }, Window { to: Some(to), .. }) => {
            (places.from, format!("rule `{id}` begins on {from}, after its pack or table has ended on {to}"))
        }
        _ => (places.rule, format!("rule `{id}` is in force on no day")),
    };
    let advice = "correct the days, or take the rule out: it never applies";
    context.sink.error_help(place, "dates-inverted", message, advice);
}

/// Law that is never in force with the rule is a mistake; days of the rule without any law deserve a look.
fn in_force(
    id: &str,
    basis: &[(ProvisionId, Place)],
    days: Window,
    window: Window,
    places: &Places,
    context: &Context<'_>,
) {
    let own = days;
    let days = days.within(window);
    if days.is_empty() {
        no_day(id, own, window, places, context);
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
    let gaps = gaps(&spans, days);
    if !gaps.is_empty() {
        let list: Vec<_> = gaps.iter().take(GAPS_TOLD_MAX).map(|gap| stretch(*gap)).collect();
        let more = gaps.len() - list.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more times") };
        let message = format!("nothing that rule `{id}` cites is law {}{more}", list.join(", "));
        let advice = "cite the law of that time too, or give the rule `in-force-from` or `in-force-to`";
        context.sink.warn(places.basis, "basis-gap", message, advice);
    }
}

/// How many stretches without law are told of one rule.
const GAPS_TOLD_MAX: usize = 4;

fn stretch((from, to): (Day, Option<Day>)) -> String {
    match to {
        Some(to) if to == from => format!("on {from}"),
        Some(to) => format!("from {from} to {to}"),
        None => format!("from {from} on"),
    }
}

/// The stretches of `days` that none of the spans covers; spans are sorted by their first day.
fn gaps(spans: &[(Day, Option<Day>)], days: Window) -> Vec<(Day, Option<Day>)> {
    let (Some(mut next), false) = (days.from, spans.is_empty()) else { return Vec::new() };
    let mut out = Vec::new();
    for (from, to) in spans {
        if days.to.is_some_and(|last| next > last) {
            return out;
        }
        if *from > next {
            out.push((next, Some(from.plus_days(-1))));
        }
        match to {
            Some(to) => next = next.max(to.plus_days(1)),
            None => return out,
        }
    }
    if days.to.is_none_or(|last| next <= last) {
        out.push((next, days.to));
    }
    out
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

#[cfg(test)]
mod tests {
    use maple_kernel::Day;

    use super::{Window, gaps, stretch};

    /// Pairs of a first and a last day of January, a last day of 0 for an open end.
    fn told(law: &[(i8, i8)], (from, to): (i8, i8)) -> Vec<String> {
        let day = |day| Day::new(2026, 1, day);
        let spans: Vec<_> = law.iter().map(|(from, to)| (day(*from).expect("a day"), day(*to))).collect();
        gaps(&spans, Window::new((day(from), day(to)))).into_iter().map(stretch).collect()
    }

    #[test]
    fn days_without_law_are_told_from_when_to_when() {
        type Row<'r> = (&'r [(i8, i8)], (i8, i8), &'r [&'r str]);
        let rows: [Row<'_>; 8] = [
            (&[(5, 0)], (1, 0), &["from 2026-01-01 to 2026-01-04"]),
            (&[(2, 0)], (1, 0), &["on 2026-01-01"]),
            (&[(1, 5)], (1, 0), &["from 2026-01-06 on"]),
            (&[(1, 5)], (1, 8), &["from 2026-01-06 to 2026-01-08"]),
            (
                &[(2, 3), (6, 7)],
                (1, 9),
                &["on 2026-01-01", "from 2026-01-04 to 2026-01-05", "from 2026-01-08 to 2026-01-09"],
            ),
            (&[(1, 9), (2, 3), (10, 0)], (1, 0), &[]),
            (&[(1, 9)], (3, 9), &[]),
            (&[], (1, 0), &[]),
        ];
        for (law, days, want) in rows {
            assert_eq!(told(law, days), want, "{law:?} {days:?}");
        }
    }
}
