//! The world without a server: what is seen when.

use std::collections::BTreeSet;
use std::time::Duration;

use super::actions::ActionStatus;
use super::droplet::{Droplet, DropletStatus, Lock, Networking, NewDroplet};
use super::droplets::DropletFilter;
use super::record::{Record, RecordDraft, RecordFilter, RecordKind};
use super::refusal::Refusal;
use super::state_file::StateError;
use super::{Rules, Timings, World};
use crate::domain::time::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const DOMAIN: &str = "acme.example";

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

fn world() -> World {
    World::new(&Rules::default())
}

fn draft(name: &str) -> NewDroplet {
    NewDroplet {
        region: Some("syd1".to_owned()),
        tags: vec!["managed".to_owned()],
        ..NewDroplet::named(name, "s-1vcpu-1gb", "ubuntu-24-04-x64")
    }
}

fn make(world: &mut World, now: Timestamp) -> Droplet {
    world.create_droplet(now, draft("web")).expect("the draft is sound")
}

fn listed(world: &World, now: Timestamp) -> Vec<Record> {
    let filter = RecordFilter { name: Some("www.acme.example".to_owned()), kind: None };
    world.records(now, DOMAIN, &filter).expect("the domain is there")
}

fn refused(draft: NewDroplet) -> String {
    world().create_droplet(START, draft).expect_err("it must be refused").to_string()
}

#[test]
fn a_droplet_becomes_active_first_and_reachable_later() {
    let mut world = world();
    let made = make(&mut world, START);
    assert_eq!((made.status, made.lock), (DropletStatus::New, Lock::Busy));
    assert_eq!((made.private_ipv4, made.public_ipv4), (None, None));

    let active = world.droplet(after(6), made.id).expect("it is there");
    assert_eq!((active.status, active.lock), (DropletStatus::Active, Lock::Free));
    assert!(active.private_ipv4.is_some(), "the private address comes with `active`");
    assert_eq!(active.public_ipv4, None, "the public one comes later");

    let reachable = world.droplet(after(7), made.id).expect("it is there");
    assert!(reachable.public_ipv4.is_some());
}

#[test]
fn a_droplet_without_public_networking_never_gets_a_public_address() {
    let mut world = world();
    let draft = NewDroplet { networking: Networking::PrivateOnly, ..draft("inner") };
    let made = world.create_droplet(START, draft).expect("the draft is sound");
    assert_eq!(world.droplet(after(3_600), made.id).expect("it is there").public_ipv4, None);
}

#[test]
fn a_new_droplet_is_seen_by_number_at_once_and_in_listings_after_the_lag() {
    let mut world = world();
    let made = make(&mut world, START);
    assert!(world.droplet(START, made.id).is_ok());
    assert_eq!(world.droplets_tagged(START, "managed"), []);
    assert_eq!(world.droplets(START, &DropletFilter::All), []);
    assert_eq!(world.droplets_tagged(after(1), "managed").len(), 1);
    assert_eq!(world.droplets(after(1), &DropletFilter::Name("WEB".to_owned())).len(), 1);
    assert_eq!(world.droplets_tagged(after(1), "other"), []);
}

#[test]
fn a_destroyed_droplet_is_there_until_the_effect_and_listed_one_lag_longer() {
    let mut world = world();
    let id = make(&mut world, START).id;
    world.destroy_droplet(after(10), id).expect("it is active");
    assert!(world.droplet(after(11), id).is_ok(), "the effect takes two seconds");
    assert_eq!(world.destroy_droplet(after(11), id), Err(Refusal::pending_event()));
    assert_eq!(world.droplet(after(12), id), Err(Refusal::NotFound));
    assert_eq!(world.destroy_droplet(after(12), id), Err(Refusal::NotFound));
    assert_eq!(world.all_droplets(after(12)), []);
    assert_eq!(world.droplets_tagged(after(12), "managed").len(), 1, "the listing is behind");
    assert_eq!(world.droplets_tagged(after(13), "managed"), []);
}

#[test]
fn a_droplet_being_made_cannot_be_destroyed() {
    let mut world = world();
    let id = make(&mut world, START).id;
    assert_eq!(world.destroy_droplet(after(5), id), Err(Refusal::pending_event()));
    assert_eq!(world.destroy_droplet(after(6), id), Ok(()));
}

