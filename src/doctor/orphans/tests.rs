use super::*;
use crate::doctor::finding::Verdict;
use crate::doctor::plan::{Choice, Strangers, plan};
use crate::doctor::report::{Outcome, Repair, name_at};
use crate::doctor::world::{ADDRESS, SAGA, Shown, ZONE, droplet, entry, marked, record};
use crate::providers::RecordId;
use crate::steps::Marks;

const STRANGER: SagaId = SagaId::from_u128(99);

fn judged(shown: &Shown) -> Verdicts {
    judge(&shown.books, &shown.listing, &shown.looks)
}

/// Every orphan with its certainty: `droplet 1`, `record 11`.
fn orphans(shown: &Shown) -> Vec<(String, Certainty)> {
    let name = |thing: &Thing| match thing {
        Thing::Droplet(droplet) => format!("droplet {}", droplet.id.0),
        Thing::Record { record, .. } => format!("record {}", record.id.0),
    };
    let verdicts = judged(shown);
    verdicts.orphans.iter().map(|orphan| (name(&orphan.thing), orphan.certainty)).collect()
}

fn check(shown: &Shown, expected: &[(&str, Certainty)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, certainty)| ((*name).to_owned(), *certainty)).collect();
    assert_eq!(orphans(shown), expected);
}

#[test]
fn a_droplet_belongs_to_its_saga_until_that_ends_and_then_to_its_live_deployment() {
    let ours = [marked(1, SAGA, ADDRESS)];
    let owned_by = |ownership| Shown::of([(SAGA, entry(ownership, &[]))], &ours, &[]);
    check(&owned_by(Ownership::Saga), &[]);
    check(&owned_by(Ownership::Deployment), &[]);
    check(&owned_by(Ownership::Nobody), &[("droplet 1", Certainty::Certain)]);
    check(&owned_by(Ownership::LeftBehind), &[("droplet 1", Certainty::LeftBehind)]);
    check(&Shown::of([], &ours, &[]), &[("droplet 1", Certainty::Stranger)]);
}

#[test]
fn a_droplet_without_our_mark_is_never_spoken_of() {
    let theirs = [droplet(1, &["web"], ADDRESS), droplet(2, &[], ADDRESS)];
    let shown = Shown::of([(SAGA, entry(Ownership::Nobody, &[]))], &theirs, &[]);
    check(&shown, &[]);
    let [none] = findings(&judged(&shown)).try_into().unwrap();
    assert_eq!((none.check, none.verdict), ("none", Verdict::Ok));
}

#[test]
fn a_mark_that_names_no_saga_is_unclear() {
    let bare = [droplet(1, &[Marks::MANAGED], ADDRESS)];
    check(&Shown::of([], &bare, &[]), &[("droplet 1", Certainty::Unclear)]);
    // It may be the one of a history that cannot be read, so it does not go even by name.
    let mut shown = Shown::of([], &bare, &[]);
    shown.books.add_opaque(STRANGER);
    check(&shown, &[("droplet 1", Certainty::AdviseOnly)]);
    let named = Choice { strangers: Strangers::Go, named: [1].into() };
    assert_eq!(plan(&judged(&shown).orphans, &named), []);
}

#[test]
fn a_droplet_stays_when_the_name_that_points_at_it_could_not_be_removed() {
    let ended = [(SAGA, entry(Ownership::Nobody, &[]))];
    let shown = Shown::of(ended, &[marked(1, SAGA, ADDRESS)], &[record(11, "web", ADDRESS)]);
    let orphans = judged(&shown).orphans;
    let acts = plan(&orphans, &Choice { strangers: Strangers::Stay, named: [].into() });
    let [name, droplet] = acts.as_slice() else { panic!("{acts:?}") };
    let went = |outcome| [Repair { act: name.clone(), outcome }];
    let failed = went(Outcome::Failed { why: "403".to_owned() });
    assert_eq!(name_at(droplet, &failed), Some("web.acme.example"));
    assert_eq!(name_at(name, &failed), None, "of droplets alone");
    assert_eq!(name_at(droplet, &went(Outcome::Done)), None);
    let moved = went(Outcome::LeftAlone { why: "it points elsewhere".to_owned() });
    assert_eq!(name_at(droplet, &moved), None);
}

