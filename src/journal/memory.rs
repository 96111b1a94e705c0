//! A journal in memory, for tests: it really keeps what it is given, in the same written form as the
//! one on disk, and it can be told to fail or to stop the world.
//!
//! The world stops when a [`Verdict`] says so or when [`MemoryJournal::reopen`] takes the data over:
//! from then on no call on this journal is ever answered, as if the machine had gone. What was
//! stored before is there when it is opened again. So a test can crash an engine just before or just
//! after any append, and see what the next one makes of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::summary::Summary;
use crate::journal::{Batch, Fate, Journal, JournalError, LOG_LINES_KEPT, order, record};

/// What becomes of an append.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It is stored and answered.
    Store,
    /// It is not stored, and answered with this error.
    Refuse(JournalError),
    /// The world stops: it is not stored, and never answered.
    StopBefore,
    /// It is stored, and then the world stops: it is never answered.
    StopAfter,
}

/// Decides what becomes of each append, in the order they come.
pub type AppendHook = Box<dyn FnMut(&Batch) -> Verdict + Send>;

/// A journal in memory.
pub struct MemoryJournal {
    stored: Arc<Mutex<Stored>>,
    plans: Mutex<Plans>,
    stopped_tx: watch::Sender<World>,
    histories_read: AtomicUsize,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::over(Arc::default())
    }

    /// Refuses the next append with this error. Several calls refuse several appends, in order; they
    /// come before the hook is asked.
    pub fn fail_next(&self, error: JournalError) {
        lock(&self.plans).failures.push_back(error);
    }

    /// Asks `hook` what becomes of every append from here on. It replaces the one before.
    pub fn on_append(&self, hook: AppendHook) {
        lock(&self.plans).hook = Some(hook);
    }

    /// Opens the same data anew, without hook or failures, after stopping the world of this journal.
    #[must_use]
    pub fn reopen(&self) -> Self {
        self.stop();
        Self::over(Arc::clone(&self.stored))
    }

    /// How many histories were read of this journal since it was opened.
    pub fn histories_read(&self) -> usize {
        self.histories_read.load(Ordering::Relaxed)
    }

    /// Waits until the world has stopped.
    pub async fn stopped(&self) {
        let mut stopped_rx = self.stopped_tx.subscribe();
        let stopped = stopped_rx.wait_for(|world| *world == World::Stopped).await;
        stopped.expect("the sender lives in this journal");
    }

    fn over(stored: Arc<Mutex<Stored>>) -> Self {
        Self {
            stored,
            plans: Mutex::default(),
            stopped_tx: watch::Sender::new(World::Turning),
            histories_read: AtomicUsize::new(0),
        }
    }

    fn stop(&self) {
        self.stopped_tx.send_replace(World::Stopped);
    }

    fn verdict(&self, batch: &Batch) -> Verdict {
        let mut plans = lock(&self.plans);
        if let Some(error) = plans.failures.pop_front() {
            return Verdict::Refuse(error);
        }
        plans.hook.as_mut().map_or(Verdict::Store, |hook| hook(batch))
    }

    /// The data, unless the world has stopped: then the caller waits for ever.
    async fn turning(&self) {
        if *self.stopped_tx.borrow() == World::Stopped {
            future::pending::<()>().await;
        }
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal")
            .field("sagas", &lock(&self.stored).histories.len())
            .field("world", &*self.stopped_tx.borrow())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        self.turning().await;
        match self.verdict(&batch) {
            Verdict::Store => return lock(&self.stored).append(&batch),
            Verdict::Refuse(error) => return Err(error),
            Verdict::StopBefore => self.stop(),
            Verdict::StopAfter => {
                let appended = lock(&self.stored).append(&batch);
                self.stop();
                // A group that could not be stored is a mistake of the test's subject, and must show.
                appended?;
            }
        }
        future::pending().await
    }

    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        self.turning().await;
        self.histories_read.fetch_add(1, Ordering::Relaxed);
        lock(&self.stored).history(saga)
    }

    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError> {
        self.turning().await;
        Ok(lock(&self.stored).unfinished.iter().copied().collect())
    }

    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError> {
        self.turning().await;
        let stored = lock(&self.stored);
        let rows = stored.summaries.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        rows.take(limit).map(|(_, bytes)| record::decode_summary(bytes)).collect()
    }

    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError> {
        self.turning().await;
        Ok(lock(&self.stored).logs.entry(saga).or_default().append(&lines))
    }

    async fn logs(
        &self,
        saga: SagaId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError> {
        self.turning().await;
        let stored = lock(&self.stored);
        let Some(kept) = stored.logs.get(&saga) else { return Ok(Vec::new()) };
        let from = |end: u64| end.saturating_sub(limit as u64);
        let range = match page {
            LogPage::After(after) => after.saturating_add(1)..u64::MAX,
            LogPage::Before(end) => from(end)..end,
            LogPage::Last => from(kept.next)..kept.next,
        };
        let lines = kept.lines.range(range).take(limit);
        lines
            .map(|(number, bytes)| Ok((*number, record::decode_log(saga, *number, bytes)?)))
            .collect()
    }

    async fn heartbeat(&self) -> Result<(), JournalError> {
        self.turning().await;
        Ok(())
    }
}

