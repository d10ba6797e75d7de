//! Facts, typed by the vocabulary.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use maple_kernel::{Day, FactDef, FactKey, FactType, Facts, PartyType, Scope, Value, Vocabulary};

use crate::{
    decimal::{self, NotExact, Zeros},
    fields::{day, flag, members, nearest, never, quoted, strange, text, wrong_type},
    json::{self, Json},
    privacy,
    problem::{FlawCode, Flaws, Path},
};

/// Length of a word that stands in no list.
pub const WORD_BYTES_MAX: usize = 64;
/// How many words one fact may hold.
pub const WORDS_COUNT_MAX: usize = 64;

/// Whose facts are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Of a case that is asked about as of a day.
    Case(Day),
    /// Of a party of a type, where that can be read.
    Party(Option<PartyType>),
    Context,
}

/// The facts of a case or of a party.
pub(crate) fn facts(
    json: &Json<'_>,
    path: &Path<'_>,
    place: Place,
    vocabulary: &Vocabulary,
    flaws: &mut Flaws,
) -> Option<Facts> {
    let members = members(json, path, flaws)?;
    let mut read = Vec::with_capacity(members.len());
    let mut whole = true;
    for (name, json) in members {
        match vocabulary.facts.get_key_value(name.as_ref()) {
            Some((key, def)) if fits(def.scope, place) || counts(key, place, vocabulary) => {
                let path = path.member(name);
                match value(json, &path, &def.kind, flaws) {
                    Some(value) if holds(&value, def, place, &path, flaws) => read.push((key.apart(), value)),
                    _ => whole = false,
                }
            }
            Some((key, def)) => misplaced(key, def, path, flaws),
            None if vocabulary.never.contains(name.as_ref()) => never(name, path, flaws),
            None => strange(name, path, flaws, FlawCode::UnknownFact, || unknown(name, place, vocabulary)),
        }
    }
    whole.then(|| Facts::new(read))
}

/// Facts of a case of which only some may be told, as they were told.
pub(crate) fn some(
    json: &Json<'_>,
    path: &Path<'_>,
    known: &[&str],
    vocabulary: &Vocabulary,
    flaws: &mut Flaws,
) -> Option<BTreeMap<String, serde_json::Value>> {
    let mut read = BTreeMap::new();
    let mut whole = true;
    for (name, json) in members(json, path, flaws)? {
        let listed = vocabulary.facts.get(name.as_ref()).filter(|def| def.scope == Scope::Case);
        match listed.filter(|_| known.contains(&name.as_ref())) {
            Some(def) => match value(json, &path.member(name), &def.kind, flaws).and_then(|value| plain(&value)) {
                Some(value) => drop(read.insert(name.to_string(), value)),
                None => whole = false,
            },
            None if vocabulary.never.contains(name.as_ref()) => never(name, path, flaws),
            None => strange(name, path, flaws, FlawCode::UnknownFact, || {
                let of_case = known.iter().copied().filter(|known| vocabulary.facts.contains_key(*known));
                let (name, all) = (quoted(name), of_case.collect::<Vec<_>>().join(", "));
                (
                    format!("{name} is not taken with a registration; the facts that are: {all}"),
                    format!("登记时不接收{name}；可接收的事实：{all}"),
                )
            }),
        }
    }
    whole.then_some(read)
}

/// A value as JSON; of those that a registration may hold.
fn plain(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::Flag(flag) => (*flag).into(),
        Value::Day(day) => day.to_string().into(),
        Value::Text(word) => (**word).into(),
        #[expect(clippy::cast_possible_truncation, reason = "counts are whole and far below 2^53")]
        Value::Number(count) => (*count as i64).into(),
        _ => return None,
    })
}

/// Facts of a case that were told with its registration and kept as JSON. What the vocabulary does not know any more, or not
/// so, is left out.
#[must_use]
pub fn registered_facts(kept: &str, vocabulary: &Vocabulary) -> Facts {
    let mut flaws = Flaws::default();
    let Ok(Json::Object(members)) = json::read(kept.as_bytes()) else { return Facts::default() };
    let read = members.iter().filter_map(|(name, json)| {
        let (key, def) = vocabulary.facts.get_key_value(name.as_ref())?;
        let value = value(json, &Path::ROOT.member(name), &def.kind, &mut flaws)?;
        (def.scope == Scope::Case).then(|| (key.apart(), value))
    });
    Facts::new(read.collect())
}

fn fits(scope: Scope, place: Place) -> bool {
    matches!(
        (scope, place),
        (Scope::Case, Place::Case(_)) | (Scope::Party, Place::Party(_)) | (Scope::Context, Place::Context)
    )
}

