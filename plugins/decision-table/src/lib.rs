//! Rules as data: each row has a condition and effects, and every row that holds speaks.
//!
//! The host lowers a rule table of the policy files into plain settings (see the README); this plugin checks their
//! shape, compiles them once, and runs through the rows for each case.

mod condition;
mod effect;
mod generic;
mod keys;
mod row;

use std::collections::BTreeMap;

use maple_guest::{Calendar, CaseFile, Finding, Policy, ReasonText, Refusal, Rule, Text};

pub use condition::CONDITION_DEPTH_MAX;
pub use generic::{COMBINATIONS_MAX, EXPRESSION_DEPTH_MAX, GENERIC_ROWS_MAX, TEXT_BYTES_MAX};
pub use row::{EFFECTS_ROW_MAX, RULE_ID_BYTES_MAX};

use generic::Generic;
use keys::{Keys, View};
use row::Row;

/// How many rows a table may have.
///
/// As many as the host takes rules of one descriptor and as a table of the policy files may have.
pub const ROWS_MAX: usize = 10_000;

/// A compiled rule table: of the vocabulary, or generic.
pub struct Table(Kind);

enum Kind {
    Rules(Rules),
    Generic(Generic),
}

/// Rows of conditions and effects in words of the vocabulary.
struct Rules {
    calendar: Calendar,
    keys: Keys,
    rows: Vec<Row>,
    rules: Vec<Rule>,
    reasons: Vec<ReasonText>,
}

impl Policy for Table {
    fn summary() -> Text {
        Text::new("规则表：条件成立的每一行各自生效", "A rule table: every row whose condition holds takes effect")
    }

    fn configure(settings: &maple_guest::Table<'_>, calendar: &Calendar) -> Self {
        let generic = settings.get("generic");
        Self(match generic.is_present().then(|| generic.table()).flatten() {
            Some(table) => Kind::Generic(Generic::compile(&table)),
            None => Kind::Rules(Rules::compile(settings, calendar)),
        })
    }

    fn reads(&self) -> Vec<String> {
        match &self.0 {
            Kind::Rules(rules) => rules.keys.names(),
            Kind::Generic(generic) => generic.reads(),
        }
    }

    fn rules(&self) -> Vec<Rule> {
        match &self.0 {
            Kind::Rules(rules) => rules.rules.clone(),
            Kind::Generic(generic) => generic.rules(),
        }
    }

    fn reasons(&self) -> Vec<ReasonText> {
        match &self.0 {
            Kind::Rules(rules) => rules.reasons.clone(),
            Kind::Generic(_) => Vec::new(),
        }
    }

    fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        match &self.0 {
            Kind::Rules(rules) => Ok(rules.assess(case)),
            Kind::Generic(generic) => generic.assess(case),
        }
    }
}

impl Rules {
    fn compile(settings: &maple_guest::Table<'_>, calendar: &Calendar) -> Self {
        let mut table = Self {
            calendar: calendar.clone(),
            keys: Keys::default(),
            rows: Vec::new(),
            rules: Vec::new(),
            reasons: Vec::new(),
        };
        let mut firsts = BTreeMap::new();
        let field = settings.need("rules");
        let rows = field.tables();
        if rows.is_empty() && field.is_present() {
            field.complain("has no rows", "a table without rules decides nothing: leave the policy out");
        }
        if rows.len() > ROWS_MAX {
            field.complain(&format!("has more than {ROWS_MAX} rows"), "split it into several policies");
        }
        for (number, row) in rows.iter().take(ROWS_MAX).enumerate() {
            let row = Row::compile(row, number + 1, &mut table.keys, &mut table.rules, &mut firsts, &mut table.reasons);
            table.rows.extend(row);
        }
        table.keys.sort();
        let mut rows_of = BTreeMap::new();
        for row in &table.rows {
            *rows_of.entry(row.rule().to_owned()).or_default() += 1;
        }
        for row in &mut table.rows {
            row.drop_repeated_evidence(&rows_of);
            row.drop_repeated_basis(&table.rules, &firsts);
        }
        table
    }

    fn assess(&self, case: &CaseFile) -> Vec<Finding> {
        let view = View::new(case, &self.keys, &self.calendar);
        let mut findings = Vec::new();
        for row in self.rows.iter().filter(|row| row.holds(&view)) {
            row.speak(&view, &self.keys, &mut findings);
        }
        findings
    }
}

maple_guest::export!(Table);
