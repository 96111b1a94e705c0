//! Which deployments are slower than usual, so that they stand before the others that move.
//!
//! Nothing has to happen for a step to become slow, so it is known beforehand when the next one does.
//! Only the steps that are under way are looked at, once a second at the most.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::id::DeploymentId;
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::domain::usual::Usual;
use crate::tui::model::list::List;

/// At most so often they are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// When the steps that are under way are to be looked at again.
#[derive(Debug, Default)]
pub struct Slow {
    looked_at: Option<Timestamp>,
    look_at: Option<Timestamp>,
}

impl Slow {
    /// When they are to be looked at again, if ever.
    pub fn due(&self) -> Option<Timestamp> {
        self.look_at
    }

    /// Takes in that steps began or ended, or that it became known how long they take.
    pub fn news(&mut self, now: Timestamp) {
        let rested = self.looked_at.map_or(now, |looked| looked + PAUSE).max(now);
        self.look_at = Some(self.look_at.map_or(rested, |at| at.min(rested)));
    }

    /// Those whose step takes longer than nine of ten do, if it is time to look.
    pub fn look(
        &mut self,
        usual: &Usual,
        list: &List,
        now: Timestamp,
    ) -> Option<BTreeSet<DeploymentId>> {
        self.look_at.filter(|at| *at <= now)?;
        let mut slow = BTreeSet::new();
        let mut next = None;
        for (deployment, step, since) in usual.under_way() {
            let row = list.row(deployment).filter(|row| going_forward(row) == Some(step));
            let Some(typical) = row.and_then(|row| usual.of(step, &row.region)) else { continue };
            // At the very millisecond it is not yet longer.
            let at = since + typical.p90 + Duration::from_millis(1);
            if at <= now {
                slow.insert(deployment);
            } else {
                next = Some(next.map_or(at, |next: Timestamp| next.min(at)));
            }
        }
        self.looked_at = Some(now);
        self.look_at = next.map(|next| next.max(now + PAUSE));
        Some(slow)
    }
}

/// The step that goes forward now.
pub fn going_forward(row: &Summary) -> Option<&StepName> {
    let focus = row.focus.as_ref()?;
    let forward = row.standing == Standing::Running && focus.direction == Direction::Forward;
    forward.then_some(&focus.step)
}
