//! How much a change of rules may do.

use std::collections::BTreeMap;

use super::{Estimate, Tally};
use crate::share::float;

/// A figure that can be bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// The share of cases whose decisions differ.
    Changed,
    /// The share of cases that had a way and now go to a person.
    ToRefer,
    /// Cases that lose a right.
    RightsLost,
    /// Cases with a clock that ends later.
    ClocksLonger,
    /// Failures of policies under the candidate.
    Faults,
    /// How often a guardrail acts on what it left alone under the baseline.
    InterventionsNew,
    /// Fuel of the candidate to that of the baseline.
    FuelRatio,
    /// Of the agreements that a history lets expect under the baseline, the share that the candidate has fewer.
    AgreementsLost,
    /// The largest growth of a station's load: candidate to baseline.
    StationLoadRatio,
    /// Rules of the candidate that were at work in no case.
    RulesSilent,
}

/// A bound that no figure can have.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{}` is {asked}; write {}", .figure.as_str(), .figure.takes())]
pub struct OutOfBounds {
    /// Of which figure.
    pub figure: Figure,
    /// What was asked.
    pub asked: f64,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Changed,
        Self::ToRefer,
        Self::RightsLost,
        Self::ClocksLonger,
        Self::Faults,
        Self::InterventionsNew,
        Self::FuelRatio,
        Self::AgreementsLost,
        Self::StationLoadRatio,
        Self::RulesSilent,
    ];

    /// The key of a budget file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed-share",
            Self::ToRefer => "to-refer-share",
            Self::RightsLost => "rights-lost",
            Self::ClocksLonger => "clocks-longer",
            Self::Faults => "faults",
            Self::InterventionsNew => "new-interventions",
            Self::FuelRatio => "fuel-ratio",
            Self::AgreementsLost => "agreements-lost-share",
            Self::StationLoadRatio => "station-load-ratio",
            Self::RulesSilent => "rules-silent",
        }
    }

    /// What holds when a budget does not say.
    #[must_use]
    pub const fn default_max(self) -> Option<f64> {
        match self {
            Self::RightsLost | Self::ClocksLonger => Some(0.0),
            _ => None,
        }
    }

    /// What a budget may say.
    #[must_use]
    pub const fn takes(self) -> &'static str {
        match self {
            Self::Changed | Self::ToRefer | Self::AgreementsLost => "a share from 0 to 1, such as 0.05",
            Self::FuelRatio | Self::StationLoadRatio => "a number from 0, such as 1.5",
            _ => "a whole number from 0, such as 0",
        }
    }

    fn admits(self, asked: f64) -> bool {
        match self {
            Self::Changed | Self::ToRefer | Self::AgreementsLost => (0.0..=1.0).contains(&asked),
            Self::FuelRatio | Self::StationLoadRatio => asked.is_finite() && asked >= 0.0,
            _ => asked.is_finite() && asked >= 0.0 && asked.fract() == 0.0,
        }
    }

    /// What was counted; none of a share or ratio that cannot be worked out.
    #[must_use]
    pub fn found(self, tally: &Tally) -> Option<f64> {
        match self {
            Self::Changed => tally.share(tally.changed).value(),
            Self::ToRefer => tally.share(tally.to_refer).value(),
            Self::RightsLost => Some(float(tally.rights_lost)),
            Self::ClocksLonger => Some(float(tally.clocks_longer)),
            Self::Faults => Some(float(tally.faults_all().candidate)),
            Self::InterventionsNew => Some(float(tally.interventions_new)),
            Self::FuelRatio => tally.fuel_ratio(),
            Self::AgreementsLost => tally.estimate.as_ref().and_then(Estimate::agreements_lost),
            Self::StationLoadRatio => tally.station_load_ratio(),
            Self::RulesSilent => tally.rules_silent.map(float),
        }
    }
}

/// Which figures may be how large.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget(BTreeMap<Figure, f64>);

impl Default for Budget {
    /// No right lost, no clock longer.
    fn default() -> Self {
        Self(Figure::ALL.into_iter().filter_map(|figure| Some((figure, figure.default_max()?))).collect())
    }
}

/// One bound and what was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Of which figure.
    pub figure: Figure,
    /// The most it may be.
    pub asked: f64,
    /// What it is; none when it cannot be worked out.
    pub found: Option<f64>,
}

impl Asked {
    /// True when the figure is no larger than it may be. What cannot be worked out breaks nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.found.is_none_or(|found| found <= self.asked)
    }
}

impl Budget {
    /// Bounds a figure.
    ///
    /// # Errors
    /// When no figure of its sort can be so.
    pub fn set(&mut self, figure: Figure, asked: f64) -> Result<(), OutOfBounds> {
        if !figure.admits(asked) {
            return Err(OutOfBounds { figure, asked });
        }
        self.0.insert(figure, asked);
        Ok(())
    }

    /// True when it bounds a figure.
    #[must_use]
    pub fn bounds(&self, figure: Figure) -> bool {
        self.0.contains_key(&figure)
    }

    /// Each bound with what was counted.
    #[must_use]
    pub fn check(&self, tally: &Tally) -> Vec<Asked> {
        self.0
            .iter()
            .map(|(figure, asked)| Asked { figure: *figure, asked: *asked, found: figure.found(tally) })
            .collect()
    }
}
