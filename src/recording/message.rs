//! The written form of a message: one line each.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::{Detail, Heartbeat, Launched, Notice};
use crate::domain::catalogue::Catalogue;
use crate::domain::log::LogPage;
use crate::domain::spec::FieldError;
use crate::domain::time::Timestamp;
use crate::domain::usual::Usual;
use crate::recording::Reason;
use crate::recording::answer::lasting;
use crate::recording::catalogue::CatalogueRecord;
use crate::recording::facts::{
    self, DetailRecord, EntriesRecord, LineRecord, Raw, UndoPlanRecord, UsualRecord,
};
use crate::recording::views::{GestureRecord, HistoryRecord, HoldingsRecord, TargetRecord};
use crate::tui::model::looks::Ground;
use crate::tui::model::plans::{QuestionNumber, UndoPlan};
use crate::tui::model::remembered::Remembered;
use crate::tui::msg::{Focus, LaunchRefusal, Msg, What};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MsgRecord {
    at: i64,
    what: WhatRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhatRecord {
    Key(Value),
    Pasted(String),
    Pointed {
        target: TargetRecord,
        gesture: GestureRecord,
    },
    Resized {
        width: u16,
        height: u16,
    },
    Background(Ground),
    Due,
    Connected,
    NotConnected(String),
    Pictured(Result<Vec<Raw>, String>),
    UsualRead(Option<UsualRecord>),
    Changed {
        row: Raw,
        entries: EntriesRecord,
    },
    Logged {
        deployment: String,
        line: LineRecord,
    },
    Stalled {
        deployment: String,
        error: String,
        hint: Option<String>,
    },
    Lagged(u64),
    Heartbeat(Result<HeartbeatRecord, String>),
    Drained(Result<(), String>),
    Silenced,
    HoldingsRead(Result<Vec<HoldingsRecord>, String>),
    HistoriesRead(Result<Vec<HistoryRecord>, String>),
    Shown {
        deployment: String,
        result: Result<DetailRecord, String>,
    },
    LogsRead {
        deployment: String,
        page: PageRecord,
        result: Result<Vec<LineRecord>, String>,
    },
    PlanRead {
        question: QuestionNumber,
        deployment: String,
        result: Result<UndoPlanRecord, String>,
    },
    Ordered {
        deployment: String,
        verb: String,
        result: Result<(), String>,
    },
    Exported(Result<String, String>),
    CatalogueRead(Box<CatalogueRecord>),
    Launched {
        #[serde(default)]
        slug: String,
        deployment: String,
        saga: String,
    },
    LaunchRefused {
        slug: String,
        refusal: RefusalRecord,
    },
    Planned(Raw),
    AnswerLost,
    Remembered(Box<Remembered>),
    Focused(Focus),
    Warned(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PageRecord {
    Last,
    After(u64),
    Before(u64),
}

#[derive(Debug, Serialize, Deserialize)]
struct HeartbeatRecord {
    calls: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct LaunchedRecord {
    deployment: String,
    saga: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefusalRecord {
    Fields(Vec<(String, String)>),
    Other(String),
}

impl From<&Msg> for MsgRecord {
    fn from(msg: &Msg) -> Self {
        Self { at: msg.at.as_millis(), what: WhatRecord::from(&msg.what) }
    }
}

impl From<&What> for WhatRecord {
    fn from(what: &What) -> Self {
        match what {
            What::Key(key) => Self::Key(serde_json::to_value(key).expect("a key is plain data")),
            What::Pasted(text) => Self::Pasted(text.clone()),
            What::Pointed { target, gesture } => {
                Self::Pointed { target: (*target).into(), gesture: (*gesture).into() }
            }
            What::Resized { width, height } => Self::Resized { width: *width, height: *height },
            What::Background(ground) => Self::Background(*ground),
            What::Due => Self::Due,
            What::Connected => Self::Connected,
            What::NotConnected(why) => Self::NotConnected(why.clone()),
            What::Pictured(Ok(rows)) => {
                Self::Pictured(Ok(rows.iter().map(|row| facts::summary(row)).collect()))
            }
            What::Pictured(Err(why)) => Self::Pictured(Err(why.clone())),
            What::UsualRead(usual) => Self::UsualRead(usual.as_ref().map(UsualRecord::from)),
            What::Noticed(notice) => Self::from(notice),
            What::Lagged { missed } => Self::Lagged(*missed),
            What::Heartbeat(result) => {
                let told = result.as_ref().map(|beat| HeartbeatRecord { calls: beat.calls });
                Self::Heartbeat(told.map_err(Clone::clone))
            }
            What::Drained(result) => Self::Drained(result.clone()),
            What::Silenced => Self::Silenced,
            What::Shown { deployment, result } => Self::Shown {
                deployment: deployment.to_string(),
                result: result.as_ref().map(|detail| (&**detail).into()).map_err(Clone::clone),
            },
            What::LogsRead { deployment, page, result } => Self::LogsRead {
                deployment: deployment.to_string(),
                page: (*page).into(),
                result: result
                    .as_ref()
                    .map(|lines| lines.iter().map(LineRecord::from).collect())
                    .map_err(Clone::clone),
            },
            What::HoldingsRead(result) => {
                let read = result.as_ref().map(|all| all.iter().map(Into::into).collect());
                Self::HoldingsRead(read.map_err(Clone::clone))
            }
            What::HistoriesRead(result) => {
                let read = result.as_ref().map(|all| all.iter().map(Into::into).collect());
                Self::HistoriesRead(read.map_err(Clone::clone))
            }
            What::PlanRead { question, deployment, result } => Self::PlanRead {
                question: *question,
                deployment: deployment.to_string(),
                result: result.as_ref().map(UndoPlanRecord::from).map_err(Clone::clone),
            },
            What::Ordered { deployment, verb, result } => Self::Ordered {
                deployment: deployment.to_string(),
                verb: (*verb).to_owned(),
                result: result.clone(),
            },
            What::Exported(result) => Self::Exported(result.clone()),
            What::CatalogueRead(catalogue) => {
                Self::CatalogueRead(Box::new(CatalogueRecord::from(&**catalogue)))
            }
            What::Launched { slug, result: Ok(launched) } => Self::Launched {
                slug: slug.clone(),
                deployment: launched.deployment.to_string(),
                saga: launched.saga.to_string(),
            },
            What::Launched { slug, result: Err(refusal) } => {
                Self::LaunchRefused { slug: slug.clone(), refusal: refusal.into() }
            }
            What::Planned(plan) => Self::Planned(facts::plan(plan)),
            What::AnswerLost => Self::AnswerLost,
            What::Remembered(remembered) => Self::Remembered(remembered.clone()),
            What::Focused(focus) => Self::Focused(*focus),
            What::Warned(why) => Self::Warned(why.clone()),
        }
    }
}

impl From<&Notice> for WhatRecord {
    fn from(notice: &Notice) -> Self {
        match notice {
            Notice::Changed { summary, entries } => {
                Self::Changed { row: facts::summary(summary), entries: (&**entries).into() }
            }
            Notice::Logged { deployment, line } => {
                Self::Logged { deployment: deployment.to_string(), line: (&**line).into() }
            }
            Notice::Stalled { deployment, error, hint } => Self::Stalled {
                deployment: deployment.to_string(),
                error: error.to_string(),
                hint: hint.map(str::to_owned),
            },
        }
    }
}

impl From<LogPage> for PageRecord {
    fn from(page: LogPage) -> Self {
        match page {
            LogPage::Last => Self::Last,
            LogPage::After(number) => Self::After(number),
            LogPage::Before(number) => Self::Before(number),
        }
    }
}

impl From<PageRecord> for LogPage {
    fn from(page: PageRecord) -> Self {
        match page {
            PageRecord::Last => Self::Last,
            PageRecord::After(number) => Self::After(number),
            PageRecord::Before(number) => Self::Before(number),
        }
    }
}

impl From<&Launched> for LaunchedRecord {
    fn from(launched: &Launched) -> Self {
        Self { deployment: launched.deployment.to_string(), saga: launched.saga.to_string() }
    }
}

impl TryFrom<LaunchedRecord> for Launched {
    type Error = Reason;

    fn try_from(LaunchedRecord { deployment, saga }: LaunchedRecord) -> Result<Self, Reason> {
        Ok(Self {
            deployment: facts::id(&deployment)?,
            saga: saga.parse().map_err(|_| format!("`{saga}` is no saga's id"))?,
        })
    }
}

impl From<&LaunchRefusal> for RefusalRecord {
    fn from(refusal: &LaunchRefusal) -> Self {
        match refusal {
            LaunchRefusal::Fields(errors) => {
                let told = |error: &FieldError| (error.field.to_owned(), error.problem.clone());
                Self::Fields(errors.iter().map(told).collect())
            }
            LaunchRefusal::Other(why) => Self::Other(why.clone()),
        }
    }
}

impl From<RefusalRecord> for LaunchRefusal {
    fn from(refusal: RefusalRecord) -> Self {
        match refusal {
            RefusalRecord::Fields(errors) => {
                let read = |(field, problem)| FieldError { field: lasting(field), problem };
                Self::Fields(errors.into_iter().map(read).collect())
            }
            RefusalRecord::Other(why) => Self::Other(why),
        }
    }
}

impl TryFrom<MsgRecord> for Msg {
    type Error = Reason;

    fn try_from(record: MsgRecord) -> Result<Self, Reason> {
        Ok(Self { at: Timestamp::from_millis(record.at), what: record.what.try_into()? })
    }
}

impl TryFrom<WhatRecord> for What {
    type Error = Reason;

    fn try_from(record: WhatRecord) -> Result<Self, Reason> {
        Ok(match record {
            WhatRecord::Key(key) => {
                Self::Key(serde_json::from_value(key).map_err(|error| error.to_string())?)
            }
            WhatRecord::Pasted(text) => Self::Pasted(text),
            WhatRecord::Pointed { target, gesture } => {
                Self::Pointed { target: target.try_into()?, gesture: gesture.into() }
            }
            WhatRecord::Resized { width, height } => Self::Resized { width, height },
            WhatRecord::Background(ground) => Self::Background(ground),
            WhatRecord::Due => Self::Due,
            WhatRecord::Connected => Self::Connected,
            WhatRecord::NotConnected(why) => Self::NotConnected(why),
            WhatRecord::Pictured(Ok(rows)) => {
                let rows: Result<_, Reason> = rows.iter().map(facts::read_summary).collect();
                Self::Pictured(Ok(rows?))
            }
            WhatRecord::Pictured(Err(why)) => Self::Pictured(Err(why)),
            WhatRecord::UsualRead(usual) => {
                Self::UsualRead(usual.map(Usual::try_from).transpose()?)
            }
            WhatRecord::Changed { row, entries } => Self::Noticed(Notice::Changed {
                summary: facts::read_summary(&row)?,
                entries: entries.entries()?.into(),
            }),
            WhatRecord::Logged { deployment, line } => Self::Noticed(Notice::Logged {
                deployment: facts::id(&deployment)?,
                line: line.line()?.into(),
            }),
            WhatRecord::Stalled { deployment, error, hint } => Self::Noticed(Notice::Stalled {
                deployment: facts::id(&deployment)?,
                error: error.into(),
                hint: hint.map(lasting),
            }),
            WhatRecord::Lagged(missed) => Self::Lagged { missed },
            WhatRecord::Heartbeat(result) => {
                Self::Heartbeat(result.map(|beat| Heartbeat { calls: beat.calls }))
            }
            WhatRecord::Drained(result) => Self::Drained(result),
            WhatRecord::Silenced => Self::Silenced,
            WhatRecord::Shown { deployment, result } => Self::Shown {
                deployment: facts::id(&deployment)?,
                result: match result {
                    Ok(detail) => Ok(Box::new(Detail::try_from(detail)?)),
                    Err(why) => Err(why),
                },
            },
            WhatRecord::LogsRead { deployment, page, result } => Self::LogsRead {
                deployment: facts::id(&deployment)?,
                page: page.into(),
                result: match result {
                    Ok(lines) => {
                        Ok(lines.iter().map(LineRecord::line).collect::<Result<_, Reason>>()?)
                    }
                    Err(why) => Err(why),
                },
            },
            WhatRecord::HoldingsRead(Ok(all)) => {
                let all: Result<_, Reason> = all.into_iter().map(TryInto::try_into).collect();
                Self::HoldingsRead(Ok(all?))
            }
            WhatRecord::HoldingsRead(Err(why)) => Self::HoldingsRead(Err(why)),
            WhatRecord::HistoriesRead(Ok(all)) => {
                let all: Result<_, Reason> = all.into_iter().map(TryInto::try_into).collect();
                Self::HistoriesRead(Ok(all?))
            }
            WhatRecord::HistoriesRead(Err(why)) => Self::HistoriesRead(Err(why)),
            WhatRecord::PlanRead { question, deployment, result } => Self::PlanRead {
                question,
                deployment: facts::id(&deployment)?,
                result: result.map(UndoPlan::from),
            },
            WhatRecord::Ordered { deployment, verb, result } => {
                Self::Ordered { deployment: facts::id(&deployment)?, verb: lasting(verb), result }
            }
            WhatRecord::Exported(result) => Self::Exported(result),
            WhatRecord::CatalogueRead(catalogue) => {
                Self::CatalogueRead(Arc::new(Catalogue::from(*catalogue)))
            }
            WhatRecord::Launched { slug, deployment, saga } => Self::Launched {
                slug,
                result: Ok(Launched {
                    deployment: facts::id(&deployment)?,
                    saga: saga.parse().map_err(|_| format!("`{saga}` is no saga's id"))?,
                }),
            },
            WhatRecord::LaunchRefused { slug, refusal } => {
                Self::Launched { slug, result: Err(refusal.into()) }
            }
            WhatRecord::Planned(plan) => Self::Planned(facts::read_plan(&plan)?),
            WhatRecord::AnswerLost => Self::AnswerLost,
            WhatRecord::Remembered(remembered) => Self::Remembered(remembered),
            WhatRecord::Focused(focus) => Self::Focused(focus),
            WhatRecord::Warned(why) => Self::Warned(why),
        })
    }
}
