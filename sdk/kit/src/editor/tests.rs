use std::{collections::BTreeMap, fs, path::Path};

use maple_bundle::{Bundle, format::File};
use serde_json::Value;

use super::{Completion, CompletionKind, Desk, SymbolKind, schema};

const RULES: &str = "cn/zhejiang/jinhua/yongkang/new.toml";

fn house() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn policies() -> Bundle {
    Bundle::read(&house().join("policies")).unwrap()
}

thread_local! {
    static DESK: Desk = Desk::new(&policies());
}

/// Runs something on a desk with one more file; `|` is the cursor.
fn with<T>(path: &str, text: &str, run: impl FnOnce(&Desk, usize) -> T) -> T {
    let offset = text.find('|').unwrap_or(0);
    let mut desk = Desk::new(&Bundle::from_files(BTreeMap::new()).unwrap());
    DESK.with(|shipped| {
        desk.learn(shipped.words.clone());
        for (path, page) in &shipped.pages {
            desk.put(path, &page.text);
        }
    });
    desk.put(path, &text.replacen('|', "", 1));
    run(&desk, offset)
}

fn complete(path: &str, text: &str) -> Vec<Completion> {
    with(path, text, |desk, offset| desk.complete(path, offset))
}

/// The text after a suggestion was taken.
fn taken(path: &str, text: &str, label: &str) -> String {
    let found = complete(path, text);
    let labels: Vec<_> = found.iter().map(|c| c.label.as_str()).collect();
    let chosen = found.iter().find(|c| c.label == label).unwrap_or_else(|| panic!("{label} in {labels:?} of {text}"));
    let mut out = text.replacen('|', "", 1);
    out.replace_range(chosen.replace.clone(), &chosen.insert);
    out
}

