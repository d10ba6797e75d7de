//! One folder of policies in the editor: what lies on the disk, under what is open and not yet saved.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use maple_bundle::{Bundle, Diagnostic, FILE_BYTES_MAX, ReadError, Severity, Words};
use maple_kit::{editor::Desk, project::Project};
use maple_sandbox::Sandbox;
use tower_lsp_server::ls_types::{DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Uri};

use super::points::Points;
use crate::{Failure, commands::check, load};

/// A file that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: Arc<str>,
}

/// A folder of policies.
pub(super) struct Folder {
    /// Where it lies.
    pub(super) root: PathBuf,
    pub(super) desk: Desk,
    /// Open files by their path in the folder.
    pub(super) open: BTreeMap<String, Open>,
    /// Files with problems that the client knows of.
    pub(super) told: BTreeSet<Uri>,
    /// Counts changes, so that what is asked of an older state is not answered.
    pub(super) changes: u64,
    pub(super) sandbox: Option<Arc<Sandbox>>,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        let mut folder = Self {
            root,
            desk: Desk::default(),
            open: BTreeMap::new(),
            told: BTreeSet::new(),
            changes: 0,
            sandbox: None,
        };
        folder.reread();
        folder
    }

    /// Reads the disk anew.
    pub(super) fn reread(&mut self) {
        let Ok(bundle) = files(&self.root, &BTreeMap::new()) else { return };
        self.desk = Desk::new(&bundle);
        for (path, open) in &self.open {
            self.desk.put(path, &open.text);
        }
    }

    /// The path in the folder of a file that lies in it.
    pub(super) fn path_of(&self, file: &Path) -> Option<String> {
        let inside = file.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
        parts.map(|parts| parts.join("/"))
    }

    /// Where a file of the folder lies, when it lies on the disk or is open.
    pub(super) fn uri_of(&self, path: &str) -> Option<Uri> {
        if let Some(open) = self.open.get(path) {
            return Some(open.uri.clone());
        }
        let file = self.root.join(path);
        if file.is_file() { Uri::from_file_path(file) } else { None }
    }

    /// What a check needs, to run beside the editor.
    pub(super) fn job(&self, plugins: Option<PathBuf>, state: Option<PathBuf>) -> Job {
        let over = self.open.iter().map(|(path, open)| (path.clone(), Arc::clone(&open.text))).collect();
        Job { root: self.root.clone(), over, plugins, state, sandbox: self.sandbox.clone() }
    }

    /// Problems as the client is told of them: for each file that is open, has some or had some.
    pub(super) fn tell(&mut self, found: &Found) -> Vec<(Uri, Vec<Problem>, Option<i32>)> {
        let had = std::mem::take(&mut self.told).into_iter().map(|uri| (uri, (None, Vec::new())));
        let open = self.open.values().map(|open| (open.uri.clone(), (Some(open.version), Vec::new())));
        let mut by_file: BTreeMap<Uri, (Option<i32>, Vec<Problem>)> = had.chain(open).collect();
        for problem in &found.problems {
            let own = if problem.file.is_empty() {
                None
            } else {
                self.uri_of(&problem.file).map(|uri| (problem.file.clone(), uri))
            };
            let Some((path, uri)) = own.clone().or_else(|| self.anywhere()) else { continue };
            let told = self.problem(problem, own.is_some(), &path, found);
            by_file.entry(uri).or_default().1.push(told);
        }
        let some = by_file.iter().filter(|(_, (_, problems))| !problems.is_empty());
        self.told = some.map(|(uri, _)| uri.clone()).collect();
        by_file.into_iter().map(|(uri, (version, problems))| (uri, problems, version)).collect()
    }

    /// A file to tell of what belongs to none: the first that is open.
    fn anywhere(&self) -> Option<(String, Uri)> {
        self.open.iter().next().map(|(path, open)| (path.clone(), open.uri.clone()))
    }

    fn problem(&self, problem: &Diagnostic, own: bool, path: &str, found: &Found) -> Problem {
        let text = found.text(path).unwrap_or_default();
        let mut message = problem.message.clone();
        let mut range = Points::new(text).spot(&problem.spot());
        if !own {
            range = Points::new(text).spot(&maple_bundle::Spot::default());
            if !problem.file.is_empty() {
                message = format!("{}: {message}", problem.file);
            }
        }
        if let Some(advice) = &problem.advice {
            message.push_str("\nhelp: ");
            message.push_str(advice);
        }
        let related: Vec<_> = problem.related.iter().filter_map(|related| self.related(related, found)).collect();
        Problem {
            range,
            severity: Some(match problem.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Note => DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(problem.code.to_owned())),
            source: Some("maple".to_owned()),
            message,
            related_information: (!related.is_empty()).then_some(related),
            data: problem.witness.as_deref().and_then(|witness| serde_json::from_str(witness).ok()),
            ..Problem::default()
        }
    }

    fn related(&self, related: &maple_bundle::Related, found: &Found) -> Option<DiagnosticRelatedInformation> {
        let text = found.text(&related.spot.file)?;
        Some(DiagnosticRelatedInformation {
            location: Location { uri: self.uri_of(&related.spot.file)?, range: Points::new(text).spot(&related.spot) },
            message: related.label.clone(),
        })
    }
}

