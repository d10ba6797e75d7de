//! The host's own cases, which no pack can change: each kind of dispute in each place that a bundle touches, and the
//! packs' own cases, asked again with one thing other.
//!
//! | what is other | what must hold |
//! |---|---|
//! | a party refuses mediation, one or all | nothing is taken away but mediation; nothing is signalled for it |
//! | a party has complained before | nothing is taken away, nothing is signalled for it, nobody else is sent |
//! | a party speaks another language | nothing is taken away; nothing is signalled for it |
//! | a party needs support | nothing is taken away |
//!
//! Taken away is also what comes later than before: a step that moved behind another, or whose day is later. And with the
//! pack of a place left out, what rests on the floor is there with the pack, too.
//!
//! All this is asked as of today, and again as of each day to come on which a policy, or the law that it rests on, begins
//! or has ended: what waits for its day is tried before it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use maple_bundle::{Bundle, PackInfo, TestCase};
use maple_kernel::{
    Case, Day, FactType, Facts, Floor, LocalityId, Mode, Party, PartyType, Policy, Purposes, Question, Ruleset,
    Scope as Of, Value, evaluate,
};
use maple_wire::SOURCE_UNSTATED;

use crate::{
    changes::Changes,
    compare::{Scope, taken},
    report::{Problem, Report, Stage},
};

/// Questions that one bundle is asked at most of each sort, the host's and those of its own cases; of more a part is
/// asked, evenly.
pub const CONFORMANCE_QUESTIONS_MAX: usize = 20_000;

/// Days to come on which policies of the places that a bundle touches may begin or end; each is asked about.
pub const TURNING_DAYS_COUNT_MAX: usize = 16;

/// Facts that say that somebody complained or petitioned before.
const COMPLAINED: [&str; 1] = ["repeated_petition"];
/// Facts of a party that protect it and that nothing may be taken away for; with whether nothing may be signalled for it:
/// that somebody needs support may call for help.
const PROTECTED: [(&str, bool); 2] = [("language", true), ("support_need", false)];
const CONSENT: &str = "consent";
/// A word for a fact that takes any: Uyghur, as a language.
const ANY_WORD: &str = "ug";
/// Words that a bundle's files name for one protected fact and that are asked about.
const NAMED_WORDS_MAX: usize = 8;

/// The days as of which a bundle is asked, each with the places that are asked about.
pub(crate) struct Days<'a> {
    today: Day,
    touched: Vec<&'a LocalityId>,
    /// Days to come on which something there begins or has ended, the first [`TURNING_DAYS_COUNT_MAX`].
    later: BTreeMap<Day, BTreeSet<&'a LocalityId>>,
    /// How many such days there are.
    count: usize,
}

impl<'a> Days<'a> {
    pub(crate) fn new(ruleset: &'a Ruleset, packs: &[PackInfo], changes: &Changes, today: Day) -> Self {
        let touched: Vec<_> =
            ruleset.localities().filter(|(id, _)| changes.touches(id, ruleset)).map(|(id, _)| id).collect();
        let packs: BTreeMap<&LocalityId, &PackInfo> = packs.iter().map(|pack| (&pack.id, pack)).collect();
        let mut known: BTreeMap<&LocalityId, BTreeSet<Day>> = BTreeMap::new();
        let mut later: BTreeMap<Day, BTreeSet<&LocalityId>> = BTreeMap::new();
        for place in &touched {
            let chain = ruleset.locality(place.as_str()).map(|(_, place)| &place.chain);
            for level in chain.into_iter().flatten() {
                let turns = known.entry(level).or_insert_with(|| {
                    let own = packs.get(level).into_iter().flat_map(|pack| &pack.turns).copied();
                    let law = ruleset.policies_of(level).iter().flat_map(|policy| law_turns(policy, ruleset));
                    own.chain(law).filter(|day| *day > today).collect()
                });
                for day in turns.iter() {
                    later.entry(*day).or_default().insert(place);
                }
            }
        }
        let count = later.len();
        let later = later.into_iter().take(TURNING_DAYS_COUNT_MAX).collect();
        Self { today, touched, later, count }
    }

