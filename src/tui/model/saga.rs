//! The saga that is open: the detail of the selected deployment, and the step that is picked in it.

use crate::control::Detail;
use crate::domain::aggregate::{Entry, Fact, HistoryError};
use crate::domain::failure::Failure;
use crate::domain::id::DeploymentId;
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::StepName;
use crate::domain::saga::state::{Cause, HoldReason, Phase};
use crate::domain::saga::timeline::{StepTimeline, timeline};
use crate::domain::summary::{Focus, Summary};
use crate::domain::time::Timestamp;
use crate::tui::model::log::Position;
use crate::tui::model::past::Past;

/// The saga that is open.
#[derive(Debug)]
pub struct Opened {
    /// Whose.
    pub deployment: DeploymentId,
    /// What is known of it.
    pub content: Content,
    past: Option<Box<Past>>,
    pick: Pick,
}

/// Which step is picked, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    /// The step that matters now, whichever that is.
    Following,
    /// The one whose log is being read: it is followed on once the log is at its end again.
    Read(usize),
    /// The one that the operator moved to.
    Chosen(usize),
}

/// Which way through a history, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One entry back.
    Earlier,
    /// One entry on.
    Later,
    /// Back to the last entry that is more than a poll.
    EarlierTurn,
    /// On to the next entry that is more than a poll.
    LaterTurn,
}

/// What is known of the open saga.
#[derive(Debug)]
pub enum Content {
    /// It is being read.
    Reading,
    /// Everything.
    Read(Box<Read>),
    /// It could not be read.
    Failed(String),
}

/// A saga that was read, and is kept up to date.
#[derive(Debug)]
pub struct Read {
    /// Everything about it.
    pub detail: Detail,
    /// When each step was doing what.
    pub timeline: Vec<StepTimeline>,
    /// The step that matters now.
    pub focus: Option<Focus>,
}

/// Whether what is known of an open saga is whole after new entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is: they are folded in, and undoing would do what it would have done.
    Whole,
    /// It has to be read again.
    ReadAgain,
}

impl Opened {
    /// A saga that is being read.
    pub fn reading(deployment: DeploymentId) -> Self {
        Self { deployment, content: Content::Reading, past: None, pick: Pick::Following }
    }

    /// The moment of its history that is shown instead of the present, if one is.
    pub fn past(&self) -> Option<&Past> {
        self.past.as_deref()
    }

    /// What is shown: the past, if that is looked at, or else the present.
    pub fn seen(&self) -> Option<&Read> {
        self.past().map(|past| &past.read).or_else(|| self.read())
    }

    /// Walks through the history. Past its end is the present.
    pub fn walk(&mut self, way: Way) {
        let Content::Read(live) = &self.content else { return };
        let entries = &live.detail.entries;
        let shown = self.past.as_ref().map_or(entries.len(), |past| past.shown());
        let next = match way {
            Way::Earlier => shown.saturating_sub(1).max(1),
            Way::Later => shown + 1,
            Way::EarlierTurn => (1..shown).rev().find(|at| is_turn(&entries[at - 1])).unwrap_or(1),
            Way::LaterTurn => {
                let later = (shown + 1..=entries.len()).find(|at| is_turn(&entries[at - 1]));
                later.unwrap_or(entries.len())
            }
        };
        let past = (next < entries.len()).then(|| Past::at(live, next)).flatten();
        self.past = past.map(Box::new);
    }

    /// Shows the moment at which an entry was journaled; that of the last one is the present.
    pub fn show_entry(&mut self, seq: u64) {
        let Content::Read(live) = &self.content else { return };
        let entries = &live.detail.entries;
        let shown = entries.partition_point(|entry| entry.seq <= seq);
        let past = (shown < entries.len()).then(|| Past::at(live, shown)).flatten();
        self.past = past.map(Box::new);
    }

    /// Lets the history go by at another pace.
    pub fn change_pace(&mut self, now: Timestamp) {
        let Content::Read(live) = &self.content else { return };
        if let Some(past) = &mut self.past {
            past.change_pace(live, now);
        }
    }

    /// Goes on with a history that goes by.
    pub fn play(&mut self, now: Timestamp) {
        if let (Content::Read(live), Some(past)) = (&self.content, &mut self.past) {
            past.play(live, now);
        }
    }

    /// Shows the present again.
    pub fn live(&mut self) {
        self.past = None;
    }

    /// What was read, if it was.
    pub fn read(&self) -> Option<&Read> {
        match &self.content {
            Content::Read(read) => Some(read),
            Content::Reading | Content::Failed(_) => None,
        }
    }

    /// Takes what was read. The picked step stays picked.
    pub fn take(&mut self, detail: Detail) {
        self.content = Content::Read(Box::new(Read::new(detail)));
    }

    /// It could not be read. Without a history there is no moment of it to look at.
    pub fn fail(&mut self, why: String) {
        self.content = Content::Failed(why);
        self.past = None;
    }

    /// Folds new entries in.
    pub fn apply(&mut self, entries: &[Entry]) -> Applied {
        let Content::Read(read) = &mut self.content else { return Applied::ReadAgain };
        for entry in entries {
            let next = read.detail.aggregate.next_seq();
            if read.detail.aggregate.apply(entry).is_err() {
                return Applied::ReadAgain;
            }
            if entry.seq == next {
                read.detail.entries.push(entry.clone());
            }
        }
        read.refresh();
        // What undoing would do is worded by the steps, which the screen cannot ask.
        if entries.iter().all(is_wait) { Applied::Whole } else { Applied::ReadAgain }
    }

