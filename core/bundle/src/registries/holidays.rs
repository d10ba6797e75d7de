//! `holidays/*.toml`: days of rest and work, one file for a calendar and a year.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use maple_kernel::{Calendar, DAY_YEAR_MAX, DAY_YEAR_MIN, Day};

use super::Seen;
use crate::{
    fields::{self, Fields},
    sink::{Place, Sink},
    tree::Node,
};

#[derive(Default)]
struct Gathered {
    weekend: BTreeSet<i8>,
    off: BTreeSet<Day>,
    on: BTreeSet<Day>,
    verified: BTreeSet<i16>,
    rolls: bool,
    first: Option<Place>,
}

/// Calendars by name.
pub(super) type Named = BTreeMap<String, Arc<Calendar>>;

pub(super) fn read(files: &[Node<'_>], sink: &Sink<'_>) -> Named {
    let mut seen = Seen::default();
    let mut all: BTreeMap<String, Gathered> = BTreeMap::new();
    for node in files {
        let whole = Node { place: Place::whole(node.place.file), value: crate::tree::Raw::Bad };
        let Some(mut table) = Fields::of(node, "a file of holidays", sink) else { continue };
        let name = table.need("calendar").and_then(|n| Some((fields::text(n, "calendar", sink)?, n.place)));
        let year = table.need("year").and_then(|n| {
            let (min, max) = (i64::from(DAY_YEAR_MIN), i64::from(DAY_YEAR_MAX));
            Some((i16::try_from(fields::number(n, "year", min, max, sink)?).ok()?, n.place))
        });
        let weekend = table.need("weekend").map(|n| weekdays(n, sink)).unwrap_or_default();
        let rolls = table.flag("rolls").unwrap_or(false);
        let verified = table.flag("verified").unwrap_or(false);
        table.text("source");
        let mut listed = |key| table.get(key).map(|n| days(n, key, year.map(|y| y.0), sink)).unwrap_or_default();
        let (off, on) = (listed("off"), listed("on"));
        table.finish();
        let (Some((name, place)), Some((year, at))) = (name, year) else { continue };
        if !seen.first("calendar and year", &format!("{name} {year}"), at, sink) {
            continue;
        }
        for day in off.intersection(&on) {
            sink.error(whole.place, "contradiction", format!("{day} is both a day off and a day that is worked"));
        }
        let calendar = all.entry(name.to_owned()).or_default();
        match calendar.first {
            Some(first) if calendar.weekend != weekend || calendar.rolls != rolls => {
                let message = format!("calendar `{name}` has another `weekend` or `rolls` at {}", sink.at(first));
                sink.error_help(place, "contradiction", message, "all years of a calendar share them");
            }
            Some(_) => {}
            None => (calendar.weekend, calendar.rolls, calendar.first) = (weekend, rolls, Some(place)),
        }
        calendar.off.extend(off);
        calendar.on.extend(on);
        if verified {
            calendar.verified.insert(year);
        }
    }
    all.into_iter()
        .map(|(name, c)| (name, Arc::new(Calendar::new(c.weekend, c.off, c.on, c.verified, c.rolls))))
        .collect()
}

fn weekdays(node: &Node<'_>, sink: &Sink<'_>) -> BTreeSet<i8> {
    let days: BTreeSet<i8> = fields::items(node, "weekend", sink)
        .iter()
        .filter_map(|n| fields::number(n, "weekend", 1, 7, sink))
        .filter_map(|n| i8::try_from(n).ok())
        .collect();
    if days.len() > 6 {
        sink.error(node.place, "out-of-range", "a week of rest alone has no working day to count");
        return BTreeSet::new();
    }
    days
}

fn days(node: &Node<'_>, key: &str, year: Option<i16>, sink: &Sink<'_>) -> BTreeSet<Day> {
    let mut out = BTreeSet::new();
    for node in fields::items(node, key, sink) {
        let Some(day) = fields::day(node, key, sink) else { continue };
        if year.is_some_and(|year| year != day.year()) {
            sink.error(node.place, "wrong-year", format!("{day} does not lie in the year of this file"));
        } else if !out.insert(day) {
            sink.error(node.place, "duplicate", format!("{day} is listed twice"));
        }
    }
    out
}
