//! Events of a dispute's life: CloudEvents 1.0 in JSON, read into what happened or refused with every bad field named.
//!
//! The attributes are read here and not by the CloudEvents SDK: it stops at the first thing that is wrong and keeps what
//! callers add, while whoever sends events must hear of everything at once and extensions must not be kept.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::{Timestamp, civil::Date};
use maple_insight::life::{Arbitration, Committee, EventType, FailureReason, Form, Happening, Level, Referral, Side};
use maple_kernel::{Code, Ruleset, WordList};
use serde_json::{Value, json};

use crate::{
    capacity::{self, CAPACITY_CHANGED, CapacityMessage},
    facts,
    fields::{Given, day, fields, flag, members, nearest, quoted, strange, text},
    handled::{self, HandledMessage, SIGNAL_HANDLED},
    json::{self, Json},
    problem::{FlawCode, Flaws, Path, Problem, ProblemKind},
    question::{SOURCE_UNSTATED, kind, locality, needed, reference, unknown, word},
};

/// Events of one request.
pub const EVENTS_COUNT_MAX: usize = 1_000;
/// Size of the body of one request with events.
pub const EVENTS_BYTES_MAX: usize = 1 << 20;
/// Length of an attribute that names who says so.
pub const EVENT_SOURCE_BYTES_MAX: usize = 256;
/// How far the clock of whoever sends an event may be ahead of this one.
pub const AHEAD_SECONDS_MAX: i64 = 300;
/// What a registration may say of the case itself, by the keys of the vocabulary: what policies of prevention read and events
/// do not say otherwise. Nothing of a person in it, and nothing of who the parties are.
pub const REGISTERED_FACTS: [&str; 9] = [
    "people",
    "workers_org_30d",
    "knew_on",
    "interrupted_on",
    "employment_ended_on",
    "still_employed",
    "labour_arbitration_done",
    "payroll_missed",
    "project_event",
];
/// The version of CloudEvents.
const SPEC_VERSION: &str = "1.0";

/// An event, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventMessage {
    /// Its id.
    pub id: String,
    /// Who says so.
    pub source: String,
    /// The dispute that it is about.
    pub dispute: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
    /// What is told of the dispute, where this is its registration.
    pub registration: Option<Registration>,
    /// The station that has it, where that is said.
    pub station: Option<String>,
    /// The mediator who has it, by a pseudonymous id, where that is said.
    pub mediator: Option<String>,
    /// The channel, where that is said.
    pub channel: Option<String>,
    /// The class of the committee that has it, where that is said.
    pub committee: Option<Committee>,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A dispute.
    Case(Box<EventMessage>),
    /// What a mediator can take.
    Capacity(CapacityMessage),
    /// What became of a signal.
    Handled(HandledMessage),
}

impl Message {
    /// The event of a dispute, if it is one.
    #[must_use]
    pub fn case(self) -> Option<EventMessage> {
        match self {
            Self::Case(message) => Some(*message),
            Self::Capacity(_) | Self::Handled(_) => None,
        }
    }
}

/// What is told of a dispute when it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The locality, by its path.
    pub locality: String,
    /// The kind.
    pub kind: String,
    /// Where it came from.
    pub origin: String,
    /// The organisation that it is about, as the caller refers to it.
    pub organisation: Option<String>,
    /// The place that it is about.
    pub place: Option<String>,
    /// The project that it is about.
    pub project: Option<String>,
    /// The decision that routed it.
    pub decision: Option<String>,
    /// What is known of the case beside, of [`REGISTERED_FACTS`].
    pub facts: BTreeMap<String, Value>,
}

