//! What a sound bundle becomes.

use std::sync::Mutex;

use maple_bundle::{
    Bundle, Expect, ExpectClock, ExpectDuty, ExpectRule, ExpectSignal, ExpectStep, Options, RuleRef, compile,
};
use maple_kernel::{
    Configured, Day, Level, LocalityId, Outcome, Participation, PluginInfo, Plugins, Setting, Setup, SetupError, Span,
    StepDue, Term, Unit, Value,
};

use crate::support::{Agreeable, changed, entry, files, run};

#[test]
fn a_sound_bundle_has_no_problem() {
    let compiled = run(&Bundle::from_files(files()).unwrap()).map_err(|p| format!("{p:#?}")).unwrap();
    assert_eq!(compiled.problems, []);
    assert_eq!(compiled.packs.len(), 2);
    assert_eq!(compiled.cases.len(), 4);
    let ids: Vec<_> = compiled.ruleset.policy_ids().map(|id| id.as_str().to_owned()).collect();
    assert_eq!(ids, ["cn/labour", "cn/zhejiang/ladder"]);
    let (id, locality) = compiled.ruleset.locality("330000").unwrap();
    assert_eq!(id.as_str(), "cn/zhejiang");
    assert_eq!(locality.chain, [LocalityId::from("cn"), LocalityId::from("cn/zhejiang")]);
    assert_eq!(locality.participation, Participation::Voluntary);
    assert_eq!(locality.figures.get("cap"), Some(&Value::Money(5_000_000)));
    let ladder = &compiled.ruleset.policies_of(&LocalityId::from("cn/zhejiang"))[0];
    assert_eq!(&*ladder.plugin, "layered-ladder@1.4.0", "the newest that fits");
}

/// What the rule table plugin is given for one rule.
fn lowered(rule: &str) -> Setting {
    struct Spy(Mutex<Option<Setting>>);
    impl Plugins for Spy {
        fn list(&self) -> Vec<PluginInfo> {
            Agreeable.list()
        }
        fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
            let found = setups.iter().find(|s| s.policy.as_str() == "cn/spied");
            *self.0.lock().unwrap() = found.and_then(|s| entry(s.settings, "rules").cloned());
            Agreeable.configure(setups)
        }
    }
    let head = "[[rule]]\nid = \"X\"\nsummary = { zh = \"甲\", en = \"a\" }\nbasis = [\"cn.labour.5\"]\n";
    let mut files = files();
    files.insert("cn/spied.toml".to_owned(), format!("{head}{rule}").into_bytes());
    let spy = Spy(Mutex::new(None));
    let bundle = Bundle::from_files(files).unwrap();
    compile(&bundle, &spy, &Options::default()).map_err(|p| panic!("{rule}: {p:#?}")).ok();
    let Some(Setting::Items(rows)) = spy.0.into_inner().unwrap() else { panic!("no rows") };
    rows.into_iter().next().unwrap()
}

/// Settings in a short notation, to compare them by eye.
fn short(setting: &Setting) -> String {
    let list = |items: &[Setting]| items.iter().map(short).collect::<Vec<_>>().join(" ");
    match setting {
        Setting::Flag(flag) => flag.to_string(),
        Setting::Number(number) => number.to_string(),
        Setting::Text(text) => text.to_string(),
        Setting::Day(day) => day.to_string(),
        Setting::Items(items) => format!("[{}]", list(items)),
        Setting::Table(entries) => {
            let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key}:{}", short(value))).collect();
            format!("({})", entries.join(" "))
        }
    }
}

