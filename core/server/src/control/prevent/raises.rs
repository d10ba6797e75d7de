//! What policies of prevention say of one dispute.

use jiff::{Timestamp, civil::Date, tz::Offset};
use maple_insight::life::{History, Life, LifeEvent, Standing};
use maple_kernel::{
    Case, Day, FactKey, FactType, Facts, Group, KindId, Locality, LocalityId, Participation, Party, PartyType,
    Purposes, Question, Ruleset, Scope, Signal, Subject, Tally, Value, Window, evaluate,
};
use maple_store::{Common, Counting, Dispute, EventRecord, Later, Look, Looked, Raise, Rests, StoreError};
use maple_wire::registered_facts;

use super::heard;
use crate::{
    app::App,
    context::{AsOf, Counts, Refers, whole},
    control::Control,
    events, signals,
};

/// Doors through which a dispute comes by a call.
const CALLED_SOURCES: [&str; 2] = ["hotline", "police_110"];

/// Levels above the place of a dispute at which its kind is counted, too: from a village up to the county.
pub(super) const KIND_LEVELS_COUNT_MAX: usize = 3;

/// A fact of the dispute's life, and since when it is so.
struct Rested {
    key: FactKey,
    since: Timestamp,
    /// It stands as long as nothing else happens.
    clock: bool,
}

/// Asks about a dispute what there is to be asked.
pub(super) fn looked(
    app: &App,
    control: &Control,
    ruleset: &Ruleset,
    look: Look,
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let mut looked = Looked { look, raises: Vec::new(), running: Vec::new(), again: None, later: Vec::new() };
    let Some((dispute, events)) = control.store.dispute(&looked.look.id)? else { return Ok(looked) };
    let offset = events::offset(app);
    let registered = looked.look.registered;
    let facts = told_of(&events, ruleset);
    let Some(asked) = Asked::of(ruleset, &dispute, facts, registered, offset) else { return Ok(looked) };
    let asking = Asking { app, control, ruleset, asked, offset };
    if looked.look.first || looked.look.recounted {
        looked.raises = asking.as_it_came(registered)?;
    }
    if looked.look.first {
        looked.later = asking.later(registered);
    }
    let history = asking.history(&events);
    let life = history.life();
    let limits: Vec<Date> = asking.asked.limits.iter().filter_map(|(_, day)| date(*day)).collect();
    looked.again = life.look_again(now, offset, &limits);
    if looked.look.is_stirred() {
        for at in life.moments(offset).into_iter().filter(|at| *at <= now) {
            looked.raises.extend(asking.as_it_happened(&history.until(at).life(), at)?);
        }
    }
    if looked.again.is_some() {
        let (raises, running) = asking.as_it_stands(&life, now)?;
        looked.raises.extend(raises);
        looked.running = running;
    }
    Ok(looked)
}

struct Asking<'a> {
    app: &'a App,
    control: &'a Control,
    ruleset: &'a Ruleset,
    asked: Asked,
    offset: Offset,
}

