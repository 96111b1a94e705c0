//! The written form of what a launch asked for.

use serde::{Deserialize, Serialize};

use crate::domain::spec::{DeploymentSpec, DnsName};

#[derive(Serialize, Deserialize)]
pub(super) struct SpecRecord {
    tenant: String,
    slug: String,
    display_name: String,
    region: String,
    size: String,
    image: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dns: Option<DnsRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ssh_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_data: Option<String>,
    droplet_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    triggered_by: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct DnsRecord {
    domain: String,
    name: String,
}

impl From<&DeploymentSpec> for SpecRecord {
    fn from(spec: &DeploymentSpec) -> Self {
        Self {
            tenant: spec.tenant.clone(),
            slug: spec.slug.clone(),
            display_name: spec.display_name.clone(),
            region: spec.region.clone(),
            size: spec.size.clone(),
            image: spec.image.clone(),
            dns: spec
                .dns
                .as_ref()
                .map(|dns| DnsRecord { domain: dns.domain.clone(), name: dns.name.clone() }),
            ssh_keys: spec.ssh_keys.clone(),
            user_data: spec.user_data.clone(),
            droplet_name: spec.droplet_name.clone(),
            triggered_by: spec.triggered_by.clone(),
        }
    }
}

impl From<SpecRecord> for DeploymentSpec {
    fn from(record: SpecRecord) -> Self {
        Self {
            tenant: record.tenant,
            slug: record.slug,
            display_name: record.display_name,
            region: record.region,
            size: record.size,
            image: record.image,
            dns: record.dns.map(|dns| DnsName { domain: dns.domain, name: dns.name }),
            ssh_keys: record.ssh_keys,
            user_data: record.user_data,
            droplet_name: record.droplet_name,
            triggered_by: record.triggered_by,
        }
    }
}
