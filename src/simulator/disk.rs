//! The state file. At any moment the file holds one whole state: a new one is written beside it,
//! flushed, and renamed over it. A lock keeps a second simulator off.
//!
//! The lock file stays behind: removing it would let two processes hold locks of the same name.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::simulator::world::World;

/// The state holds what deployments were given as user data, so it is its owner's alone.
const FILE_MODE: u32 = 0o600;

/// Keeps a world on disk.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    /// The generation of the world that the file holds.
    saved: AtomicU64,
    /// The lock, while the file is ours to write.
    ours: Mutex<Option<File>>,
}

/// The state file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    #[error("failed to {act} `{}`", path.display())]
    Io {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` is in use by another simulator", path.display())]
    InUse { path: PathBuf },
    #[error("the state file was closed")]
    Closed,
    #[error("the task that writes the state file was cancelled")]
    Cancelled,
}

impl Disk {
    /// Takes the file, and reads what it holds, if it exists. What a write left unfinished beside
    /// it is no state and is not looked at.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Vec<u8>>), DiskError> {
        let io = |act, path: &Path| {
            let path = path.to_owned();
            move |source| DiskError::Io { act, path, source }
        };
        if let Some(folder) = folder_of(path) {
            std::fs::create_dir_all(folder).map_err(io("create", folder))?;
        }
        let lock_path = beside(path, ".lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(FILE_MODE)
            .open(&lock_path)
            .map_err(io("open", &lock_path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DiskError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => io("lock", &lock_path)(source),
        })?;
        let held = match std::fs::read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io("read", path)(error)),
        };
        let disk =
            Self { path: path.to_owned(), saved: AtomicU64::new(0), ours: Mutex::new(Some(lock)) };
        Ok((disk, held))
    }

    /// Returns when this generation of the world, or a later one, is durable. Requests that come
    /// while a write is going on share the next one.
    pub(super) async fn keep(
        self: &Arc<Self>,
        world: &Arc<Mutex<World>>,
        generation: u64,
    ) -> Result<(), DiskError> {
        if self.saved.load(Ordering::Acquire) >= generation {
            return Ok(());
        }
        let (disk, world) = (Arc::clone(self), Arc::clone(world));
        let written = tokio::task::spawn_blocking(move || disk.write(&world, generation)).await;
        written.map_err(|_| DiskError::Cancelled)?
    }

    /// Lets the file go; nothing is written from here on. Waits for a write that is going on.
    pub(super) fn close(&self) {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn write(&self, world: &Mutex<World>, generation: u64) -> Result<(), DiskError> {
        let ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if ours.is_none() {
            return Err(DiskError::Closed);
        }
        if self.saved.load(Ordering::Acquire) >= generation {
            return Ok(());
        }
        let (bytes, present) = {
            let world = world.lock().unwrap_or_else(PoisonError::into_inner);
            (world.to_bytes(), world.generation())
        };
        stage(&self.path, &bytes)
            .and_then(|()| publish(&self.path))
            .map_err(|source| DiskError::Io { act: "write", path: self.path.clone(), source })?;
        self.saved.store(present, Ordering::Release);
        Ok(())
    }
}

/// Writes the bytes beside the file, durably. The file itself stays what it is.
fn stage(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut staged = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(beside(path, ".tmp"))?;
    staged.write_all(bytes)?;
    staged.sync_all()
}

/// Puts what is staged in the place of the file, in one step, durably.
fn publish(path: &Path) -> io::Result<()> {
    std::fs::rename(beside(path, ".tmp"), path)?;
    match folder_of(path) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::world::Rules;

    fn shared(world: World) -> Arc<Mutex<World>> {
        Arc::new(Mutex::new(world))
    }

    #[test]
    fn a_write_that_was_killed_before_its_rename_leaves_the_old_state() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("deep/cloud.json");
        let (disk, held) = Disk::open(&path).expect("nobody has it");
        assert_eq!(held, None);
        let world = World::new(&Rules::default());
        let bytes = world.to_bytes();
        disk.write(&shared(world), 1).expect("the disk has room");

        stage(&path, b"{\"v\":1,\"wor").expect("the disk has room");
        drop(disk);
        let (_, held) = Disk::open(&path).expect("it was let go");
        assert_eq!(held, Some(bytes));
    }

    #[test]
    fn one_write_serves_everybody_who_waits_for_an_older_generation() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("cloud.json");
        let (disk, _) = Disk::open(&path).expect("nobody has it");
        let world = shared(World::new(&Rules::default()));
        disk.write(&world, 1).expect("the disk has room");
        std::fs::remove_file(&path).expect("it was written");
        disk.write(&world, 1).expect("there is nothing to do");
        assert!(!path.exists(), "the same generation is not written twice");
    }

    #[test]
    fn a_second_simulator_is_kept_off_until_the_first_lets_go() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("cloud.json");
        let (first, _) = Disk::open(&path).expect("nobody has it");
        assert!(matches!(Disk::open(&path), Err(DiskError::InUse { .. })));
        first.close();
        assert!(Disk::open(&path).is_ok());
        let late = first.write(&shared(World::new(&Rules::default())), 1);
        assert!(matches!(late, Err(DiskError::Closed)), "who let go writes no more");
    }
}