impl Asking<'_> {
    /// What is said of how it came, with what was counted up to then; of its kind at the levels above, too.
    fn as_it_came(&self, at: Timestamp) -> Result<Vec<Raise>, StoreError> {
        let mut raises = self.came(&self.asked, at, |_| true)?;
        for above in self.asked.above(self.ruleset) {
            raises.extend(self.came(&above, at, |signal| self.is_unusual(signal))?);
        }
        Ok(raises)
    }

    fn came(
        &self,
        asked: &Asked,
        at: Timestamp,
        wanted: impl Fn(&Signal<'_>) -> bool,
    ) -> Result<Vec<Raise>, StoreError> {
        let Some(mut question) = asked.question(day(self.offset, at)) else { return Ok(Vec::new()) };
        let counts = Counts::of(self.ruleset, &question, &asked.refers, self.as_of(at));
        question.context = counts.count(&self.control.store)?;
        let decision = evaluate(self.ruleset, &question);
        heard(self.app, self.control, self.ruleset, &question, &decision);
        let signals = decision.signals.iter().filter(|signal| wanted(signal));
        signals.map(|signal| self.raise(signal, &question, at, None)).collect()
    }

    const fn as_of(&self, at: Timestamp) -> AsOf {
        AsOf { at, offset: self.offset, came_only: true, live: false }
    }

    /// True for what is said of a kind since there are more of it than usual: what is said of a few is said where they are.
    fn is_unusual(&self, signal: &Signal<'_>) -> bool {
        let lines = |tally: Tally| matches!(tally, Tally::Line { .. });
        let counted = self.ruleset.vocabulary().aggregates.iter().filter(|aggregate| lines(aggregate.of));
        let mut keys = counted.map(|aggregate| &aggregate.key);
        matches!(signal.subject, Subject::Kind) && keys.any(|key| signal.ground.evidence.iter().any(|on| on == key))
    }

    /// What came after it and counts it: where that was looked at already, it was counted too low.
    fn later(&self, at: Timestamp) -> Vec<Later> {
        let as_of = self.as_of(at);
        let groups = [Group::Organisation, Group::Place, Group::Project, Group::Kind];
        let mut all = Vec::new();
        for group in groups {
            let aggregates = self.ruleset.vocabulary().aggregates.iter().filter(|aggregate| {
                let kinds = &aggregate.kinds;
                let of = kinds.is_empty() || kinds.iter().any(|kind| kind.covers(self.asked.case.kind.as_str()));
                of && aggregate.group == group
            });
            let until = aggregates.filter_map(|aggregate| match aggregate.of {
                Tally::Cases { window, .. } => Some(as_of.until(window)),
                _ => None,
            });
            let (Some(to), Some(common)) = (until.max(), self.asked.common(group)) else { continue };
            all.push(Later { common, after: at, to });
            if group == Group::Kind {
                let above = self.asked.above(self.ruleset).into_iter().filter_map(|above| above.common(group));
                all.extend(above.map(|common| Later { common, after: at, to }));
            }
        }
        all
    }

    /// What is said of what happened at a moment.
    fn as_it_happened(&self, life: &Life, at: Timestamp) -> Result<Vec<Raise>, StoreError> {
        let by_call = CALLED_SOURCES.contains(&self.asked.origin.as_str());
        let mut facts = Vec::new();
        for aggregate in &self.ruleset.vocabulary().aggregates {
            let count = match (aggregate.of, self.asked.common(aggregate.group)) {
                (Tally::Calls { days }, _) => life.calls_at(at, days, by_call),
                (Tally::RefusalsBroken, _) => life.breaches_at(at),
                (Tally::DeadlinesMissed, _) => life.missed_at(at, self.offset),
                (Tally::Relapses, _) => life.relapses_at(at),
                (Tally::Suits { days }, Some(common)) if life.court == Some(at) => {
                    let as_of = AsOf { at, offset: self.offset, came_only: false, live: false };
                    let after = as_of.since(Window::Days(days));
                    let kinds = aggregate.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
                    let counting = Counting { common, after, to: at, suits: true, kinds, open: false, but: None };
                    let counted = self.control.store.count_disputes(&[counting])?;
                    counted.first().and_then(|count| usize::try_from(*count).ok())
                }
                _ => None,
            };
            if let Some(count) = count.and_then(|count| i64::try_from(count).ok()) {
                facts.push((Rested { key: aggregate.key.clone(), since: at, clock: false }, whole(count)));
            }
        }
        self.resting(life, at, facts)
    }

    /// What is said of how it stands now, and which signals of its own times that are.
    fn as_it_stands(&self, life: &Life, now: Timestamp) -> Result<(Vec<Raise>, Vec<String>), StoreError> {
        let mut facts = Vec::new();
        for (key, day) in self.asked.limits.iter().filter(|_| life.limitation_runs()) {
            let begin = date(*day).and_then(|day| self.offset.to_timestamp(day.at(0, 0, 0, 0)).ok());
            if let Some(since) = begin {
                facts.push((Rested { key: key.clone(), since, clock: true }, Value::Day(*day)));
            }
        }
        let station = self.asked.refers.station.as_ref();
        if let (Some(_), Some(assigned), Some(question)) = (station, life.assigned, self.question(now)) {
            let is_open = life.stage.is_some_and(|stage| !stage.is_over());
            let as_of = AsOf { at: now, offset: self.offset, came_only: false, live: true };
            let refers = Refers { station: station.cloned(), ..Refers::default() };
            let counts = is_open.then(|| Counts::of(self.ruleset, &question, &refers, as_of));
            let desk = |key: &FactKey| {
                let aggregate = self.ruleset.vocabulary().aggregates.iter().find(|aggregate| aggregate.key == *key);
                aggregate.is_some_and(|one| {
                    matches!(one.of, Tally::Desk | Tally::Capacity | Tally::Overloaded | Tally::Waiting { .. })
                })
            };
            if let Some(counts) = counts {
                for (key, value) in counts.count(&self.control.store)?.iter().filter(|(key, _)| desk(key)) {
                    facts.push((Rested { key: key.clone(), since: assigned, clock: false }, value.clone()));
                }
            }
        }
        let raises = self.resting(life, now, facts)?;
        let running = raises.iter().filter(|raise| raise.rests.is_some_and(|rests| rests.clock));
        let running = running.map(|raise| raise.code.clone()).collect();
        Ok((raises, running))
    }

    /// What rests on facts of the dispute's life: those that stand, and those that are given beside them.
    fn resting(&self, life: &Life, at: Timestamp, beside: Vec<(Rested, Value)>) -> Result<Vec<Raise>, StoreError> {
        let Some(mut question) = self.question(at) else { return Ok(Vec::new()) };
        let mut rested = Vec::new();
        for known in life.known(self.offset) {
            if let Some(key) = self.fits(known.key, &known.value) {
                question.context.set(key.clone(), known.value.clone());
                rested.push(Rested { key, since: known.since, clock: true });
            }
        }
        for (one, value) in beside {
            question.context.set(one.key.clone(), value);
            rested.push(one);
        }
        if rested.is_empty() {
            return Ok(Vec::new());
        }
        let decision = evaluate(self.ruleset, &question);
        heard(self.app, self.control, self.ruleset, &question, &decision);
        let mut raises = Vec::new();
        for signal in &decision.signals {
            let on = |one: &&Rested| signal.ground.evidence.iter().any(|key| *key == one.key);
            let since = rested.iter().filter(on).map(|one| one.since).max();
            let clock = rested.iter().filter(on).all(|one| one.clock);
            let Some(since) = since else { continue };
            raises.push(self.raise(signal, &question, at, Some((since, clock)))?);
        }
        Ok(raises)
    }

    /// The key of a fact that the vocabulary of the ruleset knows as one of the case, of this type.
    fn fits(&self, key: &str, value: &Value) -> Option<FactKey> {
        let (key, def) = self.ruleset.vocabulary().facts.get_key_value(key)?;
        let fits = match (&def.kind, value) {
            (FactType::Day, Value::Day(_)) | (FactType::Flag, Value::Flag(_)) => true,
            (FactType::Text(words), Value::Text(word)) => words.is_empty() || words.contains(word),
            _ => false,
        };
        (fits && def.scope == Scope::Case).then(|| key.apart())
    }

    fn question(&self, at: Timestamp) -> Option<Question> {
        self.asked.question(day(self.offset, at))
    }

    fn history(&self, events: &[EventRecord]) -> History {
        let locality = self.ruleset.locality(&self.asked.locality);
        let way = locality.map(|(_, place)| place.participation);
        let events = events.iter().map(|record| {
            let event = LifeEvent { at: record.event.at, what: record.event.what.clone() };
            (event, record.standing)
        });
        History::new(events.collect(), way.is_none_or(|way| way == Participation::Voluntary))
    }

    fn raise(
        &self,
        signal: &Signal<'_>,
        question: &Question,
        at: Timestamp,
        rests: Option<(Timestamp, bool)>,
    ) -> Result<Raise, StoreError> {
        let (case, refers) = (&question.case, &self.asked.refers);
        let (sort, subject) = match &signal.subject {
            Subject::Organisation(_) => ("organisation", refers.organisation.clone()),
            Subject::Place => ("place", refers.place.clone()),
            Subject::Project => ("project", refers.project.clone()),
            Subject::Station => ("station", refers.station.clone()),
            Subject::Kind => ("kind", Some(format!("{} {}", case.kind, case.locality))),
            Subject::OwnCase => ("case", None),
        };
        // What is about something that this dispute does not name is about the dispute.
        let (sort, subject) = subject.map_or_else(|| ("case", self.asked.id.clone()), |subject| (sort, subject));
        // A station's signal stands where the station is, whichever case told it.
        let rows =
            if sort == "station" { self.control.store.roster_of(&[&subject], &[])?.stations } else { Vec::new() };
        let locality = rows.into_iter().next().map_or_else(|| case.locality.to_string(), |station| station.locality);
        let counted = self.most(question, signal, sort, rests.is_some());
        let end = |day: Day| {
            let next = date(day).and_then(|day| day.tomorrow().ok());
            next.and_then(|day| self.offset.to_timestamp(day.at(0, 0, 0, 0)).ok())
        };
        Ok(Raise {
            id: format!("s-{}", self.app.unique()),
            code: signal.code.to_string(),
            level: signal.level,
            cases: counted.unwrap_or(1),
            sort: sort.to_owned(),
            subject,
            locality,
            kind: case.kind.to_string(),
            policy: signal.ground.by.policy.to_string(),
            rule: signal.ground.by.rule.to_string(),
            basis: signals::basis(&signal.ground),
            measures: signal.measures.iter().map(ToString::to_string).collect(),
            responsible: signal.responsible.as_ref().map(ToString::to_string),
            at,
            deadline: signal.handle_by.and_then(end),
            expires: end(signal.expires).unwrap_or(at),
            rests: rests.map(|(since, clock)| Rests { since, clock, adds: sort != "case" && counted.is_none() }),
        })
    }

    /// The most disputes that were counted of what the signal is about; of its evidence alone, where that is asked for.
    fn most(&self, question: &Question, signal: &Signal<'_>, sort: &str, evident: bool) -> Option<i64> {
        let counted = self.ruleset.vocabulary().aggregates.iter().filter(|aggregate| {
            let disputes =
                matches!(aggregate.of, Tally::Cases { .. } | Tally::Suits { .. } | Tally::Desk | Tally::Waiting { .. });
            disputes
                && aggregate.group != Group::Case
                && aggregate.group.as_str() == sort
                // What a station has to do is behind whatever is said of its load.
                && (!evident || aggregate.of == Tally::Desk || signal.ground.evidence.iter().any(|key| *key == aggregate.key))
        });
        let numbers = counted.filter_map(|aggregate| match question.context.get(aggregate.key.as_str()) {
            #[expect(clippy::cast_possible_truncation, reason = "counts are whole")]
            Some(Value::Number(number)) => Some(*number as i64),
            _ => None,
        });
        numbers.max()
    }
}

