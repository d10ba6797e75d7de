//! The gate with the shipped policies and the real sandbox: what passes, and each way in which a bundle does not.

use std::{collections::BTreeSet, sync::Arc};

use maple_bundle::Archive;
use maple_gate::{
    Admitted, Budget, Current, Ending, How, Report, Stage, State, States, Subject, TURNING_DAYS_COUNT_MAX, Terms,
    admit, sign,
};
use maple_kernel::{Day, Outcome, PolicyId, evaluate};
use maple_seal::{Digest, Key, Signer, Trust, Trusted};
use maple_tests::{house, question};

const NONE: fn(&str) -> Option<String> = |_| None;

/// The shipped policies as an archive, with the plugins that they use.
fn archive() -> Archive {
    let house = house();
    let places = house.compiled.ruleset.localities().map(|(id, _)| id);
    let used: BTreeSet<&str> =
        places.flat_map(|id| house.compiled.ruleset.policies_of(id)).map(|policy| &*policy.digest).collect();
    let components =
        used.iter().enumerate().map(|(n, digest)| (format!("plugin-{n}"), house.sandbox.component(digest).unwrap()));
    Archive { bundle: house.bundle.clone(), components: components.collect(), signatures: None }
}

fn with(files: &[(&str, &str)]) -> Archive {
    let archive = archive();
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    Archive { bundle: archive.bundle.with_files(files.collect()).unwrap(), ..archive }
}

/// A shipped file with one text in the place of another.
fn changed(path: &str, from: &str, to: &str) -> String {
    let house = house();
    let (_, bytes) = house.bundle.files().find(|(own, _)| *own == path).unwrap();
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{path} has no `{from}`");
    text.replacen(from, to, 1)
}

fn terms<'a>(on_hand: &'a BTreeSet<Arc<str>>) -> Terms<'a> {
    let house = house();
    Terms {
        plugins: &*house.sandbox,
        on_hand,
        trust: None,
        at: "2026-11-29T08:00:00Z".parse().unwrap(),
        day: Day::new(2026, 11, 27).unwrap(),
        current: Some(Current {
            bundle: &house.bundle,
            ruleset: &house.compiled.ruleset,
            packs: &house.compiled.packs,
        }),
        rollback: false,
        same_versions: true,
        published: &NONE,
        budget: None,
        progress: &|_| {},
    }
}

fn refused(archive: &Archive, terms: &Terms<'_>) -> Report {
    *admit(&archive.write().unwrap(), None, terms).map(|_| ()).unwrap_err()
}

fn told(report: &Report) -> Vec<(Stage, String)> {
    let stages = report.stages.iter();
    stages.flat_map(|one| one.problems.iter().filter(|p| p.error).map(|p| (one.stage, p.code.clone()))).collect()
}

#[test]
fn the_shipped_policies_pass_every_stage() {
    let on_hand = BTreeSet::new();
    let terms = Terms { current: None, ..terms(&on_hand) };
    let Admitted { report, changes, compiled, .. } = admit(&archive().write().unwrap(), None, &terms)
        .unwrap_or_else(|report| panic!("{}", serde_json::to_string_pretty(&report).unwrap()));
    assert!(report.admitted);
    assert_eq!(report.ruleset.as_deref(), Some(&**compiled.ruleset.digest()));
    assert_eq!(changes.packs.len(), compiled.packs.len());
    for stage in Stage::ALL {
        let one = report.stage(stage).unwrap();
        let asked = !matches!(stage, Stage::Signature | Stage::Budget);
        assert_eq!(one.result, if asked { Ending::Passed } else { Ending::NotAsked }, "{stage:?}");
        assert_eq!(one.checked > 0, asked, "{stage:?}");
    }
    assert_eq!(report.stage(Stage::Cases).unwrap().checked, compiled.cases.len() as u64);
}

