//! The written form of what the journal keeps: compact JSON with a version of its own.
//!
//! Domain types are not serialized; these are. So a domain type may be renamed freely, and nothing
//! that was ever written stops being readable by accident: committed records of every version are
//! read by a test.
//!
//! - A value begins with its version. A value of a higher one is refused ([`JournalError::Newer`]),
//!   because guessing at a history is worse than stopping.
//! - Groups of facts have three versions: 2 carries the link that chains it to the group before it
//!   ([`encode_linked`]), 1 is without ([`encode_entries`]), and 3, with a link or without, holds an order
//!   that programs which knew no more than 2 cannot read. All are written and read, and each group has the
//!   lowest that it can have: such a program reads all the others.
//! - Within a version, fields may be added if they may be missing: a reader ignores fields that it
//!   does not know. A new variant, a changed meaning or a removed field takes a new version.
//! - Times are milliseconds since 1970, spans are whole milliseconds, ids are their prefixed text.
//! - Tags are `snake_case`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::id::SagaId;
use crate::domain::log::LogLine;
use crate::domain::saga::event::{EventKind, Order};
use crate::domain::saga::plan::Plan;
use crate::domain::summary::Summary;
use crate::journal::JournalError;
use crate::journal::record::entry::EntryRecord;
use crate::journal::record::log::LogRecord;
use crate::journal::record::plan::PlanRecord;
use crate::journal::record::summary::SummaryRecord;

mod deployment;
mod entry;
mod failure;
mod log;
mod malformed;
mod plan;
mod resource;
mod saga;
mod spec;
mod summary;
mod tag;

/// The version of rows, log lines and groups without a link, and the newest of the former two that is
/// read.
pub const VERSION: u32 = 1;

/// The version of groups with a link.
pub const LINKED_VERSION: u32 = 2;

/// The version of groups that hold [`Order::Take`], and the newest of groups that is read.
pub const TAKING_VERSION: u32 = 3;

