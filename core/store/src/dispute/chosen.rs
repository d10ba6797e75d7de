//! Events that depend on where disputes stand: what stands is read, and what follows of it taken, in one transaction, so
//! that nothing comes between.

use std::collections::{BTreeMap, BTreeSet};

use maple_insight::life::Stage;

use super::{
    CaseEvent, Dispute, Taken, Terms,
    load::{disputes_of, open_of},
    taken::take,
};
use crate::{
    Mediator, Store, StoreError,
    roster::mediators_of,
    sql::{Lock, Value},
};

/// What is looked at before it is said what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Disputes, by their ids.
    pub disputes: Vec<String>,
    /// Mediators, by theirs.
    pub mediators: Vec<String>,
    /// The event that would assign a dispute, by its source and id: it may have been told already.
    pub events: BTreeMap<String, (String, String)>,
}

/// What stands at the moment at which events are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// The disputes that are known.
    pub disputes: Vec<Dispute>,
    /// The mediators that are known.
    pub mediators: Vec<Mediator>,
    /// How many disputes each of the mediators has open.
    pub open: BTreeMap<String, u64>,
    /// The disputes that the event which was sought has assigned already.
    pub told: BTreeSet<String>,
}

impl Store {
    /// Looks at what stands, and takes the events that are chosen by it; what stood, and what became of each.
    pub(crate) fn take_chosen(
        &self,
        sought: &Sought,
        choose: &dyn Fn(&Scene) -> Vec<CaseEvent>,
        terms: &Terms<'_>,
    ) -> Result<(Scene, Vec<Taken>), StoreError> {
        let [disputes, mediators] =
            [&sought.disputes, &sought.mediators].map(|ids| ids.iter().map(String::as_str).collect::<Vec<_>>());
        self.pool().write("take events into", |link| {
            link.serialise(Lock::Events)?;
            let disputes = disputes_of(link, &disputes)?;
            let mut told = BTreeSet::new();
            for dispute in disputes.iter().filter(|dispute| dispute.stage == Some(Stage::Assigned)) {
                let Some((source, id)) = sought.events.get(&dispute.id) else { continue };
                let one = "SELECT 1 FROM event WHERE source = $1 AND id = $2";
                if link.first(one, &[Value::Text(source), Value::Text(id)])?.is_some() {
                    told.insert(dispute.id.clone());
                }
            }
            let scene =
                Scene { told, disputes, mediators: mediators_of(link, &mediators)?, open: open_of(link, &mediators)? };
            let events = choose(&scene);
            events.iter().try_for_each(CaseEvent::check)?;
            let taken = take(link, &events, terms)?;
            Ok((scene, taken))
        })
    }
}
