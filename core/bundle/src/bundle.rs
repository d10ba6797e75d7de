//! The files a ruleset is made from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use maple_kernel::LOCALITY_DEPTH_MAX;
use sha2::{Digest, Sha256};

use crate::{Diagnostic, PROBLEMS_MAX, Severity, Spot, lexicon::Registry};

/// How many files a bundle may have.
pub const BUNDLE_FILES_MAX: usize = 20_000;
/// How many bytes all files of a bundle may have together.
pub const BUNDLE_BYTES_MAX: usize = 64 << 20;
/// How many bytes one file may have.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// How many parts a path may have: the levels of a locality and the file.
pub const PATH_DEPTH_MAX: usize = LOCALITY_DEPTH_MAX + 1;
/// How many bytes a path may have.
pub const PATH_BYTES_MAX: usize = 512;

/// The files of a bundle by their path below its folder, with `/` between the parts.
#[derive(Clone, Debug)]
pub struct Bundle {
    /* INVARIANT: within every limit of this file; paths are relative, plain and end in `.toml`. */
    files: BTreeMap<String, Arc<[u8]>>,
    /* INVARIANT: among the files, which are empty. */
    shut: BTreeSet<String>,
    digest: Arc<str>,
    /* Made when somebody asks first; shared by all copies. */
    parts: Arc<OnceLock<BTreeMap<String, String>>>,
}

impl PartialEq for Bundle {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.shut == other.shut
    }
}

impl Eq for Bundle {}

/// Why files are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder or a file of it cannot be read.
    #[error("cannot read `{path}`")]
    Open {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A path is not a folder.
    #[error("`{0}` is not a folder; name the folder that holds `localities.toml` and the packs")]
    NotFolder(PathBuf),
    /// A link leads out of the folder.
    #[error("`{0}` is a link that leads out of the bundle; copy the file into the bundle instead")]
    Outside(String),
    /// A file is neither a policy file nor anything that is passed over.
    #[error("`{0}` is not a policy file; a bundle holds `.toml` files, `README.md` and names that begin with a dot")]
    Foreign(String),
    /// A path is absolute, climbs, or has empty or unreadable parts.
    #[error("`{0}` is not a plain relative path; write it like `cn/zhejiang/labour.toml`")]
    Path(String),
    /// A path has too many parts.
    #[error("`{0}` lies too deep; a path has at most {PATH_DEPTH_MAX} parts")]
    Depth(String),
    /// There are too many files.
    #[error("the bundle has more than {BUNDLE_FILES_MAX} files")]
    Files,
    /// A file is too large.
    #[error("`{0}` has more than {FILE_BYTES_MAX} bytes; divide it into several files")]
    FileBytes(String),
    /// All files together are too large.
    #[error("the bundle has more than {BUNDLE_BYTES_MAX} bytes")]
    Bytes,
}

impl ReadError {
    /// As it is told among the problems of a bundle.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (code, file) = match self {
            Self::Open { path, .. } | Self::NotFolder(path) => ("unreadable", path.display().to_string()),
            Self::Outside(path) => ("link-outside", path.clone()),
            Self::Foreign(path) => ("stray-file", path.clone()),
            Self::Path(path) => ("bad-path", path.clone()),
            Self::Depth(path) => ("too-deep", path.clone()),
            Self::FileBytes(path) => ("too-large", path.clone()),
            Self::Files | Self::Bytes => ("too-large", String::new()),
        };
        let text = match self {
            Self::Open { source, .. } => format!("{self}: {source}; see whether it is there and may be read"),
            Self::Files | Self::Bytes => format!("{self}; what comes after is not looked at: divide it"),
            _ => self.to_string(),
        };
        let (message, advice) = text.split_once("; ").unwrap_or((&text, ""));
        let spot = Spot { file: file.into(), ..Spot::default() };
        let advice = Some(advice.to_owned()).filter(|advice| !advice.is_empty());
        Diagnostic { advice, ..Diagnostic::new(code, Severity::Error, &spot, message.to_owned()) }
    }
}

impl Bundle {
    /// Reads every policy file below a folder. `README.md` and names that begin with a dot are passed over.
    ///
    /// # Errors
    /// When something cannot be read, is no policy file, leads out of the folder or passes a limit.
    pub fn read(dir: &Path) -> Result<Self, ReadError> {
        let (bundle, odd) = Self::gather(dir)?;
        odd.into_iter().next().map_or(Ok(bundle), Err)
    }

