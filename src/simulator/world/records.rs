//! Making, seeing, changing and deleting DNS records.
//!
//! Records are rows with numbers. Nothing keeps two rows from having one name: that is for the
//! client to see.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::domains::{DEFAULT_TTL, DomainRow};
use crate::simulator::world::ids::RecordId;
use crate::simulator::world::record::{Record, RecordDraft, RecordFilter, RecordKind, RecordRow};
use crate::simulator::world::refusal::Refusal;

/// The real cloud refuses less, although its description does not say so.
const LEAST_TTL: u32 = 30;

impl World {
    /// A listing of a domain's records. It shows the world as it was one listing lag ago.
    ///
    /// # Errors
    /// There is no such domain.
    pub fn records(
        &self,
        now: Timestamp,
        domain: &str,
        filter: &RecordFilter,
    ) -> Result<Vec<Record>, Refusal> {
        let seen_at = self.listing_time(now);
        let domain = domain.to_ascii_lowercase();
        let rows = self.zone(&domain)?.records.values();
        let seen = rows.filter_map(|row| row.at(seen_at));
        Ok(seen.filter(|record| filter.shows(&domain, record)).cloned().collect())
    }

    /// The record with this number: without lag.
    ///
    /// # Errors
    /// There is no such domain or record.
    pub fn record(&self, domain: &str, id: RecordId) -> Result<Record, Refusal> {
        let row = self.zone(&domain.to_ascii_lowercase())?.records.get(&id);
        row.and_then(RecordRow::latest).cloned().ok_or(Refusal::NotFound)
    }

    /// The truth, for audits: every record of a domain, without lag; none when there is no domain.
    pub fn all_records(&self, domain: &str) -> Vec<Record> {
        let zone = self.books.domains.get(&domain.to_ascii_lowercase());
        let rows = zone.into_iter().flat_map(|zone| zone.records.values());
        rows.filter_map(RecordRow::latest).cloned().collect()
    }

    /// Adds a record, whether or not there is one of the same name already.
    ///
    /// # Errors
    /// There is no such domain, or the values are refused.
    pub fn create_record(
        &mut self,
        now: Timestamp,
        domain: &str,
        draft: RecordDraft,
    ) -> Result<Record, Refusal> {
        let domain = domain.to_ascii_lowercase();
        self.zone(&domain)?;
        let name = match (draft.name, draft.kind) {
            (Some(name), _) => name,
            (None, RecordKind::Mx | RecordKind::Soa) => "@".to_owned(),
            (None, _) => return Err(Refusal::unprocessable("Name can't be blank")),
        };
        let data = draft.data.ok_or_else(|| Refusal::unprocessable("Data can't be blank"))?;
        let id = self.books.counters.record();
        let record = Record {
            id,
            kind: draft.kind,
            name: relative(&domain, &name),
            data,
            ttl: draft.ttl.unwrap_or(DEFAULT_TTL),
            extras: draft.extras,
        };
        let record = self.check_record(&domain, record)?;
        self.changed(now);
        self.zone_mut(&domain)?.records.insert(id, RecordRow::new(now, record.clone()));
        Ok(record)
    }

    /// Changes what the draft says of a record; the rest stays.
    ///
    /// # Errors
    /// There is no such domain or record, or the values are refused.
    pub fn update_record(
        &mut self,
        now: Timestamp,
        domain: &str,
        id: RecordId,
        draft: RecordDraft,
    ) -> Result<Record, Refusal> {
        let domain = domain.to_ascii_lowercase();
        let present = self.record(&domain, id)?;
        if draft.kind != present.kind {
            return Err(Refusal::unprocessable("the type of a record cannot be changed"));
        }
        let name = draft.name.map_or(present.name, |name| relative(&domain, &name));
        let host_data = |data: String| {
            if present.kind.points_to_a_host() { format!("{data}.") } else { data }
        };
        let record = Record {
            id,
            kind: present.kind,
            name,
            data: draft.data.unwrap_or_else(|| host_data(present.data)),
            ttl: draft.ttl.unwrap_or(present.ttl),
            extras: draft.extras.or(present.extras),
        };
        let record = self.check_record(&domain, record)?;
        self.changed(now);
        if let Some(row) = self.zone_mut(&domain)?.records.get_mut(&id) {
            row.replace(now, Some(record.clone()));
        }
        Ok(record)
    }

