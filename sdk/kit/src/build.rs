//! From sources to a component. Rust gives the same bytes wherever the sources lie.
//!
//! [`ensure_plugins`] is what a host calls before it starts: when nothing has changed it only hashes sources, and of
//! several processes that come at once one builds while the others wait. [`build`] is what an author calls.

mod cargo;
pub(crate) mod component;
mod error;
mod recipe;
mod scripted;
mod stamp;
mod target;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub use component::Outline;
pub use error::BuildError;
pub use scripted::SOURCES_COUNT_MAX;

use crate::{new::Language, project, shipped};
use cargo::{Crate, Workspace};
use stamp::Stamp;

/// How many plugins one folder may hold.
pub const PLUGINS_FOLDER_MAX: usize = 4_096;
/// How large a component may be.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// A plugin that is ready to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The name of its crate.
    pub id: String,
    /// The component.
    pub path: PathBuf,
    /// SHA-256 of the component, `sha256:…`.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// False when it was up to date.
    pub fresh: bool,
}

/// What the build is doing, for whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another process builds the same plugins.
    Waiting,
    /// The wasm target of Rust is fetched.
    InstallingTarget,
    /// What a project locks is fetched from its registry.
    Installing {
        /// The lock file.
        what: String,
        /// The folder in the project.
        into: String,
    },
    /// The crates are compiled.
    Compiling(Vec<String>),
    /// A line of the compiler.
    Compiler(String),
    /// A component is there.
    Ready(Built),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("another process builds the plugins, waiting for it"),
            Self::InstallingTarget => write!(f, "fetching the Rust target {} (once)", recipe::TARGET),
            Self::Installing { what, into } => write!(f, "fetching what {what} names into {into} (once)"),
            Self::Compiling(crates) => write!(f, "compiling the plugins {}", crates.join(", ")),
            Self::Compiler(line) => f.write_str(line),
            Self::Ready(built) => write!(f, "{} {} KiB {}", built.id, built.size.div_ceil(1024), built.digest),
        }
    }
}

/// Builds one guest crate, or one project in JavaScript or Python, into `out_dir/<name>.wasm`; does nothing when that is
/// up to date.
///
/// # Errors
///
/// Says what is wrong with the crate, the toolchain or the folders. No half-written component is ever left behind.
pub fn build(crate_dir: &Path, out_dir: &Path, progress: &mut dyn FnMut(Step)) -> Result<Built, BuildError> {
    if let Some(language @ (Language::Javascript | Language::Python)) = project::language(crate_dir) {
        return scripted::build(crate_dir, language, out_dir, progress);
    }
    let built = build_all(&[crate_dir.to_path_buf()], out_dir, progress)?;
    built.into_iter().next().ok_or_else(|| BuildError::NoCrate { path: crate_dir.into() })
}

/// What a built component asks for and which version of the contract it follows.
///
/// # Errors
///
/// When it cannot be read, or is no component that a host would take.
pub fn outline(built: &Built) -> Result<Outline, BuildError> {
    let bytes = fs::read(&built.path).map_err(|source| BuildError::Read { path: built.path.clone(), source })?;
    component::outline(&built.id, &bytes)
}

/// Writes a plugin that ships into `out_dir`.
///
/// # Errors
///
/// When this binary has none of that name, or the folder cannot be written.
pub fn unpack(id: &str, out_dir: &Path) -> Result<Built, BuildError> {
    let shipped = shipped::plugins(&[])?.into_iter().find(|(name, _)| *name == id);
    let (_, bytes) = shipped.ok_or(BuildError::NoneShipped)?;
    fs::create_dir_all(out_dir).map_err(|source| BuildError::Write { path: out_dir.into(), source })?;
    let path = out_dir.join(format!("{id}.wasm"));
    let fresh = fs::read(&path).ok().as_deref() != Some(&*bytes);
    if fresh {
        write_whole(&path, &bytes)?;
    }
    Ok(Built { id: id.into(), path, digest: digest(&bytes), size: bytes.len() as u64, fresh })
}

/// Makes sure that every plugin of a folder is built: each folder in it that holds a crate becomes
/// `out_dir/<crate>.wasm`, each `.wasm` file in it is taken as it is. Answers the paths, sorted.
///
/// # Errors
///
/// As [`build`]; one crate that cannot be built fails all.
pub fn ensure_plugins(
    plugins_dir: &Path,
    out_dir: &Path,
    progress: &mut dyn FnMut(Step),
) -> Result<Vec<PathBuf>, BuildError> {
    let (crates, mut paths) = plugins_in(plugins_dir)?;
    paths.extend(build_all(&crates, out_dir, progress)?.into_iter().map(|built| built.path));
    paths.sort();
    Ok(paths)
}

/// What came of the plugins of a folder: the paths of the components, and the crates that cannot be built.
pub type Each = (Vec<PathBuf>, Vec<(PathBuf, BuildError)>);

