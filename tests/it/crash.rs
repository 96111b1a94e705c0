//! The program dies at every point of every path, and goes on: before and after each journal write,
//! before and after each request to the provider. However often that happens, the cloud ends with
//! exactly what the deployment's state says.
//!
//! `cargo crash` runs it; a failing case prints its path and its point.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arcadia::control::Control;
use arcadia::domain::id::DeploymentId;
use arcadia::domain::saga::event::Order;
use arcadia::domain::saga::plan::{OnFailure, StepName};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::domain::summary::{Standing, Summary};
use arcadia::journal::memory::Verdict;
use arcadia::simulator::faults::Moment;

use crate::support::cloud::Stop;
use crate::support::rig::Rig;

/// One way through a saga.
struct Path {
    name: &'static str,
    on_failure: OnFailure,
    /// Trouble that passes when the saga first stands still.
    faults: &'static [&'static str],
    /// What the operator orders each time the saga stands still.
    orders: &'static [Act],
    /// The record that was there before.
    found: &'static [(&'static str, u32)],
    ends: End,
}

#[derive(Clone, Copy)]
enum Act {
    /// Given while the droplet is being waited for.
    CancelWhileWaiting,
    /// Given while the droplet is being waited for, and taken back.
    HoldAndResume,
    Rollback,
    Retry,
    SkipDns,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Whole,
    Gone,
    /// Whole or gone, as the state says: trouble that comes once may pass while the program is dead.
    AsTheStateSays,
}

const PATHS: [Path; 12] = [
    Path {
        name: "success",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[],
        found: &[],
        ends: End::Whole,
    },
    Path {
        name: "success over a record that was there",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[],
        found: &[("198.51.100.44", 1_234)],
        ends: End::Whole,
    },
    Path {
        name: "rollback of an active deployment",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[Act::Rollback],
        found: &[],
        ends: End::Gone,
    },
    Path {
        name: "rollback to a record that was there",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[Act::Rollback],
        found: &[("198.51.100.44", 1_234)],
        ends: End::Gone,
    },
    Path {
        name: "failure of create",
        on_failure: OnFailure::Rollback,
        faults: &["POST /v2/droplets: 422"],
        orders: &[],
        found: &[],
        ends: End::Gone,
    },
    Path {
        name: "failure of dns over a record that was there",
        on_failure: OnFailure::Rollback,
        faults: &["PUT /v2/domains/*/records/*: 422, nth 1"],
        orders: &[],
        found: &[("198.51.100.44", 1_234)],
        ends: End::AsTheStateSays,
    },
    Path {
        name: "lost answers on the way there and back",
        on_failure: OnFailure::Rollback,
        faults: &[
            "POST /v2/droplets: drop after effect, nth 1",
            "POST /v2/domains/*/records: 500 after effect, nth 1",
            "DELETE /v2/droplets/*: drop after effect, nth 1",
        ],
        orders: &[Act::Rollback],
        found: &[],
        ends: End::Gone,
    },
    Path {
        name: "compensation that gives up, then retry",
        on_failure: OnFailure::Rollback,
        faults: &["DELETE /v2/droplets/*: 403"],
        orders: &[Act::Rollback, Act::Retry],
        found: &[],
        ends: End::Gone,
    },
    Path {
        name: "cancel while the droplet is waited for",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[Act::CancelWhileWaiting],
        found: &[],
        ends: End::AsTheStateSays,
    },
    Path {
        name: "hold and resume",
        on_failure: OnFailure::Rollback,
        faults: &[],
        orders: &[Act::HoldAndResume],
        found: &[],
        ends: End::Whole,
    },
    Path {
        name: "rollback to a set of records that was there",
        on_failure: OnFailure::Rollback,
        faults: &["POST /v2/domains/*/records: 500 after effect, nth 1"],
        orders: &[Act::Rollback],
        found: &[("198.51.100.44", 600), ("198.51.100.45", 600), ("198.51.100.46", 600)],
        ends: End::Gone,
    },
    Path {
        name: "hold on failure, skip, then rollback",
        on_failure: OnFailure::Hold,
        faults: &["POST /v2/domains/*/records: 422"],
        orders: &[Act::SkipDns, Act::Rollback],
        found: &[],
        ends: End::Gone,
    },
];

/// Where the world stops.
#[derive(Debug, Clone, Copy)]
enum Point {
    /// Before the n-th append, or after it.
    Append(usize, Moment),
    /// Before the n-th request's effect, or after it.
    Request(usize, Moment),
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_point_of_every_path_it_ends_whole_or_gone() {
    let mut points = 0;
    for path in &PATHS {
        let (appends, requests) = run(path, None).await;
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            for n in 0..appends {
                run(path, Some(Point::Append(n, moment))).await;
            }
            for n in 0..requests {
                run(path, Some(Point::Request(n, moment))).await;
            }
        }
        points += 2 * (appends + requests);
        eprintln!("{:>4} appends {:>4} requests: {}", appends, requests, path.name);
    }
    eprintln!("killed at {points} points of {} paths; left behind: 0", PATHS.len());
    assert!(points > 700, "only {points} points were tried");
}

