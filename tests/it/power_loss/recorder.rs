//! Turns the system calls of a program into a recording.
//!
//! It looks calls' files up in `/proc` while the calling thread stands still. A call that changes a
//! file in a way that it does not know ends the test: a recording with a hole proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::unistd::Pid;

use crate::power_loss::recording::{Call, FileId, Moment, Recording, What};
use crate::power_loss::workload::ACKNOWLEDGED;

/// A system call: its number and its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemCall {
    pub(crate) number: i64,
    pub(crate) args: [u64; 6],
}

/// Records what one program does under one folder.
pub(crate) struct Recorder {
    root: PathBuf,
    pid: Pid,
    memory: File,
    recording: Recording,
    now: Moment,
    files: usize,
    by_inode: BTreeMap<u64, FileId>,
    under_way: BTreeMap<Pid, UnderWay>,
    failed: BTreeSet<usize>,
}

/// A call that a thread is in.
enum UnderWay {
    /// It is in the recording at this place.
    Recorded(usize),
    /// It opens this path, and makes the file when it is not there.
    Creates { path: PathBuf, begun: Moment },
    /// It opens a file that is there, and empties it.
    Empties { begun: Moment },
}

/// What a file descriptor stands for.
enum Target {
    File(FileId),
    Folder(PathBuf),
    /// Nothing under the folder.
    Other,
}

impl Recorder {
    /// Records what the program `pid` does under `root`. What is there already is durable.
    pub(crate) fn new(pid: Pid, root: &Path) -> Self {
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        let mut recorder = Self {
            root: root.to_owned(),
            pid,
            memory,
            recording: Recording::default(),
            now: 0,
            files: 0,
            by_inode: BTreeMap::new(),
            under_way: BTreeMap::new(),
            failed: BTreeSet::new(),
        };
        recorder.take_as_durable(root);
        recorder.recording.start = recorder.now;
        recorder
    }

