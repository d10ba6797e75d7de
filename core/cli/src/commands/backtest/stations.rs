//! Who there is to take cases up, and to which station a case falls.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use maple_kernel::{Case, Class, Code, Decision, Outcome, Pattern, Ruleset, Vocabulary};
use maple_wire::{ROSTER_BYTES_MAX, RosterMessage, RosterPlace, parse_roster, parse_roster_sheet};

use crate::{Failure, commands::read_bounded};

/// Between stations of one place that take the same kind.
const BETWEEN: &str = " / ";
/// The station of mediation that falls to none.
pub(super) const NOBODY: &str = "-";
/// What the skill of a language begins with.
const LANGUAGE: &str = "lang_";
/// Bad rows that are told one by one.
const ROWS_LISTED_MAX: usize = 20;

/// What one mediator takes, or several who take the same.
#[derive(PartialEq)]
struct Takes {
    /// Kinds; every kind where there is none.
    kinds: Vec<Pattern>,
    skills: BTreeSet<String>,
    languages: BTreeSet<String>,
}

impl Takes {
    /// One person takes the kind and has every skill.
    fn takes(&self, kind: &str, skills: &[Code]) -> bool {
        let has = |skill: &Code| {
            let language = skill.as_str().strip_prefix(LANGUAGE);
            self.skills.contains(skill.as_str()) || language.is_some_and(|language| self.languages.contains(language))
        };
        (self.kinds.is_empty() || self.kinds.iter().any(|one| one.covers(kind))) && skills.iter().all(has)
    }
}

struct Station {
    id: String,
    /// What those take who are there.
    takes: Vec<Takes>,
    /// The file has no mediators at all: each station takes everything.
    everything: bool,
    capacity: u64,
}

impl Station {
    fn takes(&self, kind: &str, skills: &[Code]) -> bool {
        self.everything || self.takes.iter().any(|one| one.takes(kind, skills))
    }
}

/// Stations by their place, and the channels whose cases they take.
pub(super) struct Stations {
    by_place: BTreeMap<String, Vec<Station>>,
    channels: BTreeSet<String>,
}

/// Reads the channels that stations take: mediation that one of the sides knows. Which body mediates in a channel is
/// nothing that the vocabulary says, so it is asked.
///
/// # Errors
/// When there is none, or one that is no mediation.
pub(super) fn channels(given: &[String], known: [&Vocabulary; 2]) -> Result<BTreeSet<String>, Failure> {
    let mediation = || {
        let all = known.into_iter().flat_map(|words| &words.channels);
        let all = all.filter(|(_, channel)| channel.class == Class::Facilitative);
        all.map(|(id, _)| id.as_str()).collect::<BTreeSet<&str>>()
    };
    let listed = || mediation().into_iter().collect::<Vec<_>>().join(", ");
    if given.is_empty() {
        return Err(Failure::Input(format!(
            "--stations needs --station-channels CHANNELS: the channels whose cases these stations take, such as those of \
             people's mediation, between commas; mediation is {}",
            listed()
        )));
    }
    for channel in given {
        if !mediation().contains(channel.as_str()) {
            let hint = maple_wire::nearest(channel, mediation().into_iter())
                .map_or_else(|| format!("mediation is {}", listed()), |near| format!("did you mean `{near}`?"));
            let named = channel.escape_debug();
            return Err(Failure::Input(format!("--station-channels: `{named}` is no channel of mediation; {hint}")));
        }
    }
    Ok(given.iter().cloned().collect())
}

/// Reads a sheet or JSON.
pub(super) fn read(path: &Path, channels: BTreeSet<String>, ruleset: &Ruleset) -> Result<Stations, Failure> {
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
    Ok(Stations::new(&roster, channels))
}

impl Stations {
    fn new(roster: &RosterMessage, channels: BTreeSet<String>) -> Self {
        let mut by_place: BTreeMap<String, Vec<Station>> = BTreeMap::new();
        for (_, station) in &roster.stations {
            let who =
                roster.mediators.iter().map(|(_, who)| who).filter(|who| who.station == station.id && who.capacity > 0);
            let (mut takes, mut capacity) = (Vec::new(), 0);
            for who in who {
                let kinds = who.kinds.iter().map(|kind| Pattern::new(kind)).collect();
                let one = Takes { kinds, skills: who.skills.clone(), languages: who.languages.clone() };
                if !takes.contains(&one) {
                    takes.push(one);
                }
                capacity += u64::from(who.capacity);
            }
            let (place, everything) = (station.locality.clone(), roster.mediators.is_empty());
            by_place.entry(place).or_default().push(Station { id: station.id.clone(), takes, everything, capacity });
        }
        by_place.values_mut().for_each(|all| all.sort_by(|a, b| a.id.cmp(&b.id)));
        Self { by_place, channels }
    }