#[test]
fn conditions_reach_the_plugin() {
    for (when, want) in [
        ("kind = 'labour.*'", "(op:prefix at:kind in:[labour.*])"),
        ("source = ['counter']", "(op:prefix at:source in:[counter])"),
        ("locality = 'cn/*'", "(op:prefix at:locality in:[cn/*])"),
        ("relation = 'family'", "(op:is at:fact key:relation in:[family])"),
        ("needs = ['sign', 'braille']", "(op:is at:fact key:needs in:[sign braille])"),
        ("amount = '12.5'", "(op:is at:fact key:amount in:[(money:1250)])"),
        ("amount = { above = { fact = 'cap' } }", "(op:range key:amount above:(fact:cap))"),
        ("people = { min = 2, below = 9 }", "(op:range key:people min:2 below:9)"),
        ("people = { known = false }", "(op:known key:people is:false)"),
        ("knew_on = { from = 2024-01-01 }", "(op:range key:knew_on min:2024-01-01)"),
        (
            "knew_on = { ago-min = '0 days', ahead-max = '2 months' }",
            "(op:age key:knew_on ago-min:(count:0 unit:day) ahead-max:(count:2 unit:month))",
        ),
        (
            "any = { role = 'applicant', consent = 'no' }",
            "(op:some-party of:[(op:all of:[(op:is at:role in:[applicant]) (op:is at:fact key:consent in:[no])])])",
        ),
        (
            "any = [{ type = 'natural' }, { type = 'organisation' }]",
            "(op:all of:[(op:some-party of:[(op:is at:type in:[natural])]) (op:some-party of:[(op:is at:type in:[organisation])])])",
        ),
        ("all = { consent = 'yes' }", "(op:every-party of:[(op:is at:fact key:consent in:[yes])])"),
        (
            "not = [{ urgent = true }, { people = 2 }]",
            "(op:all of:[(op:not of:[(op:is at:fact key:urgent in:[true])]) (op:not of:[(op:is at:fact key:people in:[2])])])",
        ),
        (
            "either = [{ urgent = true }, { people = 2, relation = 'family' }]",
            "(op:any of:[(op:is at:fact key:urgent in:[true]) (op:all of:[(op:is at:fact key:people in:[2]) (op:is at:fact key:relation in:[family])])])",
        ),
        ("", "(op:all of:[])"),
    ] {
        let row = lowered(&format!("when = {{ {when} }}\nthen = [{{ refer = 'unclear' }}]\n"));
        assert_eq!(short(entry(&row, "when").unwrap()), want, "{when}");
    }
}

#[test]
fn effects_reach_the_plugin() {
    for (effect, want) in [
        (
            "offer = 'labour_mediation', body = 'county', skills = ['lang_ar'], skills-from = 'language', weight = -3, chargeable = false",
            "(do:offer body:county skills:[lang_ar] skills-from:language weight:-3 chargeable:false offer:labour_mediation)",
        ),
        (
            "offer = 'labour_mediation', due = '7 working days', from = 'acceptance'",
            "(do:offer due:(count:7 unit:working-day) from:acceptance offer:labour_mediation)",
        ),
        ("prefer = 'court', weight = 5", "(do:prefer weight:5 prefer:court)"),
        (
            "require-first = 'labour_arbitration', before = 'court'",
            "(do:require-first require-first:labour_arbitration before:court)",
        ),
        ("forbid = 'court'", "(do:forbid forbid:court)"),
        ("forbid-class = 'facilitative'", "(do:forbid-class forbid-class:facilitative)"),
        (
            "duty = 'inform', bearer = 'intake', with = { count = 5 }",
            "(do:duty duty:inform bearer:intake with:[(key:count value:5)])",
        ),
        (
            "clock = 'limitation_labour', from = 'knew_on', span = '1 year', warn = [90, 7]",
            "(do:clock clock:limitation_labour from:knew_on span:(count:1 unit:year) warn:[90 7])",
        ),
        (
            "signal = 'wage_cluster', level = 'red', subject = 'organisation:respondent', measures = ['notify'], responsible = 'intake', handle-within = '24 hours'",
            "(do:signal signal:wage_cluster level:red subject:organisation:respondent measures:[notify] responsible:intake handle-within:(count:24 unit:hour))",
        ),
        ("derive = 'urgent', value = true", "(do:derive derive:urgent value:true)"),
        ("refer = 'unclear'", "(do:refer refer:unclear)"),
    ] {
        let row = lowered(&format!("then = [{{ {effect} }}]\n"));
        assert_eq!(short(entry(&row, "then").unwrap()), format!("[{want}]"), "{effect}");
    }
}

#[test]
fn the_digest_covers_files_and_plugins() {
    let digest = |bundle: &Bundle| run(bundle).unwrap_or_else(|p| panic!("{p:#?}")).ruleset.digest().clone();
    let same = Bundle::from_files(files()).unwrap();
    assert_eq!(digest(&same), digest(&Bundle::from_files(files()).unwrap()));
    assert_ne!(digest(&same), digest(&changed("cn/labour.toml", "14", "15")), "a file");
    assert_ne!(digest(&same), *same.digest(), "and what else it rests on");
}