/// True when the fact can be so: what happened lies no later than the day asked about, and the party is one that can have
/// the fact.
fn holds(value: &Value, def: &FactDef, place: Place, path: &Path<'_>, flaws: &mut Flaws) -> bool {
    match (place, value) {
        (Place::Case(as_of), Value::Day(day)) if def.past && *day > as_of => {
            flaws.add(path, FlawCode::Inconsistent, || {
                let name = path.name();
                (
                    format!(
                        "`{name}` tells what has happened, but {day} lies after the day asked about, {as_of}; correct it or give \
                         a later `as_of`"
                    ),
                    format!("{name}是已经发生之日，{day}却晚于判断日{as_of}；请更正，或提供更晚的as_of"),
                )
            });
            false
        }
        (Place::Party(Some(of)), _) if def.only.is_some_and(|only| only != of) => {
            flaws.add(path, FlawCode::WrongPlace, || {
                let name = path.name();
                let (only, only_zh) = sort_of(def.only);
                let (of, of_zh) = sort_of(Some(of));
                (
                    format!("`{name}` is a fact of {only}, and this party is {of}; leave it out or correct the party's `type`"),
                    format!("{name}是{only_zh}的事实，而该当事人是{of_zh}；请删除，或更正当事人的type"),
                )
            });
            false
        }
        _ => true,
    }
}

const fn sort_of(kind: Option<PartyType>) -> (&'static str, &'static str) {
    match kind {
        Some(PartyType::Natural) | None => ("a natural person", "自然人"),
        Some(PartyType::Organisation) => ("an organisation", "单位"),
        Some(PartyType::PublicAuthority) => ("a public authority", "行政机关"),
    }
}

/// True for a count of the host that callers may send as a fact, too.
fn counts(key: &FactKey, place: Place, vocabulary: &Vocabulary) -> bool {
    place == Place::Context && vocabulary.aggregates.iter().any(|aggregate| aggregate.key == *key)
}

fn misplaced(key: &FactKey, def: &FactDef, path: &Path<'_>, flaws: &mut Flaws) {
    flaws.add(&path.member(key.as_str()), FlawCode::WrongPlace, || match def.scope {
        Scope::Case => (
            format!("`{key}` is a fact of the case; put it into `/case/facts`"),
            format!("{key}是案件的事实，请写入/case/facts"),
        ),
        Scope::Party => (
            format!("`{key}` is a fact of a party; put it into the `facts` of the party it is about"),
            format!("{key}是当事人的事实，请写入相应当事人的facts"),
        ),
        Scope::Locality => (
            format!("`{key}` is a figure of the locality, known from the policies; leave it out"),
            format!("{key}是地区的数据，由规则包提供，请删除"),
        ),
        Scope::Context => (
            format!("`{key}` is counted by the service over what happened before; leave it out"),
            format!("{key}由系统根据以往纠纷计数，请删除"),
        ),
        Scope::Derived => {
            (format!("`{key}` is worked out by the policies; leave it out"), format!("{key}由规则推导得出，请删除"))
        }
    });
}

fn unknown(name: &str, place: Place, vocabulary: &Vocabulary) -> (String, String) {
    let known = vocabulary.facts.iter().filter(|(_, def)| fits(def.scope, place));
    let hint = nearest(name, known.map(|(key, _)| key.as_str()));
    let name = quoted(name);
    match hint {
        Some(hint) => {
            (format!("there is no fact {name}; did you mean `{hint}`?"), format!("没有{name}这一事实；是否为{hint}？"))
        }
        None => (
            format!(
                "there is no fact {name}; `facts.toml` beside the policies and `sdk/docs/vocabulary.md` list them all"
            ),
            format!("没有{name}这一事实；全部事实见规则包的facts.toml及sdk/docs/vocabulary.md"),
        ),
    }
}

fn value(json: &Json<'_>, path: &Path<'_>, kind: &FactType, flaws: &mut Flaws) -> Option<Value> {
    match kind {
        FactType::Flag => flag(json, path, flaws).map(Value::Flag),
        FactType::Day => day(json, path, flaws).map(Value::Day),
        FactType::Text(words) => word(json, path, words, flaws).map(Value::Text),
        FactType::Words(words) => list(json, path, words, flaws).map(Value::Words),
        FactType::Count { min, max } => count(json, path, (*min, *max), flaws),
        FactType::Money { max } => money(json, path, *max, flaws).map(Value::Money),
    }
}

fn word(json: &Json<'_>, path: &Path<'_>, words: &[Arc<str>], flaws: &mut Flaws) -> Option<Arc<str>> {
    let given = text(json, path, flaws)?;
    if !words.is_empty() {
        return listed(given, path, words, flaws);
    }
    let code = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if given.len() > WORD_BYTES_MAX {
        flaws.add(path, FlawCode::TooLong, || {
            let name = path.name();
            (
                format!("`{name}` is a word of at most {WORD_BYTES_MAX} characters"),
                format!("{name}最多{WORD_BYTES_MAX}个字符"),
            )
        });
    } else if given.is_empty() || !given.bytes().all(code) {
        flaws.add(path, FlawCode::BadFormat, || {
            let name = path.name();
            (
                format!("`{name}` is one word of small letters, digits and `_`; free text is never taken"),
                format!("{name}只能由小写字母、数字和下划线组成，不接收自由文本"),
            )
        });
    } else if privacy::looks_personal(given) {
        flaws.add(path, FlawCode::PersonalData, || {
            let name = path.name();
            (
                format!("`{name}` looks like an identity or telephone number, which are never taken"),
                format!("{name}看似身份证号或电话号码，不予接收"),
            )
        });
    } else {
        return Some(given.into());
    }
    None
}

