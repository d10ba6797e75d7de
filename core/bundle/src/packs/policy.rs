//! What rule tables and policies of code have in common.

use std::collections::{BTreeMap, BTreeSet};

use maple_kernel::{
    Code, FactKey, Floor, Limits, LocalityId, Mode, Pattern, PolicyId, Purposes, Replaces, RuleId, Scope, Target, Text,
    WordList,
};
use semver::VersionReq;

use super::{
    Context,
    lowered::Lowered,
    rules::{self, RuleMeta, Window},
};
use crate::{
    fields::{self, Fields},
    registries::one_of,
    sink::Place,
    tree::{Node, Raw},
    values,
};

/// The plugin that rule tables are settings of.
pub(crate) const TABLE_PLUGIN: &str = "decision-table";
/// What rule tables ask of it.
const TABLE_PLUGIN_VERSION: &str = "^1";
/// How many reasons a policy may word anew.
const REASONS_MAX: usize = 1_000;

/// Which rules are floor, with the places that say so.
pub(crate) struct FloorDraft {
    pub(crate) floor: Floor,
    /// Rules named one by one, to be looked up once the plugin has told its rules.
    pub(crate) named: Vec<(RuleId, Place)>,
}

/// What a policy may use, and where each limit is written.
#[derive(Default)]
pub(crate) struct LimitsDraft {
    pub(crate) limits: Limits,
    pub(crate) places: BTreeMap<&'static str, Place>,
}

/// A policy on its way.
pub(crate) struct Draft {
    pub(crate) id: PolicyId,
    pub(crate) place: Place,
    pub(crate) locality: LocalityId,
    pub(crate) plugin: String,
    pub(crate) version: VersionReq,
    pub(crate) plugin_place: Place,
    /// Where the requirement on the plugin's version is written.
    pub(crate) version_place: Place,
    pub(crate) mode: Mode,
    pub(crate) purposes: Purposes,
    pub(crate) target: Target,
    pub(crate) window: Window,
    pub(crate) floor: FloorDraft,
    pub(crate) replaces: Vec<(Replaces, Place)>,
    pub(crate) limits: LimitsDraft,
    pub(crate) settings: Lowered,
    pub(crate) reasons: BTreeMap<Code, Text>,
    /// Facts that a table takes as known when it says that it answers every case, and where it says so.
    pub(crate) complete: Option<(Vec<FactKey>, Place)>,
    /// Set when a table says that it leaves cases without an answer.
    pub(crate) open: bool,
    /// Where its target is written, if it is.
    pub(crate) target_place: Option<Place>,
    /// Rules of a table; those of code are known once the plugin has told them.
    pub(crate) rules: BTreeMap<RuleId, RuleMeta>,
    /// True when rules of its table could not be read.
    pub(crate) partial: bool,
}

/// A table written flat in a file of its own; `stem` names it unless it names itself.
pub(crate) fn flat(
    fields: &mut Fields<'_, '_>,
    rows: &Node<'_>,
    stem: (&str, Place),
    window: Window,
    context: &Context<'_>,
) -> Option<Draft> {
    let id = match fields.get("id") {
        Some(node) => fields::text(node, "id", context.sink).map(|id| (id, node.place)),
        None => Some(stem),
    };
    let common = common(fields, window, context);
    let (complete, open) = complete(fields, context);
    let table = rules::table(rows, common.window, context);
    let (id, place) = id?;
    let floor = FloorDraft { floor: table.floor(), named: Vec::new() };
    let mut draft = common.draft(policy_id(id, place, context)?, place, floor, context)?;
    draft.replaces.extend(table.replaces);
    draft.settings = table.settings;
    draft.rules = table.rules;
    draft.partial = table.partial;
    (draft.complete, draft.open) = (complete, open);
    Some(draft)
}