/// As [`ensure_plugins`], but a crate whose sources are wrong keeps no other from being built.
///
/// # Errors
///
/// When the folder cannot be read or the machine cannot build.
pub fn each_plugin(plugins_dir: &Path, out_dir: &Path, progress: &mut dyn FnMut(Step)) -> Result<Each, BuildError> {
    let (crates, mut paths) = plugins_in(plugins_dir)?;
    let mut wrong = Vec::new();
    match build_all(&crates, out_dir, progress) {
        Ok(built) => paths.extend(built.into_iter().map(|built| built.path)),
        Err(error) if !error.is_in_the_sources() => return Err(error),
        Err(_) => {
            for dir in crates {
                match build(&dir, out_dir, progress) {
                    Ok(built) => paths.push(built.path),
                    Err(error) if error.is_in_the_sources() => wrong.push((dir, error)),
                    Err(error) => return Err(error),
                }
            }
        }
    }
    paths.sort();
    Ok((paths, wrong))
}

/// The crates and the ready components of a folder.
fn plugins_in(plugins_dir: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BuildError> {
    let read = |source| BuildError::Read { path: plugins_dir.into(), source };
    let entries = fs::read_dir(plugins_dir).map_err(read)?.collect::<io::Result<Vec<_>>>().map_err(read)?;
    if entries.len() > PLUGINS_FOLDER_MAX {
        return Err(BuildError::TooMany { path: plugins_dir.into(), count: entries.len() });
    }
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let (crates, rest): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.join("Cargo.toml").is_file());
    let ready = |path: &PathBuf| path.extension().is_some_and(|e| e == "wasm") && path.is_file();
    Ok((crates, rest.into_iter().filter(ready).collect()))
}

fn build_all(crates: &[PathBuf], out_dir: &Path, progress: &mut dyn FnMut(Step)) -> Result<Vec<Built>, BuildError> {
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(built) = up_to_date(crates, out_dir) {
        return Ok(built);
    }
    fs::create_dir_all(out_dir).map_err(|source| BuildError::Write { path: out_dir.into(), source })?;
    with_lock(out_dir, progress, |progress| {
        if let Some(built) = up_to_date(crates, out_dir) {
            return Ok(built);
        }
        for workspace in cargo::workspaces(crates)? {
            build_workspace(&workspace, out_dir, progress)?;
        }
        let built = crates.iter().map(|dir| Stamp::built(dir, out_dir)).collect::<Option<_>>();
        built.ok_or_else(|| BuildError::Changed { path: out_dir.into() })
    })
}

fn up_to_date(crates: &[PathBuf], out_dir: &Path) -> Option<Vec<Built>> {
    crates.iter().map(|dir| Stamp::current(dir, out_dir)).collect()
}

fn with_lock<T>(
    out_dir: &Path,
    progress: &mut dyn FnMut(Step),
    work: impl FnOnce(&mut dyn FnMut(Step)) -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    let path = out_dir.join(".lock");
    let locked = |source| BuildError::Write { path: path.clone(), source };
    let file = fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(locked)?;
    let mut lock = fd_lock::RwLock::new(file);
    if let Ok(guard) = lock.try_write() {
        let result = work(progress);
        drop(guard);
        return result;
    }
    progress(Step::Waiting);
    let _guard = lock.write().map_err(locked)?;
    work(progress)
}

/// Compiles what is not up to date and makes it components.
fn build_workspace(workspace: &Workspace, out_dir: &Path, progress: &mut dyn FnMut(Step)) -> Result<(), BuildError> {
    let stale: Vec<&Crate> = workspace.crates.iter().filter(|c| Stamp::current(&c.dir, out_dir).is_none()).collect();
    if stale.is_empty() {
        return Ok(());
    }
    let toolchain = target::ensure(&workspace.root, progress)?;
    progress(Step::Compiling(stale.iter().map(|c| c.name.clone()).collect()));
    for (of, core) in cargo::compile(workspace, &stale, &toolchain, progress)? {
        let module = fs::read(&core).map_err(|source| BuildError::Read { path: core.clone(), source })?;
        let bytes = component::from_core(&of.name, &module)?;
        let path = out_dir.join(format!("{}.wasm", of.name));
        write_whole(&path, &bytes)?;
        let built = Built { id: of.name.clone(), path, digest: digest(&bytes), size: bytes.len() as u64, fresh: true };
        Stamp::write(of, workspace, &core, &built, out_dir)?;
        progress(Step::Ready(built));
    }
    Ok(())
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Writes a file so that nobody ever sees half of it.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let written = |source| BuildError::Write { path: path.into(), source };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    fs::write(&part, bytes).map_err(written)?;
    fs::rename(&part, path).map_err(written)
}

#[cfg(test)]
mod tests;
