//! Who there is to take cases up: stations and mediators, by ids and never by names, as JSON or as a sheet (CSV).
//!
//! Each row is read on its own and every bad one is told. What a person speaks stands among the languages, as the party
//! fact `language` has it (`en`); the same among the skills, where decisions have it (`lang_en`), is taken as that.

mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use maple_insight::plan::{CADENCE_DAYS_MAX, CAPACITY_CASES_MAX};
use maple_kernel::{Code, Day, FactType, KindId, Pattern, Ruleset, WordList};
use serde_json::{Value, json};

use crate::{
    fields::{day, fields, nearest, quoted, text, wrong_type},
    json::{self, Json},
    problem::{Flaw, FlawCode, Flaws, Path, Problem, ProblemKind},
    question::{locality, needed, reference, unknown},
};

pub use sheet::parse_roster_sheet;

/// Size of the body of one request with stations and mediators.
pub const ROSTER_BYTES_MAX: usize = 1 << 20;
/// Stations and mediators of one request, or lines of one sheet.
pub const ROSTER_ROWS_MAX: usize = 2_000;
/// Entries of each list of a mediator: skills, languages, kinds, leave, conflicts.
pub const ROSTER_LIST_MAX: usize = 100;
/// Cases that one person may be set to have open at a time; 0 takes none.
pub const ROSTER_CAPACITY_MAX: u16 = CAPACITY_CASES_MAX;
/// Length of the word of a language.
const LANGUAGE_BYTES_MAX: usize = 32;
/// What the skill of a language begins with.
pub(crate) const LANGUAGE: &str = "lang_";

/// A station, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationMessage {
    /// Its id.
    pub id: String,
    /// It serves this locality and all below.
    pub locality: String,
}

/// A mediator, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediatorMessage {
    /// The pseudonymous id.
    pub id: String,
    /// The station.
    pub station: String,
    /// Skills of the vocabulary, without languages.
    pub skills: BTreeSet<String>,
    /// Languages, such as `en`.
    pub languages: BTreeSet<String>,
    /// Kinds or patterns of kinds; none covers everything.
    pub kinds: Vec<String>,
    /// Cases open at a time.
    pub capacity: u16,
    /// Cases of one plan, where that is said.
    pub plan_max: Option<u16>,
    /// Days from one closing to the next.
    pub cadence_days: u16,
    /// Runs of days, both ends included.
    pub leave: Vec<(Day, Day)>,
    /// Cases and organisations, as the caller refers to them.
    pub conflicts: BTreeSet<String>,
}

/// Where a row stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RosterPlace {
    /// The line of a sheet, from 1.
    Line(u64),
    /// In the list of stations, from 0.
    Station(usize),
    /// In the list of mediators, from 0.
    Mediator(usize),
}

/// What is wrong with one field of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterFlaw {
    /// The row.
    pub place: RosterPlace,
    /// The flaw; its pointer begins at the row.
    pub flaw: Flaw,
}

/// Stations and mediators, as they were sent; each that is whole, and what is wrong with the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterMessage {
    /// Stations, none twice.
    pub stations: Vec<(RosterPlace, StationMessage)>,
    /// Mediators, none twice.
    pub mediators: Vec<(RosterPlace, MediatorMessage)>,
    /// What is wrong, in the order of the rows.
    pub refused: Vec<RosterFlaw>,
}

impl RosterFlaw {
    /// A flaw of a field of a row.
    #[must_use]
    pub fn new(place: RosterPlace, field: &str, code: FlawCode, (en, zh): (String, String)) -> Self {
        Self { place, flaw: Flaw::new(format!("/{field}"), code, en, zh) }
    }

    /// The flaw as JSON: line and column of a sheet, or a pointer into the body.
    #[must_use]
    pub fn json(&self) -> Value {
        let Flaw { pointer, code, detail, detail_zh, .. } = &self.flaw;
        let (code, list) = (code.as_str(), |list: &str, at: usize| format!("/{list}/{at}{pointer}"));
        match self.place {
            RosterPlace::Line(line) => {
                let column = pointer.split('/').nth(1).unwrap_or_default();
                json!({ "line": line, "column": column, "code": code, "detail": detail, "detail_zh": detail_zh })
            }
            RosterPlace::Station(at) => {
                json!({ "pointer": list("stations", at), "code": code, "detail": detail, "detail_zh": detail_zh })
            }
            RosterPlace::Mediator(at) => {
                json!({ "pointer": list("mediators", at), "code": code, "detail": detail, "detail_zh": detail_zh })
            }
        }
    }
}

