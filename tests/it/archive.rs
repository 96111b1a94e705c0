//! The archive: everything that was committed, in order and without a gap, whatever happens to the
//! program or the disk; and a journal that comes back from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::aggregate::Entry;
use arcadia::domain::id::SagaId;
use arcadia::domain::summary::Summary;
use arcadia::domain::time::Timestamp;
use arcadia::journal::archive::file::{self, OpenSegmentFile};
use arcadia::journal::archive::follower::Follower;
use arcadia::journal::archive::{Archive, Settings, status};
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::commits::{CommitLog, GroupNumber};
use arcadia::journal::sled::opening::Opening;
use arcadia::journal::{Batch, Fate, Journal, JournalError};
use tempfile::TempDir;

use crate::journal_contract::{entries, row};
use crate::support::wait::Deadline;

mod bounds;
mod faults;
mod following;
mod program;
mod rebuilding;

/// Longer than any of it takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A data folder with a journal and an archive.
struct World {
    data: TempDir,
    settings: Settings,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self::with(Settings { sync_every: Duration::from_millis(1), ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let clock = Clock::starting_at(Timestamp::from_millis(1_700_000_000_000));
        Self { data: TempDir::new().unwrap(), settings, clock }
    }

    fn journal_dir(&self) -> PathBuf {
        self.data.path().join("journal")
    }

    fn archive_dir(&self) -> PathBuf {
        self.data.path().join("archive")
    }

    /// The journal, compared with what the archive knows of it. A program that another test starts
    /// has the lock of a closed journal, too, for the moment until it runs.
    fn open(&self) -> Result<SledJournal, JournalError> {
        let witness = status::witness(&self.archive_dir()).unwrap();
        let deadline = Deadline::begin();
        loop {
            match Opening::of(&self.journal_dir()).witness(witness).open() {
                Err(JournalError::Locked { .. }) if !deadline.is_over() => thread::yield_now(),
                opened => return opened,
            }
        }
    }

    fn archive(&self) -> Archive {
        Archive::open(&self.archive_dir(), self.settings.clone(), self.clock.clone()).unwrap()
    }

    async fn follow(&self, journal: &SledJournal) -> Follower {
        self.follow_with(journal, Arc::new(file::system)).await
    }

    async fn follow_with(
        &self,
        journal: &SledJournal,
        files: Arc<dyn Fn() -> OpenSegmentFile + Send + Sync>,
    ) -> Follower {
        let (dir, settings, clock) =
            (self.archive_dir(), self.settings.clone(), self.clock.clone());
        Follower::start_with(dir, settings, clock, journal, journal.commits(), files).await
    }

    /// Appends everything, archives it, and closes everything.
    async fn run(&self, batches: &[Batch]) {
        let journal = self.open().unwrap();
        let follower = self.follow(&journal).await;
        append_all(&journal, batches).await;
        let archived = follower.close().await;
        assert_eq!((archived.lag(), archived.trouble), (0, None));
        journal.close().await.unwrap();
    }

    /// What the journal holds.
    async fn snapshot(&self) -> Snapshot {
        let journal = self.open().unwrap();
        let snapshot = snapshot(&journal).await;
        journal.close().await.unwrap();
        snapshot
    }

    /// The archive's files, by name.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let items = fs::read_dir(self.archive_dir()).unwrap().map(|item| item.unwrap().path());
        items
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read(&path).unwrap())
            })
            .collect()
    }

    /// The only file of the archive.
    fn segment(&self) -> PathBuf {
        let inspection = status::inspect(&self.archive_dir()).unwrap();
        let [segment] = inspection.segments.as_slice() else { panic!("{inspection:?}") };
        segment.clone()
    }
}

/// Everything in a journal that a rebuild brings back.
#[derive(Debug, PartialEq)]
struct Snapshot {
    histories: BTreeMap<SagaId, Vec<Entry>>,
    unfinished: Vec<SagaId>,
    rows: Vec<Summary>,
}

async fn snapshot(journal: &SledJournal) -> Snapshot {
    let unfinished = journal.unfinished().await.unwrap();
    let rows = journal.summaries(None, usize::MAX).await.unwrap();
    let sagas: BTreeSet<SagaId> =
        unfinished.iter().copied().chain(rows.iter().map(|row| row.saga)).collect();
    let mut histories = BTreeMap::new();
    for saga in sagas {
        histories.insert(saga, journal.history(saga).await.unwrap());
    }
    Snapshot { histories, unfinished, rows }
}

async fn append_all(journal: &dyn Journal, batches: &[Batch]) {
    for batch in batches {
        journal.append(batch.clone()).await.unwrap();
    }
}

/// Copies what is committed, as the follower does.
fn copy(archive: &mut Archive, commits: &CommitLog) {
    let commits = commits.after(GroupNumber(archive.group()), usize::MAX).unwrap();
    archive.append(&commits).unwrap();
    archive.sync().unwrap();
}

/// Some turns of these sagas: one unfinished, one ended, one that ended and went on.
fn turns() -> Vec<Batch> {
    let [one, two, three] = [1, 2, 3].map(SagaId::from_u128);
    let batch =
        |saga, first, count, fate| Batch { saga, entries: entries(first, count).into(), fate };
    let ends = |saga, id| Fate::Ends(Box::new(row(id, saga, "up")));
    vec![
        batch(one, 0, 2, Fate::Begins),
        batch(two, 0, 1, Fate::Begins),
        batch(one, 2, 1, Fate::GoesOn),
        batch(two, 1, 3, ends(two, 22)),
        batch(three, 0, 2, Fate::Begins),
        batch(three, 2, 2, ends(three, 33)),
        batch(three, 4, 1, Fate::Begins),
        batch(one, 3, 4, Fate::GoesOn),
    ]
}

/// Changes one byte of a file.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// Where a line begins, counted from 1.
fn begin_of_line(path: &Path, line: usize) -> usize {
    let text = fs::read_to_string(path).unwrap();
    text.split_inclusive('\n').take(line - 1).map(str::len).sum()
}
