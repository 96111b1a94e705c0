//! Steps: what a saga does to the world, and how it takes it back.
//!
//! A step knows nothing of who runs it. It never sleeps (it answers [`Progress::Pending`] and is
//! asked again), never reaches for the engine or the journal, and is safe to run twice in either
//! direction, because a crash may come between any two of its requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::holding::Made;
use crate::domain::id::SagaId;
use crate::domain::saga::plan::StepName;
use crate::domain::saga::state::StepState;
use crate::domain::saga::transition::Outcome;
use crate::domain::spec::DeploymentSpec;
use crate::domain::time::Timestamp;
use crate::domain::undo_preview::{Deed, Leftover};
use crate::providers::{Compute, Dns, Inventory, ProviderError};
use crate::store::Deployments;

pub mod activate_deployment;
pub mod create_droplet;
pub mod link_deployment_resource;
pub mod mark_deployment_provisioning;
pub mod plan;
pub mod point_deployment_dns;
pub mod register_inventory;
pub mod wait_droplet_active;

/// One step of a saga.
#[async_trait]
pub trait Step: Send + Sync {
    /// The name that plans call it by.
    fn name(&self) -> &'static str;

    /// Does it, or goes on doing it.
    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError>;

    /// Undoes it, or goes on undoing it. `output` is `None` when the effect is unknown: look for
    /// the mark then, and accept that nothing may ever have happened.
    async fn compensate(
        &self,
        ctx: &StepContext,
        output: Option<&Value>,
    ) -> Result<Progress, StepError>;

    /// What undoing it would do, in words for the operator; nothing when there is nothing to undo.
    fn undo_preview(&self, _past: &Aggregate) -> Option<(String, Deed)> {
        None
    }

    /// What it made that is out there, and how to deal with it by hand.
    fn leftover(&self, _past: &Aggregate) -> Option<Leftover> {
        None
    }

    /// The same as data: what it made at the provider, for as long as it was not undone.
    fn made(&self, _past: &Aggregate) -> Option<Made> {
        None
    }
}

/// How a call went, when nothing failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// It is done.
    Done(Value),
    /// Not yet: ask again.
    Pending {
        /// After how long.
        after: Duration,
        /// What it waits for.
        note: String,
    },
}

impl Progress {
    /// Done, with an output that later steps and the compensation read.
    ///
    /// # Errors
    /// When the output cannot be written as JSON, which is a mistake in the step.
    pub fn done(output: &impl Serialize) -> Result<Self, StepError> {
        match serde_json::to_value(output) {
            Ok(value) => Ok(Self::Done(value)),
            Err(error) => Err(StepError::terminal(FailureCode::Internal, error.to_string())),
        }
    }

    /// Done, and this is what a person should know of it.
    pub fn noted(note: impl Into<String>) -> Self {
        Self::Done(Value::String(note.into()))
    }
}

/// A call did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It may work later.
    #[error("{failure}")]
    Retryable {
        /// What went wrong.
        failure: Failure,
        /// How long the provider asks to wait.
        after: Option<Duration>,
    },
    /// It would fail again.
    #[error("{failure}")]
    Terminal {
        /// What went wrong.
        failure: Failure,
    },
}

impl StepError {
    /// A failure that would come again and changed nothing outside.
    pub fn terminal(code: FailureCode, message: impl Into<String>) -> Self {
        Self::Terminal { failure: Failure::without_effect(code, message) }
    }

    /// A failure that may pass and changed nothing outside.
    pub fn retryable(code: FailureCode, message: impl Into<String>) -> Self {
        Self::Retryable { failure: Failure::without_effect(code, message), after: None }
    }
}

impl From<ProviderError> for StepError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Retryable { failure, after } => Self::Retryable { failure, after },
            ProviderError::Terminal { failure } => Self::Terminal { failure },
        }
    }
}

impl From<Result<Progress, StepError>> for Outcome {
    fn from(result: Result<Progress, StepError>) -> Self {
        match result {
            Ok(Progress::Done(output)) => Self::Done(output),
            Ok(Progress::Pending { after, note }) => Self::Pending { after, note },
            Err(StepError::Retryable { failure, after }) => Self::Retryable { failure, after },
            Err(StepError::Terminal { failure }) => Self::Terminal { failure },
        }
    }
}

