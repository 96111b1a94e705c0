//! A look at the data folder: metadata only, nothing is opened and nothing is made.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use rustix::io::Errno;

use crate::doctor::folder::{FileSystem, FolderState, Ground, LogFacts, Reading, Writing};

/// How many open things are named; the rest is counted.
const NAMED: usize = 5;

/// Looks at the folder.
pub(super) fn look(folder: &Path) -> FolderState {
    let metadata = match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => return FolderState::Unusable { why: "it is no folder".to_owned() },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return FolderState::Missing,
        Err(error) => return FolderState::Unusable { why: error.to_string() },
    };
    let mut loose = Vec::new();
    // What is inside a closed folder is closed; but a copy of it keeps the modes, and not the folder's.
    for inside in ["", "journal", "logs", "archive"] {
        collect_loose(&folder.join(inside), folder, &mut loose);
    }
    let loose_more = loose.len().saturating_sub(NAMED);
    loose.truncate(NAMED);
    let space = statvfs(folder).ok();
    FolderState::There(Box::new(Ground {
        owner: metadata.uid(),
        user: rustix::process::geteuid().as_raw(),
        mode: metadata.mode() & 0o7777,
        reading: reading(folder),
        writing: writing(folder),
        free: space.map(|space| space.f_bavail.saturating_mul(space.f_frsize)),
        filesystem: filesystem(folder),
        loose,
        loose_more,
        logs: files(&folder.join("logs")),
        archive: files(&folder.join("archive")),
    }))
}

/// Adds what others may read or write in the folder `inside`.
fn collect_loose(inside: &Path, root: &Path, loose: &mut Vec<(String, u32)>) {
    let Ok(items) = fs::read_dir(inside) else { return };
    let mut found: Vec<_> = items
        .filter_map(|item| {
            let path = item.ok()?.path();
            let metadata = fs::symlink_metadata(&path).ok().filter(|all| !all.is_symlink())?;
            let mode = metadata.mode() & 0o7777;
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            (mode & 0o077 != 0).then_some((name, mode))
        })
        .collect();
    found.sort();
    loose.extend(found);
}

/// Whether the folder can be looked into, and what is in it.
fn reading(folder: &Path) -> Reading {
    let is_closed = |folder: &Path| match access(folder, Access::READ_OK | Access::EXEC_OK) {
        Ok(()) => false,
        Err(error) => error != Errno::NOENT,
    };
    let journal = folder.join("journal");
    let is_locked_away = |file: &str| match access(journal.join(file), Access::READ_OK) {
        Ok(()) => false,
        Err(error) => error == Errno::ACCESS,
    };
    if is_closed(folder) || is_closed(&journal) || is_locked_away("db") || is_locked_away("lock") {
        Reading::Refused
    } else {
        Reading::Allowed
    }
}

fn writing(folder: &Path) -> Writing {
    let flags = statvfs(folder).map(|space| space.f_flag);
    if flags.is_ok_and(|flags| flags.contains(StatVfsMountFlags::RDONLY)) {
        return Writing::ReadOnly;
    }
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Writing::Allowed,
        Err(_) => Writing::Refused,
    }
}

/// The files of a folder; nothing when it is not there.
fn files(folder: &Path) -> Option<LogFacts> {
    let items = fs::read_dir(folder);
    if matches!(&items, Err(error) if error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    let sizes: Vec<u64> = items
        .into_iter()
        .flatten()
        .filter_map(|item| item.ok()?.metadata().ok().map(|metadata| metadata.len()))
        .collect();
    Some(LogFacts { files: sizes.len(), bytes: sizes.iter().sum(), writing: writing(folder) })
}

/// The kind of file system, by the magic numbers of Linux (statfs(2)).
#[cfg(target_os = "linux")]
fn filesystem(folder: &Path) -> FileSystem {
    let Ok(found) = rustix::fs::statfs(folder) else { return FileSystem::Unknown };
    // The field is signed on some architectures and narrower on others; the numbers have 32 bits.
    match found.f_type & 0xffff_ffff {
        0x0102_1994 => FileSystem::Memory("tmpfs"),
        0x8584_58f6 => FileSystem::Memory("ramfs"),
        0x0000_6969 => FileSystem::Remote("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x0000_517b => FileSystem::Remote("SMB"),
        0x00c3_6400 => FileSystem::Remote("Ceph"),
        0x0102_1997 => FileSystem::Remote("9P"),
        0x6573_5546 => FileSystem::Remote("FUSE"),
        0x5346_414f => FileSystem::Remote("AFS"),
        0x794c_7630 => FileSystem::Layer("overlayfs"),
        _ => FileSystem::Local,
    }
}

#[cfg(not(target_os = "linux"))]
fn filesystem(_folder: &Path) -> FileSystem {
    FileSystem::Unknown
}
