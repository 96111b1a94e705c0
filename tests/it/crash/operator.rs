//! The operator of a path: waits for the moment of each move, makes it, and after a crash, not knowing
//! whether an order was taken, gives it again under the same id.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::{Control, ControlError};
use arcadia::domain::id::{CommandId, DeploymentId};
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::StepName;
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::{Activity, Standing, Summary};

use crate::crash::path::{Act, FOREIGN_ADDRESS, NameBefore, Path, When};
use crate::crash::point::LATE;
use crate::support::rig::Rig;
use crate::support::trouble::{Kind, Trouble, Troubles};

/// No saga takes longer than this to come to the moment of a move.
const PATIENCE: Duration = Duration::from_hours(3);

/// What the operator has done, over all lives of the program.
pub(crate) struct Operator {
    troubles: Troubles,
    /// The first record of the name, which somebody else may change.
    record: Option<u64>,
    deployment: Option<DeploymentId>,
    made: usize,
    /// The move whose order was sent last: who gets no answer asks again at once.
    sent: Option<usize>,
    /// The orders that were acknowledged, and those that were refused.
    pub(crate) acknowledged: Vec<CommandId>,
    pub(crate) refused: Vec<CommandId>,
}

impl Operator {
    pub(crate) fn new(troubles: Troubles, record: Option<u64>) -> Self {
        let (acknowledged, refused) = (Vec::new(), Vec::new());
        Self { troubles, record, deployment: None, made: 0, sent: None, acknowledged, refused }
    }

    /// The deployment, once its launch was acknowledged or seen.
    pub(crate) fn deployment(&self) -> DeploymentId {
        self.deployment.expect("it was launched")
    }

    /// Looks at a program that was just started: a launch that was acknowledged must be there, and
    /// one that was not may be.
    pub(crate) async fn look(&mut self, rig: &Rig) {
        let rows = rig.rows().await;
        assert!(rows.len() <= 1, "one launch made {} deployments", rows.len());
        let there = rows.first().map(|row| row.deployment);
        assert!(self.deployment.is_none() || self.deployment == there, "the deployment is lost");
        self.deployment = there;
    }

    /// Launches unless that was done, makes the moves that are left, and waits for the end.
    pub(crate) async fn live(&mut self, rig: &Rig, path: &Path) {
        let deployment = match self.deployment {
            Some(deployment) => deployment,
            None => self.launch(rig, path).await,
        };
        while let Some(next) = path.moves.get(self.made) {
            if self.sent != Some(self.made) {
                self.moment(rig, deployment, next.when).await;
            }
            self.make(rig, deployment, next.when, next.act).await;
            self.made += 1;
        }
        rig.until_still(deployment).await;
    }

    async fn launch(&mut self, rig: &Rig, path: &Path) -> DeploymentId {
        let mut spec = DeploymentSpec::example();
        if path.name_before == NameBefore::NotAskedFor {
            spec.dns = None;
        }
        loop {
            match rig.launch_with(spec.clone(), path.on_failure).await {
                Ok(launched) => return *self.deployment.insert(launched.deployment),
                // The launch was refused, not cut short: it is given again.
                Err(ControlError::Journal { .. }) => {}
                Err(error) => panic!("the launch was refused: {error}"),
            }
        }
    }

    /// Waits for the moment of a move, or for its having passed: when the order was taken before the
    /// program died, the saga stands still without it.
    async fn moment(&self, rig: &Rig, deployment: DeploymentId, when: When) {
        let mut hanging_rx = self.troubles.hanging();
        let come = tokio::time::timeout(PATIENCE, async {
            loop {
                let mut watch = rig.engine.watch().await.unwrap();
                let hanging = *hanging_rx.borrow_and_update();
                let row = watch.summaries.into_iter().find(|row| row.deployment == deployment);
                if row.is_some_and(|row| has_come(when, &row, hanging) || stands_still(&row)) {
                    return;
                }
                tokio::select! {
                    biased;
                    notice = watch.notices.recv() => drop(notice),
                    changed = hanging_rx.changed() => changed.unwrap(),
                }
            }
        });
        let Ok(()) = come.await else {
            panic!("{when:?} never came: {:#?}", rig.show(deployment).await.aggregate.state);
        };
    }

