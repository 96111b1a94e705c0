//! Who has to be called: deployments that begin to need a person while nobody may be looking.
//!
//! What needed somebody when the screen was opened is on it, and calls nobody. Several calls in a few
//! seconds are one.

use std::time::Duration;

use crate::config::NotifyWhen;
use crate::domain::time::Timestamp;
use crate::tui::msg::Focus;

/// The shortest time between two calls: a provider that goes down takes many sagas with it at once.
pub const APART: Duration = Duration::from_secs(5);

/// How long a call waits for others: what one trouble did to many is told in one.
pub const TOGETHER: Duration = Duration::from_millis(300);

/// Who has to be called.
#[derive(Debug)]
pub struct Alerts {
    /// Whether anybody is called at all.
    pub when: NotifyWhen,
    /// Whether somebody looks at the terminal, where the terminal tells.
    pub focus: Option<Focus>,
    waiting: Vec<Call>,
    since: Option<Timestamp>,
    called_at: Option<Timestamp>,
}

/// Why somebody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A person has to decide.
    Decision,
    /// It stands still, because its next fact is not in the journal.
    Stall,
}

#[derive(Debug)]
struct Call {
    name: String,
    need: Need,
}

impl Default for Alerts {
    fn default() -> Self {
        let when = NotifyWhen::Always;
        Self { when, focus: None, waiting: Vec::new(), since: None, called_at: None }
    }
}

impl Alerts {
    /// A deployment begins to need a person.
    pub fn begins(&mut self, name: String, need: Need, now: Timestamp) {
        let looking = self.focus == Some(Focus::Here);
        match self.when {
            NotifyWhen::Never => return,
            NotifyWhen::Unfocused if looking => return,
            NotifyWhen::Unfocused | NotifyWhen::Always => {}
        }
        self.since.get_or_insert(now);
        self.waiting.push(Call { name, need });
    }

    /// When the next call is made, if there is one to make.
    pub fn due(&self) -> Option<Timestamp> {
        let together = self.since? + TOGETHER;
        Some(self.called_at.map_or(together, |at| together.max(at + APART)))
    }

    /// The words of a call, when it is time for one.
    pub fn call(&mut self, now: Timestamp) -> Option<String> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        self.since = None;
        self.called_at = Some(now);
        Some(words(&std::mem::take(&mut self.waiting)))
    }
}

fn words(calls: &[Call]) -> String {
    match calls {
        [Call { name, need: Need::Decision }] => format!("{name} needs you"),
        [Call { name, need: Need::Stall }] => format!("{name} stands still"),
        _ if calls.iter().all(|call| call.need == Need::Stall) => {
            format!("{} deployments stand still", calls.len())
        }
        _ => format!("{} deployments need you", calls.len()),
    }
}
