//! The rows of a file of cases, one after another, whatever it is written in.

mod columns;
mod csv;
mod ndjson;
mod parquet;

use std::path::Path;

use maple_kernel::{Text, Vocabulary};

use crate::{
    Failure,
    args::CaseFormat,
    commands::input::{self, Input},
};

/// Bytes of one row: a kept decision with all its parts is far below.
pub(super) const ROW_BYTES_MAX: usize = 2 << 20;
/// Bytes that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// What is read, as it is named in errors.
const CASES: &str = "cases";

/// One row of the file.
pub(super) struct Row {
    /// The line it begins on, from 1; of Parquet its number.
    pub(super) number: u64,
    /// What it holds as JSON, or why it holds nothing.
    pub(super) text: Result<Vec<u8>, Text>,
    pub(super) holds: Holds,
}

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A question as somebody asks it.
    Question,
    /// What a kept decision was asked: with what was counted then.
    Recorded,
    /// A question or a whole kept decision; [`Row::given`] looks.
    Either,
}

/// A question of a row.
pub(super) struct Given<'r> {
    pub(super) question: &'r [u8],
    /// It is what a kept decision was asked.
    pub(super) recorded: bool,
    /// It says what the dispute is about, over which a service would count.
    pub(super) about: bool,
}

impl Row {
    /// The question. What is wrong with it is told by whoever reads it.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn given(&self) -> Result<Given<'_>, Text> {
        let text = self.text.as_ref().map_err(|why| Text::new(&why.zh, &why.en))?;
        match self.holds {
            Holds::Question => Ok(Given { question: text, recorded: false, about: false }),
            Holds::Recorded => Ok(Given { question: text, recorded: true, about: false }),
            Holds::Either => ndjson::given(text),
        }
    }
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
        return parquet::open(path, known);
    }
    let input = Input::open(path, CASES)?;
    Ok(match format {
        CaseFormat::Csv => Box::new(csv::Table::open(input, known)?),
        _ => Box::new(ndjson::Lines::new(input)),
    })
}

/// Opens a file with a JSON object a line. `what` it holds is told in errors.
pub(super) fn lines(path: &Path, what: &'static str) -> Result<impl Rows, Failure> {
    Ok(ndjson::Lines::new(Input::open(path, what)?))
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

fn unreadable(name: &str, error: &dyn std::fmt::Display) -> Failure {
    input::unreadable(CASES, name, error)
}

/// Why a row that is too long is none.
fn too_long() -> Text {
    Text::new(
        &format!("该行超过{ROW_BYTES_MAX}字节；一行只写一个案件"),
        &format!("the row has more than {ROW_BYTES_MAX} bytes; write one case a row"),
    )
}
