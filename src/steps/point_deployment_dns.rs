//! Points the deployment's name at the droplet.
//!
//! - **Does**: reads the name's records and saves those it will touch (`checkpoint`, durable before
//!   anything is written); then: no A record, it makes one; one with the right address, nothing;
//!   others, it writes the first and removes the rest. A CNAME of that name is a conflict, and
//!   nothing is touched.
//! - **Undoes**: deletes what it made; gives back value and TTL of what it changed; makes again what
//!   it removed. A record that someone else changed since is left alone, and said so.
//! - **Twice is safe**: the checkpoint is written once and kept, so a second run never takes our own
//!   value for the one found; our own record is recognised by its address. Records are read by id
//!   where the id is known, because listings lag.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::FailureCode;
use crate::domain::spec::DnsName;
use crate::domain::undo_preview::Loss;
use crate::providers::{Dns, DnsRecord, RecordDraft, RecordId};
use crate::steps::{
    Progress, Step, StepContext, StepError, StepSettings, checkpoint_of, output_of,
    wait_droplet_active,
};

/// This step's name.
pub const NAME: &str = "point_deployment_dns";

/// The checkpoint of the A records as they were found.
const FOUND: &str = "found";

/// What this step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The record that points at the droplet; `None` when no name was asked for.
    pub record_id: Option<u64>,
}

/// An A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    id: u64,
    data: String,
    ttl: u32,
}

/// See the module.
pub struct PointDeploymentDns {
    dns: Arc<dyn Dns>,
    settings: StepSettings,
}

impl PointDeploymentDns {
    /// The step at this provider.
    pub fn new(dns: Arc<dyn Dns>, settings: StepSettings) -> Self {
        Self { dns, settings }
    }

    /// The name's A records, in the order of their ids.
    async fn address_records(&self, name: &DnsName) -> Result<Vec<DnsRecord>, StepError> {
        let mut records = self.dns.records(&name.domain, &name.name).await?;
        records.retain(|record| record.kind == "A");
        records.sort_by_key(|record| record.id);
        Ok(records)
    }

