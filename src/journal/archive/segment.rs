//! The files of an archive, and reading one of them from end to end.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::journal::archive::line::{self, End, FORMAT, Header, Line, Record, Sum};
use crate::journal::archive::{ArchiveError, Damage};
use crate::journal::sled::integrity::Witness;

/// What a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Everything that matters of what came before a group.
    Base,
    /// Groups as they were committed.
    Log,
}

/// A file of an archive. They sort as they are to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    /// The first group of a log; for a base, the group that follows it.
    pub(super) first: u64,
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
}

impl Segment {
    /// The segment that begins with this group.
    pub(super) fn new(dir: &Path, first: u64, kind: Kind) -> Self {
        let suffix = match kind {
            Kind::Base => BASE,
            Kind::Log => LOG,
        };
        Self { first, kind, path: dir.join(format!("{first:020}{suffix}")) }
    }

    /// The name of the file.
    pub(super) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (digits, kind) = match name.strip_suffix(BASE) {
            Some(digits) => (digits, Kind::Base),
            None => (name.strip_suffix(LOG)?, Kind::Log),
        };
        Some(Self { first: digits.parse().ok()?, kind, path })
    }
}

/// A file that is not a segment yet ends so.
pub(super) const UNFINISHED: &str = ".new";

const BASE: &str = ".base.jsonl";
const LOG: &str = ".jsonl";

/// The segments in the folder, in the order in which they are to be read. A folder that is not there
/// holds none.
pub(super) fn list(dir: &Path) -> Result<Vec<Segment>, ArchiveError> {
    let items = match fs::read_dir(dir) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ArchiveError::read(dir, told(dir, error))),
    };
    let mut segments = Vec::new();
    for item in items {
        let item = item.map_err(|error| ArchiveError::read(dir, error))?;
        let Some(segment) = Segment::of(item.path()) else { continue };
        // To open a named pipe is to wait for ever.
        match fs::metadata(&segment.path) {
            Ok(metadata) if metadata.is_file() => segments.push(segment),
            Ok(_) => {
                let error =
                    io::Error::new(io::ErrorKind::InvalidData, "it is no file; move it away");
                return Err(ArchiveError::read(&segment.path, error));
            }
            // Another process has just let go of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(ArchiveError::read(&segment.path, error)),
        }
    }
    segments.sort();
    Ok(segments)
}

/// An error of the folder, in words that help when something else stands in its place.
pub(super) fn told(dir: &Path, error: io::Error) -> io::Error {
    if fs::symlink_metadata(dir).is_ok() && !dir.is_dir() {
        let what = "what stands there is no folder; move it away, and the next start makes it anew";
        return io::Error::new(io::ErrorKind::NotADirectory, what);
    }
    error
}

/// A place after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Bytes before it.
    pub(super) len: u64,
    /// The last group before it, if there is one in the segment.
    pub(super) newest: Option<Witness>,
    /// The sum of the line before it.
    pub(super) sum: Sum,
}

/// What was found in a segment.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) header: Option<Header>,
    pub(super) end: Option<End>,
    pub(super) records: u64,
    /// After the last whole group, or after the header.
    pub(super) whole: Mark,
    /// The sum of the last intact line.
    pub(super) last: Sum,
    /// Damage with intact lines behind it.
    pub(super) damages: Vec<Damage>,
    /// Damage with nothing behind it: what a write leaves that was cut short.
    pub(super) torn: Option<Damage>,
}

impl Found {
    /// The newest group that is in this segment, or before it.
    pub(super) fn newest(&self) -> Option<Witness> {
        let before = self.header.as_ref().and_then(Header::before);
        match &self.end {
            // What is carried over is older than what the base stands for.
            Some(_) => before,
            // A new segment may have its first line and no more.
            None => self.whole.newest.or(before),
        }
    }
}

