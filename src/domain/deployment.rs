//! A deployment: what was asked for, the state it is in, and how it came there.
//!
//! The transition table is the law; every change of state is checked against it and recorded with
//! from, to, reason, actor and time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::spec::DeploymentSpec;
use crate::domain::time::Timestamp;

/// A deployment with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// What was asked for; shared, because every turn of its saga takes a new picture.
    pub spec: Arc<DeploymentSpec>,
    /// Shared for the same reason.
    transitions: Arc<Vec<Transition>>,
}

impl Deployment {
    /// A deployment just launched: it begins in `provisioning`.
    pub fn launched(id: DeploymentId, spec: Arc<DeploymentSpec>, by: Actor, at: Timestamp) -> Self {
        let first = Transition {
            from: None,
            to: DeploymentState::Provisioning,
            reason: TransitionReason::Launched,
            actor: by,
            at,
        };
        Self { id, spec, transitions: Arc::new(vec![first]) }
    }

    /// The state it is in.
    pub fn state(&self) -> DeploymentState {
        self.transitions.last().map_or(DeploymentState::Provisioning, |last| last.to)
    }

    /// Every change of state, oldest first.
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// Moves to another state.
    ///
    /// # Errors
    /// When the table does not know the way, or the transition starts from another state than the
    /// present one.
    pub fn apply(&mut self, transition: Transition) -> Result<(), IllegalDeploymentTransition> {
        let from = self.state();
        if transition.from != Some(from) || !from.may_become(transition.to) {
            return Err(IllegalDeploymentTransition { from, to: transition.to });
        }
        Arc::make_mut(&mut self.transitions).push(transition);
        Ok(())
    }
}

/// Where a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeploymentState {
    /// Its saga has not ended.
    Provisioning,
    /// It is up, whole.
    Active,
    /// It is up and out of service.
    Paused,
    /// It is gone, and left nothing behind.
    Cancelled,
    /// It is gone, and out of the lists.
    Archived,
}

impl DeploymentState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 5] =
        [Self::Provisioning, Self::Active, Self::Paused, Self::Cancelled, Self::Archived];

    /// The states that may follow.
    pub const fn successors(self) -> &'static [Self] {
        match self {
            Self::Provisioning | Self::Paused => &[Self::Active, Self::Cancelled],
            Self::Active => &[Self::Paused, Self::Cancelled],
            Self::Cancelled => &[Self::Archived],
            Self::Archived => &[],
        }
    }

    /// Whether `to` may follow.
    pub fn may_become(self, to: Self) -> bool {
        self.successors().contains(&to)
    }

    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Archived => "archived",
        }
    }
}

impl fmt::Display for DeploymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DeploymentState {
    type Err = UnknownDeploymentState;

    fn from_str(text: &str) -> Result<Self, UnknownDeploymentState> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownDeploymentState(text.to_owned()))
    }
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state before; `None` for the launch.
    pub from: Option<DeploymentState>,
    /// The state after.
    pub to: DeploymentState,
    /// Why.
    pub reason: TransitionReason,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// Why a deployment changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransitionReason {
    /// It was launched.
    Launched,
    /// Every step succeeded.
    Provisioned,
    /// A step failed, and everything was undone.
    ProvisionFailed,
    /// The operator cancelled the launch.
    CancelledByOperator,
    /// The operator rolled an active deployment back.
    RolledBack,
    /// The operator gave up on undoing it; something may be left behind.
    Abandoned,
    /// The operator's own words.
    Stated(String),
}

impl TransitionReason {
    /// The stable text form; an operator's own words stand as they are.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Launched => "launched",
            Self::Provisioned => "provisioned",
            Self::ProvisionFailed => "provision_failed",
            Self::CancelledByOperator => "cancelled_by_operator",
            Self::RolledBack => "rolled_back",
            Self::Abandoned => "abandoned",
            Self::Stated(words) => words,
        }
    }
}

impl fmt::Display for TransitionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&str> for TransitionReason {
    fn from(text: &str) -> Self {
        match text {
            "launched" => Self::Launched,
            "provisioned" => Self::Provisioned,
            "provision_failed" => Self::ProvisionFailed,
            "cancelled_by_operator" => Self::CancelledByOperator,
            "rolled_back" => Self::RolledBack,
            "abandoned" => Self::Abandoned,
            words => Self::Stated(words.to_owned()),
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person at this machine, by login name.
    Operator(String),
    /// A saga, acting by its plan.
    Saga(SagaId),
    /// A caller of the API, by the name of its token.
    Api(String),
}

impl Actor {
    /// What colleagues call them: a person by the name alone.
    pub fn name(&self) -> String {
        match self {
            Self::Operator(name) => name.clone(),
            Self::Saga(_) | Self::Api(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Saga(id) => write!(f, "saga:{id}"),
            Self::Api(token) => write!(f, "api:{token}"),
        }
    }
}

impl FromStr for Actor {
    type Err = UnknownActor;

    fn from_str(text: &str) -> Result<Self, UnknownActor> {
        let unknown = || UnknownActor(text.to_owned());
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        match kind {
            "operator" => Ok(Self::Operator(name.to_owned())),
            "saga" => name.parse().map(Self::Saga).map_err(|_| unknown()),
            "api" => Ok(Self::Api(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}

/// A change of state that the table does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a deployment that is `{from}` cannot become `{to}`")]
pub struct IllegalDeploymentTransition {
    /// The present state.
    pub from: DeploymentState,
    /// The state asked for.
    pub to: DeploymentState,
}

/// A text that names no deployment state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a deployment state")]
pub struct UnknownDeploymentState(String);

/// A text that names no actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an actor of the form `operator:<name>`, `saga:<id>` or `api:<token name>`")]
pub struct UnknownActor(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_exactly_these_ways() {
        let mut ways = Vec::new();
        for from in DeploymentState::ALL {
            for to in DeploymentState::ALL {
                if from.may_become(to) {
                    ways.push(format!("{from} -> {to}"));
                }
            }
        }
        assert_eq!(
            ways,
            [
                "provisioning -> active",
                "provisioning -> cancelled",
                "active -> paused",
                "active -> cancelled",
                "paused -> active",
                "paused -> cancelled",
                "cancelled -> archived",
            ]
        );
    }

    #[test]
    fn an_illegal_transition_is_refused_and_changes_nothing() {
        let by = Actor::Operator("ana".to_owned());
        let at = Timestamp::from_millis(0);
        let id = DeploymentId::from_u128(1);
        let mut deployment =
            Deployment::launched(id, Arc::new(DeploymentSpec::example()), by.clone(), at);
        let archive = Transition {
            from: Some(DeploymentState::Provisioning),
            to: DeploymentState::Archived,
            reason: TransitionReason::Stated("tidy".to_owned()),
            actor: by,
            at,
        };
        let before = deployment.clone();
        assert_eq!(
            deployment.apply(archive).unwrap_err().to_string(),
            "a deployment that is `provisioning` cannot become `archived`"
        );
        assert_eq!(deployment, before);
    }

    #[test]
    fn actors_and_reasons_read_back_from_their_text() {
        for actor in [
            Actor::Operator("ana:x".to_owned()),
            Actor::Saga(SagaId::from_u128(7)),
            Actor::Api("ci".to_owned()),
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("nobody".parse::<Actor>().is_err());
        assert_eq!(TransitionReason::from("rolled_back"), TransitionReason::RolledBack);
        assert_eq!(TransitionReason::from("tidy").as_str(), "tidy");
    }
}
