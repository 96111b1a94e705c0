//! What the tests of this module are made of: `acme/web`, its droplet 1 at 203.0.113.7, and the name
//! `web.acme.example` that record 11 points at it.

use std::collections::BTreeMap;

use crate::doctor::books::{Books, Claim, Entry, Ownership};
use crate::doctor::cloud::{Listing, Looks, suspects};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::resource::{Resource, ResourceKey, ResourceOwner, ResourceSpec};
use crate::domain::spec::DnsName;
use crate::domain::summary::Standing;
use crate::domain::time::Timestamp;
use crate::providers::{
    DnsRecord, Droplet, DropletId, DropletStatus, PlacedDroplet, RecordDraft, RecordId,
};
use crate::steps::Marks;

pub(super) const SAGA: SagaId = SagaId::from_u128(1);
pub(super) const ADDRESS: &str = "203.0.113.7";
pub(super) const ZONE: &str = "acme.example";

/// An active droplet with these tags at this address.
pub(crate) fn droplet(id: u64, tags: &[&str], address: &str) -> Droplet {
    Droplet {
        id: DropletId(id),
        name: "dep-web".to_owned(),
        status: DropletStatus::Active,
        public_ipv4: Some(address.parse().unwrap()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}

/// An active droplet of this saga.
pub(super) fn marked(id: u64, saga: SagaId, address: &str) -> Droplet {
    droplet(id, &[Marks::MANAGED, &Marks::saga_tag(saga)], address)
}

/// The deployment, owned like this, which found these addresses under its name.
pub(super) fn entry(ownership: Ownership, found: &[&str]) -> Entry {
    let standing = match ownership {
        Ownership::Saga => Standing::Running,
        Ownership::Deployment => Standing::Active,
        Ownership::Nobody => Standing::RolledBack,
        Ownership::LeftBehind => Standing::Abandoned,
    };
    let deployment = DeploymentId::from_u128(2);
    let spec = ResourceSpec {
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        image: "ubuntu-24-04-x64".to_owned(),
    };
    let owner = ResourceOwner { deployment, tenant: "acme".to_owned() };
    let row = Resource {
        key: ResourceKey { provider: "digitalocean".to_owned(), provider_id: "1".to_owned() },
        name: "dep-web".to_owned(),
        spec: spec.clone(),
        ipv4: ADDRESS.parse().unwrap(),
        owner: Some(owner),
        discovered_at: Timestamp::from_millis(0),
    };
    let draft =
        |data: &&str| RecordDraft { name: "web".to_owned(), data: (*data).to_owned(), ttl: 60 };
    Entry {
        deployment,
        name: "acme/web".to_owned(),
        dns_name: Some("web.acme.example".to_owned()),
        ownership,
        standing,
        ended_at: None,
        changed_at: Timestamp::from_millis(0),
        claim: Claim {
            droplet: Some(DropletId(1)),
            address: Some(ADDRESS.parse().unwrap()),
            region: spec.region,
            size: spec.size,
            image: spec.image,
            dns: Some(DnsName { domain: ZONE.to_owned(), name: "web".to_owned() }),
            record: Some(RecordId(11)),
            found: Some(found.iter().map(draft).collect()),
            rows: vec![row],
        },
    }
}

/// An A record.
pub(super) fn record(id: u64, name: &str, data: &str) -> DnsRecord {
    let (kind, name, data) = ("A".to_owned(), name.to_owned(), data.to_owned());
    DnsRecord { id: RecordId(id), kind, name, data, ttl: 300 }
}

/// What a cloud shows that holds these, and whose listings are right.
pub(super) struct Shown {
    pub(super) books: Books,
    pub(super) listing: Listing,
    pub(super) looks: Looks,
}

impl Shown {
    pub(super) fn of(
        entries: impl IntoIterator<Item = (SagaId, Entry)>,
        droplets: &[Droplet],
        records: &[DnsRecord],
    ) -> Self {
        let placed = |droplet: &Droplet| PlacedDroplet {
            droplet: droplet.clone(),
            region: Some("syd1".to_owned()),
            size: Some("s-1vcpu-1gb".to_owned()),
            image: vec!["ubuntu-24-04-x64".to_owned(), "7".to_owned()],
        };
        let listing = Listing {
            droplets: droplets.iter().map(placed).collect(),
            zones: Some([ZONE.to_owned()].into()),
            records: BTreeMap::from([(ZONE.to_owned(), records.to_vec())]),
        };
        let mut shown =
            Self { books: Books::of_entries(entries), listing, looks: Looks::default() };
        shown.look();
        shown
    }

    /// Looks at the suspects, and finds what is listed.
    pub(super) fn look(&mut self) {
        let wanted = suspects(&self.books, &self.listing);
        self.looks = Looks::default();
        for id in wanted.droplets {
            let found = self.listing.droplet(id).map(|placed| placed.droplet.clone());
            self.looks.droplets.insert(id, found);
        }
        for (zone, id) in wanted.records {
            let found = self.listing.records[&zone].iter().find(|record| record.id == id);
            self.looks.records.insert((zone.clone(), id), found.cloned());
        }
    }
}
