//! What can be bought: regions, sizes with prices, images. The same for everyone, always.

use serde_json::{Value, json};

use crate::simulator::world::ids::ImageId;

/// The whole offer.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Every region, closed ones included.
    pub regions: Vec<Region>,
    /// Every size, withdrawn ones included.
    pub sizes: Vec<Size>,
    /// Every image, the account's own included.
    pub images: Vec<Image>,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its slug, such as `syd1`.
    pub slug: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Whether droplets can be made there.
    pub offer: Offer,
    /// The id of the network that droplets join when none is named.
    pub default_vpc: &'static str,
}

/// A size of droplet.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    /// Its slug, such as `s-1vcpu-1gb`.
    pub slug: &'static str,
    /// The family's name for people.
    pub family: &'static str,
    /// MiB of memory.
    pub memory: u32,
    /// Virtual processors.
    pub vcpus: u32,
    /// GiB of disk.
    pub disk: u32,
    /// TiB of outgoing traffic a month.
    pub transfer: f64,
    /// US dollars a month.
    pub price_monthly: f64,
    /// Whether droplets can be made of it.
    pub offer: Offer,
    /// Where it is sold.
    pub regions: Vec<&'static str>,
}

/// An image of a distribution, of an application, or of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its number.
    pub id: ImageId,
    /// Its slug, such as `ubuntu-24-04-x64`; an account's own image has none.
    pub slug: Option<&'static str>,
    /// Its name for people, without the distribution.
    pub name: &'static str,
    /// The distribution, in the provider's spelling.
    pub distribution: &'static str,
    /// What it holds.
    pub kind: ImageKind,
    /// GiB of disk that it needs.
    pub min_disk: u32,
}

/// Whether something is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// It is.
    Available,
    /// It is listed, and refused.
    Withdrawn,
}

/// What an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// A bare system.
    Distribution,
    /// A system with an application installed.
    Application,
    /// A droplet of the account, as it was once.
    Own,
}

impl Catalog {
    /// The offer that the simulated cloud makes.
    pub fn standard() -> Self {
        Self { regions: regions(), sizes: sizes(), images: images() }
    }

    /// The region with this slug.
    pub fn region(&self, slug: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.slug == slug)
    }

    /// The size with this slug.
    pub fn size(&self, slug: &str) -> Option<&Size> {
        self.sizes.iter().find(|size| size.slug == slug)
    }

    /// The image with this number.
    pub fn image(&self, id: ImageId) -> Option<&Image> {
        self.images.iter().find(|image| image.id == id)
    }

    /// The sizes sold in a region.
    pub fn sizes_in<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Size> {
        self.sizes.iter().filter(move |size| size.regions.contains(&region))
    }

    /// A region as the API shows it.
    pub fn region_json(&self, region: &Region) -> Value {
        let sizes: Vec<&str> = self.sizes_in(region.slug).map(|size| size.slug).collect();
        json!({
            "name": region.name,
            "slug": region.slug,
            "features": [
                "backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer",
            ],
            "available": region.offer == Offer::Available,
            "sizes": sizes,
        })
    }
}

impl Size {
    /// US dollars an hour: the month counts 672 hours, and the cloud rounds to five digits.
    pub fn price_hourly(&self) -> f64 {
        (self.price_monthly / 672.0 * 100_000.0).round() / 100_000.0
    }

    /// The size as the API shows it.
    pub fn to_json(&self) -> Value {
        json!({
            "slug": self.slug,
            "memory": self.memory,
            "vcpus": self.vcpus,
            "disk": self.disk,
            "transfer": self.transfer,
            "price_monthly": self.price_monthly,
            "price_hourly": self.price_hourly(),
            "regions": self.regions,
            "available": self.offer == Offer::Available,
            "description": self.family,
            "disk_info": self.disk_info(),
        })
    }

    /// The disks of the size as the API shows them.
    pub fn disk_info(&self) -> Value {
        json!([{ "type": "local", "size": { "amount": self.disk, "unit": "gib" } }])
    }
}

impl Image {
    /// The image as the API shows it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "distribution": self.distribution,
            "slug": self.slug,
            "public": match self.kind {
                ImageKind::Distribution | ImageKind::Application => true,
                ImageKind::Own => false,
            },
            "regions": OPEN_REGIONS,
            "created_at": "2026-02-11T09:30:00Z",
            "type": match self.kind {
                ImageKind::Distribution => "base",
                ImageKind::Application | ImageKind::Own => "snapshot",
            },
            "min_disk_size": self.min_disk,
            "size_gigabytes": 2.36,
            "description": format!("{} {}", self.distribution, self.name),
            "tags": [],
            "status": "available",
            "error_message": "",
        })
    }
}

