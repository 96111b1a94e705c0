//! What happened, one line per change: the words of `launch --watch` and `history`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::amount::{span, time_of_day};
use crate::domain::aggregate::{Aggregate, Entry, Fact};
use crate::domain::deployment::{Actor, Transition};
use crate::domain::failure::Failure;
use crate::domain::resource::ResourceEvent;
use crate::domain::saga::event::{EventKind, Order, StepEvent};
use crate::domain::saga::plan::{Direction, StepName};
use crate::domain::saga::state::Phase;
use crate::domain::saga::transition::needs_undo;
use crate::domain::time::Timestamp;

/// How the lines are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What an onlooker wants to know: outcomes, waits and turns.
    Changes,
    /// Everything that was journaled.
    Everything,
}

/// Tells entries in their order.
pub(crate) struct Teller {
    detail: Detail,
    /// What each lane last said it waits for: only a new reason is news.
    noted: BTreeMap<(StepName, Direction), String>,
}

impl Teller {
    pub(crate) fn new(detail: Detail) -> Self {
        Self { detail, noted: BTreeMap::new() }
    }

    /// The lines for one entry, given the picture before and after it. Empty when it is not worth
    /// one.
    pub(crate) fn lines(
        &mut self,
        before: Option<&Aggregate>,
        after: &Aggregate,
        entry: &Entry,
    ) -> Vec<String> {
        let everything = self.detail == Detail::Everything;
        let took = || span(entry.at.since(after.launched_at));
        let told = match &entry.fact {
            Fact::Launched(launch) => Some(format!(
                "provisioning run={} steps={} by={}",
                launch.saga.short(),
                launch.plan.steps().len(),
                launch.by
            )),
            Fact::Saga(EventKind::Step { step, direction, event }) => {
                self.is_news(step, *direction, event).then(|| {
                    let words = step_words(after, step, *direction, event, entry.at);
                    format!("{} {words}", padded(after, step))
                })
            }
            Fact::Saga(EventKind::Checkpointed { step, key, .. }) => {
                everything.then(|| format!("{} saved `{key}` for its undo", padded(after, step)))
            }
            Fact::Saga(EventKind::Ordered { by, order, .. }) => Some(order_line(by, order)),
            Fact::Saga(EventKind::Restarted) => {
                everything.then(|| "goes on after a restart".to_owned())
            }
            // An onlooker is told the outcome, which says more.
            Fact::Saga(EventKind::Completed) => everything.then(|| format!("active in {}", took())),
            Fact::Saga(EventKind::RolledBack) => {
                everything.then(|| format!("rolled back in {}", took()))
            }
            Fact::Deployment(transition) => everything.then(|| transition_line(transition)),
            Fact::Resource(event) => everything.then(|| resource_line(event)),
        };
        told.into_iter().chain(turn_line(before, after)).collect()
    }

    fn is_news(&mut self, step: &StepName, direction: Direction, event: &StepEvent) -> bool {
        match event {
            StepEvent::Waiting { note, .. } => {
                let was = self.noted.insert((step.clone(), direction), note.clone());
                was.as_ref() != Some(note) || self.detail == Detail::Everything
            }
            StepEvent::Started { .. } | StepEvent::Polled => self.detail == Detail::Everything,
            StepEvent::RetryScheduled { .. }
            | StepEvent::Succeeded { .. }
            | StepEvent::Failed { .. }
            | StepEvent::Interrupted => true,
        }
    }
}

/// A line as it is printed: when, whose, what.
pub(crate) fn stamped(at: Timestamp, name: &str, line: &str) -> String {
    format!("{} {name} {line}", time_of_day(at))
}

/// An entry in words of its own, without any picture: for histories that are listed whole.
pub(crate) fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Launched(_) => "launched",
        Fact::Saga(EventKind::Step { event, .. }) => match event {
            StepEvent::Started { .. } => "step_started",
            StepEvent::Waiting { .. } => "step_waiting",
            StepEvent::Polled => "step_polled",
            StepEvent::RetryScheduled { .. } => "step_retry_scheduled",
            StepEvent::Succeeded { .. } => "step_succeeded",
            StepEvent::Failed { .. } => "step_failed",
            StepEvent::Interrupted => "step_interrupted",
        },
        Fact::Saga(EventKind::Checkpointed { .. }) => "checkpointed",
        Fact::Saga(EventKind::Ordered { .. }) => "ordered",
        Fact::Saga(EventKind::Restarted) => "restarted",
        Fact::Saga(EventKind::Completed) => "completed",
        Fact::Saga(EventKind::RolledBack) => "rolled_back",
        Fact::Deployment(_) => "deployment_changed",
        Fact::Resource(event) => match event {
            ResourceEvent::Discovered(_) => "resource_discovered",
            ResourceEvent::Linked { .. } => "resource_linked",
            ResourceEvent::Unlinked { .. } => "resource_unlinked",
            ResourceEvent::Removed { .. } => "resource_removed",
        },
    }
}

