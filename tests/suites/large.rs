//! A table of as many rules as a table may have, from its text to a decision.

use std::{collections::BTreeMap, time::Instant};

use maple_bundle::{Bundle, Compiled, Diagnostic, Options, Severity, TABLE_RULES_MAX, compile};
use maple_kernel::{Day, evaluate};
use maple_sandbox::{BASIS_COUNT_MAX, FUEL_DEFAULT, RULES_COUNT_MAX, Sandbox, SandboxConfig};

const FILE: &str = "cn/zhejiang/jinhua/wuyi-large/large.toml";

fn sandbox() -> Sandbox {
    maple_tests::sandbox(SandboxConfig { cache: Some(maple_tests::state().join("cache")), ..SandboxConfig::default() })
}

/// The policies that ship, with a place of its own for a table.
fn with(table: &str) -> Bundle {
    let shipped = Bundle::read(&maple_tests::root().join("policies")).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> =
        shipped.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect();
    let place = "[[locality]]\nid = \"cn/zhejiang/jinhua/wuyi-large\"\ntitle = { zh = \"大\", en = \"large\" }\n";
    files.insert("localities/large.toml".to_owned(), place.into());
    let pack = "id = \"cn/zhejiang/jinhua/wuyi-large\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\nin-force-from = 2024-01-01\n\
                title = { zh = \"大\", en = \"large\" }\n";
    files.insert("cn/zhejiang/jinhua/wuyi-large/pack.toml".to_owned(), pack.into());
    files.insert("provisions/large.toml".to_owned(), provisions().into());
    files.insert(FILE.to_owned(), table.into());
    Bundle::from_files(files).unwrap()
}

/// A law with an article more than a rule may cite.
fn provisions() -> String {
    let title = "{ zh = \"大法\", en = \"the large law\" }";
    let mut text = format!("[law.\"cn.large\"]\ntitle = {title}\nfrom = 2000-01-01\nsource = \"made up\"\n");
    for at in 0..=BASIS_COUNT_MAX {
        text.push_str(&format!("[[provision]]\nid = \"cn.large.{at}\"\nsummary = {title}\nverified = false\n"));
    }
    text
}

/// One band of a hundred yuan for each rule; `extra` rows stand after them.
fn bands(count: usize, extra: &str) -> String {
    let mut text = String::new();
    for at in 0..count {
        text.push_str(&rule(&format!("B{at}"), at, at, PREFER));
    }
    text + extra
}

const PREFER: &str = "{ prefer = \"peoples_mediation\", weight = 5 }";

