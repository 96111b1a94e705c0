//! What the client would make of an answer, and of one that never came.

use std::time::Duration;

use arcadia::domain::failure::{Effect, Failure, FailureCode};
use arcadia::providers::ProviderError;
use arcadia::simulator::faults::{Fault, Moment};
use arcadia::simulator::world::refusal::Refusal;

use crate::support::cloud::Kind;

pub(super) fn takes_effect(fault: &Fault) -> bool {
    match fault {
        Fault::Status { moment, .. } | Fault::Drop(moment) | Fault::Silence(moment) => {
            *moment == Moment::AfterEffect
        }
        Fault::Delay(_)
        | Fault::Drip(_)
        | Fault::Cut
        | Fault::Malformed
        | Fault::WrongType
        | Fault::Empty
        | Fault::PlacementFails => true,
    }
}

pub(super) fn refused(refusal: &Refusal) -> ProviderError {
    let message = refusal.to_string();
    let code = match refusal {
        Refusal::NotFound => FailureCode::NotFound,
        Refusal::Conflict(_) => FailureCode::Conflict,
        Refusal::Unprocessable(words) if words.contains("pending event") => FailureCode::Conflict,
        Refusal::BadRequest(_) | Refusal::InvalidTag(_) | Refusal::Unprocessable(_) => {
            FailureCode::Invalid
        }
    };
    let failure = Failure::without_effect(code, message);
    if code == FailureCode::Conflict {
        ProviderError::Retryable { failure, after: None }
    } else {
        ProviderError::Terminal { failure }
    }
}

pub(super) fn answered(
    status: u16,
    message: Option<String>,
    after: Option<Duration>,
    kind: Kind,
) -> ProviderError {
    let message = message.unwrap_or_else(|| format!("status {status}"));
    let terminal =
        |code| ProviderError::Terminal { failure: Failure::without_effect(code, &*message) };
    match status {
        401 => terminal(FailureCode::Unauthorized),
        403 => terminal(FailureCode::Forbidden),
        404 => terminal(FailureCode::NotFound),
        429 => ProviderError::Retryable {
            failure: Failure::without_effect(FailureCode::RateLimited, message),
            after,
        },
        500..=599 => lost(FailureCode::Unavailable, &message, kind),
        _ => terminal(FailureCode::Invalid),
    }
}

pub(super) fn lost(code: FailureCode, message: &str, kind: Kind) -> ProviderError {
    let effect = if kind == Kind::Write { Effect::Unknown } else { Effect::None };
    let failure = Failure { code, message: message.to_owned(), request_id: None, effect };
    ProviderError::Retryable { failure, after: None }
}
