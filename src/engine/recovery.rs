//! The way back from the journal: rows for the list, and sagas for their owners.

use std::error::Error;
use std::sync::Arc;

use crate::control::Notice;
use crate::domain::aggregate::{Aggregate, Entry, HistoryError};
use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, Summary};
use crate::engine::{ROWS_A_PAGE, Shared};
use crate::journal::JournalError;

/// Fills the store: finished sagas by their kept rows, the others by their histories.
///
/// # Errors
/// When the journal cannot be read. A single history that makes no sense is not an error: its row
/// says so, and its saga is not run.
pub(super) async fn load(shared: &Shared) -> Result<(), JournalError> {
    let mut after = None;
    loop {
        let page = shared.journal.summaries(after, ROWS_A_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.deployment);
        for summary in page {
            shared.store.put(Arc::new(summary));
        }
    }
    for saga in shared.journal.unfinished().await? {
        let entries = shared.journal.history(saga).await?;
        match Aggregate::from_history(&entries) {
            Ok(aggregate) => shared.store.put(Arc::new(Summary::of(&aggregate))),
            Err(error) => {
                tracing::error!(%saga, %error, "a history makes no sense");
                if let Some(row) = row_of_broken(&entries, &error) {
                    shared.store.put(Arc::new(row));
                }
            }
        }
    }
    Ok(())
}

/// A saga as its history leaves it.
///
/// # Errors
/// When the history cannot be read or makes no sense; whoever watches is told so.
pub(super) async fn aggregate(shared: &Shared, saga: SagaId) -> Result<Aggregate, Unreadable> {
    let read = match shared.journal.history(saga).await {
        Ok(entries) => Aggregate::from_history(&entries).map_err(Unreadable::from),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = &read {
        tracing::error!(%saga, %error, "the saga is not run");
        if let Some(row) = shared.store.all().into_iter().find(|row| row.saga == saga) {
            let (deployment, error) = (row.deployment, with_causes(error).into());
            // Nobody may be listening, which is fine.
            let _ = shared.notices.send(Notice::Stalled { deployment, error });
        }
    }
    read
}

/// Why a saga is not run.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Unreadable {
    /// The journal could not read its history.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Its history makes no sense.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// The row of a history that makes no sense: how far it did, and what is wrong.
fn row_of_broken(entries: &[Entry], error: &HistoryError) -> Option<Summary> {
    let readable = (1..=entries.len())
        .rev()
        .find_map(|length| Aggregate::from_history(&entries[..length]).ok())?;
    let mut row = Summary::of(&readable);
    row.standing = Standing::NeedsYou;
    row.why = Some(format!("its history cannot be read: {}", with_causes(error)));
    Some(row)
}

/// An error and what caused it, in one line: the cause is what an operator can act on.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
