//! DNS records, named relative to their domain on our side and fully qualified in the query.

use std::borrow::Cow;
use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::providers::digitalocean::DigitalOcean;
use crate::providers::digitalocean::client::Call;
use crate::providers::digitalocean::error::{invalid, or_absent};
use crate::providers::digitalocean::model::{RecordAnswer, RecordBody, RecordRow};
use crate::providers::{Dns, DnsRecord, ProviderError, RecordDraft, RecordId, Removal};

/// The name of the domain itself.
const APEX: &str = "@";

#[async_trait]
impl Dns for DigitalOcean {
    async fn records(&self, domain: &str, name: &str) -> Result<Vec<DnsRecord>, ProviderError> {
        let domain = checked_domain(domain)?;
        let name = relative_name(domain, name)?;
        let qualified = match name.as_ref() {
            APEX => domain.to_owned(),
            label => format!("{label}.{domain}"),
        };
        let call = Call::get(&["domains", domain, "records"]).query("name", qualified);
        let rows: Vec<RecordRow> = self.client.list(call, "domain_records").await?;
        let mut seen = BTreeSet::new();
        let mut records: Vec<DnsRecord> = rows.into_iter().map(DnsRecord::from).collect();
        records.retain(|record| {
            // What is found may be written over, so a server that ignores the filter is not
            // believed. A row that moved to the next page while we read is one record, not two.
            let found = relative_name(domain, &record.name).unwrap_or_default();
            found.eq_ignore_ascii_case(&name) && seen.insert(record.id)
        });
        Ok(records)
    }

    async fn create_record(
        &self,
        domain: &str,
        draft: &RecordDraft,
    ) -> Result<DnsRecord, ProviderError> {
        let domain = checked_domain(domain)?;
        let name = relative_name(domain, &draft.name)?;
        let body = RecordBody::address(&name, draft);
        let call = Call::post(&["domains", domain, "records"], &body);
        let answer = self.client.fetch_checked(&call, |answer| says_other(answer, draft)).await?;
        Ok(answer.domain_record.into())
    }

    async fn record(&self, domain: &str, id: RecordId) -> Result<Option<DnsRecord>, ProviderError> {
        let domain = checked_domain(domain)?;
        let call = Call::get(&["domains", domain, "records", &id.0.to_string()]);
        let stray = |answer: &RecordAnswer| is_other(answer, id);
        let answer = or_absent(self.client.fetch_checked(&call, stray).await)?;
        Ok(answer.map(|answer| answer.domain_record.into()))
    }

    async fn update_record(
        &self,
        domain: &str,
        id: RecordId,
        draft: &RecordDraft,
    ) -> Result<Option<DnsRecord>, ProviderError> {
        let domain = checked_domain(domain)?;
        let name = relative_name(domain, &draft.name)?;
        let body = RecordBody::address(&name, draft);
        let call = Call::put(&["domains", domain, "records", &id.0.to_string()], &body);
        let stray =
            |answer: &RecordAnswer| is_other(answer, id).or_else(|| says_other(answer, draft));
        let answer = or_absent(self.client.fetch_checked(&call, stray).await)?;
        Ok(answer.map(|answer| answer.domain_record.into()))
    }

    async fn delete_record(&self, domain: &str, id: RecordId) -> Result<Removal, ProviderError> {
        let domain = checked_domain(domain)?;
        self.remove(&Call::delete(&["domains", domain, "records", &id.0.to_string()])).await
    }
}

/// What the answer speaks of, when that is another record.
fn is_other(answer: &RecordAnswer, id: RecordId) -> Option<String> {
    let other = answer.domain_record.id;
    (other != id.0).then(|| format!("it speaks of record {other}"))
}

/// What the record says, when that is not what was written.
fn says_other(answer: &RecordAnswer, draft: &RecordDraft) -> Option<String> {
    let data = answer.domain_record.data.as_deref().unwrap_or_default();
    let is_ours = data.trim_end_matches('.') == draft.data.trim_end_matches('.');
    (!is_ours).then(|| format!("the record says `{data}` instead of `{}`", draft.data))
}

/// The domain without its trailing dot. A text that would change the path is refused: without the
/// domain, the path of a record names another thing.
pub(super) fn checked_domain(domain: &str) -> Result<&str, ProviderError> {
    let bare = domain.strip_suffix('.').unwrap_or(domain);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let has_empty_label = bare.split('.').any(str::is_empty);
    if has_empty_label || !bare.bytes().all(is_plain) {
        return Err(invalid(format!("`{}` is not a domain", domain.escape_debug())));
    }
    Ok(bare)
}

/// The name relative to the domain; one with a trailing dot is fully qualified.
fn relative_name<'a>(domain: &str, name: &'a str) -> Result<Cow<'a, str>, ProviderError> {
    let Some(qualified) = name.strip_suffix('.') else {
        return Ok(if name.is_empty() { APEX.into() } else { name.into() });
    };
    if qualified.eq_ignore_ascii_case(domain) {
        return Ok(APEX.into());
    }
    let (Some(start), Some(end)) = split_before(qualified, domain.len() + 1) else {
        return Err(foreign(domain, name));
    };
    match end.strip_prefix('.') {
        Some(end) if end.eq_ignore_ascii_case(domain) && !start.is_empty() => Ok(start.into()),
        Some(_) | None => Err(foreign(domain, name)),
    }
}

fn split_before(text: &str, count: usize) -> (Option<&str>, Option<&str>) {
    let at = text.len().checked_sub(count);
    (at.and_then(|at| text.get(..at)), at.and_then(|at| text.get(at..)))
}