/// `complete = true`, or the facts that the table takes as known; and whether it says `complete = false`.
fn complete(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> (Option<(Vec<FactKey>, Place)>, bool) {
    let Some(entry) = fields.entry("complete") else { return (None, false) };
    let promise = match &entry.node.value {
        Raw::Flag(complete) => complete.then(|| (Vec::new(), entry.place)),
        Raw::Items(_) | Raw::Text(_) => {
            let scopes = [Scope::Case, Scope::Derived, Scope::Locality, Scope::Context];
            let names = fields::names(&entry.node, "complete", context.sink);
            let known = names.into_iter().filter_map(|(n, at)| context.lexicon.fact(n, at, &scopes, context.sink));
            Some((known.map(|(key, _)| key).collect(), entry.place))
        }
        _ => {
            let wanted = "true, false, or a list of the facts that it takes as known";
            fields::wrong(&entry.node, "complete", wanted, context.sink)
        }
    };
    (promise, matches!(entry.node.value, Raw::Flag(false)))
}

/// An entry of `[[policy]]`: a plugin of code with its settings.
pub(crate) fn entry(node: &Node<'_>, window: Window, context: &Context<'_>) -> Option<Draft> {
    let mut fields = Fields::of(node, "a policy", context.sink)?;
    let id = fields.need("id").and_then(|n| Some((fields::text(n, "id", context.sink)?, n.place)));
    let plugin = fields.need("plugin").and_then(|n| plugin(n, context));
    let common = common(&mut fields, window, context);
    let floor = floor(&mut fields, context);
    let settings = fields.get("settings");
    let settings = match settings {
        Some(node) if !matches!(node.value, Raw::Table(_)) => fields::wrong(node, "settings", "a table", context.sink),
        Some(node) => Some(Lowered::raw(node, context.sink)),
        None => Some(Lowered::table(node.place)),
    };
    let reasons = fields.get("reasons").map(|n| reasons(n, context)).unwrap_or_default();
    fields.finish();
    let (id, place) = id?;
    let mut draft = common.draft(policy_id(id, place, context)?, place, floor, context)?;
    (draft.plugin, draft.plugin_place, draft.version, draft.version_place) = plugin?;
    draft.settings = settings?;
    draft.reasons = reasons;
    Some(draft)
}

fn policy_id(id: &str, place: Place, context: &Context<'_>) -> Option<PolicyId> {
    fields::name(id, place, "_-", "the id of a policy", context.sink)?;
    Some(format!("{}/{id}", context.locality).into())
}

struct Common {
    mode: Mode,
    purposes: Purposes,
    target: Target,
    target_place: Option<Place>,
    window: Window,
    replaces: Vec<(Replaces, Place)>,
    limits: LimitsDraft,
}

impl Common {
    fn draft(self, id: PolicyId, place: Place, floor: FloorDraft, context: &Context<'_>) -> Option<Draft> {
        Some(Draft {
            id,
            place,
            locality: context.locality.into(),
            plugin: TABLE_PLUGIN.to_owned(),
            version: VersionReq::parse(TABLE_PLUGIN_VERSION).ok()?,
            plugin_place: place,
            version_place: place,
            mode: self.mode,
            purposes: self.purposes,
            target: self.target,
            window: self.window,
            floor,
            replaces: self.replaces,
            limits: self.limits,
            settings: Lowered::table(place),
            reasons: BTreeMap::new(),
            complete: None,
            open: false,
            target_place: self.target_place,
            rules: BTreeMap::new(),
            partial: false,
        })
    }
}

fn common(fields: &mut Fields<'_, '_>, window: Window, context: &Context<'_>) -> Common {
    let modes = [("enforce", Mode::Enforce), ("shadow", Mode::Shadow), ("off", Mode::Off)];
    let mode = fields.get("mode").and_then(|n| one_of(n, "mode", &modes, context.sink));
    let days = Window::new(fields.days("in-force-from", "in-force-to"));
    let target_place = fields.get("target").map(|node| node.place);
    Common {
        mode: mode.unwrap_or(Mode::Enforce),
        purposes: purposes(fields, context),
        target: fields.get("target").map(|n| target(n, context)).unwrap_or_default(),
        target_place,
        window: days.within(window),
        replaces: replaces(fields, None, context),
        limits: fields.get("limits").map(|n| limits(n, context)).unwrap_or_default(),
    }
}

fn plugin(node: &Node<'_>, context: &Context<'_>) -> Option<(String, Place, VersionReq, Place)> {
    let mut fields = Fields::of(node, "`plugin`", context.sink)?;
    let id = fields.need("id").and_then(|n| Some((fields::text(n, "id", context.sink)?, n.place)));
    let version = fields.need("version").and_then(|n| Some((requirement(n, "version", context)?, n.place)));
    fields.finish();
    let (id, place) = id?;
    let (version, version_place) = version?;
    Some((id.to_owned(), place, version, version_place))
}

/// A requirement on a version, such as `^1.2`.
pub(crate) fn requirement(node: &Node<'_>, key: &str, context: &Context<'_>) -> Option<VersionReq> {
    let text = fields::text(node, key, context.sink)?;
    let found = VersionReq::parse(text).ok();
    if found.is_none() {
        let message = format!("`{text}` is not a requirement on a version");
        context.sink.error_help(node.place, "bad-version", message, "write it like \"^1.2\" or \">=1.2, <2\"");
    }
    found
}

fn purposes(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> Purposes {
    let Some(node) = fields.get("purposes") else { return Purposes::BOTH };
    let mut out = Purposes { routing: false, prevention: false };
    let known = [("routing", true), ("prevention", false)];
    let items = match &node.value {
        Raw::Items(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for item in items {
        match one_of(item, "purposes", &known, context.sink) {
            Some(true) => out.routing = true,
            Some(false) => out.prevention = true,
            None => {}
        }
    }
    if items.is_empty() {
        let message = "a policy without a purpose is never asked";
        context.sink.error_help(node.place, "never-true", message, "leave `purposes` out to serve both");
    }
    out
}

fn target(node: &Node<'_>, context: &Context<'_>) -> Target {
    let Some(mut fields) = Fields::of(node, "`target`", context.sink) else { return Target::default() };
    let patterns = |names: Vec<(&str, Place)>| {
        let known = |(name, place): (&str, Place)| {
            if name == "*" {
                Some(Pattern::new(name))
            } else {
                context.lexicon.kinds(name, place, context.sink).map(Pattern::new)
            }
        };
        names.into_iter().filter_map(known).collect()
    };
    for key in ["kinds", "sources"] {
        if let Some(node) = fields.get(key).filter(|n| matches!(&n.value, Raw::Items(items) if items.is_empty())) {
            let message = format!("`{key}` lists nothing, so the policy is never asked");
            let advice = format!("name at least one, or leave `{key}` out to be asked about all");
            context.sink.error_help(node.place, "never-true", message, advice);
        }
    }
    let target = Target {
        kinds: patterns(fields.names("kinds")),
        except: patterns(fields.names("except")),
        sources: context.lexicon.words(WordList::Source, fields.names("sources"), context.sink),
        facts: fields.get("facts").map(|n| target_facts(n, context)).unwrap_or_default(),
    };
    fields.finish();
    target
}

fn target_facts(node: &Node<'_>, context: &Context<'_>) -> Vec<(FactKey, maple_kernel::Value)> {
    if Fields::of(node, "`facts`", context.sink).is_none() {
        return Vec::new();
    }
    let one = |entry: &crate::tree::Entry<'_>| {
        let scopes = [Scope::Case, Scope::Derived, Scope::Locality, Scope::Context];
        let (key, def) = context.lexicon.fact(&entry.key, entry.place, &scopes, context.sink)?;
        Some((key, values::value(&entry.node, &entry.key, def, &entry.key, context.sink)?))
    };
    node.entries().iter().filter_map(one).collect()
}

fn limits(node: &Node<'_>, context: &Context<'_>) -> LimitsDraft {
    let Some(mut fields) = Fields::of(node, "`limits`", context.sink) else { return LimitsDraft::default() };
    let mut places = BTreeMap::new();
    let mut number = |key| {
        places.extend(fields.get(key).map(|node| (key, node.place)));
        fields.number(key, 1, i64::MAX).and_then(|n| u64::try_from(n).ok())
    };
    let count = |number: Option<u64>| number.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let limits = Limits {
        fuel: number("fuel"),
        memory_bytes: number("memory-bytes"),
        wall_ms: number("wall-ms"),
        findings: count(number("findings")),
        answer_bytes: number("answer-bytes"),
        case_bytes: number("case-bytes"),
        table_elements: count(number("table-elements")),
        tables: count(number("tables")),
        memories: count(number("memories")),
        instances: count(number("instances")),
        stack_bytes: number("stack-bytes"),
        diary_lines: count(number("diary-lines")),
    };
    fields.finish();
    LimitsDraft { limits, places }
}

fn floor(fields: &mut Fields<'_, '_>, context: &Context<'_>) -> FloorDraft {
    let none = FloorDraft { floor: Floor::None, named: Vec::new() };
    let Some(entry) = fields.entry("floor") else { return none };
    match &entry.node.value {
        Raw::Flag(false) => none,
        Raw::Flag(true) => {
            heard(entry.place, context);
            FloorDraft { floor: Floor::All, named: Vec::new() }
        }
        Raw::Items(_) | Raw::Text(_) => {
            heard(entry.place, context);
            let names = fields::names(&entry.node, "floor", context.sink);
            let named: Vec<_> = names.into_iter().map(|(name, place)| (RuleId::from(name), place)).collect();
            let rules: BTreeSet<_> = named.iter().map(|(rule, _)| rule.clone()).collect();
            FloorDraft { floor: if rules.is_empty() { Floor::None } else { Floor::Rules(rules) }, named }
        }
        _ => fields::wrong(&entry.node, "floor", "true, or a list of rules", context.sink).unwrap_or(none),
    }
}

/// Complains of a floor that nobody would hear.
pub(crate) fn heard(place: Place, context: &Context<'_>) {
    if context.trusted {
        return;
    }
    let message = format!("`{}` may not set the floor", context.locality);
    let packs: Vec<_> = context.lexicon.trusted.iter().map(|pack| format!("`{pack}`")).collect();
    let advice = if packs.is_empty() {
        "floor is heard only from packs under `[trust] floor` in `guardrails.toml`, and none is listed".to_owned()
    } else {
        format!("floor is heard only from {}: `[trust] floor` in `guardrails.toml`", packs.join(", "))
    };
    context.sink.error_help(place, "untrusted-floor", message, advice);
}

/// What gives way to a policy, or to one rule of it.
pub(crate) fn replaces(
    fields: &mut Fields<'_, '_>,
    when: Option<&RuleId>,
    context: &Context<'_>,
) -> Vec<(Replaces, Place)> {
    let Some(node) = fields.get("replaces") else { return Vec::new() };
    let names = fields::names(node, "replaces", context.sink);
    let one = |(name, place)| {
        let (policy, rule) = rules::split(name);
        (Replaces { when: when.cloned(), policy, rule }, place)
    };
    names.into_iter().map(one).collect()
}

fn reasons(node: &Node<'_>, context: &Context<'_>) -> BTreeMap<Code, Text> {
    if Fields::of(node, "`reasons`", context.sink).is_none() {
        return BTreeMap::new();
    }
    if node.entries().len() > REASONS_MAX {
        context.sink.error(node.place, "too-many", format!("a policy words at most {REASONS_MAX} reasons"));
    }
    let one = |entry: &crate::tree::Entry<'_>| {
        Some((Code::from(&*entry.key), fields::both(&entry.node, "reasons", context.sink)?))
    };
    node.entries().iter().take(REASONS_MAX).filter_map(one).collect()
}
