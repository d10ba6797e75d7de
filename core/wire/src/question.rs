//! A question as JSON, read into the kernel's types or refused with every bad field named.

use std::sync::Arc;

use maple_kernel::{
    Case, Code, Day, Facts, KindId, LocalityId, Party, PartyType, Purposes, Question, Ruleset, Text, WordList,
};

use crate::{
    facts::{self, Place},
    fields::{Given, day, fields, flag, nearest, quoted, text},
    json::{self, Json},
    privacy,
    problem::{FlawCode, Flaws, Path, Problem, ProblemKind},
};

/// Size of the body of one question.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How many parties one case may have.
pub const PARTIES_COUNT_MAX: usize = 200;
/// Length of a caller's own reference.
pub const ID_BYTES_MAX: usize = 64;
/// The door of a case that does not say through which it came.
pub const SOURCE_UNSTATED: &str = "unstated";

/// Reads one question to be tried or made again, with what was counted for it (`context`); `today` is the default for
/// `as_of`.
///
/// # Errors
///
/// A problem that names every bad field at once, or the place where the text stops being JSON.
pub fn parse_question(bytes: &[u8], ruleset: &Ruleset, today: Day) -> Result<Question, Box<Problem>> {
    let json = json::read(bytes)?;
    let mut flaws = Flaws::default();
    let names = ["case", "purposes", "as_of", "explain", "context"];
    let read = outer(&json, names, &mut flaws).and_then(|[case, purposes, as_of, explain, context]| {
        let path = Path::ROOT.member("context");
        let counted = context.map_or_else(
            || Some(Facts::default()),
            |json| facts::facts(json, &path, Place::Context, ruleset.vocabulary(), &mut flaws),
        );
        let question = question([case, purposes, as_of, explain], ruleset, today, &mut flaws)?;
        Some(Question { context: counted?, ..question })
    });
    flaws.settle(ProblemKind::InvalidCase, read)
}

/// As [`parse_question`], of a caller, who cannot say what was counted.
///
/// # Errors
///
/// As [`parse_question`].
pub fn parse_question_served(bytes: &[u8], ruleset: &Ruleset, today: Day) -> Result<Question, Box<Problem>> {
    let json = json::read(bytes)?;
    let mut flaws = Flaws::default();
    let read = outer(&json, ["case", "purposes", "as_of", "explain"], &mut flaws)
        .and_then(|given| question(given, ruleset, today, &mut flaws));
    flaws.settle(ProblemKind::InvalidCase, read)
}

/// What a request asks of the service beside its question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The generation that must serve at least.
    pub min_generation: Option<u64>,
    /// A moment: what served then decides. As it was written.
    pub known_at: Option<String>,
    /// What the dispute is about, as the caller refers to it.
    pub about: Option<About>,
}

/// What a dispute is about, as the caller refers to it; what was counted over these is given to policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The organisation.
    pub organisation: Option<String>,
    /// The place.
    pub place: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// The station that has it.
    pub station: Option<String>,
}

/// The fields of [`Asked`].
pub const ASKED: [&str; 3] = ["min_generation", "known_at", "about"];

/// Reads what a request asks of the service, and nothing of its question.
///
/// # Errors
///
/// A problem that names these fields where they are not as they should be.
pub fn parse_asked(bytes: &[u8]) -> Result<Asked, Box<Problem>> {
    let json = json::read(bytes)?;
    let mut flaws = Flaws::default();
    let given = fields(&json, &Path::ROOT, WITH_ASKED, &mut Flaws::default());
    let asked = given.map(|[.., min_generation, known_at, about]| {
        let path = Path::ROOT.member("min_generation");
        let min_generation = min_generation.and_then(|json| number(json, &path, &mut flaws));
        let known_at = known_at.and_then(|json| text(json, &Path::ROOT.member("known_at"), &mut flaws));
        let about = about.map(|json| about_of(json, &Path::ROOT.member("about"), &mut flaws));
        Asked { min_generation, known_at: known_at.map(str::to_owned), about }
    });
    // That the body is no object is told with the question.
    flaws.settle(ProblemKind::InvalidCase, Some(asked.unwrap_or_default()))
}

