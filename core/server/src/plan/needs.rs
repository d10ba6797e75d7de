//! What a case needs of whoever takes it up, as the decision that routed it says: the skills and languages of its step
//! and the day by which it is to be taken up.
//!
//! # Which day counts
//!
//! Taking a case up is an act of whoever serves the parties, so only days of that kind count:
//!
//! 1. of the mediation itself: the day that its step names, and the clocks of the vocabulary's kind `service` that the
//!    same rule starts which offers a step that helps the parties to agree;
//! 2. other clocks of the kind `service`, where there is none of these;
//! 3. never a clock of the kind `limitation`: that is a party's time to act, which whoever takes the case up neither keeps
//!    nor saves.
//!
//! Of one class the first day that is not over counts, since it can still be kept; where all are over, the last of them,
//! so that an overdue case is as late as it is at least, and not without a clock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use maple_insight::plan::DUE_AGE_DAYS_MAX;
use maple_kernel::{Class, ClockKind, Day, Vocabulary, WordList};
use maple_store::{Dispute, Store, StoreError};
use maple_wire::{Need, skills_apart};
use serde::Deserialize;

/// What is read of a recorded decision.
#[derive(Deserialize)]
struct Recorded {
    decision: Said,
}

#[derive(Default, Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    clocks: Vec<Clock>,
}

#[derive(Deserialize)]
struct Step {
    channel: String,
    class: String,
    #[serde(default)]
    skills: Vec<String>,
    due: Option<StepDue>,
    policy: String,
    rule: String,
}

#[derive(Deserialize)]
struct StepDue {
    on: Option<Date>,
}

#[derive(Deserialize)]
struct Clock {
    code: String,
    ends: Date,
    policy: String,
    rule: String,
}

/// How near a day is to taking the case up; the nearest class counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Mediation,
    Service,
    Limitation,
}

/// A day by which something is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The clock, or the channel of the step that names the day.
    pub(crate) code: String,
    pub(crate) ends: Date,
    near: Near,
}

impl Limit {
    /// True where the case is to be taken up by then; not where a party has until then.
    pub(crate) fn is_for_taking_up(&self) -> bool {
        self.near != Near::Limitation
    }
}

impl Said {
    /// The step that a mediator does: in the channel where the case is, else the first that helps the parties to agree.
    fn step(&self, channel: Option<&str>) -> Option<&Step> {
        let helps = || self.steps.iter().filter(|step| step.helps());
        helps().find(|step| Some(step.channel.as_str()) == channel).or_else(|| helps().next())
    }

    /// The day that matters most: by which the case is to be taken up; only where there is none, a party's time to act.
    pub(crate) fn limit(&self, channel: Option<&str>, vocabulary: &Vocabulary, today: Date) -> Option<Limit> {
        let of_step = self.step(channel).and_then(|step| {
            let ends = step.due.as_ref()?.on?;
            Some(Limit { code: step.channel.clone(), ends, near: Near::Mediation })
        });
        let of_clocks = self.clocks.iter().map(|clock| {
            let (code, ends) = (clock.code.clone(), clock.ends);
            Limit { code, ends, near: self.near(clock, vocabulary) }
        });
        // A day that is not over stands before those that are, the nearer before the farther.
        let order = |limit: &Limit| {
            let days = (limit.ends - today).get_days();
            (limit.near, days < 0, days.unsigned_abs())
        };
        of_step.into_iter().chain(of_clocks).min_by_key(order)
    }

    fn near(&self, clock: &Clock, vocabulary: &Vocabulary) -> Near {
        let word = vocabulary.word(WordList::Clock, &clock.code);
        // As decisions are made: a clock of which nothing is said is an authority's.
        if word.and_then(|word| word.clock) == Some(ClockKind::Limitation) {
            return Near::Limitation;
        }
        let same = |step: &&Step| step.helps() && (&step.policy, &step.rule) == (&clock.policy, &clock.rule);
        if self.steps.iter().any(|step| same(&step)) { Near::Mediation } else { Near::Service }
    }

