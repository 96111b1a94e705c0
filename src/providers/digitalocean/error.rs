//! Where a bad answer, or none, becomes a [`ProviderError`]: whether to try again, how long to
//! wait, and whether the request may have taken effect are decided here and nowhere else.
//!
//! | what came back | retry | effect of a change |
//! |---|---|---|
//! | no connection | yes | none |
//! | time-out, broken connection, 5xx, an answer that makes no sense | yes | unknown |
//! | 408, 409, 423, 429, or 4xx about a pending event | yes | unknown |
//! | 401, 403, 404, other 4xx, in the provider's own words | no | unknown |
//! | the same in the words of somebody else | yes | unknown |
//!
//! A read never has an effect. A refusal is believed about what to do next, and never about what is
//! there: between us and the provider stand machines that speak in its name, and a droplet that was
//! made in spite of a 4xx costs money until somebody finds it. To look once more costs seconds.

use std::time::Duration;

use serde::Deserialize;

use crate::domain::failure::{Effect, Failure, FailureCode};
use crate::providers::ProviderError;
use crate::providers::digitalocean::redactor::Redactor;

/// How many characters of a provider's message are kept.
const MESSAGE_LIMIT: usize = 400;

/// How many characters of an answer that is not the provider's are quoted.
const EXCERPT_LIMIT: usize = 160;

/// How many characters of an id are kept.
const ID_LIMIT: usize = 80;

/// What the provider says of a droplet that is busy; it says so with a 422, which otherwise means
/// that the values are refused for good.
const PENDING_EVENT: [&str; 4] =
    ["pending event", "event in progress", "event is in progress", "already being processed"];

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum DigitalOceanError {
    /// The address does not parse, or is not one of an HTTP API.
    #[error("the address of the provider cannot be used: {reason}")]
    BaseUrl {
        /// What is wrong with it; the address itself may hold a password.
        reason: String,
    },
    /// The token would travel unencrypted over a network.
    #[error("`{host}` is not a loopback address, and the token must not go there over plain http")]
    PlainHttp {
        /// Where it would have gone.
        host: String,
    },
    /// The token is empty, or holds characters that no token has.
    #[error("the token is empty or not a single word of printable characters")]
    Token,
    /// TLS could not be set up, for example because the system has no root certificates.
    #[error("failed to set up the HTTP client")]
    Http(#[source] reqwest::Error),
}

/// Whether a request only asks, or changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It asks.
    Read,
    /// It changes something.
    Change,
}

/// A request that got no whole answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// No connection could be made, so nothing was sent.
    Unreachable(String),
    /// The time-out passed.
    TimedOut,
    /// The connection broke.
    Disconnected(String),
    /// The request could not even be built.
    Unsendable(String),
}

/// An answer whose status is not a success.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    /// `x-request-id`, for bodies that do not name the request.
    pub(super) request_id: Option<&'a str>,
    /// How long the answer asks to wait.
    pub(super) after: Option<Duration>,
}

/// Judges what became of one request.
#[derive(Clone, Copy)]
pub(super) struct Diagnosis<'a> {
    pub(super) redactor: &'a Redactor,
    /// Method and path.
    pub(super) operation: &'a str,
    pub(super) nature: Nature,
}

/// The provider's own error body.
#[derive(Deserialize)]
struct ErrorBody {
    id: String,
    message: String,
    request_id: Option<String>,
}