#[test]
fn a_bundle_costs_by_what_changed_in_it() {
    let on_hand = BTreeSet::new();
    let path = "cn/zhejiang/jinhua/yongkang/pack.toml";
    let files = changed(path, "\ntitle", "\n# another line\ntitle");
    let admitted = admit(&with(&[(path, &files)]).write().unwrap(), None, &terms(&on_hand)).unwrap();
    let changed: Vec<&str> = admitted.changes.places().collect();
    assert_eq!(changed, ["cn/zhejiang/jinhua/yongkang"]);
    let cases = admitted.report.stage(Stage::Cases).unwrap().checked;
    assert!(cases > 0 && cases < house().compiled.cases.len() as u64 / 4, "{cases}");
    let same = admit(&archive().write().unwrap(), None, &terms(&on_hand)).unwrap();
    assert_eq!((same.changes.places().count(), same.report.stage(Stage::Cases).unwrap().checked), (0, 0));
}

#[test]
fn bytes_that_are_no_bundle_are_told_apart() {
    let on_hand = BTreeSet::new();
    let whole = archive().write().unwrap();
    let mut spoilt = whole.clone();
    let middle = spoilt.len() / 2;
    spoilt[middle] ^= 0x55;
    let digest = Digest::of(&whole);
    for (bytes, codes) in [
        (whole[..whole.len() - 9].to_vec(), &["archive"][..]),
        (spoilt, &["digest", "archive"]),
        (Vec::new(), &["archive"]),
        (b"{\"not\": \"an archive\"}".to_vec(), &["archive"]),
    ] {
        let expected = (codes.len() == 2).then_some(&digest);
        let report = *admit(&bytes, expected, &terms(&on_hand)).map(|_| ()).unwrap_err();
        let found: Vec<String> = told(&report).into_iter().map(|(_, code)| code).collect();
        assert_eq!(found, codes);
        assert_eq!(report.failed(), Some(Stage::Digest));
        assert_eq!(report.stage(Stage::Cases).unwrap().result, Ending::NotReached);
    }
    assert!(admit(&whole, Some(&digest), &terms(&on_hand)).is_ok());
}

#[test]
fn problems_are_told_in_their_stage_and_all_at_once() {
    let on_hand = BTreeSet::new();
    let pack = "cn/zhejiang/jinhua/yongkang/pack.toml";
    let mut broken = with(&[
        (pack, &changed(pack, "contract = \"^0.1\"", "contract = \"^9\"")),
        ("cn/shandong/more.toml", "[[rule]]\nid = \"G1\"\nwhen = { kind = [\"no.such\"] }\n"),
    ]);
    broken
        .components
        .insert("foreign".into(), wat::parse_str("(component (import \"wasi:clocks/now\" (func)))").unwrap());
    let report = refused(&broken, &terms(&on_hand));
    let stages: BTreeSet<Stage> = told(&report).into_iter().map(|(stage, _)| stage).collect();
    assert_eq!(stages, BTreeSet::from([Stage::Contract, Stage::Imports, Stage::Compile]), "{report:#?}");
    assert!(report.errors() >= 3 && !report.admitted);
    assert_eq!(report.stage(Stage::Cases).unwrap().result, Ending::NotReached);
    for problem in report.stages.iter().flat_map(|one| &one.problems) {
        assert!(!problem.message.is_empty() && !problem.message_zh.is_empty(), "{problem:?}");
    }
}

#[test]
fn a_pack_whose_own_case_fails_does_not_serve() {
    let on_hand = BTreeSet::new();
    let pack = "cn/zhejiang/jinhua/yongkang/pack.toml";
    let case = "\n[[case]]\nname = \"goes to the moon\"\ncase = { kind = \"contract.work\", facts = { amount = \"80000\" } }\n\
                expect = { outcome = \"refer\" }\n";
    let text = changed(pack, "", "") + case;
    let report = refused(&with(&[(pack, &text)]), &terms(&on_hand));
    assert_eq!(told(&report), [(Stage::Cases, "case-failed".into())]);
    let problem = &report.stage(Stage::Cases).unwrap().problems[0];
    assert!(problem.message.contains("goes to the moon") && problem.message.contains("refer"), "{problem:?}");
    assert_eq!((problem.file.as_str(), problem.line.is_some()), (pack, true));
}

