//! A DMN file to a table file, with everything that could not be carried over.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    ImportError, Lost,
    lower::{check_expression, check_tests, lower},
    names::Names,
    table::{
        Aggregate, HitPolicy, Input, Kind, Let, Output, Rule, TABLE_COLUMNS_MAX, TABLE_RULES_MAX, TABLES_MAX, Table,
        TableFile,
    },
    xml::{self, Decision, Logic, Model, RawInput, RawOutput, RawRule, RawTable, Text},
};

/// What became of a DMN file.
#[derive(Debug)]
pub struct Imported {
    /// The tables.
    pub file: TableFile,
    /// What could not be carried over, cell by cell.
    pub lost: Vec<Lost>,
    /// What an author should know.
    pub notes: Vec<String>,
}

/// Reads a DMN file.
///
/// # Errors
/// When it is no DMN file, or has no decision table that can be carried over.
pub fn import(bytes: &[u8]) -> Result<Imported, ImportError> {
    let mut model = xml::read(bytes)?;
    if !model.decisions.iter().any(|decision| matches!(decision.logic, Logic::Table(_))) {
        return Err(ImportError::NoTable { decisions: model.decisions.len(), functions: model.functions.len() });
    }
    let names = Names::new(&model);
    names.quote(&mut model);
    let count = model.decisions.iter().filter(|decision| matches!(decision.logic, Logic::Table(_))).count();
    let by_id: ById<'_> = model.decisions.iter().rev().map(|decision| (decision.id.as_str(), decision)).collect();
    let mut importer = Importer {
        model: &model,
        by_id: &by_id,
        names: &names,
        lost: Vec::new(),
        notes: Vec::new(),
        used: BTreeSet::new(),
    };
    let mut ids = Ids::default();
    let mut tables: Vec<Table> = Vec::new();
    for decision in &model.decisions {
        match &decision.logic {
            Logic::Table(_) if tables.len() == TABLES_MAX => {
                let why = format!("at most {TABLES_MAX} tables are taken in one file");
                importer.lose(decision, None, Some("table"), "", &why);
            }
            Logic::Table(raw) => tables.extend(importer.table(decision, raw, &mut ids)),
            _ => {}
        }
    }
    importer.rest();
    let Importer { mut lost, mut notes, .. } = importer;
    if tables.is_empty() {
        return Err(ImportError::NothingLeft { tables: count, lost });
    }
    let mut file = TableFile { tables };
    without_lost(&mut file, &by_id, &mut notes);
    file.untangle(&mut lost);
    let places = file.places();
    notes.extend(file.tables.iter().flat_map(|table| {
        let others = file.needed_among(table, &places);
        called_otherwise(table, &others, &by_id)
    }));
    Ok(Imported { file, lost, notes })
}

/// Decisions by their id; of two with one id the first.
type ById<'a> = BTreeMap<&'a str, &'a Decision>;

/// Takes out what tables need and what was not carried over.
fn without_lost(file: &mut TableFile, by_id: &ById<'_>, notes: &mut Vec<String>) {
    let kept: BTreeSet<String> = file.tables.iter().map(|table| table.id.clone()).collect();
    for table in &mut file.tables {
        let (requires, out) = std::mem::take(&mut table.requires).into_iter().partition(|id| kept.contains(id));
        table.requires = requires;
        let out: Vec<String> = out;
        for id in out {
            let outputs = by_id.get(id.as_str()).map(|lost| output_names(lost)).unwrap_or_default().join("`, `");
            let note = format!(
                "`{}` needs the table `{id}`, which is not carried over: give its results as the inputs `{outputs}`",
                table.id
            );
            notes.push(note);
        }
    }
}

/// A table may read what another gives by the name of that decision, which is what other engines call the result.
fn called_otherwise(table: &Table, others: &[&Table], by_id: &ById<'_>) -> Vec<String> {
    let outputs: BTreeSet<&str> = others
        .iter()
        .filter(|other| other.id != table.id)
        .flat_map(|other| &other.outputs)
        .map(|output| &*output.id)
        .collect();
    let Some(program) = others.get(1).and_then(|_| lower(table).ok()) else { return Vec::new() };
    let read: BTreeSet<&str> = program.inputs().filter(|name| !outputs.contains(name)).collect();
    let required = table.requires.iter().filter_map(|id| by_id.get(id.as_str()));
    let called = required.filter(|decision| read.contains(decision.variable.as_str()));
    let note = |decision: &&Decision| {
        format!(
            "`{}` reads `{}`, the name of the decision `{}`; what that gives comes by the names of its outputs: `{}`",
            table.id,
            decision.variable,
            decision.id,
            output_names(decision).join("`, `")
        )
    };
    called.map(note).collect()
}

