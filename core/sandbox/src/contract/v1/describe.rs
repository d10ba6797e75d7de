//! From the guest to the kernel: what a plugin says of itself, and its complaints about settings.

use std::collections::BTreeSet;

use maple_kernel::{Code, Complaint, Descriptor, FactKey, RuleId, RuleInfo, Text};

use super::{
    super::Wrong,
    answer::{provisions, word},
    types,
};
use crate::{
    host::cut,
    limits::{
        CODE_BYTES_MAX, COMPLAINTS_COUNT_MAX, READS_COUNT_MAX, REASONS_COUNT_MAX, RULES_COUNT_MAX, TEXT_BYTES_MAX,
        VERSION_BYTES_MAX,
    },
};

type Checked<T> = Result<T, Wrong>;

/// The descriptor in the kernel's types, `reads` sorted.
pub(crate) fn descriptor(given: types::Descriptor) -> Checked<Descriptor> {
    counted("reads", given.reads.len(), READS_COUNT_MAX)?;
    counted("rules", given.rules.len(), RULES_COUNT_MAX)?;
    counted("reasons", given.reasons.len(), REASONS_COUNT_MAX)?;
    let reads: BTreeSet<FactKey> =
        given.reads.into_iter().map(|key| Ok(word("reads", &key, CODE_BYTES_MAX)?.into())).collect::<Checked<_>>()?;
    let rules: Vec<(RuleId, RuleInfo)> = given.rules.into_iter().map(rule).collect::<Checked<_>>()?;
    let reasons: Vec<(Code, Text)> = given.reasons.into_iter().map(reason).collect::<Checked<_>>()?;
    once("rules", rules.iter().map(|(id, _)| id.as_str()))?;
    once("reasons", reasons.iter().map(|(code, _)| code.as_str()))?;
    Ok(Descriptor {
        id: word("id", &given.id, CODE_BYTES_MAX)?.to_owned(),
        version: version(given.version)?,
        summary: text("summary", &given.summary)?,
        reads: reads.into_iter().collect(),
        rules,
        reasons,
    })
}

/// The complaints, as many as are taken, their texts cut to what a person reads. Of more, the last one says how many.
pub(crate) fn complaints(given: Vec<types::Complaint>) -> Vec<Complaint> {
    let short = |text: String| cut(&text, TEXT_BYTES_MAX).to_owned();
    let complaint =
        |c: types::Complaint| Complaint { path: short(c.path), message: short(c.message), advice: c.advice.map(short) };
    if given.len() <= COMPLAINTS_COUNT_MAX {
        return given.into_iter().map(complaint).collect();
    }
    let told = COMPLAINTS_COUNT_MAX - 1;
    let message =
        format!("{} more complaints are left out, at most {COMPLAINTS_COUNT_MAX} are told", given.len() - told);
    let rest = Complaint { path: String::new(), message, advice: Some("mend those that are told first".into()) };
    given.into_iter().take(told).map(complaint).chain([rest]).collect()
}

fn version(given: String) -> Checked<String> {
    sized("version", given.len(), VERSION_BYTES_MAX)?;
    if semver::Version::parse(&given).is_err() {
        return Err(Wrong::new("version", "not a semantic version such as `1.2.0`"));
    }
    Ok(given)
}

fn rule(given: types::Rule) -> Checked<(RuleId, RuleInfo)> {
    let id = word("rules.id", &given.id, CODE_BYTES_MAX)?.into();
    let info = RuleInfo {
        summary: text("rules.summary", &given.summary)?,
        basis: provisions("rules.basis", given.basis)?,
        reads: Vec::new(),
    };
    Ok((id, info))
}

fn reason(given: types::ReasonText) -> Checked<(Code, Text)> {
    Ok((word("reasons.code", &given.code, CODE_BYTES_MAX)?.into(), text("reasons.text", &given.text)?))
}

fn text(field: &'static str, given: &types::Text) -> Checked<Text> {
    for side in [&given.zh, &given.en] {
        sized(field, side.len(), TEXT_BYTES_MAX)?;
        if side.chars().any(char::is_control) {
            return Err(Wrong::new(field, "has a control character"));
        }
    }
    Ok(Text::new(&given.zh, &given.en))
}

fn counted(field: &'static str, count: usize, max: usize) -> Checked<()> {
    if count <= max { Ok(()) } else { Err(Wrong::many(field, count, max)) }
}

fn sized(field: &'static str, bytes: usize, max: usize) -> Checked<()> {
    if bytes <= max { Ok(()) } else { Err(Wrong::long(field, bytes, max)) }
}

fn once<'a>(field: &'static str, names: impl Iterator<Item = &'a str>) -> Checked<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Wrong::new(field, format!("`{name}` stands there twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
