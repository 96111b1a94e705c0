//! The sync that makes sled's flush durable, behind a seam so that a test can see it happen.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// sled's data file, as far as durability goes.
pub trait DataFile: Send {
    /// Returns when everything that was written to the file is on the device, past its cache.
    ///
    /// # Errors
    /// When it may not be, or when the file has no name any more: what is on the device then is found
    /// by nobody.
    fn sync_data(&self) -> io::Result<()>;
}

impl DataFile for File {
    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)?;
        // Asked after the sync, so that a removal just before it is seen, too.
        if self.metadata()?.nlink() == 0 {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the data file was deleted"));
        }
        Ok(())
    }
}

/// Opens the data file at a path beside sled.
pub type OpenDataFile = Box<dyn Fn(&Path) -> io::Result<Box<dyn DataFile>> + Send>;

/// The real file. It is opened for writing, which `fdatasync` needs on some systems.
pub fn system() -> OpenDataFile {
    Box::new(|path| Ok(Box::new(OpenOptions::new().write(true).open(path)?)))
}