/// Reads stations and mediators.
///
/// # Errors
///
/// When the body as a whole cannot be read; a bad row is told among those that are refused.
pub fn parse_roster(bytes: &[u8], ruleset: &Ruleset) -> Result<RosterMessage, Box<Problem>> {
    let json = json::read(bytes)?;
    let (root, mut flaws) = (Path::ROOT, Flaws::default());
    let lists = fields(&json, &root, ["stations", "mediators"], &mut flaws);
    let lists = lists.map(|given| {
        let names = ["stations", "mediators"];
        let mut lists = given.into_iter().zip(names).map(|(json, name)| items(json, &root.member(name), &mut flaws));
        [lists.next().flatten(), lists.next().flatten()]
    });
    if let Some([stations, mediators]) = &lists {
        let count = stations.map_or(0, <[_]>::len) + mediators.map_or(0, <[_]>::len);
        if count > ROSTER_ROWS_MAX || count == 0 {
            flaws.add(&root, if count == 0 { FlawCode::TooFew } else { FlawCode::TooMany }, || rows(count));
        }
    }
    let [stations, mediators] = flaws.settle(ProblemKind::InvalidRequest, lists)?;
    let mut rows = Rows::new(ruleset);
    for (at, json) in stations.unwrap_or_default().iter().enumerate() {
        rows.station(RosterPlace::Station(at), json, STATION);
    }
    for (at, json) in mediators.unwrap_or_default().iter().enumerate() {
        rows.mediator(RosterPlace::Mediator(at), json, MEDIATOR);
    }
    Ok(rows.end())
}

fn rows(count: usize) -> (String, String) {
    (
        format!("a request has from 1 to {ROSTER_ROWS_MAX} rows, not {count}; send the rest in another"),
        format!("一次应有1至{ROSTER_ROWS_MAX}行，此处有{count}行；请分次发送"),
    )
}

/// A list, if it is there.
fn items<'j, 'a>(json: Option<&'j Json<'a>>, path: &Path<'_>, flaws: &mut Flaws) -> Option<&'j [Json<'a>]> {
    match json? {
        Json::Items(items) => Some(items),
        json => {
            wrong_type(json, path, flaws, "a list in square brackets", "方括号括起的列表");
            None
        }
    }
}

/// Rows as they are read.
struct Rows<'r> {
    ruleset: &'r Ruleset,
    /// Where each station lies.
    stations: BTreeMap<String, String>,
    mediators: BTreeSet<String>,
    told: RosterMessage,
}

impl<'r> Rows<'r> {
    fn new(ruleset: &'r Ruleset) -> Self {
        let (stations, mediators) = (BTreeMap::new(), BTreeSet::new());
        Self { ruleset, stations, mediators, told: RosterMessage::default() }
    }

    /// A station; on a sheet it may come again, if it is the same.
    fn station(&mut self, place: RosterPlace, json: &Json<'_>, names: [&'static str; 2]) -> bool {
        let (mut flaws, root, on_sheet) = (Flaws::default(), Path::ROOT, names != STATION);
        let read = station(json, &root, names, self.ruleset, &mut flaws);
        if let Some(read) = &read
            && let Some(known) = self.stations.get(&read.id)
        {
            if on_sheet && *known == read.locality {
                return true;
            }
            let [id, locality] = names;
            let (name, code) = if on_sheet { (locality, FlawCode::Inconsistent) } else { (id, FlawCode::Duplicate) };
            flaws.add(&root.member(name), code, || {
                let id = quoted(&read.id);
                (format!("the station {id} is given twice; give it one locality"), format!("站点{id}重复给出"))
            });
        }
        match flaws.settle(ProblemKind::InvalidRequest, read) {
            Ok(read) => {
                self.stations.insert(read.id.clone(), read.locality.clone());
                self.told.stations.push((place, read));
                true
            }
            Err(problem) => self.refuse(place, *problem),
        }
    }

    fn mediator(&mut self, place: RosterPlace, json: &Json<'_>, names: [&'static str; 10]) -> bool {
        let (mut flaws, root, [id, ..]) = (Flaws::default(), Path::ROOT, names);
        let read = mediator(json, &root, names, self.ruleset, &mut flaws);
        if let Some(read) = &read
            && self.mediators.contains(&read.id)
        {
            flaws.add(&root.member(id), FlawCode::Duplicate, || {
                let id = quoted(&read.id);
                (format!("the mediator {id} is given twice; give each row once"), format!("调解员{id}重复"))
            });
        }
        match flaws.settle(ProblemKind::InvalidRequest, read) {
            Ok(read) => {
                self.mediators.insert(read.id.clone());
                self.told.mediators.push((place, read));
                true
            }
            Err(problem) => self.refuse(place, *problem),
        }
    }

    fn refuse(&mut self, place: RosterPlace, problem: Problem) -> bool {
        self.told.refused.extend(problem.errors.into_iter().map(|flaw| RosterFlaw { place, flaw }));
        false
    }

    fn end(mut self) -> RosterMessage {
        self.told.refused.sort_by_key(|flaw| flaw.place);
        self.told
    }
}

