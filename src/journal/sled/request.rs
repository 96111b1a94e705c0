//! What the journal asks of its writer.

use tokio::sync::oneshot;

use crate::domain::id::SagaId;
use crate::domain::log::LogLine;
use crate::journal::{Batch, Fate, JournalError, record};

/// Where an answer goes. Nobody may be waiting for it any more.
pub(super) type Ack<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the journal asks of its writer.
pub(super) enum Request {
    /// Write a group of facts, durably.
    Append(Append, Ack<()>),
    /// Keep log lines, and say the number of the first.
    Logs { saga: SagaId, lines: Vec<LogLine>, ack_tx: Ack<u64> },
    /// Answer when what came before is dealt with.
    Heartbeat(Ack<()>),
}

/// A group of facts with its written form, which is made in the caller's task and not in the one
/// thread that all wait for.
pub(super) struct Append {
    pub(super) batch: Batch,
    pub(super) bytes: Vec<u8>,
    pub(super) row: Option<Vec<u8>>,
}

impl Append {
    pub(super) fn new(batch: Batch) -> Self {
        let bytes = record::encode_linked(&batch.entries);
        let row = match &batch.fate {
            Fate::Ends(summary) => Some(record::encode_summary(summary)),
            Fate::Begins | Fate::GoesOn => None,
        };
        Self { batch, bytes, row }
    }
}
