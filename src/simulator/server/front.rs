//! What every request passes: counting, faults, token, limits; and the headers of every answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use crate::simulator::cloud::Cloud;
use crate::simulator::faults::{Fault, Moment};
use crate::simulator::server::limiter::{Admission, Quota};
use crate::simulator::server::problem::Problem;
use crate::simulator::server::{droplets, mangle, route_of, router, time};

/// The way in. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Front {
    cloud: Arc<Cloud>,
    router: TowerToHyperService<Router>,
}

/// There is no answer: the connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is dropped by a fault rule")]
pub(in crate::simulator) struct Severed;

impl Front {
    pub(in crate::simulator) fn new(cloud: Arc<Cloud>) -> Self {
        let router = TowerToHyperService::new(router(Arc::clone(&cloud)));
        Self { cloud, router }
    }

    /// Answers a request, unless a fault rule keeps it from it.
    pub(in crate::simulator) async fn respond(
        &self,
        request: Request,
    ) -> Result<Response, Severed> {
        let request = without_trailing_slash(request);
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let request_id = self.cloud.request_id();
        if path.starts_with("/_simulator/") {
            return Ok(with_body(self.route(request).await, &request_id));
        }
        self.cloud.count(&method, route_of(&path));
        let quota = self.cloud.admit(bearer_token(&request), &method, &path);
        let response = match self.cloud.judge(&method, &path) {
            None => self.work(request, quota).await,
            Some(fault) => self.suffer(fault, request, quota, &request_id).await?,
        };
        Ok(finish(response, quota, &request_id))
    }

    /// The proper way.
    async fn work(&self, request: Request, quota: Quota) -> Response {
        if !self.cloud.accepts(bearer_token(&request)) {
            return Problem::of_status(StatusCode::UNAUTHORIZED).into_response();
        }
        match quota.admission {
            Admission::Admitted => self.route(request).await,
            Admission::Burst { retry_after } => {
                refuse(StatusCode::TOO_MANY_REQUESTS, None, Some(retry_after))
            }
            Admission::Hourly => refuse(StatusCode::TOO_MANY_REQUESTS, None, None),
        }
    }

    /// The way of a request that a fault rule hits.
    async fn suffer(
        &self,
        fault: Fault,
        request: Request,
        quota: Quota,
        request_id: &str,
    ) -> Result<Response, Severed> {
        match fault {
            Fault::Status { status, message, retry_after, moment } => {
                self.work_if_due(moment, request, quota).await;
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                Ok(refuse(status, message, retry_after))
            }
            Fault::Drop(moment) => {
                self.work_if_due(moment, request, quota).await;
                Err(Severed)
            }
            Fault::Silence(moment) => {
                self.work_if_due(moment, request, quota).await;
                self.cloud.keep_waiting(None).await;
                Err(Severed)
            }
            Fault::Delay(span) => {
                self.cloud.keep_waiting(Some(span)).await;
                Ok(self.work(request, quota).await)
            }
            Fault::Cut => {
                let whole = with_body(self.work(request, quota).await, request_id);
                Ok(mangle::cut(whole).await)
            }
            Fault::Malformed => {
                let whole = with_body(self.work(request, quota).await, request_id);
                Ok(mangle::malform(whole).await)
            }
            Fault::WrongType => Ok(mangle::retype(self.work(request, quota).await).await),
            Fault::Empty => Ok(mangle::empty(self.work(request, quota).await).await),
            Fault::Drip(over) => {
                let whole = with_body(self.work(request, quota).await, request_id);
                Ok(mangle::drip(whole, Arc::clone(&self.cloud), over).await)
            }
            Fault::PlacementFails => {
                let response = self.work(request, quota).await;
                Ok(droplets::fail_placements(&self.cloud, response).await)
            }
        }
    }

    async fn work_if_due(&self, moment: Moment, request: Request, quota: Quota) {
        match moment {
            Moment::BeforeEffect => {}
            Moment::AfterEffect => drop(self.work(request, quota).await),
        }
    }

    async fn route(&self, request: Request) -> Response {
        let routed: Result<Response, Infallible> = self.router.call(request).await;
        match routed {
            Ok(response) => response,
        }
    }
}

/// An answer instead of the proper one. Only an error has a body.
fn refuse(status: StatusCode, message: Option<String>, retry_after: Option<Duration>) -> Response {
    let mut response = if status.is_client_error() || status.is_server_error() {
        let usual = Problem::of_status(status);
        Problem { message: message.unwrap_or(usual.message), ..usual }.into_response()
    } else {
        status.into_response()
    };
    if let Some(span) = retry_after {
        let seconds = span.as_millis().div_ceil(1_000).to_string();
        let value = HeaderValue::from_str(&seconds).expect("digits make a header");
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// The headers that every answer has, and the body that an error has.
fn finish(response: Response, quota: Quota, request_id: &str) -> Response {
    let mut response = with_body(response, request_id);
    // Who is told of too many requests by a fault rule has none left either.
    let limited = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let remaining = if limited { 0 } else { quota.remaining };
    let headers = response.headers_mut();
    headers.insert("ratelimit-limit", HeaderValue::from(quota.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(remaining));
    headers.insert("ratelimit-reset", HeaderValue::from(time::seconds(quota.reset)));
    response
}

/// Writes the body of an error, now that the request id is known.
fn with_body(response: Response, request_id: &str) -> Response {
    let mut response = match response.extensions().get::<Problem>() {
        None => response,
        Some(problem) => {
            let mut written = problem.with_request_id(request_id);
            if let Some(retry_after) = response.headers().get(header::RETRY_AFTER) {
                written.headers_mut().insert(header::RETRY_AFTER, retry_after.clone());
            }
            written
        }
    };
    let value = HeaderValue::from_str(request_id).expect("a request id is plain text");
    response.headers_mut().insert("x-request-id", value);
    response
}

/// The real cloud tolerates a slash at the end, and some clients send one.
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let shorter = path.trim_end_matches('/');
    if shorter.len() == path.len() || shorter.is_empty() {
        return request;
    }
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    if let Ok(uri) = format!("{shorter}{query}").parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

/// The bearer token, or nothing.
fn bearer_token(request: &Request) -> &str {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" }
}
