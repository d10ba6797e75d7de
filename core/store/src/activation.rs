//! Which ruleset serves: records that are added by compare and swap, and never changed.

use jiff::Timestamp;
use maple_seal::Digest;

use crate::{
    HISTORY_COUNT_MAX, Store, StoreError, TERMS_BYTES_MAX, TEXT_BYTES_MAX,
    audit::{self, Event},
    bounded,
    pool::Done,
    sql::{Dialect, Fault, Link, Lock, Row, Value},
};

/// The latest plan that has begun. What belongs to no recipient of deliveries stands beside theirs under no name.
const BEGUN: &str = "SELECT coalesce(max(position), 0) FROM progress WHERE target = '' AND stream = 'begun'";

pub(crate) const COLUMNS: &str = "generation, ruleset, at, actor, why, bundle, replaces, kind, effective, terms";

/// The record that a ruleset serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Its number, from 1; each new ruleset takes the next.
    pub generation: u32,
    /// The digest of the ruleset.
    pub ruleset: String,
    /// When, RFC 3339.
    pub at: String,
    /// Who or what activated it.
    pub by: String,
    /// Why.
    pub why: String,
    /// The digest of the bundle that it was made from, where it is kept.
    pub bundle: Option<String>,
    /// The generation that it replaces.
    pub replaces: Option<u32>,
    /// What it is.
    pub kind: ActivationKind,
    /// From when it serves, where that is later than `at`.
    pub effective: Option<Timestamp>,
    /// In which state policies serve and what else belongs to it, as the caller writes it.
    pub terms: Option<String>,
}

impl Activation {
    /// From when it serves, if its moments can be read: for history. What serves now is told by [`Activation::is_due`],
    /// so that clocks that differ change nothing of it.
    #[must_use]
    pub fn serves_from(&self) -> Option<Timestamp> {
        let at = self.at.parse().ok();
        self.effective.map_or(at, |from| Some(at.map_or(from, |at| from.max(at))))
    }

    /// True unless it is planned for later.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.effective.is_none_or(|from| from <= now)
    }
}

/// What an activation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActivationKind {
    /// A ruleset begins to serve.
    #[default]
    Activate,
    /// An older one serves again.
    Rollback,
    /// The state of a locality or a policy was changed.
    Brake,
    /// A share of cases is decided by another ruleset.
    Canary,
    /// The same ruleset, for another reason.
    Renew,
}

impl ActivationKind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Rollback => "rollback",
            Self::Brake => "brake",
            Self::Canary => "canary",
            Self::Renew => "renew",
        }
    }

    pub(crate) fn of(word: &str) -> Result<Self, Fault> {
        let all = [Self::Activate, Self::Rollback, Self::Brake, Self::Canary, Self::Renew];
        all.into_iter().find(|kind| kind.word() == word).ok_or(Fault::Shape)
    }
}

/// A ruleset that is to serve.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The digest of the ruleset.
    pub ruleset: &'a str,
    /// When, RFC 3339.
    pub at: &'a str,
    /// Who or what activates it.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

/// A ruleset that is to serve in the place of another.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    /// The ruleset, when, by whom and why.
    pub request: Request<'a>,
    /// The latest generation that the caller knows; none for the first.
    pub replaces: Option<u32>,
    /// The digest of the bundle, where it is kept.
    pub bundle: Option<&'a str>,
    /// What it is.
    pub kind: ActivationKind,
    /// From when it serves, where that is later.
    pub effective: Option<Timestamp>,
    /// In which state policies serve and what else belongs to it, at most [`TERMS_BYTES_MAX`].
    pub terms: Option<&'a str>,
}

impl Store {
    /// Records that a ruleset serves, whatever served before. The ruleset that serves already keeps its activation;
    /// any other takes the next generation.
    ///
    /// # Errors
    ///
    /// When a text is too long or no moment, or the database cannot be written.
    pub fn activate(&self, request: &Request<'_>) -> Result<Activation, StoreError> {
        let at = checked(request)?;
        self.pool().write("record the activation in", |link| {
            link.serialise(Lock::Activation)?;
            let last = last(link)?;
            if let Some(same) = last.as_ref().filter(|last| last.ruleset == request.ruleset) {
                return Ok(same.clone());
            }
            let replaces = last.map(|last| last.generation);
            let kind = ActivationKind::Activate;
            let swap = Swap { request: *request, replaces, bundle: None, kind, effective: None, terms: None };
            put(link, &swap, at)
        })
    }

