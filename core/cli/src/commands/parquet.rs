//! Decisions as a Parquet file: a row each, with question, context and reply as JSON.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

/// Columns in their order. A reader sees moments, text and JSON as such.
const SCHEMA: &str = "
    message decision {
        required binary id (STRING);
        required int64 time (TIMESTAMP(MICROS, true));
        required binary locality (STRING);
        required binary kind (STRING);
        required binary outcome (STRING);
        required int32 generation;
        required binary ruleset (STRING);
        required binary engine (STRING);
        required group policies (LIST) { repeated group list { required binary element (STRING); } }
        required binary input (JSON);
        required binary context (JSON);
        required binary output (JSON);
    }";

/// One decision.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) time: jiff::Timestamp,
    pub(super) locality: String,
    pub(super) kind: String,
    pub(super) outcome: String,
    pub(super) generation: u32,
    pub(super) ruleset: String,
    pub(super) engine: String,
    pub(super) policies: Vec<String>,
    pub(super) input: String,
    pub(super) context: String,
    pub(super) output: String,
}

/// Writes rows, a group of them at a time.
pub(super) struct File<'a>(SerializedFileWriter<&'a mut (dyn Write + Send)>);

impl<'a> File<'a> {
    pub(super) fn begin(out: &'a mut (dyn Write + Send)) -> Result<Self, ParquetError> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self(SerializedFileWriter::new(out, schema, Arc::new(properties))?))
    }

    /// Adds rows as a group of their own.
    pub(super) fn put(&mut self, rows: &[Row]) -> Result<(), ParquetError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.0.next_row_group()?;
        texts(&mut group, rows, |row| &row.id)?;
        let times: Vec<i64> = rows.iter().map(|row| row.time.as_microsecond()).collect();
        column::<Int64Type>(&mut group, &times, None)?;
        texts(&mut group, rows, |row| &row.locality)?;
        texts(&mut group, rows, |row| &row.kind)?;
        texts(&mut group, rows, |row| &row.outcome)?;
        let generations: Vec<i32> = rows.iter().map(|row| row.generation.cast_signed()).collect();
        column::<Int32Type>(&mut group, &generations, None)?;
        texts(&mut group, rows, |row| &row.ruleset)?;
        texts(&mut group, rows, |row| &row.engine)?;
        policies(&mut group, rows)?;
        texts(&mut group, rows, |row| &row.input)?;
        texts(&mut group, rows, |row| &row.context)?;
        texts(&mut group, rows, |row| &row.output)?;
        group.close().map(|_| ())
    }

    pub(super) fn end(self) -> Result<(), ParquetError> {
        self.0.close().map(|_| ())
    }
}

type Group<'g, 'a> = SerializedRowGroupWriter<'g, &'a mut (dyn Write + Send)>;

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

fn texts(group: &mut Group<'_, '_>, rows: &[Row], field: fn(&Row) -> &String) -> Result<(), ParquetError> {
    let values: Vec<ByteArray> = rows.iter().map(|row| ByteArray::from(field(row).as_str())).collect();
    column::<ByteArrayType>(group, &values, None)
}

fn policies(group: &mut Group<'_, '_>, rows: &[Row]) -> Result<(), ParquetError> {
    let (mut values, mut there, mut goes_on) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        if row.policies.is_empty() {
            there.push(0);
            goes_on.push(0);
        }
        for (at, policy) in row.policies.iter().enumerate() {
            values.push(ByteArray::from(policy.as_str()));
            there.push(1);
            goes_on.push(i16::from(at > 0));
        }
    }
    column::<ByteArrayType>(group, &values, Some((&there, &goes_on)))
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let row = |number: u32| Row {
            id: format!("d-{number}"),
            time: jiff::Timestamp::from_microsecond(1_800_000_000_000_001).unwrap(),
            locality: "cn/zhejiang".to_owned(),
            kind: "labour.wage".to_owned(),
            outcome: "route".to_owned(),
            generation: number,
            ruleset: "sha256:0".to_owned(),
            engine: "maple 0".to_owned(),
            policies: (0..number).map(|one| format!("cn/p{one}")).collect(),
            input: format!("{{\"case\":{number}}}"),
            context: "{}".to_owned(),
            output: "{\"调解\":1}".to_owned(),
        };
        let mut file = tempfile::tempfile().unwrap();
        let mut to = File::begin(&mut file).unwrap();
        to.put(&[row(0), row(3)]).unwrap();
        to.put(&[row(1)]).unwrap();
        to.end().unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].contains("policies: []") && rows[0].contains("2027-01-15 08:00:00.000001"), "{}", rows[0]);
        assert!(rows[1].contains("policies: [\"cn/p0\", \"cn/p1\", \"cn/p2\"]"), "{}", rows[1]);
        assert!(rows[2].contains("generation: 1") && rows[2].contains("调解"), "{}", rows[2]);
    }
}
