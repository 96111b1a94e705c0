//! A whole Arcadia in one test: an engine over a journal in memory, on a cloud that outlives it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::{Chance, Clock, IdSource};
use arcadia::control::{Control, ControlError, Detail, LaunchRequest, Launched, OrderRequest};
use arcadia::domain::deployment::{Actor, DeploymentState};
use arcadia::domain::id::{CommandId, DeploymentId};
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{OnFailure, Plan};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::{Standing, Summary};
use arcadia::domain::time::Timestamp;
use arcadia::engine::{Handle, Parts, Planner};
use arcadia::journal::Journal;
use arcadia::journal::memory::MemoryJournal;
use arcadia::providers::{Compute, Dns};
use arcadia::simulator::world::record::RecordKind;
use arcadia::simulator::world::truth::Truth;
use arcadia::steps::plan::{self, PlanSettings};
use arcadia::steps::{Registry, StepSettings};

use crate::support::cloud::TestCloud;
use crate::support::plans;
use crate::support::script::Script;

/// More sagas than any test launches.
const SEATS_FOR_ALL: usize = 1_000_000;

/// A whole Arcadia.
pub(crate) struct Rig<C = TestCloud> {
    pub(crate) clock: Clock,
    pub(crate) cloud: C,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) engine: Handle,
    ids: IdSource,
    setup: Setup,
    seed: u64,
}

/// Where an engine's steps come from.
#[derive(Clone)]
enum Steps {
    /// The provisioning steps, on the cloud as it is when the engine is opened.
    OfCloud(StepSettings),
    Scripted(Registry),
}

/// What the engines of one test have in common.
#[derive(Clone)]
struct Setup {
    steps: Steps,
    planner: Planner,
    calls_at_once: usize,
    max_sagas: usize,
    /// No saga takes longer than this to stand still.
    patience: Duration,
}

/// A cloud that a rig can stand on.
pub(crate) trait Cloud {
    fn compute(&self) -> Arc<dyn Compute>;

    fn dns(&self) -> Arc<dyn Dns>;

    /// What there really is.
    fn truth(&self) -> Truth;

    fn pace(&self) -> Pace;
}

/// How fast sagas go on a cloud.
#[derive(Clone)]
pub(crate) struct Pace {
    pub(crate) steps: StepSettings,
    pub(crate) plan: PlanSettings,
    /// No saga takes longer than this to stand still.
    pub(crate) patience: Duration,
}

impl Rig {
    /// On the cloud without HTTP, in paused time.
    pub(crate) async fn new() -> Self {
        let clock = test_clock();
        Self::on(TestCloud::new(clock.clone()), clock).await
    }

    /// An Arcadia whose plan is a chain of this many scripted steps.
    pub(crate) async fn scripted(script: &Script, steps: usize) -> Self {
        Self::scripted_with(script, move |on_failure| plans::chain(steps, on_failure), 64).await
    }

    /// An Arcadia with a plan of scripted steps, and this many calls under way at once at the most.
    pub(crate) async fn scripted_with(
        script: &Script,
        plan: impl Fn(OnFailure) -> Plan + Send + Sync + 'static,
        calls_at_once: usize,
    ) -> Self {
        Self::with_steps(script.registry(), move |_, on_failure| plan(on_failure), calls_at_once)
            .await
    }

    /// An Arcadia with steps and plans of the test's own.
    pub(crate) async fn with_steps(
        steps: Registry,
        plan: impl Fn(&DeploymentSpec, OnFailure) -> Plan + Send + Sync + 'static,
        calls_at_once: usize,
    ) -> Self {
        let clock = test_clock();
        let cloud = TestCloud::new(clock.clone());
        let setup = Setup {
            steps: Steps::Scripted(steps),
            planner: Arc::new(plan),
            calls_at_once,
            max_sagas: SEATS_FOR_ALL,
            patience: cloud.pace().patience,
        };
        Self::set_up(clock, cloud, setup).await
    }
}

impl<C: Cloud> Rig<C> {
    pub(crate) async fn on(cloud: C, clock: Clock) -> Self {
        let Pace { steps, plan, patience } = cloud.pace();
        let setup = Setup {
            steps: Steps::OfCloud(steps),
            planner: Arc::new(move |_, on_failure| plan::provisioning(&plan, on_failure)),
            calls_at_once: 64,
            max_sagas: SEATS_FOR_ALL,
            patience,
        };
        Self::set_up(clock, cloud, setup).await
    }

