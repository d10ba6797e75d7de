//! Policies of prevention are asked about each dispute once it is registered, as of the moment when it came; what they say
//! becomes signals. Signals that nobody handles in time become more urgent.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::Date, tz::Offset};
use maple_kernel::{
    Case, Day, FactKey, Facts, KindId, LocalityId, Party, PartyType, Purposes, Question, Ruleset, Subject, Value,
    evaluate,
};
use maple_store::{Dispute, Raise, StoreError, Unlooked};
use tracing::{info, warn};

use super::Control;
use crate::{
    app::App,
    clock,
    context::{Counts, Refers},
    events,
    records::chain,
    signals,
};

/// How often, in seconds, signals are looked at that nobody handled in time.
pub const TICK_SECONDS: u64 = 60;
/// How long the thread waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(250);
/// Disputes that are looked at together.
const TOGETHER_COUNT_MAX: u32 = 200;

/// Asks about new disputes as long as the node serves.
pub(super) fn prevent(app: &App, control: &Control, stop: &AtomicBool) {
    if app.docket.get().is_none() {
        return;
    }
    let mut ticked: Option<Instant> = None;
    let mut failed = false;
    while !stop.load(Ordering::Relaxed) {
        let due = ticked.is_none_or(|at| at.elapsed() >= Duration::from_secs(TICK_SECONDS));
        let done = look(app, control).and_then(|count| {
            if due {
                tick(app, control)?;
                ticked = Some(Instant::now());
            }
            Ok(count)
        });
        match done {
            Ok(0) => thread::sleep(IDLE),
            Ok(_) => {}
            Err(why) => {
                if !failed {
                    warn!(why = %chain(&why), "Disputes cannot be watched now; it is tried again.");
                }
                thread::sleep(4 * IDLE);
                failed = true;
                continue;
            }
        }
        failed = false;
    }
}

/// Makes signals more urgent that nobody handled in time; how many.
pub(crate) fn tick(app: &App, control: &Control) -> Result<usize, StoreError> {
    let changed = control.store.escalate(clock::timestamp(app.clock()))?;
    if !changed.is_empty() {
        info!(signals = changed.len(), "Signals were not handled in time and are more urgent now.");
    }
    changed.iter().for_each(|signal| app.signals.tell(app, signal));
    Ok(changed.len())
}

/// Asks about some disputes; how many there were.
fn look(app: &App, control: &Control) -> Result<usize, StoreError> {
    let unlooked = control.store.unlooked(TOGETHER_COUNT_MAX)?;
    if unlooked.is_empty() {
        return Ok(0);
    }
    let serving = app.serving();
    let mut looked = Vec::with_capacity(unlooked.len());
    for Unlooked { id, registered } in &unlooked {
        let Some((dispute, _)) = control.store.dispute(id)? else { continue };
        looked.push((id.clone(), raises(app, control, serving.ruleset(), &dispute, *registered)?));
    }
    let changed = control.store.raise(&looked, clock::timestamp(app.clock()))?;
    changed.iter().for_each(|signal| app.signals.tell(app, signal));
    Ok(unlooked.len())
}

/// What policies of prevention say of a dispute when it came.
fn raises(
    app: &App,
    control: &Control,
    ruleset: &Ruleset,
    dispute: &Dispute,
    at: Timestamp,
) -> Result<Vec<Raise>, StoreError> {
    let offset = events::offset(app);
    let Some((mut question, refers)) = asked(ruleset, dispute, day(offset, at)) else { return Ok(Vec::new()) };
    let counts = Counts::of(ruleset, &question, &refers, at);
    question.context = counts.count(&control.store)?;
    let decision = evaluate(ruleset, &question);
    let most = |sort: &str| {
        let of = ruleset.vocabulary().aggregates.iter().filter(|aggregate| aggregate.group.as_str() == sort);
        let counted = of.filter_map(|aggregate| match question.context.get(aggregate.key.as_str()) {
            #[expect(clippy::cast_possible_truncation, reason = "counts are whole")]
            Some(Value::Number(number)) => Some(*number as i64),
            _ => None,
        });
        counted.max().unwrap_or(1)
    };
    let end = |day: Day| {
        let next = day.to_string().parse::<Date>().ok().and_then(|day| day.tomorrow().ok());
        next.and_then(|day| offset.to_timestamp(day.at(0, 0, 0, 0)).ok())
    };
    let mut all = Vec::new();
    for signal in &decision.signals {
        let case = &question.case;
        let (sort, subject) = match &signal.subject {
            Subject::Organisation(_) => ("organisation", refers.organisation.clone()),
            Subject::Place => ("place", refers.place.clone()),
            Subject::Project => ("project", refers.project.clone()),
            Subject::Station => ("station", refers.station.clone()),
            Subject::Kind => ("kind", Some(format!("{} {}", case.kind, case.locality))),
            Subject::OwnCase => ("case", Some(dispute.id.clone())),
        };
        // What is about something that this dispute does not name is about the dispute.
        let (sort, subject) = subject.map_or_else(|| ("case", dispute.id.clone()), |subject| (sort, subject));
        all.push(Raise {
            id: format!("s-{}", app.unique()),
            code: signal.code.to_string(),
            level: signal.level,
            cases: most(sort),
            sort: sort.to_owned(),
            subject,
            locality: case.locality.to_string(),
            kind: case.kind.to_string(),
            policy: signal.ground.by.policy.to_string(),
            rule: signal.ground.by.rule.to_string(),
            basis: signals::basis(&signal.ground),
            measures: signal.measures.iter().map(ToString::to_string).collect(),
            responsible: signal.responsible.as_ref().map(ToString::to_string),
            at,
            deadline: signal.handle_by.and_then(end),
            expires: end(signal.expires).unwrap_or(at),
        });
    }
    Ok(all)
}

fn day(offset: Offset, at: Timestamp) -> Option<Day> {
    let date = offset.to_datetime(at).date();
    Day::new(date.year(), date.month(), date.day())
}

/// The question that a dispute is: what is known of it from its registration, and nothing of the people in it.
fn asked(ruleset: &Ruleset, dispute: &Dispute, day: Option<Day>) -> Option<(Question, Refers)> {
    let about = dispute.about.as_ref()?;
    ruleset.locality(&about.locality)?;
    let refers = Refers {
        organisation: about.organisation.clone(),
        place: about.place.clone(),
        project: about.project.clone(),
        station: dispute.desk.station.clone(),
    };
    let unknown = || {
        let consent = FactKey::from("consent");
        let known = ruleset.vocabulary().facts.contains_key(&consent);
        Facts::new(if known { vec![(consent, Value::Text("unknown".into()))] } else { Vec::new() })
    };
    let party = |role: &str, kind| Party { role: role.into(), kind, facts: unknown() };
    let respondent = if about.organisation.is_some() { PartyType::Organisation } else { PartyType::Natural };
    let case = Case::new(
        Some(dispute.id.as_str().into()),
        LocalityId::from(about.locality.as_str()),
        KindId::from(about.kind.as_str()),
        about.origin.as_str().into(),
        day?,
        vec![party("applicant", PartyType::Natural), party("respondent", respondent)],
        Facts::default(),
    );
    let purposes = Purposes { routing: false, prevention: true };
    Some((Question { case, purposes, as_of: day?, explain: false, context: Facts::default() }, refers))
}