    /// Deletes a record at once; listings show it for one more lag.
    ///
    /// # Errors
    /// There is no such domain or record, or it is the SOA.
    pub fn delete_record(
        &mut self,
        now: Timestamp,
        domain: &str,
        id: RecordId,
    ) -> Result<(), Refusal> {
        let domain = domain.to_ascii_lowercase();
        if self.record(&domain, id)?.kind == RecordKind::Soa {
            return Err(Refusal::unprocessable("SOA records cannot be deleted"));
        }
        if let Some(row) = self.zone_mut(&domain)?.records.get_mut(&id) {
            row.replace(now, None);
        }
        self.changed(now);
        Ok(())
    }

    fn zone_mut(&mut self, domain: &str) -> Result<&mut DomainRow, Refusal> {
        self.books.domains.get_mut(domain).ok_or(Refusal::NotFound)
    }

    fn check_record(&self, domain: &str, record: Record) -> Result<Record, Refusal> {
        if record.ttl < LEAST_TTL {
            return Err(Refusal::unprocessable("record ttl must be greater than 30"));
        }
        if record.name.is_empty() || record.name.len() > 253 {
            return Err(Refusal::unprocessable("Name is invalid"));
        }
        self.check_cname(domain, &record)?;
        let data = check_data(domain, &record)?;
        Ok(Record { data, ..record })
    }

    /// A CNAME stands alone at its name.
    fn check_cname(&self, domain: &str, record: &Record) -> Result<(), Refusal> {
        let others = self.all_records(domain);
        let mut same_name = others
            .iter()
            .filter(|other| other.id != record.id && other.name.eq_ignore_ascii_case(&record.name));
        let clash = match record.kind {
            RecordKind::Cname => same_name.next().is_some(),
            RecordKind::A
            | RecordKind::Aaaa
            | RecordKind::Caa
            | RecordKind::Mx
            | RecordKind::Ns
            | RecordKind::Soa
            | RecordKind::Srv
            | RecordKind::Txt => same_name.any(|other| other.kind == RecordKind::Cname),
        };
        if clash {
            return Err(Refusal::unprocessable(
                "CNAME records cannot share a name with other records",
            ));
        }
        Ok(())
    }
}

/// The value as the cloud keeps it.
fn check_data(domain: &str, record: &Record) -> Result<String, Refusal> {
    let data = record.data.trim();
    match record.kind {
        RecordKind::A => match data.parse::<Ipv4Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(Refusal::unprocessable("Data is not a valid IPv4 address")),
        },
        RecordKind::Aaaa => match data.parse::<Ipv6Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(Refusal::unprocessable("Data is not a valid IPv6 address")),
        },
        RecordKind::Cname | RecordKind::Mx | RecordKind::Ns | RecordKind::Srv => {
            if matches!(record.kind, RecordKind::Mx | RecordKind::Srv)
                && record.extras.priority.is_none()
            {
                return Err(Refusal::unprocessable("Priority can't be blank"));
            }
            if data == "@" {
                return Ok(domain.to_owned());
            }
            let host = data.strip_suffix('.');
            host.map(str::to_owned)
                .ok_or_else(|| Refusal::unprocessable("Data needs to end with a dot (.)"))
        }
        RecordKind::Caa | RecordKind::Soa | RecordKind::Txt => {
            if data.is_empty() {
                return Err(Refusal::unprocessable("Data can't be blank"));
            }
            Ok(data.to_owned())
        }
    }
}

/// The name relative to the domain. Only a name with a trailing dot is taken for a qualified one:
/// without it, `www.acme.example` becomes `www.acme.example.acme.example`, as at the real cloud.
fn relative(domain: &str, name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    match name.strip_suffix('.') {
        None => name,
        Some(qualified) if qualified == domain => "@".to_owned(),
        Some(qualified) => qualified
            .strip_suffix(domain)
            .and_then(|rest| rest.strip_suffix('.'))
            .unwrap_or(qualified)
            .to_owned(),
    }
}
