//! What only the journal on disk must do: sync before it answers, group, survive failures, and say
//! what is wrong with its folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::id::SagaId;
use arcadia::domain::log::LogPage;
use arcadia::domain::saga::event::EventKind;
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::time::Timestamp;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::data_file::{DataFile, OpenDataFile};
use arcadia::journal::{Fate, Journal, JournalError};
use futures_util::future::join_all;
use serde_json::Value;
use tempfile::TempDir;

use crate::journal_contract::{append, entries, lines, row};
use crate::support::database::operate;

const SAGA: SagaId = SagaId::from_u128(7);

/// Longer than any of it takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_append_is_answered_only_after_the_flushed_file_was_synced() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut answer = Box::pin(append(&journal, SAGA, marked(0, "find-me"), Fate::Begins));
    assert!(pending(&mut answer).await);
    let file = gate.entered().await;
    assert!(contains(&fs::read(file).unwrap(), b"find-me"), "it must be flushed before the sync");
    assert!(pending(&mut answer).await, "it must not be answered before the sync");
    gate.release(1);
    answer.await.unwrap();
    gate.open_for_good();
}

#[tokio::test]
async fn nobody_reads_a_group_before_it_is_durable() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut answer = Box::pin(append(&journal, SAGA, entries(0, 1), Fate::Begins));
    assert!(pending(&mut answer).await);
    gate.entered().await;
    let mut history = Box::pin(journal.history(SAGA));
    let mut unfinished = Box::pin(journal.unfinished());
    assert!(pending(&mut history).await && pending(&mut unfinished).await);
    // Read on the same threads, and answered: the other two had their turn.
    assert_eq!(journal.logs(SAGA, LogPage::Last, 1).await.unwrap(), []);
    assert!(pending(&mut history).await && pending(&mut unfinished).await);
    gate.fail(1);
    gate.open_for_good();
    assert!(answer.await.is_err());
    assert_eq!(history.await.unwrap_or_default(), []);
    assert_eq!(unfinished.await.unwrap_or_default(), []);
    append(&journal, SAGA, entries(0, 2), Fate::Begins).await.unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 2));
}

#[tokio::test]
async fn what_waits_is_written_as_one_group_with_one_sync() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut first = Box::pin(append(&journal, SAGA, entries(0, 1), Fate::Begins));
    assert!(pending(&mut first).await);
    gate.entered().await;
    let sagas = (100..163).map(SagaId::from_u128);
    let mut others =
        Box::pin(join_all(sagas.map(|saga| append(&journal, saga, entries(0, 2), Fate::Begins))));
    assert!(pending(&mut others).await);
    gate.open_for_good();
    first.await.unwrap();
    assert!(others.await.iter().all(Result::is_ok));
    let stats = journal.stats();
    assert_eq!((stats.groups, stats.batches, stats.entries), (2, 64, 127));
}

#[tokio::test]
async fn one_saga_may_be_appended_to_twice_within_a_group() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let other = SagaId::from_u128(1);
    let mut first = Box::pin(append(&journal, other, entries(0, 1), Fate::Begins));
    assert!(pending(&mut first).await);
    gate.entered().await;
    let [long, short] = ["w".repeat(50_000), "w".to_owned()].map(|why| row(1, SAGA, &why));
    let mut chain = Box::pin(join_all([
        append(&journal, SAGA, entries(0, 1), Fate::Begins),
        append(&journal, SAGA, entries(1, 1), Fate::Ends(Box::new(long))),
        append(&journal, SAGA, entries(2, 1), Fate::Begins),
        append(&journal, SAGA, entries(3, 1), Fate::Ends(Box::new(short.clone()))),
        append(&journal, SAGA, entries(4, 1), Fate::Begins),
    ]));
    assert!(pending(&mut chain).await);
    gate.open_for_good();
    first.await.unwrap();
    assert!(chain.await.iter().all(Result::is_ok));
    assert_eq!(journal.stats().groups, 2);
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 5));
    assert_eq!(journal.unfinished().await.unwrap(), [other, SAGA]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [short]);
}

