//! The journal as the doctor reads it: whole, or not at all.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::app::doctor::bounded;
use crate::app::workshop::witness;
use crate::doctor::books::Books;
use crate::doctor::folder::{FolderFacts, FolderState};
use crate::doctor::journal::{Contents, JournalFacts};
use crate::doctor::plan::{Act, Thing};
use crate::doctor::report::Outcome;
use crate::domain::aggregate::Aggregate;
use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::journal::sled::SledJournal;
use crate::journal::sled::opening::Opening;
use crate::journal::{Journal, JournalError, archive, rebuild};
use crate::steps::{create_droplet, point_deployment_dns};

/// How long opening and reading the journal may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How many rows are read at once.
const ROWS_A_PAGE: usize = 1_000;

/// The journal, and what it says.
pub(super) struct Ledger {
    /// What is told of it.
    pub(super) facts: JournalFacts,
    /// What it says that is out there; nothing unless it was read whole.
    pub(super) books: Option<Books>,
    /// The latest time in it.
    pub(super) latest: Option<Timestamp>,
    /// Open, and with it the folder's lock.
    journal: Option<SledJournal>,
}

impl Ledger {
    /// Opens and reads the journal of the data folder. One that is not there, and that no archive
    /// knows of, is made only if something is about to be repaired, for the sake of its lock.
    pub(super) async fn open(data_dir: &Path, ground: &FolderFacts, will_fix: bool) -> Self {
        let without = |facts| Self { facts, books: None, latest: None, journal: None };
        if let FolderState::Unusable { .. } = ground.state {
            let why = "the data folder cannot be used".to_owned();
            return without(JournalFacts::NotOpened { why });
        }
        let (dir, archive) = (data_dir.join(rebuild::JOURNAL), data_dir.join(archive::FOLDER));
        let opened = bounded(PATIENCE, move || {
            let witness = witness(&archive);
            let is_absent = witness.is_none() && matches!(dir.try_exists(), Ok(false));
            if !will_fix && is_absent {
                return Ok(None);
            }
            Opening::of(&dir).witness(witness).open().map(Some)
        });
        let journal = match opened.await {
            Some(Ok(Some(journal))) => journal,
            Some(Ok(None)) => {
                // An empty journal is a whole one.
                return Self { books: Some(Books::default()), ..without(JournalFacts::Absent) };
            }
            Some(Err(JournalError::Locked { owner, .. })) => {
                return without(JournalFacts::Locked { owner });
            }
            Some(Err(error)) => return without(broken(&error)),
            None => return without(too_slow("opened")),
        };
        match tokio::time::timeout(PATIENCE, read(&journal)).await {
            Ok(Ok(read)) => Self {
                facts: JournalFacts::Read(read.contents),
                books: Some(read.books),
                latest: read.latest,
                journal: Some(journal),
            },
            Ok(Err(error)) => without(broken(&error)),
            Err(_) => {
                // Dropping it would wait for what hangs; the process is about to end.
                std::mem::forget(journal);
                without(too_slow("read"))
            }
        }
    }

    /// Whether the journal is open, and with it the folder locked.
    pub(super) fn is_ours(&self) -> bool {
        self.journal.is_some()
    }

    /// Notes an act in the log of the deployment that it was about, and in the log file.
    pub(super) async fn note(&self, act: &Act, outcome: &Outcome, by: &str, at: Timestamp) {
        let text = format!("doctor, for {by}: {act}: {}", outcome.as_str());
        match outcome {
            Outcome::Done | Outcome::AlreadyGone => tracing::info!(%act, by, "{text}"),
            Outcome::LeftAlone { why } | Outcome::Failed { why } => {
                tracing::warn!(%act, by, why, "{text}");
            }
        }
        let (Some(journal), Some(saga), Some(_)) =
            (&self.journal, act.orphan.saga, act.orphan.deployment)
        else {
            return;
        };
        let step = match act.orphan.thing {
            Thing::Droplet(_) => create_droplet::NAME,
            Thing::Record { .. } => point_deployment_dns::NAME,
        };
        let line = LogLine {
            at,
            level: LogLevel::Warn,
            step: StepName::new(step),
            direction: Direction::Undo,
            attempt: 1,
            text,
            fields: vec![("evidence".to_owned(), act.orphan.evidence.clone())],
        };
        if let Err(error) = journal.append_logs(saga, vec![line]).await {
            tracing::warn!(%error, "the act could not be noted in the deployment's log");
        }
    }

