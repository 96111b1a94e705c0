//! Points the deployment's name at the droplet.
//!
//! - **Does**: reads the name's records and saves those it will touch (`checkpoint`, durable before
//!   anything is written); then: no A record, it makes one; one with the right address, nothing;
//!   others, it writes the first and removes the rest. A CNAME of that name is a conflict, and so is
//!   a record that someone else changes meanwhile; then nothing more is touched.
//! - **Undoes**: deletes what it made; gives back value and TTL of what it changed; makes again what
//!   it removed. A record that someone else changed since is left alone, and said so.
//! - **Twice is safe**: the checkpoint is written once and kept, so a second run never takes our own
//!   value for the one found; our own record is recognised by its address. Listings lag, so every
//!   record that matters is read by its id. What it is about to remove is saved before it is removed,
//!   and what it makes again is saved after, so that only that is made again, and once.

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
        if let Some(found) = checkpoint_of::<Vec<Found>>(&ctx.past, NAME, FOUND)? {
            return pointing.point(&found).await;
        }
        let found = ctx.checkpoint(FOUND, pointing.as_found().await?).await?;
        tracing::info!(%name, records = found.len(), "saved the records as found");
        pointing.point(&found).await
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
                note: "until the last request has taken effect, or never will".to_owned(),
            });
        }
        let pointing = self.pointing(ctx, name)?;
        if found.is_empty() { pointing.remove_made().await } else { pointing.restore(&found).await }
    }

    fn undo_preview(&self, past: &Aggregate) -> Option<(String, Loss)> {
        let name = past.deployment.spec.dns.as_ref()?;
        let found = checkpoint_of::<Vec<Found>>(past, NAME, FOUND).ok()??;
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
        checkpoint_of::<Vec<Found>>(past, NAME, FOUND).ok()??;
        let output = output_of::<Output>(past, NAME).ok().flatten();
        let what = match output.and_then(|output| output.record_id) {
            Some(id) => format!("record {id} A {name}"),
            None => format!("perhaps a record A {name}"),
        };
        Some((what, format!("doctl compute domain records list {}", name.domain)))
    }
}

/// Whether a record is as it was found.
enum Restored {
    Yes,
    /// Someone else changed it: it says this.
    LeftAlone(String),
    Missing,
}