#[tokio::test]
async fn a_failed_sync_is_an_error_and_the_group_is_as_if_it_had_not_been() {
    let dir = TempDir::new().unwrap();
    let syncs = Syncs::default();
    let journal = SledJournal::open_with(dir.path(), syncs.data_file()).unwrap();
    let before = row(1, SAGA, "up");
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();
    append(&journal, SAGA, entries(1, 1), Fate::Ends(Box::new(before.clone()))).await.unwrap();
    append(&journal, SAGA, entries(2, 1), Fate::Begins).await.unwrap();

    syncs.fail([io::ErrorKind::Other]);
    let gone = Fate::Ends(Box::new(row(1, SAGA, &"gone".repeat(9_000))));
    let failed = append(&journal, SAGA, marked(3, &"lost".repeat(9_000)), gone).await;
    assert!(matches!(failed, Err(JournalError::Write { .. })), "{failed:?}");

    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 3));
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [before]);
    append(&journal, SAGA, entries(3, 2), Fate::GoesOn).await.unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 5));
    journal.close().await.unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 5));
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_the_journal_goes_on_when_there_is_space() {
    let dir = TempDir::new().unwrap();
    let syncs = Syncs::default();
    let journal = SledJournal::open_with(dir.path(), syncs.data_file()).unwrap();
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();

    // The append fails, then taking it back at once, then taking it back with the next append.
    syncs.fail([io::ErrorKind::StorageFull; 3]);
    for _ in 0..2 {
        let full = append(&journal, SAGA, marked(1, "lost"), Fate::GoesOn).await;
        assert!(matches!(full, Err(JournalError::Full { .. })), "{full:?}");
        let shut = journal.history(SAGA).await;
        assert!(matches!(shut, Err(JournalError::Read { .. })), "{shut:?}");
    }
    append(&journal, SAGA, entries(1, 1), Fate::GoesOn).await.unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 2));
}

#[tokio::test]
async fn everybody_in_a_failed_group_gets_the_error() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut first = Box::pin(append(&journal, SAGA, entries(0, 1), Fate::Begins));
    assert!(pending(&mut first).await);
    gate.entered().await;
    let sagas = (100..110).map(SagaId::from_u128);
    let mut others =
        Box::pin(join_all(sagas.map(|saga| append(&journal, saga, entries(0, 1), Fate::Begins))));
    assert!(pending(&mut others).await);
    gate.release(1);
    gate.fail(1);
    gate.open_for_good();
    first.await.unwrap();
    assert!(others.await.iter().all(Result::is_err));
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    assert_eq!(journal.stats().batches, 1);
}

#[tokio::test]
async fn a_failed_group_that_moved_one_saga_twice_is_as_if_it_had_not_been() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut first = Box::pin(append(&journal, SAGA, entries(0, 1), Fate::Begins));
    assert!(pending(&mut first).await);
    gate.entered().await;
    let mut twice = Box::pin(join_all([
        append(&journal, SAGA, entries(1, 1), Fate::GoesOn),
        append(&journal, SAGA, entries(2, 1), Fate::GoesOn),
    ]));
    assert!(pending(&mut twice).await);
    gate.release(1);
    gate.fail(1);
    gate.open_for_good();
    first.await.unwrap();
    assert!(twice.await.iter().all(Result::is_err));
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 1));
    append(&journal, SAGA, entries(1, 1), Fate::GoesOn).await.unwrap();
    journal.close().await.unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 2));
    assert!(journal.verify().await.unwrap().is_whole());
}

