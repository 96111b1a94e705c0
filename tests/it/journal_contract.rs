//! What every journal must do. Each contract runs against the one in memory and the one on disk.

use std::collections::BTreeSet;
use std::sync::Arc;

use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::deployment::DeploymentState;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine, LogPage};
use arcadia::domain::saga::event::EventKind;
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::summary::{Standing, Summary};
use arcadia::domain::time::Timestamp;
use arcadia::journal::memory::MemoryJournal;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::{Batch, Fate, Journal, JournalError, LOG_LINES_KEPT};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

const SAGA: SagaId = SagaId::from_u128(7);

macro_rules! contract {
    ($($name:ident,)+) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Subject::memory()).await;
            })+
        }

        mod sled {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Subject::sled()).await;
            })+
        }
    };
}

contract! {
    what_is_appended_is_read_back_in_order,
    a_saga_reads_its_own_history_only,
    a_large_group_reads_back,
    groups_that_do_not_follow_are_refused_and_change_nothing,
    a_row_of_another_saga_is_refused,
    a_saga_is_unfinished_from_its_beginning_to_its_end,
    a_finished_saga_that_goes_on_keeps_its_row_until_it_ends_again,
    rows_come_in_pages_in_the_order_of_deployments,
    a_shorter_row_leaves_nothing_of_a_longer_one,
    log_lines_are_numbered_and_come_in_pages,
    only_the_latest_log_lines_are_kept_and_no_number_comes_again,
    everything_is_there_when_it_is_opened_again,
    appends_of_many_tasks_are_all_there,
}

async fn what_is_appended_is_read_back_in_order(subject: Subject) {
    let journal = subject.journal();
    assert_eq!(journal.history(SAGA).await.unwrap(), []);
    let groups = [entries(0, 1), entries(1, 3), entries(4, 2), entries(6, 300)];
    for (number, group) in groups.iter().enumerate() {
        let fate = if number == 0 { Fate::Begins } else { Fate::GoesOn };
        append(&*journal, SAGA, group.clone(), fate).await.unwrap();
    }
    assert_eq!(journal.history(SAGA).await.unwrap(), groups.concat());
}

async fn a_saga_reads_its_own_history_only(subject: Subject) {
    let journal = subject.journal();
    for id in [1, 2, u128::MAX] {
        let saga = SagaId::from_u128(id);
        append(&*journal, saga, entries(0, 2), Fate::Begins).await.unwrap();
    }
    assert_eq!(journal.history(SagaId::from_u128(u128::MAX)).await.unwrap(), entries(0, 2));
    assert_eq!(journal.history(SagaId::from_u128(3)).await.unwrap(), []);
}

async fn a_large_group_reads_back(subject: Subject) {
    let journal = subject.journal();
    let large = |seq| {
        let value = Value::from("x\u{0}".repeat(100_000));
        let step = StepName::new("create_droplet");
        let kind = EventKind::Checkpointed {
            step,
            direction: Direction::Forward,
            key: "k".to_owned(),
            value,
        };
        vec![Entry { seq, at: at(0), fact: Fact::Saga(kind) }]
    };
    append(&*journal, SAGA, large(0), Fate::Begins).await.unwrap();
    append(&*journal, SAGA, entries(1, 1), Fate::GoesOn).await.unwrap();
    append(&*journal, SAGA, large(2), Fate::GoesOn).await.unwrap();
    let subject = subject.reopen(journal).await;
    let journal = subject.journal();
    append(&*journal, SAGA, entries(3, 1), Fate::GoesOn).await.unwrap();
    let expected = [large(0), entries(1, 1), large(2), entries(3, 1)].concat();
    assert!(journal.history(SAGA).await.unwrap() == expected);
}

async fn groups_that_do_not_follow_are_refused_and_change_nothing(subject: Subject) {
    let journal = subject.journal();
    append(&*journal, SAGA, entries(0, 3), Fate::Begins).await.unwrap();
    let subject = check_refusals(subject, journal).await;
    // Again without what the writer remembered.
    let journal = subject.journal();
    let subject = subject.reopen(journal).await;
    let journal = subject.journal();
    check_refusals(subject, journal).await;
}

