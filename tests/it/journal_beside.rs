//! A copy of the journal that is made while another task writes it: either something in it does not fit,
//! or it is the journal as it was at one moment, with everything that was acknowledged before.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use arcadia::domain::id::SagaId;
use arcadia::journal::Fate;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::opening::{Opening, groups_noted};
use tempfile::TempDir;

use crate::journal_contract::{append, entries};
use crate::support::database;
use crate::support::wait::Deadline;

/// How many copies must be found whole while sagas write.
const WHOLE: usize = 5;

/// How many groups each saga writes before the first copy that is torn, and as many before the second.
const GROUPS: usize = 40;
/// How many entries a group has.
const A_GROUP: u64 = 200;
/// In how many places a copy is torn.
const PARTS: usize = 10;

/// How many entries each saga has.
type Lengths = BTreeMap<SagaId, u64>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_in_which_everything_fits_holds_all_that_was_acknowledged_before_it() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    let (acknowledged, over) = (Mutex::new(Lengths::new()), AtomicBool::new(false));
    let writing = async {
        let mut seq = 0;
        while !over.load(Ordering::Relaxed) {
            for saga in sagas() {
                let fate = if seq == 0 { Fate::Begins } else { Fate::GoesOn };
                append(&journal, saga, entries(seq, 3), fate).await.unwrap();
                acknowledged.lock().unwrap().insert(saga, seq + 3);
            }
            seq += 3;
        }
    };
    let copying = async {
        let deadline = Deadline::begin();
        let (mut whole, mut torn) = (0, 0);
        while whole < WHOLE {
            assert!(!deadline.is_over(), "{torn} copies were torn, and {whole} whole");
            let before = acknowledged.lock().unwrap().clone();
            match copied(dir.path()).await {
                Some(lengths) => {
                    let holds = |(saga, length): (&SagaId, &u64)| lengths.get(saga) >= Some(length);
                    assert!(before.iter().all(holds), "{before:?} {lengths:?}");
                    whole += 1;
                }
                None => torn += 1,
            }
        }
        over.store(true, Ordering::Relaxed);
        eprintln!("of {} copies of a journal that is written, {torn} were torn", whole + torn);
    };
    tokio::join!(writing, copying);
    let written = acknowledged.lock().unwrap().clone();
    journal.close().await.unwrap();
    // Nobody writes any more: the first copy is whole, and says how much there is.
    assert_eq!(copied(dir.path()).await, Some(written.clone()));
    let groups: u64 = written.values().map(|length| length / 3).sum();
    assert_eq!(groups_noted(dir.path()), Some(groups));
}

/// A copy is read from front to back, so its front is of one moment and its rest of a later one; or the
/// other way round, if whoever copies begins at the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_torn_anywhere_does_not_fit_or_holds_what_was_there_when_it_began() {
    let (dir, earlier, later) =
        (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let journal = SledJournal::open(dir.path()).unwrap();
    let commits = journal.commits();
    let mut lengths = Vec::new();
    let mut seq = 0;
    for copy in [earlier.path(), later.path()] {
        for _ in 0..GROUPS {
            for saga in sagas() {
                let fate = if seq == 0 { Fate::Begins } else { Fate::GoesOn };
                append(&journal, saga, entries(seq, A_GROUP), fate).await.unwrap();
                // As the archive does: what is removed makes room that is written anew.
                commits.forget(*commits.newest().borrow());
            }
            seq += A_GROUP;
        }
        lengths.push(seq);
        fs::remove_dir(copy).unwrap();
        database::copy(dir.path(), copy);
    }
    let [before, after] = lengths.try_into().unwrap();
    let of = |copy: &TempDir| fs::read(copy.path().join("db")).unwrap();
    let (earlier_file, later_file) = (of(&earlier), of(&later));
    let len = earlier_file.len();
    let changed = earlier_file.iter().zip(&later_file).filter(|(one, other)| one != other).count();
    eprintln!("of {len} bytes {changed} were written anew, and {} added", later_file.len() - len);
    assert!(changed > len / 10, "else there is nothing to tear");
    let (mut fits, mut torn) = (0, 0);
    for (front, rest) in [(&earlier_file, &later_file), (&later_file, &earlier_file)] {
        for part in 0..=PARTS {
            let cut = earlier_file.len() * part / PARTS;
            let spliced = [&front[..cut], &rest[cut..]].concat();
            fs::write(later.path().join("db"), spliced).unwrap();
            // As it is taken: before the rest.
            fs::copy(earlier.path().join("tail"), later.path().join("tail")).unwrap();
            match copied(later.path()).await {
                Some(lengths) => {
                    let holds = |length: &u64| (before..=after).contains(length);
                    let is_all = lengths.len() == sagas().count();
                    assert!(is_all && lengths.values().all(holds), "{part}: {lengths:?}");
                    fits += 1;
                }
                None => torn += 1,
            }
        }
    }
    eprintln!(
        "of {} copies of two moments {torn} did not fit, and {fits} held it all",
        fits + torn
    );
}

#[tokio::test]
async fn without_the_counter_no_copy_is_believed() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    append(&journal, SagaId::from_u128(7), entries(0, 1), Fate::Begins).await.unwrap();
    assert!(copied(dir.path()).await.is_some());
    fs::write(dir.path().join("tail"), b"torn").unwrap();
    assert_eq!(copied(dir.path()).await, None);
    fs::remove_file(dir.path().join("tail")).unwrap();
    assert_eq!(copied(dir.path()).await, None);
}

/// The sagas that write.
fn sagas() -> impl Iterator<Item = SagaId> {
    (0..8).map(SagaId::from_u128)
}

/// How long the histories of a copy are that was made beside the writer; nothing when it is torn.
async fn copied(dir: &Path) -> Option<Lengths> {
    let dir = dir.to_owned();
    let look = move || Opening::of(&dir).look_beside().ok();
    let journal = tokio::task::spawn_blocking(look).await.unwrap()?;
    if journal.doubt().is_some() {
        return None;
    }
    let (report, read) = journal
        .verify_into(Vec::new(), |read, saga, history| read.push((saga, history.to_vec())))
        .await
        .ok()?;
    if !report.is_whole() {
        return None;
    }
    let lengths = read.into_iter().map(|(saga, history)| {
        let length = history.len() as u64;
        assert_eq!(history, entries(0, length), "what fits is what was written");
        (saga, length)
    });
    Some(lengths.collect())
}
