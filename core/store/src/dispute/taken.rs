//! Events taken in.

use std::collections::BTreeMap;

use super::{
    CaseEvent, Taken, Terms,
    open::{Counts, Open},
    rows::standing,
};
use crate::{
    EVENTS_COUNT_MAX, Store, StoreError,
    pool::Done,
    sql::{Link, Lock},
};

impl Store {
    /// Takes events, all in one transaction; what becomes of each. They are taken in the order of their own times, whatever
    /// the order in which they stand here.
    pub(crate) fn take_events(&self, events: &[CaseEvent], terms: &Terms<'_>) -> Result<Vec<Taken>, StoreError> {
        events.iter().try_for_each(CaseEvent::check)?;
        self.pool().write("take events into", |link| {
            link.serialise(Lock::Events)?;
            take(link, events, terms)
        })
    }
}

/// INVARIANT: each event has passed its check, and no other transaction takes any.
pub(super) fn take(link: &mut dyn Link, events: &[CaseEvent], terms: &Terms<'_>) -> Done<Vec<Taken>> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|at| events.get(*at).map(|event| (event.at, event.what.kind())));
    let mut taken: Vec<Option<Taken>> = vec![None; events.len()];
    let mut open: BTreeMap<&str, Open> = BTreeMap::new();
    let mut fresh: BTreeMap<(&str, &str), &CaseEvent> = BTreeMap::new();
    for at in &order {
        let (Some(event), Some(place)) = (events.get(*at), taken.get_mut(*at)) else { continue };
        let known = match fresh.get(&(event.source.as_str(), event.id.as_str())) {
            Some(known) => Some((*known).clone()),
            None => standing(link, event)?,
        };
        if let Some(known) = known {
            *place = Some(if known == *event { Taken::Duplicate } else { Taken::Conflict });
            continue;
        }
        if !open.contains_key(event.dispute.as_str()) {
            open.insert(&event.dispute, Open::load(link, &event.dispute, terms)?);
        }
        let Some(dispute) = open.get_mut(event.dispute.as_str()) else { continue };
        let became = dispute.take(event, terms);
        let kept = matches!(became, Taken::Applied(_) | Taken::Waiting(..) | Taken::Impossible(_, _, true));
        if kept {
            fresh.insert((&event.source, &event.id), event);
        }
        *place = Some(became);
    }
    let mut counts = Counts::default();
    for dispute in open.values_mut().filter(|open| open.events.len() > open.kept) {
        dispute.save(link, terms, &mut counts)?;
    }
    counts.save(link)?;
    Ok(taken.into_iter().map(|taken| taken.unwrap_or(Taken::Full(EVENTS_COUNT_MAX))).collect())
}