fn listed(given: &str, path: &Path<'_>, words: &[Arc<str>], flaws: &mut Flaws) -> Option<Arc<str>> {
    let found = words.iter().find(|word| &***word == given).map(|word| Arc::from(&**word));
    if found.is_none() {
        flaws.add(path, FlawCode::UnknownValue, || {
            let hint = nearest(given, words.iter().map(|w| &**w));
            let (name, given) = (path.name(), quoted(given));
            match hint {
                Some(hint) => (
                    format!("`{name}` cannot be {given}; did you mean `{hint}`?"),
                    format!("{name}不能是{given}；是否为{hint}？"),
                ),
                None => {
                    let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                    let all_zh: Vec<&str> = words.iter().map(|word| &**word).collect();
                    (
                        format!("`{name}` cannot be {given}; it is one of {}", all.join(", ")),
                        format!("{name}不能是{given}；可用值：{}", all_zh.join("、")),
                    )
                }
            }
        });
    }
    found
}

fn list(json: &Json<'_>, path: &Path<'_>, words: &[Arc<str>], flaws: &mut Flaws) -> Option<Arc<[Arc<str>]>> {
    let Json::Items(items) = json else {
        wrong_type(json, path, flaws, "a list of words", "词语列表");
        return None;
    };
    if items.len() > WORDS_COUNT_MAX {
        flaws.add(path, FlawCode::TooMany, || {
            let name = path.name();
            (format!("`{name}` has at most {WORDS_COUNT_MAX} words"), format!("{name}最多{WORDS_COUNT_MAX}个词"))
        });
        return None;
    }
    let read: Vec<Option<Arc<str>>> =
        items.iter().enumerate().map(|(at, item)| word(item, &path.item(at), words, flaws)).collect();
    read.into_iter().collect()
}

fn count(json: &Json<'_>, path: &Path<'_>, (min, max): (i64, i64), flaws: &mut Flaws) -> Option<Value> {
    let Json::Number(given) = json else {
        wrong_type(json, path, flaws, "a whole number, without quotes", "不带引号的整数");
        return None;
    };
    match decimal::scaled(given, 0, Zeros::Drop) {
        Ok(count) if (min..=max).contains(&count) => {
            #[expect(clippy::cast_precision_loss, reason = "the vocabulary keeps counts far below 2^53")]
            return Some(Value::Number(count as f64));
        }
        Err(NotExact::Decimals | NotExact::Shape) => flaws.add(path, FlawCode::OutOfRange, || {
            let name = path.name();
            (format!("`{name}` is a whole number"), format!("{name}应为整数"))
        }),
        Ok(_) | Err(NotExact::Range) => flaws.add(path, FlawCode::OutOfRange, || {
            let name = path.name();
            (format!("`{name}` is a number from {min} to {max}"), format!("{name}应在{min}至{max}之间"))
        }),
    }
    None
}

fn money(json: &Json<'_>, path: &Path<'_>, max: i64, flaws: &mut Flaws) -> Option<i64> {
    let given: Cow<'_, str> = match json {
        Json::Number(number) => Cow::Borrowed(number),
        Json::Text(text) if decimal::is_plain(text) => Cow::Borrowed(text),
        Json::Text(_) => {
            flaws.add(path, FlawCode::BadFormat, || not_an_amount(path));
            return None;
        }
        _ => {
            wrong_type(json, path, flaws, "an amount such as `\"48000.00\"`", "金额，如\"48000.00\"");
            return None;
        }
    };
    match decimal::scaled(&given, 2, Zeros::Count) {
        Ok(minor) if (0..=max).contains(&minor) => return Some(minor),
        Err(NotExact::Shape) => flaws.add(path, FlawCode::BadFormat, || not_an_amount(path)),
        Err(NotExact::Decimals) => flaws.add(path, FlawCode::OutOfRange, || {
            let name = path.name();
            (
                format!("`{name}` has more than two decimals; round it to hundredths, such as `48000.00`"),
                format!("{name}的小数超过两位；请精确到分，如48000.00"),
            )
        }),
        Ok(_) | Err(NotExact::Range) => flaws.add(path, FlawCode::OutOfRange, || {
            let (name, max) = (path.name(), decimal::money(max));
            (format!("`{name}` is an amount from 0.00 to {max}"), format!("{name}应为0.00至{max}之间的金额"))
        }),
    }
    None
}

fn not_an_amount(path: &Path<'_>) -> (String, String) {
    let name = path.name();
    (
        format!("`{name}` is an amount in digits with a point, such as `48000.00`, without currency or separators"),
        format!("{name}应为只含数字和小数点的金额，如48000.00，不带货币符号和千分位"),
    )
}
