//! The archive as its owner has it: appending, syncing, beginning the next segment, forgetting.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::domain::id::SagaId;
use crate::domain::time::Timestamp;
use crate::journal::Journal;
use crate::journal::archive::base::{self, Base};
use crate::journal::archive::courses::{courses, needed};
use crate::journal::archive::file::{self, OpenSegmentFile, SegmentFile};
use crate::journal::archive::line::{self, After, Archived, Header, Line};
use crate::journal::archive::scan::{self, Position};
use crate::journal::archive::segment::{self, Kind, Segment, UNFINISHED};
use crate::journal::archive::{ArchiveError, Damage, Settings, sync_names};
use crate::journal::sled::commits::{Commit, CommitLog, GroupNumber};
use crate::journal::sled::integrity::Witness;

/// How many bytes are gathered before they are written.
const WRITE_BYTES: usize = 1024 * 1024;

/// The archive of a data folder. Whoever has it must own the journal, too.
pub struct Archive {
    dir: PathBuf,
    settings: Settings,
    clock: Clock,
    open_file: OpenSegmentFile,
    /// The segment that is written to, unless the next append has to open it.
    file: Option<Box<dyn SegmentFile>>,
    written: Position,
    synced: Position,
    names_synced: bool,
    broken: Option<Damage>,
    /// The sagas of which the newest base does not hold everything that was written. What is older
    /// than that base may hold more of them, and stays.
    lacking: BTreeSet<SagaId>,
    begun: Option<Timestamp>,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("dir", &self.dir)
            .field("written", &self.written)
            .field("synced", &self.synced)
            .finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens the archive in the folder `dir`, which is made if it is not there (mode 0700, its files
    /// 0600), and cuts off what a crash left half written. It reads the newest segment: call it off
    /// the async threads.
    ///
    /// # Errors
    /// When it cannot be read or made ready, or was written by a newer program.
    pub fn open(dir: &Path, settings: Settings, clock: Clock) -> Result<Self, ArchiveError> {
        Self::open_with(dir, settings, clock, file::system())
    }

    /// Like [`Archive::open`], with files of the caller's: a test sees and fails what is written.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn open_with(
        dir: &Path,
        settings: Settings,
        clock: Clock,
        open_file: OpenSegmentFile,
    ) -> Result<Self, ArchiveError> {
        prepare(dir).map_err(|error| ArchiveError::write(dir, segment::told(dir, error)))?;
        let scan = scan::scan(dir)?;
        for segment in &scan.empty {
            let removed = fs::remove_file(&segment.path);
            removed.map_err(|error| ArchiveError::write(&segment.path, error))?;
        }
        if let Some(torn) = &scan.torn {
            tracing::info!(line = %torn, "cut off what a crash left of the archive's last write");
        }
        let mut archive = Self {
            dir: dir.to_owned(),
            settings,
            clock,
            open_file,
            file: None,
            written: scan.end.clone(),
            synced: scan.end,
            names_synced: false,
            broken: scan.broken,
            lacking: scan.lacking,
            begun: scan.begun.map(Timestamp::from_millis),
        };
        if !archive.lacking.is_empty() {
            tracing::warn!(
                histories = archive.lacking.len(),
                "the archive lacks the rest of histories that are damaged in the journal; \
                 `arcadia doctor` names them"
            );
        }
        // What was read may be in memory only: it counts once it is on the device.
        if archive.broken.is_none() {
            archive.reopen()?;
            archive.sync()?;
        }
        Ok(archive)
    }

    /// The number of the last group that is durable here; zero before the first.
    pub fn group(&self) -> u64 {
        self.synced.group()
    }

    /// Why the archive does not hold everything that it should, if so.
    pub fn broken(&self) -> Option<&Damage> {
        self.broken.as_ref()
    }

    /// The sagas of which it does not hold everything, because their histories are damaged in the
    /// journal, too.
    pub fn lacking(&self) -> &BTreeSet<SagaId> {
        &self.lacking
    }

    /// Makes the archive one that leads up to the journal: when it does not, the journal is written
    /// out as a base. Nobody may write to the journal meanwhile.
    ///
    /// # Errors
    /// When the journal cannot be read or the base not be written. The archive is as it was then.
    pub async fn make_whole(
        &mut self,
        journal: &dyn Journal,
        commits: &CommitLog,
    ) -> Result<(), ArchiveError> {
        let newest = commits.newest().borrow().0;
        let oldest = commits.oldest()?.map_or(newest + 1, |oldest| oldest.0);
        let leads_up =
            self.group() == newest || (self.group() < newest && oldest <= self.group() + 1);
        if self.broken.is_none() && leads_up {
            return Ok(());
        }
        let Some(last) = commits.last()? else { return Ok(()) };
        if let Some(damage) = &self.broken {
            tracing::warn!(%damage, "the archive is damaged, and is written anew");
        } else {
            tracing::info!(newest, "the archive is begun with what the journal holds");
        }
        self.write_anew(journal, last).await
    }

