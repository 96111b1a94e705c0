//! What is checked before anything is believed: that nothing is missing, and that what is there is as
//! it was written.
//!
//! Opening compares the tail with the one beside the database and with the newest group that an
//! archive knows, the heads with the digest in the tail, and the rows with their heads. That reads the
//! heads and the rows, and not the events: a history is checked against its head whenever it is read.
//! `verify` reads everything.

use std::collections::BTreeMap;
use std::path::Path;

use crate::clock::Clock;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::time::Timestamp;
use crate::journal::sled::chain::{Digest, Link};
use crate::journal::sled::commits::{self, GroupNumber};
use crate::journal::sled::counter::{Counter, Noted};
use crate::journal::sled::guard::guarded;
use crate::journal::sled::heads::RowSeal;
use crate::journal::sled::pieces::Values;
use crate::journal::sled::store::{self, Store};
use crate::journal::sled::tail::{FORM, Found, Tail};
use crate::journal::sled::{folder, keys, reader, upgrade};
use crate::journal::{Damaged, JournalError};

/// The newest group that somebody else knows of, who followed the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// Its number.
    pub group: GroupNumber,
    /// Its link.
    pub link: Link,
}

/// What the check at the opening found.
#[derive(Clone)]
pub(super) struct Findings {
    /// How much was ever written.
    pub(super) tail: Tail,
    /// Things are missing, or are not as they were, and nobody can say whose.
    pub(super) doubt: Option<JournalError>,
    /// What is known to be damaged.
    pub(super) damaged: Vec<Damaged>,
    pub(super) rows: Rows,
}

/// Whether rows can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// All but those that are named.
    Readable,
    /// The storage engine breaks off. The histories are there.
    Unreadable,
}

/// Checks what can be checked before sled opens the database, which would make a new one in the place
/// of one that is gone. Returns how many groups are known to have been written.
pub(super) fn before_opening(dir: &Path, witness: Option<Witness>) -> Result<u64, JournalError> {
    // sled panics on such a clock, which would look like damage.
    if Clock::system().now() <= Timestamp::default() {
        let path = dir.display().to_string();
        let reason = "the clock of this machine stands before 1970; set it first".to_owned();
        return Err(JournalError::Open { path, reason });
    }
    let witnessed = witness.map_or(0, |witness| witness.group.0);
    let groups = noted_groups(noted(dir)?).max(witnessed);
    if groups > 0 && store::data_file_len(dir) == 0 {
        return Err(lost(dir, groups, 0));
    }
    Ok(groups)
}

/// Checks a database that was just opened, and brings one of an older form up to date; `sync` makes
/// what is written then durable.
///
/// # Errors
/// When nobody can say how much was ever written.
pub(super) fn check(
    store: &Store,
    dir: &Path,
    witness: Option<Witness>,
    sync: impl Fn() -> Result<(), JournalError>,
) -> Result<Findings, JournalError> {
    let tail = guarded(|| tail(store, dir, sync), |what| store.damaged(what))?;
    Ok(examine(store, dir, tail, witness))
}

/// Checks a database that will only be looked at. A doubt about how much was written keeps nobody from
/// looking at what is there.
///
/// # Errors
/// When the database is of a form that cannot be read before it is brought up to date, or not at all.
pub(super) fn look(
    store: &Store,
    dir: &Path,
    witness: Option<Witness>,
) -> Result<Findings, JournalError> {
    let found = guarded(|| store.tail(), |what| store.damaged(what));
    if let Ok(Some(Found::Tail(tail))) = found {
        return Ok(examine(store, dir, tail, witness));
    }
    let older = || Err(store.damaged("it must be brought up to date first".to_owned()));
    let tail = guarded(|| tail(store, dir, older), |what| store.damaged(what))?;
    Ok(examine(store, dir, tail, witness))
}

/// Everything that can be found out without reading the events.
fn examine(store: &Store, dir: &Path, tail: Tail, witness: Option<Witness>) -> Findings {
    let doubt = guarded(|| doubt(store, dir, &tail, witness), |what| store.damaged(what)).err();
    let broken = |what| store.damaged(what);
    if let Ok(damaged) = guarded(|| damaged_rows(store), broken) {
        return Findings { tail, doubt, damaged, rows: Rows::Readable };
    }
    // Every saga that has a row is named, so that its row is made from its history.
    match guarded(|| all_rows(store), broken) {
        Ok(damaged) => Findings { tail, doubt, damaged, rows: Rows::Unreadable },
        Err(error) => {
            let (doubt, damaged) = (Some(doubt.unwrap_or(error)), Vec::new());
            Findings { tail, doubt, damaged, rows: Rows::Unreadable }
        }
    }
}

/// The tail of a database that was opened again after a failure, and must be what it was.
pub(super) fn tail_again(store: &Store, expected: &Tail) -> Result<Tail, JournalError> {
    match store.tail()? {
        Some(Found::Tail(tail)) if tail == *expected => Ok(tail),
        None if expected.groups == 0 => Ok(*expected),
        Some(Found::Tail(_) | Found::Older(_) | Found::Newer(_) | Found::Nonsense) | None => {
            Err(store.damaged("it is not the one that was written a moment ago".to_owned()))
        }
    }
}

