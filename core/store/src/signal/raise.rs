//! What policies say of disputes becomes signals: one for what it is about, told once for each thing that it rests on.

use jiff::Timestamp;

use super::{Looked, Raise, Rests, SIGNAL, Signal, SignalState, joined, level_number, one, read};
use crate::{
    Store, StoreError,
    dispute::recount,
    outbox,
    pool::Done,
    sql::{Fault, Link, Lock, Value},
};

impl Store {
    /// Notes that policies were asked about disputes and what they said, once for each look. Gives the signals that are
    /// new or changed.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, does not answer in time, or a text is too long.
    pub fn raise(&self, looked: &[Looked], now: Timestamp) -> Result<Vec<Signal>, StoreError> {
        looked.iter().flat_map(|looked| &looked.raises).try_for_each(Raise::check)?;
        self.pool().write("raise signals in", |link| {
            link.serialise(Lock::Events)?;
            let mut changed: Vec<Signal> = Vec::new();
            let mut note = |signal: Signal| {
                changed.retain(|known| known.raised.id != signal.raised.id);
                changed.push(signal);
            };
            for Looked { look, raises, running, again, later } in looked {
                let once = "UPDATE dispute SET looked = 1, look_at = $1 WHERE id = $2 AND turn = $3 AND look_at = $4";
                let again = again.map(Timestamp::as_microsecond);
                let values = [again.into(), Value::Text(&look.id), look.turn.into(), look.look_at.into()];
                if link.execute(once, &values)? == 0 {
                    // Another node was first, or its events changed meanwhile: then it is looked at again.
                    continue;
                }
                for raise in raises {
                    let news = is_news(link, &look.id, raise)?;
                    raise_one(link, raise, news, now)?.into_iter().for_each(&mut note);
                }
                if look.first {
                    later.iter().try_for_each(|later| recount(link, later))?;
                }
                end(link, &look.id, running, now)?.into_iter().for_each(&mut note);
            }
            let raised = |id: &str| looked.iter().flat_map(|looked| &looked.raises).any(|raise| raise.id == id);
            let ids = changed.iter().map(|signal| signal.raised.id.as_str());
            outbox::signals_changed(link, ids.map(|id| (id, raised(id))), now.as_microsecond())?;
            Ok(changed)
        })
    }
}

/// True when the dispute has not told this of this beginning, or not so urgently; it has now.
fn is_news(link: &mut dyn Link, dispute: &str, raise: &Raise) -> Result<bool, Fault> {
    let (code, since) = match raise.rests {
        Some(Rests { since, .. }) => (raise.code.clone(), since),
        // How it came may say the same of several things.
        None => (format!("{} {} {}", raise.code, raise.sort, raise.subject), raise.at),
    };
    let tell = "INSERT INTO told (dispute, code, since, level) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (dispute, code, since) DO UPDATE SET level = $4 WHERE told.level < $4";
    let values = [
        Value::Text(dispute),
        Value::Text(&code),
        Value::Int(since.as_microsecond()),
        Value::Int(level_number(raise.level)),
    ];
    Ok(link.execute(tell, &values)? > 0)
}

/// Ends signals of a dispute's own times that do not run any more.
fn end(link: &mut dyn Link, dispute: &str, running: &[String], now: Timestamp) -> Result<Vec<Signal>, Fault> {
    let living = format!(
        "SELECT {SIGNAL} FROM signal WHERE subject = $1 AND clock = 1 AND sort = 'case' AND expires > $2 \
         AND state IN ('raised', 'acknowledged')"
    );
    let now = Value::Int(now.as_microsecond());
    let living = link.query(&living, &[Value::Text(dispute), now])?;
    let living: Vec<Signal> = living.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut ended = Vec::new();
    for signal in living.iter().filter(|signal| !running.contains(&signal.raised.code)) {
        let over = "UPDATE signal SET expires = $1, changed = $1 WHERE id = $2";
        link.execute(over, &[now, Value::Text(&signal.raised.id)])?;
        ended.extend(one(link, &signal.raised.id)?);
    }
    Ok(ended)
}

