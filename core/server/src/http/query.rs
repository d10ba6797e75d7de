//! What stands behind the `?` of a path.

use maple_store::PAGE_COUNT_MAX;
use maple_wire::{Flaw, FlawCode, Problem, ProblemKind};

/// What is wrong with a parameter, in English and in Chinese.
pub(crate) type Wrong = (String, String);

/// Hands over each parameter; what is wrong with them is told together.
pub(crate) fn read(query: &str, mut take: impl FnMut(&str, &str) -> Result<(), Wrong>) -> Result<(), Problem> {
    let mut flaws = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if let Err((en, zh)) = take(&name, &value) {
            let name: String = name.chars().take(64).collect();
            let (place, at) = (None, None);
            let code = FlawCode::BadFormat;
            flaws.push(Flaw { pointer: format!("?{name}"), code, detail: en, detail_zh: zh, place, at });
        }
    }
    let count = flaws.len();
    if flaws.is_empty() { Ok(()) } else { Err(Problem::with_errors(ProblemKind::InvalidQuery, flaws, count)) }
}

/// How many rows are asked for.
pub(crate) fn count(value: &str) -> Result<u32, Wrong> {
    let read = value.parse().ok().filter(|count| (1..=PAGE_COUNT_MAX).contains(count));
    let en = format!("`count` is a number from 1 to {PAGE_COUNT_MAX}");
    read.ok_or((en, format!("count应为1至{PAGE_COUNT_MAX}的整数")))
}

/// There is no such parameter.
pub(crate) fn unknown(name: &str, known: &[&'static str]) -> Wrong {
    let near = maple_wire::nearest(name, known.iter().copied());
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let (name, all) = (name.escape_debug(), known.join(", "));
    (
        format!("there is no parameter `{name}`{hint} (the parameters are {all})"),
        format!("没有这一参数；可用参数为{all}"),
    )
}
