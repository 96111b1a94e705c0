//! What all requests share: the world, what goes wrong, who asked for what.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::{Chance, Clock};
use crate::domain::time::Timestamp;
use crate::simulator::disk::{Disk, DiskError};
use crate::simulator::faults::{Fault, Faults};
use crate::simulator::options::Options;
use crate::simulator::server::limiter::{Limiter, Quota};
use crate::simulator::world::World;

/// Whether an answer is on its way, or waits because a fault rule wants it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// Whatever is under way needs no time but the machine's.
    Promptly,
    /// A fault rule keeps an answer waiting: only the clock, or the client's patience, ends that.
    KeptWaiting,
}

/// What all requests share. Locks are held for moments only, and never while waiting.
#[derive(Debug)]
pub(super) struct Cloud {
    clock: Clock,
    /// What fault rules of chance roll. Ids are drawn elsewhere, so that only requests which such
    /// a rule matches move it on.
    dice: Chance,
    ids: Chance,
    world: Arc<Mutex<World>>,
    disk: Option<Arc<Disk>>,
    faults: Mutex<Faults>,
    limiter: Mutex<Limiter>,
    requests: Mutex<BTreeMap<String, u64>>,
    tokens: Option<Vec<String>>,
    answering_tx: watch::Sender<Answering>,
}

impl Cloud {
    pub(super) fn new(options: Options, clock: Clock, world: World, disk: Option<Disk>) -> Self {
        Self {
            clock,
            dice: Chance::seeded(options.seed),
            ids: Chance::seeded(options.seed.wrapping_add(1)),
            world: Arc::new(Mutex::new(world)),
            disk: disk.map(Arc::new),
            faults: Mutex::new(Faults::new(options.faults)),
            limiter: Mutex::new(Limiter::new(options.rate_limit)),
            requests: Mutex::default(),
            tokens: options.tokens,
            answering_tx: watch::Sender::new(Answering::Promptly),
        }
    }

    /// Does something with the world, and returns when all that it saw and did is durable: not
    /// even a reader may hear of what a crash could take back.
    pub(super) async fn with_world<T>(
        &self,
        act: impl FnOnce(&mut World, Timestamp) -> T,
    ) -> Result<T, DiskError> {
        let (outcome, generation) = {
            let mut world = lock(&self.world);
            let outcome = act(&mut world, self.clock.now());
            (outcome, world.generation())
        };
        if let Some(disk) = &self.disk {
            disk.keep(&self.world, generation).await?;
        }
        Ok(outcome)
    }

    /// A look at the world by somebody who is no client.
    pub(super) fn peek<T>(&self, look: impl FnOnce(&World, Timestamp) -> T) -> T {
        look(&lock(&self.world), self.clock.now())
    }

    #[cfg(test)]
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Counts a request.
    pub(super) fn count(&self, method: &str, route: &str) {
        *lock(&self.requests).entry(format!("{method} {route}")).or_default() += 1;
    }

    pub(super) fn requests(&self) -> BTreeMap<String, u64> {
        lock(&self.requests).clone()
    }

    pub(super) fn judge(&self, method: &str, path: &str) -> Option<Fault> {
        lock(&self.faults).judge(method, path, || self.dice.roll())
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    pub(super) fn fault_texts(&self) -> Vec<String> {
        lock(&self.faults).rules().map(ToString::to_string).collect()
    }

    pub(super) fn admit(&self, token: &str, method: &str, path: &str) -> Quota {
        lock(&self.limiter).admit(self.clock.now(), token, method, path)
    }

    /// Keeps an answer waiting, for this long or for ever.
    pub(super) async fn keep_waiting(&self, span: Option<Duration>) {
        self.answering_tx.send_replace(Answering::KeptWaiting);
        match span {
            Some(span) => self.clock.sleep_until(self.clock.now() + span).await,
            None => pending().await,
        }
        self.answering_tx.send_replace(Answering::Promptly);
    }

    pub(super) fn answering(&self) -> watch::Receiver<Answering> {
        self.answering_tx.subscribe()
    }

    /// Whether a token opens the account.
    pub(super) fn accepts(&self, token: &str) -> bool {
        let known = |tokens: &Vec<String>| tokens.iter().any(|known| known == token);
        !token.is_empty() && self.tokens.as_ref().is_none_or(known)
    }

    /// A new id for a request.
    pub(super) fn request_id(&self) -> String {
        let [high, low] = [self.ids.below(u64::MAX), self.ids.below(u64::MAX)];
        let bits = (u128::from(high) << 64) | u128::from(low);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }

    /// Lets the state file go.
    pub(super) fn close(&self) {
        if let Some(disk) = &self.disk {
            disk.close();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