/// What a step may know and use.
pub struct StepContext {
    /// Everything that happened to the deployment before this call.
    pub past: Arc<Aggregate>,
    /// Which step is called.
    pub step: StepName,
    /// How often this attempt has been asked before.
    pub poll: u32,
    /// The present moment.
    pub now: Timestamp,
    /// A number in `0.0..1.0`, for spreading polls.
    pub roll: f64,
    /// The deployment's state, to be changed.
    pub deployments: Arc<dyn Deployments>,
    /// The inventory.
    pub inventory: Arc<dyn Inventory>,
    /// Where a step saves what its compensation needs.
    pub checkpoints: Arc<dyn Checkpoints>,
}

impl StepContext {
    /// What was asked for.
    pub fn spec(&self) -> &DeploymentSpec {
        &self.past.deployment.spec
    }

    /// The marks by which this saga's resources are found again.
    pub fn marks(&self) -> Marks {
        Marks::of(&self.past)
    }

    /// The output of an earlier step.
    ///
    /// # Errors
    /// A terminal error when that step made none (it was skipped) or made something else.
    pub fn output_of<T: DeserializeOwned>(&self, step: &str) -> Result<T, StepError> {
        output_of(&self.past, step)?.ok_or_else(|| {
            StepError::terminal(
                FailureCode::Internal,
                format!("the output of `{step}` is not there; was it skipped?"),
            )
        })
    }

    /// Saves what the compensation will need, durably, before it is overwritten. What was saved
    /// first is kept, and returned.
    ///
    /// # Errors
    /// When it is not certain to be durable: the caller must not write.
    pub async fn checkpoint<T>(&self, key: &str, value: T) -> Result<T, StepError>
    where
        T: Serialize + DeserializeOwned,
    {
        let internal = |error: serde_json::Error| {
            StepError::terminal(FailureCode::Internal, error.to_string())
        };
        let value = serde_json::to_value(value).map_err(internal)?;
        let kept = self.checkpoints.save(key, value).await?;
        serde_json::from_value(kept).map_err(internal)
    }

    /// How long ago this step came to its end on the way forward.
    pub fn since_forward_end(&self) -> Option<Duration> {
        let position = self.past.plan.position(&self.step)?;
        let ended = self.past.state.steps[position].forward.ended_at()?;
        Some(self.now.since(ended))
    }

    /// How much longer a look-up that finds nothing proves nothing, because a request of the way
    /// forward may have taken effect unnoticed: the rest of `settle`. `None` when there is no doubt,
    /// or no longer.
    pub fn forward_doubt(&self, settle: Duration) -> Option<Duration> {
        self.doubt(settle, |step| step.forward.doubt_since)
    }

    /// The same for requests of either way.
    pub fn any_doubt(&self, settle: Duration) -> Option<Duration> {
        self.doubt(settle, |step| step.forward.doubt_since.max(step.undo.doubt_since))
    }

    fn doubt(
        &self,
        settle: Duration,
        since: impl Fn(&StepState) -> Option<Timestamp>,
    ) -> Option<Duration> {
        let position = self.past.plan.position(&self.step)?;
        let since = since(&self.past.state.steps[position])?;
        // A clock that was set back must not make a doubt last longer than it would from now.
        let rest = self.now.until(since + settle).min(settle);
        (!rest.is_zero()).then_some(rest)
    }
}

/// Where a step saves what its compensation needs.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// Saves `value` under `key` unless something is saved there; returns what is kept. Durable
    /// when it returns.
    async fn save(&self, key: &str, value: Value) -> Result<Value, StepError>;
}

/// The output of a step; `None` when it did not succeed.
///
/// # Errors
/// When the output is there and does not read as `T`: nobody may take that for *nothing was made*.
pub fn output_of<T: DeserializeOwned>(
    past: &Aggregate,
    step: &str,
) -> Result<Option<T>, StepError> {
    let position = past.plan.position(&StepName::new(step));
    let output = position.and_then(|position| past.state.steps[position].output());
    output.map(|value| understood(step, "output", value)).transpose()
}

