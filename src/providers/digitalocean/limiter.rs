//! Keeps all sagas together within the token's quota: who comes first goes first.
//!
//! One turnstile, fair because tokio's mutex is: whoever stands in it waits for a seat (the bound
//! on requests in flight) and then for the `ledger`. Leaving the queue at any point costs nobody
//! anything. A wait that would outlast the patience is refused instead, so that the executor waits
//! where an operator can see it and cancel it.

mod ledger;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::providers::digitalocean::limiter::ledger::Ledger;
use crate::providers::digitalocean::pacing::Pacing;

/// The quota of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests within any minute.
    pub per_minute: NonZeroU32,
    /// Requests within any hour.
    pub per_hour: NonZeroU32,
    /// Requests that may be in flight at once.
    pub in_flight: NonZeroU32,
    /// How long a request may queue for its turn before it is refused as rate-limited.
    pub patience: Duration,
}

impl Default for Limits {
    /// What the provider documents, 16 requests at once, and a patience of 15 seconds.
    fn default() -> Self {
        const fn count(number: u32) -> NonZeroU32 {
            NonZeroU32::new(number).expect("the literals below are not zero")
        }
        Self {
            per_minute: const { count(250) },
            per_hour: const { count(5000) },
            in_flight: const { count(16) },
            patience: Duration::from_secs(15),
        }
    }
}

/// The shared queue. Cheap to clone; clones share it.
#[derive(Clone)]
pub(super) struct Limiter {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    patience: Duration,
    turnstile: tokio::sync::Mutex<()>,
    seats: Arc<Semaphore>,
    ledger: Mutex<Ledger>,
    /// Wakes the one in the turnstile when the accounts have changed.
    changed: Notify,
}

/// The right to send one request; ends when dropped.
pub(super) struct Flight {
    shared: Arc<Shared>,
    _seat: OwnedSemaphorePermit,
}

/// The turn lies beyond the caller's patience.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Congested {
    /// How long until a turn may be free.
    pub(super) after: Duration,
}

impl Limiter {
    /// A queue with these limits and nothing sent yet.
    pub(super) fn new(limits: &Limits, clock: Clock) -> Self {
        let seats = usize::try_from(limits.in_flight.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            shared: Arc::new(Shared {
                clock,
                patience: limits.patience,
                turnstile: tokio::sync::Mutex::new(()),
                seats: Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS))),
                ledger: Mutex::new(Ledger::new(limits)),
                changed: Notify::new(),
            }),
        }
    }

    /// Waits for a turn. Dropping the future leaves the queue and books nothing.
    pub(super) async fn admit(&self) -> Result<Flight, Congested> {
        let shared = &self.shared;
        let give_up = shared.clock.now() + shared.patience;
        let _turn = shared.turnstile.lock().await;
        let seat = Arc::clone(&shared.seats)
            .acquire_owned()
            .await
            .expect("nobody closes the semaphore of the seats");
        loop {
            let now = shared.clock.now();
            // Bound apart, so that the lock is gone before the wait.
            let verdict = shared.ledger().admit(now);
            let Err(at) = verdict else {
                return Ok(Flight { shared: Arc::clone(shared), _seat: seat });
            };
            if at > give_up {
                return Err(Congested { after: now.until(at) });
            }
            tokio::select! {
                () = shared.clock.sleep_until(at) => {}
                () = shared.changed.notified() => {}
            }
        }
    }
}

impl Flight {
    /// Takes over what the answer says is left of the hour's quota. An answer that asks for a pause
    /// speaks of the minute's: nothing is left of that for seconds, while its reset is the hour's.
    pub(super) fn learn(&self, pacing: &Pacing, now: Timestamp) {
        if let (Some(remaining), Some(reset), None) =
            (pacing.remaining, pacing.reset, &pacing.retry_after)
        {
            self.shared.ledger().learn(remaining, reset, now);
            self.shared.changed.notify_one();
        }
    }

