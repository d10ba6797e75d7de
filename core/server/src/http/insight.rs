//! `GET /v1/insight/map`: the indicators of a place and a period, of what lies below it, of each month.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use maple_insight::figures::{Counts, Cover, Figure, Indicator, Measure, Month, SHOWN_COUNT_MIN, hidden};
use maple_kernel::{Locality, LocalityId, Ruleset, Text};
use maple_store::{MapAsked, MapTallies, Tallied};
use maple_wire::{Flaw, FlawCode, Problem, ProblemKind, indicator_text, nearest};
use serde_json::{Map, Value, json};

use super::{
    activations::reading,
    answer,
    query::{self, Wrong},
};
use crate::{app::App, clock::timestamp, events};

/// Months of one period.
pub(crate) const MONTHS_COUNT_MAX: i32 = 60;
/// Months of a period that nobody names: a year up to this month.
pub(super) const MONTHS_COUNT: i32 = 12;

pub(crate) async fn map(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    answer::told(mapped(&app, &query.unwrap_or_default()).await.map(|map| answer::json(map.to_string())))
}

/// What is asked about.
pub(super) struct Asked {
    pub(super) place: Option<String>,
    kind: Option<String>,
    pub(super) from: Month,
    pub(super) to: Month,
}

const PARAMETERS: [&str; 4] = ["locality", "kind", "from", "to"];

impl Asked {
    /// Reads these parameters.
    pub(super) fn read(query: &str, now: Month, known: &[&'static str]) -> Result<Self, Problem> {
        let (mut place, mut kind, mut from, mut to) = (None, None, None, None);
        query::read(query, |name, value| {
            match name {
                other if !known.contains(&other) => return Err(query::unknown(other, known)),
                "locality" => place = Some(value.to_owned()),
                "kind" => kind = Some(value.to_owned()),
                "from" => from = Some(month(name, value)?),
                "to" => to = Some(month(name, value)?),
                _ => {}
            }
            Ok(())
        })?;
        let (from, to) = period(from, to, now)?;
        Ok(Self { place, kind, from, to })
    }
}

/// A period; a year up to this month where nobody says.
pub(super) fn period(from: Option<Month>, to: Option<Month>, now: Month) -> Result<(Month, Month), Problem> {
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to.plus(1 - MONTHS_COUNT));
    let months = to.number() - from.number() + 1;
    if !(1..=MONTHS_COUNT_MAX).contains(&months) {
        let (en, zh) = if months < 1 {
            (format!("`from` {from} lies after `to` {to}"), format!("起始月份{from}晚于截止月份{to}"))
        } else {
            let en = format!("a period has at most {MONTHS_COUNT_MAX} months, not {months}");
            (en, format!("期间最多{MONTHS_COUNT_MAX}个月，此处为{months}个月"))
        };
        return Err(wrong("from", FlawCode::OutOfRange, en, zh));
    }
    Ok((from, to))
}

pub(super) fn month(name: &str, value: &str) -> Result<Month, Wrong> {
    value.parse().map_err(|()| {
        let en = format!("`{name}` is a month such as 2026-11");
        (en, format!("{name}应为月份，如2026-11"))
    })
}

pub(crate) fn wrong(name: &str, code: FlawCode, en: String, zh: String) -> Problem {
    let (place, at) = (None, None);
    let flaw = Flaw { pointer: format!("?{name}"), code, detail: en, detail_zh: zh, place, at };
    Problem::with_errors(ProblemKind::InvalidQuery, vec![flaw], 1)
}

