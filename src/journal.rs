//! The journal: what happened, durable before anything follows from it.
//!
//! The trait is small, and no type of a storage engine crosses it. An append is one group of facts
//! of one saga: all of it is there after a crash, or none.
//!
//! Two journals keep it: [`sled`] on disk, and [`memory`] for tests, which can be told to fail or to
//! stop the world at any append. Both write the same [`record`]s and pass the same contract.
//!
//! What is committed is copied to plain files beside it, the [`archive`], from which a damaged journal
//! is built anew ([`rebuild`]).

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::summary::Summary;

pub mod archive;
mod cut;
pub mod memory;
mod order;
pub mod rebuild;
pub mod record;
pub mod sled;

/// How many of a saga's log lines are kept: more than a saga logs that is at work for a day. At a few
/// hundred bytes a line the most talkative one has some tens of megabytes.
pub const LOG_LINES_KEPT: u64 = 100_000;

/// Keeps histories.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes a group of facts. When it returns `Ok`, they survive the loss of power.
    ///
    /// The facts must follow what is there: their numbers continue the saga's history without a
    /// gap, and nothing is ever overwritten.
    ///
    /// # Errors
    /// When they are not certain to be durable. The caller must not act on them; it may append facts
    /// of the same numbers again, as if the failed call had not been.
    async fn append(&self, batch: Batch) -> Result<(), JournalError>;

    /// A saga's whole history, oldest first; empty when there is none.
    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError>;

    /// The sagas that have not ended, in the order of their ids.
    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError>;

    /// As much of a saga's history as can be trusted, oldest first: all of it, or what comes before the
    /// first damage.
    ///
    /// # Errors
    /// When nothing can be read.
    async fn salvage(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        self.history(saga).await
    }

    /// The rows of sagas that ended, in the order of the deployments' ids: those after `after`, at
    /// most `limit`. A saga that was finished and goes on again keeps its old row until it ends;
    /// [`Journal::unfinished`] tells.
    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError>;

    /// What was found damaged when the journal was opened, while the rest can be trusted: rows that
    /// [`Journal::summaries`] leaves out. Their sagas' histories may be whole, and say what the rows did.
    fn damaged(&self) -> Vec<Damaged> {
        Vec::new()
    }

    /// Keeps a saga's log lines, which are numbered in the order they come, and returns the number
    /// of the first of them (of the next one to come, when `lines` is empty). Not durable when it
    /// returns: a crash may take the last of them. Only the latest [`LOG_LINES_KEPT`] lines of a saga
    /// are kept; a number is not used again.
    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError>;

    /// A page of a saga's log lines with their numbers, oldest first, at most `limit`.
    async fn logs(
        &self,
        saga: SagaId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError>;

    /// Returns when whoever writes has dealt with all that was asked before. Nothing is written for it.
    ///
    /// # Errors
    /// When nothing can be written any more: it is closed, or was opened only to be read.
    async fn heartbeat(&self) -> Result<(), JournalError>;
}

/// A group of facts of one saga that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Whose history.
    pub saga: SagaId,
    /// The facts, with consecutive sequence numbers; shared by the journal and those who watch.
    pub entries: Arc<[Entry]>,
    /// What the facts mean for the index of unfinished sagas.
    pub fate: Fate,
}

/// What a group of facts means for the index of unfinished sagas.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// The saga begins, or a finished one goes on again.
    Begins,
    /// It was unfinished before, and is.
    GoesOn,
    /// It ends; this is its row from here on.
    Ends(Box<Summary>),
}

impl JournalError {
    /// What may help.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Locked { .. } => {
                Some("use the window it runs in, or stop it; another folder is another --data-dir")
            }
            Self::Full { .. } => Some(
                "nothing that was acknowledged is lost; make room, and what stands still goes on",
            ),
            Self::Damaged { .. } => Some(
                "keep a copy of the folder; `arcadia rebuild` makes the journal anew from the archive \
                 beside it, `arcadia doctor` says what is whole, and `list`, `show`, `history` and \
                 `logs` show what can be read",
            ),
            Self::Gone { .. } => Some(
                "stop arcadia; bring the file back if it was moved, or have `arcadia rebuild` make the \
                 journal anew from the archive",
            ),
            Self::History { .. } | Self::Record { .. } | Self::Row { .. } => Some(
                "nothing is run or written for it; `arcadia doctor` says what is whole, and \
                 `arcadia rebuild` makes the journal anew from the archive",
            ),
            Self::Newer { .. } | Self::NewerForm { .. } => {
                Some("start the version of arcadia that wrote it, or a later one")
            }
            Self::NotCopied { .. } => {
                Some("make room there, or name another folder for temporary files with TMPDIR")
            }
            Self::Open { .. }
            | Self::Write { .. }
            | Self::Read { .. }
            | Self::LookOnly { .. }
            | Self::Closed => None,
        }
    }
}

