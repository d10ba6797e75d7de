//! The county: its towns, what people quarrel about there and when.

use jiff::{Timestamp, civil::Date, tz::Offset};
use rand::RngExt;
use rand_pcg::Pcg64;

use super::{About, Cluster, DAYS, Told};

/// A town, a made-up one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Town {
    /// Its path.
    pub locality: &'static str,
    /// Its station.
    pub station: &'static str,
    /// Its share of disputes, of 1,000.
    pub share: u32,
}

const fn town(locality: &'static str, station: &'static str, share: u32) -> Town {
    Town { locality, station, share }
}

/// The towns of the county.
pub const PLACES: [Town; 8] = [
    town("cn/demo/yuntan/chengdong", "st-chengdong", 220),
    town("cn/demo/yuntan/chengxi", "st-chengxi", 190),
    town("cn/demo/yuntan/nanling", "st-nanling", 150),
    town("cn/demo/yuntan/beiping", "st-beiping", 120),
    town("cn/demo/yuntan/hekou", "st-hekou", 110),
    town("cn/demo/yuntan/shiqiao", "st-shiqiao", 90),
    town("cn/demo/yuntan/luojia", "st-luojia", 70),
    town("cn/demo/yuntan/gaoshan", "st-gaoshan", 50),
];

/// A kind of dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindShare {
    /// The kind.
    pub kind: &'static str,
    /// Its class in the statistics of people's mediation, one of eighteen.
    pub class: &'static str,
    /// Its share, of 1,000.
    pub share: u32,
    /// What a month brings of it, of 100 in an even one, from January on.
    pub season: [u32; 12],
    /// Against whom it usually is.
    whom: Whom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// Another person.
    Person,
    /// One of many organisations.
    Organisation,
    /// Somebody at a place that is known.
    Place,
}

use Whom::{Organisation, Person, Place};

const EVEN: [u32; 12] = [100; 12];
/// Wages are asked for before the Spring Festival.
const WAGES: [u32; 12] = [190, 140, 70, 70, 70, 70, 75, 75, 80, 90, 120, 150];
/// Fields are handed over and harvested.
const FIELDS: [u32; 12] = [60, 80, 140, 150, 120, 90, 80, 80, 130, 130, 80, 60];
/// Windows stand open and people sit outside.
const SUMMER: [u32; 12] = [70, 70, 85, 100, 115, 130, 140, 135, 110, 95, 80, 70];
/// Leases end after the festival and when school begins.
const LEASES: [u32; 12] = [90, 150, 120, 90, 85, 95, 110, 140, 100, 80, 70, 70];
/// School terms.
const TERMS: [u32; 12] = [60, 60, 130, 130, 120, 110, 40, 40, 160, 140, 120, 90];
/// People travel.
const TRAVEL: [u32; 12] = [80, 120, 70, 90, 130, 90, 120, 130, 90, 160, 60, 60];

const fn kind(kind: &'static str, class: &'static str, share: u32, season: [u32; 12], whom: Whom) -> KindShare {
    KindShare { kind, class, share, season, whom }
}

/// What people quarrel about. The eighteen classes are those of the statistics of people's mediation.
pub const KINDS: [KindShare; 30] = [
    kind("family.divorce", "婚姻家庭", 80, EVEN, Person),
    kind("family.custody", "婚姻家庭", 30, EVEN, Person),
    kind("family.support", "婚姻家庭", 42, EVEN, Person),
    kind("family.bride_price", "婚姻家庭", 15, EVEN, Person),
    kind("family.inheritance", "婚姻家庭", 30, EVEN, Person),
    kind("neighbour.boundary", "邻里", 119, FIELDS, Person),
    kind("neighbour.nuisance", "邻里", 110, SUMMER, Person),
    kind("housing.homestead", "房屋宅基地", 30, EVEN, Person),
    kind("housing.sale", "房屋宅基地", 14, EVEN, Organisation),
    kind("housing.lease", "房屋宅基地", 25, LEASES, Person),
    kind("contract.loan_private", "合同", 60, EVEN, Person),
    kind("contract.sale", "合同", 40, EVEN, Organisation),
    kind("contract.work", "生产经营", 35, EVEN, Organisation),
    kind("tort.body", "损害赔偿", 41, EVEN, Person),
    kind("tort.property", "损害赔偿", 28, EVEN, Person),
    kind("tort.school", "损害赔偿", 12, TERMS, Organisation),
    kind("land.contract", "山林土地", 24, FIELDS, Person),
    kind("land.collective_income", "山林土地", 8, EVEN, Organisation),
    kind("expropriation.house", "征地拆迁", 12, EVEN, Organisation),
    kind("environment.pollution", "环境污染", 8, SUMMER, Organisation),
    kind("labour.wage_migrant", "拖欠农民工工资", 40, WAGES, Organisation),
    kind("labour.termination", "其他劳动争议", 24, EVEN, Organisation),
    kind("consumer.tourism", "旅游", 5, TRAVEL, Organisation),
    kind("consumer.online", "电子商务", 14, EVEN, Organisation),
    kind("consumer.goods", "其他消费", 20, EVEN, Organisation),
    kind("consumer.prepaid", "其他消费", 8, EVEN, Organisation),
    kind("medical.malpractice", "医疗", 6, EVEN, Organisation),
    kind("traffic.injury", "道路交通事故", 62, EVEN, Place),
    kind("property.fee", "物业", 38, EVEN, Organisation),
    kind("other", "其他", 20, EVEN, Person),
];

