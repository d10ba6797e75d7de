//! Early signals: raised once for what they are about, with how many disputes are behind them, until somebody has handled
//! them or they expire.

mod raise;
mod verdict;

use jiff::Timestamp;
use maple_kernel::Level;

pub use self::verdict::{Opined, Verdict};
use crate::{
    PAGE_COUNT_MAX, Store, StoreError,
    activation::moment,
    bounded,
    dispute::{Later, Look},
    outbox,
    pool::Done,
    sql::{Fault, Link, Lock, Row, Value, WITHIN, below},
};

pub(crate) const SIGNAL: &str = "id, code, level, sort, subject, locality, kind, policy, rule, basis, measures, \
                                 responsible, cases, raised, latest, deadline, expires, state, changed, actor, \
                                 escalated, issued, acknowledged, ended";
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
    /// On what of a dispute's life it rests; nothing where it rests on how the dispute came.
    pub rests: Option<Rests>,
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
    /// When it was made more urgent since nobody handled it in time; none where it has a new deadline since.
    pub escalated: Option<Timestamp>,
    /// When it was issued, by the clock of the service: a dispute may be told late.
    pub issued: Timestamp,
    /// When somebody took it up, and did not give it back.
    pub acknowledged: Option<Timestamp>,
    /// When somebody said that it is over.
    pub ended: Option<Timestamp>,
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
    /// After this one of the page before.
    pub after: Option<(Timestamp, String)>,
}

/// On what of a dispute's life a signal rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rests {
    /// When that began, or happened: each is told once, and again only if it is more urgent.
    pub since: Timestamp,
    /// A time that runs: the signal ends by itself when it does not run any more.
    pub clock: bool,
    /// The dispute is one more than those that are known, where the signal says nothing of their number.
    pub adds: bool,
}

/// What became of looking at a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The dispute, as it was to be looked at.
    pub look: Look,
    /// What policies say.
    pub raises: Vec<Raise>,
    /// The signals of times that run now.
    pub running: Vec<String>,
    /// When it is to be looked at again although nothing happens.
    pub again: Option<Timestamp>,
    /// What came after it and is to be counted anew, where nobody had looked at it yet.
    pub later: Vec<Later>,
}

/// What became of saying what became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It stands so now.
    Changed(Signal),
    /// It was over already, in another way.
    Over(Signal),
    /// It was over by itself.
    Expired(Signal),
    /// There is no such signal.
    Unknown,
}

impl Store {
    /// Says what became of a signal. Nothing is changed about one that is over.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, does not answer in time, or the actor's name is too long.
    pub fn signal_state(&self, id: &str, state: SignalState, actor: &str, now: Timestamp) -> Result<Said, StoreError> {
        bounded("an actor", actor, SIGNAL_BYTES_MAX)?;
        self.pool().write("change a signal of", |link| {
            link.serialise(Lock::Events)?;
            say(link, id, state, (actor, now), now)
        })
    }

