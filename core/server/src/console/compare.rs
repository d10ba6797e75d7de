//! `/policies/compare`: what two versions say differently; what the gate says of one; and the form that puts it in force.

mod trial;

pub(crate) use trial::backtest;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Extension, Request, State},
    http::StatusCode,
    response::Response,
};
use maple_gate::{Ending, PieceChanges, Report, Stage};
use maple_store::{Activation, PAGE_COUNT_MAX};
use maple_wire::{FlawCode, Problem};
use serde_json::{Map, json};
use tokio::time::timeout;

use super::{
    cases::only,
    places::{self, Choice},
    session::FORM,
    visit::{Visit, link},
};
use crate::{
    access::{Caller, Role},
    app::App,
    control::{Control, Made, Refusal, Unmade},
    http::{
        activations::{self, Asked, Unchanged, acting, controlled},
        answer,
        body::{self, Terms},
        insight::wrong,
    },
};

const PARAMETERS: [&str; 2] = ["from", "to"];
/// Size of the form that puts something in force: a digest, a generation and a reason, each letter of it up to nine.
const FORM_BYTES_MAX: usize = 16 << 10;
/// Problems of one stage that the page shows.
const PROBLEMS_SHOWN: usize = 20;
const DIGEST_CHARS_SHOWN: usize = 19;

/// A version that somebody names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Version {
    /// What served as a generation.
    Generation(u32),
    /// A bundle, by its digest.
    Bundle(String),
}

impl Version {
    fn read(v: &Visit, name: &str) -> Result<Option<Self>, Problem> {
        let Some(given) = v.given(name) else { return Ok(None) };
        if let Ok(generation) = given.parse() {
            return Ok(Some(Self::Generation(generation)));
        }
        if given.starts_with("sha256:") && given.len() == "sha256:".len() + 64 {
            return Ok(Some(Self::Bundle(given.to_owned())));
        }
        let en = format!("`{name}` is a generation such as 12, or the digest of a bundle, `sha256:` and 64 digits");
        Err(wrong(name, FlawCode::BadFormat, en, format!("{name}应为代号（如12）或规则包摘要（sha256:加64位）")))
    }

    fn written(&self) -> String {
        match self {
            Self::Generation(generation) => generation.to_string(),
            Self::Bundle(digest) => digest.clone(),
        }
    }

    fn named(&self, v: &Visit) -> String {
        match self {
            Self::Generation(generation) if v.is_chinese() => format!("第{generation}代"),
            Self::Generation(generation) => format!("generation {generation}"),
            Self::Bundle(digest) => {
                let cut: String = digest.chars().take(DIGEST_CHARS_SHOWN).collect();
                format!("{} {cut}…", v.say("规则包", "bundle"))
            }
        }
    }

    fn made(&self, app: &App, control: &Control) -> Result<Arc<Made>, Unmade> {
        match self {
            Self::Bundle(digest) => control.shelf.made(digest, None),
            Self::Generation(generation) => {
                let serving = app.serving();
                if serving.activation().generation == *generation {
                    return Ok(Arc::clone(&serving.made));
                }
                let found = control.store.activation(*generation)?.ok_or(Unmade::Activation(*generation))?;
                Ok(control.shelf.of(&found)?.made)
            }
        }
    }
}

struct PackRow {
    place: String,
    id: String,
    before: String,
    after: String,
    back: bool,
}

struct PieceRow {
    policy: String,
    rule: String,
    became: &'static str,
    class: &'static str,
    before: String,
    after: String,
}

struct StageRow {
    name: &'static str,
    result: &'static str,
    class: &'static str,
    checked: u64,
    problems: Vec<(String, String, String)>,
    more: u64,
}