    /// On a cloud, with steps of the test's own.
    pub(crate) async fn with_registry(cloud: C, clock: Clock, registry: Registry) -> Self {
        let Pace { plan, patience, .. } = cloud.pace();
        let setup = Setup {
            steps: Steps::Scripted(registry),
            planner: Arc::new(move |_, on_failure| plan::provisioning(&plan, on_failure)),
            calls_at_once: 64,
            max_sagas: SEATS_FOR_ALL,
            patience,
        };
        Self::set_up(clock, cloud, setup).await
    }

    async fn set_up(clock: Clock, cloud: C, setup: Setup) -> Self {
        let journal = Arc::new(MemoryJournal::new());
        let engine = open(&clock, &cloud, &setup, &journal, 1).await;
        let ids = IdSource::new(clock.clone(), Chance::seeded(1_000));
        Self { clock, cloud, journal, engine, ids, setup, seed: 1 }
    }

    /// The same, where only so many sagas go forward at once.
    pub(crate) async fn with_seats(mut self, max_sagas: usize) -> Self {
        self.engine.stop().await;
        self.setup.max_sagas = max_sagas;
        self.restart(|_| {}).await;
        self
    }

    /// The program stops in good order; a new one is started over the same journal and cloud, and
    /// goes on.
    pub(crate) async fn stop_and_restart(&mut self) {
        self.engine.stop().await;
        self.restart(|_| {}).await;
    }

    /// The program dies without a word; after some time a new one is started over the same journal
    /// and cloud, and goes on.
    pub(crate) async fn crash_and_restart(&mut self, dead_for: Duration) {
        self.crash_and_restart_with(dead_for, |_| {}).await;
    }

    /// The same; `prepare` meets the journal before the new program does.
    pub(crate) async fn crash_and_restart_with(
        &mut self,
        dead_for: Duration,
        prepare: impl FnOnce(&MemoryJournal),
    ) {
        self.engine.abort();
        tokio::time::sleep(dead_for).await;
        self.restart(prepare).await;
    }

    async fn restart(&mut self, prepare: impl FnOnce(&MemoryJournal)) {
        self.journal = Arc::new(self.journal.reopen());
        prepare(&self.journal);
        self.seed += 1;
        self.engine = open(&self.clock, &self.cloud, &self.setup, &self.journal, self.seed).await;
        self.engine.resume().await.unwrap();
    }

    pub(crate) async fn launch(&self) -> Launched {
        self.launch_with(DeploymentSpec::example(), OnFailure::Rollback).await.unwrap()
    }

    pub(crate) async fn launch_with(
        &self,
        spec: DeploymentSpec,
        on_failure: OnFailure,
    ) -> Result<Launched, ControlError> {
        self.engine.launch(LaunchRequest { spec, on_failure, by: operator() }).await
    }

    pub(crate) async fn order(
        &self,
        deployment: DeploymentId,
        order: Order,
    ) -> Result<(), ControlError> {
        self.order_as(self.ids.command(), deployment, order).await
    }

    /// Gives an order under an id of the test's choice.
    pub(crate) async fn order_as(
        &self,
        command: CommandId,
        deployment: DeploymentId,
        order: Order,
    ) -> Result<(), ControlError> {
        self.engine.order(OrderRequest { deployment, command, order, by: operator() }).await
    }

    /// Waits until the row of a deployment is as wanted.
    pub(crate) async fn until(
        &self,
        deployment: DeploymentId,
        wanted: impl Fn(&Summary) -> bool,
    ) -> Arc<Summary> {
        let seen = tokio::time::timeout(self.setup.patience, async {
            loop {
                let mut watch = self.engine.watch().await.unwrap();
                let row = watch.summaries.into_iter().find(|row| row.deployment == deployment);
                if let Some(row) = row
                    && wanted(&row)
                {
                    return row;
                }
                watch.notices.recv().await.ok();
            }
        });
        let Ok(row) = seen.await else {
            panic!("it never came to that: {:#?}", self.show(deployment).await);
        };
        row
    }

