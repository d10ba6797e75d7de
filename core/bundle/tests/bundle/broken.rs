//! What is told of a file that is broken, and what stays of its pack.

use maple_bundle::{Bundle, Options, Severity, compile};

use crate::{
    faults::{LABOUR, LOWER, check, problems},
    support::{Agreeable, changed, files, keep_going, run},
};

/// A fact of a case with a value of another type: what to write stands beside it, within the bounds of the fact.
#[test]
fn a_fact_of_another_type_is_told_with_a_value_to_write() {
    let fact = "people = 14 } }";
    check(&[
        (
            LABOUR,
            fact,
            "people = \"many\" } }",
            "wrong-type 19:92",
            "`people` is a whole number, this is a text",
            "write `people = 14`",
        ),
        (LABOUR, fact, "needs = \"sign\" } }", "wrong-type 19:91", "`needs` is a list of words", "write `needs = [\""),
        (LABOUR, fact, "relation = 1 } }", "wrong-type 19:94", "`relation` is a word", "write `relation = \"family\"`"),
        (
            LABOUR,
            "\"48000.00\"",
            "true",
            "wrong-type 19:71",
            "`amount` is an amount in quotes",
            "write `amount = \"48000.00\"`",
        ),
        (
            "localities.toml",
            "cap = \"50000.00\"",
            "cap = true",
            "wrong-type 9:19",
            "`cap` is an amount",
            "write `cap = \"48000.00\"`",
        ),
    ]);
}

