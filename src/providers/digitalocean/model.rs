//! The provider's JSON, only the fields that are used.
//!
//! Read leniently (lists and strings may be absent or null, numbers may be whole, the private
//! network's gateway is not looked at), except where a guess could do harm: an unknown status of a
//! droplet does not parse. Written strictly: nothing is sent that the description does not name.

use std::net::Ipv4Addr;
use std::num::NonZeroU64;

use serde::{Deserialize, Deserializer, Serialize};

use crate::providers::{
    Account, DnsRecord, Droplet, DropletDraft, DropletId, DropletStatus, PlacedDroplet,
    RecordDraft, RecordId,
};

/// The time to live of a record that does not name one.
const DEFAULT_TTL: u32 = 1800;

/// `POST /v2/droplets`.
#[derive(Serialize)]
pub(super) struct DropletBody<'a> {
    name: &'a str,
    region: &'a str,
    size: &'a str,
    image: Reference<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh_keys: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data: Option<&'a str>,
    tags: &'a [String],
}

/// `POST` and `PUT` of a record; `type` is required in both.
#[derive(Serialize)]
pub(super) struct RecordBody<'a> {
    r#type: &'static str,
    name: &'a str,
    data: &'a str,
    ttl: u32,
}

#[derive(Deserialize)]
pub(super) struct DropletAnswer {
    pub(super) droplet: DropletRow,
}

#[derive(Deserialize)]
pub(super) struct RecordAnswer {
    pub(super) domain_record: RecordRow,
}

#[derive(Deserialize)]
pub(super) struct AccountAnswer {
    pub(super) account: AccountRow,
}

#[derive(Deserialize)]
pub(super) struct DropletRow {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    name: String,
    status: StatusRow,
    networks: Option<NetworksRow>,
    tags: Option<Vec<String>>,
    created_at: Option<String>,
}

/// A droplet with where and what it is, which no saga asks about.
#[derive(Deserialize)]
pub(super) struct PlacedRow {
    #[serde(flatten)]
    droplet: DropletRow,
    region: Option<SlugRow>,
    size_slug: Option<String>,
    image: Option<ImageRow>,
}

