//! One dispute while events are added to it, and the counts that change with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use maple_insight::{
    figures::{COUNTS_VERSION, Course, Measure, Month, Passed, Tally, contributions, course},
    life::{Admission, EventType, Happening, History, Life, LifeEvent, Stage, Standing},
};

use super::{
    About, CaseEvent, Desk, Dispute, EventRecord, Taken, Terms,
    course::WayCounts,
    look::sued_before,
    rows::{DISPUTE, EVENT, move_event, put_dispute, put_events, read_dispute, read_event},
};
use crate::{
    EVENTS_CALLS_COUNT_MAX, EVENTS_COUNT_MAX, EVENTS_STEPS_COUNT_MAX,
    pool::Done,
    sql::{Link, Value},
};

/// Kinds of all disputes together, in the table of counts.
pub(super) const ALL_KINDS: &str = "";

/// One dispute while events are added to it.
pub(super) struct Open {
    dispute: Dispute,
    pub(super) events: Vec<EventRecord>,
    /// How many of them stood in the database.
    pub(super) kept: usize,
    before: Tally,
    /// What it added to the ways so far; nothing where that was never counted.
    walked: Option<(Month, Course)>,
    /// Events whose standing changed.
    moved: BTreeSet<usize>,
    /// When it was known to have gone to court first.
    filed: Option<Timestamp>,
}

/// Events of a dispute that may be known before one of this type is not taken any more: some room is kept for steps, and
/// some for the ways out alone.
const fn room(kind: EventType) -> usize {
    match kind {
        EventType::Called | EventType::Offered => EVENTS_CALLS_COUNT_MAX,
        EventType::FiledInCourt | EventType::ArbitrationStarted | EventType::Referred | EventType::Closed => {
            EVENTS_COUNT_MAX
        }
        _ => EVENTS_STEPS_COUNT_MAX,
    }
}

impl Open {
    pub(super) fn load(link: &mut dyn Link, id: &str, terms: &Terms<'_>) -> Done<Self> {
        let one = format!("SELECT counted, {DISPUTE} FROM dispute WHERE id = $1");
        let (counted, dispute) = match link.first(&one, &[Value::Text(id)])? {
            Some(mut row) => (row.int()?, read_dispute(row)?),
            None => {
                let new = Dispute {
                    id: id.to_owned(),
                    about: None,
                    desk: Desk::default(),
                    stage: None,
                    since: None,
                    registered: None,
                    closed: None,
                };
                (COUNTS_VERSION, new)
            }
        };
        let all = format!("SELECT {EVENT} FROM event WHERE dispute = $1 ORDER BY received, source, id");
        let events: Vec<EventRecord> =
            link.query(&all, &[Value::Text(id)])?.into_iter().map(read_event).collect::<Result<_, _>>()?;
        let (kept, before, moved) = (events.len(), Tally::new(), BTreeSet::new());
        let mut open = Self { dispute, kept, events, before, walked: None, moved, filed: None };
        let life = open.history(terms).life();
        (open.before, open.filed) = (contributions(&life, terms.offset), life.court);
        // What an earlier version counted of it: before the ways were counted it was the first.
        open.before.retain(|(_, measure, _), _| measure.since() <= counted.max(1));
        open.walked = if counted > 0 { open.way(terms) } else { None };
        Ok(open)
    }

    fn history(&self, terms: &Terms<'_>) -> History {
        let events = self.events.iter().map(|record| {
            let event = LifeEvent { at: record.event.at, what: record.event.what.clone() };
            (event, record.standing)
        });
        let voluntary = self.dispute.about.as_ref().is_none_or(|about| (terms.voluntary)(&about.locality));
        History::new(events.collect(), voluntary)
    }

    /// The events that count, in the order of their times.
    fn applied(&self) -> Vec<&CaseEvent> {
        let counting = self.events.iter().filter(|record| record.standing == Standing::Applied);
        let mut applied: Vec<&CaseEvent> = counting.map(|record| &record.event).collect();
        applied.sort_by_key(|event| (event.at, event.what.kind()));
        applied
    }

    /// How far it came.
    fn way(&self, terms: &Terms<'_>) -> Option<(Month, Course)> {
        let applied = self.applied().into_iter();
        let passed: Vec<Passed<'_>> = applied
            .map(|event| Passed { at: event.at, what: &event.what, channel: event.desk.channel.as_deref() })
            .collect();
        course(&passed, terms.offset)
    }

    pub(super) fn take(&mut self, event: &CaseEvent, terms: &Terms<'_>) -> Taken {
        let room = room(event.what.kind());
        if self.events.len() >= room {
            return Taken::Full(room);
        }
        if self.dispute.about.is_none() {
            // Where it lies decides whether a refusal ends mediation.
            self.dispute.about.clone_from(&event.about);
        }
        let known = self.dispute.about.is_some();
        let new = LifeEvent { at: event.at, what: event.what.clone() };
        let keep = |open: &mut Self, standing| {
            open.events.push(EventRecord { event: event.clone(), received: terms.received, standing });
        };
        match self.history(terms).admit(&new) {
            Admission::Taken { standings, stage } => {
                keep(self, Standing::Waiting);
                for (at, (record, now)) in self.events.iter_mut().zip(&standings).enumerate() {
                    if record.standing != *now {
                        record.standing = *now;
                        self.moved.insert(at);
                    }
                }
                debug_assert!(known || stage.is_none());
                self.dispute.stage = stage;
                match standings.last() {
                    Some(Standing::Applied) => Taken::Applied(stage),
                    _ => {
                        let allowed = stage.map_or_else(|| vec![EventType::Registered], Stage::allowed);
                        Taken::Waiting(stage, allowed)
                    }
                }
            }
            Admission::Impossible { stage, allowed, breach } => {
                if breach {
                    keep(self, Standing::Breach);
                }
                Taken::Impossible(stage, allowed, breach)
            }
            Admission::Contradicted { later, at } => Taken::Contradicted(later, at),
        }
    }