/// A place with its name, as it is known now.
pub(crate) fn place<'r>(ruleset: &'r Ruleset, asked: Option<&str>) -> Result<(&'r LocalityId, &'r Locality), Problem> {
    let found = match asked {
        Some(given) => ruleset.locality(given),
        // The first root there is.
        None => ruleset.localities().find(|(id, _)| !id.as_str().contains('/')),
    };
    found.ok_or_else(|| {
        let given = asked.unwrap_or_default();
        let shown: String = given.chars().take(64).collect();
        let hint = nearest(given, ruleset.localities().map(|(id, _)| id.as_str()));
        let hint = hint
            .map_or_else(|| "`GET /v1/localities` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
        let en = format!("there is no locality `{}`; {hint}", shown.escape_debug());
        wrong("locality", FlawCode::UnknownValue, en, "没有这一地区；全部可用值见GET /v1/localities".to_owned())
    })
}

/// Refuses a kind of dispute that there is not.
pub(crate) fn known_kind(ruleset: &Ruleset, kind: &str) -> Result<(), Problem> {
    let kinds = &ruleset.vocabulary().kinds;
    if kinds.contains_key(kind) {
        return Ok(());
    }
    let hint = nearest(kind, kinds.keys().map(|kind| kind.as_str()));
    let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let shown: String = kind.chars().take(64).collect();
    let en = format!("there is no kind of dispute `{}`{hint}", shown.escape_debug());
    Err(wrong("kind", FlawCode::UnknownValue, en, "没有这一纠纷类型".to_owned()))
}

/// The map, as it may be shown: what counts too few is hidden in it already.
pub(crate) async fn mapped(app: &Arc<App>, query: &str) -> Result<Value, Problem> {
    let today = events::offset(app).to_datetime(timestamp(app.clock())).date();
    let asked = Asked::read(query, Month::of(today), &PARAMETERS)?;
    let serving = app.serving();
    let ruleset = Arc::clone(serving.ruleset());
    let (id, here) = place(&ruleset, asked.place.as_deref())?;
    asked.kind.as_deref().map_or(Ok(()), |kind| known_kind(&ruleset, kind))?;
    let names: Vec<String> = below(&ruleset, id).map(ToString::to_string).collect();
    let above = here.chain.len().checked_sub(2).and_then(|at| here.chain.get(at)).map(ToString::to_string);
    let levels = levels(&ruleset, here);
    let months = asked.to.number() - asked.from.number() + 1;
    // Of a longer period the year before would be a part of it, and could be taken away from it.
    let year = (months <= MONTHS_COUNT).then(|| (asked.from.plus(-12), asked.to.plus(-12)));
    let MapTallies { places: now, months: own, before, kinds } = {
        let (kind, period) = (asked.kind.clone(), (asked.from, asked.to));
        let (named, levels) = (id.to_string(), levels.clone());
        reading(app, move |control| {
            // Only of the place itself is each month told, and the year before.
            let to_here = places(&levels, levels.len().saturating_sub(1));
            control.store.map_tallies(&MapAsked {
                place: &named,
                kind: kind.as_deref(),
                period,
                places: &places(&levels, levels.len()),
                before: year.map(|year| (&to_here[..], year)),
            })
        })
        .await?
    };
    let people = |place: &str| ruleset.locality(place).and_then(|(_, locality)| locality.population);
    let now = Guarded::new(&levels, levels.len(), &now);
    let figures = |place: &str| now.figures(place, people(place));
    let population = people(id.as_str());
    let by_month = by(&own, |tally| tally.month);
    let all_months: Vec<Month> = (asked.from.number()..=asked.to.number()).filter_map(Month::of_number).collect();
    let each: Vec<Counts> = all_months.iter().map(|month| by_month.get(month).cloned().unwrap_or_default()).collect();
    let trend = now.parts(id.as_str(), &each);
    let trend = trend.iter().zip(&each).map(|(cover, counts)| told(counts, population, cover));
    let above_here = levels.len().saturating_sub(1);
    let earlier = |before: Vec<Tallied>| Guarded::new(&levels, above_here, &before).figures(id.as_str(), population);
    let year_before = before.map(earlier);
    let shown_kinds = if asked.kind.is_none() { now.kinds(id.as_str(), &kinds) } else { apart(&kinds) };
    Ok(json!({
        "locality": described(id, here),
        "kind": asked.kind,
        "period": { "from": asked.from.to_string(), "to": asked.to.to_string() },
        "shown_from": SHOWN_COUNT_MIN,
        "indicators": indicators(),
        "figures": figures(id.as_str()),
        "year_before": year_before,
        "parent": above.as_ref().and_then(|above| {
            let (id, locality) = ruleset.locality(above)?;
            Some(json!({ "locality": described(id, locality), "figures": figures(above) }))
        }),
        "children": names.iter().filter_map(|name| {
            let (id, locality) = ruleset.locality(name)?;
            Some(json!({ "locality": described(id, locality), "figures": figures(name) }))
        }).collect::<Vec<_>>(),
        "trend": all_months.iter().zip(trend)
            .map(|(month, figures)| json!({ "month": month.to_string(), "figures": figures })).collect::<Vec<_>>(),
        "kinds": by_kind(&ruleset, &kinds, &shown_kinds),
    }))
}

/// A place, and what lies right below it.
#[derive(Clone)]
struct Level {
    place: String,
    below: Vec<String>,
}

/// The places from the root down to one, each with what lies right below it.
fn levels(ruleset: &Ruleset, here: &Locality) -> Vec<Level> {
    let level =
        |id: &LocalityId| Level { place: id.to_string(), below: below(ruleset, id).map(ToString::to_string).collect() };
    here.chain.iter().map(level).collect()
}

/// What lies right below a place.
fn below<'r>(ruleset: &'r Ruleset, place: &'r LocalityId) -> impl Iterator<Item = &'r LocalityId> {
    let depth = ruleset.locality(place.as_str()).map_or(0, |(_, locality)| locality.chain.len());
    let lies = move |locality: &Locality| locality.chain.len() == depth + 1 && locality.chain.contains(place);
    ruleset.localities().filter(move |(_, locality)| lies(locality)).map(|(id, _)| id)
}

/// The root, and what lies right below each of so many of the first levels.
fn places(levels: &[Level], count: usize) -> Vec<&str> {
    let root = levels.first().map(|root| root.place.as_str());
    let below = levels.iter().take(count).flat_map(|level| level.below.iter().map(String::as_str));
    root.into_iter().chain(below).collect()
}

/// Counts of places, and what of them may be shown.
///
/// It is worked out from the root down, so that a place shows the same beside its children as beside its siblings: whoever
/// goes from page to page learns no more than whoever reads one.
struct Guarded(BTreeMap<String, (Counts, Cover)>);

impl Guarded {
    /// Of the root, and of what lies right below each of so many of the first levels.
    fn new(levels: &[Level], count: usize, tallies: &[Tallied]) -> Self {
        let mut counts = by(tallies, |tally| tally.locality.clone());
        let mut all: BTreeMap<String, (Counts, Cover)> = BTreeMap::new();
        if let Some(root) = levels.first() {
            let own = counts.remove(&root.place).unwrap_or_default();
            let cover = Cover::alone(&own);
            all.insert(root.place.clone(), (own, cover));
        }
        for Level { place, below } in levels.iter().take(count) {
            let Some((whole, cover)) = all.get(place) else { continue };
            let parts: Vec<Counts> = below.iter().map(|place| counts.remove(place).unwrap_or_default()).collect();
            let covers = cover.parts(whole, &parts);
            all.extend(below.iter().cloned().zip(parts.into_iter().zip(covers)));
        }
        Self(all)
    }

    fn figures(&self, place: &str, population: Option<u64>) -> Value {
        let nothing = || json!({});
        self.0.get(place).map_or_else(nothing, |(counts, cover)| told(counts, population, cover))
    }

    /// What may be shown of parts of a place.
    fn parts(&self, place: &str, parts: &[Counts]) -> Vec<Cover> {
        self.0.get(place).map(|(whole, cover)| cover.parts(whole, parts)).unwrap_or_default()
    }

    /// Which kinds of a place may be shown by how many came.
    fn kinds(&self, place: &str, kinds: &[(String, i64)]) -> Vec<bool> {
        let registered = |(_, count): &(String, i64)| {
            let mut counts = Counts::default();
            counts.add(Measure::Registered, 0, *count);
            counts
        };
        let parts: Vec<Counts> = kinds.iter().map(registered).collect();
        self.parts(place, &parts).iter().map(Cover::shows_registered).collect()
    }
}

/// The same of kinds beside which their sum does not stand.
fn apart(kinds: &[(String, i64)]) -> Vec<bool> {
    let counts: Vec<i64> = kinds.iter().map(|(_, count)| *count).collect();
    hidden(&counts).into_iter().map(|hides| !hides).collect()
}

/// All figures of counts.
fn told(counts: &Counts, population: Option<u64>, cover: &Cover) -> Value {
    let all = Indicator::ALL.iter().map(|one| (one.as_str().to_owned(), figure(one.figure(counts, population, cover))));
    Value::Object(all.collect())
}

fn by<'t, K: Ord>(tallies: impl IntoIterator<Item = &'t Tallied>, key: impl Fn(&Tallied) -> K) -> BTreeMap<K, Counts> {
    let mut all: BTreeMap<K, Counts> = BTreeMap::new();
    for tally in tallies {
        all.entry(key(tally)).or_default().add(tally.measure, tally.bucket, tally.count);
    }
    all
}

