//! New expectations for cases that differ: what the decision says, in the fields that the author uses already.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use maple_bundle::{Bundle, Expect, ExpectClock, Rewrite, RewriteError, RuleRef, Written};
use maple_kernel::{ChannelId, Outcome};

use super::{CaseResult, Report, parts::Part};

/// A file with other expectations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUpdate {
    /// Its path within the bundle.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The cases that changed.
    pub cases: Vec<String>,
}

/// A case that stays as it is although it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untouched {
    /// Its place among the results.
    pub case: usize,
    /// Why.
    pub why: String,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files that change.
    pub files: Vec<FileUpdate>,
    /// Cases that fail and do not change.
    pub untouched: Vec<Untouched>,
}

/// What to write so that the cases that fail pass. `blank` are the cases without any expectation, by file and name:
/// they get the outcome, the first step, the pack's own rules and the clocks.
///
/// A case in which a policy gave no usable answer is not touched: its decision says nothing of what the rules say.
///
/// # Errors
/// When a file is not what it was when it was read.
pub fn plan(bundle: &Bundle, report: &Report, blank: &BTreeSet<(String, String)>) -> Result<Plan, RewriteError> {
    let (mut plan, mut changes): (Plan, BTreeMap<&str, Vec<Rewrite>>) = (Plan::default(), BTreeMap::new());
    for (at, result) in report.results.iter().enumerate() {
        let blank = blank.contains(&(result.file.clone(), result.name.clone()));
        if result.passed && !blank {
            continue;
        }
        if let Some((policy, fault)) = result.faults.first() {
            let kind = fault.kind.as_str();
            plan.untouched
                .push(Untouched { case: at, why: format!("policy `{policy}` gave no usable answer ({kind})") });
            continue;
        }
        let keys = if blank { defaults(result) } else { keys(result) };
        if let Some(covers) = result.differences.iter().find(|difference| difference.field == "covers") {
            let why = format!("it covers {}, which is not at work in it; say yourself what it covers", covers.expected);
            plan.untouched.push(Untouched { case: at, why });
        }
        if !keys.is_empty() {
            changes.entry(&result.file).or_default().push(Rewrite { case: result.name.clone(), keys });
        }
    }
    for (file, changes) in changes {
        let text = bundle.files().find(|(path, _)| *path == file).map(|(_, bytes)| bytes).unwrap_or_default();
        let text = maple_bundle::rewrite(&String::from_utf8_lossy(text), &changes)?;
        let cases = changes.into_iter().map(|change| change.case).collect();
        plan.files.push(FileUpdate { file: file.to_owned(), text, cases });
    }
    Ok(plan)
}