impl Diagnosis<'_> {
    /// The answer is a refusal.
    pub(super) fn refused(&self, refusal: &Refusal<'_>) -> ProviderError {
        match serde_json::from_slice::<ErrorBody>(refusal.body) {
            Ok(body) => self.refused_in_its_words(refusal, &body),
            Err(_) => self.refused_by_a_stranger(refusal),
        }
    }

    /// The answer, or the way to it, was lost.
    pub(super) fn lost(&self, lost: &Lost) -> ProviderError {
        let operation = self.operation;
        match lost {
            Lost::Unreachable(cause) => {
                let cause = self.redactor.clean(cause, EXCERPT_LIMIT);
                let message = format!("no connection for `{operation}`: {cause}");
                retryable(FailureCode::Unreachable, message, Effect::None)
            }
            Lost::TimedOut => {
                let message = format!("no whole answer to `{operation}` within the time-out");
                retryable(FailureCode::TimedOut, message, self.effect())
            }
            Lost::Disconnected(cause) => {
                let cause = self.redactor.clean(cause, EXCERPT_LIMIT);
                let message = format!("the connection broke during `{operation}`: {cause}");
                retryable(FailureCode::Disconnected, message, self.effect())
            }
            Lost::Unsendable(cause) => {
                let cause = self.redactor.clean(cause, EXCERPT_LIMIT);
                let message = format!("`{operation}` cannot be sent: {cause}");
                terminal(FailureCode::Invalid, message, Effect::None)
            }
        }
    }

    /// A success whose body is not what the provider's description promises.
    pub(super) fn senseless(&self, reason: &str, request_id: Option<&str>) -> ProviderError {
        let reason = self.redactor.clean(reason, EXCERPT_LIMIT);
        let message = format!("the answer to `{}` makes no sense: {reason}", self.operation);
        self.quoting(retryable(FailureCode::BadAnswer, message, self.effect()), request_id)
    }

    /// Our own limiter refused: the quota is spent for longer than a request may queue.
    pub(super) fn held_back(&self, after: Duration) -> ProviderError {
        let message =
            format!("`{}` was held back: the token's quota of requests is spent", self.operation);
        waiting(retryable(FailureCode::RateLimited, message, Effect::None), Some(after))
    }

    /// The request was called back before it was sent.
    pub(super) fn recalled(&self) -> ProviderError {
        let message = format!("`{}` was called back before it was sent", self.operation);
        retryable(FailureCode::Cancelled, message, Effect::None)
    }

    fn refused_in_its_words(&self, refusal: &Refusal<'_>, body: &ErrorBody) -> ProviderError {
        let words = self.redactor.clean(&body.message, MESSAGE_LIMIT);
        let message = format!(
            "`{}` was answered {} `{}`: {}",
            self.operation,
            refusal.status,
            self.redactor.clean(&body.id, ID_LIMIT),
            words.trim_end_matches('.'),
        );
        let error = match refusal.status {
            401 => terminal(FailureCode::Unauthorized, message, self.effect()),
            403 => terminal(FailureCode::Forbidden, message, self.effect()),
            404 => terminal(FailureCode::NotFound, message, self.effect()),
            400 | 422 if is_pending_event(&words) => {
                retryable(FailureCode::Conflict, message, self.effect())
            }
            status => self.refused_by_status(status, message),
        };
        self.finished(error, refusal, body.request_id.as_deref())
    }

    /// The body is not the provider's: a proxy or a gateway in between may be speaking. So its 404
    /// is no proof that something is gone, and its 403 does not end the trying.
    fn refused_by_a_stranger(&self, refusal: &Refusal<'_>) -> ProviderError {
        let text = String::from_utf8_lossy(refusal.body);
        let excerpt = self.redactor.clean(&text, EXCERPT_LIMIT);
        let said = match refusal.status {
            300..400 => "a redirect, which is not followed".to_owned(),
            _ if excerpt.is_empty() => "nothing".to_owned(),
            _ => format!("`{excerpt}`"),
        };
        let message = format!(
            "`{}` was answered {} without the provider's error body, with {said}",
            self.operation, refusal.status,
        );
        let error = match self.refused_by_status(refusal.status, message.clone()) {
            ProviderError::Terminal { .. } => {
                retryable(FailureCode::BadAnswer, message, self.effect())
            }
            error @ ProviderError::Retryable { .. } => error,
        };
        self.finished(error, refusal, None)
    }

    /// What a status means, except those of which the words matter.
    fn refused_by_status(&self, status: u16, message: String) -> ProviderError {
        match status {
            408 => retryable(FailureCode::TimedOut, message, self.effect()),
            409 | 423 => retryable(FailureCode::Conflict, message, self.effect()),
            429 => retryable(FailureCode::RateLimited, message, self.effect()),
            400..500 => terminal(FailureCode::Invalid, message, self.effect()),
            500..600 => retryable(FailureCode::Unavailable, message, self.effect()),
            // A redirect is not followed, and no other status is promised.
            _ => retryable(FailureCode::BadAnswer, message, self.effect()),
        }
    }

    fn finished(
        &self,
        error: ProviderError,
        refusal: &Refusal<'_>,
        request_id: Option<&str>,
    ) -> ProviderError {
        self.quoting(waiting(error, refusal.after), request_id.or(refusal.request_id))
    }

    fn quoting(&self, mut error: ProviderError, request_id: Option<&str>) -> ProviderError {
        match &mut error {
            ProviderError::Retryable { failure, .. } | ProviderError::Terminal { failure } => {
                failure.request_id = request_id.map(|id| self.redactor.clean(id, ID_LIMIT));
            }
        }
        error
    }

    fn effect(&self) -> Effect {
        match self.nature {
            Nature::Read => Effect::None,
            Nature::Change => Effect::Unknown,
        }
    }
}

/// A request that is refused before it is sent, because no provider should be asked that.
pub(super) fn invalid(message: String) -> ProviderError {
    terminal(FailureCode::Invalid, message, Effect::None)
}

/// `None` where the provider says that there is no such thing.
pub(super) fn or_absent<T>(result: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.failure().code == FailureCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_pending_event(words: &str) -> bool {
    let words = words.to_lowercase();
    PENDING_EVENT.iter().any(|phrase| words.contains(phrase))
}

fn retryable(code: FailureCode, message: String, effect: Effect) -> ProviderError {
    let failure = Failure { code, message, request_id: None, effect };
    ProviderError::Retryable { failure, after: None }
}

fn terminal(code: FailureCode, message: String, effect: Effect) -> ProviderError {
    ProviderError::Terminal { failure: Failure { code, message, request_id: None, effect } }
}

fn waiting(error: ProviderError, wait: Option<Duration>) -> ProviderError {
    match error {
        ProviderError::Retryable { failure, .. } => {
            ProviderError::Retryable { failure, after: wait }
        }
        ProviderError::Terminal { failure } => ProviderError::Terminal { failure },
    }
}

#[cfg(test)]
mod tests;
