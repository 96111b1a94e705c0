//! Reads everything, and says what is whole.

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::journal::sled::chain::Link;
use crate::journal::sled::guard::guarded;
use crate::journal::sled::integrity::{self, Findings, Rows};
use crate::journal::sled::pieces::Values;
use crate::journal::sled::reader;
use crate::journal::sled::store::Store;
use crate::journal::sled::tail::Found;
use crate::journal::sled::{commits, keys};
use crate::journal::{Damaged, JournalError, record};

/// What was found when everything was read.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many groups of facts were ever written.
    pub groups: u64,
    /// How many sagas there are, and how many entries their whole histories hold.
    pub sagas: u64,
    /// The entries of the histories that are whole.
    pub entries: u64,
    /// The rows that are whole.
    pub rows: u64,
    /// The commits that are held for followers, and whole.
    pub commits: u64,
    /// The log lines that can be read.
    pub log_lines: u64,
    /// Things are missing, or are not as they were, and nobody can say whose.
    pub doubts: Vec<JournalError>,
    /// What is damaged, by saga and deployment as far as that is known.
    pub damaged: Vec<Damaged>,
}

impl Report {
    /// Whether everything that was acknowledged is there, as it was written.
    pub fn is_whole(&self) -> bool {
        self.doubts.is_empty() && self.damaged.is_empty()
    }
}

/// Reads everything, and hands over each history that is whole. Damage is never an error: the report
/// says what there is.
pub(super) fn run(
    store: &Store,
    findings: &Findings,
    mut take: impl FnMut(SagaId, &[Entry]),
) -> Report {
    let broken = |what| store.damaged(what);
    let groups = match guarded(|| store.tail(), broken) {
        Ok(Some(Found::Tail(tail))) => tail.groups,
        // The findings say what is wrong with it.
        Ok(Some(Found::Older(_) | Found::Newer(_) | Found::Nonsense) | None) | Err(_) => {
            findings.tail.groups
        }
    };
    let mut report = Report { groups, ..Report::default() };
    report.doubts.extend(findings.doubt.clone());
    // What one part found so far stands when sled breaks off in it.
    if let Err(error) = guarded(|| histories(store, &mut report, &mut take), broken) {
        report.doubts.push(error);
    }
    for part in [strays, rows, held_commits, log_lines] {
        if let Err(error) = guarded(|| part(store, &mut report), broken) {
            report.doubts.push(error);
        }
    }
    if findings.rows == Rows::Unreadable {
        report.doubts.push(store.damaged("its rows cannot be read".to_owned()));
    }
    report
}

fn histories(
    store: &Store,
    report: &mut Report,
    take: &mut impl FnMut(SagaId, &[Entry]),
) -> Result<(), JournalError> {
    for head in reader::heads(store) {
        let (saga, head, _) = head?;
        report.sagas += 1;
        let history = guarded(
            || reader::history(store, saga),
            |what| JournalError::History { saga, seq: 0, what },
        );
        match history {
            Ok(entries) => {
                report.entries += entries.len() as u64;
                take(saga, &entries);
            }
            Err(error) => {
                let deployment = head.row.map(|row| row.deployment);
                report.damaged.push(Damaged { deployment, saga: Some(saga), error });
            }
        }
    }
    Ok(())
}

/// Events of sagas that have no head.
fn strays(store: &Store, report: &mut Report) -> Result<(), JournalError> {
    let mut last = None;
    for key in store.events.iter().keys() {
        let key = key.map_err(|error| store.read_error(&error))?;
        let saga = keys::saga(&key).ok_or_else(|| reader::strange_key(store))?;
        if last != Some(saga) && reader::head(store, saga)?.next == 0 {
            let what = "none were written, and there are some".to_owned();
            let error = JournalError::History { saga, seq: 0, what };
            report.damaged.push(Damaged { deployment: None, saga: Some(saga), error });
        }
        last = Some(saga);
    }
    Ok(())
}

fn rows(store: &Store, report: &mut Report) -> Result<(), JournalError> {
    let damaged = integrity::damaged_rows(store)?;
    for row in Values::new(store, store.summaries.iter(), keys::ID_LEN) {
        let (key, _) = row?;
        let deployment: Option<DeploymentId> = keys::deployment(&key);
        report.rows += u64::from(!damaged.iter().any(|row| row.deployment == deployment));
    }
    report.damaged.extend(damaged);
    Ok(())
}

fn held_commits(store: &Store, report: &mut Report) -> Result<(), JournalError> {
    let mut last: Option<(u64, Link)> = None;
    for commit in commits::held(store) {
        let (group, before, link) = commit?;
        if last.is_some_and(|(number, link)| number + 1 != group.0 || link != before) {
            return Err(store.damaged(format!("commit {group} does not follow the one before it")));
        }
        last = Some((group.0, link));
        report.commits += 1;
    }
    match last {
        Some((number, _)) if number < report.groups => {
            Err(store.damaged(format!("the commits after number {number} are missing")))
        }
        Some(_) | None => Ok(()),
    }
}

fn log_lines(store: &Store, report: &mut Report) -> Result<(), JournalError> {
    for line in Values::new(store, store.logs.iter(), keys::NUMBERED_LEN) {
        let (key, bytes) = line?;
        let place: Option<(SagaId, u64)> = keys::saga(&key).zip(keys::number(&key));
        let (saga, number) = place.ok_or_else(|| reader::strange_key(store))?;
        match record::decode_log(saga, number, &bytes) {
            Ok(_) => report.log_lines += 1,
            Err(error) => {
                report.damaged.push(Damaged { deployment: None, saga: Some(saga), error });
            }
        }
    }
    Ok(())
}
