//! A whole Arcadia in one test: engine, journal in memory, simulated cloud, paused time.

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
use arcadia::steps::plan::{self, PlanSettings};
use arcadia::steps::{Registry, StepSettings};

use crate::support::cloud::TestCloud;
use crate::support::plans;
use crate::support::script::Script;

/// No saga of these tests takes longer than this, of paused time.
const PATIENCE: Duration = Duration::from_hours(3);

/// A whole Arcadia.
pub(crate) struct Rig {
    pub(crate) clock: Clock,
    pub(crate) cloud: TestCloud,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) engine: Handle,
    ids: IdSource,
    setup: Setup,
    seed: u64,
}

/// What the engines of one test have in common.
#[derive(Clone)]
struct Setup {
    registry: Registry,
    planner: Planner,
    calls_at_once: usize,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_000_000));
        let cloud = TestCloud::new(clock.clone());
        let compute: Arc<dyn Compute> = Arc::new(cloud.clone());
        let dns: Arc<dyn Dns> = Arc::new(cloud.clone());
        let settings = PlanSettings::default();
        let setup = Setup {
            registry: Registry::provisioning(&compute, &dns, &StepSettings::default()),
            planner: Arc::new(move |_, on_failure| plan::provisioning(&settings, on_failure)),
            calls_at_once: 64,
        };
        Self::set_up(clock, cloud, setup).await
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
        let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_000_000));
        let cloud = TestCloud::new(clock.clone());
        let setup = Setup {
            registry: script.registry(),
            planner: Arc::new(move |_, on_failure| plan(on_failure)),
            calls_at_once,
        };
        Self::set_up(clock, cloud, setup).await
    }

    async fn set_up(clock: Clock, cloud: TestCloud, setup: Setup) -> Self {
        let journal = Arc::new(MemoryJournal::new());
        let engine = open(&clock, &setup, &journal, 1).await;
        let ids = IdSource::new(clock.clone(), Chance::seeded(1_000));
        Self { clock, cloud, journal, engine, ids, setup, seed: 1 }
    }

    /// The program stops in good order; a new one is started over the same journal and cloud, and
    /// goes on.
    pub(crate) async fn stop_and_restart(&mut self) {
        self.engine.stop().await;
        self.restart().await;
    }

    /// The program dies without a word; a new one is started over the same journal and cloud, and
    /// goes on.
    pub(crate) async fn crash_and_restart(&mut self) {
        self.engine.abort();
        self.restart().await;
    }

    async fn restart(&mut self) {
        self.journal = Arc::new(self.journal.reopen());
        self.seed += 1;
        self.engine = open(&self.clock, &self.setup, &self.journal, self.seed).await;
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

    /// Waits, on paused time, until the row of a deployment is as wanted.
    pub(crate) async fn until(
        &self,
        deployment: DeploymentId,
        wanted: impl Fn(&Summary) -> bool,
    ) -> Arc<Summary> {
        let seen = tokio::time::timeout(PATIENCE, async {
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
        match seen.await {
            Ok(row) => row,
            Err(_) => panic!("it never came to that: {:#?}", self.show(deployment).await),
        }
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
        let records = self.cloud.addresses();
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
        assert_eq!(detail.aggregate.deployment.state(), DeploymentState::Cancelled);
        assert_eq!(self.cloud.truth().droplets, [], "no droplet is left");
        assert!(detail.aggregate.resources.is_empty(), "no row is left");
        assert_eq!(self.cloud.addresses(), records, "DNS is as it was found");
    }
}

pub(crate) fn operator() -> Actor {
    Actor::Operator("ana".to_owned())
}

async fn open(clock: &Clock, setup: &Setup, journal: &Arc<MemoryJournal>, seed: u64) -> Handle {
    let chance = Chance::seeded(seed);
    let parts = Parts {
        journal: journal.clone(),
        registry: setup.registry.clone(),
        planner: Arc::clone(&setup.planner),
        clock: clock.clone(),
        ids: IdSource::new(clock.clone(), chance.clone()),
        chance,
        calls_at_once: NonZeroUsize::new(setup.calls_at_once).unwrap(),
    };
    Handle::open(parts).await.unwrap()
}
