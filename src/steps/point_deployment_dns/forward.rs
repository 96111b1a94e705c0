//! The way forward: the name is brought to the droplet's address.

use crate::providers::{DnsRecord, RecordId};
use crate::steps::Progress;
use crate::steps::point_deployment_dns::{FOUND, Found, Halt, Output, Pointing, REMOVES, same};

impl Pointing<'_> {
    pub(super) async fn find_and_point(&self, saved: Option<Vec<Found>>) -> Result<Progress, Halt> {
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
                // A request that was cut short may still write. If it did so after this one, it would
                // write over what somebody else wrote in between.
                if let Some(rest) = self.ctx.forward_doubt(self.settings.settle) {
                    let note = "until the last attempt has written the record, or never will";
                    return Err(self.settling(rest, note));
                }
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
}