#[test]
fn names_are_offered_where_they_fit() {
    for (text, label, after) in [
        ("mo|", "mode", "mode = "),
        ("mo| = 1", "mode", "mode = 1"),
        ("mode = \"|\"", "shadow", "mode = \"shadow\""),
        ("[[ru|", "rule", "[[rule"),
        ("[ta|]", "target", "[target]"),
        ("[target]\nkinds = [\"lab|\"]", "labour.*", "[target]\nkinds = [\"labour.*\"]"),
        ("[[rule]]\nwhen = { | }", "people", "[[rule]]\nwhen = { people =  }"),
        ("[[rule]]\nwhen = { peo| }", "people", "[[rule]]\nwhen = { people =  }"),
        ("[[rule]]\nwhen = { people = { | } }", "min", "[[rule]]\nwhen = { people = { min =  } }"),
        ("[[rule]]\nwhen = { relation = \"|\" }", "family", "[[rule]]\nwhen = { relation = \"family\" }"),
        (
            "[[rule]]\nwhen = { relation = [\"family\", \"|\"] }",
            "neighbour",
            "[[rule]]\nwhen = { relation = [\"family\", \"neighbour\"] }",
        ),
        ("[[rule]]\nwhen = { domestic_violence = | }", "true", "[[rule]]\nwhen = { domestic_violence = true }"),
        ("[[rule]]\nwhen = { any = { ro| } }", "role", "[[rule]]\nwhen = { any = { role =  } }"),
        (
            "[[rule]]\nwhen = { any = [{ role = \"|\" }] }",
            "respondent",
            "[[rule]]\nwhen = { any = [{ role = \"respondent\" }] }",
        ),
        ("[[rule]]\nwhen = { any = { type = | } }", "natural", "[[rule]]\nwhen = { any = { type = \"natural\" } }"),
        (
            "[[rule]]\nwhen = { kind = \"lab|, people = 1 }",
            "labour.*",
            "[[rule]]\nwhen = { kind = \"labour.*\", people = 1 }",
        ),
        ("[[rule]]\nthen = [ { | } ]", "offer", "[[rule]]\nthen = [ { offer =  } ]"),
        (
            "[[rule]]\nthen = [ { offer = \"lab| } ]",
            "labour_mediation",
            "[[rule]]\nthen = [ { offer = \"labour_mediation\" } ]",
        ),
        ("[[rule]]\nthen = [ { offer = \"court\", | } ]", "due", "[[rule]]\nthen = [ { offer = \"court\", due =  } ]"),
        (
            "[[rule]]\nthen = [ { duty = \"|\" } ]",
            "explain_how_to_refuse",
            "[[rule]]\nthen = [ { duty = \"explain_how_to_refuse\" } ]",
        ),
        (
            "[[rule]]\nthen = [ { offer = \"court\", due = \"| } ]",
            "7 working days",
            "[[rule]]\nthen = [ { offer = \"court\", due = \"7 working days\" } ]",
        ),
        (
            "[[rule]]\nthen = [ { signal = \"x\", level = \"|\" } ]",
            "orange",
            "[[rule]]\nthen = [ { signal = \"x\", level = \"orange\" } ]",
        ),
        (
            "[[rule]]\nthen = [ { clock = \"x\", from = \"|\" } ]",
            "today",
            "[[rule]]\nthen = [ { clock = \"x\", from = \"today\" } ]",
        ),
        (
            "[[rule]]\nbasis = [\"cn.lab|\"]",
            "cn.labour_mediation_arbitration.5",
            "[[rule]]\nbasis = [\"cn.labour_mediation_arbitration.5\"]",
        ),
        (
            "[[rule]]\nbasis = [|]",
            "cn.labour_mediation_arbitration.5",
            "[[rule]]\nbasis = [\"cn.labour_mediation_arbitration.5\"]",
        ),
        (
            "[[rule]]\nid = \"Q1\"\n[[case]]\ncovers = [\"|\"]",
            "Q1",
            "[[rule]]\nid = \"Q1\"\n[[case]]\ncovers = [\"Q1\"]",
        ),
        ("[[case]]\ncase = { locality = \"|\" }", "cn/zhejiang", "[[case]]\ncase = { locality = \"cn/zhejiang\" }"),
        ("[[case]]\ncase = { facts = { | } }", "people", "[[case]]\ncase = { facts = { people =  } }"),
        (
            "[[case]]\nexpect = { preconditions = [\"|\"] }",
            "labour_arbitration>court",
            "[[case]]\nexpect = { preconditions = [\"labour_arbitration>court\"] }",
        ),
        (
            "[[case]]\nexpect = { clocks = { | } }",
            "limitation_labour",
            "[[case]]\nexpect = { clocks = { limitation_labour =  } }",
        ),
        (
            "[[case]]\nexpect = { clocks = { limitation_labour = { | } } }",
            "warn",
            "[[case]]\nexpect = { clocks = { limitation_labour = { warn =  } } }",
        ),
        ("[[case]]\nexpect = { st| }", "steps", "[[case]]\nexpect = { steps =  }"),
        ("[[case]]\nexpect = { steps = [{ | }] }", "channel", "[[case]]\nexpect = { steps = [{ channel =  }] }"),
        (
            "[[case]]\nexpect = { steps = [{ body = \"|\" }] }",
            "county",
            "[[case]]\nexpect = { steps = [{ body = \"county\" }] }",
        ),
        (
            "[[case]]\nexpect = { has-duties = [{ bearer = \"|\" }] }",
            "intake",
            "[[case]]\nexpect = { has-duties = [{ bearer = \"intake\" }] }",
        ),
        (
            "[[case]]\nexpect = { has-duties = [\"|\"] }",
            "register_first",
            "[[case]]\nexpect = { has-duties = [\"register_first\"] }",
        ),
        (
            "[[case]]\nexpect = { has-duties = \"|\" }",
            "register_first",
            "[[case]]\nexpect = { has-duties = \"register_first\" }",
        ),
        (
            "[[case]]\nexpect = { signals = [{ level = \"|\" }] }",
            "orange",
            "[[case]]\nexpect = { signals = [{ level = \"orange\" }] }",
        ),
        (
            "[[case]]\nexpect = { basis = [\"|\"] }",
            "cn.labour_mediation_arbitration.5",
            "[[case]]\nexpect = { basis = [\"cn.labour_mediation_arbitration.5\"] }",
        ),
        ("[[rule]]\nreplaces = [\"|\"]", "cn/labour#R19", "[[rule]]\nreplaces = [\"cn/labour#R19\"]"),
        ("[[policy]]\n[policy.|]", "target", "[[policy]]\n[policy.target]"),
        ("[[rule]]\nsummary = |", "{ zh = \"\", en = \"\" }", "[[rule]]\nsummary = { zh = \"\", en = \"\" }"),
    ] {
        assert_eq!(taken(RULES, text, label), after, "{text}");
    }
    for (path, text, label) in [
        ("cn/zhejiang/pack.toml", "id = \"|\"", "cn/zhejiang"),
        ("channels.toml", "[[channel]]\nclass = |", "facilitative"),
        ("channels.toml", "[[channel]]\nwithin = \"|\"", "cn"),
        ("facts.toml", "[[fact]]\ntype = \"text\"\n|", "words"),
        ("words.toml", "[clock.x]\nki|", "kind"),
        ("localities.toml", "[[locality]]\nguardrails = \"|\"", "cn"),
        ("localities.toml", "[[locality]]\ncalendar = \"|\"", "cn"),
        ("localities.toml", "[[locality]]\nfigures = { | }", "small_claims_cap"),
        ("guardrails.toml", "[trust]\nfloor = [\"|\"]", "gb/england-wales"),
        ("guardrails.toml", "[cn]\nauthority = { flags = [\"|\"] }", "public_authority_act"),
        ("provisions.toml", "[[provision]]\nver|", "verified"),
        ("holidays/cn-2031.toml", "ro|", "rolls"),
        ("kinds.toml", "[[ki|", "kind"),
    ] {
        let found = complete(path, text);
        assert!(found.iter().any(|c| c.label == label), "{path} {text}: {found:?}");
    }
}

