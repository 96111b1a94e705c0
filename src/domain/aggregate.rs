//! Everything that the journal says of one deployment, folded into one picture.
//!
//! One fold serves recovery, the read model, a remote client and the dashboard. Entries carry their
//! sequence number: one that was applied before changes nothing, and a gap is an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::deployment::{Actor, Deployment, IllegalDeploymentTransition, Transition};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::resource::{Resource, ResourceEvent, ResourceKey};
use crate::domain::saga::event::EventKind;
use crate::domain::saga::plan::Plan;
use crate::domain::saga::state::State;
use crate::domain::saga::transition::{IllegalTransition, evolve_in_place};
use crate::domain::spec::DeploymentSpec;
use crate::domain::time::Timestamp;

/// One line of a deployment's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place in the history of its saga: 0 is the launch.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

/// What a deployment's history is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The deployment and its saga came into being, together.
    Launched(Box<Launch>),
    /// Something happened to the saga.
    Saga(EventKind),
    /// The deployment changed its state.
    Deployment(Transition),
    /// The inventory changed.
    Resource(ResourceEvent),
}

/// The first fact of every history.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its saga.
    pub saga: SagaId,
    /// What was asked for.
    pub spec: Arc<DeploymentSpec>,
    /// How it will be done.
    pub plan: Arc<Plan>,
    /// Who launched it.
    pub by: Actor,
}

/// A deployment, its saga and its resources.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The deployment.
    pub deployment: Deployment,
    /// Its saga's id.
    pub saga: SagaId,
    /// Its saga's plan; shared, because every turn takes a new picture.
    pub plan: Arc<Plan>,
    /// Where its saga stands.
    pub state: State,
    /// Its rows in the inventory; shared like the plan.
    pub resources: Arc<BTreeMap<ResourceKey, Resource>>,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// When something last happened.
    pub changed_at: Timestamp,
    next_seq: u64,
}

impl Aggregate {
    /// The picture after the first entry.
    pub fn launched(launch: Launch, at: Timestamp) -> Self {
        let state = State::new(&launch.plan);
        Self {
            deployment: Deployment::launched(launch.deployment, launch.spec, launch.by, at),
            saga: launch.saga,
            plan: launch.plan,
            state,
            resources: Arc::default(),
            launched_at: at,
            changed_at: at,
            next_seq: 1,
        }
    }

    /// The picture that a whole history gives.
    ///
    /// # Errors
    /// When the history does not begin with the launch, has a gap, or holds an illegal fact.
    pub fn from_history(entries: &[Entry]) -> Result<Self, HistoryError> {
        let Some((first, rest)) = entries.split_first() else {
            return Err(HistoryError::NoLaunch);
        };
        let Fact::Launched(launch) = &first.fact else {
            return Err(HistoryError::NoLaunch);
        };
        let mut aggregate = Self::launched((**launch).clone(), first.at);
        for entry in rest {
            aggregate.apply(entry)?;
        }
        Ok(aggregate)
    }

    /// The sequence number that the next entry must carry.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Folds one entry in. An entry that was applied before changes nothing.
    ///
    /// # Errors
    /// When entries are missing before it, or the fact is illegal; the picture is unchanged then.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), HistoryError> {
        if entry.seq < self.next_seq {
            return Ok(());
        }
        if entry.seq > self.next_seq {
            return Err(HistoryError::Gap { expected: self.next_seq, found: entry.seq });
        }
        match &entry.fact {
            Fact::Launched(_) => return Err(HistoryError::LaunchedTwice),
            Fact::Saga(kind) => {
                evolve_in_place(&self.plan, &mut self.state, entry.at, kind)?;
            }
            Fact::Deployment(transition) => self.deployment.apply(transition.clone())?,
            Fact::Resource(event) => self.apply_resource(event),
        }
        self.next_seq += 1;
        self.changed_at = entry.at;
        Ok(())
    }

    fn apply_resource(&mut self, event: &ResourceEvent) {
        let resources = Arc::make_mut(&mut self.resources);
        match event {
            ResourceEvent::Discovered(resource) => {
                let mut row = resource.clone();
                if let Some(old) = resources.get(&row.key) {
                    row.discovered_at = old.discovered_at;
                    row.owner = row.owner.or_else(|| old.owner.clone());
                }
                resources.insert(row.key.clone(), row);
            }
            ResourceEvent::Linked { key, owner } => {
                if let Some(row) = resources.get_mut(key) {
                    row.owner = Some(owner.clone());
                }
            }
            ResourceEvent::Unlinked { key } => {
                if let Some(row) = resources.get_mut(key) {
                    row.owner = None;
                }
            }
            ResourceEvent::Removed { key } => {
                resources.remove(key);
            }
        }
    }
}

/// A history that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The history does not begin with the launch.
    #[error("the history does not begin with a launch")]
    NoLaunch,
    /// A second launch stands in the history.
    #[error("the history holds a second launch")]
    LaunchedTwice,
    /// Entries are missing.
    #[error("entries {expected} to {} are missing", found - 1)]
    Gap {
        /// The entry that should have come.
        expected: u64,
        /// The entry that came.
        found: u64,
    },
    /// The saga law refuses a fact.
    #[error("the saga law refuses a fact")]
    Saga(#[from] IllegalTransition),
    /// The deployment's transition table refuses a fact.
    #[error("the deployment's transition table refuses a fact")]
    Deployment(#[from] IllegalDeploymentTransition),
}