/// What its registration says of the case itself.
fn told_of(events: &[EventRecord], ruleset: &Ruleset) -> Facts {
    let counting = events.iter().filter(|record| record.standing == Standing::Applied);
    let mut told = counting.filter_map(|record| record.event.about.as_ref()?.facts.as_deref());
    told.next().map(|facts| registered_facts(facts, ruleset.vocabulary())).unwrap_or_default()
}

fn date(day: Day) -> Option<Date> {
    // The kernel's days and these are written alike.
    day.to_string().parse().ok()
}

/// The code of the official division: `330784` is a county's, `330700` a city's, `330000` a province's; those of towns and
/// villages are longer.
fn division(place: &Locality) -> Option<&str> {
    place.code.as_deref().filter(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()))
}

/// True for a place whose code says that no county is above it.
fn is_county_or_above(place: &Locality) -> bool {
    division(place).is_some()
}

/// True for a county and what is below it; of a place without a code the tree says so: below the second level.
fn is_below_city(place: &Locality) -> bool {
    division(place).map_or(place.chain.len() > 2, |code| !code.ends_with("00"))
}

fn day(offset: Offset, at: Timestamp) -> Option<Day> {
    let date = offset.to_datetime(at).date();
    Day::new(date.year(), date.month(), date.day())
}