    /// Where the picked step stands: what the operator picked, else the step that matters now.
    pub fn picked(&self) -> Option<usize> {
        let read = self.seen()?;
        let steps = read.detail.aggregate.plan.steps().len();
        match self.pick {
            Pick::Following => read.followed().or_else(|| read.remembered()),
            Pick::Read(position) | Pick::Chosen(position) => Some(position),
        }
        // Nothing has begun: the first is the next.
        .or(Some(0))
        .filter(|position| *position < steps)
    }

    /// The picked step's name.
    pub fn picked_step(&self) -> Option<&StepName> {
        let read = self.seen()?;
        read.detail.aggregate.plan.steps().get(self.picked()?).map(|step| &step.name)
    }

    /// Picks another step. Coming back to the one that matters now follows it on.
    pub fn pick(&mut self, rows: isize) {
        let Some(present) = self.picked() else { return };
        let Some(read) = self.seen() else { return };
        let last = read.detail.aggregate.plan.steps().len().saturating_sub(1);
        self.choose(present.saturating_add_signed(rows).min(last));
    }

    /// Picks this step.
    pub fn choose(&mut self, next: usize) {
        let Some(read) = self.seen() else { return };
        self.pick =
            if read.followed() == Some(next) { Pick::Following } else { Pick::Chosen(next) };
    }

    /// Keeps the picked step while its log is read, so that the lines under the eye stay there when
    /// the saga goes on to another step.
    pub fn hold_for(&mut self, position: Position) {
        self.pick = match (self.pick, position) {
            (Pick::Following, Position::At(_)) => self.picked().map_or(self.pick, Pick::Read),
            (Pick::Read(_), Position::Following) => Pick::Following,
            (Pick::Following, Position::Following)
            | (Pick::Read(_), Position::At(_))
            | (Pick::Chosen(_), Position::Following | Position::At(_)) => self.pick,
        };
    }
}

impl Read {
    /// A picture with what follows from it.
    pub(super) fn new(detail: Detail) -> Self {
        let timeline = timeline(&detail.aggregate.plan, &detail.entries);
        let focus = Summary::of(&detail.aggregate).focus;
        Self { detail, timeline, focus }
    }

    /// What went wrong, when that is why the saga does not go forward.
    pub fn cause(&self) -> Option<&Failure> {
        let aggregate = &self.detail.aggregate;
        let phase = &aggregate.state.phase;
        let step = if let Phase::Holding { why: HoldReason::StepFailed { step } } = phase {
            step
        } else if let Cause::StepFailed { step } = phase.cause()? {
            step
        } else {
            return None;
        };
        let position = aggregate.plan.position(step)?;
        aggregate.state.steps[position].forward.last_failure.as_ref()
    }

    /// What went wrong at the last try of the step that matters now.
    pub fn last_failure(&self) -> Option<&Failure> {
        let step = &self.detail.aggregate.state.steps[self.followed()?];
        step.lane(self.focus.as_ref()?.direction).last_failure.as_ref()
    }

    /// The step to look at once none matters any more: the one that failed, or else the last that
    /// ran.
    fn remembered(&self) -> Option<usize> {
        let steps = &self.detail.aggregate.state.steps;
        let failed = steps.iter().position(|step| step.forward.is_failed());
        failed.or_else(|| steps.iter().rposition(|step| step.was_started()))
    }

    /// Where the step that matters now stands.
    fn followed(&self) -> Option<usize> {
        self.detail.aggregate.plan.position(&self.focus.as_ref()?.step)
    }

    /// Folds one entry in.
    pub(super) fn fold(&mut self, entry: &Entry) -> Result<(), HistoryError> {
        self.detail.aggregate.apply(entry)?;
        self.detail.entries.push(entry.clone());
        self.refresh();
        Ok(())
    }

    fn refresh(&mut self) {
        self.timeline = timeline(&self.detail.aggregate.plan, &self.detail.entries);
        self.focus = Summary::of(&self.detail.aggregate).focus;
    }
}

/// Whether an entry is more than a step beginning, saving, waiting or asking again.
fn is_turn(entry: &Entry) -> bool {
    match &entry.fact {
        Fact::Saga(EventKind::Step { event, .. }) => match event {
            StepEvent::Started { .. } | StepEvent::Waiting { .. } | StepEvent::Polled => false,
            StepEvent::RetryScheduled { .. }
            | StepEvent::Succeeded { .. }
            | StepEvent::Failed { .. }
            | StepEvent::Interrupted => true,
        },
        Fact::Saga(EventKind::Checkpointed { .. } | EventKind::Restarted) => false,
        Fact::Saga(EventKind::Ordered { .. } | EventKind::Completed | EventKind::RolledBack)
        | Fact::Launched(_)
        | Fact::Deployment(_)
        | Fact::Resource(_) => true,
    }
}

/// Whether an entry only says that a step goes on waiting.
pub fn is_wait(entry: &Entry) -> bool {
    matches!(
        entry.fact,
        Fact::Saga(EventKind::Step { event: StepEvent::Waiting { .. } | StepEvent::Polled, .. })
    )
}
