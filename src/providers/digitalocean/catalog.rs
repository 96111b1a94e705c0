//! What the provider offers and what the account holds: the choices of the launch form.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Deserialize;

use crate::domain::catalogue::{Image, ImageOwner, Offer, Region, Size, SshKey, SshKeyId};
use crate::domain::money::Price;
use crate::providers::digitalocean::DigitalOcean;
use crate::providers::digitalocean::client::Call;
use crate::providers::{Catalogue, ProviderError};

#[async_trait]
impl Catalogue for DigitalOcean {
    async fn regions(&self) -> Result<Vec<Region>, ProviderError> {
        let rows: Vec<RegionRow> = self.client.list(Call::get(&["regions"]), "regions").await?;
        Ok(once(rows.into_iter().map(Region::from), |region| region.slug.clone()))
    }

    async fn sizes(&self) -> Result<Vec<Size>, ProviderError> {
        let rows: Vec<SizeRow> = self.client.list(Call::get(&["sizes"]), "sizes").await?;
        Ok(once(rows.into_iter().map(Size::from), |size| size.slug.clone()))
    }

    async fn images(&self) -> Result<Vec<Image>, ProviderError> {
        let own = Call::get(&["images"]).query("private", "true");
        let own: Vec<ImageRow> = self.client.list(own, "images").await?;
        let public = Call::get(&["images"]).query("type", "distribution");
        let public: Vec<ImageRow> = self.client.list(public, "images").await?;
        let own = own.into_iter().map(|row| row.owned_by(ImageOwner::Account));
        let public = public
            .into_iter()
            // One that the provider retired has lost its slug, and nobody should begin with it.
            .filter(|row| row.slug.is_some())
            .map(|row| row.owned_by(ImageOwner::Provider));
        Ok(once(own.chain(public), |image| image.reference.clone()))
    }

    async fn domains(&self) -> Result<Vec<String>, ProviderError> {
        let rows: Vec<DomainRow> = self.client.list(Call::get(&["domains"]), "domains").await?;
        let names = rows.into_iter().map(|row| row.name.trim_end_matches('.').to_owned());
        Ok(once(names, Clone::clone))
    }

    /// The provider answers this ten times a minute.
    async fn ssh_keys(&self) -> Result<Vec<SshKey>, ProviderError> {
        let call = Call::get(&["account", "keys"]).counted_apart();
        let rows: Vec<SshKeyRow> = self.client.list(call, "ssh_keys").await?;
        Ok(once(rows.into_iter().map(SshKey::from), |key| key.id))
    }
}

/// Each item once: a row that moved to the next page while we read is one, not two.
fn once<T, K: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(key(item))).collect()
}

#[derive(Deserialize)]
struct RegionRow {
    slug: String,
    name: String,
    available: bool,
}

#[derive(Deserialize)]
struct SizeRow {
    slug: String,
    description: Option<String>,
    price_hourly: f64,
    price_monthly: f64,
    memory: u64,
    vcpus: u64,
    disk: u64,
    regions: Option<Vec<String>>,
    available: bool,
}