/// What can be done with the second version.
enum Act {
    /// Nothing by this reader, or nothing at all.
    Nothing(&'static str),
    /// The gate is asked first.
    Examine,
    /// It is put in force.
    Activate,
    /// It is gone back to.
    RollBack,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare<'a> {
    v: &'a Visit,
    here: &'static str,
    alert: String,
    before: String,
    after: String,
    from: String,
    to: String,
    swapped: String,
    registries: bool,
    packs: Vec<PackRow>,
    pieces: Vec<PieceRow>,
    more: usize,
    report: Option<(bool, Vec<StageRow>)>,
    act: Act,
    replaces: u32,
    why: String,
    trial: trial::Part,
    /// Where the recorded cases lie that are tried.
    place: String,
    places: Vec<Choice>,
}

/// What is compared.
struct Sides {
    from: Version,
    to: Version,
    latest: Option<Activation>,
    found: PieceChanges,
    /// Bundles that are kept, the latest first.
    kept: Vec<String>,
}

async fn sides(v: &Visit, caller: &Caller) -> Result<Sides, Problem> {
    only(v, &PARAMETERS)?;
    controlled(&v.app)?;
    let serving = v.app.serving().activation().generation;
    let from = Version::read(v, "from")?.unwrap_or(Version::Generation(serving));
    let to = Version::read(v, "to")?.unwrap_or(Version::Generation(serving));
    // One that is not at hand is compiled.
    let Ok(Ok(place)) = timeout(v.app.config.wait, Arc::clone(&v.app.examinations).acquire_owned()).await else {
        return Err(answer::overloaded());
    };
    let (app, pair) = (Arc::clone(&v.app), (from.clone(), to.clone()));
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let control = controlled(&app).map_err(Refusal::NotControlled)?;
        let (before, after) = (pair.0.made(&app, control)?, pair.1.made(&app, control)?);
        let found = PieceChanges::between(before.side(), after.side());
        let kept = control.store.bundles(PAGE_COUNT_MAX, None)?.into_iter().map(|one| one.digest).collect();
        Ok::<_, Refusal>((control.store.current()?, found, kept))
    });
    match done.await.map_err(|_| answer::internal())? {
        Ok((latest, found, kept)) => Ok(Sides { from, to, latest, found, kept }),
        Err(refusal) => Err(activations::refused(&refusal, caller, Role::Approver)),
    }
}

pub(crate) async fn compare(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let sides = sides(&visit, &caller).await;
    visit.show(sides.map(|sides| page(&visit, &caller, sides, None)))
}

/// Has the gate examine the bundle, as the one who would put it in force; nothing is kept.
pub(crate) async fn examine(visit: Visit, Extension(caller): Extension<Caller>) -> Response {
    let examined = examined(&visit, &caller).await;
    visit.show(examined)
}

async fn examined<'a>(v: &'a Visit, caller: &Caller) -> Result<Compare<'a>, Problem> {
    caller.require_somewhere(Some(Role::Approver))?;
    let sides = sides(v, caller).await?;
    let Version::Bundle(digest) = sides.to.clone() else {
        let en = "only a bundle is examined; what served before was".to_owned();
        return Err(wrong("to", FlawCode::Inconsistent, en, "只有规则包需要检查；曾在用的已检查过".to_owned()));
    };
    let Ok(Ok(place)) = timeout(v.app.config.wait, Arc::clone(&v.app.examinations).acquire_owned()).await else {
        return Err(answer::overloaded());
    };
    let (app, asks) = (Arc::clone(&v.app), caller.clone());
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        let control = controlled(&app).map_err(Refusal::NotControlled)?;
        let unknown = || Unmade::Bundle(digest.clone());
        let name = digest.parse().map_err(|_| unknown())?;
        let bytes = control.store.bundle(&name)?.ok_or_else(unknown)?.bytes;
        acting(&asks, Role::Approver, |actor| control.publish(&app, &bytes, None, true, actor))
    });
    match done.await.map_err(|_| answer::internal())? {
        Ok(published) => Ok(page(v, caller, sides, Some(&published.report))),
        Err(refusal) => Err(activations::refused(&refusal, caller, Role::Approver)),
    }
}

