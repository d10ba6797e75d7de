//! From JavaScript or Python to a component.
//!
//! What is needed comes from npm or PyPI by their ordinary clients, in the versions and with the hashes that the project
//! locks, into the project's own folder. The tools write beside the component; only what the sandbox would take is renamed
//! into its place.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{BuildError, Built, Step, component, digest, stamp::Stamp, with_lock, write_whole};
use crate::{
    new::Language,
    project::{QUICKJS, SPIDERMONKEY, manifest},
};

/// Files that one project in JavaScript or Python may have.
pub const SOURCES_COUNT_MAX: usize = 4_096;
/// Lines of a tool that an error quotes.
const OUTPUT_LINES_MAX: usize = 60;
/// The oldest Node.js that the build runs on.
const NODE: Version = (18, 0);
/// The oldest Python that the build runs on.
const PYTHON: Version = (3, 10);
/// What turns an entry into a component, given to Node.js.
const COMPONENTIZE: &str = include_str!("componentize.mjs");

type Version = (u32, u32);

/// What differs from language to language.
struct Kit {
    /// The program that has to be on the machine, and how it tells its version.
    program: &'static str,
    version: [&'static str; 2],
    oldest: Version,
    /// How to get it.
    way: &'static str,
    /// Where what is installed goes.
    installed: &'static str,
    /// What says what is installed, with hashes.
    lock: &'static str,
    /// Its manifest, which holds name and version.
    manifest: &'static str,
    /// How the sources end.
    ending: &'static str,
}

const JAVASCRIPT: Kit = Kit {
    program: "node",
    version: ["-p", "process.versions.node"],
    oldest: NODE,
    way: "install Node.js from https://nodejs.org (Debian, Ubuntu: apt install nodejs npm)",
    installed: "node_modules",
    lock: "package-lock.json",
    manifest: "package.json",
    ending: "js",
};

const PYTHON_KIT: Kit = Kit {
    program: "python3",
    version: ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
    oldest: PYTHON,
    way: "install Python from https://www.python.org (Debian, Ubuntu: apt install python3 python3-venv python3-pip)",
    installed: ".venv",
    lock: "requirements.txt",
    manifest: "pyproject.toml",
    ending: "py",
};

/// A project in JavaScript or Python.
struct Sources<'a> {
    root: &'a Path,
    kit: &'static Kit,
    name: String,
    version: String,
    /// The tool that makes its component.
    tool: &'static str,
}

/// Builds a project into `out_dir/<name>.wasm`; does nothing when that is up to date.
pub(super) fn build(
    dir: &Path,
    language: Language,
    out_dir: &Path,
    progress: &mut dyn FnMut(Step),
) -> Result<Built, BuildError> {
    if let Some(built) = Stamp::current(dir, out_dir) {
        return Ok(built);
    }
    let root = dir.canonicalize().map_err(|source| BuildError::Read { path: dir.into(), source })?;
    let kit = if language == Language::Python { &PYTHON_KIT } else { &JAVASCRIPT };
    let sources = Sources::of(&root, kit)?;
    kit.check()?;
    fs::create_dir_all(out_dir).map_err(|source| BuildError::Write { path: out_dir.into(), source })?;
    with_lock(out_dir, progress, |progress| {
        if let Some(built) = Stamp::current(dir, out_dir) {
            return Ok(built);
        }
        let whole = out_dir.canonicalize().map_err(|source| BuildError::Read { path: out_dir.into(), source })?;
        sources.install(progress)?;
        progress(Step::Compiling(vec![sources.name.clone()]));
        let files = sources.files()?;
        let read = Stamp::digest_of(&files);
        let part = whole.join(format!(".{}.{}.part", sources.name, std::process::id()));
        let made = sources.componentize(&part).and_then(|()| sources.checked(&part));
        // Whether or not it came to anything, nothing half-made stays.
        let _ = fs::remove_file(&part);
        let bytes = made?;
        let path = out_dir.join(format!("{}.wasm", sources.name));
        write_whole(&path, &bytes)?;
        let size = bytes.len() as u64;
        let built = Built { id: sources.name.clone(), path, digest: digest(&bytes), size, fresh: true };
        if read.is_none() || Stamp::digest_of(&files) != read {
            return Err(BuildError::Changed { path: dir.into() });
        }
        Stamp::note(dir, &files, &built, out_dir)?;
        progress(Step::Ready(built.clone()));
        Ok(built)
    })
}

impl Kit {
    /// The program is there and new enough.
    fn check(&self) -> Result<(), BuildError> {
        let missing = |why: String| BuildError::Missing { name: self.program.into(), why, way: self.way.into() };
        let mut command = Command::new(self.program);
        let done = command.args(self.version).stdin(Stdio::null()).output();
        let done = done.map_err(|error| missing(error.to_string()))?;
        let told = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        let (major, minor) = self.oldest;
        match version(&told) {
            Some(found) if found >= self.oldest => Ok(()),
            Some(_) => Err(missing(format!("it is version {told}, at least {major}.{minor} is needed"))),
            None => Err(missing("it does not tell its version".into())),
        }
    }
}