/// The names of the outputs of a table.
fn output_names(decision: &Decision) -> Vec<String> {
    let Logic::Table(raw) = &decision.logic else { return vec![decision.variable.clone()] };
    raw.outputs.iter().map(|output| output_name(decision, output)).collect()
}

fn output_name(decision: &Decision, raw: &RawOutput) -> String {
    raw.name.as_ref().or(raw.label.as_ref()).unwrap_or(&decision.variable).clone()
}

struct Importer<'a> {
    model: &'a Model,
    by_id: &'a ById<'a>,
    names: &'a Names,
    lost: Vec<Lost>,
    notes: Vec<String>,
    /// Decisions that are not tables and are used by one.
    used: BTreeSet<&'a str>,
}

/// What a table needs of other decisions.
#[derive(Default)]
struct Needed<'a> {
    /// Literal expressions, those first that others need.
    lets: Vec<Let>,
    /// Tables.
    requires: Vec<String>,
    seen: BTreeSet<&'a str>,
}

/// Ids that were given, so that none is given twice.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    /// The wish, or with a number behind it.
    fn take(&mut self, wish: &str) -> String {
        let numbered = (2..).map(|n| format!("{wish}-{n}"));
        let id = std::iter::once(wish.to_owned()).chain(numbered).find(|id| !self.0.contains(id)).unwrap_or_default();
        self.0.insert(id.clone());
        id
    }
}

/// What was found out about a text, so that the same text is read once.
#[derive(Default)]
struct Checked(HashMap<String, Result<bool, String>>);

impl Checked {
    /// True when the text says something; else why it cannot be carried over.
    fn cell(&mut self, text: &Text, check: fn(&str) -> Result<bool, String>) -> Result<bool, String> {
        known_language(text)?;
        if let Some(known) = self.0.get(&text.text) {
            return known.clone();
        }
        let found = check(&text.text);
        self.0.insert(text.text.clone(), found.clone());
        found
    }
}

/// Whether an expression is in a language that is known here.
pub(super) fn known_language(text: &Text) -> Result<(), String> {
    match &text.language {
        Some(language) if !text.text.is_empty() && !language.to_lowercase().contains("feel") => {
            Err(format!("the expression language `{language}` is not known here; FEEL is"))
        }
        _ => Ok(()),
    }
}

fn tests(text: &str) -> Result<bool, String> {
    check_tests(text).map(|tests| tests.is_some()).map_err(|error| error.to_string())
}

fn expression(text: &str) -> Result<bool, String> {
    if text.is_empty() || text == "-" {
        return Ok(false);
    }
    check_expression(text).map(|_| true).map_err(|error| error.to_string())
}

impl<'a> Importer<'a> {
    fn table(&mut self, decision: &'a Decision, raw: &'a RawTable, ids: &mut Ids) -> Option<Table> {
        let before = self.lost.len();
        let hit_policy = self.hit_policy(decision, raw);
        self.bounds(decision, raw);
        let aggregate = self.aggregate(decision, raw);
        if self.lost.get(before..).is_some_and(|new| !new.is_empty()) {
            return None;
        }
        let inputs = self.inputs(decision, raw);
        let outputs = self.outputs(decision, raw);
        let ordered = matches!(hit_policy, Some(HitPolicy::Priority | HitPolicy::OutputOrder));
        if ordered && outputs.iter().all(|output| output.values.is_none()) {
            let text = raw.hit_policy.clone().unwrap_or_default();
            let why = "no output has a list of values to order by; write one, the most important value first";
            self.lose(decision, None, Some("hit policy"), &text, why);
            return None;
        }
        let Needed { lets, requires, .. } = self.needs(decision);
        let rules = self.rules(decision, raw, &inputs, &outputs);
        let id = ids.take(&decision.id);
        if id != decision.id {
            self.notes.push(format!("two decisions have the id `{}`: the second is `{id}` now", decision.id));
        }
        let name = decision.name.clone();
        Some(Table { id, name, hit_policy: hit_policy?, aggregate, requires, lets, inputs, outputs, rules })
    }