fn page<'a>(v: &'a Visit, caller: &Caller, sides: Sides, report: Option<&Report>) -> Compare<'a> {
    let Sides { from, to, latest, found, kept } = sides;
    let ruleset = v.ruleset();
    let serving = v.app.serving();
    let now = serving.activation();
    let latest = latest.map_or(now.generation, |latest| latest.generation);
    let packs: Vec<PackRow> = (found.changes.packs.iter())
        .map(|pack| PackRow {
            place: places::title(v, &ruleset, &pack.pack),
            id: pack.pack.clone(),
            before: pack.before.clone().unwrap_or_default(),
            after: pack.after.clone().unwrap_or_default(),
            back: pack.goes_back(),
        })
        .collect();
    let same = packs.is_empty() && !found.changes.registries;
    let act = match &to {
        _ if from != Version::Generation(now.generation) => Act::Nothing(
            v.say("要启用或回退，请与现行的一代比较。", "To put one in force, compare it with what serves now."),
        ),
        _ if same => Act::Nothing(v.say("两者相同，没有可变更的。", "Both are the same; there is nothing to change.")),
        _ if !caller.has(Role::Approver) => Act::Nothing(
            v.say("启用和回退须有approver角色。", "To put one in force or to go back takes the role approver."),
        ),
        Version::Generation(_) => Act::RollBack,
        Version::Bundle(_) => match report {
            None => Act::Examine,
            Some(report) if report.admitted => Act::Activate,
            Some(_) => Act::Nothing(
                v.say("检查未通过，不能启用。", "The gate does not let it through; it cannot be put in force."),
            ),
        },
    };
    let pieces = found.told.into_iter().map(|one| PieceRow {
        policy: one.policy,
        rule: one.rule.unwrap_or_default(),
        became: match one.became {
            maple_gate::Became::Came => v.say("新增", "came"),
            maple_gate::Became::Went => v.say("删除", "went"),
            maple_gate::Became::Changed => v.say("修改", "changed"),
        },
        class: one.became.as_str(),
        before: one.before,
        after: one.after,
    });
    Compare {
        v,
        here: "/policies",
        alert: String::new(),
        before: from.named(v),
        after: to.named(v),
        swapped: link("/policies/compare", [("from", &*to.written()), ("to", &*from.written())]),
        from: from.written(),
        to: to.written(),
        registries: found.changes.registries,
        packs,
        pieces: pieces.collect(),
        more: found.more,
        report: report.map(|report| (report.admitted, report.stages.iter().map(|one| stage(v, one)).collect())),
        act,
        replaces: latest,
        why: String::new(),
        trial: trial::Part::of(v, caller, &to, &kept),
        place: caller.home(Role::Auditor).unwrap_or_default().to_owned(),
        places: places::choices(v, &ruleset),
    }
}

fn stage(v: &Visit, one: &maple_gate::StageReport) -> StageRow {
    let (result, class) = match one.result {
        Ending::Passed => (v.say("通过", "passed"), "on"),
        Ending::Failed => (v.say("未通过", "failed"), "stopped"),
        Ending::NotReached => (v.say("未进行", "not reached"), "off"),
        Ending::NotAsked => (v.say("未要求", "not asked for"), "off"),
    };
    let told = one.problems.iter().take(PROBLEMS_SHOWN).map(|problem| {
        let at = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = if problem.file.is_empty() { String::new() } else { format!("{}{at}", problem.file) };
        let text = v.say(&problem.message_zh, &problem.message).to_owned();
        (place, text, problem.advice.clone().unwrap_or_default())
    });
    let hidden = one.problems.len().saturating_sub(PROBLEMS_SHOWN) as u64;
    StageRow {
        name: stage_name(v, one.stage),
        result,
        class,
        checked: one.checked,
        problems: told.collect(),
        more: one.more + hidden,
    }
}

fn stage_name(v: &Visit, stage: Stage) -> &'static str {
    let (zh, en) = match stage {
        Stage::Digest => ("字节完整", "the bytes are whole"),
        Stage::Signature => ("签名与版本", "signatures and versions"),
        Stage::Contract => ("契约版本", "the contract"),
        Stage::Imports => ("插件引入", "what plugins ask for"),
        Stage::Compile => ("编译", "the files make a ruleset"),
        Stage::Settings => ("插件设置", "plugins take their settings"),
        Stage::Cases => ("规则自带案例", "the packs' own cases"),
        Stage::Conformance => ("系统案例", "the host's cases"),
        Stage::Floor => ("法律底线", "nothing of the floor is lost"),
        Stage::Budget => ("过去的决定", "decisions of the past"),
        Stage::WarmUp => ("各地首案", "a first case in each place"),
    };
    v.say(zh, en)
}

