//! The lines of a segment, each a JSON object that vouches for itself and names the line before it.
//!
//! A line ends with `"sum"`, the XXH3 checksum of all that stands before it in the line, and holds
//! `"prev"`, the sum of the line before. So one damaged line is found and costs nothing but itself,
//! and a line that is missing is found by the one that follows.
//!
//! The form has a version of its own ([`FORMAT`]) in the first line of each segment; the facts and
//! rows in it are in the journal's own [`record`] form, with that form's version.
//!
//! [`record`]: crate::journal::record

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::id::SagaId;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::journal::sled::chain::Link;
use crate::journal::sled::commits::GroupNumber;
use crate::journal::sled::integrity::Witness;
use crate::journal::{Batch, Fate, JournalError, record};

/// The form that is written, and the newest that is read.
pub(super) const FORMAT: u32 = 1;

/// A line's checksum, or the link of a commit: sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum(u64);

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What a line says. Which of them it is, its first key tells.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Line<'a> {
    /// The first of each segment.
    Header(Header),
    /// What one saga added in one group.
    Record(Record<'a>),
    /// The last of a base.
    End(End),
}

/// The first line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The form of the segment.
    pub(super) archive: u32,
    /// The first group of a log; for a base, the group that follows it.
    pub(super) first: u64,
    /// The link of the group before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<Sum>,
    /// When it was begun, in milliseconds since 1970.
    pub(super) at: i64,
    /// Which program wrote it.
    pub(super) by: String,
    /// The file before it and the sum of its last line; none when nothing is before it, or when what
    /// is before does not lead up to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<After>,
}

impl Header {
    /// The first line of a segment that goes on after this group.
    pub(super) fn new(before: Witness, at: Timestamp, after: Option<After>) -> Self {
        Self {
            archive: FORMAT,
            first: before.group.0 + 1,
            link: (before.group.0 > 0).then_some(Sum(before.link.0)),
            at: at.as_millis(),
            by: concat!("arcadia ", env!("CARGO_PKG_VERSION")).to_owned(),
            after,
        }
    }

    /// The group before it; none before the first.
    pub(super) fn before(&self) -> Option<Witness> {
        let group = self.first.checked_sub(1).map(GroupNumber)?;
        Some(Witness { group, link: Link(self.link?.0) })
    }
}

/// What a segment follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct After {
    /// The name of the file.
    pub(super) file: String,
    /// The sum of its last line.
    pub(super) sum: Sum,
}

/// What one saga added in one group.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record<'a> {
    /// The sum of the line before.
    pub(super) prev: Sum,
    /// The group.
    pub(super) group: u64,
    /// The link of the group's commit, which only this journal has.
    link: Sum,
    /// Its place among the records of its group, from 0.
    pub(super) part: usize,
    /// How many records the group has.
    pub(super) of: usize,
    /// Whose history.
    pub(super) saga: String,
    /// The number of the first entry.
    first: u64,
    fate: FateTag,
    #[serde(borrow, rename = "record")]
    facts: &'a RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    row: Option<&'a RawValue>,
}

/// The last line of a base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// How many records stand before it.
    #[serde(rename = "end")]
    pub(super) records: u64,
    /// The sum of the line before.
    pub(super) prev: Sum,
    /// The sagas whose histories were damaged in the journal, so that the base lacks the rest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<String>,
}

impl End {
    /// The end of a base that holds so many records, and lacks the rest of these sagas.
    pub(super) fn new(records: u64, prev: Sum, lacks: &BTreeSet<SagaId>) -> Self {
        Self { records, prev, lacks: lacks.iter().map(ToString::to_string).collect() }
    }

    /// The sagas whose rest the base lacks.
    pub(super) fn lacks(&self) -> BTreeSet<SagaId> {
        self.lacks.iter().filter_map(|saga| saga.parse().ok()).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FateTag {
    Begins,
    GoesOn,
    Ends,
}

/// What a record holds, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Archived {
    /// What was added, and what it meant.
    pub batch: Batch,
    /// The row of an unfinished saga that had ended before. Only a base has it: in a log, the row
    /// stands with the group that ended the saga.
    pub old_row: Option<Box<Summary>>,
}

/// Writes a record.
pub(super) fn record(
    prev: Sum,
    newest: Witness,
    (part, of): (usize, usize),
    Archived { batch, old_row }: &Archived,
) -> (String, Sum) {
    let (fate, row) = match &batch.fate {
        Fate::Begins => (FateTag::Begins, old_row.as_deref()),
        Fate::GoesOn => (FateTag::GoesOn, old_row.as_deref()),
        Fate::Ends(summary) => (FateTag::Ends, Some(&**summary)),
    };
    let entries = raw(record::encode_entries(&batch.entries));
    let row = row.map(|row| raw(record::encode_summary(row)));
    sealed(&Line::Record(Record {
        prev,
        group: newest.group.0,
        link: Sum(newest.link.0),
        part,
        of,
        saga: batch.saga.to_string(),
        first: batch.entries.first().map_or(0, |entry| entry.seq),
        fate,
        facts: &entries,
        row: row.as_deref(),
    }))
}

impl Record<'_> {
    /// The group, as a witness of the journal.
    pub(super) fn newest(&self) -> Witness {
        Witness { group: GroupNumber(self.group), link: Link(self.link.0) }
    }

