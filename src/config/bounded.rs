//! Reading a file that somebody named: a path given by mistake may name anything, so it is read neither
//! without end nor for ever.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// The longest file that is read, in bytes: many times the longest that makes sense.
const FILE_LIMIT: u64 = 1024 * 1024;

/// How long a pipe may take: `--config <(…)` names one, and one that nobody writes to never ends.
const FILE_PATIENCE: Duration = Duration::from_secs(5);

/// What stands in a file that nobody names on the command line: who starts the program must not wait for
/// whoever writes to a pipe.
///
/// # Errors
/// When it cannot be read, is too long, or is no regular file.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    read_bounded(path)
}

/// What stands in a file, or comes out of a pipe.
///
/// # Errors
/// When it cannot be read, is too long, or nothing comes.
pub(crate) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let patience = Timespec::try_from(FILE_PATIENCE).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    loop {
        let room = (FILE_LIMIT + 1).saturating_sub(bytes.len() as u64);
        match file.by_ref().take(room).read_to_end(&mut bytes) {
            // A pipe without a writer seems to be at its end before it began.
            Ok(_) if bytes.is_empty() && file.metadata()?.file_type().is_fifo() => {}
            Ok(_) if bytes.len() as u64 > FILE_LIMIT => {
                return Err(io::Error::other(format!("it is longer than {FILE_LIMIT} bytes")));
            }
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let mut awaited = [PollFd::new(&file, PollFlags::IN)];
        if poll(&mut awaited, Some(&patience))? == 0 {
            let words = format!("nothing came from it within {} s", FILE_PATIENCE.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, words));
        }
        if bytes.is_empty() && !awaited[0].revents().contains(PollFlags::IN) {
            return Err(io::Error::other("whoever wrote to it ended without a word"));
        }
    }
}
