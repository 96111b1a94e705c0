//! The journal as the doctor reads it: whole, or not at all.
//!
//! It is compared with the archive first. A journal that is gone, or an older copy of it, knows nothing
//! of what is live: taken at its word, it would make orphans of all that.
//!
//! Where it cannot be had for ourselves, because a running Arcadia has it or because we cannot write it, a
//! copy is read. Then nothing may be removed: what the copy says may be otherwise a moment later.

use std::path::{Path, PathBuf};

use crate::app::doctor::reading::Reading;
use crate::app::doctor::{PATIENCE, beside, bounded, too_slow};
use crate::clock::Clock;
use crate::doctor::archive::Groups;
use crate::doctor::books::Books;
use crate::doctor::folder::{self, FolderFacts, FolderState, Ground};
use crate::doctor::journal::{JournalFacts, Source};
use crate::doctor::plan::{Act, Thing};
use crate::doctor::report::Outcome;
use crate::domain::failure::with_causes;
use crate::domain::log::{LogLevel, LogLine};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::time::Timestamp;
use crate::journal::archive::{self, status};
use crate::journal::rebuild::JOURNAL;
use crate::journal::sled::SledJournal;
use crate::journal::sled::integrity::Witness;
use crate::journal::sled::opening::{Opening, groups_noted};
use crate::journal::{Journal, JournalError};
use crate::steps::{create_droplet, point_deployment_dns};

/// The journal, and what it says.
pub(super) struct Ledger {
    /// What is told of it.
    pub(super) facts: JournalFacts,
    /// What it says that is out there; nothing unless it was read whole.
    pub(super) books: Option<Books>,
    /// The latest time in it.
    pub(super) latest: Option<Timestamp>,
    /// How many groups of facts were ever written to it.
    pub(super) groups: Groups,
    /// Open to be written, and with it the folder's lock.
    journal: Option<SledJournal>,
    dir: PathBuf,
    witness: Option<Witness>,
}

impl Ledger {
    /// Opens and reads the journal in the data folder. One that is not there is made only if something
    /// is about to be repaired, for the sake of its lock.
    pub(super) async fn open(
        data_dir: &Path,
        ground: &FolderFacts,
        will_fix: bool,
        clock: &Clock,
    ) -> Self {
        let dir = data_dir.join(JOURNAL);
        let unread = Self {
            facts: JournalFacts::Absent,
            books: None,
            latest: None,
            groups: Groups::Unknown,
            journal: None,
            dir: dir.clone(),
            witness: None,
        };
        if let Some(why) = closed(ground) {
            return unread.told(JournalFacts::NotOpened { why: why.to_owned() });
        }
        let witness = match witness(data_dir).await {
            Ok(witness) => witness,
            Err(why) => return unread.told(JournalFacts::NotOpened { why }),
        };
        let unread = Self { witness, ..unread };
        if !will_fix && witness.is_none() && matches!(dir.try_exists(), Ok(false)) {
            // An empty journal is a whole one.
            let books = Some(Books::default());
            return Self { books, groups: Groups::AtRest(0), ..unread };
        }
        if let (Some(witness), Ok(false)) = (witness, dir.try_exists()) {
            let what =
                format!("it is not there, and {} groups of facts were archived", witness.group);
            let path = dir.display().to_string();
            return unread.told(broken(&JournalError::Damaged { path, what }));
        }
        let open = move || Opening::of(&dir).witness(witness).open();
        match bounded(PATIENCE, open).await {
            Some(Ok(journal)) => unread.read(journal, Source::Itself).await,
            Some(Err(JournalError::Locked { owner, .. })) => unread.read_beside(owner, clock).await,
            Some(Err(error @ (JournalError::Open { .. } | JournalError::Full { .. }))) => {
                unread.read_unwritable(error, clock).await
            }
            Some(Err(error)) => unread.told(broken(&error)),
            None => unread.told(hanging("opened")),
        }
    }