async fn check_refusals(subject: Subject, journal: Arc<dyn Journal>) -> Subject {
    let ends = || Fate::Ends(Box::new(row(1, SAGA, "x")));
    let torn = [entries(3, 1), entries(5, 1)].concat();
    for wrong in [entries(0, 1), entries(2, 1), entries(4, 1), Vec::new(), torn] {
        let refused = append(&*journal, SAGA, wrong.clone(), ends()).await;
        assert!(matches!(refused, Err(JournalError::Write { .. })), "{wrong:?}: {refused:?}");
    }
    assert_eq!(journal.history(SAGA).await.unwrap(), entries(0, 3));
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), []);
    subject
}

async fn a_row_of_another_saga_is_refused(subject: Subject) {
    let journal = subject.journal();
    let other = Fate::Ends(Box::new(row(1, SagaId::from_u128(8), "x")));
    let refused = append(&*journal, SAGA, entries(0, 1), other).await;
    assert!(matches!(refused, Err(JournalError::Write { .. })), "{refused:?}");
}

async fn a_saga_is_unfinished_from_its_beginning_to_its_end(subject: Subject) {
    let journal = subject.journal();
    let [one, two] = [1, 2].map(SagaId::from_u128);
    append(&*journal, two, entries(0, 1), Fate::Begins).await.unwrap();
    append(&*journal, one, entries(0, 1), Fate::Begins).await.unwrap();
    assert_eq!(journal.unfinished().await.unwrap(), [one, two]);
    append(&*journal, one, entries(1, 1), Fate::GoesOn).await.unwrap();
    assert_eq!(journal.unfinished().await.unwrap(), [one, two]);
    let ended = row(1, one, "up");
    append(&*journal, one, entries(2, 1), Fate::Ends(Box::new(ended.clone()))).await.unwrap();
    assert_eq!(journal.unfinished().await.unwrap(), [two]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [ended]);
}

async fn a_finished_saga_that_goes_on_keeps_its_row_until_it_ends_again(subject: Subject) {
    let journal = subject.journal();
    let [first, second] = ["up", "gone"].map(|why| row(1, SAGA, why));
    append(&*journal, SAGA, entries(0, 1), Fate::Ends(Box::new(first.clone()))).await.unwrap();
    append(&*journal, SAGA, entries(1, 1), Fate::Begins).await.unwrap();
    assert_eq!(journal.unfinished().await.unwrap(), [SAGA]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [first]);
    append(&*journal, SAGA, entries(2, 1), Fate::Ends(Box::new(second.clone()))).await.unwrap();
    assert_eq!(journal.unfinished().await.unwrap(), []);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [second]);
}

async fn rows_come_in_pages_in_the_order_of_deployments(subject: Subject) {
    let journal = subject.journal();
    let mut rows = Vec::new();
    for id in [5, 1, 4, 2, 3] {
        let row = row(id, SagaId::from_u128(100 - id), &"long ".repeat(4_000));
        let ends = Fate::Ends(Box::new(row.clone()));
        append(&*journal, row.saga, entries(0, 1), ends).await.unwrap();
        rows.push(row);
    }
    rows.sort_by_key(|row| row.deployment);
    let page = async |after: Option<u128>, limit| {
        journal.summaries(after.map(DeploymentId::from_u128), limit).await.unwrap()
    };
    assert_eq!(page(None, 2).await, rows[..2]);
    assert_eq!(page(Some(2), 2).await, rows[2..4]);
    assert_eq!(page(Some(4), 2).await, rows[4..]);
    assert_eq!(page(Some(5), 2).await, []);
    assert_eq!(page(None, 0).await, []);
    assert_eq!(page(None, usize::MAX).await, rows);
}

async fn a_shorter_row_leaves_nothing_of_a_longer_one(subject: Subject) {
    let journal = subject.journal();
    let [long, short] = ["w".repeat(50_000), "w".to_owned()].map(|why| row(1, SAGA, &why));
    append(&*journal, SAGA, entries(0, 1), Fate::Ends(Box::new(long))).await.unwrap();
    append(&*journal, SAGA, entries(1, 1), Fate::Ends(Box::new(short.clone()))).await.unwrap();
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [short]);
}

