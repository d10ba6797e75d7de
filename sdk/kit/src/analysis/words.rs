//! Effects in the words of messages.

use maple_bundle::table::{Effect, Start};
use maple_kernel::{Selector, Span};

/// A span as authors write it.
pub(crate) fn span(span: Span) -> String {
    let unit = span.unit.as_str().replace('_', " ");
    format!("{} {unit}{}", span.count, if span.count == 1 { "" } else { "s" })
}

/// The day a clock runs from, as authors write it.
pub(crate) fn start(start: &Start) -> &str {
    match start {
        Start::Today => "today",
        Start::Filed => "filed",
        Start::Fact(key) => key.as_str(),
    }
}

/// An effect as the kernel calls its claim in an explanation.
pub(crate) fn claim(effect: &Effect) -> String {
    match effect {
        Effect::Offer { channel, body: Some(body), .. } => format!("offer {channel} ({body})"),
        Effect::Offer { channel, .. } => format!("offer {channel}"),
        Effect::Prefer { channel, .. } => format!("prefer {channel}"),
        Effect::RequireFirst { first, before } => format!("require {first} before {before}"),
        Effect::Forbid(Selector::Channel(channel)) => format!("forbid {channel}"),
        Effect::Forbid(Selector::Class(class)) => format!("forbid class {}", class.as_str()),
        Effect::Duty { code, .. } => format!("duty {code}"),
        Effect::Clock { code, .. } => format!("clock {code}"),
        Effect::Signal { code, .. } => format!("signal {code}"),
        Effect::Derive { key, .. } => format!("derive {key}"),
        Effect::Refer(code) => format!("refer {code}"),
    }
}
