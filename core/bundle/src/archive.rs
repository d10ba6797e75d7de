//! A bundle as one file: a tar archive under gzip, as registries and uploads carry it.
//!
//! | in the archive | what |
//! |---|---|
//! | `policies/…` | the files of the [`Bundle`], under their paths |
//! | `plugins/NAME.wasm` | components that its policies name |
//! | `signatures.json` | who signed which part |
//!
//! Nothing of an archive touches the disk, and what is unpacked is counted before it is kept.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use flate2::{Compression, GzBuilder, read::MultiGzDecoder};
use tar::{Archive as Tar, Builder, EntryType, Header};

use crate::bundle::{BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX, Bundle, PATH_BYTES_MAX, ReadError};

/// How many bytes an archive may have as it is sent; a store keeps as many.
pub const ARCHIVE_BYTES_MAX: usize = 80 << 20;
/// How many components an archive may carry.
pub const ARCHIVE_COMPONENTS_MAX: usize = 64;
/// How many bytes all components of an archive may have together.
pub const ARCHIVE_COMPONENT_BYTES_MAX: usize = 256 << 20;
/// How many bytes the signatures may have.
pub const SIGNATURES_BYTES_MAX: usize = 4 << 20;
/// How many bytes may come out of an archive: its files, with a head and padding for each.
const UNPACKED_BYTES_MAX: u64 =
    (BUNDLE_BYTES_MAX + ARCHIVE_COMPONENT_BYTES_MAX + SIGNATURES_BYTES_MAX + BUNDLE_FILES_MAX * 2_048) as u64;

const POLICIES: &str = "policies/";
const PLUGINS: &str = "plugins/";
const SIGNATURES: &str = "signatures.json";

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The policy files.
    pub bundle: Bundle,
    /// Components by the name of their file, without `.wasm`.
    pub components: BTreeMap<String, Vec<u8>>,
    /// Who signed what, as it was sent.
    pub signatures: Option<Vec<u8>>,
}

/// Why bytes are not the archive of a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is larger than an archive may be.
    #[error("the archive has more than {ARCHIVE_BYTES_MAX} bytes; publish fewer components, or packs apart")]
    Size,
    /// The bytes are no gzip or no tar, or they end too early.
    #[error("the archive is damaged or cut short, or is no `.tar.gz`; pack it again with `maple publish`")]
    Damaged {
        /// What was found.
        source: io::Error,
    },
    /// More comes out of it than a bundle may have.
    #[error("more than {UNPACKED_BYTES_MAX} bytes come out of the archive")]
    Unpacked,
    /// A name that is no plain path, or no text.
    #[error(
        "`{0}` is not a plain relative path; an archive holds `policies/…`, `plugins/NAME.wasm` and `{SIGNATURES}`"
    )]
    Path(String),
    /// A link, device or the like.
    #[error("`{0}` is neither a file nor a folder; an archive holds plain files only")]
    Kind(String),
    /// A file that has no place in an archive.
    #[error("`{0}` has no place in an archive; it holds `policies/…`, `plugins/NAME.wasm` and `{SIGNATURES}`")]
    Stray(String),
    /// A file that is there twice.
    #[error("`{0}` is in the archive twice")]
    Twice(String),
    /// Too many or too large components.
    #[error(
        "the archive has more than {ARCHIVE_COMPONENTS_MAX} components, or components of more than \
         {ARCHIVE_COMPONENT_BYTES_MAX} bytes together"
    )]
    Components,
    /// The signatures are too long.
    #[error("`{SIGNATURES}` has more than {SIGNATURES_BYTES_MAX} bytes")]
    Signatures,
    /// The policy files are no bundle.
    #[error("{0}")]
    Bundle(#[from] ReadError),
}

impl Archive {
    /// Unpacks an archive in memory. Its gzip says how long it is and sums it up, so one that was cut is found.
    ///
    /// # Errors
    /// When it is damaged, or holds what an archive may not hold, or more than it may.
    pub fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        if bytes.len() > ARCHIVE_BYTES_MAX {
            return Err(ArchiveError::Size);
        }
        unpack(MultiGzDecoder::new(bytes))
    }

    /// Packs it: the same contents give the same bytes.
    ///
    /// # Errors
    /// When it holds more than [`Archive::read`] takes.
    pub fn write(&self) -> Result<Vec<u8>, ArchiveError> {
        let bytes: usize = self.components.values().map(Vec::len).sum();
        if self.components.len() > ARCHIVE_COMPONENTS_MAX || bytes > ARCHIVE_COMPONENT_BYTES_MAX {
            return Err(ArchiveError::Components);
        }
        if self.signatures.as_ref().is_some_and(|signatures| signatures.len() > SIGNATURES_BYTES_MAX) {
            return Err(ArchiveError::Signatures);
        }
        let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        let mut tar = Builder::new(gzip);
        let damaged = |source| ArchiveError::Damaged { source };
        for (name, component) in &self.components {
            add(&mut tar, &format!("{PLUGINS}{name}.wasm"), component).map_err(damaged)?;
        }
        for (path, bytes) in self.bundle.files() {
            add(&mut tar, &format!("{POLICIES}{path}"), bytes).map_err(damaged)?;
        }
        if let Some(signatures) = &self.signatures {
            add(&mut tar, SIGNATURES, signatures).map_err(damaged)?;
        }
        let gzip = tar.into_inner().map_err(damaged)?;
        let written = gzip.finish().map_err(damaged)?;
        if written.len() > ARCHIVE_BYTES_MAX { Err(ArchiveError::Size) } else { Ok(written) }
    }
}

