//! Many questions over one request: order, bad lines, streaming, bounds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::time::Duration;

use axum::{body::Body, http::Request};
use fixture::{Service, desk::*, fits, of_kind, question, quick};
use http_body_util::BodyExt;
use maple_server::{CHUNK_LINES_MAX, Config, LINE_BYTES_MAX};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;

const BATCH: &str = "/v1/evaluate/batch";

fn numbered(id: usize) -> Value {
    let mut question = question();
    question["case"]["id"] = json!(format!("c-{id}"));
    question
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn answers_come_in_the_order_of_the_questions() {
    let service = Service::new(quick());
    let count = CHUNK_LINES_MAX * 20 + 7;
    let body: String = (0..count).map(|id| format!("{}\n", numbered(id))).collect();
    let answer = service.post(BATCH, body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let answers = lines(&answer.text());
    assert_eq!(answers.len(), count);
    let mut ids = std::collections::BTreeSet::new();
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(answer["decision"]["case"], format!("c-{id}"));
        assert!(ids.insert(answer["decision"]["id"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_bad_line_is_a_problem_on_its_own_line() {
    let service = Service::new(quick());
    let long = |length: usize| {
        let question = numbered(9).to_string();
        format!("{question}{}", " ".repeat(length - question.len()))
    };
    let body = [
        numbered(1).to_string(),
        "{\"case\":".to_owned(),
        String::new(),
        of_kind("labour.wages").to_string(),
        of_kind("test.panic").to_string(),
        long(LINE_BYTES_MAX),
        long(LINE_BYTES_MAX + 1),
        "\r".to_owned(),
        format!("{}\r", numbered(2)),
        numbered(3).to_string(),
    ];
    let answers = lines(&service.post(BATCH, body.join("\n")).await.text());
    let told: Vec<(Value, Value)> = answers
        .iter()
        .map(|answer| (answer["line"].clone(), answer.get("type").unwrap_or(&answer["decision"]["case"]).clone()))
        .collect();
    assert_eq!(
        told,
        [
            (Value::Null, json!("c-1")),
            (json!(2), json!("/problems/invalid-json")),
            (json!(4), json!("/problems/invalid-case")),
            (json!(5), json!("/problems/internal")),
            (Value::Null, json!("c-9")),
            (json!(7), json!("/problems/too-large")),
            (Value::Null, json!("c-2")),
            (Value::Null, json!("c-3")),
        ]
    );
    answers.iter().for_each(|answer| fits(if answer.get("type").is_some() { "Problem" } else { "Reply" }, answer));
    assert_eq!(service.post(BATCH, "").await.text(), "");
}

struct Talk {
    send: mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
    body: Body,
}

async fn talk(service: &Service) -> Talk {
    let (send, receive) = mpsc::channel(1);
    let body = Body::from_stream(ReceiverStream::new(receive));
    let request = Request::post(BATCH).header("content-type", "application/x-ndjson").body(body).unwrap();
    let response = service.call(request).await;
    assert_eq!(response.status(), 200);
    Talk { send, body: response.into_body() }
}

impl Talk {
    async fn say(&self, text: String) {
        self.send.send(Ok(text.into_bytes())).await.unwrap();
    }

    async fn hear(&mut self) -> Option<String> {
        let frame = timeout(Duration::from_secs(5), self.body.frame()).await.expect("an answer in time")?;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_question_is_answered_before_the_next_is_asked() {
    let service = Service::new(quick());
    let mut talk = talk(&service).await;
    for id in 0..3 {
        let text = format!("{}\n", numbered(id));
        let (head, tail) = text.split_at(100);
        talk.say(head.to_owned()).await;
        talk.say(tail.to_owned()).await;
        let heard = talk.hear().await.unwrap();
        assert_eq!(lines(&heard)[0]["decision"]["case"], format!("c-{id}"));
    }
    drop(talk.send.clone());
    talk.say(numbered(3).to_string()).await;
    let (send, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut talk.send, send));
    assert!(talk.hear().await.unwrap().contains("c-3"), "the last line needs no line break");
    assert_eq!(talk.hear().await, None);
}

#[tokio::test]
async fn a_batch_that_stands_still_ends_with_the_reason() {
    let service = Service::new(Config { stall: Duration::from_millis(50), ..quick() });
    let mut talk = talk(&service).await;
    talk.say(format!("{}\n", numbered(1))).await;
    assert!(talk.hear().await.unwrap().contains("c-1"));
    let last = talk.hear().await.unwrap();
    assert_eq!(lines(&last)[0]["type"], "/problems/request-timeout");
    assert_eq!(talk.hear().await, None);
}

#[tokio::test]
async fn a_caller_that_drips_bytes_keeps_no_place() {
    let service = Service::new(Config { stall: Duration::from_millis(300), ..quick() });
    let mut talk = talk(&service).await;
    let send = talk.send.clone();
    tokio::spawn(async move {
        while send.send(Ok(b" ".to_vec())).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(lines(&talk.hear().await.unwrap())[0]["type"], "/problems/request-timeout");
    assert_eq!(talk.hear().await, None);
}

#[tokio::test]
async fn a_batch_that_breaks_off_keeps_what_was_answered() {
    let service = Service::new(quick());
    let mut talk = talk(&service).await;
    talk.say(format!("{}\n", numbered(1))).await;
    assert!(talk.hear().await.unwrap().contains("c-1"));
    talk.send.send(Err(std::io::Error::other("gone"))).await.unwrap();
    assert_eq!(lines(&talk.hear().await.unwrap())[0]["type"], "/problems/invalid-json");
    assert_eq!(talk.hear().await, None);
}

#[tokio::test]
async fn batches_are_bounded_and_a_left_one_makes_room() {
    let service = Service::new(Config { batches: 1, stall: Duration::from_millis(200), ..quick() });
    let talk = talk(&service).await;
    let refused = service.post(BATCH, numbered(1).to_string()).await;
    refused.is_problem(503, "overloaded");
    assert_eq!(refused.header("retry-after"), "1");
    drop(talk);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(service.post(BATCH, numbered(1).to_string()).await.status, 200);
}

#[tokio::test]
async fn nobody_reads_nobody_writes() {
    // A caller that never reads its answers holds a bounded number of lines, and only for a while.
    let service = Service::new(Config { stall: Duration::from_millis(300), ..quick() });
    let talk = talk(&service).await;
    let line = format!("{}\n", numbered(1));
    let mut said = 0;
    while said < 100_000
        && timeout(Duration::from_secs(2), talk.send.send(Ok(line.clone().into_bytes()))).await.is_ok_and(|s| s.is_ok())
    {
        said += 1;
    }
    assert!(said < 100, "{said} lines were taken though nobody read an answer");
}

/// A batch keeps its ruleset, but whatever is asked after a stop is decided without what is stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_reaches_a_batch_that_is_under_way_and_a_swap_does_not() {
    let desk = desk();
    let mut talk = talk(&desk.service).await;
    let mut id = 0;
    let mut asked = async || {
        id += 1;
        talk.say(format!("{}\n", numbered(id))).await;
        lines(&talk.hear().await.unwrap())[0]["decision"].clone()
    };
    assert_eq!(asked().await["generation"], 1);
    desk.swap(&mediating()).await;
    let kept = asked().await;
    assert_eq!((&kept["generation"], channels(&kept)), (&json!(1), vec!["labour_inspection", "court"]));
    desk.state(json!({ "policy": "cn/labour", "how": "stopped", "why": "a test" })).await;
    let braked = asked().await;
    assert_eq!((&braked["generation"], &braked["verdicts"][0]["fault"]), (&json!(3), &json!("stopped")), "{braked}");
    desk.state(json!({ "policy": "cn/labour", "how": "as_filed", "why": "a test" })).await;
    assert_eq!(asked().await["generation"], 3, "what is lifted waits for the next batch");
}
