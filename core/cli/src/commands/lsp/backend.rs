//! What the client asks and is told.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use maple_kit::{
    editor::{self, CompletionKind},
    project,
};
use tokio::sync::watch;
use tower_lsp_server::{
    Client, LanguageServer,
    jsonrpc::{Error, Result},
    ls_types::{
        CompletionItem, CompletionItemKind, CompletionOptions, CompletionParams, CompletionResponse,
        CompletionTextEdit, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
        DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
        DidSaveTextDocumentParams, DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Documentation,
        FileSystemWatcher, GlobPattern, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents,
        HoverParams, HoverProviderCapability, InitializeParams, InitializeResult, InitializedParams, Location,
        MarkupContent, MarkupKind, MessageType, OneOf, Position, Registration, ServerCapabilities, ServerInfo,
        SymbolKind, TextDocumentSyncCapability, TextDocumentSyncKind, TextEdit, Uri,
    },
};

use super::{
    folder::{Folder, Open},
    points::Points,
};
use crate::args::Lsp;

/// How long nothing may change before the folder is checked.
const QUIET: Duration = Duration::from_millis(150);
/// Characters after which a client asks for suggestions by itself.
const TRIGGERS: [&str; 8] = ["\"", ".", "/", "{", "[", "=", "#", ">"];

/// The server of one client.
pub(super) struct Backend {
    client: Client,
    args: Arc<Lsp>,
    folders: Arc<Mutex<Vec<Folder>>>,
    /// One check at a time.
    checking: Arc<tokio::sync::Mutex<()>>,
    shut: Arc<AtomicBool>,
    process: watch::Sender<Option<i32>>,
    watches: AtomicBool,
}

impl Backend {
    pub(super) fn new(client: Client, args: Lsp, shut: Arc<AtomicBool>, process: watch::Sender<Option<i32>>) -> Self {
        Self {
            client,
            args: Arc::new(args),
            folders: Arc::default(),
            checking: Arc::default(),
            shut,
            process,
            watches: AtomicBool::new(false),
        }
    }

    /// Answers a message that could not be read.
    pub(super) async fn unreadable(&self, params: serde_json::Value) -> Result<()> {
        let why = params.get("why").and_then(serde_json::Value::as_str).unwrap_or_default();
        Err(Error { message: why.to_owned().into(), ..Error::parse_error() })
    }

    fn folders(&self) -> MutexGuard<'_, Vec<Folder>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of policies that a file lies in, and its path there.
    fn root_of(&self, file: &Path) -> Option<PathBuf> {
        let said = self.args.policies.as_deref().map(|dir| project::Project::at(dir).policies);
        let said = said.and_then(|dir| std::path::absolute(dir).ok()).filter(|dir| file.starts_with(dir));
        said.or_else(|| project::policies_of(file))
    }

    /// Runs something on the folder and path of a file, when it is a policy file of a folder that is known.
    fn at<T>(&self, uri: &Uri, run: impl FnOnce(&mut Folder, String) -> T) -> Option<T> {
        let file = path_of(uri)?;
        let mut folders = self.folders();
        // Folders may lie in each other.
        let folder =
            folders.iter_mut().filter(|f| file.starts_with(&f.root)).max_by_key(|f| f.root.as_os_str().len())?;
        let path = folder.path_of(&file)?;
        Some(run(folder, path))
    }

    /// Takes the text of an open file.
    fn take(&self, uri: Uri, version: i32, text: String) {
        if let Some(file) = path_of(&uri) {
            let mut folders = self.folders();
            let Some(root) = self.root_of(&file).or_else(|| {
                folders.iter().find(|folder| file.starts_with(&folder.root)).map(|folder| folder.root.clone())
            }) else {
                return;
            };
            if !folders.iter().any(|folder| folder.root == root) {
                folders.push(Folder::new(root));
            }
        }
        let root = self.at(&uri.clone(), |folder, path| {
            folder.desk.put(&path, &text);
            folder.open.insert(path, Open { uri, version, text: text.into() });
            folder.root.clone()
        });
        if let Some(root) = root {
            self.check(root);
        }
    }

    /// Checks a folder once it has been quiet for a moment.
    fn check(&self, root: PathBuf) {
        let Some(change) = changed(&self.folders, &root) else { return };
        let (folders, checking) = (Arc::clone(&self.folders), Arc::clone(&self.checking));
        let (client, args) = (self.client.clone(), Arc::clone(&self.args));
        tokio::spawn(async move {
            tokio::time::sleep(QUIET).await;
            let _one = checking.lock().await;
            let Some(job) =
                on(&folders, &root, change, |f| f.job(args.places.plugins.clone(), args.places.state.clone()))
            else {
                return;
            };
            let Ok(mut found) = tokio::task::spawn_blocking(move || job.run()).await else { return };
            let told = on(&folders, &root, change, |folder| {
                folder.sandbox = found.sandbox.take();
                if let Some(words) = found.words.take() {
                    folder.desk.learn(words);
                }
                folder.tell(&found)
            });
            if let Some(failure) = found.failure {
                client.show_message(MessageType::ERROR, failure).await;
            }
            for (uri, problems, version) in told.into_iter().flatten() {
                client.publish_diagnostics(uri, problems, version).await;
            }
        });
    }
}

/// Notes a change of a folder; its number.
fn changed(folders: &Mutex<Vec<Folder>>, root: &Path) -> Option<u64> {
    let mut folders = folders.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folders.iter_mut().find(|folder| folder.root == root)?;
    folder.changes += 1;
    Some(folder.changes)
}

