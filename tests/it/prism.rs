//! Client and simulated cloud, held against the provider's own description by Prism: zero
//! violations in either direction, and more than zero when there is a mistake.
//!
//! `cargo prism` runs it. It needs Node.js and Prism, so it is left out of `cargo test`; what is
//! missing is named by the failure.

use arcadia::clock::Chance;
use arcadia::domain::catalogue::ImageOwner;
use arcadia::domain::failure::FailureCode;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::OnFailure;
use arcadia::domain::spec::{DeploymentSpec, DnsName};
use arcadia::domain::summary::Standing;
use arcadia::providers::digitalocean::{DigitalOcean, Settings};
use arcadia::providers::{
    Catalogue, Compute, Dns, DropletDraft, DropletId, RecordDraft, RecordId, Removal,
};
use serde_json::{Value, json};

use crate::support::cloud::ZONE;
use crate::support::http_rig::{HttpCloud, TOKEN};
use crate::support::prism_proxy::PrismProxy;
use crate::support::rig::test_clock;

const TAG: &str = "arcadia-saga-of-prism";

/// A cloud whose client goes by way of Prism.
async fn watched_cloud() -> (HttpCloud, PrismProxy) {
    let cloud = HttpCloud::start(test_clock()).await;
    let proxy = PrismProxy::start(&cloud.simulator.base_url()).await;
    let cloud = cloud.through(proxy.base_url());
    (cloud, proxy)
}

/// Everything that Prism found, once it has said all of it; every request must have gone through
/// it, and on to the cloud.
#[expect(clippy::print_stderr, reason = "the counts are what `cargo prism` is run to see")]
async fn verdict(cloud: &HttpCloud, proxy: &mut PrismProxy) -> Vec<String> {
    cloud.client().account().await.unwrap();
    let arrived: u64 = cloud.simulator.requests().values().sum();
    let arrived = usize::try_from(arrived).unwrap();
    proxy.until_received(arrived).await;
    assert_eq!(proxy.received(), arrived, "Prism passed every request on");
    let violations = proxy.violations();
    eprintln!("{arrived} requests through Prism, {} violations", violations.len());
    violations
}

fn droplet_draft(size: &str) -> DropletDraft {
    DropletDraft {
        name: "dep-web".to_owned(),
        region: "syd1".to_owned(),
        size: size.to_owned(),
        image: "ubuntu-24-04-x64".to_owned(),
        ssh_keys: Vec::new(),
        user_data: Some("#cloud-config\n".to_owned()),
        tags: vec!["managed-by-arcadia".to_owned(), TAG.to_owned()],
    }
}

fn record_draft(data: &str) -> RecordDraft {
    RecordDraft { name: "www".to_owned(), data: data.to_owned(), ttl: 300 }
}

