//! The journal as the doctor reads it: whole, or not at all.
//!
//! It is compared with the archive first. A journal that is gone, or an older copy of it, knows nothing
//! of what is live: taken at its word, it would make orphans of all that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::app::doctor::bounded;
use crate::doctor::books::Books;
use crate::doctor::folder::{FolderFacts, FolderState};
use crate::doctor::journal::{Contents, JournalFacts, Rest};
use crate::doctor::plan::{Act, Thing};
use crate::doctor::report::Outcome;
use crate::domain::aggregate::Aggregate;
use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::journal::archive::{self, status};
use crate::journal::rebuild::JOURNAL;
use crate::journal::sled::SledJournal;
use crate::journal::sled::opening::Opening;
use crate::journal::sled::verify::Report;
use crate::journal::{Journal, JournalError};
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
    /// How many groups of facts were ever written to it, if all of it was read.
    pub(super) groups: Option<u64>,
    /// Open, and with it the folder's lock.
    journal: Option<SledJournal>,
}

impl Ledger {
    /// Opens and reads the journal in the data folder. One that is not there is made only if something
    /// is about to be repaired, for the sake of its lock.
    pub(super) async fn open(data_dir: &Path, ground: &FolderFacts, will_fix: bool) -> Self {
        let dir = data_dir.join(JOURNAL);
        let without =
            |facts| Self { facts, books: None, latest: None, groups: None, journal: None };
        if let FolderState::Unusable { .. } = ground.state {
            let why = "the data folder cannot be used".to_owned();
            return without(JournalFacts::NotOpened { why });
        }
        let archive = data_dir.join(archive::FOLDER);
        let witness = match bounded(PATIENCE, move || status::witness(&archive)).await {
            Some(Ok(witness)) => witness,
            Some(Err(error)) => {
                let why = format!("nobody knows whether it is the latest: {}", with_causes(&error));
                return without(JournalFacts::NotOpened { why });
            }
            None => {
                let why = "the archive, which knows whether it is the latest, does not answer";
                return without(JournalFacts::NotOpened { why: why.to_owned() });
            }
        };
        if !will_fix && witness.is_none() && matches!(dir.try_exists(), Ok(false)) {
            // An empty journal is a whole one.
            let books = Some(Books::default());
            return Self { books, groups: Some(0), ..without(JournalFacts::Absent) };
        }
        if let (Some(witness), Ok(false)) = (witness, dir.try_exists()) {
            let what =
                format!("it is not there, and {} groups of facts were archived", witness.group);
            let path = dir.display().to_string();
            return without(broken(&JournalError::Damaged { path, what }));
        }
        let open = move || Opening::of(&dir).witness(witness).open();
        let journal = match bounded(PATIENCE, open).await {
            Some(Ok(journal)) => journal,
            Some(Err(JournalError::Locked { owner, .. })) => {
                return without(JournalFacts::Locked { owner });
            }
            Some(Err(error)) => return without(broken(&error)),
            None => return without(too_slow("opened")),
        };
        let report = match tokio::time::timeout(PATIENCE, journal.verify()).await {
            Ok(Ok(report)) => Some(report),
            Ok(Err(error)) => return without(broken(&error)),
            Err(_) => None,
        };
        match tokio::time::timeout(PATIENCE, read(&journal, report.as_ref())).await {
            Ok(Ok(read)) => Self {
                facts: JournalFacts::Read(read.contents),
                books: read.knows_all.then_some(read.books),
                latest: read.latest,
                groups: report.map(|report| report.groups),
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
struct Read {
    contents: Contents,
    books: Books,
    latest: Option<Timestamp>,
    /// Whether every deployment that the journal ever knew is in the books.
    knows_all: bool,
}

/// Reads every history and folds it: what a start would trust is what is checked. `report` says what is
/// as it was written, if there was time to find that out.
async fn read(journal: &SledJournal, report: Option<&Report>) -> Result<Read, JournalError> {
    let unfinished: BTreeSet<SagaId> = journal.unfinished().await?.into_iter().collect();
    let mut sagas = unfinished.clone();
    let mut after = None;
    loop {
        let page = journal.summaries(after, ROWS_A_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.deployment);
        sagas.extend(page.iter().map(|row| row.saga));
    }
    // The rows that are damaged are left out above, and what they stand for may be live.
    let damaged = journal.damaged();
    sagas.extend(damaged.iter().filter_map(|part| part.saga));
    let mut read = Read {
        contents: Contents { rest: rest(report), ..Contents::default() },
        books: Books::default(),
        latest: None,
        knows_all: damaged.iter().all(|part| part.saga.is_some())
            && report.is_none_or(|report| report.doubts.is_empty()),
    };
    let broken = report.map(broken_histories).unwrap_or_default();
    sagas.extend(broken.keys());
    for saga in sagas {
        read.contents.deployments += 1;
        let folded = match broken.get(&saga) {
            Some(why) => Err(why.clone()),
            None => fold(journal, saga).await?,
        };
        match folded {
            Ok(aggregate) => read.add(&aggregate, &unfinished),
            Err(why) => {
                read.contents.nonsense.push(format!("{saga}: {why}"));
                read.books.add_opaque(saga);
            }
        }
    }
    Ok(read)
}

/// The histories that are not as they were written, and why.
fn broken_histories(report: &Report) -> BTreeMap<SagaId, String> {
    let broken = report.damaged.iter().filter(|part| is_history(&part.error));
    broken.filter_map(|part| Some((part.saga?, with_causes(&part.error)))).collect()
}

/// Everything else that is not as it was written.
fn rest(report: Option<&Report>) -> Rest {
    let Some(report) = report else { return Rest::NotChecked { why: slow("checked") } };
    let damaged = report.damaged.iter().map(|part| &part.error).filter(|error| !is_history(error));
    let damaged: Vec<String> =
        report.doubts.iter().chain(damaged).map(|error| with_causes(error)).collect();
    if damaged.is_empty() { Rest::Whole } else { Rest::Damaged(damaged) }
}

fn is_history(error: &JournalError) -> bool {
    matches!(error, JournalError::History { .. })
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
        ) => return Ok(Err(error.to_string())),
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
        | JournalError::NotCopied { .. }
        | JournalError::Closed => error.remedy().unwrap_or("copy the folder away as it is"),
    };
    JournalFacts::Broken { why: with_causes(error), remedy: remedy.to_owned() }
}

fn too_slow(what: &str) -> JournalFacts {
    let remedy = "look whether its disk answers, and run doctor again".to_owned();
    JournalFacts::Broken { why: slow(what), remedy }
}

fn slow(what: &str) -> String {
    format!("it could not be {what} within {} s", PATIENCE.as_secs())
}
