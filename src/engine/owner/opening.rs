//! How an owner begins: with a saga that is new, or with one that the journal has.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::control::ControlError;
use crate::domain::aggregate::{Aggregate, Entry, Fact, Launch};
use crate::domain::id::SagaId;
use crate::domain::summary::Summary;
use crate::engine::owner::wanted::{Seated, Wanted};
use crate::engine::owner::{JOURNAL_RETRY_CAP, JOURNAL_RETRY_FIRST, publish};
use crate::engine::recovery::Unreadable;
use crate::engine::request::Request;
use crate::engine::seats::{Seat, Ticket};
use crate::engine::{Shared, recovery};
use crate::journal::{Batch, Fate, JournalError};

/// Makes the deployment and its saga durable, together with the start of the first steps if a seat
/// is free.
pub(super) async fn launched(
    shared: &Arc<Shared>,
    launch: Launch,
) -> Result<(Aggregate, Option<Seat>), JournalError> {
    let at = shared.clock.now();
    let saga = launch.saga;
    let mut aggregate = Aggregate::launched(launch.clone(), at);
    let mut entries = vec![Entry { seq: 0, at, fact: Fact::Launched(Box::new(launch)) }];
    let seat = shared.seats.take_free(Ticket::of(&aggregate));
    for fact in Wanted::by(&aggregate, at, Seated::by(seat.as_ref())).facts {
        let entry = Entry { seq: aggregate.next_seq(), at, fact };
        aggregate
            .apply(&entry)
            .map_err(|error| JournalError::Write { reason: error.to_string() })?;
        entries.push(entry);
    }
    let batch = Batch { saga, entries: entries.into(), fate: Fate::Begins };
    shared.journal.append(batch.clone()).await?;
    publish(shared, Summary::of(&aggregate), batch.entries);
    Ok((aggregate, seat))
}

/// A saga as the journal has it. While the journal cannot be read it is asked again, and orders are
/// answered so; a history that makes no sense is not run at all.
pub(super) async fn resumed(
    shared: &Shared,
    saga: SagaId,
    requests_rx: &mut mpsc::Receiver<Request>,
) -> Option<Aggregate> {
    if let Some(aggregate) = recovery::take_unowned(shared, saga) {
        return Some(aggregate);
    }
    let mut wait = JOURNAL_RETRY_FIRST;
    loop {
        let unreadable = match recovery::read(shared, saga).await {
            Ok(aggregate) => return Some(aggregate),
            Err(unreadable) => unreadable,
        };
        let words = unreadable.words();
        let remedy = unreadable.remedy();
        recovery::tell_stalled(shared, saga, &words, remedy);
        if let Unreadable::Nonsense { .. } = unreadable {
            requests_rx.close();
            while let Some(request) = requests_rx.recv().await {
                refuse(request, &words, remedy);
            }
            return None;
        }
        let again = tokio::time::sleep(wait);
        tokio::pin!(again);
        loop {
            tokio::select! {
                () = &mut again => break,
                () = shared.draining.cancelled() => return None,
                Some(request) = requests_rx.recv() => refuse(request, &words, remedy),
            }
        }
        wait = (wait * 2).min(JOURNAL_RETRY_CAP);
    }
}

/// Refuses what is asked of a saga that cannot be read. Steps ask nothing then: none is running. A
/// seat is given up.
fn refuse(request: Request, words: &str, remedy: Option<&'static str>) {
    match request {
        Request::Order { ack_tx, .. } => {
            let failed = ControlError::Journal { source: words.into(), remedy };
            let _ = ack_tx.send(Err(failed));
        }
        Request::Checkpoint { .. }
        | Request::Transition { .. }
        | Request::Resource { .. }
        | Request::Seat(_) => {}
    }
}
