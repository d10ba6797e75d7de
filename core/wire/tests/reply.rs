//! The shape of a reply, which callers rely on, and the document that describes it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::borrow::Cow;

use fixture::{day, ruleset};
use maple_kernel::{
    Action, Asked, By, Case, Class, Clock, Correction, Decision, Duty, Excluded, Explanation, Facts, Fate, Fault,
    FaultKind, Ground, Level, List, Mode, Outcome, Precondition, Provision, Referral, Signal, Skipped, Span, Step,
    StepDue, Subject, Term, Text, Unit, Value,
};
use maple_wire::{
    BODY_BYTES_MAX, DEPTH_MAX, ERRORS_COUNT_MAX, FIELDS_COUNT_MAX, ID_BYTES_MAX, LeftOut, OPENAPI, PARTIES_COUNT_MAX,
    PLAN_HORIZON_DAYS, PackView, ProblemKind, ROSTER_CAPACITY_MAX, ROSTER_LIST_MAX, ROSTER_ROWS_MAX, Reply, Serving,
    VALUES_COUNT_MAX, WORD_BYTES_MAX, WORDS_COUNT_MAX, append_decision, parse_question, write_decision,
    write_localities, write_packs, write_provision, write_ruleset,
};
use serde_json::{Value as Json, json};

fn case() -> Case {
    let id = Some("c-2026-000123".into());
    let (locality, kind) = ("cn/zhejiang/jinhua/yongkang".into(), "labour.wage_migrant".into());
    Case::new(id, locality, kind, "hotline".into(), day("2026-11-20"), Vec::new(), Facts::default())
}

/// A word of a ruleset that lives as long as the tests.
fn word<T: From<&'static str>>(text: &'static str) -> &'static T {
    Box::leak(Box::new(text.into()))
}

fn by(rule: &'static str) -> By<'static> {
    By { policy: "cn/labour", rule }
}

fn ground(rule: &'static str) -> Ground<'static> {
    Ground {
        by: by(rule),
        basis: List::Some(vec![word("cn.migrant_wages.10")]),
        why: Cow::Owned(Text::new("缘由", "the reason")),
        evidence: List::Some(vec![word("people")]),
    }
}

fn step() -> Step<'static> {
    let term = Term { span: Span { count: 60, unit: Unit::WorkingDay }, start: "acceptance".into() };
    Step {
        channel: word("labour_inspection"),
        class: Class::Parallel,
        body: Some("county".into()),
        skills: vec!["labour".into()],
        needs_consent: false,
        free: true,
        due: Some(StepDue { term: Some(term), on: None }),
        after: vec![word("legal_aid")],
        weight: 0,
        ground: ground("R25"),
        decided: vec![("body", by("R26"))],
    }
}

fn asked(mode: Mode, answer: Result<usize, Fault>) -> Asked<'static> {
    let (plugin, digest) = ("decision-table@1.0.0", "sha256:00");
    Asked { policy: word("cn/labour"), plugin, digest, mode, answer, fuel: 41_234 }
}

fn signal(subject: Subject) -> Signal<'static> {
    Signal {
        code: "wage_arrears_cluster".into(),
        level: Level::Orange,
        subject,
        measures: vec!["notify_labour_inspection".into()],
        responsible: Some("labour_bureau".into()),
        handle_by: Some(day("2026-11-26")),
        expires: day("2027-02-21"),
        ground: ground("S01"),
    }
}

