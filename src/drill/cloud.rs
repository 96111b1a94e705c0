//! The cloud of a run: the product's own client on a private simulated cloud, with a probe before
//! every request.
//!
//! What goes wrong with an answer goes wrong on the wire: the simulated cloud is given a rule for
//! exactly this request, so the client takes its own way through it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::drill::case::Failure;
use crate::drill::probe::Probe;
use crate::drill::stillness::{Answer, still};
use crate::providers::{
    Account, Compute, Dns, DnsRecord, Droplet, DropletDraft, DropletId, ProviderError, RecordDraft,
    RecordId, Removal,
};
use crate::simulator::Running;
use crate::simulator::faults::{Fault, FaultRule, Moment};

/// The cloud of a run. Cheap to clone.
#[derive(Clone)]
pub(super) struct ProbedCloud {
    pub(super) compute: Arc<dyn Compute>,
    pub(super) dns: Arc<dyn Dns>,
    pub(super) simulator: Arc<Running>,
    pub(super) probe: Arc<Probe>,
}

impl ProbedCloud {
    async fn request<T>(
        &self,
        what: &'static str,
        sent: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let status = |status| Fault::Status {
            status,
            message: None,
            retry_after: None::<Duration>,
            moment: Moment::BeforeEffect,
        };
        let (fault, answer) = match self.probe.at_request(what) {
            // A journal's failure never fits a request.
            None | Some(Failure::WriteRefused) => return still(Answer::Comes, sent).await,
            Some(Failure::CrashBefore) => return self.probe.die().await,
            Some(Failure::CrashAfter) => {
                // The answer, good or bad, finds nobody.
                let _ = still(Answer::Comes, sent).await;
                return self.probe.die().await;
            }
            Some(Failure::Refused) => (status(403), Answer::Comes),
            Some(Failure::Invalid) => (status(422), Answer::Comes),
            Some(Failure::Broken | Failure::BrokenThroughout) => (status(500), Answer::Comes),
            Some(Failure::AnswerLost) => (Fault::Drop(Moment::AfterEffect), Answer::Comes),
            Some(Failure::Silent) => (Fault::Silence(Moment::AfterEffect), Answer::NeverComes),
        };
        let mut rule = FaultRule::new("*", "/v2/**", fault).expect("a pattern that is one");
        rule.times = Some(1);
        self.simulator.set_faults(vec![rule]);
        let answered = still(answer, sent).await;
        self.simulator.set_faults(Vec::new());
        answered
    }
}

#[async_trait]
impl Compute for ProbedCloud {
    fn provider(&self) -> &'static str {
        self.compute.provider()
    }

    async fn create_droplet(&self, draft: &DropletDraft) -> Result<Droplet, ProviderError> {
        self.request("create-droplet", self.compute.create_droplet(draft)).await
    }

    async fn droplet(&self, id: DropletId) -> Result<Option<Droplet>, ProviderError> {
        self.request("droplet", self.compute.droplet(id)).await
    }

    async fn droplets_tagged(&self, tag: &str) -> Result<Vec<Droplet>, ProviderError> {
        self.request("droplets", self.compute.droplets_tagged(tag)).await
    }

    async fn destroy_droplet(&self, id: DropletId) -> Result<Removal, ProviderError> {
        self.request("destroy-droplet", self.compute.destroy_droplet(id)).await
    }

    async fn account(&self) -> Result<Account, ProviderError> {
        self.request("account", self.compute.account()).await
    }
}

#[async_trait]
impl Dns for ProbedCloud {
    async fn records(&self, domain: &str, name: &str) -> Result<Vec<DnsRecord>, ProviderError> {
        self.request("records", self.dns.records(domain, name)).await
    }

    async fn record(&self, domain: &str, id: RecordId) -> Result<Option<DnsRecord>, ProviderError> {
        self.request("record", self.dns.record(domain, id)).await
    }

    async fn create_record(
        &self,
        domain: &str,
        draft: &RecordDraft,
    ) -> Result<DnsRecord, ProviderError> {
        self.request("create-record", self.dns.create_record(domain, draft)).await
    }

    async fn update_record(
        &self,
        domain: &str,
        id: RecordId,
        draft: &RecordDraft,
    ) -> Result<Option<DnsRecord>, ProviderError> {
        self.request("update-record", self.dns.update_record(domain, id, draft)).await
    }

    async fn delete_record(&self, domain: &str, id: RecordId) -> Result<Removal, ProviderError> {
        self.request("delete-record", self.dns.delete_record(domain, id)).await
    }
}
