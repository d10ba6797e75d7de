//! What an installed binary carries, so that an author needs no checkout of this project: the plugins that ship, the
//! shipped policies, the guest crate, the contract and the templates.

use maple_bundle::{Bundle, ReadError};

use crate::{
    build::{BuildError, component},
    new::{Engine, Language},
};

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// A file by its path, with `/` between the parts.
pub(crate) type File = (String, &'static [u8]);

/// The policies that ship: the words, the law, the places, and what speaks for each place.
///
/// # Errors
/// When they are not within the limits of a bundle.
pub fn policies() -> Result<Bundle, ReadError> {
    let policy_files = POLICIES.iter().filter(|(path, _)| path.ends_with(".toml"));
    Bundle::from_files(policy_files.map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect())
}

/// The plugins that ship, as components, with their names; without those that somebody has already.
///
/// # Errors
/// When the binary was built on a machine that could not compile them.
pub fn plugins(taken: &[String]) -> Result<Vec<(&'static str, Vec<u8>)>, BuildError> {
    if PLUGINS.is_empty() && taken.is_empty() {
        return Err(BuildError::NoneShipped);
    }
    let wanted = PLUGINS.iter().filter(|(id, _)| !taken.iter().any(|taken| taken == id));
    wanted.map(|(id, module)| Ok((*id, component::from_core(id, module)?))).collect()
}

/// The files of a template, its vendored parts included; of two of one path the later counts.
pub(crate) fn template(language: Language, engine: Engine) -> Vec<File> {
    let (own, helpers) = match language {
        Language::Table => (TABLE, None),
        Language::Rust => (RUST, Some(("vendor/maple-guest", GUEST))),
        Language::Javascript => (JAVASCRIPT, None),
        Language::Python => (PYTHON, None),
    };
    let under = |folder: &str, files: &'static [(&str, &[u8])]| -> Vec<File> {
        files.iter().map(|(path, bytes)| (format!("{folder}/{path}"), *bytes)).collect()
    };
    let mut files: Vec<File> = own.iter().map(|(path, bytes)| ((*path).to_owned(), *bytes)).collect();
    if (language, engine) == (Language::Javascript, Engine::SpiderMonkey) {
        files.extend(SPIDER_MONKEY.iter().map(|(path, bytes)| ((*path).to_owned(), *bytes)));
    }
    if let Some((folder, helper)) = helpers {
        let with_own_manifest = under(folder, helper).into_iter().filter(|(path, _)| !path.ends_with("Cargo.toml"));
        files.extend(with_own_manifest);
    }
    // What the first line of its policy files points to.
    let schemas = SCHEMAS.iter().filter(|(path, _)| matches!(*path, "pack.json" | "rules.json"));
    files.extend(schemas.map(|(path, bytes)| (format!("schemas/{path}"), *bytes)));
    if language != Language::Table {
        files.extend(under("vendor/wit", CONTRACT));
    }
    files
}