/// An event as it was sent, but that references stand as they are given here.
#[must_use]
pub fn event_json(message: &EventMessage) -> Value {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let data = match &message.what {
        Happening::Registered => {
            let told = message.registration.as_ref();
            json!({
                "locality": told.map(|told| &told.locality),
                "kind": told.map(|told| &told.kind),
                "source": told.map(|told| &told.origin).filter(|origin| *origin != SOURCE_UNSTATED),
                "organisation": told.and_then(|told| told.organisation.as_ref()),
                "place": told.and_then(|told| told.place.as_ref()),
                "project": told.and_then(|told| told.project.as_ref()),
                "decision": told.and_then(|told| told.decision.as_ref()),
                "facts": told.map(|told| &told.facts).filter(|facts| !facts.is_empty()),
            })
        }
        Happening::Consent { side, given } => {
            json!({ "party": side.as_str(), "consent": if *given { "yes" } else { "no" } })
        }
        Happening::Agreed { form, partly, due } => json!({
            "form": form.as_str(), "scope": if *partly { "part" } else { "whole" }, "due_on": day(*due)
        }),
        Happening::Failed(reason) => json!({ "reason": reason.as_str() }),
        Happening::ConfirmationDecided { granted } => json!({ "granted": granted }),
        Happening::ArbitrationStarted(before) => json!({ "tribunal": before.as_str() }),
        Happening::Referred(to) => json!({ "to": to.as_str() }),
        Happening::Closed { level, limit } => json!({ "level": level.as_str(), "limit_on": day(*limit) }),
        Happening::FollowedUp { resolved, satisfied } => json!({ "resolved": resolved, "satisfied": satisfied }),
        Happening::Offered
        | Happening::Assigned
        | Happening::Accepted
        | Happening::Declined
        | Happening::Started
        | Happening::Performed
        | Happening::ConfirmationFiled
        | Happening::FiledInCourt
        | Happening::Reopened
        | Happening::Called => json!({
            "station": message.station, "mediator": message.mediator, "channel": message.channel,
            "committee": message.committee.map(Committee::as_str),
        }),
    };
    let said = |value: &Value| !value.is_null();
    let data: serde_json::Map<String, Value> = data
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| said(value))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    json!({
        "specversion": SPEC_VERSION,
        "id": message.id,
        "source": message.source,
        "type": message.what.kind().as_str(),
        "subject": message.dispute,
        "time": message.at.to_string(),
        "datacontenttype": "application/json",
        "data": data,
    })
}

/// Reads one event in structured mode.
///
/// # Errors
///
/// A problem that names every bad field at once, or the place where the text stops being JSON.
pub fn parse_event(bytes: &[u8], ruleset: &Ruleset, now: Timestamp) -> Result<Message, Box<Problem>> {
    one(&json::read(bytes)?, ruleset, now)
}

/// Reads a list of events; each on its own.
///
/// # Errors
///
/// When the body is no list of at most [`EVENTS_COUNT_MAX`] events.
pub fn parse_events(
    bytes: &[u8],
    ruleset: &Ruleset,
    now: Timestamp,
) -> Result<Vec<Result<Message, Box<Problem>>>, Box<Problem>> {
    let json = json::read(bytes)?;
    let mut flaws = Flaws::default();
    let Json::Items(items) = &json else {
        flaws.add(&Path::ROOT, FlawCode::WrongType, || {
            let (en, zh) = json.sort();
            (format!("a batch is a list of events, not {en}"), format!("批量正文应为事件列表，而不是{zh}"))
        });
        return flaws.settle(ProblemKind::InvalidRequest, None);
    };
    if items.len() > EVENTS_COUNT_MAX {
        flaws.add(&Path::ROOT, FlawCode::TooMany, || {
            let count = items.len();
            (
                format!("a request has at most {EVENTS_COUNT_MAX} events, not {count}; send the rest in another"),
                format!("一次最多{EVENTS_COUNT_MAX}个事件，此处有{count}个；请分次发送"),
            )
        });
        return flaws.settle(ProblemKind::InvalidRequest, None);
    }
    Ok(items.iter().map(|item| one(item, ruleset, now)).collect())
}

/// Reads one event in binary mode: its attributes without `ce-`, and its data.
///
/// # Errors
///
/// As [`parse_event`].
pub fn parse_event_apart(
    attributes: &[(String, String)],
    data: &[u8],
    ruleset: &Ruleset,
    now: Timestamp,
) -> Result<Message, Box<Problem>> {
    let mut members: Vec<(Cow<'_, str>, Json<'_>)> = attributes
        .iter()
        .map(|(name, value)| (Cow::Borrowed(name.as_str()), Json::Text(Cow::Borrowed(value.as_str()))))
        .collect();
    if !data.trim_ascii().is_empty() {
        members.push((Cow::Borrowed("data"), json::read(data)?));
    }
    one(&Json::Object(members), ruleset, now)
}

