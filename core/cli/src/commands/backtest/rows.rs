//! The rows of a file of cases, one after another, whatever it is written in.

mod columns;
mod csv;
mod ndjson;
mod parquet;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use maple_kernel::{Text, Vocabulary};

use crate::{Failure, args::CaseFormat};

/// Bytes of one row: a kept decision with all its parts is far below.
pub(super) const ROW_BYTES_MAX: usize = 2 << 20;
/// Bytes that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// One row of the file.
pub(super) struct Row {
    /// The line it begins on, from 1; of Parquet its number.
    pub(super) number: u64,
    /// A question as JSON, or why it is none.
    pub(super) question: Result<Vec<u8>, Text>,
}

/// A file of cases that is read row by row.
pub(super) trait Rows {
    /// The next row; nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    fn next(&mut self) -> Result<Option<Row>, Failure>;

    /// How much was read, of [`Rows::total`].
    fn done(&self) -> u64;

    /// How much there is, in bytes or rows, if that is known.
    fn total(&self) -> Option<u64>;
}

/// Opens the cases. `known` are the words of either side, which say of what type a column is.
pub(super) fn open(path: &Path, format: Option<CaseFormat>, known: [&Vocabulary; 2]) -> Result<Box<dyn Rows>, Failure> {
    let piped = path == Path::new("-");
    let format = match format.or_else(|| by_ending(path)) {
        Some(format) => format,
        None if piped => CaseFormat::Ndjson,
        None => {
            return Err(Failure::Input(format!(
                "the ending of `{}` does not say how the cases are written; name it with --format ndjson, csv or \
                 parquet",
                path.display()
            )));
        }
    };
    if format == CaseFormat::Parquet {
        if piped {
            let why = "Parquet cannot be read from standard input, since it is read from its end; name a file";
            return Err(Failure::Input(why.to_owned()));
        }
        return Ok(Box::new(parquet::Decisions::open(path)?));
    }
    let input = Input::open(path)?;
    Ok(match format {
        CaseFormat::Csv => Box::new(csv::Table::open(input, known)?),
        _ => Box::new(ndjson::Lines::new(input)),
    })
}

/// Fails early when the file is not there: loading policies may take its time.
pub(super) fn there(path: &Path) -> Result<(), Failure> {
    if path == Path::new("-") {
        return Ok(());
    }
    std::fs::metadata(path).map(drop).map_err(|error| unreadable(&format!("`{}`", path.display()), &error))
}

fn by_ending(path: &Path) -> Option<CaseFormat> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "ndjson" | "jsonl" | "json" => Some(CaseFormat::Ndjson),
        "csv" => Some(CaseFormat::Csv),
        "parquet" => Some(CaseFormat::Parquet),
        _ => None,
    }
}

/// A file or standard input, counted.
struct Input {
    from: Box<dyn Read>,
    name: String,
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Input {
    fn open(path: &Path) -> Result<Self, Failure> {
        let read = Arc::default();
        if path == Path::new("-") {
            return Ok(Self { from: Box::new(io::stdin()), name: "standard input".to_owned(), read, total: None });
        }
        let name = format!("`{}`", path.display());
        let (file, total) = file(path)?;
        Ok(Self { from: Box::new(file), name, read, total })
    }

    fn unreadable(&self, error: &io::Error) -> Failure {
        unreadable(&self.name, error)
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
fn file(path: &Path) -> Result<(File, Option<u64>), Failure> {
    let wrong = |error: io::Error| unreadable(&format!("`{}`", path.display()), &error);
    let file = File::open(path).map_err(wrong)?;
    let data = file.metadata().map_err(wrong)?;
    if data.is_dir() {
        return Err(wrong(io::ErrorKind::IsADirectory.into()));
    }
    Ok((file, data.is_file().then_some(data.len())))
}

fn unreadable(name: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::Unreachable(format!("cannot read the cases {name}: {error}"))
}

/// Why a row that is too long is none.
fn too_long() -> Text {
    Text::new(
        &format!("该行超过{ROW_BYTES_MAX}字节；一行只写一个案件"),
        &format!("the row has more than {ROW_BYTES_MAX} bytes; write one case a row"),
    )
}
