//! A sheet read row by row in bounded memory: CSV in the encodings of offices, with the line that each row begins on.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

/// Bytes of one row of a sheet, after it is made UTF-8.
pub const SHEET_ROW_BYTES_MAX: usize = 2 << 20;
/// Bytes that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// How a sheet is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetEncoding(&'static Encoding);

impl SheetEncoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(UTF_8);

    /// The encoding of a label of the Encoding Standard, such as `utf-8` or `gb18030`.
    #[must_use]
    pub fn named(label: &str) -> Option<Self> {
        Encoding::for_label(label.as_bytes()).map(Self)
    }

    /// What a sheet is written in: UTF-8 if all of it is that, else GB 18030 if all of it is that; a mark at the
    /// beginning wins.
    ///
    /// # Errors
    ///
    /// When the sheet cannot be read.
    pub fn found(mut from: impl Read) -> io::Result<Option<Self>> {
        let mut tried = [UTF_8, GB18030].map(|encoding| (encoding, encoding.new_decoder(), true));
        let mut bytes = vec![0; READ_BYTES];
        loop {
            let count = from.read(&mut bytes)?;
            let some = bytes.get(..count).unwrap_or_default();
            for (_, decoder, whole) in &mut tried {
                *whole = *whole && holds(decoder, some, count == 0);
            }
            if count == 0 || tried.iter().all(|(.., whole)| !whole) {
                return Ok(tried.iter().find(|(.., whole)| *whole).map(|(encoding, ..)| Self(encoding)));
            }
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// True when these bytes go on as they should.
fn holds(decoder: &mut Decoder, mut bytes: &[u8], last: bool) -> bool {
    let mut text = [0; 4 << 10];
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(bytes, &mut text, last);
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::Malformed(..) => return false,
            DecoderResult::OutputFull => bytes = bytes.get(read..).unwrap_or_default(),
        }
    }
}

/// Why a sheet is not read any further.
#[derive(Debug, thiserror::Error)]
pub enum SheetFault {
    /// It cannot be read.
    #[error(transparent)]
    Read(io::Error),
    /// A row is too long: as a rule a quote that nobody closed.
    #[error("a row has more than {SHEET_ROW_BYTES_MAX} bytes; is a quote not closed there?")]
    RowTooLong,
}

/// Where lines end in what was read and not yet passed.
#[derive(Default)]
struct Ends {
    /// Byte, and whether it ends a line: of `\r\n` the second does.
    ends: VecDeque<(u64, bool)>,
    bytes: u64,
    /// Bytes when the last row was whole.
    since: u64,
    line: u64,
}

impl Ends {
    /// The line of the row that begins at a byte or after the line ends there.
    fn at(&mut self, byte: u64) -> u64 {
        let mut at = byte;
        while let Some((end, ends)) = self.ends.front().copied().filter(|(end, _)| *end <= at) {
            at += u64::from(end == at);
            self.line += u64::from(ends);
            self.ends.pop_front();
        }
        self.line + 1
    }
}

/// The text of a sheet.
struct Decoded<R> {
    from: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    over: bool,
    ends: Arc<Mutex<Ends>>,
}

impl<R: Read> Decoded<R> {
    fn fill(&mut self) -> io::Result<()> {
        let count = self.from.read(&mut self.raw)?;
        self.over = count == 0;
        self.at = 0;
        let most = self.decoder.max_utf8_buffer_length(count).unwrap_or(READ_BYTES);
        self.text.resize(most, 0);
        let raw = self.raw.get(..count).unwrap_or_default();
        let (.., written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.over);
        self.text.truncate(written);
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let from = ends.bytes;
        let breaks = (from..).zip(&self.text).filter(|(_, byte)| matches!(byte, b'\r' | b'\n'));
        ends.ends.extend(breaks.map(|(at, byte)| (at, *byte == b'\n')));
        ends.bytes += written as u64;
        let long = ends.bytes - ends.since > (SHEET_ROW_BYTES_MAX + 2 * READ_BYTES) as u64;
        if long { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() && !self.over {
            self.fill()?;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(some)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(some);
        }
        self.at += count;
        Ok(count)
    }
}

/// A sheet. Bytes that its encoding does not have come as U+FFFD, so that one bad cell costs one row.
pub struct Sheet<R> {
    reader: Reader<Decoded<R>>,
    ends: Arc<Mutex<Ends>>,
}

impl<R: Read> Sheet<R> {
    /// A sheet in an encoding; nothing is read yet.
    pub fn new(from: R, encoding: SheetEncoding) -> Self {
        let ends: Arc<Mutex<Ends>> = Arc::default();
        let decoded = Decoded {
            from,
            decoder: encoding.0.new_decoder(),
            raw: vec![0; READ_BYTES],
            text: Vec::new(),
            at: 0,
            over: false,
            ends: Arc::clone(&ends),
        };
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All).buffer_capacity(READ_BYTES);
        Self { reader: builder.from_reader(decoded), ends }
    }

