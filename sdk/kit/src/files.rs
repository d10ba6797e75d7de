//! Files that are whole or not there.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// Writes a file beside its place and puts it there at once, with the permissions of the one it replaces. A file that
/// nobody may write is not replaced.
///
/// # Errors
/// When the file may not be written, or its folder is not there or not writable.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let before = writable(path)?;
    let mut part = tempfile::Builder::new().prefix(".maple-").suffix(".part").tempfile_in(folder)?;
    part.write_all(bytes)?;
    if let Some(permissions) = before.or_else(usual) {
        part.as_file().set_permissions(permissions)?;
    }
    part.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The permissions of a file that may be replaced; `None` when it is not there yet.
///
/// # Errors
/// When it is there and may not be written, or is no file.
pub fn writable(path: &Path) -> io::Result<Option<fs::Permissions>> {
    match fs::metadata(path) {
        Ok(data) if !data.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
        Ok(data) if data.permissions().readonly() => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"))
        }
        Ok(data) => Ok(Some(data.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a new file may be used for: reading by all, writing by its owner.
fn usual() -> Option<fs::Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    #[cfg(not(unix))]
    return None;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        write_whole(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn what_may_not_be_written_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(write_whole(&path, b"two").unwrap_err().to_string(), "the file is read-only");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(write_whole(folder.path(), b"x").unwrap_err().to_string(), "it is not a file");
        assert_eq!(write_whole(&folder.path().join("no/a.txt"), b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
