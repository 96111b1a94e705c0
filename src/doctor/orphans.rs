//! Droplets and records that carry our marks, or that the journal says we wrote, and that nothing
//! owns.

use crate::doctor::books::{Books, Entry, Ownership};
use crate::doctor::cloud::{Listing, Looks, describe, is_address, is_nobodys};
use crate::doctor::finding::{Area, Finding, Subject};
use crate::doctor::marks::{self, Mark};
use crate::doctor::names;
use crate::doctor::plan::{Certainty, Orphan, Thing};
use crate::domain::id::{DeploymentId, SagaId};
use crate::providers::{DnsRecord, Droplet, DropletId, DropletStatus};

/// Everything that nothing owns, and what could not be settled.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    /// What nothing owns.
    pub orphans: Vec<Orphan>,
    /// Findings that are about no orphan.
    pub others: Vec<Finding>,
}

/// Judges every marked droplet, and every record at a name that an ended saga wrote.
pub fn judge(books: &Books, listing: &Listing, looks: &Looks) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (placed, mark) in listing.marked() {
        let id = placed.droplet.id;
        if is_spoken_for(books, &placed.droplet) {
            continue;
        }
        let Some(blame) = blame(books, (listing, looks), mark, &placed.droplet) else { continue };
        match looks.droplets.get(&id) {
            // A listing goes on naming a droplet for a while after it is gone.
            Some(None) => {}
            Some(Some(droplet)) if droplet.status == DropletStatus::Archive => {}
            Some(Some(droplet)) => verdicts.orphans.push(blame.of(Thing::Droplet(droplet.clone()))),
            None => verdicts.others.push(unlooked(&describe(&placed.droplet), id)),
        }
    }
    let droplets = verdicts.orphans.clone();
    for (zone, records) in &listing.records {
        for record in records.iter().filter(|record| record.kind == "A") {
            record_verdict(books, listing, looks, &droplets, (zone, record), &mut verdicts);
        }
    }
    verdicts
}

/// Whether the journal says that somebody has the droplet, whatever else its tags say; or whether it
/// cannot say.
fn is_spoken_for(books: &Books, droplet: &Droplet) -> bool {
    let by_saga = |saga| {
        let by_entry = books.of(saga).is_some_and(|entry| match entry.ownership {
            Ownership::Saga => true,
            // Which droplet it has was never recorded: it may be this one.
            Ownership::Deployment => entry.claim.droplet.is_none(),
            Ownership::Nobody | Ownership::LeftBehind => false,
        });
        by_entry || books.is_opaque(saga)
    };
    books.own_droplet(droplet.id) || marks::sagas(droplet).any(by_saga)
}

/// Why a droplet is nobody's, and how certain that is.
struct Blame {
    certainty: Certainty,
    evidence: String,
    saga: Option<SagaId>,
    deployment: Option<DeploymentId>,
}

impl Blame {
    fn of(self, thing: Thing) -> Orphan {
        let Self { certainty, evidence, saga, deployment } = self;
        Orphan { thing, certainty, evidence, saga, deployment }
    }
}

/// Why nobody owns the droplet; nothing when somebody does.
fn blame(
    books: &Books,
    (listing, looks): (&Listing, &Looks),
    mark: Mark,
    droplet: &Droplet,
) -> Option<Blame> {
    let saga = match mark {
        Mark::Saga(saga) => saga,
        Mark::Unclear => {
            let evidence = "its tags name no saga, or several, so nobody can say whose it is";
            // It may be the one of a history that cannot be read.
            let certainty =
                if books.are_whole() { Certainty::Unclear } else { Certainty::AdviseOnly };
            return Some(blamed(certainty, evidence.to_owned(), None, None));
        }
        Mark::None => return None,
    };
    let Some(entry) = books.of(saga) else {
        if !books.know_every_saga() {
            let evidence =
                format!("{saga} made it; it may be of the deployment whose row is damaged");
            return Some(blamed(Certainty::AdviseOnly, evidence, Some(saga), None));
        }
        let evidence =
            format!("{saga} made it; another data folder may own it, perhaps a colleague's");
        return Some(blamed(Certainty::Stranger, evidence, Some(saga), None));
    };
    let known = |certainty, evidence| blamed(certainty, evidence, Some(saga), Some(entry));
    match entry.ownership {
        Ownership::Saga => None,
        Ownership::Deployment => {
            let surplus = surplus(entry, (listing, looks), droplet);
            surplus.map(|(certainty, evidence)| known(certainty, evidence))
        }
        Ownership::Nobody => {
            let evidence = format!("{saga} made it ({})", entry.describe());
            Some(known(Certainty::Certain, evidence))
        }
        Ownership::LeftBehind => {
            let evidence =
                format!("{saga} made it and left it behind on purpose ({})", entry.describe());
            Some(known(Certainty::LeftBehind, evidence))
        }
    }
}

