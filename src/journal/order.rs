//! What every journal checks before it writes a group of facts.

use crate::journal::{Batch, Fate, JournalError};

/// Checks that `batch` continues a history whose next entry must carry number `next`, and returns
/// the number that follows.
///
/// # Errors
/// [`JournalError::Write`], saying what is there and what was handed in.
pub(super) fn follow(batch: &Batch, next: u64) -> Result<u64, JournalError> {
    let refuse = |reason: String| Err(JournalError::Write { reason });
    let saga = batch.saga;
    if batch.entries.is_empty() {
        return refuse(format!("a group of facts of {saga} holds none"));
    }
    if let Fate::Ends(summary) = &batch.fate
        && summary.saga != saga
    {
        return refuse(format!("the row that ends {saga} is that of {}", summary.saga));
    }
    let mut expected = next;
    for entry in batch.entries.iter() {
        if entry.seq != expected {
            return refuse(format!(
                "entry {} of {saga} does not follow its history, which goes on with {expected}",
                entry.seq
            ));
        }
        expected += 1;
    }
    Ok(expected)
}
