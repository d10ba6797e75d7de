//! Calling cargo so that nothing of the caller's surroundings gets into the bytes.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

use super::{
    BuildError, Step,
    recipe::{self, Toolchain},
    target::output,
};

/// How many lines of the compiler an error quotes.
const COMPILER_LINES_MAX: usize = 400;

/// A guest crate.
pub(super) struct Crate {
    /// As it was asked for.
    pub(super) dir: PathBuf,
    pub(super) name: String,
    manifest: PathBuf,
}

/// Guest crates that are built together.
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    target_dir: PathBuf,
    pub(super) crates: Vec<Crate>,
}

/// Groups crates by the workspace they belong to.
pub(super) fn workspaces(dirs: &[PathBuf]) -> Result<Vec<Workspace>, BuildError> {
    let mut found: Vec<(Workspace, BTreeMap<PathBuf, String>)> = Vec::new();
    for dir in dirs {
        let manifest = dir.join("Cargo.toml");
        let manifest = manifest.canonicalize().map_err(|_| BuildError::NoCrate { path: dir.clone() })?;
        if !found.iter().any(|(_, packages)| packages.contains_key(&manifest)) {
            found.push(metadata(&manifest)?);
        }
        let of = found.iter_mut().find_map(|(workspace, packages)| Some((workspace, packages.get(&manifest)?)));
        let (workspace, name) = of.ok_or_else(|| BuildError::NoCrate { path: dir.clone() })?;
        workspace.crates.push(Crate { dir: dir.clone(), name: name.clone(), manifest });
    }
    Ok(found.into_iter().map(|(workspace, _)| workspace).collect())
}

/// A workspace and the names of its packages by manifest.
fn metadata(manifest: &Path) -> Result<(Workspace, BTreeMap<PathBuf, String>), BuildError> {
    let mut command = Command::new(recipe::cargo());
    command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(manifest);
    // Cargo is there: what it does not like is the manifest.
    let answer = output(&mut command, "cargo").map_err(|error| match error {
        BuildError::ToolFailed { output, .. } => BuildError::Compile { output },
        other => other,
    })?;
    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    let packages = answer.get("packages").and_then(Value::as_array).into_iter().flatten();
    let packages = packages.map(|package| (path(package, "manifest_path"), text(package, "name").into())).collect();
    let root = path(&answer, "workspace_root");
    let target_dir = path(&answer, "target_directory").join("maple").join("guest");
    Ok((Workspace { root, target_dir, crates: Vec::new() }, packages))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn path(value: &Value, key: &str) -> PathBuf {
    text(value, key).into()
}

/// Compiles crates of one workspace and answers the core module of each.
pub(super) fn compile<'a>(
    workspace: &Workspace,
    crates: &[&'a Crate],
    toolchain: &Toolchain,
    progress: &mut dyn FnMut(Step),
) -> Result<Vec<(&'a Crate, PathBuf)>, BuildError> {
    let names = crates.iter().map(|of| of.name.as_str());
    let mut command = recipe::compile(&workspace.root, &workspace.target_dir, toolchain, names);
    let messages = run(&mut command, progress)?;
    crates.iter().map(|of| Ok((*of, module(of, &messages)?))).collect()
}

/// Runs cargo, passing on what the compiler says while it says it; answers its messages.
fn run(command: &mut Command, progress: &mut dyn FnMut(Step)) -> Result<Vec<Value>, BuildError> {
    let tool = |source| BuildError::Tool { name: "cargo".into(), source };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(tool)?;
    let stdout = child.stdout.take();
    let messages = thread::spawn(move || stdout.map(read_messages).unwrap_or_default());
    let mut said = Vec::new();
    for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()) {
        let Ok(line) = line else { break };
        if said.len() < COMPILER_LINES_MAX {
            said.push(line.clone());
        }
        progress(Step::Compiler(line));
    }
    let status = child.wait().map_err(tool)?;
    let messages = messages.join().unwrap_or_default();
    if status.success() { Ok(messages) } else { Err(BuildError::Compile { output: said.join("\n") }) }
}

fn read_messages(stdout: impl Read) -> Vec<Value> {
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// The module that cargo says it made for a crate.
fn module(of: &Crate, messages: &[Value]) -> Result<PathBuf, BuildError> {
    let of_crate = |message: &&Value| {
        text(message, "reason") == "compiler-artifact" && path(message, "manifest_path") == of.manifest
    };
    let files = messages.iter().filter(of_crate).filter_map(|message| message.get("filenames")?.as_array()).flatten();
    let module =
        files.filter_map(Value::as_str).map(PathBuf::from).find(|f| f.extension().is_some_and(|e| e == "wasm"));
    module.ok_or_else(|| BuildError::NoModule { id: of.name.clone() })
}
