//! The written form of a change in the inventory.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::domain::resource::{Resource, ResourceEvent, ResourceKey, ResourceOwner, ResourceSpec};
use crate::domain::time::Timestamp;
use crate::journal::record::malformed::Malformed;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResourceEventRecord {
    Discovered(ResourceRecord),
    Linked { key: KeyRecord, owner: OwnerRecord },
    Unlinked { key: KeyRecord },
    Removed { key: KeyRecord },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResourceRecord {
    key: KeyRecord,
    name: String,
    region: String,
    size: String,
    image: String,
    ipv4: Ipv4Addr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerRecord>,
    discovered_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    provider: String,
    id: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OwnerRecord {
    deployment: String,
    tenant: String,
}

impl From<&ResourceEvent> for ResourceEventRecord {
    fn from(event: &ResourceEvent) -> Self {
        match event {
            ResourceEvent::Discovered(resource) => Self::Discovered(resource.into()),
            ResourceEvent::Linked { key, owner } => {
                Self::Linked { key: key.into(), owner: owner.into() }
            }
            ResourceEvent::Unlinked { key } => Self::Unlinked { key: key.into() },
            ResourceEvent::Removed { key } => Self::Removed { key: key.into() },
        }
    }
}

impl TryFrom<ResourceEventRecord> for ResourceEvent {
    type Error = Malformed;

    fn try_from(record: ResourceEventRecord) -> Result<Self, Malformed> {
        Ok(match record {
            ResourceEventRecord::Discovered(resource) => Self::Discovered(resource.try_into()?),
            ResourceEventRecord::Linked { key, owner } => {
                Self::Linked { key: key.into(), owner: owner.try_into()? }
            }
            ResourceEventRecord::Unlinked { key } => Self::Unlinked { key: key.into() },
            ResourceEventRecord::Removed { key } => Self::Removed { key: key.into() },
        })
    }
}

impl From<&Resource> for ResourceRecord {
    fn from(resource: &Resource) -> Self {
        Self {
            key: (&resource.key).into(),
            name: resource.name.clone(),
            region: resource.spec.region.clone(),
            size: resource.spec.size.clone(),
            image: resource.spec.image.clone(),
            ipv4: resource.ipv4,
            owner: resource.owner.as_ref().map(OwnerRecord::from),
            discovered_at: resource.discovered_at.as_millis(),
        }
    }
}

impl TryFrom<ResourceRecord> for Resource {
    type Error = Malformed;

    fn try_from(record: ResourceRecord) -> Result<Self, Malformed> {
        Ok(Self {
            key: record.key.into(),
            name: record.name,
            spec: ResourceSpec { region: record.region, size: record.size, image: record.image },
            ipv4: record.ipv4,
            owner: record.owner.map(ResourceOwner::try_from).transpose()?,
            discovered_at: Timestamp::from_millis(record.discovered_at),
        })
    }
}

impl From<&ResourceKey> for KeyRecord {
    fn from(key: &ResourceKey) -> Self {
        Self { provider: key.provider.clone(), id: key.provider_id.clone() }
    }
}

impl From<KeyRecord> for ResourceKey {
    fn from(record: KeyRecord) -> Self {
        Self { provider: record.provider, provider_id: record.id }
    }
}

impl From<&ResourceOwner> for OwnerRecord {
    fn from(owner: &ResourceOwner) -> Self {
        Self { deployment: owner.deployment.to_string(), tenant: owner.tenant.clone() }
    }
}

impl TryFrom<OwnerRecord> for ResourceOwner {
    type Error = Malformed;

    fn try_from(record: OwnerRecord) -> Result<Self, Malformed> {
        Ok(Self { deployment: record.deployment.parse()?, tenant: record.tenant })
    }
}
