//! Explanations agree with decisions: on every case that ships, and when a plugin breaks down.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use maple_bundle::{Compiled, Options, compile, table::Table};
use maple_kernel::{
    Asking, Decision, FactType, FaultKind, Floor, Limits, Mode, Policy, PolicyId, Purposes, Question, Ruleset, Setting,
    Setup, Target, evaluate, walk,
};
use maple_sandbox::{Sandbox, SandboxConfig};
use maple_tests::{guests::Guest, house};
use maple_wire::{Explained, Language, explain_json, explain_text, text};
use serde_json::Value;

fn explained<'a>(ruleset: &'a Ruleset, question: &'a Question, decision: &'a Decision) -> Explained<'a> {
    with_tables(ruleset, &[], question, decision)
}

fn with_tables<'a>(
    ruleset: &'a Ruleset,
    tables: &'a [Table],
    question: &'a Question,
    decision: &'a Decision,
) -> Explained<'a> {
    let walked = walk(ruleset, question, |policy, file| policy.assessor.assess(file));
    Explained {
        ruleset,
        question,
        decision,
        askings: walked.into_iter().map(|asking| (asking, None)).collect(),
        tables,
    }
}

/// The shipped policies, their tables kept as data.
fn tabled() -> &'static Compiled {
    static TABLED: LazyLock<Compiled> = LazyLock::new(|| {
        let options = Options { tables: true, ..Options::default() };
        compile(&house().bundle, &*house().sandbox, &options).ok().unwrap()
    });
    &TABLED
}

/// Every case of every pack, asked for an explanation.
fn questions() -> impl Iterator<Item = Question> {
    house().compiled.cases.iter().map(|case| Question { explain: true, ..case.question.clone() })
}

#[test]
fn who_is_asked_answers_as_in_the_decision() {
    let ruleset = &house().compiled.ruleset;
    for question in questions() {
        let decision = evaluate(ruleset, &question);
        let walked = walk(ruleset, &question, |policy, file| policy.assessor.assess(file));
        let asked: Vec<String> = walked
            .iter()
            .filter_map(|asking| {
                let said = asking.answer.as_ref()?.as_ref().map(Vec::len).map_err(|fault| fault.kind);
                Some(format!("{} {said:?} {}", asking.policy.id, asking.fuel))
            })
            .collect();
        let wanted: Vec<String> = decision
            .asked
            .iter()
            .map(|asked| {
                let said = asked.answer.as_ref().copied().map_err(|fault| fault.kind);
                format!("{} {said:?} {}", asked.policy, asked.fuel)
            })
            .collect();
        assert_eq!(asked, wanted, "{question:?}");
        assert!(walked.iter().all(|asking| asking.answer.is_some() == asking.unmet.is_empty()));
    }
}

#[test]
fn every_step_and_part_of_a_decision_is_some_claim_s_or_the_host_s() {
    let ruleset = &house().compiled.ruleset;
    for question in questions() {
        let decision = evaluate(ruleset, &question);
        let data = explain_json(&explained(ruleset, &question, &decision));
        let claims: Vec<&Value> =
            data["policies"].as_array().unwrap().iter().flat_map(|p| p["claims"].as_array()).flatten().collect();
        for (at, step) in (1..).zip(&decision.steps) {
            let mine = |claim: &&&Value| {
                matches!(claim["became"]["code"].as_str(), Some("step" | "stands"))
                    && claim["rule"] == step.ground.by.rule
            };
            let host = step.ground.by.policy == "host";
            assert!(host || claims.iter().any(|c| mine(&c)), "step {at} of {question:?} is nobody's: {data:#}");
        }
        for claim in claims {
            let code = claim["became"]["code"].as_str().unwrap();
            if let Some(at) = claim["became"]["step"].as_u64() {
                assert!(at >= 1 && at <= decision.steps.len() as u64, "{claim:#}");
            }
            assert!(!claim["why"]["zh"].as_str().unwrap().is_empty() || code == "no_effect", "{claim:#}");
            for language in ["zh", "en"] {
                assert!(!claim["says"][language].as_str().unwrap().is_empty(), "{claim:#}");
                assert!(!claim["became"]["says"][language].as_str().unwrap().is_empty(), "{claim:#}");
            }
        }
    }
}