fn one(json: &Json<'_>, ruleset: &Ruleset, now: Timestamp) -> Result<Message, Box<Problem>> {
    let mut flaws = Flaws::default();
    let read = event(json, ruleset, now, &mut flaws);
    flaws.settle(ProblemKind::InvalidRequest, read)
}

/// The attributes that are read, and those that say nothing here.
const READ: [&str; 7] = ["specversion", "id", "source", "type", "subject", "time", "data"];
/// Data that are no JSON; none here are.
const BASE64: &str = "data_base64";
const PASSED_OVER: [&str; 2] = ["datacontenttype", "dataschema"];

fn event(json: &Json<'_>, ruleset: &Ruleset, now: Timestamp, flaws: &mut Flaws) -> Option<Message> {
    let root = Path::ROOT;
    let mut given: [Given<'_, '_>; READ.len()] = [None; READ.len()];
    for (name, value) in members(json, &root, flaws)? {
        if let Some((_, slot)) = READ.iter().zip(given.iter_mut()).find(|(known, _)| *known == name) {
            *slot = slot.or(Some(value));
        } else if !PASSED_OVER.contains(&name.as_ref()) {
            extension(name, &root, flaws);
        }
    }
    let [version, id, source, kind, subject, time, data] = given;
    if let Some((json, path)) = needed(version, &root.member("specversion"), flaws)
        && let Some(version) = text(json, &path, flaws)
        && version != SPEC_VERSION
    {
        flaws.add(&path, FlawCode::UnknownValue, || {
            let version = quoted(version);
            (
                format!("CloudEvents {version} are not taken; send version {SPEC_VERSION}"),
                format!("不接受CloudEvents {version}；请使用{SPEC_VERSION}版"),
            )
        });
    }
    let id = needed(id, &root.member("id"), flaws).and_then(|(json, path)| said(json, &path, flaws));
    let source = needed(source, &root.member("source"), flaws).and_then(|(json, path)| said(json, &path, flaws));
    let dispute =
        needed(subject, &root.member("subject"), flaws).and_then(|(json, path)| reference(json, &path, flaws));
    let at = needed(time, &root.member("time"), flaws).and_then(|(json, path)| moment(json, &path, now, flaws));
    let nothing = Json::Object(Vec::new());
    let data = data.filter(|data| **data != Json::Null).unwrap_or(&nothing);
    let of_data = root.member("data");
    let kind = needed(kind, &root.member("type"), flaws);
    if kind.as_ref().is_some_and(|(json, _)| json.text() == Some(CAPACITY_CHANGED)) {
        let told = capacity::told(data, &of_data, flaws);
        let (id, source, subject, at, told) = (id?, source?, dispute?, at?, told?);
        let (mediator, station) = capacity::whose(subject, told.mediator);
        let (capacity, leave) = (told.capacity, told.leave);
        return Some(Message::Capacity(CapacityMessage { id, source, mediator, station, at, capacity, leave }));
    }
    if kind.as_ref().is_some_and(|(json, _)| json.text() == Some(SIGNAL_HANDLED)) {
        let state = handled::told(data, &of_data, flaws);
        let (id, source, signal, at, state) = (id?, source?, dispute?, at?, state?);
        return Some(Message::Handled(HandledMessage { id, source, signal, at, state }));
    }
    let kind = kind.and_then(|(json, path)| one_of(json, &path, EventType::ALL, EventType::as_str, flaws))?;
    let told = told(kind, data, &of_data, ruleset, flaws);
    let (id, source, dispute, at, told) = (id?, source?, dispute?, at?, told?);
    let Told { what, registration, station, mediator, channel, committee } = told;
    Some(Message::Case(Box::new(EventMessage {
        id,
        source,
        dispute,
        at,
        what,
        registration,
        station,
        mediator,
        channel,
        committee,
    })))
}