#[test]
fn what_does_not_fit_is_not_offered() {
    for (path, text, label) in [
        (RULES, "[[rule]]\nid = \"a\"\n|", "id"),
        (RULES, "[[rule]]\nwhen = { | }", "consent"),
        (RULES, "[[rule]]\nwhen = { any = { | } }", "people"),
        (RULES, "[[rule]]\nwhen = { people = { | } }", "ago-min"),
        (RULES, "[[rule]]\nwhen = { knew_on = { | } }", "max"),
        (RULES, "[[rule]]\nthen = [ { offer = \"court\", | } ]", "prefer"),
        (RULES, "[[rule]]\nthen = [ { offer = \"|\" } ]", "early_conciliation"),
        (RULES, "[[case]]\ncase = { facts = { | } }", "small_claims_cap"),
        (RULES, "# |", "mode"),
        (RULES, "mode = \"off\" |", "enforce"),
        (RULES, "[target]\nkinds = [ | ]", "true"),
        ("facts.toml", "[[fact]]\ntype = \"flag\"\n|", "words"),
        ("README.toml", "|", "id"),
    ] {
        let found = complete(path, text);
        assert!(!found.iter().any(|c| c.label == label), "{path} {text}: {label}");
    }
}

#[test]
fn suggestions_say_what_they_mean_in_both_languages() {
    let found = complete(RULES, "[[rule]]\nthen = [ { offer = \"|\" } ]");
    let labour = found.iter().find(|c| c.label == "labour_mediation").unwrap();
    assert!(labour.detail.contains("劳动") && labour.detail.contains("Labour mediation"), "{}", labour.detail);
    assert!(labour.text.contains("class") && labour.text.contains("facilitative"), "{}", labour.text);
    let found = complete(RULES, "[[rule]]\nwhen = { | }");
    let people = found.iter().find(|c| c.label == "people").unwrap();
    assert_eq!(people.kind, CompletionKind::Fact);
    assert!(people.text.contains("whole number") && people.text.contains("案件"), "{}", people.text);
}

