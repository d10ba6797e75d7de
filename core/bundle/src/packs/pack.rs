//! One pack: `pack.toml` and the files beside it.

use std::collections::HashMap;

use maple_kernel::{LocalityId, PolicyId, Text};
use semver::{Version, VersionReq};

use super::{
    Context,
    cases::{self, CaseDraft},
    policy::{self, Draft},
    rules::Window,
};
use crate::{
    CONTRACT_VERSION,
    fields::{self, Fields},
    lexicon::Lexicon,
    near,
    sink::{Place, Sink},
    tree::{Node, Raw},
};

/// How many policies one pack may have.
pub const PACK_POLICIES_MAX: usize = 2_000;

/// One pack on its way.
pub(crate) struct Pack {
    pub(crate) id: LocalityId,
    pub(crate) files: Vec<u32>,
    pub(crate) version: String,
    pub(crate) contract: String,
    pub(crate) title: Text,
    pub(crate) window: Window,
    pub(crate) illustrative: bool,
    pub(crate) trusted: bool,
    pub(crate) policies: Vec<Draft>,
    pub(crate) cases: Vec<CaseDraft>,
    /// True when there are policies of it, or rules of them, that could not be read.
    pub(crate) partial: bool,
    /// What broken files hold: known by name, and not to be reasoned about.
    pub(crate) aside: (Vec<Draft>, Vec<CaseDraft>),
    /// True when there are cases of it that could not be read.
    pub(crate) lost_cases: bool,
}

impl Pack {
    /// All policies that could be read, those of broken files too.
    pub(crate) fn all_policies(&self) -> impl Iterator<Item = &Draft> {
        self.policies.iter().chain(&self.aside.0)
    }

    /// All cases that could be read, those of broken files too.
    pub(crate) fn all_cases(&self) -> impl Iterator<Item = &CaseDraft> {
        self.cases.iter().chain(&self.aside.1)
    }

    /// Puts aside what broken files hold.
    pub(crate) fn put_aside(&mut self, broken: impl Fn(u32) -> bool) {
        self.aside.0.extend(self.policies.extract_if(.., |draft| broken(draft.place.file)));
        self.aside.1.extend(self.cases.extract_if(.., |case| broken(case.place.file)));
    }
}