    /// Records that a ruleset serves in the place of the one that the caller knows; nothing is changed if another
    /// activation came in between.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] with the latest activation when it is not the one to be replaced; also when a text is
    /// too long or no moment, or the database cannot be written.
    pub fn activation_swap(&self, swap: &Swap<'_>) -> Result<Activation, StoreError> {
        let at = checked(&swap.request)?;
        bounded("the digest of a bundle", swap.bundle.unwrap_or_default(), TEXT_BYTES_MAX)?;
        bounded("the terms of an activation", swap.terms.unwrap_or_default(), TERMS_BYTES_MAX)?;
        self.pool().write("record the activation in", |link| {
            link.serialise(Lock::Activation)?;
            let last = last(link)?;
            if last.as_ref().map(|last| last.generation) != swap.replaces {
                return Err(StoreError::Conflict { current: last.map(Box::new) }.into());
            }
            put(link, swap, at)
        })
    }

    /// Records several activations, one in the place of the other, wholly or not at all. Only what the first replaces is
    /// compared.
    ///
    /// # Errors
    ///
    /// As [`Store::activation_swap`].
    pub fn activations_swap(&self, swaps: &[Swap<'_>]) -> Result<Vec<Activation>, StoreError> {
        let checked = swaps.iter().map(|swap| {
            bounded("the digest of a bundle", swap.bundle.unwrap_or_default(), TEXT_BYTES_MAX)?;
            bounded("the terms of an activation", swap.terms.unwrap_or_default(), TERMS_BYTES_MAX)?;
            checked(&swap.request)
        });
        let times = checked.collect::<Result<Vec<_>, _>>()?;
        self.pool().write("record the activations in", |link| {
            link.serialise(Lock::Activation)?;
            let mut last = last(link)?;
            let replaces = swaps.first().and_then(|swap| swap.replaces);
            if last.as_ref().map(|last| last.generation) != replaces {
                return Err(StoreError::Conflict { current: last.map(Box::new) }.into());
            }
            let mut done = Vec::with_capacity(swaps.len());
            for (swap, time) in swaps.iter().zip(&times) {
                let replaces = last.as_ref().map(|last| last.generation);
                let one = put(link, &Swap { replaces, ..*swap }, *time)?;
                last = Some(one.clone());
                done.push(one);
            }
            Ok(done)
        })
    }

    /// The latest activation that is not planned for later, or has begun: the one that serves now.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn in_force(&self, now: Timestamp) -> Result<Option<Activation>, StoreError> {
        self.pool().read_soon("read the activation from", |link| {
            let one = format!(
                "SELECT {COLUMNS} FROM activation WHERE effective IS NULL OR effective <= $1 OR generation <= ({BEGUN}) \
                 ORDER BY generation DESC LIMIT 1"
            );
            Ok(link.first(&one, &[Value::Int(now.as_microsecond())])?.map(read).transpose()?)
        })
    }

    /// Writes that a plan has begun to serve on a node, once: from then on no clock is asked whether it does.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn begin(&self, generation: u32, node: &str, at: Timestamp) -> Result<(), StoreError> {
        bounded("the name of a node", node, TEXT_BYTES_MAX)?;
        if self.begun()? >= generation {
            return Ok(());
        }
        self.pool().write_soon("write that a plan has begun in", |link| {
            link.serialise(Lock::Activation)?;
            if begun(link)? >= generation {
                return Ok(());
            }
            let put = "INSERT INTO progress (target, stream, position) VALUES ('', 'begun', $1) \
                       ON CONFLICT (target, stream) DO UPDATE SET position = $1";
            link.execute(put, &[generation.into()])?;
            let subject = generation.to_string();
            audit::append(link, &Event { time: at, actor: node, action: "begin", subject: &subject, detail: "" })?;
            changed(link)
        })
    }

    /// The latest generation that was planned and has begun to serve on some node; 0 when there is none.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn begun(&self) -> Result<u32, StoreError> {
        self.pool().read_soon("read the activation from", begun)
    }

    /// The latest activation, if there was any yet.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn current(&self) -> Result<Option<Activation>, StoreError> {
        self.pool().read_soon("read the activation from", last)
    }

    /// One activation.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn activation(&self, generation: u32) -> Result<Option<Activation>, StoreError> {
        self.pool().read_soon("read the activation from", |link| {
            let one = format!("SELECT {COLUMNS} FROM activation WHERE generation = $1");
            Ok(link.first(&one, &[generation.into()])?.map(read).transpose()?)
        })
    }

    /// The latest activations, the newest first, at most [`HISTORY_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn history(&self) -> Result<Vec<Activation>, StoreError> {
        self.activations_before(u32::MAX)
    }

    /// The activations before a generation, the newest first, at most [`HISTORY_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn activations_before(&self, generation: u32) -> Result<Vec<Activation>, StoreError> {
        self.pool().read("read the activations from", |link| {
            let page =
                format!("SELECT {COLUMNS} FROM activation WHERE generation < $1 ORDER BY generation DESC LIMIT $2");
            let rows = link.query(&page, &[generation.into(), HISTORY_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }

    /// The activation that serves at a moment: the latest of those that serve from then or before. One that was
    /// planned and not yet served gives way to every later one.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn serving(&self, at: Timestamp) -> Result<Option<Activation>, StoreError> {
        // A moment that cannot be read is one of an early version, which planned nothing.
        self.latest(|activation| activation.serves_from().is_none_or(|from| from <= at))
    }

    /// The latest activation of which something is true.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn latest(&self, is: impl Fn(&Activation) -> bool) -> Result<Option<Activation>, StoreError> {
        self.latest_before(u32::MAX, is)
    }

    /// The latest activation before a generation of which something is true.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn latest_before(
        &self,
        generation: u32,
        is: impl Fn(&Activation) -> bool,
    ) -> Result<Option<Activation>, StoreError> {
        let mut before = generation;
        loop {
            let page = self.activations_before(before)?;
            let Some(oldest) = page.last().map(|oldest| oldest.generation) else { return Ok(None) };
            if let Some(found) = page.into_iter().find(|one| is(one)) {
                return Ok(Some(found));
            }
            before = oldest;
        }
    }
}

