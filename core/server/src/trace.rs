//! W3C trace context: the caller's trace goes on, or a new one begins.

use std::fmt;

use axum::http::HeaderValue;
use uuid::Uuid;

/// The header's name.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// One request within a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The whole trace.
    trace: u128,
    /// This request.
    span: u64,
    flags: u8,
}

impl Span {
    /// The next span of the caller's trace, or the first of a new one; `unique` is used by nobody else.
    pub(crate) fn next(parent: Option<&HeaderValue>, unique: Uuid) -> Self {
        let (_, low) = unique.as_u64_pair();
        let (trace, flags) = parent.and_then(|header| read(header.as_bytes())).unwrap_or((unique.as_u128(), 0));
        Self { trace, span: low, flags }
    }

    /// The header for the reply.
    pub(crate) fn header(self) -> HeaderValue {
        let text = format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags);
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The trace's id, for the log.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.trace)
    }
}

/// Trace id and flags of a well-formed header; a later version may hold more than this one knows.
fn read(header: &[u8]) -> Option<(u128, u8)> {
    let text = std::str::from_utf8(header).ok()?;
    let mut parts = text.split('-');
    let version = hex(parts.next()?, 2)?;
    let (trace, parent) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
    let flags = hex(parts.next()?, 2)?;
    let ends = version != 0 || parts.next().is_none();
    let valid = version != 0xff && trace != 0 && parent != 0 && ends;
    // Of the flags only `sampled` is known.
    valid.then_some((trace, u8::try_from(flags & 1).unwrap_or(0)))
}

fn hex(text: &str, length: usize) -> Option<u128> {
    let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (text.len() == length && text.bytes().all(lower)).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_trace_goes_on_only_when_it_is_well_formed() {
        let parent = "00f067aa0ba902b7";
        for (header, goes_on) in [
            (format!("00-{TRACE}-{parent}-01"), true),
            (format!("00-{TRACE}-{parent}-00"), true),
            (format!("01-{TRACE}-{parent}-01-more"), true),
            (format!("00-{TRACE}-{parent}-01-more"), false),
            (format!("ff-{TRACE}-{parent}-01"), false),
            (format!("00-{}-{parent}-01", "0".repeat(32)), false),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), false),
            (format!("00-{}-{parent}-01", TRACE.to_uppercase()), false),
            (format!("00-{TRACE}-{parent}"), false),
            ("nonsense".to_owned(), false),
            (String::new(), false),
        ] {
            let unique = Uuid::from_u64_pair(0x1111_0000_0000_0000, 0x2222_0000_0000_0003);
            let span = Span::next(Some(&HeaderValue::try_from(&header).unwrap()), unique);
            let reply = span.header();
            let reply = reply.to_str().unwrap();
            assert_eq!(reply.contains(TRACE), goes_on, "{header} gave {reply}");
            assert!(reply.len() == 55 && reply.contains("-2222000000000003-"), "{reply}");
        }
    }
}
