//! Generic mode: a decision table of arbitrary inputs and outputs, as other systems write them.
//!
//! There is no vocabulary here. Inputs come as facts, expressions are FEEL compiled by whoever wrote the settings, and
//! each row of the result goes back as one finding, in the notation of `notation.rs`.

mod column;
mod eval;
mod expr;
mod functions;
mod guard;
mod java;
mod notation;
mod output;
mod rows;
mod time;
mod value;

use maple_guest::{CaseFile, Fact, Finding, Reason, Refusal, Rule, Table, Text};

pub use eval::COMBINATIONS_MAX;
pub use expr::EXPRESSION_DEPTH_MAX;

use column::Column;
use eval::{Let, Run};
pub use functions::TEXT_BYTES_MAX;
use functions::TooLong;
use output::{Given, Output, Priority};
use rows::Rows;
use value::{Kind, Value};

/// How many rows a generic table may have.
pub const GENERIC_ROWS_MAX: usize = 20_000;
/// Letters of one word of an answer.
const WORD_BYTES: usize = 64;
/// Words of one finding.
const WORDS: usize = 64;
/// The one rule that findings of a generic table name.
const RULE: &str = "row";

/// What happens when several rows match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HitPolicy {
    Unique,
    First,
    Priority,
    Any,
    Collect,
    OutputOrder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aggregate {
    Sum,
    Min,
    Max,
    Count,
}

/// A compiled generic table.
pub(crate) struct Generic {
    policy: HitPolicy,
    aggregate: Option<Aggregate>,
    variables: Vec<String>,
    lets: Vec<Let>,
    /// Rows that may match at all.
    rows: Rows,
    columns: Vec<Column>,
    outputs: Vec<Output>,
}

fn policy(word: &str) -> Option<HitPolicy> {
    Some(match word {
        "unique" => HitPolicy::Unique,
        "first" => HitPolicy::First,
        "priority" => HitPolicy::Priority,
        "any" => HitPolicy::Any,
        "collect" | "rule-order" => HitPolicy::Collect,
        "output-order" => HitPolicy::OutputOrder,
        _ => return None,
    })
}

fn aggregate(word: &str) -> Option<Aggregate> {
    Some(match word {
        "sum" => Aggregate::Sum,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "count" => Aggregate::Count,
        _ => return None,
    })
}

fn kind(table: &Table<'_>) -> Option<Kind> {
    let kind = table.get("type");
    if kind.is_present() { kind.word("type", Kind::parse) } else { None }
}

impl Generic {
    /// Compiles the settings; every mistake in them is noted.
    pub(crate) fn compile(table: &Table<'_>) -> Self {
        let count = table.need("rows").count(0..=GENERIC_ROWS_MAX as i64);
        let count = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        let mut rows = Rows::all(count);
        let left_out = table.get("left-out");
        if left_out.is_present() {
            rows::list(left_out, count).into_iter().for_each(|row| rows.remove(row));
        }
        let named = |table: Table<'_>| Let { of: expr::compile(table.need("of")), kind: kind(&table) };
        let mut columns: Vec<Column> =
            table.need("inputs").tables().iter().map(|column| Column::compile(column, count)).collect();
        // The order in which columns are asked changes nothing but the time: cheap ones first.
        columns.sort_by_key(Column::weight);
        let aggregated = table.get("aggregate");
        Self {
            policy: table.need("hit-policy").word("hit policy", policy).unwrap_or(HitPolicy::Unique),
            aggregate: if aggregated.is_present() { aggregated.word("aggregate", aggregate) } else { None },
            variables: table.need("variables").texts().into_iter().map(Into::into).collect(),
            lets: table
                .get("lets")
                .items()
                .unwrap_or_default()
                .into_iter()
                .filter_map(|of| of.table())
                .map(named)
                .collect(),
            rows,
            columns,
            outputs: table.need("outputs").tables().iter().map(|output| Output::compile(output, count)).collect(),
        }
    }

    pub(crate) fn reads(&self) -> Vec<String> {
        self.variables.clone()
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        vec![Rule::new(RULE, Text::new("表中的一行", "a row of the table"))]
    }

    /// The rows that match, as the hit policy has them.
    pub(crate) fn assess(&self, case: &CaseFile) -> Result<Vec<Finding>, Refusal> {
        let variables = self.variables.iter().map(|key| variable(case, key)).collect::<Result<_, _>>()?;
        let mut run = Run::new(variables, &self.lets);
        let answer = self.answer(&mut run);
        run.within_bounds().map_err(|TooLong| {
            Refusal::new("text_too_long", &format!("`replace` would make a text of more than {TEXT_BYTES_MAX} bytes"))
        })?;
        answer
    }

