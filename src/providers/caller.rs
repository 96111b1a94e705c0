//! On whose behalf a provider is called.
//!
//! A step does not know who runs it, and the traits of this module say nothing of sagas; yet a
//! client that shares one quota among all of them must know whose request it holds back. Whoever
//! runs a step says so around the call, and the client asks here. It also says there how long it
//! held a request back: that is our own doing, and no step's time-out or deadline counts it.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::id::DeploymentId;
use crate::domain::time::Timestamp;
use crate::fair::Urgency;

tokio::task_local! {
    static CALLER: Caller;
}

/// On whose behalf a provider is called.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For which deployment.
    pub deployment: DeploymentId,
    /// How soon.
    pub urgency: Urgency,
    /// Calls back requests that have not been sent; cancelled when nobody wants them any more.
    pub recall: CancellationToken,
    /// How long it has been held back.
    pub held: Held,
}

/// How long a call has stood in queues of our own. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<Stopwatch>>);

#[derive(Debug, Default)]
struct Stopwatch {
    before: Duration,
    /// How many of the call's requests stand in a queue; time counts once.
    queued: usize,
    since: Timestamp,
}

/// One stay in a queue; ends when dropped.
#[derive(Debug)]
pub struct Stay {
    held: Held,
    clock: Clock,
}

impl Held {
    /// A stay in a queue begins.
    pub fn begin(&self, clock: &Clock) -> Stay {
        let mut stopwatch = self.stopwatch();
        if stopwatch.queued == 0 {
            stopwatch.since = clock.now();
        }
        stopwatch.queued += 1;
        Stay { held: self.clone(), clock: clock.clone() }
    }

    /// How long it was held back until `now`, a stay that lasts included.
    pub fn until(&self, now: Timestamp) -> Duration {
        let stopwatch = self.stopwatch();
        match stopwatch.queued {
            0 => stopwatch.before,
            _ => stopwatch.before + now.since(stopwatch.since),
        }
    }

    fn stopwatch(&self) -> MutexGuard<'_, Stopwatch> {
        // Nothing in a section can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let now = self.clock.now();
        let mut stopwatch = self.held.stopwatch();
        stopwatch.queued -= 1;
        if stopwatch.queued == 0 {
            let stay = now.since(stopwatch.since);
            stopwatch.before += stay;
        }
    }
}

impl Caller {
    /// Does `work` on this caller's behalf. What `work` spawns as a task of its own is not covered.
    pub async fn calls<F: Future>(self, work: F) -> F::Output {
        CALLER.scope(self, work).await
    }

    /// On whose behalf the present task calls; `None` outside any saga, which is a person who waits.
    pub fn present() -> Option<Self> {
        CALLER.try_with(Self::clone).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_that_stand_in_a_queue_at_the_same_time_count_once() {
        let clock = Clock::starting_at(Timestamp::from_millis(0));
        let held = Held::default();
        let pass = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        let first = held.begin(&clock);
        pass(3).await;
        let second = held.begin(&clock);
        pass(4).await;
        drop(first);
        assert_eq!(held.until(clock.now()), Duration::from_secs(7), "one of them waits still");
        pass(5).await;
        drop(second);
        pass(60).await;
        assert_eq!(held.until(clock.now()), Duration::from_secs(12));
        let third = held.begin(&clock);
        pass(1).await;
        drop(third);
        assert_eq!(held.until(clock.now()), Duration::from_secs(13));
    }
}
