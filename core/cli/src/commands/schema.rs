//! `maple schema`: JSON Schemas for editors.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use maple_kit::editor::schema;
use serde_json::Value;

use crate::{Failure, args::Schema, config, report};

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

/// The schemas of policy files and of the server's configuration, by the name of their file.
pub(crate) fn all() -> BTreeMap<String, Value> {
    let mut all = schema::all();
    all.insert(schema::file_name("server"), schema::of_table("server", &config::TABLE));
    all
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