#[test]
fn live_droplets_never_share_an_address() {
    let rules = Rules { droplet_limit: 900, timings: Timings::INSTANT, ..Rules::default() };
    let mut world = World::new(&rules);
    // More than the ranges for documentation hold.
    let made = (0..800).map(|_| make(&mut world, START)).collect::<Vec<_>>();
    let addresses: BTreeSet<_> = made.iter().filter_map(|droplet| droplet.public_ipv4).collect();
    assert_eq!(addresses.len(), made.len());
    let freed = &made[100];
    world.destroy_droplet(after(1), freed.id).expect("it is active");
    let next = make(&mut world, after(2));
    assert_ne!(next.public_ipv4, freed.public_ipv4, "it rests as long as others are free");
}

#[test]
fn the_accounts_limit_counts_what_is_not_gone() {
    let mut world = World::new(&Rules { droplet_limit: 1, ..Rules::default() });
    let id = make(&mut world, START).id;
    let refusal = world.create_droplet(after(10), draft("second")).expect_err("one is the limit");
    assert!(refusal.to_string().contains("exceed your droplet limit"), "{refusal}");
    world.destroy_droplet(after(10), id).expect("it is active");
    assert!(world.create_droplet(after(11), draft("second")).is_err(), "it is still there");
    assert!(world.create_droplet(after(12), draft("second")).is_ok());
}

#[test]
fn several_droplets_are_made_together_or_not_at_all() {
    let mut world = world();
    let bad = NewDroplet { size: "s-0".to_owned(), ..draft("b") };
    assert!(world.create_droplets(START, vec![draft("a"), bad]).is_err());
    assert_eq!(world.all_droplets(START), []);
    let made = world.create_droplets(START, vec![draft("a"), draft("b")]).expect("both are sound");
    assert_eq!(made.len(), 2);
}

#[test]
fn values_that_nobody_sells_are_refused() {
    let with_size = |size: &str| NewDroplet { size: size.to_owned(), ..draft("web") };
    let with_region = |region: &str| NewDroplet { region: Some(region.to_owned()), ..draft("web") };
    assert!(refused(with_size("huge")).contains("invalid size"));
    assert!(refused(with_size("s-1vcpu-3gb")).contains("invalid size"), "it is withdrawn");
    assert!(refused(with_region("mars1")).contains("invalid region"));
    assert!(refused(with_region("nyc2")).contains("invalid region"), "it is closed");
    let elsewhere = NewDroplet { size: "g-2vcpu-8gb".to_owned(), ..with_region("blr1") };
    assert!(refused(elsewhere).contains("not available in this region"));
    assert!(refused(NewDroplet::named("web", "s-1vcpu-1gb", "dos-6")).contains("invalid image"));
    assert!(refused(draft("under_score")).contains("hostname"));
    let with_key = NewDroplet { ssh_keys: vec!["77".to_owned()], ..draft("web") };
    assert!(refused(with_key).starts_with("77 are invalid key identifiers"));
    let with_tag = NewDroplet { tags: vec!["a.b".to_owned()], ..draft("web") };
    assert!(refused(with_tag).contains("a.b"));
}

#[test]
fn the_beginning_of_a_region_is_enough() {
    let mut world = world();
    let draft = NewDroplet { region: Some("nyc".to_owned()), ..draft("web") };
    assert_eq!(world.create_droplet(START, draft).expect("nyc1 is open").region, "nyc1");
}

#[test]
fn a_tag_keeps_the_capitalisation_it_was_made_with() {
    let mut world = world();
    world.create_tag(START, "Prod").expect("a sound name");
    let draft = NewDroplet { tags: vec!["prod".to_owned(), "PROD".to_owned()], ..draft("web") };
    let made = world.create_droplet(START, draft).expect("the draft is sound");
    assert_eq!(made.tags, ["Prod"]);
    assert_eq!(world.tag(START, "Prod").expect("it is there").droplets, [made.id]);
    assert_eq!(world.tag(START, "prod"), Err(Refusal::NotFound));
    world.delete_tag(START, "Prod").expect("it is there");
    assert!(world.droplet(START, made.id).expect("it is there").tags.is_empty());
}

#[test]
fn destroying_by_tag_spares_the_others() {
    let mut world = world();
    let doomed = make(&mut world, START).id;
    let other = NewDroplet { tags: vec!["other".to_owned()], ..draft("web") };
    let spared = world.create_droplet(START, other).expect("the draft is sound").id;
    assert_eq!(world.destroy_droplets_tagged(after(9), "nobody"), Err(Refusal::NotFound));
    world.destroy_droplets_tagged(after(9), "managed").expect("the tag is there");
    assert_eq!(world.droplet(after(11), doomed), Err(Refusal::NotFound));
    assert!(world.droplet(after(11), spared).is_ok());
}

