//! The journal of a run: the one on disk, with a probe before every write.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::summary::Summary;
use crate::drill::case::Failure;
use crate::drill::probe::Probe;
use crate::drill::stillness::{Answer, still};
use crate::journal::{Batch, Journal, JournalError};

/// The journal of a run.
pub(super) struct ProbedJournal {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) probe: Arc<Probe>,
}

#[async_trait]
impl Journal for ProbedJournal {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        match self.probe.at_write(&batch) {
            Some(Failure::WriteRefused) => {
                Err(JournalError::Full { path: "the drill's journal".to_owned() })
            }
            Some(Failure::CrashBefore) => self.probe.die().await,
            Some(Failure::CrashAfter) => {
                // Whether it could be written is for the next program to find out.
                let _ = still(Answer::Comes, self.journal.append(batch)).await;
                self.probe.die().await
            }
            // A provider's failures never fit a write.
            None
            | Some(
                Failure::Refused
                | Failure::Invalid
                | Failure::Broken
                | Failure::BrokenThroughout
                | Failure::AnswerLost
                | Failure::Silent,
            ) => still(Answer::Comes, self.journal.append(batch)).await,
        }
    }

    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        still(Answer::Comes, self.journal.history(saga)).await
    }

    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError> {
        still(Answer::Comes, self.journal.unfinished()).await
    }

    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError> {
        still(Answer::Comes, self.journal.summaries(after, limit)).await
    }

    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError> {
        still(Answer::Comes, self.journal.append_logs(saga, lines)).await
    }

    async fn logs(
        &self,
        saga: SagaId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError> {
        still(Answer::Comes, self.journal.logs(saga, page, limit)).await
    }

    async fn heartbeat(&self) -> Result<(), JournalError> {
        still(Answer::Comes, self.journal.heartbeat()).await
    }
}
