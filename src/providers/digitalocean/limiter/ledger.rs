//! The accounts of the limiter, pure: `now` is an argument and nothing waits.
//!
//! The provider counts each request for one hour and, in bursts, for one minute. The ledger keeps
//! the same sliding account, and corrects it by what the answers say is left, because other
//! programs may use the same token.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::providers::digitalocean::limiter::Limits;
use crate::providers::digitalocean::pacing::LONGEST_WAIT;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What has been sent, and what may be.
#[derive(Debug)]
pub(super) struct Ledger {
    per_minute: usize,
    per_hour: usize,
    /// When each request of the last hour was sent, oldest first; at most `per_hour` of them.
    sent: VecDeque<Timestamp>,
    in_flight: u64,
    allowance: Option<Allowance>,
    held_until: Option<Timestamp>,
}

/// What the provider said is left, less what was sent since.
#[derive(Debug)]
struct Allowance {
    left: u64,
    until: Timestamp,
}

impl Ledger {
    /// An empty account with these limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            per_minute: to_usize(limits.per_minute.get()),
            per_hour: to_usize(limits.per_hour.get()),
            sent: VecDeque::new(),
            in_flight: 0,
            allowance: None,
            held_until: None,
        }
    }

    /// Books one request; when none may be sent yet, says when to ask again.
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.forget(now);
        if let Some(at) = self.next_free(now) {
            return Err(at);
        }
        self.sent.push_back(now);
        self.in_flight += 1;
        if let Some(allowance) = &mut self.allowance {
            allowance.left = allowance.left.saturating_sub(1);
        }
        Ok(())
    }

    /// One request has its answer, or was given up.
    pub(super) fn land(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Takes over what an answer says is left until `reset`. The other requests in flight may not
    /// be in that number, so they are taken off.
    pub(super) fn learn(&mut self, remaining: u64, reset: Timestamp, now: Timestamp) {
        let others = self.in_flight.saturating_sub(1);
        self.allowance = (reset > now).then(|| Allowance {
            left: remaining.saturating_sub(others),
            until: reset.min(now + LONGEST_WAIT),
        });
    }

    /// Sends nothing before `until`: the provider refused a request.
    pub(super) fn hold(&mut self, until: Timestamp, now: Timestamp) {
        let until = until.min(now + LONGEST_WAIT);
        self.held_until = Some(self.held_until.map_or(until, |held| held.max(until)));
    }

    /// When the next request may be sent, if not now.
    pub(super) fn next_free(&self, now: Timestamp) -> Option<Timestamp> {
        let spent = self.allowance.as_ref().filter(|allowance| allowance.left == 0);
        [
            self.window_opens(self.per_minute, MINUTE),
            self.window_opens(self.per_hour, HOUR),
            spent.map(|allowance| allowance.until),
            self.held_until,
        ]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
        .max()
    }

    fn window_opens(&self, limit: usize, window: Duration) -> Option<Timestamp> {
        let blocker = self.sent.len().checked_sub(limit)?;
        Some(*self.sent.get(blocker)? + window)
    }

    fn forget(&mut self, now: Timestamp) {
        // A clock that stepped back leaves entries in the future: they were sent by now at the
        // latest.
        for at in self.sent.iter_mut().rev().take_while(|at| **at > now) {
            *at = now;
        }
        while self.sent.front().is_some_and(|at| *at + HOUR <= now) {
            self.sent.pop_front();
        }
        self.allowance.take_if(|allowance| allowance.until <= now);
        self.held_until.take_if(|until| *until <= now);
    }
}

fn to_usize(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn ledger(per_minute: u32, per_hour: u32) -> Ledger {
        Ledger::new(&Limits {
            per_minute: NonZeroU32::new(per_minute).unwrap(),
            per_hour: NonZeroU32::new(per_hour).unwrap(),
            ..Limits::default()
        })
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_spent_minute_opens_when_its_oldest_request_is_a_minute_old() {
        let mut ledger = ledger(2, 100);
        assert_eq!(ledger.admit(START), Ok(()));
        assert_eq!(ledger.admit(START + seconds(10)), Ok(()));
        assert_eq!(ledger.admit(START + seconds(20)), Err(START + seconds(60)));
        assert_eq!(ledger.admit(START + seconds(60)), Ok(()));
        assert_eq!(ledger.admit(START + seconds(61)), Err(START + seconds(70)));
    }

    #[test]
    fn a_spent_hour_opens_when_its_oldest_request_is_an_hour_old() {
        let mut ledger = ledger(100, 2);
        assert_eq!(ledger.admit(START), Ok(()));
        assert_eq!(ledger.admit(START + seconds(600)), Ok(()));
        assert_eq!(ledger.admit(START + seconds(700)), Err(START + seconds(3600)));
        assert_eq!(ledger.admit(START + seconds(3600)), Ok(()));
    }

    #[test]
    fn what_the_provider_says_is_left_counts_down_and_ends_at_the_reset() {
        let mut ledger = ledger(100, 100);
        assert_eq!(ledger.admit(START), Ok(()));
        ledger.learn(1, START + seconds(30), START);
        assert_eq!(ledger.admit(START), Ok(()));
        assert_eq!(ledger.admit(START), Err(START + seconds(30)));
        assert_eq!(ledger.admit(START + seconds(30)), Ok(()));
    }

    #[test]
    fn requests_in_flight_are_taken_off_what_is_left() {
        let mut ledger = ledger(100, 100);
        for _ in 0..3 {
            assert_eq!(ledger.admit(START), Ok(()));
        }
        ledger.learn(2, START + seconds(30), START);
        assert_eq!(ledger.admit(START), Err(START + seconds(30)));
        ledger.land();
        ledger.land();
        ledger.learn(2, START + seconds(30), START);
        assert_eq!(ledger.admit(START), Ok(()));
    }

    #[test]
    fn a_hold_is_never_shortened_and_never_longer_than_the_bound() {
        let mut ledger = ledger(100, 100);
        ledger.hold(START + seconds(20), START);
        ledger.hold(START + seconds(5), START);
        assert_eq!(ledger.admit(START), Err(START + seconds(20)));
        assert_eq!(ledger.admit(START + seconds(20)), Ok(()));
        ledger.hold(START + seconds(90_000), START);
        assert_eq!(ledger.admit(START + seconds(20)), Err(START + LONGEST_WAIT));
    }

    #[test]
    fn a_reset_in_the_past_or_far_ahead_does_not_stop_the_account_for_good() {
        let mut ledger = ledger(100, 100);
        ledger.learn(0, START - seconds(1), START);
        assert_eq!(ledger.admit(START), Ok(()));
        ledger.learn(0, START + seconds(90_000), START);
        assert_eq!(ledger.admit(START), Err(START + LONGEST_WAIT));
    }

    #[test]
    fn a_clock_that_steps_back_costs_a_window_at_most() {
        let mut ledger = ledger(1, 100);
        assert_eq!(ledger.admit(START), Ok(()));
        let earlier = START - seconds(7200);
        assert_eq!(ledger.admit(earlier), Err(earlier + seconds(60)));
        assert_eq!(ledger.admit(earlier + seconds(60)), Ok(()));
    }
}
