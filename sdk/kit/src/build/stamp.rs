//! What a component was made from, so that an unchanged plugin costs no more than hashing its sources.
//!
//! The list of sources is the compiler's own (its dep-info): every file it read, the contract included, plus the
//! manifests and the lock file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    BuildError, Built,
    cargo::{Crate, Workspace},
    digest, write_whole,
};

/// Raised when the build itself changes what comes out.
const BUILD_VERSION: &str = "2";

/// A component with its sources.
pub(super) struct Stamp {
    built: Built,
    sources_digest: String,
    sources: Vec<PathBuf>,
}

impl Stamp {
    /// The component of a crate, if nothing it was made from has changed.
    pub(super) fn current(crate_dir: &Path, out_dir: &Path) -> Option<Built> {
        let stamp = Self::read(crate_dir, out_dir)?;
        let intact = digest(&fs::read(&stamp.built.path).ok()?) == stamp.built.digest;
        (intact && digest_of(&stamp.sources)? == stamp.sources_digest).then_some(stamp.built)
    }

    /// The component of a crate that was just built or found up to date.
    pub(super) fn built(crate_dir: &Path, out_dir: &Path) -> Option<Built> {
        let built = Self::read(crate_dir, out_dir)?.built;
        built.path.is_file().then_some(Built { fresh: true, ..built })
    }

    /// Notes what a component was made from.
    pub(super) fn write(
        of: &Crate,
        workspace: &Workspace,
        core: &Path,
        built: &Built,
        out_dir: &Path,
    ) -> Result<(), BuildError> {
        Self::note(&of.dir, &sources(core, &workspace.root)?, built, out_dir)
    }

    /// Notes what a component was made from, file by file.
    pub(super) fn note(dir: &Path, sources: &[PathBuf], built: &Built, out_dir: &Path) -> Result<(), BuildError> {
        let sources_digest = digest_of(sources).ok_or_else(|| BuildError::Changed { path: dir.into() })?;
        let mut text = format!("{}\n{}\n{}\n{sources_digest}\n", built.id, built.digest, built.size);
        for path in sources {
            text.push_str(&path.to_string_lossy());
            text.push('\n');
        }
        write_whole(&stamp_path(dir, out_dir), text.as_bytes())
    }

    /// One digest over files as they are now; none when one is gone.
    pub(super) fn digest_of(sources: &[PathBuf]) -> Option<String> {
        digest_of(sources)
    }

    fn read(crate_dir: &Path, out_dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(stamp_path(crate_dir, out_dir)).ok()?;
        let mut lines = text.lines();
        let (id, digest, size) = (lines.next()?.to_owned(), lines.next()?.to_owned(), lines.next()?.parse().ok()?);
        let sources_digest = lines.next()?.to_owned();
        let path = out_dir.join(format!("{id}.wasm"));
        let built = Built { id, path, digest, size, fresh: false };
        Some(Self { built, sources_digest, sources: lines.map(PathBuf::from).collect() })
    }
}

/// Beside the components, named by the crate's folder: another checkout that shares `out_dir` has its own.
fn stamp_path(crate_dir: &Path, out_dir: &Path) -> PathBuf {
    let whole = crate_dir.canonicalize().unwrap_or_else(|_| crate_dir.into());
    let key = hex::encode(Sha256::digest(whole.to_string_lossy().as_bytes()));
    out_dir.join(format!(".{}.stamp", key.get(..16).unwrap_or_default()))
}

/// Every file that the module was made from, sorted.
fn sources(core: &Path, root: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let dep_info = core.with_extension("d");
    let text = fs::read_to_string(&dep_info).map_err(|source| BuildError::Read { path: dep_info.clone(), source })?;
    let mut files: Vec<PathBuf> = text.lines().filter_map(|line| line.split_once(": ")).flat_map(paths).collect();
    let manifests: Vec<_> = files.iter().filter_map(|file| manifest_above(file)).collect();
    files.extend(manifests);
    files.extend([root.join("Cargo.toml"), root.join("Cargo.lock")]);
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files of one line of dep-info; a space within a path is written `\ `.
fn paths((_, list): (&str, &str)) -> Vec<PathBuf> {
    let list = list.replace("\\ ", "\0");
    list.split(' ').filter(|path| !path.is_empty()).map(|path| path.replace('\0', " ").into()).collect()
}

fn manifest_above(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

/// One digest over names and contents; none when a file is gone.
fn digest_of(sources: &[PathBuf]) -> Option<String> {
    let mut hash = Sha256::new();
    hash.update(BUILD_VERSION);
    for path in sources {
        let bytes = fs::read(path).ok()?;
        hash.update(path.to_string_lossy().as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Some(hex::encode(hash.finalize()))
}
