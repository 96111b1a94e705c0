//! Seats when an engine begins, and when an owner panics.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arcadia::clock::{Chance, IdSource};
use arcadia::control::{Control, Notice};
use arcadia::domain::aggregate::Entry;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::log::{LogLine, LogPage};
use arcadia::domain::summary::{Standing, Summary};
use arcadia::engine::{Handle, Parts};
use arcadia::journal::memory::MemoryJournal;
use arcadia::journal::{Batch, Journal, JournalError};
use async_trait::async_trait;

use crate::admission::{launch_in_turn, request, slow};
use crate::overload::Calls;
use crate::support::plans;
use crate::support::rig::test_clock;

#[tokio::test(start_paused = true)]
async fn nobody_is_seated_before_the_program_goes_on() {
    let calls = Arc::new(Calls::default());
    let rig = slow(&calls, 2, 1).await;
    launch_in_turn(&rig, 3).await;
    rig.engine.abort();
    let before = calls.began();
    let engine = engine_on(Arc::new(rig.journal.reopen()), &calls).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(calls.began(), before);
    engine.resume().await.unwrap();
    tokio::time::sleep(Duration::from_hours(1)).await;
    let rows = engine.watch().await.unwrap().summaries;
    assert!(rows.iter().all(|row| row.standing == Standing::Active));
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_panics_leaves_its_seat_to_the_next() {
    let calls = Arc::new(Calls::default());
    let journal = Arc::new(Panicking::default());
    let engine = engine_on(journal.clone(), &calls).await;
    let mut launched = Vec::new();
    for slug in ["a", "b"] {
        launched.push(engine.launch(request(slug)).await.unwrap());
    }
    journal.panics.store(true, Ordering::Relaxed);
    let mut watch = engine.watch().await.unwrap();
    let next_is_up = async {
        let mut stalled = Vec::new();
        loop {
            match watch.notices.recv().await.unwrap() {
                Notice::Stalled { deployment, .. } => stalled.push(deployment),
                Notice::Changed { summary, .. } if summary.standing == Standing::Active => {
                    return (stalled, summary.deployment);
                }
                Notice::Changed { .. } | Notice::Logged { .. } => {}
            }
        }
    };
    let (stalled, up) = tokio::time::timeout(Duration::from_hours(1), next_is_up).await.unwrap();
    assert_eq!(stalled, [launched[0].deployment], "it is told that it stands still");
    assert_eq!(up, launched[1].deployment);
}

/// An engine with one seat that has read this journal, with two slow steps.
pub(crate) async fn engine_on(journal: Arc<dyn Journal>, calls: &Arc<Calls>) -> Handle {
    let (clock, chance) = (test_clock(), Chance::seeded(1));
    let parts = Parts {
        journal,
        registry: calls.registry(&["s0", "s1"]),
        catalogue: None,
        planner: Arc::new(|_, on_failure| plans::chain(2, on_failure)),
        clock: clock.clone(),
        ids: IdSource::new(clock, chance.clone()),
        chance,
        calls_at_once: NonZeroUsize::MIN,
        max_sagas: NonZeroUsize::MIN,
    };
    Handle::open(parts).await.unwrap()
}

/// A journal of which one append panics.
#[derive(Default)]
struct Panicking {
    journal: MemoryJournal,
    panics: AtomicBool,
}

#[async_trait]
impl Journal for Panicking {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        assert!(!self.panics.swap(false, Ordering::Relaxed), "this is what is tested");
        self.journal.append(batch).await
    }

    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        self.journal.history(saga).await
    }

    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError> {
        self.journal.unfinished().await
    }

    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError> {
        self.journal.summaries(after, limit).await
    }

    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError> {
        self.journal.append_logs(saga, lines).await
    }

    async fn logs(
        &self,
        saga: SagaId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError> {
        self.journal.logs(saga, page, limit).await
    }

    async fn heartbeat(&self) -> Result<(), JournalError> {
        self.journal.heartbeat().await
    }
}
