//! The tail of the journal: how much was ever written, and what vouches for all of it.
//!
//! It is a value in `meta` that changes with every group, and stands in a file beside the database
//! ([`counter`]) as well: what the database says of itself is worth nothing when an older copy of it
//! was put in its place, or when sled took its end for torn and dropped it.
//!
//! [`counter`]: crate::journal::sled::counter

use crate::journal::sled::chain::{Digest, Link};
use crate::journal::sled::commits::GroupNumber;
use crate::journal::sled::integrity::Witness;

/// The form of the database that this program writes. Form 1 had no heads and no tail but the bare
/// number of groups; it is brought up to date when it is opened.
pub(super) const FORM: u32 = 2;

/// How much was ever written, and what vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tail {
    /// How many groups were ever written.
    pub(super) groups: u64,
    /// Over the heads of all sagas.
    pub(super) digest: Digest,
    /// The link of the last commit.
    pub(super) link: Link,
}

/// What stands where the tail should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A tail.
    Tail(Tail),
    /// The number of groups alone, as form 1 has it.
    Older(u64),
    /// A form that this program does not know.
    Newer(u32),
    /// Nothing that makes sense.
    Nonsense,
}

impl Tail {
    /// The tail of a journal without sagas whose groups go on after this one.
    pub(super) fn after(Witness { group, link }: Witness) -> Self {
        Self { groups: group.0, link, digest: Digest::default() }
    }

    /// The last group; `None` before the first.
    pub(super) fn witness(self) -> Option<Witness> {
        let Self { groups, link, digest: _ } = self;
        (groups > 0).then_some(Witness { group: GroupNumber(groups), link })
    }

    /// Its written form: the form of the database, groups, digest and link.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        [
            &FORM.to_be_bytes()[..],
            &self.groups.to_be_bytes(),
            &self.digest.0.to_be_bytes(),
            &self.link.0.to_be_bytes(),
        ]
        .concat()
    }
}

impl Found {
    /// The tail, if it is one of this form.
    pub(super) fn tail(self) -> Option<Tail> {
        match self {
            Self::Tail(tail) => Some(tail),
            Self::Older(_) | Self::Newer(_) | Self::Nonsense => None,
        }
    }

    /// What these bytes hold.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        if let Ok(groups) = bytes.try_into() {
            return Self::Older(u64::from_be_bytes(groups));
        }
        let Some((form, rest)) = bytes.split_first_chunk() else { return Self::Nonsense };
        match u32::from_be_bytes(*form) {
            FORM => tail(rest).map_or(Self::Nonsense, Self::Tail),
            form if form > FORM => Self::Newer(form),
            _ => Self::Nonsense,
        }
    }
}

fn tail(bytes: &[u8]) -> Option<Tail> {
    let (groups, rest) = bytes.split_first_chunk()?;
    let (digest, link) = rest.split_first_chunk()?;
    Some(Tail {
        groups: u64::from_be_bytes(*groups),
        digest: Digest(u128::from_be_bytes(*digest)),
        link: Link(u64::from_be_bytes(link.try_into().ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_told_from_the_others() {
        let tail = Tail { groups: 7, digest: Digest(8), link: Link(9) };
        let bytes = tail.to_bytes();
        assert_eq!(Found::from_bytes(&bytes), Found::Tail(tail));
        assert_eq!(Found::from_bytes(&12_u64.to_be_bytes()), Found::Older(12));
        assert_eq!(Found::from_bytes(&3_u32.to_be_bytes()), Found::Newer(3));
        for nonsense in [&b""[..], b"abc", &bytes[..20], &[0; 36]] {
            assert_eq!(Found::from_bytes(nonsense), Found::Nonsense);
        }
    }
}
