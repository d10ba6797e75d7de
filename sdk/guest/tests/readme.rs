//! The page of the crate holds to what the crate does: its blocks of Rust stand below, word for word, and are run.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

/// As the page writes it.
#[rustfmt::skip]
mod page {
use maple_guest::{Calendar, CaseFile, Finding, Offer, Policy, Refusal, Rule, Span, Table, Text, facts};

struct ManyWages { people_min: i64 }

impl Policy for ManyWages {
    fn summary() -> Text { Text::new("多人欠薪先报劳动监察", "Unpaid wages of many go to the inspection") }

    fn configure(settings: &Table<'_>, _: &Calendar) -> Self {
        Self { people_min: settings.get("people-min").count(1..=10_000).unwrap_or(10) }
    }

    fn reads(&self) -> Vec<String> { vec![facts::PEOPLE.into()] }

    fn rules(&self) -> Vec<Rule> { vec![Rule::new("W1", Self::summary()).basis("cn.migrant_wages.10")] }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        if case.people().is_none_or(|people| people < self.people_min) { return Ok(vec![]) }
        let offer = Offer::to("labour_inspection").due(Span::working_days(60).after("acceptance"));
        Ok(vec![Finding::new("W1", offer).evidence(facts::PEOPLE)])
    }
}

maple_guest::export!(ManyWages);

#[test]
fn the_rule_is_tried_as_the_page_tries_it() {
use maple_guest::testing::{CaseBuilder, ask, complaints, configure, offers, settings};

let policy: ManyWages = configure(settings!({ "people-min": 5 })).unwrap();
let findings = ask(&policy, &CaseBuilder::new("labour.wage").fact("people", 14).build());
assert_eq!(offers(&findings), ["labour_inspection"]);
assert_eq!(complaints::<ManyWages>(settings!({ "people": 5 })), ["people: `people` is not a setting here"]);
}
}

#[test]
fn the_page_shows_what_is_run_here() {
    let (page, own) = (include_str!("../README.md"), include_str!("readme.rs"));
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        assert!(own.contains(block), "nobody runs\n{block}");
    }
    let settings = page.split("```toml\n").nth(1).and_then(|rest| rest.split("\n```").next());
    assert!(settings.is_some_and(|toml| toml.contains("crate-type = [\"cdylib\", \"rlib\"]")));
}
