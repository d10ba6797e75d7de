//! Names that only the host itself speaks by: an event from outside that bears one would be taken for its own.

use maple_wire::{Flaw, FlawCode, Problem, ProblemKind};

use super::One;
use crate::http::PLAN_SOURCE;

/// Sources of the host's own events.
const RESERVED: [&str; 1] = [PLAN_SOURCE];

/// Refuses events that were sent by a name of the host's.
pub(super) fn refuse(all: &mut [One]) {
    for one in all {
        let source = match &*one {
            One::Whole(message) => &message.source,
            One::Notice(message) => &message.source,
            One::Handled(message) => &message.source,
            One::Refused(_) => continue,
        };
        if let Some(own) = RESERVED.into_iter().find(|own| own == source) {
            *one = One::Refused(Box::new(refused(own)));
        }
    }
}

fn refused(own: &str) -> Problem {
    let flaw = Flaw::new(
        "/source".to_owned(),
        FlawCode::Forbidden,
        format!(
            "the source `{own}` is the service's own, for plans that were accepted; send the event by your own name"
        ),
        format!("来源{own}为本服务自用（已批准的方案）；请使用自己的来源名称"),
    );
    Problem::with_errors(ProblemKind::InvalidRequest, vec![flaw], 1)
}
