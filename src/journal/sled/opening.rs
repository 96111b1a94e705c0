//! The ways to open the journal: to write it, and to look at it however it is.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::mpsc;

use crate::journal::JournalError;
use crate::journal::sled::commits::{COMMITS_KEPT, GroupNumber};
use crate::journal::sled::copy::Copy;
use crate::journal::sled::counter::{Counter, Noted};
use crate::journal::sled::data_file::{self, OpenDataFile};
use crate::journal::sled::folder::{self, FolderLock};
use crate::journal::sled::integrity::{self, Findings, Witness};
use crate::journal::sled::shared::Shared;
use crate::journal::sled::store::{self, Store};
use crate::journal::sled::tail::Tail;
use crate::journal::sled::writer::{Parts, Writer};
use crate::journal::sled::{REQUESTS_WAITING, SledJournal, Writing};

/// How the journal is to be opened.
pub struct Opening<'a> {
    dir: &'a Path,
    data_file: OpenDataFile,
    witness: Option<Witness>,
    commits_kept: u64,
    continues: Option<Witness>,
}

/// The folder of a journal, held against every other process until this is dropped.
#[derive(Debug)]
pub struct Taken {
    _lock: FolderLock,
}

/// What a journal that is only looked at holds until it is closed.
pub(super) struct Held {
    _copy: Copy,
}

impl<'a> Opening<'a> {
    /// Opens the journal in the folder `dir`.
    pub fn of(dir: &'a Path) -> Self {
        Self {
            dir,
            data_file: data_file::system(),
            witness: None,
            commits_kept: COMMITS_KEPT,
            continues: None,
        }
    }

    /// With a data file of the caller's: a test sees and fails its syncs.
    #[must_use]
    pub fn data_file(self, data_file: OpenDataFile) -> Self {
        Self { data_file, ..self }
    }

    /// Keeps this many commits that nobody forgets, rather than [`COMMITS_KEPT`].
    #[must_use]
    pub fn commits_kept(self, commits_kept: u64) -> Self {
        Self { commits_kept, ..self }
    }

    /// Compares the journal with what somebody knows who followed it: an older copy of the whole
    /// folder, which nothing in the folder can tell, is told by that.
    #[must_use]
    pub fn witness(self, witness: Option<Witness>) -> Self {
        Self { witness, ..self }
    }

    /// Numbers the groups of a journal that is new on from this one: it takes the place of one whose
    /// groups are known elsewhere.
    #[must_use]
    pub fn continuing(self, last: Option<Witness>) -> Self {
        Self { continues: last, ..self }
    }