    /// Reads what can be read below a folder, and tells what keeps the rest out: at most [`PROBLEMS_MAX`] of it.
    ///
    /// # Errors
    /// When the folder itself cannot be read.
    pub fn gather(dir: &Path) -> Result<(Self, Vec<ReadError>), ReadError> {
        let open = |source| ReadError::Open { path: dir.to_owned(), source };
        if !fs::metadata(dir).map_err(open)?.is_dir() {
            return Err(ReadError::NotFolder(dir.to_owned()));
        }
        let root = dir.canonicalize().map_err(open)?;
        let entries = fs::read_dir(dir).map_err(open)?;
        let mut found = Found::default();
        walk(&root, entries, "", 1, &mut found);
        found.odd.sort_by_cached_key(ToString::to_string);
        Ok((found.files.finish(), found.odd))
    }

    /// A bundle of files at hand, by their path.
    ///
    /// # Errors
    /// When a path is not plain or names no policy file, or a limit is passed.
    pub fn from_files(files: BTreeMap<String, Vec<u8>>) -> Result<Self, ReadError> {
        let mut gathered = Gathered::default();
        for (path, bytes) in files {
            check_path(&path)?;
            if wanted(&path)? {
                gathered.add(path, bytes.into())?;
            }
        }
        Ok(gathered.finish())
    }

    /// This bundle with some files added or replaced.
    ///
    /// # Errors
    /// As [`Bundle::from_files`].
    pub fn with_files(&self, files: BTreeMap<String, Vec<u8>>) -> Result<Self, ReadError> {
        let over = Self::from_files(files)?;
        let mut all = self.files.clone();
        let shut = self.shut.iter().filter(|path| !over.files.contains_key(*path)).cloned().collect();
        all.extend(over.files);
        let mut gathered = Gathered { shut, ..Gathered::default() };
        for (path, bytes) in all {
            gathered.add(path, bytes)?;
        }
        Ok(gathered.finish())
    }

    /// True when the bundle brings registry files of its own (`facts.toml` and so on), or nothing at all to put on
    /// top of another's.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        let registry = |path: &str| !path.contains('/') && Registry::of(path).is_some();
        self.files.keys().any(|path| registry(path)) || self.packs().next().is_none()
    }

    /// The folders of its packs.
    pub fn packs(&self) -> impl Iterator<Item = &str> {
        let folders = self.files.keys().filter_map(|path| pack_of(path));
        folders.collect::<BTreeSet<_>>().into_iter()
    }

    /// This bundle on top of another: with its registries, and with its packs for the places above. Where both have a
    /// pack for one place, this one's takes the place of the other's.
    ///
    /// # Errors
    /// As [`Bundle::from_files`].
    pub fn over(&self, base: &Self) -> Result<Self, ReadError> {
        let above = |folder: &str| self.packs().any(|own| own.strip_prefix(folder).is_some_and(|r| r.starts_with('/')));
        let own: BTreeSet<&str> = self.packs().collect();
        let wanted = |path: &str| pack_of(path).is_none_or(|folder| !own.contains(folder) && above(folder));
        let mut all: BTreeMap<_, _> = base.files.clone().into_iter().filter(|(path, _)| wanted(path)).collect();
        all.extend(self.files.clone());
        let mut gathered = Gathered { shut: self.shut.clone(), ..Gathered::default() };
        for (path, bytes) in all {
            gathered.add(path, bytes)?;
        }
        Ok(gathered.finish())
    }

    /// A digest for each part: for the registries, under an empty name, and for each pack, under its folder.
    #[must_use]
    pub fn part_digests(&self) -> &BTreeMap<String, String> {
        self.parts.get_or_init(|| {
            let mut parts: BTreeMap<&str, Sha256> = BTreeMap::new();
            for (path, bytes) in &self.files {
                feed(parts.entry(pack_of(path).unwrap_or_default()).or_default(), path, bytes);
            }
            parts.into_iter().map(|(name, hash)| (name.to_owned(), told(hash))).collect()
        })
    }

    /// The version that a pack says it has, if its file can be read so far.
    #[must_use]
    pub fn pack_version(&self, folder: &str) -> Option<String> {
        let text = str::from_utf8(self.files.get(&format!("{folder}/pack.toml"))?).ok()?;
        Some(text.parse::<toml::Table>().ok()?.get("version")?.as_str()?.to_owned())
    }

    /// True for a policy file that is there and could not be read: nothing may be told of what it does not say.
    pub(crate) fn is_shut(&self, path: &str) -> bool {
        self.shut.contains(path)
    }

    /// `sha256:…` over the paths and bytes of all files.
    #[must_use]
    pub fn digest(&self) -> &Arc<str> {
        &self.digest
    }

    /// The files in the order of their paths.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), &**bytes))
    }
}

#[derive(Default)]
struct Gathered {
    files: BTreeMap<String, Arc<[u8]>>,
    shut: BTreeSet<String>,
    bytes: usize,
}

