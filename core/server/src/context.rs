//! What is counted for a case over what happened before, for policies to read.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use maple_insight::{
    figures::{Measure, Month},
    usual,
};
use maple_kernel::{Aggregate, Day, FactKey, Facts, Group, Question, Ruleset, Tally, Value, Window};
use maple_seal::ReferenceKey;
use maple_store::{Common, Counting, Mediator, Store, StoreError};
use maple_wire::About;

use crate::{app::App, clock, events};

/// Mediators of one station that are looked at.
const MEDIATORS_COUNT_MAX: u32 = 10_000;

/// What a dispute is about, as it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refers {
    pub(crate) organisation: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) station: Option<String>,
}

impl Refers {
    /// As a caller refers to it.
    pub(crate) fn told(about: &About, key: &ReferenceKey) -> Self {
        let hash = |sort: &str, given: &Option<String>| given.as_ref().map(|given| key.hash(sort, given));
        Self {
            organisation: hash("organisation", &about.organisation),
            place: hash("place", &about.place),
            project: hash("project", &about.project),
            station: about.station.clone(),
        }
    }
}

/// As of when is counted, and what.
#[derive(Clone, Copy)]
pub(crate) struct AsOf {
    /// Up to this moment.
    pub(crate) at: Timestamp,
    /// By the clock of the service.
    pub(crate) offset: Offset,
    /// Only what rests on how disputes came: who has how much to do and who went to court is left out.
    pub(crate) came_only: bool,
    /// True where the moment is of today: what a station has to do is known of now alone.
    pub(crate) live: bool,
}

/// What is to be counted for a fact.
enum Sum {
    /// Disputes, and so many more for the dispute itself.
    Disputes(Box<Counting>, i64),
    /// The line of a kind in a place.
    Line { kind: String, place: String, month: Month, months: u32, deviations: u32 },
    /// What a station has to do.
    Station(String, Tally),
}

/// The counts of a ruleset for a question, and the facts that they become.
pub(crate) struct Counts {
    sums: Vec<(FactKey, Sum)>,
    as_of: AsOf,
}

impl Counts {
    /// What is to be counted up to a moment. What the dispute is not about is not counted, and so is not known.
    pub(crate) fn of(ruleset: &Ruleset, question: &Question, refers: &Refers, as_of: AsOf) -> Self {
        let mut sums = Vec::new();
        let case = &question.case;
        for Aggregate { key, group, of, kinds } in &ruleset.vocabulary().aggregates {
            let common = match group {
                Group::Organisation => refers.organisation.clone().map(Common::Organisation),
                Group::Place => refers.place.clone().map(Common::Place),
                Group::Project => refers.project.clone().map(Common::Project),
                Group::Station => refers.station.clone().map(Common::Station),
                Group::Kind => Some(Common::Kind(case.kind.to_string(), case.locality.to_string())),
                // Who asks about a dispute knows how it went.
                Group::Case => None,
            };
            let Some(common) = common else { continue };
            let named: Vec<String> = kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
            let fits = kinds.is_empty() || kinds.iter().any(|kind| kind.covers(case.kind.as_str()));
            let station = if *group == Group::Station { refers.station.clone() } else { None };
            let disputes = |after: Timestamp, open: bool, suits: bool| {
                let but = case.id.as_deref().filter(|_| !suits).map(str::to_owned);
                // What a station has is counted without what it may be given, and suits are counted when they are.
                let itself = i64::from(fits && !suits && *group != Group::Station);
                Sum::Disputes(
                    Box::new(Counting { common, after, to: as_of.at, suits, kinds: named, open, but }),
                    itself,
                )
            };
            let sum = match *of {
                // Which station has a dispute is known of now alone.
                Tally::Cases { .. } if *group == Group::Station && !as_of.live => continue,
                Tally::Cases { window, open } => disputes(as_of.since(window), open, false),
                Tally::Suits { days } if !as_of.came_only => disputes(as_of.since(Window::Days(days)), false, true),
                Tally::Line { months, deviations } => Sum::Line {
                    kind: case.kind.to_string(),
                    place: case.locality.to_string(),
                    month: as_of.month(),
                    months,
                    deviations,
                },
                Tally::Desk | Tally::Capacity | Tally::Overloaded | Tally::Waiting { .. }
                    if as_of.live && !as_of.came_only =>
                {
                    let Some(station) = station else { continue };
                    Sum::Station(station, *of)
                }
                _ => continue,
            };
            sums.push((key.clone(), sum));
        }
        Self { sums, as_of }
    }

    /// True when nothing is to be counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Counts.
    pub(crate) fn count(&self, store: &Store) -> Result<Facts, StoreError> {
        let disputes = self.sums.iter().filter_map(|(_, sum)| match sum {
            Sum::Disputes(counting, _) => Some((**counting).clone()),
            Sum::Line { .. } | Sum::Station(..) => None,
        });
        let mut counted = store.count_disputes(&disputes.collect::<Vec<_>>())?.into_iter();
        let mut facts = Vec::with_capacity(self.sums.len());
        for (key, sum) in &self.sums {
            let number = match sum {
                Sum::Disputes(_, itself) => counted.next().map(|others| others + itself),
                Sum::Line { kind, place, month, months, deviations } => {
                    line(store, kind, place, *month, (*months, *deviations))?
                }
                Sum::Station(station, tally) => at_station(store, station, *tally, self.as_of)?,
            };
            facts.extend(number.map(|number| (key.clone(), whole(number))));
        }
        Ok(Facts::new(facts))
    }
}