fn blamed(
    certainty: Certainty,
    evidence: String,
    saga: Option<SagaId>,
    entry: Option<&Entry>,
) -> Blame {
    Blame { certainty, evidence, saga, deployment: entry.map(|entry| entry.deployment) }
}

/// A live deployment owns one droplet. Another with the same mark is surplus, if the one it owns was
/// seen to be up, and no name points at the other; if not, the other may be what serves.
fn surplus(
    entry: &Entry,
    (listing, looks): (&Listing, &Looks),
    droplet: &Droplet,
) -> Option<(Certainty, String)> {
    let claimed = entry.claim.droplet?;
    let owned_is_up = matches!(
        looks.droplets.get(&claimed),
        Some(Some(droplet)) if droplet.status == DropletStatus::Active
    );
    let owner = format!("{} owns droplet {}", entry.name, claimed.0);
    let mut records = listing.records.values().flatten();
    let is_named = records
        .any(|record| droplet.public_ipv4.is_some_and(|address| is_address(&record.data, address)));
    Some(if owned_is_up && is_named {
        (Certainty::AdviseOnly, format!("{owner}; this one has the same mark, and a name"))
    } else if owned_is_up {
        (Certainty::Certain, format!("{owner}; this one has the same mark and serves nothing"))
    } else {
        (Certainty::AdviseOnly, format!("{owner}, which is not up; this one has the same mark"))
    })
}

fn record_verdict(
    books: &Books,
    listing: &Listing,
    looks: &Looks,
    orphans: &[Orphan],
    (zone, record): (&String, &DnsRecord),
    verdicts: &mut Verdicts,
) {
    let name = names::qualified(zone, record);
    if books.owns_name(&name) {
        return;
    }
    let writer = books.entries().find_map(|(saga, entry)| {
        let claim = &entry.claim;
        let wrote = is_nobodys(entry.ownership)
            && entry.dns_name.as_deref() == Some(name.as_str())
            && claim.address.is_some_and(|address| is_address(&record.data, address))
            && claim.found.is_some();
        wrote.then_some((saga, entry))
    });
    let Some((saga, entry)) = writer else {
        verdicts.others.extend(pointing_at_orphan(zone, &name, record, orphans));
        return;
    };
    // Asked again by its id: a listing goes on naming a record that is gone.
    let look = looks.records.get(&(zone.clone(), record.id));
    if let Some(present) = look
        && present.as_ref().is_none_or(|present| present.data != record.data)
    {
        return;
    }
    let user = user_of(listing, orphans, record);
    let (certainty, because) = if !books.are_whole() {
        let because = "but a history makes no sense, so somebody may own the name".to_owned();
        (Certainty::AdviseOnly, because)
    } else if look.is_none() {
        let because = if entry.claim.record == Some(record.id) {
            "but it could not be looked at"
        } else {
            "but under another id: somebody made it anew"
        };
        (Certainty::AdviseOnly, because.to_owned())
    } else {
        record_certainty(entry, user)
    };
    let evidence = format!("{saga} wrote it ({}), {because}", entry.describe());
    let thing = Thing::Record { zone: zone.clone(), name, record: record.clone() };
    verdicts.orphans.push(blamed(certainty, evidence, Some(saga), Some(entry)).of(thing));
}

fn record_certainty(entry: &Entry, user: Option<&Droplet>) -> (Certainty, String) {
    if let Some(user) = user {
        return (
            Certainty::AdviseOnly,
            format!("but the address is now that of {}", describe(user)),
        );
    }
    if let Some(before) = entry.claim.found.iter().flatten().next() {
        let before = format!("over A {} with a TTL of {}", before.data, before.ttl);
        return (Certainty::AdviseOnly, before);
    }
    match entry.ownership {
        Ownership::LeftBehind => {
            (Certainty::LeftBehind, "and it was left behind on purpose".to_owned())
        }
        Ownership::Nobody | Ownership::Saga | Ownership::Deployment => {
            (Certainty::Certain, "where nothing was before".to_owned())
        }
    }
}

/// The droplet that has the record's address and is no orphan.
fn user_of<'a>(
    listing: &'a Listing,
    orphans: &[Orphan],
    record: &DnsRecord,
) -> Option<&'a Droplet> {
    let droplets = listing.droplets.iter().map(|placed| &placed.droplet);
    let mut users = droplets
        .filter(|droplet| droplet.public_ipv4.is_some_and(|at| is_address(&record.data, at)));
    users.find(|user| {
        !orphans.iter().any(|orphan| match &orphan.thing {
            Thing::Droplet(droplet) => droplet.id == user.id,
            Thing::Record { .. } => false,
        })
    })
}

