//! Checksums that hold what is written together.
//!
//! Each record of a saga carries a [`Link`]: the checksum of itself and of the link before it. So a
//! record that is damaged, missing, stale or out of place breaks the chain, and the last link of a
//! chain vouches for all of it. The [`Digest`] does the same for a set without an order.
//!
//! Both are XXH3, whose form is fixed for good: 64 bits miss one damage in 10^19, and a gigabyte takes
//! a tenth of a second. They find what a disk does, and not what somebody does on purpose: who can
//! write to the folder can write a new chain.

use std::fmt;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::domain::id::SagaId;
use crate::journal::record;

/// The checksum of everything up to a place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link(pub u64);

impl Link {
    /// Before the first of a chain.
    pub const START: Self = Self(0);

    /// The link that follows this one for something that consists of these parts.
    pub(super) fn then(self, parts: &[&[u8]]) -> Self {
        let mut hash = Xxh3::new();
        hash.update(&self.0.to_be_bytes());
        for part in parts {
            hash.update(part);
        }
        Self(hash.digest())
    }

    /// The link that follows this one for the record of `saga` whose first entry is number `first`.
    /// Records of version 1 carry no link, and have one all the same.
    pub(super) fn of_record(self, saga: SagaId, first: u64, bytes: &[u8]) -> Self {
        let (saga, first) = (saga.to_bytes(), first.to_be_bytes());
        match record::around_link(bytes) {
            // What stands in the place of the link cannot vouch for itself.
            Some((before, _, after)) => self.then(&[&saga, &first, before, after]),
            None => self.then(&[&saga, &first, bytes]),
        }
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The checksum of a set, whatever its order: the sum of its members' checksums. A member that is
/// added or replaced costs the same however large the set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Digest(pub(super) u128);

impl Digest {
    /// With another member.
    pub(super) fn with(self, key: &[u8], value: &[u8]) -> Self {
        Self(self.0.wrapping_add(of_member(key, value)))
    }

    /// Without a member that was in it.
    pub(super) fn without(self, key: &[u8], value: &[u8]) -> Self {
        Self(self.0.wrapping_sub(of_member(key, value)))
    }
}

fn of_member(key: &[u8], value: &[u8]) -> u128 {
    // Keys are of one length, so no two members look alike when they are joined.
    xxh3_128(&[key, value].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAGA: SagaId = SagaId::from_u128(7);

    #[test]
    fn a_link_depends_on_everything_before_it() {
        let chain = |records: [&[u8]; 2]| {
            Link::START.of_record(SAGA, 0, records[0]).of_record(SAGA, 1, records[1])
        };
        let whole = chain([b"one", b"two"]);
        assert_eq!(whole, chain([b"one", b"two"]));
        assert_ne!(whole, chain([b"onf", b"two"]));
        assert_ne!(whole, chain([b"two", b"one"]));
        assert_ne!(whole, Link::START.of_record(SAGA, 1, b"two"));
        let place = |saga, first| Link::START.of_record(SagaId::from_u128(saga), first, b"one");
        assert_ne!(place(7, 0), place(8, 0));
        assert_ne!(place(7, 0), place(7, 1));
    }

    #[test]
    fn a_digest_forgets_the_order_and_nothing_else() {
        let digest = Digest::default().with(b"a", b"1").with(b"b", b"2");
        assert_eq!(digest, Digest::default().with(b"b", b"2").with(b"a", b"1"));
        assert_ne!(digest, Digest::default().with(b"a", b"2").with(b"b", b"1"));
        assert_eq!(digest.without(b"a", b"1"), Digest::default().with(b"b", b"2"));
    }
}
