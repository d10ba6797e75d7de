//! Decisions: a row each, with question, context and reply as JSON.

use parquet::{
    data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type},
    errors::ParquetError,
};

use super::{Group, Rows, column, texts};

/// One decision.
pub(in crate::commands) struct Row {
    pub(in crate::commands) id: String,
    pub(in crate::commands) time: jiff::Timestamp,
    pub(in crate::commands) locality: String,
    pub(in crate::commands) kind: String,
    pub(in crate::commands) outcome: String,
    pub(in crate::commands) generation: u32,
    pub(in crate::commands) ruleset: String,
    pub(in crate::commands) engine: String,
    pub(in crate::commands) policies: Vec<String>,
    pub(in crate::commands) input: String,
    pub(in crate::commands) context: String,
    pub(in crate::commands) output: String,
}

impl Rows for Row {
    const SCHEMA: &'static str = "
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

    fn write(group: &mut Group<'_, '_>, rows: &[Self]) -> Result<(), ParquetError> {
        texts(group, rows, |row| &row.id)?;
        let times: Vec<i64> = rows.iter().map(|row| row.time.as_microsecond()).collect();
        column::<Int64Type>(group, &times, None)?;
        texts(group, rows, |row| &row.locality)?;
        texts(group, rows, |row| &row.kind)?;
        texts(group, rows, |row| &row.outcome)?;
        let generations: Vec<i32> = rows.iter().map(|row| row.generation.cast_signed()).collect();
        column::<Int32Type>(group, &generations, None)?;
        texts(group, rows, |row| &row.ruleset)?;
        texts(group, rows, |row| &row.engine)?;
        policies(group, rows)?;
        texts(group, rows, |row| &row.input)?;
        texts(group, rows, |row| &row.context)?;
        texts(group, rows, |row| &row.output)
    }
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

    use super::{super::File, *};

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
