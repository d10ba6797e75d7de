//! From the guest to the kernel: the answer, every field of it bounded and checked.

use maple_kernel::{
    Claim, Class, Code, Day, Due, Fault, FaultKind, Finding, Level, Param, Selector, Span, Subject, Term, Unit, Value,
};

use super::{super::Wrong, types};
use crate::{
    fault::fault,
    limits::{
        BASIS_COUNT_MAX, Bounds, CODE_BYTES_MAX, EVIDENCE_COUNT_MAX, MEASURES_COUNT_MAX, PARAMS_COUNT_MAX,
        PROVISION_BYTES_MAX, SKILLS_COUNT_MAX, WARN_COUNT_MAX, WEIGHT_MAX, WORDS_COUNT_MAX,
    },
};

pub(super) type Checked<T> = Result<T, Wrong>;

/// The findings in the kernel's types, or the first thing wrong with them.
pub(crate) fn findings(given: Vec<types::Finding>, bounds: &Bounds) -> Result<Vec<Finding>, Fault> {
    let max = bounds.findings as usize;
    if given.len() > max {
        return Err(bad(&Wrong::many("findings", given.len(), max).to_string()));
    }
    let number = |(at, given)| finding(given).map_err(|wrong| bad(&format!("finding {}: {wrong}", at + 1)));
    given.into_iter().enumerate().map(number).collect()
}

/// What a refusal becomes. Its free text is for the author only: it may repeat facts.
pub(crate) fn refusal(given: types::Refusal, for_author: bool) -> Fault {
    refused(&given.code, &given.detail, for_author)
}

/// What a refusal becomes.
pub(super) fn refused(code: &str, detail: &str, for_author: bool) -> Fault {
    match word("refusal.code", code, CODE_BYTES_MAX) {
        Ok(code) if for_author => fault(FaultKind::Refused, &format!("{code}: {detail}")),
        Ok(code) => fault(FaultKind::Refused, code),
        Err(wrong) => bad(&wrong.to_string()),
    }
}

pub(super) fn bad(detail: &str) -> Fault {
    fault(FaultKind::BadAnswer, detail)
}

fn finding(given: types::Finding) -> Checked<Finding> {
    let types::Finding { rule, claim: made, reason, basis, evidence } = given;
    Ok(Finding {
        rule: name("rule", &rule)?,
        claim: claim(made)?,
        reason: self::reason(&reason.code)?,
        params: params("reason.params", reason.params)?,
        basis: provisions("basis", basis)?,
        evidence: names("evidence", evidence, EVIDENCE_COUNT_MAX)?,
    })
}

/// The code of a reason; an empty one is none.
pub(super) fn reason(code: &str) -> Checked<Option<Code>> {
    if code.is_empty() { Ok(None) } else { name("reason.code", code).map(Some) }
}

fn claim(given: types::Claim) -> Checked<Claim> {
    Ok(match given {
        types::Claim::Offer(offer) => self::offer(offer)?,
        types::Claim::Prefer(given) => Claim::Prefer {
            channel: name("prefer.channel", &given.channel)?,
            weight: weight("prefer.weight", given.weight)?,
        },
        types::Claim::RequireFirst(given) => Claim::RequireFirst {
            first: name("require-first.first", &given.first)?,
            before: name("require-first.before", &given.before)?,
        },
        types::Claim::Forbid(types::Selector::Channel(channel)) => {
            Claim::Forbid(Selector::Channel(name("forbid.channel", &channel)?))
        }
        types::Claim::Forbid(types::Selector::Class(given)) => Claim::Forbid(Selector::Class(class(&given)?)),
        types::Claim::Duty(given) => Claim::Duty {
            code: name("duty.code", &given.code)?,
            bearer: given.bearer.map(|bearer| name("duty.bearer", &bearer)).transpose()?,
            params: params("duty.params", given.params)?,
        },
        types::Claim::Clock(given) => clock(given)?,
        types::Claim::Signal(given) => signal(given)?,
        types::Claim::Derive(given) => {
            Claim::Derive { key: name("derive.key", &given.key)?, value: value("derive.value", given.value)? }
        }
        types::Claim::Refer(code) => Claim::Refer(name("refer", &code)?),
    })
}

fn offer(given: types::Offer) -> Checked<Claim> {
    Ok(Claim::Offer {
        channel: name("offer.channel", &given.channel)?,
        body: given.body.map(|body| name("offer.body", &body)).transpose()?,
        skills: names("offer.skills", given.skills, SKILLS_COUNT_MAX)?,
        due: given.due.map(due).transpose()?,
        weight: weight("offer.weight", given.weight)?,
        chargeable: given.chargeable,
    })
}

fn due(given: types::Due) -> Checked<Due> {
    Ok(match given {
        types::Due::Within(term) => Due::Within(Term {
            span: span_of("offer.due.span", term.span)?,
            start: name("offer.due.start", &term.start)?,
        }),
        types::Due::On(given) => Due::On(day("offer.due", given)?),
    })
}

fn clock(given: types::Clock) -> Checked<Claim> {
    Ok(Claim::Clock {
        code: name("clock.code", &given.code)?,
        start: day("clock.start", given.start)?,
        span: span_of("clock.span", given.span)?,
        warn: bounded("clock.warn", given.warn, WARN_COUNT_MAX)?,
    })
}

