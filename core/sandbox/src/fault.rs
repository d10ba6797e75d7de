//! What went wrong in a sandbox, in the kernel's words.

use maple_kernel::{Fault, FaultKind};
use wasmtime::Trap;

use crate::{
    host::{Host, cut},
    limits::DETAIL_BYTES_MAX,
};

/// During what it went wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum During {
    /// While the sandbox was made: start functions, first memories.
    Start,
    /// While it was called and its answer was read.
    Call,
}

/// A fault of a kind, its detail cut to [`DETAIL_BYTES_MAX`].
pub(crate) fn fault(kind: FaultKind, detail: &str) -> Fault {
    Fault { kind, detail: cut(detail, DETAIL_BYTES_MAX).into() }
}

/// The fault behind an error of the engine.
///
/// An error without a trap comes from reading the answer: the canonical ABI found a pointer outside memory, text that
/// is not UTF-8, a case that the contract does not have.
pub(crate) fn explain(error: &wasmtime::Error, host: &Host, during: During) -> Fault {
    let kind = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => FaultKind::OutOfFuel,
        Some(Trap::Interrupt) => FaultKind::Timeout,
        _ if host.hungry() => FaultKind::OutOfMemory,
        Some(trap) if malformed(*trap) => FaultKind::BadAnswer,
        None if during == During::Call => FaultKind::BadAnswer,
        _ => FaultKind::Trap,
    };
    let cause = error.root_cause().to_string();
    let cause = cause.strip_prefix("wasm trap: ").unwrap_or(&cause);
    let last_words = host.last_line().filter(|_| kind == FaultKind::Trap || kind == FaultKind::OutOfMemory);
    match last_words {
        Some(line) => fault(kind, &format!("{cause}: {line}")),
        None => fault(kind, cause),
    }
}

/// Traps of components made of several, when one hands malformed data to another.
fn malformed(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer
    )
}
