//! `GET /playground`: a page on which an author writes a rule and sees what it does.
//!
//! Everything it needs lies within the program; the page may load and ask nothing but this server.

use std::sync::LazyLock;

use axum::{
    extract::{Path, rejection::PathRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
    },
    response::Response,
};
use maple_wire::{Problem, ProblemKind};

use super::answer;

/// What the page may do: take its own files, ask this server, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the page.
struct File {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
    etag: String,
}

macro_rules! files {
    ($($name:literal as $media_type:expr),+ $(,)?) => {
        [$(File {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("../playground/", $name)),
            etag: answer::etag(include_str!(concat!("../playground/", $name))),
        }),+]
    };
}

static FILES: LazyLock<[File; 14]> = LazyLock::new(|| {
    files![
        "index.html" as HTML,
        "style.css" as CSS,
        "decision.css" as CSS,
        "icon.svg" as SVG,
        "main.js" as SCRIPT,
        "editor.js" as SCRIPT,
        "places.js" as SCRIPT,
        "paint.js" as SCRIPT,
        "ask.js" as SCRIPT,
        "share.js" as SCRIPT,
        "words.js" as SCRIPT,
        "decision.js" as SCRIPT,
        "account.js" as SCRIPT,
        "examples.json" as answer::JSON,
    ]
});

pub(crate) async fn page(headers: HeaderMap) -> Response {
    served("index.html", &headers)
}

pub(crate) async fn file(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    served(&name.map(|Path(name)| name).unwrap_or_default(), &headers)
}

fn served(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return answer::problem(&Problem::new(
            ProblemKind::NotFound,
            "the playground has no such file; it begins at `/playground`",
            "操作页没有此文件；请从/playground进入",
        ));
    };
    let mut response =
        answer::unless_known(headers, &file.etag, || answer::of(StatusCode::OK, file.media_type, file.text));
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        answer::set(&mut response, name, value);
    }
    response
}
