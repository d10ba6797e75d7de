//! Reading one object: its fields, and the small types that several of them share.

use std::{borrow::Cow, collections::HashSet};

use maple_kernel::{DAY_YEAR_MAX, DAY_YEAR_MIN, Day};

use crate::{
    json::Json,
    privacy,
    problem::{FlawCode, Flaws, Path},
};

/// How many fields one object may have.
pub const FIELDS_COUNT_MAX: usize = 128;
/// Length of a field's name, beyond which a message tells it in part.
pub const NAME_BYTES_MAX: usize = 64;

/// A field's value, if the field is there.
pub(crate) type Given<'j, 'a> = Option<&'j Json<'a>>;

/// The members of an object, none twice; unusable members are noted and left out.
pub(crate) fn members<'j, 'a>(
    json: &'j Json<'a>,
    path: &Path<'_>,
    flaws: &mut Flaws,
) -> Option<&'j [(Cow<'a, str>, Json<'a>)]> {
    let Json::Object(members) = json else {
        flaws.add(path, FlawCode::WrongType, || {
            let (en, zh) = json.sort();
            (format!("an object in braces is needed here, not {en}"), format!("此处应为花括号括起的对象，而不是{zh}"))
        });
        return None;
    };
    if members.len() > FIELDS_COUNT_MAX {
        flaws.add(path, FlawCode::TooMany, || {
            let count = members.len();
            (
                format!("an object has at most {FIELDS_COUNT_MAX} fields, not {count}"),
                format!("一个对象最多{FIELDS_COUNT_MAX}个字段，此处有{count}个"),
            )
        });
        return None;
    }
    repeated(members, path, flaws);
    Some(members)
}

fn repeated(members: &[(Cow<'_, str>, Json<'_>)], path: &Path<'_>, flaws: &mut Flaws) {
    let mut seen = HashSet::with_capacity(if members.len() > 16 { members.len() } else { 0 });
    for (at, (name, _)) in members.iter().enumerate() {
        // Few names are compared faster than hashed.
        let again = if members.len() > 16 {
            !seen.insert(name.as_ref())
        } else {
            members.iter().take(at).any(|(earlier, _)| earlier == name)
        };
        if again {
            at_member(path, name, flaws, FlawCode::Duplicate, || {
                let name = quoted(name);
                (format!("{name} appears more than once; give it once"), format!("{name}出现多次，请只写一次"))
            });
        }
    }
}

/// The named fields of an object in the order of `names`; every other field is noted as unknown or forbidden.
pub(crate) fn fields<'j, 'a, const N: usize>(
    json: &'j Json<'a>,
    path: &Path<'_>,
    names: [&'static str; N],
    flaws: &mut Flaws,
) -> Option<[Given<'j, 'a>; N]> {
    let mut given = [None; N];
    for (name, value) in members(json, path, flaws)? {
        match names.iter().zip(given.iter_mut()).find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = slot.or(Some(value)),
            None => strange(name, path, flaws, FlawCode::UnknownField, || {
                let hint = nearest(name, names.iter().copied()).map(str::to_owned);
                let (all, all_zh) = (names.map(|n| format!("`{n}`")).join(", "), names.join("、"));
                let name = quoted(name);
                match hint {
                    Some(hint) => (
                        format!("there is no field {name} here; did you mean `{hint}`?"),
                        format!("此处没有{name}字段；是否为{hint}？"),
                    ),
                    None => (
                        format!("there is no field {name} here; the fields are {all}"),
                        format!("此处没有{name}字段；可用字段：{all_zh}"),
                    ),
                }
            }),
        }
    }
    Some(given)
}

/// Notes a member that has no place: forbidden with its reason, or else as `said`.
pub(crate) fn strange(
    name: &str,
    path: &Path<'_>,
    flaws: &mut Flaws,
    code: FlawCode,
    said: impl FnOnce() -> (String, String),
) {
    match privacy::banned(clip(name)) {
        Some(_) => never(name, path, flaws),
        None => at_member(path, name, flaws, code, said),
    }
}

/// Notes a member that is never taken, with the reason and without its value.
pub(crate) fn never(name: &str, path: &Path<'_>, flaws: &mut Flaws) {
    at_member(path, name, flaws, FlawCode::Forbidden, || {
        let (en, zh) = privacy::banned(clip(name)).unwrap_or(privacy::LISTED);
        let name = quoted(name);
        (format!("{name} is refused: {en}"), format!("不接收{name}：{zh}"))
    });
}

/// Points at the member, or at the object where the name is too long to be told.
fn at_member(path: &Path<'_>, name: &str, flaws: &mut Flaws, code: FlawCode, said: impl FnOnce() -> (String, String)) {
    if name.len() > NAME_BYTES_MAX {
        flaws.add(path, code, said);
    } else {
        flaws.add(&path.member(name), code, said);
    }
}

