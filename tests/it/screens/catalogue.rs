//! What the provider of the screens offers.

use std::sync::Arc;

use arcadia::domain::catalogue::{
    Catalogue, Image, ImageOwner, Listed, Offer, Region, Size, SshKey, SshKeyId, offline,
};
use arcadia::domain::money::Price;

use crate::screens::world::NOW;

/// The provider's lists.
pub(crate) fn of_provider() -> Arc<Catalogue> {
    let own = offline::catalogue().clone();
    let region = |slug: &str, name: &str, offer| Region {
        slug: slug.to_owned(),
        name: name.to_owned(),
        offer,
    };
    let regions = vec![
        region("ams3", "Amsterdam 3", Offer::Available),
        region("nyc2", "New York 2", Offer::Withdrawn),
        region("nyc3", "New York 3", Offer::Available),
        region("sgp1", "Singapore 1", Offer::Available),
        region("syd1", "Sydney 1", Offer::Available),
    ];
    let size = |slug: &str, family: &str, (vcpus, memory, disk), price, regions: &[&str]| Size {
        slug: slug.to_owned(),
        family: family.to_owned(),
        price,
        memory,
        vcpus,
        disk,
        regions: Some(regions.iter().map(|slug| (*slug).to_owned()).collect()),
        offer: Offer::Available,
    };
    let all = ["ams3", "nyc3", "sgp1", "syd1"];
    let sizes = vec![
        size("s-1vcpu-512mb-10gb", "Basic", (1, 512, 10), Price::of(0.005_95, 4.0), &["ams3"]),
        size("s-1vcpu-1gb", "Basic", (1, 1_024, 25), Price::of(0.008_93, 6.0), &all),
        size("s-1vcpu-2gb", "Basic", (1, 2_048, 50), Price::of(0.017_86, 12.0), &all),
        size("s-2vcpu-2gb", "Basic", (2, 2_048, 60), Price::of(0.026_79, 18.0), &all),
        size("c-2", "CPU-Optimized", (2, 4_096, 25), Price::of(0.062_5, 42.0), &all),
        size("g-2vcpu-8gb", "General Purpose", (2, 8_192, 25), None, &all),
        size("gpu-h100x1", "GPU", (20, 245_760, 720), Price::of(3.39, 2_278.08), &["nyc3"]),
    ];
    let snapshot = Image {
        reference: "201374551".to_owned(),
        name: "Ubuntu web-golden".to_owned(),
        regions: Some(vec!["ams3".to_owned()]),
        owner: ImageOwner::Account,
    };
    let images = std::iter::once(snapshot).chain(own.images.items).collect();
    let key = |id, fingerprint: &str, name: &str| SshKey {
        id: SshKeyId(id),
        fingerprint: fingerprint.to_owned(),
        name: name.to_owned(),
    };
    let keys = vec![
        key(289_795, "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa", "ana@laptop"),
        key(289_796, "c8:66:12:5d:91:27:0e:44:aa:10:6b:3f:27:5c:19:e2", "deploy@ci"),
    ];
    Arc::new(Catalogue {
        regions: Listed::read(regions, NOW),
        sizes: Listed::read(sizes, NOW),
        images: Listed::read(images, NOW),
        domains: Listed::read(vec!["acme.example".to_owned(), "demo.example".to_owned()], NOW),
        ssh_keys: Listed::read(keys, NOW),
    })
}

/// What there is when the provider did not answer.
pub(crate) fn of_nobody() -> Arc<Catalogue> {
    Arc::new(offline::because(&"503: the service is not available".into()))
}
