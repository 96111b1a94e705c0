//! The simulated cloud without HTTP: our provider traits over its world and its fault rules.
//!
//! Time is tokio's, which tests pause, so lag, activation and deletion take no real time and every
//! run is the same. Faults are judged by the paths of the real API.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arcadia::clock::{Chance, Clock};
use arcadia::domain::failure::FailureCode;
use arcadia::providers::{Compute, Dns, ProviderError};
use arcadia::simulator::faults::{Fault, FaultRule, Faults, Moment};
use arcadia::simulator::world::ids as sim_ids;
use arcadia::simulator::world::record as sim_record;
use arcadia::simulator::world::refusal::Refusal;
use arcadia::simulator::world::truth::Truth;
use arcadia::simulator::world::{Rules, Timings, World};
use arcadia::steps::StepSettings;
use arcadia::steps::plan::PlanSettings;
use tokio::task::JoinSet;

use crate::support::cloud::answers::{answered, lost, refused, takes_effect};
use crate::support::quota::Quota;
use crate::support::rig;
use crate::support::rig::Pace;

mod answers;
mod provider;

/// The zone that deployments of tests live in.
pub(crate) const ZONE: &str = "acme.example";

/// How long things take at a cloud whose time costs nothing.
pub(crate) const TIMINGS: Timings = Timings {
    activation: Duration::from_secs(20),
    address_delay: Duration::from_secs(3),
    listing_lag: Duration::from_secs(8),
    deletion: Duration::from_secs(6),
};

/// A cloud that outlives every engine that uses it.
#[derive(Clone)]
pub(crate) struct TestCloud(Arc<Inner>);

struct Inner {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<String>>,
    stop: Mutex<Option<Stop>>,
    quota: OnceLock<Quota>,
    /// Requests of programs that have died, on their way through the provider.
    late: Mutex<JoinSet<()>>,
    witness: Mutex<Option<Arc<dyn Witness>>>,
    stopped_tx: tokio::sync::watch::Sender<bool>,
    chance: Chance,
    clock: Clock,
}

/// The request at which the world stops, counted from zero, and what becomes of its effect.
#[derive(Clone, Copy)]
pub(crate) struct Stop {
    pub(crate) request: usize,
    pub(crate) effect: CutShort,
}

/// What becomes of a request whose program dies before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutShort {
    /// It never arrives.
    Lost,
    /// It takes effect first.
    Done,
    /// It takes effect when the program has been dead for this long, or is alive again.
    DoneLater(Duration),
}

/// Sees what a cloud sees.
pub(crate) trait Witness: Send + Sync {
    /// A request comes in.
    fn asked(&self, method: &str, path: &str);

    /// Something has changed.
    fn changed(&self, truth: &Truth);
}

