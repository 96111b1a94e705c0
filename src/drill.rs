//! The drill: an operator's own proof that their plan comes up whole or leaves nothing behind.
//!
//! The configured plan is run without trouble once, forward and back, and every journal write and
//! every request that it makes is noted. Then it is run again for each of them and for each thing
//! that can go wrong there: the program dies just before it or just after it, the write is refused,
//! the provider refuses, fails, or does the work and is not heard of. After each run the simulated
//! cloud is compared, as it really is, with what the deployment's state says.
//!
//! Every run is real: the engine, the steps, the journal on disk in a temporary folder, the client,
//! a socket, and a simulated cloud of its own. A crash is an engine that is aborted, and a new one
//! that is opened over the same journal and the same cloud. Only time is simulated ([`stillness`]):
//! the plan keeps its minutes to the letter, and they pass in no time.
//!
//! Nothing here knows the operator's data folder, their token or their cloud: whoever wires it hands
//! in a client that can only go to the address it is given, and that is a private one.

use std::error::Error;
use std::io;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::control::ControlError;
use crate::drill::crew::Happening;
use crate::drill::report::{Report, Run};
use crate::drill::setup::{Only, Setup};
use crate::journal::JournalError;
use crate::providers::ProviderError;
use crate::simulator::SimulatorError;

mod audit;
pub mod case;
mod cloud;
mod crew;
mod journal;
mod life;
mod probe;
mod program;
pub mod report;
pub mod setup;
mod stillness;

/// A drill under way. Dropping it ends it after the runs that are under way.
pub struct Drill {
    seed: u64,
    happenings_rx: mpsc::UnboundedReceiver<Happening>,
    stop: CancellationToken,
    thread: Option<JoinHandle<Result<(), DrillError>>>,
}

/// How far a drill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are done.
    pub done: usize,
    /// Runs altogether.
    pub of: usize,
}

/// The drill could not be held.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The folder of its journals cannot be used.
    #[error("failed to use a temporary folder for the drill's journals")]
    Folder(#[source] io::Error),
    /// The operating system refused what every run needs.
    #[error("failed to start a runtime for a run")]
    Runtime(#[source] io::Error),
    /// The client could not be made.
    #[error("failed to make a client for the private cloud")]
    Client(#[source] Box<dyn Error + Send + Sync>),
    /// The private cloud could not be started.
    #[error("failed to start a private cloud")]
    Simulator(#[from] SimulatorError),
    /// The private cloud refused what a run begins with.
    #[error("failed to prepare a private cloud")]
    Provider(#[from] ProviderError),
    /// The private journal failed.
    #[error("failed to use a private journal")]
    Journal(#[from] JournalError),
    /// The engine refused something.
    #[error("the engine refused the drill")]
    Control(#[from] ControlError),
    /// The plan has no steps.
    #[error("the plan has no steps")]
    NoPlan,
    /// A deployment that was launched is not there any more.
    #[error("a deployment that was launched is not in the journal")]
    Forgotten,
    /// The plan does not work even when nothing goes wrong.
    #[error("with nothing broken at all, launch and rollback end `{ended}`; {why}")]
    Rehearsal {
        /// How it ended.
        ended: &'static str,
        /// Why.
        why: String,
    },
    /// No case has that name.
    #[error("the drill has no `{}`; its steps are {}", only.escape_debug(), steps.join(", "))]
    NothingLikeThat {
        /// What was asked for.
        only: String,
        /// The steps that there are.
        steps: Vec<String>,
    },
    /// The drill itself has a mistake.
    #[error("a run of the drill panicked")]
    Panicked,
}

impl Drill {
    /// Begins.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(setup: Setup, only: Only) -> Result<Self, DrillError> {
        let (happenings_tx, happenings_rx) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let (seed, stopped) = (setup.seed, stop.clone());
        let thread = std::thread::Builder::new()
            .name("drill".to_owned())
            .spawn(move || crew::work(&setup, &only, &happenings_tx, &stopped))
            .map_err(DrillError::Runtime)?;
        Ok(Self { seed, happenings_rx, stop, thread: Some(thread) })
    }

    /// Goes on to the end, and tells how far it is.
    ///
    /// # Errors
    /// When the drill could not be held; a run that could not be done is in the report.
    pub async fn report(&mut self, mut tell: impl FnMut(Progress)) -> Result<Report, DrillError> {
        let mut runs: Vec<Option<Run>> = Vec::new();
        let mut done = 0;
        while let Some(happening) = self.happenings_rx.recv().await {
            match happening {
                Happening::Planned(count) => runs.resize(count, None),
                Happening::Done(number, run) => {
                    runs[number] = Some(run);
                    done += 1;
                }
            }
            tell(Progress { done, of: runs.len() });
        }
        self.join()?;
        Ok(Report { seed: self.seed, runs: runs.into_iter().flatten().collect() })
    }

    fn join(&mut self) -> Result<(), DrillError> {
        self.thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or(Err(DrillError::Panicked)))
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        self.stop.cancel();
        // Blocks for the runs under way: moments, in which their folders are removed. What they
        // came to, nobody asks any more.
        let _ = self.join();
    }
}
