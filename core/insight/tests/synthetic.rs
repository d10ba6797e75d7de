//! The made-up county is the same for a seed, has the shares that it says, and tells nothing impossible.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says why it fails")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{civil::date, tz::Offset};
use maple_insight::{
    life::{Admission, Happening, History, Standing},
    synthetic::{BEHIND, CLUSTERS, COUNTY, County, KINDS, Known, OTHER_WAYS, PLACES, Told, Wish, known},
};

fn wish(seed: u64, cases: u32) -> Wish {
    Wish { seed, cases, to: date(2026, 11, 30), offset: Offset::constant(8) }
}

fn county(seed: u64, cases: u32) -> Vec<Told> {
    County::new(wish(seed, cases)).collect()
}

#[test]
fn a_seed_names_one_county() {
    assert_eq!(county(7, 500), county(7, 500));
    assert_ne!(county(7, 500), county(8, 500));
    assert_eq!(county(7, 500).len(), 500);
    // Fewer than are planted: those are told all the same.
    let planted: u32 = CLUSTERS.iter().map(|cluster| cluster.cases).sum();
    assert_eq!(county(7, 0).len(), usize::try_from(planted).unwrap());
    let ids: BTreeSet<String> = county(7, 500).into_iter().map(|told| told.id).collect();
    assert_eq!(ids.len(), 500);
}

#[test]
fn disputes_come_by_their_days_within_the_year() {
    let all = county(3, 3_000);
    let first: Vec<_> = all.iter().map(|told| told.events[0].event.at).collect();
    let days: Vec<_> = first.iter().map(|at| Offset::constant(8).to_datetime(*at).date()).collect();
    assert!(days.is_sorted());
    assert!(*days.first().unwrap() >= date(2025, 12, 1) && *days.last().unwrap() <= date(2026, 11, 30));
    for told in &all {
        assert!(told.events.iter().is_sorted_by_key(|step| step.event.at), "{}", told.id);
        let last = told.events.last().unwrap().event.at;
        assert!(Offset::constant(8).to_datetime(last).date() <= date(2026, 11, 30));
        assert!(told.locality.starts_with(COUNTY));
    }
}

#[test]
fn shares_of_kinds_are_those_that_are_said() {
    let of = |class: &str| KINDS.iter().filter(|kind| kind.class == class).map(|kind| kind.share).sum::<u32>();
    assert_eq!([of("婚姻家庭"), of("邻里"), of("房屋宅基地"), of("损害赔偿")], [197, 229, 69, 81]);
    assert_eq!(KINDS.iter().map(|kind| kind.share).sum::<u32>(), 1_000);
    assert_eq!(KINDS.iter().map(|kind| kind.class).collect::<BTreeSet<_>>().len(), 18);
    assert_eq!(PLACES.iter().map(|town| town.share).sum::<u32>(), 1_000);
    let all = county(5, 30_000);
    let class: BTreeMap<&str, &str> = KINDS.iter().map(|kind| (kind.kind, kind.class)).collect();
    let family = all.iter().filter(|told| class[told.kind] == "婚姻家庭").count();
    // Of 30,000 cases a share of 0.197 wavers by 0.007 at three standard deviations.
    let share = family as f64 / all.len() as f64;
    assert!((share - 0.197).abs() < 0.01, "{share}");
    let wages = |months: &[i8]| {
        let of = |told: &&Told| {
            let day = Offset::constant(8).to_datetime(told.events[0].event.at).date();
            told.kind == "labour.wage_migrant" && told.planted.is_none() && months.contains(&day.month())
        };
        all.iter().filter(of).count() as f64 / months.len() as f64
    };
    assert!(wages(&[12, 1]) > 1.8 * wages(&[4, 5, 6]));
}

#[test]
fn nothing_impossible_is_told_but_broken_refusals() {
    let (mut broken, mut taken) = (0, 0);
    for told in county(11, 4_000) {
        let mut known = Vec::new();
        for step in &told.events {
            match History::new(known.clone(), true).admit(&step.event) {
                Admission::Taken { standings, .. } => {
                    assert!(standings.iter().all(|standing| *standing != Standing::Waiting), "{told:?}");
                    known.push((step.event.clone(), Standing::Applied));
                    taken += 1;
                }
                Admission::Impossible { breach: true, .. } => {
                    assert_eq!(step.event.what, Happening::Started);
                    broken += 1;
                }
                other => panic!("{other:?} of {told:?}"),
            }
        }
    }
    assert!(taken > 20_000, "{taken}");
    assert!((1..40).contains(&broken), "{broken}");
}

