//! A case and policies that do not serve yet.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::time::Duration;

use fixture::{Answer, Service, fits, of_kind, padded, question, quick};
use maple_server::{Config, LARGE_PREVIEWS_COUNT_MAX, SMALL_BYTES_MAX};
use maple_wire::PREVIEW_BYTES_MAX;
use serde_json::{Value, json};

const TABLE: &str = "[[rule]]\nid = \"P1\"\nsummary = { zh = \"先调\", en = \"mediate first\" }\n\
                     then = [{ offer = \"labour_mediation\" }]\nbasis = [\"cn.labour.5\"]\n";

async fn preview(service: &Service, mut question: Value, name: &str, overlay: Value) -> Answer {
    question[name] = overlay;
    service.post("/v1/preview", question.to_string()).await
}

fn channels(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    fits(if answer.json()["brought"].is_array() { "PreviewReply" } else { "Reply" }, &answer.json());
    let steps = answer.json()["decision"]["steps"].as_array().unwrap().clone();
    steps.iter().map(|step| step["channel"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_table_speaks_in_the_pack_of_the_case_and_serves_nobody_else() {
    let service = Service::new(quick());
    let before = service.app.serving().ruleset().digest().clone();
    for locality in ["cn/zhejiang", "330000", "cn/shanghai"] {
        let mut question = question();
        question["case"]["locality"] = json!(locality);
        let answer = preview(&service, question, "table", json!(TABLE)).await;
        assert!(channels(&answer).contains(&"labour_mediation".to_owned()), "{locality}: {}", answer.text());
        assert_eq!(answer.json()["decision"]["generation"], 0);
        assert_ne!(answer.json()["decision"]["ruleset"], json!(before.to_string()));
    }
    assert!(!channels(&service.evaluate(&question()).await).contains(&"labour_mediation".to_owned()));
    assert_eq!(*service.app.serving().ruleset().digest(), before);
}

#[tokio::test]
async fn files_are_laid_over_the_bundle_that_serves() {
    let service = Service::new(quick());
    let files = json!({ "files": { "cn/labour.toml": TABLE } });
    let answer = preview(&service, question(), "bundle", files).await;
    let channels = channels(&answer);
    assert!(channels.contains(&"labour_mediation".to_owned()) && !channels.contains(&"labour_inspection".to_owned()));
}

#[tokio::test]
async fn problems_of_policies_come_with_file_line_and_pointer() {
    let service = Service::new(quick());
    let broken = TABLE.replace("offer =", "ofer =").replace("cn.labour.5", "cn.labour.99");
    let answer = preview(&service, question(), "table", json!(broken)).await;
    let problem = answer.is_problem(422, "invalid-bundle");
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.len() >= 2, "{problem}");
    assert!(errors.iter().all(|e| e["pointer"] == "/table" && e["line"].as_u64() > Some(0) && e["file"].is_string()));

    let files = json!({ "files": { "cn/zhejiang/x.toml": "[[rule]" } });
    let problem = preview(&service, question(), "bundle", files).await.is_problem(422, "invalid-bundle");
    assert_eq!(problem["errors"][0]["pointer"], "/bundle/files/cn~1zhejiang~1x.toml");
    assert_eq!(problem["errors"][0]["file"], "cn/zhejiang/x.toml");

    for path in ["../escape.toml", "/etc/passwd", "cn/x.exe"] {
        let files = json!({ "files": { path: "" } });
        preview(&service, question(), "bundle", files).await.is_problem(422, "invalid-bundle");
    }
}

#[tokio::test]
async fn the_case_is_checked_with_the_words_that_will_decide_it() {
    let service = Service::new(quick());
    let files = json!({ "files": { "kinds2.toml": "" } });
    let answer = preview(&service, of_kind("labour.wages"), "bundle", files).await;
    assert_eq!(answer.status, 422);
    let answer = preview(&service, of_kind("labour.wages"), "table", json!(TABLE)).await;
    assert_eq!(answer.is_problem(422, "invalid-case")["errors"][0]["pointer"], "/case/kind");
    let mut lost = question();
    lost["case"]["locality"] = json!("cn/zhejian");
    let answer = preview(&service, lost, "table", json!(TABLE)).await;
    assert_eq!(answer.is_problem(422, "invalid-case")["errors"][0]["pointer"], "/case/locality");
    let problem = service.post("/v1/preview", question().to_string()).await.is_problem(422, "invalid-case");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&json!("/bundle"), &json!("missing"))
    );
    service.post("/v1/preview", "{").await.is_problem(400, "invalid-json");
}