/// Regions where droplets can be made. `nyc2` is closed, as it is at the real cloud.
const OPEN_REGIONS: [&str; 10] =
    ["ams3", "blr1", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "sgp1", "syd1", "tor1"];

fn regions() -> Vec<Region> {
    use Offer::{Available, Withdrawn};
    let region =
        |slug, name, offer, default_vpc| -> Region { Region { slug, name, offer, default_vpc } };
    vec![
        region("ams3", "Amsterdam 3", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a1"),
        region("blr1", "Bangalore 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a2"),
        region("fra1", "Frankfurt 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a3"),
        region("lon1", "London 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a4"),
        region("nyc1", "New York 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a5"),
        region("nyc2", "New York 2", Withdrawn, "5a4981aa-9653-4bd1-bef5-d6bff52042a6"),
        region("nyc3", "New York 3", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a7"),
        region("sfo3", "San Francisco 3", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a8"),
        region("sgp1", "Singapore 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042a9"),
        region("syd1", "Sydney 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042aa"),
        region("tor1", "Toronto 1", Available, "5a4981aa-9653-4bd1-bef5-d6bff52042ab"),
    ]
}

fn sizes() -> Vec<Size> {
    let basic = |slug, memory, vcpus, disk, transfer, price_monthly| Size {
        slug,
        family: "Basic",
        memory,
        vcpus,
        disk,
        transfer,
        price_monthly,
        offer: Offer::Available,
        regions: OPEN_REGIONS.to_vec(),
    };
    vec![
        Size {
            regions: vec!["ams3", "fra1", "nyc1", "sfo3", "sgp1", "syd1"],
            ..basic("s-1vcpu-512mb-10gb", 512, 1, 10, 0.5, 4.0)
        },
        basic("s-1vcpu-1gb", 1024, 1, 25, 1.0, 6.0),
        basic("s-1vcpu-2gb", 2048, 1, 50, 2.0, 12.0),
        Size {
            offer: Offer::Withdrawn,
            regions: Vec::new(),
            ..basic("s-1vcpu-3gb", 3072, 1, 60, 3.0, 15.0)
        },
        basic("s-2vcpu-2gb", 2048, 2, 60, 3.0, 18.0),
        basic("s-2vcpu-4gb", 4096, 2, 80, 4.0, 24.0),
        basic("s-4vcpu-8gb", 8192, 4, 160, 5.0, 48.0),
        basic("s-8vcpu-16gb", 16_384, 8, 320, 6.0, 96.0),
        Size { family: "CPU-Optimized", ..basic("c-2", 4096, 2, 25, 4.0, 42.0) },
        Size {
            family: "General Purpose",
            regions: vec!["ams3", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "syd1"],
            ..basic("g-2vcpu-8gb", 8192, 2, 25, 4.0, 63.0)
        },
    ]
}

fn images() -> Vec<Image> {
    use ImageKind::{Application, Distribution, Own};
    let image = |id, slug, name, distribution, kind, min_disk| Image {
        id: ImageId(id),
        slug: (kind != Own).then_some(slug),
        name,
        distribution,
        kind,
        min_disk,
    };
    vec![
        image(155_133_621, "ubuntu-24-04-x64", "24.04 (LTS) x64", "Ubuntu", Distribution, 7),
        image(129_211_873, "ubuntu-22-04-x64", "22.04 (LTS) x64", "Ubuntu", Distribution, 7),
        image(195_932_981, "debian-13-x64", "13 x64", "Debian", Distribution, 7),
        image(139_379_330, "debian-12-x64", "12 x64", "Debian", Distribution, 7),
        image(185_117_215, "fedora-42-x64", "42 x64", "Fedora", Distribution, 15),
        image(172_330_170, "rockylinux-9-x64", "9 x64", "Rocky Linux", Distribution, 10),
        image(201_374_551, "", "web-golden-2026-10", "Ubuntu", Own, 25),
        image(152_244_873, "docker-20-04", "Docker on Ubuntu 22.04", "Ubuntu", Application, 25),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_sold_in_known_regions_only() {
        let catalog = Catalog::standard();
        for size in &catalog.sizes {
            for slug in &size.regions {
                let region = catalog.region(slug).expect("a size names a region of the catalog");
                assert_eq!(region.offer, Offer::Available, "{} in {slug}", size.slug);
            }
        }
    }

    #[test]
    fn an_hour_costs_the_672nd_part_of_a_month() {
        let catalog = Catalog::standard();
        let size = catalog.size("s-1vcpu-1gb").expect("the smallest common size is sold");
        assert!((size.price_hourly() - 0.00893).abs() < 1e-9);
    }
}
