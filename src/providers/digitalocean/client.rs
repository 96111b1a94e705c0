//! The only module that speaks HTTP: builds a request, waits for its turn, sends it once, reads the
//! answer within bounds, and leaves one log line.
//!
//! Nothing is retried, no redirect is followed, no proxy of the environment is used. The line says
//! method, path, status, time and request id; never a header, a query or a body.

use std::error::Error;
use std::sync::Arc;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, Url};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

use crate::clock::{Chance, Clock};
use crate::domain::failure::FailureCode;
use crate::domain::time::Timestamp;
use crate::providers::digitalocean::Settings;
use crate::providers::digitalocean::client::call::Quota;
use crate::providers::digitalocean::client::connection::{bearer, build_http, parse_base_url};
use crate::providers::digitalocean::error::{Diagnosis, DigitalOceanError, Lost, Nature, Refusal};
use crate::providers::digitalocean::limiter::{Flight, Limiter, NotAdmitted};
use crate::providers::digitalocean::pacing::Pacing;
use crate::providers::digitalocean::redactor::Redactor;
use crate::providers::{ProviderError, ServerTime};

mod call;
mod connection;

pub(super) use self::call::Call;

/// The most that is read of one answer: a full page of droplets is well below 1 MiB.
pub(super) const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// Sends calls. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    base_url: Url,
    bearer: HeaderValue,
    redactor: Redactor,
    limiter: Limiter,
    clock: Clock,
    chance: Chance,
}

/// A success.
struct Answer {
    body: Vec<u8>,
    request_id: Option<String>,
}

/// What is known of an answer besides its body, as far as it came.
#[derive(Default)]
struct Traces {
    status: Option<u16>,
    request_id: Option<String>,
    time: Option<ServerTime>,
}

impl Client {
    /// A client for these settings.
    pub(super) fn new(
        settings: Settings,
        clock: Clock,
        chance: Chance,
    ) -> Result<Self, DigitalOceanError> {
        let base_url = parse_base_url(&settings.base_url)?;
        let bearer = bearer(settings.token.expose_secret())?;
        let http = build_http(&settings, &base_url)?;
        let limiter = Limiter::new(&settings.limits, clock.clone());
        let redactor = Redactor::new(settings.token);
        let shared = Shared { http, base_url, bearer, redactor, limiter, clock, chance };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the API is.
    pub(super) fn base_url(&self) -> &str {
        self.shared.base_url.as_str()
    }

    /// Makes the call and parses the answer.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ProviderError> {
        let answer = self.exchange(call).await?;
        self.parse(call, &answer)
    }

