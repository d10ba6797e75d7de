//! Events of cases: a row each, as they are kept.

use jiff::Timestamp;
use parquet::{data_type::Int64Type, errors::ParquetError};
use serde_json::Value;

use super::{Group, Rows, column, texts};

/// One event.
pub(in crate::commands) struct EventRow {
    id: String,
    source: String,
    kind: String,
    subject: String,
    time: Timestamp,
    received: Timestamp,
    standing: String,
    data: String,
}

impl EventRow {
    /// A row of `GET /v1/events`; nothing when it is none.
    pub(in crate::commands) fn of(kept: &Value) -> Option<Self> {
        let event = kept.get("event")?;
        let text = |of: &Value, name: &str| of.get(name)?.as_str().map(str::to_owned);
        let moment = |of: &Value, name: &str| of.get(name)?.as_str()?.parse().ok();
        Some(Self {
            id: text(event, "id")?,
            source: text(event, "source")?,
            kind: text(event, "type")?,
            subject: text(event, "subject")?,
            time: moment(event, "time")?,
            received: moment(kept, "received")?,
            standing: text(kept, "standing")?,
            data: event.get("data")?.to_string(),
        })
    }
}

impl Rows for EventRow {
    const SCHEMA: &'static str = "
    message event {
        required binary id (STRING);
        required binary source (STRING);
        required binary type (STRING);
        required binary subject (STRING);
        required int64 time (TIMESTAMP(MICROS, true));
        required int64 received (TIMESTAMP(MICROS, true));
        required binary standing (STRING);
        required binary data (JSON);
    }";

    fn write(group: &mut Group<'_, '_>, rows: &[Self]) -> Result<(), ParquetError> {
        texts(group, rows, |row| &row.id)?;
        texts(group, rows, |row| &row.source)?;
        texts(group, rows, |row| &row.kind)?;
        texts(group, rows, |row| &row.subject)?;
        for moment in [|row: &Self| row.time, |row: &Self| row.received] {
            let times: Vec<i64> = rows.iter().map(|row| moment(row).as_microsecond()).collect();
            column::<Int64Type>(group, &times, None)?;
        }
        texts(group, rows, |row| &row.standing)?;
        texts(group, rows, |row| &row.data)
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use serde_json::json;

    use super::{super::File, *};

    #[test]
    fn what_is_written_is_read_again() {
        let kept = |number: u32| {
            json!({
                "event": {
                    "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk/3", "type": "consent.recorded",
                    "subject": "c-1", "time": "2026-11-20T01:00:00.000001Z",
                    "data": { "party": "applicant", "consent": "yes" }
                },
                "received": "2026-11-20T01:00:02Z",
                "standing": "applied"
            })
        };
        let mut file = tempfile::tempfile().unwrap();
        let mut to = File::begin(&mut file).unwrap();
        to.put(&[1, 2].map(|number| EventRow::of(&kept(number)).unwrap())).unwrap();
        to.put(&[EventRow::of(&kept(3)).unwrap()]).unwrap();
        to.end().unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[2].contains("id: \"e-3\"") && rows[2].contains("2026-11-20 01:00:00.000001"), "{}", rows[2]);
        assert!(rows[0].contains("type: \"consent.recorded\"") && rows[0].contains("party"), "{}", rows[0]);
        assert!(EventRow::of(&json!({ "event": {} })).is_none());
    }
}
