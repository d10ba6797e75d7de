//! The question for a plan, gathered from what is kept: which cases wait, what they need, who there is, how much each has
//! open.

pub(crate) mod needs;

use std::collections::{BTreeMap, BTreeSet};

use maple_insight::{
    life::Stage,
    plan::{
        CASES_COUNT_MAX, Demand, Leave, Mediator as Person, OPEN_CASES_MAX, Options, PEOPLE_COUNT_MAX, Roster,
        STATIONS_COUNT_MAX, Station as Place, Waiting,
    },
};
use maple_kernel::{Day, Pattern};
use maple_seal::ReferenceKey;
use maple_store::{Dispute, LeaveDays, Mediator, Station, Store, StoreError, WAITING_STAGES};
use maple_wire::{Need, PlanMessage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a case is hashed as in a conflict of interest.
pub(crate) const CASE: &str = "case";
/// What an organisation is hashed as.
pub(crate) const ORGANISATION: &str = "organisation";
/// Weight of every case: a day late is a day late.
const WEIGHT: u8 = 1;

/// What is kept of a place.
pub(crate) struct Kept {
    /// Its waiting cases, or those that were asked about.
    pub(crate) cases: Vec<Dispute>,
    /// Its stations, those below and those above: these serve it, too.
    pub(crate) stations: Vec<Station>,
    pub(crate) people: Vec<Mediator>,
    /// Open cases by mediator.
    pub(crate) open: BTreeMap<String, u64>,
}

/// What a plan rests on, kept with it: when it is accepted the world must still be so.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct World {
    /// Where each case stood, and since when, in microseconds.
    pub(crate) cases: BTreeMap<String, (String, i64)>,
    /// When each row of the roster was changed, in microseconds, and how much the person had open beside these cases.
    pub(crate) people: BTreeMap<String, (i64, u64)>,
    /// Who had a case already.
    pub(crate) present: BTreeMap<String, String>,
}

/// Reads what is kept of a place; one more than a plan takes, so that too many are seen.
pub(crate) fn kept(store: &Store, message: &PlanMessage, above: &[String]) -> Result<Kept, StoreError> {
    let cases = match &message.cases {
        Some(ids) => {
            let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
            store.disputes_of(&ids.into_iter().collect::<Vec<_>>())?
        }
        None => store.waiting(&message.locality, beyond(CASES_COUNT_MAX))?,
    };
    let mut stations = store.stations(Some(&message.locality), "", beyond(STATIONS_COUNT_MAX))?;
    let above: Vec<&str> = above.iter().map(String::as_str).collect();
    stations.extend(store.stations_at(&above, beyond(STATIONS_COUNT_MAX))?);
    let at: Vec<&str> = stations.iter().map(|station| station.id.as_str()).collect();
    let people = store.mediators_at(&at, beyond(PEOPLE_COUNT_MAX))?;
    Ok(Kept { people, open: store.open_by_mediator()?, cases, stations })
}

fn beyond(max: usize) -> u32 {
    u32::try_from(max + 1).unwrap_or(u32::MAX)
}

/// True where a case waits for a mediator.
pub(crate) fn waits(dispute: &Dispute) -> bool {
    dispute.stage.is_some_and(|stage| WAITING_STAGES.contains(&stage))
}

/// Who has a case that nobody has taken up yet.
pub(crate) fn present(dispute: &Dispute) -> Option<&String> {
    dispute.desk.mediator.as_ref().filter(|_| dispute.stage == Some(Stage::Assigned))
}

/// Open cases by mediator, without those of some that are given to the mediator and not taken up.
pub(crate) fn beside<'o>(open: &'o BTreeMap<String, u64>, cases: &[Dispute]) -> BTreeMap<&'o str, u64> {
    let mut beside: BTreeMap<&str, u64> = open.iter().map(|(who, count)| (who.as_str(), *count)).collect();
    for who in cases.iter().filter_map(present) {
        if let Some(count) = beside.get_mut(who.as_str()) {
            *count = count.saturating_sub(1);
        }
    }
    beside
}

/// The question for a plan, and what it rests on.
pub(crate) struct Asked {
    pub(crate) demand: Demand,
    pub(crate) roster: Roster,
    pub(crate) options: Options,
    pub(crate) world: World,
}

