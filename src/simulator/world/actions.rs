//! Events in a droplet's life that take time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::droplet::{DropletStatus, Power, PowerChange};
use crate::simulator::world::ids::{ActionId, DropletId};
use crate::simulator::world::refusal::Refusal;
use crate::simulator::world::{World, millis};

/// How long switching takes.
const POWER_CHANGE: Duration = Duration::from_secs(2);
/// So many ended actions are remembered.
pub(super) const REMEMBERED: usize = 2_000;

/// An action as it is seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its number.
    pub id: ActionId,
    /// The word of the API: `create`, `power_off` and so on.
    pub kind: String,
    /// How far it is.
    pub status: ActionStatus,
    /// The droplet.
    pub droplet: DropletId,
    /// The droplet's region.
    pub region: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub completed_at: Option<Timestamp>,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionStatus {
    /// It goes on.
    InProgress,
    /// It has worked.
    Completed,
    /// It has not.
    Errored,
}

/// An action on the books.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ActionRow {
    pub(super) id: ActionId,
    pub(super) kind: String,
    pub(super) droplet: DropletId,
    pub(super) region: String,
    #[serde(with = "millis")]
    pub(super) started_at: Timestamp,
    #[serde(with = "millis")]
    pub(super) completed_at: Timestamp,
    pub(super) outcome: Outcome,
}

/// How an action will have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Completes,
    Errors,
}

impl World {
    /// The action with this number.
    ///
    /// # Errors
    /// There is none.
    pub fn action(&self, now: Timestamp, id: ActionId) -> Result<Action, Refusal> {
        self.books.actions.get(&id).map(|row| row.at(now)).ok_or(Refusal::NotFound)
    }

    /// Every action that is remembered, the newest first.
    pub fn actions(&self, now: Timestamp) -> Vec<Action> {
        self.books.actions.values().rev().map(|row| row.at(now)).collect()
    }

    /// The actions of a droplet, the newest first.
    ///
    /// # Errors
    /// There is no such droplet.
    pub fn droplet_actions(&self, now: Timestamp, id: DropletId) -> Result<Vec<Action>, Refusal> {
        self.droplet(now, id)?;
        Ok(self.actions(now).into_iter().filter(|action| action.droplet == id).collect())
    }

    /// Switches a droplet: `power_on`, `power_off`, `shutdown`, `reboot`, `power_cycle`.
    ///
    /// # Errors
    /// There is no such droplet, an event is in progress, or the action is another one or makes
    /// no sense in the droplet's present state.
    pub fn act_on_droplet(
        &mut self,
        now: Timestamp,
        id: DropletId,
        kind: &str,
    ) -> Result<Action, Refusal> {
        let status = self.droplet(now, id)?.status;
        let row = self.live_row(now, id)?;
        if row.has_pending_event(now) {
            return Err(Refusal::pending_event());
        }
        let power = match (kind, status) {
            ("power_on", DropletStatus::Off)
            | ("reboot" | "power_cycle", DropletStatus::Active) => Power::On,
            ("power_off" | "shutdown", DropletStatus::Active) => Power::Off,
            ("power_on", DropletStatus::Active | DropletStatus::New) => {
                return Err(Refusal::unprocessable("Droplet is already powered on."));
            }
            ("power_off" | "shutdown" | "reboot" | "power_cycle", DropletStatus::Off) => {
                return Err(Refusal::unprocessable("Droplet is currently powered off."));
            }
            (other, _) => {
                return Err(Refusal::unprocessable(format!(
                    "`{other}` is not an action that the simulated cloud can do"
                )));
            }
        };
        let completed_at = now + POWER_CHANGE;
        row.power.push(PowerChange { asked_at: now, at: completed_at, power });
        let region = row.region.clone();
        self.changed(now);
        let action = ActionRow {
            id: self.books.counters.action(),
            kind: kind.to_owned(),
            droplet: id,
            region,
            started_at: now,
            completed_at,
            outcome: Outcome::Completes,
        };
        let seen = action.at(now);
        self.books.actions.insert(action.id, action);
        Ok(seen)
    }
}

impl ActionStatus {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Errored => "errored",
        }
    }
}

impl ActionRow {
    fn at(&self, moment: Timestamp) -> Action {
        let ended = self.completed_at <= moment;
        let status = match (ended, self.outcome) {
            (false, _) => ActionStatus::InProgress,
            (true, Outcome::Completes) => ActionStatus::Completed,
            (true, Outcome::Errors) => ActionStatus::Errored,
        };
        Action {
            id: self.id,
            kind: self.kind.clone(),
            status,
            droplet: self.droplet,
            region: self.region.clone(),
            started_at: self.started_at,
            completed_at: ended.then_some(self.completed_at),
        }
    }
}
