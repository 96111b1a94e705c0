//! The one interface of every front door: screen, shell and API see sagas through it and through
//! nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::catalogue::Catalogue;
use crate::domain::deployment::Actor;
use crate::domain::holding::Holding;
use crate::domain::id::{CommandId, DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::saga::event::Order;
use crate::domain::saga::plan::{OnFailure, Plan};
use crate::domain::spec::{DeploymentSpec, FieldError};
use crate::domain::summary::Summary;
use crate::domain::undo_preview::{Leftover, UndoPreview};
use crate::domain::usual::Usual;

/// What can be done with an engine, wherever it runs.
#[async_trait]
pub trait Control: Send + Sync {
    /// Makes a deployment and its saga, durably and together, and starts it.
    async fn launch(&self, launch: LaunchRequest) -> Result<Launched, ControlError>;

    /// Gives an operator's order. Durable when it returns.
    async fn order(&self, order: OrderRequest) -> Result<(), ControlError>;

    /// Every deployment as it stands, and what happens from then on, without a gap.
    async fn watch(&self) -> Result<Watch, ControlError>;

    /// Everything about one deployment.
    async fn show(&self, deployment: DeploymentId) -> Result<Detail, ControlError>;

    /// A page of the lines that its steps logged, oldest first, at most `limit`.
    async fn logs(
        &self,
        deployment: DeploymentId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError>;

    /// What each of these deployments has at the provider. Those that nobody knows are left out.
    ///
    /// # Errors
    /// When the journal cannot be read. A single history that makes no sense is not an error: it is
    /// told in its place.
    async fn holdings(&self, deployments: &[DeploymentId]) -> Result<Vec<Holdings>, ControlError>;

    /// The whole histories of these deployments. Those that nobody knows are left out.
    ///
    /// # Errors
    /// When the journal cannot be read. A single history that is damaged is not an error: it is told
    /// in its place.
    async fn histories(&self, deployments: &[DeploymentId]) -> Result<Vec<History>, ControlError>;

    /// How long steps usually took, from the latest deployments of each region.
    async fn usual(&self) -> Result<Usual, ControlError>;

    /// What can be launched, and for how much: the provider's lists, or the program's own where it
    /// gave none. It may take some seconds.
    async fn catalogue(&self) -> Result<Arc<Catalogue>, ControlError>;

    /// A sign of life, which costs no write: it comes when the engine has taken its turn, and whoever
    /// writes its journal has dealt with all that was asked before. An engine that is stuck, or a disk
    /// that hangs, gives none.
    ///
    /// # Errors
    /// When the engine stops, or when its journal cannot be written any more.
    async fn heartbeat(&self) -> Result<Heartbeat, ControlError>;

    /// Lets what is under way come to its end: no call of a step is started any more, launches and orders
    /// are refused, and it returns when every call that was under way has answered and the answer is
    /// durable. The calls' own time-outs bound it, and a journal that cannot be written holds it up until
    /// it can. It cannot be taken back: what is left goes on at the next start.
    ///
    /// # Errors
    /// When there is no engine to be drained.
    async fn drain(&self) -> Result<(), ControlError>;

    /// The plan that a launch of this spec would follow.
    fn plan(&self, spec: &DeploymentSpec, on_failure: OnFailure) -> Plan;
}

/// A launch.
#[derive(Debug, Clone)]
pub struct LaunchRequest {
    /// What.
    pub spec: DeploymentSpec,
    /// What happens when a step fails for good.
    pub on_failure: OnFailure,
    /// Who.
    pub by: Actor,
}

/// What a launch made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launched {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its saga.
    pub saga: SagaId,
}

/// An order for one deployment.
#[derive(Debug, Clone)]
pub struct OrderRequest {
    /// Whose saga.
    pub deployment: DeploymentId,
    /// Identifies the order: the same id twice is the same order, and taken once.
    pub command: CommandId,
    /// What.
    pub order: Order,
    /// Who.
    pub by: Actor,
}

/// A sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// How many calls of steps are under way.
    pub calls: usize,
}

/// A picture, and what follows it.
pub struct Watch {
    /// Every deployment, in the order of their ids.
    pub summaries: Vec<Arc<Summary>>,
    /// What happens from then on. Who lags too far behind is told so, and takes a new picture.
    pub notices: broadcast::Receiver<Notice>,
}

/// Something happened.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A deployment changed: its row, and the entries that changed it.
    Changed {
        /// The row as it is.
        summary: Arc<Summary>,
        /// What happened.
        entries: Arc<[Entry]>,
    },
    /// A step logged.
    Logged {
        /// Whose.
        deployment: DeploymentId,
        /// What.
        line: Arc<NumberedLine>,
    },
    /// A saga stands still, because the journal could not be written or its history cannot be read.
    /// Nothing of it goes on before that is so again.
    Stalled {
        /// Whose.
        deployment: DeploymentId,
        /// What went wrong.
        error: Arc<str>,
        /// What may help.
        hint: Option<&'static str>,
    },
}

/// Everything about one deployment.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The deployment, its saga and its resources.
    pub aggregate: Aggregate,
    /// Its whole history, oldest first.
    pub entries: Vec<Entry>,
    /// What undoing it would do now.
    pub undo: UndoPreview,
    /// What is out there on its account.
    pub leftovers: Vec<Leftover>,
}

/// What happened to one deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Whose.
    pub deployment: DeploymentId,
    /// What happened, oldest first; what comes before the damage, if there is any.
    pub entries: Vec<Entry>,
    /// What is damaged.
    pub damage: Option<String>,
}

/// What one deployment has at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdings {
    /// Whose.
    pub deployment: DeploymentId,
    /// The sequence number that the next entry of the history carries that tells it.
    pub next_seq: u64,
    /// What it has, or why nobody can tell.
    pub told: Result<Vec<Holding>, String>,
}

/// A log line with its place among its deployment's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedLine {
    /// Its place; later lines have greater numbers.
    pub number: u64,
    /// The line.
    pub line: LogLine,
}

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No such deployment.
    #[error("no deployment `{0}`")]
    NotFound(String),
    /// The launch does not make sense.
    #[error("the launch does not make sense")]
    Invalid(Vec<FieldError>),
    /// The tenant has a live deployment of that name.
    #[error("`{name}` exists already, as {deployment}")]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        deployment: DeploymentId,
    },
    /// The saga's state does not allow the order.
    #[error("cannot {verb}: {because}")]
    Refused {
        /// The verb.
        verb: &'static str,
        /// Why.
        because: String,
    },
    /// The journal could not be written or read.
    #[error("the journal failed")]
    Journal {
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What may help.
        remedy: Option<&'static str>,
    },
    /// The engine lets what is under way come to its end, and begins nothing any more.
    #[error("the engine is draining: it begins nothing any more")]
    Draining,
    /// The engine is stopping.
    #[error("the engine is stopping")]
    Stopping,
}

impl ControlError {
    /// What may help.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Journal { remedy, .. } => *remedy,
            Self::Draining => Some("leave, and start it again"),
            Self::NotFound(_)
            | Self::Invalid(_)
            | Self::NameTaken { .. }
            | Self::Refused { .. }
            | Self::Stopping => None,
        }
    }
}