/// The shipped policies with one more rule table of a county.
fn rule(text: &str) -> Archive {
    with(&[("cn/zhejiang/jinhua/yongkang/gate-test.toml", text)])
}

#[test]
fn whoever_punishes_a_refusal_does_not_serve() {
    let on_hand = BTreeSet::new();
    let punishing = rule(
        "[[rule]]\nid = \"G1\"\nsummary = { zh = \"不拒绝的才有法律援助\", en = \"Legal aid for those who do not refuse\" }\n\
         when = { kind = [\"neighbour.*\"], not = { any = { consent = \"no\" } } }\n\
         then = [ { offer = \"legal_aid\" } ]\nbasis = [\"cn.peoples_mediation.3\"]\n",
    );
    let report = refused(&punishing, &terms(&on_hand));
    assert_eq!(report.failed(), Some(Stage::Conformance), "{report:#?}");
    let problem = &report.stage(Stage::Conformance).unwrap().problems[0];
    assert!(problem.message.contains("refuses mediation"), "{}", problem.message);
}

#[test]
fn nobody_loses_anything_for_a_complaint_or_for_a_language() {
    let on_hand = BTreeSet::new();
    for (unless, said) in [
        ("{ repeated_petition = true }", "complained or petitioned before"),
        ("{ any = { language = \"ug\" } }", "speaks another language or needs support"),
        ("{ any = { language = \"bo\" } }", "speaks another language or needs support"),
        ("{ any = { language = [\"mn\", \"kk\"] } }", "speaks another language or needs support"),
        ("{ any = { support_need = [\"hearing\"] } }", "speaks another language or needs support"),
        ("{ any = { role = \"respondent\", consent = \"no\" } }", "refuses mediation"),
        ("{ any = { consent = \"no\" }, not = { all = { consent = \"no\" } } }", "refuses mediation"),
        ("{ any = { support_need = [\"other\"] } }", "speaks another language or needs support"),
        ("{ any = { role = \"respondent\", language = \"ug\" } }", "speaks another language or needs support"),
        ("{ any = { role = \"respondent\", support_need = [\"other\"] } }", "speaks another language or needs support"),
    ] {
        let punishing = rule(&format!(
            "[[rule]]\nid = \"G1\"\nsummary = {{ zh = \"另眼相看\", en = \"Not for everybody\" }}\n\
             when = {{ kind = [\"neighbour.*\"], not = {unless} }}\nthen = [ {{ offer = \"legal_aid\" }} ]\n\
             basis = [\"cn.peoples_mediation.3\"]\n"
        ));
        let report = refused(&punishing, &terms(&on_hand));
        assert_eq!(report.failed(), Some(Stage::Conformance), "{unless}: {report:#?}");
        let problems = &report.stage(Stage::Conformance).unwrap().problems;
        assert!(problems.iter().all(|problem| problem.message.contains(said)), "{problems:#?}");
        assert!(problems[0].message.contains("the step `legal_aid`"), "{}", problems[0].message);
    }
}

const COMPLAINED: &str = "repeated_petition = true";
const SPEAKS: &str = "any = { language = \"ug\" }";
const NEEDS: &str = "any = { support_need = [\"other\"] }";

/// What a rule adds where another offers already.
fn beside(when: &str, then: &str) -> Archive {
    let head =
        |id: &str| format!("[[rule]]\nid = \"{id}\"\nsummary = {{ zh = \"另眼相看\", en = \"Not the same\" }}\n");
    let basis = "basis = [\"cn.peoples_mediation.3\"]\n";
    let offers = "{ offer = \"industry_mediation\" }, { offer = \"lawyer_mediation\" }, \
                  { offer = \"legal_aid\", due = \"7 days\", from = \"registration\" }, \
                  { offer = \"consumer_association\", due = \"20 days\", from = \"acceptance\" }";
    rule(&format!(
        "{}when = {{ kind = [\"neighbour.*\"] }}\nthen = [ {offers} ]\n{basis}\
         {}when = {{ kind = [\"neighbour.*\"], {when} }}\nthen = [ {then} ]\n{basis}",
        head("G1"),
        head("G2"),
    ))
}