/// A problem in the client's words.
pub(super) type Problem = tower_lsp_server::ls_types::Diagnostic;

/// A check of a folder as it is in the editor.
pub(super) struct Job {
    root: PathBuf,
    over: BTreeMap<String, Arc<str>>,
    plugins: Option<PathBuf>,
    state: Option<PathBuf>,
    sandbox: Option<Arc<Sandbox>>,
}

/// What a check found.
pub(super) struct Found {
    pub(super) problems: Vec<Diagnostic>,
    /// The words of the folder, where it could be read.
    pub(super) words: Option<Words>,
    pub(super) sandbox: Option<Arc<Sandbox>>,
    /// Why policies were not asked.
    pub(super) failure: Option<String>,
    bundle: Option<Bundle>,
}

impl Found {
    fn text(&self, path: &str) -> Option<&str> {
        let (_, bytes) = self.bundle.as_ref()?.files().find(|(of, _)| *of == path)?;
        std::str::from_utf8(bytes).ok()
    }
}

impl Job {
    /// Runs the check that `maple check` runs.
    pub(super) fn run(self) -> Found {
        let from = load::From {
            policies: &self.root,
            plugins: self.plugins.as_deref(),
            state: self.state.as_deref(),
            keep_going: false,
            diary: false,
            tables: true,
        };
        let none =
            |problems| Found { problems, words: None, sandbox: self.sandbox.clone(), failure: None, bundle: None };
        let (own, large): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.over.iter().partition(|(_, text)| text.len() <= FILE_BYTES_MAX);
        if let Some(path) = large.keys().next() {
            return none(vec![ReadError::FileBytes((*path).clone()).diagnostic()]);
        }
        let over = own.into_iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect();
        let (files, odd) = match project_files(&self.root, &over) {
            Ok(files) => files,
            Err(error) => return none(vec![error.diagnostic()]),
        };
        let odd: Vec<Diagnostic> = odd.iter().map(ReadError::diagnostic).collect();
        let (bundle, words) = (files.bundle.clone(), maple_bundle::words(&files.bundle));
        let sandbox = match self.sandbox.clone().map_or_else(|| load::sandbox(&from).map(Arc::new), Ok) {
            Ok(sandbox) => sandbox,
            Err(failure) => {
                let failure = Some(failure.to_string());
                return Found { words: Some(words), bundle: Some(bundle), failure, ..none(odd) };
            }
        };
        let (problems, failure) = match check::found(&from, &files, &sandbox) {
            Ok(problems) => (odd.into_iter().chain(problems).collect(), None),
            Err(Failure::Wrong) => (odd, None),
            Err(failure) => (odd, Some(failure.to_string())),
        };
        Found { problems, words: Some(words), sandbox: Some(sandbox), failure, bundle: Some(bundle) }
    }
}

/// The policy files of a folder with the open ones over them, and what keeps others out.
fn project_files(
    root: &Path,
    over: &BTreeMap<String, Vec<u8>>,
) -> Result<(maple_kit::project::Files, Vec<ReadError>), ReadError> {
    let (mut files, odd) = Project::at(root).gather()?;
    files.bundle = files.bundle.with_files(over.clone())?;
    Ok((files, odd))
}

fn files(root: &Path, over: &BTreeMap<String, Vec<u8>>) -> Result<Bundle, ReadError> {
    project_files(root, over).map(|(files, _)| files.bundle)
}