impl JournalError {
    /// Whether what could not be read is not as it was written, so that no further try will read it.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. }
            | Self::History { .. }
            | Self::Record { .. }
            | Self::Newer { .. }
            | Self::Row { .. } => true,
            Self::Locked { .. }
            | Self::Open { .. }
            | Self::Full { .. }
            | Self::Write { .. }
            | Self::Read { .. }
            | Self::Gone { .. }
            | Self::NewerForm { .. }
            | Self::LookOnly { .. }
            | Self::NotCopied { .. }
            | Self::Closed => false,
        }
    }
}

/// A part of the journal that is not as it was written, while the rest is.
#[derive(Debug, Clone)]
pub struct Damaged {
    /// Whose row, if it is one.
    pub deployment: Option<DeploymentId>,
    /// Whose history may tell what is lost, if that is known.
    pub saga: Option<SagaId>,
    /// What is wrong.
    pub error: JournalError,
}

impl Damaged {
    /// A row is damaged or missing.
    pub fn row(deployment: DeploymentId, saga: Option<SagaId>) -> Self {
        Self { deployment: Some(deployment), saga, error: JournalError::Row { deployment } }
    }
}

/// The journal could not be written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// Another process has it.
    #[error("the data folder `{path}` is in use by {owner}")]
    Locked {
        /// Which folder.
        path: String,
        /// Who, as far as is known: `process 4711`.
        owner: String,
    },
    /// It could not be opened.
    #[error("the journal in `{path}` cannot be opened: {reason}")]
    Open {
        /// Which folder.
        path: String,
        /// What the operating system or the storage engine says.
        reason: String,
    },
    /// There is no space left.
    #[error("no space left for the journal in `{path}`")]
    Full {
        /// Which folder.
        path: String,
    },
    /// A write failed; nothing of the group counts.
    #[error("the journal could not be written: {reason}")]
    Write {
        /// What the operating system or the storage engine says.
        reason: String,
    },
    /// A read failed.
    #[error("the journal could not be read: {reason}")]
    Read {
        /// What the operating system or the storage engine says.
        reason: String,
    },
    /// A record makes no sense.
    #[error("record {seq} of {saga} makes no sense: {reason}")]
    Record {
        /// Whose history.
        saga: SagaId,
        /// Its place.
        seq: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A record was written by a newer version of the program.
    #[error("record {seq} of {saga} has version {version}, and this program reads up to {known}")]
    Newer {
        /// Whose history.
        saga: SagaId,
        /// Its place.
        seq: u64,
        /// The record's version.
        version: u32,
        /// The newest version that is known.
        known: u32,
    },
    /// Things are missing from it, or are not as they were written, and nobody can say whose.
    #[error("the journal in `{path}` is damaged: {what}; no fact was added to it")]
    Damaged {
        /// Which folder.
        path: String,
        /// What is missing or not as it was.
        what: String,
    },
    /// A saga's history is not as it was written. The others are.
    #[error("the history of {saga} is damaged from entry {seq} on: {what}")]
    History {
        /// Whose history.
        saga: SagaId,
        /// The first entry that cannot be trusted.
        seq: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A deployment's row is not as it was written. Its history may be.
    #[error("the row of {deployment} in the journal is damaged")]
    Row {
        /// Whose row.
        deployment: DeploymentId,
    },
    /// The file that is written to was deleted or replaced meanwhile: what is written to it is found
    /// by nobody.
    #[error("the journal's data file in `{path}` is gone: it was deleted while it was written to")]
    Gone {
        /// Which folder.
        path: String,
    },
    /// The journal as a whole was written by a newer version of the program.
    #[error("the journal in `{path}` has form {form}, and this program knows up to {known}")]
    NewerForm {
        /// Which folder.
        path: String,
        /// The journal's form.
        form: u32,
        /// The newest form that is known.
        known: u32,
    },
    /// It was opened to be looked at, and nothing is written to it.
    #[error("the journal in `{path}` was opened only to be read")]
    LookOnly {
        /// Which folder.
        path: String,
    },
    /// It cannot be looked at: there is no room for a copy, or nobody may write one.
    #[error("no copy of the journal in `{path}` could be made in `{to}` to be looked at: {reason}")]
    NotCopied {
        /// Which folder.
        path: String,
        /// Where the copy should be.
        to: String,
        /// What the operating system says.
        reason: String,
    },
    /// The journal is closed.
    #[error("the journal is closed")]
    Closed,
}