/// One mistake hides none of the others, in whatever way the bundle is compiled.
#[test]
fn a_mistake_hides_no_other() {
    /// A file, what stands in it, and what stands there instead.
    type Change = (&'static str, &'static str, &'static str);
    let told = |changes: &[Change]| {
        let mut files = files();
        for (file, from, to) in changes {
            let text = String::from_utf8(files.remove(*file).unwrap()).unwrap();
            assert!(text.contains(from), "{from}");
            files.insert((*file).to_owned(), text.replacen(from, to, 1).into_bytes());
        }
        let bundle = Bundle::from_files(files).unwrap();
        let by_file = Options { keep_going: true, tables: true };
        let codes = |problems: Vec<maple_bundle::Diagnostic>| {
            let errors = problems.into_iter().filter(|p| p.severity == Severity::Error);
            errors.map(|p| format!("{} {}:{}", p.code, p.line, p.column)).collect::<Vec<_>>()
        };
        let found = codes(problems(&bundle));
        let lenient = compile(&bundle, &Agreeable, &by_file).map_or_else(|all| all, |compiled| compiled.problems);
        assert_eq!(codes(lenient), found);
        found
    };
    let rows: [(&[Change], &[&str]); 5] = [
        (
            &[
                (LABOUR, "id = \"R19\"", "id = \"R 19\""),
                (LABOUR, "urgent = true", "urgnet = true"),
                (LABOUR, "floor = true", "flor = true"),
            ],
            &["bad-name 2:6", "unknown-fact 4:39", "unknown-key 8:1"],
        ),
        (
            &[(LABOUR, "id = \"R19\"", "idd = \"R19\""), (LABOUR, "urgent = true", "urgnet = true")],
            &["missing-key 1:1", "unknown-key 2:1", "unknown-fact 4:39"],
        ),
        (
            &[(LABOUR, "offer = \"labour_mediation\", due", "offer = \"labour_mediatoin\", wieght = 10, due")],
            &["unknown-channel 6:20", "unknown-key 6:40"],
        ),
        (
            &[(LOWER, "id = \"ladder\"", "id = \"ladder\"\ncolour = 1"), (LOWER, "cn/labour#R20", "cn/labour#R21")],
            &["unknown-key 9:1", "unknown-rule 11:13"],
        ),
        (
            &[
                (LABOUR, "people = 14", "peple = 14"),
                (LABOUR, "[\"R19\", \"R20\"]", "[\"R19\", \"R20\", \"L1\"]"),
                (LABOUR, "has-rules = [\"R19\"]", "has-rules = [\"R91\"]"),
            ],
            &["unknown-rule 18:25", "unknown-fact 19:83", "unknown-rule 20:44"],
        ),
    ];
    for (changes, wanted) in rows {
        assert_eq!(told(changes), wanted, "{changes:?}");
    }
}

/// A mistake in one file hides nothing of the others: neither what they name wrongly nor what no case of theirs shows.
#[test]
fn a_broken_file_hides_nothing_of_the_others() {
    let told = |options: Options, more: &str, labour: &[(&str, &str)]| {
        let mut files = files();
        let mut text = String::from_utf8(files.remove(LABOUR).unwrap()).unwrap();
        for (from, to) in labour {
            assert!(text.contains(from), "{from}");
            text = text.replacen(from, to, 1);
        }
        files.insert(LABOUR.to_owned(), text.into_bytes());
        files.insert("cn/more.toml".to_owned(), more.as_bytes().to_vec());
        let bundle = Bundle::from_files(files).unwrap();
        let problems = compile(&bundle, &Agreeable, &options).map_or_else(|all| all, |compiled| compiled.problems);
        problems.into_iter().map(|p| format!("{} {}:{}", p.code, p.file, p.line)).collect::<Vec<_>>()
    };
    let by_file = Options { keep_going: true, tables: true };
    let covers = ("[\"R19\", \"R20\"]", "[\"R19\", \"XR\"]");
    let rule = "[[rule]]\nid = \"M1\"\nsummary = { zh = \"一\", en = \"one\" }\nwenn = 1\n\
                then = [ { prefer = \"court\", weight = 1 } ]\n";
    // What the sound file names wrongly, and what it does not show.
    let found = told(by_file, rule, &[covers]);
    assert_eq!(
        found,
        ["rule-without-case cn/labour.toml:11", "unknown-rule cn/labour.toml:18", "unknown-key cn/more.toml:4"]
    );
    // A rule and a case of the broken file are known all the same.
    let case = "[[case]]\nname = \"more\"\ncovers = [\"R20\"]\ncase = { kind = \"labour.wage\" }\n\
                expect = { has-rules = [\"R20\"] }\n";
    let found = told(by_file, &format!("{rule}{case}"), &[("[\"R19\", \"R20\"]", "[\"R19\", \"M1\"]")]);
    assert_eq!(found, ["unknown-key cn/more.toml:4"]);
    // Where cases cannot be read, that is said instead.
    let found = told(by_file, "[[rule]]\nid 1\n[[case]]\n", &[]);
    assert_eq!(found, ["syntax cn/more.toml:2", "not-analysed cn/pack.toml:0"]);
    let found = told(by_file, "[[rule]]\nid 1\n", &[("[\"R19\", \"R20\"]", "[\"R19\"]")]);
    assert_eq!(found, ["rule-without-case cn/labour.toml:11", "syntax cn/more.toml:2"]);
}

/// A registry in which only a translation is missing stops nothing when the tables are reasoned about, and does not serve.
#[test]
fn a_missing_translation_hides_nothing() {
    let mut files = files();
    for (file, from, to) in
        [("kinds.toml", ", en = \"wages\"", ""), (LABOUR, "[\"R19\", \"R20\"]", "[\"R19\", \"XR\"]")]
    {
        let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
        assert!(text.contains(from), "{from}");
        files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    }
    let bundle = Bundle::from_files(files).unwrap();
    assert!(keep_going(&bundle).is_err());
    let by_file = Options { keep_going: true, tables: true };
    let compiled = compile(&bundle, &Agreeable, &by_file).map_err(|p| format!("{p:#?}")).unwrap();
    let told: Vec<_> = compiled.problems.iter().map(|p| p.code).collect();
    assert_eq!(told, ["rule-without-case", "unknown-rule", "missing-language"]);
    // Of another mistake in a registry the tables are not reasoned about, and what no case shows is told nevertheless.
    let mut files = crate::support::files();
    for (file, from, to) in [
        ("kinds.toml", "title = { zh = \"工资\"", "stat = 1\ntitle = { zh = \"工资\""),
        (LABOUR, "[\"R19\", \"R20\"]", "[\"R19\"]"),
    ] {
        let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
        files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    }
    let bundle = Bundle::from_files(files).unwrap();
    let Err(problems) = compile(&bundle, &Agreeable, &by_file) else { panic!("it compiles") };
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), ["rule-without-case", "wrong-type"]);
}

/// What follows on a bracket too many is no other mistake; a key that stands twice is one, each time.
#[test]
fn a_bracket_too_many_is_told_once() {
    for (from, to) in [("]\n", "]]\n"), ("{ ", "{ { "), (" }", " } }"), ("[[rule]]", "[[rule]")] {
        let problems = problems(&changed(LABOUR, from, to));
        let told: Vec<_> = problems.iter().filter(|p| p.code == "syntax").collect();
        assert_eq!(told.len(), 1, "{from} as {to}: {problems:#?}");
        let text = String::from_utf8(files().remove(LABOUR).unwrap()).unwrap();
        let line = text[..text.find(from).unwrap()].lines().count().max(1);
        assert_eq!(told[0].line as usize, line, "{from} as {to}: {problems:#?}");
    }
    let problems = problems(&changed(LABOUR, "[[rule]]\n", "[[rule]]\nid = \"a\"\nid = \"b\"\n"));
    assert_eq!(problems.iter().filter(|p| p.code == "syntax").count(), 2, "{problems:#?}");
}