    /// The same, when what was answered is what was asked about: `stray` names what it is instead.
    pub(super) async fn fetch_checked<T: DeserializeOwned>(
        &self,
        call: &Call,
        stray: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, ProviderError> {
        let answer = self.fetch(call).await?;
        match stray(&answer) {
            None => Ok(answer),
            Some(reason) => Err(self.senseless(call, &reason, None)),
        }
    }

    /// Makes the call; the answer's body does not matter.
    pub(super) async fn run(&self, call: &Call) -> Result<(), ProviderError> {
        self.exchange(call).await.map(drop)
    }

    /// The error for a success that is not what the provider's description promises.
    pub(super) fn senseless(
        &self,
        call: &Call,
        reason: &str,
        request_id: Option<&str>,
    ) -> ProviderError {
        let url = call.url(&self.shared.base_url);
        self.diagnosis(call, &operation(call, &url)).senseless(reason, request_id)
    }

    /// Like [`Client::fetch`], with what the provider's clock showed, whatever the answer was.
    pub(super) async fn fetch_and_date<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> (Result<T, ProviderError>, Option<ServerTime>) {
        let mut traces = Traces::default();
        let fetched = match self.exchange_leaving(call, &mut traces).await {
            Ok(answer) => self.parse(call, &answer),
            Err(error) => Err(error),
        };
        (fetched, traces.time)
    }

    fn parse<T: DeserializeOwned>(&self, call: &Call, answer: &Answer) -> Result<T, ProviderError> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let reason = what_is_wrong(&answer.body, &error);
            self.senseless(call, &reason, answer.request_id.as_deref())
        })
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, ProviderError> {
        self.exchange_leaving(call, &mut Traces::default()).await
    }

    async fn exchange_leaving(
        &self,
        call: &Call,
        traces: &mut Traces,
    ) -> Result<Answer, ProviderError> {
        let url = call.url(&self.shared.base_url);
        let operation = operation(call, &url);
        let diagnosis = self.diagnosis(call, &operation);
        let path = url.path().to_owned();
        let flight = match self.shared.limiter.admit().await {
            Ok(flight) => flight,
            Err(NotAdmitted::Congested { after }) => return Err(diagnosis.held_back(after)),
            Err(NotAdmitted::Recalled) => return Err(diagnosis.recalled()),
        };
        let started = self.shared.clock.now();
        let result = self.transact(call, url, &flight, diagnosis, traces).await;
        let took = self.shared.clock.now().since(started);
        log(call, &path, traces, took.as_millis(), result.as_ref().err());
        result
    }

    async fn transact(
        &self,
        call: &Call,
        url: Url,
        flight: &Flight,
        diagnosis: Diagnosis<'_>,
        traces: &mut Traces,
    ) -> Result<Answer, ProviderError> {
        let mut request = self
            .shared
            .http
            .request(call.method.clone(), url)
            .header(AUTHORIZATION, self.shared.bearer.clone())
            .header(ACCEPT, "application/json");
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let asked = self.shared.clock.now();
        let response = request.send().await.map_err(|error| diagnosis.lost(&lost(error)))?;

        let status = response.status();
        let now = self.shared.clock.now();
        traces.time = text(response.headers(), "date")
            .and_then(|date| date_header(&date))
            .map(|shown| ServerTime { shown, asked, answered: now });
        let pacing = pacing(response.headers());
        traces.status = Some(status.as_u16());
        traces.request_id =
            text(response.headers(), "x-request-id").map(|id| self.shared.redactor.clean(&id, 80));
        if call.quota == Quota::Shared {
            flight.learn(&pacing, now);
        }

        let read = read_within_limit(response).await;
        if status.is_success() {
            let body = match read {
                Ok(Body::Whole(body)) => body,
                Ok(Body::TooLarge) => {
                    let reason = format!("it is larger than {ANSWER_LIMIT} bytes");
                    return Err(diagnosis.senseless(&reason, traces.request_id.as_deref()));
                }
                Err(error) => return Err(diagnosis.lost(&lost(error))),
            };
            return Ok(Answer { body, request_id: traces.request_id.clone() });
        }

        let body = match read {
            Ok(Body::Whole(body)) => body,
            Ok(Body::TooLarge) => Vec::new(),
            Err(error) => return Err(diagnosis.lost(&lost(error))),
        };
        let after = match status.as_u16() {
            429 => pacing.limited_wait(now, &self.shared.chance),
            _ => pacing.asked_wait(now),
        };
        if let (429, Quota::Shared, Some(wait)) = (status.as_u16(), call.quota, after) {
            flight.hold(now + wait, now);
        }
        Err(diagnosis.refused(&Refusal {
            status: status.as_u16(),
            body: &body,
            request_id: traces.request_id.as_deref(),
            after,
        }))
    }

    fn diagnosis<'a>(&'a self, call: &Call, operation: &'a str) -> Diagnosis<'a> {
        Diagnosis { redactor: &self.shared.redactor, operation, nature: call.nature() }
    }
}

/// An answer's body, as far as it may be read.
enum Body {
    Whole(Vec<u8>),
    TooLarge,
}

/// What is wrong with a body that does not parse. The page of somebody else says best who that is.
fn what_is_wrong(body: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(body);
    match text.trim_start().chars().next() {
        None => "it is empty".to_owned(),
        Some('{' | '[') => error.to_string(),
        Some(_) => format!("it is not JSON but `{text}`"),
    }
}

fn operation(call: &Call, url: &Url) -> String {
    format!("{} {}", call.method, url.path())
}

fn pacing(headers: &HeaderMap) -> Pacing {
    let number = |name| text(headers, name).and_then(|text| text.trim().parse::<i64>().ok());
    Pacing {
        retry_after: text(headers, "retry-after"),
        remaining: number("ratelimit-remaining").map(|left| u64::try_from(left).unwrap_or(0)),
        reset: number("ratelimit-reset")
            .map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000))),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`: the one form that RFC 9110 lets a server send is one of RFC 2822.
fn date_header(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

async fn read_within_limit(mut response: Response) -> Result<Body, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Ok(Body::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Body::Whole(body))
}

fn lost(error: reqwest::Error) -> Lost {
    let error = error.without_url();
    if error.is_builder() {
        Lost::Unsendable(root_cause(&error))
    } else if error.is_connect() {
        Lost::Unreachable(root_cause(&error))
    } else if error.is_timeout() {
        Lost::TimedOut
    } else {
        Lost::Disconnected(root_cause(&error))
    }
}

/// The last cause says what happened; those above it only where.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn log(call: &Call, path: &str, traces: &Traces, took_ms: u128, error: Option<&ProviderError>) {
    let took_ms = u64::try_from(took_ms).unwrap_or(u64::MAX);
    let method = call.method.as_str();
    let Traces { status, request_id, time: _ } = traces;
    let request_id = request_id.as_deref();
    match (error, call.nature()) {
        // That something is not there is an answer, and often the hoped-for one.
        (Some(error), _) if error.failure().code != FailureCode::NotFound => {
            tracing::warn!(method, path, status, took_ms, request_id, %error, "request failed");
        }
        (_, Nature::Read) => {
            tracing::debug!(method, path, status, took_ms, request_id, "request answered");
        }
        (_, Nature::Change) => {
            tracing::info!(method, path, status, took_ms, request_id, "request answered");
        }
    }
}

#[cfg(test)]
mod tests;
