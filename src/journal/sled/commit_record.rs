//! The written form of a commit: a few bytes for each append, because there is one in every group.

use crate::domain::id::SagaId;
use crate::journal::sled::chain::Link;

/// What the form begins with. It is covered by the link, and a form to come has another.
const FORM: u8 = 1;

/// A commit as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitRecord {
    /// The link of the commit before it.
    pub(super) before: Link,
    pub(super) link: Link,
    pub(super) members: Vec<Member>,
}

/// One append of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) saga: SagaId,
    /// The number of its first entry, which is the record's key.
    pub(super) first: u64,
    /// How many entries it has.
    pub(super) count: u32,
    /// What vouches for the record by itself, without those before it.
    pub(super) seal: Link,
    pub(super) turn: Turn,
}

/// What the append meant for its saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    Begins,
    GoesOn,
    /// It ended, with this row.
    Ends(Vec<u8>),
}

/// Appends, as they are gathered for a commit.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<u8>);

impl Members {
    pub(super) fn push(&mut self, member: &Member) {
        let Member { saga, first, count, seal, turn } = member;
        self.0.extend(saga.to_bytes());
        self.0.extend(first.to_be_bytes());
        self.0.extend(count.to_be_bytes());
        self.0.extend(seal.0.to_be_bytes());
        match turn {
            Turn::Begins => self.0.push(0),
            Turn::GoesOn => self.0.push(1),
            Turn::Ends(row) => {
                self.0.push(2);
                let len = u32::try_from(row.len()).expect("a row is bounded far below 4 GiB");
                self.0.extend(len.to_be_bytes());
                self.0.extend(row);
            }
        }
    }

    /// The written form of the commit of these appends as group number `group`, and its link.
    pub(super) fn commit(self, group: u64, before: Link) -> (Vec<u8>, Link) {
        let link = link(group, before, &self.0);
        let bytes = [&[FORM][..], &before.0.to_be_bytes(), &link.0.to_be_bytes(), &self.0].concat();
        (bytes, link)
    }
}

impl CommitRecord {
    /// The commit of group number `group` that these bytes hold; `None` when they are not as they were
    /// written.
    pub(super) fn from_bytes(group: u64, bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[FORM])?;
        let (before, rest) = rest.split_first_chunk()?;
        let (stated, mut rest) = rest.split_first_chunk()?;
        let before = Link(u64::from_be_bytes(*before));
        let link = link(group, before, rest);
        if link.0.to_be_bytes() != *stated {
            return None;
        }
        let mut members = Vec::new();
        while !rest.is_empty() {
            let (member, after) = member(rest)?;
            members.push(member);
            rest = after;
        }
        Some(Self { before, link, members })
    }
}

fn link(group: u64, before: Link, members: &[u8]) -> Link {
    before.then(&[&[FORM], &group.to_be_bytes(), members])
}

fn member(bytes: &[u8]) -> Option<(Member, &[u8])> {
    let (saga, rest) = bytes.split_first_chunk()?;
    let (first, rest) = rest.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let (seal, rest) = rest.split_first_chunk()?;
    let (turn, rest) = rest.split_first()?;
    let (turn, rest) = match turn {
        0 => (Turn::Begins, rest),
        1 => (Turn::GoesOn, rest),
        2 => {
            let (len, rest) = rest.split_first_chunk()?;
            let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
            let (row, rest) = rest.split_at_checked(len)?;
            (Turn::Ends(row.to_vec()), rest)
        }
        _ => return None,
    };
    let (first, count) = (u64::from_be_bytes(*first), u32::from_be_bytes(*count));
    let (saga, seal) = (SagaId::from_bytes(*saga), Link(u64::from_be_bytes(*seal)));
    Some((Member { saga, first, count, seal, turn }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_as_it_was_written_and_not_when_a_bit_of_it_is_flipped() {
        let member = |id, turn| Member {
            saga: SagaId::from_u128(id),
            first: 4,
            count: 2,
            seal: Link(6),
            turn,
        };
        let members =
            [member(1, Turn::Begins), member(2, Turn::GoesOn), member(3, Turn::Ends(vec![7; 9]))];
        let mut gathered = Members::default();
        for member in &members {
            gathered.push(member);
        }
        let before = Link(5);
        let (bytes, link) = gathered.commit(8, before);
        let commit = CommitRecord { before, link, members: members.to_vec() };
        assert_eq!(CommitRecord::from_bytes(8, &bytes), Some(commit));
        assert_eq!(CommitRecord::from_bytes(9, &bytes), None);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            assert_eq!(CommitRecord::from_bytes(8, &damaged), None, "byte {place}");
            assert_eq!(CommitRecord::from_bytes(8, &bytes[..place]), None, "cut at {place}");
        }
    }
}
