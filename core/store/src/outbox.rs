//! What others are told: each recipient has a place in every stream of what happened, and rows only for what it did not take.
//!
//! Decisions and activations are streams already, so nothing is written for them when they happen. What becomes of signals is
//! noted in the transaction that changes them, where somebody is to be told. INVARIANT: the place of a recipient goes past an
//! event only in the transaction that keeps what it did not take.

mod streams;

use jiff::Timestamp;

pub use streams::{Fresh, Happened, Place, Stream};

use crate::{
    PAGE_COUNT_MAX, REPORT_BYTES_MAX, Store, StoreError, TEXT_BYTES_MAX,
    activation::moment,
    audit::{self, Event},
    bounded,
    log::number,
    pool::Done,
    signal,
    sql::{Fault, Link, Lock, Row, Value},
};

/// Length of the name of a recipient.
pub const RECIPIENT_BYTES_MAX: usize = 64;
/// Days after which a recipient that no node serves any more is forgotten.
pub const RECIPIENT_KEPT_DAYS: i64 = 30;
/// Days after which a delivery that nobody tries any more is deleted.
pub const DEAD_KEPT_DAYS: i64 = 90;

const DAY_MICROS: i64 = 86_400 * 1_000_000;

const DELIVERY: &str = "target, event, what, at, body, attempts, due, state, why";

/// What became of a delivery that did not go through at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried again.
    Waiting,
    /// It was tried as often as was said; a person looks at it.
    Dead,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Waiting, Self::Dead];

    /// The word used in JSON and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An event that a recipient did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The recipient.
    pub target: String,
    /// The id of the event.
    pub event: String,
    /// What sort of event it is.
    pub what: String,
    /// When it happened.
    pub at: Timestamp,
    /// The event, as it is sent.
    pub body: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again; of what is dead, when it would have been.
    pub due: Timestamp,
    /// What became of it.
    pub state: DeliveryState,
    /// Why it was not taken the last time.
    pub why: String,
}

/// Which deliveries are asked for; what is left out says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// To this recipient.
    pub target: Option<String>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// After this one of the page before: recipient and event.
    pub after: Option<(String, String)>,
}

/// What came of some deliveries.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How far the recipient is in streams.
    pub passed: Vec<Place>,
    /// Events that waited and were taken.
    pub taken: Vec<String>,
    /// Events that were not.
    pub failed: Vec<Delivery>,
}

/// How it stands with one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub target: String,
    /// The node that serves it, while it does.
    pub holder: Option<String>,
    /// Events that were not tried yet.
    pub behind: u64,
    /// Events that are tried again.
    pub waiting: u64,
    /// Events that are not.
    pub dead: u64,
}

/// What was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Recipients that no node serves any more.
    pub recipients: Vec<String>,
    /// Dead deliveries that were deleted, by recipient.
    pub dead: Vec<(String, u64)>,
}

/// What became of sending dead deliveries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentAgain {
    /// So many are tried again.
    Waiting(u64),
    /// No node serves the recipient any more, so nobody would try them.
    Forgotten,
}

