//! How long steps usually took, read from the histories of the latest deployments.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::ControlError;
use crate::domain::summary::{Standing, Summary};
use crate::domain::usual::{RUNS_KEPT, Usual};
use crate::engine::{Shared, journal_failed};
use crate::journal::JournalError;

/// At most so many histories are read, however many regions there are: a second of a slow disk.
const HISTORIES: usize = 400;

/// Reads the latest histories of each region. One that is damaged is left aside: it is told elsewhere.
pub(super) async fn read(shared: &Shared) -> Result<Usual, ControlError> {
    let mut usual = Usual::default();
    for row in latest(&shared.store.all()) {
        match shared.journal.history(row.saga).await {
            Ok(entries) => usual.follow(row.deployment, &row.region, &entries),
            Err(JournalError::History { .. } | JournalError::Damaged { .. }) => {}
            Err(error) => return Err(journal_failed(error)),
        }
    }
    Ok(usual)
}

/// The deployments that tell how long steps take, the oldest first: those that are under way, and in
/// each region the latest that came up.
fn latest(rows: &[Arc<Summary>]) -> Vec<&Summary> {
    let mut regions: BTreeMap<&str, usize> = BTreeMap::new();
    let told = rows.iter().rev().filter(|row| match row.standing {
        Standing::Running => true,
        Standing::Active | Standing::RolledBack => {
            let known = regions.entry(&row.region).or_default();
            *known += 1;
            *known <= RUNS_KEPT
        }
        Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Held
        | Standing::Failed
        | Standing::Cancelled
        | Standing::Abandoned => false,
    });
    let mut latest: Vec<&Summary> = told.take(HISTORIES).map(AsRef::as_ref).collect();
    latest.reverse();
    latest
}
