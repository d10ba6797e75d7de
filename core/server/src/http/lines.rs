//! A stream of bytes as lines, each of bounded length.

use bytes::{Bytes, BytesMut};

/// One line of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the body, from 1, empty lines counted.
    pub(crate) number: u64,
    /// Its bytes; none when it is too long.
    pub(crate) bytes: Option<Bytes>,
}

/// Cuts a stream into lines; holds at most one unfinished line.
#[derive(Debug)]
pub(crate) struct Lines {
    rest: BytesMut,
    number: u64,
    too_long: bool,
    limit: usize,
}

impl Lines {
    pub(crate) fn new(limit: usize) -> Self {
        Self { rest: BytesMut::new(), number: 0, too_long: false, limit }
    }

    /// The lines that end within `data`; empty ones are counted and passed over.
    pub(crate) fn feed(&mut self, mut data: Bytes, out: &mut Vec<Line>) {
        while let Some(end) = data.iter().position(|byte| *byte == b'\n') {
            let part = data.split_to(end);
            let _ = data.split_to(1);
            let line = if self.rest.is_empty() && !self.too_long { Some(part) } else { self.joined(&part) };
            self.end(line, out);
        }
        self.keep(&data);
    }

    /// The last line, when no line break ends it.
    pub(crate) fn finish(mut self, out: &mut Vec<Line>) {
        if self.too_long || !self.rest.is_empty() {
            let line = self.joined(&[]);
            self.end(line, out);
        }
    }

    fn joined(&mut self, part: &[u8]) -> Option<Bytes> {
        self.keep(part);
        (!self.too_long).then(|| self.rest.split().freeze())
    }

    /// Keeps the beginning of a line as long as it is not too long.
    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.rest.len() + part.len() > self.limit {
            self.too_long |= !part.is_empty();
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(part);
        }
    }

    fn end(&mut self, line: Option<Bytes>, out: &mut Vec<Line>) {
        self.number += 1;
        self.too_long = false;
        let bytes = line.filter(|line| line.len() <= self.limit);
        if bytes.as_ref().is_none_or(|line| !line.trim_ascii().is_empty()) {
            out.push(Line { number: self.number, bytes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line, however the text is cut into pieces; `-` stands for one that is too long.
    fn cut(text: &str, piece: usize) -> Vec<(u64, String)> {
        let (mut lines, mut out) = (Lines::new(5), Vec::new());
        for part in text.as_bytes().chunks(piece) {
            lines.feed(Bytes::copy_from_slice(part), &mut out);
        }
        lines.finish(&mut out);
        let told =
            |line: Line| (line.number, line.bytes.map_or("-".to_owned(), |b| String::from_utf8(b.to_vec()).unwrap()));
        out.into_iter().map(told).collect()
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let cases: [(&str, &[(u64, &str)]); 7] = [
            ("", &[]),
            ("a\nb", &[(1, "a"), (2, "b")]),
            ("a\n\n \r\nb\n", &[(1, "a"), (4, "b")]),
            ("12345\nx", &[(1, "12345"), (2, "x")]),
            ("123456\nx", &[(1, "-"), (2, "x")]),
            ("x\n1234567890123", &[(1, "x"), (2, "-")]),
            ("123456", &[(1, "-")]),
        ];
        for (text, lines) in cases {
            for piece in 1..=text.len().max(1) {
                let expected: Vec<(u64, String)> = lines.iter().map(|(n, l)| (*n, (*l).to_owned())).collect();
                assert_eq!(cut(text, piece), expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
