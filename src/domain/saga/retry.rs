//! When to try again: exponential, with full jitter, never sooner than the provider asks.

use std::num::NonZeroU32;
use std::time::Duration;

/// How often something is tried, and how long between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in all, the first one included.
    pub tries: NonZeroU32,
    /// The longest wait before the second try; it doubles with every further one.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
}

impl RetryPolicy {
    /// How long to wait after the `failed`-th try of a round (1 for the first); `None` when the tries
    /// are used up. See [`RetryPolicy::wait`].
    pub fn delay(&self, failed: u32, asked: Option<Duration>, roll: f64) -> Option<Duration> {
        (failed < self.tries.get()).then(|| self.wait(failed, asked, roll))
    }

    /// How long to wait after the `failed`-th try, however many there may be.
    ///
    /// `roll` is a number in `0.0..1.0`: full jitter spreads the sagas that failed together over the
    /// whole wait, so that they do not come back together. `asked` is what the provider asked for;
    /// the jitter then comes on top, for the same reason.
    pub fn wait(&self, failed: u32, asked: Option<Duration>, roll: f64) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        let jitter = ceiling.mul_f64(roll.clamp(0.0, 1.0));
        asked.unwrap_or_default().saturating_add(jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        tries: NonZeroU32::new(5).unwrap(),
        base: Duration::from_secs(1),
        cap: Duration::from_secs(6),
    };

    #[test]
    fn the_ceiling_doubles_up_to_the_cap_and_the_tries_end() {
        let ceilings: Vec<_> = (1..=5).map(|failed| POLICY.delay(failed, None, 1.0)).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(ceilings, [seconds(1), seconds(2), seconds(4), seconds(6), None]);
    }

    #[test]
    fn jitter_spreads_over_the_whole_wait() {
        assert_eq!(POLICY.delay(2, None, 0.0), Some(Duration::ZERO));
        assert_eq!(POLICY.delay(2, None, 0.25), Some(Duration::from_millis(500)));
    }

    #[test]
    fn it_never_tries_sooner_than_the_provider_asks() {
        let asked = Duration::from_secs(30);
        assert_eq!(POLICY.delay(1, Some(asked), 0.0), Some(asked));
        assert_eq!(POLICY.delay(1, Some(asked), 1.0), Some(asked + Duration::from_secs(1)));
    }

    #[test]
    fn very_many_tries_do_not_overflow() {
        let stubborn = RetryPolicy { tries: NonZeroU32::MAX, ..POLICY };
        assert_eq!(stubborn.delay(4_000_000_000, None, 1.0), Some(Duration::from_secs(6)));
    }
}
