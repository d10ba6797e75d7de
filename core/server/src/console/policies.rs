//! `/policies`: what serves where, since when and why, and how every node is.

use askama::Template;
use axum::{extract::Extension, response::Response};
use maple_gate::{How, Subject};
use maple_kernel::{Policy, Ruleset};
use maple_store::PAGE_COUNT_MAX;
use maple_wire::Problem;
use serde::Deserialize;

use super::{
    cases::only,
    places::{self, Choice},
    visit::{self, Visit, link},
    words,
};
use crate::{
    access::Caller,
    http::{activations, answer, status},
};

/// Packs of one page; a place narrows them.
const PACKS_SHOWN_MAX: usize = 200;
/// Activations of one page.
const ACTIVATIONS_SHOWN: usize = 25;
/// Letters of a digest that are shown.
const DIGEST_CHARS_SHOWN: usize = 19;
const PARAMETERS: [&str; 3] = ["locality", "before", "done"];
/// Kept bundles of one page.
const BUNDLES_SHOWN: usize = 15;

#[derive(Deserialize)]
struct Status {
    nodes: Vec<Node>,
    reasons: Vec<String>,
    planned: Option<Activation>,
    canary: Option<Canary>,
    shadow: Shadow,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    generation: u32,
    lag: u32,
    engine: String,
    status: String,
    cannot: Option<Cannot>,
    seen: String,
}

#[derive(Deserialize)]
struct Cannot {
    generation: u32,
    why: String,
}

#[derive(Deserialize)]
struct Canary {
    percent: u8,
    bundle: String,
}

#[derive(Deserialize)]
struct Shadow {
    policies: Vec<Shadowed>,
}

#[derive(Deserialize)]
struct Shadowed {
    policy: String,
    cases: u64,
    changed: u64,
}

#[derive(Deserialize)]
struct Listed {
    activations: Vec<Activation>,
}

#[derive(Deserialize)]
struct Activation {
    generation: u32,
    kind: String,
    at: String,
    by: String,
    why: String,
    bundle: Option<String>,
    effective_at: Option<String>,
}

/// A bundle that is kept.
struct Kept {
    digest: String,
    at: String,
    by: String,
    serves: bool,
    compare: String,
}

struct Act {
    generation: u32,
    /// Where it is held against what serves; nowhere for what serves and for what is not kept.
    compare: Option<String>,
    kind: String,
    at: String,
    by: String,
    why: String,
    bundle: String,
    effective: String,
}

struct OnNode {
    id: String,
    status: String,
    well: bool,
    generation: u32,
    lag: u32,
    engine: String,
    seen: String,
    cannot: String,
}

struct Pack {
    id: String,
    place: String,
    title: String,
    version: String,
    from: String,
    illustrative: bool,
    policies: Vec<Serves>,
}

struct Serves {
    id: String,
    plugin: String,
    mode: String,
    class: &'static str,
    rules: usize,
    why: String,
}

struct StateRow {
    subject: String,
    name: String,
    how: String,
    class: &'static str,
    why: String,
    by: String,
    at: String,
}

#[derive(Template)]
#[template(path = "policies.html")]
struct Policies<'a> {
    v: &'a Visit,
    here: &'static str,
    place: String,
    place_title: String,
    places: Vec<Choice>,
    generation: u32,
    since: String,
    why: String,
    by: String,
    digest: String,
    packs: Vec<Pack>,
    more: usize,
    left_out: Vec<(String, String)>,
    states: Vec<StateRow>,
    planned: Option<Act>,
    canary: Option<(u8, String)>,
    shadows: Vec<Shadowed>,
    history: Vec<Act>,
    bundles: Vec<Kept>,
    done: Option<String>,
    next: Option<String>,
    nodes: Vec<OnNode>,
    reasons: Vec<String>,
}

pub(crate) async fn policies(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let page = listed(&visit, &caller).await;
    visit.show(page)
}

async fn listed<'a>(v: &'a Visit, caller: &Caller) -> Result<Policies<'a>, Problem> {
    only(v, &PARAMETERS)?;
    let serving = v.app.serving();
    let ruleset = serving.ruleset();
    let place = v.given("locality").map(|given| places::find(ruleset, given)).transpose()?;
    let place = place.map(|(id, _)| id.to_string()).unwrap_or_default();
    let below = format!("{place}/");
    let within = |id: &str| place.is_empty() || id == place || id.starts_with(&below);
    let all: Vec<_> = serving.made.packs.iter().filter(|pack| within(pack.id.as_str())).collect();
    let packs = all.iter().take(PACKS_SHOWN_MAX).map(|pack| Pack {
        id: pack.id.to_string(),
        place: places::title(v, ruleset, pack.id.as_str()),
        title: v.of_text(&pack.title).to_owned(),
        version: pack.version.clone(),
        from: pack.from.map(|day| day.to_string()).unwrap_or_default(),
        illustrative: pack.illustrative,
        policies: ruleset.policies_of(&pack.id).iter().map(|policy| serves(v, policy)).collect(),
    });
    let now = act(v, serde_json::from_value(activations::shown(serving.activation())).map_err(|_| answer::internal())?);
    let mut page = Policies {
        v,
        here: "/policies",
        place_title: if place.is_empty() { String::new() } else { places::title(v, ruleset, &place) },
        places: places::choices(v, ruleset),
        generation: now.generation,
        since: now.at,
        why: now.why,
        by: now.by,
        digest: ruleset.digest().to_string(),
        packs: packs.collect(),
        more: all.len().saturating_sub(PACKS_SHOWN_MAX),
        left_out: serving.made.left_out.iter().map(|pack| (pack.id.clone(), pack.problems.join(" · "))).collect(),
        states: states(v, ruleset, &serving.terms.states),
        planned: None,
        canary: None,
        shadows: Vec::new(),
        history: Vec::new(),
        bundles: Vec::new(),
        done: v.given("done").filter(|done| *done == now.generation.to_string()).map(str::to_owned),
        next: None,
        nodes: Vec::new(),
        reasons: v.app.reasons(),
        place,
    };
    // Where nothing can be changed there is no history and no other node.
    if v.app.control.is_some() {
        page.watched(caller).await?;
    }
    Ok(page)
}

