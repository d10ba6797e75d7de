//! Every limit at its edge: the last that is accepted and the first that is not.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use maple_bundle::{
    BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX, BUNDLE_PACKS_MAX, Bundle, CASE_PARTIES_MAX, CLOCK_WARN_DAYS_MAX,
    CLOCK_WARNS_MAX, CONDITION_DEPTH_MAX, CONDITION_ITEMS_MAX, Diagnostic, FACT_COUNT_MAX, FACT_MONEY_MAX,
    FILE_BYTES_MAX, LIST_ITEMS_MAX, NAME_BYTES_MAX, PACK_CASES_MAX, PACK_POLICIES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX,
    PROBLEMS_MAX, RULE_BASIS_MAX, RULE_EFFECTS_MAX, ReadError, Severity, TABLE_RULES_MAX, TEXT_BYTES_MAX,
    TOML_DEPTH_MAX, WEIGHT_MAX,
};
use maple_kernel::SPAN_COUNT_MAX;

use crate::support::{LABOUR, changed, files, run};

fn only(path: &str, bytes: usize) -> Result<Bundle, ReadError> {
    Bundle::from_files(BTreeMap::from([(path.to_owned(), vec![b'#'; bytes])]))
}

fn errors(bundle: &Bundle) -> Vec<Diagnostic> {
    let problems = run(bundle).err().unwrap_or_default();
    problems.into_iter().filter(|p| p.severity == Severity::Error).collect()
}

/// `inside` has no error, `beyond` has one of this code.
fn edge(name: &str, inside: &Bundle, beyond: &Bundle, code: &str) {
    let told = |problems: &[Diagnostic]| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let fine = errors(inside);
    assert!(fine.is_empty(), "{name}: {}", told(&fine));
    let wrong = errors(beyond);
    assert!(wrong.iter().any(|p| p.code == code), "{name}: wanted {code}, got {}", told(&wrong));
}

#[test]
fn files_and_bytes() {
    assert!(only("cn/a.toml", FILE_BYTES_MAX).is_ok());
    assert!(matches!(only("cn/a.toml", FILE_BYTES_MAX + 1), Err(ReadError::FileBytes(_))));
    let many = |count: usize| Bundle::from_files((0..count).map(|n| (format!("cn/{n}.toml"), Vec::new())).collect());
    assert!(many(BUNDLE_FILES_MAX).is_ok());
    assert!(matches!(many(BUNDLE_FILES_MAX + 1), Err(ReadError::Files)));
    let full = BUNDLE_BYTES_MAX / FILE_BYTES_MAX;
    let mut all: BTreeMap<_, _> = (0..full).map(|n| (format!("cn/{n}.toml"), vec![b'#'; FILE_BYTES_MAX])).collect();
    assert!(Bundle::from_files(all.clone()).is_ok());
    all.insert("x.toml".to_owned(), vec![b'#']);
    assert!(matches!(Bundle::from_files(all), Err(ReadError::Bytes)));
}

#[test]
fn paths() {
    let deep = |parts: usize| format!("{}x.toml", "a/".repeat(parts - 1));
    assert!(only(&deep(PATH_DEPTH_MAX), 0).is_ok());
    assert!(matches!(only(&deep(PATH_DEPTH_MAX + 1), 0), Err(ReadError::Depth(_))));
    let long = |bytes: usize| format!("{}.toml", "a".repeat(bytes - 5));
    assert!(only(&long(PATH_BYTES_MAX), 0).is_ok());
    assert!(matches!(only(&long(PATH_BYTES_MAX + 1), 0), Err(ReadError::Path(_))));
    for path in ["../x.toml", "/x.toml", "a//x.toml", "a/./x.toml", "a\\x.toml", "c:x.toml", ""] {
        assert!(matches!(only(path, 0), Err(ReadError::Path(_))), "{path}");
    }
    for path in ["notes.txt", "cn/labour.toml~", "cn/pack"] {
        assert!(matches!(only(path, 0), Err(ReadError::Foreign(_))), "{path}");
    }
    for path in ["README.md", "cn/README.md", ".git/x.toml", "cn/.x.toml.swp"] {
        assert_eq!(only(path, 0).unwrap().files().len(), 0, "{path} is passed over");
    }
}

