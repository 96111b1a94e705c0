//! What a row waits for, when the next try is, and when it gives up: in words.

use std::time::Duration;

use ratatui::style::Style;

use crate::domain::line;
use crate::domain::saga::plan::Direction;
use crate::domain::saga::state::Stage;
use crate::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::model::saga::Read;
use crate::tui::model::{ActStage, Model};
use crate::tui::theme::{Theme, standing_word};

/// Words that may be cut, and the words after them that must not be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words {
    /// What it is.
    pub(super) what: String,
    /// What happens next.
    pub(super) next: String,
    /// The same in a row of the list.
    short: String,
    /// The same where room is short.
    brief: String,
}

/// From how many cells on a row has room for what happens next and when it gives up.
const ROOMY: usize = 33;

impl Words {
    fn what(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// What happens next, in words that leave room for what it is.
    pub(super) fn tail(&self, cells: usize) -> &str {
        if cells < ROOMY { &self.brief } else { &self.short }
    }
}

/// How a deployment stands: its sign, its word, and how they look. A saga whose facts cannot be
/// journaled does nothing of what its standing says.
pub(super) fn standing(
    model: &Model,
    row: &Summary,
    theme: Theme,
) -> (&'static str, &'static str, Style) {
    let muted = model.muted(row).is_some();
    if model.list.stalled(row.deployment).is_some() {
        let style = if muted { theme.quiet() } else { theme.danger() };
        return (theme.signs().needs_you, "STANDS STILL", style);
    }
    if model.list.line().before(row).is_some() {
        return (theme.signs().waiting, "QUEUED", theme.quiet());
    }
    let standing = row.standing;
    let style = if muted { theme.quiet() } else { theme.standing(standing) };
    (theme.standing_sign(standing), standing_word(standing), style)
}

/// What is said of resources that are there: while a deployment goes forward or serves they are as
/// they should be, and on any other way they are what is left behind.
pub(super) fn out_there(standing: Standing, theme: Theme) -> (&'static str, Style) {
    match standing {
        Standing::Running | Standing::Held | Standing::Active => ("out there", theme.plain()),
        Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Failed
        | Standing::Cancelled
        | Standing::RolledBack
        | Standing::Abandoned => ("STILL OUT THERE", theme.warning()),
    }
}

/// What is said when nothing is out there: that the provider confirmed it, unless a person took a step's
/// undoing on themselves.
pub(super) fn nothing_left(read: &Read) -> &'static str {
    let steps = &read.detail.aggregate.state.steps;
    let any = |wanted: fn(&Stage) -> bool| steps.iter().any(|step| wanted(&step.undo.stage));
    if any(|stage| matches!(stage, Stage::Skipped { .. })) {
        "nothing is known to be out there; what was skipped nobody looked after"
    } else if any(|stage| matches!(stage, Stage::Succeeded { .. })) {
        "nothing: all that was made is undone"
    } else {
        "nothing was made"
    }
}

/// What a deployment's row says; first of all, that it calls nobody.
pub(super) fn of_row(model: &Model, row: &Summary) -> Words {
    let words = of_taken_row(model, row);
    match model.muted(row) {
        Some(end) => {
            let end = format::time_of_day(end);
            let end = end.get(..5).unwrap_or(&end);
            Words { what: format!("muted to {end}: {}", words.what), ..words }
        }
        None => words,
    }
}

/// Who sees to what needs somebody, before anything else of it.
fn of_taken_row(model: &Model, row: &Summary) -> Words {
    let words = of_loud_row(model, row);
    match &row.taken {
        Some(taken) if row.standing == Standing::NeedsYou => {
            let what = format!("{} has it: {}", taken.by.name(), words.what);
            Words { what, ..words }
        }
        Some(_) | None => words,
    }
}

fn of_loud_row(model: &Model, row: &Summary) -> Words {
    if let Some(stall) = model.list.stalled(row.deployment) {
        return Words::what(stall.error.to_string());
    }
    if let Some(act) = model.acts.get(&row.deployment) {
        match &act.stage {
            ActStage::InLine => return Words::what(format!("{} in line", act.verb)),
            ActStage::Asked => return Words::what(format!("{} asked", act.verb)),
            ActStage::Accepted => return Words::what(format!("{} accepted", act.verb)),
            ActStage::Refused(why) => {
                return Words::what(format!("{} refused: {why}", act.verb));
            }
        }
    }
    match (&row.focus, row.standing) {
        (Some(focus), Standing::NeedsYou) if row.marks.contains(&StepMark::Unknown) => {
            let words = of_focus(focus, model.shown_at());
            Words { what: format!("outcome unknown: {}", words.what), ..words }
        }
        (Some(focus), _) => of_focus(focus, model.shown_at()),
        (None, Standing::Active) => {
            Words::what(row.ipv4.map(|ip| ip.to_string()).unwrap_or_default())
        }
        (None, Standing::Running) => of_line(model, row),
        (None, _) => Words::what(row.why.as_deref().map(format::why).unwrap_or_default()),
    }
}

/// How far it is from its seat: the others may move up without any news of its own.
fn of_line(model: &Model, row: &Summary) -> Words {
    let tail = model.list.line().distance(row).map_or_else(String::new, |to| format!("; {to}"));
    let what = line::WAITS.to_owned();
    Words { what, next: tail.clone(), short: tail.clone(), brief: tail }
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
            Words { what: verb.to_owned(), short: next.clone(), brief: next.clone(), next }
        }
        Activity::Waiting { until, note, gives_up_at } => {
            let (poll, end) = (ahead(now, *until), ahead(now, *gives_up_at));
            Words {
                what: note.clone(),
                next: format!("; asks again {}, gives up {}", within(&poll), within(&end)),
                short: format!("; poll {poll}, ends {end}"),
                brief: format!("; {poll}"),
            }
        }
        Activity::Retrying { at, error, obeys_until: Some(end) } => {
            let (span, end) = (ahead(now, *at), ahead(now, *end));
            Words {
                what: error.clone(),
                next: format!(
                    "; told to wait, tries again {}, gives up {}",
                    within(&span),
                    within(&end)
                ),
                short: format!("; told to wait {span}"),
                brief: format!("; {span}"),
            }
        }
        Activity::Retrying { at, error, obeys_until: None } => {
            let (next_try, tries) = ((focus.attempt + 1).min(focus.tries), focus.tries);
            let span = ahead(now, *at);
            Words {
                what: error.clone(),
                next: format!("; try {next_try} of {tries} {}", within(&span)),
                short: format!("; retry {span}, {next_try} of {tries}"),
                brief: format!("; {span}"),
            }
        }
        Activity::GaveUp { at, error } => {
            let at = format::time_of_day(*at);
            Words {
                what: error.clone(),
                short: format!("; gave up {}", at.get(..5).unwrap_or(&at)),
                brief: String::new(),
                next: format!("; gave up at {at}"),
            }
        }
    }
}

fn ago(now: Timestamp, since: Timestamp) -> String {
    format::running(now.since(since))
}

fn ahead(now: Timestamp, at: Timestamp) -> String {
    match now.until(at) {
        Duration::ZERO => NOW.to_owned(),
        // Rounded up, so that it reads `now` exactly when it is.
        span => format::running(span + Duration::from_millis(999)),
    }
}

fn within(span: &str) -> String {
    if span == NOW { NOW.to_owned() } else { format!("in {span}") }
}

const NOW: &str = "now";
