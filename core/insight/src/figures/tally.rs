//! What is counted of one dispute, and in which month.
//!
//! Each count belongs to the month of what it is a share of: a suit after an agreement, and what a court was asked about it,
//! to the month of the agreement, a step of mediation after a refusal to the month of the refusal. So what becomes known late changes the figure that it is
//! about, and a month's shares never exceed one.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};

use crate::life::{Agreement, Conclusion, FailureReason, Form, Level, Life, words};

/// Within so many days after an agreement a suit on the same dispute is a relapse: twelve months.
const RELAPSE_DAYS_MAX: i32 = 365;

words! {
    /// What is counted.
    Measure {
        /// Disputes that came.
        Registered = "registered",
        /// Offers.
        Offers = "offers",
        /// Of these, the ones that were agreed to: nobody who answered refused in the end.
        OffersAgreed = "offers_agreed",
        /// Times that a party agreed to mediation.
        Consents = "consents",
        /// Times that a party refused it.
        Refusals = "refusals",
        /// Refusals after which a step of mediation was tried all the same.
        RefusalsBroken = "refusals_not_honoured",
        /// Times that mediation ended.
        Concluded = "concluded",
        /// Times that it ended with an agreement.
        Agreements = "agreements",
        /// Of these, by word of mouth.
        Oral = "agreements_oral",
        /// Of these, in writing.
        Written = "agreements_written",
        /// Agreements on disputes that no court had.
        BeforeCourt = "agreements_before_court",
        /// Agreements by the month in which they are due, those that name no day by the month in which they were made.
        Due = "agreements_due",
        /// Of these, performed by the day on which they were due.
        Performed = "performed_in_time",
        /// Agreements after which the same dispute went to court within twelve months.
        Relapsed = "relapsed",
        /// Agreements that a court could confirm: those in writing that were not performed on the very day, and those for
        /// whose confirmation a court was asked.
        Confirmable = "agreements_confirmable",
        /// Of these, the ones for whose confirmation a court was asked.
        ConfirmationsFiled = "confirmations_filed",
        /// Of these, the ones on which the court decided.
        ConfirmationsDecided = "confirmations_decided",
        /// Of these, granted.
        ConfirmationsGranted = "confirmations_granted",
        /// Disputes that went to court for the first time.
        FiledInCourt = "filed_in_court",
        /// Disputes that were closed.
        Closed = "closed",
        /// Of these, with a last day that the law gave.
        ClosedLimited = "closed_with_limit",
        /// Of these, closed by that day.
        ClosedInTime = "closed_in_time",
        /// Closed in a village or neighbourhood.
        ClosedVillage = "closed_village",
        /// Closed in a town or street.
        ClosedTown = "closed_town",
        /// Closed in a county or district.
        ClosedCounty = "closed_county",
        /// Closed in a city.
        ClosedCity = "closed_city",
        /// Closed in a province or above.
        ClosedProvince = "closed_province",
        /// Closed by a court.
        ClosedCourt = "closed_court",
        /// Of the closed ones, those that a court had.
        ClosedSued = "closed_after_suit",
        /// Of these, the ones that the parties ended: by an agreement after the suit, or by taking it back.
        ClosedByParties = "closed_after_suit_by_parties",
        /// Answers on whether it is resolved.
        ResolvedAsked = "resolved_asked",
        /// Of these, yes.
        Resolved = "resolved",
        /// Answers on whether the party is content.
        SatisfiedAsked = "satisfied_asked",
        /// Of these, yes.
        Satisfied = "satisfied",
        /// Hours from registration to the first contact, by bucket.
        HoursToContact = "hours_to_contact",
        /// Hours from registration to the first offer, by bucket.
        HoursToOffer = "hours_to_offer",
        /// Hours from registration to the end, by bucket.
        HoursToEnd = "hours_to_end",
        /// Hours from registration to the court, by bucket.
        HoursToCourt = "hours_to_court",
    }
}

/// Where the buckets of hours end; what takes longer is in one more.
pub const BUCKET_HOURS: [u32; 20] =
    [1, 2, 4, 8, 12, 24, 48, 72, 96, 120, 168, 240, 336, 504, 720, 1_080, 1_440, 2_160, 4_320, 8_760];
/// How many buckets of hours there are.
pub const BUCKETS_COUNT: usize = BUCKET_HOURS.len() + 1;

/// A month of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// So many months later.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Its number: twelve for each year, from January of the year 0.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The month of a number; none outside the years 1 to 9999.
    #[must_use]
    pub const fn of_number(number: i32) -> Option<Self> {
        if number >= 12 && number < 120_000 { Some(Self(number)) } else { None }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != "2026-01".len() {
            return Err(());
        }
        format!("{text}-01").parse::<Date>().map(Self::of).map_err(|_| ())
    }
}

impl Measure {
    /// In which version of these counts it got the meaning that it has. What was counted of disputes by an earlier version
    /// lacks it until they are counted anew.
    #[must_use]
    pub const fn since(self) -> i64 {
        match self {
            Self::OffersAgreed
            | Self::Confirmable
            | Self::ConfirmationsFiled
            | Self::ConfirmationsDecided
            | Self::ConfirmationsGranted
            | Self::ClosedSued
            | Self::ClosedByParties => COUNTS_VERSION,
            _ => 1,
        }
    }
}

/// The version of these counts. Whoever adds a measure, or changes what one means, adds one to it and to `Measure::since`.
pub const COUNTS_VERSION: i64 = 2;

/// What is counted: a measure, its bucket (0 where it has none), in a month.
pub type Tally = BTreeMap<(Month, Measure, u8), i64>;

struct Counter {
    offset: Offset,
    tally: Tally,
}