#[test]
fn a_failed_placement_takes_the_droplet_away_and_says_so_in_its_action() {
    let mut world = world();
    let made = make(&mut world, START);
    world.fail_placement(START, made.id);
    assert!(world.droplet(after(5), made.id).is_ok());
    assert_eq!(world.droplet(after(6), made.id), Err(Refusal::NotFound));
    let action = world.action(after(6), made.create_action).expect("actions stay");
    assert_eq!(action.status, ActionStatus::Errored);
}

#[test]
fn switching_off_takes_a_moment_in_which_nothing_else_is_accepted() {
    let mut world = world();
    let id = make(&mut world, START).id;
    let action = world.act_on_droplet(after(10), id, "power_off").expect("it is active");
    assert_eq!(action.status, ActionStatus::InProgress);
    assert_eq!(world.destroy_droplet(after(11), id), Err(Refusal::pending_event()));
    let off = world.droplet(after(12), id).expect("it is there");
    assert_eq!((off.status, off.lock), (DropletStatus::Off, Lock::Free));
    let action = world.action(after(12), action.id).expect("actions stay");
    assert_eq!(action.status, ActionStatus::Completed);
    assert!(world.act_on_droplet(after(12), id, "reboot").is_err());
    assert!(world.act_on_droplet(after(12), id, "paint_red").is_err());
}

#[test]
fn two_records_of_one_name_are_not_refused() {
    let mut world = world();
    let first = world.create_record(START, DOMAIN, RecordDraft::a("www", "192.0.2.1"));
    let second = world.create_record(START, DOMAIN, RecordDraft::a("www", "192.0.2.1"));
    assert_ne!(first.expect("sound").id, second.expect("sound").id);
    assert_eq!(listed(&world, after(1)).len(), 2);
}

#[test]
fn listings_of_records_are_behind_in_both_directions() {
    let mut world = world();
    let made = world.create_record(START, DOMAIN, RecordDraft::a("www", "192.0.2.1"));
    let id = made.expect("the draft is sound").id;
    assert!(world.record(DOMAIN, id).is_ok(), "by number it is there at once");
    assert_eq!(listed(&world, START), []);
    assert_eq!(listed(&world, after(1)).len(), 1);

    let change = RecordDraft { ttl: Some(60), ..RecordDraft::a("www", "192.0.2.2") };
    world.update_record(after(5), DOMAIN, id, change).expect("the change is sound");
    assert_eq!(world.record(DOMAIN, id).expect("it is there").data, "192.0.2.2");
    assert_eq!(listed(&world, after(5))[0].data, "192.0.2.1", "the listing shows the past");
    assert_eq!(
        (listed(&world, after(6))[0].data.as_str(), listed(&world, after(6))[0].ttl),
        ("192.0.2.2", 60)
    );

    world.delete_record(after(9), DOMAIN, id).expect("it is there");
    assert_eq!(world.record(DOMAIN, id), Err(Refusal::NotFound));
    assert_eq!(world.delete_record(after(9), DOMAIN, id), Err(Refusal::NotFound));
    assert_eq!(listed(&world, after(9)).len(), 1);
    assert_eq!(listed(&world, after(10)), []);
    assert!(!world.all_records(DOMAIN).iter().any(|record| record.id == id));
}

#[test]
fn a_record_listing_wants_the_qualified_name() {
    let mut world = world();
    world.create_record(START, DOMAIN, RecordDraft::a("www", "192.0.2.1")).expect("sound");
    let by = |name: &str, kind| {
        let filter = RecordFilter { name: Some(name.to_owned()), kind };
        world.records(after(1), DOMAIN, &filter).expect("the domain is there").len()
    };
    assert_eq!(by("www.acme.example", None), 1);
    assert_eq!(by("WWW.acme.example.", Some(RecordKind::A)), 1);
    assert_eq!(by("www.acme.example", Some(RecordKind::Txt)), 0);
    assert_eq!(by("www", None), 0, "a relative name finds nothing");
    assert_eq!(by("acme.example", None), 4, "the apex has the SOA and three NS");
}

