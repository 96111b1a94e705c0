//! What the provider published when this program was made: `assets/catalogue.json`.
//!
//! It stands in when the provider cannot be asked, and prices what is out there before it was asked.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::domain::catalogue::{Catalogue, Image, ImageOwner, Listed, Offer, Origin, Region, Size};
use crate::domain::money::Price;

static LIST: LazyLock<(String, Catalogue)> = LazyLock::new(|| {
    let file = include_str!("../../../assets/catalogue.json");
    read(file).expect("a test reads the list that is a part of the program")
});

/// The month of the list: `2025-11`.
pub fn date() -> &'static str {
    &LIST.0
}

/// What is known without asking anybody.
pub fn catalogue() -> &'static Catalogue {
    &LIST.1
}

/// The same, when the provider was asked and did not answer.
pub fn because(why: &Arc<str>) -> Catalogue {
    let Catalogue { regions, sizes, images, domains: _, ssh_keys: _ } = catalogue().clone();
    of(regions.items, sizes.items, images.items, why)
}

fn of(regions: Vec<Region>, sizes: Vec<Size>, images: Vec<Image>, why: &Arc<str>) -> Catalogue {
    let origin = || Origin::Offline { why: Arc::clone(why) };
    Catalogue {
        regions: Listed { items: regions, origin: origin() },
        sizes: Listed { items: sizes, origin: origin() },
        images: Listed { items: images, origin: origin() },
        domains: Listed { items: Vec::new(), origin: origin() },
        ssh_keys: Listed { items: Vec::new(), origin: origin() },
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    as_of: String,
    regions: Vec<(String, String)>,
    families: Vec<FamilyRow>,
    images: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyRow {
    name: String,
    regions: Sold,
    /// Slug, vCPUs, MiB of memory, GiB of disk, US dollars an hour and a month.
    sizes: Vec<(String, u64, u64, u64, f64, f64)>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sold {
    Everywhere,
    Somewhere,
}

fn read(file: &str) -> Result<(String, Catalogue), serde_json::Error> {
    let file: ListFile = serde_json::from_str(file)?;
    let slugs: Vec<String> = file.regions.iter().map(|(slug, _)| slug.clone()).collect();
    let regions = file.regions.into_iter();
    let regions = regions.map(|(slug, name)| Region { slug, name, offer: Offer::Available });
    let sizes = file.families.into_iter().flat_map(|family| {
        let sold = match family.regions {
            Sold::Everywhere => Some(slugs.clone()),
            Sold::Somewhere => None,
        };
        let rows = family.sizes.into_iter();
        rows.map(move |(slug, vcpus, memory, disk, hourly, monthly)| Size {
            slug,
            family: family.name.clone(),
            price: Price::of(hourly, monthly),
            memory,
            vcpus,
            disk,
            regions: sold.clone(),
            offer: Offer::Available,
        })
    });
    let images = file.images.into_iter().map(|(reference, name)| Image {
        reference,
        name,
        regions: None,
        owner: ImageOwner::Provider,
    });
    let why = Arc::from("the provider was not asked");
    Ok((file.as_of, of(regions.collect(), sizes.collect(), images.collect(), &why)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_size_has_a_price_and_an_hour_is_the_672nd_part_of_a_month() {
        let sizes = &catalogue().sizes.items;
        assert!(sizes.len() > 50, "{}", sizes.len());
        for size in sizes {
            let price = size.price.unwrap_or_else(|| panic!("{} has none", size.slug));
            // The provider publishes an hour with five digits.
            let month = price.hourly.times(672).to_string();
            let off: f64 = month[1..].parse::<f64>().unwrap()
                - price.monthly.to_string()[1..].parse::<f64>().unwrap();
            assert!(off.abs() < 0.011, "{}: {month} a month", size.slug);
        }
    }

    #[test]
    fn nothing_stands_twice_in_it_and_its_date_is_a_month() {
        let Catalogue { regions, sizes, images, .. } = catalogue();
        let slugs = regions.items.iter().map(|region| &region.slug);
        let slugs = slugs.chain(sizes.items.iter().map(|size| &size.slug));
        let slugs: Vec<_> =
            slugs.chain(images.items.iter().map(|image| &image.reference)).collect();
        let different: BTreeSet<_> = slugs.iter().collect();
        assert_eq!(different.len(), slugs.len());
        let (year, month) = date().split_once('-').unwrap();
        assert!(year.parse::<u16>().unwrap() >= 2025);
        assert!((1..=12).contains(&month.parse::<u8>().unwrap()));
    }
}