impl Gathered {
    fn add(&mut self, path: String, bytes: Arc<[u8]>) -> Result<(), ReadError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(ReadError::FileBytes(path));
        }
        self.bytes += bytes.len();
        if self.bytes > BUNDLE_BYTES_MAX {
            return Err(ReadError::Bytes);
        }
        self.files.insert(path, bytes);
        if self.files.len() > BUNDLE_FILES_MAX { Err(ReadError::Files) } else { Ok(()) }
    }

    fn finish(self) -> Bundle {
        let mut hash = Sha256::new();
        for (path, bytes) in &self.files {
            feed(&mut hash, path, bytes);
        }
        Bundle { files: self.files, shut: self.shut, digest: told(hash).into(), parts: Arc::default() }
    }
}

fn feed(hash: &mut Sha256, path: &str, bytes: &[u8]) {
    for part in [path.as_bytes(), bytes] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
}

fn told(hash: Sha256) -> String {
    format!("sha256:{}", hex::encode(hash.finalize()))
}

/// What a folder holds, and what of it belongs to no bundle.
#[derive(Default)]
struct Found {
    files: Gathered,
    odd: Vec<ReadError>,
    /// Set when a limit on the whole is passed.
    full: bool,
}

impl Found {
    fn add(&mut self, error: ReadError) {
        self.full |= matches!(error, ReadError::Files | ReadError::Bytes) || self.odd.len() + 1 >= PROBLEMS_MAX;
        self.odd.push(error);
    }
}

fn walk(root: &Path, entries: fs::ReadDir, prefix: &str, depth: usize, into: &mut Found) {
    for entry in entries {
        let open = |source| ReadError::Open { path: root.join(prefix), source };
        if let Err(error) = entry.map_err(open).and_then(|entry| visit(root, &entry, prefix, depth, into)) {
            into.add(error);
        }
        if into.full {
            return;
        }
    }
}

fn visit(root: &Path, entry: &fs::DirEntry, prefix: &str, depth: usize, into: &mut Found) -> Result<(), ReadError> {
    let (name, full) = (entry.file_name(), entry.path());
    let name = name.to_str().ok_or_else(|| ReadError::Path(format!("{prefix}{}", name.to_string_lossy())))?;
    if passed_over(name) {
        return Ok(());
    }
    let path = format!("{prefix}{name}");
    if depth > PATH_DEPTH_MAX || path.len() > PATH_BYTES_MAX {
        return Err(ReadError::Depth(path));
    }
    let taken = take(root, &full, &path, depth, into);
    if taken.is_err() && path.ends_with(".toml") {
        into.files.files.insert(path.clone(), Arc::default());
        into.files.shut.insert(path);
    }
    taken
}

fn take(root: &Path, full: &Path, path: &str, depth: usize, into: &mut Found) -> Result<(), ReadError> {
    let open = |source| ReadError::Open { path: full.to_owned(), source };
    if fs::symlink_metadata(full).map_err(open)?.is_symlink() && !full.canonicalize().map_err(open)?.starts_with(root) {
        return Err(ReadError::Outside(path.to_owned()));
    }
    let data = fs::metadata(full).map_err(open)?;
    if data.is_dir() {
        let entries = fs::read_dir(full).map_err(open)?;
        walk(root, entries, &format!("{path}/"), depth + 1, into);
        return Ok(());
    }
    if !data.is_file() || !wanted(path)? {
        return Err(ReadError::Foreign(path.to_owned()));
    }
    if data.len() > FILE_BYTES_MAX as u64 {
        return Err(ReadError::FileBytes(path.to_owned()));
    }
    into.files.add(path.to_owned(), fs::read(full).map_err(open)?.into())
}

/// The folder of the pack that a file belongs to, if it belongs to one.
fn pack_of(path: &str) -> Option<&str> {
    if Registry::of(path).is_some() { None } else { path.rsplit_once('/').map(|(folder, _)| folder) }
}

fn passed_over(name: &str) -> bool {
    name.starts_with('.') || name == "README.md"
}

fn wanted(path: &str) -> Result<bool, ReadError> {
    if path.split('/').any(passed_over) {
        return Ok(false);
    }
    if path.ends_with(".toml") { Ok(true) } else { Err(ReadError::Foreign(path.to_owned())) }
}

fn check_path(path: &str) -> Result<(), ReadError> {
    let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\\', ':', '\0']);
    if path.len() > PATH_BYTES_MAX || path.split('/').any(odd) {
        return Err(ReadError::Path(path.to_owned()));
    }
    if path.split('/').count() > PATH_DEPTH_MAX { Err(ReadError::Depth(path.to_owned())) } else { Ok(()) }
}