    /// Each day with its places, today first.
    pub(crate) fn all(&self) -> Vec<(Day, Vec<&'a LocalityId>)> {
        let later = self.later.iter().map(|(day, places)| (*day, places.iter().copied().collect()));
        std::iter::once((self.today, self.touched.clone())).chain(later).collect()
    }

    /// Days that nobody is asked about must not be passed over.
    pub(crate) fn check(&self, report: &mut Report) {
        if self.count > TURNING_DAYS_COUNT_MAX {
            let (count, max) = (self.count, TURNING_DAYS_COUNT_MAX);
            let problem = Problem::new(
                "too-many-days",
                format!("policies begin or end on {count} different days to come; each is tried, at most {max}"),
                format!("规则在{count}个未来日期生效或失效；每个日期都须检验，最多{max}个"),
            );
            report.tell(
                Stage::Conformance,
                problem.with_advice("publish what begins later when its day is nearer, or let more begin on one day"),
            );
        }
    }
}

/// Days on which the law that a policy's rules rest on begins or has ended.
fn law_turns(policy: &Policy, ruleset: &Ruleset) -> impl Iterator<Item = Day> {
    let provisions = &ruleset.vocabulary().provisions;
    let law = policy.rules.values().flat_map(|rule| &rule.basis).filter_map(|id| provisions.get(id));
    law.flat_map(|law| [Some(law.from), law.to.map(|to| to.plus_days(1))]).flatten()
}

/// What is asked, and who is asked.
pub(crate) struct Conformance<'a> {
    ruleset: &'a Ruleset,
    packs: &'a [PackInfo],
    questions: Vec<(String, Question)>,
    /// The words that the files name for each protected fact.
    named: Vec<Vec<String>>,
}

impl<'a> Conformance<'a> {
    pub(crate) fn new(
        ruleset: &'a Ruleset,
        packs: &'a [PackInfo],
        cases: &[TestCase],
        changes: &Changes,
        days: &Days<'_>,
        files: &Bundle,
    ) -> Self {
        let own = cases.iter().filter(|case| changes.touches(&case.pack, ruleset));
        let own = own.map(|case| (format!("{}:{}", case.file, case.line), case.question.clone()));
        let own: Vec<(String, Question)> = own.collect();
        let later = days.later.iter().flat_map(|(day, places)| {
            let there = own.iter().filter(|(_, question)| places.contains(&question.case.locality));
            there
                .map(move |(name, question)| (format!("{name} on {day}"), Question { as_of: *day, ..question.clone() }))
        });
        let own: Vec<(String, Question)> = own.iter().cloned().chain(later).collect();
        let kinds = &ruleset.vocabulary().kinds;
        let all = days.all();
        let asked: usize = all.iter().map(|(_, places)| places.len() * kinds.len()).sum();
        let every = asked.div_ceil(CONFORMANCE_QUESTIONS_MAX).max(1);
        let plain = all.iter().flat_map(|(day, places)| {
            let later = if *day == days.today { String::new() } else { format!(" on {day}") };
            // Of many places each is asked about other kinds, so that every kind is asked about somewhere.
            places.iter().enumerate().flat_map(move |(at, place)| {
                let later = later.clone();
                let kinds = kinds.keys().enumerate().filter(move |(number, _)| (at + number) % every == 0);
                kinds.map(move |(_, kind)| {
                    let parties = vec![party("applicant"), party("respondent")];
                    let (place, kind) = ((*place).clone(), kind.clone());
                    let name = format!("{kind} in {place}{later}");
                    let source = SOURCE_UNSTATED.into();
                    let case = Case::new(None, place, kind, source, *day, parties, Facts::default());
                    let context = Facts::default();
                    (name, Question { case, purposes: Purposes::BOTH, as_of: *day, explain: false, context })
                })
            })
        });
        let plain: Vec<_> = plain.collect();
        let every = own.len().div_ceil(CONFORMANCE_QUESTIONS_MAX).max(1);
        let questions = own.into_iter().step_by(every).chain(plain).collect();
        let named = PROTECTED.iter().map(|(key, _)| named(files, key)).collect();
        Self { ruleset, packs, questions, named }
    }

    pub(crate) fn len(&self) -> u64 {
        self.questions.len() as u64
    }

