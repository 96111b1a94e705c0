//! The written form of a row of the list.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::domain::saga::plan::StepName;
use crate::domain::saga::state::Taken;
use crate::domain::summary::{Activity, Focus, Standing, StepMark, Summary};
use crate::domain::time::Timestamp;
use crate::journal::record::malformed::Malformed;
use crate::journal::record::tag::DirectionTag;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SummaryRecord {
    deployment: String,
    saga: String,
    tenant: String,
    slug: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dns_name: Option<String>,
    region: String,
    size: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ipv4: Option<Ipv4Addr>,
    state: String,
    standing: String,
    marks: Vec<MarkTag>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    focus: Option<FocusRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken: Option<TakenRecord>,
    launched_at: i64,
    changed_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    next_seq: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TakenRecord {
    by: String,
    at: i64,
}

impl From<&Taken> for TakenRecord {
    fn from(taken: &Taken) -> Self {
        Self { by: taken.by.to_string(), at: taken.at.as_millis() }
    }
}

impl TryFrom<TakenRecord> for Taken {
    type Error = Malformed;

    fn try_from(record: TakenRecord) -> Result<Self, Malformed> {
        Ok(Self { by: record.by.parse()?, at: Timestamp::from_millis(record.at) })
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MarkTag {
    Pending,
    Running,
    Waiting,
    Done,
    Failed,
    Unknown,
    Skipped,
    NothingToUndo,
    Undoing,
    Undone,
    UndoFailed,
}

#[derive(Debug, Serialize, Deserialize)]
struct FocusRecord {
    step: String,
    dir: DirectionTag,
    attempt: u32,
    tries: u32,
    activity: ActivityRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActivityRecord {
    Calling {
        since: i64,
    },
    Waiting {
        until: i64,
        note: String,
        gives_up_at: i64,
    },
    Retrying {
        at: i64,
        error: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        obeys_until: Option<i64>,
    },
    GaveUp {
        at: i64,
        error: String,
    },
}

impl From<&Summary> for SummaryRecord {
    fn from(summary: &Summary) -> Self {
        Self {
            deployment: summary.deployment.to_string(),
            saga: summary.saga.to_string(),
            tenant: summary.tenant.clone(),
            slug: summary.slug.clone(),
            dns_name: summary.dns_name.clone(),
            region: summary.region.clone(),
            size: summary.size.clone(),
            ipv4: summary.ipv4,
            state: summary.state.as_str().to_owned(),
            standing: summary.standing.as_str().to_owned(),
            marks: summary.marks.iter().copied().map(MarkTag::from).collect(),
            focus: summary.focus.as_ref().map(FocusRecord::from),
            why: summary.why.clone(),
            taken: summary.taken.as_ref().map(TakenRecord::from),
            launched_at: summary.launched_at.as_millis(),
            changed_at: summary.changed_at.as_millis(),
            ended_at: summary.ended_at.map(Timestamp::as_millis),
            next_seq: summary.next_seq,
        }
    }
}

impl TryFrom<SummaryRecord> for Summary {
    type Error = Malformed;

    fn try_from(record: SummaryRecord) -> Result<Self, Malformed> {
        let standing = Standing::ALL
            .into_iter()
            .find(|standing| standing.as_str() == record.standing)
            .ok_or(Malformed::Unknown { what: "standing", text: record.standing })?;
        Ok(Self {
            deployment: record.deployment.parse()?,
            saga: record.saga.parse()?,
            tenant: record.tenant,
            slug: record.slug,
            dns_name: record.dns_name,
            region: record.region,
            size: record.size,
            ipv4: record.ipv4,
            state: record.state.parse()?,
            standing,
            marks: record.marks.into_iter().map(StepMark::from).collect(),
            focus: record.focus.map(Focus::from),
            why: record.why,
            taken: record.taken.map(Taken::try_from).transpose()?,
            launched_at: Timestamp::from_millis(record.launched_at),
            changed_at: Timestamp::from_millis(record.changed_at),
            ended_at: record.ended_at.map(Timestamp::from_millis),
            next_seq: record.next_seq,
        })
    }
}

impl From<StepMark> for MarkTag {
    fn from(mark: StepMark) -> Self {
        match mark {
            StepMark::Pending => Self::Pending,
            StepMark::Running => Self::Running,
            StepMark::Waiting => Self::Waiting,
            StepMark::Done => Self::Done,
            StepMark::Failed => Self::Failed,
            StepMark::Unknown => Self::Unknown,
            StepMark::Skipped => Self::Skipped,
            StepMark::NothingToUndo => Self::NothingToUndo,
            StepMark::Undoing => Self::Undoing,
            StepMark::Undone => Self::Undone,
            StepMark::UndoFailed => Self::UndoFailed,
        }
    }
}

impl From<MarkTag> for StepMark {
    fn from(tag: MarkTag) -> Self {
        match tag {
            MarkTag::Pending => Self::Pending,
            MarkTag::Running => Self::Running,
            MarkTag::Waiting => Self::Waiting,
            MarkTag::Done => Self::Done,
            MarkTag::Failed => Self::Failed,
            MarkTag::Unknown => Self::Unknown,
            MarkTag::Skipped => Self::Skipped,
            MarkTag::NothingToUndo => Self::NothingToUndo,
            MarkTag::Undoing => Self::Undoing,
            MarkTag::Undone => Self::Undone,
            MarkTag::UndoFailed => Self::UndoFailed,
        }
    }
}

impl From<&Focus> for FocusRecord {
    fn from(focus: &Focus) -> Self {
        Self {
            step: focus.step.as_str().to_owned(),
            dir: focus.direction.into(),
            attempt: focus.attempt,
            tries: focus.tries,
            activity: match &focus.activity {
                Activity::Calling { since } => ActivityRecord::Calling { since: since.as_millis() },
                Activity::Waiting { until, note, gives_up_at } => ActivityRecord::Waiting {
                    until: until.as_millis(),
                    note: note.clone(),
                    gives_up_at: gives_up_at.as_millis(),
                },
                Activity::Retrying { at, error, obeys_until } => ActivityRecord::Retrying {
                    at: at.as_millis(),
                    error: error.clone(),
                    obeys_until: obeys_until.map(Timestamp::as_millis),
                },
                Activity::GaveUp { at, error } => {
                    ActivityRecord::GaveUp { at: at.as_millis(), error: error.clone() }
                }
            },
        }
    }
}

impl From<FocusRecord> for Focus {
    fn from(record: FocusRecord) -> Self {
        let moment = Timestamp::from_millis;
        Self {
            step: StepName::new(&record.step),
            direction: record.dir.into(),
            attempt: record.attempt,
            tries: record.tries,
            activity: match record.activity {
                ActivityRecord::Calling { since } => Activity::Calling { since: moment(since) },
                ActivityRecord::Waiting { until, note, gives_up_at } => Activity::Waiting {
                    until: moment(until),
                    note,
                    gives_up_at: moment(gives_up_at),
                },
                ActivityRecord::Retrying { at, error, obeys_until } => Activity::Retrying {
                    at: moment(at),
                    error,
                    obeys_until: obeys_until.map(moment),
                },
                ActivityRecord::GaveUp { at, error } => Activity::GaveUp { at: moment(at), error },
            },
        }
    }
}
