//! What events say became of signals: taken once each, by who says so and its id there.

use jiff::Timestamp;

use super::{Said, SignalState, say};
use crate::{
    REFERENCE_BYTES_MAX, Store, StoreError, bounded,
    pool::Done,
    sql::{Link, Lock, Value},
};

/// What an event says became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who says so.
    pub source: String,
    /// Its id there.
    pub id: String,
    /// The signal.
    pub signal: String,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub state: SignalState,
}

/// What became of such an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few are made, and none is kept")]
pub enum Opined {
    /// See [`Said`]; it is kept where the signal stands so now.
    Said(Said),
    /// It was there before.
    Duplicate,
    /// Another event of this source has its id.
    Conflict,
}

impl Store {
    /// Takes what events say became of signals, all in one transaction; what became of each. They are taken in the order
    /// of their own times, whatever the order in which they stand here. `actor` is who sent them.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, does not answer in time, or a text is too long.
    pub fn take_verdicts(
        &self,
        verdicts: &[Verdict],
        actor: &str,
        received: Timestamp,
    ) -> Result<Vec<Opined>, StoreError> {
        let words = verdicts.iter().flat_map(|verdict| [&verdict.source, &verdict.id, &verdict.signal]);
        words
            .map(String::as_str)
            .chain([actor])
            .try_for_each(|word| bounded("a reference", word, REFERENCE_BYTES_MAX))?;
        let mut order: Vec<(usize, &Verdict)> = verdicts.iter().enumerate().collect();
        order.sort_by_key(|(_, verdict)| (verdict.at, verdict.state.is_over()));
        self.pool().write("take events into", |link| {
            link.serialise(Lock::Events)?;
            let mut taken: Vec<(usize, Opined)> = Vec::with_capacity(verdicts.len());
            for (place, verdict) in &order {
                taken.push((*place, take(link, verdict, actor, received)?));
            }
            taken.sort_by_key(|(place, _)| *place);
            Ok(taken.into_iter().map(|(_, opined)| opined).collect())
        })
    }
}

fn take(link: &mut dyn Link, verdict: &Verdict, actor: &str, received: Timestamp) -> Done<Opined> {
    let Verdict { source, id, signal, at, state } = verdict;
    let one = "SELECT signal, at, state FROM verdict WHERE source = $1 AND id = $2";
    if let Some(mut row) = link.first(one, &[Value::Text(source), Value::Text(id)])? {
        let known = (row.text()?, row.int()?, row.text()?);
        let same = known.0 == *signal && known.1 == at.as_microsecond() && known.2 == state.as_str();
        return Ok(if same { Opined::Duplicate } else { Opined::Conflict });
    }
    let said = say(link, signal, *state, (actor, *at), received)?;
    if matches!(said, Said::Changed(_)) {
        let add = "INSERT INTO verdict (source, id, signal, at, received, state) VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            Value::Text(source),
            Value::Text(id),
            Value::Text(signal),
            Value::Int(at.as_microsecond()),
            Value::Int(received.as_microsecond()),
            Value::Text(state.as_str()),
        ];
        link.execute(add, &values)?;
    }
    Ok(Opined::Said(said))
}
