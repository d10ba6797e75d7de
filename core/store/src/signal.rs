//! Early signals: raised once for what they are about, with how many disputes are behind them, until somebody has handled
//! them or they expire.

use jiff::Timestamp;
use maple_kernel::Level;

use crate::{
    PAGE_COUNT_MAX, Store, StoreError,
    activation::moment,
    bounded, outbox,
    pool::Done,
    sql::{Fault, Link, Lock, Row, Value},
};

const SIGNAL: &str = "id, code, level, sort, subject, locality, kind, policy, rule, basis, measures, responsible, cases, \
                      raised, latest, deadline, expires, state, changed, actor, escalated";
/// Length of each text of a signal.
const SIGNAL_BYTES_MAX: usize = 4_096;
/// What stands between the words of a list.
const BETWEEN: char = ' ';

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalState {
    /// Nobody has looked at it.
    Raised,
    /// Somebody is at it.
    Acknowledged,
    /// What was to be done was done.
    Handled,
    /// There was nothing behind it.
    FalseAlarm,
}

impl SignalState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Raised, Self::Acknowledged, Self::Handled, Self::FalseAlarm];

    /// The word used in JSON and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Handled => "handled",
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// True when nothing more is to be done.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Handled | Self::FalseAlarm)
    }
}

/// What a policy says should be watched, of one dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// A new id, used when there is no such signal yet.
    pub id: String,
    /// What it says.
    pub code: String,
    /// How urgent.
    pub level: Level,
    /// What sort of thing it is about.
    pub sort: String,
    /// Which one: a hash, a station, a kind, a case.
    pub subject: String,
    /// Where.
    pub locality: String,
    /// The kind of dispute.
    pub kind: String,
    /// The policy that says so.
    pub policy: String,
    /// Its rule.
    pub rule: String,
    /// The law behind it.
    pub basis: Vec<String>,
    /// What should be done.
    pub measures: Vec<String>,
    /// Who should do it.
    pub responsible: Option<String>,
    /// When the dispute came.
    pub at: Timestamp,
    /// By when something should be done about it.
    pub deadline: Option<Timestamp>,
    /// When it is over by itself.
    pub expires: Timestamp,
    /// How many disputes are known to be behind it.
    pub cases: i64,
}

/// A signal, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// As it was raised; at the time of the first dispute, at the level that it has now.
    pub raised: Raise,
    /// When the latest dispute came.
    pub latest: Timestamp,
    /// What became of it.
    pub state: SignalState,
    /// When something changed about it.
    pub changed: Timestamp,
    /// Who changed it.
    pub actor: Option<String>,
    /// When it was made more urgent since nobody handled it in time.
    pub escalated: Option<Timestamp>,
}

/// Which signals are asked for; what is left out says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalFilter {
    /// Of this locality and all below.
    pub locality: Option<String>,
    /// In this state.
    pub state: Option<SignalState>,
    /// Of this level.
    pub level: Option<Level>,
    /// Not over by themselves at this moment.
    pub living: Option<Timestamp>,
    /// Changed after this moment, by the clock of who changed them.
    pub changed_after: Option<Timestamp>,
    /// After this one of the page before.
    pub after: Option<(Timestamp, String)>,
}

/// A dispute that no policy was asked about yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlooked {
    /// Its id.
    pub id: String,
    /// When it came.
    pub registered: Timestamp,
}

