//! The journal's folder: who may read it, and who has it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::journal::JournalError;

const LOCK: &str = "lock";
/// What the names of sled's snapshots begin with, and how those end that are being written.
const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Proof that this process has the folder; given up when it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// Makes the folder if need be, closes it to others, and locks it.
pub(super) fn prepare(dir: &Path) -> Result<FolderLock, JournalError> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(dir)
        // The mode of a new folder is subject to the umask, and the folder may be older.
        .and_then(|()| fs::set_permissions(dir, Permissions::from_mode(FOLDER_MODE)))
        .map_err(|error| open_error(dir, &error))?;
    lock(dir)
}

/// Proof that no other process writes the folder, where nothing may be written: a lock on the lock file
/// as it is. Where there is none, nobody has ever had the folder.
///
/// # Errors
/// [`JournalError::Locked`], and what the operating system says.
pub(super) fn lock_as_it_is(dir: &Path) -> Result<Option<FolderLock>, JournalError> {
    match File::open(dir.join(LOCK)) {
        Ok(file) => try_lock(dir, file).map(|file| Some(FolderLock { _file: file })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(open_error(dir, &error)),
    }
}

/// Takes the rights of others off everything that sled made: it asks for the system's default.
pub(super) fn close_to_others(dir: &Path) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        let mode = if item.file_type()?.is_dir() { FOLDER_MODE } else { FILE_MODE };
        fs::set_permissions(item.path(), Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Removes the snapshots that sled did not finish. It writes one at every opening, under a name of
/// its own until it is whole, and keeps the one before until then; but it takes the unfinished one
/// for the latest at the next opening, and calls the database damaged. The disk that was full, the
/// kill or the loss of power that cut it would close the journal for good.
pub(super) fn drop_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(SNAPSHOT) && name.ends_with(UNFINISHED) {
            fs::remove_file(item.path())?;
        }
    }
    Ok(())
}

/// Makes the folder's own entries durable, so that no file vanishes with a loss of power.
pub(super) fn sync_names(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()?;
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Opens a small file of ours in the folder, and makes it when it is not there.
pub(super) fn own_file(dir: &Path, name: &str) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(dir.join(name))?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

/// The folder could not be opened, for a reason of the operating system.
pub(super) fn open_error(dir: &Path, error: &io::Error) -> JournalError {
    if is_full(error.kind()) {
        return JournalError::Full { path: dir.display().to_string() };
    }
    JournalError::Open { path: dir.display().to_string(), reason: error.to_string() }
}

/// Whether there is no space, on the device or within the user's quota.
pub(super) fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn lock(dir: &Path) -> Result<FolderLock, JournalError> {
    let file = own_file(dir, LOCK).map_err(|error| open_error(dir, &error))?;
    let mut file = try_lock(dir, file)?;
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| open_error(dir, &error))?;
    Ok(FolderLock { _file: file })
}

fn try_lock(dir: &Path, file: File) -> Result<File, JournalError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(JournalError::Locked { path: dir.display().to_string(), owner: owner(file) })
        }
        Err(TryLockError::Error(error)) => Err(open_error(dir, &error)),
    }
}

/// Who wrote its number into the lock. It may be about to: then nobody can say.
fn owner(mut file: File) -> String {
    let mut text = String::new();
    let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok());
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}
