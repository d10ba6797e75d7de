//! Compiled policies on disk.
//!
//! Loading compiled code is trusting it: it runs outside every sandbox. So nothing is loaded that this cache did not
//! write itself. An entry carries a keyed hash over everything it says, its own name included, under a key that lies
//! beside it and that only this user can read; and it names the compiled code by its hash. A file that was changed,
//! cut, dropped in or carried over from another cache fails one of the two, and what it holds is compiled anew.
//!
//! Code is hashed through the same open file that is mapped afterwards. Whoever could still change that file between
//! the two, or while it is mapped, is this user, and this user could as well change the running process.

mod files;
mod record;

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use tracing::warn;
use wasmtime::{Engine, Module, component::Component};

use crate::{
    engine::Engines,
    plugin::Kept,
    warm::{marks::BLOCK_SHIFT, shape::Names},
};
pub(crate) use record::Record;

/// The format of entries; a change of it, or of how policies are prepared, counts it up.
const CACHE_FORMAT: u32 = 4;
/// Bytes of all files of one cache together; beyond, the oldest go when it is opened.
pub const CACHE_BYTES_MAX: u64 = 8 << 30;
/// Bytes of one entry without its code.
pub const ENTRY_BYTES_MAX: u64 = 64 << 20;
const KEY_FILE: &str = "key";
const MAC_BYTES: usize = blake3::OUT_LEN;

/// The name of an entry: a hash over everything that goes into it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntryKey([u8; blake3::OUT_LEN]);

impl EntryKey {
    /// The key for one component under one engine; `more` adds what else goes in.
    pub(crate) fn new(engine: &Engine, purpose: &str, component: &str, more: impl FnOnce(&mut blake3::Hasher)) -> Self {
        let mut hasher = blake3::Hasher::new();
        let compatibility = engine.precompile_compatibility_hash();
        std::hash::Hash::hash(
            &(CACHE_FORMAT, BLOCK_SHIFT, env!("CARGO_PKG_VERSION"), purpose, component),
            &mut Feed(&mut hasher),
        );
        std::hash::Hash::hash(&compatibility, &mut Feed(&mut hasher));
        more(&mut hasher);
        Self(*hasher.finalize().as_bytes())
    }
}

/// Lets `Hash` feed a hash that is the same in every process.
struct Feed<'a>(&'a mut blake3::Hasher);

impl std::hash::Hasher for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// What a file is worth.
enum Unusable {
    /// It is not there.
    Absent,
    /// It is there, and nothing in it is believed.
    Distrusted(String),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Absent } else { Self::Distrusted(error.to_string()) }
    }
}

/// A folder of compiled policies that belongs to this user alone.
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens the cache in `folder`, making it when it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        files::make_folder(folder)?;
        files::raise_limit();
        let key = files::secret(folder, KEY_FILE)?;
        files::sweep(folder, KEY_FILE, CACHE_BYTES_MAX);
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// What is kept under `key`, and its code. Nothing, when it is absent or not to be trusted.
    pub(crate) fn load(&self, engines: &Engines, key: &EntryKey) -> Option<(Record, Option<Kept>)> {
        match self.try_load(engines, key) {
            Ok(found) => Some(found),
            Err(Unusable::Absent) => None,
            Err(Unusable::Distrusted(why)) => {
                warn!(entry = %hex::encode(key.0), why, "A file of the cache is not trusted; compiling anew.");
                None
            }
        }
    }

    /// Keeps `record` and its code under `key`. A cache that cannot be written costs time, nothing else.
    pub(crate) fn store(&self, key: &EntryKey, mut record: Record, code: Option<&[u8]>) {
        let stored = (|| {
            if let Some(code) = code {
                let digest = blake3::hash(code);
                record.code = Some(digest.to_hex().to_string());
                files::write(&self.folder, &self.code_path(&digest.to_hex()), code)?;
            }
            let body = serde_json::to_vec(&record)?;
            let mut entry = self.mac(key, &body).as_bytes().to_vec();
            entry.extend(body);
            files::write(&self.folder, &self.entry_path(key), &entry)
        })();
        if let Err(error) = stored {
            warn!(folder = %self.folder.display(), %error, "The cache could not be written.");
        }
    }

    fn try_load(&self, engines: &Engines, key: &EntryKey) -> Result<(Record, Option<Kept>), Unusable> {
        let mut entry = Vec::new();
        files::open_own(&self.entry_path(key))?.take(ENTRY_BYTES_MAX + 1).read_to_end(&mut entry)?;
        let (mac, body) =
            entry.split_at_checked(MAC_BYTES).ok_or_else(|| Unusable::Distrusted("the entry is cut off".into()))?;
        // `blake3::Hash` compares in constant time.
        if blake3::Hash::from_slice(mac).ok() != Some(self.mac(key, body)) {
            return Err(Unusable::Distrusted("the entry was not written by this cache, or was changed".into()));
        }
        let record: Record = serde_json::from_slice(body).map_err(io::Error::from)?;
        let code = record.code.as_deref();
        let code = code.map(|digest| self.load_code(engines, digest, record.names.as_ref())).transpose()?;
        Ok((record, code))
    }

    fn load_code(&self, engines: &Engines, digest: &str, names: Option<&Names>) -> Result<Kept, Unusable> {
        let path = self.code_path(digest);
        let file = files::open_own(&path)?;
        let found = blake3::Hasher::new().update_reader(&file)?.finalize();
        if *found.to_hex() != *digest {
            return Err(Unusable::Distrusted("the compiled code was changed".into()));
        }
        map(engines, &file, &path, names).map_err(|error| Unusable::Distrusted(error.root_cause().to_string()))
    }

    fn mac(&self, key: &EntryKey, body: &[u8]) -> blake3::Hash {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(&key.0).update(body);
        mac.finalize()
    }

    fn entry_path(&self, key: &EntryKey) -> PathBuf {
        self.folder.join(format!("{}.entry", hex::encode(key.0)))
    }

    fn code_path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.cwasm"))
    }
}

/// Maps compiled code whose hash was just read through `file`.
fn map(engines: &Engines, file: &File, path: &Path, names: Option<&Names>) -> wasmtime::Result<Kept> {
    // Through the open file rather than by name, so that what is mapped is what was hashed.
    let same = files::path_of(file).filter(|path| fs::exists(path).unwrap_or(false));
    let path = same.as_deref().unwrap_or(path);
    #[expect(
        unsafe_code,
        reason = "wasmtime trusts compiled code; this was written by this user's cache for this very engine: its hash \
                  is named by an entry whose keyed hash was verified. It maps the file and only reads what it mapped"
    )]
    unsafe {
        let (kept, image) = match names {
            Some(names) => {
                let module = Module::deserialize_file(&engines.modules, path)?;
                let image = module.image_range();
                (Kept::Module(module, names.clone()), image)
            }
            None => {
                let component = Component::deserialize_file(&engines.components, path)?;
                let image = component.image_range();
                (Kept::Component(component), image)
            }
        };
        // A country's worth of policies is loaded and few of them are asked: those alone take memory.
        files::put_down(image);
        Ok(kept)
    }
}