fn full() -> Decision<'static> {
    let fault = Fault { kind: FaultKind::OutOfFuel, detail: "after 10000000".into() };
    Decision {
        case: Some("c-2026-000123"),
        ruleset: "sha256:17",
        as_of: day("2026-11-23"),
        outcome: Outcome::Refer,
        steps: vec![step(), Step { due: None, body: None, decided: Vec::new(), ..step() }],
        excluded: vec![Excluded { channel: word("commercial_mediation"), ground: ground("R40") }],
        preconditions: vec![Precondition {
            first: word("labour_arbitration"),
            before: word("court"),
            ground: ground("R19"),
        }],
        duties: vec![Duty {
            code: "inform_right_to_sue".into(),
            bearer: Some("intake".into()),
            params: vec![
                ("count".into(), Value::Number(5.0)),
                ("share".into(), Value::Number(0.5)),
                ("amount".into(), Value::Money(4_800_050)),
                ("until".into(), Value::Day(day("2026-12-01"))),
                ("urgent".into(), Value::Flag(true)),
                ("words".into(), Value::Words(["a".into(), "b".into()].into())),
                ("term".into(), Value::Text("adult".into())),
            ],
            needs_person: true,
            ground: ground("R01"),
        }],
        clocks: vec![Clock {
            code: "limitation_labour".into(),
            start: day("2026-09-30"),
            span: Span { count: 1, unit: Unit::Year },
            ends: day("2027-09-30"),
            verified: false,
            warn: vec![90, 30, 7],
            ground: ground("R23"),
        }],
        signals: vec![signal(Subject::Organisation("respondent".into())), signal(Subject::Place)],
        rights: Box::leak(Box::new(["may_refuse".into(), "court_open".into()])),
        referral: Some(Referral {
            code: "policy_failed".into(),
            text: Cow::Owned(Text::new("转人工", "to a person")),
            by: by("H20"),
        }),
        corrections: vec![
            Correction { guardrail: "H01", action: Action::Added, what: "court".into(), by: None },
            Correction { guardrail: "H02", action: Action::Removed, what: "x".into(), by: Some(by("R02")) },
        ],
        asked: vec![asked(Mode::Enforce, Ok(5)), asked(Mode::Shadow, Ok(0)), asked(Mode::Enforce, Err(fault))],
        explanation: Some(Explanation {
            chain: Box::leak(Box::new(["cn".into()])),
            skipped: vec![(word("cn/consumer"), Skipped::Target)],
            fates: vec![Fate { by: by("R25"), claim: "offer labour_inspection".into(), fate: "kept".into() }],
            diary: vec![(word("cn/labour"), vec!["row 3".into()])],
        }),
    }
}

fn reply(decision: &Decision<'_>) -> Vec<u8> {
    write_decision(&Reply { id: "d-1", generation: 17, case: &case(), decision })
}