    /// The station that the first step of a case falls to: of its place or the nearest above, one where somebody takes its
    /// kind and has the skills that the step asks for. Nothing where the first step is in a channel that stations do not
    /// take.
    pub(super) fn of(&self, case: &Case, decision: &Decision<'_>) -> Option<Cow<'_, str>> {
        let first = decision.steps.first().filter(|_| decision.outcome == Outcome::Route)?;
        let taken = self.channels.contains(first.channel.as_str());
        taken.then(|| self.nearest(case.locality.as_str(), case.kind.as_str(), &first.skills))
    }

    fn nearest(&self, locality: &str, kind: &str, skills: &[Code]) -> Cow<'_, str> {
        let ends = std::iter::once(locality.len()).chain(locality.rmatch_indices('/').map(|(end, _)| end));
        for path in ends.filter_map(|end| locality.get(..end)) {
            let here = self.by_place.get(path).into_iter().flatten();
            let mut able = here.filter(|station| station.takes(kind, skills));
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

    /// A station, the kinds and skills of somebody there, whose languages are among the skills, and how much he or she
    /// can have open.
    type Who<'w> = (&'w str, &'w [&'w str], &'w [&'w str], u16);

    fn stations(people: &[Who<'_>]) -> Stations {
        let station = |id: &str, locality: &str| {
            (RosterPlace::Station(0), StationMessage { id: id.to_owned(), locality: locality.to_owned() })
        };
        let who = |(station, kinds, skills, capacity): &Who<'_>| {
            let who = MediatorMessage {
                id: "m".to_owned(),
                station: (*station).to_owned(),
                skills: skills.iter().filter(|one| !one.starts_with(LANGUAGE)).map(|one| (*one).to_owned()).collect(),
                languages: skills.iter().filter_map(|one| one.strip_prefix(LANGUAGE)).map(str::to_owned).collect(),
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                capacity: *capacity,
                plan_max: None,
                cadence_days: 1,
                leave: Vec::new(),
                conflicts: Default::default(),
            };
            (RosterPlace::Mediator(0), who)
        };
        let roster = RosterMessage {
            stations: vec![station("town", "cn/a/t"), station("county", "cn/a"), station("labour", "cn/a")],
            mediators: people.iter().map(who).collect(),
            refused: Vec::new(),
        };
        Stations::new(&roster, BTreeSet::new())
    }

    #[test]
    fn mediation_falls_to_the_nearest_station_that_takes_it() {
        let all = stations(&[
            ("town", &["family.*"], &["family"], 3),
            ("town", &["family.*"], &["juvenile", "lang_en"], 3),
            ("county", &[], &["family"], 5),
            ("labour", &["labour.*"], &[], 2),
            // Who can have nothing open takes nothing.
            ("labour", &[], &["juvenile", "family"], 0),
        ]);
        for (place, kind, skills, station) in [
            ("cn/a/t", "family.divorce", &[][..], "town"),
            ("cn/a/t", "labour.wage", &[], "county / labour"),
            ("cn/a", "family.divorce", &[], "county"),
            ("cn/a/t2/x", "labour.wage", &[], "county / labour"),
            ("cn/ab", "labour.wage", &[], NOBODY),
            ("cn", "labour.wage", &[], NOBODY),
            ("cn/a/t", "family.divorce", &["family"], "town"),
            ("cn/a/t", "family.divorce", &["juvenile", "lang_en"], "town"),
            // Two who have one of the skills each are nobody who has both.
            ("cn/a/t", "family.divorce", &["family", "juvenile"], NOBODY),
            ("cn/a/t", "family.divorce", &["family", "lang_en"], NOBODY),
            ("cn/a/t", "labour.wage", &["family"], "county"),
            ("cn/a/t", "labour.wage", &["labour"], NOBODY),
        ] {
            let skills: Vec<Code> = skills.iter().map(|skill| (*skill).into()).collect();
            assert_eq!(all.nearest(place, kind, &skills), station, "{place} {kind} {skills:?}");
        }
        assert_eq!((all.capacity("county / labour"), all.capacity("town"), all.capacity(NOBODY)), (7, 6, 0));
        // Nobody is told: each station takes everything.
        assert_eq!(stations(&[]).nearest("cn/a/t", "labour.wage", &["labour".into()]), "town");
    }
}
