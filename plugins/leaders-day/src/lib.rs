//! A standing day of each month on which leaders receive people whose matter has got stuck.
//!
//! The day is a fixed one of the month; on a day of rest it moves to the next working day of the locality's calendar.

use std::collections::BTreeSet;

use maple_guest::{
    Calendar, CaseFile, Claim, Clock, Day, Duty, Field, Finding, Offer, Policy, Refusal, Rule, Setting, Span, Table,
    Text, facts,
};

/// How long somebody may be asked to wait between coming and the day.
pub const NOTICE_DAYS_MAX: i64 = 14;
/// Largest count that a trigger may ask for.
const COUNT_MAX: i64 = 10_000;

/// With any of these somebody may be in danger, and no reception brings anybody face to face.
pub const DANGERS: [&str; 7] = [
    facts::CHILD_AT_RISK,
    facts::CHILD_SEXUAL_HARM,
    facts::DOMESTIC_VIOLENCE,
    facts::DV_WARNING_LETTER,
    facts::PROTECTION_ORDER_ISSUED,
    facts::SUICIDE_RISK,
    facts::VIOLENCE_NOW,
];

/// Days since the matter came without an answer.
pub const PENDING_DAYS: &str = "pending_days";
/// The same matter was brought before.
pub const REPEATED_PETITION: &str = "repeated_petition";
/// How many departments the matter touches.
pub const DEPARTMENTS: &str = "departments";
/// Papers were lost, or the matter is an old one nobody answers for.
pub const PAPERS_LOST: &str = "papers_lost";

/// The leaders' day of a place.
pub struct LeadersDay {
    rule: Rule,
    calendar: Calendar,
    day_of_month: u8,
    notice_days: i32,
    triggers: Triggers,
    stop_on: Vec<String>,
    offer: Offer,
    duties: Vec<Duty>,
    clock: Option<String>,
}

/// What brings a matter before the leaders; any one is enough.
struct Triggers {
    pending_days_over: Option<i64>,
    departments_min: Option<i64>,
    repeated_petition: bool,
    papers_lost: bool,
}

impl Policy for LeadersDay {
    fn summary() -> Text {
        Text::new(
            "久拖未决、多次反映的事项，安排到最近的领导接访日当面解决",
            "What has got stuck is heard in person on the leaders' next reception day",
        )
    }

    fn configure(settings: &Table<'_>, calendar: &Calendar) -> Self {
        let channel = settings.get("channel").code().unwrap_or("leaders_reception");
        let stop_on = settings.get("stop-on");
        let stop_on = match stop_on.is_present() {
            true => stop_on.codes(),
            false => DANGERS.to_vec(),
        };
        let weight = settings.get("weight").count(-100..=100).and_then(|w| i16::try_from(w).ok()).unwrap_or(0);
        Self {
            rule: Rule::from_settings(settings, "LEADERS-DAY", Some(Self::summary())),
            calendar: calendar.clone(),
            day_of_month: settings.need("day-of-month").count(1..=31).map_or(1, |day| day as u8),
            notice_days: settings.get("notice-days").count(0..=NOTICE_DAYS_MAX).map_or(0, |days| days as i32),
            triggers: Triggers::read(settings.need("triggers")),
            stop_on: stop_on.into_iter().map(Into::into).collect(),
            offer: Offer { body: settings.get("body").code().map(Into::into), ..Offer::to(channel).weight(weight) },
            duties: settings.get("duties").items().unwrap_or_default().into_iter().filter_map(duty).collect(),
            clock: settings.get("clock").code().map(Into::into),
        }
    }

    fn reads(&self) -> Vec<String> {
        let reads: BTreeSet<String> =
            self.triggers.reads().map(Into::into).chain(self.stop_on.iter().cloned()).collect();
        reads.into_iter().collect()
    }