fn version(told: &str) -> Option<Version> {
    let mut parts = told.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl<'a> Sources<'a> {
    fn of(root: &'a Path, kit: &'static Kit) -> Result<Self, BuildError> {
        let path = root.join(kit.manifest);
        let text = manifest(&path).map_err(|source| BuildError::Read { path: path.clone(), source })?;
        let (name, version) = if kit.ending == "js" { in_json(&text) } else { in_toml(&text) };
        let plain = |text: &String| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
        };
        match (name.filter(plain), version.filter(plain)) {
            (Some(name), Some(version)) => {
                let tool = match kit.ending {
                    "js" => javascript_tool(&text).ok_or(BuildError::Tools { path })?,
                    _ => "componentize-py",
                };
                Ok(Self { root, kit, name, version, tool })
            }
            _ => Err(BuildError::NoManifest { path }),
        }
    }

    /// What the project locks, in the project's own folder.
    fn install(&self, progress: &mut dyn FnMut(Step)) -> Result<(), BuildError> {
        let folder = self.root.join(self.kit.installed);
        let lock = self.root.join(self.kit.lock);
        let locked = fs::read(&lock).map_err(|source| BuildError::Read { path: lock, source })?;
        let wanted = digest(&locked);
        // Written last, so an installation that was cut off is made anew.
        let mark = folder.join(".maple-installed");
        if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
            return Ok(());
        }
        progress(Step::Installing { what: self.kit.lock.into(), into: self.kit.installed.into() });
        if self.kit.ending == "js" {
            let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
            self.fetch(Command::new("npm").args(words), "npm")?;
        } else {
            self.fetch(Command::new("python3").args(["-m", "venv", "--clear", ".venv"]), "python3 -m venv")?;
            let words = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"];
            let mut pip = Command::new(self.in_venv("python"));
            self.fetch(pip.args(words).args(["--only-binary", ":all:", "-r", self.kit.lock]), "pip")?;
        }
        write_whole(&mark, wanted.as_bytes())
    }

    fn fetch(&self, command: &mut Command, name: &str) -> Result<(), BuildError> {
        let missing = |error: io::Error| BuildError::Missing {
            name: name.into(),
            why: error.to_string(),
            way: self.kit.way.into(),
        };
        let (good, output) = run(command.current_dir(self.root)).map_err(missing)?;
        let (lock, way) = (self.kit.lock.into(), self.kit.way.into());
        if good { Ok(()) } else { Err(BuildError::Install { name: name.into(), lock, output, way }) }
    }

    /// Runs the tool that makes the component, into `part`.
    fn componentize(&self, part: &Path) -> Result<(), BuildError> {
        let folder = self.root.join(self.kit.installed).join(".maple");
        let entry = folder.join(format!("maple_entry.{}", self.kit.ending));
        let written = |source| BuildError::Write { path: entry.clone(), source };
        fs::create_dir_all(&folder).map_err(written)?;
        fs::write(&entry, self.entry()).map_err(written)?;
        let wit = self.root.join("vendor/wit");
        let mut command = if self.kit.ending == "js" {
            let mut node = Command::new("node");
            node.args(["--input-type=module", "--eval", COMPONENTIZE, "--", self.tool]);
            node.args([self.root, &entry, &wit, part].map(Path::as_os_str));
            node
        } else {
            let mut tool = Command::new(self.in_venv(self.tool));
            tool.args(["--wit-path".as_ref(), wit.as_os_str(), "--world".as_ref(), "plugin".as_ref()]);
            tool.args(["componentize", "maple_entry", "--stub-wasi"]);
            for path in [&folder, &self.root.join("src"), &self.root.join("vendor")] {
                tool.args(["--python-path".as_ref(), path.as_os_str()]);
            }
            tool.args([OsStr::new("--output"), part.as_os_str()]);
            // Only what lies in the project goes in.
            tool.env_remove("PYTHONPATH").env("VIRTUAL_ENV", self.root.join(".venv/.maple/none"));
            tool
        };
        let name = command.get_program().to_string_lossy().into_owned();
        let gone = |error: io::Error| BuildError::Missing { name, why: error.to_string(), way: self.kit.way.into() };
        let (good, output) = run(command.current_dir(self.root)).map_err(gone)?;
        if good && part.is_file() { Ok(()) } else { Err(BuildError::Script { id: self.name.clone(), output }) }
    }

    /// The component as the host would take it, without what only tells how it was made.
    fn checked(&self, part: &Path) -> Result<Vec<u8>, BuildError> {
        let bytes = fs::read(part).map_err(|source| BuildError::Read { path: part.into(), source })?;
        component::from_component(&self.name, &bytes)
    }

    /// What the tool starts from: the policy of `src/`, under the name and version of the manifest.
    fn entry(&self) -> String {
        let Self { name, version, .. } = self;
        if self.kit.ending == "js" {
            // One gives what is imported as one thing, the other each function by its name.
            let diary = if self.tool == QUICKJS { "diary" } else { "* as diary" };
            format!(
                "import Policy from \"../../src/policy.js\";\n\
                 import {{ plugin }} from \"../../vendor/maple/index.js\";\n\
                 import {diary} from \"maple:policy/diary@0.1.0\";\n\
                 export const policy = plugin(Policy, \"{name}\", \"{version}\", diary);\n"
            )
        } else {
            format!(
                "from maple.runtime import plugin\n\
                 from policy import POLICY\n\
                 Policy = plugin(POLICY, \"{name}\", \"{version}\")\n"
            )
        }
    }

    fn in_venv(&self, program: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        self.root.join(".venv").join(folder).join(program)
    }

    /// Every file that the component is made from, sorted.
    fn files(&self) -> Result<Vec<PathBuf>, BuildError> {
        let mut files = vec![self.root.join(self.kit.manifest), self.root.join(self.kit.lock)];
        for folder in ["src", "vendor"] {
            gather(&self.root.join(folder), &mut files)?;
        }
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), BuildError> {
    let read = |source| BuildError::Read { path: folder.into(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "__pycache__") {
            gather(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
        if files.len() > SOURCES_COUNT_MAX {
            return Err(BuildError::TooMany { path: folder.into(), count: files.len() });
        }
    }
    Ok(())
}

fn in_json(text: &str) -> (Option<String>, Option<String>) {
    let manifest: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let field = |key: &str| Some(manifest.get(key)?.as_str()?.to_owned());
    (field("name"), field("version"))
}

/// The one tool that a `package.json` asks for.
fn javascript_tool(text: &str) -> Option<&'static str> {
    let manifest: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let asks = |tool: &&str| {
        ["dependencies", "devDependencies"]
            .iter()
            .any(|key| manifest.get(key).is_some_and(|all| all.get(*tool).is_some()))
    };
    let mut tools = [QUICKJS, SPIDERMONKEY].into_iter().filter(asks);
    tools.next().filter(|_| tools.next().is_none())
}

fn in_toml(text: &str) -> (Option<String>, Option<String>) {
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let field = |key: &str| Some(manifest.get("project")?.get(key)?.as_str()?.to_owned());
    (field("name"), field("version"))
}

/// Runs a tool to its end: whether it says that all is well, and the last lines of what it said.
fn run(command: &mut Command) -> io::Result<(bool, String)> {
    let done = command.stdin(Stdio::null()).output()?;
    let said = [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(OUTPUT_LINES_MAX)..).unwrap_or_default();
    Ok((done.status.success(), last.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_too_old_or_not_there_is_named_with_the_way_to_get_it() {
        let told = |program, answer| {
            let kit = Kit { program, version: [answer, ""], ..PYTHON_KIT };
            kit.check().err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(told("echo", "3.10.2"), "");
        assert!(told("echo", "3.9.7").contains("at least 3.10 is needed"), "{}", told("echo", "3.9.7"));
        assert!(told("echo", "what").contains("does not tell its version"));
        let missing = told("no-such-program", "");
        assert!(missing.contains("`no-such-program`") && missing.contains("apt install python3"), "{missing}");
    }

    #[test]
    fn names_and_versions_come_from_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let of = |kit: &'static Kit, text: &str| {
            fs::write(folder.path().join(kit.manifest), text).unwrap();
            Sources::of(folder.path(), kit).map(|sources| (sources.name, sources.version))
        };
        let found = ("x".to_owned(), "0.1.0".to_owned());
        let javascript = |tools: &str| {
            of(
                &JAVASCRIPT,
                &format!(r#"{{ "name": "x", "version": "0.1.0", "description": "no {SPIDERMONKEY}", {tools} }}"#),
            )
        };
        let [quick, spider] = [QUICKJS, SPIDERMONKEY].map(|tool| format!(r#""{tool}": "1""#));
        for tools in [format!(r#""devDependencies": {{ {quick} }}"#), format!(r#""dependencies": {{ {spider} }}"#)] {
            assert_eq!(javascript(&tools).unwrap(), found);
        }
        for tools in [r#""dependencies": {}"#.to_owned(), format!(r#""devDependencies": {{ {quick}, {spider} }}"#)] {
            assert!(matches!(javascript(&tools), Err(BuildError::Tools { .. })), "{tools}");
        }
        assert_eq!(javascript_tool(&format!("{{ \"devDependencies\": {{ {spider} }} }}")), Some(SPIDERMONKEY));
        assert_eq!(of(&PYTHON_KIT, "[project]\nname = \"x\"\nversion = \"0.1.0\"\n").unwrap(), found);
        for text in ["", "{}", r#"{ "name": "x\"; evil()", "version": "0.1.0" }"#] {
            assert!(matches!(of(&JAVASCRIPT, text), Err(BuildError::NoManifest { .. })), "{text}");
        }
    }

    #[test]
    fn sources_have_an_edge() {
        let folder = tempfile::tempdir().unwrap();
        for at in 0..SOURCES_COUNT_MAX {
            fs::write(folder.path().join(at.to_string()), "").unwrap();
        }
        assert!(gather(folder.path(), &mut Vec::new()).is_ok());
        fs::write(folder.path().join("more"), "").unwrap();
        assert!(matches!(gather(folder.path(), &mut Vec::new()), Err(BuildError::TooMany { .. })));
    }
}
