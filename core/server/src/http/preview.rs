//! `POST /v1/preview`: a question and policies that do not serve yet. Nothing is kept; nobody else is served by them.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use bytes::Bytes;
use maple_bundle::{Compiled, Diagnostic, Options, Severity, compile};
use maple_kernel::{Configured, PluginInfo, Plugins, PolicyId, Ruleset, Setup, SetupError, walk};
use maple_wire::{
    Explained, FilePlace, Flaw, FlawCode, Overlay, Preview, Previewed, Problem, ProblemKind, Reply, explain_json,
    tell_mistake_zh, write_preview,
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    DecisionId, RequestId, answer,
    body::{self, Terms},
    evaluate::{NO_NAME, guarded, named},
};
use crate::{
    access::{Caller, Role},
    app::{App, Serving},
};

pub(crate) async fn preview(
    State(app): State<Arc<App>>,
    Extension(RequestId(id)): Extension<RequestId>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    match answered(app, caller, id, request).await {
        Ok(reply) => {
            let mut response = answer::json(reply);
            response.extensions_mut().insert(DecisionId(id));
            response
        }
        Err(problem) => answer::problem(&problem),
    }
}

async fn answered(app: Arc<App>, caller: Caller, id: Uuid, request: Request) -> Result<Vec<u8>, Problem> {
    body::expect_type(request.headers(), &[answer::JSON])?;
    let config = &app.config;
    let terms = Terms { limit: config.preview_bytes, deadline: config.deadline, room: &app.large_previews };
    let body = body::read(request, &terms).await?;
    let waiting = timeout(app.config.wait, Arc::clone(&app.previews).acquire_owned()).await;
    let Ok(Ok(place)) = waiting else {
        app.metrics.turned_away("/v1/preview");
        return Err(answer::overloaded());
    };
    let deadline = app.config.preview_deadline;
    // The place goes with the work: a caller that leaves does not make room for another compilation.
    let bytes = body.bytes.clone();
    let work = tokio::task::spawn_blocking({
        let app = Arc::clone(&app);
        move || {
            let reply = previewed(&app, &caller, id, &bytes);
            drop(place);
            reply
        }
    });
    match timeout(deadline, work).await {
        Ok(done) => done.unwrap_or_else(|_| Err(answer::internal())),
        Err(_) => Err(Problem::new(
            ProblemKind::DeadlineExceeded,
            format!("the preview was not ready within {} seconds", deadline.as_secs_f32()),
            format!("预览未能在{}秒内完成", deadline.as_secs_f32()),
        )),
    }
}

fn previewed(app: &App, caller: &Caller, id: Uuid, body: &Bytes) -> Result<Vec<u8>, Problem> {
    let preview = Preview::parse(body).map_err(|problem| *problem)?;
    if let Some(locality) = preview.locality() {
        // Before the work: to compile is dear.
        caller.require(Role::Author, locality)?;
    }
    let serving = app.serving();
    let overlay = laid_over(app, &serving, &preview)?;
    let compiled =
        compiled(app, &serving, &overlay).map_err(|problem| with_the_case(problem, app, &serving, &preview))?;
    let question = preview.question(&compiled.ruleset, app.today()).map_err(|problem| *problem)?;
    caller.require(Role::Author, question.case.locality.as_str())?;
    let ruleset = &compiled.ruleset;
    let decision = guarded(ruleset, &question, id)?;
    let explanation = question.explain.then(|| {
        let askings = walk(ruleset, &question, |policy, file| policy.assessor.assess(file));
        // How long each took is told by `maple run`: here they are asked by other means than in service.
        let askings = askings.into_iter().map(|asking| (asking, None)).collect();
        explain_json(&Explained {
            ruleset,
            question: &question,
            decision: &decision,
            askings,
            tables: &compiled.tables,
        })
    });
    let brought = brought(ruleset, &serving.ruleset);
    let mut name = NO_NAME;
    let reply = Reply { id: named(id, &mut name), generation: 0, case: &question.case, decision: &decision };
    Ok(write_preview(&reply, &Previewed { brought: &brought, explanation: explanation.as_ref() }))
}

/// The policies that the ruleset that serves does not have.
fn brought<'r>(ruleset: &'r Ruleset, serving: &Ruleset) -> Vec<&'r str> {
    let known: HashSet<&str> = serving.policy_ids().map(PolicyId::as_str).collect();
    ruleset.policy_ids().map(PolicyId::as_str).filter(|id| !known.contains(id)).collect()
}

/// Plugins that make policies for one case: what serves is shared, what is new is not made ready for more.
struct Sketching<'p> {
    plugins: &'p dyn Plugins,
    on_hand: &'p BTreeSet<Arc<str>>,
}

impl Plugins for Sketching<'_> {
    fn list(&self) -> Vec<PluginInfo> {
        self.plugins.list().into_iter().filter(|plugin| self.on_hand.contains(&plugin.digest)).collect()
    }

    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.plugins.sketch(setups)
    }
}