    fn rules(&self) -> Vec<Rule> {
        vec![self.rule.clone()]
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        // Nobody in danger waits for a day of the month, or meets the other side there.
        if self.stop_on.iter().any(|flag| case.flag(flag)) {
            return Ok(Vec::new());
        }
        let evidence: Vec<String> = self.triggers.met(case).map(Into::into).collect();
        if evidence.is_empty() {
            return Ok(Vec::new());
        }
        let day = self.next(case.day);
        let mut claims = vec![self.offer.clone().due(day).into()];
        claims.extend(self.duties.iter().cloned().map(Into::into));
        claims.extend(self.clock(case.day, day).map(Into::into));
        let finding = |claim: Claim| Finding { evidence: evidence.clone(), ..Finding::new(&self.rule.id, claim) };
        Ok(claims.into_iter().map(finding).collect())
    }
}

impl LeadersDay {
    /// The first leaders' day that gives the notice asked for; short months have it on their last day.
    fn next(&self, today: Day) -> Day {
        let earliest = today.plus_days(self.notice_days);
        let month = Day { day: 1, ..today };
        let of_month = |months: i32| {
            let last = month.plus_months(months).month_end();
            self.calendar.roll(Day { day: self.day_of_month.min(last.day), ..last })
        };
        // A day that rolled over belongs to the month before the one it falls in.
        (-1..=2).map(of_month).find(|day| *day >= earliest).unwrap_or(earliest)
    }

    /// A clock that ends on the leaders' day, today where that is the day.
    fn clock(&self, today: Day, day: Day) -> Option<Clock> {
        let days = u16::try_from(day.days_since(today)).ok()?;
        Some(Clock::of(self.clock.as_ref()?, today, Span::days(days)))
    }
}

impl Triggers {
    fn read(field: Field<'_>) -> Self {
        let none =
            Self { pending_days_over: None, departments_min: None, repeated_petition: false, papers_lost: false };
        let Some(table) = field.table() else { return none };
        let triggers = Self {
            pending_days_over: table.get("pending-days-over").count(0..=COUNT_MAX),
            departments_min: table.get("departments-min").count(1..=COUNT_MAX),
            repeated_petition: table.get("repeated-petition").flag().unwrap_or(false),
            papers_lost: table.get("papers-lost").flag().unwrap_or(false),
        };
        if triggers.reads().next().is_none() {
            let advice = "name pending-days-over, departments-min, repeated-petition or papers-lost";
            field.complain("never bring anything before the leaders", advice);
        }
        triggers
    }

    fn reads(&self) -> impl Iterator<Item = &'static str> + use<> {
        let reads = [
            self.departments_min.map(|_| DEPARTMENTS),
            self.papers_lost.then_some(PAPERS_LOST),
            self.pending_days_over.map(|_| PENDING_DAYS),
            self.repeated_petition.then_some(REPEATED_PETITION),
        ];
        reads.into_iter().flatten()
    }

    /// The facts that bring this case before the leaders.
    fn met(&self, case: &CaseFile) -> impl Iterator<Item = &'static str> + use<> {
        let above = |key, bound: Option<i64>| bound.is_some_and(|bound| case.count(key).is_some_and(|n| n > bound));
        let met = [
            above(DEPARTMENTS, self.departments_min.map(|least| least - 1)).then_some(DEPARTMENTS),
            (self.papers_lost && case.flag(PAPERS_LOST)).then_some(PAPERS_LOST),
            above(PENDING_DAYS, self.pending_days_over).then_some(PENDING_DAYS),
            (self.repeated_petition && case.flag(REPEATED_PETITION)).then_some(REPEATED_PETITION),
        ];
        met.into_iter().flatten()
    }
}

/// A duty is a code, or a table with the one who bears it.
fn duty(field: Field<'_>) -> Option<Duty> {
    if let Some(Setting::Table(_)) = field.raw() {
        let table = field.table()?;
        let (code, bearer) = (table.need("code").code(), table.get("bearer").code());
        return Some(Duty { bearer: bearer.map(Into::into), ..Duty::of(code?) });
    }
    field.code().map(Duty::of)
}

maple_guest::export!(LeadersDay);
