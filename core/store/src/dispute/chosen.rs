//! Events that depend on where disputes stand: what stands is read, and what follows of it taken, in one transaction, so
//! that nothing comes between.

use std::collections::BTreeMap;

use super::{
    CaseEvent, Dispute, Taken, Terms,
    load::{disputes_of, open_of},
    taken::take,
};
use crate::{Mediator, Store, StoreError, roster::mediators_of, sql::Lock};

/// What is looked at before it is said what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Disputes, by their ids.
    pub disputes: Vec<String>,
    /// Mediators, by theirs.
    pub mediators: Vec<String>,
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
            let scene = Scene {
                disputes: disputes_of(link, &disputes)?,
                mediators: mediators_of(link, &mediators)?,
                open: open_of(link, &mediators)?,
            };
            let events = choose(&scene);
            events.iter().try_for_each(CaseEvent::check)?;
            let taken = take(link, &events, terms)?;
            Ok((scene, taken))
        })
    }
}
