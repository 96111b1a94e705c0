use super::*;
use crate::doctor::books::Ownership;
use crate::doctor::finding::Verdict;
use crate::doctor::world::{ADDRESS, SAGA, Shown, entry, marked, record};
use crate::providers::{DropletId, PlacedDroplet};

/// A live deployment that is what the journal says, after this change.
fn told(change: impl FnOnce(&mut Shown)) -> Vec<(&'static str, Verdict)> {
    let live = [(SAGA, entry(Ownership::Deployment, &[]))];
    let records = [record(11, "web", ADDRESS)];
    let mut shown = Shown::of(live, &[marked(1, SAGA, ADDRESS)], &records);
    change(&mut shown);
    shown.look();
    judged(&shown)
}

fn judged(shown: &Shown) -> Vec<(&'static str, Verdict)> {
    let findings = judge(&shown.books, &shown.listing, &shown.looks, 300);
    findings
        .iter()
        .map(|finding| {
            let is_fine = matches!(finding.verdict, Verdict::Ok | Verdict::NotChecked);
            // Somebody who was woken up copies the line.
            let command = ["doctl compute d", "arcadia rollback acme/web"]
                .iter()
                .any(|command| finding.remedy.as_ref().is_some_and(|said| said.contains(command)));
            assert!(is_fine || command, "{finding:?}");
            (finding.check, finding.verdict)
        })
        .collect()
}

fn droplet(change: impl FnOnce(&mut PlacedDroplet)) -> Vec<(&'static str, Verdict)> {
    told(|shown| change(&mut shown.listing.droplets[0]))
}

fn records(change: impl FnOnce(&mut Vec<DnsRecord>)) -> Vec<(&'static str, Verdict)> {
    told(|shown| change(shown.listing.records.get_mut("acme.example").unwrap()))
}

fn claim(change: impl FnOnce(&mut Claim)) -> Vec<(&'static str, Verdict)> {
    let mut live = entry(Ownership::Deployment, &[]);
    change(&mut live.claim);
    let records = [record(11, "web", ADDRESS)];
    judged(&Shown::of([(SAGA, live)], &[marked(1, SAGA, ADDRESS)], &records))
}

const PROBLEM: Verdict = Verdict::Problem;
const WARNING: Verdict = Verdict::Warning;

#[test]
fn a_deployment_that_is_what_the_journal_says_has_not_drifted() {
    assert_eq!(told(|_| ()), [("none", Verdict::Ok)]);
    assert_eq!(judged(&Shown::of([], &[], &[])), [("none", Verdict::Ok)]);
    let under_way = [(SAGA, entry(Ownership::Saga, &[]))];
    assert_eq!(judged(&Shown::of(under_way, &[], &[])), [("none", Verdict::Ok)]);
}

#[test]
fn each_way_in_which_a_droplet_can_drift_is_told() {
    let status = |status| droplet(move |placed| placed.droplet.status = status);
    assert_eq!(told(|shown| shown.listing.droplets.clear()), [("droplet_gone", PROBLEM)]);
    assert_eq!(status(DropletStatus::Off), [("droplet_off", PROBLEM)]);
    assert_eq!(status(DropletStatus::Archive), [("droplet_archived", PROBLEM)]);
    assert_eq!(status(DropletStatus::New), [("droplet_new", WARNING)]);
    let address = |address| droplet(move |placed| placed.droplet.public_ipv4 = address);
    assert_eq!(address("203.0.113.9".parse().ok()), [("address", PROBLEM)]);
    assert_eq!(address(None), [("address", PROBLEM)]);
    assert_eq!(droplet(|placed| placed.droplet.tags.clear()), [("mark", WARNING)]);
    assert_eq!(droplet(|placed| placed.size = Some("s-8vcpu".to_owned())), [("size", WARNING)]);
    assert_eq!(droplet(|placed| placed.region = Some("nyc3".to_owned())), [("region", WARNING)]);
    assert_eq!(droplet(|placed| placed.image = vec!["debian".to_owned()]), [("image", WARNING)]);
}

#[test]
fn what_the_provider_does_not_say_is_no_drift() {
    assert_eq!(
        droplet(|placed| {
            placed.region = None;
            placed.size = None;
            placed.image.clear();
        }),
        [("none", Verdict::Ok)]
    );
    assert_eq!(claim(|claim| claim.image = "7".to_owned()), [("none", Verdict::Ok)]);
}

#[test]
fn a_listing_that_lags_is_not_believed_over_a_look() {
    let live = [(SAGA, entry(Ownership::Deployment, &[]))];
    let mut shown = Shown::of(live, &[], &[]);
    assert_eq!(judged(&shown), [("droplet_gone", PROBLEM), ("record_missing", PROBLEM)]);
    shown.looks.droplets.insert(DropletId(1), Some(marked(1, SAGA, ADDRESS)));
    let key = ("acme.example".to_owned(), crate::providers::RecordId(11));
    shown.looks.records.insert(key, Some(record(11, "web", ADDRESS)));
    assert_eq!(judged(&shown), [("none", Verdict::Ok)]);
}

