//! What is in force: packs, ruleset, localities, provisions.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use maple_wire::{Problem, ProblemKind, nearest, write_provision};

use super::answer;
use crate::app::App;

pub(crate) async fn packs(State(app): State<Arc<App>>) -> Response {
    answer::json(app.serving().made.views().packs.clone())
}

pub(crate) async fn ruleset(State(app): State<Arc<App>>) -> Response {
    answer::json(app.serving().ruleset_json.clone())
}

pub(crate) async fn localities(State(app): State<Arc<App>>) -> Response {
    answer::json(app.serving().made.views().localities.clone())
}

pub(crate) async fn provision(State(app): State<Arc<App>>, id: Result<Path<String>, PathRejection>) -> Response {
    let serving = app.serving();
    let provisions = &serving.ruleset.vocabulary().provisions;
    let given = id.map(|Path(id)| id).unwrap_or_default();
    match provisions.get_key_value(given.as_str()) {
        Some((id, provision)) => answer::json(write_provision(id, provision)),
        None => answer::problem(&unknown(&given, provisions.keys().map(|id| id.as_str()))),
    }
}

/// Every word with its titles. It is the same as long as the ruleset is, so a caller that has it gets none.
pub(crate) async fn vocabulary(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let serving = app.serving();
    let etag = format!("\"{}\"", serving.ruleset.digest());
    answer::unless_known(&headers, &etag, || answer::json(serving.made.views().vocabulary.clone()))
}

fn unknown<'c>(given: &str, known: impl Iterator<Item = &'c str>) -> Problem {
    let word: String = given.chars().take(64).collect();
    let word = word.escape_debug();
    let (en, zh) = match nearest(given, known) {
        Some(hint) => (format!("did you mean `{hint}`?"), format!("是否为{hint}？")),
        None => ("the `basis` of a decision names them".to_owned(), "决定中的basis列有条款编号".to_owned()),
    };
    Problem::new(
        ProblemKind::NotFound,
        format!("there is no provision `{word}`; {en}"),
        format!("没有{word}这一条款；{zh}"),
    )
}
