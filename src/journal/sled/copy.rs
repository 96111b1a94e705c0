//! A copy of the journal's folder, to be looked at instead of it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::journal::JournalError;
use crate::journal::sled::counter::{Counter, Noted};
use crate::journal::sled::{folder, store};

/// A copy in the folder for temporary files, readable to nobody else. Removed when it is dropped.
pub(super) struct Copy(TempDir);

impl Copy {
    /// Copies the folder `dir` while nobody writes it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when somebody does, and as [`Copy::of_taken`].
    pub(super) fn of(dir: &Path) -> Result<Self, JournalError> {
        let _lock = folder::lock_as_it_is(dir)?;
        Self::of_taken(dir)
    }

    /// Copies a folder that the caller has locked.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when the folder cannot be read, and [`JournalError::NotCopied`] when
    /// it can.
    pub(super) fn of_taken(dir: &Path) -> Result<Self, JournalError> {
        let not_copied = |error: io::Error| match read_files(dir) {
            Ok(()) => JournalError::NotCopied {
                path: dir.display().to_string(),
                to: std::env::temp_dir().display().to_string(),
                reason: error.to_string(),
            },
            // It is the journal that is at fault, and not the place for the copy.
            Err(error) => store::damaged(dir, format!("it cannot be read ({error})")),
        };
        let copy =
            tempfile::Builder::new().prefix("arcadia-look-").tempdir().map_err(not_copied)?;
        match copy_files(dir, copy.path()) {
            Ok(()) => Ok(Self(copy)),
            // A file of another process's went away between being listed and being read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(store::damaged(dir, format!("a file went away meanwhile ({error})")))
            }
            Err(error) => Err(not_copied(error)),
        }
    }

    /// Copies a folder that another process is writing: whether the copy makes sense is still to be
    /// seen.
    ///
    /// # Errors
    /// As [`Copy::of_taken`].
    pub(super) fn of_written(dir: &Path) -> Result<Self, JournalError> {
        let failed = |error| folder::open_error(dir, &error);
        // The counter may lag behind the database and is never ahead of it, so it is taken first. It is
        // what tells a copy that the storage engine takes for an empty one, so there is no copy without.
        let Noted::Tail(tail) = Counter::read(dir).map_err(failed)? else {
            return Err(store::damaged(dir, "its counter cannot be read".to_owned()));
        };
        let copy = Self::of_taken(dir)?;
        Counter::put(copy.path(), &tail).map_err(failed)?;
        Ok(copy)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Copies files and the files in folders; there are no deeper ones.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    for item in fs::read_dir(from)? {
        let item = item?;
        let to = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            copy_files(&item.path(), &to)?;
        } else {
            fs::copy(item.path(), &to)?;
            // What may not be written where it is must be here.
            fs::set_permissions(&to, Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Reads every file of a folder to its end, for nothing but the errors.
fn read_files(from: &Path) -> io::Result<()> {
    for item in fs::read_dir(from)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            read_files(&item.path())?;
        } else {
            io::copy(&mut fs::File::open(item.path())?, &mut io::sink())?;
        }
    }
    Ok(())
}
