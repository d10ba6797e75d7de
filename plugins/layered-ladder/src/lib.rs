//! Mediation level by level: the village first, then the town, then the county, each with its own time.
//!
//! Every level from the first one up is on offer, in order; whoever does not want to climb may leave at any level.

use std::collections::BTreeSet;

use maple_guest::{
    Calendar, CaseFile, Duty, Field, Finding, Offer, Policy, ReasonText, Refusal, Rule, Span, Table, Text, Value, facts,
};

mod start;

use start::Start;

/// How many levels a ladder may have.
pub const LEVELS_MAX: usize = 6;
/// How many days all levels together may take: mediation by a people's committee ends within a month.
pub const LADDER_DAYS_MAX: i64 = 30;
/// How the days are shared when there are three levels and the settings do not say.
const DAYS_OF_THREE: [i64; 3] = [7, 8, 15];
/// How much less each level weighs than the one below it, so that they stay in order.
const WEIGHT_STEP: i16 = 5;

/// The bodies at which mediation failed, of the levels below.
pub const LEVELS_FAILED: &str = "mediation_levels_failed";
/// How many departments the dispute touches.
pub const DEPARTMENTS: &str = "departments";
/// The dispute is hard.
pub const HARD: &str = "hard";

/// With any of these nobody climbs: somebody may be in danger, or an award has been given.
pub const STOPS: [&str; 8] = [
    facts::CHILD_AT_RISK,
    facts::CHILD_SEXUAL_HARM,
    facts::DOMESTIC_VIOLENCE,
    facts::DV_WARNING_LETTER,
    facts::LABOUR_ARBITRATION_DONE,
    facts::PROTECTION_ORDER_ISSUED,
    facts::SUICIDE_RISK,
    facts::VIOLENCE_NOW,
];

const FIRST: &str = "first";
const NEXT: &str = "next";

/// A ladder of mediation bodies.
pub struct Ladder {
    rule: Rule,
    levels: Vec<Level>,
    starts: Vec<Start>,
    stop_on: Vec<String>,
    reads: Vec<String>,
}

/// One rung, with the step it offers put together ahead of time.
struct Level {
    body: String,
    days: i64,
    offer: Offer,
    duties: Vec<String>,
}

impl Policy for Ladder {
    fn summary() -> Text {
        Text::new("分层调解：先村社、再镇街、后县级，各有期限", "Mediation level by level, each with its own time")
    }

    fn configure(settings: &Table<'_>, _: &Calendar) -> Self {
        let rule = Rule::from_settings(settings, "LADDER", Some(Self::summary()));
        let levels = levels(settings);
        let bodies: Vec<&str> = levels.iter().map(|level| level.body.as_str()).collect();
        let starts = start::read(settings.get("starts"), &bodies);
        let stop_on = settings.get("stop-on");
        let stop_on = match stop_on.is_present() {
            true => stop_on.codes(),
            false => STOPS.to_vec(),
        };
        let stop_on: Vec<String> = stop_on.into_iter().map(Into::into).collect();
        let own =
            starts.iter().flat_map(Start::reads).chain([facts::AGREEMENT_ON, facts::MEDIATION_FAILED, LEVELS_FAILED]);
        let reads: BTreeSet<String> = own.map(Into::into).chain(stop_on.iter().cloned()).collect();
        let reads = reads.into_iter().collect();
        Self { rule, levels, starts, stop_on, reads }
    }

    fn reads(&self) -> Vec<String> {
        self.reads.clone()
    }

    fn rules(&self) -> Vec<Rule> {
        vec![self.rule.clone()]
    }

    fn reasons(&self) -> Vec<ReasonText> {
        vec![
            ReasonText::new(
                FIRST,
                Text::new(
                    "从离当事人最近、又办得了的一级开始调解，{days}日内办结；不愿意调解的，可以直接走法律途径。",
                    "Mediation begins at the nearest level that can handle the dispute and ends within {days} days; \
                     whoever does not want it may take the legal road at once.",
                ),
            ),
            ReasonText::new(
                NEXT,
                Text::new(
                    "下一级没有调解成的，由这一级在{days}日内接着调解；随时可以退出。",
                    "When the level below reaches no agreement, this one goes on within {days} days; \
                     the parties may leave at any time.",
                ),
            ),
        ]
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        // What was settled needs no mediator.
        if case.agreement_on().is_some() || self.stop_on.iter().any(|flag| case.flag(flag)) {
            return Ok(Vec::new());
        }
        let first = self.first(case);
        let evidence = self.evidence(case);
        let mut findings = Vec::new();
        for (at, level) in self.levels.iter().enumerate().skip(first) {
            let reason = if at == first { FIRST } else { NEXT };
            let offer =
                Finding::new(&self.rule.id, level.offer.clone()).because(reason).param("days", level.days as f64);
            findings.push(Finding { evidence: evidence.clone(), ..offer });
            let duties = level.duties.iter().map(|duty| Finding::new(&self.rule.id, Duty::of(duty)));
            findings.extend(duties.map(|duty| Finding { evidence: evidence.clone(), ..duty }));
        }
        Ok(findings)
    }
}

