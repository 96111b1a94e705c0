//! Every path: what can happen to a step, at each step, and what an operator can do about it.

use arcadia::domain::saga::plan::{Direction, OnFailure};
use arcadia::simulator::faults::Moment;

use crate::crash::path::{
    Act, ComesTo, FIRST_ADDRESS, Move, NameBefore, Path, ProviderFault, When,
};
use crate::support::plans::{STEPS, UNDONE};
use crate::support::trouble::{Kind, Trouble};

const MOMENTS: [Moment; 2] = [Moment::BeforeEffect, Moment::AfterEffect];

/// What a name may be before the launch.
const NAMES_BEFORE: [(&str, NameBefore); 6] = [
    ("no record", NameBefore::Records(&[])),
    ("the same record", NameBefore::Records(&[(FIRST_ADDRESS, 1_234)])),
    ("another record", NameBefore::Records(&[("198.51.100.44", 1_234)])),
    (
        "a set of records",
        NameBefore::Records(&[
            ("198.51.100.44", 600),
            ("198.51.100.45", 600),
            ("198.51.100.46", 700),
        ]),
    ),
    (
        "a set with the same record",
        NameBefore::Records(&[("198.51.100.44", 600), (FIRST_ADDRESS, 600)]),
    ),
    ("no name asked for", NameBefore::NotAskedFor),
];

/// A record that was there: the name of most paths that are not about names.
const ANOTHER: NameBefore = NameBefore::Records(&[("198.51.100.44", 1_234)]);

const ROLL_BACK: Move = Move { when: When::Active, act: Act::Rollback };

/// Paths in which nothing fails for good on the way there: names, rollbacks, lost answers, strangers.
pub(crate) fn there_and_back() -> Vec<Path> {
    let mut paths = Vec::new();
    for (words, name_before) in NAMES_BEFORE {
        paths.push(Path { name_before, ..Path::new(format!("success over {words}")) });
        paths.push(Path {
            name_before,
            moves: vec![ROLL_BACK],
            ..Path::new(format!("rollback to {words}"))
        });
    }
    let passes = |rule| ProviderFault { rule, comes_to: ComesTo::Nothing };
    for (words, name_before) in [NAMES_BEFORE[0], NAMES_BEFORE[3]] {
        paths.push(Path {
            name_before,
            faults: vec![
                passes("POST /v2/droplets: drop after effect, nth 1"),
                passes("POST /v2/domains/*/records: 500 after effect, nth 1"),
                passes("PUT /v2/domains/*/records/*: malformed, nth 1"),
            ],
            moves: vec![ROLL_BACK],
            ..Path::new(format!("lost answers on the way there, rollback to {words}"))
        });
        paths.push(Path {
            name_before,
            faults: vec![
                passes("DELETE /v2/droplets/*: drop after effect, first 2"),
                passes("DELETE /v2/domains/*/records/*: 503 after effect, first 2"),
                passes("PUT /v2/domains/*/records/*: drop after effect, nth 2"),
                passes("POST /v2/domains/*/records: cut, nth 2"),
                passes("GET /v2/droplets: 429, first 1, retry after 30s"),
            ],
            moves: vec![ROLL_BACK],
            ..Path::new(format!("lost answers on the way back, rollback to {words}"))
        });
    }
    for step in UNDONE {
        for kind in [Kind::Busy(Moment::AfterEffect), Kind::Polls, Kind::Hangs(Moment::AfterEffect)]
        {
            let trouble = undoing(step, kind);
            paths.push(Path {
                name_before: ANOTHER,
                troubles: vec![trouble],
                moves: vec![
                    ROLL_BACK,
                    Move { when: When::In(trouble), act: Act::TryToCancelAndHold },
                ],
                ..Path::new(format!("orders refused while undoing {step}, {kind}"))
            });
        }
    }
    paths.extend(strangers());
    paths
}

/// Somebody else changes the record.
fn strangers() -> Vec<Path> {
    let changed = |when| Move { when, act: Act::ChangeTheRecord };
    let busy = doing("point_deployment_dns", Kind::Busy(Moment::BeforeEffect));
    let written = doing("point_deployment_dns", Kind::Busy(Moment::AfterEffect));
    vec![
        Path {
            name_before: ANOTHER,
            moves: vec![changed(When::Active), ROLL_BACK],
            ..Path::new("rollback of a name that somebody else changed")
        },
        Path {
            name_before: ANOTHER,
            troubles: vec![written],
            moves: vec![changed(When::In(written))],
            ..Path::new("somebody else changes the record after it was written over")
        },
        Path {
            name_before: ANOTHER,
            troubles: vec![busy],
            moves: vec![changed(When::In(busy)), ROLL_BACK],
            ..Path::new("somebody else changes the record before it is read")
        },
    ]
}

