//! Keeps all sagas together within the token's quota, and is fair between their deployments.
//!
//! One turnstile, before which deployments take turns (see [`crate::fair`]): whoever stands in it
//! waits for a seat (the bound on requests in flight) and then for the `ledger`. Requests that undo
//! something go first, because what they take back costs money, and a person may wait for it; so do
//! requests of nobody's saga, because a person waits for those. Every fourth goes forward all the
//! same.
//!
//! Leaving the queue at any point costs nobody anything: a request whose saga is cancelled leaves at
//! once, and one that would have to wait longer than the patience is refused, so that the executor
//! waits where an operator can see it and cancel it.

mod ledger;

use std::future;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::domain::id::DeploymentId;
use crate::domain::time::Timestamp;
use crate::fair::{Gate, Urgency};
use crate::providers::caller::Caller;
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
    turnstile: Gate<Option<DeploymentId>>,
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

/// A request that was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAdmitted {
    /// The turn lies beyond the caller's patience.
    Congested {
        /// How long until the quota may have room; zero when only the line is too long.
        after: Duration,
    },
    /// Nobody wants it any more.
    Recalled,
}

impl Limiter {
    /// A queue with these limits and nothing sent yet.
    pub(super) fn new(limits: &Limits, clock: Clock) -> Self {
        let seats = usize::try_from(limits.in_flight.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            shared: Arc::new(Shared {
                clock,
                patience: limits.patience,
                turnstile: Gate::new(1),
                seats: Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS))),
                ledger: Mutex::new(Ledger::new(limits)),
                changed: Notify::new(),
            }),
        }
    }

    /// Waits for a turn. Dropping the future leaves the queue and books nothing.
    pub(super) async fn admit(&self) -> Result<Flight, NotAdmitted> {
        let shared = &self.shared;
        let give_up = shared.clock.now() + shared.patience;
        let caller = Caller::present();
        let _held = caller.as_ref().map(|caller| caller.held.begin(&shared.clock));
        let (deployment, urgency, recall) = match caller {
            Some(caller) => (Some(caller.deployment), caller.urgency, Some(caller.recall)),
            None => (None, Urgency::Urgent, None),
        };
        let recalled = async {
            match recall {
                Some(recall) => recall.cancelled().await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = recalled => Err(NotAdmitted::Recalled),
            admitted = self.stand_in_line(deployment, urgency, give_up) => admitted,
            () = shared.clock.sleep_until(give_up) => {
                let now = shared.clock.now();
                let free = shared.ledger().next_free(now);
                Err(NotAdmitted::Congested { after: free.map_or(Duration::ZERO, |at| now.until(at)) })
            }
        }
    }

    async fn stand_in_line(
        &self,
        deployment: Option<DeploymentId>,
        urgency: Urgency,
        give_up: Timestamp,
    ) -> Result<Flight, NotAdmitted> {
        let shared = &self.shared;
        let _turn = shared.turnstile.turn(deployment, urgency).await;
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
                return Err(NotAdmitted::Congested { after: now.until(at) });
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
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::providers::caller::Held;

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

    fn caller(deployment: u128, urgency: Urgency) -> Caller {
        let deployment = DeploymentId::from_u128(deployment);
        Caller { deployment, urgency, recall: CancellationToken::new(), held: Held::default() }
    }

    /// Admits these callers' requests, which all come at once, and says in which order they went.
    async fn order_of(callers: impl IntoIterator<Item = (u128, Urgency)>) -> Vec<u128> {
        let (limiter, _) = limiter(1, 16, Duration::from_hours(1));
        let order = Mutex::new(Vec::new());
        join_all(callers.into_iter().map(|(deployment, urgency)| {
            let (limiter, order) = (&limiter, &order);
            caller(deployment, urgency).calls(async move {
                let _flight = limiter.admit().await.unwrap();
                order.lock().unwrap().push(deployment);
            })
        }))
        .await;
        order.into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_told_how_long_its_requests_were_held_back() {
        let (limiter, clock) = limiter(1, 16, Duration::from_mins(10));
        let caller = caller(1, Urgency::Usual);
        let held = caller.held.clone();
        caller
            .calls(async {
                for _ in 0..3 {
                    limiter.admit().await.unwrap();
                    tokio::time::sleep(Duration::from_secs(10)).await;
                }
            })
            .await;
        assert_eq!(held.until(clock.now()), Duration::from_secs(50 + 50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deployment_with_a_storm_of_requests_does_not_starve_the_others() {
        // The first goes at once, and the second stands in the turnstile before the others come.
        let storm = std::iter::repeat_n((7, Urgency::Usual), 5);
        let others = [(1, Urgency::Usual), (2, Urgency::Usual), (1, Urgency::Usual)];
        assert_eq!(order_of(storm.chain(others)).await, [7, 7, 7, 1, 2, 7, 1, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_undoes_goes_first_and_what_goes_forward_keeps_going() {
        let forward = (0..3).map(|deployment| (deployment, Urgency::Usual));
        let undo = (10..16).map(|deployment| (deployment, Urgency::Urgent));
        assert_eq!(order_of(forward.chain(undo)).await, [0, 1, 10, 11, 12, 2, 13, 14, 15]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_saga_is_cancelled_leaves_the_queue_at_once() {
        let (limiter, clock) = limiter(1, 16, Duration::from_mins(10));
        let start = clock.now();
        drop(limiter.admit().await.unwrap());
        for place_in_line in 0..2 {
            let caller = caller(1, Urgency::Usual);
            let recall = caller.recall.clone();
            let mut before = pin!(limiter.admit());
            if place_in_line > 0 {
                assert!(before.as_mut().now_or_never().is_none());
            }
            let (refused, ()) = tokio::join!(caller.calls(limiter.admit()), async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                recall.cancel();
            });
            assert_eq!(refused.err(), Some(NotAdmitted::Recalled));
        }
        assert_eq!(clock.now().since(start), Duration::from_secs(2));
        assert!(limiter.admit().await.is_ok(), "it booked nothing");
        assert_eq!(clock.now().since(start), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_queues_longer_than_the_patience_for_a_seat_either() {
        let (limiter, clock) = limiter(100, 1, Duration::from_secs(15));
        let start = clock.now();
        let _flight = limiter.admit().await.unwrap();
        let refused = join_all([limiter.admit(), limiter.admit()]).await;
        for refused in refused {
            assert_eq!(refused.err(), Some(NotAdmitted::Congested { after: Duration::ZERO }));
        }
        assert_eq!(clock.now().since(start), Duration::from_secs(15));
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
        assert_eq!(refused, Some(NotAdmitted::Congested { after: Duration::from_mins(1) }));
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