/// The question that a dispute is: what is known of it from its registration, and nothing of the people in it.
#[derive(Clone)]
struct Asked {
    id: String,
    locality: String,
    origin: String,
    case: Case,
    refers: Refers,
    /// Days that its limitation runs from. They are no part of how it came: what is near is near by the clock.
    limits: Vec<(FactKey, Day)>,
}

impl Asked {
    /// Nothing where the ruleset knows no such place.
    fn of(ruleset: &Ruleset, dispute: &Dispute, told: Facts, registered: Timestamp, offset: Offset) -> Option<Self> {
        let about = dispute.about.as_ref()?;
        ruleset.locality(&about.locality)?;
        let refers = Refers {
            organisation: about.organisation.clone(),
            place: about.place.clone(),
            project: about.project.clone(),
            station: dispute.desk.station.clone(),
        };
        let unknown = || {
            let consent = FactKey::from("consent");
            let known = ruleset.vocabulary().facts.contains_key(&consent);
            Facts::new(if known { vec![(consent, Value::Text("unknown".into()))] } else { Vec::new() })
        };
        let (mut limits, mut facts) = (Vec::new(), Vec::new());
        for (key, value) in told.iter() {
            match value {
                Value::Day(day) => limits.push((key.clone(), *day)),
                other => facts.push((key.clone(), other.clone())),
            }
        }
        let party = |role: &str, kind| Party { role: role.into(), kind, facts: unknown() };
        let respondent = if about.organisation.is_some() { PartyType::Organisation } else { PartyType::Natural };
        let case = Case::new(
            Some(dispute.id.as_str().into()),
            LocalityId::from(about.locality.as_str()),
            KindId::from(about.kind.as_str()),
            about.origin.as_str().into(),
            day(offset, registered)?,
            vec![party("applicant", PartyType::Natural), party("respondent", respondent)],
            Facts::new(facts),
        );
        let (id, locality, origin) = (dispute.id.clone(), about.locality.clone(), about.origin.clone());
        Some(Self { id, locality, origin, case, refers, limits })
    }

