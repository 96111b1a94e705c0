//! Points the deployment's name at the droplet.
//!
//! - **Does**: reads the name's records and saves those it will touch (`checkpoint`, durable before
//!   anything is written); then: no A record, it makes one; one with the right address, nothing;
//!   others, it writes the first and removes the rest. A CNAME of that name is a conflict, and so is
//!   a record that someone else changes meanwhile; then nothing more is touched.
//! - **Undoes**: deletes what it made; gives back value and TTL of what it changed; makes again what
//!   it removed. A record that someone else changed since is left alone, and said so.
//! - **Nobody's prior record is as this step writes it**: the droplet got its address just before this step
//!   looked, so a record that was found with that address and our TTL is one that this step wrote, and
//!   whose saving was lost with the journal's last moments. It is removed on the way back, never kept: the droplet is about to go, and a name that is left pointing at its address points at
//!   whoever gets that address next. What the name said before nobody knows then, and the undo says so.
//! - **Twice is safe**: the checkpoint is written once and kept, so a second run never takes our own
//!   value for the one found; our own record is recognised by its address. Listings lag, so every
//!   record that matters is read by its id; one that is listed and cannot be read is waited for,
//!   because one of the two answers is wrong. What it is about to remove is saved before it is removed,
//!   and what it makes again is saved after, so that only that is made again, and once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::FailureCode;
use crate::domain::holding::{HoldingKind, Made};
use crate::domain::saga::plan::StepName;
use crate::domain::spec::DnsName;
use crate::domain::undo_preview::{Deed, Leftover};
use crate::providers::{Dns, DnsRecord, ProviderError, RecordDraft, RecordId};
use crate::steps::{
    Progress, Step, StepContext, StepError, StepSettings, checkpoint_of, output_of,
    wait_droplet_active,
};

mod back;
mod forward;

/// This step's name.
pub const NAME: &str = "point_deployment_dns";

/// The checkpoint of the A records as they were found.
const FOUND: &str = "found";

/// The checkpoint of the records that are about to be removed, by id.
const REMOVES: &str = "removes";

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

/// The name's A records as this step found them, before it wrote any; `None` when it never came so
/// far as to write.
///
/// # Errors
/// When something is saved and does not read as such: nobody may take that for *nothing was there*.
pub fn found(past: &Aggregate) -> Result<Option<Vec<RecordDraft>>, StepError> {
    let Some(name) = &past.deployment.spec.dns else { return Ok(None) };
    let found: Option<Vec<Found>> = checkpoint_of(past, NAME, FOUND)?;
    let draft =
        |found: Found| RecordDraft { name: name.name.clone(), data: found.data, ttl: found.ttl };
    Ok(found.map(|found| found.into_iter().map(draft).collect()))
}

/// See the module.
pub struct PointDeploymentDns {
    dns: Arc<dyn Dns>,
    settings: StepSettings,
}

/// One call: the name, and the address that it is, or was, pointed at.
struct Pointing<'a> {
    dns: &'a dyn Dns,
    settings: &'a StepSettings,
    ctx: &'a StepContext,
    name: &'a DnsName,
    address: String,
}

impl PointDeploymentDns {
    /// The step at this provider.
    pub fn new(dns: Arc<dyn Dns>, settings: StepSettings) -> Self {
        Self { dns, settings }
    }

    fn pointing<'a>(
        &'a self,
        ctx: &'a StepContext,
        name: &'a DnsName,
    ) -> Result<Pointing<'a>, StepError> {
        let wait: wait_droplet_active::Output = ctx.output_of(wait_droplet_active::NAME)?;
        let address = wait.ipv4.to_string();
        Ok(Pointing { dns: self.dns.as_ref(), settings: &self.settings, ctx, name, address })
    }
}

#[async_trait]
impl Step for PointDeploymentDns {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn execute(&self, ctx: &StepContext) -> Result<Progress, StepError> {
        let Some(name) = &ctx.spec().dns else {
            tracing::info!("no name was asked for");
            return Progress::done(&Output { record_id: None });
        };
        let pointing = self.pointing(ctx, name)?;
        let saved = checkpoint_of::<Vec<Found>>(&ctx.past, NAME, FOUND)?;
        progress(pointing.find_and_point(saved).await)
    }