#[test]
fn folders() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (path, bytes) in files() {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(dir.path().join("README.md"), "read").unwrap();
    let bundle = Bundle::read(dir.path()).unwrap();
    assert_eq!(bundle, Bundle::from_files(files()).unwrap(), "the same files are the same bundle");
    assert!(matches!(Bundle::read(&dir.path().join("facts.toml")), Err(ReadError::NotFolder(_))));
    assert!(matches!(Bundle::read(&dir.path().join("nowhere")), Err(ReadError::Open { .. })));
    fs::write(other.path().join("x.toml"), "").unwrap();
    fs::write(dir.path().join("cn/notes.txt"), "x").unwrap();
    assert!(matches!(Bundle::read(dir.path()), Err(ReadError::Foreign(path)) if path == "cn/notes.txt"));
    whole_but_for(dir.path());
    fs::remove_file(dir.path().join("cn/notes.txt")).unwrap();
    #[cfg(unix)]
    {
        let link = dir.path().join("cn/link.toml");
        std::os::unix::fs::symlink(other.path().join("x.toml"), &link).unwrap();
        assert!(matches!(Bundle::read(dir.path()), Err(ReadError::Outside(path)) if path == "cn/link.toml"));
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(dir.path().join("cn"), dir.path().join("cn/loop")).unwrap();
        assert!(matches!(Bundle::read(dir.path()), Err(ReadError::Depth(_))), "a loop ends");
    }
}

/// What can be read is compiled, and nothing untrue is told of what cannot.
fn whole_but_for(dir: &Path) {
    let labour = dir.join("cn/labour.toml");
    let kept = fs::read(&labour).unwrap();
    fs::File::create(&labour).unwrap().set_len(FILE_BYTES_MAX as u64 + 1).unwrap();
    let (bundle, odd) = Bundle::gather(dir).unwrap();
    let told: Vec<_> = odd.iter().map(|error| error.diagnostic()).collect();
    let codes: Vec<_> = told.iter().map(|p| (p.code, p.file.as_str(), p.severity)).collect();
    let error = Severity::Error;
    assert_eq!(codes, [("too-large", "cn/labour.toml", error), ("stray-file", "cn/notes.txt", error)], "{told:#?}");
    assert!(told.iter().all(|problem| problem.advice.is_some()), "{told:#?}");
    let problems = run(&bundle).err().unwrap();
    assert!(problems.is_empty(), "only what could not be read is wrong: {problems:#?}");
    fs::write(&labour, kept).unwrap();
}

#[test]
fn what_keeps_files_out_is_told_up_to_a_limit() {
    for (strays, told) in [(PROBLEMS_MAX, PROBLEMS_MAX), (PROBLEMS_MAX + 1, PROBLEMS_MAX)] {
        let dir = tempfile::tempdir().unwrap();
        (0..strays).for_each(|at| fs::write(dir.path().join(format!("{at}.txt")), "").unwrap());
        assert_eq!(Bundle::gather(dir.path()).unwrap().1.len(), told);
    }
}

#[test]
fn files_laid_over_a_bundle() {
    let bundle = Bundle::from_files(files()).unwrap();
    let over = bundle.with_files(BTreeMap::from([("cn/extra.toml".to_owned(), b"# nothing".into())])).unwrap();
    assert_eq!(over.files().len(), bundle.files().len() + 1);
    assert_ne!(over.digest(), bundle.digest());
    assert_eq!(over.with_files(BTreeMap::new()).unwrap().digest(), over.digest());
}

fn table(rows: usize) -> Bundle {
    let mut text = String::new();
    for row in 0..rows {
        let _ = write!(
            text,
            "[[rule]]\nid = \"R{row}\"\nsummary = {{ zh = \"甲\", en = \"a\" }}\nwhen = {{ people = {{ min = 2 }} }}\n\
             then = [{{ duty = \"inform\" }}]\nbasis = [\"cn.labour.5\"]\n"
        );
    }
    let mut files = files();
    files.insert("cn/large.toml".to_owned(), text.into_bytes());
    Bundle::from_files(files).unwrap()
}

#[test]
fn rows_of_a_table() {
    edge("rows", &table(TABLE_RULES_MAX), &table(TABLE_RULES_MAX + 1), "too-many");
}