#[test]
fn hover_tells_what_a_name_means() {
    for (text, told) in [
        (
            "[[rule]]\nbasis = [\"cn.labour_med|iation_arbitration.5\"]",
            &["劳动争议调解仲裁法", "第五条", "2008-05-01", "in force"][..],
        ),
        (
            "[[rule]]\nthen = [ { offer = \"labour_medi|ation\" } ]",
            &["facilitative", "Labour mediation", "free by law"],
        ),
        ("[[rule]]\nwhen = { peo|ple = { min = 10 } }", &["whole number", "of the case"]),
        ("[[rule]]\nwhen = { kind = [\"labour.w|age\"] }", &["labour.wage"]),
        ("[[rule]]\nflo|or = true", &["No lower level may weaken it", "下级不得削弱"]),
        ("mode = \"sha|dow\"", &["changes nothing"]),
        ("[[case]]\nexpect = { clocks = { limitation_la|bour = 2026-01-01 } }", &["a party's time"]),
        (
            "[[case]]\nexpect = { preconditions = [\"labour_arbitration>co|urt\"] }",
            &["adjudicative", "Labour and personnel arbitration"],
        ),
        ("[[case]]\ncase = { locality = \"cn/zhe|jiang\" }", &["浙江", "Zhejiang"]),
    ] {
        let hover = with(RULES, text, |desk, offset| desk.hover(RULES, offset));
        let hover = hover.unwrap_or_else(|| panic!("nothing is told of {text}"));
        for part in told {
            assert!(hover.text.contains(part), "{text}: `{part}` in {}", hover.text);
        }
        let offset = text.find('|').unwrap();
        assert!(hover.range.start < offset && offset < hover.range.end, "{text}: {:?}", hover.range);
    }
    for text in ["|", "[[rule]]\nid = \"Q|1\"", "[[rule]]\nbasis = [\"no.such|.law\"]", "zz|z = 1"] {
        assert_eq!(with(RULES, text, |desk, offset| desk.hover(RULES, offset)), None, "{text}");
    }
}

#[test]
fn names_lead_to_where_they_are_introduced() {
    for (text, file, at) in [
        (
            "[[rule]]\nbasis = [\"cn.labour_med|iation_arbitration.5\"]",
            "provisions",
            "\"cn.labour_mediation_arbitration.5\"",
        ),
        ("[[rule]]\nwhen = { peo|ple = 1 }", "facts", "\"people\""),
        ("[[rule]]\nthen = [ { offer = \"cou|rt\" } ]", "channels", "\"court\""),
        ("[[rule]]\nthen = [ { duty = \"explain_how_to_re|fuse\" } ]", "words", "explain_how_to_refuse"),
        ("[[rule]]\nreplaces = [\"cn/labour#R1|9\"]", "cn/labour", "\"R19\""),
        ("[[rule]]\nid = \"Q1\"\n[[case]]\ncovers = [\"Q|1\"]", "cn/zhejiang/jinhua/yongkang/new", "\"Q1\""),
        ("[[case]]\ncase = { locality = \"cn/zhej|iang\" }", "localities", "\"cn/zhejiang\""),
    ] {
        with(RULES, text, |desk, offset| {
            let (path, range) = desk.definition(RULES, offset).unwrap_or_else(|| panic!("{text}"));
            assert!(path.starts_with(file), "{text}: {path}");
            assert_eq!(&desk.text(path).unwrap()[range], at, "{text}");
        });
    }
    assert!(with(RULES, "[[rule]]\nbasis = [\"no.su|ch\"]", |desk, at| desk.definition(RULES, at).is_none()));
}

#[test]
fn a_file_tells_what_stands_in_it() {
    let text = "id = \"x\"\n[target]\nkinds = [\"labour.*\"]\n[[rule]]\nid = \"甲1\"\nsummary = { zh = \"甲\", en = \"first\" }\n\
                [[case]]\nname = \"a case\"\n[[policy]]\nid = \"code\"\n";
    let found = with(RULES, text, |desk, _| desk.outline(RULES));
    let told: Vec<_> = found.iter().map(|s| (s.kind, s.name.as_str(), s.detail.as_str())).collect();
    assert_eq!(
        told,
        [
            (SymbolKind::Entry, "target", ""),
            (SymbolKind::Rule, "甲1", "first"),
            (SymbolKind::Case, "a case", ""),
            (SymbolKind::Policy, "code", ""),
        ]
    );
    for symbol in found {
        assert!(symbol.range.start <= symbol.selection.start && symbol.selection.end <= symbol.range.end);
    }
    DESK.with(|desk| {
        assert!(desk.outline("words.toml").iter().any(|s| s.name == "duty.inform_right_to_sue"));
        assert!(desk.outline("facts.toml").len() > 20);
    });
}

