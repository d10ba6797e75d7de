//! Explanations agree with decisions: on every case that ships, and when a plugin breaks down.

use std::sync::Arc;

use maple_kernel::{
    Asking, Decision, FaultKind, Floor, Limits, Mode, Policy, PolicyId, Purposes, Question, Ruleset, Setting, Setup,
    Target, evaluate, walk,
};
use maple_sandbox::{Sandbox, SandboxConfig};
use maple_tests::{guests::Guest, house};
use maple_wire::{Explained, Language, explain_json, explain_text};
use serde_json::Value;

fn explained<'a>(ruleset: &'a Ruleset, question: &'a Question, decision: &'a Decision) -> Explained<'a> {
    let walked = walk(ruleset, question, |policy, file| policy.assessor.assess(file));
    Explained { ruleset, question, decision, askings: walked.into_iter().map(|asking| (asking, None)).collect() }
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

#[test]
fn the_text_leaves_no_word_untranslated() {
    let ruleset = &house().compiled.ruleset;
    for question in questions() {
        let decision = evaluate(ruleset, &question);
        let explained = explained(ruleset, &question, &decision);
        let english = explain_text(&explained, Language::En);
        let head = english.lines().nth(2).unwrap();
        assert!(head.starts_with("  the case: ") && head.contains(question.case.kind.as_str()), "{head}");
        let chinese = explain_text(&explained, Language::Zh);
        for english_word in [" stands", "adds nothing", "not asked", "no rule", " claims (", "law:", "facts:"] {
            assert!(!chinese.contains(english_word), "`{english_word}` in {chinese}");
        }
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
