//! What Arcadia needs of the outside: machines, names, and the books about them.
//!
//! Each trait is named for the need and kept small. Whether an error is worth another try is
//! decided where it is born, in [`ProviderError`], and so is whether the failed request may have
//! taken effect: nobody downstream reads status codes.

pub mod caller;
pub mod digitalocean;

use std::net::Ipv4Addr;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::catalogue::{Image, Region, Size, SshKey};
use crate::domain::failure::{Effect, Failure};
use crate::domain::resource::{Resource, ResourceKey, ResourceOwner};
use crate::domain::time::Timestamp;

/// Virtual machines.
#[async_trait]
pub trait Compute: Send + Sync {
    /// The provider's name, as the inventory records it.
    fn provider(&self) -> &'static str;

    /// Asks for one droplet. Never retried inside: whoever calls looks for its mark first.
    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError>;

    /// The droplet with this id, or `None` when there is none (404).
    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError>;

    /// Every droplet that carries `tag`, all pages of the listing.
    async fn droplets_tagged(&self, tag: &str) -> Result<Vec<Droplet>, ProviderError>;

    /// Asks to destroy a droplet. Only a later `None` from [`Compute::droplet`] proves it.
    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError>;

    /// The account behind the token: proves that the token works before anything is launched.
    async fn account(&self) -> Result<Account, ProviderError>;
}

/// Names that point to addresses.
#[async_trait]
pub trait Dns: Send + Sync {
    /// Every record of any type whose fully qualified name is `<name>.<domain>` (`@`: the apex).
    async fn records(&self, domain: &str, name: &str) -> Result<Vec<DnsRecord>, ProviderError>;

    /// The record with this id as it is now, or `None` when there is none (404). Unlike a listing,
    /// it does not lag.
    async fn record(&self, domain: &str, id: RecordId) -> Result<Option<DnsRecord>, ProviderError>;

    /// Adds an A record; a second one of the same name is not refused by providers.
    async fn create_record(
        &self,
        domain: &str,
        draft: &RecordDraft,
    ) -> Result<DnsRecord, ProviderError>;

    /// Writes an A record over the one with this id; `None` when there is none (404).
    async fn update_record(
        &self,
        domain: &str,
        id: RecordId,
        draft: &RecordDraft,
    ) -> Result<Option<DnsRecord>, ProviderError>;

    /// Removes the record with this id.
    async fn delete_record(&self, domain: &str, id: RecordId) -> Result<Removal, ProviderError>;
}

/// The books about machines. Every call is durable when it returns, and the same call twice
/// changes nothing the second time.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Makes the row, or brings it up to date; an owner already stamped stays.
    async fn upsert(&self, resource: Resource) -> Result<(), ProviderError>;

    /// Stamps the owner on a row; a row that is not there is a terminal error.
    async fn link(&self, key: &ResourceKey, owner: ResourceOwner) -> Result<(), ProviderError>;

    /// Takes the owner off; a row that is gone is fine.
    async fn unlink(&self, key: &ResourceKey) -> Result<(), ProviderError>;

    /// Removes the row; a row that is gone is fine.
    async fn remove(&self, key: &ResourceKey) -> Result<(), ProviderError>;
}

/// An account as a whole, for whoever compares it with the books. It only reads.
#[async_trait]
pub trait Estate: Send + Sync {
    /// Every droplet of the account, whoever made it, all pages of the listing.
    async fn droplets(&self) -> Result<Vec<PlacedDroplet>, ProviderError>;

    /// The names of the account's zones, without a trailing dot.
    async fn zones(&self) -> Result<Vec<String>, ProviderError>;

    /// Every record of a zone, of any type, all pages of the listing.
    async fn zone_records(&self, zone: &str) -> Result<Vec<DnsRecord>, ProviderError>;

    /// The account behind the token, and what the provider's clock showed: a provider that refuses
    /// the token still tells the time.
    async fn greet(&self) -> Greeting;
}