/// The host reads the conditions of tables a second time, to tell why a rule kept silent: what it reads is what the plugin
/// did, in every case that ships.
#[test]
fn rules_of_tables_apply_as_the_plugin_has_them() {
    let Compiled { ruleset, tables, .. } = tabled();
    let (mut spoke, mut silent, mut without_effect) = (0, 0, 0);
    for question in questions() {
        let decision = evaluate(ruleset, &question);
        let data = explain_json(&with_tables(ruleset, tables, &question, &decision));
        for policy in data["policies"].as_array().unwrap().iter().filter(|policy| policy["asked"] == true) {
            let Some(table) = tables.iter().find(|table| policy["policy"] == table.policy.as_str()) else {
                assert_eq!(policy["silent"], Value::Null, "{policy:#}");
                continue;
            };
            assert_eq!(table.unread, 0, "{}", table.policy);
            let named = |list: &Value| -> BTreeSet<String> {
                list.as_array().unwrap().iter().map(|rule| rule.as_str().unwrap().to_owned()).collect()
            };
            let claims: BTreeSet<String> =
                policy["claims"].as_array().unwrap().iter().map(|c| c["rule"].as_str().unwrap().to_owned()).collect();
            let applies = named(&policy["applies"]);
            let mut quiet = BTreeSet::new();
            for rule in policy["silent"]["rules"].as_array().unwrap() {
                let (name, unmet) = (rule["rule"].as_str().unwrap(), rule["unmet"].as_u64().unwrap());
                assert!(!claims.contains(name), "{name} spoke: {policy:#}");
                assert_eq!(unmet == 0, applies.contains(name), "{name}: {policy:#}");
                let en = rule["says"]["en"].as_str().unwrap();
                let about_time = en.contains("its time has no day to run from; not known: ");
                assert_eq!(unmet == 0, about_time, "{name} of {}: {en}", table.policy);
                without_effect += usize::from(unmet == 0);
                quiet.insert(name.to_owned());
            }
            // Whatever the plugin said, the host reads as applying; whatever applies spoke, or had nothing to say.
            assert!(claims.is_subset(&applies), "{} says {claims:?}, the host reads {applies:?}", table.policy);
            let all: BTreeSet<String> = table.rows.iter().map(|row| row.rule.to_string()).collect();
            assert_eq!(claims.union(&quiet).cloned().collect::<BTreeSet<_>>(), all, "{}", table.policy);
            (spoke, silent) = (spoke + claims.len(), silent + quiet.len());
        }
    }
    assert!(spoke > 1_000 && silent > 1_000 && without_effect > 0, "{spoke} {silent} {without_effect}");
}

/// Every code that a fact, a kind, a channel or a word may be, save those that are words of their language, too.
fn codes(ruleset: &Ruleset) -> BTreeSet<String> {
    let words = ruleset.vocabulary();
    let labels = words.facts.values().flat_map(|def| def.labels.keys().map(ToString::to_string));
    let kinds = words.kinds.keys().map(ToString::to_string);
    let channels = words.channels.keys().map(ToString::to_string);
    let lists = words.words.values().flat_map(|list| list.keys().map(ToString::to_string));
    labels.chain(kinds).chain(channels).chain(lists).chain(words.facts.keys().map(ToString::to_string)).collect()
}

/// The words of the Latin alphabet in a Chinese text that stand neither in brackets behind a name, nor in the line of a
/// rule or policy, nor in a name.
fn bare_codes<'t>(text: &'t str, codes: &BTreeSet<String>) -> Vec<&'t str> {
    let inside = |line: &str, at: usize| {
        let before = line.get(..at).unwrap_or_default();
        let open = |open: char, close: char| before.matches(open).count() > before.matches(close).count();
        open('（', '）') || open('(', ')') || open('[', ']')
    };
    let code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '*');
    let mut found = Vec::new();
    for line in text.lines() {
        let mut from = 0;
        while let Some(start) = line.get(from..).and_then(|rest| rest.find(code)).map(|at| at + from) {
            let rest = &line[start..];
            let end = rest.find(|c| !code(c)).map_or(line.len(), |len| start + len);
            let word = &line[start..end];
            if codes.contains(word.trim_end_matches(['.', '*'])) && !inside(line, start) {
                found.push(word);
            }
            from = end;
        }
    }
    found
}

#[test]
fn what_is_no_name_is_found() {
    let codes = BTreeSet::from(["employment".to_owned(), "labour.wage".to_owned()]);
    for (line, found) in [
        ("事实：双方关系：employment", vec!["employment"]),
        ("只管 labour.wage，本案是 employment", vec!["labour.wage", "employment"]),
        ("只管追索工资（labour.wage），双方关系：用工", vec![]),
        ("追索工资 (labour.wage)", vec![]),
        ("cn/labour：没有适用的规则", vec![]),
    ] {
        assert_eq!(bare_codes(line, &codes), found, "{line}");
    }
}

