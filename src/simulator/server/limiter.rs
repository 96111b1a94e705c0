//! Rate limits: sliding windows, one for each token. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::simulator::options::RateLimit;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
/// What the headers say when nothing is limited.
const ADVERTISED: u32 = 5_000;
/// Listing the account's keys has a limit of its own, a minute.
const KEY_LISTINGS: usize = 10;

/// Counts requests.
#[derive(Debug)]
pub(in crate::simulator) struct Limiter {
    limit: RateLimit,
    /// When the requests of the last hour were made, by token.
    made: BTreeMap<String, VecDeque<Timestamp>>,
    key_listings: BTreeMap<String, VecDeque<Timestamp>>,
}

/// What a request is told about its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) struct Quota {
    /// Requests in any hour.
    pub(in crate::simulator) limit: u32,
    /// How many of them are left.
    pub(in crate::simulator) remaining: u32,
    /// When the oldest request stops counting.
    pub(in crate::simulator) reset: Timestamp,
    /// Whether this request is one too many.
    pub(in crate::simulator) admission: Admission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Admission {
    Admitted,
    /// Too many in one minute: the only refusal that says how long to wait.
    Burst {
        retry_after: Duration,
    },
    /// Too many in one hour: wait until `reset`.
    Hourly,
}

impl Limiter {
    pub(in crate::simulator) fn new(limit: RateLimit) -> Self {
        Self { limit, made: BTreeMap::new(), key_listings: BTreeMap::new() }
    }

    /// Counts a request, unless it is refused.
    pub(in crate::simulator) fn admit(
        &mut self,
        now: Timestamp,
        token: &str,
        method: &str,
        path: &str,
    ) -> Quota {
        let made = self.made.entry(token.to_owned()).or_default();
        forget(made, now - HOUR);
        let (limit, admission) = match self.limit {
            RateLimit::Off => (ADVERTISED, Admission::Admitted),
            RateLimit::On { hourly, burst } => (hourly, admission(made, now, hourly, burst)),
        };
        let mut admission = admission;
        if self.limit != RateLimit::Off && method == "GET" && path == "/v2/account/keys" {
            let listings = self.key_listings.entry(token.to_owned()).or_default();
            forget(listings, now - MINUTE);
            match (admission, listings.front()) {
                (Admission::Admitted, Some(oldest)) if listings.len() >= KEY_LISTINGS => {
                    admission = Admission::Burst { retry_after: now.until(*oldest + MINUTE) };
                }
                (Admission::Admitted, _) => listings.push_back(now),
                (Admission::Burst { .. } | Admission::Hourly, _) => {}
            }
        }
        if admission == Admission::Admitted {
            made.push_back(now);
        }
        let used = u32::try_from(made.len()).unwrap_or(u32::MAX);
        let remaining = match (self.limit, admission) {
            (RateLimit::Off, _) => limit.saturating_sub(used).max(1),
            // Of the hour's, whatever the minute says: who answers too many requests says none.
            (RateLimit::On { .. }, Admission::Admitted | Admission::Burst { .. }) => {
                limit.saturating_sub(used)
            }
            (RateLimit::On { .. }, Admission::Hourly) => 0,
        };
        let reset = made.front().map_or(now, |oldest| *oldest + HOUR);
        Quota { limit, remaining, reset, admission }
    }
}

fn admission(made: &VecDeque<Timestamp>, now: Timestamp, hourly: u32, burst: u32) -> Admission {
    if made.len() >= hourly as usize {
        return Admission::Hourly;
    }
    let first_in_minute = made.partition_point(|moment| *moment <= now - MINUTE);
    match made.get(first_in_minute) {
        Some(oldest) if made.len() - first_in_minute >= burst as usize => {
            Admission::Burst { retry_after: now.until(*oldest + MINUTE) }
        }
        Some(_) | None => Admission::Admitted,
    }
}

/// Drops what was made at `moment` or before.
fn forget(made: &mut VecDeque<Timestamp>, moment: Timestamp) {
    while made.front().is_some_and(|oldest| *oldest <= moment) {
        made.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn limiter(hourly: u32, burst: u32) -> Limiter {
        Limiter::new(RateLimit::On { hourly, burst })
    }

    fn admit(limiter: &mut Limiter, seconds: u64) -> Quota {
        limiter.admit(START + Duration::from_secs(seconds), "t", "GET", "/v2/droplets")
    }

    #[test]
    fn a_burst_is_refused_until_its_oldest_request_is_a_minute_old() {
        let mut limiter = limiter(100, 2);
        assert_eq!(admit(&mut limiter, 0).remaining, 99);
        assert_eq!(admit(&mut limiter, 10).remaining, 98);
        let refused = admit(&mut limiter, 20);
        assert_eq!(refused.admission, Admission::Burst { retry_after: Duration::from_secs(40) });
        assert_eq!(refused.remaining, 98, "the hour's quota is not spent");
        assert_eq!(admit(&mut limiter, 60).admission, Admission::Admitted);
    }

    #[test]
    fn an_hour_slides_and_its_refusal_names_the_reset_only() {
        let mut limiter = limiter(2, 100);
        admit(&mut limiter, 0);
        admit(&mut limiter, 600);
        let refused = admit(&mut limiter, 1_000);
        assert_eq!(refused.admission, Admission::Hourly);
        assert_eq!(refused.reset, START + HOUR);
        assert_eq!(admit(&mut limiter, 3_600).admission, Admission::Admitted);
        assert_eq!(admit(&mut limiter, 3_601).reset, START + Duration::from_mins(10) + HOUR);
    }

    #[test]
    fn each_token_has_its_own_window() {
        let mut limiter = limiter(1, 100);
        admit(&mut limiter, 0);
        let other = limiter.admit(START, "other", "GET", "/v2/droplets");
        assert_eq!(other.admission, Admission::Admitted);
    }

    #[test]
    fn the_keys_can_be_listed_ten_times_a_minute() {
        let mut limiter = limiter(5_000, 250);
        let mut list = |seconds| {
            let now = START + Duration::from_secs(seconds);
            limiter.admit(now, "t", "GET", "/v2/account/keys").admission
        };
        for second in 0..10 {
            assert_eq!(list(second), Admission::Admitted);
        }
        assert_eq!(list(10), Admission::Burst { retry_after: Duration::from_secs(50) });
    }

    #[test]
    fn without_a_limit_nothing_is_refused_and_something_is_always_left() {
        let mut limiter = Limiter::new(RateLimit::Off);
        let quotas: Vec<_> = (0..6_000).map(|_| admit(&mut limiter, 0)).collect();
        assert!(quotas.iter().all(|quota| quota.admission == Admission::Admitted));
        assert!(quotas.iter().all(|quota| quota.remaining > 0));
    }
}
