//! Places as editors count them: lines from 0, and columns in units of UTF-16.

use std::ops::Range;

use maple_bundle::Spot;
use tower_lsp_server::ls_types::{Position, Range as Span};

/// A text with the beginnings of its lines.
pub(super) struct Points<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Points<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// The line without its end.
    fn line(&self, line: usize) -> Option<(usize, &'t str)> {
        let start = *self.lines.get(line)?;
        let end = self.lines.get(line + 1).copied().unwrap_or(self.text.len());
        Some((start, self.text.get(start..end)?.trim_end_matches(['\n', '\r'])))
    }

    /// The byte at a position; the nearest when the line is shorter or there is none.
    pub(super) fn byte(&self, position: Position) -> usize {
        let Some((start, line)) = self.line(position.line as usize) else { return self.text.len() };
        let mut left = position.character as usize;
        for (at, c) in line.char_indices() {
            if left < c.len_utf16() {
                return start + at;
            }
            left -= c.len_utf16();
        }
        start + line.len()
    }

    /// The position of a byte.
    pub(super) fn position(&self, byte: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..byte.min(self.text.len())).unwrap_or_default();
        position(line, units(before))
    }

    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        Span { start: self.position(range.start), end: self.position(range.end) }
    }

    /// Where a problem stands; the first line for the file as a whole. It is never empty, so that it can be seen.
    pub(super) fn spot(&self, spot: &Spot) -> Span {
        if spot.line == 0 {
            let end = self.line(0).map_or(0, |(_, line)| units(line));
            return Span { start: position(0, 0), end: position(0, end) };
        }
        let start = self.counted(spot.line, spot.column);
        let end = self.counted(spot.end_line, spot.end_column);
        Span { start, end: if end > start { end } else { position(start.line as usize, start.character as usize + 1) } }
    }

    /// The position of a line and column that count from 1, in characters.
    fn counted(&self, line: u32, column: u32) -> Position {
        let line = (line as usize).saturating_sub(1);
        let text = self.line(line).map_or("", |(_, text)| text);
        let before = text.chars().take((column as usize).saturating_sub(1)).map(char::len_utf16).sum();
        position(line, before)
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn position(line: usize, character: usize) -> Position {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position { line: count(line), character: count(character) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_in_units_of_utf16() {
        let text = "a\n劳动𝄞x\r\nz";
        let points = Points::new(text);
        for (line, character, rest) in [
            (0, 0, "a\n"),
            (1, 0, "劳"),
            (1, 1, "动"),
            (1, 2, "𝄞"),
            (1, 4, "x"),
            (1, 5, "\r"),
            (1, 99, "\r"),
            (2, 0, "z"),
        ] {
            let byte = points.byte(position(line, character));
            assert!(text[byte..].starts_with(rest), "{line}:{character} is {byte}");
            if character < 99 {
                assert_eq!(points.position(byte), position(line, character));
            }
        }
        assert_eq!(points.byte(position(1, 3)), text.find('𝄞').unwrap(), "within a pair, its beginning");
        assert_eq!(points.byte(position(9, 0)), text.len());
        assert_eq!(points.position(usize::MAX), position(2, 1), "beyond the end, the end");
    }

    #[test]
    fn problems_stand_where_they_are() {
        let text = "x = \"劳动𝄞\", y\n";
        let at = |line, column, end_line, end_column| {
            Points::new(text).spot(&Spot { line, column, end_line, end_column, ..Spot::default() })
        };
        let span = |a, b, c, d| Span { start: position(a, b), end: position(c, d) };
        assert_eq!(at(1, 5, 1, 10), span(0, 4, 0, 10));
        assert_eq!(at(1, 12, 1, 13), span(0, 12, 0, 13));
        assert_eq!(at(1, 1, 1, 1), span(0, 0, 0, 1));
        assert_eq!(at(0, 0, 0, 0), span(0, 0, 0, 13));
    }
}
