//! JSON Schemas of policy files, written from the format's own description.
//!
//! Names of registries (facts, kinds, channels) are data of a folder and stay open; the check knows them.

use std::collections::BTreeMap;

use maple_bundle::{
    LIST_ITEMS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX,
    format::{File, Form, Key, Keyed, Names, Shape, Table},
};
use serde_json::{Map, Value, json};

use crate::dmn;

/// Days as the calendar of the engine knows them.
const DAY: &str = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const SPAN: &str = "^[0-9]{1,5} (hours?|(working )?days?|months?|years?)$";
const AGE: &str = "^[0-9]{1,5} (days?|months?|years?)$";
const AMOUNT: &str = "^[0-9]{1,15}(\\.[0-9]{1,2})?$";

/// The schemas of all policy files, of table files and of maps that make policies of them, by the name of their file.
#[must_use]
pub fn all() -> BTreeMap<String, Value> {
    let tables = [("table", &dmn::TABLE_FORMAT), ("dmn-map", &dmn::MAP_FORMAT)];
    let tables = tables.into_iter().map(|(name, root)| (file_name(name), of_table(name, root)));
    File::ALL.into_iter().map(|file| (file_name(file.name()), of(file))).chain(tables).collect()
}

/// The name of the file that a schema is kept in.
#[must_use]
pub fn file_name(name: &str) -> String {
    format!("{name}.json")
}

/// The schema of one kind of policy file.
#[must_use]
pub fn of(file: File) -> Value {
    of_table(file.name(), file.table())
}

/// The schema of a file whose root is this table.
#[must_use]
pub fn of_table(name: &str, root: &'static Table) -> Value {
    let mut tables = Tables::default();
    let Value::Object(body) = tables.table(root) else { return Value::Null };
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("$id".into(), json!(format!("maple-bridge/{}", file_name(name))));
    schema.extend(body);
    let mut definitions: Map<String, Value> = Map::new();
    while let Some(table) = tables.waiting.pop() {
        if !definitions.contains_key(table.id) {
            let body = tables.table(table);
            definitions.insert(table.id.to_owned(), body);
        }
    }
    if !definitions.is_empty() {
        schema.insert("definitions".into(), definitions.into());
    }
    let mut schema = Value::from(schema);
    schema.sort_all_objects();
    schema
}

/// A schema as its file holds it.
#[must_use]
pub fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// Writes tables; those that are referred to wait to be written.
#[derive(Default)]
struct Tables {
    waiting: Vec<&'static Table>,
}

impl Tables {
    fn table(&mut self, table: &'static Table) -> Value {
        let properties: Map<String, Value> =
            table.keys.iter().map(|key| (key.name.to_owned(), self.key(key))).collect();
        let mut out = json!({
            "title": table.label.en,
            "description": format!("{}\n\n{}", table.label.zh, table.label.en),
            "type": "object",
        });
        let Value::Object(map) = &mut out else { return out };
        if !properties.is_empty() {
            map.insert("properties".into(), properties.into());
        }
        let needed: Vec<&str> = table.keys.iter().filter(|key| key.need).map(|key| key.name).collect();
        if !needed.is_empty() {
            map.insert("required".into(), json!(needed));
        }
        if table.some {
            map.insert("minProperties".into(), json!(1));
        }
        let rest = match &table.others {
            None => json!(false),
            Some(others) => {
                let pattern = match others.names {
                    Keyed::New(form) => form.pattern,
                    Keyed::Known(names) => of_names(names),
                };
                map.insert("propertyNames".into(), names_of_keys(table, pattern));
                self.shape(&others.shape)
            }
        };
        map.insert("additionalProperties".into(), rest);
        let together: Map<String, Value> =
            table.keys.iter().filter_map(|key| Some((key.name.to_owned(), json!([key.with?])))).collect();
        if !together.is_empty() {
            map.insert("dependencies".into(), together.into());
        }
        let only: Vec<Value> = table.keys.iter().filter_map(|key| only(table, key)).collect();
        if !only.is_empty() {
            map.insert("allOf".into(), json!(only));
        }
        out
    }

    fn key(&mut self, key: &Key) -> Value {
        let mut out = self.shape(&key.shape);
        let description = format!("{}\n\n{}", key.label.zh, key.label.en);
        // Beside a reference nothing else is read.
        if out.get("$ref").is_some() {
            out = json!({ "allOf": [out] });
        }
        if let Value::Object(map) = &mut out {
            map.insert("description".into(), json!(description));
        }
        out
    }