#[test]
fn nobody_comes_later_is_sent_elsewhere_or_signalled_for_a_complaint_or_a_language() {
    let on_hand = BTreeSet::new();
    let unless = |what: &str| format!("not = {{ {what} }}");
    let prefer = "{ prefer = \"lawyer_mediation\", weight = 90 }";
    let sooner = "{ offer = \"legal_aid\", due = \"3 days\", from = \"registration\" }";
    let shorter = "{ offer = \"consumer_association\", due = \"3 days\", from = \"acceptance\" }";
    let signal = "{ signal = \"mass_case\", level = \"blue\", subject = \"kind\" }";
    let body = "{ offer = \"legal_aid\", body = \"county\" }";
    for (when, then, said) in [
        (COMPLAINED.to_owned(), prefer, Some("the order of the steps")),
        (SPEAKS.to_owned(), prefer, Some("the order of the steps")),
        (unless(NEEDS), prefer, Some("the order of the steps")),
        (unless(COMPLAINED), sooner, Some("the time of the step `legal_aid`, 3 days, which is now")),
        (unless(SPEAKS), shorter, Some("the time of the step `consumer_association`")),
        (COMPLAINED.to_owned(), sooner, None),
        (COMPLAINED.to_owned(), signal, Some("the signal `mass_case` is raised")),
        (SPEAKS.to_owned(), signal, Some("the signal `mass_case` is raised")),
        (NEEDS.to_owned(), signal, None),
        (COMPLAINED.to_owned(), body, Some("the body that does the step `legal_aid`")),
        (SPEAKS.to_owned(), body, None),
    ] {
        let bytes = beside(&when, then).write().unwrap();
        match (admit(&bytes, None, &terms(&on_hand)), said) {
            (Ok(_), None) => {}
            (Err(report), Some(said)) => {
                assert_eq!(report.failed(), Some(Stage::Conformance), "{when} {then}: {report:#?}");
                let problems = &report.stage(Stage::Conformance).unwrap().problems;
                assert!(problems.iter().any(|one| one.message.contains(said)), "{when} {then}: {problems:#?}");
            }
            (Ok(_), Some(said)) => panic!("{when} {then}: {said}"),
            (Err(report), None) => panic!("{when} {then}: {report:#?}"),
        }
    }
}

#[test]
fn what_waits_for_its_day_is_tried_as_of_that_day() {
    let on_hand = BTreeSet::new();
    let aid = |id: &str, more: &str, when: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\n{more}summary = {{ zh = \"法律援助\", en = \"Legal aid\" }}\n\
             when = {{ kind = [\"neighbour.*\"]{when} }}\nthen = [ {{ offer = \"legal_aid\" }} ]\n\
             basis = [\"cn.peoples_mediation.3\"]\n"
        )
    };
    let punishes = ", not = { any = { consent = \"no\" } }";
    for (text, day) in [
        // The day of the terms is 2026-11-27.
        (format!("in-force-from = 2026-11-28\n{}", aid("G1", "", punishes)), "2026-11-28"),
        (aid("G1", "in-force-from = 2027-03-01\n", punishes), "2027-03-01"),
        // What stands before it hides it until it ends.
        (aid("G1", "in-force-to = 2026-12-31\n", "") + &aid("G2", "", punishes), "2027-01-01"),
    ] {
        let report = refused(&rule(&text), &terms(&on_hand));
        assert_eq!(report.failed(), Some(Stage::Conformance), "{text}: {report:#?}");
        let problems = &report.stage(Stage::Conformance).unwrap().problems;
        assert!(problems.iter().all(|problem| problem.message.contains(&format!(" on {day}: "))), "{problems:#?}");
        assert!(problems[0].message.contains("the step `legal_aid`"), "{}", problems[0].message);
    }
    let begin = |count: usize| -> String {
        let day = |n: usize| Day::new(2027, 1, 1).unwrap().plus_days(i32::try_from(n).unwrap());
        (0..count).map(|n| aid(&format!("G{n}"), &format!("in-force-from = {}\n", day(n)), "")).collect()
    };
    let edge = rule(&begin(TURNING_DAYS_COUNT_MAX)).write().unwrap();
    let admitted = admit(&edge, None, &terms(&on_hand)).unwrap();
    let asked = |report: &Report, stage| report.stage(stage).unwrap().checked;
    let plain = admit(&rule(&aid("G1", "", "")).write().unwrap(), None, &terms(&on_hand)).unwrap().report;
    for stage in [Stage::Conformance, Stage::WarmUp] {
        let days = 1 + TURNING_DAYS_COUNT_MAX as u64;
        assert_eq!(asked(&admitted.report, stage), days * asked(&plain, stage), "{stage:?}");
    }
    let beyond = refused(&rule(&begin(TURNING_DAYS_COUNT_MAX + 1)), &terms(&on_hand));
    assert_eq!(told(&beyond), [(Stage::Conformance, "too-many-days".into())]);
}

