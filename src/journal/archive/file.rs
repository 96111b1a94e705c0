//! The file that is written, behind a seam so that a test can see its syncs and fail its writes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// A segment that is written.
pub trait SegmentFile: Send + Sync {
    /// Writes all of the bytes at this place.
    ///
    /// # Errors
    /// When not all of them are written.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Cuts off what stands behind this place.
    ///
    /// # Errors
    /// When it is still there.
    fn cut(&self, len: u64) -> io::Result<()>;

    /// Returns when everything that was written is on the device, past its cache.
    ///
    /// # Errors
    /// When it may not be.
    fn sync(&self) -> io::Result<()>;
}

impl SegmentFile for File {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.write_all_at(bytes, at)
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        // The length is data as well: without it nothing that was appended is found again.
        self.sync_data()
    }
}

/// Opens a segment for writing, and makes it if it is not there, readable by its owner only.
pub type OpenSegmentFile = Box<dyn Fn(&Path) -> io::Result<Box<dyn SegmentFile>> + Send + Sync>;

/// The real file.
pub fn system() -> OpenSegmentFile {
    Box::new(|path| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        Ok(Box::new(options.open(path)?))
    })
}
