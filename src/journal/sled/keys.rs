//! The keys of the trees.

use crate::domain::id::{DeploymentId, SagaId};

/// Where the tail stands in `meta`. The name is that of form 1, which kept the number of written groups
/// there, so that there is one or the other.
pub(super) const TAIL: &[u8] = b"groups";

/// The length of a saga's or a deployment's key.
pub(super) const ID_LEN: usize = 16;

/// The length of the key of a numbered thing of a saga.
pub(super) const NUMBERED_LEN: usize = ID_LEN + 8;

/// The key of a group of entries or of a log line.
pub(super) fn numbered(saga: SagaId, number: u64) -> [u8; NUMBERED_LEN] {
    let mut key = [0; NUMBERED_LEN];
    key[..ID_LEN].copy_from_slice(&saga.to_bytes());
    key[ID_LEN..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The number in a key that [`numbered`] made, whatever follows it.
pub(super) fn number(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(ID_LEN..NUMBERED_LEN)?.try_into().ok()?))
}

/// The saga in a key that begins with one.
pub(super) fn saga(key: &[u8]) -> Option<SagaId> {
    Some(SagaId::from_bytes(key.get(..ID_LEN)?.try_into().ok()?))
}

/// The deployment in the key of a row.
pub(super) fn deployment(key: &[u8]) -> Option<DeploymentId> {
    Some(DeploymentId::from_bytes(*key.first_chunk()?))
}

/// The length of a commit's key.
pub(super) const GROUP_LEN: usize = 8;

/// The key of the commit of a group.
pub(super) fn of_group(group: u64) -> [u8; GROUP_LEN] {
    group.to_be_bytes()
}

/// The group in a key that [`of_group`] made, whatever follows it.
pub(super) fn group(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*key.first_chunk()?))
}

/// The first key that sorts after a deployment's row, pieces included.
pub(super) fn after_row(deployment: DeploymentId) -> Vec<u8> {
    let mut key = deployment.to_bytes().to_vec();
    // Pieces are numbered with two bytes, so three are greater than all of them.
    key.extend([0xff; 3]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_saga_and_then_by_number() {
        let [one, two] = [1, 2].map(SagaId::from_u128);
        let sorted = [numbered(one, 0), numbered(one, 255), numbered(one, 256), numbered(two, 0)];
        assert!(sorted.is_sorted());
        assert_eq!(number(&sorted[2]), Some(256));
        assert_eq!(saga(&sorted[3]), Some(two));
        assert_eq!(number(b"short"), None);
    }
}
