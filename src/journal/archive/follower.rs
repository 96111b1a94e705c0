//! The follower: one task that copies what was committed from the journal to the archive.
//!
//! It wakes when there is something new, waits [`Settings::sync_every`] so that one sync serves all of
//! it, and then appends, syncs, and lets the journal forget, in this order. So a commit is in one of
//! the two at any moment, and a crash anywhere makes it read a little again.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::failure::with_causes;
use crate::journal::archive::file::{self, OpenSegmentFile};
use crate::journal::archive::status::Status;
use crate::journal::archive::{Archive, ArchiveError, Settings};
use crate::journal::sled::commits::{Commit, CommitLog, GroupNumber};
use crate::journal::{Journal, JournalError};

/// How many commits are read at a time: each holds the facts of up to a thousand sagas.
const COMMITS_AT_ONCE: usize = 16;

/// How often commits are read before they are synced. It bounds what a catching-up archive has to
/// write again when a sync fails.
const READS_A_SYNC: usize = 64;

/// How long it waits before it tries again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long the last of it may take when the program ends.
const CLOSING_GRACE: Duration = Duration::from_secs(10);

/// Copies what is committed to the archive, until it is closed.
pub struct Follower {
    stop: CancellationToken,
    task: JoinSet<()>,
    status_rx: watch::Receiver<Status>,
    newest_rx: watch::Receiver<GroupNumber>,
}

impl Follower {
    /// Opens the archive in the folder `dir`, makes it whole, and follows the journal. It never fails:
    /// what is wrong is in the status and in the log, and is tried again.
    ///
    /// Nobody may write to the journal before it returns.
    pub async fn start(
        dir: PathBuf,
        settings: Settings,
        clock: Clock,
        journal: &dyn Journal,
        commits: CommitLog,
    ) -> Self {
        Self::start_with(dir, settings, clock, journal, commits, Arc::new(file::system)).await
    }

    /// Like [`Follower::start`], with files of the caller's.
    pub async fn start_with(
        dir: PathBuf,
        settings: Settings,
        clock: Clock,
        journal: &dyn Journal,
        commits: CommitLog,
        files: Arc<dyn Fn() -> OpenSegmentFile + Send + Sync>,
    ) -> Self {
        let (status_tx, status_rx) = watch::channel(Status::default());
        let pause = settings.sync_every;
        let open: Open =
            Arc::new(move || Archive::open_with(&dir, settings.clone(), clock.clone(), files()));
        let newest_rx = commits.newest();
        let mut work = Work { open, archive: None, commits, status_tx, pause };
        if let Err(error) = work.begin(journal).await {
            work.tell_trouble(&error);
        }
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(work.run(stop.clone()));
        Self { stop, task, status_rx, newest_rx }
    }

    /// How the archive stands at this moment.
    pub fn status(&self) -> Status {
        let status = self.status_rx.borrow().clone();
        Status { newest: self.newest_rx.borrow().0.max(status.newest), ..status }
    }

    /// How the archive stands, whenever that changes. What is newest is as of the last time that it was
    /// written, or could not be.
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.status_rx.clone()
    }

    /// Archives what is committed, syncs it, and ends; says how the archive stands then. To be called when
    /// nobody appends any more and before the journal is closed. It takes [`CLOSING_GRACE`] at most: a
    /// disk that hangs must not hang the program, and what is not archived is still in the journal.
    pub async fn close(self) -> Status {
        self.close_within(CLOSING_GRACE).await
    }

    /// Like [`Follower::close`], with a patience of the caller's.
    pub async fn close_within(mut self, grace: Duration) -> Status {
        self.stop.cancel();
        let ended = async { while self.task.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, ended).await.is_err() {
            let trouble = format!("its disk has not answered for {} s", grace.as_secs());
            let Status { newest, archived, .. } = self.status();
            tracing::error!(newest, archived, trouble, "the archive is not closed");
            return Status { trouble: Some(trouble), ..self.status() };
        }
        self.status()
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("status", &*self.status_rx.borrow())
            .finish_non_exhaustive()
    }
}

type Open = Arc<dyn Fn() -> Result<Archive, ArchiveError> + Send + Sync>;

/// What the task has.
struct Work {
    open: Open,
    /// None until it could be opened.
    archive: Option<Archive>,
    commits: CommitLog,
    status_tx: watch::Sender<Status>,
    pause: Duration,
}

impl Work {
    async fn begin(&mut self, journal: &dyn Journal) -> Result<(), ArchiveError> {
        let mut archive = self.opened().await?;
        let whole = archive.make_whole(journal, &self.commits).await;
        self.keep(archive);
        whole
    }