/// What the form says.
struct Form {
    asked: Asked,
    to: String,
    why: String,
}

fn form(bytes: &[u8]) -> Result<Form, Problem> {
    let mut members = Map::new();
    let mut to = String::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let number = || value.parse::<u32>().map_or_else(|_| json!(&*value), |number| json!(number));
        match &*name {
            "bundle" => {
                to = value.to_string();
                members.insert("bundle".to_owned(), json!(&*value));
            }
            "to" => {
                to = value.to_string();
                members.insert("to".to_owned(), number());
            }
            "replaces" => {
                members.insert("replaces".to_owned(), number());
            }
            "why" => {
                members.insert("why".to_owned(), json!(value.trim()));
            }
            // Goes with `to`: the gate lets no bundle through whose versions go back.
            "rollback" => {
                members.insert("rollback".to_owned(), json!(true));
            }
            _ => {}
        }
    }
    let why = members.get("why").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let asked = Asked::read(serde_json::Value::Object(members).to_string().as_bytes())?;
    Ok(Form { asked, to, why })
}

/// Puts in force what the form names, and says so; or says why not.
pub(crate) async fn activate(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let visit = Visit::of(&app, request.uri(), request.headers(), caller.as_ref());
    let Some(caller) = caller else { return visit.refuse(&answer::internal()) };
    activated(&visit, caller, request).await.unwrap_or_else(|problem| visit.refuse(&problem))
}

async fn activated(v: &Visit, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.require_somewhere(Some(Role::Approver))?;
    body::expect_type(request.headers(), &[FORM])?;
    let terms = Terms { limit: FORM_BYTES_MAX, deadline: v.app.config.deadline, room: &v.app.large_bodies };
    let taken = body::read(request, &terms).await?;
    let Form { asked, to, why } = form(&taken.bytes)?;
    let (status, told) = match activations::swapped(&v.app, caller.clone(), asked).await {
        Ok(activation) => {
            return Ok(v.send_to(&format!("/policies?done={}#done", activation.generation)));
        }
        Err(Unchanged::Conflict(current)) => (StatusCode::CONFLICT, overtaken(v, current.as_deref())),
        Err(Unchanged::Rejected(report, _)) => {
            let told = report.failed().map_or("", |stage| stage_name(v, stage));
            let text = v.say("检查未通过，未作任何变更：", "The gate does not let it through; nothing was changed: ");
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{text}{told}"))
        }
        Err(Unchanged::Problem(problem)) => {
            let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let told = [v.say(&problem.detail_zh, &problem.detail).to_owned()].into_iter();
            let flaws = problem.errors.iter().map(|flaw| v.say(&flaw.detail_zh, &flaw.detail).to_owned());
            let words = if problem.errors.is_empty() { told.collect::<Vec<_>>() } else { flaws.collect() };
            let nothing = v.say("未作任何变更：", "Nothing was changed: ");
            (status, format!("{nothing}{}", words.join(v.say("；", "; "))))
        }
    };
    // The same page once more, against what serves now, with what was written.
    let again = v.asking([("to", to)]);
    let sides = sides(&again, &caller).await?;
    let mut page = page(&again, &caller, sides, None);
    page.alert = told;
    page.why = why;
    let text = page.render().map_err(|_| answer::internal())?;
    Ok(v.answer(status, text))
}

fn overtaken(v: &Visit, current: Option<&Activation>) -> String {
    match current {
        Some(current) if v.is_chinese() => format!(
            "未作任何变更：第{}代已由{}先行启用（{}）。下面已改为与它比较，请查看后再决定。",
            current.generation, current.by, current.why
        ),
        Some(current) => format!(
            "Nothing was changed: generation {} came first, by {} ({}). Below it is compared with that one; look at it and decide again.",
            current.generation, current.by, current.why
        ),
        None => v.say("尚无规则在用。", "Nothing serves yet that could be replaced.").to_owned(),
    }
}
