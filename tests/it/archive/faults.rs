//! An archive that cannot be written stops nobody, says so, and catches up.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use arcadia::journal::archive::file::SegmentFile;

use super::*;
use crate::support::database;

#[tokio::test]
async fn a_full_disk_stops_no_saga_is_said_and_is_caught_up_with() {
    let world = World::new();
    let journal = world.open().unwrap();
    let disk = Disk::default();
    let follower = world.follow_with(&journal, disk.files()).await;
    append_all(&journal, &turns()[..2]).await;
    let mut status = follower.watch();
    wait(&mut status, |status| status.archived == 2).await;
    disk.fail_from_here_on(io::ErrorKind::StorageFull);
    append_all(&journal, &turns()[2..]).await;
    wait(&mut status, |status| status.trouble.is_some()).await;
    let told = follower.status();
    assert_eq!((told.archived, told.newest, told.lag()), (2, 8, 6));
    assert!(told.trouble.unwrap().contains("no space left for the archive"));
    disk.heal();
    wait(&mut status, |status| status.lag() == 0 && status.trouble.is_none()).await;
    follower.close().await;
    let inspection = status::inspect(&world.archive_dir()).unwrap();
    assert_eq!((inspection.records, inspection.damages), (8, Vec::new()));
}

/// Whatever fails, and however often, nothing is missing afterwards and nothing is there twice.
#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_loses_nothing_and_doubles_nothing() {
    let world = World::with(Settings { segment_bytes: 1_000, ..World::new().settings });
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    copy(&mut world.archive(), &journal.commits());
    let whole = world.files();
    for failing in 0..40 {
        fs::remove_dir_all(world.archive_dir()).unwrap();
        let disk = Disk::default();
        let (settings, clock) = (world.settings.clone(), world.clock.clone());
        let files = disk.files()();
        let mut archive = Archive::open_with(&world.archive_dir(), settings, clock, files).unwrap();
        disk.fail_call(failing);
        let mut failures = 0;
        while archive.group() < 8 {
            let commits = journal.commits().after(GroupNumber(archive.group()), 2).unwrap();
            if archive.append(&commits).and_then(|()| archive.sync()).is_err() {
                failures += 1;
                assert!(failures < 3, "call {failing}");
            }
        }
        assert!(world.files() == whole, "call {failing}");
    }
}

#[tokio::test]
async fn an_archive_that_cannot_be_opened_stops_no_saga_and_is_opened_later() {
    let world = World::new();
    let journal = world.open().unwrap();
    fs::write(world.archive_dir(), b"a file stands where the folder should").unwrap();
    let follower = world.follow(&journal).await;
    append_all(&journal, &turns()).await;
    let mut status = follower.watch();
    wait(&mut status, |status| status.trouble.is_some()).await;
    fs::remove_file(world.archive_dir()).unwrap();
    wait(&mut status, |status| status.archived == 8 && status.trouble.is_none()).await;
    follower.close().await;
    assert_eq!(status::inspect(&world.archive_dir()).unwrap().damages, []);
}

/// The journal keeps only so many commits for a follower that does not come.
#[tokio::test]
async fn commits_that_were_dropped_unarchived_are_made_good_at_the_next_start() {
    let world = World::new();
    let journal = Opening::of(&world.journal_dir()).commits_kept(3).open().unwrap();
    let disk = Disk::default();
    let follower = world.follow_with(&journal, disk.files()).await;
    let mut status = follower.watch();
    append_all(&journal, &turns()[..2]).await;
    wait(&mut status, |status| status.archived == 2).await;
    disk.fail_from_here_on(io::ErrorKind::StorageFull);
    append_all(&journal, &turns()[2..]).await;
    wait(&mut status, |status| status.trouble.is_some() && status.dropped == 3).await;
    disk.heal();
    wait(&mut status, |status| status.archived == 8).await;
    follower.close().await;
    let before = snapshot(&journal).await;
    journal.close().await.unwrap();
    assert!(world.archive().broken().is_some());
    world.run(&[]).await;
    assert_eq!(world.archive().broken(), None);
    fs::remove_dir_all(world.journal_dir()).unwrap();
    rebuilding::rebuild(&world).await;
    assert_eq!(world.snapshot().await, before);
}