    fn answer<'a>(&'a self, run: &mut Run<'a>) -> Result<Vec<Finding>, Refusal> {
        let mut standing = self.rows.clone();
        for column in &self.columns {
            column.strike(run, &mut standing);
        }
        let matched: Vec<usize> = standing.iter().collect();
        if let Some(aggregate) = self.aggregate {
            return Ok(self.aggregated(run, aggregate, &matched));
        }
        let chosen = self.chosen(run, matched)?;
        let mut findings = Vec::with_capacity(chosen.len());
        let mut written = String::new();
        if chosen.is_empty() && cells(run, &mut written, self.outputs.iter().map(Output::default)) {
            say(&mut findings, "default".into(), &written);
        }
        let mut silent = Vec::new();
        for row in chosen {
            let mut key = String::with_capacity("r99999".len());
            key.push('r');
            key.push_str(itoa::Buffer::new().format(row));
            written.clear();
            if cells(run, &mut written, self.outputs.iter().map(|output| output.told(row))) {
                list(&mut findings, &mut silent);
                say(&mut findings, key, &written);
            } else {
                silent.push(key);
            }
        }
        list(&mut findings, &mut silent);
        Ok(findings)
    }

    fn chosen<'a>(&'a self, run: &mut Run<'a>, mut matched: Vec<usize>) -> Result<Vec<usize>, Refusal> {
        match self.policy {
            HitPolicy::Collect => {}
            HitPolicy::First => matched.truncate(1),
            HitPolicy::Unique if matched.len() > 1 => return Err(several("several_rules_match", &matched)),
            HitPolicy::Unique => {}
            HitPolicy::Any => {
                let mut said = matched.iter().map(|row| self.values(run, *row));
                let first = said.next();
                if said.any(|values| Some(values) != first) {
                    return Err(several("rules_say_different_things", &matched));
                }
                matched.truncate(1);
            }
            HitPolicy::Priority | HitPolicy::OutputOrder => {
                let mut ranked: Vec<(Priority, usize)> = Vec::with_capacity(matched.len());
                for row in matched {
                    ranked.push((self.outputs.iter().map(|output| output.rank(run, row)).collect(), row));
                }
                ranked.sort();
                matched = ranked.into_iter().map(|(_, row)| row).collect();
                if self.policy == HitPolicy::Priority {
                    matched.truncate(1);
                }
            }
        }
        Ok(matched)
    }

    fn values<'a>(&'a self, run: &mut Run<'a>, row: usize) -> Vec<Option<Value>> {
        self.outputs.iter().map(|output| output.value(run, row)).collect()
    }

    fn aggregated<'a>(&'a self, run: &mut Run<'a>, how: Aggregate, matched: &[usize]) -> Vec<Finding> {
        let values: Vec<Value> = match (how, self.outputs.first()) {
            (Aggregate::Count, _) | (_, None) => Vec::new(),
            (_, Some(output)) => matched.iter().filter_map(|row| output.value(run, *row)).collect(),
        };
        let name = match how {
            Aggregate::Count => return said_value(&Value::Number(matched.len().into())),
            Aggregate::Sum => "sum",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
        };
        let function = functions::function(name);
        let value = match (values.is_empty(), function) {
            (false, Some(function)) => (function.0)(&[Value::list(values)]),
            _ => Value::Null,
        };
        said_value(&value)
    }
}

fn said_value(value: &Value) -> Vec<Finding> {
    let mut written = String::new();
    notation::head(&mut written, 'c', 1);
    notation::write_text(&mut written, 's', "0");
    notation::write(&mut written, value);
    let mut findings = Vec::new();
    say(&mut findings, "value".into(), &written);
    findings
}

/// An input: a fact as it is, or in the notation when it is one word.
fn variable(case: &CaseFile, key: &str) -> Result<Value, Refusal> {
    Ok(match case.fact(key) {
        None => Value::Null,
        Some(maple_guest::Value::Text(text)) => Value::text(text),
        Some(maple_guest::Value::Flag(flag)) => Value::Flag(*flag),
        Some(maple_guest::Value::Number(number)) => Value::whole(*number as i64),
        Some(maple_guest::Value::Words(words)) => match words.as_slice() {
            [word] => notation::read(word).ok_or_else(|| unreadable(key))?,
            _ => Value::Null,
        },
        Some(maple_guest::Value::Day(day)) => {
            time::date(day.year.into(), day.month.into(), day.day.into()).map_or(Value::Null, Value::Date)
        }
        Some(maple_guest::Value::Money(minor)) => Value::Number(rust_decimal::Decimal::new(*minor, 2)),
    })
}

/// Null would be another value than the one that was meant.
fn unreadable(key: &str) -> Refusal {
    let name = key.strip_prefix("in.").unwrap_or(key);
    Refusal::new("value_not_readable", &format!("the input `{name}` is a value that cannot be passed on"))
}

/// Writes the cells of a row that say something, under the number of their column; false when none does.
fn cells<'a>(run: &mut Run<'a>, out: &mut String, row: impl Iterator<Item = Option<&'a Given>> + Clone) -> bool {
    let count = row.clone().flatten().count();
    if count == 0 {
        return false;
    }
    notation::head(out, 'c', count);
    for (column, given) in row.enumerate() {
        if let Some(given) = given {
            notation::write_text(out, 's', itoa::Buffer::new().format(column));
            given.write(run, out);
        }
    }
    true
}

/// Rows of which nothing is to be told but that they match.
fn list(findings: &mut Vec<Finding>, rows: &mut Vec<String>) {
    findings.extend(rows.chunks(WORDS).map(|rows| finding("rows".into(), rows.to_vec())));
    rows.clear();
}

fn finding(key: String, words: Vec<String>) -> Finding {
    Finding {
        rule: RULE.into(),
        claim: Fact { key, value: maple_guest::Value::Words(words) }.into(),
        reason: Reason { code: String::new(), params: Vec::new() },
        basis: Vec::new(),
        evidence: Vec::new(),
    }
}

/// Puts a row into as many findings as it takes.
fn say(findings: &mut Vec<Finding>, mut key: String, written: &str) {
    let mut letters = written;
    while !letters.is_empty() {
        let mut words = Vec::with_capacity(letters.len().div_ceil(WORD_BYTES).min(WORDS));
        while !letters.is_empty() && words.len() < WORDS {
            let (word, rest) = letters.split_at_checked(WORD_BYTES).unwrap_or((letters, ""));
            words.push(word.to_owned());
            letters = rest;
        }
        findings.push(finding(std::mem::replace(&mut key, "more".into()), words));
    }
}

fn several(code: &str, rows: &[usize]) -> Refusal {
    let rows: Vec<String> = rows.iter().map(|row| (row + 1).to_string()).collect();
    Refusal::new(code, &rows.join(", "))
}