/// Whether calls are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    Turning,
    Stopped,
}

/// What a test has planned.
#[derive(Default)]
struct Plans {
    failures: VecDeque<JournalError>,
    hook: Option<AppendHook>,
}

/// What survives the world.
#[derive(Default)]
struct Stored {
    histories: BTreeMap<SagaId, History>,
    unfinished: BTreeSet<SagaId>,
    summaries: BTreeMap<DeploymentId, Vec<u8>>,
    logs: BTreeMap<SagaId, Kept>,
}

impl Stored {
    fn append(&mut self, batch: &Batch) -> Result<(), JournalError> {
        let history = self.histories.entry(batch.saga).or_default();
        let first = history.next_seq;
        history.next_seq = order::follow(batch, first)?;
        history.groups.push((first, record::encode_entries(&batch.entries)));
        match &batch.fate {
            Fate::Begins => {
                self.unfinished.insert(batch.saga);
            }
            Fate::GoesOn => {}
            Fate::Ends(summary) => {
                self.unfinished.remove(&batch.saga);
                self.summaries.insert(summary.deployment, record::encode_summary(summary));
            }
        }
        Ok(())
    }

    fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        for (first, bytes) in self.histories.get(&saga).iter().flat_map(|history| &history.groups) {
            entries.extend(record::decode_entries(saga, *first, bytes)?);
        }
        Ok(entries)
    }
}

#[derive(Default)]
struct History {
    groups: Vec<(u64, Vec<u8>)>,
    next_seq: u64,
}

#[derive(Default)]
struct Kept {
    lines: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

impl Kept {
    fn append(&mut self, lines: &[LogLine]) -> u64 {
        let first = self.next;
        for line in lines {
            self.lines.insert(self.next, record::encode_log(line));
            self.next += 1;
        }
        self.lines = self.lines.split_off(&self.next.saturating_sub(LOG_LINES_KEPT));
        first
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::aggregate::Fact;
    use crate::domain::saga::event::EventKind;
    use crate::domain::time::Timestamp;

    const SAGA: SagaId = SagaId::from_u128(7);

    #[tokio::test]
    async fn a_planned_failure_stores_nothing_and_comes_once() {
        let journal = MemoryJournal::new();
        journal.fail_next(JournalError::Full { path: "x".to_owned() });
        assert!(matches!(journal.append(batch(0)).await, Err(JournalError::Full { .. })));
        assert_eq!(journal.history(SAGA).await.unwrap(), []);
        journal.append(batch(0)).await.unwrap();
        assert_eq!(journal.history(SAGA).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_world_that_stops_before_an_append_has_not_stored_it() {
        assert_eq!(entries_after_stop_at_second(Verdict::StopBefore).await, 1);
    }

    #[tokio::test]
    async fn a_world_that_stops_after_an_append_has_stored_it() {
        assert_eq!(entries_after_stop_at_second(Verdict::StopAfter).await, 2);
    }

    #[tokio::test]
    async fn nothing_is_answered_in_a_stopped_world() {
        let journal = MemoryJournal::new();
        let next_world = journal.reopen();
        assert_pending(journal.append(batch(0))).await;
        assert_pending(journal.unfinished()).await;
        next_world.append(batch(0)).await.unwrap();
    }

    async fn entries_after_stop_at_second(stop: Verdict) -> usize {
        let journal = MemoryJournal::new();
        let mut calls = 0;
        journal.on_append(Box::new(move |_| {
            calls += 1;
            if calls == 2 { stop.clone() } else { Verdict::Store }
        }));
        journal.append(batch(0)).await.unwrap();
        assert_pending(journal.append(batch(1))).await;
        journal.stopped().await;
        journal.reopen().history(SAGA).await.unwrap().len()
    }

    async fn assert_pending<T>(call: impl Future<Output = T>) {
        tokio::select! {
            biased;
            _ = call => panic!("it was answered"),
            () = tokio::task::yield_now() => {}
        }
    }

    fn batch(seq: u64) -> Batch {
        let at = Timestamp::from_millis(0);
        let fact = Fact::Saga(EventKind::Completed);
        let fate = if seq == 0 { Fate::Begins } else { Fate::GoesOn };
        Batch { saga: SAGA, entries: [Entry { seq, at, fact }].into(), fate }
    }
}
