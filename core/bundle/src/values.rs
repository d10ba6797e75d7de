//! Values of facts as policy files write them.

use std::sync::Arc;

use maple_kernel::{FactDef, FactType, Value};

use crate::{
    fields, near,
    sink::Sink,
    tree::{Node, Raw},
};

/// What to write for a fact of this type.
pub(crate) const fn wanted(kind: &FactType) -> &'static str {
    match kind {
        FactType::Text(words) if words.is_empty() => "a code of a to z, 0 to 9 and `_`",
        FactType::Text(_) => "a word",
        FactType::Count { .. } => "a whole number",
        FactType::Flag => "true or false",
        FactType::Day => "a day, written without quotes like 2026-11-23",
        FactType::Words(_) => "a list of words",
        FactType::Money { .. } => "an amount in quotes, like \"48000.00\"",
    }
}

/// One value of a fact, written under some key; for a fact of several words, the whole list.
pub(crate) fn value(node: &Node<'_>, key: &str, def: &FactDef, written: &str, sink: &Sink<'_>) -> Option<Value> {
    let kind = &def.kind;
    let right = match kind {
        FactType::Text(_) => matches!(node.value, Raw::Text(_)),
        FactType::Words(_) => matches!(node.value, Raw::Items(_)),
        FactType::Count { .. } => matches!(node.value, Raw::Integer(_)),
        FactType::Flag => matches!(node.value, Raw::Flag(_)),
        FactType::Day => matches!(node.value, Raw::Day(_)),
        FactType::Money { .. } => matches!(node.value, Raw::Text(_) | Raw::Integer(_)),
    };
    if !right {
        return fields::wrong_help(node, key, wanted(kind), &format!("write `{written} = {}`", example(kind)), sink);
    }
    match &def.kind {
        FactType::Words(_) => {
            let words = fields::items(node, key, sink).iter().map(|item| word(item, key, def, sink));
            words.collect::<Option<Vec<_>>>().map(|words| Value::Words(words.into()))
        }
        _ => single(node, key, def, sink),
    }
}

/// One value to compare a fact with; for a fact of several words, one of them.
pub(crate) fn single(node: &Node<'_>, key: &str, def: &FactDef, sink: &Sink<'_>) -> Option<Value> {
    match (&def.kind, &node.value) {
        (FactType::Text(_) | FactType::Words(_), Raw::Text(_)) => word(node, key, def, sink).map(Value::Text),
        (FactType::Flag, Raw::Flag(flag)) => Some(Value::Flag(*flag)),
        (FactType::Day, Raw::Day(day)) => Some(Value::Day(*day)),
        (FactType::Count { min, max }, Raw::Integer(_)) =>
        {
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
            fields::number(node, key, *min, *max, sink).map(|n| Value::Number(n as f64))
        }
        (FactType::Money { max }, Raw::Text(_) | Raw::Integer(_)) => money(node, key, *max, sink).map(Value::Money),
        (kind, _) => fields::wrong(node, key, wanted(kind), sink),
    }
}

/// A value of this type as a policy file has it, within its bounds.
fn example(kind: &FactType) -> String {
    match kind {
        FactType::Text(words) => format!("\"{}\"", words.first().map_or("some_code", |word| word)),
        FactType::Count { min, max } => EXAMPLE_COUNT.clamp(*min, *max).to_string(),
        FactType::Flag => "true".to_owned(),
        FactType::Day => "2026-11-23".to_owned(),
        FactType::Words(words) => format!("[\"{}\"]", words.first().map_or("some_code", |word| word)),
        FactType::Money { max } => {
            let minor = EXAMPLE_MONEY.min(*max);
            format!("\"{}.{:02}\"", minor / 100, minor % 100)
        }
    }
}

/// The number and the amount, in minor units, that examples have where the fact allows them.
const EXAMPLE_COUNT: i64 = 14;
const EXAMPLE_MONEY: i64 = 4_800_000;

fn word(node: &Node<'_>, key: &str, def: &FactDef, sink: &Sink<'_>) -> Option<Arc<str>> {
    let text = fields::text(node, key, sink)?;
    let (FactType::Text(words) | FactType::Words(words)) = &def.kind else { return None };
    if words.is_empty() {
        return fields::name(text, node.place, "_", &format!("a value of `{key}`"), sink).map(Arc::from);
    }
    let found = words.iter().find(|w| &***w == text).cloned();
    if found.is_none() {
        let advice = near::advice(text, words.iter().map(|w| &**w));
        sink.error_maybe(node.place, "unknown-value", format!("`{text}` is no value of `{key}`"), advice);
    }
    found
}

fn money(node: &Node<'_>, key: &str, max: i64, sink: &Sink<'_>) -> Option<i64> {
    let minor = match &node.value {
        Raw::Integer(whole) => whole.checked_mul(100),
        Raw::Text(text) => decimal(text),
        _ => None,
    };
    match minor {
        Some(minor) if (0..=max).contains(&minor) => Some(minor),
        Some(_) => {
            let message = format!("`{key}` lies between 0 and {}.{:02}", max / 100, max % 100);
            sink.error(node.place, "out-of-range", message);
            None
        }
        None if matches!(&node.value, Raw::Text(text) if text.strip_prefix('-').and_then(decimal).is_some()) => {
            let message = format!("`{key}` may not be negative");
            let advice = "write \"0.00\" or more, without a minus";
            sink.error_help(node.place, "out-of-range", message, advice);
            None
        }
        None => {
            let message = format!("`{key}` is an exact amount with at most two decimals");
            sink.error_help(node.place, "bad-amount", message, "write it in quotes, like \"48000.00\"");
            None
        }
    }
}

/// Minor units of a decimal with at most two decimals.
pub(crate) fn decimal(text: &str) -> Option<i64> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |part: &str| !part.is_empty() && part.len() <= 15 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(cents) || cents.len() > 2 {
        return None;
    }
    let scale = if cents.len() == 1 { 10 } else { 1 };
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents.parse::<i64>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals() {
        for (text, want) in [
            ("0", Some(0)),
            ("48000.00", Some(4_800_000)),
            ("1.5", Some(150)),
            ("999999999999999.99", Some(99_999_999_999_999_999)),
            ("1.005", None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            ("1.", None),
            (".5", None),
            ("9999999999999999", None),
        ] {
            assert_eq!(decimal(text), want, "{text}");
        }
    }
}