    /// Makes signals more urgent that nobody handled in time, once for each deadline; gives them.
    ///
    /// # Errors
    ///
    /// When the database cannot be written, or does not answer in time.
    pub fn escalate(&self, now: Timestamp) -> Result<Vec<Signal>, StoreError> {
        let late = "SELECT id, level FROM signal {by} WHERE escalated IS NULL AND deadline < $1 AND expires > $1 \
                    AND state IN ('raised', 'acknowledged') ORDER BY id LIMIT $2";
        self.pool().write("escalate signals of", |link| {
            link.serialise(Lock::Events)?;
            let micros = Value::Int(now.as_microsecond());
            let mut changed = Vec::new();
            let late = late.replace("{by}", &link.dialect().by("signal_open"));
            for mut row in link.query(&late, &[micros, PAGE_COUNT_MAX.into()])? {
                let (id, level) = (row.text()?, row.int()?);
                let up =
                    "UPDATE signal SET level = $1, escalated = $2, changed = $2 WHERE id = $3 AND escalated IS NULL";
                if link.execute(up, &[Value::Int((level + 1).min(3)), micros, Value::Text(&id)])? > 0 {
                    changed.extend(one(link, &id)?);
                }
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
        let below = filter.locality.as_ref().map(|top| below(top));
        self.pool().read("list the signals of", |link| {
            let (mut wanted, mut values) = (vec!["latest > -1".to_owned()], Vec::new());
            let and = super::dispute::and;
            if let (Some(top), Some([first, end])) = (&filter.locality, &below) {
                and(&mut wanted, &mut values, WITHIN, &[top, first, end]);
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

impl Store {
    /// Signals of a locality and all below, or of all, that changed after a moment, by the clock of who changed them; the
    /// earliest first, at most `count` and [`PAGE_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn signals_changed_after(
        &self,
        after: Timestamp,
        locality: Option<&str>,
        count: u32,
    ) -> Result<Vec<Signal>, StoreError> {
        let below = locality.map(below);
        self.pool().read("list the signals of", |link| {
            let mut values = vec![Value::Int(after.as_microsecond()), count.min(PAGE_COUNT_MAX).into()];
            let mut wanted = vec!["changed > $1".to_owned()];
            if let (Some(top), Some([first, end])) = (locality, &below) {
                crate::dispute::and(&mut wanted, &mut values, WITHIN, &[top, first, end]);
            }
            let page =
                format!("SELECT {SIGNAL} FROM signal WHERE {} ORDER BY changed, id LIMIT $2", wanted.join(" AND "));
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

/// Changes the state of a signal that was not over at a moment: who says so, and when that became known.
fn say(
    link: &mut dyn Link,
    id: &str,
    state: SignalState,
    (actor, at): (&str, Timestamp),
    received: Timestamp,
) -> Done<Said> {
    let Some(known) = one(link, id)? else { return Ok(Said::Unknown) };
    // Nobody has to do with a signal before it is issued, or after now.
    let at = at.max(known.issued).min(received);
    let (now, moment) = (Value::Int(received.as_microsecond()), Value::Int(at.as_microsecond()));
    if state == SignalState::Acknowledged && known.ended.map_or(known.state == state, |ended| at < ended) {
        // Told after what came of it: then only since when somebody was at it may be news.
        if known.acknowledged.is_none_or(|before| at < before) {
            let since = "UPDATE signal SET acknowledged = $1, changed = $2 WHERE id = $3";
            link.execute(since, &[moment, now, Value::Text(id)])?;
            outbox::signals_changed(link, [(id, false)].into_iter(), received.as_microsecond())?;
        }
        return Ok(one(link, id)?.map_or(Said::Unknown, Said::Changed));
    }
    if known.state == state {
        return Ok(Said::Changed(known));
    }
    if known.state.is_over() {
        return Ok(Said::Over(known));
    }
    if known.raised.expires <= at {
        return Ok(Said::Expired(known));
    }
    let set = "UPDATE signal SET state = $1, actor = $2, changed = $3, \
               acknowledged = CASE WHEN $1 = 'raised' THEN NULL WHEN acknowledged <= $5 THEN acknowledged ELSE $5 END, \
               ended = CASE WHEN $1 IN ('handled', 'false_alarm') THEN $5 END WHERE id = $4";
    link.execute(set, &[Value::Text(state.as_str()), Value::Text(actor), now, Value::Text(id), moment])?;
    outbox::signals_changed(link, [(id, false)].into_iter(), received.as_microsecond())?;
    Ok(one(link, id)?.map_or(Said::Unknown, Said::Changed))
}

fn one(link: &mut dyn Link, id: &str) -> Result<Option<Signal>, Fault> {
    row(link, id)?.map(read).transpose()
}

/// A signal as it stands in its table.
pub(crate) fn row(link: &mut dyn Link, id: &str) -> Result<Option<Row>, Fault> {
    let one = format!("SELECT {SIGNAL} FROM signal WHERE id = $1");
    link.first(&one, &[Value::Text(id)])
}

pub(crate) const fn level_number(level: Level) -> i64 {
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
    let issued = moment(row.int()?)?;
    let (acknowledged, ended) = (row.may_int()?.map(moment).transpose()?, row.may_int()?.map(moment).transpose()?);
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
        rests: None,
    };
    Ok(Signal { raised, latest, state, changed, actor, escalated, issued, acknowledged, ended })
}