fn step_words(
    after: &Aggregate,
    step: &StepName,
    direction: Direction,
    event: &StepEvent,
    at: Timestamp,
) -> String {
    let Some(position) = after.plan.position(step) else {
        return String::new();
    };
    let lane = after.state.steps[position].lane(direction);
    let planned = &after.plan.steps()[position];
    let patience = match direction {
        Direction::Forward => Some(&planned.forward),
        Direction::Undo => planned.undo.as_ref(),
    };
    let tries = patience.map_or(1, |patience| patience.retry.tries.get());
    let attempt = lane.attempt.saturating_sub(lane.forgiven).max(1);
    let attempt = format!("attempt={attempt}/{tries}");
    let took = span(at.since(lane.started_at.unwrap_or(at)));
    let word = |forward: &'static str, undo: &'static str| match direction {
        Direction::Forward => forward,
        Direction::Undo => undo,
    };
    match event {
        StepEvent::Succeeded { output } => {
            let again = if lane.attempt > 1 { format!(" {attempt}") } else { String::new() };
            format!("{:<7} {took}{again}{}", word("ok", "undone"), scalars(output))
        }
        StepEvent::Failed { failure } => {
            let word = word("FAILED", "NOT UNDONE");
            format!("{word:<7} {took} {attempt}{}", failure_words(failure))
        }
        StepEvent::RetryScheduled { failure, at: next } => {
            let (word, wait) = (word("retry", "undo: retry"), span(at.until(*next)));
            format!("{word:<7} in {wait} {attempt}{}", failure_words(failure))
        }
        StepEvent::Waiting { note, .. } => format!("{:<7} {note}", word("waits", "undo: waits")),
        StepEvent::Interrupted => "interrupted; whether it took effect is looked up".to_owned(),
        StepEvent::Started { attempt } => {
            format!("{:<7} attempt={attempt}", word("start", "undo"))
        }
        StepEvent::Polled => "asked again".to_owned(),
    }
}

/// `4/7 register_inventory`, as wide as the widest step of the plan.
fn padded(aggregate: &Aggregate, step: &StepName) -> String {
    let steps = aggregate.plan.steps();
    let width = steps.iter().map(|step| step.name.as_str().len()).max().unwrap_or(0);
    let number = aggregate.plan.position(step).map_or(0, |position| position + 1);
    format!("{number}/{} {step:<width$}", steps.len())
}

fn failure_words(failure: &Failure) -> String {
    let mut words = format!(" code={} error={:?}", failure.code, failure.message);
    if let Some(request) = &failure.request_id {
        let _ = write!(words, " req={request}");
    }
    words
}

/// The simple values of an output: ` droplet=398271`.
fn scalars(output: &Value) -> String {
    let mut words = String::new();
    match output {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) => {
                        let _ = write!(words, " {name}={text}");
                    }
                    Value::Number(_) | Value::Bool(_) => {
                        let _ = write!(words, " {name}={value}");
                    }
                    Value::Null | Value::Array(_) | Value::Object(_) => {}
                }
            }
        }
        Value::String(note) if !note.is_empty() => {
            let _ = write!(words, " {note}");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
    words
}

fn order_line(by: &Actor, order: &Order) -> String {
    match order {
        Order::Skip { step, reason } => format!("skip {step} ordered by {by}: {reason}"),
        Order::Abandon { reason } => format!("abandon ordered by {by}: {reason}"),
        Order::Take => format!("taken by {by}"),
        Order::Cancel | Order::Rollback | Order::Hold | Order::Resume | Order::Retry => {
            format!("{} ordered by {by}", order.verb())
        }
    }
}

fn transition_line(transition: &Transition) -> String {
    let from = transition.from.map_or(String::new(), |from| format!("{from} -> "));
    format!("deployment {from}{} by {} ({})", transition.to, transition.actor, transition.reason)
}

fn resource_line(event: &ResourceEvent) -> String {
    let key = event.key();
    let resource = format!("{} {}", key.provider, key.provider_id);
    match event {
        ResourceEvent::Discovered(row) => format!("inventory: {resource} at {}", row.ipv4),
        ResourceEvent::Linked { owner, .. } => {
            format!("inventory: {resource} belongs to {}", owner.tenant)
        }
        ResourceEvent::Unlinked { .. } => format!("inventory: {resource} belongs to nobody"),
        ResourceEvent::Removed { .. } => format!("inventory: {resource} removed"),
    }
}

/// The saga turned: what that means, when the entry itself does not say it.
fn turn_line(before: Option<&Aggregate>, after: &Aggregate) -> Option<String> {
    let was = before.map(|before| &before.state.phase);
    let phase = &after.state.phase;
    if was == Some(phase) {
        return None;
    }
    match phase {
        Phase::Compensating { .. } if !matches!(was, Some(Phase::NeedsAttention { .. })) => {
            let undone: Vec<_> = (0..after.state.steps.len())
                .rev()
                .filter(|position| needs_undo(&after.plan, &after.state, *position))
                .map(|position| format!("{} {}", position + 1, after.plan.steps()[position].name))
                .collect();
            Some(format!("rolling back: {}", undone.join(", ")))
        }
        Phase::NeedsAttention { step, .. } => {
            Some(format!("needs you: undoing {step} gave up; retry, skip or abandon"))
        }
        Phase::Holding { .. } => Some("holding".to_owned()),
        Phase::Running
        | Phase::Compensating { .. }
        | Phase::Completed { .. }
        | Phase::RolledBack { .. }
        | Phase::Abandoned { .. } => None,
    }
}
