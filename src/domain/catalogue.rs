//! What a provider offers and what the account holds there: the choices of a launch.
//!
//! Each list says where it comes from. When the provider cannot be asked, regions, sizes and images
//! come from a list that is a part of the program ([`offline`]); domains and keys are the account's
//! own, so nothing is known of them then.

use std::sync::Arc;

use crate::domain::money::Price;
use crate::domain::time::Timestamp;

pub mod offline;

/// The choices of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Where droplets can be made.
    pub regions: Listed<Region>,
    /// Of which kind.
    pub sizes: Listed<Size>,
    /// From what.
    pub images: Listed<Image>,
    /// The account's domains, without a trailing dot.
    pub domains: Listed<String>,
    /// The public keys that the account knows.
    pub ssh_keys: Listed<SshKey>,
}

/// A list, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// What it holds, in the provider's order.
    pub items: Vec<T>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The provider gave it.
    Provider {
        /// When.
        read_at: Timestamp,
    },
    /// The provider did not, so it is the program's own; empty where only the account would know.
    Offline {
        /// Why.
        why: Arc<str>,
    },
}

/// A place for droplets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What a request names it by.
    pub slug: String,
    /// What a person calls it.
    pub name: String,
    /// Whether droplets can be made there.
    pub offer: Offer,
}

/// A kind of droplet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// What a request names it by.
    pub slug: String,
    /// What the provider calls the family.
    pub family: String,
    /// What it costs; `None` when that is not known.
    pub price: Option<Price>,
    /// MiB of memory.
    pub memory: u64,
    /// Virtual processors.
    pub vcpus: u64,
    /// GiB of disk.
    pub disk: u64,
    /// Slugs of the regions that have it; `None` when nobody said.
    pub regions: Option<Vec<String>>,
    /// Whether it can be had at all.
    pub offer: Offer,
}

/// What a droplet starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What a request names it by: its slug, or the id of an image that has none.
    pub reference: String,
    /// What a person calls it.
    pub name: String,
    /// Slugs of the regions that have it; `None` when nobody said.
    pub regions: Option<Vec<String>>,
    /// Whose it is.
    pub owner: ImageOwner,
}

/// Whose an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageOwner {
    /// The provider's.
    Provider,
    /// The account's own snapshot, backup or upload.
    Account,
}

/// A public key that the account knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// Its id.
    pub id: SshKeyId,
    /// Its MD5 fingerprint.
    pub fingerprint: String,
    /// What its owner calls it.
    pub name: String,
}

/// A key's id at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SshKeyId(pub u64);

/// Whether something can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It can.
    Available,
    /// It is listed, and refused.
    Withdrawn,
}

impl Catalogue {
    /// The size of this name.
    pub fn size(&self, slug: &str) -> Option<&Size> {
        self.sizes.items.iter().find(|size| size.slug == slug)
    }

    /// What a droplet of this size costs; `None` when that is not known.
    pub fn price(&self, size: &str) -> Option<Price> {
        self.size(size)?.price
    }
}

impl<T> Listed<T> {
    /// A list that the provider gave.
    pub fn read(items: Vec<T>, read_at: Timestamp) -> Self {
        Self { items, origin: Origin::Provider { read_at } }
    }

    /// Why the provider did not give it, if it did not.
    pub fn why_offline(&self) -> Option<&str> {
        match &self.origin {
            Origin::Provider { .. } => None,
            Origin::Offline { why } => Some(why),
        }
    }
}

/// Whether something that these regions have can be had in `region`; nobody said is yes.
pub fn is_in(regions: Option<&[String]>, region: &str) -> bool {
    regions.is_none_or(|regions| region.is_empty() || regions.iter().any(|slug| slug == region))
}
