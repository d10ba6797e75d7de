//! The server to compare with: bare axum that parses the same body and answers the same bytes.
//!
//! `bare ADDRESS ANSWER_FILE` answers POST /v1/evaluate with the bytes of the file.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::post,
};

/// As in the server it is compared with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

async fn answer(State(bytes): State<Arc<[u8]>>, body: Bytes) -> impl IntoResponse {
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(value) => {
            std::hint::black_box(value);
            ([(header::CONTENT_TYPE, "application/json")], Bytes::from_owner(bytes)).into_response()
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (Some(address), Some(file)) = (args.next(), args.next()) else {
        return Err("usage: bare ADDRESS ANSWER_FILE".into());
    };
    let bytes: Arc<[u8]> = std::fs::read(file)?.into();
    let app = Router::new().route("/v1/evaluate", post(answer)).with_state(bytes);
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
