//! What reaches the screen: keys, answers, news and the passing of time.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use serde::{Deserialize, Serialize};

use crate::control::{Detail, Heartbeat, History, Holdings, Launched, Notice, NumberedLine};
use crate::domain::catalogue::Catalogue;
use crate::domain::id::DeploymentId;
use crate::domain::log::LogPage;
use crate::domain::saga::plan::Plan;
use crate::domain::spec::FieldError;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::domain::usual::Usual;
use crate::tui::model::looks::Ground;
use crate::tui::model::plans::{QuestionNumber, UndoPlan};
use crate::tui::model::pointer::{Gesture, Target};
use crate::tui::model::remembered::Remembered;

/// Something reached the screen.
#[derive(Debug)]
pub struct Msg {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What reached the screen.
#[derive(Debug)]
pub enum What {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Pasted(String),
    /// The mouse did something to what is drawn there.
    Pointed {
        /// To what.
        target: Target,
        /// What.
        gesture: Gesture,
    },
    /// The terminal has another size.
    Resized {
        /// Cells across.
        width: u16,
        /// Cells down.
        height: u16,
    },
    /// The terminal said what its background is.
    Background(Ground),
    /// Time passed.
    Due,
    /// The engine is there.
    Connected,
    /// The engine will not be there.
    NotConnected(String),
    /// A whole picture.
    Pictured(Result<Vec<Arc<Summary>>, String>),
    /// How long steps usually took; `None` when that cannot be read, and then it is not said.
    UsualRead(Option<Usual>),
    /// Something happened.
    Noticed(Notice),
    /// So many notices were missed that a new picture is on its way.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// The sign of life came that was asked for, or will not.
    Heartbeat(Result<Heartbeat, String>),
    /// What was under way has come to its end, or cannot be brought to it.
    Drained(Result<(), String>),
    /// No further notices will come.
    Silenced,
    /// A detail was read.
    Shown {
        /// Whose.
        deployment: DeploymentId,
        /// The detail, or why there is none.
        result: Result<Box<Detail>, String>,
    },
    /// Log lines were read.
    LogsRead {
        /// Whose.
        deployment: DeploymentId,
        /// Which of them.
        page: LogPage,
        /// The lines, or why there are none.
        result: Result<Vec<NumberedLine>, String>,
    },
    /// What some deployments have at the provider was read.
    HoldingsRead(Result<Vec<Holdings>, String>),
    /// Some histories were read.
    HistoriesRead(Result<Vec<History>, String>),
    /// What undoing a deployment would do was read.
    PlanRead {
        /// For which question.
        question: QuestionNumber,
        /// Whose.
        deployment: DeploymentId,
        /// The plan, or why there is none.
        result: Result<UndoPlan, String>,
    },
    /// An order was answered.
    Ordered {
        /// Whose.
        deployment: DeploymentId,
        /// Which verb.
        verb: &'static str,
        /// Accepted, or why not.
        result: Result<(), String>,
    },
    /// What is known of a deployment was written to this file, or not, and why.
    Exported(Result<String, String>),
    /// A launch was answered.
    Launched {
        /// The slug that was asked for.
        slug: String,
        /// What it made, or why not.
        result: Result<Launched, LaunchRefusal>,
    },
    /// What can be launched, and for how much.
    CatalogueRead(Arc<Catalogue>),
    /// What a launch would do.
    Planned(Plan),
    /// Something was asked that will not be answered.
    AnswerLost,
    /// This is how the screen looked when it was left.
    Remembered(Box<Remembered>),
    /// The terminal says whether somebody looks at it.
    Focused(Focus),
    /// Something beside the deployments went wrong: the operator should hear of it.
    Warned(String),
}

/// Whether somebody looks at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Focus {
    /// Somebody does.
    Here,
    /// Another window has the keys.
    Away,
}

/// Why a launch was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchRefusal {
    /// These fields do not make sense.
    Fields(Vec<FieldError>),
    /// Something else.
    Other(String),
}
