//! A question or a kept decision a line.

use std::{
    io::{BufRead, BufReader},
    sync::atomic::Ordering,
};

use maple_kernel::Text;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{Given, Holds, READ_BYTES, ROW_BYTES_MAX, Row, Rows, too_long};
use crate::{Failure, commands::input::Input};

/// Lines of a text; one that is too long is passed over without being kept.
pub(super) struct Lines {
    from: BufReader<Input>,
    number: u64,
}

/// What one line came to.
enum Line {
    Text(Vec<u8>),
    TooLong,
    End,
}

impl Lines {
    pub(super) fn new(input: Input) -> Self {
        Self { from: BufReader::with_capacity(READ_BYTES, input), number: 0 }
    }

    fn line(&mut self) -> std::io::Result<Line> {
        let (mut kept, mut long, mut any) = (Vec::new(), false, false);
        loop {
            let here = self.from.fill_buf()?;
            if here.is_empty() {
                break;
            }
            any = true;
            let end = here.iter().position(|byte| *byte == b'\n');
            let part = here.get(..end.unwrap_or(here.len())).unwrap_or_default();
            long |= kept.len() + part.len() > ROW_BYTES_MAX;
            if !long {
                kept.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.from.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(match (any, long) {
            (false, _) => Line::End,
            (true, true) => Line::TooLong,
            (true, false) => Line::Text(kept),
        })
    }
}

impl Rows for Lines {
    fn next(&mut self) -> Result<Option<Row>, Failure> {
        loop {
            let line = self.line().map_err(|error| self.from.get_ref().unreadable(&error))?;
            self.number += 1;
            let text = match line {
                Line::End => return Ok(None),
                Line::TooLong => Err(too_long()),
                Line::Text(text) if text.trim_ascii().is_empty() => continue,
                Line::Text(text) => Ok(text),
            };
            return Ok(Some(Row { number: self.number, text, holds: Holds::Either }));
        }
    }

    fn done(&self) -> u64 {
        self.from.get_ref().read.load(Ordering::Relaxed).saturating_sub(self.from.buffer().len() as u64)
    }

    fn total(&self) -> Option<u64> {
        self.from.get_ref().total
    }
}

/// What tells a kept decision from a question.
#[derive(Deserialize)]
struct Kept<'l> {
    #[serde(borrow)]
    case: Option<&'l RawValue>,
    #[serde(borrow)]
    input: Option<&'l RawValue>,
    output: Option<IgnoredAny>,
    about: Option<IgnoredAny>,
}

/// The question of a line: the line itself, or what a kept decision was asked.
pub(super) fn given(line: &[u8]) -> Result<Given<'_>, Text> {
    match serde_json::from_slice(line) {
        Ok(Kept { case: None, input: Some(input), .. }) => {
            Ok(Given { question: input.get().as_bytes(), recorded: true, about: false })
        }
        Ok(Kept { case: None, input: None, output: Some(_), .. }) => Err(Text::new(
            "该决定的输入已不保存，无法重新判断",
            "the decision comes without what was asked, so it cannot be made again",
        )),
        Ok(Kept { about, .. }) => Ok(Given { question: line, recorded: false, about: about.is_some() }),
        Err(_) => Ok(Given { question: line, recorded: false, about: false }),
    }
}
