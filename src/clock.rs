//! The only file that reads time or chance.
//!
//! Everything else is handed a `Timestamp`, an id or a roll of the dice, so a test can decide what
//! they are. Waiting is done on tokio's clock, which a test can pause; the virtual clock moves with
//! it, so a paused test moves both together.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng, TryRng};
use tokio::time::Instant;

use crate::domain::id::{CommandId, DeploymentId, SagaId};
use crate::domain::time::Timestamp;

/// How long a wait goes on at most without a look at the clock.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// From how far on a clock that goes another way than the program's own time was set, or the machine slept.
/// A clock that is only slewed goes wrong by a few milliseconds between two looks.
const LEAP: Duration = Duration::from_secs(10);

/// Tells the time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Wall,
    Virtual { origin: Timestamp, started: Instant, leapt: Arc<AtomicI64> },
}

/// What the clock showed at a moment of the program's own time, which stands still while the machine
/// sleeps and is never set.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    clock: Timestamp,
    own: Instant,
}

/// The clock went another way than the program's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    /// So far on: the machine slept, or somebody set the clock.
    Ahead(Duration),
    /// Somebody set it back.
    Back,
}

impl Clock {
    /// The machine's wall clock, read anew each time: deadlines outlive the process, so they are
    /// wall time, and a laptop that slept must find them passed.
    pub fn system() -> Self {
        Self(Source::Wall)
    }

    /// A clock that shows `origin` now and moves with tokio's clock: what a test uses.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self(Source::Virtual { origin, started: Instant::now(), leapt: Arc::default() })
    }

    /// Sets a virtual clock, and its clones, so many milliseconds ahead, or back: what a test uses. The
    /// machine's own clock is left alone.
    pub fn leap(&self, millis: i64) {
        match &self.0 {
            Source::Wall => {}
            Source::Virtual { leapt, .. } => {
                leapt.fetch_add(millis, Ordering::Relaxed);
            }
        }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Wall => wall_clock(),
            Source::Virtual { origin, started, leapt } => {
                let shown = *origin + started.elapsed();
                Timestamp::from_millis(shown.as_millis() + leapt.load(Ordering::Relaxed))
            }
        }
    }

    /// What it shows, to be compared with later.
    pub fn read(&self) -> Reading {
        Reading { clock: self.now(), own: Instant::now() }
    }

    /// How it went another way since then than the program's own time, if it did.
    pub fn leapt_since(&self, before: Reading) -> Option<Leap> {
        let expected = before.clock + before.own.elapsed();
        let now = self.now();
        if now.since(expected) >= LEAP {
            Some(Leap::Ahead(now.since(expected)))
        } else {
            (expected.since(now) >= LEAP).then_some(Leap::Back)
        }
    }

    /// Waits until `deadline`; returns at once when it has passed. The clock is looked at again and again, so
    /// that one that was wrong for a while, and put right, holds nothing up.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let left = self.now().until(deadline);
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }

    /// The same; returns early when the clock went another way than the program's own time since `before`.
    pub async fn sleep_until_or_leap(&self, deadline: Timestamp, before: Reading) {
        while self.leapt_since(before).is_none() {
            let left = self.now().until(deadline);
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}

/// Makes ids. Cheap to clone; clones share the same source.
#[derive(Debug, Clone)]
pub struct IdSource {
    clock: Clock,
    chance: Chance,
}

impl IdSource {
    /// Ids whose time comes from `clock` and whose rest comes from `chance`.
    pub fn new(clock: Clock, chance: Chance) -> Self {
        Self { clock, chance }
    }

    /// A new deployment's id.
    pub fn deployment(&self) -> DeploymentId {
        DeploymentId::from_u128(self.next())
    }

    /// A new saga's id.
    pub fn saga(&self) -> SagaId {
        SagaId::from_u128(self.next())
    }

    /// A new command's id.
    pub fn command(&self) -> CommandId {
        CommandId::from_u128(self.next())
    }

    fn next(&self) -> u128 {
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        let noise = self.chance.bytes();
        uuid::Builder::from_unix_timestamp_millis(millis, &noise).into_uuid().as_u128()
    }
}

/// A seeded source of randomness. Cheap to clone; clones share one stream.
#[derive(Debug, Clone)]
pub struct Chance(Arc<Mutex<StdRng>>);

impl Chance {
    /// The stream of this seed: the same seed gives the same rolls.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// A stream nobody can predict.
    pub fn from_system() -> Self {
        let seed = SysRng.try_next_u64().expect("the operating system gives random bytes");
        Self::seeded(seed)
    }

    /// A number in `0.0..1.0`.
    pub fn roll(&self) -> f64 {
        self.with(RngExt::random::<f64>)
    }

    /// A number in `0..bound`; zero when `bound` is zero.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.with(|rng| rng.random_range(0..bound)) }
    }

    fn bytes(&self) -> [u8; 10] {
        self.with(RngExt::random::<[u8; 10]>)
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        let mut rng = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        draw(&mut rng)
    }
}

fn wall_clock() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the file that may read the wall clock")]
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
