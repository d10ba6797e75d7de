//! Rows of many ids, asked for some at a time: few questions, each of one form, and never much in memory.

use crate::sql::{Fault, Link, Row, Value};

/// Ids of one question.
const IDS_TOGETHER_COUNT: usize = 32;

/// The rows of ids, in no order. `select` ends where the list of ids begins: `… WHERE id IN`.
pub(crate) fn rows_of(link: &mut dyn Link, select: &str, ids: &[&str]) -> Result<Vec<Row>, Fault> {
    rows_of_some(link, (select, ""), ids, usize::MAX)
}

/// The same of a question that goes on after the list, until there are so many.
pub(crate) fn rows_of_some(
    link: &mut dyn Link,
    (select, rest): (&str, &str),
    ids: &[&str],
    most: usize,
) -> Result<Vec<Row>, Fault> {
    let list: Vec<String> = (1..=IDS_TOGETHER_COUNT).map(|at| format!("${at}")).collect();
    let some = format!("{select} ({}) {rest}", list.join(", "));
    let mut rows = Vec::new();
    for part in parts(ids) {
        // The last id fills up, so that a question of few is the same question.
        let id = |at: usize| part.get(at).or(part.last()).copied().unwrap_or_default();
        let values: Vec<Value<'_>> = (0..IDS_TOGETHER_COUNT).map(|at| Value::Text(id(at))).collect();
        rows.extend(link.query(&some, &values)?);
        if rows.len() >= most {
            rows.truncate(most);
            break;
        }
    }
    Ok(rows)
}

/// As many ids as are asked for together.
pub(crate) fn parts<'p, 'i>(ids: &'p [&'i str]) -> impl Iterator<Item = &'p [&'i str]> {
    ids.chunks(IDS_TOGETHER_COUNT)
}