fn packs(count: usize) -> Bundle {
    let mut files = files();
    let mut places = String::from_utf8(files.remove("localities.toml").unwrap()).unwrap();
    for n in 0..count.saturating_sub(2) {
        let _ = write!(places, "[[locality]]\nid = \"cn/p{n}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\n");
        let head = format!(
            "id = \"cn/p{n}\"\nversion = \"1.0.0\"\ncontract = \"^0.1\"\nin-force-from = 2024-01-01\n\
             title = {{ zh = \"甲\", en = \"a\" }}\n"
        );
        files.insert(format!("cn/p{n}/pack.toml"), head.into_bytes());
    }
    files.insert("localities.toml".to_owned(), places.into_bytes());
    Bundle::from_files(files).unwrap()
}

#[test]
fn packs_of_a_bundle() {
    edge("packs", &packs(BUNDLE_PACKS_MAX), &packs(BUNDLE_PACKS_MAX + 1), "too-many");
}

fn more(text: &str) -> Bundle {
    let mut files = files();
    files.insert("cn/more.toml".to_owned(), text.as_bytes().to_vec());
    Bundle::from_files(files).unwrap()
}

#[test]
fn policies_and_cases_of_a_pack() {
    let policies = |count: usize| {
        more(&(1..count).fold(String::new(), |mut text, n| {
            let _ =
                write!(text, "[[policy]]\nid = \"p{n}\"\nplugin = {{ id = \"layered-ladder\", version = \"1\" }}\n");
            text
        }))
    };
    edge("policies", &policies(PACK_POLICIES_MAX), &policies(PACK_POLICIES_MAX + 1), "too-many");
    let cases = |count: usize| {
        more(&(2..count).fold(String::new(), |mut text, n| {
            let _ = write!(
                text,
                "[[case]]\nname = \"c{n}\"\ncase = {{ kind = \"labour.wage\" }}\nexpect = {{ outcome = \"route\" }}\n"
            );
            text
        }))
    };
    edge("cases", &cases(PACK_CASES_MAX), &cases(PACK_CASES_MAX + 1), "too-many");
}

#[test]
fn parts_of_a_rule() {
    let labour = |from: &str, to: &str| changed("cn/labour.toml", from, to);
    let effects = |count: usize| labour("{ duty", &format!("{}{{ duty", "{ duty = \"inform\" },".repeat(count - 1)));
    edge("effects", &effects(RULE_EFFECTS_MAX), &effects(RULE_EFFECTS_MAX + 1), "out-of-range");
    let basis =
        |count: usize| labour("basis = [\"cn.labour.5\"]", &format!("basis = [{}]", "\"cn.labour.5\",".repeat(count)));
    edge("basis", &basis(RULE_BASIS_MAX), &basis(RULE_BASIS_MAX + 1), "too-many");
    let nested = |depth: usize| {
        let (open, close) = ("not = {".repeat(depth), "}".repeat(depth));
        labour("not = { urgent = true }", &format!("{open} urgent = true {close}"))
    };
    edge("conditions", &nested(CONDITION_DEPTH_MAX), &nested(CONDITION_DEPTH_MAX + 1), "too-deep");
    let values = |count: usize| labour("urgent = true", &format!("people = [{}]", "3,".repeat(count)));
    edge("values", &values(CONDITION_ITEMS_MAX), &values(CONDITION_ITEMS_MAX + 1), "too-many");
    let kinds = |count: usize| labour("[\"labour.*\"]", &format!("[{}]", "\"labour.*\",".repeat(count)));
    edge("names", &kinds(LIST_ITEMS_MAX), &kinds(LIST_ITEMS_MAX + 1), "too-many");
    let weight = |weight: i64| labour("from = \"acceptance\"", &format!("from = \"acceptance\", weight = {weight}"));
    edge("weight", &weight(WEIGHT_MAX), &weight(WEIGHT_MAX + 1), "out-of-range");
    edge("weight", &weight(-WEIGHT_MAX), &weight(-WEIGHT_MAX - 1), "out-of-range");
    let clock = |warn: &str| {
        let clock = r#"{ clock = "limitation_labour", from = "knew_on", span = "1 year", warn = "#;
        labour("{ duty", &format!("{clock}[{warn}] }}, {{ duty"))
    };
    let warns = |count: usize| clock(&"7,".repeat(count));
    edge("warnings", &warns(CLOCK_WARNS_MAX), &warns(CLOCK_WARNS_MAX + 1), "too-many");
    let days = |days: i64| clock(&days.to_string());
    edge("warn", &days(CLOCK_WARN_DAYS_MAX), &days(CLOCK_WARN_DAYS_MAX + 1), "out-of-range");
    let ago = |days: u32| labour("urgent = true", &format!("knew_on = {{ ago-max = \"{days} days\" }}"));
    edge("span", &ago(SPAN_COUNT_MAX.into()), &ago(u32::from(SPAN_COUNT_MAX) + 1), "out-of-range");
}