/// What the provider offers and what the account holds: the choices of a launch. It only reads.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Every region, closed ones included.
    async fn regions(&self) -> Result<Vec<Region>, ProviderError>;

    /// Every size, withdrawn ones included.
    async fn sizes(&self) -> Result<Vec<Size>, ProviderError>;

    /// The account's own images, and those of distributions.
    async fn images(&self) -> Result<Vec<Image>, ProviderError>;

    /// The names of the account's domains, without a trailing dot.
    async fn domains(&self) -> Result<Vec<String>, ProviderError>;

    /// The public keys of the account.
    async fn ssh_keys(&self) -> Result<Vec<SshKey>, ProviderError>;
}

/// A droplet's id at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DropletId(pub u64);

/// A record's id at the provider. Ids change when a record is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u64);

/// The droplet to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropletDraft {
    /// Its name; the provider does not keep names unique.
    pub name: String,
    /// Region slug.
    pub region: String,
    /// Size slug.
    pub size: String,
    /// Image slug.
    pub image: String,
    /// Ids or fingerprints of keys the provider knows.
    pub ssh_keys: Vec<String>,
    /// What cloud-init gets; at most 64 KiB.
    pub user_data: Option<String>,
    /// Our marks; part of the create request, so that they exist as soon as the droplet does.
    pub tags: Vec<String>,
}

/// A droplet as the provider describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Droplet {
    /// Its id.
    pub id: DropletId,
    /// Its name.
    pub name: String,
    /// Its life stage.
    pub status: DropletStatus,
    /// Its first public address; may come later than `active`.
    pub public_ipv4: Option<Ipv4Addr>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When the provider says it was made: RFC 3339, so texts compare as times do.
    pub created_at: String,
}

/// A droplet, and where and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedDroplet {
    /// The droplet.
    pub droplet: Droplet,
    /// Region slug, when the provider says it.
    pub region: Option<String>,
    /// Size slug, when the provider says it.
    pub size: Option<String>,
    /// What its image may be called in a request: the slug, which retired images lack, and the id.
    pub image: Vec<String>,
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
    /// Taken away by the provider.
    Archive,
}

/// What a request to remove something met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It was there, and the request was accepted.
    Accepted,
    /// It was not there (404).
    AlreadyGone,
}

/// A DNS record as the provider holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its id.
    pub id: RecordId,
    /// `A`, `AAAA`, `CNAME` and so on.
    pub kind: String,
    /// The name relative to the domain; `@` is the apex.
    pub name: String,
    /// The value: an address for an A record.
    pub data: String,
    /// Seconds that a resolver may keep it.
    pub ttl: u32,
}

/// An A record to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDraft {
    /// The name relative to the domain; `@` is the apex.
    pub name: String,
    /// The address, as text, so that a record found can be restored to the letter.
    pub data: String,
    /// Seconds that a resolver may keep it; at least 30 at `DigitalOcean`.
    pub ttl: u32,
}

/// The account behind a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub email: String,
    /// How many droplets it may have.
    pub droplet_limit: u64,
    /// `active`, `warning` or `locked`.
    pub status: String,
    /// The provider's words about that status.
    pub status_message: String,
}

/// The first words with a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Whose the token is, or why nobody says.
    pub account: Result<Account, ProviderError>,
    /// The provider's clock, when an answer carried its time.
    pub time: Option<ServerTime>,
}

/// What the provider's clock showed between two readings of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerTime {
    /// The `Date` header: whole seconds, cut off.
    pub shown: Timestamp,
    /// Our clock when the request was sent.
    pub asked: Timestamp,
    /// Our clock when the answer came.
    pub answered: Timestamp,
}

/// A provider said no, or said nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The same request may work later.
    #[error("{failure}")]
    Retryable {
        /// What happened.
        failure: Failure,
        /// How long the provider asks to wait, when it says so.
        after: Option<Duration>,
    },
    /// The same request will fail again.
    #[error("{failure}")]
    Terminal {
        /// What happened.
        failure: Failure,
    },
}

impl ProviderError {
    /// What happened.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::Retryable { failure, .. } | Self::Terminal { failure } => failure,
        }
    }

    /// Whether the request may have taken effect.
    pub fn effect(&self) -> Effect {
        self.failure().effect
    }
}
