//! The saga that is open: the detail of the selected deployment, and the step that is picked in it.

use crate::control::Detail;
use crate::domain::aggregate::{Entry, Fact};
use crate::domain::id::DeploymentId;
use crate::domain::saga::event::{EventKind, StepEvent};
use crate::domain::saga::plan::StepName;
use crate::domain::saga::timeline::{StepTimeline, timeline};
use crate::domain::summary::{Focus, Summary};

/// The saga that is open.
#[derive(Debug)]
pub struct Opened {
    /// Whose.
    pub deployment: DeploymentId,
    /// What is known of it.
    pub content: Content,
    picked: Option<usize>,
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
        Self { deployment, content: Content::Reading, picked: None }
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
        let read = self.read()?;
        let plan = &read.detail.aggregate.plan;
        let steps = plan.steps().len();
        self.picked
            .or_else(|| plan.position(&read.focus.as_ref()?.step))
            .or_else(|| steps.checked_sub(1))
            .filter(|position| *position < steps)
    }

    /// The picked step's name.
    pub fn picked_step(&self) -> Option<&StepName> {
        let read = self.read()?;
        read.detail.aggregate.plan.steps().get(self.picked()?).map(|step| &step.name)
    }

    /// Picks another step.
    pub fn pick(&mut self, rows: isize) {
        let Some(present) = self.picked() else { return };
        let Some(read) = self.read() else { return };
        let last = read.detail.aggregate.plan.steps().len().saturating_sub(1);
        self.picked = Some(present.saturating_add_signed(rows).min(last));
    }
}

impl Read {
    fn new(detail: Detail) -> Self {
        let timeline = timeline(&detail.aggregate.plan, &detail.entries);
        let focus = Summary::of(&detail.aggregate).focus;
        Self { detail, timeline, focus }
    }

    fn refresh(&mut self) {
        self.timeline = timeline(&self.detail.aggregate.plan, &self.detail.entries);
        self.focus = Summary::of(&self.detail.aggregate).focus;
    }
}

/// Whether an entry only says that a step goes on waiting.
fn is_wait(entry: &Entry) -> bool {
    matches!(
        entry.fact,
        Fact::Saga(EventKind::Step { event: StepEvent::Waiting { .. } | StepEvent::Polled, .. })
    )
}
