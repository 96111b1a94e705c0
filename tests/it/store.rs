//! The read model: who holds a name, and until when.

use std::sync::Arc;

use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::spec::{DeploymentSpec, DnsName};
use arcadia::domain::summary::{Standing, Summary};
use arcadia::store::{Names, Store};

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
        let names = names("web", None);
        store.take_names(&names, holder.deployment).unwrap();
        store.put(Arc::new(Summary { state, standing, ..holder.clone() }));
        let taken = store.take_names(&names, DeploymentId::from_u128(2));
        let expected = if holds { Err(("acme/web".to_owned(), holder.deployment)) } else { Ok(()) };
        assert_eq!(taken, expected, "{state:?} {standing:?}");
    }
}

#[test]
fn a_name_is_given_back_only_by_the_deployment_that_has_it() {
    let store = Store::default();
    let names = names("web", None);
    let (first, second) = (DeploymentId::from_u128(1), DeploymentId::from_u128(2));
    store.take_names(&names, first).unwrap();
    store.release_names(&names, second);
    assert_eq!(store.take_names(&names, second), Err(("acme/web".to_owned(), first)));
    store.release_names(&names, first);
    assert_eq!(store.take_names(&names, second), Ok(()));
}

#[test]
fn two_deployments_never_share_a_dns_name_and_a_refused_one_takes_nothing() {
    let store = Store::default();
    let (first, second) = (DeploymentId::from_u128(1), DeploymentId::from_u128(2));
    store.take_names(&names("web", Some("www")), first).unwrap();
    let taken = store.take_names(&names("shop", Some("www")), second);
    assert_eq!(taken, Err(("www.acme.example".to_owned(), first)));
    assert_eq!(store.take_names(&names("shop", Some("shop")), second), Ok(()));
}

fn names(slug: &str, dns: Option<&str>) -> Names {
    let dns = dns.map(|name| DnsName { domain: "acme.example".to_owned(), name: name.to_owned() });
    Names::of(&DeploymentSpec { slug: slug.to_owned(), dns, ..DeploymentSpec::example() })
}
