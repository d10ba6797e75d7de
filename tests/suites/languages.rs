//! Languages of authors: their types are those of the contract, and one rule decides the same in all of them.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, OnceLock},
};

use maple_bundle::{Compiled, Options};
use maple_kernel::evaluate;
use maple_kit::{
    build::{self, BuildError},
    new::{self, Language},
    project::Project,
};
use maple_sandbox::{Sandbox, SandboxConfig};
use maple_tests::{root, today};
use maple_wire::Reply;
use serde_json::{Value, json};
use wit_parser::{Docs, Resolve, Type, TypeDefKind, TypeId};

/// Set, the types of JavaScript are written instead of compared.
const WRITE: &str = "MAPLE_UPDATE";
/// The policy of the project.
const OWN: &str = "cn/zhejiang/jinhua/yongkang/many-wages";
/// How many cases every language is asked.
const CASES: u64 = 1_000;

/// The types of the contract for editors and type checkers of JavaScript.
struct Types<'r> {
    resolve: &'r Resolve,
    out: String,
}

impl Types<'_> {
    fn written(resolve: &Resolve) -> String {
        let head = "// The types of the contract; made from `sdk/wit` by the test `languages`.\n";
        let mut types = Types { resolve, out: head.into() };
        for (id, def) in resolve.types.iter().filter(|(_, def)| def.name.is_some()) {
            if !matches!(def.kind, TypeDefKind::Type(_)) {
                types.define(id);
            }
        }
        types.out
    }

    fn define(&mut self, id: TypeId) {
        let def = &self.resolve.types[id];
        let name = camel(def.name.as_deref().unwrap_or_default(), true);
        self.out.push('\n');
        self.docs("", &def.docs);
        match &def.kind {
            TypeDefKind::Record(record) => {
                writeln!(self.out, "export interface {name} {{").unwrap();
                for field in &record.fields {
                    self.docs("  ", &field.docs);
                    let (optional, of) = match field.ty {
                        Type::Id(id) => match self.resolve.types[id].kind {
                            TypeDefKind::Option(inner) => ("?", format!("{} | null", self.name(inner))),
                            _ => ("", self.name(field.ty)),
                        },
                        of => ("", self.name(of)),
                    };
                    writeln!(self.out, "  {}{optional}: {of};", camel(&field.name, false)).unwrap();
                }
                self.out.push_str("}\n");
            }
            TypeDefKind::Variant(variant) => {
                writeln!(self.out, "export type {name} =").unwrap();
                let count = variant.cases.len();
                for (at, case) in variant.cases.iter().enumerate() {
                    self.docs("  ", &case.docs);
                    let value = case.ty.map(|of| format!(", val: {}", self.name(of))).unwrap_or_default();
                    let end = if at + 1 == count { ";" } else { "" };
                    writeln!(self.out, "  | {{ tag: \"{}\"{value} }}{end}", case.name).unwrap();
                }
            }
            TypeDefKind::Enum(list) => {
                let words: Vec<String> = list.cases.iter().map(|case| format!("\"{}\"", case.name)).collect();
                writeln!(self.out, "export type {name} = {};", words.join(" | ")).unwrap();
            }
            TypeDefKind::Flags(flags) => {
                let words: Vec<String> =
                    flags.flags.iter().map(|flag| format!("{}: boolean", camel(&flag.name, false))).collect();
                writeln!(self.out, "export type {name} = {{ {} }};", words.join("; ")).unwrap();
            }
            other => panic!("the contract has a {} with a name", other.as_str()),
        }
    }

    fn name(&self, of: Type) -> String {
        let id = match of {
            Type::Bool => return "boolean".into(),
            Type::String => return "string".into(),
            Type::Id(id) => id,
            _ => return "number".into(),
        };
        let def = &self.resolve.types[id];
        match (&def.name, &def.kind) {
            (Some(name), _) => camel(name, true),
            (None, TypeDefKind::List(inner)) => format!("{}[]", self.name(*inner)),
            (None, TypeDefKind::Tuple(tuple)) => {
                let parts: Vec<String> = tuple.types.iter().map(|part| self.name(*part)).collect();
                format!("[{}]", parts.join(", "))
            }
            (None, other) => panic!("the contract has a {} in a place that has no type here", other.as_str()),
        }
    }

    fn docs(&mut self, before: &str, docs: &Docs) {
        let Some(text) = &docs.contents else { return };
        let text = text.trim();
        if text.lines().count() == 1 {
            writeln!(self.out, "{before}/** {text} */").unwrap();
            return;
        }
        writeln!(self.out, "{before}/**").unwrap();
        text.lines().for_each(|line| writeln!(self.out, "{before} * {}", line.trim()).unwrap());
        writeln!(self.out, "{before} */").unwrap();
    }
}

