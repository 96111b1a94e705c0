//! Moments as the API writes them: RFC 3339 in UTC, in whole seconds.

use crate::domain::time::Timestamp;

/// A moment as the API writes it. Seconds are cut off, so two things made in one second cannot be
/// told apart by it.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    jiff::Timestamp::from_second(seconds(moment))
        .map_or_else(|_| moment.to_string(), |moment| moment.to_string())
}

/// Seconds since 1970.
pub(super) fn seconds(moment: Timestamp) -> i64 {
    moment.as_millis().div_euclid(1_000)
}
