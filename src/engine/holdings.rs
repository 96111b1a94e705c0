//! What deployments have at the provider, told from their histories.

use crate::control::{ControlError, History, Holdings};
use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::failure::with_causes;
use crate::domain::holding::Holding;
use crate::domain::id::DeploymentId;
use crate::engine::{Shared, histories};
use crate::steps::Registry;

/// Reads what these deployments have, in their order.
pub(super) async fn read(
    shared: &Shared,
    deployments: &[DeploymentId],
) -> Result<Vec<Holdings>, ControlError> {
    let histories = histories::read(shared, deployments).await?;
    let told = histories.into_iter().map(|History { deployment, entries, damage }| {
        let next_seq = entries.len() as u64;
        let told = damage.map_or_else(|| holdings(&shared.registry, &entries), Err);
        Holdings { deployment, next_seq, told }
    });
    Ok(told.collect())
}

fn holdings(registry: &Registry, entries: &[Entry]) -> Result<Vec<Holding>, String> {
    let aggregate = Aggregate::from_history(entries).map_err(|error| with_causes(&error))?;
    let steps = aggregate.plan.steps().iter().enumerate();
    let held = steps.filter_map(|(position, step)| {
        let made = registry.get(&step.name)?.made(&aggregate)?;
        Holding::of(&aggregate, position, made)
    });
    Ok(held.collect())
}