#[tokio::test]
async fn a_preview_names_what_it_brought_and_explains_when_asked() {
    let service = Service::new(quick());
    let plain = preview(&service, question(), "table", json!(TABLE)).await.json();
    fits("PreviewReply", &plain);
    assert_eq!(plain["brought"], json!(["cn/zhejiang/preview-1"]));
    assert!(plain.get("explanation").is_none());

    let mut asked = question();
    asked["explain"] = json!(true);
    let told = preview(&service, asked, "table", json!(TABLE)).await.json();
    fits("PreviewReply", &told);
    let policies = told["explanation"]["policies"].as_array().unwrap();
    let mine = policies.iter().find(|policy| policy["policy"] == "cn/zhejiang/preview-1").unwrap();
    let claim = &mine["claims"][0];
    assert_eq!((&claim["rule"], &claim["became"]["code"]), (&json!("P1"), &json!("step")));
    assert!(claim["says"]["zh"].as_str().unwrap().contains("调解"), "{claim}");

    let files = json!({ "files": { "cn/labour.toml": TABLE } });
    assert_eq!(preview(&service, question(), "bundle", files).await.json()["brought"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_the_table_and_with_the_case_is_told_at_once_in_both_languages() {
    let service = Service::new(quick());
    let broken = TABLE.replace("labour_mediation", "labour_mediatoin");
    let problem =
        preview(&service, of_kind("labour.wages"), "table", json!(broken)).await.is_problem(422, "invalid-bundle");
    let errors: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["detail_zh"].as_str().unwrap()))
        .collect();
    assert_eq!(errors[0], ("/table", "没有这一途径：`labour_mediatoin`；是否为`labour_mediation`？"));
    assert_eq!(errors[1].0, "/case/kind");
    assert_eq!(errors.len(), 2);
}

#[tokio::test]
async fn what_is_not_json_is_told_with_its_line() {
    let service = Service::new(quick());
    let problem =
        service.post("/v1/preview", "{ \"table\": \"\",\n  \"case\": nothing }").await.is_problem(400, "invalid-json");
    let error = &problem["errors"][0];
    assert_eq!((&error["line"], &error["column"]), (&json!(2), &json!(11)));
    assert!(error.get("file").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn previews_are_bounded_in_number_and_time() {
    let brief = Duration::from_millis(100);
    let service = Service::new(Config { previews: 1, preview_deadline: brief, wait: brief, ..quick() });
    let slow = || preview(&service, of_kind("test.slow"), "table", json!(TABLE));
    let (first, second) = tokio::join!(slow(), slow());
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [503, 504]);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(preview(&service, question(), "table", json!(TABLE)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn previews_are_bounded_in_size_and_large_ones_in_number() {
    let service = Service::new(quick());
    let mut question = question();
    question["table"] = json!(TABLE);
    let padded = |length| padded(&question.to_string(), length);
    assert_eq!(service.post("/v1/preview", padded(PREVIEW_BYTES_MAX)).await.status, 200);
    service.post("/v1/preview", padded(PREVIEW_BYTES_MAX + 1)).await.is_problem(413, "too-large");

    let open = |_| service.open("/v1/preview", SMALL_BYTES_MAX + 1);
    let (senders, calls): (Vec<_>, Vec<_>) = (0..LARGE_PREVIEWS_COUNT_MAX).map(open).unzip();
    tokio::time::sleep(Duration::from_millis(50)).await;
    service.post("/v1/preview", padded(SMALL_BYTES_MAX + 1)).await.is_problem(503, "overloaded");
    assert_eq!(service.post("/v1/preview", padded(SMALL_BYTES_MAX)).await.status, 200);
    drop(senders);
    for call in calls {
        assert_eq!(call.await.unwrap().status(), 400);
    }
    assert_eq!(service.post("/v1/preview", padded(SMALL_BYTES_MAX + 1)).await.status, 200);
}