async fn log_lines_are_numbered_and_come_in_pages(subject: Subject) {
    let journal = subject.journal();
    assert_eq!(journal.logs(SAGA, LogPage::Last, 9).await.unwrap(), []);
    assert_eq!(journal.append_logs(SAGA, lines(0..3)).await.unwrap(), 0);
    assert_eq!(journal.append_logs(SagaId::from_u128(8), lines(0..1)).await.unwrap(), 0);
    assert_eq!(journal.append_logs(SAGA, lines(3..5)).await.unwrap(), 3);
    assert_eq!(journal.append_logs(SAGA, Vec::new()).await.unwrap(), 5);
    let page = async |after, limit| journal.logs(SAGA, after, limit).await.unwrap();
    assert_eq!(page(LogPage::Last, 2).await, numbered(3..5));
    assert_eq!(page(LogPage::Last, 99).await, numbered(0..5));
    assert_eq!(page(LogPage::After(0), 2).await, numbered(1..3));
    assert_eq!(page(LogPage::After(2), 99).await, numbered(3..5));
    assert_eq!(page(LogPage::After(4), 99).await, []);
    assert_eq!(page(LogPage::After(u64::MAX), 99).await, []);
    assert_eq!(page(LogPage::Last, 0).await, []);
    assert_eq!(page(LogPage::Before(5), 2).await, numbered(3..5));
    assert_eq!(page(LogPage::Before(1), 99).await, numbered(0..1));
    assert_eq!(page(LogPage::Before(0), 99).await, []);
    assert_eq!(page(LogPage::Before(u64::MAX), 99).await, [], "there is none right before it");
}

async fn only_the_latest_log_lines_are_kept_and_no_number_comes_again(subject: Subject) {
    let journal = subject.journal();
    journal.append_logs(SAGA, lines(0..3)).await.unwrap();
    let many = LOG_LINES_KEPT + 5;
    assert_eq!(journal.append_logs(SAGA, lines(3..many)).await.unwrap(), 3);
    assert_eq!(journal.logs(SAGA, LogPage::Last, usize::MAX).await.unwrap(), numbered(5..many));
    assert_eq!(journal.logs(SAGA, LogPage::After(0), 2).await.unwrap(), numbered(5..7));
    assert_eq!(journal.logs(SAGA, LogPage::Before(7), 9).await.unwrap(), numbered(5..7));
    let subject = subject.reopen(journal).await;
    let journal = subject.journal();
    assert_eq!(journal.append_logs(SAGA, lines(many..many + 1)).await.unwrap(), many);
    assert_eq!(journal.logs(SAGA, LogPage::Last, usize::MAX).await.unwrap(), numbered(6..many + 1));
}

async fn everything_is_there_when_it_is_opened_again(subject: Subject) {
    let journal = subject.journal();
    let [one, two] = [1, 2].map(SagaId::from_u128);
    append(&*journal, one, entries(0, 2), Fate::Begins).await.unwrap();
    append(&*journal, two, entries(0, 1), Fate::Begins).await.unwrap();
    let ended = row(2, two, "up");
    append(&*journal, two, entries(1, 1), Fate::Ends(Box::new(ended.clone()))).await.unwrap();
    journal.append_logs(one, lines(0..4)).await.unwrap();
    let subject = subject.reopen(journal).await;
    let journal = subject.journal();
    assert_eq!(journal.history(one).await.unwrap(), entries(0, 2));
    assert_eq!(journal.history(two).await.unwrap(), entries(0, 2));
    assert_eq!(journal.unfinished().await.unwrap(), [one]);
    assert_eq!(journal.summaries(None, 9).await.unwrap(), [ended]);
    assert_eq!(journal.logs(one, LogPage::Last, 9).await.unwrap(), numbered(0..4));
    append(&*journal, one, entries(2, 1), Fate::GoesOn).await.unwrap();
    assert_eq!(journal.history(one).await.unwrap(), entries(0, 3));
}