/// What a step saved under `key`; `None` when it saved nothing.
///
/// # Errors
/// When something is there and does not read as `T`.
pub fn checkpoint_of<T: DeserializeOwned>(
    past: &Aggregate,
    step: &str,
    key: &str,
) -> Result<Option<T>, StepError> {
    let position = past.plan.position(&StepName::new(step));
    let saved = position.and_then(|position| past.state.steps[position].checkpoints.get(key));
    saved.map(|value| understood(step, key, value)).transpose()
}

fn understood<T: DeserializeOwned>(step: &str, what: &str, value: &Value) -> Result<T, StepError> {
    serde_json::from_value(value.clone()).map_err(|error| {
        StepError::terminal(
            FailureCode::Internal,
            format!("the {what} of `{step}` in the journal makes no sense: {error}"),
        )
    })
}

/// The marks by which a saga's resources are found again, as tags: letters, digits, `_`, `-`, `:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Carried by this saga's droplet and by no other.
    pub saga: String,
    /// Carried by everything of this deployment.
    pub deployment: String,
}

impl Marks {
    /// Carried by everything that Arcadia ever made.
    pub const MANAGED: &str = "managed-by-arcadia";

    /// The marks of this deployment's saga.
    pub fn of(past: &Aggregate) -> Self {
        Self {
            saga: Self::saga_tag(past.saga),
            deployment: format!("arcadia-deployment-{}", past.deployment.id),
        }
    }

    /// The tag of a saga's droplet.
    pub fn saga_tag(saga: SagaId) -> String {
        format!("arcadia-saga-{saga}")
    }

    /// All of them.
    pub fn all(&self) -> Vec<String> {
        vec![Self::MANAGED.to_owned(), self.saga.clone(), self.deployment.clone()]
    }
}

/// How patiently steps look, and what they write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSettings {
    /// How long after a request of unknown effect a look-up that finds nothing proves nothing.
    pub settle: Duration,
    /// The first wait between two looks at the same thing.
    pub poll_first: Duration,
    /// The longest wait between two looks.
    pub poll_cap: Duration,
    /// Seconds that resolvers may keep the records that are made.
    pub record_ttl: u32,
}

impl Default for StepSettings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(30),
            poll_first: Duration::from_secs(2),
            poll_cap: Duration::from_secs(10),
            record_ttl: 300,
        }
    }
}

impl StepSettings {
    /// The wait before the next look: it grows from the first to the cap, with a fifth of jitter so
    /// that sagas launched together do not ask together.
    pub fn poll_interval(&self, poll: u32, roll: f64) -> Duration {
        let grown =
            self.poll_first.mul_f64(1.3_f64.powi(i32::try_from(poll.min(32)).unwrap_or(32)));
        grown.min(self.poll_cap).mul_f64(0.9 + 0.2 * roll)
    }
}

/// The steps by name.
#[derive(Clone)]
pub struct Registry(Arc<BTreeMap<&'static str, Arc<dyn Step>>>);

impl Registry {
    /// The steps of the provisioning plan.
    pub fn provisioning(
        compute: &Arc<dyn Compute>,
        dns: &Arc<dyn Dns>,
        settings: &StepSettings,
    ) -> Self {
        Self::of([
            Arc::new(mark_deployment_provisioning::MarkDeploymentProvisioning) as Arc<dyn Step>,
            Arc::new(create_droplet::CreateDroplet::new(compute.clone(), settings.clone())),
            Arc::new(wait_droplet_active::WaitDropletActive::new(
                compute.clone(),
                settings.clone(),
            )),
            Arc::new(register_inventory::RegisterInventory::new(compute.provider())),
            Arc::new(link_deployment_resource::LinkDeploymentResource::new(compute.provider())),
            Arc::new(point_deployment_dns::PointDeploymentDns::new(dns.clone(), settings.clone())),
            Arc::new(activate_deployment::ActivateDeployment),
        ])
    }

    /// These steps.
    pub fn of(steps: impl IntoIterator<Item = Arc<dyn Step>>) -> Self {
        Self(Arc::new(steps.into_iter().map(|step| (step.name(), step)).collect()))
    }

    /// The step of this name.
    pub fn get(&self, name: &StepName) -> Option<&Arc<dyn Step>> {
        self.0.get(name.as_str())
    }
}