/// Runs a path to its end, with a crash at `point`. Returns how many appends and requests it took.
async fn run(path: &Path, point: Option<Point>) -> (usize, usize) {
    let _case = Case { name: path.name, point };
    let mut rig = Rig::new().await;
    let before: Vec<_> = path
        .found
        .iter()
        .map(|(data, ttl)| {
            rig.cloud.put_record("web", data, *ttl);
            ("web".to_owned(), (*data).to_owned(), *ttl)
        })
        .collect();
    rig.cloud.faults(path.faults);
    let appends = count_appends(&rig, point);
    if let Some(Point::Request(request, moment)) = point {
        rig.cloud.stop_at(Some(Stop { request, moment }));
    }

    let mut taken = 0;
    let mut deployment = None;
    let story = live(&rig, path, &mut taken, &mut deployment);
    let crashed = tokio::select! {
        () = story => false,
        () = rig.journal.stopped() => true,
        () = rig.cloud.stopped() => true,
    };
    if crashed {
        rig.cloud.stop_at(None);
        rig.crash_and_restart(dead_for(point)).await;
        deployment = rig.engine.watch().await.unwrap().summaries.first().map(|row| row.deployment);
        live(&rig, path, &mut taken, &mut deployment).await;
    }
    let deployment = deployment.unwrap();
    let standing = rig.until_still(deployment).await.standing;
    match path.ends {
        End::AsTheStateSays if standing != Standing::Active => {
            rig.assert_gone_but(deployment, &before).await;
        }
        End::AsTheStateSays | End::Whole => rig.assert_whole(deployment).await,
        End::Gone => rig.assert_gone_but(deployment, &before).await,
    }
    assert!(rig.journal_is_quiet().await, "{}: {point:?}", path.name);
    (appends.load(Ordering::Relaxed), rig.cloud.requests())
}

/// How long the program stays dead: not at all, longer than listings lag, longer than any deadline.
fn dead_for(point: Option<Point>) -> Duration {
    let (Some(Point::Append(n, _) | Point::Request(n, _)), times) =
        (point, [Duration::ZERO, Duration::from_secs(40), Duration::from_mins(20)])
    else {
        return Duration::ZERO;
    };
    times[n % times.len()]
}

/// Launches unless that was done, and orders what the path says each time the saga stands still.
async fn live(rig: &Rig, path: &Path, taken: &mut usize, deployment: &mut Option<DeploymentId>) {
    let id = if let Some(id) = *deployment {
        id
    } else {
        let launched = rig.launch_with(DeploymentSpec::example(), path.on_failure).await.unwrap();
        *deployment = Some(launched.deployment);
        launched.deployment
    };
    loop {
        let act = path.orders.get(*taken);
        let row = match act {
            Some(Act::CancelWhileWaiting | Act::HoldAndResume) => {
                rig.until(id, |row| row.standing.is_finished() || waits_for_the_droplet(row)).await
            }
            Some(Act::Rollback | Act::Retry | Act::SkipDns) | None => rig.until_still(id).await,
        };
        let Some(act) = act else { return };
        // After a crash nobody knows whether the order was taken: the row tells.
        let (order, due) = match act {
            Act::CancelWhileWaiting => (Order::Cancel, waits_for_the_droplet(&row)),
            Act::HoldAndResume => (Order::Hold, waits_for_the_droplet(&row)),
            Act::Rollback => (Order::Rollback, row.standing == Standing::Active),
            Act::Retry => (Order::Retry, row.standing == Standing::NeedsYou),
            Act::SkipDns => (
                Order::Skip {
                    step: StepName::new("point_deployment_dns"),
                    reason: "no zone yet".to_owned(),
                },
                row.standing == Standing::NeedsYou,
            ),
        };
        if matches!(act, Act::Retry | Act::SkipDns) {
            rig.cloud.faults(&[]);
        }
        if due && row.standing != Standing::Held {
            rig.order(id, order).await.unwrap();
        }
        if matches!(act, Act::HoldAndResume) {
            rig.order(id, Order::Resume).await.ok();
        }
        *taken += 1;
    }
}

fn waits_for_the_droplet(row: &Summary) -> bool {
    row.standing == Standing::Held
        || (row.standing == Standing::Running
            && row.focus.as_ref().is_some_and(|focus| focus.step.as_str() == "wait_droplet_active"))
}

fn count_appends(rig: &Rig, point: Option<Point>) -> Arc<AtomicUsize> {
    let appends = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&appends);
    let stopped = Mutex::new(false);
    rig.journal.on_append(Box::new(move |_| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let mut stopped = stopped.lock().unwrap();
        match point {
            Some(Point::Append(at, moment)) if at == number && !*stopped => {
                *stopped = true;
                match moment {
                    Moment::BeforeEffect => Verdict::StopBefore,
                    Moment::AfterEffect => Verdict::StopAfter,
                }
            }
            Some(Point::Append(..) | Point::Request(..)) | None => Verdict::Store,
        }
    }));
    appends
}

/// Says on the way out of a panic which case it was.
struct Case {
    name: &'static str,
    point: Option<Point>,
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed on the path `{}` with the crash at {:?}", self.name, self.point);
        }
    }
}
