//! Disputes and events as rows.

use jiff::Timestamp;
use maple_insight::{
    figures::{COUNTS_VERSION, Measure, Month},
    life::{Committee, Happening, Life, Stage, Standing},
};

use super::{About, CaseEvent, Desk, Dispute, EventRecord, Tallied};
use crate::{
    activation::moment,
    pool::Done,
    sql::{Fault, Insert, Link, Row, Value},
};

pub(crate) const DISPUTE: &str = "id, locality, kind, origin, organisation, place, project, decision, station, mediator, channel, \
                       stage, since, registered, closed, committee";
pub(super) const EVENT: &str = "source, id, dispute, at, received, what, refs, standing, facts";

impl CaseEvent {
    /// What the event refers to, in one text.
    fn refs(&self) -> String {
        let Desk { station, mediator, channel, committee } = &self.desk;
        let about = self.about.as_ref();
        let all = [
            about.map(|about| &about.locality),
            about.map(|about| &about.kind),
            about.map(|about| &about.origin),
            about.and_then(|about| about.organisation.as_ref()),
            about.and_then(|about| about.place.as_ref()),
            about.and_then(|about| about.project.as_ref()),
            about.and_then(|about| about.decision.as_ref()),
            station.as_ref(),
            mediator.as_ref(),
            channel.as_ref(),
        ];
        let refs = all.map(|word| word.map_or("", String::as_str)).join("\n");
        // An event that says nothing of it is kept as those were that could not.
        committee.map_or_else(|| refs.clone(), |class| format!("{refs}\n{}", class.as_str()))
    }
}

/// What a text of [`CaseEvent::refs`] says.
fn read_refs(refs: &str) -> Result<(Option<About>, Desk), Fault> {
    let mut words: Vec<&str> = refs.split('\n').collect();
    let committee = (words.len() > 10).then(|| words.pop()).flatten();
    let committee = committee.map(|class| Committee::of(class).ok_or(Fault::Shape)).transpose()?;
    let words: [&str; 10] = words.try_into().map_err(|_| Fault::Shape)?;
    let [locality, kind, origin, rest @ ..] = words;
    let [organisation, place, project, decision, station, mediator, channel] =
        rest.map(|word| (!word.is_empty()).then(|| word.to_owned()));
    let about = (!locality.is_empty()).then(|| About {
        locality: locality.to_owned(),
        kind: kind.to_owned(),
        origin: origin.to_owned(),
        organisation,
        place,
        project,
        decision,
        facts: None,
    });
    Ok((about, Desk { station, mediator, channel, committee }))
}

/// The event that has this one's id already.
pub(super) fn standing(link: &mut dyn Link, event: &CaseEvent) -> Done<Option<CaseEvent>> {
    let one = format!("SELECT {EVENT} FROM event WHERE source = $1 AND id = $2");
    let row = link.first(&one, &[Value::Text(&event.source), Value::Text(&event.id)])?;
    Ok(row.map(read_event).transpose()?.map(|record| record.event))
}

/// Writes a dispute whose events changed; it is looked at as soon as there is time, the earliest first.
pub(super) fn put_dispute(link: &mut dyn Link, dispute: &Dispute, life: &Life) -> Done<()> {
    let put = "INSERT INTO dispute (id, locality, kind, origin, organisation, place, project, decision, station, \
               mediator, channel, stage, since, registered, closed, look_at, filed, committee, counted, first_closed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14, $16, $17, $18, $19) \
               ON CONFLICT (id) DO UPDATE SET locality = $2, kind = $3, origin = $4, organisation = $5, place = $6, \
               project = $7, decision = $8, station = $9, mediator = $10, channel = $11, stage = $12, since = $13, \
               registered = $14, closed = $15, look_at = $14, filed = $16, committee = $17, counted = $18, first_closed = $19, turn = dispute.turn + 1";
    let about = dispute.about.as_ref();
    let time = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Int(at.as_microsecond()));
    let values = [
        Value::Text(&dispute.id),
        may(about.map(|about| &about.locality)),
        may(about.map(|about| &about.kind)),
        may(about.map(|about| &about.origin)),
        may(about.and_then(|about| about.organisation.as_ref())),
        may(about.and_then(|about| about.place.as_ref())),
        may(about.and_then(|about| about.project.as_ref())),
        may(about.and_then(|about| about.decision.as_ref())),
        may(dispute.desk.station.as_ref()),
        may(dispute.desk.mediator.as_ref()),
        may(dispute.desk.channel.as_ref()),
        dispute.stage.map_or(Value::Null, |stage| Value::Text(stage.as_str())),
        time(dispute.since),
        time(dispute.registered),
        time(dispute.closed),
        time(life.court),
        dispute.desk.committee.map(Committee::as_str).into(),
        Value::Int(COUNTS_VERSION),
        time(life.ends.first().map(|end| end.at)),
    ];
    link.execute(put, &values)?;
    Ok(())
}

