//! A session, taken down while it goes on and read again later: JSON, one line for what the session
//! begins with and one for each message that reached the screen.
//!
//! - The first line carries the version of the form. Another version is refused: a session that is shown
//!   otherwise than it was is worse than none. Within a version, fields may be added if they may be
//!   missing.
//! - Facts, rows and log lines have the written form of the journal, with its own versions.
//! - No secret that is known gets in, and no user data. What somebody typed or pasted is there as he typed
//!   it, in the reason for an act as well.
//! - A last line that was cut is left out: a crash may have cut it. Any other damage is an error.

use std::path::PathBuf;

mod answer;
mod catalogue;
mod facts;
mod file;
mod message;
mod recorder;
mod start;
mod views;

pub use file::{create, read};
pub use recorder::{Outcome, Recorder};

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// The longest line that is written and read, in bytes: a picture of some hundred thousand deployments.
const LONGEST_LINE: usize = 256 * 1024 * 1024;

/// The longest first line, in bytes: a draft and a few words.
const LONGEST_START: usize = 1024 * 1024;

/// A recording could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is a file of that name.
    #[error("`{}` is there already; a recording never replaces a file", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// The file cannot be made.
    #[error("the recording `{}` cannot be made", path.display())]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("the recording `{}` cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It does not begin as a recording does.
    #[error("`{}` is no recording of a session", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// Another program wrote it.
    #[error("`{}` has version {found} of the form, and this program knows {VERSION}", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A line makes no sense.
    #[error("line {line} of `{}` makes no sense: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from one.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a part of a line makes no sense for.
type Reason = String;