#[test]
fn texts_names_and_numbers() {
    let text = |bytes: usize| changed("cn/labour.toml", "en = \"inform\"", &format!("en = \"{}\"", "x".repeat(bytes)));
    edge("text", &text(TEXT_BYTES_MAX), &text(TEXT_BYTES_MAX + 1), "too-long");
    let name = |bytes: usize| {
        let mut files = files();
        let kind = format!("[[kind]]\nid = \"{}\"\ntitle = {{ zh = \"x\", en = \"x\" }}\n", "k".repeat(bytes));
        files.insert("kinds/more.toml".to_owned(), kind.into_bytes());
        Bundle::from_files(files).unwrap()
    };
    edge("name", &name(NAME_BYTES_MAX), &name(NAME_BYTES_MAX + 1), "bad-name");
    let count = |max: i64| changed("facts.toml", "max = 1000\n", &format!("max = {max}\n"));
    edge("count", &count(FACT_COUNT_MAX), &count(FACT_COUNT_MAX + 1), "out-of-range");
    let money = |max: i64| {
        let text = format!("max = \"{}.{:02}\"", max / 100, max % 100);
        changed("facts.toml", "max = \"1000000.00\"", &text)
    };
    edge("money", &money(FACT_MONEY_MAX), &money(FACT_MONEY_MAX + 1), "out-of-range");
    let words = |count: usize| {
        let words: String = (1..count).fold(String::new(), |mut all, n| {
            let _ = write!(all, "\"w{n}\",");
            all
        });
        changed("facts.toml", "words = [\"family\"", &format!("words = [{words}\"family\""))
    };
    edge("words", &words(LIST_ITEMS_MAX - 2), &words(LIST_ITEMS_MAX - 1), "too-many");
    let parties = |count: usize| {
        let party = "{ role = \"applicant\", type = \"natural\" },".repeat(count);
        changed(
            "cn/labour.toml",
            "kind = \"family.divorce\"",
            &format!("kind = \"family.divorce\", parties = [{party}]"),
        )
    };
    edge("parties", &parties(CASE_PARTIES_MAX), &parties(CASE_PARTIES_MAX + 1), "too-many");
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let nested = |depth: usize| {
        let list = format!("deep = {}{}", "[".repeat(depth), "]".repeat(depth));
        changed("cn/zhejiang/pack.toml", "levels = [\"village\", \"town\"]", &list)
    };
    // The list hangs in `settings` of a policy in the list of policies in the file.
    edge("lists", &nested(TOML_DEPTH_MAX - 3), &nested(TOML_DEPTH_MAX - 2), "too-deep");
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]\nx = 1", "a.".repeat(100_000)),
        format!("[{}a]\n{}a = {}1{}", "a.".repeat(70), "b.".repeat(70), "[".repeat(70), "]".repeat(70)),
    ] {
        assert!(!errors(&more(&text)).is_empty());
    }
}

#[test]
fn problems_are_counted_beyond_their_limit() {
    let text = LABOUR.to_owned() + &"[[case]]\n".repeat(PROBLEMS_MAX);
    let problems = run(&changed("cn/labour.toml", LABOUR, &text)).err().unwrap();
    assert_eq!(problems.len(), PROBLEMS_MAX + 1);
    let last = problems.last().unwrap();
    assert_eq!(last.code, "too-many-problems");
    assert!(last.message.starts_with(&format!("{} further", 2 * PROBLEMS_MAX)), "{last}");
}
