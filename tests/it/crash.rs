//! The program dies at every point of every path, and goes on: before and after each journal write,
//! before and after each request to the provider, and again while it recovers. However often that
//! happens, what is left is what a plain model says, and on the way nothing was done that the
//! journal did not know of.
//!
//! `cargo test` runs a sample; `cargo crash` runs everything. A failing case prints the command that
//! replays it.

mod audit;
mod case;
mod chronicle;
mod model;
mod operator;
mod path;
mod paths;
mod point;
mod sweep;

use std::collections::BTreeSet;

use arcadia::domain::saga::plan::Direction;
use arcadia::simulator::faults::Moment;

use crate::crash::case::Case;
use crate::crash::path::Path;
use crate::crash::point::{Answer, Crash, Dead, Life, Point, Write};
use crate::crash::sweep::sweep;
use crate::support::plans::{STEPS, UNDONE};
use crate::support::trouble::{Kind, Trouble};

#[test]
fn killed_anywhere_on_the_way_there_and_back_it_ends_as_the_model_says() {
    sweep("there and back", &paths::there_and_back());
}

#[test]
fn killed_anywhere_around_a_failure_of_any_step_it_ends_as_the_model_says() {
    sweep("failures", &paths::failures());
}

#[test]
fn killed_anywhere_around_an_order_in_any_step_it_ends_as_the_model_says() {
    sweep("orders in mid-step", &paths::orders_in_mid_step());
}

#[test]
fn killed_anywhere_around_a_stuck_compensation_it_ends_as_the_model_says() {
    sweep("stuck compensations", &paths::stuck_compensations());
}

#[test]
fn every_step_is_in_every_trouble_in_some_path() {
    let paths = every_path();
    let mut missing = Vec::new();
    for kind in [
        Kind::Fails(Moment::BeforeEffect),
        Kind::Fails(Moment::AfterEffect),
        Kind::Hangs(Moment::AfterEffect),
        Kind::Busy(Moment::AfterEffect),
        Kind::Polls,
    ] {
        let forward = STEPS.map(|step| Trouble { step, direction: Direction::Forward, kind });
        let undo = UNDONE.map(|step| Trouble { step, direction: Direction::Undo, kind });
        let wanted = forward.into_iter().chain(undo);
        missing.extend(
            wanted.filter(|wanted| !paths.iter().any(|path| path.troubles.contains(wanted))),
        );
    }
    assert_eq!(missing, [], "no path has this");
}

#[test]
fn every_case_has_a_name_of_its_own_that_reads_back() {
    let mut names = BTreeSet::new();
    for path in every_path() {
        assert!(names.insert(path.name.clone()), "{} twice", path.name);
        for point in (Life { appends: 2, requests: 2 }).points() {
            let crashes = [
                Crash { point, dead: Dead::ALL[1] },
                Crash { point: Point::Append(3, Write::Before), dead: Dead::ALL[3] },
                Crash { point: Point::Request(0, Answer::Late), dead: Dead::ALL[0] },
            ];
            let text = Case { path: &path, crashes: &crashes }.to_string();
            assert_eq!(sweep::read(&text), Ok((path.name.as_str(), crashes.to_vec())));
        }
    }
}

#[test]
fn a_case_that_is_asked_for_is_one() {
    if let Some(case) = sweep::asked_for() {
        let (name, _) = sweep::read(&case).unwrap();
        assert!(every_path().iter().any(|path| path.name == name), "no path is called `{name}`");
    }
}

fn every_path() -> Vec<Path> {
    [
        paths::there_and_back(),
        paths::failures(),
        paths::orders_in_mid_step(),
        paths::stuck_compensations(),
    ]
    .concat()
}