    /// Stops everybody until `until`: this request met a 429.
    pub(super) fn hold(&self, until: Timestamp, now: Timestamp) {
        self.shared.ledger().hold(until, now);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.shared.ledger().land();
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The accounts are plain numbers: a panic elsewhere cannot leave them half-written.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    fn limiter(per_minute: u32, in_flight: u32, patience: Duration) -> (Limiter, Clock) {
        let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_000_000));
        let limits = Limits {
            per_minute: NonZeroU32::new(per_minute).unwrap(),
            in_flight: NonZeroU32::new(in_flight).unwrap(),
            patience,
            ..Limits::default()
        };
        (Limiter::new(&limits, clock.clone()), clock)
    }

    #[tokio::test(start_paused = true)]
    async fn waiters_go_in_the_order_they_came() {
        let (limiter, clock) = limiter(2, 16, Duration::from_mins(10));
        let start = clock.now();
        let order = Mutex::new(Vec::new());
        join_all((0..5).map(|number| {
            let (limiter, clock, order) = (&limiter, &clock, &order);
            async move {
                let _flight = limiter.admit().await.unwrap();
                order.lock().unwrap().push((number, clock.now().since(start).as_secs()));
            }
        }))
        .await;
        assert_eq!(order.into_inner().unwrap(), [(0, 0), (1, 0), (2, 60), (3, 60), (4, 120)]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_late_does_not_overtake_the_one_who_waits() {
        let (limiter, clock) = limiter(100, 16, Duration::from_mins(10));
        let start = clock.now();
        let flight = limiter.admit().await.unwrap();
        let reset = Some(start + Duration::from_mins(5));
        let says = |remaining| Pacing { remaining: Some(remaining), reset, ..Pacing::default() };
        flight.learn(&says(0), start);
        let mut early = pin!(limiter.admit());
        assert!(early.as_mut().now_or_never().is_none());
        flight.learn(&says(1), start);
        assert!(limiter.admit().now_or_never().is_none());
        assert!(early.await.is_ok());
        assert_eq!(clock.now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_has_its_answer_is_not_taken_off_what_is_left() {
        let (limiter, clock) = limiter(100, 16, Duration::ZERO);
        let start = clock.now();
        for _ in 0..3 {
            drop(limiter.admit().await.unwrap());
        }
        let reset = Some(start + Duration::from_mins(5));
        let says_one = Pacing { remaining: Some(1), reset, ..Pacing::default() };
        limiter.admit().await.unwrap().learn(&says_one, start);
        assert!(limiter.admit().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_are_in_flight_than_there_are_seats() {
        let (limiter, _) = limiter(100, 2, Duration::from_mins(10));
        let first = limiter.admit().await.unwrap();
        let _second = limiter.admit().await.unwrap();
        assert!(limiter.admit().now_or_never().is_none());
        drop(first);
        assert!(limiter.admit().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_leaves_books_nothing_and_lets_the_next_one_in() {
        let (limiter, clock) = limiter(1, 16, Duration::from_mins(10));
        let start = clock.now();
        drop(limiter.admit().await.unwrap());
        let left = tokio::time::timeout(Duration::from_secs(5), limiter.admit()).await;
        assert!(left.is_err());
        drop(limiter.admit().await.unwrap());
        assert_eq!(clock.now().since(start), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_beyond_the_patience_is_refused_with_the_time_to_wait() {
        let (limiter, clock) = limiter(1, 16, Duration::from_secs(15));
        drop(limiter.admit().await.unwrap());
        let start = clock.now();
        let refused = limiter.admit().await.err();
        assert_eq!(refused, Some(Congested { after: Duration::from_mins(1) }));
        assert_eq!(clock.now(), start);
    }

    #[tokio::test(start_paused = true)]
    async fn a_better_number_from_the_provider_wakes_the_waiter() {
        let (limiter, clock) = limiter(100, 16, Duration::from_mins(10));
        let start = clock.now();
        let flight = limiter.admit().await.unwrap();
        let reset = Some(start + Duration::from_mins(5));
        let says = |remaining| Pacing { remaining: Some(remaining), reset, ..Pacing::default() };
        flight.learn(&says(0), start);
        let (waiter, ()) = tokio::join!(limiter.admit(), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            flight.learn(&says(9), clock.now());
        });
        assert!(waiter.is_ok());
        assert_eq!(clock.now().since(start), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_everybody() {
        let (limiter, clock) = limiter(100, 16, Duration::from_mins(10));
        let start = clock.now();
        limiter.admit().await.unwrap().hold(start + Duration::from_secs(7), start);
        drop(limiter.admit().await.unwrap());
        assert_eq!(clock.now().since(start), Duration::from_secs(7));
    }
}
