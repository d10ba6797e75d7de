//! Early warnings from counted facts: so many complaints against one organisation, so many accidents at one place.
//!
//! A watch counts organisations, places, projects and kinds of disputes. It never counts a person.

use std::collections::BTreeSet;

use maple_guest::{Calendar, CaseFile, Finding, Policy, ReasonText, Refusal, Rule, Table, Text};

mod threshold;
mod watch;

pub use watch::MEASURES_MAX;

use watch::Watch;

/// How many watches one policy may have.
pub const WATCHES_MAX: usize = 64;

const REACHED: &str = "reached";

/// The watches of a place.
pub struct Watches {
    watches: Vec<Watch>,
    rules: Vec<Rule>,
}

impl Policy for Watches {
    fn summary() -> Text {
        Text::new(
            "按数量阈值预警：只看单位、地点、项目和类型，不看个人",
            "Early warnings from counts of organisations, places, projects and kinds, never of persons",
        )
    }

    fn configure(settings: &Table<'_>, _: &Calendar) -> Self {
        let field = settings.need("watches");
        let tables = field.tables();
        if tables.len() > WATCHES_MAX || (tables.is_empty() && field.is_present()) {
            field.complain(&format!("has {} watches, a policy has 1 to {WATCHES_MAX}", tables.len()), "");
        }
        let mut rules: Vec<Rule> = Vec::new();
        let watches = tables.iter().take(WATCHES_MAX).filter_map(|table| watch(table, &mut rules)).collect();
        Self { watches, rules }
    }

    fn reads(&self) -> Vec<String> {
        let reads: BTreeSet<&str> = self.watches.iter().flat_map(Watch::reads).collect();
        reads.into_iter().map(Into::into).collect()
    }

    fn rules(&self) -> Vec<Rule> {
        self.rules.clone()
    }

    fn reasons(&self) -> Vec<ReasonText> {
        let text = Text::new(
            "数量已到{count}，达到预警线{threshold}。",
            "The count has come to {count}; the warning line is {threshold}.",
        );
        vec![ReasonText::new(REACHED, text)]
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        if !case.wants_prevention() {
            return Ok(Vec::new());
        }
        Ok(self.watches.iter().filter_map(|watch| watch.finding(case)).collect())
    }
}

/// Several watches may share a rule, such as one for the season and one for the rest of the year; the first says what
/// the rule does.
fn watch(table: &Table<'_>, rules: &mut Vec<Rule>) -> Option<Watch> {
    let id = table.need("rule").text()?;
    let known = rules.iter_mut().find(|rule| rule.id == id);
    let rule = Rule::from_settings(table, id, known.as_ref().map(|rule| rule.summary.clone()));
    let basis = rule.basis.clone();
    match known {
        Some(known) => {
            let new: Vec<_> = rule.basis.into_iter().filter(|provision| !known.basis.contains(provision)).collect();
            known.basis.extend(new);
        }
        None => rules.push(rule),
    }
    Watch::read(table, id, &basis)
}

maple_guest::export!(Watches);
