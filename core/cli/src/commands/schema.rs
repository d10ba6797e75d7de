//! `maple schema`: JSON Schemas for editors.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use maple_kit::editor::schema;
use serde_json::{Map, Value, json};

use super::{backtest, ingest};
use crate::{Failure, args::Schema, config, report};

/// Where the API's document keeps its schemas.
const COMPONENTS: &str = "#/components/schemas/";

/// Prints one schema, or writes all.
pub(crate) fn run(args: &Schema) -> Result<(), Failure> {
    let schemas = all();
    match (&args.name, &args.dir) {
        (_, Some(dir)) => write(dir, &schemas),
        (Some(name), None) => {
            let Some(found) = schemas.get(&schema::file_name(name)) else {
                let known: Vec<_> =
                    schemas.keys().map(|file| format!("`{}`", file.strip_suffix(".json").unwrap_or(file))).collect();
                return Err(Failure::Input(format!("there is no schema `{name}`; known: {}", known.join(", "))));
            };
            std::io::stdout()
                .write_all(schema::text(found).as_bytes())
                .map_err(|error| Failure::Unreachable(error.to_string()))
        }
        (None, None) => Err(Failure::Input("name a schema, or a folder with `--dir`".to_owned())),
    }
}

/// The schemas of all files that people write, and of events, by the name of their file.
pub(crate) fn all() -> BTreeMap<String, Value> {
    let mut all = schema::all();
    let own = [("server", &config::TABLE), ("budget", &backtest::BUDGET), ("ingest-map", &ingest::MAP)];
    all.extend(own.map(|(name, root)| (schema::file_name(name), schema::of_table(name, root))));
    for (name, component) in [("cloudevents-in", "CloudEvent"), ("cloudevents-out", "Outgoing")] {
        all.extend(of_component(component).map(|found| (schema::file_name(name), found)));
    }
    all
}

/// A schema of the API's own document, with all that it refers to.
fn of_component(name: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(maple_wire::OPENAPI).ok()?;
    let components = document.get("components")?.get("schemas")?;
    let (mut open, mut defs) = (vec![name.to_owned()], Map::new());
    while let Some(name) = open.pop() {
        if defs.contains_key(&name) {
            continue;
        }
        let mut found = components.get(&name)?.clone();
        moved(&mut found, &mut open);
        defs.insert(name, found);
    }
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{name}"),
        "$defs": defs,
    }))
}

/// Lets references point to where definitions stand alone; notes their names.
fn moved(value: &mut Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get_mut("$ref")
                && let Some(name) = to.strip_prefix(COMPONENTS)
            {
                names.push(name.to_owned());
                *to = format!("#/$defs/{name}");
            }
            members.values_mut().for_each(|value| moved(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| moved(value, names)),
        _ => {}
    }
}

fn write(dir: &Path, schemas: &BTreeMap<String, Value>) -> Result<(), Failure> {
    let unwritable = |path: &Path, error: std::io::Error| {
        Failure::Unreachable(format!("cannot write `{}`: {error}", path.display()))
    };
    fs::create_dir_all(dir).map_err(|error| unwritable(dir, error))?;
    for (name, schema) in schemas {
        let path = dir.join(name);
        fs::write(&path, schema::text(schema)).map_err(|error| unwritable(&path, error))?;
    }
    report::progress(&format!("{} schemas are in {}", schemas.len(), dir.display()));
    Ok(())
}