/// Reads the files of one folder: the names of the files without their ending, the root tables, and whether their text is
/// sound; of one that is not, only that is told.
pub(crate) fn read(folder: &str, files: &[(&str, Node<'_>, bool)], lexicon: &Lexicon, sink: &Sink<'_>) -> Pack {
    let trusted = lexicon.trusted.contains(folder);
    let context = Context { lexicon, sink, locality: folder, trusted };
    let mut pack = Pack {
        id: folder.into(),
        files: files.iter().map(|(_, node, _)| node.place.file).collect(),
        version: String::new(),
        contract: String::new(),
        title: Text::default(),
        window: Window::new((None, None)),
        illustrative: false,
        trusted,
        policies: Vec::new(),
        cases: Vec::new(),
        partial: files.iter().any(|(.., sound)| !sound),
        aside: (Vec::new(), Vec::new()),
        lost_cases: files.iter().any(|(_, node, sound)| !sound && sink.text(node.place.file).contains("case")),
    };
    let mut names = Names::default();
    match files.iter().find(|(stem, ..)| *stem == "pack") {
        Some((_, node, _)) => head(node, &mut pack, &mut names, &context),
        None => {
            let place = files.first().map_or(Place::NOWHERE, |(_, node, _)| Place::whole(node.place.file));
            let message = format!("the folder `{folder}` has no `pack.toml`");
            sink.error_help(place, "missing-pack", message, "a pack says in it who it is, its version and since when");
        }
    }
    for (stem, node, sound) in files.iter().filter(|(stem, ..)| *stem != "pack") {
        sink.muted(!sound, || file(stem, node, &mut pack, &mut names, &context));
    }
    if pack.policies.len() > PACK_POLICIES_MAX {
        let place = pack.policies.last().map_or(Place::NOWHERE, |draft| draft.place);
        sink.error(place, "too-many", format!("a pack has at most {PACK_POLICIES_MAX} policies"));
    }
    pack
}

/// Names that may stand only once in a pack.
#[derive(Default)]
struct Names {
    policies: HashMap<PolicyId, Place>,
    cases: HashMap<String, Place>,
}

fn head(node: &Node<'_>, pack: &mut Pack, names: &mut Names, context: &Context<'_>) {
    let Some(mut fields) = Fields::of(node, "`pack.toml`", context.sink) else { return };
    if let Some(id) = fields.need("id") {
        identity(id, context);
    }
    pack.version = fields.need("version").and_then(|n| version(n, context)).unwrap_or_default();
    pack.contract = fields.need("contract").and_then(|n| contract(n, context)).unwrap_or_default();
    pack.window = Window::new(fields.days("in-force-from", "in-force-to"));
    if pack.window.from.is_none() && fields.get("in-force-from").is_none() {
        fields.need("in-force-from");
    }
    pack.title = fields.need_both("title").unwrap_or_default();
    pack.illustrative = fields.flag("illustrative").unwrap_or(false);
    if let Some(node) = fields.get("illustrative").filter(|_| pack.illustrative) {
        marked(node.place, context);
    }
    if let Some(entry) = fields.entry("rule") {
        let message = "`pack.toml` holds no rules";
        context.sink.error_help(
            entry.place,
            "stray-rule",
            message,
            "write them into a file beside it, one for each table",
        );
    }
    lists(&mut fields, pack, names, context);
    fields.finish();
}

fn file(stem: &str, node: &Node<'_>, pack: &mut Pack, names: &mut Names, context: &Context<'_>) {
    let Some(mut fields) = Fields::of(node, "a policy file", context.sink) else {
        pack.partial = true;
        return;
    };
    if let Some(rows) = fields.get("rule").or_else(|| misspelt(node)) {
        let place = Place { file: node.place.file, start: 0, end: 0 };
        let draft = policy::flat(&mut fields, rows, (stem, place), pack.window, context);
        keep(draft, pack, names, context);
    }
    lists(&mut fields, pack, names, context);
    fields.finish();
}

/// Rules under a name that is a slip of `rule`: told as an unknown key, and read as what was meant.
fn misspelt<'t, 'a>(node: &'t Node<'a>) -> Option<&'t Node<'a>> {
    let slip = |key: &str| near::advice(key, ["rule", "policy", "case"]).is_some_and(|a| a.contains("`rule`?"));
    let meant =
        |entry: &&crate::tree::Entry<'a>| matches!(entry.node.value, Raw::Items(_) | Raw::Table(_)) && slip(&entry.key);
    node.entries().iter().find(meant).map(|entry| &entry.node)
}

/// `[[policy]]` and `[[case]]`, which any file of a pack may hold.
fn lists(fields: &mut Fields<'_, '_>, pack: &mut Pack, names: &mut Names, context: &Context<'_>) {
    for node in fields.get("policy").map_or(&[][..], |n| fields::items(n, "policy", context.sink)) {
        let draft = policy::entry(node, pack.window, context);
        keep(draft, pack, names, context);
    }
    let Some(node) = fields.get("case") else { return };
    for node in fields::items(node, "case", context.sink) {
        if pack.cases.len() == cases::PACK_CASES_MAX {
            let message = format!("a pack has at most {} cases", cases::PACK_CASES_MAX);
            context.sink.error(node.place, "too-many", message);
            return;
        }
        let Some(case) = cases::read(node, pack.window, context) else {
            pack.lost_cases = true;
            continue;
        };
        if let Some(before) = names.cases.insert(case.name.clone(), case.place) {
            let message = format!("case `{}` is there twice; the first is at {}", case.name, context.sink.at(before));
            context.sink.error_help(case.place, "duplicate", message, "give each case of a pack its own name");
        }
        pack.cases.push(case);
    }
}

fn keep(draft: Option<Draft>, pack: &mut Pack, names: &mut Names, context: &Context<'_>) {
    let Some(draft) = draft else {
        pack.partial = true;
        return;
    };
    pack.partial |= draft.partial;
    if let Some(before) = names.policies.insert(draft.id.clone(), draft.place) {
        let message = format!("policy `{}` is there twice; the first is at {}", draft.id, context.sink.at(before));
        context.sink.error_help(draft.place, "duplicate", message, "give one of the two another `id`");
        pack.partial = true;
        return;
    }
    pack.policies.push(draft);
}

fn identity(node: &Node<'_>, context: &Context<'_>) {
    let Some(id) = fields::text(node, "id", context.sink) else { return };
    if id != context.locality {
        let message = format!("the pack calls itself `{id}` and lies in the folder `{}`", context.locality);
        let other = format!("{id}/pack.toml");
        let advice = if context.sink.has(&other) {
            format!("`{other}` is the pack of `{id}`: call this one `{}`, or put its files there", context.locality)
        } else {
            "give both the same name".to_owned()
        };
        context.sink.error_help(node.place, "pack-folder", message, advice);
        return;
    }
    context.lexicon.locality(id, node.place, context.sink);
}

/// Whoever reads of the place learns that its pack is an example. A pack in earnest may lie over a place that ships as one.
fn marked(place: Place, context: &Context<'_>) {
    let Context { lexicon, locality, sink, .. } = context;
    if lexicon.localities.contains_key(*locality) && !lexicon.illustrative.contains(*locality) {
        let message = format!("the pack is an example and `localities.toml` does not say so of `{locality}`");
        sink.warn(place, "illustrative-differs", message, "write `illustrative = true` there, too");
    }
}

fn version(node: &Node<'_>, context: &Context<'_>) -> Option<String> {
    let text = fields::text(node, "version", context.sink)?;
    if Version::parse(text).is_err() {
        let message = format!("`{text}` is not a version");
        context.sink.error_help(node.place, "bad-version", message, "write three numbers, like \"1.2.0\"");
        return None;
    }
    Some(text.to_owned())
}

fn contract(node: &Node<'_>, context: &Context<'_>) -> Option<String> {
    let requirement: VersionReq = policy::requirement(node, "contract", context)?;
    let have = Version::parse(CONTRACT_VERSION).ok()?;
    if !requirement.matches(&have) {
        let message = format!("the pack asks for contract `{requirement}`, this host has {CONTRACT_VERSION}");
        let advice = "use a host that has it, or write \"^0.1\"";
        context.sink.error_help(node.place, "contract-version", message, advice);
        return None;
    }
    Some(requirement.to_string())
}