/// Makes the question.
///
/// INVARIANT: every case waits and has a locality.
pub(crate) fn asked(
    kept: &Kept,
    message: &PlanMessage,
    mut needs: BTreeMap<String, Need>,
    today: Day,
    key: &ReferenceKey,
) -> Asked {
    let Kept { cases, stations, people, open } = kept;
    let mut of = |case: &Dispute| needs.remove(&case.id).unwrap_or_default();
    let demand: Vec<_> = cases.iter().map(|case| (case, of(case))).collect();
    let demand =
        Demand { cases: demand.into_iter().filter_map(|(case, need)| waiting(case, need, today, key)).collect() };
    // Who did not take a case is not given it again.
    let mut declined: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.stage == Some(Stage::Declined)) {
        if let Some(mediator) = &case.desk.mediator {
            declined.entry(mediator).or_default().insert(key.hash(CASE, &case.id));
        }
    }
    let beside = beside(open, cases);
    let beside = |who: &Mediator| beside.get(who.id.as_str()).copied().unwrap_or_default();
    let person = |who: &Mediator| person(who, beside(who), declined.get(who.id.as_str()));
    let places = stations.iter().map(|at| Place { id: at.id.clone(), locality: at.locality.as_str().into() });
    let roster = Roster { stations: places.collect(), people: people.iter().map(person).collect() };
    let stood = |case: &Dispute| {
        let since = case.since.map(|since| since.as_microsecond()).unwrap_or_default();
        Some((case.id.clone(), (case.stage?.as_str().to_owned(), since)))
    };
    let world = World {
        cases: cases.iter().filter_map(stood).collect(),
        people: people.iter().map(|who| (who.id.clone(), (who.changed.as_microsecond(), beside(who)))).collect(),
        present: cases.iter().filter_map(|case| Some((case.id.clone(), present(case)?.clone()))).collect(),
    };
    let options = Options { today, horizon_days: message.horizon_days, overload_max: message.overload_max };
    Asked { demand, roster, options, world }
}

fn waiting(case: &Dispute, need: Need, today: Day, key: &ReferenceKey) -> Option<Waiting> {
    let about = case.about.as_ref()?;
    let parties = about.organisation.iter().cloned().chain([key.hash(CASE, &case.id)]);
    Some(Waiting {
        id: case.id.clone(),
        locality: about.locality.as_str().into(),
        kind: about.kind.as_str().into(),
        languages: need.languages.into_iter().flatten().map(Into::into).collect(),
        skills: need.skills.into_iter().flatten().map(Into::into).collect(),
        earliest: today,
        due: need.due,
        days: 0,
        weight: WEIGHT,
        parties: parties.collect(),
        present: present(case).cloned(),
    })
}

fn person(who: &Mediator, open: u64, declined: Option<&BTreeSet<String>>) -> Person {
    let words = |words: &[String]| words.iter().map(|word| word.as_str().into()).collect();
    Person {
        id: who.id.clone(),
        station: who.station.clone(),
        skills: words(&who.skills),
        languages: words(&who.languages),
        kinds: who.kinds.iter().map(|kind| Pattern::new(kind)).collect(),
        // Without capacity nothing is given: the planner knows no person who can have nothing open.
        capacity: who.capacity.max(1),
        plan_max: if who.capacity == 0 { Some(0) } else { who.plan_max },
        open: u16::try_from(open).unwrap_or(u16::MAX).min(OPEN_CASES_MAX),
        cadence_days: who.cadence_days,
        leave: who.leave.iter().filter_map(leave).collect(),
        conflicts: who.conflicts.iter().chain(declined.into_iter().flatten()).cloned().collect(),
    }
}

fn leave((first, last): &LeaveDays) -> Option<Leave> {
    // Days are written alike.
    Some(Leave { first: first.to_string().parse().ok()?, last: last.to_string().parse().ok()? })
}

/// The question in words, for its digest.
pub(crate) fn question(asked: &Asked) -> Value {
    let Asked { demand, roster, options, .. } = asked;
    let cases = demand.cases.iter().map(|case| {
        json!({
            "id": case.id, "locality": case.locality.as_str(), "kind": case.kind.as_str(), "parties": case.parties,
            "languages": case.languages.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
            "skills": case.skills.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
            "due": case.due.map(|day| day.to_string()), "present": case.present,
        })
    });
    let people = roster.people.iter().map(|who| {
        let leave = who.leave.iter().map(|run| format!("{}..{}", run.first, run.last));
        json!({
            "id": who.id, "station": who.station, "conflicts": who.conflicts,
            "skills": who.skills.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
            "languages": who.languages.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
            "kinds": who.kinds.iter().map(Pattern::as_str).collect::<Vec<_>>(),
            "capacity": who.capacity, "plan_max": who.plan_max, "open": who.open, "cadence_days": who.cadence_days,
            "leave": leave.collect::<Vec<_>>(),
        })
    });
    let stations = roster.stations.iter().map(|at| json!({ "id": at.id, "locality": at.locality.as_str() }));
    json!({
        "today": options.today.to_string(), "horizon_days": options.horizon_days, "overload_max": options.overload_max,
        "cases": cases.collect::<Vec<_>>(), "people": people.collect::<Vec<_>>(),
        "stations": stations.collect::<Vec<_>>(),
    })
}
