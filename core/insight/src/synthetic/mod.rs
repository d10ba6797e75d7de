//! A synthetic county: nobody lives there. A year of disputes with what happened to each, for trying things out.
//!
//! The same seed gives the same county. Shares of kinds: for marriage and family 19.7 %, neighbours 22.9 %, houses and
//! homesteads 6.9 % and damages 8.1 %, the national shares of people's mediation in 2011 (National Bureau of Statistics);
//! the other kinds share the rest by assumption, and so do all rates and times below: they show no place.

mod county;
mod facts;
mod lives;

pub use county::{KINDS, KindShare, PLACES, Staff, Town, staff};
pub use facts::{Known, known};
pub use lives::{BEHIND, Behind, OTHER_WAYS, OtherWay};

use jiff::{Timestamp, civil::Date, tz::Offset};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::life::LifeEvent;

/// The root of the county's city.
pub const CITY: &str = "cn/demo";
/// The county.
pub const COUNTY: &str = "cn/demo/yuntan";
/// Disputes of a year, at most.
pub const CASES_COUNT_MAX: u32 = 2_000_000;
/// Days of the year that is told.
pub const DAYS: i32 = 365;

/// What kind of county.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which of all such counties.
    pub seed: u64,
    /// Disputes in the year.
    pub cases: u32,
    /// The last day that is told.
    pub to: Date,
    /// The clocks of the place.
    pub offset: Offset,
}

/// A dispute of the county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub id: String,
    /// Where.
    pub locality: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The door through which it came.
    pub origin: &'static str,
    /// The organisation that it is about.
    pub organisation: Option<String>,
    /// The place that it is about.
    pub place: Option<String>,
    /// The project that it is about.
    pub project: Option<String>,
    /// What happened, in order; nothing after the last day that is told.
    pub events: Vec<Step>,
    /// The cluster that it was planted for.
    pub planted: Option<&'static str>,
}

/// One thing that happened, and who had the dispute then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What and when.
    pub event: LifeEvent,
    /// The station, where that is said.
    pub station: Option<&'static str>,
    /// The mediator, by a pseudonymous number, where that is said.
    pub mediator: Option<String>,
    /// The channel, where that is said.
    pub channel: Option<&'static str>,
}

/// A planted cluster: so many disputes of a kind about one thing, within so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: &'static str,
    /// Where.
    pub locality: &'static str,
    /// Of which kind.
    pub kind: &'static str,
    /// The organisation, the place or the project that all are about.
    pub about: About,
    /// How many.
    pub cases: u32,
    /// The day on which it begins, from the first that is told.
    pub from: i32,
    /// For how many days it goes on.
    pub days: i32,
}

/// What the disputes of a cluster are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// One organisation.
    Organisation(&'static str),
    /// One place.
    Place(&'static str),
    /// One project, and the organisation that has it.
    Project(&'static str, &'static str),
}

/// What is planted in every county, beside what comes by chance.
pub const CLUSTERS: [Cluster; 4] = [
    Cluster {
        name: "wages at a building site",
        locality: "cn/demo/yuntan/nanling",
        kind: "labour.wage_migrant",
        about: About::Project("planted-employer", "planted-site"),
        cases: 24,
        from: 250,
        days: 21,
    },
    Cluster {
        name: "buyers against a developer",
        locality: "cn/demo/yuntan/chengdong",
        kind: "housing.sale",
        about: About::Organisation("planted-developer"),
        cases: 18,
        from: 120,
        days: 60,
    },
    Cluster {
        name: "prepaid cards of a gym",
        locality: "cn/demo/yuntan/chengxi",
        kind: "consumer.prepaid",
        about: About::Organisation("planted-gym"),
        cases: 30,
        from: 190,
        days: 30,
    },
    Cluster {
        name: "accidents on a dark road",
        locality: "cn/demo/yuntan/beiping",
        kind: "traffic.injury",
        about: About::Place("planted-road"),
        cases: 9,
        from: 300,
        days: 21,
    },
];

/// The disputes of a county, by the days on which they came.
pub struct County {
    random: Pcg64,
    wish: Wish,
    /// The day on which each came, from the first that is told.
    days: Vec<i32>,
    planted: Vec<(i32, Cluster)>,
    number: u32,
}

impl County {
    /// A county.
    #[must_use]
    pub fn new(wish: Wish) -> Self {
        let mut random = Pcg64::seed_from_u64(wish.seed);
        let mut planted = Vec::new();
        for cluster in CLUSTERS {
            let days = (0..cluster.cases).map(|_| cluster.from + random.random_range(0..cluster.days));
            planted.extend(days.map(|day| (day, cluster)));
        }
        let background =
            wish.cases.min(CASES_COUNT_MAX).saturating_sub(u32::try_from(planted.len()).unwrap_or_default());
        let mut days: Vec<i32> = (0..background).map(|_| county::day(&mut random, wish.to)).collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        planted.sort_by_key(|(day, cluster)| std::cmp::Reverse((*day, cluster.name)));
        Self { random, wish, days, planted, number: 0 }
    }

    /// How many disputes are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.days.len() + self.planted.len()
    }

    fn day(&self, day: i32) -> Date {
        let back = jiff::Span::new().days(i64::from(day + 1 - DAYS));
        self.wish.to.checked_add(back).unwrap_or(self.wish.to)
    }

    /// The end of the last day that is told.
    fn end(&self) -> Timestamp {
        let midnight = self.wish.to.tomorrow().unwrap_or(self.wish.to).at(0, 0, 0, 0);
        self.wish.offset.to_timestamp(midnight).unwrap_or(Timestamp::MAX)
    }
}

impl Iterator for County {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        let next_planted = self.planted.last().map(|(day, _)| *day);
        let planted = match (self.days.last(), next_planted) {
            (None, None) => return None,
            (Some(day), Some(planted)) => planted <= *day,
            (Some(_), None) => false,
            (None, Some(_)) => true,
        };
        self.number += 1;
        let id = format!("demo-{}-{:07}", self.wish.seed, self.number);
        let (day, cluster) = if planted {
            let (day, cluster) = self.planted.pop()?;
            (day, Some(cluster))
        } else {
            (self.days.pop()?, None)
        };
        let (date, end) = (self.day(day), self.end());
        let mut told = county::dispute(&mut self.random, id, date, cluster.as_ref());
        let opened = county::opening(&mut self.random, date, self.wish.offset);
        let station = county::station(told.locality, told.kind);
        told.events = lives::life(
            &mut self.random,
            &lives::Start {
                at: opened,
                end,
                offset: self.wish.offset,
                station,
                locality: told.locality,
                kind: told.kind,
            },
        );
        Some(told)
    }
}