    /// Adds to the counts what the figures of this dispute changed by.
    pub(super) fn count(&self, life: &Life, terms: &Terms<'_>, counts: &mut Counts) {
        let after = contributions(life, terms.offset);
        if let Some(about) = self.dispute.about.as_ref().filter(|_| life.registered.is_some()) {
            let keys: BTreeSet<_> = self.before.keys().chain(after.keys()).copied().collect();
            for key in keys {
                let count = |tally: &Tally| tally.get(&key).copied().unwrap_or_default();
                let more = count(&after) - count(&self.before);
                if more != 0 {
                    counts.add(about, key, more);
                }
            }
            counts.ways.add(about, self.walked.as_ref(), -1);
            counts.ways.add(about, self.way(terms).as_ref(), 1);
        }
    }

    /// Counts what an earlier version did not count of it. Nothing else changes: policies have nothing new to look at.
    pub(super) fn recount(&self, link: &mut dyn Link, terms: &Terms<'_>, counts: &mut Counts) -> Done<()> {
        self.count(&self.history(terms).life(), terms, counts);
        let done = "UPDATE dispute SET counted = $1 WHERE id = $2";
        link.execute(done, &[Value::Int(COUNTS_VERSION), Value::Text(&self.dispute.id)])?;
        Ok(())
    }

    /// Writes what changed, and adds to the counts what the figures of this dispute changed by.
    pub(super) fn save(&mut self, link: &mut dyn Link, terms: &Terms<'_>, counts: &mut Counts) -> Done<()> {
        let life = self.history(terms).life();
        self.count(&life, terms, counts);
        let mut desk = self.dispute.desk.clone();
        for event in self.applied() {
            let Desk { station, mediator, channel, committee } = &event.desk;
            let anew = event.what == Happening::Assigned || *station != desk.station;
            if station.is_some() && anew {
                // Another station, another mediator; who begins at the station has it still.
                (desk.station, desk.mediator, desk.committee) = (station.clone(), mediator.clone(), *committee);
            } else if mediator.is_some() {
                desk.mediator.clone_from(mediator);
            }
            if channel.is_some() {
                desk.channel.clone_from(channel);
            }
            desk.committee = committee.or(desk.committee);
        }
        self.dispute.desk = desk;
        (self.dispute.stage, self.dispute.since) = (life.stage, life.since);
        self.dispute.registered = life.registered;
        self.dispute.closed = life.closed.map(|closed| closed.at);
        put_dispute(link, &self.dispute, &life)?;
        let organisation = self.dispute.about.as_ref().and_then(|about| about.organisation.as_deref());
        if let (Some(filed), Some(organisation)) = (life.court.filter(|at| self.filed != Some(*at)), organisation) {
            sued_before(link, organisation, filed)?;
        }
        put_events(link, self.events.get(self.kept..).unwrap_or_default())?;
        for at in self.moved.iter().filter(|at| **at < self.kept) {
            if let Some(EventRecord { event, standing, .. }) = self.events.get(*at) {
                move_event(link, event, *standing)?;
            }
        }
        Ok(())
    }
}

/// Counts to be added, of each level of the tree, of each kind and of all kinds.
#[derive(Default)]
pub(super) struct Counts {
    tally: BTreeMap<(String, String, Month, Measure, u8), i64>,
    ways: WayCounts,
}

impl Counts {
    fn add(&mut self, about: &About, (month, measure, bucket): (Month, Measure, u8), more: i64) {
        for place in levels(&about.locality) {
            for kind in [ALL_KINDS, &about.kind] {
                *self.tally.entry((place.to_owned(), kind.to_owned(), month, measure, bucket)).or_default() += more;
            }
        }
    }

    pub(super) fn save(&self, link: &mut dyn Link) -> Done<()> {
        let add = "INSERT INTO tally (locality, kind, month, measure, bucket, count) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (locality, kind, month, measure, bucket) DO UPDATE SET count = tally.count + $6";
        for ((place, kind, month, measure, bucket), more) in self.tally.iter().filter(|(_, more)| **more != 0) {
            let values = [
                Value::Text(place),
                Value::Text(kind),
                Value::Int(month.number().into()),
                Value::Text(measure.as_str()),
                Value::Int((*bucket).into()),
                Value::Int(*more),
            ];
            link.execute(add, &values)?;
        }
        self.ways.save(link)
    }
}

/// A place and all above it, from the root on.
pub(super) fn levels(locality: &str) -> impl Iterator<Item = &str> {
    let ends = locality.match_indices('/').map(|(at, _)| at).chain([locality.len()]);
    ends.map(|end| locality.get(..end).unwrap_or_default())
}
