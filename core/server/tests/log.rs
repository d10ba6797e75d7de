//! What the log says, and that it holds no fact. Alone in its file: the log's switches are the whole process's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::sync::{Arc, Mutex};

use fixture::{Service, desk::*, of_kind, packed, question, quick};
use serde_json::{Value, json};

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_is_one_object_a_line_and_holds_no_fact() {
    let log = Log::default();
    let to = log.clone();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || to.clone());
    let _heard = tracing::subscriber::set_default(subscriber.finish());
    let service = Service::new(quick());
    service.evaluate(&question()).await;
    service.evaluate(&of_kind("test.trap")).await;
    service.evaluate(&of_kind("test.panic")).await;
    let mut wrong = question();
    wrong["case"]["facts"]["amount"] = json!("forty-eight");
    wrong["case"]["name_of_somebody"] = json!("Zhang");
    service.evaluate(&wrong).await;
    service.post("/v1/evaluate", "{ \"case\": Zhang").await;
    service.post("/v1/evaluate/batch", format!("{}\n{wrong}\n", question())).await.text();
    service.get("/nowhere/Zhang").await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |message: &str| lines.iter().filter(|line| line["fields"]["message"] == message).count();
    assert_eq!(said("Request answered."), 3, "{text}");
    assert_eq!(said("Policy gave no usable answer."), 1, "{text}");
    assert_eq!(said("The host failed while it decided."), 1, "{text}");
    assert_eq!(said("Request failed."), 1, "{text}");
    assert_eq!(said("Request refused."), 3, "{text}");
    let answered = lines.iter().find(|line| line["fields"]["message"] == "Request answered.").unwrap();
    for field in ["route", "status", "micros", "decision", "trace"] {
        assert!(!answered["fields"][field].is_null(), "{field}: {answered}");
    }
    for fact in ["c-1", "48000", "forty-eight", "amount", "zhejiang", "wage", "Zhang", "name_of"] {
        assert!(!text.contains(fact), "{fact} is in\n{text}");
    }

    // A folder that takes the place of a plan or a canary says so: nobody who made them was asked.
    let at = jiff::Timestamp::from_millisecond(i64::try_from(START + 3_600_000).unwrap()).unwrap().to_string();
    for (more, value, said) in [
        ("effective_at", json!(at), "A plan gives way to the folder of policies"),
        ("canary", json!({ "percent": 10 }), "A canary ends: the folder of policies changed"),
    ] {
        let desk = desk();
        let bundle = desk.publish(&mediating()).await.json()["bundle"].clone();
        let mut order = json!({ "bundle": bundle, "replaces": 1, "why": "a test" });
        order[more] = value;
        assert_eq!(desk.activate(&order).await.status, 201);
        log.0.lock().unwrap().clear();
        let folder = calm(&[("cn/zhejiang/more.toml", &offering("court"))]);
        assert_eq!(desk.service.app.refresh(Ok(packed(&folder, b"component"))).unwrap(), Some(3));
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(said), "{text}");
    }
}
