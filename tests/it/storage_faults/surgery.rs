//! One thing changed behind the journal's back, as sled would have it after it lost a page: each guard
//! by itself.

use std::fs;
use std::path::Path;

use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::opening::Opening;
use arcadia::journal::{Fate, Journal, JournalError, record};
use tempfile::TempDir;

use crate::journal_contract::{append, entries, row};
use crate::support::database::operate;

const SAGA: SagaId = SagaId::from_u128(7);
const OTHER: SagaId = SagaId::from_u128(8);

#[tokio::test]
async fn a_record_that_was_changed_breaks_its_own_history_and_no_other() {
    let dir = written().await;
    operate(dir.path(), |db| {
        let events = db.open_tree("events").unwrap();
        let (key, value) = events.scan_prefix(SAGA.to_bytes()).nth(1).unwrap().unwrap();
        let text = String::from_utf8(value.to_vec()).unwrap();
        assert!(text.contains("\"at\":1700000002000"), "{text}");
        events.insert(key, text.replace("\"at\":1700000002000", "\"at\":1700000002001").as_str())
    });
    let journal = SledJournal::open(dir.path()).unwrap();
    let error = journal.history(SAGA).await.unwrap_err();
    assert!(matches!(error, JournalError::History { saga: SAGA, seq: 2, .. }), "{error}");
    assert_eq!(journal.salvage(SAGA).await.unwrap(), entries(0, 2));
    assert_eq!(journal.history(OTHER).await.unwrap(), entries(0, 3));
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    let report = journal.verify().await.unwrap();
    assert!(report.doubts.is_empty(), "{report:?}");
    assert_eq!(report.damaged.len(), 1, "{report:?}");
    assert_eq!(report.damaged[0].saga, Some(SAGA));
    assert_eq!((report.sagas, report.entries, report.rows), (2, 3, 1));
}

#[tokio::test]
async fn a_history_whose_end_is_gone_is_too_short_for_its_head() {
    let dir = written().await;
    operate(dir.path(), |db| {
        let events = db.open_tree("events").unwrap();
        let (key, _) = events.scan_prefix(SAGA.to_bytes()).next_back().unwrap().unwrap();
        events.remove(key)
    });
    let journal = SledJournal::open(dir.path()).unwrap();
    let error = journal.history(SAGA).await.unwrap_err();
    assert!(matches!(error, JournalError::History { saga: SAGA, seq: 4, .. }), "{error}");
    assert!(error.to_string().contains("it ends there, and 5 entries were written"), "{error}");
}

/// A history and its head that are both older agree with each other.
#[tokio::test]
async fn a_saga_that_is_older_altogether_is_missing_from_the_digest() {
    let dir = written().await;
    let older = TempDir::new().unwrap();
    {
        let journal = SledJournal::open(older.path()).unwrap();
        append(&journal, SAGA, entries(0, 2), Fate::Begins).await.unwrap();
        append(&journal, SAGA, entries(2, 2), Fate::GoesOn).await.unwrap();
        journal.close().await.unwrap();
    }
    let head = operate(older.path(), |db| db.open_tree("heads").unwrap().get(SAGA.to_bytes()));
    let head = head.unwrap();
    operate(dir.path(), |db| {
        let events = db.open_tree("events").unwrap();
        let (key, _) = events.scan_prefix(SAGA.to_bytes()).next_back().unwrap().unwrap();
        events.remove(key).unwrap();
        db.open_tree("heads").unwrap().insert(SAGA.to_bytes(), head)
    });
    assert_refused(dir.path(), "the histories of 2 sagas are there").await;
}

#[tokio::test]
async fn a_saga_without_a_trace_is_missing_from_the_digest() {
    let dir = written().await;
    operate(dir.path(), |db| {
        let events = db.open_tree("events").unwrap();
        for key in events.scan_prefix(OTHER.to_bytes()).keys() {
            events.remove(key.unwrap()).unwrap();
        }
        db.open_tree("summaries").unwrap().clear().unwrap();
        db.open_tree("heads").unwrap().remove(OTHER.to_bytes())
    });
    assert_refused(dir.path(), "the histories of 1 sagas are there").await;
}

#[tokio::test]
async fn a_tail_that_is_gone_or_older_than_the_counter_is_refused() {
    let dir = written().await;
    let tail = fs::read(dir.path().join("tail")).unwrap();
    operate(dir.path(), |db| db.open_tree("meta").unwrap().remove("groups"));
    assert_refused(dir.path(), "all 5 groups of facts are missing").await;
    assert_eq!(fs::read(dir.path().join("tail")).unwrap(), tail, "it is left alone");
    fs::remove_file(dir.path().join("tail")).unwrap();
    assert_refused(dir.path(), "the number of groups of facts is missing").await;
}

#[tokio::test]
async fn a_counter_that_is_gone_is_made_anew() {
    let dir = written().await;
    let counter = dir.path().join("tail");
    let before = fs::read(&counter).unwrap();
    fs::remove_file(&counter).unwrap();
    drop(SledJournal::open(dir.path()).unwrap());
    assert_eq!(fs::read(&counter).unwrap(), before);
}