/// A name that nobody of ours wrote, and that points at an orphan: it will lead nowhere once the
/// orphan is gone.
fn pointing_at_orphan(
    zone: &str,
    name: &str,
    record: &DnsRecord,
    orphans: &[Orphan],
) -> Option<Finding> {
    // A stranger's names are the stranger's.
    let ours = orphans.iter().filter(|orphan| orphan.certainty != Certainty::Stranger);
    let pointed = ours.map(|orphan| &orphan.thing).find_map(|thing| match thing {
        Thing::Droplet(droplet) => {
            droplet.public_ipv4.filter(|at| is_address(&record.data, *at)).map(|_| droplet)
        }
        Thing::Record { .. } => None,
    })?;
    let text = format!("A {name} points at {}, which nothing owns", describe(pointed));
    Some(
        Finding::warning(Area::Orphans, "record_of_orphan", text)
            .because("the journal does not say that Arcadia wrote this record")
            .remedy(format!(
                "find out who made it; to remove it: doctl compute domain records delete {zone} {}",
                record.id.0
            ))
            .about(Subject::Record { zone: zone.to_owned(), id: record.id.0 }),
    )
}

fn unlooked(what: &str, id: DropletId) -> Finding {
    Finding::not_checked(
        Area::Orphans,
        "look",
        format!("{what} carries our mark and could not be looked at"),
    )
    .about(Subject::Droplet { id: id.0 })
}

/// What is told of the orphans.
pub fn findings(verdicts: &Verdicts) -> Vec<Finding> {
    let is_stranger = |orphan: &&Orphan| orphan.certainty == Certainty::Stranger;
    let (strangers, orphans): (Vec<_>, Vec<_>) = verdicts.orphans.iter().partition(is_stranger);
    let mut findings: Vec<_> = orphans.into_iter().map(finding).collect();
    match strangers.as_slice() {
        many if many.len() > TOLD_APART => findings.push(crowd(many)),
        few => findings.extend(few.iter().map(|orphan| finding(orphan))),
    }
    findings.extend(verdicts.others.iter().cloned());
    if findings.is_empty() {
        let text = "nothing with our marks is without an owner";
        findings.push(Finding::ok(Area::Orphans, "none", text));
    }
    findings
}

/// So many strangers are told of one by one. More are a colleague at work, and must not bury the rest.
const TOLD_APART: usize = 3;

fn crowd(strangers: &[&Orphan]) -> Finding {
    let text = format!("{} droplets are of sagas that this journal does not know", strangers.len());
    let finding = Finding::warning(Area::Orphans, "unknown_sagas", text);
    let told =
        strangers.iter().fold(finding, |finding, orphan| finding.because(orphan.thing.to_string()));
    told.remedy(
        "ask who else uses this account; if nobody does: arcadia doctor --fix --unknown-sagas, or \
         --droplet ID for one",
    )
}

fn finding(orphan: &Orphan) -> Finding {
    let (check, by_hand, subject) = match &orphan.thing {
        Thing::Droplet(droplet) => (
            "orphan_droplet",
            format!("doctl compute droplet delete {}", droplet.id.0),
            Subject::Droplet { id: droplet.id.0 },
        ),
        Thing::Record { zone, record, .. } => (
            "orphan_record",
            format!("doctl compute domain records delete {zone} {}", record.id.0),
            Subject::Record { zone: zone.clone(), id: record.id.0 },
        ),
    };
    let thing = &orphan.thing;
    let text = match orphan.certainty {
        Certainty::Certain | Certainty::AdviseOnly => format!("{thing} has no owner"),
        Certainty::LeftBehind => format!("{thing} was left behind on purpose"),
        Certainty::Stranger => format!("{thing} is of a saga that this journal does not know"),
        Certainty::Unclear => format!("{thing} carries our mark, and nobody can say whose it is"),
    };
    let remedy = remedy(orphan, &by_hand);
    let finding = match orphan.certainty {
        Certainty::Certain | Certainty::AdviseOnly => Finding::problem(Area::Orphans, check, text),
        Certainty::LeftBehind | Certainty::Stranger | Certainty::Unclear => {
            Finding::warning(Area::Orphans, check, text)
        }
    };
    let finding = finding.because(&orphan.evidence).remedy(remedy).about(subject);
    match &orphan.thing {
        Thing::Droplet(droplet) => finding.because(format!("made {}", droplet.created_at)),
        Thing::Record { .. } => finding,
    }
}

fn remedy(orphan: &Orphan, by_hand: &str) -> String {
    let named = match &orphan.thing {
        Thing::Droplet(droplet) => format!("arcadia doctor --fix --droplet {}", droplet.id.0),
        Thing::Record { .. } => by_hand.to_owned(),
    };
    match orphan.certainty {
        Certainty::Certain => format!("arcadia doctor --fix (or by hand: {by_hand})"),
        Certainty::LeftBehind => format!("if it is not wanted any more: {named}"),
        Certainty::Stranger => format!(
            "ask who else uses this account; if nobody does: {named}, or --unknown-sagas for all"
        ),
        Certainty::Unclear => format!("find out who tagged it; if it is not wanted: {named}"),
        Certainty::AdviseOnly => format!("decide by hand; to remove it: {by_hand}"),
    }
}

#[cfg(test)]
mod tests;