/// Reads a segment from end to end, and shows every intact record with the number of its line.
///
/// # Errors
/// When the file cannot be read, or was written by a newer program.
pub(super) fn read(
    path: &Path,
    mut visit: impl FnMut(u64, &Record<'_>) -> Result<(), ArchiveError>,
) -> Result<Found, ArchiveError> {
    let failed = |error| ArchiveError::read(path, error);
    let mut file = BufReader::with_capacity(READ_AHEAD, File::open(path).map_err(failed)?);
    let mut found = Found::default();
    let mut bad = Vec::new();
    let mut bytes = Vec::new();
    let (mut number, mut len) = (0, 0);
    loop {
        bytes.clear();
        let taken = file.read_until(b'\n', &mut bytes).map_err(failed)?;
        if taken == 0 {
            break;
        }
        number += 1;
        len += taken as u64;
        let damage = |what: &str| Damage { path: path.to_owned(), line: number, what: what.into() };
        let line = bytes.strip_suffix(b"\n").ok_or("is cut short").and_then(line::read);
        let (line, sum) = match line {
            Ok(line) => line,
            Err(what) => {
                bad.push(damage(what));
                continue;
            }
        };
        let after_damage = !bad.is_empty();
        found.damages.append(&mut bad);
        let is_next = |prev| number == 1 || after_damage || prev == found.last;
        let whole = match line {
            Line::Header(header) if number == 1 => {
                if header.archive > FORMAT {
                    return Err(ArchiveError::newer(path, header.archive));
                }
                found.header = Some(header);
                Some(None)
            }
            Line::Header(_) => {
                found.damages.push(damage("is the beginning of a file, in the middle of one"));
                None
            }
            Line::Record(record) => {
                if !is_next(record.prev) {
                    found.damages.push(damage("does not follow the line before: some are missing"));
                }
                visit(number, &record)?;
                found.records += 1;
                (record.part + 1 == record.of).then(|| Some(record.newest()))
            }
            Line::End(end) => {
                if !is_next(end.prev) {
                    found.damages.push(damage("does not follow the line before: some are missing"));
                }
                found.end = Some(end);
                None
            }
        };
        found.last = sum;
        if let Some(newest) = whole {
            found.whole = Mark { len, newest, sum };
        }
    }
    found.torn = bad.into_iter().next();
    Ok(found)
}

/// The first line alone.
pub(super) fn header(path: &Path) -> Result<Option<Header>, ArchiveError> {
    let failed = |error| ArchiveError::read(path, error);
    let mut bytes = Vec::new();
    BufReader::new(File::open(path).map_err(failed)?)
        .read_until(b'\n', &mut bytes)
        .map_err(failed)?;
    match bytes.strip_suffix(b"\n").map(line::read) {
        Some(Ok((Line::Header(header), _))) if header.archive > FORMAT => {
            Err(ArchiveError::newer(path, header.archive))
        }
        Some(Ok((Line::Header(header), _))) => Ok(Some(header)),
        Some(Ok((Line::Record(_) | Line::End(_), _)) | Err(_)) | None => Ok(None),
    }
}

/// The last line alone, if it is the end of a base.
pub(super) fn end(path: &Path) -> Result<Option<End>, ArchiveError> {
    let failed = |error| ArchiveError::read(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let mut taken = END_FIRST;
    loop {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(len.saturating_sub(taken)))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(failed)?;
        let Some(lines) = bytes.strip_suffix(b"\n") else { return Ok(None) };
        let last = match lines.iter().rposition(|byte| *byte == b'\n') {
            Some(before) => &lines[before + 1..],
            None if taken >= len => lines,
            // It names many sagas.
            None => {
                taken *= 2;
                continue;
            }
        };
        return Ok(match line::read(last) {
            Ok((Line::End(end), _)) => Some(end),
            Ok((Line::Header(_) | Line::Record(_), _)) | Err(_) => None,
        });
    }
}

/// How much is read of the end of a base at first: its last line, unless that names many sagas.
const END_FIRST: u64 = 4 * 1024;

const READ_AHEAD: usize = 256 * 1024;
