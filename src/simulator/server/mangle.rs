//! Bodies that arrive damaged, or slowly.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::simulator::cloud::Cloud;

/// So many pieces a slow body comes in.
const PIECES: u32 = 10;

/// The head promises the whole body; half of it is sent, then the connection breaks.
pub(super) async fn cut(response: Response) -> Response {
    rebuild(response, |bytes| {
        let half = bytes.slice(..bytes.len() / 2);
        let sent = stream::iter([Ok(half)]);
        let broken = stream::once(async {
            // Without a pause the error would overtake what is not flushed yet.
            tokio::task::yield_now().await;
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut by a fault rule"))
        });
        Body::from_stream(sent.chain(broken))
    })
    .await
}

/// Half of the JSON that it should be, as a whole body.
pub(super) async fn malform(mut response: Response) -> Response {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let (head, body) = response.into_parts();
    let bytes = collect(body).await;
    Response::from_parts(head, Body::from(bytes.slice(..bytes.len() / 2)))
}

/// Every number becomes a text.
pub(super) async fn retype(response: Response) -> Response {
    rewrite(response, numbers_to_texts).await
}

/// Every list has nothing in it.
pub(super) async fn empty(response: Response) -> Response {
    rewrite(response, without_items).await
}

/// Gives a response another body, if it has one that is JSON.
async fn rewrite(mut response: Response, rewritten: impl FnOnce(Value) -> Value) -> Response {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let (head, body) = response.into_parts();
    let bytes = collect(body).await;
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => Bytes::from(rewritten(value).to_string()),
        Err(_) => bytes,
    };
    Response::from_parts(head, Body::from(bytes))
}

/// The body comes in pieces over this time.
pub(super) async fn drip(response: Response, cloud: Arc<Cloud>, over: Duration) -> Response {
    rebuild(response, move |bytes| {
        let pause = over / PIECES;
        let piece = bytes.len().div_ceil(PIECES as usize).max(1);
        Body::from_stream(stream::unfold((bytes, cloud), move |(mut rest, cloud)| async move {
            if rest.is_empty() {
                return None;
            }
            cloud.keep_waiting(Some(pause)).await;
            let next = rest.split_to(piece.min(rest.len()));
            Some((Ok::<Bytes, io::Error>(next), (rest, cloud)))
        }))
    })
    .await
}

/// Gives a response another body and lets its head promise the length of the present one.
async fn rebuild(response: Response, make: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut head, body) = response.into_parts();
    let bytes = collect(body).await;
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Response::from_parts(head, make(bytes))
}

/// Our routes answer from memory, so there is nothing that could fail or grow.
async fn collect(body: Body) -> Bytes {
    body::to_bytes(body, usize::MAX).await.unwrap_or_default()
}

fn numbers_to_texts(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(numbers_to_texts).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, numbers_to_texts(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn without_items(value: Value) -> Value {
    match value {
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_items(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