const STATION: [&str; 2] = ["id", "locality"];

fn station(
    json: &Json<'_>,
    path: &Path<'_>,
    names: [&'static str; 2],
    ruleset: &Ruleset,
    flaws: &mut Flaws,
) -> Option<StationMessage> {
    let ([id, place], [id_name, place_name]) = (fields(json, path, names, flaws)?, names);
    let id = needed(id, &path.member(id_name), flaws).and_then(|(json, at)| reference(json, &at, flaws));
    let place =
        needed(place, &path.member(place_name), flaws).and_then(|(json, at)| locality(json, &at, ruleset, flaws));
    Some(StationMessage { id: id?, locality: place?.to_string() })
}

const MEDIATOR: [&str; 10] =
    ["id", "station", "skills", "languages", "kinds", "capacity", "plan_max", "cadence_days", "leave", "conflicts"];

fn mediator(
    json: &Json<'_>,
    path: &Path<'_>,
    names: [&'static str; 10],
    ruleset: &Ruleset,
    flaws: &mut Flaws,
) -> Option<MediatorMessage> {
    let [id, station, skills_given, languages_given, kinds, capacity, plan_max, cadence, leave_given, conflicts] =
        fields(json, path, names, flaws)?;
    let [id_name, ..] = names;
    let id = needed(id, &path.member(id_name), flaws).and_then(|(json, at)| reference(json, &at, flaws));
    let station = needed(station, &path.member("station"), flaws).and_then(|(json, at)| reference(json, &at, flaws));
    let able = abilities([skills_given, languages_given], path, ruleset, flaws);
    let kinds = list(kinds, &path.member("kinds"), flaws, |json, at, flaws| pattern(json, at, ruleset, flaws));
    let capacity = needed(capacity, &path.member("capacity"), flaws)
        .and_then(|(json, at)| whole(json, &at, 0, ROSTER_CAPACITY_MAX, flaws));
    let plan_max =
        plan_max.map_or(Some(None), |json| whole(json, &path.member("plan_max"), 0, u16::MAX, flaws).map(Some));
    let cadence = needed(cadence, &path.member("cadence_days"), flaws)
        .and_then(|(json, at)| whole(json, &at, 1, CADENCE_DAYS_MAX, flaws));
    let leave = list(leave_given, &path.member("leave"), flaws, leave);
    let conflicts = list(conflicts, &path.member("conflicts"), flaws, reference);
    let (skills, languages) = able?;
    Some(MediatorMessage {
        id: id?,
        station: station?,
        skills,
        languages,
        kinds: kinds?,
        capacity: capacity?,
        plan_max: plan_max?,
        cadence_days: cadence?,
        leave: leave?,
        conflicts: conflicts?.into_iter().collect(),
    })
}

/// Skills and languages of two lists.
pub(crate) fn abilities(
    [skills, languages]: [Option<&Json<'_>>; 2],
    path: &Path<'_>,
    ruleset: &Ruleset,
    flaws: &mut Flaws,
) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let skills = list(skills, &path.member("skills"), flaws, |json, at, flaws| skill(json, at, ruleset, flaws));
    let spoken =
        list(languages, &path.member("languages"), flaws, |json, at, flaws| language(json, at, ruleset, flaws));
    let (skills, spoken) = (skills?, spoken?);
    let (skills, told) = skills_apart(skills);
    Some((skills, spoken.into_iter().chain(told).collect()))
}

/// Skills as decisions have them, with the languages among them (`lang_ar`) apart, as party facts have those (`ar`).
#[must_use]
pub fn skills_apart(words: impl IntoIterator<Item = String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut skills, mut languages) = (BTreeSet::new(), BTreeSet::new());
    for word in words {
        match word.strip_prefix(LANGUAGE) {
            Some(language) => languages.insert(language.to_owned()),
            None => skills.insert(word),
        };
    }
    (skills, languages)
}

/// The entries of a list, all of them or none; an absent list is empty.
pub(crate) fn list<T>(
    json: Option<&Json<'_>>,
    path: &Path<'_>,
    flaws: &mut Flaws,
    read: impl Fn(&Json<'_>, &Path<'_>, &mut Flaws) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(json) = json.filter(|json| **json != Json::Null) else { return Some(Vec::new()) };
    let items = items(Some(json), path, flaws)?;
    if items.len() > ROSTER_LIST_MAX {
        flaws.add(path, FlawCode::TooMany, || {
            let (name, count) = (path.name(), items.len());
            (
                format!("`{name}` has at most {ROSTER_LIST_MAX} entries, not {count}"),
                format!("{name}最多{ROSTER_LIST_MAX}项，此处有{count}项"),
            )
        });
        return None;
    }
    let all: Vec<Option<T>> = items.iter().enumerate().map(|(at, item)| read(item, &path.item(at), flaws)).collect();
    all.into_iter().collect()
}

/// A whole number within bounds.
pub(crate) fn whole(json: &Json<'_>, path: &Path<'_>, min: u16, max: u16, flaws: &mut Flaws) -> Option<u16> {
    let Json::Number(given) = json else {
        wrong_type(json, path, flaws, "a whole number", "整数");
        return None;
    };
    let read = given.parse().ok().filter(|number| (min..=max).contains(number));
    if read.is_none() {
        flaws.add(path, FlawCode::OutOfRange, || {
            let (name, given) = (path.name(), quoted(given));
            (
                format!("`{name}` is a whole number from {min} to {max}, not {given}"),
                format!("{name}应为{min}至{max}的整数，而不是{given}"),
            )
        });
    }
    read
}

fn skill(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<String> {
    let given = text(json, path, flaws)?;
    let vocabulary = ruleset.vocabulary();
    if is_code(given) && vocabulary.word(WordList::Skill, given).is_some() {
        return Some(given.to_owned());
    }
    flaws.add(path, FlawCode::UnknownValue, || {
        let words = vocabulary.words.get(&WordList::Skill);
        let hint = words.and_then(|words| nearest(given, words.keys().map(Code::as_str).filter(|word| is_code(word))));
        unknown("skill", "技能", given, hint, "GET /v1/vocabulary")
    });
    None
}

/// A language as the party fact of that name has it: one of its words, or any code where it has none.
fn language(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<String> {
    let given = text(json, path, flaws)?;
    let words = match ruleset.vocabulary().facts.get("language").map(|fact| &fact.kind) {
        Some(FactType::Text(words) | FactType::Words(words)) => words.as_slice(),
        _ => &[],
    };
    let known = words.is_empty() || words.iter().any(|word| &**word == given);
    if known && is_code(given) && given.len() <= LANGUAGE_BYTES_MAX {
        return Some(given.to_owned());
    }
    flaws.add(path, FlawCode::UnknownValue, || match nearest(given, words.iter().map(|word| &**word)) {
        None if words.is_empty() => {
            let given = quoted(given);
            (
                format!("{given} is no code of a language; write one such as `en`, in lower case"),
                format!("{given}不是语言代码；请用小写代码，如en"),
            )
        }
        hint => unknown("language", "语言", given, hint, "GET /v1/vocabulary"),
    });
    None
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A kind, or a pattern that covers one at least.
fn pattern(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<String> {
    let given = text(json, path, flaws)?;
    let kinds = &ruleset.vocabulary().kinds;
    let shaped = given == "*" || given.ends_with(".*") || !given.contains('*');
    let covering = Pattern::new(given);
    if shaped && kinds.keys().any(|kind| covering.covers(kind.as_str())) {
        return Some(given.to_owned());
    }
    flaws.add(path, FlawCode::UnknownValue, || {
        let families: BTreeSet<String> = kinds
            .keys()
            .flat_map(|kind| kind.as_str().match_indices('.').map(|(at, _)| kind.as_str().get(..at)))
            .flatten()
            .map(|family| format!("{family}.*"))
            .collect();
        let bare = given.trim_end_matches('*').trim_end_matches('.');
        let family = families.iter().find(|family| family.strip_suffix(".*") == Some(bare)).map(String::as_str);
        let all = kinds.keys().map(KindId::as_str).chain(families.iter().map(String::as_str));
        unknown("kind of dispute", "纠纷类型", given, family.or_else(|| nearest(given, all)), "GET /v1/vocabulary")
    });
    None
}

/// Days from one to another.
pub(crate) fn leave(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<(Day, Day)> {
    let [from, to] = fields(json, path, ["from", "to"], flaws)?;
    let from = needed(from, &path.member("from"), flaws).and_then(|(json, at)| day(json, &at, flaws));
    let to = needed(to, &path.member("to"), flaws).and_then(|(json, at)| day(json, &at, flaws));
    let (from, to) = (from?, to?);
    if to < from {
        flaws.add(path, FlawCode::Inconsistent, || {
            (
                format!("the leave ends on {to}, before it begins on {from}; write the earlier day first"),
                format!("休假结束日{to}早于开始日{from}；请先写较早的日期"),
            )
        });
        return None;
    }
    Some((from, to))
}
