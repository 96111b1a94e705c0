//! A journal that is damaged, built anew from the archive.
//!
//! [`Rebuild::survey`] reads the whole archive and whatever the damaged journal still gives, and says
//! what would be done; [`Rebuild::carry_out`] does it. Between the two somebody can say no.
//!
//! # What is brought back
//!
//! Every saga with its history, its row and whether it has ended, up to the last group that is in the
//! archive. Where the damaged journal can be read in part, a history that goes further there is taken
//! from there: each of its records vouches for itself, up to the first that is damaged. A saga whose
//! records are damaged in the archive as well, or in the journal alone that had them, is brought back
//! up to the damage, and held if it has not ended, because nobody knows what it was told after that. Log lines are not brought back. What a lost tail means is said
//! in [`archive`].
//!
//! # Why it may be killed anywhere
//!
//! ```text
//! journal/           the damaged one: held against other processes from here on
//! journal.rebuild/   built beside it, closed, opened again and compared saga by saga
//! journal.rebuild/   -> journal.damaged-<time>/    one rename
//! journal/          <-> journal.damaged-<time>/    their names are exchanged in one step
//! archive/           begun anew with what the rebuilt journal holds
//! ```
//!
//! Until the exchange nothing has happened, and what was built is built again. After it, everything is
//! there, and nothing was deleted; the archive, if it was not begun anew, is continued by the next
//! program, with every fact a second time, which a reader skips. Where a file system cannot exchange
//! names, two renames do it. Between them there is no journal, and no program begins an empty one in
//! its place, because the archive is a witness that there was one: `arcadia rebuild` goes on.
//!
//! The rebuilt journal numbers its groups on from the archive's last, so that the archive stays a
//! witness of it.
//!
//! [`archive`]: crate::journal::archive

use std::path::{Path, PathBuf};

use crate::clock::{Clock, IdSource};
use crate::domain::time::Timestamp;
use crate::journal::JournalError;
use crate::journal::archive::status::{self, Inspection};
use crate::journal::archive::{self, ArchiveError};
use crate::journal::rebuild::known::{Known, Sagas};
use crate::journal::rebuild::old::Old;

mod build;
mod known;
mod old;
mod swap;

/// The folder of the journal inside the data folder.
pub const JOURNAL: &str = "journal";

/// The journal cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It is whole.
    #[error("the journal in `{}` is whole, so there is nothing to rebuild", path.display())]
    Sound {
        /// Its folder.
        path: PathBuf,
    },
    /// There is nothing to build it from.
    #[error("there is nothing to rebuild the journal from: `{}` holds no archive", path.display())]
    NoArchive {
        /// Where it should be.
        path: PathBuf,
    },
    /// What was built is not what it was built from.
    #[error("the rebuilt journal in `{}` is not what it should be: {what}", path.display())]
    Unverified {
        /// Its folder.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// A folder could not be put in place.
    #[error("`{}` could not be put in place", path.display())]
    Swap {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The archive could not be read or begun anew.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The journal could not be written, or another process has it.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What a rebuild would bring back, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the archive holds, and what is wrong with it.
    pub archive: Inspection,
    /// When the newest fact in the archive happened.
    pub newest_at: Option<Timestamp>,
    /// What is wrong with the journal.
    pub journal: String,
    /// How many sagas come back.
    pub sagas: usize,
    /// How many entries they have.
    pub entries: u64,
    /// Those that go on at the next start, by name.
    pub unfinished: Vec<String>,
    /// Those whose records are damaged in the archive, and that come back only up to the damage: their
    /// names, and the number of the first entry that is missing.
    pub cut: Vec<(String, u64)>,
    /// How many entries come from the damaged journal, because the archive does not have them.
    pub salvaged: u64,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Where the damaged journal is; none when there was none.
    pub aside: Option<PathBuf>,
    /// The sagas that were held because what they were told last is lost, by name.
    pub held: Vec<String>,
}

/// A rebuild on its way. It holds the journal's folder against other processes.
pub struct Rebuild {
    data_dir: PathBuf,
    sagas: Sagas,
    old: Old,
    plan: Plan,
}

impl Rebuild {
    /// Reads everything there is in the data folder, and changes nothing. Call it where it may block.
    ///
    /// # Errors
    /// When another process has the journal, when the journal is whole, when there is no archive, and
    /// when the archive cannot be read.
    pub async fn survey(data_dir: &Path) -> Result<Self, RebuildError> {
        let folder = data_dir.join(archive::FOLDER);
        let mut old = Old::look(&data_dir.join(JOURNAL), status::witness(&folder)?).await?;
        let (inspection, mut sagas) = tokio::task::spawn_blocking(move || {
            // What is not held in memory is read again when it is written.
            Sagas::read(&folder, drop)
        })
        .await
        .expect("reading lines does not panic, and blocking tasks are not cancelled")?;
        old.compare(&sagas).await?;
        if old.is_sound() {
            return Err(RebuildError::Sound { path: data_dir.join(JOURNAL) });
        }
        let salvaged = old.salvage(&mut sagas).await;
        if sagas.is_empty() {
            return Err(RebuildError::NoArchive { path: data_dir.join(archive::FOLDER) });
        }
        let plan = plan(inspection, &sagas, old.trouble(), salvaged);
        Ok(Self { data_dir: data_dir.to_owned(), sagas, old, plan })
    }

    /// What would be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Does it.
    ///
    /// # Errors
    /// When the journal cannot be built, is not what it should be, or cannot be put in place. The
    /// damaged one is where it was, or aside; doing it again is safe.
    pub async fn carry_out(self, clock: &Clock, ids: &IdSource) -> Result<Done, RebuildError> {
        let Self { data_dir, sagas, old, plan } = self;
        let built = build::build(&data_dir, sagas, &old, &plan, clock, ids).await?;
        let aside = swap::put_in_place(&data_dir, old, clock).await?;
        swap::begin_archive(&data_dir, &plan, aside.as_deref(), clock).await?;
        Ok(Done { aside, held: built.held })
    }
}

fn plan(archive: Inspection, sagas: &Sagas, journal: String, salvaged: u64) -> Plan {
    let names = |wanted: &dyn Fn(&Known) -> bool| {
        let found = sagas.iter().filter(|(_, known)| wanted(known));
        found.map(|(saga, known)| known.name(*saga)).collect::<Vec<_>>()
    };
    Plan {
        archive,
        newest_at: sagas.newest_at(),
        journal,
        sagas: sagas.iter().filter(|(_, known)| known.next > 0).count(),
        entries: sagas.iter().map(|(_, known)| known.next).sum(),
        unfinished: names(&|known| known.next > 0 && !known.cut && known.is_unfinished()),
        cut: sagas
            .iter()
            .filter(|(_, known)| known.cut)
            .map(|(saga, known)| (known.name(*saga), known.next))
            .collect(),
        salvaged,
    }
}