#[tokio::test]
async fn dropping_the_journal_keeps_what_was_written_log_lines_included() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();
    journal.append_logs(SAGA, lines(0..3)).await.unwrap();
    drop(journal);
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 1));
    assert_eq!(journal.logs(SAGA, LogPage::Last, 9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn log_lines_cost_no_sync() {
    let dir = TempDir::new().unwrap();
    let syncs = Syncs::default();
    let journal = SledJournal::open_with(dir.path(), syncs.data_file()).unwrap();
    for number in 0..10 {
        journal.append_logs(SAGA, lines(number..number + 1)).await.unwrap();
    }
    assert_eq!(syncs.count(), 0);
}

#[tokio::test]
async fn a_closed_journal_answers_that_it_is_closed() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    journal.close().await.unwrap();
    let answer = append(&journal, SAGA, entries(0, 1), Fate::Begins).await;
    assert!(matches!(answer, Err(JournalError::Closed)), "{answer:?}");
    assert!(matches!(journal.logs(SAGA, LogPage::Last, 1).await, Err(JournalError::Closed)));
    journal.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_in_use_names_the_process_that_has_it() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    let locked = SledJournal::open(dir.path()).unwrap_err();
    let process = format!("process {}", std::process::id());
    assert!(
        matches!(&locked, JournalError::Locked { owner, .. } if *owner == process),
        "{locked:?}"
    );
    journal.close().await.unwrap();
    SledJournal::open(dir.path()).unwrap();
}

#[tokio::test]
async fn nobody_else_may_read_the_folder() {
    let parent = TempDir::new().unwrap();
    let older = parent.path().join("older");
    fs::create_dir(&older).unwrap();
    fs::set_permissions(&older, fs::Permissions::from_mode(0o755)).unwrap();
    for dir in [older, parent.path().join("a/new/one")] {
        for _ in 0..2 {
            let journal = SledJournal::open(&dir).unwrap();
            append(&journal, SagaId::from_u128(1), entries(0, 1), Fate::Begins).await.ok();
            journal.close().await.unwrap();
        }
        let mut files = 0;
        assert_eq!(mode(&dir), 0o700, "{}", dir.display());
        // sled writes a snapshot while it opens, so the second opening has seen every kind of file.
        for item in fs::read_dir(&dir).unwrap() {
            let path = item.unwrap().path();
            assert_eq!(
                mode(&path),
                if path.is_dir() { 0o700 } else { 0o600 },
                "{}",
                path.display()
            );
            files += 1;
        }
        assert!(files >= 5, "{files}");
    }
}

/// sled would write these values to files of their own, which no sync of ours covers.
#[tokio::test]
async fn large_values_stay_in_the_file_that_is_synced() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    for seq in 0..40 {
        let fate = if seq == 0 { Fate::Begins } else { Fate::GoesOn };
        append(&journal, SAGA, marked(seq, &"x".repeat(300_000)), fate).await.unwrap();
        append(&journal, SagaId::from_u128(8), marked(seq, &"x".repeat(7_000)), Fate::GoesOn)
            .await
            .unwrap();
    }
    assert_eq!(journal.history(SAGA).await.unwrap().len(), 40);
    journal.close().await.unwrap();
    assert_eq!(fs::read_dir(dir.path().join("blobs")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_data_file_that_is_gone_or_empty_is_refused_and_left_alone() {
    let dir = filled().await;
    let file = dir.path().join("db");
    File::create(&file).unwrap();
    assert_damaged(dir.path());
    assert_eq!(file.metadata().unwrap().len(), 0);
    fs::remove_file(&file).unwrap();
    assert_damaged(dir.path());
    assert!(!file.exists());
}

#[tokio::test]
async fn what_is_written_to_a_folder_that_was_deleted_is_an_error_and_makes_no_new_one() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("journal");
    let journal = SledJournal::open(&folder).unwrap();
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();
    fs::remove_dir_all(&folder).unwrap();
    for _ in 0..2 {
        append(&journal, SAGA, entries(1, 1), Fate::GoesOn).await.unwrap_err();
    }
    journal.close().await.unwrap();
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_data_file_cut_short_is_refused_however_often_it_is_opened() {
    for part in [1, 4, 7] {
        let dir = filled().await;
        let file = OpenOptions::new().write(true).open(dir.path().join("db")).unwrap();
        file.set_len(file.metadata().unwrap().len() * part / 8).unwrap();
        assert_damaged(dir.path());
        assert_damaged(dir.path());
    }
}

#[tokio::test]
async fn garbage_in_the_data_file_is_refused() {
    let dir = filled().await;
    let path = dir.path().join("db");
    let len = usize::try_from(path.metadata().unwrap().len()).unwrap();
    fs::write(path, b"garbage!".repeat(len / 8)).unwrap();
    assert_damaged(dir.path());
}

#[tokio::test]
async fn a_snapshot_that_was_cut_while_it_was_written_closes_nothing() {
    for cut in [&b""[..], b"half", &[7; 4_096]] {
        let dir = filled().await;
        // Where a kill, or a disk that is full, leaves it: an opening has begun to write it.
        fs::write(dir.path().join("snap.00000000FFFFFFFF.generating"), cut).unwrap();
        let journal = SledJournal::open(dir.path()).unwrap();
        assert!(!journal.history(SAGA).await.unwrap().is_empty());
        append(&journal, SagaId::from_u128(99), entries(0, 1), Fate::Begins).await.unwrap();
    }
}

#[tokio::test]
async fn settings_that_a_loss_of_power_cut_during_the_first_opening_are_written_anew() {
    let dir = TempDir::new().unwrap();
    SledJournal::open(dir.path()).unwrap().close().await.unwrap();
    let path = dir.path().join("conf");
    let whole = fs::read(&path).unwrap();
    for left in [&whole[..0], &whole[..12], &whole[..whole.len() - 4], &vec![0; whole.len()]] {
        fs::write(&path, left).unwrap();
        SledJournal::open(dir.path()).unwrap().close().await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[tokio::test]
async fn garbage_in_the_files_beside_it_never_panics() {
    for name in ["conf", "groups", "lock", "tail"] {
        let dir = filled().await;
        let mut file = OpenOptions::new().write(true).open(dir.path().join(name)).unwrap();
        file.write_all(&[0xff; 64]).unwrap();
        match SledJournal::open(dir.path()) {
            Ok(journal) => assert_eq!(journal.history(SAGA).await.unwrap().len(), 200, "{name}"),
            Err(error) => {
                assert!(matches!(error, JournalError::Damaged { .. }), "{name}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_record_of_a_later_program_is_said_to_be_one() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();
    journal.close().await.unwrap();
    operate(dir.path(), |db| {
        let key = [&SAGA.to_bytes()[..], &1_u64.to_be_bytes()].concat();
        db.open_tree("events").unwrap().insert(key, br#"{"v":4}"#)
    });
    let journal = SledJournal::open(dir.path()).unwrap();
    let error = journal.history(SAGA).await.unwrap_err();
    assert!(matches!(error, JournalError::Newer { saga: SAGA, seq: 1, version: 4, .. }), "{error}");
    let refused = append(&journal, SAGA, entries(1, 1), Fate::GoesOn).await;
    assert!(matches!(refused, Err(JournalError::History { .. })), "{refused:?}");
}

/// A closed journal of a few megabytes.
async fn filled() -> TempDir {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    for seq in 0..200 {
        append(&journal, SAGA, marked(seq, &"x".repeat(20_000)), Fate::GoesOn).await.unwrap();
    }
    journal.close().await.unwrap();
    dir
}

fn assert_damaged(dir: &Path) {
    let error = SledJournal::open(dir).map(drop).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, JournalError::Damaged { .. }), "{text}");
    assert!(text.contains(dir.to_str().unwrap()), "{text}");
}

/// One entry that holds this text.
pub(crate) fn marked(seq: u64, text: &str) -> Vec<Entry> {
    let value = Value::from(text);
    let kind = EventKind::Checkpointed {
        step: StepName::new("create_droplet"),
        direction: Direction::Forward,
        key: "k".to_owned(),
        value,
    };
    vec![Entry { seq, at: Timestamp::from_millis(0), fact: Fact::Saga(kind) }]
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Polls once: a request is then on its way, if there is room for it.
async fn pending<T>(answer: &mut (impl Future<Output = T> + Unpin)) -> bool {
    tokio::select! {
        biased;
        _ = answer => false,
        () = std::future::ready(()) => true,
    }
}

/// Counts syncs, and fails those it is told to.
#[derive(Clone, Default)]
pub(crate) struct Syncs(Arc<Mutex<Planned>>);

#[derive(Default)]
struct Planned {
    count: u64,
    failures: Vec<io::ErrorKind>,
}

impl Syncs {
    pub(crate) fn data_file(&self) -> OpenDataFile {
        let syncs = self.clone();
        Box::new(move |_| Ok(Box::new(syncs.clone())))
    }

    pub(crate) fn fail(&self, failures: impl IntoIterator<Item = io::ErrorKind>) {
        self.0.lock().unwrap().failures.extend(failures);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.lock().unwrap().count
    }
}

impl DataFile for Syncs {
    fn sync_data(&self) -> io::Result<()> {
        let mut planned = self.0.lock().unwrap();
        planned.count += 1;
        planned.failures.pop().map_or(Ok(()), |kind| Err(kind.into()))
    }
}

#[tokio::test]
async fn a_disk_that_hangs_does_not_hang_the_end_and_what_may_be_lost_is_said() {
    let dir = TempDir::new().unwrap();
    let (data_file, mut gate) = gated();
    let journal = SledJournal::open_with(dir.path(), data_file).unwrap();
    let mut answer = Box::pin(append(&journal, SAGA, entries(0, 1), Fate::Begins));
    assert!(pending(&mut answer).await);
    gate.entered().await;
    let unclosed = journal.close_within(Duration::from_millis(20)).await.unwrap_err().to_string();
    assert!(unclosed.contains("its disk has not answered"), "{unclosed}");
    assert!(unclosed.contains("what was acknowledged is kept"), "{unclosed}");
    assert!(pending(&mut answer).await, "nothing is acknowledged that may be lost");
    gate.open_for_good();
}

/// A data file whose syncs wait for the test, and the test's end of it.
pub(crate) fn gated() -> (OpenDataFile, Gate) {
    let (entered_tx, entered_rx) = tokio::sync::mpsc::unbounded_channel();
    let (release_tx, release_rx) = mpsc::channel();
    let release_rx = Arc::new(Mutex::new(release_rx));
    let open: OpenDataFile = Box::new(move |path| {
        Ok(Box::new(Gated {
            path: path.to_owned(),
            entered_tx: entered_tx.clone(),
            release_rx: Arc::clone(&release_rx),
        }))
    });
    (open, Gate { entered_rx, release_tx: Some(release_tx) })
}

pub(crate) struct Gate {
    entered_rx: tokio::sync::mpsc::UnboundedReceiver<PathBuf>,
    release_tx: Option<mpsc::Sender<io::Result<()>>>,
}

impl Gate {
    /// Waits until a sync has begun, and says of which file.
    pub(crate) async fn entered(&mut self) -> PathBuf {
        let entered = tokio::time::timeout(PATIENCE, self.entered_rx.recv()).await;
        entered.expect("the file is never synced").expect("the journal lives")
    }

    fn release(&self, syncs: usize) {
        for _ in 0..syncs {
            self.release_tx.as_ref().unwrap().send(Ok(())).unwrap();
        }
    }

    fn fail(&self, syncs: usize) {
        for _ in 0..syncs {
            let error = Err(io::ErrorKind::Other.into());
            self.release_tx.as_ref().unwrap().send(error).unwrap();
        }
    }

    /// No further sync waits.
    pub(crate) fn open_for_good(&mut self) {
        self.release_tx = None;
    }
}

struct Gated {
    path: PathBuf,
    entered_tx: tokio::sync::mpsc::UnboundedSender<PathBuf>,
    release_rx: Arc<Mutex<mpsc::Receiver<io::Result<()>>>>,
}

impl DataFile for Gated {
    fn sync_data(&self) -> io::Result<()> {
        self.entered_tx.send(self.path.clone()).ok();
        // Bounded, so that a test that fails meanwhile does not wait for its journal for ever.
        self.release_rx.lock().unwrap().recv_timeout(PATIENCE).unwrap_or(Ok(()))
    }
}