    async fn compensate(
        &self,
        ctx: &StepContext,
        _output: Option<&Value>,
    ) -> Result<Progress, StepError> {
        let found: Option<Vec<Found>> = checkpoint_of(&ctx.past, NAME, FOUND)?;
        let (Some(name), Some(found)) = (&ctx.spec().dns, found) else {
            return Ok(Progress::noted("nothing was written"));
        };
        // A request that was cut short may still take effect: what is read before that proves nothing.
        if let Some(rest) = ctx.forward_doubt(self.settings.settle) {
            return Ok(Progress::Pending {
                after: rest.min(self.settings.poll_first),
                note: "the last request may still take effect".to_owned(),
            });
        }
        let pointing = self.pointing(ctx, name)?;
        progress(if found.is_empty() {
            pointing.remove_made().await
        } else {
            pointing.restore(&found).await
        })
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Deed)> {
        let name = past.deployment.spec.dns.as_ref()?;
        let mut found = checkpoint_of::<Vec<Found>>(past, NAME, FOUND).ok()??;
        let wait: Option<wait_droplet_active::Output> =
            output_of(past, wait_droplet_active::NAME).ok()?;
        let address = wait.map(|wait| wait.ipv4.to_string()).unwrap_or_default();
        found.retain(|found| !found.is_as_written(&address, self.settings.record_ttl));
        Some(match found.as_slice() {
            [] => (format!("delete A {name}"), Deed::DeletesRecord),
            records => {
                let restored: Vec<_> = records
                    .iter()
                    .map(|record| format!("restore A {name} {} ttl {}", record.data, record.ttl))
                    .collect();
                (restored.join(", "), Deed::RestoresRecord)
            }
        })
    }

    fn leftover(&self, past: &Aggregate) -> Option<Leftover> {
        let name = past.deployment.spec.dns.as_ref()?;
        let found = checkpoint_of::<Vec<Found>>(past, NAME, FOUND).ok()??;
        let output = output_of::<Output>(past, NAME).ok().flatten();
        let id = output.and_then(|output| output.record_id);
        let what = match &id {
            Some(id) => format!("record {id} A {name}"),
            None => format!("perhaps a record A {name}"),
        };
        let zone = &name.domain;
        // A record that was there before is put back, not taken away.
        let made = id.filter(|_| found.is_empty());
        Some(Leftover {
            step: StepName::new(NAME),
            what,
            check: format!("doctl compute domain records list {zone}"),
            remove: made.map(|id| format!("doctl compute domain records delete {zone} {id}")),
        })
    }

    fn made(&self, past: &Aggregate) -> Option<Made> {
        let name = past.deployment.spec.dns.as_ref()?;
        checkpoint_of::<Vec<Found>>(past, NAME, FOUND).ok()??;
        let output = output_of::<Output>(past, NAME).ok().flatten();
        let active = output_of::<wait_droplet_active::Output>(past, wait_droplet_active::NAME);
        Some(Made {
            kind: HoldingKind::Record,
            id: output.and_then(|output| output.record_id).map(|id| id.to_string()),
            name: name.to_string(),
            image: None,
            address: active.ok().flatten().map(|active| active.ipv4),
        })
    }
}

/// Why a call goes no further for now.
enum Halt {
    /// It is asked again.
    Wait(Progress),
    Fail(StepError),
}