fn foreign(domain: &str, name: &str) -> ProviderError {
    invalid(format!("`{}` does not lie in the domain `{domain}`", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::failure::FailureCode;
    use crate::providers::digitalocean::stub::{Stub, error_body, reply};

    fn record_json(id: u64, kind: &str, name: &str) -> Value {
        json!({
            "id": id, "type": kind, "name": name, "data": "203.0.113.9", "priority": null,
            "port": null, "ttl": 60, "weight": null, "flags": null, "tag": null,
        })
    }

    fn draft(name: &str) -> RecordDraft {
        RecordDraft { name: name.to_owned(), data: "203.0.113.9".to_owned(), ttl: 60 }
    }

    fn ids(records: &[DnsRecord]) -> Vec<u64> {
        records.iter().map(|record| record.id.0).collect()
    }

    #[tokio::test]
    async fn records_of_every_type_are_asked_for_by_their_qualified_name() {
        let rows = [
            record_json(1, "A", "www"),
            record_json(2, "CNAME", "WWW"),
            record_json(3, "A", "mail"),
            record_json(1, "A", "www"),
        ];
        let page = json!({"domain_records": rows, "links": {}, "meta": {"total": 4}});
        let stub = Stub::always(200, page).await;
        let records = stub.client().records("example.com.", "www").await.unwrap();
        assert_eq!(ids(&records), [1, 2]);
        assert_eq!(records[1].kind, "CNAME");
        let expected =
            "GET /v2/domains/example.com/records?name=www.example.com&page=1&per_page=200";
        assert_eq!(stub.lines(), [expected]);
    }

    #[tokio::test]
    async fn the_apex_is_asked_for_by_the_domain() {
        let rows = [record_json(1, "A", "@"), record_json(2, "A", "www")];
        let page = json!({"domain_records": rows, "meta": {"total": 2}});
        let stub = Stub::always(200, page).await;
        for apex in ["@", "", "example.com."] {
            let records = stub.client().records("example.com", apex).await.unwrap();
            assert_eq!(ids(&records), [1], "{apex}");
        }
        let expected = "GET /v2/domains/example.com/records?name=example.com&page=1&per_page=200";
        assert_eq!(stub.lines(), [expected; 3]);
    }

    #[tokio::test]
    async fn the_type_is_in_the_body_of_every_write() {
        let stub = Stub::always(201, json!({"domain_record": record_json(9, "A", "www")})).await;
        let client = stub.client();
        let made = client.create_record("example.com", &draft("www.example.com.")).await.unwrap();
        let written = client.update_record("example.com", RecordId(9), &draft("www")).await;
        assert_eq!(made.id, RecordId(9));
        assert_eq!(written, Ok(Some(made)));
        let expected =
            ["POST /v2/domains/example.com/records", "PUT /v2/domains/example.com/records/9"];
        assert_eq!(stub.lines(), expected);
        let body = json!({"type": "A", "name": "www", "data": "203.0.113.9", "ttl": 60});
        assert!(stub.asked().iter().all(|asked| asked.body == body), "{:?}", stub.asked());
    }

    #[tokio::test]
    async fn a_record_that_is_not_there_is_none_and_its_removal_is_done() {
        let body = error_body("not_found", "The resource you requested could not be found.");
        let stub = Stub::always(404, body).await;
        let client = stub.client();
        let (domain, id) = ("example.com", RecordId(9));
        assert_eq!(client.record(domain, id).await, Ok(None));
        assert_eq!(client.update_record(domain, id, &draft("www")).await, Ok(None));
        assert_eq!(client.delete_record(domain, id).await, Ok(Removal::AlreadyGone));
        let error = client.records(domain, "www").await.unwrap_err();
        assert_eq!(error.failure().code, FailureCode::NotFound);
    }

    #[tokio::test]
    async fn a_record_is_read_by_its_id() {
        let stub = Stub::always(200, json!({"domain_record": record_json(9, "A", "www")})).await;
        let found = stub.client().record("example.com", RecordId(9)).await.unwrap().unwrap();
        assert_eq!((found.id, found.kind.as_str()), (RecordId(9), "A"));
        assert_eq!(stub.lines(), ["GET /v2/domains/example.com/records/9"]);
    }

    #[tokio::test]
    async fn a_record_is_removed_by_its_id() {
        let stub = Stub::serving(|_, _| reply(204, &[], "")).await;
        let removed = stub.client().delete_record("example.com", RecordId(9)).await;
        assert_eq!(removed, Ok(Removal::Accepted));
        assert_eq!(stub.lines(), ["DELETE /v2/domains/example.com/records/9"]);
    }

    #[test]
    fn names_are_relative_unless_they_end_in_a_dot() {
        let relative = |name| relative_name("example.com", name).ok().map(Cow::into_owned);
        let table = [
            ("www", Some("www")),
            ("@", Some("@")),
            ("", Some("@")),
            ("*", Some("*")),
            ("www.example.com", Some("www.example.com")),
            ("www.example.com.", Some("www")),
            ("A.b.Example.COM.", Some("A.b")),
            ("example.com.", Some("@")),
            ("wwwexample.com.", None),
            ("www.example.org.", None),
            (".", None),
        ];
        for (name, expected) in table {
            assert_eq!(relative(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_domain_that_would_change_the_path_is_refused() {
        for domain in ["", ".", "..", "a/b", "a b", "a..b", "ex\u{1b}ample.com", "a?b"] {
            assert!(checked_domain(domain).is_err(), "{domain}");
        }
        assert_eq!(checked_domain("example.com."), Ok("example.com"));
    }
}