#[test]
fn every_word_of_a_closed_list_has_a_name() {
    for (key, def) in &house().compiled.ruleset.vocabulary().facts {
        if let FactType::Text(words) | FactType::Words(words) = &def.kind {
            let unnamed: Vec<_> = words.iter().filter(|word| !def.labels.contains_key(*word)).collect();
            assert!(unnamed.is_empty(), "{key}: {unnamed:?}");
        }
    }
}

#[test]
fn the_text_leaves_no_word_untranslated() {
    let Compiled { ruleset, tables, .. } = tabled();
    let codes = codes(ruleset);
    for question in questions() {
        let decision = evaluate(ruleset, &question);
        let explained = with_tables(ruleset, tables, &question, &decision);
        let english = explain_text(&explained, Language::En);
        let head = english.lines().nth(2).unwrap();
        assert!(head.starts_with("  the case: ") && head.contains(question.case.kind.as_str()), "{head}");
        let chinese = explain_text(&explained, Language::Zh);
        for english_word in [" stands", "adds nothing", "not asked", "no rule", " claims (", "law:", "facts:"] {
            assert!(!chinese.contains(english_word), "`{english_word}` in {chinese}");
        }
        let route = text(&Decision { explanation: None, ..decision.clone() }, ruleset, Language::Zh);
        for text in [&chinese, &route] {
            assert_eq!(bare_codes(text, &codes), Vec::<&str>::new(), "{text}");
            assert!(!text.contains("Art. "), "{text}");
        }
        assert!(!english.contains('第'), "{english}");
    }
}

/// The shipped words and places with one policy: a guest, asked in Zhejiang.
fn alone(guest: &Guest) -> Ruleset {
    let house = &house().compiled.ruleset;
    let sandbox = Sandbox::new(SandboxConfig { diaries: true, ..SandboxConfig::default() }).unwrap();
    let plugin = sandbox.add_component(&guest.component()).unwrap();
    let (id, settings) = (PolicyId::from("cn/zhejiang/guest"), Setting::Table(vec![]));
    let calendar = &house.locality("cn/zhejiang").unwrap().1.calendar;
    let setup = Setup { policy: &id, plugin: &plugin.digest, settings: &settings, calendar, limits: Limits::default() };
    let configured = sandbox.configure_policies(&[setup]).remove(0).unwrap();
    let descriptor = configured.descriptor().clone();
    let policy = Policy {
        id,
        locality: "cn/zhejiang".into(),
        plugin: format!("{}@{}", plugin.id, plugin.version).into(),
        digest: plugin.digest,
        mode: Mode::Enforce,
        stopped: None,
        purposes: Purposes::BOTH,
        target: Target::default(),
        from: None,
        to: None,
        trusted: false,
        floor: Floor::None,
        replaces: vec![],
        reads: descriptor.reads,
        rules: descriptor.rules.into_iter().collect(),
        reasons: descriptor.reasons.into_iter().collect(),
        assessor: Arc::new(configured),
    };
    let localities = house.localities().map(|(id, locality)| (id.clone(), locality.clone())).collect();
    Ruleset::new("sha256:0".into(), house.vocabulary().clone(), localities, vec![policy])
}

#[test]
fn a_panic_is_told_with_its_message_file_and_line() {
    let mut guest = Guest::default();
    let line = b"panic: no way to divide at all at src/lib.rs:7";
    let at = guest.put(line);
    guest.assess = format!("(call $write (i32.const {at}) (i32.const {})) (unreachable)", line.len());
    let ruleset = alone(&guest);
    let question = questions().find(|q| q.case.locality.as_str().starts_with("cn/zhejiang")).unwrap();
    let decision = evaluate(&ruleset, &question);
    let explained = explained(&ruleset, &question, &decision);
    let fault = |(asking, _): &(Asking<'_>, _)| asking.answer.as_ref()?.as_ref().err().map(|fault| fault.kind);
    assert_eq!(explained.askings.iter().filter_map(fault).collect::<Vec<_>>(), [FaultKind::Trap]);
    let english = explain_text(&explained, Language::En);
    let chinese = explain_text(&explained, Language::Zh);
    for (text, said) in [
        (&english, "  cn/zhejiang/guest: gave no usable answer"),
        (&english, "    its code broke down: `no way to divide at all`\n    at src/lib.rs, line 7\n"),
        (&chinese, "    代码中途出错：`no way to divide at all`\n    位置：src/lib.rs 第7行\n"),
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let data = explain_json(&explained);
    let panic = &data["policies"][0]["fault"]["panic"];
    assert_eq!(
        (&panic["message"], &panic["file"], &panic["line"]),
        (&"no way to divide at all".into(), &"src/lib.rs".into(), &7.into())
    );
}