impl Counter {
    fn month(&self, at: Timestamp) -> Month {
        Month::of(self.day(at))
    }

    fn day(&self, at: Timestamp) -> Date {
        self.offset.to_datetime(at).date()
    }

    fn add(&mut self, month: Month, measure: Measure) {
        *self.tally.entry((month, measure, 0)).or_default() += 1;
    }

    fn at(&mut self, at: Timestamp, measure: Measure) {
        self.add(self.month(at), measure);
    }

    fn hours(&mut self, from: Option<Timestamp>, to: Option<Timestamp>, measure: Measure) {
        let (Some(from), Some(to)) = (from, to) else { return };
        let took = to.duration_since(from).max(SignedDuration::ZERO);
        let within = |hours: &u32| took <= SignedDuration::from_hours(i64::from(*hours));
        let bucket = BUCKET_HOURS.iter().position(within).unwrap_or(BUCKET_HOURS.len());
        let bucket = u8::try_from(bucket).unwrap_or(u8::MAX);
        *self.tally.entry((self.month(from), measure, bucket)).or_default() += 1;
    }

    fn agreement(&mut self, agreement: &Agreement, court: Option<Timestamp>) {
        let Agreement { at, form, due, performed, relapsed, confirmation } = *agreement;
        self.at(at, Measure::Agreements);
        self.at(at, if form == Form::Oral { Measure::Oral } else { Measure::Written });
        if court.is_none_or(|court| court > at) {
            self.at(at, Measure::BeforeCourt);
        }
        let at_once = performed.is_some_and(|performed| self.day(performed) == self.day(at));
        if confirmation.is_some() || form == Form::Written && !at_once {
            self.at(at, Measure::Confirmable);
        }
        if let Some(decided) = confirmation {
            self.at(at, Measure::ConfirmationsFiled);
            if let Some(granted) = decided {
                self.at(at, Measure::ConfirmationsDecided);
                if granted {
                    self.at(at, Measure::ConfirmationsGranted);
                }
            }
        }
        let month = due.map_or_else(|| self.month(at), Month::of);
        self.add(month, Measure::Due);
        let in_time = performed.is_some_and(|performed| due.is_none_or(|due| self.day(performed) <= due));
        if in_time {
            self.add(month, Measure::Performed);
        }
        let last = SignedDuration::from_hours(24 * i64::from(RELAPSE_DAYS_MAX));
        if relapsed.is_some_and(|relapsed| relapsed.duration_since(at) <= last) {
            self.at(at, Measure::Relapsed);
        }
    }
}

/// What one dispute adds to the figures, in the months of clocks at this offset.
#[must_use]
pub fn contributions(life: &Life, offset: Offset) -> Tally {
    let mut count = Counter { offset, tally: Tally::new() };
    let Some(registered) = life.registered else { return count.tally };
    count.at(registered, Measure::Registered);
    for (at, agreed) in &life.offers {
        count.at(*at, Measure::Offers);
        if *agreed {
            count.at(*at, Measure::OffersAgreed);
        }
    }
    life.consents.iter().for_each(|at| count.at(*at, Measure::Consents));
    for (at, broken) in &life.refusals {
        count.at(*at, Measure::Refusals);
        if *broken {
            count.at(*at, Measure::RefusalsBroken);
        }
    }
    for (at, how) in &life.conclusions {
        count.at(*at, Measure::Concluded);
        debug_assert!(*how != Conclusion::Agreed || life.agreements.iter().any(|agreement| agreement.at == *at));
    }
    life.agreements.iter().for_each(|agreement| count.agreement(agreement, life.court));
    if let Some(court) = life.court {
        count.at(court, Measure::FiledInCourt);
    }
    if let Some(closed) = &life.closed {
        count.at(closed.at, Measure::Closed);
        count.at(closed.at, closed_at(closed.level));
        if let Some(limit) = closed.limit {
            count.at(closed.at, Measure::ClosedLimited);
            if count.day(closed.at) <= limit {
                count.at(closed.at, Measure::ClosedInTime);
            }
        }
    }
    if let (Some(closed), Some(court)) = (&life.closed, life.court)
        && court <= closed.at
    {
        count.at(closed.at, Measure::ClosedSued);
        let ended = |how: &Conclusion| matches!(how, Conclusion::Agreed | Conclusion::Failed(FailureReason::Withdrawn));
        if life.conclusions.iter().any(|(at, how)| (court..=closed.at).contains(at) && ended(how)) {
            count.at(closed.at, Measure::ClosedByParties);
        }
    }
    for (at, resolved, satisfied) in &life.answers {
        let asked = [
            (resolved, Measure::ResolvedAsked, Measure::Resolved),
            (satisfied, Measure::SatisfiedAsked, Measure::Satisfied),
        ];
        for (answer, all, yes) in asked {
            if let Some(answer) = answer {
                count.at(*at, all);
                if *answer {
                    count.at(*at, yes);
                }
            }
        }
    }
    let from = Some(registered);
    count.hours(from, life.first_contact, Measure::HoursToContact);
    count.hours(from, life.offers.first().map(|(at, _)| *at), Measure::HoursToOffer);
    count.hours(from, life.closed.map(|closed| closed.at), Measure::HoursToEnd);
    count.hours(from, life.court, Measure::HoursToCourt);
    count.tally
}

const fn closed_at(level: Level) -> Measure {
    match level {
        Level::Village => Measure::ClosedVillage,
        Level::Town => Measure::ClosedTown,
        Level::County => Measure::ClosedCounty,
        Level::City => Measure::ClosedCity,
        Level::Province => Measure::ClosedProvince,
        Level::Court => Measure::ClosedCourt,
    }
}
