//! Domains: zones that the cloud answers for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::simulator::world::World;
use crate::simulator::world::ids::RecordId;
use crate::simulator::world::record::{Extras, Record, RecordKind, RecordRow};
use crate::simulator::world::refusal::Refusal;

/// Seconds that a resolver may keep a record when nothing is said about it.
pub(super) const DEFAULT_TTL: u32 = 1_800;
/// Who answers for every zone.
const NAME_SERVERS: [&str; 3] =
    ["ns1.digitalocean.com", "ns2.digitalocean.com", "ns3.digitalocean.com"];

/// A domain as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Seconds that a resolver may keep a record by default.
    pub ttl: u32,
    /// The whole zone as text.
    pub zone_file: String,
}

/// A domain on the books.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct DomainRow {
    pub(super) records: BTreeMap<RecordId, RecordRow>,
}

impl World {
    /// Every domain, by name.
    pub fn domains(&self) -> Vec<Domain> {
        self.books.domains.iter().map(|(name, row)| row.show(name)).collect()
    }

    /// The domain of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn domain(&self, name: &str) -> Result<Domain, Refusal> {
        let name = name.to_ascii_lowercase();
        Ok(self.zone(&name)?.show(&name))
    }

    /// Adds a domain with its SOA and NS records, and an A record of the apex when `address` is
    /// given.
    ///
    /// # Errors
    /// The name is not one of a domain or is taken, or the address is none.
    pub fn create_domain(
        &mut self,
        now: Timestamp,
        name: &str,
        address: Option<&str>,
    ) -> Result<Domain, Refusal> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if !is_domain(&name) {
            return Err(Refusal::unprocessable("Domain name is invalid"));
        }
        if self.books.domains.contains_key(&name) {
            return Err(Refusal::unprocessable(format!("domain '{name}': name already exists")));
        }
        let apex = address.map(apex_record).transpose()?;
        self.add_zone(now, &name);
        self.changed(now);
        if let Some((kind, data)) = apex {
            self.add_record(now, &name, kind, "@", &data);
        }
        self.domain(&name)
    }

    /// Removes a domain and all its records.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_domain(&mut self, now: Timestamp, name: &str) -> Result<(), Refusal> {
        let removed = self.books.domains.remove(&name.to_ascii_lowercase());
        self.changed(now);
        removed.map(|_| ()).ok_or(Refusal::NotFound)
    }

    /// A zone with what every zone has, since `from`.
    pub(super) fn add_zone(&mut self, from: Timestamp, name: &str) {
        self.books.domains.insert(name.to_owned(), DomainRow::default());
        self.add_record(from, name, RecordKind::Soa, "@", &DEFAULT_TTL.to_string());
        for server in NAME_SERVERS {
            self.add_record(from, name, RecordKind::Ns, "@", server);
        }
    }

    pub(super) fn zone(&self, name: &str) -> Result<&DomainRow, Refusal> {
        self.books.domains.get(name).ok_or(Refusal::NotFound)
    }

    fn add_record(
        &mut self,
        from: Timestamp,
        domain: &str,
        kind: RecordKind,
        name: &str,
        data: &str,
    ) {
        let id = self.books.counters.record();
        let record = Record {
            id,
            kind,
            name: name.to_owned(),
            data: data.to_owned(),
            ttl: DEFAULT_TTL,
            extras: Extras::default(),
        };
        if let Some(zone) = self.books.domains.get_mut(domain) {
            zone.records.insert(id, RecordRow::new(from, record));
        }
    }
}

impl DomainRow {
    fn show(&self, name: &str) -> Domain {
        Domain { name: name.to_owned(), ttl: DEFAULT_TTL, zone_file: self.zone_file(name) }
    }

    fn zone_file(&self, name: &str) -> String {
        let mut text = format!("$ORIGIN {name}.\n$TTL {DEFAULT_TTL}\n");
        for record in self.records.values().filter_map(RecordRow::latest) {
            let owner = record.qualified_name(name);
            let dot = if record.kind.points_to_a_host() { "." } else { "" };
            let data = match record.kind {
                RecordKind::Soa => format!(
                    "{}. hostmaster.{name}. 1415982611 10800 3600 604800 {DEFAULT_TTL}",
                    NAME_SERVERS[0]
                ),
                RecordKind::A
                | RecordKind::Aaaa
                | RecordKind::Caa
                | RecordKind::Cname
                | RecordKind::Mx
                | RecordKind::Ns
                | RecordKind::Srv
                | RecordKind::Txt => format!("{}{dot}", record.data),
            };
            let kind = record.kind.as_str();
            writeln!(text, "{owner}. {} IN {kind} {data}", record.ttl)
                .expect("writing to a string cannot fail");
        }
        text
    }
}

/// The record of an apex address: its type and value.
fn apex_record(address: &str) -> Result<(RecordKind, String), Refusal> {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => Ok((RecordKind::A, v4.to_string())),
        Ok(IpAddr::V6(v6)) => Ok((RecordKind::Aaaa, v6.to_string())),
        Err(_) => Err(Refusal::unprocessable("IP address did not match IPv4 or IPv6 format")),
    }
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}
