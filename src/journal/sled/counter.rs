//! The tail of the journal, once more, beside the database.
//!
//! sled opens a data file that was truncated or deleted as if nothing had ever been in it, and an
//! older copy of it as if nothing had come since. So the [`Tail`] is kept twice: in the database, with
//! every group, and in a small file, after the group is durable. The file may lag behind, and is
//! never ahead, unless groups were lost.
//!
//! A program that knows form 1 and no other keeps its count of groups in a file of another name. It
//! finds none in a database of this form, and would begin anew in it. So its file holds a count that
//! no database reaches: that program says that groups are missing, and writes nothing.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::journal::sled::chain::{Digest, Link};
use crate::journal::sled::folder;
use crate::journal::sled::tail::Tail;

const NAME: &str = "tail";

/// The counter of form 1.
const OLDER: &str = "groups";

/// What stands in [`OLDER`] once the journal has this form.
const FENCE: u64 = u64::MAX;

/// A number of groups, a digest, a link and a checksum, each with a character behind it.
const LEN: usize = 21 + 33 + 17 + 17;

/// The length of an older note: a number of groups and a line feed.
const OLDER_LEN: usize = 21;

/// The file.
#[derive(Debug)]
pub(super) struct Counter(File);

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// This is the tail, or was a moment ago.
    Tail(Tail),
    /// So many groups were written, by a program that kept no more.
    Older(u64),
    /// Nothing: it is new, or was made anew, or it is damaged.
    Nothing,
}

impl Counter {
    /// Opens the counter of the folder `dir`; a new one says nothing.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        Ok(Self(folder::own_file(dir, NAME)?))
    }

    /// What is noted in the folder `dir`. The file is not made when it is not there.
    pub(super) fn read(dir: &Path) -> io::Result<Noted> {
        if let Some(bytes) = read_if_there(&dir.join(NAME))? {
            return Ok(noted(&bytes));
        }
        let older = read_if_there(&dir.join(OLDER))?;
        Ok(older.map_or(Noted::Nothing, |bytes| noted_by_older(&bytes)))
    }

    /// Puts a counter that says `tail` in the folder of a copy.
    pub(super) fn put(copy: &Path, tail: &Tail) -> io::Result<()> {
        std::fs::write(copy.join(NAME), text(tail))
    }

    /// Keeps programs that know form 1 and no other out of the folder `dir`. To be called before the
    /// first group is written; a journal that was brought up to date has a count there until then, and
    /// that keeps them out as well.
    pub(super) fn fence(dir: &Path) -> io::Result<()> {
        let older = folder::own_file(dir, OLDER)?;
        older.write_all_at(fence().as_bytes(), 0)?;
        older.set_len(OLDER_LEN as u64)?;
        older.sync_all()
    }

    /// Notes the tail anew, whatever the file said, and makes it durable: from here on it has its
    /// full length, so that a loss of power leaves one note or another, and never half of one.
    pub(super) fn begin(&self, tail: &Tail) -> io::Result<()> {
        self.write(tail)?;
        self.0.set_len(LEN as u64)?;
        self.0.sync_all()
    }

    /// Notes the tail. It is not synced: a lag does no harm, and a sync would double the cost of
    /// every group.
    pub(super) fn write(&self, tail: &Tail) -> io::Result<()> {
        // Of fixed length, so that nothing of the note before is left behind.
        self.0.write_all_at(text(tail).as_bytes(), 0)
    }
}

fn text(tail: &Tail) -> String {
    let said = said(tail);
    format!("{said} {}\n", checksum(&said))
}

fn said(tail: &Tail) -> String {
    let Tail { groups, digest: Digest(digest), link } = tail;
    format!("{groups:020} {digest:032x} {link}")
}

fn checksum(said: &str) -> Link {
    Link::START.then(&[said.as_bytes()])
}

fn fence() -> String {
    format!("{FENCE:020}\n")
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn noted(bytes: &[u8]) -> Noted {
    tail(bytes).filter(|tail| text(tail).as_bytes() == bytes).map_or(Noted::Nothing, Noted::Tail)
}

fn tail(bytes: &[u8]) -> Option<Tail> {
    let mut words = std::str::from_utf8(bytes).ok()?.split_whitespace();
    Some(Tail {
        groups: words.next()?.parse().ok()?,
        digest: Digest(u128::from_str_radix(words.next()?, 16).ok()?),
        link: Link(u64::from_str_radix(words.next()?, 16).ok()?),
    })
}

fn noted_by_older(bytes: &[u8]) -> Noted {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() == OLDER_LEN);
    match text.and_then(|text| text.trim_end().parse().ok()) {
        Some(FENCE) | None => Noted::Nothing,
        Some(groups) => Noted::Older(groups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_a_damaged_one_says_nothing() {
        let tail = Tail { groups: 7, digest: Digest(8), link: Link(9) };
        let text = text(&tail);
        assert_eq!(text.len(), LEN);
        assert_eq!(noted(text.as_bytes()), Noted::Tail(tail));
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut damaged = text.clone().into_bytes();
                damaged[place] ^= 1 << bit;
                assert_eq!(noted(&damaged), Noted::Nothing, "bit {bit} of byte {place}");
            }
            assert_eq!(noted(&text.as_bytes()[..place]), Noted::Nothing, "cut at {place}");
        }
    }

    #[test]
    fn a_note_of_form_1_is_read_and_the_fence_says_nothing_but_to_older_programs() {
        assert_eq!(noted_by_older(b"00000000000000000012\n"), Noted::Older(12));
        assert_eq!(noted_by_older(b""), Noted::Nothing);
        assert_eq!(noted_by_older(fence().as_bytes()), Noted::Nothing);
        // As a program of form 1 reads it: more groups than any database has.
        assert_eq!(fence().trim().parse(), Ok(u64::MAX));
        assert_eq!(fence().len(), OLDER_LEN);
    }
}
