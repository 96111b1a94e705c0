//! What routes take out of requests.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::simulator::server::problem::Problem;

/// The JSON body, whatever content type the client claims.
pub(super) struct Body<T>(pub(super) T);

/// What stands before `/v2` in URLs that point back here.
pub(super) struct Origin(pub(super) String);

/// A number in a path. A word in its place names nothing.
pub(super) fn number(text: &str) -> Result<u64, Problem> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(Problem::not_found)
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, format!("The body cannot be read: {error}"))
        })?;
        if bytes.is_empty() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "The request body is missing."));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            Category::Data => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            Category::Io | Category::Syntax | Category::Eof => {
                Problem::new(StatusCode::BAD_REQUEST, "Unable to parse the request body as JSON.")
            }
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.headers))
    }
}

impl Origin {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Self(format!("http://{}", host.unwrap_or("localhost")))
    }
}