#[test]
fn versions_neither_go_back_nor_change_their_bytes() {
    let on_hand = BTreeSet::new();
    let pack = "cn/zhejiang/jinhua/yongkang/pack.toml";
    let house = house();
    let version =
        &house.compiled.packs.iter().find(|p| p.id.as_str() == "cn/zhejiang/jinhua/yongkang").unwrap().version;
    let line = format!("version = \"{version}\"");
    let lower = with(&[(pack, &changed(pack, &line, "version = \"0.0.1\""))]);
    assert_eq!(told(&refused(&lower, &terms(&on_hand))), [(Stage::Signature, "downgrade".into())]);
    let back = Terms { rollback: true, ..terms(&on_hand) };
    assert!(admit(&lower.write().unwrap(), None, &back).is_ok(), "a rollback goes back");
    let other = with(&[(pack, &changed(pack, "\ntitle", "\n# other bytes\ntitle"))]);
    let strict = Terms { same_versions: false, ..terms(&on_hand) };
    assert_eq!(told(&refused(&other, &strict)), [(Stage::Signature, "same-version".into())]);
    let raised = with(&[(pack, &changed(pack, &line, "version = \"99.0.0\""))]);
    assert!(admit(&raised.write().unwrap(), None, &strict).is_ok());
    let published = |unit: &str| (unit == "cn/zhejiang/jinhua/yongkang@99.0.0").then(|| "sha256:other".to_owned());
    let strict = Terms { published: &published, ..strict };
    assert_eq!(told(&refused(&raised, &strict)), [(Stage::Signature, "same-version".into())]);
}

fn trusting(places: &[(&Signer, &str)]) -> Trust {
    let mut trust = Trust::new();
    for (signer, place) in places {
        let from = "2026-01-01T00:00:00Z".parse().unwrap();
        let key = Key { public: signer.public().clone(), from, to: None, revoked: None };
        trust.insert(Trusted { key, localities: vec![place.parse().unwrap()] }).unwrap();
    }
    trust
}