#[test]
fn what_the_journal_says_is_in_use_is_no_orphan_whatever_its_tags_say() {
    let other = Marks::saga_tag(STRANGER);
    let tags: [&[&str]; 3] = [&[Marks::MANAGED], &[&other], &[Marks::MANAGED, &other]];
    for owner in [Ownership::Deployment, Ownership::Saga] {
        for tags in tags {
            let shown = Shown::of([(SAGA, entry(owner, &[]))], &[droplet(1, tags, ADDRESS)], &[]);
            check(&shown, &[]);
        }
    }
    // What a saga that goes on has made so far may not be recorded yet.
    let mut young = entry(Ownership::Saga, &[]);
    young.claim.droplet = None;
    let both = [droplet(1, &[Marks::MANAGED, &Marks::saga_tag(SAGA), &other], ADDRESS)];
    check(&Shown::of([(SAGA, young)], &both, &[]), &[]);
    let mut shown = Shown::of([], &both, &[]);
    shown.books.add_opaque(SAGA);
    check(&shown, &[]);
}

#[test]
fn a_stranger_is_only_told_of_while_the_journal_does_not_know_all_its_own() {
    let mut shown = Shown::of([], &[marked(1, STRANGER, ADDRESS)], &[]);
    shown.books.add_nameless();
    check(&shown, &[("droplet 1", Certainty::AdviseOnly)]);
    let all = Choice { strangers: Strangers::Go, named: [1].into() };
    assert_eq!(plan(&judged(&shown).orphans, &all), []);
}

#[test]
fn a_saga_whose_history_makes_no_sense_keeps_everything() {
    let mut shown = Shown::of([], &[marked(1, SAGA, ADDRESS)], &[]);
    shown.books.add_opaque(SAGA);
    shown.look();
    check(&shown, &[]);
}

#[test]
fn what_a_listing_still_shows_and_a_look_does_not_find_is_gone() {
    let ended = [(SAGA, entry(Ownership::Nobody, &[]))];
    let mut shown = Shown::of(ended, &[marked(1, SAGA, ADDRESS)], &[record(11, "web", ADDRESS)]);
    shown.looks.droplets.insert(DropletId(1), None);
    shown.looks.records.insert((ZONE.to_owned(), RecordId(11)), None);
    check(&shown, &[]);
    // What could not be looked at is no orphan either, and it is said so.
    shown.looks.droplets.clear();
    check(&shown, &[]);
    assert_eq!(findings(&judged(&shown))[0].verdict, Verdict::NotChecked);
}

#[test]
fn a_second_droplet_of_a_live_deployment_is_surplus_only_while_the_first_is_up() {
    let live = || [(SAGA, entry(Ownership::Deployment, &[]))];
    let both = [marked(1, SAGA, ADDRESS), marked(2, SAGA, "203.0.113.8")];
    let mut shown = Shown::of(live(), &both, &[]);
    check(&shown, &[("droplet 2", Certainty::Certain)]);
    // The first could not be looked at.
    shown.looks.droplets.remove(&DropletId(1));
    check(&shown, &[("droplet 2", Certainty::AdviseOnly)]);
    check(&Shown::of(live(), &both[1..], &[]), &[("droplet 2", Certainty::AdviseOnly)]);
    // A name points at the second.
    let named = [record(12, "www", "203.0.113.8")];
    check(&Shown::of(live(), &both, &named), &[("droplet 2", Certainty::AdviseOnly)]);
}