    async fn make(&mut self, rig: &Rig, deployment: DeploymentId, when: When, act: Act) {
        if when == When::NeedsYou && matches!(act, Act::Cancel | Act::Retry) {
            self.troubles.repair_all();
            rig.cloud.faults(&[]);
        }
        let skip = |step| Order::Skip { step: StepName::new(step), reason: "not today".to_owned() };
        let reason = || "it is not worth it".to_owned();
        match act {
            Act::Cancel => self.give(rig, deployment, Order::Cancel).await,
            Act::Hold => self.give(rig, deployment, Order::Hold).await,
            Act::Resume => self.give(rig, deployment, Order::Resume).await,
            Act::Take => self.give(rig, deployment, Order::Take).await,
            Act::Rollback => self.give(rig, deployment, Order::Rollback).await,
            Act::Retry => self.give(rig, deployment, Order::Retry).await,
            Act::Skip(step) => self.give(rig, deployment, skip(step)).await,
            Act::Abandon => {
                self.give(rig, deployment, Order::Abandon { reason: reason() }).await;
            }
            Act::TryToCancelAndHold => {
                for (number, order) in [(100, Order::Cancel), (101, Order::Hold)] {
                    let command = CommandId::from_u128(number);
                    let answer = rig.order_as(command, deployment, order).await;
                    assert!(matches!(answer, Err(ControlError::Refused { .. })), "{answer:?}");
                    self.refused.push(command);
                }
            }
            Act::ChangeTheRecord => {
                let record = self.record.expect("a path with a stranger has a record");
                if when == When::Active {
                    // Who writes while a delayed request is on its way is written over by it.
                    tokio::time::sleep(2 * LATE).await;
                }
                rig.cloud.overwrite_record(record, FOREIGN_ADDRESS);
            }
        }
        if let When::In(trouble) = when {
            self.troubles.repair(trouble);
        }
    }

    /// Gives the order of the present move, under an id that is the same in every life.
    async fn give(&mut self, rig: &Rig, deployment: DeploymentId, order: Order) {
        let command = CommandId::from_u128(1 + self.made as u128);
        let verb = order.verb();
        self.sent = Some(self.made);
        match rig.order_as(command, deployment, order).await {
            Ok(()) => self.acknowledged.push(command),
            Err(error) => panic!("{verb} was refused: {error}"),
        }
    }
}

fn has_come(when: When, row: &Arc<Summary>, hanging: Option<Trouble>) -> bool {
    let activity = row.focus.as_ref().map(|focus| &focus.activity);
    match when {
        When::In(trouble) => match trouble.kind {
            Kind::Hangs(_) => hanging == Some(trouble),
            Kind::Busy(_) => {
                is_about(row, trouble) && matches!(activity, Some(Activity::Retrying { .. }))
            }
            Kind::Polls => {
                is_about(row, trouble) && matches!(activity, Some(Activity::Waiting { .. }))
            }
            Kind::Fails(_) => row.standing == Standing::NeedsYou,
        },
        When::NeedsYou => row.standing == Standing::NeedsYou,
        When::Held => {
            row.standing == Standing::Held && !matches!(activity, Some(Activity::Calling { .. }))
        }
        When::Active => row.standing == Standing::Active,
    }
}

fn is_about(row: &Summary, trouble: Trouble) -> bool {
    row.focus.as_ref().is_some_and(|focus| {
        focus.step.as_str() == trouble.step && focus.direction == trouble.direction
    })
}

fn stands_still(row: &Summary) -> bool {
    match row.standing {
        Standing::Held => !matches!(
            row.focus.as_ref().map(|focus| &focus.activity),
            Some(Activity::Calling { .. })
        ),
        Standing::NeedsYou
        | Standing::Active
        | Standing::Failed
        | Standing::Cancelled
        | Standing::RolledBack
        | Standing::Abandoned => true,
        Standing::Running | Standing::RollingBack => false,
    }
}
