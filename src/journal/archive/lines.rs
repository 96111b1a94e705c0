//! Lines judged without a file: the same code that reads a segment, for a fuzzer to feed.

use crate::journal::archive::Archived;
use crate::journal::archive::line::{self, Line};

/// Vouches for the beginning of a line, as whoever forges one would.
pub fn seal(beginning: &[u8]) -> Vec<u8> {
    line::seal(beginning)
}

/// What a line says, written again; nothing when it is no line. Of a record only if what it holds
/// makes sense.
pub fn rewrite(bytes: &[u8]) -> Option<Vec<u8>> {
    let (text, _) = match line::read(bytes).ok()? {
        (Line::Record(record), _) => {
            let place = (record.part, record.of);
            line::record(record.prev, record.newest(), place, &record.read().ok()?)
        }
        (line @ (Line::Header(_) | Line::End(_)), _) => line::sealed(&line),
    };
    Some(text.into_bytes())
}

/// What a line holds, if it is a record that makes sense.
pub fn archived(bytes: &[u8]) -> Option<Archived> {
    match line::read(bytes).ok()? {
        (Line::Record(record), _) => record.read().ok(),
        (Line::Header(_) | Line::End(_), _) => None,
    }
}