/// A failure of each step, and everything that may follow.
pub(crate) fn failures() -> Vec<Path> {
    let mut paths = Vec::new();
    for (step, moment) in steps_and_moments() {
        let trouble = doing(step, Kind::Fails(moment));
        let path = |on_failure, words: &str, moves| Path {
            on_failure,
            name_before: ANOTHER,
            troubles: vec![trouble],
            moves,
            ..Path::new(format!("{step} {}, {words}", trouble.kind))
        };
        let now = |act| Move { when: When::NeedsYou, act };
        paths.push(path(OnFailure::Rollback, "rolled back", vec![]));
        for (words, moves) in [
            ("held, retried", vec![now(Act::Retry)]),
            ("held, cancelled", vec![now(Act::Cancel)]),
            ("held, abandoned", vec![now(Act::Abandon)]),
            ("held, retried, rolled back", vec![now(Act::Retry), ROLL_BACK]),
            ("held, skipped", after_a_skip(step, moment, now)),
        ] {
            paths.push(path(OnFailure::Hold, words, moves));
        }
    }
    for (rule, step) in [
        ("POST /v2/droplets: 422", "create_droplet"),
        ("GET /v2/droplets: 401", "create_droplet"),
        ("GET /v2/droplets/*: 403", "wait_droplet_active"),
        ("GET /v2/domains/*/records: 401", "point_deployment_dns"),
        ("PUT /v2/domains/*/records/*: 403", "point_deployment_dns"),
    ] {
        let refused = doing(step, Kind::Fails(Moment::BeforeEffect));
        for act in [Act::Cancel, Act::Retry] {
            paths.push(Path {
                name_before: ANOTHER,
                on_failure: OnFailure::Hold,
                faults: vec![ProviderFault { rule, comes_to: ComesTo::Trouble(refused) }],
                moves: vec![Move { when: When::NeedsYou, act }],
                ..Path::new(format!("refused {rule}, held, {act:?}"))
            });
        }
    }
    paths
}

/// What an operator does once a step is skipped: a step that needs it fails, and the launch is
/// cancelled; or nothing does, and it is rolled back.
fn after_a_skip(step: &'static str, moment: Moment, now: impl Fn(Act) -> Move) -> Vec<Move> {
    let last = match (step, moment) {
        ("create_droplet" | "wait_droplet_active", _)
        | ("register_inventory", Moment::BeforeEffect) => now(Act::Cancel),
        _ => ROLL_BACK,
    };
    vec![now(Act::Skip(step)), last]
}

/// An order while each step is in flight, waits for a retry, or polls.
pub(crate) fn orders_in_mid_step() -> Vec<Path> {
    let mut paths = Vec::new();
    for step in STEPS {
        for kind in [
            Kind::Hangs(Moment::BeforeEffect),
            Kind::Hangs(Moment::AfterEffect),
            Kind::Busy(Moment::BeforeEffect),
            Kind::Busy(Moment::AfterEffect),
            Kind::Polls,
        ] {
            let trouble = doing(step, kind);
            let now = |act| Move { when: When::In(trouble), act };
            let held = |act| Move { when: When::Held, act };
            for (words, moves) in [
                ("cancelled", vec![now(Act::Cancel)]),
                ("taken", vec![now(Act::Take)]),
                ("held, resumed", vec![now(Act::Hold), held(Act::Resume)]),
                ("held, resumed, rolled back", vec![now(Act::Hold), held(Act::Resume), ROLL_BACK]),
                ("held, cancelled", vec![now(Act::Hold), held(Act::Cancel)]),
            ] {
                paths.push(Path {
                    name_before: ANOTHER,
                    troubles: vec![trouble],
                    moves,
                    ..Path::new(format!("{step} {kind}, {words}"))
                });
            }
        }
    }
    paths
}

/// A compensation of each step that gives up, whatever started it, and everything that may follow.
pub(crate) fn stuck_compensations() -> Vec<Path> {
    let mut paths = Vec::new();
    for step in UNDONE {
        for moment in MOMENTS {
            let stuck = undoing(step, Kind::Fails(moment));
            let cancelled = doing("activate_deployment", Kind::Polls);
            let failed = doing("activate_deployment", Kind::Fails(Moment::BeforeEffect));
            let cancel = Move { when: When::In(cancelled), act: Act::Cancel };
            for (why, trouble, first) in [
                ("a rollback", None, Some(ROLL_BACK)),
                ("a cancel", Some(cancelled), Some(cancel)),
                ("a failure", Some(failed), None),
            ] {
                for (words, act) in [
                    ("retried", Act::Retry),
                    ("skipped", Act::Skip(step)),
                    ("abandoned", Act::Abandon),
                ] {
                    let last = Move { when: When::NeedsYou, act };
                    paths.push(Path {
                        name_before: ANOTHER,
                        troubles: trouble.into_iter().chain([stuck]).collect(),
                        moves: first.into_iter().chain([last]).collect(),
                        ..Path::new(format!("{why}, undoing {step} {}, {words}", stuck.kind))
                    });
                }
            }
        }
    }
    paths
}

fn steps_and_moments() -> impl Iterator<Item = (&'static str, Moment)> {
    STEPS.into_iter().flat_map(|step| MOMENTS.map(|moment| (step, moment)))
}

fn doing(step: &'static str, kind: Kind) -> Trouble {
    Trouble { step, direction: Direction::Forward, kind }
}

fn undoing(step: &'static str, kind: Kind) -> Trouble {
    Trouble { step, direction: Direction::Undo, kind }
}
