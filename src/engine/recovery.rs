//! The way back from the journal: rows for the list, and sagas for their owners.

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

/// A saga as its history leaves it; `None`, and a loud notice, when the history makes no sense.
pub(super) async fn aggregate(shared: &Shared, saga: SagaId) -> Option<Aggregate> {
    let entries = match shared.journal.history(saga).await {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(%saga, %error, "the saga cannot be read");
            return None;
        }
    };
    match Aggregate::from_history(&entries) {
        Ok(aggregate) => Some(aggregate),
        Err(error) => {
            tracing::error!(%saga, %error, "the saga is not run");
            if let Some(row) = row_of_broken(&entries, &error) {
                let deployment = row.deployment;
                let _ = shared
                    .notices
                    .send(Notice::Stalled { deployment, error: error.to_string().into() });
            }
            None
        }
    }
}

/// The row of a history that makes no sense: how far it did, and what is wrong.
fn row_of_broken(entries: &[Entry], error: &HistoryError) -> Option<Summary> {
    let readable = (1..=entries.len())
        .rev()
        .find_map(|length| Aggregate::from_history(&entries[..length]).ok())?;
    let mut row = Summary::of(&readable);
    row.standing = Standing::NeedsYou;
    row.why = Some(format!("its history cannot be read: {error}"));
    Some(row)
}
