//! Every call to the provider, in every kind of trouble, on the way there and on the way back, once
//! and for good: each saga comes to an end, or stands still with a message that a person can act on,
//! and never are two droplets left, or one forgotten.
//!
//! The real client speaks over a real socket to the simulated cloud, with the program's own patience;
//! only the time is paused. What came of each case is committed as a table, to be read by people.
//!
//! `cargo fault-matrix` runs it all; a failing case says which one it is.

mod case;
mod tables;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use arcadia::domain::saga::plan::Direction;

use crate::fault_matrix::case::{Case, Ending, Scene, Verdict};
use crate::fault_matrix::trouble::{TROUBLES, Times};
use crate::support::line::route;

/// Where each call is put in trouble. A call that a saga makes and that is not here fails the test.
const CALLS: [(Direction, Scene, &str); 20] = [
    (Direction::Forward, Scene::FreshName, route::LIST_DROPLETS),
    (Direction::Forward, Scene::FreshName, route::CREATE_DROPLET),
    (Direction::Forward, Scene::FreshName, route::READ_DROPLET),
    (Direction::Forward, Scene::FreshName, route::LIST_RECORDS),
    (Direction::Forward, Scene::FreshName, route::CREATE_RECORD),
    (Direction::Forward, Scene::TwoRecords, route::READ_RECORD),
    (Direction::Forward, Scene::TwoRecords, route::UPDATE_RECORD),
    (Direction::Forward, Scene::TwoRecords, route::DELETE_RECORD),
    (Direction::Undo, Scene::FreshName, route::LIST_DROPLETS),
    (Direction::Undo, Scene::FreshName, route::READ_DROPLET),
    (Direction::Undo, Scene::FreshName, route::DELETE_DROPLET),
    (Direction::Undo, Scene::FreshName, route::LIST_RECORDS),
    (Direction::Undo, Scene::FreshName, route::READ_RECORD),
    (Direction::Undo, Scene::FreshName, route::DELETE_RECORD),
    (Direction::Undo, Scene::TwoRecords, route::READ_RECORD),
    (Direction::Undo, Scene::TwoRecords, route::UPDATE_RECORD),
    (Direction::Undo, Scene::TwoRecords, route::CREATE_RECORD),
    (Direction::Undo, Scene::LyingCreate, route::LIST_DROPLETS),
    (Direction::Undo, Scene::LyingCreate, route::READ_DROPLET),
    (Direction::Undo, Scene::LyingCreate, route::DELETE_DROPLET),
];

/// One case of so many is part of every run of the tests; prime, so that they are of all kinds.
const PART: usize = 7;

/// What came of a case.
type Tried = (Case, Verdict);

#[test]
#[ignore = "takes a minute of two cores: `cargo fault-matrix`"]
fn every_call_in_every_trouble_comes_to_an_end_or_says_what_to_do() {
    every_call_is_put_in_trouble();
    let tried = run_all(&cases());
    audit(&tried);
    tables::compare(&tried);
}

#[test]
fn a_part_of_the_matrix_is_as_it_is_committed() {
    every_call_is_put_in_trouble();
    let tried = run_all(&part());
    audit(&tried);
    tables::find(&tried);
}

/// The calls of sagas without trouble are those that are put in trouble, each way.
fn every_call_is_put_in_trouble() {
    let clean: Vec<Case> = Scene::ALL.iter().flat_map(|scene| Case::clean(*scene)).collect();
    let seen = calls_of(&run_all(&clean));
    let listed: BTreeSet<_> =
        CALLS.iter().map(|(direction, _, route)| (*direction, *route)).collect();
    let made: BTreeSet<_> =
        seen.iter().map(|(direction, route)| (*direction, route.as_str())).collect();
    assert_eq!(made, listed, "the calls that a saga makes are those that are put in trouble");
}

/// Prints the figures, and fails on anything that must not be.
fn audit(tried: &[Tried]) {
    let count =
        |wanted: Ending| tried.iter().filter(|(_, verdict)| verdict.ending == wanted).count();
    let contradictions: Vec<_> = tried
        .iter()
        .flat_map(|(case, verdict)| {
            verdict.contradictions.iter().map(move |said| format!("{case}: {said}"))
        })
        .collect();
    eprintln!(
        "fault matrix: {} cells of {} calls: active {}, cancelled {}, needs attention {}; \
         contradictions {}",
        tried.len(),
        CALLS.len(),
        count(Ending::Active),
        count(Ending::Undone),
        count(Ending::NeedsAttention),
        contradictions.len(),
    );
    assert!(contradictions.is_empty(), "{}", contradictions.join("\n"));
    for (case, verdict) in tried {
        for route in verdict.calls.keys() {
            let known = CALLS.iter().any(|(_, _, listed)| listed == route);
            assert!(known, "{case}: `{route}` is not put in trouble anywhere");
        }
    }
}

/// One case of [`PART`], and whatever else it takes for every call, every trouble and every number of
/// times to be in one of them.
fn part() -> Vec<Case> {
    let ingredients = |case: &Case| {
        let (trouble, times) = case.trouble.expect("each case is in trouble");
        [case.title(), trouble.fault.to_owned(), times.as_str().to_owned()]
    };
    let cases = cases();
    let mut part: Vec<Case> = cases.iter().step_by(PART).copied().collect();
    let mut met: BTreeSet<_> = part.iter().flat_map(ingredients).collect();
    for case in cases {
        if ingredients(&case).iter().any(|ingredient| !met.contains(ingredient)) {
            met.extend(ingredients(&case));
            part.push(case);
        }
    }
    part
}

/// Every case: each call, in each trouble that it can meet, each way.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (direction, scene, route) in CALLS {
        for trouble in TROUBLES.iter().filter(|trouble| trouble.can_meet(route)) {
            for times in Times::ALL {
                let makes_sense = times != Times::Second || route.starts_with("GET");
                if makes_sense && trouble.can_come(times) {
                    cases.push(Case { direction, scene, route, trouble: Some((trouble, times)) });
                }
            }
        }
    }
    cases
}

/// Runs cases side by side, each in a time of its own.
fn run_all(cases: &[Case]) -> Vec<Tried> {
    let next = AtomicUsize::new(0);
    let tried: Mutex<BTreeMap<usize, Tried>> = Mutex::default();
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { return };
                    let verdict = case::run(case);
                    tried.lock().unwrap().insert(number, (*case, verdict));
                }
            });
        }
    });
    tried.into_inner().unwrap().into_values().collect()
}

/// The calls that clean runs made in their direction.
fn calls_of(tried: &[Tried]) -> BTreeSet<(Direction, String)> {
    let calls = |(case, verdict): &Tried| {
        let direction = case.direction;
        verdict.calls.keys().map(move |route| (direction, route.clone())).collect::<Vec<_>>()
    };
    tried.iter().flat_map(calls).collect()
}
