//! A table as rules of a policy: a map says which inputs are which facts and what the outputs do.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table as Toml, Value};

use super::{
    Lost,
    condition::{Cell, condition},
    feel::{Expr, parse_expression, parse_tests},
    table::{self, HitPolicy, Rule, Table, TableFile},
    write::{key, quote},
};

/// Bytes of a map.
pub const MAP_BYTES_MAX: usize = 1 << 20;
/// Rules of a table with the hit policy `first`: each of them excludes all before it.
pub const FIRST_RULES_MAX: usize = 50;
/// Letters of a rule's id in a policy.
const RULE_ID_BYTES_MAX: usize = 59;

/// A map.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Map {
    /// Which table, when the file has several.
    table: Option<String>,
    /// What stands at the head of the policy: `id`, `mode`, `target` and so on, as the policy format has them.
    #[serde(default)]
    policy: Toml,
    /// What every rule gets beside: `basis`, `floor` and so on.
    #[serde(default)]
    rule: Toml,
    /// What every rule does, in both languages; `{id}` and `{description}` are the rule's own.
    summary: Summary,
    /// The inputs, by their ids.
    #[serde(default)]
    input: BTreeMap<String, Input>,
    /// The outputs, by their ids.
    #[serde(default)]
    output: BTreeMap<String, Output>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    zh: String,
    en: String,
}

/// Which fact an input is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Input {
    /// The fact, or `kind`, `source`, `locality`.
    pub(super) fact: String,
    /// How values are written.
    #[serde(default, rename = "type")]
    pub(super) kind: InputKind,
    /// Other words for the table's values.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InputKind {
    /// As they are.
    #[default]
    Plain,
    /// Amounts of money, in quotes.
    Money,
}

/// What an output does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Output {
    /// The effect of any value; the text `{}` in it is the value.
    effect: Option<Toml>,
    /// The effects of each value.
    #[serde(default)]
    effects: BTreeMap<String, Vec<Toml>>,
    /// True when the output is for readers only.
    #[serde(default)]
    ignore: bool,
}

/// A policy made of a table.
#[derive(Debug)]
pub struct Mapped {
    /// The policy file.
    pub toml: String,
    /// How many rules it has.
    pub rules: usize,
    /// What the policy format cannot say, by cell.
    pub lost: Vec<Lost>,
    /// What an author should know.
    pub notes: Vec<String>,
}

