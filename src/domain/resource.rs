//! What a deployment occupies at a provider, as the inventory records it.
//!
//! A resource is keyed by (provider, provider id): registering it twice is registering it once.

use std::net::Ipv4Addr;

use crate::domain::id::DeploymentId;
use crate::domain::time::Timestamp;

/// Names one resource: which provider, and that provider's own id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKey {
    /// The provider's name, such as `digitalocean`.
    pub provider: String,
    /// The provider's id, as text.
    pub provider_id: String,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSpec {
    /// The provider's slug of the region.
    pub region: String,
    /// The provider's slug of the size.
    pub size: String,
    /// The provider's slug of the image.
    pub image: String,
}

/// One row of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its key.
    pub key: ResourceKey,
    /// Its name at the provider.
    pub name: String,
    /// What was asked for.
    pub spec: ResourceSpec,
    /// Its public address.
    pub ipv4: Ipv4Addr,
    /// Whose it is, once linked.
    pub owner: Option<ResourceOwner>,
    /// When it was discovered.
    pub discovered_at: Timestamp,
}

/// The deployment and tenant stamped on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceOwner {
    /// The deployment that occupies it.
    pub deployment: DeploymentId,
    /// The tenant who pays for it.
    pub tenant: String,
}

/// A change in the inventory: the row changes and the audit trail grows by the same fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceEvent {
    /// The row was made or brought up to date.
    Discovered(Resource),
    /// The row was stamped with its owner.
    Linked {
        /// Which row.
        key: ResourceKey,
        /// Whose it is from here on.
        owner: ResourceOwner,
    },
    /// The stamp was taken off.
    Unlinked {
        /// Which row.
        key: ResourceKey,
    },
    /// The row was removed; the fact stays as its tombstone.
    Removed {
        /// Which row.
        key: ResourceKey,
    },
}

impl ResourceEvent {
    /// The row that changed.
    pub fn key(&self) -> &ResourceKey {
        match self {
            Self::Discovered(resource) => &resource.key,
            Self::Linked { key, .. } | Self::Unlinked { key } | Self::Removed { key } => key,
        }
    }
}
