//! Places as people name them: by path, by code, by title.

use maple_kernel::{Locality, LocalityId, Ruleset};
use maple_wire::{FlawCode, Problem, nearest};

use super::visit::Visit;
use crate::http::insight::wrong;

/// Places that are offered while somebody types; others can be written all the same.
pub(super) const PLACES_OFFERED_MAX: usize = 500;
/// Places of one title that a problem names.
const SAME_TITLE_SHOWN: usize = 5;
/// Letters of a place that a problem repeats.
const CHARS_SHOWN: usize = 64;

/// A place to choose.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) title: String,
}

/// The place that somebody means.
pub(super) fn find<'r>(ruleset: &'r Ruleset, given: &str) -> Result<(&'r LocalityId, &'r Locality), Problem> {
    if let Some(found) = ruleset.locality(given) {
        return Ok(found);
    }
    let titled = |locality: &Locality| &*locality.title.zh == given || locality.title.en.eq_ignore_ascii_case(given);
    let mut found = ruleset.localities().filter(|(_, locality)| titled(locality));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some((first, _)), Some((second, _))) => {
            let ids = [first, second].into_iter().chain(found.map(|(id, _)| id)).take(SAME_TITLE_SHOWN);
            let ids = ids.map(LocalityId::as_str).collect::<Vec<_>>().join(", ");
            let en = format!("several places are called so; write one of {ids}");
            Err(wrong("locality", FlawCode::Inconsistent, en, format!("有多个同名地区，请写明：{ids}")))
        }
        _ => {
            let shown: String = given.chars().take(CHARS_SHOWN).collect();
            let shown = shown.escape_debug();
            let near = nearest(given, ruleset.localities().map(|(id, _)| id.as_str()));
            let (en, zh) = match near {
                Some(near) => (format!("; did you mean `{near}`?"), format!("；是否为{near}？")),
                None => (String::new(), String::new()),
            };
            let en = format!("there is no place `{shown}`{en}");
            Err(wrong("locality", FlawCode::UnknownValue, en, format!("没有“{shown}”这一地区{zh}")))
        }
    }
}

/// Places to choose from.
pub(super) fn choices(visit: &Visit, ruleset: &Ruleset) -> Vec<Choice> {
    let all = ruleset.localities().take(PLACES_OFFERED_MAX);
    all.map(|(id, locality)| Choice { id: id.to_string(), title: visit.of_text(&locality.title).to_owned() }).collect()
}

/// Kinds of dispute to choose from.
pub(super) fn kinds(visit: &Visit, ruleset: &Ruleset) -> Vec<Choice> {
    let all = ruleset.vocabulary().kinds.iter();
    all.map(|(id, title)| Choice { id: id.to_string(), title: visit.of_text(title).to_owned() }).collect()
}

/// Channels to choose from.
pub(super) fn channels(visit: &Visit, ruleset: &Ruleset) -> Vec<Choice> {
    let all = ruleset.vocabulary().channels.iter();
    all.map(|(id, channel)| Choice { id: id.to_string(), title: visit.of_text(&channel.title).to_owned() }).collect()
}

/// What a place is called; its path where it is not known any more.
pub(super) fn title(visit: &Visit, ruleset: &Ruleset, id: &str) -> String {
    let known = ruleset.locality(id).map(|(_, locality)| visit.of_text(&locality.title).to_owned());
    known.unwrap_or_else(|| id.to_owned())
}

/// What a kind is called.
pub(super) fn kind(visit: &Visit, ruleset: &Ruleset, id: &str) -> String {
    let known = ruleset.vocabulary().kinds.get(id).map(|title| visit.of_text(title).to_owned());
    known.unwrap_or_else(|| id.to_owned())
}