pub(super) fn put_events(link: &mut dyn Link, events: &[EventRecord]) -> Done<()> {
    let lines: Vec<_> = events.iter().map(|record| (record.event.what.code(), record.event.refs())).collect();
    let rows: Vec<Vec<Value<'_>>> = (events.iter().zip(&lines))
        .map(|(EventRecord { event, received, standing }, (what, refs))| {
            vec![
                Value::Text(&event.source),
                Value::Text(&event.id),
                Value::Text(&event.dispute),
                Value::Int(event.at.as_microsecond()),
                Value::Int(received.as_microsecond()),
                Value::Text(what),
                Value::Text(refs),
                Value::Int(number(*standing)),
                may(event.about.as_ref().and_then(|about| about.facts.as_ref())),
            ]
        })
        .collect();
    link.insert(&Insert { table: "event", columns: EVENT, count: 9 }, &rows)?;
    Ok(())
}

pub(super) fn move_event(link: &mut dyn Link, event: &CaseEvent, standing: Standing) -> Done<()> {
    let moved = "UPDATE event SET standing = $1 WHERE source = $2 AND id = $3";
    let values = [Value::Int(number(standing)), Value::Text(&event.source), Value::Text(&event.id)];
    link.execute(moved, &values)?;
    Ok(())
}

fn may(word: Option<&String>) -> Value<'_> {
    word.map(String::as_str).into()
}

const fn number(standing: Standing) -> i64 {
    match standing {
        Standing::Applied => 0,
        Standing::Waiting => 1,
        Standing::Breach => 2,
    }
}

pub(super) fn read_event(mut row: Row) -> Result<EventRecord, Fault> {
    let (source, id, dispute) = (row.text()?, row.text()?, row.text()?);
    let (at, received) = (moment(row.int()?)?, moment(row.int()?)?);
    let what = Happening::of_code(&row.text()?).ok_or(Fault::Shape)?;
    let (mut about, desk) = read_refs(&row.text()?)?;
    let standing = match row.int()? {
        0 => Standing::Applied,
        1 => Standing::Waiting,
        2 => Standing::Breach,
        _ => return Err(Fault::Shape),
    };
    let facts = row.may_text()?;
    if let Some(about) = &mut about {
        about.facts = facts;
    }
    Ok(EventRecord { event: CaseEvent { source, id, dispute, at, what, about, desk }, received, standing })
}

pub(crate) fn read_dispute(mut row: Row) -> Result<Dispute, Fault> {
    let id = row.text()?;
    let (locality, kind, origin) = (row.may_text()?, row.may_text()?, row.may_text()?);
    let [organisation, place, project, decision] = [row.may_text()?, row.may_text()?, row.may_text()?, row.may_text()?];
    let about = match (locality, kind, origin) {
        (Some(locality), Some(kind), Some(origin)) => {
            Some(About { locality, kind, origin, organisation, place, project, decision, facts: None })
        }
        _ => None,
    };
    let [station, mediator, channel] = [row.may_text()?, row.may_text()?, row.may_text()?];
    let stage = row.may_text()?.map(|word| Stage::of(&word).ok_or(Fault::Shape)).transpose()?;
    let mut time = || row.may_int()?.map(moment).transpose();
    let (since, registered, closed) = (time()?, time()?, time()?);
    let committee = row.may_text()?.map(|word| Committee::of(&word).ok_or(Fault::Shape)).transpose()?;
    let desk = Desk { station, mediator, channel, committee };
    Ok(Dispute { id, about, desk, stage, since, registered, closed })
}

pub(super) fn read_tally(mut row: Row) -> Result<Option<Tallied>, Fault> {
    let locality = row.text()?;
    let month = i32::try_from(row.int()?).ok().and_then(Month::of_number).ok_or(Fault::Shape)?;
    let measure = Measure::of(&row.text()?);
    let (bucket, count) = (u8::try_from(row.int()?).map_err(|_| Fault::Shape)?, row.int()?);
    // A measure of a later version is none of this one's.
    Ok(measure.map(|measure| Tallied { locality, month, measure, bucket, count }))
}