/// Adds a dispute to the signal that lives at its time, or raises it. What is no news adds only how many there are.
fn raise_one(link: &mut dyn Link, raise: &Raise, news: bool, now: Timestamp) -> Done<Option<Signal>> {
    // What comes late, and began before what is known, belongs to it where their times meet.
    let living = format!(
        "SELECT {SIGNAL} FROM signal WHERE code = $1 AND sort = $2 AND subject = $3 AND expires > $4 AND raised < $5 \
         AND state IN ('raised', 'acknowledged') ORDER BY raised DESC LIMIT 1"
    );
    let (at, micros) = (raise.at.as_microsecond(), now.as_microsecond());
    let same = [
        Value::Text(&raise.code),
        Value::Text(&raise.sort),
        Value::Text(&raise.subject),
        Value::Int(at),
        Value::Int(raise.expires.as_microsecond()),
    ];
    let adds = raise.rests.is_some_and(|rests| rests.adds);
    if let Some(known) = link.first(&living, &same)?.map(read).transpose()? {
        let counts = news || !adds && raise.cases > known.raised.cases;
        return if counts { more(link, &known, raise, micros).map(Some) } else { Ok(None) };
    }
    if !news {
        return Ok(None);
    }
    let (basis, measures) = (joined(&raise.basis), joined(&raise.measures));
    let places: Vec<String> = (1..=25).map(|at| format!("${at}")).collect();
    let add = format!("INSERT INTO signal ({SIGNAL}, clock) VALUES ({})", places.join(", "));
    let values = [
        Value::Text(&raise.id),
        Value::Text(&raise.code),
        Value::Int(level_number(raise.level)),
        Value::Text(&raise.sort),
        Value::Text(&raise.subject),
        Value::Text(&raise.locality),
        Value::Text(&raise.kind),
        Value::Text(&raise.policy),
        Value::Text(&raise.rule),
        Value::Text(&basis),
        Value::Text(&measures),
        raise.responsible.as_deref().into(),
        Value::Int(raise.cases),
        Value::Int(at),
        Value::Int(at),
        raise.deadline.map(Timestamp::as_microsecond).into(),
        Value::Int(raise.expires.as_microsecond()),
        Value::Text(SignalState::Raised.as_str()),
        Value::Int(micros),
        Value::Null,
        Value::Null,
        Value::Int(micros),
        Value::Null,
        Value::Null,
        Value::Int(raise.rests.is_some_and(|rests| rests.clock).into()),
    ];
    link.execute(&add, &values)?;
    Ok(Some(one(link, &raise.id)?.ok_or(Fault::Shape)?))
}

/// One more dispute, or more urgent: then what is to be done, by whom and by when is what is said now.
fn more(link: &mut dyn Link, known: &Signal, raise: &Raise, now: i64) -> Done<Signal> {
    let micros = Timestamp::as_microsecond;
    let first = |a: Timestamp, b: Timestamp| micros(a).min(micros(b));
    let last = |a: Timestamp, b: Timestamp| micros(a).max(micros(b));
    let adds = raise.rests.is_some_and(|rests| rests.adds);
    let cases = if adds { known.raised.cases.saturating_add(1) } else { known.raised.cases.max(raise.cases) };
    let level = level_number(known.raised.level).max(level_number(raise.level));
    let urgent = level_number(raise.level) > level_number(known.raised.level);
    let says = if urgent { raise } else { &known.raised };
    // By a new day it may be late once more.
    let anew = if urgent { ", escalated = NULL" } else { "" };
    let (basis, measures) = (joined(&says.basis), joined(&says.measures));
    let set = format!(
        "UPDATE signal SET cases = $1, latest = $2, level = $3, expires = $4, changed = $5, raised = $6, \
         policy = $7, rule = $8, basis = $9, measures = $10, responsible = $11, deadline = $12{anew} WHERE id = $13"
    );
    let values = [
        Value::Int(cases),
        Value::Int(last(known.latest, raise.at)),
        Value::Int(level),
        Value::Int(last(known.raised.expires, raise.expires)),
        Value::Int(now),
        Value::Int(first(known.raised.at, raise.at)),
        Value::Text(&says.policy),
        Value::Text(&says.rule),
        Value::Text(&basis),
        Value::Text(&measures),
        says.responsible.as_deref().into(),
        says.deadline.map(micros).into(),
        Value::Text(&known.raised.id),
    ];
    link.execute(&set, &values)?;
    Ok(one(link, &known.raised.id)?.ok_or(Fault::Shape)?)
}