    /// A thread begins a call.
    pub(crate) fn enter(&mut self, thread: Pid, call: SystemCall) {
        let [first, second, third, fourth, ..] = call.args;
        match call.number {
            libc::SYS_write if first == 1 => self.acknowledge(&self.bytes(second, third)),
            libc::SYS_write => {
                if let Target::File(file) = self.target(first) {
                    let at = self.position(first);
                    let bytes = self.bytes(second, third);
                    self.begin(thread, What::Write { file, at, bytes });
                }
            }
            libc::SYS_pwrite64 => {
                if let Target::File(file) = self.target(first) {
                    let bytes = self.bytes(second, third);
                    self.begin(thread, What::Write { file, at: size(fourth), bytes });
                }
            }
            libc::SYS_ftruncate => {
                if let Target::File(file) = self.target(first) {
                    self.begin(thread, What::Resize { file, len: size(second) });
                }
            }
            libc::SYS_fsync | libc::SYS_fdatasync => match self.target(first) {
                Target::File(file) => self.begin(thread, What::Sync { file }),
                Target::Folder(folder) => self.begin(thread, What::SyncNames { folder }),
                Target::Other => {}
            },
            // It leaves what it wrote in the device's cache.
            libc::SYS_sync_file_range => {}
            libc::SYS_openat => self.open(thread, first, second, third),
            libc::SYS_renameat | libc::SYS_renameat2 => {
                self.rename(thread, (first, second), (third, fourth));
            }
            libc::SYS_unlinkat => self.remove(thread, first, second),
            libc::SYS_mkdirat => self.make_folder(thread, first, second),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => self.open(thread, HERE, first, second),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_rename => self.rename(thread, (HERE, first), (HERE, second)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_unlink => self.remove(thread, HERE, first),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_mkdir => self.make_folder(thread, HERE, first),
            libc::SYS_mmap => {
                let writes = has(third, libc::PROT_WRITE) && has(fourth, libc::MAP_SHARED);
                let file = call.args[4];
                assert!(
                    !writes || matches!(self.target(file), Target::Other),
                    "the recorder does not see what is written to a mapped file"
                );
            }
            libc::SYS_writev
            | libc::SYS_pwritev
            | libc::SYS_pwritev2
            | libc::SYS_fallocate
            | libc::SYS_syncfs
            | libc::SYS_sendfile => {
                assert!(
                    matches!(self.target(first), Target::Other),
                    "the recorder does not know what {call:?} does to a file"
                );
            }
            libc::SYS_copy_file_range | libc::SYS_splice => {
                assert!(
                    matches!(self.target(third), Target::Other),
                    "the recorder does not know what {call:?} does to a file"
                );
            }
            libc::SYS_io_uring_setup => panic!("the recorder does not see what io_uring writes"),
            // Reads, waits, and what is none of the files' business.
            _ => {}
        }
    }

    /// A thread's call returns.
    pub(crate) fn leave(&mut self, thread: Pid, result: i64) {
        let Some(under_way) = self.under_way.remove(&thread) else { return };
        match under_way {
            UnderWay::Recorded(number) if result < 0 => drop(self.failed.insert(number)),
            UnderWay::Recorded(number) => {
                let call = &mut self.recording.calls[number];
                call.ended = Some(self.now);
                if let What::Write { bytes, .. } = &mut call.what {
                    bytes.truncate(size(result.cast_unsigned()));
                }
            }
            UnderWay::Creates { .. } | UnderWay::Empties { .. } if result < 0 => {}
            UnderWay::Creates { path, begun } => {
                let inode = fs::metadata(self.descriptor(result.cast_unsigned())).unwrap().ino();
                let file = self.new_file(inode);
                let name = self.relative(&path).expect("it was asked before");
                self.record(begun, Some(self.now), What::MakeFile { name, file });
            }
            UnderWay::Empties { begun } => {
                if let Target::File(file) = self.target(result.cast_unsigned()) {
                    self.record(begun, Some(self.now), What::Resize { file, len: 0 });
                }
            }
        }
        self.now += 1;
    }

    /// The program has ended.
    pub(crate) fn finish(mut self) -> Recording {
        self.recording.forget(&self.failed);
        // What opens a file is known by its end, and stands in the order of its beginning.
        self.recording.calls.sort_by_key(|call| call.begun);
        self.recording.end = self.now;
        self.recording
    }

    fn open(&mut self, thread: Pid, folder: u64, path: u64, flags: u64) {
        let path = self.path(folder, path);
        if self.relative(&path).is_none() {
            return;
        }
        assert!(!has(flags, libc::O_DSYNC), "the recorder knows no writes that sync");
        let begun = self.now;
        let under_way = match (path.exists(), has(flags, libc::O_TRUNC)) {
            (false, _) if has(flags, libc::O_CREAT) => UnderWay::Creates { path, begun },
            (true, true) => UnderWay::Empties { begun },
            (true | false, _) => return,
        };
        self.now += 1;
        self.under_way.insert(thread, under_way);
    }

    fn rename(&mut self, thread: Pid, from: (u64, u64), to: (u64, u64)) {
        let [from, to] = [from, to].map(|(folder, path)| self.relative(&self.path(folder, path)));
        match (from, to) {
            (Some(from), Some(to)) => self.begin(thread, What::Rename { from, to }),
            (None, None) => {}
            (Some(name), None) | (None, Some(name)) => {
                panic!("the recorder does not follow `{}` across the folder", name.display())
            }
        }
    }

    fn remove(&mut self, thread: Pid, folder: u64, path: u64) {
        if let Some(name) = self.relative(&self.path(folder, path)) {
            self.begin(thread, What::Remove { name });
        }
    }

    fn make_folder(&mut self, thread: Pid, folder: u64, path: u64) {
        if let Some(name) = self.relative(&self.path(folder, path)) {
            self.begin(thread, What::MakeFolder { name });
        }
    }

    fn acknowledge(&mut self, written: &[u8]) {
        for line in String::from_utf8_lossy(written).lines() {
            let Some(numbers) = line.strip_prefix(ACKNOWLEDGED) else { continue };
            let mut numbers = numbers.split_whitespace().map(|number| number.parse().unwrap());
            let (saga, groups) = (numbers.next().unwrap(), numbers.next().unwrap());
            self.record(self.now, None, What::Acknowledge { saga, groups });
            self.now += 1;
        }
    }

    fn begin(&mut self, thread: Pid, what: What) {
        self.under_way.insert(thread, UnderWay::Recorded(self.recording.calls.len()));
        self.record(self.now, None, what);
        self.now += 1;
    }

    fn record(&mut self, begun: Moment, ended: Option<Moment>, what: What) {
        self.recording.calls.push(Call { begun, ended, what });
    }

    fn take_as_durable(&mut self, folder: &Path) {
        for item in fs::read_dir(folder).unwrap() {
            let item = item.unwrap();
            let name = self.relative(&item.path()).expect("it is under the root");
            if item.file_type().unwrap().is_dir() {
                self.done(What::MakeFolder { name });
                self.take_as_durable(&item.path());
            } else {
                let file = self.new_file(item.metadata().unwrap().ino());
                self.done(What::MakeFile { name, file });
                self.done(What::Write { file, at: 0, bytes: fs::read(item.path()).unwrap() });
                self.done(What::Sync { file });
            }
        }
        let folder = self.relative(folder).expect("it is under the root");
        self.done(What::SyncNames { folder });
    }

    fn done(&mut self, what: What) {
        self.record(self.now, Some(self.now + 1), what);
        self.now += 2;
    }

    fn new_file(&mut self, inode: u64) -> FileId {
        self.files += 1;
        // A number that was free is used again for another file.
        self.by_inode.insert(inode, self.files);
        self.files
    }

    fn target(&self, descriptor: u64) -> Target {
        let link = self.descriptor(descriptor);
        let Some(name) = fs::read_link(&link).ok().and_then(|path| self.relative(&path)) else {
            return Target::Other;
        };
        let metadata = fs::metadata(&link).unwrap();
        if metadata.is_dir() {
            return Target::Folder(name);
        }
        let file = self.by_inode.get(&metadata.ino());
        Target::File(*file.unwrap_or_else(|| panic!("nobody saw `{}` made", name.display())))
    }

    fn descriptor(&self, descriptor: u64) -> PathBuf {
        format!("/proc/{}/fd/{}", self.pid, descriptor & 0xffff_ffff).into()
    }

    /// Where the next write through a descriptor goes.
    fn position(&self, descriptor: u64) -> usize {
        let path = format!("/proc/{}/fdinfo/{}", self.pid, descriptor & 0xffff_ffff);
        let text = fs::read_to_string(path).unwrap();
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            value.trim().to_owned()
        };
        let flags = i32::from_str_radix(&field("flags:"), 8).unwrap();
        if flags & libc::O_APPEND != 0 {
            return size(fs::metadata(self.descriptor(descriptor)).unwrap().len());
        }
        field("pos:").parse().unwrap()
    }