    /// Asks each question again with one thing other.
    pub(crate) fn flips(&self, report: &mut Report) {
        for (name, question) in &self.questions {
            let plain = evaluate(self.ruleset, question);
            for flip in flipped(self.ruleset, question, &self.named) {
                let Flip { what, zh, mediation, peace, body, other } = flip;
                let after = evaluate(self.ruleset, &other);
                let mut lost = taken(&plain, &after, Scope { mediation, body, rules: None });
                if peace {
                    let raised =
                        after.signals.iter().filter(|signal| !plain.signals.iter().any(|s| s.code == signal.code));
                    lost.extend(raised.map(|signal| format!("peace: the signal `{}` is raised", signal.code)));
                }
                if !lost.is_empty() {
                    let lost = lost.join(", ");
                    report.tell(
                        Stage::Conformance,
                        Problem::new(
                            "flip",
                            format!("{name}: where {what}, this is taken away: {lost}"),
                            format!("{name}：{zh}时，当事人因此失去：{lost}"),
                        )
                        .with_advice("change the rule so that it does not look at this, or only adds"),
                    );
                }
            }
        }
    }

    /// Leaves out the pack of each place that changed, and asks what of the floor the pack takes away.
    pub(crate) fn floor(&self, changes: &Changes, report: &mut Report) -> u64 {
        let floor = floor(self.ruleset);
        let scope = Scope { mediation: true, body: false, rules: Some(&floor) };
        let mut checked = 0;
        for place in changes.places().filter(|place| self.is_below(place)) {
            let without = self.ruleset.with_states(self.ruleset.digest().clone(), |policy| {
                (policy.locality.as_str() == place).then_some((Mode::Off, None))
            });
            let within = |question: &Question| is_in(&question.case.locality, place);
            for (name, question) in self.questions.iter().filter(|(_, question)| within(question)) {
                checked += 1;
                let (before, after) = (evaluate(&without, question), evaluate(self.ruleset, question));
                // That a person decides is no loss, and which duties a fault brings is another stage's.
                let lost = taken(&before, &after, scope);
                let lost: Vec<String> = lost.into_iter().filter(|lost| !lost.starts_with("the outcome")).collect();
                if !lost.is_empty() {
                    let lost = lost.join(", ");
                    report.tell(
                        Stage::Floor,
                        Problem::new(
                            "floor-lost",
                            format!("{name}: with the pack `{place}` this of the floor is lost: {lost}"),
                            format!("{name}：加入规则包{place}后，上级底线规则的下列内容丢失：{lost}"),
                        )
                        .with_advice("a lower pack adds, prefers and shortens; take out what takes away"),
                    );
                }
            }
        }
        checked
    }

    /// A pack that sets no floor itself.
    fn is_below(&self, place: &str) -> bool {
        self.packs.iter().any(|pack| pack.id.as_str() == place && !pack.trusted)
    }
}