#[test]
fn a_record_is_an_orphan_for_certain_only_if_we_made_it_and_nobody_uses_it() {
    let ended = |found: &[&str]| [(SAGA, entry(Ownership::Nobody, found))];
    let ours = [record(11, "web", ADDRESS)];
    check(&Shown::of(ended(&[]), &[], &ours), &[("record 11", Certainty::Certain)]);
    let advise = |shown: &Shown, name| check(shown, &[(name, Certainty::AdviseOnly)]);
    // There was another address before: it may have to be given back.
    advise(&Shown::of(ended(&["198.51.100.1"]), &[], &ours), "record 11");
    // Somebody made it anew.
    advise(&Shown::of(ended(&[]), &[], &[record(12, "web", ADDRESS)]), "record 12");
    // The address has been given to somebody else's droplet.
    let theirs = [droplet(5, &[], ADDRESS)];
    advise(&Shown::of(ended(&[]), &theirs, &ours), "record 11");
    // A history makes no sense, so the name may be its own.
    let mut shown = Shown::of(ended(&[]), &[], &ours);
    shown.books.add_opaque(STRANGER);
    advise(&shown, "record 11");
    // Another address is somebody else's, and so is another name.
    check(&Shown::of(ended(&[]), &[], &[record(11, "web", "198.51.100.1")]), &[]);
    check(&Shown::of(ended(&[]), &[], &[record(11, "www", ADDRESS)]), &[]);
}

#[test]
fn a_name_that_a_live_deployment_or_an_unfinished_saga_asked_for_is_theirs() {
    let ours = [record(11, "web", ADDRESS)];
    for owner in [Ownership::Deployment, Ownership::Saga] {
        let entries = [(SAGA, entry(Ownership::Nobody, &[])), (STRANGER, entry(owner, &[]))];
        check(&Shown::of(entries, &[], &ours), &[]);
    }
}

#[test]
fn a_foreign_name_that_points_at_an_orphan_is_told_and_never_removed() {
    let ended = [(SAGA, entry(Ownership::Nobody, &[]))];
    let shown = Shown::of(ended, &[marked(1, SAGA, ADDRESS)], &[record(12, "www", ADDRESS)]);
    let verdicts = judged(&shown);
    assert_eq!(verdicts.others[0].check, "record_of_orphan");
    assert_eq!(plan(&verdicts.orphans, &Choice::default()).len(), 1);
}

#[test]
fn a_stranger_is_told_with_its_id_and_a_crowd_of_them_in_one_finding() {
    let strangers = |count: u32| {
        let droplets: Vec<_> =
            (1..=count).map(|n| marked(n.into(), SagaId::from_u128(n.into()), ADDRESS)).collect();
        findings(&judged(&Shown::of([], &droplets, &[record(11, "web", ADDRESS)])))
    };
    let few: Vec<_> = strangers(3).into_iter().map(|finding| finding.check).collect();
    assert_eq!(few, ["orphan_droplet"; 3]);
    let [crowd] = strangers(4).try_into().unwrap();
    assert_eq!(
        (crowd.check, crowd.verdict, crowd.evidence.len()),
        ("unknown_sagas", Verdict::Warning, 4)
    );
}

#[test]
fn only_what_is_certain_or_chosen_is_planned_and_names_come_first() {
    let third = SagaId::from_u128(3);
    let entries =
        [(SAGA, entry(Ownership::Nobody, &[])), (third, entry(Ownership::LeftBehind, &[]))];
    let droplets = [
        marked(1, SAGA, ADDRESS),
        marked(2, STRANGER, "203.0.113.8"),
        marked(3, third, "203.0.113.9"),
        droplet(4, &[], "203.0.113.10"),
    ];
    let shown = Shown::of(entries, &droplets, &[record(11, "web", ADDRESS)]);
    let orphans = judged(&shown).orphans;
    let planned = |choice: &Choice| {
        let acts = plan(&orphans, choice);
        acts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    let certain = "delete record 11 A web.acme.example -> 203.0.113.7; \
                   destroy droplet 1 dep-web (203.0.113.7), ALL ITS DATA IS LOST";
    let second = "destroy droplet 2 dep-web (203.0.113.8), ALL ITS DATA IS LOST";
    let third = "destroy droplet 3 dep-web (203.0.113.9), ALL ITS DATA IS LOST";
    assert_eq!(planned(&Choice::default()), certain);
    let all = Choice { strangers: Strangers::Go, ..Choice::default() };
    assert_eq!(planned(&all), format!("{certain}; {second}"));
    let named = Choice { named: [3, 4, 77].into(), ..Choice::default() };
    assert_eq!(planned(&named), format!("{certain}; {third}"));
}