    /// The name's A records before anything is written; a CNAME beside them would be a conflict.
    async fn as_found(&self, name: &DnsName) -> Result<Vec<Found>, StepError> {
        let records = self.dns.records(&name.domain, &name.name).await?;
        if records.iter().any(|record| record.kind == "CNAME") {
            return Err(StepError::terminal(
                FailureCode::Conflict,
                format!("`{name}` is a CNAME; remove it or choose another name"),
            ));
        }
        let mut found: Vec<_> =
            records.iter().filter(|record| record.kind == "A").map(Found::of).collect();
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    /// Brings the name to this one address. `found` are the records that may be written over.
    async fn point(
        &self,
        ctx: &StepContext,
        name: &DnsName,
        address: &str,
        found: &[Found],
    ) -> Result<Progress, StepError> {
        let present = self.address_records(name).await?;
        let ours = present.iter().find(|record| same(&record.data, address));
        let draft = RecordDraft {
            name: name.name.clone(),
            data: address.to_owned(),
            ttl: self.settings.record_ttl,
        };
        let record = match (ours, found.first()) {
            (Some(record), _) => record.id,
            (None, Some(first)) => {
                let id = RecordId(first.id);
                self.dns.update_record(&name.domain, id, &draft).await?.map_or_else(
                    || {
                        Err(StepError::terminal(
                            FailureCode::Conflict,
                            format!(
                                "record {} of `{name}` vanished while it was being changed",
                                first.id
                            ),
                        ))
                    },
                    |record| Ok(record.id),
                )?
            }
            (None, None) => {
                if let Some(rest) = ctx.forward_doubt(self.settings.settle) {
                    return Ok(Progress::Pending {
                        after: rest.min(self.settings.poll_first),
                        note: "looking for the record that the last attempt may have made"
                            .to_owned(),
                    });
                }
                self.dns.create_record(&name.domain, &draft).await?.id
            }
        };
        for surplus in found.iter().filter(|surplus| surplus.id != record.0) {
            self.dns.delete_record(&name.domain, RecordId(surplus.id)).await?;
            tracing::info!(record = surplus.id, data = %surplus.data, "removed a surplus record");
        }
        tracing::info!(record = record.0, %name, %address, "name points at the droplet");
        Progress::done(&Output { record_id: Some(record.0) })
    }

    /// Takes our record away: one that was made here, by its id or, when the answer to its making
    /// was lost, by its address.
    async fn remove_made(
        &self,
        name: &DnsName,
        address: &str,
        known: Option<RecordId>,
    ) -> Result<(), StepError> {
        let mut suspects: Vec<RecordId> = self
            .address_records(name)
            .await?
            .iter()
            .filter(|record| same(&record.data, address))
            .map(|record| record.id)
            .collect();
        suspects.extend(known.filter(|id| !suspects.contains(id)));
        for id in suspects {
            match self.dns.record(&name.domain, id).await? {
                Some(record) if same(&record.data, address) => {
                    let removal = self.dns.delete_record(&name.domain, id).await?;
                    tracing::info!(record = id.0, ?removal, "removed the record");
                }
                Some(record) => left_alone(name, &record),
                None => {}
            }
        }
        Ok(())
    }

    /// Gives a record back its old value, unless someone else changed it since.
    async fn restore(
        &self,
        name: &DnsName,
        address: &str,
        found: &Found,
    ) -> Result<Restored, StepError> {
        let draft =
            RecordDraft { name: name.name.clone(), data: found.data.clone(), ttl: found.ttl };
        let id = RecordId(found.id);
        match self.dns.record(&name.domain, id).await? {
            Some(record) if same(&record.data, &found.data) && record.ttl == found.ttl => {
                Ok(Restored::Yes)
            }
            Some(record) if same(&record.data, address) || same(&record.data, &found.data) => {
                match self.dns.update_record(&name.domain, id, &draft).await? {
                    Some(_) => {
                        tracing::info!(record = id.0, data = %found.data, ttl = found.ttl, "restored the record");
                        Ok(Restored::Yes)
                    }
                    None => Ok(Restored::Missing),
                }
            }
            Some(record) => {
                left_alone(name, &record);
                Ok(Restored::Yes)
            }
            None => Ok(Restored::Missing),
        }
    }

    /// Makes records again that this step removed. A listing goes on naming a record for a while
    /// after it is gone, so one that is listed is looked at.
    async fn make_again(
        &self,
        ctx: &StepContext,
        name: &DnsName,
        missing: &[&Found],
    ) -> Result<Option<Progress>, StepError> {
        let mut absent = missing.to_vec();
        if !absent.is_empty() {
            for listed in self.address_records(name).await? {
                if self.dns.record(&name.domain, listed.id).await?.is_some() {
                    absent.retain(|found| !same(&listed.data, &found.data));
                }
            }
        }
        if absent.is_empty() {
            return Ok(None);
        }
        if let Some(rest) = ctx.any_doubt(self.settings.settle) {
            return Ok(Some(Progress::Pending {
                after: rest.min(self.settings.poll_first),
                note: "looking for a record that the last attempt may have made again".to_owned(),
            }));
        }
        for found in absent {
            let draft =
                RecordDraft { name: name.name.clone(), data: found.data.clone(), ttl: found.ttl };
            let record = self.dns.create_record(&name.domain, &draft).await?;
            tracing::info!(record = record.id.0, data = %found.data, "made the removed record again");
        }
        Ok(None)
    }
}

#[async_trait]
impl Step for PointDeploymentDns {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let Some(name) = ctx.spec().dns.clone() else {
            tracing::info!("no name was asked for");
            return Progress::done(&Output { record_id: None });
        };
        let wait: wait_droplet_active::Output = ctx.output_of(wait_droplet_active::NAME)?;
        let address = wait.ipv4.to_string();
        let found = if let Some(found) = checkpoint_of::<Vec<Found>>(&ctx.past, NAME, FOUND) {
            found
        } else {
            let found = self.as_found(&name).await?;
            tracing::info!(%name, records = found.len(), "saved the records as found");
            ctx.checkpoint(FOUND, found).await?
        };
        self.point(ctx, &name, &address, &found).await
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        let (Some(name), Some(found)) =
            (ctx.spec().dns.clone(), checkpoint_of::<Vec<Found>>(&ctx.past, NAME, FOUND))
        else {
            return Ok(Progress::noted("nothing was written"));
        };
        let wait: wait_droplet_active::Output = ctx.output_of(wait_droplet_active::NAME)?;
        let address = wait.ipv4.to_string();
        let known = output
            .and_then(|output| serde_json::from_value::<Output>(output.clone()).ok())
            .and_then(|output| output.record_id)
            .map(RecordId);
        let mut missing = Vec::new();
        for record in &found {
            match self.restore(&name, &address, record).await? {
                Restored::Yes => {}
                Restored::Missing => missing.push(record),
            }
        }
        if found.is_empty() {
            self.remove_made(&name, &address, known).await?;
            if let Some(rest) = ctx.forward_doubt(self.settings.settle) {
                return Ok(Progress::Pending {
                    after: rest.min(self.settings.poll_first),
                    note: "making sure that no record of the last attempt appears".to_owned(),
                });
            }
        } else if let Some(pending) = self.make_again(ctx, &name, &missing).await? {
            return Ok(pending);
        }
        Ok(Progress::noted(format!("`{name}` is as it was found")))
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Loss)> {
        let name = past.deployment.spec.dns.as_ref()?;
        let found = checkpoint_of::<Vec<Found>>(past, NAME, FOUND)?;
        let text = match found.as_slice() {
            [] => format!("delete A {name}"),
            records => {
                let restored: Vec<_> = records
                    .iter()
                    .map(|record| format!("restore A {name} {} ttl {}", record.data, record.ttl))
                    .collect();
                restored.join(", ")
            }
        };
        Some((text, Loss::None))
    }

    fn leftover(&self, past: &Aggregate) -> Option<(String, String)> {
        let name = past.deployment.spec.dns.as_ref()?;
        checkpoint_of::<Vec<Found>>(past, NAME, FOUND)?;
        let what = match output_of::<Output>(past, NAME).and_then(|output| output.record_id) {
            Some(id) => format!("record {id} A {name}"),
            None => format!("perhaps a record A {name}"),
        };
        Some((what, format!("doctl compute domain records list {}", name.domain)))
    }
}

/// Whether a record found is as it was, or must be made again.
enum Restored {
    /// It is, or someone else has taken it over.
    Yes,
    /// It is not there.
    Missing,
}

impl Found {
    fn of(record: &DnsRecord) -> Self {
        Self { id: record.id.0, data: record.data.clone(), ttl: record.ttl }
    }
}

/// Whether two values are the same but for a trailing dot.
fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('.').eq_ignore_ascii_case(right.trim_end_matches('.'))
}

fn left_alone(name: &DnsName, record: &DnsRecord) {
    tracing::warn!(
        record = record.id.0,
        %name,
        data = %record.data,
        "someone else changed the record since; it is left alone"
    );
}