fn is_in(locality: &LocalityId, place: &str) -> bool {
    locality.as_str().strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn party(role: &str) -> Party {
    let facts = Facts::new(vec![(CONSENT.into(), Value::Text("yes".into()))]);
    Party { role: role.into(), kind: PartyType::Natural, facts }
}

/// The rules that no lower level may weaken.
fn floor(ruleset: &Ruleset) -> BTreeSet<(String, String)> {
    let policies = ruleset.localities().flat_map(|(id, _)| ruleset.policies_of(id));
    let trusted = policies.filter(|policy| policy.trusted && policy.floor != Floor::None);
    trusted
        .flat_map(|policy| {
            let rules = policy.rules.keys().filter(|rule| policy.floor.holds(rule.as_str()));
            rules.map(|rule| (policy.id.to_string(), rule.to_string()))
        })
        .collect()
}

/// A question with one thing other.
struct Flip {
    what: &'static str,
    zh: &'static str,
    /// Mediation must stay.
    mediation: bool,
    /// Nothing may be signalled for it.
    peace: bool,
    /// The same body must do each step.
    body: bool,
    other: Question,
}

/// The question with one thing other, in each way.
fn flipped(ruleset: &Ruleset, question: &Question, named: &[Vec<String>]) -> Vec<Flip> {
    let facts = &ruleset.vocabulary().facts;
    let mut flips = Vec::new();
    // Who is silent has not agreed: only from a yes can a no be told.
    let agrees = |party: &&Party| party.facts.text(CONSENT) == Some("yes");
    let agreeing = question.case.parties().iter().filter(agrees).count();
    // All of them, and each alone.
    let alone = (0..agreeing).map(Some).filter(|_| agreeing > 1);
    for who in (agreeing > 0).then_some(None).into_iter().chain(alone) {
        let mut number = 0;
        let no = with_parties(question, |party| {
            if agrees(&&*party) {
                if who.is_none_or(|who| who == number) {
                    party.facts.set(CONSENT.into(), Value::Text("no".into()));
                }
                number += 1;
            }
        });
        flips.push(Flip {
            what: "a party refuses mediation",
            zh: "当事人拒绝调解",
            mediation: false,
            peace: true,
            body: false,
            other: no,
        });
    }
    for key in COMPLAINED.iter().filter(|key| facts.get(**key).is_some_and(|fact| fact.kind == FactType::Flag)) {
        if question.case.facts.get(key).is_none() {
            let mut other = question.clone();
            other.case.facts.set((*key).into(), Value::Flag(true));
            flips.push(Flip {
                what: "a party has complained or petitioned before",
                zh: "当事人曾投诉或信访",
                mediation: true,
                peace: true,
                body: true,
                other,
            });
        }
    }
    for ((key, peace), named) in PROTECTED.into_iter().zip(named) {
        let known = facts.get(key).filter(|fact| fact.scope == Of::Party);
        let values = known.map(|fact| some_values(&fact.kind, named)).unwrap_or_default();
        let silent = |party: &Party| party.kind == PartyType::Natural && party.facts.get(key).is_none();
        let count = question.case.parties().iter().filter(|party| silent(party)).count();
        // Each of them alone: what is no disadvantage for one may be one for the other.
        for (value, who) in values.iter().flat_map(|value| (0..count).map(move |who| (value, who))) {
            let mut number = 0;
            let other = with_parties(question, |party| {
                if silent(party) {
                    if number == who {
                        party.facts.set(key.into(), value.clone());
                    }
                    number += 1;
                }
            });
            flips.push(Flip {
                what: "a party speaks another language or needs support",
                zh: "当事人使用其他语言或需要协助",
                mediation: true,
                peace,
                body: false,
                other,
            });
        }
    }
    flips
}

fn with_parties(question: &Question, mut change: impl FnMut(&mut Party)) -> Question {
    let Case { id, locality, kind, source, filed, facts, .. } = question.case.clone();
    let mut parties = question.case.parties().to_vec();
    parties.iter_mut().for_each(&mut change);
    Question { case: Case::new(id, locality, kind, source, filed, parties, facts), ..question.clone() }
}

/// Values that a fact may have: the first and the last of its words, or where any word will do, those that the files name
/// and one that they do not.
fn some_values(kind: &FactType, named: &[String]) -> Vec<Value> {
    let ends = |words: &[Arc<str>]| -> Vec<Arc<str>> {
        let first = words.first().filter(|_| words.len() > 1);
        first.into_iter().chain(words.last()).cloned().collect()
    };
    match kind {
        FactType::Text(words) if words.is_empty() => {
            let other = Some(ANY_WORD).filter(|any| !named.iter().any(|word| word == any));
            named.iter().map(String::as_str).chain(other).map(|word| Value::Text(word.into())).collect()
        }
        FactType::Text(words) => ends(words).into_iter().map(Value::Text).collect(),
        FactType::Words(words) => ends(words).into_iter().map(|word| Value::Words([word].into())).collect(),
        _ => Vec::new(),
    }
}

/// The words that files name for a fact, as in `language = "ug"` or `language = ["ug", "bo"]`.
fn named(files: &Bundle, key: &str) -> Vec<String> {
    let mut words = BTreeSet::new();
    for text in files.files().filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok()) {
        for (at, _) in text.match_indices(key) {
            let rest = text.get(at + key.len()..).unwrap_or_default().trim_start();
            let Some(value) = rest.strip_prefix('=').map(str::trim_start) else { continue };
            let closed = |value: &str| value.get(1..)?.find('"').map(|end| end + 2);
            let end = if value.starts_with('[') { value.find(']') } else { closed(value) };
            let value = end.and_then(|end| value.get(..end)).unwrap_or_default();
            words.extend(value.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words.into_iter().take(NAMED_WORDS_MAX).collect()
}
