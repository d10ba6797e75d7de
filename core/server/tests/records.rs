//! Decisions that are kept: before they are given, found again, made again, proved.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::sync::Arc;

use axum::{body::Body, http::Request};
use fixture::{Answer, Native, Service, Still, begun, bundle, bundle_with, packed, question, quick};
use maple_bundle::Bundle;
use maple_seal::{Key, KeySet, Signer, verify_receipt};
use maple_server::{App, Clock, Control, ENGINE, Governance, Records};
use maple_store::{Filter, KeyPurpose, KeyRecord, Mode, Store};
use maple_wire::OPENAPI;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Kept {
    service: Service,
    store: Arc<Store>,
    signer: Arc<Signer>,
    _dir: TempDir,
}

/// The small place without the kinds that make its plugins fail: a folder that changes goes through the gate.
fn calm(more: &[(&str, &str)]) -> Bundle {
    let kinds = "[[kind]]\nid = \"labour.wage\"\ntitle = { zh = \"工资\", en = \"wages\" }\n";
    let all: Vec<(&str, &str)> = [("kinds.toml", kinds)].into_iter().chain(more.iter().copied()).collect();
    bundle_with(&all)
}

/// Puts another folder in force.
fn folder(kept: &Kept, bundle: Bundle) {
    let control = Control::new(Arc::clone(&kept.store), Arc::new(Native), "other", Governance::default());
    kept.service.app.replace(begun(&control, bundle, b"component"));
}

fn kept(mode: Mode) -> Kept {
    kept_with(mode, b"component")
}

fn kept_with(mode: Mode, component: &[u8]) -> Kept {
    kept_after(mode, component, |_, _| {})
}

/// With a store in which something stands already.
fn kept_after(mode: Mode, component: &[u8], before: impl FnOnce(&Store, &Signer)) -> Kept {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    let signer = Arc::new(Signer::generate().unwrap());
    before(&store, &signer);
    let (clock, plugins) = (Arc::new(Still), Arc::new(Native));
    let records =
        Records::start(Arc::clone(&store), "test", mode, Arc::clone(&signer), clock.clone(), None, None).unwrap();
    let control = Control::new(Arc::clone(&store), plugins.clone(), "test", Governance::default());
    let serving = begun(&control, bundle(), component);
    let app = App::keeping(quick(), clock, plugins, serving, Some(records), Some(control));
    Kept { service: Service::of(app), store, signer, _dir: dir }
}

