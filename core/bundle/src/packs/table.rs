//! The typed form of a rule table, told from its lowered settings.

use std::{collections::HashMap, sync::Arc};

use maple_kernel::{Class, Code, Level, ProvisionId, RuleId, Selector, Span, Term, Unit, Value};

use super::{lowered::Lowered, policy::Draft};
use crate::{
    sink::Sink,
    table::{Age, Bound, Compare, Complete, Condition, Effect, Row, Start, Subject, Table},
};

/// The rows of a draft.
pub(crate) fn table(draft: &Draft, sink: &Sink<'_>) -> Table {
    let settings = draft.settings.get("rules");
    let lowered = settings.map_or(&[][..], Lowered::list);
    let mut rows: Vec<Row> = lowered.iter().filter_map(|one| row(one, sink)).collect();
    let mut of_rule: HashMap<RuleId, Vec<ProvisionId>> = HashMap::new();
    for row in &rows {
        let all = of_rule.entry(row.rule.clone()).or_default();
        all.extend(row.basis.iter().filter(|id| !all.contains(id)).cloned().collect::<Vec<_>>());
    }
    for row in rows.iter_mut().filter(|row| row.basis.is_empty()) {
        row.basis = of_rule.get(&row.rule).cloned().unwrap_or_default();
    }
    let complete =
        draft.complete.as_ref().map(|(known, place)| Complete { known: known.clone(), spot: sink.spot(*place) });
    let spot = sink.spot(draft.place);
    Table {
        policy: draft.id.clone(),
        target_spot: draft.target_place.map_or_else(|| spot.clone(), |place| sink.spot(place)),
        spot,
        complete,
        open: draft.open,
        unread: lowered.len() - rows.len(),
        rows,
    }
}

fn row(lowered: &Lowered, sink: &Sink<'_>) -> Option<Row> {
    let id = lowered.get("id")?;
    let when = lowered.get("when");
    let day = |key| lowered.get(key).and_then(Lowered::as_day);
    let spot = sink.spot(id.place);
    Some(Row {
        rule: id.as_text()?.into(),
        when_spot: when.map_or_else(|| spot.clone(), |when| sink.spot(when.place)),
        spot,
        when: when.map_or(Some(Condition::All(Vec::new())), condition)?,
        from: day("from"),
        to: day("to"),
        basis: texts(lowered, "basis").map(ProvisionId::from).collect(),
        worded: lowered.get("why-en").is_some(),
        then: lowered.get("then")?.list().iter().map(effect).collect::<Option<_>>()?,
    })
}

fn texts<'l>(table: &'l Lowered, key: &str) -> impl Iterator<Item = &'l str> {
    table.get(key).map_or(&[][..], Lowered::list).iter().filter_map(Lowered::as_text)
}

fn text<'l>(table: &'l Lowered, key: &str) -> Option<&'l str> {
    table.get(key)?.as_text()
}

fn condition(lowered: &Lowered) -> Option<Condition> {
    let of = || lowered.get("of")?.list().iter().map(condition).collect::<Option<Vec<_>>>();
    let all = || of().map(|parts| Box::new(Condition::All(parts)));
    let key = || text(lowered, "key").map(Into::into);
    Some(match text(lowered, "op")? {
        "all" => Condition::All(of()?),
        "any" => Condition::Any(of()?),
        "not" => Condition::Not(all()?),
        "some-party" => Condition::SomeParty(all()?),
        "every-party" => Condition::EveryParty(all()?),
        "is" => {
            let values = lowered.get("in")?.list().iter().map(Lowered::as_value).collect::<Option<_>>()?;
            Condition::Is(subject(lowered)?, values)
        }
        "prefix" => Condition::Prefix(subject(lowered)?, texts(lowered, "in").map(Arc::from).collect()),
        "range" => Condition::Range(key()?, bounds(lowered)?),
        "age" => Condition::Age(key()?, ages(lowered)?),
        "known" => Condition::Known(key()?, lowered.get("is").and_then(Lowered::as_flag).unwrap_or(true)),
        _ => return None,
    })
}

fn subject(lowered: &Lowered) -> Option<Subject> {
    Some(match text(lowered, "at").unwrap_or("fact") {
        "kind" => Subject::Kind,
        "source" => Subject::Source,
        "locality" => Subject::Locality,
        "role" => Subject::Role,
        "type" => Subject::Type,
        _ => Subject::Fact(text(lowered, "key")?.into()),
    })
}

