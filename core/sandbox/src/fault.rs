//! What went wrong in a sandbox, in the kernel's words.

use maple_kernel::{Fault, FaultKind};
use wasmtime::Trap;

use crate::{
    host::{Host, cut},
    limits::{Bounds, DETAIL_BYTES_MAX},
};

/// How the engine says that a value has more bytes than its limit, and we where we read it ourselves.
pub(crate) const TOO_MUCH: &str =
    "too much data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted";
/// How it ends to say that a memory is larger than its limit as it is.
const MEMORY_MINIMUM: &str = "exceeds memory limits";

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
        _ if host.refused().is_some() => FaultKind::OutOfMemory,
        Some(trap) if malformed(*trap) => FaultKind::BadAnswer,
        None if during == During::Call => FaultKind::BadAnswer,
        _ => FaultKind::Trap,
    };
    let cause = error.root_cause().to_string();
    let cause = match (error.downcast_ref::<Trap>(), host.refused()) {
        // Without a trap it never began, and what was refused says why.
        (None, Some(refused)) if kind == FaultKind::OutOfMemory => refused.to_owned(),
        (_, Some(refused)) if kind == FaultKind::OutOfMemory => format!("{refused}; {}", bare(&cause)),
        (Some(Trap::StackOverflow), _) => format!("{}, it has {} bytes", bare(&cause), host.stack_bytes),
        _ => bare(&cause).to_owned(),
    };
    let last_words = host.last_line().filter(|_| kind == FaultKind::Trap || kind == FaultKind::OutOfMemory);
    match last_words {
        Some(line) => fault(kind, &format!("{cause}: {line}")),
        None => fault(kind, &cause),
    }
}

fn bare(cause: &str) -> &str {
    cause.strip_prefix("wasm trap: ").unwrap_or(cause)
}

/// The same fault, and where the engine met a limit of `bounds` without saying which, how much it is.
pub(crate) fn with_limit(met: Fault, bounds: &Bounds) -> Fault {
    let said = &*met.detail;
    let is = |trap: Trap| said == bare(&trap.to_string());
    let detail = match met.kind {
        FaultKind::OutOfFuel if is(Trap::OutOfFuel) => format!("all fuel is used up, {} of it", bounds.fuel),
        FaultKind::Timeout if is(Trap::Interrupt) => format!("interrupted after {} ms", bounds.wall.as_millis()),
        FaultKind::BadAnswer if said == TOO_MUCH => {
            format!("too much data, at most {} bytes are read", bounds.answer_bytes)
        }
        FaultKind::OutOfMemory if said.ends_with(MEMORY_MINIMUM) => {
            format!("{said}, at most {} bytes are given", bounds.memory_bytes)
        }
        _ => return met,
    };
    fault(met.kind, &detail)
}

/// Fuel beyond the limit, found when the guest was done.
pub(crate) fn out_of_fuel() -> Fault {
    fault(FaultKind::OutOfFuel, bare(&Trap::OutOfFuel.to_string()))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_detail_is_kept_up_to_its_limit() {
        for (given, kept) in [
            ("x".repeat(DETAIL_BYTES_MAX), DETAIL_BYTES_MAX),
            ("x".repeat(DETAIL_BYTES_MAX + 1), DETAIL_BYTES_MAX),
            // Never within a character: this one has three bytes.
            ("村".repeat(DETAIL_BYTES_MAX), DETAIL_BYTES_MAX / 3 * 3),
        ] {
            let detail = fault(FaultKind::Trap, &given).detail;
            assert_eq!(detail.len(), kept);
            assert!(given.starts_with(&*detail));
        }
    }

    #[test]
    fn what_the_engine_says_of_a_limit_is_told_with_the_limit() {
        let bounds = Bounds { fuel: 7, wall: Duration::from_millis(40), answer_bytes: 9, ..Bounds::MAX };
        let told = |error: wasmtime::Error, during| {
            let met = with_limit(
                explain(&error, &Host::new(&Bounds { memory_bytes: 0, ..Bounds::MAX }, 0, false), during),
                &bounds,
            );
            assert_eq!(with_limit(met.clone(), &Bounds::AHEAD), met, "the limit is told once");
            (met.kind, met.detail.to_string())
        };
        for (trap, kind, detail) in [
            (Trap::OutOfFuel, FaultKind::OutOfFuel, "all fuel is used up, 7 of it"),
            (Trap::Interrupt, FaultKind::Timeout, "interrupted after 40 ms"),
            (Trap::StackOverflow, FaultKind::Trap, "call stack exhausted, it has 524288 bytes"),
            (Trap::IntegerDivisionByZero, FaultKind::Trap, "integer divide by zero"),
        ] {
            assert_eq!(told(trap.into(), During::Call), (kind, detail.to_owned()));
        }
        let too_much = wasmtime::Error::msg(TOO_MUCH);
        assert_eq!(
            told(too_much, During::Call),
            (FaultKind::BadAnswer, "too much data, at most 9 bytes are read".to_owned())
        );
        let minimum = fault(FaultKind::OutOfMemory, "memory minimum size of 3 pages exceeds memory limits");
        let bounds = Bounds { memory_bytes: 2 << 16, ..bounds };
        let said = "memory minimum size of 3 pages exceeds memory limits, at most 131072 bytes are given";
        assert_eq!(&*with_limit(with_limit(minimum, &bounds), &Bounds::AHEAD).detail, said);
    }

    #[test]
    fn what_was_refused_is_told_before_what_came_of_it() {
        let mut host = Host::new(&Bounds { memory_bytes: 1 << 16, ..Bounds::MAX }, 0, false);
        wasmtime::ResourceLimiter::memory_growing(&mut host, 0, 2 << 16, None).unwrap();
        let met = explain(&Trap::UnreachableCodeReached.into(), &host, During::Call);
        assert_eq!(met.kind, FaultKind::OutOfMemory);
        let said = "more memory is wanted than the 65536 bytes that are given; wasm `unreachable` instruction executed";
        assert_eq!(&*met.detail, said);
        let never_began = explain(&wasmtime::Error::msg("memory minimum size"), &host, During::Start);
        assert_eq!(&*never_began.detail, "more memory is wanted than the 65536 bytes that are given");
    }
}
