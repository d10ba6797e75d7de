//! The question for a plan, and the plan as JSON: who takes which waiting case, when and why.

use std::collections::{BTreeMap, BTreeSet};

use maple_insight::plan::{Bar, CASES_COUNT_MAX, HORIZON_DAYS_MAX, OVERLOAD_CASES_MAX, Objective, Plan};
use maple_kernel::{Day, Ruleset, Text};
use serde_json::{Value, json};

use crate::{
    fields::{Given, day, fields, wrong_type},
    json::{self, Json},
    problem::{FlawCode, Flaws, Path, Problem, ProblemKind},
    question::{locality, needed, reference},
    roster::{abilities, whole},
};

/// Size of the body of a question for a plan.
pub const PLAN_QUESTION_BYTES_MAX: usize = 1 << 20;
/// Days that a plan looks ahead, where the question does not say.
pub const PLAN_HORIZON_DAYS: u16 = 30;

/// A question for a plan, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMessage {
    /// Cases of this locality and of all below.
    pub locality: String,
    /// The day of the plan; today where it is not said.
    pub as_of: Option<Day>,
    /// Days after it on which a case may still be taken up.
    pub horizon_days: u16,
    /// Cases above their capacity that each person may be given.
    pub overload_max: u16,
    /// Only these cases, where that is said, in their order.
    pub cases: Option<Vec<String>>,
    /// What cases need.
    pub needs: BTreeMap<String, Need>,
}

/// What a case needs of whoever takes it, as far as that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Languages, all of them; none where it is said that none is needed.
    pub languages: Option<BTreeSet<String>>,
    /// Skills, all of them; none where it is said that none is needed.
    pub skills: Option<BTreeSet<String>>,
    /// The last day of its statutory clock.
    pub due: Option<Day>,
}

impl Need {
    /// What is said here, and field by field what is said elsewhere of what is not.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            languages: self.languages.or(other.languages),
            skills: self.skills.or(other.skills),
            due: self.due.or(other.due),
        }
    }

    /// True when nothing is left to say.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.languages.is_some() && self.skills.is_some() && self.due.is_some()
    }
}

/// Reads a question for a plan.
///
/// # Errors
///
/// A problem that names every bad field at once, or the place where the text stops being JSON.
pub fn parse_plan(bytes: &[u8], ruleset: &Ruleset) -> Result<PlanMessage, Box<Problem>> {
    let (json, mut flaws) = (json::read(bytes)?, Flaws::default());
    let read = question(&json, ruleset, &mut flaws);
    flaws.settle(ProblemKind::InvalidRequest, read)
}