pub(super) fn described(id: &LocalityId, locality: &Locality) -> Value {
    json!({
        "id": id.as_str(),
        "title": text(&locality.title),
        "population": locality.population,
        "tile": locality.tile,
    })
}

pub(super) fn text(text: &Text) -> Value {
    json!({ "zh": &*text.zh, "en": &*text.en })
}

fn indicators() -> Vec<Value> {
    let both = |(zh, en): (&str, &str)| json!({ "zh": zh, "en": en });
    Indicator::ALL
        .iter()
        .map(|indicator| {
            let words = indicator_text(*indicator);
            json!({
                "id": indicator.as_str(),
                "title": both(words.title),
                "formula": both(words.formula),
                "unit": indicator.unit().as_str(),
                "more_is_better": words.more_is_better,
                "never_without": indicator.pair().iter().map(|pair| pair.as_str()).collect::<Vec<_>>(),
            })
        })
        .collect()
}

pub(super) fn figure(figure: Figure) -> Value {
    let mut members = Map::new();
    members.insert("value".to_owned(), json!(figure.value));
    let more = [("part", figure.part.map(|n| json!(n))), ("whole", figure.whole.map(|n| json!(n)))];
    let bounds = [("at_least", figure.at_least.map(|n| json!(n))), ("at_most", figure.at_most.map(|n| json!(n)))];
    for (name, value) in more.into_iter().chain(bounds) {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    }
    if figure.suppressed {
        members.insert("suppressed".to_owned(), json!(true));
    }
    Value::Object(members)
}

