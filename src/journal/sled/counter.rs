//! A counter of written groups beside the database.
//!
//! sled opens a data file that was truncated or deleted as if nothing had ever been in it. So the
//! number of groups is kept twice: in the database, with every group, and in a small file, after the
//! group is durable. The file may lag behind, and is never ahead, unless groups were lost.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::journal::sled::folder;

const NAME: &str = "groups";

/// Twenty digits and a line feed.
const LEN: u64 = 21;

/// The file with the counter.
#[derive(Debug)]
pub(super) struct Counter(File);

impl Counter {
    /// Opens the counter of the folder `dir`; a new one says zero.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        Ok(Self(folder::own_file(dir, NAME)?))
    }

    /// The count as the file has it. A file that says no number was cut by a loss of power while it
    /// was new, and says nothing about the database.
    pub(super) fn read(&mut self) -> io::Result<u64> {
        let mut text = String::new();
        // Not an error either: the database is checked by it, and not the other way round.
        if let Err(error) = self.0.read_to_string(&mut text)
            && error.kind() != io::ErrorKind::InvalidData
        {
            return Err(error);
        }
        Ok(text.trim().parse().unwrap_or(0))
    }

    /// Notes the count anew, whatever the file said.
    pub(super) fn begin(&self, groups: u64) -> io::Result<()> {
        self.write(groups)?;
        self.0.set_len(LEN)
    }

    /// Notes the count. It is not synced: a lag does no harm, and a sync would double the cost of
    /// every group.
    pub(super) fn write(&self, groups: u64) -> io::Result<()> {
        // Of fixed length, so that nothing of the number before is left behind.
        self.0.write_all_at(format!("{groups:020}\n").as_bytes(), 0)
    }
}