#[test]
fn clusters_are_planted_whole_and_chance_brings_none() {
    let all = county(7, 20_000);
    for cluster in CLUSTERS {
        let mine = all.iter().filter(|told| told.planted == Some(cluster.name));
        assert_eq!(mine.count(), usize::try_from(cluster.cases).unwrap(), "{}", cluster.name);
    }
    let mut by_organisation: BTreeMap<&str, usize> = BTreeMap::new();
    for told in all.iter().filter(|told| told.planted.is_none()) {
        if let Some(organisation) = &told.organisation {
            *by_organisation.entry(organisation).or_default() += 1;
        }
    }
    assert!(by_organisation.values().all(|count| *count < 6), "{:?}", by_organisation.values().max());
}

/// Mediations of some disputes and how many of them ended with an agreement.
fn ended<'t>(all: impl Iterator<Item = &'t Told>) -> (usize, usize) {
    let mut ended = (0, 0);
    for what in all.flat_map(|told| &told.events).map(|step| &step.event.what) {
        let agreed = matches!(what, Happening::Agreed { .. });
        ended.0 += usize::from(agreed || matches!(what, Happening::Failed(_)));
        ended.1 += usize::from(agreed);
    }
    ended
}

#[test]
fn some_kinds_go_two_ways_and_one_town_falls_behind() {
    let all = county(7, 60_000);
    let share = |(whole, part): (usize, usize)| part as f64 / whole as f64;
    let by = |told: &&Told, channel: &str| told.events.iter().any(|step| step.channel == Some(channel));
    for way in OTHER_WAYS {
        let of = || all.iter().filter(|told| told.kind == way.kind);
        let (other, usual) =
            (ended(of().filter(|told| by(told, way.channel))), ended(of().filter(|told| !by(told, way.channel))));
        assert!(other.0 > 250 && usual.0 > 400, "{way:?}: {other:?} {usual:?}");
        assert!((share(other) - f64::from(way.agreed) / 1_000.0).abs() < 0.07, "{way:?}: {other:?}");
        let offered = of().filter(|told| told.events.iter().any(|step| step.event.what == Happening::Offered));
        let apart = of().filter(|told| by(told, way.channel)).count() as f64 / offered.count() as f64;
        assert!((apart - f64::from(way.share) / 1_000.0).abs() < 0.05, "{way:?}: {apart}");
    }
    let of = |here: bool| {
        ended(all.iter().filter(|told| told.kind == BEHIND.kind && (told.locality == BEHIND.locality) == here))
    };
    assert!((share(of(true)) - 0.48).abs() < 0.06 && (share(of(false)) - 0.78).abs() < 0.04, "{:?}", of(true));
    assert!(PLACES.iter().any(|town| town.locality == BEHIND.locality));
    assert!(KINDS.iter().any(|kind| kind.kind == BEHIND.kind && OTHER_WAYS.iter().all(|way| way.kind != kind.kind)));
}

#[test]
fn what_is_known_of_a_dispute_is_the_same_every_time_and_spread() {
    let all: Vec<_> = County::new(wish(7, 4_000)).map(|told| (known(&told), told)).collect();
    for (facts, told) in &all {
        assert_eq!(known(told), *facts);
        assert_eq!(facts.against_organisation, told.organisation.is_some());
        assert!(facts.amount.is_none_or(|amount| (20_000..=1_000_000_000).contains(&amount)), "{facts:?}");
        assert!((1..60).contains(&facts.people) && (1..200).contains(&facts.days_known), "{facts:?}");
    }
    let share = |test: &dyn Fn(&Known) -> bool| all.iter().filter(|(facts, _)| test(facts)).count() * 100 / all.len();
    assert!((55..80).contains(&share(&|facts| facts.amount.is_some())));
    assert!((20..70).contains(&share(&|facts| facts.amount.is_some_and(|amount| amount <= 1_000_000))));
    assert!((5..15).contains(&share(&|facts| facts.consent == "no")));
}