fn bounds(lowered: &Lowered) -> Option<Vec<(Compare, Bound)>> {
    let names = [("min", Compare::Min), ("max", Compare::Max), ("above", Compare::Above), ("below", Compare::Below)];
    let bound = |(name, compare)| {
        let at = lowered.get(name)?;
        Some(match text(at, "fact") {
            Some(key) => Some((compare, Bound::Fact(key.into()))),
            None => at.as_value().map(|value| (compare, Bound::Value(value))),
        })
    };
    names.into_iter().filter_map(bound).collect()
}

fn ages(lowered: &Lowered) -> Option<Vec<(Age, Span)>> {
    let names =
        [("ago-min", Age::AgoMin), ("ago-max", Age::AgoMax), ("running", Age::Running), ("ahead-max", Age::AheadMax)];
    let age = |(name, age)| lowered.get(name).map(|at| span(at).map(|span| (age, span)));
    names.into_iter().filter_map(age).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to 0 and SPAN_COUNT_MAX when read")]
fn span(lowered: &Lowered) -> Option<Span> {
    let unit = match text(lowered, "unit")? {
        "hour" => Unit::Hour,
        "day" => Unit::Day,
        "working-day" => Unit::WorkingDay,
        "month" => Unit::Month,
        "year" => Unit::Year,
        _ => return None,
    };
    Some(Span { count: lowered.get("count")?.as_number()? as u16, unit })
}

#[expect(clippy::cast_possible_truncation, reason = "held to WEIGHT_MAX when read")]
fn weight(lowered: &Lowered) -> i16 {
    lowered.get("weight").and_then(Lowered::as_number).unwrap_or(0.0) as i16
}

fn codes(lowered: &Lowered, key: &str) -> Vec<Code> {
    texts(lowered, key).map(Code::from).collect()
}

fn effect(lowered: &Lowered) -> Option<Effect> {
    let need = |key| text(lowered, key);
    let code = |key| need(key).map(Code::from);
    Some(match need("do")? {
        "offer" => Effect::Offer {
            channel: need("offer")?.into(),
            body: code("body"),
            skills: codes(lowered, "skills"),
            skills_from: need("skills-from").map(Into::into),
            due: lowered.get("due").and_then(span).zip(code("from")).map(|(span, start)| Term { span, start }),
            weight: weight(lowered),
            chargeable: lowered.get("chargeable").and_then(Lowered::as_flag).unwrap_or(false),
        },
        "prefer" => Effect::Prefer { channel: need("prefer")?.into(), weight: weight(lowered) },
        "require-first" => {
            Effect::RequireFirst { first: need("require-first")?.into(), before: need("before")?.into() }
        }
        "forbid" => Effect::Forbid(Selector::Channel(need("forbid")?.into())),
        "forbid-class" => Effect::Forbid(Selector::Class(Class::parse(need("forbid-class")?)?)),
        "duty" => Effect::Duty { code: code("duty")?, bearer: code("bearer"), params: params(lowered) },
        "clock" => clock(lowered)?,
        "signal" => Effect::Signal {
            code: code("signal")?,
            level: level(need("level")?)?,
            subject: need("subject")?.into(),
            measures: codes(lowered, "measures"),
            responsible: code("responsible"),
            handle_within: lowered.get("handle-within").and_then(span),
        },
        "derive" => Effect::Derive { key: need("derive")?.into(), value: lowered.get("value")?.as_value()? },
        "refer" => Effect::Refer(code("refer")?),
        _ => return None,
    })
}

fn params(lowered: &Lowered) -> Vec<(Code, Value)> {
    let given = lowered.get("with").map_or(&[][..], Lowered::list);
    let mut params: Vec<_> =
        given.iter().filter_map(|one| Some((Code::from(text(one, "key")?), one.get("value")?.as_value()?))).collect();
    params.sort_by(|(a, _), (b, _)| a.cmp(b));
    params
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held to CLOCK_WARN_DAYS_MAX when read")]
fn clock(lowered: &Lowered) -> Option<Effect> {
    let start = match text(lowered, "from")? {
        "today" => Start::Today,
        "filed" => Start::Filed,
        key => Start::Fact(key.into()),
    };
    let warn = lowered.get("warn").map_or(&[][..], Lowered::list);
    Some(Effect::Clock {
        code: text(lowered, "clock")?.into(),
        start,
        span: span(lowered.get("span")?)?,
        first_day_counts: lowered.get("first-day-counts").and_then(Lowered::as_flag).unwrap_or(false),
        warn: warn.iter().filter_map(Lowered::as_number).map(|days| days as u16).collect(),
    })
}

fn level(word: &str) -> Option<Level> {
    Some(match word {
        "blue" => Level::Blue,
        "yellow" => Level::Yellow,
        "orange" => Level::Orange,
        "red" => Level::Red,
        _ => return None,
    })
}