impl Policies<'_> {
    async fn watched(&mut self, caller: &Caller) -> Result<(), Problem> {
        let v = self.v;
        let status = status::told(&v.app, caller).await?;
        let status: Status = serde_json::from_value(status).map_err(|_| answer::internal())?;
        let before = v.given("before");
        let found = activations::listed(&v.app, &visit::query([("before", before)])).await?;
        let found: Listed = serde_json::from_value(found).map_err(|_| answer::internal())?;
        let more = found.activations.len() > ACTIVATIONS_SHOWN;
        self.history = found.activations.into_iter().take(ACTIVATIONS_SHOWN).map(|one| act(v, one)).collect();
        let last = self.history.last().filter(|_| more).map(|last| last.generation.to_string());
        self.next = last.map(|last| {
            let place = (!self.place.is_empty()).then_some(("locality", &*self.place));
            format!("{}#history", link("/policies", place.into_iter().chain([("before", &*last)])))
        });
        for one in &mut self.history {
            let other = one.generation != self.generation && !one.bundle.is_empty();
            let compared = || link("/policies/compare", [("to", &*one.generation.to_string())]);
            one.compare = other.then(compared);
        }
        let serving = v.app.serving().activation().bundle.clone();
        let kept = activations::reading(&v.app, |control| control.store.bundles(PAGE_COUNT_MAX, None)).await?;
        self.bundles = kept
            .into_iter()
            .take(BUNDLES_SHOWN)
            .map(|one| Kept {
                at: v.moment(&one.at),
                by: one.by,
                serves: serving.as_deref() == Some(&*one.digest),
                compare: link("/policies/compare", [("to", &*one.digest)]),
                digest: short(&one.digest),
            })
            .collect();
        self.planned = status.planned.map(|one| act(v, one));
        self.canary = status.canary.map(|canary| (canary.percent, short(&canary.bundle)));
        self.shadows = status.shadow.policies;
        self.reasons = status.reasons;
        self.nodes = status.nodes.into_iter().map(|node| on_node(v, node)).collect();
        Ok(())
    }
}

fn act(v: &Visit, one: Activation) -> Act {
    Act {
        generation: one.generation,
        compare: None,
        kind: words::state(&one.kind, v.language),
        at: v.moment(&one.at),
        by: one.by,
        why: one.why,
        bundle: one.bundle.as_deref().map(short).unwrap_or_default(),
        effective: one.effective_at.as_deref().map(|at| v.moment(at)).unwrap_or_default(),
    }
}

fn short(digest: &str) -> String {
    let cut: String = digest.chars().take(DIGEST_CHARS_SHOWN).collect();
    if cut.len() < digest.len() { format!("{cut}…") } else { cut }
}

fn on_node(v: &Visit, node: Node) -> OnNode {
    OnNode {
        id: node.id,
        well: node.status == "ready",
        status: words::state(&node.status, v.language),
        generation: node.generation,
        lag: node.lag,
        engine: node.engine,
        seen: v.moment(&node.seen),
        cannot: node.cannot.map(|cannot| format!("{}: {}", cannot.generation, cannot.why)).unwrap_or_default(),
    }
}

fn serves(v: &Visit, policy: &Policy) -> Serves {
    let (word, why) = match &policy.stopped {
        Some(stop) => ("stopped", stop.why.to_string()),
        None => (policy.mode.as_str(), String::new()),
    };
    Serves {
        id: policy.id.to_string(),
        plugin: policy.plugin.to_string(),
        mode: words::state(word, v.language),
        class: class(word),
        rules: policy.rules.len(),
        why,
    }
}

fn class(word: &str) -> &'static str {
    match word {
        "enforce" => "on",
        "shadow" => "shadow",
        "off" => "off",
        _ => "stopped",
    }
}

fn states(v: &Visit, ruleset: &Ruleset, states: &maple_gate::States) -> Vec<StateRow> {
    let row = |state: &maple_gate::State| {
        let how = match state.how {
            How::Enforce => "enforce",
            How::Shadow => "shadow",
            How::Off => "off",
            How::Stopped => "stopped",
            How::Quarantined => "quarantined",
        };
        let (subject, name) = match state.subject {
            Subject::Locality => ("locality", places::title(v, ruleset, &state.name)),
            Subject::Policy => ("policy", state.name.clone()),
        };
        StateRow {
            subject: words::state(subject, v.language),
            name,
            how: words::state(how, v.language),
            class: class(how),
            why: state.why.clone(),
            by: state.by.clone(),
            at: v.moment(&state.at),
        }
    };
    states.iter().map(row).collect()
}
