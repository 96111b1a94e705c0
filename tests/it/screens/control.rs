//! A control without an engine: it shows the stories that it was given, and takes down what is
//! asked of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arcadia::control::{
    Control, ControlError, Detail, Heartbeat, History, Holdings, LaunchRequest, Launched, Notice,
    NumberedLine, OrderRequest, Watch,
};
use arcadia::domain::catalogue::Catalogue;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::log::{LogLevel, LogLine, LogPage};
use arcadia::domain::saga::plan::{Direction, OnFailure, Plan};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::usual::Usual;
use async_trait::async_trait;
use tokio::sync::{broadcast, watch};

use crate::screens::catalogue;
use crate::screens::world::{self, NOW, STEPS, Story};

/// A control without an engine.
pub(crate) struct FakeControl {
    stories: Vec<Story>,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) orders: Mutex<Vec<OrderRequest>>,
    pub(crate) pictures: Mutex<usize>,
    /// How many signs of life were asked for.
    pub(crate) heartbeats: Mutex<usize>,
    /// Whether they are given.
    pub(crate) alive: watch::Sender<bool>,
    /// Whether a drain has come to its end.
    pub(crate) drained: watch::Sender<bool>,
}

impl FakeControl {
    pub(crate) fn new(stories: Vec<Story>) -> Arc<Self> {
        let (notices, _) = broadcast::channel(16);
        Arc::new(Self {
            stories,
            notices,
            orders: Mutex::default(),
            pictures: Mutex::default(),
            heartbeats: Mutex::default(),
            alive: watch::Sender::new(true),
            drained: watch::Sender::new(false),
        })
    }
}

#[async_trait]
impl Control for FakeControl {
    async fn launch(&self, _launch: LaunchRequest) -> Result<Launched, ControlError> {
        panic!("a task of the engine fell over");
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
        _page: LogPage,
        _limit: usize,
    ) -> Result<Vec<NumberedLine>, ControlError> {
        Ok(log_lines())
    }

    async fn holdings(&self, deployments: &[DeploymentId]) -> Result<Vec<Holdings>, ControlError> {
        Ok(world::holdings(&self.stories, deployments))
    }

    async fn histories(&self, deployments: &[DeploymentId]) -> Result<Vec<History>, ControlError> {
        Ok(world::histories(&self.stories, deployments))
    }

    async fn usual(&self) -> Result<Usual, ControlError> {
        Ok(Usual::default())
    }

    async fn catalogue(&self) -> Result<Arc<Catalogue>, ControlError> {
        Ok(catalogue::of_provider())
    }

    async fn heartbeat(&self) -> Result<Heartbeat, ControlError> {
        *self.heartbeats.lock().unwrap() += 1;
        drop(self.alive.subscribe().wait_for(|alive| *alive).await);
        Ok(Heartbeat { calls: 1 })
    }

    async fn drain(&self) -> Result<(), ControlError> {
        drop(self.drained.subscribe().wait_for(|drained| *drained).await);
        Ok(())
    }

    fn plan(&self, _spec: &DeploymentSpec, on_failure: OnFailure) -> Plan {
        world::plan(on_failure)
    }
}

/// A few log lines, one of them hostile.
pub(crate) fn log_lines() -> Vec<NumberedLine> {
    let line = |number: u64, step: usize, level, direction, text: &str| NumberedLine {
        number,
        line: LogLine {
            at: NOW - Duration::from_millis(20_000 - number * 700),
            level,
            step: STEPS[step].0.into(),
            direction,
            attempt: 1,
            text: text.to_owned(),
            fields: vec![("request".to_owned(), format!("7d1f-{number}"))],
        },
    };
    let (forward, undo) = (Direction::Forward, Direction::Undo);
    vec![
        line(1, 1, LogLevel::Info, forward, "POST /v2/droplets"),
        line(2, 3, LogLevel::Info, forward, "PUT inventory/398271"),
        line(3, 3, LogLevel::Warn, forward, "evil \u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}text"),
        line(4, 4, LogLevel::Error, forward, "409 already linked to droplet 391"),
        line(5, 3, LogLevel::Info, undo, "DELETE inventory/398271"),
        line(6, 3, LogLevel::Warn, undo, "503 Service Unavailable; retry in 2.0s"),
        line(7, 2, LogLevel::Info, forward, "droplet 398271 is still `new`"),
    ]
}
