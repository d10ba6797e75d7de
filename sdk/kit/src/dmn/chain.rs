//! What a table gives to the tables that need it: its outputs, as inputs of their names. Values stay in the plugin's
//! notation, so that a day stays a day and a number keeps its digits.

use std::collections::BTreeMap;

use maple_kernel::{Assess, Facts};
use serde_json::Value as Json;

use super::{
    AskError, Outcome, Program,
    table::{Aggregate, HitPolicy, Table},
};

/// What tables gave that were asked before others.
#[derive(Clone, Debug, Default)]
pub struct Results {
    by_name: BTreeMap<String, Given>,
    /// Outputs that gave nothing, with their table.
    silent: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Given {
    written: String,
    table: String,
}

/// The outputs of one row in the plugin's notation, by the number of their column.
pub(super) type Written = BTreeMap<usize, String>;

impl Results {
    /// Each name that was given, with the table that gave it.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_name.iter().map(|(name, given)| (name.as_str(), given.table.as_str()))
    }

    /// Each name that a table could have given and none gave, with that table: what the input says of it counts.
    pub fn not_given(&self) -> impl Iterator<Item = (&str, &str)> {
        let silent = self.silent.iter().filter(|(name, _)| !self.by_name.contains_key(*name));
        silent.map(|(name, table)| (name.as_str(), table.as_str()))
    }

    /// A value in the plugin's notation.
    pub(super) fn written(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|given| given.written.as_str())
    }

    /// Notes what a table gave: nothing where no rule matched, the values of a single row, else lists of values.
    fn add(&mut self, table: &Table, rows: &[Written]) {
        let listed = matches!(table.hit_policy, HitPolicy::Collect | HitPolicy::RuleOrder | HitPolicy::OutputOrder);
        for (at, output) in table.outputs.iter().enumerate() {
            let values: Vec<&str> = rows.iter().filter_map(|row| row.get(&at)).map(String::as_str).collect();
            let written = match (values.as_slice(), table.aggregate) {
                ([], _) | (["z"], Some(_)) | (["n0;"], Some(Aggregate::Count)) => {
                    self.silent.insert(output.id.clone(), table.id.clone());
                    continue;
                }
                ([one], Some(_)) => (*one).to_owned(),
                ([one], None) if !listed => (*one).to_owned(),
                (values, _) => format!("l{}:{}", values.len(), values.concat()),
            };
            self.by_name.insert(output.id.clone(), Given { written, table: table.id.clone() });
        }
    }
}

impl Program {
    /// Asks the table after those that it needs: what they gave goes before what the input says.
    ///
    /// # Errors
    /// Why there is no result.
    pub fn ask_after(&self, policy: &dyn Assess, input: &Json, results: &Results) -> Result<Outcome, AskError> {
        let findings = self.assess(policy, &self.facts_after(input, results)?)?;
        self.outcome(&findings).map_err(AskError::Answer)
    }

    /// Asks the table for others that need it, and notes what it gives. `table` is the one that was compiled.
    ///
    /// # Errors
    /// Why there is no result.
    pub fn ask_for(
        &self,
        table: &Table,
        policy: &dyn Assess,
        input: &Json,
        results: &mut Results,
    ) -> Result<(), AskError> {
        let findings = self.assess(policy, &self.facts_after(input, results)?)?;
        results.add(table, &self.written(&findings).map_err(AskError::Answer)?);
        Ok(())
    }

    fn facts_after(&self, input: &Json, results: &Results) -> Result<Facts, AskError> {
        self.facts_with(input, results).map_err(AskError::Input)
    }
}
