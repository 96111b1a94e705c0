//! Why something did not work: a code of our own, the words of whoever said no, and whether the
//! request may have taken effect all the same.

use std::error::Error;
use std::fmt;

/// One failed attempt of one step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure, in our own words.
    pub code: FailureCode,
    /// What a person reads: a lower-case fragment, values in backticks.
    pub message: String,
    /// The provider's id of the failed request, to quote to its support.
    pub request_id: Option<String>,
    /// Whether the request may have taken effect although no good answer came.
    pub effect: Effect,
}

impl Failure {
    /// A failure that certainly changed nothing outside.
    pub fn without_effect(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), request_id: None, effect: Effect::None }
    }

    /// A failure after which nobody knows whether the request took effect.
    pub fn with_unknown_effect(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), request_id: None, effect: Effect::Unknown }
    }
}

/// An error and what caused it, on one line: the cause is what an operator can act on.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Whether a request that failed may have changed something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It only asked, or never left: nothing changed.
    None,
    /// The answer was lost, made no sense, or was a refusal that somebody in between may have made
    /// up: look before doing it again.
    Unknown,
}

macro_rules! failure_codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal,)+) => {
        /// The kinds of failure. The text form is stable: it is journaled and shown in `--json`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FailureCode {
            $($(#[$doc])* $variant,)+
        }

        impl FailureCode {
            /// Every code, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable text form, in `snake_case`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

failure_codes! {
    /// 401: the token is missing, wrong or revoked.
    Unauthorized => "unauthorized",
    /// 403: the token lacks a scope, or the account may not do this.
    Forbidden => "forbidden",
    /// 404: what the request names is not there.
    NotFound => "not_found",
    /// 409, or a resource that is busy or taken.
    Conflict => "conflict",
    /// 400 or 422: the provider refuses the values.
    Invalid => "invalid",
    /// 429: too many requests.
    RateLimited => "rate_limited",
    /// 5xx: the provider has trouble of its own.
    Unavailable => "unavailable",
    /// No connection could be made.
    Unreachable => "unreachable",
    /// The connection broke before the whole answer was there.
    Disconnected => "disconnected",
    /// No answer within the time-out.
    TimedOut => "timed_out",
    /// An answer that is not what the provider's description promises.
    BadAnswer => "bad_answer",
    /// The resource failed on the provider's side (a droplet that was archived or vanished).
    ResourceFailed => "resource_failed",
    /// The step did not finish within its deadline.
    DeadlineExceeded => "deadline_exceeded",
    /// The operator cancelled while the step was waiting.
    Cancelled => "cancelled",
    /// The program stopped while the step was running.
    Interrupted => "interrupted",
    /// The step's code panicked.
    Panicked => "panicked",
    /// Arcadia's own books refused or could not be written.
    Internal => "internal",
}

impl FailureCode {
    /// Whether somebody plainly said no. A person is told just that, even where a look must show
    /// that it is true.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Forbidden | Self::NotFound | Self::Invalid)
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no failure code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a failure code")]
pub struct UnknownFailureCode(String);

impl std::str::FromStr for FailureCode {
    type Err = UnknownFailureCode;

    fn from_str(text: &str) -> Result<Self, UnknownFailureCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| UnknownFailureCode(text.to_owned()))
    }
}