impl Store {
    /// Disputes about which no policy of prevention was asked, the earliest first.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn unlooked(&self, count: u32) -> Result<Vec<Unlooked>, StoreError> {
        let some = "SELECT id, registered FROM dispute WHERE looked = 0 AND registered IS NOT NULL \
                    ORDER BY registered LIMIT $1";
        self.pool().read("read disputes from", |link| {
            let rows = link.query(some, &[count.min(PAGE_COUNT_MAX).into()])?;
            let read = |mut row: Row| Ok(Unlooked { id: row.text()?, registered: moment(row.int()?)? });
            Ok(rows.into_iter().map(read).collect::<Result<_, Fault>>()?)
        })
    }

    /// Notes that policies were asked about disputes and what they said, once for each dispute. Gives the signals that are
    /// new or changed.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, does not answer in time, or a text is too long.
    pub fn raise(&self, looked: &[(String, Vec<Raise>)], now: Timestamp) -> Result<Vec<Signal>, StoreError> {
        looked.iter().flat_map(|(_, raises)| raises).try_for_each(Raise::check)?;
        self.pool().write("raise signals in", |link| {
            link.serialise(Lock::Events)?;
            let mut changed: Vec<Signal> = Vec::new();
            for (dispute, raises) in looked {
                let first = "UPDATE dispute SET looked = 1 WHERE id = $1 AND looked = 0";
                if link.execute(first, &[Value::Text(dispute)])? == 0 {
                    // Another node was first.
                    continue;
                }
                for raise in raises {
                    let signal = raise_one(link, raise, now)?;
                    changed.retain(|known| known.raised.id != signal.raised.id);
                    changed.push(signal);
                }
            }
            let raised = |id: &str| looked.iter().flat_map(|(_, raises)| raises).any(|raise| raise.id == id);
            let ids = changed.iter().map(|signal| signal.raised.id.as_str());
            outbox::signals_changed(link, ids.map(|id| (id, raised(id))), now.as_microsecond())?;
            Ok(changed)
        })
    }

    /// Says what became of a signal; nothing when there is none of this id.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, or does not answer in time.
    pub fn signal_state(
        &self,
        id: &str,
        state: SignalState,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<Signal>, StoreError> {
        bounded("an actor", actor, SIGNAL_BYTES_MAX)?;
        self.pool().write("change a signal of", |link| {
            let set = "UPDATE signal SET state = $1, actor = $2, changed = $3 WHERE id = $4";
            let values =
                [Value::Text(state.as_str()), Value::Text(actor), Value::Int(now.as_microsecond()), Value::Text(id)];
            if link.execute(set, &values)? > 0 {
                outbox::signals_changed(link, [(id, false)].into_iter(), now.as_microsecond())?;
            }
            Ok(one(link, id)?)
        })
    }

    /// Makes signals more urgent that nobody handled in time, once each; gives them.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, or does not answer in time.
    pub fn escalate(&self, now: Timestamp) -> Result<Vec<Signal>, StoreError> {
        let late = "SELECT id, level FROM signal WHERE escalated IS NULL AND deadline < $1 AND expires > $1 \
                    AND state IN ('raised', 'acknowledged') ORDER BY id LIMIT $2";
        self.pool().write("escalate signals of", |link| {
            let micros = Value::Int(now.as_microsecond());
            let mut changed = Vec::new();
            for mut row in link.query(late, &[micros, PAGE_COUNT_MAX.into()])? {
                let (id, level) = (row.text()?, row.int()?);
                let up = "UPDATE signal SET level = $1, escalated = $2, changed = $2 WHERE id = $3";
                link.execute(up, &[Value::Int((level + 1).min(3)), micros, Value::Text(&id)])?;
                changed.extend(one(link, &id)?);
            }
            let ids = changed.iter().map(|signal| (signal.raised.id.as_str(), false));
            outbox::signals_changed(link, ids, now.as_microsecond())?;
            Ok(changed)
        })
    }

    /// A signal; nothing when there is none of this id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn signal(&self, id: &str) -> Result<Option<Signal>, StoreError> {
        self.pool().read("read a signal from", |link| Ok(one(link, id)?))
    }

    /// Signals of a filter, the latest first, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn signals(&self, filter: &SignalFilter, count: u32) -> Result<Vec<Signal>, StoreError> {
        let below = filter.locality.as_ref().map(|top| [format!("{top}/"), format!("{top}0")]);
        self.pool().read("list the signals of", |link| {
            let (mut wanted, mut values) = (vec!["latest > -1".to_owned()], Vec::new());
            let and = super::dispute::and;
            if let (Some(top), Some([first, end])) = (&filter.locality, &below) {
                and(&mut wanted, &mut values, "(locality = ? OR (locality >= ? AND locality < ?))", &[top, first, end]);
            }
            if let Some(state) = filter.state {
                and(&mut wanted, &mut values, "state = ?", &[state.as_str()]);
            }
            let mut number = |condition: &str, value: i64| {
                values.push(Value::Int(value));
                wanted.push(condition.replace('?', &format!("${}", values.len())));
            };
            if let Some(level) = filter.level {
                number("level = ?", level_number(level));
            }
            if let Some(now) = filter.living {
                number("expires > ?", now.as_microsecond());
            }
            if let Some(changed) = filter.changed_after {
                number("changed > ?", changed.as_microsecond());
            }
            if let Some((latest, id)) = &filter.after {
                values.push(Value::Int(latest.as_microsecond()));
                values.push(Value::Text(id));
                wanted.push(format!("(latest, id) < (${}, ${})", values.len() - 1, values.len()));
            }
            values.push(count.min(PAGE_COUNT_MAX).into());
            let page = format!(
                "SELECT {SIGNAL} FROM signal WHERE {} ORDER BY latest DESC, id DESC LIMIT ${}",
                wanted.join(" AND "),
                values.len()
            );
            Ok(link.query(&page, &values)?.into_iter().map(read).collect::<Result<_, _>>()?)
        })
    }
}