impl Store {
    /// Takes it upon a node to serve a recipient until a moment, unless another does; whether it may. A recipient that is new
    /// is told what happens from now on, and so is one that is to hear of something new.
    ///
    /// # Errors
    ///
    /// When the name is too long, or the database cannot be written.
    pub fn recipient_claim(
        &self,
        target: &str,
        wanted: &[Stream],
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        bounded("the name of a recipient", target, RECIPIENT_BYTES_MAX)?;
        bounded("the name of a node", holder, TEXT_BYTES_MAX)?;
        let words: Vec<&str> = Stream::ALL.into_iter().filter(|one| wanted.contains(one)).map(Stream::word).collect();
        let words = words.join(" ");
        let (now, until) = (now.as_microsecond(), until.as_microsecond());
        let free = self.pool().read_soon("read the recipients of", |link| {
            let held = "SELECT holder, until FROM recipient WHERE name = $1";
            let Some(mut row) = link.first(held, &[target.into()])? else { return Ok(true) };
            let (by, end) = (row.may_text()?, row.int()?);
            Ok(by.as_deref() == Some(holder) || end <= now)
        })?;
        if !free {
            return Ok(false);
        }
        self.pool().write_soon("serve a recipient of", |link| {
            link.serialise(Lock::Outbox)?;
            let known = link.first("SELECT wanted FROM recipient WHERE name = $1", &[target.into()])?;
            let known = known.map(|mut row| row.text()).transpose()?;
            if known.is_none() {
                let add = "INSERT INTO recipient (name, wanted, holder, until, seen) VALUES ($1, $2, NULL, 0, $3)";
                link.execute(add, &[target.into(), words.as_str().into(), Value::Int(now)])?;
            }
            let take = "UPDATE recipient SET holder = $2, until = $3, seen = $4, wanted = $5 \
                        WHERE name = $1 AND (until <= $4 OR holder = $2)";
            let values =
                [target.into(), holder.into(), Value::Int(until), Value::Int(now), Value::from(words.as_str())];
            if link.execute(take, &values)? == 0 {
                return Ok(false);
            }
            for stream in Stream::ALL {
                let before = known.as_ref().is_some_and(|known| known.split(' ').any(|word| word == stream.word()));
                match (before, wanted.contains(&stream)) {
                    (false, true) => stream.begin(link, target)?,
                    (true, false) => stream.leave(link, target)?,
                    _ => {}
                }
            }
            Ok(true)
        })
    }

