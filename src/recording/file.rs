//! The file of a recording: made for its owner alone, and read whole before anything is shown.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::recording::message::MsgRecord;
use crate::recording::start::{StartRecord, Version};
use crate::recording::{LONGEST_LINE, LONGEST_START, RecordingError, VERSION};
use crate::tui::msg::Msg;
use crate::tui::replay::Script;
use crate::tui::tape::Start;

/// Makes the file. One that is there already is left as it is.
///
/// # Errors
/// When there is one, or none can be made.
pub fn create(path: &Path) -> Result<File, RecordingError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::AlreadyExists {
            RecordingError::Exists { path }
        } else {
            RecordingError::Create { path, source }
        }
    })
}

/// Reads a session.
///
/// # Errors
/// When the file cannot be read, is no recording, or is damaged anywhere but in a last line that was cut.
pub fn read(path: &Path) -> Result<Script, RecordingError> {
    let unread = |source| RecordingError::Read { path: path.to_owned(), source };
    let mut lines = Lines { reader: BufReader::new(File::open(path).map_err(unread)?), number: 0 };
    let (first, _) = lines.next(LONGEST_START).map_err(unread)?.unwrap_or_default();
    let start = begin(path, &first)?;
    let mut msgs = Vec::new();
    while let Some((line, ending)) = lines.next(LONGEST_LINE).map_err(unread)? {
        let record = serde_json::from_slice::<MsgRecord>(&line).map_err(|error| error.to_string());
        match record.and_then(Msg::try_from) {
            Ok(msg) => msgs.push(msg),
            Err(_) if ending == Ending::Cut => {}
            Err(reason) => {
                let reason = match ending {
                    Ending::Whole | Ending::Cut => reason,
                    Ending::Beyond => format!("it is longer than {LONGEST_LINE} bytes"),
                };
                let (path, line) = (path.to_owned(), lines.number);
                return Err(RecordingError::Damaged { path, line, reason });
            }
        }
    }
    Ok(Script { start, msgs })
}

fn begin(path: &Path, line: &[u8]) -> Result<Start, RecordingError> {
    let path = path.to_owned();
    let Ok(version) = serde_json::from_slice::<Version>(line) else {
        return Err(RecordingError::Foreign { path });
    };
    let found = version.arcadia_recording;
    if found != VERSION {
        return Err(RecordingError::Version { path, found });
    }
    match serde_json::from_slice::<StartRecord>(line) {
        Ok(record) => Ok(record.into()),
        Err(error) => Err(RecordingError::Damaged { path, line: 1, reason: error.to_string() }),
    }
}

struct Lines {
    reader: BufReader<File>,
    /// The number of the line that was read last, counted from one.
    number: usize,
}

/// Whether a line has its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Ending {
    /// It has.
    #[default]
    Whole,
    /// It is the last one, and may have been cut.
    Cut,
    /// It goes on beyond the longest that is read.
    Beyond,
}

impl Lines {
    /// The next line, as far as it is not too long: a path given by mistake may name anything.
    fn next(&mut self, longest: usize) -> io::Result<Option<(Vec<u8>, Ending)>> {
        let mut line = Vec::new();
        let mut bounded = self.reader.by_ref().take(longest as u64);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let ending = match line.last() {
            Some(b'\n') => Ending::Whole,
            Some(_) | None if line.len() == longest => Ending::Beyond,
            Some(_) | None => Ending::Cut,
        };
        Ok(Some((line, ending)))
    }
}