impl AsOf {
    fn day(self) -> Date {
        self.offset.to_datetime(self.at).date()
    }

    fn month(self) -> Month {
        Month::of(self.day())
    }

    /// The last moment at which a dispute may come for which one that comes at this moment counts.
    pub(crate) fn until(self, window: Window) -> Timestamp {
        match window {
            Window::Days(days) => {
                let on = SignedDuration::from_hours(24 * i64::from(days));
                self.at.checked_add(on).unwrap_or(Timestamp::MAX)
            }
            Window::Month => {
                let next = self.day().last_of_month().tomorrow().ok();
                let end = next.and_then(|next| self.offset.to_timestamp(next.at(0, 0, 0, 0)).ok());
                let last = end.and_then(|end| end.checked_sub(SignedDuration::from_micros(1)).ok());
                last.unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// The moment after which a window counts.
    pub(crate) fn since(self, window: Window) -> Timestamp {
        match window {
            Window::Days(days) => {
                let back = SignedDuration::from_hours(24 * i64::from(days));
                self.at.checked_sub(back).unwrap_or(Timestamp::MIN)
            }
            Window::Month => {
                let first = self.offset.to_timestamp(self.day().first_of_month().at(0, 0, 0, 0));
                // What comes at midnight of the first belongs to the month.
                let before = first.ok().and_then(|first| first.checked_sub(SignedDuration::from_micros(1)).ok());
                before.unwrap_or(Timestamp::MIN)
            }
        }
    }
}

/// A count as a fact.
pub(crate) fn whole(number: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 disputes")]
    Value::Number(number as f64)
}

/// The line of a kind in a place for a month; nothing where less than all of the months before is known.
fn line(
    store: &Store,
    kind: &str,
    place: &str,
    month: Month,
    (months, deviations): (u32, u32),
) -> Result<Option<i64>, StoreError> {
    let back = i32::try_from(months).unwrap_or(i32::MAX);
    let from = month.plus(back.saturating_neg());
    // The first month of which anything is known may not be known whole.
    if store.first_month(place)?.is_none_or(|first| first >= from) {
        return Ok(None);
    }
    let mut counts = vec![0; usize::try_from(months).unwrap_or_default()];
    for tally in store.tallies(&[place], Some(kind), (from, month.plus(-1)))? {
        let at = usize::try_from(tally.month.number().saturating_sub(from.number())).unwrap_or(usize::MAX);
        if let Some(count) = counts.get_mut(at).filter(|_| tally.measure == Measure::Registered) {
            *count += tally.count;
        }
    }
    Ok(usual::line(&counts, deviations))
}

/// What a station has to do, and can do, now. What it can do is known where its mediators are.
fn at_station(store: &Store, station: &str, tally: Tally, as_of: AsOf) -> Result<Option<i64>, StoreError> {
    let many = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let mediators = || store.mediators_at(&[station], MEDIATORS_COUNT_MAX);
    Ok(match tally {
        Tally::Desk => Some(many(store.station_load(station)?.open)),
        Tally::Capacity => {
            let (mediators, today) = (mediators()?, as_of.day());
            let away = |who: &Mediator| who.leave.iter().any(|(first, last)| (*first..=*last).contains(&today));
            let there = mediators.iter().filter(|who| !away(who));
            (!mediators.is_empty()).then(|| there.map(|who| i64::from(who.capacity)).sum())
        }
        Tally::Overloaded => {
            let (mediators, load) = (mediators()?, store.station_load(station)?);
            let open = |who: &Mediator| load.by_mediator.get(&who.id).copied().unwrap_or_default();
            let over = mediators.iter().filter(|who| open(who) > u64::from(who.capacity));
            (!mediators.is_empty()).then(|| i64::try_from(over.count()).unwrap_or(i64::MAX))
        }
        Tally::Waiting { days } => Some(many(store.unanswered(station, as_of.since(Window::Days(days)))?)),
        _ => None,
    })
}

/// The moment up to which is counted for a day: now for today, else the day's end, never what lies ahead.
pub(crate) fn moment(app: &App, day: Day) -> Timestamp {
    let now = clock::timestamp(app.clock());
    if day == app.today() {
        return now;
    }
    let end = day.to_string().parse::<Date>().ok().and_then(|day| day.tomorrow().ok());
    let end = end.and_then(|day| events::offset(app).to_timestamp(day.at(0, 0, 0, 0)).ok());
    end.map_or(now, |end| end.min(now))
}

/// What a caller refers to, where this service can know it again.
pub(crate) fn refers(app: &App, about: &About) -> Option<Refers> {
    let key: &Arc<ReferenceKey> = app.config.reference_key.as_ref()?;
    Some(Refers::told(about, key))
}