    fn lose(&mut self, decision: &Decision, rule: Option<(usize, &str)>, column: Option<&str>, text: &str, why: &str) {
        self.lost.push(Lost {
            decision: decision.id.clone(),
            rule: rule.map(|(number, id)| (number, id.to_owned())),
            column: column.map(Into::into),
            text: text.into(),
            why: why.into(),
        });
    }

    fn hit_policy(&mut self, decision: &Decision, raw: &RawTable) -> Option<HitPolicy> {
        let given = raw.hit_policy.as_deref().unwrap_or("UNIQUE");
        let policy = match given.to_uppercase().replace('_', " ").as_str() {
            "UNIQUE" | "U" => HitPolicy::Unique,
            "FIRST" | "F" => HitPolicy::First,
            "PRIORITY" | "P" => HitPolicy::Priority,
            "ANY" | "A" => HitPolicy::Any,
            "COLLECT" | "C" => HitPolicy::Collect,
            "RULE ORDER" | "R" => HitPolicy::RuleOrder,
            "OUTPUT ORDER" | "O" => HitPolicy::OutputOrder,
            _ => {
                let known = "UNIQUE, FIRST, PRIORITY, ANY, COLLECT, RULE ORDER and OUTPUT ORDER are known";
                self.lose(decision, None, Some("hit policy"), given, known);
                return None;
            }
        };
        Some(policy)
    }

    fn bounds(&mut self, decision: &Decision, raw: &RawTable) {
        let columns = raw.inputs.len() + raw.outputs.len();
        for (what, count, max) in [("rules", raw.rules.len(), TABLE_RULES_MAX), ("columns", columns, TABLE_COLUMNS_MAX)]
        {
            if count > max {
                self.lose(decision, None, Some(what), &count.to_string(), &format!("at most {max} are taken"));
            }
        }
        if raw.outputs.is_empty() {
            self.lose(decision, None, Some("outputs"), "", "the table has no output");
        }
    }

    fn aggregate(&mut self, decision: &Decision, raw: &RawTable) -> Option<Aggregate> {
        let given = raw.aggregation.as_deref()?;
        let aggregate = match given.to_uppercase().as_str() {
            "SUM" => Aggregate::Sum,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            "COUNT" => Aggregate::Count,
            _ => {
                self.lose(decision, None, Some("aggregation"), given, "SUM, MIN, MAX and COUNT are known");
                return None;
            }
        };
        if raw.outputs.len() > 1 && aggregate != Aggregate::Count {
            self.lose(decision, None, Some("aggregation"), given, "one value is made of exactly one output");
        }
        if !matches!(raw.hit_policy.as_deref().map(str::to_uppercase).as_deref(), Some("COLLECT" | "C")) {
            self.lose(
                decision,
                None,
                Some("aggregation"),
                given,
                "only the hit policy COLLECT makes one value of many",
            );
        }
        Some(aggregate)
    }

    fn inputs(&mut self, decision: &Decision, raw: &RawTable) -> Vec<Input> {
        let mut ids = Ids::default();
        let mut inputs = Vec::new();
        for (number, raw) in raw.inputs.iter().enumerate() {
            let id = ids.take(&input_id(raw, number + 1));
            let expression = Some(raw.expression.text.clone()).filter(|text| !text.is_empty());
            let checked = known_language(&raw.expression)
                .and_then(|()| expression.as_deref().map_or(Ok(()), |text| self::expression(text).map(drop)));
            match &checked {
                Err(why) => self.lose(decision, None, Some(&id), &raw.expression.text, why),
                Ok(()) => self.computed(decision, &raw.expression.text),
            }
            let kind = self.kind(decision, raw.expression.type_ref.as_deref());
            inputs.push(Input {
                id,
                label: raw.label.clone(),
                expression,
                variable: raw.variable.clone(),
                kind,
                values: raw.values.clone(),
                left_out: checked.err(),
            });
        }
        inputs
    }

    fn outputs(&mut self, decision: &Decision, raw: &RawTable) -> Vec<Output> {
        let mut ids = Ids::default();
        let mut outputs = Vec::new();
        for raw in &raw.outputs {
            let wish = output_name(decision, raw);
            let id = ids.take(&wish);
            if id != wish {
                self.notes
                    .push(format!("`{}`: two outputs are called `{wish}`: the second is `{id}` now", decision.id));
            }
            outputs.push(self.output(decision, raw, id));
        }
        outputs
    }