    /// Lets others serve a recipient.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn recipient_release(&self, target: &str, holder: &str) -> Result<(), StoreError> {
        self.pool().write_soon("leave a recipient of", |link| {
            let leave = "UPDATE recipient SET until = 0 WHERE name = $1 AND holder = $2";
            link.execute(leave, &[target.into(), holder.into()])?;
            Ok(())
        })
    }

    /// Forgets recipients that no node served for [`RECIPIENT_KEPT_DAYS`], what everybody was told, and deliveries that have
    /// been dead for [`DEAD_KEPT_DAYS`]. What waits for a recipient that is forgotten is dead from now on.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn recipients_prune(&self, now: Timestamp) -> Result<Pruned, StoreError> {
        let now = now.as_microsecond();
        let before = now.saturating_sub(RECIPIENT_KEPT_DAYS * DAY_MICROS);
        let dead_before = now.saturating_sub(DEAD_KEPT_DAYS * DAY_MICROS);
        self.pool().write("forget recipients of", |link| {
            link.serialise(Lock::Outbox)?;
            let old = link.query("SELECT name FROM recipient WHERE seen < $1", &[Value::Int(before)])?;
            let old = old.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, _>>()?;
            for name in &old {
                let name = Value::from(name.as_str());
                link.execute("DELETE FROM progress WHERE target = $1", &[name])?;
                link.execute("DELETE FROM recipient WHERE name = $1", &[name])?;
                let dead = "UPDATE delivery SET state = 'dead', due = $2, \
                            why = 'no node serves this recipient any more' WHERE target = $1 AND state = 'waiting'";
                link.execute(dead, &[name, Value::Int(now)])?;
            }
            let gone = "SELECT target, count(*) FROM delivery WHERE state = 'dead' AND due < $1 GROUP BY target \
                        ORDER BY target";
            let read = |mut row: Row| Ok((row.text()?, row.count()?));
            let gone = link.query(gone, &[Value::Int(dead_before)])?.into_iter().map(read);
            let gone = gone.collect::<Result<Vec<_>, Fault>>()?;
            if !gone.is_empty() {
                let delete = "DELETE FROM delivery WHERE state = 'dead' AND due < $1";
                link.execute(delete, &[Value::Int(dead_before)])?;
            }
            // The last one stays, so that numbers go on; where nobody is told, all others go.
            let told = "DELETE FROM outbox WHERE number < (SELECT max(number) FROM outbox) AND number <= \
                        coalesce((SELECT min(position) FROM progress WHERE stream = 'signal'), $1)";
            link.execute(told, &[Value::Int(i64::MAX)])?;
            Ok(Pruned { recipients: old, dead: gone })
        })
    }

    /// What waits to be tried again at a recipient and is due, the earliest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn deliveries_due(&self, target: &str, now: Timestamp, count: u32) -> Result<Vec<Delivery>, StoreError> {
        self.pool().read("read the deliveries of", |link| {
            let due = format!(
                "SELECT {DELIVERY} FROM delivery WHERE target = $1 AND state = 'waiting' AND due <= $2 \
                 ORDER BY due LIMIT $3"
            );
            let values = [target.into(), Value::Int(now.as_microsecond()), count.min(PAGE_COUNT_MAX).into()];
            Ok(link.query(&due, &values)?.into_iter().map(read).collect::<Result<_, Fault>>()?)
        })
    }

    /// Keeps what came of deliveries, wholly or not at all; false when another node serves the recipient meanwhile.
    ///
    /// # Errors
    ///
    /// When a text is too long, or the database cannot be written.
    pub fn deliveries_note(&self, target: &str, holder: &str, outcome: &Outcome) -> Result<bool, StoreError> {
        for one in &outcome.failed {
            bounded("the id of an event", &one.event, TEXT_BYTES_MAX)?;
            bounded("why an event was not taken", &one.why, TEXT_BYTES_MAX)?;
            bounded("an event", &one.body, REPORT_BYTES_MAX)?;
        }
        self.pool().write("note the deliveries of", |link| {
            let mine = "UPDATE recipient SET until = until WHERE name = $1 AND holder = $2";
            if link.execute(mine, &[target.into(), holder.into()])? == 0 {
                return Ok(false);
            }
            for Place { stream, position } in &outcome.passed {
                let on = "INSERT INTO progress (target, stream, position) VALUES ($1, $2, $3) \
                          ON CONFLICT (target, stream) DO UPDATE SET position = $3 WHERE progress.position < $3";
                link.execute(on, &[target.into(), stream.as_str().into(), number(*position)])?;
            }
            for event in &outcome.taken {
                let taken = "DELETE FROM delivery WHERE target = $1 AND event = $2";
                link.execute(taken, &[target.into(), event.as_str().into()])?;
            }
            outcome.failed.iter().try_for_each(|one| put(link, target, one))?;
            Ok(true)
        })
    }

    /// Deliveries of a filter by recipient and event, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn deliveries(&self, filter: &DeliveryFilter, count: u32) -> Result<Vec<Delivery>, StoreError> {
        self.pool().read("list the deliveries of", |link| {
            let (mut wanted, mut values) = (vec!["attempts > -1".to_owned()], Vec::new());
            let and = crate::dispute::and;
            if let Some(target) = &filter.target {
                and(&mut wanted, &mut values, "target = ?", &[target]);
            }
            if let Some(state) = filter.state {
                and(&mut wanted, &mut values, "state = ?", &[state.as_str()]);
            }
            if let Some((target, event)) = &filter.after {
                and(&mut wanted, &mut values, "(target, event) > (?, ?)", &[target, event]);
            }
            values.push(count.min(PAGE_COUNT_MAX).into());
            let page = format!(
                "SELECT {DELIVERY} FROM delivery WHERE {} ORDER BY target, event LIMIT ${}",
                wanted.join(" AND "),
                values.len()
            );
            Ok(link.query(&page, &values)?.into_iter().map(read).collect::<Result<_, Fault>>()?)
        })
    }

    /// Lets dead deliveries to a recipient be tried again as if they were new: one event, or all; how many there were. The
    /// audit log says who did so.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn deliveries_again(
        &self,
        target: &str,
        event: Option<&str>,
        actor: &str,
        now: Timestamp,
    ) -> Result<SentAgain, StoreError> {
        bounded("an actor", actor, TEXT_BYTES_MAX)?;
        self.pool().write("send again from", |link| {
            // Nobody forgets the recipient meanwhile.
            link.serialise(Lock::Outbox)?;
            let served = link.first("SELECT 1 FROM recipient WHERE name = $1", &[target.into()])?.is_some();
            let dead = "SELECT 1 FROM delivery WHERE target = $1 AND state = 'dead' LIMIT 1";
            if !served && link.first(dead, &[target.into()])?.is_some() {
                return Ok(SentAgain::Forgotten);
            }
            let again = "UPDATE delivery SET state = 'waiting', attempts = 0, due = $2 \
                         WHERE target = $1 AND state = 'dead'";
            let (target_value, due) = (Value::from(target), Value::Int(now.as_microsecond()));
            let count = match event {
                Some(event) => link.execute(&format!("{again} AND event = $3"), &[target_value, due, event.into()])?,
                None => link.execute(again, &[target_value, due])?,
            };
            if count > 0 {
                let detail = format!("{count} dead deliveries: {}", event.unwrap_or("all"));
                audit::append(
                    link,
                    &Event { time: now, actor, action: "send-again", subject: target, detail: &detail },
                )?;
            }
            Ok(SentAgain::Waiting(count))
        })
    }

    /// How it stands with each recipient, by name, or with one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn recipients(&self, only: Option<&str>, now: Timestamp) -> Result<Vec<Standing>, StoreError> {
        self.pool().read("read the recipients of", |link| {
            let one = if only.is_some() { "WHERE name = $3" } else { "" };
            let all = format!(
                "SELECT name, wanted, CASE WHEN until > $1 THEN holder END, \
                 (SELECT count(*) FROM delivery WHERE target = name AND state = 'waiting'), \
                 (SELECT count(*) FROM delivery WHERE target = name AND state = 'dead') \
                 FROM recipient {one} ORDER BY name LIMIT $2"
            );
            let values = [Value::Int(now.as_microsecond()), PAGE_COUNT_MAX.into()].into_iter();
            let values: Vec<Value<'_>> = values.chain(only.map(Value::from)).collect();
            let rows = link.query(&all, &values)?;
            let mut standing = Vec::with_capacity(rows.len());
            for mut row in rows {
                let (target, wanted, holder) = (row.text()?, row.text()?, row.may_text()?);
                let (waiting, dead) = (row.count()?, row.count()?);
                let mut behind = 0;
                for stream in Stream::ALL.into_iter().filter(|one| wanted.split(' ').any(|word| word == one.word())) {
                    behind += stream.ends(link, &target)?.iter().map(streams::End::behind).sum::<u64>();
                }
                standing.push(Standing { target, holder, behind, waiting, dead });
            }
            Ok(standing)
        })
    }
}

