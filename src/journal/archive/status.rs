//! How an archive stands: for the process that writes it, and for whoever looks from outside.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::domain::id::SagaId;
use crate::journal::JournalError;
use crate::journal::archive::line::{Archived, End, Record, Sum};
use crate::journal::archive::segment::{self, Kind};
use crate::journal::archive::{ArchiveError, Damage, scan};
use crate::journal::sled::integrity::Witness;

/// How far the archive is behind the journal, as its follower sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The newest group that is durable in the journal.
    pub newest: u64,
    /// The newest group that is durable in the archive.
    pub archived: u64,
    /// Why it could not be written the last time, if so.
    pub trouble: Option<String>,
    /// How many groups the journal has dropped before they were archived: it waits for so long and no
    /// longer. The next start writes the archive anew from the histories.
    pub dropped: u64,
}

impl Status {
    /// How many groups the archive is behind.
    pub fn lag(&self) -> u64 {
        self.newest.saturating_sub(self.archived)
    }
}

/// The newest group that an archive knows of: a journal that does not hold it is not the one that was
/// archived, or not all of it. It changes nothing, and may be asked while another process writes.
///
/// # Errors
/// When the archive cannot be read.
pub fn witness(dir: &Path) -> Result<Option<Witness>, ArchiveError> {
    Ok(scan::scan(dir)?.end.witness())
}

/// What a whole archive holds, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// Its files, oldest first.
    pub segments: Vec<PathBuf>,
    /// How many records are in them.
    pub records: u64,
    /// The newest group.
    pub newest: Option<Witness>,
    /// Everything that is not as it was written.
    pub damages: Vec<Damage>,
    /// The sagas of which the newest base does not hold everything: their histories were damaged in the
    /// journal. What is older may hold more of them.
    pub lacking: BTreeSet<SagaId>,
    /// The last line, when it is not whole: what a crash left half written, or damage that happens to
    /// be at the end. Nobody can tell which; the journal can.
    pub torn: Option<Damage>,
}

/// Reads every line of an archive and checks it. It changes nothing, and may be asked while another
/// process writes: what is being written then looks torn.
///
/// # Errors
/// When a file cannot be read, or was written by a newer program.
pub fn inspect(dir: &Path) -> Result<Inspection, ArchiveError> {
    inspect_each(dir, |_, _, _| Ok(()))
}

/// Like [`inspect`], and hands over everything that is intact, in order. What is intact and makes no
/// sense is damage, too.
///
/// # Errors
/// As [`inspect`], and when `visit` fails.
pub(in crate::journal) fn read_all(
    dir: &Path,
    mut visit: impl FnMut(Archived) -> Result<(), ArchiveError>,
) -> Result<Inspection, ArchiveError> {
    let mut nonsense = Vec::new();
    let mut inspection = inspect_each(dir, |path, line, record| match record.read() {
        Ok(archived) => visit(archived),
        Err(error @ JournalError::Newer { .. }) => Err(error.into()),
        Err(error) => {
            nonsense.push(Damage {
                path: path.to_owned(),
                line,
                what: format!("holds nonsense: {error}"),
            });
            Ok(())
        }
    })?;
    inspection.damages.extend(nonsense);
    Ok(inspection)
}

/// Like [`inspect`], and shows every intact record with its file and line.
fn inspect_each(
    dir: &Path,
    mut visit: impl FnMut(&Path, u64, &Record<'_>) -> Result<(), ArchiveError>,
) -> Result<Inspection, ArchiveError> {
    let segments = segment::list(dir)?;
    let mut inspection = Inspection::default();
    let mut before: Option<(String, Sum)> = None;
    for (position, segment) in segments.iter().enumerate() {
        let path = &segment.path;
        let file = |what: String| Damage { path: path.clone(), line: 0, what };
        let found = segment::read(path, |line, record| visit(path, line, record))?;
        inspection.segments.push(path.clone());
        inspection.records += found.records;
        inspection.newest = found.newest().or(inspection.newest);
        inspection.damages.extend(found.damages);
        match found.torn {
            Some(torn) if position + 1 == segments.len() && segment.kind == Kind::Log => {
                inspection.torn = Some(torn);
            }
            Some(torn) => inspection.damages.push(torn),
            None => {}
        }
        let header = found.header;
        match segment.kind {
            Kind::Base => {
                let end = found.end.as_ref();
                if end.is_none_or(|end| end.records != found.records) {
                    inspection.damages.push(file("does not hold what it should".to_owned()));
                }
                inspection.lacking = end.map(End::lacks).unwrap_or_default();
                inspection.damages.extend(inspection.lacking.iter().map(|saga| {
                    file(format!("lacks the rest of {saga}, which is damaged in the journal"))
                }));
            }
            Kind::Log => match header.and_then(|header| header.after) {
                Some(after) if before.as_ref() == Some(&(after.file.clone(), after.sum)) => {}
                Some(after) => inspection
                    .damages
                    .push(file(format!("does not follow the end of {}", after.file))),
                None if segment.first == 1 || found.records == 0 => {}
                None => {
                    inspection.damages.push(file("begins where nothing leads up to".to_owned()));
                }
            },
        }
        before = Some((segment.name(), found.last));
    }
    Ok(inspection)
}