#[test]
fn signatures_hold_for_their_places_only() {
    let on_hand = BTreeSet::new();
    let (root, county, stranger) =
        (Signer::generate().unwrap(), Signer::generate().unwrap(), Signer::generate().unwrap());
    let trust = trusting(&[(&root, "**"), (&county, "cn/zhejiang/jinhua/yongkang/**")]);
    let at = "2026-11-29T07:00:00Z".parse().unwrap();
    let signed = |archive: &Archive, signer: &Signer| {
        let signatures = sign(archive, signer, at, |_| true).unwrap();
        Archive { signatures: Some(signatures.write().unwrap()), ..archive.clone() }
    };
    let strict = Terms { trust: Some(&trust), ..terms(&on_hand) };
    let packs = house().compiled.packs.len();

    let unsigned = refused(&archive(), &strict);
    let found = told(&unsigned);
    assert!(found.iter().all(|(stage, code)| (*stage, code.as_str()) == (Stage::Signature, "unsigned")), "{found:?}");
    assert_eq!(found.len(), packs + 1 + archive().components.len(), "each pack, the registries, each plugin");
    assert_eq!(unsigned.stage(Stage::Cases).unwrap().result, Ending::Passed, "and the rest is looked at all the same");

    let whole = signed(&archive(), &root);
    assert!(admit(&whole.write().unwrap(), None, &strict).is_ok());
    let wrong = refused(&signed(&archive(), &stranger), &strict);
    assert!(told(&wrong).iter().all(|(_, code)| code == "bad-signature"));

    // The county signs its own pack over the province's bundle, and nothing else.
    let pack = "cn/zhejiang/jinhua/yongkang/pack.toml";
    let edited = with(&[(pack, &changed(pack, "\ntitle", "\n# by the county\ntitle"))]);
    let stale = Archive { signatures: whole.signatures.clone(), ..edited.clone() };
    assert_eq!(told(&refused(&stale, &strict)), [(Stage::Signature, "bad-signature".into())]);
    let own = sign(&stale, &county, at, |place| place == "cn/zhejiang/jinhua/yongkang").unwrap();
    let own = Archive { signatures: Some(own.write().unwrap()), ..stale };
    assert!(admit(&own.write().unwrap(), None, &strict).is_ok());
    let other = "cn/zhejiang/jinhua/pack.toml";
    let above = with(&[(other, &changed(other, "\ntitle", "\n# by the county, too\ntitle"))]);
    let above = Archive { signatures: whole.signatures.clone(), ..above };
    let grabbed = sign(&above, &county, at, |_| true).unwrap();
    let grabbed = Archive { signatures: Some(grabbed.write().unwrap()), ..above };
    let report = refused(&grabbed, &strict);
    assert_eq!(told(&report), [(Stage::Signature, "bad-signature".into())]);
    assert!(report.stage(Stage::Signature).unwrap().problems[0].message.contains("may sign for"), "{report:#?}");

    // What the host brought needs no signature of its own.
    let on_hand: BTreeSet<Arc<str>> = archive().components.values().map(|c| Digest::of(c).to_string().into()).collect();
    let strict = Terms { trust: Some(&trust), on_hand: &on_hand, ..strict };
    let mut bare = whole;
    let signatures = maple_gate::Signatures::read(bare.signatures.as_ref().unwrap()).unwrap();
    let kept = signatures.signatures.into_iter().filter(|one| !one.unit.starts_with("plugins/")).collect();
    bare.signatures = Some(maple_gate::Signatures { signatures: kept }.write().unwrap());
    assert!(admit(&bare.write().unwrap(), None, &strict).is_ok());
    let garbled = Archive { signatures: Some(b"[".to_vec()), ..bare };
    assert!(told(&refused(&garbled, &strict)).iter().any(|(_, code)| code == "bad-signatures"));
}

fn wages() -> serde_json::Value {
    serde_json::json!({ "case": {
        "locality": "330784", "kind": "labour.wage_migrant", "source": "hotline", "filed": "2026-11-20",
        "parties": [
            { "role": "applicant", "type": "natural", "facts": { "consent": "yes" } },
            { "role": "respondent", "type": "organisation", "facts": { "consent": "yes" } } ],
        "facts": { "amount": "48000.00" } } })
}

#[test]
fn decisions_of_the_past_change_no_more_than_allowed() {
    let on_hand = BTreeSet::new();
    let question = question(&wages());
    let questions = vec![maple_wire::canonical_question(&question); 4];
    let budget = |changed_percent_max| Budget { questions: questions.clone(), changed_percent_max };
    let more = rule(
        "[[rule]]\nid = \"G1\"\nsummary = { zh = \"先到村里\", en = \"The village, too\" }\n\
         when = { kind = [\"labour.*\"] }\n\
         then = [ { refer = \"discipline_body\" } ]\nbasis = [\"cn.peoples_mediation.3\"]\n",
    );
    let tight = budget(99.9);
    let report = refused(&more, &Terms { budget: Some(&tight), ..terms(&on_hand) });
    assert_eq!(told(&report), [(Stage::Budget, "over-budget".into())], "{report:#?}");
    let wide = budget(100.0);
    let admitted = admit(&more.write().unwrap(), None, &Terms { budget: Some(&wide), ..terms(&on_hand) }).unwrap();
    assert_eq!(admitted.report.stage(Stage::Budget).unwrap().checked, 4);
}

