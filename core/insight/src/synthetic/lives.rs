//! What becomes of a dispute of the county.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use rand::RngExt;
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64;

use super::Step;
use crate::life::{Arbitration, FailureReason, Form, Happening, Level, LifeEvent, Referral, Side};

/// Mediators of one station.
pub(super) const MEDIATORS: u32 = 6;

/// Where a life begins.
pub(super) struct Start {
    pub(super) at: Timestamp,
    /// Nothing is told from here on.
    pub(super) end: Timestamp,
    pub(super) offset: Offset,
    pub(super) station: &'static str,
    pub(super) locality: &'static str,
    pub(super) kind: &'static str,
}

/// A kind of which a part goes another way than it usually does, with its own success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherWay {
    /// The kind.
    pub kind: &'static str,
    /// The channel that it takes as well.
    pub channel: &'static str,
    /// How much of it does, of 1,000.
    pub share: u32,
    /// Of 1,000 mediations there, how many end with an agreement.
    pub agreed: u32,
}

/// What takes two ways in every county: one where the other channel does better, one where it does worse, one where it makes
/// no difference.
pub const OTHER_WAYS: [OtherWay; 3] = [
    OtherWay { kind: "traffic.injury", channel: "industry_mediation", share: 450, agreed: 940 },
    OtherWay { kind: "property.fee", channel: "industry_mediation", share: 400, agreed: 600 },
    OtherWay { kind: "consumer.goods", channel: "consumer_association", share: 350, agreed: assumed::AGREED },
];

/// A town where a kind of dispute ends with an agreement less often than elsewhere in the county.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Where.
    pub locality: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// Of 1,000 mediations there, how many end with an agreement.
    pub agreed: u32,
}

/// What falls behind in every county.
pub const BEHIND: Behind = Behind { locality: "cn/demo/yuntan/chengxi", kind: "neighbour.boundary", agreed: 480 };

struct Life<'r> {
    random: &'r mut Pcg64,
    now: Timestamp,
    end: Timestamp,
    offset: Offset,
    steps: Vec<Step>,
}

/// Chances and times, by assumption.
mod assumed {
    /// Hours, the median of a spread.
    pub(super) const TO_CONTACT: f64 = 5.0;
    pub(super) const TO_ANSWER: f64 = 20.0;
    pub(super) const TO_ASSIGN: f64 = 8.0;
    pub(super) const TO_START: f64 = 60.0;
    pub(super) const TO_OUTCOME: f64 = 150.0;
    pub(super) const TO_PERFORM: f64 = 200.0;
    pub(super) const TO_CONFIRM: f64 = 130.0;
    pub(super) const TO_COURT: f64 = 250.0;
    pub(super) const TO_CLOSE: f64 = 10.0;
    pub(super) const TO_FOLLOW_UP: f64 = 500.0;
    pub(super) const TO_RELAPSE: f64 = 1_800.0;
    /// Of 1,000.
    pub(super) const STRAIGHT_TO_COURT: u32 = 35;
    pub(super) const REFERRED: u32 = 30;
    pub(super) const REFUSED: u32 = 110;
    pub(super) const REFUSAL_BROKEN: u32 = 4;
    pub(super) const DECLINED: u32 = 25;
    pub(super) const AGREED: u32 = 780;
    pub(super) const ORAL: u32 = 420;
    pub(super) const PARTLY: u32 = 25;
    pub(super) const CONFIRMED: u32 = 130;
    pub(super) const GRANTED: u32 = 970;
    pub(super) const PERFORMED: u32 = 930;
    pub(super) const RELAPSED: u32 = 25;
    pub(super) const COURT_AFTER_FAILURE: u32 = 520;
    pub(super) const COURT_AFTER_REFUSAL: u32 = 610;
    pub(super) const FOLLOWED_UP: u32 = 400;
    pub(super) const RESOLVED: u32 = 930;
    pub(super) const SATISFIED: u32 = 900;
}
use assumed as a;