    fn need(&self, channel: Option<&str>, vocabulary: &Vocabulary, today: Date) -> Need {
        let words = self.step(channel).map(|step| step.skills.clone()).unwrap_or_default();
        let (skills, languages) = skills_apart(words);
        let limit = self.limit(channel, vocabulary, today).filter(Limit::is_for_taking_up);
        // What is longer ago than a plan knows is as late as can be.
        let oldest = today.checked_sub(i32::from(DUE_AGE_DAYS_MAX).days()).unwrap_or(Date::MIN);
        let due = limit.and_then(|limit| limit.ends.max(oldest).to_string().parse::<Day>().ok());
        Need { languages: Some(languages), skills: Some(skills), due }
    }
}

impl Step {
    fn helps(&self) -> bool {
        self.class == Class::Facilitative.as_str()
    }
}

/// What the decisions said that routed these cases, by the ids of the cases; a case without one that can be read is left
/// out.
pub(crate) fn said<'c>(
    store: &Store,
    cases: impl Iterator<Item = &'c Dispute>,
    mut told: impl FnMut(&'c Dispute, Said),
) -> Result<(), StoreError> {
    let mut routed: BTreeMap<&str, Vec<&Dispute>> = BTreeMap::new();
    for case in cases {
        if let Some(id) = case.about.as_ref().and_then(|about| about.decision.as_deref()) {
            routed.entry(id).or_default().push(case);
        }
    }
    let ids: Vec<&str> = routed.keys().copied().collect();
    store.outputs(&ids, |id, output| {
        for case in routed.get(id).into_iter().flatten() {
            if let Ok(Recorded { decision }) = serde_json::from_slice(output) {
                told(case, decision);
            }
        }
    })
}

/// What cases need, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) of: BTreeMap<String, Need>,
    /// Cases of which a decision was read, or the caller said everything.
    pub(crate) known: usize,
}