/// Runs something on a folder that has not changed since.
fn on<T>(folders: &Mutex<Vec<Folder>>, root: &Path, change: u64, run: impl FnOnce(&mut Folder) -> T) -> Option<T> {
    let mut folders = folders.lock().unwrap_or_else(PoisonError::into_inner);
    folders.iter_mut().find(|folder| folder.root == root && folder.changes == change).map(run)
}

/// The file that a URI means, if it means one.
fn path_of(uri: &Uri) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    uri.to_file_path().map(std::borrow::Cow::into_owned)
}

fn offset(folder: &Folder, path: &str, position: Position) -> Option<usize> {
    folder.desk.text(path).map(|text| Points::new(text).byte(position))
}

fn markdown(text: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value: text }
}

fn completions(folder: &Folder, path: &str, position: Position) -> Option<Vec<CompletionItem>> {
    let points = Points::new(folder.desk.text(path)?);
    let found = folder.desk.complete(path, points.byte(position));
    Some(found.into_iter().enumerate().map(|(at, one)| item(at, one, &points)).collect())
}

fn item(at: usize, one: editor::Completion, points: &Points<'_>) -> CompletionItem {
    let range = points.span(&one.replace);
    CompletionItem {
        label: one.label,
        kind: Some(match one.kind {
            CompletionKind::Key => CompletionItemKind::PROPERTY,
            CompletionKind::Fact => CompletionItemKind::FIELD,
            CompletionKind::Name => CompletionItemKind::VALUE,
            CompletionKind::Word => CompletionItemKind::ENUM_MEMBER,
        }),
        detail: Some(one.detail).filter(|detail| !detail.is_empty()),
        documentation: Some(one.text)
            .filter(|text| !text.is_empty())
            .map(|t| Documentation::MarkupContent(markdown(t))),
        sort_text: Some(format!("{at:05}")),
        filter_text: Some(one.insert.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: one.insert })),
        ..CompletionItem::default()
    }
}

fn symbols(folder: &Folder, path: &str) -> Option<Vec<DocumentSymbol>> {
    let points = Points::new(folder.desk.text(path)?);
    let one = |symbol: editor::Symbol| {
        #[expect(deprecated, reason = "the field is there and has no other way to be left out")]
        DocumentSymbol {
            name: symbol.name,
            detail: Some(symbol.detail).filter(|detail| !detail.is_empty()),
            kind: match symbol.kind {
                editor::SymbolKind::Rule => SymbolKind::FUNCTION,
                editor::SymbolKind::Case => SymbolKind::EVENT,
                editor::SymbolKind::Policy => SymbolKind::MODULE,
                editor::SymbolKind::Entry => SymbolKind::FIELD,
            },
            tags: None,
            deprecated: None,
            range: points.span(&symbol.range),
            selection_range: points.span(&symbol.selection),
            children: None,
        }
    };
    Some(folder.desk.outline(path).into_iter().map(one).collect())
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let process = params.process_id.and_then(|id| i32::try_from(id).ok());
        self.process.send_replace(process);
        let watches = params.capabilities.workspace.and_then(|w| w.did_change_watched_files);
        self.watches.store(watches.and_then(|w| w.dynamic_registration).unwrap_or(false), Ordering::Release);
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "maple".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            capabilities: ServerCapabilities {
                text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
                    ..CompletionOptions::default()
                }),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                ..ServerCapabilities::default()
            },
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.watches.load(Ordering::Acquire) {
            return;
        }
        let watcher = FileSystemWatcher { glob_pattern: GlobPattern::String("**/*.toml".to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "policies".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        let client = self.client.clone();
        // The answer comes through the same door, so nobody waits for it here.
        tokio::spawn(async move { client.register_capability(vec![registration]).await });
    }

    async fn shutdown(&self) -> Result<()> {
        self.shut.store(true, Ordering::Release);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.take(document.uri, document.version, document.text);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        if let Some(change) = params.content_changes.into_iter().next_back() {
            self.take(document.uri, document.version, change.text);
        }
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if let Some(root) = self.at(&params.text_document.uri, |folder, _| folder.root.clone()) {
            self.check(root);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let root = self.at(&params.text_document.uri, |folder, path| {
            folder.open.remove(&path);
            folder.reread();
            folder.root.clone()
        });
        if let Some(root) = root {
            self.check(root);
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let roots: std::collections::BTreeSet<PathBuf> =
            params.changes.iter().filter_map(|change| self.at(&change.uri, |folder, _| folder.root.clone())).collect();
        for root in roots {
            if let Some(folder) = self.folders().iter_mut().find(|folder| folder.root == root) {
                folder.reread();
            }
            self.check(root);
        }
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let place = params.text_document_position;
        let found = self.at(&place.text_document.uri, |folder, path| completions(folder, &path, place.position));
        Ok(found.flatten().map(CompletionResponse::Array))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let place = params.text_document_position_params;
        let found = self.at(&place.text_document.uri, |folder, path| {
            let hover = folder.desk.hover(&path, offset(folder, &path, place.position)?)?;
            let range = Points::new(folder.desk.text(&path)?).span(&hover.range);
            Some(Hover { contents: HoverContents::Markup(markdown(hover.text)), range: Some(range) })
        });
        Ok(found.flatten())
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let place = params.text_document_position_params;
        let found = self.at(&place.text_document.uri, |folder, path| {
            let (file, range) = folder.desk.definition(&path, offset(folder, &path, place.position)?)?;
            let range = Points::new(folder.desk.text(file)?).span(&range);
            Some(GotoDefinitionResponse::Scalar(Location { uri: folder.uri_of(file)?, range }))
        });
        Ok(found.flatten())
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let found = self.at(&params.text_document.uri, |folder, path| symbols(folder, &path));
        Ok(found.flatten().map(DocumentSymbolResponse::Nested))
    }
}