impl Raise {
    fn check(&self) -> Result<(), StoreError> {
        let words =
            [&self.id, &self.code, &self.sort, &self.subject, &self.locality, &self.kind, &self.policy, &self.rule];
        words.into_iter().try_for_each(|word| bounded("a word of a signal", word, SIGNAL_BYTES_MAX))?;
        [&self.basis, &self.measures]
            .into_iter()
            .try_for_each(|list| bounded("a list of a signal", &joined(list), SIGNAL_BYTES_MAX))
    }
}

/// Adds a dispute to the signal that lives at its time, or raises it.
fn raise_one(link: &mut dyn Link, raise: &Raise, now: Timestamp) -> Done<Signal> {
    let living = format!(
        "SELECT {SIGNAL} FROM signal WHERE code = $1 AND sort = $2 AND subject = $3 AND expires > $4 AND raised <= $4 \
         AND state IN ('raised', 'acknowledged') ORDER BY raised DESC LIMIT 1"
    );
    let (at, now) = (raise.at.as_microsecond(), now.as_microsecond());
    let same = [Value::Text(&raise.code), Value::Text(&raise.sort), Value::Text(&raise.subject), Value::Int(at)];
    if let Some(known) = link.first(&living, &same)?.map(read).transpose()? {
        let more = "UPDATE signal SET cases = $1, latest = $2, level = $3, expires = $4, changed = $5 WHERE id = $6";
        let level = level_number(known.raised.level).max(level_number(raise.level));
        let values = [
            Value::Int(known.raised.cases.max(raise.cases)),
            Value::Int(known.latest.as_microsecond().max(at)),
            Value::Int(level),
            Value::Int(known.raised.expires.as_microsecond().max(raise.expires.as_microsecond())),
            Value::Int(now),
            Value::Text(&known.raised.id),
        ];
        link.execute(more, &values)?;
        return Ok(one(link, &known.raised.id)?.ok_or(Fault::Shape)?);
    }
    let (basis, measures) = (joined(&raise.basis), joined(&raise.measures));
    let places: Vec<String> = (1..=21).map(|at| format!("${at}")).collect();
    let add = format!("INSERT INTO signal ({SIGNAL}) VALUES ({})", places.join(", "));
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
        Value::Int(now),
        Value::Null,
        Value::Null,
    ];
    link.execute(&add, &values)?;
    Ok(one(link, &raise.id)?.ok_or(Fault::Shape)?)
}

fn one(link: &mut dyn Link, id: &str) -> Result<Option<Signal>, Fault> {
    row(link, id)?.map(read).transpose()
}

/// A signal as it stands in its table.
pub(crate) fn row(link: &mut dyn Link, id: &str) -> Result<Option<Row>, Fault> {
    let one = format!("SELECT {SIGNAL} FROM signal WHERE id = $1");
    link.first(&one, &[Value::Text(id)])
}

const fn level_number(level: Level) -> i64 {
    match level {
        Level::Blue => 0,
        Level::Yellow => 1,
        Level::Orange => 2,
        Level::Red => 3,
    }
}

fn joined(words: &[String]) -> String {
    words.join(&BETWEEN.to_string())
}

fn split(words: &str) -> Vec<String> {
    words.split(BETWEEN).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

pub(crate) fn read(mut row: Row) -> Result<Signal, Fault> {
    let (id, code) = (row.text()?, row.text()?);
    let level = match row.int()? {
        0 => Level::Blue,
        1 => Level::Yellow,
        2 => Level::Orange,
        3 => Level::Red,
        _ => return Err(Fault::Shape),
    };
    let (sort, subject, locality, kind) = (row.text()?, row.text()?, row.text()?, row.text()?);
    let (policy, rule, basis, measures) = (row.text()?, row.text()?, split(&row.text()?), split(&row.text()?));
    let (responsible, cases) = (row.may_text()?, row.int()?);
    let (at, latest) = (moment(row.int()?)?, moment(row.int()?)?);
    let deadline = row.may_int()?.map(moment).transpose()?;
    let expires = moment(row.int()?)?;
    let state = SignalState::of(&row.text()?).ok_or(Fault::Shape)?;
    let (changed, actor) = (moment(row.int()?)?, row.may_text()?);
    let escalated = row.may_int()?.map(moment).transpose()?;
    let raised = Raise {
        id,
        code,
        level,
        sort,
        subject,
        locality,
        kind,
        policy,
        rule,
        basis,
        measures,
        responsible,
        at,
        deadline,
        expires,
        cases,
    };
    Ok(Signal { raised, latest, state, changed, actor, escalated })
}