/// Policy text as JSON, days as texts.
fn json(text: &str) -> Value {
    plain(toml::Value::Table(text.parse().unwrap()))
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(day) => Value::String(day.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, inner)| (key, plain(inner))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn validator(file: File) -> jsonschema::Validator {
    jsonschema::validator_for(&schema::of(file)).unwrap()
}

#[test]
fn schemas_that_are_kept_are_current() {
    let folder = house().join("sdk/schemas");
    for (name, schema) in schema::all() {
        let path = folder.join(&name);
        let text = schema::text(&schema);
        assert!(
            fs::read_to_string(&path).is_ok_and(|kept| kept == text),
            "sdk/schemas/{name} is not current: maple schema --dir sdk/schemas"
        );
    }
}

#[test]
fn shipped_policies_and_examples_meet_their_schemas() {
    let validators: BTreeMap<File, _> = File::ALL.into_iter().map(|file| (file, validator(file))).collect();
    let mut folders = vec![house().join("policies"), house().join("sdk/templates/table/policies")];
    let examples = house().join("sdk/docs/examples");
    folders.extend(
        fs::read_dir(examples).into_iter().flatten().filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()),
    );
    let mut seen = 0;
    for folder in folders {
        let Ok(bundle) = Bundle::read(&folder) else { continue };
        for (path, bytes) in bundle.files() {
            let text = std::str::from_utf8(bytes).unwrap();
            let Some(file) = File::of(path) else { continue };
            let errors: Vec<_> =
                validators[&file].iter_errors(&json(text)).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{}/{path}: {errors:#?}", folder.display());
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

/// What is wrong whatever the registries say is wrong for the schema and for the reader.
#[test]
fn schema_and_reader_refuse_the_same_files() {
    let rule = |more: &str| {
        format!(
            "[[rule]]\nid = \"Q1\"\nsummary = {{ zh = \"甲\", en = \"a\" }}\nthen = [{{ refer = \"unclear\" }}]\nbasis = [\"cn.labour_mediation_arbitration.5\"]\n{more}\n"
        )
    };
    let effect = |effect: &str| rule("").replace("{ refer = \"unclear\" }", effect);
    let base = policies();
    for (path, text) in [
        (RULES, rule("floor = \"yes\"")),
        (RULES, rule("wenn = {}")),
        (RULES, rule("when = []")),
        (RULES, rule("when = { people = { minimum = 1 } }")),
        (RULES, rule("when = { people = {} }")),
        (RULES, rule("when = { people = 1.5 }")),
        (RULES, rule("when = { any = { type = \"person\" } }")),
        (RULES, rule("when = { any = 1 }")),
        (RULES, rule("in-force-from = \"yesterday\"")),
        (RULES, rule("why = \"text\"")),
        (RULES, rule("why = { zh = \"甲\" }")),
        (RULES, rule("why = { zh = \"甲\", en = \"a\", fr = \"a\" }")),
        (RULES, rule("").replace("Q1", "Q 1")),
        (RULES, rule("").replace("id =", "ids =")),
        (RULES, effect("{}")),
        (RULES, effect("{ refer = \"unclear\", offer = \"court\" }")),
        (RULES, effect("{ offer = \"court\", due = \"7 days\" }")),
        (RULES, effect("{ offer = \"court\", from = \"acceptance\" }")),
        (RULES, effect("{ offer = \"court\", due = \"soon\", from = \"acceptance\" }")),
        (RULES, effect("{ offer = \"court\", weight = 101 }")),
        (RULES, effect("{ forbid-class = \"soft\" }")),
        (RULES, effect("{ require-first = \"court\" }")),
        (RULES, effect("{ signal = \"wage_arrears_cluster\", level = \"pink\", subject = \"place\" }")),
        (RULES, effect("{ signal = \"wage_arrears_cluster\", level = \"red\", subject = \"person:applicant\" }")),
        (RULES, effect("{ clock = \"limitation_labour\", from = \"filed\", span = \"1 year\", warn = [-1] }")),
        (RULES, format!("mode = \"on\"\n{}", rule(""))),
        (RULES, format!("complete = 1\n{}", rule(""))),
        (RULES, "mode = \"off\"\n".to_owned()),
        (RULES, format!("[limits]\nfuel = 0\n{}", rule(""))),
        (RULES, format!("[target]\nkind = [\"labour.*\"]\n{}", rule(""))),
        (RULES, "[[policy]]\nid = \"a\"\nplugin = \"a\"\n".to_owned()),
        (RULES, "[[policy]]\nplugin = { id = \"a\", version = \"^1\" }\n".to_owned()),
        (RULES, "[[case]]\nname = \"a\"\ncase = { kind = \"labour.wage\" }\n".to_owned()),
        (RULES, "[[case]]\nname = \"a\"\ncase = { kind = \"labour.wage\" }\nexpect = {}\n".to_owned()),
        (RULES, "[[case]]\nname = \"a\"\ncase = { kind = \"labour.wage\" }\nexpect = { outcome = \"win\" }\n".to_owned()),
        (RULES, "[[case]]\nname = \"a\"\ncase = {}\nexpect = { outcome = \"route\" }\n".to_owned()),
        ("cn/pack.toml", "id = \"cn\"\n".to_owned()),
        ("facts/q.toml", "[[fact]]\nkey = \"Q q\"\nscope = \"case\"\ntype = \"flag\"\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("facts/q.toml", "[[fact]]\nkey = \"q\"\nscope = \"all\"\ntype = \"flag\"\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("facts/q.toml", "[[fact]]\nkey = \"q\"\nscope = \"case\"\ntype = \"flag\"\nmin = 1\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("kinds/q.toml", "[[kind]]\nid = \"q.q\"\n".to_owned()),
        ("channels/q.toml", "[[channel]]\nid = \"q\"\nclass = \"court\"\nwithin = \"*\"\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("words/q.toml", "[duty.q]\ntitle = { zh = \"甲\", en = \"a\" }\nmax = \"1 year\"\n".to_owned()),
        ("words/q.toml", "[dutys.q]\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("words/q.toml", "[clock.q]\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("provisions/q.toml", "[law.\"q.q\"]\ntitle = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("provisions/q.toml", "[[provision]]\nid = \"q\"\nsummary = { zh = \"甲\", en = \"a\" }\n".to_owned()),
        ("localities/q.toml", "[[locality]]\nid = \"q\"\ntitle = { zh = \"甲\", en = \"a\" }\ncurrency = \"yuan\"\n".to_owned()),
        ("guardrails/q.toml", "[q]\nbasis = []\n".to_owned()),
        ("guardrails/q.toml", "[q]\ncourts = [{ kinds = [\"*\"], channel = \"court\" }]\nduties = { H99 = [\"explain_how_to_refuse\"] }\n".to_owned()),
        ("holidays/q.toml", "calendar = \"q\"\nyear = 2026\nweekend = [0]\n".to_owned()),
        ("holidays/q.toml", "calendar = \"q\"\nyear = \"2026\"\nweekend = [6, 7]\n".to_owned()),
    ] {
        let file = File::of(path).unwrap();
        assert!(!validator(file).is_valid(&json(&text)), "the schema takes {path}:\n{text}");
        let over = base.with_files(BTreeMap::from([(path.to_owned(), text.clone().into_bytes())])).unwrap();
        let problems = maple_bundle::compile(&over, &Nobody, &maple_bundle::Options::default()).err().unwrap_or_default();
        assert!(problems.iter().any(|p| p.file == path), "the reader takes {path}:\n{text}");
    }
    assert!(validator(File::Rules).is_valid(&json(&rule("when = { kind = \"labour.*\", people = { min = 1 } }"))));
}

/// A host without plugins: files are read, nothing is asked.
struct Nobody;

impl maple_kernel::Plugins for Nobody {
    fn list(&self) -> Vec<maple_kernel::PluginInfo> {
        Vec::new()
    }

    fn configure(
        &self,
        _: &[maple_kernel::Setup<'_>],
    ) -> Vec<Result<maple_kernel::Configured, maple_kernel::SetupError>> {
        Vec::new()
    }
}

#[test]
fn every_shipped_file_completes_everywhere_without_harm() {
    DESK.with(|desk| {
        let text = desk.text("cn/labour.toml").unwrap();
        let steps = (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(97);
        for offset in steps {
            for completion in desk.complete("cn/labour.toml", offset) {
                assert!(text.get(completion.replace.clone()).is_some());
            }
            let _ = desk.hover("cn/labour.toml", offset);
        }
    });
}