/// Holds a document against a schema of the OpenAPI document.
#[track_caller]
fn fits(schema: &str, document: &[u8]) {
    let document: Json = serde_json::from_slice(document).unwrap();
    let mut root: Json = serde_json::from_str(OPENAPI).unwrap();
    root["$ref"] = json!(format!("#/components/schemas/{schema}"));
    let validator = jsonschema::validator_for(&root).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{schema}: {errors:#?}");
}

#[test]
fn the_shape_is_the_one_agreed() {
    let why = json!({ "zh": "缘由", "en": "the reason" });
    let ground = |rule: &str, more: Json| {
        let mut all = json!({ "policy": "cn/labour", "rule": rule, "basis": ["cn.migrant_wages.10"], "why": why,
                              "evidence": ["people"] });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let verdict = |mode: &str, verdict: &str, findings: usize, more: Json| {
        let mut all = json!({ "policy": "cn/labour", "plugin": "decision-table@1.0.0", "digest": "sha256:00",
                              "mode": mode, "verdict": verdict, "findings": findings, "fuel": 41_234 });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let signal = |subject: Json| {
        ground(
            "S01",
            json!({ "code": "wage_arrears_cluster", "level": "orange", "subject": subject,
            "measures": ["notify_labour_inspection"], "responsible": "labour_bureau", "handle_by": "2026-11-26",
            "expires": "2027-02-21" }),
        )
    };
    let expected = json!({ "decision": {
        "id": "d-1", "case": "c-2026-000123", "generation": 17, "ruleset": "sha256:17", "as_of": "2026-11-23",
        "outcome": "refer",
        "steps": [
            ground("R25", json!({ "order": 1, "channel": "labour_inspection", "class": "parallel", "body": "county",
                "skills": ["labour"], "needs_consent": false, "free": true,
                "due": { "count": 60, "unit": "working_day", "from": "acceptance", "on": null },
                "after": ["legal_aid"], "decided": { "body": { "policy": "cn/labour", "rule": "R26" } } })),
            ground("R25", json!({ "order": 2, "channel": "labour_inspection", "class": "parallel", "body": null,
                "skills": ["labour"], "needs_consent": false, "free": true, "due": null, "after": ["legal_aid"],
                "decided": {} })),
        ],
        "excluded": [ground("R40", json!({ "channel": "commercial_mediation" }))],
        "preconditions": [ground("R19", json!({ "first": "labour_arbitration", "before": "court" }))],
        "duties": [ground("R01", json!({ "code": "inform_right_to_sue", "bearer": "intake", "needs_person": true,
            "params": { "count": 5, "share": 0.5, "amount": "48000.50", "until": "2026-12-01", "urgent": true,
                        "words": ["a", "b"], "term": "adult" } }))],
        "clocks": [ground("R23", json!({ "code": "limitation_labour", "start": "2026-09-30",
            "span": { "count": 1, "unit": "year" }, "ends": "2027-09-30", "verified": false, "warn": [90, 30, 7] }))],
        "signals": [signal(json!({ "type": "organisation", "ref": "respondent" })),
                    signal(json!({ "type": "place", "ref": "cn/zhejiang/jinhua/yongkang" }))],
        "rights": ["may_refuse", "court_open"],
        "referral": { "code": "policy_failed", "text": { "zh": "转人工", "en": "to a person" },
                      "policy": "cn/labour", "rule": "H20" },
        "guardrails": [{ "id": "H01", "action": "added", "what": "court" },
                       { "id": "H02", "action": "removed", "what": "x", "policy": "cn/labour", "rule": "R02" }],
        "verdicts": [verdict("enforce", "applies", 5, json!({})), verdict("shadow", "not_applicable", 0, json!({})),
                     verdict("enforce", "indeterminate", 0, json!({ "fault": "out_of_fuel", "detail": "after 10000000" }))],
        "explain": { "chain": ["cn"], "skipped": [{ "policy": "cn/consumer", "because": "target" }],
                     "findings": [{ "policy": "cn/labour", "rule": "R25", "claim": "offer labour_inspection", "fate": "kept" }],
                     "diary": [{ "policy": "cn/labour", "lines": ["row 3"] }] }
    }});
    let written: Json = serde_json::from_slice(&reply(&full())).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn the_same_decision_gives_the_same_bytes_on_one_line() {
    let bytes = reply(&full());
    assert_eq!(bytes, reply(&full()));
    assert!(!bytes.contains(&b'\n'));
    let mut two = b"before".to_vec();
    append_decision(&mut two, &Reply { id: "d-1", generation: 17, case: &case(), decision: &full() });
    assert_eq!(two, [b"before".as_slice(), &bytes].concat());
}

#[test]
fn a_reply_names_its_fields_in_the_agreed_order() {
    let text = String::from_utf8(reply(&full())).unwrap();
    let names = [
        "id",
        "case",
        "generation",
        "ruleset",
        "as_of",
        "outcome",
        "steps",
        "excluded",
        "preconditions",
        "duties",
        "clocks",
        "signals",
        "rights",
        "referral",
        "guardrails",
        "verdicts",
        "explain",
    ];
    let decision: serde_json::Map<String, Json> =
        serde_json::from_value(serde_json::from_str::<Json>(&text).unwrap()["decision"].clone()).unwrap();
    assert_eq!(decision.len(), names.len());
    let places: Vec<_> = names.iter().filter_map(|name| text.find(&format!("\"{name}\":"))).collect();
    assert_eq!(places.len(), names.len());
}

#[test]
fn replies_fit_the_document() {
    let empty = Decision {
        steps: Vec::new(),
        referral: None,
        explanation: None,
        case: None,
        asked: Vec::new(),
        corrections: Vec::new(),
        outcome: Outcome::Route,
        ..full()
    };
    for decision in [full(), empty] {
        fits("Reply", &reply(&decision));
    }
    for subject in [Subject::Project, Subject::Kind, Subject::Station, Subject::OwnCase] {
        fits("Reply", &reply(&Decision { signals: vec![signal(subject)], ..full() }));
    }
    let ruleset = ruleset();
    for body in ["", "{", "{}", r#"{"case":{"name":1,"locality":"yongkan","parties":[]},"as_of":"x"}"#] {
        let problem = parse_question(body.as_bytes(), &ruleset, day("2026-11-23")).unwrap_err();
        fits("Problem", &problem.to_json());
    }
    fits("Localities", &write_localities(&ruleset));
    fits(
        "Ruleset",
        &write_ruleset(&ruleset, &Serving { generation: 1, activated_at: "2026-11-23T08:00:00Z", why: "start" }),
    );
    let pack = PackView {
        id: "cn".into(),
        version: "1.0.0".into(),
        title: Text::new("全国", "China"),
        in_force_from: Some(day("2024-01-01")),
        in_force_to: None,
        illustrative: false,
    };
    let left_out = LeftOut { id: "cn/shanghai".into(), problems: vec!["cn/shanghai/pack.toml:1:1: error".into()] };
    fits("Packs", &write_packs(&ruleset, &[pack], &[left_out]));
    let provision = Provision {
        law: Text::new("法", "Law"),
        article: "Art. 5".into(),
        from: day("2008-05-01"),
        to: None,
        summary: Text::new("摘要", "summary"),
        source: "published text".into(),
        verified: false,
    };
    fits("Provision", &write_provision(&"cn.law.5".into(), &provision));
}

#[test]
fn the_document_is_whole() {
    let document: Json = serde_json::from_str(OPENAPI).unwrap();
    let mut refs = Vec::new();
    gather(&document, &mut refs);
    for target in refs {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target} leads nowhere");
    }
    let example = |path: &str, place: &str| document["paths"][path]["post"].pointer(place).unwrap().to_string();
    fits("Question", example("/v1/evaluate", "/requestBody/content/application~1json/example").as_bytes());
    fits("Reply", example("/v1/evaluate", "/responses/200/content/application~1json/example").as_bytes());
    fits("Problem", example("/v1/evaluate", "/responses/422/content/application~1problem+json/example").as_bytes());
    fits("Preview", example("/v1/preview", "/requestBody/content/application~1json/example").as_bytes());
}

/// Each answer that is told of has an example, and each example is what is told.
#[test]
fn the_document_shows_what_it_says() {
    let document: Json = serde_json::from_str(OPENAPI).unwrap();
    let mut shown = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values().filter(|operation| operation.is_object()) {
            let asked = operation.get("requestBody").map(|body| ("asked".to_owned(), body));
            let answered = operation["responses"].as_object().into_iter().flatten();
            let answered = answered.map(|(code, response)| (code.clone(), response));
            for (code, part) in asked.into_iter().chain(answered) {
                for (kind, content) in part["content"].as_object().into_iter().flatten() {
                    let Some(example) = content.get("example") else {
                        // A page, a picture and this document show themselves.
                        let own = path.starts_with("/playground")
                            || path == "/openapi.json"
                            || kind == "application/gzip"
                            || ["text/html", "text/css", "text/javascript"].contains(&kind.as_str());
                        assert!(
                            own || !code.starts_with('2') || content.get("examples").is_some(),
                            "{path} {code} {kind}"
                        );
                        continue;
                    };
                    let schema =
                        serde_json::json!({ "allOf": [content["schema"]], "components": document["components"] });
                    let validator = jsonschema::validator_for(&schema).unwrap();
                    let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
                    assert!(errors.is_empty(), "{path} {code} {kind}: {errors:#?}");
                    shown += 1;
                }
            }
        }
    }
    assert!(shown > 30, "{shown}");
}

fn gather<'a>(json: &'a Json, refs: &mut Vec<&'a str>) {
    match json {
        Json::Object(members) => {
            refs.extend(members.get("$ref").and_then(Json::as_str));
            members.values().for_each(|value| gather(value, refs));
        }
        Json::Array(items) => items.iter().for_each(|item| gather(item, refs)),
        _ => {}
    }
}

#[test]
fn the_document_tells_the_limits_as_they_are() {
    let document: Json = serde_json::from_str(OPENAPI).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Case"]["properties"]["parties"]["maxItems"], PARTIES_COUNT_MAX);
    assert_eq!(schemas["Case"]["properties"]["id"]["maxLength"], ID_BYTES_MAX);
    assert_eq!(schemas["Facts"]["maxProperties"], FIELDS_COUNT_MAX);
    assert_eq!(schemas["Facts"]["additionalProperties"]["oneOf"][0]["maxLength"], WORD_BYTES_MAX);
    assert_eq!(schemas["Facts"]["additionalProperties"]["oneOf"][3]["maxItems"], WORDS_COUNT_MAX);
    assert_eq!(schemas["Problem"]["properties"]["errors"]["maxItems"], ERRORS_COUNT_MAX);
    assert_eq!(schemas["RosterMediator"]["properties"]["capacity"]["maximum"], ROSTER_CAPACITY_MAX);
    assert_eq!(schemas["RosterMediator"]["properties"]["skills"]["maxItems"], ROSTER_LIST_MAX);
    assert!(schemas["Roster"]["description"].as_str().unwrap().contains(&ROSTER_ROWS_MAX.to_string()));
    assert_eq!(schemas["PlanQuestion"]["properties"]["horizon_days"]["default"], PLAN_HORIZON_DAYS);
    let said = document["paths"]["/v1/evaluate"]["post"]["requestBody"]["description"].as_str().unwrap();
    assert_eq!(BODY_BYTES_MAX, 1 << 20);
    assert_eq!(said, format!("At most 1 MiB, nested at most {DEPTH_MAX} deep, at most {VALUES_COUNT_MAX} values."));
    let faults = schemas["Verdict"]["properties"]["fault"]["enum"].as_array().unwrap();
    assert_eq!(faults, &FaultKind::ALL.map(FaultKind::as_str));
    let problems = ProblemKind::ALL.iter().all(|kind| kind.uri().starts_with("/problems/"));
    assert!(problems);
}