    fn output(&mut self, decision: &Decision, raw: &RawOutput, id: String) -> Output {
        let mut keep = |what: &str, text: &Option<String>, check: fn(&str) -> Result<bool, String>| {
            let text = text.clone()?;
            match check(&text) {
                Ok(_) => Some(text),
                Err(why) => {
                    self.lose(decision, None, Some(&format!("{what} of {id}")), &text, &why);
                    None
                }
            }
        };
        let values = keep("values", &raw.values, tests);
        let default = keep("default", &raw.default, expression);
        let kind = self.kind(decision, raw.type_ref.as_deref());
        Output { id, label: raw.label.clone(), kind, values, default }
    }

    /// The type behind a name; a type that is not known is none.
    fn kind(&mut self, decision: &Decision, type_ref: Option<&str>) -> Option<Kind> {
        let given = type_ref?;
        let defined = |name: &str| self.model.types.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let name = defined(&defined(given));
        let bare = name.rsplit(':').next().unwrap_or_default().trim().to_lowercase();
        Some(match bare.as_str() {
            "string" => Kind::String,
            "number" | "integer" | "long" | "double" | "int" | "float" | "decimal" => Kind::Number,
            "boolean" => Kind::Boolean,
            "date" => Kind::Date,
            "time" => Kind::Time,
            "date and time" | "datetime" | "date-time" => Kind::DateTime,
            "duration"
            | "days and time duration"
            | "years and months duration"
            | "daytimeduration"
            | "yearmonthduration" => Kind::Duration,
            "any" | "context" | "list" | "" => return None,
            _ => {
                let note =
                    format!("`{}`: the type `{given}` is not known here; values are taken as they come", decision.id);
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
                return None;
            }
        })
    }

    fn rules(&mut self, decision: &Decision, raw: &RawTable, inputs: &[Input], outputs: &[Output]) -> Vec<Rule> {
        let (mut ids, mut checked) = (Ids::default(), (Checked::default(), Checked::default()));
        let mut rules = Vec::with_capacity(raw.rules.len());
        for (number, raw) in raw.rules.iter().enumerate() {
            let wish = raw.id.clone().unwrap_or_else(|| format!("rule-{}", number + 1));
            let id = ids.take(&wish);
            if raw.id.is_some() && id != wish {
                let note =
                    format!("`{}`: two rules have the id `{wish}`: rule {} is `{id}` now", decision.id, number + 1);
                self.notes.push(note);
            }
            rules.push(self.rule(decision, raw, (number + 1, &id), (inputs, outputs), &mut checked));
        }
        rules
    }

    fn rule(
        &mut self,
        decision: &Decision,
        raw: &RawRule,
        place: (usize, &str),
        (inputs, outputs): (&[Input], &[Output]),
        (tests_seen, values_seen): &mut (Checked, Checked),
    ) -> Rule {
        let mut rule = Rule { id: place.1.into(), description: raw.description.clone(), ..Rule::default() };
        if let Some(why) = misfit(raw, inputs, outputs) {
            self.lose(decision, Some(place), None, "", &why);
            rule.left_out = Some(why);
        }
        for output in outputs.iter().skip(raw.outputs.len()) {
            self.lose(decision, Some(place), Some(&output.id), "", "the rule has no cell for this output");
        }
        for (input, cell) in inputs.iter().zip(&raw.inputs) {
            let outcome = match tests_seen.cell(cell, tests) {
                Ok(true) => {
                    self.computed(decision, &cell.text);
                    input.left_out.as_ref().map_or(Ok(()), |why| Err((why.clone(), true)))
                }
                Ok(false) => continue,
                Err(why) => Err((why, false)),
            };
            rule.when.insert(input.id.clone(), cell.text.clone());
            if let Err((why, of_column)) = outcome {
                // A column that is lost is listed once, with its expression.
                if !of_column {
                    self.lose(decision, Some(place), Some(&input.id), &cell.text, &why);
                }
                rule.left_out.get_or_insert(format!("input {}: {why}", input.id));
            }
        }
        for (output, cell) in outputs.iter().zip(&raw.outputs) {
            match values_seen.cell(cell, expression) {
                Ok(true) => {
                    self.computed(decision, &cell.text);
                    rule.then.insert(output.id.clone(), cell.text.clone());
                }
                Ok(false) => {}
                Err(why) => {
                    self.lose(decision, Some(place), Some(&output.id), &cell.text, &why);
                    rule.lost.insert(output.id.clone(), cell.text.clone());
                }
            }
        }
        rule
    }