fn signal(given: types::Signal) -> Checked<Claim> {
    Ok(Claim::Signal {
        code: name("signal.code", &given.code)?,
        level: match given.level {
            types::Level::Blue => Level::Blue,
            types::Level::Yellow => Level::Yellow,
            types::Level::Orange => Level::Orange,
            types::Level::Red => Level::Red,
        },
        subject: match given.subject {
            types::Subject::Organisation(role) => Subject::Organisation(name("signal.subject", &role)?),
            types::Subject::Place => Subject::Place,
            types::Subject::Project => Subject::Project,
            types::Subject::Kind => Subject::Kind,
            types::Subject::Station => Subject::Station,
            types::Subject::OwnCase => Subject::OwnCase,
        },
        measures: names("signal.measures", given.measures, MEASURES_COUNT_MAX)?,
        responsible: given.responsible.map(|unit| name("signal.responsible", &unit)).transpose()?,
        handle_within: given.handle_within.map(|within| span_of("signal.handle-within", within)).transpose()?,
    })
}

pub(super) fn class(given: &str) -> Checked<Class> {
    let known = || Class::ALL.map(Class::as_str).join(", ");
    Class::parse(given).ok_or_else(|| Wrong::new("forbid.class", format!("not a class; the classes are {}", known())))
}

fn value(field: &'static str, given: types::ValueResult) -> Checked<Value> {
    Ok(match given {
        types::ValueResult::Text(text) => Value::Text(word(field, &text, CODE_BYTES_MAX)?.into()),
        types::ValueResult::Number(number) if number.is_finite() => Value::Number(number),
        types::ValueResult::Number(_) => return Err(Wrong::new(field, "not a finite number")),
        types::ValueResult::Flag(flag) => Value::Flag(flag),
        types::ValueResult::Day(given) => Value::Day(day(field, given)?),
        types::ValueResult::Words(words) => Value::Words(
            bounded(field, words, WORDS_COUNT_MAX)?
                .into_iter()
                .map(|text| Ok(word(field, &text, CODE_BYTES_MAX)?.into()))
                .collect::<Checked<_>>()?,
        ),
        types::ValueResult::Money(minor) => Value::Money(minor),
    })
}

fn params(field: &'static str, given: Vec<types::FactResult>) -> Checked<Vec<Param>> {
    let given = bounded(field, given, PARAMS_COUNT_MAX)?;
    given.into_iter().map(|param| Ok((name(field, &param.key)?, value(field, param.value)?))).collect()
}

pub(super) fn day(field: &'static str, given: types::Day) -> Checked<Day> {
    let parts = (i16::try_from(given.year), i8::try_from(given.month), i8::try_from(given.day));
    let day = if let (Ok(year), Ok(month), Ok(day)) = parts { Day::new(year, month, day) } else { None };
    day.ok_or_else(|| {
        let types::Day { year, month, day } = given;
        Wrong::new(field, format!("`{year:04}-{month:02}-{day:02}` is no day the engine knows"))
    })
}

pub(super) fn span(field: &'static str, count: u16, unit: Unit) -> Checked<Span> {
    if count > maple_kernel::SPAN_COUNT_MAX {
        let max = maple_kernel::SPAN_COUNT_MAX;
        return Err(Wrong::new(field, format!("a count of {count}, at most {max} is taken")));
    }
    Ok(Span { count, unit })
}

fn span_of(field: &'static str, given: types::Span) -> Checked<Span> {
    let unit = match given.unit {
        types::Unit::Hour => Unit::Hour,
        types::Unit::Day => Unit::Day,
        types::Unit::WorkingDay => Unit::WorkingDay,
        types::Unit::Month => Unit::Month,
        types::Unit::Year => Unit::Year,
    };
    span(field, given.count, unit)
}

pub(super) fn weight(field: &'static str, given: i16) -> Checked<i16> {
    let fits = (-WEIGHT_MAX..=WEIGHT_MAX).contains(&given);
    fits.then_some(given).ok_or_else(|| Wrong::new(field, format!("{given} is outside -{WEIGHT_MAX} to {WEIGHT_MAX}")))
}

fn bounded<T>(field: &'static str, given: Vec<T>, max: usize) -> Checked<Vec<T>> {
    if given.len() <= max { Ok(given) } else { Err(Wrong::many(field, given.len(), max)) }
}

fn names<T: for<'a> From<&'a str>>(field: &'static str, given: Vec<String>, max: usize) -> Checked<Vec<T>> {
    bounded(field, given, max)?.iter().map(|text| name(field, text)).collect()
}

/// One code as a name of some kind.
pub(super) fn name<T: for<'a> From<&'a str>>(field: &'static str, text: &str) -> Checked<T> {
    word(field, text, CODE_BYTES_MAX).map(T::from)
}

/// Provision ids of a finding or of a rule.
pub(super) fn provisions<T: for<'a> From<&'a str>>(field: &'static str, given: Vec<String>) -> Checked<Vec<T>> {
    let given = bounded(field, given, BASIS_COUNT_MAX)?;
    given.iter().map(|text| word(field, text, PROVISION_BYTES_MAX).map(T::from)).collect()
}

/// One word: letters, digits, `_`, `.` and `-`, nothing a person could have typed a name or a story into. What is
/// wrong with it is told without repeating it.
pub(super) fn word<'a>(field: &'static str, text: &'a str, max: usize) -> Checked<&'a str> {
    if text.is_empty() {
        return Err(Wrong::new(field, "empty"));
    }
    if text.len() > max {
        return Err(Wrong::new(field, format!("{} bytes, at most {max} are taken", text.len())));
    }
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    fits.then_some(text).ok_or_else(|| Wrong::new(field, "not a code; letters, digits, `_`, `.` and `-` are taken"))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