fn question(json: &Json<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<PlanMessage> {
    let path = Path::ROOT;
    let names = ["locality", "as_of", "horizon_days", "overload_max", "cases", "needs"];
    let [place, as_of, horizon, overload, cases, needs] = fields(json, &path, names, flaws)?;
    let place =
        needed(place, &path.member("locality"), flaws).and_then(|(json, at)| locality(json, &at, ruleset, flaws));
    let as_of = as_of.map_or(Some(None), |json| day(json, &path.member("as_of"), flaws).map(Some));
    let mut number = |given: Given<'_, '_>, name, usual, max| {
        given.map_or(Some(usual), |json| whole(json, &path.member(name), 0, max, flaws))
    };
    let horizon_days = number(horizon, "horizon_days", PLAN_HORIZON_DAYS, HORIZON_DAYS_MAX);
    let overload_max = number(overload, "overload_max", 0, OVERLOAD_CASES_MAX);
    let cases = cases.map_or(Some(None), |json| ids(json, &path.member("cases"), flaws).map(Some));
    let needs =
        needs.map_or_else(|| Some(BTreeMap::new()), |json| all_needs(json, &path.member("needs"), ruleset, flaws));
    let message = PlanMessage {
        locality: place?.to_string(),
        as_of: as_of?,
        horizon_days: horizon_days?,
        overload_max: overload_max?,
        cases: cases?,
        needs: needs?,
    };
    let asked = |id: &String| message.cases.as_ref().is_none_or(|cases| cases.contains(id));
    if let Some(id) = message.needs.keys().find(|id| !asked(id)) {
        flaws.add(&path.member("needs").member(id), FlawCode::Inconsistent, || {
            (
                format!("`{id}` has needs and is not among `cases`; add it there, or leave it out here"),
                format!("{id}有needs却不在cases中；请补入cases或从needs中删去"),
            )
        });
    }
    Some(message)
}

fn many(path: &Path<'_>, count: usize, flaws: &mut Flaws) -> Option<()> {
    if count <= CASES_COUNT_MAX {
        return Some(());
    }
    flaws.add(path, FlawCode::TooMany, || {
        (
            format!("a plan has at most {CASES_COUNT_MAX} cases, not {count}; plan a smaller place"),
            format!("一个方案最多{CASES_COUNT_MAX}个案件，此处有{count}个；请缩小地区范围"),
        )
    });
    None
}

fn ids(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Vec<String>> {
    let Json::Items(items) = json else {
        wrong_type(json, path, flaws, "a list of case ids", "案件编号列表");
        return None;
    };
    many(path, items.len(), flaws)?;
    let all: Vec<_> = items.iter().enumerate().map(|(at, item)| reference(item, &path.item(at), flaws)).collect();
    all.into_iter().collect()
}

fn all_needs(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<BTreeMap<String, Need>> {
    let Json::Object(members) = json else {
        wrong_type(json, path, flaws, "an object with case ids as names", "以案件编号为名的对象");
        return None;
    };
    many(path, members.len(), flaws)?;
    let mut all = BTreeMap::new();
    let mut whole = true;
    for (name, json) in members {
        let at = path.member(name);
        let id = reference(&Json::Text(name.as_ref().into()), &at, flaws);
        match id.zip(need(json, &at, ruleset, flaws)) {
            Some((id, need)) => whole &= all.insert(id, need).is_none() || twice(&at, flaws),
            None => whole = false,
        }
    }
    whole.then_some(all)
}

fn twice(path: &Path<'_>, flaws: &mut Flaws) -> bool {
    flaws.add(path, FlawCode::Duplicate, || {
        let name = path.name();
        (format!("`{name}` appears more than once; give it once"), format!("{name}出现多次，请只写一次"))
    });
    false
}

fn need(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<Need> {
    let [languages, skills, due] = fields(json, path, ["languages", "skills", "due"], flaws)?;
    let able = abilities([skills, languages], path, ruleset, flaws);
    let due = due.map_or(Some(None), |json| day(json, &path.member("due"), flaws).map(Some));
    let is_said = |given: Given<'_, '_>| given.is_some_and(|json| *json != Json::Null);
    let (says_skills, says_languages) = (is_said(skills), is_said(languages));
    let (skills, languages) = able?;
    // A language that stands among the skills is said as well.
    let languages = (says_languages || !languages.is_empty()).then_some(languages);
    Some(Need { languages, skills: says_skills.then_some(skills), due: due? })
}

/// A plan as it is told: every waiting case is among the placements or among those without one.
#[must_use]
pub fn plan_json(plan: &Plan) -> Value {
    let both = |text: Text| json!({ "zh": &*text.zh, "en": &*text.en });
    let Objective { unplaced, late, overload, levels, changes, days } = plan.objective;
    let placements = plan.placements.iter().map(|placement| {
        let reasons = placement.reasons.iter();
        let reasons = reasons.map(|reason| json!({ "code": reason.code(), "text": both(reason.text()) }));
        json!({
            "case": placement.case,
            "mediator": placement.person,
            "station": placement.station,
            "day": placement.day.to_string(),
            "reasons": reasons.collect::<Vec<_>>(),
        })
    });
    let left = plan.unplaced.iter().map(|left| {
        let bars = left.bars.iter().map(|(bar, people)| {
            let word = match bar {
                Bar::Skill(word) | Bar::Language(word) => Some(word.as_str()),
                _ => None,
            };
            json!({ "code": bar.code(), "word": word, "people": people, "text": both(bar.text(*people)) })
        });
        json!({ "case": left.case, "bars": bars.collect::<Vec<_>>() })
    });
    json!({
        "objective": {
            "unplaced": unplaced, "late": late, "overload": overload, "levels": levels, "changes": changes, "days": days
        },
        "placements": placements.collect::<Vec<_>>(),
        "unplaced": left.collect::<Vec<_>>(),
    })
}