    /// Every row.
    pub(crate) async fn rows(&self) -> Vec<Arc<Summary>> {
        self.engine.watch().await.unwrap().summaries
    }

    /// Waits until a saga stands still: ended, held or in need of a person.
    pub(crate) async fn until_still(&self, deployment: DeploymentId) -> Arc<Summary> {
        self.until(deployment, |row| {
            row.standing.is_finished() || row.standing == Standing::NeedsYou
        })
        .await
    }

    /// Whether no saga is left unfinished.
    pub(crate) async fn journal_is_quiet(&self) -> bool {
        self.journal.unfinished().await.unwrap().is_empty()
    }

    pub(crate) async fn show(&self, deployment: DeploymentId) -> Detail {
        self.engine.show(deployment).await.unwrap()
    }

    /// The deployment is up, whole: one droplet, one row that is linked to it, one record.
    pub(crate) async fn assert_whole(&self, deployment: DeploymentId) {
        let detail = self.show(deployment).await;
        assert_eq!(detail.aggregate.deployment.state(), DeploymentState::Active);
        let droplets = self.cloud.truth().droplets;
        assert_eq!(droplets.len(), 1, "one droplet: {droplets:?}");
        let rows: Vec<_> = detail.aggregate.resources.values().collect();
        assert_eq!(rows.len(), 1, "one row");
        assert_eq!(rows[0].key.provider_id, droplets[0].id.0.to_string());
        assert_eq!(rows[0].owner.as_ref().map(|owner| owner.deployment), Some(deployment));
        assert_eq!(Some(rows[0].ipv4), droplets[0].public_ipv4);
        let records = addresses(&self.cloud.truth());
        assert_eq!(records, [("web".to_owned(), rows[0].ipv4.to_string(), 300)]);
    }

    /// The deployment left nothing behind.
    pub(crate) async fn assert_gone(&self, deployment: DeploymentId) {
        self.assert_gone_but(deployment, &[]).await;
    }

    /// The deployment left nothing behind, and these records are as they were.
    pub(crate) async fn assert_gone_but(
        &self,
        deployment: DeploymentId,
        records: &[(String, String, u32)],
    ) {
        let detail = self.show(deployment).await;
        assert_eq!(
            detail.aggregate.deployment.state(),
            DeploymentState::Cancelled,
            "{:#?}",
            detail.aggregate.state
        );
        assert_eq!(self.cloud.truth().droplets, [], "no droplet is left");
        assert!(detail.aggregate.resources.is_empty(), "no row is left");
        assert_eq!(addresses(&self.cloud.truth()), records, "DNS is as it was found");
    }
}

pub(crate) fn operator() -> Actor {
    Actor::Operator("ana".to_owned())
}

/// A clock that moves with tokio's, from a moment that is the same in every run.
pub(crate) fn test_clock() -> Clock {
    Clock::starting_at(Timestamp::from_millis(1_700_000_000_000))
}

/// The A records that really are there: name, address, seconds.
pub(crate) fn addresses(truth: &Truth) -> Vec<(String, String, u32)> {
    let mut all: Vec<_> = truth
        .records
        .values()
        .flatten()
        .filter(|record| record.kind == RecordKind::A)
        .map(|record| (record.name.clone(), record.data.clone(), record.ttl))
        .collect();
    all.sort();
    all
}

async fn open(
    clock: &Clock,
    cloud: &impl Cloud,
    setup: &Setup,
    journal: &Arc<MemoryJournal>,
    seed: u64,
) -> Handle {
    let chance = Chance::seeded(seed);
    let parts = Parts {
        journal: journal.clone(),
        registry: match &setup.steps {
            Steps::OfCloud(steps) => Registry::provisioning(&cloud.compute(), &cloud.dns(), steps),
            Steps::Scripted(registry) => registry.clone(),
        },
        catalogue: None,
        planner: Arc::clone(&setup.planner),
        clock: clock.clone(),
        ids: IdSource::new(clock.clone(), chance.clone()),
        chance,
        calls_at_once: NonZeroUsize::new(setup.calls_at_once).unwrap(),
        max_sagas: NonZeroUsize::new(setup.max_sagas).unwrap(),
    };
    Handle::open(parts).await.unwrap()
}
