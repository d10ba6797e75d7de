//! A case a row, below a row with the names of the columns.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use maple_kernel::{Text, Vocabulary};

use super::{Holds, READ_BYTES, ROW_BYTES_MAX, Row, Rows, columns::Columns, unreadable};
use crate::{Failure, commands::input::Input};

/// Stops when one row takes too much: as a rule a quote that nobody closed.
struct Leash {
    input: Input,
    /// Bytes since the last row was whole.
    since: Arc<AtomicU64>,
}

impl Read for Leash {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.load(Ordering::Relaxed) > (ROW_BYTES_MAX + READ_BYTES) as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.input.read(buffer)?;
        self.since.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A table of cases.
pub(super) struct Table {
    reader: Reader<Leash>,
    columns: Columns,
    name: String,
    since: Arc<AtomicU64>,
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Table {
    pub(super) fn open(input: Input, known: [&Vocabulary; 2]) -> Result<Self, Failure> {
        let since = Arc::new(AtomicU64::new(0));
        let (name, read, total) = (input.name.clone(), Arc::clone(&input.read), input.total);
        let leash = Leash { input, since: Arc::clone(&since) };
        let mut reader = ReaderBuilder::new().buffer_capacity(READ_BYTES).from_reader(leash);
        let head = match reader.byte_headers() {
            Ok(head) => head.clone(),
            Err(error) => return Err(broken(&name, &error, 1)),
        };
        let columns = Columns::read(&head.iter().collect::<Vec<_>>(), known)
            .map_err(|why| Failure::Input(format!("{name}, line 1: {why}")))?;
        Ok(Self { reader, columns, name, since, read, total })
    }
}

/// The file ends here, and why.
fn broken(name: &str, error: &csv::Error, line: u64) -> Failure {
    match error.kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Failure::Input(format!(
            "{name}, line {line}: a row has more than {ROW_BYTES_MAX} bytes; is a quote not closed there?"
        )),
        ErrorKind::Io(error) => unreadable(name, error),
        _ => Failure::Input(format!("{name}, line {line}: {error}")),
    }
}

impl Rows for Table {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        self.since.store(0, Ordering::Relaxed);
        let mut record = ByteRecord::new();
        let before = self.reader.position().line();
        match self.reader.read_byte_record(&mut record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let number = record.position().map_or(before, csv::Position::line);
                let text = self.columns.question(record.iter());
                Ok(Some(Row { number, text, holds: Holds::Question }))
            }
            Err(error) => match error.kind() {
                ErrorKind::UnequalLengths { pos, expected_len, len } => {
                    let why = Text::new(
                        &format!("该行有{len}格，标题行有{expected_len}格"),
                        &format!("the row has {len} cells, the row with the names has {expected_len}"),
                    );
                    let number = pos.as_ref().map_or(before, csv::Position::line);
                    Ok(Some(Row { number, text: Err(why), holds: Holds::Question }))
                }
                _ => Err(broken(&self.name, &error, before)),
            },
        }
    }

    fn done(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    fn total(&self) -> Option<u64> {
        self.total
    }
}
