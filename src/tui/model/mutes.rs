//! Deployments that need a person and call nobody for a while, because somebody said so. They stay among
//! the counts and in their place on the list.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::model::Model;

/// For how long one calls nobody.
pub const SPAN: Duration = Duration::from_hours(1);

/// Who calls nobody, and until when.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mutes(BTreeMap<DeploymentId, Timestamp>);

impl Mutes {
    /// Until when a deployment calls nobody, if it does not.
    pub fn until(&self, id: DeploymentId) -> Option<Timestamp> {
        self.0.get(&id).copied()
    }

    /// Lets these call nobody for [`SPAN`]; when none of them does already, lets them call again. Tells
    /// until when they are silent, if they are.
    pub fn toggle(&mut self, ids: &[DeploymentId], now: Timestamp) -> Option<Timestamp> {
        if ids.iter().all(|id| self.0.contains_key(id)) {
            for id in ids {
                self.0.remove(id);
            }
            return None;
        }
        let end = now + SPAN;
        self.0.extend(ids.iter().map(|id| (*id, end)));
        Some(end)
    }

    /// Those whose time is over, which are silent no more.
    pub fn take_ended(&mut self, now: Timestamp) -> Vec<DeploymentId> {
        let ended: Vec<_> =
            self.0.iter().filter(|(_, end)| **end <= now).map(|(id, _)| *id).collect();
        for id in &ended {
            self.0.remove(id);
        }
        ended
    }

    /// When the time of the next one is over.
    pub fn due(&self) -> Option<Timestamp> {
        self.0.values().min().copied()
    }

    /// As it is kept from one run to the next: ids, and milliseconds since the epoch.
    pub fn to_keep(&self) -> BTreeMap<String, i64> {
        self.0.iter().map(|(id, end)| (id.to_string(), end.as_millis())).collect()
    }

    /// As it was in an earlier run. Whose time was over by now calls nobody on that account: what needs
    /// a person is on the screen when it is opened. No end is believed that is further away than one can be.
    pub fn resume(&mut self, kept: &BTreeMap<String, i64>, now: Timestamp) {
        let read = kept.iter().filter_map(|(id, end)| {
            Some((id.parse().ok()?, Timestamp::from_millis(*end).min(now + SPAN)))
        });
        self.0.extend(read.filter(|(_, end)| *end > now));
    }
}

impl Model {
    /// Whether it makes sense to silence this row, or to let it call again.
    pub fn may_mute(&self, row: &Summary) -> bool {
        row.standing == Standing::NeedsYou
            || self.list.stalled(row.deployment).is_some()
            || self.mutes.until(row.deployment).is_some()
    }

    /// Until when this row calls nobody although it needs a person.
    pub fn muted(&self, row: &Summary) -> Option<Timestamp> {
        let needed =
            row.standing == Standing::NeedsYou || self.list.stalled(row.deployment).is_some();
        self.mutes.until(row.deployment).filter(|_| needed)
    }
}