/// A mistake in one file takes that file out and leaves the others to be reasoned about; a pack without its head is none.
#[test]
fn of_a_broken_pack_the_sound_files_are_reasoned_about() {
    let by_file = |bundle: &Bundle| {
        let options = Options { keep_going: true, tables: true };
        compile(bundle, &Agreeable, &options).map_err(|p| format!("{p:#?}")).unwrap()
    };
    let sound = String::from_utf8(files().remove(LABOUR).unwrap()).unwrap();
    for (wrong, code) in [
        ("[[rule]\n".to_owned(), "syntax"),
        (sound.replacen("[[rule]]", "[[rule]]\nsumary = 1", 1), "unknown-key"),
        (
            "[[policy]]\nid = \"x\"\nplugin = { id = \"layered-ladder\", version = \"^1\" }\n\
          [policy.settings]\ndays = {}\n"
                .to_owned(),
            "refused-setting",
        ),
    ] {
        let mut files = files();
        files.insert("cn/more.toml".to_owned(), wrong.into_bytes());
        let bundle = Bundle::from_files(files).unwrap();
        let compiled = by_file(&bundle);
        assert!(
            compiled.problems.iter().any(|p| p.code == code && p.file == "cn/more.toml"),
            "{:#?}",
            compiled.problems
        );
        assert_eq!((&compiled.files_out[..], &compiled.left_out[..]), (&["cn/more.toml".to_owned()][..], &[][..]));
        assert_eq!(compiled.tables.iter().map(|table| table.policy.as_str()).collect::<Vec<_>>(), ["cn/labour"]);
        let whole = keep_going(&bundle).map_err(|p| format!("{p:#?}")).unwrap();
        assert!(whole.files_out.is_empty() && whole.left_out.contains(&"cn".into()), "what serves is whole");
        assert_ne!(whole.ruleset.digest(), compiled.ruleset.digest());
    }
    // What other files say of a file that is left out is not said to be wrong.
    let compiled = by_file(&changed(LABOUR, "[[rule]]", "[[rule]"));
    assert_eq!((&compiled.files_out[..], &compiled.left_out[..]), (&[LABOUR.to_owned()][..], &[][..]));
    let told: Vec<_> = compiled.problems.iter().map(|p| (p.code, &*p.file)).collect();
    assert_eq!(told, [("syntax", LABOUR)], "{:#?}", compiled.problems);
    assert!(compiled.ruleset.policy_ids().any(|id| id.as_str() == "cn/zhejiang/ladder"));
    let headless = by_file(&changed("cn/pack.toml", "version = ", "version "));
    assert_eq!((&headless.files_out[..], &headless.left_out[..]), (&[][..], &["cn".into()][..]));
}

#[test]
fn a_broken_pack_can_be_left_out() {
    let bundle = changed(LOWER, "[[policy]]", "[policy");
    assert!(run(&bundle).is_err());
    let compiled = keep_going(&bundle).map_err(|p| format!("{p:#?}")).unwrap();
    assert_eq!(compiled.left_out, ["cn/zhejiang".into()]);
    assert_eq!(compiled.packs.len(), 1);
    assert!(compiled.problems.iter().any(|p| p.code == "syntax" && p.severity == Severity::Error));
    assert_eq!(compiled.ruleset.policy_ids().count(), 1);
}

#[test]
fn a_broken_floor_is_missed_by_every_decision() {
    let compiled = keep_going(&changed(LABOUR, "[[rule]]", "[[rule]")).map_err(|p| format!("{p:#?}")).unwrap();
    let ids: Vec<_> = compiled.ruleset.policy_ids().map(|id| id.as_str().to_owned()).collect();
    assert!(ids.contains(&"cn/left-out".to_owned()), "{ids:?}");
    assert!(!ids.contains(&"cn/labour".to_owned()), "{ids:?}");
}

#[test]
fn a_broken_registry_cannot_be_left_out() {
    assert!(keep_going(&changed("kinds.toml", "[[kind]]", "[[kind]")).is_err());
}
