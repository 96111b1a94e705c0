//! The quota of a token, shared in turns as the product's client shares it.

use std::collections::VecDeque;
use std::future;
use std::sync::Mutex;
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::failure::{Failure, FailureCode};
use arcadia::domain::id::DeploymentId;
use arcadia::domain::time::Timestamp;
use arcadia::fair::{Gate, Urgency};
use arcadia::providers::ProviderError;
use arcadia::providers::caller::Caller;

/// How long a request queues before it is refused: the client's own figure.
const PATIENCE: Duration = Duration::from_secs(15);

/// So many requests a minute and an hour.
pub(crate) struct Quota {
    per_minute: usize,
    per_hour: usize,
    turns: Gate<Option<DeploymentId>>,
    sent: Mutex<VecDeque<Timestamp>>,
}

impl Quota {
    pub(crate) fn new(per_minute: usize, per_hour: usize) -> Self {
        Self { per_minute, per_hour, turns: Gate::new(1), sent: Mutex::default() }
    }

    /// Waits until a request may be sent, or is refused.
    pub(crate) async fn turn(&self, clock: &Clock) -> Result<(), ProviderError> {
        let caller = Caller::present();
        let _held = caller.as_ref().map(|caller| caller.held.begin(clock));
        let recalled = async {
            match &caller {
                Some(caller) => caller.recall.cancelled().await,
                None => future::pending().await,
            }
        };
        let urgency = caller.as_ref().map_or(Urgency::Urgent, |caller| caller.urgency);
        let give_up = clock.now() + PATIENCE;
        let stand = async {
            let _turn =
                self.turns.turn(caller.as_ref().map(|caller| caller.deployment), urgency).await;
            loop {
                let now = clock.now();
                match self.next_free(now) {
                    None => {
                        self.sent.lock().unwrap().push_back(now);
                        return Ok(());
                    }
                    Some(at) if at > give_up => return Err(refused(Some(now.until(at)))),
                    Some(at) => clock.sleep_until(at).await,
                }
            }
        };
        tokio::select! {
            biased;
            () = recalled => Err(refused(None)),
            admitted = stand => admitted,
            () = clock.sleep_until(give_up) => {
                let now = clock.now();
                Err(refused(self.next_free(now).map(|at| now.until(at))))
            }
        }
    }

    fn next_free(&self, now: Timestamp) -> Option<Timestamp> {
        let mut sent = self.sent.lock().unwrap();
        while sent.front().is_some_and(|at| *at + Duration::from_hours(1) <= now) {
            sent.pop_front();
        }
        let opens = |limit, window| Some(*sent.get(sent.len().checked_sub(limit)?)? + window);
        [
            opens(self.per_minute, Duration::from_mins(1)),
            opens(self.per_hour, Duration::from_hours(1)),
        ]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
        .max()
    }
}

fn refused(after: Option<Duration>) -> ProviderError {
    let failure = Failure::without_effect(FailureCode::RateLimited, "held back");
    ProviderError::Retryable { failure, after }
}