#[tokio::test]
async fn rows_that_were_changed_or_are_gone_are_named_and_the_others_are_shown() {
    let dir = written().await;
    let journal = SledJournal::open(dir.path()).unwrap();
    let (third, fourth) = (SagaId::from_u128(9), SagaId::from_u128(10));
    for (saga, id) in [(third, 3), (fourth, 4)] {
        let ends = Fate::Ends(Box::new(row(id, saga, "up")));
        append(&journal, saga, entries(0, 1), ends).await.unwrap();
    }
    journal.close().await.unwrap();
    let id = DeploymentId::from_u128;
    operate(dir.path(), |db| {
        let rows = db.open_tree("summaries").unwrap();
        let changed = record::encode_summary(&row(3, third, "down"));
        rows.insert(id(3).to_bytes(), changed).unwrap();
        rows.remove(id(4).to_bytes())
    });
    let journal = SledJournal::open(dir.path()).unwrap();
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [row(1, OTHER, "up")]);
    let named: Vec<_> = journal.damaged().iter().map(|part| (part.deployment, part.saga)).collect();
    assert_eq!(named, [(Some(id(3)), Some(third)), (Some(id(4)), Some(fourth))]);
    assert_eq!(journal.history(third).await.unwrap(), entries(0, 1));
}

#[tokio::test]
async fn a_form_of_a_later_program_is_said_to_be_one() {
    let dir = written().await;
    operate(dir.path(), |db| db.open_tree("meta").unwrap().insert("groups", &[0, 0, 0, 3, 9]));
    let error = SledJournal::open(dir.path()).map(drop).unwrap_err();
    assert!(matches!(error, JournalError::NewerForm { form: 3, known: 2, .. }), "{error}");
}

#[tokio::test]
async fn a_journal_of_form_1_is_brought_up_to_date_and_goes_on() {
    let dir = TempDir::new().unwrap();
    let ended = row(1, OTHER, "up");
    operate(dir.path(), |db| {
        let events = db.open_tree("events").unwrap();
        for (saga, first, count) in [(SAGA, 0_u64, 2), (SAGA, 2, 1), (OTHER, 0, 3)] {
            let key = [&saga.to_bytes()[..], &first.to_be_bytes()].concat();
            events.insert(key, record::encode_entries(&entries(first, count))).unwrap();
        }
        db.open_tree("unfinished").unwrap().insert(SAGA.to_bytes(), b"").unwrap();
        let rows = db.open_tree("summaries").unwrap();
        rows.insert(ended.deployment.to_bytes(), record::encode_summary(&ended)).unwrap();
        db.open_tree("meta").unwrap().insert("groups", &3_u64.to_be_bytes())
    });
    fs::write(dir.path().join("groups"), "00000000000000000003\n").unwrap();
    for next in 3..5 {
        let journal = SledJournal::open(dir.path()).unwrap();
        assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, next));
        assert_eq!(journal.history(OTHER).await.unwrap(), entries(0, 3));
        assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
        assert_eq!(journal.summaries(None, 9).await.unwrap(), std::slice::from_ref(&ended));
        assert!(journal.damaged().is_empty());
        append(&journal, SAGA, entries(next, 1), Fate::GoesOn).await.unwrap();
        let report = journal.verify().await.unwrap();
        assert!(report.is_whole(), "{report:?}");
        journal.close().await.unwrap();
        // A program of form 1 finds no count in the database, and more than that here: it refuses.
        let counted = fs::read_to_string(dir.path().join("groups")).unwrap();
        assert_eq!(counted.trim().parse(), Ok(u64::MAX));
    }
}

#[tokio::test]
async fn what_is_refused_can_be_looked_at_and_is_left_as_it_is() {
    let dir = written().await;
    operate(dir.path(), |db| db.open_tree("heads").unwrap().remove(OTHER.to_bytes()));
    drop(SledJournal::open(dir.path()).map(drop).unwrap_err());
    let before = everything(dir.path());
    let journal = Opening::of(dir.path()).look().unwrap();
    assert!(matches!(journal.doubt(), Some(JournalError::Damaged { .. })));
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 5));
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    let refused = append(&journal, SAGA, entries(5, 1), Fate::GoesOn).await;
    assert!(matches!(refused, Err(JournalError::LookOnly { .. })), "{refused:?}");
    journal.close().await.unwrap();
    assert!(matches!(journal.history(SAGA).await, Err(JournalError::Closed)));
    assert_eq!(everything(dir.path()), before);
}

#[tokio::test]
async fn a_data_file_that_is_deleted_while_it_is_written_is_said_to_be_gone() {
    let dir = written().await;
    let journal = SledJournal::open(dir.path()).unwrap();
    fs::remove_file(dir.path().join("db")).unwrap();
    let gone = append(&journal, SAGA, entries(5, 1), Fate::GoesOn).await.unwrap_err();
    assert!(matches!(gone, JournalError::Gone { .. }), "{gone:?}");
    assert!(!gone.remedy().unwrap().contains("nothing"), "something may be lost");
}

/// A closed journal: a saga of five entries in three records that goes on, and one of three entries in
/// two records that ended.
async fn written() -> TempDir {
    let dir = TempDir::new().unwrap();
    let journal = SledJournal::open(dir.path()).unwrap();
    append(&journal, SAGA, entries(0, 2), Fate::Begins).await.unwrap();
    append(&journal, OTHER, entries(0, 2), Fate::Begins).await.unwrap();
    append(&journal, SAGA, entries(2, 2), Fate::GoesOn).await.unwrap();
    append(&journal, OTHER, entries(2, 1), Fate::Ends(Box::new(row(1, OTHER, "up"))))
        .await
        .unwrap();
    append(&journal, SAGA, entries(4, 1), Fate::GoesOn).await.unwrap();
    journal.close().await.unwrap();
    dir
}

async fn assert_refused(dir: &Path, because: &str) {
    for _ in 0..2 {
        let error = SledJournal::open(dir).map(drop).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, JournalError::Damaged { .. }), "{text}");
        assert!(text.contains(because) && text.contains(dir.to_str().unwrap()), "{text}");
    }
    if let Ok(journal) = Opening::of(dir).look() {
        assert!(!journal.verify().await.unwrap().is_whole());
    }
}

/// Every file with what is in it.
fn everything(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}
