//! `GET /v1/insight/risk`: what is open, the most urgent first, divided in every way, and how the loop was closed.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Extension, RawQuery, State},
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use maple_insight::figures::{Ending, Loop, LoopFigure, Month, SHOWN_COUNT_MIN};
use maple_kernel::{Code, LocalityId, Ruleset, WordList};
use maple_store::{BoardCursor, BoardFilter, LoopTally, OpenBy, OpenGroup, Signal, SignalState};
use maple_wire::{Problem, loop_text};
use serde_json::{Map, Value, json};

use super::{
    activations::reading,
    answer,
    insight::{covered, described, figure, known_kind, month, period, place, text},
    query::{self, Wrong},
    signals::{level, reach, state},
};
use crate::{access::Caller, app::App, clock::timestamp, events, signals};

/// Signals on one page, where the caller does not say.
const PAGE_COUNT: u32 = 50;
/// Letters of a word of a filter.
const WORD_CHARS_MAX: usize = 256;
const PARAMETERS: [&str; 9] = ["locality", "state", "level", "kind", "signal", "from", "to", "after", "count"];

pub(crate) async fn risk(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Response {
    let board = board(&app, &caller, &query.unwrap_or_default()).await;
    answer::told(board.map(|board| answer::json(board.to_string())))
}

struct Asked {
    filter: BoardFilter,
    from: Month,
    to: Month,
    after: Option<BoardCursor>,
    count: u32,
}

fn asked(query: &str, now: Month) -> Result<Asked, Problem> {
    let (mut filter, mut after, mut count) = (BoardFilter::default(), None, PAGE_COUNT);
    let (mut from, mut to) = (None, None);
    query::read(query, |name, value| {
        match name {
            "locality" => filter.locality = Some(value.to_owned()),
            "state" => filter.state = Some(state(value)?),
            "level" => filter.level = Some(level(value)?),
            "kind" => filter.kind = Some(value.to_owned()),
            "signal" => filter.code = Some(word(value)?),
            "from" => from = Some(month(name, value)?),
            "to" => to = Some(month(name, value)?),
            "after" => after = Some(cursor(value)?),
            "count" => count = query::count(value)?,
            other => return Err(query::unknown(other, &PARAMETERS)),
        }
        Ok(())
    })?;
    let (from, to) = period(from, to, now)?;
    Ok(Asked { filter, from, to, after, count })
}

fn word(value: &str) -> Result<String, Wrong> {
    if value.chars().count() <= WORD_CHARS_MAX {
        return Ok(value.to_owned());
    }
    let en = format!("`signal` has at most {WORD_CHARS_MAX} letters; `GET /v1/vocabulary` lists the signals");
    Err((en, format!("signal至多{WORD_CHARS_MAX}个字符；全部预警见GET /v1/vocabulary")))
}

fn cursor(value: &str) -> Result<BoardCursor, Wrong> {
    let mut parts = value.splitn(3, '.');
    let mut number = || parts.next()?.parse().ok();
    let (level, at) = (number(), number());
    let read = level.zip(at).zip(parts.next());
    read.map(|((level, at), id)| BoardCursor { level, at, id: id.to_owned() }).ok_or_else(|| {
        ("`after` is what `next` of the page before says".to_owned(), "after应取自上一页的next".to_owned())
    })
}

fn written(cursor: &BoardCursor) -> String {
    format!("{}.{}.{}", cursor.level, cursor.at, cursor.id)
}

/// The beginning of a month by the clock of the service.
fn begin(app: &App, month: Month) -> Timestamp {
    let day = format!("{month}-01").parse::<Date>().ok();
    let at = day.and_then(|day| events::offset(app).to_timestamp(day.at(0, 0, 0, 0)).ok());
    at.unwrap_or(Timestamp::MAX)
}

/// What the store says.
struct Found {
    signals: Vec<Signal>,
    groups: Vec<OpenGroup>,
    tallies: Vec<LoopTally>,
}

/// The board, for whoever may read all of it.
pub(crate) async fn board(app: &Arc<App>, caller: &Caller, query: &str) -> Result<Value, Problem> {
    let now = timestamp(app.clock());
    let today = events::offset(app).to_datetime(now).date();
    let Asked { mut filter, from, to, after, count } = asked(query, Month::of(today))?;
    let ruleset = Arc::clone(app.serving().ruleset());
    filter.kind.as_deref().map_or(Ok(()), |kind| known_kind(&ruleset, kind))?;
    let here = filter.locality.as_deref().map(|asked| place(&ruleset, Some(asked))).transpose()?;
    if let Some((id, _)) = here {
        filter.locality = Some(id.to_string());
    }
    reach(caller, filter.locality.as_ref())?;
    let when = (begin(app, from), begin(app, to.plus(1)));
    let wanted = filter.clone();
    let found = reading(app, move |control| {
        let store = &control.store;
        Ok(Found {
            signals: store.board(&wanted, now, after.as_ref(), count)?,
            groups: store.open_groups(&wanted, now)?,
            tallies: store.loop_tallies(wanted.locality.as_deref(), when)?,
        })
    })
    .await?;
    let Found { signals: shown, groups, tallies } = found;
    let next =
        shown.last().filter(|_| shown.len() as u64 >= u64::from(count)).map(|last| written(&BoardCursor::of(last)));
    let of = |by: OpenBy| groups.iter().filter(move |group| group.by == by);
    let top = here.map(|(id, _)| id);
    Ok(json!({
        "locality": here.map(|(id, locality)| described(id, locality)),
        "at": now.to_string(),
        "period": { "from": from.to_string(), "to": to.to_string() },
        "shown_from": SHOWN_COUNT_MIN,
        "open": of(OpenBy::All).next().map(counts),
        "groups": {
            "signal": worded(&ruleset, WordList::Signal, of(OpenBy::Signal)),
            "kind": of(OpenBy::Kind).map(|group| {
                let title = ruleset.vocabulary().kinds.get(group.key.as_str()).map(text);
                row(json!(group.key), json!(title), group)
            }).collect::<Vec<_>>(),
            "locality": places(&ruleset, top, of(OpenBy::Locality)),
            "subject": of(OpenBy::Subject).map(subject).collect::<Vec<_>>(),
            "responsible": worded(&ruleset, WordList::Bearer, of(OpenBy::Responsible)),
        },
        "signals": shown.iter().map(|signal| signals::shown(app, signal)).collect::<Vec<_>>(),
        "next": next,
        "rates": rates(&ruleset, &tallies),
    }))
}

fn counts(group: &OpenGroup) -> Value {
    let [blue, yellow, orange, red] = group.levels;
    json!({
        "open": group.open, "overdue": group.overdue, "acknowledged": group.acknowledged,
        "levels": { "red": red, "orange": orange, "yellow": yellow, "blue": blue },
    })
}

fn row(id: Value, title: Value, group: &OpenGroup) -> Value {
    let mut row = counts(group);
    if let Value::Object(members) = &mut row {
        members.insert("id".to_owned(), id);
        members.insert("title".to_owned(), title);
    }
    row
}

fn subject(group: &OpenGroup) -> Value {
    let mut row = counts(group);
    if let Value::Object(members) = &mut row {
        members.insert("type".to_owned(), json!(group.key));
        members.insert("ref".to_owned(), json!(group.subject));
    }
    row
}

fn worded<'g>(ruleset: &Ruleset, list: WordList, groups: impl Iterator<Item = &'g OpenGroup>) -> Vec<Value> {
    let told = |group: &OpenGroup| {
        let code = Some(&*group.key).filter(|code| !code.is_empty());
        let word = code.and_then(|code| ruleset.vocabulary().word(list, Code::from(code).as_str()));
        row(json!(code), json!(word.map(|word| text(&word.title))), group)
    };
    groups.map(told).collect()
}