    /// The books of a moment later, when a running Arcadia went on since these were read.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(super) async fn later(&self, clock: &Clock) -> Result<Option<Books>, String> {
        let Groups::GoingOn(groups) = self.groups else { return Ok(None) };
        if groups_noted(&self.dir) == Some(groups) {
            return Ok(None);
        }
        let reading = beside::read(&self.dir, self.witness, clock).await?;
        Ok(Some(reading.books))
    }

    /// Whether the journal is open to be written, and with it the folder locked.
    pub(super) fn is_ours(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether there is a journal of which nothing could be read.
    pub(super) fn is_closed_to_us(&self) -> bool {
        match &self.facts {
            JournalFacts::Locked { .. } | JournalFacts::NotOpened { .. } => true,
            // What is broken is a problem of its own, and what is not there owns nothing.
            JournalFacts::Broken { .. } | JournalFacts::Absent | JournalFacts::Read(_) => false,
        }
    }

    /// What was read, when it was read.
    pub(super) fn source(&self) -> Option<&Source> {
        match &self.facts {
            JournalFacts::Read(contents) => Some(&contents.source),
            JournalFacts::Absent
            | JournalFacts::NotOpened { .. }
            | JournalFacts::Locked { .. }
            | JournalFacts::Broken { .. } => None,
        }
    }

    fn told(self, facts: JournalFacts) -> Self {
        Self { facts, ..self }
    }

    /// Reads a journal that nobody else writes, and keeps it if it is ours to write.
    async fn read(self, journal: SledJournal, source: Source) -> Self {
        match tokio::time::timeout(PATIENCE, Reading::of(&journal)).await {
            Ok(Ok(reading)) => {
                let groups = Groups::AtRest(reading.groups);
                let journal = (source == Source::Itself).then_some(journal);
                Self { journal, ..self.filled(reading, groups, source) }
            }
            Ok(Err(error)) => self.told(broken(&error)),
            Err(_) => {
                // Dropping it would wait for what hangs; the process is about to end.
                std::mem::forget(journal);
                self.told(hanging("read"))
            }
        }
    }

    async fn read_beside(self, owner: String, clock: &Clock) -> Self {
        match beside::read(&self.dir, self.witness, clock).await {
            Ok(reading) => {
                let groups = Groups::GoingOn(reading.groups);
                self.filled(reading, groups, Source::Beside { owner })
            }
            Err(why) => self.told(JournalFacts::Locked { owner, why }),
        }
    }

    /// Reads what cannot be opened to be written, because of `error`.
    async fn read_unwritable(self, error: JournalError, clock: &Clock) -> Self {
        let (dir, witness) = (self.dir.clone(), self.witness);
        let look = move || Opening::of(&dir).witness(witness).look();
        match bounded(PATIENCE, look).await {
            Some(Ok(journal)) => {
                if let Some(doubt) = journal.doubt() {
                    let facts = broken(doubt);
                    return self.told(facts);
                }
                let why = with_causes(&error);
                self.read(journal, Source::Unwritable { why }).await
            }
            Some(Err(JournalError::Locked { owner, .. })) => self.read_beside(owner, clock).await,
            // Why it cannot be opened says more than why it cannot be looked at either.
            Some(Err(_)) | None => self.told(broken(&error)),
        }
    }

    fn filled(self, mut reading: Reading, groups: Groups, source: Source) -> Self {
        reading.contents.source = source;
        Self {
            facts: JournalFacts::Read(reading.contents),
            books: Some(reading.books),
            latest: reading.latest,
            groups,
            ..self
        }
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

/// Why nothing in the folder can be read, if so.
fn closed(ground: &FolderFacts) -> Option<&'static str> {
    match &ground.state {
        FolderState::Unusable { .. } => Some("the data folder cannot be used"),
        FolderState::There(ground) => match **ground {
            Ground { reading: folder::Reading::Refused, .. } => Some("the folder is closed to you"),
            Ground { reading: folder::Reading::Allowed, .. } => None,
        },
        FolderState::Missing => None,
    }
}

/// The newest group that the archive knows of.
async fn witness(data_dir: &Path) -> Result<Option<Witness>, String> {
    let archive = data_dir.join(archive::FOLDER);
    match bounded(PATIENCE, move || status::witness(&archive)).await {
        Some(Ok(witness)) => Ok(witness),
        Some(Err(error)) => {
            Err(format!("nobody knows whether it is the latest: {}", with_causes(&error)))
        }
        None => {
            Err("the archive, which knows whether it is the latest, does not answer".to_owned())
        }
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

fn hanging(what: &str) -> JournalFacts {
    let remedy = "look whether its disk answers, and run doctor again".to_owned();
    JournalFacts::Broken { why: too_slow(what), remedy }
}
