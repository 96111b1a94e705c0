//! The program of a run: an engine over a journal on disk, started as the product starts it.

use std::path::Path;
use std::sync::Arc;

use crate::clock::{Chance, Clock, IdSource};
use crate::drill::DrillError;
use crate::drill::cloud::ProbedCloud;
use crate::drill::journal::ProbedJournal;
use crate::drill::setup::Setup;
use crate::engine::{Handle, Parts};
use crate::journal::sled::SledJournal;
use crate::journal::{Journal, JournalError};
use crate::providers::{Compute, Dns};

/// The program of a run.
pub(super) struct Program {
    pub(super) engine: Handle,
    journal: Arc<SledJournal>,
}

impl Program {
    /// Starts it over what the folder holds, and lets it go on with what has not ended.
    pub(super) async fn start(
        setup: &Setup,
        folder: &Path,
        cloud: &ProbedCloud,
        clock: &Clock,
        chance: Chance,
    ) -> Result<Self, DrillError> {
        let folder = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || SledJournal::open(&folder)).await;
        let journal = Arc::new(opened.map_err(|_| JournalError::Closed)??);
        let (compute, dns) =
            (Arc::new(cloud.clone()) as Arc<dyn Compute>, Arc::new(cloud.clone()) as Arc<dyn Dns>);
        let engine = Handle::open(Parts {
            journal: Arc::new(ProbedJournal {
                journal: Arc::clone(&journal) as Arc<dyn Journal>,
                probe: Arc::clone(&cloud.probe),
            }),
            registry: (setup.registry)(&compute, &dns),
            // Nobody chooses anything in a drill.
            catalogue: None,
            planner: Arc::clone(&setup.planner),
            clock: clock.clone(),
            ids: IdSource::new(clock.clone(), chance.clone()),
            chance,
            calls_at_once: setup.calls_at_once,
            max_sagas: setup.max_sagas,
        })
        .await?;
        engine.resume().await?;
        Ok(Self { engine, journal })
    }

    /// It dies without a word; then its hold on the folder is gone, as the system sees to.
    pub(super) async fn die(&self) {
        self.engine.abort();
        // A journal that does not close has said so, and the drill finds what it did not keep.
        drop(self.journal.close().await);
    }

    /// It is stopped in good order.
    pub(super) async fn stop(&self) {
        self.engine.stop().await;
        // A journal that does not close has said so, and the drill finds what it did not keep.
        drop(self.journal.close().await);
    }
}