/// Whether a request changes something: a lost answer leaves doubt only then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl TestCloud {
    pub(crate) fn new(clock: Clock) -> Self {
        Self::with_room_for(clock, 25)
    }

    /// A cloud whose account may have this many droplets.
    pub(crate) fn with_room_for(clock: Clock, droplets: usize) -> Self {
        let rules = Rules {
            timings: TIMINGS,
            domains: vec![ZONE.to_owned()],
            droplet_limit: u32::try_from(droplets).unwrap(),
        };
        Self(Arc::new(Inner {
            world: Mutex::new(World::new(&rules)),
            faults: Mutex::new(Faults::new(Vec::new())),
            requests: Mutex::new(Vec::new()),
            stop: Mutex::new(None),
            quota: OnceLock::new(),
            late: Mutex::default(),
            witness: Mutex::new(None),
            stopped_tx: tokio::sync::watch::Sender::new(false),
            chance: Chance::seeded(7),
            clock,
        }))
    }

    /// Replaces the fault rules; an empty list ends all trouble.
    pub(crate) fn faults(&self, rules: &[&str]) {
        let rules = rules.iter().map(|rule| rule.parse::<FaultRule>().unwrap()).collect();
        *self.0.faults.lock().unwrap() = Faults::new(rules);
    }

    /// Bounds the requests, from now on.
    pub(crate) fn grant(&self, per_minute: usize, per_hour: usize) {
        self.0.quota.set(Quota::new(per_minute, per_hour)).ok().unwrap();
    }

    /// What there really is.
    pub(crate) fn truth(&self) -> Truth {
        self.0.world.lock().unwrap().truth(self.0.clock.now())
    }

    /// The A records that really are there: name, address, seconds.
    pub(crate) fn addresses(&self) -> Vec<(String, String, u32)> {
        rig::addresses(&self.truth())
    }

    /// Puts an A record there, as somebody else would; long enough ago to be listed.
    pub(crate) fn put_record(&self, name: &str, data: &str, ttl: u32) -> u64 {
        let draft =
            sim_record::RecordDraft { ttl: Some(ttl), ..sim_record::RecordDraft::a(name, data) };
        let long_ago = self.0.clock.now() - Duration::from_hours(1);
        self.0.world.lock().unwrap().create_record(long_ago, ZONE, draft).unwrap().id.0
    }

    /// Puts a CNAME record there, as somebody else would; long enough ago to be listed.
    pub(crate) fn put_alias(&self, name: &str, target: &str) {
        let kind = sim_record::RecordKind::Cname;
        let draft = sim_record::RecordDraft { kind, ..sim_record::RecordDraft::a(name, target) };
        let long_ago = self.0.clock.now() - Duration::from_hours(1);
        self.0.world.lock().unwrap().create_record(long_ago, ZONE, draft).unwrap();
    }

    /// Writes over a record, as somebody else would.
    pub(crate) fn overwrite_record(&self, id: u64, data: &str) {
        let now = self.0.clock.now();
        let record = self.0.world.lock().unwrap().record(ZONE, sim_ids::RecordId(id)).unwrap();
        let draft = sim_record::RecordDraft::a(&record.name, data);
        self.0
            .world
            .lock()
            .unwrap()
            .update_record(now, ZONE, sim_ids::RecordId(id), draft)
            .unwrap();
    }

    /// Stops the world at a request: it, and every later one, is never answered.
    pub(crate) fn stop_at(&self, stop: Option<Stop>) {
        *self.0.stop.lock().unwrap() = stop;
        self.0.stopped_tx.send_replace(false);
    }

    /// Has somebody see every request and every change.
    pub(crate) fn witness(&self, witness: Arc<dyn Witness>) {
        *self.0.witness.lock().unwrap() = Some(witness);
    }

    /// Waits until the world has stopped.
    pub(crate) async fn stopped(&self) {
        let mut stopped_rx = self.0.stopped_tx.subscribe();
        stopped_rx.wait_for(|stopped| *stopped).await.unwrap();
    }

    /// How many requests of any kind came in.
    pub(crate) fn requests(&self) -> usize {
        self.0.requests.lock().unwrap().len()
    }

    /// How many requests of this kind came in: `POST /v2/droplets`.
    pub(crate) fn count(&self, request: &str) -> usize {
        self.0.requests.lock().unwrap().iter().filter(|made| *made == request).count()
    }

    /// One request: judged, done, answered, as the rules say.
    async fn request<T>(
        &self,
        method: &str,
        path: &str,
        work: impl FnOnce(&mut World, &Clock) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, ProviderError> {
        if let Some(quota) = self.0.quota.get() {
            quota.turn(&self.0.clock).await?;
        }
        let witness = self.0.witness.lock().unwrap().clone();
        if let Some(witness) = &witness {
            witness.asked(method, path);
        }
        let number = {
            let mut requests = self.0.requests.lock().unwrap();
            requests.push(format!("{method} {path}"));
            requests.len() - 1
        };
        let stop = *self.0.stop.lock().unwrap();
        let kind = if method == "GET" { Kind::Read } else { Kind::Write };
        let cloud = self.clone();
        let act = move || {
            let done = work(&mut cloud.0.world.lock().unwrap(), &cloud.0.clock);
            if let Some(witness) = witness.filter(|_| kind == Kind::Write) {
                witness.changed(&cloud.truth());
            }
            done.map_err(|no| refused(&no))
        };
        let roll = || self.0.chance.roll();
        if let Some(stop) = stop.filter(|stop| stop.request <= number) {
            // A request that dies unanswered does not use a rule up.
            let hit = self.0.faults.lock().unwrap().clone().judge(method, path, roll);
            if stop.request == number && hit.is_none_or(|fault| takes_effect(&fault)) {
                match stop.effect {
                    CutShort::Lost => {}
                    CutShort::Done => drop(act()),
                    CutShort::DoneLater(after) => {
                        self.0.late.lock().unwrap().spawn(async move {
                            tokio::time::sleep(after).await;
                            act().ok();
                        });
                    }
                }
            }
            self.0.stopped_tx.send_replace(true);
            return std::future::pending().await;
        }
        let fault = self.0.faults.lock().unwrap().judge(method, path, roll);
        match fault {
            None => act(),
            Some(Fault::Delay(delay) | Fault::Drip(delay)) => {
                tokio::time::sleep(delay).await;
                act()
            }
            Some(Fault::Status { status, message, retry_after, moment }) => {
                if moment == Moment::AfterEffect {
                    act()?;
                }
                Err(answered(status, message, retry_after, kind))
            }
            Some(Fault::Drop(moment)) => {
                if moment == Moment::AfterEffect {
                    act()?;
                }
                Err(lost(FailureCode::Disconnected, "connection reset by peer", kind))
            }
            Some(Fault::Silence(moment)) => {
                if moment == Moment::AfterEffect {
                    act()?;
                }
                std::future::pending().await
            }
            Some(Fault::Cut | Fault::Malformed | Fault::WrongType) => {
                act()?;
                Err(lost(FailureCode::BadAnswer, "the answer makes no sense", kind))
            }
            Some(fault @ (Fault::PlacementFails | Fault::Empty)) => {
                panic!("`{fault:?}` is not part of these tests")
            }
        }
    }
}

impl rig::Cloud for TestCloud {
    fn compute(&self) -> Arc<dyn Compute> {
        Arc::new(self.clone())
    }

    fn dns(&self) -> Arc<dyn Dns> {
        Arc::new(self.clone())
    }

    fn truth(&self) -> Truth {
        self.truth()
    }

    /// That of the product: the time is paused, so it costs nothing.
    fn pace(&self) -> Pace {
        Pace {
            steps: StepSettings::default(),
            plan: PlanSettings::default(),
            patience: Duration::from_hours(3),
        }
    }
}