    /// Whose history, if it is an id.
    pub(super) fn saga(&self) -> Option<SagaId> {
        self.saga.parse().ok()
    }

    /// What it holds.
    ///
    /// # Errors
    /// When the facts or the row make no sense, or are of a newer version.
    pub(super) fn read(&self) -> Result<Archived, JournalError> {
        let nonsense = |reason: &str| JournalError::Record {
            saga: self.saga().unwrap_or(SagaId::from_u128(0)),
            seq: self.first,
            reason: reason.to_owned(),
        };
        let saga = self.saga().ok_or_else(|| nonsense("it names no saga"))?;
        let entries = record::decode_entries(saga, self.first, self.facts.get().as_bytes())?;
        let row = self.row()?.map(Box::new);
        let (fate, old_row) = match (self.fate, row) {
            (FateTag::Begins, row) => (Fate::Begins, row),
            (FateTag::GoesOn, row) => (Fate::GoesOn, row),
            (FateTag::Ends, Some(row)) => (Fate::Ends(row), None),
            (FateTag::Ends, None) => return Err(nonsense("it ends the saga without a row")),
        };
        Ok(Archived { batch: Batch { saga, entries: entries.into(), fate }, old_row })
    }

    /// The row, if it has one.
    ///
    /// # Errors
    /// When it makes no sense.
    pub(super) fn row(&self) -> Result<Option<Summary>, JournalError> {
        self.row.map(|row| record::decode_summary(row.get().as_bytes())).transpose()
    }

    /// Whether the saga has ended with it.
    pub(super) fn ends(&self) -> bool {
        matches!(self.fate, FateTag::Ends)
    }

    /// The same record as another line of another segment.
    pub(super) fn again(&self, prev: Sum) -> (String, Sum) {
        sealed(&Line::Record(Record { prev, saga: self.saga.clone(), ..*self }))
    }
}

/// Writes a line, and says its sum.
pub(super) fn sealed(line: &Line<'_>) -> (String, Sum) {
    let mut text = serde_json::to_string(line).expect("lines have text keys and are in memory");
    let closed = text.pop();
    debug_assert_eq!(closed, Some('}'), "a line is an object");
    let sum = Sum(xxh3_64(text.as_bytes()));
    text.push_str(&seal_of(sum));
    text.push('\n');
    (text, sum)
}

/// A line that begins like this, sealed, without the line feed.
pub(super) fn seal(beginning: &[u8]) -> Vec<u8> {
    [beginning, seal_of(Sum(xxh3_64(beginning))).as_bytes()].concat()
}

fn seal_of(sum: Sum) -> String {
    format!("{SEAL}{sum}\"}}")
}

/// Reads a line that may be damaged, without the line feed.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<(Line<'_>, Sum), &'static str> {
    let seal_at = bytes.len().checked_sub(SEAL_LEN).ok_or("is cut short")?;
    let (body, seal) = bytes.split_at(seal_at);
    let sum = std::str::from_utf8(seal)
        .ok()
        .and_then(|seal| seal.strip_prefix(SEAL)?.strip_suffix("\"}"))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or("has no checksum")?;
    if xxh3_64(body) != sum {
        return Err("does not fit its checksum");
    }
    let line = if bytes.starts_with(br#"{"archive":"#) {
        serde_json::from_slice(bytes).map(Line::Header)
    } else if bytes.starts_with(br#"{"end":"#) {
        serde_json::from_slice(bytes).map(Line::End)
    } else {
        serde_json::from_slice(bytes).map(Line::Record)
    };
    Ok((line.map_err(|_| "is no line of an archive")?, Sum(sum)))
}

/// What stands before the checksum, and how long it is with the checksum and all.
const SEAL: &str = ",\"sum\":\"";
const SEAL_LEN: usize = SEAL.len() + 16 + "\"}".len();

fn raw(json: Vec<u8>) -> Box<RawValue> {
    let text = String::from_utf8(json).expect("records are JSON");
    RawValue::from_string(text).expect("records are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::aggregate::{Entry, Fact};
    use crate::domain::saga::event::EventKind;

    #[test]
    fn a_line_reads_back_and_any_flipped_bit_of_it_is_found() {
        let at = Timestamp::from_millis(5);
        let entries = [Entry { seq: 3, at, fact: Fact::Saga(EventKind::Restarted) }].into();
        let saga = SagaId::from_u128(7);
        let newest = Witness { group: GroupNumber(12), link: Link(77) };
        let archived =
            Archived { batch: Batch { saga, entries, fate: Fate::GoesOn }, old_row: None };
        let (text, sum) = record(Sum(9), newest, (0, 2), &archived);
        let line = text.trim_end().as_bytes();
        let (read_line, read_sum) = read(line).unwrap();
        assert_eq!(read_sum, sum);
        let Line::Record(found) = read_line else { panic!("it is a record") };
        assert_eq!((found.prev, found.part, found.of), (Sum(9), 0, 2));
        assert_eq!(found.newest(), newest);
        assert_eq!(found.read().unwrap(), archived);
        for bit in 0..line.len() * 8 {
            let mut damaged = line.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // A hexadecimal digit in capitals is the same digit.
            let same =
                damaged.eq_ignore_ascii_case(line) && bit / 8 >= line.len() - SEAL_LEN + SEAL.len();
            assert!(same || read(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..line.len() {
            assert!(read(&line[..length]).is_err(), "length {length}");
        }
    }
}