impl Pointing<'_> {
    /// Writes over a record that was just read. That it is not there means that somebody removed it
    /// meanwhile, or that the answer is wrong: the next look tells.
    async fn update(&self, id: RecordId, draft: &RecordDraft) -> Result<(), Halt> {
        match self.dns.update_record(&self.name.domain, id, draft).await? {
            Some(_) => Ok(()),
            None => Err(self.waiting(format!(
                "the provider shows record {}, and says that there is none to write over",
                id.0
            ))),
        }
    }

    /// Removes a record. Only a look proves it: the name would go on pointing at an address that soon
    /// belongs to somebody else.
    async fn delete(&self, id: RecordId) -> Result<(), Halt> {
        self.dns.delete_record(&self.name.domain, id).await?;
        match self.read(id).await? {
            Some(_) => Err(self.waiting(format!("until record {} is gone", id.0))),
            None => Ok(()),
        }
    }

    /// The name's A records as a listing shows them.
    async fn listed(&self) -> Result<Vec<DnsRecord>, ProviderError> {
        let mut records = self.dns.records(&self.name.domain, &self.name.name).await?;
        records.retain(|record| record.kind == "A");
        Ok(records)
    }

    /// The same; none when the zone itself is gone. For those who look by id as well.
    async fn listed_unless_gone(&self) -> Result<Vec<DnsRecord>, ProviderError> {
        match self.listed().await {
            Err(error) if error.failure().code == FailureCode::NotFound => Ok(Vec::new()),
            listed => listed,
        }
    }

    async fn read(&self, id: RecordId) -> Result<Option<DnsRecord>, StepError> {
        Ok(self.dns.record(&self.name.domain, id).await?)
    }

    /// A record that is listed, as it is.
    async fn read_listed(&self, listed: &DnsRecord) -> Result<DnsRecord, Halt> {
        self.read(listed.id).await?.ok_or_else(|| self.until_it_agrees(listed.id))
    }

    /// A record of which only the id is known. It is gone when neither its id nor a listing finds it.
    async fn read_known(
        &self,
        id: RecordId,
        listed: &[DnsRecord],
    ) -> Result<Option<DnsRecord>, Halt> {
        match self.read(id).await? {
            None if listed.iter().any(|record| record.id == id) => Err(self.until_it_agrees(id)),
            found => Ok(found),
        }
    }

    fn until_it_agrees(&self, id: RecordId) -> Halt {
        tracing::warn!(record = id.0, "listed, and said not to exist");
        self.waiting(format!("the provider lists record {}, and says that there is none", id.0))
    }

    fn waiting(&self, note: String) -> Halt {
        let after = self.settings.poll_interval(self.ctx.poll, self.ctx.roll);
        Halt::Wait(Progress::Pending { after, note })
    }

    fn settling(&self, rest: Duration, note: &str) -> Halt {
        let after = rest.min(self.settings.poll_first);
        Halt::Wait(Progress::Pending { after, note: note.to_owned() })
    }

    fn draft(&self) -> RecordDraft {
        RecordDraft {
            name: self.name.name.clone(),
            data: self.address.clone(),
            ttl: self.settings.record_ttl,
        }
    }

    fn draft_of(&self, found: &Found) -> RecordDraft {
        RecordDraft { name: self.name.name.clone(), data: found.data.clone(), ttl: found.ttl }
    }

    fn changed(&self, data: &str) -> StepError {
        self.conflict(&format!("was changed to {data} by someone else"))
    }

    fn conflict(&self, what: &str) -> StepError {
        StepError::terminal(FailureCode::Conflict, format!("`{}` {what}", self.name))
    }
}

impl Found {
    /// Whether it is as this step writes it.
    fn is_as_written(&self, address: &str, ttl: u32) -> bool {
        same(&self.data, address) && self.ttl == ttl
    }

    fn of(record: &DnsRecord) -> Self {
        Self { id: record.id.0, data: record.data.clone(), ttl: record.ttl }
    }
}

impl From<StepError> for Halt {
    fn from(error: StepError) -> Self {
        Self::Fail(error)
    }
}

impl From<ProviderError> for Halt {
    fn from(error: ProviderError) -> Self {
        Self::Fail(error.into())
    }
}

/// What the engine is told.
fn progress(result: Result<Progress, Halt>) -> Result<Progress, StepError> {
    result.or_else(|halt| match halt {
        Halt::Wait(progress) => Ok(progress),
        Halt::Fail(error) => Err(error),
    })
}

/// Whether two values are the same but for a trailing dot.
fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('.').eq_ignore_ascii_case(right.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_way_to_write_a_name_is_no_change_of_it() {
        assert!(same("web.acme.example.", "WEB.acme.example"));
        assert!(same("203.0.113.7", "203.0.113.7"));
        assert!(!same("203.0.113.7", "203.0.113.77"));
    }
}
