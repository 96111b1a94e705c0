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
mod tests {
    use super::*;

    const TOKEN: &str = "dop_v1_0123456789abcdef";

    /// What a table line expects: whether to try again, the code, and the effect of a change.
    type Verdict = (Retry, FailureCode, Effect);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Retry {
        Yes,
        No,
    }

    fn diagnose<T>(nature: Nature, judge: impl FnOnce(Diagnosis<'_>) -> T) -> T {
        let redactor = Redactor::new(TOKEN.into());
        judge(Diagnosis { redactor: &redactor, operation: "POST /v2/droplets", nature })
    }

    fn refused(nature: Nature, status: u16, body: &str) -> ProviderError {
        diagnose(nature, |diagnosis| {
            diagnosis.refused(&Refusal {
                status,
                body: body.as_bytes(),
                request_id: Some("from-header"),
                after: None,
            })
        })
    }

    fn verdict(error: &ProviderError) -> Verdict {
        let retry = match error {
            ProviderError::Retryable { .. } => Retry::Yes,
            ProviderError::Terminal { .. } => Retry::No,
        };
        (retry, error.failure().code, error.effect())
    }

    #[test]
    fn every_status_has_its_verdict() {
        use FailureCode as Code;
        let table: [(u16, &str, (Retry, FailureCode)); 20] = [
            (400, "bad request", (Retry::No, Code::Invalid)),
            (401, "Unable to authenticate you", (Retry::No, Code::Unauthorized)),
            (403, "You are not authorized", (Retry::No, Code::Forbidden)),
            (404, "could not be found", (Retry::No, Code::NotFound)),
            (405, "not allowed", (Retry::No, Code::Invalid)),
            (408, "too slow", (Retry::Yes, Code::TimedOut)),
            (409, "conflict", (Retry::Yes, Code::Conflict)),
            (413, "too large", (Retry::No, Code::Invalid)),
            (422, "will exceed your droplet limit", (Retry::No, Code::Invalid)),
            (422, "Droplet already has a pending event.", (Retry::Yes, Code::Conflict)),
            (422, "There is an event in progress", (Retry::Yes, Code::Conflict)),
            (422, "The request is already being processed", (Retry::Yes, Code::Conflict)),
            (400, "an Event is in progress", (Retry::Yes, Code::Conflict)),
            (423, "locked", (Retry::Yes, Code::Conflict)),
            (429, "API Rate limit exceeded.", (Retry::Yes, Code::RateLimited)),
            (500, "Unexpected server-side error", (Retry::Yes, Code::Unavailable)),
            (501, "not implemented", (Retry::Yes, Code::Unavailable)),
            (503, "try later", (Retry::Yes, Code::Unavailable)),
            (301, "moved", (Retry::Yes, Code::BadAnswer)),
            (700, "what", (Retry::Yes, Code::BadAnswer)),
        ];
        for (status, words, (retry, code)) in table {
            let body = serde_json::json!({ "id": "some_id", "message": words }).to_string();
            let change = refused(Nature::Change, status, &body);
            let expected = (retry, code, Effect::Unknown);
            assert_eq!(verdict(&change), expected, "a change: {status} {words}");
            let read = refused(Nature::Read, status, &body);
            assert_eq!(verdict(&read), (retry, code, Effect::None), "a read: {status} {words}");
        }
    }

    #[test]
    fn every_lost_answer_has_its_verdict() {
        let cause = || "connection refused".to_owned();
        let table: [(Lost, Verdict); 4] = [
            (Lost::Unreachable(cause()), (Retry::Yes, FailureCode::Unreachable, Effect::None)),
            (Lost::TimedOut, (Retry::Yes, FailureCode::TimedOut, Effect::Unknown)),
            (Lost::Disconnected(cause()), (Retry::Yes, FailureCode::Disconnected, Effect::Unknown)),
            (Lost::Unsendable(cause()), (Retry::No, FailureCode::Invalid, Effect::None)),
        ];
        for (lost, expected) in table {
            let change = diagnose(Nature::Change, |diagnosis| diagnosis.lost(&lost));
            assert_eq!(verdict(&change), expected, "a change: {lost:?}");
            let (retry, code, _) = expected;
            let read = diagnose(Nature::Read, |diagnosis| diagnosis.lost(&lost));
            assert_eq!(verdict(&read), (retry, code, Effect::None), "a read: {lost:?}");
        }
    }

    #[test]
    fn the_providers_words_and_the_request_id_are_kept() {
        let body =
            r#"{"id":"unprocessable_entity","message":"Name is invalid.","request_id":"9a"}"#;
        let error = refused(Nature::Change, 422, body);
        let expected =
            "`POST /v2/droplets` was answered 422 `unprocessable_entity`: Name is invalid";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.failure().request_id.as_deref(), Some("9a"));
    }