/// A rule about the bands from the first to the last.
fn rule(id: &str, first: usize, last: usize, then: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nsummary = {{ zh = \"带\", en = \"band\" }}\nwhen = {{ kind = \"contract.*\", amount = {{ min = \"{}.00\", max = \"{}.99\" }} }}\nthen = [{then}]\nbasis = [\"cn.peoples_mediation.17\"]\n",
        first * 100,
        last * 100 + 99
    )
}

fn compiled(table: &str, sandbox: &Sandbox) -> Result<Compiled, Vec<Diagnostic>> {
    compile(&with(table), sandbox, &Options { tables: true, ..Options::default() })
}

/// The rules of the large table that speak when the amount is this, and the fuel that its policy used.
fn asked(compiled: &Compiled, amount: &str) -> (Vec<String>, u64) {
    let json = format!(
        r#"{{"case":{{"locality":"cn/zhejiang/jinhua/wuyi-large","kind":"contract.sale","source":"counter","filed":"2026-06-10","parties":[{{"role":"applicant","type":"natural","facts":{{}}}}],"facts":{{"amount":"{amount}"}}}},"as_of":"2026-06-10"}}"#
    );
    let today = Day::new(2026, 6, 10).unwrap();
    let question = maple_wire::parse_question(json.as_bytes(), &compiled.ruleset, today).unwrap();
    let question = maple_kernel::Question { explain: true, ..question };
    let decision = evaluate(&compiled.ruleset, &question);
    let explanation = decision.explanation.as_ref().unwrap();
    let policy = "cn/zhejiang/jinhua/wuyi-large/large";
    let fates = explanation.fates.iter().filter(|fate| fate.by.policy == policy);
    let fuel = decision.asked.iter().find(|asked| asked.policy.as_str() == policy).map_or(0, |asked| asked.fuel);
    (fates.map(|fate| fate.by.rule.to_string()).collect(), fuel)
}

#[test]
fn a_table_of_as_many_rules_as_there_may_be_is_checked_and_asked() {
    assert_eq!((TABLE_RULES_MAX, decision_table::ROWS_MAX), (RULES_COUNT_MAX, RULES_COUNT_MAX));
    // A hole between bands, a contradiction and a rule said twice are planted among the others.
    let planted = rule("Twice", 41, 41, PREFER)
        + &rule("Other", 9_000, 9_000, "{ prefer = \"peoples_mediation\", weight = 9 }")
        + &rule("Beyond", TABLE_RULES_MAX, TABLE_RULES_MAX, PREFER);
    let table = bands(TABLE_RULES_MAX - 3, &planted);
    let sandbox = sandbox();
    let start = Instant::now();
    let compiled = compiled(&table, &sandbox).unwrap();
    let ready = start.elapsed();
    let problems: Vec<Diagnostic> =
        maple_kit::analysis::analyse(&compiled).into_iter().filter(|problem| problem.file == FILE).collect();
    let proved = start.elapsed() - ready;
    let mut codes: Vec<(&str, bool)> =
        problems.iter().map(|problem| (problem.code, problem.witness.is_some())).collect();
    codes.sort_unstable();
    // Beyond the last band nothing is said, either.
    let expected = [("contradiction", true), ("duplicate-rule", true), ("gap", true), ("gap", true)];
    assert_eq!(codes, expected, "{problems:#?}");

    let (speaking, fuel) = asked(&compiled, "999650.00");
    assert_eq!(speaking, ["B9996"]);
    assert_eq!(asked(&compiled, "1000050.00").0, ["Beyond"]);
    assert!(fuel > 0 && fuel < FUEL_DEFAULT, "{fuel}");
    eprintln!("{TABLE_RULES_MAX} rules: ready in {ready:?}, proved in {proved:?}, {fuel} fuel a decision");
}

#[test]
fn one_rule_more_is_refused() {
    let problems = compiled(&bands(TABLE_RULES_MAX + 1, ""), &sandbox()).map(|_| ()).unwrap_err();
    let too_many: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert_eq!(too_many.len(), 1, "{problems:#?}");
    assert_eq!((too_many[0].code, &*too_many[0].file), ("too-many", FILE));
}

#[test]
fn a_rule_cites_as_many_provisions_as_there_may_be() {
    assert_eq!(maple_bundle::RULE_BASIS_MAX, BASIS_COUNT_MAX);
    let cites = |count: usize| {
        let basis: Vec<String> = (0..count).map(|at| format!("\"cn.large.{at}\"")).collect();
        rule("Wide", 0, 9, "{ offer = \"peoples_mediation\" }")
            .replace("[\"cn.peoples_mediation.17\"]", &format!("[{}]", basis.join(", ")))
    };
    let sandbox = sandbox();
    let (speaking, _) = asked(&compiled(&cites(BASIS_COUNT_MAX), &sandbox).unwrap(), "50.00");
    assert_eq!(speaking, ["Wide"]);
    let problems = compiled(&cites(BASIS_COUNT_MAX + 1), &sandbox).map(|_| ()).unwrap_err();
    assert!(problems.iter().any(|problem| problem.code == "too-many" && problem.file == FILE), "{problems:#?}");
    let another = |provision: usize| {
        let row = cites(1).replace("cn.large.0", &format!("cn.large.{provision}"));
        cites(BASIS_COUNT_MAX)
            + &row
                .lines()
                .filter(|line| !line.starts_with("summary"))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
    };
    assert!(compiled(&another(0), &sandbox).is_ok());
    let problems = compiled(&another(BASIS_COUNT_MAX), &sandbox).map(|_| ()).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("together")), "{problems:#?}");
}
