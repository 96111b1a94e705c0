//! What the provider offers and what the account holds: the choices of the launch form.

use serde::Deserialize;

use crate::providers::ProviderError;
use crate::providers::digitalocean::DigitalOcean;
use crate::providers::digitalocean::client::Call;

/// A place for droplets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// What a request names it by.
    pub slug: String,
    /// What a person calls it.
    pub name: String,
    /// Whether droplets can be made there.
    pub available: bool,
}

/// A kind of droplet. A droplet of it can be made where the size is available, its `regions` hold
/// the region, and the region is available.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    /// What a request names it by.
    pub slug: String,
    /// What the provider calls the family.
    pub description: String,
    /// US dollars for an hour.
    pub price_hourly: f64,
    /// US dollars for a month.
    pub price_monthly: f64,
    /// MiB of memory.
    pub memory: u64,
    /// Virtual processors.
    pub vcpus: u64,
    /// GiB of disk.
    pub disk: u64,
    /// Slugs of the regions that have it.
    pub regions: Vec<String>,
    /// Whether it can be had at all.
    pub available: bool,
}

/// A distribution to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: u64,
    /// What a request names it by; retired images have none.
    pub slug: Option<String>,
    /// The release, such as `24.04 (LTS) x64`.
    pub name: String,
    /// The family, such as `Ubuntu`.
    pub distribution: String,
    /// Slugs of the regions that have it.
    pub regions: Vec<String>,
}

/// A domain that the account manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name, without a trailing dot.
    pub name: String,
    /// Seconds that a resolver may keep its records, unless they say otherwise.
    pub ttl: Option<u32>,
}

/// A public key that the account knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// Its id.
    pub id: u64,
    /// Its MD5 fingerprint.
    pub fingerprint: String,
    /// What its owner calls it.
    pub name: String,
}

impl DigitalOcean {
    /// Every region.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn regions(&self) -> Result<Vec<Region>, ProviderError> {
        self.rows::<RegionRow, _>(Call::get(&["regions"]), "regions").await
    }

    /// Every size.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn sizes(&self) -> Result<Vec<Size>, ProviderError> {
        self.rows::<SizeRow, _>(Call::get(&["sizes"]), "sizes").await
    }

    /// Every public image of a distribution.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn images(&self) -> Result<Vec<Image>, ProviderError> {
        let call = Call::get(&["images"]).query("type", "distribution");
        self.rows::<ImageRow, _>(call, "images").await
    }

    /// Every domain of the account.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn domains(&self) -> Result<Vec<Domain>, ProviderError> {
        self.rows::<DomainRow, _>(Call::get(&["domains"]), "domains").await
    }

    /// Every SSH key of the account. The provider answers this ten times a minute.
    ///
    /// # Errors
    ///
    /// As any request.
    pub async fn ssh_keys(&self) -> Result<Vec<SshKey>, ProviderError> {
        let call = Call::get(&["account", "keys"]).counted_apart();
        self.rows::<SshKeyRow, _>(call, "ssh_keys").await
    }

    async fn rows<Row, Item>(&self, call: Call, key: &str) -> Result<Vec<Item>, ProviderError>
    where
        Row: serde::de::DeserializeOwned,
        Item: From<Row>,
    {
        let rows: Vec<Row> = self.client.list(call, key).await?;
        Ok(rows.into_iter().map(Item::from).collect())
    }
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
    ttl: Option<u32>,
}

#[derive(Deserialize)]
struct SshKeyRow {
    id: u64,
    fingerprint: String,
    name: String,
}

impl From<RegionRow> for Region {
    fn from(row: RegionRow) -> Self {
        Self { slug: row.slug, name: row.name, available: row.available }
    }
}

impl From<SizeRow> for Size {
    fn from(row: SizeRow) -> Self {
        Self {
            slug: row.slug,
            description: row.description.unwrap_or_default(),
            price_hourly: row.price_hourly,
            price_monthly: row.price_monthly,
            memory: row.memory,
            vcpus: row.vcpus,
            disk: row.disk,
            regions: row.regions.unwrap_or_default(),
            available: row.available,
        }
    }
}

impl From<ImageRow> for Image {
    fn from(row: ImageRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name.unwrap_or_default(),
            distribution: row.distribution.unwrap_or_default(),
            regions: row.regions.unwrap_or_default(),
        }
    }
}

impl From<DomainRow> for Domain {
    fn from(row: DomainRow) -> Self {
        Self { name: row.name, ttl: row.ttl }
    }
}

impl From<SshKeyRow> for SshKey {
    fn from(row: SshKeyRow) -> Self {
        Self { id: row.id, fingerprint: row.fingerprint, name: row.name }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::providers::digitalocean::stub::Stub;

    #[tokio::test]
    async fn sizes_are_read_whether_their_prices_are_whole_or_not() {
        let size = |slug: &str, monthly: serde_json::Value| {
            json!({
                "slug": slug, "memory": 1024, "vcpus": 1, "disk": 25, "transfer": 1,
                "price_monthly": monthly, "price_hourly": 0.00893, "regions": ["syd1"],
                "available": true, "description": "Basic",
            })
        };
        let rows = [size("s-1vcpu-1gb", json!(6)), size("s-1vcpu-2gb", json!(12.5))];
        let stub =
            Stub::always(200, json!({"sizes": rows, "links": {}, "meta": {"total": 2}})).await;
        let sizes = stub.client().sizes().await.unwrap();
        let prices: Vec<_> = sizes.iter().map(|size| size.price_monthly).collect();
        assert_eq!(prices, [6.0, 12.5]);
        assert_eq!(sizes[0].regions, ["syd1"]);
        assert_eq!(stub.lines(), ["GET /v2/sizes?page=1&per_page=200"]);
    }

    #[tokio::test]
    async fn regions_images_domains_and_keys_are_read() {
        let stub = Stub::always(
            200,
            json!({
                "regions": [{"slug": "syd1", "name": "Sydney 1", "features": [], "available": true,
                             "sizes": []}],
                "images": [{"id": 7, "slug": null, "name": "24.04 (LTS) x64", "regions": ["syd1"],
                            "distribution": "Ubuntu", "size_gigabytes": 2.36}],
                "domains": [{"name": "example.com", "ttl": null, "zone_file": null}],
                "ssh_keys": [{"id": 5, "fingerprint": "3b:16", "public_key": "ssh-ed25519 A",
                              "name": "ops"}],
                "meta": {"total": 1},
            }),
        )
        .await;
        let client = stub.client();
        assert_eq!(client.regions().await.unwrap()[0].slug, "syd1");
        assert_eq!(client.images().await.unwrap()[0].distribution, "Ubuntu");
        assert_eq!(client.domains().await.unwrap()[0].name, "example.com");
        assert_eq!(client.ssh_keys().await.unwrap()[0].fingerprint, "3b:16");
        let expected = [
            "GET /v2/regions?page=1&per_page=200",
            "GET /v2/images?type=distribution&page=1&per_page=200",
            "GET /v2/domains?page=1&per_page=200",
            "GET /v2/account/keys?page=1&per_page=200",
        ];
        assert_eq!(stub.lines(), expected);
    }
}
