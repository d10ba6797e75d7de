//! Why, in words: a rule's text with its parameters filled in.

use std::{borrow::Cow, fmt::Write, sync::Arc};

use crate::{Finding, Param, Policy, RuleInfo, Text, Value};

/// The reason of a finding: the text of its code, or the rule's own summary. Empty where the policy has neither.
pub(crate) fn reason<'a>(policy: &'a Policy, rule: Option<&'a RuleInfo>, finding: &Finding) -> Cow<'a, Text> {
    let coded = finding.reason.as_ref().and_then(|code| policy.reasons.get(code));
    let Some(text) = coded.or_else(|| rule.map(|rule| &rule.summary)) else { return Cow::default() };
    match (fill(&text.zh, &finding.params), fill(&text.en, &finding.params)) {
        (None, None) => Cow::Borrowed(text),
        (zh, en) => Cow::Owned(Text {
            zh: zh.unwrap_or_else(|| Arc::clone(&text.zh)),
            en: en.unwrap_or_else(|| Arc::clone(&text.en)),
        }),
    }
}

/// Replaces each `{key}` by the parameter of that name; a key without a parameter stays as it is. `None` where there is
/// nothing to replace.
fn fill(text: &str, params: &[Param]) -> Option<Arc<str>> {
    if params.is_empty() || !text.contains('{') {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest: &str = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after.split_once('}').and_then(|(key, tail)| {
            let (_, value) = params.iter().find(|(name, _)| name.as_str() == key)?;
            Some((value, tail))
        });
        match known {
            Some((value, tail)) => {
                write_value(&mut out, value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Some(out.into())
}

fn write_value(out: &mut String, value: &Value) {
    let written = match value {
        Value::Text(text) => out.write_str(text),
        Value::Number(number) => write!(out, "{number}"),
        Value::Flag(flag) => write!(out, "{flag}"),
        Value::Day(day) => write!(out, "{day}"),
        Value::Words(words) => out.write_str(&words.join(", ")),
        Value::Money(minor) => write_money(out, *minor),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

fn write_money(out: &mut String, minor: i64) -> std::fmt::Result {
    let sign = if minor < 0 { "-" } else { "" };
    write!(out, "{sign}{}.{:02}", minor.unsigned_abs() / 100, minor.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_fill_their_places() {
        let params: Vec<Param> = vec![
            ("amount".into(), Value::Money(-4_805)),
            ("people".into(), Value::Number(14.0)),
            ("day".into(), Value::Day("2026-02-28".parse().unwrap())),
        ];
        for (text, wanted) in [
            ("no places", "no places"),
            ("{people} people", "14 people"),
            ("{amount} by {day}", "-48.05 by 2026-02-28"),
            ("{unknown} {people", "{unknown} {people"),
            ("{{people}}", "{14}"),
        ] {
            assert_eq!(fill(text, &params).as_deref().unwrap_or(text), wanted, "{text}");
        }
    }
}