type Keys = Vec<(&'static str, Option<Written>)>;

/// The keys that differ, each as the decision says it; when nothing would be left, the usual ones.
fn keys(result: &CaseResult) -> Keys {
    let mut fields: Vec<&'static str> = result.differences.iter().map(|difference| difference.field).collect();
    fields.dedup();
    let keys: Keys = fields.iter().filter_map(|field| Some((*field, value(field, result)?))).collect();
    let gone = keys.iter().filter(|(_, written)| written.is_none()).count();
    if gone > 0 && gone == keys.len() && gone == written_keys(&result.expect) {
        return keys.into_iter().chain(defaults(result)).collect();
    }
    keys
}

/// The new value of one key; the outer `None` for one that is not an expectation.
fn value(field: &str, result: &CaseResult) -> Option<Option<Written>> {
    let (expect, actual) = (&result.expect, &result.actual);
    Some(match field {
        "outcome" => actual.outcome.map(outcome),
        "referral" => actual.referral.as_ref().map(|code| Written::Word(code.to_string())),
        "first" => actual.first.as_ref().map(|channel| Written::Word(channel.to_string())),
        "has-channels" => still(&texts(&expect.has_channels), &texts(&actual.has_channels)),
        "lacks-channels" => without(&texts(&expect.lacks_channels), &texts(&actual.has_channels)),
        "steps" => some(entries(&expect.steps, &actual.steps)),
        "has-duties" => {
            let there = entries(&expect.has_duties, &actual.has_duties);
            let all = || actual.has_duties.iter().map(|duty| (None, Written::Word(duty.name()))).collect();
            some(if there.is_empty() { all() } else { there })
        }
        "lacks-duties" => without(&texts(&expect.lacks_duties), &parts(&actual.has_duties)),
        "lacks-clocks" => without(&texts(&expect.lacks_clocks), &texts(actual.clocks.iter().map(|clock| &clock.code))),
        "lacks-signals" => without(&texts(&expect.lacks_signals), &parts(actual.signals.iter().flatten())),
        "rights" => still(&texts(&expect.rights), &texts(&actual.rights)),
        "basis" => still(&texts(&expect.basis), &texts(&actual.basis)),
        "has-rules" => {
            let there = entries(&expect.has_rules, &actual.has_rules);
            let own = || own_rules(result).into_iter().map(|rule| (None, Written::Word(rule))).collect();
            some(if there.is_empty() { own() } else { there })
        }
        "lacks-rules" => list(expect.lacks_rules.iter().filter(|rule| !at_work(rule, result)).map(text).collect()),
        "excluded" => actual.excluded.as_ref().map(words),
        "signals" => {
            let raised = actual.signals.as_deref()?;
            let wanted = expect.signals.as_deref().unwrap_or_default();
            let more = raised.iter().filter(|signal| !wanted.iter().any(|one| one.same(signal)));
            let more = more.map(|signal| (None, Written::Word(signal.name())));
            Some(Written::Entries(entries(wanted, raised).into_iter().chain(more).collect()))
        }
        "guardrails" => actual.guardrails.as_ref().map(words),
        "preconditions" => {
            let pair = |(first, before): &(_, _)| format!("{first}>{before}");
            actual.preconditions.as_ref().map(|pairs: &Vec<(ChannelId, ChannelId)>| words(pairs.iter().map(pair)))
        }
        "clocks" => {
            let now = |clock: &ExpectClock| {
                let actual = actual.clocks.iter().find(|actual| clock.same(actual))?;
                Some((clock.code.to_string(), clock.as_asked(actual).written()))
            };
            let clocks: Vec<_> = expect.clocks.iter().filter_map(now).collect();
            (!clocks.is_empty()).then_some(Written::Table(clocks))
        }
        _ => return None,
    })
}

/// What a case without expectations gets.
fn defaults(result: &CaseResult) -> Keys {
    let actual = &result.actual;
    let lead = match &actual.referral {
        Some(code) => ("referral", Some(Written::Word(code.to_string()))),
        None => ("first", actual.first.as_ref().map(|channel| Written::Word(channel.to_string()))),
    };
    let clocks: Vec<_> = actual.clocks.iter().map(|c| (c.code.to_string(), Written::Day(c.ends))).collect();
    let clocks = (!clocks.is_empty()).then_some(Written::Table(clocks));
    let keys =
        [("outcome", actual.outcome.map(outcome)), lead, ("has-rules", list(own_rules(result))), ("clocks", clocks)];
    keys.into_iter().filter(|(_, written)| written.is_some()).collect()
}

/// The rules of the case's own pack that were at work; bare where no other policy has one of that name at work.
fn own_rules(result: &CaseResult) -> Vec<String> {
    let own = |policy: &str| policy.rsplit_once('/').is_some_and(|(pack, _)| pack == result.pack.as_str());
    let alone = |rule: &str| result.fired.iter().filter(|(_, other)| other.as_str() == rule).count() == 1;
    let rules = result.fired.iter().filter(|(policy, _)| own(policy.as_str()));
    rules
        .map(|(policy, rule)| if alone(rule.as_str()) { rule.to_string() } else { format!("{policy}#{rule}") })
        .collect()
}

type Entries = Vec<(Option<usize>, Written)>;

/// What is left of `wanted`, each saying what the decision says of what it asks, in the place where it stands. Two that
/// ask for the same name are two parts, as long as there are so many; of several the nearest is meant.
fn entries<P: Part>(wanted: &[P], actual: &[P]) -> Entries {
    let met = |one: &P| actual.iter().position(|part| one.meets(part));
    let mut taken: Vec<usize> = wanted.iter().filter_map(met).collect();
    let mut found = Vec::new();
    for (at, one) in wanted.iter().enumerate() {
        if met(one).is_some() {
            found.push((Some(at), one.written()));
            continue;
        }
        let same = actual.iter().enumerate().filter(|(_, part)| one.same(part));
        let nearest = same.min_by_key(|(place, part)| (taken.contains(place), Reverse(one.nearness(part))));
        if let Some((place, part)) = nearest {
            taken.push(place);
            found.push((Some(at), one.as_asked(part).written()));
        }
    }
    found
}

fn some(entries: Entries) -> Option<Written> {
    (!entries.is_empty()).then_some(Written::Entries(entries))
}

/// What of `wanted` is there; all that is there when nothing of it is.
fn still(wanted: &[String], actual: &[String]) -> Option<Written> {
    let there: Vec<String> = wanted.iter().filter(|one| actual.contains(one)).cloned().collect();
    list(if there.is_empty() { actual.to_vec() } else { there })
}

/// What of `unwanted` is really not there.
fn without(unwanted: &[String], actual: &[String]) -> Option<Written> {
    list(unwanted.iter().filter(|one| !actual.contains(one)).cloned().collect())
}

fn list(words: Vec<String>) -> Option<Written> {
    (!words.is_empty()).then_some(Written::Words(words))
}

fn at_work(rule: &RuleRef, result: &CaseResult) -> bool {
    result.fired.iter().any(|(policy, id)| rule.means(policy, id))
}

fn outcome(outcome: Outcome) -> Written {
    Written::Word(if outcome == Outcome::Route { "route" } else { "refer" }.to_owned())
}

/// How many keys of `expect` are written.
fn written_keys(expect: &Expect) -> usize {
    let e = expect;
    let parts = [e.steps.len(), e.basis.len()];
    let lists = [e.has_channels.len(), e.lacks_channels.len(), e.has_rules.len(), e.lacks_rules.len()];
    let clocks = [e.clocks.len(), e.lacks_clocks.len()];
    let more = [e.has_duties.len(), e.lacks_duties.len(), e.lacks_signals.len(), e.rights.len()];
    let optional = [e.outcome.is_some(), e.referral.is_some(), e.first.is_some(), e.excluded.is_some()];
    let rest = [e.preconditions.is_some(), e.signals.is_some(), e.guardrails.is_some()];
    lists.iter().chain(&more).chain(&clocks).chain(&parts).filter(|count| **count > 0).count()
        + optional.iter().chain(&rest).filter(|given| **given).count()
}

fn words<T: ToString>(items: impl IntoIterator<Item = T>) -> Written {
    Written::Words(texts(items))
}

fn parts<'p, P: Part + 'p>(items: impl IntoIterator<Item = &'p P>) -> Vec<String> {
    items.into_iter().map(Part::name).collect()
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn text(rule: &RuleRef) -> String {
    rule.to_string()
}
