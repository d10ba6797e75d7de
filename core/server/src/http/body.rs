//! Taking in a body: of the right type, of bounded size, in bounded time.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT},
    },
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use maple_wire::{Problem, ProblemKind};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::answer;
use crate::config::{REFUSED_BYTES_MAX, SMALL_BYTES_MAX, UNKNOWN_BYTES_MAX};

/// Refuses a body of another media type than these; a body that names none is taken at its word.
pub(crate) fn expect_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let wanted = types.first().copied().unwrap_or_default();
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            "the body is sent in an encoding, which is not taken; leave out `content-encoding` and send it plain",
            "不接受压缩编码的正文；请去掉content-encoding并直接发送",
        ));
    }
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if types.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let given: String = essence.chars().take(64).collect();
    Err(Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("the body is `{given}`; send it with the header `content-type: {wanted}`"),
        format!("正文类型应为{wanted}；请设置请求头content-type: {wanted}"),
    ))
}

/// How a body may be.
pub(crate) struct Terms<'a> {
    /// Most bytes.
    pub(crate) limit: usize,
    /// Longest time to arrive.
    pub(crate) deadline: Duration,
    /// Room for bodies above [`SMALL_BYTES_MAX`]; small ones need none.
    pub(crate) room: &'a Semaphore,
}

/// A whole body, with the room that it takes.
#[derive(Debug, Default)]
pub(crate) struct Taken<'a> {
    /// The bytes.
    pub(crate) bytes: Bytes,
    room: Option<SemaphorePermit<'a>>,
}

/// Reads a whole body.
pub(crate) async fn read<'a>(request: Request, terms: &Terms<'a>) -> Result<Taken<'a>, Problem> {
    let Terms { limit, deadline, .. } = *terms;
    let waits_for_leave = request.headers().contains_key(EXPECT);
    let mut body = request.into_body();
    match timeout(deadline, gather(&mut body, terms)).await {
        Ok(Ok(taken)) => Ok(taken),
        Ok(Err(Unread::NoRoom)) => Err(answer::overloaded()),
        Ok(Err(Unread::TooLarge)) => {
            if !waits_for_leave {
                // A caller that is still writing would not hear the answer.
                let _ = timeout(deadline, discard(&mut body, REFUSED_BYTES_MAX)).await;
            }
            Err(too_large(limit))
        }
        Ok(Err(Unread::Broken)) => Err(Problem::new(
            ProblemKind::InvalidJson,
            "the body ended before its announced length, or its chunks are malformed",
            "正文未按声明的长度传完，或分块格式有误",
        )),
        Err(_) => Err(Problem::new(
            ProblemKind::RequestTimeout,
            format!("the body did not arrive within {} seconds", deadline.as_secs_f32()),
            format!("正文未在{}秒内传完", deadline.as_secs_f32()),
        )),
    }
}

/// Reads some of the body of somebody who is not let in, so that they hear why.
pub(crate) async fn let_go(request: Request, deadline: Duration) {
    if !request.headers().contains_key(EXPECT) {
        let _ = timeout(deadline, discard(&mut request.into_body(), UNKNOWN_BYTES_MAX)).await;
    }
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        ProblemKind::TooLarge,
        format!("the body has more than {limit} bytes; send less, or send many cases to `/v1/evaluate/batch`"),
        format!("正文超过{limit}字节；请缩减，或用/v1/evaluate/batch分行提交多个案件"),
    )
}

enum Unread {
    TooLarge,
    NoRoom,
    Broken,
}

/// Most bodies are small and arrive in one piece, which is taken as it is.
async fn gather<'a>(body: &mut Body, terms: &Terms<'a>) -> Result<Taken<'a>, Unread> {
    if body.size_hint().lower() > terms.limit as u64 {
        return Err(Unread::TooLarge);
    }
    let mut taken = Taken::default();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        let length = taken.bytes.len() + joined.len() + data.len();
        if length > terms.limit {
            return Err(Unread::TooLarge);
        }
        if length > SMALL_BYTES_MAX && taken.room.is_none() {
            taken.room = Some(terms.room.try_acquire().map_err(|_| Unread::NoRoom)?);
        }
        if length == data.len() {
            taken.bytes = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut taken.bytes));
            joined.extend_from_slice(&data);
        }
    }
    if !joined.is_empty() {
        taken.bytes = joined.freeze();
    }
    Ok(taken)
}

async fn discard(body: &mut Body, mut left: u64) {
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