    #[test]
    fn the_header_names_the_request_when_the_body_does_not() {
        let error = refused(Nature::Read, 500, r#"{"id":"server_error","message":"oops"}"#);
        assert_eq!(error.failure().request_id.as_deref(), Some("from-header"));
    }

    #[test]
    fn a_body_that_is_not_json_is_quoted_briefly_and_without_control_characters() {
        let page = format!("<html>\u{1b}[31m\r\n502 {}</html>", "x".repeat(1000));
        let message = refused(Nature::Read, 502, &page).to_string();
        let expected =
            "`POST /v2/droplets` was answered 502 without the provider's error body, with `<html>";
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains(char::is_control), "{message}");
        assert!(message.chars().count() < 300, "{message}");
        assert!(refused(Nature::Read, 502, "").to_string().ends_with("with nothing"));
    }

    #[test]
    fn a_refusal_that_is_not_the_providers_own_proves_nothing() {
        for status in [400, 401, 403, 404, 405, 422] {
            for body in ["<html>no such host</html>", "", "{\"error\":\"blocked\"}"] {
                let error = refused(Nature::Read, status, body);
                let expected = (Retry::Yes, FailureCode::BadAnswer, Effect::None);
                assert_eq!(verdict(&error), expected, "{status}");
                assert_eq!(or_absent::<()>(Err(error.clone())), Err(error));
                let error = refused(Nature::Change, status, body);
                assert_eq!(error.effect(), Effect::Unknown, "{status}");
            }
        }
    }

    #[test]
    fn only_a_request_that_was_never_sent_is_known_to_have_changed_nothing() {
        let never_sent = [
            diagnose(Nature::Change, |it| it.lost(&Lost::Unreachable("refused".to_owned()))),
            diagnose(Nature::Change, |it| it.lost(&Lost::Unsendable("no url".to_owned()))),
            diagnose(Nature::Change, |it| it.held_back(Duration::from_secs(1))),
        ];
        for error in never_sent {
            assert_eq!(error.effect(), Effect::None, "{error}");
        }
        let own = serde_json::json!({ "id": "some_id", "message": "no" }).to_string();
        for status in 300..=599 {
            for body in [own.as_str(), "<html>", ""] {
                assert_eq!(refused(Nature::Change, status, body).effect(), Effect::Unknown);
            }
        }
    }

    #[test]
    fn an_echoed_token_is_taken_out() {
        let body = serde_json::json!({
            "id": TOKEN, "message": format!("token {TOKEN} is wrong"), "request_id": TOKEN,
        });
        let html = format!("<p>{TOKEN}</p>");
        let errors = [
            refused(Nature::Read, 401, &body.to_string()),
            refused(Nature::Read, 401, &html),
            diagnose(Nature::Read, |diagnosis| diagnosis.senseless(&html, Some(TOKEN))),
            diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Unreachable(html.clone()))),
            diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Disconnected(html.clone()))),
            diagnose(Nature::Read, |diagnosis| diagnosis.lost(&Lost::Unsendable(html.clone()))),
        ];
        for error in errors {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("0123456789abcdef"), "{shown}");
            assert!(shown.contains("[token]"), "{shown}");
        }
    }
}