fn add(tar: &mut Builder<impl io::Write>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    tar.append_data(&mut header, path, bytes)
}

/// Counts what comes out, and stops when it is too much.
struct Counted<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

fn damaged(source: io::Error) -> ArchiveError {
    if source.kind() == io::ErrorKind::FileTooLarge { ArchiveError::Unpacked } else { ArchiveError::Damaged { source } }
}

#[derive(Default)]
struct Unpacked {
    policies: BTreeMap<String, Vec<u8>>,
    components: BTreeMap<String, Vec<u8>>,
    component_bytes: u64,
    signatures: Option<Vec<u8>>,
}

fn unpack(bytes: impl Read) -> Result<Archive, ArchiveError> {
    let mut tar = Tar::new(Counted { inner: bytes, left: UNPACKED_BYTES_MAX });
    let mut found = Unpacked::default();
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let raw = entry.path_bytes();
        let Ok(path) = str::from_utf8(&raw).map(str::to_owned) else {
            return Err(ArchiveError::Path(String::from_utf8_lossy(&raw).into_owned()));
        };
        match entry.header().entry_type() {
            EntryType::Directory => check(path.strip_suffix('/').unwrap_or(&path))?,
            EntryType::Regular => {
                check(&path)?;
                found.take(path, entry.size(), &mut entry)?;
            }
            _ => return Err(ArchiveError::Kind(path)),
        }
    }
    // The sum stands at the end of the gzip, behind what the tar is read for.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(damaged)?;
    let Unpacked { policies, components, signatures, .. } = found;
    Ok(Archive { bundle: Bundle::from_files(policies)?, components, signatures })
}

impl Unpacked {
    fn take(&mut self, path: String, size: u64, from: &mut impl Read) -> Result<(), ArchiveError> {
        if let Some(name) = path.strip_prefix(PLUGINS).and_then(|name| name.strip_suffix(".wasm")) {
            if name.is_empty() || name.contains('/') {
                return Err(ArchiveError::Stray(path));
            }
            self.component_bytes = self.component_bytes.saturating_add(size);
            let full = self.components.len() >= ARCHIVE_COMPONENTS_MAX && !self.components.contains_key(name);
            if full || self.component_bytes > ARCHIVE_COMPONENT_BYTES_MAX as u64 {
                return Err(ArchiveError::Components);
            }
            let name = name.to_owned();
            return once(&mut self.components, name, path, size, from);
        }
        if let Some(name) = path.strip_prefix(POLICIES) {
            // Limits on policy files are the bundle's; what is far beyond them is not even read.
            if size > BUNDLE_BYTES_MAX as u64 {
                return Err(ReadError::FileBytes(name.to_owned()).into());
            }
            let name = name.to_owned();
            return once(&mut self.policies, name, path, size, from);
        }
        if path != SIGNATURES {
            return Err(ArchiveError::Stray(path));
        }
        if size > SIGNATURES_BYTES_MAX as u64 {
            return Err(ArchiveError::Signatures);
        }
        if self.signatures.is_some() {
            return Err(ArchiveError::Twice(path));
        }
        self.signatures = Some(whole(size, from)?);
        Ok(())
    }
}

fn once(
    into: &mut BTreeMap<String, Vec<u8>>,
    name: String,
    path: String,
    size: u64,
    from: &mut impl Read,
) -> Result<(), ArchiveError> {
    let bytes = whole(size, from)?;
    if into.insert(name, bytes).is_some() { Err(ArchiveError::Twice(path)) } else { Ok(()) }
}

fn whole(size: u64, from: &mut impl Read) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(damaged(io::ErrorKind::UnexpectedEof.into())) }
}

/// Paths that climb, start at the root or hide something are refused, wherever they would have led.
fn check(path: &str) -> Result<(), ArchiveError> {
    let odd = |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\\', ':', '\0']);
    let long = path.len() > PATH_BYTES_MAX + POLICIES.len();
    if long || path.split('/').any(odd) { Err(ArchiveError::Path(path.escape_debug().to_string())) } else { Ok(()) }
}
