//! What holds after any history: the laws of the world, tried on many.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::droplet::NewDroplet;
use super::droplets::DropletFilter;
use super::record::{RecordDraft, RecordFilter};
use super::{Rules, Timings, World};
use crate::domain::time::Timestamp;

const DOMAIN: &str = "acme.example";

/// Something that a client does, or time that passes. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Act {
    Create,
    Destroy(usize),
    Switch(usize, &'static str),
    FailPlacement(usize),
    CreateRecord,
    UpdateRecord(usize),
    DeleteRecord(usize),
    Wait(u64),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Create),
        2 => (0..9_usize).prop_map(Act::Destroy),
        1 => (0..9_usize, prop_oneof![Just("power_off"), Just("power_on")])
            .prop_map(|(n, kind)| Act::Switch(n, kind)),
        1 => (0..9_usize).prop_map(Act::FailPlacement),
        2 => Just(Act::CreateRecord),
        2 => (0..9_usize).prop_map(Act::UpdateRecord),
        1 => (0..9_usize).prop_map(Act::DeleteRecord),
        4 => (1..4_000_u64).prop_map(Act::Wait),
        1 => Just(Act::Restart),
    ]
}

fn rules() -> Rules {
    let timings = Timings {
        activation: Duration::from_secs(3),
        address_delay: Duration::from_millis(500),
        listing_lag: Duration::from_millis(1_200),
        deletion: Duration::from_millis(1_700),
    };
    Rules { timings, domains: vec![DOMAIN.to_owned()], droplet_limit: 6 }
}

/// Does it; a refusal is as good an outcome as any.
fn apply(world: &mut World, now: Timestamp, act: &Act) {
    let droplet = |world: &World, n: usize| {
        let all = world.all_droplets(now);
        (!all.is_empty()).then(|| all[n % all.len()].id)
    };
    let record = |world: &World, n: usize| {
        let all = world.all_records(DOMAIN);
        (!all.is_empty()).then(|| all[n % all.len()].id)
    };
    match act {
        Act::Create => {
            let draft = NewDroplet::named("web", "s-1vcpu-1gb", "debian-13-x64");
            let _ = world.create_droplet(now, draft);
        }
        Act::Destroy(n) => {
            let _ = droplet(world, *n).map(|id| world.destroy_droplet(now, id));
        }
        Act::Switch(n, kind) => {
            let _ = droplet(world, *n).map(|id| world.act_on_droplet(now, id, kind));
        }
        Act::FailPlacement(n) => {
            let placed = |id| world.droplet(now, id).is_ok_and(|it| it.private_ipv4.is_some());
            if let Some(id) = droplet(world, *n).filter(|id| !placed(*id)) {
                world.fail_placement(now, id);
            }
        }
        Act::CreateRecord => {
            let _ = world.create_record(now, DOMAIN, RecordDraft::a("www", "192.0.2.1"));
        }
        Act::UpdateRecord(n) => {
            let data = format!("192.0.2.{n}");
            let draft = RecordDraft::a("www", &data);
            let _ = record(world, *n).map(|id| world.update_record(now, DOMAIN, id, draft));
        }
        Act::DeleteRecord(n) => {
            let _ = record(world, *n).map(|id| world.delete_record(now, DOMAIN, id));
        }
        Act::Wait(_) => {}
        Act::Restart => {
            *world = World::from_bytes(&rules(), &world.to_bytes()).expect("its own bytes");
        }
    }
}

proptest! {
    #[test]
    fn a_listing_is_the_truth_of_one_lag_ago(acts in prop::collection::vec(act(), 1..60)) {
        let rules = rules();
        let mut now = Timestamp::from_millis(1_700_000_000_000);
        let mut world = World::new(&rules);
        let mut past = vec![(now - Duration::from_hours(1), world.clone())];
        for act in &acts {
            if let Act::Wait(millis) = act {
                now = now + Duration::from_millis(*millis);
            }
            apply(&mut world, now, act);
            past.push((now, world.clone()));

            let then = now - rules.timings.listing_lag;
            let (_, old) = past
                .iter()
                .rfind(|(moment, _)| *moment <= then)
                .expect("the first entry is older than any lag");
            prop_assert_eq!(world.droplets(now, &DropletFilter::All), old.all_droplets(then));
            let listed = world.records(now, DOMAIN, &RecordFilter::default());
            prop_assert_eq!(listed.expect("the domain is there"), old.all_records(DOMAIN));
        }
    }

    #[test]
    fn live_droplets_have_different_numbers_and_addresses_and_keep_within_the_limit(
        acts in prop::collection::vec(act(), 1..80),
    ) {
        let mut now = Timestamp::from_millis(1_700_000_000_000);
        let mut world = World::new(&rules());
        let mut before = BTreeSet::new();
        let mut gone = BTreeSet::new();
        for act in &acts {
            if let Act::Wait(millis) = act {
                now = now + Duration::from_millis(*millis);
            }
            apply(&mut world, now, act);
            let live = world.all_droplets(now);
            let numbers: BTreeSet<_> = live.iter().map(|droplet| droplet.id).collect();
            gone.extend(before.difference(&numbers).copied());
            prop_assert_eq!(numbers.len(), live.len());
            before.clone_from(&numbers);
            prop_assert!(live.len() <= 6);
            prop_assert!(numbers.is_disjoint(&gone), "what is gone stays gone");
            let addressed: Vec<_> = live.iter().filter_map(|droplet| droplet.public_ipv4).collect();
            let addresses: BTreeSet<_> = addressed.iter().collect();
            prop_assert_eq!(addresses.len(), addressed.len());
        }
    }
}