fn state(subject: Subject, name: &str, how: How) -> State {
    let (by, at) = ("tester".into(), "2026-11-29T08:00:00Z".into());
    State { subject, name: name.into(), how, why: "a test of the brake".into(), by, at, reach: String::new() }
}

#[test]
fn a_brake_stops_what_it_names_and_each_decision_says_so() {
    let parsed = question(&wages());
    let ruleset = Arc::new(house().compiled.ruleset.with_states(house().compiled.ruleset.digest().clone(), |_| None));
    let before = evaluate(&ruleset, &parsed);
    let local: Vec<&PolicyId> = before
        .asked
        .iter()
        .map(|a| a.policy)
        .filter(|id| id.as_str().starts_with("cn/zhejiang/jinhua/yongkang/"))
        .collect();
    assert!(!local.is_empty());
    let states = States::default()
        .with(state(Subject::Locality, "cn/zhejiang/jinhua/yongkang", How::Stopped), &ruleset)
        .unwrap();
    let braked = states.over(&ruleset).unwrap();
    assert_ne!(braked.digest(), ruleset.digest());
    let after = evaluate(&braked, &parsed);
    for asked in &after.asked {
        let stopped = asked.answer.as_ref().is_err_and(|fault| fault.kind.as_str() == "stopped");
        assert_eq!(stopped, local.contains(&asked.policy), "{}", asked.policy);
    }
    assert_eq!(after.outcome, before.outcome, "a local policy is no floor");
    // In the place of one that sets the floor a person decides.
    let floor = state(Subject::Policy, "cn/general", How::Stopped);
    let after = States::default().with(floor, &ruleset).unwrap().over(&ruleset).unwrap();
    assert_eq!(evaluate(&after, &parsed).outcome, Outcome::Refer);
    // So does one in quarantine, wherever it stands.
    let quarantined = state(Subject::Policy, local[0].as_str(), How::Quarantined);
    let after = States::default().with(quarantined, &ruleset).unwrap().over(&ruleset).unwrap();
    assert_eq!(evaluate(&after, &parsed).outcome, Outcome::Refer);
    // One in the shadow is heard and changes nothing.
    let shadowed = state(Subject::Policy, local[0].as_str(), How::Shadow);
    let after = States::default().with(shadowed, &ruleset).unwrap().over(&ruleset).unwrap();
    let decision = evaluate(&after, &parsed);
    let asked = decision.asked.iter().find(|a| a.policy == local[0]).unwrap();
    assert!(asked.answer.is_ok() && asked.mode.as_str() == "shadow");
    // Lifted, everything is as it was, to the digest.
    let lifted = states.without(Subject::Locality, "cn/zhejiang/jinhua/yongkang").over(&ruleset).unwrap();
    assert_eq!(evaluate(&lifted, &parsed), before);
}

#[test]
fn states_are_of_what_is_there_and_say_why() {
    let ruleset = &house().compiled.ruleset;
    let none = States::default();
    for (wrong, said) in [
        (state(Subject::Policy, "cn/nothing", How::Off), "no policy `cn/nothing`"),
        (state(Subject::Locality, "cn/atlantis", How::Off), "no locality `cn/atlantis`"),
        (State { why: " ".into(), ..state(Subject::Policy, "cn/general", How::Off) }, "write 1 to 256"),
        (State { why: "w".repeat(257), ..state(Subject::Policy, "cn/general", How::Off) }, "257 bytes"),
    ] {
        let error = none.with(wrong, ruleset).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let longest = State { why: "w".repeat(256), ..state(Subject::Policy, "cn/general", How::Off) };
    let one = none.with(longest.clone(), ruleset).unwrap();
    let again = one.with(State { how: How::Shadow, ..longest }, ruleset).unwrap();
    assert_eq!(again.iter().count(), 1, "what is said later takes the place of what was said before");
    assert_eq!(again.get(Subject::Policy, "cn/general").unwrap().how, How::Shadow);
    let text = serde_json::to_string(&again).unwrap();
    assert_eq!(serde_json::from_str::<States>(&text).unwrap(), again);
}
