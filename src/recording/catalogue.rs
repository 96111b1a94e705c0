//! The written form of what can be launched.

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::{
    Catalogue, Image, ImageOwner, Listed, Offer, Origin, Region, Size, SshKey, SshKeyId,
};
use crate::domain::money::{Dollars, Price};
use crate::domain::time::Timestamp;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CatalogueRecord {
    regions: ListRecord<RegionRecord>,
    sizes: ListRecord<SizeRecord>,
    images: ListRecord<ImageRecord>,
    domains: ListRecord<String>,
    ssh_keys: ListRecord<KeyRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ListRecord<T> {
    origin: OriginRecord,
    items: Vec<T>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginRecord {
    ReadAt(i64),
    Offline(String),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OfferRecord {
    Available,
    Withdrawn,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OwnerRecord {
    Provider,
    Account,
}

/// Slug, name, offer.
#[derive(Debug, Serialize, Deserialize)]
struct RegionRecord(String, String, OfferRecord);

#[derive(Debug, Serialize, Deserialize)]
struct SizeRecord {
    slug: String,
    family: String,
    /// Millionths of a dollar for an hour and for a month.
    price: Option<(u64, u64)>,
    memory: u64,
    vcpus: u64,
    disk: u64,
    regions: Option<Vec<String>>,
    offer: OfferRecord,
}

#[derive(Debug, Serialize, Deserialize)]
struct ImageRecord {
    reference: String,
    name: String,
    regions: Option<Vec<String>>,
    owner: OwnerRecord,
}

/// Id, fingerprint, name.
#[derive(Debug, Serialize, Deserialize)]
struct KeyRecord(u64, String, String);

impl<T> ListRecord<T> {
    fn of<I>(listed: &Listed<I>, written: impl Fn(&I) -> T) -> Self {
        let origin = match &listed.origin {
            Origin::Provider { read_at } => OriginRecord::ReadAt(read_at.as_millis()),
            Origin::Offline { why } => OriginRecord::Offline(why.to_string()),
        };
        Self { origin, items: listed.items.iter().map(written).collect() }
    }

    fn listed<I>(self, read: impl Fn(T) -> I) -> Listed<I> {
        let origin = match self.origin {
            OriginRecord::ReadAt(at) => Origin::Provider { read_at: Timestamp::from_millis(at) },
            OriginRecord::Offline(why) => Origin::Offline { why: why.into() },
        };
        Listed { items: self.items.into_iter().map(read).collect(), origin }
    }
}

impl From<Offer> for OfferRecord {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::Available => Self::Available,
            Offer::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<OfferRecord> for Offer {
    fn from(offer: OfferRecord) -> Self {
        match offer {
            OfferRecord::Available => Self::Available,
            OfferRecord::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<&Catalogue> for CatalogueRecord {
    fn from(catalogue: &Catalogue) -> Self {
        let price = |price: Price| (price.hourly.millionths(), price.monthly.millionths());
        Self {
            regions: ListRecord::of(&catalogue.regions, |region| {
                RegionRecord(region.slug.clone(), region.name.clone(), region.offer.into())
            }),
            sizes: ListRecord::of(&catalogue.sizes, |size| SizeRecord {
                slug: size.slug.clone(),
                family: size.family.clone(),
                price: size.price.map(price),
                memory: size.memory,
                vcpus: size.vcpus,
                disk: size.disk,
                regions: size.regions.clone(),
                offer: size.offer.into(),
            }),
            images: ListRecord::of(&catalogue.images, |image| ImageRecord {
                reference: image.reference.clone(),
                name: image.name.clone(),
                regions: image.regions.clone(),
                owner: match image.owner {
                    ImageOwner::Provider => OwnerRecord::Provider,
                    ImageOwner::Account => OwnerRecord::Account,
                },
            }),
            domains: ListRecord::of(&catalogue.domains, Clone::clone),
            ssh_keys: ListRecord::of(&catalogue.ssh_keys, |key| {
                KeyRecord(key.id.0, key.fingerprint.clone(), key.name.clone())
            }),
        }
    }
}

impl From<CatalogueRecord> for Catalogue {
    fn from(record: CatalogueRecord) -> Self {
        let price = |(hourly, monthly)| Price {
            hourly: Dollars::of_millionths(hourly),
            monthly: Dollars::of_millionths(monthly),
        };
        Self {
            regions: record.regions.listed(|RegionRecord(slug, name, offer)| Region {
                slug,
                name,
                offer: offer.into(),
            }),
            sizes: record.sizes.listed(|size| Size {
                slug: size.slug,
                family: size.family,
                price: size.price.map(price),
                memory: size.memory,
                vcpus: size.vcpus,
                disk: size.disk,
                regions: size.regions,
                offer: size.offer.into(),
            }),
            images: record.images.listed(|image| Image {
                reference: image.reference,
                name: image.name,
                regions: image.regions,
                owner: match image.owner {
                    OwnerRecord::Provider => ImageOwner::Provider,
                    OwnerRecord::Account => ImageOwner::Account,
                },
            }),
            domains: record.domains.listed(|name| name),
            ssh_keys: record.ssh_keys.listed(|KeyRecord(id, fingerprint, name)| SshKey {
                id: SshKeyId(id),
                fingerprint,
                name,
            }),
        }
    }
}
