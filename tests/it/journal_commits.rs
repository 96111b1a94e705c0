//! The commit log: whoever follows it gets every append, in order, and can tell when it did not.

use std::io;

use arcadia::domain::id::SagaId;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::chain::Link;
use arcadia::journal::sled::commits::{Commit, CommitLog, GroupNumber};
use arcadia::journal::sled::integrity::Witness;
use arcadia::journal::sled::opening::Opening;
use arcadia::journal::{Batch, Fate, Journal, JournalError};
use tempfile::TempDir;

use crate::journal_contract::{append, entries, row};
use crate::journal_sled::Syncs;

const SAGA: SagaId = SagaId::from_u128(7);

#[tokio::test]
async fn a_follower_gets_every_append_as_it_was_handed_in() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    let other = SagaId::from_u128(8);
    let appended = [
        Batch { saga: SAGA, entries: entries(0, 2).into(), fate: Fate::Begins },
        Batch { saga: other, entries: entries(0, 1).into(), fate: Fate::Begins },
        Batch { saga: SAGA, entries: entries(2, 3).into(), fate: Fate::GoesOn },
        // A row of several pieces, and one that replaces it.
        ends(5, &"up".repeat(9_000)),
        Batch { saga: SAGA, entries: entries(6, 1).into(), fate: Fate::Begins },
        ends(7, "gone"),
    ];
    for batch in &appended {
        journal.append(batch.clone()).await.unwrap();
    }
    let log = journal.commits();
    assert_eq!(*log.newest().borrow(), GroupNumber(6));
    let commits = chained(&log, GroupNumber(0));
    let batches: Vec<Batch> = commits.iter().flat_map(|commit| commit.batches.clone()).collect();
    assert_eq!(batches, appended);
    assert_eq!(log.after(GroupNumber(4), 1).unwrap(), commits[4..5]);
    assert_eq!(log.after(GroupNumber(6), 9).unwrap(), []);
    journal.close().await.unwrap();
    assert!(matches!(log.after(GroupNumber(0), 9), Err(JournalError::Closed)));
    let mut newest = log.newest();
    newest.mark_unchanged();
    assert!(newest.changed().await.is_err(), "a follower must hear that it is over");
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(chained(&journal.commits(), GroupNumber(0)), commits);
}

#[tokio::test]
async fn a_group_that_failed_is_never_shown_to_a_follower() {
    let dir = TempDir::new().unwrap();
    let syncs = Syncs::default();
    let journal = SledJournal::open_with(dir.path(), syncs.data_file()).unwrap();
    append(&journal, SAGA, entries(0, 1), Fate::Begins).await.unwrap();
    syncs.fail([io::ErrorKind::Other]);
    append(&journal, SAGA, entries(1, 2), Fate::GoesOn).await.unwrap_err();
    let log = journal.commits();
    assert_eq!(*log.newest().borrow(), GroupNumber(1));
    assert_eq!(chained(&log, GroupNumber(0)).len(), 1);
    append(&journal, SAGA, entries(1, 1), Fate::GoesOn).await.unwrap();
    let commits = chained(&log, GroupNumber(1));
    assert_eq!(commits.len(), 1);
    assert_eq!(*commits[0].batches[0].entries, entries(1, 1));
}

#[tokio::test]
async fn what_is_forgotten_goes_with_the_next_groups_and_costs_no_sync() {
    let dir = TempDir::new().unwrap();
    let syncs = Syncs::default();
    let journal = SledJournal::open_with(dir.path(), syncs.data_file()).unwrap();
    for seq in 0..10 {
        append(&journal, SAGA, entries(seq, 1), Fate::GoesOn).await.unwrap();
    }
    let log = journal.commits();
    assert_eq!(log.oldest().unwrap(), Some(GroupNumber(1)));
    log.forget(GroupNumber(4));
    assert_eq!(syncs.count(), 10);
    append(&journal, SAGA, entries(10, 1), Fate::GoesOn).await.unwrap();
    assert_eq!(syncs.count(), 11);
    assert_eq!(log.oldest().unwrap(), Some(GroupNumber(5)));
    // Further than there is anything: what is not written yet is not forgotten.
    log.forget(GroupNumber(99));
    append(&journal, SAGA, entries(11, 1), Fate::GoesOn).await.unwrap();
    assert_eq!(log.oldest().unwrap(), Some(GroupNumber(12)));
    journal.close().await.unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(journal.commits().oldest().unwrap(), Some(GroupNumber(12)));
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 12));
}

#[tokio::test]
async fn a_log_that_nobody_follows_stays_bounded() {
    let dir = TempDir::new().unwrap();
    let journal = Opening::of(dir.path()).commits_kept(5).open().unwrap();
    for seq in 0..8 {
        append(&journal, SAGA, entries(seq, 1), Fate::GoesOn).await.unwrap();
    }
    assert_eq!(journal.commits().oldest().unwrap(), Some(GroupNumber(4)));
    assert_eq!(chained(&journal.commits(), GroupNumber(3)).len(), 5);
}

/// Nothing in the folder can tell, because all of it is older.
#[tokio::test]
async fn an_older_copy_of_the_whole_folder_is_told_by_somebody_who_followed_it() {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    for seq in 0..3 {
        append(&journal, SAGA, entries(seq, 1), Fate::GoesOn).await.unwrap();
    }
    let witness = |commit: &Commit| Some(Witness { group: commit.group, link: commit.link });
    let commits = chained(&journal.commits(), GroupNumber(0));
    journal.close().await.unwrap();
    let open = |witness| Opening::of(dir.path()).witness(witness).open();
    for commit in &commits {
        drop(open(witness(commit)).unwrap());
    }
    let newer = Witness { group: GroupNumber(5), link: Link(1) };
    let error = open(Some(newer)).map(drop).unwrap_err();
    assert!(error.to_string().contains("the last 2 of 5 groups"), "{error}");
    // It went on since, so the numbers fit again; what was written under them is another thing.
    for group in [2, 3] {
        let other = Witness { group: GroupNumber(group), link: Link(1) };
        let error = open(Some(other)).map(drop).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    }
}

/// All commits after that of `group`, each following the one before it.
fn chained(log: &CommitLog, group: GroupNumber) -> Vec<Commit> {
    let commits = log.after(group, usize::MAX).unwrap();
    let numbers: Vec<u64> = commits.iter().map(|commit| commit.group.0).collect();
    let expected: Vec<u64> = (group.0 + 1..).take(commits.len()).collect();
    assert_eq!(numbers, expected);
    for pair in commits.windows(2) {
        assert_eq!(pair[0].link, pair[1].before);
    }
    if group == GroupNumber(0) {
        assert_eq!(commits[0].before, Link::START);
    }
    commits
}

fn ends(seq: u64, why: &str) -> Batch {
    let fate = Fate::Ends(Box::new(row(1, SAGA, why)));
    Batch { saga: SAGA, entries: entries(seq, 1).into(), fate }
}
