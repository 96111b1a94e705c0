//! What the traced program writes, so regular that anybody can say what a saga's history must hold
//! after its first so many groups.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::id::SagaId;
use arcadia::domain::saga::event::EventKind;
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::summary::Summary;
use arcadia::domain::time::Timestamp;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::data_file::OpenDataFile;
use arcadia::journal::{Batch, Fate, Journal};
use tokio::task::JoinSet;

use crate::journal_contract::{lines, row};

/// How many sagas write at the same time, so that groups of several sagas share a sync.
pub(crate) const SAGAS: u64 = 6;

/// How often the program opens the journal, writes, and closes it again.
const OPENINGS: usize = 3;

/// How many groups each saga writes between opening and closing.
const GROUPS: u64 = 16;

/// After so many groups a saga ends, and goes on again with the next.
const GROUPS_TO_END: u64 = 10;

/// What an acknowledgement looks like on the standard output; its saga and how many groups of it
/// are acknowledged follow.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";

/// The id of a saga.
pub(crate) fn id(saga: u64) -> SagaId {
    SagaId::from_u128(u128::from(saga) + 1)
}

/// A saga's group of this number, counted from 0.
pub(crate) fn group(saga: u64, number: u64) -> Batch {
    let first = (0..number).map(|earlier| entry_count(saga, earlier)).sum();
    let entries = (first..first + entry_count(saga, number)).map(|seq| entry(saga, number, seq));
    let fate = match number % GROUPS_TO_END {
        0 => Fate::Begins,
        9 => Fate::Ends(Box::new(ending(saga, number))),
        _ => Fate::GoesOn,
    };
    Batch { saga: id(saga), entries: entries.collect(), fate }
}

/// Whether a saga of so many groups is unfinished.
pub(crate) fn is_unfinished(groups: u64) -> bool {
    !groups.is_multiple_of(GROUPS_TO_END)
}

/// The row of a saga of so many groups, if it ever ended.
pub(crate) fn row_after(saga: u64, groups: u64) -> Option<Summary> {
    let endings = groups / GROUPS_TO_END;
    endings.checked_sub(1).map(|_| ending(saga, endings * GROUPS_TO_END - 1))
}

/// How many groups the history holds.
///
/// # Errors
/// What is wrong with it, when it is not the first so many groups of the saga.
pub(crate) fn groups_of(saga: u64, history: &[Entry]) -> Result<u64, String> {
    let mut rest = history;
    for number in 0.. {
        if rest.is_empty() {
            return Ok(number);
        }
        let expected = group(saga, number).entries;
        let Some((found, after)) = rest.split_at_checked(expected.len()) else {
            return Err(format!("group {number} of saga {saga} is not whole"));
        };
        if found != &*expected {
            return Err(format!("group {number} of saga {saga} is not what was written"));
        }
        rest = after;
    }
    unreachable!("a history ends")
}

/// The traced program: goes on where the journal in `dir` ends, and says each acknowledgement.
pub(crate) fn write(dir: &Path, data_file: fn() -> OpenDataFile) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for _ in 0..OPENINGS {
            let journal = Arc::new(SledJournal::open_with(dir, data_file()).unwrap());
            let mut sagas: JoinSet<()> =
                (0..SAGAS).map(|saga| write_saga(Arc::clone(&journal), saga)).collect();
            while let Some(written) = sagas.join_next().await {
                written.unwrap();
            }
            journal.close().await.unwrap();
        }
    });
}

async fn write_saga(journal: Arc<SledJournal>, saga: u64) {
    let start = groups_of(saga, &journal.history(id(saga)).await.unwrap()).unwrap();
    for number in start..start + GROUPS {
        journal.append(group(saga, number)).await.unwrap();
        // One write to the standard output for each line, which the tracer takes for the moment.
        writeln!(io::stdout().lock(), "{ACKNOWLEDGED} {saga} {}", number + 1).unwrap();
        if number % 4 == 0 {
            journal.append_logs(id(saga), lines(number..number + 3)).await.unwrap();
        }
    }
}

fn entry_count(saga: u64, number: u64) -> u64 {
    1 + (saga + number) % 3
}

fn entry(saga: u64, number: u64, seq: u64) -> Entry {
    // Some are larger than the pieces that the journal cuts values into.
    let words = if number % 12 == 5 { 800 } else { 4 + (saga * 31 + seq * 17) % 30 };
    let text: Vec<String> =
        (0..words).map(|word| format!("{saga}.{seq}.{}", word * 7919)).collect();
    let kind = EventKind::Checkpointed {
        step: StepName::new("create_droplet"),
        direction: Direction::Forward,
        key: "text".to_owned(),
        value: text.join(" ").into(),
    };
    Entry { seq, at: Timestamp::from_millis(0), fact: Fact::Saga(kind) }
}

fn ending(saga: u64, number: u64) -> Summary {
    row(u128::from(saga) + 1, id(saga), &format!("group {number} of saga {saga}"))
}
