//! One entry of a history in a line: what a person is told happened.

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::deployment::Transition;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::plan::Direction;
use crate::domain::time::Timestamp;
use crate::tui::format;

/// What an entry says of a deployment that was launched then.
pub(super) fn of(launched_at: Timestamp, entry: &Entry) -> String {
    match &entry.fact {
        Fact::Launched(launch) => format!("launched by {}", launch.by),
        Fact::Saga(EventKind::Step { step, direction, event }) => {
            let lane = match direction {
                Direction::Forward => format::step(step),
                Direction::Undo => format!("undo {}", format::step(step)),
            };
            format!("{lane}: {}", step_words(event, *direction, entry))
        }
        Fact::Saga(EventKind::Checkpointed { step, key, .. }) => {
            format!("{}: saved `{key}` for its undo", format::step(step))
        }
        Fact::Saga(EventKind::Ordered { by, order, .. }) => order_words(order, &by.to_string()),
        Fact::Saga(EventKind::Restarted) => "goes on after a pause".to_owned(),
        Fact::Saga(EventKind::Completed) => {
            format!("active after {}", format::duration(entry.at.since(launched_at)))
        }
        Fact::Saga(EventKind::RolledBack) => "everything that had started is undone".to_owned(),
        Fact::Deployment(transition) => transition_words(transition),
        Fact::Resource(event) => resource_words(event),
    }
}

fn step_words(event: &StepEvent, direction: Direction, entry: &Entry) -> String {
    match event {
        StepEvent::Started { attempt } => format!("try {attempt} begins"),
        StepEvent::Waiting { note, .. } => format!("waits: {note}"),
        StepEvent::Polled => "asked again".to_owned(),
        StepEvent::RetryScheduled { failure, at } => {
            let pause = format::duration(entry.at.until(*at));
            format!("{}; again in {pause}", failure_words(failure))
        }
        StepEvent::Succeeded { .. } => match direction {
            Direction::Forward => "done".to_owned(),
            Direction::Undo => "undone".to_owned(),
        },
        StepEvent::Failed { failure } => match (direction, failure.code) {
            (Direction::Forward, FailureCode::Cancelled) => "cut short".to_owned(),
            (Direction::Forward, _) => format!("FAILED: {}", failure_words(failure)),
            (Direction::Undo, _) => format!("GAVE UP: {}", failure_words(failure)),
        },
        StepEvent::Interrupted => "interrupted; whether it took effect is looked up".to_owned(),
    }
}

fn failure_words(failure: &Failure) -> String {
    match &failure.request_id {
        Some(request) => format!("{} (request {request})", failure.message),
        None => failure.message.clone(),
    }
}

fn order_words(order: &Order, by: &str) -> String {
    match order {
        Order::Skip { step, reason } => {
            format!("{by} skipped {}: {reason}", format::step(step))
        }
        Order::Abandon { reason } => format!("{by} abandoned it: {reason}"),
        Order::Take => format!("{by} took it"),
        Order::Cancel | Order::Rollback | Order::Hold | Order::Resume | Order::Retry => {
            format!("{by} ordered {}", order.verb())
        }
    }
}

fn transition_words(transition: &Transition) -> String {
    let from = transition.from.map_or(String::new(), |from| format!("{from} → "));
    format!("deployment {from}{} ({})", transition.to, transition.reason)
}

fn resource_words(event: &ResourceEvent) -> String {
    let key = event.key();
    let row = format!("inventory: {} {}", key.provider, key.provider_id);
    match event {
        ResourceEvent::Discovered(found) => format!("{row} is there, at {}", found.ipv4),
        ResourceEvent::Linked { owner, .. } => format!("{row} belongs to {}", owner.tenant),
        ResourceEvent::Unlinked { .. } => format!("{row} belongs to nobody"),
        ResourceEvent::Removed { .. } => format!("{row} is taken out"),
    }
}
