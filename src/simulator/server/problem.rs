//! Errors as the API writes them: `{id, message, request_id}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::simulator::disk::DiskError;
use crate::simulator::world::refusal::Refusal;

/// An error before it has its request id. As a response it is empty: the front writes the body.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

/// What a route gives back.
pub(super) type Answer = Result<Response, Rejection>;

/// Why a route gives no proper answer.
#[derive(Debug)]
pub(super) enum Rejection {
    Problem(Problem),
    /// The tag service has a format of its own.
    InvalidTag(Refusal),
}

impl Problem {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The usual message of a status.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let message = match status.as_u16() {
            401 => "Unable to authenticate you.",
            403 => "You are not authorized to perform this operation.",
            404 => "The resource you were accessing could not be found.",
            429 => "API rate limit exceeded.",
            500.. => "Unexpected server-side error.",
            _ => status.canonical_reason().unwrap_or("The request was refused."),
        };
        Self::new(status, message)
    }

    pub(super) fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::of_status(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// The whole response.
    pub(super) fn with_request_id(&self, request_id: &str) -> Response {
        let body = json!({ "id": self.id(), "message": self.message, "request_id": request_id });
        (self.status, Json(body)).into_response()
    }

    /// The short identifier of the status.
    fn id(&self) -> String {
        match self.status.as_u16() {
            429 => "too_many_requests".to_owned(),
            500 => "server_error".to_owned(),
            _ => {
                let reason = self.status.canonical_reason().unwrap_or("error");
                reason.to_ascii_lowercase().replace([' ', '-'], "_")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::InvalidTag(refusal) => {
                let error = refusal.to_string();
                let cause = format!("rpc error: code = InvalidArgument desc = {error}");
                let body = json!({ "error": error, "messages": null, "root_causes": [cause] });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
        }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::InvalidTag(_) => return Self::InvalidTag(refusal),
            Refusal::BadRequest(_) => StatusCode::BAD_REQUEST,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Conflict(_) => StatusCode::CONFLICT,
            Refusal::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::Problem(Problem::new(status, refusal.to_string()))
    }
}

impl From<DiskError> for Rejection {
    fn from(error: DiskError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the simulator's state is not durable"
        );
        Self::Problem(Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
