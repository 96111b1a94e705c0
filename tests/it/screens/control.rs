//! A control without an engine: it shows the stories that it was given, and takes down what is
//! asked of it.

use std::sync::{Arc, Mutex};

use arcadia::control::{
    Control, ControlError, Detail, LaunchRequest, Launched, Notice, NumberedLine, OrderRequest,
    Watch,
};
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::plan::{OnFailure, Plan};
use arcadia::domain::spec::DeploymentSpec;
use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::screens::world::{self, Story};

/// A control without an engine.
pub(crate) struct FakeControl {
    stories: Vec<Story>,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) orders: Mutex<Vec<OrderRequest>>,
    pub(crate) pictures: Mutex<usize>,
}

impl FakeControl {
    pub(crate) fn new(stories: Vec<Story>) -> Arc<Self> {
        let (notices, _) = broadcast::channel(16);
        Arc::new(Self { stories, notices, orders: Mutex::new(Vec::new()), pictures: Mutex::new(0) })
    }
}

#[async_trait]
impl Control for FakeControl {
    async fn launch(&self, _launch: LaunchRequest) -> Result<Launched, ControlError> {
        Err(ControlError::Stopping)
    }

    async fn order(&self, order: OrderRequest) -> Result<(), ControlError> {
        self.orders.lock().unwrap().push(order);
        Ok(())
    }

    async fn watch(&self) -> Result<Watch, ControlError> {
        *self.pictures.lock().unwrap() += 1;
        let summaries = self.stories.iter().map(Story::summary).collect();
        Ok(Watch { summaries, notices: self.notices.subscribe() })
    }

    async fn show(&self, deployment: DeploymentId) -> Result<Detail, ControlError> {
        self.stories
            .iter()
            .find(|story| story.id() == deployment)
            .map(Story::detail)
            .ok_or_else(|| ControlError::NotFound(deployment.to_string()))
    }

    async fn logs(
        &self,
        _deployment: DeploymentId,
        _after: Option<u64>,
        _limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError> {
        Ok(world::log_lines())
    }

    fn plan(&self, _spec: &DeploymentSpec, on_failure: OnFailure) -> Plan {
        world::plan(on_failure)
    }
}
