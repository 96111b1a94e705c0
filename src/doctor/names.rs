//! DNS names, as far as they must be compared.

use crate::doctor::cloud::Listing;
use crate::domain::spec::DnsName;
use crate::providers::DnsRecord;

/// The fully qualified name of a record, in lower case, without a trailing dot.
pub(super) fn qualified(zone: &str, record: &DnsRecord) -> String {
    let zone = zone.trim_end_matches('.');
    let name = match record.name.strip_suffix('.') {
        Some(qualified) => qualified.to_owned(),
        None if record.name.is_empty() || record.name == "@" => zone.to_owned(),
        None => format!("{}.{zone}", record.name),
    };
    name.to_ascii_lowercase()
}

/// Whether a qualified name stands in a zone. Both are in lower case.
pub(super) fn is_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The account's zone of a name, as the account writes it.
pub(super) fn zone_in<'a>(listing: &'a Listing, dns: &DnsName) -> Option<&'a str> {
    let zone =
        listing.zones.iter().flatten().find(|zone| zone.eq_ignore_ascii_case(&dns.domain))?;
    Some(zone.as_str())
}
