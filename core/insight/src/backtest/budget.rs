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

/// Which figures may be how large, and what holds where one cannot be worked out.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    bounds: BTreeMap<Figure, f64>,
    unknown_fails: bool,
}

impl Default for Budget {
    /// No right lost, no clock longer; what cannot be worked out breaks nothing.
    fn default() -> Self {
        let bounds = Figure::ALL.into_iter().filter_map(|figure| Some((figure, figure.default_max()?))).collect();
        Self { bounds, unknown_fails: false }
    }
}

/// What came of one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The figure is no larger than it may be.
    Holds,
    /// The figure cannot be worked out.
    Unknown,
    /// The figure is larger.
    Broken,
}

impl Verdict {
    /// The word for it in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
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
    /// True where what cannot be worked out fails.
    pub unknown_fails: bool,
}

impl Asked {
    /// What came of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.found {
            None => Verdict::Unknown,
            Some(found) if found <= self.asked => Verdict::Holds,
            Some(_) => Verdict::Broken,
        }
    }

    /// True when it fails nothing: the figure is no larger than it may be, or it cannot be worked out and the budget lets
    /// that pass.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.verdict() {
            Verdict::Holds => true,
            Verdict::Unknown => !self.unknown_fails,
            Verdict::Broken => false,
        }
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
        self.bounds.insert(figure, asked);
        Ok(())
    }

    /// Says whether a bounded figure that cannot be worked out fails.
    pub const fn set_unknown_fails(&mut self, fails: bool) {
        self.unknown_fails = fails;
    }

    /// True when it bounds a figure.
    #[must_use]
    pub fn bounds(&self, figure: Figure) -> bool {
        self.bounds.contains_key(&figure)
    }

    /// Each bound with what was counted.
    #[must_use]
    pub fn check(&self, tally: &Tally) -> Vec<Asked> {
        let one = |(figure, asked): (&Figure, &f64)| {
            let found = figure.found(tally);
            Asked { figure: *figure, asked: *asked, found, unknown_fails: self.unknown_fails }
        };
        self.bounds.iter().map(one).collect()
    }
}
