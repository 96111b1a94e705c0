//! The archive: what was committed, once more, in plain files that any tool can read.
//!
//! sled keeps everything in one file of a form of its own, and a disk that damages it in the wrong
//! place takes all of it. So a [`follower`] copies each committed group into segments in a folder
//! beside the journal, one JSON line for each saga's part of a group ([`line`]), in order and without
//! a gap. It reads what is durable and slows no saga. The journal stays the record: the archive is
//! read when the journal cannot be, by [`rebuild`].
//!
//! # What it promises
//!
//! - **In order, without a gap.** The last group of the newest segment says where to go on, so a crash
//!   at any point only makes the follower read a little again. The journal lets go of a commit when
//!   it is synced here, and not before.
//! - **All but the last seconds.** What was committed is synced within [`Settings::sync_every`] and the
//!   time that takes. A loss of the whole disk is not what it is for: it stands on the same one.
//! - **Damage is found and named** by file and line, and costs what stands on that line. A start reads
//!   every line of the newest segment, and of the older ones the first lines, back to a base: what is
//!   missing is found, and what is written to. A flipped bit in an older segment is found when all of
//!   it is read: by `arcadia doctor`, before anything is forgotten for its age, and by a rebuild. A
//!   start does not wait for that, because an archive may be gigabytes.
//! - **It never stops a saga.** When it cannot be written, sagas go on, a warning says so, the status
//!   says how far it lags, and it catches up by itself.
//! - **It heals itself.** When a start finds that the archive is not whole (damage where it looks, a
//!   segment that somebody deleted, a journal older than the archive's form), the journal, which is, is
//!   written out as a *base*: a segment that stands for everything before it.
//!   A history that is damaged in the journal costs itself alone: the base holds what comes before the
//!   damage, names the saga whose rest it lacks, and what is older than the base stays.
//! - **It is bounded by age.** When the oldest segment is older than [`Settings::keep`], what still
//!   matters is carried over into a base and the older segments go: everything unfinished, every
//!   deployment that is up, was abandoned or lost a step to a skip, and whatever ended less than that
//!   long ago. What ended longer ago with nothing left is forgotten. So the archive holds what is
//!   live, and between once and twice that age of what is not.
//!
//! Log lines of steps are not archived: nothing is decided by them, and they would be most of it.
//!
//! # What a lost tail means
//!
//! After a [`rebuild`], what was committed in the last moments before the loss may be missing. Sagas
//! go on from an earlier place, as if the program had been killed there, with one difference: the
//! world has seen what they did since. For each kind of fact:
//!
//! - *That a step began, or how it ended*: it is done again. Every step looks for what it made before
//!   it makes anything, and finds it by its tag or name; undoing something twice is safe, too.
//! - *A launch*: the saga is not known any more, and what it made in those moments is an orphan. It
//!   carries the tag `managed-by-arcadia` and that of its saga, so that it is found in the cloud.
//! - *An order*: it must be given again. A cancelled saga that goes on comes up, and is listed.
//! - *The end of a rollback*: it is undone again, and finds nothing to undo.
//! - *A checkpoint*: the one loss that cannot be made up for. `point_deployment_dns` saves the records
//!   that it found before it writes over them. When the saving is lost and the writing is not, the
//!   step finds its own record, and knows it by address and TTL: a later rollback removes it
//!   rather than to leave a name that points at an address of somebody else. What the name said
//!   before is lost. The rebuild lists the sagas that have not ended, so that their names can be
//!   looked at.
//!
//! [`rebuild`]: crate::journal::rebuild

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::journal::JournalError;

mod base;
mod courses;
pub mod file;
pub mod follower;
mod line;
pub mod lines;
mod scan;
mod segment;
pub mod status;
mod writer;

pub use line::Archived;
pub use writer::Archive;

/// The folder of the archive inside the data folder.
pub const FOLDER: &str = "archive";

/// How an archive is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a commit may wait to be archived: what a loss of the journal may take with it.
    pub sync_every: Duration,
    /// How many bytes a segment has before the next one is begun.
    pub segment_bytes: u64,
    /// For how long what has ended with nothing left is kept; `None` for ever.
    pub keep: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sync_every: Duration::from_secs(1),
            // Small enough to be read at each start in a moment, large enough that a
            // hundred thousand sagas are some dozens of files.
            segment_bytes: 16 * 1024 * 1024,
            keep: None,
        }
    }
}

/// A place in the archive that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// The line, counted from 1; zero for the file as a whole.
    pub line: u64,
    /// What is wrong, as a predicate: `does not fit its checksum`.
    pub what: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{} {}", self.path.display(), self.what),
            line => write!(f, "{}:{line} {}", self.path.display(), self.what),
        }
    }
}

/// The archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no space left.
    #[error("no space left for the archive in `{}`", path.display())]
    Full {
        /// Which folder or file.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("`{}` in the archive could not be written", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file could not be read.
    #[error("`{}` in the archive could not be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A segment was written by a newer version of the program.
    #[error("`{}` has format {format}, and this program reads up to {known}", path.display())]
    Newer {
        /// Which segment.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The newest format that is known.
        known: u32,
    },
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl ArchiveError {
    fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&source.kind()) {
            Self::Full { path }
        } else {
            Self::Write { path, source }
        }
    }

    fn newer(path: &Path, format: u32) -> Self {
        Self::Newer { path: path.to_owned(), format, known: line::FORMAT }
    }
}

/// Makes the names in the folder, and the folder's own, durable.
fn sync_names(dir: &Path) -> Result<(), ArchiveError> {
    let sync = |folder: &Path| std::fs::File::open(folder)?.sync_all();
    sync(dir)
        .and_then(|()| match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => sync(parent),
            None => Ok(()),
        })
        .map_err(|error| ArchiveError::write(dir, error))
}