/// What a group with a link begins with, in either version. The link follows at once, so that it can be
/// found and put in without parsing the group.
const BEFORE_LINK: [&[u8]; 2] = [br#"{"v":2,"link":""#, br#"{"v":3,"link":""#];

/// A link that is still to be put in.
const NO_LINK: &str = "0000000000000000";

/// The written form of a group of facts, where nothing chains it to the one before.
pub fn encode_entries(entries: &[Entry]) -> Vec<u8> {
    encode(&Group { v: version(entries, VERSION), link: None, entries: records(entries) })
}

/// The written form of a group of facts, with room for the link that chains it to the one before:
/// see [`set_link`].
pub fn encode_linked(entries: &[Entry]) -> Vec<u8> {
    let link = Some(NO_LINK.to_owned());
    encode(&Group { v: version(entries, LINKED_VERSION), link, entries: records(entries) })
}

/// Puts the link, sixteen characters, into a group that [`encode_linked`] wrote.
pub fn set_link(group: &mut [u8], link: &str) {
    let before = BEFORE_LINK[0].len();
    let place = before..before + NO_LINK.len();
    group[place].copy_from_slice(link.as_bytes());
}

/// What stands before the link of a group, the link, and what stands after it; `None` when the group
/// has none.
pub fn around_link(group: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let before = BEFORE_LINK.into_iter().find(|before| group.starts_with(before))?;
    let (link, after) = group[before.len()..].split_at_checked(NO_LINK.len())?;
    Some((before, link, after))
}

/// The group of facts of `saga` that `bytes` hold; the first of them should be number `seq`.
///
/// # Errors
/// [`JournalError::Newer`] and [`JournalError::Record`], with the saga and the number.
pub fn decode_entries(saga: SagaId, seq: u64, bytes: &[u8]) -> Result<Vec<Entry>, JournalError> {
    let place = Place { saga, seq };
    let group: Group = place.decode(bytes)?;
    let entries: Vec<Entry> = group
        .entries
        .into_iter()
        .map(|record| Entry::try_from(record).map_err(|error| place.malformed(&error)))
        .collect::<Result<_, _>>()?;
    for (expected, entry) in (seq..).zip(&entries) {
        if entry.seq != expected {
            let reason = format!("entry {} stands where {expected} should", entry.seq);
            return Err(place.malformed(&reason));
        }
    }
    if entries.is_empty() {
        return Err(place.malformed(&"it holds no entries"));
    }
    Ok(entries)
}

/// The written form of a row.
pub fn encode_summary(summary: &Summary) -> Vec<u8> {
    encode(&Row { v: VERSION, row: SummaryRecord::from(summary) })
}

/// The row that `bytes` hold. A row names its own saga, so `saga` only serves the errors; it may be
/// any id when the row cannot be read so far.
///
/// # Errors
/// [`JournalError::Newer`] and [`JournalError::Record`].
pub fn decode_summary(bytes: &[u8]) -> Result<Summary, JournalError> {
    let place = Place { saga: saga_of_row(bytes), seq: 0 };
    let row: Row = place.decode(bytes)?;
    Summary::try_from(row.row).map_err(|error| place.malformed(&error))
}

/// The written form of a log line.
pub fn encode_log(line: &LogLine) -> Vec<u8> {
    encode(&Line { v: VERSION, line: LogRecord::from(line) })
}

/// The log line of `saga` with this `number` that `bytes` hold.
///
/// # Errors
/// [`JournalError::Newer`] and [`JournalError::Record`], with the saga and the number.
pub fn decode_log(saga: SagaId, number: u64, bytes: &[u8]) -> Result<LogLine, JournalError> {
    let place = Place { saga, seq: number };
    let line: Line = place.decode(bytes)?;
    LogLine::try_from(line.line).map_err(|error| place.malformed(&error))
}

/// The written form of a plan by itself.
pub fn encode_plan(plan: &Plan) -> Vec<u8> {
    encode(&Whole { v: VERSION, plan: PlanRecord::from(plan) })
}

/// The plan that `bytes` hold. It belongs to no saga, so errors name none that is.
///
/// # Errors
/// [`JournalError::Newer`] and [`JournalError::Record`].
pub fn decode_plan(bytes: &[u8]) -> Result<Plan, JournalError> {
    let place = Place { saga: SagaId::from_u128(0), seq: 0 };
    let whole: Whole = place.decode(bytes)?;
    Plan::try_from(whole.plan).map_err(|error| place.malformed(&error))
}

#[derive(Serialize, Deserialize)]
struct Whole {
    v: u32,
    plan: PlanRecord,
}

#[derive(Serialize, Deserialize)]
struct Group {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    entries: Vec<EntryRecord>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    v: u32,
    row: SummaryRecord,
}

#[derive(Serialize, Deserialize)]
struct Line {
    v: u32,
    line: LogRecord,
}

/// What every version of a value has in common.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

trait Versioned {
    /// The newest version that is read.
    const KNOWN: u32;

    fn version(&self) -> u32;
}

impl Versioned for Group {
    const KNOWN: u32 = TAKING_VERSION;

    fn version(&self) -> u32 {
        self.v
    }
}

impl Versioned for Whole {
    const KNOWN: u32 = VERSION;

    fn version(&self) -> u32 {
        self.v
    }
}

impl Versioned for Row {
    const KNOWN: u32 = VERSION;

    fn version(&self) -> u32 {
        self.v
    }
}

impl Versioned for Line {
    const KNOWN: u32 = VERSION;

    fn version(&self) -> u32 {
        self.v
    }
}

/// Where a value stands, for errors.
#[derive(Clone, Copy)]
struct Place {
    saga: SagaId,
    seq: u64,
}

impl Place {
    fn decode<T: DeserializeOwned + Versioned>(self, bytes: &[u8]) -> Result<T, JournalError> {
        let read: Result<T, _> = serde_json::from_slice(bytes);
        let version = match &read {
            Ok(value) => value.version(),
            // A newer form need not fit ours: its version is then all that can be said of it.
            Err(_) => serde_json::from_slice::<Version>(bytes).map_or(VERSION, |value| value.v),
        };
        if version > T::KNOWN {
            let Self { saga, seq } = self;
            return Err(JournalError::Newer { saga, seq, version, known: T::KNOWN });
        }
        if version == 0 {
            return Err(self.malformed(&"there is no version 0"));
        }
        read.map_err(|error| self.malformed(&error))
    }

    fn malformed(self, reason: &dyn ToString) -> JournalError {
        JournalError::Record { saga: self.saga, seq: self.seq, reason: reason.to_string() }
    }
}

/// The version of a group of these facts, which would have the `plain` one without the newer orders.
fn version(entries: &[Entry], plain: u32) -> u32 {
    let takes = |entry: &Entry| {
        matches!(&entry.fact, Fact::Saga(EventKind::Ordered { order: Order::Take, .. }))
    };
    if entries.iter().any(takes) { TAKING_VERSION } else { plain }
}

fn records(entries: &[Entry]) -> Vec<EntryRecord> {
    entries.iter().map(EntryRecord::from).collect()
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("records have text keys and write into memory")
}

/// The saga that a row names, read as leniently as can be: an error should say whose row it is.
fn saga_of_row(bytes: &[u8]) -> SagaId {
    #[derive(Deserialize)]
    struct Named {
        row: Name,
    }
    #[derive(Deserialize)]
    struct Name {
        saga: String,
    }
    serde_json::from_slice::<Named>(bytes)
        .ok()
        .and_then(|named| named.row.saga.parse().ok())
        .unwrap_or(SagaId::from_u128(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deployment::Actor;
    use crate::domain::id::CommandId;
    use crate::domain::time::Timestamp;

    const SAGA: SagaId = SagaId::from_u128(7);

    #[test]
    fn a_group_is_compact_json_with_a_version() {
        assert_eq!(
            text(&encode_entries(&[completed(3)])),
            r#"{"v":1,"entries":[{"seq":3,"at":1700000000000,"fact":{"saga":"completed"}}]}"#
        );
    }

    #[test]
    fn a_link_is_put_into_a_group_without_changing_anything_else() {
        let mut bytes = encode_linked(&[completed(3)]);
        set_link(&mut bytes, "0123456789abcdef");
        let after = r#"","entries":[{"seq":3,"at":1700000000000,"fact":{"saga":"completed"}}]}"#;
        assert_eq!(text(&bytes), format!(r#"{{"v":2,"link":"0123456789abcdef{after}"#));
        let (_, link, rest) = around_link(&bytes).unwrap();
        assert_eq!((link, rest), (&b"0123456789abcdef"[..], after.as_bytes()));
        assert_eq!(decode_entries(SAGA, 3, &bytes).unwrap(), [completed(3)]);
        assert_eq!(around_link(&encode_entries(&[completed(3)])), None);
    }

    #[test]
    fn an_order_that_older_programs_do_not_know_has_its_group_refused_by_them_and_no_other() {
        let by = Actor::Operator("ana".to_owned());
        let command = CommandId::from_u128(1);
        let fact = Fact::Saga(EventKind::Ordered { command, by, order: Order::Take });
        let taken = Entry { fact, ..completed(3) };
        let mut bytes = encode_linked(&[taken.clone(), completed(4)]);
        set_link(&mut bytes, "0123456789abcdef");
        assert!(
            text(&bytes).starts_with(r#"{"v":3,"link":"0123456789abcdef","#),
            "{}",
            text(&bytes)
        );
        let (before, link, after) = around_link(&bytes).unwrap();
        assert_eq!([before, link, after].concat(), bytes);
        assert_eq!(decode_entries(SAGA, 3, &bytes).unwrap(), [taken.clone(), completed(4)]);
        assert!(text(&encode_entries(&[taken])).starts_with(r#"{"v":3,"entries""#));
    }

    #[test]
    fn a_newer_version_is_refused_by_name_even_when_its_form_is_unknown() {
        for bytes in [r#"{"v":4,"things":[]}"#, r#"{"v":4,"entries":[]}"#] {
            let error = decode_entries(SAGA, 4, bytes.as_bytes()).unwrap_err();
            assert!(
                matches!(error, JournalError::Newer { saga: SAGA, seq: 4, version: 4, known: 3 }),
                "{error}"
            );
        }
    }

    #[test]
    fn fields_of_later_programs_are_ignored() {
        let bytes = br#"{"v":1,"node":"a","entries":[
            {"seq":3,"at":1700000000000,"by":"x","fact":{"saga":"completed"}}]}"#;
        assert_eq!(decode_entries(SAGA, 3, bytes).unwrap(), [completed(3)]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let misplaced = text(&encode_entries(&[completed(3)]));
        for bytes in [
            "",
            "{",
            r#"{"v":0,"entries":[]}"#,
            r#"{"v":1,"entries":[]}"#,
            r#"{"entries":[]}"#,
            r#"{"v":1,"entries":[{"seq":4,"at":1,"fact":{"saga":"surprised"}}]}"#,
            r#"{"v":1,"entries":[{"seq":4,"at":1,"fact":{"deployment":{"from":"x","to":"active",
                "reason":"launched","by":"api:a","at":1}}}]}"#,
            misplaced.as_str(),
        ] {
            let error = decode_entries(SAGA, 4, bytes.as_bytes()).unwrap_err();
            assert!(
                matches!(error, JournalError::Record { saga: SAGA, seq: 4, .. }),
                "{bytes}: {error}"
            );
        }
    }

    #[test]
    fn a_row_that_makes_no_sense_names_its_saga() {
        let bytes = format!(r#"{{"v":1,"row":{{"saga":"{SAGA}"}}}}"#);
        let error = decode_summary(bytes.as_bytes()).unwrap_err();
        assert!(matches!(error, JournalError::Record { saga: SAGA, .. }), "{error}");
    }

    fn completed(seq: u64) -> Entry {
        Entry {
            seq,
            at: Timestamp::from_millis(1_700_000_000_000),
            fact: Fact::Saga(EventKind::Completed),
        }
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
