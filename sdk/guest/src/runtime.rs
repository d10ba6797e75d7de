//! What [`export!`](crate::export) is made of. Authors need nothing from here.

use crate::{Calendar, CaseFile, Complaint, Descriptor, Finding, Policy, Refusal, Settings, Setup};

#[cfg(target_arch = "wasm32")]
mod bump;
#[cfg(target_arch = "wasm32")]
pub use bump::{Bump, settle};

/// Reads the settings into a policy.
///
/// # Errors
///
/// Every complaint about the settings.
pub fn configure<P: Policy>(setup: Setup) -> Result<P, Vec<Complaint>> {
    let settings = Settings::new(setup.settings);
    let policy = P::configure(&settings.root(), &in_order(setup.calendar));
    settings.finish().map(|()| policy)
}

fn in_order(mut calendar: Calendar) -> Calendar {
    calendar.days_off.sort_unstable();
    calendar.days_on.sort_unstable();
    calendar
}

/// What the plugin says of itself, before it is configured and after.
#[must_use]
pub fn describe<P: Policy>(id: &str, version: &str, policy: Option<&P>) -> Descriptor {
    Descriptor {
        id: id.into(),
        version: version.into(),
        summary: P::summary(),
        reads: policy.map(P::reads).unwrap_or_default(),
        rules: policy.map(P::rules).unwrap_or_default(),
        reasons: policy.map(P::reasons).unwrap_or_default(),
    }
}

/// Answers one case.
///
/// # Errors
///
/// The policy's own refusal, or that it was never configured.
pub fn assess<P: Policy>(policy: Option<&P>, file: &CaseFile) -> Result<Vec<Finding>, Refusal> {
    policy.ok_or_else(|| Refusal::new("not_configured", "asked before it was configured"))?.assess(file)
}

/// Makes a panic tell the diary what and where before the sandbox ends it.
#[cfg(target_arch = "wasm32")]
pub fn report_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let message = info.payload_as_str().unwrap_or("no message");
            let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
            crate::diary(&format!("panic: {message}{place}"));
        }));
    });
}
