//! Whole histories of several deployments.

use crate::control::{ControlError, History};
use crate::domain::failure::with_causes;
use crate::domain::id::DeploymentId;
use crate::engine::{Shared, journal_failed};

/// Reads the histories of these deployments, in their order.
pub(super) async fn read(
    shared: &Shared,
    deployments: &[DeploymentId],
) -> Result<Vec<History>, ControlError> {
    let mut all = Vec::new();
    for row in deployments.iter().filter_map(|deployment| shared.store.get(*deployment)) {
        let (entries, damage) = match shared.journal.history(row.saga).await {
            Ok(entries) => (entries, None),
            Err(error) if error.is_damage() => {
                // What can still be read is more than nothing.
                let entries = shared.journal.salvage(row.saga).await.unwrap_or_default();
                (entries, Some(with_causes(&error)))
            }
            Err(error) => return Err(journal_failed(error)),
        };
        all.push(History { deployment: row.deployment, entries, damage });
    }
    Ok(all)
}
