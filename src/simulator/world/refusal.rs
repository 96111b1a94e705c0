//! The cloud says no.

/// Why a request was refused. Nothing in the world has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: the request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// 400 in the odd format that only the tag service speaks.
    #[error("Error validating resource tag: \"{0}\" contains invalid characters")]
    InvalidTag(String),
    /// 404: what the request names is not there.
    #[error("The resource you were accessing could not be found.")]
    NotFound,
    /// 409: the name is taken.
    #[error("{0}")]
    Conflict(String),
    /// 422: the values are refused, or the thing is busy.
    #[error("{0}")]
    Unprocessable(String),
}

impl Refusal {
    /// A droplet with an event in progress takes no further one.
    pub(super) fn pending_event() -> Self {
        Self::unprocessable("Droplet already has a pending event.")
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::Unprocessable(message.into())
    }
}
