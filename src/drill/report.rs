//! What came of a drill.

use std::time::Duration;

use crate::drill::case::Case;

/// What came of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What went wrong.
    pub case: Case,
    /// How the deployment ended.
    pub ended: Ended,
    /// How often a person had to press retry.
    pub helped: u32,
    /// What is out there that should not be.
    pub left: Vec<String>,
    /// What should be there and is not.
    pub missing: Vec<String>,
    /// How long it took, in simulated time.
    pub simulated: Duration,
}

/// How a deployment ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Up.
    Active,
    /// Undone.
    Cancelled,
    /// A person is needed, again and again.
    NeedsAttention,
    /// It never came to an end.
    Unfinished,
    /// The run went another way, and nothing went wrong: it proves nothing.
    NotReached,
    /// The run itself could not be done.
    Failed(String),
}

impl Ended {
    /// The stable word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::NeedsAttention => "needs_attention",
            Self::Unfinished => "unfinished",
            Self::NotReached => "not_reached",
            Self::Failed(_) => "failed",
        }
    }
}

/// Whether a drill, or a run of it, proves what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything ended, whole or gone.
    Clean,
    /// Something did not.
    Dirty,
}

impl Run {
    /// Whether it ended, whole or gone.
    pub fn verdict(&self) -> Verdict {
        let ended = match self.ended {
            Ended::Active | Ended::Cancelled => Verdict::Clean,
            Ended::NeedsAttention | Ended::Unfinished | Ended::NotReached | Ended::Failed(_) => {
                Verdict::Dirty
            }
        };
        if self.left.is_empty() && self.missing.is_empty() { ended } else { Verdict::Dirty }
    }

    /// A run that could not be done.
    pub(super) fn failed(case: Case, why: String) -> Self {
        Self {
            case,
            ended: Ended::Failed(why),
            helped: 0,
            left: Vec::new(),
            missing: Vec::new(),
            simulated: Duration::ZERO,
        }
    }
}

/// What came of a drill: every run, in the order of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The seed of every run.
    pub seed: u64,
    /// Every run.
    pub runs: Vec<Run>,
}

impl Report {
    /// Whether everything ended, whole or gone.
    pub fn verdict(&self) -> Verdict {
        let dirty = |run: &Run| run.verdict() == Verdict::Dirty;
        if self.runs.is_empty() || self.runs.iter().any(dirty) {
            Verdict::Dirty
        } else {
            Verdict::Clean
        }
    }
}