#[test]
fn records_with_impossible_values_are_refused() {
    let mut world = world();
    let mut refused = |draft: RecordDraft| {
        world.create_record(START, DOMAIN, draft).expect_err("it must be refused").to_string()
    };
    let short = RecordDraft { ttl: Some(29), ..RecordDraft::a("www", "192.0.2.1") };
    assert!(refused(short).contains("ttl"));
    assert!(refused(RecordDraft::a("www", "not-an-address")).contains("IPv4"));
    assert!(
        refused(RecordDraft { name: None, ..RecordDraft::a("", "192.0.2.1") }).contains("Name")
    );
    let cname = RecordDraft { kind: RecordKind::Cname, ..RecordDraft::a("www", "other.example") };
    assert!(refused(cname).contains("dot"));
    let apex = RecordDraft { kind: RecordKind::Cname, ..RecordDraft::a("@", "other.example.") };
    assert!(refused(apex).contains("share a name"));
    let nowhere = world.create_record(START, "b.example", RecordDraft::a("www", "192.0.2.1"));
    assert_eq!(nowhere, Err(Refusal::NotFound));
}

#[test]
fn only_a_name_with_a_trailing_dot_is_taken_for_a_qualified_one() {
    let mut world = world();
    let mut name_of = |name: &str| {
        let made = world.create_record(START, DOMAIN, RecordDraft::a(name, "192.0.2.1"));
        made.expect("the draft is sound").name
    };
    assert_eq!(name_of("www.acme.example."), "www");
    assert_eq!(name_of("acme.example."), "@");
    assert_eq!(name_of("www.acme.example"), "www.acme.example");
}

#[test]
fn an_update_keeps_what_it_does_not_mention() {
    let mut world = world();
    let cname = RecordDraft { kind: RecordKind::Cname, ..RecordDraft::a("www", "other.example.") };
    let made = world.create_record(START, DOMAIN, cname.clone()).expect("the draft is sound");
    let change = RecordDraft { name: None, data: None, ttl: Some(90), ..cname };
    let changed = world.update_record(START, DOMAIN, made.id, change).expect("sound");
    assert_eq!(changed, Record { ttl: 90, ..made });
    let retyped =
        world.update_record(START, DOMAIN, changed.id, RecordDraft::a("www", "192.0.2.1"));
    assert!(retyped.is_err(), "the type stays");
}

#[test]
fn a_domain_is_made_with_its_servers_and_once() {
    let mut world = world();
    let made = world.create_domain(START, "New.Example", Some("192.0.2.7")).expect("sound");
    assert_eq!(made.name, "new.example");
    assert!(made.zone_file.contains("new.example. 1800 IN A 192.0.2.7"), "{}", made.zone_file);
    assert_eq!(world.all_records("new.example").len(), 5);
    assert!(world.create_domain(START, "new.example", None).is_err());
    assert!(world.create_domain(START, "nodots", None).is_err());
    world.delete_domain(START, "new.example").expect("it is there");
    assert_eq!(world.domain("new.example"), Err(Refusal::NotFound));
}

#[test]
fn a_world_reads_back_from_its_bytes_with_everything_in_progress() {
    let mut world = world();
    let made = make(&mut world, START);
    world.create_record(START, DOMAIN, RecordDraft::a("www", "192.0.2.1")).expect("sound");
    let slower = Timings { activation: Duration::from_mins(10), ..Timings::default() };
    let rules = Rules { timings: slower, ..Rules::default() };
    let mut again = World::from_bytes(&rules, &world.to_bytes()).expect("its own bytes");
    assert_eq!(again.to_bytes(), world.to_bytes());
    let seen = again.droplet(after(7), made.id).expect("it is there");
    assert_eq!(seen.status, DropletStatus::Active, "promised times are kept");
    assert_ne!(make(&mut again, START).id, made.id, "numbers are not used again");
}

#[test]
fn bytes_of_a_later_version_or_of_no_world_are_refused() {
    let load = |bytes: &[u8]| World::from_bytes(&Rules::default(), bytes);
    let later = load(br#"{"v":2,"galaxy":{}}"#);
    assert!(matches!(later, Err(StateError::UnknownVersion { found: 2 })));
    assert!(matches!(load(b"{\"v\":1,\"wor"), Err(StateError::Malformed(_))));
}

#[test]
fn what_no_listing_shows_is_forgotten() {
    let mut world = world();
    let id = make(&mut world, START).id;
    world.destroy_droplet(after(10), id).expect("it is active");
    let record = world.create_record(after(10), DOMAIN, RecordDraft::a("www", "192.0.2.1"));
    world.delete_record(after(11), DOMAIN, record.expect("sound").id).expect("it is there");
    make(&mut world, after(60));
    assert!(!world.books.droplets.contains_key(&id));
    assert_eq!(world.books.domains[DOMAIN].records.len(), 4);
}