    async fn run(mut self, stop: CancellationToken) {
        let mut newest_rx = self.commits.newest();
        let mut pause = self.pause;
        loop {
            let archived = self.status_tx.borrow().archived;
            tokio::select! {
                () = stop.cancelled() => break,
                newest = newest_rx.wait_for(|newest| newest.0 > archived) => {
                    if newest.is_err() {
                        break;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
            let caught_up = self.catch_up().await;
            pause = if caught_up.is_ok() {
                self.pause
            } else {
                self.tell_dropped().await;
                (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
            };
        }
        // Whatever went wrong is in the log, and what is missing is still in the journal.
        let _ = self.catch_up().await;
    }

    /// Archives everything that is committed.
    async fn catch_up(&mut self) -> Result<(), ArchiveError> {
        let caught_up = self.try_catch_up().await;
        match &caught_up {
            Ok(()) => self.tell_progress(),
            Err(ArchiveError::Journal(JournalError::Closed)) => {}
            Err(error) => self.tell_trouble(error),
        }
        caught_up
    }

    async fn try_catch_up(&mut self) -> Result<(), ArchiveError> {
        let mut archive = match self.archive.take() {
            Some(archive) => archive,
            None => self.opened().await?,
        };
        loop {
            let commits = self.commits.clone();
            let (back, copied) = blocking(move || {
                let copied = copy(&mut archive, &commits);
                (archive, copied)
            })
            .await;
            archive = back;
            let done = match copied {
                Ok(done) => done,
                Err(error) => {
                    self.keep(archive);
                    return Err(error);
                }
            };
            self.commits.forget(GroupNumber(archive.group()));
            if done == Done::Everything {
                break;
            }
        }
        let (back, bounded) = blocking(move || {
            let bounded = archive.bound();
            (archive, bounded)
        })
        .await;
        self.keep(back);
        bounded
    }

    async fn opened(&self) -> Result<Archive, ArchiveError> {
        let open = Arc::clone(&self.open);
        blocking(move || open()).await
    }

    fn keep(&mut self, archive: Archive) {
        let archived = archive.group();
        let newest = self.commits.newest().borrow().0;
        self.status_tx.send_modify(|status| {
            status.archived = archived;
            status.newest = newest.max(archived);
        });
        self.archive = Some(archive);
    }

    fn tell_trouble(&self, error: &ArchiveError) {
        let words = with_causes(error);
        let newest = self.commits.newest().borrow().0;
        let first = self.status_tx.borrow().trouble.is_none();
        self.status_tx.send_modify(|status| {
            status.newest = newest;
            status.trouble = Some(words.clone());
        });
        let lag = self.status_tx.borrow().lag();
        if first {
            tracing::warn!(
                error = words,
                lag,
                "the archive is not written; sagas go on without it"
            );
        } else {
            tracing::debug!(error = words, lag, "the archive is still not written");
        }
    }

    /// Says so when the journal could wait no longer for the archive.
    async fn tell_dropped(&self) {
        let commits = self.commits.clone();
        let Ok(Some(oldest)) = blocking(move || commits.oldest()).await else { return };
        let Status { archived, dropped: told, .. } = *self.status_tx.borrow();
        let dropped = oldest.0.saturating_sub(archived + 1);
        if dropped > 0 && told == 0 {
            tracing::warn!(
                first = archived + 1,
                "the journal drops groups that were never archived; the next start writes the \
                 archive anew"
            );
        }
        self.status_tx.send_modify(|status| status.dropped = dropped.max(told));
    }

    fn tell_progress(&self) {
        let had_trouble = self.status_tx.borrow().trouble.is_some();
        if had_trouble {
            self.status_tx.send_modify(|status| status.trouble = None);
            tracing::info!("the archive is written again, and has caught up");
        }
    }
}

/// Whether there is more to copy.
#[derive(PartialEq, Eq)]
enum Done {
    Everything,
    NotYet,
}

/// Copies some commits, and makes them durable.
fn copy(archive: &mut Archive, commits: &CommitLog) -> Result<Done, ArchiveError> {
    let mut group = archive.group();
    let mut done = Done::NotYet;
    for _ in 0..READS_A_SYNC {
        let read = readable(commits, GroupNumber(group))?;
        let Some(last) = read.last() else {
            done = Done::Everything;
            break;
        };
        group = last.group.0;
        archive.append(&read)?;
    }
    archive.sync()?;
    Ok(done)
}

/// The next commits. One that is damaged is passed over, which leaves a gap that the archive notes: the
/// damage is in one saga's history, and all others must not stay unarchived for it.
fn readable(commits: &CommitLog, after: GroupNumber) -> Result<Vec<Commit>, JournalError> {
    let damage = match commits.after(after, COMMITS_AT_ONCE) {
        Err(damage) if damage.is_damage() => damage,
        read => return read,
    };
    let newest = *commits.newest().borrow();
    for before in after.0..newest.0 {
        match commits.after(GroupNumber(before), 1) {
            Ok(read) => return Ok(read),
            Err(error) if error.is_damage() => {
                let group = before + 1;
                tracing::warn!(group, %error, "a group cannot be archived: it is damaged in the journal");
            }
            Err(error) => return Err(error),
        }
    }
    Err(damage)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.expect("reading and writing lines does not panic, and blocking tasks are not cancelled")
}
