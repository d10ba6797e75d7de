//! What serves is watched over: canaries, quarantine, shadows, places, four eyes, swaps under load.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fixture::{Native, begun, desk::*, of_kind, packed, question};
use maple_server::{BeginError, Control, Governance, QUARANTINE_FAILURES};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_changes_too_much_is_taken_back() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a trial",
        "canary": { "percent": 50, "cases_min": 20, "changed_percent_max": 50.0, "slower_max": 1000.0 } });
    let begun = desk.activate(&order).await;
    assert_eq!((begun.status, &begun.json()["kind"]), (201, &json!("canary")), "{}", begun.text());
    let (mut canaried, mut plain) = (0, 0);
    let until = Instant::now() + Duration::from_secs(20);
    for case in 0.. {
        let mut question = question();
        question["case"]["id"] = json!(format!("c-{case}"));
        let one = desk.service.evaluate(&question).await.json()["decision"].clone();
        let two = desk.service.evaluate(&question).await.json()["decision"].clone();
        if desk.generation() > 2 {
            break;
        }
        assert_eq!((&one["generation"], &one["ruleset"]), (&json!(2), &two["ruleset"]), "the same case, the same side");
        if channels(&one).contains(&"labour_mediation") {
            canaried += 1
        } else {
            plain += 1
        }
        assert!(Instant::now() < until, "the canary is not taken back");
    }
    assert!(canaried >= 8 && plain >= 3, "{canaried} {plain}");
    let latest = desk.store.current().unwrap().unwrap();
    assert_eq!((latest.generation, latest.by.as_str()), (3, "canary"));
    assert!(latest.why.contains("came out otherwise"), "{}", latest.why);
    assert_eq!(channels(&desk.decide().await), ["labour_inspection", "court"]);
    assert_eq!(desk.status().await["canary"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_does_well_stays_and_may_be_promoted() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a trial",
        "canary": { "percent": 99, "cases_min": 5, "changed_percent_max": 100, "slower_max": 1000 } });
    desk.activate(&order).await;
    let mut ids = Vec::new();
    for case in 0..40 {
        let mut question = question();
        question["case"]["id"] = json!(format!("c-{case}"));
        let decision = desk.service.evaluate(&question).await.json()["decision"].clone();
        ids.push(decision["id"].as_str().unwrap().to_owned());
    }
    let status = desk.status().await;
    assert_eq!(status["serving"]["generation"], 2);
    assert!(status["canary"]["so_far"]["cases"].as_u64().unwrap() >= 30, "{status}");
    for id in ids {
        let replayed = desk.service.post(&format!("/v1/decisions/{id}/replay"), "").await;
        assert_eq!(replayed.json()["same"], true, "either side is made again: {}", replayed.text());
    }
    let order = json!({ "bundle": bundle, "replaces": 2, "why": "it did well" });
    assert_eq!(desk.activate(&order).await.status, 201);
    assert!(channels(&desk.decide().await).contains(&"labour_mediation"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_is_slower_than_it_may_be_is_taken_back() {
    let desk = desk();
    let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
    // No case takes a millionth of the time.
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "a trial",
        "canary": { "percent": 99, "cases_min": 3, "changed_percent_max": 100, "slower_max": 0.000_001 } });
    assert_eq!(desk.activate(&order).await.status, 201);
    let until = Instant::now() + Duration::from_secs(20);
    for case in 0.. {
        let mut question = question();
        question["case"]["id"] = json!(format!("c-{case}"));
        desk.service.evaluate(&question).await;
        if desk.generation() > 2 {
            break;
        }
        assert!(Instant::now() < until, "the canary is not taken back");
    }
    let latest = desk.store.current().unwrap().unwrap();
    assert!(latest.by == "canary" && latest.why.contains("times as long"), "{} {}", latest.by, latest.why);
    assert_eq!(channels(&desk.decide().await), ["labour_inspection", "court"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_keeps_failing_is_put_into_quarantine() {
    let kinds = format!("{KINDS}\n{}", KINDS.replace("labour.wage", "test.trap"));
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    let failing = async |number: u32| {
        let mut question = of_kind("test.trap");
        question["case"]["id"] = json!(format!("c-{number}"));
        assert_eq!(desk.service.evaluate(&question).await.json()["decision"]["outcome"], "refer");
    };
    // The same case again and again is one failure; that it answers others in between makes up for nothing.
    for _ in 0..3 * QUARANTINE_FAILURES {
        failing(0).await;
    }
    for number in 1..QUARANTINE_FAILURES - 1 {
        failing(number).await;
        desk.decide().await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(desk.generation(), 1);
    failing(QUARANTINE_FAILURES).await;
    desk.serves(2).await;
    let latest = desk.store.current().unwrap().unwrap();
    assert_eq!(latest.by, "circuit breaker");
    let decision = desk.decide().await;
    assert_eq!(decision["outcome"], "refer", "its cases go to the floor and a person");
    assert!(channels(&decision).contains(&"court"));
    assert_eq!(decision["verdicts"][0]["fault"], "stopped");
    let ready = desk.service.get("/health/ready").await.json();
    assert!(ready["status"] == "degraded" && ready.to_string().contains("quarantine"), "{ready}");
    desk.state(json!({ "policy": "cn/labour", "how": "as_filed", "why": "mended" })).await;
    assert_eq!(desk.decide().await["outcome"], "route");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_in_the_shadow_would_change_is_counted_and_listed() {
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), Governance::default(), false);
    desk.state(json!({ "policy": "cn/zhejiang/more", "how": "shadow", "why": "a trial" })).await;
    let decision = desk.decide().await;
    desk.decide().await;
    assert_eq!(channels(&decision), ["labour_inspection", "court"]);
    let shadow = desk.status().await["shadow"].clone();
    assert_eq!(shadow["policies"], json!([{ "policy": "cn/zhejiang/more", "cases": 2, "changed": 2 }]));
    let listed = &shadow["differences"][1];
    assert_eq!(listed["decision"], decision["id"]);
    assert_eq!(listed["otherwise"], "route: labour_inspection, labour_mediation, court");
    let metrics = desk.service.get("/metrics").await.text();
    assert!(metrics.contains("maple_shadow_cases_total{policy=\"cn/zhejiang/more\",changed=\"yes\"} 2"), "{metrics}");
    // Of other policies it is counted anew.
    let other = offering("court");
    desk.swap(&packed(&calm(&[("cn/zhejiang/more.toml", &other)]), b"component")).await;
    assert_eq!(desk.status().await["shadow"], json!({ "policies": [], "differences": [] }));
    desk.decide().await;
    let counted = json!([{ "policy": "cn/zhejiang/more", "cases": 1, "changed": 0 }]);
    assert_eq!(desk.status().await["shadow"]["policies"], counted);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_touches_the_place_of_another() {
    let desk = desk_of(calm(&[]), Governance::default(), true);
    let roles = ["author", "approver", "admin", "auditor"];
    let (province, city) =
        (token(&desk, "zhejiang", &roles, "cn/zhejiang/**"), token(&desk, "shanghai", &roles, "cn/shanghai/**"));
    let reader = token(&desk, "reader", &["auditor"], "**");
    let bytes = mediating();
    let publish = async |token: &str| desk.send("/v1/bundles", "application/gzip", Some(token), bytes.clone()).await;
    publish(&reader).await.is_problem(403, "forbidden");
    let problem = publish(&city).await.is_problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("`cn/zhejiang`"), "{problem}");
    let published = publish(&province).await;
    assert_eq!(published.status, 201, "{}", published.text());
    // What somebody could not put in force is not even read for them, so nothing is told of it and no report is kept.
    let broken = packed(&calm(&[("cn/zhejiang/more.toml", "[[rule]]\nid = 7\n")]), b"component");
    for (who, status) in [(&city, 403), (&province, 422)] {
        let answer = desk.send("/v1/bundles", "application/gzip", Some(who), broken.clone()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(desk.store.rejections(10, None).unwrap().len(), usize::from(status == 422));
    }
    let order = json!({ "bundle": published.json()["bundle"], "replaces": 1, "why": "ours" }).to_string();
    let activate =
        async |token: &str| desk.send("/v1/activations", "application/json", Some(token), order.clone()).await;
    activate(&reader).await.is_problem(403, "forbidden");
    activate(&city).await.is_problem(403, "forbidden");
    assert_eq!(activate(&province).await.status, 201);
    assert_eq!(desk.store.current().unwrap().unwrap().by, "zhejiang");
    let stop = |name: &str| json!({ "policy": name, "how": "stopped", "why": "w" }).to_string();
    for (who, policy, status) in
        [(&city, "cn/zhejiang/more", 403), (&province, "cn/labour", 403), (&province, "cn/zhejiang/more", 201)]
    {
        let answer = desk.send("/v1/states", "application/json", Some(who), stop(policy)).await;
        assert_eq!(answer.status, status, "{policy}: {}", answer.text());
    }
    // The words of all are for who may act everywhere.
    let words = packed(
        &calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation")), ("kinds.toml", &format!("# more\n{KINDS}"))]),
        b"component",
    );
    let answer = desk.send("/v1/bundles", "application/gzip", Some(&province), words).await;
    answer.is_problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_four_eyes_look_one_person_does_not_do_both() {
    let governance = Governance { four_eyes: vec!["cn/zhejiang/**".parse().unwrap()], ..Governance::default() };
    let desk = desk_of(calm(&[]), governance, true);
    let roles = ["author", "approver"];
    let (one, two) = (token(&desk, "one", &roles, "**"), token(&desk, "two", &roles, "**"));
    let published = desk.send("/v1/bundles", "application/gzip", Some(&one), mediating()).await;
    let order = json!({ "bundle": published.json()["bundle"], "replaces": 1, "why": "ours" }).to_string();
    let activate =
        async |token: &str| desk.send("/v1/activations", "application/json", Some(token), order.clone()).await;
    let problem = activate(&one).await.is_problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("you published"), "{problem}");
    assert_eq!(activate(&two).await.status, 201);
    // Nor makes one person count what the files keep silent.
    let admin = token(&desk, "one", &["admin"], "**");
    let enforce = json!({ "policy": "cn/zhejiang/more", "how": "enforce", "why": "ours" }).to_string();
    let answer = desk.send("/v1/states", "application/json", Some(&admin), enforce.clone()).await;
    assert_eq!((answer.status, answer.text().contains("you published")), (403, true), "{}", answer.text());
    // Nor all policies of a place above the guarded one.
    let above = json!({ "locality": "cn", "how": "enforce", "why": "ours" }).to_string();
    let answer = desk.send("/v1/states", "application/json", Some(&admin), above).await;
    assert_eq!((answer.status, answer.text().contains("you published")), (403, true), "{}", answer.text());
    let other = token(&desk, "three", &["admin"], "**");
    let answer = desk.send("/v1/states", "application/json", Some(&other), enforce).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    // What was refused is written down.
    let until = Instant::now() + Duration::from_secs(10);
    let noted = || {
        let events = desk.store.audit_before(u64::MAX, 100).unwrap();
        events.iter().filter(|event| event.detail.contains("four-eyes")).count()
    };
    while noted() == 0 {
        assert!(Instant::now() < until, "{:?}", desk.store.audit_before(u64::MAX, 100));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_waits_for_somebody_where_four_eyes_look() {
    let governance = || Governance { four_eyes: vec!["cn/zhejiang/**".parse().unwrap()], ..Governance::default() };
    let desk = desk_of(calm(&[]), governance(), true);
    let ready = async || desk.service.get("/health/ready").await.json();
    let not = desk.service.app.refresh(Ok(mediating())).unwrap_err();
    assert!(!not.again && not.why.contains("`maple activate sha256:"), "{}", not.why);
    assert_eq!(desk.generation(), 1);
    assert!(ready().await["status"] == "degraded" && ready().await.to_string().contains("another activates"));
    // Nor does a process that begins with it take it in.
    let again = || {
        let control = Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-2", governance());
        begun(&control, calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), b"component")
    };
    assert_eq!((again().activation().generation, desk.store.history().unwrap().len()), (1, 1));
    // Somebody who is known puts it in force.
    let two = token(&desk, "two", &["approver"], "**");
    let bundle = maple_seal::Digest::of(&mediating()).to_string();
    let order = json!({ "bundle": bundle, "replaces": 1, "why": "looked at" }).to_string();
    let answer = desk.send("/v1/activations", "application/json", Some(&two), order).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(ready().await["status"], "ready", "{}", ready().await);
    assert_eq!(again().activation().generation, 2);
    // What nobody guards is taken in as ever.
    let pack = format!("# another\n{}", include_str!("fixture/policies/cn/pack.toml"));
    let files = [("cn/zhejiang/more.toml", &*offering("labour_mediation")), ("cn/pack.toml", &*pack)];
    assert_eq!(desk.service.app.refresh(Ok(packed(&calm(&files), b"component"))).unwrap(), Some(3));
}

/// A rule that punishes who refuses, silent in its file, made to count on each way there is.
#[tokio::test(flavor = "multi_thread")]
async fn whichever_way_a_policy_comes_to_count_it_is_tried_first() {
    let desk = desk_of(punishing(), Governance::default(), false);
    let policy = |how: &str| json!({ "policy": "cn/zhejiang/silent", "how": how, "why": "a test" });
    let place = |how: &str| json!({ "locality": "cn/zhejiang", "how": how, "why": "a test" });
    let mut reports = 0;
    let mut refused = |answer: &fixture::Answer| {
        reports += 1;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("refuses mediation"), "{}", answer.text());
        let id = answer.json()["report_id"].as_str().unwrap().to_owned();
        let kept = desk.store.rejections(100, None).unwrap();
        assert!(kept.len() == reports && kept.iter().any(|one| one.id == id), "its report is kept: {kept:?}");
    };
    refused(&desk.state(policy("enforce")).await);
    // Behind a stop.
    assert_eq!(desk.state(place("stopped")).await.status, 201);
    refused(&desk.state(policy("enforce")).await);
    assert_eq!(desk.state(place("as_filed")).await.status, 201);
    // Under what is said of the place, when what is said of itself is lifted; at once or after a stop.
    for last in ["off", "stopped"] {
        assert_eq!(desk.state(policy("off")).await.status, 201);
        assert_eq!(desk.state(place("enforce")).await.status, 201);
        assert_eq!(desk.state(policy(last)).await.status, 201, "a stop waits for nobody");
        refused(&desk.state(policy("as_filed")).await);
        assert_eq!(desk.state(place("as_filed")).await.status, 201);
        assert_eq!(desk.state(policy("as_filed")).await.status, 201);
    }
    let audit = desk.store.audit_before(u64::MAX >> 1, 100).unwrap();
    assert_eq!(audit.iter().filter(|event| event.action == "reject").count(), reports);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_tried_or_lies_in_a_folder_is_tried_in_the_states_that_are() {
    let bytes = packed(&punishing(), b"component");
    let enforce = json!({ "locality": "cn/zhejiang", "how": "enforce", "why": "a test" });
    let at = jiff::Timestamp::from_millisecond(i64::try_from(START + 3_600_000).unwrap()).unwrap().to_string();
    for (more, value) in [("effective_at", json!(at)), ("canary", json!({ "percent": 10 }))] {
        let desk = desk();
        let bundle = desk.publish(&bytes).await.json()["bundle"].clone();
        let mut order = json!({ "bundle": bundle, "replaces": 1, "why": "a test" });
        order[more] = value;
        let begun = desk.activate(&order).await;
        assert_eq!(begun.status, 201, "{}", begun.text());
        let answer = desk.state(enforce.clone()).await;
        assert!(answer.status == 422 && answer.text().contains("refuses mediation"), "{more}: {}", answer.text());
    }
    let desk = desk();
    assert_eq!(desk.state(enforce).await.status, 201);
    let not = desk.service.app.refresh(Ok(bytes.clone())).unwrap_err();
    assert!(!not.again && not.why.contains("refuses mediation"), "{}", not.why);
    let begin = || {
        let control = Control::new(Arc::clone(&desk.store), Arc::new(Native), "node-2", Governance::default());
        let bundle = punishing();
        let made = fixture::compiled(&bundle);
        let clock = fixture::Still;
        control.begin::<BeginError>(bundle, made, false, || Ok(bytes.clone()), &clock).err().unwrap()
    };
    for _ in 0..2 {
        assert!(begin().to_string().contains("refuses mediation"));
    }
    let kept = desk.store.rejections(100, None).unwrap();
    assert_eq!((kept.len(), kept[0].by.as_str()), (1, "maple serve"), "the same folder again leaves nothing more");
    assert_eq!(desk.generation(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_prevention_that_fails_is_told_and_put_into_quarantine() {
    let kinds = format!("{KINDS}\n{}", KINDS.replace("labour.wage", "test.trap"));
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    let now = jiff::Timestamp::from_millisecond(i64::try_from(START).unwrap()).unwrap().to_string();
    for number in 0..QUARANTINE_FAILURES {
        let event = json!({
            "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk/1", "type": "case.registered",
            "subject": format!("c-{number}"), "time": now,
            "data": { "locality": "cn/zhejiang", "kind": "test.trap" }
        });
        let answer = desk.send("/v1/events", "application/json", None, event.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    desk.serves(2).await;
    assert_eq!(desk.store.current().unwrap().unwrap().by, "circuit breaker");
    let metrics = desk.service.get("/metrics").await.text();
    assert!(metrics.lines().any(|line| line.contains("cn/labour") && line.contains("\"trap\"")), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn swaps_under_load_fail_no_request_and_generations_never_go_back() {
    let desk = Arc::new(desk());
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (desk, stop) = (Arc::clone(&desk), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut last, mut count) = (0, 0_u32);
                while !stop.load(Ordering::Relaxed) {
                    let decision = desk.decide().await;
                    let generation = decision["generation"].as_u64().unwrap();
                    assert!(generation >= last, "{generation} after {last}");
                    let mediates = channels(&decision).contains(&"labour_mediation");
                    assert_eq!(mediates, generation % 2 == 0, "a decision is of one ruleset");
                    (last, count) = (generation, count + 1);
                }
                count
            })
        })
        .collect();
    let bundles = [packed(&calm(&[]), b"component"), mediating()];
    for swap in 1..=30 {
        desk.swap(&bundles[swap % 2]).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert!(answered > 30, "{answered}");
    // Everything that was answered is on record, and every record is made again.
    let kept = desk.store.decisions(&maple_store::Filter::default(), 1_000).unwrap();
    assert!(kept.len() as u32 >= answered.min(1_000), "{} of {answered}", kept.len());
    for one in kept.iter().step_by(kept.len() / 20) {
        let replayed = desk.service.post(&format!("/v1/decisions/{}/replay", one.id), "").await;
        assert_eq!((replayed.status, &replayed.json()["same"]), (200, &json!(true)), "{}", replayed.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_above_stopped_nobody_below_lets_go() {
    let desk = desk_of(calm(&[("cn/zhejiang/more.toml", &offering("labour_mediation"))]), Governance::default(), true);
    let nation = token(&desk, "nation", &["admin"], "**");
    let province = token(&desk, "province", &["admin"], "cn/zhejiang/**");
    let alone = token(&desk, "alone", &["admin"], "cn/zhejiang");
    let set = async |who: &str, body: serde_json::Value| {
        desk.send("/v1/states", "application/json", Some(who), body.to_string()).await
    };
    let policy = |how: &str| json!({ "policy": "cn/zhejiang/more", "how": how, "why": "a test" });
    let place = json!({ "locality": "cn/zhejiang", "how": "stopped", "why": "a test" });
    set(&alone, place.clone()).await.is_problem(403, "forbidden");
    assert_eq!(set(&province, place).await.status, 201, "a state of a place holds for all below it");
    assert_eq!(set(&nation, policy("stopped")).await.status, 201);
    for how in ["as_filed", "enforce"] {
        let problem = set(&province, policy(how)).await.is_problem(403, "forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("`**`"), "{problem}");
    }
    assert_eq!(set(&nation, policy("as_filed")).await.status, 201);
    assert_eq!(set(&province, policy("stopped")).await.status, 201);
    assert_eq!(set(&alone, policy("as_filed")).await.status, 403);
    assert_eq!(set(&nation, policy("as_filed")).await.status, 201, "who acts further may");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_of_the_past_put_nobody_into_quarantine() {
    let kinds = format!("{KINDS}\n{}", KINDS.replace("labour.wage", "test.trap"));
    let desk = desk_of(calm(&[("kinds.toml", &kinds)]), Governance::default(), false);
    desk.clock.0.store(60_000, Ordering::Relaxed);
    desk.state(json!({ "policy": "cn/labour", "how": "enforce", "why": "another generation" })).await;
    let then = jiff::Timestamp::from_millisecond(i64::try_from(START + 30_000).unwrap()).unwrap().to_string();
    for number in 0..2 * QUARANTINE_FAILURES {
        let mut question = of_kind("test.trap");
        question["case"]["id"] = json!(format!("c-{number}"));
        question["known_at"] = json!(then);
        assert_eq!(desk.service.evaluate(&question).await.json()["decision"]["generation"], 1);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(desk.generation(), 2);
}