/// Which parts of a whole would be given away by what others show, beside those that are small by themselves: of what is
/// counted, of what it is a share of, and of what that leaves.
pub(super) fn covered((of_whole, all_of_whole): (i64, Option<i64>), split: &[(i64, Option<i64>)]) -> Vec<bool> {
    let columns: [(i64, Vec<i64>); 3] = [
        (of_whole, split.iter().map(|(part, _)| *part).collect()),
        (all_of_whole.unwrap_or_default(), split.iter().map(|(_, all)| all.unwrap_or_default()).collect()),
        (
            all_of_whole.unwrap_or_default() - of_whole,
            split.iter().map(|(part, all)| all.unwrap_or_default() - part).collect(),
        ),
    ];
    // Without a whole there is one column.
    let columns = if all_of_whole.is_some() { &columns[..] } else { columns.get(..1).unwrap_or_default() };
    let mut covered = vec![false; split.len()];
    for (sum, column) in columns {
        let rest = sum - column.iter().sum::<i64>();
        let with_rest: Vec<i64> = column.iter().copied().chain((rest > 0).then_some(rest)).collect();
        let small = |at: usize| column.get(at).is_some_and(|count| *count < SHOWN_COUNT_MIN);
        for (at, hides) in hidden(&with_rest).into_iter().enumerate() {
            if let Some(covered) = covered.get_mut(at) {
                // What is small by itself is told by its bounds.
                *covered |= hides && !small(at);
            }
        }
    }
    covered
}

fn by_kind(ruleset: &Ruleset, kinds: &[(String, i64)], shown: &[bool]) -> Vec<Value> {
    kinds
        .iter()
        .zip(shown)
        .filter(|((_, count), _)| *count > 0)
        .map(|((kind, count), shown)| {
            let title = ruleset.vocabulary().kinds.get(kind.as_str()).map(text);
            json!({ "kind": kind, "title": title, "registered": shown.then_some(count), "suppressed": !shown })
        })
        .collect()
}
