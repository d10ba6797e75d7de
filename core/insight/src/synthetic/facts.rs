//! What would be known of a dispute of the county when it comes, for deciding where it goes.

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64;

use super::Told;

/// Least and largest amount, in hundredths.
const AMOUNT_MIN: f64 = 20_000.0;
const AMOUNT_MAX: f64 = 1_000_000_000.0;

/// Facts of a dispute, by assumption: they show no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The amount in dispute, in hundredths; of some disputes none is known, and others are about none.
    pub amount: Option<i64>,
    /// People with the same claim.
    pub people: u32,
    /// How the parties stand to each other, as the fact `relation` has it.
    pub relation: &'static str,
    /// True where the dispute is against an organisation.
    pub against_organisation: bool,
    /// Whether the respondent agrees to mediation, as the fact `consent` has it.
    pub consent: &'static str,
    /// Days from when the applicant knew of it to when it came.
    pub days_known: u16,
}

/// What would be known of a dispute; the same for the same one.
#[must_use]
pub fn known(told: &Told) -> Known {
    let mut random = Pcg64::seed_from_u64(number(&told.id));
    let family = told.kind.split('.').next().unwrap_or_default();
    // The median in yuan, and of how many in a hundred an amount is known.
    let (median, said) = match family {
        "family" => (40_000.0, 25),
        "neighbour" => (3_000.0, 35),
        "housing" | "expropriation" | "land" => (60_000.0, 70),
        "contract" => (45_000.0, 95),
        "labour" => (22_000.0, 95),
        "consumer" => (1_800.0, 95),
        "traffic" | "medical" | "tort" => (25_000.0, 85),
        "property" => (4_000.0, 90),
        _ => (8_000.0, 50),
    };
    let amount =
        LogNormal::new(f64::ln(median * 100.0), 1.2).map_or(median * 100.0, |spread| spread.sample(&mut random));
    let amount = (random.random_range(0..100) < said).then(|| amount.clamp(AMOUNT_MIN, AMOUNT_MAX).round() as i64);
    let people = match (told.kind, random.random_range(0..100)) {
        ("labour.wage_migrant", 0..40) => random.random_range(2..60),
        (_, 0..6) => random.random_range(2..15),
        _ => 1,
    };
    let relation = match family {
        "labour" => "employment",
        "neighbour" | "property" => "neighbour",
        "family" => "family",
        "contract" | "consumer" | "housing" => "trade",
        "expropriation" => "public",
        _ => "none",
    };
    let consent = match random.random_range(0..100) {
        0..45 => "yes",
        45..55 => "no",
        _ => "unknown",
    };
    let days_known = random.random_range(1..200);
    Known { amount, people, relation, against_organisation: told.organisation.is_some(), consent, days_known }
}

/// A number for an id (FNV-1a).
fn number(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |number, byte| (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
