//! Our provider traits over the simulated world: what each call asks of it, and what it saw in our words.

use arcadia::domain::failure::FailureCode;
use arcadia::providers::{
    Account, Compute, Dns, DnsRecord, Droplet, DropletDraft, DropletId, DropletStatus,
    ProviderError, RecordDraft, RecordId, Removal,
};
use arcadia::simulator::world::{droplet as sim_droplet, ids as sim_ids, record as sim_record};
use async_trait::async_trait;

use crate::support::cloud::TestCloud;

#[async_trait]
impl Compute for TestCloud {
    fn provider(&self) -> &'static str {
        "digitalocean"
    }

    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError> {
        let mut new = sim_droplet::NewDroplet::named(&draft.name, &draft.size, &draft.image);
        new.region = Some(draft.region.clone());
        new.tags.clone_from(&draft.tags);
        self.request("POST", "/v2/droplets", move |world, clock| {
            world.create_droplet(clock.now(), new)
        })
        .await
        .map(droplet)
    }

    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError> {
        let path = format!("/v2/droplets/{}", id.0);
        let found = self
            .request("GET", &path, move |world, clock| {
                world.droplet(clock.now(), sim_ids::DropletId(id.0))
            })
            .await;
        absent(found.map(droplet))
    }

    async fn droplets_tagged(&self, tag: &str) -> Result<Vec<Droplet>, ProviderError> {
        let tag = tag.to_owned();
        self.request("GET", "/v2/droplets", move |world, clock| {
            Ok(world.droplets_tagged(clock.now(), &tag))
        })
        .await
        .map(|found| found.into_iter().map(droplet).collect())
    }

    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError> {
        let path = format!("/v2/droplets/{}", id.0);
        let removed = self
            .request("DELETE", &path, move |world, clock| {
                world.destroy_droplet(clock.now(), sim_ids::DropletId(id.0))
            })
            .await;
        removal(removed)
    }

    async fn account(&self) -> Result<Account, ProviderError> {
        unreachable!("no step asks for the account")
    }
}

#[async_trait]
impl Dns for TestCloud {
    async fn records(&self, domain: &str, name: &str) -> Result<Vec<DnsRecord>, ProviderError> {
        let path = format!("/v2/domains/{domain}/records");
        let whole = if name == "@" { domain.to_owned() } else { format!("{name}.{domain}") };
        let filter = sim_record::RecordFilter { name: Some(whole), kind: None };
        let domain = domain.to_owned();
        self.request("GET", &path, move |world, clock| world.records(clock.now(), &domain, &filter))
            .await
            .map(|found| found.into_iter().map(record).collect())
    }

    async fn record(&self, domain: &str, id: RecordId) -> Result<Option<DnsRecord>, ProviderError> {
        let path = format!("/v2/domains/{domain}/records/{}", id.0);
        let domain = domain.to_owned();
        let found = self
            .request("GET", &path, move |world, _| world.record(&domain, sim_ids::RecordId(id.0)))
            .await;
        absent(found.map(record))
    }

    async fn create_record(
        &self,
        domain: &str,
        draft: &RecordDraft,
    ) -> Result<DnsRecord, ProviderError> {
        let path = format!("/v2/domains/{domain}/records");
        let (domain, draft) = (domain.to_owned(), written(draft));
        self.request("POST", &path, move |world, clock| {
            world.create_record(clock.now(), &domain, draft)
        })
        .await
        .map(record)
    }

    async fn update_record(
        &self,
        domain: &str,
        id: RecordId,
        draft: &RecordDraft,
    ) -> Result<Option<DnsRecord>, ProviderError> {
        let path = format!("/v2/domains/{domain}/records/{}", id.0);
        let (domain, draft) = (domain.to_owned(), written(draft));
        let updated = self
            .request("PUT", &path, move |world, clock| {
                world.update_record(clock.now(), &domain, sim_ids::RecordId(id.0), draft)
            })
            .await;
        absent(updated.map(record))
    }

    async fn delete_record(&self, domain: &str, id: RecordId) -> Result<Removal, ProviderError> {
        let path = format!("/v2/domains/{domain}/records/{}", id.0);
        let domain = domain.to_owned();
        let removed = self
            .request("DELETE", &path, move |world, clock| {
                world.delete_record(clock.now(), &domain, sim_ids::RecordId(id.0))
            })
            .await;
        removal(removed)
    }
}

fn written(draft: &RecordDraft) -> sim_record::RecordDraft {
    sim_record::RecordDraft {
        ttl: Some(draft.ttl),
        ..sim_record::RecordDraft::a(&draft.name, &draft.data)
    }
}

fn droplet(seen: sim_droplet::Droplet) -> Droplet {
    Droplet {
        id: DropletId(seen.id.0),
        name: seen.name,
        status: match seen.status {
            sim_droplet::DropletStatus::New => DropletStatus::New,
            sim_droplet::DropletStatus::Active => DropletStatus::Active,
            sim_droplet::DropletStatus::Off => DropletStatus::Off,
        },
        public_ipv4: seen.public_ipv4,
        tags: seen.tags,
        created_at: seen.created_at.to_string(),
    }
}

fn record(seen: sim_record::Record) -> DnsRecord {
    DnsRecord {
        id: RecordId(seen.id.0),
        kind: seen.kind.as_str().to_owned(),
        name: seen.name,
        data: seen.data,
        ttl: seen.ttl,
    }
}

fn absent<T>(result: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.failure().code == FailureCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn removal(result: Result<(), ProviderError>) -> Result<Removal, ProviderError> {
    Ok(absent(result)?.map_or(Removal::AlreadyGone, |()| Removal::Accepted))
}
