//! The page for authors, its files and the words it shows decisions in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod fixture;

use std::{collections::BTreeSet, fs};

use axum::{body::Body, http::Request};
use fixture::{Answer, Service, fits, quick};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/playground");

async fn asked(service: &Service, path: &str, etag: &str) -> Answer {
    let request = Request::get(path).header("if-none-match", etag).body(Body::empty()).unwrap();
    Answer::of(service.call(request).await).await
}

#[tokio::test]
async fn every_file_of_the_page_is_served_as_what_it_is() {
    let service = Service::new(quick());
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let answer = service.get(&format!("/playground/{name}")).await;
        assert_eq!((answer.status, answer.text()), (200, fs::read_to_string(&path).unwrap()), "{name}");
        let media_type = match name.rsplit_once('.').unwrap().1 {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "json" => "application/json",
            other => panic!("nobody serves `.{other}`"),
        };
        assert_eq!(answer.header("content-type"), media_type, "{name}");
    }
    assert_eq!(service.get("/playground").await.text(), service.get("/playground/index.html").await.text());
    service.get("/playground/secrets.js").await.is_problem(404, "not-found");
    service.get("/playground/..%2Fmod.rs").await.is_problem(404, "not-found");
}

#[tokio::test]
async fn the_page_may_load_and_ask_nothing_but_this_server() {
    let service = Service::new(quick());
    for path in ["/playground", "/playground/main.js", "/playground/examples.json"] {
        let answer = service.get(path).await;
        let policy = answer.header("content-security-policy");
        let mut parts = policy.split("; ");
        assert_eq!(parts.next(), Some("default-src 'none'"), "{path}");
        for part in parts {
            let (_, sources) = part.split_once(' ').unwrap();
            assert!(matches!(sources, "'self'" | "'none'"), "{path}: {part}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[test]
fn no_file_of_the_page_names_another_server_or_runs_text_as_code() {
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("http://www.w3.org/2000/svg", "");
        for forbidden in ["http://", "https://", "//cdn", "eval(", "innerHTML", "document.write", " style=", " onclick"]
        {
            assert!(!text.contains(forbidden), "{}: `{forbidden}`", path.display());
        }
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let service = Service::new(quick());
    for path in ["/playground", "/playground/style.css", "/v1/vocabulary"] {
        let first = service.get(path).await;
        let etag = first.header("etag").to_owned();
        assert!(etag.len() > 20 && etag.starts_with('"') && etag.ends_with('"'), "{path}: {etag}");
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
            let again = asked(&service, path, &known).await;
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, &*etag), "{path} {known}");
        }
        let other = asked(&service, path, "\"other\"").await;
        assert_eq!((other.status, other.body.len()), (200, first.body.len()), "{path}");
    }
    let etag = |path: &'static str| async { service.get(path).await.header("etag").to_owned() };
    assert_ne!(etag("/playground/style.css").await, etag("/playground/decision.css").await);
}

/// Every file that another one asks for is there, and every one is asked for.
#[test]
fn the_page_asks_for_the_files_that_there_are() {
    let mut wanted = BTreeSet::from(["index.html".to_owned()]);
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        there.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
        let text = fs::read_to_string(&path).unwrap();
        for mark in ["\"playground/", "'playground/", "from './"] {
            let names = text.split(mark).skip(1);
            wanted.extend(names.filter_map(|rest| rest.split(['"', '\'']).next()).map(str::to_owned));
        }
    }
    assert_eq!(wanted, there);
}

/// Both dictionaries of the page have the same words, and every word that the page shows is in them.
#[test]
fn the_page_speaks_both_languages() {
    let read = |name: &str| fs::read_to_string(format!("{FOLDER}/{name}")).unwrap();
    let words = read("words.js");
    let keys = |language: &str| -> Vec<String> {
        let part = words.split(&format!("\n  {language}: {{\n")).nth(1).unwrap().split("\n  },\n").next().unwrap();
        let own = part.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        own.filter_map(|line| line.trim().split_once(':')).map(|(key, _)| key.to_owned()).collect()
    };
    assert_eq!(keys("zh"), keys("en"));
    let known: BTreeSet<String> = keys("en").into_iter().collect();
    let page = read("index.html");
    for mark in ["data-say=\"", "data-label=\""] {
        for key in page.split(mark).skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(known.contains(key), "index.html shows `{key}`");
        }
    }
    for file in ["main.js", "decision.js", "account.js"] {
        let text = read(file);
        let named = |c: char| c.is_ascii_lowercase() || c == '_';
        for rest in text.split("say.").skip(1) {
            let key: String = rest.chars().take_while(|c| named(*c)).collect();
            assert!(known.contains(&key), "{file} says `{key}`");
        }
    }
}

#[tokio::test]
async fn the_words_come_with_both_titles() {
    let service = Service::new(quick());
    let words = service.get("/v1/vocabulary").await.json();
    fits("Vocabulary", &words);
    let title = |list: &str, id: &str| {
        let all = words[list].as_array().unwrap();
        all.iter().find(|word| word["id"] == id).unwrap_or_else(|| panic!("no {id} in {list}"))["title"].clone()
    };
    assert_eq!(title("classes", "facilitative"), json!({ "zh": "调解", "en": "mediation" }));
    assert_eq!(title("guardrails", "H01")["en"], "a way to a deciding body stays open");
    for (list, id) in [("localities", "cn/zhejiang"), ("kinds", "labour.wage"), ("channels", "labour_mediation")] {
        let title = title(list, id);
        assert!(["zh", "en"].iter().all(|l| !title[l].as_str().unwrap().is_empty()), "{list} {id}: {title}");
    }
    let article = words["provisions"].as_array().unwrap().iter().find(|p| p["id"] == "cn.labour.5").unwrap();
    assert!(article["law"]["zh"].is_string() && article["article"].is_string());
    let served: Value = service.get("/v1/rulesets/current").await.json();
    for list in ["kinds", "facts", "channels", "words"] {
        assert_eq!(words[list], served[list], "{list}");
    }
}

#[test]
fn the_example_in_the_document_fits() {
    let document: Value = serde_json::from_str(maple_wire::OPENAPI).unwrap();
    let words = &document["paths"]["/v1/vocabulary"]["get"]["responses"]["200"]["content"]["application/json"];
    fits("Vocabulary", &words["example"]);
}