pub(super) fn life(random: &mut Pcg64, start: &Start) -> Vec<Step> {
    let Start { at, end, offset, station, locality, kind } = *start;
    let mediator = format!("m-{station}-{}", random.random_range(0..MEDIATORS));
    let mut life = Life { random, now: at, end, offset, steps: Vec::new() };
    life.go_on(station, mediator, (locality, kind));
    life.steps.retain(|step| step.event.at < end);
    life.steps
}

impl Life<'_> {
    /// True so many times of 1,000.
    fn chance(&mut self, of_thousand: u32) -> bool {
        self.random.random_range(0..1_000) < of_thousand
    }

    /// Time goes by: a spread around so many hours, some of it much more.
    fn wait(&mut self, hours: f64) {
        let spread = LogNormal::new(hours.ln(), 0.8).map_or(hours, |spread| spread.sample(self.random));
        let minutes = (spread.clamp(0.1, 9_000.0) * 60.0) as i64;
        self.now = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(self.end);
    }

    fn say(&mut self, what: Happening) {
        self.say_with(what, None, None, None);
    }

    fn say_with(
        &mut self,
        what: Happening,
        station: Option<&'static str>,
        mediator: Option<String>,
        channel: Option<&'static str>,
    ) {
        // Two things never happen at the same moment, so that their order is plain.
        self.now = self.now.checked_add(SignedDuration::from_secs(1)).unwrap_or(self.end);
        self.steps.push(Step { event: LifeEvent { at: self.now, what }, station, mediator, channel });
    }

    fn today(&self) -> Date {
        self.offset.to_datetime(self.now).date()
    }

    fn in_days(&self, days: i64) -> Option<Date> {
        self.today().checked_add(jiff::Span::new().days(days)).ok()
    }

    fn go_on(&mut self, station: &'static str, mediator: String, (locality, kind): (&'static str, &'static str)) {
        let limit = self.in_days(60);
        self.say(Happening::Registered);
        self.wait(a::TO_CONTACT);
        if self.chance(a::STRAIGHT_TO_COURT) {
            self.wait(a::TO_COURT);
            return self.before_a_court(kind, limit);
        }
        if self.chance(a::REFERRED) {
            let all = [Referral::Police, Referral::LegalAid, Referral::Petition, Referral::Notary, Referral::Authority];
            let to = all.get(self.random.random_range(0..all.len())).copied().unwrap_or(Referral::Police);
            self.say(Happening::Referred(to));
            self.wait(a::TO_CLOSE);
            return self.close(Level::County, limit);
        }
        let (channel, agreed) = self.way(locality, kind);
        self.say_with(Happening::Offered, None, None, Some(channel));
        for side in [Side::Applicant, Side::Respondent] {
            self.wait(a::TO_ANSWER);
            if self.chance(a::REFUSED) {
                self.say(Happening::Consent { side, given: false });
                return self.after_a_refusal(station, kind, limit);
            }
            self.say(Happening::Consent { side, given: true });
        }
        self.wait(a::TO_ASSIGN);
        self.say_with(Happening::Assigned, Some(station), Some(mediator.clone()), Some(channel));
        if self.chance(a::DECLINED) {
            self.wait(a::TO_ASSIGN);
            self.say_with(Happening::Declined, None, Some(mediator), None);
            self.wait(a::TO_ASSIGN);
            let other = format!("m-{station}-{}", self.random.random_range(0..MEDIATORS));
            self.say_with(Happening::Assigned, Some(station), Some(other), Some(channel));
        } else {
            self.wait(a::TO_ASSIGN);
            self.say_with(Happening::Accepted, None, Some(mediator), None);
        }
        self.wait(a::TO_START);
        self.say_with(Happening::Started, Some(station), None, Some(channel));
        self.wait(a::TO_OUTCOME);
        if self.chance(agreed) { self.agree(limit) } else { self.fail(kind, limit) }
    }

    /// The channel that is offered, and of 1,000 mediations there how many end with an agreement.
    fn way(&mut self, locality: &str, kind: &str) -> (&'static str, u32) {
        if let Some(other) = OTHER_WAYS.iter().find(|other| other.kind == kind)
            && self.chance(other.share)
        {
            return (other.channel, other.agreed);
        }
        let behind = BEHIND.locality == locality && BEHIND.kind == kind;
        (channel(kind), if behind { BEHIND.agreed } else { a::AGREED })
    }

    fn after_a_refusal(&mut self, station: &'static str, kind: &'static str, limit: Option<Date>) {
        if self.chance(a::REFUSAL_BROKEN) {
            self.wait(a::TO_START);
            // What must not be: it is refused where it is told, and counted.
            self.say_with(Happening::Started, Some(station), None, None);
        }
        if self.chance(a::COURT_AFTER_REFUSAL) {
            self.wait(a::TO_COURT);
            return self.before_a_court(kind, limit);
        }
        self.wait(a::TO_CLOSE);
        self.close(Level::Town, limit);
    }

    fn agree(&mut self, limit: Option<Date>) {
        let form = if self.chance(a::ORAL) { Form::Oral } else { Form::Written };
        let partly = form == Form::Written && self.chance(a::PARTLY);
        let days = self.random.random_range(7..60);
        let due = if form == Form::Written { self.in_days(days) } else { None };
        self.say(Happening::Agreed { form, partly, due });
        if form == Form::Written && self.chance(a::CONFIRMED) {
            self.wait(a::TO_CONFIRM);
            self.say(Happening::ConfirmationFiled);
            self.wait(a::TO_CONFIRM);
            let granted = self.chance(a::GRANTED);
            self.say(Happening::ConfirmationDecided { granted });
        }
        if self.chance(a::PERFORMED) {
            self.wait(a::TO_PERFORM);
            self.say(Happening::Performed);
        }
        self.wait(a::TO_CLOSE);
        let level = match self.random.random_range(0..100) {
            0..38 => Level::Village,
            38..82 => Level::Town,
            _ => Level::County,
        };
        self.close(level, limit);
        if self.chance(a::RELAPSED) {
            self.wait(a::TO_RELAPSE);
            self.say(Happening::FiledInCourt);
        }
    }

    fn fail(&mut self, kind: &'static str, limit: Option<Date>) {
        let reason = match self.random.random_range(0..100) {
            0..45 => FailureReason::Apart,
            45..65 => FailureReason::Unwilling,
            65..80 => FailureReason::OutOfTime,
            80..88 => FailureReason::Unreachable,
            88..95 => FailureReason::Withdrawn,
            95..98 => FailureReason::Unsigned,
            _ => FailureReason::Other,
        };
        self.say(Happening::Failed(reason));
        if reason != FailureReason::Withdrawn && self.chance(a::COURT_AFTER_FAILURE) {
            self.wait(a::TO_COURT);
            return self.before_a_court(kind, limit);
        }
        self.wait(a::TO_CLOSE);
        self.close(Level::Town, limit);
    }

    fn before_a_court(&mut self, kind: &'static str, limit: Option<Date>) {
        if kind.starts_with("labour.") {
            self.say(Happening::ArbitrationStarted(Arbitration::Labour));
            self.wait(a::TO_COURT * 3.0);
            if self.chance(600) {
                return self.close(Level::County, limit);
            }
        }
        self.say(Happening::FiledInCourt);
        self.wait(a::TO_COURT * 6.0);
        self.close(Level::Court, None);
    }

    fn close(&mut self, level: Level, limit: Option<Date>) {
        self.say(Happening::Closed { level, limit });
        if self.chance(a::FOLLOWED_UP) {
            self.wait(a::TO_FOLLOW_UP);
            let (resolved, satisfied) = (self.chance(a::RESOLVED), self.chance(a::SATISFIED));
            self.say(Happening::FollowedUp { resolved: Some(resolved), satisfied: Some(satisfied) });
        }
    }
}

/// The channel that a kind is usually offered.
fn channel(kind: &str) -> &'static str {
    match kind.split('.').next().unwrap_or_default() {
        "labour" => "labour_mediation",
        _ => "peoples_mediation",
    }
}