fn clip(text: &str) -> &str {
    let end = (0..=NAME_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    if text.len() > NAME_BYTES_MAX { text.get(..end).unwrap_or_default() } else { text }
}

/// The user's own word for a message: in backticks, cut where it is long, hidden where it looks personal.
pub(crate) fn quoted(text: &str) -> String {
    if privacy::looks_personal(text) {
        "`…`".to_owned()
    } else if text.len() > NAME_BYTES_MAX {
        format!("`{}…`", clip(text).escape_debug())
    } else {
        format!("`{}`", text.escape_debug())
    }
}

/// The nearest of the candidates, if one is near enough to have been meant.
#[must_use]
pub fn nearest<'c>(given: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if given.len() > NAME_BYTES_MAX {
        return None;
    }
    let reach = (given.chars().count() / 3).clamp(1, 4);
    let (mut near, mut longer): (Option<(usize, &str)>, Option<&str>) = (None, None);
    for candidate in candidates {
        // The first word of a longer one, such as `age` for `age_band`.
        let begins =
            candidate.strip_prefix(given).is_some_and(|rest| !given.is_empty() && rest.starts_with(['_', '.']));
        if begins && longer.is_none_or(|longer| candidate.len() < longer.len()) {
            longer = Some(candidate);
        }
        if candidate.len().abs_diff(given.len()) <= reach {
            let measured = (strsim::osa_distance(given, candidate), candidate);
            near = near.filter(|near| *near <= measured).or(Some(measured));
        }
    }
    near.filter(|(distance, _)| *distance <= reach).map(|(_, candidate)| candidate).or(longer)
}

/// A text.
pub(crate) fn text<'j>(json: &'j Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<&'j str> {
    let text = json.text();
    if text.is_none() {
        wrong_type(json, path, flaws, "a text in double quotes", "双引号括起的文本");
    }
    text
}

/// Yes or no.
pub(crate) fn flag(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<bool> {
    match json {
        Json::Flag(flag) => Some(*flag),
        _ => {
            wrong_type(json, path, flaws, "`true` or `false`, without quotes", "不带引号的true或false");
            None
        }
    }
}

/// Notes a value of another type than the one needed.
pub(crate) fn wrong_type(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws, en: &str, zh: &str) {
    flaws.add(path, FlawCode::WrongType, || {
        let name = path.name();
        if *json == Json::Null {
            return (
                format!("`{name}` is {en}; leave the field out when it is not known"),
                format!("{name}应为{zh}；未知时请省略该字段"),
            );
        }
        let (sort, sort_zh) = json.sort();
        (format!("`{name}` is {en}, not {sort}"), format!("{name}应为{zh}，而不是{sort_zh}"))
    });
}

/// A calendar day.
pub(crate) fn day(json: &Json<'_>, path: &Path<'_>, flaws: &mut Flaws) -> Option<Day> {
    let Some(given) = json.text() else {
        wrong_type(json, path, flaws, "a day such as `\"2026-11-23\"`", "日期，如\"2026-11-23\"");
        return None;
    };
    let day = given.parse().ok();
    if day.is_none() {
        let (code, said) = no_day(given);
        flaws.add(path, code, || said);
    }
    day
}

#[cold]
fn no_day(given: &str) -> (FlawCode, (String, String)) {
    let numbers: Vec<Option<i16>> = given.split('-').map(|part| part.parse().ok()).collect();
    let shaped = given.len() == 10 && given.is_ascii() && given.bytes().filter(|b| *b == b'-').count() == 2;
    let word = quoted(given);
    match numbers.as_slice() {
        [Some(year), Some(_), Some(_)] if shaped && !(DAY_YEAR_MIN..=DAY_YEAR_MAX).contains(year) => (
            FlawCode::OutOfRange,
            (
                format!("{word} is outside the years {DAY_YEAR_MIN} to {DAY_YEAR_MAX}"),
                format!("{word}不在{DAY_YEAR_MIN}年至{DAY_YEAR_MAX}年之间"),
            ),
        ),
        [Some(_), Some(_), Some(_)] if shaped => {
            (FlawCode::NotADay, (format!("there is no day {word} in the calendar"), format!("日历中没有{word}这一天")))
        }
        _ => (
            FlawCode::BadFormat,
            (
                format!("{word} is not a day; write year, month and day as `2026-11-23`"),
                format!("{word}不是日期；请按年-月-日书写，如2026-11-23"),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_suggested_only_when_nearest() {
        let words = ["labour.wage", "labour.overtime", "contract.work", "yes", "no"];
        for (given, hint) in [
            ("labour.wages", Some("labour.wage")),
            ("labuor.wage", Some("labour.wage")),
            ("yse", Some("yes")),
            ("marriage", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, words.into_iter()), hint, "{given}");
        }
    }

    #[test]
    fn words_are_told_in_part_when_long_and_not_at_all_when_personal() {
        assert_eq!(quoted("a\nb"), "`a\\nb`");
        assert_eq!(quoted(&"a".repeat(NAME_BYTES_MAX)), format!("`{}`", "a".repeat(NAME_BYTES_MAX)));
        assert_eq!(quoted(&"a".repeat(NAME_BYTES_MAX + 1)), format!("`{}…`", "a".repeat(NAME_BYTES_MAX)));
        assert_eq!(quoted(&"调".repeat(30)), format!("`{}…`", "调".repeat(21)));
        assert_eq!(quoted("13800000000"), "`…`");
    }

    #[test]
    fn a_day_that_does_not_exist_says_which_way() {
        for (given, code) in [
            ("2026-02-30", FlawCode::NotADay),
            ("2025-02-29", FlawCode::NotADay),
            ("1899-12-31", FlawCode::OutOfRange),
            ("2200-01-01", FlawCode::OutOfRange),
            ("2026-1-1", FlawCode::BadFormat),
            ("23.11.2026", FlawCode::BadFormat),
            ("", FlawCode::BadFormat),
        ] {
            assert_eq!(no_day(given).0, code, "{given}");
        }
    }
}