impl Activation {
    /// What the audit log says of it: every field goes into the digest.
    pub(crate) fn said(&self) -> String {
        let Self { generation, ruleset, at, by, why, bundle, replaces, kind, effective, terms } = self;
        let effective = effective.map(Timestamp::as_microsecond);
        let all =
            serde_json::json!([generation, ruleset, at, by, why, bundle, replaces, kind.word(), effective, terms]);
        let digest = Digest::of(all.to_string().as_bytes());
        format!("generation {generation}, ruleset {ruleset}, as {digest}: {why}")
    }

    /// Whether this is what the audit log said. An earlier version said less.
    pub(crate) fn was_said(&self, detail: &str) -> bool {
        let Self { generation, ruleset, why, .. } = self;
        detail == self.said() || detail == format!("generation {generation}, ruleset {ruleset}: {why}")
    }
}

fn checked(request: &Request<'_>) -> Result<Timestamp, StoreError> {
    for text in [request.ruleset, request.at, request.by, request.why] {
        bounded("a text of an activation", text, TEXT_BYTES_MAX)?;
    }
    let no_moment = |_| StoreError::Word {
        what: "the moment",
        word: request.at.to_owned(),
        help: "write it as in 2026-11-23T08:00:00Z",
    };
    request.at.parse().map_err(no_moment)
}

fn last(link: &mut dyn Link) -> Done<Option<Activation>> {
    let latest = format!("SELECT {COLUMNS} FROM activation ORDER BY generation DESC LIMIT 1");
    Ok(link.first(&latest, &[])?.map(read).transpose()?)
}

fn put(link: &mut dyn Link, swap: &Swap<'_>, time: Timestamp) -> Done<Activation> {
    let Swap { request: Request { ruleset, at, by, why }, replaces, bundle, kind, effective, terms } = *swap;
    let owned = str::to_owned;
    let activation = Activation {
        generation: replaces.unwrap_or(0) + 1,
        ruleset: owned(ruleset),
        at: owned(at),
        by: owned(by),
        why: owned(why),
        bundle: bundle.map(owned),
        replaces,
        kind,
        effective,
        terms: terms.map(owned),
    };
    let generation = activation.generation;
    link.execute(
        &format!("INSERT INTO activation ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        &[
            generation.into(),
            ruleset.into(),
            at.into(),
            by.into(),
            why.into(),
            bundle.into(),
            replaces.into(),
            kind.word().into(),
            Value::from(effective.map(Timestamp::as_microsecond)),
            terms.into(),
        ],
    )?;
    let detail = activation.said();
    audit::append(
        link,
        &Event { time, actor: by, action: kind.word(), subject: &generation.to_string(), detail: &detail },
    )?;
    changed(link)?;
    Ok(activation)
}

fn begun(link: &mut dyn Link) -> Done<u32> {
    let mut row = link.first(BEGUN, &[])?.ok_or(Fault::Shape)?;
    Ok(u32::try_from(row.int()?).map_err(|_| Fault::Shape)?)
}

/// Tells the other nodes, at the commit.
fn changed(link: &mut dyn Link) -> Done<()> {
    if link.dialect() == Dialect::Postgres {
        link.batch("NOTIFY maple_change")?;
    }
    Ok(())
}

pub(crate) fn read(mut row: Row) -> Result<Activation, Fault> {
    let generation = |number: i64| u32::try_from(number).map_err(|_| Fault::Shape);
    Ok(Activation {
        generation: generation(row.int()?)?,
        ruleset: row.text()?,
        at: row.text()?,
        by: row.text()?,
        why: row.text()?,
        bundle: row.may_text()?,
        replaces: row.may_int()?.map(generation).transpose()?,
        kind: ActivationKind::of(&row.text()?)?,
        effective: row.may_int()?.map(moment).transpose()?,
        terms: row.may_text()?,
    })
}

/// A moment that is kept in microseconds.
pub(crate) fn moment(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(micros).map_err(|_| Fault::Shape)
}
