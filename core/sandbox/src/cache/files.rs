//! The files of a cache: who owns them, how they are written, when they go.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    ops::Range,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::{
    fs::OFlags,
    process::{Resource, Rlimit, geteuid, getrlimit, setrlimit},
};

/// Rights that nobody but the owner may have on anything here.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// A file that was being written so long ago is a leftover.
const LEFTOVER_AGE: Duration = Duration::from_secs(3_600);

/// Makes the folder, for this user alone, or checks the one that is there.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    own(&fs::metadata(folder)?)
}

/// Opens a file for reading if it is a plain file, this user's, and nobody else can write it.
pub(super) fn open_own(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    own(&metadata)?;
    if metadata.is_file() { Ok(file) } else { Err(io::Error::other("not a plain file")) }
}

fn own(metadata: &Metadata) -> io::Result<()> {
    if metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write it"));
    }
    Ok(())
}

/// Every mapped policy holds its file open, and the usual limit of 1,024 is soon reached: as many as are allowed.
pub(super) fn raise_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is not granted, loading says so when it fails.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Writes a file in one step: whoever reads it sees the whole of it or nothing, also across processes.
pub(super) fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(folder, bytes)?;
    fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(&draft)))
}

/// The secret of this folder, made on first use. Of two processes that make it at once, the first wins.
pub(super) fn secret(folder: &Path, name: &str) -> io::Result<[u8; 32]> {
    let path = folder.join(name);
    if !path.try_exists()? {
        let draft = draft(folder, &random()?)?;
        let linked = fs::hard_link(&draft, &path);
        fs::remove_file(&draft)?;
        linked.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })?;
    }
    let mut secret = [0; 32];
    let file = open_own(&path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may read its key"));
    }
    (&file).read_exact(&mut secret)?;
    Ok(secret)
}

fn draft(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(format!("{}.draft", hex::encode(random()?)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(bytes).inspect_err(|_| drop(fs::remove_file(&path)))?;
    Ok(path)
}

fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// Removes leftovers, and the oldest files while there are more than `max` bytes. What cannot be removed stays.
pub(super) fn sweep(folder: &Path, keep: &str, max: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.file_name() != keep) {
        let Ok(metadata) = entry.metadata() else { continue };
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let leftover = entry.path().extension().is_some_and(|ext| ext == "draft");
        if leftover && modified.elapsed().is_ok_and(|age| age > LEFTOVER_AGE) {
            drop(fs::remove_file(entry.path()));
        } else {
            files.push((modified, metadata.len(), entry.path()));
        }
    }
    let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    files.sort_unstable();
    for (_, bytes, path) in files {
        if total <= max {
            return;
        }
        if fs::remove_file(path).is_ok() {
            total = total.saturating_sub(bytes);
        }
    }
}

/// A path that leads to this open file whatever its name leads to by now.
#[cfg(target_os = "linux")]
pub(super) fn path_of(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

/// Takes pages of a mapped file out of this process; whoever reads them has them again from the file.
///
/// # Safety
///
/// The range is mapped from a file and nothing was ever written to it: that would be lost.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the caller answers for what the range is")]
pub(super) unsafe fn put_down(range: Range<*const u8>) {
    let bytes = range.end.addr().saturating_sub(range.start.addr());
    // SAFETY: as the caller says. Where it is refused, the pages stay.
    let _ = unsafe { rustix::mm::madvise(range.start.cast_mut().cast(), bytes, rustix::mm::Advice::LinuxDontNeed) };
}

/// Elsewhere such a call means something else: the pages stay until the system wants them.
///
/// # Safety
///
/// None is needed.
#[cfg(not(target_os = "linux"))]
#[expect(unsafe_code, reason = "it is called as on the other system")]
pub(super) unsafe fn put_down(_: Range<*const u8>) {}

/// No such path on this system: only this user can put another file under the name.
#[cfg(not(target_os = "linux"))]
pub(super) fn path_of(_: &File) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a key and three files of ten bytes, each an hour younger than the one before.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (hours, name) in [(9, "key"), (3, "old"), (2, "middle"), (1, "new")] {
            let file = File::create(folder.path().join(name)).unwrap();
            (&file).write_all(&[0; 10]).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3_600)).unwrap();
        }
        folder
    }

    fn left(folder: &tempfile::TempDir) -> Vec<String> {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_files_go_first_and_only_above_the_limit() {
        let folder = folder();
        sweep(folder.path(), "key", 30);
        assert_eq!(left(&folder), ["key", "middle", "new", "old"]);
        sweep(folder.path(), "key", 29);
        assert_eq!(left(&folder), ["key", "middle", "new"]);
        sweep(folder.path(), "key", 0);
        assert_eq!(left(&folder), ["key"]);
    }

    #[test]
    fn drafts_go_when_nobody_can_still_be_writing_them() {
        let folder = folder();
        for (name, age) in [("a.draft", LEFTOVER_AGE * 2), ("b.draft", Duration::ZERO)] {
            File::create(folder.path().join(name)).unwrap().set_modified(SystemTime::now() - age).unwrap();
        }
        sweep(folder.path(), "key", u64::MAX);
        assert_eq!(left(&folder), ["b.draft", "key", "middle", "new", "old"]);
    }

    #[test]
    fn a_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = secret(folder.path(), "key").unwrap();
        assert_eq!(secret(folder.path(), "key").unwrap(), first);
        assert_ne!(first, [0; 32]);
        assert_eq!(left(&folder), ["key"]);
    }
}
