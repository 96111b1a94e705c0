//! The engine's promises to its callers, on steps that do what a test says: what a broken step, a
//! broken journal, a stop and an order at a bad moment may do, and what they may not.

use std::sync::Arc;
use std::time::Duration;

use arcadia::control::Notice;
use arcadia::domain::aggregate::{Entry, Fact};
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::log::{LogLevel, LogLine};
use arcadia::domain::saga::event::{EventKind, StepEvent};
use arcadia::domain::saga::plan::{Direction, StepName};
use arcadia::domain::spec::DeploymentSpec;
use arcadia::journal::{Batch, Fate, Journal, JournalError};
use tokio::sync::broadcast;

use crate::support::rig::Rig;

mod draining;
mod heartbeat;
mod journal;
mod leaps;
mod orders;
mod steps;
mod stopping;

/// Lets paused time pass.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Gives others this many turns.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

fn full() -> JournalError {
    JournalError::Full { path: "/data".to_owned() }
}

/// The example under another name.
fn named(slug: &str) -> DeploymentSpec {
    DeploymentSpec { slug: slug.to_owned(), dns: None, ..DeploymentSpec::example() }
}

fn line(rig: &Rig, text: &str) -> LogLine {
    LogLine {
        at: rig.clock.now(),
        level: LogLevel::Info,
        step: StepName::new("s0"),
        direction: Direction::Forward,
        attempt: 1,
        text: text.to_owned(),
        fields: Vec::new(),
    }
}

/// The next word of a saga that stands still.
async fn stalled(notices: &mut broadcast::Receiver<Notice>) -> (DeploymentId, Arc<str>) {
    let word = async {
        loop {
            if let Notice::Stalled { deployment, error, .. } = notices.recv().await.unwrap() {
                return (deployment, error);
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), word).await.unwrap()
}

/// Writes a fact that cannot have happened behind a saga's history.
async fn append_nonsense(rig: &Rig, saga: SagaId) {
    let seq = rig.journal.history(saga).await.unwrap().len() as u64;
    let fact = Fact::Saga(EventKind::RolledBack);
    let entries = [Entry { seq, at: rig.clock.now(), fact }].into();
    rig.journal.append(Batch { saga, entries, fate: Fate::GoesOn }).await.unwrap();
}

/// A history in a word or two for each fact.
fn facts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| word(&entry.fact)).collect()
}

fn word(fact: &Fact) -> String {
    match fact {
        Fact::Launched(_) => "launched".to_owned(),
        Fact::Deployment(transition) => format!("moved to {:?}", transition.to),
        Fact::Resource(_) => "inventory changed".to_owned(),
        Fact::Saga(EventKind::Restarted) => "restarted".to_owned(),
        Fact::Saga(EventKind::Completed) => "completed".to_owned(),
        Fact::Saga(EventKind::RolledBack) => "rolled-back".to_owned(),
        Fact::Saga(EventKind::Ordered { order, .. }) => order.verb().to_owned(),
        Fact::Saga(EventKind::Checkpointed { step, .. }) => format!("saved {step}"),
        Fact::Saga(EventKind::Step { step, event, .. }) => {
            let what = match event {
                StepEvent::Started { .. } => "started",
                StepEvent::Waiting { .. } => "waiting",
                StepEvent::Polled => "polled",
                StepEvent::RetryScheduled { .. } => "retried",
                StepEvent::Succeeded { .. } => "succeeded",
                StepEvent::Failed { .. } => "failed",
                StepEvent::Interrupted => "interrupted",
            };
            format!("{what} {step}")
        }
    }
}
