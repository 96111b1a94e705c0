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
use crate::domain::spec::DnsName;
use crate::domain::undo_preview::Loss;
use crate::providers::{Dns, DnsRecord, ProviderError, RecordDraft, RecordId};
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
                note: "until the last request has taken effect, or never will".to_owned(),
            });
        }
        let pointing = self.pointing(ctx, name)?;
        progress(if found.is_empty() {
            pointing.remove_made().await
        } else {
            pointing.restore(&found).await
        })
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

/// Why a call goes no further for now.
enum Halt {
    /// It is asked again.
    Wait(Progress),
    Fail(StepError),
}

impl Pointing<'_> {
    async fn find_and_point(&self, saved: Option<Vec<Found>>) -> Result<Progress, Halt> {
        if let Some(found) = saved {
            return self.point(&found).await;
        }
        let found = self.ctx.checkpoint(FOUND, self.as_found().await?).await?;
        tracing::info!(name = %self.name, records = found.len(), "saved the records as found");
        self.point(&found).await
    }

    /// The name's A records before anything is written; a CNAME beside them would be a conflict. A
    /// listing shows what was a while ago, so each is read as it is.
    async fn as_found(&self) -> Result<Vec<Found>, Halt> {
        let mut found = Vec::new();
        for listed in self.dns.records(&self.name.domain, &self.name.name).await? {
            let record = self.read_listed(&listed).await?;
            if record.kind == "CNAME" {
                let what = "is a CNAME; remove it or choose another name";
                return Err(self.conflict(what).into());
            }
            if record.kind == "A" {
                found.push(Found::of(&record));
            }
        }
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    /// Brings the name to this one address. Only records that are still as found are written over.
    async fn point(&self, found: &[Found]) -> Result<Progress, Halt> {
        let listed = self.listed().await?;
        let id = match (self.ours(&listed).await?, found.first()) {
            (Some(id), _) => id,
            (None, Some(first)) => self.write_over(first, &listed).await?,
            (None, None) => {
                if let Some(rest) = self.ctx.forward_doubt(self.settings.settle) {
                    let note = "looking for the record that the last attempt may have made";
                    return Err(self.settling(rest, note));
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
            self.remove_surplus(record, &listed).await?;
        }
        tracing::info!(record = id.0, name = %self.name, address = %self.address, "name points at the droplet");
        Ok(Progress::done(&Output { record_id: Some(id.0) })?)
    }

    /// The record that points at the droplet already, if one does.
    async fn ours(&self, listed: &[DnsRecord]) -> Result<Option<RecordId>, Halt> {
        for record in listed.iter().filter(|record| same(&record.data, &self.address)) {
            let record = self.read_listed(record).await?;
            if same(&record.data, &self.address) {
                return Ok(Some(record.id));
            }
        }
        Ok(None)
    }

    async fn write_over(&self, found: &Found, listed: &[DnsRecord]) -> Result<RecordId, Halt> {
        let id = RecordId(found.id);
        match self.read_known(id, listed).await? {
            Some(record) if same(&record.data, &self.address) => Ok(id),
            Some(record) if same(&record.data, &found.data) => {
                self.update(id, &self.draft()).await?;
                Ok(id)
            }
            Some(record) => Err(self.changed(&record.data).into()),
            None => Err(self.conflict("was removed by someone else").into()),
        }
    }

    async fn remove_surplus(&self, found: &Found, listed: &[DnsRecord]) -> Result<(), Halt> {
        let id = RecordId(found.id);
        match self.read_known(id, listed).await? {
            Some(record) if same(&record.data, &found.data) => {
                self.delete(id).await?;
                tracing::info!(record = id.0, data = %found.data, "removed a surplus record");
                Ok(())
            }
            Some(record) => Err(self.changed(&record.data).into()),
            None => Ok(()),
        }
    }

    /// Takes the record away that was made here: by its id or, when the answer to its making was
    /// lost, by its address.
    async fn remove_made(&self) -> Result<Progress, Halt> {
        let output: Option<Output> = output_of(&self.ctx.past, NAME)?;
        let listed = match &output {
            Some(_) => self.listed_unless_gone().await?,
            // Only the listing can find it.
            None => self.listed().await?,
        };
        let ours = listed.iter().filter(|record| same(&record.data, &self.address));
        let mut suspects: Vec<RecordId> = ours.map(|record| record.id).collect();
        let known = output.and_then(|output| output.record_id).map(RecordId);
        suspects.extend(known.filter(|id| !suspects.contains(id)));
        let mut left = Vec::new();
        for id in suspects {
            match self.read(id).await? {
                Some(record) if same(&record.data, &self.address) => {
                    self.delete(id).await?;
                    tracing::info!(record = id.0, "removed the record");
                }
                Some(record) => left.push(record.data),
                None if listed.iter().any(|record| record.id == id) => {
                    // It is listed as ours: to ask for its end is right whichever answer is wrong.
                    self.dns.delete_record(&self.name.domain, id).await?;
                    return Err(self.until_it_agrees(id));
                }
                // Made a moment ago, so that no listing can show it yet.
                None => {
                    let age = self.ctx.since_forward_end().unwrap_or(self.settings.settle);
                    let rest = self.settings.settle.saturating_sub(age);
                    if !rest.is_zero() {
                        let note = format!("until a listing shows that record {} is gone", id.0);
                        return Err(self.settling(rest, &note));
                    }
                }
            }
        }
        Ok(self.undone(&left))
    }

    /// Gives every record back what it was, unless someone else changed it since.
    async fn restore(&self, found: &[Found]) -> Result<Progress, Halt> {
        let removed: Vec<u64> = checkpoint_of(&self.ctx.past, NAME, REMOVES)?.unwrap_or_default();
        let listed = self.listed_unless_gone().await?;
        let mut left = Vec::new();
        for record in found {
            match self.restore_one(record, &removed, &listed).await? {
                Restored::Yes => {}
                Restored::LeftAlone(data) => left.push(data),
                Restored::Missing if removed.contains(&record.id) => {
                    self.make_again(record, found, &listed).await?;
                }
                Restored::Missing => left.push(format!("{} was removed", record.data)),
            }
        }
        Ok(self.undone(&left))
    }

    async fn restore_one(
        &self,
        found: &Found,
        removed: &[u64],
        listed: &[DnsRecord],
    ) -> Result<Restored, Halt> {
        let id = RecordId(found.id);
        // Made again already: that the listing still shows it under its old id is lag.
        if removed.contains(&found.id) && self.remade(found)?.is_some() {
            return Ok(Restored::Yes);
        }
        Ok(match self.read_known(id, listed).await? {
            Some(record) if same(&record.data, &found.data) && record.ttl == found.ttl => {
                Restored::Yes
            }
            Some(record)
                if same(&record.data, &self.address) || same(&record.data, &found.data) =>
            {
                self.update(id, &self.draft_of(found)).await?;
                tracing::info!(record = id.0, data = %found.data, ttl = found.ttl, "restored the record");
                Restored::Yes
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
        listed: &[DnsRecord],
    ) -> Result<(), Halt> {
        for candidate in listed {
            if same(&candidate.data, &record.data)
                && !found.iter().any(|before| before.id == candidate.id.0)
            {
                let there = self.read_listed(candidate).await?;
                self.ctx.checkpoint(&remade_key(record), there.id.0).await?;
                return Ok(());
            }
        }
        if let Some(rest) = self.ctx.any_doubt(self.settings.settle) {
            let note = "looking for a record that the last attempt may have made again";
            return Err(self.settling(rest, note));
        }
        let made = self.dns.create_record(&self.name.domain, &self.draft_of(record)).await?;
        self.ctx.checkpoint(&remade_key(record), made.id.0).await?;
        tracing::info!(record = made.id.0, data = %record.data, "made the removed record again");
        Ok(())
    }

    fn remade(&self, record: &Found) -> Result<Option<u64>, StepError> {
        checkpoint_of(&self.ctx.past, NAME, &remade_key(record))
    }

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

/// The checkpoint of the new id of a record that was made again.
fn remade_key(record: &Found) -> String {
    format!("remade-{}", record.id)
}

/// Whether two values are the same but for a trailing dot.
fn same(left: &str, right: &str) -> bool {
    left.trim_end_matches('.').eq_ignore_ascii_case(right.trim_end_matches('.'))
}
