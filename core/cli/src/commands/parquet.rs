//! Tables as Parquet files: decisions and events, a row each.

mod decisions;
mod events;

use std::{io::Write, marker::PhantomData, sync::Arc};

pub(super) use decisions::Row;
pub(super) use events::EventRow;
use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, DataType},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

/// One sort of row.
pub(super) trait Rows: Sized {
    /// Columns in their order. A reader sees moments, text and JSON as such.
    const SCHEMA: &'static str;

    /// Writes the columns of rows, in the order of the schema.
    fn write(group: &mut Group<'_, '_>, rows: &[Self]) -> Result<(), ParquetError>;
}

/// Writes rows, a group of them at a time.
pub(super) struct File<'a, R>(SerializedFileWriter<&'a mut (dyn Write + Send)>, PhantomData<R>);

impl<'a, R: Rows> File<'a, R> {
    pub(super) fn begin(out: &'a mut (dyn Write + Send)) -> Result<Self, ParquetError> {
        let schema = Arc::new(parse_message_type(R::SCHEMA)?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self(SerializedFileWriter::new(out, schema, Arc::new(properties))?, PhantomData))
    }

    /// Adds rows as a group of their own.
    pub(super) fn put(&mut self, rows: &[R]) -> Result<(), ParquetError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.0.next_row_group()?;
        R::write(&mut group, rows)?;
        group.close().map(|_| ())
    }

    pub(super) fn end(self) -> Result<(), ParquetError> {
        self.0.close().map(|_| ())
    }
}

pub(super) type Group<'g, 'a> = SerializedRowGroupWriter<'g, &'a mut (dyn Write + Send)>;

/// Of each value whether it is there, and whether it goes on with the list before it.
type Levels<'l> = (&'l [i16], &'l [i16]);

fn column<T: DataType>(
    group: &mut Group<'_, '_>,
    values: &[T::T],
    levels: Option<Levels<'_>>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a row has more fields than the schema".to_owned()));
    };
    let (there, goes_on) = levels.unzip();
    column.typed::<T>().write_batch(values, there, goes_on)?;
    column.close()
}

fn texts<R>(group: &mut Group<'_, '_>, rows: &[R], field: fn(&R) -> &String) -> Result<(), ParquetError> {
    let values: Vec<ByteArray> = rows.iter().map(|row| ByteArray::from(field(row).as_str())).collect();
    column::<ByteArrayType>(group, &values, None)
}
