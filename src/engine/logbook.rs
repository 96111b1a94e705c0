//! Keeps the lines that steps log: numbers them, stores them, tells who watches.
//!
//! Writing never waits. When lines come faster than the journal takes them, those that find no room
//! are counted, and the count is logged: a log is no journal, and must not hold a saga back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

use crate::control::{Notice, NumberedLine};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;
use crate::journal::Journal;

/// Lines that may wait to be stored: a burst of a thousand sagas, a few megabytes at the most.
const LINES_QUEUED: usize = 8_192;

/// Lines that are stored at a time.
const LINES_A_GROUP: usize = 1_024;

/// Keeps the lines that steps log.
pub(super) struct Logbook {
    lines_tx: Mutex<Option<mpsc::Sender<Written>>>,
    lost: Arc<AtomicU64>,
    task: Mutex<JoinSet<()>>,
}

struct Written {
    saga: SagaId,
    deployment: DeploymentId,
    line: LogLine,
}

impl Logbook {
    pub(super) fn start(journal: Arc<dyn Journal>, notices: broadcast::Sender<Notice>) -> Self {
        let (lines_tx, lines_rx) = mpsc::channel(LINES_QUEUED);
        let lost = Arc::new(AtomicU64::new(0));
        let mut task = JoinSet::new();
        task.spawn(store(journal, notices, lines_rx, Arc::clone(&lost)));
        Self { lines_tx: Mutex::new(Some(lines_tx)), lost, task: Mutex::new(task) }
    }

    pub(super) fn write(&self, saga: SagaId, deployment: DeploymentId, line: LogLine) {
        let lines_tx = self.lines_tx.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = lines_tx
            .as_ref()
            .is_some_and(|lines_tx| lines_tx.try_send(Written { saga, deployment, line }).is_ok());
        if !stored {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Stores what was written, and ends.
    pub(super) async fn stop(&self) {
        self.lines_tx.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut task =
            std::mem::take(&mut *self.task.lock().unwrap_or_else(PoisonError::into_inner));
        while task.join_next().await.is_some() {}
    }
}

async fn store(
    journal: Arc<dyn Journal>,
    notices: broadcast::Sender<Notice>,
    mut lines_rx: mpsc::Receiver<Written>,
    lost: Arc<AtomicU64>,
) {
    let mut group = Vec::with_capacity(LINES_A_GROUP);
    while lines_rx.recv_many(&mut group, LINES_A_GROUP).await > 0 {
        let mut by_saga: BTreeMap<(SagaId, DeploymentId), Vec<LogLine>> = BTreeMap::new();
        for Written { saga, deployment, line } in group.drain(..) {
            by_saga.entry((saga, deployment)).or_default().push(line);
        }
        for ((saga, deployment), lines) in by_saga {
            match journal.append_logs(saga, lines.clone()).await {
                Ok(first) => {
                    for (number, line) in (first..).zip(lines) {
                        let line = Arc::new(NumberedLine { number, line });
                        // Nobody may be listening, which is fine.
                        let _ = notices.send(Notice::Logged { deployment, line });
                    }
                }
                Err(error) => tracing::warn!(%saga, %error, "log lines could not be kept"),
            }
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "log lines found no room");
        }
    }
}