#[test]
fn what_only_a_listing_says_of_a_droplet_is_no_drift() {
    let live = [(SAGA, entry(Ownership::Deployment, &[]))];
    let mut shown = Shown::of(live, &[marked(1, SAGA, ADDRESS)], &[record(11, "web", ADDRESS)]);
    assert_eq!(judged(&shown), [("none", Verdict::Ok)], "as it should be, it is believed");
    shown.listing.droplets[0].droplet.public_ipv4 = None;
    // The look at the droplet itself was not answered.
    assert!(judged(&shown).contains(&("look", Verdict::NotChecked)), "{:?}", judged(&shown));
    assert!(judged(&shown).iter().all(|(_, verdict)| *verdict != PROBLEM));
}

#[test]
fn each_way_in_which_a_name_can_drift_is_told() {
    assert_eq!(records(Vec::clear), [("record_missing", PROBLEM)]);
    assert_eq!(
        records(|rows| rows[0].data = "198.51.100.1".to_owned()),
        [("record_elsewhere", PROBLEM)]
    );
    assert_eq!(
        records(|rows| rows.push(record(12, "WEB", "198.51.100.1"))),
        [("record_doubled", PROBLEM)]
    );
    assert_eq!(records(|rows| rows[0].ttl = 60), [("record_ttl", WARNING)]);
    let alias = DnsRecord { kind: "CNAME".to_owned(), ..record(13, "web", "x.example.") };
    assert_eq!(records(|rows| rows.push(alias)), [("record_alias", PROBLEM)]);
    // Mail and texts of the same name are not ours to speak of.
    for kind in ["TXT", "MX", "NS", "AAAA", "CAA"] {
        let theirs = DnsRecord { kind: kind.to_owned(), ..record(15, "web", "x.example.") };
        assert_eq!(records(|rows| rows.push(theirs)), [("none", Verdict::Ok)], "{kind}");
    }
    assert_eq!(told(|shown| shown.listing.zones = Some([].into())), [("zone_gone", PROBLEM)]);
    // Nobody could list the zones, or the records: that is no drift.
    assert_eq!(told(|shown| shown.listing.zones = None), [("look", Verdict::NotChecked)]);
    // Another name of the zone is none of ours, and a record of ours may have been made anew.
    assert_eq!(records(|rows| rows.push(record(14, "www", ADDRESS))), [("none", Verdict::Ok)]);
    assert_eq!(records(|rows| rows[0].id.0 = 99), [("none", Verdict::Ok)]);
}

#[test]
fn each_way_out_of_a_drifted_name_is_the_very_command() {
    let remedy = |change: fn(&mut Vec<DnsRecord>)| {
        let live = [(SAGA, entry(Ownership::Deployment, &[]))];
        let mut records = vec![record(12, "web", "198.51.100.1"), record(11, "web", ADDRESS)];
        change(&mut records);
        let mut shown = Shown::of(live, &[marked(1, SAGA, ADDRESS)], &records);
        shown.look();
        let [finding] = judge(&shown.books, &shown.listing, &shown.looks, 300).try_into().unwrap();
        finding.remedy.unwrap()
    };
    let doctl = "doctl compute domain records";
    assert_eq!(remedy(|_| ()), format!("{doctl} delete acme.example 12"));
    let create = format!(
        "{doctl} create acme.example --record-type A --record-name web --record-data {ADDRESS} \
         --record-ttl 300"
    );
    let missing = remedy(Vec::clear);
    assert!(missing.starts_with(&create), "{missing}");
    let elsewhere = remedy(|records| records.truncate(1));
    let update = format!("{doctl} update acme.example --record-id 12 --record-data {ADDRESS};");
    assert!(elsewhere.contains(&update), "{elsewhere}");
    let several = remedy(|records| records[1].data = "198.51.100.2".to_owned());
    assert!(several.contains(&format!(", and {doctl} delete acme.example 11;")), "{several}");
    // Of two that are right, the journaled one is kept.
    assert_eq!(
        remedy(|records| records[0].data = ADDRESS.to_owned()),
        format!("{doctl} delete acme.example 12")
    );
    let slow = remedy(|records| {
        records.remove(0);
        records[0].ttl = 60;
    });
    assert!(
        slow.ends_with(&format!("{doctl} update acme.example --record-id 11 --record-ttl 300")),
        "{slow}"
    );
}

#[test]
fn a_record_that_was_right_when_it_was_found_keeps_its_ttl() {
    let mut live = entry(Ownership::Deployment, &[ADDRESS]);
    live.claim.record = Some(crate::providers::RecordId(11));
    let found = DnsRecord { ttl: 60, ..record(11, "web", ADDRESS) };
    let shown = Shown::of([(SAGA, live)], &[marked(1, SAGA, ADDRESS)], &[found]);
    assert_eq!(judged(&shown), [("none", Verdict::Ok)]);
}

#[test]
fn an_inventory_that_disagrees_is_told() {
    let other = "203.0.113.9".parse().unwrap();
    assert_eq!(claim(|claim| claim.rows.clear()), [("inventory", WARNING)]);
    assert_eq!(claim(|claim| claim.rows[0].ipv4 = other), [("inventory", WARNING)]);
    assert_eq!(claim(|claim| claim.rows[0].owner = None), [("inventory", WARNING)]);
    assert_eq!(claim(|claim| claim.droplet = None)[0], ("droplet_unknown", PROBLEM));
}
