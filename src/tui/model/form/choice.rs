//! The pick lists of the launch form: what a field may hold, and what of it answers to what is typed.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::domain::catalogue::{
    Catalogue, Image, ImageOwner, Listed, Offer, Region, Size, SshKey, is_in, offline,
};
use crate::tui::model::form::Field;

/// Something that a field may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the field holds then.
    pub value: String,
    /// What a person wants to know of it.
    pub words: String,
    /// Why it will not do here, if it will not.
    pub unfit: Option<String>,
}

/// What is known of what a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is there to judge, or nothing to judge it by.
    None,
    /// It is in the list, and this is what the list says of it.
    Known(String),
    /// It is not, or it will not do here: the provider has the last word.
    Doubtful(String),
}

/// Everything that a field may hold, in the provider's order, what will not do here last; `None`
/// for a field that is free.
pub fn choices(field: Field, catalogue: &Catalogue, region: &str) -> Option<Vec<Choice>> {
    let mut choices: Vec<Choice> = match field {
        Field::Region => catalogue.regions.items.iter().map(of_region).collect(),
        Field::Size => catalogue.sizes.items.iter().map(|size| of_size(size, region)).collect(),
        Field::Image => {
            catalogue.images.items.iter().map(|image| of_image(image, region)).collect()
        }
        Field::DnsDomain => {
            let domains = catalogue.domains.items.iter();
            domains
                .map(|name| Choice { value: name.clone(), words: String::new(), unfit: None })
                .collect()
        }
        Field::SshKeys => catalogue.ssh_keys.items.iter().map(of_key).collect(),
        Field::Tenant
        | Field::Slug
        | Field::Count
        | Field::DnsRecordName
        | Field::DropletName
        | Field::OnFailure
        | Field::Launch => return None,
    };
    choices.sort_by_key(|choice| choice.unfit.is_some());
    Some(choices)
}

/// Those that answer to what was typed, the best first; all of them when nothing was.
pub fn matching(choices: Vec<Choice>, typed: &str) -> Vec<Choice> {
    if typed.trim().is_empty() {
        return choices;
    }
    let pattern = Pattern::new(typed, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let typed = typed.trim().to_ascii_lowercase();
    let mut found: Vec<_> = choices
        .into_iter()
        .filter_map(|choice| {
            let hay = format!("{} {}", choice.value, choice.words);
            let score = pattern.score(Utf32Str::new(&hay, &mut buffer), &mut matcher)?;
            let literal = hay.to_ascii_lowercase().contains(&typed);
            Some((!literal, Reverse(score), choice))
        })
        .collect();
    found.sort_by_key(|(not_literal, score, choice)| {
        let begins = choice.value.to_ascii_lowercase().starts_with(&typed);
        (choice.value != typed, choice.unfit.is_some(), !begins, *not_literal, *score)
    });
    found.into_iter().map(|(_, _, choice)| choice).collect()
}

/// What is known of what a field holds.
pub fn verdict(field: Field, value: &str, catalogue: &Catalogue, region: &str) -> Verdict {
    if value.trim().is_empty() {
        return Verdict::None;
    }
    let Some(choices) = choices(field, catalogue, region) else { return Verdict::None };
    if choices.is_empty() && why_offline(field, catalogue).is_some() {
        return Verdict::None;
    }
    let words: Vec<&str> = value.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let mut known = Vec::new();
    for word in words {
        match choices.iter().find(|choice| names(choice, field, word)) {
            None if field == Field::SshKeys => {
                return Verdict::Doubtful(format!("`{word}` {}", not_listed(field, catalogue)));
            }
            None => return Verdict::Doubtful(not_listed(field, catalogue)),
            Some(Choice { unfit: Some(why), .. }) => return Verdict::Doubtful(why.clone()),
            Some(choice) => known.push(choice.words.as_str()),
        }
    }
    Verdict::Known(known.join(", "))
}

/// Whether a word in a field means this choice.
pub fn names(choice: &Choice, field: Field, word: &str) -> bool {
    // A key is known by its fingerprint as well.
    let by_fingerprint = field == Field::SshKeys && choice.words.ends_with(word) && word.len() > 16;
    choice.value == word
        || by_fingerprint
        || (field == Field::DnsDomain
            && word.trim_end_matches('.').eq_ignore_ascii_case(&choice.value))
}

/// Why the provider did not give a field's list, if it did not.
pub fn why_offline(field: Field, catalogue: &Catalogue) -> Option<&str> {
    match field {
        Field::Region => catalogue.regions.why_offline(),
        Field::Size => catalogue.sizes.why_offline(),
        Field::Image => catalogue.images.why_offline(),
        Field::DnsDomain => catalogue.domains.why_offline(),
        Field::SshKeys => catalogue.ssh_keys.why_offline(),
        Field::Tenant
        | Field::Slug
        | Field::Count
        | Field::DnsRecordName
        | Field::DropletName
        | Field::OnFailure
        | Field::Launch => None,
    }
}

/// A size as a line of words: `$0.009/h  1 vCPU 1 GB 25 GB  Basic`.
pub fn size_words(size: &Size) -> String {
    let price = size.price.map(|price| format!("{}  ", price.hourly.an_hour())).unwrap_or_default();
    let memory = match size.memory {
        mib if mib < 1_024 => format!("{mib} MB"),
        mib => format!("{} GB", mib / 1_024),
    };
    let (cpus, disk) = (size.vcpus, size.disk);
    format!("{price}{cpus} vCPU {memory} {disk} GB  {}", size.family)
}

fn not_listed(field: Field, catalogue: &Catalogue) -> String {
    match why_offline(field, catalogue) {
        None => "not in the provider's list".to_owned(),
        Some(_) => format!("not in the offline list of {}", offline::date()),
    }
}

fn of_region(region: &Region) -> Choice {
    let unfit = (region.offer == Offer::Withdrawn).then(|| "closed".to_owned());
    Choice { value: region.slug.clone(), words: region.name.clone(), unfit }
}

fn of_size(size: &Size, region: &str) -> Choice {
    let unfit = match size.offer {
        Offer::Withdrawn => Some("withdrawn".to_owned()),
        Offer::Available => not_in(size.regions.as_deref(), region),
    };
    Choice { value: size.slug.clone(), words: size_words(size), unfit }
}

fn of_image(image: &Image, region: &str) -> Choice {
    let words = match image.owner {
        ImageOwner::Provider => image.name.clone(),
        ImageOwner::Account => format!("{} (your own)", image.name),
    };
    let unfit = not_in(image.regions.as_deref(), region);
    Choice { value: image.reference.clone(), words, unfit }
}

fn of_key(key: &SshKey) -> Choice {
    let words = format!("{}  {}", key.name, key.fingerprint);
    Choice { value: key.id.0.to_string(), words, unfit: None }
}

fn not_in(regions: Option<&[String]>, region: &str) -> Option<String> {
    (!is_in(regions, region)).then(|| format!("not in {region}"))
}

/// Whether any list that a launch is chosen from is the program's own.
pub fn is_offline(catalogue: &Catalogue) -> Option<&str> {
    fn why<T>(listed: &Listed<T>) -> Option<&str> {
        listed.why_offline()
    }
    why(&catalogue.sizes).or(why(&catalogue.regions)).or(why(&catalogue.images))
}