#[tokio::test]
#[ignore = "needs Prism: `cargo prism`"]
async fn whole_sagas_there_and_back_are_as_the_official_description_says() {
    let (cloud, mut proxy) = watched_cloud().await;
    cloud.put_record("shop", "198.51.100.44", 1_234).await;
    let rig = cloud.into_rig().await;
    // One name that is free and one that is taken: the two ways through DNS.
    for name in ["web", "shop"] {
        let spec = DeploymentSpec {
            slug: name.to_owned(),
            dns: Some(DnsName { domain: ZONE.to_owned(), name: name.to_owned() }),
            user_data: Some("#cloud-config\n".to_owned()),
            ..DeploymentSpec::example()
        };
        let launched = rig.launch_with(spec, OnFailure::Rollback).await.unwrap();
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::Active);
        rig.order(launched.deployment, Order::Rollback).await.unwrap();
        assert_eq!(rig.until_still(launched.deployment).await.standing, Standing::RolledBack);
        let before = ("shop".to_owned(), "198.51.100.44".to_owned(), 1_234);
        rig.assert_gone_but(launched.deployment, &[before]).await;
    }
    for request in [
        "GET /v2/droplets",
        "POST /v2/droplets",
        "GET /v2/droplets/{droplet_id}",
        "DELETE /v2/droplets/{droplet_id}",
        "GET /v2/domains/{domain_name}/records",
        "POST /v2/domains/{domain_name}/records",
        "GET /v2/domains/{domain_name}/records/{domain_record_id}",
        "PUT /v2/domains/{domain_name}/records/{domain_record_id}",
        "DELETE /v2/domains/{domain_name}/records/{domain_record_id}",
    ] {
        assert!(rig.cloud.count(request) > 0, "no saga made the request `{request}`");
    }
    assert_eq!(verdict(&rig.cloud, &mut proxy).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs Prism: `cargo prism`"]
async fn calls_that_no_saga_makes_and_refusals_are_as_the_official_description_says() {
    let (cloud, mut proxy) = watched_cloud().await;
    let client = cloud.client();
    assert_eq!(client.account().await.unwrap().status, "active");
    assert!(!client.regions().await.unwrap().is_empty());
    assert!(!client.sizes().await.unwrap().is_empty());
    let images = client.images().await.unwrap();
    assert!(images.iter().any(|image| image.owner == ImageOwner::Account), "{images:?}");
    assert_eq!(client.domains().await.unwrap().len(), 1);
    assert_eq!(client.ssh_keys().await.unwrap().len(), 2);

    let record = client.create_record(ZONE, &record_draft("203.0.113.9")).await.unwrap();
    assert_eq!(client.record(ZONE, record.id).await.unwrap().unwrap().data, "203.0.113.9");
    assert_eq!(client.delete_record(ZONE, record.id).await, Ok(Removal::Accepted));
    assert_eq!(client.record(ZONE, record.id).await, Ok(None));
    assert_eq!(client.update_record(ZONE, RecordId(7), &record_draft("1.2.3.4")).await, Ok(None));
    assert_eq!(client.delete_record(ZONE, RecordId(7)).await, Ok(Removal::AlreadyGone));

    let draft = droplet_draft("s-1vcpu-1gb");
    let droplet = client.create_droplet(&draft).await.unwrap();
    assert!(client.droplet(droplet.id).await.unwrap().is_some());
    client.destroy_droplets_tagged(TAG).await.unwrap();
    client.destroy_droplets_tagged("nobody-carries-this").await.unwrap();
    assert_eq!(client.droplet(DropletId(7)).await, Ok(None));
    assert_eq!(client.destroy_droplet(DropletId(7)).await, Ok(Removal::AlreadyGone));

    let fingerprint = "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa".to_owned();
    let keys = DropletDraft { ssh_keys: vec!["512189".to_owned(), fingerprint], ..draft };
    let refusals = [
        (client.create_droplet(&droplet_draft("no-such-size")).await.err(), FailureCode::Invalid),
        (client.create_droplet(&keys).await.err(), FailureCode::Invalid),
        (client.records("no.such.zone", "www").await.err(), FailureCode::NotFound),
        (stranger(&cloud).account().await.err(), FailureCode::Unauthorized),
    ];
    for (error, code) in refusals {
        assert_eq!(error.map(|error| error.failure().code), Some(code));
    }
    assert_eq!(verdict(&cloud, &mut proxy).await, Vec::<String>::new());
}

/// A client that the cloud does not know.
fn stranger(cloud: &HttpCloud) -> DigitalOcean {
    let settings = Settings { token: "dop_v1_of_nobody".into(), ..cloud.settings().clone() };
    DigitalOcean::new(settings, test_clock(), Chance::seeded(4)).unwrap()
}

#[tokio::test]
#[ignore = "needs Prism: `cargo prism`"]
async fn routes_that_our_client_does_not_use_are_as_the_official_description_says() {
    let (cloud, mut proxy) = watched_cloud().await;
    let client = cloud.client();
    let id = client.create_droplet(&droplet_draft("s-1vcpu-1gb")).await.unwrap().id.0;
    let key = json!({"name": "laptop", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ana"});
    let mx = json!({"type": "MX", "name": "@", "data": "mail.acme.example.", "priority": 10});
    let txt = json!({"type": "TXT", "name": "@", "data": "v=spf1 -all", "ttl": 600});
    for (method, path, body, expected) in [
        ("GET", "/v2/droplets?page=1&per_page=1".to_owned(), None, 200),
        ("GET", "/v2/droplets?name=dep-web".to_owned(), None, 200),
        ("POST", format!("/v2/droplets/{id}/actions"), Some(json!({"type": "power_off"})), 201),
        ("GET", format!("/v2/droplets/{id}/actions"), None, 200),
        ("GET", "/v2/actions".to_owned(), None, 200),
        ("GET", "/v2/actions/7".to_owned(), None, 404),
        ("GET", "/v2/tags".to_owned(), None, 200),
        ("GET", format!("/v2/tags/{TAG}"), None, 200),
        ("POST", "/v2/tags".to_owned(), Some(json!({"name": "more"})), 201),
        ("DELETE", "/v2/tags/more".to_owned(), None, 204),
        ("POST", "/v2/account/keys".to_owned(), Some(key), 201),
        ("GET", "/v2/account/keys".to_owned(), None, 200),
        ("POST", "/v2/domains".to_owned(), Some(json!({"name": "new.example"})), 201),
        ("GET", "/v2/domains/new.example".to_owned(), None, 200),
        ("DELETE", "/v2/domains/new.example".to_owned(), None, 204),
        ("POST", format!("/v2/domains/{ZONE}/records"), Some(mx), 201),
        ("POST", format!("/v2/domains/{ZONE}/records"), Some(txt), 201),
        ("GET", format!("/v2/domains/{ZONE}/records?type=MX"), None, 200),
        ("GET", "/v2/sizes?page=2&per_page=3".to_owned(), None, 200),
        ("GET", "/v2/images?type=distribution".to_owned(), None, 200),
    ] {
        let status = raw(&proxy, method, &path, body).await;
        assert_eq!(status, expected, "{method} {path}");
    }
    assert_eq!(verdict(&cloud, &mut proxy).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs Prism: `cargo prism`"]
async fn a_planted_mistake_is_found_in_either_direction() {
    let (cloud, mut proxy) = watched_cloud().await;
    assert_eq!(verdict(&cloud, &mut proxy).await, Vec::<String>::new());
    cloud.faults(&["GET /v2/sizes: wrong type"]);
    cloud.client().sizes().await.unwrap_err();
    let of_the_cloud = verdict(&cloud, &mut proxy).await;
    assert!(of_the_cloud.iter().any(|line| line.contains("response.body")), "{of_the_cloud:?}");

    let records = format!("/v2/domains/{ZONE}/records");
    raw(&proxy, "POST", &records, Some(json!({"type": "A", "name": "www", "ttl": "soon"}))).await;
    let of_a_client = verdict(&cloud, &mut proxy).await;
    assert!(of_a_client.iter().any(|line| line.contains("request.body")), "{of_a_client:?}");
}

/// The status of a request that our client does not make.
async fn raw(proxy: &PrismProxy, method: &str, path: &str, body: Option<Value>) -> u16 {
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let url = format!("{}{path}", proxy.base_url());
    let mut request = http.request(method.parse().unwrap(), url).bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap().status().as_u16()
}