    /// Opens it to be written.
    ///
    /// # Errors
    /// As [`SledJournal::open`].
    pub fn open(self) -> Result<SledJournal, JournalError> {
        let Self { dir, data_file: open_data_file, witness, commits_kept, continues } = self;
        let lock = folder::prepare(dir)?;
        if integrity::before_opening(dir, witness)? == 0 {
            folder::drop_settings(dir).map_err(|error| folder::open_error(dir, &error))?;
        }
        let store = Store::open(dir)?;
        let data_file = open_data_file(&store::data_file_path(dir))
            .map_err(|error| folder::open_error(dir, &error))?;
        let sync = || data_file.sync_data().map_err(|error| store::io_write_error(dir, &error));
        let mut findings = integrity::check(&store, dir, witness, sync)?;
        if let Some(doubt) = findings.doubt.take() {
            return Err(doubt);
        }
        if let Some(last) = continues.filter(|_| findings.tail == Tail::default()) {
            findings.tail = Tail::after(last);
        }
        let newest = GroupNumber(findings.tail.groups);
        let shared = Arc::new(Shared::new(store.clone(), newest));
        let (requests_tx, requests_rx) = mpsc::channel(REQUESTS_WAITING);
        let writing = Arc::clone(&shared);
        let parts = Parts { lock, open_data_file, data_file, shared: writing, commits_kept };
        let writer = Writer::new(dir, parts, &store, findings.tail)?;
        drop(store);
        let (ended_tx, ended_rx) = std::sync::mpsc::channel();
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                // Told, or let go of by a panic, when the lock on the folder is free.
                let ended = writer.run(requests_rx);
                drop(ended_tx.send(ended));
            })
            .map_err(|error| folder::open_error(dir, &error))?;
        Ok(SledJournal {
            path: dir.to_owned(),
            shared,
            findings,
            requests_tx: Mutex::new(Some(requests_tx)),
            writer: Mutex::new(Some(Writing { ended_rx })),
            unwritable: JournalError::Closed,
            held: Mutex::new(None),
        })
    }

    /// Opens it to be looked at, even when it cannot be trusted: [`SledJournal::doubt`] says so then.
    ///
    /// sled writes to what it opens, so a copy is opened, in the folder for temporary files, and
    /// removed when the journal is closed. So it can be looked at where nothing can be written, and
    /// what is damaged stays as it is.
    ///
    /// # Errors
    /// When another process is writing it, when it cannot be copied, or when nothing can be read.
    pub fn look(self) -> Result<SledJournal, JournalError> {
        let (copy, dir) = (Copy::of(self.dir)?, self.dir);
        self.look_at(copy, dir)
    }

    /// Like [`Opening::look`], while another process writes it.
    ///
    /// What was copied may be of different moments. [`SledJournal::doubt`] and [`SledJournal::verify`]
    /// tell: a copy of which neither finds anything amiss is the journal as it was at one moment after
    /// this was called. Of any other, nothing can be said but that another is to be made.
    ///
    /// # Errors
    /// When it cannot be copied, or when nothing can be read in the copy.
    pub fn look_beside(self) -> Result<SledJournal, JournalError> {
        let copy = Copy::of_written(self.dir)?;
        let noted = copy.path().to_owned();
        self.look_at(copy, &noted)
    }

    /// Like [`Opening::look`], for whoever has taken the folder.
    ///
    /// # Errors
    /// As [`Opening::look`].
    pub fn look_at_taken(self, _taken: &Taken) -> Result<SledJournal, JournalError> {
        let (copy, dir) = (Copy::of_taken(self.dir)?, self.dir);
        self.look_at(copy, dir)
    }

    /// Opens the copy, and compares it with what is noted in the folder `noted`.
    fn look_at(self, copy: Copy, noted: &Path) -> Result<SledJournal, JournalError> {
        let Self { dir, data_file: _, witness, commits_kept: _, continues: _ } = self;
        integrity::before_opening(dir, witness)?;
        let store = Store::open(copy.path()).map_err(|error| of_original(error, dir))?;
        let mut findings =
            integrity::look(&store, noted, witness).map_err(|error| of_original(error, dir))?;
        findings.doubt = findings.doubt.map(|doubt| of_original(doubt, dir));
        let newest = GroupNumber(findings.tail.groups);
        Ok(SledJournal {
            path: dir.to_owned(),
            shared: Arc::new(Shared::new(store, newest)),
            findings,
            requests_tx: Mutex::new(None),
            writer: Mutex::new(None),
            unwritable: JournalError::LookOnly { path: dir.display().to_string() },
            held: Mutex::new(Some(Held { _copy: copy })),
        })
    }
}

impl Taken {
    /// Takes the folder `dir`, which is made if it is not there, without looking at the journal in it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it.
    pub fn take(dir: &Path) -> Result<Self, JournalError> {
        Ok(Self { _lock: folder::prepare(dir)? })
    }
}

/// How many groups of facts were written to the journal in the folder `dir`, as its counter says; nothing
/// when there is none that says it. It may be asked while another process writes.
pub fn groups_noted(dir: &Path) -> Option<u64> {
    match Counter::read(dir).ok()? {
        Noted::Tail(tail) => Some(tail.groups),
        Noted::Older(groups) => Some(groups),
        Noted::Nothing => None,
    }
}

/// Whether there is no journal in the folder `dir`.
pub fn is_empty(dir: &Path) -> bool {
    store::data_file_len(dir) == 0
}

/// An error of the copy, told of the folder that it is a copy of.
fn of_original(error: JournalError, dir: &Path) -> JournalError {
    match error {
        JournalError::Damaged { what, .. } => store::damaged(dir, what),
        JournalError::Open { reason, .. } => {
            JournalError::Open { path: dir.display().to_string(), reason }
        }
        error @ (JournalError::Locked { .. }
        | JournalError::Full { .. }
        | JournalError::Write { .. }
        | JournalError::Read { .. }
        | JournalError::Record { .. }
        | JournalError::Newer { .. }
        | JournalError::History { .. }
        | JournalError::Row { .. }
        | JournalError::Gone { .. }
        | JournalError::NewerForm { .. }
        | JournalError::LookOnly { .. }
        | JournalError::NotCopied { .. }
        | JournalError::Closed) => error,
    }
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings").field("doubt", &self.doubt).finish_non_exhaustive()
    }
}