/// The record of one saga must not keep the others out of the archive until the journal drops them.
#[tokio::test]
async fn a_group_that_is_damaged_in_the_journal_keeps_no_other_from_the_archive() {
    let world = World::new();
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    let damaged = journal.commits().after(GroupNumber(3), 1).unwrap().remove(0).batches.remove(0);
    journal.close().await.unwrap();
    damage_a_record(&world, damaged.saga, damaged.entries[0].seq);
    let journal = world.open().unwrap();
    let follower = world.follow(&journal).await;
    let mut status = follower.watch();
    wait(&mut status, |status| status.archived == 8).await;
    follower.close().await;
    journal.close().await.unwrap();
    assert!(world.archive().broken().is_some(), "the next start tries to make it good");
}

/// One damaged history must not keep all others out of the archive, and the damage is told.
#[tokio::test]
async fn a_base_holds_everything_but_the_rest_of_what_is_damaged_in_the_journal() {
    let world = World::new();
    let journal = world.open().unwrap();
    append_all(&journal, &turns()).await;
    let before = snapshot(&journal).await;
    journal.close().await.unwrap();
    let [one, two] = [1, 2].map(SagaId::from_u128);
    damage_a_record(&world, one, 2);
    rebuilding::damage_a_row(&world);
    // The first start copies what is committed and passes over what is damaged. The next one finds the
    // gap, and writes the journal out as a base.
    for _ in 0..2 {
        world.run(&[]).await;
    }
    let archive = world.archive();
    // The row of saga 2 is damaged, and its entries lead to no end that a row could be made of.
    assert_eq!((archive.broken(), archive.lacking()), (None, &BTreeSet::from([one, two])));
    drop(archive);
    let told = status::inspect(&world.archive_dir()).unwrap().damages;
    let named = |saga: SagaId| told.iter().any(|damage| damage.what.contains(&saga.to_string()));
    assert!(named(one) && named(two), "{told:?}");

    fs::remove_dir_all(world.journal_dir()).unwrap();
    let (plan, _) = rebuilding::rebuild(&world).await;
    assert_eq!(plan.cut, [(one.to_string(), 2), ("acme/web".to_owned(), 4)]);
    let after = world.snapshot().await;
    assert_eq!(after.histories[&one], before.histories[&one][..2]);
    for saga in [2, 3].map(SagaId::from_u128) {
        assert_eq!(after.histories[&saga], before.histories[&saga]);
    }
    assert_eq!(
        world.archive().lacking(),
        &BTreeSet::new(),
        "the rebuilt journal is archived whole"
    );
}

/// What is older than a base that lacks something may be the last that has it.
#[tokio::test]
async fn older_segments_stay_for_what_a_base_lacks() {
    let world = World::with(Settings { keep: Some(Duration::ZERO), ..World::new().settings });
    world.run(&turns()).await;
    let before = world.snapshot().await;
    let [one, two] = [1, 2].map(SagaId::from_u128);
    let path = world.segment();
    flip(&path, begin_of_line(&path, 5) + 40);
    damage_a_record(&world, one, 2);
    // Every start from here on would forget what is old.
    for next in before.histories[&two].len() as u64..7 {
        let turn = Batch { saga: two, entries: entries(next, 1).into(), fate: Fate::Begins };
        world.run(&[turn]).await;
    }
    assert!(path.exists());
    fs::remove_dir_all(world.journal_dir()).unwrap();
    let (plan, _) = rebuilding::rebuild(&world).await;
    assert_eq!(plan.cut, [(one.to_string(), 7)], "whether there was more, nobody knows");
    let after = world.snapshot().await;
    assert_eq!(after.histories[&one], before.histories[&one]);
    assert_eq!(after.histories[&two].len(), 7);
}

#[tokio::test]
async fn an_archive_whose_disk_hangs_does_not_hang_the_end_and_says_what_it_lacks() {
    let world = World::new();
    let journal = world.open().unwrap();
    let (release_tx, release_rx) = std::sync::mpsc::channel::<()>();
    let release_rx = Arc::new(std::sync::Mutex::new(release_rx));
    let files: Arc<dyn Fn() -> OpenSegmentFile + Send + Sync> = Arc::new(move || {
        let (open, release_rx) = (file::system(), Arc::clone(&release_rx));
        Box::new(move |path| {
            Ok(Box::new(Hanging { file: open(path)?, release_rx: Arc::clone(&release_rx) }))
        })
    });
    let follower = world.follow_with(&journal, files).await;
    append_all(&journal, &turns()).await;
    let told = follower.close_within(Duration::from_millis(20)).await;
    assert_eq!((told.lag(), told.archived), (8, 0));
    assert!(told.trouble.unwrap().contains("its disk has not answered"));
    drop(release_tx);
    journal.close().await.unwrap();
    // What was not archived is still in the journal.
    world.run(&[]).await;
    assert_eq!(status::inspect(&world.archive_dir()).unwrap().records, 8);
}