/// Makes rules of a policy of one table.
///
/// # Errors
/// What is wrong with the map, or why nothing of the table can become a rule.
pub fn map(file: &TableFile, bytes: &[u8], head: &str) -> Result<Mapped, String> {
    if bytes.len() > MAP_BYTES_MAX {
        return Err(format!("is larger than {MAP_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let map: Map = toml::from_str(text).map_err(|error| format!("is not a map\n{}", table::hinted(&error)))?;
    let table = file.table(map.table.as_deref())?;
    check(&map, table)?;
    let mut mapper =
        Mapper { map: &map, table, lost: Vec::new(), notes: Vec::new(), earlier: Vec::new(), silent: Vec::new() };
    let rules: Vec<String> =
        table.rules.iter().enumerate().filter_map(|(at, rule)| mapper.rule(at + 1, rule)).collect();
    mapper.remarks();
    let Mapper { lost, notes, .. } = mapper;
    let mut toml: String = head.lines().map(|line| format!("# {line}\n")).collect();
    toml.push('\n');
    toml.push_str(&map.policy.to_string());
    rules.iter().for_each(|rule| toml.push_str(rule));
    Ok(Mapped { toml, rules: rules.len(), lost, notes })
}

fn check(map: &Map, table: &Table) -> Result<(), String> {
    for (what, named, known) in [
        ("input", map.input.keys().collect::<Vec<_>>(), table.inputs.iter().map(|input| &input.id).collect::<Vec<_>>()),
        ("output", map.output.keys().collect(), table.outputs.iter().map(|output| &output.id).collect()),
    ] {
        if let Some(stray) = named.iter().find(|name| !known.contains(name)) {
            let known: Vec<String> = known.iter().map(|id| format!("`{id}`")).collect();
            return Err(format!("names the {what} `{stray}`, but the table `{}` has {}", table.id, known.join(", ")));
        }
    }
    if map.output.values().all(|output| output.ignore) {
        return Err("gives no output an effect; add `[output.ID]` with `effect` or `effects`".into());
    }
    let policy = table.hit_policy;
    match policy {
        _ if table.aggregate.is_some() => {
            Err("a policy has no sums, counts or extremes: the table makes one value".into())
        }
        HitPolicy::Priority => Err(format!("a policy has no order of outputs, which the hit policy `{policy}` needs")),
        HitPolicy::First if table.rules.len() > FIRST_RULES_MAX => Err(format!(
            "in a policy every rule that holds speaks, so with the hit policy `first` each would have to exclude all \
             before it; that is done for up to {FIRST_RULES_MAX} rules, and the table has {}",
            table.rules.len()
        )),
        _ => Ok(()),
    }
}

struct Mapper<'a> {
    map: &'a Map,
    table: &'a Table,
    lost: Vec<Lost>,
    notes: Vec<String>,
    /// With the hit policy `first`: the conditions so far, or nothing where one could not be said.
    earlier: Vec<Option<Toml>>,
    /// Rules of which no output that the map takes says anything.
    silent: Vec<String>,
}

impl Mapper<'_> {
    fn lose(&mut self, number: usize, rule: &Rule, column: &str, text: &str, why: &str) {
        self.lost.push(Lost {
            decision: self.table.id.clone(),
            rule: Some((number, rule.id.clone())),
            column: Some(column.into()),
            text: text.into(),
            why: why.into(),
        });
    }

    fn rule(&mut self, number: usize, rule: &Rule) -> Option<String> {
        let when = self.when(number, rule);
        let then = self.then(number, rule);
        let mut when = match self.table.hit_policy {
            HitPolicy::First => self.first(number, rule, when)?,
            _ => when?,
        };
        let then = then?;
        if then.is_empty() {
            self.silent.push(format!("{number} (`{}`)", rule.id));
            return None;
        }
        let mut text = String::from("\n[[rule]]\n");
        let put = |text: &mut String, name: &str, value: &Value| {
            text.push_str(&format!("{} = {}\n", key(name), inline(value)));
        };
        put(&mut text, "id", &Value::String(rule_id(&rule.id)));
        put(&mut text, "summary", &self.summary(rule));
        if !when.is_empty() {
            put(&mut text, "when", &Value::Table(std::mem::take(&mut when)));
        }
        put(&mut text, "then", &Value::Array(then.into_iter().map(Value::Table).collect()));
        self.map.rule.iter().for_each(|(name, value)| put(&mut text, name, value));
        Some(text)
    }

    fn summary(&self, rule: &Rule) -> Value {
        let filled = |template: &str| {
            let description = rule.description.as_deref().unwrap_or(&rule.id);
            let words: Vec<&str> = description.split_whitespace().collect();
            Value::String(template.replace("{id}", &rule.id).replace("{description}", &words.join(" ")))
        };
        let Summary { zh, en } = &self.map.summary;
        Value::Table(Toml::from_iter([("zh".to_owned(), filled(zh)), ("en".to_owned(), filled(en))]))
    }

    /// The condition of a rule; nothing when it cannot be said.
    fn when(&mut self, number: usize, rule: &Rule) -> Option<Toml> {
        if rule.left_out.is_some() {
            return None;
        }
        let mut cells = Vec::new();
        let mut whole = true;
        for input in &self.table.inputs {
            let Some(source) = rule.when.get(&input.id) else { continue };
            let said = match (parse_tests(source), self.map.input.get(&input.id)) {
                (Ok(None), _) => continue,
                (Err(error), _) => Err(error.to_string()),
                (Ok(Some(_)), None) => Err(format!("the map names no fact for the input `{}`", input.id)),
                (Ok(Some(tests)), Some(fact)) => condition(&tests, fact),
            };
            match said {
                Ok(cell) => cells.push(cell),
                Err(why) => {
                    whole = false;
                    self.lose(number, rule, &input.id, source, &why);
                }
            }
        }
        let joined = Cell::join(cells);
        if let (true, Err(why)) = (whole, &joined) {
            self.lose(number, rule, "all inputs", "", why);
        }
        joined.ok().filter(|_| whole)
    }

    /// The effects of a rule; nothing when one of them cannot be said.
    fn then(&mut self, number: usize, rule: &Rule) -> Option<Vec<Toml>> {
        let (mut effects, mut whole) = (Vec::new(), true);
        for output in &self.table.outputs {
            let Some(given) = self.map.output.get(&output.id).filter(|given| !given.ignore) else { continue };
            let Some(source) = rule.then.get(&output.id) else { continue };
            match effect(given, source) {
                Ok(more) => effects.extend(more),
                Err(why) => {
                    whole = false;
                    self.lose(number, rule, &output.id, source, &why);
                }
            }
        }
        whole.then_some(effects)
    }

    /// The condition of a rule without the cases of the rules before it.
    fn first(&mut self, number: usize, rule: &Rule, when: Option<Toml>) -> Option<Toml> {
        let before: Option<Vec<Value>> = self.earlier.iter().map(|when| when.clone().map(Value::Table)).collect();
        self.earlier.push(when.clone());
        let mut when = when?;
        let Some(mut before) = before else {
            let why = "a rule before it cannot be said in a policy, so its cases cannot be excluded here";
            self.lose(number, rule, "hit policy", "first", why);
            return None;
        };
        // A rule without a condition takes every case that is left: what follows can never speak.
        if before.iter().any(|when| when.as_table().is_some_and(Toml::is_empty)) {
            self.lose(number, rule, "hit policy", "first", "a rule before it takes every case");
            return None;
        }
        match when.remove("not") {
            Some(Value::Array(more)) => before.extend(more),
            Some(one) => before.push(one),
            None => {}
        }
        if !before.is_empty() {
            when.insert("not".into(), Value::Array(before));
        }
        Some(when)
    }

    fn remarks(&mut self) {
        let unmapped = self.table.outputs.iter().filter(|output| !self.map.output.contains_key(&output.id));
        let unmapped: Vec<String> = unmapped.map(|output| format!("`{}`", output.id)).collect();
        if !unmapped.is_empty() {
            let list = unmapped.join(", ");
            self.notes.push(format!("the map says nothing of the outputs {list}; `ignore = true` says that is meant"));
        }
        if !self.silent.is_empty() {
            let (them, are) = if self.silent.len() == 1 { ("it", "is") } else { ("they", "are") };
            let list = self.silent.join(", ");
            self.notes.push(format!(
                "in the outputs that the map takes nothing is said by {}: {list}; {them} {are} not in the policy",
                rules(self.silent.len())
            ));
        }
        if !self.table.requires.is_empty() {
            let list: Vec<String> = self.table.requires.iter().map(|id| format!("`{id}`")).collect();
            let list = list.join(", ");
            self.notes.push(format!(
                "the table needs the tables {list}, which no policy asks: their results have to be facts"
            ));
        }
        let policy = self.table.hit_policy;
        let lost = match policy {
            HitPolicy::Unique | HitPolicy::Any => "nobody looks whether they stand in each other's way",
            HitPolicy::RuleOrder | HitPolicy::OutputOrder => "their order says nothing",
            _ => return,
        };
        self.notes.push(format!("the hit policy was `{policy}`; in a policy every rule that holds speaks, and {lost}"));
    }
}

fn rules(count: usize) -> String {
    if count == 1 { "1 rule".into() } else { format!("{count} rules") }
}

fn effect(given: &Output, source: &str) -> Result<Vec<Toml>, String> {
    let value = match parse_expression(source).map_err(|error| error.to_string())? {
        Expr::Text(text) => Value::String(text),
        Expr::Flag(flag) => Value::Boolean(flag),
        Expr::Number(digits) => digits.parse().map(Value::Integer).map_err(|_| "the number is not whole".to_owned())?,
        Expr::Null => return Ok(Vec::new()),
        _ => return Err("an effect does not compute; only a written value can become one".into()),
    };
    let word = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    if let Some(effects) = given.effects.get(&word) {
        return Ok(effects.clone());
    }
    match &given.effect {
        Some(template) => Ok(vec![fill(template, &value, &word)]),
        None => Err(format!("the map gives no effect for the value `{word}`")),
    }
}

fn fill(template: &Toml, value: &Value, word: &str) -> Toml {
    let filled = |of: &Value| match of {
        Value::String(text) if text == "{}" => value.clone(),
        Value::String(text) => Value::String(text.replace("{}", word)),
        Value::Table(inner) => Value::Table(fill(inner, value, word)),
        other => other.clone(),
    };
    template.iter().map(|(name, of)| (name.clone(), filled(of))).collect()
}

/// A rule's id in the letters that a policy allows.
fn rule_id(id: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' };
    id.chars().map(letter).take(RULE_ID_BYTES_MAX).collect()
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let entries: Vec<String> =
                table.iter().map(|(name, of)| format!("{} = {}", key(name), inline(of))).collect();
            if entries.is_empty() { "{}".into() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::String(text) => quote(text),
        other => other.to_string(),
    }
}
