//! The way back: what was made is removed, and every record gets back what it was.

use crate::providers::{DnsRecord, RecordId};
use crate::steps::point_deployment_dns::{Found, Halt, NAME, Output, Pointing, REMOVES, same};
use crate::steps::{Progress, StepError, checkpoint_of, output_of};

/// Whether a record is as it was found.
enum Restored {
    Yes,
    /// Someone else changed it: it says this.
    LeftAlone(String),
    Missing,
}

impl Pointing<'_> {
    /// Takes the record away that was made here: by its id or, when the answer to its making was
    /// lost, by its address.
    pub(super) async fn remove_made(&self) -> Result<Progress, Halt> {
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

    /// Gives every record back what it was, unless someone else changed it since; one that is as this
    /// step writes it is removed.
    pub(super) async fn restore(&self, found: &[Found]) -> Result<Progress, Halt> {
        let removed: Vec<u64> = checkpoint_of(&self.ctx.past, NAME, REMOVES)?.unwrap_or_default();
        let listed = self.listed_unless_gone().await?;
        let mut left = Vec::new();
        let ttl = self.settings.record_ttl;
        let (ours, others): (Vec<&Found>, Vec<&Found>) =
            found.iter().partition(|record| record.is_as_written(&self.address, ttl));
        for record in &ours {
            match self.read_known(RecordId(record.id), &listed).await? {
                Some(there) if same(&there.data, &self.address) => self.delete(there.id).await?,
                Some(there) => left.push(there.data),
                None => {}
            }
        }
        for record in &others {
            match self.restore_one(record, &removed, &listed).await? {
                Restored::Yes => {}
                Restored::LeftAlone(data) => left.push(data),
                Restored::Missing if removed.contains(&record.id) => {
                    self.make_again(record, found, &listed).await?;
                }
                Restored::Missing => left.push(format!("{} was removed", record.data)),
            }
        }
        if left.is_empty() && !ours.is_empty() {
            tracing::warn!(name = %self.name, "nobody knows what the name said before it was ours");
            let beside = if others.is_empty() { "" } else { "; the rest is as it was found" };
            return Ok(Progress::noted(format!(
                "`{}` no longer points at {}; it did when it was first looked at, so what stood there \
                 before is not known{beside}",
                self.name, self.address
            )));
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
                // As on the way forward: a request that was cut short must not write after this one.
                if let Some(rest) = self.ctx.any_doubt(self.settings.settle) {
                    let note = "until the last attempt has written the record, or never will";
                    return Err(self.settling(rest, note));
                }
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

/// The checkpoint of the new id of a record that was made again.
fn remade_key(record: &Found) -> String {
    format!("remade-{}", record.id)
}