    pub(super) async fn close(self) {
        if let Some(journal) = self.journal {
            // Bounded, because a disk that hangs must not keep the findings from being told.
            let _ = tokio::time::timeout(PATIENCE, journal.close()).await;
        }
    }
}

/// What was read.
#[derive(Default)]
struct Read {
    contents: Contents,
    books: Books,
    latest: Option<Timestamp>,
}

/// Reads every history, which is compared with its head, and folds it: what a start would trust is
/// what is checked.
async fn read(journal: &SledJournal) -> Result<Read, JournalError> {
    let unfinished: BTreeSet<SagaId> = journal.unfinished().await?.into_iter().collect();
    let mut sagas = unfinished.clone();
    let mut after = None;
    loop {
        let page = journal.summaries(after, ROWS_A_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.deployment);
        sagas.extend(page.iter().map(|row| row.saga));
    }
    let mut read = Read::default();
    // Pages leave these out. Whose they are, only their histories say.
    for damaged in journal.damaged() {
        read.contents.damaged_rows.push(with_causes(&damaged.error));
        match damaged.saga {
            Some(saga) => drop(sagas.insert(saga)),
            None => read.books.add_nameless(),
        }
    }
    for saga in sagas {
        read.contents.deployments += 1;
        match fold(journal, saga).await? {
            Ok(aggregate) => read.add(&aggregate, &unfinished),
            Err(why) => {
                read.contents.nonsense.push(format!("{saga}: {why}"));
                read.books.add_opaque(saga);
            }
        }
    }
    Ok(read)
}

/// A saga's picture, or what is wrong with its history.
async fn fold(
    journal: &SledJournal,
    saga: SagaId,
) -> Result<Result<Aggregate, String>, JournalError> {
    let entries = match journal.history(saga).await {
        Ok(entries) => entries,
        Err(
            error @ (JournalError::Record { .. }
            | JournalError::Newer { .. }
            | JournalError::History { .. }),
        ) => {
            return Ok(Err(error.to_string()));
        }
        Err(error) => return Err(error),
    };
    Ok(Aggregate::from_history(&entries).map_err(|error| with_causes(&error)))
}

impl Read {
    fn add(&mut self, aggregate: &Aggregate, unfinished: &BTreeSet<SagaId>) {
        let row = Summary::of(aggregate);
        let entries = usize::try_from(aggregate.next_seq()).unwrap_or(usize::MAX);
        self.contents.entries = self.contents.entries.saturating_add(entries);
        self.latest = self.latest.max(Some(row.changed_at));
        if unfinished.contains(&row.saga) {
            self.contents.unfinished.push(row.name());
            if row.standing == Standing::NeedsYou {
                self.contents.needs_you.push(row.name());
            }
        }
        self.books.add(aggregate, unfinished);
    }
}

fn broken(error: &JournalError) -> JournalFacts {
    let remedy = match error {
        JournalError::Damaged { .. } | JournalError::Gone { .. } | JournalError::Open { .. } => {
            "change nothing in the folder; copy it away as it is, then `arcadia rebuild` makes the \
             journal anew from the archive beside it"
        }
        JournalError::Locked { .. }
        | JournalError::Full { .. }
        | JournalError::Write { .. }
        | JournalError::Read { .. }
        | JournalError::Record { .. }
        | JournalError::Newer { .. }
        | JournalError::History { .. }
        | JournalError::Row { .. }
        | JournalError::NewerForm { .. }
        | JournalError::LookOnly { .. }
        | JournalError::Closed => error.remedy().unwrap_or("copy the folder away as it is"),
    };
    JournalFacts::Broken { why: with_causes(error), remedy: remedy.to_owned() }
}

fn too_slow(what: &str) -> JournalFacts {
    let why = format!("it could not be {what} within {} s", PATIENCE.as_secs());
    let remedy = "look whether its disk answers, and run doctor again".to_owned();
    JournalFacts::Broken { why, remedy }
}
