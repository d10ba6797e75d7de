//! A new project: a folder that checks and tests green at once.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::shipped;

/// How long a name may be.
pub const NAME_BYTES_MAX: usize = 40;

/// Names that mean something else to a compiler, to a package registry or to a folder of policies.
const RESERVED: [&str; 50] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "maple-guest",
    "match",
    "mod",
    "move",
    "mut",
    "node-modules",
    "pack",
    "policies",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "type",
];

/// What a policy is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A rule table: data, no toolchain.
    Table,
    /// Rust.
    Rust,
    /// JavaScript.
    Javascript,
    /// Python.
    Python,
}

/// What JavaScript runs on within the component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// QuickJS: a component of one or two megabytes, soon compiled.
    #[default]
    QuickJs,
    /// SpiderMonkey: twelve megabytes, the engine of Firefox.
    SpiderMonkey,
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The name cannot be one.
    #[error("`{name}` cannot be the name of a project: {why}; write one such as `{advice}`")]
    Name {
        /// As it was given.
        name: String,
        /// What is wrong with it.
        why: String,
        /// One that can be.
        advice: String,
    },
    /// Something of that name is there.
    #[error("`{path}` is there already; choose another name, or another place with --dir DIR")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The folder cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the project `name` into the folder `dir`; answers where it is. It is whole or not there. The engine counts for
/// JavaScript alone.
///
/// # Errors
/// When the name is none, something is there already, or the folder cannot be written.
pub fn create(name: &str, language: Language, engine: Engine, dir: &Path) -> Result<PathBuf, NewError> {
    check(name)?;
    let path = if dir == Path::new(".") { name.into() } else { dir.join(name) };
    if fs::symlink_metadata(&path).is_ok() {
        return Err(NewError::Exists { path });
    }
    let part = dir.join(format!(".{name}.{}.part", std::process::id()));
    let written = write(name, language, engine, &part).and_then(|()| fs::rename(&part, &path));
    written.map_err(|source| {
        // What is half written goes; that it cannot be removed either tells nothing new.
        let _ = fs::remove_dir_all(&part);
        NewError::Write { path: path.clone(), source }
    })?;
    Ok(path)
}

fn write(name: &str, language: Language, engine: Engine, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::create_dir(to)?;
    for (path, bytes) in shipped::template(language, engine) {
        let (path, bytes) = filled(&path, bytes, name);
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

/// A file of a template with the project's name in it. A `gitignore` gets its dot only now, so that it does not work on
/// the template itself.
fn filled(path: &str, bytes: &[u8], name: &str) -> (String, Vec<u8>) {
    let path = if path == "gitignore" { ".gitignore".to_owned() } else { path.replace("{{name}}", name) };
    let bytes = match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("{{name}}", name).into_bytes(),
        Err(_) => bytes.to_owned(),
    };
    (path, bytes)
}

/// A name is a crate's, a package's, a policy's and a folder's at once.
fn check(name: &str) -> Result<(), NewError> {
    let wrong = |why: String| Err(NewError::Name { name: name.into(), why, advice: advice(name) });
    if name.is_empty() {
        return wrong("it is empty".into());
    }
    if name.len() > NAME_BYTES_MAX {
        return wrong(format!("it has {} letters, at most {NAME_BYTES_MAX}", name.len()));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return wrong("it does not begin with a small letter from a to z".into());
    }
    if let Some(odd) = name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return wrong(format!("`{odd}` is none of a-z, 0-9 and `-`"));
    }
    if name.ends_with('-') || name.contains("--") {
        return wrong("a `-` stands between two letters or digits".into());
    }
    if RESERVED.contains(&name) { wrong("the name means something else already".into()) } else { Ok(()) }
}

/// The nearest name that can be one.
fn advice(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    let words = letters.collect::<String>();
    let words = words.split_whitespace().collect::<Vec<_>>().join("-");
    let words = words.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let short = words.get(..NAME_BYTES_MAX).unwrap_or(words).trim_end_matches('-');
    match short {
        "" => "many-wages".into(),
        taken if RESERVED.contains(&taken) => format!("{taken}-rule"),
        free => free.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_with_one_that_can_be() {
        for (name, why, advice) in [
            ("", "empty", "many-wages"),
            ("Many Wages", "small letter", "many-wages"),
            ("many_wages", "`_` is none of", "many-wages"),
            ("工资", "small letter", "many-wages"),
            ("../up", "small letter", "up"),
            ("9-people", "small letter", "people"),
            ("wages-", "stands between", "wages"),
            ("a--b", "stands between", "a-b"),
            ("fn", "something else", "fn-rule"),
            ("pack", "something else", "pack-rule"),
        ] {
            let error = check(name).unwrap_err().to_string();
            assert!(error.contains(why) && error.ends_with(&format!("such as `{advice}`")), "{name}: {error}");
            assert!(check(advice).is_ok(), "{advice}");
        }
    }

    #[test]
    fn a_name_has_an_edge() {
        assert!(check(&"a".repeat(NAME_BYTES_MAX)).is_ok());
        let error = check(&"a".repeat(NAME_BYTES_MAX + 1)).unwrap_err().to_string();
        assert!(error.contains("at most 40"), "{error}");
    }

    #[test]
    fn what_is_there_stays_and_nothing_half_written_is_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "kept").unwrap();
        let error = create("mine", Language::Table, Engine::QuickJs, folder.path()).unwrap_err();
        assert!(matches!(error, NewError::Exists { .. }), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("mine")).unwrap(), "kept");
        let error = create("other", Language::Table, Engine::QuickJs, &folder.path().join("mine")).unwrap_err();
        assert!(matches!(error, NewError::Write { .. }), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in [Language::Table, Language::Rust, Language::Javascript, Language::Python] {
            for (path, bytes) in shipped::template(language, Engine::SpiderMonkey) {
                let (path, bytes) = filled(&path, bytes, "many-wages");
                let text = String::from_utf8_lossy(&bytes);
                assert!(!path.contains("{{name") && !text.contains("{{name"), "{path}");
            }
        }
    }
}