    /// Notes a calculation that may have been meant as a name.
    fn computed(&mut self, decision: &Decision, text: &str) {
        let Some(names) = self.names.computed(text) else { return };
        let note = format!(
            "`{}`: `{text}` is read as a calculation with {names}, of which the file does not declare all; if it is one \
             name, write it in backticks",
            decision.id
        );
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What a table needs of other decisions.
    fn needs(&mut self, decision: &'a Decision) -> Needed<'a> {
        let mut needed = Needed::default();
        self.needed(decision, &mut needed, 0);
        needed
    }

    fn needed(&mut self, decision: &'a Decision, needed: &mut Needed<'a>, depth: usize) {
        for id in &decision.requires {
            let Some(required) = self.by_id.get(id.as_str()).copied() else {
                let note = format!(
                    "`{}` needs the decision `{id}`, which is not in the file: give its results as inputs",
                    decision.id
                );
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
                continue;
            };
            if depth > xml::DMN_DEPTH_MAX || !needed.seen.insert(required.id.as_str()) {
                continue;
            }
            match &required.logic {
                Logic::Table(_) => needed.requires.push(required.id.clone()),
                Logic::Literal(text) => {
                    self.needed(required, needed, depth + 1);
                    self.literal(required, text, &mut needed.lets);
                }
                Logic::Other(_) => {}
            }
        }
    }

    fn literal(&mut self, decision: &'a Decision, text: &Text, lets: &mut Vec<Let>) {
        let checked = known_language(text).and_then(|()| expression(&text.text));
        match checked {
            Ok(true) if lets.iter().all(|named| named.name != decision.variable) => {
                self.used.insert(&decision.id);
                self.computed(decision, &text.text);
                let kind = self.kind(decision, text.type_ref.as_deref());
                lets.push(Let { name: decision.variable.clone(), expression: text.text.clone(), kind });
            }
            Ok(_) => {}
            Err(why) => {
                let name = &decision.variable;
                let why = format!("{why}; give its result as the input `{name}`");
                if self.used.insert(&decision.id) {
                    self.lose(decision, None, None, &text.text, &why);
                }
            }
        }
    }

    /// What became nothing.
    fn rest(&mut self) {
        let model = self.model;
        self.notes.extend(model.others.iter().cloned());
        for name in &model.functions {
            self.lost.push(Lost {
                decision: name.clone(),
                rule: None,
                column: None,
                text: String::new(),
                why: "a function of one's own (a business knowledge model) is not known here".into(),
            });
        }
        for decision in &model.decisions {
            match &decision.logic {
                Logic::Literal(text) if !self.used.contains(decision.id.as_str()) => {
                    self.lose(decision, None, None, &text.text, "an expression that no table needs is no table");
                }
                Logic::Other(kind) => {
                    let what = if kind.is_empty() { "no logic".into() } else { format!("a `{kind}`, not a table") };
                    let why = format!("the decision has {what}; give its result as the input `{}`", decision.variable);
                    self.lose(decision, None, None, "", &why);
                }
                Logic::Literal(_) | Logic::Table(_) => {}
            }
        }
    }
}

/// Why a rule and its table do not fit together. A test that is missing is not one that always holds.
fn misfit(raw: &RawRule, inputs: &[Input], outputs: &[Output]) -> Option<String> {
    let (tests, values) = (raw.inputs.len(), raw.outputs.len());
    if tests < inputs.len() {
        let without: Vec<String> = inputs.iter().skip(tests).map(|input| format!("`{}`", input.id)).collect();
        let without = without.join(", ");
        return Some(format!("the rule has {tests} tests for {} inputs; there is none for {without}", inputs.len()));
    }
    let more = tests > inputs.len() || values > outputs.len();
    let (cells, columns) = (tests + values, inputs.len() + outputs.len());
    more.then(|| format!("the rule has {cells} cells for {columns} columns"))
}

/// A short key for a column: its name if it has one, else its heading.
fn input_id(raw: &RawInput, number: usize) -> String {
    let is_name =
        |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let last = raw.expression.text.rsplit('.').next().map(|text| text.trim_matches('`')).filter(is_name);
    let own = raw.variable.as_deref().filter(is_name);
    if let Some(name) = last.or(own) {
        return name.to_owned();
    }
    let label = raw.label.as_deref().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { format!("input-{number}") } else { words.join("-") }
}
