//! Whole sagas of steps that do nothing: what they cost is the engine's and the journal's price.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use arcadia::clock::{Chance, Clock, IdSource};
use arcadia::control::{Control, LaunchRequest, Notice};
use arcadia::domain::deployment::Actor;
use arcadia::domain::saga::plan::{OnFailure, Patience, Plan, PlanStep, StepName};
use arcadia::domain::saga::retry::RetryPolicy;
use arcadia::domain::spec::DeploymentSpec;
use arcadia::engine::{Handle, Parts, Planner};
use arcadia::journal::Journal;
use arcadia::steps::{Progress, Registry, Step, StepContext, StepError};
use async_trait::async_trait;
use serde_json::Value;

/// The steps of the provisioning plan.
const STEPS: [&str; 7] = [
    "mark_deployment_provisioning",
    "create_droplet",
    "wait_droplet_active",
    "register_inventory",
    "link_deployment_resource",
    "point_deployment_dns",
    "activate_deployment",
];

struct Nothing(&'static str);

#[async_trait]
impl Step for Nothing {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn execute(&self, _ctx: &StepContext) -> Result<Progress, StepError> {
        Ok(Progress::noted("done"))
    }

    async fn compensate(
        &self,
        _ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        Ok(Progress::noted("undone"))
    }
}

fn plan() -> Plan {
    let patience = Patience {
        timeout: Duration::from_mins(1),
        deadline: Duration::from_mins(5),
        retry: RetryPolicy {
            tries: NonZeroU32::MIN,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(1),
        },
    };
    let steps = STEPS.iter().enumerate().map(|(index, name)| PlanStep {
        name: StepName::new(name),
        version: 1,
        needs: index
            .checked_sub(1)
            .map(|before| StepName::new(STEPS[before]))
            .into_iter()
            .collect(),
        forward: patience.clone(),
        undo: Some(patience.clone()),
    });
    Plan::new(steps.collect(), OnFailure::Rollback).expect("a chain is a plan")
}

/// An engine that runs them.
pub(crate) async fn engine(journal: Arc<dyn Journal>) -> Handle {
    let registry = Registry::of(STEPS.map(|name| Arc::new(Nothing(name)) as Arc<dyn Step>));
    engine_of(journal, registry, Arc::new(|_, _| plan())).await
}

/// An engine that runs these steps by this plan.
pub(crate) async fn engine_of(
    journal: Arc<dyn Journal>,
    registry: Registry,
    planner: Planner,
) -> Handle {
    let clock = Clock::system();
    let chance = Chance::seeded(1);
    let parts = Parts {
        journal,
        registry,
        catalogue: None,
        planner,
        clock: clock.clone(),
        ids: IdSource::new(clock, chance.clone()),
        chance,
        calls_at_once: NonZeroUsize::new(4_096).expect("it is not zero"),
        max_sagas: NonZeroUsize::MAX,
    };
    Handle::open(parts).await.expect("an empty journal opens")
}

/// Launches `count` sagas at once, and waits until all have completed.
pub(crate) async fn launch(engine: &Handle, first: usize, count: usize) {
    let mut notices = engine.watch().await.expect("the engine runs").notices;
    begin(engine, first, count).await;
    let mut left = count;
    while left > 0 {
        match notices.recv().await.expect("notices are read faster than they come") {
            Notice::Changed { summary, .. } if summary.standing.is_finished() => left -= 1,
            Notice::Changed { .. } | Notice::Logged { .. } | Notice::Stalled { .. } => {}
        }
    }
}

/// Launches `count` sagas at once.
pub(crate) async fn begin(engine: &Handle, first: usize, count: usize) {
    let launches = (first..first + count).map(|number| {
        let slug = format!("n{number}");
        let spec = DeploymentSpec { slug, dns: None, ..DeploymentSpec::example() };
        let by = Actor::Operator("bench".to_owned());
        engine.launch(LaunchRequest { spec, on_failure: OnFailure::Rollback, by })
    });
    for launched in futures_util::future::join_all(launches).await {
        launched.expect("names are new");
    }
}
