//! What an answer's headers say about the pace: how many requests are left, and how long to wait.
//!
//! No header is believed beyond [`LONGEST_WAIT`]: a wrong clock or a proxy's fancy must not stop
//! a rollback for a day.

use std::time::Duration;

use crate::clock::Chance;
use crate::domain::time::Timestamp;

/// The longest wait that is taken from a header: the window of the provider's hourly quota.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How far waits for a reset are spread, so that processes that share a token do not all return
/// in the same instant. The header counts whole seconds anyway.
const SPREAD_MILLIS: u64 = 1000;

/// The headers of one answer that bear on the pace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pacing {
    /// `retry-after`, as sent: seconds or an HTTP date.
    pub(super) retry_after: Option<String>,
    /// `ratelimit-remaining`.
    pub(super) remaining: Option<u64>,
    /// `ratelimit-reset`: when the oldest counted request expires.
    pub(super) reset: Option<Timestamp>,
}

impl Pacing {
    /// How long `retry-after` asks to wait.
    pub(super) fn asked_wait(&self, now: Timestamp) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are still a number, only an absurd one.
            text.parse().map_or(Duration::MAX, Duration::from_secs)
        } else {
            let date = jiff::fmt::rfc2822::parse(text).ok()?;
            now.until(Timestamp::from_millis(date.timestamp().as_millisecond()))
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// How long to wait after a 429: what `retry-after` asks, else until the reset.
    pub(super) fn limited_wait(&self, now: Timestamp, chance: &Chance) -> Option<Duration> {
        self.asked_wait(now).or_else(|| {
            let until_reset = now.until(self.reset?);
            let spread = Duration::from_millis(chance.below(SPREAD_MILLIS));
            (!until_reset.is_zero()).then(|| (until_reset + spread).min(LONGEST_WAIT))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn asked(retry_after: &str) -> Option<Duration> {
        Pacing { retry_after: Some(retry_after.to_owned()), ..Pacing::default() }.asked_wait(NOW)
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked(" 0 "), Some(Duration::ZERO));
        assert_eq!(asked("Tue, 14 Nov 2023 22:13:50 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(asked("Tue, 14 Nov 2023 22:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn an_absurd_retry_after_is_bounded_and_a_senseless_one_ignored() {
        assert_eq!(asked("86400"), Some(LONGEST_WAIT));
        assert_eq!(asked("99999999999999999999999999"), Some(LONGEST_WAIT));
        assert_eq!(asked("Mon, 14 Nov 2033 22:13:50 GMT"), Some(LONGEST_WAIT));
        assert_eq!(asked("-5"), None);
        assert_eq!(asked("soon"), None);
        assert_eq!(asked(""), None);
    }

    #[test]
    fn without_retry_after_a_limited_request_waits_until_the_reset() {
        let chance = Chance::seeded(1);
        let wait = |reset| Pacing { reset, ..Pacing::default() }.limited_wait(NOW, &chance);
        let until_reset = wait(Some(NOW + Duration::from_secs(40))).unwrap();
        assert!((40_000..41_000).contains(&until_reset.as_millis()), "{until_reset:?}");
        assert_eq!(wait(Some(NOW + Duration::from_hours(25))), Some(LONGEST_WAIT));
        assert_eq!(wait(Some(NOW - Duration::from_secs(1))), None);
        assert_eq!(wait(None), None);
    }
}