/// An attribute that somebody added; it is taken and not kept.
fn extension(name: &str, path: &Path<'_>, flaws: &mut Flaws) {
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !named || crate::privacy::banned(name).is_some() {
        strange(name, path, flaws, FlawCode::UnknownField, || {
            let hint = if name == BASE64 { Some("data") } else { nearest(name, READ.iter().copied()) };
            let (name, all) = (quoted(name), READ.join(", "));
            match hint {
                Some(hint) => (
                    format!("there is no attribute {name}; did you mean `{hint}`?"),
                    format!("没有{name}这一属性；是否为{hint}？"),
                ),
                None => (
                    format!("there is no attribute {name}; those of an event are {all}"),
                    format!("没有{name}这一属性；可用属性：{all}"),
                ),
            }
        });
    }
}

/// A text that names an event or who says so.
fn said(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<String> {
    let given = text(json, path, flaws)?;
    let name = path.name();
    let fault = if given.is_empty() || given.len() > EVENT_SOURCE_BYTES_MAX {
        let en = format!("`{name}` has from 1 to {EVENT_SOURCE_BYTES_MAX} characters");
        (FlawCode::TooLong, en, format!("{name}应有1至{EVENT_SOURCE_BYTES_MAX}个字符"))
    } else if !given.bytes().all(|byte| byte.is_ascii_graphic()) {
        let en = format!("`{name}` is made of printable ASCII characters, and never of a name");
        (FlawCode::BadFormat, en, format!("{name}由可打印的ASCII字符组成，不得是姓名"))
    } else if crate::privacy::looks_personal(given) {
        let en = format!("`{name}` looks like an identity or telephone number");
        (FlawCode::PersonalData, en, format!("{name}看似身份证号或电话号码"))
    } else {
        return Some(given.to_owned());
    };
    flaws.add(path, fault.0, || (fault.1, fault.2));
    None
}

fn moment(json: &Json<'_>, path: &Path<'_>, now: Timestamp, flaws: &mut Flaws) -> Option<Timestamp> {
    let given = text(json, path, flaws)?;
    let read = given.parse::<Timestamp>().ok().filter(|_| given.as_bytes().get(10) == Some(&b'T'));
    let Some(at) = read.filter(|at| at.as_second() >= 0) else {
        flaws.add(path, FlawCode::BadFormat, || {
            let given = quoted(given);
            (
                format!("{given} is no moment since 1970; write one such as 2026-11-23T08:00:00+08:00 (RFC 3339)"),
                format!("{given}不是1970年以来的时刻；请按RFC 3339书写，如2026-11-23T08:00:00+08:00"),
            )
        });
        return None;
    };
    if at.as_second() - now.as_second() > AHEAD_SECONDS_MAX {
        flaws.add(path, FlawCode::OutOfRange, || {
            (
                format!("{at} lies ahead of this service's clock, {now:.0}, by more than {AHEAD_SECONDS_MAX} seconds; look at the clocks"),
                format!("{at}比本服务时钟{now:.0}超前{AHEAD_SECONDS_MAX}秒以上；请核对时钟"),
            )
        });
        return None;
    }
    Some(at)
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(
    json: &Json<'_>,
    path: &Path<'_>,
    all: &[T],
    word: impl Fn(T) -> &'static str + Copy,
    flaws: &mut Flaws,
) -> Option<T> {
    let given = text(json, path, flaws)?;
    let found = all.iter().copied().find(|one| word(*one) == given);
    if found.is_none() {
        flaws.add(path, FlawCode::UnknownValue, || {
            let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
            let (given, name, list) = (quoted(given), path.name(), words.join(", "));
            match nearest(path_text(json), words.iter().copied()) {
                Some(hint) => (
                    format!("there is no {name} {given}; did you mean `{hint}`?"),
                    format!("没有{given}这一{name}；是否为{hint}？"),
                ),
                None => (
                    format!("there is no {name} {given}; it is one of {list}"),
                    format!("没有{given}这一{name}；可用：{list}"),
                ),
            }
        });
    }
    found
}

fn path_text<'a>(json: &'a Json<'_>) -> &'a str {
    json.text().unwrap_or_default()
}

/// What the data of an event say.
struct Told {
    what: Happening,
    registration: Option<Registration>,
    station: Option<String>,
    mediator: Option<String>,
    channel: Option<String>,
    committee: Option<Committee>,
}

impl Told {
    const fn only(what: Happening) -> Self {
        Self { what, registration: None, station: None, mediator: None, channel: None, committee: None }
    }
}

fn told(kind: EventType, json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<Told> {
    let happening = match kind {
        EventType::Registered => return registered(json, path, ruleset, flaws),
        EventType::Offered => return desk(Happening::Offered, ["channel"], json, path, ruleset, flaws),
        EventType::Assigned | EventType::Started => {
            let names = ["channel", "station", "mediator", "committee"];
            let what = if kind == EventType::Assigned { Happening::Assigned } else { Happening::Started };
            let told = desk(what, names, json, path, ruleset, flaws)?;
            if told.station.is_none() && kind == EventType::Assigned {
                needed(None, &path.member("station"), flaws)?;
            }
            return Some(told);
        }
        EventType::Accepted => return desk(Happening::Accepted, ["mediator"], json, path, ruleset, flaws),
        EventType::Declined => return desk(Happening::Declined, ["mediator"], json, path, ruleset, flaws),
        EventType::Consent => {
            let [party, consent] = fields(json, path, ["party", "consent"], flaws)?;
            let side = needed(party, &path.member("party"), flaws)
                .and_then(|(json, at)| one_of(json, &at, Side::ALL, Side::as_str, flaws));
            let yes_or_no = |given: bool| if given { "yes" } else { "no" };
            let given = needed(consent, &path.member("consent"), flaws)
                .and_then(|(json, at)| one_of(json, &at, &[true, false], yes_or_no, flaws));
            Happening::Consent { side: side?, given: given? }
        }
        EventType::Agreed => {
            let [form, scope, due] = fields(json, path, ["form", "scope", "due_on"], flaws)?;
            let form = needed(form, &path.member("form"), flaws)
                .and_then(|(json, at)| one_of(json, &at, Form::ALL, Form::as_str, flaws));
            let part = |partly: bool| if partly { "part" } else { "whole" };
            let partly =
                scope.map_or(Some(false), |json| one_of(json, &path.member("scope"), &[false, true], part, flaws));
            let due = due.map_or(Some(None), |json| date(json, &path.member("due_on"), flaws).map(Some));
            Happening::Agreed { form: form?, partly: partly?, due: due? }
        }
        EventType::Failed => {
            let [reason] = fields(json, path, ["reason"], flaws)?;
            let reason = needed(reason, &path.member("reason"), flaws)
                .and_then(|(json, at)| one_of(json, &at, FailureReason::ALL, FailureReason::as_str, flaws));
            Happening::Failed(reason?)
        }
        EventType::ConfirmationDecided => {
            let [granted] = fields(json, path, ["granted"], flaws)?;
            let granted = needed(granted, &path.member("granted"), flaws).and_then(|(json, at)| flag(json, &at, flaws));
            Happening::ConfirmationDecided { granted: granted? }
        }
        EventType::ArbitrationStarted => {
            let [tribunal] = fields(json, path, ["tribunal"], flaws)?;
            let tribunal = needed(tribunal, &path.member("tribunal"), flaws)
                .and_then(|(json, at)| one_of(json, &at, Arbitration::ALL, Arbitration::as_str, flaws));
            Happening::ArbitrationStarted(tribunal?)
        }
        EventType::Referred => {
            let [to] = fields(json, path, ["to"], flaws)?;
            let to = needed(to, &path.member("to"), flaws)
                .and_then(|(json, at)| one_of(json, &at, Referral::ALL, Referral::as_str, flaws));
            Happening::Referred(to?)
        }
        EventType::Closed => {
            let [level, limit] = fields(json, path, ["level", "limit_on"], flaws)?;
            let level = needed(level, &path.member("level"), flaws)
                .and_then(|(json, at)| one_of(json, &at, Level::ALL, Level::as_str, flaws));
            let limit = limit.map_or(Some(None), |json| date(json, &path.member("limit_on"), flaws).map(Some));
            Happening::Closed { level: level?, limit: limit? }
        }
        EventType::FollowedUp => {
            let [resolved, satisfied] = fields(json, path, ["resolved", "satisfied"], flaws)?;
            let mut answer = |given: Given<'_, '_>, name| {
                given.map_or(Some(None), |json| flag(json, &path.member(name), flaws).map(Some))
            };
            let (resolved, satisfied) = (answer(resolved, "resolved"), answer(satisfied, "satisfied"));
            Happening::FollowedUp { resolved: resolved?, satisfied: satisfied? }
        }
        EventType::Performed
        | EventType::ConfirmationFiled
        | EventType::FiledInCourt
        | EventType::Reopened
        | EventType::Called => {
            let [] = fields(json, path, [], flaws)?;
            match kind {
                EventType::Performed => Happening::Performed,
                EventType::ConfirmationFiled => Happening::ConfirmationFiled,
                EventType::FiledInCourt => Happening::FiledInCourt,
                EventType::Called => Happening::Called,
                _ => Happening::Reopened,
            }
        }
    };
    Some(Told::only(happening))
}

fn registered(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<Told> {
    let names = ["locality", "kind", "source", "organisation", "place", "project", "decision", "facts"];
    let [locality_given, kind_given, source, organisation, place, project, decision, of_case] =
        fields(json, path, names, flaws)?;
    let locality = needed(locality_given, &path.member("locality"), flaws)
        .and_then(|(json, at)| locality(json, &at, ruleset, flaws));
    let kind = needed(kind_given, &path.member("kind"), flaws).and_then(|(json, at)| kind(json, &at, ruleset, flaws));
    let origin = source.map_or_else(
        || Some(Code::from(SOURCE_UNSTATED)),
        |json| word(json, &path.member("source"), WordList::Source, ruleset, flaws),
    );
    let mut refers = |given: Given<'_, '_>, name: &'static str| {
        given.map_or(Some(None), |json| reference(json, &path.member(name), flaws).map(Some))
    };
    let (organisation, place) = (refers(organisation, "organisation"), refers(place, "place"));
    let (project, decision) = (refers(project, "project"), refers(decision, "decision"));
    let facts = of_case.map_or_else(
        || Some(BTreeMap::new()),
        |json| facts::some(json, &path.member("facts"), &REGISTERED_FACTS, ruleset.vocabulary(), flaws),
    );
    let registration = Registration {
        locality: locality?.to_string(),
        kind: kind?.to_string(),
        origin: origin?.to_string(),
        organisation: organisation?,
        place: place?,
        project: project?,
        decision: decision?,
        facts: facts?,
    };
    Some(Told { registration: Some(registration), ..Told::only(Happening::Registered) })
}

/// An event that may say who has the dispute, and in which channel.
fn desk<const N: usize>(
    what: Happening,
    names: [&'static str; N],
    json: &Json<'_>,
    path: &Path<'_>,
    ruleset: &Ruleset,
    flaws: &mut Flaws,
) -> Option<Told> {
    let given = fields(json, path, names, flaws)?;
    let mut told = Told::only(what);
    let mut whole = true;
    for (name, json) in names.iter().zip(given) {
        let Some(json) = json else { continue };
        let at = path.member(name);
        if *name == "committee" {
            told.committee = one_of(json, &at, Committee::ALL, Committee::as_str, flaws);
            whole &= told.committee.is_some();
            continue;
        }
        let read = if *name == "channel" { channel(json, &at, ruleset, flaws) } else { reference(json, &at, flaws) };
        whole &= read.is_some();
        match *name {
            "station" => told.station = read,
            "mediator" => told.mediator = read,
            _ => told.channel = read,
        }
    }
    whole.then_some(told)
}

fn channel(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<String> {
    let given = text(json, path, flaws)?;
    let channels = &ruleset.vocabulary().channels;
    if channels.contains_key(given) {
        return Some(given.to_owned());
    }
    flaws.add(path, FlawCode::UnknownValue, || {
        let hint = nearest(given, channels.keys().map(|channel| channel.as_str()));
        unknown("channel", "渠道", given, hint, "GET /v1/vocabulary")
    });
    None
}

fn date(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Date> {
    // The kernel's days and these are written alike.
    day(json, path, flaws)?.to_string().parse().ok()
}
