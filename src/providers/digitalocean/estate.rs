//! The account as a whole: everything that it holds, for whoever compares it with the books.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::providers::digitalocean::DigitalOcean;
use crate::providers::digitalocean::client::Call;
use crate::providers::digitalocean::domains::checked_domain;
use crate::providers::digitalocean::model::{AccountAnswer, PlacedRow, RecordRow};
use crate::providers::{
    Account, Catalogue, DnsRecord, Estate, Greeting, PlacedDroplet, ProviderError,
};

#[async_trait]
impl Estate for DigitalOcean {
    async fn droplets(&self) -> Result<Vec<PlacedDroplet>, ProviderError> {
        let rows: Vec<PlacedRow> = self.client.list(Call::get(&["droplets"]), "droplets").await?;
        let mut seen = BTreeSet::new();
        let mut droplets: Vec<PlacedDroplet> = rows.into_iter().map(PlacedDroplet::from).collect();
        // A row that moved to the next page while we read is one droplet, not two.
        droplets.retain(|placed| seen.insert(placed.droplet.id));
        Ok(droplets)
    }

    async fn zones(&self) -> Result<Vec<String>, ProviderError> {
        self.domains().await
    }

    async fn zone_records(&self, zone: &str) -> Result<Vec<DnsRecord>, ProviderError> {
        let call = Call::get(&["domains", checked_domain(zone)?, "records"]);
        let rows: Vec<RecordRow> = self.client.list(call, "domain_records").await?;
        let mut seen = BTreeSet::new();
        let mut records: Vec<DnsRecord> = rows.into_iter().map(DnsRecord::from).collect();
        records.retain(|record| seen.insert(record.id));
        Ok(records)
    }

    async fn greet(&self) -> Greeting {
        let call = Call::get(&["account"]);
        let (answer, time) = self.client.fetch_and_date::<AccountAnswer>(&call).await;
        Greeting { account: answer.map(|answer| Account::from(answer.account)), time }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::time::Timestamp;
    use crate::providers::digitalocean::stub::{Stub, error_body, reply};

    #[tokio::test]
    async fn every_droplet_is_listed_once_with_where_and_what_it_is() {
        let row = |id: u64, image: serde_json::Value| {
            json!({
                "id": id, "name": "web", "status": "active", "tags": ["other"],
                "region": {"slug": "syd1"}, "size_slug": "s-1vcpu-1gb", "image": image,
            })
        };
        let rows = [
            row(1, json!({"id": 7, "slug": "ubuntu-24-04-x64"})),
            row(1, json!(null)),
            row(2, json!({"id": 8, "slug": null})),
        ];
        let stub = Stub::always(200, json!({"droplets": rows, "meta": {"total": 3}})).await;
        let droplets = stub.client().droplets().await.unwrap();
        let images: Vec<_> = droplets.iter().map(|placed| placed.image.join(" ")).collect();
        assert_eq!(images, ["ubuntu-24-04-x64 7", "8"]);
        assert_eq!(droplets[0].region.as_deref(), Some("syd1"));
        assert_eq!(droplets[0].size.as_deref(), Some("s-1vcpu-1gb"));
        assert_eq!(stub.lines(), ["GET /v2/droplets?page=1&per_page=200"]);
    }

    #[tokio::test]
    async fn a_provider_that_refuses_the_token_still_tells_the_time() {
        let body = error_body("unauthorized", "Unable to authenticate you").to_string();
        let stub = Stub::serving(move |_, _| {
            reply(401, &[("date", "Tue, 14 Nov 2023 22:13:20 GMT")], body.clone())
        })
        .await;
        let greeting = stub.client().greet().await;
        assert!(greeting.account.is_err());
        assert_eq!(greeting.time.unwrap().shown, Timestamp::from_millis(1_700_000_000_000));
    }

    #[tokio::test]
    async fn a_zone_is_read_whole() {
        let row = json!({"id": 3, "type": "A", "name": "www", "data": "203.0.113.7", "ttl": 300});
        let stub = Stub::always(200, json!({"domain_records": [row], "meta": {"total": 1}})).await;
        let records = stub.client().zone_records("acme.example").await.unwrap();
        assert_eq!(records[0].data, "203.0.113.7");
        assert!(stub.client().zone_records("../droplets").await.is_err());
        assert_eq!(stub.lines(), ["GET /v2/domains/acme.example/records?page=1&per_page=200"]);
    }
}
