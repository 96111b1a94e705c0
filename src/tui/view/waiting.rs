//! What a row waits for, when the next try is, and when it gives up: in words.

use std::time::Duration;

use crate::domain::saga::plan::Direction;
use crate::domain::summary::{Activity, Focus, Standing, Summary};
use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::model::{ActStage, Model};

/// Words that may be cut, and the words after them that must not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words {
    /// What it is.
    pub(super) what: String,
    /// What happens next.
    pub(super) next: String,
    /// The same, where room is short.
    brief: String,
}

/// From how many cells on there is room to say what happens next in full.
const ROOMY: usize = 44;

impl Words {
    fn what(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: String::new(), brief: String::new() }
    }

    /// What happens next, in words that leave room for what it is.
    pub(super) fn tail(&self, cells: usize) -> &str {
        if cells < ROOMY { &self.brief } else { &self.next }
    }
}

/// What a deployment's row says.
pub(super) fn of_row(model: &Model, row: &Summary) -> Words {
    if let Some(error) = model.stalled.get(&row.deployment) {
        return Words::what(format!("stopped: the journal failed: {error}"));
    }
    if let Some(act) = model.acts.get(&row.deployment) {
        match &act.stage {
            ActStage::Asked => return Words::what(format!("{} asked", act.verb)),
            ActStage::Accepted => return Words::what(format!("{} accepted", act.verb)),
            ActStage::Refused(why) => {
                return Words::what(format!("{} refused: {why}", act.verb));
            }
        }
    }
    match (&row.focus, row.standing) {
        (Some(focus), _) => of_focus(focus, model.now),
        (None, Standing::Active) => {
            Words::what(row.ipv4.map(|ip| ip.to_string()).unwrap_or_default())
        }
        (None, Standing::Running) => Words::what("waits for its turn"),
        (None, _) => Words::what(row.why.clone().unwrap_or_default()),
    }
}

/// What a step is doing.
pub(super) fn of_focus(focus: &Focus, now: Timestamp) -> Words {
    match &focus.activity {
        Activity::Calling { since } => {
            let verb = match focus.direction {
                Direction::Forward => "calling",
                Direction::Undo => "undoing",
            };
            let next = format!(", {}", ago(now, *since));
            Words { what: verb.to_owned(), brief: next.clone(), next }
        }
        Activity::Waiting { until, note, gives_up_at } => Words {
            what: note.clone(),
            next: format!("; asks {}, ends {}", ahead(now, *until), ahead(now, *gives_up_at)),
            brief: format!("; {}", ahead(now, *until)),
        },
        Activity::Retrying { at, error } => {
            let try_number = (focus.attempt + 1).min(focus.tries);
            Words {
                what: error.clone(),
                next: format!("; retry {} ({try_number} of {})", ahead(now, *at), focus.tries),
                brief: format!("; {}", ahead(now, *at)),
            }
        }
        Activity::GaveUp { at, error } => Words {
            what: error.clone(),
            next: format!("; gave up {}", format::time_of_day(*at)),
            brief: String::new(),
        },
    }
}

fn ago(now: Timestamp, since: Timestamp) -> String {
    format::running(now.since(since))
}

fn ahead(now: Timestamp, at: Timestamp) -> String {
    match now.until(at) {
        Duration::ZERO => "now".to_owned(),
        span => format!("in {}", format::running(span + Duration::from_millis(999))),
    }
}