fn camel(name: &str, mut upper: bool) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter == '-' {
            upper = true;
        } else {
            out.push(if upper { letter.to_ascii_uppercase() } else { letter });
            upper = false;
        }
    }
    out
}

#[test]
fn the_types_of_javascript_are_those_of_the_contract() {
    let mut resolve = Resolve::default();
    resolve.push_dir(root().join("sdk/wit")).unwrap();
    let wanted = Types::written(&resolve);
    let path = root().join("sdk/templates/javascript/vendor/maple/contract.d.ts");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "contract.d.ts is not current; write it with {WRITE}=1");
}

/// The project of a language in a place that outlives the test, as `maple new` makes it, built. None, and aloud, where
/// this machine or its registry cannot build it.
fn built(language: Language) -> Option<PathBuf> {
    static ONE_AT_A_TIME: OnceLock<std::sync::Mutex<()>> = OnceLock::new();
    let _guard = ONE_AT_A_TIME.get_or_init(Default::default).lock().unwrap();
    let name = format!("{language:?}").to_lowercase();
    let kept = root().join("target/author").join(&name);
    let part = tempfile::tempdir().unwrap();
    let made = new::create("many-wages", language, new::Engine::QuickJs, part.path()).unwrap();
    let kept = kept.join("many-wages");
    for folder in ["src", "vendor", "policies"] {
        let _ = fs::remove_dir_all(kept.join(folder));
    }
    copy(&made, &kept);
    if language == Language::Rust {
        // What projects in Rust have in common is compiled once.
        let _ = std::os::unix::fs::symlink(root().join("target/author").canonicalize().unwrap(), kept.join("target"));
    }
    if language == Language::Table {
        return Some(kept);
    }
    match build::build(&kept, &kept.join("dist"), &mut |_| ()) {
        Ok(_) => Some(kept),
        Err(error @ (BuildError::Missing { .. } | BuildError::Install { .. })) => {
            assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{error}");
            eprintln!("SKIPPED: {name} cannot be built here: {error}");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn the_bindings_of_python_are_those_of_the_contract() {
    let Some(project) = built(Language::Python) else { return };
    let fresh = tempfile::tempdir().unwrap();
    let mut tool = Command::new(project.join(".venv/bin/componentize-py").canonicalize().unwrap());
    tool.args(["--world", "plugin", "--wit-path"]).arg(root().join("sdk/wit")).arg("bindings").arg(fresh.path());
    assert!(tool.output().unwrap().status.success());
    let vendored = root().join("sdk/templates/python/vendor/bindings");
    let files =
        ["__init__", "exports/__init__", "exports/policy", "imports/__init__", "imports/diary", "imports/types"];
    let files = files.map(|file| format!("wit_world/{file}.py"));
    for file in files.iter().map(String::as_str).chain(["componentize_py_types.py"]) {
        let made = fs::read_to_string(fresh.path().join(file)).unwrap();
        if std::env::var_os(WRITE).is_some() {
            fs::write(vendored.join(file), &made).unwrap();
        }
        assert!(fs::read_to_string(vendored.join(file)).unwrap() == made, "{file} is not current");
    }
}

/// A project ready to be asked.
struct Asked {
    _sandbox: Arc<Sandbox>,
    compiled: Compiled,
}

impl Asked {
    fn of(project: &Path) -> Self {
        let cache = Some(project.join(".maple/cache"));
        let sandbox = Arc::new(Sandbox::new(SandboxConfig { cache, ..SandboxConfig::default() }).unwrap());
        if let Ok(bytes) = fs::read(project.join("dist/many-wages.wasm")) {
            sandbox.add_component(&bytes).unwrap();
        }
        for (_, bytes) in maple_kit::shipped::plugins(&[]).unwrap() {
            sandbox.add_component(&bytes).unwrap();
        }
        let files = Project::at(project).files().unwrap();
        let compiled = maple_bundle::compile(&files.bundle, &*sandbox, &Options::default()).unwrap();
        Self { _sandbox: sandbox, compiled }
    }

    /// What is decided, without what differs by how the rule is asked and not by what it says.
    fn decides(&self, case: &Value) -> Value {
        let ruleset = &self.compiled.ruleset;
        let question = maple_wire::parse_question(case.to_string().as_bytes(), ruleset, today()).unwrap();
        let decision = evaluate(ruleset, &question);
        let reply = Reply { id: "d", generation: 0, case: &question.case, decision: &decision };
        let mut written: Value = serde_json::from_slice(&maple_wire::write_decision(&reply)).unwrap();
        let told = written["decision"].as_object_mut().unwrap();
        told.remove("ruleset");
        // A table names every known fact that it looked at, the code the one that its finding rests on.
        for step in told["steps"].as_array_mut().unwrap().iter_mut().filter(|step| step["policy"] == OWN) {
            step["evidence"].as_array_mut().unwrap().retain(|fact| fact != "labour_arbitration_done");
        }
        let verdicts = told["verdicts"].as_array_mut().unwrap();
        // A table looks at the kind in its rule, code in its target: who was asked in vain is not part of the answer.
        verdicts.retain(|verdict| verdict["policy"] != OWN || verdict["verdict"] != "not_applicable");
        for verdict in verdicts {
            for part in ["plugin", "digest", "fuel"] {
                verdict.as_object_mut().unwrap().remove(part);
            }
        }
        written
    }
}

/// The next of a fixed row of numbers (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A case; what the rule looks at lies about its edges and may be missing.
fn case(state: &mut u64) -> Value {
    let mut pick = |below: u64| next(state) % below;
    let kinds = ["labour.wage", "labour.wage_migrant", "labour.injury", "neighbour.nuisance", "contract.sale"];
    let kind = kinds[usize::try_from(pick(kinds.len() as u64)).unwrap()];
    let mut facts = serde_json::Map::new();
    let people = pick(24);
    if people > 0 {
        facts.insert("people".into(), people.into());
    }
    for (key, odds) in [("labour_arbitration_done", 4), ("written_contract", 3), ("violence_now", 12)] {
        match pick(odds) {
            0 => drop(facts.insert(key.into(), true.into())),
            1 => drop(facts.insert(key.into(), false.into())),
            _ => {}
        }
    }
    if pick(2) == 0 {
        facts.insert("amount".into(), format!("{}.{:02}", pick(90_000), pick(100)).into());
    }
    json!({ "case": {
        "locality": "cn/zhejiang/jinhua/yongkang", "kind": kind, "source": "hotline", "facts": facts,
        "parties": [{ "role": "applicant", "type": "natural", "facts": {} }],
    } })
}

#[test]
fn one_rule_decides_the_same_in_every_language() {
    let languages = [Language::Table, Language::Rust, Language::Javascript, Language::Python];
    let asked: Vec<(Language, Asked)> =
        languages.into_iter().filter_map(|language| Some((language, Asked::of(&built(language)?)))).collect();
    let ((_, table), others) = asked.split_first().unwrap();
    let (mut state, mut spoke) = (20_261_123, 0);
    for _ in 0..CASES {
        let case = case(&mut state);
        let wanted = table.decides(&case);
        spoke += usize::from(wanted["decision"]["steps"].to_string().contains(OWN));
        for (language, other) in others {
            let decided = other.decides(&case);
            assert_eq!(decided, wanted, "{language:?} decides otherwise on\n{case:#}");
        }
    }
    assert!((100..900).contains(&spoke), "the rule spoke in {spoke} of {CASES} cases");
}