/// What each case needs: what the caller says, and field by field what the case's decision says of the rest.
pub(crate) fn needs(
    store: &Store,
    vocabulary: &Vocabulary,
    cases: &[Dispute],
    mut said_by_caller: BTreeMap<String, Need>,
    today: Day,
) -> Result<Needs, StoreError> {
    let today = today.to_string().parse::<Date>().unwrap_or(Date::MIN);
    let whole: BTreeSet<&str> = cases
        .iter()
        .filter(|case| said_by_caller.get(&case.id).is_some_and(Need::is_whole))
        .map(|case| case.id.as_str())
        .collect();
    let mut known = whole.len();
    let mut found = Vec::new();
    said(store, cases.iter().filter(|case| !whole.contains(case.id.as_str())), |case, said| {
        found.push((case.id.clone(), said.need(case.desk.channel.as_deref(), vocabulary, today)));
    })?;
    known += found.len();
    for (id, need) in found {
        let own = said_by_caller.remove(&id).unwrap_or_default();
        said_by_caller.insert(id, own.or(need));
    }
    Ok(Needs { of: said_by_caller, known })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

    use maple_kernel::{Code, Text, Word};
    use serde_json::{Value, json};

    use super::*;

    fn vocabulary() -> Vocabulary {
        let word =
            |kind| Word { title: Text::default(), adverse: false, clock: Some(kind), max: None, attendance: false };
        let clocks = [
            ("mediation_limit", ClockKind::Service),
            ("first_contact", ClockKind::Service),
            ("court_registration", ClockKind::Service),
            ("limitation", ClockKind::Limitation),
        ];
        let words = clocks.map(|(code, kind)| (Code::from(code), word(kind))).into();
        Vocabulary { words: [(WordList::Clock, words)].into(), ..Vocabulary::default() }
    }

    fn clock(code: &str, rule: &str, ends: &str) -> Value {
        json!({ "code": code, "ends": ends, "policy": "cn/a", "rule": rule })
    }

    /// A decision that offers mediation by the rule M, with skills, and the court by the rule C.
    fn decision(clocks: &[Value], due: Value) -> Said {
        let step = |channel: &str, class: &str, rule: &str, skills: &[&str], due: Value| json!({ "channel": channel, "class": class, "skills": skills, "due": due, "policy": "cn/a", "rule": rule });
        let steps = json!([
            step("inspection", "parallel", "I", &["inspector"], Value::Null),
            step("mediation", "facilitative", "M", &["land", "lang_ar"], json!({ "count": null, "on": due })),
            step("trade_mediation", "facilitative", "T", &["trade"], Value::Null),
            step("court", "adjudicative", "C", &[], Value::Null),
        ]);
        serde_json::from_value(json!({ "steps": steps, "clocks": clocks, "outcome": "route" })).unwrap()
    }

    const TODAY: &str = "2026-11-23";

    /// What a decision needs of whoever takes the case up in a channel.
    fn need(said: &Said, channel: Option<&str>) -> Need {
        said.need(channel, &vocabulary(), TODAY.parse().unwrap())
    }

    #[test]
    fn the_day_of_the_nearest_class_counts_and_of_one_class_the_first_that_is_not_over() {
        let own = |ends| clock("mediation_limit", "M", ends);
        let contact = |ends| clock("first_contact", "M", ends);
        let other = |ends| clock("court_registration", "C", ends);
        let party = |ends| clock("limitation", "M", ends);
        let none = Value::Null;
        for (name, clocks, on, due) in [
            ("none", vec![], none.clone(), None),
            ("one that is not over", vec![own("2026-12-01")], none.clone(), Some("2026-12-01")),
            ("its last day", vec![own(TODAY)], none.clone(), Some(TODAY)),
            ("one that is over is kept", vec![own("2026-11-01")], none.clone(), Some("2026-11-01")),
            ("a party's time never", vec![party("2026-11-25")], none.clone(), None),
            ("nor one that is over", vec![party("2020-01-01"), own("2026-12-09")], none.clone(), Some("2026-12-09")),
            ("the first of two", vec![own("2026-12-09"), contact("2026-11-24")], none.clone(), Some("2026-11-24")),
            ("one over hides none", vec![contact("2026-11-20"), own("2026-12-09")], none.clone(), Some("2026-12-09")),
            (
                "the last of those over",
                vec![contact("2026-10-01"), own("2026-11-01")],
                none.clone(),
                Some("2026-11-01"),
            ),
            ("another's, where it is alone", vec![other("2026-11-30")], none.clone(), Some("2026-11-30")),
            (
                "its own first, over or not",
                vec![other("2026-11-30"), own("2026-11-01")],
                none.clone(),
                Some("2026-11-01"),
            ),
            ("the day of the step", vec![own("2026-12-09")], json!("2026-12-05"), Some("2026-12-05")),
            ("a step is its own", vec![other("2026-11-24")], json!("2026-12-05"), Some("2026-12-05")),
            (
                "unknown words are an authority's",
                vec![clock("new", "X", "2026-12-02")],
                none.clone(),
                Some("2026-12-02"),
            ),
            ("no longer ago than a plan knows", vec![own("2001-01-01")], none, Some("2016-11-25")),
        ] {
            let found = need(&decision(&clocks, on), None).due;
            assert_eq!(found.map(|day| day.to_string()).as_deref(), due, "{name}");
        }
    }

    #[test]
    fn skills_and_languages_are_those_of_the_step_that_a_mediator_does() {
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>());
        let said = decision(&[], Value::Null);
        for (channel, skills, languages) in [
            (None, words(&["land"]), words(&["ar"])),
            (Some("mediation"), words(&["land"]), words(&["ar"])),
            (Some("trade_mediation"), words(&["trade"]), words(&[])),
            (Some("court"), words(&["land"]), words(&["ar"])),
        ] {
            let found = need(&said, channel);
            assert_eq!((found.skills, found.languages), (skills, languages), "{channel:?}");
        }
        let nothing = need(&serde_json::from_value(json!({})).unwrap(), None);
        assert_eq!(nothing, Need { languages: words(&[]), skills: words(&[]), due: None });
    }

    #[test]
    fn the_desk_shows_a_partys_time_only_where_no_day_is_for_taking_up() {
        let (words, today) = (vocabulary(), TODAY.parse().unwrap());
        let shown = |clocks: &[Value]| decision(clocks, Value::Null).limit(None, &words, today).unwrap();
        let alone = shown(&[clock("limitation", "M", "2026-11-25")]);
        assert_eq!((alone.code.as_str(), alone.is_for_taking_up()), ("limitation", false));
        let both = shown(&[clock("limitation", "M", "2026-11-25"), clock("court_registration", "C", "2026-12-25")]);
        assert_eq!((both.code.as_str(), both.is_for_taking_up()), ("court_registration", true));
    }
}
