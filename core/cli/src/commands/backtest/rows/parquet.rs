//! Kept decisions as `maple decisions export --format parquet` writes them; of each row only what was asked is read.

use std::{path::Path, sync::Arc};

use maple_kernel::Text;
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, reader::RowIter},
    schema::types::Type,
};

use super::{CASES, ROW_BYTES_MAX, Row, Rows, too_long};
use crate::{Failure, commands::input::file};

/// The column with what was asked.
const INPUT: &str = "input";
/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 64;

/// The rows of a file.
pub(super) struct Decisions {
    rows: RowIter<'static>,
    name: String,
    number: u64,
    total: u64,
}

impl Decisions {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let broken = |error: ParquetError| Failure::Input(format!("`{name}` is no whole Parquet file: {error}"));
        let (file, _) = file(path, CASES)?;
        let reader = SerializedFileReader::new(file).map_err(broken)?;
        let about = reader.metadata().file_metadata();
        let root = about.schema();
        let total = u64::try_from(about.num_rows()).unwrap_or(0);
        let Some(input) = root.get_fields().iter().find(|field| field.name() == INPUT && field.is_primitive()) else {
            let why =
                "holds no decisions: there is no column `input`; `maple decisions export --format parquet` writes one";
            return Err(Failure::Input(format!("`{name}` {why}")));
        };
        let only =
            Type::group_type_builder(root.name()).with_fields(vec![Arc::clone(input)]).build().map_err(broken)?;
        let rows = RowIter::from_file_into(Box::new(reader)).project(Some(only)).map_err(broken)?;
        Ok(Self { rows: rows.with_batch_size(BATCH_ROWS), name, number: 0, total })
    }
}

impl Rows for Decisions {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        let Some(row) = self.rows.next() else { return Ok(None) };
        self.number += 1;
        let row = row.map_err(|error| {
            Failure::Input(format!("`{}` cannot be read beyond row {}: {error}", self.name, self.number))
        })?;
        let input = row.into_columns().into_iter().next().map(|(_, input)| input);
        let question = match input {
            Some(Field::Str(text)) => Ok(text.into_bytes()),
            Some(Field::Bytes(bytes)) => Ok(bytes.data().to_vec()),
            _ => Err(Text::new("input列为空或不是JSON文本", "`input` is empty or no text with JSON")),
        };
        let question = question.and_then(|text| if text.len() > ROW_BYTES_MAX { Err(too_long()) } else { Ok(text) });
        Ok(Some(Row { number: self.number, question }))
    }

    fn done(&self) -> u64 {
        self.number
    }

    fn total(&self) -> Option<u64> {
        Some(self.total)
    }
}
