//! Words that the shipped policies can put into a decision, and words that their cases expect.

use std::collections::BTreeSet;

use maple_bundle::TestCase;
use maple_kernel::{Decision, evaluate};
use toml::Value;

use crate::House;

/// Words, each with the list it belongs to: channel, duty, clock, signal.
pub type Words = BTreeSet<(&'static str, String)>;

/// Keys of an effect and of a plugin's settings whose text is such a word.
const KEYS: [(&str, &str); 8] = [
    ("offer", "channel"),
    ("channel", "channel"),
    ("require-first", "channel"),
    ("duty", "duty"),
    ("co-mediator-duty", "duty"),
    ("remote-duty", "duty"),
    ("clock", "clock"),
    ("signal", "signal"),
];

/// Everything that the shipped policies can say: the effects of their rules, what the settings of their plugins name,
/// what the guardrails put in, and what their own cases bring to light, such as a word that a plugin has by itself.
///
/// # Panics
///
/// When a policy file is no TOML.
#[must_use]
pub fn sayable(house: &House) -> Words {
    let mut words = Words::new();
    for (path, bytes) in house.bundle.files() {
        let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
        let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let effects = entries(&file, "rule").filter_map(|rule| rule.get("then"));
        let settings = entries(&file, "policy").filter_map(|policy| policy.get("settings"));
        effects.chain(settings).for_each(|value| walk(value, &mut words));
    }
    for (_, locality) in house.compiled.ruleset.localities() {
        let kept = &locality.guardrails;
        let courts = kept.courts.iter().map(|court| &court.channel);
        let authority = kept.authority.iter().map(|(_, court)| &court.channel);
        let offers = kept.safety.iter().flat_map(|safety| &safety.offers);
        words.extend(courts.chain(authority).chain(offers).map(|channel| ("channel", channel.to_string())));
        let duties = kept.safety.iter().flat_map(|safety| &safety.duties);
        words.extend(kept.duties.iter().map(|(_, code)| code).chain(duties).map(|code| ("duty", code.to_string())));
    }
    for case in &house.compiled.cases {
        words.extend(said(&evaluate(&house.compiled.ruleset, &case.question)));
    }
    words
}

fn entries<'t>(file: &'t toml::Table, key: &str) -> impl Iterator<Item = &'t Value> {
    file.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Every word under one of the keys, however deep; `duties` lists codes or tables that have one.
fn walk(value: &Value, words: &mut Words) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, words)),
        Value::Table(table) => {
            for (key, value) in table {
                let list = KEYS.iter().find(|(known, _)| known == key).map(|(_, list)| *list);
                words.extend(list.zip(value.as_str()).map(|(list, word)| (list, word.to_owned())));
                if key == "duties" {
                    let codes = value.as_array().into_iter().flatten();
                    let codes = codes.filter_map(|duty| duty.as_str().or_else(|| duty.get("code")?.as_str()));
                    words.extend(codes.map(|code| ("duty", code.to_owned())));
                }
                walk(value, words);
            }
        }
        _ => {}
    }
}

fn said(decision: &Decision) -> Words {
    let mut words: Words = decision.steps.iter().map(|step| ("channel", step.channel.to_string())).collect();
    words.extend(decision.duties.iter().map(|duty| ("duty", duty.code.to_string())));
    words.extend(decision.clocks.iter().map(|clock| ("clock", clock.code.to_string())));
    words.extend(decision.signals.iter().map(|signal| ("signal", signal.code.to_string())));
    words
}

/// Everything that some case wants to be there.
#[must_use]
pub fn expected(cases: &[TestCase]) -> Words {
    let mut words = Words::new();
    for expect in cases.iter().map(|case| &case.expect) {
        let channels = expect.first.iter().chain(&expect.has_channels);
        let channels = channels.chain(expect.steps.iter().map(|step| &step.channel));
        words.extend(channels.map(|channel| ("channel", channel.to_string())));
        words.extend(expect.has_duties.iter().map(|duty| ("duty", duty.code.to_string())));
        words.extend(expect.clocks.iter().map(|clock| ("clock", clock.code.to_string())));
        words.extend(expect.signals.iter().flatten().map(|signal| ("signal", signal.code.to_string())));
    }
    words
}
