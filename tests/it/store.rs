//! The read model: who holds a name, and until when.

use std::sync::Arc;

use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::summary::{Standing, Summary};
use arcadia::store::Store;

use crate::journal_contract::row;

#[test]
fn a_name_is_free_when_nothing_of_its_deployment_is_left_or_watched_over() {
    for (state, standing, holds) in [
        (DeploymentState::Provisioning, Standing::Running, true),
        (DeploymentState::Active, Standing::Active, true),
        (DeploymentState::Paused, Standing::Active, true),
        (DeploymentState::Active, Standing::NeedsYou, true),
        (DeploymentState::Cancelled, Standing::RollingBack, true),
        (DeploymentState::Cancelled, Standing::NeedsYou, true),
        (DeploymentState::Cancelled, Standing::RolledBack, false),
        (DeploymentState::Archived, Standing::RolledBack, false),
        (DeploymentState::Active, Standing::Abandoned, false),
        (DeploymentState::Cancelled, Standing::Abandoned, false),
    ] {
        let store = Store::default();
        let holder = row(1, SagaId::from_u128(1), "");
        let (tenant, slug) = (holder.tenant.clone(), holder.slug.clone());
        store.take_name(&tenant, &slug, holder.deployment).unwrap();
        store.put(Arc::new(Summary { state, standing, ..holder.clone() }));
        let taken = store.take_name(&tenant, &slug, DeploymentId::from_u128(2));
        let expected = if holds { Err(holder.deployment) } else { Ok(()) };
        assert_eq!(taken, expected, "{state:?} {standing:?}");
    }
}

#[test]
fn a_name_is_given_back_only_by_the_deployment_that_has_it() {
    let store = Store::default();
    let (first, second) = (DeploymentId::from_u128(1), DeploymentId::from_u128(2));
    store.take_name("acme", "web", first).unwrap();
    store.release_name("acme", "web", second);
    assert_eq!(store.take_name("acme", "web", second), Err(first));
    store.release_name("acme", "web", first);
    assert_eq!(store.take_name("acme", "web", second), Ok(()));
}
