//! One step in words: how doing it stands, and how undoing it does.

use ratatui::style::Style;

use crate::domain::aggregate::Aggregate;
use crate::domain::failure::FailureCode;
use crate::domain::saga::state::{Lane, Stage};
use crate::domain::saga::transition::needs_undo;
use crate::domain::summary::Standing;
use crate::domain::time::Timestamp;
use crate::tui::format;
use crate::tui::theme::Theme;

/// A sign and words, in a style.
pub(super) struct Said {
    /// How it looks.
    pub(super) style: Style,
    /// What it says.
    pub(super) text: String,
}

impl Said {
    /// As much as fits: all of it, or its sign alone.
    pub(super) fn fitting(&self, cells: usize) -> &str {
        if crate::tui::text::width(&self.text) <= cells {
            return &self.text;
        }
        self.text.split(' ').next().unwrap_or_default()
    }

    /// What it says without its sign.
    pub(super) fn words(&self) -> &str {
        self.text.split_once(' ').map_or("", |(_, words)| words)
    }

    fn new(style: Style, sign: &str, words: impl AsRef<str>) -> Self {
        Self { style, text: format!("{sign} {}", words.as_ref()) }
    }
}

/// How doing a step stands.
pub(super) fn forward(aggregate: &Aggregate, at: usize, now: Timestamp, theme: Theme) -> Said {
    let step = &aggregate.state.steps[at];
    let signs = theme.signs();
    match &step.forward.stage {
        Stage::Idle => Said::new(theme.quiet(), signs.pending, "not reached"),
        Stage::Running { since } => Said::new(
            theme.standing(Standing::Running),
            signs.running,
            format!("calling {}", format::running(now.since(*since))),
        ),
        Stage::Waiting { .. } => {
            Said::new(theme.standing(Standing::Running), signs.waiting, "waiting")
        }
        Stage::WaitingToRetry { at } => Said::new(theme.warning(), signs.waiting, retry(now, *at)),
        Stage::Succeeded { .. } => Said::new(theme.good(), signs.done, "done"),
        Stage::Failed { failure, .. } => {
            let unknown = step.forward.is_in_doubt();
            if unknown && step.undo.is_settled() {
                Said::new(theme.quiet(), "?", "was unknown")
            } else if unknown {
                let style = theme.standing(Standing::NeedsYou);
                Said::new(style, "?", "UNKNOWN")
            } else if failure.code == FailureCode::Cancelled {
                Said::new(theme.quiet(), signs.cancelled, "cut short")
            } else {
                Said::new(theme.danger(), signs.failed, "FAILED")
            }
        }
        Stage::Skipped { .. } => Said::new(theme.quiet(), signs.skipped, "skipped"),
    }
}

/// How undoing a step stands.
pub(super) fn undo(aggregate: &Aggregate, at: usize, now: Timestamp, theme: Theme) -> Said {
    let step = &aggregate.state.steps[at];
    let signs = theme.signs();
    if aggregate.plan.steps()[at].undo.is_none() {
        return Said::new(theme.quiet(), signs.dash, "nothing to do");
    }
    match &step.undo.stage {
        Stage::Idle if aggregate.state.phase.cause().is_none() => {
            Said { style: theme.plain(), text: String::new() }
        }
        Stage::Idle if needs_undo(&aggregate.plan, &aggregate.state, at) => {
            Said::new(theme.plain(), signs.pending, "waits its turn")
        }
        Stage::Idle => Said::new(theme.quiet(), signs.dash, "never ran"),
        Stage::Running { since } => {
            let words = format!("undoing {}", format::running(now.since(*since)));
            Said::new(theme.warning(), signs.undoing, words)
        }
        Stage::Waiting { .. } => Said::new(theme.warning(), signs.undoing, "waiting"),
        Stage::WaitingToRetry { at } => Said::new(theme.warning(), signs.undoing, retry(now, *at)),
        Stage::Succeeded { .. } => Said::new(theme.good(), signs.undone, "undone"),
        Stage::Failed { .. } => {
            let style = theme.standing(Standing::NeedsYou);
            Said::new(style, "!", "GAVE UP")
        }
        Stage::Skipped { .. } => Said::new(theme.quiet(), signs.skipped, "skipped"),
    }
}

/// Which try it is, of how many.
pub(super) fn tries(lane: &Lane, allowed: u32) -> String {
    match lane.attempt.saturating_sub(lane.forgiven) {
        0 if lane.attempt == 0 => String::new(),
        counted => format!("{}/{allowed}", counted.max(1)),
    }
}

/// How long a step took, or has taken.
pub(super) fn took(lane: &Lane, now: Timestamp) -> String {
    match (lane.started_at, lane.ended_at()) {
        (Some(start), Some(end)) => format::duration(end.since(start)),
        (Some(start), None) => format::running(now.since(start)),
        (None, _) => String::new(),
    }
}

fn retry(now: Timestamp, at: Timestamp) -> String {
    let span = now.until(at);
    if span.is_zero() {
        "retry now".to_owned()
    } else {
        format!("retry {}", format::running(span + std::time::Duration::from_millis(999)))
    }
}