impl Ladder {
    /// The level to begin with: the highest that the facts ask for, and above every level that failed.
    fn first(&self, case: &CaseFile) -> usize {
        let begin = self.starts.iter().filter(|start| start.holds(case)).map(Start::level).max().unwrap_or(0);
        let failed = case.words(LEVELS_FAILED);
        let climbed = self.levels.iter().rposition(|level| failed.contains(&level.body)).map(|at| at + 1);
        match climbed {
            Some(climbed) => begin.max(climbed),
            None if case.mediation_failed() => begin + 1,
            None => begin,
        }
    }

    fn evidence(&self, case: &CaseFile) -> Vec<String> {
        let known = |key: &&String| !matches!(case.fact(key), None | Some(Value::Flag(false)));
        self.reads.iter().filter(known).cloned().collect()
    }
}

fn levels(settings: &Table<'_>) -> Vec<Level> {
    let channel = settings.get("channel").code().unwrap_or("peoples_mediation");
    let event = settings.get("event").code().unwrap_or("acceptance");
    let weight = settings.get("weight").count(-70..=100).unwrap_or(50);
    let skills = settings.get("skills").codes();
    let field = settings.need("levels");
    let items = field.items().unwrap_or_default();
    if items.len() > LEVELS_MAX || (items.is_empty() && field.is_present()) {
        field.complain(&format!("has {} levels, a ladder has 1 to {LEVELS_MAX}", items.len()), "");
    }
    let shares = days(settings.get("days"), items.len());
    let read = |(at, item): (usize, &Field<'_>)| {
        let offer = Offer::to(channel).weight(i16::try_from(weight).unwrap_or(0) - WEIGHT_STEP * at as i16);
        level(*item, shares.get(at).copied(), event, offer, &skills)
    };
    let levels: Vec<Level> = items.iter().take(LEVELS_MAX).enumerate().filter_map(read).collect();
    let all: i64 = levels.iter().map(|level| level.days).sum();
    if all > LADDER_DAYS_MAX {
        let advice = "shorten a level: nobody should wait longer because there are more levels";
        field.complain(&format!("take {all} days together, at most {LADDER_DAYS_MAX}"), advice);
    }
    levels
}

fn days(field: Field<'_>, levels: usize) -> Vec<i64> {
    if !field.is_present() {
        return if levels == DAYS_OF_THREE.len() { DAYS_OF_THREE.into() } else { Vec::new() };
    }
    let items = field.items().unwrap_or_default();
    if items.len() != levels {
        field.complain(&format!("has {} numbers for {levels} levels", items.len()), "one number for each level");
    }
    items.into_iter().map(|days| days.count(1..=LADDER_DAYS_MAX).unwrap_or(1)).collect()
}

/// A level is a body, or a table that says more of it.
fn level(field: Field<'_>, share: Option<i64>, event: &str, offer: Offer, skills: &[&str]) -> Option<Level> {
    let table = if let Some(maple_guest::Setting::Table(_)) = field.raw() { field.table() } else { None };
    let body = table.as_ref().map_or(field, |table| table.need("body")).code();
    let own = |key| table.as_ref().map(|table| table.get(key));
    let own_days = own("days").and_then(|days| days.count(1..=LADDER_DAYS_MAX));
    let channel = own("channel").and_then(Field::code);
    let own_skills = own("skills").map(Field::codes).unwrap_or_default();
    let duties = own("duties").map(Field::codes).unwrap_or_default();
    let days = own_days.or(share);
    if days.is_none() {
        field.complain("has no number of days", "give `days` for each level, or one list of `days` for all");
    }
    let (body, days) = (body?, days?);
    let mut offer = offer.body(body).due(Span::days(u16::try_from(days).unwrap_or(1)).after(event));
    if let Some(channel) = channel {
        offer.channel = channel.into();
    }
    offer.skills = skills.iter().chain(&own_skills).map(|&skill| skill.into()).collect();
    Some(Level { body: body.into(), days, offer, duties: duties.into_iter().map(Into::into).collect() })
}

maple_guest::export!(Ladder);
