//! The journal's folder: who may read it, and who has it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, FileTypeExt as _, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::journal::JournalError;

const LOCK: &str = "lock";
/// Where sled notes the settings that a database was made with: always the same ones.
const SETTINGS: &str = "conf";
/// What the names of sled's snapshots begin with, and how those end that are being written.
const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";
/// How often and after which pause the lock is tried again when it was this process that had it: a child
/// runs within a few milliseconds, and on a machine that is busy whenever it gets its turn. So it is
/// waited for longer than any machine takes that still works: five seconds.
const OWN_LOCK_TRIES: u32 = 1_000;
const OWN_LOCK_PAUSE: Duration = Duration::from_millis(5);
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Proof that this process has the folder; given up when it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

/// Makes the folder if need be, closes it to others, and locks it.
pub(super) fn prepare(dir: &Path) -> Result<FolderLock, JournalError> {
    recognise(dir)?;
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(dir)
        // The mode of a new folder is subject to the umask, and the folder may be older.
        .and_then(|()| fs::set_permissions(dir, Permissions::from_mode(FOLDER_MODE)))
        .map_err(|error| open_error(dir, &error))?;
    lock(dir, OWN_LOCK_TRIES)
}

/// Looks whether the folder, and what is in it, is what it should be, before anything of it is opened: to
/// open a named pipe is to wait for ever, and of a file in its place the system says only that it exists.
fn recognise(dir: &Path) -> Result<(), JournalError> {
    let strange = |what: String| JournalError::Open {
        path: dir.display().to_string(),
        reason: format!(
            "{what}; move it away, and `arcadia rebuild` makes the journal anew from the archive"
        ),
    };
    let failed = |error| open_error(dir, &error);
    let Some(kind) = kind(dir).map_err(failed)? else { return Ok(()) };
    if kind != DIRECTORY {
        return Err(strange(format!("{kind} stands where its folder should be")));
    }
    for item in fs::read_dir(dir).map_err(failed)? {
        let item = item.map_err(failed)?;
        let name = item.file_name();
        let ours = OWN_FILES.iter().any(|own| name == *own);
        match self::kind(&item.path()).map_err(failed)? {
            None | Some(FILE) => {}
            // sled has a folder there for what is too large for its file.
            Some(DIRECTORY) if !ours => {}
            Some(kind) => {
                let name = name.to_string_lossy();
                return Err(strange(format!("`{name}` in it is {kind}, and no file")));
            }
        }
    }
    Ok(())
}

/// What stands at a path, in words; none when nothing does.
fn kind(path: &Path) -> io::Result<Option<&'static str>> {
    let kind = match fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(fs::symlink_metadata(path).is_ok().then_some("a link that leads nowhere"));
        }
        Err(error) => return Err(error),
    };
    Ok(Some(if kind.is_dir() {
        DIRECTORY
    } else if kind.is_file() {
        FILE
    } else if kind.is_fifo() {
        "a named pipe"
    } else {
        "a socket or a device"
    }))
}

const DIRECTORY: &str = "a folder";
const FILE: &str = "a file";

/// The files of the folder that are never folders.
const OWN_FILES: [&str; 5] = ["db", SETTINGS, LOCK, "tail", "groups"];

/// Proof that no other process writes the folder, where nothing may be written: a lock on the lock file
/// as it is. Where there is none, nobody has ever had the folder.
///
/// # Errors
/// [`JournalError::Locked`], and what the operating system says.
pub(super) fn lock_as_it_is(dir: &Path) -> Result<Option<FolderLock>, JournalError> {
    recognise(dir)?;
    match File::open(dir.join(LOCK)) {
        Ok(file) => {
            try_lock(dir, file, OWN_LOCK_TRIES).map(|file| Some(FolderLock { _file: file }))
        }
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

/// Removes sled's note of its settings, which it writes again. It never syncs the note, so a loss of
/// power during the first opening may leave half of it, and sled calls that a damaged database. Only
/// for a database that has no groups: in any other the note was synced, and guards it from a version
/// of sled that writes something else.
pub(super) fn drop_settings(dir: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(SETTINGS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes sled's note of its settings durable, and the folder's own entries, so that no file vanishes
/// with a loss of power.
pub(super) fn sync_names(dir: &Path) -> io::Result<()> {
    File::open(dir.join(SETTINGS))?.sync_all()?;
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
    JournalError::Open { path: dir.display().to_string(), reason: reason(error) }
}

/// What the operating system says. That a file is too large is a limit of the process and no lack of
/// space, and whoever reads of it must look elsewhere.
pub(super) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return format!(
            "{error}: start arcadia again with a higher limit on file sizes (`ulimit -f`)"
        );
    }
    error.to_string()
}

/// Whether there is no space, on the device or within the user's quota.
pub(super) fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn lock(dir: &Path, own_tries: u32) -> Result<FolderLock, JournalError> {
    let file = own_file(dir, LOCK).map_err(|error| open_error(dir, &error))?;
    let mut file = try_lock(dir, file, own_tries)?;
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| open_error(dir, &error))?;
    Ok(FolderLock { _file: file })
}

/// Takes the lock, or says who has it. When that was this very process, which may have let go of it, a
/// child that it is just starting has the lock as well until it runs: that is waited for.
fn try_lock(dir: &Path, file: File, own_tries: u32) -> Result<File, JournalError> {
    let mut tries_left = own_tries;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                let owner = owner(&file);
                if owner != Some(std::process::id()) || tries_left == 0 {
                    let owner = owner.map_or_else(
                        || "another process".to_owned(),
                        |pid| format!("process {pid}"),
                    );
                    return Err(JournalError::Locked { path: dir.display().to_string(), owner });
                }
                tries_left -= 1;
                thread::park_timeout(OWN_LOCK_PAUSE);
            }
            Err(TryLockError::Error(error)) => return Err(open_error(dir, &error)),
        }
    }
}

/// Who wrote its number into the lock. It may be about to: then nobody can say.
fn owner(file: &File) -> Option<u32> {
    let mut text = [0; 16];
    let len = file.read_at(&mut text, 0).ok()?;
    std::str::from_utf8(text.get(..len)?).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_lock_that_this_process_keeps_is_not_waited_for_without_end() {
        let dir = tempfile::tempdir().unwrap();
        let _held = lock(dir.path(), 0).unwrap();
        let refused = lock(dir.path(), 2).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
    }

    /// A child that is being started has what its parent has, and lets go of it when it runs: on a busy
    /// machine after many a turn of others.
    #[test]
    fn a_lock_that_a_child_has_of_this_process_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let FolderLock { _file: held } = lock(dir.path(), 0).unwrap();
        // Like the child before it runs: the same lock, by the same open file.
        let mut child = Command::new("cat").stdin(Stdio::piped()).stderr(held).spawn().unwrap();
        let (begun_tx, begun_rx) = std::sync::mpsc::channel();
        let dir = &dir;
        thread::scope(|scope| {
            scope.spawn(move || {
                begun_tx.send(()).unwrap();
                lock(dir.path(), OWN_LOCK_TRIES).unwrap();
            });
            begun_rx.recv().unwrap();
            for _ in 0..60 {
                thread::park_timeout(OWN_LOCK_PAUSE);
            }
            child.kill().unwrap();
            child.wait().unwrap();
        });
    }
}