/// Says to other nodes which signals changed, and notes what became of them for those who are to be told, in the transaction
/// that changes them: `new` says of each id whether it was just raised.
pub(crate) fn signals_changed<'a>(
    link: &mut dyn Link,
    ids: impl Iterator<Item = (&'a str, bool)>,
    now: i64,
) -> Done<()> {
    let ids: Vec<(&str, bool)> = ids.collect();
    ids.iter().try_for_each(|(id, _)| link.announce(id))?;
    if ids.is_empty() || link.first("SELECT 1 FROM progress WHERE stream = 'signal' LIMIT 1", &[])?.is_none() {
        return Ok(());
    }
    link.serialise(Lock::Outbox)?;
    for (id, new) in ids {
        let Some(row) = signal::row(link, id)? else { continue };
        let add = "INSERT INTO outbox (number, at, new, body) SELECT max(number) + 1, $1, $2, $3 FROM \
                   (SELECT coalesce(max(number), 0) AS number FROM outbox UNION ALL \
                   SELECT coalesce(max(position), 0) FROM progress WHERE stream = 'signal') AS used";
        let body = row.into_json();
        link.execute(add, &[Value::Int(now), Value::Int(new.into()), body.as_str().into()])?;
    }
    Ok(())
}

fn put(link: &mut dyn Link, target: &str, one: &Delivery) -> Done<()> {
    let put = format!(
        "INSERT INTO delivery ({DELIVERY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (target, event) DO UPDATE SET attempts = $6, due = $7, state = $8, why = $9"
    );
    let values = [
        target.into(),
        one.event.as_str().into(),
        one.what.as_str().into(),
        Value::Int(one.at.as_microsecond()),
        one.body.as_str().into(),
        one.attempts.into(),
        Value::Int(one.due.as_microsecond()),
        one.state.as_str().into(),
        one.why.as_str().into(),
    ];
    link.execute(&put, &values)?;
    Ok(())
}

fn read(mut row: Row) -> Result<Delivery, Fault> {
    Ok(Delivery {
        target: row.text()?,
        event: row.text()?,
        what: row.text()?,
        at: moment(row.int()?)?,
        body: row.text()?,
        attempts: u32::try_from(row.int()?).map_err(|_| Fault::Shape)?,
        due: moment(row.int()?)?,
        state: DeliveryState::of(&row.text()?).ok_or(Fault::Shape)?,
        why: row.text()?,
    })
}
