//! Parquet: kept decisions as `maple decisions export --format parquet` writes them, of which only what was asked is read, or
//! a case a row in the columns of a table.

use std::{borrow::Cow, path::Path, sync::Arc};

use maple_kernel::{Text, Vocabulary};
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, ListAccessor as _, reader::RowIter},
    schema::types::Type,
};

use super::{
    CASES, Holds, ROW_BYTES_MAX, Row, Rows,
    columns::{BETWEEN_WORDS, Columns},
    too_long,
};
use crate::{Failure, commands::input::file};

/// The column with what a kept decision was asked.
const INPUT: &str = "input";
/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 64;
/// One day, as moments are counted.
const DAY_MILLIS: i64 = 86_400_000;

/// The rows of a file.
struct File {
    rows: RowIter<'static>,
    /// What the columns are, of cases; nothing of decisions.
    columns: Option<Columns>,
    name: String,
    number: u64,
    total: u64,
}

/// Opens the file. A column `input` tells that it holds decisions.
pub(super) fn open(path: &Path, known: [&Vocabulary; 2]) -> Result<Box<dyn Rows>, Failure> {
    let name = path.display().to_string();
    let broken = |error: ParquetError| Failure::Input(format!("`{name}` is no whole Parquet file: {error}"));
    let (file, _) = file(path, CASES)?;
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let about = reader.metadata().file_metadata();
    let root = about.schema();
    let total = u64::try_from(about.num_rows()).unwrap_or(0);
    let input = root.get_fields().iter().find(|field| field.name() == INPUT && field.is_primitive());
    let (only, columns) = match input {
        Some(input) => {
            let only = Type::group_type_builder(root.name()).with_fields(vec![Arc::clone(input)]).build();
            (Some(only.map_err(broken)?), None)
        }
        None => {
            let head: Vec<&[u8]> = root.get_fields().iter().map(|field| field.name().as_bytes()).collect();
            let columns = Columns::read(&head, known).map_err(|why| {
                Failure::Input(format!(
                    "`{name}` holds neither decisions, which have a column `input` (`maple decisions export --format \
                     parquet` writes it), nor cases: {why}"
                ))
            })?;
            (None, Some(columns))
        }
    };
    let rows = RowIter::from_file_into(Box::new(reader)).project(only).map_err(broken)?;
    Ok(Box::new(File { rows: rows.with_batch_size(BATCH_ROWS), columns, name, number: 0, total }))
}

impl Rows for File {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        let Some(row) = self.rows.next() else { return Ok(None) };
        self.number += 1;
        let row = row.map_err(|error| {
            Failure::Input(format!("`{}` cannot be read beyond row {}: {error}", self.name, self.number))
        })?;
        let fields = row.into_columns();
        let (text, holds) = match &self.columns {
            Some(columns) => (case(columns, &fields), Holds::Question),
            None => (asked(fields), Holds::Recorded),
        };
        let text = text.and_then(|text| if text.len() > ROW_BYTES_MAX { Err(too_long()) } else { Ok(text) });
        Ok(Some(Row { number: self.number, text, holds }))
    }

    fn done(&self) -> u64 {
        self.number
    }

    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
}

/// What a kept decision was asked.
fn asked(fields: Vec<(String, Field)>) -> Result<Vec<u8>, Text> {
    match fields.into_iter().next() {
        Some((_, Field::Str(text))) => Ok(text.into_bytes()),
        Some((_, Field::Bytes(bytes))) => Ok(bytes.data().to_vec()),
        _ => Err(Text::new("input列为空或不是JSON文本", "`input` is empty or no text with JSON")),
    }
}

/// A row of cells as a question.
fn case(columns: &Columns, fields: &[(String, Field)]) -> Result<Vec<u8>, Text> {
    let cells: Result<Vec<Cow<'_, [u8]>>, Text> = fields.iter().map(|(name, field)| cell(name, field)).collect();
    columns.question(cells?.iter().map(AsRef::as_ref))
}

/// A value as a table would have it in text: a moment that begins a day is that day, words of a list stand between `;`.
fn cell<'f>(name: &str, field: &'f Field) -> Result<Cow<'f, [u8]>, Text> {
    let text = match field {
        Field::Null => return Ok(Cow::Borrowed(b"")),
        Field::Str(text) => return Ok(Cow::Borrowed(text.as_bytes())),
        Field::Bytes(bytes) => return Ok(Cow::Borrowed(bytes.data())),
        Field::Float(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        Field::TimestampMillis(at) => moment(field, *at, DAY_MILLIS),
        Field::TimestampMicros(at) => moment(field, *at, DAY_MILLIS * 1_000),
        Field::ListInternal(words) => {
            let words: Result<Vec<&str>, _> =
                (0..words.len()).map(|at| words.get_string(at).map(String::as_str)).collect();
            words.map_err(|_| plain(name))?.join(&BETWEEN_WORDS.to_string())
        }
        Field::Group(_) | Field::MapInternal(_) => return Err(plain(name)),
        other => other.to_string(),
    };
    Ok(Cow::Owned(text.into_bytes()))
}

fn moment(field: &Field, at: i64, day: i64) -> String {
    match i32::try_from(at.div_euclid(day)) {
        Ok(days) if at.rem_euclid(day) == 0 => Field::Date(days).to_string(),
        _ => field.to_string(),
    }
}

fn plain(name: &str) -> Text {
    Text::new(&format!("{name}列应为单个值或文字列表"), &format!("`{name}` is a plain value or a list of words"))
}
