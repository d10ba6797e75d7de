//! What comes among the events and says what became of a signal.

use std::{collections::BTreeMap, sync::Arc};

use maple_store::{Opined, SignalState, Verdict};
use maple_wire::{HandledMessage, Handling};

use super::{Became, One, other_event};
use crate::{
    access::{Caller, Role},
    app::App,
    clock::timestamp,
    http::{activations::reading, signals},
};

/// Refuses what is said of signals that are not there, or of places where the caller may not tell of cases.
pub(super) async fn within_reach(app: &Arc<App>, caller: &Caller, all: &mut [One]) -> Result<(), maple_wire::Problem> {
    let told = all.iter().filter_map(|one| match one {
        One::Handled(message) => Some(message.signal.clone()),
        One::Whole(_) | One::Notice(_) | One::Refused(_) => None,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return Ok(());
    }
    let places = reading(app, move |control| {
        let mut places = BTreeMap::new();
        for id in told {
            if let Some(signal) = control.store.signal(&id)? {
                places.insert(id, signal.raised.locality);
            }
        }
        Ok(places)
    })
    .await?;
    for one in all {
        let One::Handled(message) = one else { continue };
        let refused = match places.get(&message.signal) {
            Some(locality) => caller.require(Role::Evaluate, locality).err(),
            None => Some(signals::unknown(&message.signal)),
        };
        if let Some(problem) = refused {
            *one = One::Refused(Box::new(problem));
        }
    }
    Ok(())
}

/// Takes what is said of signals; what became of each.
pub(super) async fn enter(app: &Arc<App>, caller: &Caller, all: &[One]) -> Result<Vec<Opined>, maple_wire::Problem> {
    let kept = |message: &HandledMessage| Verdict {
        source: message.source.clone(),
        id: message.id.clone(),
        signal: message.signal.clone(),
        at: message.at,
        state: match message.state {
            Handling::Acknowledged => SignalState::Acknowledged,
            Handling::Handled => SignalState::Handled,
            Handling::FalseAlarm => SignalState::FalseAlarm,
        },
    };
    let verdicts = all.iter().filter_map(|one| match one {
        One::Handled(message) => Some(kept(message)),
        One::Whole(_) | One::Notice(_) | One::Refused(_) => None,
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    if verdicts.is_empty() {
        return Ok(Vec::new());
    }
    let (actor, now) = (caller.name().to_owned(), timestamp(app.clock()));
    reading(app, move |control| control.store.take_verdicts(&verdicts, &actor, now)).await
}

pub(super) fn became(app: &App, opined: Opined, message: &HandledMessage) -> Became {
    match opined {
        Opined::Duplicate => Became::Duplicate,
        Opined::Conflict => Became::Refused(other_event()),
        Opined::Said(said) => match signals::became(said, &message.signal) {
            Ok(signal) => {
                app.signals.tell(app, &signal);
                Became::Noted(true)
            }
            Err(problem) => Became::Refused(problem),
        },
    }
}