/// A disk that takes what is written and never says that it has it.
struct Hanging {
    file: Box<dyn SegmentFile>,
    release_rx: Arc<std::sync::Mutex<std::sync::mpsc::Receiver<()>>>,
}

impl SegmentFile for Hanging {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file.write_at(bytes, at)
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        self.file.cut(len)
    }

    fn sync(&self) -> io::Result<()> {
        // Bounded, so that a test that fails meanwhile ends.
        self.release_rx.lock().unwrap().recv_timeout(PATIENCE).ok();
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// Damages the record of a saga whose first entry has this number.
pub(super) fn damage_a_record(world: &World, saga: SagaId, first: u64) {
    let key = [&saga.to_bytes()[..], &first.to_be_bytes()].concat();
    database::operate(&world.journal_dir(), |db| db.open_tree("events")?.insert(key, b"{}"));
}

async fn wait(
    status: &mut tokio::sync::watch::Receiver<status::Status>,
    wanted: impl FnMut(&status::Status) -> bool,
) {
    let came = tokio::time::timeout(PATIENCE, status.wait_for(wanted)).await;
    came.expect("it never comes to that").unwrap();
}

/// A disk that fails as it is told.
#[derive(Clone)]
struct Disk(Arc<Faults>);

struct Faults {
    calls: AtomicU64,
    /// The calls from the first to before the second fail.
    from: AtomicU64,
    to: AtomicU64,
    kind: std::sync::Mutex<io::ErrorKind>,
}

impl Default for Disk {
    fn default() -> Self {
        Self(Arc::new(Faults {
            calls: AtomicU64::new(0),
            from: AtomicU64::new(u64::MAX),
            to: AtomicU64::new(u64::MAX),
            kind: std::sync::Mutex::new(io::ErrorKind::Other),
        }))
    }
}

impl Disk {
    fn files(&self) -> Arc<dyn Fn() -> OpenSegmentFile + Send + Sync> {
        let disk = self.clone();
        Arc::new(move || {
            let (disk, open) = (disk.clone(), file::system());
            Box::new(move |path| {
                disk.call()?;
                Ok(Box::new(Failing { disk: disk.clone(), file: open(path)? }))
            })
        })
    }

    fn fail_from_here_on(&self, kind: io::ErrorKind) {
        *self.0.kind.lock().unwrap() = kind;
        self.0.to.store(u64::MAX, Ordering::SeqCst);
        self.0.from.store(0, Ordering::SeqCst);
    }

    /// Fails the call that comes after so many more.
    fn fail_call(&self, number: u64) {
        let call = self.0.calls.load(Ordering::SeqCst) + number;
        self.0.to.store(call + 1, Ordering::SeqCst);
        self.0.from.store(call, Ordering::SeqCst);
    }

    fn heal(&self) {
        self.0.from.store(u64::MAX, Ordering::SeqCst);
    }

    fn call(&self) -> io::Result<()> {
        let call = self.0.calls.fetch_add(1, Ordering::SeqCst);
        let fails = self.0.from.load(Ordering::SeqCst)..self.0.to.load(Ordering::SeqCst);
        if fails.contains(&call) { Err((*self.0.kind.lock().unwrap()).into()) } else { Ok(()) }
    }
}

struct Failing {
    disk: Disk,
    file: Box<dyn SegmentFile>,
}

impl SegmentFile for Failing {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if let Err(error) = self.disk.call() {
            // What a full disk takes before it is full.
            self.file.write_at(&bytes[..bytes.len() / 2], at)?;
            return Err(error);
        }
        self.file.write_at(bytes, at)
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        self.disk.call()?;
        self.file.cut(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call()?;
        self.file.sync()
    }
}