#[derive(Deserialize)]
struct ImageRow {
    id: u64,
    slug: Option<String>,
    name: Option<String>,
    distribution: Option<String>,
    regions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct DomainRow {
    name: String,
}

#[derive(Deserialize)]
struct SshKeyRow {
    id: u64,
    fingerprint: String,
    name: String,
}

impl From<RegionRow> for Region {
    fn from(row: RegionRow) -> Self {
        Self { slug: row.slug, name: row.name, offer: offer(row.available) }
    }
}

impl From<SizeRow> for Size {
    fn from(row: SizeRow) -> Self {
        Self {
            slug: row.slug,
            family: row.description.unwrap_or_default(),
            price: Price::of(row.price_hourly, row.price_monthly),
            memory: row.memory,
            vcpus: row.vcpus,
            disk: row.disk,
            regions: row.regions,
            offer: offer(row.available),
        }
    }
}

impl ImageRow {
    fn owned_by(self, owner: ImageOwner) -> Image {
        let words = [self.distribution.unwrap_or_default(), self.name.unwrap_or_default()];
        Image {
            reference: self.slug.unwrap_or_else(|| self.id.to_string()),
            name: words.join(" ").trim().to_owned(),
            regions: self.regions,
            owner,
        }
    }
}

impl From<SshKeyRow> for SshKey {
    fn from(row: SshKeyRow) -> Self {
        Self { id: SshKeyId(row.id), fingerprint: row.fingerprint, name: row.name }
    }
}

fn offer(available: bool) -> Offer {
    if available { Offer::Available } else { Offer::Withdrawn }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::failure::{Effect, FailureCode};
    use crate::providers::digitalocean::stub::{Stub, error_body, json_reply};

    fn size(slug: &str, hourly: &Value, monthly: &Value) -> Value {
        json!({
            "slug": slug, "memory": 1024, "vcpus": 1, "disk": 25, "transfer": 1,
            "price_monthly": monthly, "price_hourly": hourly, "regions": ["syd1"],
            "available": true, "description": "Basic",
        })
    }

    #[tokio::test]
    async fn sizes_are_read_whether_their_prices_are_whole_or_not() {
        let rows = [
            size("s-1vcpu-1gb", &json!(0.00893), &json!(6)),
            size("s-1vcpu-2gb", &json!(1), &json!(672.5)),
            size("s-1vcpu-1gb", &json!(0.00893), &json!(6)),
        ];
        let stub =
            Stub::always(200, json!({"sizes": rows, "links": {}, "meta": {"total": 3}})).await;
        let sizes = stub.client().sizes().await.unwrap();
        let prices: Vec<_> =
            sizes.iter().map(|size| size.price.unwrap().hourly.an_hour()).collect();
        assert_eq!(prices, ["$0.009/h", "$1.000/h"], "and a row that is there twice is one size");
        assert_eq!(sizes[0].regions.as_deref(), Some(&["syd1".to_owned()][..]));
        assert_eq!(stub.lines(), ["GET /v2/sizes?page=1&per_page=200"]);
    }

    #[tokio::test]
    async fn a_price_that_can_be_none_is_not_shown_as_nothing() {
        let rows = [size("free", &json!(0), &json!(0)), size("paid", &json!(-1.0), &json!(6))];
        let stub = Stub::always(200, json!({"sizes": rows, "meta": {"total": 2}})).await;
        let sizes = stub.client().sizes().await.unwrap();
        assert!(sizes.iter().all(|size| size.price.is_none()), "{sizes:?}");
    }

    #[tokio::test]
    async fn sizes_that_make_no_sense_are_an_error_and_not_a_shorter_list() {
        for bad in [json!("cheap"), json!(null), json!([])] {
            let rows = [size("s-1vcpu-1gb", &json!(0.00893), &json!(6)), size("bad", &bad, &bad)];
            let stub = Stub::always(200, json!({"sizes": rows, "meta": {"total": 2}})).await;
            let error = stub.client().sizes().await.unwrap_err();
            assert_eq!(
                (error.failure().code, error.effect()),
                (FailureCode::BadAnswer, Effect::None)
            );
        }
        let stub = Stub::always(403, error_body("forbidden", "You are missing a scope")).await;
        let error = stub.client().ssh_keys().await.unwrap_err();
        assert_eq!(error.failure().code, FailureCode::Forbidden);
    }

    #[tokio::test]
    async fn own_images_come_first_and_are_named_by_their_ids() {
        let image = |id: u64, slug: Option<&str>, name: &str| {
            json!({"id": id, "slug": slug, "name": name, "regions": ["syd1"],
                   "distribution": "Ubuntu", "size_gigabytes": 2.36})
        };
        let stub = Stub::serving(move |asked, _| {
            let rows = if asked.line.contains("private=true") {
                json!([image(7, None, "web-golden")])
            } else {
                json!([image(8, Some("ubuntu-24-04-x64"), "24.04"), image(9, None, "retired")])
            };
            json_reply(200, &json!({"images": rows, "links": {"pages": {}}, "meta": {"total": 1}}))
        })
        .await;
        let images = stub.client().images().await.unwrap();
        let images: Vec<_> =
            images.iter().map(|image| (&*image.reference, &*image.name, image.owner)).collect();
        let expected = [
            ("7", "Ubuntu web-golden", ImageOwner::Account),
            ("ubuntu-24-04-x64", "Ubuntu 24.04", ImageOwner::Provider),
        ];
        assert_eq!(images, expected);
        let lines = [
            "GET /v2/images?private=true&page=1&per_page=200",
            "GET /v2/images?type=distribution&page=1&per_page=200",
        ];
        assert_eq!(stub.lines(), lines);
    }

    #[tokio::test]
    async fn regions_domains_and_keys_are_read_to_their_last_page() {
        let stub = Stub::serving(|asked, _| {
            let page = if asked.line.contains("page=1&") { 1 } else { 2 };
            let links =
                if page == 1 { json!({"pages": {"next": "https://x/"}}) } else { json!({}) };
            json_reply(
                200,
                &json!({
                    "regions": [{"slug": format!("syd{page}"), "name": "Sydney", "features": [],
                                 "available": page == 1, "sizes": []}],
                    "domains": [{"name": format!("example{page}.com."), "ttl": null}],
                    "ssh_keys": [{"id": page, "fingerprint": "3b:16", "public_key": "ssh-ed25519 A",
                                  "name": "ops"}],
                    "links": links, "meta": {"total": 2},
                }),
            )
        })
        .await;
        let client = stub.client();
        let regions = client.regions().await.unwrap();
        assert_eq!(regions[0].offer, Offer::Available);
        assert_eq!((&*regions[1].slug, regions[1].offer), ("syd2", Offer::Withdrawn));
        assert_eq!(client.domains().await.unwrap(), ["example1.com", "example2.com"]);
        assert_eq!(client.ssh_keys().await.unwrap()[1].id, SshKeyId(2));
        assert!(stub.lines().contains(&"GET /v2/account/keys?page=2&per_page=200".to_owned()));
    }
}
