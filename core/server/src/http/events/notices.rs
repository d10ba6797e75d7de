//! What comes among the events and is about a mediator's capacity.

use std::{collections::BTreeMap, sync::Arc};

use maple_store::{CapacityNotice, Noted};
use maple_wire::{CapacityMessage, Flaw, Problem, ProblemKind, unknown_mediator};

use super::{Became, One, other_event};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    http::{activations::reading, stations::leave},
};

/// Refuses notices of mediators at stations where the caller may not tell of cases.
pub(super) async fn within_reach(app: &Arc<App>, caller: &Caller, all: &mut [One]) -> Result<(), Problem> {
    let told = all.iter().filter_map(|one| match one {
        One::Notice(message) => Some(message.mediator.clone()),
        One::Whole(_) | One::Handled(_) | One::Refused(_) => None,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() || caller.is_everywhere(Role::Evaluate) {
        return Ok(());
    }
    let places = reading(app, move |control| {
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let people = control.store.roster_of(&[], &told)?.mediators;
        let at: Vec<&str> = people.iter().map(|row| row.station.as_str()).collect();
        let stations = control.store.roster_of(&at, &[])?.stations;
        let stations: BTreeMap<&str, &str> =
            stations.iter().map(|row| (row.id.as_str(), row.locality.as_str())).collect();
        let place = |station: &String| stations.get(station.as_str()).map(|place| (*place).to_owned());
        Ok(people.iter().filter_map(|row| Some((row.id.clone(), place(&row.station)?))).collect::<BTreeMap<_, _>>())
    })
    .await?;
    for one in all {
        let One::Notice(message) = one else { continue };
        let refused = match places.get(&message.mediator) {
            Some(locality) => caller.require(Role::Evaluate, locality).err(),
            None => Some(unknown(message)),
        };
        if let Some(problem) = refused {
            *one = One::Refused(Box::new(problem));
        }
    }
    Ok(())
}

/// Takes notices; what became of each.
pub(super) async fn enter(app: &Arc<App>, all: &[One]) -> Result<Vec<Noted>, Problem> {
    let kept = |message: &CapacityMessage| CapacityNotice {
        source: message.source.clone(),
        id: message.id.clone(),
        mediator: message.mediator.clone(),
        station: message.station.clone(),
        at: message.at,
        capacity: message.capacity,
        leave: message.leave.as_deref().map(leave),
    };
    let notices = all.iter().filter_map(|one| match one {
        One::Notice(message) => Some(kept(message)),
        One::Whole(_) | One::Handled(_) | One::Refused(_) => None,
    });
    let notices: Vec<CapacityNotice> = notices.collect();
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let now = timestamp(app.clock());
    reading(app, move |control| control.store.take_notices(&notices, now)).await
}

pub(super) fn became(noted: Noted, message: &CapacityMessage) -> Became {
    match noted {
        Noted::Applied => Became::Noted(true),
        Noted::Late => Became::Noted(false),
        Noted::Duplicate => Became::Duplicate,
        Noted::Conflict => Became::Refused(other_event()),
        Noted::Unknown => Became::Refused(unknown(message)),
    }
}

fn unknown(message: &CapacityMessage) -> Problem {
    let (code, en, zh) = unknown_mediator(message);
    Problem::with_errors(ProblemKind::InvalidRequest, vec![Flaw::new("/subject".to_owned(), code, en, zh)], 1)
}
