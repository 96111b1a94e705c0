//! The written form of what could be launched, and for how much.

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::{
    Catalogue, Image, ImageOwner, Listed, Offer, Origin, Region, Size, SshKey, SshKeyId,
};
use crate::domain::money::{Dollars, Price};
use crate::domain::time::Timestamp;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CatalogueRecord {
    regions: ListedRecord<RegionRecord>,
    sizes: ListedRecord<SizeRecord>,
    images: ListedRecord<ImageRecord>,
    domains: ListedRecord<String>,
    ssh_keys: ListedRecord<SshKeyRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ListedRecord<T> {
    items: Vec<T>,
    origin: OriginRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginRecord {
    Provider { read_at: i64 },
    Offline { why: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct RegionRecord {
    slug: String,
    name: String,
    available: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct SizeRecord {
    slug: String,
    family: String,
    /// For an hour and for a month, in millionths of a dollar.
    price: Option<[u64; 2]>,
    memory: u64,
    vcpus: u64,
    disk: u64,
    regions: Option<Vec<String>>,
    available: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct ImageRecord {
    reference: String,
    name: String,
    regions: Option<Vec<String>>,
    own: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct SshKeyRecord {
    id: u64,
    fingerprint: String,
    name: String,
}

impl From<&Catalogue> for CatalogueRecord {
    fn from(catalogue: &Catalogue) -> Self {
        let Catalogue { regions, sizes, images, domains, ssh_keys } = catalogue;
        Self {
            regions: written(regions, |region| RegionRecord {
                slug: region.slug.clone(),
                name: region.name.clone(),
                available: region.offer == Offer::Available,
            }),
            sizes: written(sizes, |size| SizeRecord {
                slug: size.slug.clone(),
                family: size.family.clone(),
                price: size
                    .price
                    .map(|Price { hourly, monthly }| [hourly, monthly].map(Dollars::millionths)),
                memory: size.memory,
                vcpus: size.vcpus,
                disk: size.disk,
                regions: size.regions.clone(),
                available: size.offer == Offer::Available,
            }),
            images: written(images, |image| ImageRecord {
                reference: image.reference.clone(),
                name: image.name.clone(),
                regions: image.regions.clone(),
                own: image.owner == ImageOwner::Account,
            }),
            domains: written(domains, Clone::clone),
            ssh_keys: written(ssh_keys, |key| SshKeyRecord {
                id: key.id.0,
                fingerprint: key.fingerprint.clone(),
                name: key.name.clone(),
            }),
        }
    }
}

impl From<CatalogueRecord> for Catalogue {
    fn from(record: CatalogueRecord) -> Self {
        let CatalogueRecord { regions, sizes, images, domains, ssh_keys } = record;
        Self {
            regions: read(regions, |RegionRecord { slug, name, available }| Region {
                slug,
                name,
                offer: offer(available),
            }),
            sizes: read(sizes, |size| Size {
                slug: size.slug,
                family: size.family,
                price: size.price.map(|price| {
                    let [hourly, monthly] = price.map(Dollars::of_millionths);
                    Price { hourly, monthly }
                }),
                memory: size.memory,
                vcpus: size.vcpus,
                disk: size.disk,
                regions: size.regions,
                offer: offer(size.available),
            }),
            images: read(images, |ImageRecord { reference, name, regions, own }| Image {
                reference,
                name,
                regions,
                owner: if own { ImageOwner::Account } else { ImageOwner::Provider },
            }),
            domains: read(domains, |domain| domain),
            ssh_keys: read(ssh_keys, |SshKeyRecord { id, fingerprint, name }| SshKey {
                id: SshKeyId(id),
                fingerprint,
                name,
            }),
        }
    }
}

fn offer(available: bool) -> Offer {
    if available { Offer::Available } else { Offer::Withdrawn }
}

fn written<T, R>(listed: &Listed<T>, item: impl Fn(&T) -> R) -> ListedRecord<R> {
    let origin = match &listed.origin {
        Origin::Provider { read_at } => OriginRecord::Provider { read_at: read_at.as_millis() },
        Origin::Offline { why } => OriginRecord::Offline { why: why.to_string() },
    };
    ListedRecord { items: listed.items.iter().map(item).collect(), origin }
}

fn read<T, R>(listed: ListedRecord<R>, item: impl Fn(R) -> T) -> Listed<T> {
    let origin = match listed.origin {
        OriginRecord::Provider { read_at } => {
            Origin::Provider { read_at: Timestamp::from_millis(read_at) }
        }
        OriginRecord::Offline { why } => Origin::Offline { why: why.into() },
    };
    Listed { items: listed.items.into_iter().map(item).collect(), origin }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::offline;

    #[test]
    fn a_catalogue_reads_back_as_it_was_written() {
        let catalogue = offline::because(&"no answer".into());
        let written = serde_json::to_string(&CatalogueRecord::from(&catalogue)).unwrap();
        let read: CatalogueRecord = serde_json::from_str(&written).unwrap();
        assert_eq!(Catalogue::from(read), catalogue);
    }
}