/// The tail, of whatever form; an older form is brought up to date.
fn tail(
    store: &Store,
    dir: &Path,
    sync: impl Fn() -> Result<(), JournalError>,
) -> Result<Tail, JournalError> {
    let noted = noted_groups(noted(dir)?);
    match store.tail()? {
        // Whether there were more is a doubt like others.
        Some(Found::Tail(tail)) => Ok(tail),
        Some(Found::Older(found)) => match self::noted(dir)? {
            Noted::Tail(tail) if tail.groups > 0 => Err(lost(dir, tail.groups, found)),
            Noted::Older(noted) if noted > found => Err(lost(dir, noted, found)),
            Noted::Tail(_) | Noted::Older(_) | Noted::Nothing => upgrade::run(store, found, sync),
        },
        None if noted > 0 => Err(lost(dir, noted, 0)),
        None if store.events.is_empty() && store.heads.is_empty() => Ok(Tail::default()),
        None => Err(store.damaged("the number of groups of facts is missing".to_owned())),
        Some(Found::Newer(form)) => {
            let path = dir.display().to_string();
            Err(JournalError::NewerForm { path, form, known: FORM })
        }
        Some(Found::Nonsense) => {
            Err(store.damaged("the number of groups of facts makes no sense".to_owned()))
        }
    }
}

/// Whether the database is the one that was written, and all of it.
fn doubt(
    store: &Store,
    dir: &Path,
    tail: &Tail,
    witness: Option<Witness>,
) -> Result<(), JournalError> {
    match noted(dir)? {
        Noted::Tail(noted) => {
            let Tail { groups, link, .. } = noted;
            if groups > tail.groups {
                return Err(lost(dir, groups, tail.groups));
            }
            if groups == tail.groups && noted != *tail {
                return Err(another(store, groups));
            }
            same(store, tail, Witness { group: GroupNumber(groups), link })?;
        }
        Noted::Older(groups) if groups > tail.groups => {
            return Err(lost(dir, groups, tail.groups));
        }
        Noted::Older(_) => {}
        Noted::Nothing if tail.groups == 0 => {}
        Noted::Nothing => tracing::warn!(
            folder = %dir.display(),
            "the counter beside the journal is gone or damaged; it is made anew"
        ),
    }
    if let Some(witness) = witness {
        if witness.group.0 > tail.groups {
            return Err(lost(dir, witness.group.0, tail.groups));
        }
        same(store, tail, witness)?;
    }
    let mut digest = Digest::default();
    let mut sagas = 0_u64;
    for head in reader::heads(store) {
        let (saga, _, bytes) = head?;
        digest = digest.with(&saga.to_bytes(), &bytes);
        sagas += 1;
    }
    if digest != tail.digest {
        return Err(store.damaged(format!(
            "the histories of {sagas} sagas are there, and they are not all that was written"
        )));
    }
    Ok(())
}

/// Checks that the journal is the one that this witness saw, as far as its commit is still held.
fn same(store: &Store, tail: &Tail, witness: Witness) -> Result<(), JournalError> {
    let Witness { group: GroupNumber(group), link } = witness;
    let seen = if group == tail.groups {
        Some(tail.link)
    } else {
        commits::link(store, GroupNumber(group))?
    };
    match seen {
        Some(seen) if seen != link => Err(another(store, group)),
        Some(_) | None => Ok(()),
    }
}

/// The deployments whose rows are missing or not as they were written.
pub(super) fn damaged_rows(store: &Store) -> Result<Vec<Damaged>, JournalError> {
    let mut rows = sealed_rows(store)?;
    let mut damaged = Vec::new();
    for row in Values::new(store, store.summaries.iter(), keys::ID_LEN) {
        let (key, bytes) = row?;
        let deployment = keys::deployment(&key).ok_or_else(|| reader::strange_key(store))?;
        match rows.remove(&deployment) {
            Some((_, seal)) if seal == RowSeal::of(deployment, &bytes) => {}
            Some((saga, _)) => damaged.push(Damaged::row(deployment, Some(saga))),
            None => damaged.push(Damaged::row(deployment, None)),
        }
    }
    damaged.extend(rows.into_iter().map(|(id, (saga, _))| Damaged::row(id, Some(saga))));
    Ok(damaged)
}

fn all_rows(store: &Store) -> Result<Vec<Damaged>, JournalError> {
    let rows = sealed_rows(store)?;
    Ok(rows.into_iter().map(|(id, (saga, _))| Damaged::row(id, Some(saga))).collect())
}

/// The rows that must be there, and whose they are.
fn sealed_rows(store: &Store) -> Result<BTreeMap<DeploymentId, (SagaId, RowSeal)>, JournalError> {
    let heads = reader::heads(store).filter_map(|head| match head {
        Ok((saga, head, _)) => head.row.map(|row| Ok((row.deployment, (saga, row)))),
        Err(error) => Some(Err(error)),
    });
    heads.collect()
}

fn noted(dir: &Path) -> Result<Noted, JournalError> {
    Counter::read(dir).map_err(|error| folder::open_error(dir, &error))
}

fn noted_groups(noted: Noted) -> u64 {
    match noted {
        Noted::Tail(tail) => tail.groups,
        Noted::Older(groups) => groups,
        Noted::Nothing => 0,
    }
}

fn lost(dir: &Path, written: u64, found: u64) -> JournalError {
    let missing = written - found;
    let what = if found == 0 {
        format!("all {written} groups of facts are missing")
    } else {
        format!("the last {missing} of {written} groups of facts are missing")
    };
    store::damaged(dir, what)
}

fn another(store: &Store, group: u64) -> JournalError {
    store.damaged(format!(
        "its group of facts number {group} is another than the one that was written, so it is an \
         older copy that went on"
    ))
}