impl Pointing<'_> {
    /// The name's A records before anything is written; a CNAME beside them would be a conflict. A
    /// listing shows what was a while ago, so each is read as it is.
    async fn as_found(&self) -> Result<Vec<Found>, StepError> {
        let mut found = Vec::new();
        for listed in self.dns.records(&self.name.domain, &self.name.name).await? {
            match self.read(listed.id).await? {
                Some(record) if record.kind == "CNAME" => {
                    return Err(self.conflict("is a CNAME; remove it or choose another name"));
                }
                Some(record) if record.kind == "A" => found.push(Found::of(&record)),
                Some(_) | None => {}
            }
        }
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    /// Brings the name to this one address. Only records that are still as found are written over.
    async fn point(&self, found: &[Found]) -> Result<Progress, StepError> {
        let id = match (self.ours().await?, found.first()) {
            (Some(id), _) => id,
            (None, Some(first)) => self.write_over(first).await?,
            (None, None) => {
                if let Some(rest) = self.ctx.forward_doubt(self.settings.settle) {
                    return Ok(Progress::Pending {
                        after: rest.min(self.settings.poll_first),
                        note: "looking for the record that the last attempt may have made"
                            .to_owned(),
                    });
                }
                self.dns.create_record(&self.name.domain, &self.draft()).await?.id
            }
        };
        let surplus: Vec<_> = found.iter().filter(|record| record.id != id.0).collect();
        if !surplus.is_empty() {
            let ids: Vec<u64> = surplus.iter().map(|record| record.id).collect();
            self.ctx.checkpoint(REMOVES, ids).await?;
        }
        for record in surplus {
            self.remove_surplus(record).await?;
        }
        tracing::info!(record = id.0, name = %self.name, address = %self.address, "name points at the droplet");
        Progress::done(&Output { record_id: Some(id.0) })
    }

    /// The record that points at the droplet already, if one does.
    async fn ours(&self) -> Result<Option<RecordId>, StepError> {
        for listed in self.listed().await? {
            if same(&listed.data, &self.address)
                && let Some(record) = self.read(listed.id).await?
                && same(&record.data, &self.address)
            {
                return Ok(Some(record.id));
            }
        }
        Ok(None)
    }

    async fn write_over(&self, found: &Found) -> Result<RecordId, StepError> {
        let id = RecordId(found.id);
        let written = match self.read(id).await? {
            Some(record) if same(&record.data, &self.address) => return Ok(id),
            Some(record) if same(&record.data, &found.data) => {
                self.dns.update_record(&self.name.domain, id, &self.draft()).await?
            }
            Some(record) => {
                return Err(
                    self.conflict(&format!("was changed to {} by someone else", record.data))
                );
            }
            None => None,
        };
        written.map(|record| record.id).ok_or_else(|| self.conflict("was removed by someone else"))
    }

    async fn remove_surplus(&self, found: &Found) -> Result<(), StepError> {
        let id = RecordId(found.id);
        match self.read(id).await? {
            Some(record) if same(&record.data, &found.data) => {
                self.dns.delete_record(&self.name.domain, id).await?;
                tracing::info!(record = id.0, data = %found.data, "removed a surplus record");
                Ok(())
            }
            Some(record) => {
                Err(self.conflict(&format!("was changed to {} by someone else", record.data)))
            }
            None => Ok(()),
        }
    }

    /// Takes the record away that was made here: by its id or, when the answer to its making was
    /// lost, by its address.
    async fn remove_made(&self) -> Result<Progress, StepError> {
        let output: Option<Output> = output_of(&self.ctx.past, NAME)?;
        let mut suspects: Vec<RecordId> = self
            .listed()
            .await?
            .iter()
            .filter(|record| same(&record.data, &self.address))
            .map(|record| record.id)
            .collect();
        let known = output.and_then(|output| output.record_id).map(RecordId);
        suspects.extend(known.filter(|id| !suspects.contains(id)));
        let mut left = Vec::new();
        for id in suspects {
            match self.read(id).await? {
                Some(record) if same(&record.data, &self.address) => {
                    self.dns.delete_record(&self.name.domain, id).await?;
                    // Only a look proves it: the name would go on pointing at an address that soon
                    // belongs to somebody else.
                    if self.read(id).await?.is_some() {
                        return Ok(Progress::Pending {
                            after: self.settings.poll_interval(self.ctx.poll, self.ctx.roll),
                            note: format!("until record {} is gone", id.0),
                        });
                    }
                    tracing::info!(record = id.0, "removed the record");
                }
                Some(record) => left.push(record.data),
                None => {}
            }
        }
        Ok(self.undone(&left))
    }

    /// Gives every record back what it was, unless someone else changed it since.
    async fn restore(&self, found: &[Found]) -> Result<Progress, StepError> {
        let removed: Vec<u64> = checkpoint_of(&self.ctx.past, NAME, REMOVES)?.unwrap_or_default();
        let mut left = Vec::new();
        for record in found {
            match self.restore_one(record).await? {
                Restored::Yes => {}
                Restored::LeftAlone(data) => left.push(data),
                Restored::Missing if removed.contains(&record.id) => {
                    if let Some(pending) = self.make_again(record, found).await? {
                        return Ok(pending);
                    }
                }
                Restored::Missing => left.push(format!("{} was removed", record.data)),
            }
        }
        Ok(self.undone(&left))
    }

    async fn restore_one(&self, found: &Found) -> Result<Restored, StepError> {
        let id = RecordId(found.id);
        Ok(match self.read(id).await? {
            Some(record) if same(&record.data, &found.data) && record.ttl == found.ttl => {
                Restored::Yes
            }
            Some(record)
                if same(&record.data, &self.address) || same(&record.data, &found.data) =>
            {
                let draft = self.draft_of(found);
                match self.dns.update_record(&self.name.domain, id, &draft).await? {
                    Some(_) => {
                        tracing::info!(record = id.0, data = %found.data, ttl = found.ttl, "restored the record");
                        Restored::Yes
                    }
                    None => Restored::Missing,
                }
            }
            Some(record) => Restored::LeftAlone(record.data),
            None => Restored::Missing,
        })
    }

    /// Makes a record again that this step removed, once: its new id is saved, and one that a lost
    /// answer left behind is looked for until listings have settled.
    async fn make_again(
        &self,
        record: &Found,
        found: &[Found],
    ) -> Result<Option<Progress>, StepError> {
        let remade = format!("remade-{}", record.id);
        if checkpoint_of::<u64>(&self.ctx.past, NAME, &remade)?.is_some() {
            return Ok(None);
        }
        for listed in self.listed().await? {
            if same(&listed.data, &record.data)
                && !found.iter().any(|before| before.id == listed.id.0)
                && self.read(listed.id).await?.is_some()
            {
                self.ctx.checkpoint(&remade, listed.id.0).await?;
                return Ok(None);
            }
        }
        if let Some(rest) = self.ctx.any_doubt(self.settings.settle) {
            return Ok(Some(Progress::Pending {
                after: rest.min(self.settings.poll_first),
                note: "looking for a record that the last attempt may have made again".to_owned(),
            }));
        }
        let made = self.dns.create_record(&self.name.domain, &self.draft_of(record)).await?;
        self.ctx.checkpoint(&remade, made.id.0).await?;
        tracing::info!(record = made.id.0, data = %record.data, "made the removed record again");
        Ok(None)
    }

    /// The name's A records as a listing shows them; none when the zone itself is gone.
    async fn listed(&self) -> Result<Vec<DnsRecord>, StepError> {
        match self.dns.records(&self.name.domain, &self.name.name).await {
            Ok(mut records) => {
                records.retain(|record| record.kind == "A");
                Ok(records)
            }
            Err(error) if error.failure().code == FailureCode::NotFound => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    async fn read(&self, id: RecordId) -> Result<Option<DnsRecord>, StepError> {
        Ok(self.dns.record(&self.name.domain, id).await?)
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

    fn conflict(&self, what: &str) -> StepError {
        StepError::terminal(FailureCode::Conflict, format!("`{}` {what}", self.name))
    }

    /// Done, and whether everything is as it was.
    fn undone(&self, left: &[String]) -> Progress {
        if left.is_empty() {
            return Progress::noted(format!("`{}` is as it was found", self.name));
        }
        let left = left.join(", ");
        tracing::warn!(name = %self.name, %left, "someone else changed the name since; it is left alone");
        Progress::noted(format!(
            "`{}` was changed by someone else, and is left alone: {left}",
            self.name
        ))
    }
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
