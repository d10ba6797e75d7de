//! What happens to disputes, taken in: references hashed, months counted where the service is.

use std::sync::Arc;

use jiff::tz::Offset;
use maple_kernel::Participation;
use maple_seal::ReferenceKey;
use maple_store::{About, CaseEvent, Desk, Docket, DocketConfig, StoreError};
use maple_wire::EventMessage;

use crate::{app::App, clock};

/// Starts what takes events for a service.
pub(crate) fn start(app: &Arc<App>) -> Option<Result<Docket, StoreError>> {
    let store = Arc::clone(&app.control.as_ref()?.store);
    app.config.reference_key.as_ref()?;
    let (now, places) = (Arc::downgrade(app), Arc::downgrade(app));
    let config = DocketConfig {
        now: Box::new(move || now.upgrade().map_or(jiff::Timestamp::UNIX_EPOCH, |app| clock::timestamp(app.clock()))),
        offset: offset(app),
        voluntary: Box::new(move |place| {
            let ruleset = places.upgrade().map(|app| Arc::clone(app.serving().ruleset()));
            // A place that is not known any more is one where nobody is told to attend.
            let way = ruleset.as_ref().and_then(|ruleset| ruleset.locality(place)).map(|(_, at)| at.participation);
            way.is_none_or(|way| way == Participation::Voluntary)
        }),
    };
    Some(Docket::start(store, config))
}

/// The clock of the service, by whose months figures are counted.
pub(crate) fn offset(app: &App) -> Offset {
    Offset::from_seconds(app.config.utc_offset_minutes.saturating_mul(60)).unwrap_or(Offset::UTC)
}

/// An event as it is kept.
pub(crate) fn kept(message: EventMessage, key: &ReferenceKey) -> CaseEvent {
    let EventMessage { id, source, dispute, at, what, registration, station, mediator, channel, committee } = message;
    let about = registration.map(|told| About {
        organisation: told.organisation.map(|reference| key.hash("organisation", &reference)),
        place: told.place.map(|reference| key.hash("place", &reference)),
        project: told.project.map(|reference| key.hash("project", &reference)),
        locality: told.locality,
        kind: told.kind,
        origin: told.origin,
        decision: told.decision,
        facts: (!told.facts.is_empty()).then(|| serde_json::json!(told.facts).to_string()),
    });
    CaseEvent { source, id, dispute, at, what, about, desk: Desk { station, mediator, channel, committee } }
}

/// An event as it is shown: references stay hashed.
pub(crate) fn shown(event: &CaseEvent) -> EventMessage {
    let CaseEvent { source, id, dispute, at, what, about, desk } = event.clone();
    let registration = about.map(|about| maple_wire::Registration {
        locality: about.locality,
        kind: about.kind,
        origin: about.origin,
        organisation: about.organisation,
        place: about.place,
        project: about.project,
        decision: about.decision,
        facts: about.facts.and_then(|facts| serde_json::from_str(&facts).ok()).unwrap_or_default(),
    });
    let Desk { station, mediator, channel, committee } = desk;
    EventMessage { id, source, dispute, at, what, registration, station, mediator, channel, committee }
}
