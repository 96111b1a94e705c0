//! The way back from the journal: rows for the list, and sagas for their owners.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::control::Notice;
use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::deployment::DeploymentState;
use crate::domain::failure::with_causes;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::saga::state::{Phase, State};
use crate::domain::summary::{Standing, Summary};
use crate::domain::time::Timestamp;
use crate::engine::seats::Ticket;
use crate::engine::{ROWS_A_PAGE, Shared};
use crate::journal::JournalError;

/// Fills the store: finished sagas by their kept rows, the others by their histories, which are kept
/// for their owners.
///
/// # Errors
/// When the journal cannot be read. A single history that makes no sense is not an error: its row
/// says so, and its saga is not run.
pub(super) async fn load(shared: &Shared) -> Result<(), JournalError> {
    let mut after = None;
    loop {
        let page = shared.journal.summaries(after, ROWS_A_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.deployment);
        for summary in page {
            shared.store.put(Arc::new(summary));
        }
    }
    for damaged in shared.journal.damaged() {
        let error = with_causes(&damaged.error);
        if let Some(saga) = damaged.saga {
            // What a row said can be told from the history, if that is whole.
            tracing::warn!(%saga, error, "a row is made from its history");
            shared.store.put(Arc::new(row_of(shared, saga).await?));
        } else {
            tracing::warn!(error, "a row that belongs to no history is not shown");
        }
    }
    for saga in shared.journal.unfinished().await? {
        shared.store.put(Arc::new(row_of(shared, saga).await?));
    }
    Ok(())
}

/// An unfinished saga before its first owner.
pub(super) enum Unowned {
    /// As the journal had it, so that its history is not read twice. Only owners change a saga, so it
    /// is still true.
    Begun(Box<Aggregate>),
    /// It waits for a seat and has nothing under way: there may be thousands, so nothing is kept.
    Queued,
}

impl Unowned {
    fn of(aggregate: Aggregate) -> Self {
        let State { phase, steps, .. } = &aggregate.state;
        if *phase == Phase::Running && !steps.iter().any(|step| step.was_started()) {
            Self::Queued
        } else {
            Self::Begun(Box::new(aggregate))
        }
    }
}

/// A saga as it was when the journal was opened, for its first owner.
pub(super) fn take_unowned(shared: &Shared, saga: SagaId) -> Option<Aggregate> {
    match unowned(shared).remove(&saga)? {
        Unowned::Begun(aggregate) => Some(*aggregate),
        Unowned::Queued => None,
    }
}

/// Whether somebody must go on with a saga before it has a seat: what was under way is interrupted,
/// and what is undone goes on.
pub(super) fn needs_owner(shared: &Shared, saga: SagaId) -> bool {
    match unowned(shared).get(&saga) {
        Some(Unowned::Begun(aggregate)) => !shared.seats.has_seat(Ticket::of(aggregate)),
        Some(Unowned::Queued) => false,
        // Its history makes no sense, which must be said.
        None => true,
    }
}

fn unowned(shared: &Shared) -> MutexGuard<'_, BTreeMap<SagaId, Unowned>> {
    shared.unowned.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The row of a saga as its history tells it, or says what is wrong with it.
async fn row_of(shared: &Shared, saga: SagaId) -> Result<Summary, JournalError> {
    match read(shared, saga).await {
        Ok(aggregate) => {
            let row = Summary::of(&aggregate);
            if aggregate.state.phase == Phase::Running {
                shared.seats.wait(Ticket::of(&aggregate));
            }
            if !row.standing.is_finished() {
                unowned(shared).insert(saga, Unowned::of(aggregate));
            }
            Ok(row)
        }
        Err(Unreadable::Nonsense { row, .. }) => Ok(*row),
        Err(Unreadable::Journal(error)) => Err(error),
    }
}

/// A saga that cannot be run.
pub(super) enum Unreadable {
    /// The journal cannot be read now.
    Journal(JournalError),
    /// Its history makes no sense, and will not tomorrow; the row says how far it did.
    Nonsense {
        row: Box<Summary>,
        /// What may help.
        remedy: Option<&'static str>,
    },
}

impl Unreadable {
    /// What may help.
    pub(super) fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Journal(error) => error.remedy(),
            Self::Nonsense { remedy, .. } => *remedy,
        }
    }

    /// What is wrong, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Journal(error) => error.to_string(),
            Self::Nonsense { row, .. } => row.why.clone().unwrap_or_default(),
        }
    }
}

/// A saga as its history leaves it.
pub(super) async fn read(shared: &Shared, saga: SagaId) -> Result<Aggregate, Unreadable> {
    let nonsense = |entries: &[Entry], error: &(dyn Error + 'static), remedy| {
        let error = with_causes(error);
        tracing::error!(%saga, error, "a history makes no sense; its saga is not run");
        Unreadable::Nonsense { row: Box::new(row_of_broken(saga, entries, &error)), remedy }
    };
    match shared.journal.history(saga).await {
        Ok(entries) => {
            Aggregate::from_history(&entries).map_err(|error| nonsense(&entries, &error, None))
        }
        Err(
            error @ (JournalError::Record { .. }
            | JournalError::Newer { .. }
            | JournalError::History { .. }),
        ) => {
            // What can still be read tells whose history it is.
            let entries = shared.journal.salvage(saga).await.unwrap_or_default();
            Err(nonsense(&entries, &error, error.remedy()))
        }
        Err(
            error @ (JournalError::Locked { .. }
            | JournalError::Open { .. }
            | JournalError::Full { .. }
            | JournalError::Write { .. }
            | JournalError::Read { .. }
            | JournalError::Damaged { .. }
            | JournalError::Row { .. }
            | JournalError::Gone { .. }
            | JournalError::NewerForm { .. }
            | JournalError::LookOnly { .. }
            | JournalError::NotCopied { .. }
            | JournalError::Closed),
        ) => Err(Unreadable::Journal(error)),
    }
}

/// Says loudly that a saga stands still.
pub(super) fn tell_stalled(shared: &Shared, saga: SagaId, error: &str, hint: Option<&'static str>) {
    tracing::error!(%saga, error, "the saga stands still");
    if let Some(row) = shared.store.of_saga(saga) {
        let deployment = row.deployment;
        // Nobody may be listening, which is fine.
        let _ = shared.notices.send(Notice::Stalled { deployment, error: error.into(), hint });
    }
}

/// The row of a history that makes no sense: how far it did, and what is wrong.
fn row_of_broken(saga: SagaId, entries: &[Entry], error: &str) -> Summary {
    let why = Some(format!("its history cannot be read: {error}"));
    let readable = (1..=entries.len())
        .rev()
        .find_map(|length| Aggregate::from_history(&entries[..length]).ok());
    if let Some(readable) = readable {
        return Summary { standing: Standing::NeedsYou, why, ..Summary::of(&readable) };
    }
    // Not even the launch can be read: a row all the same, so that nobody overlooks it.
    let nobody = "unreadable".to_owned();
    Summary {
        deployment: DeploymentId::from_bytes(saga.to_bytes()),
        saga,
        tenant: nobody,
        slug: saga.short(),
        dns_name: None,
        region: String::new(),
        size: String::new(),
        ipv4: None,
        state: DeploymentState::Provisioning,
        standing: Standing::NeedsYou,
        marks: Vec::new(),
        focus: None,
        why,
        taken: None,
        launched_at: Timestamp::default(),
        changed_at: Timestamp::default(),
        ended_at: None,
        next_seq: 0,
    }
}
