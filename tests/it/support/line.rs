//! The real client on a line of its own: paused time stands still during its requests, and where a
//! rule says so a request goes to a port at which nobody listens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arcadia::providers::digitalocean::DigitalOcean;
use arcadia::providers::{
    Account, Compute, Dns, DnsRecord, Droplet, DropletDraft, DropletId, ProviderError, RecordDraft,
    RecordId, Removal,
};
use arcadia::simulator::faults::{FaultRule, Faults};
use async_trait::async_trait;

use crate::support::still_time::StillTime;

/// The routes, as the provider's description writes them.
pub(crate) mod route {
    pub(crate) const LIST_DROPLETS: &str = "GET /v2/droplets";
    pub(crate) const CREATE_DROPLET: &str = "POST /v2/droplets";
    pub(crate) const READ_DROPLET: &str = "GET /v2/droplets/{droplet_id}";
    pub(crate) const DELETE_DROPLET: &str = "DELETE /v2/droplets/{droplet_id}";
    pub(crate) const LIST_RECORDS: &str = "GET /v2/domains/{domain_name}/records";
    pub(crate) const CREATE_RECORD: &str = "POST /v2/domains/{domain_name}/records";
    pub(crate) const READ_RECORD: &str = "GET /v2/domains/{domain_name}/records/{domain_record_id}";
    pub(crate) const UPDATE_RECORD: &str =
        "PUT /v2/domains/{domain_name}/records/{domain_record_id}";
    pub(crate) const DELETE_RECORD: &str =
        "DELETE /v2/domains/{domain_name}/records/{domain_record_id}";
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Line {
    open: DigitalOcean,
    /// The same client, but to a port at which nobody listens.
    dead: DigitalOcean,
    still: StillTime,
    refusals: Arc<Mutex<Faults>>,
    refused: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Line {
    pub(crate) fn new(open: DigitalOcean, dead: DigitalOcean, still: StillTime) -> Self {
        let refusals = Arc::new(Mutex::new(Faults::new(Vec::new())));
        Self { open, dead, still, refusals, refused: Arc::default() }
    }

    /// Requests that such a rule hits find nobody who listens; what the rule says is no matter.
    pub(crate) fn refuse(&self, rules: Vec<FaultRule>) {
        *self.refusals.lock().unwrap() = Faults::new(rules);
    }

    /// How many requests found nobody, by route.
    pub(crate) fn refused(&self) -> BTreeMap<String, u64> {
        self.refused.lock().unwrap().clone()
    }

    /// Makes one request while the time stands still.
    async fn ask<T, Asked>(
        &self,
        route: &str,
        ask: impl FnOnce(DigitalOcean) -> Asked,
    ) -> Result<T, ProviderError>
    where
        Asked: Future<Output = Result<T, ProviderError>>,
    {
        let _under_way = self.still.begin();
        let (method, path) = route.split_once(' ').unwrap();
        let hit = self.refusals.lock().unwrap().judge(method, path, || 0.0);
        if hit.is_none() {
            return ask(self.open.clone()).await;
        }
        *self.refused.lock().unwrap().entry(route.to_owned()).or_default() += 1;
        ask(self.dead.clone()).await
    }
}

#[async_trait]
impl Compute for Line {
    fn provider(&self) -> &'static str {
        self.open.provider()
    }

    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.create_droplet(draft).await };
        self.ask(route::CREATE_DROPLET, ask).await
    }

    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.droplet(id).await };
        self.ask(route::READ_DROPLET, ask).await
    }

    async fn droplets_tagged(&self, tag: &str) -> Result<Vec<Droplet>, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.droplets_tagged(tag).await };
        self.ask(route::LIST_DROPLETS, ask).await
    }

    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.destroy_droplet(id).await };
        self.ask(route::DELETE_DROPLET, ask).await
    }

    async fn account(&self) -> Result<Account, ProviderError> {
        unreachable!("no step asks for the account")
    }
}

#[async_trait]
impl Dns for Line {
    async fn records(&self, domain: &str, name: &str) -> Result<Vec<DnsRecord>, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.records(domain, name).await };
        self.ask(route::LIST_RECORDS, ask).await
    }

    async fn record(&self, domain: &str, id: RecordId) -> Result<Option<DnsRecord>, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.record(domain, id).await };
        self.ask(route::READ_RECORD, ask).await
    }

    async fn create_record(
        &self,
        domain: &str,
        draft: &RecordDraft,
    ) -> Result<DnsRecord, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.create_record(domain, draft).await };
        self.ask(route::CREATE_RECORD, ask).await
    }

    async fn update_record(
        &self,
        domain: &str,
        id: RecordId,
        draft: &RecordDraft,
    ) -> Result<Option<DnsRecord>, ProviderError> {
        let ask =
            |client: DigitalOcean| async move { client.update_record(domain, id, draft).await };
        self.ask(route::UPDATE_RECORD, ask).await
    }

    async fn delete_record(&self, domain: &str, id: RecordId) -> Result<Removal, ProviderError> {
        let ask = |client: DigitalOcean| async move { client.delete_record(domain, id).await };
        self.ask(route::DELETE_RECORD, ask).await
    }
}