#[derive(Deserialize)]
struct SlugRow {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct ImageRow {
    id: Option<u64>,
    slug: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RecordRow {
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
    r#type: String,
    name: String,
    pub(super) data: Option<String>,
    ttl: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct AccountRow {
    email: String,
    droplet_limit: u64,
    status: String,
    status_message: Option<String>,
}

/// An id where the text is a number, a slug or a fingerprint where it is not.
#[derive(Serialize)]
#[serde(untagged)]
enum Reference<'a> {
    Id(u64),
    Text(&'a str),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusRow {
    New,
    Active,
    Off,
    Archive,
}

#[derive(Deserialize)]
struct NetworksRow {
    v4: Option<Vec<NetworkRow>>,
}

#[derive(Deserialize)]
struct NetworkRow {
    ip_address: Option<String>,
    r#type: Option<String>,
}

/// An id; the description says that the least is 1.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    NonZeroU64::deserialize(deserializer).map(NonZeroU64::get)
}

impl<'a> From<&'a DropletDraft> for DropletBody<'a> {
    fn from(draft: &'a DropletDraft) -> Self {
        Self {
            name: &draft.name,
            region: &draft.region,
            size: &draft.size,
            image: Reference::from(draft.image.as_str()),
            ssh_keys: draft.ssh_keys.iter().map(|key| Reference::from(key.as_str())).collect(),
            user_data: draft.user_data.as_deref(),
            tags: &draft.tags,
        }
    }
}

impl<'a> RecordBody<'a> {
    /// An A record under its relative name.
    pub(super) fn address(name: &'a str, draft: &'a RecordDraft) -> Self {
        Self { r#type: "A", name, data: &draft.data, ttl: draft.ttl }
    }
}

impl<'a> From<&'a str> for Reference<'a> {
    fn from(text: &'a str) -> Self {
        text.parse().map_or(Self::Text(text), Self::Id)
    }
}

impl DropletRow {
    pub(super) fn carries(&self, tag: &str) -> bool {
        carries(self.tags.as_deref().unwrap_or_default(), tag)
    }
}

/// Whether a tag is among these; the provider keeps the capitalisation of its first use.
pub(super) fn carries(tags: &[String], tag: &str) -> bool {
    tags.iter().any(|carried| carried.eq_ignore_ascii_case(tag))
}

impl From<DropletRow> for Droplet {
    fn from(row: DropletRow) -> Self {
        Self {
            id: DropletId(row.id),
            name: row.name,
            status: match row.status {
                StatusRow::New => DropletStatus::New,
                StatusRow::Active => DropletStatus::Active,
                StatusRow::Off => DropletStatus::Off,
                StatusRow::Archive => DropletStatus::Archive,
            },
            public_ipv4: row.networks.and_then(NetworksRow::public_address),
            tags: row.tags.unwrap_or_default(),
            created_at: row.created_at.unwrap_or_default(),
        }
    }
}

impl From<PlacedRow> for PlacedDroplet {
    fn from(row: PlacedRow) -> Self {
        let image = row
            .image
            .map(|image| image.slug.into_iter().chain(image.id.map(|id| id.to_string())).collect());
        Self {
            droplet: row.droplet.into(),
            region: row.region.and_then(|region| region.slug),
            size: row.size_slug,
            image: image.unwrap_or_default(),
        }
    }
}

impl NetworksRow {
    /// The first public address; an empty one has not been given yet.
    fn public_address(self) -> Option<Ipv4Addr> {
        self.v4
            .into_iter()
            .flatten()
            .find(|network| network.r#type.as_deref() == Some("public"))
            .and_then(|network| network.ip_address?.parse().ok())
    }
}

impl From<RecordRow> for DnsRecord {
    fn from(row: RecordRow) -> Self {
        Self {
            id: RecordId(row.id),
            kind: row.r#type,
            name: row.name,
            data: row.data.unwrap_or_default(),
            ttl: row.ttl.unwrap_or(DEFAULT_TTL),
        }
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            email: row.email,
            droplet_limit: row.droplet_limit,
            status: row.status,
            status_message: row.status_message.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn droplet(networks: &Value) -> Droplet {
        let row = json!({
            "id": 7, "name": "dep-web", "status": "active", "networks": networks,
            "tags": ["managed-by-arcadia"], "created_at": "2024-01-01T00:00:00Z",
            "size": {"price_monthly": 6}, "next_backup_window": null,
        });
        serde_json::from_value::<DropletRow>(row).unwrap().into()
    }

    #[test]
    fn the_public_address_is_found_behind_a_private_network_with_a_senseless_gateway() {
        for gateway in [json!("nil"), json!(""), json!(null)] {
            let networks = json!({"v4": [
                {"ip_address": "10.0.0.2", "gateway": gateway, "type": "private"},
                {"ip_address": "203.0.113.9", "gateway": "203.0.113.1", "type": "public"},
                {"ip_address": "203.0.113.10", "type": "public"},
            ], "v6": []});
            assert_eq!(droplet(&networks).public_ipv4, Some(Ipv4Addr::new(203, 0, 113, 9)));
        }
    }

    #[test]
    fn a_droplet_without_a_public_address_has_none() {
        let without = [
            json!(null),
            json!({}),
            json!({"v4": null}),
            json!({"v4": [], "v6": []}),
            json!({"v4": [{"ip_address": "10.0.0.2", "type": "private"}]}),
            json!({"v4": [{"ip_address": "", "type": "public"}]}),
        ];
        for networks in without {
            assert_eq!(droplet(&networks).public_ipv4, None, "{networks}");
        }
    }

    #[test]
    fn an_unknown_status_does_not_parse() {
        let row = json!({"id": 7, "name": "dep-web", "status": "melted"});
        assert!(serde_json::from_value::<DropletRow>(row).is_err());
    }

    #[test]
    fn a_record_may_lack_what_does_not_apply_to_it() {
        let row =
            json!({"id": 3, "type": "NS", "name": "@", "data": null, "ttl": null, "port": null});
        let record = DnsRecord::from(serde_json::from_value::<RecordRow>(row).unwrap());
        assert_eq!((record.data.as_str(), record.ttl), ("", 1800));
    }

    #[test]
    fn ids_are_sent_as_numbers_and_slugs_as_text() {
        let draft = DropletDraft {
            name: "dep-web".to_owned(),
            region: "syd1".to_owned(),
            size: "s-1vcpu-1gb".to_owned(),
            image: "ubuntu-24-04-x64".to_owned(),
            ssh_keys: vec!["512190".to_owned(), "3b:16:bf:e4".to_owned()],
            user_data: None,
            tags: vec!["managed-by-arcadia".to_owned()],
        };
        let expected = json!({
            "name": "dep-web", "region": "syd1", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64",
            "ssh_keys": [512_190, "3b:16:bf:e4"], "tags": ["managed-by-arcadia"],
        });
        assert_eq!(serde_json::to_value(DropletBody::from(&draft)).unwrap(), expected);
    }
}
