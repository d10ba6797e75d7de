//! Who there is to take cases up, and to which station a case falls.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use maple_kernel::{Case, Class, Decision, Outcome, Pattern, Ruleset};
use maple_wire::{ROSTER_BYTES_MAX, RosterMessage, RosterPlace, parse_roster, parse_roster_sheet};

use crate::{Failure, commands::read_bounded};

/// Between stations of one place that take the same kind.
const BETWEEN: &str = " / ";
/// The station of mediation that falls to none.
pub(super) const NOBODY: &str = "-";
/// Bad rows that are told one by one.
const ROWS_LISTED_MAX: usize = 20;

struct Station {
    id: String,
    /// What somebody there takes: nothing of it where the file has no mediators at all, so that each takes everything.
    takes: Vec<Pattern>,
    everything: bool,
    capacity: u64,
}

/// Stations by their place.
pub(super) struct Stations {
    by_place: BTreeMap<String, Vec<Station>>,
}

/// Reads a sheet or JSON.
pub(super) fn read(path: &Path, ruleset: &Ruleset) -> Result<Stations, Failure> {
    let bytes = read_bounded(path, "roster", ROSTER_BYTES_MAX)?;
    let name = path.display();
    if bytes.len() > ROSTER_BYTES_MAX {
        return Err(Failure::Input(format!("the roster `{name}` has more than {ROSTER_BYTES_MAX} bytes")));
    }
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let read = if is_json { parse_roster(&bytes, ruleset) } else { parse_roster_sheet(&bytes, None, ruleset) };
    let roster = read.map_err(|problem| {
        let more = problem.errors.iter().filter(|flaw| flaw.detail != problem.detail);
        let said = more.fold(problem.detail.clone(), |said, flaw| format!("{said}\n  {}", flaw.detail));
        Failure::Input(format!("the roster `{name}`: {said}"))
    })?;
    if !roster.refused.is_empty() {
        let told = roster.refused.iter().take(ROWS_LISTED_MAX).map(|row| match row.place {
            RosterPlace::Line(line) => format!("\n  line {line}: {}", row.flaw.detail),
            RosterPlace::Station(at) => format!("\n  station {at}: {}", row.flaw.detail),
            RosterPlace::Mediator(at) => format!("\n  mediator {at}: {}", row.flaw.detail),
        });
        let (count, told) = (roster.refused.len(), told.collect::<String>());
        return Err(Failure::Input(format!("the roster `{name}` has {count} bad fields:{told}")));
    }
    if roster.stations.is_empty() {
        return Err(Failure::Input(format!("the roster `{name}` says of no station where it is")));
    }
    Ok(Stations::new(&roster))
}

impl Stations {
    fn new(roster: &RosterMessage) -> Self {
        let mut by_place: BTreeMap<String, Vec<Station>> = BTreeMap::new();
        for (_, station) in &roster.stations {
            let who =
                roster.mediators.iter().map(|(_, who)| who).filter(|who| who.station == station.id && who.capacity > 0);
            let (mut takes, mut everything, mut capacity) = (Vec::new(), roster.mediators.is_empty(), 0);
            for who in who {
                everything |= who.kinds.is_empty();
                takes.extend(who.kinds.iter().map(|kind| Pattern::new(kind)));
                capacity += u64::from(who.capacity);
            }
            let station = (station.locality.clone(), Station { id: station.id.clone(), takes, everything, capacity });
            by_place.entry(station.0).or_default().push(station.1);
        }
        by_place.values_mut().for_each(|all| all.sort_by(|a, b| a.id.cmp(&b.id)));
        Self { by_place }
    }

    /// The station that mediation of a case falls to: of its place or the nearest above, one that takes its kind. Nothing
    /// where the case does not go to mediation first.
    pub(super) fn of(&self, case: &Case, decision: &Decision<'_>) -> Option<Cow<'_, str>> {
        let first = decision.steps.first().filter(|_| decision.outcome == Outcome::Route)?;
        (first.class == Class::Facilitative).then(|| self.nearest(case.locality.as_str(), case.kind.as_str()))
    }

    fn nearest(&self, locality: &str, kind: &str) -> Cow<'_, str> {
        let ends = std::iter::once(locality.len()).chain(locality.rmatch_indices('/').map(|(end, _)| end));
        for path in ends.filter_map(|end| locality.get(..end)) {
            let here = self.by_place.get(path).into_iter().flatten();
            let mut able =
                here.filter(|station| station.everything || station.takes.iter().any(|one| one.covers(kind)));
            let Some(first) = able.next() else { continue };
            return able
                .fold(Cow::Borrowed(first.id.as_str()), |all, next| Cow::Owned(format!("{all}{BETWEEN}{}", next.id)));
        }
        Cow::Borrowed(NOBODY)
    }

    /// Cases that the mediators of these stations can have open at a time.
    pub(super) fn capacity(&self, named: &str) -> u64 {
        let all = self.by_place.values().flatten();
        all.filter(|station| named.split(BETWEEN).any(|id| id == station.id)).map(|station| station.capacity).sum()
    }
}

#[cfg(test)]
mod tests {
    use maple_wire::{MediatorMessage, StationMessage};

    use super::*;

    fn stations(people: &[(&str, &[&str], u16)]) -> Stations {
        let station = |id: &str, locality: &str| {
            (RosterPlace::Station(0), StationMessage { id: id.to_owned(), locality: locality.to_owned() })
        };
        let who = |(station, kinds, capacity): &(&str, &[&str], u16)| {
            let who = MediatorMessage {
                id: "m".to_owned(),
                station: (*station).to_owned(),
                skills: Default::default(),
                languages: Default::default(),
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                capacity: *capacity,
                plan_max: None,
                cadence_days: 1,
                leave: Vec::new(),
                conflicts: Default::default(),
            };
            (RosterPlace::Mediator(0), who)
        };
        Stations::new(&RosterMessage {
            stations: vec![station("town", "cn/a/t"), station("county", "cn/a"), station("labour", "cn/a")],
            mediators: people.iter().map(who).collect(),
            refused: Vec::new(),
        })
    }

    #[test]
    fn mediation_falls_to_the_nearest_station_that_takes_it() {
        let all = stations(&[
            ("town", &["family.*"], 3),
            ("county", &[], 5),
            ("labour", &["labour.*"], 2),
            ("labour", &[], 0),
        ]);
        for (place, kind, station) in [
            ("cn/a/t", "family.divorce", "town"),
            ("cn/a/t", "labour.wage", "county / labour"),
            ("cn/a", "family.divorce", "county"),
            ("cn/a/t2/x", "labour.wage", "county / labour"),
            ("cn/ab", "labour.wage", NOBODY),
            ("cn", "labour.wage", NOBODY),
        ] {
            assert_eq!(all.nearest(place, kind), station, "{place} {kind}");
        }
        assert_eq!((all.capacity("county / labour"), all.capacity("town"), all.capacity(NOBODY)), (7, 3, 0));
        // Nobody is told: each station takes everything.
        assert_eq!(stations(&[]).nearest("cn/a/t", "labour.wage"), "town");
    }
}