    fn refer(&mut self, table: &'static Table) -> Value {
        self.waiting.push(table);
        json!({ "$ref": format!("#/definitions/{}", table.id) })
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
            Shape::Text => text_of("\\S"),
            Shape::Form(form) => form_of(form),
            Shape::Free { min, max } => free_of(*min, *max),
            Shape::Both => both(),
            Shape::Day => json!({ "type": "string", "format": "date", "pattern": DAY, "examples": ["2026-11-23"] }),
            Shape::Span => {
                json!({ "type": "string", "pattern": SPAN, "examples": ["15 days", "7 working days", "1 year"] })
            }
            Shape::Age => json!({ "type": "string", "pattern": AGE, "examples": ["30 days", "3 years"] }),
            Shape::Number { min, max } if *max == i64::MAX => json!({ "type": "integer", "minimum": min }),
            Shape::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Shape::Real { min, max } if *max == i64::MAX => json!({ "type": "number", "minimum": min }),
            Shape::Real { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
            Shape::Amount => json!({ "anyOf": [
                { "type": "string", "pattern": AMOUNT, "examples": ["48000.00"] },
                { "type": "integer", "minimum": 0 },
            ] }),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Choice(words) => json!({
                "type": "string",
                "enum": words.iter().map(|c| c.word).collect::<Vec<_>>(),
                "x-taplo": { "docs": { "enumValues":
                    words.iter().map(|c| format!("{} · {}", c.label.zh, c.label.en)).collect::<Vec<_>>() } },
            }),
            Shape::Name(names) => text_of(of_names(*names)),
            Shape::Value => json!({ "type": ["string", "integer", "boolean"] }),
            Shape::Values => json!({ "anyOf": [
                { "type": ["string", "integer", "boolean"] },
                { "type": "array", "items": { "type": "string" } },
            ] }),
            Shape::Several(inner) => {
                let one = self.shape(inner);
                json!({ "anyOf": [one, { "type": "array", "items": one, "maxItems": LIST_ITEMS_MAX }] })
            }
            Shape::List(inner) => json!({ "type": "array", "items": self.shape(inner) }),
            Shape::Bounded { of, min, max } => {
                json!({ "type": "array", "items": self.shape(of), "minItems": min, "maxItems": max })
            }
            Shape::Table(table) => self.refer(table),
            Shape::Verbs(tables) => json!({ "oneOf": tables.iter().map(|t| self.refer(t)).collect::<Vec<_>>() }),
            Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(|s| self.shape(s)).collect::<Vec<_>>() }),
        }
    }
}

/// Names beside the keys of the format.
fn names_of_keys(table: &Table, pattern: &str) -> Value {
    if table.keys.is_empty() {
        return json!({ "pattern": pattern });
    }
    let keys: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
    json!({ "anyOf": [{ "enum": keys }, { "pattern": pattern }] })
}

/// A key that is known only where another says so.
fn only(table: &Table, key: &Key) -> Option<Value> {
    let (of, words) = key.only?;
    // What a fact is, no schema can know.
    table.key(of)?;
    Some(json!({
        "if": { "required": [key.name] },
        "then": { "properties": { of: { "enum": words } } },
    }))
}

fn text_of(pattern: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": TEXT_BYTES_MAX, "pattern": pattern })
}

fn free_of(min: usize, max: usize) -> Value {
    let mut out = json!({ "type": "string", "minLength": min });
    if let Value::Object(map) = &mut out
        && max < usize::MAX
    {
        map.insert("maxLength".into(), json!(max));
    }
    out
}

fn form_of(form: &Form) -> Value {
    let mut out = text_of(form.pattern);
    if let Value::Object(map) = &mut out
        && !form.examples.is_empty()
    {
        map.insert("examples".into(), json!(form.examples));
    }
    out
}

fn both() -> Value {
    json!({
        "type": "object",
        "properties": {
            "zh": { "type": "string", "pattern": "\\S", "maxLength": TEXT_BYTES_MAX, "description": "中文\n\nChinese" },
            "en": { "type": "string", "pattern": "\\S", "maxLength": TEXT_BYTES_MAX, "description": "英文\n\nEnglish" },
        },
        "required": ["zh", "en"],
        "additionalProperties": false,
    })
}

/// What names of registries look like; which there are is data of the folder.
const fn of_names(names: Names) -> &'static str {
    const { assert!(NAME_BYTES_MAX == 128, "the patterns count as the readers do") };
    match names {
        Names::Facts(_) | Names::Flags | Names::Starts | Names::Channels | Names::Guardrails => "^[a-z0-9_-]{1,128}$",
        Names::Words(_) => "^[a-z0-9_]{1,128}$",
        Names::WordsOrAll(_) => "^([a-z0-9_]{1,128}|\\*)$",
        Names::Kinds => "^[a-z0-9_.]{1,128}$",
        Names::KindFamilies => "^[a-z0-9_.]{0,128}\\*?$",
        Names::Preconditions => "^ *[a-z0-9_]{1,128} *> *[a-z0-9_]{1,128} *$",
        Names::Trees => "^(\\*|[a-z0-9_-]+(/[a-z0-9_-]+)*)$",
        Names::Subjects => "^(place|project|kind|station|own-case|organisation:[a-z0-9_]{1,128})$",
        Names::Provisions => "^[a-z0-9_.-]{1,128}$",
        Names::Localities => "^[a-z0-9_-]+(/[a-z0-9_-]+)*$",
        Names::LocalityFamilies => "^([a-z0-9_/-]+\\*?|\\*)$",
        Names::Rules | Names::Replaced | Names::Calendars => "\\S",
    }
}