    /// The same at each level above, up to the county and at most [`KIND_LEVELS_COUNT_MAX`], as if it had come there: what
    /// it has in common with others beside its kind is left out.
    fn above(&self, ruleset: &Ruleset) -> Vec<Self> {
        let Some((_, place)) = ruleset.locality(&self.locality) else { return Vec::new() };
        if is_county_or_above(place) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for id in place.chain.iter().rev().skip(1).take(KIND_LEVELS_COUNT_MAX) {
            let Some((_, above)) = ruleset.locality(id.as_str()).filter(|(_, above)| is_below_city(above)) else {
                break;
            };
            let mut asked = self.clone();
            asked.locality = id.to_string();
            asked.case.locality = LocalityId::from(id.as_str());
            asked.refers = Refers::default();
            all.push(asked);
            if is_county_or_above(above) {
                break;
            }
        }
        all
    }

    fn question(&self, as_of: Option<Day>) -> Option<Question> {
        let purposes = Purposes { routing: false, prevention: true };
        let case = self.case.clone();
        Some(Question { case, purposes, as_of: as_of?, explain: false, context: Facts::default() })
    }

    fn common(&self, group: Group) -> Option<Common> {
        match group {
            Group::Organisation => self.refers.organisation.clone().map(Common::Organisation),
            Group::Place => self.refers.place.clone().map(Common::Place),
            Group::Project => self.refers.project.clone().map(Common::Project),
            Group::Station => self.refers.station.clone().map(Common::Station),
            Group::Kind => Some(Common::Kind(self.case.kind.to_string(), self.locality.clone())),
            Group::Case => None,
        }
    }
}
