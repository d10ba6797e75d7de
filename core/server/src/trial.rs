//! Recorded questions decided once more, under two rulesets: what a change of rules would have done to the latest cases.
//! Nothing of it is kept.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use maple_insight::backtest::{Change, First, Sample, Seen, Tally, compare};
use maple_kernel::{Code, Day, Decision, Question, Ruleset, Text};
use maple_store::{Filter, Store};
use maple_wire::parse_question;
use uuid::Uuid;

use crate::{control::Refusal, http::evaluate::guarded};

/// Recorded questions that one trial decides.
pub const TRIAL_CASES_MAX: u32 = 500;
/// How long one trial may take; what is not decided by then is left out, and that is told.
pub const TRIAL_SECONDS_MAX: u64 = 20;
/// Records that are read at a time.
const RECORDS_COUNT: u32 = 100;
/// Changed cases that are shown of each move from one first step to another.
const EACH_SHOWN_MAX: usize = 3;
/// Changed cases that are shown.
pub const CHANGED_SHOWN_MAX: usize = 20;

/// Which questions are decided, and until when.
pub(crate) struct Terms {
    /// Which records; the latest come first.
    pub(crate) filter: Filter,
    /// How many at most.
    pub(crate) count: u32,
    /// The day of a question that names none.
    pub(crate) day: Day,
    pub(crate) until: Instant,
}

impl Terms {
    pub(crate) fn new(locality: Option<String>, count: u32, day: Day) -> Self {
        let filter = Filter { locality, ..Filter::default() };
        let until = Instant::now() + Duration::from_secs(TRIAL_SECONDS_MAX);
        Self { filter, count: count.min(TRIAL_CASES_MAX), day, until }
    }
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) tally: Tally,
    /// Some of the changed cases.
    pub(crate) changed: Vec<Changed>,
    /// Records that one of the rulesets cannot read: they speak of a place or use a word that it does not have.
    pub(crate) unread: u32,
    /// The time was over before all were decided.
    pub(crate) late: bool,
}

/// A case that comes out otherwise.
#[derive(Clone)]
pub(crate) struct Changed {
    /// Its decision.
    pub(crate) id: String,
    pub(crate) locality: String,
    pub(crate) kind: String,
    pub(crate) change: Change,
    pub(crate) before: Told,
    pub(crate) after: Told,
}

/// What one side says where the two part, and why.
#[derive(Clone)]
pub(crate) struct Told {
    /// Which step it is, from 0.
    pub(crate) step: usize,
    /// Where that leads; to nothing where the other has one step more.
    pub(crate) to: First,
    pub(crate) body: Option<Code>,
    pub(crate) why: Text,
    pub(crate) policy: String,
    pub(crate) rule: String,
}

impl Told {
    fn of(decision: &Decision<'_>, step: usize) -> Self {
        let first = First::of(decision);
        let (to, body, why, by) = match (&first, decision.steps.get(step), &decision.referral) {
            (First::Refer, _, Some(referral)) => (First::Refer, None, &referral.text, referral.by),
            (First::Channel(_), Some(at), _) => {
                (First::Channel(at.channel.apart()), at.body.as_ref(), &at.ground.why, at.ground.by)
            }
            _ => {
                let (policy, rule) = (String::new(), String::new());
                return Self { step, to: First::Nothing, body: None, why: Text::default(), policy, rule };
            }
        };
        let (body, why) = (body.map(Code::apart), Text::new(&why.zh, &why.en));
        Self { step, to, body, why, policy: by.policy.to_owned(), rule: by.rule.to_owned() }
    }
}

/// The first step in which two ways are not the same; the first of all where they are.
fn parting(one: &Decision<'_>, other: &Decision<'_>) -> usize {
    let same =
        one.steps.iter().zip(&other.steps).take_while(|(a, b)| a.channel == b.channel && a.body == b.body).count();
    if same == one.steps.len() && same == other.steps.len() { 0 } else { same }
}

/// Decides the latest recorded questions under both, before and after.
pub(crate) fn run(store: &Store, before: &Ruleset, after: &Ruleset, terms: Terms) -> Result<Tried, Refusal> {
    let Terms { mut filter, count, day, until } = terms;
    let (mut tried, mut sample) = (Tried::default(), Sample::new(EACH_SHOWN_MAX));
    let mut row = 0;
    while row < u64::from(count) && !tried.late {
        let page = store.records(&filter, RECORDS_COUNT)?;
        let last = page.len() as u64 != u64::from(RECORDS_COUNT);
        for record in &page {
            filter.after = Some(record.cursor());
            if row >= u64::from(count) {
                break;
            }
            tried.late = Instant::now() >= until;
            if tried.late {
                break;
            }
            row += 1;
            // What is damaged says nothing; the log's own walk tells of it.
            let Ok(kept) = record.decision() else {
                tried.unread += 1;
                continue;
            };
            let read = |ruleset| parse_question(&kept.input, ruleset, day).ok();
            let (Some(old), Some(new)) = (read(before), read(after)) else {
                tried.unread += 1;
                continue;
            };
            let (one, took) = decided(before, &old)?;
            let (other, other_took) = decided(after, &new)?;
            let change = compare(&one, &other);
            let (baseline, candidate) = ((&one, took), (&other, other_took));
            tried.tally.add(&Seen { case: &old.case, baseline, candidate, change: &change });
            if change.is_any() {
                let step = parting(&one, &other);
                sample.offer(row, &change, || Changed {
                    id: kept.id.clone(),
                    locality: kept.locality.clone(),
                    kind: kept.kind.clone(),
                    before: Told::of(&one, step),
                    after: Told::of(&other, step),
                    change: change.clone(),
                });
            }
        }
        if last {
            break;
        }
    }
    tried.changed = sample.pick(CHANGED_SHOWN_MAX).into_iter().map(|(_, one)| one.clone()).collect();
    Ok(tried)
}

/// A decision, and in how many nanoseconds.
fn decided<'a>(ruleset: &'a Ruleset, question: &'a Question) -> Result<(Decision<'a>, u64), Refusal> {
    let began = Instant::now();
    // It is none that anybody gets.
    let decision = guarded(ruleset, question, Uuid::nil()).map_err(|_| Refusal::Broken)?;
    Ok((decision, u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)))
}

/// Two rulesets, by which things are called as well.
pub(crate) type Pair = [Arc<Ruleset>; 2];