impl Kept {
    async fn decided(&self) -> (String, Answer) {
        let answer = self.service.evaluate(&question()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        (answer.json()["decision"]["id"].as_str().unwrap().to_owned(), answer)
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.service.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// Holds an answer against the document.
#[track_caller]
fn fits(schema: &str, answer: &Value) {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let whole = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": document["components"] });
    let validator = jsonschema::validator_for(&whole).unwrap();
    let errors: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{schema}: {errors:?}\n{answer}");
}

#[tokio::test]
async fn a_decision_is_on_the_disk_before_it_is_given() {
    let kept = kept(Mode::Durable);
    let (id, answer) = kept.decided().await;
    let decision = kept.store.decision(&id).unwrap().unwrap().decision().unwrap();
    assert_eq!(decision.output, answer.body, "the very bytes that were given");
    assert_eq!(decision.engine, ENGINE);
    let input: Value = serde_json::from_slice(&decision.input).unwrap();
    assert_eq!(input["case"]["kind"], question()["case"]["kind"]);
    assert_eq!(input["as_of"], fixture::TODAY, "the day that was meant is written out");
    let shown = kept.get(&format!("/v1/decisions/{id}")).await;
    fits("DecisionRecord", &shown);
    assert_eq!(shown["output"], answer.json());
    let said = shown["context"]["said"].as_array().unwrap();
    assert_eq!(said.len(), answer.json()["decision"]["verdicts"].as_array().unwrap().len());
    assert!(said[0]["findings"][0]["rule"].is_string(), "{said:?}");
}

#[tokio::test]
async fn a_record_keeps_what_differs_from_a_plain_case_that_holds_no_fact() {
    let kept = kept(Mode::Durable);
    let mut second = question();
    second["case"]["facts"]["amount"] = "77123.45".into();
    assert_eq!(kept.service.evaluate(&second).await.status, 200);
    let (id, _) = kept.decided().await;
    let log = kept.store.decision(&id).unwrap().unwrap().log;
    let records = kept.store.decisions_after(&log, 0, 10).unwrap();
    assert_eq!((records.len(), records[1].id()), (2, id.as_str()));
    let dictionaries: Vec<_> = records.iter().map(|record| record.dictionary().unwrap()).collect();
    assert_eq!(dictionaries[0], dictionaries[1], "of one kind in one place");
    let said = String::from_utf8(dictionaries[0].bytes().to_vec()).unwrap();
    assert!(said.contains("\"rights\""), "{said}");
    for own in ["77123.45", "48000.00", &id, fixture::TODAY, "c-1", "counter"] {
        assert!(!said.contains(own), "{own}: {said}");
    }
    assert!(records[0].decision().unwrap().input.windows(8).any(|part| part == b"77123.45"), "the record says it");
}

/// The key was made while the clock was an hour ahead; what it signs now proves all the same.
#[tokio::test]
async fn a_clock_that_is_put_back_makes_no_receipt_false() {
    let now = jiff::Timestamp::from_millisecond(i64::try_from(Still.unix_millis()).unwrap()).unwrap();
    let ahead = now + jiff::SignedDuration::from_hours(1);
    let kept = kept_after(Mode::Durable, b"component", |store, signer| {
        let key = Key { public: signer.public().clone(), from: ahead, to: None, revoked: None };
        store.key_add(&KeyRecord { purpose: KeyPurpose::Log, key }).unwrap();
    });
    let (id, _) = kept.decided().await;
    let receipt = kept.service.get(&format!("/v1/decisions/{id}/receipt")).await;
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    let mut keys = KeySet::new();
    kept.store.keys().unwrap().into_iter().for_each(|known| keys.insert(known.key).unwrap());
    verify_receipt(&receipt.body, &keys).unwrap();
    for log in kept.store.logs().unwrap() {
        let found = kept.store.verify(&log, Some(&keys), None).unwrap();
        assert!(found.faults.is_empty(), "{log}: {:?}", found.faults);
    }
}

#[tokio::test]
async fn a_decision_in_plain_words_is_kept_as_the_other() {
    let kept = kept(Mode::Durable);
    let request =
        Request::post("/v1/evaluate").header("content-type", "application/json").header("accept", "text/plain");
    let answer = Answer::of(kept.service.call(request.body(Body::from(question().to_string())).unwrap()).await).await;
    assert_eq!(answer.status, 200);
    let all = kept.store.decisions(&Filter::default(), 10).unwrap();
    assert_eq!(all.len(), 1);
    let shown = kept.get(&format!("/v1/decisions/{}", all[0].id)).await;
    assert_eq!(shown["output"]["decision"]["id"], all[0].id.as_str());
}

#[tokio::test]
async fn what_is_refused_or_turned_off_is_not_kept() {
    let kept = kept(Mode::Durable);
    assert_eq!(kept.service.evaluate(&json!({})).await.status, 422);
    assert!(kept.store.decisions(&Filter::default(), 10).unwrap().is_empty());
    let none = self::kept(Mode::Off);
    none.decided().await;
    assert!(none.store.decisions(&Filter::default(), 10).unwrap().is_empty());
    for path in ["/v1/decisions", "/v1/decisions/d-1", "/v1/decisions/d-1/receipt"] {
        let answer = Service::new(quick()).get(path).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("keeps no decisions"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_batch_is_kept_line_by_line() {
    let kept = kept(Mode::Durable);
    let lines = format!("{0}\n{{}}\n{0}\n", question());
    let answer = kept.service.post("/v1/evaluate/batch", lines).await;
    let answers: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answers[1]["line"], 2);
    for at in [0, 2] {
        let id = answers[at]["decision"]["id"].as_str().unwrap();
        let record = kept.store.decision(id).unwrap().unwrap().decision().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&record.output).unwrap(), answers[at]);
    }
    assert_eq!(kept.store.decisions(&Filter::default(), 10).unwrap().len(), 2);
}

#[tokio::test]
async fn decisions_are_listed_by_what_they_are_about() {
    let kept = kept(Mode::Durable);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(kept.decided().await.0);
    }
    let (mut path, mut listed) = ("/v1/decisions?count=2&locality=cn".to_owned(), Vec::new());
    loop {
        let page = kept.get(&path).await;
        let rows = page["decisions"].as_array().unwrap().clone();
        rows.iter().for_each(|row| fits("DecisionSummary", row));
        listed.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/decisions?count=2&after={next}");
    }
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids, "each once");
    for nothing in ["locality=gb", "kind=none", "outcome=refer", "to=2026-01-01T00:00:00Z", "policy=none", "ruleset=x"]
    {
        assert_eq!(kept.get(&format!("/v1/decisions?{nothing}")).await["decisions"], json!([]), "{nothing}");
    }
}

#[tokio::test]
async fn every_bad_parameter_is_named_at_once() {
    let kept = kept(Mode::Durable);
    let bad = "from=monday&to=2026-13-01&count=0&after=x&localty=cn&count=1001";
    let answer = kept.service.get(&format!("/v1/decisions?{bad}")).await;
    answer.is_problem(400, "invalid-query");
    let pointers: Vec<String> =
        answer.json()["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
    assert_eq!(pointers, ["?from", "?to", "?count", "?after", "?localty", "?count"]);
    assert!(answer.text().contains("did you mean `locality`"), "{}", answer.text());
    for edge in ["count=1", "count=1000"] {
        kept.get(&format!("/v1/decisions?{edge}")).await;
    }
    for path in ["/v1/decisions/d-none", "/v1/decisions/d-none/receipt"] {
        kept.service.get(path).await.is_problem(404, "not-found");
    }
    kept.service.post("/v1/decisions/d-none/replay", "").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_decision_comes_out_the_same_when_it_is_made_again_also_after_a_swap() {
    let kept = kept(Mode::Durable);
    let (id, answer) = kept.decided().await;
    let again = format!("/v1/decisions/{id}/replay");
    let replay = kept.service.post(&again, "").await.json();
    fits("Replay", &replay);
    assert_eq!((&replay["same"], &replay["engine"]["replayed"]), (&json!(true), &json!(ENGINE)), "{replay}");

    let other = calm(&[("cn/pack.toml", &include_str!("fixture/policies/cn/pack.toml").replace("1.0.0", "1.0.1"))]);
    folder(&kept, other);
    let (later, new) = kept.decided().await;
    assert_eq!(new.json()["decision"]["generation"], 2);
    assert_ne!(new.json()["decision"]["ruleset"], answer.json()["decision"]["ruleset"]);
    for id in [id, later] {
        let replay = kept.service.post(&format!("/v1/decisions/{id}/replay"), "").await.json();
        assert_eq!(replay["same"], true, "{replay}");
    }
}

#[tokio::test]
async fn what_cannot_be_made_again_says_why() {
    let kept = kept_with(Mode::Durable, b"refused");
    let (id, _) = kept.decided().await;
    let other = calm(&[("cn/pack.toml", &include_str!("fixture/policies/cn/pack.toml").replace("1.0.0", "1.0.1"))]);
    // The process that has both begins anew: nothing of before is at hand.
    let control = Control::new(Arc::clone(&kept.store), Arc::new(Native), "other", Governance::default());
    let serving = begun(&control, other, b"component");
    let (clock, signer) = (Arc::new(Still), Arc::clone(&kept.signer));
    let records =
        Records::start(Arc::clone(&kept.store), "other", Mode::Durable, signer, clock.clone(), None, None).unwrap();
    let app = App::keeping(quick(), clock, Arc::new(Native), serving, Some(records), Some(control));
    let answer = Service::of(app).post(&format!("/v1/decisions/{id}/replay"), "").await;
    answer.is_problem(409, "not-replayable");
    assert!(answer.text().contains("`decision-table-1.0.0` of bundle"), "{}", answer.text());
}

#[tokio::test]
async fn a_receipt_proves_the_decision_and_nothing_else() {
    let kept = kept(Mode::Durable);
    let (id, answer) = kept.decided().await;
    kept.decided().await;
    let receipt = kept.service.get(&format!("/v1/decisions/{id}/receipt")).await;
    fits("Receipt", &receipt.json());
    let mut keys = KeySet::new();
    let key = Key {
        public: kept.signer.public().clone(),
        from: "2020-01-01T00:00:00Z".parse().unwrap(),
        to: None,
        revoked: None,
    };
    keys.insert(key).unwrap();
    let (statement, checkpoint) = verify_receipt(&receipt.body, &keys).unwrap();
    assert_eq!((statement.id, statement.output), (id, maple_seal::Digest::of(&answer.body)));
    assert!((checkpoint.first..=checkpoint.last).contains(&statement.sequence));
    let stranger = Signer::generate().unwrap();
    let mut others = KeySet::new();
    others.insert(Key { public: stranger.public().clone(), ..keys.iter().next().unwrap().clone() }).unwrap();
    assert!(verify_receipt(&receipt.body, &others).is_err());
}

#[test]
fn a_folder_is_taken_in_when_it_has_changed_and_its_bundle_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&dir.path().join("maple.sqlite")).unwrap());
    let control = || Control::new(Arc::clone(&store), Arc::new(Native), "test", Governance::default());
    let first = begun(&control(), calm(&[]), b"component").activation().clone();
    assert_eq!(begun(&control(), calm(&[]), b"other").activation(), &first, "the same folder keeps its activation");
    let digest = first.bundle.unwrap().parse().unwrap();
    assert_eq!(store.bundle(&digest).unwrap().unwrap().bytes, packed(&calm(&[]), b"component"));
    let other = calm(&[(
        "cn/more.toml",
        "[[rule]]\nid = \"M1\"\nsummary = { zh = \"多\", en = \"More\" }\n\
        when = { kind = [\"*\"] }\nthen = [{ offer = \"labour_mediation\" }]\nbasis = [\"cn.labour.5\"]\n",
    )]);
    assert_eq!(begun(&control(), other, b"component").activation().generation, 2);
    assert_eq!(begun(&control(), calm(&[]), b"component").activation().generation, 3, "going back is a change, too");
}
