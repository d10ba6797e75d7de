//! Files that are read from their beginning to their end, counted.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::Failure;

/// A file or standard input, counted.
pub(super) struct Input {
    from: Box<dyn Read>,
    what: &'static str,
    /// What it is called in errors.
    pub(super) name: String,
    /// Bytes that were read.
    pub(super) read: Arc<AtomicU64>,
    /// Bytes that there are, where that is known.
    pub(super) total: Option<u64>,
}

impl Input {
    /// Opens the file, or standard input for `-`. `what` it holds is told in errors.
    pub(super) fn open(path: &Path, what: &'static str) -> Result<Self, Failure> {
        let read = Arc::default();
        if path == Path::new("-") {
            let name = "standard input".to_owned();
            return Ok(Self { from: Box::new(io::stdin()), what, name, read, total: None });
        }
        let name = format!("`{}`", path.display());
        let (file, total) = file(path, what)?;
        Ok(Self { from: Box::new(file), what, name, read, total })
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> Failure {
        unreadable(self.what, &self.name, error)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A file, and its length where it has one: a pipe has none.
pub(super) fn file(path: &Path, what: &str) -> Result<(File, Option<u64>), Failure> {
    let wrong = |error: io::Error| unreadable(what, &format!("`{}`", path.display()), &error);
    let file = File::open(path).map_err(wrong)?;
    let data = file.metadata().map_err(wrong)?;
    if data.is_dir() {
        return Err(wrong(io::ErrorKind::IsADirectory.into()));
    }
    Ok((file, data.is_file().then_some(data.len())))
}

pub(super) fn unreadable(what: &str, name: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Unreachable(format!("cannot read the {what} {name}: {error}"))
}