/// Files to lay over the bundle that serves, and where in the request each came from.
struct Files {
    files: BTreeMap<String, Vec<u8>>,
    table: Option<String>,
}

impl Files {
    fn pointer(&self, file: &str) -> String {
        if self.table.as_deref() == Some(file) {
            "/table".to_owned()
        } else if self.files.contains_key(file) {
            format!("/bundle/files/{}", file.replace('~', "~0").replace('/', "~1"))
        } else {
            String::new()
        }
    }
}

fn laid_over(app: &App, serving: &Serving, preview: &Preview<'_>) -> Result<Files, Problem> {
    let table = match &preview.overlay {
        Overlay::Files(files) => return Ok(Files { files: files.clone(), table: None }),
        Overlay::Table(table) => table,
    };
    let place = preview.locality().and_then(|given| serving.ruleset.locality(given));
    let Some((locality, known)) = place else {
        // The words of the ruleset that serves say what is wrong with the case.
        let said = preview.question(&serving.ruleset, app.today()).err();
        return Err(said.map_or_else(answer::internal, |problem| *problem));
    };
    let taken = |path: &str| serving.made.bundle.files().any(|(file, _)| file == path);
    let path = (1..).map(|n| format!("{locality}/preview-{n}.toml")).find(|path| !taken(path)).unwrap_or_default();
    let mut files = BTreeMap::from([(path.clone(), table.as_bytes().to_vec())]);
    let pack = format!("{locality}/pack.toml");
    if !taken(&pack) {
        let (zh, en) = (toml_text(&known.title.zh), toml_text(&known.title.en));
        let text = format!(
            "id = \"{locality}\"\nversion = \"0.0.0\"\ncontract = \"*\"\nin-force-from = 1900-01-01\n\
             title = {{ zh = {zh}, en = {en} }}\n"
        );
        files.insert(pack, text.into_bytes());
    }
    Ok(Files { files, table: Some(path) })
}

/// A basic string; JSON's escapes are a part of TOML's.
fn toml_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn compiled(app: &App, serving: &Serving, overlay: &Files) -> Result<Compiled, Problem> {
    let bundle = serving.made.bundle.with_files(overlay.files.clone()).map_err(|error| {
        let (en, zh) = (error.to_string(), format!("无法读取所给文件：{error}"));
        let flaw = Flaw::new("/bundle/files".to_owned(), FlawCode::Diagnostic, en, zh);
        Problem::with_errors(ProblemKind::InvalidBundle, vec![flaw], 1)
    })?;
    let keep_going = !serving.made.left_out.is_empty();
    // Both together would take packs apart; then it is not told why rules keep silent.
    let options = Options { keep_going, tables: !keep_going };
    let compiled = compile(&bundle, &Sketching { plugins: &*app.plugins, on_hand: &app.on_hand }, &options)
        .map_err(|problems| told(&problems, overlay, |_| true))?;
    // What was left out before may stay out, but not what this request brought.
    let brought = |problem: &Diagnostic| overlay.files.contains_key(&problem.file);
    if compiled.problems.iter().any(|problem| problem.severity == Severity::Error && brought(problem)) {
        return Err(told(&compiled.problems, overlay, brought));
    }
    Ok(compiled)
}

/// Beside what is wrong with a table, what is wrong with the case: a table brings no words that could mend it.
fn with_the_case(problem: Problem, app: &App, serving: &Serving, preview: &Preview<'_>) -> Problem {
    let case = match &preview.overlay {
        Overlay::Table(_) if problem.kind == ProblemKind::InvalidBundle => {
            preview.question(&serving.ruleset, app.today()).err()
        }
        _ => None,
    };
    let Some(case) = case else { return problem };
    let mut flaws = problem.errors;
    flaws.extend(case.errors);
    let count = flaws.len();
    Problem::with_errors(ProblemKind::InvalidBundle, flaws, count)
}

fn told(problems: &[Diagnostic], overlay: &Files, concerns: impl Fn(&Diagnostic) -> bool) -> Problem {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error && concerns(problem));
    let flaws: Vec<Flaw> = errors.map(|problem| flaw(problem, overlay.pointer(&problem.file))).collect();
    let count = flaws.len();
    Problem::with_errors(ProblemKind::InvalidBundle, flaws, count)
}

fn flaw(problem: &Diagnostic, pointer: String) -> Flaw {
    let advice = problem.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
    let detail = format!("{}{advice}", problem.message);
    let (line, column) = (Some(problem.line).filter(|n| *n > 0), Some(problem.column).filter(|n| *n > 0));
    let detail_zh = tell_mistake_zh(problem.code, &problem.message, problem.advice.as_deref());
    let place = FilePlace { file: problem.file.clone(), line, column, code: problem.code.to_owned() };
    Flaw { place: Some(place), ..Flaw::new(pointer, FlawCode::Diagnostic, detail, detail_zh) }
}