/// What lies below a place, each with all that lies below it; without a place, the roots.
fn places<'g>(ruleset: &Ruleset, top: Option<&LocalityId>, groups: impl Iterator<Item = &'g OpenGroup>) -> Vec<Value> {
    let depth = top.map_or(0, |top| top.as_str().split('/').count());
    let mut sums: BTreeMap<String, OpenGroup> = BTreeMap::new();
    for group in groups {
        let child: Vec<&str> = group.key.split('/').take(depth + 1).collect();
        let id = child.join("/");
        let sum = sums.entry(id.clone()).or_insert_with(|| OpenGroup {
            key: id,
            open: 0,
            overdue: 0,
            acknowledged: 0,
            levels: [0; 4],
            ..group.clone()
        });
        sum.open += group.open;
        sum.overdue += group.overdue;
        sum.acknowledged += group.acknowledged;
        sum.levels.iter_mut().zip(group.levels).for_each(|(sum, more)| *sum += more);
    }
    let mut sums: Vec<OpenGroup> = sums.into_values().collect();
    sums.sort_by(|a, b| b.open.cmp(&a.open).then_with(|| a.key.cmp(&b.key)));
    let told = |sum: &OpenGroup| {
        let title = ruleset.locality(&sum.key).map(|(_, locality)| text(&locality.title));
        row(json!(sum.key), json!(title), sum)
    };
    sums.iter().map(told).collect()
}

/// How the loop was closed: in all, and of each signal. What counts too few is hidden, with what would give it away.
fn rates(ruleset: &Ruleset, tallies: &[LoopTally]) -> Value {
    let mut codes: BTreeMap<&str, Loop> = BTreeMap::new();
    for LoopTally { code, state, acknowledged, ended, count } in tallies {
        let ending = match state {
            SignalState::Handled => Some(Ending::Handled),
            SignalState::FalseAlarm => Some(Ending::FalseAlarm),
            SignalState::Raised | SignalState::Acknowledged => None,
        };
        codes.entry(code).or_default().add(*acknowledged, ending.zip(*ended), *count);
    }
    let mut all = Loop::default();
    codes.values().for_each(|one| all.add_all(one));
    let loops: Vec<&Loop> = codes.values().collect();
    let mut rows: Vec<Map<String, Value>> = vec![Map::new(); loops.len()];
    for one in LoopFigure::ALL {
        let split: Vec<(i64, Option<i64>)> = loops.iter().map(|counts| one.parts(counts)).collect();
        let covered = covered(one.parts(&all), &split);
        for ((row, counts), covered) in rows.iter_mut().zip(&loops).zip(covered) {
            row.insert(one.as_str().to_owned(), figure(one.figure(counts, covered)));
        }
    }
    let whole: Map<String, Value> =
        LoopFigure::ALL.iter().map(|one| (one.as_str().to_owned(), figure(one.figure(&all, false)))).collect();
    let of_codes = codes.keys().zip(rows).map(|(code, figures)| {
        let title = ruleset.vocabulary().word(WordList::Signal, code).map(|word| text(&word.title));
        json!({ "signal": { "code": code, "title": title }, "figures": figures })
    });
    json!({ "formulas": formulas(), "all": whole, "signals": of_codes.collect::<Vec<_>>() })
}

fn formulas() -> Vec<Value> {
    let both = |(zh, en): (&str, &str)| json!({ "zh": zh, "en": en });
    let told = |one: &LoopFigure| {
        let words = loop_text(*one);
        json!({
            "id": one.as_str(), "title": both(words.title), "formula": both(words.formula),
            "unit": one.unit().as_str(), "more_is_better": words.more_is_better,
        })
    };
    LoopFigure::ALL.iter().map(told).collect()
}