    /// Writes the journal, whose newest group is `newest`, out as a base. Nobody may write to the
    /// journal meanwhile.
    ///
    /// # Errors
    /// As [`Archive::make_whole`].
    pub async fn write_anew(
        &mut self,
        journal: &dyn Journal,
        newest: Witness,
    ) -> Result<(), ArchiveError> {
        let base = Base::begin(&self.dir, &self.open_file, newest, self.clock.now())?;
        let base = base::add_journal(base, journal, self.cutoff()).await?;
        self.stand_on(base)
    }

    /// Adds commits, which must follow what is there. They are durable after [`Archive::sync`]. After
    /// an error everything that was not synced counts as not written.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&mut self, commits: &[Commit]) -> Result<(), ArchiveError> {
        let appended = self.try_append(commits);
        self.or_rewind(appended)
    }

    /// Makes what was appended durable, and says up to which group that is.
    ///
    /// # Errors
    /// When it may not be durable: then it counts as not written.
    pub fn sync(&mut self) -> Result<u64, ArchiveError> {
        let synced = self.try_sync();
        self.or_rewind(synced)?;
        Ok(self.synced.group())
    }

    /// Carries over what matters and removes the older segments, when the oldest of them is too old.
    ///
    /// # Errors
    /// When it cannot be done. The archive is as it was then.
    pub fn bound(&mut self) -> Result<(), ArchiveError> {
        let (Some(keep), Some(begun)) = (self.settings.keep, self.begun) else { return Ok(()) };
        let is_whole = self.broken.is_none() && self.lacking.is_empty();
        if self.clock.now().since(begun) < keep || !is_whole {
            return Ok(());
        }
        self.sync()?;
        let segments = needed(segment::list(&self.dir)?);
        let courses = match courses(&segments)? {
            Ok(courses) => courses,
            Err(damage) => {
                // Carried over, the damage would be out of sight. The next start makes it good.
                tracing::warn!(%damage, "the archive is damaged, so nothing of it is forgotten");
                self.broken = Some(damage);
                return Ok(());
            }
        };
        let cutoff = self.cutoff();
        let newest = self.synced.newest;
        let mut base = Base::begin(&self.dir, &self.open_file, newest, self.clock.now())?;
        for segment in &segments {
            segment::read(&segment.path, |_, record| {
                let course = record.saga().and_then(|saga| courses.get(&saga));
                if course.is_some_and(|course| course.matters(cutoff)) {
                    base.carry(record)?;
                }
                Ok(())
            })?;
        }
        self.stand_on(base)
    }

    /// Puts a base in place of everything before it. When it lacks something, what is before it stays.
    fn stand_on(&mut self, base: Base) -> Result<(), ArchiveError> {
        let lacking = base.lacks().clone();
        let position = base.finish(&self.dir)?;
        let base = position.segment.clone();
        self.file = None;
        self.written = position.clone();
        self.synced = position;
        self.names_synced = true;
        self.broken = None;
        self.begun = Some(self.clock.now());
        self.lacking = lacking;
        if !self.lacking.is_empty() {
            return Ok(());
        }
        for old in
            segment::list(&self.dir)?.into_iter().filter(|segment| Some(segment) < base.as_ref())
        {
            // What stays behind is read for nothing, and does no harm.
            if let Err(error) = fs::remove_file(&old.path) {
                tracing::warn!(path = %old.path.display(), %error, "an old segment stays");
            }
        }
        Ok(())
    }

    fn try_append(&mut self, commits: &[Commit]) -> Result<(), ArchiveError> {
        let mut buffer = String::new();
        let mut position = self.written.clone();
        for commit in commits {
            let gap = commit.group.0 != position.group() + 1;
            if gap {
                self.note_gap(position.group() + 1, commit.group.0 - 1);
            }
            let full = gap
                || position.segment.as_ref().is_none_or(|segment| segment.kind == Kind::Base)
                || position.len >= self.settings.segment_bytes;
            if full {
                self.write(&mut buffer, position)?;
                self.try_sync()?;
                self.begin_segment(commit)?;
                position = self.written.clone();
            }
            let newest = Witness { group: commit.group, link: commit.link };
            for (part, batch) in commit.batches.iter().enumerate() {
                let place = (part, commit.batches.len());
                let archived = Archived { batch: batch.clone(), old_row: None };
                let (text, sum) = line::record(position.sum, newest, place, &archived);
                position.len += text.len() as u64;
                position.sum = sum;
                buffer.push_str(&text);
            }
            position.newest = newest;
            if buffer.len() >= WRITE_BYTES {
                self.write(&mut buffer, position.clone())?;
            }
        }
        self.write(&mut buffer, position)
    }

    /// The journal keeps so many commits for a follower and no more. What it dropped is in its histories,
    /// and the next start takes it from there.
    fn note_gap(&mut self, first: u64, last: u64) {
        let what = format!("lacks groups {first} to {last}, which were dropped unarchived");
        let gap = Damage { path: self.dir.clone(), line: 0, what };
        tracing::warn!(%gap, "the archive is not whole until the next start");
        self.broken.get_or_insert(gap);
    }

    /// Writes what was gathered, which ends at `position`.
    fn write(&mut self, buffer: &mut String, position: Position) -> Result<(), ArchiveError> {
        if buffer.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            self.reopen()?;
        }
        if let (Some(file), Some(segment)) = (&self.file, &self.written.segment) {
            file.write_at(buffer.as_bytes(), self.written.len)
                .map_err(|error| ArchiveError::write(&segment.path, error))?;
        }
        buffer.clear();
        self.written = position;
        Ok(())
    }

    /// Opens the segment that is written to, and cuts off what does not count.
    fn reopen(&mut self) -> Result<(), ArchiveError> {
        if let Some(segment) = self.written.segment.as_ref().filter(|at| at.kind == Kind::Log) {
            let failed = |error| ArchiveError::write(&segment.path, error);
            let file = (self.open_file)(&segment.path).map_err(failed)?;
            file.cut(self.written.len).map_err(failed)?;
            self.file = Some(file);
        }
        Ok(())
    }

    /// Begins the segment whose first group this is.
    fn begin_segment(&mut self, commit: &Commit) -> Result<(), ArchiveError> {
        let newest = Witness { group: GroupNumber(commit.group.0 - 1), link: commit.before };
        let segment = Segment::new(&self.dir, commit.group.0, Kind::Log);
        let follows = self.broken.is_none() && newest.group.0 == self.written.group();
        let before = self.written.segment.as_ref().filter(|_| follows);
        let after = before.map(|before| After { file: before.name(), sum: self.written.sum });
        let at = self.clock.now();
        let header = Header::new(newest, at, after);
        let (text, sum) = line::sealed(&Line::Header(header));
        let failed = |error| ArchiveError::write(&segment.path, error);
        let file = (self.open_file)(&segment.path).map_err(failed)?;
        // A segment of that name may have been begun before, by a write that failed.
        file.cut(0).map_err(failed)?;
        file.write_at(text.as_bytes(), 0).map_err(failed)?;
        self.file = Some(file);
        self.names_synced = false;
        self.begun.get_or_insert(at);
        let len = text.len() as u64;
        self.written = Position { segment: Some(segment), len, newest, sum };
        Ok(())
    }

    fn try_sync(&mut self) -> Result<(), ArchiveError> {
        if self.synced == self.written && self.names_synced {
            return Ok(());
        }
        if let (Some(file), Some(segment)) = (&self.file, &self.written.segment) {
            file.sync().map_err(|error| ArchiveError::write(&segment.path, error))?;
        }
        if !self.names_synced {
            sync_names(&self.dir)?;
            self.names_synced = true;
        }
        self.synced = self.written.clone();
        Ok(())
    }

    /// After a failure nobody knows what of the last writes is on the device, and the system may take
    /// what failed for written. So everything that was not synced is cut off and written again.
    fn or_rewind<T>(&mut self, result: Result<T, ArchiveError>) -> Result<T, ArchiveError> {
        if result.is_err() {
            self.file = None;
            self.written = self.synced.clone();
        }
        result
    }

    fn cutoff(&self) -> Option<Timestamp> {
        self.settings.keep.map(|keep| self.clock.now() - keep)
    }
}

/// Makes the folder, closes it to others, and removes what was begun and never put in place.
fn prepare(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    for item in fs::read_dir(dir)? {
        let path = item?.path();
        if path.to_string_lossy().ends_with(UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
