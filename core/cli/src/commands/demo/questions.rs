//! The disputes of the county as questions, for `maple backtest`.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use jiff::{Span, civil::Date};
use maple_insight::synthetic::{County, Told, Wish, known};
use serde_json::{Map, Value, json};

use super::{
    super::remote::{unwritten, write_out},
    bar,
};
use crate::Failure;

/// Writes one question a line; where `locality` is given, all of them lie there.
pub(super) fn write(wish: Wish, file: &Path, locality: Option<&str>) -> Result<(), Failure> {
    let county = County::new(wish);
    let bar = bar(county.left() as u64);
    let file = (file != Path::new("-")).then_some(file);
    write_out(file, |into| {
        let mut into = BufWriter::new(into);
        for told in county {
            writeln!(into, "{}", question(&told, wish, locality)).map_err(|error| unwritten(&error))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        into.flush().map_err(|error| unwritten(&error))
    })
}

fn question(told: &Told, wish: Wish, locality: Option<&str>) -> Value {
    let of = known(told);
    let filed = told.events.first().map_or(wish.to, |step| wish.offset.to_datetime(step.event.at).date());
    let knew = filed.checked_sub(Span::new().days(i64::from(of.days_known))).unwrap_or(Date::MIN);
    let mut facts = Map::new();
    facts.extend(of.amount.map(|amount| ("amount".to_owned(), json!(format!("{}.{:02}", amount / 100, amount % 100)))));
    facts.insert("people".to_owned(), json!(of.people));
    facts.insert("relation".to_owned(), json!(of.relation));
    facts.insert("knew_on".to_owned(), json!(knew.to_string()));
    let against = if of.against_organisation { "organisation" } else { "natural" };
    json!({
        "case": {
            "id": told.id,
            "locality": locality.unwrap_or(told.locality),
            "kind": told.kind,
            "source": told.origin,
            "filed": filed.to_string(),
            "parties": [
                { "role": "applicant", "type": "natural", "facts": { "age_band": "adult", "consent": "yes" } },
                { "role": "respondent", "type": against, "facts": { "consent": of.consent } },
            ],
            "facts": facts,
        },
        "as_of": filed.to_string(),
    })
}