/// Doors and what share comes through each, of 1,000.
const DOORS: [(&str, u32); 10] = [
    ("counter", 260),
    ("village", 180),
    ("hotline", 170),
    ("grid", 120),
    ("police_110", 90),
    ("online", 70),
    ("court", 50),
    ("petition", 30),
    ("labour_inspection", 20),
    ("transfer", 10),
];

/// Organisations of the county for each 1,000 days and kinds: so many that chance brings no cluster of one.
const ORGANISATIONS: u32 = 40_000;
/// Places, for the same reason.
const SITES: u32 = 4_000_000;

/// One of several, each by its share.
fn pick<T: Copy>(random: &mut Pcg64, all: &[T], share: impl Fn(&T) -> u32) -> Option<T> {
    let whole: u32 = all.iter().map(&share).sum();
    let mut at = random.random_range(0..whole.max(1));
    for one in all {
        match at.checked_sub(share(one)) {
            Some(rest) => at = rest,
            None => return Some(*one),
        }
    }
    all.first().copied()
}

/// A day on which a dispute comes, from the first that is told: fewer come at weekends.
pub(super) fn day(random: &mut Pcg64, to: Date) -> i32 {
    loop {
        let day = random.random_range(0..DAYS);
        let date = to.checked_add(jiff::Span::new().days(i64::from(day + 1 - DAYS))).unwrap_or(to);
        let weekend = date.weekday().to_monday_zero_offset() >= 5;
        if !weekend || random.random_range(0..100) < 45 {
            return day;
        }
    }
}

/// When on a day somebody comes: in the hours of an office.
pub(super) fn opening(random: &mut Pcg64, day: Date, offset: Offset) -> Timestamp {
    let minutes = random.random_range(8 * 60..18 * 60);
    let time = day.at(i8::try_from(minutes / 60).unwrap_or(9), i8::try_from(minutes % 60).unwrap_or_default(), 0, 0);
    offset.to_timestamp(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A dispute that came on a day.
pub(super) fn dispute(random: &mut Pcg64, id: String, day: Date, cluster: Option<&Cluster>) -> Told {
    let month = usize::try_from(day.month() - 1).unwrap_or_default();
    let season = |kind: &KindShare| kind.share * kind.season.get(month).copied().unwrap_or(100);
    let town = pick(random, &PLACES, |town| town.share).unwrap_or(Town { locality: super::COUNTY, ..PLACES[0] });
    let kind = pick(random, &KINDS, season).unwrap_or(KINDS[0]);
    let door = pick(random, &DOORS, |(_, share)| *share).map_or("counter", |(door, _)| door);
    let (organisation, place) = match kind.whom {
        Person => (None, None),
        Organisation => (Some(format!("org-{}", random.random_range(0..ORGANISATIONS))), None),
        Place => (None, Some(format!("site-{}", random.random_range(0..SITES)))),
    };
    let mut told = Told {
        id,
        locality: town.locality,
        kind: kind.kind,
        origin: door,
        organisation,
        place,
        project: None,
        events: Vec::new(),
        planted: None,
    };
    if let Some(cluster) = cluster {
        (told.locality, told.kind, told.planted) = (cluster.locality, cluster.kind, Some(cluster.name));
        (told.organisation, told.place, told.project) = (None, None, None);
        match cluster.about {
            About::Organisation(name) => told.organisation = Some(name.to_owned()),
            About::Place(name) => told.place = Some(name.to_owned()),
            About::Project(employer, name) => {
                (told.organisation, told.project) = (Some(employer.to_owned()), Some(name.to_owned()));
            }
        }
    }
    told
}

/// Stations of the county itself: what each takes up, as the first word of a kind; the first takes everything.
const OF_COUNTY: [(&str, Option<&str>); 5] = [
    ("st-county", None),
    ("st-labour", Some("labour")),
    ("st-medical", Some("medical")),
    ("st-traffic", Some("traffic")),
    ("st-property", Some("property")),
];

/// A station of the county, and who works there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The station.
    pub station: &'static str,
    /// Where.
    pub locality: &'static str,
    /// The family of kinds that it takes, which is a skill as well; none where it takes everything.
    pub family: Option<&'static str>,
    /// Its mediators, by pseudonymous numbers.
    pub mediators: Vec<String>,
}

/// Everybody who takes disputes up.
pub fn staff() -> impl Iterator<Item = Staff> {
    let towns = PLACES.iter().map(|town| (town.station, town.locality, None));
    let county = OF_COUNTY.iter().map(|(station, family)| (*station, super::COUNTY, *family));
    towns.chain(county).map(|(station, locality, family)| {
        let mediators = (0..super::lives::MEDIATORS).map(|number| format!("m-{station}-{number}")).collect();
        Staff { station, locality, family, mediators }
    })
}

/// Who takes up disputes of a kind in a town.
pub(super) fn station(locality: &str, kind: &str) -> &'static str {
    let family = kind.split('.').next();
    OF_COUNTY.iter().find(|(_, takes)| takes.is_some() && *takes == family).map_or_else(
        || PLACES.iter().find(|town| town.locality == locality).map_or("st-county", |town| town.station),
        |(station, _)| station,
    )
}
