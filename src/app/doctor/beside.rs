//! Reading a journal that a running Arcadia writes: from a copy, which is believed when nothing in it is
//! amiss.
//!
//! What is copied while it is written may be of different moments. The journal's own links, heads and
//! digest tell: a copy in which they all fit is the journal as it was at one moment. In one that was
//! torn they do not, and the next one is torn elsewhere; damage is in every copy the same.

use std::path::Path;
use std::time::Duration;

use crate::app::doctor::reading::Reading;
use crate::app::doctor::{PATIENCE, bounded, too_slow};
use crate::clock::Clock;
use crate::domain::failure::with_causes;
use crate::journal::JournalError;
use crate::journal::sled::integrity::Witness;
use crate::journal::sled::opening::Opening;

/// How many copies are made before it is given up: one is enough while the sagas wait, and a few while
/// some work.
const COPIES: usize = 8;
/// The pause between two of them: some groups of facts are written meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// Reads the journal in the folder `dir` from a copy; or why that cannot be done.
pub(super) async fn read(
    dir: &Path,
    witness: Option<Witness>,
    clock: &Clock,
) -> Result<Reading, String> {
    let mut before = None;
    let until = clock.now() + PATIENCE;
    for _ in 0..COPIES {
        if before.is_some() && clock.now() >= until {
            return Err(too_slow("copied and read"));
        }
        let found = copied(dir, witness).await?;
        let amiss = match found {
            Ok(reading) => {
                let damages: Vec<_> = reading.damages().cloned().collect();
                // The same twice is no tear.
                if damages.is_empty() || before.as_ref() == Some(&damages) {
                    return Ok(reading);
                }
                damages
            }
            Err(why) => vec![why],
        };
        before = Some(amiss);
        clock.sleep_until(clock.now() + PAUSE).await;
    }
    let last = before.and_then(|amiss| amiss.into_iter().next()).unwrap_or_default();
    Err(format!(
        "it is written while it is copied, and none of {COPIES} copies fits together; of the last: {last}"
    ))
}

/// What one copy says, or why it says nothing; an error when there is no use in another.
async fn copied(dir: &Path, witness: Option<Witness>) -> Result<Result<Reading, String>, String> {
    let folder = dir.to_owned();
    let look = move || Opening::of(&folder).witness(witness).look_beside();
    let journal = match bounded(PATIENCE, look).await {
        Some(Ok(journal)) => journal,
        // There is no room for another one either.
        Some(Err(error @ JournalError::NotCopied { .. })) => return Err(with_causes(&error)),
        Some(Err(error)) => return Ok(Err(with_causes(&error))),
        None => return Err(too_slow("copied")),
    };
    if let Some(doubt) = journal.doubt() {
        return Ok(Err(with_causes(doubt)));
    }
    match tokio::time::timeout(PATIENCE, Reading::of(&journal)).await {
        Ok(Ok(reading)) => {
            // It was only looked at, so there is nothing that could stay unwritten.
            drop(journal.close().await);
            Ok(Ok(reading))
        }
        Ok(Err(error)) => Ok(Err(with_causes(&error))),
        Err(_) => {
            // Dropping it would wait for what hangs; the process is about to end.
            std::mem::forget(journal);
            Err(too_slow("read"))
        }
    }
}