async fn appends_of_many_tasks_are_all_there(subject: Subject) {
    let journal = subject.journal();
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move {
            let saga = SagaId::from_u128(task);
            append(&*journal, saga, entries(0, 1), Fate::Begins).await.unwrap();
            for seq in 1..8 {
                append(&*journal, saga, entries(seq, 1), Fate::GoesOn).await.unwrap();
            }
            let ended = Fate::Ends(Box::new(row(task, saga, "up")));
            append(&*journal, saga, entries(8, 1), ended).await.unwrap();
        });
    }
    tasks.join_all().await;
    let subject = subject.reopen(journal).await;
    let journal = subject.journal();
    for task in 0..64 {
        assert_eq!(journal.history(SagaId::from_u128(task)).await.unwrap(), entries(0, 9));
    }
    assert_eq!(journal.unfinished().await.unwrap(), []);
    let rows = journal.summaries(None, usize::MAX).await.unwrap();
    let deployments: BTreeSet<_> = rows.iter().map(|row| row.deployment).collect();
    assert_eq!(deployments.len(), 64);
}

/// A journal under test, and how it is opened again.
enum Subject {
    Memory(Arc<MemoryJournal>),
    Sled(Arc<SledJournal>, TempDir),
}

impl Subject {
    fn memory() -> Self {
        Self::Memory(Arc::new(MemoryJournal::new()))
    }

    fn sled() -> Self {
        let dir = TempDir::new().unwrap();
        Self::Sled(Arc::new(SledJournal::open(dir.path()).unwrap()), dir)
    }

    fn journal(&self) -> Arc<dyn Journal> {
        match self {
            Self::Memory(journal) => Arc::<MemoryJournal>::clone(journal),
            Self::Sled(journal, _) => Arc::<SledJournal>::clone(journal),
        }
    }

    /// Takes the journal that was handed out, so that nobody goes on with the old one.
    async fn reopen(self, handed_out: Arc<dyn Journal>) -> Self {
        drop(handed_out);
        match self {
            Self::Memory(journal) => Self::Memory(Arc::new(journal.reopen())),
            Self::Sled(journal, dir) => {
                journal.close().await.unwrap();
                assert!(matches!(journal.unfinished().await, Err(JournalError::Closed)));
                Self::Sled(Arc::new(SledJournal::open(dir.path()).unwrap()), dir)
            }
        }
    }
}

pub(crate) async fn append(
    journal: &dyn Journal,
    saga: SagaId,
    entries: Vec<Entry>,
    fate: Fate,
) -> Result<(), JournalError> {
    journal.append(Batch { saga, entries: entries.into(), fate }).await
}

/// So many entries with numbers from `first` on.
pub(crate) fn entries(first: u64, count: u64) -> Vec<Entry> {
    (first..first + count)
        .map(|seq| Entry { seq, at: at(seq), fact: Fact::Saga(EventKind::Completed) })
        .collect()
}

pub(crate) fn row(deployment: u128, saga: SagaId, why: &str) -> Summary {
    Summary {
        deployment: DeploymentId::from_u128(deployment),
        saga,
        tenant: "acme".to_owned(),
        slug: "web".to_owned(),
        dns_name: None,
        region: "syd1".to_owned(),
        size: "s-1vcpu-1gb".to_owned(),
        ipv4: None,
        state: DeploymentState::Active,
        standing: Standing::Active,
        marks: Vec::new(),
        focus: None,
        why: Some(why.to_owned()),
        taken: None,
        launched_at: at(0),
        changed_at: at(1),
        ended_at: Some(at(1)),
        next_seq: 9,
    }
}

fn numbered(numbers: std::ops::Range<u64>) -> Vec<(u64, LogLine)> {
    numbers.clone().zip(lines(numbers)).collect()
}

pub(crate) fn lines(numbers: std::ops::Range<u64>) -> Vec<LogLine> {
    numbers
        .map(|number| LogLine {
            at: at(number),
            level: LogLevel::Info,
            step: StepName::new("create_droplet"),
            direction: Direction::Forward,
            attempt: 1,
            text: format!("line {number}"),
            fields: Vec::new(),
        })
        .collect()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + i64::try_from(seconds).unwrap() * 1_000)
}
