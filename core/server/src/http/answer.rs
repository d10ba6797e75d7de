//! Answers: the few shapes that every handler gives.

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, WWW_AUTHENTICATE,
        },
    },
    response::Response,
};
use bytes::Bytes;
use maple_wire::{Problem, ProblemKind};
use sha2::{Digest, Sha256};

use crate::admission::RETRY_AFTER_SECONDS;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain";
pub(crate) const TEXT_UTF8: &str = "text/plain; charset=utf-8";
pub(crate) const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

/// An answer with a body of this type.
pub(crate) fn of(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A JSON document.
pub(crate) fn json(body: impl Into<Bytes>) -> Response {
    of(StatusCode::OK, JSON, body.into())
}

/// A file of figures as they are now, to be taken down under a name.
pub(crate) fn csv(name: &str, text: Vec<u8>) -> Response {
    let mut response = of(StatusCode::OK, CSV, text);
    set(&mut response, CACHE_CONTROL, "no-store");
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// Why there is no other answer.
pub(crate) fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = of(status, PROBLEM, problem.to_json());
    match problem.kind {
        ProblemKind::Overloaded => set(&mut response, RETRY_AFTER, RETRY_AFTER_SECONDS),
        // RFC 6750, 3: who sent no token hears no error code.
        ProblemKind::Unauthenticated => set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"maple\""),
        ProblemKind::InvalidToken => {
            set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"maple\", error=\"invalid_token\"");
        }
        ProblemKind::Forbidden => {
            set(&mut response, WWW_AUTHENTICATE, "Bearer realm=\"maple\", error=\"insufficient_scope\"");
        }
        _ => {}
    }
    response
}

/// A problem with further members.
pub(crate) fn problem_of(kind: ProblemKind, body: String) -> Response {
    let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    of(status, PROBLEM, body)
}

/// The answer, or why there is none.
pub(crate) fn told(answer: Result<Response, Problem>) -> Response {
    answer.unwrap_or_else(|why| problem(&why))
}

/// What tells a text from every other.
pub(crate) fn etag(text: &str) -> String {
    let digest = hex::encode(Sha256::digest(text));
    format!("\"{}\"", digest.get(..32).unwrap_or(&digest))
}

/// An answer that a caller may keep and ask again about: 304 without it when the caller names its `etag`.
pub(crate) fn unless_known(asked: &HeaderMap, etag: &str, answer: impl FnOnce() -> Response) -> Response {
    let named = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = named.flat_map(|list| list.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    });
    let mut response = if known { Response::new(Body::empty()) } else { answer() };
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    set(&mut response, CACHE_CONTROL, "no-cache");
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

pub(crate) fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Every place is taken.
pub(crate) fn overloaded() -> Problem {
    Problem::new(
        ProblemKind::Overloaded,
        "every place is taken; try again after the seconds that the header `retry-after` names",
        "服务繁忙；请按响应头retry-after所示秒数后重试",
    )
}

/// The host failed where it should not.
pub(crate) fn internal() -> Problem {
    Problem::new(
        ProblemKind::Internal,
        "the service failed on this request; its log says more under the trace id of this answer",
        "服务处理此请求时出错；详情见服务日志，可按本次响应的trace编号查找",
    )
}
