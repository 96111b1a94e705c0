//! The tail of the journal, once more, beside the database.
//!
//! sled opens a data file that was truncated or deleted as if nothing had ever been in it, and an
//! older copy of it as if nothing had come since. So the [`Tail`] is kept twice: in the database, with
//! every group, and in a small file, after the group is durable. The file may lag behind, and is
//! never ahead, unless groups were lost.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::journal::sled::chain::{Digest, Link};
use crate::journal::sled::folder;
use crate::journal::sled::tail::Tail;

const NAME: &str = "groups";

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

    /// What the file of the folder `dir` says. The file is not made when it is not there.
    pub(super) fn read(dir: &Path) -> io::Result<Noted> {
        match std::fs::read(dir.join(NAME)) {
            Ok(bytes) => Ok(noted(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Noted::Nothing),
            Err(error) => Err(error),
        }
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

fn noted(bytes: &[u8]) -> Noted {
    let Ok(text) = std::str::from_utf8(bytes) else { return Noted::Nothing };
    let mut words = text.split_whitespace();
    let mut number = |radix| u128::from_str_radix(words.next()?, radix).ok();
    let Some(groups) = number(10).and_then(|groups| u64::try_from(groups).ok()) else {
        return Noted::Nothing;
    };
    let Some(digest) = number(16) else {
        return if bytes.len() == OLDER_LEN { Noted::Older(groups) } else { Noted::Nothing };
    };
    let Some(link) = number(16).and_then(|link| u64::try_from(link).ok()) else {
        return Noted::Nothing;
    };
    let tail = Tail { groups, digest: Digest(digest), link: Link(link) };
    if self::text(&tail).as_bytes() == bytes { Noted::Tail(tail) } else { Noted::Nothing }
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
            if place > 22 {
                assert_eq!(noted(&text.as_bytes()[..place]), Noted::Nothing, "cut at {place}");
            }
        }
        assert_eq!(noted(b"00000000000000000012\n"), Noted::Older(12));
        assert_eq!(noted(b""), Noted::Nothing);
    }
}