    fn path(&self, folder: u64, address: u64) -> PathBuf {
        let mut bytes = Vec::new();
        while !bytes.contains(&0) {
            let mut chunk = [0; 64];
            let read = self.memory.read_at(&mut chunk, address + bytes.len() as u64).unwrap();
            bytes.extend_from_slice(&chunk[..read]);
        }
        let end = bytes.iter().position(|byte| *byte == 0).unwrap();
        let path = PathBuf::from(String::from_utf8_lossy(&bytes[..end]).into_owned());
        if path.is_absolute() {
            return path;
        }
        let at = if folder & 0xffff_ffff == HERE {
            PathBuf::from(format!("/proc/{}/cwd", self.pid))
        } else {
            self.descriptor(folder)
        };
        fs::read_link(at).unwrap().join(path)
    }

    fn relative(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn bytes(&self, address: u64, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; size(len)];
        self.memory.read_exact_at(&mut bytes, address).unwrap();
        bytes
    }
}

/// `AT_FDCWD`, as it stands in the lower half of an argument.
const HERE: u64 = libc::AT_FDCWD.cast_unsigned() as u64;

fn has(argument: u64, bits: i32) -> bool {
    let bits = u64::from(bits.cast_unsigned());
    argument & bits == bits
}

fn size(number: u64) -> usize {
    usize::try_from(number).expect("sizes fit")
}