fn about_of(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> About {
    let names = ["organisation", "place", "project", "station"];
    let Some(given) = fields(json, path, names, flaws) else { return About::default() };
    let mut read = names.iter().zip(given).map(|(name, json)| reference(json?, &path.member(name), flaws));
    let mut next = || read.next().flatten();
    About { organisation: next(), place: next(), project: next(), station: next() }
}

fn number(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<u64> {
    let read = match json {
        Json::Number(digits) => digits.parse().ok(),
        _ => None,
    };
    if read.is_none() {
        flaws.add(path, FlawCode::WrongType, || {
            let (en, zh) = json.sort();
            let what = "a generation as a whole number from 0, such as `generation` of an answer";
            (format!("{what}, is needed here, not {en}"), format!("此处应为不小于0的整数代号，而不是{zh}"))
        });
    }
    read
}

const WITH_ASKED: [&str; 7] = ["case", "purposes", "as_of", "explain", "min_generation", "known_at", "about"];

/// As [`parse_question`], of a request that may hold the fields of [`Asked`], too.
///
/// # Errors
///
/// As [`parse_question`].
pub fn parse_question_asked(bytes: &[u8], ruleset: &Ruleset, today: Day) -> Result<Question, Box<Problem>> {
    let json = json::read(bytes)?;
    let mut flaws = Flaws::default();
    let read = outer(&json, WITH_ASKED, &mut flaws).and_then(|[case, purposes, as_of, explain, ..]| {
        question([case, purposes, as_of, explain], ruleset, today, &mut flaws)
    });
    flaws.settle(ProblemKind::InvalidCase, read)
}

/// The fields around a case. A case alone, without what stands around it, is one mistake and not one for each of its fields.
fn outer<'j, 'a, const N: usize>(
    json: &'j Json<'a>,
    names: [&'static str; N],
    flaws: &mut Flaws,
) -> Option<[Given<'j, 'a>; N]> {
    const OF_A_CASE: [&str; 3] = ["locality", "kind", "parties"];
    if let Json::Object(members) = json
        && members.iter().all(|(name, _)| name != "case")
        && OF_A_CASE.iter().all(|field| members.iter().any(|(name, _)| name == field))
    {
        flaws.add(&Path::ROOT.member("case"), FlawCode::Missing, || {
            (
                "`case` is missing: what stands here is a case alone; write { \"case\": { … } } around it".to_owned(),
                "缺少case：此处只有案件本身，请写成{ \"case\": { … } }".to_owned(),
            )
        });
        return None;
    }
    fields(json, &Path::ROOT, names, flaws)
}

/// Reads the four fields of a question.
pub(crate) fn question(
    [case_given, purposes_given, as_of, explain]: [Given<'_, '_>; 4],
    ruleset: &Ruleset,
    today: Day,
    flaws: &mut Flaws,
) -> Option<Question> {
    let root = Path::ROOT;
    let as_of = as_of.map_or(Some(today), |json| day(json, &root.member("as_of"), flaws));
    let explain = explain.map_or(Some(false), |json| flag(json, &root.member("explain"), flaws));
    let purposes = purposes_given.map_or(Some(Purposes::BOTH), |json| purposes(json, &root.member("purposes"), flaws));
    let path = root.member("case");
    let Some(json) = case_given else {
        missing(&path, flaws);
        return None;
    };
    let case = case(json, &path, ruleset, as_of.unwrap_or(today), flaws);
    let context = Facts::default();
    Some(Question { case: case?, purposes: purposes?, as_of: as_of?, explain: explain?, context })
}

fn missing(path: &Path<'_>, flaws: &mut Flaws) {
    flaws.add(path, FlawCode::Missing, || {
        let name = path.name();
        (format!("`{name}` is missing"), format!("缺少{name}"))
    });
}

fn purposes(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Purposes> {
    let Json::Items(items) = json else {
        flaws.add(path, FlawCode::WrongType, || {
            let (en, zh) = json.sort();
            (
                format!("`purposes` is a list of `routing` and `prevention`, not {en}"),
                format!("purposes应为routing和prevention的列表，而不是{zh}"),
            )
        });
        return None;
    };
    let mut read = Purposes { routing: false, prevention: false };
    for (at, item) in items.iter().enumerate() {
        let path = path.item(at);
        let purpose = match text(item, &path, flaws) {
            Some("routing") => &mut read.routing,
            Some("prevention") => &mut read.prevention,
            Some(word) => {
                flaws.add(&path, FlawCode::UnknownValue, || {
                    let word = quoted(word);
                    (
                        format!("there is no purpose {word}; the purposes are `routing` and `prevention`"),
                        format!("没有{word}这一用途；可用routing和prevention"),
                    )
                });
                continue;
            }
            None => continue,
        };
        if std::mem::replace(purpose, true) {
            flaws
                .add(&path, FlawCode::Duplicate, || ("a purpose is named once only".into(), "同一用途只写一次".into()));
        }
    }
    if items.is_empty() {
        flaws.add(path, FlawCode::TooFew, || {
            (
                "`purposes` names at least one purpose; leave it out for both".into(),
                "purposes至少写一项；两项都要时可省略".into(),
            )
        });
    }
    Some(read)
}

fn case(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, as_of: Day, flaws: &mut Flaws) -> Option<Case> {
    let names = ["id", "locality", "kind", "source", "filed", "parties", "facts"];
    let [id_given, locality_given, kind_given, source_given, filed, parties_given, facts_given] =
        fields(json, path, names, flaws)?;
    let id = id_given.map_or(Some(None), |json| id(json, &path.member("id"), flaws).map(Some));
    let locality = needed(locality_given, &path.member("locality"), flaws)
        .and_then(|(json, at)| locality(json, &at, ruleset, flaws));
    let kind = needed(kind_given, &path.member("kind"), flaws).and_then(|(json, at)| kind(json, &at, ruleset, flaws));
    let source = source_given.map_or_else(
        || Some(Code::from(SOURCE_UNSTATED)),
        |json| word(json, &path.member("source"), WordList::Source, ruleset, flaws),
    );
    let filed = filed.map_or(Some(as_of), |json| filed_day(json, &path.member("filed"), as_of, flaws));
    let parties =
        needed(parties_given, &path.member("parties"), flaws).and_then(|(json, at)| parties(json, &at, ruleset, flaws));
    let facts = facts_given.map_or_else(
        || Some(Facts::default()),
        |json| facts::facts(json, &path.member("facts"), Place::Case(as_of), ruleset.vocabulary(), flaws),
    );
    Some(Case::new(id?, locality?, kind?, source?, filed?, parties?, facts?))
}

pub(crate) fn needed<'j, 'a, 'p>(
    given: Given<'j, 'a>,
    path: &Path<'p>,
    flaws: &mut Flaws,
) -> Option<(&'j Json<'a>, Path<'p>)> {
    if given.is_none() {
        missing(path, flaws);
    }
    given.map(|json| (json, *path))
}

fn id(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Arc<str>> {
    reference(json, path, flaws).map(Arc::from)
}

/// A caller's own reference to something, never a name.
pub(crate) fn reference(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<String> {
    let id = text(json, path, flaws)?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
    let said = if id.len() > ID_BYTES_MAX {
        (FlawCode::TooLong, format!("has at most {ID_BYTES_MAX} characters"), format!("最多{ID_BYTES_MAX}个字符"))
    } else if id.is_empty() || !id.bytes().all(allowed) {
        let en = "is one or more letters, digits, `.`, `_`, `:` or `-`, and never a name";
        (FlawCode::BadFormat, en.into(), "由字母、数字和“._:-”组成，不得是姓名".into())
    } else if privacy::looks_personal(id) {
        let en = "looks like an identity or telephone number; give the case's own number";
        (FlawCode::PersonalData, en.into(), "看似身份证号或电话号码；请使用案件自己的编号".into())
    } else {
        return Some(id.to_owned());
    };
    let name = path.name();
    flaws.add(path, said.0, || (format!("`{name}` {}", said.1), format!("{name}{}", said.2)));
    None
}

pub(crate) fn locality(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<LocalityId> {
    let given = text(json, path, flaws)?;
    let found = ruleset.locality(given).map(|(id, _)| id.apart());
    if found.is_none() {
        flaws.add(path, FlawCode::UnknownValue, || {
            let last_part = |id: &&str| id.rsplit('/').next() == Some(given);
            let titled = |(id, l): (&'_ LocalityId, &maple_kernel::Locality)| {
                (!given.is_empty() && (l.title.zh.contains(given) || given.contains(&*l.title.zh)))
                    .then(|| id.to_string())
            };
            let hint = (ruleset.localities().map(|(id, _)| id.as_str()).find(last_part).map(str::to_owned))
                .or_else(|| ruleset.localities().find_map(titled))
                .or_else(|| nearest(given, ruleset.localities().map(|(id, _)| id.as_str())).map(str::to_owned));
            unknown("locality", "地区", given, hint.as_deref(), "GET /v1/localities")
        });
    }
    found
}

pub(crate) fn kind(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<KindId> {
    let given = text(json, path, flaws)?;
    let kinds = &ruleset.vocabulary().kinds;
    let found = kinds.get_key_value(given).map(|(id, _)| id.apart());
    if found.is_none() {
        flaws.add(path, FlawCode::UnknownValue, || {
            let below = kinds
                .keys()
                .map(KindId::as_str)
                .find(|id| !given.is_empty() && id.strip_prefix(given).is_some_and(|rest| rest.starts_with('.')));
            let hint = below
                .or_else(|| titled(given, kinds.iter().map(|(id, title)| (id.as_str(), title))))
                .or_else(|| nearest(given, kinds.keys().map(KindId::as_str)));
            unknown("kind of dispute", "纠纷类型", given, hint, "policies/kinds.toml")
        });
    }
    found
}

/// What has this title in either language.
fn titled<'v>(given: &str, known: impl Iterator<Item = (&'v str, &'v Text)>) -> Option<&'v str> {
    let has = |title: &Text| *title.zh == *given || title.en.eq_ignore_ascii_case(given);
    known.into_iter().find(|(_, title)| has(title)).map(|(id, _)| id)
}

/// A word of a list of the vocabulary.
pub(crate) fn word(
    json: &Json<'_>,
    path: &Path<'_>,
    list: WordList,
    ruleset: &Ruleset,
    flaws: &mut Flaws,
) -> Option<Code> {
    let given = text(json, path, flaws)?;
    let words = ruleset.vocabulary().words.get(&list);
    let found = words.and_then(|words| words.get_key_value(given)).map(|(code, _)| code.apart());
    if found.is_none() {
        flaws.add(path, FlawCode::UnknownValue, || {
            let hint = words.and_then(|words| nearest(given, words.keys().map(Code::as_str)));
            let (en, zh) = if list == WordList::Role { ("role", "角色") } else { ("source", "来源") };
            unknown(en, zh, given, hint, "policies/words.toml")
        });
    }
    found
}

pub(crate) fn unknown(en: &str, zh: &str, given: &str, hint: Option<&str>, list: &str) -> (String, String) {
    let given = quoted(given);
    match hint {
        Some(hint) => (
            format!("there is no {en} {given}; did you mean `{hint}`?"),
            format!("没有{given}这一{zh}；是否为{hint}？"),
        ),
        None => (
            format!("there is no {en} {given}; `{list}` lists them all"),
            format!("没有{given}这一{zh}；全部可用值见{list}"),
        ),
    }
}

fn filed_day(json: &Json<'_>, path: &Path<'_>, as_of: Day, flaws: &mut Flaws) -> Option<Day> {
    let filed = day(json, path, flaws)?;
    if filed > as_of {
        flaws.add(path, FlawCode::Inconsistent, || {
            (
                format!("the case was filed on {filed}, after the day asked about, {as_of}; correct `filed` or give a later `as_of`"),
                format!("受理日{filed}晚于判断日{as_of}；请更正filed或提供更晚的as_of"),
            )
        });
    }
    Some(filed)
}

fn parties(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<Vec<Party>> {
    let Json::Items(items) = json else {
        flaws.add(path, FlawCode::WrongType, || {
            let (en, zh) = json.sort();
            (format!("`parties` is a list of parties, not {en}"), format!("parties应为当事人列表，而不是{zh}"))
        });
        return None;
    };
    if items.is_empty() {
        flaws.add(path, FlawCode::TooFew, || ("a case has at least one party".into(), "案件至少有一方当事人".into()));
        return None;
    }
    if items.len() > PARTIES_COUNT_MAX {
        flaws.add(path, FlawCode::TooMany, || {
            let count = items.len();
            (
                format!("a case has at most {PARTIES_COUNT_MAX} parties, not {count}; tell larger groups by `people`"),
                format!("当事人最多{PARTIES_COUNT_MAX}方，此处有{count}方；人数更多时请用people表示"),
            )
        });
        return None;
    }
    let mut all = Some(Vec::with_capacity(items.len()));
    for (at, item) in items.iter().enumerate() {
        let read = party(item, &path.item(at), ruleset, flaws);
        all = all.zip(read).map(|(mut parties, party)| {
            parties.push(party);
            parties
        });
    }
    all
}

fn party(json: &Json<'_>, path: &Path<'_>, ruleset: &Ruleset, flaws: &mut Flaws) -> Option<Party> {
    let [role, kind, facts_given] = fields(json, path, ["role", "type", "facts"], flaws)?;
    let role = needed(role, &path.member("role"), flaws)
        .and_then(|(json, at)| word(json, &at, WordList::Role, ruleset, flaws));
    let kind = needed(kind, &path.member("type"), flaws).and_then(|(json, at)| party_type(json, &at, flaws));
    let facts = facts_given.map_or_else(
        || Some(Facts::default()),
        |json| facts::facts(json, &path.member("facts"), Place::Party(kind), ruleset.vocabulary(), flaws),
    );
    Some(Party { role: role?, kind: kind?, facts: facts? })
}

fn party_type(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<PartyType> {
    let given = text(json, path, flaws)?;
    match given {
        "natural" => Some(PartyType::Natural),
        "organisation" => Some(PartyType::Organisation),
        "public_authority" => Some(PartyType::PublicAuthority),
        _ => {
            flaws.add(path, FlawCode::UnknownValue, || {
                let given = quoted(given);
                (
                    format!("there is no type of party {given}; it is `natural`, `organisation` or `public_authority`"),
                    format!("没有{given}这一当事人类型；可用natural、organisation、public_authority"),
                )
            });
            None
        }
    }
}
