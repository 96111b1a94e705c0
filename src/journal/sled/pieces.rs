//! Values, cut into pieces that sled keeps inside its data file.
//!
//! sled writes a page that is larger than a quarter of a segment (128 KiB) to a file of its own in
//! `blobs/`, and never syncs it. A page holds up to 17 values. So a value of more than [`PIECE`]
//! bytes is cut: its first piece stands under the value's own key, the others under that key with a
//! two-byte number behind it, which sort right after it. No page then grows beyond 17 pieces.

use ::sled::{IVec, Iter};

use crate::journal::JournalError;
use crate::journal::sled::store::Store;

/// The most bytes in a piece: 17 of them with their keys are about 105 KiB, which leaves room below
/// 128 KiB for what sled adds.
const PIECE: usize = 6 * 1024;

/// The most bytes in a value: as many pieces as two bytes can number, 384 MiB.
const LIMIT: usize = PIECE * u16::MAX as usize;

/// Refuses a value that is larger than [`LIMIT`].
pub(super) fn check(value: &[u8]) -> Result<(), JournalError> {
    if value.len() > LIMIT {
        let reason = format!("a record of {} bytes is too large", value.len());
        return Err(JournalError::Write { reason });
    }
    Ok(())
}

/// The pieces of `value` with their keys. `value` has at most [`LIMIT`] bytes.
pub(super) fn cut(key: &[u8], value: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pieces = value.chunks(PIECE);
    let first = pieces.next().unwrap_or_default();
    let mut cut = vec![(key.to_vec(), first.to_vec())];
    for (number, piece) in (1_u16..).zip(pieces) {
        cut.push(([key, &number.to_be_bytes()].concat(), piece.to_vec()));
    }
    cut
}

/// Puts the values of a range together again, each with its own key.
pub(super) struct Values<'a> {
    store: &'a Store,
    pieces: Iter,
    key_len: usize,
    /// The first piece of the next value.
    ahead: Option<(IVec, IVec)>,
}

impl<'a> Values<'a> {
    /// The values in `pieces` of a tree of `store`, whose own keys are `key_len` bytes long.
    pub(super) fn new(store: &'a Store, pieces: Iter, key_len: usize) -> Self {
        Self { store, pieces, key_len, ahead: None }
    }
}

impl Iterator for Values<'_> {
    type Item = Result<(IVec, Vec<u8>), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (key, first) = match self.ahead.take() {
            Some(piece) => piece,
            None => match self.pieces.next()? {
                Ok(piece) => piece,
                Err(error) => return Some(Err(self.store.read_error(&error))),
            },
        };
        let mut value = first.to_vec();
        for piece in self.pieces.by_ref() {
            match piece {
                Ok((key, piece)) if key.len() > self.key_len => {
                    value.extend_from_slice(&piece);
                }
                Ok(next) => {
                    self.ahead = Some(next);
                    break;
                }
                Err(error) => return Some(Err(self.store.read_error(&error))),
            }
        }
        Some(Ok((key, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_only_when_it_is_too_large_for_one_piece() {
        let lens = |len: usize| -> Vec<usize> {
            cut(b"key", &vec![0; len]).iter().map(|(_, piece)| piece.len()).collect()
        };
        assert_eq!(lens(0), [0]);
        assert_eq!(lens(PIECE), [PIECE]);
        assert_eq!(lens(PIECE + 1), [PIECE, 1]);
        assert_eq!(lens(3 * PIECE), [PIECE; 3]);
    }

    #[test]
    fn pieces_sort_behind_their_key_and_before_the_next() {
        let mut keys: Vec<_> =
            cut(&[0, 7], &vec![0; 300 * PIECE]).into_iter().map(|(key, _)| key).collect();
        keys.push(vec![0, 8]);
        assert!(keys.is_sorted());
    }
}
