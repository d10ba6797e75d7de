//! What is counted for a case over what happened before, for policies to read.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date};
use maple_kernel::{Aggregate, Day, FactKey, Facts, Group, Question, Ruleset, Value};
use maple_seal::ReferenceKey;
use maple_store::{Common, Counting, Store, StoreError};
use maple_wire::About;

use crate::{app::App, clock, events};

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

/// The counts of a ruleset for a question, and the facts that they become.
pub(crate) struct Counts {
    keys: Vec<FactKey>,
    countings: Vec<Counting>,
    /// Whether the dispute itself is one of those that are counted.
    itself: Vec<i64>,
}

impl Counts {
    /// What is to be counted up to a moment. What the dispute is not about is not counted, and so is not known.
    pub(crate) fn of(ruleset: &Ruleset, question: &Question, refers: &Refers, at: Timestamp) -> Self {
        let mut counts = Self { keys: Vec::new(), countings: Vec::new(), itself: Vec::new() };
        let case = &question.case;
        for Aggregate { key, group, window_days, kinds, open } in &ruleset.vocabulary().aggregates {
            let common = match group {
                Group::Organisation => refers.organisation.clone().map(Common::Organisation),
                Group::Place => refers.place.clone().map(Common::Place),
                Group::Project => refers.project.clone().map(Common::Project),
                Group::Station => refers.station.clone().map(Common::Station),
                Group::Kind => Some(Common::Kind(case.kind.to_string(), case.locality.to_string())),
            };
            let Some(common) = common else { continue };
            let window = SignedDuration::from_hours(24 * i64::from(*window_days));
            let counting = Counting {
                common,
                after: at.checked_sub(window).unwrap_or(Timestamp::MIN),
                to: at,
                kinds: kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
                open: *open,
                but: case.id.as_deref().map(str::to_owned),
            };
            let fits = kinds.is_empty() || kinds.iter().any(|kind| kind.covers(case.kind.as_str()));
            counts.keys.push(key.clone());
            counts.countings.push(counting);
            // What a station has is counted without what it may be given.
            counts.itself.push(i64::from(fits && *group != Group::Station));
        }
        counts
    }

    /// True when nothing is to be counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Counts.
    pub(crate) fn count(&self, store: &Store) -> Result<Facts, StoreError> {
        let counted = store.count_disputes(&self.countings)?;
        let numbers = counted.iter().zip(&self.itself).map(|(others, itself)| others + itself);
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 disputes")]
        let facts = self.keys.iter().zip(numbers).map(|(key, number)| (key.clone(), Value::Number(number as f64)));
        Ok(Facts::new(facts.collect()))
    }
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
