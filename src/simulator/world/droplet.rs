//! One droplet: what is asked for, what is on the books, what is seen at a moment.
//!
//! The books hold moments, not states. What a droplet looks like follows from them and from the
//! time at which one looks, so nothing has to tick.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::ids::{ActionId, DropletId, ImageId, KeyId};
use crate::simulator::world::{addresses, millis};

/// What a create request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDroplet {
    /// Its name; two droplets may have the same.
    pub name: String,
    /// A region's slug or the beginning of one; `None` leaves the choice to the cloud.
    pub region: Option<String>,
    /// A size's slug.
    pub size: String,
    /// The image.
    pub image: ImageRef,
    /// Numbers or fingerprints of keys of the account.
    pub ssh_keys: Vec<String>,
    /// Tags, made when they do not exist.
    pub tags: Vec<String>,
    /// What cloud-init gets.
    pub user_data: Option<String>,
    /// The network to join; `None` is the region's default one.
    pub vpc_uuid: Option<String>,
    /// Whether it gets a public address.
    pub networking: Networking,
    /// What else is switched on.
    pub features: BTreeSet<Feature>,
}

/// How an image is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageRef {
    /// By slug.
    Slug(String),
    /// By number.
    Id(ImageId),
}

/// Whether a droplet is reachable from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Networking {
    /// It gets a public address some time after it is active.
    Public,
    /// It never gets one.
    PrivateOnly,
}

/// An option of a droplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Automatic backups.
    Backups,
    /// An IPv6 address.
    Ipv6,
    /// The monitoring agent.
    Monitoring,
    /// The agent of the web console.
    DropletAgent,
    /// A private interface; every droplet has one.
    PrivateNetworking,
}

/// A droplet as it is seen at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Droplet {
    /// Its number.
    pub id: DropletId,
    /// Its name.
    pub name: String,
    /// Its life stage.
    pub status: DropletStatus,
    /// Whether an event is in progress.
    pub lock: Lock,
    /// Its region's slug.
    pub region: String,
    /// Its size's slug.
    pub size: String,
    /// Its image.
    pub image: ImageId,
    /// Its tags in their canonical capitalisation.
    pub tags: Vec<String>,
    /// Its options.
    pub features: BTreeSet<Feature>,
    /// The network it is in.
    pub vpc_uuid: String,
    /// Its address in that network, once active.
    pub private_ipv4: Option<Ipv4Addr>,
    /// Its public address, which may come later than `active`.
    pub public_ipv4: Option<Ipv4Addr>,
    /// Its public IPv6 address, when asked for.
    pub public_ipv6: Option<Ipv6Addr>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The event that made it.
    pub create_action: ActionId,
}

/// A droplet's life stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropletStatus {
    /// Being made.
    New,
    /// Running.
    Active,
    /// Made, and powered off.
    Off,
}

/// Whether a droplet takes a further event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// It does.
    Free,
    /// An event is in progress.
    Busy,
}

/// Whether a droplet is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Power {
    On,
    Off,
}

/// A droplet on the books.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DropletRow {
    pub(super) id: DropletId,
    pub(super) name: String,
    pub(super) region: String,
    pub(super) size: String,
    pub(super) image: ImageId,
    pub(super) tags: Vec<String>,
    pub(super) features: BTreeSet<Feature>,
    pub(super) ssh_keys: Vec<KeyId>,
    pub(super) user_data: Option<String>,
    pub(super) vpc_uuid: String,
    pub(super) public_ipv4: Option<Ipv4Addr>,
    pub(super) create_action: ActionId,
    #[serde(with = "millis")]
    pub(super) created_at: Timestamp,
    #[serde(with = "millis")]
    pub(super) active_at: Timestamp,
    #[serde(with = "millis")]
    pub(super) address_at: Timestamp,
    /// What became of the power after `active_at`, the oldest change first.
    pub(super) power: Vec<PowerChange>,
    /// Its destruction, once asked for.
    pub(super) departure: Option<Departure>,
}

/// The power is asked for at one moment and changes at a later one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PowerChange {
    #[serde(with = "millis")]
    pub(super) asked_at: Timestamp,
    #[serde(with = "millis")]
    pub(super) at: Timestamp,
    pub(super) power: Power,
}

/// A destruction is asked for at one moment and takes effect at a later one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Departure {
    #[serde(with = "millis")]
    pub(super) asked_at: Timestamp,
    #[serde(with = "millis")]
    pub(super) at: Timestamp,
}

impl NewDroplet {
    /// A public droplet of this name, size and image slug, and nothing else asked for.
    pub fn named(name: &str, size: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: None,
            size: size.to_owned(),
            image: ImageRef::Slug(image.to_owned()),
            ssh_keys: Vec::new(),
            tags: Vec::new(),
            user_data: None,
            vpc_uuid: None,
            networking: Networking::Public,
            features: BTreeSet::from([Feature::DropletAgent]),
        }
    }
}

impl Feature {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backups => "backups",
            Self::Ipv6 => "ipv6",
            Self::Monitoring => "monitoring",
            Self::DropletAgent => "droplet_agent",
            Self::PrivateNetworking => "private_networking",
        }
    }
}

impl DropletStatus {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::Off => "off",
        }
    }
}

impl DropletRow {
    /// What is seen at `moment`: nothing before it was asked for and after it is gone.
    pub(super) fn at(&self, moment: Timestamp) -> Option<Droplet> {
        if moment < self.created_at || self.is_gone(moment) {
            return None;
        }
        let status = self.status(moment);
        let up = status != DropletStatus::New;
        Some(Droplet {
            id: self.id,
            name: self.name.clone(),
            status,
            lock: if self.has_pending_event(moment) { Lock::Busy } else { Lock::Free },
            region: self.region.clone(),
            size: self.size.clone(),
            image: self.image,
            tags: self.tags.clone(),
            features: self.features.clone(),
            vpc_uuid: self.vpc_uuid.clone(),
            private_ipv4: up.then(|| addresses::private(self.id)),
            public_ipv4: self.public_ipv4.filter(|_| moment >= self.address_at),
            public_ipv6: (moment >= self.address_at && self.features.contains(&Feature::Ipv6))
                .then(|| addresses::public_v6(self.id)),
            created_at: self.created_at,
            create_action: self.create_action,
        })
    }

    pub(super) fn is_gone(&self, moment: Timestamp) -> bool {
        self.departure.as_ref().is_some_and(|departure| departure.at <= moment)
    }

    /// Being made, being destroyed, or on the way to another power state.
    pub(super) fn has_pending_event(&self, moment: Timestamp) -> bool {
        let leaving = |departure: &Departure| departure.asked_at <= moment;
        let switching = |change: &PowerChange| change.asked_at <= moment && moment < change.at;
        moment < self.active_at
            || self.departure.as_ref().is_some_and(leaving)
            || self.power.iter().any(switching)
    }

    fn status(&self, moment: Timestamp) -> DropletStatus {
        if moment < self.active_at {
            return DropletStatus::New;
        }
        let power = self.power.iter().rev().find(|change| change.at <= moment);
        match power.map_or(Power::On, |change| change.power) {
            Power::On => DropletStatus::Active,
            Power::Off => DropletStatus::Off,
        }
    }
}
