//! Many runs side by side: as many threads as the machine has cores, each run with a runtime, a
//! clock, a cloud and a journal of its own.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::domain::failure::with_causes;
use crate::drill::DrillError;
use crate::drill::case::{Case, Found, Place, Point};
use crate::drill::life;
use crate::drill::report::{Ended, Run};
use crate::drill::setup::{Only, Setup};

/// How often a run is done again that went another way.
const TRIES: u32 = 3;

/// What happens in a drill.
pub(super) enum Happening {
    /// So many runs will be done.
    Planned(usize),
    /// One of them is done; its place among them.
    Done(usize, Run),
}

/// Plans every run and does them, until all are done or somebody says stop.
pub(super) fn work(
    setup: &Setup,
    only: &Only,
    happenings_tx: &UnboundedSender<Happening>,
    stop: &CancellationToken,
) -> Result<(), DrillError> {
    let folder =
        tempfile::Builder::new().prefix("arcadia-drill-").tempdir().map_err(DrillError::Folder)?;
    let cases = cases(setup, only, folder.path())?;
    // Nobody may listen any more: then somebody has said stop as well.
    let _ = happenings_tx.send(Happening::Planned(cases.len()));
    let queue: Mutex<VecDeque<_>> = Mutex::new(cases.into_iter().enumerate().collect());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !stop.is_cancelled()
                    && let Some((number, case)) = next()
                {
                    let run = run(setup, &folder, &case);
                    let _ = happenings_tx.send(Happening::Done(number, run));
                }
            });
        }
    });
    folder.close().map_err(DrillError::Folder)
}

/// Everything that can go wrong, as two runs without trouble meet it: one in which the name is free,
/// and one in which it is taken, of which only what that changes is new.
fn cases(setup: &Setup, only: &Only, folder: &Path) -> Result<Vec<Case>, DrillError> {
    let rehearse = |found, name: &str| {
        let journal = folder.join(name);
        alone(life::rehearse(setup, &journal, found))?
    };
    let free = rehearse(Found::Free, "free")?;
    let taken = rehearse(Found::Taken, "taken")?;
    let dns =
        |point: &&Point| matches!(point.place, Place::Request(what) if what.contains("record"));
    let changed: Vec<_> = taken.iter().filter(dns).map(|point| &point.step).collect();
    let taken: Vec<_> =
        taken.iter().filter(|point| changed.contains(&&point.step)).cloned().collect();
    let mut cases: Vec<_> =
        Case::all(&free, Found::Free).chain(Case::all(&taken, Found::Taken)).collect();
    if let Some(only) = only {
        let known = cases.clone();
        cases.retain(|case| case.answers_to(only));
        if cases.is_empty() {
            let mut steps: Vec<_> = known.iter().map(|case| case.point.step.to_string()).collect();
            steps.dedup();
            steps.sort();
            steps.dedup();
            return Err(DrillError::NothingLikeThat { only: only.clone(), steps });
        }
    }
    Ok(cases)
}

fn run(setup: &Setup, folder: &TempDir, case: &Case) -> Run {
    for _ in 1..TRIES {
        let run = attempt(setup, folder, case);
        if run.ended != Ended::NotReached {
            return run;
        }
    }
    attempt(setup, folder, case)
}

fn attempt(setup: &Setup, folder: &TempDir, case: &Case) -> Run {
    let failed = |why: &DrillError| Run::failed(case.clone(), with_causes(why));
    let journal = match tempfile::tempdir_in(folder.path()) {
        Ok(journal) => journal,
        Err(error) => return failed(&DrillError::Folder(error)),
    };
    let done = catch_unwind(AssertUnwindSafe(|| alone(life::suffer(setup, journal.path(), case))));
    match done {
        Ok(Ok(Ok(run))) => run,
        Ok(Ok(Err(error)) | Err(error)) => failed(&error),
        Err(_) => failed(&DrillError::Panicked),
    }
}

/// Does it in a runtime of its own, whose clock jumps.
fn alone<T>(life: impl Future<Output = T>) -> Result<T, DrillError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(DrillError::Runtime)?;
    Ok(runtime.block_on(life))
}