#[test]
fn a_folder_of_packs_stands_on_another_s_registries_and_upper_packs() {
    let bundle = |paths: &[&str]| {
        let files = paths.iter().map(|path| ((*path).to_owned(), path.as_bytes().to_vec()));
        Bundle::from_files(files.collect()).unwrap()
    };
    let base =
        bundle(&["facts.toml", "holidays/cn.toml", "cn/pack.toml", "cn/a/pack.toml", "cn/a/x.toml", "cn/b/pack.toml"]);
    for (own, expected) in [
        (&["cn/a/pack.toml"][..], &["cn/a/pack.toml", "cn/pack.toml", "facts.toml", "holidays/cn.toml"][..]),
        (
            &["cn/a/c/pack.toml"],
            &["cn/a/c/pack.toml", "cn/a/pack.toml", "cn/a/x.toml", "cn/pack.toml", "facts.toml", "holidays/cn.toml"],
        ),
        (
            &["holidays/own.toml", "gb/pack.toml"],
            &["facts.toml", "gb/pack.toml", "holidays/cn.toml", "holidays/own.toml"],
        ),
        (&["cna/pack.toml"], &["cna/pack.toml", "facts.toml", "holidays/cn.toml"]),
    ] {
        let own = bundle(own);
        assert!(!own.stands_alone());
        let over = own.over(&base).unwrap();
        assert_eq!(over.files().map(|(path, _)| path).collect::<Vec<_>>(), expected);
    }
    assert!(base.stands_alone());
    assert!(bundle(&[]).stands_alone(), "an empty folder is not made whole");
    assert!(bundle(&["localities/own.toml"]).stands_alone(), "registries alone are no project");
}

#[test]
fn what_a_case_expects_of_parts_is_read_as_it_is_written() {
    let written = r#"outcome = "route", has-rules = ["R20", { rule = "cn/labour#R19", basis = "cn.labour.5" }],
        steps = [
            { channel = "labour_mediation", body = "county", skills = ["lang_ar"], due = "15 days", from = "acceptance" },
            { channel = "court", skills = [], due = 2026-07-10, basis = ["cn.labour.5"] } ],
        has-duties = ["inform", { duty = "inform", bearer = "intake", with = { count = 3 } }],
        clocks = { limitation_labour = { ends = 2026-07-10, warn = [30, 7] } },
        signals = { signal = "wage_cluster", level = "orange" }, basis = "cn.labour.5""#;
    let compiled = run(&changed("cn/labour.toml", r#"outcome = "route", has-rules = ["R19"]"#, written)).unwrap();
    let case = compiled.cases.iter().find(|case| case.name == "wages go to arbitration first").unwrap();
    let (law, end) = (|| vec!["cn.labour.5".into()], Day::new(2026, 7, 10).unwrap());
    let term = Term { span: Span { count: 15, unit: Unit::Day }, start: "acceptance".into() };
    let rule = |policy: Option<&str>, rule: &str, basis| ExpectRule {
        rule: RuleRef { policy: policy.map(Into::into), rule: rule.into() },
        basis,
    };
    let duty = ExpectDuty { code: "inform".into(), bearer: None, with: Vec::new(), basis: Vec::new() };
    let wanted = Expect {
        outcome: Some(Outcome::Route),
        has_rules: vec![rule(None, "R20", Vec::new()), rule(Some("cn/labour"), "R19", law())],
        preconditions: Some(vec![("labour_arbitration".into(), "court".into())]),
        steps: vec![
            ExpectStep {
                channel: "labour_mediation".into(),
                body: Some("county".into()),
                skills: Some(vec!["lang_ar".into()]),
                due: Some(StepDue { term: Some(term), on: None }),
                basis: Vec::new(),
            },
            ExpectStep {
                channel: "court".into(),
                body: None,
                skills: Some(Vec::new()),
                due: Some(StepDue { term: None, on: Some(end) }),
                basis: law(),
            },
        ],
        has_duties: vec![
            duty.clone(),
            ExpectDuty { bearer: Some("intake".into()), with: vec![("count".into(), Value::Number(3.0))], ..duty },
        ],
        clocks: vec![ExpectClock {
            code: "limitation_labour".into(),
            ends: end,
            warn: Some(vec![30, 7]),
            basis: Vec::new(),
        }],
        signals: Some(vec![ExpectSignal {
            code: "wage_cluster".into(),
            level: Some(Level::Orange),
            basis: Vec::new(),
        }]),
        basis: law(),
        ..Expect::default()
    };
    assert_eq!(case.expect, wanted);
}
