//! Log lines: numbered, kept up to a bound, and not worth a flush.

use std::collections::BTreeMap;

use ::sled::Batch;

use crate::domain::id::SagaId;
use crate::domain::log::LogLine;
use crate::journal::sled::pieces;
use crate::journal::sled::store::Store;
use crate::journal::sled::{keys, reader};
use crate::journal::{JournalError, LOG_LINES_KEPT, record};

/// How many sagas' numbers are remembered. Beyond that all are forgotten and looked up again: sagas
/// that log at the same time are fewer, and the look-up is two reads.
const SAGAS_REMEMBERED: usize = 4_096;

/// Which numbers each saga's log lines have.
#[derive(Debug, Default)]
pub(super) struct LogNumbers(BTreeMap<SagaId, Kept>);

/// The lines that are kept: from `first` on, before `next`.
#[derive(Debug, Clone, Copy)]
struct Kept {
    first: u64,
    next: u64,
}

/// Log lines on their way.
pub(super) struct LogPlan {
    /// The change of the tree.
    pub(super) batch: Batch,
    saga: SagaId,
    number: u64,
    kept: Kept,
}

impl LogNumbers {
    /// What it takes to keep `lines`, and to drop those that are too many then.
    pub(super) fn plan(
        &mut self,
        store: &Store,
        saga: SagaId,
        lines: &[LogLine],
    ) -> Result<LogPlan, JournalError> {
        let Kept { first, next: number } = self.kept(store, saga)?;
        let next = number + lines.len() as u64;
        let first = first.max(next.saturating_sub(LOG_LINES_KEPT));
        let mut batch = Batch::default();
        for key in store.logs.range(keys::numbered(saga, 0)..keys::numbered(saga, first)).keys() {
            batch.remove(key.map_err(|error| store.read_error(&error))?);
        }
        for (number, line) in (number..).zip(lines).filter(|(number, _)| *number >= first) {
            let bytes = record::encode_log(line);
            pieces::check(&bytes)?;
            for (key, piece) in pieces::cut(&keys::numbered(saga, number), &bytes) {
                batch.insert(key, piece);
            }
        }
        Ok(LogPlan { batch, saga, number, kept: Kept { first, next } })
    }

    /// Remembers that the plan was carried out, and says the number of the first new line.
    pub(super) fn remember(&mut self, plan: &LogPlan) -> u64 {
        self.0.insert(plan.saga, plan.kept);
        plan.number
    }

    /// Forgets everything, because the database may say something else.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn kept(&mut self, store: &Store, saga: SagaId) -> Result<Kept, JournalError> {
        if let Some(kept) = self.0.get(&saga) {
            return Ok(*kept);
        }
        if self.0.len() >= SAGAS_REMEMBERED {
            self.forget();
        }
        // The last line is never dropped, so its number is the highest that was ever used.
        let next = reader::last_number(store, &store.logs, saga)?.map_or(0, |last| last + 1);
        let first = reader::first_number(store, &store.logs, saga)?.unwrap_or(0);
        Ok(Kept { first, next })
    }
}