    /// The next row, its cells trimmed, and the line it begins on, from 1; nothing at the end. Empty lines are passed
    /// over.
    ///
    /// # Errors
    ///
    /// When the sheet cannot be read any further.
    pub fn next(&mut self, row: &mut StringRecord) -> Result<Option<u64>, SheetFault> {
        let read = self.reader.read_record(row);
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(true) => {
                ends.since = row.position().map_or(0, csv::Position::byte);
                Ok(Some(ends.at(row.position().map_or(0, csv::Position::byte))))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => SheetFault::RowTooLong,
                csv::ErrorKind::Io(error) => SheetFault::Read(error),
                // Cells are UTF-8 by then, and rows may have any number of them.
                other => SheetFault::Read(io::Error::other(format!("{other:?}"))),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn rows(bytes: &[u8], encoding: SheetEncoding) -> Vec<(u64, Vec<String>)> {
        let (mut sheet, mut row, mut all) = (Sheet::new(bytes, encoding), StringRecord::new(), Vec::new());
        while let Some(line) = sheet.next(&mut row).unwrap() {
            all.push((line, row.iter().map(str::to_owned).collect()));
        }
        all
    }

    #[test]
    fn rows_come_with_the_line_that_an_editor_shows() {
        for (text, lines) in [
            ("a,b\n1,2\n3,4", vec![1, 2, 3]),
            ("a,b\r\n1,2\r\n3,4\r\n", vec![1, 2, 3]),
            ("a,b\n\n\n1,2\n", vec![1, 4]),
            ("a,b\r\n\r\n1,\"x\r\ny\"\r\n3,4\r\n", vec![1, 3, 5]),
            ("\u{feff}a\n\"1\n2\n3\"\n4\n", vec![1, 2, 5]),
            ("", vec![]),
        ] {
            let told: Vec<u64> = rows(text.as_bytes(), SheetEncoding::UTF_8).iter().map(|(line, _)| *line).collect();
            assert_eq!(told, lines, "{text:?}");
        }
    }

    #[test]
    fn encodings_are_found_and_named() {
        let (gb, ..) = GB18030.encode("编号,类型\n1,邻里\n");
        for (bytes, name) in [
            ("编号,类型\n".as_bytes(), Some("UTF-8")),
            (b"\xef\xbb\xbfid\n", Some("UTF-8")),
            (b"", Some("UTF-8")),
            (&gb, Some("gb18030")),
            (b"id\n\xff\xff\n", None),
            // A letter that is not whole at the end.
            (b"id\n\xe4", None),
        ] {
            assert_eq!(SheetEncoding::found(bytes).unwrap().map(SheetEncoding::name), name, "{bytes:?}");
        }
        assert_eq!(
            rows(&gb, SheetEncoding::named("GB18030").unwrap())[1],
            (2, vec!["1".to_owned(), "邻里".to_owned()])
        );
        assert_eq!(rows(b"\xff\xfea\0,\0b\0", SheetEncoding::UTF_8), [(1, vec!["a".to_owned(), "b".to_owned()])]);
        assert_eq!(SheetEncoding::named("klingon"), None);
    }

    #[test]
    fn a_bad_byte_costs_its_cell_and_a_quote_that_stays_open_is_told() {
        let some = rows(b"a,b\n\xff,2\n3,4\n", SheetEncoding::UTF_8);
        assert_eq!((some[1].1[0].as_str(), some[2].1[0].as_str()), ("\u{fffd}", "3"));
        let mut long = b"a\n\"".to_vec();
        long.resize(SHEET_ROW_BYTES_MAX + 4 * READ_BYTES, b'x');
        let mut sheet = Sheet::new(&*long, SheetEncoding::UTF_8);
        let mut row = StringRecord::new();
        assert_eq!(sheet.next(&mut row).unwrap(), Some(1));
        assert!(matches!(sheet.next(&mut row), Err(SheetFault::RowTooLong)));
        // The longest that is taken.
        let mut fits = b"a\n\"".to_vec();
        fits.resize(2 + SHEET_ROW_BYTES_MAX - 1, b'x');
        fits.extend(b"\"\n1\n");
        assert_eq!(rows(&fits, SheetEncoding::UTF_8).len(), 3);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_whatever_the_size_of_its_parts(
            cells in vec(vec("[ -~邻里\r\n]{0,12}", 2), 1..40),
            part in 1..9_usize,
        ) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            for row in &cells {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            struct Parts<'b>(&'b [u8], usize);
            impl Read for Parts<'_> {
                fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                    let count = self.1.min(self.0.len());
                    let (some, rest) = self.0.split_at(count);
                    to[..count].copy_from_slice(some);
                    self.0 = rest;
                    Ok(count)
                }
            }
            let (mut sheet, mut row, mut all) =
                (Sheet::new(Parts(&bytes, part), SheetEncoding::UTF_8), StringRecord::new(), Vec::new());
            let mut last = 0;
            while let Some(line) = sheet.next(&mut row).unwrap() {
                prop_assert!(line > last);
                last = line;
                all.push(row.iter().map(str::to_owned).collect::<Vec<_>>());
            }
            let trimmed: Vec<Vec<String>> =
                cells.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
            prop_assert_eq!(all, trimmed);
        }
    }
}
